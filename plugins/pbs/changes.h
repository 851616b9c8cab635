/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of the change tools' rows, and what their files share. */
#ifndef PROXIMO_PBS_CHANGES_H
#define PROXIMO_PBS_CHANGES_H

#include "contents.h"

/* ---- steps */

/* A request of a plan; fields live as long as the call of host->step. */
struct proximo_step pbs_request(const char *method, const char *path, const struct proximo_field *fields,
                                uint32_t count);
/* A postcondition for each backup that goes, up to 64: the list of its namespace has it no more. Beyond that
 * one a group: how many it has left. Not where the namespace itself goes: then nothing lists it. NULL: none
 * goes. */
int32_t pbs_see_gone(const struct pbs_contents *c,
                     bool (*stays)(const struct pbs_contents *c, const char *ns));
/* A postcondition: the list at `path` (ns of the place is sent) has no row that fits the selector. */
int32_t pbs_see_none(const struct pbs_place *p, const char *path, bool with_ns, const char *selector);
/* A guard: the place's backups are as they are now. `at`: a group, or all of a namespace. */
int32_t pbs_guard_backups(const struct pbs_place *at);
/* Undo is none; why is said as the fact no_way_back. */
int32_t pbs_no_way_back(const struct asking *a, const char *why);

extern const char pbs_deleted_for_good[]; /* what is said of deleted backups */

/* ---- plans and blast functions, by the names of the tools */

int32_t pbs_plan_prune(void *instance, struct proximo_call *call);
int32_t pbs_read_prune(void *instance, struct proximo_call *call);
int32_t pbs_blast_prune(void *instance, struct proximo_call *call, struct proximo_text subject);
int32_t pbs_plan_snapshot_delete(void *instance, struct proximo_call *call);
int32_t pbs_plan_group_delete(void *instance, struct proximo_call *call);
int32_t pbs_blast_backups_delete(void *instance, struct proximo_call *call, struct proximo_text subject);
int32_t pbs_plan_namespace_create(void *instance, struct proximo_call *call);
int32_t pbs_plan_namespace_delete(void *instance, struct proximo_call *call);
int32_t pbs_blast_namespace_delete(void *instance, struct proximo_call *call, struct proximo_text subject);
int32_t pbs_plan_snapshot_notes(void *instance, struct proximo_call *call);
int32_t pbs_plan_snapshot_protect(void *instance, struct proximo_call *call);
int32_t pbs_plan_group_notes(void *instance, struct proximo_call *call);
int32_t pbs_plan_group_owner(void *instance, struct proximo_call *call);
int32_t pbs_blast_protect(void *instance, struct proximo_call *call, struct proximo_text subject);
int32_t pbs_blast_owner(void *instance, struct proximo_call *call, struct proximo_text subject);
int32_t pbs_plan_gc(void *instance, struct proximo_call *call);
int32_t pbs_blast_gc(void *instance, struct proximo_call *call, struct proximo_text subject);
int32_t pbs_plan_verify(void *instance, struct proximo_call *call);
int32_t pbs_blast_verify(void *instance, struct proximo_call *call, struct proximo_text subject);
int32_t pbs_plan_datastore_create(void *instance, struct proximo_call *call);
int32_t pbs_plan_datastore_delete(void *instance, struct proximo_call *call);
int32_t pbs_blast_datastore_update(void *instance, struct proximo_call *call, struct proximo_text subject);
int32_t pbs_blast_datastore_delete(void *instance, struct proximo_call *call, struct proximo_text subject);
int32_t pbs_blast_datastore_destroy(void *instance, struct proximo_call *call, struct proximo_text subject);

/* ---- rows */

#define AT_STORE                                                                                             \
    PARAM(.type = PROXIMO_TYPE_STRING, .flags = PROXIMO_PARAM_REQUIRED, .name = "store", .format = "safeid", \
          .maximum = 32, .description = "The datastore; pbs_datastores_list names them.")
#define AT_NS                                                                                                \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "ns", .format = "namespace",                                  \
          .description = "The namespace, such as prod/web; absent: the root namespace.")
#define AT_TYPE(required)                                                                                    \
    PARAM(.type = PROXIMO_TYPE_STRING, .flags = (required), .name = "backup_type",                           \
          .api_name = "backup-type", .choices = "vm,ct,host",                                                \
          .description = "Kind of the group: vm, ct or host.")
#define AT_ID(required)                                                                                      \
    PARAM(.type = PROXIMO_TYPE_STRING, .flags = (required), .name = "backup_id", .api_name = "backup-id",    \
          .format = "safeid", .description = "Id of the group: the guest's number, or a host's name.")
#define AT_TIME                                                                                              \
    PARAM(.type = PROXIMO_TYPE_INTEGER, .flags = PROXIMO_PARAM_REQUIRED, .name = "backup_time",              \
          .api_name = "backup-time", .minimum = 1, .maximum = INT64_C(253402300799),                         \
          .description =                                                                                     \
              "When the backup was made, in seconds since 1970 (UTC), as pbs_snapshots_list has it.")

#endif
