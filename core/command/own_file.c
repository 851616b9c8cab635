/* SPDX-License-Identifier: Apache-2.0 */
/* Places of files in the user's own folder. */
#include "command/own_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/problem.h"

int own_file_failed(const char *path, int error, struct problem *p)
{
    (void)problem_set(p, error, PX_CONFIG, "%s cannot be written: %s", path, strerror(-error));
    problem_next(p, "choose another place, or mend the folder's permissions");
    return error;
}

int own_file_folder(const char *path, struct problem *p)
{
    CLEANUP_FREE char *folder = strdup(path);
    char *slash = folder ? strrchr(folder, '/') : NULL;

    if (!slash || slash == folder)
        return 0;
    *slash = '\0';
    int r = file_make_dirs(folder, 0700);
    return r < 0 ? own_file_failed(folder, r, p) : 0;
}

int own_file_path(const char *option, const char *name, char path[PATH_MAX], struct problem *p)
{
    const char *base = getenv("XDG_CONFIG_HOME");
    CLEANUP_FREE char *expanded = file_expand_home(option ? option : "~/.config/proximo");
    CLEANUP_FREE char *current = getcwd(NULL, 0);
    int n;

    if (!expanded || !current)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    if (option && expanded[0] == '/')
        n = snprintf(path, PATH_MAX, "%s", expanded);
    else if (option)
        n = snprintf(path, PATH_MAX, "%s/%s", current, expanded);
    else if (base && base[0] == '/')
        n = snprintf(path, PATH_MAX, "%s/proximo/%s", base, name);
    else
        n = snprintf(path, PATH_MAX, "%s/%s", expanded, name);
    if (n < 0 || n >= PATH_MAX)
        return problem_set(p, -ENAMETOOLONG, PX_CONFIG, "the path of %s is too long", name);
    return 0;
}

int own_file_absent(const char *path, const char *by, bool force, struct problem *p)
{
    struct stat st;

    if (force || (lstat(path, &st) < 0 && errno == ENOENT))
        return 0;
    (void)problem_set(p, -EEXIST, PX_CONFIG, "%s exists already", path);
    problem_next(p, "name another file with %s, or overwrite it with --force", by);
    return -EEXIST;
}
