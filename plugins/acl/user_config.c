/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Users: what is checked, said and undone beside the values themselves. Groups are a value of the user here,
 * although Proxmox keeps them with the group. Sources: /access/users, /access/users/{userid}.
 */
#include "users.h"

#include "access.h"

static struct config_edit *groups_edit(struct config_change *c)
{
    for (uint32_t i = 0; i < c->count; i++) {
        if (strcmp(c->edits[i].key->name, "groups") == 0)
            return &c->edits[i];
    }
    return NULL;
}

static void drop_edit(struct config_change *c, struct config_edit *edit)
{
    const uint32_t at = (uint32_t)(edit - c->edits);
    c->count--;
    for (uint32_t i = at; i < c->count; i++)
        c->edits[i] = c->edits[i + 1];
}

/* With append only what is new is sent, so that rights on those groups are enough. */
static int32_t append_groups(struct config_change *c)
{
    struct config_edit *edit = groups_edit(c);
    const char *added = NULL;
    if (!edit)
        return PROXIMO_OK;
    struct json_object *given DROP_JSON = edit_names(edit->to);
    for (size_t i = 0; given && i < json_object_array_length(given); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(given, i));
        if (!config_list_has(edit->was, name) && !config_list_has(added, name))
            added = added ? ask_text(&c->ask, "%s,%s", added, name) : ask_text(&c->ask, "%s", name);
    }
    if (!added) {
        drop_edit(c, edit);
        return PROXIMO_OK;
    }
    edit->to = added;
    c->more[c->more_count++] = FIELD("append", "1");
    return tell_text(&c->ask, "groups_after",
                     edit->was ? ask_text(&c->ask, "%s,%s", edit->was, added) : added);
}

/* The groups that he will be in; new. */
static struct json_object *groups_after(struct config_change *c)
{
    const struct config_edit *edit = groups_edit(c);
    const bool append = edit && c->more_count && edit->was;
    return edit_names(append ? ask_text(&c->ask, "%s,%s", edit->was, edit->to) : config_after(c, "groups"));
}

/* A group that is not there is Proxmox's error; where all are seen, it is said before. */
static int32_t check_groups(struct config_change *c, struct json_object *names)
{
    static const struct proximo_need need[] = {
        NEED("/access/groups", "Group.Allocate|Sys.Audit|User.Modify")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/access/groups", .needs = ROWS(need, 1)};
    struct looked all = {0};
    int32_t r = ask_look(&c->ask, &get, &all);
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(names); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(names, i));
        bool found = !all.complete || !json_object_is_type(all.data, json_type_array);
        for (size_t k = 0; !found && k < json_object_array_length(all.data); k++)
            found = member_is(json_object_array_get_idx(all.data, k), "groupid", name);
        if (!found)
            r = c->ask.host->fail(c->ask.call, PROXIMO_ENOTFOUND, "there is no group \"%s\"", name);
    }
    json_object_put(all.data);
    return r;
}

/* Where a group list changes, its length is looked for: the names have no place of their own. */
static int32_t see_groups(struct config_change *c, struct json_object *after)
{
    const char *count = ask_text(&c->ask, "%zu", json_object_array_length(after));
    const struct proximo_field user = FIELD("userid", c->id);
    const struct proximo_step wait = {ROW(proximo_step),
                                      .kind = PROXIMO_STEP_WAIT,
                                      .path = "/access/users/{userid}",
                                      .select = "/groups",
                                      .wait_test = PROXIMO_WAIT_COUNT,
                                      .wait_value = count,
                                      .tolerate = "500",
                                      .interval_ms = 500,
                                      .deadline_ms = 15000,
                                      .params = ROWS(&user, 1)};
    if (!groups_edit(c))
        return PROXIMO_OK;
    return count ? c->ask.host->postcondition(c->ask.call, &wait) : PROXIMO_ENOMEM;
}

/* ---- creation and change */

/* Proxmox takes a user of a realm that does not exist, and a password where none can be kept. */
static int32_t check_realm(struct config_change *c)
{
    const char *realm = access_realm_of(c->id);
    struct json_object *all DROP_JSON = NULL, *row = NULL;
    int32_t r = access_realm_look(&c->ask, realm, &all, &row);
    if (r < 0)
        return r;
    if (!row)
        return c->ask.host->fail(c->ask.call, PROXIMO_ENOTFOUND,
                                 "there is no realm \"%s\"; pve_realms_list has those that there are", realm);
    const bool keeps = member_is(row, "type", "pve") || member_is(row, "type", "pam");
    if (config_edited(c, "password") && !keeps)
        return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                 "users of the realm \"%s\" have their passwords where it looks them up: no "
                                 "password can be set here",
                                 realm);
    if (member_is(row, "type", "pve") && !config_edited(c, "password"))
        r = tell_text(&c->ask, "login",
                      "no password is set: nobody can log in as this user until one is, with pveum passwd");
    if (r == PROXIMO_OK && member_of(row, "tfa"))
        r = tell_fact(&c->ask, "realm_requires_second_factor", json_object_get(member_of(row, "tfa")));
    return r;
}

static int32_t check_create(struct config_change *c, struct json_object *after)
{
    int32_t r = access_in_realm(&c->ask, access_realm_of(c->id));
    if (r == PROXIMO_OK)
        r = access_into_groups(&c->ask, after);
    if (r == PROXIMO_OK && !c->undoing)
        r = check_realm(c);
    /* What comes to the new user is not taken away unseen by the way back. */
    c->more_fields = ",/tokens";
    c->guards[c->guard_count++] =
        (struct proximo_guard){ROW(proximo_guard), .flags = PROXIMO_GUARD_TOLERATE, .path = "/access/acl",
                               .fields = ask_text(&c->ask, "[ugid=%s]", c->id)};
    return r;
}

static int32_t check_update(struct config_change *c)
{
    const struct config_edit *edit = groups_edit(c);
    struct json_object *given DROP_JSON = edit_names(edit ? edit->to : NULL);
    int32_t r = access_over_user(&c->ask, c->id, member_of(c->now, "groups"));
    if (r == PROXIMO_OK && edit)
        r = access_into_groups(&c->ask, given);
    const struct config_edit *enable = config_edited(c, "enable");
    if (r == PROXIMO_OK && enable && enable->to && strcmp(enable->to, "0") == 0)
        r = user_tell_last(&c->ask, c->id);
    return r;
}

/* ---- the change as a whole */

static int32_t put_edits(struct config_change *c, const struct access_entries *entries,
                         struct json_object *after)
{
    const bool goes = c->verb == CONFIG_DELETE;
    struct json_object *user =
        edit_user(c->id, config_after(c, "enable"), config_after(c, "expire"), json_object_get(after));
    struct json_object *now = edit_list(goes ? edit_new("user-remove", "userid", c->id) : user);
    int32_t r = edit_put(&c->subject_details, "edit", now);
    if (!goes)
        return r;
    struct json_object *back = edit_list(user);
    if (entries && !c->no_way_back)
        access_entries_edit(entries, back);
    const int32_t also = edit_put(&c->subject_details, "back", back);
    return r == PROXIMO_OK ? also : r;
}

/* As they were given: Proxmox would take "a b" for two. */
static int32_t check_given(struct config_change *c)
{
    struct json_object *arguments DROP_JSON = ask_arguments(&c->ask);
    struct json_object *groups = member_of(arguments, "groups");
    int32_t r = arguments ? PROXIMO_OK : PROXIMO_ENOMEM;
    for (size_t i = 0; r == PROXIMO_OK && json_object_is_type(groups, json_type_array) &&
                       i < json_object_array_length(groups);
         i++)
        r = access_check_name(&c->ask, "group", json_object_get_string(json_object_array_get_idx(groups, i)));
    return r;
}

static int32_t check_kept(struct config_change *c)
{
    int32_t r = c->undoing ? PROXIMO_OK : check_given(c);
    if (r == PROXIMO_OK && c->verb == CONFIG_UPDATE && !c->undoing && ask_flag(&c->ask, "append"))
        r = append_groups(c);
    struct json_object *after DROP_JSON = groups_after(c);
    if (!after)
        return PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && groups_edit(c))
        r = check_groups(c, after);
    if (r == PROXIMO_OK && config_edited(c, "expire") && !c->undoing)
        r = access_check_expire(&c->ask);
    if (r == PROXIMO_OK)
        r = c->verb == CONFIG_CREATE ? check_create(c, after) : check_update(c);
    if (r == PROXIMO_OK)
        r = see_groups(c, after);
    return r == PROXIMO_OK ? put_edits(c, NULL, after) : r;
}

static int32_t check_gone(struct config_change *c)
{
    struct access_entries entries = {0};
    struct json_object *groups DROP_JSON = edit_names(config_before(c, "groups"));
    if (strcmp(c->id, "root@pam") == 0)
        return c->ask.host->fail(
            c->ask.call, PROXIMO_EDENIED,
            "root@pam is not deleted: Proxmox itself works as it, and its tokens would go "
            "with it");
    int32_t r = access_in_realm(&c->ask, access_realm_of(c->id));
    if (r == PROXIMO_OK)
        r = access_over_user(&c->ask, c->id, groups);
    if (r == PROXIMO_OK)
        r = access_entries_look(&c->ask, "user", c->id, &entries);
    if (r == PROXIMO_OK)
        r = user_tell_gone(c, &entries);
    if (r == PROXIMO_OK)
        r = put_edits(c, &entries, groups);
    access_entries_done(&entries);
    return r;
}

static int32_t check(struct config_change *c)
{
    const int32_t r = access_check_user(&c->ask, c->id);
    return r < 0 ? r : c->verb == CONFIG_DELETE ? check_gone(c) : check_kept(c);
}

/* ---- the object */

static const struct config_key user_keys[] = {
    {.name = "enable", .absent = "1"},
    {.name = "expire", .absent = "0"},
    {.name = "groups", .flags = CONFIG_LIST},
    {.name = "firstname"},
    {.name = "lastname"},
    {.name = "email"},
    {.name = "comment"},
    {.name = "password", .flags = CONFIG_WRITE_ONLY},
};
static const char *const user_shown[] = {"keys", "realm-type", "totp-locked", "tfa-locked-until", NULL};
static const struct proximo_need user_needs[] = {NEED("/access/groups", "User.Modify|Sys.Audit")};

const struct config_kind user_kind = {
    .what = "user",
    .subject = "user",
    .subject_member = "userid",
    .id = "userid",
    .list = "/access/users",
    .one = "/access/users/{userid}",
    .flags = CONFIG_NO_DELETE,
    .keys = user_keys,
    .key_count = sizeof(user_keys) / sizeof(user_keys[0]),
    .shown = user_shown,
    .needs = PROXIMO_TABLE(user_needs),
    .classes = {"user.create", "user.update", "user.delete"},
    .check = check,
};
