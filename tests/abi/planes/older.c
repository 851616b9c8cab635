/* SPDX-License-Identifier: Apache-2.0 */
/* A plane as an older minor would have built it: a descriptor and rows that end earlier. */
#include "tiny.h"

static int32_t run(void *instance, struct proximo_call *call)
{
    (void)instance;
    return tiny_result(call, 7);
}

/* A parameter row that ends before minimum and maximum: 16 bytes less. */
struct short_param {
    unsigned char bytes[offsetof(struct proximo_param, minimum)];
};
static struct short_param params[2];
static struct proximo_read reads[] = {TINY_READ("older_run", run)};
static struct {
    unsigned char bytes[offsetof(struct proximo_plane, classes)];
} small;

PROXIMO_EXPORT const struct proximo_plane *proximo_plane_0(uint32_t host_major, uint32_t host_minor);
const struct proximo_plane *proximo_plane_0(uint32_t host_major, uint32_t host_minor)
{
    static const struct proximo_param whole[2] = {
        {.struct_size = sizeof(struct short_param),
         .type = PROXIMO_TYPE_STRING,
         .name = "one",
         .description = "One."},
        {.struct_size = sizeof(struct short_param),
         .type = PROXIMO_TYPE_STRING,
         .name = "two",
         .description = "Two."},
    };
    static struct proximo_plane plane = {TINY_HEAD("older"), .open = tiny_open,
                                         .reads = PROXIMO_TABLE(reads)};
    (void)host_major;
    (void)host_minor;
    for (int i = 0; i < 2; i++)
        memcpy(&params[i], &whole[i], sizeof(params[i]));
    reads[0].params = (struct proximo_table){sizeof(struct proximo_table), 2, params};
    plane.struct_size = sizeof(small);
    memcpy(&small, &plane, sizeof(small));
    return (const void *)&small;
}
