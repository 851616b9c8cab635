/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A read step: a fresh GET whose named fields must be as the frozen guard has them, and which offers fresh
 * values (a digest) to later steps.
 */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/selector.h"
#include "trust/agent_output.h"
#include "trust/run_inner.h"

static struct json_object *guard_value(struct run *run, struct json_object *step)
{
    struct json_object *guards = NULL;
    struct json_object *value = NULL;
    int64_t index = 0;
    if (json_get_int(step, "guard", &index) < 0 ||
        json_get(run->request->plan->root, "guards", json_type_array, &guards) < 0 || index < 0 ||
        (size_t)index >= json_object_array_length(guards))
        return NULL;
    (void)json_get(json_object_array_get_idx(guards, (size_t)index), "value", json_type_object, &value);
    return value;
}

static bool marked(struct json_object *value, const char *name)
{
    struct json_object *flag = NULL;
    return json_object_is_type(value, json_type_object) && json_object_object_length(value) == 1 &&
           json_object_object_get_ex(value, name, &flag) && json_object_get_boolean(flag);
}

static bool same(struct json_object *a, struct json_object *b)
{
    CLEANUP_BUF struct buf left = BUF_INIT(PLAN_LIMIT);
    CLEANUP_BUF struct buf right = BUF_INIT(PLAN_LIMIT);
    json_canonical(a, &left);
    json_canonical(b, &right);
    return buf_ok(&left) && buf_ok(&right) && left.len == right.len &&
           (left.len == 0 || memcmp(left.data, right.data, left.len) == 0);
}

static bool field_holds(struct run *run, struct step_run *s, struct json_object *frozen, const char *selector,
                        struct json_object *data)
{
    struct json_object *planned = NULL;
    struct json_object *now = NULL;
    bool found = data && selector_find(selector, data, &now) == 0;
    if (result_find(frozen, selector, &planned) < 0) {
        step_say(run, s, "the plan's guard has no field '%.100s'", selector);
        return false;
    }
    if (marked(planned, "secret"))
        return found;
    if (marked(planned, "absent") ? !found : found && same(planned, now))
        return true;
    const char *was = json_object_to_json_string_ext(planned, JSON_C_TO_STRING_PLAIN);
    const char *is = found ? json_object_to_json_string_ext(now, JSON_C_TO_STRING_PLAIN) : "absent";
    step_say(run, s, "%s has changed since the plan: field '%.100s' was %.250s and is %.250s", PX_DRIFT,
             selector, was, is);
    return false;
}

static bool fields_hold(struct run *run, struct step_run *s, struct json_object *data)
{
    struct json_object *select = NULL;
    struct json_object *frozen = NULL;
    if (json_get(s->step, "select", json_type_array, &select) < 0 || json_object_array_length(select) == 0)
        return true;
    frozen = guard_value(run, s->step);
    if (!frozen) {
        step_say(run, s, "there is no guard to compare with");
        return false;
    }
    for (size_t i = 0; i < json_object_array_length(select); i++) {
        const char *selector = json_object_get_string(json_object_array_get_idx(select, i));
        if (!selector || !field_holds(run, s, frozen, selector, data))
            return false;
    }
    return true;
}

void run_read_step(struct run *run, struct step_run *s)
{
    struct site_answer answer = {0};
    struct problem p = PROBLEM_INIT;
    struct json_object *data = NULL;
    char words[300];
    struct site_call call =
        run_call(run, s->always, run_stopped(run) ? run->times->always : run->times->request);
    s->outcome = STEP_FAILED;
    int r = run_step_get(run, s->step, &call, &answer, &p);
    if (r < 0) {
        step_say_problem(run, s, "could not be read: ", &p);
        return;
    }
    if (answer.status >= 300) {
        run_answer_words(&answer, words, sizeof(words));
        step_say(run, s, "could not be read: Proxmox answered %d: %s", answer.status, words);
    } else {
        if (answer.body)
            (void)json_object_object_get_ex(answer.body, "data", &data);
        if (agent_output_asks(s->step)) {
            run_output_agent(run, s, data);
            s->outcome = STEP_OK; /* it looked; a wait judges */
        } else if (fields_hold(run, s, data)) {
            run_keep(run, s, data);
            s->outcome = STEP_OK;
        }
    }
    site_answer_done(&answer);
}
