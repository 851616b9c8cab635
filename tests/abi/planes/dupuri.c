/* SPDX-License-Identifier: Apache-2.0 */
/* A plane with the URI of another's resource. */
#include "tiny.h"

static int32_t run(void *instance, struct proximo_call *call)
{
    (void)instance;
    return tiny_result(call, 1);
}

static const struct proximo_resource resources[] = {{.struct_size = sizeof(struct proximo_resource),
                                                     .name = "dupuri_all",
                                                     .uri = "talk:all",
                                                     .description = "A resource of a test.",
                                                     .read = run}};
static const struct proximo_plane plane = {TINY_HEAD("dupuri"), .open = tiny_open,
                                           .resources = PROXIMO_TABLE(resources)};
PROXIMO_PLANE(plane)
