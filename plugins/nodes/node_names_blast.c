/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is reached by name from a node whose name servers or hosts file change: storages, links of the
 * cluster, metric servers, and the node itself. What is configured by address does not change. Sources:
 * GET /storage, /cluster/config/nodes, /cluster/metrics/server, /cluster/resources, /nodes/{node}/hosts.
 */
#include <strings.h>

#include "node.h"

struct names {
    struct asking ask;
    const char *node;
    const char *only;  /* names that change; NULL: any */
    const char *hosts; /* names in it resolve as before; NULL: none known */
    bool dns;
};

/* Where names stand: the list, what of a row names the thing, and which members are addresses or names. */
static const struct place {
    const char *path, *what;
    struct proximo_need need;
    const char *id, *resource;
    uint32_t risk;
    const char *says;
    const char *members[9];
} places[] = {
    {"/storage",
     "storages that are reached by name",
     NEED("/storage", "Datastore.Audit"),
     "storage",
     "storage",
     PROXIMO_RISK_HIGH,
     "its server is configured by the name",
     {"server", "server2", "portal", "monhost"}},
    {"/cluster/config/nodes",
     "links of the cluster that are configured by name",
     NEED("/", "Sys.Audit"),
     "node",
     "node",
     PROXIMO_RISK_HIGH,
     "corosync finds it by the name",
     {"ring0_addr", "ring1_addr", "ring2_addr", "ring3_addr", "ring4_addr", "ring5_addr", "ring6_addr",
      "ring7_addr"}},
    {"/cluster/config/nodes",
     "the names of the other nodes",
     NEED("/", "Sys.Audit"),
     "node",
     "node",
     PROXIMO_RISK_MEDIUM,
     "this node calls it by the name",
     {"node"}},
    {"/cluster/metrics/server",
     "metric servers that are reached by name",
     NEED("/", "Sys.Audit"),
     "id",
     "metric-server",
     PROXIMO_RISK_MEDIUM,
     "its server is configured by the name",
     {"server"}},
};

/* "10.0.0.1", "fd00::1", "[fd00::1]": nothing to resolve. */
static bool is_address(const char *text)
{
    return *text == '[' || strspn(text, "0123456789.") == strlen(text) ||
           (strchr(text, ':') && strspn(text, "0123456789abcdefABCDEF:.%") == strlen(text));
}

/* A word without its port: "nas.lan:3260", "10.0.0.1:6789". More than one colon is an address. */
static const char *without_port(const struct asking *a, const char *word, size_t len)
{
    const char *text = ask_text(a, "%.*s", (int)len, word);
    const char *colon = text ? strchr(text, ':') : NULL;
    if (!colon || strchr(colon + 1, ':') || *text == '[')
        return text;
    return ask_text(a, "%.*s", (int)(colon - text), text);
}

static bool has_word(const char *list, const char *name)
{
    const size_t len = strlen(name);
    while (list && *list) {
        list += strspn(list, ", ;");
        const size_t word = strcspn(list, ", ;");
        if (word == len && len && strncasecmp(list, name, len) == 0)
            return true;
        list += word;
    }
    return false;
}

static bool changes(const struct names *n, const char *name)
{
    if (!*name || is_address(name) || strcmp(name, "localhost") == 0)
        return false;
    if (n->only)
        return has_word(n->only, name);
    return !(n->dns && n->hosts && hosts_knows(n->hosts, name));
}

static int32_t tell(const struct names *n, const struct place *place, struct json_object *row,
                    const char *name)
{
    const char *effect = ask_text(&n->ask, "%s %s, %s", place->says, name,
                                  n->dns ? "which other name servers may resolve otherwise or not at all"
                                         : "whose address in the hosts file changes");
    const bool off = member_true(row, "disable");
    return tell_affected(&n->ask, off ? PROXIMO_RISK_LOW : place->risk,
                         ask_text(&n->ask, "%s/%s", place->resource, member_text(row, place->id)), NULL,
                         effect, NULL);
}

/* Every name in one member: "a.lan,b.lan;c.lan". */
static int32_t look_at(const struct names *n, const struct place *place, struct json_object *row,
                       const char *value)
{
    int32_t r = PROXIMO_OK;
    while (r == PROXIMO_OK && value && *value) {
        value += strspn(value, ", ;");
        const size_t len = strcspn(value, ", ;");
        const char *name = len ? without_port(&n->ask, value, len) : "";
        if (!name)
            return PROXIMO_ENOMEM;
        if (changes(n, name))
            r = tell(n, place, row, name);
        value += len;
    }
    return r;
}

static int32_t look_in(const struct names *n, const struct place *place)
{
    struct json_object *list DROP_JSON = NULL;
    int32_t r = node_list(&n->ask, place->path, &place->need, place->what, &list);
    for (size_t i = 0; r == PROXIMO_OK && list && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *nodes = member_text(row, "nodes");
        if (!member_text(row, place->id) || (nodes && !has_word(nodes, n->node)))
            continue;
        if (place->members[0] == place->id && member_is(row, place->id, n->node))
            continue; /* itself: tell_node */
        for (size_t m = 0; r == PROXIMO_OK && m < sizeof(place->members) / sizeof(place->members[0]); m++) {
            if (place->members[m])
                r = look_at(n, place, row, member_text(row, place->members[m]));
        }
    }
    return r;
}

/* The node itself. */
static int32_t tell_node(const struct names *n)
{
    const char *resource = ask_text(&n->ask, "node/%s", n->node);
    const char *own =
        n->dns ? "finds its own address by the name servers, since its hosts file does not have "
                 "its name: without it its cluster file system and API do not start again"
               : "finds its own address by its name in this file: with a wrong or missing line its "
                 "cluster file system and API do not start again";
    const int32_t r = changes(n, n->node)
                          ? tell_affected(&n->ask, PROXIMO_RISK_HIGH, resource, NULL, own, NULL)
                          : PROXIMO_OK;
    if (r < 0)
        return r;
    if (n->only && !*n->only)
        return tell_affected(&n->ask, PROXIMO_RISK_LOW, resource, NULL,
                             "no name gets another address: comments or order change", NULL);
    return tell_affected(
        &n->ask, PROXIMO_RISK_MEDIUM, resource, NULL,
        "what it reaches by name itself: package sources, time servers, mail, backup and login "
        "servers (LDAP, OpenID), certificate authorities",
        NULL);
}

static int32_t read_hosts(struct names *n)
{
    static const struct proximo_need need[] = {NEED("/", "Sys.Audit")};
    const struct proximo_field at = FIELD("node", n->node);
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/hosts", .fields = &at,
                                    .field_count = 1, .needs = ROWS(need, 1)};
    struct looked hosts;
    int32_t r = ask_look(&n->ask, &get, &hosts);
    if (r < 0)
        return r;
    const char *text = member_text(hosts.data, "data");
    n->hosts = text ? ask_text(&n->ask, "%s", text) : NULL; /* unread: then every name counts */
    json_object_put(hosts.data);
    return PROXIMO_OK;
}

static int32_t blast(void *instance, struct proximo_call *call, struct proximo_text subject_json, bool dns)
{
    struct names n = {.ask = {((struct plane_instance *)instance)->host, call}, .dns = dns};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    n.node = member_text(subject, "node");
    n.only = dns ? NULL : member_text(subject, "names");
    if (!n.node)
        return n.ask.host->fail(call, PROXIMO_EINVAL, "the subject has no node");
    int32_t r = dns ? read_hosts(&n) : PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < sizeof(places) / sizeof(places[0]); i++)
        r = look_in(&n, &places[i]);
    if (r == PROXIMO_OK && dns)
        r = node_tell_guests(&n.ask, n.node, true, PROXIMO_RISK_LOW,
                             "takes the node's name servers over at its next start, unless its configuration "
                             "has some of its own");
    return r == PROXIMO_OK ? tell_node(&n) : r;
}

int32_t nodes_blast_dns(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return blast(instance, call, subject_json, true);
}

int32_t nodes_blast_hosts(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return blast(instance, call, subject_json, false);
}
