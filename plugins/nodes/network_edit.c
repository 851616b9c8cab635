/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of one interface, staged beside what runs: a table of the values and the types that have them, for
 * the engine of plugins/common/config_object.h. A PUT keeps what it is not given, but decides anew how the
 * interface gets its address; so every value that is there is sent again. Sources: POST
 * /nodes/{node}/network, PUT and DELETE /nodes/{node}/network/{iface}.
 */
#include "network_edit.h"

static const struct proximo_need node_audit[] = {NEED("/nodes/{node}", "Sys.Audit")};

static const struct config_key keys[] = {
    {.name = "type", .argument = "iface_type", .flags = CONFIG_CREATE_ONLY | CONFIG_ALWAYS},
    {.name = "autostart", .flags = CONFIG_ALWAYS, .absent = "0"},
    {.name = "cidr", .flags = CONFIG_ALWAYS},
    {.name = "gateway", .flags = CONFIG_ALWAYS},
    {.name = "cidr6", .flags = CONFIG_ALWAYS},
    {.name = "gateway6", .flags = CONFIG_ALWAYS},
    {.name = "mtu", .flags = CONFIG_ALWAYS},
    {.name = "bridge_ports", .flags = CONFIG_ALWAYS | CONFIG_LIST, .absent = ""},
    {.name = "bridge_vlan_aware", .flags = CONFIG_ALWAYS, .absent = "0"},
    {.name = "bridge_vids", .flags = CONFIG_ALWAYS | CONFIG_LIST, .absent = "2-4094"},
    {.name = "slaves", .flags = CONFIG_ALWAYS | CONFIG_LIST},
    {.name = "bond_mode", .flags = CONFIG_ALWAYS},
    {.name = "bond-primary", .flags = CONFIG_ALWAYS},
    {.name = "bond_xmit_hash_policy", .flags = CONFIG_ALWAYS},
    {.name = "vlan-raw-device", .flags = CONFIG_ALWAYS},
    {.name = "vlan-id", .flags = CONFIG_ALWAYS},
    {.name = "ovs_bridge", .flags = CONFIG_ALWAYS},
    {.name = "ovs_ports", .flags = CONFIG_ALWAYS | CONFIG_LIST},
    {.name = "ovs_bonds", .flags = CONFIG_ALWAYS | CONFIG_LIST},
    {.name = "ovs_tag", .flags = CONFIG_ALWAYS},
    {.name = "ovs_options", .flags = CONFIG_ALWAYS},
    {.name = "comments", .flags = CONFIG_ALWAYS | CONFIG_REWRITTEN},
    {.name = "comments6", .flags = CONFIG_ALWAYS | CONFIG_REWRITTEN},
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

/* What Proxmox computes from the others, or from the node. */
static const char *const shown[] = {"active",   "exists",   "families", "priority", "address", "netmask",
                                    "address6", "netmask6", "altnames", "iface",    NULL};

/* How the interface gets its address is decided anew. */
static const char *const moved[] = {"method", "method6", NULL};

/* Which type has which values, beside the addresses; all have type, autostart, comments and mtu (an alias:
 * none). */
#define ADDRESSES "cidr,gateway,cidr6,gateway6"
static const struct {
    const char *type, *keys;
} types[] = {
    {"bridge", ADDRESSES ",bridge_ports,bridge_vlan_aware,bridge_vids,mtu"},
    {"bond", ADDRESSES ",slaves,bond_mode,bond-primary,bond_xmit_hash_policy,mtu"},
    {"eth", ADDRESSES ",mtu"},
    {"alias", ADDRESSES},
    {"vlan", ADDRESSES ",vlan-raw-device,vlan-id,mtu"},
    {"OVSBridge", ADDRESSES ",ovs_ports,ovs_options,mtu"},
    {"OVSBond", "ovs_bonds,bond_mode,ovs_bridge,ovs_tag,ovs_options,mtu"},
    {"OVSPort", "ovs_bridge,ovs_tag,ovs_options,mtu"},
    {"OVSIntPort", ADDRESSES ",ovs_bridge,ovs_tag,ovs_options,mtu"},
};
#define OF_ALL "type,autostart,comments,comments6"

static const char *keys_of(const char *type)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i].type, type) == 0)
            return types[i].keys;
    }
    return NULL;
}

bool net_type_is_writable(const char *type)
{
    return type && keys_of(type);
}

const char *net_key(size_t index)
{
    return index < KEYS ? keys[index].name : NULL;
}

/* ---- checks */

static int32_t check_type(struct config_change *c, const char *type)
{
    const char *own = keys_of(type);
    if (!own)
        return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                 "interface \"%s\" is of type %.32s, which Proxmox's API does not change",
                                 c->id, type);
    for (uint32_t i = 0; i < c->count; i++) {
        const char *name = c->edits[i].key->name;
        if (c->edits[i].to && !config_list_has(own, name) && !config_list_has(OF_ALL, name))
            return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                     "an interface of type %s has no \"%s\"; it has: "
                                     "autostart, comments, %s",
                                     type, name, own);
    }
    const bool named = strchr(c->id, '.') != NULL;
    if (strcmp(type, "vlan") == 0 && c->verb == CONFIG_CREATE && !named &&
        !config_after(c, "vlan-raw-device"))
        return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                 "vlan-raw-device is missing: a VLAN's name says its device (vmbr0.50), or "
                                 "the option vlan-raw-device does");
    if ((config_after(c, "gateway") && !config_after(c, "cidr")) ||
        (config_after(c, "gateway6") && !config_after(c, "cidr6")))
        return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                 "a gateway without an address: give the interface its cidr as well, or "
                                 "remove the gateway");
    return PROXIMO_OK;
}

/* A card stays where it is, whatever is configured. */
static int32_t check_card(const struct config_change *c)
{
    if (c->verb != CONFIG_DELETE || c->undoing || !member_is(c->now, "type", "eth") ||
        !(member_true(c->now, "exists") || member_true(c->now, "active")))
        return PROXIMO_OK;
    return c->ask.host->fail(
        c->ask.call, PROXIMO_EINVAL,
        "interface \"%s\" is a network card of the node, which cannot be removed; take its "
        "values away with pve_network_iface_update and delete",
        c->id);
}

/* "cidr,-gateway": what is set, and what is removed. */
static const char *edited(const struct config_change *c)
{
    const char *text = NULL;
    for (uint32_t i = 0; i < c->count; i++)
        text = ask_text(&c->ask, "%s%s%s%s", text ? text : "", text ? "," : "", c->edits[i].to ? "" : "-",
                        c->edits[i].key->name);
    return text ? text : "";
}

/* For the blast function: what is done, and the addresses that it will have. */
static int32_t name_subject(struct config_change *c)
{
    static const char *const verbs[] = {"create", "update", "delete"};
    static const char *const carried[] = {"cidr", "cidr6", "gateway", "gateway6"};
    struct json_object *details = c->subject_details = json_object_new_object();
    if (!details)
        return PROXIMO_ENOMEM;
    json_object_object_add(details, "verb", json_object_new_string(verbs[c->verb]));
    json_object_object_add(details, "options", json_object_new_string(edited(c)));
    for (size_t i = 0; c->verb != CONFIG_DELETE && i < sizeof(carried) / sizeof(carried[0]); i++) {
        const char *value = config_after(c, carried[i]);
        if (value)
            json_object_object_add(details, carried[i], json_object_new_string(value));
    }
    return PROXIMO_OK;
}

/* What runs, what waits already, and that this waits as well. */
static int32_t tell_waiting(const struct config_change *c, const struct net *net)
{
    const struct net_iface *iface = net_find(net, c->id);
    const char *names = NULL, *runs = NULL;
    const uint32_t others = net_changed(net, &names);
    int32_t r =
        tell_text(&c->ask, "staged",
                  "this waits beside what runs; nothing changes on the node before pve_network_apply, "
                  "which applies everything that waits there, also what others have staged");
    if (r == PROXIMO_OK)
        r = tell_text(&c->ask, "waits_already",
                      net->changes ? others ? names : "lines that change no interface" : "nothing");
    if (r < 0 || !iface)
        return r;
    runs = !iface->changed   ? "as it is before this change"
           : !iface->running ? "not at all: it is new and waits already"
                             : "otherwise than before this change: it has changes that wait already";
    return tell_text(&c->ask, "runs", runs);
}

/* Whether what was there can be written again, and if not, whether discarding brings it back. */
static int32_t tell_way_back(struct config_change *c, const struct net *net)
{
    const char *why = c->verb == CONFIG_CREATE
                          ? NULL
                          : net_unwritable(&c->ask, c->now, c->verb == CONFIG_UPDATE ? c->now : NULL);
    if (!why || c->undoing)
        return PROXIMO_OK;
    if (net->changes)
        c->no_way_back = ask_text(&c->ask,
                                  "%s, and Proxmox's API cannot write that; what waits already would be "
                                  "lost if all of it were discarded",
                                  why);
    else
        return tell_text(&c->ask, "way_back_ends",
                         ask_text(&c->ask,
                                  "%s, and Proxmox's API cannot write that: this can be undone only by "
                                  "discarding what waits, so as long as nothing else is staged and it was "
                                  "not applied",
                                  why));
    return c->no_way_back ? PROXIMO_OK : PROXIMO_ENOMEM;
}

static int32_t check(struct config_change *c)
{
    const char *type = config_after(c, "type");
    struct net net;
    int32_t r = type ? check_type(c, type) : PROXIMO_OK;
    if (r == PROXIMO_OK)
        r = check_card(c);
    if (r < 0 || (c->verb == CONFIG_UPDATE && !c->count))
        return r;
    r = net_read(&c->ask, ask_argument(&c->ask, "node"), &net);
    if (r == PROXIMO_OK && net.unclear)
        r = c->ask.host->incomplete(c->ask.call, "what waits already", NET_UNCLEAR);
    if (r == PROXIMO_OK)
        r = tell_waiting(c, &net);
    if (r == PROXIMO_OK)
        r = tell_way_back(c, &net);
    if (r == PROXIMO_OK && c->verb == CONFIG_UPDATE) {
        const char *method = net_dynamic(c->now);
        if (method)
            r = c->ask.host->risk(
                c->ask.call, PROXIMO_RISK_HIGH,
                ask_text(&c->ask,
                         "the interface gets its address by %s; every change by Proxmox's "
                         "API ends that, and it then has the addresses that are named here, "
                         "or none",
                         method));
    }
    net_done(&net);
    return r == PROXIMO_OK ? name_subject(c) : r;
}

static const struct config_kind iface_kind = {
    .what = "interface",
    .subject = "interface",
    .subject_member = "iface",
    .subject_name = "{node}/{iface}",
    .id = "iface",
    .list = NETWORK_PATH,
    .one = NETWORK_IFACE,
    .keys = keys,
    .key_count = KEYS,
    .shown = shown,
    .moved = moved,
    .needs = PROXIMO_TABLE(node_audit),
    .classes = {"network.iface-create", "network.iface-update", "network.iface-delete"},
    .check = check,
};

int32_t nodes_plan_network_create(void *instance, struct proximo_call *call)
{
    return config_plan(((struct plane_instance *)instance)->host, call, &iface_kind, CONFIG_CREATE);
}

int32_t nodes_plan_network_update(void *instance, struct proximo_call *call)
{
    return config_plan(((struct plane_instance *)instance)->host, call, &iface_kind, CONFIG_UPDATE);
}

int32_t nodes_plan_network_delete(void *instance, struct proximo_call *call)
{
    return config_plan(((struct plane_instance *)instance)->host, call, &iface_kind, CONFIG_DELETE);
}

int32_t net_edit_back(const struct asking *a, struct proximo_text record_json)
{
    return config_plan_undo(a->host, a->call, &iface_kind, record_json);
}
