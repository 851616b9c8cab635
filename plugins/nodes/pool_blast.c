/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pools as they are, and whom a change of one affects: membership hands the roles given at /pool/ID (or
 * inherited there) down to the members. Sources: GET /pools, GET /access/acl.
 */
#include "pools.h"

int32_t pool_look(const struct asking *a, const char *poolid, struct looked *looked,
                  struct json_object **ret_pool)
{
    const char *path = ask_text(a, "/pool/%s", poolid);
    const struct proximo_need need[] = {NEED(path, "Pool.Audit")};
    const struct proximo_field id = FIELD("poolid", poolid);
    const struct proximo_get get = {ROW(proximo_get), .path = POOL_PATH, .fields = &id, .field_count = 1,
                                    .needs = ROWS(need, 1)};
    *ret_pool = NULL;
    int32_t r = path ? ask_look(a, &get, looked) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && json_object_is_type(looked->data, json_type_array) &&
        json_object_array_length(looked->data) == 1)
        *ret_pool = json_object_array_get_idx(looked->data, 0);
    return r;
}

bool pool_has(struct json_object *pool, const char *key, const char *value)
{
    struct json_object *members = member_of(pool, "members");
    size_t count = json_object_is_type(members, json_type_array) ? json_object_array_length(members) : 0;
    for (size_t i = 0; i < count; i++) {
        if (member_is(json_object_array_get_idx(members, i), key, value))
            return true;
    }
    return false;
}

/* Does an entry at `path` reach the pool at `own`? From above only if it is handed down. */
static bool reaches(struct json_object *entry, const char *own, bool own_only)
{
    const char *path = member_text(entry, "path");
    size_t len = path ? strlen(path) : 0;
    if (!path || strncmp(path, "/pool", 5) != 0 || strncmp(own, path, len) != 0)
        return false;
    if (own[len] == '\0')
        return true;
    struct json_object *propagate = member_of(entry, "propagate");
    return !own_only && own[len] == '/' && (!propagate || member_true(entry, "propagate"));
}

struct json_object *pool_grants(const struct asking *a, struct json_object *acl, const char *poolid,
                                bool own_only)
{
    const char *own = ask_text(a, "/pool/%s", poolid);
    struct json_object *found = own ? json_object_new_array() : NULL;
    size_t count = json_object_is_type(acl, json_type_array) ? json_object_array_length(acl) : 0;
    for (size_t i = 0; found && i < count; i++) {
        struct json_object *entry = json_object_array_get_idx(acl, i);
        if (reaches(entry, own, own_only) && member_text(entry, "ugid") && member_text(entry, "roleid") &&
            member_text(entry, "type"))
            json_object_array_add(found, json_object_get(entry));
    }
    return found;
}

/* ---- blast */

static int32_t tell_members(const struct asking *a, struct json_object *pool)
{
    struct json_object *members = member_of(pool, "members");
    size_t count = json_object_is_type(members, json_type_array) ? json_object_array_length(members) : 0;
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
        struct json_object *member = json_object_array_get_idx(members, i);
        const char *vmid = member_text(member, "vmid"), *storage = member_text(member, "storage");
        if (!vmid && !storage)
            continue;
        r = tell_affected(
            a, PROXIMO_RISK_LOW, vmid ? ask_text(a, "guest/%s", vmid) : ask_text(a, "storage/%s", storage),
            member_text(member, "name"), "is a member: who may do what with it follows the pool", NULL);
    }
    return r;
}

/* A pool is empty when it is deleted: what goes are the entries at its own path. */
static int32_t tell_grants_that_go(const struct asking *a, struct json_object *acl, const char *poolid)
{
    static const struct pool_effect effect = {
        .own = true,
        .role =
            "loses this role on the pool: the entry goes with it, and a pool of that name made later does "
            "not have it",
        .forbidden = "is no longer kept from a pool of that name made later"};
    return pool_tell_principals(a, acl, poolid, &effect);
}

/* What comes and goes is known to a plan of an update; otherwise it can be either. */
static int32_t tell_rights(const struct asking *a, struct json_object *acl, const char *poolid,
                           struct json_object *subject)
{
    const char *in = member_text(subject, "in"), *out = member_text(subject, "out");
    const char *from = member_text(subject, "from"), *moved = out ? out : in;
    struct pool_effect effect = {
        .role = "has this role on whatever is a member of the pool: gains it on what is added, loses it on "
                "what is "
                "taken out or when the pool goes",
        .forbidden = "has no rights on whatever is a member of the pool: loses all on what is added"};
    if (in)
        effect = (struct pool_effect){.role = ask_text(a, "gains this role on %s", in),
                                      .forbidden = ask_text(a, "loses all rights on %s", in)};
    if (out)
        effect = (struct pool_effect){.role = ask_text(a, "loses this role on %s", out),
                                      .forbidden = ask_text(a, "is no longer kept from %s", out)};
    int32_t r =
        effect.role && effect.forbidden ? pool_tell_principals(a, acl, poolid, &effect) : PROXIMO_ENOMEM;
    while (r == PROXIMO_OK && from && *from) {
        const size_t len = strcspn(from, ",");
        const char *other = ask_text(a, "%.*s", (int)len, from);
        effect = (struct pool_effect){
            .role = ask_text(a, "loses this role on what of %s leaves pool %s", moved, other),
            .forbidden = ask_text(a, "is no longer kept from what of %s leaves pool %s", moved, other)};
        r = other && effect.role && effect.forbidden ? pool_tell_principals(a, acl, other, &effect)
                                                     : PROXIMO_ENOMEM;
        from += len + (from[len] == ',');
    }
    return r;
}

/* The members of "105,nfs" that come or go. */
static int32_t tell_moved(const struct asking *a, struct json_object *pool, const char *moved, bool in)
{
    int32_t r = PROXIMO_OK;
    while (r == PROXIMO_OK && *moved) {
        const size_t len = strcspn(moved, ",");
        const char *one = ask_text(a, "%.*s", (int)len, moved);
        if (!one)
            return PROXIMO_ENOMEM;
        const bool guest = strspn(one, "0123456789") == len;
        if (!in && pool && !pool_has(pool, guest ? "vmid" : "storage", one))
            r = a->host->incomplete(a->call, one, "it is no member that this token sees");
        if (r == PROXIMO_OK)
            r = tell_affected(
                a, PROXIMO_RISK_LOW, ask_text(a, guest ? "guest/%s" : "storage/%s", one), NULL,
                in ? "is taken into the pool: who may do what with it follows the pool"
                   : "is taken out of the pool: who had rights on it by way of the pool loses them",
                NULL);
        moved += len + (moved[len] == ',');
    }
    return r;
}

static int32_t tell_pool(const struct asking *a, struct json_object *pool, struct json_object *subject)
{
    const char *in = member_text(subject, "in"), *out = member_text(subject, "out");
    if (in || out)
        return tell_moved(a, pool, in ? in : out, in != NULL);
    return pool ? tell_members(a, pool) : PROXIMO_OK;
}

static int32_t blast(void *instance, struct proximo_call *call, struct proximo_text subject_json, bool goes)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const char *poolid = member_text(subject, "poolid");
    struct json_object *pool = NULL;
    struct looked members, acl;
    if (!poolid)
        return a.host->fail(call, PROXIMO_EINVAL, "the subject has no poolid");
    int32_t r = pool_look(&a, poolid, &members, &pool);
    if (r < 0)
        return r;
    if (!pool || !members.complete)
        r = a.host->incomplete(call, "the pool's members",
                               pool || !members.why ? "this token does not hold Pool.Audit on the pool"
                                                    : members.why);
    if (r == PROXIMO_OK)
        r = tell_pool(&a, pool, subject);
    json_object_put(members.data);
    if (r < 0 || (r = grants_look(&a, &acl)) < 0)
        return r;
    if (!json_object_is_type(acl.data, json_type_array) || !acl.complete)
        r = a.host->incomplete(
            call, "who has rights by way of the pool",
            acl.data || !acl.why ? "this token does not hold Sys.Audit on /access, so the list of grants is "
                                   "shorter than it is"
                                 : acl.why);
    if (r == PROXIMO_OK)
        r = goes ? tell_grants_that_go(&a, acl.data, poolid) : tell_rights(&a, acl.data, poolid, subject);
    json_object_put(acl.data);
    return r;
}

int32_t nodes_blast_pool(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return blast(instance, call, subject_json, false);
}

int32_t nodes_blast_pool_delete(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return blast(instance, call, subject_json, true);
}
