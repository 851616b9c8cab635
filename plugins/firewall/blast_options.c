/* SPDX-License-Identifier: Apache-2.0 */
/* Options whose effect the evaluator's packets do not show: MAC addresses, DHCP, advertisements, limits.
 * Source: GET .../firewall/options, whose schema describes them. */
#include "blast.h"

static const struct {
    enum fw_edit_scope scope;
    const char *option, *absent; /* absent: Proxmox's default */
    const char *on, *off;        /* off NULL: the same for every value */
} told[] = {
    {EDIT_CLUSTER, "ebtables", "1",
     "frames of guests below IP, such as ARP, are filtered by MAC address again",
     "frames of guests below IP, such as ARP, are not filtered any more: a guest can pretend to be another"},
    {EDIT_GUEST, "dhcp", "1", "DHCP passes again, whatever its rules say",
     "DHCP passes by its rules alone: without one that accepts it, the guest loses an address that it has by "
     "DHCP"},
    {EDIT_GUEST, "macfilter", "1", "what it sends with another MAC address than its own is dropped",
     "it may send with any MAC address, and so pretend to be another guest"},
    {EDIT_GUEST, "radv", "0", "it may announce itself as the IPv6 router of its network",
     "it may not announce itself as an IPv6 router any more: who goes out by it loses the way"},
    {EDIT_NODE, "nf_conntrack_allow_invalid", "0",
     "packets that belong to no connection are judged by the rules instead of dropped",
     "packets that belong to no connection are dropped: connections with two ways can break"},
    {EDIT_NODE, "nf_conntrack_max", "262144",
     "connections beyond nf_conntrack_max are refused, this program's and the operator's too", NULL},
    {EDIT_NODE, "protection_synflood", "0",
     "new connections beyond protection_synflood_rate a second are dropped, the operator's too",
     "floods of new connections are not slowed any more"},
    {EDIT_NODE, "protection_synflood_rate", "200",
     "where protection_synflood is on, new connections beyond it are dropped, the operator's too", NULL},
};

int32_t blast_options(const struct blast *b)
{
    const struct asking *a = &b->ask;
    const char *resource = b->place.scope == EDIT_NODE    ? ask_text(a, "node/%s", b->node)
                           : b->place.scope == EDIT_GUEST ? ask_text(a, "guest/%s", b->place.name)
                                                          : "firewall/cluster";
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < sizeof(told) / sizeof(told[0]); i++) {
        const char *value = told[i].absent;
        if (told[i].scope != b->place.scope || !blast_touches_option(b, told[i].option))
            continue;
        for (size_t k = 0; k < json_object_array_length(b->edits); k++) {
            const char *to =
                member_text(member_of(json_object_array_get_idx(b->edits, k), "value"), told[i].option);
            value = to ? to : value;
        }
        r = tally_say(a, b->rows, PROXIMO_RISK_MEDIUM, resource, NULL,
                      told[i].off && strcmp(value, "0") == 0 ? told[i].off : told[i].on, NULL);
    }
    return r;
}
