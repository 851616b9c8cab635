/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes per hour and leases, counted from the ledger and from nothing else: a change is an `executing`
 * record, a lease is the newest `lease` record. Asked under the ledger's lock before such a record is
 * written, so that several servers on one ledger cannot each have the last one. The ledger is read from its
 * newest record back, to the first that is older than an hour (or, for a lease, than a lease can last); a
 * record that is later than now, because the clock was set back, counts as of now.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "ledger/ledger.h"
#include "ledger/record.h"
#include "trust/limits.h"
#include "trust/plan.h"
#include "trust/trust_inner.h"

#define SECOND_US INT64_C(1000000)
#define HOUR_US   (INT64_C(3600) * SECOND_US)

/* One number per hour. */
struct quota {
    const char *pattern; /* NULL: all classes */
    char text[80];       /* what pattern points to */
    uint32_t most, count;
    int64_t room_us; /* when the oldest of the newest `most` leaves the hour */
};

struct lease {
    char id[LEASE_ID_SIZE]; /* "" : none was found */
    bool ended;
    int64_t until_s;
    uint32_t changes; /* 0: any number */
    char class[80], site[80];
    uint32_t used; /* executions since that name a lease */
};

struct tally {
    int64_t now_us;
    int64_t seen_us; /* the latest time of any record: a clock that was set back revives no lease */
    struct quota *quotas;
    size_t quota_count;
    bool want_lease, have_lease, hour_over;
    struct lease lease;
    const char *fault;
};

bool limits_class_fits(const char *pattern, const char *operation_class)
{
    const size_t len = strlen(pattern);

    if (len > 2 && strcmp(pattern + len - 2, ".*") == 0)
        return strncmp(pattern, operation_class, len - 1) == 0;
    return strcmp(pattern, operation_class) == 0;
}

/* ---- one record */

static const char *text_of(struct json_object *object, const char *name)
{
    const char *text = NULL;

    return json_get_string(object, name, &text, NULL) == 0 ? text : "";
}

/* Does one of the classes of an execution fit? */
static bool record_fits(struct json_object *record, const char *pattern)
{
    struct json_object *classes = NULL;

    if (!pattern || limits_class_fits(pattern, text_of(record, "action")))
        return true;
    (void)json_get(record, "classes", json_type_array, &classes);
    for (size_t i = 0; classes && i < json_object_array_length(classes); i++) {
        const char *class = json_object_get_string(json_object_array_get_idx(classes, i));
        if (class && limits_class_fits(pattern, class))
            return true;
    }
    return false;
}

static void take_execution(struct tally *tally, struct json_object *record, int64_t time_us)
{
    for (size_t i = 0; !tally->hour_over && i < tally->quota_count; i++) {
        struct quota *quota = &tally->quotas[i];
        if (!record_fits(record, quota->pattern))
            continue;
        if (++quota->count == quota->most)
            quota->room_us = time_us + HOUR_US;
    }
    if (!tally->have_lease && *text_of(record, "lease"))
        tally->lease.used++;
}

static int take_lease(struct tally *tally, struct json_object *record)
{
    struct lease *lease = &tally->lease;
    int64_t changes = 0;

    tally->have_lease = true;
    (void)snprintf(lease->id, sizeof(lease->id), "%s", text_of(record, "lease"));
    lease->ended = strcmp(text_of(record, "act"), "granted") != 0;
    (void)snprintf(lease->class, sizeof(lease->class), "%s", text_of(record, "class"));
    (void)snprintf(lease->site, sizeof(lease->site), "%s", text_of(record, "site"));
    if (json_get_int(record, "changes", &changes) == 0 && changes > 0 && changes <= UINT32_MAX)
        lease->changes = (uint32_t)changes;
    if (!lease->ended && json_get_int(record, "until", &lease->until_s) < 0) {
        tally->fault = "a lease without an end";
        return -EBADMSG;
    }
    return 0;
}

/* 1: all that matters was seen. arg: struct tally */
static int take(void *arg, const char *line, size_t len)
{
    struct tally *tally = arg;
    CLEANUP_JSON struct json_object *record = NULL;
    struct record frame;

    if (!record_read(line, len, &frame)) {
        tally->fault = "a line that is no record";
        return -EBADMSG;
    }
    int64_t time_us = frame.time_us;
    if (time_us > tally->seen_us)
        tally->seen_us = time_us;
    if (time_us > tally->now_us)
        time_us = tally->now_us;
    tally->hour_over |= time_us <= tally->now_us - HOUR_US;
    if (tally->hour_over && (!tally->want_lease || tally->have_lease))
        return 1;
    if (time_us <= tally->now_us - LEASE_LONGEST_S * SECOND_US)
        return 1;
    const bool execution = strcmp(frame.kind, LEDGER_EXECUTING) == 0;
    const bool lease = tally->want_lease && !tally->have_lease && strcmp(frame.kind, LEDGER_LEASE) == 0;
    if (!execution && !lease)
        return 0;
    if (json_parse(line, len, &record, NULL) < 0) {
        tally->fault = "a record that is no JSON";
        return -EBADMSG;
    }
    if (lease)
        return take_lease(tally, record);
    take_execution(tally, record, time_us);
    return 0;
}

static int count(struct trust *trust, struct tally *tally, struct problem *p)
{
    struct problem why = PROBLEM_INIT;

    tally->now_us = clock_wall_us();
    const int r = ledger_each_back(trust->ledger, take, tally, &why);
    if (r >= 0)
        return 0;
    if (why.code[0] && p)
        *p = why;
    else
        problem_set(p, r, PX_LEDGER, "the ledger cannot be counted: %s; nothing is changed",
                    tally->fault ? tally->fault : strerror(-r));
    if (p && !p->next[0])
        problem_next(p, "an operator runs `proximo audit verify`, which says what is wrong with it");
    return r;
}

/* ---- changes per hour */

static bool plan_fits(const struct plan *plan, const char *pattern)
{
    struct json_object *subjects = NULL;

    if (limits_class_fits(pattern, plan->action))
        return true;
    (void)json_get(plan->root, "subjects", json_type_array, &subjects);
    for (size_t i = 0; subjects && i < json_object_array_length(subjects); i++) {
        if (limits_class_fits(pattern, text_of(json_object_array_get_idx(subjects, i), "class")))
            return true;
    }
    return false;
}

static int quotas_make(const struct config *config, const struct plan *plan, struct tally *tally,
                       struct problem *p)
{
    tally->quotas = calloc(config->class_per_hour.count + 1, sizeof(*tally->quotas));
    if (!tally->quotas)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory to count changes");
    if (config->changes_per_hour)
        tally->quotas[tally->quota_count++].most = config->changes_per_hour;
    for (size_t i = 0; i < config->class_per_hour.count; i++) {
        struct quota *quota = &tally->quotas[tally->quota_count];
        const char *item = config->class_per_hour.items[i], *equals = strrchr(item, '=');
        const size_t len = equals ? (size_t)(equals - item) : 0;
        uint64_t most = 0;
        if (len == 0 || len >= sizeof(quota->text) || text_to_u64(equals + 1, UINT32_MAX, &most) < 0)
            return problem_set(p, -EINVAL, PX_CONFIG, "limits.class_per_hour has \"%.80s\"", item);
        memcpy(quota->text, item, len);
        quota->text[len] = '\0';
        if (!plan_fits(plan, quota->text))
            continue;
        quota->pattern = quota->text;
        quota->most = (uint32_t)most;
        tally->quota_count++;
    }
    return 0;
}

static void put_time(int64_t time_s, char *ret, size_t size)
{
    const time_t seconds = (time_t)time_s;
    struct tm parts;

    if (!gmtime_r(&seconds, &parts) || !strftime(ret, size, "%Y-%m-%d %H:%M:%S UTC", &parts))
        (void)snprintf(ret, size, "%lld", (long long)time_s);
}

static int rate_check(const struct tally *tally, struct problem *p)
{
    const struct quota *full = NULL;
    char when[48];

    for (size_t i = 0; i < tally->quota_count; i++) {
        const struct quota *quota = &tally->quotas[i];
        if (quota->count >= quota->most &&
            (!full || quota->most == 0 || (full->most && quota->room_us > full->room_us)))
            full = quota;
    }
    if (!full)
        return 0;
    const char *name = full->pattern ? "limits.class_per_hour" : "limits.changes_per_hour";
    problem_set(p, -EBUSY, PX_RATE, "%u %s%schanges were applied within the last hour, and %s lets %u be",
                full->count, full->pattern ? full->pattern : "", full->pattern ? " " : "", name, full->most);
    if (full->most == 0) {
        problem_next(p,
                     "the plan stays good; a person can make the change in Proxmox itself, an operator can "
                     "raise limits.class_per_hour");
        return -EBUSY;
    }
    /* the first whole second at which it is out of the hour */
    put_time((full->room_us + SECOND_US - 1) / SECOND_US, when, sizeof(when));
    problem_next(p,
                 "there is room again at %s (in %lld s), and the plan stays good until it expires; sooner, a "
                 "person can make the change in Proxmox itself, or an operator can raise %s",
                 when, (long long)((full->room_us - tally->now_us + SECOND_US - 1) / SECOND_US), name);
    return -EBUSY;
}

/* ---- leases */

static const char *lease_state(const struct tally *tally)
{
    const struct lease *lease = &tally->lease;
    const int64_t now_us = tally->seen_us > tally->now_us ? tally->seen_us : tally->now_us;

    if (!tally->have_lease)
        return "none";
    if (lease->ended)
        return "ended";
    if (lease->until_s <= now_us / SECOND_US || lease->until_s > now_us / SECOND_US + LEASE_LONGEST_S)
        return "over";
    return lease->changes && lease->used >= lease->changes ? "used up" : "good";
}

static bool lease_covers(const struct lease *lease, const struct plan *plan)
{
    struct json_object *subjects = NULL;

    if ((lease->site[0] && strcmp(lease->site, plan->site) != 0) ||
        (lease->class[0] && !limits_class_fits(lease->class, plan->action)))
        return false;
    (void)json_get(plan->root, "subjects", json_type_array, &subjects);
    for (size_t i = 0; lease->class[0] && subjects && i < json_object_array_length(subjects); i++) {
        if (!limits_class_fits(lease->class, text_of(json_object_array_get_idx(subjects, i), "class")))
            return false;
    }
    return true;
}

static int lease_check(const struct tally *tally, const struct plan *plan, struct problem *p)
{
    const char *state = lease_state(tally);
    const struct lease *lease = &tally->lease;
    const bool good = strcmp(state, "good") == 0;

    if (good && lease_covers(lease, plan))
        return 0;
    if (good)
        problem_set(p, -EPERM, PX_LEASE, "changes need a lease, and %s covers %s on %s only, not %s on %s",
                    lease->id, lease->class[0] ? lease->class : "all classes",
                    lease->site[0] ? lease->site : "every site", plan->action, plan->site);
    else if (tally->have_lease)
        problem_set(p, -EPERM, PX_LEASE, "changes need a lease, and the last one, %s, is %s", lease->id,
                    state);
    else
        problem_set(p, -EPERM, PX_LEASE, "changes need a lease that a person grants, and there is none");
    problem_next(
        p, "a person can grant one in a terminal: `proximo lease grant --for 1h`, also with --changes N, "
           "--class PATTERN and --site NAME; the plan stays good until it expires");
    return -EPERM;
}

/* ---- both */

int limits_room(struct trust *trust, const struct plan *plan, char ret_lease[LEASE_ID_SIZE],
                struct problem *p)
{
    struct tally tally = {.want_lease = trust->config->trust.lease_required};

    int r = quotas_make(trust->config, plan, &tally, p);
    if (r == 0 && (tally.quota_count || tally.want_lease))
        r = count(trust, &tally, p);
    if (r == 0 && tally.want_lease)
        r = lease_check(&tally, plan, p);
    if (r == 0)
        r = rate_check(&tally, p);
    free(tally.quotas);
    if (r == 0)
        memcpy(ret_lease, tally.lease.id, LEASE_ID_SIZE);
    return r;
}

int limits_lease_put(struct trust *trust, struct buf *out, struct problem *p)
{
    struct tally tally = {.want_lease = true};
    const struct lease *lease = &tally.lease;

    int r = count(trust, &tally, p);
    if (r < 0)
        return r;
    const char *state = lease_state(&tally);
    json_put_key_string(out, "state", state);
    json_put_key_bool(out, "required", trust->config->trust.lease_required);
    if (!tally.have_lease)
        return 0;
    json_put_key_string(out, "lease", lease->id);
    if (lease->ended)
        return 0;
    json_put_key_int(out, "until", lease->until_s);
    if (strcmp(state, "good") == 0)
        json_put_key_int(out, "left_s", lease->until_s - tally.now_us / SECOND_US);
    if (lease->changes)
        json_put_key_int(out, "changes", lease->changes);
    json_put_key_int(out, "used", lease->used);
    if (lease->class[0])
        json_put_key_string(out, "class", lease->class);
    if (lease->site[0])
        json_put_key_string(out, "site", lease->site);
    return 0;
}
