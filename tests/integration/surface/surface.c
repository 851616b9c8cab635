/* SPDX-License-Identifier: Apache-2.0 */
#include "surface.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "config/config.h"
#include "plane/planes.h"
#include "plane/site.h"

#define LOAD_MS 20000

#ifndef SURFACE_MORE /* planes that are off unless named */
#define SURFACE_MORE ""
#endif

static struct surface surface;

static int fail(const char *what, const struct problem *p)
{
    (void)fprintf(stderr, "%s: %s %s\n", what, p->code, p->cause);
    return -1;
}

int surface_open(void **state)
{
    char yaml[1024];
    struct problem p = PROBLEM_INIT;
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");

    (void)snprintf(
        yaml, sizeof(yaml),
        "mode: guarded\nplane_dir: %s/planes\nplanes: {acl: {}, firewall: {}, guests: {}, ha: {}, nodes: {}, "
        "sdn: {}, storage: {}" SURFACE_MORE "}\n",
        build ? build : ".");
    if (config_load_text("test", yaml, strlen(yaml), &surface.config, &p) < 0)
        return fail("configuration", &p);
    if (sites_new(surface.config, &surface.sites) < 0 ||
        planes_new(surface.config, surface.sites, &surface.planes) < 0)
        return fail("planes", &p);
    planes_start(surface.planes);
    if (planes_wait(surface.planes, clock_ms() + LOAD_MS, &p) < 0)
        return fail("planes", &p);
    *state = &surface;
    return catalog_new(surface.config, surface.planes, &surface.catalog);
}

int surface_close(void **state)
{
    (void)state;
    catalog_free(surface.catalog);
    planes_free(surface.planes);
    sites_free(surface.sites);
    config_free(surface.config);
    return 0;
}

int surface_host(void)
{
    return plane_host_main();
}
