/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The network of a provisioned guest: its net0, the bridge on the node, and whether anybody has its
 * addresses. Configurations name fixed addresses; what guests got by DHCP or gave themselves only they can
 * tell, and what a guest tells is its own word: it makes the risk high, it refuses nothing. Sources: GET
 * /nodes/{node}/network?type=any_bridge, GET .../config of the other guests, GET
 * /nodes/{node}/qemu/{vmid}/agent/network-get-interfaces, GET /nodes/{node}/lxc/{vmid}/interfaces.
 */
#include "agent.h"
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

/* ---- what running guests say themselves */

#define BATCH      16u
#define ASKED_MOST 64u
#define TIME_KEPT  30000 /* ms of the call: an agent that hangs takes seconds */

static bool is_asked_for(const struct provision *p, const char *address)
{
    return address && ((is_fixed(p->ip) && provision_same_address(address, p->ip)) ||
                       (is_fixed(p->ip6) && provision_same_address(address, p->ip6)));
}

static bool interface_has(const struct provision *p, struct json_object *interface)
{
    struct json_object *list = member_of(interface, "ip-addresses");
    const size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < count; i++) {
        if (is_asked_for(p, member_text(json_object_array_get_idx(list, i), "ip-address")))
            return true;
    }
    /* a container on Proxmox VE 8 */
    return is_asked_for(p, member_text(interface, "inet")) ||
           is_asked_for(p, member_text(interface, "inet6"));
}

static int32_t take_answer(struct provision *p, const struct known_guest *guest,
                           const struct proximo_answer *answer)
{
    struct json_object *data DROP_JSON =
        answer->status >= 200 && answer->status < 300 ? json_of(answer->data) : NULL;
    struct json_object *list = guest->lxc ? data : member_of(data, "result");
    if (!json_object_is_type(list, json_type_array))
        return PROXIMO_OK;
    p->answered++;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        if (interface_has(p, json_object_array_get_idx(list, i)))
            return p->a.host->risk(p->a.call, PROXIMO_RISK_HIGH,
                                   ask_text(&p->a, "guest %lld on node %s says that it has the address now",
                                            (long long)guest->vmid, guest->node));
    }
    return PROXIMO_OK;
}

static int32_t ask_batch(struct provision *p, const struct known_guest *const *batch, uint32_t count)
{
    struct proximo_field at[BATCH][2];
    struct proximo_get gets[BATCH] = {0};
    struct proximo_answer answers[BATCH] = {0};
    for (uint32_t i = 0; i < count; i++) {
        at[i][0] = FIELD("node", batch[i]->node);
        at[i][1] = FIELD("vmid", ask_text(&p->a, "%lld", (long long)batch[i]->vmid));
        gets[i] = (struct proximo_get){ROW(proximo_get), .flags = PROXIMO_GET_TOLERATE,
                                       .path = batch[i]->lxc ? "/nodes/{node}/lxc/{vmid}/interfaces"
                                                             : AGENT_PATH "network-get-interfaces",
                                       .fields = at[i], .field_count = 2};
        answers[i] = (struct proximo_answer){ROW(proximo_answer)};
    }
    int32_t r = p->a.host->get_many(p->a.call, gets, count, answers);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++)
        r = take_answer(p, batch[i], &answers[i]);
    return r;
}

static int32_t ask_guests(struct provision *p)
{
    const struct known_guest *batch[BATCH];
    uint32_t count = 0, asked = 0;
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < p->guests.count; i++) {
        if (p->guests.rows[i].running && asked < ASKED_MOST) {
            batch[count++] = &p->guests.rows[i];
            asked++;
        }
        if (count && (count == BATCH || i + 1 == p->guests.count || asked == ASKED_MOST)) {
            if (p->a.host->deadline_ms(p->a.call) < TIME_KEPT)
                break;
            r = ask_batch(p, batch, count);
            count = 0;
        }
    }
    return r;
}

int32_t provision_check_network(struct provision *p)
{
    int32_t r = check_bridges(p);
    if (r < 0 || (!is_fixed(p->ip) && !is_fixed(p->ip6)))
        return r;
    r = compare_addresses(p);
    for (uint32_t i = 0; i < p->guests.count; i++)
        p->running += p->guests.rows[i].running;
    return r == PROXIMO_OK ? ask_guests(p) : r;
}
