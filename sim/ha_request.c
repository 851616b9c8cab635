/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked of the HA manager: to start, stop or move a guest, to switch HA off and on; and how the state
 * of a resource reads meanwhile.
 */
#include "ha.h"
#include "handlers.h"

#include <string.h>

static bool has(struct json_object *entry, const char *member, const char *text)
{
    return strcmp(sim_str(entry, member, ""), text) == 0;
}

static bool wants(struct json_object *entry, const char *state)
{
    return strcmp(sim_str(entry, "state", "started"), state) == 0;
}

static bool left_alone(struct json_object *state)
{
    return has(sim_at(state, "/ha/disarm"), "mode", "ignore");
}

bool sim_ha_acts(struct json_object *state, const struct sim_guest *guest)
{
    struct json_object *entry = sim_guest_ha(state, guest);

    return entry && !wants(entry, "ignored") && !left_alone(state);
}

void sim_ha_guest_changed(struct sim *sim, const struct sim_guest *guest)
{
    struct json_object *entry = sim_guest_ha(sim->state, guest);

    if (!entry || !sim_ha_acts(sim->state, guest))
        return;
    if (guest->running && has(entry, "crm_state", "request_start"))
        sim_set_str(entry, "crm_state", "started");
    if (!guest->running && has(entry, "crm_state", "request_stop"))
        sim_set_str(entry, "crm_state", "stopped");
    sim_ha_wake(sim);
}

void sim_ha_request(struct sim *sim, const char *sid, const char *operation)
{
    struct json_object *entry = sim_get(sim_at(sim->state, "/ha/resources"), sid);

    if (!entry)
        return;
    if (strcmp(operation, "start") == 0) {
        sim_set_str(entry, "state", "started");
        json_object_object_del(entry, "crm_operation");
    } else {
        sim_set_str(entry, "crm_operation", operation);
    }
    sim_touch(sim);
    sim_ha_wake(sim);
}

void sim_ha_request_node(struct sim *sim, const char *sid, const char *node)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *together = sim_ha_together(sim->state, sid);
    struct json_object *all = sim_at(sim->state, "/ha/resources"), *entry = sim_get(all, sid);

    if (!entry || !sim_str(sim_at(sim->state, "/ha/manager"), "master_node", NULL))
        return;
    sim_set_str(entry, "crm_target", node);
    for (size_t i = 0; together && i < json_object_array_length(together); i++) {
        struct json_object *other =
            sim_get(all, json_object_get_string(json_object_array_get_idx(together, i)));

        if (other)
            sim_set_str(other, "crm_target", node);
    }
    sim_touch(sim);
    sim_ha_wake(sim);
}

const char *sim_ha_shown(struct json_object *state, const char *sid, struct json_object *entry)
{
    struct sim_guest guest = {0};

    if (wants(entry, "ignored") || left_alone(state))
        return "ignored";
    if (has(entry, "crm_state", ""))
        return "queued";
    if (has(entry, "crm_state", "stopped"))
        return wants(entry, "started") ? "starting" : wants(entry, "disabled") ? "disabled" : "stopped";
    if (has(entry, "crm_state", "started") && !wants(entry, "started"))
        return "stopping";
    if (has(entry, "crm_state", "started") && sim_ha_guest(state, sid, &guest) && !guest.running)
        return "starting";
    if (has(entry, "crm_state", "error") && wants(entry, "disabled"))
        return "clearing error flag";
    return sim_str(entry, "crm_state", "");
}

/* ---- POST .../status/disarm-ha, arm-ha ---- */

int sim_ha_disarm(struct sim_call *call)
{
    struct json_object *off = json_object_new_object();

    sim_set_str(off, "mode", sim_arg(call, "resource-mode"));
    sim_set_str(off, "state", "disarming");
    sim_set(sim_get(call->state, "ha"), "disarm", off);
    sim_touch(call->sim);
    sim_ha_wake(call->sim);
    return 0;
}

int sim_ha_arm(struct sim_call *call)
{
    json_object_object_del(sim_get(call->state, "ha"), "disarm");
    sim_touch(call->sim);
    sim_ha_begin(call->sim);
    sim_ha_wake(call->sim);
    return 0;
}
