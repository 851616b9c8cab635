/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rule from the arguments of a call, and what can be known to be wrong with it before Proxmox says so, or
 * does not: a rule that calls a group and has conditions of its own is taken and then not read. Sources: GET
 * /cluster/firewall/macros, /cluster/firewall/groups, .../firewall/refs.
 */
#include "rules.h"

#include <strings.h>

static const struct {
    const char *field, *argument;
} arguments[] = {
    {"type", "direction"},  {"action", "action"}, {"enable", "enable"}, {"macro", "macro"},
    {"iface", "iface"},     {"source", "source"}, {"dest", "dest"},     {"proto", "proto"},
    {"sport", "sport"},     {"dport", "dport"},   {"log", "log"},       {"icmp-type", "icmp_type"},
    {"comment", "comment"},
};

PROXIMO_PRINTF(2, 3)
static int32_t wrong(const struct place *place, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    const char *words = ask_vtext(&place->ask, format, ap);
    va_end(ap);
    return words ? place->ask.host->fail(place->ask.call, PROXIMO_EINVAL, "%s", words) : PROXIMO_ENOMEM;
}

static bool is_one_of(const char *list, const char *word)
{
    const size_t len = strlen(word);
    for (const char *at = list; *at;) {
        const size_t part = strcspn(at, ",");
        if (part == len && memcmp(at, word, len) == 0)
            return true;
        at += part + (at[part] == ',');
    }
    return false;
}

/* ---- names that must be there */

/* The row of a list whose member is this name, in any case if `any_case`; NULL: none. */
static struct json_object *row_named(struct json_object *list, const char *member, const char *name,
                                     bool any_case)
{
    const size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *text = member_text(row, member);
        if (text && (any_case ? strcasecmp(text, name) : strcmp(text, name)) == 0)
            return row;
    }
    return NULL;
}

/* Proxmox keeps a macro in its own spelling. */
static int32_t check_macro(const struct place *place, struct json_object *rule)
{
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/firewall/macros"};
    const char *macro = member_text(rule, "macro");
    struct looked looked;
    int32_t r = macro ? ask_look(&place->ask, &get, &looked) : PROXIMO_OK;
    if (r < 0 || !macro)
        return r;
    const char *name = member_text(row_named(looked.data, "macro", macro, true), "macro");
    if (name)
        json_object_object_add(rule, "macro", json_object_new_string(name));
    else if (looked.data)
        r = wrong(place, "there is no macro \"%.64s\"; pve_firewall_macros lists them", macro);
    json_object_put(looked.data);
    return r;
}

static int32_t check_group(const struct place *place, struct json_object *rule)
{
    static const char *const conditions[] = {"macro", "source", "dest",      "proto",
                                             "sport", "dport",  "icmp-type", "log"};
    const struct proximo_get get = {ROW(proximo_get), .path = GROUPS_PATH};
    const char *group = member_text(rule, "action");
    struct looked looked;
    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        if (member_text(rule, conditions[i]))
            return wrong(place,
                         "a rule that calls a security group has no %s of its own: Proxmox would not read "
                         "the rule at all; put the condition into the group's rules",
                         conditions[i]);
    }
    int32_t r = ask_look(&place->ask, &get, &looked);
    if (r == PROXIMO_OK && looked.data && !row_named(looked.data, "group", group, false))
        r = wrong(place,
                  "there is no security group \"%.64s\" (names are in small letters): the rule would have no "
                  "effect; pve_security_groups_list shows them",
                  group);
    json_object_put(looked.data);
    return r;
}

/* "+dc/admins", "lan": a set or an alias that rules here may name. */
static int32_t check_reference(const struct place *place, const char *field, const char *value,
                               struct json_object *refs)
{
    const bool set = *value == '+';
    const char *name = set ? value + 1 : value, *slash = strchr(name, '/');
    const char *scope = slash ? ask_text(&place->ask, "%.*s", (int)(slash - name), name) : NULL;
    const size_t count = json_object_is_type(refs, json_type_array) ? json_object_array_length(refs) : 0;
    name = slash ? slash + 1 : name;
    if (scope && strcmp(scope, "sdn") == 0)
        return PROXIMO_OK;
    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(refs, i);
        const char *own = member_text(row, "name");
        if (own && member_is(row, "type", set ? "ipset" : "alias") &&
            (!scope || member_is(row, "scope", scope)) &&
            (set ? strcmp(own, name) : strcasecmp(own, name)) == 0)
            return PROXIMO_OK;
    }
    return wrong(place,
                 "%s: there is no %s \"%.100s\" that a rule of %s can name%s; pve_firewall_refs shows them",
                 field, set ? "IP set" : "alias", value, place->label,
                 set ? " (sets are named in small letters)" : "");
}

static int32_t check_references(const struct place *place, struct json_object *rule)
{
    static const char *const fields[] = {"source", "dest"};
    const char *path = place->scope->refs ? place->scope->refs : "/cluster/firewall/refs";
    struct looked looked = {0};
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < 2; i++) {
        const char *value = member_text(rule, fields[i]);
        const bool letter = value && ((*value >= 'a' && *value <= 'z') || (*value >= 'A' && *value <= 'Z'));
        if (!value || (*value != '+' && !(letter && !strpbrk(value, ":,."))))
            continue;
        if (!looked.data && !looked.status)
            r = place_look(place, path, NULL, &looked);
        if (r == PROXIMO_OK && looked.data) /* else Proxmox says it */
            r = check_reference(place, fields[i], value, looked.data);
    }
    json_object_put(looked.data);
    return r;
}

/* ---- what does not go together */

static int32_t check_type(const struct place *place, struct json_object *rule)
{
    const char *type = member_text(rule, "type"), *action = member_text(rule, "action");
    if (!action)
        return wrong(place, "action is missing: ACCEPT, DROP or REJECT, or with direction \"group\" the name "
                            "of a security group");
    if (!is_one_of(place->scope->types, type))
        return wrong(place, "%s takes rules of the directions %s, not %.20s", place->label,
                     place->scope->types, type);
    if (strcmp(type, "group") == 0)
        return check_group(place, rule);
    if (!is_one_of("ACCEPT,DROP,REJECT", action))
        return wrong(place,
                     "action is ACCEPT, DROP or REJECT (in capitals), not \"%.64s\"; a security group is "
                     "called with direction \"group\"",
                     action);
    if (strcmp(type, "forward") == 0 && strcmp(action, "REJECT") == 0)
        return wrong(place, "Proxmox has no REJECT for forwarded traffic; DROP does it without an answer");
    return PROXIMO_OK;
}

static int32_t check_iface(const struct place *place, struct json_object *rule)
{
    const char *iface = member_text(rule, "iface"), *scope = place->scope->name;
    if (!iface)
        return PROXIMO_OK;
    if (strcmp(scope, "group") == 0 || strcmp(scope, "vnet") == 0)
        return wrong(place, "rules of %s have no iface", place->label);
    if (strcmp(scope, "guest") == 0 &&
        (strncmp(iface, "net", 3) != 0 || !iface[3] || iface[3 + strspn(iface + 3, "0123456789")]))
        return wrong(place, "iface of a guest's rule is net0, net1, ..., not \"%.30s\"", iface);
    return PROXIMO_OK;
}

static int32_t check_ports(const struct place *place, struct json_object *rule)
{
    const char *proto = member_text(rule, "proto");
    const char *port = member_text(rule, "dport") ? "dport" : member_text(rule, "sport") ? "sport" : NULL;
    const bool icmp = proto && is_one_of("icmp,icmpv6,ipv6-icmp", proto);
    if (member_text(rule, "icmp-type") && (!icmp || port))
        return wrong(place, "icmp_type goes with proto icmp or ipv6-icmp, and without ports");
    if (port && !proto && !member_text(rule, "macro"))
        return wrong(place, "%s needs proto, such as tcp or udp", port);
    if (port && proto && !is_one_of("tcp,udp,sctp,dccp,udplite,6,17,33,132,136", proto) &&
        !(icmp && strcmp(port, "dport") == 0))
        return wrong(place, "proto %.30s has no ports", proto);
    return PROXIMO_OK;
}

/* ---- from the arguments */

/* A comment without spaces at its ends: Proxmox reads it back so. */
static const char *trimmed(const struct place *place, const char *text)
{
    text += strspn(text, " ");
    size_t len = strlen(text);
    while (len && text[len - 1] == ' ')
        len--;
    return ask_text(&place->ask, "%.*s", (int)len, text);
}

static int32_t take(const struct place *place, struct json_object *rule)
{
    for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
        const char *value = ask_argument(&place->ask, arguments[i].argument);
        if (!value)
            continue;
        if (strcmp(arguments[i].field, "enable") == 0)
            value = ask_flag(&place->ask, "enable") ? "1" : "0";
        value = trimmed(place, value);
        if (!value)
            return PROXIMO_ENOMEM;
        if (*value)
            json_object_object_add(rule, arguments[i].field, json_object_new_string(value));
        else
            json_object_object_del(rule, arguments[i].field);
    }
    return PROXIMO_OK;
}

static int32_t take_removals(const struct place *place, struct json_object *rule)
{
    struct json_object *all DROP_JSON = ask_arguments(&place->ask);
    struct json_object *list = member_of(all, "delete");
    const size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(list, i));
        const char *field = strcmp(name, "icmp_type") == 0 ? "icmp-type" : name;
        if (!is_one_of("macro,iface,source,dest,proto,sport,dport,log,icmp-type,comment", field))
            return wrong(
                place,
                "\"%.40s\" cannot be removed from a rule; what can: macro, iface, source, dest, proto, "
                "sport, dport, log, icmp_type, comment",
                name);
        if (member_of(all, name))
            return wrong(place, "\"%.40s\" is both set and removed", name);
        json_object_object_del(rule, field);
    }
    return PROXIMO_OK;
}

int32_t rule_from_arguments(const struct place *place, struct json_object *now, struct json_object **ret)
{
    struct json_object *rule = now ? rule_content(now) : json_object_new_object();
    int32_t r = rule ? take(place, rule) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && now)
        r = take_removals(place, rule);
    if (r == PROXIMO_OK)
        r = check_type(place, rule);
    if (r == PROXIMO_OK)
        r = check_iface(place, rule);
    if (r == PROXIMO_OK)
        r = check_macro(place, rule);
    if (r == PROXIMO_OK)
        r = check_ports(place, rule);
    if (r == PROXIMO_OK)
        r = check_references(place, rule);
    if (r == PROXIMO_OK)
        *ret = rule;
    else
        json_object_put(rule);
    return r;
}
