/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of a plane: where it is, and what it must be before anything of it is run. It is opened once; what
 * is checked, hashed and loaded is this descriptor, never the path again.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/text.h"
#include "config/config.h"
#include "plane/supervisor.h"

/* plane_dir of the configuration, else beside the executable, else where this program was installed to.
 * malloc'd. */
static char *plane_folder(const struct config *config)
{
    static const char *const beside[] = {"planes", PROXIMO_RELATIVE_PLANE_DIR};
    const char *program = file_program_dir();

    if (config && config->plane_dir)
        return text_dup(config->plane_dir);
    for (size_t i = 0; program && i < sizeof(beside) / sizeof(beside[0]); i++) {
        struct buf path CLEANUP_BUF = BUF_INIT(4096);
        struct stat st;
        buf_printf(&path, "%s/%s", program, beside[i]);
        if (buf_ok(&path) && stat(path.data, &st) == 0 && S_ISDIR(st.st_mode))
            return buf_take(&path, NULL);
    }
    return text_dup(PROXIMO_INSTALLED_PLANE_DIR);
}

char *plane_file_path(const struct config *config, const struct config_plane *plane)
{
    if (plane->file)
        return text_dup(plane->file);
    char *folder CLEANUP_FREE = plane_folder(config);
    struct buf path CLEANUP_BUF = BUF_INIT(4096);
    if (!folder)
        return NULL;
    buf_printf(&path, "%s/%s.so", folder, plane->name);
    return buf_take(&path, NULL);
}

static int is_plane(const struct dirent *e)
{
    size_t len = strlen(e->d_name);
    return len > 3 && strcmp(e->d_name + len - 3, ".so") == 0;
}

size_t plane_file_names(const struct config *config, char *names[PLANES_MOST])
{
    char *folder CLEANUP_FREE = plane_folder(config);
    struct dirent **entries = NULL;
    int n = folder ? scandir(folder, &entries, is_plane, alphasort) : -1;
    size_t count = 0;

    for (int i = 0; i < n; i++) {
        if (count < PLANES_MOST)
            names[count] = strndup(entries[i]->d_name, strlen(entries[i]->d_name) - 3);
        count += count < PLANES_MOST && names[count];
        free(entries[i]);
    }
    free(entries);
    return count;
}

static int check_owner(const char *what, const char *path, const struct stat *st, struct problem *p)
{
    if (st->st_uid != 0 && st->st_uid != geteuid()) {
        int r =
            problem_set(p, -EACCES, PX_PLANE, "%s %s belongs to user %u, neither root nor the running user",
                        what, path, (unsigned)st->st_uid);
        problem_next(p, "chown root %s", path);
        return r;
    }
    if (st->st_mode & (S_IWGRP | S_IWOTH)) {
        int r = problem_set(p, -EACCES, PX_PLANE, "%s %s can be written by others (mode %04o)", what, path,
                            (unsigned)(st->st_mode & 07777));
        problem_next(p, "chmod go-w %s", path);
        return r;
    }
    return 0;
}

static int hash(struct plane_slot *slot, char ret_hex[65], struct problem *p)
{
    const struct crypto_module *crypto = crypto_module_get(p);

    if (!crypto)
        return -ENOSYS;
    int r = crypto->sha256_fd(slot->fd, ret_hex);
    return r < 0 ? problem_set(p, r, PX_PLANE, "%s cannot be read: %s", slot->path, strerror(-r)) : 0;
}

int plane_file_open(struct plane_slot *slot, struct problem *p)
{
    struct stat st;
    char *for_folder CLEANUP_FREE = text_dup(slot->path);
    char *for_name CLEANUP_FREE = text_dup(slot->path);

    if (!for_folder || !for_name)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    const char *folder = dirname(for_folder);
    CLEANUP_FD int folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    CLEANUP_FD int fd = -1;
    if (folder_fd >= 0)
        fd = openat(folder_fd, basename(for_name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        int error = errno;
        slot->missing = error == ENOENT || error == ENOTDIR;
        return problem_set(p, -error, PX_PLANE, "%s cannot be opened: %s", slot->path,
                           error == ELOOP ? "it is a symbolic link; name the file itself" : strerror(error));
    }
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return problem_set(p, -EINVAL, PX_PLANE, "%s is not a regular file", slot->path);
    int r = check_owner("the plane", slot->path, &st, p);
    if (r == 0 && fstat(folder_fd, &st) == 0)
        r = check_owner("the folder", folder, &st, p);
    if (r < 0)
        return r;
    slot->fd = fcntl(fd, F_DUPFD_CLOEXEC, 10);
    if (slot->fd < 0)
        return problem_set(p, -errno, PX_INTERNAL, "too many open files");
    r = hash(slot, slot->sha256, p);
    if (r == 0 && slot->config && slot->config->sha256 && strcmp(slot->config->sha256, slot->sha256) != 0) {
        r = problem_set(p, -EACCES, PX_PLANE, "%s has SHA-256 %s, the configuration pins %s", slot->path,
                        slot->sha256, slot->config->sha256);
        problem_next(
            p, "If you replaced the plane yourself, put the new value after sha256: in the configuration.");
    }
    return r;
}

int plane_file_check(struct plane_slot *slot, struct problem *p)
{
    char now[65];
    int r = hash(slot, now, p);

    if (r == 0 && strcmp(now, slot->sha256) != 0)
        r = problem_set(p, -EACCES, PX_PLANE, "%s was changed in place since it was loaded", slot->path);
    return r;
}
