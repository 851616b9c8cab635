/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses that a node or guest is looked at from. */
#include <arpa/inet.h>
#include <strings.h>

#include "view.h"

/* They stand for the internet. No packet goes there. Two of different registries, in networks of which rules
 * seldom speak; addresses of documentation would be on lists of what must not come from outside. */
static const char *const internet[] = {"133.11.0.1", "193.0.0.1", "2001:610::1"};
#define LOCAL_TRIES 64u

const char *address_text(const struct asking *a, const struct fw_address *address)
{
    char text[INET6_ADDRSTRLEN] = "";
    if (!inet_ntop(address->family == 4 ? AF_INET : AF_INET6, address->bytes, text, sizeof(text)))
        return NULL;
    return ask_text(a, "%s", text);
}

const char *net_text(const struct asking *a, const struct fw_net *net)
{
    struct fw_address first = {.family = net->family}, last = {.family = net->family};
    memcpy(first.bytes, net->first, sizeof(first.bytes));
    memcpy(last.bytes, net->last, sizeof(last.bytes));
    const char *from = address_text(a, &first);
    if (!from || memcmp(net->first, net->last, sizeof(net->first)) == 0)
        return from;
    return net->bits <= 128 ? ask_text(a, "%s/%u", from, (unsigned)net->bits)
                            : ask_text(a, "%s-%s", from, address_text(a, &last));
}

const char *view_word(enum view_kind kind)
{
    switch (kind) {
    case VIEW_CONNECTION: return "this connection";
    case VIEW_OPERATOR: return "the operator's addresses";
    case VIEW_PEER: return "other nodes of the cluster";
    case VIEW_LOCAL: return "the local network";
    case VIEW_INTERNET: return "the internet";
    case VIEW_NAMED: break;
    }
    return "addresses that the change names";
}

static bool same(const struct fw_address *a, const struct fw_address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* Where the packet arrives: the address of the node's that has this family (dest), or any with NULL. */
static void add(struct views *ret, const struct world_node *node, enum view_kind kind,
                const struct fw_address *address, const char *text, const char *label,
                const struct world_address *dest)
{
    for (uint32_t i = 0; !dest && node && i < node->address_count; i++) {
        if (node->addresses[i].address.family == address->family)
            dest = &node->addresses[i];
    }
    if ((node && !dest) || !text || !label)
        return;
    for (uint32_t i = 0; i < ret->count; i++) {
        if (same(&ret->list[i].address, address) && (!dest || same(&ret->list[i].dest, &dest->address)))
            return;
    }
    ret->cut |= ret->count == VIEWS_MOST;
    if (ret->count == VIEWS_MOST)
        return;
    struct view *view = &ret->list[ret->count++];
    *view = (struct view){.kind = kind, .text = text, .label = label, .address = *address};
    if (dest) {
        view->dest = dest->address;
        view->dest_text = dest->text;
        view->iface = dest->iface;
    }
}

/* ---- networks by one of their addresses */

/* The nth address from the end of a network, its broadcast address left out. */
static struct fw_address from_end(const struct fw_net *net, uint32_t nth)
{
    struct fw_address one = {.family = net->family};
    const size_t size = net->family == 4 ? 4 : 16;
    memcpy(one.bytes, net->last, sizeof(one.bytes));
    if (memcmp(net->first, net->last, size) != 0 && one.bytes[size - 1] > nth)
        one.bytes[size - 1] = (uint8_t)(one.bytes[size - 1] - 1 - nth);
    return one;
}

static struct fw_address from_start(const struct fw_net *net)
{
    struct fw_address one = {.family = net->family};
    memcpy(one.bytes, net->first, sizeof(one.bytes));
    if (memcmp(net->first, net->last, sizeof(net->first)) != 0)
        one.bytes[net->family == 4 ? 3 : 15] |= 1;
    return one;
}

static const char *local_network(const struct world *w, const struct world_node *node)
{
    struct json_object *list = member_of(w->cluster, "aliases");
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        const char *name = member_text(json_object_array_get_idx(list, i), "name");
        if (name && strcasecmp(name, "local_network") == 0)
            return member_text(json_object_array_get_idx(list, i), "cidr");
    }
    return node->local_network;
}

/* Some address of the local network that no node has and no rule speaks of. */
static int32_t add_local(struct world *w, const struct world_node *node, struct views *ret,
                         const struct world_node *dest)
{
    const char *cidr = local_network(w, node);
    struct fw_net net;
    if (!cidr || fw_net_parse(cidr, strlen(cidr), &net) < 0)
        return PROXIMO_OK; /* told when the node was read */
    struct json_object *input = world_input(w, node);
    const char *all =
        input ? json_object_to_json_string_ext(input, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
              : NULL;
    for (uint32_t i = 0; all && i < LOCAL_TRIES; i++) {
        const struct fw_address one = from_end(&net, i);
        const char *text = address_text(&w->ask, &one);
        bool taken = text && strstr(all, text);
        for (uint32_t n = 0; text && n < w->node_count; n++)
            taken |= w->nodes[n].ip && strcmp(w->nodes[n].ip, text) == 0;
        if (taken && i + 1 < LOCAL_TRIES)
            continue;
        add(ret, dest, VIEW_LOCAL, &one, text, net_text(&w->ask, &net), NULL);
        break;
    }
    json_object_put(input);
    return all ? PROXIMO_OK : PROXIMO_ENOMEM;
}

/* ---- the cluster's other nodes */

static const struct world_address *own_address(const struct world_node *node, const char *text)
{
    for (uint32_t i = 0; text && i < node->address_count; i++) {
        if (strcmp(node->addresses[i].text, text) == 0)
            return &node->addresses[i];
    }
    return NULL;
}

/* By their links too: each is heard at this node's address of the same link. */
static void add_links(const struct world *w, const struct world_node *node, struct views *ret)
{
    struct json_object *rows = member_of(w->corosync, "nodes"), *own = NULL;
    const size_t count = rows ? json_object_array_length(rows) : 0;
    struct fw_address address;
    for (size_t i = 0; i < count; i++) {
        if (member_is(json_object_array_get_idx(rows, i), "name", node->name))
            own = json_object_array_get_idx(rows, i);
    }
    for (size_t i = 0; own && i < count; i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        if (row == own || !json_object_is_type(row, json_type_object))
            continue;
        json_object_object_foreach(row, key, value)
        {
            const char *text = strncmp(key, "ring", 4) == 0 ? json_object_get_string(value) : NULL;
            const struct world_address *dest = own_address(node, member_text(own, key));
            if (text && dest && fw_address_parse(text, &address) == 0)
                add(ret, node, VIEW_PEER, &address, text, text, dest);
        }
    }
}

static void add_peers(const struct world *w, const struct world_node *node, struct views *ret)
{
    struct fw_address address;
    add_links(w, node, ret);
    for (uint32_t i = 0; i < w->node_count; i++) {
        const struct world_node *other = &w->nodes[i];
        if (other != node && other->ip && fw_address_parse(other->ip, &address) == 0)
            add(ret, node, VIEW_PEER, &address, other->ip, other->ip, NULL);
    }
}

/* ---- all of them */

static void add_named(const struct named *named, const struct reached *reached, const struct world_node *dest,
                      struct views *ret)
{
    for (uint32_t i = 0; i < named->count; i++) {
        enum view_kind kind = VIEW_NAMED;
        for (uint32_t k = 0; reached && k < reached->operator_count; k++)
            kind = fw_net_has(&reached->operators[k], &named->list[i]) ? VIEW_OPERATOR : kind;
        add(ret, dest, kind, &named->list[i], named->texts[i], named->labels[i], NULL);
    }
    ret->cut |= named->cut;
}

static void add_internet(const struct world_node *dest, struct views *ret)
{
    struct fw_address address;
    for (size_t i = 0; i < sizeof(internet) / sizeof(internet[0]); i++) {
        if (fw_address_parse(internet[i], &address) == 0)
            add(ret, dest, VIEW_INTERNET, &address, internet[i], address.family == 4 ? "IPv4" : "IPv6", NULL);
    }
}

/* At the address where the node is reached, if that is one of its own. */
static void add_connection(const struct world_node *node, const struct reached *reached, struct views *ret)
{
    const struct world_address *dest = NULL;
    for (uint32_t i = 0; i < node->address_count; i++) {
        if (same(&node->addresses[i].address, &reached->local))
            return; /* from the node itself */
        for (uint32_t k = 0; k < reached->end_count; k++)
            dest = same(&node->addresses[i].address, &reached->ends[k]) ? &node->addresses[i] : dest;
    }
    add(ret, node, VIEW_CONNECTION, &reached->local, reached->local_text, reached->local_text,
        dest && dest->address.family == reached->local.family ? dest : NULL);
}

int32_t views_of_node(struct world *w, const struct world_node *node, const struct reached *reached,
                      const struct named *named, struct views *ret)
{
    *ret = (struct views){0};
    if (node->address_count == 0)
        return w->ask.host->incomplete(w->ask.call, ask_text(&w->ask, "what reaches %s", node->name),
                                       "its addresses are not known");
    if (reached->known && !reached->here)
        add_connection(node, reached, ret);
    for (uint32_t i = 0; i < reached->operator_count; i++) {
        const struct fw_address first = from_start(&reached->operators[i]),
                                last = from_end(&reached->operators[i], 0);
        const char *texts[] = {address_text(&w->ask, &first), address_text(&w->ask, &last)};
        add(ret, node, VIEW_OPERATOR, &first, texts[0], texts[0], NULL);
        add(ret, node, VIEW_OPERATOR, &last, texts[1], texts[1], NULL);
    }
    add_peers(w, node, ret);
    add_named(named, reached, node, ret);
    add_internet(node, ret);
    return add_local(w, node, ret, node);
}

int32_t views_of_guests(struct world *w, const struct world_node *node, const struct named *named,
                        struct views *ret)
{
    *ret = (struct views){0};
    add_named(named, NULL, NULL, ret);
    add_internet(NULL, ret);
    return add_local(w, node, ret, NULL);
}
