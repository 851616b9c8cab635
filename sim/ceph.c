/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ceph, where the state has one (/ceph, of sim/seed/ceph.json): what it shows stands there as it is answered;
 * nodes that do not answer take their monitors and OSDs with them.
 */
#include "handlers.h"
#include "seed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void sim_ceph_add(struct json_object *state)
{
    struct json_tokener *tokener;
    struct json_object *part;

    for (size_t i = 0; i < sim_seed_count; i++) {
        if (strcmp(sim_seeds[i].name, "ceph") != 0)
            continue;
        tokener = json_tokener_new();
        if (!tokener)
            return;
        part = json_tokener_parse_ex(tokener, (const char *)sim_seeds[i].text, (int)sim_seeds[i].size);
        json_tokener_free(tokener);
        sim_set(state, "ceph", json_object_get(sim_get(part, "ceph")));
        json_object_put(part);
    }
}

/* ---- nodes that do not answer ---- */

static int count_offline(struct json_object *state)
{
    int count = 0;

    json_object_object_foreach(sim_get(state, "nodes"), name, node)
    {
        (void)node;
        count += !sim_node_online(state, name);
    }
    return count;
}

static void add_check(struct json_object *status, const char *name, const char *text)
{
    struct json_object *health = sim_get(status, "health"), *check = json_object_new_object(),
                       *summary = json_object_new_object();

    sim_set_str(summary, "message", text);
    sim_set_int(summary, "count", 1);
    sim_set_str(check, "severity", "HEALTH_WARN");
    sim_set(check, "summary", summary);
    sim_set(check, "detail", json_object_new_array());
    json_object_object_add(check, "muted", json_object_new_boolean(false));
    sim_set(sim_get(health, "checks"), name, check);
    sim_set_str(health, "status", "HEALTH_WARN");
}

static void mark_status(struct json_object *state, struct json_object *status)
{
    int off = count_offline(state);
    struct json_object *osds = sim_get(status, "osdmap"), *pgs = sim_get(status, "pgmap"), *item, *list;
    struct json_object *mons = sim_at(status, "/monmap/mons"), *names, *ranks;
    char text[128];

    if (off == 0)
        return;
    (void)snprintf(text, sizeof text, "%d osds down", off);
    add_check(status, "OSD_DOWN", text);
    (void)snprintf(text, sizeof text, "%d/%d mons down", off,
                   (int)sim_int(sim_get(status, "monmap"), "num_mons", 0));
    add_check(status, "MON_DOWN", text);
    add_check(status, "PG_DEGRADED", "Degraded data redundancy: 129 pgs degraded, 129 pgs undersized");
    sim_set_int(osds, "num_up_osds", sim_int(osds, "num_osds", 0) - off);
    list = json_object_new_array();
    item = json_object_new_object();
    sim_set_str(item, "state_name", "active+undersized+degraded");
    sim_set_int(item, "count", sim_int(pgs, "num_pgs", 0));
    json_object_array_add(list, item);
    sim_set(pgs, "pgs_by_state", list);
    names = json_object_new_array();
    ranks = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(mons); i++) {
        struct json_object *mon = json_object_array_get_idx(mons, i);

        if (!sim_node_online(state, sim_str(mon, "name", "")))
            continue;
        json_object_array_add(names, sim_copy(sim_get(mon, "name")));
        json_object_array_add(ranks, sim_copy(sim_get(mon, "rank")));
    }
    sim_set(status, "quorum_names", names);
    sim_set(status, "quorum", ranks);
}

/* OSDs of the tree by their hosts. */
static void mark_tree(struct json_object *state, struct json_object *entry)
{
    struct json_object *children = sim_get(entry, "children");

    if (strcmp(sim_str(entry, "type", ""), "osd") == 0 && !sim_node_online(state, sim_str(entry, "host", "")))
        sim_set_str(entry, "status", "down");
    for (size_t i = 0; children && i < json_object_array_length(children); i++)
        mark_tree(state, json_object_array_get_idx(children, i));
}

/* Monitors and managers by their hosts. */
static void mark_daemons(struct json_object *state, struct json_object *list)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *item = json_object_array_get_idx(list, i);

        if (sim_node_online(state, sim_str(item, "host", "")))
            continue;
        sim_set_str(item, "state", "unknown");
        json_object_object_del(item, "quorum");
    }
}

/* ---- answers ---- */

static int check_there(struct sim_call *call)
{
    return sim_get(call->state, "ceph") ? 0
                                        : sim_fail(call, 500, "binary not installed: /usr/bin/ceph-mon\n");
}

int sim_ceph(struct sim_call *call)
{
    const char *last = strrchr(call->route->source, '/') + 1;
    int r = check_there(call);

    if (r == 0)
        r = sim_show(call);
    if (r < 0)
        return r;
    if (strcmp(last, "status") == 0)
        mark_status(call->state, call->data);
    else if (strcmp(last, "osd") == 0)
        mark_tree(call->state, sim_get(call->data, "root"));
    else if (strcmp(last, "mon") == 0 || strcmp(last, "mgr") == 0)
        mark_daemons(call->state, call->data);
    return 0;
}

int sim_ceph_log(struct sim_call *call)
{
    return check_there(call) < 0 ? -EINVAL : sim_log_lines(call, sim_at(call->state, "/ceph/log"), 50);
}

/* Only the versions: every kind of daemon, and what the nodes have. */
int sim_ceph_metadata(struct sim_call *call)
{
    const char *scope = sim_arg(call, "scope");
    struct json_object *all = sim_at(call->state, "/ceph/metadata");

    if (check_there(call) < 0)
        return -EINVAL;
    if (scope && strcmp(scope, "versions") == 0) {
        call->data = json_object_new_object();
        sim_set(call->data, "node", sim_copy(sim_get(all, "node")));
        return 0;
    }
    call->data = sim_copy(all);
    return 0;
}

/* With one copy of everything left, a second host may not go. */
int sim_ceph_safety(struct sim_call *call)
{
    bool safe = count_offline(call->state) == 0 && strcmp(sim_arg(call, "action"), "stop") == 0;

    if (check_there(call) < 0)
        return -EINVAL;
    call->data = json_object_new_object();
    sim_set_int(call->data, "safe", safe);
    if (!safe)
        sim_set_str(call->data, "status", "PGs would be left without enough copies");
    return 0;
}

/* "osd:osd_memory_target;mon:..." of the configuration database. */
int sim_ceph_values(struct sim_call *call)
{
    struct json_object *db = sim_at(call->state, "/ceph/db");
    const char *wanted = sim_arg(call, "config-keys");
    char key[200];

    if (check_there(call) < 0)
        return -EINVAL;
    call->data = json_object_new_object();
    for (size_t i = 0; i < json_object_array_length(db); i++) {
        struct json_object *item = json_object_array_get_idx(db, i), *section;
        const char *name = sim_str(item, "section", "");

        (void)snprintf(key, sizeof key, "%s:%s", name, sim_str(item, "name", ""));
        if (!sim_word_in(wanted, ",; ", key, strlen(key)))
            continue;
        section = sim_get(call->data, name);
        if (!section) {
            section = json_object_new_object();
            sim_set(call->data, name, section);
        }
        sim_set_str(section, sim_str(item, "name", ""), sim_str(item, "value", ""));
    }
    return 0;
}
