/* SPDX-License-Identifier: Apache-2.0 */
/* VNets. Sources: GET, POST /cluster/sdn/vnets, GET, PUT, DELETE /cluster/sdn/vnets/{vnet}. */
#include "sdn.h"

/* ---- the object */

static const struct config_key vnet_keys[] = {
    {.name = "zone"},
    {.name = "alias"},
    {.name = "tag"},
    {.name = "vlanaware", .absent = "0"},
    {.name = "isolate-ports", .absent = "0"},
};
static const char *const computed[] = {"vnet", "type", "state", "pending", NULL};

/* Which zones' VNets have a tag, and need one. */
static bool zone_has_tags(const char *type)
{
    static const char *const with[] = {"vlan", "qinq", "vxlan", "evpn"};
    for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++) {
        if (strcmp(type, with[i]) == 0)
            return true;
    }
    return false;
}

static int32_t check_zone(const struct config_change *c, const char *name)
{
    struct sdn_view view;
    const char *tag = config_after(c, "tag");
    int32_t r = sdn_view_read_list(&c->ask, SDN_ZONE, NULL, &view);
    const struct sdn_object *zone = r == PROXIMO_OK ? sdn_find(&view, SDN_ZONE, name) : NULL;
    const char *type = zone ? sdn_value(&c->ask, zone->side[SDN_AFTER], "type") : NULL;
    if (r == PROXIMO_OK && view.complete && (!zone || !zone->side[SDN_AFTER]))
        r = c->ask.host->fail(c->ask.call, PROXIMO_ENOTFOUND,
                              "there is no zone \"%s\"; pve_sdn_zones_list has those there are", name);
    else if (r == PROXIMO_OK && type && zone_has_tags(type) && !tag)
        r = c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                              "tag is missing: a VNet in a zone of the type %s has one", type);
    else if (r == PROXIMO_OK && type && strcmp(type, "simple") == 0 && tag)
        r = c->ask.host->fail(c->ask.call, PROXIMO_EINVAL, "tag: a VNet in a zone of the type %s has none%s",
                              type, c->verb == CONFIG_UPDATE ? "; remove it with delete" : "");
    sdn_view_done(&view);
    return r;
}

/* Its subnets are named by its zone, and Proxmox deletes no VNet that has some. */
static int32_t check_subnets(const struct config_change *c, const char *what)
{
    struct sdn_view view;
    int32_t r = sdn_view_read_list(&c->ask, SDN_SUBNET, c->id, &view);
    for (uint32_t i = 0; r == PROXIMO_OK && i < view.count; i++) {
        if (view.rows[i].side[SDN_AFTER])
            r = c->ask.host->fail(c->ask.call, PROXIMO_ESTATE,
                                  "VNet \"%s\" has subnet \"%s\": %s; delete its subnets first "
                                  "(pve_sdn_subnet_delete)",
                                  c->id, view.rows[i].id, what);
    }
    sdn_view_done(&view);
    return r;
}

static int32_t check(struct config_change *c)
{
    const char *was = config_before(c, "zone"), *zone = config_after(c, "zone");
    const struct config_edit *aware = config_edited(c, "vlanaware");
    int32_t r = PROXIMO_OK;
    if (!zone)
        return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL, "zone is missing: a VNet is in one");
    if (c->verb == CONFIG_DELETE)
        r = check_subnets(c, "Proxmox deletes a VNet only when it has none");
    else if (c->verb == CONFIG_CREATE || config_edited(c, "zone") || config_edited(c, "tag"))
        r = check_zone(c, zone);
    if (r == PROXIMO_OK && c->verb == CONFIG_UPDATE && config_edited(c, "zone"))
        r = check_subnets(c, "a subnet stays in the zone that it was made in");
    if (r == PROXIMO_OK && c->verb == CONFIG_UPDATE && aware && aware->to && strcmp(aware->to, "1") == 0)
        r = check_subnets(c, "a VNet that knows VLANs has none");
    if (r == PROXIMO_OK && was && strcmp(was, zone) != 0)
        r = ask_privilege(&c->ask, ask_text(&c->ask, "/sdn/zones/%s", zone), "SDN.Allocate",
                          "this token may not put a VNet into zone \"%s\"", zone);
    const char *path = c->verb == CONFIG_CREATE ? ask_text(&c->ask, "/sdn/zones/%s", zone)
                                                : ask_text(&c->ask, "/sdn/zones/%s/%s", was, c->id);
    return r == PROXIMO_OK ? sdn_check_edit(c, SDN_VNET, path, 0) : r;
}

static const struct proximo_need list_needs[] = {NEED("/sdn/zones", SDN_AUDIT)};

const struct config_kind sdn_vnet_kind = {
    .what = "VNet",
    .subject = "vnet",
    .subject_member = "vnet",
    .id = "vnet",
    .list = "/cluster/sdn/vnets",
    .one = "/cluster/sdn/vnets/{vnet}",
    .flags = CONFIG_DIGEST,
    .keys = vnet_keys,
    .key_count = sizeof(vnet_keys) / sizeof(vnet_keys[0]),
    .shown = computed,
    .classes = {"vnet.create", "vnet.update", "vnet.delete"},
    .check = check,
};
CONFIG_FUNCTIONS(vnet_create, &sdn_vnet_kind, CONFIG_CREATE)
CONFIG_FUNCTIONS(vnet_update, &sdn_vnet_kind, CONFIG_UPDATE)
CONFIG_FUNCTIONS(vnet_delete, &sdn_vnet_kind, CONFIG_DELETE)

/* ---- the tools */

static int32_t read_vnet(void *instance, struct proximo_call *call)
{
    return sdn_reply_object(instance, call, SDN_VNET, "vnet");
}

#define VNET_PARAM                                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "vnet", .format = "id", .flags = PROXIMO_PARAM_REQUIRED,      \
          .maximum = 8, .description = "Name of the VNet, at most 8 characters; guests use it as a bridge.")
#define VNET_OPTIONS SDN_OPTIONS("alias, tag, vlanaware, isolate-ports.")

static const struct proximo_param get_params[] = {VNET_PARAM};
static const struct proximo_param create_params[] = {
    VNET_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "zone", .format = "id", .flags = PROXIMO_PARAM_REQUIRED,
          .maximum = 8, .description = "The zone that it is in."),
    VNET_OPTIONS,
    SDN_LOCK_TOKEN,
};
static const struct proximo_param update_params[] = {
    VNET_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "zone", .format = "id", .maximum = 8,
          .description = "Another zone; only for a VNet without subnets."),
    VNET_OPTIONS,
    SDN_DELETE,
    SDN_DIGEST,
    SDN_LOCK_TOKEN,
};
static const struct proximo_param delete_params[] = {VNET_PARAM, SDN_DIGEST, SDN_LOCK_TOKEN};

static const struct proximo_column columns[] = {
    COLUMN(.name = "vnet"),
    COLUMN(.name = "zone"),
    COLUMN(.name = "state"),
    COLUMN(.name = "pending", UNTRUSTED),
    COLUMN(.name = "alias", UNTRUSTED),
    COLUMN(.name = "tag"),
    COLUMN(.name = "vlanaware"),
    COLUMN(.name = "isolate-ports"),
};
static const struct proximo_field with_pending[] = {{ROW(proximo_field), .name = "pending", .value = "1"}};
static const struct proximo_need create_needs[] = {NEED("/sdn/zones/{zone}", "SDN.Allocate")};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_sdn_vnets_list", .title = "SDN VNets",
     .description =
         "Lists the virtual networks (VNets) as they are applied: zone, alias, tag. What is edited "
         "and not applied yet stands apart: state (new, changed, deleted) and pending.",
     .path = "/cluster/sdn/vnets", .fixed = PROXIMO_TABLE(with_pending), .columns = PROXIMO_TABLE(columns),
     .count_by = "zone", .sort_by = "vnet", .needs = PROXIMO_TABLE(list_needs)},
    {ROW(proximo_read), .name = "pve_sdn_vnet_get", .title = "SDN VNet",
     .description = "Shows one VNet twice: running is what is applied, edited what the next apply makes of "
                    "it; changes has what differs.",
     .params = PROXIMO_TABLE(get_params), .needs = PROXIMO_TABLE(list_needs), .read = read_vnet},
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pve_sdn_vnet_create", .title = "Create an SDN VNet",
     .description =
         "Creates a virtual network (VNet) in a zone, which guests can then use as a bridge. It is "
         "pending until pve_sdn_apply. Undo removes it again.",
     .params = PROXIMO_TABLE(create_params), .operation_class = "vnet.create", .subject = "vnet/{vnet}",
     .needs = PROXIMO_TABLE(create_needs), .plan = vnet_create_plan, .plan_undo = vnet_create_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "vnet.delete"},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pve_sdn_vnet_update",
     .title = "Change an SDN VNet",
     .description = "Changes a VNet: zone, alias, tag, whether it knows VLANs. It is pending until "
                    "pve_sdn_apply; the plan names the guests on it. Undo writes the values from before.",
     .params = PROXIMO_TABLE(update_params), .operation_class = "vnet.update", .subject = "vnet/{vnet}",
     .plan = vnet_update_plan, .plan_undo = vnet_update_undo, .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .name = "pve_sdn_vnet_delete", .title = "Delete an SDN VNet",
     .description = "Deletes a VNet without subnets. It is pending until pve_sdn_apply; the plan names the "
                    "guests that hang on it and do not start any more then. Undo creates it again.",
     .params = PROXIMO_TABLE(delete_params), .operation_class = "vnet.delete", .subject = "vnet/{vnet}",
     .plan = vnet_delete_plan, .plan_undo = vnet_delete_undo, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .undo_class = "vnet.create"},
};

static const struct proximo_class classes[] = {SDN_CLASSES("vnet", "vnet", "an SDN VNet")};

const struct topic sdn_topic_vnets = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
