/* SPDX-License-Identifier: Apache-2.0 */
/* A pool as pools.c plans with it and pool_blast.c looks at it. */
#ifndef PROXIMO_NODES_POOLS_H
#define PROXIMO_NODES_POOLS_H

#include "../common/grants.h"
#include "nodes.h"

/* Pools have names with slashes, so they are asked for by query, not by path. */
#define POOL_PATH "/pools"

/* GET /pools?poolid=: *ret is the one entry, borrowed from *ret_list (the caller's), or NULL when there is
 * none (the pool does not exist or cannot be seen: looked says why). */
int32_t pool_look(const struct asking *a, const char *poolid, struct looked *looked,
                  struct json_object **ret_pool);
/* Members as "105" or "local": is it one of them? */
bool pool_has(struct json_object *pool, const char *key, const char *value);

/* The entries of the access list that reach the members of this pool by its path: at /pool/ID or handed down
 * from above it but not from "/" (that reaches the members by other paths as well). New array. */
struct json_object *pool_grants(const struct asking *a, struct json_object *acl, const char *poolid,
                                bool own_only);

/* What happens with a role by way of a pool; forbidden is said instead where the role is NoAccess. */
struct pool_effect {
    const char *role, *forbidden;
    bool own; /* only entries at the pool's own path */
};
/* Tells everyone who holds a role by way of the pool as affected: users, groups with their members, tokens,
 * also those that act with all rights of their user. What cannot be looked at is told as incomplete. */
int32_t pool_tell_principals(const struct asking *a, struct json_object *acl, const char *poolid,
                             const struct pool_effect *effect);

int32_t nodes_read_pool(void *instance, struct proximo_call *call);

/* The same for a plan: negative after host->fail when the pool is not there. looked->data is the caller's. */
int32_t pool_must_look(const struct asking *a, const char *poolid, struct looked *looked,
                       struct json_object **ret_pool);
int32_t pool_guard(const struct asking *a, const char *poolid, const char *fields, uint64_t flags);
/* details (may be NULL) are taken over: "in", "out", "from", see POOL_SCHEMA. */
int32_t pool_subject(const struct asking *a, const char *operation_class, const char *poolid,
                     struct json_object *details);
/* fields are borrowed. */
struct proximo_step pool_request(const char *name, const char *method, const char *path,
                                 const struct proximo_field *fields, uint32_t count);
/* A postcondition on GET /pools, of one pool or (poolid NULL) of all. */
int32_t pool_wait(const struct asking *a, const char *poolid, const char *select, uint32_t test,
                  const char *value);

#endif
