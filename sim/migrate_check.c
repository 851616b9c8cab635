/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in the way of a guest's move: storages, volumes, devices. And GET .../migrate, which tells of
 * it beforehand.
 */
#include "ha.h"
#include "handlers.h"
#include "migrate.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool sim_volume_storage(const char *option, char *storage, size_t size)
{
    size_t n = strcspn(option, ":,");

    (void)snprintf(storage, size, "%.*s", (int)n, option);
    return option[n] == ':' && *option != '/';
}

bool sim_storage_shared(struct json_object *state, const char *storage)
{
    return sim_int(sim_get(sim_get(state, "storage"), storage), "shared", 0) != 0;
}

void sim_storage_mapped(const char *map, const char *storage, char *target, size_t size)
{
    char word[160];

    (void)snprintf(target, size, "%s", storage);
    while (map && sim_next_word(&map, word, sizeof word)) {
        char *colon = strchr(word, ':');

        if (strcmp(word, "1") == 0)
            continue;
        if (!colon) {
            (void)snprintf(target, size, "%s", word);
            continue;
        }
        *colon = 0;
        if (strcmp(word, storage) == 0) {
            (void)snprintf(target, size, "%s", colon + 1);
            return;
        }
    }
}

static bool usable_on(struct json_object *state, const char *storage, const char *node)
{
    struct json_object *config = sim_get(sim_get(state, "storage"), storage);

    return config && !sim_int(config, "disable", 0) && sim_storage_on_node(config, node);
}

int sim_migrate_storages(struct json_object *state, const struct sim_guest *guest, const char *target,
                         const char *map, char *why)
{
    json_object_object_foreach(guest->config, key, value)
    {
        const char *option = json_object_get_string(value);
        char storage[80], goal[80];

        if (!sim_disk_key(guest->qemu, key) || !sim_volume_storage(option, storage, sizeof storage))
            continue;
        if (!sim_get(sim_get(state, "storage"), storage))
            return sim_why(why, "storage '%s' does not exist", storage);
        (void)snprintf(goal, sizeof goal, "%s", storage);
        if (!sim_storage_shared(state, storage))
            sim_storage_mapped(map, storage, goal, sizeof goal);
        if (!usable_on(state, goal, target))
            return sim_why(why, "storage '%s' is not available on node '%s'", goal, target);
    }
    return 0;
}

static bool numbered(const char *key, const char *name)
{
    size_t n = strlen(name);

    return strncmp(key, name, n) == 0 && isdigit((unsigned char)key[n]);
}

struct json_object *sim_migrate_devices(const struct sim_guest *guest, bool mapped)
{
    struct json_object *list = json_object_new_array();

    json_object_object_foreach(guest->config, key, value)
    {
        const char *option = json_object_get_string(value);
        bool local = numbered(key, "hostpci") || numbered(key, "serial") || numbered(key, "parallel") ||
                     (numbered(key, "usb") && strncmp(option, "spice", 5) != 0);

        /* A serial port that is a socket is no device. */
        if (!guest->qemu || !local || (numbered(key, "serial") && strcmp(option, "socket") == 0))
            continue;
        if ((strstr(option, "mapping=") != NULL) == mapped)
            json_object_array_add(list, json_object_new_string(key));
    }
    return list;
}

static bool in_snapshot(const struct sim_guest *guest, const char *key, const char *volid)
{
    struct json_object *snapshots = sim_get(guest->entry, "snapshots");

    if (!snapshots)
        return false;
    json_object_object_foreach(snapshots, name, snapshot)
    {
        const char *then = sim_str(snapshot, key, "");

        (void)name;
        if (strncmp(then, volid, strlen(volid)) == 0)
            return true;
    }
    return false;
}

/* Why this local volume cannot go; NULL: it can. */
static const char *volume_trouble(struct json_object *state, const struct sim_guest *guest, const char *key,
                                  const char *option, const char *storage)
{
    const char *type = sim_str(sim_get(sim_get(state, "storage"), storage), "type", "");
    char volid[256];

    (void)snprintf(volid, sizeof volid, "%.*s", (int)strcspn(option, ","), option);
    if (strstr(option, "media=cdrom") && !strstr(option, "cloudinit"))
        return "local cdrom image";
    if (!sim_word_in("dir zfspool lvmthin lvm btrfs", " ", type, strlen(type)))
        return "storage type is not supported";
    if (!guest->qemu && strchr(volid, '/') && strstr(volid, "base-"))
        return "clone of a base volume";
    if (in_snapshot(guest, key, volid) && strcmp(type, "zfspool") != 0 && !strstr(volid, ".qcow2"))
        return "non-migratable snapshot exists";
    return NULL;
}

int sim_migrate_volumes(struct sim *sim, struct sim_job *job, const struct sim_guest *guest, char *why)
{
    const char *what = guest->qemu ? "disk" : "volume", *trouble;
    bool stuck = false;

    json_object_object_foreach(guest->config, key, value)
    {
        const char *option = json_object_get_string(value);
        char storage[80];

        if (!sim_disk_key(guest->qemu, key) || strcmp(option, "none,media=cdrom") == 0)
            continue;
        if (*option == '/' && !guest->qemu && !strstr(option, "shared=1"))
            return sim_why(why, "cannot migrate local bind mount point '%s'", key);
        if (!sim_volume_storage(option, storage, sizeof storage) || sim_storage_shared(sim->state, storage))
            continue;
        if (guest->qemu && guest->running && !sim_int(job->args, "with-local-disks", 0) &&
            strncmp(key, "unused", 6) != 0)
            return sim_why(why, "can't live migrate attached local disks without with-local-disks option");
        trouble = volume_trouble(sim->state, guest, key, option, storage);
        if (trouble)
            sim_job_log(job, false, "can't migrate local %s '%.*s': %s", what, (int)strcspn(option, ","),
                        option, trouble);
        else
            sim_job_log(job, true, "found local %s '%.*s' (%s)", what, (int)strcspn(option, ","), option,
                        guest->qemu ? "attached" : "in current VM config");
        stuck = stuck || trouble;
    }
    if (!stuck)
        return 0;
    return guest->qemu ? sim_why(why, "Problem found while scanning volumes - can't migrate VM - check log")
                       : sim_why(why, "can't migrate CT - check log");
}

/* ---- asked beforehand ---- */

static void add_local_disk(const struct sim_guest *guest, const char *key, const char *option,
                           struct json_object *list)
{
    struct json_object *disk = json_object_new_object(), *referenced = json_object_new_object();
    struct json_object *snapshots = sim_get(guest->entry, "snapshots");
    char volid[256];

    (void)snprintf(volid, sizeof volid, "%.*s", (int)strcspn(option, ","), option);
    if (snapshots) {
        json_object_object_foreach(snapshots, name, snapshot)
        {
            const char *then = sim_str(snapshot, key, "");

            if (strncmp(then, volid, strlen(volid)) == 0)
                sim_set_int(referenced, name, 1);
        }
    }
    sim_set_str(disk, "drivename", key);
    sim_set_str(disk, "volid", volid);
    sim_set_int(disk, "size", sim_disk_size(option));
    sim_set_int(disk, "cdrom", strstr(option, "media=cdrom") != NULL);
    sim_set_int(disk, "is_attached", 1);
    sim_set_int(disk, "is_cloudinit", strstr(option, "cloudinit") != NULL);
    sim_set_int(disk, "is_tpmstate", strncmp(key, "tpmstate", 8) == 0);
    sim_set_int(disk, "is_unused", strncmp(key, "unused", 6) == 0);
    sim_set_int(disk, "is_vmstate", 0);
    sim_set_int(disk, "replicate", strstr(option, "replicate=0") == NULL);
    sim_set_int(disk, "shared", 0);
    sim_set(disk, "referenced_in_snapshot", referenced);
    json_object_array_add(list, disk);
}

/* The storages of the guest that a node lacks; NULL: none. Owned. */
static struct json_object *lacking(struct sim_call *call, const struct sim_guest *guest, const char *node)
{
    struct json_object *list = NULL;

    json_object_object_foreach(guest->config, key, value)
    {
        char storage[80];

        if (!sim_disk_key(guest->qemu, key) ||
            !sim_volume_storage(json_object_get_string(value), storage, sizeof storage) ||
            usable_on(call->state, storage, node))
            continue;
        if (!list)
            list = json_object_new_array();
        json_object_array_add(list, json_object_new_string(storage));
    }
    return list;
}

/* 9 tells what rules of HA have to say about a move; `sid` is empty where they have nothing. */
static void ha_sid(struct sim_call *call, const struct sim_guest *guest, char *sid, size_t size)
{
    *sid = 0;
    if (sim_ha_acts(call->state, guest) && !(call->sim->release && strcmp(call->sim->release, "8.4") == 0))
        sim_ha_sid(call->state, guest->vmid, sid, size);
}

/* Sorts the other nodes that are online into those that are fit and those that are not. */
static void sort_nodes(struct sim_call *call, const struct sim_guest *guest, const char *sid,
                       struct json_object *allowed, struct json_object *not_allowed)
{
    const char *only = sim_arg(call, "target");

    json_object_object_foreach(sim_get(call->state, "nodes"), name, node)
    {
        struct json_object *storages, *blocking, *entry;

        if (strcmp(name, guest->node) == 0 || strcmp(sim_str(node, "status", ""), "online") != 0 ||
            (only && strcmp(only, name) != 0))
            continue;
        storages = guest->qemu ? lacking(call, guest, name) : NULL;
        blocking = *sid ? sim_ha_blocking(call->state, sid, name) : NULL;
        if (!storages && !blocking) {
            json_object_array_add(allowed, json_object_new_string(name));
            continue;
        }
        entry = json_object_new_object();
        if (storages)
            sim_set(entry, "unavailable_storages", storages);
        if (blocking)
            sim_set(entry, "blocking-ha-resources", blocking);
        sim_set(not_allowed, name, entry);
    }
}

/* The mappings that devices of the guest stand on, and by option. */
static void add_mapped(const struct sim_guest *guest, struct json_object *out)
{
    struct json_object *devices = sim_migrate_devices(guest, true), *info = json_object_new_object();

    for (size_t i = 0; i < json_object_array_length(devices); i++) {
        const char *key = json_object_get_string(json_object_array_get_idx(devices, i));
        const char *name = strstr(sim_str(guest->config, key, ""), "mapping=");
        struct json_object *entry = json_object_new_object();

        sim_set(entry, "name", json_object_new_string_len(name + 8, (int)strcspn(name + 8, ",")));
        sim_set_int(entry, "live-migration", 0);
        sim_set(info, key, entry);
    }
    sim_set(out, "mapped-resources", devices);
    sim_set(out, "mapped-resource-info", info);
}

int sim_guest_migrate(struct sim_call *call)
{
    struct json_object *disks, *allowed, *not_allowed, *together;
    struct sim_guest guest;
    char sid[SIM_SID_MAX];

    if (sim_guest_find(call, &guest) < 0)
        return -1;
    allowed = json_object_new_array();
    not_allowed = json_object_new_object();
    ha_sid(call, &guest, sid, sizeof sid);
    sort_nodes(call, &guest, sid, allowed, not_allowed);
    call->data = json_object_new_object();
    together = *sid ? sim_ha_together(call->state, sid) : NULL;
    if (together)
        sim_set(call->data, "dependent-ha-resources", together);
    sim_set_int(call->data, "running", guest.running);
    if (!guest.qemu) {
        sim_set(call->data, "allowed-nodes", allowed);
        sim_set(call->data, "not-allowed-nodes", not_allowed);
        return 0;
    }
    disks = json_object_new_array();
    json_object_object_foreach(guest.config, key, value)
    {
        const char *option = json_object_get_string(value);
        char storage[80];

        if (sim_disk_key(true, key) && sim_volume_storage(option, storage, sizeof storage) &&
            !sim_storage_shared(call->state, storage))
            add_local_disk(&guest, key, option, disks);
    }
    sim_set(call->data, "local_disks", disks);
    sim_set(call->data, "local_resources", sim_migrate_devices(&guest, false));
    add_mapped(&guest, call->data);
    sim_set(call->data, "allowed_nodes", allowed);
    sim_set(call->data, "not_allowed_nodes", not_allowed);
    sim_set_int(call->data, "has-dbus-vmstate", 1);
    return 0;
}
