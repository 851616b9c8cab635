/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running an executor: the request is checked, the run goes its way as a call of the plane, and what came of
 * it is judged. A run is made once, whatever becomes of its host: what may have run is never run again.
 */
#include "plane/exec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "config/config.h"
#include "plane/exec_run.h"
#include "plane/schema.h"
#include "plane/supervisor.h"

#define RUN_MS_MOST ((int64_t)24 * 3600 * 1000)

/* ---- finding */

/* The executor of this name over all loaded planes, those whose mode is off too. */
static bool find(struct planes *planes, const char *name, struct exec_run *ret)
{
    bool found = false;

    (void)pthread_mutex_lock(&planes->lock);
    for (size_t i = 0; planes->settled && !found && i < planes->slot_count; i++) {
        const struct plane_slot *slot = &planes->slots[i];
        const struct plane_info *info = slot->out ? NULL : slot->info;
        for (size_t k = 0; info && !found && k < info->executor_count; k++) {
            found = strcmp(info->executors[k].name, name) == 0;
            if (found) {
                ret->plane = info;
                ret->row = &info->executors[k];
                ret->config = slot->config;
            }
        }
    }
    (void)pthread_mutex_unlock(&planes->lock);
    return found;
}

bool planes_executor_find(struct planes *planes, const char *name, const char **ret_plane,
                          const char **ret_target_schema)
{
    struct exec_run run = {0};

    if (!find(planes, name, &run))
        return false;
    if (ret_plane)
        *ret_plane = run.plane->name;
    if (ret_target_schema)
        *ret_target_schema = run.row->target_schema;
    return true;
}

/* ---- the request */

static int check_argv(const struct plane_exec *exec, struct problem *p)
{
    size_t bytes = 0;

    if (exec->argc == 0 || exec->argc > EXEC_WORDS_MOST)
        return problem_set(p, -EINVAL, PX_ARG, "a command has 1 to %u words, not %zu", EXEC_WORDS_MOST,
                           exec->argc);
    for (size_t i = 0; i < exec->argc; i++) {
        const struct plane_exec_word *word = &exec->argv[i];
        if (word->len && memchr(word->ptr, '\0', word->len))
            return problem_set(p, -EINVAL, PX_ARG, "word %zu of the command has a NUL byte", i);
        if (word->len > EXEC_ARGV_MOST || (bytes += word->len) > EXEC_ARGV_MOST)
            return problem_set(p, -E2BIG, PX_TOO_LARGE, "the command has more than %zu bytes",
                               EXEC_ARGV_MOST);
    }
    return exec->argv[0].len ? 0 : problem_set(p, -EINVAL, PX_ARG, "the command's first word is empty");
}

static int check_request(const struct exec_run *run, struct problem *p)
{
    const struct plane_exec *exec = run->exec;
    int r = check_argv(exec, p);

    if (r == 0 && exec->stdin_len > EXEC_STDIN_MOST)
        r = problem_set(p, -E2BIG, PX_TOO_LARGE, "the command's input has more than %zu bytes",
                        EXEC_STDIN_MOST);
    if (r == 0 && exec->output_limit > EXEC_OUTPUT_MOST)
        r = problem_set(p, -EINVAL, PX_ARG, "at most %zu bytes of a stream are kept", EXEC_OUTPUT_MOST);
    if (r == 0 && (exec->run_ms < 0 || exec->run_ms > RUN_MS_MOST))
        r = problem_set(p, -EINVAL, PX_ARG, "a command's time is up to a day");
    return r == 0 ? target_check(exec->target_json, run->row->target_schema, p) : r;
}

void exec_put_request(const struct exec_run *run, int64_t now, struct buf *out)
{
    const struct plane_exec *exec = run->exec;

    body_put_u64(out, (uint64_t)(run->until_ms > now ? run->until_ms - now : 1));
    body_put_u64(out, run->limit);
    body_put_u64(out, exec->stdin_len ? EXEC_SECRET : 0);
    body_put_cstr(out, exec->target_json);
    body_put_u32(out, (uint32_t)exec->argc);
    for (size_t i = 0; i < exec->argc; i++)
        body_put_text(out, exec->argv[i].len ? exec->argv[i].ptr : "", exec->argv[i].len);
}

/* ---- the outcome */

int exec_take_reply(struct exec_run *run, const char *bytes, size_t len, struct problem *p)
{
    struct body body = {bytes, len, false};
    size_t signal_len, why_len;
    uint32_t said = body_u32(&body), status = body_u32(&body);
    const char *signal = body_text(&body, &signal_len), *why = body_text(&body, &why_len);
    bool fits = said == EXEC_SAID_UNKNOWN || (said == EXEC_SAID_EXITED && status <= INT32_MAX &&
                                              (signal_len == 0 || exec_signal_fits(signal, signal_len)));

    if (!body_end(&body) || !fits || why_len >= sizeof(run->why))
        return problem_set(p, -EPROTO, PX_PLANE, "the plane \"%s\" told of an outcome that makes no sense",
                           run->plane->name);
    run->said = (enum exec_said)said;
    run->status = (int32_t)status;
    (void)snprintf(run->signal, sizeof(run->signal), "%.*s", (int)signal_len, signal);
    (void)snprintf(run->why, sizeof(run->why), "%.*s", (int)why_len, why);
    return 0;
}

/* Codes with which an executor says that certainly nothing ran. Any other says no such thing, least of all
 * that of an upcall in a run that was stopped. */
static bool is_certain(int32_t code)
{
    return code == PROXIMO_EINVAL || code == PROXIMO_ENOTFOUND || code == PROXIMO_EDENIED ||
           code == PROXIMO_EUNAVAIL || code == PROXIMO_ENOSYS || code == PROXIMO_ESTATE ||
           code == PROXIMO_ENOTALLOWED;
}

static void judge_exit(const struct exec_run *run, struct plane_exec_result *ret)
{
    bool failed = *run->signal || run->status;

    ret->end = *run->signal ? EXEC_SIGNALLED : EXEC_EXITED;
    ret->exit_status = run->status;
    (void)snprintf(ret->signal, sizeof(ret->signal), "%s", run->signal);
    /* What ended by itself at the very end of its time has its own outcome. */
    if (!failed || (!run->stopped && clock_ms() < run->until_ms))
        return;
    ret->end = EXEC_TIMED_OUT;
    (void)problem_set(&ret->why, -ETIMEDOUT, run->stopped ? PX_CANCELLED : PX_TIMEOUT,
                      "the command was ended %s", run->stopped ? "when it was cancelled" : "at its deadline");
}

static void judge(const struct exec_run *run, int r, const struct problem *p, struct plane_exec_result *ret)
{
    if (r == 0 && run->said == EXEC_SAID_EXITED) {
        judge_exit(run, ret);
    } else if (r == 0) {
        ret->end = EXEC_UNKNOWN;
        (void)problem_set(&ret->why, -EIO, PX_PLANE, "%s: what became of the command is not known: %s",
                          run->row->name, run->why);
    } else {
        ret->end = !run->handed || (run->replied && is_certain(run->code)) ? EXEC_NOT_STARTED : EXEC_UNKNOWN;
        ret->why = *p;
    }
}

/* ---- running */

static int refuse(const struct exec_run *run, const struct planes *planes, struct problem *p)
{
    if (!run->exec->change || config_plane_mode(planes->config, run->config) == CONFIG_GUARDED)
        return 0;
    int r = problem_set(p, -EROFS, PX_READ_ONLY, "the plane %s may change nothing: its mode is %s",
                        run->plane->name, config_mode_name(config_plane_mode(planes->config, run->config)));
    problem_next(p, "An operator sets mode: guarded, for all and for planes.%s, if it is to run commands.",
                 run->plane->name);
    return r;
}

static int run_it(struct planes *planes, struct exec_run *run, int64_t hard_ms, struct problem *p)
{
    const struct plane_call call = {.kind = PLANE_CALL_EXEC,
                                    .exec = run,
                                    .site = run->exec->site,
                                    .arguments_json = "{}",
                                    .deadline_ms = hard_ms,
                                    .cancel = run->exec->cancel};
    int r = planes_call(planes, &call, NULL, p);

    exec_child_end(planes, run);
    return r;
}

int exec_run(struct planes *planes, const struct plane_exec *exec, int64_t hard_ms,
             struct plane_exec_result *ret, struct problem *p)
{
    struct exec_run run = {.exec = exec};
    struct problem why = PROBLEM_INIT;
    int64_t now = clock_ms();

    *ret = (struct plane_exec_result){.end = EXEC_NOT_STARTED};
    if (!exec->executor || !find(planes, exec->executor, &run)) {
        int r = problem_set(p, -ENOENT, PX_PLANE, "no executor \"%.64s\" is loaded",
                            exec->executor ? exec->executor : "");
        problem_next(p, "Name its plane in the configuration: planes.exec for commands on nodes.");
        return r;
    }
    int r = check_request(&run, p);
    if (r < 0)
        return r;
    run.until_ms = now + (exec->run_ms ? exec->run_ms : EXEC_DEADLINE_DEFAULT_MS);
    run.limit = exec->output_limit ? exec->output_limit : EXEC_OUTPUT_DEFAULT;
    run.out.kept = run.err.kept = BUF_INIT(run.limit + 1);
    if (hard_ms > run.until_ms + EXEC_GRACE_MS)
        hard_ms = run.until_ms + EXEC_GRACE_MS;
    r = refuse(&run, planes, &why);
    if (r == 0)
        r = run_it(planes, &run, hard_ms, &why);
    judge(&run, r, &why, ret);
    ret->out = run.out;
    ret->err = run.err;
    return 0;
}

int planes_exec(struct planes *planes, const struct plane_exec *exec, struct plane_exec_result *ret,
                struct problem *p)
{
    return exec_run(planes, exec, INT64_MAX, ret, p);
}

void plane_exec_result_done(struct plane_exec_result *result)
{
    buf_done(&result->out.kept);
    buf_done(&result->err.kept);
}
