/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In doubt: a plan in `executing` whose process is gone, or whose task was still running when it ended. A
 * lock file beside the plan tells the living from the dead. Proxmox is asked what came of it; nothing is ever
 * sent again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "plane/site.h"
#include "trust/apply.h"
#include "trust/plan.h"
#include "trust/trust_inner.h"

#define RESOLVE_MS 20000
#define IDS_MOST   256u  /* plans looked at in one go; then the next ones */
#define IN_DOUBT_S 86400 /* how long a remark that it is in doubt keeps others from saying it again */

int doubt_lock(struct trust *trust, const char *plan_id, int *ret_fd, struct problem *p)
{
    CLEANUP_FREE char *path = store_path(trust, plan_id, PLAN_EXECUTING, "lock");
    CLEANUP_FD int fd = -1;

    if (!path)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the name of a lock");
    fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0) {
        int r = -errno;
        return problem_set(p, r, PX_LEDGER, "the lock of plan %s cannot be made: %s: nothing is changed",
                           plan_id, strerror(-r));
    }
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        int r = errno == EWOULDBLOCK ? -EBUSY : -errno;
        problem_set(p, r, PX_PLAN, "plan %s is being applied by another process", plan_id);
        problem_next(p, "proximo_status {\"plan_id\":\"%s\"} has the outcome", plan_id);
        return r;
    }
    /* Who held it before may have removed the name between our open and our lock: then this lock is nobody's.
     */
    struct stat mine, there;
    if (fstat(fd, &mine) < 0 || lstat(path, &there) < 0 || mine.st_ino != there.st_ino ||
        mine.st_dev != there.st_dev) {
        problem_set(p, -EBUSY, PX_PLAN, "plan %s is being looked at by another process", plan_id);
        problem_next(p, "proximo_status {\"plan_id\":\"%s\"} has the outcome", plan_id);
        return -EBUSY;
    }
    *ret_fd = fd;
    fd = -1;
    return 0;
}

void doubt_unlock(struct trust *trust, const char *plan_id, int *fd)
{
    CLEANUP_FREE char *path = store_path(trust, plan_id, PLAN_EXECUTING, "lock");

    if (path)
        (void)unlink(path);
    fd_close(fd);
}

/* Says once that a plan is in doubt: a file beside it remembers. */
static void doubt_record(struct trust *trust, const struct plan *plan, const char *why)
{
    CLEANUP_FREE char *path = store_path(trust, plan->id, PLAN_EXECUTING, "outcome.json");
    CLEANUP_BUF struct buf body = BUF_INIT(16384);
    struct problem p = PROBLEM_INIT;
    struct stat st;

    if (!path || (lstat(path, &st) == 0 && st.st_mtime + IN_DOUBT_S > clock_wall_us() / 1000000))
        return;
    json_put_key_string(&body, "plan_id", plan->id);
    json_put_key_string(&body, "action", plan->action);
    json_put_key_string(&body, "subject", plan->subject);
    json_put_key_string(&body, "site", plan->site);
    json_put_key_string(&body, "why", why);
    if (!buf_ok(&body) || ledger_append(trust->ledger, LEDGER_IN_DOUBT, body.data, body.len, NULL, &p) < 0) {
        log_warn("plan %s is in doubt, and that could not be recorded: %s", plan->id, p.cause);
        return;
    }
    CLEANUP_BUF struct buf file = BUF_INIT(20000);
    buf_printf(&file, "{%s}\n", body.data);
    if (buf_ok(&file))
        (void)file_write_atomic(path, file.data, file.len, 0600);
}

/* With the lock held. */
static int resolve_locked(struct trust *trust, const struct trust_call *call, const struct plan *plan,
                          struct buf *ret_facts, struct problem *p)
{
    struct run_request request = {.trust = trust, .plan = plan, .stop = call->cancel};
    struct run_result result = {0};

    /* A second record of its end would be one too many. */
    int r = outcome_finish(trust, plan, ret_facts, p);
    if (r != -ENOENT)
        return r;
    r = sites_find(trust->sites, plan->site, &request.site, p);
    if (r == 0)
        r = run_resolve(&request, &result, p);
    if (r < 0) {
        doubt_record(trust, plan, p->cause);
        return -EAGAIN;
    }
    r = outcome_record(trust, plan, &result, true, ret_facts, p);
    run_result_done(&result);
    return r;
}

int doubt_resolve(struct trust *trust, const struct trust_call *call, const char *plan_id,
                  struct buf *ret_facts, struct problem *p)
{
    struct plan *plan = NULL;
    enum plan_state state = PLAN_DONE;
    int lock = -1;

    int r = doubt_lock(trust, plan_id, &lock, p);
    if (r < 0)
        return r;
    r = store_load(trust, plan_id, &plan, &state, p);
    if (r == 0 && state == PLAN_EXECUTING)
        r = resolve_locked(trust, call, plan, ret_facts, p);
    else if (r == 0)
        r = state == PLAN_DONE ? outcome_load(trust, plan_id, ret_facts) : -ENOENT;
    plan_free(plan);
    doubt_unlock(trust, plan_id, &lock);
    return r;
}

/* The first ids behind `after`, in order: those that stay in doubt stay in the folder as well. */
struct ids {
    char (*list)[PLAN_ID_SIZE];
    size_t count;
    char after[PLAN_ID_SIZE];
};

static int collect(void *arg, const struct plan *plan)
{
    struct ids *ids = arg;
    size_t at = ids->count;

    if (strcmp(plan->id, ids->after) <= 0)
        return 0;
    while (at > 0 && strcmp(ids->list[at - 1], plan->id) > 0)
        at--;
    if (at == IDS_MOST)
        return 0;
    if (ids->count < IDS_MOST)
        ids->count++;
    memmove(ids->list[at + 1], ids->list[at], (ids->count - at - 1) * sizeof(*ids->list));
    memcpy(ids->list[at], plan->id, PLAN_ID_SIZE);
    return 0;
}

static void resolve_some(struct trust *trust, struct cancel *cancel, const struct ids *ids)
{
    for (size_t i = 0; i < ids->count && !cancel_is_set(cancel); i++) {
        const struct trust_call call = {.deadline_ms = clock_ms() + RESOLVE_MS, .cancel = cancel};
        CLEANUP_BUF struct buf facts = BUF_INIT(APPLY_ANSWER);
        struct problem p = PROBLEM_INIT;
        int r = doubt_resolve(trust, &call, ids->list[i], &facts, &p);
        if (r < 0 && r != -EBUSY && r != -ENOENT)
            log_warn("plan %s is in doubt: %s", ids->list[i], p.cause);
    }
}

void doubt_resolve_all(struct trust *trust, struct cancel *cancel)
{
    struct ids ids = {.list = calloc(IDS_MOST, sizeof(*ids.list))};

    while (ids.list && !cancel_is_set(cancel)) {
        ids.count = 0;
        (void)store_each(trust, PLAN_EXECUTING, collect, &ids);
        if (ids.count == 0)
            break;
        resolve_some(trust, cancel, &ids);
        memcpy(ids.after, ids.list[ids.count - 1], PLAN_ID_SIZE);
    }
    free(ids.list);
}
