/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which builtin role has a privilege, and the line of the server's own tool that gives it to a token. `kind`
 * is the site's, CONFIG_PVE or CONFIG_PBS (config/config.h): the same name can be another right there. Pure
 * functions, thread-safe.
 */
#ifndef PROXIMO_HTTP_ROLE_H
#define PROXIMO_HTTP_ROLE_H

#include <stdbool.h>
#include <stddef.h>

/* The least powerful builtin role that holds one of "A|B"; *ret_privilege (may be NULL; size 48) is the one
 * it was chosen for. NULL: no privilege of this kind of site. "Administrator" (Proxmox VE) or "Admin" (Backup
 * Server) means that no smaller builtin role has it. */
const char *role_for(unsigned kind, const char *privileges, char ret_privilege[48]);

/* Does this builtin role of a Backup Server hold the privilege? */
bool role_of_pbs_has(const char *role, const char *privilege);

/*
 * The line of pveum or proxmox-backup-manager that grants one of "A|B" on path to a token, without knowing
 * the token. Where only Proxmox VE's Administrator has the privilege, a role of its own is proposed; Backup
 * Server has builtin roles alone. Returns false (and writes "") for an unknown privilege or an odd path.
 */
bool role_grant_line(unsigned kind, const char *path, const char *privileges, char *out, size_t out_size);

/* What has to be known beside such a line, ends without a full stop. */
const char *role_grant_note(unsigned kind);

#endif
