/* SPDX-License-Identifier: Apache-2.0 */
/* Removing a folder: by descriptors, so that nothing outside it can be meant. */
#include "command/remove_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define DEPTH_MOST 6

/* Empties the folder behind fd, which it takes over. */
// NOLINTNEXTLINE(misc-no-recursion): bounded by DEPTH_MOST
static int empty_folder(int fd, int depth)
{
    DIR *dir = fdopendir(fd);
    const struct dirent *entry;
    int r = 0;

    if (!dir) {
        r = -errno;
        fd_close(&fd);
        return r;
    }
    while (r == 0 && (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(dirfd(dir), entry->d_name, 0) == 0)
            continue;
        int inner = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (inner < 0 || depth == DEPTH_MOST) {
            r = inner < 0 ? -errno : -ELOOP;
            fd_close(&inner);
        } else {
            r = empty_folder(inner, depth + 1);
            if (r == 0 && unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR) < 0)
                r = -errno;
        }
    }
    (void)closedir(dir);
    return r;
}

int remove_tree(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), r;

    if (fd < 0)
        return -errno;
    r = empty_folder(fd, 0);
    if (r == 0 && rmdir(path) < 0)
        r = -errno;
    return r;
}
