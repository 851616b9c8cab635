/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the limits share among themselves. */
#ifndef PROXIMO_TRUST_LIMITS_INNER_H
#define PROXIMO_TRUST_LIMITS_INNER_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

/* The selector of a guest among the members of a pool, in the answer of GET /pools?poolid=. */
void limits_pool_field(uint32_t vmid, char ret[64]);
/* Is this the guard of that answer? */
bool limits_pool_guard(struct json_object *guard, const char *pool);

#endif
