/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a plan, blast or read function told, as JSON (its members are in planes.h): a table of the lists it
 * has and one check of an entry, used in the plane's host (host_draft.c, so that the plane hears of a mistake
 * at once) and in the core (draft_read, because a host is not believed).
 */
#ifndef PROXIMO_PLANE_DRAFT_H
#define PROXIMO_PLANE_DRAFT_H

#include <json-c/json.h>
#include <stddef.h>
#include <stdint.h>

#include "base/problem.h"
#include "plane/manifest_check.h"
#include "plane/planes.h"

#define DRAFT_LIMIT ((size_t)4 << 20) /* bytes of all that one call tells */
#define DRAFT_VALUE_LIMIT                                                                                    \
    ((size_t)64 << 10)         /* of the JSON of one fact, subject or affected thing's facts                 \
                                */
#define DRAFT_TEXT_LIMIT 2048u /* of a summary, a reason, an effect */
#define GUARDS_MOST      1024u

enum draft_list {
    DRAFT_FACTS,
    DRAFT_RISKS,
    DRAFT_GUARDS,
    DRAFT_STEPS,
    DRAFT_ALWAYS,
    DRAFT_POSTCONDITION,
    DRAFT_SUBJECTS,
    DRAFT_AFFECTED,
    DRAFT_INCOMPLETE,
    DRAFT_FINDINGS,
    DRAFT_LISTS
};

/* For which call a draft is. */
struct draft_rules {
    enum plane_call_kind kind;
    const char *who;          /* "tool pve_x" in messages */
    struct param_list params; /* of the tool */
    size_t guard_count;       /* that before.N and after.N may name */
    bool has_plan_undo;
    struct json_object *earlier; /* names of steps, as in step_check.h; NULL: not checked */
};

const char *draft_list_key(enum draft_list list); /* "facts" */
uint32_t draft_list_most(enum draft_list list);   /* entries */
/* May a call of this kind tell of it? */
bool draft_list_fits(enum draft_list list, enum plane_call_kind kind);
/* One entry: its members, their types and lengths, UTF-8, and the rules of what it is. -EINVAL and p. */
int draft_entry_check(const struct draft_rules *rules, enum draft_list list, struct json_object *entry,
                      struct problem *p);
int draft_undo_check(const struct draft_rules *rules, struct json_object *undo, struct problem *p);
int draft_summary_check(const struct draft_rules *rules, const char *text, size_t len, struct problem *p);
/* A step's name is remembered in names, an object; -EEXIST and p when it is there already. */
int draft_name_add(const struct draft_rules *rules, struct json_object *names, struct json_object *step,
                   struct problem *p);
/* Core side: a whole draft as it arrived. `tool` NULL: of the class's blast function. -EPROTO and p. */
int draft_read(enum plane_call_kind kind, const struct tool *tool, const struct class_row *class,
               const char *json, size_t len, struct json_object **ret, struct problem *p);

#endif
