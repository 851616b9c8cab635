/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Generates nodes and guests. Six of ten guests have their disks on the seed's shared storage for images, the
 * others on a local one; nine of ten have a backup.
 */
#include "large.h"
#include "storage.h"

#include <inttypes.h>
#include <stdlib.h>

#define GIB (1024LL * 1024 * 1024)
#define ISO "local:iso/debian-13.1.0-amd64-netinst.iso"

/* Where generated guests have what. */
struct places {
    const char *shared, *local, *backup; /* NULL: the seed has no such storage */
    bool shared_files, local_files;
    struct json_object *volumes;
    int64_t now;
    int nodes;
};

struct place {
    const char *storage, *node; /* node NULL: shared */
    bool files;
};

void sim_generate_nodes(struct json_object *state, int count)
{
    struct json_object *nodes = json_object_new_object(), *model = sim_at(state, "/nodes/pve1");

    for (int i = 1; i <= count; i++) {
        struct json_object *node = sim_copy(model);
        char name[32], ip[32];

        (void)snprintf(name, sizeof name, "pve%d", i);
        (void)snprintf(ip, sizeof ip, "10.10.10.%d", 10 + i);
        sim_set_str(node, "ip", ip);
        sim_set_int(node, "nodeid", count > 1 ? i : 0);
        sim_set(nodes, name, node);
    }
    sim_set(state, "nodes", nodes);
    sim_set_str(sim_get(state, "cluster"), "name", count > 1 ? "generated" : NULL);
}

/* The first storage of all nodes that holds this. */
static const char *find_storage(struct json_object *state, const char *content, bool shared)
{
    json_object_object_foreach(sim_get(state, "storage"), name, config)
    {
        if (sim_storage_takes(config, content) && sim_storage_is_shared(config) == shared &&
            !sim_int(config, "disable", 0) && !sim_get(config, "nodes"))
            return name;
    }
    return NULL;
}

static bool has_files(struct json_object *state, const char *storage)
{
    return storage && sim_storage_type_of(sim_storage_config(state, storage))->files;
}

static void find_places(struct json_object *state, struct places *places)
{
    *places = (struct places){.shared = find_storage(state, "images", true),
                              .local = find_storage(state, "images", false),
                              .backup = find_storage(state, "backup", true)};
    places->shared_files = has_files(state, places->shared);
    places->local_files = has_files(state, places->local);
    if (!has_files(state, places->backup))
        places->backup = NULL;
    places->volumes = json_object_new_object();
    places->now = (int64_t)time(NULL);
    places->nodes = json_object_object_length(sim_get(state, "nodes"));
}

static void add_volume(struct places *places, const char *storage, const char *node, const char *volid,
                       const char *content, const char *format, int64_t size, int64_t vmid, int64_t age)
{
    struct json_object *volume = json_object_new_object();

    if (!sim_get(places->volumes, storage))
        sim_set(places->volumes, storage, json_object_new_array());
    sim_set_str(volume, "volid", volid);
    sim_set_str(volume, "content", content);
    sim_set_str(volume, "format", format);
    sim_set_int(volume, "size", size);
    sim_set_int(volume, "ctime", places->now - age);
    if (vmid > 0)
        sim_set_int(volume, "vmid", vmid);
    if (node)
        sim_set_str(volume, "node", node);
    json_object_array_add(sim_get(places->volumes, storage), volume);
}

/* Makes a disk and names it in the configuration; `rest` follows its volume. */
static void add_disk(struct places *places, const struct place *place, struct json_object *config,
                     const char *key, int64_t vmid, bool qemu, int number, int gib, const char *rest)
{
    char volid[128], option[220];

    if (place->files)
        (void)snprintf(volid, sizeof volid, "%s:%" PRId64 "/vm-%" PRId64 "-disk-%d.%s", place->storage, vmid,
                       vmid, number, qemu ? "qcow2" : "raw");
    else
        (void)snprintf(volid, sizeof volid, "%s:vm-%" PRId64 "-disk-%d", place->storage, vmid, number);
    (void)snprintf(option, sizeof option, "%s%s,size=%dG", volid, rest, gib);
    sim_set_str(config, key, option);
    add_volume(places, place->storage, place->node, volid, qemu ? "images" : "rootdir",
               place->files && qemu ? "qcow2" : "raw", gib * GIB, vmid, 7776000);
}

static void add_disks(struct places *places, const struct place *place, struct json_object *config, int index,
                      int64_t vmid, bool qemu)
{
    add_disk(places, place, config, qemu ? "scsi0" : "rootfs", vmid, qemu, 0, 8 + index % 5 * 8, "");
    if (index % 7 == 0)
        add_disk(places, place, config, qemu ? "scsi1" : "mp0", vmid, qemu, 1, 16, qemu ? "" : ",mp=/srv");
    if (qemu)
        sim_set_str(config, "boot", "order=scsi0");
    if (qemu && index % 50 == 0)
        sim_set_str(config, "ide2", ISO ",media=cdrom");
}

static void add_backup(struct places *places, int index, int64_t vmid, bool qemu)
{
    int64_t age = 3600 + index % 7 * 86400;
    time_t when = (time_t)(places->now - age);
    char volid[160], day[40];
    struct json_object *list;
    struct tm tm;

    if (!places->backup || index % 10 == 9)
        return;
    (void)gmtime_r(&when, &tm);
    (void)strftime(day, sizeof day, "%Y_%m_%d-%H_%M_%S", &tm);
    (void)snprintf(volid, sizeof volid, "%s:backup/vzdump-%s-%" PRId64 "-%s.%s.zst", places->backup,
                   qemu ? "qemu" : "lxc", vmid, day, qemu ? "vma" : "tar");
    add_volume(places, places->backup, NULL, volid, "backup", qemu ? "vma.zst" : "tar.zst",
               (int64_t)(1 + index % 9) << 29, vmid, age);
    list = sim_get(places->volumes, places->backup);
    sim_set_str(json_object_array_get_idx(list, json_object_array_length(list) - 1), "subtype",
                qemu ? "qemu" : "lxc");
}

static struct json_object *generate_guest(struct places *places, int index, int64_t vmid)
{
    struct json_object *guest = json_object_new_object(), *config = json_object_new_object(), *run;
    bool qemu = index % 4 != 3, running = index % 5 != 4;
    bool shared = places->shared && (!places->local || index % 10 < 6);
    struct place place = {.storage = shared ? places->shared : places->local,
                          .files = shared ? places->shared_files : places->local_files};
    char text[128], node[32];

    (void)snprintf(node, sizeof node, "pve%d", index % places->nodes + 1);
    sim_set_str(guest, "node", node);
    sim_set_str(guest, "type", qemu ? "qemu" : "lxc");
    sim_set_str(guest, "status", running ? "running" : "stopped");
    (void)snprintf(text, sizeof text, "%s-%04d", qemu ? "vm" : "ct", index + 1);
    sim_set_str(config, qemu ? "name" : "hostname", text);
    sim_set_int(config, "cores", 1 + index % 4);
    (void)snprintf(text, sizeof text, "%d", 1024 << index % 3);
    sim_set(config, "memory", qemu ? json_object_new_string(text) : json_object_new_int64(1024 << index % 3));
    place.node = shared ? NULL : node;
    if (place.storage)
        add_disks(places, &place, config, index, vmid, qemu);
    add_backup(places, index, vmid, qemu);
    sim_set_str(config, "ostype", qemu ? "l26" : "debian");
    sim_set_str(config, "tags", index % 2 ? "prod" : "test");
    sim_set(guest, "config", config);
    sim_set(guest, "snapshots", json_object_new_object());
    if (running) {
        run = json_object_new_object();
        sim_set_int(run, "pid", 5000 + index);
        sim_set_int(run, "started", places->now - 3600 - index * 60);
        sim_set_num(run, "cpu", (double)(index % 40) / 100.0);
        sim_set_int(run, "mem", (512LL << index % 3) << 20);
        sim_set(guest, "run", run);
    }
    return guest;
}

void sim_generate_guests(struct json_object *state, int count)
{
    static const char *const per_guest[] = {"/tasks", "/log"};
    struct json_object *guests = json_object_new_object();
    struct places places;

    find_places(state, &places);
    for (int i = 1; i <= places.nodes; i++) {
        char node[32];

        (void)snprintf(node, sizeof node, "pve%d", i);
        add_volume(&places, "local", node, ISO, "iso", "iso", 822083584, 0, 5184000);
    }
    for (int i = 0; i < count; i++) {
        char vmid[32];

        (void)snprintf(vmid, sizeof vmid, "%d", 100 + i);
        sim_set(guests, vmid, generate_guest(&places, i, 100 + i));
    }
    sim_set(state, "guests", guests);
    /* What the seed says about guests that are gone now would only confuse. */
    for (size_t i = 0; i < sizeof per_guest / sizeof *per_guest; i++)
        sim_set(state, per_guest[i] + 1, json_object_new_array());
    sim_set(sim_get(state, "ha"), "resources", json_object_new_object());
    sim_set(sim_get(state, "ha"), "rules", json_object_new_object());
    sim_set(state, "volumes", places.volumes);
    sim_set(state, "backup", json_object_new_object());
    sim_set(state, "replication", json_object_new_object());
}
