/* SPDX-License-Identifier: Apache-2.0 */
/* Disks that are taken away from a guest: the plan (disk_unlink.c) and whom it affects (disk_unlink_blast.c).
 */
#ifndef PROXIMO_GUESTS_DISK_UNLINK_H
#define PROXIMO_GUESTS_DISK_UNLINK_H

#include "disks.h"

#define UNLINK_MOST 32u
struct disk_unlink {
    struct disk_look look;
    const struct guest_disk *disks[UNLINK_MOST];
    uint32_t count;
    bool force;
    bool destroys;    /* volumes are deleted, not only detached */
    const char *list; /* "scsi1,scsi2" */
};
/* Is its volume deleted with the entry? Another guest's never is. */
bool disk_unlink_deletes(const struct disk_unlink *u, const struct guest_disk *disk);
/* In blast functions: every other guest whose configuration names a volume that is deleted. */
int32_t disk_unlink_tell_others(struct disk_unlink *u);

#endif
