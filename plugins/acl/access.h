/* SPDX-License-Identifier: Apache-2.0 */
/* What the tools for users, groups, roles, tokens, realms and second factors share. */
#ifndef PROXIMO_ACL_ACCESS_H
#define PROXIMO_ACL_ACCESS_H

#include "../common/config_object.h"
#include "../common/grants.h"
#include "acl.h"

/* ---- names: 0, or negative after host->fail. A dot alone, or two, would lead to another path. */

/* Of a group or a role: letters, digits, '.', '-', '_'. */
int32_t access_check_name(const struct asking *a, const char *what, const char *name);
/* Of a user: what can be named in a list and in a plan, 64 bytes at most. */
int32_t access_check_user(const struct asking *a, const char *userid);
/* Of a token: as of a group, from the second character on; a letter first. */
int32_t access_check_token(const struct asking *a, const char *name);
/* What stands behind the last @; "" when there is none. */
const char *access_realm_of(const char *userid);
/* The argument "expire": an absolute time, which a duration is not. Tells it as a date, and whether it has
 * passed. */
int32_t access_check_expire(const struct asking *a);

/* ---- rights: 0, or negative after host->fail with the line that grants what is missing. What is not known
 * passes. groups: an array of names, may be NULL. */

/* Over a user: User.Modify on /access/groups, or on one of his groups. */
int32_t access_over_user(const struct asking *a, const char *userid, struct json_object *groups);
/* To put somebody into these groups: User.Modify on each of them, or on /access/groups; without groups there
 * alone. */
int32_t access_into_groups(const struct asking *a, struct json_object *groups);
/* To make or remove a user of this realm. */
int32_t access_in_realm(const struct asking *a, const char *realm);

/* ---- edits: what a change does to the world that rights are computed from, for the blast functions */

/* {"op": op, member: id} */
struct json_object *edit_new(const char *op, const char *member, const char *id);
/* {"op":"user"}: what he is after the change; groups is taken over. */
struct json_object *edit_user(const char *userid, const char *enable, const char *expire,
                              struct json_object *groups);
/* {"op":"token"}: full id. */
struct json_object *edit_token(const char *tokenid, const char *privsep, const char *expire);
/* The names of "a,b" as an array. */
struct json_object *edit_names(const char *list);
/* Is the name in the array? */
bool edit_has(struct json_object *names, const char *name);
/* An array of this edit, which is taken over. */
struct json_object *edit_list(struct json_object *edit);
/* Writes the edits (taken over) as the text of the member; "edit", or "back" for the way back. *details is
 * made when it is NULL. */
int32_t edit_put(struct json_object **details, const char *member, struct json_object *edits);

/* Of the classes of a way back: the same with the member "back" in place of "edit". */
int32_t access_blast_back(void *instance, struct proximo_call *call, struct proximo_text subject_json);
/* Of a token that gets a new value. */
int32_t access_blast_value(void *instance, struct proximo_call *call, struct proximo_text subject_json);
/* Of a realm that is made or changes; the subject may have tfa, autocreate, groups-claim: what it will say.
 */
int32_t access_blast_realm(void *instance, struct proximo_call *call, struct proximo_text subject_json);

/* ---- entries of the access list that Proxmox takes away with a principal or role */

struct access_entries {
    struct json_object *own;    /* its own; */
    struct json_object *tokens; /* of a user: those of his tokens, which cannot be given again */
    bool complete;
    const char *why; /* not complete */
};
/* type: "user", "group", "token", "role". Negative when the call is over. */
int32_t access_entries_look(const struct asking *a, const char *type, const char *id,
                            struct access_entries *ret);
void access_entries_done(struct access_entries *entries);
/* Says which they are, or that they could not all be read. *ret_guard holds on to each; where there is none,
 * that none comes, and that none came since what is undone. Its path is NULL when there is nothing that it
 * could hold on to. */
int32_t access_entries_tell(const struct asking *a, const struct access_entries *entries, const char *type,
                            const char *id, bool undoing, struct proximo_guard *ret_guard);
/* A fact that lists things: all of them, or how many there are and the first. Nothing when there is none. */
int32_t access_tell_list(const struct asking *a, const char *name, struct json_object *list);
/* Adds their edits. */
void access_entries_edit(const struct access_entries *entries, struct json_object *edits);

/* ---- what a thing is made of that GET shows elsewhere */

/* GET /access/users?full=1; complete with Sys.Audit or User.Modify on /access/groups. */
int32_t access_users_look(const struct asking *a, struct looked *ret);
/* One line of GET /access/domains, whose list is *ret_all (the caller's); NULL: no such realm. */
int32_t access_realm_look(const struct asking *a, const char *realm, struct json_object **ret_all,
                          struct json_object **ret_realm);
/* A field of a request that several steps share. */
struct proximo_step access_request(const char *name, const char *method, const char *path,
                                   const struct proximo_field *fields, uint32_t count);

/* ---- rows */

#define USERID_PARAM                                                                                         \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "userid", .format = "userid",                                 \
          .flags = PROXIMO_PARAM_REQUIRED, .description = "The user: name@realm.")
#define COMMENT_PARAM                                                                                        \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "comment",                                                    \
          .description = "A note kept with it; an empty one removes it.")
#define EXPIRE_PARAM                                                                                         \
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "expire", .minimum = 0, .maximum = INT64_C(99999999999),     \
          .description = "When it ends: seconds since 1970-01-01 UTC, no duration; 0: never.")

#define ACCESS_SCHEMA(kind, member)                                                                          \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"" kind "\"},\"" member                       \
    "\":{\"type\":\"string\"},\"edit\":{\"type\":\"string\"},\"back\":{\"type\":\"string\"}},\"required\":"  \
    "[\"kind\",\"" member "\",\"edit\"]}"

#endif
