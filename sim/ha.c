/* SPDX-License-Identifier: Apache-2.0 */
/*
 * High availability: resources, rules, status. `crm_state` of a resource is what the manager has made of it
 * so far.
 */
#include "handlers.h"
#include "release.h"

#include <stdlib.h>
#include <string.h>

int sim_ha_groups(struct sim_call *call)
{
    if (call->sim->release && strcmp(call->sim->release, "8.4") == 0)
        return sim_release_ha_groups(call);
    return sim_fail(call, 500, "cannot %s: ha groups have been migrated to rules\n",
                    sim_arg(call, "group") ? "read group" : "index groups");
}

static struct json_object *resource(struct sim_call *call, const char *sid, struct json_object *entry)
{
    struct json_object *item = sim_copy(entry);
    char digest[41];

    json_object_object_del(item, "crm_state");
    sim_set_str(item, "sid", sid);
    sim_release_ha_resource(call, sid, item);
    sim_digest(sim_at(call->state, "/ha/resources"), digest);
    sim_set_str(item, "digest", digest);
    return item;
}

int sim_ha_resources(struct sim_call *call)
{
    const char *type = sim_arg(call, "type");

    call->data = json_object_new_array();
    json_object_object_foreach(sim_at(call->state, "/ha/resources"), sid, entry)
    {
        if (!type || strcmp(type, sim_str(entry, "type", "")) == 0)
            json_object_array_add(call->data, resource(call, sid, entry));
    }
    return 0;
}

/* "vm:101", "ct:105" or the bare number of a guest. */
static void full_sid(struct sim_call *call, const char *given, char *sid, size_t size)
{
    const char *type = sim_str(sim_get(sim_get(call->state, "guests"), given), "type", NULL);

    if (type)
        (void)snprintf(sid, size, "%s:%s", strcmp(type, "qemu") == 0 ? "vm" : "ct", given);
    else
        (void)snprintf(sid, size, "%s", given);
}

int sim_ha_resource(struct sim_call *call)
{
    struct json_object *entry;
    char sid[64];

    full_sid(call, sim_arg(call, "sid"), sid, sizeof sid);
    entry = sim_get(sim_at(call->state, "/ha/resources"), sid);
    if (!entry)
        return sim_fail(call, 500, "no such resource '%s'\n", sid);
    call->data = resource(call, sid, entry);
    return 0;
}

static struct json_object *ha_rule(struct sim_call *call, const char *name, struct json_object *entry)
{
    struct json_object *item = sim_copy(entry);
    char digest[41];

    sim_set_str(item, "rule", name);
    sim_digest(sim_at(call->state, "/ha/rules"), digest);
    sim_set_str(item, "digest", digest);
    return item;
}

int sim_ha_rules(struct sim_call *call)
{
    const char *type = sim_arg(call, "type"), *wanted = sim_arg(call, "resource");
    char sid[64] = "";

    if (wanted)
        full_sid(call, wanted, sid, sizeof sid);
    call->data = json_object_new_array();
    json_object_object_foreach(sim_at(call->state, "/ha/rules"), name, entry)
    {
        if ((type && strcmp(type, sim_str(entry, "type", "")) != 0) ||
            (wanted && !sim_word_in(sim_str(entry, "resources", ""), ", ", sid, strlen(sid))))
            continue;
        json_object_array_add(call->data, ha_rule(call, name, entry));
    }
    return 0;
}

int sim_ha_rule(struct sim_call *call)
{
    const char *name = sim_arg(call, "rule");
    struct json_object *entry = sim_get(sim_at(call->state, "/ha/rules"), name);

    if (!entry)
        return sim_fail(call, 500, "no such ha rule '%s'\n", name);
    call->data = ha_rule(call, name, entry);
    return 0;
}

static struct json_object *status_item(const char *id, const char *type, const char *node, const char *status)
{
    struct json_object *item = json_object_new_object();

    sim_set_str(item, "id", id);
    sim_set_str(item, "type", type);
    sim_set_str(item, "node", node);
    sim_set_str(item, "status", status);
    return item;
}

static void add_service(struct sim_call *call, const char *sid, struct json_object *entry)
{
    const char *vmid = strchr(sid, ':') ? strchr(sid, ':') + 1 : sid;
    const char *node = sim_str(sim_get(sim_get(call->state, "guests"), vmid), "node", call->sim->node);
    const char *state = sim_str(entry, "crm_state", "queued");
    struct json_object *item;
    char id[80], text[160];

    (void)snprintf(id, sizeof id, "service:%s", sid);
    (void)snprintf(text, sizeof text, "%s (%s, %s)", sid, node, state);
    item = status_item(id, "service", node, text);
    sim_set_str(item, "sid", sid);
    sim_set_str(item, "state", state);
    sim_set_str(item, "request_state", sim_str(entry, "state", "started"));
    if (sim_str(entry, "crm_state", NULL))
        sim_set_str(item, "crm_state", state);
    sim_set_int(item, "max_restart", sim_int(entry, "max_restart", 1));
    sim_set_int(item, "max_relocate", sim_int(entry, "max_relocate", 1));
    sim_set_int(item, "failback", sim_int(entry, "failback", 1));
    if (sim_str(entry, "comment", NULL))
        sim_set_str(item, "comment", sim_str(entry, "comment", NULL));
    json_object_array_add(call->data, item);
}

/* A manager runs only where one has been elected: seeds without one wait for it. */
static void add_manager(struct sim_call *call, struct json_object *manager)
{
    const char *master = sim_str(manager, "master_node", NULL);
    struct json_object *item;
    char id[80], text[160];

    if (!master) {
        item = status_item("fencing", "fencing", call->sim->node, "standby (CRM watchdog standby)");
        sim_set_str(item, "armed-state", "standby");
        json_object_array_add(call->data, item);
        return;
    }
    item = status_item("fencing", "fencing", master, "armed (CRM watchdog active)");
    sim_set_str(item, "armed-state", "armed");
    json_object_array_add(call->data, item);
    (void)snprintf(text, sizeof text, "%s (active)", master);
    item = status_item("master", "master", master, text);
    sim_set_int(item, "timestamp", (int64_t)time(NULL));
    json_object_array_add(call->data, item);
    json_object_object_foreach(sim_get(manager, "node_status"), node, unused)
    {
        (void)unused;
        (void)snprintf(id, sizeof id, "lrm:%s", node);
        (void)snprintf(text, sizeof text, "%s (%s)", node,
                       sim_node_online(call->state, node) ? "active" : "old timestamp - dead?");
        item = status_item(id, "lrm", node, text);
        sim_set_int(item, "timestamp", (int64_t)time(NULL));
        json_object_array_add(call->data, item);
    }
}

int sim_ha_current(struct sim_call *call)
{
    struct json_object *item;

    call->data = json_object_new_array();
    item = status_item("quorum", "quorum", call->sim->node,
                       sim_quorate(call->state) ? "OK" : "No quorum on node!");
    sim_set_int(item, "quorate", sim_quorate(call->state));
    json_object_array_add(call->data, item);
    add_manager(call, sim_at(call->state, "/ha/manager"));
    json_object_object_foreach(sim_at(call->state, "/ha/resources"), sid, entry)
    {
        add_service(call, sid, entry);
    }
    return 0;
}

int sim_ha_manager(struct sim_call *call)
{
    struct json_object *manager = sim_copy(sim_at(call->state, "/ha/manager")),
                       *quorum = json_object_new_object();

    if (!manager) {
        manager = json_object_new_object();
        sim_set(manager, "node_status", json_object_new_object());
    }
    sim_set_str(quorum, "node", call->sim->node);
    sim_set_str(quorum, "quorate", sim_quorate(call->state) ? "1" : "0");
    call->data = json_object_new_object();
    sim_set(call->data, "manager_status", manager);
    sim_set(call->data, "quorum", quorum);
    return 0;
}
