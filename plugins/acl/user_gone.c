/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes with a user: tokens, second factors, password, memberships, entries of the access list; and the
 * way back, which brings back all of it but the secrets. Sources: GET /access/users?full=1, GET
 * /access/tfa/{userid}.
 */
#include "users.h"

#define NAMES_MOST 40u

int32_t user_tell_last(const struct asking *a, const char *userid)
{
    struct looked users;
    const char *realm = access_realm_of(userid);
    bool others = false;
    int32_t r = access_users_look(a, &users);
    if (r < 0)
        return r;
    const bool known = users.data && users.complete;
    for (size_t i = 0; known && i < json_object_array_length(users.data); i++) {
        struct json_object *row = json_object_array_get_idx(users.data, i);
        const char *id = member_text(row, "userid");
        others = others || (id && strcmp(id, userid) != 0 && strcmp(access_realm_of(id), realm) == 0 &&
                            !member_is(row, "enable", "0"));
    }
    json_object_put(users.data);
    if (!known || others)
        return PROXIMO_OK;
    return tell_text(a, "last_of_realm",
                     ask_text(a,
                              "no other user of the realm \"%s\" is enabled: nobody logs in by way of it "
                              "afterwards",
                              realm));
}

/* ---- what does not come back */

static int32_t tell_factors(const struct asking *a, const char *userid, struct json_object *lost)
{
    static const struct proximo_need need[] = {NEED("/access/groups", "User.Modify|Sys.Audit")};
    const struct proximo_field user = FIELD("userid", userid);
    const struct proximo_get get = {ROW(proximo_get), .path = "/access/tfa/{userid}", .fields = &user,
                                    .field_count = 1, .needs = ROWS(need, 1)};
    struct looked factors;
    int32_t r = ask_look(a, &get, &factors);
    if (r < 0)
        return r;
    if (!json_object_is_type(factors.data, json_type_array)) {
        r = a->host->incomplete(a->call, "the user's second factors", factors.why ? factors.why : "no list");
    } else if (json_object_array_length(factors.data)) {
        const char *text = ask_text(a, "%zu second factors", json_object_array_length(factors.data));
        json_object_array_add(lost, json_object_new_string(text ? text : "second factors"));
    }
    json_object_put(factors.data);
    return r;
}

static int32_t add_tokens(const struct asking *a, struct json_object *tokens, size_t entries,
                          struct json_object *lost)
{
    const char *names = NULL;
    uint32_t count = 0;
    if (json_object_is_type(tokens, json_type_object)) {
        json_object_object_foreach(tokens, name, value)
        {
            (void)value;
            if (count++ < NAMES_MOST)
                names = names ? ask_text(a, "%s, %s", names, name) : name;
        }
    }
    if (!count)
        return PROXIMO_OK;
    const char *text = ask_text(a, "API tokens and their values: %s%s", names ? names : "",
                                count > NAMES_MOST ? " and more" : "");
    json_object_array_add(lost, json_object_new_string(text ? text : "API tokens"));
    if (entries) {
        text = ask_text(a, "%zu entries of the access list that are his tokens'", entries);
        json_object_array_add(lost, json_object_new_string(text ? text : "entries of tokens"));
    }
    return PROXIMO_OK;
}

static int32_t tell_lost(struct config_change *c, const struct access_entries *entries)
{
    const struct asking *a = &c->ask;
    struct json_object *lost = json_object_new_array(), *all DROP_JSON = NULL, *realm = NULL;
    int32_t r = lost ? access_realm_look(a, access_realm_of(c->id), &all, &realm) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && member_is(realm, "type", "pve"))
        json_object_array_add(lost, json_object_new_string("his password"));
    const char *keys = member_text(c->now, "keys"); /* "x" says that they stand with the second factors */
    if (r == PROXIMO_OK && keys && *keys && *keys != 'x')
        json_object_array_add(lost,
                              json_object_new_string("the keys of a second factor that stand with him"));
    if (r == PROXIMO_OK)
        r = tell_factors(a, c->id, lost);
    if (r == PROXIMO_OK)
        r = add_tokens(a, member_of(c->now, "tokens"), json_object_array_length(entries->tokens), lost);
    if (r == PROXIMO_OK && json_object_array_length(lost))
        return tell_fact(a, "does_not_come_back", lost);
    json_object_put(lost);
    return r;
}

/* ---- the way back */

static int32_t way_back(struct config_change *c, const struct access_entries *entries)
{
    struct proximo_step *steps = c->ask.host->alloc(c->ask.call, GRANTS_MOST * sizeof(*steps));
    if (!steps)
        return PROXIMO_ENOMEM;
    if (json_object_array_length(entries->own) > GRANTS_MOST) {
        c->no_way_back =
            ask_text(&c->ask, "more than %u entries of the access list go with this user", GRANTS_MOST);
        return PROXIMO_OK;
    }
    c->back = steps;
    c->way_back = "creates the user again with the values and groups that stand under what_goes, and gives "
                  "the entries again; what stands under does_not_come_back stays lost";
    return grants_steps(&c->ask, entries->own, steps, &c->back_count);
}

int32_t user_tell_gone(struct config_change *c, const struct access_entries *entries)
{
    int32_t r = tell_lost(c, entries);
    if (r == PROXIMO_OK)
        r = access_entries_tell(&c->ask, entries, "user", c->id, c->undoing, &c->guards[c->guard_count]);
    if (r == PROXIMO_OK && c->guards[c->guard_count].path)
        c->guard_count++;
    if (r == PROXIMO_OK)
        r = user_tell_last(&c->ask, c->id);
    return r == PROXIMO_OK ? way_back(c, entries) : r;
}
