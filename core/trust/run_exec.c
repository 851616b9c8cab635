/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An executor step: the words, in the journal before anything runs, then the executor of the plane that the
 * plan was made by, once. A command whose end is not known stays unknown: nothing runs it again.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "plane/exec.h"
#include "plane/schema.h"
#include "trust/run_inner.h"

#define LOOK_MS 200
#define TELL_MS 2000

struct running {
    struct run *run;
    struct step_run *s;
    struct plane_exec exec;
    struct plane_exec_word *words;
    struct field_list list;
    struct http_field input; /* of a secret; wiped */
    char *target;
    struct cancel *ended;
    int64_t began_ms;

    /* the watcher's */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool over;
    bool stopped, by_client;
};

/* ---- while it runs */

/* Is somebody ending it? A freeze lets what has begun come to its end. */
static bool is_ended(struct running *x)
{
    struct run *run = x->run;

    if (x->s->always)
        return cancel_is_set(run->stop.end);
    if (run_stopped(run))
        return true;
    if (run->request->halted && run->request->halted(run->request->halted_arg) == RUN_HALT_CLIENT)
        x->by_client = true;
    return x->by_client;
}

static void tell(struct running *x)
{
    const int64_t for_ms = clock_ms() - x->began_ms;
    char words[160];

    (void)snprintf(words, sizeof(words), "%.60s: runs for %lld s, of at most %lld s", x->s->name,
                   (long long)(for_ms / 1000), (long long)((x->exec.run_ms + 999) / 1000));
    run_tell(x->run, x->s->index, (double)for_ms * 100 / (double)x->exec.run_ms, words);
}

/* The running thread waits in the executor meanwhile: nobody else tells anything of this run. */
static void *watch(void *arg)
{
    struct running *x = arg;
    int64_t told = x->began_ms;

    (void)pthread_mutex_lock(&x->mutex);
    while (!x->over) {
        struct timespec until = clock_timespec(clock_ms() + LOOK_MS);
        (void)pthread_cond_clockwait(&x->changed, &x->mutex, CLOCK_MONOTONIC, &until);
        if (x->over)
            break;
        (void)pthread_mutex_unlock(&x->mutex);
        if (!x->stopped && is_ended(x)) {
            x->stopped = true;
            cancel_set(x->ended);
        }
        if (clock_ms() - told >= TELL_MS) {
            told = clock_ms();
            tell(x);
        }
        (void)pthread_mutex_lock(&x->mutex);
    }
    (void)pthread_mutex_unlock(&x->mutex);
    return NULL;
}

static int watch_begin(struct running *x)
{
    x->ended = cancel_new();
    x->began_ms = clock_ms();
    if (!x->ended)
        return -ENOMEM;
    x->exec.cancel = x->ended;
    (void)pthread_mutex_init(&x->mutex, NULL);
    (void)pthread_cond_init(&x->changed, NULL);
    return -pthread_create(&x->thread, NULL, watch, x);
}

static void watch_end(struct running *x)
{
    (void)pthread_mutex_lock(&x->mutex);
    x->over = true;
    (void)pthread_cond_broadcast(&x->changed);
    (void)pthread_mutex_unlock(&x->mutex);
    (void)pthread_join(x->thread, NULL);
    (void)pthread_cond_destroy(&x->changed);
    (void)pthread_mutex_destroy(&x->mutex);
}

/* ---- what runs */

static int take_input(struct running *x, struct problem *p)
{
    struct json_object *step = x->s->step;
    const char *text = NULL, *secret = NULL, *sha256 = "";
    unsigned char digest[32];
    char hex[65];
    size_t len = 0;

    if (json_get_string(step, "stdin_secret", &secret, NULL) == 0) {
        int r = field_take_secret(x->run, secret, &x->input, p);
        x->exec.stdin_bytes = x->input.value;
        x->exec.stdin_len = x->input.value_len;
        return r;
    }
    if (json_get_string(step, "stdin", &text, &len) < 0)
        return 0;
    (void)json_get_string(step, "stdin_sha256", &sha256, NULL);
    if (x->run->request->trust->crypto->sha256(text, len, digest) < 0)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the input of a command");
    text_hex(digest, sizeof(digest), hex);
    if (strcmp(hex, sha256) != 0)
        return problem_set(p, -EBADMSG, PX_PLAN, "the input of the command is not the one that was planned");
    x->exec.stdin_bytes = text;
    x->exec.stdin_len = len;
    return 0;
}

static int take_words(struct running *x, struct problem *p)
{
    struct json_object *argv = NULL;
    size_t bytes = 0;

    (void)json_get(x->s->step, "argv", json_type_array, &argv);
    int r = word_list_make(x->run, argv, &x->list, p);
    if (r < 0)
        return r;
    x->words = calloc(x->list.count + 1, sizeof(*x->words));
    if (!x->words)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the words of a command");
    for (size_t i = 0; i < x->list.count; i++) {
        const struct http_field *field = &x->list.fields[i];
        if (memchr(field->value, '\0', field->value_len))
            return problem_set(p, -EINVAL, PX_PLAN, "word %zu of the command has a NUL within", i + 1);
        x->words[i] = (struct plane_exec_word){field->value, field->value_len};
        bytes += field->value_len + 1;
    }
    if (x->list.count == 0 || bytes > EXEC_ARGV_MOST)
        return problem_set(p, -EFBIG, PX_TOO_LARGE, "the command has no words, or longer ones than %zu bytes",
                           EXEC_ARGV_MOST);
    x->exec.argv = x->words;
    x->exec.argc = x->list.count;
    return 0;
}

/* Who it is for, as it was planned: the executor of the same plane, a target that fits still. */
static int take_target(struct running *x, struct problem *p)
{
    struct json_object *target = NULL;
    const char *plane = NULL, *planned = NULL, *schema = NULL;
    int64_t ms = 0, limit = 0;

    (void)json_get_string(x->s->step, "executor", &x->exec.executor, NULL);
    (void)json_get_string(x->s->step, "plane", &planned, NULL);
    (void)json_get_int(x->s->step, "deadline_ms", &ms);
    (void)json_get_int(x->s->step, "output_limit", &limit);
    if (!x->exec.executor ||
        !planes_executor_find(x->run->request->trust->planes, x->exec.executor, &plane, &schema) ||
        !text_equal(plane, planned))
        return problem_set(p, -ENOENT, PX_PLANE, "the executor '%.40s' of plane %.40s is not loaded",
                           x->exec.executor ? x->exec.executor : "", planned ? planned : "?");
    if (json_get(x->s->step, "target", json_type_object, &target) < 0)
        return problem_set(p, -EINVAL, PX_PLAN, "the command of the plan has no target");
    x->target = text_dup(json_object_to_json_string_ext(target, JSON_C_TO_STRING_PLAIN));
    if (!x->target)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the target of a command");
    int r = target_check(x->target, schema, p);
    if (r < 0)
        return r;
    x->exec.target_json = x->target;
    x->exec.change = true;
    x->exec.site = x->run->request->site;
    x->exec.run_ms = ms > 0 ? ms : EXEC_DEADLINE_DEFAULT_MS;
    if (x->s->always && run_stopped(x->run) && x->exec.run_ms > x->run->times->always)
        x->exec.run_ms = x->run->times->always;
    x->exec.output_limit =
        limit > 0 && (size_t)limit <= RUN_OUTPUT_MOST ? (size_t)limit : EXEC_OUTPUT_DEFAULT;
    return 0;
}

/* ---- what came of it */

static void note(struct running *x, const char *event)
{
    (void)journal_write(&x->run->journal, x->s->index, event, &(struct journal_more){.why = x->s->message});
}

static void say_timed_out(struct running *x)
{
    if (x->by_client)
        step_say(x->run, x->s, "ended: the client stopped the run");
    else if (x->stopped)
        step_say(x->run, x->s, "ended: the run was stopped");
    else
        step_say(x->run, x->s, "ended at its deadline after %lld s", (long long)(x->exec.run_ms / 1000));
}

static void take_end(struct running *x, const struct plane_exec_result *result)
{
    struct run *run = x->run;
    struct step_run *s = x->s;
    char words[80];

    if (result->end == EXEC_NOT_STARTED) {
        step_say_problem(run, s, "not started: ", &result->why);
        note(x, "refused");
        return;
    }
    run_output_take(run, s, result, x->exec.output_limit);
    run->client_stop = run->client_stop || x->by_client;
    if (result->end == EXEC_UNKNOWN) {
        s->outcome = STEP_UNKNOWN;
        step_say_problem(run, s, "it was started, and may run still: ", &result->why);
        note(x, "lost");
        return;
    }
    if (result->end == EXEC_TIMED_OUT) {
        say_timed_out(x);
        return;
    }
    const char *fault = run_output_fault(s->output, words);
    if (fault)
        step_say(run, s, "%s", fault);
    else
        s->outcome = STEP_OK;
}

static void run_it(struct running *x)
{
    struct run *run = x->run;
    struct step_run *s = x->s;
    struct plane_exec_result result = {0};
    struct problem p = PROBLEM_INIT;

    if (watch_begin(x) < 0) {
        step_say(run, s, "not started: no thread to watch over it");
        return;
    }
    /* From here on it may have run, whoever dies. */
    if (journal_write(&run->journal, s->index, "sending", NULL) < 0) {
        step_say(run, s, "not started: the journal cannot be written");
        watch_end(x);
        return;
    }
    int r = planes_exec(run->request->trust->planes, &x->exec, &result, &p);
    watch_end(x);
    if (r < 0) {
        step_say_problem(run, s, "not started: ", &p);
        note(x, "refused");
    } else {
        take_end(x, &result);
    }
    plane_exec_result_done(&result);
}

void run_executor_step(struct run *run, struct step_run *s)
{
    struct running x = {.run = run, .s = s};
    struct problem p = PROBLEM_INIT;

    s->outcome = STEP_FAILED;
    int r = take_target(&x, &p);
    if (r == 0)
        r = take_words(&x, &p);
    if (r == 0)
        r = take_input(&x, &p);
    if (r < 0)
        step_say_problem(run, s, "not started: ", &p);
    else if (run_recheck(run, s) == 0)
        run_it(&x);
    if (x.ended)
        cancel_unref(x.ended);
    if (x.input.value) {
        explicit_bzero((char *)(uintptr_t)x.input.value, x.input.value_len);
        free((char *)(uintptr_t)x.input.value);
    }
    field_list_done(&x.list);
    free(x.words);
    free(x.target);
}
