/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the nodes plane: the read functions and what they share. */
#ifndef PROXIMO_NODES_H
#define PROXIMO_NODES_H

#include "../common/topics.h"

#define NODE_PARAM                                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "node", .format = "node",                                     \
          .description = "Node; absent: the configured one, or the only one.")

/* How a tool names a task. */
#define UPID_PARAM                                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "upid", .format = "upid", .flags = PROXIMO_PARAM_REQUIRED,    \
          .description = "Task id: UPID:node:...:")
#define TASK_NODE_PARAM                                                                                      \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "node", .format = "node",                                     \
          .description = "Not needed: the task id names its node. Another one is an error.")

/* A read function's GET: 0 and the parsed data (free with json_object_put), or a negative code after
 * host->fail. */
int32_t nodes_get(struct plane_instance *plane, struct proximo_call *call, const struct proximo_get *get,
                  struct proximo_answer *ret_answer, struct json_object **ret_data);
struct proximo_text nodes_text(const char *text);
/* Replies rows (a JSON array) and marks them as incomplete if the answer they came from was. */
int32_t nodes_reply_rows(struct plane_instance *plane, struct proximo_call *call, struct proximo_text rows,
                         const struct proximo_answer *answer, uint64_t flags);

/* How a finished task ended: ok, warning, error, unknown; running for NULL. */
const char *nodes_outcome(const char *status);

/* How far a task is, by a line of its log: core/trust/follow_percent.c, which this plane is built with. */
double follow_percent(const char *line);

int32_t nodes_read_resources(void *instance, struct proximo_call *call);
int32_t nodes_read_tasks(void *instance, struct proximo_call *call);
int32_t nodes_read_task_status(void *instance, struct proximo_call *call);
int32_t nodes_read_task_wait(void *instance, struct proximo_call *call);
int32_t nodes_read_journal(void *instance, struct proximo_call *call);
int32_t nodes_read_diagnose(void *instance, struct proximo_call *call);
int32_t nodes_read_cluster_diagnose(void *instance, struct proximo_call *call);

int32_t nodes_plan_task_stop(void *instance, struct proximo_call *call);
int32_t nodes_plan_pool_create(void *instance, struct proximo_call *call);
int32_t nodes_plan_pool_update(void *instance, struct proximo_call *call);
int32_t nodes_plan_pool_delete(void *instance, struct proximo_call *call);
int32_t nodes_blast_task(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t nodes_blast_pool(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t nodes_blast_pool_delete(void *instance, struct proximo_call *call, struct proximo_text subject_json);

/* The topics, a file each. */
extern const struct topic nodes_topic_node, nodes_topic_node_hardware, nodes_topic_node_packages,
    nodes_topic_node_services, nodes_topic_node_config;
extern const struct topic nodes_topic_cluster, nodes_topic_options, nodes_topic_ceph, nodes_topic_metrics,
    nodes_topic_mappings, nodes_topic_replication;
extern const struct topic nodes_topic_tasks, nodes_topic_network, nodes_topic_pools, nodes_topic_prompts,
    nodes_topic_diagnose;

#endif
