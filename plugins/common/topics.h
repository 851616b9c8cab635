/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of a plane that has many topics: each topic's file has its own rows, and the plane's entry puts
 * them into the one table that the descriptor shows.
 */
#ifndef PROXIMO_PLUGINS_TOPICS_H
#define PROXIMO_PLUGINS_TOPICS_H

#include "../rows.h"

/* The instance of every built-in plane: nothing is kept between calls. Made and freed by these two. */
struct plane_instance {
    const struct proximo_host *host;
};
int32_t plane_open(const struct proximo_host *host, void **ret_instance);
void plane_close(void *instance);

struct topic {
    struct proximo_table reads, probes, changes, classes, resources, prompts;
};
#define TOPIC_ROWS_MOST 256u /* of a kind, over all topics of a plane */

/* Space for the joined rows; one a plane, static. */
struct topic_rows {
    struct proximo_read reads[TOPIC_ROWS_MOST];
    struct proximo_probe probes[TOPIC_ROWS_MOST];
    struct proximo_change changes[TOPIC_ROWS_MOST];
    struct proximo_class classes[TOPIC_ROWS_MOST];
    struct proximo_resource resources[TOPIC_ROWS_MOST];
    struct proximo_prompt prompts[TOPIC_ROWS_MOST];
};

/* Sets the tables of the descriptor from the topics, in their order. 0, or PROXIMO_ENOMEM: more rows than the
 * space holds. Call it in the plane's entry, before any other thread exists. */
int32_t topics_join(struct proximo_plane *plane, const struct topic *const *topics, uint32_t count,
                    struct topic_rows *space);

/* The entry of a plane with topics: `descriptor` is a static struct proximo_plane. */
#define PROXIMO_PLANE_OF_TOPICS(descriptor, topics)                                                          \
    PROXIMO_EXTERN_C PROXIMO_EXPORT const struct proximo_plane *proximo_plane_0(uint32_t host_major,         \
                                                                                uint32_t host_minor);        \
    const struct proximo_plane *proximo_plane_0(uint32_t host_major, uint32_t host_minor)                    \
    {                                                                                                        \
        static struct topic_rows rows;                                                                       \
        (void)host_major;                                                                                    \
        (void)host_minor;                                                                                    \
        return topics_join(&(descriptor), (topics), (uint32_t)(sizeof(topics) / sizeof((topics)[0])),        \
                           &rows) == PROXIMO_OK                                                              \
                   ? &(descriptor)                                                                           \
                   : NULL;                                                                                   \
    }

#endif
