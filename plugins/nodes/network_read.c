/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_network_list, pve_network_get, pve_network_pending: interfaces as they run and as they wait, told
 * apart. Source: GET /nodes/{node}/network.
 */
#include "network_edit.h"

/* What could not be told of the waiting changes. */
static int32_t tell_unclear(const struct net *net)
{
    return net->unclear ? net->ask.host->incomplete(net->ask.call, "what waits to be applied", NET_UNCLEAR)
                        : PROXIMO_OK;
}

static int32_t reply(const struct net *net, struct json_object *rows, struct json_object *about,
                     const char *name)
{
    const struct proximo_content blocks[] = {
        {ROW(proximo_content), .type = PROXIMO_CONTENT_ROWS, .data = json_text(rows),
         .flags = net->complete ? PROXIMO_CONTENT_COMPLETE : PROXIMO_CONTENT_INCOMPLETE},
        {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON, .flags = PROXIMO_CONTENT_UNTRUSTED,
         .data = json_text(about), .name = text_of(name)},
    };
    return net->ask.host->reply(net->ask.call, blocks, 2);
}

/* {"node", "waiting", "interfaces": how many will be otherwise}: who looks at a list sees what it is a list
 * of. */
static struct json_object *about_of(const struct net *net)
{
    const char *names = NULL;
    const uint32_t changed = net_changed(net, &names);
    struct json_object *about = json_object_new_object();
    if (!about)
        return NULL;
    json_object_object_add(about, "node", json_object_new_string(net->node));
    json_object_object_add(about, "waiting", json_object_new_boolean(net->changes != NULL));
    json_object_object_add(about, "interfaces_waiting", json_object_new_int((int32_t)changed));
    if (*names)
        json_object_object_add(about, "names", json_object_new_string(names));
    return about;
}

/* ---- pve_network_list */

/* The interfaces of a type, by Proxmox, which counts vnets as bridges. NULL: no type is asked for. */
static int32_t of_type(const struct asking *a, const char *node, const char *type, struct json_object **ret)
{
    const struct proximo_field fields[] = {FIELD("node", node), FIELD("type", type)};
    const struct proximo_get get = {ROW(proximo_get), .path = NETWORK_PATH, .fields = fields,
                                    .field_count = 2};
    *ret = NULL;
    return type ? ask_get(a, &get, json_type_array, ret) : PROXIMO_OK;
}

/* A copy of the row with its state; what goes away is shown as it runs. */
static int32_t add_row(struct json_object *rows, struct json_object *from, const char *state)
{
    struct json_object *row = NULL;
    if (json_object_deep_copy(from, &row, NULL) < 0)
        return PROXIMO_ENOMEM;
    if (state)
        json_object_object_add(row, "pending", json_object_new_string(state));
    json_object_array_add(rows, row);
    return PROXIMO_OK;
}

/* any_bridge and any_local_bridge are two types. type NULL: any. */
static bool is_of_type(struct json_object *iface, const char *type)
{
    if (type && strncmp(type, "any_", 4) == 0)
        return member_is(iface, "type", "bridge") || member_is(iface, "type", "OVSBridge");
    return !type || member_is(iface, "type", type);
}

static int32_t list_rows(const struct net *net, struct json_object *chosen, const char *type,
                         struct json_object *rows)
{
    struct json_object *list = chosen ? chosen : net->list;
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *name = member_text(row, "iface");
        const struct net_iface *iface = name ? net_find(net, name) : NULL;
        r = add_row(rows, row, iface ? net_state_of(iface) : NULL);
    }
    for (uint32_t i = 0; r == PROXIMO_OK && i < net->count; i++) {
        const struct net_iface *iface = &net->rows[i];
        if (!iface->pending && iface->running && iface->changed && is_of_type(iface->running, type))
            r = add_row(rows, iface->running, net_state_of(iface));
    }
    return r;
}

int32_t nodes_read_network_list(void *instance, struct proximo_call *call)
{
    static const struct proximo_need need[] = {NEED("/sdn/zones/localnetwork", "SDN.Audit|SDN.Use")};
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const char *node = ask_argument(&a, "node"), *type = ask_argument(&a, "iface_type");
    struct json_object *rows DROP_JSON = json_object_new_array(), *chosen DROP_JSON = NULL;
    struct json_object *about DROP_JSON = NULL;
    const struct proximo_field at = FIELD("node", node);
    const struct proximo_get get = {ROW(proximo_get), .flags = PROXIMO_GET_WHOLE, .path = NETWORK_PATH,
                                    .fields = &at,    .field_count = 1,           .needs = ROWS(need, 1)};
    struct proximo_answer answer = {ROW(proximo_answer)};
    struct net net = {.ask = a};
    int32_t r = rows ? a.host->get(call, &get, &answer) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    r = net_take(&a, node, json_of(answer.data), &net);
    net.complete = !(answer.flags & PROXIMO_ANSWER_INCOMPLETE);
    if (r == PROXIMO_OK)
        r = of_type(&a, node, type, &chosen);
    if (r == PROXIMO_OK)
        r = list_rows(&net, chosen, type, rows);
    if (r == PROXIMO_OK)
        r = tell_unclear(&net);
    if (r == PROXIMO_OK)
        r = (about = about_of(&net)) ? reply(&net, rows, about, "network") : PROXIMO_ENOMEM;
    net_done(&net);
    return r;
}

/* ---- pve_network_get */

static struct json_object *describe(const struct net *net, const struct net_iface *iface)
{
    const char *state = net_state_of(iface);
    struct json_object *about = json_object_new_object();
    if (!about)
        return NULL;
    json_object_object_add(about, "iface", json_object_new_string(iface->name));
    json_object_object_add(about, "node", json_object_new_string(net->node));
    json_object_object_add(about, "pending", json_object_new_string(state ? state : "nothing waits"));
    json_object_object_add(about, "running_values", json_object_get(iface->running));
    json_object_object_add(about, "pending_values", iface->changed ? json_object_get(iface->pending) : NULL);
    json_object_object_add(about, "differences", net_differences(net, iface));
    if (iface->lines)
        json_object_object_add(about, "lines", json_object_get(iface->lines));
    return about;
}

int32_t nodes_read_network_get(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const char *name = ask_argument(&a, "iface");
    struct json_object *about DROP_JSON = NULL;
    struct net net;
    int32_t r = net_read(&a, ask_argument(&a, "node"), &net);
    const struct net_iface *iface = r == PROXIMO_OK && name ? net_find(&net, name) : NULL;
    if (r == PROXIMO_OK && (!iface || (!iface->pending && !iface->running)))
        r = a.host->fail(call, PROXIMO_ENOTFOUND, "node %s has no interface \"%.64s\"%s", net.node,
                         name ? name : "",
                         net.complete ? "" : " that this token sees: it does not hold Sys.Audit there");
    if (r == PROXIMO_OK)
        r = tell_unclear(&net);
    if (r == PROXIMO_OK && iface)
        r = (about = describe(&net, iface)) ? PROXIMO_OK : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK) {
        const struct proximo_content block = {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON,
                                              .flags = PROXIMO_CONTENT_UNTRUSTED, .data = json_text(about)};
        r = a.host->reply(call, &block, 1);
    }
    net_done(&net);
    return r;
}

/* ---- pve_network_pending */

static struct json_object *pending_row(const struct net *net, const struct net_iface *iface)
{
    struct json_object *row = json_object_new_object();
    if (!row)
        return NULL;
    json_object_object_add(row, "iface", json_object_new_string(iface->name));
    json_object_object_add(row, "change", json_object_new_string(net_state_of(iface)));
    json_object_object_add(row, "differences", net_differences(net, iface));
    json_object_object_add(row, "lines", json_object_get(iface->lines));
    return row;
}

int32_t nodes_read_network_pending(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *rows DROP_JSON = json_object_new_array(), *about DROP_JSON = NULL;
    struct net net;
    int32_t r = net_read(&a, ask_argument(&a, "node"), &net);
    for (uint32_t i = 0; r == PROXIMO_OK && i < net.count; i++) {
        struct json_object *row = net.rows[i].lines ? pending_row(&net, &net.rows[i]) : NULL;
        if (row)
            json_object_array_add(rows, row);
    }
    if (r == PROXIMO_OK)
        r = tell_unclear(&net);
    about = r == PROXIMO_OK ? about_of(&net) : NULL;
    if (about && net.other)
        json_object_object_add(about, "other_lines", json_object_get(net.other));
    if (about && net.unclear)
        json_object_object_add(about, "unclear_lines", json_object_get(net.unclear));
    if (r == PROXIMO_OK)
        r = about && rows ? reply(&net, rows, about, "network") : PROXIMO_ENOMEM;
    net_done(&net);
    return r;
}
