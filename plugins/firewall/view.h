/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From where a node or guest is looked at, before and after a change: addresses that stand for this
 * connection, the operator, the other nodes, the local network, the internet, and those that the change
 * names.
 */
#ifndef PROXIMO_FIREWALL_VIEW_H
#define PROXIMO_FIREWALL_VIEW_H

#include "world.h"

/* In the order of their weight: an address is counted for the first that it stands for. */
enum view_kind { VIEW_CONNECTION, VIEW_OPERATOR, VIEW_PEER, VIEW_LOCAL, VIEW_INTERNET, VIEW_NAMED };

struct view {
    enum view_kind kind;
    const char *text;  /* the address */
    const char *label; /* what it stands for: the address, its network, "IPv4" */
    struct fw_address address;
    struct fw_address dest; /* the node's own address that it meets */
    const char *dest_text, *iface;
};
#define VIEWS_MOST 128u
struct views {
    struct view list[VIEWS_MOST];
    uint32_t count;
    bool cut; /* there were more */
};

/* This connection and what the operator's configuration says of addresses. */
struct reached {
    bool known; /* this connection's own address */
    bool here;  /* it never leaves the node: no firewall looks at it */
    struct fw_address local;
    const char *local_text;
    struct fw_address ends[8]; /* the addresses at which nodes are reached */
    uint32_t end_count, port;  /* the port there, if it is another than 8006; else 0 */
    struct fw_net operators[32];
    const char *operator_texts[32];
    uint32_t operator_count;
};
int32_t reached_read(const struct asking *a, struct reached *ret);

/* Addresses of rules, aliases and sets that edits are about: at most 12, each once, in `list`. */
#define NAMED_MOST 12u
struct named {
    struct fw_address list[NAMED_MOST];
    const char *texts[NAMED_MOST], *labels[NAMED_MOST]; /* the address, and its network */
    uint32_t count;
    bool cut;
};
void named_read(const struct asking *a, struct json_object *input, struct json_object *edits,
                const char *scope, const char *name, struct named *ret);

/* All views of a node. What cannot be made is told as incomplete (no address of its own). */
int32_t views_of_node(struct world *w, const struct world_node *node, const struct reached *reached,
                      const struct named *named, struct views *ret);
/* Those of its guests: local network, internet, named; dest is not set. */
int32_t views_of_guests(struct world *w, const struct world_node *node, const struct named *named,
                        struct views *ret);
/* "from the internet", "from this connection (192.0.2.5)" without the address list. */
const char *view_word(enum view_kind kind);
/* An address, or a network or range, in text, in the arena; NULL: no memory. */
const char *address_text(const struct asking *a, const struct fw_address *address);
const char *net_text(const struct asking *a, const struct fw_net *net);

#endif
