/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What breaks off with a service of a node. What the service does by itself stands in node_service_table.c;
 * here is who depends on it on this site: this connection, guests behind the firewall, containers; votes and
 * HA are in node_service_cluster.c. A service that is not known is high: nobody here knows what needs it.
 */
#include "node.h"

static bool breaks(const struct service_blast *b)
{
    return b->verb == SERVICE_STOP || b->verb == SERVICE_RESTART;
}

/* ---- the service itself */

static int32_t tell_service(const struct service_blast *b)
{
    const char *resource = ask_text(&b->ask, "service/%s/%s", b->node, b->name);
    const char *effect = NULL;
    uint32_t risk = PROXIMO_RISK_HIGH;
    if (b->known && !(b->known->flags & SERVICE_LOCKOUT))
        risk = breaks(b) ? b->known->risk : PROXIMO_RISK_LOW;
    if (b->verb == SERVICE_START)
        effect = "begins to act with the configuration that it finds";
    else if (b->verb == SERVICE_RELOAD)
        effect = "reads its configuration again: a fault in it shows now; a service that cannot do this is "
                 "restarted instead";
    else if (b->known)
        effect = ask_text(&b->ask, "%s: %s",
                          b->verb == SERVICE_STOP ? "until it is started again"
                                                  : "for a moment, or longer if "
                                                    "it does not come back",
                          b->known->stopped);
    if (!b->known)
        effect = ask_text(&b->ask, "%s; what depends on this service is not known here",
                          effect ? effect : "it is stopped");
    return tell_affected(&b->ask, risk, resource, NULL, effect, NULL);
}

/* ---- this connection */

static const char *local_node(const struct service_blast *b)
{
    for (size_t i = 0; b->status && i < json_object_array_length(b->status); i++) {
        struct json_object *row = json_object_array_get_idx(b->status, i);
        if (member_is(row, "type", "node") && member_true(row, "local"))
            return member_text(row, "name");
    }
    return NULL;
}

static int32_t tell_connection(const struct service_blast *b)
{
    const char *local = local_node(b);
    const bool here = local && strcmp(local, b->node) == 0;
    const char *until = b->verb == SERVICE_STOP ? "" : " until the service is back";
    if (!breaks(b) || !b->known || !(b->known->flags & SERVICE_API))
        return PROXIMO_OK;
    if (b->status && !local)
        return b->ask.host->incomplete(b->ask.call, "whether this connection goes through the node",
                                       "GET /cluster/status does not say which node answers");
    const char *effect =
        here     ? "this very connection ends at this node: proximo is cut off from the site with it"
        : !local ? "this connection may end at this node: then proximo is cut off from the site with it"
                 : "calls to this node are handed on to it by the node that answers here, and fail";
    return tell_affected(&b->ask, PROXIMO_RISK_HIGH, ask_text(&b->ask, "node/%s", b->node), NULL,
                         ask_text(&b->ask, "%s%s", effect, until), NULL);
}

/* ---- guests behind it */

/* Nothing is filtered anyway while the datacenter's switch is off. */
static int32_t tell_firewall(const struct service_blast *b)
{
    static const struct proximo_need need[] = {NEED("/", "Sys.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/firewall/options",
                                    .needs = ROWS(need, 1)};
    struct looked options;
    int32_t r = ask_look(&b->ask, &get, &options);
    if (r < 0)
        return r;
    const bool read = json_object_is_type(options.data, json_type_object);
    const char *enable = member_text(options.data, "enable");
    const bool off = read && options.complete && (!enable || strcmp(enable, "0") == 0);
    if (!read)
        r = b->ask.host->incomplete(b->ask.call, "whether the firewall is on", options.why);
    json_object_put(options.data);
    if (r < 0)
        return r;
    if (off)
        return tell_affected(&b->ask, PROXIMO_RISK_LOW, ask_text(&b->ask, "node/%s", b->node), NULL,
                             "the firewall is off in the datacenter: nothing is filtered as it is", NULL);
    r = tell_affected(&b->ask, PROXIMO_RISK_HIGH, ask_text(&b->ask, "node/%s", b->node), NULL,
                      "is open: its firewall rules do not hold while the service does not run", NULL);
    return r < 0 ? r
                 : node_tell_guests(
                       &b->ask, b->node, false, PROXIMO_RISK_MEDIUM,
                       "its firewall rules, if it has any, do not hold while the service does not run");
}

/* ---- all of it */

static int32_t blast(struct service_blast *b)
{
    static const struct proximo_need need[] = {NEED("/", "Sys.Audit")};
    const uint32_t flags = b->known ? b->known->flags : 0;
    int32_t r = tell_service(b);
    if (r < 0 || !breaks(b))
        return r;
    if (flags & (SERVICE_API | SERVICE_QUORUM))
        r = node_list(&b->ask, "/cluster/status", need, "the cluster's members and their votes", &b->status);
    if (r == PROXIMO_OK)
        r = tell_connection(b);
    if (r == PROXIMO_OK && (flags & SERVICE_QUORUM))
        r = service_blast_quorum(b);
    if (r == PROXIMO_OK && (flags & SERVICE_HA))
        r = service_blast_ha(b);
    if (r == PROXIMO_OK && (flags & SERVICE_FILTER))
        r = tell_firewall(b);
    if (r == PROXIMO_OK && (flags & SERVICE_CONTAINERS))
        r = node_tell_guests(&b->ask, b->node, true, b->known->risk, "depends on the service if it runs");
    return r;
}

int32_t nodes_blast_service(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct service_blast b = {.ask = {((struct plane_instance *)instance)->host, call}};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const char *text = member_text(subject, "service"), *slash = text ? strchr(text, '/') : NULL;
    const char *action = member_text(subject, "action");
    if (!slash || slash == text || !slash[1])
        return b.ask.host->fail(call, PROXIMO_EINVAL, "the subject's service is not NODE/SERVICE");
    b.node = ask_text(&b.ask, "%.*s", (int)(slash - text), text);
    b.name = ask_text(&b.ask, "%s", slash + 1);
    b.verb = action ? service_verb(action) : SERVICE_STOP;
    if (b.verb == SERVICE_VERBS)
        b.verb = SERVICE_STOP; /* what is not known is taken for the worst */
    if (!b.node || !b.name)
        return PROXIMO_ENOMEM;
    b.known = service_find(b.name);
    const int32_t r = blast(&b);
    json_object_put(b.status);
    return r;
}
