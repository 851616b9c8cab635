/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a backup says on its way, and the texts that it leaves.
 */
#include "vzdump.h"

#include <inttypes.h>
#include <openssl/rand.h>
#include <stdlib.h>

#define GIB (1024.0 * 1024 * 1024)

void sim_backup_time(time_t when, char *text, size_t size)
{
    struct tm tm;

    (void)gmtime_r(&when, &tm);
    (void)strftime(text, size, "%Y-%m-%d %H:%M:%S", &tm);
}

/* The value of "key=value" in an option; "" if it has none. */
static void value_in(const char *option, const char *key, char *value, size_t size)
{
    size_t n = strlen(key);

    *value = 0;
    for (const char *at = option; *at; at += *at == ',') {
        size_t length = strcspn(at, ",");

        if (length > n && strncmp(at, key, n) == 0 && at[n] == '=')
            (void)snprintf(value, size, "%.*s", (int)(length - n - 1), at + n + 1);
        at += length;
    }
}

static void log_disk(struct sim_job *job, struct sim_backup *backup, const char *key, const char *option)
{
    char size[40], backs[8];

    value_in(option, "size", size, sizeof size);
    value_in(option, "backup", backs, sizeof backs);
    if (strcmp(backs, "0") == 0) {
        sim_job_log(job, true, "INFO: exclude disk '%s' '%.*s' (backup=no)", key, (int)strcspn(option, ","),
                    option);
        return;
    }
    sim_job_log(job, true, "INFO: include disk '%s' '%.*s' %s", key, (int)strcspn(option, ","), option, size);
    backup->bytes += sim_disk_size(option);
}

/* Of a container's mount points only those with backup=1 and the root are part of a backup. */
static void log_mount(struct sim_job *job, struct sim_backup *backup, const char *key, const char *option)
{
    char where[300], backs[8];

    value_in(option, "mp", where, sizeof where);
    value_in(option, "backup", backs, sizeof backs);
    if (strcmp(key, "rootfs") == 0) {
        (void)snprintf(where, sizeof where, "/");
    } else if (*option == '/') {
        sim_job_log(job, true, "INFO: excluding %s mount point %s ('%s') from backup (not a volume)",
                    strncmp(option, "/dev/", 5) == 0 ? "device" : "bind", key, where);
        return;
    } else if (strcmp(backs, "1") != 0) {
        sim_job_log(job, true, "INFO: excluding volume mount point %s ('%s') from backup (disabled)", key,
                    where);
        return;
    }
    sim_job_log(job, true, "INFO: including mount point %s ('%s') in backup", key, where);
    backup->bytes += sim_disk_size(option);
}

/* Can the storage of this volume make snapshots of it? */
static bool can_snapshot(struct json_object *state, const char *option)
{
    char storage[128];

    (void)snprintf(storage, sizeof storage, "%.*s", (int)strcspn(option, ":"), option);
    return sim_listed("lvmthin zfspool rbd btrfs cephfs fakesnap",
                      sim_str(sim_storage_config(state, storage), "type", ""));
}

static void log_disks(struct json_object *state, struct sim_job *job, struct sim_backup *backup)
{
    json_object_object_foreach(backup->guest.config, key, value)
    {
        const char *option = json_object_get_string(value);
        int64_t before = backup->bytes;

        if (!sim_disk_key(backup->guest.qemu, key) || strncmp(key, "unused", 6) == 0)
            continue;
        if (!backup->guest.qemu)
            log_mount(job, backup, key, option);
        else if (!strstr(option, "media=cdrom"))
            log_disk(job, backup, key, option);
        backup->fixed = backup->fixed || (backup->bytes > before && !can_snapshot(state, option));
    }
}

static void log_guest(struct json_object *state, struct sim_job *job, struct sim_backup *backup)
{
    sim_job_log(job, true, "INFO: %s Name: %s", backup->guest.qemu ? "VM" : "CT", backup->guest.name);
    log_disks(state, job, backup);
}

void sim_backup_log_head(struct json_object *state, struct sim_job *job, struct sim_backup *backup,
                         const char *ionice)
{
    /* Of what stands still the mode is said first. */
    if (backup->guest.running)
        log_guest(state, job, backup);
    if (!backup->guest.qemu && backup->fixed && strcmp(backup->mode, "snapshot") == 0) {
        sim_job_log(job, true, "INFO: mode failure - some volumes do not support snapshots");
        sim_job_log(job, true, "INFO: trying 'suspend' mode instead");
        backup->mode = "suspend";
    }
    sim_job_log(job, true, "INFO: backup mode: %s", backup->mode);
    sim_job_log(job, true, "INFO: ionice priority: %s", ionice);
    if (!backup->guest.running)
        log_guest(state, job, backup);
    else if (strcmp(backup->mode, "stop") == 0)
        sim_job_log(job, true, "INFO: stopping virtual guest");
    if (backup->guest.qemu && json_object_object_length(sim_get(backup->guest.entry, "snapshots")) > 0)
        sim_job_log(job, true, "INFO: snapshots found (not included into backup)");
}

static void log_machine(struct sim_job *job, const struct sim_backup *backup)
{
    double total = (double)backup->bytes / GIB;
    unsigned char b[16] = {0};

    (void)RAND_bytes(b, sizeof b);
    if (!backup->guest.running)
        sim_job_log(job, true, "INFO: starting kvm to execute backup task");
    if (backup->guest.running && strncmp(sim_str(backup->guest.config, "agent", "0"), "1", 1) == 0 &&
        strcmp(backup->mode, "snapshot") == 0) {
        sim_job_log(job, true, "INFO: issuing guest-agent 'fs-freeze' command");
        sim_job_log(job, true, "INFO: issuing guest-agent 'fs-thaw' command");
    }
    sim_job_log(
        job, true,
        "INFO: started backup task '%02x%02x%02x%02x-%02x%02x-4%x%02x-a%x%02x-%02x%02x%02x%02x%02x%02x'",
        b[0], b[1], b[2], b[3], b[4], b[5], b[6] & 15U, b[7], b[8] & 15U, b[9], b[10], b[11], b[12], b[13],
        b[14], b[15]);
    sim_job_log(job, true, "INFO: resuming VM again");
    for (int percent = 0; percent <= 100; percent += 20)
        sim_job_log(job, true,
                    "INFO: %3d%% (%.1f GiB of %.1f GiB) in %ds, read: 312.4 MiB/s, write: 118.0 MiB/s",
                    percent, total * percent / 100, total, (int)(total * percent / 100 * 1024 / 312) + 3);
    sim_job_log(job, true, "INFO: transferred %.2f GiB in %d seconds (312.4 MiB/s)", total,
                (int)(total * 1024 / 312) + 3);
    if (!backup->guest.running)
        sim_job_log(job, true, "INFO: stopping kvm after backup task");
}

void sim_backup_log_way(struct sim_job *job, const struct sim_backup *backup)
{
    bool snapshot = !backup->guest.qemu && strcmp(backup->mode, "snapshot") == 0;

    if (snapshot)
        sim_job_log(job, true, "INFO: create storage snapshot 'vzdump'");
    if (backup->pbs)
        sim_job_log(job, true, "INFO: creating Proxmox Backup Server archive '%s'",
                    strchr(backup->volid, '/') + 1);
    else
        sim_job_log(job, true, "INFO: creating vzdump archive '%s'", backup->path);
    if (backup->pbs && backup->encrypted)
        sim_job_log(job, true, "INFO: enabling encryption");
    if (backup->guest.qemu)
        log_machine(job, backup);
    else
        sim_job_log(job, true, "INFO: Total bytes written: %" PRId64 " (%.1fGiB, 118MiB/s)", backup->bytes,
                    (double)backup->bytes / GIB);
    if (!backup->pbs)
        sim_job_log(job, true, "INFO: archive file size: %.2fGB", (double)backup->size / GIB);
    if (snapshot)
        sim_job_log(job, true, "INFO: cleanup temporary 'vzdump' snapshot");
}

char *sim_backup_notes(struct json_object *state, const struct sim_guest *guest, const char *format)
{
    const char *const names[] = {"guestname", "vmid", "node", "cluster"};
    const char *const values[] = {guest->name, guest->vmid, guest->node,
                                  sim_str(sim_get(state, "cluster"), "name", "")};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        abort();
    while (*format) {
        size_t i = 0;

        for (; i < 4 && strncmp(format, "{{", 2) == 0; i++) {
            size_t n = strlen(names[i]);

            if (strncmp(format + 2, names[i], n) == 0 && strncmp(format + 2 + n, "}}", 2) == 0)
                break;
        }
        if (i < 4 && strncmp(format, "{{", 2) == 0) {
            fputs(values[i], out);
            format += strlen(names[i]) + 4;
        } else if (*format == '\\' && (format[1] == 'n' || format[1] == '\\')) {
            fputc(format[1] == 'n' ? '\n' : '\\', out);
            format += 2;
        } else {
            fputc(*format++, out);
        }
    }
    (void)fclose(out);
    return text;
}

static int by_text(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;

    return strcmp(*left, *right);
}

/* The description stands first, each of its lines behind a '#'. */
static void put_description(FILE *out, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");

        fprintf(out, "#%.*s\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

char *sim_backup_config(struct json_object *config)
{
    const char *keys[400];
    char *text = NULL;
    size_t size = 0, count = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        abort();
    put_description(out, sim_str(config, "description", ""));
    json_object_object_foreach(config, key, value)
    {
        (void)value;
        if (count < sizeof keys / sizeof *keys && strcmp(key, "description") != 0 &&
            strcmp(key, "parent") != 0)
            keys[count++] = key;
    }
    qsort(keys, count, sizeof *keys, by_text);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s: %s\n", keys[i], sim_str(config, keys[i], ""));
    (void)fclose(out);
    return text;
}
