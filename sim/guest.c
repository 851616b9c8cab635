/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a guest's entry in the state means: sizes from its options, live numbers, its place in HA.
 */
#include "guest.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MIB (1024LL * 1024)

void sim_guest_view(const char *vmid, struct json_object *entry, struct sim_guest *guest)
{
    *guest = (struct sim_guest){.entry = entry, .vmid = vmid};
    guest->config = sim_get(entry, "config");
    guest->run = sim_get(entry, "run");
    guest->node = sim_str(entry, "node", "");
    guest->type = sim_str(entry, "type", "qemu");
    guest->status = sim_str(entry, "status", "stopped");
    guest->qemu = strcmp(guest->type, "qemu") == 0;
    guest->running = strcmp(guest->status, "running") == 0;
    (void)snprintf(guest->fallback_name, sizeof guest->fallback_name, "%s%s", guest->qemu ? "VM " : "CT",
                   vmid);
    guest->name = sim_str(guest->config, guest->qemu ? "name" : "hostname", guest->fallback_name);
}

int sim_guest_find(struct sim_call *call, struct sim_guest *guest)
{
    bool qemu = strstr(call->route->path, "/qemu/") != NULL;
    const char *vmid = sim_arg(call, "vmid"), *node = sim_arg(call, "node");
    struct json_object *entry = sim_get(sim_get(call->state, "guests"), vmid);

    if (entry) {
        sim_guest_view(vmid, entry, guest);
        if (guest->qemu == qemu && strcmp(guest->node, node) == 0)
            return 0;
    }
    return sim_fail(call, 500, "Configuration file 'nodes/%s/%s/%s.conf' does not exist\n", node,
                    qemu ? "qemu-server" : "lxc", vmid);
}

int64_t sim_disk_size(const char *option)
{
    const char *size = option ? strstr(option, "size=") : NULL;
    int64_t value = 0;

    if (!size)
        return 0;
    for (size += 5; isdigit((unsigned char)*size) && value < INT64_MAX / 16; size++)
        value = value * 10 + (*size - '0');
    switch (*size) {
    case 'T': return value * 1024 * 1024 * MIB;
    case 'G': return value * 1024 * MIB;
    case 'M': return value * MIB;
    case 'K': return value * 1024;
    default: return value;
    }
}

bool sim_disk_key(bool qemu, const char *key)
{
    static const char *const disks[] = {"scsi", "virtio", "sata", "ide", "efidisk", "tpmstate", "unused"};
    static const char *const mounts[] = {"mp", "unused"};
    const char *const *names = qemu ? disks : mounts;
    size_t count = qemu ? sizeof disks / sizeof *disks : sizeof mounts / sizeof *mounts;

    if (!qemu && strcmp(key, "rootfs") == 0)
        return true;
    for (size_t i = 0; i < count; i++) {
        size_t n = strlen(names[i]);

        if (strncmp(key, names[i], n) == 0 && isdigit((unsigned char)key[n]) &&
            strspn(key + n, "0123456789") == strlen(key + n))
            return true;
    }
    return false;
}

int64_t sim_guest_maxmem(const struct sim_guest *guest)
{
    return sim_int(guest->config, "memory", 512) * MIB;
}

/* The disk that a VM boots from: the first in boot's order, else the first disk that is no CD. */
static const char *boot_disk(const struct sim_guest *guest)
{
    const char *order = strstr(sim_str(guest->config, "boot", ""), "order=");

    for (order = order ? order + 6 : ""; *order;) {
        size_t n = strcspn(order, ";,");
        char key[32];

        (void)snprintf(key, sizeof key, "%.*s", (int)n, order);
        if (sim_disk_key(true, key) && sim_get(guest->config, key))
            return sim_str(guest->config, key, NULL);
        order += n + (order[n] != 0);
    }
    if (!guest->config)
        return NULL;
    json_object_object_foreach(guest->config, name, value)
    {
        const char *text = json_object_get_string(value);

        if (sim_disk_key(true, name) && strncmp(name, "unused", 6) != 0 && text &&
            !strstr(text, "media=cdrom"))
            return text;
    }
    return NULL;
}

int64_t sim_guest_maxdisk(const struct sim_guest *guest)
{
    return sim_disk_size(guest->qemu ? boot_disk(guest) : sim_str(guest->config, "rootfs", NULL));
}

int64_t sim_guest_cpus(struct json_object *state, const struct sim_guest *guest)
{
    if (guest->qemu)
        return sim_int(guest->config, "vcpus",
                       sim_int(guest->config, "cores", 1) * sim_int(guest->config, "sockets", 1));
    return sim_int(guest->config, "cores", sim_int(sim_get(sim_get(state, "nodes"), guest->node), "cpus", 1));
}

void sim_guest_numbers(const struct sim_guest *guest, struct json_object *out, bool with_io)
{
    static const char *const counters[] = {"netin", "netout", "diskread", "diskwrite"};
    int64_t now = (int64_t)time(NULL),
            uptime = guest->running ? now - sim_int(guest->run, "started", now) : 0;

    if (guest->running)
        sim_set_num(out, "cpu", sim_num(guest->run, "cpu", 0.01));
    else
        sim_set_int(out, "cpu", 0);
    sim_set_int(out, "mem", guest->running ? sim_int(guest->run, "mem", 0) : 0);
    sim_set_int(out, "disk", guest->running && !guest->qemu ? sim_int(guest->run, "disk", 0) : 0);
    sim_set_int(out, "uptime", uptime);
    for (size_t i = 0; i < (with_io ? 4U : 2U); i++)
        sim_set_int(out, counters[i], guest->running ? sim_int(guest->run, counters[i], 0) + uptime * 37 : 0);
}

struct json_object *sim_guest_ha(struct json_object *state, const struct sim_guest *guest)
{
    char sid[40];

    (void)snprintf(sid, sizeof sid, "%s:%s", guest->qemu ? "vm" : "ct", guest->vmid);
    return sim_get(sim_at(state, "/ha/resources"), sid);
}

void sim_guest_digest(const struct sim_guest *guest, char ret_hex[41])
{
    struct json_object *file = json_object_new_object();

    sim_set(file, "config", json_object_get(guest->config));
    sim_set(file, "pending", json_object_get(sim_get(guest->entry, "pending")));
    sim_set(file, "pending_delete", json_object_get(sim_get(guest->entry, "pending_delete")));
    sim_set(file, "snapshots", json_object_get(sim_get(guest->entry, "snapshots")));
    sim_set(file, "lock", json_object_get(sim_get(guest->entry, "lock")));
    sim_digest(file, ret_hex);
    json_object_put(file);
}
