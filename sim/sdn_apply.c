/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was edited is applied: at once for the cluster, by a task that only tells every node to reload and
 * says OK then; each node is done when its own task has ended. The lock, and taking edits back.
 */
#include "handlers.h"
#include "network.h"
#include "sdn.h"
#include "task_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const staged[] = {"zones", "vnets", "subnets", "controllers"};

static struct json_object *snapshot(struct json_object *state)
{
    struct json_object *copy = json_object_new_object();

    for (size_t i = 0; i < sizeof staged / sizeof *staged; i++)
        sim_set(copy, staged[i], sim_copy(sim_sdn_map(state, staged[i])));
    return copy;
}

struct json_object *sim_sdn_running(struct json_object *state)
{
    struct json_object *running = sim_get(state, "sdn-running");

    return running ? running : sim_get(state, "sdn");
}

struct json_object *sim_sdn_of_node(struct json_object *state, const char *node)
{
    struct json_object *own = sim_get(sim_get(sim_get(state, "nodes"), node), "sdn");

    return own ? own : sim_sdn_running(state);
}

void sim_sdn_stage(struct sim_call *call)
{
    struct json_object *running;

    if (sim_get(call->state, "sdn-running"))
        return;
    running = snapshot(call->state);
    sim_set(call->state, "sdn-running", running);
    json_object_object_foreach(sim_get(call->state, "nodes"), name, node)
    {
        (void)name;
        sim_set(node, "sdn", json_object_get(running));
    }
}

void sim_sdn_node_reloaded(struct json_object *state, const char *node, bool done)
{
    struct json_object *entry = sim_get(sim_get(state, "nodes"), node);
    struct json_object *running = sim_get(state, "sdn-running");

    if (!running || !entry || sim_get(entry, "sdn") == running)
        return;
    if (done) {
        sim_set(entry, "sdn", json_object_get(running));
        json_object_object_del(entry, "sdn-error");
    } else {
        sim_set_int(entry, "sdn-error", 1);
    }
}

/* ---- the lock ---- */

int sim_sdn_check_lock(struct sim_call *call, const char *kind)
{
    const char *held = sim_str(call->state, "sdn-lock", NULL), *given = sim_arg(call, "lock-token");

    if (held ? given && strcmp(held, given) == 0 : !given)
        return 0;
    if (kind)
        return sim_sdn_fail(call, kind, "invalid lock token provided!\n");
    return sim_fail(call, 500, "invalid lock token provided!\n");
}

static bool has_pending(struct json_object *state)
{
    struct json_object *running = sim_get(state, "sdn-running");

    for (size_t i = 0; running && i < sizeof staged / sizeof *staged; i++) {
        if (!json_object_equal(sim_get(running, staged[i]), sim_sdn_map(state, staged[i])))
            return true;
    }
    return false;
}

int sim_sdn_lock(struct sim_call *call)
{
    char token[37];

    if (sim_get(call->state, "sdn-lock"))
        return sim_fail(call, 500, "SDN configuration is already locked\n");
    if (!sim_arg_int(call, "allow-pending", 0) && has_pending(call->state))
        return sim_fail(call, 500, "SDN configuration has pending changes\n");
    if (sim_random_uuid(token) < 0)
        return sim_fail(call, 500, "no random numbers\n");
    sim_set_str(call->state, "sdn-lock", token);
    call->data = json_object_new_string(token);
    sim_touch(call->sim);
    return 0;
}

/* Releasing what nobody holds is fine. */
int sim_sdn_unlock(struct sim_call *call)
{
    if (!sim_get(call->state, "sdn-lock"))
        return 0;
    if (!sim_arg_int(call, "force", 0) && sim_sdn_check_lock(call, NULL) < 0)
        return -EINVAL;
    json_object_object_del(call->state, "sdn-lock");
    sim_touch(call->sim);
    return 0;
}

static void release(struct sim_call *call)
{
    if (sim_arg_int(call, "release-lock", 1))
        json_object_object_del(call->state, "sdn-lock");
}

/* ---- apply and rollback ---- */

static int tell_nodes(struct sim *sim, struct sim_job *job, char *why)
{
    (void)why;
    json_object_object_foreach(sim_get(sim->state, "nodes"), name, node)
    {
        (void)node;
        if (!sim_node_online(sim->state, name))
            continue;
        sim_job_log(job, false, "%s: reloading network config", name);
        (void)sim_network_reload(sim, sim_str(job->args, "who", ""), name);
    }
    return 0;
}

int sim_sdn_apply(struct sim_call *call)
{
    static const struct sim_work work = {.type = "reloadnetworkall", .end = tell_nodes};
    struct json_object *args, *task;

    if (sim_sdn_check_lock(call, NULL) < 0)
        return -EINVAL;
    sim_sdn_stage(call);
    if (has_pending(call->state))
        sim_set(call->state, "sdn-running", snapshot(call->state));
    release(call);
    args = json_object_new_object();
    sim_set_str(args, "who", call->who);
    task = sim_task_start(call->sim, &work, call->who, call->sim->node, args);
    call->data = sim_copy(sim_get(task, "upid"));
    return 0;
}

int sim_sdn_rollback(struct sim_call *call)
{
    struct json_object *running = sim_get(call->state, "sdn-running");

    if (sim_sdn_check_lock(call, NULL) < 0)
        return -EINVAL;
    for (size_t i = 0; running && i < sizeof staged / sizeof *staged; i++)
        sim_set(sim_get(call->state, "sdn"), staged[i], sim_copy(sim_get(running, staged[i])));
    release(call);
    sim_touch(call->sim);
    return 0;
}

/* What an apply would change on a node. */
int sim_sdn_dry_run(struct sim_call *call)
{
    const char *node = sim_arg(call, "node");
    struct json_object *old = sim_sdn_of_node(call->state, node), *new = sim_get(call->state, "sdn");
    struct json_object *network = sim_atf(call->state, "/nodes/%s/network", node);
    SIM_FREE_WITH(sim_freep) char *was = sim_sdn_text(old, network, node);
    SIM_FREE_WITH(sim_freep) char *will = sim_sdn_text(new, network, node);
    SIM_FREE_WITH(sim_freep) char *frr_was = sim_sdn_frr_text(old, node);
    SIM_FREE_WITH(sim_freep) char *frr_will = sim_sdn_frr_text(new, node);
    SIM_FREE_WITH(sim_freep) char *interfaces = NULL, *frr = NULL;

    if (!was || !will || !frr_was || !frr_will)
        return sim_fail(call, 500, "out of memory\n");
    interfaces = sim_text_diff("/etc/network/interfaces.d/sdn", was, "/etc/network/interfaces.d/sdn", will);
    frr = sim_text_diff("/etc/frr/frr.conf", frr_was, "/etc/frr/frr.conf", frr_will);
    call->data = json_object_new_object();
    sim_set_str(call->data, "frr-diff", frr ? frr : "");
    sim_set_str(call->data, "interfaces-diff", interfaces ? interfaces : "");
    return 0;
}
