/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the guests plane. */
#ifndef PROXIMO_GUESTS_H
#define PROXIMO_GUESTS_H

#include "../common/topics.h"

#define GUEST_PATH   "/nodes/{node}/{kind}/{vmid}"
#define GUEST_STATUS GUEST_PATH "/status/current"
#define GUEST_CONFIG GUEST_PATH "/config"
#define GUEST_SNAPS  GUEST_PATH "/snapshot"

/* How a tool names its guest. */
#define GUEST_PARAMS                                                                                         \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "vmid", .format = "guest", .flags = PROXIMO_PARAM_REQUIRED,   \
          .description = "Guest: id or name."),                                                              \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "kind", .format = "kind",                                 \
              .description = "Not needed: found from the guest. A wrong one is an error."),                  \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "node", .format = "node",                                 \
              .description = "Not needed: found from the guest. A wrong one is an error.")

/* The same where it only narrows things down. */
#define GUEST_FILTER_PARAMS                                                                                  \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "vmid", .format = "guest",                                    \
          .description = "Only of this guest: id or name."),                                                 \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "kind", .format = "kind",                                 \
              .description = "Not needed: found from the guest."),                                           \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "node", .format = "node",                                 \
              .description = "Not needed: found from the guest.")

/* The subject of a change that its row names itself. */
#define SUBJECT .subject = "guest/{vmid}"

#define GUEST_SCHEMA                                                                                         \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"guest\"},\"vmid\":{\"type\":\"integer\"}},"  \
    "\"required\":[\"kind\",\"vmid\"]}"
/* An operation class whose subjects are guests. */
#define GUEST_CLASS(class_name, class_title, class_risk, class_undo, class_flags, class_blast, class_text)   \
    {                                                                                                        \
        ROW(proximo_class), .risk_floor = (class_risk), .flags = (class_flags), .undo_kind = (class_undo),   \
                            .name = (class_name), .title = (class_title), .description = (class_text),       \
                            .subject_schema = GUEST_SCHEMA, .blast = (class_blast)                           \
    }

/* The guest that a call is about. Texts live as long as the call; what was read is dropped by guest_done. */
struct guest {
    struct asking ask;
    const char *node, *kind, *vmid;
    struct proximo_field at[3]; /* node, kind, vmid: what GUEST_PATH is filled from */
    struct json_object *status, *config;
};

/* From the call's arguments. 0, or negative after host->fail; guest_done in any case. */
int32_t guest_open(void *instance, struct proximo_call *call, struct guest *ret);
/* From a subject {"kind":"guest","vmid":n}: its node and kind are those the call already has, or the
 * subject's details "node" and "type", or are looked for. PROXIMO_ENOTFOUND after host->incomplete. */
int32_t guest_open_subject(void *instance, struct proximo_call *call, struct proximo_text subject_json,
                           struct guest *ret);
void guest_done(struct guest *g);
/* Fills `at` from node, kind and vmid. */
void guest_place(struct guest *g);

int32_t guest_read_status(struct guest *g); /* GET status/current into g->status */
int32_t guest_read_config(struct guest *g); /* GET config into g->config */
/* The list as Proxmox has it, with the entry "current"; the caller's. */
int32_t guest_snapshots(const struct guest *g, struct json_object **ret);
struct json_object *snapshot_named(struct json_object *snapshots, const char *name); /* borrowed; NULL */

/* Fails when a disk of the snapshot `target` (then: its configuration) is on storage that goes back to its
 * newest snapshot only (ZFS), and the list has newer ones. */
int32_t snapshots_check_newer(const struct guest *g, struct json_object *list, struct json_object *target,
                              struct json_object *then);

bool guest_running(const struct guest *g);
bool guest_managed(const struct guest *g); /* by HA */
bool guest_is_lxc(const struct guest *g);
bool guest_is_template(const struct guest *g);
const char *guest_lock(const struct guest *g); /* NULL: none */
/* "guest 105 (web1)"; names come from people: quoted by the core. */
const char *guest_label(const struct guest *g);

/* ---- in blast functions */

/* A list or object of the cluster: PROXIMO_OK and data, or no data after host->incomplete. */
int32_t guest_look(const struct guest *g, const struct proximo_get *get, json_type type, const char *what,
                   struct json_object **ret);
/* g->status and g->config; what could not be read is told as incomplete. */
int32_t guest_look_at(struct guest *g);

/* ---- the parts of plans that all tools have */

/* A guard on `path`, reduced to fields. */
int32_t guest_guard(const struct guest *g, const char *path, const char *fields);
int32_t guest_subject(const struct guest *g, const char *operation_class);
/* Fails with words when Proxmox would refuse because of a lock other than `allowed` (may be NULL). */
int32_t guest_check_lock(const struct guest *g, const char *allowed);
/* Fails with the line that grants it unless the token holds the privilege ("A|B": either) on the guest. What
 * is not known passes: the core says so. */
int32_t guest_check_privilege(const struct guest *g, const char *privilege, const char *what);
/* Facts: name, node, kind, status, lock, HA. */
int32_t guest_tell_facts(const struct guest *g);

bool guest_has_tag(const char *tags, const char *tag); /* tags: "a;b,c d"; NULL: none */
/* How a note may come back that was sent so, a JSON array of texts: as it is, or with a newline at its end.
 * NULL: it has spaces at the ends of lines, of which it is not known, or there is no memory. */
const char *guest_note_forms(const struct guest *g, const char *note);

/* A request on the guest: fields beside node, kind, vmid, at most 60. */
int32_t guest_request(const struct guest *g, const char *method, const char *path,
                      const struct proximo_field *fields, uint32_t count, uint64_t flags);
/* A wait for `select` of a GET on the guest; fields is one more path field or NULL. */
struct guest_wait {
    const char *path, *select, *value, *fail_if;
    uint32_t test, deadline_s;
};
int32_t guest_wait(const struct guest *g, const struct guest_wait *wait);

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
extern const struct topic guests_topic_pending, guests_topic_agent, guests_topic_notes, guests_topic_diagnose;
extern const struct topic guests_topic_disks, guests_topic_cloudinit, guests_topic_template;
extern const struct topic guests_topic_life;
extern const struct topic guests_topic_migrate, guests_topic_backup, guests_topic_restore;

#endif
