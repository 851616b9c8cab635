/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets from files. The path comes from a model, so it is walked from the operator's folder on, one element
 * after the other without links: neither ".." nor a link that is swapped in leads out of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "config/config.h"
#include "ledger/ledger.h"
#include "trust/secret_source.h"

#define ELEMENT_MOST 255u

static int refuse(struct problem *p, const char *path, const char *why, const char *next)
{
    (void)problem_set(p, -EACCES, PX_SECRET_FILE, "secret file %.300s: %s", path, why);
    problem_next(p, "%s", next);
    return -EACCES;
}

/* The folder of the configuration that path is below, and the rest of path; NULL: none. */
static const char *folder_of(const struct config *config, const char *path, const char **ret_rest)
{
    const struct config_strings *dirs = &config->trust.secret_dirs;
    const char *found = NULL;
    size_t longest = 0;

    for (size_t i = 0; i < dirs->count; i++) {
        const size_t len = strlen(dirs->items[i]);
        if (len > longest && strncmp(path, dirs->items[i], len) == 0 && path[len] == '/') {
            found = dirs->items[i];
            longest = len;
            *ret_rest = path + len + 1;
        }
    }
    return found;
}

/* Is it the token of a site, a key of the ledger or what an executor is given? Those are given to nobody. */
static bool is_file(const char *path, const struct stat *st)
{
    struct stat other;

    return path && stat(path, &other) == 0 && other.st_dev == st->st_dev && other.st_ino == st->st_ino;
}

static bool is_own(const struct config *config, const struct stat *st)
{
    CLEANUP_FREE char *key = ledger_key_file(config);
    bool own = is_file(key, st) || is_file(config->ledger.signing_key_file, st) ||
               is_file(config->ledger.anchor.url_token_file, st);

    for (size_t i = 0; i < config->site_count; i++)
        own |= is_file(config->sites[i].token_file, st);
    for (size_t i = 0; i < config->plane_count; i++) {
        const struct config_strings *material = &config->planes[i].material; /* "NAME=FILE" */
        for (size_t k = 0; k < material->count; k++) {
            const char *sign = strchr(material->items[k], '=');
            own |= is_file(sign ? sign + 1 : NULL, st);
        }
    }
    return own;
}

static bool belongs(const struct stat *st)
{
    return st->st_uid == 0 || st->st_uid == geteuid();
}

/* Nobody else may put another file in its place. */
static const char *folder_fault(const struct config *config, int fd)
{
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISDIR(st.st_mode))
        return "an element of its path is no folder";
    if (is_file(config->state_dir, &st))
        return "it is below the state folder of proximo itself";
    if (!belongs(&st) || (st.st_mode & (S_IWGRP | S_IWOTH)))
        return "a folder of its path can be written by others";
    return NULL;
}

static const char *file_fault(const struct config *config, const struct stat *st)
{
    if (!S_ISREG(st->st_mode))
        return "is not a regular file";
    if (!belongs(st))
        return "belongs to another user";
    if (st->st_mode & (S_IRWXG | S_IRWXO))
        return "can be read or written by others";
    if (st->st_size > (off_t)SECRET_FILE_LIMIT)
        return "is larger than 64 KiB";
    if (is_own(config, st))
        return "is a key or token of proximo itself";
    return NULL;
}

static const char *open_words(int error)
{
    return error == ELOOP || error == ENOTDIR ? "there is a symbolic link in its path, or no folder"
                                              : strerror(error);
}

/* Opens what `rest` names below the folder: a file by its descriptor. */
static int walk(const struct config *config, const char *path, const char *folder, const char *rest,
                int *ret_fd, struct problem *p)
{
    static const char next[] =
        "the operator gives the folder and what is in it to the user that runs proximo";
    CLEANUP_FD int at = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    char element[ELEMENT_MOST + 1];

    for (;;) {
        const size_t len = strcspn(rest, "/");
        const bool last = rest[len] == '\0';
        if (at < 0)
            return refuse(p, path, open_words(errno), next);
        const char *fault = folder_fault(config, at);
        if (fault)
            return refuse(p, path, fault, next);
        if (len == 0 || len > ELEMENT_MOST || (len == 1 && rest[0] == '.') ||
            (len == 2 && rest[0] == '.' && rest[1] == '.'))
            return refuse(p, path, "its path has an element that is none",
                          "give the plain path, without . and .. and doubled slashes");
        memcpy(element, rest, len);
        element[len] = '\0';
        const int fd =
            openat(at, element,
                   O_CLOEXEC | O_NOFOLLOW | (last ? O_RDONLY | O_NONBLOCK | O_NOCTTY : O_PATH | O_DIRECTORY));
        const int error = errno;
        fd_close(&at);
        if (last && fd < 0)
            return refuse(p, path, open_words(error),
                          "put the secret there (mode 600), or give another path");
        if (last) {
            *ret_fd = fd;
            return 0;
        }
        at = fd;
        errno = error;
        rest += len + 1;
    }
}

static int take(const char *path, int fd, struct buf *out, struct problem *p)
{
    struct buf text = BUF_INIT(SECRET_FILE_LIMIT);
    const char *fault = NULL;

    /* It may have grown since. In one piece, so that no part of it stays where a buffer was. */
    int r = buf_reserve(&text, SECRET_FILE_LIMIT);
    if (r == 0)
        r = fd_read_all(fd, &text);
    if (r == 0 && text.len && text.data[text.len - 1] == '\n')
        text.len--;
    if (r == -EFBIG)
        fault = "is larger than 64 KiB";
    else if (r < 0)
        fault = strerror(-r);
    else if (text.len == 0)
        fault = "is empty";
    else if (memchr(text.data, '\0', text.len))
        fault = "holds a NUL byte";
    else
        buf_add(out, text.data, text.len);
    if (text.data)
        explicit_bzero(text.data, text.cap);
    buf_done(&text);
    if (fault)
        return refuse(p, path, fault, "write the secret alone into it, with or without a newline at its end");
    return buf_ok(out) ? 0 : problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a secret");
}

int secret_file_read(const struct config *config, const char *path, struct buf *out, struct problem *p)
{
    CLEANUP_FD int fd = -1;
    const char *rest = NULL;
    struct stat st;

    if (config->trust.secret_dirs.count == 0)
        return refuse(
            p, path, "no secret is taken from files here: trust.secret_dirs names no folder",
            "a person can set trust.secret_dirs in the configuration, or use the argument that lets "
            "the core generate the secret");
    if (path[0] != '/')
        return refuse(p, path, "the path is not absolute", "give the whole path, from / on");
    const char *folder = folder_of(config, path, &rest);
    if (!folder)
        return refuse(p, path, "it is not below a folder that trust.secret_dirs names",
                      "a person can put it there, or add its folder to trust.secret_dirs");
    int r = walk(config, path, folder, rest, &fd, p);
    if (r < 0)
        return r;
    if (fstat(fd, &st) < 0)
        return refuse(p, path, strerror(errno), "give another path");
    const char *fault = file_fault(config, &st);
    if (fault)
        return refuse(p, path, fault,
                      "it must be a regular file of the user that runs proximo, mode 600, of at most 64 KiB");
    return take(path, fd, out, p);
}
