/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads of one guest and the lists of a node's guests: status, configuration, pending changes, snapshots,
 * features.
 */
#include "guest.h"
#include "guest_life.h"
#include "handlers.h"

#include <stdlib.h>
#include <string.h>

#define PRESSURES 6

/* Members that only a running guest has. */
static void add_running(const struct sim_guest *guest, struct json_object *out)
{
    static const char *const pressure[PRESSURES] = {"pressurecpufull",    "pressurecpusome",
                                                    "pressureiofull",     "pressureiosome",
                                                    "pressurememoryfull", "pressurememorysome"};

    sim_set_int(out, "pid", sim_int(guest->run, "pid", 4242));
    for (size_t i = 0; i < PRESSURES; i++) {
        struct json_object *value = sim_get(guest->run, pressure[i]);

        sim_set(out, pressure[i], value ? sim_copy(value) : json_object_new_int(0));
    }
}

/* What lists and status have in common. */
static struct json_object *summary(struct sim_call *call, const struct sim_guest *guest, bool with_io)
{
    struct json_object *out = json_object_new_object();
    const char *lock = sim_str(guest->entry, "lock", NULL), *tags = sim_str(guest->config, "tags", NULL);

    sim_set_int(out, "vmid", sim_int(guest->entry, "vmid", 0));
    sim_set_str(out, "name", guest->name);
    sim_set_str(out, "status", guest->status);
    sim_set_int(out, "cpus", sim_guest_cpus(call->state, guest));
    sim_set_int(out, "maxmem", sim_guest_maxmem(guest));
    sim_set_int(out, "maxdisk", sim_guest_maxdisk(guest));
    sim_guest_numbers(guest, out, with_io || !guest->qemu);
    if (guest->qemu) {
        sim_set_int(out, "memhost", guest->running ? sim_int(guest->run, "mem", 0) + (64 << 20) : 0);
    } else {
        sim_set_str(out, "type", "lxc");
        sim_set_int(out, "maxswap", sim_int(guest->config, "swap", 512) << 20);
        sim_set_int(out, "swap", guest->running ? sim_int(guest->run, "swap", 0) : 0);
    }
    if (guest->running)
        add_running(guest, out);
    if (tags)
        sim_set_str(out, "tags", tags);
    if (lock)
        sim_set_str(out, "lock", lock);
    if (sim_int(guest->config, "template", 0))
        sim_set_int(out, "template", 1);
    return out;
}

int sim_guest_list(struct sim_call *call)
{
    bool qemu = strstr(call->route->path, "/qemu") != NULL;
    const char *node = sim_arg(call, "node");

    call->data = json_object_new_array();
    json_object_object_foreach(sim_get(call->state, "guests"), vmid, entry)
    {
        struct sim_guest guest;
        char path[64];

        sim_guest_view(vmid, entry, &guest);
        (void)snprintf(path, sizeof path, "/vms/%s", vmid);
        if (guest.qemu == qemu && strcmp(guest.node, node) == 0 && sim_can(call, path, "VM.Audit"))
            json_object_array_add(call->data, summary(call, &guest, sim_arg_int(call, "full", 0) != 0));
    }
    return 0;
}

static void add_qemu_status(const struct sim_guest *guest, struct json_object *out)
{
    int64_t maxmem = sim_guest_maxmem(guest), mem = sim_int(guest->run, "mem", maxmem / 2);
    struct json_object *balloon;

    sim_set_str(out, "qmpstatus", sim_str(guest->run, "qmpstatus", guest->status));
    if (strncmp(sim_str(guest->config, "agent", "0"), "1", 1) == 0 ||
        strncmp(sim_str(guest->config, "agent", "0"), "enabled=1", 9) == 0)
        sim_set_int(out, "agent", 1);
    if (!guest->running)
        return;
    balloon = json_object_new_object();
    sim_set_int(balloon, "actual", maxmem);
    sim_set_int(balloon, "max_mem", maxmem);
    sim_set_int(balloon, "total_mem", maxmem);
    sim_set_int(balloon, "free_mem", maxmem - mem);
    sim_set_int(balloon, "last_update", (int64_t)time(NULL));
    sim_set_int(balloon, "major_page_faults", 0);
    sim_set_int(balloon, "minor_page_faults", 0);
    sim_set_int(balloon, "mem_swapped_in", 0);
    sim_set_int(balloon, "mem_swapped_out", 0);
    sim_set(out, "ballooninfo", balloon);
    sim_set_int(out, "balloon", maxmem);
    sim_set_int(out, "freemem", maxmem - mem);
    sim_set_str(out, "running-machine", "pc-i440fx-10.1+pve0");
    sim_set_str(out, "running-qemu", "10.1.2");
    sim_set(out, "proxmox-support",
            json_tokener_parse(
                "{\"backup-max-workers\":true,\"pbs-dirty-bitmap\":true,\"pbs-library-version\":\"1.5\"}"));
}

int sim_guest_current(struct sim_call *call)
{
    struct json_object *managed, *ha;
    struct sim_guest guest;

    if (sim_guest_find(call, &guest) < 0)
        return -1;
    call->data = summary(call, &guest, guest.running);
    ha = json_object_new_object();
    managed = sim_guest_ha(call->state, &guest);
    sim_set_int(ha, "managed", managed != NULL);
    if (managed)
        sim_set(ha, "state", sim_copy(sim_get(managed, "crm_state")));
    sim_set(call->data, "ha", ha);
    if (guest.qemu)
        add_qemu_status(&guest, call->data);
    return 0;
}

static void merge_pending(struct json_object *config, struct json_object *entry)
{
    struct json_object *gone = sim_get(entry, "pending_delete");

    sim_merge(config, sim_get(entry, "pending"));
    if (!gone)
        return;
    json_object_object_foreach(gone, key, unused)
    {
        (void)unused;
        json_object_object_del(config, key);
    }
}

int sim_guest_config(struct sim_call *call)
{
    const char *snapshot = sim_arg(call, "snapshot");
    struct json_object *from;
    struct sim_guest guest;
    char digest[41];

    if (sim_guest_find(call, &guest) < 0)
        return -1;
    from = guest.config;
    if (snapshot) {
        from = sim_get(sim_get(guest.entry, "snapshots"), snapshot);
        if (!from)
            return sim_fail(call, 500, "snapshot '%s' does not exist\n", snapshot);
    }
    call->data = sim_copy(from);
    if (!snapshot && !sim_arg_int(call, "current", 0))
        merge_pending(call->data, guest.entry);
    if (sim_get(call->data, "cipassword"))
        sim_set_str(call->data, "cipassword", "**********");
    if (!snapshot && sim_str(guest.entry, "lock", NULL))
        sim_set_str(call->data, "lock", sim_str(guest.entry, "lock", NULL));
    sim_guest_digest(&guest, digest);
    sim_set_str(call->data, "digest", digest);
    return 0;
}

static int by_key(const void *a, const void *b)
{
    struct json_object *const *left = a, *const *right = b;

    return strcmp(sim_str(*left, "key", ""), sim_str(*right, "key", ""));
}

/* The password of cloud-init is never shown. */
static struct json_object *secret(const char *key, struct json_object *value)
{
    return strcmp(key, "cipassword") == 0 ? json_object_new_string("**********") : sim_copy(value);
}

int sim_guest_pending(struct sim_call *call)
{
    struct json_object *pending, *item;
    struct sim_guest guest;
    char digest[41];

    if (sim_guest_find(call, &guest) < 0)
        return -1;
    pending = sim_get(guest.entry, "pending");
    call->data = json_object_new_array();
    json_object_object_foreach(guest.config, key, value)
    {
        item = json_object_new_object();
        sim_set_str(item, "key", key);
        sim_set(item, "value", secret(key, value));
        if (sim_get(pending, key))
            sim_set(item, "pending", secret(key, sim_get(pending, key)));
        if (sim_get(sim_get(guest.entry, "pending_delete"), key))
            sim_set(item, "delete", sim_copy(sim_get(sim_get(guest.entry, "pending_delete"), key)));
        json_object_array_add(call->data, item);
    }
    if (pending) {
        json_object_object_foreach(pending, name, waiting)
        {
            if (sim_get(guest.config, name))
                continue;
            item = json_object_new_object();
            sim_set_str(item, "key", name);
            sim_set(item, "pending", secret(name, waiting));
            json_object_array_add(call->data, item);
        }
    }
    item = json_object_new_object();
    sim_guest_digest(&guest, digest);
    sim_set_str(item, "key", "digest");
    sim_set_str(item, "value", digest);
    json_object_array_add(call->data, item);
    json_object_array_sort(call->data, by_key);
    return 0;
}

int sim_guest_snapshots(struct sim_call *call)
{
    struct json_object *snapshots, *item;
    struct sim_guest guest;
    char digest[41];

    if (sim_guest_find(call, &guest) < 0)
        return -1;
    call->data = json_object_new_array();
    snapshots = sim_get(guest.entry, "snapshots");
    if (snapshots) {
        json_object_object_foreach(snapshots, name, snapshot)
        {
            item = json_object_new_object();
            sim_set_str(item, "name", name);
            sim_set_int(item, "snaptime", sim_int(snapshot, "snaptime", 0));
            sim_set_str(item, "description", sim_str(snapshot, "description", ""));
            if (sim_get(snapshot, "parent"))
                sim_set_str(item, "parent", sim_str(snapshot, "parent", ""));
            if (guest.qemu)
                sim_set_int(item, "vmstate", sim_get(snapshot, "vmstate") != NULL);
            json_object_array_add(call->data, item);
        }
    }
    item = json_object_new_object();
    sim_guest_digest(&guest, digest);
    sim_set_str(item, "name", "current");
    sim_set_str(item, "description", "You are here!");
    sim_set_str(item, "digest", digest);
    sim_set_int(item, "running", guest.running);
    if (sim_get(guest.config, "parent"))
        sim_set_str(item, "parent", sim_str(guest.config, "parent", ""));
    json_object_array_add(call->data, item);
    return 0;
}

int sim_guest_snapshot_config(struct sim_call *call)
{
    const char *name = sim_arg(call, "snapname");
    struct sim_guest guest;

    if (sim_guest_find(call, &guest) < 0)
        return -1;
    call->data = sim_copy(sim_get(sim_get(guest.entry, "snapshots"), name));
    return call->data ? 0 : sim_fail(call, 500, "snapshot '%s' does not exist\n", name);
}

/* Can every volume of the guest be snapshotted? Raw files and directories for containers cannot. */
bool sim_guest_can_snapshot(struct json_object *state, const struct sim_guest *guest)
{
    json_object_object_foreach(guest->config, key, value)
    {
        const char *option = json_object_get_string(value);
        size_t n = strcspn(option, ":");
        char storage[64];
        const char *type;

        if (!sim_disk_key(guest->qemu, key) || strstr(option, "media=cdrom") || option[n] != ':')
            continue;
        (void)snprintf(storage, sizeof storage, "%.*s", (int)n, option);
        type = sim_str(sim_get(sim_get(state, "storage"), storage), "type", "");
        if (sim_word_in("fakesnap zfspool lvmthin rbd btrfs cephfs", " ", type, strlen(type)))
            continue;
        if (!guest->qemu || !strstr(option, ".qcow2"))
            return false;
    }
    return true;
}

/* Can every disk be copied, or a clone be linked to it: as it is, or as it was in a snapshot? */
struct wanted {
    struct json_object *state;
    bool qemu;
    enum sim_feature feature;
};

static int lacks(void *context, const char *key, const char *text)
{
    const struct wanted *wanted = context;
    char volid[400];

    (void)snprintf(volid, sizeof volid, "%.*s", (int)strcspn(text, ","), text);
    return strncmp(key, "unused", 6) != 0 && !strstr(text, "media=cdrom") &&
           !sim_volume_can(wanted->state, volid, wanted->qemu, wanted->feature);
}

static bool has_feature(struct sim_call *call, const struct sim_guest *guest, const char *feature)
{
    const char *snapname = sim_arg(call, "snapname");
    struct json_object *options = guest->config;
    struct wanted wanted = {call->state, guest->qemu, snapname ? SIM_CAN_LINK_SNAPSHOT : SIM_CAN_LINK_BASE};

    if (strcmp(feature, "snapshot") == 0)
        return sim_guest_can_snapshot(call->state, guest);
    if (snapname)
        options = sim_get(sim_get(guest->entry, "snapshots"), snapname);
    if (strcmp(feature, "copy") == 0 && !snapname)
        return true;
    if (strcmp(feature, "copy") == 0)
        wanted.feature = SIM_CAN_COPY_SNAPSHOT;
    return options && sim_each_disk(options, guest->qemu, lacks, &wanted) == 0;
}

int sim_guest_feature(struct sim_call *call)
{
    const char *feature = sim_arg(call, "feature");
    struct json_object *nodes;
    struct sim_guest guest;
    bool has;

    if (sim_guest_find(call, &guest) < 0)
        return -1;
    has = has_feature(call, &guest, feature);
    call->data = json_object_new_object();
    sim_set_int(call->data, "hasFeature", has);
    if (guest.qemu) {
        nodes = json_object_new_array();
        json_object_array_add(nodes, json_object_new_string(guest.node));
        sim_set(call->data, "nodes", nodes);
    }
    return 0;
}
