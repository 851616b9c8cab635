/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is pending, what an apply would write on a node, and what the nodes make of what is applied. Sources:
 * view.h, GET /cluster/sdn/dry-run, GET /nodes/{node}/sdn/zones, GET /nodes/{node}/sdn/zones/{zone}/content.
 */
#include "nodes.h"
#include "sdn.h"

#define CONTENTS_MOST 256u

/* ---- pve_sdn_pending */

static int32_t read_pending(void *instance, struct proximo_call *call)
{
    static const char said[] =
        "running is what the nodes have, edited what pve_sdn_apply makes of it: all of it, whoever edited "
        "it. "
        "IPAM entries and DNS servers are not staged: their changes hold at once.";
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *about DROP_JSON = json_object_new_object();
    struct sdn_view view;
    int32_t r = sdn_view_read(&a, &view);
    struct json_object *rows DROP_JSON = r == PROXIMO_OK ? sdn_pending_list(&view) : NULL;
    if (r == PROXIMO_OK && (!rows || !about))
        r = PROXIMO_ENOMEM;
    if (r == PROXIMO_OK) {
        json_object_object_add(about, "pending", json_object_new_int((int32_t)view.pending));
        json_object_object_add(about, "looked_at", json_object_new_int((int32_t)view.count));
        json_object_object_add(about, "said", json_object_new_string(said));
        const struct proximo_content blocks[] = {
            {ROW(proximo_content), .type = PROXIMO_CONTENT_ROWS, .data = json_text(rows),
             .flags = (view.complete ? PROXIMO_CONTENT_COMPLETE : PROXIMO_CONTENT_INCOMPLETE) |
                      PROXIMO_CONTENT_UNTRUSTED},
            {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON, .data = json_text(about),
             .name = text_of("configuration")},
        };
        r = a.host->reply(call, blocks, 2);
    }
    sdn_view_done(&view);
    return r;
}

/* ---- pve_sdn_status */

struct status {
    struct asking a;
    struct json_object *rows;
    const char *zone; /* only this one; NULL: all */
    uint32_t contents;
};

/* The VNets of a zone on a node: those that are not available, and how many are. */
static int32_t add_vnets(struct status *s, const char *node, const char *zone, struct json_object *row)
{
    const char *path = ask_text(&s->a, "/sdn/zones/%s", zone);
    const struct proximo_need need[] = {NEED(path, "SDN.Audit")};
    const struct proximo_field fields[] = {FIELD("node", node), FIELD("zone", zone)};
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/sdn/zones/{zone}/content",
                                    .fields = fields, .field_count = 2, .needs = ROWS(need, 1)};
    struct looked looked;
    if (!path)
        return PROXIMO_ENOMEM;
    if (s->contents++ >= CONTENTS_MOST)
        return s->a.host->incomplete(s->a.call, ask_text(&s->a, "the VNets of zone %s on %s", zone, node),
                                     "more zones than this looks at; name one with zone");
    int32_t r = ask_look(&s->a, &get, &looked);
    if (r < 0)
        return r;
    if (json_object_is_type(looked.data, json_type_array))
        json_object_object_add(row, "vnets", json_object_get(looked.data));
    else
        r = s->a.host->incomplete(s->a.call, ask_text(&s->a, "the VNets of zone %s on %s", zone, node),
                                  looked.data ? "the list is none" : looked.why);
    json_object_put(looked.data);
    return r;
}

static int32_t add_node(void *context, const struct sdn_node *node)
{
    struct status *s = context;
    if (!node->zones && !node->online)
        return s->a.host->incomplete(s->a.call, ask_text(&s->a, "the zones on %s", node->name),
                                     "the node is offline");
    if (!node->zones)
        return s->a.host->incomplete(s->a.call, ask_text(&s->a, "the zones on %s", node->name), node->why);
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(node->zones); i++) {
        struct json_object *zone = json_object_array_get_idx(node->zones, i);
        const char *name = member_text(zone, "zone"), *status = member_text(zone, "status");
        if (!name || (s->zone && strcmp(name, s->zone) != 0))
            continue;
        struct json_object *row = json_object_new_object();
        json_object_object_add(row, "node", json_object_new_string(node->name));
        json_object_object_add(row, "zone", json_object_new_string(name));
        json_object_object_add(row, "status", status ? json_object_new_string(status) : NULL);
        r = add_vnets(s, node->name, name, row);
        json_object_array_add(s->rows, row);
    }
    return r;
}

static int32_t read_status(void *instance, struct proximo_call *call)
{
    struct status s = {.a = {((struct plane_instance *)instance)->host, call}};
    struct json_object *rows DROP_JSON = json_object_new_array();
    if (!rows)
        return PROXIMO_ENOMEM;
    s.rows = rows;
    s.zone = ask_argument(&s.a, "zone");
    int32_t r = sdn_nodes_visit(&s.a, ask_argument(&s.a, "node"), add_node, &s);
    const struct proximo_content block = {ROW(proximo_content), .type = PROXIMO_CONTENT_ROWS,
                                          .data = json_text(rows)};
    return r == PROXIMO_OK ? s.a.host->reply(call, &block, 1) : r;
}

/* ---- pve_sdn_dry_run, pve_sdn_fabrics_list: of Proxmox VE 9 */

static int32_t reply_get(const struct asking *a, const struct proximo_get *get, const char *what)
{
    struct json_object *data = NULL;
    uint32_t release = 0;
    int32_t r = sdn_need_9(a, what, &release);
    if (r == PROXIMO_OK)
        r = ask_get(a, get, json_type_object, &data);
    if (r == PROXIMO_OK) {
        const struct proximo_content block = {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON,
                                              .flags = PROXIMO_CONTENT_UNTRUSTED, .data = json_text(data)};
        r = a->host->reply(a->call, &block, 1);
    }
    json_object_put(data);
    return r;
}

static int32_t read_dry_run(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const char *node = ask_argument(&a, "node");
    const struct proximo_field field = FIELD("node", node);
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/sdn/dry-run", .fields = &field,
                                    .field_count = 1};
    return node ? reply_get(&a, &get, "dry run") : PROXIMO_ENOMEM;
}

static int32_t read_fabrics(void *instance, struct proximo_call *call)
{
    static const struct proximo_need needs[] = {NEED("/sdn/fabrics", SDN_AUDIT)};
    static const struct proximo_field field = {ROW(proximo_field), .name = "pending", .value = "1"};
    static const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/sdn/fabrics/all",
                                           .fields = &field, .field_count = 1, .needs = PROXIMO_TABLE(needs)};
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    return reply_get(&a, &get, "fabrics");
}

/* ---- the tools */

static const struct proximo_param status_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "node", .format = "node", .description = "Only this node."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "zone", .format = "id", .description = "Only this zone."),
};
static const struct proximo_param dry_run_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "node", .format = "node", .flags = PROXIMO_PARAM_REQUIRED,
          .description = "The node whose files are compared."),
};
static const struct proximo_column pending_columns[] = {
    COLUMN(.name = "kind"),  COLUMN(.name = "id"),      COLUMN(.name = "vnet"),
    COLUMN(.name = "state"), COLUMN(.name = "changes"),
};
static const struct proximo_column status_columns[] = {
    COLUMN(.name = "node"),
    COLUMN(.name = "zone"),
    COLUMN(.name = "status"),
    COLUMN(.name = "vnets"),
};
static const struct proximo_need dry_run_needs[] = {NEED("/nodes/{node}", "Sys.Audit")};
static const struct proximo_need fabric_needs[] = {NEED("/sdn/fabrics", SDN_AUDIT)};
static const struct proximo_need zone_needs[] = {NEED("/sdn/zones", "SDN.Audit")};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_sdn_pending", .title = "Unapplied SDN edits",
     .description =
         "Shows everything that is edited in the software-defined network and not applied yet: zones, "
         "VNets, subnets, controllers, fabrics; new, changed or deleted, each option as it runs "
         "and as it is edited.",
     .columns = PROXIMO_TABLE(pending_columns), .count_by = "state", .read = read_pending},
    {ROW(proximo_read), .name = "pve_sdn_status", .title = "SDN state",
     .description =
         "Shows what each node makes of the applied network: every zone available, pending (the node "
         "has not taken it over yet) or error, with its VNets.",
     .params = PROXIMO_TABLE(status_params), .columns = PROXIMO_TABLE(status_columns), .count_by = "status",
     .needs = PROXIMO_TABLE(zone_needs), .read = read_status},
    {ROW(proximo_read), .name = "pve_sdn_dry_run", .title = "SDN dry run",
     .description =
         "Shows what pve_sdn_apply would write on a node: the differences of its interfaces file and "
         "of its routing daemon's. Nothing is changed. Proxmox VE 9.",
     .params = PROXIMO_TABLE(dry_run_params), .needs = PROXIMO_TABLE(dry_run_needs), .read = read_dry_run},
    {ROW(proximo_read), .name = "pve_sdn_fabrics_list", .title = "SDN fabrics",
     .description =
         "Lists the routing fabrics of the cluster and their nodes as they are applied; what is edited "
         "stands apart in state and pending. Proxmox VE 9.",
     .needs = PROXIMO_TABLE(fabric_needs), .read = read_fabrics},
};

const struct topic sdn_topic_state = {
    .reads = PROXIMO_TABLE(reads),
};
