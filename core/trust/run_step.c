/* SPDX-License-Identifier: Apache-2.0 */
/* One step: by its kind; its words, its result, and what of both must not be shown. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/selector.h"
#include "base/text.h"
#include "trust/risk.h"
#include "trust/run_inner.h"

#define SECRET_LEAST 4u /* shorter values would blot out everything */
#define SECRET_PART  8u /* so much of the beginning of a longer one is not shown either */

const char *step_outcome_name(enum step_outcome outcome)
{
    static const char *const names[] = {"ok", "failed", "running", "unknown", "skipped"};
    return names[outcome];
}

/* ---- texts */

static void add_secret(struct run *run, const char *value, size_t len)
{
    struct run_secret *secret = len < SECRET_LEAST ? NULL : calloc(1, sizeof(*secret));
    if (!secret)
        return;
    secret->value = malloc(len + 1);
    if (!secret->value) {
        free(secret);
        return;
    }
    memcpy(secret->value, value, len);
    secret->value[len] = '\0';
    secret->len = len;
    secret->next = run->secrets;
    run->secrets = secret;
}

void run_secret_add(struct run *run, const char *value, size_t len)
{
    CLEANUP_BUF struct buf escaped = BUF_INIT(6 * RUN_VALUE_LIMIT + 16);
    add_secret(run, value, len);
    /* As it looks within JSON, which is how values of fields are shown. */
    json_put_string(&escaped, value, len);
    if (buf_ok(&escaped) && escaped.len > len + 2)
        add_secret(run, escaped.data + 1, escaped.len - 2);
    if (escaped.data)
        explicit_bzero(escaped.data, escaped.len);
}

static size_t common(const char *a, size_t len, const struct run_secret *s)
{
    size_t n = 0;
    while (n < len && n < s->len && a[n] == s->value[n])
        n++;
    return n;
}

void run_scrub_bytes(const struct run *run, char *text, size_t len)
{
    const char *end = text + len;
    for (const struct run_secret *s = run->secrets; s; s = s->next) {
        /* The beginning of one counts too: texts are cut. */
        size_t least = s->len < SECRET_PART ? s->len : SECRET_PART;
        for (char *at = text; at < end && (at = memchr(at, s->value[0], (size_t)(end - at))) != NULL;) {
            size_t n = common(at, (size_t)(end - at), s);
            if (n >= least)
                memset(at, '*', n);
            at += n >= least ? n : 1;
        }
    }
}

void run_scrub(const struct run *run, char *text)
{
    run_scrub_bytes(run, text, strlen(text));
}

void step_say(struct run *run, struct step_run *s, const char *format, ...)
{
    CLEANUP_BUF struct buf raw = BUF_INIT(8192);
    CLEANUP_BUF struct buf clean = BUF_INIT(16384);
    va_list ap;
    va_start(ap, format);
    buf_vprintf(&raw, format, ap);
    va_end(ap);
    if (!raw.data)
        return;
    run_scrub(run, raw.data);
    text_clean(&clean, raw.data, raw.len, false);
    size_t cut =
        clean.len < sizeof(s->message) ? clean.len : text_utf8_cut(clean.data, sizeof(s->message) - 1);
    if (cut)
        memcpy(s->message, clean.data, cut);
    s->message[cut] = '\0';
}

void step_say_problem(struct run *run, struct step_run *s, const char *before, const struct problem *p)
{
    step_say(run, s, "%s%s%s%s%s%s", before, p->code, p->code[0] ? ": " : "", p->cause,
             p->next[0] ? ". Next: " : "", p->next);
}

/* ---- results */

/* Is the result of this step, or a part of it, sent later under a name that says secret? */
static bool used_as_secret(struct json_object *field, const char *name, size_t len)
{
    const char *reference = NULL;
    const char *parameter = NULL;
    return json_get_string(field, "ref", &reference, NULL) == 0 && strncmp(reference, name, len) == 0 &&
           reference[len] == ':' && json_get_string(field, "name", &parameter, NULL) == 0 &&
           risk_param_is_secret(parameter);
}

static void find_secret_uses(struct run *run, const struct step_run *s)
{
    for (size_t i = s->index + 1; i < run->count; i++) {
        struct json_object *params = NULL;
        if (json_get(run->runs[i].step, "params", json_type_array, &params) < 0)
            continue;
        for (size_t f = 0; f < json_object_array_length(params); f++) {
            struct json_object *field = json_object_array_get_idx(params, f);
            struct json_object *value = NULL;
            const char *reference = NULL;
            if (used_as_secret(field, s->name, strlen(s->name)) &&
                json_get_string(field, "ref", &reference, NULL) == 0 &&
                reference_find(run->results, reference, &value, NULL) == 0 &&
                json_object_is_type(value, json_type_string))
                run_secret_add(run, json_object_get_string(value), (size_t)json_object_get_string_len(value));
        }
    }
}

static bool is_secret_text(const struct run *run, struct json_object *value)
{
    if (!json_object_is_type(value, json_type_string))
        return false;
    for (const struct run_secret *s = run->secrets; s; s = s->next) {
        if (strstr(json_object_get_string(value), s->value))
            return true;
    }
    return false;
}

static struct json_object *secret_mark(void)
{
    struct json_object *mark = json_object_new_object();
    if (mark)
        (void)json_object_object_add(mark, "secret", json_object_new_boolean(1));
    return mark;
}

/* The secret of a new token comes as "value" beside its full name. */
bool run_member_is_secret(struct json_object *object, const char *name, const char *path)
{
    struct json_object *other = NULL;
    const char *last = strrchr(name, '/'); /* kept values are named by their selectors */
    if (risk_param_is_secret(last ? last + 1 : name))
        return true;
    return strcmp(last ? last + 1 : name, "value") == 0 &&
           (json_object_object_get_ex(object, "full-tokenid", &other) || (path && strstr(path, "/token")));
}

struct json_object *run_redact(const struct run *run, struct json_object *value, const char *path)
{
    struct json_object *copy = NULL;
    if (is_secret_text(run, value))
        return secret_mark();
    if (json_object_is_type(value, json_type_object)) {
        copy = json_object_new_object();
        json_object_object_foreach(value, name, member)
        {
            struct json_object *inner = member && run_member_is_secret(value, name, path)
                                            ? secret_mark()
                                            : run_redact(run, member, path);
            (void)json_object_object_add(copy, name, inner);
        }
    } else if (json_object_is_type(value, json_type_array)) {
        copy = json_object_new_array();
        for (size_t i = 0; i < json_object_array_length(value); i++)
            (void)json_object_array_add(copy, run_redact(run, json_object_array_get_idx(value, i), path));
    } else {
        copy = json_object_get(value);
    }
    return copy;
}

void run_result_set(struct run *run, struct step_run *s, struct json_object *value)
{
    const char *path = NULL;
    if (s->index >= run->count || !value)
        return;
    const size_t most = s->output ? RUN_OUTPUT_RESULT : RUN_RESULT_LIMIT;
    if (strlen(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN)) > most) {
        step_say(run, s, "its answer is too large to be kept");
        return;
    }
    (void)json_get_string(s->step, "path", &path, NULL);
    (void)json_object_object_add(run->results, s->name, json_object_get(value));
    find_secret_uses(run, s);
    run_once_take(run, s, value, path);
    (void)json_object_object_add(run->shown, s->name, run_redact(run, value, path));
}

void run_keep(struct run *run, struct step_run *s, struct json_object *data)
{
    struct json_object *keep = NULL;
    struct json_object *kept CLEANUP_JSON = NULL;
    if (s->index >= run->count || !data || json_get(s->step, "keep", json_type_array, &keep) < 0)
        return;
    kept = json_object_new_object();
    for (size_t i = 0; kept && i < json_object_array_length(keep); i++) {
        const char *selector = json_object_get_string(json_object_array_get_idx(keep, i));
        struct json_object *value = NULL;
        if (selector && selector_find(selector, data, &value) == 0)
            (void)json_object_object_add(kept, selector, json_object_get(value));
    }
    run_result_set(run, s, kept);
}

/* ---- running */

static void journal_end(struct run *run, struct step_run *s)
{
    struct json_object *result = NULL;
    (void)json_object_object_get_ex(run->shown, s->name, &result);
    const char *event = s->outcome == STEP_OK        ? "done"
                        : s->outcome == STEP_SKIPPED ? "skipped"
                        : s->outcome == STEP_FAILED  ? "failed"
                                                     : NULL;
    if (event) /* of others the last word is not spoken: sent, lost or followed */
        (void)journal_write(&run->journal, s->index, event,
                            &(struct journal_more){.upid = s->upid, .why = s->message, .result = result});
}

void run_step(struct run *run, struct step_run *s)
{
    static const struct {
        const char *kind;
        void (*run)(struct run *, struct step_run *);
    } kinds[] = {{"request", run_request_step},
                 {"read", run_read_step},
                 {"wait", run_wait_step},
                 {"executor", run_executor_step}};
    s->started_us = clock_wall_us();
    s->outcome = STEP_FAILED;
    run_tell(run, s->index, 0, s->name);
    step_say(run, s, "%s: there is no step of kind '%.40s'", PX_PLANE, s->kind);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        if (strcmp(kinds[i].kind, s->kind) == 0) {
            s->message[0] = '\0';
            kinds[i].run(run, s);
            break;
        }
    }
    s->ended_us = clock_wall_us();
    run->warnings += s->warnings;
    journal_end(run, s);
}
