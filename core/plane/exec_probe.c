/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A probe that is a fixed command of the plane's own executor: the words of its row, a parameter standing for
 * one whole word, its other parameters the target. It runs as any command does, within the reader's time.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "plane/read.h"
#include "plane/read_inner.h"
#include "plane/upcall.h"

#define PROBE_WIND_UP_MS 1000 /* of the reader's time, for ending the command and for the answer */
#define PROBE_LEAST_MS   100
#define ANSWER_LIMIT     ((size_t)4 << 20)

static const struct param_row *find_param(const struct probe_row *probe, const char *name, size_t len)
{
    for (size_t i = 0; i < probe->param_count; i++)
        if (strlen(probe->params[i].name) == len && memcmp(probe->params[i].name, name, len) == 0)
            return &probe->params[i];
    return NULL;
}

/* The text of a field as the value that its parameter has: a number or truth value as JSON, else a text. */
static struct json_object *typed(const struct param_row *param, const struct http_field *field)
{
    struct json_object *value = NULL;

    if (param->type != PROXIMO_TYPE_STRING && json_parse(field->value, field->value_len, &value, NULL) == 0)
        return value;
    return json_object_new_string_len(field->value, (int)field->value_len);
}

/* All parameters against their rows, as arguments of tools are. */
static int check_params(const struct probe_row *probe, const struct http_field *fields, size_t count,
                        struct json_object **ret, struct problem *p)
{
    const struct tool checked = {
        .name = probe->name, .params = probe->params, .param_count = probe->param_count};
    CLEANUP_JSON struct json_object *given = json_object_new_object();

    for (size_t i = 0; given && i < count; i++) {
        const struct param_row *param = find_param(probe, fields[i].name, strlen(fields[i].name));
        if (!param)
            return problem_set(p, -EINVAL, PX_ARG, "the probe %s has no parameter \"%.60s\"", probe->name,
                               fields[i].name);
        if (json_object_object_add(given, param->name, typed(param, &fields[i])) < 0)
            return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a probe");
    }
    return given ? arguments_check(&checked, given, ret, p)
                 : problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a probe");
}

/* One word; what could be taken for an option is none. */
static int put_word(const struct probe_row *probe, const char *word, struct json_object *values,
                    struct buf *out, struct problem *p)
{
    struct json_object *value = NULL;
    size_t len = strlen(word), before = out->len;

    if (word[0] != '{') {
        buf_add(out, word, len + 1);
        return 0;
    }
    const struct param_row *param = find_param(probe, word + 1, len - 2);
    if (!param || !json_object_object_get_ex(values, param->name, &value) || !value)
        return problem_set(p, -EINVAL, PX_ARG, "the probe %s needs its parameter %s", probe->name, word);
    if (value_text(value, out) < 0)
        return problem_set(p, -EINVAL, PX_ARG, "%s of the probe %s is no single word", word, probe->name);
    if (out->len == before || out->data[before] == '-')
        return problem_set(p, -EINVAL, PX_ARG, "%s of the probe %s is %s", word, probe->name,
                           out->len == before ? "empty" : "what a command would take for an option");
    buf_char(out, '\0');
    return 0;
}

/* The target: the parameters that are no words. */
static void put_target(const struct probe_row *probe, struct json_object *values, struct buf *out)
{
    buf_char(out, '{');
    for (size_t i = 0; i < probe->param_count; i++) {
        const char *name = probe->params[i].name;
        struct json_object *value;
        bool word = false;
        for (size_t k = 0; k < probe->argv_count; k++) {
            const char *text = probe->argv[k].value;
            word = word ||
                   (text[0] == '{' && find_param(probe, text + 1, strlen(text) - 2) == &probe->params[i]);
        }
        if (word || !json_object_object_get_ex(values, name, &value) || !value)
            continue;
        json_put_key(out, name);
        json_put_value(out, value);
    }
    buf_char(out, '}');
}

static void put_stream(struct buf *out, const char *key, const struct buf *kept)
{
    CLEANUP_BUF struct buf clean = BUF_INIT(ANSWER_LIMIT);

    text_clean(&clean, kept->data ? kept->data : "", kept->len, true);
    json_put_key(out, key);
    json_put_string(out, clean.data ? clean.data : "", clean.len);
    if (!buf_ok(&clean))
        out->error = clean.error;
}

static void put_result(struct buf *out, const struct plane_exec_result *result)
{
    static const char *const ends[] = {[EXEC_NOT_STARTED] = "not-started",
                                       [EXEC_EXITED] = "exited",
                                       [EXEC_SIGNALLED] = "signalled",
                                       [EXEC_TIMED_OUT] = "timed-out",
                                       [EXEC_UNKNOWN] = "unknown"};
    buf_char(out, '{');
    json_put_key(out, "exit_status");
    if (result->end == EXEC_EXITED)
        buf_i64(out, result->exit_status);
    else
        buf_str(out, "null");
    json_put_key(out, "signal");
    if (*result->signal)
        json_put_cstr(out, result->signal);
    else
        buf_str(out, "null");
    json_put_key_string(out, "end", ends[result->end]);
    put_stream(out, "stdout", &result->out.kept);
    put_stream(out, "stderr", &result->err.kept);
    json_put_key_int(out, "stdout_bytes", (long long)result->out.total);
    json_put_key_int(out, "stderr_bytes", (long long)result->err.total);
    json_put_key_bool(out, "truncated",
                      result->out.total > result->out.kept.len || result->err.total > result->err.kept.len);
    buf_char(out, '}');
}

static int run(struct planes *planes, struct call *call, const struct plane_exec *exec, struct buf *out,
               struct problem *p)
{
    struct plane_exec_result result = {0};
    struct plane_exec timed = *exec;
    struct cancel *token;

    timed.run_ms = call->request->deadline_ms - clock_ms() - PROBE_WIND_UP_MS;
    if (timed.run_ms < PROBE_LEAST_MS)
        timed.run_ms = PROBE_LEAST_MS;
    upcall_tokens_new(planes, call, &token, 1);
    timed.cancel = token;
    int r = exec_run(planes, &timed, call->request->deadline_ms, &result, p);
    upcall_tokens_done(planes, call, &token, 1);
    if (r == 0) {
        CLEANUP_BUF struct buf data = BUF_INIT(4 * ANSWER_LIMIT);
        put_result(&data, &result);
        body_put_u32(out, 1);
        body_put_u32(out, 200);
        body_put_u64(out, 0);
        body_put_text(out, data.data ? data.data : "", data.len);
        body_put_cstr(out, result.why.cause);
        if (!buf_ok(&data))
            r = problem_set(p, data.error, PX_TOO_LARGE, "the output is too large");
    }
    plane_exec_result_done(&result);
    return r;
}

/* The words in one buffer, each with its NUL, as the request has them. */
static void cut_words(const struct buf *words, struct plane_exec_word *argv, size_t count)
{
    const char *at = words->data;

    for (size_t i = 0; i < count; i++) {
        argv[i] = (struct plane_exec_word){at, strlen(at)};
        at += argv[i].len + 1;
    }
}

int32_t upcall_exec_probe(struct planes *planes, struct call *call, const struct probe_row *probe,
                          const struct http_field *fields, size_t field_count, struct buf *out,
                          struct problem *p)
{
    CLEANUP_BUF struct buf words = BUF_INIT(EXEC_ARGV_MOST * 2);
    CLEANUP_BUF struct buf target = BUF_INIT((size_t)1 << 20);
    CLEANUP_JSON struct json_object *values = NULL;
    struct plane_exec_word argv[EXEC_WORDS_MOST];
    int r = 0;

    if (call->request->kind == PLANE_CALL_EXEC) {
        (void)problem_set(p, -ENOSYS, PX_UNSUPPORTED, "a run of an executor makes no probes of executors");
        return PROXIMO_ENOSYS;
    }
    if (probe->argv_count > EXEC_WORDS_MOST)
        r = problem_set(p, -EINVAL, PX_ARG, "the probe %s has too many words", probe->name);
    if (r == 0)
        r = check_params(probe, fields, field_count, &values, p);
    for (size_t i = 0; r == 0 && i < probe->argv_count; i++)
        r = put_word(probe, probe->argv[i].value, values, &words, p);
    if (r == 0)
        put_target(probe, values, &target);
    if (r == 0 && (!buf_ok(&words) || !buf_ok(&target)))
        r = problem_set(p, -E2BIG, PX_TOO_LARGE, "the words of the probe %s are too long", probe->name);
    if (r == 0) {
        cut_words(&words, argv, probe->argv_count);
        const struct plane_exec exec = {.executor = probe->executor,
                                        .site = call->request->site,
                                        .target_json = target.data,
                                        .argv = argv,
                                        .argc = probe->argv_count};
        r = run(planes, call, &exec, out, p);
    }
    return r < 0 ? upcall_code_of(p) : 0;
}
