/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks. Thread-safe. */
#ifndef PROXIMO_BASE_CLOCK_H
#define PROXIMO_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

int64_t clock_ms(void); /* CLOCK_MONOTONIC, milliseconds: all deadlines inside the program are on this one */
int64_t clock_us(void); /* CLOCK_MONOTONIC, microseconds */
int64_t clock_wall_us(void);                          /* CLOCK_REALTIME, microseconds since the epoch */
struct timespec clock_timespec(int64_t monotonic_ms); /* for pthread_cond_clockwait */

#endif
