/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New VMs and containers: the requests, and the tasks that make them.
 */
#include "guest_change.h"
#include "guest_life.h"
#include "handlers.h"
#include "storage.h"

#include <errno.h>

/* ---- VMs ---- */

struct making {
    struct sim_call *call;
    struct sim_job *job;
    struct sim_guest *guest;
    struct json_object *config;
};

static int make_disk(void *context, const char *key, const char *text)
{
    struct making *making = context;

    return sim_disk_made(making->call, making->job, making->guest, key, text, making->config);
}

/* Disks and all other options as they are stored. Returns 0 or fails the worker's call. */
static int make_options(struct making *making, struct json_object *options)
{
    if (sim_each_disk(options, making->guest->qemu, make_disk, making) != 0)
        return -1;
    json_object_object_foreach(options, key, value)
    {
        struct json_object *stored = NULL;

        if (sim_disk_key(making->guest->qemu, key))
            continue;
        if (sim_option_value(making->call, making->guest, key, value, &stored) < 0)
            return -1;
        if (stored)
            sim_set(making->config, key, stored);
    }
    return 0;
}

struct boot {
    char disk[24], cdrom[24];
};

static int find_boot(void *context, const char *key, const char *text)
{
    struct boot *boot = context;
    char *slot = strstr(text, "media=cdrom") ? boot->cdrom : boot->disk;

    if (!*slot && strncmp(key, "efi", 3) != 0 && strncmp(key, "tpm", 3) != 0 &&
        strncmp(key, "unused", 6) != 0)
        (void)snprintf(slot, sizeof boot->disk, "%s", key);
    return 0;
}

/* Without an order of its own a VM boots from its first disk, then its first CD, then its first network. */
static void set_boot(struct json_object *config)
{
    struct boot boot = {"", ""};
    const char *parts[3] = {boot.disk, boot.cdrom, ""};
    char text[100] = "", key[16] = "";

    if (sim_get(config, "boot"))
        return;
    (void)sim_each_disk(config, true, find_boot, &boot);
    for (int i = 0; i < 32 && !*parts[2]; i++) {
        (void)snprintf(key, sizeof key, "net%d", i);
        if (sim_get(config, key))
            parts[2] = key;
    }
    for (size_t i = 0; i < 3; i++) {
        size_t n = strlen(text);

        if (*parts[i])
            (void)snprintf(text + n, sizeof text - n, "%s%s", n ? ";" : "order=", parts[i]);
    }
    sim_set_str(config, "boot", *text ? text : " ");
}

static int begin_make(struct sim *sim, struct sim_job *job, char *why)
{
    const char *vmid = sim_str(job->args, "vmid", "");
    struct json_object *config = json_object_new_object();
    struct sim_guest guest;
    struct sim_call call;
    struct making making = {&call, job, &guest, config};
    char prefix[64];

    job->undo = sim_guest_unmake;
    sim_set(job->args, "config", config);
    sim_guest_view(vmid, sim_get(sim_get(sim->state, "guests"), vmid), &guest);
    sim_worker_call(sim, job, &call);
    (void)snprintf(prefix, sizeof prefix, "unable to create %s %s - ", guest.qemu ? "VM" : "CT", vmid);
    if (!guest.qemu && !sim_volume_find(&call, sim_str(job->args, "ostemplate", ""))) {
        (void)sim_fail(&call, 500, "volume '%s' does not exist\n", sim_str(job->args, "ostemplate", ""));
        return sim_worker_failed(&call, prefix, why);
    }
    if (make_options(&making, sim_get(job->args, "options")) < 0)
        return sim_worker_failed(&call, prefix, why);
    if (guest.qemu) {
        set_boot(config);
        sim_qemu_identity(config, true);
    }
    return 0;
}

static int end_make(struct sim *sim, struct sim_job *job, char *why)
{
    (void)why;
    sim_guest_made(sim, job, sim_copy(sim_get(job->args, "config")));
    return 0;
}

static const struct sim_work create_qemu = {"qmcreate", "create", begin_make, end_make};

/* "scsi0: 32" is a disk on the storage that the request names. */
static int set_storage(struct sim_call *call, struct json_object *options)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *given = sim_copy(options);
    const char *storage = sim_arg(call, "storage");
    char text[1000];

    json_object_object_foreach(given, key, value)
    {
        const char *disk = json_object_get_string(value);
        size_t digits = strspn(disk, "0123456789.");

        if (!sim_disk_key(true, key) || digits == 0 || (disk[digits] && disk[digits] != ','))
            continue;
        if (!storage)
            return sim_fail(call, 500, "no storage ID specified (and no default storage)\n");
        (void)snprintf(text, sizeof text, "%s:%s", storage, disk);
        sim_set_str(options, key, text);
    }
    return 0;
}

int sim_qemu_create(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *options = sim_options_given(call);
    const char *vmid = sim_arg(call, "vmid"), *storage = sim_arg(call, "storage");
    struct json_object *args;
    char prefix[64], path[160], why[260];

    (void)snprintf(path, sizeof path, "/storage/%s", storage ? storage : "");
    (void)snprintf(why, sizeof why, " (%s, Datastore.AllocateSpace)", path);
    if (storage && !sim_can(call, path, "Datastore.AllocateSpace"))
        return sim_fail_perm(call, why);
    if (sim_arg(call, "archive"))
        return sim_guest_restore(call, true, sim_arg(call, "archive"));
    (void)snprintf(prefix, sizeof prefix, "unable to create VM %s - ", vmid);
    if (sim_may_create(call, vmid, false) < 0 || set_storage(call, options) < 0 ||
        sim_options_allowed(call, options, true) < 0 || sim_vmid_unused(call, vmid, prefix) < 0)
        return -1;
    sim_guest_reserve(call, vmid, sim_arg(call, "node"), true);
    args = json_object_new_object();
    sim_set_int(args, "new", 1);
    sim_set(args, "options", json_object_get(options));
    return sim_life_task(call, &create_qemu, args);
}

/* ---- containers ---- */

static int begin_lxc(struct sim *sim, struct sim_job *job, char *why)
{
    const char *ostemplate = sim_str(job->args, "ostemplate", "");
    struct sim_volume_name name;
    char path[700], text[700];
    int r = begin_make(sim, job, why);

    if (r < 0 || sim_volume_parse(sim->state, ostemplate, &name, text, sizeof text) < 0)
        return r;
    sim_volume_path(sim->state, &name, path, sizeof path);
    sim_job_log(job, true, "extracting archive '%s'", path);
    sim_job_log(job, true, "Detected container architecture: %s",
                sim_str(sim_get(job->args, "config"), "arch", "amd64"));
    sim_job_log(job, true, "Creating SSH host key 'ssh_host_ed25519_key' - this may take some time ...");
    return 0;
}

static const struct sim_work create_lxc = {"vzcreate", "create", begin_lxc, end_make};

/* The system that a template's name begins with. */
static const char *system_of(const char *ostemplate)
{
    static const char *const systems[] = {"debian",   "devuan",    "ubuntu", "centos", "fedora",
                                          "opensuse", "archlinux", "alpine", "gentoo", "nixos"};
    const char *name = strrchr(ostemplate, '/');

    for (size_t i = 0; name && i < sizeof systems / sizeof *systems; i++) {
        if (strncmp(name + 1, systems[i], strlen(systems[i])) == 0)
            return systems[i];
    }
    return "unmanaged";
}

/* What a new container has unless it was given. */
static void set_defaults(struct sim_call *call, struct json_object *options)
{
    char text[160];

    if (!sim_get(options, "arch"))
        sim_set_str(options, "arch", "amd64");
    if (!sim_get(options, "ostype"))
        sim_set_str(options, "ostype", system_of(sim_arg(call, "ostemplate")));
    (void)snprintf(text, sizeof text, "CT%s", sim_arg(call, "vmid"));
    if (!sim_get(options, "hostname"))
        sim_set_str(options, "hostname", text);
    if (!sim_get(options, "memory"))
        sim_set_int(options, "memory", 512);
    if (!sim_get(options, "swap"))
        sim_set_int(options, "swap", 512);
    if (!sim_int(options, "unprivileged", 0))
        json_object_object_del(options, "unprivileged");
}

/* Mount points need a root beside them; without any the root is 4 GiB of the storage. */
static int set_root(struct sim_call *call, struct json_object *options)
{
    const char *storage = sim_arg(call, "storage");
    char text[160];

    if (sim_get(options, "rootfs"))
        return 0;
    json_object_object_foreach(options, key, value)
    {
        (void)value;
        if (strncmp(key, "mp", 2) == 0)
            return sim_fail(call, 500, "mount points configured, but 'rootfs' not set - aborting\n");
    }
    (void)snprintf(text, sizeof text, "%s:4", storage ? storage : "local");
    sim_set_str(options, "rootfs", text);
    return 0;
}

static int template_allowed(struct sim_call *call)
{
    const char *ostemplate = sim_arg(call, "ostemplate");
    struct sim_volume_name name;
    char why[700];

    if (sim_may_read(call, ostemplate) < 0)
        return -1;
    if (sim_volume_parse(call->state, ostemplate, &name, why, sizeof why) == 0 &&
        strcmp(name.content, "vztmpl") != 0)
        return sim_fail(call, 500, "'%s' is no container template\n", ostemplate);
    return 0;
}

int sim_lxc_create(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *options = sim_options_given(call);
    const char *vmid = sim_arg(call, "vmid");
    struct json_object *args;

    if (sim_arg_int(call, "restore", 0))
        return sim_guest_restore(call, false, sim_arg(call, "ostemplate"));
    if (sim_vmid_unused(call, vmid, "") < 0 || sim_may_create(call, vmid, false) < 0 ||
        template_allowed(call) < 0 || set_root(call, options) < 0 ||
        sim_options_allowed(call, options, false) < 0)
        return -1;
    set_defaults(call, options);
    sim_guest_reserve(call, vmid, sim_arg(call, "node"), false);
    args = json_object_new_object();
    sim_set_int(args, "new", 1);
    sim_set(args, "options", json_object_get(options));
    sim_set_str(args, "ostemplate", sim_arg(call, "ostemplate"));
    return sim_life_task(call, &create_lxc, args);
}
