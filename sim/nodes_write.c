/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of one node's own settings: name resolution, time zone, notes and the like.
 */
#include "change.h"
#include "handlers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct json_object *node_of(struct sim_call *call)
{
    return sim_get(sim_get(call->state, "nodes"), sim_arg(call, "node"));
}

/* The file is written anew: a server that is not given is gone. */
int sim_node_dns_update(struct sim_call *call)
{
    struct json_object *dns = json_object_new_object();

    sim_put_given(call, dns, "node");
    sim_set(node_of(call), "dns", dns);
    sim_touch(call->sim);
    return 0;
}

int sim_node_hosts_update(struct sim_call *call)
{
    if (sim_check_digest(call, sim_get(node_of(call), "hosts"), "") < 0)
        return -EINVAL;
    sim_set_str(node_of(call), "hosts", sim_arg(call, "data"));
    sim_touch(call->sim);
    return 0;
}

/* The zones that a simulated node has, with minutes east of Greenwich in winter. */
static const struct {
    const char *name;
    int minutes;
} zones[] = {
    {"UTC", 0},
    {"Etc/UTC", 0},
    {"Europe/London", 0},
    {"Europe/Lisbon", 0},
    {"Europe/Berlin", 60},
    {"Europe/Vienna", 60},
    {"Europe/Zurich", 60},
    {"Europe/Paris", 60},
    {"Europe/Madrid", 60},
    {"Europe/Rome", 60},
    {"Europe/Amsterdam", 60},
    {"Europe/Brussels", 60},
    {"Europe/Stockholm", 60},
    {"Europe/Warsaw", 60},
    {"Europe/Prague", 60},
    {"Europe/Athens", 120},
    {"Europe/Helsinki", 120},
    {"Europe/Kyiv", 120},
    {"Europe/Istanbul", 180},
    {"Africa/Johannesburg", 120},
    {"America/New_York", -300},
    {"America/Chicago", -360},
    {"America/Denver", -420},
    {"America/Los_Angeles", -480},
    {"America/Toronto", -300},
    {"America/Sao_Paulo", -180},
    {"Asia/Dubai", 240},
    {"Asia/Kolkata", 330},
    {"Asia/Singapore", 480},
    {"Asia/Shanghai", 480},
    {"Asia/Tokyo", 540},
    {"Australia/Sydney", 600},
    {"Pacific/Auckland", 720},
};

static int zone_index(const char *name)
{
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        if (strcmp(zones[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

/* The local time as if it were an epoch; winter time all year. */
/* "clock" of a node in the seed: seconds that it is ahead. */
int sim_node_time(struct sim_call *call)
{
    const char *zone = sim_str(node_of(call), "timezone", "UTC");
    int64_t now = (int64_t)time(NULL) + sim_int(node_of(call), "clock", 0);
    int index = zone_index(zone);

    call->data = json_object_new_object();
    sim_set_str(call->data, "timezone", zone);
    sim_set_int(call->data, "time", now);
    sim_set_int(call->data, "localtime", now + (index < 0 ? 0 : zones[index].minutes * 60));
    return 0;
}

/* A node without a zone database ("zoneinfo": 0 in the seed) knows no zone at all. */
int sim_node_time_update(struct sim_call *call)
{
    const char *zone = sim_arg(call, "timezone");

    if (!sim_int(node_of(call), "zoneinfo", 1) || zone_index(zone) < 0)
        return sim_fail_param(call, "timezone", "No such timezone");
    sim_set_str(node_of(call), "timezone", zone);
    sim_touch(call->sim);
    return 0;
}

/* Deleting what is not there, or not even an option, is fine. */
int sim_node_config_update(struct sim_call *call)
{
    struct json_object *config = sim_get(node_of(call), "config");

    if (sim_check_digest(call, config, "") < 0)
        return -EINVAL;
    sim_drop_deleted(call, config);
    sim_put_given(call, config, "node delete digest");
    if (*sim_str(config, "description", "") == 0)
        json_object_object_del(config, "description");
    sim_end_line(config, "description");
    sim_touch(call->sim);
    return 0;
}
