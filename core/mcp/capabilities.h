/* SPDX-License-Identifier: Apache-2.0 */
/* "capabilities":{...} of an answer to `initialize` or `server/discover`. */
#ifndef PROXIMO_MCP_CAPABILITIES_H
#define PROXIMO_MCP_CAPABILITIES_H

#include <stdbool.h>

#include "base/buf.h"

struct server;

void put_capabilities(const struct server *server, bool modern, struct buf *out);

#endif
