/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the Backup Server plane share. */
#ifndef PROXIMO_PBS_H
#define PROXIMO_PBS_H

#include "../common/topics.h"

/* A Backup Server is one node, which answers to this name whatever it is called. */
#define PBS_NODE "localhost"

#define STORE_PARAM                                                                                          \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "store", .format = "safeid", .flags = PROXIMO_PARAM_REQUIRED, \
          .maximum = 32, .description = "Datastore; pbs_datastores_list names them.")
#define NS_PARAM                                                                                             \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "ns", .format = "namespace",                                  \
          .description = "Namespace, such as prod/web; absent: the root namespace alone.")
#define BACKUP_TYPE_PARAM(...)                                                                               \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "backup_type", .api_name = "backup-type",                     \
          .choices = "vm,ct,host", __VA_ARGS__)
#define BACKUP_ID_PARAM(...)                                                                                 \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "backup_id", .api_name = "backup-id", .format = "safeid",     \
          __VA_ARGS__)

/* The one need of a GET. */
#define ONE_NEED(need)                                                                                       \
    {                                                                                                        \
        ROW(proximo_table), .count = 1, .rows = (need)                                                       \
    }

/* How a task or a job's last run ended, from Proxmox's free text: "running" (none), "ok", "warning",
 * "unknown", "error". */
const char *pbs_outcome(const char *status);
/* The rows of a list, a JSON array (taken over), as the tool's answer. `incomplete`: a need is not met. */
int32_t pbs_reply_rows(const struct asking *a, struct json_object *rows, bool incomplete, uint64_t flags);
/* One object (taken over) as the tool's answer; flags PROXIMO_CONTENT_... */
int32_t pbs_reply_object(const struct asking *a, struct json_object *object, bool incomplete, uint64_t flags);

/* Adds "untrusted": those of the two members that are there, which people or programs wrote; the second name
 * may be NULL. 0 or PROXIMO_ENOMEM. */
int32_t pbs_untrusted(struct json_object *object, const char *first, const char *second);

extern const struct topic pbs_topic_access;
extern const struct topic pbs_topic_datastores;
extern const struct topic pbs_topic_content_changes;
extern const struct topic pbs_topic_datastore_changes;
extern const struct topic pbs_topic_health;
extern const struct topic pbs_topic_jobs;
extern const struct topic pbs_topic_job_prune;
extern const struct topic pbs_topic_job_run;
extern const struct topic pbs_topic_job_sync;
extern const struct topic pbs_topic_job_verify;
extern const struct topic pbs_topic_node;
extern const struct topic pbs_topic_remotes;
extern const struct topic pbs_topic_remote_changes;
extern const struct topic pbs_topic_snapshots;
extern const struct topic pbs_topic_tape;
extern const struct topic pbs_topic_tasks;
extern const struct topic pbs_topic_traffic;

#endif
