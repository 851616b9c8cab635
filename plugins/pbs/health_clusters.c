/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pbs_health: the other sites. A storage of a cluster and a datastore of a Backup Server are the same place
 * when the fingerprint that the storage trusts is the server's, or, of the call's own site, its address. What
 * a Backup Server shows of a place is believed before what the cluster lists of it. Sources: GET
 * /nodes/localhost/status of Backup Servers; GET /storage, /cluster/resources, /nodes, .../content of
 * clusters.
 */
#include <strings.h>

#include "health.h"

#define PBS_PORT "8007"

/* ---- Backup Servers by their fingerprints */

struct server {
    const char *site;         /* NULL: the call's */
    const char *name, *print; /* print NULL: not known */
};
struct servers {
    struct server rows[SITES_MOST];
    uint32_t count;
    struct json_object *endpoints; /* of the call's site; NULL: not known */
};

static int32_t add_server(struct health *h, struct servers *s, const char *site, const char *name)
{
    static const struct proximo_need need[] = {NEED("/system/status", "Sys.Audit")};
    const struct proximo_field node = FIELD("node", PBS_NODE);
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/status", .fields = &node,
                                    .field_count = 1, .needs = PROXIMO_TABLE(need),   .site = site};
    struct looked looked;
    int32_t r = health_look(h, &get, 1, &looked);
    const char *print = member_text(member_of(looked.data, "info"), "fingerprint");
    if (r == PROXIMO_OK && s->count < SITES_MOST)
        s->rows[s->count++] =
            (struct server){.site = site, .name = name, .print = print ? health_text(h, "%s", print) : NULL};
    if (r == PROXIMO_OK && !print)
        findings_unread(&h->d.found, FROM_COVER, health_text(h, "site %s: which Backup Server it is", name),
                        looked.data            ? "it does not tell its fingerprint"
                        : looked.status == 403 ? "its token needs Sys.Audit on /system/status"
                                               : looked.why);
    json_object_put(looked.data);
    return r;
}

/* The call's site is known by the addresses that it is reached at, too. */
static bool is_reached_at(const struct servers *s, const char *host, const char *port)
{
    for (size_t i = 0; s->endpoints && i < json_object_array_length(s->endpoints); i++) {
        struct json_object *one = json_object_array_get_idx(s->endpoints, i);
        const char *name = member_text(one, "host"), *address = member_text(one, "address");
        if (member_is(one, "port", port) &&
            ((name && strcasecmp(name, host) == 0) || (address && strcasecmp(address, host) == 0)))
            return true;
    }
    return false;
}

static const struct server *server_of(const struct servers *s, const struct health_target *t)
{
    const char *port = member_text(t->storage->config, "port");
    for (uint32_t i = 0; i < s->count; i++) {
        const struct server *one = &s->rows[i];
        if (t->print && one->print ? strcasecmp(t->print, one->print) == 0
                                   : !one->site && is_reached_at(s, t->server, port ? port : PBS_PORT))
            return one;
    }
    return NULL;
}

/* ---- places */

/* What makes two storages the same place, by type. */
static const struct {
    const char *type, *server, *part, *more;
} places[] = {
    {"pbs", "server", "datastore", "namespace"}, {"nfs", "server", "export", NULL},
    {"cifs", "server", "share", "subdir"},       {"cephfs", "monhost", "fs-name", "subdir"},
    {"glusterfs", "server", "volume", NULL},
};

static void add_target(struct health *h, const struct servers *s, uint32_t cluster,
                       struct known_storage *storage)
{
    struct health_target t = {.cluster = cluster, .storage = storage, .space = -1};
    struct json_object *config = storage->config;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (strcmp(places[i].type, storage->type) != 0)
            continue;
        const char *part = member_text(config, places[i].part),
                   *more = places[i].more ? member_text(config, places[i].more) : NULL;
        t.server = member_text(config, places[i].server);
        t.part = health_text(h, "%s:%s", part ? part : "", more ? more : "");
    }
    const bool pbs = strcmp(storage->type, "pbs") == 0;
    const char *store = member_text(config, "datastore"), *ns = member_text(config, "namespace");
    t.print = pbs ? member_text(config, "fingerprint") : NULL;
    const struct server *server = pbs && t.server && store ? server_of(s, &t) : NULL;
    if (server) {
        t.at = server->name;
        t.space = health_space_find(h, server->site, store, ns ? ns : "");
    }
    /* Read whole from where it is: the cluster need not list it. */
    if (t.space >= 0 && h->contents.spaces[t.space].whole)
        storage->backups = false;
    if (h->target_count < TARGETS_MOST)
        h->targets[h->target_count++] = t;
    else
        findings_unread(&h->d.found, FROM_COVER, "further storages", "there are more than are looked at");
}

static bool is_same_text(const char *a, const char *b)
{
    return a && b && strcasecmp(a, b) == 0;
}

/* Of two clusters. */
static bool is_same_place(const struct health_target *a, const struct health_target *b)
{
    if (a->space >= 0 && b->space >= 0)
        return a->space == b->space;
    return a->server && b->server && strcmp(a->storage->type, b->storage->type) == 0 &&
           strcmp(a->part, b->part) == 0 &&
           (is_same_text(a->server, b->server) || is_same_text(a->print, b->print) ||
            is_same_text(a->at, b->at));
}

static void find_others(struct health *h)
{
    for (uint32_t i = 0; i < h->target_count; i++) {
        for (uint32_t k = 0; k < h->target_count; k++) {
            if (h->targets[i].cluster != h->targets[k].cluster &&
                is_same_place(&h->targets[i], &h->targets[k]))
                h->targets[i].others |= UINT32_C(1) << h->targets[k].cluster;
        }
    }
}

bool health_may_have(const struct health_cluster *c, const char *type, const char *id)
{
    const int64_t vmid = (int64_t)digits_of(id, 999999999);
    const struct known_guest *guest = guests_find(&c->guests, vmid);
    return !c->guests.complete || (guest && guest->lxc == (strcmp(type, "ct") == 0));
}

/* ---- clusters */

static void unseen(struct health *h, struct health_cluster *c, const char *what, const char *why)
{
    c->unseen = true;
    health_unread(h, c->site, FROM_COVER, what, why);
}

/* The words of why it cannot be reached are told once, for all of it. */
static int32_t reach(struct health *h, struct health_cluster *c, bool *ret)
{
    const struct proximo_get get = {ROW(proximo_get), .path = "/version", .site = c->site};
    struct looked looked;
    int32_t r = health_look(h, &get, 1, &looked);
    *ret = r == PROXIMO_OK && json_object_is_type(looked.data, json_type_object);
    if (r == PROXIMO_OK && !*ret)
        unseen(h, c, "its guests, and what other clusters share with it", looked.why);
    json_object_put(looked.data);
    return r;
}

static int32_t read_cluster(struct health *h, struct health_cluster *c)
{
    const char *why;
    bool there;
    int32_t r = reach(h, c, &there);
    if (r < 0 || !there)
        return r;
    r = guests_list_of(&h->d.ask, c->site, &c->guests, &why);
    if (r == PROXIMO_OK && why)
        unseen(h, c, c->guests.count ? "guests that its token does not see" : "its guests", why);
    if (r == PROXIMO_OK)
        r = storages_read_of(&h->d.ask, c->site, &c->storages);
    if (r == PROXIMO_OK && !c->storages.complete)
        unseen(h, c, "storages that backups may be on", c->storages.why);
    return r;
}

static int32_t read_archives(struct health *h, const struct servers *s, uint32_t index)
{
    struct health_cluster *c = &h->clusters[index];
    for (uint32_t i = 0; i < c->storages.count; i++) {
        if (c->storages.rows[i].backups)
            add_target(h, s, index, &c->storages.rows[i]);
    }
    if (!c->guests.count)
        return PROXIMO_OK;
    if (health_is_late(h)) {
        unseen(h, c, "the backups that it lists itself", GUESTS_NO_TIME);
        return PROXIMO_OK;
    }
    const bool complete = c->storages.complete;
    c->storages.complete = true; /* it was told: not once more */
    int32_t r = archives_read_of(&h->d.ask, c->site, &c->storages, 0, NULL, &c->archives);
    c->storages.complete = complete;
    for (uint32_t i = 0; r == PROXIMO_OK && i < c->archives.unseen_count; i++) {
        const struct unseen *one = &c->archives.unseen[i];
        unseen(h, c,
               health_text(h, "storage %s%s%s", one->storage, one->node ? " of node " : "",
                           one->node ? one->node : ""),
               one->why);
    }
    return r;
}

/* ---- all of them */

static int32_t sort_sites(struct health *h, struct json_object *list, struct servers *s)
{
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *name = member_text(row, "name");
        if (!name || strcmp(name, h->site) == 0)
            continue;
        if (h->cluster_count + h->server_count >= SITES_MOST) {
            findings_unread(&h->d.found, FROM_COVER, "further sites", "there are more than are looked at");
            break;
        }
        name = health_text(h, "%s", name);
        if (member_is(row, "kind", "pbs")) {
            h->server_count++;
            r = health_read_server(h, name);
            if (r == PROXIMO_OK)
                r = add_server(h, s, name, name);
        } else {
            h->clusters[h->cluster_count++].site = name;
        }
    }
    return r;
}

static bool any_cluster(const struct health *h, struct json_object *list)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *name = member_text(row, "name");
        if (name && strcmp(name, h->site) != 0 && !member_is(row, "kind", "pbs"))
            return true;
    }
    return false;
}

int32_t health_read_sites(struct health *h)
{
    const struct asking *a = &h->d.ask;
    struct proximo_site site = {ROW(proximo_site)};
    struct proximo_text text = {0};
    struct servers servers = {0};
    int32_t r = a->host->site(a->call, &site);
    if (r == PROXIMO_OK && PROXIMO_HOST_HAS(a->host, sites))
        r = a->host->sites(a->call, &text);
    if (r < 0)
        return r;
    struct json_object *list DROP_JSON = json_of(text), *reached DROP_JSON = json_of(site.reached_json);
    h->site = health_text(h, "%.*s", (int)site.name.len, site.name.ptr);
    servers.endpoints = member_of(reached, "endpoints");
    if (!json_object_is_type(servers.endpoints, json_type_array))
        servers.endpoints = NULL;
    if (!json_object_is_type(list, json_type_array) || !any_cluster(h, list)) {
        h->note = "no cluster is configured as a site: guests were not compared with what is here";
        return PROXIMO_OK;
    }
    r = add_server(h, &servers, NULL, h->site);
    if (r == PROXIMO_OK)
        r = sort_sites(h, list, &servers);
    for (uint32_t i = 0; r == PROXIMO_OK && i < h->cluster_count; i++)
        r = read_cluster(h, &h->clusters[i]);
    for (uint32_t i = 0; r == PROXIMO_OK && i < h->cluster_count; i++)
        r = read_archives(h, &servers, i);
    find_others(h);
    findings_read(&h->d.found, FROM_COVER);
    return r;
}

void health_sites_done(struct health *h)
{
    for (uint32_t i = 0; i < h->cluster_count; i++) {
        guests_done(&h->clusters[i].guests);
        archives_done(&h->clusters[i].archives);
        storages_done(&h->clusters[i].storages);
    }
}
