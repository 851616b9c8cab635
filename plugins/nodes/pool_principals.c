/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everyone who holds a role by way of a pool. An entry at /pool/ID, or handed down to it, holds on the
 * members; one at / as well, and there it brings back what a narrower entry at /vms or /storage had replaced.
 * A group stands for its members, and a token without privilege separation has all rights of its user.
 * Sources: GET /access/groups/{groupid}, GET /access/users?full=1.
 */
#include "pools.h"

#define GROUPS_MOST 64u /* of which the members are looked at */

struct telling {
    struct asking a;
    const struct pool_effect *effect;
    struct looked users; /* with their tokens */
    bool users_looked;
};

/* Which role stands in the sentence: rows with equal sentences about the same one are shown once. */
static const char *with_role(const struct asking *a, const char *effect, const char *role)
{
    static const char words[] = "this role";
    const char *at = effect && role ? strstr(effect, words) : NULL;
    return at ? ask_text(a, "%.*sthe role %s%s", (int)(at - effect), effect, role, at + sizeof(words) - 1)
              : effect;
}

static int32_t tell_one(const struct telling *t, struct json_object *entry, const char *kind,
                        const char *name, const char *via)
{
    const char *role = member_text(entry, "roleid");
    const bool from_top = member_is(entry, "path", "/");
    const char *effect = role && strcmp(role, "NoAccess") == 0 ? t->effect->forbidden : t->effect->role;
    struct json_object *facts = json_object_new_object();
    if (from_top)
        effect = "has this role on everything: by way of the pool it holds on a member even where a narrower "
                 "entry at /vms or /storage replaces it";
    if (facts) {
        json_object_object_add(facts, "role", json_object_get(member_of(entry, "roleid")));
        json_object_object_add(facts, "at", json_object_get(member_of(entry, "path")));
        if (via)
            json_object_object_add(facts, "via", json_object_new_string(via));
    }
    return tell_affected(&t->a, from_top ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_HIGH,
                         ask_text(&t->a, "%s/%s", kind, name), NULL, with_role(&t->a, effect, role), facts);
}

static int32_t look_users(struct telling *t)
{
    static const struct proximo_need need[] = {NEED("/access/groups", "User.Modify|Sys.Audit")};
    const struct proximo_field full = FIELD("full", "1");
    const struct proximo_get get = {ROW(proximo_get), .path = "/access/users", .fields = &full,
                                    .field_count = 1, .needs = ROWS(need, 1)};
    if (t->users_looked)
        return PROXIMO_OK;
    t->users_looked = true;
    int32_t r = ask_look(&t->a, &get, &t->users);
    if (r == PROXIMO_OK && (!json_object_is_type(t->users.data, json_type_array) || !t->users.complete))
        r = t->a.host->incomplete(t->a.call, "tokens with all rights of their user",
                                  t->users.data || !t->users.why
                                      ? "this token does not see all users and their tokens"
                                      : t->users.why);
    return r;
}

/* A user, and its tokens that act with all its rights. */
static int32_t tell_user(struct telling *t, struct json_object *entry, const char *userid, const char *via)
{
    int32_t r = tell_one(t, entry, "user", userid, via);
    if (r == PROXIMO_OK)
        r = look_users(t);
    const size_t count =
        json_object_is_type(t->users.data, json_type_array) ? json_object_array_length(t->users.data) : 0;
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
        struct json_object *user = json_object_array_get_idx(t->users.data, i);
        struct json_object *tokens = member_of(user, "tokens");
        if (!member_is(user, "userid", userid) || !json_object_is_type(tokens, json_type_array))
            continue;
        for (size_t k = 0; r == PROXIMO_OK && k < json_object_array_length(tokens); k++) {
            struct json_object *token = json_object_array_get_idx(tokens, k);
            if (member_is(token, "privsep", "0") && member_text(token, "tokenid"))
                r = tell_one(t, entry, "token",
                             ask_text(&t->a, "%s!%s", userid, member_text(token, "tokenid")),
                             ask_text(&t->a, "user/%s", userid));
        }
    }
    return r;
}

static int32_t tell_group(struct telling *t, struct json_object *entry, const char *groupid)
{
    static const struct proximo_need need[] = {NEED("/access/groups", "Sys.Audit|Group.Allocate")};
    const struct proximo_field id = FIELD("groupid", groupid);
    const struct proximo_get get = {ROW(proximo_get), .path = "/access/groups/{groupid}", .fields = &id,
                                    .field_count = 1, .needs = ROWS(need, 1)};
    struct looked looked;
    int32_t r = ask_look(&t->a, &get, &looked);
    struct json_object *members = member_of(looked.data, "members");
    if (r == PROXIMO_OK)
        r = tell_one(t, entry, "group", groupid, NULL);
    if (r == PROXIMO_OK && !json_object_is_type(members, json_type_array))
        r = t->a.host->incomplete(t->a.call, ask_text(&t->a, "who is in group %s", groupid),
                                  looked.why ? looked.why : "no list of members");
    const size_t count =
        json_object_is_type(members, json_type_array) ? json_object_array_length(members) : 0;
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
        const char *member = json_object_get_string(json_object_array_get_idx(members, i));
        if (member)
            r = tell_user(t, entry, member, ask_text(&t->a, "group/%s", groupid));
    }
    json_object_put(looked.data);
    return r;
}

/* Is anything below /vms or /storage given apart, so that a role at / does not reach it? */
static bool has_narrower(struct json_object *acl)
{
    const size_t count = json_object_is_type(acl, json_type_array) ? json_object_array_length(acl) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *path = member_text(json_object_array_get_idx(acl, i), "path");
        if (path && (strncmp(path, "/vms", 4) == 0 || strncmp(path, "/storage", 8) == 0))
            return true;
    }
    return false;
}

/* The entries at / that are handed down, put behind the others. */
static void add_top(struct json_object *grants, struct json_object *acl)
{
    const size_t count = has_narrower(acl) ? json_object_array_length(acl) : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *entry = json_object_array_get_idx(acl, i);
        if (member_is(entry, "path", "/") && !member_is(entry, "propagate", "0") &&
            member_text(entry, "ugid") && member_text(entry, "roleid") && member_text(entry, "type"))
            json_object_array_add(grants, json_object_get(entry));
    }
}

int32_t pool_tell_principals(const struct asking *a, struct json_object *acl, const char *poolid,
                             const struct pool_effect *effect)
{
    struct telling t = {.a = *a, .effect = effect};
    struct json_object *grants DROP_JSON = pool_grants(a, acl, poolid, effect->own);
    uint32_t groups = 0;
    int32_t r = grants ? PROXIMO_OK : PROXIMO_ENOMEM;
    if (grants && !effect->own)
        add_top(grants, acl);
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(grants); i++) {
        struct json_object *entry = json_object_array_get_idx(grants, i);
        const char *name = member_text(entry, "ugid");
        if (member_is(entry, "type", "group") && groups++ < GROUPS_MOST)
            r = tell_group(&t, entry, name);
        else if (member_is(entry, "type", "user"))
            r = tell_user(&t, entry, name, NULL);
        else
            r = tell_one(&t, entry, member_text(entry, "type"), name, NULL);
    }
    if (r == PROXIMO_OK && groups > GROUPS_MOST)
        r = a->host->incomplete(a->call, "members of groups",
                                ask_text(a, "%u groups hold roles; of %u the members were looked at",
                                         (unsigned)groups, (unsigned)GROUPS_MOST));
    json_object_put(t.users.data);
    return r;
}
