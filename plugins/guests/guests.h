/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the guests plane. */
#ifndef PROXIMO_GUESTS_H
#define PROXIMO_GUESTS_H

#include "../common/guest.h"

/* Fails when a disk of the snapshot `target` (then: its configuration) is on storage that goes back to its
 * newest snapshot only (ZFS), and the list has newer ones. */
int32_t snapshots_check_newer(const struct guest *g, struct json_object *list, struct json_object *target,
                              struct json_object *then);

/* ---- in blast functions */

/* A list or object of the cluster: PROXIMO_OK and data, or no data after host->incomplete. */
int32_t guest_look(const struct guest *g, const struct proximo_get *get, json_type type, const char *what,
                   struct json_object **ret);
/* g->status and g->config; what could not be read is told as incomplete. */
int32_t guest_look_at(struct guest *g);

/* ---- read, plan and blast functions */

int32_t guests_read_snapshots(void *instance, struct proximo_call *call);
int32_t guests_read_undo_points(void *instance, struct proximo_call *call);

int32_t guests_plan_power(void *instance, struct proximo_call *call);
int32_t guests_undo_power(void *instance, struct proximo_call *call, struct proximo_text record_json);
int32_t guests_plan_snapshot_create(void *instance, struct proximo_call *call);
int32_t guests_undo_snapshot_create(void *instance, struct proximo_call *call,
                                    struct proximo_text record_json);
int32_t guests_plan_snapshot_delete(void *instance, struct proximo_call *call);
int32_t guests_plan_snapshot_update(void *instance, struct proximo_call *call);
int32_t guests_plan_undo_points_prune(void *instance, struct proximo_call *call);
int32_t guests_plan_rollback(void *instance, struct proximo_call *call);
int32_t guests_plan_config_set(void *instance, struct proximo_call *call);
int32_t guests_plan_config_revert(void *instance, struct proximo_call *call);
int32_t guests_plan_cloudinit_set(void *instance, struct proximo_call *call);

int32_t guests_blast_start(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t guests_blast_stop(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t guests_blast_shutdown(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t guests_blast_reboot(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t guests_blast_suspend(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t guests_blast_hibernate(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t guests_blast_resume(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t guests_blast_reset(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t guests_blast_snapshot(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t guests_blast_snapshot_note(void *instance, struct proximo_call *call,
                                   struct proximo_text subject_json);
int32_t guests_blast_rollback(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t guests_blast_config(void *instance, struct proximo_call *call, struct proximo_text subject_json);

/* ---- the topics, a file each */

extern const struct topic guests_topic_inventory, guests_topic_power, guests_topic_snapshots,
    guests_topic_config, guests_topic_bulk, guests_topic_prompts;
extern const struct topic guests_topic_pending, guests_topic_agent, guests_topic_notes, guests_topic_diagnose,
    guests_topic_inside;
extern const struct topic guests_topic_disks, guests_topic_cloudinit, guests_topic_template;
extern const struct topic guests_topic_life, guests_topic_provision;
extern const struct topic guests_topic_migrate, guests_topic_backup, guests_topic_restore;

#endif
