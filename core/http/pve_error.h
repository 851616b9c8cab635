/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Proxmox's errors say, taken apart: the refused privilege and its path, which builtin role grants a
 * privilege, the line of `pveum` that does so. Used by error texts, by doctor and by preflight checks. Pure
 * functions, thread-safe.
 */
#ifndef PROXIMO_HTTP_PVE_ERROR_H
#define PROXIMO_HTTP_PVE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

#define PVE_TEXT_LIMIT 300u /* bytes of Proxmox's own words in a problem */

/* "Permission check failed (/vms/105, VM.Audit|VM.Clone)" taken apart. */
struct pve_refusal {
    char path[160];       /* "/" for an empty one */
    char privileges[200]; /* "VM.Audit|VM.Clone" */
};
/* False when the text is not of that shape or holds characters that a path or privilege never has. */
bool pve_refusal_parse(const char *text, struct pve_refusal *ret);

/* The least powerful builtin role of Proxmox VE that holds one of "A|B"; *ret_privilege (may be NULL; size
 * 48) is the one it was chosen for. NULL: no privilege of Proxmox VE. "Administrator" means that no smaller
 * builtin role has it. */
const char *pve_role_for(const char *privileges, char ret_privilege[48]);

/*
 * The pveum line(s) that grant one of "A|B" on path to a token, without knowing the token. Where only
 * Administrator has the privilege, a role of its own is proposed. Returns false (and writes "") for an
 * unknown privilege or an odd path.
 */
bool pve_grant_line(const char *path, const char *privileges, char *out, size_t out_size);

#endif
