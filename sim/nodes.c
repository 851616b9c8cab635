/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads of one node: list, status, time, network, services, statistics, logs.
 */
#include "handlers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static struct json_object *node_of(struct sim_call *call)
{
    return sim_get(sim_get(call->state, "nodes"), sim_arg(call, "node"));
}

int sim_nodes_list(struct sim_call *call)
{
    call->data = json_object_new_array();
    json_object_object_foreach(sim_get(call->state, "nodes"), name, node)
    {
        struct json_object *item = json_object_new_object(), *load = sim_get(node, "load");
        struct json_object *certificate = json_object_array_get_idx(sim_get(node, "certificates"), 1);
        const char *status = sim_str(node, "status", "online");
        char text[128];

        (void)snprintf(text, sizeof text, "node/%s", name);
        sim_set_str(item, "id", text);
        sim_set_str(item, "type", "node");
        sim_set_str(item, "node", name);
        sim_set_str(item, "status", status);
        sim_set_str(item, "level", sim_str(node, "level", ""));
        sim_set_str(item, "ssl_fingerprint", sim_str(certificate, "fingerprint", ""));
        (void)snprintf(text, sizeof text, "/nodes/%s", name);
        if (strcmp(status, "online") == 0 && sim_can(call, text, "Sys.Audit")) {
            int64_t memory = sim_int(node, "memory", 0);

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
    return 0;
}

static struct json_object *usage(int64_t total, int64_t used, const char *third)
{
    struct json_object *out = json_object_new_object();

    sim_set_int(out, "total", total);
    sim_set_int(out, "used", used);
    sim_set_int(out, "free", total - used);
    if (third)
        sim_set_int(out, third, total - used);
    return out;
}

int sim_node_status(struct sim_call *call)
{
    struct json_object *node = node_of(call), *load = sim_get(node, "load"), *out = json_object_new_object();
    struct json_object *root = sim_get(load, "rootfs"), *swap = sim_get(load, "swap"), *part;
    struct json_object *kernel = sim_get(node, "kernel");
    int64_t memory = sim_int(node, "memory", 0);
    char text[256];

    call->data = out;
    sim_set_num(out, "cpu", sim_num(load, "cpu", 0));
    sim_set_num(out, "wait", sim_num(load, "wait", 0));
    sim_set_int(out, "idle", 0);
    sim_set_int(out, "uptime", (int64_t)time(NULL) - sim_int(node, "started", 0));
    sim_set(out, "loadavg", sim_copy(sim_get(load, "loadavg")));
    sim_set(out, "memory",
            usage(memory, (int64_t)(sim_num(load, "memory", 0) * (double)memory), "available"));
    sim_set(out, "rootfs", usage(sim_int(root, "total", 0), sim_int(root, "used", 0), "avail"));
    sim_set(out, "swap", usage(sim_int(swap, "total", 0), sim_int(swap, "used", 0), NULL));
    sim_set(out, "cpuinfo", sim_copy(sim_get(node, "cpuinfo")));
    sim_set(out, "current-kernel", sim_copy(kernel));
    part = json_object_new_object();
    sim_set_int(part, "shared", 0);
    sim_set(out, "ksm", part);
    part = json_object_new_object();
    sim_set_str(part, "mode", "legacy-bios");
    sim_set(out, "boot-info", part);
    (void)snprintf(text, sizeof text, "%s %s %s", sim_str(kernel, "sysname", ""),
                   sim_str(kernel, "release", ""), sim_str(kernel, "version", ""));
    sim_set_str(out, "kversion", text);
    (void)snprintf(text, sizeof text, "pve-manager/%s/%s",
                   sim_str(sim_get(call->state, "version"), "version", ""),
                   sim_str(sim_get(call->state, "version"), "repoid", ""));
    sim_set_str(out, "pveversion", text);
    return 0;
}

/* A node of the seed may be of another version than the rest. */
int sim_node_version(struct sim_call *call)
{
    struct json_object *own = sim_get(node_of(call), "version");

    call->data = sim_copy(sim_get(call->state, "version"));
    if (own)
        sim_merge(call->data, own);
    return 0;
}

int sim_node_hosts(struct sim_call *call)
{
    struct json_object *hosts = sim_get(node_of(call), "hosts");
    char digest[41];

    sim_digest(hosts, digest);
    call->data = json_object_new_object();
    sim_set(call->data, "data", sim_copy(hosts));
    sim_set_str(call->data, "digest", digest);
    return 0;
}

int sim_node_config(struct sim_call *call)
{
    struct json_object *config = sim_get(node_of(call), "config");
    const char *property = sim_arg(call, "property");
    char digest[41];

    call->data = json_object_new_object();
    if (property) {
        if (sim_get(config, property))
            sim_set(call->data, property, sim_copy(sim_get(config, property)));
    } else {
        sim_merge(call->data, config);
    }
    if (config && json_object_object_length(config) > 0) {
        sim_digest(config, digest);
        sim_set_str(call->data, "digest", digest);
    }
    return 0;
}

/* What does not stay as it is: it wanders by a fifth around the present value, the same at the same time. */
static void wander(struct json_object *item, int64_t when)
{
    static const char moving[] = "cpu memused loadavg iowait netin netout mem disk diskread diskwrite used";

    json_object_object_foreach(item, name, value)
    {
        uint64_t mix = (uint64_t)when / 60 * 2654435761U + (uint64_t)strlen(name) * 97 + (unsigned char)*name;
        double part = 0.8 + (double)((mix ^ mix >> 13) % 400) / 1000;

        if (!sim_word_in(moving, " ", name, strlen(name)))
            continue;
        if (json_object_is_type(value, json_type_int))
            (void)json_object_set_int64(value, (int64_t)((double)json_object_get_int64(value) * part));
        else if (json_object_is_type(value, json_type_double))
            (void)json_object_set_double(value, json_object_get_double(value) * part);
    }
}

/* "growth": what share of the present memory was taken in the last day. */
static void grow(struct json_object *item, int64_t age)
{
    const double growth = sim_num(item, "growth", 0), part = 1 - growth * (double)age / 86400;

    if (growth > 0)
        sim_set_int(item, "mem", (int64_t)((double)sim_int(item, "mem", 0) * (part > 0 ? part : 0)));
    json_object_object_del(item, "growth");
}

/* A node or guest knows its limits; the other numbers of its statistics wander around the present ones. */
int sim_rrddata(struct sim_call *call)
{
    static const struct {
        const char *name;
        int step, count;
    } frames[] = {{"hour", 60, 59},      {"day", 60, 1440},     {"week", 1800, 336},
                  {"month", 1800, 1440}, {"year", 21600, 1460}, {"decade", 604800, 520}};
    const char *frame = sim_arg(call, "timeframe"), *vmid = sim_arg(call, "vmid");
    struct json_object *series = NULL;
    int64_t now = (int64_t)time(NULL);

    if (vmid && !sim_get(sim_get(call->state, "guests"), vmid))
        return sim_fail(
            call, 500,
            "RRD error: opening '/var/lib/rrdcached/db/pve-vm-9.0/%s': No such file or directory\n", vmid);
    series = vmid ? sim_atf(call->state, "/guests/%s/rrd", vmid) : sim_get(node_of(call), "rrd");
    /* The finest frame of a stopped guest is empty; the longer ones still know its limits. */
    if (vmid && strcmp(frame, "hour") == 0 && !sim_atf(call->state, "/guests/%s/run", vmid))
        series = NULL;
    if (sim_arg(call, "storage"))
        series =
            sim_atf(call->state, "/nodes/%s/storage/%s/rrd", sim_arg(call, "node"), sim_arg(call, "storage"));
    call->data = json_object_new_array();
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        if (strcmp(frames[i].name, frame) != 0)
            continue;
        for (int k = frames[i].count; k > 0; k--) {
            struct json_object *item = sim_copy(series);

            if (!item)
                item = json_object_new_object();
            grow(item, (int64_t)k * frames[i].step);
            wander(item, now / frames[i].step * frames[i].step - (int64_t)k * frames[i].step);
            sim_set_int(item, "time", now / frames[i].step * frames[i].step - (int64_t)k * frames[i].step);
            json_object_array_add(call->data, item);
        }
    }
    return 0;
}

/* Lines of the seed have no times: the last is half a minute old, each before it some minutes older. */
static int64_t line_time(size_t index, size_t count)
{
    return (int64_t)time(NULL) - 30 - (int64_t)(count - 1 - index) * 137;
}

/* "2026-11-27 10:00:00" or a part of it, as UTC; 0: none. */
static int64_t time_of(const char *text)
{
    struct tm tm = {0};

    if (!text)
        return 0;
    if (!strptime(text, "%Y-%m-%d %H:%M:%S", &tm) && !strptime(text, "%Y-%m-%d %H:%M", &tm) &&
        !strptime(text, "%Y-%m-%d", &tm))
        return 0;
    return (int64_t)timegm(&tm);
}

/* Does the line "NODE PROCESS[PID]: ..." come from the service or tell of its unit? */
static bool line_of(const char *line, const char *service)
{
    const char *process = strchr(line, ' ');
    char unit[160];

    if (!service)
        return true;
    (void)snprintf(unit, sizeof unit, " %s.service", service);
    return (process && strncmp(process + 1, service, strlen(service)) == 0 &&
            strchr("[:", process[1 + strlen(service)])) ||
           strstr(line, unit) != NULL;
}

/* The node's lines between two times (0: no limit), with their times before them. */
static struct json_object *lines_of(struct sim_call *call, int64_t since, int64_t until)
{
    struct json_object *lines = sim_get(node_of(call), "syslog"), *out = json_object_new_array();
    size_t count = lines ? json_object_array_length(lines) : 0;

    for (size_t i = 0; i < count; i++) {
        const char *line = json_object_get_string(json_object_array_get_idx(lines, i));
        int64_t when = line_time(i, count);
        time_t at = (time_t)when;
        char stamp[32], text[1200];
        struct tm tm;

        if ((since && when < since) || (until && when > until) || !line_of(line, sim_arg(call, "service")))
            continue;
        (void)gmtime_r(&at, &tm);
        (void)strftime(stamp, sizeof stamp, "%b %d %H:%M:%S", &tm);
        (void)snprintf(text, sizeof text, "%s %s", stamp, line);
        json_object_array_add(out, json_object_new_string(text));
    }
    return out;
}

int sim_node_syslog(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep)
    struct json_object *lines =
        lines_of(call, time_of(sim_arg(call, "since")), time_of(sim_arg(call, "until")));

    return sim_log_lines(call, lines, 50);
}

int sim_node_journal(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep)
    struct json_object *lines = lines_of(call, sim_arg_int(call, "since", 0), sim_arg_int(call, "until", 0));
    size_t count = json_object_array_length(lines);
    int64_t last = sim_arg_int(call, "lastentries", (int64_t)count);

    call->data = json_object_new_array();
    for (size_t i = 0; i < count; i++) {
        if ((int64_t)(count - i) <= last)
            json_object_array_add(call->data, sim_copy(json_object_array_get_idx(lines, i)));
    }
    return 0;
}

int sim_node_changelog(struct sim_call *call)
{
    const char *name = sim_arg(call, "name");
    char text[300];

    (void)snprintf(text, sizeof text, "E: Unable to locate package %s\nE: No packages found\nRC: 100", name);
    call->data = json_object_new_string(text);
    return 0;
}

/* The members of a pool in the seed that only the view of one pool has are in its "detail". */
static struct json_object *zfs_view(struct json_object *pool, bool alone)
{
    struct json_object *detail = sim_get(pool, "detail"), *item;

    if (!alone) {
        item = sim_copy(pool);
        json_object_object_del(item, "detail");
        return item;
    }
    item = detail ? sim_copy(detail) : json_object_new_object();
    sim_set_str(item, "name", sim_str(pool, "name", ""));
    sim_set_str(item, "state", sim_str(pool, "health", "ONLINE"));
    if (!sim_get(item, "errors"))
        sim_set_str(item, "errors", "No known data errors");
    if (!sim_get(item, "children"))
        sim_set(item, "children", json_object_new_array());
    return item;
}

/* A node whose seed has no list of pools is one without the package. */
int sim_node_zfs(struct sim_call *call)
{
    struct json_object *pools = sim_atf(call->state, "/nodes/%s/disks/zfs", sim_arg(call, "node"));
    const char *name = sim_arg(call, "name");

    if (!pools)
        return sim_fail(call, 500, "zfsutils-linux not installed\n");
    if (!name)
        call->data = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(pools); i++) {
        struct json_object *pool = json_object_array_get_idx(pools, i);

        if (!name)
            json_object_array_add(call->data, zfs_view(pool, false));
        else if (strcmp(sim_str(pool, "name", ""), name) == 0)
            call->data = zfs_view(pool, true);
    }
    return call->data ? 0 : sim_fail(call, 500, "cannot open '%s': no such pool\n", name);
}

/* The key and the server's id are for those who may see the node's settings. */
int sim_node_subscription(struct sim_call *call)
{
    struct json_object *known = sim_get(node_of(call), "subscription");
    char path[128];

    (void)snprintf(path, sizeof path, "/nodes/%s", sim_arg(call, "node"));
    call->data = known ? sim_copy(known) : json_object_new_object();
    if (!known) {
        sim_set_str(call->data, "status", "notfound");
        sim_set_str(call->data, "message", "There is no subscription key");
    }
    if (!sim_can(call, path, "Sys.Audit")) {
        json_object_object_del(call->data, "key");
        return 0;
    }
    sim_set_str(call->data, "serverid", "6D0F3A9E1C55B2487A1F0E9D8C7B6A54");
    sim_set_str(call->data, "url", "https://www.proxmox.com/en/proxmox-virtual-environment/pricing");
    return 0;
}
