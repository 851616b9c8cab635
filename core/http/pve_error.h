/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Proxmox's errors say, taken apart: the refused privilege and its path. Used by error texts. Pure
 * functions, thread-safe.
 */
#ifndef PROXIMO_HTTP_PVE_ERROR_H
#define PROXIMO_HTTP_PVE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#define PVE_TEXT_LIMIT 300u /* bytes of Proxmox's own words in a problem */

/*
 * A refusal taken apart. Proxmox VE: "Permission check failed (/vms/105, VM.Audit|VM.Clone)". Backup Server:
 * "permission check failed - missing Datastore.Audit|Datastore.Backup on /datastore/main", or "missing
 * permissions 'Sys.Modify' on '/system'".
 */
struct pve_refusal {
    unsigned kind;        /* CONFIG_PVE or CONFIG_PBS: whose words they are */
    char path[160];       /* "/" for an empty one */
    char privileges[200]; /* "VM.Audit|VM.Clone" */
};
/* False when the text is not of that shape or holds characters that a path or privilege never has. */
bool pve_refusal_parse(const char *text, struct pve_refusal *ret);

#endif
