/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the next time of a calendar event by trying every minute of the days ahead.
 */
#include "schedule.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define DAYS_AHEAD 400

struct event {
    bool days[7]; /* Sunday first */
    bool hours[24];
    bool minutes[60];
    bool first_of_month, first_of_year;
};

static const struct {
    const char *word, *event;
    bool month, year;
} words[] = {
    {"minutely", "*:*", false, false},   {"hourly", "*:0", false, false}, {"daily", "0:0", false, false},
    {"weekly", "mon 0:0", false, false}, {"monthly", "0:0", true, false}, {"yearly", "0:0", true, true},
    {"annually", "0:0", true, true},
};

static int day_number(const char *text)
{
    static const char *const names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

    for (int i = 0; i < 7; i++) {
        if (strncasecmp(text, names[i], 3) == 0)
            return i;
    }
    return -1;
}

static const char *parse_days(const char *at, struct event *event)
{
    memset(event->days, 0, sizeof event->days);
    while (isalpha((unsigned char)*at)) {
        int from = day_number(at), to = from;

        if (from < 0)
            return NULL;
        while (isalpha((unsigned char)*at))
            at++;
        if (strncmp(at, "..", 2) == 0) {
            to = day_number(at + 2);
            for (at += 2; isalpha((unsigned char)*at); at++)
                continue;
        }
        if (to < 0)
            return NULL;
        for (int day = from;; day = (day + 1) % 7) {
            event->days[day] = true;
            if (day == to)
                break;
        }
        at += *at == ',';
    }
    return at + strspn(at, " ");
}

static const char *parse_number(const char *at, int *ret)
{
    int value = 0;

    if (!isdigit((unsigned char)*at))
        return NULL;
    for (; isdigit((unsigned char)*at); at++) {
        value = value * 10 + (*at - '0');
        if (value > 1000)
            return NULL;
    }
    *ret = value;
    return at;
}

/* "*", "N", "A..B", "A/STEP", "*" "/STEP", comma-separated. */
static const char *parse_set(const char *at, bool *set, int size)
{
    for (;;) {
        int from = 0, to = size - 1, step = 1;
        bool star = *at == '*';

        at = star ? at + 1 : parse_number(at, &from);
        if (!at)
            return NULL;
        if (!star)
            to = from;
        if (strncmp(at, "..", 2) == 0)
            at = parse_number(at + 2, &to);
        if (at && *at == '/') {
            at = parse_number(at + 1, &step);
            if (to == from)
                to = size - 1;
        }
        if (!at || step < 1 || from >= size || to >= size)
            return NULL;
        for (int i = from; i <= to; i += step)
            set[i] = true;
        if (*at != ',')
            return at;
        at++;
    }
}

static int parse(const char *text, struct event *event)
{
    memset(event, 0, sizeof *event);
    memset(event->days, 1, sizeof event->days);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(text, words[i].word) != 0)
            continue;
        event->first_of_month = words[i].month;
        event->first_of_year = words[i].year;
        text = words[i].event;
        break;
    }
    if (isalpha((unsigned char)*text)) {
        text = parse_days(text, event);
        if (!text)
            return -EINVAL;
    }
    if (!*text) {
        event->hours[0] = event->minutes[0] = true;
        return 0;
    }
    if (!strchr(text, ':')) {
        memset(event->hours, 1, sizeof event->hours);
    } else {
        text = parse_set(text, event->hours, 24);
        if (!text || *text++ != ':')
            return -EINVAL;
    }
    text = parse_set(text, event->minutes, 60);
    return text && !*text ? 0 : -EINVAL;
}

static bool day_fits(const struct event *event, int64_t midnight)
{
    time_t at = (time_t)midnight;
    struct tm tm;

    (void)gmtime_r(&at, &tm);
    return event->days[tm.tm_wday] && (!event->first_of_month || tm.tm_mday == 1) &&
           (!event->first_of_year || tm.tm_mon == 0);
}

int sim_schedule_next(const char *event_text, int64_t after, int64_t *ret_next)
{
    int64_t midnight = after / 86400 * 86400;
    struct event event;

    if (parse(event_text, &event) < 0)
        return -EINVAL;
    for (int day = 0; day < DAYS_AHEAD; day++, midnight += 86400) {
        if (!day_fits(&event, midnight))
            continue;
        for (int minute = 0; minute < 24 * 60; minute++) {
            if (event.hours[minute / 60] && event.minutes[minute % 60] && midnight + minute * 60 > after) {
                *ret_next = midnight + minute * 60;
                return 0;
            }
        }
    }
    return -EINVAL;
}
