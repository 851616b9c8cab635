/* SPDX-License-Identifier: Apache-2.0 */
/* A plane as a newer minor would build it, needing nothing new: everything is longer than this program knows.
 */
#include "tiny.h"

static int32_t run(void *instance, struct proximo_call *call)
{
    (void)instance;
    return tiny_result(call, 8);
}

struct longer_read {
    struct proximo_read known;
    uint64_t unknown[6];
};
struct longer_plane {
    struct proximo_plane known;
    uint64_t unknown[20];
};
static const struct longer_read reads[] = {
    {{.struct_size = sizeof(struct longer_read), .name = "newer_run", .description = "One.", .read = run},
     {1, 2, 3, 4, 5, 6}},
    {{.struct_size = sizeof(struct longer_read), .name = "newer_too", .description = "Two.", .read = run},
     {1, 2, 3, 4, 5, 6}},
};
static struct longer_plane plane = {{TINY_HEAD("newer"), .open = tiny_open}, {0}};
PROXIMO_EXPORT const struct proximo_plane *proximo_plane_0(uint32_t host_major, uint32_t host_minor);
const struct proximo_plane *proximo_plane_0(uint32_t host_major, uint32_t host_minor)
{
    (void)host_major;
    (void)host_minor;
    plane.known.struct_size = sizeof(plane);
    plane.known.abi_minor = 7;
    plane.known.reads = (struct proximo_table){sizeof(struct proximo_table), 2, reads};
    memset(plane.unknown, 0xff, sizeof(plane.unknown));
    return &plane.known;
}
