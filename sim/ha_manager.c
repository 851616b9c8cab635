/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HA manager: at every round it looks at each resource and does the next thing that its state asks for.
 * What is under way is followed round by round; when all is as requested the rounds end until somebody wakes
 * it. A round takes half of --ha-ms, so that a request is seen after one and acted upon after two.
 */
#include "ha.h"
#include "handlers.h"
#include "migrate.h"
#include "power.h"
#include "release.h"
#include "tasks.h"

#include <errno.h>
#include <string.h>

#define ROUND_MIN    10 /* ms; rounds follow each other while a task runs */
#define FENCE_ROUNDS 16 /* until a node that does not answer is fenced */
#define DOWN_ROUNDS  4  /* until it is certain to be off, and what it had can go elsewhere */

/* One resource in one round. */
struct service {
    struct sim *sim;
    const char *sid;
    struct json_object *entry;
    struct sim_guest guest;
};

static const char *state_of(struct json_object *entry)
{
    return sim_str(entry, "crm_state", "");
}

static bool is(struct json_object *entry, const char *state)
{
    return strcmp(state_of(entry), state) == 0;
}

static const char *wanted(struct json_object *entry)
{
    return sim_str(entry, "state", "started");
}

static bool wants(struct json_object *entry, const char *state)
{
    return strcmp(wanted(entry), state) == 0;
}

/* Returns true: something goes on. */
static bool become(const struct service *s, const char *state)
{
    sim_set_str(s->entry, "crm_state", state);
    sim_touch(s->sim);
    return true;
}

static void forget(struct json_object *entry, const char *names)
{
    char word[32];

    while (sim_next_word(&names, word, sizeof word))
        json_object_object_del(entry, word);
}

/* ---- the tasks of a resource ---- */

static void follow(const struct service *s, struct json_object *task)
{
    sim_set(s->entry, "crm_task", sim_copy(sim_get(task, "upid")));
    sim_touch(s->sim);
}

/* Is its task still running? `ret_ended` (NULL: of no interest) says that it has ended just now. */
static bool busy(const struct service *s, bool *ret_ended)
{
    const char *upid = sim_str(s->entry, "crm_task", NULL);
    struct json_object *task = upid ? sim_task_find(s->sim->state, upid) : NULL;

    if (task && !sim_str(task, "status", NULL))
        return true;
    if (ret_ended)
        *ret_ended = upid != NULL;
    json_object_object_del(s->entry, "crm_task");
    return false;
}

static bool go_to(const struct service *s, const char *node, const char *how)
{
    sim_set_str(s->entry, "crm_goal", node);
    follow(s, sim_migrate_by_manager(s->sim, &s->guest, node));
    return become(s, how);
}

/* ---- what each state asks for ---- */

/* It is to run: started here, after too many failures elsewhere, after too many moves no more. */
static bool step_start(const struct service *s)
{
    int64_t tries = sim_int(s->entry, "crm_tries", 0), moves = sim_int(s->entry, "crm_moves", 0);
    char node[SIM_NODE_MAX];
    bool failed = false;

    if (!wants(s->entry, "started"))
        return become(s, "request_stop");
    if (busy(s, &failed))
        return true;
    if (s->guest.running) {
        forget(s->entry, "crm_tries,crm_moves");
        return become(s, "started");
    }
    tries += failed;
    sim_set_int(s->entry, "crm_tries", tries);
    if (tries <= sim_int(s->entry, "max_restart", 1)) {
        follow(s, sim_guest_power(s->sim, &s->guest, "root@pam", "start"));
        return true;
    }
    json_object_object_del(s->entry, "crm_tries");
    if (moves < sim_int(s->entry, "max_relocate", 1) &&
        sim_ha_choose(s->sim->state, s->sid, s->guest.node, node, sizeof node) == 0) {
        sim_set_int(s->entry, "crm_moves", moves + 1);
        return go_to(s, node, "relocate");
    }
    return become(s, "error");
}

/* A node that somebody asked for, where the rules allow it. */
static bool take_request(const struct service *s)
{
    const char *asked = sim_str(s->entry, "crm_target", NULL);
    SIM_FREE_WITH(sim_json_freep) struct json_object *blocking = NULL;
    char node[SIM_NODE_MAX];

    if (!asked)
        return false;
    (void)snprintf(node, sizeof node, "%s", asked);
    json_object_object_del(s->entry, "crm_target");
    blocking = sim_ha_blocking(s->sim->state, s->sid, node);
    if (blocking || strcmp(node, s->guest.node) == 0 || !sim_ha_usable(s->sim->state, node))
        return false;
    return go_to(s, node, "migrate");
}

/* Is it where it should be? With failback off it stays wherever it may be. */
static bool take_place(const struct service *s)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *blocking = NULL;
    char node[SIM_NODE_MAX];

    blocking = sim_ha_blocking(s->sim->state, s->sid, s->guest.node);
    if (!sim_release_failback(s->sim, s->sid, s->entry) && !blocking &&
        sim_ha_usable(s->sim->state, s->guest.node))
        return false;
    if (sim_ha_choose(s->sim->state, s->sid, NULL, node, sizeof node) < 0 ||
        strcmp(node, s->guest.node) == 0 || strcmp(sim_str(s->entry, "crm_failed", ""), node) == 0)
        return false;
    return go_to(s, node, "migrate");
}

static bool step_started(const struct service *s)
{
    if (!wants(s->entry, "started"))
        return become(s, "request_stop");
    if (!s->guest.running)
        return step_start(s);
    return take_request(s) || take_place(s);
}

static bool step_stop(const struct service *s)
{
    if (wants(s->entry, "started"))
        return become(s, "request_start");
    if (busy(s, NULL))
        return true;
    if (s->guest.running) {
        follow(s, sim_guest_power(s->sim, &s->guest, "root@pam",
                                  sim_str(s->entry, "crm_operation", "shutdown")));
        return true;
    }
    forget(s->entry, "crm_operation,crm_tries,crm_moves");
    return become(s, "stopped");
}

static bool step_stopped(const struct service *s)
{
    json_object_object_del(s->entry, "crm_operation");
    if (wants(s->entry, "started"))
        return become(s, "request_start");
    return take_request(s);
}

static bool step_move(const struct service *s)
{
    const char *goal = sim_str(s->entry, "crm_goal", "");

    if (busy(s, NULL))
        return true;
    if (strcmp(goal, s->guest.node) != 0)
        sim_set_str(s->entry, "crm_failed", goal); /* not tried again by itself */
    forget(s->entry, "crm_goal");
    if (!wants(s->entry, "started"))
        return become(s, "request_stop");
    return become(s, s->guest.running ? "started" : "request_start");
}

/* Its node has been fenced: it goes on elsewhere, as soon as some node may have it. */
static bool step_recovery(const struct service *s)
{
    struct json_object *entry = s->guest.entry;
    char node[SIM_NODE_MAX];

    if (sim_ha_choose(s->sim->state, s->sid, s->guest.node, node, sizeof node) < 0)
        return false;
    sim_set_str(entry, "node", node);
    sim_set_str(entry, "status", "stopped");
    json_object_object_del(entry, "run");
    json_object_object_del(entry, "lock");
    forget(s->entry, "crm_task,crm_goal,crm_target,crm_tries");
    return become(s, wants(s->entry, "started") ? "request_start" : "request_stop");
}

static bool step_error(const struct service *s)
{
    if (!wants(s->entry, "disabled"))
        return false;
    forget(s->entry, "crm_tries,crm_moves,crm_operation,crm_target");
    return become(s, "stopped");
}

static const struct {
    const char *state;
    bool (*step)(const struct service *s);
} steps[] = {
    {"request_start", step_start}, {"started", step_started}, {"request_stop", step_stop},
    {"stopped", step_stopped},     {"migrate", step_move},    {"relocate", step_move},
    {"recovery", step_recovery},   {"error", step_error},
};

/* ---- switching HA off and on ---- */

static struct json_object *disarmed(struct json_object *state)
{
    return sim_at(state, "/ha/disarm");
}

/* While HA is off every resource is frozen or left alone. */
static bool step_disarmed(const struct service *s)
{
    if (strcmp(sim_str(disarmed(s->sim->state), "mode", ""), "freeze") != 0 || is(s->entry, "freeze") ||
        is(s->entry, ""))
        return false;
    sim_set_str(s->entry, "crm_before", state_of(s->entry));
    return become(s, "freeze");
}

static bool thaw(const struct service *s)
{
    char before[32];

    (void)snprintf(before, sizeof before, "%s", sim_str(s->entry, "crm_before", "started"));
    json_object_object_del(s->entry, "crm_before");
    return become(s, before);
}

/* ---- a round ---- */

static bool step(struct sim *sim, const char *sid, struct json_object *entry)
{
    struct service s = {.sim = sim, .sid = sid, .entry = entry};

    if (wants(entry, "ignored")) {
        forget(entry, "crm_state,crm_task,crm_goal,crm_target,crm_tries,crm_moves,crm_operation,crm_failed");
        return false;
    }
    if (!sim_ha_guest(sim->state, sid, &s.guest))
        return false;
    if (disarmed(sim->state))
        return step_disarmed(&s);
    if (is(entry, "freeze"))
        return thaw(&s);
    if (!sim_node_online(sim->state, s.guest.node) && !is(entry, "recovery"))
        return false; /* nothing can be done there; fencing goes its own way */
    if (is(entry, ""))
        return become(&s, wants(entry, "started") ? "request_start" : "request_stop");
    /* An operation that stops changes what is wanted when it is seen. */
    if (sim_str(entry, "crm_operation", NULL) && wants(entry, "started"))
        sim_set_str(entry, "state", "stopped");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (is(entry, steps[i].state))
            return steps[i].step(&s);
    }
    return false;
}

static int round_ms(const struct sim *sim)
{
    return sim->ha_ms / 2 > ROUND_MIN ? sim->ha_ms / 2 : ROUND_MIN;
}

static int one_round(struct sim *sim, struct sim_job *job, char *why)
{
    struct json_object *off = disarmed(sim->state);
    bool more = false;

    (void)job;
    (void)why;
    sim->ha_waits = false;
    if (!sim_quorate(sim->state))
        return 0;
    if (off)
        sim_set_str(off, "state", "disarmed");
    json_object_object_foreach(sim_at(sim->state, "/ha/resources"), sid, entry)
    {
        more = step(sim, sid, entry) || more;
    }
    if (more)
        sim_ha_wake(sim);
    return 0;
}

static const struct sim_work round_work = {.end = one_round};

void sim_ha_wake(struct sim *sim)
{
    /* Without an elected manager requests wait for one. */
    if (sim->ha_waits || !sim_str(sim_at(sim->state, "/ha/manager"), "master_node", NULL))
        return;
    sim->ha_waits = true;
    sim_timer_start(sim, &round_work, round_ms(sim), NULL);
}

/* ---- nodes that do not answer ---- */

static int end_fence(struct sim *sim, struct sim_job *job, char *why)
{
    const char *node = sim_str(job->args, "node", "");
    bool first = sim_int(job->args, "first", 0) != 0;
    struct json_object *status = sim_at(sim->state, "/ha/manager/node_status");

    (void)why;
    if (!sim_quorate(sim->state) || disarmed(sim->state))
        return 0;
    sim_set_str(status, node, first ? "fence" : "unknown");
    json_object_object_foreach(sim_at(sim->state, "/ha/resources"), sid, entry)
    {
        struct sim_guest guest = {0};

        if (wants(entry, "ignored") || !sim_ha_guest(sim->state, sid, &guest) ||
            strcmp(guest.node, node) != 0)
            continue;
        sim_set_str(entry, "crm_state", first ? "fence" : "recovery");
    }
    sim_touch(sim);
    if (!first) {
        sim_ha_wake(sim);
        return 0;
    }
    sim_set_int(job->args, "first", 0);
    job->due += DOWN_ROUNDS * round_ms(sim);
    return SIM_GOES_ON;
}

static const struct sim_work fence_work = {.end = end_fence};

void sim_ha_begin(struct sim *sim)
{
    struct json_object *nodes = sim_at(sim->state, "/ha/manager/node_status");

    if (!nodes)
        return;
    json_object_object_foreach(nodes, node, status)
    {
        struct json_object *args;

        if (sim_node_online(sim->state, node)) {
            if (strcmp(json_object_get_string(status), "online") != 0)
                sim_ha_wake(sim);
            continue;
        }
        args = json_object_new_object();
        sim_set_str(args, "node", node);
        sim_set_int(args, "first", 1);
        sim_timer_start(sim, &fence_work, FENCE_ROUNDS * round_ms(sim), args);
    }
}
