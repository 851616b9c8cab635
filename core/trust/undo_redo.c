/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Undo of an undo is redo: the steps of a plan said again in the form of an undo table, so that the plan of
 * the way back carries its own way back.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "proximo/plane.h"
#include "trust/run_inner.h"

static const struct {
    const char *name;
    int64_t value;
} kinds[] = {{"request", PROXIMO_STEP_REQUEST}, {"read", PROXIMO_STEP_READ}, {"wait", PROXIMO_STEP_WAIT}},
  tests[] = {{"exists", PROXIMO_WAIT_EXISTS},
             {"equals", PROXIMO_WAIT_EQUALS},
             {"in", PROXIMO_WAIT_IN},
             {"count", PROXIMO_WAIT_COUNT}};

static int64_t number_of(const char *name, bool test)
{
    size_t count = test ? sizeof(tests) / sizeof(*tests) : sizeof(kinds) / sizeof(*kinds);
    for (size_t i = 0; name && i < count; i++) {
        if (strcmp(test ? tests[i].name : kinds[i].name, name) == 0)
            return test ? tests[i].value : kinds[i].value;
    }
    return 0;
}

static void put_int(struct json_object *to, const char *name, int64_t value)
{
    if (value)
        (void)json_object_object_add(to, name, json_object_new_int64(value));
}

static void copy(struct json_object *from, const char *name, struct json_object *to)
{
    struct json_object *value = NULL;
    if (json_object_object_get_ex(from, name, &value))
        (void)json_object_object_add(to, name, json_object_get(value));
}

/* A list of the plan as the comma separated text of a table. */
static void join(struct json_object *from, const char *name, struct json_object *to)
{
    CLEANUP_BUF struct buf text = BUF_INIT(65536);
    struct json_object *value = NULL;
    if (json_get(from, name, json_type_array, &value) < 0) {
        copy(from, name, to);
        return;
    }
    for (size_t i = 0; i < json_object_array_length(value); i++) {
        if (i)
            buf_char(&text, ',');
        buf_str(&text, json_object_get_string(json_object_array_get_idx(value, i)));
    }
    if (text.data && buf_ok(&text))
        (void)json_object_object_add(to, name, json_object_new_string(text.data));
}

/* False: a secret, which is gone. */
static bool copy_params(struct json_object *from, struct json_object *to)
{
    struct json_object *params = NULL;
    if (json_get(from, "params", json_type_array, &params) < 0)
        return true;
    struct json_object *made = json_object_new_array();
    (void)json_object_object_add(to, "params", made);
    for (size_t i = 0; i < json_object_array_length(params); i++) {
        struct json_object *field = json_object_array_get_idx(params, i);
        struct json_object *out = json_object_new_object();
        struct json_object *value = NULL;
        (void)json_object_array_add(made, out);
        copy(field, "name", out);
        if (json_object_object_get_ex(field, "value", &value)) {
            (void)json_object_object_add(out, "value", json_object_get(value));
        } else if (json_object_object_get_ex(field, "ref", &value)) {
            (void)json_object_object_add(out, "value", json_object_get(value));
            put_int(out, "flags", (int64_t)PROXIMO_FIELD_REFERENCE);
        } else {
            return false;
        }
    }
    return true;
}

static struct json_object *redo_step(struct json_object *step)
{
    struct json_object *raw = json_object_new_object();
    struct json_object *value = NULL;
    const char *kind = NULL;
    const char *test = NULL;
    const char *path = NULL;
    const char *on_failure = "";
    bool flag = false;
    uint64_t flags = 0;
    (void)json_get_string(step, "kind", &kind, NULL);
    (void)json_get_string(step, "test", &test, NULL);
    (void)json_get_string(step, "on_failure", &on_failure, NULL);
    if (!raw || !number_of(kind, false) || json_get_string(step, "path", &path, NULL) < 0 ||
        strchr(path, '{')) {
        json_object_put(raw);
        return NULL;
    }
    flags |= json_get_bool(step, "follow", &flag) == 0 && flag ? PROXIMO_STEP_FOLLOW : 0;
    flags |= json_get_bool(step, "always", &flag) == 0 && flag ? PROXIMO_STEP_ALWAYS : 0;
    flags |= json_get_bool(step, "atomic", &flag) == 0 && flag ? PROXIMO_STEP_ATOMIC : 0;
    flags |= json_get_bool(step, "whole", &flag) == 0 && flag ? PROXIMO_STEP_WHOLE : 0;
    flags |= strcmp(on_failure, "continue") == 0 ? PROXIMO_STEP_CONTINUE : 0;
    copy(step, "name", raw);
    put_int(raw, "kind", number_of(kind, false));
    put_int(raw, "flags", (int64_t)flags);
    copy(step, "method", raw);
    copy(step, "path", raw);
    join(step, "select", raw);
    join(step, "keep", raw);
    join(step, "tolerate", raw);
    put_int(raw, "wait_test", number_of(test, true));
    copy(step, "interval_ms", raw);
    copy(step, "deadline_ms", raw);
    copy(step, "fail_if", raw);
    if (json_object_object_get_ex(step, "value", &value))
        (void)json_object_object_add(
            raw, "wait_value",
            json_object_new_string(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN)));
    if (copy_params(step, raw))
        return raw;
    json_object_put(raw);
    return NULL;
}

struct json_object *undo_redo_steps(struct json_object *plan_steps, size_t first)
{
    struct json_object *steps = json_object_new_array();
    for (size_t i = first; steps && i < json_object_array_length(plan_steps); i++) {
        struct json_object *step = redo_step(json_object_array_get_idx(plan_steps, i));
        if (!step) {
            json_object_put(steps);
            return NULL;
        }
        (void)json_object_array_add(steps, step);
    }
    return steps;
}
