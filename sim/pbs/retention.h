/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which backups a retention keeps. A pure function: the times, the numbers and a clock decide, nothing else.
 */
#ifndef PROXIMO_SIM_PBS_RETENTION_H
#define PROXIMO_SIM_PBS_RETENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* In the order in which they are taken. */
enum sim_keep {
    SIM_KEEP_LAST,
    SIM_KEEP_HOURLY,
    SIM_KEEP_DAILY,
    SIM_KEEP_WEEKLY, /* weeks of ISO 8601 */
    SIM_KEEP_MONTHLY,
    SIM_KEEP_YEARLY,
    SIM_KEEP_COUNT
};
/* The parameters that say them ("keep-last"). */
extern const char *const sim_keep_names[SIM_KEEP_COUNT];

enum sim_mark { SIM_MARK_NONE, SIM_MARK_REMOVE, SIM_MARK_KEEP, SIM_MARK_PARTIAL, SIM_MARK_PROTECTED };

struct sim_retained {
    int64_t time;
    bool is_protected; /* stays, and stands for no period */
    bool unfinished;   /* stays only while nothing newer is there */
    enum sim_mark mark;
    bool kept_before; /* of the function's own */
};

/* Broken-down time of an instant in the zone whose hours, days and weeks count. */
typedef void sim_local(int64_t when, struct tm *ret_time);
sim_local sim_local_utc, sim_local_here;

/* Marks the backups of one group, newest first. Without any number above 0 all of them stay. */
void sim_retention(struct sim_retained *list, size_t count, const int64_t keep[SIM_KEEP_COUNT],
                   sim_local *local);

#endif
