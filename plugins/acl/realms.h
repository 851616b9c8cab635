/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about realms share. */
#ifndef PROXIMO_ACL_REALMS_H
#define PROXIMO_ACL_REALMS_H

#include "../common/config_object.h"

#define REALM_KEYS 42u
extern const struct config_key realm_keys[REALM_KEYS];
extern const struct config_kind realm_kind;

/* That the realm's type knows the values that change and has those that it must have. 0, or negative after
 * host->fail. */
int32_t realm_check_type(const struct config_change *c);
/* The way back: as config_plan_undo, and the default realm that was one before is one again. */
int32_t realm_plan_undo(const struct asking *a, struct proximo_text record_json);

#endif
