/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When Proxmox removes a storage it takes the grants at /storage/ID and its membership in pools away with it
 * (DELETE /storage/{storage}); a storage that is made again has neither. Sources: GET /access/acl, GET
 * /pools.
 */
#include "config_ties.h"

#include "../common/grants.h"

#define POOLS_MOST 200u

struct ties {
    struct json_object *grants;         /* entries of the access list */
    struct json_object *pools;          /* names of pools */
    const char *why_grants, *why_pools; /* why a list may be short; NULL: it is whole */
};

static void ties_done(struct ties *ties)
{
    json_object_put(ties->grants);
    json_object_put(ties->pools);
}

static bool is_member(struct json_object *pool, const char *storage)
{
    struct json_object *members = member_of(pool, "members");
    const size_t count =
        json_object_is_type(members, json_type_array) ? json_object_array_length(members) : 0;
    for (size_t i = 0; i < count; i++) {
        if (member_is(json_object_array_get_idx(members, i), "storage", storage))
            return true;
    }
    return false;
}

/* Members are shown of one pool at a time. */
static int32_t look_into(const struct asking *a, const char *storage, const char *const *names,
                         uint32_t count, struct ties *ties)
{
    struct proximo_get *gets = a->host->alloc(a->call, count * sizeof(*gets));
    struct proximo_field *fields = a->host->alloc(a->call, count * sizeof(*fields));
    struct proximo_answer *answers = a->host->alloc(a->call, count * sizeof(*answers));
    if (!gets || !fields || !answers)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        fields[i] = FIELD("poolid", names[i]);
        gets[i] =
            (struct proximo_get){ROW(proximo_get), .path = "/pools", .fields = &fields[i], .field_count = 1};
        answers[i] = (struct proximo_answer){ROW(proximo_answer)};
    }
    int32_t r = a->host->get_many(a->call, gets, count, answers);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++) {
        struct json_object *list DROP_JSON = answers[i].status == 200 ? json_of(answers[i].data) : NULL;
        if (!json_object_is_type(list, json_type_array))
            ties->why_pools = "the members of a pool could not be read";
        else if (json_object_array_length(list) && is_member(json_object_array_get_idx(list, 0), storage))
            json_object_array_add(ties->pools, json_object_new_string(names[i]));
    }
    return r;
}

static int32_t look_pools(const struct asking *a, const char *storage, struct ties *ties)
{
    static const struct proximo_need need[] = {NEED("/pool", "Pool.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/pools", .needs = ROWS(need, 1)};
    const char *names[POOLS_MOST];
    uint32_t count = 0;
    struct looked looked;
    int32_t r = ask_look(a, &get, &looked);
    if (r < 0)
        return r;
    struct json_object *list DROP_JSON = looked.data;
    if (!json_object_is_type(list, json_type_array))
        ties->why_pools = looked.why ? looked.why : "the list of pools could not be read";
    else if (!looked.complete)
        ties->why_pools = "this token does not hold Pool.Audit on /pool";
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        const char *name = member_text(json_object_array_get_idx(list, i), "poolid");
        if (name && count == POOLS_MOST)
            ties->why_pools = "there are more pools than are looked into";
        else if (name && !(names[count++] = ask_text(a, "%s", name)))
            return PROXIMO_ENOMEM;
    }
    return count ? look_into(a, storage, names, count, ties) : PROXIMO_OK;
}

static int32_t look(const struct asking *a, const char *storage, struct ties *ret)
{
    struct looked acl;
    *ret = (struct ties){.pools = json_object_new_array()};
    int32_t r = ret->pools ? grants_look(a, &acl) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    ret->grants = grants_at(acl.data, ask_text(a, "/storage/%s", storage));
    if (!acl.data)
        ret->why_grants = acl.why;
    else if (!acl.complete)
        ret->why_grants = "this token does not hold Sys.Audit on /access";
    json_object_put(acl.data);
    return ret->grants ? look_pools(a, storage, ret) : PROXIMO_ENOMEM;
}

/* ---- the way back */

static int32_t pool_steps(const struct config_change *c, const struct ties *ties, struct proximo_step *steps,
                          uint32_t *count)
{
    const size_t pools = json_object_array_length(ties->pools);
    struct proximo_field(*fields)[2] = c->ask.host->alloc(c->ask.call, (pools + 1) * sizeof(*fields));
    for (size_t i = 0; fields && i < pools; i++) {
        const char *pool =
            ask_text(&c->ask, "%s", json_object_get_string(json_object_array_get_idx(ties->pools, i)));
        fields[i][0] = FIELD("poolid", pool);
        fields[i][1] = FIELD("storage", c->id);
        steps[(*count)++] = (struct proximo_step){ROW(proximo_step),
                                                  .kind = PROXIMO_STEP_REQUEST,
                                                  .flags = PROXIMO_STEP_CONTINUE,
                                                  .name = ask_text(&c->ask, "pool%zu", i),
                                                  .method = "PUT",
                                                  .path = "/pools",
                                                  .params = ROWS(fields[i], 2)};
        if (!pool || !steps[*count - 1].name)
            return PROXIMO_ENOMEM;
    }
    return fields ? PROXIMO_OK : PROXIMO_ENOMEM;
}

static int32_t lay_out(struct config_change *c, const struct ties *ties)
{
    const size_t grants = json_object_array_length(ties->grants);
    struct proximo_step *steps = c->ask.host->alloc(c->ask.call, (GRANTS_MOST + POOLS_MOST) * sizeof(*steps));
    uint32_t count = 0;
    if (grants > GRANTS_MOST)
        return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                 "storage \"%s\" has more than %u grants: take some away first", c->id,
                                 GRANTS_MOST);
    int32_t r = steps ? grants_steps(&c->ask, ties->grants, steps, &count) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = pool_steps(c, ties, steps, &count);
    c->back = steps;
    c->back_count = count;
    return r;
}

int32_t storage_ties_keep(struct config_change *c)
{
    struct ties ties;
    int32_t r = look(&c->ask, c->id, &ties);
    if (r == PROXIMO_OK && json_object_array_length(ties.grants))
        r = tell_fact(&c->ask, "grants_that_go", json_object_get(ties.grants));
    if (r == PROXIMO_OK && json_object_array_length(ties.pools))
        r = tell_fact(&c->ask, "pools_it_leaves", json_object_get(ties.pools));
    if (r == PROXIMO_OK && (ties.why_grants || ties.why_pools))
        r = tell_text(&c->ask, "way_back_incomplete",
                      "grants on the storage and memberships in pools that this token cannot see are not "
                      "brought back");
    if (r == PROXIMO_OK && !c->no_way_back)
        r = lay_out(c, &ties);
    ties_done(&ties);
    return r;
}

/* ---- blast */

static int32_t tell_grant(const struct asking *a, struct json_object *entry)
{
    struct json_object *facts = json_object_new_object();
    if (facts) {
        json_object_object_add(facts, "role", json_object_get(member_of(entry, "roleid")));
        json_object_object_add(facts, "at", json_object_get(member_of(entry, "path")));
    }
    return tell_affected(
        a, PROXIMO_RISK_MEDIUM, ask_text(a, "%s/%s", member_text(entry, "type"), member_text(entry, "ugid")),
        NULL,
        ask_text(a, "loses the role %s on the storage: the grant goes with it", member_text(entry, "roleid")),
        facts);
}

int32_t storage_ties_tell(const struct asking *a, const char *storage)
{
    struct ties ties;
    int32_t r = look(a, storage, &ties);
    if (r == PROXIMO_OK && ties.why_grants)
        r = a->host->incomplete(a->call, "who has rights on the storage", ties.why_grants);
    if (r == PROXIMO_OK && ties.why_pools)
        r = a->host->incomplete(a->call, "the pools that the storage is in", ties.why_pools);
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(ties.grants); i++)
        r = tell_grant(a, json_object_array_get_idx(ties.grants, i));
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(ties.pools); i++)
        r = tell_affected(
            a, PROXIMO_RISK_LOW,
            ask_text(a, "pool/%s", json_object_get_string(json_object_array_get_idx(ties.pools, i))), NULL,
            "loses the storage as a member: rights given on the pool do not reach it any more", NULL);
    ties_done(&ties);
    return r;
}
