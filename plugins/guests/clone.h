/* SPDX-License-Identifier: Apache-2.0 */
/* A clone in the making: pve_clone's own, and the first half of a guest provisioned from a template. */
#ifndef PROXIMO_GUESTS_CLONE_H
#define PROXIMO_GUESTS_CLONE_H

#include "life.h"

struct cloning {
    struct guest g; /* what is cloned; its state and configuration are read */
    const char *newid, *name, *pool, *storage, *target, *snapname, *description;
    bool full;                     /* what really happens */
    struct proximo_field fresh[3]; /* node, kind, vmid of the clone */
};

/* Fills fresh from target (or the node of g), the kind of g and newid. */
void clone_place(struct cloning *c);
/* Fails with words where Proxmox would refuse, or the token may not. */
int32_t clone_check(const struct cloning *c);
/* The guards (life_guards first) and the request, which is followed to its end. */
int32_t clone_request(const struct cloning *c);

#endif
