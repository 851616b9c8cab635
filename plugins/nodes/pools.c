/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_pool_create and pve_pool_delete. Proxmox deletes only a pool without members and without pools in it,
 * and takes the grants at its path away with it: the way back gives them again. Sources: POST, DELETE /pools.
 */
#include "pools.h"

int32_t pool_guard(const struct asking *a, const char *poolid, const char *fields, uint64_t flags)
{
    const struct proximo_field id = FIELD("poolid", poolid);
    const struct proximo_guard guard = {ROW(proximo_guard), .flags = flags, .path = POOL_PATH,
                                        .fields = fields, .params = ROWS(&id, 1)};
    return fields ? a->host->guard(a->call, &guard) : PROXIMO_ENOMEM;
}

int32_t pool_subject(const struct asking *a, const char *operation_class, const char *poolid,
                     struct json_object *details)
{
    struct json_object *subject DROP_JSON = details ? details : json_object_new_object();
    if (!subject)
        return PROXIMO_ENOMEM;
    json_object_object_add(subject, "kind", json_object_new_string("pool"));
    json_object_object_add(subject, "poolid", json_object_new_string(poolid));
    return a->host->subject(a->call, operation_class, json_text(subject));
}

struct proximo_step pool_request(const char *name, const char *method, const char *path,
                                 const struct proximo_field *fields, uint32_t count)
{
    return (struct proximo_step){ROW(proximo_step), .kind = PROXIMO_STEP_REQUEST,
                                 .name = name,      .method = method,
                                 .path = path,      .params = ROWS(fields, count)};
}

int32_t pool_wait(const struct asking *a, const char *poolid, const char *select, uint32_t test,
                  const char *value)
{
    const struct proximo_field id = FIELD("poolid", poolid);
    struct proximo_step wait = {ROW(proximo_step), .kind = PROXIMO_STEP_WAIT, .path = POOL_PATH,
                                .select = select,  .wait_test = test,         .wait_value = value,
                                .tolerate = "500", .interval_ms = 500,        .deadline_ms = 15000};
    if (poolid)
        wait.params = (struct proximo_table)ROWS(&id, 1);
    return select ? a->host->postcondition(a->call, &wait) : PROXIMO_ENOMEM;
}

/* ---- create */

int32_t nodes_plan_pool_create(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const char *poolid = ask_argument(&a, "poolid"), *comment = ask_argument(&a, "comment");
    struct json_object *pool = NULL;
    struct looked looked;
    if (!poolid)
        return a.host->fail(call, PROXIMO_EINVAL, "poolid is missing");
    int32_t r = pool_look(&a, poolid, &looked, &pool);
    if (r < 0)
        return r;
    const bool exists = pool != NULL;
    json_object_put(looked.data);
    if (exists)
        return a.host->fail(call, PROXIMO_EINVAL, "there is a pool \"%s\" already", poolid);
    const struct proximo_field fields[] = {FIELD("poolid", poolid), FIELD("comment", comment)};
    const struct proximo_step make = pool_request("change", "POST", POOL_PATH, fields, comment ? 2 : 1);
    const struct proximo_step back = pool_request("change", "DELETE", POOL_PATH, fields, 1);
    const char *summary = ask_text(&a, "pool \"%s\" is created, without members", poolid);
    if (!summary)
        return PROXIMO_ENOMEM;
    if ((r = a.host->change(call, summary)) < 0 ||
        (r = pool_guard(&a, poolid, "/0/poolid,/0/comment", PROXIMO_GUARD_TOLERATE)) < 0 ||
        (r = pool_subject(&a, "pool.create", poolid, NULL)) < 0 || (r = a.host->step(call, &make)) < 0 ||
        (r = pool_wait(&a, poolid, "/0/poolid", PROXIMO_WAIT_EXISTS, NULL)) < 0)
        return r;
    return a.host->undo(call, PROXIMO_UNDO_TEMPLATE, &back, 1);
}

/* ---- delete */

/* Members and inner pools stand in the way. */
static int32_t check_empty(const struct asking *a, const char *poolid, struct json_object *pool)
{
    struct json_object *members = member_of(pool, "members");
    struct json_object *all DROP_JSON = NULL;
    const struct proximo_get get = {ROW(proximo_get), .path = POOL_PATH};
    if (!json_object_is_type(members, json_type_array))
        return a->host->fail(a->call, PROXIMO_EPROTO, "the members of pool \"%s\" were not read", poolid);
    size_t count = json_object_array_length(members);
    if (count)
        return a->host->fail(a->call, PROXIMO_ESTATE,
                             "pool \"%s\" has %zu members, the first is %s: Proxmox deletes an empty pool "
                             "only. Take them out with pve_pool_update {delete: true} first",
                             poolid, count, member_text(json_object_array_get_idx(members, 0), "id"));
    int32_t r = ask_get(a, &get, json_type_array, &all);
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(all); i++) {
        const char *other = member_text(json_object_array_get_idx(all, i), "poolid");
        size_t len = strlen(poolid);
        if (other && strncmp(other, poolid, len) == 0 && other[len] == '/')
            r = a->host->fail(a->call, PROXIMO_ESTATE,
                              "pool \"%s\" has the pool \"%s\" in it: Proxmox deletes an empty pool only",
                              poolid, other);
    }
    return r;
}

/* A grant that is given after the planning would go unseen: who is named as hurt is asked for again only
 * where there was someone. With several the list has no order that a guard could hold on to. */
static int32_t guard_no_grants(const struct asking *a, const char *poolid)
{
    const struct proximo_guard guard = {ROW(proximo_guard), .flags = PROXIMO_GUARD_TOLERATE,
                                        .path = "/access/acl",
                                        .fields = ask_text(a, "[path=/pool/%s]", poolid)};
    return guard.fields ? a->host->guard(a->call, &guard) : PROXIMO_ENOMEM;
}

static int32_t delete_way_back(const struct asking *a, const char *poolid, const char *comment,
                               struct json_object *acl, bool complete)
{
    struct json_object *grants DROP_JSON = pool_grants(a, acl, poolid, true);
    struct proximo_step *steps = a->host->alloc(a->call, (GRANTS_MOST + 1) * sizeof(*steps));
    const struct proximo_field make[] = {FIELD("poolid", poolid), FIELD("comment", comment)};
    int32_t r = PROXIMO_OK;
    if (!grants || !steps)
        return PROXIMO_ENOMEM;
    if (json_object_array_length(grants) > GRANTS_MOST)
        return a->host->fail(a->call, PROXIMO_EINVAL, "pool \"%s\" has more than %u grants", poolid,
                             GRANTS_MOST);
    if (!complete)
        r = tell_text(a, "way_back_incomplete",
                      "grants at this pool's path that this token cannot see are not given again");
    steps[0] = pool_request("change", "POST", POOL_PATH, make, comment ? 2 : 1);
    uint32_t count = 0;
    if (r == PROXIMO_OK)
        r = grants_steps(a, grants, steps + 1, &count);
    if (r == PROXIMO_OK && json_object_array_length(grants))
        r = tell_fact(a, "grants_that_go", json_object_get(grants));
    else if (r == PROXIMO_OK)
        r = guard_no_grants(a, poolid);
    return r == PROXIMO_OK ? a->host->undo(a->call, PROXIMO_UNDO_TEMPLATE, steps, count + 1) : r;
}

static int32_t deletion(const struct asking *a, const char *poolid, struct json_object *pool)
{
    const struct proximo_field id = FIELD("poolid", poolid);
    const struct proximo_step drop = pool_request("change", "DELETE", POOL_PATH, &id, 1);
    const char *summary = ask_text(a, "pool \"%s\" is deleted; it is empty", poolid);
    struct looked acl;
    int32_t r = summary ? check_empty(a, poolid, pool) : PROXIMO_ENOMEM;
    if (r < 0 || (r = a->host->change(a->call, summary)) < 0 ||
        (r = pool_guard(a, poolid, "/0/comment,/0/members", 0)) < 0 ||
        (r = pool_subject(a, "pool.delete", poolid, NULL)) < 0 || (r = a->host->step(a->call, &drop)) < 0 ||
        (r = pool_wait(a, NULL, ask_text(a, "[poolid=%s]", poolid), PROXIMO_WAIT_COUNT, "0")) < 0 ||
        (r = grants_look(a, &acl)) < 0)
        return r;
    r = delete_way_back(a, poolid, member_text(pool, "comment"), acl.data, acl.data && acl.complete);
    json_object_put(acl.data);
    return r;
}

int32_t pool_must_look(const struct asking *a, const char *poolid, struct looked *looked,
                       struct json_object **ret_pool)
{
    *ret_pool = NULL;
    *looked = (struct looked){0};
    if (!poolid)
        return a->host->fail(a->call, PROXIMO_EINVAL, "poolid is missing");
    int32_t r = pool_look(a, poolid, looked, ret_pool);
    if (r < 0 || *ret_pool)
        return r;
    r = a->host->fail(a->call, PROXIMO_ENOTFOUND, "there is no pool \"%s\" that this token sees: %.200s",
                      poolid, looked->why ? looked->why : "");
    json_object_put(looked->data);
    return r;
}

int32_t nodes_plan_pool_delete(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const char *poolid = ask_argument(&a, "poolid");
    struct json_object *pool = NULL;
    struct looked looked;
    int32_t r = pool_must_look(&a, poolid, &looked, &pool);
    if (r < 0)
        return r;
    r = deletion(&a, poolid, pool);
    json_object_put(looked.data);
    return r;
}
