/* SPDX-License-Identifier: Apache-2.0 */
/* What a guest's NIC lets out and in. */
#include <string.h>

#include "internal.h"

#define UDP 17

/* A request of the guest's own client, or the answer to it. */
static bool walk_dhcp(struct fw_walk *walk, const struct fw_options *options)
{
    static const uint16_t clients[2] = {68, 546}, servers[2] = {67, 547};
    const struct fw_packet *packet = walk->packet;
    bool out = walk->direction == FW_OUT;
    uint16_t source = out ? clients[walk->family] : servers[walk->family];
    uint16_t dest = out ? servers[walk->family] : clients[walk->family];
    enum fw_tri tri = packet->proto == UDP ? (enum fw_tri)options->dhcp : FW_NO;

    tri = fw_and(tri, fw_port_in(packet->sport, source, source));
    tri = fw_and(tri, fw_port_in(packet->dport, dest, dest));
    if (!fw_decide(walk, tri, FW_ACCEPT, fw_by_builtin("dhcp"), "it may pass as DHCP"))
        return false;
    if (out)
        walk->mark = FW_YES;
    return true;
}

/* Guards against a guest that pretends to be another. */
static bool walk_sender(struct fw_walk *walk, const struct fw_options *options, const struct fw_nic *nic)
{
    const struct fw_packet *packet = walk->packet;
    enum fw_tri forged = FW_NO, radv = FW_NO, outside;

    if (packet->has_mac)
        forged = !nic->has_mac                                          ? FW_MAYBE
                 : memcmp(packet->mac, nic->mac, sizeof(nic->mac)) != 0 ? FW_YES
                                                                        : FW_NO;
    if (fw_decide(walk, fw_and((enum fw_tri)options->macfilter, forged), FW_DROP, fw_by_builtin("macfilter"),
                  "the MAC filter may drop it"))
        return true;
    if (walk->family == 1 && packet->proto == 58)
        radv = packet->icmp_type < 0 ? FW_MAYBE : packet->icmp_type == 134 ? FW_YES : FW_NO;
    if (fw_decide(walk, fw_and(fw_not((enum fw_tri)options->radv), radv), FW_DROP, fw_by_builtin("radv"),
                  "the filter of router advertisements may drop it"))
        return true;
    enum fw_tri active = nic->filter_defined == FW_YES || options->ipfilter == FW_YES ? FW_YES
                         : nic->filter_defined == FW_NO && options->ipfilter == FW_NO ? FW_NO
                                                                                      : FW_MAYBE;
    outside = active == FW_NO ? FW_NO : fw_not(fw_set_has(nic->filter, &packet->source));
    return fw_decide(walk, fw_and(active, outside), FW_DROP, fw_by_builtin("ipfilter"),
                     "the IP filter may drop it");
}

static void doubt_inspection(struct fw_walk *walk, const struct fw_options *options)
{
    if (walk->direction == FW_IN && walk->verdict == FW_ACCEPT && options->ips != FW_NO) {
        fw_reason(walk, "accepted packets may go through an intrusion prevention queue (ips)");
        walk->maybe |= FW_DROP;
    }
}

void fw_walk_guest(struct fw_walk *walk, const struct fw_guest *guest, const struct fw_nic *nic)
{
    const struct fw_options *options = &guest->scope->options;
    bool plugged = nic->plugged[walk->direction] & (1U << walk->family);

    if (walk->direction == FW_IN && fw_walk_input_filters(walk))
        return;
    if (fw_decide(walk, fw_not((enum fw_tri)options->enable), FW_ACCEPT, fw_by_builtin("no-firewall"),
                  "whether the guest's firewall is on was not read"))
        return;
    if (fw_decide(walk, plugged ? FW_NO : FW_YES, FW_ACCEPT, fw_by_builtin("no-firewall"), "")) {
        fw_reason(walk, "a security group that does not compile leaves %s of guest %u unfiltered",
                  walk->netid, guest->vmid);
        return;
    }
    if (walk_dhcp(walk, options))
        return;
    if (walk->direction == FW_OUT && walk_sender(walk, options, nic))
        return;
    if (!fw_walk_ndp(walk, options, options->radv == FW_YES) &&
        !fw_walk_rules(walk, guest->scope, &guest->scope->rules))
        (void)fw_walk_policy(walk, walk->direction == FW_IN ? options->policy_in : options->policy_out);
    doubt_inspection(walk, options);
}
