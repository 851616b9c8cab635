/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a rule becomes in the rule set. A rule can pass every check and still not compile: a name whose prefix
 * does not hold it, an ICMP type that the protocol does not have. It is then left out with a warning
 * (SKIPPED), or iptables takes none of the rules (REFUSED).
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

#define IFACE_MOST 15 /* iptables' limit */

static const unsigned families[2] = {4, 6};

/* Only for the families that the rule is compiled for. */
static void fail(struct fw_rule *rule, unsigned only, enum fw_compiled how, const char *words)
{
    for (unsigned f = 0; f < 2; f++) {
        if ((rule->family && rule->family != families[f]) || (only && only != families[f]))
            continue;
        if (rule->compiled[f] == FW_COMPILED)
            rule->compiled[f] = (uint8_t)how;
        rule->skip_words = words;
    }
}

static void doubt(struct fw_rule *rule, const char *key, const char *words)
{
    if (rule->state == FW_RULE_GOOD) {
        rule->state = FW_RULE_UNSURE;
        rule->key = key;
        rule->words = words;
    }
}

/* ---------------------------------------------------------------- addresses */

static void compile_set(struct fw_model *model, const struct fw_scope *own, struct fw_rule *rule,
                        const char *text, struct fw_side *side)
{
    const char *prefix, *name;

    if (!fw_name_split(text, true, &prefix, &name))
        return;
    bool any = !*prefix;
    if (own && (any || strcmp(prefix, "guest/") == 0))
        side->set = fw_set_find(own->sets, own->set_count, name);
    if (!side->set && (any || strcmp(prefix, "dc/") == 0)) {
        side->set = fw_set_find(model->cluster.sets, model->cluster.set_count, name);
        /* The compiler has made this one by now, whoever defined the name. */
        if (!side->set && strcmp(name, "management") == 0)
            side->set = &model->management;
    }
    if (!side->set && (any || strcmp(prefix, "sdn/") == 0))
        side->set = fw_set_find(model->sdn, model->sdn_count, name);
    side->kind = side->set ? FW_SIDE_SET : FW_SIDE_UNSURE;
    if (!side->set && rule->state == FW_RULE_GOOD)
        fail(rule, 0, FW_SKIPPED, "no such IP set in the place that the prefix names");
}

static int take_net(struct fw_model *model, struct fw_side *side, const struct fw_net *net)
{
    side->nets = fw_take(&model->pool, 1, sizeof(*side->nets));
    if (!side->nets)
        return -ENOMEM;
    side->nets[0] = *net;
    side->count = 1;
    side->kind = FW_SIDE_NETS;
    return 0;
}

static int compile_alias(struct fw_model *model, const struct fw_scope *own, struct fw_rule *rule,
                         const char *prefix, const char *name, struct fw_side *side)
{
    bool maybe = false;
    struct fw_net net;
    const char *cidr = fw_alias(model, own, prefix, name, &maybe);

    side->kind = FW_SIDE_UNSURE;
    if (!cidr) {
        if (rule->state == FW_RULE_GOOD)
            fail(rule, 0, FW_SKIPPED, "no such alias in the place that the prefix names");
        return 0;
    }
    if (fw_net_parse(cidr, strlen(cidr), &net) < 0) {
        doubt(rule, "source", "an alias with an address that cannot be read");
        return 0;
    }
    for (unsigned f = 0; f < 2; f++) {
        if (families[f] != net.family)
            fail(rule, families[f], FW_REFUSED, "an address of the other family");
    }
    return take_net(model, side, &net);
}

static int compile_list(struct fw_model *model, const char *text, struct fw_side *side)
{
    size_t most = 1;

    for (const char *at = text; *at; at++)
        most += *at == ',';
    side->nets = fw_take(&model->pool, most, sizeof(*side->nets));
    if (!side->nets)
        return -ENOMEM;
    side->kind = FW_SIDE_NETS;
    for (const char *item = text; side->count < most; item++) {
        size_t len = strcspn(item, ",");

        if (fw_range_parse(item, len, &side->nets[side->count]) < 0)
            side->kind = FW_SIDE_UNSURE;
        else
            side->count++;
        item += len;
        if (*item == '\0')
            break;
    }
    return 0;
}

static int compile_side(struct fw_model *model, const struct fw_scope *own, struct fw_rule *rule,
                        const char *text, struct fw_side *side)
{
    const char *prefix, *name;

    if (!fw_is_set(text))
        return 0;
    if (*text == '+') {
        compile_set(model, own, rule, text + 1, side);
        return 0;
    }
    if (fw_name_split(text, false, &prefix, &name))
        return compile_alias(model, own, rule, prefix, name, side);
    return compile_list(model, text, side);
}

/* ---------------------------------------------------------------- protocol and ports */

static void add_icmp(struct fw_match *match, const struct fw_icmp *type)
{
    if (match->icmp_count < 2)
        match->icmp[match->icmp_count++] = *type;
}

/* What stands where a port does is a type here: a number, or a name of this family. */
static void compile_icmp_port(struct fw_rule *rule, struct fw_match *match, const char *proto,
                              const char *text)
{
    unsigned family = strcmp(proto, "icmp") == 0 ? 4 : 6;
    int64_t number = fw_digits(text, strlen(text), 255);
    struct fw_icmp type = {.type = (uint8_t)(number < 0 ? 0 : number), .last = 255};

    if (number < 0 && fw_icmp_find(text, family, &type) < 0)
        fail(rule, match->family, FW_SKIPPED, "not an ICMP type of this family");
    else
        add_icmp(match, &type);
}

static int compile_ports(struct fw_model *model, struct fw_rule *rule, struct fw_match *match,
                         const char *key, const char *text, struct fw_ports *ret_ports)
{
    enum fw_ports_state state;
    int r = fw_ports_make(&model->pool, text, match->proto, ret_ports, &state);

    if (r < 0)
        return r;
    if (state == FW_PORTS_REFUSED)
        fail(rule, match->family, FW_REFUSED, "a service name that this protocol does not have");
    else if (state != FW_PORTS_GOOD)
        doubt(rule, key, "a service name that is not in the table");
    return 0;
}

static int compile_match(struct fw_model *model, struct fw_rule *rule, struct fw_match *match,
                         const char *proto, const char *dport, const char *sport)
{
    struct fw_icmp type;

    match->proto = -1;
    if (!fw_is_set(proto))
        return 0;
    match->proto = fw_protocol_number(proto);
    if (rule->icmp_type && fw_icmp_find(rule->icmp_type, rule->family, &type) == 0)
        add_icmp(match, &type);
    if (dport && (strcmp(proto, "icmp") == 0 || strcmp(proto, "icmpv6") == 0)) {
        compile_icmp_port(rule, match, proto, dport);
    } else if (dport && !fw_protocol_ports(proto)) {
        fail(rule, match->family, FW_SKIPPED, "this protocol has no ports");
    } else if (fw_is_set(dport)) {
        int r = compile_ports(model, rule, match, "dport", dport, &match->dports);
        if (r < 0)
            return r;
    }
    return fw_is_set(sport) ? compile_ports(model, rule, match, "sport", sport, &match->sports) : 0;
}

/* Each entry of a macro becomes a line with the rule's own conditions beside it. */
static int compile_macro(struct fw_model *model, struct fw_rule *rule)
{
    const struct fw_macro_entry *first;
    size_t count = fw_macro_find(rule->macro, &first);

    rule->matches = fw_take(&model->pool, count + 1, sizeof(*rule->matches));
    if (!rule->matches)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        struct fw_match *match = &rule->matches[rule->match_count++];
        const char *dport = first[i].icmp_type ? first[i].icmp_type : first[i].dport;

        match->family = first[i].family;
        int r = compile_match(model, rule, match, first[i].proto ? first[i].proto : rule->proto,
                              dport ? dport : rule->dport, first[i].sport ? first[i].sport : rule->sport);
        if (r < 0)
            return r;
    }
    return 0;
}

int fw_rule_compile(struct fw_model *model, const struct fw_scope *scope, enum fw_place place,
                    struct fw_rule *rule)
{
    const struct fw_scope *own = place == FW_GUEST ? scope : NULL;
    int r;

    if (rule->type == FW_TYPE_GROUP)
        return 0;
    if ((r = compile_side(model, own, rule, rule->source, &rule->sides[0])) < 0 ||
        (r = compile_side(model, own, rule, rule->dest, &rule->sides[1])) < 0)
        return r;
    if (rule->iface && place != FW_GUEST && strlen(rule->iface) > IFACE_MOST)
        fail(rule, 0, FW_REFUSED, "iptables takes interface names of at most 15 characters");
    if (rule->macro) {
        r = compile_macro(model, rule);
    } else {
        rule->matches = fw_take(&model->pool, 1, sizeof(*rule->matches));
        rule->match_count = 1;
        r = rule->matches ? compile_match(model, rule, rule->matches, rule->proto, rule->dport, rule->sport)
                          : -ENOMEM;
    }
    if (r < 0)
        return r;
    for (unsigned f = 0; f < 2; f++) {
        bool used = rule->enabled && rule->state == FW_RULE_GOOD && rule->type <= FW_TYPE_OUT;

        if (used && place != FW_VNET && place != FW_GROUP && rule->compiled[f] == FW_REFUSED)
            model->refused[f] = true;
    }
    return 0;
}
