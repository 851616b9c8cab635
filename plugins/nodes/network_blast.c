/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is hurt by a staged edit of an interface once it is applied, and by discarding what waits. Sources: GET
 * /nodes/{node}/network, and those of network_guests.c.
 */
#include "network_edit.h"
#include "network_reach.h"

struct edit {
    struct net net;
    struct json_object *subject;
    const char *name; /* of the interface */
    bool goes, comes;
    bool cut_off; /* a bridge loses its ports */
};

/* ---- guests and zones */

static const char *edit_effect(void *context, const char *bridge, uint32_t *ret_risk)
{
    const struct edit *e = context;
    const char *which = e->goes      ? "which is gone"
                        : e->comes   ? "which comes"
                        : e->cut_off ? "which has no way out of the node any more"
                                     : "which is changed";
    *ret_risk = e->goes || e->cut_off ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_LOW;
    return strcmp(bridge, e->name) == 0
               ? ask_text(&e->net.ask, "would be on %s, %s when this is applied", bridge, which)
               : NULL;
}

static const char *guest_effect(void *context, const struct net_guest *guest, uint32_t *ret_risk)
{
    return edit_effect(context, guest->bridge, ret_risk);
}

/* ---- interfaces that rest on it */

static int32_t tell_above(const struct edit *e)
{
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && !e->comes && i < e->net.count; i++) {
        const struct net_iface *above = &e->net.rows[i];
        const char *cidr = net_value(&e->net.ask, above->pending, "cidr");
        if (!above->pending || strcmp(above->name, e->name) == 0 ||
            !net_rests_on(above->name, above->pending, e->name))
            continue;
        r = tell_affected(&e->net.ask, e->goes ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_LOW,
                          ask_text(&e->net.ask, "interface/%s/%s", e->net.node, above->name), NULL,
                          ask_text(&e->net.ask, "rests on %s, which %s when this is applied%s%s", e->name,
                                   e->goes ? "is gone" : "is changed", cidr ? "; it has the address " : "",
                                   cidr ? cidr : ""),
                          NULL);
    }
    return r;
}

/* ---- addresses */

/* An address of the node that goes, moves or comes with this edit. */
static int32_t tell_address(const struct edit *e, struct json_object *now, const char *field)
{
    const struct asking *a = &e->net.ask;
    const char *was = net_value(a, now, field), *to = member_text(e->subject, field);
    const char *resource = ask_text(a, "node/%s", e->net.node);
    if (!was && !to)
        return PROXIMO_OK;
    if (was && to && strcmp(was, to) == 0)
        return PROXIMO_OK;
    const char *label = strncmp(field, "gateway", 7) == 0 ? "gateway" : "address";
    const char *effect =
        was && to ? ask_text(a, "its %s %s on %s becomes %s when this is applied", label, was, e->name, to)
        : was     ? ask_text(a, "its %s %s on %s is gone when this is applied", label, was, e->name)
                  : ask_text(a, "gets the %s %s on %s when this is applied", label, to, e->name);
    return tell_affected(a, was ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_LOW, resource, NULL, effect, NULL);
}

static int32_t tell_addresses(const struct edit *e)
{
    static const char *const fields[] = {"cidr", "cidr6", "gateway", "gateway6"};
    const struct net_iface *iface = net_find(&e->net, e->name);
    struct json_object *now = iface ? iface->pending : NULL;
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < sizeof(fields) / sizeof(fields[0]); i++)
        r = tell_address(e, e->comes ? NULL : now, fields[i]);
    return r;
}

static int32_t tell_edit(struct edit *e)
{
    struct net_hanging hanging = {.ask = &e->net.ask, .effect = guest_effect, .context = e};
    int32_t r = tell_addresses(e);
    if (r == PROXIMO_OK)
        r = tell_above(e);
    if (r == PROXIMO_OK)
        r = net_tell_hanging(&hanging, e->net.node);
    return r == PROXIMO_OK ? net_tell_zones(&e->net.ask, e->net.node, edit_effect, e) : r;
}

int32_t nodes_blast_network_edit(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const char *iface = member_text(subject, "iface"), *slash = iface ? strchr(iface, '/') : NULL;
    struct edit e = {.net = {.ask = a}, .subject = subject};
    if (!slash)
        return a.host->fail(call, PROXIMO_EINVAL, "the subject has no node and interface");
    const char *node = ask_text(&a, "%.*s", (int)(slash - iface), iface);
    e.name = ask_text(&a, "%s", slash + 1);
    e.goes = member_is(subject, "verb", "delete");
    e.comes = member_is(subject, "verb", "create");
    e.cut_off = config_list_has(member_text(subject, "options"), "-bridge_ports") ||
                config_list_has(member_text(subject, "options"), "-ovs_ports");
    if (!node || !e.name)
        return PROXIMO_ENOMEM;
    int32_t r = net_read(&a, node, &e.net);
    if (r == PROXIMO_OK)
        r = tell_edit(&e);
    net_done(&e.net);
    return r;
}

/* ---- discarding: what runs stays */

int32_t nodes_blast_network_revert(void *instance, struct proximo_call *call,
                                   struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const char *node = member_text(subject, "node"), *names = NULL;
    struct net net = {.ask = a};
    if (!node)
        return a.host->fail(call, PROXIMO_EINVAL, "the subject has no node");
    int32_t r = net_read(&a, node, &net);
    const uint32_t count = r == PROXIMO_OK ? net_changed(&net, &names) : 0;
    if (r == PROXIMO_OK)
        r = tell_affected(&a, PROXIMO_RISK_LOW, ask_text(&a, "node/%s", node), NULL,
                          count ? ask_text(&a,
                                           "what is staged for %s is discarded, whoever staged it; what runs "
                                           "stays",
                                           names)
                                : "what is staged is discarded; what runs stays",
                          NULL);
    net_done(&net);
    return r;
}
