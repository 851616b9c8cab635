/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a rule holds for a packet: yes, no, or it cannot be told. */
#include <string.h>

#include "internal.h"

enum fw_tri fw_and(enum fw_tri a, enum fw_tri b)
{
    if (a == FW_NO || b == FW_NO)
        return FW_NO;
    return a == FW_YES && b == FW_YES ? FW_YES : FW_MAYBE;
}

enum fw_tri fw_not(enum fw_tri a)
{
    return a == FW_MAYBE ? FW_MAYBE : a == FW_YES ? FW_NO : FW_YES;
}

static enum fw_tri fw_or(enum fw_tri a, enum fw_tri b)
{
    return fw_not(fw_and(fw_not(a), fw_not(b)));
}

static enum fw_tri match_side(const struct fw_side *side, const struct fw_address *address)
{
    switch (side->kind) {
    case FW_SIDE_ANY: return FW_YES;
    case FW_SIDE_SET: return fw_set_has(side->set, address);
    case FW_SIDE_UNSURE: return FW_MAYBE;
    case FW_SIDE_NETS: break;
    }
    for (uint16_t i = 0; i < side->count; i++) {
        if (fw_net_has(&side->nets[i], address))
            return FW_YES;
    }
    return FW_NO;
}

static enum fw_tri match_icmp(const struct fw_icmp *type, const struct fw_packet *packet)
{
    if (type->any)
        return FW_YES;
    if (packet->icmp_type < 0)
        return FW_MAYBE;
    if (packet->icmp_type != type->type)
        return FW_NO;
    if (type->first == 0 && type->last == 255)
        return FW_YES;
    if (packet->icmp_code < 0)
        return FW_MAYBE;
    return packet->icmp_code >= type->first && packet->icmp_code <= type->last ? FW_YES : FW_NO;
}

static enum fw_tri match_line(const struct fw_match *match, const struct fw_packet *packet)
{
    enum fw_tri tri = FW_YES;

    if (match->family && match->family != packet->source.family)
        return FW_NO;
    if (match->proto > 0 && match->proto != packet->proto) /* protocol 0 is every protocol */
        return FW_NO;
    for (uint8_t i = 0; i < match->icmp_count; i++)
        tri = fw_and(tri, match_icmp(&match->icmp[i], packet));
    tri = fw_and(tri, fw_ports_match(&match->dports, packet->dport));
    return fw_and(tri, fw_ports_match(&match->sports, packet->sport));
}

/* The interface on the host is the bridge of the other side. What was not read may be its altname. */
static enum fw_tri match_iface(const struct fw_walk *walk, const char *iface)
{
    const struct fw_model *model = walk->model;

    if (walk->at_guest)
        return fw_same(iface, walk->netid) ? FW_YES : FW_NO;
    if (!walk->iface)
        return FW_MAYBE;
    if (fw_same(iface, walk->iface))
        return FW_YES;
    return model->altnames || strncmp(iface, "vmbr", 4) == 0 ? FW_NO : FW_MAYBE;
}

enum fw_tri fw_rule_match(const struct fw_walk *walk, const struct fw_rule *rule)
{
    const struct fw_packet *packet = walk->packet;
    enum fw_tri tri = FW_NO;

    if (!rule->enabled || rule->state == FW_RULE_BAD ||
        (rule->family && rule->family != packet->source.family) || rule->compiled[walk->family] == FW_SKIPPED)
        return FW_NO;
    enum fw_tri iface = rule->iface ? match_iface(walk, rule->iface) : FW_YES;
    if (rule->type == FW_TYPE_GROUP)
        return iface;
    /* Of an unknown macro nothing is known but the rule's own conditions. */
    if (rule->macro && rule->match_count == 0)
        tri = FW_MAYBE;
    for (uint16_t i = 0; i < rule->match_count && tri != FW_YES; i++)
        tri = fw_or(tri, match_line(&rule->matches[i], packet));
    tri = fw_and(tri, iface);
    tri = fw_and(tri, match_side(&rule->sides[0], &packet->source));
    tri = fw_and(tri, match_side(&rule->sides[1], &packet->dest));
    return rule->state == FW_RULE_UNSURE ? fw_and(tri, FW_MAYBE) : tri;
}
