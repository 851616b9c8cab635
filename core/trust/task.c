/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run as a client's long task. Nothing is kept for it: the plan, its folder and its outcome are there
 * anyway, so a task outlives the server that began it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "plane/site.h"
#include "trust/apply.h"
#include "trust/plan.h"
#include "trust/secret_source.h"
#include "trust/trust_inner.h"

#define DAY_MS       ((int64_t)86400 * 1000)
#define LOOKED_AT_MS 3000
#define PAUSE_NS     50000000L

static int no_task(struct problem *p)
{
    return problem_set(p, -ENOENT, PX_PLAN, "there is no such task");
}

/* The plan, when it was applied, by the same user and token as now. Others' are not told from none at all. */
static int load_own(struct trust *trust, const char *plan_id, struct plan **ret, enum plan_state *ret_state,
                    struct problem *p)
{
    struct plan *plan = NULL;
    struct site *site = NULL;
    char principal[320] = "";

    if (!plan_id_is_good(plan_id) || store_load(trust, plan_id, &plan, ret_state, NULL) < 0)
        return no_task(p);
    if (*ret_state == PLAN_WAITING || sites_find(trust->sites, plan->site, &site, NULL) < 0 ||
        trust_principal(trust, site, principal, NULL) < 0 || strcmp(principal, plan->principal) != 0) {
        plan_free(plan);
        return no_task(p);
    }
    *ret = plan;
    return 0;
}

void trust_task_done(struct trust_task *task)
{
    buf_done(&task->facts);
    *task = (struct trust_task){0};
}

/* When its outcome was put beside it; now while there is none. */
static int64_t updated(struct trust *trust, const char *plan_id)
{
    CLEANUP_FREE char *path = store_path(trust, plan_id, PLAN_DONE, "outcome.json");
    struct stat st;

    return path && lstat(path, &st) == 0 ? (int64_t)st.st_mtime : clock_wall_us() / 1000000;
}

static void say_working(struct trust *trust, const char *plan_id, struct json_object *facts,
                        struct trust_task *task)
{
    struct json_object *progress = NULL;
    const char *state = "", *message = "", *why = "", *upid = NULL;
    int64_t step = 0, steps = 0, percent = 0;

    (void)json_get_string(facts, "state", &state, NULL);
    (void)json_get_string(facts, "why", &why, NULL);
    if (json_get(facts, "progress", json_type_object, &progress) < 0) {
        (void)snprintf(task->message, sizeof(task->message), "%s%s%.300s",
                       strcmp(state, "in doubt") == 0 ? "in doubt" : "it runs, not in this process",
                       *why ? ": " : "", why);
        return;
    }
    (void)json_get_string(progress, "message", &message, NULL);
    (void)json_get_string(progress, "upid", &upid, NULL);
    (void)json_get_int(progress, "step", &step);
    (void)json_get_int(progress, "steps", &steps);
    (void)json_get_int(progress, "percent", &percent);
    task->stopping = applies_stopping(trust, plan_id);
    if (!task->stopping)
        (void)snprintf(task->message, sizeof(task->message), "%lld%%, step %lld of %lld: %.200s",
                       (long long)percent, (long long)step, (long long)steps, message);
    else if (upid)
        (void)snprintf(
            task->message, sizeof(task->message),
            "stopping: no further step begins; task %.200s goes on at Proxmox, pve_task_stop ends it", upid);
    else
        (void)snprintf(task->message, sizeof(task->message),
                       "stopping: no further step begins (at %lld of %lld)", (long long)step,
                       (long long)steps);
}

static void say_ended(struct json_object *facts, struct trust_task *task)
{
    const char *outcome = "", *why = "", *receipt = "", *by = "";

    (void)json_get_string(facts, "outcome", &outcome, NULL);
    (void)json_get_string(facts, "why", &why, NULL);
    (void)json_get_string(facts, "receipt", &receipt, NULL);
    (void)json_get_string(facts, "stopped_by", &by, NULL);
    task->state = strcmp(by, "client") == 0 ? TRUST_TASK_STOPPED : TRUST_TASK_ENDED;
    (void)snprintf(task->message, sizeof(task->message), "%s%.20s%s%.40s%s%.250s",
                   task->state == TRUST_TASK_STOPPED ? "stopped by: client; outcome " : "outcome ", outcome,
                   *receipt ? ", receipt " : "", receipt, *why ? ": " : "", why);
}

int trust_task(struct trust *trust, const struct trust_call *call, const char *plan_id,
               struct trust_task *ret, struct problem *p)
{
    struct trust_task task = {.facts = BUF_INIT(APPLY_ANSWER + 4096)};
    CLEANUP_JSON struct json_object *facts = NULL;
    enum plan_state state = PLAN_WAITING;
    struct plan *plan = NULL;
    const char *word = "";

    int r = trust_begin(trust, p);
    if (r == 0)
        r = load_own(trust, plan_id, &plan, &state, p);
    if (r == 0) {
        const int64_t days = trust->config->undo_keep_days;
        task.created_s = plan->created_s;
        task.keep_ms = days > 0 ? days * DAY_MS : -1;
        plan_free(plan);
        struct trust_call look = *call;
        look.once = false; /* only where the facts are part of the answer, below */
        r = trust_plan_status(trust, &look, plan_id, &task.facts, p);
    }
    if (r == 0 && json_parse(task.facts.data ? task.facts.data : "", task.facts.len, &facts, NULL) < 0)
        r = problem_set(p, -EBADMSG, PX_INTERNAL, "what came of plan %s cannot be read", plan_id);
    if (r < 0) {
        trust_task_done(&task);
        return r;
    }
    (void)json_get_string(facts, "state", &word, NULL);
    if (strcmp(word, "done") == 0)
        say_ended(facts, &task);
    else
        say_working(trust, plan_id, facts, &task);
    task.message[text_utf8_cut(task.message, strlen(task.message))] = '\0';
    task.updated_s = task.state == TRUST_TASK_WORKING ? clock_wall_us() / 1000000 : updated(trust, plan_id);
    if (task.state == TRUST_TASK_ENDED && call->once && !cancel_is_set(call->cancel))
        once_show(trust, plan_id, &task.facts);
    *ret = task;
    return 0;
}

int trust_stop_plan(struct trust *trust, const char *plan_id, struct problem *p)
{
    enum plan_state state = PLAN_WAITING;
    struct plan *plan = NULL;
    int lock = -1;

    int r = trust_begin(trust, p);
    if (r == 0)
        r = load_own(trust, plan_id, &plan, &state, p);
    if (r < 0)
        return r;
    plan_free(plan);
    if (applies_stop_one(trust, plan_id) || state == PLAN_DONE)
        return 0;
    bool ended = false;
    if (applies_has(trust, plan_id, &ended)) /* at its very end */
        return 0;
    /* Whoever holds the lock for long runs it; a short while, somebody looks what came of it. */
    const int64_t until = clock_ms() + LOOKED_AT_MS;
    while ((r = doubt_lock(trust, plan_id, &lock, p)) == -EBUSY && clock_ms() < until)
        (void)nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    if (r == 0)
        doubt_unlock(trust, plan_id, &lock);
    return r;
}
