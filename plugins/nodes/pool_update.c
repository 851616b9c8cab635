/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_pool_update: members in or out, and the comment. What is so already is left out, because Proxmox
 * refuses the whole request for it. A guest is in one pool only. Source: PUT /pools.
 */
#include "pools.h"

#define MEMBERS_MOST 30 /* each is looked for afterwards; a plan looks at 64 things at most */
#define POOLS_MOST   200
#define BACK_MOST    (MEMBERS_MOST + 1)

struct moving {
    const char *vmid, *from; /* from: the pool that it is in now; NULL: none */
};
struct updating {
    struct asking a;
    const char *poolid, *comment, *old_comment;
    bool removes, moves, has_comment;
    struct json_object *arguments, *pool;
    struct moving guests[MEMBERS_MOST];
    const char *storages[MEMBERS_MOST];
    uint32_t guest_count, storage_count;
};

static const char *join(const struct updating *u, bool guests, bool moved_too)
{
    const char *text = NULL;
    for (uint32_t i = 0; i < (guests ? u->guest_count : u->storage_count); i++) {
        const char *one = guests ? u->guests[i].vmid : u->storages[i];
        if (guests && !moved_too && u->guests[i].from)
            continue;
        text = text ? ask_text(&u->a, "%s,%s", text, one) : one;
    }
    return text;
}

/* The token must be able to change who may do what with the thing. */
static int32_t check_right(const struct updating *u, const char *path, const char *other)
{
    return ask_privilege(&u->a, path, ask_text(&u->a, "Permissions.Modify|%s", other),
                         "to put %s into a pool or take it out needs Permissions.Modify or %s on it", path,
                         other);
}

/* Takes the names of one argument in that are not so already. */
static int32_t take(struct updating *u, const char *argument, bool guests)
{
    struct json_object *list = member_of(u->arguments, argument);
    size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    if (count > MEMBERS_MOST)
        return u->a.host->fail(u->a.call, PROXIMO_EINVAL, "%s has more than %d names", argument,
                               MEMBERS_MOST);
    for (size_t i = 0; i < count; i++) {
        const char *name = ask_text(&u->a, "%s", json_object_get_string(json_object_array_get_idx(list, i)));
        if (!name)
            return PROXIMO_ENOMEM;
        if (pool_has(u->pool, guests ? "vmid" : "storage", name) != u->removes)
            continue;
        bool twice = false;
        for (uint32_t k = 0; k < (guests ? u->guest_count : u->storage_count); k++)
            twice |= strcmp(guests ? u->guests[k].vmid : u->storages[k], name) == 0;
        if (twice)
            continue;
        int32_t r = check_right(u, ask_text(&u->a, guests ? "/vms/%s" : "/storage/%s", name),
                                guests ? "VM.Allocate" : "Datastore.Allocate");
        if (r < 0)
            return r;
        if (guests)
            u->guests[u->guest_count++] = (struct moving){.vmid = name};
        else
            u->storages[u->storage_count++] = name;
    }
    return PROXIMO_OK;
}

/* In which other pools the guests are, by looking into each. */
static int32_t find_from(struct updating *u)
{
    static const struct proximo_need need[] = {NEED("/pool", "Pool.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = POOL_PATH, .needs = ROWS(need, 1)};
    struct json_object *all DROP_JSON = NULL;
    int32_t r = ask_get(&u->a, &get, json_type_array, &all);
    if (r == PROXIMO_OK && json_object_array_length(all) > POOLS_MOST)
        return u->a.host->fail(u->a.call, PROXIMO_EINVAL, "more than %d pools to look into", POOLS_MOST);
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(all); i++) {
        const char *other = member_text(json_object_array_get_idx(all, i), "poolid");
        struct json_object *pool = NULL;
        struct looked looked;
        if (!other || strcmp(other, u->poolid) == 0)
            continue;
        if ((r = pool_look(&u->a, other, &looked, &pool)) < 0)
            return r;
        for (uint32_t k = 0; k < u->guest_count; k++) {
            if (pool_has(pool, "vmid", u->guests[k].vmid))
                u->guests[k].from = ask_text(&u->a, "%s", other);
        }
        json_object_put(looked.data);
    }
    for (uint32_t k = 0; r == PROXIMO_OK && k < u->guest_count; k++) {
        if (u->guests[k].from && !u->moves)
            r = u->a.host->fail(
                u->a.call, PROXIMO_EINVAL,
                "guest %s is in pool \"%s\", and a guest is in one pool only: allow_move takes "
                "it out of there",
                u->guests[k].vmid, u->guests[k].from);
    }
    return r;
}

static uint32_t change_fields(const struct updating *u, struct proximo_field *fields)
{
    const char *vms = join(u, true, true), *storages = join(u, false, true);
    bool moved = false;
    uint32_t count = 0;
    for (uint32_t i = 0; i < u->guest_count; i++)
        moved |= u->guests[i].from != NULL;
    fields[count++] = FIELD("poolid", u->poolid);
    if (vms)
        fields[count++] = FIELD("vms", vms);
    if (storages)
        fields[count++] = FIELD("storage", storages);
    if ((vms || storages) && u->removes)
        fields[count++] = FIELD("delete", "1");
    if (moved)
        fields[count++] = FIELD("allow-move", "1");
    if (u->has_comment)
        fields[count++] = FIELD("comment", u->comment);
    return count;
}

/* Guests that came from another pool go back there, each by a request of its own. */
static int32_t way_back(const struct updating *u)
{
    struct proximo_step *steps = u->a.host->alloc(u->a.call, BACK_MOST * sizeof(*steps));
    struct proximo_field(*fields)[6] = u->a.host->alloc(u->a.call, BACK_MOST * sizeof(*fields));
    const char *vms = join(u, true, false), *storages = join(u, false, true);
    uint32_t count = 0, n = 0;
    if (!steps || !fields)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < u->guest_count; i++) {
        if (!u->guests[i].from)
            continue;
        fields[count][0] = FIELD("poolid", u->guests[i].from);
        fields[count][1] = FIELD("vms", u->guests[i].vmid);
        fields[count][2] = FIELD("allow-move", "1");
        steps[count] =
            pool_request(ask_text(&u->a, "back%u", (unsigned)count), "PUT", POOL_PATH, fields[count], 3);
        count++;
    }
    struct proximo_field *own = fields[count];
    own[n++] = FIELD("poolid", u->poolid);
    if (vms)
        own[n++] = FIELD("vms", vms);
    if (storages)
        own[n++] = FIELD("storage", storages);
    if ((vms || storages) && !u->removes)
        own[n++] = FIELD("delete", "1");
    if (u->has_comment)
        own[n++] = FIELD("comment", u->old_comment ? u->old_comment : "");
    if (n > 1)
        steps[count++] = pool_request("change", "PUT", POOL_PATH, own, n);
    return u->a.host->undo(u->a.call, PROXIMO_UNDO_TEMPLATE, steps, count);
}

static int32_t postcondition(const struct updating *u)
{
    const uint32_t test = u->removes ? PROXIMO_WAIT_COUNT : PROXIMO_WAIT_EXISTS;
    const char *value = u->removes ? "0" : NULL;
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < u->guest_count; i++)
        r = pool_wait(&u->a, u->poolid, ask_text(&u->a, "/0/members[vmid=%s]/vmid", u->guests[i].vmid), test,
                      value);
    for (uint32_t i = 0; r == PROXIMO_OK && i < u->storage_count; i++)
        r = pool_wait(&u->a, u->poolid, ask_text(&u->a, "/0/members[storage=%s]/storage", u->storages[i]),
                      test, value);
    /* How an emptied comment is kept is left to Proxmox. */
    if (r == PROXIMO_OK && u->has_comment && *u->comment) {
        struct json_object *wanted DROP_JSON = json_object_new_string(u->comment);
        r = wanted ? pool_wait(&u->a, u->poolid, "/0/comment", PROXIMO_WAIT_EQUALS, json_text(wanted).ptr)
                   : PROXIMO_ENOMEM;
    } else if (r == PROXIMO_OK && u->has_comment) {
        r = pool_wait(&u->a, u->poolid, "/0/poolid", PROXIMO_WAIT_EXISTS, NULL);
    }
    return r;
}

static const char *guard_fields(const struct updating *u)
{
    const char *text = "/0/comment";
    for (uint32_t i = 0; text && i < u->guest_count; i++)
        text = ask_text(&u->a, "%s,/0/members[vmid=%s]/vmid", text, u->guests[i].vmid);
    for (uint32_t i = 0; text && i < u->storage_count; i++)
        text = ask_text(&u->a, "%s,/0/members[storage=%s]/storage", text, u->storages[i]);
    return text;
}

/* Who gains or loses by it, as far as this token sees: the blast function says what it does not see. */
static int32_t tell_principals(const struct updating *u)
{
    struct looked acl;
    int32_t r = u->guest_count + u->storage_count ? grants_look(&u->a, &acl) : PROXIMO_OK;
    if (r < 0 || u->guest_count + u->storage_count == 0)
        return r;
    struct json_object *grants = pool_grants(&u->a, acl.data, u->poolid, false);
    json_object_put(acl.data);
    if (grants && json_object_array_length(grants) == 0) {
        json_object_put(grants);
        return PROXIMO_OK;
    }
    return tell_fact(&u->a, u->removes ? "lose_these_roles" : "gain_these_roles", grants);
}

/* Says which members come and go, for the blast function. */
static int32_t name_subject(const struct updating *u)
{
    const char *vms = join(u, true, true), *storages = join(u, false, true), *from = NULL;
    const char *members = vms && storages ? ask_text(&u->a, "%s,%s", vms, storages) : vms ? vms : storages;
    struct json_object *details = json_object_new_object();
    if (!details)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < u->guest_count; i++) {
        const char *pool = u->guests[i].from;
        bool twice = !pool;
        for (uint32_t k = 0; k < i && !twice; k++)
            twice = u->guests[k].from && strcmp(u->guests[k].from, pool) == 0;
        if (!twice)
            from = from ? ask_text(&u->a, "%s,%s", from, pool) : pool;
    }
    if (members)
        json_object_object_add(details, u->removes ? "out" : "in", json_object_new_string(members));
    if (from)
        json_object_object_add(details, "from", json_object_new_string(from));
    return pool_subject(&u->a, "pool.update", u->poolid, details);
}

static int32_t lay_out(struct updating *u)
{
    struct proximo_field fields[8];
    const uint32_t count = change_fields(u, fields);
    const struct proximo_step change = pool_request("change", "PUT", POOL_PATH, fields, count);
    const char *vms = join(u, true, true), *storages = join(u, false, true);
    if (count == 1) {
        const char *text = ask_text(&u->a, "nothing to do: pool \"%s\" is so already", u->poolid);
        return text ? u->a.host->change(u->a.call, text) : PROXIMO_ENOMEM;
    }
    const char *summary = ask_text(&u->a, "pool \"%s\": %s%s%s%s%s%s", u->poolid,
                                   vms || storages ? (u->removes ? "takes out " : "takes in ") : "",
                                   vms ? "guests " : "", vms ? vms : "", storages ? " storage " : "",
                                   storages ? storages : "", u->has_comment ? " (comment changed)" : "");
    int32_t r = summary ? u->a.host->change(u->a.call, summary) : PROXIMO_ENOMEM;
    if (r < 0 || (r = tell_principals(u)) < 0 || (r = pool_guard(&u->a, u->poolid, guard_fields(u), 0)) < 0 ||
        (r = name_subject(u)) < 0 || (r = u->a.host->step(u->a.call, &change)) < 0 ||
        (r = postcondition(u)) < 0)
        return r;
    return way_back(u);
}

int32_t nodes_plan_pool_update(void *instance, struct proximo_call *call)
{
    struct updating u = {.a = {((struct plane_instance *)instance)->host, call}};
    struct looked looked;
    u.poolid = ask_argument(&u.a, "poolid");
    int32_t r = pool_must_look(&u.a, u.poolid, &looked, &u.pool);
    if (r < 0)
        return r;
    u.comment = ask_argument(&u.a, "comment");
    u.old_comment = member_text(u.pool, "comment");
    u.has_comment = u.comment && strcmp(u.comment, u.old_comment ? u.old_comment : "") != 0;
    u.removes = ask_flag(&u.a, "delete");
    u.moves = ask_flag(&u.a, "allow_move");
    if (!(u.arguments = ask_arguments(&u.a)))
        r = PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && !json_object_is_type(member_of(u.pool, "members"), json_type_array))
        r = u.a.host->fail(call, PROXIMO_EPROTO, "the members of pool \"%s\" were not read", u.poolid);
    if (r == PROXIMO_OK)
        r = take(&u, "vms", true);
    if (r == PROXIMO_OK)
        r = take(&u, "storage", false);
    if (r == PROXIMO_OK && u.guest_count && !u.removes)
        r = find_from(&u);
    if (r == PROXIMO_OK)
        r = lay_out(&u);
    json_object_put(u.arguments);
    json_object_put(looked.data);
    return r;
}
