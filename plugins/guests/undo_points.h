/* SPDX-License-Identifier: Apache-2.0 */
/* Undo points: snapshots that proximo took before a change (snapshot_first), as the cluster has them. */
#ifndef PROXIMO_GUESTS_UNDO_POINTS_H
#define PROXIMO_GUESTS_UNDO_POINTS_H

#include "../common/undo_point.h"
#include "guests.h"

/* One of them. Texts live as long as the call. */
struct undo_point {
    const char *vmid, *kind, *node, *guest; /* guest: its name, may be NULL */
    const char *name, *description;
    int64_t taken; /* epoch seconds; 0: Proxmox does not say */
    bool complete; /* not in the middle of being taken or deleted */
    bool ours;     /* name and description are those that proximo writes */
};

struct undo_points {
    struct undo_point *items;
    uint32_t count, room;
    uint32_t unread; /* guests whose snapshots could not be read */
    const char *why; /* of the first of them, or of the list of guests */
    bool incomplete; /* the list of guests is shorter than it is */
};

/*
 * All snapshots whose name begins with UNDO_POINT_NAME, of the guest that the call names or of every guest.
 * What could not be read is counted. Negative only when the call is over, or after host->fail.
 */
int32_t undo_points_read(const struct asking *a, struct undo_points *ret);

#endif
