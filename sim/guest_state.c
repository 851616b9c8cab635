/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guests whose memory is saved while they are off: VMs suspended to disk, containers with a checkpoint.
 */
#include "handlers.h"
#include "power.h"
#include "storage.h"

#include <errno.h>

#define MIB (1LL << 20)

/* ---- where the memory of a VM goes ---- */

/* The storage of a disk that can hold the state of memory too; `shared` asks for one that all nodes see. */
static bool disk_storage(struct json_object *state, const struct sim_guest *guest, bool shared, char *storage,
                         size_t size)
{
    json_object_object_foreach(guest->config, key, value)
    {
        const char *option = json_object_get_string(value);
        struct json_object *config;

        if (!sim_disk_key(true, key) || strncmp(key, "unused", 6) == 0 || strstr(option, "media=cdrom"))
            continue;
        (void)snprintf(storage, size, "%.*s", (int)strcspn(option, ":"), option);
        config = sim_storage_config(state, storage);
        if (config && sim_storage_takes(config, "images") && (!shared || sim_storage_is_shared(config)))
            return true;
    }
    return false;
}

/* The storage asked for, else the VM's own choice, else a shared one of its disks, else any of those. */
static void state_storage(struct json_object *state, const struct sim_guest *guest, const char *given,
                          char *storage, size_t size)
{
    const char *own = given ? given : sim_str(guest->config, "vmstatestorage", NULL);

    if (own)
        (void)snprintf(storage, size, "%s", own);
    else if (!disk_storage(state, guest, true, storage, size) &&
             !disk_storage(state, guest, false, storage, size))
        (void)snprintf(storage, size, "local");
}

int sim_suspend_allowed(struct sim_call *call, const struct sim_guest *guest)
{
    char storage[128], path[200], why[300];
    const char *priv = "VM.Config.Disk";

    state_storage(call->state, guest, sim_arg(call, "statestorage"), storage, sizeof storage);
    (void)snprintf(path, sizeof path, "/vms/%s", guest->vmid);
    if (sim_can(call, path, priv)) {
        priv = "Datastore.AllocateSpace";
        (void)snprintf(path, sizeof path, "/storage/%s", storage);
        if (sim_can(call, path, priv))
            return 0;
    }
    (void)snprintf(why, sizeof why, " (%s, %s)", path, priv);
    return sim_fail_perm(call, why);
}

/* ---- VMs: suspended to disk ---- */

static int begin_suspend(struct sim *sim, struct sim_job *job, char *why)
{
    struct sim_guest guest = {0};
    char storage[128], text[300];

    if (sim_job_guest(sim, job, &guest, why) < 0)
        return -EINVAL;
    if (!guest.running)
        return sim_why(why, "VM %s not running", guest.vmid);
    state_storage(sim->state, &guest, sim_str(job->args, "statestorage", NULL), storage, sizeof storage);
    if (sim_storage_check(sim->state, storage, guest.node, text, sizeof text) < 0) {
        text[strcspn(text, "\n")] = 0;
        return sim_why(why, "%s", text);
    }
    if (!sim_storage_takes(sim_storage_config(sim->state, storage), "images"))
        return sim_why(why, "storage '%s' does not support vm images", storage);
    sim_set_str(job->args, "statestorage", storage);
    sim_job_log(job, true, "saving VM state and RAM using storage '%s'", storage);
    sim_job_log(job, true, "completed saving the VM state");
    sim_job_log(job, true, "State saved, quitting");
    return 0;
}

/* Room for twice the memory, and the devices. */
static void save_state(struct sim *sim, const struct sim_guest *guest, const char *storage)
{
    const struct sim_storage_type *type = sim_storage_type_of(sim_storage_config(sim->state, storage));
    struct json_object *volume = json_object_new_object();
    char volid[256], folder[24] = "", day[16];
    time_t now = time(NULL);
    struct tm tm;

    (void)gmtime_r(&now, &tm);
    (void)strftime(day, sizeof day, "%Y-%m-%d", &tm);
    if (type->files)
        (void)snprintf(folder, sizeof folder, "%s/", guest->vmid);
    (void)snprintf(volid, sizeof volid, "%s:%svm-%s-state-suspend-%s%s", storage, folder, guest->vmid, day,
                   type->files ? ".raw" : "");
    sim_set_str(volume, "volid", volid);
    sim_set_str(volume, "content", "images");
    sim_set_str(volume, "format", "raw");
    sim_set_int(volume, "size", sim_guest_maxmem(guest) * 2 + 500 * MIB);
    sim_set_int(volume, "used", sim_int(guest->run, "mem", 0));
    sim_set_int(volume, "vmid", sim_int(guest->entry, "vmid", 0));
    sim_set(volume, "parent", NULL);
    sim_set_int(volume, "ctime", (int64_t)now);
    sim_volume_remove(sim->state, guest->node, volid); /* one of the same day that was forgotten */
    sim_volume_add(sim->state, guest->node, volume);
    sim_set_str(guest->config, "vmstate", volid);
    sim_set_str(guest->config, "runningmachine", "pc-i440fx-10.1+pve0");
}

static int end_suspend(struct sim *sim, struct sim_job *job, char *why)
{
    struct sim_guest guest = {0};

    if (sim_job_guest(sim, job, &guest, why) < 0)
        return -EINVAL;
    save_state(sim, &guest, sim_str(job->args, "statestorage", "local"));
    sim_guest_set_running(sim, guest.vmid, false);
    sim_set_str(guest.entry, "lock", "suspended");
    return 0;
}

const struct sim_work sim_todisk_work = {"qmsuspend", "suspending", begin_suspend, end_suspend};

bool sim_guest_hibernated(const struct sim_guest *guest)
{
    return guest->qemu && !guest->running && strcmp(sim_str(guest->entry, "lock", ""), "suspended") == 0;
}

void sim_guest_forget_state(struct sim *sim, const struct sim_guest *guest)
{
    const char *volid = sim_str(guest->config, "vmstate", NULL);

    if (volid)
        sim_volume_remove(sim->state, guest->node, volid);
    json_object_object_del(guest->config, "vmstate");
    json_object_object_del(guest->config, "runningmachine");
    json_object_object_del(guest->entry, "lock");
}

/* ---- containers: a checkpoint of their processes ---- */

int sim_checkpoint(struct sim *sim, struct sim_job *job, char *why)
{
    struct sim_guest guest = {0};

    if (sim_job_guest(sim, job, &guest, why) < 0)
        return -EINVAL;
    sim_guest_set_running(sim, guest.vmid, false);
    sim_set_int(guest.entry, "checkpoint", 1);
    return 0;
}

int sim_restore_checkpoint(struct sim *sim, struct sim_job *job, char *why)
{
    struct sim_guest guest = {0};

    if (sim_job_guest(sim, job, &guest, why) < 0)
        return -EINVAL;
    if (!sim_int(guest.entry, "checkpoint", 0))
        return sim_why(why,
                       "command 'lxc-checkpoint -n %s -r --foreground -D /var/lib/vz/dump' failed: exit "
                       "code 1",
                       guest.vmid);
    json_object_object_del(guest.entry, "checkpoint");
    sim_guest_set_running(sim, guest.vmid, true);
    return 0;
}
