/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tools about groups. Who is in a group is a value of the user (pve_user_update); with a group go its
 * memberships and its entries of the access list, and the way back brings back both. Sources: /access/groups,
 * /access/groups/{groupid}.
 */
#include "access.h"

#define MEMBERS_MOST 100u

/* ---- the way back of a removal: its members are put into it again, its entries are given again */

static int32_t members_steps(struct config_change *c, struct json_object *members, struct proximo_step *steps)
{
    const size_t count = json_object_array_length(members);
    struct proximo_field(*fields)[3] = c->ask.host->alloc(c->ask.call, (count + 1) * sizeof(*fields));
    for (size_t i = 0; fields && i < count; i++) {
        const char *user =
            ask_text(&c->ask, "%s", json_object_get_string(json_object_array_get_idx(members, i)));
        const char *name = ask_text(&c->ask, "member%zu", i);
        if (!user || !name)
            return PROXIMO_ENOMEM;
        fields[i][0] = FIELD("userid", user);
        fields[i][1] = FIELD("groups", c->id);
        fields[i][2] = FIELD("append", "1");
        steps[i] = access_request(name, "PUT", "/access/users/{userid}", fields[i], 3);
        steps[i].flags = PROXIMO_STEP_CONTINUE; /* one who is gone must not keep the others out */
    }
    return fields ? PROXIMO_OK : PROXIMO_ENOMEM;
}

static int32_t way_back(struct config_change *c, struct json_object *members,
                        const struct access_entries *entries)
{
    const size_t count = json_object_array_length(members);
    if (count > MEMBERS_MOST || json_object_array_length(entries->own) > GRANTS_MOST) {
        c->no_way_back =
            ask_text(&c->ask,
                     "it has more than %u members or %u entries, which is more than one plan puts "
                     "back",
                     MEMBERS_MOST, GRANTS_MOST);
        return PROXIMO_OK;
    }
    struct proximo_step *steps = c->ask.host->alloc(c->ask.call, (count + GRANTS_MOST) * sizeof(*steps));
    uint32_t grants = 0;
    int32_t r = steps ? members_steps(c, members, steps) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = grants_steps(&c->ask, entries->own, steps + count, &grants);
    c->back = steps;
    c->back_count = (uint32_t)count + grants;
    c->way_back = "creates the group again, puts its members into it and gives the entries again";
    return r;
}

/* ---- what is checked, guarded and said */

/* All groups that a member is in, as the list of users has them; NULL: not seen. */
static struct json_object *groups_of(struct json_object *users, const char *userid)
{
    const size_t count = json_object_is_type(users, json_type_array) ? json_object_array_length(users) : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(users, i);
        if (member_is(row, "userid", userid) && member_text(row, "groups"))
            return edit_names(member_text(row, "groups"));
    }
    return NULL;
}

static int32_t put_back(struct config_change *c, struct json_object *members,
                        const struct access_entries *entries)
{
    struct json_object *back = edit_list(edit_new("group", "groupid", c->id));
    struct looked users;
    int32_t r = access_users_look(&c->ask, &users);
    for (size_t i = 0; r == PROXIMO_OK && back && i < json_object_array_length(members); i++) {
        const char *userid = json_object_get_string(json_object_array_get_idx(members, i));
        struct json_object *groups = groups_of(users.data, userid);
        struct json_object *edit = groups ? edit_new("user", "userid", userid) : NULL;
        struct json_object *value = edit ? json_object_new_object() : NULL;
        if (!value) {
            json_object_put(groups);
            json_object_put(edit);
            continue;
        }
        json_object_object_add(value, "groups", groups);
        json_object_object_add(edit, "value", value);
        json_object_array_add(back, edit);
    }
    json_object_put(users.data);
    access_entries_edit(entries, back);
    const int32_t put = edit_put(&c->subject_details, "back", back);
    return r < 0 ? r : put;
}

static int32_t check_gone(struct config_change *c)
{
    struct access_entries entries = {0};
    struct json_object *members = member_of(c->now, "members");
    if (!json_object_is_type(members, json_type_array))
        return c->ask.host->fail(c->ask.call, PROXIMO_EPROTO, "the members of group \"%s\" were not read",
                                 c->id);
    int32_t r = access_entries_look(&c->ask, "group", c->id, &entries);
    if (r == PROXIMO_OK)
        r = access_entries_tell(&c->ask, &entries, "group", c->id, c->undoing, &c->guards[0]);
    if (r == PROXIMO_OK && c->guards[0].path)
        c->guard_count = 1;
    if (r == PROXIMO_OK)
        r = access_tell_list(&c->ask, "members", members);
    if (r == PROXIMO_OK)
        r = way_back(c, members, &entries);
    if (r == PROXIMO_OK)
        r = edit_put(&c->subject_details, "edit", edit_list(edit_new("group-remove", "groupid", c->id)));
    if (r == PROXIMO_OK && !c->no_way_back)
        r = put_back(c, members, &entries);
    access_entries_done(&entries);
    return r;
}

static int32_t check(struct config_change *c)
{
    if (c->verb == CONFIG_UPDATE)
        return edit_put(&c->subject_details, "edit", json_object_new_array());
    /* Whoever comes into the new group is not put out of it unseen by the way back. */
    c->more_fields = ",/members";
    if (c->verb == CONFIG_DELETE)
        return check_gone(c);
    c->guards[c->guard_count++] =
        (struct proximo_guard){ROW(proximo_guard), .flags = PROXIMO_GUARD_TOLERATE, .path = "/access/acl",
                               .fields = ask_text(&c->ask, "[ugid=%s]", c->id)};
    return edit_put(&c->subject_details, "edit", edit_list(edit_new("group", "groupid", c->id)));
}

/* ---- the object */

static const struct config_key group_keys[] = {{.name = "comment"}};
static const struct proximo_need audit[] = {NEED("/access/groups", "Group.Allocate|Sys.Audit")};
static const struct proximo_need allocate[] = {NEED("/access/groups", "Group.Allocate")};

static const char *const shown[] = {"members", NULL}; /* there may be thousands */

static const struct config_kind group_kind = {
    .what = "group",
    .subject = "group",
    .subject_member = "groupid",
    .id = "groupid",
    .list = "/access/groups",
    .one = "/access/groups/{groupid}",
    .flags = CONFIG_NO_DELETE,
    .keys = group_keys,
    .key_count = 1,
    .shown = shown,
    .needs = PROXIMO_TABLE(audit),
    .classes = {"group.create", "group.update", "group.delete"},
    .check = check,
};

static int32_t plan(void *instance, struct proximo_call *call, uint32_t verb)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    int32_t r = access_check_name(&a, "group", ask_argument(&a, "groupid"));
    return r == PROXIMO_OK ? config_plan(a.host, call, &group_kind, verb) : r;
}

static int32_t plan_create(void *instance, struct proximo_call *call)
{
    return plan(instance, call, CONFIG_CREATE);
}

static int32_t plan_update(void *instance, struct proximo_call *call)
{
    return plan(instance, call, CONFIG_UPDATE);
}

static int32_t plan_delete(void *instance, struct proximo_call *call)
{
    return plan(instance, call, CONFIG_DELETE);
}

static int32_t undo(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    return config_plan_undo(((struct plane_instance *)instance)->host, call, &group_kind, record_json);
}

/* ---- the tools */

#define GROUPID_PARAM                                                                                        \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "groupid", .flags = PROXIMO_PARAM_REQUIRED, .minimum = 1,     \
          .maximum = 128, .description = "Name of the group.")
static const struct proximo_param one_params[] = {GROUPID_PARAM};
static const struct proximo_param comment_params[] = {GROUPID_PARAM, COMMENT_PARAM};
static const struct proximo_column list_columns[] = {
    COLUMN(.name = "groupid"),
    COLUMN(.name = "users", .unit = "list"),
    COLUMN(.name = "comment", UNTRUSTED),
};
static const struct proximo_column get_columns[] = {
    COLUMN(.name = "members"),
    COLUMN(.name = "comment", UNTRUSTED),
};
static const struct proximo_need list_needs[] = {
    NEED("/access/groups", "Group.Allocate|Sys.Audit|User.Modify")};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_groups_list", .title = "Groups",
     .description = "Lists the groups of users with their members.", .path = "/access/groups",
     .columns = PROXIMO_TABLE(list_columns), .sort_by = "groupid", .needs = PROXIMO_TABLE(list_needs)},
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE, .name = "pve_group_get", .title = "Group",
     .description = "Shows one group of users: its members and its comment.",
     .params = PROXIMO_TABLE(one_params), .path = "/access/groups/{groupid}",
     .columns = PROXIMO_TABLE(get_columns), .needs = PROXIMO_TABLE(audit)},
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pve_group_create", .title = "Create a group",
     .description =
         "Creates a group of users without members. pve_user_update puts users into it. Undo deletes "
         "it, as long as nobody is in it and nothing was given to it.",
     .params = PROXIMO_TABLE(comment_params), .operation_class = "group.create", .subject = "group/{groupid}",
     .needs = PROXIMO_TABLE(allocate), .plan = plan_create, .plan_undo = undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "group.delete"},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pve_group_update",
     .title = "Change a group",
     .description =
         "Sets the comment of a group of users; members are put in and out with pve_user_update. Undo "
         "writes the comment from before.",
     .params = PROXIMO_TABLE(comment_params), .operation_class = "group.update", .subject = "group/{groupid}",
     .needs = PROXIMO_TABLE(allocate), .plan = plan_update, .plan_undo = undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .name = "pve_group_delete", .title = "Delete a group",
     .description =
         "Deletes a group of users: its members lose what was given to it. Its entries of the access "
         "list go with it. Undo creates it again with members and entries.",
     .params = PROXIMO_TABLE(one_params), .operation_class = "group.delete", .subject = "group/{groupid}",
     .needs = PROXIMO_TABLE(allocate), .plan = plan_delete, .plan_undo = undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "group.restore"},
};

#define GROUP_SCHEMA ACCESS_SCHEMA("group", "groupid")
static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "group.create", .title = "create a group",
     .description = "A group without members and rights.", .risk_floor = PROXIMO_RISK_LOW,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = GROUP_SCHEMA, .blast = acl_blast},
    {ROW(proximo_class), .name = "group.update", .title = "change a group",
     .description = "Nobody's rights change.", .risk_floor = PROXIMO_RISK_LOW,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = GROUP_SCHEMA, .blast = acl_blast},
    {ROW(proximo_class), .name = "group.delete", .title = "delete a group",
     .description = "The group, its memberships and the rights given to it are gone.",
     .risk_floor = PROXIMO_RISK_HIGH, .flags = PROXIMO_CLASS_DESTROYS | PROXIMO_CLASS_CUTS_OFF,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = GROUP_SCHEMA, .blast = acl_blast},
    {ROW(proximo_class), .name = "group.restore", .title = "create a deleted group again",
     .description = "With its members and its entries: they have again what it gives.",
     .risk_floor = PROXIMO_RISK_HIGH, .flags = PROXIMO_CLASS_WIDENS, .undo_kind = PROXIMO_UNDO_TEMPLATE,
     .subject_schema = GROUP_SCHEMA, .blast = access_blast_back},
};

const struct topic acl_topic_groups = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
