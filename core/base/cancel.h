/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cancellation token shared between a call and whatever it waits for. Reference counted; setting it runs
 * the hook of whoever waits at that moment (a libcurl wakeup, a condition variable), at most one at a time
 * per token.
 */
#ifndef PROXIMO_BASE_CANCEL_H
#define PROXIMO_BASE_CANCEL_H

#include <stdbool.h>

struct cancel;

struct cancel *cancel_new(void); /* one reference; NULL without memory */
struct cancel *cancel_ref(struct cancel *c);
void cancel_unref(struct cancel *c);
void cancel_set(struct cancel *c);          /* from any thread; later calls do nothing */
bool cancel_is_set(const struct cancel *c); /* NULL: false */
/* The hook runs once if the token is or becomes set, possibly in the calling thread before this returns.
 * cancel_unhook waits until a running hook has ended. c may be NULL. */
void cancel_hook(struct cancel *c, void (*hook)(void *), void *arg);
void cancel_unhook(struct cancel *c);

#endif
