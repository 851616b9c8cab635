/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a rule takes effect at all: what Proxmox checks when it reads the file. One finding is enough; the
 * order only decides which is told. What cannot be told (an unknown macro, a list that was not read) is
 * UNSURE.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

struct check {
    const struct fw_model *model;
    const struct fw_scope *own; /* the guest's names; at the cluster the cluster's own; or NULL */
    struct fw_rule *rule;
};

static void find(struct check *check, enum fw_rule_state state, const char *key, const char *words)
{
    if (check->rule->state >= state && check->rule->state != FW_RULE_GOOD &&
        !(check->rule->state == FW_RULE_UNSURE && state == FW_RULE_BAD))
        return;
    check->rule->state = state;
    check->rule->key = key;
    check->rule->words = words;
}

static void bad(struct check *check, const char *key, const char *words)
{
    find(check, FW_RULE_BAD, key, words);
}

static void unsure(struct check *check, const char *key, const char *words)
{
    if (check->rule->state == FW_RULE_GOOD)
        find(check, FW_RULE_UNSURE, key, words);
}

static void set_family(struct check *check, const char *key, unsigned family)
{
    if (family && check->rule->family && check->rule->family != family)
        bad(check, key, "IPv4 and IPv6 in one rule");
    else if (family)
        check->rule->family = (uint8_t)family;
}

static bool is_group_name(const char *word)
{
    const char *prefix, *name;

    return fw_name_split(word, false, &prefix, &name) && !*prefix;
}

static void check_type(struct check *check, enum fw_place place)
{
    const struct fw_rule *rule = check->rule;
    bool guest = place == FW_GUEST, vnet = place == FW_VNET, group = place == FW_GROUP;

    if (rule->type == FW_TYPE_OTHER || (guest && rule->type == FW_TYPE_FORWARD) ||
        (vnet && rule->type != FW_TYPE_FORWARD && rule->type != FW_TYPE_GROUP) ||
        (group && rule->type == FW_TYPE_GROUP))
        bad(check, "type", "this place has no rules of this type");
    if (!rule->word)
        bad(check, "action", "no action");
    else if (rule->type == FW_TYPE_GROUP && !is_group_name(rule->word))
        bad(check, "action", "not the name of a security group");
    else if (rule->type != FW_TYPE_GROUP && rule->action == FW_UNKNOWN)
        bad(check, "action", "neither ACCEPT, DROP nor REJECT");
    else if (rule->type == FW_TYPE_FORWARD && rule->action == FW_REJECT)
        bad(check, "action", "forward rules cannot reject");
}

/* A letter, then 1 to 20 letters, digits, underscores; `.10` or `:1` may follow. */
static bool is_iface(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    const char *tail = name + len;

    if (len < 2 || len > 21 || (name[0] >= '0' && name[0] <= '9') || name[0] == '_')
        return false;
    if (*tail == '.' || *tail == ':')
        return tail[1] && tail[1 + strspn(tail + 1, "0123456789")] == '\0';
    return *tail == '\0';
}

static void check_iface(struct check *check, enum fw_place place)
{
    const char *iface = check->rule->iface;

    if (!iface)
        return;
    if (place == FW_GROUP || place == FW_VNET)
        bad(check, "type", "an interface is not allowed here");
    if (place == FW_GUEST &&
        (strncmp(iface, "net", 3) != 0 || !iface[3] || iface[3 + strspn(iface + 3, "0123456789")] != '\0'))
        bad(check, "iface", "a guest's interfaces are net0, net1 ...");
    if (!is_iface(iface)) {
        if (strchr(iface, '-'))
            unsure(check, "iface", "versions differ in whether they take this interface's name");
        else
            bad(check, "iface", "not the name of an interface");
    }
}

static void check_port(struct check *check, const char *key, const char *text, bool icmp)
{
    const char *words = NULL, *proto = check->rule->proto;

    if (!fw_is_set(text))
        return;
    switch (fw_ports_check(text, icmp, &words)) {
    case FW_PORTS_BAD: bad(check, key, words); break;
    case FW_PORTS_UNSURE: unsure(check, key, words); break;
    case FW_PORTS_GOOD:
    case FW_PORTS_REFUSED: break;
    }
    if (!fw_is_set(proto))
        bad(check, "proto", "ports need a protocol");
    else if (!icmp && !fw_protocol_ports(proto))
        bad(check, key, "this protocol has no ports");
}

static void check_protocol(struct check *check)
{
    const struct fw_rule *rule = check->rule;
    struct fw_icmp type;
    bool icmp = fw_is_set(rule->proto) && fw_protocol_icmp(rule->proto);

    if (fw_is_set(rule->proto) && fw_protocol_number(rule->proto) < 0)
        bad(check, "proto", "not a protocol of /etc/protocols");
    if (icmp)
        set_family(check, "proto", strcmp(rule->proto, "icmp") == 0 ? 4 : 6);
    check_port(check, "dport", rule->dport, icmp);
    check_port(check, "sport", rule->sport, false);
    if (!fw_is_set(rule->icmp_type))
        return;
    if (!icmp)
        bad(check, "icmp-type", "an ICMP type needs the protocol icmp or icmpv6");
    else if (fw_is_set(rule->dport))
        bad(check, "icmp-type", "an ICMP type and a port");
    else if (fw_icmp_find(rule->icmp_type, rule->family, &type) < 0)
        bad(check, "icmp-type", "not an ICMP type of this family");
}

/* ---------------------------------------------------------------- addresses */

static void check_set_name(struct check *check, const char *key, const char *text)
{
    const struct fw_model *model = check->model;
    const struct fw_scope *own = check->own;
    const char *prefix, *name;

    if (!fw_name_split(text, true, &prefix, &name)) {
        bad(check, key, "not the name of an IP set");
        return;
    }
    /* Any place will do here; that the prefix's own place has it is only looked at when the rule is compiled.
     */
    if (fw_set_find(model->cluster.sets, model->cluster.set_count, name) ||
        (own && fw_set_find(own->sets, own->set_count, name)) ||
        fw_set_find(model->sdn, model->sdn_count, name))
        return;
    if (!model->cluster.sets_read || (own && !own->sets_read) || !model->sdn_read)
        unsure(check, key, "the IP sets were not read");
    else
        bad(check, key, "no such IP set");
}

static void check_alias(struct check *check, const char *key, const char *prefix, const char *name)
{
    bool maybe = false, unused = false;
    struct fw_net net;
    const char *cidr = fw_alias(check->model, check->own, prefix, name, &maybe);

    if (cidr) {
        if (fw_net_parse(cidr, strlen(cidr), &net) == 0)
            set_family(check, key, net.family);
        if (maybe && check->own && !check->own->aliases_read)
            unsure(check, key, "the guest's aliases were not read");
        return;
    }
    /* Another place has the name: that passes here, and fails when the rule is compiled. */
    if (fw_alias(check->model, check->own, "", name, &unused))
        return;
    if (maybe || unused)
        unsure(check, key, "the aliases were not read");
    else
        bad(check, key, "no such alias");
}

static bool is_short_address(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!strchr("0123456789./", text[i]))
            return false;
    }
    return len > 0;
}

static void check_list(struct check *check, const char *key, const char *text)
{
    unsigned family = 0, count = 0;
    bool range = false;

    for (const char *item = text;; item++) {
        size_t len = strcspn(item, ",");
        struct fw_net net;

        if (fw_range_parse(item, len, &net) < 0) {
            if (is_short_address(item, len))
                unsure(check, key, "an address that is not written in full");
            else
                bad(check, key, "not an address, network, range, alias or IP set");
            return;
        }
        if (family && family != net.family)
            bad(check, key, "IPv4 and IPv6 in one list");
        family = net.family;
        range = range || net.bits == 255;
        if (++count > FW_ITEMS_MOST)
            bad(check, key, "too many addresses in the list");
        item += len;
        if (*item == '\0' || check->rule->state == FW_RULE_BAD)
            break;
    }
    if (range && count > 1)
        bad(check, key, "a range in a list");
    set_family(check, key, family);
}

static void check_side(struct check *check, const char *key, const char *text)
{
    const char *prefix, *name;

    if (!fw_is_set(text))
        return;
    if (*text == '+') {
        if (strlen(text) > 65)
            bad(check, key, "the name is too long");
        check_set_name(check, key, text + 1);
    } else if (fw_name_split(text, false, &prefix, &name)) {
        if (strlen(text) > 64)
            bad(check, key, "the name is too long");
        check_alias(check, key, prefix, name);
    } else {
        check_list(check, key, text);
    }
}

/* ---------------------------------------------------------------- macros */

static bool contradicts(const char *of_macro, const char *of_rule)
{
    return of_macro && of_rule && strcmp(of_macro, of_rule) != 0;
}

/* A macro's own values may not differ from the rule's. An ICMP type in a macro stands where a port does. */
static void check_macro(struct check *check)
{
    const struct fw_rule *rule = check->rule;
    const struct fw_macro_entry *first;
    size_t count = rule->macro ? fw_macro_find(rule->macro, &first) : 0;

    if (!rule->macro)
        return;
    if (count == 0) {
        unsure(check, "macro", "a macro that is not in the table of pve-firewall 6.0.4");
        return;
    }
    unsigned only = fw_macro_family(first, count);
    if (rule->family && only && only != rule->family)
        return;
    unsigned family = rule->family == 6 || only == 6 ? 6 : 4;
    for (size_t i = 0; i < count; i++) {
        if (first[i].family && first[i].family != family)
            continue;
        if (contradicts(first[i].proto, rule->proto))
            bad(check, "proto", "the macro has another protocol");
        if (contradicts(first[i].dport, rule->dport) || contradicts(first[i].icmp_type, rule->dport))
            bad(check, "dport", "the macro has another port");
        if (contradicts(first[i].sport, rule->sport))
            bad(check, "sport", "the macro has another source port");
    }
}

void fw_rule_check(const struct fw_model *model, const struct fw_scope *scope, enum fw_place place,
                   struct fw_rule *rule)
{
    struct check check = {.model = model, .rule = rule, .own = place == FW_GUEST ? scope : NULL};

    check_type(&check, place);
    check_iface(&check, place);
    check_protocol(&check);
    check_side(&check, "source", rule->source);
    check_side(&check, "dest", rule->dest);
    if (rule->state != FW_RULE_BAD)
        check_macro(&check);
}
