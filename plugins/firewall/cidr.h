/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and networks as Proxmox keeps them. */
#ifndef PROXIMO_FIREWALL_CIDR_H
#define PROXIMO_FIREWALL_CIDR_H

#include "../rows.h"

/*
 * An address or network in the form in which Proxmox stores it: a whole mask (/32, /128) is left out; with
 * `masked` (entries of IP sets) the bits of the host are 0. "" when it is none; NULL: no memory.
 */
const char *cidr_normal(const struct asking *a, const char *text, bool masked);
/* "lan", "dc/lan", "guest/lan": may it name an alias? */
bool cidr_is_name(const char *text);

#endif
