/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files about users, groups, roles, tokens and realms share.
 */
#ifndef PROXIMO_SIM_ACCESS_H
#define PROXIMO_SIM_ACCESS_H

#include "change.h"
#include "handlers.h"

/* ---- access_users.c ---- */

/* USER@REALM as Proxmox reads it. Returns 0, or -EINVAL with the text of the error (and its line break). */
int sim_username_check(const char *id, char *text, size_t size);
/* The given texts of `fields` (ends with NULL) go to the entry, without the blanks around them, which the
 * file does not keep; an empty one removes the member. */
void sim_put_texts(struct sim_call *call, struct json_object *entry, const char *const *fields);
/* Takes a user out of every group. */
void sim_user_leave_groups(struct json_object *state, const char *user);
/* Puts a user into a group that is there. */
void sim_user_join_group(struct json_object *state, const char *user, const char *group);
/* Removes a user and what is his: memberships, tokens with their secrets, password, second factors, entries
 * of the access list. */
void sim_user_forget(struct sim *sim, const char *user);

/* ---- acl_write.c ---- */

/* Removes the entries of a user, group or token (`type`, `id`), or (`type` "role") those that give a role. */
void sim_acl_forget_of(struct json_object *state, const char *type, const char *id);

/* ---- auth.c ---- */

/* Makes a new secret for a token and writes it; the former one is worth nothing from now on. Returns 0 or a
 * negative errno. */
int sim_secret_renew(struct sim *sim, const char *id, char ret_secret[37]);
void sim_secret_forget(struct sim *sim, const char *id);
/* Is this the user's password? */
bool sim_password_is(struct sim_call *call, const char *user, const char *password);

/* ---- realm_sync.c ---- */

/* The directory of a realm at its first or second server; NULL: nobody answers. Borrowed. */
struct json_object *sim_directory(struct json_object *state, struct json_object *realm);

#endif
