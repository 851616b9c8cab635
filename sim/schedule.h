/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calendar events of jobs, the common part of them: "daily", "sun", "mon..fri 02:30", "*:0/15", "hourly",
 * "monthly".
 */
#ifndef PROXIMO_SIM_SCHEDULE_H
#define PROXIMO_SIM_SCHEDULE_H

#include <stdint.h>

/* The next time after `after` (epoch, UTC). Returns 0, or -EINVAL when the event is not understood. */
int sim_schedule_next(const char *event, int64_t after, int64_t *ret_next);

#endif
