/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each rule in turn keeps the newest backup of each of the last periods that have one. A period in which an
 * earlier rule has kept one is no new period; what shares a period with one that this rule keeps is gone for
 * the later rules as well.
 */
#include "retention.h"

const char *const sim_keep_names[SIM_KEEP_COUNT] = {"keep-last",   "keep-hourly",  "keep-daily",
                                                    "keep-weekly", "keep-monthly", "keep-yearly"};

void sim_local_utc(int64_t when, struct tm *ret_time)
{
    time_t moment = (time_t)when;

    if (!gmtime_r(&moment, ret_time))
        *ret_time = (struct tm){.tm_mday = 1};
}

void sim_local_here(int64_t when, struct tm *ret_time)
{
    time_t moment = (time_t)when;

    if (!localtime_r(&moment, ret_time))
        *ret_time = (struct tm){.tm_mday = 1};
}

static int days_in(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 366 : 365;
}

/* Year and week: that of the Thursday of its week. */
static int64_t week(const struct tm *tm)
{
    int year = tm->tm_year + 1900, thursday = tm->tm_yday - (tm->tm_wday + 6) % 7 + 3;

    if (thursday < 0)
        thursday += days_in(--year);
    else if (thursday >= days_in(year))
        thursday -= days_in(year++);
    return (int64_t)year * 100 + thursday / 7 + 1;
}

/* A number for the period in which an instant lies. An hour that comes twice in autumn is one hour. */
static int64_t period(enum sim_keep rule, int64_t when, sim_local *local)
{
    struct tm tm;
    int64_t month, day;

    local(when, &tm);
    month = ((int64_t)tm.tm_year + 1900) * 100 + tm.tm_mon + 1;
    day = month * 100 + tm.tm_mday;
    switch (rule) {
    case SIM_KEEP_HOURLY: return day * 100 + tm.tm_hour;
    case SIM_KEEP_DAILY: return day;
    case SIM_KEEP_WEEKLY: return week(&tm);
    case SIM_KEEP_MONTHLY: return month;
    case SIM_KEEP_YEARLY: return (int64_t)tm.tm_year + 1900;
    case SIM_KEEP_LAST:
    case SIM_KEEP_COUNT: break;
    }
    return when;
}

/* Is one of the same period kept: by an earlier rule (`before`), or by this one? */
static bool covered(const struct sim_retained *list, size_t count, enum sim_keep rule, int64_t name,
                    bool before, sim_local *local)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].mark == SIM_MARK_KEEP && list[i].kept_before == before &&
            period(rule, list[i].time, local) == name)
            return true;
    }
    return false;
}

static void take(struct sim_retained *list, size_t count, enum sim_keep rule, int64_t left, sim_local *local)
{
    for (size_t i = 0; i < count; i++)
        list[i].kept_before = list[i].mark == SIM_MARK_KEEP;
    for (size_t i = 0; i < count; i++) {
        int64_t name;

        if (list[i].mark != SIM_MARK_NONE)
            continue;
        name = period(rule, list[i].time, local);
        if (covered(list, count, rule, name, true, local))
            continue;
        if (covered(list, count, rule, name, false, local)) {
            list[i].mark = SIM_MARK_REMOVE;
            continue;
        }
        if (left-- <= 0)
            return;
        list[i].mark = SIM_MARK_KEEP;
    }
}

/* The newest of all may still be on its way; older ones without an end never get one. */
static void mark_first(struct sim_retained *list, size_t count)
{
    bool newest = true;

    for (size_t i = 0; i < count; i++) {
        list[i].mark = SIM_MARK_NONE;
        if (list[i].unfinished)
            list[i].mark = newest ? SIM_MARK_PARTIAL : SIM_MARK_REMOVE;
        newest = false;
        if (list[i].is_protected)
            list[i].mark = SIM_MARK_PROTECTED;
    }
}

void sim_retention(struct sim_retained *list, size_t count, const int64_t keep[SIM_KEEP_COUNT],
                   sim_local *local)
{
    bool any = false;

    mark_first(list, count);
    for (int rule = 0; rule < SIM_KEEP_COUNT; rule++) {
        any = any || keep[rule] > 0;
        if (keep[rule] > 0)
            take(list, count, (enum sim_keep)rule, keep[rule], local);
    }
    for (size_t i = 0; i < count; i++) {
        if (list[i].mark == SIM_MARK_NONE || (!any && list[i].mark == SIM_MARK_REMOVE))
            list[i].mark = any ? SIM_MARK_REMOVE : SIM_MARK_KEEP;
    }
}
