/* SPDX-License-Identifier: Apache-2.0 */
/* Applying what is edited, taking it back, and the way back of both. */
#ifndef PROXIMO_SDN_APPLY_H
#define PROXIMO_SDN_APPLY_H

#include "sdn.h"

#define SDN_CLUSTER "cluster" /* the id of the one subject there is: sdn/cluster */
#define SDN_CLUSTER_SCHEMA                                                                                   \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"sdn\"},\"id\":{\"type\":\"string\"},"        \
    "\"back\":{\"type\":\"string\"}},"                                                                       \
    "\"required\":[\"kind\",\"id\"]}"

/* A step PUT /cluster/sdn that is followed; lock may be NULL. */
int32_t sdn_step_apply(const struct sdn_view *view, const struct proximo_field *lock, bool release_lock);
/* Nothing is pending any more, and every node that is on has taken over its zones. */
int32_t sdn_expect_applied(const struct sdn_view *view);
/* Guards on everything that is staged: every list with what is pending in it; then, if `edited`, every list
 * as it is edited. They stand first, in this order: the way back reads them so. */
int32_t sdn_guard_all(const struct sdn_view *view, bool edited);
/* {"kind":"sdn","id":"cluster"} of a class; back: what a way back makes of objects, or NULL. */
int32_t sdn_subject(const struct asking *a, const char *operation_class, const char *back);

int32_t sdn_plan_apply(void *instance, struct proximo_call *call);
int32_t sdn_undo_apply(void *instance, struct proximo_call *call, struct proximo_text record_json);
int32_t sdn_blast_apply(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t sdn_plan_rollback(void *instance, struct proximo_call *call);
int32_t sdn_undo_rollback(void *instance, struct proximo_call *call, struct proximo_text record_json);
int32_t sdn_blast_rollback(void *instance, struct proximo_call *call, struct proximo_text subject_json);

/* ---- bringing objects back (restore.c) */

struct sdn_target {
    enum sdn_sort sort;
    const char *id, *vnet;
    struct json_object *from, *to; /* as the change left it, as it was before; NULL: not there. Its own */
};
struct sdn_targets {
    struct sdn_target *rows;
    uint32_t count, room;
};
/* What a record's guards say was otherwise before the change than after it. edited: of what was edited, else
 * of what was applied. sdn_targets_done in any case. */
int32_t sdn_targets_read(const struct asking *a, struct proximo_text record_json, bool edited,
                         struct sdn_targets *ret);
void sdn_targets_done(struct sdn_targets *targets);
/* The steps that make of each object, as the view has it edited, what it was. They are in an order in which
 * Proxmox takes them. *ret_count: how many. Fails where there is no way back. */
int32_t sdn_steps_back(const struct sdn_view *view, const struct sdn_targets *targets, uint32_t *ret_count);
/* The targets as text for the subject, so that the blast function knows what will be edited; *ret NULL: there
 * is too much of it. */
int32_t sdn_targets_text(const struct asking *a, const struct sdn_targets *targets, const char **ret);
/* What such a text says becomes the side "after" of the view. */
int32_t sdn_view_take_back(struct sdn_view *view, const char *back);
/* Why an apply or a rollback could not be taken back exactly; NULL: it can. */
const char *sdn_no_way_back(const struct sdn_view *view);

#endif
