/* SPDX-License-Identifier: Apache-2.0 */
/* Which guests hang on VNets: nothing lists that, so every guest's configuration is read for its netN.
 * Source: GET /nodes/{node}/{qemu,lxc}/{vmid}/config. */
#ifndef PROXIMO_SDN_NICS_H
#define PROXIMO_SDN_NICS_H

#include "../rows.h"

struct sdn_nic {
    int64_t vmid;
    const char *node, *name; /* name may be NULL */
    const char *slot, *vnet; /* "net0" */
    bool running, template, firewall;
};

/* Every NIC whose bridge is one of these VNets, by vmid and slot. What could not be read is told as
 * incomplete. Nothing is read where there are no VNets. Negative when the call is over. */
int32_t sdn_nics_read(const struct asking *a, const char *const *vnets, uint32_t vnet_count,
                      struct sdn_nic **ret, uint32_t *ret_count);

#endif
