/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of users and their passwords, and what goes with a user.
 */
#include "access.h"

#include <errno.h>
#include <string.h>

#define NAME_MIN 3
#define NAME_MAX 64

static const char *const texts[] = {"firstname", "lastname", "email", "comment", "keys", NULL};

static struct json_object *users(struct json_object *state)
{
    return sim_at(state, "/access/users");
}

static struct json_object *groups(struct json_object *state)
{
    return sim_at(state, "/access/groups");
}

int sim_username_check(const char *id, char *text, size_t size)
{
    size_t n = strlen(id);

    if (n < NAME_MIN) {
        (void)snprintf(text, size, "user name '%s' is too short\n", id);
        return -EINVAL;
    }
    if (n > NAME_MAX) {
        (void)snprintf(text, size, "user name '%s' is too long (%zu > %d)\n", id, n, NAME_MAX);
        return -EINVAL;
    }
    return sim_format_check("pve-userid", id, text, size);
}

void sim_put_texts(struct sim_call *call, struct json_object *entry, const char *const *fields)
{
    static const char blank[] = " \t\r\n";

    for (; *fields; fields++) {
        const char *given = sim_arg(call, *fields);
        size_t n;

        if (!given)
            continue;
        given += strspn(given, blank);
        n = strlen(given);
        while (n > 0 && strchr(blank, given[n - 1]))
            n--;
        if (n > 0)
            sim_set(entry, *fields, json_object_new_string_len(given, (int)n));
        else
            json_object_object_del(entry, *fields);
    }
}

/* ---- memberships ---- */

static size_t member_index(struct json_object *members, const char *user)
{
    size_t count = members ? json_object_array_length(members) : 0, i = 0;

    while (i < count && strcmp(json_object_get_string(json_object_array_get_idx(members, i)), user) != 0)
        i++;
    return i;
}

void sim_user_leave_groups(struct json_object *state, const char *user)
{
    json_object_object_foreach(groups(state), name, group)
    {
        struct json_object *members = sim_get(group, "users");
        size_t at = member_index(members, user);

        (void)name;
        if (members && at < json_object_array_length(members))
            (void)json_object_array_del_idx(members, at, 1);
    }
}

void sim_user_join_group(struct json_object *state, const char *user, const char *group)
{
    struct json_object *entry = sim_get(groups(state), group), *members = sim_get(entry, "users");

    if (!members) {
        members = json_object_new_array();
        sim_set(entry, "users", members);
    }
    if (member_index(members, user) == json_object_array_length(members))
        json_object_array_add(members, json_object_new_string(user));
}

/* With `apply` false the groups are only looked for. */
static int each_group(struct sim_call *call, const char *user, const char *prefix, bool apply)
{
    const char *at = sim_arg(call, "groups");
    char name[256];

    while (at && sim_next_word(&at, name, sizeof name)) {
        if (apply)
            sim_user_join_group(call->state, user, name);
        else if (!sim_get(groups(call->state), name))
            return sim_fail(call, 500, "%s: no such group '%s'\n", prefix, name);
    }
    return 0;
}

/* ---- passwords ---- */

static struct json_object *passwords(struct json_object *state)
{
    return sim_at(state, "/secret/passwords");
}

/* Does the realm keep passwords that can be set? */
static int check_settable(struct sim_call *call, const char *user, const char *prefix)
{
    const char *realm = strrchr(user, '@') + 1, *type;
    struct json_object *entry = sim_get(sim_at(call->state, "/access/realms"), realm);

    if (!entry)
        return sim_fail(call, 500, "%sauth domain '%s' does not exist\n", prefix, realm);
    type = sim_str(entry, "type", "");
    if (strcmp(type, "pve") == 0 || strcmp(type, "pam") == 0)
        return 0;
    return sim_fail(call, 500, "%scan't set password on auth type '%s'\n", prefix, type);
}

static void set_password(struct sim_call *call, const char *user)
{
    if (passwords(call->state))
        sim_set_str(passwords(call->state), user, sim_arg(call, "password"));
}

/* The one who asks shows that it is he; only root@pam itself need not. */
int sim_password_change(struct sim_call *call)
{
    const char *user = sim_arg(call, "userid"), *own = sim_arg(call, "confirmation-password");

    if (!own && strcmp(call->who, "root@pam") != 0)
        return sim_fail_param(call, "confirmation-password", "password is required to modify user");
    if (own && !sim_password_is(call, call->who, own))
        return sim_fail(call, 401, "authentication failure\n");
    if (check_settable(call, user, "") < 0)
        return -EINVAL;
    set_password(call, user);
    return 0;
}

/* ---- users ---- */

int sim_user_create(struct sim_call *call)
{
    static const char prefix[] = "create user failed";
    const char *user = sim_arg(call, "userid");
    struct json_object *entry;

    if (sim_get(users(call->state), user))
        return sim_fail(call, 500, "%s: user '%s' already exists\n", prefix, user);
    if (sim_arg(call, "password") && check_settable(call, user, "create user failed: ") < 0)
        return -EINVAL;
    if (each_group(call, user, prefix, false) < 0)
        return -EINVAL;
    entry = json_object_new_object();
    sim_set_int(entry, "enable", sim_arg_int(call, "enable", 1));
    sim_set_int(entry, "expire", sim_arg_int(call, "expire", 0));
    sim_put_texts(call, entry, texts);
    sim_set(users(call->state), user, entry);
    (void)each_group(call, user, prefix, true);
    if (sim_arg(call, "password"))
        set_password(call, user);
    sim_touch(call->sim);
    return 0;
}

int sim_user_update(struct sim_call *call)
{
    static const char prefix[] = "update user failed";
    static const char *const numbers[] = {"enable", "expire"};
    const char *user = sim_arg(call, "userid");
    struct json_object *entry = sim_get(users(call->state), user);

    if (!entry)
        return sim_fail(call, 500, "%s: no such user ('%s')\n", prefix, user);
    if (each_group(call, user, prefix, false) < 0)
        return -EINVAL;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (sim_arg(call, numbers[i]))
            sim_set_int(entry, numbers[i], sim_arg_int(call, numbers[i], 0));
    }
    sim_put_texts(call, entry, texts);
    if (sim_arg(call, "groups") && !sim_arg_int(call, "append", 0))
        sim_user_leave_groups(call->state, user);
    (void)each_group(call, user, prefix, true);
    sim_touch(call->sim);
    return 0;
}

void sim_user_forget(struct sim *sim, const char *user)
{
    struct json_object *tokens = sim_get(sim_get(users(sim->state), user), "tokens");
    char id[400];

    if (tokens) {
        json_object_object_foreach(tokens, name, token)
        {
            (void)token;
            (void)snprintf(id, sizeof id, "%s!%s", user, name);
            sim_secret_forget(sim, id);
            sim_acl_forget_of(sim->state, "token", id);
        }
    }
    sim_acl_forget_of(sim->state, "user", user);
    sim_user_leave_groups(sim->state, user);
    if (passwords(sim->state))
        json_object_object_del(passwords(sim->state), user);
    if (sim_at(sim->state, "/access/tfa"))
        json_object_object_del(sim_at(sim->state, "/access/tfa"), user);
    json_object_object_del(users(sim->state), user);
}

int sim_user_delete(struct sim_call *call)
{
    const char *user = sim_arg(call, "userid");

    if (!sim_get(users(call->state), user))
        return sim_fail(call, 500, "delete user failed: no such user ('%s')\n", user);
    sim_user_forget(call->sim, user);
    sim_touch(call->sim);
    return 0;
}

/* Too many wrong codes lock a user's second factors. Was it so? */
int sim_user_unlock(struct sim_call *call)
{
    static const char *const locks[] = {"totp-locked", "tfa-locked-until"};
    struct json_object *entry = sim_get(users(call->state), sim_arg(call, "userid"));
    bool was = false;

    if (!entry)
        return sim_fail(call, 500, "no such user ('%s')\n", sim_arg(call, "userid"));
    for (size_t i = 0; i < sizeof locks / sizeof *locks; i++) {
        was = was || sim_get(entry, locks[i]);
        json_object_object_del(entry, locks[i]);
    }
    call->data = json_object_new_int(was);
    sim_touch(call->sim);
    return 0;
}
