/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a firewall stands: the datacenter, a node, a guest, a virtual network, and the security groups of the
 * datacenter, whose rules are changed as those of the others. One table says what each has and at which
 * paths. Functions of a plane's call: its thread, its arena.
 */
#ifndef PROXIMO_FIREWALL_PLACE_H
#define PROXIMO_FIREWALL_PLACE_H

#include "firewall.h"

#define GROUPS_PATH "/cluster/firewall/groups"

struct scope {
    const char *name;                                    /* "cluster", "node", "guest", "vnet", "group" */
    const char *argument;                                /* that names the place; NULL: there is one */
    const char *rules, *options, *aliases, *ipset, *log; /* paths; NULL: it has none */
    const char *refs;                                    /* what its rules may refer to; NULL: not told */
    const char *types;                                   /* of rules that it takes: "in,out,group" */
    const char *subject, *member;                        /* kind of its subject and what names it */
    const char *audit, *modify, *log_right;              /* privileges */
};
/* By name; NULL: there is none. */
const struct scope *scope_named(const char *name);

struct place {
    struct asking ask;
    const struct scope *scope;
    const char *id; /* "pve1", "105", "labnet", "webserver"; of the datacenter "cluster" */
    const char *node, *kind;
    struct proximo_field at[3]; /* fills the paths */
    uint32_t at_count;
    const char *label;            /* "node pve1", "virtual machine 105" */
    const char *right;            /* the path of its privileges */
    struct proximo_need needs[2]; /* of a full read */
};

/* Which parameters name a place. */
#define PLACE_PARAMS                                                                                         \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "scope", .choices = "cluster,node,guest,vnet",                \
          .description = "Whose firewall. Not needed where node, vmid or vnet says it."),                    \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "node", .format = "node",                                 \
              .description = "The node, for scope node."),                                                   \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "vmid", .format = "guest",                                \
              .description = "The guest, for scope guest: id or name."),                                     \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "kind", .format = "kind",                                 \
              .description = "Not needed: found from the guest.")
#define PLACE_VNET                                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "vnet", .format = "id",                                       \
          .description = "The virtual network, for scope vnet.")
#define PLACE_GROUP                                                                                          \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "group", .format = "id",                                      \
          .description = "The security group, instead of a scope.")

/* From the call's arguments. 0, or negative after host->fail. Nothing is guessed: without scope exactly one
 * of node, vmid, vnet and group must be given. */
int32_t place_open(void *instance, struct proximo_call *call, struct place *ret);
/* The path of a part, or negative after host->fail with words when this scope has none of it. what: "aliases
 * of its own". */
int32_t place_has(const struct place *place, const char *path, const char *what);
/* Negative after host->fail when the token is known not to hold what a change there needs. */
int32_t place_may_change(const struct place *place);

/* GET on the place; more: further fields of the path or query, the last
 * without a name, or NULL. Negative after host->fail. *ret is
 * the caller's. */
int32_t place_get(const struct place *place, const char *path, const struct proximo_field *more,
                  json_type type, struct json_object **ret);
/* The same where nothing depends on it: negative only when the call is over. */
int32_t place_look(const struct place *place, const char *path, const struct proximo_field *more,
                   struct looked *ret);

/* Negative after host->fail when the argument digest was given, and this row or object has another. */
int32_t place_check_digest(const struct asking *a, struct json_object *row);
#define PLACE_DIGEST                                                                                         \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "digest", .maximum = 64,                                      \
          .description = "Only if it still has this digest, as a read showed it.")

/* Answers a read with the list at path, whole or not as the token sees it. needs: of a full list. */
int32_t place_reply_list(const struct place *place, const char *path, const struct proximo_field *more,
                         const struct proximo_need *need);
/* Replies these rows beside "place": whose they are. */
int32_t place_reply_rows(const struct place *place, struct json_object *rows, bool complete);

/* ---- parts of plans */

/* Facts: network devices of a guest that its firewall does not look at; the firewall of the datacenter is
 * off, or (own) that of the place. */
int32_t place_tell_devices(const struct place *place);
int32_t place_tell_off(const struct place *place, bool own);
/* Of guests and virtual networks nobody manages the cluster, as a rule: their classes are `of_guests`. */
const char *place_class(const struct place *place, const char *of_hosts, const char *of_guests);

/* The subject with the edits (an array, borrowed) that the blast function works out. scope: whose parts they
 * are of; NULL: the place's own. */
int32_t place_subject(const struct place *place, const char *operation_class, const char *scope,
                      struct json_object *edits);
/* fields NULL: all of it. */
int32_t place_guard(const struct place *place, const char *path, const struct proximo_field *more,
                    const char *fields, uint64_t flags);
/* A request; at most 40 fields beside those of the place. */
int32_t place_request(const struct place *place, const char *name, const char *method, const char *path,
                      const struct proximo_field *fields, uint32_t count, uint64_t flags);
/* Reads again at once before a request: select must equal the guard; keep names what is handed on. */
int32_t place_state(const struct place *place, const char *name, const char *path,
                    const struct proximo_field *more, const char *select, const char *keep);
/* A wait within the plan (name set) or a postcondition (NULL). value: JSON text. */
int32_t place_wait(const struct place *place, const char *name, const char *path,
                   const struct proximo_field *more, const char *select, uint32_t test, const char *value,
                   const char *keep);
/* A value that must be there afterwards; NULL: none of it. */
int32_t place_see(const struct place *place, const char *path, const struct proximo_field *more,
                  const char *select, const char *value);

#endif
