/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads whose end nobody waits for one by one: workers that tell of what they did by a condition variable.
 * Those that have ended are joined when the next one starts and by threads_settle, so that what libraries
 * keep for a thread is gone before the process ends.
 */
#ifndef PROXIMO_BASE_THREAD_H
#define PROXIMO_BASE_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts a thread with a stack of so many bytes. arg must live as long as run uses it. Returns 0, or a
 * negative errno with nothing started. Callable from any thread. */
int thread_start(void *(*run)(void *), void *arg, size_t stack_bytes);
/* Waits until deadline_ms (clock_ms()) for every thread of thread_start to end; false: one still runs. Not
 * from such a thread. */
bool threads_settle(int64_t deadline_ms);

#endif
