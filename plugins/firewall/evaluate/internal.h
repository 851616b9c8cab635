/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the evaluator to each other. Everything here lives in a model's pool or is borrowed from its
 * input. */
#ifndef PROXIMO_FIREWALL_INTERNAL_H
#define PROXIMO_FIREWALL_INTERNAL_H

#include "evaluate.h"
#include "limits.h"

/* ---------------------------------------------------------------- memory */

struct fw_block;
struct fw_pool {
    struct fw_block *blocks;
};
/* Zeroed memory that lives as long as the pool; NULL when there is none. */
void *fw_take(struct fw_pool *pool, size_t count, size_t size);
void fw_pool_done(struct fw_pool *pool);

/* ---------------------------------------------------------------- JSON */

struct json_object *fw_get(struct json_object *object, const char *key);
/* The text of a string or number member; NULL when absent, empty or longer than FW_TEXT_MOST. */
const char *fw_text(struct json_object *object, const char *key);
/* A number or a text of one, or `otherwise`. */
int64_t fw_number(struct json_object *object, const char *key, int64_t otherwise);
/* Digits only, at most `most`; -1 otherwise. */
int64_t fw_digits(const char *text, size_t len, int64_t most);
/* "0" is false to Proxmox, as if nothing stood there. */
bool fw_is_set(const char *text);
bool fw_same(const char *a, const char *b); /* NULL equals nothing */

/* ---------------------------------------------------------------- addresses */

bool fw_net_equal(const struct fw_net *a, const struct fw_net *b);
int fw_mac_parse(const char *text, uint8_t ret_mac[6]);
/* The link-local address made from a MAC (RFC 4291, modified EUI-64). */
void fw_link_local(const uint8_t mac[6], struct fw_net *ret_net);

/* ---------------------------------------------------------------- tables */

struct fw_protocol {
    const char *name;
    uint8_t number;
};
/* The protocol's number by name or digits as /etc/protocols has it; -1 when it has not. Case matters. */
int fw_protocol_number(const char *name);
bool fw_protocol_ports(const char *name); /* does Proxmox let a rule of this protocol have ports? */
bool fw_protocol_icmp(const char *name);  /* icmp, icmpv6, ipv6-icmp; not their numbers */

enum { FW_SERVICE_TCP = 1, FW_SERVICE_UDP = 2, FW_SERVICE_SCTP = 4 };
struct fw_service_name {
    const char *name;
    uint16_t port;
    uint8_t protocols;
};
extern const struct fw_service_name fw_service_names[];
extern const size_t fw_service_names_count;
const struct fw_service_name *fw_service_find(const char *name, size_t len);

struct fw_icmp {
    uint8_t type, first, last; /* codes */
    bool any;
};
int fw_icmp_find(const char *name, unsigned family, struct fw_icmp *ret_type); /* -ENOENT */

struct fw_macro_entry {
    const char *macro;
    uint8_t family; /* 0: both */
    const char *proto, *dport, *sport, *icmp_type;
};
extern const struct fw_macro_entry fw_macro_entries[];
extern const size_t fw_macro_entries_count;
/* The entries of a macro, by name in any case; 0: no such macro. */
size_t fw_macro_find(const char *name, const struct fw_macro_entry **ret_first);
unsigned fw_macro_family(const struct fw_macro_entry *first, size_t count); /* 4 or 6: only there; 0: both */

/* ---------------------------------------------------------------- ports */

struct fw_span {
    uint16_t first, last;
};
struct fw_ports {
    struct fw_span *spans; /* NULL: no condition */
    uint16_t count;
    bool unsure; /* the list holds a name whose port is not known */
};
enum fw_ports_state {
    FW_PORTS_GOOD,
    FW_PORTS_BAD,     /* never takes effect */
    FW_PORTS_UNSURE,  /* a service name that the table does not have */
    FW_PORTS_REFUSED, /* a service that this protocol does not have: iptables takes none of the rules */
};
/* Checks a list as Proxmox's parser does. icmp: the protocol is ICMP, so names of ICMP types stand there too.
 */
enum fw_ports_state fw_ports_check(const char *text, bool icmp, const char **ret_words);
/* Makes the list's spans for a protocol number; -ENOMEM, else 0 and *ret_state. */
int fw_ports_make(struct fw_pool *pool, const char *text, int proto, struct fw_ports *ret_ports,
                  enum fw_ports_state *ret_state);
enum fw_tri fw_port_in(int port, uint16_t first, uint16_t last); /* a port of -1 is not known */
enum fw_tri fw_ports_match(const struct fw_ports *ports, int port);

/* ---------------------------------------------------------------- sets, aliases */

struct fw_entry {
    struct fw_net net;
    bool except;
};
struct fw_set {
    const char *name;
    struct fw_entry *entries;
    uint32_t count, space;
    bool unsure; /* not read, or one of its entries cannot be resolved */
};
enum fw_tri fw_set_has(const struct fw_set *set, const struct fw_address *address);
/* Adds an entry, in place of an equal one. -ENOMEM, -E2BIG. */
int fw_set_add(struct fw_pool *pool, struct fw_set *set, const struct fw_net *net, bool except);

/* ---------------------------------------------------------------- rules */

enum fw_type { FW_TYPE_IN = FW_IN, FW_TYPE_OUT = FW_OUT, FW_TYPE_FORWARD, FW_TYPE_GROUP, FW_TYPE_OTHER };

enum fw_side_kind { FW_SIDE_ANY, FW_SIDE_NETS, FW_SIDE_SET, FW_SIDE_UNSURE };
struct fw_side {
    enum fw_side_kind kind;
    struct fw_net *nets;
    uint16_t count;
    const struct fw_set *set;
};
/* What one line of the compiled rule set asks of protocol and ports. */
struct fw_match {
    uint8_t family; /* 0: both */
    int proto;      /* -1: any */
    struct fw_ports dports, sports;
    uint8_t icmp_count;
    struct fw_icmp icmp[2];
};
/* Per family (index 0: IPv4, 1: IPv6) what becomes of a good rule when the rule set is compiled. */
enum fw_compiled { FW_COMPILED, FW_SKIPPED, FW_REFUSED };

struct fw_rule {
    enum fw_type type;
    enum fw_verdict action; /* 0: another word */
    const char *word;       /* the action as written: a group's name */
    const char *macro, *iface, *source, *dest, *proto, *dport, *sport, *icmp_type;
    bool enabled, given;
    uint32_t pos;
    enum fw_rule_state state;
    const char *key, *words, *skip_words;
    uint8_t family; /* 0: both */
    uint8_t compiled[2];
    uint8_t plugged[2];      /* of a group line: bit 0 IPv4, bit 1 IPv6; index is the direction */
    struct fw_side sides[2]; /* source, dest */
    struct fw_match *matches;
    uint16_t match_count;
};
struct fw_rules {
    struct fw_rule *list;
    uint32_t count;
    bool read;
};

/* ---------------------------------------------------------------- places */

struct fw_options {
    bool read;
    uint8_t enable, ndp, nosmurfs, tcpflags, nftables, dhcp, macfilter, ipfilter, radv, ips; /* enum fw_tri */
    uint8_t policy_in, policy_out, policy_forward; /* a set of verdicts */
};
struct fw_scope {
    enum fw_place place;
    const char *name, *file;
    struct fw_options options;
    struct fw_rules rules;
    struct json_object *aliases; /* lower-case name -> CIDR; owned */
    bool aliases_read;
    struct fw_set *sets;
    uint32_t set_count;
    bool sets_read;
};
struct fw_group {
    const char *name;
    struct fw_rules rules;
    uint8_t chain[2];    /* by direction: bit 0 the IPv4 chain exists, bit 1 the IPv6 one */
    uint32_t most[2][2]; /* by direction and family: rules before this position are in the chain */
};
struct fw_nic {
    uint32_t net;
    const char *bridge;
    bool firewall, has_mac;
    uint8_t mac[6];
    struct fw_net fixed[2]; /* a container's addresses in its configuration */
    uint8_t fixed_count;
    struct fw_set *filter;
    enum fw_tri filter_defined;
    uint8_t plugged[2]; /* by direction: bit 0 IPv4, bit 1 IPv6 */
};
struct fw_guest {
    uint32_t vmid;
    bool lxc, here;
    char sort[12]; /* the id as text: guests are compiled in this order */
    struct fw_nic *nics;
    uint32_t nic_count;
    struct fw_scope *scope;
};
struct fw_ring {
    const char *node;
    const char *key; /* ring0_addr ... */
    struct fw_address address;
};
struct fw_model {
    struct fw_pool pool;
    struct json_object *input;
    const char *node;
    int64_t now;
    struct fw_scope cluster, host;
    struct fw_scope *vnets;
    uint32_t vnet_count;
    bool vnets_read;
    struct fw_guest *guests;
    uint32_t guest_count;
    struct fw_scope *guest_scopes; /* one for each guest */
    struct fw_group *groups;
    uint32_t group_count;
    bool groups_read;
    struct fw_set *sdn;
    uint32_t sdn_count;
    bool sdn_read;
    bool local_known;
    struct fw_net local; /* alias local_network as the compiler has it */
    struct fw_set management;
    struct json_object *altnames;
    struct fw_ring *rings;
    uint32_t ring_count;
    bool corosync_read, corosync_multicast;
    bool refused[2]; /* iptables would take none of this family's rules */
};

/* model parts */
struct fw_group *fw_group_find(const struct fw_model *model, const char *name);
int fw_model_network(struct fw_model *model,
                     struct json_object *input); /* nics, corosync, altnames, local network */
int fw_scope_read(struct fw_model *model, struct fw_scope *scope, struct json_object *input);
int fw_rules_read(struct fw_model *model, struct json_object *list, struct fw_rules *ret_rules);
void fw_options_read(struct fw_scope *scope, struct json_object *options, int64_t now);
int fw_sets_read(struct fw_model *model, struct fw_scope *scope, struct json_object *input);
int fw_sdn_read(struct fw_model *model, struct json_object *input);
int fw_sets_finish(struct fw_model *model); /* management, IP filters */

/* names */
/* The CIDR of an alias for a rule or entry of `scope`; NULL: none. *ret_maybe: it may be in a list that was
 * not read. */
const char *fw_alias(const struct fw_model *model, const struct fw_scope *scope, const char *prefix,
                     const char *name, bool *ret_maybe);
/* Splits `dc/name`, `guest/name`, `sdn/name`, `name`; false when it is not of this form. Out: the prefix or
 * "". */
bool fw_name_split(const char *text, bool sdn, const char **ret_prefix, const char **ret_name);
const struct fw_set *fw_set_find(const struct fw_set *sets, uint32_t count, const char *name);
const struct fw_scope *fw_names_of(const struct fw_scope *scope); /* the guest's own names, or NULL */

/* checks and compiles every rule */
int fw_rules_finish(struct fw_model *model, struct fw_scope *scope, enum fw_place place,
                    struct fw_rules *rules);
void fw_rule_check(const struct fw_model *model, const struct fw_scope *scope, enum fw_place place,
                   struct fw_rule *rule);
int fw_rule_compile(struct fw_model *model, const struct fw_scope *scope, enum fw_place place,
                    struct fw_rule *rule);
/* Builds the chains in Proxmox's order, so that what a failing group does is known. */
void fw_plug(struct fw_model *model);

/* ---------------------------------------------------------------- evaluation */

struct fw_walk {
    const struct fw_model *model;
    const struct fw_packet *packet;
    struct fw_result *result;
    unsigned family; /* 0: IPv4, 1: IPv6 */
    enum fw_direction direction;
    const char *iface;       /* on the host: the bridge of the other side, or "lo" */
    const char *netid;       /* at a guest */
    enum fw_tri mark;        /* the accept mark on the packet */
    unsigned maybe;          /* verdicts that something unknown may have given already */
    enum fw_verdict verdict; /* 0: undecided yet */
    struct fw_by by;
    bool noise; /* decided by the filter before a policy */
    bool at_guest;
};
void fw_reason(struct fw_walk *walk, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Decides when the condition holds; remembers the verdict when it may hold. True: decided. */
bool fw_decide(struct fw_walk *walk, enum fw_tri condition, enum fw_verdict verdict, struct fw_by by,
               const char *doubt);
struct fw_by fw_by_builtin(const char *word);
enum fw_verdict fw_rejected(const struct fw_packet *packet); /* what becomes of a REJECT */
enum fw_tri fw_and(enum fw_tri a, enum fw_tri b);
enum fw_tri fw_not(enum fw_tri a);
enum fw_tri fw_rule_match(const struct fw_walk *walk, const struct fw_rule *rule);
bool fw_walk_rules(struct fw_walk *walk, const struct fw_scope *scope, const struct fw_rules *rules);
bool fw_walk_policy(struct fw_walk *walk, unsigned policies);
bool fw_walk_input_filters(struct fw_walk *walk);
bool fw_walk_ndp(struct fw_walk *walk, const struct fw_options *options, bool radv);
void fw_walk_host(struct fw_walk *walk);
void fw_walk_guest(struct fw_walk *walk, const struct fw_guest *guest, const struct fw_nic *nic);
const struct fw_nic *fw_model_nic(const struct fw_model *model, uint32_t vmid, uint32_t net,
                                  const struct fw_guest **ret_guest);

/* The destination ports at which a model may begin to judge otherwise than at the port before. */
struct fw_edges {
    uint8_t bits[65536 / 8];
};
/* Those that this packet meets. */
void fw_edges_mark(const struct fw_model *model, const struct fw_packet *packet, struct fw_edges *edges);
/* The next one behind this port; 65536: none. */
uint32_t fw_edges_next(const struct fw_edges *edges, uint32_t port);

bool fw_forwarding(const struct fw_model *model); /* might rules of direction forward matter (nftables)? */

#endif
