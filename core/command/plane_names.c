/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the planes that a configuration names have files. One stat each; loading checks the rest. */
#include "command/plane_names.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/problem.h"
#include "config/config.h"
#include "plane/planes.h"
#include "plane/supervisor.h"

/* The planes that the folder offers, for the message about one that is not there. */
static void name_valid_planes(const struct config *config, struct problem *p)
{
    struct buf valid CLEANUP_BUF = BUF_INIT(1024);
    char *names[PLANES_MOST];
    size_t count = plane_file_names(config, names);

    for (size_t i = 0; i < count; i++) {
        buf_printf(&valid, "%s%s", i ? ", " : "", names[i]);
        free(names[i]);
    }
    if (buf_ok(&valid) && valid.len > 0)
        problem_valid(p, "%s", valid.data);
}

int plane_names_check(const struct config *config, struct problem *p)
{
    for (size_t i = 0; config->planes_named && i < config->plane_count; i++) {
        const struct config_plane *plane = &config->planes[i];
        char *path CLEANUP_FREE = plane_file_path(config, plane);
        struct stat st;

        if (!path)
            return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
        if (stat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR))
            continue;
        (void)problem_set(p, -ENOENT, PX_CONFIG,
                          "the configuration names the plane \"%s\", but there is no %s", plane->name, path);
        problem_next(p, "Correct the name under planes:, or give its file with file:.");
        if (!plane->file)
            name_valid_planes(config, p);
        return -ENOENT;
    }
    return 0;
}

bool plane_name_known(char *name)
{
    const struct config config = {0};
    const struct config_plane plane = {.name = name};
    char *path CLEANUP_FREE = plane_file_path(&config, &plane);

    return !path || access(path, F_OK) == 0;
}
