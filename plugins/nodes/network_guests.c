/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guests and SDN zones that hang on a node's bridges, by the exact name of the bridge: vmbr1 is not vmbr10.
 * Sources: GET /cluster/resources, the guests' configurations, GET /cluster/sdn/zones.
 */
#include "../common/config_object.h"
#include "../common/guest_disks.h"
#include "network_reach.h"

#define CONFIGS_MOST 4000u

struct looking {
    const struct asking *ask;
    int32_t (*visit)(void *context, const struct net_guest *guest);
    void *context;
};

/* "net0", "net31" */
static bool is_slot(const char *key)
{
    return strncmp(key, "net", 3) == 0 && key[3] && strspn(key + 3, "0123456789") == strlen(key + 3);
}

/* The bridge of "virtio=AA:BB,bridge=vmbr1,firewall=1"; NULL: none. */
static const char *bridge_of(const struct asking *a, const char *device)
{
    while (*device) {
        const size_t len = strcspn(device, ",");
        if (len > 7 && strncmp(device, "bridge=", 7) == 0)
            return ask_text(a, "%.*s", (int)len - 7, device + 7);
        device += len + (device[len] == ',');
    }
    return NULL;
}

static int32_t look_at(void *context, struct known_guest *guest)
{
    const struct looking *l = context;
    int32_t r = PROXIMO_OK;
    if (!guest->config)
        return l->ask->host->incomplete(
            l->ask->call, ask_text(l->ask, "the network devices of guest/%lld", (long long)guest->vmid),
            guest->why ? guest->why : "its configuration could not be read");
    json_object_object_foreach(guest->config, key, value)
    {
        const char *text =
            json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
        const char *bridge = text && is_slot(key) ? bridge_of(l->ask, text) : NULL;
        if (!bridge || r < 0)
            continue;
        const struct net_guest device = {.vmid = guest->vmid,
                                         .name = guest->name,
                                         .slot = ask_text(l->ask, "%s", key),
                                         .bridge = bridge,
                                         .running = guest->running,
                                         .template = guest->template};
        r = device.slot ? l->visit(l->context, &device) : PROXIMO_ENOMEM;
    }
    return r;
}

int32_t net_guests(const struct asking *a, const char *node,
                   int32_t (*visit)(void *context, const struct net_guest *guest), void *context)
{
    struct looking l = {a, visit, context};
    struct known_guests guests;
    int32_t r = guests_list(a, &guests);
    if (r < 0)
        return r;
    bool *wanted = a->host->alloc(a->call, (guests.count + 1) * sizeof(*wanted));
    for (uint32_t i = 0; wanted && i < guests.count; i++)
        wanted[i] = guests.rows[i].node && strcmp(guests.rows[i].node, node) == 0;
    r = wanted ? guests_visit_configs(a, &guests, wanted, CONFIGS_MOST, "looking for guests on the bridges",
                                      look_at, &l)
               : PROXIMO_ENOMEM;
    guests_done(&guests);
    return r;
}

/* ---- a row for each guest */

static int32_t flush(struct net_hanging *h)
{
    const struct net_guest *g = &h->last;
    if (!h->text)
        return PROXIMO_OK;
    const char *state = g->template ? "a template" : g->running ? "running" : "not running";
    int32_t r = tell_affected(h->ask, g->template ? PROXIMO_RISK_LOW : h->risk,
                              ask_text(h->ask, "guest/%lld", (long long)g->vmid), g->name,
                              ask_text(h->ask, "%s (%s)", h->text, state), NULL);
    h->text = NULL;
    h->risk = 0;
    return r;
}

static int32_t hang(void *context, const struct net_guest *guest)
{
    struct net_hanging *h = context;
    uint32_t risk = PROXIMO_RISK_LOW;
    const char *effect = h->effect(h->context, guest, &risk);
    int32_t r = h->last.vmid != guest->vmid ? flush(h) : PROXIMO_OK;
    if (r < 0 || !effect)
        return r;
    h->last = *guest;
    h->last.name = guest->name ? ask_text(h->ask, "%s", guest->name) : NULL;
    h->text = h->text ? ask_text(h->ask, "%s; %s %s", h->text, guest->slot, effect)
                      : ask_text(h->ask, "%s %s", guest->slot, effect);
    h->risk = risk > h->risk ? risk : h->risk;
    return h->text ? PROXIMO_OK : PROXIMO_ENOMEM;
}

int32_t net_tell_hanging(struct net_hanging *hanging, const char *node)
{
    int32_t r = net_guests(hanging->ask, node, hang, hanging);
    return r == PROXIMO_OK ? flush(hanging) : r;
}

/* ---- zones */

bool net_on_node(struct json_object *row, const char *node)
{
    const char *nodes = member_text(row, "nodes");
    return !nodes || !*nodes || config_list_has(nodes, node);
}

int32_t net_tell_zones(const struct asking *a, const char *node,
                       const char *(*effect)(void *context, const char *bridge, uint32_t *ret_risk),
                       void *context)
{
    static const struct proximo_need need[] = {NEED("/sdn/zones", "SDN.Audit")};
    struct json_object *zones DROP_JSON = NULL;
    int32_t r = node_list(a, "/cluster/sdn/zones", need, "SDN zones on the bridges of the node", &zones);
    for (size_t i = 0; r == PROXIMO_OK && zones && i < json_object_array_length(zones); i++) {
        struct json_object *zone = json_object_array_get_idx(zones, i);
        const char *id = member_text(zone, "zone"), *bridge = member_text(zone, "bridge");
        uint32_t risk = PROXIMO_RISK_LOW;
        const char *words = id && bridge && net_on_node(zone, node) ? effect(context, bridge, &risk) : NULL;
        if (words)
            r = tell_affected(a, risk, ask_text(a, "zone/%s", id), NULL,
                              ask_text(a, "its virtual networks %s", words), NULL);
    }
    return r;
}
