/* SPDX-License-Identifier: Apache-2.0 */
/* The plan of a change of tags. */
#ifndef PROXIMO_GUESTS_TAGS_H
#define PROXIMO_GUESTS_TAGS_H

#include "config_edit.h"

int32_t guests_plan_tags_set(void *instance, struct proximo_call *call);

#endif
