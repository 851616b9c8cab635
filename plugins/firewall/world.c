/* SPDX-License-Identifier: Apache-2.0 */
/* The datacenter's firewall, the nodes and the cluster's links. */
#include "world.h"

static const struct proximo_need root_need = NEED("/", "Sys.Audit");

/* ---- the datacenter */

static int32_t read_first(struct world *w)
{
    const struct world_get gets[] = {
#define AT_ROOT(where, json, object, name, words)                                                            \
    {.path = (where), .need = &root_need, .type = (json), .into = (object), .key = (name), .what = (words)}
        AT_ROOT("/cluster/firewall/options", json_type_object, w->cluster, "options",
                "the datacenter's firewall options"),
        AT_ROOT("/cluster/firewall/rules", json_type_array, w->cluster, "rules",
                "the datacenter's firewall rules"),
        AT_ROOT("/cluster/firewall/aliases", json_type_array, w->cluster, "aliases",
                "the datacenter's aliases"),
        AT_ROOT("/cluster/firewall/ipset", json_type_array, w->lists, "ipset", "the datacenter's IP sets"),
        AT_ROOT("/cluster/firewall/groups", json_type_array, w->lists, "groups", "the security groups"),
        AT_ROOT("/cluster/status", json_type_array, w->lists, "status", "the nodes of the cluster"),
        AT_ROOT("/cluster/config/nodes", json_type_array, w->lists, "links", "the cluster's links"),
        AT_ROOT("/cluster/config/totem", json_type_object, w->lists, "totem", NULL),
        {.path = "/cluster/firewall/refs",
         .fields = {FIELD("type", "ipset")},
         .field_count = 1,
         .need = &root_need,
         .type = json_type_array,
         .into = w->lists,
         .key = "refs",
         .what = "the names of SDN's IP sets"},
    };
    return world_get_all(&w->ask, gets, (uint32_t)(sizeof(gets) / sizeof(gets[0])));
}

static const struct map {
    const char *list, *name, *path, *what;
} maps[] = {
    {"ipset", "name", "/cluster/firewall/ipset/{name}", "IP set"},
    {"groups", "group", "/cluster/firewall/groups/{name}", "security group"},
};

/* Names without content yet (null: not read), and the GETs that bring it. */
static int32_t plan_map(struct world *w, const struct map *map, struct world_get *gets, uint32_t *count)
{
    struct json_object *list = member_of(w->lists, map->list), *into = NULL;
    if (!json_object_is_type(list, json_type_array))
        return PROXIMO_OK;
    into = json_object_new_object();
    if (!into || json_object_object_add(w->cluster, map->list, into) < 0) {
        json_object_put(into);
        return PROXIMO_ENOMEM;
    }
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        const char *name = member_text(json_object_array_get_idx(list, i), map->name);
        const char *what = name ? ask_text(&w->ask, "%s %s", map->what, name) : NULL;
        if (!name)
            continue;
        if (!what || json_object_object_add(into, name, NULL) < 0)
            return PROXIMO_ENOMEM;
        if (*count < WORLD_LISTS_MOST)
            gets[(*count)++] = (struct world_get){.path = map->path,
                                                  .fields = {FIELD("name", name)},
                                                  .field_count = 1,
                                                  .need = &root_need,
                                                  .type = json_type_array,
                                                  .into = into,
                                                  .key = name,
                                                  .what = what};
        else if (w->ask.host->incomplete(w->ask.call, what, "more IP sets and groups than this looks at") < 0)
            return PROXIMO_ENOMEM;
    }
    return PROXIMO_OK;
}

static int32_t read_maps(struct world *w)
{
    struct world_get *gets = w->ask.host->alloc(w->ask.call, WORLD_LISTS_MOST * sizeof(*gets));
    uint32_t count = 0;
    int32_t r = gets ? PROXIMO_OK : PROXIMO_ENOMEM;
    for (size_t i = 0; r == PROXIMO_OK && i < sizeof(maps) / sizeof(maps[0]); i++)
        r = plan_map(w, &maps[i], gets, &count);
    return r == PROXIMO_OK ? world_get_all(&w->ask, gets, count) : r;
}

/* ---- the nodes */

static int32_t take_nodes(struct world *w)
{
    struct json_object *status = member_of(w->lists, "status");
    const size_t count = status ? json_object_array_length(status) : 0;
    w->nodes_read = status != NULL;
    w->nodes = w->ask.host->alloc(w->ask.call, (count + WORLD_NODES_MORE) * sizeof(*w->nodes));
    if (!w->nodes)
        return PROXIMO_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(status, i);
        const char *name = member_text(row, "name");
        if (!name || !member_is(row, "type", "node"))
            continue;
        w->nodes[w->node_count++] = (struct world_node){.name = name,
                                                        .ip = member_text(row, "ip"),
                                                        .online = member_true(row, "online"),
                                                        .local = member_true(row, "local")};
    }
    return PROXIMO_OK;
}

struct world_node *world_find(struct world *w, const char *node)
{
    for (uint32_t i = 0; node && i < w->node_count; i++) {
        if (strcmp(w->nodes[i].name, node) == 0)
            return &w->nodes[i];
    }
    return NULL;
}

int32_t world_add_node(struct world *w, const char *node)
{
    if (world_find(w, node))
        return PROXIMO_OK;
    if (w->added == WORLD_NODES_MORE)
        return PROXIMO_ENOMEM;
    w->added++;
    w->nodes[w->node_count++] = (struct world_node){.name = node, .online = true};
    return PROXIMO_OK;
}

/* ---- the cluster's links */

/* The first ring address that is a name: which address it stands for is not known here. */
static const char *link_name(struct json_object *links)
{
    struct fw_address address;
    for (size_t i = 0; i < json_object_array_length(links); i++) {
        struct json_object *row = json_object_array_get_idx(links, i);
        if (!json_object_is_type(row, json_type_object))
            continue;
        json_object_object_foreach(row, key, value)
        {
            const size_t len = strlen(key);
            const char *text = json_object_get_string(value);
            if (strncmp(key, "ring", 4) == 0 && len > 9 && strcmp(key + len - 5, "_addr") == 0 && text &&
                fw_address_parse(text, &address) < 0)
                return text;
        }
    }
    return NULL;
}

/* Without a cluster the list is empty; totem says the transport, and only of the old one that it is meant to
 * be heard by all. */
static int32_t take_links(struct world *w)
{
    struct json_object *links = member_of(w->lists, "links"), *totem = member_of(w->lists, "totem");
    if (!json_object_is_type(links, json_type_array))
        return PROXIMO_OK;
    const char *name = link_name(links);
    if (name)
        return w->ask.host->incomplete(
            w->ask.call, "the cluster's links",
            ask_text(&w->ask, "a link's address is the name %s: what it stands for is not known here", name));
    const bool any = json_object_array_length(links) > 0;
    if (any && !totem)
        return w->ask.host->incomplete(w->ask.call, "the cluster's links",
                                       "GET /cluster/config/totem did not say their transport");
    const char *transport = member_text(totem, "transport");
    w->corosync = json_object_new_object();
    if (!w->corosync || (any && json_object_object_add(w->corosync, "nodes", json_object_get(links)) < 0))
        return PROXIMO_ENOMEM;
    struct json_object *word = transport ? json_object_new_string(transport) : NULL;
    return !word || json_object_object_add(w->corosync, "transport", word) == 0 ? PROXIMO_OK : PROXIMO_ENOMEM;
}

/* ---- SDN's own sets: their names are told, what they hold is not */

static int32_t take_sdn(struct world *w)
{
    struct json_object *refs = member_of(w->lists, "refs");
    if (!json_object_is_type(refs, json_type_array))
        return PROXIMO_OK;
    w->sdn = json_object_new_object();
    for (size_t i = 0; w->sdn && i < json_object_array_length(refs); i++) {
        struct json_object *row = json_object_array_get_idx(refs, i);
        const char *name = member_text(row, "name");
        if (name && member_is(row, "scope", "sdn") && json_object_object_add(w->sdn, name, NULL) < 0)
            return PROXIMO_ENOMEM;
    }
    return w->sdn ? PROXIMO_OK : PROXIMO_ENOMEM;
}

/* ---- all of it */

int32_t world_open(struct world *w, const struct asking *a)
{
    *w = (struct world){.ask = *a, .cluster = json_object_new_object(), .lists = json_object_new_object()};
    int32_t r = w->cluster && w->lists ? read_first(w) : PROXIMO_ENOMEM;
    r = r == PROXIMO_OK ? read_maps(w) : r;
    r = r == PROXIMO_OK ? take_nodes(w) : r;
    r = r == PROXIMO_OK ? take_links(w) : r;
    return r == PROXIMO_OK ? take_sdn(w) : r;
}

void world_done(struct world *w)
{
    for (uint32_t i = 0; i < w->node_count; i++) {
        struct world_node *node = &w->nodes[i];
        json_object_put(node->host);
        json_object_put(node->network);
        json_object_put(node->nics);
        json_object_put(node->guests);
    }
    guests_done(&w->guests);
    json_object_put(w->cluster);
    json_object_put(w->lists);
    json_object_put(w->corosync);
    json_object_put(w->sdn);
    json_object_put(w->vnets);
    *w = (struct world){0};
}

/* ---- a model's input */

static bool put_part(struct json_object *input, const char *key, struct json_object *value)
{
    return !value || json_object_object_add(input, key, json_object_get(value)) == 0;
}

static bool put_text(struct json_object *input, const char *key, const char *text)
{
    struct json_object *value = text ? json_object_new_string(text) : NULL;
    return !text || (value && json_object_object_add(input, key, value) == 0);
}

/* {altname: interface}; before Proxmox VE 9 its firewall knew none. */
static bool put_altnames(struct json_object *input, const struct world_node *node)
{
    const bool known = node->network && node->network_whole;
    struct json_object *names = known ? json_object_new_object() : NULL;
    bool good = !known || names;
    for (size_t i = 0; names && i < json_object_array_length(node->network); i++) {
        struct json_object *row = json_object_array_get_idx(node->network, i);
        struct json_object *others = member_of(row, "altnames");
        const char *iface = member_text(row, "iface");
        if (!iface || !json_object_is_type(others, json_type_array))
            continue;
        for (size_t k = 0; good && k < json_object_array_length(others); k++) {
            const char *name = json_object_get_string(json_object_array_get_idx(others, k));
            good = !name || put_text(names, name, iface);
        }
    }
    good = good && put_part(input, "altnames", names);
    json_object_put(names);
    return good;
}

struct json_object *world_input(const struct world *w, const struct world_node *node)
{
    struct json_object *input = json_object_new_object();
    if (input && put_text(input, "node", node->name) &&
        put_text(input, "local_network", node->local_network) && put_altnames(input, node) &&
        put_part(input, "corosync", w->corosync) && put_part(input, "sdn_ipsets", w->sdn) &&
        put_part(input, "nics", node->nics) && put_part(input, "cluster", w->cluster) &&
        put_part(input, "host", node->host) && put_part(input, "guests", node->guests) &&
        put_part(input, "vnets", w->vnets))
        return input;
    json_object_put(input);
    return NULL;
}

enum fw_tri world_nftables(const struct world_node *node)
{
    struct json_object *options = member_of(node->host, "options");
    return !options ? FW_MAYBE : member_true(options, "nftables") ? FW_YES : FW_NO;
}
