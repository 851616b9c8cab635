/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which snapshots the keep rules leave, case by case as reasoned by hand: each rule, rules together, what is
 * protected or unfinished, weeks of ISO 8601 at the turn of years and months, and clocks of other zones, with
 * summer time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "pbs/retention.h"

#define UTC      "UTC0"
#define BERLIN   "CET-1CEST,M3.5.0,M10.5.0/3"
#define NEW_YORK "EST5EDT,M3.2.0,M11.1.0"
#define KOLKATA  "IST-5:30"
#define AUCKLAND "NZST-12NZDT,M9.5.0,M4.1.0/3"
#define PAGO     "SST11"

/* Fri, the same day, the day before, the Friday before, a Saturday of October, a Wednesday that is in week 1
 * of 2026. */
#define SIX                                                                                                  \
    "2026-11-27T10:00 2026-11-27T02:00 2026-11-26T02:00 2026-11-20T02:00 2026-10-31T02:00 2025-12-31T02:00"
/* Monday of week 6, then Sunday, Saturday and Friday of week 5 (the Sunday in another month), and week 3. */
#define MONTHS "2026-02-02T01:00 2026-02-01T01:00 2026-01-31T01:00 2026-01-30T01:00 2026-01-15T01:00"
/* Monday of week 1 of 2027; Sunday, Friday, Thursday and Monday of week 53 of 2026; Sunday of week 52. */
#define YEARS                                                                                                \
    "2027-01-04T12:00 2027-01-03T12:00 2027-01-01T12:00 2026-12-31T12:00 2026-12-28T12:00 2026-12-27T12:00"
/* Wednesday and Monday of week 1 of 2025, Sunday of week 52 of 2024. */
#define WEEK_1   "2025-01-01T12:00 2024-12-30T12:00 2024-12-29T12:00"
#define MIDNIGHT "2026-11-27T00:30 2026-11-26T23:30 2026-11-26T22:30"
#define HOUR     "2026-11-27T10:40 2026-11-27T10:20"
/* In Berlin 02:30, 02:30 an hour earlier, and 01:30, all on the 25th. */
#define AUTUMN "2026-10-25T01:30 2026-10-25T00:30 2026-10-24T23:30"
/* In New York 03:30 and 01:30, next to each other, and 23:30 of the day before. */
#define SPRING "2026-03-08T07:30 2026-03-08T06:30 2026-03-08T04:30"
#define MONTH  "2026-12-01T03:00 2026-11-30T20:00"
#define YEAR   "2027-01-01T00:30 2026-12-31T12:00"
#define WEEK   "2026-11-23T03:00 2026-11-22T12:00"

/* Marks, newest first: k keep, r remove, p protected, u unfinished and kept. `what`: p protected, u
 * unfinished.
 */
static const struct {
    const char *zone, *times, *what, *rules, *marks;
} cases[] = {
    /* one rule */
    {UTC, SIX, "", "", "kkkkkk"},
    {UTC, SIX, "", "last=1", "krrrrr"},
    {UTC, SIX, "", "last=2", "kkrrrr"},
    {UTC, SIX, "", "last=6", "kkkkkk"},
    {UTC, SIX, "", "last=99", "kkkkkk"},
    {UTC, SIX, "", "hourly=1", "krrrrr"},
    {UTC, SIX, "", "hourly=2", "kkrrrr"},
    {UTC, SIX, "", "hourly=3", "kkkrrr"},
    {UTC, SIX, "", "daily=1", "krrrrr"},
    {UTC, SIX, "", "daily=2", "krkrrr"},
    {UTC, SIX, "", "daily=3", "krkkrr"},
    {UTC, SIX, "", "daily=10", "krkkkk"},
    {UTC, SIX, "", "weekly=1", "krrrrr"},
    {UTC, SIX, "", "weekly=2", "krrkrr"},
    {UTC, SIX, "", "weekly=3", "krrkkr"},
    {UTC, SIX, "", "weekly=4", "krrkkk"},
    {UTC, SIX, "", "monthly=1", "krrrrr"},
    {UTC, SIX, "", "monthly=2", "krrrkr"},
    {UTC, SIX, "", "monthly=3", "krrrkk"},
    {UTC, SIX, "", "yearly=1", "krrrrr"},
    {UTC, SIX, "", "yearly=2", "krrrrk"},
    {UTC, SIX, "", "yearly=5", "krrrrk"},
    /* a number of 0 is none */
    {UTC, SIX, "", "last=0 daily=2", "krkrrr"},
    {UTC, SIX, "p.....", "last=0 yearly=0", "pkkkkk"},
    /* what one rule keeps is no new period of the next */
    {UTC, SIX, "", "last=1 daily=1", "krkrrr"},
    {UTC, SIX, "", "last=1 hourly=1", "kkrrrr"},
    {UTC, SIX, "", "last=2 daily=1", "kkkrrr"},
    {UTC, SIX, "", "daily=2 weekly=1", "krkkrr"},
    {UTC, SIX, "", "daily=1 weekly=2", "krrkkr"},
    {UTC, SIX, "", "daily=1 monthly=2", "krrrkk"},
    {UTC, SIX, "", "monthly=1 yearly=1", "krrrrk"},
    {UTC, SIX, "", "hourly=1 daily=1 weekly=1 monthly=1 yearly=1", "krkkkk"},
    /* protected ones stay and stand for nothing */
    {UTC, SIX, "p.....", "daily=2", "pkkrrr"},
    {UTC, SIX, ".p....", "last=1", "kprrrr"},
    {UTC, SIX, ".p....", "last=2", "kpkrrr"},
    {UTC, SIX, ".....p", "yearly=1", "krrrrp"},
    {UTC, SIX, "pppppp", "last=1", "pppppp"},
    {UTC, SIX, "..p...", "", "kkpkkk"},
    {UTC, SIX, "...p..", "weekly=1", "krrprr"},
    {UTC, SIX, "...p..", "weekly=2", "krrpkr"},
    /* unfinished: the newest of all may be running */
    {UTC, SIX, "u.....", "last=1", "ukrrrr"},
    {UTC, SIX, "u.....", "daily=1", "ukrrrr"},
    {UTC, SIX, ".u....", "last=1", "krrrrr"},
    {UTC, SIX, ".u....", "last=2", "krkrrr"},
    {UTC, SIX, "uu....", "last=1", "urkrrr"},
    {UTC, SIX, ".u....", "", "kkkkkk"},
    /* weeks that are in two months: what its week has removed is gone for its month */
    {UTC, MONTHS, "", "weekly=2", "kkrrr"},
    {UTC, MONTHS, "", "weekly=2 monthly=1", "kkrrk"},
    {UTC, MONTHS, "", "weekly=1 monthly=1", "krkrr"},
    {UTC, MONTHS, "", "monthly=2", "krkrr"},
    {UTC, MONTHS, "", "last=1 weekly=1 monthly=1", "kkrrk"},
    /* weeks that are in two years */
    {UTC, YEARS, "", "weekly=1", "krrrrr"},
    {UTC, YEARS, "", "weekly=2", "kkrrrr"},
    {UTC, YEARS, "", "weekly=3", "kkrrrk"},
    {UTC, YEARS, "", "yearly=2", "krrkrr"},
    {UTC, YEARS, "", "weekly=2 yearly=1", "kkrrrk"},
    {UTC, YEARS, "", "monthly=2", "krrkrr"},
    {UTC, WEEK_1, "", "weekly=1", "krr"},
    {UTC, WEEK_1, "", "weekly=2", "krk"},
    {UTC, WEEK_1, "", "yearly=2", "kkr"},
    /* other clocks */
    {UTC, MIDNIGHT, "", "daily=1", "krr"},
    {UTC, MIDNIGHT, "", "daily=2", "kkr"},
    {BERLIN, MIDNIGHT, "", "daily=2", "krk"},
    {NEW_YORK, MIDNIGHT, "", "daily=2", "krr"},
    {KOLKATA, MIDNIGHT, "", "daily=2", "krr"},
    {AUCKLAND, MIDNIGHT, "", "daily=2", "krr"},
    {KOLKATA, MIDNIGHT, "", "hourly=2", "kkr"},
    {UTC, HOUR, "", "hourly=2", "kr"},
    {KOLKATA, HOUR, "", "hourly=2", "kk"},
    {BERLIN, AUTUMN, "", "hourly=2", "krk"},
    {UTC, AUTUMN, "", "hourly=2", "kkr"},
    {BERLIN, AUTUMN, "", "daily=2", "krr"},
    {UTC, AUTUMN, "", "daily=2", "krk"},
    {NEW_YORK, SPRING, "", "hourly=2", "kkr"},
    {NEW_YORK, SPRING, "", "daily=2", "krk"},
    {UTC, SPRING, "", "daily=2", "krr"},
    {UTC, MONTH, "", "monthly=2", "kk"},
    {NEW_YORK, MONTH, "", "monthly=2", "kr"},
    {AUCKLAND, MONTH, "", "monthly=2", "kr"},
    {UTC, YEAR, "", "yearly=2", "kk"},
    {BERLIN, YEAR, "", "yearly=2", "kk"},
    {NEW_YORK, YEAR, "", "yearly=2", "kr"},
    {AUCKLAND, YEAR, "", "yearly=2", "kr"},
    {UTC, WEEK, "", "weekly=2", "kk"},
    {NEW_YORK, WEEK, "", "weekly=2", "kr"},
    {AUCKLAND, WEEK, "", "weekly=2", "kr"},
    {PAGO, WEEK, "", "weekly=2", "kr"},
    /* hardly any */
    {UTC, "2026-11-27T10:00", "", "yearly=1", "k"},
    {UTC, "", "", "last=1", ""},
};

#define MOST 16

/* Reads the times and what is said about each. */
static size_t read_times(const char *text, const char *what, struct sim_retained *list)
{
    size_t count = 0;

    for (; *text; text += strspn(text, " ")) {
        struct tm tm = {0};

        assert_true(count < MOST);
        text = strptime(text, "%Y-%m-%dT%H:%M", &tm);
        assert_non_null(text);
        list[count] = (struct sim_retained){.time = (int64_t)timegm(&tm)};
        if (*what) {
            list[count].is_protected = *what == 'p';
            list[count].unfinished = *what == 'u';
            what++;
        }
        count++;
    }
    return count;
}

static void read_rules(const char *text, int64_t keep[SIM_KEEP_COUNT])
{
    for (; *text; text += strspn(text, " ")) {
        size_t n = strcspn(text, "=");
        bool known = false;

        for (int i = 0; i < SIM_KEEP_COUNT; i++) {
            const char *name = sim_keep_names[i] + strlen("keep-");

            if (strlen(name) != n || strncmp(name, text, n) != 0)
                continue;
            keep[i] = text[n + 1] - '0';
            if (text[n + 2] && text[n + 2] != ' ')
                keep[i] = keep[i] * 10 + text[n + 2] - '0';
            known = true;
        }
        assert_true(known);
        text += strcspn(text, " ");
    }
}

static void test_cases(void **state)
{
    static const char letters[] = {[SIM_MARK_NONE] = '?',
                                   [SIM_MARK_REMOVE] = 'r',
                                   [SIM_MARK_KEEP] = 'k',
                                   [SIM_MARK_PARTIAL] = 'u',
                                   [SIM_MARK_PROTECTED] = 'p'};
    int wrong = 0;

    (void)state;
    assert_true(sizeof cases / sizeof *cases >= 60);
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct sim_retained list[MOST];
        int64_t keep[SIM_KEEP_COUNT] = {0};
        char marks[MOST + 1] = "";
        size_t count;

        assert_int_equal(setenv("TZ", cases[c].zone, 1), 0);
        tzset();
        count = read_times(cases[c].times, cases[c].what, list);
        read_rules(cases[c].rules, keep);
        sim_retention(list, count, keep, sim_local_here);
        for (size_t i = 0; i < count; i++)
            marks[i] = letters[list[i].mark];
        if (strcmp(marks, cases[c].marks) == 0)
            continue;
        print_error("%s, %s, %s: %s instead of %s\n", cases[c].zone, cases[c].times, cases[c].rules, marks,
                    cases[c].marks);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
