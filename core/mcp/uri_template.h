/* SPDX-License-Identifier: Apache-2.0 */
/* URI templates of simple variables (RFC 6570, level 1), as resources have them. Pure; any thread. */
#ifndef PROXIMO_MCP_URI_TEMPLATE_H
#define PROXIMO_MCP_URI_TEMPLATE_H

#include <json-c/json.h>
#include <stdbool.h>

#include "base/buf.h"

/* Does uri fit? *ret gets a new object of the variables, percent-decoded UTF-8 and none of them empty. */
bool uri_template_match(const char *uri_template, const char *uri, struct json_object **ret);
/* The template with one variable filled in, percent-encoded; the others stay. */
void uri_template_fill(const char *uri_template, const char *name, const char *value, struct buf *out);

#endif
