/* SPDX-License-Identifier: Apache-2.0 */
/* What hangs on a storage's entry by its name and goes with it. */
#ifndef PROXIMO_STORAGE_CONFIG_TIES_H
#define PROXIMO_STORAGE_CONFIG_TIES_H

#include "../common/config_object.h"

/* Of a removal: says what goes and lays out how it comes back (c->back). Negative after host->fail. */
int32_t storage_ties_keep(struct config_change *c);
/* For the blast function: who loses rights, which pools lose a member. */
int32_t storage_ties_tell(const struct asking *a, const char *storage);

#endif
