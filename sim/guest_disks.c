/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks of guests: looked at, made larger, unlinked. A VM's request only starts the task, which then judges;
 * a container's is judged first.
 */
#include "guest_disks.h"
#include "handlers.h"
#include "power.h"
#include "storage.h"

#include <errno.h>
#include <stdlib.h>

/* ---- one disk ---- */

bool sim_disk_in_snapshot(const struct sim_guest *guest, const char *volid)
{
    struct json_object *snapshots = sim_get(guest->entry, "snapshots");
    size_t n = strlen(volid);

    if (!snapshots)
        return false;
    json_object_object_foreach(snapshots, name, snapshot)
    {
        (void)name;
        json_object_object_foreach(snapshot, key, value)
        {
            const char *then = json_object_get_string(value);

            (void)key;
            if (then && strncmp(then, volid, n) == 0 && (!then[n] || then[n] == ','))
                return true;
        }
    }
    return false;
}

int sim_disk_view(struct json_object *state, const struct sim_guest *guest, const char *key,
                  struct sim_disk *disk, char *why)
{
    *disk = (struct sim_disk){.key = key, .option = sim_str(guest->config, key, NULL)};
    if (!disk->option)
        return sim_why(why, "disk '%s' does not exist", key);
    (void)snprintf(disk->volid, sizeof disk->volid, "%.*s", (int)strcspn(disk->option, ","), disk->option);
    (void)snprintf(disk->storage, sizeof disk->storage, "%.*s", (int)strcspn(disk->volid, ":"), disk->volid);
    if (strcmp(disk->volid, "none") == 0 || strcmp(disk->volid, "cdrom") == 0)
        return sim_why(why, "disk '%s' has no associated volume", key);
    if (*disk->volid == '/' || !strchr(disk->volid, ':'))
        return sim_why(why, "unable to parse volume ID '%s'", disk->volid);
    disk->cloudinit = strstr(disk->volid, "cloudinit") != NULL;
    disk->cdrom = strstr(disk->option, "media=cdrom") != NULL;
    disk->volume = sim_volume_at(state, guest->node, disk->volid);
    disk->size = sim_int(disk->volume, "size", sim_disk_size(disk->option));
    disk->snapshot = sim_disk_in_snapshot(guest, disk->volid);
    return 0;
}

void sim_size_print(int64_t bytes, char *text, size_t size)
{
    static const char units[] = {0, 'K', 'M', 'G', 'T'};
    size_t unit = 0;

    while (unit + 1 < sizeof units && bytes > 0 && bytes % 1024 == 0) {
        bytes /= 1024;
        unit++;
    }
    (void)snprintf(text, size, "%lld%c", (long long)bytes, units[unit]);
}

char *sim_disk_option(const struct sim_disk *disk, const char *volid, int64_t size)
{
    const char *at = disk->option + strcspn(disk->option, ",");
    char *text = NULL, bytes[32];
    bool sized = false;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    if (!out)
        abort();
    sim_size_print(size, bytes, sizeof bytes);
    fprintf(out, "%s", volid ? volid : disk->volid);
    for (; *at; at += strcspn(at, ",")) {
        at++;
        if (strncmp(at, "format=", 7) == 0 && volid)
            continue;
        if (strncmp(at, "size=", 5) == 0)
            fprintf(out, ",size=%s", bytes);
        else
            fprintf(out, ",%.*s", (int)strcspn(at, ","), at);
        sized |= strncmp(at, "size=", 5) == 0;
    }
    if (!sized)
        fprintf(out, ",size=%s", bytes);
    (void)fclose(out);
    return text;
}

int sim_disk_removable(struct sim_call *call, const struct sim_guest *guest, const char *key)
{
    bool unused = strncmp(key, "unused", 6) == 0;
    struct sim_disk disk = {0};
    char why[SIM_WHY_MAX], path[160], text[300];

    if (!guest->qemu || (!unused && !sim_arg_int(call, "force", 0)) || !sim_disk_key(true, key) ||
        sim_disk_view(call->state, guest, key, &disk, why) < 0 || (disk.cdrom && !disk.cloudinit))
        return 0;
    (void)snprintf(path, sizeof path, "/storage/%s", disk.storage);
    if (!sim_can(call, path, "Datastore.AllocateSpace")) {
        (void)snprintf(text, sizeof text, " (%s, Datastore.AllocateSpace)", path);
        return sim_fail_perm(call, text);
    }
    if (disk.snapshot)
        return sim_fail(call, 500, "unable to delete '%s' - volume is still in use (snapshot?)\n",
                        disk.volid);
    return 0;
}

/* ---- room ---- */

static int64_t free_bytes(struct json_object *state, const char *node, const char *storage)
{
    struct json_object *usage = sim_get(sim_get(sim_get(sim_get(state, "nodes"), node), "storage"), storage);

    return usage ? sim_int(usage, "total", 0) - sim_int(usage, "used", 0) : INT64_MAX;
}

/* Is all of a volume's size set aside for it? */
static bool keeps_all(struct json_object *config)
{
    const char *type = sim_str(config, "type", "");

    return strcmp(type, "lvm") == 0 || (strcmp(type, "zfspool") == 0 && !sim_int(config, "sparse", 0));
}

int sim_disk_fits(struct json_object *state, const char *node, const char *volid, int64_t bytes, char *why)
{
    struct json_object *config;
    char storage[128];
    const char *type, *name = strchr(volid, ':') + 1;

    (void)snprintf(storage, sizeof storage, "%.*s", (int)strcspn(volid, ":"), volid);
    config = sim_storage_config(state, storage);
    type = sim_str(config, "type", "");
    if (!keeps_all(config) || bytes <= free_bytes(state, node, storage))
        return 0;
    if (strcmp(type, "lvm") == 0)
        return sim_why(why, "lvextend '/dev/%s/%s' error:   Insufficient free space: %lld extents needed",
                       sim_str(config, "vgname", ""), name, (long long)(bytes >> 22));
    return sim_why(why, "zfs error: cannot set property for '%s/%s': size is greater than available space",
                   sim_str(config, "pool", ""), name);
}

/* A thin pool promises more than it has: LVM says so and goes on. */
static void warn_thin(struct sim *sim, struct sim_job *job, const char *node, const char *storage,
                      int64_t growth)
{
    struct json_object *config = sim_storage_config(sim->state, storage),
                       *list = sim_get(sim_get(sim->state, "volumes"), storage);
    int64_t total = sim_int(sim_get(sim_get(sim_get(sim_get(sim->state, "nodes"), node), "storage"), storage),
                            "total", 0);
    int64_t sum = growth;

    if (strcmp(sim_str(config, "type", ""), "lvmthin") != 0)
        return;
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *volume = json_object_array_get_idx(list, i);

        if (sim_volume_here(volume, node))
            sum += sim_int(volume, "size", 0);
    }
    if (sum > total)
        sim_job_log(job, true,
                    "  WARNING: Sum of all thin volume sizes (%.2f GiB) exceeds the size of thin pool %s/%s "
                    "(%.2f GiB).",
                    (double)sum / (1 << 30), sim_str(config, "vgname", ""), sim_str(config, "thinpool", ""),
                    (double)total / (1 << 30));
}

/* ---- resize ---- */

/* "+2G", "40G", "1.5T", bytes: the new size. */
static int64_t new_size(const char *text, int64_t now)
{
    static const char units[] = "TGMK";
    bool more = *text == '+';
    char *unit = NULL;
    double value = strtod(text + more, &unit);

    const char *step = *unit ? strchr(units, *unit) : NULL;
    for (; step && *step; step++)
        value *= 1024;
    value += more ? (double)now : 0;
    return value < (double)(INT64_MAX / 2) ? (int64_t)value : INT64_MAX / 2;
}

static int check_vm(struct sim *sim, struct sim_job *job, const struct sim_guest *guest,
                    struct sim_disk *disk, char *why)
{
    const char *digest = sim_str(job->args, "digest", NULL);
    char now[41], path[160];

    sim_guest_digest(guest, now);
    if (digest && strcmp(digest, now) != 0)
        return sim_why(why, "checksum mismatch (file change by other user?)");
    if (!sim_int(job->args, "skiplock", 0) && sim_guest_check_lock(guest, why) < 0)
        return -EINVAL;
    if (sim_disk_view(sim->state, guest, sim_str(job->args, "disk", ""), disk, why) < 0)
        return -EINVAL;
    if (disk->cdrom)
        return sim_why(why, "you can't resize a cdrom");
    (void)snprintf(path, sizeof path, "/storage/%s", disk->storage);
    if (!sim_acl_has(sim->state, sim_str(job->args, "who", ""), path, "Datastore.AllocateSpace"))
        return sim_why(why, "Permission check failed (%s, Datastore.AllocateSpace)", path);
    return 0;
}

static void log_resize(struct sim *sim, struct sim_job *job, const struct sim_guest *guest,
                       const struct sim_disk *disk, int64_t bytes)
{
    const char *type = sim_str(sim_storage_config(sim->state, disk->storage), "type", "");

    if (guest->qemu)
        sim_job_log(job, false, "update VM %s: resize --disk %s --size %s", guest->vmid, disk->key,
                    sim_str(job->args, "size", ""));
    warn_thin(sim, job, guest->node, disk->storage, bytes - disk->size);
    if (strcmp(type, "rbd") == 0)
        sim_job_log(job, true, "Resizing image: 100%% complete...done.");
    if (strncmp(type, "lvm", 3) == 0)
        sim_job_log(job, true, "  Logical volume %s/%s successfully resized.",
                    sim_str(sim_storage_config(sim->state, disk->storage), "vgname", ""),
                    strchr(disk->volid, ':') + 1);
}

static int begin_resize(struct sim *sim, struct sim_job *job, char *why)
{
    struct sim_guest guest = {0};
    struct sim_disk disk = {0};
    int64_t bytes;

    if (sim_job_guest(sim, job, &guest, why) < 0)
        return -EINVAL;
    if (guest.qemu ? check_vm(sim, job, &guest, &disk, why) < 0
                   : sim_disk_view(sim->state, &guest, sim_str(job->args, "disk", ""), &disk, why) < 0)
        return -EINVAL;
    bytes = new_size(sim_str(job->args, "size", ""), disk.size);
    if (bytes < disk.size)
        return sim_why(why, "shrinking disks is not supported");
    if (bytes > disk.size && sim_disk_fits(sim->state, guest.node, disk.volid, bytes - disk.size, why) < 0)
        return -EINVAL;
    log_resize(sim, job, &guest, &disk, bytes);
    sim_set_int(job->args, "bytes", bytes);
    return 0;
}

/* Most storages give a volume the space of what it holds, some that of its size. */
static void grow(struct sim *sim, const struct sim_guest *guest, const struct sim_disk *disk, int64_t bytes)
{
    struct json_object *volume = sim_copy(disk->volume);

    if (keeps_all(sim_storage_config(sim->state, disk->storage)))
        json_object_object_del(volume, "used");
    else
        sim_set_int(volume, "used", sim_int(volume, "used", disk->size));
    sim_set_int(volume, "size", bytes);
    sim_volume_remove(sim->state, guest->node, disk->volid);
    sim_volume_add(sim->state, guest->node, volume);
}

static int end_resize(struct sim *sim, struct sim_job *job, char *why)
{
    int64_t bytes = sim_int(job->args, "bytes", 0);
    struct sim_guest guest = {0};
    struct sim_disk disk = {0};
    SIM_FREE_WITH(sim_freep) char *option = NULL;

    if (sim_job_guest(sim, job, &guest, why) < 0 ||
        sim_disk_view(sim->state, &guest, sim_str(job->args, "disk", ""), &disk, why) < 0)
        return -EINVAL;
    option = sim_disk_option(&disk, NULL, bytes);
    if (disk.volume)
        grow(sim, &guest, &disk, bytes);
    sim_set_str(guest.config, sim_str(job->args, "disk", ""), option);
    return 0;
}

static const struct sim_work resize_work = {"resize", NULL, begin_resize, end_resize};

/* Everything about a container is judged before its task. */
static int check_container(struct sim_call *call)
{
    const char *key = sim_arg(call, "disk"), *digest = sim_arg(call, "digest");
    char why[SIM_WHY_MAX], now[41], path[160];
    struct sim_guest guest = {0};
    struct sim_disk disk = {0};
    int64_t bytes;

    if (sim_guest_find(call, &guest) < 0)
        return -1;
    if (sim_guest_check_lock(&guest, why) < 0)
        return sim_fail(call, 500, "%s\n", why);
    sim_guest_digest(&guest, now);
    if (digest && strcmp(digest, now) != 0)
        return sim_fail(call, 500,
                        "detected modified configuration - file changed by other user? Try again.\n");
    if (sim_disk_view(call->state, &guest, key, &disk, why) < 0)
        return sim_fail(call, 500, "%s\n", why);
    (void)snprintf(path, sizeof path, "/storage/%s", disk.storage);
    if (!sim_can(call, path, "Datastore.AllocateSpace")) {
        (void)snprintf(why, sizeof why, " (%s, Datastore.AllocateSpace)", path);
        return sim_fail_perm(call, why);
    }
    bytes = new_size(sim_arg(call, "size"), disk.size);
    if (bytes < disk.size)
        return sim_fail(call, 500, "unable to shrink disk size\n");
    if (bytes == disk.size)
        return sim_fail(call, 500, "disk is already at specified size\n");
    return 0;
}

int sim_disk_resize(struct sim_call *call)
{
    bool qemu = strstr(call->route->path, "/qemu/") != NULL;
    struct json_object *args;

    if (sim_arg_int(call, "skiplock", 0) && strcmp(call->who, "root@pam") != 0)
        return sim_fail_param(call, "skiplock", "Only root may use this option.");
    if (!qemu && check_container(call) < 0)
        return -1;
    args = sim_copy(call->params);
    sim_set_str(args, "type", qemu ? "qemu" : "lxc");
    sim_set_str(args, "who", call->who);
    return sim_call_task(call, &resize_work, args);
}

/* The same as deleting the options. */
int sim_disk_unlink(struct sim_call *call)
{
    sim_set(call->params, "delete", sim_copy(sim_get(call->params, "idlist")));
    json_object_object_del(call->params, "idlist");
    return sim_guest_update(call);
}
