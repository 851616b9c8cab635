/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The exec plane: commands inside guests. Off unless the configuration names it. It is near to root on the
 * nodes: the ssh key that it is given can do more than pct exec. README.md says how to give it less.
 */
#include "exec.h"

/* clang-format off */
static const struct topic *const topics[] = {
    &exec_topic_ct,
    &exec_topic_vm,
    &exec_topic_logs,
    &exec_topic_diagnose,
    &exec_topic_probes,
};
/* clang-format on */

static struct proximo_plane plane = {
    PROXIMO_PLANE_HEAD,
    .features_required = PROXIMO_FEATURE_READS | PROXIMO_FEATURE_CHANGES | PROXIMO_FEATURE_EXECUTORS,
    .threading = PROXIMO_PARALLEL,
    .name = "exec",
    .version = "0.1.0",
    .licence = "Apache-2.0",
    .summary = "Commands inside guests of an allow-list: near to root on the nodes, and off unless named.",
    .config_schema = exec_config_schema,
    .open = exec_open,
    .close = exec_close,
};

PROXIMO_EXTERN_C PROXIMO_EXPORT const struct proximo_plane *proximo_plane_0(uint32_t host_major,
                                                                            uint32_t host_minor);
const struct proximo_plane *proximo_plane_0(uint32_t host_major, uint32_t host_minor)
{
    static struct topic_rows rows;

    (void)host_major;
    (void)host_minor;
    plane.executors = exec_executors;
    return topics_join(&plane, topics, (uint32_t)(sizeof(topics) / sizeof(topics[0])), &rows) == PROXIMO_OK
               ? &plane
               : NULL;
}
