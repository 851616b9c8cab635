/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tasks that make guests do first and last.
 */
#include "guest_change.h"
#include "guest_life.h"
#include "power.h"
#include "storage.h"

#include <errno.h>
#include <stdlib.h>

#define START_MS 10000

void sim_worker_call(struct sim *sim, struct sim_job *job, struct sim_call *call)
{
    *call = (struct sim_call){
        .sim = sim, .state = sim->state, .params = job->args, .who = sim_str(job->args, "who", "root@pam")};
}

int sim_worker_failed(struct sim_call *call, const char *prefix, char *why)
{
    const char *text = call->message ? call->message : "unknown error";

    (void)sim_why(why, "%s%.*s", prefix, (int)strcspn(text, "\n"), text);
    free(call->message);
    call->message = NULL;
    json_object_put(call->errors);
    call->errors = NULL;
    return -EINVAL;
}

void sim_guest_unmake(struct sim *sim, struct sim_job *job)
{
    struct json_object *made = sim_get(job->args, "made");
    const char *node = sim_str(job->args, "at", sim_str(job->args, "node", ""));

    for (size_t i = 0; made && i < json_object_array_length(made); i++)
        sim_volume_remove(sim->state, node, json_object_get_string(json_object_array_get_idx(made, i)));
    if (sim_int(job->args, "new", 0))
        json_object_object_del(sim_get(sim->state, "guests"), sim_str(job->args, "guest", ""));
}

void sim_qemu_identity(struct json_object *config, bool with_meta)
{
    char uuid[37], text[80];

    if (sim_random_uuid(uuid) == 0 && !sim_get(config, "smbios1")) {
        (void)snprintf(text, sizeof text, "uuid=%s", uuid);
        sim_set_str(config, "smbios1", text);
    }
    if (sim_random_uuid(uuid) == 0 &&
        (!sim_get(config, "vmgenid") || strcmp(sim_str(config, "vmgenid", ""), "1") == 0))
        sim_set_str(config, "vmgenid", uuid);
    if (!with_meta)
        return;
    (void)snprintf(text, sizeof text, "creation-qemu=10.1.2,ctime=%lld", (long long)time(NULL));
    sim_set_str(config, "meta", text);
}

static void add_to_ha(struct sim *sim, const char *vmid, bool qemu, bool start)
{
    struct json_object *resource = json_object_new_object();
    char sid[40];

    (void)snprintf(sid, sizeof sid, "%s:%s", qemu ? "vm" : "ct", vmid);
    sim_set_str(resource, "type", qemu ? "vm" : "ct");
    sim_set_str(resource, "state", start ? "started" : "stopped");
    sim_set(sim_at(sim->state, "/ha/resources"), sid, resource);
}

void sim_guest_made(struct sim *sim, struct sim_job *job, struct json_object *config)
{
    const char *vmid = sim_str(job->args, "guest", ""), *pool = sim_str(job->args, "pool", NULL);
    struct json_object *entry = sim_get(sim_get(sim->state, "guests"), vmid);
    bool start = sim_int(job->args, "start", 0) != 0;
    struct sim_guest guest;

    sim_set(entry, "config", config);
    if (sim_str(config, "lock", NULL)) {
        sim_set_str(entry, "lock", sim_str(config, "lock", ""));
        json_object_object_del(config, "lock");
    }
    if (pool && sim_get(sim_get(sim->state, "pools"), pool))
        sim_set_str(entry, "pool", pool);
    sim_guest_view(vmid, entry, &guest);
    if (sim_int(job->args, "ha-managed", 0))
        add_to_ha(sim, vmid, guest.qemu, start);
    sim_touch(sim);
    if (!start)
        return;
    sim_job_flush(job);
    if (guest.qemu)
        sim_job_log(job, false, "Execute autostart");
    /* It runs when the task has ended, unless the start takes longer than it should. */
    (void)sim_task_wait(sim, sim_guest_power(sim, &guest, sim_str(job->args, "who", "root@pam"), "start"),
                        START_MS);
}
