/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Proxmox VE firewall does with a packet: accepted, dropped, rejected or unknown, at each place that
 * checks it, with the rule, policy or built-in check that decides. A pure library: no input or output, no
 * clock, no host calls. It models the iptables engine (pve-firewall 6.0.4). README.md says what is modelled
 * and what is not.
 *
 * A model is built once from what the API answered and is only read afterwards: several threads may evaluate
 * with one model. Functions return 0 or a negative errno; results are written only on success.
 */
#ifndef PROXIMO_FIREWALL_EVALUATE_H
#define PROXIMO_FIREWALL_EVALUATE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A verdict is one of these bits; what is possible is a set of them. Unknown: more than one is possible. */
enum fw_verdict { FW_UNKNOWN = 0, FW_ACCEPT = 1, FW_DROP = 2, FW_REJECT = 4, FW_ANY = 7 };
enum fw_tri { FW_NO, FW_YES, FW_MAYBE };
enum fw_place { FW_CLUSTER, FW_HOST, FW_GUEST, FW_GROUP, FW_VNET };
enum fw_direction { FW_IN, FW_OUT };
enum fw_cast { FW_UNICAST, FW_BROADCAST, FW_MULTICAST, FW_ANYCAST };

/* ---------------------------------------------------------------- the model */

struct fw_model;

/*
 * Builds a model of one node from one JSON object. Each value is the `data` of an API answer; a member that
 * is absent or null was not read, an empty one holds nothing:
 *
 *   node           the node's name
 *   now            the time in seconds, for the time stamp in the cluster's `enable`; absent: the stamp
 * counts local_network  the network around the node's cluster address, CIDR altnames       {altname:
 * interface} corosync       {} without a cluster, else {transport, nodes: [{name, ring0_addr, ring1_addr,
 * ...}]} sdn_ipsets     {name: [cidr, "!cidr", ...]} nics           [{vmid, type: qemu or lxc, node, nets:
 * {net0: {mac, bridge, firewall, ip, ip6}}}] cluster        {options, rules, aliases, ipset: {name: entries},
 * groups: {name: rules}}    /cluster/firewall/... host           {options, rules} /nodes/{node}/firewall/...
 *   guests         {vmid: {options, rules, aliases, ipset}}    /nodes/{node}/{qemu,lxc}/{vmid}/firewall/...
 *   vnets          {vnet: {options, rules}} /cluster/sdn/vnets/{vnet}/firewall/...
 *
 * Rules stand in the order of their `pos`. Where the API said `errors` of a rule or an entry, that is
 * believed; what it says nothing of is checked here too. The model keeps a reference to `input`, which must
 * not be changed afterwards. -EINVAL: a part has another type than this; -E2BIG: a part is larger than a
 * limit (limits.h); -ENOMEM.
 */
int fw_model_build(struct json_object *input, struct fw_model **ret_model);
void fw_model_free(struct fw_model *model);

enum fw_rule_state { FW_RULE_GOOD, FW_RULE_BAD, FW_RULE_UNSURE };

/* One rule as it was understood. Texts are borrowed from the model. */
struct fw_rule_view {
    const char *file;         /* cluster.fw, host.fw, VMID.fw, VNET.fw */
    const char *group;        /* its security group, or NULL */
    uint32_t pos;             /* from 0 */
    bool enabled;             /* as the switch says */
    enum fw_rule_state state; /* BAD never takes effect, UNSURE cannot be told */
    const char *key, *words;  /* which parameter, and why it is not GOOD; or NULL */
    bool given;               /* the API itself said that it has errors */
    unsigned skipped;         /* bit 0: the IPv4 rule set leaves it out with a warning, bit 1: the IPv6 one */
    const char *skip_words;   /* why, or NULL */
};
/* The rules of the model, group rules too, in a fixed order; false after the last. `index` counts from 0. */
bool fw_model_rule(const struct fw_model *model, size_t index, struct fw_rule_view *ret_view);

/* ---------------------------------------------------------------- a packet */

struct fw_address {
    uint8_t family; /* 4 or 6 */
    uint8_t bytes[16];
};
/* An address in text, nothing after it. -EINVAL. */
int fw_address_parse(const char *text, struct fw_address *ret_address);
/* A network or range: first <= address <= last. `bits` is the prefix length, of a range 255. */
struct fw_net {
    uint8_t family, bits;
    uint8_t first[16], last[16];
};
/* `address` or `address/prefix`; host bits are cleared. -EINVAL. */
int fw_net_parse(const char *text, size_t len, struct fw_net *ret_net);
/* The same, or `first-last`. -EINVAL. */
int fw_range_parse(const char *text, size_t len, struct fw_net *ret_net);
bool fw_net_has(const struct fw_net *net, const struct fw_address *address);

enum fw_end_kind { FW_END_OUTSIDE, FW_END_HOST, FW_END_GUEST };
struct fw_end {
    enum fw_end_kind kind;
    char bridge[32];    /* of OUTSIDE; "": not known */
    uint32_t vmid, net; /* of GUEST */
};

/* The first packet of a new connection. -1 means "not known": what depends on it becomes unknown. */
struct fw_packet {
    struct fw_end from, to;
    struct fw_address source, dest;
    int proto; /* IP protocol number */
    int sport, dport;
    int icmp_type, icmp_code;
    enum fw_cast source_cast, dest_cast;
    bool has_mac; /* the sender uses another MAC than its NIC's */
    uint8_t mac[6];
};

/*
 * Reads a packet from an object: from, to (`host`, `outside` = on vmbr0, `BRIDGE` or `BRIDGE/PORT`, `vm100`,
 * `vm100i1`, `ct105`), source, dest, proto (name or number), sport, dport, icmp_type (name) or itype and
 * icode, mac, srctype, dsttype. -EINVAL, and *ret_words (static) says what is wrong.
 */
int fw_packet_read(struct json_object *input, struct fw_packet *ret_packet, const char **ret_words);

/* ---------------------------------------------------------------- the answer */

enum fw_by_kind { FW_BY_RULE, FW_BY_POLICY, FW_BY_BUILTIN };
/* What decided. Texts are borrowed from the model or static. */
struct fw_by {
    enum fw_by_kind kind;
    const char *file,
        *group; /* of a rule; group: the rule stands in it, and `via` is the line that calls it */
    uint32_t pos;
    const char *via_file; /* NULL without */
    uint32_t via_pos;
    const char *word; /* the policy, or the built-in check's name */
};

enum fw_at { FW_AT_GUEST_OUT, FW_AT_HOST_OUT, FW_AT_GUEST_IN, FW_AT_HOST_IN };
struct fw_hop {
    enum fw_at at;
    uint32_t vmid, net;
    enum fw_verdict verdict;
    unsigned possible; /* the verdicts that it can be */
    struct fw_by by;   /* where verdict is unknown: of what happens if nothing unknown matches */
};

#define FW_HOPS    2
#define FW_REASONS 6
struct fw_result {
    enum fw_verdict verdict;
    unsigned possible;
    size_t hop_count;
    struct fw_hop hops[FW_HOPS];
    struct fw_by by;
    enum fw_tri nftables; /* the node uses the other engine; what differs there is unknown */
    size_t reason_count;
    char reasons[FW_REASONS][160]; /* why it is unknown, or what was not known on the way */
};

/* What happens to the packet. -EINVAL: an end that the model does not know; families of source and dest
 * differ. */
int fw_evaluate(const struct fw_model *model, const struct fw_packet *packet, struct fw_result *ret_result);

const char *fw_verdict_word(enum fw_verdict verdict); /* ACCEPT, DROP, REJECT, UNKNOWN */
/* `host-in`, `guest-out 100 net0`; out holds 40 bytes. */
void fw_at_words(const struct fw_hop *hop, char *out, size_t size);
/* The verdicts of a set as words, ["ACCEPT", "DROP"]; the caller owns it; NULL: out of memory. */
struct json_object *fw_possible_json(unsigned possible);
/* {file, pos}, {file, group, pos, via}, {policy} or {builtin, via}; the caller owns it; NULL: out of memory.
 */
struct json_object *fw_by_json(const struct fw_by *by);
/* {verdict, by, hops: [{at, verdict, by}], possible?, reasons?, engine}; the caller owns it; NULL: out of
 * memory. */
struct json_object *fw_result_json(const struct fw_result *result);

/* ---------------------------------------------------------------- what changes */

/* Ports that an operator must not lose without knowing. */
struct fw_service {
    const char *name;
    int proto;
    uint16_t first, last;
};
extern const struct fw_service fw_services[];
extern const size_t fw_services_count;

struct fw_change {
    size_t packet; /* index into the packets */
    uint16_t first, last;
    enum fw_verdict before, after;
    struct fw_by by; /* of after */
};
typedef int fw_change_fn(const struct fw_change *change, void *data);

/*
 * Evaluates each packet with both models for every port of first..last (its own dport is ignored; first >
 * last: just the packet as it is) and calls `each` for every run of ports that is judged otherwise
 * afterwards, or unknown before and after. What `each` returns ends it unless 0, and is returned.
 */
int fw_compare(const struct fw_model *before, const struct fw_model *after, const struct fw_packet *packets,
               size_t count, uint16_t first, uint16_t last, fw_change_fn *each, void *data);

#endif
