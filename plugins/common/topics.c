/* SPDX-License-Identifier: Apache-2.0 */
#include "topics.h"

#include <stddef.h>
#include <stdlib.h>

/* Where a kind of rows stands in the topic, the descriptor and the space. */
static const struct kind {
    size_t from, to, space;
    uint32_t size;
} kinds[] = {
#define KIND(member, type)                                                                                   \
    {                                                                                                        \
        offsetof(struct topic, member), offsetof(struct proximo_plane, member),                              \
            offsetof(struct topic_rows, member), (uint32_t)sizeof(struct type)                               \
    }
    KIND(reads, proximo_read),    KIND(probes, proximo_probe),       KIND(changes, proximo_change),
    KIND(classes, proximo_class), KIND(resources, proximo_resource), KIND(prompts, proximo_prompt),
};

int32_t topics_join(struct proximo_plane *plane, const struct topic *const *topics, uint32_t count,
                    struct topic_rows *space)
{
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        char *rows = (char *)space + kinds[k].space;
        uint32_t total = 0;
        for (uint32_t i = 0; i < count; i++) {
            const struct proximo_table *part =
                (const struct proximo_table *)((const char *)topics[i] + kinds[k].from);
            if (total + part->count > TOPIC_ROWS_MOST)
                return PROXIMO_ENOMEM;
            if (part->count)
                memcpy(rows + (size_t)total * kinds[k].size, part->rows, (size_t)part->count * kinds[k].size);
            total += part->count;
        }
        *(struct proximo_table *)((char *)plane + kinds[k].to) = (struct proximo_table)ROWS(rows, total);
        if (total == 0)
            *(struct proximo_table *)((char *)plane + kinds[k].to) = (struct proximo_table){0};
    }
    return PROXIMO_OK;
}

int32_t plane_open(const struct proximo_host *host, void **ret_instance)
{
    struct plane_instance *plane = calloc(1, sizeof(*plane));
    if (!plane)
        return PROXIMO_ENOMEM;
    plane->host = host;
    *ret_instance = plane;
    return PROXIMO_OK;
}

void plane_close(void *instance)
{
    free(instance);
}
