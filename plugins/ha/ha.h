/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the ha plane share. */
#ifndef PROXIMO_HA_H
#define PROXIMO_HA_H

#include "../common/config_object.h"
#include "../common/guest.h"

extern const struct topic ha_topic_resources, ha_topic_rules, ha_topic_groups, ha_topic_moves,
    ha_topic_status, ha_topic_switch;

#define HA_RESOURCES "/cluster/ha/resources"
#define HA_RULES     "/cluster/ha/rules"
#define HA_GROUPS    "/cluster/ha/groups"
#define HA_STATUS    "/cluster/ha/status/current"

/* How long the manager may take: it works in rounds of ten seconds, a guest has minutes to shut down. */
#define HA_DEADLINE_S 900u

/* ---- what every change needs (check.c) */

/* Groups are of Proxmox VE 8, rules of 9: fails with words on the other one. Unknown releases pass. */
int32_t ha_check_rules(const struct asking *a);
int32_t ha_check_groups(const struct asking *a);
/* A plan of the engine behind one of these looks, and the function of a row. */
int32_t ha_plan(void *instance, struct proximo_call *call, int32_t (*check)(const struct asking *a),
                const struct config_kind *kind, uint32_t verb);
#define HA_PLAN(name, check, kind, verb)                                                                     \
    static int32_t name(void *instance, struct proximo_call *call)                                           \
    {                                                                                                        \
        return ha_plan(instance, call, (check), (kind), (verb));                                             \
    }
#define HA_UNDO(name, kind)                                                                                  \
    static int32_t name(void *instance, struct proximo_call *call, struct proximo_text record_json)          \
    {                                                                                                        \
        return config_plan_undo(((struct plane_instance *)instance)->host, call, (kind), record_json);       \
    }
/* Fails without Sys.Console on /, and without quorum. *ret_status: the rows of status/current, the caller's;
 * NULL: told as incomplete. */
int32_t ha_check_change(const struct asking *a, const char *what, struct json_object **ret_status);
/* Fails where the manager has given the resource up: Proxmox takes nothing but state=disabled then. */
int32_t ha_check_error(const struct asking *a, struct json_object *status, const char *sid);
/* Facts: the resource's state as it is; who acts, or that nobody does. */
int32_t ha_tell_state(const struct asking *a, struct json_object *status, const char *sid);
/* What a check of rules and groups begins with: room for the subject's details, who acts, what undo does not
 * do. */
int32_t ha_check_begin(struct config_change *c, struct json_object *status);
/* A wait for a value of status/current; values: a JSON array. */
struct proximo_step ha_wait(const char *select, const char *values);
/* Waits until the manager has the resource in one of these states (a JSON array). PROXIMO_ENOMEM. */
int32_t ha_wait_state(const struct asking *a, const char *sid, const char *states, struct proximo_step *ret);
/* Waits until it is on one of these nodes (a JSON array). */
int32_t ha_wait_node(const struct asking *a, const char *sid, const char *nodes, struct proximo_step *ret);
/* "vm:105" or "ct:105" of the call's guest; NULL: not known. */
const char *ha_sid(const struct asking *a);
/* A detail of a subject; nothing where value is NULL. */
void ha_detail(struct json_object *subject, const char *name, const char *value);

/* ---- blast functions: what follows from a change, by the model of placement.h */

int32_t ha_blast_add(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t ha_blast_update(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t ha_blast_remove(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t ha_blast_rule(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t ha_blast_rule_delete(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t ha_blast_group(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t ha_blast_move(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t ha_blast_disarm(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t ha_blast_arm(void *instance, struct proximo_call *call, struct proximo_text subject_json);

/* ---- the rules that a removal takes the resource out of (rule_ties.c): for the engine's way back */
/* last: a step after them, or NULL. */
int32_t ha_keep_rules(struct config_change *c, const char *sid, const struct proximo_step *last);

/* ---- reads (reply.c). check: of the release; NULL: none */

/* Replies the rows of a list; `kinds` and `about` are arguments that narrow it: by its type, by a resource
 * that it names; NULL: none. */
int32_t ha_read_list(void *instance, struct proximo_call *call, int32_t (*check)(const struct asking *a),
                     const char *path, const char *kinds, const char *about);
/* Replies one object; id: the {name} of the path, and the argument unless make_id gives it. */
int32_t ha_read_one(void *instance, struct proximo_call *call, int32_t (*check)(const struct asking *a),
                    const char *path, const char *id, const char *(*make_id)(const struct asking *a),
                    const char *what);

int32_t ha_read_failover(void *instance, struct proximo_call *call);

#endif
