/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of replication jobs; a removal, and a run that is asked for, happen a little later.
 */
#include "change.h"
#include "handlers.h"
#include "replication.h"
#include "task_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int check_may(struct sim_call *call, const char *vmid)
{
    char path[64], why[128];

    (void)snprintf(path, sizeof path, "/vms/%s", vmid);
    (void)snprintf(why, sizeof why, " (%s, VM.Replicate)", path);
    return sim_can(call, path, "VM.Replicate") ? 0 : sim_fail_perm(call, why);
}

/* The first half of the id is the guest. */
static void guest_of_id(const char *id, char *vmid, size_t size)
{
    (void)snprintf(vmid, size, "%.*s", (int)strcspn(id, "-"), id);
}

/* Volumes on storages that cannot replicate stand in the way unless they are left out. */
static int check_volumes(struct sim_call *call, const struct sim_guest *guest)
{
    int found = 0;

    json_object_object_foreach(guest->config, key, value)
    {
        const char *option = json_object_get_string(value);

        if (!sim_disk_key(guest->qemu, key) || !strchr(option, ':') || *option == '/' ||
            strstr(option, "media=cdrom") || strstr(option, "replicate=0"))
            continue;
        if (!sim_replication_can(call->state, option))
            return sim_fail(call, 500, "missing replicate feature on volume '%.*s'\n",
                            (int)strcspn(option, ","), option);
        found++;
    }
    return found ? 0 : sim_fail(call, 500, "No replicatable volumes found\n");
}

static int check_new(struct sim_call *call, const char *vmid)
{
    struct json_object *entry = sim_get(sim_get(call->state, "guests"), vmid);
    const char *target = sim_arg(call, "target"), *source = sim_arg(call, "source"), *node;
    struct sim_guest guest = {0};

    if (!entry)
        return sim_fail(call, 500, "Guest '%s' does not exist.\n", vmid);
    if (!sim_get(sim_get(call->state, "nodes"), target))
        return sim_fail(call, 500, "Target '%s' does not exist.\n", target);
    node = sim_str(entry, "node", "");
    if (source && strcmp(source, node) != 0)
        return sim_fail(call, 500, "Source '%s' does not match current node of guest '%s' (%s)\n", source,
                        vmid, node);
    if (strcmp(target, node) == 0)
        return sim_fail(call, 500, "Source and target must not be identical\n");
    sim_guest_view(vmid, entry, &guest);
    if (check_volumes(call, &guest) < 0)
        return -EINVAL;
    if (sim_replication_job(call->state, sim_arg(call, "id")))
        return sim_fail(call, 500, "replication job '%s' already exists\n", sim_arg(call, "id"));
    json_object_object_foreach(sim_get(call->state, "replication"), id, job)
    {
        if (strcmp(sim_str(job, "guest", ""), vmid) == 0 && strcmp(sim_str(job, "target", ""), target) == 0)
            return sim_fail(call, 500, "replication job '%s' for guest '%s' to target '%s' already exists\n",
                            id, vmid, target);
    }
    return 0;
}

int sim_replication_create(struct sim_call *call)
{
    const char *id = sim_arg(call, "id");
    struct json_object *job, *number;
    char vmid[32];

    guest_of_id(id, vmid, sizeof vmid);
    if (check_may(call, vmid) < 0 || check_new(call, vmid) < 0)
        return -EINVAL;
    job = json_object_new_object();
    sim_put_given(call, job, "id");
    number = json_object_new_string(vmid);
    sim_set_int(job, "guest", json_object_get_int64(number));
    json_object_put(number);
    number = json_object_new_string(strchr(id, '-') + 1);
    sim_set_int(job, "jobnum", json_object_get_int64(number));
    json_object_put(number);
    sim_set(job, "source", sim_copy(sim_atf(call->state, "/guests/%s/node", vmid)));
    sim_set_int(job, "made", (int64_t)time(NULL));
    sim_set(sim_get(call->state, "replication"), id, job);
    sim_touch(call->sim);
    return 0;
}

int sim_replication_update(struct sim_call *call)
{
    const char *id = sim_arg(call, "id"), *at = sim_arg(call, "delete");
    struct json_object *job = sim_replication_job(call->state, id);
    char vmid[32], word[64];

    guest_of_id(id, vmid, sizeof vmid);
    if (check_may(call, vmid) < 0 || sim_check_digest(call, sim_get(call->state, "replication"), "") < 0)
        return -EINVAL;
    if (!job)
        return sim_fail(call, 500, "no such job '%s'\n", id);
    while (at && sim_next_word(&at, word, sizeof word)) {
        if (sim_word_in("target type id guest", " ", word, strlen(word)))
            return sim_fail(call, 500, "unable to delete required option '%s'\n", word);
        if (!sim_param_find(call->route->params, word) ||
            sim_word_in("delete digest", " ", word, strlen(word)))
            return sim_fail(call, 500, "no such option '%s'\n", word);
    }
    sim_replication_catch_up(call->sim, id, job);
    sim_put_given(call, job, "id delete digest");
    sim_drop_deleted(call, job);
    sim_touch(call->sim);
    return 0;
}

/* The copies are removed first; a target that cannot be reached keeps the job waiting for it. */
static int removal_ends(struct sim *sim, struct sim_job *work, char *why)
{
    const char *id = sim_str(work->args, "id", "");
    struct json_object *job = sim_replication_job(sim->state, id);

    (void)why;
    if (!job || !sim_str(job, "remove_job", NULL))
        return 0;
    if (strcmp(sim_str(job, "remove_job", ""), "full") == 0 && sim_replication_trouble(sim, job)) {
        sim_replication_run(sim, id, job, (int64_t)time(NULL));
        return 0;
    }
    json_object_object_del(sim_get(sim->state, "replication"), id);
    return 0;
}

static const struct sim_work removal_work = {.end = removal_ends};

int sim_replication_delete(struct sim_call *call)
{
    const char *id = sim_arg(call, "id");
    struct json_object *job = sim_replication_job(call->state, id), *args;
    int64_t keep = sim_arg_int(call, "keep", 0);
    char vmid[32];

    guest_of_id(id, vmid, sizeof vmid);
    if (check_may(call, vmid) < 0)
        return -EINVAL;
    if (sim_arg_int(call, "force", 0)) {
        if (keep)
            return sim_fail_param(call, "keep", "conflicts with parameter 'force'");
        json_object_object_del(sim_get(call->state, "replication"), id);
        sim_touch(call->sim);
        return 0;
    }
    if (!job)
        return sim_fail(call, 500, "no such job '%s'\n", id);
    sim_set_str(job, "remove_job", keep ? "local" : "full");
    args = json_object_new_object();
    sim_set_str(args, "id", id);
    sim_timer_start(call->sim, &removal_work, call->sim->task_ms, args);
    sim_touch(call->sim);
    return 0;
}

static int asked_run(struct sim *sim, struct sim_job *work, char *why)
{
    const char *id = sim_str(work->args, "id", "");
    struct json_object *job = sim_replication_job(sim->state, id);

    (void)why;
    if (job && !sim_int(job, "disable", 0))
        sim_replication_run(sim, id, job, (int64_t)time(NULL));
    return 0;
}

static const struct sim_work asked_work = {.end = asked_run};

/* Only asks: the scheduler of the node does it a little later. */
int sim_replication_now(struct sim_call *call)
{
    const char *id = sim_arg(call, "id");
    struct json_object *args;
    char vmid[32];

    guest_of_id(id, vmid, sizeof vmid);
    if (check_may(call, vmid) < 0)
        return -EINVAL;
    if (!sim_replication_job(call->state, id))
        return sim_fail(call, 500, "no such replication job '%s'\n", id);
    args = json_object_new_object();
    sim_set_str(args, "id", id);
    sim_timer_start(call->sim, &asked_work, call->sim->task_ms, args);
    return 0;
}

void sim_replication_moved(struct sim *sim, const char *vmid, const char *from, const char *to)
{
    json_object_object_foreach(sim_get(sim->state, "replication"), id, job)
    {
        (void)id;
        if (strcmp(sim_str(job, "guest", ""), vmid) != 0)
            continue;
        sim_set_str(job, "source", to);
        if (strcmp(sim_str(job, "target", ""), to) == 0)
            sim_set_str(job, "target", from);
    }
}
