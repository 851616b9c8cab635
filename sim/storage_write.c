/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Volumes: allocated, deleted, annotated, protected.
 */
#include "guest.h"
#include "handlers.h"
#include "storage.h"
#include "task_run.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

/* ---- allocate ---- */

/* "64M", "2G", or kibibytes. */
static int64_t size_of(const char *text)
{
    int64_t value = 0;

    for (; isdigit((unsigned char)*text) && value < INT64_MAX / (16LL << 30); text++)
        value = value * 10 + (*text - '0');
    return value * (*text == 'G' ? 1LL << 30 : *text == 'M' ? 1LL << 20 : 1LL << 10);
}

/* The volume's id, from what the file is to be called. Returns 0 or fails the call. */
static int new_volid(struct sim_call *call, const struct sim_storage_type *type, char *volid, size_t size)
{
    const char *storage = sim_arg(call, "storage"), *file = sim_arg(call, "filename"),
               *vmid = sim_arg(call, "vmid"), *dot = strrchr(file, '.');
    char prefix[32];

    (void)snprintf(prefix, sizeof prefix, "vm-%s-", vmid);
    if (type->files) {
        if (!dot || dot == file || strchr(file, '/') || !sim_listed(type->formats, dot + 1))
            return sim_fail(call, 500, "unable to parse volume filename '%s'\n", file);
        (void)snprintf(volid, size, "%s:%s/%s", storage, vmid, file);
        return 0;
    }
    if (strcmp(type->name, "pbs") == 0 || strcmp(type->name, "esxi") == 0 ||
        strncmp(type->name, "iscsi", 5) == 0)
        return sim_fail(call, 500, "can't allocate space in %s storage\n", type->name);
    if (strncmp(file, prefix, strlen(prefix)) != 0)
        return sim_fail(call, 500, "illegal name '%s' - should be 'vm-%s-*'\n", file, vmid);
    (void)snprintf(volid, size, "%s:%s", storage, file);
    return 0;
}

int sim_volume_alloc(struct sim_call *call)
{
    const char *storage = sim_arg(call, "storage"), *file = sim_arg(call, "filename"),
               *format = sim_arg(call, "format"), *dot = strrchr(file, '.');
    const struct sim_storage_type *type;
    struct sim_volume_name name;
    struct json_object *volume, *guest;
    char volid[400], path[700], why[700];

    if (dot && sim_listed("raw qcow2 vmdk", dot + 1)) {
        if (format && strcmp(format, dot + 1) != 0)
            return sim_fail_param(call, "format", "different storage formats (%s != %s)", format, dot + 1);
        format = dot + 1;
    }
    if (sim_storage_usable(call, storage) < 0)
        return -1;
    type = sim_storage_type_of(sim_storage_config(call->state, storage));
    if (new_volid(call, type, volid, sizeof volid) < 0)
        return -1;
    if (!format)
        format = sim_str(sim_storage_config(call->state, storage), "format", "raw");
    if (!sim_listed(type->formats, format))
        return sim_fail(call, 500, "unsupported format '%s'\n", format);
    if (sim_volume_parse(call->state, volid, &name, why, sizeof why) < 0)
        return sim_fail(call, 500, "%s", why);
    sim_volume_path(call->state, &name, path, sizeof path);
    if (sim_volume_find(call, volid))
        return sim_fail(call, 500, "disk image '%s' already exists\n", path);
    guest = sim_get(sim_get(call->state, "guests"), sim_arg(call, "vmid"));
    volume = json_object_new_object();
    sim_set_str(volume, "volid", volid);
    sim_set_str(volume, "content", strcmp(sim_str(guest, "type", "qemu"), "lxc") == 0 ? "rootdir" : "images");
    sim_set_str(volume, "format", format);
    sim_set_int(volume, "size", size_of(sim_arg(call, "size")));
    sim_set_int(volume, "used", 0);
    sim_set_int(volume, "vmid", sim_arg_int(call, "vmid", 0));
    sim_set(volume, "parent", NULL);
    sim_set_int(volume, "ctime", (int64_t)time(NULL));
    sim_volume_add(call->state, sim_arg(call, "node"), volume);
    call->data = json_object_new_string(volid);
    sim_touch(call->sim);
    return 0;
}

/* ---- delete ---- */

/* A volume that is not there: those who look after files do not mind, other tools do. */
static int missing(struct sim *sim, const struct sim_volume_name *name, const char *path, struct sim_job *job,
                   char *why)
{
    struct json_object *config = sim_storage_config(sim->state, name->storage);
    const char *type = sim_str(config, "type", "");

    if (sim_storage_type_of(config)->files) {
        sim_job_log(job, false, "disk image '%s' does not exist", path);
        return 0;
    }
    if (sim_listed("lvm lvmthin", type))
        return sim_why(why, "lvremove '%s/%s' error:   Failed to find logical volume \"%s/%s\"",
                       sim_str(config, "vgname", ""), name->name, sim_str(config, "vgname", ""), name->name);
    if (strcmp(type, "pbs") == 0)
        return sim_why(why, "proxmox-backup-client failed: Error: snapshot '%s' does not exist",
                       name->name + strlen("backup/"));
    return sim_why(why, "%s error: volume '%s' does not exist", type, name->name);
}

static int free_volume(struct sim *sim, struct sim_job *job, char *why)
{
    const char *node = sim_str(job->args, "node", ""), *volid = sim_str(job->args, "volid", "");
    struct sim_volume_name name;
    struct json_object *volume;
    char path[700];

    if (sim_volume_parse(sim->state, volid, &name, why, SIM_WHY_MAX) < 0) {
        why[strcspn(why, "\n")] = 0;
        return -EINVAL;
    }
    volume = sim_volume_at(sim->state, node, volid);
    sim_volume_path(sim->state, &name, path, sizeof path);
    if (volume && sim_int(volume, "protected", 0))
        return sim_why(why, "cannot remove protected volume '%s' on '%s'", name.name, name.storage);
    /* LVM-thin shares blocks and lets a base go. */
    if (strcmp(sim_str(sim_storage_config(sim->state, name.storage), "type", ""), "lvmthin") != 0 &&
        sim_volume_has_clones(sim->state, &name))
        return sim_why(why, "base volume '%s' is still in use by linked clones", name.name);
    if (!volume && missing(sim, &name, path, job, why) < 0)
        return -EINVAL;
    if (volume)
        sim_volume_remove(sim->state, node, volid);
    sim_job_log(job, false, "Removed volume '%s'", volid);
    return 0;
}

static const struct sim_work delete_work = {.type = "imgdel", .end = free_volume};

/* Datastore.Allocate, or, for the backup of a guest, AllocateSpace and VM.Backup. */
static int may_delete(struct sim_call *call, const struct sim_volume_name *name)
{
    bool backup = strcmp(name->content, "backup") == 0 && *name->vmid;
    const char *priv = backup ? "Datastore.AllocateSpace" : "Datastore.Allocate";
    char path[160], why[300];

    (void)snprintf(path, sizeof path, "/storage/%s", name->storage);
    if (sim_can(call, path, priv)) {
        if (!backup)
            return 0;
        (void)snprintf(path, sizeof path, "/vms/%s", name->vmid);
        priv = "VM.Backup";
        if (sim_can(call, path, priv))
            return 0;
    }
    (void)snprintf(why, sizeof why, " (%s, %s)", path, priv);
    return sim_fail_perm(call, why);
}

int sim_volume_delete(struct sim_call *call)
{
    int64_t delay = sim_arg_int(call, "delay", 0);
    struct sim_volume_name name;
    struct json_object *args, *task;
    char volid[400], id[180];

    if (sim_volume_of_call(call, volid, sizeof volid, &name) < 0 || may_delete(call, &name) < 0 ||
        sim_storage_usable(call, name.storage) < 0)
        return -1;
    (void)snprintf(id, sizeof id, "%s%s%s", name.vmid, *name.vmid ? "@" : "", name.storage);
    args = json_object_new_object();
    sim_set_str(args, "id", id);
    sim_set_str(args, "node", sim_arg(call, "node"));
    sim_set_str(args, "volid", volid);
    task = sim_task_start(call->sim, &delete_work, call->who, sim_arg(call, "node"), args);
    /* Who is ready to wait gets no task when it is over by then. */
    if (delay > 0 && sim_task_wait(call->sim, task, delay * 1000)) {
        if (strcmp(sim_str(task, "status", ""), "OK") == 0)
            return 0;
        return sim_fail(call, 500, "%s\n", sim_str(task, "status", ""));
    }
    call->data = sim_copy(sim_get(task, "upid"));
    return 0;
}

/* ---- notes and protection ---- */

static int64_t protected_count(struct sim_call *call, const char *storage, const char *vmid)
{
    struct json_object *list = sim_get(sim_get(call->state, "volumes"), storage);
    int64_t count = 0;

    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *volume = json_object_array_get_idx(list, i);

        count += strcmp(sim_str(volume, "vmid", ""), vmid) == 0 && sim_int(volume, "protected", 0) &&
                 sim_volume_here(volume, sim_arg(call, "node"));
    }
    return count;
}

/* Five of a guest, or what the storage says; without a limit for who may allocate on the storage. */
static int check_protected_count(struct sim_call *call, const struct sim_volume_name *name)
{
    struct json_object *config = sim_storage_config(call->state, name->storage);
    char path[160];
    int64_t limit;

    (void)snprintf(path, sizeof path, "/storage/%s", name->storage);
    limit = sim_int(config, "max-protected-backups", sim_can(call, path, "Datastore.Allocate") ? -1 : 5);
    if (limit < 0 || protected_count(call, name->storage, name->vmid) < limit)
        return 0;
    return sim_fail(call, 500, "The number of protected backups per guest is limited to %d on storage '%s'\n",
                    (int)limit, name->storage);
}

int sim_volume_update(struct sim_call *call)
{
    const char *notes = sim_arg(call, "notes");
    int64_t protect = sim_arg_int(call, "protected", -1);
    struct sim_volume_name name;
    struct json_object *volume;
    const struct sim_storage_type *type;
    char volid[400];

    if (sim_volume_of_call(call, volid, sizeof volid, &name) < 0 || sim_volume_readable(call, &name) < 0 ||
        sim_storage_usable(call, name.storage) < 0)
        return -1;
    if (!notes && protect < 0)
        return 0;
    type = sim_storage_type_of(sim_storage_config(call->state, name.storage));
    if (!type->files && strcmp(type->name, "pbs") != 0)
        return sim_fail(call, 500, "attribute '%s' is not supported for storage type '%s'\n",
                        notes ? "notes" : "protected", type->name);
    if (strcmp(name.content, "backup") != 0)
        return sim_fail(call, 500,
                        notes ? "only backups can have notes\n" : "only backups can be protected\n");
    volume = sim_volume_find(call, volid);
    if (!volume)
        return sim_fail(call, 500, "volume '%s' does not exist\n", volid);
    if (protect > 0 && !sim_int(volume, "protected", 0) && check_protected_count(call, &name) < 0)
        return -1;
    if (notes && *notes)
        sim_set_str(volume, "notes", notes);
    else if (notes)
        json_object_object_del(volume, "notes");
    if (protect > 0)
        sim_set_int(volume, "protected", 1);
    else if (protect == 0)
        json_object_object_del(volume, "protected");
    sim_touch(call->sim);
    return 0;
}
