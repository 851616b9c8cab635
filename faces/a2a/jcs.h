/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Canonicalization Scheme (RFC 8785), without floating point numbers. Pure; any thread. */
#ifndef PROXIMO_A2A_JCS_H
#define PROXIMO_A2A_JCS_H

#include <json-c/json.h>

#include "base/buf.h"

/* Appends value. -EINVAL: a floating point number is in it; -E2BIG: an integer that not every JSON reader
 * keeps, or too deep; -ENOMEM. */
int jcs_put(struct json_object *value, struct buf *out);

#endif
