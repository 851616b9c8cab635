/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is cut off or reached otherwise when a node's network is applied: the connection of this program, the
 * node's addresses in the cluster, its other nodes, storages, and the operator's own addresses. Sources: the
 * site's connection, GET /cluster/status, /cluster/config/nodes, /storage.
 */
#include "network_reach.h"

static const struct proximo_need root_audit[] = {NEED("/", "Sys.Audit")};
static const struct proximo_need storage_audit[] = {NEED("/storage", "Datastore.Audit")};

static const char *node_resource(const struct net *net)
{
    return ask_text(&net->ask, "node/%s", net->node);
}

/* ---- addresses of the node itself */

/* What becomes of one of the node's addresses; NULL: it stays, on an interface that is not touched. */
static const char *fate(const struct net *net, const struct net_ip *ip, uint32_t *ret_risk)
{
    const struct net_iface *now = net_holder(net, ip, false), *then = net_holder(net, ip, true);
    *ret_risk = PROXIMO_RISK_HIGH;
    if (now && !then)
        return ask_text(&net->ask, "is on %s and vanishes", now->name);
    if (!now && then)
        return ask_text(&net->ask, "comes with %s", then->name);
    if (now && now != then)
        return ask_text(&net->ask, "moves from %s to %s", now->name, then->name);
    if (now && net_touched(net, now))
        return ask_text(&net->ask, "stays on %s, which is reconfigured", now->name);
    if (!now && net_ways_change(net))
        return net_has_dynamic(net)
                   ? "is on no interface with a fixed address: whether it stays cannot be told"
                   : "is on none of its interfaces (a tunnel, a proxy, or address "
                     "translation): whether it stays reachable cannot be told";
    return NULL;
}

/* what: "this connection ends here: its address 10.0.0.1" */
static int32_t tell_end(const struct net *net, const char *address, const char *what, const char *then)
{
    struct net_ip ip;
    uint32_t risk = 0;
    if (!net_ip_of(address, &ip))
        return net->ask.host->incomplete(
            net->ask.call, what, "it is configured by a name: whether its address changes cannot be told");
    const char *words = fate(net, &ip, &risk);
    return words ? tell_affected(&net->ask, risk, node_resource(net), NULL,
                                 ask_text(&net->ask, "%s, %s, %s%s", what, address, words, then), NULL)
                 : PROXIMO_OK;
}

static struct json_object *reached(const struct asking *a)
{
    struct proximo_site site = {ROW(proximo_site)};
    return a->host->site(a->call, &site) == PROXIMO_OK ? json_of(site.reached_json) : NULL;
}

/* The addresses at which this program reaches the site. `here`: the node that answers is this one. */
static int32_t tell_connection(const struct net *net, struct json_object *how, bool here)
{
    static const char ends[] =
        ": this session ends if it is lost, and what came of the change is then unknown "
        "here";
    struct json_object *endpoints = member_of(how, "endpoints");
    const size_t count =
        json_object_is_type(endpoints, json_type_array) ? json_object_array_length(endpoints) : 0;
    int32_t r = PROXIMO_OK;
    bool any = false;
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
        struct json_object *endpoint = json_object_array_get_idx(endpoints, i);
        const char *host = member_text(endpoint, "host"), *address = member_text(endpoint, "address");
        struct net_ip ip;
        const bool own = net_ip_of(address ? address : host, &ip) && net_holder(net, &ip, false);
        if (!own && (!here || !address))
            continue; /* another node's */
        any = true;
        r = tell_end(net, address ? address : host, "the address at which this connection reaches the node",
                     ends);
    }
    if (r == PROXIMO_OK && here && !any)
        r = net->ask.host->incomplete(net->ask.call, "the address at which this connection reaches the node",
                                      "it is not known");
    return r;
}

static int32_t tell_links(const struct net *net, struct json_object *config)
{
    static const char quorum[] = ": without it the node can lose the cluster, and guests under HA are then "
                                 "recovered elsewhere";
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && config && i < json_object_array_length(config); i++) {
        struct json_object *row = json_object_array_get_idx(config, i);
        if (!member_is(row, "node", net->node) && !member_is(row, "name", net->node))
            continue;
        for (uint32_t link = 0; r == PROXIMO_OK && link < 8; link++) {
            const char *key = ask_text(&net->ask, "ring%u_addr", link);
            const char *address = key ? member_text(row, key) : NULL;
            if (address)
                r = tell_end(net, address, ask_text(&net->ask, "its address on link %u of the cluster", link),
                             quorum);
        }
    }
    return r;
}

int32_t net_tell_ends(const struct net *net)
{
    struct json_object *status DROP_JSON = NULL, *config DROP_JSON = NULL, *how DROP_JSON = NULL;
    bool here = false, clustered = false;
    int32_t r =
        node_list(&net->ask, "/cluster/status", root_audit, "the node's address in the cluster", &status);
    for (size_t i = 0; r == PROXIMO_OK && status && i < json_object_array_length(status); i++) {
        struct json_object *row = json_object_array_get_idx(status, i);
        clustered |= member_is(row, "type", "cluster");
        if (!member_is(row, "type", "node") || !member_is(row, "name", net->node))
            continue;
        here = member_true(row, "local");
        const char *ip = member_text(row, "ip");
        r = ip ? tell_end(net, ip, "the address by which the cluster knows it",
                          ": the other nodes reach it there for everything they ask it")
               : net->ask.host->incomplete(net->ask.call, "the node's address in the cluster",
                                           "it is not told");
    }
    how = reached(&net->ask);
    if (r == PROXIMO_OK)
        r = tell_connection(net, how, here || !status);
    if (r == PROXIMO_OK && (clustered || !status))
        r = node_list(&net->ask, "/cluster/config/nodes", root_audit, "the node's links of the cluster",
                      &config);
    return r == PROXIMO_OK ? tell_links(net, config) : r;
}

/* ---- what is reached from the node */

/* Another interface whose network has the address from then on, and did not before; NULL: none. */
static const struct net_iface *also_within(const struct net *net, const struct net_ip *ip,
                                           const struct net_iface *now)
{
    for (uint32_t i = 0; i < net->count; i++) {
        const struct net_iface *iface = &net->rows[i];
        const char *field = ip->six ? "cidr6" : "cidr";
        if (iface != now && net_ip_within(ip, net_value(&net->ask, iface->pending, field)) &&
            !net_ip_within(ip, net_value(&net->ask, iface->running, field)))
            return iface;
    }
    return NULL;
}

/* How the way to an address changes; NULL: not at all. */
static const char *way_words(const struct net *net, const struct net_ip *ip, uint32_t *ret_risk)
{
    const struct net_way now = net_way_to(net, ip, false), then = net_way_to(net, ip, true);
    const struct net_iface *own = net_holder(net, ip, true), *also = also_within(net, ip, now.iface);
    *ret_risk = PROXIMO_RISK_HIGH;
    if (own && !net_holder(net, ip, false))
        return ask_text(&net->ask,
                        "becomes an address of this node as well, on %s: it is not reached from here any "
                        "more, and others may end up here instead",
                        own->name);
    if (now.iface && !then.iface)
        return ask_text(&net->ask, "is reached over %s now, and then not at all", now.iface->name);
    *ret_risk = PROXIMO_RISK_MEDIUM;
    if (!then.iface)
        return NULL;
    if (now.iface && (now.iface != then.iface || !now.gateway != !then.gateway ||
                      (now.gateway && strcmp(now.gateway, then.gateway) != 0)))
        return ask_text(&net->ask, "is reached over %s%s%s now, and then over %s%s%s", now.iface->name,
                        now.gateway ? " by " : "", now.gateway ? now.gateway : "", then.iface->name,
                        then.gateway ? " by " : "", then.gateway ? then.gateway : "");
    if (now.iface && net_touched(net, now.iface))
        return ask_text(&net->ask, "is reached over %s, which is reconfigured", now.iface->name);
    if (now.iface && also)
        return ask_text(&net->ask,
                        "is reached over %s, and %s gets a network with it as well: over which of them it is "
                        "reached then is not certain",
                        now.iface->name, also->name);
    return NULL;
}

static int32_t tell_peer(const struct net *net, const char *address, const char *resource, const char *what)
{
    struct net_ip ip;
    uint32_t risk = 0;
    if (!net_ip_of(address, &ip) || net_ip_is_loopback(&ip))
        return PROXIMO_OK;
    const char *words = way_words(net, &ip, &risk);
    return words ? tell_affected(&net->ask, risk, resource, NULL,
                                 ask_text(&net->ask, "%s %s %s", what, address, words), NULL)
                 : PROXIMO_OK;
}

/* "10.0.0.5:3260", "10.0.0.1 10.0.0.2": each word without its port. */
static int32_t tell_servers(const struct net *net, const char *storage, const char *value)
{
    const char *resource = ask_text(&net->ask, "storage/%s", storage);
    int32_t r = PROXIMO_OK;
    while (r == PROXIMO_OK && *value) {
        struct net_ip ip;
        value += strspn(value, ", ;");
        const size_t len = strcspn(value, ", ;");
        char *word = len ? net->ask.host->alloc(net->ask.call, len + 1) : NULL;
        if (len && !word)
            return PROXIMO_ENOMEM;
        if (word)
            memcpy(word, value, len);
        value += len;
        if (!word)
            continue;
        char *colon = strchr(word, ':');
        if (colon && !strchr(colon + 1, ':'))
            *colon = '\0';
        r = net_ip_of(word, &ip)
                ? tell_peer(net, word, resource, "its server")
                : tell_affected(&net->ask, PROXIMO_RISK_LOW, resource, NULL,
                                ask_text(&net->ask,
                                         "its server is configured by the name %s: over which "
                                         "interface it is reached cannot be told",
                                         word),
                                NULL);
    }
    return r;
}

static int32_t tell_storages(const struct net *net)
{
    static const char *const members[] = {"server", "server2", "portal", "monhost"};
    struct json_object *list DROP_JSON = NULL;
    int32_t r =
        node_list(&net->ask, "/storage", storage_audit, "storages that are reached over the network", &list);
    for (size_t i = 0; r == PROXIMO_OK && list && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *id = member_text(row, "storage");
        if (!id || member_true(row, "disable") || !net_on_node(row, net->node))
            continue;
        for (size_t m = 0; r == PROXIMO_OK && m < sizeof(members) / sizeof(members[0]); m++) {
            const char *value = member_text(row, members[m]);
            if (value)
                r = tell_servers(net, id, value);
        }
    }
    return r;
}

static int32_t tell_nodes(const struct net *net)
{
    struct json_object *status DROP_JSON = NULL;
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/status",
                                    .needs = ROWS(root_audit, 1)};
    struct looked looked;
    int32_t r = ask_look(&net->ask, &get, &looked); /* what could not be read was told with the ends */
    status = looked.data;
    for (size_t i = 0; r == PROXIMO_OK && json_object_is_type(status, json_type_array) &&
                       i < json_object_array_length(status);
         i++) {
        struct json_object *row = json_object_array_get_idx(status, i);
        const char *name = member_text(row, "name"), *ip = member_text(row, "ip");
        if (name && ip && member_is(row, "type", "node") && strcmp(name, net->node) != 0)
            r = tell_peer(net, ip, ask_text(&net->ask, "node/%s", name), "its address");
    }
    return r;
}

/* Where the operator sits, as far as it is known. */
static int32_t tell_operators(const struct net *net)
{
    struct json_object *how DROP_JSON = reached(&net->ask);
    struct json_object *list = member_of(how, "operator_addresses");
    const char *local = member_text(how, "local"), *node = node_resource(net);
    int32_t r =
        local ? tell_peer(net, local, node, "the address that this program connects from,") : PROXIMO_OK;
    for (size_t i = 0;
         r == PROXIMO_OK && json_object_is_type(list, json_type_array) && i < json_object_array_length(list);
         i++) {
        const char *address = json_object_get_string(json_object_array_get_idx(list, i));
        if (address)
            r = tell_peer(net, address, node, "the operator's address");
    }
    return r;
}

int32_t net_tell_peers(const struct net *net)
{
    int32_t r = PROXIMO_OK;
    if (!net_ways_change(net))
        return r;
    if (net_has_dynamic(net))
        r = net->ask.host->incomplete(net->ask.call,
                                      "what is reached over addresses that come by DHCP or the like",
                                      "Proxmox does not show these addresses");
    if (r == PROXIMO_OK)
        r = tell_nodes(net);
    if (r == PROXIMO_OK)
        r = tell_operators(net);
    return r == PROXIMO_OK ? tell_storages(net) : r;
}
