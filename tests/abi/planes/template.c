/* SPDX-License-Identifier: Apache-2.0 */
/* A resource whose URI names what nobody fills in. */
#include "tiny.h"

static int32_t run(void *instance, struct proximo_call *call)
{
    (void)instance;
    return tiny_result(call, 1);
}

static const struct proximo_resource resources[] = {{.struct_size = sizeof(struct proximo_resource),
                                                     .name = "template_all",
                                                     .uri = "x:{id}",
                                                     .description = "A resource of a test.",
                                                     .read = run}};
static const struct proximo_plane plane = {TINY_HEAD("template"), .open = tiny_open,
                                           .resources = PROXIMO_TABLE(resources)};
PROXIMO_PLANE(plane)
