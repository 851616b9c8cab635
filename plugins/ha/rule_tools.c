/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of HA, Proxmox VE 9: on which nodes resources may be (node-affinity), which are to be together or
 * apart (resource-affinity). Sources: GET, POST /cluster/ha/rules, GET, PUT, DELETE /cluster/ha/rules/{rule}.
 */
#include "world.h"

/* PUT wants the type every time. */
static const struct config_key rule_keys[] = {
    {.name = "type", .argument = "rule_type", .flags = CONFIG_ALWAYS},
    {.name = "resources", .flags = CONFIG_LIST},
    {.name = "nodes", .flags = CONFIG_LIST},
    {.name = "strict", .absent = "0"},
    {.name = "affinity"},
    {.name = "disable", .absent = "0"},
    {.name = "comment"},
};
static const char *const computed[] = {"order", NULL};
static const struct proximo_need audit[] = {NEED("/", "Sys.Audit")};

/* ---- the words of a rule */

/* The id of the managed guest with this number; NULL: none. */
static const char *sid_of(const struct ha_world *world, const char *number)
{
    for (uint32_t i = 0; i < world->place.resource_count; i++) {
        const char *sid = world->place.resources[i].sid, *colon = strchr(sid, ':');
        if (colon && strcmp(colon + 1, number) == 0)
            return sid;
    }
    return NULL;
}

static int32_t unmanaged(const struct config_change *c, const char *word)
{
    return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                             "resources: \"%.64s\" is no HA resource; a rule names those that HA looks after "
                             "(pve_ha_resources_list), by id (vm:101, ct:105) or number",
                             word);
}

/* The ids of a list, with commas. What the rule names already may stay, whether HA looks after it or not. */
static int32_t resolve(const struct config_change *c, const struct ha_world *world,
                       const struct config_edit *edit, const char **ret)
{
    const struct asking *a = &c->ask;
    const char *rest = edit->to, *text = NULL;
    for (rest += strspn(rest, ",; "); *rest; rest += strspn(rest, ",; ")) {
        const size_t len = strcspn(rest, ",; ");
        const char *word = ask_text(a, "%.*s", (int)len, rest);
        const char *sid = word && !strchr(word, ':') ? sid_of(world, word) : word;
        rest += len;
        if (!word)
            return PROXIMO_ENOMEM;
        if (!sid || (world->resources_known && place_resource_find(&world->place, sid) < 0 &&
                     !(edit->was && config_list_has(edit->was, sid))))
            return unmanaged(c, word);
        text = text ? ask_text(a, "%s,%s", text, sid) : sid;
    }
    *ret = text;
    return PROXIMO_OK;
}

/* Numbers become ids; what HA does not look after is refused, as Proxmox does. */
static int32_t take_resources(struct config_change *c, const struct ha_world *world)
{
    for (uint32_t i = 0; i < c->count; i++) {
        struct config_edit *edit = &c->edits[i];
        if (strcmp(edit->key->name, "resources") != 0 || !edit->to)
            continue;
        int32_t r = resolve(c, world, edit, &edit->to);
        if (r < 0)
            return r;
        if (edit->to && edit->was && strcmp(edit->to, edit->was) == 0) { /* the same, by their numbers */
            memmove(edit, edit + 1, (c->count - i - 1) * sizeof(*edit));
            c->count--;
        }
        break;
    }
    return PROXIMO_OK;
}

/* Each type has values of its own. */
static int32_t check_values(const struct config_change *c, const char *type)
{
    static const struct {
        const char *key, *type;
        bool needed;
    } own[] = {{"nodes", "node-affinity", true},
               {"strict", "node-affinity", false},
               {"affinity", "resource-affinity", true}};
    const struct proximo_host *host = c->ask.host;
    const struct config_edit *edited = config_edited(c, "type");
    if (c->verb == CONFIG_UPDATE && edited)
        return host->fail(c->ask.call, PROXIMO_EINVAL,
                          "rule_type: rule \"%s\" is of type %s, which cannot be changed; create another one",
                          c->id, edited->was ? edited->was : "unknown");
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        const bool is_own = strcmp(type, own[i].type) == 0;
        const struct config_edit *edit = config_edited(c, own[i].key);
        if (edit && !is_own)
            return host->fail(c->ask.call, PROXIMO_EINVAL,
                              "%s: only a rule of type %s has it; this one is of type %s", own[i].key,
                              own[i].type, type);
        if (is_own && own[i].needed && !config_after(c, own[i].key))
            return host->fail(c->ask.call, PROXIMO_EINVAL, "%s: a rule of type %s cannot be without it",
                              own[i].key, type);
    }
    return config_after(c, "resources")
               ? PROXIMO_OK
               : host->fail(c->ask.call, PROXIMO_EINVAL,
                            "resources: a rule cannot be without any; to be rid of the "
                            "rule, pve_ha_rule_delete or disable");
}

static bool is_on(const char *value)
{
    return value && strcmp(value, "0") != 0;
}

/* The rule as it will be. */
static struct ha_rule_edit edited_rule(const struct config_change *c)
{
    return (struct ha_rule_edit){.name = c->id,
                                 .type = config_after(c, "type"),
                                 .resources = config_after(c, "resources"),
                                 .nodes = config_after(c, "nodes"),
                                 .affinity = config_after(c, "affinity"),
                                 .strict = is_on(config_after(c, "strict")),
                                 .off = is_on(config_after(c, "disable"))};
}

/* Proxmox refuses a rule that cannot hold beside the others. */
static int32_t check_conflicts(const struct config_change *c, const struct ha_world *before,
                               const struct ha_world *after)
{
    struct place_conflict found[HA_CONFLICTS_MOST];
    if (!ha_new_conflicts(before, after, found))
        return PROXIMO_OK;
    const char *name = after->place.rules[found[0].rule].name;
    const bool own = strcmp(name, c->id) == 0;
    return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL, "Proxmox would refuse rule \"%s\": %s%s%s%s", c->id,
                             own ? "" : "with it, of rule \"", own ? "" : name,
                             own ? "" : "\": ", ha_conflict_text(after, &found[0]));
}

static int32_t foresee(struct config_change *c, const struct ha_world *world)
{
    const struct ha_rule_edit edit = edited_rule(c);
    struct ha_world after;
    int32_t r = ha_world_copy(world, &after);
    if (r == PROXIMO_OK && c->verb == CONFIG_DELETE)
        ha_world_drop_rule(&after, c->id);
    else if (r == PROXIMO_OK)
        r = ha_world_put_rule(&after, &edit);
    if (r == PROXIMO_OK && c->verb != CONFIG_DELETE && !edit.off && world->rules_known &&
        world->resources_known)
        r = check_conflicts(c, world, &after);
    return r == PROXIMO_OK ? ha_expect_moves(c, world, &after) : r;
}

static void put_details(const struct config_change *c)
{
    static const char *const names[] = {"type", "resources", "nodes", "strict", "affinity", "disable"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        ha_detail(c->subject_details, names[i], config_after(c, names[i]));
}

static int32_t check(struct config_change *c)
{
    struct json_object *status DROP_JSON = NULL;
    struct ha_world world = {0};
    const char *type = config_after(c, "type");
    int32_t r = ha_check_change(&c->ask, "a change of HA rules", &status);
    if (r == PROXIMO_OK && !type)
        r = c->ask.host->fail(
            c->ask.call, PROXIMO_EINVAL,
            "rule_type is missing: node-affinity (on which nodes), or resource-affinity (together "
            "or apart)");
    if (r < 0 || (r = ha_check_begin(c, status)) < 0)
        return r;
    r = ha_world_read(&c->ask, &world);
    if (r == PROXIMO_OK && c->verb != CONFIG_DELETE)
        r = take_resources(c, &world);
    if (r == PROXIMO_OK && c->verb != CONFIG_DELETE && type)
        r = check_values(c, type);
    if (r == PROXIMO_OK)
        r = ha_check_nodes(c, &world);
    if (r == PROXIMO_OK)
        r = foresee(c, &world);
    if (r == PROXIMO_OK)
        put_details(c);
    ha_world_done(&world);
    return r;
}

static const struct config_kind rule_kind = {
    .what = "HA rule",
    .subject = "ha-rule",
    .subject_member = "id",
    .id = "rule",
    .list = HA_RULES,
    .one = HA_RULES "/{rule}",
    .flags = CONFIG_DIGEST,
    .keys = rule_keys,
    .key_count = sizeof(rule_keys) / sizeof(rule_keys[0]),
    .shown = computed,
    .needs = PROXIMO_TABLE(audit),
    .classes = {"ha.rule.create", "ha.rule.update", "ha.rule.delete"},
    .check = check,
};

/* The release is looked at first: 8 has no such path. */
HA_PLAN(plan_create, ha_check_rules, &rule_kind, CONFIG_CREATE)
HA_PLAN(plan_update, ha_check_rules, &rule_kind, CONFIG_UPDATE)
HA_PLAN(plan_delete, ha_check_rules, &rule_kind, CONFIG_DELETE)
HA_UNDO(plan_undo, &rule_kind)

/* ---- reads */

static int32_t read_rules(void *instance, struct proximo_call *call)
{
    return ha_read_list(instance, call, ha_check_rules, HA_RULES, "rule_type", "resource");
}

static int32_t read_rule(void *instance, struct proximo_call *call)
{
    return ha_read_one(instance, call, ha_check_rules, HA_RULES "/{rule}", "rule", NULL, "HA rule");
}

/* ---- the tools */

#define RULE_PARAM                                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "rule", .format = "id", .flags = PROXIMO_PARAM_REQUIRED,      \
          .description = "Name of the rule.")
#define RULE_VALUES                                                                                          \
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "resources",                                                 \
          .description = "HA resources that it is about: vm:101, ct:105, or their numbers."),                \
        PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "nodes",                                                 \
              .description =                                                                                 \
                  "Of node-affinity: nodes, the more wanted with a higher priority: pve2:2, pve3."),         \
        PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "strict",                                                \
              .description = "Of node-affinity, true: on no other nodes, also when these are down."),        \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "affinity", .choices = "positive,negative",               \
              .description =                                                                                 \
                  "Of resource-affinity: on one node (positive) or on different ones (negative)."),          \
        PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "disable", .description = "true: it is not followed."),  \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "comment", .maximum = 4096,                               \
              .description = "A note kept with it.")

static const struct proximo_param list_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "rule_type", .api_name = "type",
          .choices = "node-affinity,resource-affinity", .description = "Only rules of this type."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "resource", .maximum = 32,
          .description = "Only rules about this resource: vm:101, or a guest's number."),
};
static const struct proximo_param rule_params[] = {RULE_PARAM};
static const struct proximo_param create_params[] = {
    RULE_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "rule_type", .choices = "node-affinity,resource-affinity",
          .flags = PROXIMO_PARAM_REQUIRED,
          .description = "node-affinity: on which nodes; resource-affinity: together or apart."),
    RULE_VALUES,
};
static const struct proximo_param update_params[] = {
    RULE_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "rule_type", .choices = "node-affinity,resource-affinity",
          .description = "Not needed: the rule's own is taken. Another one is an error."),
    RULE_VALUES,
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "delete",
          .description = "Values to remove: strict, disable, comment."),
};

static const struct proximo_column columns[] = {
    COLUMN(.name = "rule"),      COLUMN(.name = "type"),
    COLUMN(.name = "resources"), COLUMN(.name = "nodes"),
    COLUMN(.name = "strict"),    COLUMN(.name = "affinity"),
    COLUMN(.name = "disable"),   COLUMN(.name = "comment", UNTRUSTED),
    COLUMN(.name = "order"),     COLUMN(.name = "digest", EXTRA),
};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_ha_rules_list", .title = "HA rules: node and resource affinity",
     .description =
         "Lists the rules of high availability (Proxmox VE 9): which nodes resources prefer or must be on, "
         "which resources are to be together or apart.",
     .params = PROXIMO_TABLE(list_params), .path = HA_RULES, .columns = PROXIMO_TABLE(columns),
     .count_by = "type", .sort_by = "order", .needs = PROXIMO_TABLE(audit), .read = read_rules},
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE | PROXIMO_READ_AS_IS, .name = "pve_ha_rule_get",
     .title = "One HA rule",
     .description = "Shows one rule of high availability (Proxmox VE 9) with all its values.",
     .params = PROXIMO_TABLE(rule_params), .path = HA_RULES "/{rule}", .needs = PROXIMO_TABLE(audit),
     .read = read_rule},
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pve_ha_rule_create", .title = "Create an HA rule",
     .description =
         "Creates a rule about where HA resources run: on which nodes (node-affinity), or together or apart "
         "(resource-affinity). Guests may move at once: the plan says which, where they go when a node "
         "fails, and which have nowhere to go then. Undo deletes it.",
     .params = PROXIMO_TABLE(create_params), .operation_class = "ha.rule.create", .subject = "ha-rule/{rule}",
     .needs = PROXIMO_TABLE(audit), .plan = plan_create, .plan_undo = plan_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "ha.rule.delete"},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pve_ha_rule_update",
     .title = "Change an HA rule",
     .description =
         "Changes a rule about where HA resources run, or switches it off or on. Guests may move at once: "
         "the plan says which, and what is different when a node fails. Undo writes the values from "
         "before.",
     .params = PROXIMO_TABLE(update_params), .operation_class = "ha.rule.update", .subject = "ha-rule/{rule}",
     .needs = PROXIMO_TABLE(audit), .plan = plan_update, .plan_undo = plan_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .name = "pve_ha_rule_delete", .title = "Delete an HA rule",
     .description =
         "Deletes a rule about where HA resources run. Guests may move at once, and go elsewhere when a "
         "node fails: the plan says which. Undo creates it again with all its values, as the last of the "
         "list.",
     .params = PROXIMO_TABLE(rule_params), .operation_class = "ha.rule.delete", .subject = "ha-rule/{rule}",
     .needs = PROXIMO_TABLE(audit), .plan = plan_delete, .plan_undo = plan_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "ha.rule.create"},
};

#define RULE_SCHEMA                                                                                          \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"ha-rule\"},\"id\":{\"type\":\"string\"},"    \
    "\"type\":{\"type\":\"string\"},\"resources\":{\"type\":\"string\"},\"nodes\":{\"type\":\"string\"},"    \
    "\"strict\":{\"type\":\"string\"},\"affinity\":{\"type\":\"string\"},\"disable\":{\"type\":\"string\"}}" \
    ","                                                                                                      \
    "\"required\":[\"kind\",\"id\"]}"

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "ha.rule.create", .title = "create an HA rule",
     .description = "Guests move, or go elsewhere when a node fails.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = RULE_SCHEMA, .blast = ha_blast_rule},
    {ROW(proximo_class), .name = "ha.rule.update", .title = "change an HA rule",
     .description = "Guests move, or go elsewhere when a node fails.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = RULE_SCHEMA, .blast = ha_blast_rule},
    {ROW(proximo_class), .name = "ha.rule.delete", .title = "delete an HA rule",
     .description = "Guests move, or go elsewhere when a node fails.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = RULE_SCHEMA, .blast = ha_blast_rule_delete},
};

const struct topic ha_topic_rules = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
