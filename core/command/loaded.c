/* SPDX-License-Identifier: Apache-2.0 */
#include "command/loaded.h"

#include <errno.h>

#include "base/clock.h"
#include "config/config.h"
#include "mcp/catalog.h"
#include "plane/planes.h"
#include "plane/site.h"

#define LOAD_MS 15000

void loaded_close(struct loaded *loaded)
{
    catalog_free(loaded->catalog);
    if (loaded->planes)
        planes_free(loaded->planes);
    if (loaded->sites)
        sites_free(loaded->sites);
    config_free(loaded->config);
    *loaded = (struct loaded){0};
}

int loaded_open(const struct config_options *options, struct loaded *ret, struct problem *p)
{
    struct loaded l = {.problem = PROBLEM_INIT};
    int r = config_load(options, &l.config, p);

    if (r < 0)
        return r;
    if (sites_new(l.config, &l.sites) < 0) {
        loaded_close(&l);
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the sites");
    }
    l.result = planes_new(l.config, l.sites, &l.planes);
    if (l.result < 0)
        (void)problem_set(&l.problem, l.result, PX_INTERNAL, "no memory for the planes");
    else
        l.result = planes_wait(l.planes, clock_ms() + LOAD_MS, &l.problem);
    if (l.result == 0)
        l.result = catalog_new(l.config, l.planes, &l.catalog);
    *ret = l;
    return 0;
}
