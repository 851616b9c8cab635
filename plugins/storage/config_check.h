/* SPDX-License-Identifier: Apache-2.0 */
/* The check of a change of storage.cfg: see plugins/common/config_object.h. */
#ifndef PROXIMO_STORAGE_CONFIG_CHECK_H
#define PROXIMO_STORAGE_CONFIG_CHECK_H

#include "../common/config_object.h"

int32_t storage_check(struct config_change *c);

#endif
