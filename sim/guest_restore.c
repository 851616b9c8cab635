/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guests from backups: into a new id, or in the place of the guest that has it. The configuration is the
 * archive's, with what the request gives in its place.
 */
#include "guest_change.h"
#include "guest_life.h"
#include "handlers.h"
#include "power.h"
#include "storage.h"

#include <errno.h>
#include <stdlib.h>

/* ---- the task ---- */

struct restoring {
    struct sim_call *call;
    struct sim_job *job;
    struct sim_guest *guest;
    struct json_object *config;
};

/* "scsi0: local:100/vm-100-disk-0.raw,size=4G" of the archive: a new volume on the storage that was asked
 * for, or on one with the old name. */
static int restore_disk(void *context, const char *key, const char *text)
{
    struct restoring *restoring = context;
    struct sim_call *call = restoring->call;
    const struct sim_guest *guest = restoring->guest;
    bool cloudinit = strstr(text, "-cloudinit") != NULL;
    char storage[128], volid[300], why[300], option[1000];
    struct sim_new_volume want = {.storage = storage,
                                  .node = guest->node,
                                  .vmid = guest->vmid,
                                  .qemu = guest->qemu,
                                  .bytes = sim_disk_size(text)};

    if (strncmp(key, "unused", 6) == 0 || (guest->qemu && strstr(text, "backup=0"))) {
        json_object_object_del(restoring->config, key);
        return 0;
    }
    if ((strstr(text, "media=cdrom") && !cloudinit) || !strchr(text, ':') || *text == '/')
        return 0;
    sim_storage_of(text, storage, sizeof storage);
    if (sim_arg(call, "storage"))
        (void)snprintf(storage, sizeof storage, "%s", sim_arg(call, "storage"));
    else if (!guest->qemu)
        (void)snprintf(storage, sizeof storage, "local");
    (void)snprintf(why, sizeof why, "/storage/%s", storage);
    if (!sim_can(call, why, "Datastore.AllocateSpace"))
        return sim_fail(call, 403, "Permission check failed (%s, Datastore.AllocateSpace)\n", why);
    if (sim_storage_check(call->state, storage, guest->node, why, sizeof why) < 0)
        return sim_fail(call, 500, "%s", why);
    if (!sim_storage_takes(sim_storage_config(call->state, storage), guest->qemu ? "images" : "rootdir"))
        return sim_fail(call, 500, "Content type '%s' is not available on storage '%s'\n",
                        guest->qemu ? "images" : "rootdir", storage);
    if (cloudinit) {
        want.name = "cloudinit";
        want.bytes = 4 << 20;
    }
    sim_job_new_volume(call->sim, restoring->job, &want, volid, sizeof volid);
    (void)snprintf(option, sizeof option, "%s%s", volid, text + strcspn(text, ","));
    sim_set_str(restoring->config, key, option);
    if (guest->qemu)
        sim_job_log(restoring->job, true, "new volume ID is '%s'", volid);
    return 0;
}

/* A mount point or root that the request puts in the place of the archive's. */
static int given_disk(void *context, const char *key, const char *text)
{
    struct restoring *restoring = context;

    return sim_disk_made(restoring->call, restoring->job, restoring->guest, key, text, restoring->config);
}

static int new_address(struct restoring *restoring, const char *key, const char *text)
{
    SIM_FREE_WITH(sim_freep) char *bare = sim_net_without_mac(restoring->guest->qemu, text);
    SIM_FREE_WITH(sim_json_freep) struct json_object *value = json_object_new_string(bare);
    struct json_object *stored = NULL;

    if (sim_option_value(restoring->call, restoring->guest, key, value, &stored) < 0)
        return -1;
    sim_set(restoring->config, key, stored);
    return 0;
}

/* Addresses and ids of their own for a guest that lives beside the one of the archive. */
static int make_unique(struct restoring *restoring)
{
    struct json_object *config = restoring->config;

    json_object_object_del(config, "vmgenid");
    if (!sim_arg_int(restoring->call, "unique", 0)) {
        if (restoring->guest->qemu)
            sim_qemu_identity(config, false);
        return 0;
    }
    for (int i = 0; i < 32; i++) {
        char key[16];

        (void)snprintf(key, sizeof key, "net%d", i);
        if (sim_get(config, key) && new_address(restoring, key, sim_str(config, key, "")) < 0)
            return -1;
    }
    if (restoring->guest->qemu) {
        json_object_object_del(config, "smbios1");
        sim_qemu_identity(config, false);
    }
    return 0;
}

/* Disks first, then the options that the request gives. Returns 0 or fails the worker's call. */
static int take_over(struct restoring *restoring, struct json_object *options)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *archived = sim_copy(restoring->config);
    bool qemu = restoring->guest->qemu, placed = !qemu && sim_get(options, "rootfs");

    /* With a root of its own a container has the mount points that were given, and no others. */
    for (int i = -1; placed && i < 256; i++) {
        char key[16];

        (void)snprintf(key, sizeof key, i < 0 ? "rootfs" : "mp%d", i);
        json_object_object_del(restoring->config, key);
    }
    if (sim_each_disk(placed ? options : archived, qemu, placed ? given_disk : restore_disk, restoring) != 0)
        return -1;
    json_object_object_foreach(options, key, value)
    {
        struct json_object *stored = NULL;

        if (sim_disk_key(qemu, key))
            continue;
        if (sim_option_value(restoring->call, restoring->guest, key, value, &stored) < 0)
            return -1;
        if (stored)
            sim_set(restoring->config, key, stored);
    }
    return make_unique(restoring);
}

static void log_qemu(struct sim_job *job, const struct sim_volume_name *name, const char *path, int64_t size)
{
    bool pbs = strncmp(path, "pbs://", 6) == 0;

    if (pbs)
        sim_job_log(job, false, "restore proxmox backup image: %s:%s", name->storage, name->name);
    else
        sim_job_log(job, false, "restore vma archive: zstd -q -d -c %s | vma extract -v -r - -", path);
    for (int percent = 10; percent <= 100; percent += 10)
        sim_job_log(job, true, "progress %d%% (read %lld bytes, duration %d sec)", percent,
                    (long long)size / 100 * percent, percent / 10);
}

static void log_lxc(struct sim_job *job, const struct sim_guest *guest, const char *archive, const char *path)
{
    (void)guest;
    sim_job_log(job, true, "restoring '%s' now..", archive);
    sim_job_log(job, true, "extracting archive '%s'", path);
    sim_job_log(job, true, "merging backed-up and given configuration..");
}

/* Is it a backup of this kind of guest? */
static int check_kind(struct sim_call *call, const struct sim_guest *guest, struct json_object *volume,
                      const char *path)
{
    if (strcmp(sim_str(volume, "subtype", ""), guest->type) == 0)
        return 0;
    if (guest->qemu)
        return sim_fail(call, 500, "ERROR: file '%s' does not look like a QemuServer vzdump backup\n", path);
    return sim_fail(call, 500, "archive '%s' does not hold a container\n", path);
}

/* What was encrypted can be read where the storage has its key. */
static int check_key(struct sim_call *call, struct json_object *volume, const struct sim_volume_name *name)
{
    const char *key = sim_str(volume, "encrypted", NULL);

    if (!key || sim_str(sim_storage_config(call->state, name->storage), "encryption-key", NULL))
        return 0;
    return sim_fail(call, 500, "missing key - manifest was created with key %s\n", key);
}

static int refused(struct sim_call *call, const struct sim_guest *guest, char *why)
{
    char prefix[64];

    (void)snprintf(prefix, sizeof prefix, "unable to restore %s %s - ", guest->qemu ? "VM" : "CT",
                   guest->vmid);
    return sim_worker_failed(call, prefix, why);
}

static int begin_restore(struct sim *sim, struct sim_job *job, char *why)
{
    const char *vmid = sim_str(job->args, "vmid", ""), *archive = sim_str(job->args, "archive", "");
    struct restoring restoring;
    struct sim_volume_name name = {.name = archive};
    struct json_object *volume;
    struct sim_guest guest;
    struct sim_call call;
    char path[700] = "", text[700];

    job->undo = sim_guest_unmake;
    sim_guest_view(vmid, sim_get(sim_get(sim->state, "guests"), vmid), &guest);
    sim_worker_call(sim, job, &call);
    if (!guest.qemu)
        sim_job_log(job, false, "recovering backed-up configuration from '%s'", archive);
    volume = sim_volume_find(&call, archive);
    if (!volume || sim_volume_parse(sim->state, archive, &name, text, sizeof text) < 0) {
        (void)sim_fail(&call, 500, "volume '%s' does not exist\n", archive);
        return refused(&call, &guest, why);
    }
    sim_volume_path(sim->state, &name, path, sizeof path);
    if (check_kind(&call, &guest, volume, path) < 0)
        return sim_worker_failed(&call, "", why);
    if (check_key(&call, volume, &name) < 0)
        return refused(&call, &guest, why);
    sim_backups_freeze(sim->state, vmid);
    sim_backups_freeze(sim->state, sim_str(volume, "vmid", ""));
    restoring = (struct restoring){&call, job, &guest,
                                   sim_archive_config(sim_str(volume, "archive", ""), guest.qemu)};
    sim_set(job->args, "config", restoring.config);
    if (take_over(&restoring, sim_get(job->args, "options")) < 0)
        return refused(&call, &guest, why);
    if (guest.qemu)
        log_qemu(job, &name, path, sim_int(volume, "size", 0));
    else
        log_lxc(job, &guest, archive, path);
    return 0;
}

/* What the guest in whose place it comes had is gone. */
static int end_restore(struct sim *sim, struct sim_job *job, char *why)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *old = NULL;
    struct sim_guest guest;

    if (sim_job_guest(sim, job, &guest, why) < 0)
        return -EINVAL;
    if (!sim_int(job->args, "new", 0)) {
        old = sim_guest_volumes(sim->state, &guest, false);
        json_object_object_foreach(old, volid, yes)
        {
            (void)yes;
            sim_volume_remove(sim->state, guest.node, volid);
        }
        json_object_object_del(guest.entry, "pending");
        json_object_object_del(guest.entry, "pending_delete");
        sim_set(guest.entry, "snapshots", json_object_new_object());
    }
    sim_guest_made(sim, job, sim_copy(sim_get(job->args, "config")));
    return 0;
}

static const struct sim_work restore_qemu = {"qmrestore", "create", begin_restore, end_restore},
                             restore_lxc = {"vzrestore", "create", begin_restore, end_restore};

/* ---- requests ---- */

/* A guest whose place the restored one takes: locked, protected and running ones stay. */
static int check_place(struct sim_call *call, struct json_object *entry, bool qemu)
{
    const char *vmid = sim_arg(call, "vmid"), *kind = qemu ? "VM" : "CT";
    struct sim_guest guest;
    char why[SIM_WHY_MAX];

    sim_guest_view(vmid, entry, &guest);
    if (sim_int(guest.config, "protection", 0))
        return sim_fail(call, 500, "unable to restore %s %s - protection mode enabled\n", kind, vmid);
    if (guest.running && !qemu)
        return sim_fail(call, 500, "can't overwrite running container\n");
    if (guest.running)
        return sim_fail(call, 500, "unable to restore VM %s - vm is running\n", vmid);
    if (sim_guest_check_lock(&guest, why) < 0)
        return sim_fail(call, 500, "unable to restore %s %s - %s\n", kind, vmid, why);
    return 0;
}

/* The disks of a VM come from the archive; those of a container go to one storage unless its root is given.
 */
static int check_options(struct sim_call *call, struct json_object *options, bool qemu)
{
    const char *storage = sim_arg(call, "storage");

    if (!qemu && !sim_get(options, "rootfs") && sim_may_store(call, storage ? storage : "local", false) < 0)
        return -1;
    json_object_object_foreach(options, key, value)
    {
        (void)value;
        if (qemu && sim_disk_key(true, key))
            return sim_fail_param(call, key, "option conflicts with option 'archive'");
    }
    return sim_options_allowed(call, options, qemu);
}

/* A VM's archive is looked for at once, a container's by the task. */
static int check_archive(struct sim_call *call, bool qemu, const char *archive)
{
    struct sim_volume_name name;
    char why[700];

    if (strcmp(archive, "-") == 0)
        return sim_fail(call, 500, "pipe requires cli environment\n");
    if (sim_may_read(call, archive) < 0)
        return -1;
    if (*archive == '/')
        return sim_fail(call, 500, "can't find archive file '%s'\n", archive);
    if (sim_volume_parse(call->state, archive, &name, why, sizeof why) < 0)
        return sim_fail(call, 500, "%s", why);
    if (sim_storage_usable(call, name.storage) < 0)
        return -1;
    if (strcmp(name.content, "backup") != 0)
        return sim_fail(call, 500, "'%s' is no backup\n", archive);
    if (sim_arg_int(call, "live-restore", 0) &&
        strcmp(sim_str(sim_storage_config(call->state, name.storage), "type", ""), "pbs") != 0)
        return sim_fail(call, 500,
                        "live-restore is only compatible with backup images from a Proxmox Backup Server\n");
    return qemu && !sim_volume_find(call, archive)
               ? sim_fail(call, 500, "volume '%s' does not exist\n", archive)
               : 0;
}

int sim_guest_restore(struct sim_call *call, bool qemu, const char *archive)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *options = sim_options_given(call);
    const char *vmid = sim_arg(call, "vmid"), *node = sim_arg(call, "node");
    struct json_object *entry = sim_get(sim_get(call->state, "guests"), vmid), *args;
    bool over = sim_arg_int(call, "force", 0) && entry && strcmp(sim_str(entry, "node", ""), node) == 0 &&
                strcmp(sim_str(entry, "type", ""), qemu ? "qemu" : "lxc") == 0;
    char prefix[64] = "";

    if (qemu)
        (void)snprintf(prefix, sizeof prefix, "unable to restore VM %s - ", vmid);
    if (!over && !qemu && sim_vmid_unused(call, vmid, prefix) < 0)
        return -1;
    if (sim_may_create(call, vmid, over) < 0 || check_archive(call, qemu, archive) < 0 ||
        check_options(call, options, qemu) < 0 || (!over && sim_vmid_unused(call, vmid, prefix) < 0) ||
        (over && check_place(call, entry, qemu) < 0))
        return -1;
    args = json_object_new_object();
    if (!over) {
        sim_guest_reserve(call, vmid, node, qemu);
        sim_set_int(args, "new", 1);
    }
    sim_set(args, "options", json_object_get(options));
    sim_set_str(args, "archive", archive);
    return sim_life_task(call, qemu ? &restore_qemu : &restore_lxc, args);
}
