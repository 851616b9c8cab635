/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cluster-wide reads: resources (serialised once per change and caller), status, options, log, next id.
 */
#include "change.h"
#include "guest.h"
#include "handlers.h"
#include "sdn.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define GIB (1024LL * 1024 * 1024)

static void add_node(struct sim_call *call, const char *name, struct json_object *node)
{
    struct json_object *item = json_object_new_object(), *load = sim_get(node, "load");
    const char *status = sim_str(node, "status", "online");
    char path[128];

    (void)snprintf(path, sizeof path, "node/%s", name);
    sim_set_str(item, "id", path);
    sim_set_str(item, "type", "node");
    sim_set_str(item, "node", name);
    sim_set_str(item, "status", status);
    sim_set_str(item, "level", sim_str(node, "level", ""));
    sim_set_int(item, "cgroup-mode", 2);
    (void)snprintf(path, sizeof path, "/nodes/%s", name);
    if (strcmp(status, "online") == 0 && sim_can(call, path, "Sys.Audit")) {
        int64_t memory = sim_int(node, "memory", 8 * GIB);

        sim_set_num(item, "cpu", sim_num(load, "cpu", 0));
        sim_set_int(item, "maxcpu", sim_int(node, "cpus", 1));
        sim_set_int(item, "mem", (int64_t)(sim_num(load, "memory", 0) * (double)memory));
        sim_set_int(item, "maxmem", memory);
        sim_set_int(item, "disk", sim_int(sim_get(load, "rootfs"), "used", 0));
        sim_set_int(item, "maxdisk", sim_int(sim_get(load, "rootfs"), "total", 0));
        sim_set_int(item, "uptime", (int64_t)time(NULL) - sim_int(node, "started", 0));
    }
    json_object_array_add(call->data, item);
}

/* Until the next statistics come round the list shows a guest as it was. */
static void view_past(const struct sim_guest *now, struct sim_guest *past)
{
    struct json_object *shown = sim_get(now->entry, "shown");

    *past = *now;
    if (!shown)
        return;
    past->status = sim_str(shown, "status", "stopped");
    past->run = sim_get(shown, "run");
    past->running = strcmp(past->status, "running") == 0;
}

/* The statistics of a node that does not answer are gone, and with them even the guest's name; those of a new
 * guest are not there yet. */
static struct json_object *unknown_guest(struct json_object *item, struct json_object *state,
                                         const struct sim_guest *guest)
{
    static const char *const kept[] = {"pool", "lock"};
    struct json_object *ha = sim_guest_ha(state, guest);

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        if (sim_str(guest->entry, kept[i], NULL))
            sim_set_str(item, kept[i], sim_str(guest->entry, kept[i], NULL));
    }
    if (sim_str(guest->config, "tags", NULL))
        sim_set_str(item, "tags", sim_str(guest->config, "tags", NULL));
    if (ha)
        sim_set_str(item, "hastate", sim_str(ha, "crm_state", sim_str(ha, "state", "started")));
    sim_set_str(item, "status", "unknown");
    return item;
}

struct json_object *sim_resource_guest(struct json_object *state, const struct sim_guest *current)
{
    struct sim_guest past, *guest = &past;
    struct json_object *item = json_object_new_object(), *ha = sim_guest_ha(state, current);
    const char *optional[] = {"pool", "lock"}, *tags = sim_str(current->config, "tags", NULL);
    char id[64];

    view_past(current, &past);
    (void)snprintf(id, sizeof id, "%s/%s", guest->type, guest->vmid);
    sim_set_str(item, "id", id);
    sim_set_str(item, "type", guest->type);
    sim_set_int(item, "vmid", sim_int(guest->entry, "vmid", 0));
    sim_set_str(item, "node", guest->node);
    if (!sim_node_online(state, guest->node) || sim_get(guest->entry, "fresh"))
        return unknown_guest(item, state, guest);
    sim_set_str(item, "name", guest->name);
    sim_set_str(item, "status", guest->running ? sim_str(guest->run, "qmpstatus", "running") : guest->status);
    sim_set_int(item, "template", sim_int(guest->config, "template", 0));
    sim_set_int(item, "maxcpu", sim_guest_cpus(state, guest));
    sim_set_int(item, "maxmem", sim_guest_maxmem(guest));
    sim_set_int(item, "maxdisk", sim_guest_maxdisk(guest));
    sim_guest_numbers(guest, item, true);
    sim_set_int(item, "memhost",
                guest->running && guest->qemu ? sim_int(guest->run, "mem", 0) + (64 << 20) : 0);
    for (size_t i = 0; i < sizeof optional / sizeof *optional; i++) {
        if (sim_str(guest->entry, optional[i], NULL))
            sim_set_str(item, optional[i], sim_str(guest->entry, optional[i], NULL));
    }
    if (tags)
        sim_set_str(item, "tags", tags);
    if (ha)
        sim_set_str(item, "hastate", sim_str(ha, "crm_state", sim_str(ha, "state", "started")));
    return item;
}

static void add_guests(struct sim_call *call)
{
    json_object_object_foreach(sim_get(call->state, "guests"), vmid, entry)
    {
        struct json_object *item;
        struct sim_guest guest;
        char path[300];

        (void)snprintf(path, sizeof path, "/vms/%s", vmid);
        if (!sim_can(call, path, "VM.Audit"))
            continue;
        sim_guest_view(vmid, entry, &guest);
        item = sim_resource_guest(call->state, &guest);
        /* Which pool a guest is in is for those who may see the pool. */
        (void)snprintf(path, sizeof path, "/pool/%s", sim_str(entry, "pool", ""));
        if (!sim_can(call, path, "Pool.Audit"))
            json_object_object_del(item, "pool");
        json_object_array_add(call->data, item);
    }
}

struct json_object *sim_resource_storage(struct json_object *state, const char *node, const char *name)
{
    struct json_object *config = sim_get(sim_get(state, "storage"), name);
    struct json_object *usage = sim_atf(state, "/nodes/%s/storage/%s", node, name);
    struct json_object *item = json_object_new_object();
    char id[200];

    (void)snprintf(id, sizeof id, "storage/%s/%s", node, name);
    sim_set_str(item, "id", id);
    sim_set_str(item, "type", "storage");
    sim_set_str(item, "storage", name);
    sim_set_str(item, "node", node);
    sim_set_str(item, "plugintype", sim_str(config, "type", "dir"));
    sim_set_str(item, "content", sim_str(config, "content", ""));
    sim_set_int(item, "shared", sim_int(config, "shared", 0));
    if (!sim_node_online(state, node) || sim_int(usage, "offline", 0)) {
        sim_set_str(item, "status", "unknown");
        return item;
    }
    sim_set_str(item, "status", "available");
    sim_set_int(item, "disk", sim_int(usage, "used", 0));
    sim_set_int(item, "maxdisk", sim_int(usage, "total", 0));
    return item;
}

static void add_storages(struct sim_call *call, const char *node)
{
    json_object_object_foreach(sim_get(call->state, "storage"), name, config)
    {
        char path[128];

        (void)snprintf(path, sizeof path, "/storage/%s", name);
        if (sim_int(config, "disable", 0) || !sim_storage_on_node(config, node) ||
            !sim_can_any(call, path, "Datastore.Audit|Datastore.AllocateSpace"))
            continue;
        json_object_array_add(call->data, sim_resource_storage(call->state, node, name));
    }
}

static void add_zone(struct sim_call *call, const char *node, const char *name)
{
    struct json_object *item;
    char text[200];

    (void)snprintf(text, sizeof text, "/sdn/zones/%s", name);
    if (!sim_can_any(call, text, "SDN.Audit|SDN.Allocate|SDN.Use"))
        return;
    item = json_object_new_object();
    (void)snprintf(text, sizeof text, "sdn/%s/%s", node, name);
    sim_set_str(item, "id", text);
    sim_set_str(item, "type", "sdn");
    sim_set_str(item, "node", node);
    sim_set_str(item, "sdn", name);
    sim_set_str(item, "status", sim_node_online(call->state, node) ? "ok" : "unknown");
    json_object_array_add(call->data, item);
}

/* The zone of the local bridges is always there. */
static void add_zones(struct sim_call *call, const char *node)
{
    struct json_object *zones = sim_get(sim_sdn_running(call->state), "zones");

    add_zone(call, node, "localnetwork");
    if (!zones)
        return;
    json_object_object_foreach(zones, name, zone)
    {
        (void)zone;
        add_zone(call, node, name);
    }
}

static void add_pools(struct sim_call *call)
{
    json_object_object_foreach(sim_get(call->state, "pools"), name, pool)
    {
        struct json_object *item;
        char text[200];

        (void)pool;
        (void)snprintf(text, sizeof text, "/pool/%s", name);
        if (!sim_can(call, text, "Pool.Audit"))
            continue;
        item = json_object_new_object();
        sim_set_str(item, "id", text);
        sim_set_str(item, "type", "pool");
        sim_set_str(item, "pool", name);
        json_object_array_add(call->data, item);
    }
}

struct json_object *sim_cache(struct sim *sim)
{
    /* Uptimes move on: an answer is at most five seconds old, as the real one may be. */
    uint64_t generation = sim->generation * 1000003 + (uint64_t)time(NULL) / 5;

    if (!sim->cache || sim->cache_generation != generation) {
        json_object_put(sim->cache);
        sim->cache = json_object_new_object();
        sim->cache_generation = generation;
    }
    return sim->cache;
}

int sim_cluster_resources(struct sim_call *call)
{
    const char *type = sim_arg(call, "type");
    struct json_object *known = sim_cache(call->sim);
    char key[400];

    (void)snprintf(key, sizeof key, "%s %s", call->who, type ? type : "");
    call->raw = sim_str(known, key, NULL);
    if (call->raw)
        return 0;
    call->data = json_object_new_array();
    if (!type || strcmp(type, "vm") == 0)
        add_guests(call);
    if (!type)
        add_pools(call);
    json_object_object_foreach(sim_get(call->state, "nodes"), name, node)
    {
        if (!type || strcmp(type, "node") == 0)
            add_node(call, name, node);
        if (!type || strcmp(type, "storage") == 0)
            add_storages(call, name);
        if (!type || strcmp(type, "sdn") == 0)
            add_zones(call, name);
    }
    sim_set_str(
        known, key,
        json_object_to_json_string_ext(call->data, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    call->raw = sim_str(known, key, NULL);
    return 0;
}

int sim_cluster_status(struct sim_call *call)
{
    const char *cluster = sim_str(sim_get(call->state, "cluster"), "name", NULL);
    struct json_object *nodes = sim_get(call->state, "nodes"), *item;

    call->data = json_object_new_array();
    if (cluster) {
        item = json_object_new_object();
        sim_set_str(item, "id", "cluster");
        sim_set_str(item, "type", "cluster");
        sim_set_str(item, "name", cluster);
        sim_set_int(item, "nodes", json_object_object_length(nodes));
        sim_set_int(item, "quorate", sim_quorate(call->state));
        sim_set_int(item, "version", json_object_object_length(nodes));
        json_object_array_add(call->data, item);
    }
    json_object_object_foreach(nodes, name, node)
    {
        char id[128];

        item = json_object_new_object();
        (void)snprintf(id, sizeof id, "node/%s", name);
        sim_set_str(item, "id", id);
        sim_set_str(item, "type", "node");
        sim_set_str(item, "name", name);
        sim_set_str(item, "ip", sim_str(node, "ip", ""));
        sim_set_str(item, "level", sim_str(node, "level", ""));
        sim_set_int(item, "local", strcmp(name, call->sim->node) == 0);
        sim_set_int(item, "nodeid", sim_int(node, "nodeid", 0));
        sim_set_int(item, "online", strcmp(sim_str(node, "status", ""), "online") == 0);
        json_object_array_add(call->data, item);
    }
    return 0;
}

/* Strings of properties, with the key of what stands without one, are shown as objects, and registered tags
 * as a list. */
static struct json_object *shown_options(struct json_object *options)
{
    static const struct sim_param connection[] = {{.name = "type", .unnamed = true}, {.name = NULL}};
    static const char *const properties[] = {
        "crs",         "ha",        "location", "migration",       "next-id", "notify",
        "replication", "tag-style", "u2f",      "user-tag-access", "webauthn"};
    struct json_object *out = sim_copy(options), *tags;
    const char *at = sim_str(options, "registered-tags", NULL);
    char word[128];

    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
        const char *text = sim_str(options, properties[i], NULL);

        if (text)
            sim_set(out, properties[i], sim_property_split(connection, text));
    }
    if (!at)
        return out;
    tags = json_object_new_array();
    while (sim_next_word(&at, word, sizeof word))
        json_object_array_add(tags, json_object_new_string(word));
    sim_set(out, "registered-tags", tags);
    return out;
}

int sim_cluster_options(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *options = NULL;
    static const char *const open[] = {"tag-style", "registered-tags"};

    options = shown_options(sim_at(call->state, "/cluster/options"));
    if (sim_can(call, "/", "Sys.Audit")) {
        call->data = sim_copy(options);
    } else {
        call->data = json_object_new_object();
        for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
            if (sim_get(options, open[i]))
                sim_set(call->data, open[i], sim_copy(sim_get(options, open[i])));
        }
    }
    sim_set(call->data, "allowed-tags", json_object_new_array());
    json_object_object_foreach(sim_get(call->state, "guests"), vmid, entry)
    {
        const char *tags = sim_str(sim_get(entry, "config"), "tags", "");
        struct json_object *allowed = sim_get(call->data, "allowed-tags");
        char path[64];

        (void)snprintf(path, sizeof path, "/vms/%s", vmid);
        if (!*tags || !sim_can(call, path, "VM.Audit"))
            continue;
        while (*tags) {
            size_t n = strcspn(tags, ";, "), i = 0;

            while (i < json_object_array_length(allowed)) {
                const char *known = json_object_get_string(json_object_array_get_idx(allowed, i));

                if (strlen(known) == n && memcmp(known, tags, n) == 0)
                    break;
                i++;
            }
            if (n > 0 && i == json_object_array_length(allowed))
                json_object_array_add(allowed, json_object_new_string_len(tags, (int)n));
            tags += n + (tags[n] != 0);
        }
    }
    return 0;
}

int sim_cluster_nextid(struct sim_call *call)
{
    struct json_object *guests = sim_get(call->state, "guests");
    const char *wanted = sim_arg(call, "vmid");
    char id[32];

    if (wanted) {
        if (sim_get(guests, wanted))
            return sim_fail_param(call, "vmid", "VM %s already exists", wanted);
        call->data = json_object_new_string(wanted);
        return 0;
    }
    for (int64_t next = 100; next < 1000000; next++) {
        (void)snprintf(id, sizeof id, "%" PRId64, next);
        if (!sim_get(guests, id)) {
            call->data = json_object_new_string(id);
            return 0;
        }
    }
    return sim_fail(call, 500, "unable to get any free VMID in range [100, 1000000]\n");
}

int sim_cluster_log(struct sim_call *call)
{
    struct json_object *log = sim_get(call->state, "log");
    int64_t left = sim_arg_int(call, "max", 50);
    bool all = sim_can(call, "/", "Sys.Syslog");

    call->data = json_object_new_array();
    for (size_t i = 0; log && i < json_object_array_length(log) && left > 0; i++) {
        struct json_object *entry = json_object_array_get_idx(log, i);

        if (!all && strcmp(sim_str(entry, "user", ""), call->who) != 0)
            continue;
        json_object_array_add(call->data, sim_copy(entry));
        left--;
    }
    return 0;
}
