/* SPDX-License-Identifier: Apache-2.0 */
/* A plane as ABI 0.2 would have built it: its descriptor ends before resources, and what it knows of the host
 * ends before can_ask. */
#include "tiny.h"

struct small_host {
    unsigned char bytes[offsetof(struct proximo_host, can_ask)];
};
static struct small_host known;

static int32_t small_open(const struct proximo_host *h, void **ret_instance)
{
    memcpy(&known, h, sizeof(known));
    *ret_instance = NULL;
    host = (const void *)&known;
    return h->abi_minor >= 2 && h->struct_size >= sizeof(known) ? 0 : PROXIMO_ENOSYS;
}

static int32_t run(void *instance, struct proximo_call *call)
{
    (void)instance;
    return tiny_result(call, 2);
}

static const struct proximo_read reads[] = {TINY_READ("minor2_run", run)};
static struct {
    _Alignas(8) unsigned char bytes[offsetof(struct proximo_plane, resources)];
} small;

PROXIMO_EXPORT const struct proximo_plane *proximo_plane_0(uint32_t host_major, uint32_t host_minor);
const struct proximo_plane *proximo_plane_0(uint32_t host_major, uint32_t host_minor)
{
    static struct proximo_plane plane = {TINY_HEAD("minor2"), .open = small_open,
                                         .reads = PROXIMO_TABLE(reads)};
    (void)host_major;
    (void)host_minor;
    plane.abi_minor = 2;
    plane.struct_size = sizeof(small);
    memcpy(&small, &plane, sizeof(small));
    return (const void *)&small;
}
