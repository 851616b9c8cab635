/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firewall options of the datacenter, nodes, guests and virtual networks. What is not set is at Proxmox's
 * default, which GET does not show. Sources: GET, PUT .../firewall/options of every scope.
 */
#include "../common/config_object.h"
#include "place.h"

/* ---- what there is to set */

static const struct config_key cluster_keys[] = {
    {.name = "ebtables", .absent = "1"},
    {.name = "enable", .absent = "0"},
    {.name = "log_ratelimit", .flags = CONFIG_LIST},
    {.name = "policy_forward", .absent = "ACCEPT"},
    {.name = "policy_in", .absent = "DROP"},
    {.name = "policy_out", .absent = "ACCEPT"},
};
static const struct config_key node_keys[] = {
    {.name = "enable", .absent = "1"},
    {.name = "log_level_forward", .absent = "nolog"},
    {.name = "log_level_in", .absent = "nolog"},
    {.name = "log_level_out", .absent = "nolog"},
    {.name = "log_nf_conntrack", .absent = "0"},
    {.name = "ndp", .absent = "1"},
    {.name = "nf_conntrack_allow_invalid", .absent = "0"},
    {.name = "nf_conntrack_helpers", .flags = CONFIG_LIST},
    {.name = "nf_conntrack_max", .absent = "262144"},
    {.name = "nf_conntrack_tcp_timeout_established", .absent = "432000"},
    {.name = "nf_conntrack_tcp_timeout_syn_recv", .absent = "60"},
    {.name = "nftables", .absent = "0"},
    {.name = "nosmurfs", .absent = "1"},
    {.name = "protection_synflood", .absent = "0"},
    {.name = "protection_synflood_burst", .absent = "1000"},
    {.name = "protection_synflood_rate", .absent = "200"},
    {.name = "smurf_log_level", .absent = "nolog"},
    {.name = "tcp_flags_log_level", .absent = "nolog"},
    {.name = "tcpflags", .absent = "0"},
};
static const struct config_key guest_keys[] = {
    {.name = "dhcp"}, /* its description says 0, what it does is 1 */
    {.name = "enable", .absent = "0"},
    {.name = "ipfilter", .absent = "0"},
    {.name = "log_level_in", .absent = "nolog"},
    {.name = "log_level_out", .absent = "nolog"},
    {.name = "macfilter", .absent = "1"},
    {.name = "ndp", .absent = "1"},
    {.name = "policy_in", .absent = "DROP"},
    {.name = "policy_out", .absent = "ACCEPT"},
    {.name = "radv", .absent = "0"},
};
static const struct config_key vnet_keys[] = {
    {.name = "enable", .absent = "0"},
    {.name = "log_level_forward", .absent = "nolog"},
    {.name = "policy_forward", .absent = "ACCEPT"},
};
/* pve_firewall_set_enabled has this one alone. */
static const struct config_key off_key[] = {{.name = "enable", .argument = "enabled", .absent = "0"}};
static const struct config_key on_key[] = {{.name = "enable", .argument = "enabled", .absent = "1"}};

static int32_t check(struct config_change *change);

#define KEYS(table) .keys = (table), .key_count = sizeof(table) / sizeof((table)[0])
#define OF_HOSTS    "firewall.options"
#define OF_GUESTS   "firewall.guest.options"
#define SCOPE(scope_what, scope_kind, scope_member, scope_id, scope_path, scope_class, scope_keys)           \
    .what = (scope_what), .subject = (scope_kind), .subject_member = (scope_member), .id = (scope_id),       \
    .one = (scope_path), .flags = CONFIG_SINGLE | CONFIG_DIGEST, .check = check,                             \
    .classes = {(scope_class), (scope_class), (scope_class)}, KEYS(scope_keys)
#define CLUSTER(keys)                                                                                        \
    {                                                                                                        \
        SCOPE("firewall of the datacenter", "firewall", "id", NULL, "/cluster/firewall/options", OF_HOSTS,   \
              keys),                                                                                         \
            .subject_name = "cluster"                                                                        \
    }
#define NODE(keys)                                                                                           \
    {                                                                                                        \
        SCOPE("firewall of node", "node", "node", "node", "/nodes/{node}/firewall/options", OF_HOSTS, keys)  \
    }
#define GUEST(keys)                                                                                          \
    {                                                                                                        \
        SCOPE("firewall of guest", "guest", "vmid", "vmid", "/nodes/{node}/{kind}/{vmid}/firewall/options",  \
              OF_GUESTS, keys)                                                                               \
    }
#define VNET(keys)                                                                                           \
    {                                                                                                        \
        SCOPE("firewall of virtual network", "vnet", "vnet", "vnet",                                         \
              "/cluster/sdn/vnets/{vnet}/firewall/options", OF_GUESTS, keys)                                 \
    }
/* By the order of scopes here. */
static const char *const names[] = {"cluster", "node", "guest", "vnet"};
static const struct config_kind all_options[] = {CLUSTER(cluster_keys), NODE(node_keys), GUEST(guest_keys),
                                                 VNET(vnet_keys)};
static const struct config_kind only_enable[] = {CLUSTER(off_key), NODE(on_key), GUEST(off_key),
                                                 VNET(off_key)};

/* ---- what a change means */

static const char *scope_of(const struct config_change *c)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(all_options[i].subject, c->kind->subject) == 0)
            return names[i];
    }
    return "";
}

static int32_t tell_policy(const struct config_change *c, const char *scope)
{
    const char *in = config_after(c, "policy_in"), *out = config_after(c, "policy_out");
    if (strcmp(scope, "node") == 0)
        return tell_text(&c->ask, "what_holds_then",
                         "the node's rules, then the datacenter's, then the datacenter's policies: what no "
                         "rule accepts is dropped on the way in, unless they say otherwise");
    if (strcmp(scope, "vnet") == 0)
        return tell_text(&c->ask, "what_holds_then",
                         "its rules and policy_forward, on nodes whose firewall is the nftables one");
    return tell_text(
        &c->ask, "what_holds_then",
        ask_text(&c->ask, "what no rule accepts: policy_in %s%s, policy_out %s%s%s", in ? in : "DROP",
                 in ? "" : " (the default)", out ? out : "ACCEPT", out ? "" : " (the default)",
                 strcmp(scope, "cluster") == 0
                     ? "; on the way in to a node only the set \"management\", the local network "
                       "and corosync are accepted by themselves, on their ports"
                     : ""));
}

/* It goes on: is there anything that keeps it from having an effect? */
static int32_t tell_place(const struct config_change *c, const char *scope)
{
    struct place place = {.ask = c->ask, .scope = scope_named(scope), .id = c->id, .at_count = c->at_count};
    if (strcmp(scope, "cluster") == 0 || c->at_count > sizeof(place.at) / sizeof(place.at[0]))
        return PROXIMO_OK;
    memcpy(place.at, c->at, c->at_count * sizeof(c->at[0]));
    int32_t r = place_tell_off(&place, false);
    return r == PROXIMO_OK && strcmp(scope, "guest") == 0 ? place_tell_devices(&place) : r;
}

/* The firewall goes on or off, or its policies change. */
static int32_t tell_effect(const struct config_change *c, const char *scope)
{
    const struct config_edit *enable = config_edited(c, "enable");
    const char *policy = config_edited(c, "policy_in")        ? "policy_in"
                         : config_edited(c, "policy_out")     ? "policy_out"
                         : config_edited(c, "policy_forward") ? "policy_forward"
                                                              : NULL;
    const char *on = config_after(c, "enable");
    const bool by_default = strcmp(scope, "node") == 0;
    const bool is_on = on ? strcmp(on, "0") != 0 : by_default;
    if (enable && !is_on)
        return tell_text(&c->ask, "what_holds_then",
                         strcmp(scope, "cluster") == 0
                             ? "nothing is filtered anywhere in the cluster: no rule of any node, guest or "
                               "virtual network has an effect"
                             : "none of its rules has an effect: all traffic passes there");
    if (policy && !is_on)
        return tell_text(&c->ask, "no_effect_now", "this firewall is off (its option enable)");
    int32_t r = enable || policy ? tell_policy(c, scope) : PROXIMO_OK;
    return r == PROXIMO_OK && enable ? tell_place(c, scope) : r;
}

/* Members of the subject for the blast function; see firewall.h. */
static int32_t put_subject(struct config_change *c, const char *scope)
{
    struct json_object *edits DROP_JSON = json_object_new_array();
    struct json_object *edit = json_object_new_object(), *set = json_object_new_object();
    struct json_object *removed = json_object_new_array();
    c->subject_details = json_object_new_object();
    if (!edits || !edit || !set || !removed || !c->subject_details)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < c->count; i++) {
        const struct config_edit *one = &c->edits[i];
        if (one->to)
            json_object_object_add(set, one->key->name, json_object_new_string(one->to));
        else
            json_object_array_add(removed, json_object_new_string(one->key->name));
    }
    json_object_object_add(edit, "part", json_object_new_string("options"));
    json_object_object_add(edit, "op", json_object_new_string("set"));
    json_object_object_add(edit, "value", set);
    json_object_object_add(edit, "delete", removed);
    json_object_array_add(edits, edit);
    json_object_object_add(c->subject_details, "scope", json_object_new_string(scope));
    json_object_object_add(c->subject_details, "edit", json_object_new_string(json_text(edits).ptr));
    if (strcmp(scope, "guest") == 0) {
        json_object_object_add(c->subject_details, "node",
                               json_object_new_string(ask_argument(&c->ask, "node")));
        json_object_object_add(c->subject_details, "type",
                               json_object_new_string(ask_argument(&c->ask, "kind")));
    }
    return PROXIMO_OK;
}

static int32_t check(struct config_change *c)
{
    const char *scope = scope_of(c);
    const struct config_edit *enable = config_edited(c, "enable");
    if (enable && enable->to && !c->undoing && strcmp(enable->to, "0") != 0 && strcmp(enable->to, "1") != 0)
        return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                 "enable is 0 or 1; a larger number would switch the firewall off again by "
                                 "itself after a minute");
    int32_t r = c->undoing ? PROXIMO_OK : place_check_digest(&c->ask, c->now);
    if (r < 0 || c->count == 0)
        return r;
    r = put_subject(c, scope);
    return r == PROXIMO_OK ? tell_effect(c, scope) : r;
}

/* ---- the tools */

static int32_t plan(void *instance, struct proximo_call *call, const struct config_kind *kinds,
                    const struct proximo_text *record)
{
    struct place place;
    int32_t r = place_open(instance, call, &place);
    if (r == PROXIMO_OK)
        r = place_may_change(&place);
    if (r < 0)
        return r;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(place.scope->name, names[i]) != 0)
            continue;
        struct config_kind kind = kinds[i];
        kind.needs = (struct proximo_table)ROWS(place.needs, 1);
        return record ? config_plan_undo(place.ask.host, call, &kind, *record)
                      : config_plan(place.ask.host, call, &kind, CONFIG_UPDATE);
    }
    return place_has(&place, NULL, "options");
}

static int32_t options_plan(void *instance, struct proximo_call *call)
{
    return plan(instance, call, all_options, NULL);
}

static int32_t options_undo(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    return plan(instance, call, all_options, &record_json);
}

static int32_t enabled_plan(void *instance, struct proximo_call *call)
{
    return plan(instance, call, only_enable, NULL);
}

static int32_t enabled_undo(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    return plan(instance, call, only_enable, &record_json);
}

/* What is set, and what holds for the rest. */
static int32_t options_read(void *instance, struct proximo_call *call)
{
    struct json_object *set DROP_JSON = NULL;
    struct json_object *out DROP_JSON = json_object_new_object(), *otherwise = json_object_new_object();
    struct place place;
    int32_t r = place_open(instance, call, &place);
    if (r == PROXIMO_OK)
        r = place_has(&place, place.scope->options, "options");
    if (r == PROXIMO_OK)
        r = place_get(&place, place.scope->options, NULL, json_type_object, &set);
    for (size_t i = 0; r == PROXIMO_OK && i < sizeof(names) / sizeof(names[0]); i++) {
        const struct config_kind *kind = &all_options[i];
        for (uint32_t k = 0; strcmp(names[i], place.scope->name) == 0 && k < kind->key_count; k++) {
            if (kind->keys[k].absent && !member_of(set, kind->keys[k].name))
                json_object_object_add(otherwise, kind->keys[k].name,
                                       json_object_new_string(kind->keys[k].absent));
        }
    }
    if (!out || r < 0) {
        json_object_put(otherwise);
        return r < 0 ? r : PROXIMO_ENOMEM;
    }
    struct json_object *digest = json_object_get(member_of(set, "digest"));
    json_object_object_del(set, "digest");
    json_object_object_add(out, "scope", json_object_new_string(place.scope->name));
    if (place.scope->argument)
        json_object_object_add(out, place.scope->argument, json_object_new_string(place.id));
    json_object_object_add(out, "set", json_object_get(set));
    json_object_object_add(out, "defaults", otherwise);
    json_object_object_add(out, "digest", digest);
    const struct proximo_content block = {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON,
                                          .data = json_text(out)};
    return place.ask.host->reply(call, &block, 1);
}

static const struct proximo_param place_params[] = {PLACE_PARAMS, PLACE_VNET};
static const struct proximo_read reads[] = {
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE, .name = "pve_firewall_options_get",
     .title = "Firewall options",
     .description =
         "Shows the firewall options of the datacenter, a node, a guest or a virtual network: what is "
         "set, and Proxmox's defaults for the rest.",
     .params = PROXIMO_TABLE(place_params), .read = options_read},
};

static const struct proximo_param options_params[] = {
    PARAM(.type = PROXIMO_TYPE_OBJECT, .name = "options",
          .description = "By the API's names: {\"policy_in\": \"DROP\", \"log_level_in\": \"info\"}."),
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "delete",
          .description = "Options to remove: Proxmox's default holds again."),
    PLACE_PARAMS,
    PLACE_VNET,
    PLACE_DIGEST,
};
static const struct proximo_param enabled_params[] = {
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "enabled", .flags = PROXIMO_PARAM_REQUIRED,
          .description = "Whether the firewall there filters."),
    PLACE_PARAMS,
    PLACE_VNET,
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .name = "pve_firewall_options_set", .title = "Set firewall options and policies",
     .description =
         "Changes options of the firewall of the datacenter, a node, a guest or a virtual network: "
         "on or off, policies, filters, log levels. What is so already is left out; the plan says "
         "which connections it cuts off or lets in.",
     .params = PROXIMO_TABLE(options_params), .operation_class = "firewall.options", FIREWALL_SUBJECT,
     .plan = options_plan, .plan_undo = options_undo},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .name = "pve_firewall_set_enabled", .title = "Enable or disable a firewall",
     .description =
         "Changes whether the firewall of the datacenter, a node, a guest or a virtual network "
         "filters. On for the datacenter, its policy on the way in is DROP unless set otherwise; off "
         "there, nothing is filtered anywhere.",
     .params = PROXIMO_TABLE(enabled_params), .operation_class = "firewall.options", FIREWALL_SUBJECT,
     .plan = enabled_plan, .plan_undo = enabled_undo},
};

static const struct proximo_class classes[] = {
    FIREWALL_CLASS("firewall.options", "Change firewall options",
                   PROXIMO_CLASS_CUTS_OFF | PROXIMO_CLASS_WIDENS,
                   "Changes options of the firewall of the datacenter or a node."),
    FIREWALL_CLASS("firewall.guest.options", "Change firewall options of a guest", 0,
                   "Changes options of the firewall of a guest or a virtual network."),
};

const struct topic firewall_topic_options = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
