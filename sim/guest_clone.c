/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies of guests: full ones, and linked ones of templates and snapshots where the storage has them.
 */
#include "guest_change.h"
#include "guest_life.h"
#include "handlers.h"
#include "migrate.h"
#include "power.h"
#include "storage.h"

#include <errno.h>
#include <stdlib.h>

/* What a copy does not take along. */
static const char left[] = "snapshots parent description snaptime vmstate runningcpu runningmachine template "
                           "lock digest";

/* ---- what storages can do ---- */

/* Types of storages, by what their volumes can be turned into. `files`: those that keep images as files. */
static const struct {
    const char *types;
    bool base;       /* a template's volume */
    bool of_base;    /* a linked clone of one */
    bool of_snap;    /* a linked clone of a snapshot */
    bool copy_snap;  /* a copy of a snapshot */
    bool containers; /* linked clones for containers too */
} features[] = {
    {"dir nfs cifs cephfs", true, true, false, false, false},
    {"btrfs", true, true, true, true, true},
    {"lvmthin rbd", true, true, true, true, true},
    {"zfspool zfs", true, true, false, false, true},
    {"fakesnap", false, false, false, true, false},
};

bool sim_volume_can(struct json_object *state, const char *volid, bool qemu, enum sim_feature feature)
{
    struct sim_volume_name name;
    const char *type;
    char why[700];

    if (sim_volume_parse(state, volid, &name, why, sizeof why) < 0)
        return false;
    type = sim_str(sim_storage_config(state, name.storage), "type", "");
    for (size_t i = 0; i < sizeof features / sizeof *features; i++) {
        bool linked = qemu || features[i].containers;

        if (!sim_listed(features[i].types, type))
            continue;
        switch (feature) {
        case SIM_CAN_BASE: return features[i].base;
        case SIM_CAN_LINK_SNAPSHOT: return features[i].of_snap && linked;
        case SIM_CAN_COPY_SNAPSHOT: return features[i].copy_snap || strstr(name.name, ".qcow2");
        case SIM_CAN_LINK_BASE:
            return features[i].of_base && linked &&
                   (strstr(name.name, "base-") || strstr(name.name, "basevol-"));
        }
    }
    return false;
}

/* ---- what a request may ask for ---- */

struct source {
    struct sim_call *call;
    struct sim_guest *guest;
    struct json_object *options; /* of the guest or of its snapshot */
    const char *target;          /* another node; NULL: none */
    bool full;
};

static void volid_of(const char *option, char *volid, size_t size)
{
    (void)snprintf(volid, size, "%.*s", (int)strcspn(option, ","), option);
}

static bool is_cloudinit(const char *option)
{
    return strstr(option, "-cloudinit") != NULL;
}

/* Is it a volume that a copy has one of its own of? */
static bool is_copied(bool qemu, const char *key, const char *text)
{
    if (strncmp(key, "unused", 6) == 0 || *text == '/' || !strchr(text, ':'))
        return false;
    return !qemu || is_cloudinit(text) || !strstr(text, "media=cdrom");
}

static int check_storage(struct source *source, const char *text)
{
    const char *wanted = sim_arg(source->call, "storage");
    char storage[128], why[300];

    sim_storage_of(text, storage, sizeof storage);
    if (sim_may_store(source->call, wanted ? wanted : storage, source->guest->qemu) < 0)
        return -1;
    if (!source->target)
        return 0;
    if (sim_storage_shared(source->call->state, wanted ? wanted : storage))
        return sim_storage_check(source->call->state, wanted ? wanted : storage, source->target, why,
                                 sizeof why) < 0
                   ? sim_fail(source->call, 500, "%s", why)
                   : 0;
    if (wanted)
        return sim_fail(source->call, 500, "can't clone to non-shared storage '%s'\n", wanted);
    return sim_fail(source->call, 500, "can't clone %s to node '%s' (%s uses local storage)\n",
                    source->guest->qemu ? "VM" : "CT", source->target, source->guest->qemu ? "VM" : "CT");
}

static int check_disk(void *context, const char *key, const char *text)
{
    struct source *source = context;
    struct sim_call *call = source->call;
    bool qemu = source->guest->qemu, snapshot = sim_arg(call, "snapname") != NULL;
    char volid[400];

    if (!qemu && *text == '/')
        return sim_fail(call, 500, "unable to clone mountpoint '%s' (type %s)\n", key,
                        strncmp(text, "/dev/", 5) == 0 ? "device" : "bind");
    if (!is_copied(qemu, key, text))
        return 0;
    if (check_storage(source, text) < 0)
        return -1;
    volid_of(text, volid, sizeof volid);
    if (source->full || (qemu && is_cloudinit(text))) {
        if (source->full && !qemu && source->guest->running && !snapshot)
            return sim_fail(call, 500,
                            "Full clone of a running container is only possible from a snapshot\n");
        if (source->full && qemu && source->guest->running && !snapshot && strncmp(key, "tpmstate", 8) == 0)
            return sim_fail(call, 500, "cannot clone TPM state while VM is running\n");
        if (source->full && snapshot && !sim_volume_can(call->state, volid, qemu, SIM_CAN_COPY_SNAPSHOT))
            return sim_fail(call, 500, "Full clone feature is not supported for drive '%s'\n", key);
        return 0;
    }
    if (sim_volume_can(call->state, volid, qemu, snapshot ? SIM_CAN_LINK_SNAPSHOT : SIM_CAN_LINK_BASE))
        return 0;
    if (!qemu)
        return sim_fail(call, 500, "Linked clone feature for '%s' is not available\n", volid);
    return sim_fail(call, 500, "Linked clone feature is not supported for drive '%s'\n", key);
}

/* A container's are judged by their names in order: the root last. */
static int check_disks(struct source *source)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *others = sim_copy(source->options);

    if (source->guest->qemu)
        return sim_each_disk(source->options, true, check_disk, source);
    json_object_object_del(others, "rootfs");
    if (sim_each_disk(others, false, check_disk, source) != 0)
        return -1;
    return check_disk(source, "rootfs", sim_str(source->options, "rootfs", ""));
}

/* The guest, its snapshot, and whether the copy is a full one. */
static int find_source(struct source *source)
{
    struct sim_call *call = source->call;
    const char *snapname = sim_arg(call, "snapname");
    char why[SIM_WHY_MAX];

    if (sim_guest_check_lock(source->guest, why) < 0)
        return sim_fail(call, 500, "%s\n", why);
    source->options = source->guest->config;
    source->full = sim_arg_int(call, "full", !sim_int(source->guest->config, "template", 0)) != 0;
    if (snapname)
        source->options = sim_get(sim_get(source->guest->entry, "snapshots"), snapname);
    if (!source->options)
        return sim_fail(call, 500, "snapshot '%s' does not exist\n", snapname);
    for (size_t i = 0; i < 2 && !source->full; i++) {
        const char *name = i ? "format" : "storage";

        if (sim_arg(call, name))
            return sim_fail(call, 500, "parameter '%s' not allowed for linked clones\n", name);
    }
    return 0;
}

static int find_target(struct source *source)
{
    const char *target = sim_arg(source->call, "target");

    if (!target || strcmp(target, source->guest->node) == 0)
        return 0;
    if (!sim_get(sim_get(source->call->state, "nodes"), target))
        return sim_fail(source->call, 500, "no such cluster node '%s'\n", target);
    source->target = target;
    return 0;
}

/* An id that is taken: by a VM of this node that is said at once, by anything else the task of a VM stumbles
 * over it. */
static int check_newid(struct source *source, const char *newid, bool *ret_taken)
{
    struct json_object *entry = sim_get(sim_get(source->call->state, "guests"), newid);

    *ret_taken = entry != NULL;
    if (!entry || !source->guest->qemu)
        return sim_vmid_unused(source->call, newid, "");
    if (strcmp(sim_str(entry, "type", ""), "qemu") == 0 &&
        strcmp(sim_str(entry, "node", ""), source->guest->node) == 0)
        return sim_fail(source->call, 500, "unable to create VM %s: config file already exists\n", newid);
    return 0;
}

/* ---- the task ---- */

struct copying {
    struct sim_call *call;
    struct sim_job *job;
    struct sim_guest *from, *to;
    struct json_object *config;
    bool full;
};

static int64_t bytes_of(struct copying *copying, const char *volid, const char *text)
{
    struct json_object *volume = sim_volume_at(copying->call->state, copying->from->node, volid);

    return sim_int(volume, "size", sim_disk_size(text));
}

static int copy_disk(void *context, const char *key, const char *text)
{
    struct copying *copying = context;
    struct sim_call *call = copying->call;
    bool qemu = copying->from->qemu, full = copying->full || is_cloudinit(text);
    const char *dot;
    char volid[400], made[400], storage[128], option[1000], format[16] = "";
    struct sim_new_volume want = {
        .storage = storage, .node = copying->to->node, .vmid = copying->to->vmid, .qemu = qemu};

    if (!is_copied(qemu, key, text))
        return 0;
    volid_of(text, volid, sizeof volid);
    sim_storage_of(text, storage, sizeof storage);
    dot = strrchr(volid, '.');
    if (full && sim_arg(call, "storage"))
        (void)snprintf(storage, sizeof storage, "%s", sim_arg(call, "storage"));
    (void)snprintf(format, sizeof format, "%s",
                   sim_arg(call, "format") ? sim_arg(call, "format")
                   : dot                   ? dot + 1
                                           : "");
    want.format = full && *format ? format : NULL;
    want.name = is_cloudinit(text) ? "cloudinit" : NULL;
    want.base = full || sim_arg(call, "snapname") ? NULL : volid;
    want.bytes = bytes_of(copying, volid, text);
    sim_job_log(copying->job, true, "create %s clone of %s %s (%s)", full ? "full" : "linked",
                qemu ? "drive" : "mountpoint", key, volid);
    sim_job_new_volume(call->sim, copying->job, &want, made, sizeof made);
    for (int percent = 20; full && qemu && percent <= 100; percent += 20)
        sim_job_log(copying->job, true, "transferred %.1f GiB of %.1f GiB (%d.00%%)",
                    (double)want.bytes / (1 << 30) * percent / 100, (double)want.bytes / (1 << 30), percent);
    (void)snprintf(option, sizeof option, "%s%s", made, text + strlen(volid));
    sim_set_str(copying->config, key, option);
    return 0;
}

static int set_option(struct copying *copying, const char *key, const char *text)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *value = json_object_new_string(text);
    struct json_object *stored = NULL;

    if (sim_option_value(copying->call, copying->to, key, value, &stored) < 0)
        return -1;
    if (stored)
        sim_set(copying->config, key, stored);
    return 0;
}

/* Options that are no disks: network devices get addresses of their own. */
static int copy_options(struct copying *copying, struct json_object *options)
{
    json_object_object_foreach(options, key, value)
    {
        const char *text = json_object_get_string(value);
        bool disk = sim_disk_key(copying->from->qemu, key);

        if (sim_word_in(left, " ", key, strlen(key)) || strncmp(key, "unused", 6) == 0 ||
            (disk && is_copied(copying->from->qemu, key, text)))
            continue;
        if (sim_option_listed("net[n]", key)) {
            SIM_FREE_WITH(sim_freep) char *bare = sim_net_without_mac(copying->from->qemu, text);

            if (set_option(copying, key, bare) < 0)
                return -1;
        } else {
            sim_set(copying->config, key, sim_copy(value));
        }
    }
    return 0;
}

static int name_copy(struct copying *copying)
{
    const char *key = copying->from->qemu ? "name" : "hostname", *name = sim_arg(copying->call, key);
    const char *old = sim_str(copying->config, key, NULL),
               *description = sim_arg(copying->call, "description");
    char text[300];

    if (!description)
        description = sim_str(copying->from->config, "description", NULL);
    if (description && set_option(copying, "description", description) < 0)
        return -1;
    if (!name && !copying->from->qemu)
        return 0;
    (void)snprintf(text, sizeof text, "%s%s", old ? "Copy-of-" : "Copy-of-VM-",
                   old ? old : copying->from->vmid);
    return set_option(copying, key, name ? name : text);
}

static int begin_clone(struct sim *sim, struct sim_job *job, char *why)
{
    const char *newid = sim_str(job->args, "newid", ""), *snapname = sim_str(job->args, "snapname", NULL);
    struct json_object *entry = sim_get(sim_get(sim->state, "guests"), newid), *options;
    struct copying copying = {.job = job, .full = sim_int(job->args, "whole", 0) != 0};
    struct sim_guest from, to;
    struct sim_call call;

    if (sim_job_guest(sim, job, &from, why) < 0)
        return -EINVAL;
    if (!sim_int(job->args, "new", 0))
        return sim_why(
            why,
            "clone failed: unable to open file '/etc/pve/nodes/%s/qemu-server/%s.conf.tmp.%d' - File exists",
            from.node, newid, (int)sim_int(job->task, "pid", 0));
    job->undo = sim_guest_unmake;
    sim_guest_view(newid, entry, &to);
    sim_worker_call(sim, job, &call);
    copying.call = &call;
    copying.from = &from;
    copying.to = &to;
    copying.config = json_object_new_object();
    sim_set(job->args, "config", copying.config);
    options = snapname ? sim_get(sim_get(from.entry, "snapshots"), snapname) : from.config;
    if (!from.qemu)
        sim_job_log(job, false, "creating a clone of container %s with ID %s", from.vmid, newid);
    if (copy_options(&copying, options) < 0 || sim_each_disk(options, from.qemu, copy_disk, &copying) != 0 ||
        name_copy(&copying) < 0)
        return sim_worker_failed(&call, "clone failed: ", why);
    if (from.qemu) {
        json_object_object_del(copying.config, "smbios1");
        json_object_object_del(copying.config, "vmgenid");
        sim_qemu_identity(copying.config, false);
    }
    return 0;
}

static int end_clone(struct sim *sim, struct sim_job *job, char *why)
{
    struct json_object *entry = sim_get(sim_get(sim->state, "guests"), sim_str(job->args, "newid", "")),
                       *firewall;

    if (!entry)
        return sim_why(why, "clone failed: configuration file disappeared");
    json_object_object_del(entry, "lock");
    firewall = sim_atf(sim->state, "/firewall/guest/%s", sim_str(job->args, "vmid", ""));
    if (firewall) /* goes along */
        sim_set(sim_at(sim->state, "/firewall/guest"), sim_str(job->args, "newid", ""), sim_copy(firewall));
    sim_guest_made(sim, job, sim_copy(sim_get(job->args, "config")));
    return 0;
}

static const struct sim_work clone_qemu = {"qmclone", NULL, begin_clone, end_clone},
                             clone_lxc = {"vzclone", "disk", begin_clone, end_clone};

/* ---- the request ---- */

static int start_clone(struct source *source, bool taken)
{
    struct sim_call *call = source->call;
    const char *newid = sim_arg(call, "newid"), *node = source->target ? source->target : source->guest->node;
    struct json_object *args = sim_copy(call->params);

    sim_set_str(args, "type", source->guest->type);
    sim_set_str(args, "guest", newid);
    sim_set_str(args, "at", node);
    sim_set_int(args, "whole", source->full);
    if (!taken) {
        sim_guest_reserve(call, newid, node, source->guest->qemu);
        sim_set_str(sim_get(sim_get(call->state, "guests"), newid), "lock",
                    source->guest->qemu ? "clone" : "create");
        sim_set_int(args, "new", 1);
    }
    return sim_life_task(call, source->guest->qemu ? &clone_qemu : &clone_lxc, args);
}

int sim_guest_clone(struct sim_call *call)
{
    const char *pool = sim_arg(call, "pool"), *newid = sim_arg(call, "newid");
    struct sim_guest guest;
    struct source source = {.call = call, .guest = &guest};
    char why[300];
    bool taken = false;

    if (pool && !sim_get(sim_get(call->state, "pools"), pool)) {
        (void)snprintf(why, sizeof why, " (pool '%s' does not exist)", pool);
        return sim_fail_perm(call, why);
    }
    if (sim_guest_find(call, &guest) < 0 || find_target(&source) < 0)
        return -1;
    /* A container's new id is looked at first, a VM's last. */
    if (!guest.qemu && check_newid(&source, newid, &taken) < 0)
        return -1;
    if (find_source(&source) < 0 || sim_bridges_allowed(call, source.options) < 0 ||
        check_disks(&source) != 0)
        return -1;
    if (guest.qemu && check_newid(&source, newid, &taken) < 0)
        return -1;
    return start_clone(&source, taken);
}
