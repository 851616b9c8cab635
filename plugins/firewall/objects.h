/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Aliases, IP sets and security groups: things with a name, a comment and, but for aliases, a content
 * (entries or rules), and the change of one of them.
 */
#ifndef PROXIMO_FIREWALL_OBJECTS_H
#define PROXIMO_FIREWALL_OBJECTS_H

#include "rules.h"

struct object_kind {
    const char *what;          /* "IP set" */
    const char *part;          /* of the edits: "ipset" */
    const char *key;           /* that names it in lists: "name" */
    const char *argument;      /* of the tools */
    const char *content;       /* of its content: "entry", "rule"; NULL: it has none */
    const char *const *fields; /* beside its name; NULL at the end */
    const char *const *content_fields;
    const char *host_class; /* of changes in the datacenter */
};
extern const struct object_kind object_alias, object_ipset, object_group;
/* The path of their list at a place; NULL: it has none. */
const char *object_path(const struct place *place, const struct object_kind *kind);

struct object_change {
    struct place at;
    const struct object_kind *kind;
    const char *was, *name;       /* names before and after; NULL: there is none */
    struct json_object *rows;     /* the list as it is. Owned */
    struct json_object *before;   /* the row as it is, borrowed from rows; NULL: there is none */
    struct json_object *value;    /* the fields as they will be. Owned */
    struct json_object *content;  /* what it holds now, an array; NULL: nothing is known. Owned */
    struct json_object *restored; /* what a new one is filled with, an array or NULL. Owned */
    bool undoing;
};
void object_change_done(struct object_change *c);
/* The list and, if `was` is set, the row and its content. 0, or negative after host->fail. */
int32_t object_read(struct object_change *c);
/* The row of a name: aliases in any case. Borrowed; NULL: none. */
struct json_object *object_row(const struct object_change *c, const char *name);
/* Summary, facts, guards, subject, steps and what must be seen. */
int32_t object_change_lay_out(struct object_change *c);
int32_t object_change_steps(struct object_change *c);
/* A field of the object or of a content, as text; an empty one is absent. */
const char *object_text(struct json_object *row, const char *field);
/* Have both the same values of these fields? */
bool object_equal(struct json_object *a, struct json_object *b, const char *const *fields);
/* "firewall.alias" or another, by place and change. */
const char *object_class(const struct object_change *c);

/* Plan functions of the tools. */
int32_t objects_plan_create(void *instance, struct proximo_call *call, const struct object_kind *kind);
int32_t objects_plan_update(void *instance, struct proximo_call *call, const struct object_kind *kind);
int32_t objects_plan_delete(void *instance, struct proximo_call *call, const struct object_kind *kind);
int32_t objects_plan_undo(void *instance, struct proximo_call *call, const struct object_kind *kind,
                          struct proximo_text record_json);

/* Facts of a plan: which rules and sets name it, if the change matters to them. */
int32_t object_tell_uses(const struct object_change *c);
/* A fact, if Proxmox gives this name a meaning of its own at this place. */
int32_t object_tell_meaning(const struct place *place, const struct object_kind *kind, const char *name);
bool object_has_meaning(const struct place *place, const struct object_kind *kind, const char *name);
/* Which rules call a security group. */
int32_t object_tell_callers(const struct place *place, const char *group);

/* The rows of a whole guard's value in a record; NULL: nothing was there. The caller's. */
struct json_object *content_recorded(struct json_object *state);

#endif
