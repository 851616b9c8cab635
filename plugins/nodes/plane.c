/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nodes plane: state of nodes and of the cluster, tasks and their logs, network interfaces, pools.
 * Sources: the API paths in the rows (Proxmox VE 8.4 and 9.2).
 */

#include "nodes.h"

/* ---- life and what the functions share */

struct proximo_text nodes_text(const char *text)
{
    return (struct proximo_text){.ptr = text, .len = strlen(text)};
}

int32_t nodes_get(struct plane_instance *plane, struct proximo_call *call, const struct proximo_get *get,
                  struct proximo_answer *ret_answer, struct json_object **ret_data)
{
    *ret_answer = (struct proximo_answer){.struct_size = (uint32_t)sizeof(*ret_answer)};
    int32_t r = plane->host->get(call, get, ret_answer);
    if (r < 0)
        return r;
    if (ret_answer->data.len == 0 || ret_answer->data.len > INT32_MAX)
        return plane->host->fail(call, PROXIMO_EPROTO, "GET %s answered without data", get->path);
    struct json_tokener *tokener = json_tokener_new();
    if (!tokener)
        return PROXIMO_ENOMEM;
    struct json_object *data =
        json_tokener_parse_ex(tokener, ret_answer->data.ptr, (int)ret_answer->data.len);
    json_tokener_free(tokener);
    if (!data)
        return plane->host->fail(call, PROXIMO_EPROTO, "GET %s answered without data", get->path);
    *ret_data = data;
    return PROXIMO_OK;
}

int32_t nodes_reply_rows(struct plane_instance *plane, struct proximo_call *call, struct proximo_text rows,
                         const struct proximo_answer *answer, uint64_t flags)
{
    struct proximo_content block = {
        .struct_size = (uint32_t)sizeof(block), .type = PROXIMO_CONTENT_ROWS, .flags = flags, .data = rows};
    if (answer->flags & PROXIMO_ANSWER_INCOMPLETE) {
        block.flags |= PROXIMO_CONTENT_INCOMPLETE; /* the core says what is missing: it checked the needs */
    } else {
        block.flags |= PROXIMO_CONTENT_COMPLETE; /* every list of this plane states its needs with the GET */
    }
    return plane->host->reply(call, &block, 1);
}

/* clang-format off */
static const struct topic *const topics[] = {
    &nodes_topic_node,
    &nodes_topic_node_services,
    &nodes_topic_node_config,
    &nodes_topic_node_hardware,
    &nodes_topic_node_packages,
    &nodes_topic_cluster,
    &nodes_topic_options,
    &nodes_topic_ceph,
    &nodes_topic_metrics,
    &nodes_topic_mappings,
    &nodes_topic_replication,
    &nodes_topic_tasks,
    &nodes_topic_network,
    &nodes_topic_pools,
    &nodes_topic_diagnose,
    &nodes_topic_prompts,
};
/* clang-format on */

static struct proximo_plane plane = {
    PROXIMO_PLANE_HEAD,
    .features_required = PROXIMO_FEATURE_READS | PROXIMO_FEATURE_CHANGES | PROXIMO_FEATURE_RESOURCES,
    .threading = PROXIMO_PARALLEL,
    .name = "nodes",
    .version = "0.1.0",
    .licence = "Apache-2.0",
    .summary = "Nodes and cluster: state, tasks and their logs, network interfaces, pools.",
    .open = plane_open,
    .close = plane_close,
};
PROXIMO_PLANE_OF_TOPICS(plane, topics)
