/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Snapshots of guests: made, deleted, rolled back to, described anew. A guest is locked meanwhile.
 */
#include "guest_disks.h"
#include "handlers.h"
#include "power.h"
#include "storage.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

/* Members of a configuration that are not part of a snapshot, or stay what they are on rollback. */
static const char kept[] = "parent description snaptime vmstate lock digest runningcpu runningmachine";

static struct json_object *snapshots_of(const struct sim_guest *guest)
{
    if (!sim_get(guest->entry, "snapshots"))
        sim_set(guest->entry, "snapshots", json_object_new_object());
    return sim_get(guest->entry, "snapshots");
}

static bool is_kept(const char *key)
{
    return sim_word_in(kept, " ", key, strlen(key)) || strncmp(key, "unused", 6) == 0;
}

/* A container's description ends with a line break, a machine's comes back as it was sent. */
static void set_description(const struct sim_guest *guest, struct json_object *to, const char *text)
{
    char *line = NULL;

    if (!text || !*text) {
        json_object_object_del(to, "description");
    } else if (guest->qemu || text[strlen(text) - 1] == '\n') {
        sim_set_str(to, "description", text);
    } else if (asprintf(&line, "%s\n", text) >= 0) {
        sim_set_str(to, "description", line);
        free(line);
    }
}

/* ---- create ---- */

/* What the tools of the storages print. */
static void log_volumes(struct sim *sim, struct sim_job *job, const struct sim_guest *guest, const char *name)
{
    json_object_object_foreach(guest->config, key, value)
    {
        const char *option = json_object_get_string(value), *type;
        char volid[256], storage[64];

        if (!sim_disk_key(guest->qemu, key) || is_kept(key) || strstr(option, "media=cdrom"))
            continue;
        (void)snprintf(volid, sizeof volid, "%.*s", (int)strcspn(option, ","), option);
        (void)snprintf(storage, sizeof storage, "%.*s", (int)strcspn(option, ":"), option);
        type = sim_str(sim_get(sim_get(sim->state, "storage"), storage), "type", "");
        if (guest->qemu)
            sim_job_log(job, true, "snapshotting 'drive-%s' (%s)", key, volid);
        if (strcmp(type, "lvmthin") == 0 && strchr(volid, ':'))
            sim_job_log(job, true, "  Logical volume \"snap_%s_%s\" created.", strchr(volid, ':') + 1, name);
    }
}

static int begin_create(struct sim *sim, struct sim_job *job, char *why)
{
    const char *name = sim_str(job->args, "snapname", "");
    struct sim_guest guest;

    if (sim_job_guest(sim, job, &guest, why) < 0)
        return -EINVAL;
    if (sim_int(guest.config, "template", 0))
        return sim_why(why, "you can't take a snapshot if it's a template");
    if (sim_get(snapshots_of(&guest), name))
        return sim_why(why, "snapshot name '%s' already used", name);
    if (!sim_guest_can_snapshot(sim->state, &guest))
        return sim_why(why, "snapshot feature is not available");
    if (guest.running && sim_int(job->args, "vmstate", 0))
        sim_job_log(job, true, "saving VM state and RAM using storage 'local'");
    log_volumes(sim, job, &guest, name);
    return 0;
}

static int end_create(struct sim *sim, struct sim_job *job, char *why)
{
    const char *name = sim_str(job->args, "snapname", "");
    struct json_object *snapshot;
    struct sim_guest guest;
    char volume[200];

    if (sim_job_guest(sim, job, &guest, why) < 0)
        return -EINVAL;
    snapshot = json_object_new_object();
    json_object_object_foreach(guest.config, key, value)
    {
        if (!is_kept(key) || strcmp(key, "parent") == 0)
            sim_set(snapshot, key, sim_copy(value));
    }
    sim_set_int(snapshot, "snaptime", (int64_t)time(NULL));
    set_description(&guest, snapshot, sim_str(job->args, "description", NULL));
    if (guest.qemu && guest.running && sim_int(job->args, "vmstate", 0)) {
        (void)snprintf(volume, sizeof volume, "local:%s/vm-%s-state-%s.raw", guest.vmid, guest.vmid, name);
        sim_set_str(snapshot, "vmstate", volume);
        sim_set_str(snapshot, "runningmachine", "pc-i440fx-10.1+pve0");
    }
    sim_set(snapshots_of(&guest), name, snapshot);
    sim_set_str(guest.config, "parent", name);
    return 0;
}

static const struct sim_work create_qemu = {"qmsnapshot", "snapshot", begin_create, end_create},
                             create_lxc = {"vzsnapshot", "snapshot", begin_create, end_create};

/* ---- delete ---- */

static int check_exists(struct sim *sim, struct sim_job *job, char *why)
{
    const char *name = sim_str(job->args, "snapname", "");
    struct sim_guest guest;

    if (sim_job_guest(sim, job, &guest, why) < 0)
        return -EINVAL;
    return sim_get(snapshots_of(&guest), name) ? 0 : sim_why(why, "snapshot '%s' does not exist", name);
}

/* Whoever came after the deleted one comes after its parent now. */
static void adopt(struct json_object *child, const char *gone, const char *parent)
{
    if (strcmp(sim_str(child, "parent", ""), gone) != 0)
        return;
    if (parent)
        sim_set_str(child, "parent", parent);
    else
        json_object_object_del(child, "parent");
}

static int end_delete(struct sim *sim, struct sim_job *job, char *why)
{
    const char *name = sim_str(job->args, "snapname", "");
    SIM_FREE_WITH(sim_freep) char *parent = NULL;
    struct json_object *snapshots;
    struct sim_guest guest;

    if (sim_job_guest(sim, job, &guest, why) < 0 || check_exists(sim, job, why) < 0)
        return -EINVAL;
    snapshots = snapshots_of(&guest);
    if (sim_str(sim_get(snapshots, name), "parent", NULL))
        parent = strdup(sim_str(sim_get(snapshots, name), "parent", NULL));
    json_object_object_del(snapshots, name);
    json_object_object_foreach(snapshots, other, snapshot)
    {
        (void)other;
        adopt(snapshot, name, parent);
    }
    adopt(guest.config, name, parent);
    return 0;
}

static const struct sim_work delete_qemu = {"qmdelsnapshot", "snapshot-delete", check_exists, end_delete},
                             delete_lxc = {"vzdelsnapshot", "snapshot-delete", check_exists, end_delete};

/* ---- rollback ---- */

/* A generation id that tells the system inside that it went back in time. */
static void new_generation(struct json_object *config)
{
    unsigned char b[16];
    char text[40];

    if (!sim_get(config, "vmgenid") || RAND_bytes(b, sizeof b) != 1)
        return;
    (void)snprintf(text, sizeof text, "%02x%02x%02x%02x-%02x%02x-4%x%02x-8%x%02x-%02x%02x%02x%02x%02x%02x",
                   b[0], b[1], b[2], b[3], b[4], b[5], b[6] & 15U, b[7], b[8] & 15U, b[9], b[10], b[11],
                   b[12], b[13], b[14], b[15]);
    sim_set_str(config, "vmgenid", text);
}

/* The place of the volume in a configuration, among its disks or among what is unused; NULL: none. */
static const char *place_of(struct json_object *config, bool qemu, const char *volid, bool unused)
{
    size_t n = strlen(volid);

    json_object_object_foreach(config, key, value)
    {
        const char *text = json_object_get_string(value);

        if (sim_disk_key(qemu, key) && (strncmp(key, "unused", 6) == 0) == unused &&
            strncmp(text, volid, n) == 0 && (!text[n] || text[n] == ','))
            return key;
    }
    return NULL;
}

/* Volumes that are disks again are not unused any more, and those that came after the snapshot are. */
static void sort_volumes(const struct sim_guest *guest, struct json_object *config)
{
    char volid[256], owner[40];

    (void)snprintf(owner, sizeof owner, "-%s-", guest->vmid);
    for (int pass = 0; pass < 2; pass++) {
        json_object_object_foreach(guest->config, key, value)
        {
            const char *option = json_object_get_string(value), *used, *unused;

            if (!sim_disk_key(guest->qemu, key))
                continue;
            (void)snprintf(volid, sizeof volid, "%.*s", (int)strcspn(option, ","), option);
            used = place_of(config, guest->qemu, volid, false);
            unused = place_of(config, guest->qemu, volid, true);
            if (pass == 0 && used && unused)
                json_object_object_del(config, unused);
            else if (pass == 1 && !used && !unused && strchr(volid, ':') && strstr(volid, owner) &&
                     !strstr(option, "media=cdrom"))
                sim_guest_add_unused(config, volid);
        }
    }
}

static void take_back(const struct sim_guest *guest, struct json_object *snapshot, const char *name)
{
    struct json_object *config = json_object_new_object();

    json_object_object_foreach(guest->config, key, value)
    {
        if (strncmp(key, "unused", 6) == 0 || strcmp(key, "description") == 0)
            sim_set(config, key, sim_copy(value));
    }
    json_object_object_foreach(snapshot, option, then)
    {
        if (!is_kept(option))
            sim_set(config, option, sim_copy(then));
    }
    sort_volumes(guest, config);
    sim_set_str(config, "parent", name);
    new_generation(config);
    sim_set(guest->entry, "config", config);
    json_object_object_del(guest->entry, "pending");
    json_object_object_del(guest->entry, "pending_delete");
}

/* ZFS goes back to the newest snapshot of a volume only: what was taken later stands in the way. */
static int check_newest(struct sim *sim, struct sim_job *job, char *why)
{
    const char *name = sim_str(job->args, "snapname", "");
    struct sim_guest guest;

    if (check_exists(sim, job, why) < 0 || sim_job_guest(sim, job, &guest, why) < 0)
        return -EINVAL;
    json_object_object_foreach(sim_get(snapshots_of(&guest), name), key, value)
    {
        const char *option = json_object_get_string(value);
        bool later = false;
        char storage[64], volid[256];

        if (!sim_disk_key(guest.qemu, key) || !strchr(option, ':') || strstr(option, "media=cdrom"))
            continue;
        (void)snprintf(storage, sizeof storage, "%.*s", (int)strcspn(option, ":"), option);
        (void)snprintf(volid, sizeof volid, "%.*s", (int)strcspn(option, ","), option);
        if (strcmp(sim_str(sim_storage_config(sim->state, storage), "type", ""), "zfspool") != 0)
            continue;
        json_object_object_foreach(snapshots_of(&guest), taken, config) /* in the order they were taken */
        {
            if (later && place_of(config, guest.qemu, volid, false))
                return sim_why(why, "can't rollback, '%s' is not most recent snapshot on '%s'", name, volid);
            later = later || strcmp(taken, name) == 0;
        }
    }
    return 0;
}

static int end_rollback(struct sim *sim, struct sim_job *job, char *why)
{
    const char *name = sim_str(job->args, "snapname", ""), *user = sim_str(job->task, "user", "");
    const char *token = sim_str(job->task, "tokenid", NULL);
    struct json_object *snapshot;
    struct sim_guest guest;
    char who[256];
    bool resume;

    if (sim_job_guest(sim, job, &guest, why) < 0 || check_exists(sim, job, why) < 0)
        return -EINVAL;
    snapshot = sim_get(snapshots_of(&guest), name);
    resume = sim_get(snapshot, "vmstate") != NULL;
    if (guest.running)
        sim_guest_set_running(sim, guest.vmid, false);
    sim_guest_view(guest.vmid, guest.entry, &guest);
    take_back(&guest, snapshot, name);
    if (resume) {
        sim_guest_set_running(sim, guest.vmid, true);
    } else if (sim_int(job->args, "start", 0)) {
        (void)snprintf(who, sizeof who, "%s%s%s", user, token ? "!" : "", token ? token : "");
        sim_guest_view(guest.vmid, guest.entry, &guest);
        sim_guest_start(sim, &guest, who);
    }
    return 0;
}

static const struct sim_work rollback_qemu = {"qmrollback", "rollback", check_newest, end_rollback},
                             rollback_lxc = {"vzrollback", "rollback", check_newest, end_rollback};

/* ---- requests ---- */

static bool is_qemu(struct sim_call *call)
{
    return strstr(call->route->path, "/qemu/") != NULL;
}

static int start_task(struct sim_call *call, const struct sim_work *work)
{
    struct json_object *args = sim_copy(call->params);

    sim_set_str(args, "type", is_qemu(call) ? "qemu" : "lxc");
    return sim_call_task(call, work, args);
}

int sim_snapshot_create(struct sim_call *call)
{
    const char *name = sim_arg(call, "snapname");
    struct sim_guest guest;

    if (is_qemu(call) && sim_guest_find(call, &guest) < 0)
        return -1;
    if (strcmp(name, "current") == 0)
        return sim_fail(call, 500, "unable to use snapshot name 'current' (reserved name)\n");
    return start_task(call, is_qemu(call) ? &create_qemu : &create_lxc);
}

int sim_snapshot_delete(struct sim_call *call)
{
    return start_task(call, is_qemu(call) ? &delete_qemu : &delete_lxc);
}

int sim_snapshot_rollback(struct sim_call *call)
{
    return start_task(call, is_qemu(call) ? &rollback_qemu : &rollback_lxc);
}

int sim_snapshot_update(struct sim_call *call)
{
    const char *name = sim_arg(call, "snapname");
    struct json_object *snapshot;
    struct sim_guest guest;
    char why[SIM_WHY_MAX];

    if (sim_guest_find(call, &guest) < 0)
        return -1;
    if (sim_guest_check_lock(&guest, why) < 0)
        return sim_fail(call, 500, "%s\n", why);
    snapshot = sim_get(snapshots_of(&guest), name);
    if (!snapshot)
        return sim_fail(call, 500, "snapshot '%s' does not exist\n", name);
    if (sim_arg(call, "description"))
        set_description(&guest, snapshot, sim_arg(call, "description"));
    sim_touch(call->sim);
    return 0;
}
