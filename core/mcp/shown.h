/* SPDX-License-Identifier: Apache-2.0 */
/* What planes with the grant client_requests have taken off the lists. Any thread. */
#ifndef PROXIMO_MCP_SHOWN_H
#define PROXIMO_MCP_SHOWN_H

#include <stdbool.h>

struct shown;

enum list_kind { LIST_TOOLS, LIST_RESOURCES, LIST_PROMPTS, LIST_KINDS };

int shown_new(struct shown **ret);
void shown_free(struct shown *shown);
/* 0 or -ENOMEM. *ret_changed: it was not so before. */
int shown_set(struct shown *shown, enum list_kind kind, const char *name, bool on, bool *ret_changed);
bool shown_is(struct shown *shown, enum list_kind kind, const char *name);
/* Grows with every change. */
unsigned shown_version(struct shown *shown);

#endif
