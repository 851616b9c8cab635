/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Following a task to its real end. A request that only looks at a task may be lost any number of times: the
 * task goes on all the same, so looking goes on too.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "trust/run_inner.h"

#define REFUSALS_MOST 5u /* answers in a row that say the task cannot be looked at */

static void task_path(const char *upid_text, const struct upid *upid, struct buf *out)
{
    buf_str(out, "/nodes/");
    buf_percent(out, upid->node, strlen(upid->node));
    buf_str(out, "/tasks/");
    buf_percent(out, upid_text, strlen(upid_text));
    buf_str(out, "/status");
}

static void keep_exitstatus(struct run *run, struct step_run *s, const char *exitstatus)
{
    CLEANUP_BUF struct buf clean = BUF_INIT(4096);
    size_t len = strlen(exitstatus);
    text_clean(&clean, exitstatus, len < 1000 ? len : text_utf8_cut(exitstatus, 1000), false);
    size_t cut =
        clean.len < sizeof(s->exitstatus) ? clean.len : text_utf8_cut(clean.data, sizeof(s->exitstatus) - 1);
    if (cut)
        memcpy(s->exitstatus, clean.data, cut);
    s->exitstatus[cut] = '\0';
    run_scrub(run, s->exitstatus);
}

void follow_ended(struct run *run, struct step_run *s, const char *exitstatus)
{
    keep_exitstatus(run, s, exitstatus);
    s->warnings = follow_warnings(exitstatus);
    s->message[0] = '\0';
    if (strcmp(exitstatus, "OK") == 0) {
        s->outcome = STEP_OK;
    } else if (s->warnings) {
        s->outcome = STEP_OK;
        step_say(run, s, "the task ended with %u warning%s", s->warnings, s->warnings == 1 ? "" : "s");
    } else if (!*exitstatus || strcmp(exitstatus, "unexpected status") == 0) {
        /* Proxmox itself does not know: the worker went away without a last word. */
        s->outcome = STEP_UNKNOWN;
        step_say(run, s, "the task ended without saying how");
    } else {
        s->outcome = STEP_FAILED;
        step_say(run, s, "the task failed: \"%s\"", s->exitstatus);
    }
    (void)journal_write(&run->journal, s->index, "task-ended",
                        &(struct journal_more){.upid = s->upid, .why = s->exitstatus});
}

/* What one answer about a task says, as follow_look. */
static int read_status(struct run *run, struct step_run *s, const struct site_answer *answer,
                       struct problem *p)
{
    struct json_object *data = NULL;
    const char *status = NULL;
    const char *exitstatus = "";
    char words[300];
    if (answer->status >= 300) {
        run_answer_words(answer, words, sizeof(words));
        int r = answer->status >= 500                            ? -EAGAIN
                : answer->status == 401 || answer->status == 403 ? -EACCES
                                                                 : -ENOENT;
        return problem_set(p, r, PX_REMOTE, "Proxmox answered %d to a look at the task: %s", answer->status,
                           words);
    }
    if (!answer->body || json_get(answer->body, "data", json_type_object, &data) < 0 ||
        json_get_string(data, "status", &status, NULL) < 0)
        return problem_set(p, -EAGAIN, PX_BAD_ANSWER, "the answer about the task has no status");
    if (strcmp(status, "stopped") != 0)
        return 0;
    (void)json_get_string(data, "exitstatus", &exitstatus, NULL);
    follow_ended(run, s, exitstatus);
    return 1;
}

int follow_look(struct run *run, struct step_run *s, struct problem *p)
{
    CLEANUP_BUF struct buf path = BUF_INIT(HTTP_PATH_LIMIT);
    struct site_answer answer = {0};
    struct upid upid;
    if (upid_parse(s->upid, strlen(s->upid), &upid) < 0)
        return problem_set(p, -ENOENT, PX_BAD_ANSWER, "the task has no valid UPID");
    task_path(s->upid, &upid, &path);
    struct site_call call = run_call(run, s->always, run->times->request);
    int r = !buf_ok(&path) ? path.error
                           : site_get(run->request->site, &call, path.data, NULL, 0, true, &answer, p);
    if (r < 0)
        return -EAGAIN;
    r = read_status(run, s, &answer, p);
    site_answer_done(&answer);
    return r;
}

static void tell_progress(struct run *run, struct step_run *s, double percent)
{
    char message[400];
    const char *line = "";
    size_t lines = s->log ? json_object_array_length(s->log) : 0;
    if (lines)
        line = json_object_get_string(json_object_array_get_idx(s->log, lines - 1));
    if (percent >= 0)
        (void)snprintf(message, sizeof(message), "%s: %.0f%% \"%.250s\"", s->name, percent, line);
    else if (lines)
        (void)snprintf(message, sizeof(message), "%s: \"%.250s\"", s->name, line);
    else
        (void)snprintf(message, sizeof(message), "%s: the task runs", s->name);
    run_tell(run, s->index, percent, message);
}

static void left_running(struct run *run, struct step_run *s)
{
    struct problem p = PROBLEM_INIT;
    if (follow_look(run, s, &p) == 1)
        return;
    s->outcome = STEP_RUNNING;
    step_say(run, s, "stopped; task %.300s goes on at Proxmox", s->upid);
}

static void follow_on(struct run *run, struct step_run *s)
{
    int64_t answered = clock_ms();
    int64_t pause = run->times->follow_first;
    uint64_t next = 0;
    unsigned refusals = 0;
    double percent = -1;
    for (;;) {
        struct problem p = PROBLEM_INIT;
        int64_t bound = s->always && run_stopped(run)
                            ? s->started_us / 1000 - clock_wall_us() / 1000 + clock_ms() + run->times->always
                            : INT64_MAX;
        if (!run_sleep(run, s->always, pause, bound)) {
            left_running(run, s);
            return;
        }
        int r = follow_look(run, s, &p);
        if (r >= 0) {
            answered = clock_ms();
            refusals = 0;
            follow_log(run, s, &next, &percent);
            if (r == 1)
                return;
            tell_progress(run, s, percent);
        } else if (r != -EAGAIN && ++refusals >= REFUSALS_MOST) {
            s->outcome = STEP_UNKNOWN;
            step_say_problem(run, s, "what became of the task cannot be seen: ", &p);
            return;
        } else if (clock_ms() - answered > run->times->follow_silent) {
            s->outcome = STEP_RUNNING;
            step_say(run, s, "the site does not answer any more; task %.300s may go on or have ended",
                     s->upid);
            return;
        }
        pause = pause * 3 / 2 < run->times->follow_most ? pause * 3 / 2 : run->times->follow_most;
    }
}

void follow_task(struct run *run, struct step_run *s)
{
    void (*follows)(void *arg, const char *upid) = run->request->follows;

    if (follows)
        follows(run->request->progress_arg, s->upid);
    follow_on(run, s);
    if (follows)
        follows(run->request->progress_arg, NULL);
}
