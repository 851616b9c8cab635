/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is told of changes. Legacy clients subscribe to resources one by one and hear of changed lists unasked;
 * modern ones keep a request open (subscriptions/listen) whose filter says what they want, and every
 * notification carries that request's id. Any thread; nothing waits. Source: MCP 2025-11-25, "Resources";
 * 2026-07-28, "Subscriptions".
 */
#ifndef PROXIMO_MCP_SUBSCRIPTIONS_H
#define PROXIMO_MCP_SUBSCRIPTIONS_H

#include <json-c/json.h>
#include <stdbool.h>

#include "mcp/shown.h"

struct output;
struct subscriptions;

int subscriptions_new(struct output *output, struct subscriptions **ret);
/* Ends what is open: every subscriptions/listen is answered. */
void subscriptions_end(struct subscriptions *subscriptions);
void subscriptions_free(struct subscriptions *subscriptions);

/* The legacy client has begun: from now on it is told of changed lists. */
void subscriptions_legacy(struct subscriptions *subscriptions);
/* Legacy. 0, -E2BIG (too many) or -ENOMEM. */
int subscriptions_add(struct subscriptions *subscriptions, const char *uri);
void subscriptions_remove(struct subscriptions *subscriptions, const char *uri);

/* subscriptions/listen: id is the JSON of the request's id, filter its `notifications`, an object; lists: may
 * lists change at all here? Sends the acknowledgement. 0, -E2BIG or -ENOMEM. */
int subscriptions_listen(struct subscriptions *subscriptions, const char *id, struct json_object *filter,
                         bool lists);
bool subscriptions_has(struct subscriptions *subscriptions, const char *id);
/* The client has cancelled the request: nothing more is sent for it. False: there is none. */
bool subscriptions_cancel(struct subscriptions *subscriptions, const char *id);

void subscriptions_list_changed(struct subscriptions *subscriptions, enum list_kind kind);
void subscriptions_updated(struct subscriptions *subscriptions, const char *uri);

#endif
