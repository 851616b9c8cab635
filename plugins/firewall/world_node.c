/* SPDX-License-Identifier: Apache-2.0 */
/* A node: its firewall, its addresses, the network around it, the VNets' firewalls. */
#include "world.h"

static const struct proximo_need node_need = NEED("/nodes/{node}", "Sys.Audit");
static const struct proximo_need network_need = NEED("/sdn/zones/localnetwork", "SDN.Audit|SDN.Use");
static const struct proximo_need vnets_need = NEED("/sdn/zones", "SDN.Audit");

/* ---- addresses */

static bool same(const struct fw_address *a, const struct fw_address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* That of the cluster's list comes first. */
static void add_address(struct world_node *node, const struct world_address *one)
{
    struct fw_address listed;
    const bool first = node->ip && fw_address_parse(node->ip, &listed) == 0 && same(&listed, &one->address);
    if (node->address_count == WORLD_ADDRESSES_MOST && !first)
        return;
    if (node->address_count < WORLD_ADDRESSES_MOST)
        node->address_count++;
    node->addresses[node->address_count - 1] = *one;
    if (!first)
        return;
    memmove(node->addresses + 1, node->addresses, (node->address_count - 1) * sizeof(*one));
    node->addresses[0] = *one;
    node->local_network = one->cidr;
}

static int32_t take_interface(const struct asking *a, struct world_node *node, struct json_object *row)
{
    static const char *const keys[] = {"cidr", "cidr6"};
    for (size_t i = 0; i < 2; i++) {
        const char *cidr = member_text(row, keys[i]);
        struct world_address one = {.cidr = cidr, .iface = member_text(row, "iface")};
        if (!cidr)
            continue;
        one.text = ask_text(a, "%.*s", (int)strcspn(cidr, "/"), cidr);
        if (!one.text)
            return PROXIMO_ENOMEM;
        if (fw_address_parse(one.text, &one.address) == 0)
            add_address(node, &one);
    }
    return PROXIMO_OK;
}

static int32_t take_network(const struct asking *a, struct world_node *node)
{
    const size_t count = node->network ? json_object_array_length(node->network) : 0;
    struct world_address listed = {.text = node->ip};
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++)
        r = take_interface(a, node, json_object_array_get_idx(node->network, i));
    if (r < 0 || node->local_network)
        return r;
    if (node->ip && fw_address_parse(node->ip, &listed.address) == 0)
        add_address(node, &listed);
    return a->host->incomplete(
        a->call, ask_text(a, "the network around %s", node->name),
        !node->ip        ? "the cluster's list does not say the node's address"
        : !node->network ? "its interfaces could not be read"
                         : "none of the interfaces that it lists has the node's address in the cluster");
}

/* ---- reading */

#define PARTS 3u

static int32_t add_parts(const struct asking *a, struct world_node *node, struct json_object *into,
                         struct world_get *gets)
{
    static const struct {
        const char *path, *key, *what;
        json_type type;
    } parts[PARTS] = {
        {"/nodes/{node}/firewall/options", "options", "firewall options", json_type_object},
        {"/nodes/{node}/firewall/rules", "rules", "firewall rules", json_type_array},
        {"/nodes/{node}/network", "network", "network interfaces", json_type_array},
    };
    for (size_t i = 0; i < PARTS; i++) {
        const bool network = i == 2;
        const char *what = ask_text(a, "the %s of %s", parts[i].what, node->name);
        if (!what)
            return PROXIMO_ENOMEM;
        gets[i] = (struct world_get){.path = parts[i].path,
                                     .fields = {FIELD("node", node->name)},
                                     .field_count = 1,
                                     .need = network ? &network_need : &node_need,
                                     .type = parts[i].type,
                                     .into = into,
                                     .key = parts[i].key,
                                     .what = what,
                                     .ret_whole = network ? &node->network_whole : NULL};
    }
    return PROXIMO_OK;
}

static bool is_wanted(const struct world_node *node, const char *only)
{
    return !node->read && (only ? strcmp(node->name, only) == 0 : node->online);
}

int32_t world_read_nodes(struct world *w, const char *only)
{
    struct world_get *gets = w->ask.host->alloc(w->ask.call, (w->node_count + 1) * PARTS * sizeof(*gets));
    uint32_t count = 0;
    int32_t r = gets ? PROXIMO_OK : PROXIMO_ENOMEM;
    for (uint32_t i = 0; r == PROXIMO_OK && i < w->node_count; i++) {
        struct world_node *node = &w->nodes[i];
        if (!is_wanted(node, only))
            continue;
        if (count / PARTS == WORLD_NODES_MOST) {
            r = w->ask.host->incomplete(w->ask.call, ask_text(&w->ask, "node %s", node->name),
                                        "more nodes than this looks at");
            continue;
        }
        node->host = json_object_new_object();
        r = node->host ? add_parts(&w->ask, node, node->host, &gets[count]) : PROXIMO_ENOMEM;
        count += PARTS;
    }
    r = r == PROXIMO_OK ? world_get_all(&w->ask, gets, count) : r;
    for (uint32_t i = 0; r == PROXIMO_OK && i < w->node_count; i++) {
        struct world_node *node = &w->nodes[i];
        if (node->read || !node->host)
            continue;
        node->read = true;
        node->network = json_object_get(member_of(node->host, "network"));
        json_object_object_del(node->host, "network");
        r = take_network(&w->ask, node);
    }
    return r;
}

/* ---- VNets */

static int32_t add_vnet(struct world *w, const char *vnet, struct world_get *gets)
{
    struct json_object *scope = json_object_new_object();
    const char *what = ask_text(&w->ask, "the firewall of VNet %s", vnet);
    if (!scope || !what || json_object_object_add(w->vnets, vnet, scope) < 0) {
        json_object_put(scope);
        return PROXIMO_ENOMEM;
    }
    gets[0] = (struct world_get){.path = "/cluster/sdn/vnets/{vnet}/firewall/options",
                                 .fields = {FIELD("vnet", vnet)},
                                 .field_count = 1,
                                 .type = json_type_object,
                                 .into = scope,
                                 .key = "options",
                                 .what = what};
    gets[1] = gets[0];
    gets[1].path = "/cluster/sdn/vnets/{vnet}/firewall/rules";
    gets[1].type = json_type_array;
    gets[1].key = "rules";
    return PROXIMO_OK;
}

int32_t world_read_vnets(struct world *w)
{
    static const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/sdn/vnets",
                                           .needs = ROWS(&vnets_need, 1)};
    struct looked list = {.data = NULL};
    int32_t r = w->vnets_tried ? PROXIMO_OK : ask_look(&w->ask, &get, &list);
    if (r < 0 || w->vnets_tried)
        return r;
    w->vnets_tried = true;
    const size_t count =
        json_object_is_type(list.data, json_type_array) ? json_object_array_length(list.data) : 0;
    if (!json_object_is_type(list.data, json_type_array) || !list.complete || count > WORLD_LISTS_MOST) {
        json_object_put(list.data);
        return w->ask.host->incomplete(w->ask.call, "the VNets' firewalls",
                                       list.why ? list.why : "not all VNets are listed, or too many");
    }
    struct world_get *gets = w->ask.host->alloc(w->ask.call, (2 * count + 1) * sizeof(*gets));
    uint32_t used = 0;
    w->vnets = json_object_new_object();
    r = gets && w->vnets ? PROXIMO_OK : PROXIMO_ENOMEM;
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
        const char *vnet = member_text(json_object_array_get_idx(list.data, i), "vnet");
        if (!vnet)
            continue;
        r = add_vnet(w, vnet, &gets[used]);
        used += 2;
    }
    r = r == PROXIMO_OK ? world_get_all(&w->ask, gets, used) : r;
    json_object_put(list.data);
    return r;
}
