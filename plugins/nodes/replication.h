/* SPDX-License-Identifier: Apache-2.0 */
/* Replication jobs: what replication_tools.c and replication_run.c plan, and whom it concerns. */
#ifndef PROXIMO_NODES_REPLICATION_H
#define PROXIMO_NODES_REPLICATION_H

#include "../common/config_object.h"
#include "nodes.h"

/* The guest of a job, the digits of "105-0" before its hyphen; 0: the id has no such form. */
int64_t replication_guest(const char *id);
/* GET /cluster/replication/{id}: looked->data is the caller's, NULL with why when it cannot be had. */
int32_t replication_look(const struct asking *a, const char *id, struct looked *looked);
/* How its runs went: the job's entry of GET /nodes/{node}/replication?guest= on its source; NULL with why in
 * looked, whose data is the caller's. */
int32_t replication_look_runs(const struct asking *a, const char *id, const char *node, struct looked *looked,
                              struct json_object **ret_runs);

/* Proxmox VE 9 asks for VM.Replicate on the guest, 8 for Datastore.Allocate on /storage; release 0: not
 * known. Negative after host->fail when it is not held. */
int32_t replication_check_right(const struct asking *a, int64_t vmid, uint32_t release);

/* Tells the rules (Proxmox VE 8: the group) of HA that keep the guest "vm:108" on nodes among which the
 * target is, or is not; effect is what that means. */
int32_t replication_tell_places(const struct asking *a, const char *sid, const char *target, bool with_target,
                                const char *effect);

int32_t replication_run_plan(void *instance, struct proximo_call *call);

/* Subjects {"kind":"replication","id":"105-0"}, with the new values: "target", "disable", "keep", "force". */
int32_t replication_blast_create(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t replication_blast_update(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t replication_blast_delete(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t replication_blast_run(void *instance, struct proximo_call *call, struct proximo_text subject_json);

#endif
