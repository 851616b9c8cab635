/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resources of MCP: the core's own (policy, ledger head, a plan, a receipt) and those that planes declare. A
 * plane's resource that names a tool is that tool's answer, under the same lists and limits as a call of it.
 */
#ifndef PROXIMO_MCP_RESOURCES_H
#define PROXIMO_MCP_RESOURCES_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/problem.h"

struct call;
struct catalog;
struct message_error;
struct resource_row;
struct server;

#define RESOURCE_URI_MOST    2048
#define RESOURCE_LEDGER_HEAD "proximo://ledger/head"
#define RESOURCE_PLAN        "proximo://plan/{plan_id}"

/* Of calls: see call_work_fn. */
bool work_list_resources(struct server *server, struct call *call, struct buf *body,
                         struct message_error *error);
bool work_list_templates(struct server *server, struct call *call, struct buf *body,
                         struct message_error *error);
bool work_read_resource(struct server *server, struct call *call, struct buf *body,
                        struct message_error *error);

/* Is this plane's resource enabled? */
bool resource_offered(const struct catalog *catalog, const struct server *server,
                      const struct resource_row *row);
/* The core's own: `variable` of the template with this text, for completion: "plan_id", "seq"; NULL: it is
 * not one of the core's. */
const char *resource_core_variable(const char *uri_template);

/* Clients that subscribed are told that this plan, and with it the ledger, has changed. Any thread. */
void resources_plan_changed(struct server *server, const char *plan_id);
void resources_ledger_changed(struct server *server);

#endif
