/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the QEMU guest agent tells about the inside of a VM.
 */
#include "agent.h"
#include "handlers.h"

#include <stdlib.h>
#include <string.h>

#define MEMORY_BLOCK (128LL << 20)

static const char commands[] =
    "guest-exec guest-exec-status guest-file-close guest-file-open guest-file-read guest-file-write "
    "guest-fsfreeze-freeze guest-fsfreeze-status guest-fsfreeze-thaw guest-fstrim guest-get-fsinfo "
    "guest-get-host-name guest-get-memory-block-info guest-get-memory-blocks guest-get-osinfo guest-get-time "
    "guest-get-timezone guest-get-users guest-get-vcpus guest-info guest-network-get-interfaces guest-ping "
    "guest-set-user-password guest-shutdown guest-suspend-disk guest-suspend-hybrid guest-suspend-ram";

static const struct os {
    const char *name, *info, *release; /* release: /etc/os-release */
} systems[] = {
    {"debian-13",
     "{\"id\":\"debian\",\"name\":\"Debian GNU/Linux\",\"pretty-name\":\"Debian GNU/Linux 13 (trixie)\","
     "\"version\":\"13 (trixie)\",\"version-id\":\"13\",\"machine\":\"x86_64\",\"kernel-release\":"
     "\"6.12.48+deb13-amd64\",\"kernel-version\":\"#1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1 (2025-09-20)\"}",
     "PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nID=debian\nVERSION_ID=\"13\"\n"},
    {"ubuntu-24.04",
     "{\"id\":\"ubuntu\",\"name\":\"Ubuntu\",\"pretty-name\":\"Ubuntu 24.04.3 LTS\",\"version\":"
     "\"24.04.3 LTS (Noble Numbat)\",\"version-id\":\"24.04\",\"machine\":\"x86_64\",\"kernel-release\":"
     "\"6.8.0-85-generic\",\"kernel-version\":\"#85-Ubuntu SMP PREEMPT_DYNAMIC\"}",
     "PRETTY_NAME=\"Ubuntu 24.04.3 LTS\"\nID=ubuntu\nVERSION_ID=\"24.04\"\n"},
    {"windows-2025",
     "{\"id\":\"mswindows\",\"name\":\"Microsoft Windows\",\"pretty-name\":\"Windows Server 2025 Standard\","
     "\"version\":\"Microsoft Windows Server 2025\",\"version-id\":\"2025\",\"variant\":\"server\","
     "\"variant-id\":\"server\",\"machine\":\"x86_64\",\"kernel-release\":\"26100\",\"kernel-version\":"
     "\"10.0\"}",
     NULL},
};

bool sim_guest_is_windows(const struct sim_guest *guest)
{
    return guest->qemu && strncmp(sim_str(guest->config, "ostype", ""), "w", 1) == 0;
}

static const struct os *system_of(const struct sim_guest *guest)
{
    const char *name = sim_str(sim_get(guest->entry, "agent"), "os",
                               sim_guest_is_windows(guest) ? "windows-2025" : "debian-13");

    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++) {
        if (strcmp(systems[i].name, name) == 0)
            return &systems[i];
    }
    return systems;
}

/* ---- is it there? ---- */

static bool has_agent(const struct sim_guest *guest)
{
    const char *agent = sim_str(guest->config, "agent", "0");

    return *agent == '1' || strncmp(agent, "enabled=1", 9) == 0;
}

int sim_agent_reach(struct sim_call *call, struct sim_guest *guest)
{
    if (sim_guest_find(call, guest) < 0)
        return -1;
    if (!guest->running)
        return sim_fail(call, 500, "VM %s is not running\n", guest->vmid);
    if (!has_agent(guest))
        return sim_fail(call, 500, "No QEMU guest agent configured\n");
    /* Nothing inside of a paused VM moves, and the agent comes up with the system. */
    if (sim_get(guest->entry, "booting") || sim_int(sim_get(guest->entry, "agent"), "silent", 0) ||
        sim_get(guest->run, "qmpstatus"))
        return sim_fail(call, 500, "QEMU guest agent is not running\n");
    return 0;
}

/* ---- answers ---- */

static struct json_object *info(const struct sim_guest *guest)
{
    struct json_object *out = json_object_new_object(), *list = json_object_new_array(), *item;
    char name[40];

    (void)guest;
    for (const char *at = commands; *at; at += strcspn(at, " "), at += *at == ' ') {
        (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(at, " "), at);
        item = json_object_new_object();
        sim_set_str(item, "name", name);
        sim_set(item, "enabled", json_object_new_boolean(1));
        sim_set(item, "success-response",
                json_object_new_boolean(!strstr(name, "suspend") && !strstr(name, "shutdown")));
        json_object_array_add(list, item);
    }
    sim_set_str(out, "version", "9.2.0");
    sim_set(out, "supported_commands", list);
    return out;
}

static struct json_object *osinfo(const struct sim_guest *guest)
{
    return json_tokener_parse(system_of(guest)->info);
}

static struct json_object *host_name(const struct sim_guest *guest)
{
    struct json_object *out = json_object_new_object();

    sim_set_str(out, "host-name", guest->name);
    return out;
}

static struct json_object *time_now(const struct sim_guest *guest)
{
    (void)guest;
    return json_object_new_int64((int64_t)time(NULL) * 1000000000LL);
}

static struct json_object *timezone_of(const struct sim_guest *guest)
{
    struct json_object *out = json_object_new_object();

    sim_set_str(out, "zone", sim_guest_is_windows(guest) ? "Coordinated Universal Time" : "UTC");
    sim_set_int(out, "offset", 0);
    return out;
}

/* Who is logged in: "since" of a seed is relative to the start, as all its times are. */
static struct json_object *users(const struct sim_guest *guest)
{
    struct json_object *seen = sim_get(sim_get(guest->entry, "agent"), "users"),
                       *list = json_object_new_array();

    for (size_t i = 0; seen && i < json_object_array_length(seen); i++) {
        struct json_object *item = sim_copy(json_object_array_get_idx(seen, i));

        sim_set(item, "login-time", json_object_new_double((double)time(NULL) - 7200.5 * (double)(i + 1)));
        json_object_array_add(list, item);
    }
    return list;
}

static struct json_object *vcpus(const struct sim_guest *guest)
{
    int64_t count = sim_int(guest->config, "cores", 1) * sim_int(guest->config, "sockets", 1);
    struct json_object *list = json_object_new_array(), *item;

    for (int64_t i = 0; i < count && i < 256; i++) {
        item = json_object_new_object();
        sim_set_int(item, "logical-id", i);
        sim_set(item, "online", json_object_new_boolean(1));
        sim_set(item, "can-offline", json_object_new_boolean(i > 0));
        json_object_array_add(list, item);
    }
    return list;
}

static struct json_object *memory_blocks(const struct sim_guest *guest)
{
    struct json_object *list = json_object_new_array(), *item;

    for (int64_t i = 0; i < sim_guest_maxmem(guest) / MEMORY_BLOCK && i < 1024; i++) {
        item = json_object_new_object();
        sim_set_int(item, "phys-index", i);
        sim_set(item, "online", json_object_new_boolean(1));
        sim_set(item, "can-offline", json_object_new_boolean(1));
        json_object_array_add(list, item);
    }
    return list;
}

static struct json_object *memory_block_info(const struct sim_guest *guest)
{
    struct json_object *out = json_object_new_object();

    (void)guest;
    sim_set_int(out, "size", MEMORY_BLOCK);
    return out;
}

/* The disk below a file system. */
static struct json_object *disk_of(const char *key, int index)
{
    struct json_object *list = json_object_new_array(), *item, *controller;
    char device[16], serial[48];

    item = json_object_new_object();
    controller = json_object_new_object();
    sim_set_int(controller, "domain", 0);
    sim_set_int(controller, "bus", 9);
    sim_set_int(controller, "slot", 1 + index);
    sim_set_int(controller, "function", 0);
    (void)snprintf(device, sizeof device, "/dev/sd%c1", 'a' + index);
    (void)snprintf(serial, sizeof serial, "0QEMU_QEMU_HARDDISK_drive-%.7s", key);
    sim_set_str(item, "bus-type", "scsi");
    sim_set_int(item, "bus", 0);
    sim_set_int(item, "target", 0);
    sim_set_int(item, "unit", index);
    sim_set_str(item, "dev", device);
    sim_set_str(item, "serial", serial);
    sim_set(item, "pci-controller", controller);
    json_object_array_add(list, item);
    return list;
}

static struct json_object *file_system(const struct sim_guest *guest, const char *key, int64_t size,
                                       int index)
{
    struct json_object *item = json_object_new_object(), *inside = sim_get(guest->entry, "agent");
    int64_t total = size / 100 * 97;
    char name[40], mount[40];

    (void)snprintf(name, sizeof name, "sd%c1", 'a' + index);
    (void)snprintf(mount, sizeof mount, index ? "/srv/%s" : "/", key);
    if (sim_guest_is_windows(guest)) {
        (void)snprintf(name, sizeof name, "\\\\?\\Volume{%d}\\", index + 1);
        (void)snprintf(mount, sizeof mount, "%c:\\", 'C' + index);
    }
    sim_set_str(item, "name", name);
    sim_set_str(item, "mountpoint", mount);
    sim_set_str(item, "type", sim_guest_is_windows(guest) ? "NTFS" : "ext4");
    sim_set_int(item, "total-bytes", total);
    sim_set_int(item, "used-bytes", (int64_t)((double)total * sim_num(inside, "used", 0.4)));
    sim_set(item, "disk", inside ? disk_of(key, index) : json_object_new_array());
    return item;
}

/* One file system on each disk. */
static struct json_object *fsinfo(const struct sim_guest *guest)
{
    struct json_object *list = json_object_new_array();
    int index = 0;

    json_object_object_foreach(guest->config, key, value)
    {
        const char *option = json_object_get_string(value);

        if (sim_disk_key(true, key) && !strstr(option, "media=cdrom") && strncmp(key, "unused", 6) != 0 &&
            strncmp(key, "efi", 3) != 0 && strncmp(key, "tpm", 3) != 0 && index < 20)
            json_object_array_add(list, file_system(guest, key, sim_disk_size(option), index++));
    }
    return list;
}

static const struct {
    const char *command;
    struct json_object *(*answer)(const struct sim_guest *guest);
} answers[] = {
    {"info", info},
    {"get-osinfo", osinfo},
    {"get-fsinfo", fsinfo},
    {"get-host-name", host_name},
    {"get-time", time_now},
    {"get-timezone", timezone_of},
    {"get-users", users},
    {"get-vcpus", vcpus},
    {"get-memory-blocks", memory_blocks},
    {"get-memory-block-info", memory_block_info},
    {"network-get-interfaces", sim_guest_interfaces},
};

int sim_agent(struct sim_call *call)
{
    const char *command = strrchr(call->route->path, '/') + 1;
    struct sim_guest guest;

    /* POST .../agent names it in a parameter. */
    if (strcmp(command, "agent") == 0)
        command = sim_arg(call, "command");
    if (sim_agent_reach(call, &guest) < 0)
        return -1;
    if (sim_guest_is_windows(&guest) && strncmp(command, "get-memory", 10) == 0)
        return sim_fail(call, 500, "Agent error: The command guest-%s has not been found\n", command);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        if (strcmp(answers[i].command, command) != 0)
            continue;
        call->data = json_object_new_object();
        sim_set(call->data, "result", answers[i].answer(&guest));
        return 0;
    }
    return sim_agent_action(call, &guest, command);
}

/* ---- files ---- */

const char *sim_guest_file(const struct sim_guest *guest, const char *path, char *text, size_t size)
{
    const char *own = sim_str(sim_get(guest->entry, "files"), path, NULL);

    if (own)
        return own;
    if (sim_guest_is_windows(guest))
        return NULL;
    if (strcmp(path, "/etc/os-release") == 0)
        return system_of(guest)->release;
    if (strcmp(path, "/etc/hostname") != 0)
        return NULL;
    (void)snprintf(text, size, "%s\n", guest->name);
    return text;
}
