/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about API tokens share. */
#ifndef PROXIMO_ACL_TOKENS_H
#define PROXIMO_ACL_TOKENS_H

#include "../common/config_object.h"

extern const struct config_kind token_kind;

/* Names and rights; that the user exists. 0, or negative after host->fail. */
int32_t token_check(const struct asking *a);
int32_t token_plan_regenerate(const struct asking *a);
/* pve_tokens_list, pve_token_get. */
int32_t token_read_list(void *instance, struct proximo_call *call);
int32_t token_read_one(void *instance, struct proximo_call *call);

#endif
