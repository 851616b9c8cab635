/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * plane_test_plan.h - part of plane_test.h: the plan builder of the fake host. It keeps what a plan or blast
 * function tells as JSON.
 */
#ifndef PROXIMO_PLANE_TEST_PLAN_H
#define PROXIMO_PLANE_TEST_PLAN_H

#include "proximo/plane_test_base.h"

PLANE_TEST_FN int32_t plane_test_fields(struct plane_test_json *j, const char *key,
                                        const struct proximo_table *table)
{
    const struct proximo_field *rows = (const struct proximo_field *)table->rows;
    if (!table->count)
        return 0;
    plane_test_put_key(j, key);
    plane_test_put(j, "[", 1);
    for (uint32_t i = 0; i < table->count; i++) {
        const struct proximo_field *f = &rows[i];
        int secret = (f->flags & PROXIMO_FIELD_SECRET) != 0;
        if (f->struct_size != sizeof(*f) || (secret ? f->value != NULL || !f->secret_id : !f->value) ||
            (f->flags & ~(PROXIMO_FIELD_SECRET | PROXIMO_FIELD_REFERENCE)) || f->secret_id > PLANE_TEST_MOST)
            return PROXIMO_EINVAL;
        plane_test_put(j, i ? ",{" : "{", i ? 2 : 1);
        plane_test_put_str(j, "name", f->name);
        plane_test_put_str(j, "value", f->value);
        plane_test_put_int(j, "flags", f->flags);
        if (secret)
            plane_test_put_str(j, "secret", j->test->arguments[f->secret_id - 1].name);
        plane_test_put(j, "}", 1);
    }
    plane_test_put(j, "]", 1);
    return 0;
}

/* Every {x} of the path is a field. */
PLANE_TEST_FN int32_t plane_test_path(const char *path, const struct proximo_table *table, int any)
{
    const struct proximo_field *rows = (const struct proximo_field *)table->rows;
    if (!path || *path != '/' || strstr(path, "/../") || strchr(path, '?'))
        return PROXIMO_EINVAL;
    while ((path = strchr(path, '{')) != NULL) {
        const char *end = strchr(path++, '}');
        uint32_t i = 0;
        while (end && i < table->count && rows[i].name &&
               (strlen(rows[i].name) != (size_t)(end - path) ||
                memcmp(rows[i].name, path, (size_t)(end - path)) != 0))
            i++;
        if (!end || (i == table->count && !any))
            return PROXIMO_EINVAL;
    }
    return 0;
}

/* One step as JSON. undo: {x} may be an argument as well. */
PLANE_TEST_FN int32_t plane_test_step_json(struct plane_test_json *j, const struct proximo_step *s, int undo)
{
    int request = s && s->kind == PROXIMO_STEP_REQUEST;
    int32_t r = 0;
    if (!s || s->struct_size != sizeof(*s) || s->kind < PROXIMO_STEP_REQUEST ||
        s->kind > PROXIMO_STEP_EXECUTOR || s->flags > 31)
        return PROXIMO_EINVAL;
    if (request ? !s->method || (strcmp(s->method, "POST") != 0 && strcmp(s->method, "PUT") != 0 &&
                                 strcmp(s->method, "DELETE") != 0)
                : s->method != NULL)
        return PROXIMO_EINVAL;
    if (s->kind == PROXIMO_STEP_WAIT &&
        (s->wait_test < PROXIMO_WAIT_EXISTS || s->wait_test > PROXIMO_WAIT_COUNT))
        return PROXIMO_EINVAL;
    if (s->kind != PROXIMO_STEP_EXECUTOR)
        r = plane_test_path(s->path, &s->params, undo);
    plane_test_put(j, "{", 1);
    plane_test_put_int(j, "kind", s->kind);
    plane_test_put_int(j, "flags", s->flags);
    plane_test_put_str(j, "name", s->name);
    plane_test_put_str(j, "method", s->method);
    plane_test_put_str(j, "path", s->path);
    if (r == 0)
        r = plane_test_fields(j, "params", &s->params);
    plane_test_put_str(j, "select", s->select);
    plane_test_put_int(j, "wait_test", s->wait_test);
    plane_test_put_int(j, "interval_ms", s->interval_ms);
    plane_test_put_int(j, "deadline_ms", s->deadline_ms);
    plane_test_put_str(j, "wait_value", s->wait_value);
    plane_test_put_str(j, "fail_if", s->fail_if);
    plane_test_put_str(j, "tolerate", s->tolerate);
    plane_test_put_str(j, "keep", s->keep);
    plane_test_put_str(j, "executor", s->executor);
    if (r == 0)
        r = plane_test_fields(j, "argv", &s->argv);
    plane_test_put_text(j, "stdin_text", s->stdin_text.ptr, s->stdin_text.len);
    plane_test_put_int(j, "output_limit", s->output_limit);
    plane_test_put(j, "}", 1);
    return r;
}

/* Is this the place? in_blast: blast functions tell of it as well. */
PLANE_TEST_FN int32_t plane_test_place(struct proximo_call *call, int in_blast)
{
    int kind = call->test->kind;
    if (kind != PLANE_TEST_PLAN && kind != PLANE_TEST_UNDO && !(in_blast && kind == PLANE_TEST_BLAST))
        return PROXIMO_ENOSYS;
    return call->test->cancelled ? PROXIMO_ECANCELLED : 0;
}

PLANE_TEST_FN int32_t plane_test_tell_step(struct proximo_call *call, const char *list,
                                           const struct proximo_step *step)
{
    struct plane_test_json j = {call->test, NULL, 0, 0};
    int32_t r = plane_test_place(call, 0);
    return r ? r : plane_test_tell(&j, list, plane_test_step_json(&j, step, 0));
}

PLANE_TEST_FN int32_t plane_test_step(struct proximo_call *call, const struct proximo_step *step)
{
    return plane_test_tell_step(call, "steps", step);
}

PLANE_TEST_FN int32_t plane_test_always(struct proximo_call *call, const struct proximo_step *step)
{
    return plane_test_tell_step(call, "always", step);
}

PLANE_TEST_FN int32_t plane_test_postcondition(struct proximo_call *call, const struct proximo_step *wait)
{
    if (wait && wait->kind != PROXIMO_STEP_WAIT)
        return PROXIMO_EINVAL;
    return plane_test_tell_step(call, "postcondition", wait);
}

PLANE_TEST_FN int32_t plane_test_undo(struct proximo_call *call, uint32_t undo_kind,
                                      const struct proximo_step *back, uint32_t count)
{
    struct plane_test_json j = {call->test, NULL, 0, 0};
    int32_t r = plane_test_place(call, 0);
    if (r == 0 && (undo_kind < PROXIMO_UNDO_NONE || undo_kind > PROXIMO_UNDO_FUNCTION ||
                   (undo_kind == PROXIMO_UNDO_TEMPLATE) != (count > 0)))
        r = PROXIMO_EINVAL;
    plane_test_put(&j, "{", 1);
    plane_test_put_int(&j, "kind", undo_kind);
    if (count) {
        plane_test_put_key(&j, "steps");
        plane_test_put(&j, "[", 1);
        for (uint32_t i = 0; r == 0 && i < count; i++) {
            if (i)
                plane_test_put(&j, ",", 1);
            r = plane_test_step_json(&j, &back[i], 1);
        }
        plane_test_put(&j, "]", 1);
    }
    plane_test_put(&j, "}", 1);
    return plane_test_tell(&j, "undo", r);
}

PLANE_TEST_FN int32_t plane_test_guard(struct proximo_call *call, const struct proximo_guard *guard)
{
    struct plane_test_json j = {call->test, NULL, 0, 0};
    int32_t r = plane_test_place(call, 0);
    if (r)
        return r;
    if (!guard || guard->struct_size != sizeof(*guard) || guard->flags > 1)
        return PROXIMO_EINVAL;
    plane_test_put(&j, "{", 1);
    plane_test_put_str(&j, "path", guard->path);
    plane_test_put_str(&j, "fields", guard->fields);
    plane_test_put_int(&j, "flags", guard->flags);
    r = plane_test_path(guard->path, &guard->params, 0);
    if (r == 0)
        r = plane_test_fields(&j, "params", &guard->params);
    plane_test_put(&j, "}", 1);
    return plane_test_tell(&j, "guards", r);
}

PLANE_TEST_FN int32_t plane_test_change(struct proximo_call *call, const char *summary)
{
    struct plane_test_json j = {call->test, NULL, 0, 0};
    int32_t r = plane_test_place(call, 0);
    plane_test_put_str(&j, NULL, summary);
    return r ? r : plane_test_tell(&j, "summary", summary && *summary ? 0 : PROXIMO_EINVAL);
}

PLANE_TEST_FN int32_t plane_test_fact(struct proximo_call *call, const char *name,
                                      struct proximo_text value_json)
{
    struct plane_test_json j = {call->test, NULL, 0, 0};
    int32_t r = plane_test_place(call, 0);
    plane_test_put(&j, "{", 1);
    plane_test_put_str(&j, "name", name);
    plane_test_put_key(&j, "value");
    plane_test_put(&j, value_json.ptr, (size_t)value_json.len);
    plane_test_put(&j, "}", 1);
    return r ? r : plane_test_tell(&j, "facts", name && value_json.len ? 0 : PROXIMO_EINVAL);
}

PLANE_TEST_FN int32_t plane_test_risk(struct proximo_call *call, uint32_t risk, const char *reason)
{
    struct plane_test_json j = {call->test, NULL, 0, 0};
    int32_t r = plane_test_place(call, 1);
    int fits = risk >= PROXIMO_RISK_LOW && risk <= PROXIMO_RISK_HIGH && reason && *reason;
    plane_test_put(&j, "{", 1);
    plane_test_put_int(&j, "risk", risk);
    plane_test_put_str(&j, "reason", reason);
    plane_test_put(&j, "}", 1);
    return r ? r : plane_test_tell(&j, "risks", fits ? 0 : PROXIMO_EINVAL);
}

PLANE_TEST_FN int32_t plane_test_subject(struct proximo_call *call, const char *operation_class,
                                         struct proximo_text subject_json)
{
    struct plane_test_json j = {call->test, NULL, 0, 0};
    int32_t r = plane_test_place(call, 0);
    plane_test_put(&j, "{", 1);
    plane_test_put_str(&j, "class", operation_class);
    plane_test_put_key(&j, "subject");
    plane_test_put(&j, subject_json.ptr, (size_t)subject_json.len);
    plane_test_put(&j, "}", 1);
    return r ? r : plane_test_tell(&j, "subjects", operation_class && subject_json.len ? 0 : PROXIMO_EINVAL);
}

PLANE_TEST_FN int32_t plane_test_affected(struct proximo_call *call, const struct proximo_affected *affected)
{
    struct plane_test_json j = {call->test, NULL, 0, 0};
    int32_t r = plane_test_place(call, 1);
    if (r)
        return r;
    if (!affected || affected->struct_size != sizeof(*affected) || affected->flags ||
        affected->risk > PROXIMO_RISK_HIGH || !affected->resource.len || !affected->effect.len)
        return PROXIMO_EINVAL;
    plane_test_put(&j, "{", 1);
    plane_test_put_text(&j, "resource", affected->resource.ptr, affected->resource.len);
    plane_test_put_text(&j, "name", affected->name.ptr, affected->name.len);
    plane_test_put_text(&j, "effect", affected->effect.ptr, affected->effect.len);
    plane_test_put_int(&j, "risk", affected->risk);
    if (affected->facts_json.len) {
        plane_test_put_key(&j, "facts");
        plane_test_put(&j, affected->facts_json.ptr, (size_t)affected->facts_json.len);
    }
    plane_test_put(&j, "}", 1);
    return plane_test_tell(&j, "affected", 0);
}

PLANE_TEST_FN int32_t plane_test_incomplete(struct proximo_call *call, const char *what, const char *why)
{
    struct plane_test_json j = {call->test, NULL, 0, 0};
    int32_t r = call->test->kind == PLANE_TEST_READ ? 0 : plane_test_place(call, 1);
    plane_test_put(&j, "{", 1);
    plane_test_put_str(&j, "what", what);
    plane_test_put_str(&j, "why", why);
    plane_test_put(&j, "}", 1);
    return r ? r : plane_test_tell(&j, "incomplete", what && *what && why && *why ? 0 : PROXIMO_EINVAL);
}

PLANE_TEST_FN void plane_test_put_json(struct plane_test_json *j, const char *key, struct proximo_text json)
{
    if (!json.len)
        return;
    plane_test_put_key(j, key);
    plane_test_put(j, json.ptr, (size_t)json.len);
}

/* Kept in the list "findings", members in the order of the answer's. */
PLANE_TEST_FN int32_t plane_test_finding(struct proximo_call *call, const struct proximo_finding *finding)
{
    struct plane_test_json j = {call->test, NULL, 0, 0};
    if (call->test->kind != PLANE_TEST_READ)
        return PROXIMO_ENOSYS;
    if (call->test->cancelled)
        return PROXIMO_ECANCELLED;
    if (!finding || finding->struct_size != sizeof(*finding) || finding->flags > PROXIMO_FINDING_UNTRUSTED ||
        finding->severity < PROXIMO_RISK_LOW || finding->severity > PROXIMO_RISK_HIGH ||
        !finding->title.len || (finding->arguments_json.len && !finding->tool.len))
        return PROXIMO_EINVAL;
    plane_test_put(&j, "{", 1);
    plane_test_put_int(&j, "severity", finding->severity);
    plane_test_put_int(&j, "flags", finding->flags);
    plane_test_put_text(&j, "code", finding->code.ptr, finding->code.len);
    plane_test_put_text(&j, "title", finding->title.ptr, finding->title.len);
    plane_test_put_json(&j, "measured", finding->measured_json);
    plane_test_put_json(&j, "threshold", finding->threshold_json);
    plane_test_put_text(&j, "evidence", finding->evidence.ptr, finding->evidence.len);
    plane_test_put_text(&j, "source", finding->source.ptr, finding->source.len);
    plane_test_put_text(&j, "tool", finding->tool.ptr, finding->tool.len);
    plane_test_put_json(&j, "arguments", finding->arguments_json);
    plane_test_put(&j, "}", 1);
    return plane_test_tell(&j, "findings", 0);
}

PLANE_TEST_FN int32_t plane_test_secret_of(struct proximo_call *call, const char *name,
                                           uint64_t *ret_secret_id)
{
    const struct plane_test *t = call->test;
    for (uint32_t i = 0; t->kind == PLANE_TEST_PLAN && i < t->argument_count; i++)
        if (t->arguments[i].secret && strcmp(t->arguments[i].name, name) == 0) {
            *ret_secret_id = i + 1;
            return 0;
        }
    return PROXIMO_ENOTFOUND;
}

#endif
