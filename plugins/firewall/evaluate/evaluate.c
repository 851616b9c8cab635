/* SPDX-License-Identifier: Apache-2.0 */
/* One packet: which places check it, and what they make of it together. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

static bool is_one(unsigned verdicts)
{
    return verdicts == FW_ACCEPT || verdicts == FW_DROP || verdicts == FW_REJECT;
}

/* What the nftables engine is known to do otherwise (its documentation and its rules): that is unknown there.
 */
static void doubt_engine(struct fw_walk *walk)
{
    const struct fw_packet *packet = walk->packet;
    const char *what = NULL;

    if (packet->proto == 1 || packet->proto == 58 || packet->proto == 2)
        what = "ICMP and IGMP";
    else if (walk->noise)
        what = "the noise filter";
    else if (walk->at_guest && ((unsigned)walk->verdict | walk->maybe) & FW_REJECT)
        what = "rejecting a guest's packets";
    else if (walk->by.kind == FW_BY_BUILTIN && fw_same(walk->by.word, "stale-mark"))
        what = "the accept mark";
    else if (walk->at_guest && fw_forwarding(walk->model))
        what = "forward and VNet rules";
    if (!what)
        return;
    fw_reason(walk, "the node %s the nftables engine, which differs in %s",
              walk->result->nftables == FW_YES ? "uses" : "may use", what);
    walk->maybe |= FW_ANY;
}

static bool forwards(const struct fw_rules *rules)
{
    if (!rules->read)
        return true;
    for (uint32_t i = 0; i < rules->count; i++) {
        if (rules->list[i].enabled && rules->list[i].type == FW_TYPE_FORWARD &&
            rules->list[i].state != FW_RULE_BAD)
            return true;
    }
    return false;
}

bool fw_forwarding(const struct fw_model *model)
{
    bool any = !model->vnets_read || !model->groups_read ||
               model->cluster.options.policy_forward != FW_ACCEPT || forwards(&model->cluster.rules) ||
               forwards(&model->host.rules);

    for (uint32_t i = 0; i < model->group_count && !any; i++)
        any = forwards(&model->groups[i].rules);
    for (uint32_t i = 0; i < model->vnet_count && !any; i++)
        any = model->vnets[i].options.enable != FW_NO;
    return any;
}

/* One place. Returns what may come out; the mark goes on to the next place. */
static unsigned check_hop(struct fw_walk *walk, enum fw_at at, const struct fw_guest *guest,
                          const struct fw_nic *nic)
{
    struct fw_result *result = walk->result;
    const struct fw_model *model = walk->model;
    struct fw_hop *hop = &result->hops[result->hop_count++];
    char netid[16];

    *hop = (struct fw_hop){.at = at, .vmid = guest ? guest->vmid : 0, .net = nic ? nic->net : 0};
    walk->direction = at == FW_AT_GUEST_OUT || at == FW_AT_HOST_OUT ? FW_OUT : FW_IN;
    walk->at_guest = guest != NULL;
    walk->netid = netid;
    walk->maybe = 0;
    walk->verdict = FW_UNKNOWN;
    walk->noise = false;
    if (guest) {
        (void)snprintf(netid, sizeof(netid), "net%u", nic->net);
        fw_walk_guest(walk, guest, nic);
    } else {
        fw_walk_host(walk);
    }
    if (model->cluster.options.enable == FW_MAYBE) {
        fw_reason(walk, "whether the cluster's firewall is on was not read");
        walk->maybe |= FW_ACCEPT;
    }
    if (model->refused[walk->family]) {
        fw_reason(walk, "iptables refuses a rule of this configuration, so an older rule set stays in force");
        walk->maybe |= FW_ANY;
    }
    if (model->host.options.nftables != FW_NO && walk->verdict != FW_UNKNOWN)
        doubt_engine(walk);
    if ((walk->maybe & FW_ACCEPT) && at == FW_AT_GUEST_OUT)
        walk->mark = FW_MAYBE;
    hop->possible = walk->maybe | (unsigned)walk->verdict;
    hop->verdict = is_one(hop->possible) ? walk->verdict : FW_UNKNOWN;
    hop->by = walk->by;
    return hop->possible;
}

static const char *bridge_of(const struct fw_end *end, const struct fw_nic *nic)
{
    switch (end->kind) {
    case FW_END_HOST: return "lo";
    case FW_END_OUTSIDE: return *end->bridge ? end->bridge : NULL;
    case FW_END_GUEST: break;
    }
    return nic ? nic->bridge : NULL;
}

struct sides {
    const struct fw_guest *from_guest, *to_guest;
    const struct fw_nic *from, *to;
};

static int find_sides(const struct fw_model *model, const struct fw_packet *packet, struct sides *sides)
{
    *sides = (struct sides){0};
    if (packet->from.kind == FW_END_GUEST)
        sides->from = fw_model_nic(model, packet->from.vmid, packet->from.net, &sides->from_guest);
    if (packet->to.kind == FW_END_GUEST)
        sides->to = fw_model_nic(model, packet->to.vmid, packet->to.net, &sides->to_guest);
    if ((packet->from.kind == FW_END_GUEST && !sides->from) ||
        (packet->to.kind == FW_END_GUEST && !sides->to) || packet->source.family != packet->dest.family ||
        (packet->source.family != 4 && packet->source.family != 6))
        return -EINVAL;
    return 0;
}

static unsigned go(struct fw_walk *walk, const struct sides *sides)
{
    const struct fw_packet *packet = walk->packet;
    unsigned stopped = 0, possible = FW_ACCEPT;
    struct step {
        bool checked;
        enum fw_at at;
        const struct fw_guest *guest;
        const struct fw_nic *nic;
        const char *iface;
    } steps[] = {
        {sides->from && sides->from->firewall && sides->from_guest->here, FW_AT_GUEST_OUT, sides->from_guest,
         sides->from, NULL},
        {packet->from.kind == FW_END_HOST, FW_AT_HOST_OUT, NULL, NULL, bridge_of(&packet->to, sides->to)},
        {sides->to && sides->to->firewall && sides->to_guest->here, FW_AT_GUEST_IN, sides->to_guest,
         sides->to, NULL},
        {packet->to.kind == FW_END_HOST, FW_AT_HOST_IN, NULL, NULL, bridge_of(&packet->from, sides->from)},
    };

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (!steps[i].checked)
            continue;
        walk->iface = steps[i].iface;
        possible = check_hop(walk, steps[i].at, steps[i].guest, steps[i].nic);
        stopped |= possible & ~(unsigned)FW_ACCEPT;
        walk->result->by = walk->by;
        if (!(possible & FW_ACCEPT))
            break;
    }
    return stopped | (possible & FW_ACCEPT);
}

int fw_evaluate(const struct fw_model *model, const struct fw_packet *packet, struct fw_result *ret_result)
{
    struct fw_result result = {.by = fw_by_builtin("no-firewall")};
    struct sides sides;
    struct fw_walk walk = {
        .model = model, .packet = packet, .result = &result, .family = packet->source.family == 6};

    int r = find_sides(model, packet, &sides);
    if (r < 0)
        return r;
    result.nftables = (enum fw_tri)model->host.options.nftables;
    if (model->cluster.options.enable == FW_NO) {
        result.by = fw_by_builtin("cluster-disabled");
        result.possible = FW_ACCEPT;
    } else {
        result.possible = go(&walk, &sides);
    }
    result.verdict = is_one(result.possible) ? (enum fw_verdict)result.possible : FW_UNKNOWN;
    *ret_result = result;
    return 0;
}
