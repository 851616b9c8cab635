/* SPDX-License-Identifier: Apache-2.0 */
/* The planes as they are built, without a site, for tests of what a client is shown of them. */
#ifndef PROXIMO_TEST_SURFACE_H
#define PROXIMO_TEST_SURFACE_H

#include "mcp/catalog.h"

struct config;
struct planes;
struct sites;

struct surface {
    struct config *config;
    struct sites *sites;
    struct planes *planes;
    struct catalog *catalog;
};

/* Setup and teardown of a test; *state is a struct surface. Mode guarded, planes guests and nodes. */
int surface_open(void **state);
int surface_close(void **state);
int surface_host(void); /* main() of `THIS_PROGRAM plane-host` */

#endif
