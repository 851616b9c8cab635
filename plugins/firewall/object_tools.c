/* SPDX-License-Identifier: Apache-2.0 */
/* The tools that change aliases, IP sets with their entries, and security groups. Sources: POST, PUT, DELETE
 * .../firewall/aliases, .../firewall/ipset, /cluster/firewall/groups. */
#include "entries.h"

/* A plan function and its way back for each kind and verb. */
#define OBJECT_FUNCTIONS(name, verb, kind)                                                                   \
    static int32_t name##_plan(void *instance, struct proximo_call *call)                                    \
    {                                                                                                        \
        return objects_plan_##verb(instance, call, (kind));                                                  \
    }
#define OBJECT_UNDO(name, kind)                                                                              \
    static int32_t name##_undo(void *instance, struct proximo_call *call, struct proximo_text record_json)   \
    {                                                                                                        \
        return objects_plan_undo(instance, call, (kind), record_json);                                       \
    }
OBJECT_FUNCTIONS(alias_create, create, &object_alias)
OBJECT_FUNCTIONS(alias_update, update, &object_alias)
OBJECT_FUNCTIONS(alias_delete, delete, &object_alias)
OBJECT_FUNCTIONS(ipset_create, create, &object_ipset)
OBJECT_FUNCTIONS(ipset_update, update, &object_ipset)
OBJECT_FUNCTIONS(ipset_delete, delete, &object_ipset)
OBJECT_FUNCTIONS(group_create, create, &object_group)
OBJECT_FUNCTIONS(group_update, update, &object_group)
OBJECT_FUNCTIONS(group_delete, delete, &object_group)
OBJECT_UNDO(alias, &object_alias)
OBJECT_UNDO(ipset, &object_ipset)
OBJECT_UNDO(group, &object_group)

#define NAME(words)                                                                                          \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "name", .format = "id", .flags = PROXIMO_PARAM_REQUIRED,      \
          .description = (words))
#define GROUP(words)                                                                                         \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "group", .format = "id", .flags = PROXIMO_PARAM_REQUIRED,     \
          .description = (words))
#define RENAME                                                                                               \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "rename", .format = "id", .description = "Its new name.")
#define COMMENT PARAM(.type = PROXIMO_TYPE_STRING, .name = "comment", .description = "A note; empty: none.")
#define CIDR(words, how)                                                                                     \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "cidr", .flags = (how), .description = (words))
#define FORCE(words)                                                                                         \
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "force", .default_json = "false", .description = (words))
#define NOMATCH                                                                                              \
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "nomatch",                                                   \
          .description = "Takes its addresses out of the set.")
#define ADDRESS "An address or a network: 10.1.0.5, 10.1.0.0/16, fd00::/64."
#define ENTRY   "The address, network or alias (dc/lan, guest/lan); host bits are cleared."

static const struct proximo_param alias_create_params[] = {NAME("A letter, then letters, digits, - and _."),
                                                           CIDR(ADDRESS, PROXIMO_PARAM_REQUIRED),
                                                           PLACE_PARAMS, COMMENT};
static const struct proximo_param alias_update_params[] = {
    NAME("The alias."), CIDR(ADDRESS, 0), PLACE_PARAMS, COMMENT, RENAME, PLACE_DIGEST};
static const struct proximo_param alias_delete_params[] = {NAME("The alias."), PLACE_PARAMS, PLACE_DIGEST};
static const struct proximo_param ipset_create_params[] = {
    NAME("A letter, then letters, digits, - and _; kept in small letters."), PLACE_PARAMS, COMMENT};
static const struct proximo_param ipset_update_params[] = {NAME("The set."), PLACE_PARAMS, COMMENT, RENAME};
static const struct proximo_param ipset_delete_params[] = {
    NAME("The set."), PLACE_PARAMS, FORCE("Also when it has entries; they go with it.")};
static const struct proximo_param entry_params[] = {NAME("The set."), CIDR(ENTRY, PROXIMO_PARAM_REQUIRED),
                                                    PLACE_PARAMS, COMMENT, NOMATCH};
static const struct proximo_param entry_remove_params[] = {
    NAME("The set."), CIDR(ENTRY, PROXIMO_PARAM_REQUIRED), PLACE_PARAMS, PLACE_DIGEST};
static const struct proximo_param group_create_params[] = {
    GROUP("A letter, then letters, digits, - and _, 18 at most; kept in small letters."), COMMENT};
static const struct proximo_param group_update_params[] = {GROUP("The group."), COMMENT, RENAME};
static const struct proximo_param group_delete_params[] = {GROUP("The group."),
                                                           FORCE("Also when it has rules; they go with it.")};

#define CHANGE_OF(change_subject, change_name, change_title, change_class, change_params, change_plan,       \
                  change_undo, words)                                                                        \
    {                                                                                                        \
        ROW(proximo_change), .undo_kind = PROXIMO_UNDO_FUNCTION, .name = (change_name),                      \
                             .title = (change_title), .description = (words),                                \
                             .params = PROXIMO_TABLE(change_params), .operation_class = (change_class),      \
                             .subject = (change_subject), .plan = (change_plan), .plan_undo = (change_undo)  \
    }
#define CHANGE(...)       CHANGE_OF("firewall/{scope}", __VA_ARGS__)
#define GROUP_CHANGE(...) CHANGE_OF("firewall-group/{group}", __VA_ARGS__)

static const struct proximo_change changes[] = {
    CHANGE(
        "pve_firewall_alias_create", "Create a firewall alias", "firewall.create", alias_create_params,
        alias_create_plan, alias_undo,
        "Creates an alias, a name for an address or a network, in the datacenter or in a guest. Rules and IP "
        "sets name it as dc/NAME or guest/NAME."),
    CHANGE("pve_firewall_alias_update", "Change a firewall alias", "firewall.alias", alias_update_params,
           alias_update_plan, alias_undo,
           "Changes an alias: its address, its comment, its name. The plan lists the rules and sets that use "
           "it; "
           "with another name they do not find it any more."),
    CHANGE("pve_firewall_alias_delete", "Delete a firewall alias", "firewall.alias", alias_delete_params,
           alias_delete_plan, alias_undo,
           "Deletes an alias. Rules that name it become invalid and match nothing; the plan lists them."),
    CHANGE(
        "pve_firewall_ipset_create", "Create an IP set", "firewall.create", ipset_create_params,
        ipset_create_plan, ipset_undo,
        "Creates an empty IP set in the datacenter or in a guest. Rules name it as +dc/NAME or +guest/NAME. "
        "management, blacklist and a guest's ipfilter-netN have a meaning of their own."),
    CHANGE("pve_firewall_ipset_update", "Change an IP set", "firewall.ipset", ipset_update_params,
           ipset_update_plan, ipset_undo,
           "Changes the comment or the name of an IP set. The plan lists the rules that use it; with another "
           "name "
           "they do not find it any more."),
    CHANGE("pve_firewall_ipset_delete", "Delete an IP set", "firewall.ipset", ipset_delete_params,
           ipset_delete_plan, ipset_undo,
           "Deletes an IP set. Rules that name it become invalid and match nothing; the plan lists them."),
    CHANGE("pve_firewall_ipset_entry_add", "Add to an IP set", "firewall.ipset", entry_params,
           entries_plan_add, entries_plan_undo,
           "Adds an address, a network or an alias to an IP set. With nomatch it takes these "
           "addresses out of a larger network of the set."),
    CHANGE(
        "pve_firewall_ipset_entry_update", "Change an entry of an IP set", "firewall.ipset", entry_params,
        entries_plan_update, entries_plan_undo,
        "Changes the comment of an entry of an IP set, and whether it takes its addresses out of the set."),
    CHANGE("pve_firewall_ipset_entry_remove", "Remove from an IP set", "firewall.ipset", entry_remove_params,
           entries_plan_remove, entries_plan_undo,
           "Removes an address, a network or an alias from an IP set."),
    GROUP_CHANGE("pve_firewall_security_group_create", "Create a security group", "firewall.create",
                 group_create_params, group_create_plan, group_undo,
                 "Creates an empty security group in the datacenter. pve_firewall_rule_add with group adds "
                 "its rules; a "
                 "rule with direction \"group\" calls it."),
    GROUP_CHANGE(
        "pve_firewall_security_group_update", "Change a security group", "firewall.group",
        group_update_params, group_update_plan, group_undo,
        "Changes the comment or the name of a security group. The plan lists the rules that call it; with "
        "another name they do nothing any more."),
    GROUP_CHANGE("pve_firewall_security_group_delete", "Delete a security group", "firewall.group",
                 group_delete_params, group_delete_plan, group_undo,
                 "Deletes a security group, with force also its rules, from the last to the first. Rules "
                 "that call it do "
                 "nothing any more; the plan lists them."),
};

#define CUTS (PROXIMO_CLASS_CUTS_OFF | PROXIMO_CLASS_WIDENS)
static const struct proximo_class classes[] = {
    FIREWALL_CLASS("firewall.create", "Create something that firewall rules can name", 0,
                   "Creates an alias, an IP set or a security group that nothing names yet."),
    FIREWALL_CLASS("firewall.alias", "Change a firewall alias", CUTS, "Changes or deletes an alias."),
    FIREWALL_CLASS("firewall.ipset", "Change an IP set", CUTS,
                   "Changes or deletes an IP set of the datacenter, or what it holds."),
    FIREWALL_CLASS("firewall.group", "Change a security group", CUTS, "Changes or deletes a security group."),
    FIREWALL_CLASS("firewall.guest.object", "Change an alias or IP set of a guest", 0,
                   "Changes or deletes an alias or an IP set of a guest, or what it holds."),
};

const struct topic firewall_topic_objects = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
