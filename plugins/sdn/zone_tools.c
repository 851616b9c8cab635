/* SPDX-License-Identifier: Apache-2.0 */
/* Zones. Sources: GET, POST /cluster/sdn/zones, GET, PUT, DELETE /cluster/sdn/zones/{zone}. */
#include "sdn.h"

/* ---- the object */

static const struct config_key zone_keys[] = {
    {.name = "type", .argument = "zone_type", .flags = CONFIG_CREATE_ONLY},
    {.name = "nodes", .flags = CONFIG_LIST},
    {.name = "mtu"},
    {.name = "ipam"},
    {.name = "dns"},
    {.name = "reversedns"},
    {.name = "dnszone"},
    {.name = "dhcp"},
    {.name = "bridge"},
    {.name = "bridge-disable-mac-learning", .absent = "0"},
    {.name = "tag"},
    {.name = "vlan-protocol", .absent = "802.1q"},
    {.name = "peers", .flags = CONFIG_LIST},
    {.name = "fabric", .flags = CONFIG_SINCE_9},
    {.name = "vxlan-port", .absent = "4789"},
    {.name = "controller"},
    {.name = "secondary-controllers", .flags = CONFIG_REPEAT | CONFIG_SINCE_9},
    {.name = "vrf-vxlan"},
    {.name = "mac"},
    {.name = "exitnodes", .flags = CONFIG_LIST},
    {.name = "exitnodes-primary"},
    {.name = "exitnodes-local-routing", .absent = "0"},
    {.name = "advertise-subnets", .absent = "0"},
    {.name = "disable-arp-nd-suppression", .absent = "0"},
    {.name = "rt-import", .flags = CONFIG_LIST},
    {.name = "dp-id"},
};
static const char *const computed[] = {"zone", "state", "pending", NULL};

/* What each type needs and may have; Proxmox refuses the rest with less words. */
static const struct sdn_type_keys types[] = {
    {"simple", "", "dhcp"},
    {"vlan", "bridge", "bridge-disable-mac-learning"},
    {"qinq", "bridge tag", "vlan-protocol"},
    {"vxlan", "", "peers fabric vxlan-port"},
    {"evpn", "controller vrf-vxlan",
     "mac exitnodes exitnodes-primary exitnodes-local-routing advertise-subnets disable-arp-nd-suppression "
     "rt-import secondary-controllers"},
    {"faucet", "bridge controller dp-id", ""},
};
#define COMMON "nodes mtu ipam dns reversedns dnszone"

/* Proxmox refuses to delete a zone while a VNet is edited to be in it. */
static int32_t check_unused(const struct config_change *c)
{
    struct sdn_view view;
    int32_t r = sdn_view_read_list(&c->ask, SDN_VNET, NULL, &view);
    for (uint32_t i = 0; r == PROXIMO_OK && i < view.count; i++) {
        if (member_is(view.rows[i].side[SDN_AFTER], "zone", c->id))
            r = c->ask.host->fail(
                c->ask.call, PROXIMO_ESTATE,
                "zone \"%s\" is used by VNet \"%s\": Proxmox deletes a zone only when no VNet "
                "is in it; delete its VNets first (pve_sdn_vnet_delete) or move them to "
                "another zone (pve_sdn_vnet_update)",
                c->id, view.rows[i].id);
    }
    sdn_view_done(&view);
    return r;
}

static int32_t check(struct config_change *c)
{
    const char *type = config_after(c, "type");
    int32_t r = c->verb == CONFIG_DELETE
                    ? check_unused(c)
                    : sdn_check_type(c, type, types, sizeof(types) / sizeof(types[0]), COMMON);
    if (r == PROXIMO_OK && type && c->verb == CONFIG_CREATE && strcmp(type, "vxlan") == 0 &&
        !config_after(c, "peers") == !config_after(c, "fabric"))
        r = c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                              "a zone of the type vxlan has exactly one of peers and fabric");
    return r == PROXIMO_OK ? sdn_check_edit(c, SDN_ZONE, ask_text(&c->ask, "/sdn/zones/%s", c->id), 0) : r;
}

static const struct proximo_need get_needs[] = {NEED("/sdn/zones/{zone}", "SDN.Allocate")};

const struct config_kind sdn_zone_kind = {
    .what = "zone",
    .subject = "zone",
    .subject_member = "zone",
    .id = "zone",
    .list = "/cluster/sdn/zones",
    .one = "/cluster/sdn/zones/{zone}",
    .flags = CONFIG_DIGEST,
    .keys = zone_keys,
    .key_count = sizeof(zone_keys) / sizeof(zone_keys[0]),
    .shown = computed,
    .needs = PROXIMO_TABLE(get_needs),
    .classes = {"zone.create", "zone.update", "zone.delete"},
    .check = check,
};
CONFIG_FUNCTIONS(zone_create, &sdn_zone_kind, CONFIG_CREATE)
CONFIG_FUNCTIONS(zone_update, &sdn_zone_kind, CONFIG_UPDATE)
CONFIG_FUNCTIONS(zone_delete, &sdn_zone_kind, CONFIG_DELETE)

/* ---- the tools */

static int32_t read_zone(void *instance, struct proximo_call *call)
{
    return sdn_reply_object(instance, call, SDN_ZONE, "zone");
}

#define ZONE_PARAM                                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "zone", .format = "id", .flags = PROXIMO_PARAM_REQUIRED,      \
          .maximum = 8, .description = "Name of the zone, at most 8 characters.")

static const struct proximo_param list_params[] = {
    FILTER("type", .name = "zone_type", .choices = "simple,vlan,qinq,vxlan,evpn,faucet",
           .description = "Only zones of this type."),
};
static const struct proximo_param get_params[] = {ZONE_PARAM};
static const struct proximo_param create_params[] = {
    ZONE_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "zone_type", .api_name = "type",
          .flags = PROXIMO_PARAM_REQUIRED, .choices = "simple,vlan,qinq,vxlan,evpn,faucet",
          .description = "How its VNets are carried between nodes."),
    SDN_OPTIONS("nodes, mtu, ipam, dns, reversedns, dnszone; simple: dhcp; vlan: bridge; qinq: bridge, tag; "
                "vxlan: peers or fabric; evpn: controller, vrf-vxlan, exitnodes and so on."),
    SDN_LOCK_TOKEN,
};
static const struct proximo_param update_params[] = {
    ZONE_PARAM,     SDN_OPTIONS("nodes, mtu, ipam and so on; the type stays."), SDN_DELETE, SDN_DIGEST,
    SDN_LOCK_TOKEN,
};
static const struct proximo_param delete_params[] = {ZONE_PARAM, SDN_DIGEST, SDN_LOCK_TOKEN};

static const struct proximo_column columns[] = {
    COLUMN(.name = "zone"),
    COLUMN(.name = "type"),
    COLUMN(.name = "state"),
    COLUMN(.name = "pending"),
    COLUMN(.name = "nodes", .unit = "list"),
    COLUMN(.name = "mtu", .unit = "bytes"),
    COLUMN(.name = "ipam"),
    COLUMN(.name = "dhcp"),
    COLUMN(.name = "bridge"),
    COLUMN(.name = "tag"),
    COLUMN(.name = "peers", .unit = "list"),
    COLUMN(.name = "fabric"),
    COLUMN(.name = "controller"),
    COLUMN(.name = "vrf-vxlan"),
    COLUMN(.name = "exitnodes", .unit = "list"),
    COLUMN(.name = "dns", EXTRA),
    COLUMN(.name = "reversedns", EXTRA),
    COLUMN(.name = "dnszone", EXTRA),
    COLUMN(.name = "vlan-protocol", EXTRA),
    COLUMN(.name = "vxlan-port", EXTRA),
    COLUMN(.name = "mac", EXTRA),
    COLUMN(.name = "exitnodes-primary", EXTRA),
    COLUMN(.name = "exitnodes-local-routing", EXTRA),
    COLUMN(.name = "advertise-subnets", EXTRA),
    COLUMN(.name = "disable-arp-nd-suppression", EXTRA),
    COLUMN(.name = "rt-import", EXTRA),
    COLUMN(.name = "secondary-controllers", EXTRA),
    COLUMN(.name = "bridge-disable-mac-learning", EXTRA),
    COLUMN(.name = "dp-id", EXTRA),
};
static const struct proximo_field with_pending[] = {{ROW(proximo_field), .name = "pending", .value = "1"}};
static const struct proximo_need list_needs[] = {NEED("/sdn/zones", SDN_AUDIT)};
static const struct proximo_need one_needs[] = {NEED("/sdn/zones/{zone}", SDN_AUDIT)};
static const struct proximo_need create_needs[] = {NEED("/sdn/zones", "SDN.Allocate")};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_sdn_zones_list", .title = "SDN zones",
     .description = "Lists the zones of the software-defined network as they are applied. What is edited and "
                    "not applied yet stands apart: state (new, changed, deleted) and pending.",
     .params = PROXIMO_TABLE(list_params), .path = "/cluster/sdn/zones", .fixed = PROXIMO_TABLE(with_pending),
     .columns = PROXIMO_TABLE(columns), .count_by = "type", .sort_by = "zone",
     .needs = PROXIMO_TABLE(list_needs)},
    {ROW(proximo_read), .name = "pve_sdn_zone_get", .title = "SDN zone",
     .description = "Shows one zone twice: running is what is applied, edited what the next apply makes of "
                    "it; changes has what differs.",
     .params = PROXIMO_TABLE(get_params), .needs = PROXIMO_TABLE(one_needs), .read = read_zone},
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pve_sdn_zone_create", .title = "Create an SDN zone",
     .description = "Creates a zone of the software-defined network. It is pending until pve_sdn_apply. Undo "
                    "removes it again.",
     .params = PROXIMO_TABLE(create_params), .operation_class = "zone.create", .subject = "zone/{zone}",
     .needs = PROXIMO_TABLE(create_needs), .plan = zone_create_plan, .plan_undo = zone_create_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "zone.delete"},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pve_sdn_zone_update",
     .title = "Change an SDN zone",
     .description = "Changes options of a zone. It is pending until pve_sdn_apply; the plan names the guests "
                    "on its VNets and those whose node it leaves. Undo writes the options from before.",
     .params = PROXIMO_TABLE(update_params), .operation_class = "zone.update", .subject = "zone/{zone}",
     .needs = PROXIMO_TABLE(get_needs), .plan = zone_update_plan, .plan_undo = zone_update_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .name = "pve_sdn_zone_delete", .title = "Delete an SDN zone",
     .description = "Deletes a zone that no VNet is in. It is pending until pve_sdn_apply. Undo creates it "
                    "again with the same options.",
     .params = PROXIMO_TABLE(delete_params), .operation_class = "zone.delete", .subject = "zone/{zone}",
     .needs = PROXIMO_TABLE(get_needs), .plan = zone_delete_plan, .plan_undo = zone_delete_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "zone.create"},
};

static const struct proximo_class classes[] = {SDN_CLASSES("zone", "zone", "an SDN zone")};

const struct topic sdn_topic_zones = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
