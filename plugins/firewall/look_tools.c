/* SPDX-License-Identifier: Apache-2.0 */
/* The tools that ask what a firewall does with packets. Sources: world.h. */
#include "explain.h"
#include "place.h"

#define NOT_SENT .flags = PROXIMO_PARAM_NOT_SENT

static const struct proximo_param explain_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "node", .format = "node", NOT_SENT,
          .description = "The node whose own traffic is meant by \"host\"."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "vmid", .format = "guest", NOT_SENT,
          .description = "The guest that the packet goes to (or comes from, with to): id or name."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "kind", .format = "kind", NOT_SENT,
          .description = "Not needed: found from the guest."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "from", NOT_SENT, .maximum = 64,
          .description = "outside (default), host, an interface such as vmbr0, or a guest: 105, 105/net1."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "to", NOT_SENT, .maximum = 64,
          .description = "The same; default the guest of vmid, else the host."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "source", NOT_SENT, .maximum = 64,
          .description = "Address that it comes from; needed unless it is known of the host or guest."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "dest", NOT_SENT, .maximum = 64,
          .description = "Address that it goes to; needed unless it is known of the host or guest."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "proto", NOT_SENT, .maximum = 32,
          .description = "tcp (default), udp, icmp, icmpv6, ... or a number."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "dport", NOT_SENT, .maximum = 65535,
          .description = "Destination port."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "sport", NOT_SENT, .maximum = 65535,
          .description = "Source port; absent: not known, which matters only where a rule asks for it."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "icmp_type", NOT_SENT, .maximum = 64,
          .description = "ICMP type by name: echo-request, ..."),
};

static const struct proximo_param simulate_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "edits", .format = "lines",
          .flags = PROXIMO_PARAM_REQUIRED | PROXIMO_PARAM_NOT_SENT, .maximum = 32768,
          .description =
              "JSON array of edits: {\"part\":\"rules\",\"op\":\"insert|replace|remove|move\",\"pos\":3,"
              "\"to\":1,\"value\":{rule as listed}}; also options (set: value, delete), aliases (put, "
              "remove), ipset (create, remove, entry, entry-remove), groups."),
    PLACE_PARAMS,
    PLACE_VNET,
    PLACE_GROUP,
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "packets", NOT_SENT,
          .description =
              "Up to 32, each a JSON object: from, to, source, dest, proto, dport, sport, icmp_type "
              "as in pve_firewall_explain, node. Absent: all ports, from wherever matters."),
};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE, .name = "pve_firewall_explain",
     .title = "What the firewall does with a packet",
     .description =
         "Shows whether a port is open: what the firewall does with a packet (ACCEPT, DROP, REJECT or "
         "UNKNOWN), and which rule, default policy or built-in check decides. Each place on the way is "
         "listed, "
         "and the rules that never take effect. Worked out from the configuration as it is; nothing is sent. "
         "What could not be read makes the verdict UNKNOWN only where it matters, and is said.",
     .params = PROXIMO_TABLE(explain_params), .read = firewall_read_explain},
    {ROW(proximo_read), .name = "pve_firewall_simulate", .title = "Firewall, before and after",
     .description =
         "Shows what a change of a firewall would open, close or leave unknown, without planning it. Before "
         "is held "
         "against after, for given packets, or for all ports seen from this connection, the operator's "
         "addresses, "
         "other nodes, the local network and the internet. The change tools show the same in their plans.",
     .params = PROXIMO_TABLE(simulate_params), .read = firewall_read_simulate},
};

const struct topic firewall_topic_look = {
    .reads = PROXIMO_TABLE(reads),
};
