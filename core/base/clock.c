/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks by clock_gettime, which needs no system call on Linux. */
#include "base/clock.h"

static int64_t now_us(clockid_t id)
{
    struct timespec ts = {0};

    (void)clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_us(void)
{
    return now_us(CLOCK_MONOTONIC);
}

int64_t clock_ms(void)
{
    return now_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_wall_us(void)
{
    return now_us(CLOCK_REALTIME);
}

struct timespec clock_timespec(int64_t monotonic_ms)
{
    if (monotonic_ms < 0)
        monotonic_ms = 0;
    return (struct timespec){.tv_sec = (time_t)(monotonic_ms / 1000),
                             .tv_nsec = (long)(monotonic_ms % 1000) * 1000000L};
}
