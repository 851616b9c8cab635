/* SPDX-License-Identifier: Apache-2.0 */
/* One move of a disk to another storage: its plan (disk_move.c) and whom it affects (disk_move_blast.c). */
#ifndef PROXIMO_GUESTS_DISK_MOVE_H
#define PROXIMO_GUESTS_DISK_MOVE_H

#include "disks.h"

struct disk_move {
    struct disk_look look;
    const struct guest_disk *disk;
    const char *value;  /* its option as it is */
    const char *target; /* storage */
    const char *format, *bwlimit;
    bool delete_source;
    bool back;      /* it is the way back of a move */
    uint64_t bytes; /* 0: not known */
    struct disk_holders holders;
    const char *left; /* unusedN that the source stays in */
};
#endif
