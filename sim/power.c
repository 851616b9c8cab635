/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power of guests: one table of operations; what is managed by HA is only requested, and happens later.
 */
#include "power.h"
#include "cloudinit.h"
#include "ha.h"
#include "handlers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int sim_job_guest(struct sim *sim, struct sim_job *job, struct sim_guest *guest, char *why)
{
    const char *vmid = sim_str(job->args, "vmid", ""), *node = sim_str(job->args, "node", "");
    struct json_object *entry = sim_get(sim_get(sim->state, "guests"), vmid);
    const char *type = sim_str(job->args, "type", NULL);

    if (entry && strcmp(sim_str(entry, "node", ""), node) == 0 &&
        (!type || strcmp(sim_str(entry, "type", ""), type) == 0)) {
        sim_guest_view(vmid, entry, guest);
        return 0;
    }
    return sim_why(why, "Configuration file 'nodes/%s/%s/%s.conf' does not exist", node,
                   type && strcmp(type, "qemu") == 0 ? "qemu-server" : "lxc", vmid);
}

int sim_guest_check_lock(const struct sim_guest *guest, char *why)
{
    const char *held = sim_str(guest->entry, "lock", NULL);

    return held ? sim_why(why, "%s is locked (%s)", guest->qemu ? "VM" : "CT", held) : 0;
}

/* ---- the state ---- */

static int forget_past(struct sim *sim, struct sim_job *job, char *why)
{
    struct json_object *entry = sim_get(sim_get(sim->state, "guests"), sim_str(job->args, "vmid", ""));

    (void)why;
    if (entry)
        json_object_object_del(entry, "shown");
    return 0;
}

static const struct sim_work stale_work = {.end = forget_past};

/* The statistics of a node come round every few seconds; until then lists show what was. */
static void keep_past(struct sim *sim, const char *vmid, struct json_object *entry)
{
    struct json_object *shown, *args;

    if (sim->stale_ms == 0 || sim_get(entry, "shown"))
        return;
    shown = json_object_new_object();
    sim_set_str(shown, "status", sim_str(entry, "status", "stopped"));
    sim_set(shown, "run", sim_copy(sim_get(entry, "run")));
    sim_set(entry, "shown", shown);
    args = json_object_new_object();
    sim_set_str(args, "vmid", vmid);
    sim_timer_start(sim, &stale_work, sim->stale_ms, args);
}

static int end_boot(struct sim *sim, struct sim_job *job, char *why)
{
    struct json_object *entry = sim_get(sim_get(sim->state, "guests"), sim_str(job->args, "vmid", ""));

    (void)why;
    if (entry)
        json_object_object_del(entry, "booting");
    return 0;
}

static const struct sim_work boot_work = {.end = end_boot};

/* Its system comes up after a while; until then no agent answers and no device has an address. */
static void begin_boot(struct sim *sim, const char *vmid, struct json_object *entry, bool running)
{
    struct json_object *args;

    json_object_object_del(entry, "booting");
    if (!running || sim->boot_ms == 0)
        return;
    sim_set_int(entry, "booting", 1);
    args = json_object_new_object();
    sim_set_str(args, "vmid", vmid);
    sim_timer_start(sim, &boot_work, sim->boot_ms, args);
}

void sim_guest_set_running(struct sim *sim, const char *vmid, bool running)
{
    struct json_object *entry = sim_get(sim_get(sim->state, "guests"), vmid), *run;
    struct sim_guest guest = {0};

    if (!entry)
        return;
    keep_past(sim, vmid, entry);
    begin_boot(sim, vmid, entry, running);
    sim_guest_apply_pending(sim->state, entry);
    if (running)
        sim_cloudinit_write(entry);
    sim_set_str(entry, "status", running ? "running" : "stopped");
    json_object_object_del(entry, "run");
    sim_guest_view(vmid, entry, &guest);
    if (running) {
        run = json_object_new_object();
        sim_set_int(run, "pid", 500000 + (int64_t)++sim->last_pid);
        sim_set_int(run, "started", (int64_t)time(NULL));
        sim_set_num(run, "cpu", 0.02);
        sim_set_int(run, "mem", sim_guest_maxmem(&guest) / 4);
        sim_set(entry, "run", run);
    }
    sim_ha_guest_changed(sim, &guest);
    sim_touch(sim);
}

/* ---- steps of tasks ---- */

static int check_start(struct sim *sim, struct sim_job *job, char *why)
{
    struct sim_guest guest = {0};
    int64_t cpus, has;

    if (sim_job_guest(sim, job, &guest, why) < 0)
        return -EINVAL;
    if (sim_int(guest.config, "template", 0))
        return sim_why(why, "you can't start a %s if it's a template", guest.qemu ? "vm" : "CT");
    if (!sim_int(job->args, "skiplock", 0) && !sim_guest_hibernated(&guest) &&
        sim_guest_check_lock(&guest, why) < 0)
        return -EINVAL;
    if (guest.running)
        return sim_why(why, "%s %s already running", guest.qemu ? "VM" : "CT", guest.vmid);
    cpus = sim_guest_cpus(sim->state, &guest);
    has = sim_int(sim_get(sim_get(sim->state, "nodes"), guest.node), "cpus", 1);
    if (guest.qemu && cpus > has)
        return sim_why(why, "MAX %d vcpus allowed per VM on this node", (int)has);
    return 0;
}

static int end_start(struct sim *sim, struct sim_job *job, char *why)
{
    struct sim_guest guest = {0};
    int r = check_start(sim, job, why);

    if (r == 0 && sim_job_guest(sim, job, &guest, why) == 0 && sim_guest_hibernated(&guest)) {
        sim_job_log(job, false, "Resuming suspended VM");
        sim_guest_forget_state(sim, &guest);
    }
    if (r == 0)
        sim_guest_set_running(sim, sim_str(job->args, "vmid", ""), true);
    return r;
}

static int check_running_op(struct sim *sim, struct sim_job *job, char *why)
{
    struct sim_guest guest = {0};

    if (sim_job_guest(sim, job, &guest, why) < 0)
        return -EINVAL;
    if (!guest.running) {
        job->due = job->started; /* nothing to do */
        return 0;
    }
    return sim_int(job->args, "skiplock", 0) ? 0 : sim_guest_check_lock(&guest, why);
}

static int end_stop(struct sim *sim, struct sim_job *job, char *why)
{
    struct sim_guest guest = {0};

    if (sim_job_guest(sim, job, &guest, why) < 0)
        return -EINVAL;
    if (guest.running)
        sim_guest_set_running(sim, guest.vmid, false);
    return 0;
}

static int end_reboot(struct sim *sim, struct sim_job *job, char *why)
{
    struct sim_guest guest = {0};

    if (sim_job_guest(sim, job, &guest, why) < 0)
        return -EINVAL;
    if (guest.running)
        sim_guest_set_running(sim, guest.vmid, true);
    return 0;
}

static int end_pause(struct sim *sim, struct sim_job *job, char *why)
{
    struct sim_guest guest = {0};

    if (sim_job_guest(sim, job, &guest, why) < 0)
        return -EINVAL;
    if (guest.run)
        sim_set_str(guest.run, "qmpstatus", "paused");
    return 0;
}

static int end_resume(struct sim *sim, struct sim_job *job, char *why)
{
    struct sim_guest guest = {0};

    if (sim_job_guest(sim, job, &guest, why) < 0)
        return -EINVAL;
    if (guest.run)
        json_object_object_del(guest.run, "qmpstatus");
    if (sim_guest_hibernated(&guest)) {
        sim_guest_forget_state(sim, &guest);
        sim_guest_set_running(sim, guest.vmid, true);
    }
    return 0;
}

/* ---- operations ---- */

enum when { ANY_TIME, RUNNING, STOPPED }; /* else the request itself fails */

static const struct power {
    const char *path; /* the end of the route's path */
    enum when when;
    const char *ha; /* what is requested of HA instead; NULL: done directly */
    struct sim_work work;
} operations[] = {
    {"qemu/{vmid}/status/start", ANY_TIME, "start", {"qmstart", NULL, check_start, end_start}},
    {"qemu/{vmid}/status/stop", ANY_TIME, "stop", {"qmstop", NULL, check_running_op, end_stop}},
    {"qemu/{vmid}/status/shutdown", ANY_TIME, "stop", {"qmshutdown", NULL, check_running_op, end_stop}},
    {"qemu/{vmid}/status/reboot", RUNNING, NULL, {"qmreboot", NULL, check_running_op, end_reboot}},
    {"qemu/{vmid}/status/reset", RUNNING, NULL, {"qmreset", NULL, check_running_op, NULL}},
    {"qemu/{vmid}/status/suspend", RUNNING, NULL, {"qmpause", NULL, check_running_op, end_pause}},
    {"qemu/{vmid}/status/resume", RUNNING, NULL, {"qmresume", NULL, NULL, end_resume}},
    {"lxc/{vmid}/status/start", STOPPED, "start", {"vzstart", NULL, check_start, end_start}},
    {"lxc/{vmid}/status/stop", RUNNING, "stop", {"vzstop", NULL, check_running_op, end_stop}},
    {"lxc/{vmid}/status/shutdown", RUNNING, "stop", {"vzshutdown", NULL, check_running_op, end_stop}},
    {"lxc/{vmid}/status/reboot", RUNNING, NULL, {"vzreboot", NULL, check_running_op, end_reboot}},
    {"lxc/{vmid}/status/suspend", RUNNING, NULL, {"vzsuspend", NULL, check_running_op, sim_checkpoint}},
    {"lxc/{vmid}/status/resume", STOPPED, NULL, {"vzresume", NULL, check_start, sim_restore_checkpoint}},
};

static const struct power *operation(const char *path)
{
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        size_t n = strlen(path), end = strlen(operations[i].path);

        if (n > end && strcmp(path + n - end, operations[i].path) == 0)
            return &operations[i];
    }
    return NULL;
}

struct json_object *sim_guest_power(struct sim *sim, const struct sim_guest *guest, const char *who,
                                    const char *verb)
{
    struct json_object *args = json_object_new_object();
    const struct power *power;
    char path[64];

    (void)snprintf(path, sizeof path, "/%s/{vmid}/status/%s", guest->type, verb);
    power = operation(path);
    sim_set_str(args, "vmid", guest->vmid);
    sim_set_str(args, "id", guest->vmid);
    sim_set_str(args, "node", guest->node);
    sim_set_str(args, "type", guest->type);
    return sim_task_start(sim, power ? &power->work : &sim_todisk_work, who, guest->node, args);
}

void sim_guest_start(struct sim *sim, const struct sim_guest *guest, const char *who)
{
    (void)sim_guest_power(sim, guest, who, "start");
}

/* ---- high availability: the manager does what was requested, later ---- */

static int ha_requested(struct sim *sim, struct sim_job *job, char *why)
{
    const char *vmid = sim_str(job->args, "vmid", ""), *path = sim_str(job->args, "operation", "");
    char sid[SIM_SID_MAX];

    (void)why;
    sim_ha_sid(sim->state, vmid, sid, sizeof sid);
    sim_ha_request(sim, sid, strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
    return 0;
}

static int ha_request(struct sim *sim, struct sim_job *job, char *why)
{
    (void)sim;
    (void)why;
    sim_job_log(job, false, "Requesting HA %s for %s %s", job->work->type + 2,
                strcmp(sim_str(job->args, "type", ""), "qemu") == 0 ? "VM" : "CT",
                sim_str(job->args, "vmid", ""));
    job->due = job->started + (job->due - job->started) / 4;
    return 0;
}

static const struct sim_work hastart_work = {"hastart", NULL, ha_request, ha_requested},
                             hastop_work = {"hastop", NULL, ha_request, ha_requested};

/* ---- the request ---- */

/* Nobody in a paused VM would notice the request to shut down. */
static int refuse_paused(struct sim_call *call, const struct sim_guest *guest)
{
    const char *path = call->route->path;
    bool shutdown = strstr(path, "/shutdown") != NULL;

    if (strcmp(sim_str(guest->run, "qmpstatus", ""), "paused") != 0 ||
        (!shutdown && !strstr(path, "/reboot")) || (shutdown && sim_arg_int(call, "forceStop", 0)))
        return 0;
    return sim_fail(call, 500, "VM is paused - cannot shutdown\n");
}

int sim_power(struct sim_call *call)
{
    const struct power *power = operation(call->route->path);
    const char *vmid = sim_arg(call, "vmid"), *type = strstr(power->path, "qemu") ? "qemu" : "lxc";
    struct json_object *entry = sim_get(sim_get(call->state, "guests"), vmid), *args;
    const struct sim_work *work = &power->work;
    struct sim_guest guest = {0};
    bool here;

    if (sim_arg_int(call, "skiplock", 0) && strcmp(call->who, "root@pam") != 0)
        return sim_fail_param(call, "skiplock", "Only root may use this option.");
    here = entry && strcmp(sim_str(entry, "type", ""), type) == 0 &&
           strcmp(sim_str(entry, "node", ""), sim_arg(call, "node")) == 0;
    if (!here && power->when != ANY_TIME)
        return sim_guest_find(call, &guest);
    args = json_object_new_object();
    sim_set_str(args, "type", type);
    sim_set_str(args, "operation", call->route->path);
    sim_set_int(args, "skiplock", sim_arg_int(call, "skiplock", 0));
    if (here) {
        const char *what = strcmp(type, "qemu") == 0 ? "VM" : "CT";
        bool resumable;

        sim_guest_view(vmid, entry, &guest);
        resumable = sim_guest_hibernated(&guest) && strstr(power->path, "/resume");
        if (power->when != ANY_TIME && !resumable && guest.running != (power->when == RUNNING)) {
            json_object_put(args);
            return sim_fail(call, 500, "%s %s %s\n", what, vmid,
                            guest.running ? "already running" : "not running");
        }
        if (power->ha && sim_ha_acts(call->state, &guest))
            work = strcmp(power->ha, "start") == 0 ? &hastart_work : &hastop_work;
        else if (sim_arg_int(call, "todisk", 0))
            work = &sim_todisk_work;
        if (refuse_paused(call, &guest) < 0 ||
            (work == &sim_todisk_work && sim_suspend_allowed(call, &guest) < 0)) {
            json_object_put(args);
            return -1;
        }
        if (sim_arg(call, "statestorage"))
            sim_set_str(args, "statestorage", sim_arg(call, "statestorage"));
    }
    return sim_call_task(call, work, args);
}
