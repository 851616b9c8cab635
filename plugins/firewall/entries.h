/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of an IP set. */
#ifndef PROXIMO_FIREWALL_ENTRIES_H
#define PROXIMO_FIREWALL_ENTRIES_H

#include "objects.h"

int32_t entries_plan_add(void *instance, struct proximo_call *call);
int32_t entries_plan_update(void *instance, struct proximo_call *call);
int32_t entries_plan_remove(void *instance, struct proximo_call *call);
int32_t entries_plan_undo(void *instance, struct proximo_call *call, struct proximo_text record_json);

#endif
