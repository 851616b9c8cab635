/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Disks of guests: their volumes, sizes and texts, for those that grow, move or remove them.
 */
#ifndef PROXIMO_SIM_GUEST_DISKS_H
#define PROXIMO_SIM_GUEST_DISKS_H

#include "guest.h"
#include "task_run.h"

struct sim_disk {
    const char *key, *option; /* borrowed from the configuration */
    char volid[256], storage[128];
    struct json_object *volume;      /* borrowed; NULL: there is none of this name */
    int64_t size;                    /* bytes: the volume's, else what the option says */
    bool cdrom, cloudinit, snapshot; /* snapshot: one of the guest's snapshots has the volume too */
};

/* Looks at the disk of a guest (guest_disks.c). Returns 0, or -EINVAL with the text in `why` where there is
 * no such disk or no volume behind it. */
int sim_disk_view(struct json_object *state, const struct sim_guest *guest, const char *key,
                  struct sim_disk *disk, char *why);
/* The option with another volume (NULL: the same) and size; owned by the caller. */
char *sim_disk_option(const struct sim_disk *disk, const char *volid, int64_t size);
/* Has one of the guest's snapshots this volume? */
bool sim_disk_in_snapshot(const struct sim_guest *guest, const char *volid);
/* May the disk's volume be removed for good? Returns 0 or fails the call. */
int sim_disk_removable(struct sim_call *call, const struct sim_guest *guest, const char *key);
/* Is there room for so many more bytes on a storage that keeps all of a volume's size? Returns 0, or -EINVAL
 * with the text in `why`. */
int sim_disk_fits(struct json_object *state, const char *node, const char *volid, int64_t bytes, char *why);
/* "5G", "1536M": the largest unit without a fraction. */
void sim_size_print(int64_t bytes, char *text, size_t size);
/* Keeps the volume in the first free unusedN (guest_pending.c). */
void sim_guest_add_unused(struct json_object *config, const char *volid);

#endif
