/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups of HA, Proxmox VE 8: the nodes that their resources prefer or must be on. Sources: GET, POST
 * /cluster/ha/groups, GET, PUT, DELETE /cluster/ha/groups/{group}.
 */
#include "world.h"

static const struct config_key group_keys[] = {
    {.name = "nodes", .flags = CONFIG_LIST},
    {.name = "restricted", .absent = "0"},
    {.name = "nofailback", .absent = "0"},
    {.name = "comment"},
};
static const char *const computed[] = {"type", NULL};
static const struct proximo_need audit[] = {NEED("/", "Sys.Audit")};

/* The resources in the group, with commas; NULL: none. */
static const char *members_of(const struct ha_world *world, const char *group)
{
    const char *text = NULL;
    for (uint32_t r = 0; r < world->place.rule_count; r++) {
        const struct place_rule *rule = &world->place.rules[r];
        for (uint32_t i = 0; strcmp(rule->name, group) == 0 && i < rule->member_count; i++) {
            const char *sid = world->place.resources[rule->members[i]].sid;
            text = text ? ask_text(&world->ask, "%s, %s", text, sid) : sid;
        }
    }
    return text;
}

static int32_t check_removal(const struct config_change *c, const struct ha_world *world)
{
    const char *members = members_of(world, c->id);
    return members ? c->ask.host->fail(
                         c->ask.call, PROXIMO_ESTATE,
                         "HA group \"%s\" is used by %.300s: Proxmox keeps it until they are in none "
                         "(pve_ha_resource_update {delete: [group]})",
                         c->id, members)
                   : PROXIMO_OK;
}

int32_t ha_world_put_group(struct ha_world *world, const char *group, const char *nodes, bool restricted,
                           bool nofailback)
{
    const char *members = members_of(world, group), *list = NULL;
    const struct ha_rule_edit edit = {.name = group,
                                      .type = "node-affinity",
                                      .resources = members,
                                      .nodes = nodes,
                                      .strict = restricted,
                                      .nofailback = nofailback};
    int32_t r = ha_world_put_rule(world, &edit);
    for (uint32_t i = 0; r == PROXIMO_OK && i < world->place.resource_count; i++) {
        list = world->place.resources[i].sid;
        if (members && config_list_has(members, list))
            world->place.resources[i].failback = !nofailback;
    }
    return r;
}

static bool is_on(const char *value)
{
    return value && strcmp(value, "0") != 0;
}

static int32_t foresee(struct config_change *c, const struct ha_world *world)
{
    struct ha_world after;
    int32_t r = ha_world_copy(world, &after);
    if (r == PROXIMO_OK)
        r = ha_world_put_group(&after, c->id, config_after(c, "nodes"), is_on(config_after(c, "restricted")),
                               is_on(config_after(c, "nofailback")));
    return r == PROXIMO_OK ? ha_expect_moves(c, world, &after) : r;
}

static int32_t check(struct config_change *c)
{
    struct json_object *status DROP_JSON = NULL;
    struct ha_world world = {0};
    int32_t r = ha_check_change(&c->ask, "a change of HA groups", &status);
    if (r == PROXIMO_OK && c->verb != CONFIG_DELETE && !config_after(c, "nodes"))
        r = c->ask.host->fail(c->ask.call, PROXIMO_EINVAL, "nodes: a group cannot be without any");
    if (r < 0 || (r = ha_check_begin(c, status)) < 0)
        return r;
    r = ha_world_read(&c->ask, &world);
    if (r == PROXIMO_OK)
        r = c->verb == CONFIG_DELETE ? check_removal(c, &world) : ha_check_nodes(c, &world);
    if (r == PROXIMO_OK && c->verb == CONFIG_UPDATE)
        r = foresee(c, &world);
    ha_detail(c->subject_details, "nodes", config_after(c, "nodes"));
    ha_detail(c->subject_details, "restricted", config_after(c, "restricted"));
    ha_detail(c->subject_details, "nofailback", config_after(c, "nofailback"));
    ha_world_done(&world);
    return r;
}

static const struct config_kind group_kind = {
    .what = "HA group",
    .subject = "ha-group",
    .subject_member = "id",
    .id = "group",
    .list = HA_GROUPS,
    .one = HA_GROUPS "/{group}",
    .flags = CONFIG_DIGEST,
    .keys = group_keys,
    .key_count = sizeof(group_keys) / sizeof(group_keys[0]),
    .shown = computed,
    .needs = PROXIMO_TABLE(audit),
    .classes = {"ha.group.create", "ha.group.update", "ha.group.delete"},
    .check = check,
};

/* The release is looked at first: on 9 every request about a group fails. */
HA_PLAN(plan_create, ha_check_groups, &group_kind, CONFIG_CREATE)
HA_PLAN(plan_update, ha_check_groups, &group_kind, CONFIG_UPDATE)
HA_PLAN(plan_delete, ha_check_groups, &group_kind, CONFIG_DELETE)
HA_UNDO(plan_undo, &group_kind)

/* ---- reads */

static int32_t read_groups(void *instance, struct proximo_call *call)
{
    return ha_read_list(instance, call, ha_check_groups, HA_GROUPS, NULL, NULL);
}

static int32_t read_group(void *instance, struct proximo_call *call)
{
    return ha_read_one(instance, call, ha_check_groups, HA_GROUPS "/{group}", "group", NULL, "HA group");
}

/* ---- the tools */

#define GROUP_PARAM                                                                                          \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "group", .format = "id", .flags = PROXIMO_PARAM_REQUIRED,     \
          .description = "Name of the group.")
#define GROUP_VALUES                                                                                         \
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "restricted",                                                \
          .description = "true: its resources run on no other nodes, also when these are down."),            \
        PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "nofailback",                                            \
              .description = "true: they stay where they were taken to."),                                   \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "comment", .maximum = 4096,                               \
              .description = "A note kept with it.")

static const struct proximo_param group_params[] = {GROUP_PARAM};
static const struct proximo_param create_params[] = {
    GROUP_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "nodes", .flags = PROXIMO_PARAM_REQUIRED,
          .description = "Nodes, the more wanted with a higher priority: pve2:2, pve3."),
    GROUP_VALUES,
};
static const struct proximo_param update_params[] = {
    GROUP_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "nodes",
          .description = "Nodes, the more wanted with a higher priority: pve2:2, pve3."),
    GROUP_VALUES,
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "delete",
          .description = "Values to remove: restricted, nofailback, comment."),
};

static const struct proximo_column columns[] = {
    COLUMN(.name = "group"),
    COLUMN(.name = "nodes"),
    COLUMN(.name = "restricted"),
    COLUMN(.name = "nofailback"),
    COLUMN(.name = "comment", UNTRUSTED),
    COLUMN(.name = "digest", EXTRA),
};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_ha_groups_list", .title = "HA groups",
     .description =
         "Lists the HA groups of Proxmox VE 8: which nodes their resources prefer or must be on. Proxmox VE "
         "9 has rules instead: pve_ha_rules_list.",
     .path = HA_GROUPS, .columns = PROXIMO_TABLE(columns), .sort_by = "group", .needs = PROXIMO_TABLE(audit),
     .read = read_groups},
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE | PROXIMO_READ_AS_IS, .name = "pve_ha_group_get",
     .title = "One HA group", .description = "Shows one HA group of Proxmox VE 8 with all its values.",
     .params = PROXIMO_TABLE(group_params), .path = HA_GROUPS "/{group}", .needs = PROXIMO_TABLE(audit),
     .read = read_group},
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pve_ha_group_create", .title = "Create an HA group",
     .description =
         "Creates an HA group (Proxmox VE 8): nodes that its resources prefer, or with restricted must be "
         "on. It has an effect once resources are in it (pve_ha_resource_update). Undo deletes it.",
     .params = PROXIMO_TABLE(create_params), .operation_class = "ha.group.create",
     .subject = "ha-group/{group}", .needs = PROXIMO_TABLE(audit), .plan = plan_create,
     .plan_undo = plan_undo, .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "ha.group.delete"},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pve_ha_group_update",
     .title = "Change an HA group",
     .description =
         "Changes an HA group (Proxmox VE 8). Its guests may move at once: the plan says which, and what is "
         "different when a node fails. Undo writes the values from before.",
     .params = PROXIMO_TABLE(update_params), .operation_class = "ha.group.update",
     .subject = "ha-group/{group}", .needs = PROXIMO_TABLE(audit), .plan = plan_update,
     .plan_undo = plan_undo, .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .name = "pve_ha_group_delete", .title = "Delete an HA group",
     .description =
         "Deletes an HA group (Proxmox VE 8) that no resource is in. Undo creates it again with all its "
         "values.",
     .params = PROXIMO_TABLE(group_params), .operation_class = "ha.group.delete",
     .subject = "ha-group/{group}", .needs = PROXIMO_TABLE(audit), .plan = plan_delete,
     .plan_undo = plan_undo, .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "ha.group.create"},
};

#define GROUP_SCHEMA                                                                                         \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"ha-group\"},\"id\":{\"type\":\"string\"},"   \
    "\"nodes\":{\"type\":\"string\"},\"restricted\":{\"type\":\"string\"},\"nofailback\":{\"type\":"         \
    "\"string\"}},\"required\":[\"kind\",\"id\"]}"

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "ha.group.create", .title = "create an HA group",
     .description = "Nodes for HA resources that are put into it later.", .risk_floor = PROXIMO_RISK_LOW,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = GROUP_SCHEMA, .blast = ha_blast_group},
    {ROW(proximo_class), .name = "ha.group.update", .title = "change an HA group",
     .description = "Guests move, or go elsewhere when a node fails.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = GROUP_SCHEMA, .blast = ha_blast_group},
    {ROW(proximo_class), .name = "ha.group.delete", .title = "delete an HA group",
     .description = "No resource is in it any more.", .risk_floor = PROXIMO_RISK_LOW,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = GROUP_SCHEMA, .blast = ha_blast_group},
};

const struct topic ha_topic_groups = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
