/* SPDX-License-Identifier: Apache-2.0 */
/* What the node itself lets in and out. */
#include <string.h>

#include "internal.h"

#define IGMP 2
#define TCP  6
#define UDP  17

static const struct {
    uint16_t first, last;
    bool out; /* also towards the local network */
} management[] = {
    {8006, 8006, true}, {5900, 5999, true}, {3128, 3128, true}, {22, 22, true}, {60000, 60050, false},
};

static bool walk_management(struct fw_walk *walk)
{
    const struct fw_model *model = walk->model;
    const struct fw_packet *packet = walk->packet;
    bool in = walk->direction == FW_IN;
    enum fw_tri port = FW_NO, address;

    for (size_t i = 0; packet->proto == TCP && i < sizeof(management) / sizeof(management[0]); i++) {
        enum fw_tri tri = in || management[i].out
                              ? fw_port_in(packet->dport, management[i].first, management[i].last)
                              : FW_NO;

        port = tri == FW_YES || port == FW_NO ? tri : port;
        if (port == FW_YES)
            break;
    }
    if (in)
        address = fw_set_has(&model->management, &packet->source);
    else if (!model->local_known)
        address = FW_MAYBE;
    else
        address = fw_net_has(&model->local, &packet->dest) ? FW_YES : FW_NO;
    return fw_decide(walk, fw_and(port, address), FW_ACCEPT,
                     fw_by_builtin(in ? "management" : "local_network"),
                     "whether the address is in the local network is not known");
}

static bool is_multicast(const struct fw_packet *packet)
{
    return packet->dest_cast == FW_MULTICAST;
}

static bool same_address(const struct fw_address *a, const struct fw_address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* Between this node's address and another's of the same link. */
static bool walk_corosync(struct fw_walk *walk)
{
    const struct fw_model *model = walk->model;
    const struct fw_packet *packet = walk->packet;
    const struct fw_address *here = walk->direction == FW_IN ? &packet->dest : &packet->source;
    const struct fw_address *there = walk->direction == FW_IN ? &packet->source : &packet->dest;
    enum fw_tri port = packet->proto == UDP ? fw_port_in(packet->dport, 5404, 5405) : FW_NO, link = FW_NO;

    if (port == FW_NO)
        return false;
    if (!model->corosync_read)
        link = FW_MAYBE;
    else if (model->corosync_multicast && is_multicast(packet))
        link = FW_YES;
    for (uint32_t i = 0; i < model->ring_count && link == FW_NO; i++) {
        const struct fw_ring *own = &model->rings[i];

        if (!fw_same(own->node, model->node) || !same_address(&own->address, here))
            continue;
        for (uint32_t k = 0; k < model->ring_count; k++) {
            const struct fw_ring *other = &model->rings[k];

            if (!fw_same(other->node, model->node) && strcmp(other->key, own->key) == 0 &&
                same_address(&other->address, there))
                link = FW_YES;
        }
    }
    return fw_decide(walk, fw_and(port, link), FW_ACCEPT, fw_by_builtin("corosync"),
                     "the cluster's addresses were not read");
}

void fw_walk_host(struct fw_walk *walk)
{
    const struct fw_model *model = walk->model;
    const struct fw_packet *packet = walk->packet;
    const struct fw_options *options = &model->host.options;
    bool loop = packet->from.kind == FW_END_HOST && packet->to.kind == FW_END_HOST;

    if (fw_decide(walk, fw_not((enum fw_tri)options->enable), FW_ACCEPT, fw_by_builtin("no-firewall"),
                  "whether the node's firewall is on was not read"))
        return;
    if (fw_decide(walk, loop ? FW_YES : FW_NO, FW_ACCEPT, fw_by_builtin("loopback"), ""))
        return;
    if (fw_walk_ndp(walk, options, false))
        return;
    if (walk->direction == FW_IN && fw_walk_input_filters(walk))
        return;
    if (fw_decide(walk, packet->proto == IGMP ? FW_YES : FW_NO, FW_ACCEPT, fw_by_builtin("igmp"), ""))
        return;
    if (fw_walk_rules(walk, &model->host, &model->host.rules) ||
        fw_walk_rules(walk, &model->cluster, &model->cluster.rules))
        return;
    if (walk_management(walk) || walk_corosync(walk))
        return;
    const struct fw_options *cluster = &model->cluster.options;
    (void)fw_walk_policy(walk, walk->direction == FW_IN ? cluster->policy_in : cluster->policy_out);
}
