/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about users share. */
#ifndef PROXIMO_ACL_USERS_H
#define PROXIMO_ACL_USERS_H

#include "access.h"

extern const struct config_kind user_kind;

/* Says when nobody else of the realm could log in any more. */
int32_t user_tell_last(const struct asking *a, const char *userid);
/* Of a removal: what goes with the user, what of it comes back, and how. */
int32_t user_tell_gone(struct config_change *c, const struct access_entries *entries);

#endif
