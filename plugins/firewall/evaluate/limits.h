/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of what comes from outside. Proxmox's own firewall files are cut off by pmxcfs at 1 MiB. */
#ifndef PROXIMO_FIREWALL_LIMITS_H
#define PROXIMO_FIREWALL_LIMITS_H

#define FW_RULES_MOST   20000 /* in one list */
#define FW_ENTRIES_MOST 65536 /* in one IP set */
#define FW_SETS_MOST    4096  /* of one place */
#define FW_GROUPS_MOST  4096
#define FW_GUESTS_MOST  20000
#define FW_NICS_MOST    32 /* of one guest */
#define FW_TEXT_MOST    4096
#define FW_ITEMS_MOST   256 /* of one address or port list */
#define FW_RINGS_MOST   1024

#endif
