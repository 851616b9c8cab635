/* SPDX-License-Identifier: Apache-2.0 */
/* Routing controllers. Sources: GET, POST /cluster/sdn/controllers, GET, PUT, DELETE
 * /cluster/sdn/controllers/{controller}. */
#include "sdn.h"

/* ---- the object */

static const struct config_key controller_keys[] = {
    {.name = "type", .argument = "controller_type", .flags = CONFIG_CREATE_ONLY},
    {.name = "asn"},
    {.name = "peers", .flags = CONFIG_LIST},
    {.name = "fabric", .flags = CONFIG_SINCE_9},
    {.name = "node"},
    {.name = "nodes", .flags = CONFIG_LIST | CONFIG_SINCE_9},
    {.name = "ebgp", .absent = "0"},
    {.name = "ebgp-multihop"},
    {.name = "loopback"},
    {.name = "bgp-multipath-as-path-relax", .absent = "0"},
    {.name = "bgp-mode", .flags = CONFIG_SINCE_9, .absent = "auto"},
    {.name = "peer-group-name", .flags = CONFIG_SINCE_9, .absent = "VTEP"},
    {.name = "route-map-in", .flags = CONFIG_SINCE_9},
    {.name = "route-map-out", .flags = CONFIG_SINCE_9},
    {.name = "isis-domain"},
    {.name = "isis-ifaces", .flags = CONFIG_LIST},
    {.name = "isis-net"},
};
static const char *const computed[] = {"controller", "state", "pending", NULL};

static const struct sdn_type_keys types[] = {
    {"evpn", "asn", "peers fabric bgp-mode peer-group-name nodes route-map-in route-map-out"},
    {"bgp", "asn node peers",
     "ebgp ebgp-multihop loopback bgp-multipath-as-path-relax bgp-mode route-map-in route-map-out"},
    {"isis", "isis-domain isis-ifaces isis-net node", "loopback"},
    {"faucet", "", ""},
};

/* Proxmox deletes no controller that a zone uses, and knows one EVPN controller. */
static int32_t check_others(const struct config_change *c, const char *type)
{
    const bool deletes = c->verb == CONFIG_DELETE;
    struct sdn_view view;
    int32_t r = sdn_view_read_list(&c->ask, deletes ? SDN_ZONE : SDN_CONTROLLER, NULL, &view);
    for (uint32_t i = 0; r == PROXIMO_OK && i < view.count; i++) {
        struct json_object *edited = view.rows[i].side[SDN_AFTER];
        if (deletes && member_is(edited, "controller", c->id))
            r = c->ask.host->fail(
                c->ask.call, PROXIMO_ESTATE,
                "controller \"%s\" is used by zone \"%s\": Proxmox deletes it only when no zone "
                "uses it",
                c->id, view.rows[i].id);
        else if (!deletes && type && strcmp(type, "evpn") == 0 && member_is(edited, "type", "evpn"))
            r = c->ask.host->fail(c->ask.call, PROXIMO_ESTATE,
                                  "there is an EVPN controller already, \"%s\", and Proxmox knows one only; "
                                  "change that one (pve_sdn_controller_update)",
                                  view.rows[i].id);
    }
    sdn_view_done(&view);
    return r;
}

static int32_t check(struct config_change *c)
{
    const char *type = config_after(c, "type");
    int32_t r = c->verb == CONFIG_UPDATE ? PROXIMO_OK : check_others(c, type);
    if (r == PROXIMO_OK && c->verb != CONFIG_DELETE)
        r = sdn_check_type(c, type, types, sizeof(types) / sizeof(types[0]), "");
    return r == PROXIMO_OK ? sdn_check_edit(c, SDN_CONTROLLER, "/sdn/controllers", 0) : r;
}

static const struct proximo_need get_needs[] = {NEED("/sdn/controllers/{controller}", "SDN.Allocate")};
static const struct proximo_need list_needs[] = {NEED("/sdn/controllers", SDN_AUDIT)};
static const struct proximo_need change_needs[] = {NEED("/sdn/controllers", "SDN.Allocate")};

const struct config_kind sdn_controller_kind = {
    .what = "controller",
    .subject = "controller",
    .subject_member = "controller",
    .id = "controller",
    .list = "/cluster/sdn/controllers",
    .one = "/cluster/sdn/controllers/{controller}",
    .flags = CONFIG_DIGEST,
    .keys = controller_keys,
    .key_count = sizeof(controller_keys) / sizeof(controller_keys[0]),
    .shown = computed,
    .needs = PROXIMO_TABLE(get_needs),
    .classes = {"controller.create", "controller.update", "controller.delete"},
    .check = check,
};
CONFIG_FUNCTIONS(controller_create, &sdn_controller_kind, CONFIG_CREATE)
CONFIG_FUNCTIONS(controller_update, &sdn_controller_kind, CONFIG_UPDATE)
CONFIG_FUNCTIONS(controller_delete, &sdn_controller_kind, CONFIG_DELETE)

/* ---- the tools */

#define CONTROLLER_PARAM                                                                                     \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "controller", .format = "id",                                 \
          .flags = PROXIMO_PARAM_REQUIRED, .maximum = 64, .description = "Name of the controller.")
#define CONTROLLER_OPTIONS                                                                                   \
    SDN_OPTIONS(                                                                                             \
        "asn, peers, nodes, bgp-mode (evpn); asn, node, peers, ebgp (bgp); isis-domain, isis-ifaces, "       \
        "isis-net, node (isis) and so on.")

static const struct proximo_param create_params[] = {
    CONTROLLER_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "controller_type", .api_name = "type",
          .flags = PROXIMO_PARAM_REQUIRED, .choices = "evpn,bgp,isis,faucet",
          .description = "What it speaks."),
    CONTROLLER_OPTIONS,
    SDN_LOCK_TOKEN,
};
static const struct proximo_param update_params[] = {CONTROLLER_PARAM, CONTROLLER_OPTIONS, SDN_DELETE,
                                                     SDN_DIGEST, SDN_LOCK_TOKEN};
static const struct proximo_param delete_params[] = {CONTROLLER_PARAM, SDN_DIGEST, SDN_LOCK_TOKEN};

static const struct proximo_column columns[] = {
    COLUMN(.name = "controller"),
    COLUMN(.name = "type"),
    COLUMN(.name = "state"),
    COLUMN(.name = "pending"),
    COLUMN(.name = "asn"),
    COLUMN(.name = "peers", .unit = "list"),
    COLUMN(.name = "node"),
    COLUMN(.name = "nodes"),
    COLUMN(.name = "fabric"),
    COLUMN(.name = "ebgp"),
    COLUMN(.name = "isis-domain"),
    COLUMN(.name = "isis-ifaces", EXTRA),
    COLUMN(.name = "isis-net", EXTRA),
    COLUMN(.name = "loopback", EXTRA),
    COLUMN(.name = "bgp-mode", EXTRA),
    COLUMN(.name = "ebgp-multihop", EXTRA),
    COLUMN(.name = "bgp-multipath-as-path-relax", EXTRA),
    COLUMN(.name = "route-map-in", EXTRA),
    COLUMN(.name = "route-map-out", EXTRA),
};
static const struct proximo_field with_pending[] = {{ROW(proximo_field), .name = "pending", .value = "1"}};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_sdn_controllers_list", .title = "SDN controllers",
     .description =
         "Lists the routing controllers of the software-defined network (EVPN, BGP, IS-IS) as they "
         "are applied. What is edited and not applied yet stands apart: state and pending.",
     .path = "/cluster/sdn/controllers", .fixed = PROXIMO_TABLE(with_pending),
     .columns = PROXIMO_TABLE(columns), .count_by = "type", .sort_by = "controller",
     .needs = PROXIMO_TABLE(list_needs)},
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pve_sdn_controller_create", .title = "Create an SDN controller",
     .description =
         "Creates a routing controller (EVPN, BGP, IS-IS). It is pending until pve_sdn_apply. Undo "
         "removes it again.",
     .params = PROXIMO_TABLE(create_params), .operation_class = "controller.create",
     .subject = "controller/{controller}", .needs = PROXIMO_TABLE(change_needs),
     .plan = controller_create_plan, .plan_undo = controller_create_undo, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .undo_class = "controller.delete"},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pve_sdn_controller_update",
     .title = "Change an SDN controller",
     .description = "Changes a routing controller. It is pending until pve_sdn_apply; the plan names the "
                    "guests in zones that use it. Undo writes the options from before.",
     .params = PROXIMO_TABLE(update_params), .operation_class = "controller.update",
     .subject = "controller/{controller}", .needs = PROXIMO_TABLE(change_needs),
     .plan = controller_update_plan, .plan_undo = controller_update_undo, .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .name = "pve_sdn_controller_delete", .title = "Delete an SDN controller",
     .description = "Deletes a routing controller that no zone uses. It is pending until pve_sdn_apply. Undo "
                    "creates it again.",
     .params = PROXIMO_TABLE(delete_params), .operation_class = "controller.delete",
     .subject = "controller/{controller}", .needs = PROXIMO_TABLE(change_needs),
     .plan = controller_delete_plan, .plan_undo = controller_delete_undo, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .undo_class = "controller.create"},
};

static const struct proximo_class classes[] = {SDN_CLASSES("controller", "controller", "an SDN controller")};

const struct topic sdn_topic_controllers = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
