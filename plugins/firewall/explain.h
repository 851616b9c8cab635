/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of one packet, as an object of an answer. */
#ifndef PROXIMO_FIREWALL_EXPLAIN_H
#define PROXIMO_FIREWALL_EXPLAIN_H

#include "route.h"

/* A leg judged: its node's model and the input of it. */
struct judged_leg {
    const struct leg *leg;
    struct json_object *input; /* owned */
    struct fw_model *model;
    struct fw_result result;
};
struct judged {
    struct judged_leg legs[2];
    uint32_t count;
    enum fw_verdict verdict;
    unsigned possible;
    uint32_t last; /* the leg that decided */
};
/* Makes another input (the caller's) of the one of a leg's node; 0, or negative after host->fail. */
typedef int32_t edit_fn(void *context, const struct leg *leg, struct json_object *input,
                        struct json_object **ret);
/* Each leg with a model of its node, `edit` (may be NULL) applied before. judged_done in any case. */
int32_t judge_route(struct world *w, const struct route *route, edit_fn *edit, void *context,
                    struct judged *ret);
void judged_done(struct judged *judged);
/* {verdict, possible, decided_by, rule, hops, reasons, engine}; NULL: no memory. */
struct json_object *judged_json(const struct asking *a, const struct judged *judged);

int32_t firewall_read_explain(void *instance, struct proximo_call *call);
int32_t firewall_read_simulate(void *instance, struct proximo_call *call);

#endif
