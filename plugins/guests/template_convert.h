/* SPDX-License-Identifier: Apache-2.0 */
/* Guests that become templates. */
#ifndef PROXIMO_GUESTS_TEMPLATE_CONVERT_H
#define PROXIMO_GUESTS_TEMPLATE_CONVERT_H

#include "disks.h"

int32_t guests_plan_template_convert(void *instance, struct proximo_call *call);
int32_t guests_blast_template(void *instance, struct proximo_call *call, struct proximo_text subject_json);

#endif
