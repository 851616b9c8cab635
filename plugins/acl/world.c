/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "../common/archives.h"

#define BATCH 64u /* pools in one go */

/* The answers, in the order of the parts (acl_part). */
static const struct {
    const char *path;
    size_t slot; /* of struct access */
} sources[ACL_PARTS] = {
    {"/access/acl", offsetof(struct access, acl)},       {"/access/users", offsetof(struct access, users)},
    {"/access/groups", offsetof(struct access, groups)}, {"/access/roles", offsetof(struct access, roles)},
    {"/pools", offsetof(struct access, pools)},
};

static struct json_object **slot_of(struct world *world, uint32_t part)
{
    return (struct json_object **)(void *)((char *)&world->access + sources[part].slot);
}

static void lacking(struct world *world, uint32_t part, const char *why)
{
    world->access.incomplete |= 1u << part;
    if (!world->why[part])
        world->why[part] = why ? why : "no answer";
}

static const char *text_or(const struct asking *a, struct proximo_text text, const char *otherwise)
{
    const char *made = text.len ? ask_text(a, "%.*s", (int)text.len, text.ptr) : NULL;
    return made ? made : otherwise;
}

static bool is_rows(struct json_object *data)
{
    bool rows = json_object_is_type(data, json_type_array);
    for (size_t i = 0; rows && i < json_object_array_length(data); i++)
        rows = json_object_is_type(json_object_array_get_idx(data, i), json_type_object);
    return rows;
}

static void take(const struct asking *a, struct world *world, uint32_t part,
                 const struct proximo_answer *answer)
{
    struct json_object *data = answer->status >= 200 && answer->status < 300 ? json_of(answer->data) : NULL;
    if (!is_rows(data)) {
        lacking(world, part,
                answer->status >= 200 && answer->status < 300
                    ? "Proxmox answered without a list of objects"
                    : text_or(a, answer->message, ask_text(a, "HTTP status %d", (int)answer->status)));
        json_object_put(data);
        return;
    }
    *slot_of(world, part) = data;
    if (answer->flags & PROXIMO_ANSWER_INCOMPLETE)
        lacking(world, part, text_or(a, answer->message, "this token does not see all of it"));
}

static int32_t read_lists(const struct asking *a, struct world *world)
{
    static const struct proximo_field full[] = {{ROW(proximo_field), .name = "full", .value = "1"}};
    struct proximo_need needs[ACL_PARTS];
    struct proximo_get gets[ACL_PARTS];
    struct proximo_answer answers[ACL_PARTS];
    for (uint32_t i = 0; i < ACL_PARTS; i++) {
        const struct acl_part *part = acl_part(i);
        needs[i] = (struct proximo_need)NEED(part->path, part->privilege);
        gets[i] =
            (struct proximo_get){ROW(proximo_get), .flags = PROXIMO_GET_TOLERATE, .path = sources[i].path};
        answers[i] = (struct proximo_answer){ROW(proximo_answer)};
        if (part->path)
            gets[i].needs = (struct proximo_table)ROWS(&needs[i], 1);
        if (1u << i == ACL_PART_USERS) {
            gets[i].fields = full;
            gets[i].field_count = 1;
        }
    }
    const int32_t r = a->host->get_many(a->call, gets, ACL_PARTS, answers);
    if (r < 0)
        return r;
    for (uint32_t i = 0; i < ACL_PARTS; i++)
        take(a, world, i, &answers[i]);
    return PROXIMO_OK;
}

/* ---- members of pools */

static bool take_members(struct json_object *row, const struct proximo_answer *answer)
{
    struct json_object *data DROP_JSON =
        answer->status >= 200 && answer->status < 300 ? json_of(answer->data) : NULL;
    struct json_object *one =
        json_object_is_type(data, json_type_array) && json_object_array_length(data) == 1
            ? json_object_array_get_idx(data, 0)
            : NULL;
    struct json_object *members = member_of(one, "members");
    return json_object_is_type(members, json_type_array) && !(answer->flags & PROXIMO_ANSWER_INCOMPLETE) &&
           json_object_object_add(row, "members", json_object_get(members)) == 0;
}

static int32_t read_batch(const struct asking *a, struct world *world, size_t first, uint32_t count)
{
    struct proximo_field ids[BATCH];
    struct proximo_need needs[BATCH];
    struct proximo_get gets[BATCH];
    struct proximo_answer answers[BATCH];
    for (uint32_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(world->access.pools, first + i);
        const char *poolid = member_text(row, "poolid"),
                   *path = ask_text(a, "/pool/%s", poolid ? poolid : "");
        if (!path)
            return PROXIMO_ENOMEM;
        ids[i] = FIELD("poolid", poolid ? poolid : "");
        needs[i] = (struct proximo_need)NEED(path, "Pool.Audit");
        answers[i] = (struct proximo_answer){ROW(proximo_answer)};
        gets[i] = (struct proximo_get){ROW(proximo_get), .flags = PROXIMO_GET_TOLERATE,
                                       .path = "/pools", .fields = &ids[i],
                                       .field_count = 1, .needs = ROWS(&needs[i], 1)};
    }
    const int32_t r = count ? a->host->get_many(a->call, gets, count, answers) : PROXIMO_OK;
    if (r < 0)
        return r;
    for (uint32_t i = 0; i < count; i++) {
        if (!take_members(json_object_array_get_idx(world->access.pools, first + i), &answers[i]))
            lacking(world, 4, text_or(a, answers[i].message, "the members of a pool could not be read"));
    }
    return PROXIMO_OK;
}

static int32_t read_members(const struct asking *a, struct world *world)
{
    const size_t all = world->access.pools ? json_object_array_length(world->access.pools) : 0;
    int32_t r = PROXIMO_OK;
    for (size_t first = 0; r == PROXIMO_OK && first < all && first < WORLD_POOLS_MOST; first += BATCH)
        r = read_batch(a, world, first, (uint32_t)(all - first < BATCH ? all - first : BATCH));
    if (all > WORLD_POOLS_MOST)
        lacking(world, 4, "more pools than this looks at");
    return r;
}

/* Who this server is to Proxmox. */
static int32_t read_own(const struct asking *a, struct world *world)
{
    struct proximo_site site = {ROW(proximo_site)};
    const int32_t r = a->host->site(a->call, &site);
    if (r < 0 || !site.token.len)
        return ask_ends(r) ? r : PROXIMO_OK;
    world->token = ask_text(a, "%.*s", (int)site.token.len, site.token.ptr);
    const char *bang = world->token ? strrchr(world->token, '!') : NULL;
    if (bang)
        world->user = ask_text(a, "%.*s", (int)(bang - world->token), world->token);
    return world->token && (!bang || world->user) ? PROXIMO_OK : PROXIMO_ENOMEM;
}

int32_t world_read(const struct asking *a, struct world *ret)
{
    *ret = (struct world){.now = now_epoch()};
    int32_t r = read_own(a, ret);
    if (r == PROXIMO_OK)
        r = read_lists(a, ret);
    if (r == PROXIMO_OK)
        r = read_members(a, ret);
    if (r == PROXIMO_OK)
        r = access_model(&ret->access, &ret->model);
    if (r < 0)
        world_done(ret);
    return r;
}

void world_done(struct world *world)
{
    access_done(&world->access);
    acl_model_free(world->model);
    world->model = NULL;
}

int32_t world_tell_unknown(const struct asking *a, const struct world *world, uint32_t parts)
{
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < ACL_PARTS; i++) {
        if (parts & (1u << i))
            r = a->host->incomplete(a->call, acl_part(i)->word,
                                    world->why[i] ? world->why[i] : "it makes no sense in part");
    }
    return r;
}
