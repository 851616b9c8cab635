/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network of a provisioned guest: its net0, the bridge on the node, and whether anybody has its
 * addresses. What guests got by DHCP or gave themselves is in no configuration: it is not seen, and that is
 * said. Sources: GET /nodes/{node}/network?type=any_bridge, GET .../config of the other guests.
 */
#include "provision.h"

#define COMPARED_MOST 400u

/* ---- net0 */

/* Is `part` of a device ("bridge=vmbr0") one that is set anew, or the old device's address? */
static bool is_replaced(const struct provision *p, const char *part, size_t len, bool address)
{
    const struct {
        const char *key;
        bool gone;
    } keys[] = {{"bridge=", p->bridge != NULL},
                {"tag=", p->vlan != NULL},
                {"hwaddr=", true},
                {"ip=", address},
                {"gw=", address},
                {"ip6=", address},
                {"gw6=", address},
                {"macaddr=", true}};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const size_t n = strlen(keys[i].key);
        if (keys[i].gone && len >= n && strncmp(part, keys[i].key, n) == 0)
            return true;
    }
    return false;
}

const char *provision_net(const struct provision *p, const char *base)
{
    const struct asking *a = &p->a;
    const char *address = provision_ipconfig(p), *text = "";
    if (!address)
        return NULL;
    if (!base)
        base = p->lxc ? "name=eth0,firewall=1,type=veth" : "virtio,firewall=1";
    for (const char *at = base; text && *at; at += strcspn(at, ","), at += *at == ',') {
        const size_t len = strcspn(at, ",");
        /* "virtio=MAC": a device that is set anew has a MAC of its own */
        const bool model = !p->lxc && at == base && strchr(at, ':') && strchr(at, ':') < at + len;
        if (!is_replaced(p, at, len, p->lxc && *address))
            text = ask_text(a, "%s%s%.*s", text, *text ? "," : "", (int)(model ? strcspn(at, "=") : len), at);
    }
    if (text && p->bridge)
        text = ask_text(a, "%s,bridge=%s", text, p->bridge);
    if (text && p->vlan)
        text = ask_text(a, "%s,tag=%s", text, p->vlan);
    return text && p->lxc && *address ? ask_text(a, "%s,%s", text, address) : text;
}

/* ---- the bridge */

static int32_t check_bridge(const struct provision *p, struct json_object *list, const char *bridge)
{
    const struct asking *a = &p->a;
    struct json_object *row = NULL;
    for (size_t i = 0; i < json_object_array_length(list) && !row; i++) {
        if (member_is(json_object_array_get_idx(list, i), "iface", bridge))
            row = json_object_array_get_idx(list, i);
    }
    if (!row)
        return a->host->fail(
            a->call, PROXIMO_ENOTFOUND,
            "node %s has no bridge or vnet %.64s, as far as this token sees; pve_network_list "
            "shows them",
            p->node, bridge);
    /* a vnet's zone is another */
    if (!member_is(row, "type", "bridge") && !member_is(row, "type", "OVSBridge"))
        return PROXIMO_OK;
    return life_check_privilege(a, ask_text(a, "/sdn/zones/localnetwork/%s", bridge), "SDN.Use",
                                "putting a guest on the bridge");
}

/* A node of the cluster that has the address itself. */
static int32_t check_node_addresses(const struct provision *p, struct json_object *list)
{
    const struct asking *a = &p->a;
    for (size_t i = 0; p->ip && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *address = member_text(row, "address"), *iface = member_text(row, "iface");
        if (address && provision_same_address(address, p->ip))
            return a->host->fail(a->call, PROXIMO_ESTATE, "ip: node %s itself has %.60s on %.40s", p->node,
                                 p->ip, iface ? iface : "a bridge");
    }
    return PROXIMO_OK;
}

static int32_t check_bridges(const struct provision *p)
{
    const struct asking *a = &p->a;
    const struct proximo_field fields[] = {FIELD("node", p->node), FIELD("type", "any_bridge")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/network", .fields = fields,
                                    .field_count = 2};
    struct looked looked;
    int32_t r = ask_look(a, &get, &looked);
    if (r < 0)
        return r;
    if (!json_object_is_type(looked.data, json_type_array)) {
        r = a->host->incomplete(a->call, "the bridges of the node", looked.why);
        json_object_put(looked.data);
        return r;
    }
    for (const char *at = p->bridges; r == PROXIMO_OK && at && *at; at += *at == ' ') {
        const size_t key = strcspn(at, "="), len = strcspn(at, "/ ");
        const char *bridge = len > key ? ask_text(a, "%.*s", (int)(len - key - 1), at + key + 1) : NULL;
        r = bridge ? check_bridge(p, looked.data, bridge) : PROXIMO_OK;
        at += strcspn(at, " ");
    }
    if (r == PROXIMO_OK)
        r = check_node_addresses(p, looked.data);
    json_object_put(looked.data);
    return r;
}

/* ---- addresses of others */

struct comparing {
    struct provision *p;
    uint32_t unread;
    const char *why;
};

static bool is_fixed(const char *address)
{
    return address && (strchr(address, '.') || strchr(address, ':'));
}

static int32_t compare_one(void *context, struct known_guest *guest)
{
    struct comparing *c = context;
    struct provision *p = c->p;
    const struct {
        const char *asked, *name, *key;
    } kinds[] = {{p->ip, "ip", "ip"}, {p->ip6, "ip6", "ip6"}};
    if (!guest->config) {
        c->unread++;
        c->why = guest->why;
        return PROXIMO_OK;
    }
    p->compared++;
    json_object_object_foreach(guest->config, key, value)
    {
        const char *text = json_object_get_string(value);
        if (!text || (strncmp(key, "net", 3) != 0 && strncmp(key, "ipconfig", 8) != 0))
            continue;
        for (size_t i = 0; i < 2; i++) {
            const char *theirs = is_fixed(kinds[i].asked) ? provision_part(&p->a, text, kinds[i].key) : NULL;
            if (is_fixed(theirs) && provision_same_address(theirs, kinds[i].asked))
                return p->a.host->fail(
                    p->a.call, PROXIMO_ESTATE,
                    "%s: guest %lld (%.60s) on node %s has %.60s in its %s; pve_guest_ips shows "
                    "what guests have now",
                    kinds[i].name, (long long)guest->vmid, guest->name ? guest->name : "no name", guest->node,
                    kinds[i].asked, key);
        }
    }
    return PROXIMO_OK;
}

static int32_t compare_addresses(struct provision *p)
{
    const struct asking *a = &p->a;
    struct comparing c = {.p = p};
    bool *wanted = a->host->alloc(a->call, p->guests.count + UINT64_C(1));
    if (!wanted)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < p->guests.count; i++)
        wanted[i] = true;
    int32_t r = guests_visit_configs(a, &p->guests, wanted, COMPARED_MOST,
                                     "comparing addresses with those of other guests", compare_one, &c);
    return r == PROXIMO_OK && c.unread
               ? a->host->incomplete(
                     a->call, ask_text(a, "the addresses of %u other guests", (unsigned)c.unread), c.why)
               : r;
}

int32_t provision_check_network(struct provision *p)
{
    int32_t r = check_bridges(p);
    return r == PROXIMO_OK && (is_fixed(p->ip) || is_fixed(p->ip6)) ? compare_addresses(p) : r;
}
