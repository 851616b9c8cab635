/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Proxmox answers about access control, as JSON, and the edits that a change makes to it. The member
 * `edit` of a subject of this plane's classes is a JSON array of edits, as text. Pure: no call is needed.
 *
 *   {"op":"entry","path","role","type":"user|group|token","ugid","propagate":0|1}   added, or its flag set
 *   {"op":"entry-remove","path","role","type","ugid"}
 *   {"op":"user","userid","value":{"enable":0|1,"expire":N,"groups":["a"]}}   made, or merged: what is absent
 *       in value stays; groups are all that he is in
 *   {"op":"user-remove","userid"}    his tokens, memberships and entries go too, as Proxmox does it
 *   {"op":"group","groupid"}         made, if it is not there
 *   {"op":"group-remove","groupid"}  its entries go too
 *   {"op":"role","roleid","privs":"A,B"}   made, or all that it holds from now on
 *   {"op":"role-remove","roleid"}    its entries go too
 *   {"op":"token","tokenid":"u@r!t","value":{"privsep":0|1,"expire":N}}   made, or merged
 *   {"op":"token-remove","tokenid"}  its entries go too
 *   {"op":"realm-remove","realm"}    changes no rights: users of the realm stay, but cannot log in by it
 *
 * Paths are in normal form (acl_path_normal). An edit of a part that was not read changes nothing: that part
 * is unknown before and after.
 */
#ifndef PROXIMO_ACL_EDIT_H
#define PROXIMO_ACL_EDIT_H

#include "../rows.h"
#include "evaluate/evaluate.h"

/* The `data` of the answers; NULL: not read. */
struct access {
    struct json_object *users;  /* GET /access/users?full=1 */
    struct json_object *groups; /* GET /access/groups */
    struct json_object *roles;  /* GET /access/roles */
    struct json_object *acl;    /* GET /access/acl */
    struct json_object *pools;  /* GET /pools, each with its `members` as far as they were read */
    uint32_t incomplete;        /* ACL_PART_...: read, but not whole */
};
void access_done(struct access *access);
/* 0 or PROXIMO_ENOMEM. */
int32_t access_copy(const struct access *from, struct access *ret);
/* A sealed model of it, the caller's. What makes no sense counts as not known. 0 or PROXIMO_ENOMEM. */
int32_t access_model(const struct access *access, struct acl_model **ret);

/* Applies the edits. PROXIMO_EINVAL and words in ret_why: an edit is none, or names what is not there;
 * access is then changed in part. PROXIMO_ENOMEM. */
int32_t access_edit(struct access *access, struct json_object *edits, char *ret_why, size_t size);

/* One edit of an entry, for the array; propagate below 0: entry-remove. NULL: no memory. */
struct json_object *edit_entry(const char *path, const char *role, const char *type, const char *ugid,
                               int propagate);
/* The row of the list whose member `key` is `value`, borrowed; NULL: none. */
struct json_object *access_row(struct json_object *list, const char *key, const char *value);
/* The entry, borrowed; NULL: none. */
struct json_object *access_entry(struct json_object *acl, const char *path, const char *role,
                                 const char *type, const char *ugid);
/* The row of the token "u@r!t" among those of its user, borrowed; NULL: none. */
struct json_object *access_token(const struct access *access, const char *tokenid);

#endif
