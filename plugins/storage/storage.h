/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the storage plane. */
#ifndef PROXIMO_STORAGE_H
#define PROXIMO_STORAGE_H

#include "../common/topics.h"

#define NODE_PARAM                                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "node", .format = "node",                                     \
          .description = "Node; absent: the configured one, or the only one.")
#define STORAGE_PARAM                                                                                        \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "storage", .format = "storage",                               \
          .flags = PROXIMO_PARAM_REQUIRED, .description = "Storage id.")

/* The topics, a file each. */
extern const struct topic storage_topic_config;
extern const struct topic storage_topic_content;
extern const struct topic storage_topic_backups;
extern const struct topic storage_topic_jobs;
extern const struct topic storage_topic_prompts;

#endif
