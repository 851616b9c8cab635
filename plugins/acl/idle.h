/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of the access list that do nothing: their path is of something that is no longer there, or another
 * entry of the same principal at the same path covers them. Sources: those of world.h, and as far as entries
 * stand there GET /cluster/resources?type=vm, /storage, /nodes, /access/domains.
 */
#ifndef PROXIMO_ACL_IDLE_H
#define PROXIMO_ACL_IDLE_H

#include "world.h"

#define IDLE_GONE    0u /* nothing is at its path any more */
#define IDLE_COVERED 1u /* another entry of the same principal at the same path says all that it says */
#define IDLE_ROOT    2u /* for root@pam, who may do everything */
#define IDLE_NOBODY  3u /* its user or group does not exist: Proxmox does not even remove it */
#define IDLE_TOKEN   4u /* its token is not separated from its user; it would count if it were */
#define IDLE_EMPTY   5u /* its group has no members */
#define IDLE_KINDS   6u

struct idle_entry {
    const char *path, *role, *type, *ugid; /* in the call's arena */
    const char *why;
    uint32_t kind;
    int propagate;
    bool removable; /* shown to change nobody's rights but on what is not there */
};
struct idle {
    struct idle_entry *rows;
    uint32_t count;
};
/* All of them at or below `under` (NULL: everywhere). Of lists that are not whole nothing is concluded. 0 or
 * negative when the call is over. */
int32_t idle_find(const struct asking *a, const struct world *world, const char *under, struct idle *ret);

#endif
