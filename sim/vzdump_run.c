/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The task of a backup: guest after guest, each locked meanwhile; what fails for one does not keep the others
 * from theirs.
 */
#include "handlers.h"
#include "vzdump.h"

#include <errno.h>
#include <stdlib.h>

static const char *option_of(struct sim_job *job, const char *name, const char *def)
{
    return sim_str(sim_get(job->args, "options"), name, def);
}

/* ---- the job ---- */

/* The storage must be there, and be one for backups. */
static int check_storage(struct sim *sim, const char *storage, const char *node, char *why)
{
    struct json_object *config = sim_storage_config(sim->state, storage);
    char text[300];

    if (sim_storage_check(sim->state, storage, node, text, sizeof text) < 0) {
        text[strcspn(text, "\n")] = 0;
        if (config)
            return sim_why(why, "could not activate storage '%s': %s", storage, text);
        return sim_why(why,
                       "could not activate storage '%s': %s could not get storage information for '%s': %s",
                       storage, text, storage, text);
    }
    if (!sim_storage_takes(config, "backup"))
        return sim_why(
            why,
            "could not get storage information for '%s': can't use storage '%s' for backups - wrong "
            "content type",
            storage, storage);
    return 0;
}

/* "vzdump 100 101 --mode stop ..." */
static void log_command(struct sim_job *job)
{
    SIM_FREE_WITH(sim_freep) char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        abort();
    for (const char *at = option_of(job, "vmid", ""); *at;) {
        fprintf(out, " %.*s", (int)strcspn(at, ",; "), at);
        at += strcspn(at, ",; ");
        at += strspn(at, ",; ");
    }
    json_object_object_foreach(sim_get(job->args, "options"), key, value)
    {
        const char *word = json_object_get_string(value);
        bool quote = word && strpbrk(word, " {}'");

        if (!sim_listed("vmid node", key))
            fprintf(out, " --%s %s%s%s", key, quote ? "'" : "", word ? word : "", quote ? "'" : "");
    }
    (void)fclose(out);
    sim_job_log(job, false, "INFO: starting new backup job: vzdump%s", text);
}

static void fail_guest(struct sim_job *job, bool later, const char *vmid, const char *text)
{
    char when[40];

    sim_backup_time(time(NULL), when, sizeof when);
    sim_job_log(job, later, "ERROR: Backup of VM %s failed - %s", vmid, text);
    sim_job_log(job, later, "INFO: Failed at %s", when);
    sim_set_int(job->args, "failed", sim_int(job->args, "failed", 0) + 1);
}

/* ---- one guest ---- */

/* Where the archive goes and what it is called. */
static void name_archive(struct sim *sim, struct sim_job *job, struct sim_backup *backup)
{
    const char *kind = backup->guest.qemu ? "qemu" : "lxc", *vmid = backup->guest.vmid;
    const char *ending = strcmp(backup->compress, "zstd") == 0    ? ".zst"
                         : strcmp(backup->compress, "lzo") == 0   ? ".lzo"
                         : sim_listed("1 gzip", backup->compress) ? ".gz"
                                                                  : "";
    struct sim_volume_name name;
    char when[40], why[700];
    struct tm tm;

    backup->when = time(NULL);
    (void)snprintf(backup->format, sizeof backup->format, "%s%s", backup->guest.qemu ? "vma" : "tar", ending);
    if (backup->pbs)
        (void)snprintf(backup->format, sizeof backup->format, backup->guest.qemu ? "pbs-vm" : "pbs-ct");
    for (;; backup->when++) {
        (void)gmtime_r(&backup->when, &tm);
        (void)strftime(when, sizeof when, backup->pbs ? "%Y-%m-%dT%H:%M:%SZ" : "%Y_%m_%d-%H_%M_%S", &tm);
        if (backup->pbs)
            (void)snprintf(backup->volid, sizeof backup->volid, "%s:backup/%s/%s/%s", backup->storage,
                           backup->guest.qemu ? "vm" : "ct", vmid, when);
        else
            (void)snprintf(backup->volid, sizeof backup->volid, "%s:backup/vzdump-%s-%s-%s.%s",
                           backup->storage, kind, vmid, when, backup->format);
        if (!sim_volume_at(sim->state, sim_str(job->args, "node", ""), backup->volid))
            break;
    }
    if (sim_volume_parse(sim->state, backup->volid, &name, why, sizeof why) == 0)
        sim_volume_path(sim->state, &name, backup->path, sizeof backup->path);
}

/* With remove=0 a storage that keeps only so many is full one day. */
static int check_limit(struct sim *sim, struct sim_job *job, const struct sim_backup *backup, char *why)
{
    const char *rules = sim_str(job->args, "rules", NULL), *vmid = backup->guest.vmid;
    SIM_FREE_WITH(sim_json_freep) struct json_object *list = NULL;
    int64_t limit = sim_keep_total(rules), count = 0;

    if (strcmp(option_of(job, "remove", "1"), "0") != 0 || limit == 0)
        return 0;
    list = sim_prune_list(sim->state, sim_str(job->args, "node", ""), backup->storage, vmid, NULL, NULL);
    for (size_t i = 0; i < json_object_array_length(list); i++)
        count += strcmp(sim_str(json_object_array_get_idx(list, i), "mark", ""), "keep") == 0;
    if (count < limit)
        return 0;
    return sim_why(
        why,
        "There is a max backup limit of %d enforced by the target storage or the vzdump parameters. "
        "Either increase the limit or delete old backups.",
        (int)limit);
}

static const char *mode_of(struct sim_job *job, const struct sim_guest *guest)
{
    return guest->running ? option_of(job, "mode", "snapshot") : "stop";
}

static void log_head(struct sim_job *job, const struct sim_backup *backup)
{
    const struct sim_guest *guest = &backup->guest;
    char when[40];

    sim_backup_time(time(NULL), when, sizeof when);
    sim_job_log(job, false, "INFO: Starting Backup of VM %s (%s)", guest->vmid, guest->type);
    sim_job_log(job, false, "INFO: Backup started at %s", when);
    sim_job_log(job, false, "INFO: status = %s", guest->status);
}

/* Starts on one guest. Returns 0, or -EINVAL when it failed at once (which the log says). */
static int begin_guest(struct sim *sim, struct sim_job *job, const char *vmid)
{
    struct json_object *entry = sim_get(sim_get(sim->state, "guests"), vmid);
    struct json_object *config = sim_storage_config(sim->state, sim_str(job->args, "storage", "")), *usage;
    struct sim_backup backup = {.storage = sim_str(job->args, "storage", "")};
    char why[SIM_WHY_MAX], text[64];

    (void)snprintf(text, sizeof text, "unable to find VM '%s'", vmid);
    if (!entry || strcmp(sim_str(entry, "node", ""), sim_str(job->args, "node", "")) != 0) {
        fail_guest(job, false, vmid, text);
        return -EINVAL;
    }
    sim_guest_view(vmid, entry, &backup.guest);
    backup.mode = mode_of(job, &backup.guest);
    backup.compress = option_of(job, "compress", "0");
    backup.pbs = strcmp(sim_str(config, "type", ""), "pbs") == 0;
    backup.encrypted = sim_get(config, "encryption-key") != NULL;
    log_head(job, &backup);
    if (check_limit(sim, job, &backup, why) < 0 || sim_job_lock(sim, job, vmid, "backup", why) < 0) {
        fail_guest(job, false, vmid, why);
        return -EINVAL;
    }
    name_archive(sim, job, &backup);
    sim_backup_log_head(sim->state, job, &backup, option_of(job, "ionice", "7"));
    backup.size = backup.pbs ? backup.bytes : backup.bytes / (strcmp(backup.compress, "0") == 0 ? 2 : 3);
    sim_backup_log_way(job, &backup);
    usage = sim_atf(sim->state, "/nodes/%s/storage/%s", backup.guest.node, backup.storage);
    sim_set_int(job->args, "full",
                usage && sim_int(usage, "total", 0) - sim_int(usage, "used", 0) < backup.size);
    sim_set_str(job->args, "volid", backup.volid);
    sim_set_str(job->args, "format", backup.format);
    sim_set_int(job->args, "size", backup.size);
    sim_set_int(job->args, "when", (int64_t)backup.when);
    return 0;
}

/* Starts on the next guest that lets itself be backed up. Returns false when there is none left. */
static bool begin_next(struct sim *sim, struct sim_job *job)
{
    struct json_object *guests = sim_get(job->args, "guests");
    size_t at = (size_t)sim_int(job->args, "at", 0), count = json_object_array_length(guests);
    bool begun = false;

    for (; at < count && !begun; at++)
        begun = begin_guest(sim, job, json_object_get_string(json_object_array_get_idx(guests, at))) == 0;
    sim_set_int(job->args, "at", (int64_t)at);
    sim_set_int(job->args, "busy", begun);
    return begun;
}

static void prune(struct sim *sim, struct sim_job *job, const struct sim_guest *guest)
{
    const char *storage = sim_str(job->args, "storage", ""), *rules = sim_str(job->args, "rules", NULL);
    SIM_FREE_WITH(sim_json_freep) struct json_object *list = NULL;
    int count = 0;

    if (strcmp(option_of(job, "remove", "1"), "0") == 0 || sim_keep_total(rules) == 0)
        return;
    sim_job_log(job, false, "INFO: prune older backups with retention: %s", rules);
    list = sim_prune_list(sim->state, guest->node, storage, guest->vmid, guest->type, rules);
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *item = json_object_array_get_idx(list, i);

        if (strcmp(sim_str(item, "mark", ""), "remove") != 0)
            continue;
        sim_job_log(job, false, "INFO: removing backup '%s'", sim_str(item, "volid", ""));
        sim_volume_remove(sim->state, guest->node, sim_str(item, "volid", ""));
        count++;
    }
    sim_job_log(job, false, "INFO: pruned %d backup(s) not covered by keep-retention policy", count);
}

static struct json_object *new_archive(struct sim *sim, struct sim_job *job, const struct sim_guest *guest)
{
    struct json_object *volume = json_object_new_object();
    const char *notes = option_of(job, "notes-template", NULL), *storage = sim_str(job->args, "storage", "");
    SIM_FREE_WITH(sim_freep) char *text = notes ? sim_backup_notes(sim->state, guest, notes) : NULL;
    SIM_FREE_WITH(sim_freep) char *archive = sim_backup_config(guest->config);
    const char *key = sim_str(sim_storage_config(sim->state, storage), "encryption-key", NULL);

    sim_set_str(volume, "volid", sim_str(job->args, "volid", ""));
    sim_set_str(volume, "content", "backup");
    sim_set_str(volume, "format", sim_str(job->args, "format", ""));
    sim_set_str(volume, "subtype", guest->type);
    sim_set_int(volume, "size", sim_int(job->args, "size", 0));
    sim_set_int(volume, "vmid", sim_int(guest->entry, "vmid", 0));
    sim_set_int(volume, "ctime", sim_int(job->args, "when", 0));
    if (text)
        sim_set_str(volume, "notes", text);
    if (strcmp(option_of(job, "protected", "0"), "1") == 0)
        sim_set_int(volume, "protected", 1);
    if (key)
        sim_set_str(volume, "encrypted", key);
    sim_set_str(volume, "archive", archive);
    return volume;
}

/* The guest's archive is there, or the storage was too full for it. */
static void end_guest(struct sim *sim, struct sim_job *job)
{
    const char *vmid = sim_str(job->args, "vmid", "");
    struct json_object *entry = sim_get(sim_get(sim->state, "guests"), vmid);
    int seconds = (int)((job->due - job->started + 999) / 1000);
    struct sim_guest guest;
    char when[40];

    if (!entry) {
        sim_job_flush(job);
        fail_guest(job, false, vmid, "configuration file disappeared");
        return;
    }
    sim_guest_view(vmid, entry, &guest);
    sim_job_flush(job);
    if (sim_int(job->args, "full", 0)) {
        sim_job_log(job, false,
                    "INFO: zstd: error 70 : Write error : cannot write block : No space left on device");
        fail_guest(job, false, vmid, "vma_queue_write: write error - Broken pipe");
        return;
    }
    sim_volume_add(sim->state, guest.node, new_archive(sim, job, &guest));
    if (option_of(job, "notes-template", NULL))
        sim_job_log(job, false, "INFO: adding notes to backup");
    if (strcmp(option_of(job, "protected", "0"), "1") == 0)
        sim_job_log(job, false, "INFO: marking backup as protected");
    prune(sim, job, &guest);
    sim_backup_time(time(NULL), when, sizeof when);
    sim_job_log(job, false, "INFO: Finished Backup of VM %s (%02d:%02d:%02d)", vmid, seconds / 3600,
                seconds / 60 % 60, seconds % 60);
    sim_job_log(job, false, "INFO: Backup finished at %s", when);
}

/* ---- steps ---- */

/* Who may back up all guests may leave out those without VM.Backup; named ones must all be allowed. */
static int check_guests(struct sim *sim, struct sim_job *job, char *why)
{
    struct json_object *guests = sim_get(job->args, "guests"), *allowed = json_object_new_array();
    bool all = option_of(job, "vmid", NULL) == NULL;

    for (size_t i = 0; i < json_object_array_length(guests); i++) {
        struct json_object *vmid = json_object_array_get_idx(guests, i);
        char path[40];

        (void)snprintf(path, sizeof path, "/vms/%s", json_object_get_string(vmid));
        if (sim_acl_has(sim->state, sim_str(job->args, "who", ""), path, "VM.Backup")) {
            json_object_array_add(allowed, json_object_get(vmid));
        } else if (!all) {
            json_object_put(allowed);
            return sim_why(why, "Permission check failed (%s, VM.Backup)", path);
        }
    }
    sim_set(job->args, "guests", allowed);
    return 0;
}

static int begin(struct sim *sim, struct sim_job *job, char *why)
{
    const char *storage = sim_str(job->args, "storage", ""), *elsewhere = sim_str(job->args, "elsewhere", "");
    size_t count;

    if (check_storage(sim, storage, sim_str(job->args, "node", ""), why) < 0 ||
        check_guests(sim, job, why) < 0)
        return -EINVAL;
    sim_set_str(job->args, "rules",
                option_of(job, "prune-backups",
                          sim_str(sim_storage_config(sim->state, storage), "prune-backups", NULL)));
    log_command(job);
    if (*elsewhere)
        sim_job_log(job, false, "INFO: skip external VMs: %s", elsewhere);
    /* The time of the task is that of all guests. */
    count = json_object_array_length(sim_get(job->args, "guests"));
    if (count > 0 && job->due != INT64_MAX)
        job->due = job->started + (job->due - job->started) / (int64_t)count;
    (void)begin_next(sim, job);
    return 0;
}

static int end(struct sim *sim, struct sim_job *job, char *why)
{
    int64_t took = job->due - job->started;

    if (sim_int(job->args, "busy", 0))
        end_guest(sim, job);
    if (begin_next(sim, job)) {
        job->started = job->due;
        job->due += took;
        return SIM_GOES_ON;
    }
    if (sim_int(job->args, "failed", 0) == 0) {
        sim_job_log(job, false, "INFO: Backup job finished successfully");
        return 0;
    }
    sim_job_log(job, false, "INFO: Backup job finished with errors");
    return sim_why(why, "job errors");
}

const struct sim_work sim_vzdump_work = {.type = "vzdump", .begin = begin, .end = end};
