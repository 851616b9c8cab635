/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is hurt when what waits in a node's network is applied: what runs is compared with what waits. Sources:
 * GET /nodes/{node}/network, and those of network_reach.c and network_guests.c.
 */
#include "network_edit.h"
#include "network_reach.h"

/* Comments and raw lines may hold anything. */
static bool is_free_text(const char *option)
{
    return strncmp(option, "comments", 8) == 0 || strncmp(option, "options", 7) == 0 ||
           strcmp(option, "ovs_options") == 0;
}

/* "cidr 10.0.0.1/24 -> 10.0.0.2/24, gateway 10.0.0.254 -> absent" */
static const char *difference_words(const struct net *net, const struct net_iface *iface)
{
    struct json_object *list DROP_JSON = net_differences(net, iface);
    const char *text = NULL;
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *option = member_text(row, "option");
        const char *one = is_free_text(option)
                              ? ask_text(&net->ask, "%s", option)
                              : ask_text(&net->ask, "%s %.200s -> %.200s", option,
                                         member_text(row, "running"), member_text(row, "pending"));
        text = text ? ask_text(&net->ask, "%s, %s", text, one) : one;
    }
    return text;
}

static bool has_address(const struct net *net, struct json_object *iface)
{
    return net_value(&net->ask, iface, "cidr") || net_value(&net->ask, iface, "cidr6") || net_dynamic(iface);
}

static int32_t tell_iface(const struct net *net, const struct net_iface *iface)
{
    const char *resource = ask_text(&net->ask, "interface/%s/%s", net->node, iface->name);
    const char *words = difference_words(net, iface);
    if (!words)
        return PROXIMO_ENOMEM;
    if (!iface->running)
        return tell_affected(&net->ask, PROXIMO_RISK_LOW, resource, NULL, "is new", NULL);
    const bool heavy = has_address(net, iface->running);
    return tell_affected(&net->ask, heavy ? PROXIMO_RISK_HIGH : PROXIMO_RISK_MEDIUM, resource, NULL,
                         iface->pending ? ask_text(&net->ask, "changes: %.1800s", words) : "goes away", NULL);
}

/* Addresses and gateways of the node that are in force and will not be. */
static int32_t tell_lost(const struct net *net)
{
    static const char *const gateways[] = {"gateway", "gateway6"}, *const cidrs[] = {"cidr", "cidr6"};
    const char *resource = ask_text(&net->ask, "node/%s", net->node);
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < net->count; i++) {
        const struct net_iface *iface = &net->rows[i];
        for (size_t f = 0; r == PROXIMO_OK && iface->changed && f < 2; f++) {
            const char *was = net_value(&net->ask, iface->running, cidrs[f]);
            const char *gateway = net_value(&net->ask, iface->running, gateways[f]);
            const char *then = net_value(&net->ask, iface->pending, gateways[f]);
            struct net_ip ip;
            if (net_ip_of(was, &ip) && !net_holder(net, &ip, true))
                r = tell_affected(&net->ask, PROXIMO_RISK_HIGH, resource, NULL,
                                  ask_text(&net->ask, "loses the address %s of %s", was, iface->name), NULL);
            if (r == PROXIMO_OK && gateway && (!then || strcmp(then, gateway) != 0))
                r = tell_affected(&net->ask, PROXIMO_RISK_HIGH, resource, NULL,
                                  ask_text(&net->ask,
                                           "its gateway %s of %s %s%s: what lies beyond it may not be "
                                           "reached, and may not reach the node",
                                           gateway, iface->name, then ? "becomes " : "goes",
                                           then ? then : ""),
                                  NULL);
        }
    }
    return r;
}

/* ---- guests and zones */

static const char *bridge_effect(void *context, const char *bridge, uint32_t *ret_risk)
{
    const struct net *net = context;
    const struct net_iface *iface = net_find(net, bridge);
    *ret_risk = PROXIMO_RISK_HIGH;
    if (!iface || !net_touched(net, iface))
        return NULL;
    if (!iface->pending)
        return ask_text(&net->ask, "is on %s, which goes away: no network any more", bridge);
    if (net_value(&net->ask, iface->running, "bridge_ports") &&
        !net_value(&net->ask, iface->pending, "bridge_ports"))
        return ask_text(&net->ask, "is on %s, which loses its ports: no way out of the node any more",
                        bridge);
    *ret_risk = iface->running ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_LOW;
    return !iface->running  ? ask_text(&net->ask, "is on %s, which comes up", bridge)
           : iface->changed ? ask_text(&net->ask, "is on %s, which is reconfigured", bridge)
                            : ask_text(&net->ask, "is on %s, which rests on what is reconfigured", bridge);
}

static const char *guest_effect(void *context, const struct net_guest *guest, uint32_t *ret_risk)
{
    return bridge_effect(context, guest->bridge, ret_risk);
}

static int32_t tell_all(struct net *net)
{
    struct net_hanging hanging = {.ask = &net->ask, .effect = guest_effect, .context = net};
    int32_t r = net->unclear
                    ? net->ask.host->incomplete(net->ask.call, "what changes in the network", NET_UNCLEAR)
                    : PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < net->count; i++) {
        if (net->rows[i].changed)
            r = tell_iface(net, &net->rows[i]);
    }
    if (r == PROXIMO_OK)
        r = tell_lost(net);
    if (r == PROXIMO_OK)
        r = net_tell_ends(net);
    if (r == PROXIMO_OK)
        r = net_tell_peers(net);
    if (r == PROXIMO_OK)
        r = net_tell_hanging(&hanging, net->node);
    return r == PROXIMO_OK ? net_tell_zones(&net->ask, net->node, bridge_effect, net) : r;
}

int32_t nodes_blast_network_apply(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const char *node = member_text(subject, "node");
    struct net net = {.ask = a};
    if (!node)
        return a.host->fail(call, PROXIMO_EINVAL, "the subject has no node");
    struct json_object *back DROP_JSON = NULL;
    const char *back_text = member_text(subject, "back");
    int32_t r = net_read(&a, ask_text(&a, "%s", node), &net);
    if (r == PROXIMO_OK && back_text)
        r = (back = json_of(text_of(back_text))) ? net_lead_to(&net, back) : PROXIMO_EINVAL;
    if (r == PROXIMO_OK)
        r = tell_all(&net);
    net_done(&net);
    return r;
}
