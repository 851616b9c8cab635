/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guests go to another node: by a task that takes their local volumes along, or by a request to the HA
 * manager, which starts that task later.
 */
#include "migrate.h"
#include "ha.h"
#include "handlers.h"
#include "power.h"
#include "replication.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- the move ---- */

/* A local volume of the guest that is there already is a replica: both stay. */
static bool has_volume(struct json_object *list, const char *volid, const char *node)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *volume = json_object_array_get_idx(list, i);

        if (strcmp(sim_str(volume, "volid", ""), volid) == 0 &&
            strcmp(sim_str(volume, "node", ""), node) == 0)
            return true;
    }
    return false;
}

static const char *format_of(const char *volid)
{
    if (strstr(volid, ".qcow2"))
        return "qcow2";
    return strstr(volid, ":subvol-") ? "subvol" : "raw";
}

/* The volume's place in the lists of storages. */
static void move_volume(struct sim *sim, const char *volid, const char *new_volid, const char *from,
                        const char *to)
{
    struct json_object *volumes = sim_get(sim->state, "volumes"), *list, *target, *volume;
    char storage[80], goal[80];

    (void)sim_volume_storage(volid, storage, sizeof storage);
    (void)sim_volume_storage(new_volid, goal, sizeof goal);
    list = sim_get(volumes, storage);
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        volume = json_object_array_get_idx(list, i);
        if (strcmp(sim_str(volume, "volid", ""), volid) != 0 ||
            strcmp(sim_str(volume, "node", ""), from) != 0)
            continue;
        if (has_volume(list, new_volid, to))
            return;
        sim_set_str(volume, "volid", new_volid);
        sim_set_str(volume, "node", to);
        if (strcmp(storage, goal) == 0)
            return;
        sim_set_str(volume, "format", format_of(new_volid));
        target = sim_get(volumes, goal);
        if (!target) {
            target = json_object_new_array();
            sim_set(volumes, goal, target);
        }
        json_object_array_add(target, json_object_get(volume));
        (void)json_object_array_del_idx(list, i, 1);
        return;
    }
}

/* What the volume is called on another kind of storage. */
static void rename_volume(struct sim *sim, const struct sim_guest *guest, const char *volume,
                          const char *goal, char *name, size_t size)
{
    const char *type = sim_str(sim_get(sim_get(sim->state, "storage"), goal), "type", "dir");
    const char *slash = strrchr(volume, '/'), *disk = strstr(slash ? slash : volume, "-disk-");
    char number[64];

    if (!disk) {
        (void)snprintf(name, size, "%s:%s", goal, volume);
        return;
    }
    (void)snprintf(number, sizeof number, "%.*s", (int)strcspn(disk, "."), disk);
    if (sim_word_in("dir nfs cifs btrfs", " ", type, strlen(type)))
        (void)snprintf(name, size, "%s:%s/vm-%s%s.%s", goal, guest->vmid, guest->vmid, number,
                       guest->qemu ? "qcow2" : "raw");
    else
        (void)snprintf(name, size, "%s:%s-%s%s", goal,
                       !guest->qemu && strcmp(type, "zfspool") == 0 ? "subvol" : "vm", guest->vmid, number);
}

static void move_volumes(struct sim *sim, struct sim_job *job, const struct sim_guest *guest)
{
    const char *map = sim_str(job->args, "map", NULL), *to = sim_str(job->args, "target", "");
    struct json_object *config = sim_copy(guest->config);

    json_object_object_foreach(config, key, value)
    {
        const char *option = json_object_get_string(value);
        char storage[80], goal[80], volid[256], new_volid[300], new_option[900];

        if (!sim_disk_key(guest->qemu, key) || !sim_volume_storage(option, storage, sizeof storage) ||
            sim_storage_shared(sim->state, storage))
            continue;
        sim_storage_mapped(map, storage, goal, sizeof goal);
        (void)snprintf(volid, sizeof volid, "%.*s", (int)strcspn(option, ","), option);
        (void)snprintf(new_volid, sizeof new_volid, "%s", volid);
        if (strcmp(goal, storage) != 0)
            rename_volume(sim, guest, strchr(volid, ':') + 1, goal, new_volid, sizeof new_volid);
        move_volume(sim, volid, new_volid, guest->node, to);
        (void)snprintf(new_option, sizeof new_option, "%s%s", new_volid, option + strlen(volid));
        sim_set_str(guest->config, key, new_option);
    }
    json_object_put(config);
}

static void move_guest(struct sim *sim, struct sim_job *job, struct sim_guest *guest)
{
    const char *to = sim_str(job->args, "target", ""), *from = sim_str(job->args, "node", "");
    struct sim_guest moved = {0};

    move_volumes(sim, job, guest);
    sim_set_str(guest->entry, "node", to);
    if (guest->run)
        sim_set_int(guest->run, "pid", 500000 + (int64_t)++sim->last_pid);
    sim_guest_view(guest->vmid, guest->entry, &moved);
    sim_ha_guest_changed(sim, &moved);
    sim_replication_moved(sim, guest->vmid, from, to);
    sim_touch(sim);
}

/* ---- steps of the task ---- */

static int aborted(struct sim_job *job, char *why)
{
    sim_job_log(job, false, "ERROR: migration aborted (duration 00:00:00): %s", why);
    return sim_why(why, "migration aborted");
}

static int check_running(struct sim_job *job, const struct sim_guest *guest, char *why)
{
    if (!guest->running)
        return 0;
    if (guest->qemu)
        return sim_int(job->args, "online", 0) ? 0
                                               : sim_why(why, "can't migrate running VM without --online");
    if (sim_int(job->args, "online", 0))
        return sim_why(why, "lxc live migration is currently not implemented");
    return sim_int(job->args, "restart", 0)
               ? 0
               : sim_why(why, "running container can only be migrated in restart mode");
}

static int check_devices(const struct sim_guest *guest, struct sim_job *job, char *why)
{
    struct json_object *devices = sim_migrate_devices(guest, false);
    char names[300] = "";
    size_t used = 0;

    for (size_t i = 0; i < json_object_array_length(devices) && used < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "",
                                 json_object_get_string(json_object_array_get_idx(devices, i)));
    json_object_put(devices);
    if (!*names || (sim_int(job->args, "force", 0) && !guest->running))
        return 0;
    return sim_why(why, "can't migrate VM which uses local devices: %s", names);
}

static int check_all(struct sim *sim, struct sim_job *job, const struct sim_guest *guest, char *why)
{
    const char *target = sim_str(job->args, "target", "");

    if (sim_guest_check_lock(guest, why) < 0 || check_running(job, guest, why) < 0 ||
        check_devices(guest, job, why) < 0 ||
        sim_migrate_storages(sim->state, guest, target, sim_str(job->args, "map", NULL), why) < 0)
        return -EINVAL;
    if (!sim_node_online(sim->state, target))
        return sim_why(why, "Can't connect to destination address using public key");
    return sim_migrate_volumes(sim, job, guest, why);
}

static void log_way(struct sim *sim, struct sim_job *job, const struct sim_guest *guest)
{
    static const int parts[] = {12, 37, 61, 88};
    const char *target = sim_str(job->args, "target", "");
    double size = (double)sim_guest_maxmem(guest) / (1024.0 * 1024 * 1024);

    sim_job_log(job, false, "starting migration of %s %s to node '%s' (%s)", guest->qemu ? "VM" : "CT",
                guest->vmid, target, sim_str(sim_get(sim_get(sim->state, "nodes"), target), "ip", ""));
    if (!guest->qemu || !guest->running)
        return;
    sim_job_log(job, true, "starting VM %s on remote node '%s'", guest->vmid, target);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        sim_job_log(job, true, "migration active, transferred %.1f GiB of %.1f GiB VM-state, 1.1 GiB/s",
                    size * parts[i] / 100, size);
    sim_job_log(job, true, "migration status: completed");
}

static int begin(struct sim *sim, struct sim_job *job, char *why)
{
    struct sim_guest guest = {0};

    if (sim_job_guest(sim, job, &guest, why) < 0 || check_all(sim, job, &guest, why) < 0)
        return aborted(job, why);
    log_way(sim, job, &guest);
    sim_set_int(job->args, "was_running", guest.running);
    if (!guest.qemu && guest.running) {
        sim_job_log(job, false, "shutdown CT %s", guest.vmid);
        sim_guest_set_running(sim, guest.vmid, false);
    }
    sim_set_str(guest.entry, "lock", "migrate");
    job->locked = true;
    return 0;
}

static int end(struct sim *sim, struct sim_job *job, char *why)
{
    const char *target = sim_str(job->args, "target", "");
    struct sim_guest guest = {0};
    bool again, there;

    if (sim_job_guest(sim, job, &guest, why) < 0)
        return aborted(job, why);
    again = !guest.qemu && sim_int(job->args, "was_running", 0) && sim_int(job->args, "restart", 0);
    there = sim_node_online(sim->state, target);
    if (there)
        move_guest(sim, job, &guest);
    if (again) {
        sim_job_log(job, there, "start container on %s node", there ? "target" : "source");
        sim_guest_set_running(sim, guest.vmid, true);
    }
    if (!there) {
        (void)sim_why(why, "lost connection to node '%s'", target);
        return aborted(job, why);
    }
    sim_job_log(job, true, "migration finished successfully (duration 00:00:%02d)",
                (int)((job->due - job->started) / 1000 % 60));
    return 0;
}

static const struct sim_work qmigrate_work = {"qmigrate", NULL, begin, end},
                             vzmigrate_work = {"vzmigrate", NULL, begin, end};

static struct json_object *new_args(const struct sim_guest *guest, const char *target, bool with_local_disks)
{
    struct json_object *args = json_object_new_object();

    sim_set_str(args, "vmid", guest->vmid);
    sim_set_str(args, "id", guest->vmid);
    sim_set_str(args, "node", guest->node);
    sim_set_str(args, "type", guest->type);
    sim_set_str(args, "target", target);
    sim_set_int(args, guest->qemu ? "online" : "restart", 1);
    sim_set_int(args, "with-local-disks", with_local_disks);
    return args;
}

/* ---- high availability ---- */

struct json_object *sim_migrate_by_manager(struct sim *sim, const struct sim_guest *guest, const char *target)
{
    return sim_task_start(sim, guest->qemu ? &qmigrate_work : &vzmigrate_work, "root@pam", guest->node,
                          new_args(guest, target, true));
}

static int ha_request(struct sim *sim, struct sim_job *job, char *why)
{
    (void)sim;
    (void)why;
    sim_job_log(job, false, "Requesting HA migration for %s %s to node %s",
                strcmp(sim_str(job->args, "type", ""), "qemu") == 0 ? "VM" : "CT",
                sim_str(job->args, "vmid", ""), sim_str(job->args, "target", ""));
    job->due = job->started + (job->due - job->started) / 4;
    return 0;
}

static int ha_requested(struct sim *sim, struct sim_job *job, char *why)
{
    char sid[SIM_SID_MAX];

    (void)why;
    sim_ha_sid(sim->state, sim_str(job->args, "vmid", ""), sid, sizeof sid);
    sim_ha_request_node(sim, sid, sim_str(job->args, "target", ""));
    return 0;
}

static const struct sim_work hamigrate_work = {"hamigrate", NULL, ha_request, ha_requested};

struct json_object *sim_migrate_start(struct sim *sim, const struct sim_guest *guest, const char *who,
                                      const char *target, bool with_local_disks)
{
    const struct sim_work *work = guest->qemu ? &qmigrate_work : &vzmigrate_work;

    if (sim_ha_acts(sim->state, guest))
        work = &hamigrate_work;
    return sim_task_start(sim, work, who, guest->node, new_args(guest, target, with_local_disks));
}

/* ---- the request ---- */

static int check_root_only(struct sim_call *call)
{
    static const char *const names[] = {"force", "migration_type", "migration_network"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (sim_arg(call, names[i]) && strcmp(sim_arg(call, names[i]), "0") != 0 &&
            strcmp(call->who, "root@pam") != 0)
            return sim_fail_param(call, names[i], "Only root may use this option.");
    }
    return 0;
}

/* Storages that the map names: are they there, and may the caller put something on them? */
static int check_map(struct sim_call *call, const struct sim_guest *guest, const char *map)
{
    char storage[80], goal[80], path[128], why[160];

    json_object_object_foreach(guest->config, key, value)
    {
        if (!map || !sim_disk_key(guest->qemu, key) ||
            !sim_volume_storage(json_object_get_string(value), storage, sizeof storage) ||
            sim_storage_shared(call->state, storage))
            continue;
        sim_storage_mapped(map, storage, goal, sizeof goal);
        if (!sim_get(sim_get(call->state, "storage"), goal))
            return sim_fail(call, 500, "storage '%s' does not exist\n", goal);
        (void)snprintf(path, sizeof path, "/storage/%s", goal);
        (void)snprintf(why, sizeof why, " (%s, Datastore.AllocateSpace)", path);
        if (!sim_can(call, path, "Datastore.AllocateSpace"))
            return sim_fail_perm(call, why);
    }
    return 0;
}

static int check_request(struct sim_call *call, const struct sim_guest *guest, const char *map)
{
    char why[SIM_WHY_MAX] = "";

    if (guest->running && !guest->qemu && !sim_arg_int(call, "online", 0) && !sim_arg_int(call, "restart", 0))
        return sim_fail(call, 500, "can't migrate running container without --online or --restart\n");
    if (guest->running && guest->qemu && !sim_arg_int(call, "online", 0))
        return sim_fail(call, 500, "can't migrate running VM without --online\n");
    if (check_map(call, guest, map) < 0)
        return -EINVAL;
    if (guest->qemu && sim_migrate_storages(call->state, guest, sim_arg(call, "target"), map, why) < 0)
        return sim_fail(call, 500, "%s\n", why);
    return 0;
}

int sim_migrate(struct sim_call *call)
{
    const char *target = sim_arg(call, "target"), *map;
    struct sim_guest guest = {0};
    struct json_object *args;

    map = sim_arg(call, strstr(call->route->path, "/qemu/") ? "targetstorage" : "target-storage");
    if (strcmp(target, sim_arg(call, "node")) == 0)
        return sim_fail_param(call, "target", "target is local node.");
    if (!sim_get(sim_get(call->state, "nodes"), target))
        return sim_fail(call, 500, "no such cluster node '%s'\n", target);
    if (check_root_only(call) < 0 || sim_guest_find(call, &guest) < 0 || check_request(call, &guest, map) < 0)
        return -EINVAL;
    args = json_object_new_object();
    sim_set_str(args, "type", guest.type);
    sim_set_str(args, "target", target);
    if (map)
        sim_set_str(args, "map", map);
    sim_set_int(args, "force", sim_arg_int(call, "force", 0));
    sim_set_int(args, "online", sim_arg_int(call, "online", 0));
    sim_set_int(args, "restart", sim_arg_int(call, "restart", 0));
    sim_set_int(args, "with-local-disks", sim_arg_int(call, "with-local-disks", 0));
    if (sim_ha_acts(call->state, &guest))
        return sim_call_task(call, &hamigrate_work, args);
    return sim_call_task(call, guest.qemu ? &qmigrate_work : &vzmigrate_work, args);
}
