/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks of guests that go to another storage, or to another guest of the node.
 */
#include "guest_disks.h"
#include "handlers.h"
#include "power.h"
#include "storage.h"

#include <errno.h>
#include <stdlib.h>

#define GIB (double)(1LL << 30)

/* ---- the new volume ---- */

/* The format of a copy: the one asked for, else the old one where the storage has it, else its default. */
static const char *copy_format(struct json_object *state, const struct sim_guest *guest,
                               const struct sim_disk *disk, const char *storage, const char *asked)
{
    struct json_object *config = sim_storage_config(state, storage);
    const struct sim_storage_type *type = sim_storage_type_of(config);
    const char *old = sim_str(disk->volume, "format", "raw");

    if (!guest->qemu)
        return strcmp(type->name, "zfspool") == 0 ? "subvol" : "raw";
    if (asked && sim_listed(type->formats, asked))
        return asked;
    return type->files && sim_listed("raw qcow2 vmdk", old) ? old : sim_str(config, "format", "raw");
}

/* A free name on the storage for a volume of the guest `vmid`. */
static void name_volume(struct json_object *state, const char *node, const char *vmid, const char *storage,
                        const char *format, const char *what, char *volid, size_t size)
{
    bool files = sim_storage_type_of(sim_storage_config(state, storage))->files,
         subvol = strcmp(format, "subvol") == 0;
    char folder[24] = "";

    if (files)
        (void)snprintf(folder, sizeof folder, "%s/", vmid);
    for (int i = 0; i < 1000; i++) {
        if (*what)
            (void)snprintf(volid, size, "%s:%svm-%s-%s", storage, folder, vmid, what);
        else
            (void)snprintf(volid, size, "%s:%s%s-%s-disk-%d%s%s", storage, folder, subvol ? "subvol" : "vm",
                           vmid, i, files ? "." : "", files ? format : "");
        if (*what || !sim_volume_at(state, node, volid))
            return;
    }
}

static void copy_volume(struct sim *sim, const struct sim_guest *guest, const struct sim_disk *disk,
                        const char *volid, const char *format)
{
    struct json_object *volume = json_object_new_object();

    sim_set_str(volume, "volid", volid);
    sim_set_str(volume, "content", guest->qemu ? "images" : "rootdir");
    sim_set_str(volume, "format", format);
    sim_set_int(volume, "size", disk->size);
    sim_set_int(volume, "used", sim_int(disk->volume, "used", disk->size));
    sim_set_int(volume, "vmid", sim_int(guest->entry, "vmid", 0));
    sim_set(volume, "parent", NULL);
    sim_set_int(volume, "ctime", (int64_t)time(NULL));
    sim_volume_add(sim->state, guest->node, volume);
}

/* ---- to another storage ---- */

static int check_target(struct sim *sim, const struct sim_guest *guest, const char *storage, char *why)
{
    const char *content = guest->qemu ? "images" : "rootdir";
    char text[300];

    if (sim_storage_check(sim->state, storage, guest->node, text, sizeof text) < 0) {
        text[strcspn(text, "\n")] = 0;
        return sim_why(why, "storage migration failed: %s", text);
    }
    if (!sim_storage_takes(sim_storage_config(sim->state, storage), content))
        return sim_why(why, "storage migration failed: storage '%s' does not support content type '%s'",
                       storage, content);
    return 0;
}

static void log_copy(struct sim_job *job, const struct sim_guest *guest, const struct sim_disk *disk)
{
    double size = (double)disk->size / GIB;

    if (!guest->qemu) {
        sim_job_log(job, true, "Creating filesystem and copying the files of %s", disk->volid);
        return;
    }
    sim_job_log(job, false, "create full clone of drive %s (%s)", disk->key, disk->volid);
    if (guest->running)
        sim_job_log(job, true, "drive mirror is starting for drive-%s", disk->key);
    sim_job_log(job, true, "transferred 0.0 B of %.1f GiB (0.00%%)", size);
    sim_job_log(job, true, "transferred %.1f GiB of %.1f GiB (50.00%%)", size / 2, size);
    sim_job_log(job, true, "transferred %.1f GiB of %.1f GiB (100.00%%)", size, size);
    if (guest->running)
        sim_job_log(job, true, "all 'mirror' jobs are ready");
}

static int begin_move(struct sim *sim, struct sim_job *job, char *why)
{
    const char *storage = sim_str(job->args, "storage", "");
    struct json_object *usage;
    struct sim_guest guest = {0};
    struct sim_disk disk = {0};

    if (sim_job_guest(sim, job, &guest, why) < 0 ||
        sim_disk_view(sim->state, &guest, sim_str(job->args, "disk", ""), &disk, why) < 0 ||
        check_target(sim, &guest, storage, why) < 0)
        return -EINVAL;
    usage = sim_get(sim_get(sim_get(sim_get(sim->state, "nodes"), guest.node), "storage"), storage);
    if (usage &&
        sim_int(disk.volume, "used", disk.size) > sim_int(usage, "total", 0) - sim_int(usage, "used", 0))
        return sim_why(why, "storage migration failed: error during copy: no space left on device");
    sim_set_str(job->args, "volid", disk.volid);
    log_copy(job, &guest, &disk);
    return 0;
}

/* In the guest's configuration the copy takes the place of the old volume. */
static int end_move(struct sim *sim, struct sim_job *job, char *why)
{
    const char *storage = sim_str(job->args, "storage", ""), *key = sim_str(job->args, "disk", ""), *format;
    SIM_FREE_WITH(sim_freep) char *option = NULL;
    struct sim_guest guest = {0};
    struct sim_disk disk = {0};
    char volid[256];

    if (sim_job_guest(sim, job, &guest, why) < 0 || sim_disk_view(sim->state, &guest, key, &disk, why) < 0 ||
        check_target(sim, &guest, storage, why) < 0)
        return -EINVAL;
    if (strcmp(disk.volid, sim_str(job->args, "volid", "")) != 0)
        return sim_why(why, "storage migration failed: disk '%s' changed meanwhile", key);
    format = copy_format(sim->state, &guest, &disk, storage, sim_str(job->args, "format", NULL));
    name_volume(sim->state, guest.node, guest.vmid, storage, format, disk.cloudinit ? "cloudinit" : "", volid,
                sizeof volid);
    copy_volume(sim, &guest, &disk, volid, format);
    option = sim_disk_option(&disk, volid, disk.size);
    sim_set_str(guest.config, key, option);
    if (sim_int(job->args, "delete", 0))
        sim_volume_remove(sim->state, guest.node, disk.volid);
    else
        sim_guest_add_unused(guest.config, disk.volid);
    return 0;
}

static const struct sim_work move_qemu = {"qmmove", NULL, begin_move, end_move},
                             move_lxc = {"move_volume", "disk", begin_move, end_move};

/* ---- to another guest ---- */

static int begin_reassign(struct sim *sim, struct sim_job *job, char *why)
{
    struct sim_guest guest = {0};

    if (sim_job_guest(sim, job, &guest, why) < 0)
        return -EINVAL;
    sim_job_log(job, false, "moving disk '%s' from %s '%s' to '%s'", sim_str(job->args, "disk", ""),
                guest.qemu ? "VM" : "container", guest.vmid, sim_str(job->args, "target-vmid", ""));
    return 0;
}

/* The volume gets a name of its new owner. */
static int end_reassign(struct sim *sim, struct sim_job *job, char *why)
{
    const char *target = sim_str(job->args, "target-vmid", ""), *key = sim_str(job->args, "disk", ""),
               *target_key = sim_str(job->args, "target-disk", "");
    struct json_object *entry = sim_get(sim_get(sim->state, "guests"), target), *volume;
    SIM_FREE_WITH(sim_freep) char *option = NULL;
    struct sim_guest guest = {0};
    struct sim_disk disk = {0};
    char volid[256];

    if (sim_job_guest(sim, job, &guest, why) < 0 || sim_disk_view(sim->state, &guest, key, &disk, why) < 0)
        return -EINVAL;
    if (!entry || sim_get(sim_get(entry, "config"), target_key))
        return sim_why(why, "Target disk key '%s' is already in use for VM '%s'", target_key, target);
    name_volume(sim->state, guest.node, target, disk.storage, sim_str(disk.volume, "format", "raw"), "",
                volid, sizeof volid);
    volume = sim_copy(disk.volume);
    if (volume) {
        sim_set_str(volume, "volid", volid);
        sim_set_int(volume, "vmid", sim_int(entry, "vmid", 0));
        sim_volume_remove(sim->state, guest.node, disk.volid);
        sim_volume_add(sim->state, guest.node, volume);
    }
    if (strncmp(target_key, "unused", 6) == 0)
        option = strdup(volid);
    else
        option = sim_disk_option(&disk, volid, disk.size);
    json_object_object_del(guest.config, key);
    sim_set_str(sim_get(entry, "config"), target_key, option);
    return 0;
}

static const struct sim_work reassign_qemu = {"qmmove", NULL, begin_reassign, end_reassign},
                             reassign_lxc = {"move_volume", NULL, begin_reassign, end_reassign};

/* ---- the request ---- */

static int need(struct sim_call *call, const char *path, const char *priv)
{
    char text[300];

    if (sim_can(call, path, priv))
        return 0;
    (void)snprintf(text, sizeof text, " (%s, %s)", path, priv);
    return sim_fail_perm(call, text);
}

static int check_digest(struct sim_call *call, const struct sim_guest *guest, const char *given)
{
    char now[41];

    sim_guest_digest(guest, now);
    if (!given || strcmp(given, now) == 0)
        return 0;
    return sim_fail(call, 500, "%s\n",
                    guest->qemu ? "checksum mismatch (file change by other user?)"
                                : "detected modified configuration - file changed by other user? Try again.");
}

/* What goes for every move. */
static int check_source(struct sim_call *call, const struct sim_guest *guest, const char *key,
                        struct sim_disk *disk)
{
    char why[SIM_WHY_MAX];

    if (sim_guest_check_lock(guest, why) < 0)
        return sim_fail(call, 500, "%s\n", why);
    if (check_digest(call, guest, sim_arg(call, "digest")) < 0)
        return -1;
    if (!guest->qemu && guest->running)
        return sim_fail(call, 500, "cannot move volumes of a running container\n");
    if (sim_disk_view(call->state, guest, key, disk, why) < 0)
        return sim_fail(call, 500, "%s\n", why);
    if (disk->cdrom && !disk->cloudinit)
        return sim_fail(call, 500, "you can't move a cdrom\n");
    return 0;
}

static int check_move(struct sim_call *call, const struct sim_guest *guest, const char *key,
                      const struct sim_disk *disk)
{
    const char *storage = sim_arg(call, "storage"), *format = sim_arg(call, "format");
    const char *what = guest->qemu ? "disk" : "volume";
    char path[160];

    (void)snprintf(path, sizeof path, "/storage/%s", storage);
    if (need(call, path, "Datastore.AllocateSpace") < 0)
        return -1;
    if (strncmp(key, "unused", 6) == 0)
        return sim_fail(call, 500,
                        "cannot move %s '%s', only configured %ss can be moved to another storage\n", what,
                        key, what);
    if (guest->qemu && strcmp(storage, disk->storage) == 0 &&
        (!format || strcmp(format, sim_str(disk->volume, "format", "raw")) == 0))
        return sim_fail(call, 500, "you can't move to the same storage with same format\n");
    if (guest->running && strcmp(key, "tpmstate0") == 0)
        return sim_fail(call, 500, "cannot move TPM state while VM is running\n");
    if (disk->snapshot && sim_arg_int(call, "delete", 0))
        return sim_fail(call, 500, "you can't move a %s with snapshots and delete the source\n", what);
    return 0;
}

/* Fails the call unless the other guest is there, on the same node, of the same kind, with a place for it. */
static int check_reassign(struct sim_call *call, const struct sim_guest *guest, const char *key,
                          const struct sim_disk *disk, const char *target_key)
{
    const char *vmid = sim_arg(call, "target-vmid");
    struct json_object *entry = sim_get(sim_get(call->state, "guests"), vmid);
    const char *what = guest->qemu ? "VM" : "container";
    struct sim_guest target = {0};
    char path[40];

    if (strcmp(vmid, guest->vmid) == 0)
        return sim_fail_param(call, "target-vmid", "must be different than source VMID to move %s",
                              guest->qemu ? "disk to another VM" : "volume to another container");
    (void)snprintf(path, sizeof path, "/vms/%s", vmid);
    if (need(call, path, "VM.Config.Disk") < 0)
        return -1;
    if (!entry)
        return sim_fail(call, 500, "%s '%s' does not exist\n", what, vmid);
    sim_guest_view(vmid, entry, &target);
    if (target.qemu != guest->qemu)
        return sim_fail(call, 500, "%s '%s' does not exist\n", what, vmid);
    if (strcmp(target.node, guest->node) != 0)
        return sim_fail(call, 500, "Both %ss need to be on the same node (%s) but target %s is on %s.\n",
                        what, guest->node, what, target.node);
    if (check_digest(call, &target, sim_arg(call, "target-digest")) < 0)
        return -1;
    if (sim_get(target.config, target_key))
        return sim_fail(call, 500, "Target %s key '%s' is already in use for %s '%s'\n",
                        guest->qemu ? "disk" : "volume", target_key, what, vmid);
    if (disk->snapshot)
        return sim_fail(call, 500, "Can't move %s used by a snapshot to another %s\n",
                        guest->qemu ? "disk" : "volume", what);
    if (guest->running && strncmp(key, "unused", 6) != 0)
        return sim_fail(call, 500, "Cannot move disk '%s' while the source VM is running\n", key);
    return 0;
}

int sim_disk_move(struct sim_call *call)
{
    bool qemu = strstr(call->route->path, "/qemu/") != NULL;
    const char *key = sim_arg(call, qemu ? "disk" : "volume"), *storage = sim_arg(call, "storage"),
               *target = sim_arg(call, "target-vmid"),
               *target_key = sim_arg(call, qemu ? "target-disk" : "target-volume");
    static const char missing[] = "both 'storage' and 'target-vmid' missing, either needs to be set";
    struct json_object *args;
    struct sim_guest guest = {0};
    struct sim_disk disk = {0};

    if (storage && target)
        return sim_fail(call, 500, "either set storage or target-vmid, but not both\n");
    if (!storage && !target) {
        (void)sim_fail_param(call, "storage", "%s", missing);
        return sim_fail_param(call, "target-vmid", "%s", missing);
    }
    target_key = target_key ? target_key : key;
    if (sim_guest_find(call, &guest) < 0 || check_source(call, &guest, key, &disk) < 0 ||
        (storage ? check_move(call, &guest, key, &disk)
                 : check_reassign(call, &guest, key, &disk, target_key)) < 0)
        return -1;
    args = sim_copy(call->params);
    sim_set_str(args, "type", guest.type);
    sim_set_str(args, "disk", key);
    sim_set_str(args, "target-disk", target_key);
    if (storage)
        return sim_call_task(call, qemu ? &move_qemu : &move_lxc, args);
    return sim_call_task(call, qemu ? &reassign_qemu : &reassign_lxc, args);
}
