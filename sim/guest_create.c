/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What requests for new guests may ask for, whether they create, restore or clone.
 */
#include "guest_change.h"
#include "guest_life.h"
#include "handlers.h"
#include "storage.h"

#include <errno.h>

/* Parameters that are no options. */
static const char control[] = "node vmid archive bwlimit cdrom force ha-managed ignore-unpack-errors "
                              "import-working-storage live-restore ostemplate password pool restore "
                              "ssh-public-keys start storage unique";

/* ---- requests ---- */

int sim_vmid_unused(struct sim_call *call, const char *vmid, const char *prefix)
{
    struct json_object *entry = sim_get(sim_get(call->state, "guests"), vmid);

    if (!entry)
        return 0;
    return sim_fail(call, 500, "%s%s %s already exists on node '%s'\n", prefix,
                    strcmp(sim_str(entry, "type", ""), "qemu") == 0 ? "VM" : "CT", vmid,
                    sim_str(entry, "node", ""));
}

int sim_may_create(struct sim_call *call, const char *vmid, bool backup)
{
    const char *pool = sim_arg(call, "pool");
    char path[300], why[300];

    if (pool && !sim_get(sim_get(call->state, "pools"), pool)) {
        (void)snprintf(why, sizeof why, " (pool '%s' does not exist)", pool);
        return sim_fail_perm(call, why);
    }
    (void)snprintf(path, sizeof path, "/pool/%s", pool ? pool : "");
    if (pool && sim_can(call, path, "VM.Allocate"))
        return 0;
    (void)snprintf(path, sizeof path, "/vms/%s", vmid);
    if (sim_can(call, path, "VM.Allocate") || (backup && sim_can(call, path, "VM.Backup")))
        return 0;
    return sim_fail_perm(call, "");
}

static int forget_fresh(struct sim *sim, struct sim_job *job, char *why)
{
    struct json_object *entry = sim_get(sim_get(sim->state, "guests"), sim_str(job->args, "vmid", ""));

    (void)why;
    if (entry)
        json_object_object_del(entry, "fresh");
    return 0;
}

static const struct sim_work fresh_work = {.end = forget_fresh};

/* The statistics of the node have nothing about it for a while. */
static void make_fresh(struct sim *sim, const char *vmid, struct json_object *entry)
{
    struct json_object *args;

    if (sim->fresh_ms == 0)
        return;
    args = json_object_new_object();
    sim_set_int(entry, "fresh", 1);
    sim_set_str(args, "vmid", vmid);
    sim_timer_start(sim, &fresh_work, sim->fresh_ms, args);
}

void sim_guest_reserve(struct sim_call *call, const char *vmid, const char *node, bool qemu)
{
    struct json_object *entry = json_object_new_object();
    uint64_t number = 0;

    (void)sim_parse_uint(vmid, 10, 999999999, &number);
    sim_set_str(entry, "type", qemu ? "qemu" : "lxc");
    sim_set_str(entry, "node", node);
    sim_set_str(entry, "status", "stopped");
    sim_set(entry, "config", json_object_new_object());
    sim_set(entry, "snapshots", json_object_new_object());
    sim_set_int(entry, "vmid", (int64_t)number);
    sim_set(sim_get(call->state, "guests"), vmid, entry);
    make_fresh(call->sim, vmid, entry);
    sim_touch(call->sim);
}

struct json_object *sim_options_given(struct sim_call *call)
{
    struct json_object *options = json_object_new_object();
    const char *cdrom = sim_arg(call, "cdrom");
    char text[400];

    json_object_object_foreach(call->params, name, value)
    {
        if (!sim_word_in(control, " ", name, strlen(name)))
            sim_set(options, name, sim_copy(value));
    }
    if (cdrom) {
        (void)snprintf(text, sizeof text, "%s%s", cdrom, strstr(cdrom, "media=") ? "" : ",media=cdrom");
        sim_set_str(options, "ide2", text);
    }
    return options;
}

int sim_life_task(struct sim_call *call, const struct sim_work *work, struct json_object *args)
{
    static const char *const kept[] = {"pool", "start", "ha-managed", "storage", "unique"};

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        if (sim_get(call->params, kept[i]))
            sim_set(args, kept[i], sim_copy(sim_get(call->params, kept[i])));
    }
    sim_set_str(args, "who", call->who);
    if (!sim_get(args, "guest"))
        sim_set_str(args, "guest", sim_arg(call, "vmid"));
    return sim_call_task(call, work, args);
}

/* ---- what a request may ask for ---- */

int sim_may_store(struct sim_call *call, const char *storage, bool qemu)
{
    struct json_object *config = sim_storage_config(call->state, storage);
    char path[160], why[260];

    (void)snprintf(path, sizeof path, "/storage/%s", storage);
    (void)snprintf(why, sizeof why, " (%s, Datastore.AllocateSpace)", path);
    if (!sim_can(call, path, "Datastore.AllocateSpace"))
        return sim_fail_perm(call, why);
    if (sim_storage_usable(call, storage) < 0)
        return -1;
    if (!sim_storage_takes(config, qemu ? "images" : "rootdir"))
        return sim_fail_param(call, "storage", "storage '%s' does not support %s", storage,
                              qemu ? "vm images" : "container directories");
    return 0;
}

struct asked {
    struct sim_call *call;
    bool qemu;
};

int sim_may_read(struct sim_call *call, const char *volid)
{
    struct sim_volume_name name;
    char why[700];

    if (*volid == '/')
        return strcmp(call->who, "root@pam") == 0
                   ? 0
                   : sim_fail_perm(call, " (Only root can pass arbitrary filesystem paths.)");
    if (sim_volume_parse(call->state, volid, &name, why, sizeof why) < 0)
        return sim_fail(call, 500, "%s", why);
    return sim_volume_readable(call, &name);
}

static int disk_allowed(void *context, const char *key, const char *text)
{
    struct asked *asked = context;
    struct sim_call *call = asked->call;
    const struct sim_param *param = sim_param_find(asked->qemu ? sim_qemu_options : sim_lxc_options, key);
    SIM_FREE_WITH(sim_json_freep) struct json_object *keys = sim_property_split(param->sub, text);
    const char *file = sim_str(keys, asked->qemu ? "file" : "volume", ""), *colon = strchr(file, ':'),
               *source = sim_str(keys, "import-from", NULL);
    char storage[128];

    if (strcmp(file, "none") == 0)
        return 0;
    if (strcmp(file, "cdrom") == 0)
        return sim_can(call, "/", "Sys.Console") ? 0 : sim_fail_perm(call, " (/, Sys.Console)");
    if (source && (!colon || strcmp(colon, ":0") != 0))
        return sim_fail_param(
            call, key, "'import-from' requires special syntax - use <storage ID>:0,import-from=<source>");
    if (source && sim_may_read(call, source) < 0)
        return -1;
    sim_storage_of(file, storage, sizeof storage);
    if (colon && (sim_volume_is_new(file) || strcmp(colon, ":cloudinit") == 0))
        return sim_may_store(call, storage, asked->qemu);
    if (!asked->qemu && *file == '/')
        return 0; /* a bind mount: judged with the options */
    return sim_may_read(call, file);
}

int sim_options_allowed(struct sim_call *call, struct json_object *options, bool qemu)
{
    struct asked asked = {call, qemu};

    if (sim_each_disk(options, qemu, disk_allowed, &asked) != 0)
        return -1;
    json_object_object_foreach(options, key, value)
    {
        if (sim_option_allowed(call, NULL, qemu, key, json_object_get_string(value)) < 0)
            return -1;
    }
    if (sim_arg_int(call, "ha-managed", 0) && !sim_can(call, "/", "Sys.Console"))
        return sim_fail_perm(call, " (/, Sys.Console)");
    return sim_bridges_allowed(call, options);
}
