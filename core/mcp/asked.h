/* SPDX-License-Identifier: Apache-2.0 */
/* One question of a plane to the client: its wording as MCP has it, labelled as the plane's, and whether an
 * answer fits it. No state; any thread. */
#ifndef PROXIMO_MCP_ASKED_H
#define PROXIMO_MCP_ASKED_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"

struct plane_ask;

#define ASKED_LIMIT ((size_t)256 << 10) /* bytes of the params of one question */

/* The method of MCP for a PROXIMO_ASK_...; static. */
const char *asked_method(uint32_t kind);
/* The params with the plane's label; has_mode: of a revision that knows `mode`. -EINVAL and p: not a question
 * that a plane may ask. */
int asked_params(const char *plane, const struct plane_ask *ask, bool has_mode, struct buf *out,
                 struct problem *p);
/* {method, params}; NULL without memory. */
struct json_object *asked_request(uint32_t kind, const char *params, size_t len);
/* Has the client's result the shape of an answer to this? What an accepted form requires is in it, and every
 * field has its type. */
bool asked_fits(const struct plane_ask *ask, struct json_object *answer);

#endif
