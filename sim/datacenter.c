/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Datacenter objects that need more than a listing: schedules, metric servers, notification
 * targets, corosync.
 */
#include "guest.h"
#include "handlers.h"
#include "schedule.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int sim_schedule(struct sim_call *call)
{
    int64_t when = sim_arg_int(call, "starttime", (int64_t)time(NULL));
    int64_t left = sim_arg_int(call, "iterations", 10);

    call->data = json_object_new_array();
    while (left-- > 0 && sim_schedule_next(sim_arg(call, "schedule"), when, &when) == 0) {
        struct json_object *item = json_object_new_object();
        time_t at = (time_t)when;
        char text[64];
        struct tm tm;

        (void)gmtime_r(&at, &tm);
        (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &tm);
        sim_set_int(item, "timestamp", when);
        sim_set_str(item, "utc", text);
        json_object_array_add(call->data, item);
    }
    return 0;
}

/* ---- metrics, notifications ---- */

int sim_metrics_list(struct sim_call *call)
{
    static const char *const fields[] = {"server", "port", "type"};

    call->data = json_object_new_array();
    json_object_object_foreach(sim_get(call->state, "metrics"), id, server)
    {
        struct json_object *item = json_object_new_object();

        sim_set_str(item, "id", id);
        sim_set_int(item, "disable", sim_int(server, "disable", 0));
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
            sim_set(item, fields[i], sim_copy(sim_get(server, fields[i])));
        json_object_array_add(call->data, item);
    }
    return 0;
}

static void add_metric(struct json_object *list, const char *id, const char *metric,
                       struct json_object *value)
{
    struct json_object *item = json_object_new_object();

    sim_set_str(item, "id", id);
    sim_set_str(item, "metric", metric);
    sim_set_int(item, "timestamp", (int64_t)time(NULL));
    sim_set_str(item, "type", "gauge");
    sim_set(item, "value", value);
    json_object_array_add(list, item);
}

int sim_metrics_export(struct sim_call *call)
{
    struct json_object *list = json_object_new_array();

    json_object_object_foreach(sim_get(call->state, "nodes"), name, node)
    {
        char id[128];

        (void)snprintf(id, sizeof id, "node/%s", name);
        add_metric(list, id, "cpu_current", json_object_new_double(sim_num(sim_get(node, "load"), "cpu", 0)));
        add_metric(list, id, "mem_total", json_object_new_int64(sim_int(node, "memory", 0)));
    }
    json_object_object_foreach(sim_get(call->state, "guests"), vmid, entry)
    {
        struct sim_guest guest;
        char id[64];

        sim_guest_view(vmid, entry, &guest);
        (void)snprintf(id, sizeof id, "%s/%s", guest.type, vmid);
        add_metric(list, id, "mem_total", json_object_new_int64(sim_guest_maxmem(&guest)));
    }
    call->data = json_object_new_object();
    sim_set(call->data, "data", list);
    return 0;
}

static void add_value(struct sim_call *call, const char *field, const char *value, const char *comment)
{
    struct json_object *item = json_object_new_object();

    sim_set_str(item, "field", field);
    sim_set_str(item, "value", value);
    if (comment)
        sim_set_str(item, "comment", comment);
    json_object_array_add(call->data, item);
}

int sim_field_values(struct sim_call *call)
{
    static const char *const types[] = {"fencing", "package-updates", "replication", "system-mail", "vzdump"};

    call->data = json_object_new_array();
    json_object_object_foreach(sim_get(call->state, "backup"), id, job)
    {
        add_value(call, "job-id", id, sim_str(job, "comment", NULL));
    }
    json_object_object_foreach(sim_get(call->state, "nodes"), name, node)
    {
        (void)node;
        add_value(call, "hostname", name, NULL);
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        add_value(call, "type", types[i], NULL);
    return 0;
}

int sim_targets(struct sim_call *call)
{
    static const char *const fields[] = {"name", "comment", "origin", "disable"};

    call->data = json_object_new_array();
    json_object_object_foreach(sim_at(call->state, "/notifications/endpoints"), type, endpoints)
    {
        json_object_object_foreach(endpoints, name, endpoint)
        {
            struct json_object *item = json_object_new_object();

            (void)name;
            for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
                if (sim_get(endpoint, fields[i]))
                    sim_set(item, fields[i], sim_copy(sim_get(endpoint, fields[i])));
            }
            sim_set_str(item, "type", type);
            json_object_array_add(call->data, item);
        }
    }
    return 0;
}

/* ---- corosync ---- */

/* A node that is in no cluster has none. */
int sim_config_totem(struct sim_call *call)
{
    call->data = sim_copy(sim_at(call->state, "/corosync/totem"));
    return 0;
}

int sim_config_version(struct sim_call *call)
{
    call->data = json_object_new_string("1");
    return 0;
}

int sim_config_join(struct sim_call *call)
{
    struct json_object *nodes = sim_at(call->state, "/corosync/nodes"), *list;
    struct json_object *totem = sim_at(call->state, "/corosync/totem");
    char digest[41];

    if (!nodes || json_object_array_length(nodes) == 0)
        return sim_fail(call, 424, "node is not in a cluster, no join info available!");
    list = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(nodes); i++) {
        struct json_object *item = sim_copy(json_object_array_get_idx(nodes, i));
        struct json_object *node = sim_get(sim_get(call->state, "nodes"), sim_str(item, "name", ""));
        struct json_object *certificate = json_object_array_get_idx(sim_get(node, "certificates"), 1);

        json_object_object_del(item, "node");
        sim_set_str(item, "pve_addr", sim_str(node, "ip", ""));
        sim_set_str(item, "pve_fp", sim_str(certificate, "fingerprint", ""));
        json_object_array_add(list, item);
    }
    sim_digest(nodes, digest);
    call->data = json_object_new_object();
    sim_set(call->data, "nodelist", list);
    sim_set_str(call->data, "preferred_node", call->sim->node);
    sim_set_str(call->data, "config_digest", digest);
    sim_set(call->data, "totem", totem ? sim_copy(totem) : json_object_new_object());
    return 0;
}
