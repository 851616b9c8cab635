/* SPDX-License-Identifier: Apache-2.0 */
/* The core's own resources, as a table. */
#ifndef PROXIMO_MCP_RESOURCES_CORE_H
#define PROXIMO_MCP_RESOURCES_CORE_H

#include <json-c/json.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/problem.h"

struct call;
struct server;

struct core_resource {
    const char *uri; /* or a template of one variable */
    const char *variable;
    const char *name, *title, *description, *mime;
    /* The array `contents`. -ENOENT: there is no such thing. Blocks; on the call's thread. */
    int (*put)(struct server *server, struct call *call, const char *uri, struct json_object *values,
               struct buf *contents, struct problem *p);
};
const struct core_resource *core_resource_at(size_t index); /* NULL behind the last */
/* The one of this URI, and its variable in *ret_values (a new object). NULL: none. */
const struct core_resource *core_resource_find(const char *uri, struct json_object **ret_values);

/* [{"uri","mimeType","text"}] */
void core_resource_put(struct buf *contents, const char *uri, const char *mime, const char *text);

#endif
