/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo plane new NAME`: a folder with a plane that compiles, for its author to go on from. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/problem.h"
#include "command/command.h"
#include "command/plane_kit.h"
#include "command/plane_names.h"
#include "command/remove_tree.h"

#define NAME_MOST                                                                                            \
    24u /* its tools have room for names of their own within 64 characters; they and the plane share the     \
           letters */
#define FILE_LIMIT ((size_t)64 << 10)

struct kit_file {
    const char *name;
    const unsigned char *bytes;
    const size_t *len;
};

static const struct kit_file kit_files[] = {
    {"CMakeLists.txt", kit_cmakelists, &kit_cmakelists_len},
    {"plane.c", kit_plane, &kit_plane_len},
    {"test_plane.c", kit_test_plane, &kit_test_plane_len},
    {"proximo.yaml", kit_proximo, &kit_proximo_len},
    {"README.md", kit_readme, &kit_readme_len},
};

/* CMake knows these targets already: no library can be called so. */
static const char *const targets[] = {"all", "clean", "help", "install", "package", "test"};

static int check_name(const char *name, struct problem *p)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    const size_t len = strlen(name);
    char copy[NAME_MOST + 1] = "";
    bool reserved = false;

    if (len == 0 || len > NAME_MOST || name[0] < 'a' || name[0] > 'z' || strspn(name, letters) != len) {
        (void)problem_set(p, -EINVAL, PX_ARG, "\"%.60s\" is no name of a plane", name);
        problem_next(p, "Take a lower-case letter and up to %u of a-z 0-9.", NAME_MOST - 1);
        return -EINVAL;
    }
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
        reserved = reserved || strcmp(name, targets[i]) == 0;
    (void)snprintf(copy, sizeof(copy), "%s", name);
    if (!reserved && !plane_name_known(copy))
        return 0;
    (void)problem_set(p, -EEXIST, PX_ARG,
                      reserved ? "\"%s\" is a word of the build and cannot name a plane"
                               : "there is a plane \"%s\" already: it comes with proximo",
                      name);
    problem_next(p, "Take another name.");
    return -EEXIST;
}

static int unwritable(struct problem *p, int error, const char *name)
{
    (void)problem_set(p, error, PX_ARG, "%s cannot be written: %s", name, strerror(-error));
    problem_next(p, "Name with --dir a new folder inside one that this user may write to.");
    return error;
}

/* The template with the name and the file in their places. */
static void fill(struct buf *out, const struct kit_file *file, const char *name, const char *plane_file)
{
    const char *at = (const char *)file->bytes, *const end = at + *file->len;

    while (at < end) {
        const char *mark = memchr(at, '@', (size_t)(end - at));
        if (!mark)
            mark = end;
        buf_add(out, at, (size_t)(mark - at));
        at = mark;
        if (end - at >= 6 && memcmp(at, "@NAME@", 6) == 0) {
            buf_str(out, name);
            at += 6;
        } else if (end - at >= 6 && memcmp(at, "@FILE@", 6) == 0) {
            json_put_cstr(out, plane_file); /* JSON's strings are YAML's double-quoted ones */
            at += 6;
        } else if (at < end) {
            buf_char(out, *at++);
        }
    }
}

static int put_files(const char *folder, const char *name, struct problem *p)
{
    CLEANUP_FD int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    CLEANUP_FREE char *whole = realpath(folder, NULL);
    CLEANUP_BUF struct buf plane_file = BUF_INIT(FILE_LIMIT);

    if (folder_fd < 0 || !whole)
        return unwritable(p, -errno, folder);
    buf_printf(&plane_file, "%s/build/%s.so", whole, name);
    for (size_t i = 0; i < sizeof(kit_files) / sizeof(kit_files[0]); i++) {
        CLEANUP_BUF struct buf text = BUF_INIT(FILE_LIMIT);
        CLEANUP_FD int fd = -1;

        fill(&text, &kit_files[i], name, buf_ok(&plane_file) ? plane_file.data : "");
        if (!buf_ok(&plane_file) || !buf_ok(&text))
            return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
        fd = openat(folder_fd, kit_files[i].name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
        int r = fd < 0 ? -errno : fd_write_all(fd, text.data, text.len);
        if (r < 0)
            return unwritable(p, r, kit_files[i].name);
    }
    return 0;
}

int command_plane_new(const struct command_line *line)
{
    const char *name = line->words[0], *folder = command_value(line, "--dir");
    CLEANUP_BUF struct buf out = BUF_INIT(FILE_LIMIT);
    struct problem p = PROBLEM_INIT;

    if (check_name(name, &p) < 0)
        return command_fail(&p);
    if (!folder)
        folder = name;
    if (mkdir(folder, 0755) < 0) {
        const int error = errno;
        if (error != EEXIST) {
            (void)unwritable(&p, -error, folder);
            return command_fail(&p);
        }
        (void)problem_set(&p, -EEXIST, PX_ARG, "%s exists already", folder);
        problem_next(&p, "Name with --dir a folder that is not there yet.");
        return command_fail(&p);
    }
    if (put_files(folder, name, &p) < 0) {
        (void)remove_tree(folder); /* half a plane would not compile */
        return command_fail(&p);
    }
    buf_printf(&out,
               "%s has the plane %s. Next:\n"
               "  cd %s\n"
               "  cmake -S . -B build && cmake --build build\n"
               "  ctest --test-dir build --output-on-failure\n"
               "  proximo planes inspect build/%s.so\n"
               "proximo.yaml has the lines that load it, README.md says more.\n",
               folder, name, folder, name);
    return command_print(&out);
}
