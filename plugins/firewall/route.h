/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One packet on its way: an object {from, to, source, dest, proto, dport, sport, icmp_type} becomes what each
 * node on the way has to judge. A guest of one node and one of another are two legs: out of the one, into the
 * other.
 */
#ifndef PROXIMO_FIREWALL_ROUTE_H
#define PROXIMO_FIREWALL_ROUTE_H

#include "world.h"

struct leg {
    struct world_node *node;
    struct fw_packet packet;
};
struct route {
    struct leg legs[2];
    uint32_t count;
    struct json_object *said; /* the packet with all that was filled in; the caller's */
};
/* Where a packet ends that does not say so. */
struct route_default {
    const char *node; /* whose host; NULL: none */
    int64_t vmid;     /* this guest; 0: none */
};

/* Reads the nodes and guests that it passes, too. 0, or negative after host->fail with what is wrong with it.
 */
int32_t route_read(struct world *w, struct json_object *packet, const struct route_default *otherwise,
                   struct route *ret);
void route_done(struct route *route);

#endif
