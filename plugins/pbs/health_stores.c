/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pbs_health: the datastores themselves: maintenance, how full, when full, garbage. Sources: GET
 * /admin/datastore, /status/datastore-usage, /admin/gc.
 */
#include <math.h>

#include "health.h"

static const char *what_of(struct health *h, struct json_object *row, const char *key)
{
    const char *name = member_text(row, key);
    return health_text(h, "datastore %.60s", name ? name : "?");
}

/* ---- maintenance */

static void judge_states(struct health *h)
{
    for (size_t i = 0; h->stores && i < json_object_array_length(h->stores); i++) {
        struct json_object *row = json_object_array_get_idx(h->stores, i);
        const char *maintenance = member_text(row, "maintenance");
        if (!health_wants(h, row, "store"))
            continue;
        if (maintenance && *maintenance) {
            findings_state(&h->d.found, PBS_MAINTENANCE, what_of(h, row, "store"), 0, "%.300s", maintenance);
            findings_only_argument(&h->d.found, "store", member_text(row, "store"));
        }
        if (member_is(row, "mount-status", "notmounted")) {
            findings_state(&h->d.found, PBS_UNMOUNTED, what_of(h, row, "store"), 0,
                           "its removable device is not there: nothing can be backed up to it");
            findings_only_argument(&h->d.found, "store", member_text(row, "store"));
        }
    }
}

/* ---- use */

/* "88.1 % 29 days ago": the first value that its history has. */
static const char *history_of(struct health *h, struct json_object *row)
{
    struct json_object *history = member_of(row, "history");
    const double start = number_of(row, "history-start"), delta = number_of(row, "history-delta");
    for (size_t i = 0; json_object_is_type(history, json_type_array) && i < json_object_array_length(history);
         i++) {
        struct json_object *value = json_object_array_get_idx(history, i);
        if (!json_object_is_type(value, json_type_double) && !json_object_is_type(value, json_type_int))
            continue;
        const double days = ((double)h->d.now - start - delta * (double)i) / DAY_S;
        const double percent = json_object_get_double(value) * 100;
        if (isnan(days) || days < 0 || days > 36500 || isnan(percent) || percent < 0 || percent > 1000)
            return "";
        return health_text(h, "; it was %.1f %% full %.0f days ago", percent, days);
    }
    return "";
}

static void judge_use(struct health *h, struct json_object *row)
{
    const double total = number_of(row, "total"), used = number_of(row, "used"),
                 full = number_of(row, "estimated-full-date");
    const char *name = member_text(row, "store"), *what = what_of(h, row, "store"),
               *error = member_text(row, "error");
    char sizes[2][32];
    if (error || isnan(total) || isnan(used) || total <= 0 || used < 0) {
        findings_unread(
            &h->d.found, FROM_PBS_USAGE, what,
            error ? error : "no figures: the token needs Datastore.Audit on it, or nothing is mounted there");
        return;
    }
    const char *evidence = health_text(h, "%s of %s used%s", size_text(used, sizes[0]),
                                       size_text(total, sizes[1]), history_of(h, row));
    findings_measure(&h->d.found, PBS_FULL, what, percent_of(used, total), "%s", evidence);
    /* A date that has passed is how the server says that the use does not grow. */
    if (isnan(full) || full <= (double)h->d.now)
        return;
    const double days = whole_below((full - (double)h->d.now) / DAY_S);
    findings_measure(&h->d.found, PBS_FORECAST, health_text(h, "datastore %.60s", name), days,
                     "%s; by the growth of the last month it is full at %s", evidence,
                     time_text(&h->d.ask, full < 9e11 ? (int64_t)full : 0));
}

/* ---- garbage */

static void judge_gc(struct health *h, struct json_object *row)
{
    struct findings *f = &h->d.found;
    const char *store = member_text(row, "store"), *what = what_of(h, row, "store"),
               *state = member_text(row, "last-run-state"), *schedule = member_text(row, "schedule");
    const double end = number_of(row, "last-run-endtime"), pending = number_of(row, "pending-bytes"),
                 held = number_of(row, "disk-bytes"), bad = number_of(row, "still-bad"),
                 removed = number_of(row, "removed-bad");
    const char *when = health_text(h, "its schedule is %.60s", schedule ? schedule : "none");
    char sizes[2][32];
    if (!state && !member_text(row, "upid")) {
        findings_state(f, PBS_GC_NEVER, what, 0, "no run is known; %s", when);
        findings_only_argument(f, "store", store);
        return;
    }
    const char *outcome = pbs_outcome(state ? state : "");
    if (strcmp(outcome, "error") == 0) {
        findings_state(f, PBS_GC_FAILED, what, 0, "it ended with \"%.300s\"; %s", state ? state : "", when);
        findings_only_argument(f, "store", store);
    }
    const double days = whole_below(((double)h->d.now - end) / DAY_S);
    if (findings_measure(f, PBS_GC_OLD, what, days, "the last one ended at %s; %s",
                         time_text(&h->d.ask, integer_of(row, "last-run-endtime")), when))
        findings_only_argument(f, "store", store);
    if (findings_measure(f, PBS_GC_PENDING, what, percent_of(pending, held),
                         "%s of %s wait; a chunk is kept for a day after its last use",
                         size_text(isnan(pending) ? 0 : pending, sizes[0]),
                         size_text(isnan(held) ? 0 : held, sizes[1])))
        findings_only_argument(f, "store", store);
    if (findings_measure(f, PBS_GC_BAD, what, (isnan(bad) ? 0 : bad) + (isnan(removed) ? 0 : removed),
                         "%.0f are still there, %.0f were removed", isnan(bad) ? 0 : bad,
                         isnan(removed) ? 0 : removed))
        findings_only_argument(f, "store", store);
}

static int32_t look(struct health *h, uint32_t source, const char *path,
                    void (*judge)(struct health *h, struct json_object *row))
{
    struct json_object *list DROP_JSON = NULL;
    int32_t r = health_list(h, source, path, "Datastore.Audit", false, &list);
    for (size_t i = 0; r == PROXIMO_OK && list && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        if (health_wants(h, row, "store"))
            judge(h, row);
    }
    return r;
}

int32_t health_judge_stores(struct health *h)
{
    judge_states(h);
    int32_t r = look(h, FROM_PBS_USAGE, "/status/datastore-usage", judge_use);
    return r == PROXIMO_OK ? look(h, FROM_PBS_GC, "/admin/gc", judge_gc) : r;
}
