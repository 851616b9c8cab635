/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waits: a GET is polled until a selector holds. A wait says "done" only of what it saw; what it did not see
 * by its deadline is not known.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/selector.h"
#include "trust/agent_output.h"
#include "trust/run_inner.h"

#define INTERVAL_LEAST_MS 100
#define WAIT_MOST_MS      86400000 /* as a plan may say */

/* Proxmox gives one and the same value as 1, "1" or true, by method; so scalars compare as text. */
static bool same(struct json_object *a, struct json_object *b)
{
    CLEANUP_BUF struct buf left = BUF_INIT(RUN_VALUE_LIMIT + 1);
    CLEANUP_BUF struct buf right = BUF_INIT(RUN_VALUE_LIMIT + 1);
    if (!a || !b)
        return !a && !b;
    if (reference_text(a, &left) == 0 && reference_text(b, &right) == 0)
        return left.len == right.len && (left.len == 0 || memcmp(left.data, right.data, left.len) == 0);
    return json_object_equal(a, b) != 0;
}

static int64_t count_of(bool found, struct json_object *value)
{
    if (!found || !value)
        return 0;
    return json_object_is_type(value, json_type_array) ? (int64_t)json_object_array_length(value) : 1;
}

bool wait_holds(const char *test, bool found, struct json_object *value, struct json_object *expected)
{
    if (strcmp(test, "exists") == 0)
        return found && value;
    if (strcmp(test, "equals") == 0)
        return found && same(value, expected);
    if (strcmp(test, "count") == 0)
        return json_object_is_type(expected, json_type_int) &&
               count_of(found, value) == json_object_get_int64(expected);
    if (strcmp(test, "in") != 0 || !found || !json_object_is_type(expected, json_type_array))
        return false;
    for (size_t i = 0; i < json_object_array_length(expected); i++) {
        if (same(value, json_object_array_get_idx(expected, i)))
            return true;
    }
    return false;
}

/* The = between selector and value is the last one outside of brackets. */
static const char *split_at(const char *fail_if)
{
    const char *at = NULL;
    int depth = 0;
    for (const char *c = fail_if; *c; c++) {
        depth += *c == '[' ? 1 : *c == ']' ? -1 : 0;
        if (*c == '=' && depth == 0)
            at = c;
    }
    return at;
}

bool wait_fails(const char *fail_if, struct json_object *data)
{
    CLEANUP_BUF struct buf text = BUF_INIT(RUN_VALUE_LIMIT + 1);
    char selector[1025];
    struct json_object *value = NULL;
    const char *at = split_at(fail_if);
    if (!at || (size_t)(at - fail_if) >= sizeof(selector))
        return false;
    memcpy(selector, fail_if, (size_t)(at - fail_if));
    selector[at - fail_if] = '\0';
    return selector_find(selector, data, &value) == 0 && value && reference_text(value, &text) == 0 &&
           strcmp(text.data ? text.data : "", at + 1) == 0;
}

static bool tolerated(struct json_object *step, int status)
{
    struct json_object *list = NULL;
    if (json_get(step, "tolerate", json_type_array, &list) < 0)
        return false;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        if (json_object_get_int64(json_object_array_get_idx(list, i)) == status)
            return true;
    }
    return false;
}

enum look { LOOK_HOLDS, LOOK_NOT_YET, LOOK_FAILED };

static enum look look_at(struct run *run, struct json_object *step, struct json_object *data,
                         struct json_object **ret_value)
{
    const char *test = "exists";
    const char *select = "";
    const char *fail_if = NULL;
    struct json_object *expected = NULL;
    struct json_object *value = NULL;
    (void)run;
    (void)json_get_string(step, "test", &test, NULL);
    (void)json_get_string(step, "select", &select, NULL);
    (void)json_object_object_get_ex(step, "value", &expected);
    if (json_get_string(step, "fail_if", &fail_if, NULL) == 0 && wait_fails(fail_if, data))
        return LOOK_FAILED;
    bool found = data && selector_find(select, data, &value) == 0;
    *ret_value = found ? value : NULL;
    return wait_holds(test, found, value, expected) ? LOOK_HOLDS : LOOK_NOT_YET;
}

static void say_seen(struct run *run, struct step_run *s, struct json_object *value)
{
    const char *seen = value ? json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN) : "nothing";
    const char *select = "";
    (void)json_get_string(s->step, "select", &select, NULL);
    step_say(run, s, "not seen in time; at %s last was %.200s", *select ? select : "the whole answer", seen);
}

/* The command has ended; how, its exit status says. */
static enum look take_output(struct run *run, struct step_run *s, struct json_object *data)
{
    char words[80];
    run_output_agent(run, s, data);
    const char *fault = run_output_fault(s->output, words);
    if (fault)
        step_say(run, s, "%s", fault);
    return fault ? LOOK_FAILED : LOOK_HOLDS;
}

/* What the selectors of the step begin at: the data of the answer, or all of it. NULL: there is none. */
static struct json_object *looked_at(struct json_object *step, struct json_object *body)
{
    struct json_object *data = NULL;
    bool whole = false;
    (void)json_get_bool(step, "whole", &whole);
    if (whole || !body)
        return body;
    (void)json_object_object_get_ex(body, "data", &data);
    return data;
}

/* One look. LOOK_NOT_YET also for what may pass: no answer, a tolerated status. */
static enum look poll_once(struct run *run, struct step_run *s, const struct site_call *call)
{
    struct site_answer answer = {0};
    struct problem p = PROBLEM_INIT;
    struct json_object *value = NULL;
    char words[300];
    enum look look = LOOK_NOT_YET;
    int r = run_step_get(run, s->step, call, &answer, &p);
    if (r < 0) {
        step_say_problem(run, s, "no answer: ", &p);
        return r == -EINVAL || r == -ENOENT || r == -EACCES ? LOOK_FAILED : LOOK_NOT_YET;
    }
    run_answer_words(&answer, words, sizeof(words));
    struct json_object *data = looked_at(s->step, answer.body);
    if (answer.status >= 400) {
        bool passing = run_answer_lost(answer.status) || answer.status == 595;
        look = passing || tolerated(s->step, answer.status) ? LOOK_NOT_YET : LOOK_FAILED;
        step_say(run, s, "Proxmox answered %d: %s", answer.status, words);
    } else {
        look = look_at(run, s->step, data, &value);
        if (look == LOOK_NOT_YET)
            say_seen(run, s, value);
        else if (look == LOOK_FAILED)
            step_say(run, s, "it went the other way: the condition that ends this wait as failed holds");
        else if (agent_output_asks(s->step))
            look = take_output(run, s, data);
        else
            run_keep(run, s, data);
    }
    site_answer_done(&answer);
    return look;
}

static int64_t millis(struct json_object *step, const char *name, int64_t otherwise, int64_t least)
{
    int64_t ms = 0;
    if (json_get_int(step, name, &ms) < 0 || ms <= 0)
        ms = otherwise;
    return ms < least ? least : ms > WAIT_MOST_MS ? WAIT_MOST_MS : ms;
}

/* once: a single look. */
static void wait_run(struct run *run, struct step_run *s, bool once)
{
    int64_t interval = millis(s->step, "interval_ms", run->times->wait_interval, INTERVAL_LEAST_MS);
    int64_t deadline = clock_ms() + millis(s->step, "deadline_ms", run->times->wait, 1);
    if (s->always && run_stopped(run) && deadline > clock_ms() + run->times->always)
        deadline = clock_ms() + run->times->always;
    for (;;) {
        /* Not the bare rest: a look that begins in time may end a little later. */
        struct site_call call = run_call(run, s->always, run->times->request);
        enum look look = poll_once(run, s, &call);
        if (look != LOOK_NOT_YET) {
            s->outcome = look == LOOK_HOLDS ? STEP_OK : STEP_FAILED;
            if (look == LOOK_HOLDS)
                s->message[0] = '\0';
            return;
        }
        if (once || !run_sleep(run, s->always, interval, deadline))
            break;
    }
    if (!s->always && run_stopped(run))
        step_say(run, s, "stopped while waiting");
    s->outcome = STEP_FAILED;
    if (agent_output_asks(s->step)) { /* nobody ends a command in a guest */
        s->outcome = STEP_UNKNOWN;
        step_say(run, s, "its end was not seen; it may run still");
    }
}

void run_wait_step(struct run *run, struct step_run *s)
{
    wait_run(run, s, false);
}

void run_wait_look(struct run *run, struct step_run *s)
{
    wait_run(run, s, true);
}

static struct json_object *postcondition_of(const struct run *run)
{
    struct json_object *list = NULL;
    (void)json_get(run->request->plan->root, "postcondition", json_type_array, &list);
    return list;
}

bool run_has_postcondition(const struct run *run)
{
    struct json_object *list = postcondition_of(run);
    return list && json_object_array_length(list) > 0;
}

bool run_postcondition(struct run *run, bool once, char *why, size_t size)
{
    struct json_object *list = postcondition_of(run);
    size_t count = list ? json_object_array_length(list) : 0;
    bool good = true;
    for (size_t i = 0; i < count && good; i++) {
        struct step_run s = {.step = json_object_array_get_idx(list, i), .name = "postcondition"};
        s.index = run->count; /* it keeps nothing for later steps */
        wait_run(run, &s, once);
        good = s.outcome == STEP_OK;
        if (!good)
            (void)snprintf(why, size, "%s", s.message);
    }
    return good;
}
