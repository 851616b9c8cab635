/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guests are destroyed: with their volumes, rights, pool and firewall; with `purge` also from jobs and HA.
 */
#include "guest_life.h"
#include "handlers.h"
#include "power.h"
#include "storage.h"

#include <errno.h>
#include <stdlib.h>

/* ---- what speaks against it ---- */

/* The first replication job of the guest; NULL: none. */
static const char *replicated(struct json_object *state, const char *vmid)
{
    json_object_object_foreach(sim_get(state, "replication"), id, job)
    {
        if (strcmp(sim_str(job, "guest", ""), vmid) == 0)
            return id;
    }
    return NULL;
}

/* What is said at once, and again by the task. */
static int early(struct sim *sim, const struct sim_guest *guest, struct json_object *params, char *why)
{
    const char *kind = guest->qemu ? "VM" : "CT", *job = replicated(sim->state, guest->vmid);
    bool purge = sim_int(params, "purge", 0) != 0, force = sim_int(params, "force", 0) != 0;

    if (sim_int(guest->config, "protection", 0))
        return sim_why(why, "can't remove %s %s - protection mode enabled", kind, guest->vmid);
    if (!purge && sim_guest_ha(sim->state, guest))
        return sim_why(why, "unable to remove %s %s - used in HA resources and purge parameter not set.",
                       kind, guest->vmid);
    if (!purge && job)
        return sim_why(why, "There is a replication job '%s' for guest '%s' - Please remove that first.", job,
                       guest->vmid);
    if (guest->running && guest->qemu)
        return sim_why(why, "VM %s is running - destroy failed", guest->vmid);
    if (guest->running && !force)
        return sim_why(why, "unable to destroy CT %s - container is running", guest->vmid);
    return 0;
}

/* ---- its volumes ---- */

/* Adds the volume that an option names, if it is the guest's own. */
static void add_own(struct json_object *state, const struct sim_guest *guest, const char *option,
                    struct json_object *volumes)
{
    struct sim_volume_name name;
    char volid[400], why[700];

    (void)snprintf(volid, sizeof volid, "%.*s", (int)strcspn(option, ","), option);
    if (!strchr(volid, ':') || sim_volume_parse(state, volid, &name, why, sizeof why) < 0 ||
        strcmp(name.vmid, guest->vmid) != 0 || strcmp(name.content, "images") != 0)
        return;
    sim_set_int(volumes, volid, 1);
}

static void add_volumes(struct json_object *state, const struct sim_guest *guest, struct json_object *options,
                        struct json_object *volumes)
{
    if (!options)
        return;
    json_object_object_foreach(options, key, value)
    {
        if (sim_disk_key(guest->qemu, key) || strcmp(key, "vmstate") == 0)
            add_own(state, guest, json_object_get_string(value), volumes);
    }
}

/* What lies on the node's storages under the guest's number, whether it uses it or not. */
static void add_unreferenced(struct json_object *state, const struct sim_guest *guest,
                             struct json_object *volumes)
{
    json_object_object_foreach(sim_get(state, "volumes"), storage, list)
    {
        char why[300];

        if (sim_storage_check(state, storage, guest->node, why, sizeof why) < 0)
            continue;
        for (size_t i = 0; i < json_object_array_length(list); i++) {
            struct json_object *volume = json_object_array_get_idx(list, i);

            if (sim_listed("images rootdir", sim_str(volume, "content", "")) &&
                strcmp(sim_str(volume, "vmid", ""), guest->vmid) == 0 && sim_volume_here(volume, guest->node))
                add_own(state, guest, sim_str(volume, "volid", ""), volumes);
        }
    }
}

struct json_object *sim_guest_volumes(struct json_object *state, const struct sim_guest *guest,
                                      bool unreferenced)
{
    struct json_object *volumes = json_object_new_object(), *snapshots = sim_get(guest->entry, "snapshots");

    add_volumes(state, guest, guest->config, volumes);
    add_volumes(state, guest, sim_get(guest->entry, "pending"), volumes);
    if (snapshots) {
        json_object_object_foreach(snapshots, name, snapshot)
        {
            (void)name;
            add_volumes(state, guest, snapshot, volumes);
        }
    }
    if (unreferenced)
        add_unreferenced(state, guest, volumes);
    return volumes;
}

/* ---- traces elsewhere ---- */

static void drop_rights(struct sim *sim, const char *vmid)
{
    struct json_object *old = sim_at(sim->state, "/access/acl"), *acl;
    char path[40];

    if (!old)
        return;
    (void)snprintf(path, sizeof path, "/vms/%s", vmid);
    acl = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(old); i++) {
        struct json_object *entry = json_object_array_get_idx(old, i);

        if (strcmp(sim_str(entry, "path", ""), path) != 0)
            json_object_array_add(acl, json_object_get(entry));
    }
    sim_set(sim_get(sim->state, "access"), "acl", acl);
}

/* The list without the word. Returns whether anything is left. */
static bool drop_word(struct json_object *entry, const char *name, const char *word)
{
    const char *list = sim_str(entry, name, NULL);
    SIM_FREE_WITH(sim_freep) char *left = NULL;
    size_t size = 0;
    FILE *out;

    if (!list)
        return true;
    out = open_memstream(&left, &size);
    if (!out)
        abort();
    for (const char *at = list + strspn(list, ",; "); *at; at += strspn(at, ",; ")) {
        size_t n = strcspn(at, ",; ");

        if (n != strlen(word) || strncmp(at, word, n) != 0)
            fprintf(out, "%s%.*s", ftell(out) > 0 ? "," : "", (int)n, at);
        at += n;
    }
    (void)fclose(out);
    sim_set_str(entry, name, left);
    return *left != 0;
}

/* Backup jobs of this guest alone end with it. */
static void drop_backups(struct sim *sim, const char *vmid)
{
    struct json_object *jobs = sim_get(sim->state, "backup");

    json_object_object_foreach(jobs, id, job)
    {
        if (!drop_word(job, "vmid", vmid))
            json_object_object_del(jobs, id);
        else if (!drop_word(job, "exclude", vmid))
            json_object_object_del(job, "exclude");
    }
}

static void drop_replication(struct sim *sim, const char *vmid)
{
    struct json_object *jobs = sim_get(sim->state, "replication");

    json_object_object_foreach(jobs, id, job)
    {
        if (strcmp(sim_str(job, "guest", ""), vmid) == 0)
            json_object_object_del(jobs, id);
    }
}

static void drop_ha(struct sim *sim, struct sim_job *job, const struct sim_guest *guest)
{
    struct json_object *rules = sim_at(sim->state, "/ha/rules");
    char sid[40];

    if (!sim_guest_ha(sim->state, guest))
        return;
    (void)snprintf(sid, sizeof sid, "%s:%s", guest->qemu ? "vm" : "ct", guest->vmid);
    json_object_object_del(sim_at(sim->state, "/ha/resources"), sid);
    sim_job_log(job, false, "NOTE: removed %s %s from HA resource configuration.", guest->qemu ? "VM" : "CT",
                guest->vmid);
    if (!rules)
        return;
    json_object_object_foreach(rules, name, rule)
    {
        if (!drop_word(rule, "resources", sid))
            json_object_object_del(rules, name);
    }
}

/* ---- the task ---- */

static bool let_go(const struct sim_guest *guest, struct sim_job *job)
{
    return sim_int(job->args, "skiplock", 0) ||
           (guest->qemu && strcmp(sim_str(guest->entry, "lock", ""), "suspended") == 0);
}

static void restore_lock(struct sim *sim, struct sim_job *job)
{
    struct json_object *entry = sim_get(sim_get(sim->state, "guests"), sim_str(job->args, "vmid", ""));
    const char *held = sim_str(job->args, "held", NULL);

    if (entry && held)
        sim_set_str(entry, "lock", held);
    else if (entry)
        json_object_object_del(entry, "lock");
}

static int begin_destroy(struct sim *sim, struct sim_job *job, char *why)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *volumes = NULL;
    struct sim_volume_name name;
    struct sim_guest guest;
    char text[700];

    if (sim_job_guest(sim, job, &guest, why) < 0 || early(sim, &guest, job->args, why) < 0 ||
        (!let_go(&guest, job) && sim_guest_check_lock(&guest, why) < 0))
        return -EINVAL;
    volumes = sim_guest_volumes(sim->state, &guest, false);
    json_object_object_foreach(volumes, volid, yes)
    {
        (void)yes;
        if (sim_volume_parse(sim->state, volid, &name, text, sizeof text) == 0 &&
            sim_volume_has_clones(sim->state, &name))
            return sim_why(why,
                           guest.qemu ? "base volume '%s' is still in use by linked cloned"
                                      : "base volume '%s' is still in use by linked clones",
                           guest.qemu ? volid : name.name);
    }
    if (sim_str(guest.entry, "lock", NULL))
        sim_set_str(job->args, "held", sim_str(guest.entry, "lock", ""));
    sim_set_str(guest.entry, "lock", "destroyed");
    job->undo = restore_lock;
    if (guest.running)
        sim_job_log(job, false, "forced to stop CT %s before destroying!", guest.vmid);
    return 0;
}

static int end_destroy(struct sim *sim, struct sim_job *job, char *why)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *volumes = NULL;
    struct sim_guest guest;
    char vmid[24];

    if (sim_job_guest(sim, job, &guest, why) < 0 || early(sim, &guest, job->args, why) < 0)
        return -EINVAL;
    (void)snprintf(vmid, sizeof vmid, "%s", guest.vmid);
    volumes = sim_guest_volumes(sim->state, &guest, sim_int(job->args, "destroy-unreferenced-disks", 0) != 0);
    json_object_object_foreach(volumes, volid, yes)
    {
        (void)yes;
        sim_volume_remove(sim->state, guest.node, volid);
    }
    sim_backups_freeze(sim->state, vmid);
    drop_rights(sim, vmid);
    if (sim_at(sim->state, "/firewall/guest"))
        json_object_object_del(sim_at(sim->state, "/firewall/guest"), vmid);
    if (sim_int(job->args, "purge", 0)) {
        sim_job_flush(job);
        sim_job_log(job, false, "purging %s %s from related configurations..", guest.qemu ? "VM" : "CT",
                    vmid);
        drop_backups(sim, vmid);
        drop_replication(sim, vmid);
        drop_ha(sim, job, &guest);
    }
    json_object_object_del(sim_get(sim->state, "guests"), vmid);
    sim_touch(sim);
    return 0;
}

static const struct sim_work destroy_qemu = {"qmdestroy", NULL, begin_destroy, end_destroy},
                             destroy_lxc = {"vzdestroy", NULL, begin_destroy, end_destroy};

int sim_guest_destroy(struct sim_call *call)
{
    struct json_object *args;
    struct sim_guest guest;
    char why[SIM_WHY_MAX];

    if (sim_arg_int(call, "skiplock", 0) && strcmp(call->who, "root@pam") != 0)
        return sim_fail_param(call, "skiplock", "Only root may use this option.");
    if (sim_guest_find(call, &guest) < 0)
        return -1;
    if (early(call->sim, &guest, call->params, why) < 0)
        return sim_fail(call, 500, "%s\n", why);
    args = sim_copy(call->params);
    sim_set_str(args, "type", guest.type);
    return sim_call_task(call, guest.qemu ? &destroy_qemu : &destroy_lxc, args);
}
