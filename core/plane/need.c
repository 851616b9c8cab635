/* SPDX-License-Identifier: Apache-2.0 */
#include "plane/need.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "plane/manifest.h"
#include "plane/site.h"

bool need_fixed_part(const char *template, char ret[NEED_PATH_SIZE])
{
    size_t len = strcspn(template, "{");

    if (len >= NEED_PATH_SIZE)
        return false;
    while (len > 1 && template[len] && template[len - 1] != '/')
        len--;
    while (len > 1 && template[len - 1] == '/')
        len--;
    memcpy(ret, template, len);
    ret[len] = '\0';
    return len > 0;
}

void need_leave_out(struct buf *path)
{
    if (path->len > 1 && path->data[path->len - 1] == '/')
        path->data[--path->len] = '\0';
}

enum need_held need_ask(struct site *site, const struct site_call *call, const struct need_row *need,
                        struct problem *p)
{
    char path[NEED_PATH_SIZE];
    int r;

    if (!need_fixed_part(need->path, path)) {
        (void)problem_set(p, -EINVAL, PX_PLANE, "a need has no path");
        return NEED_UNKNOWN;
    }
    r = site_permission_below(site, call, path, need->privilege, p);
    if (r > 0)
        return NEED_YES;
    if (r == 0)
        r = site_permission_anywhere(site, call, path, need->privilege, p);
    if (r < 0)
        return NEED_UNKNOWN;
    return r > 0 ? NEED_SOME : NEED_NO;
}
