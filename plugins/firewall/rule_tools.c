/* SPDX-License-Identifier: Apache-2.0 */
/* The tools that change rules. Sources: POST .../rules, PUT, DELETE .../rules/{pos} of every scope. */
#include "rules.h"

/* In the words of the tool: `direction` is Proxmox's type. */
#define CONDITIONS                                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "source", .maximum = 512,                                     \
          .description = "From: address, network, range, comma list, alias, or +ipset. Absent: anywhere."),  \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "dest", .maximum = 512,                                   \
              .description = "To, in the same form."),                                                       \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "proto", .description = "tcp, udp, icmp, ..."),           \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "dport",                                                  \
              .description = "Ports of the destination: 22, 80,443, 8000:8010 or a service's name."),        \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "sport", .description = "Ports of the source."),          \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "macro",                                                  \
              .description = "Instead of proto and dport: SSH, HTTPS, ... (pve_firewall_macros)."),          \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "icmp_type",                                              \
              .description = "With proto icmp or ipv6-icmp: echo-request, ..."),                             \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "iface", .maximum = 20,                                   \
              .description = "Only this interface; of a guest net0, net1, ..."),                             \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "log",                                                    \
              .choices = "emerg,alert,crit,err,warning,notice,info,debug,nolog",                             \
              .description = "Logs what it matches, at this level."),                                        \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "comment", .description = "A note; empty: none.")
#define RULE_PLACE PLACE_PARAMS, PLACE_VNET, PLACE_GROUP
#define POSITION                                                                                             \
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "pos", .flags = PROXIMO_PARAM_REQUIRED, .minimum = 0,        \
          .maximum = RULES_MOST, .description = "The rule's position, from 0.")

static const struct proximo_param add_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "action", .flags = PROXIMO_PARAM_REQUIRED,
          .description = "ACCEPT, DROP or REJECT; with direction \"group\" the security group's name."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "direction", .choices = "in,out,forward,group",
          .default_json = "\"in\"", .description = "Which traffic; \"group\": calls a security group."),
    RULE_PLACE,
    CONDITIONS,
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "enable", .default_json = "true",
          .description = "false: it is there, and does nothing."),
};

static const struct proximo_param remove_params[] = {POSITION, RULE_PLACE};

static const struct proximo_param update_params[] = {
    POSITION,
    RULE_PLACE,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "action",
          .description = "ACCEPT, DROP or REJECT; with direction \"group\" the security group's name."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "direction", .choices = "in,out,forward,group",
          .description = "Which traffic; \"group\": calls a security group."),
    CONDITIONS,
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "enable",
          .description = "false: it is there, and does nothing."),
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "delete", .flags = PROXIMO_PARAM_NOT_SENT,
          .description = "Parts that the rule shall not have any more, such as source or dport."),
};

static const struct proximo_param move_params[] = {
    POSITION,
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "to", .flags = PROXIMO_PARAM_REQUIRED, .minimum = 0,
          .maximum = RULES_MOST, .description = "The position that it has afterwards."),
    RULE_PLACE,
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .undo_kind = PROXIMO_UNDO_FUNCTION, .name = "pve_firewall_rule_add",
     .title = "Add a firewall rule",
     .description =
         "Adds a firewall rule to the datacenter, a node, a guest, a virtual network or a security "
         "group. Proxmox puts it at position 0, before all others; the first rule that matches "
         "decides. pve_firewall_rule_move moves it.",
     .params = PROXIMO_TABLE(add_params), .operation_class = "firewall.rule", FIREWALL_SUBJECT,
     .plan = rules_plan_add, .plan_undo = rules_plan_undo},
    {ROW(proximo_change), .undo_kind = PROXIMO_UNDO_FUNCTION, .name = "pve_firewall_rule_remove",
     .title = "Remove a firewall rule",
     .description =
         "Removes the firewall rule at a position. The plan shows which one that is, and is refused "
         "when the list changes before it is applied. A disabled rule stays for later use: "
         "pve_firewall_rule_update with enable=false.",
     .params = PROXIMO_TABLE(remove_params), .operation_class = "firewall.rule", FIREWALL_SUBJECT,
     .plan = rules_plan_remove, .plan_undo = rules_plan_undo},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .name = "pve_firewall_rule_update", .title = "Change a firewall rule",
     .description =
         "Changes the firewall rule at a position: what is given is set, what stands in delete goes, "
         "the rest of the rule stays. Also enables and disables it.",
     .params = PROXIMO_TABLE(update_params), .operation_class = "firewall.rule", FIREWALL_SUBJECT,
     .plan = rules_plan_update, .plan_undo = rules_plan_undo},
    {ROW(proximo_change), .undo_kind = PROXIMO_UNDO_FUNCTION, .name = "pve_firewall_rule_move",
     .title = "Move a firewall rule",
     .description = "Moves a firewall rule to another position of its list. The first rule that matches "
                    "decides, so the order is part of what a list does.",
     .params = PROXIMO_TABLE(move_params), .operation_class = "firewall.rule", FIREWALL_SUBJECT,
     .plan = rules_plan_move, .plan_undo = rules_plan_undo},
};

static const struct proximo_class classes[] = {
    FIREWALL_CLASS("firewall.rule", "Change a firewall rule", PROXIMO_CLASS_CUTS_OFF | PROXIMO_CLASS_WIDENS,
                   "Adds, removes, changes or moves a rule of the datacenter, a node or a security group."),
    FIREWALL_CLASS("firewall.guest.rule", "Change a firewall rule of a guest", 0,
                   "Adds, removes, changes or moves a rule of a guest or a virtual network."),
};

const struct topic firewall_topic_rules = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
