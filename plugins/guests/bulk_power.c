/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_bulk_start and pve_bulk_shutdown: a request for each guest, in startup order, each followed to its end.
 * Proxmox's own bulk task would hide who failed. Under HA a request is only queued, so what counts is the
 * state afterwards. Sources: POST /nodes/{node}/{qemu,lxc}/{vmid}/status/{start,shutdown}.
 */
#include "bulk.h"

#define LOCAL_DEADLINE_S 60  /* after the task's end only the state is looked at */
#define HA_DEADLINE_S    600 /* the HA manager works in rounds of ten seconds and may move the guest */
#define GUARD_FIELDS     "/vmid,/status,/lock,/ha/managed"

struct bulk_power {
    const char *path, *class, *becomes, *already, *says, *word;
    uint32_t risk; /* of several at once */
    bool down;
};
static const struct bulk_power start = {GUEST_PATH "/status/start", "guest.start", "running",
                                        "is running already",       "started",     "starting guests",
                                        PROXIMO_RISK_MEDIUM,        false};
static const struct bulk_power shut = {
    GUEST_PATH "/status/shutdown", "guest.shutdown",       "stopped",         "is stopped already",
    "asked to shut down",          "shutting guests down", PROXIMO_RISK_HIGH, true};

/* Leaves alone what is so already, and what Proxmox would refuse. */
static int32_t check(struct bulk *b, struct bulk_guest *row, const struct bulk_power *power)
{
    const struct guest *g = &row->g;
    const char *qmp = member_text(g->status, "qmpstatus"), *lock = guest_lock(g);
    const bool paused = guest_running(g) && qmp && strcmp(qmp, "paused") == 0;

    if (!power->down && guest_is_template(g))
        return bulk_leave(b, row, false, "is a template");
    if (!power->down && lock && strcmp(lock, "suspended") == 0)
        return bulk_leave(b, row, true, "is suspended: pve_guest_power with start resumes it");
    if (member_is(g->status, "status", power->becomes))
        return bulk_leave(b, row, false,
                          paused ? "is paused, which counts as running: a start does not resume it"
                                 : power->already);
    if (lock)
        return bulk_leave(b, row, true, ask_text(&b->ask, "is locked (%.60s)", lock));
    if (power->down && paused && !ask_flag(&b->ask, "force_stop"))
        return bulk_leave(b, row, true, "is paused and cannot hear the request; force_stop ends it");
    return bulk_check_privilege(b, row, "VM.PowerMgmt");
}

static int32_t plan_one(struct bulk *b, const struct bulk_guest *row, const struct bulk_power *power)
{
    const char *timeout = power->down ? ask_argument(&b->ask, "timeout") : NULL;
    struct proximo_field fields[2];
    struct bulk_step step = {.path = power->path,
                             .operation_class = power->class,
                             .fields = fields,
                             .wait_value = power->down ? "\"stopped\"" : "\"running\"",
                             .deadline_s = LOCAL_DEADLINE_S};

    if (power->down && ask_flag(&b->ask, "force_stop"))
        fields[step.field_count++] = FIELD("forceStop", "1");
    if (timeout)
        fields[step.field_count++] = FIELD("timeout", timeout);
    if (guest_managed(&row->g))
        step.deadline_s = HA_DEADLINE_S + (timeout ? (uint32_t)digits_of(timeout, 3600) : 0);
    int32_t r = guest_guard(&row->g, GUEST_STATUS, GUARD_FIELDS);
    return r == PROXIMO_OK ? bulk_step(b, row, &step) : r;
}

/* What the order does and does not promise. */
static int32_t tell_order(struct bulk *b, const struct bulk_power *power, uint32_t count)
{
    const struct asking *a = &b->ask;
    bool delays = false, managed = false;
    int32_t r = PROXIMO_OK;

    for (uint32_t i = 0; i < b->count; i++) {
        delays = delays || (!b->rows[i].out && b->rows[i].delays);
        managed = managed || (!b->rows[i].out && guest_managed(&b->rows[i].g));
    }
    if (count > 1)
        r = tell_text(a, "order",
                      power->down
                          ? "one after the other, against the startup order: those without one first, then "
                            "from the highest to the lowest"
                          : "one after the other, by startup order from the lowest; those without one last");
    if (r == PROXIMO_OK && delays)
        r = tell_text(a, "delays",
                      "the up and down seconds of the startup option are Proxmox's own for the start and end "
                      "of a node; this plan does not wait for them");
    if (r == PROXIMO_OK && managed)
        r = tell_text(a, "ha",
                      "guests under HA are only asked for: the HA manager does it when it can, so they may "
                      "not keep the order; their state is looked at in the end");
    return r;
}

static int32_t tell(struct bulk *b, const struct bulk_power *power, uint32_t count)
{
    const struct asking *a = &b->ask;
    const char *text =
        ask_text(a, "%u guest%s %s, one after the other; one that fails does not keep the others",
                 (unsigned)count, count == 1 ? " is" : "s are", power->says);
    int32_t r = text ? a->host->change(a->call, text) : PROXIMO_ENOMEM;

    if (r == PROXIMO_OK)
        r = bulk_tell(b);
    if (r == PROXIMO_OK)
        r = tell_order(b, power, count);
    if (r == PROXIMO_OK && count > 1)
        r = a->host->risk(a->call, power->risk,
                          power->down ? "several guests go down in one plan"
                                      : "several guests start in one plan");
    if (r == PROXIMO_OK && power->down && ask_flag(a, "force_stop"))
        r = a->host->risk(a->call, PROXIMO_RISK_HIGH,
                          "a guest that has not shut down in time is cut off, as by pulling the plug");
    if (r == PROXIMO_OK)
        r = tell_text(a, "way_back",
                      power->down ? "undo starts exactly those that this plan brought down"
                                  : "undo shuts down exactly those that this plan started");
    return r == PROXIMO_OK ? a->host->undo(a->call, PROXIMO_UNDO_FUNCTION, NULL, 0) : r;
}

static int32_t plan(struct bulk *b, const struct bulk_power *power)
{
    uint32_t count = 0;
    int32_t r = bulk_read_status(b);

    for (uint32_t i = 0; r == PROXIMO_OK && i < b->count; i++) {
        if (!b->rows[i].out)
            r = check(b, &b->rows[i], power);
    }
    if (r == PROXIMO_OK)
        r = bulk_read_config(b, true);
    if (r == PROXIMO_OK)
        bulk_sort(b, power->down);
    for (uint32_t i = 0; r == PROXIMO_OK && i < b->count; i++) {
        if (!b->rows[i].out && count++ >= BULK_PLANNED_MOST)
            r = bulk_leave_more(b, &b->rows[i]);
    }
    if (r < 0 || count == 0)
        return r < 0 ? r : bulk_nothing(b, "VM.PowerMgmt", power->word);
    r = tell(b, power, count < BULK_PLANNED_MOST ? count : BULK_PLANNED_MOST);
    for (uint32_t i = 0; r == PROXIMO_OK && i < b->count; i++) {
        if (!b->rows[i].out)
            r = plan_one(b, &b->rows[i], power);
    }
    return r;
}

int32_t guests_plan_bulk_start(void *instance, struct proximo_call *call)
{
    struct bulk b;
    int32_t r = bulk_select(instance, call, &b);
    if (r == PROXIMO_OK)
        r = plan(&b, &start);
    bulk_done(&b);
    return r;
}

int32_t guests_plan_bulk_shutdown(void *instance, struct proximo_call *call)
{
    struct bulk b;
    int32_t r = bulk_select(instance, call, &b);
    if (r == PROXIMO_OK)
        r = plan(&b, &shut);
    bulk_done(&b);
    return r;
}

/* ---- the way back: exactly those whose state is another one since */

/* Guard i of the record: the guest, and its status before or after. */
static struct json_object *state_at(struct json_object *record, const char *when, size_t i)
{
    struct json_object *list = member_of(record, when);
    return json_object_is_type(list, json_type_array) && i < json_object_array_length(list)
               ? json_object_array_get_idx(list, i)
               : NULL;
}

struct changed {
    struct json_object *ids;
    const char *before; /* of all of them */
    uint32_t unknown;   /* guests of which the record does not say what became of them */
};

static int32_t changed_of(struct json_object *record, struct changed *ret)
{
    struct json_object *list = member_of(record, "before");
    const size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

    *ret = (struct changed){.ids = json_object_new_array()};
    for (size_t i = 0; ret->ids && i < count; i++) {
        struct json_object *was = state_at(record, "before", i), *is = state_at(record, "after", i);
        const char *before = member_text(was, "/status"), *after = member_text(is, "/status");
        struct json_object *vmid = member_of(was, "/vmid");
        if (!vmid || !before || (after && strcmp(before, after) == 0))
            continue;
        if (!after) {
            ret->unknown++;
            continue;
        }
        ret->before = before;
        if (json_object_array_add(ret->ids, json_object_new_int64(json_object_get_int64(vmid))) < 0)
            return PROXIMO_ENOMEM;
    }
    return ret->ids ? PROXIMO_OK : PROXIMO_ENOMEM;
}

int32_t guests_undo_bulk_power(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    const struct proximo_host *host = ((struct plane_instance *)instance)->host;
    struct json_object *record DROP_JSON = json_of(record_json);
    struct changed changed;
    struct bulk b = {0};
    int32_t r = changed_of(record, &changed);

    if (r == PROXIMO_OK && json_object_array_length(changed.ids) == 0) {
        (void)host->undo(call, PROXIMO_UNDO_NONE, NULL, 0);
        r = host->fail(call, PROXIMO_ENOTFOUND,
                       "by the record no guest's state was changed%s; one under HA may have followed later: "
                       "pve_list_guests shows what runs",
                       changed.unknown ? ", and of some it does not say what became of them" : "");
    } else if (r == PROXIMO_OK) {
        r = bulk_select_ids(instance, call, changed.ids, &b);
        if (r == PROXIMO_OK && changed.unknown)
            r = host->incomplete(call, "what became of some guests",
                                 "their state after the change is not in the record: they stay as they are");
        if (r == PROXIMO_OK)
            r = plan(&b, changed.before && strcmp(changed.before, "running") == 0 ? &start : &shut);
        bulk_done(&b);
    }
    json_object_put(changed.ids);
    return r;
}
