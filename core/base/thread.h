/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that nobody joins: workers that tell of their end by a condition variable.
 */
#ifndef PROXIMO_BASE_THREAD_H
#define PROXIMO_BASE_THREAD_H

#include <stddef.h>

/* Starts a detached thread with a stack of so many bytes. arg must live as long as run uses it. Returns 0, or
 * a negative errno with nothing started. Callable from any thread. */
int thread_start_detached(void *(*run)(void *), void *arg, size_t stack_bytes);

#endif
