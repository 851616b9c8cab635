/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subnets of VNets. A subnet is made by its network ("10.20.0.0/24") and known afterwards by its id, which
 * Proxmox makes of the VNet's zone and the network ("lab-10.20.0.0-24"); the tools take either. Sources:
 * GET, POST /cluster/sdn/vnets/{vnet}/subnets, GET, PUT, DELETE /cluster/sdn/vnets/{vnet}/subnets/{subnet},
 * GET /cluster/sdn/ipams/{ipam}/status.
 */
#include "sdn.h"

/* ---- the object */

static const struct config_key subnet_keys[] = {
    {.name = "gateway"},
    {.name = "snat", .absent = "0"},
    {.name = "dhcp-range", .flags = CONFIG_REPEAT},
    {.name = "dhcp-dns-server"},
    {.name = "dnszoneprefix"},
};
static const char *const computed[] = {"subnet",  "id",   "type",    "vnet",  "zone", "cidr",
                                       "network", "mask", "pending", "state", NULL};

/* The VNet as it is edited, and its zone: from both the id is made. */
static int32_t zone_of(const struct asking *a, const char *vnet, const char **ret)
{
    struct sdn_view view;
    int32_t r = sdn_view_read_list(a, SDN_VNET, NULL, &view);
    const struct sdn_object *own = r == PROXIMO_OK ? sdn_find(&view, SDN_VNET, vnet) : NULL;
    *ret = own ? sdn_value(a, own->side[SDN_AFTER] ? own->side[SDN_AFTER] : own->side[SDN_BEFORE], "zone")
               : NULL;
    if (r == PROXIMO_OK && !*ret)
        r = a->host->fail(
            a->call, PROXIMO_ENOTFOUND,
            "there is no VNet \"%s\" that this token sees; pve_sdn_vnets_list has those there are", vnet);
    sdn_view_done(&view);
    return r;
}

/* "10.20.0.0/24" -> "10.20.0.0-24", or back; NULL: it has none of `from`. */
static const char *swapped(const struct asking *a, const char *text, char from, char to)
{
    const char *at = strrchr(text, from);
    return at ? ask_text(a, "%.*s%c%s", (int)(at - text), text, to, at + 1) : NULL;
}

static int32_t place(struct config_change *c)
{
    const char *vnet = ask_argument(&c->ask, "vnet"), *zone = NULL;
    int32_t r = vnet ? zone_of(&c->ask, vnet, &zone) : PROXIMO_ENOMEM;
    if (r < 0 || !zone)
        return r < 0 ? r : PROXIMO_ENOMEM;
    const char *dashed = swapped(&c->ask, c->id, '/', '-');
    const size_t prefix = strlen(zone);
    if (dashed)
        c->id = ask_text(&c->ask, "%s-%s", zone, dashed);
    if (!c->id)
        return PROXIMO_ENOMEM;
    c->create_id = strncmp(c->id, zone, prefix) == 0 && c->id[prefix] == '-'
                       ? swapped(&c->ask, c->id + prefix + 1, '-', '/')
                       : NULL;
    if (!c->create_id && c->verb == CONFIG_CREATE)
        return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                 "subnet: \"%.64s\" is no network; it looks like 10.20.0.0/24", c->id);
    for (uint32_t i = 0; i < c->at_count; i++) {
        if (strcmp(c->at[i].name, "subnet") == 0)
            c->at[i] = FIELD("subnet", c->id);
    }
    return PROXIMO_OK;
}

/* Proxmox deletes no subnet of which its address manager has given addresses away. */
static int32_t check_empty(const struct config_change *c, const char *zone)
{
    struct sdn_view view;
    int32_t r = sdn_view_read_list(&c->ask, SDN_ZONE, NULL, &view);
    const struct sdn_object *own = r == PROXIMO_OK ? sdn_find(&view, SDN_ZONE, zone) : NULL;
    const char *ipam = own ? sdn_value(&c->ask, own->side[SDN_BEFORE], "ipam") : NULL;
    struct looked looked = {0};
    if (ipam) {
        const struct proximo_field field = FIELD("ipam", ipam);
        const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/sdn/ipams/{ipam}/status",
                                        .fields = &field, .field_count = 1};
        r = ask_look(&c->ask, &get, &looked);
    }
    const size_t count =
        json_object_is_type(looked.data, json_type_array) ? json_object_array_length(looked.data) : 0;
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
        struct json_object *row = json_object_array_get_idx(looked.data, i);
        if (member_is(row, "subnet", c->id) && !member_true(row, "gateway"))
            r = c->ask.host->fail(c->ask.call, PROXIMO_ESTATE,
                                  "subnet \"%s\" is not empty: %s of guest %s is registered in it "
                                  "(pve_sdn_ipam_status), and Proxmox deletes it only when no address is",
                                  c->id, member_text(row, "ip") ? member_text(row, "ip") : "an address",
                                  member_text(row, "vmid") ? member_text(row, "vmid") : "(none)");
    }
    if (r == PROXIMO_OK && ipam && !looked.data)
        r = c->ask.host->incomplete(c->ask.call, "which addresses of the subnet are given away", looked.why);
    json_object_put(looked.data);
    sdn_view_done(&view);
    return r;
}

static int32_t check(struct config_change *c)
{
    const char *vnet = ask_argument(&c->ask, "vnet"), *zone = NULL;
    int32_t r = vnet ? zone_of(&c->ask, vnet, &zone) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && c->verb == CONFIG_DELETE)
        r = check_empty(c, zone);
    if (c->verb == CONFIG_CREATE)
        c->more[c->more_count++] = FIELD("type", "subnet");
    return r == PROXIMO_OK
               ? sdn_check_edit(c, SDN_SUBNET, ask_text(&c->ask, "/sdn/zones/%s/%s", zone, vnet), 0)
               : r;
}

const struct config_kind sdn_subnet_kind = {
    .what = "subnet",
    .subject = "subnet",
    .subject_member = "subnet",
    .id = "subnet",
    .list = "/cluster/sdn/vnets/{vnet}/subnets",
    .one = "/cluster/sdn/vnets/{vnet}/subnets/{subnet}",
    .flags = CONFIG_DIGEST,
    .keys = subnet_keys,
    .key_count = sizeof(subnet_keys) / sizeof(subnet_keys[0]),
    .shown = computed,
    .classes = {"subnet.create", "subnet.update", "subnet.delete"},
    .check = check,
    .place = place,
};
CONFIG_FUNCTIONS(subnet_create, &sdn_subnet_kind, CONFIG_CREATE)
CONFIG_FUNCTIONS(subnet_update, &sdn_subnet_kind, CONFIG_UPDATE)
CONFIG_FUNCTIONS(subnet_delete, &sdn_subnet_kind, CONFIG_DELETE)

/* ---- the tools */

static int32_t read_subnet(void *instance, struct proximo_call *call)
{
    return sdn_reply_object(instance, call, SDN_SUBNET, "subnet");
}

#define VNET_PARAM                                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "vnet", .format = "id",                                       \
          .flags = PROXIMO_PARAM_REQUIRED | PROXIMO_PARAM_NOT_SENT, .maximum = 8,                            \
          .description = "The VNet that it is in.")
#define SUBNET_PARAM                                                                                         \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "subnet", .flags = PROXIMO_PARAM_REQUIRED, .maximum = 80,     \
          .description = "Its id (lab-10.20.0.0-24) or its network (10.20.0.0/24).")
#define SUBNET_OPTIONS                                                                                       \
    SDN_OPTIONS("gateway, snat, dhcp-dns-server, dnszoneprefix."),                                           \
        PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "dhcp_range", .api_name = "dhcp-range",                  \
              .flags = PROXIMO_PARAM_NOT_SENT,                                                               \
              .description = "All ranges, each start-address=10.20.0.100,end-address=10.20.0.199.")

static const struct proximo_param list_params[] = {VNET_PARAM};
static const struct proximo_param get_params[] = {VNET_PARAM, SUBNET_PARAM};
static const struct proximo_param create_params[] = {
    VNET_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "subnet", .flags = PROXIMO_PARAM_REQUIRED, .maximum = 80,
          .description = "Its network: 10.20.0.0/24, fd00:20::/64."),
    SUBNET_OPTIONS,
    SDN_LOCK_TOKEN,
};
static const struct proximo_param update_params[] = {VNET_PARAM, SUBNET_PARAM, SUBNET_OPTIONS,
                                                     SDN_DELETE, SDN_DIGEST,   SDN_LOCK_TOKEN};
static const struct proximo_param delete_params[] = {VNET_PARAM, SUBNET_PARAM, SDN_DIGEST, SDN_LOCK_TOKEN};

static const struct proximo_column columns[] = {
    COLUMN(.name = "subnet"),
    COLUMN(.name = "cidr"),
    COLUMN(.name = "state"),
    COLUMN(.name = "pending"),
    COLUMN(.name = "gateway"),
    COLUMN(.name = "snat"),
    COLUMN(.name = "dhcp-range"),
    COLUMN(.name = "zone"),
    COLUMN(.name = "dhcp-dns-server", EXTRA),
    COLUMN(.name = "dnszoneprefix", EXTRA),
};
static const struct proximo_field with_pending[] = {{ROW(proximo_field), .name = "pending", .value = "1"}};
static const struct proximo_need list_needs[] = {NEED("/sdn/zones", SDN_AUDIT)};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_sdn_subnet_list", .title = "SDN subnets",
     .description =
         "Lists the subnets of a VNet as they are applied: network, gateway, SNAT, DHCP ranges. What "
         "is edited and not applied yet stands apart: state and pending.",
     .params = PROXIMO_TABLE(list_params), .path = "/cluster/sdn/vnets/{vnet}/subnets",
     .fixed = PROXIMO_TABLE(with_pending), .columns = PROXIMO_TABLE(columns), .sort_by = "subnet",
     .needs = PROXIMO_TABLE(list_needs)},
    {ROW(proximo_read), .name = "pve_sdn_subnet_get", .title = "SDN subnet",
     .description = "Shows one subnet twice: running is what is applied, edited what the next apply makes of "
                    "it; changes has what differs.",
     .params = PROXIMO_TABLE(get_params), .needs = PROXIMO_TABLE(list_needs), .read = read_subnet},
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pve_sdn_subnet_create", .title = "Create an SDN subnet",
     .description =
         "Creates a subnet of a VNet: its network, and what the nodes do in it (gateway, SNAT, DHCP). "
         "It is pending until pve_sdn_apply. Undo removes it again.",
     .params = PROXIMO_TABLE(create_params), .operation_class = "subnet.create", .subject = "vnet/{vnet}",
     .plan = subnet_create_plan, .plan_undo = subnet_create_undo, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .undo_class = "subnet.delete"},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pve_sdn_subnet_update",
     .title = "Change an SDN subnet",
     .description =
         "Changes a subnet's gateway, SNAT, DHCP ranges or names. It is pending until "
         "pve_sdn_apply; the plan names the guests on its VNet. Undo writes the values from before.",
     .params = PROXIMO_TABLE(update_params), .operation_class = "subnet.update", .subject = "vnet/{vnet}",
     .plan = subnet_update_plan, .plan_undo = subnet_update_undo, .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .name = "pve_sdn_subnet_delete", .title = "Delete an SDN subnet",
     .description =
         "Deletes a subnet in which no address is given away. It is pending until pve_sdn_apply; the "
         "plan names the guests on its VNet. Undo creates it again.",
     .params = PROXIMO_TABLE(delete_params), .operation_class = "subnet.delete", .subject = "vnet/{vnet}",
     .plan = subnet_delete_plan, .plan_undo = subnet_delete_undo, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .undo_class = "subnet.create"},
};

static const struct proximo_class classes[] = {SDN_CLASSES("subnet", "subnet", "an SDN subnet")};

const struct topic sdn_topic_subnets = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
