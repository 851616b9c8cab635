/* SPDX-License-Identifier: Apache-2.0 */
/* Resources of a plane that says it was built before there were any. */
#include "tiny.h"

static int32_t run(void *instance, struct proximo_call *call)
{
    (void)instance;
    return tiny_result(call, 1);
}

static const struct proximo_resource resources[] = {{.struct_size = sizeof(struct proximo_resource),
                                                     .name = "early_all",
                                                     .uri = "x:all",
                                                     .description = "A resource of a test.",
                                                     .read = run}};
static struct proximo_plane plane = {TINY_HEAD("early"), .open = tiny_open,
                                     .resources = PROXIMO_TABLE(resources)};
PROXIMO_EXPORT const struct proximo_plane *proximo_plane_0(uint32_t host_major, uint32_t host_minor);
const struct proximo_plane *proximo_plane_0(uint32_t host_major, uint32_t host_minor)
{
    (void)host_major;
    (void)host_minor;
    plane.abi_minor = 2;
    return &plane;
}
