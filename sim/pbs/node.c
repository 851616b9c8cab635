/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server itself: version, its one node, load, time, services, packages.
 */
#include "pbs.h"

#include <string.h>

int pbs_version(struct sim_call *call)
{
    call->data = sim_copy(sim_get(call->state, "version"));
    return 0;
}

int pbs_ping(struct sim_call *call)
{
    call->data = json_object_new_object();
    sim_set(call->data, "pong", json_object_new_boolean(true));
    return 0;
}

int pbs_nodes(struct sim_call *call)
{
    struct json_object *item = json_object_new_object();

    call->data = json_object_new_array();
    sim_set_str(item, "node", call->sim->node);
    json_object_array_add(call->data, item);
    return 0;
}

static struct json_object *node_of(struct sim_call *call)
{
    return sim_get(sim_get(call->state, "nodes"), call->sim->node);
}

int pbs_node_status(struct sim_call *call)
{
    struct json_object *node = node_of(call);

    call->data = sim_copy(sim_get(node, "status"));
    sim_set_int(call->data, "uptime", (int64_t)time(NULL) - sim_int(node, "started", 0));
    return 0;
}

int pbs_node_time(struct sim_call *call)
{
    time_t now = time(NULL);
    struct tm tm;

    (void)localtime_r(&now, &tm);
    call->data = json_object_new_object();
    sim_set_str(call->data, "timezone", sim_str(node_of(call), "timezone", "UTC"));
    sim_set_int(call->data, "time", (int64_t)now);
    sim_set_int(call->data, "localtime", (int64_t)now + tm.tm_gmtoff);
    return 0;
}

/* What the seed has of the node under the last word of the path. */
int pbs_node_show(struct sim_call *call)
{
    call->data = sim_copy(sim_get(node_of(call), call->route->source));
    return 0;
}
