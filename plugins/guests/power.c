/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_guest_power; its actions suspend, hibernate, resume and reset are in power_hold.c. What Proxmox does
 * with a guest that is already so differs by kind (a task that ends well, a task that fails, an error at
 * once), so "already so" is said here and nothing is sent. Under HA, start, stop and shutdown only ask the HA
 * manager; the task ends before anything happened. Sources: POST
 * /nodes/{node}/{qemu,lxc}/{vmid}/status/{start,stop,shutdown,reboot}.
 */
#include "power.h"

#define LOCAL_DEADLINE_S 60  /* after the task's end only the state is looked at */
#define HA_DEADLINE_S    600 /* the HA manager works in rounds of ten seconds and may move the guest */
#define GUARD_FIELDS     "/status,/lock,/ha/managed"

struct power {
    const char *action, *path, *class, *becomes, *privilege, *says;
};
static const struct power actions[] = {
    {"start", GUEST_PATH "/status/start", "guest.start", "running", "VM.PowerMgmt", "is started"},
    {"stop", GUEST_PATH "/status/stop", "guest.stop", "stopped", "VM.PowerMgmt",
     "is stopped at once, as if its power were cut"},
    {"shutdown", GUEST_PATH "/status/shutdown", "guest.shutdown", "stopped", "VM.PowerMgmt",
     "is asked to shut down"},
    {"reboot", GUEST_PATH "/status/reboot", "guest.reboot", "running", "VM.PowerMgmt",
     "is shut down and started again; changes that waited for it take effect"},
};

static const struct power *power_find(const char *action)
{
    for (size_t i = 0; action && i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (strcmp(actions[i].action, action) == 0)
            return &actions[i];
    }
    return NULL;
}

/* 1: nothing to do, and the summary says so. */
static int32_t already_so(const struct guest *g, const struct power *power)
{
    const char *qmp = member_text(g->status, "qmpstatus");
    bool paused = guest_running(g) && qmp && strcmp(qmp, "paused") == 0;
    const char *status = member_text(g->status, "status");
    if (strcmp(power->action, "reboot") == 0 || !status || strcmp(status, power->becomes) != 0)
        return 0;
    const char *text = ask_text(&g->ask, "nothing to do: %s %s %s%s", guest_label(g), "is already", status,
                                paused ? " (paused: action \"resume\" lets it go on)" : "");
    int32_t r = text ? g->ask.host->change(g->ask.call, text) : PROXIMO_ENOMEM;
    return r < 0 ? r : 1;
}

/* What Proxmox is known to refuse. */
static int32_t check(const struct guest *g, const struct power *power)
{
    bool starts = strcmp(power->becomes, "running") == 0;
    if (starts && guest_is_template(g))
        return g->ask.host->fail(g->ask.call, PROXIMO_ESTATE, "%s is a template: it cannot be started",
                                 guest_label(g));
    if (strcmp(power->action, "reboot") == 0 && !guest_running(g))
        return g->ask.host->fail(g->ask.call, PROXIMO_EINVAL,
                                 "%s is not running, so it cannot be rebooted; action \"start\" starts it",
                                 guest_label(g));
    if (!starts || strcmp(power->action, "reboot") == 0) {
        const bool asks = strcmp(power->action, "stop") != 0 && !ask_flag(&g->ask, "force_stop");
        if (asks && guest_running(g) && member_is(g->status, "qmpstatus", "paused"))
            return g->ask.host->fail(g->ask.call, PROXIMO_ESTATE,
                                     "%s is paused and cannot hear the request: resume it first (action "
                                     "\"resume\"), or stop it",
                                     guest_label(g));
    }
    /* A machine that was suspended to disk holds this lock, and starting it is what ends it. */
    return guest_check_lock(g, strcmp(power->action, "start") == 0 ? "suspended" : NULL);
}

static int32_t tell(const struct guest *g, const struct power *power)
{
    const char *text = ask_text(&g->ask, "%s %s%s", guest_label(g), power->says,
                                !guest_managed(g) ? ""
                                : strcmp(power->action, "reboot") == 0
                                    ? "; it is under HA, which is not asked for a reboot"
                                    : "; it is under HA: the HA manager is asked, and does it when it can");
    int32_t r = text ? g->ask.host->change(g->ask.call, text) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = guest_tell_facts(g);
    if (r == PROXIMO_OK && guest_lock(g))
        r = tell_text(&g->ask, "suspended",
                      "its memory was saved when it was suspended: the start resumes it");
    return r;
}

/* Parameters that the action takes. A timeout is the guest's, for the shutdown in it. */
static int32_t power_fields(const struct guest *g, const struct power *power, struct proximo_field *fields,
                            uint32_t *ret_count, uint32_t *ret_deadline)
{
    const char *timeout = ask_argument(&g->ask, "timeout");
    bool shuts = strcmp(power->action, "shutdown") == 0;
    *ret_count = 0;
    *ret_deadline = guest_managed(g) ? HA_DEADLINE_S : LOCAL_DEADLINE_S;
    if (ask_flag(&g->ask, "force_stop")) {
        if (!shuts)
            return g->ask.host->fail(g->ask.call, PROXIMO_EINVAL,
                                     "force_stop belongs to action \"shutdown\" only");
        fields[(*ret_count)++] = FIELD("forceStop", "1");
    }
    if (timeout && !shuts && strcmp(power->action, "reboot") != 0)
        return g->ask.host->fail(g->ask.call, PROXIMO_EINVAL,
                                 "timeout belongs to the actions \"shutdown\" and \"reboot\" only");
    if (timeout) {
        fields[(*ret_count)++] = FIELD("timeout", timeout);
        *ret_deadline += guest_managed(g) ? (uint32_t)digits_of(timeout, 3600) : 0;
    }
    return PROXIMO_OK;
}

/* guards, step and postcondition */
static int32_t lay_out(const struct guest *g, const struct power *power, const struct proximo_field *fields,
                       uint32_t count, uint32_t deadline)
{
    const struct guest_wait wait = {.path = GUEST_STATUS,
                                    .select = "/status",
                                    .test = PROXIMO_WAIT_EQUALS,
                                    .value = power->becomes[0] == 'r' ? "\"running\"" : "\"stopped\"",
                                    .deadline_s = deadline};
    int32_t r = guest_guard(g, GUEST_STATUS, GUARD_FIELDS);
    if (r == PROXIMO_OK)
        r = guest_subject(g, power->class);
    if (r == PROXIMO_OK)
        r = guest_request(g, "POST", power->path, fields, count, PROXIMO_STEP_FOLLOW);
    return r == PROXIMO_OK ? guest_wait(g, &wait) : r;
}

/* A stop is undone by the start of the row's table; a start by a plan that is made when it is asked for. */
static int32_t way_back(const struct guest *g, const struct power *power)
{
    const struct proximo_host *host = g->ask.host;
    const struct proximo_step start = {
        ROW(proximo_step), .kind = PROXIMO_STEP_REQUEST,      .flags = PROXIMO_STEP_FOLLOW, .name = "change",
        .method = "POST",  .path = GUEST_PATH "/status/start"};
    const struct proximo_step running = {
        ROW(proximo_step),           .kind = PROXIMO_STEP_WAIT,
        .name = "running",           .path = GUEST_STATUS,
        .select = "/status",         .wait_test = PROXIMO_WAIT_EQUALS,
        .wait_value = "\"running\"", .tolerate = "500,595,596,599",
        .interval_ms = 1000,         .deadline_ms = HA_DEADLINE_S * UINT64_C(1000)};
    const struct proximo_step steps[] = {start, running};
    if (strcmp(power->action, "start") == 0)
        return host->undo(g->ask.call, PROXIMO_UNDO_FUNCTION, NULL, 0);
    if (strcmp(power->action, "reboot") == 0) {
        int32_t r = tell_text(&g->ask, "no_way_back", "a reboot has none: the guest runs again afterwards");
        return r == PROXIMO_OK ? host->undo(g->ask.call, PROXIMO_UNDO_NONE, NULL, 0) : r;
    }
    return host->undo(g->ask.call, PROXIMO_UNDO_TEMPLATE, steps, 2);
}

static int32_t plan(struct guest *g, const struct power *power, bool arguments)
{
    struct proximo_field fields[2];
    uint32_t count = 0, deadline = guest_managed(g) ? HA_DEADLINE_S : LOCAL_DEADLINE_S;
    int32_t r = guest_read_status(g);
    if (r == PROXIMO_OK)
        r = already_so(g, power);
    if (r != PROXIMO_OK)
        return r < 0 ? r : PROXIMO_OK;
    deadline = guest_managed(g) ? HA_DEADLINE_S : LOCAL_DEADLINE_S;
    if ((r = check(g, power)) < 0 || (r = guest_check_privilege(g, power->privilege, power->action)) < 0)
        return r;
    if (arguments)
        r = power_fields(g, power, fields, &count, &deadline);
    if (r == PROXIMO_OK)
        r = tell(g, power);
    if (r == PROXIMO_OK)
        r = lay_out(g, power, fields, count, deadline);
    return r == PROXIMO_OK ? way_back(g, power) : r;
}

int32_t guests_plan_power(void *instance, struct proximo_call *call)
{
    struct guest g;
    int32_t r = guest_open(instance, call, &g);
    const char *action = r == PROXIMO_OK ? ask_argument(&g.ask, "action") : NULL;
    const struct power *power = power_find(action);
    if (r == PROXIMO_OK && power_holds(action))
        r = power_plan_hold(&g, action, true);
    else if (r == PROXIMO_OK && !power)
        r = g.ask.host->fail(
            call, PROXIMO_EINVAL,
            "action is one of start, stop, shutdown, reboot, suspend, hibernate, resume, reset");
    else if (r == PROXIMO_OK && ask_argument(&g.ask, "statestorage"))
        r = g.ask.host->fail(call, PROXIMO_EINVAL, "statestorage belongs to action \"hibernate\" only");
    else if (r == PROXIMO_OK)
        r = plan(&g, power, true);
    guest_done(&g);
    return r;
}

/* The record's first guard, of status/current. */
static struct json_object *first_before(struct json_object *record)
{
    struct json_object *before = member_of(record, "before");
    return json_object_is_type(before, json_type_array) && json_object_array_length(before)
               ? json_object_array_get_idx(before, 0)
               : NULL;
}

/* The status that it holds, by selector or as a whole. */
static const char *status_before(struct json_object *record)
{
    struct json_object *first = first_before(record);
    const char *status = member_text(first, "/status");
    return status ? status : member_text(first, "status");
}

/* What it was before is brought back. Of the way back of a start: the start again. */
int32_t guests_undo_power(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    struct guest g;
    struct json_object *record DROP_JSON = json_of(record_json);
    const char *status = status_before(record);
    int32_t r = guest_open(instance, call, &g);
    if (r == PROXIMO_OK && !status) {
        (void)g.ask.host->undo(call, PROXIMO_UNDO_NONE, NULL, 0);
        r = g.ask.host->fail(call, PROXIMO_ENOTFOUND, "the record does not say what state %s was in",
                             guest_label(&g));
    }
    const char *back = status && strcmp(status, "running") == 0 ? "start" : "stop";
    if (r == PROXIMO_OK && power_holds(ask_argument(&g.ask, "action")))
        back = power_hold_back(&g, first_before(record));
    const struct power *power = power_find(back);
    if (r == PROXIMO_OK && power_holds(back))
        r = power_plan_hold(&g, back, false);
    else if (r == PROXIMO_OK && power)
        r = plan(&g, power, false);
    guest_done(&g);
    return r;
}
