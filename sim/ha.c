/* SPDX-License-Identifier: Apache-2.0 */
/*
 * High availability: resources, rules, status. `crm_state` of a resource is what the manager has made of it
 * so far.
 */
#include "ha.h"
#include "handlers.h"
#include "release.h"

#include <stdlib.h>
#include <string.h>

void sim_ha_sid(struct json_object *state, const char *given, char *sid, size_t size)
{
    const char *type = sim_str(sim_get(sim_get(state, "guests"), given), "type", NULL);

    if (type)
        (void)snprintf(sid, size, "%s:%s", strcmp(type, "qemu") == 0 ? "vm" : "ct", given);
    else
        (void)snprintf(sid, size, "%s", given);
}

bool sim_ha_guest(struct json_object *state, const char *sid, struct sim_guest *ret_guest)
{
    const char *vmid = strchr(sid, ':');
    struct json_object *entry = vmid ? sim_get(sim_get(state, "guests"), vmid + 1) : NULL;

    if (!entry)
        return false;
    sim_guest_view(vmid + 1, entry, ret_guest);
    return true;
}

struct json_object *sim_ha_config(struct json_object *resources)
{
    struct json_object *config = json_object_new_object();

    json_object_object_foreach(resources, sid, entry)
    {
        struct json_object *plain = json_object_new_object();

        json_object_object_foreach(entry, name, value)
        {
            if (strncmp(name, "crm_", 4) != 0)
                sim_set(plain, name, sim_copy(value));
        }
        sim_set(config, sid, plain);
    }
    return config;
}

static struct json_object *resource(struct sim_call *call, const char *sid)
{
    SIM_FREE_WITH(sim_json_freep)
    struct json_object *file = sim_ha_config(sim_at(call->state, "/ha/resources"));
    struct json_object *item = sim_copy(sim_get(file, sid));
    char digest[41];

    sim_set_str(item, "sid", sid);
    sim_release_ha_resource(call, sid, item);
    sim_digest(file, digest);
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
            json_object_array_add(call->data, resource(call, sid));
    }
    return 0;
}

int sim_ha_resource(struct sim_call *call)
{
    struct json_object *entry;
    char sid[64];

    sim_ha_sid(call->state, sim_arg(call, "sid"), sid, sizeof sid);
    entry = sim_get(sim_at(call->state, "/ha/resources"), sid);
    if (!entry)
        return sim_fail(call, 500, "no such resource '%s'\n", sid);
    call->data = resource(call, sid);
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
        sim_ha_sid(call->state, wanted, sid, sizeof sid);
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
    const char *state = sim_ha_shown(call->state, sid, entry);
    struct json_object *item;
    char id[80], text[160];

    (void)snprintf(id, sizeof id, "service:%s", sid);
    (void)snprintf(text, sizeof text, "%s (%s, %s)", sid, node, state);
    item = status_item(id, "service", node, text);
    sim_set_str(item, "sid", sid);
    sim_set_str(item, "state", state);
    sim_set_str(item, "request_state", sim_str(entry, "state", "started"));
    if (sim_str(entry, "crm_state", NULL))
        sim_set_str(item, "crm_state", sim_str(entry, "crm_state", ""));
    sim_set_int(item, "max_restart", sim_int(entry, "max_restart", 1));
    sim_set_int(item, "max_relocate", sim_int(entry, "max_relocate", 1));
    sim_set_int(item, "failback", sim_int(entry, "failback", 1));
    if (sim_str(entry, "comment", NULL))
        sim_set_str(item, "comment", sim_str(entry, "comment", NULL));
    json_object_array_add(call->data, item);
}

static void add_fencing(struct sim_call *call, const char *master)
{
    struct json_object *off = sim_at(call->state, "/ha/disarm"), *item;
    const char *armed = off ? sim_str(off, "state", "disarming") : master ? "armed" : "standby";
    char text[120];

    if (off)
        (void)snprintf(text, sizeof text, "%s (resource mode '%s')", armed, sim_str(off, "mode", ""));
    else
        (void)snprintf(text, sizeof text, "%s (CRM watchdog %s)", armed, master ? "active" : "standby");
    item = status_item("fencing", "fencing", master ? master : call->sim->node, text);
    sim_set_str(item, "armed-state", armed);
    if (off)
        sim_set_str(item, "resource_mode", sim_str(off, "mode", ""));
    json_object_array_add(call->data, item);
}

static const char *lrm_text(struct sim_call *call, const char *node, const char *status)
{
    if (!sim_node_online(call->state, node))
        return "old timestamp - dead?";
    return strcmp(status, "maintenance") == 0 ? "maintenance mode" : "active";
}

/* A manager runs only where one has been elected: seeds without one wait for it. */
static void add_manager(struct sim_call *call, struct json_object *manager)
{
    const char *master = sim_str(manager, "master_node", NULL);
    struct json_object *item;
    char id[80], text[160];

    add_fencing(call, master);
    if (!master)
        return;
    (void)snprintf(text, sizeof text, "%s (active)", master);
    item = status_item("master", "master", master, text);
    sim_set_int(item, "timestamp", (int64_t)time(NULL));
    json_object_array_add(call->data, item);
    json_object_object_foreach(sim_get(manager, "node_status"), node, status)
    {
        (void)snprintf(id, sizeof id, "lrm:%s", node);
        (void)snprintf(text, sizeof text, "%s (%s)", node,
                       lrm_text(call, node, json_object_get_string(status)));
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
