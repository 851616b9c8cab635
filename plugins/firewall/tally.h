/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a change opens, closes or leaves uncertain, collected as runs of ports and told as affected things:
 * one for each outcome, direction and set of addresses with the same ports.
 */
#ifndef PROXIMO_FIREWALL_TALLY_H
#define PROXIMO_FIREWALL_TALLY_H

#include "view.h"

enum outcome {
    OUTCOME_LOST,
    OUTCOME_UNKNOWN, /* it was known before */
    OUTCOME_OPENED,
    OUTCOME_DOUBTFUL, /* unknown before and after: nobody can say whether it changes */
    OUTCOMES
};

struct tally_run {
    enum outcome outcome;
    enum view_kind kind;
    bool out; /* from the node or guest to the address */
    const char *address, *label, *by;
    int proto;
    uint16_t first, last; /* ports; of ICMP the type */
};
#define TALLY_NDP  135 /* neighbour solicitation */
#define TALLY_MOST 512u
struct tally {
    struct asking ask;
    struct json_object *rows;    /* NULL: told as affected things */
    const char *resource, *name; /* "node/pve1"; name may be NULL */
    bool guest;
    uint16_t api_port; /* at which this connection arrives, beside 8006; 0: none */
    struct tally_run *runs;
    uint32_t count;
    bool cut; /* there were more than are kept */
};
int32_t tally_open(struct tally *t, const struct asking *a, const char *resource, const char *name,
                   bool guest);
/* An affected thing, or the same as an object added to `rows`: in a read nothing is affected. facts is taken
 * over and may be NULL. */
int32_t tally_say(const struct asking *a, struct json_object *rows, uint32_t risk, const char *resource,
                  const char *name, const char *effect, struct json_object *facts);

struct tally_look {
    const struct fw_model *before, *after;
    struct json_object *input; /* of `after` */
    const struct view *view;
    bool out;
};
/* Compares all ports of TCP and UDP, ICMP echo and neighbour discovery for this packet (its protocol and port
 * are set here). */
int32_t tally_compare(struct tally *t, const struct tally_look *look, const struct fw_packet *packet);
/* One port alone. */
int32_t tally_compare_port(struct tally *t, const struct tally_look *look, const struct fw_packet *packet,
                           uint16_t first, uint16_t last);
/* Tells all of it: affected things, and as incomplete what there were too many of. */
int32_t tally_tell(struct tally *t);

#endif
