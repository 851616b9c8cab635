/* SPDX-License-Identifier: Apache-2.0 */
/* What a sync of a realm would do, as its dry run says. */
#ifndef PROXIMO_ACL_REALM_SYNC_H
#define PROXIMO_ACL_REALM_SYNC_H

#include "../rows.h"

#define SYNC_PROBE "realm_sync_dry_run"

/* The options that a sync is asked for with; NULL: the realm's own defaults hold. */
struct sync_options {
    const char *realm, *scope, *remove_vanished, *enable_new;
};

/* Arrays of ids ("anna@ldap", "staff-ldap"), the caller's. */
struct sync_result {
    struct json_object *users_added, *users_changed, *users_removed, *users_purged;
    struct json_object *groups_added, *groups_changed, *groups_removed, *groups_purged;
    struct json_object *odd; /* lines that name a user or group and say something that is not known */
    struct json_object *log; /* the lines */
    const char *failed;      /* NULL: the dry run ended well */
};
/* Takes one line of the log in. Pure. */
void sync_take_line(struct sync_result *result, const char *line);
/* 0 or PROXIMO_ENOMEM. */
int32_t sync_result_new(struct sync_result *ret);
void sync_result_done(struct sync_result *result);

/* Makes the dry run and reads its log to its end, once a plan. Negative after host->fail. */
int32_t sync_try(const struct asking *a, const struct sync_options *options, struct sync_result *ret);
/* The edits of it, a new array; what cannot be told from it is told as incomplete. Negative when the call is
 * over. */
int32_t sync_edits(const struct asking *a, const struct sync_options *options,
                   const struct sync_result *result, struct json_object **ret);

#endif
