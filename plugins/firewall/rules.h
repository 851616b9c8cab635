/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules: their content, their lists, and a change of a list. A rule is known by its position alone, so that
 * a change rests on the whole list, and a way back looks for the content.
 */
#ifndef PROXIMO_FIREWALL_RULES_H
#define PROXIMO_FIREWALL_RULES_H

#include "place.h"

/* The members of a rule that are configuration, in the order in which they are told; NULL at the end. */
extern const char *const rule_fields[];
#define RULE_FIELDS 13u

/* What is configuration in a rule as GET shows it, as texts; a rule without `enable` is off. New object,
 * NULL: no memory. */
struct json_object *rule_content(struct json_object *rule);
bool rule_equal(struct json_object *a, struct json_object *b); /* by content */
/* "in ACCEPT tcp dport 22 from dc/lan, disabled". In the arena. */
const char *rule_words(const struct asking *a, struct json_object *rule);

/* Rules by their position, as contents. */
#define RULES_MOST 1000u
struct rule_list {
    struct json_object **rows; /* owned */
    bool *invalid;             /* Proxmox says that the rule has errors */
    uint32_t count;
};
void rule_list_done(struct rule_list *list);
/* Of GET's answer, or of a guard's value in a record. 0; PROXIMO_EPROTO: positions do not run from 0;
 * PROXIMO_ENOMEM. */
int32_t rule_list_of(const struct asking *a, struct json_object *json, struct rule_list *ret);
bool rule_list_equal(const struct rule_list *a, const struct rule_list *b);
/* How many have this content; *ret_pos the first. */
uint32_t rule_list_find(const struct rule_list *list, struct json_object *content, uint32_t *ret_pos);
/* The rules of a place: 0, or negative after host->fail. */
int32_t rule_list_read(const struct place *place, struct rule_list *ret);

#define RULE_INSERT  0u
#define RULE_REMOVE  1u
#define RULE_REPLACE 2u
#define RULE_MOVE    3u

/* A change of one list. */
struct rule_change {
    struct place at;
    struct rule_list now;
    uint32_t op;
    uint32_t pos, to;          /* insert: `to` is where it ends up; move: from pos, and it then is at `to` */
    struct json_object *value; /* insert, replace: the whole rule as a content. Owned */
    bool undoing;
};
void rule_change_done(struct rule_change *c);
/* Summary, guards, subject, steps and what must be seen, for the change as it is filled in. */
int32_t rule_change_lay_out(struct rule_change *c);
/* Facts that a person wants to know: does it have an effect, what stands before it, who calls the group. */
int32_t rule_change_tell(const struct rule_change *c);

int32_t rules_plan_add(void *instance, struct proximo_call *call);
int32_t rules_plan_remove(void *instance, struct proximo_call *call);
int32_t rules_plan_update(void *instance, struct proximo_call *call);
int32_t rules_plan_move(void *instance, struct proximo_call *call);
int32_t rules_plan_undo(void *instance, struct proximo_call *call, struct proximo_text record_json);

/* The rule as the arguments say it, on top of `now` (NULL: a new one). 0, or negative after host->fail. *ret
 * is the caller's. */
int32_t rule_from_arguments(const struct place *place, struct json_object *now, struct json_object **ret);

#endif
