/* SPDX-License-Identifier: Apache-2.0 */
/* Steps of a draft as the plan holds them: every member checked, in the order of plan.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/selector.h"
#include "base/text.h"
#include "trust/agent_output.h"
#include "trust/build.h"

#define INTERVAL_LEAST 200
#define INTERVAL_USUAL 1000
#define DEADLINE_MOST  (INT64_C(24) * 3600 * 1000)
#define STATUSES_MOST  16u

static const char *const kind_names[] = {[PROXIMO_STEP_REQUEST] = "request",
                                         [PROXIMO_STEP_READ] = "read",
                                         [PROXIMO_STEP_WAIT] = "wait",
                                         [PROXIMO_STEP_EXECUTOR] = "executor"};
static const char *const test_names[] = {[PROXIMO_WAIT_EXISTS] = "exists",
                                         [PROXIMO_WAIT_EQUALS] = "equals",
                                         [PROXIMO_WAIT_IN] = "in",
                                         [PROXIMO_WAIT_COUNT] = "count"};

static bool has_step(struct json_object *steps, const char *name)
{
    for (size_t i = 0; steps && i < json_object_array_length(steps); i++) {
        const char *other = NULL;
        if (json_get_string(json_object_array_get_idx(steps, i), "name", &other, NULL) == 0 &&
            strcmp(name, other) == 0)
            return true;
    }
    return false;
}

/* Its own name, or "change" for the first request, or "step-N". */
static int put_name(struct build *b, struct json_object *raw, int64_t kind, struct json_object *earlier,
                    struct json_object *step, struct problem *p)
{
    const char *given = NULL;
    char name[32];

    if (json_get_string(raw, "name", &given, NULL) == 0 && *given) {
        if (strlen(given) > 40 || strpbrk(given, ":{}/ \t\n") || has_step(earlier, given))
            return build_plane_fault(b, p, "a step's name '%.40s' is not one, or is taken", given);
        return build_add_text(step, "name", given) < 0 ? build_no_memory(p) : 0;
    }
    (void)snprintf(name, sizeof(name), "step-%zu", earlier ? json_object_array_length(earlier) + 1 : 1);
    if (kind == PROXIMO_STEP_REQUEST && !has_step(earlier, "change"))
        (void)snprintf(name, sizeof(name), "change");
    return build_add_text(step, "name", name) < 0 ? build_no_memory(p) : 0;
}

static int put_selectors(struct build *b, struct json_object *raw, const char *key, struct json_object *step,
                         struct problem *p)
{
    struct json_object *list = NULL;
    const char *text = NULL;

    if (json_get_string(raw, key, &text, NULL) < 0)
        return 0;
    int r = build_selectors(b, text, &list, p);
    return r < 0 ? r : (build_add(step, key, list) < 0 ? build_no_memory(p) : 0);
}

static int request_members(struct build *b, struct json_object *raw, int64_t flags,
                           struct json_object *params, struct json_object *step, struct problem *p)
{
    const char *method = NULL, *path = NULL;
    int r = 0;

    if (json_get_string(raw, "method", &method, NULL) < 0 || !text_in_list("POST,PUT,DELETE", method))
        return build_plane_fault(b, p, "a request step needs the method POST, PUT or DELETE");
    (void)json_get_string(step, "path", &path, NULL);
    CLEANUP_JSON struct json_object *kept_path = json_object_new_string(path ? path : "");
    json_object_object_del(step, "path"); /* method comes before it */
    r |= build_add_text(step, "method", method);
    r |= build_add(step, "path", json_object_get(kept_path));
    r |= build_add(step, "params", json_object_get(params));
    r |= build_add(step, "follow", json_object_new_boolean((flags & (int64_t)PROXIMO_STEP_FOLLOW) != 0));
    r |= build_add(step, "atomic", json_object_new_boolean((flags & (int64_t)PROXIMO_STEP_ATOMIC) != 0));
    return r ? build_no_memory(p) : 0;
}

/* A read re-asserts fields of the guard with the same path; what that guard lacks is added to it. */
static int read_members(struct build *b, struct json_object *raw, struct json_object *params,
                        struct json_object *step, struct problem *p)
{
    const char *path = NULL;
    CLEANUP_JSON struct json_object *select = NULL;
    const char *text = NULL;

    (void)json_get_string(step, "path", &path, NULL);
    const int guard = guard_find(b->guards, path ? path : "", params);
    int r = build_add(step, "params", json_object_get(params)) < 0 ? build_no_memory(p) : 0;
    if (r == 0 && guard >= 0)
        r = build_add(step, "guard", json_object_new_int(guard)) < 0 ? build_no_memory(p) : 0;
    (void)json_get_string(raw, "select", &text, NULL);
    if (r == 0)
        r = build_selectors(b, text, &select, p);
    if (r < 0)
        return r;
    if (json_object_array_length(select) && guard < 0)
        return build_plane_fault(b, p, "a read step compares with a guard that there is not");
    for (size_t i = json_object_array_length(select); i > 0; i--) {
        const char *selector = json_object_get_string(json_object_array_get_idx(select, i - 1));
        /* The digest that it gives is the one after the snapshot; what it asserts is all the rest. */
        if (build_is_moved(b, path ? path : "", selector)) {
            (void)json_object_array_del_idx(select, i - 1, 1);
            continue;
        }
        if (guard_add_field(json_object_array_get_idx(b->guards, (size_t)guard), selector) < 0)
            return build_no_memory(p);
    }
    if (build_add(step, "select", json_object_get(select)) < 0)
        return build_no_memory(p);
    return put_selectors(b, raw, "keep", step, p);
}

static int put_statuses(struct build *b, struct json_object *raw, struct json_object *step, struct problem *p)
{
    const char *at = NULL;
    struct json_object *list = json_object_new_array();

    if (json_get_string(raw, "tolerate", &at, NULL) < 0)
        at = "";
    while (list && *at) {
        char word[8];
        uint64_t status = 0;
        at += strspn(at, " ");
        const size_t len = strcspn(at, ", ");
        if (len == 0 || len >= sizeof(word) || json_object_array_length(list) == STATUSES_MOST)
            break;
        memcpy(word, at, len);
        word[len] = '\0';
        if (text_to_u64(word, 599, &status) < 0 || status < 400 ||
            json_object_array_add(list, json_object_new_int((int)status)) < 0)
            break;
        at += len + strspn(at + len, ", ");
    }
    if (list && *at) {
        json_object_put(list);
        return build_plane_fault(b, p, "the statuses that a wait tolerates are not statuses");
    }
    return build_add(step, "tolerate", list) < 0 ? build_no_memory(p) : 0;
}

static int put_test(struct build *b, struct json_object *raw, struct json_object *step, struct problem *p)
{
    CLEANUP_JSON struct json_object *value = NULL;
    CLEANUP_BUF struct buf selector = BUF_INIT(1024);
    const char *select = "", *text = NULL;
    int64_t test = 0;

    (void)json_get_string(raw, "select", &select, NULL);
    (void)json_get_int(raw, "wait_test", &test);
    if (test < PROXIMO_WAIT_EXISTS || test > PROXIMO_WAIT_COUNT)
        return build_plane_fault(b, p, "a wait step has no test");
    int r = build_fill_text(b, select, &selector, p);
    if (r < 0)
        return r;
    if (selector_check(selector.data ? selector.data : "") < 0)
        return build_plane_fault(b, p, "a wait step tests '%.100s', which is no selector", select);
    if (build_add_text(step, "select", selector.data ? selector.data : "") < 0 ||
        build_add_text(step, "test", test_names[test]) < 0)
        return build_no_memory(p);
    if (test == PROXIMO_WAIT_EXISTS)
        return 0;
    if (json_get_string(raw, "wait_value", &text, NULL) < 0 ||
        json_parse(text, strlen(text), &value, p) < 0 ||
        (test == PROXIMO_WAIT_IN && !json_object_is_type(value, json_type_array)) ||
        (test == PROXIMO_WAIT_COUNT && !json_object_is_type(value, json_type_int)))
        return build_plane_fault(b, p, "a wait step has no value of the kind that its test compares with");
    return json_object_object_add(step, "value", json_object_get(value)) < 0 ? build_no_memory(p) : 0;
}

static int wait_members(struct build *b, struct json_object *raw, struct json_object *params,
                        struct json_object *step, struct problem *p)
{
    CLEANUP_BUF struct buf fail_if = BUF_INIT(1024);
    int64_t interval = INTERVAL_USUAL, deadline = 0;
    const char *text = NULL;

    int64_t flags = 0;

    (void)json_get_int(raw, "flags", &flags);
    int r = build_add(step, "params", json_object_get(params)) < 0 ? build_no_memory(p) : 0;
    if (r == 0 && (flags & (int64_t)PROXIMO_STEP_WHOLE))
        r = build_add(step, "whole", json_object_new_boolean(1)) < 0 ? build_no_memory(p) : 0;
    if (r == 0)
        r = put_test(b, raw, step, p);
    if (r < 0)
        return r;
    (void)json_get_int(raw, "interval_ms", &interval);
    (void)json_get_int(raw, "deadline_ms", &deadline);
    if (interval < INTERVAL_LEAST)
        interval = interval == 0 ? INTERVAL_USUAL : INTERVAL_LEAST;
    if (deadline < 0 || deadline > DEADLINE_MOST)
        deadline = DEADLINE_MOST;
    r |= build_add(step, "interval_ms", json_object_new_int64(interval));
    r |= build_add(step, "deadline_ms", json_object_new_int64(deadline));
    if (json_get_string(raw, "fail_if", &text, NULL) == 0) {
        if (build_fill_text(b, text, &fail_if, p) < 0)
            return -EPROTO;
        r |= build_add_text(step, "fail_if", fail_if.data ? fail_if.data : "");
    }
    if (r)
        return build_no_memory(p);
    r = put_statuses(b, raw, step, p);
    return r < 0 ? r : put_selectors(b, raw, "keep", step, p);
}

/* What the steps have that send something to the API. */
static int api_members(struct build *b, struct json_object *raw, int64_t kind, struct json_object *earlier,
                       struct json_object *step, struct problem *p)
{
    CLEANUP_JSON struct json_object *params = NULL;
    CLEANUP_BUF struct buf path = BUF_INIT(2 * HTTP_PATH_LIMIT);
    struct json_object *raw_params = NULL;
    const char *template = NULL;
    int64_t flags = 0;

    (void)json_get_int(raw, "flags", &flags);
    (void)json_get(raw, "params", json_type_array, &raw_params);
    if (json_get_string(raw, "path", &template, NULL) < 0)
        return build_plane_fault(b, p, "a step has no path");
    int r = build_path(b, template, raw_params, earlier, &path, &params, p);
    if (r < 0)
        return r;
    if (build_add_text(step, "path", path.data) < 0)
        return build_no_memory(p);
    if (kind == PROXIMO_STEP_REQUEST)
        return request_members(b, raw, flags, params, step, p);
    r = kind == PROXIMO_STEP_READ ? read_members(b, raw, params, step, p)
                                  : wait_members(b, raw, params, step, p);
    if (r == 0 && agent_output_asks(step) && !agent_output_is_own(earlier, step))
        return build_plane_fault(b, p,
                                 "it reads the output of a command in a guest that no earlier step of the "
                                 "plan runs there, with its pid by reference");
    return r;
}

int build_step(struct build *b, struct json_object *raw, struct json_object *earlier,
               struct json_object **ret, struct problem *p)
{
    CLEANUP_JSON struct json_object *step = json_object_new_object();
    int64_t kind = 0, flags = 0;

    (void)json_get_int(raw, "kind", &kind);
    (void)json_get_int(raw, "flags", &flags);
    if (kind < PROXIMO_STEP_REQUEST || kind > PROXIMO_STEP_EXECUTOR)
        return build_plane_fault(b, p, "a step has no known kind");
    int r = put_name(b, raw, kind, earlier, step, p);
    if (r < 0)
        return r;
    r |= build_add_text(step, "kind", kind_names[kind]);
    if (flags & (int64_t)PROXIMO_STEP_ALWAYS)
        r |= build_add(step, "always", json_object_new_boolean(1));
    if (flags & (int64_t)PROXIMO_STEP_CONTINUE)
        r |= build_add_text(step, "on_failure", "continue");
    if (r)
        return build_no_memory(p);
    r = kind == PROXIMO_STEP_EXECUTOR ? build_executor(b, raw, earlier, step, p)
                                      : api_members(b, raw, kind, earlier, step, p);
    if (r == 0) {
        *ret = step;
        step = NULL;
    }
    return r;
}

static int add_steps(struct build *b, const char *key, int64_t more_flags, struct json_object *into,
                     struct json_object *earlier, struct problem *p)
{
    struct json_object *rows = NULL;

    if (json_get(b->draft, key, json_type_array, &rows) < 0)
        return 0;
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        struct json_object *raw = json_object_array_get_idx(rows, i), *step = NULL;
        int64_t flags = 0;
        if (json_object_array_length(into) == PLAN_STEPS_MOST)
            return build_plane_fault(b, p, "its plan has more than %d steps", PLAN_STEPS_MOST);
        (void)json_get_int(raw, "flags", &flags);
        if (more_flags && build_add(raw, "flags", json_object_new_int64(flags | more_flags)) < 0)
            return build_no_memory(p);
        int r = build_step(b, raw, earlier, &step, p);
        if (r < 0)
            return r;
        if (json_object_array_add(into, step) < 0)
            return build_no_memory(p);
    }
    return 0;
}

int build_steps(struct build *b, struct problem *p)
{
    int r = add_steps(b, "steps", 0, b->steps, b->steps, p);
    if (r == 0)
        r = add_steps(b, "always", (int64_t)PROXIMO_STEP_ALWAYS, b->steps, b->steps, p);
    if (r == 0)
        r = add_steps(b, "postcondition", 0, b->postcondition, b->steps, p);
    for (size_t i = 0; r == 0 && i < json_object_array_length(b->postcondition); i++) {
        struct json_object *wait = json_object_array_get_idx(b->postcondition, i);
        const char *kind = NULL;
        /* A command's output is handed out once: a postcondition keeps nothing. */
        if (json_get_string(wait, "kind", &kind, NULL) < 0 || strcmp(kind, "wait") != 0 ||
            agent_output_asks(wait))
            r = build_plane_fault(b, p, "a postcondition is not a wait, or takes a command's output away");
    }
    return r;
}
