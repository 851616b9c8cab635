/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backups of guests: one task that takes them one after another.
 */
#ifndef PROXIMO_SIM_VZDUMP_H
#define PROXIMO_SIM_VZDUMP_H

#include "guest.h"
#include "storage.h"
#include "task_run.h"

/* The task. Its arguments: node, who, id, storage, options (the request's parameters), guests (their numbers,
 * in order), elsewhere (numbers of guests on other nodes, as text). (vzdump_run.c) */
extern const struct sim_work sim_vzdump_work;

/* One guest's backup. */
struct sim_backup {
    struct sim_guest guest;
    const char *storage, *mode, *compress;
    bool pbs, encrypted;
    bool fixed;    /* a volume of it cannot be snapshotted */
    int64_t bytes; /* of all disks that are part of it */
    int64_t size;  /* of the archive */
    time_t when;
    char volid[400], path[700], format[16];
};

/* What the log says of the guest, its disks and the mode; adds up the bytes and may settle for another mode.
 * (vzdump_log.c) */
void sim_backup_log_head(struct json_object *state, struct sim_job *job, struct sim_backup *backup,
                         const char *ionice);
/* What the log says on the way. */
void sim_backup_log_way(struct sim_job *job, const struct sim_backup *backup);
/* "2026-11-27 02:00:00" */
void sim_backup_time(time_t when, char *text, size_t size);
/* The notes of a template: {{guestname}}, {{vmid}}, {{node}}, {{cluster}}. Owned. */
char *sim_backup_notes(struct json_object *state, const struct sim_guest *guest, const char *format);
/* The configuration as it lies in a backup. Owned. */
char *sim_backup_config(struct json_object *config);

#endif
