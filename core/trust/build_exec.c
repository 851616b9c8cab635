/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A step for an executor as the plan holds it: which executor, where, the exact words, what it is given to
 * read, how long and how much. And what the core thinks of it: whatever a plane says, a command is high
 * unless it is positively known as a read.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "plane/argument_inner.h"
#include "plane/exec.h"
#include "plane/planes.h"
#include "plane/schema.h"
#include "trust/build.h"
#include "trust/risk_command.h"
#include "trust/run_inner.h"

#define DEADLINE_MOST (INT64_C(24) * 3600 * 1000)

/* ---- where */

/* A field's text as its schema wants it; a text otherwise. New value. */
static struct json_object *typed(struct json_object *properties, const char *name, const char *text,
                                 size_t len)
{
    struct json_object *rule = NULL;
    const char *type = "string";
    int64_t number = 0;

    (void)json_get(properties, name, json_type_object, &rule);
    (void)json_get_string(rule, "type", &type, NULL);
    if (strcmp(type, "integer") == 0 && text_to_i64(text, INT64_MIN, INT64_MAX, &number) == 0)
        return json_object_new_int64(number);
    if (strcmp(type, "boolean") == 0 && text_in_list("0,1,false,true", text))
        return json_object_new_boolean(text_in_list("1,true", text));
    return json_object_new_string_len(text, (int)len);
}

/* The step's params as an object: literals alone, each name once. */
static int put_target(struct build *b, struct json_object *raw, const char *schema_json,
                      struct json_object *step, struct problem *p)
{
    CLEANUP_JSON struct json_object *schema = NULL;
    CLEANUP_JSON struct json_object *target = json_object_new_object();
    struct json_object *params = NULL, *properties = NULL;
    struct problem why = PROBLEM_INIT;

    if (!target || (schema_json && json_parse(schema_json, strlen(schema_json), &schema, p) < 0))
        return build_no_memory(p);
    (void)json_get(schema, "properties", json_type_object, &properties);
    (void)json_get(raw, "params", json_type_array, &params);
    for (size_t i = 0; params && i < json_object_array_length(params); i++) {
        struct json_object *field = NULL;
        const char *name = "", *text = NULL;
        size_t len = 0;
        int r = build_field(b, json_object_array_get_idx(params, i), NULL, &field, p);
        if (r < 0)
            return r;
        CLEANUP_JSON struct json_object *held = field;
        (void)json_get_string(held, "name", &name, NULL);
        if (json_get_string(held, "value", &text, &len) < 0 || memchr(text, '\0', len) ||
            json_object_object_get_ex(target, name, NULL))
            return build_plane_fault(
                b, p, "'%.40s' of a command's target is given twice, or is no plain text", name);
        if (build_add(target, name, typed(properties, name, text, len)) < 0)
            return build_no_memory(p);
    }
    if (target_check(json_object_to_json_string_ext(target, JSON_C_TO_STRING_PLAIN), schema_json, &why) < 0)
        return build_plane_fault(b, p, "its command's target does not fit: %.300s", why.cause);
    return build_add(step, "target", json_object_get(target)) < 0 ? build_no_memory(p) : 0;
}

/* ---- the words */

static int put_argv(struct build *b, struct json_object *raw, struct json_object *earlier,
                    struct json_object *step, struct problem *p)
{
    CLEANUP_JSON struct json_object *argv = json_object_new_array();
    struct json_object *rows = NULL;
    size_t bytes = 0;

    (void)json_get(raw, "argv", json_type_array, &rows);
    const size_t count = rows ? json_object_array_length(rows) : 0;
    if (!argv)
        return build_no_memory(p);
    if (count == 0 || count > EXEC_WORDS_MOST)
        return build_plane_fault(b, p, "a command has %zu words; 1 to %u are accepted", count,
                                 EXEC_WORDS_MOST);
    for (size_t i = 0; i < count; i++) {
        CLEANUP_JSON struct json_object *word = json_object_new_object();
        const char *text = NULL;
        size_t len = 0;
        int r = build_field_value(b, "argv", json_object_array_get_idx(rows, i), earlier, word, p);
        if (r < 0)
            return r;
        const bool literal = json_get_string(word, "value", &text, &len) == 0;
        if (i == 0 && (!literal || len == 0)) /* a person must see what is run */
            return build_plane_fault(b, p, "the first word of a command is not a plain text");
        if (literal && memchr(text, '\0', len))
            return build_plane_fault(b, p, "a word of a command has a NUL within");
        bytes += len + 1;
        if (json_object_array_add(argv, json_object_get(word)) < 0)
            return build_no_memory(p);
    }
    if (bytes > EXEC_ARGV_MOST) {
        problem_set(p, -EFBIG, PX_TOO_LARGE, "the words of this command are longer than %zu bytes",
                    EXEC_ARGV_MOST);
        problem_next(p, "give what is long as the command's input, or run it in parts");
        return -EFBIG;
    }
    return build_add(step, "argv", json_object_get(argv)) < 0 ? build_no_memory(p) : 0;
}

/* ---- what it reads: in full, so that a person reads what runs, or a secret by its name */

static int put_stdin(struct build *b, struct json_object *raw, struct json_object *step, struct problem *p)
{
    const char *text = NULL, *secret = NULL;
    unsigned char digest[32];
    char hex[65];
    size_t len = 0;

    const bool given = json_get_string(raw, "stdin_text", &text, &len) == 0 && len;
    if (json_get_string(raw, "stdin_secret", &secret, NULL) == 0) {
        const struct param_row *param = tool_param_find(b->tool, secret);
        if (given || !param || !(param->flags & PROXIMO_PARAM_SECRET))
            return build_plane_fault(b, p,
                                     "a command's input is no secret that a parameter of the tool gives");
        return build_add_text(step, "stdin_secret", secret) < 0 ? build_no_memory(p) : 0;
    }
    if (!given)
        return 0;
    if (len > EXEC_STDIN_MOST || !text_is_utf8(text, len))
        return build_plane_fault(b, p, "a command's input is no UTF-8, or longer than %zu bytes",
                                 EXEC_STDIN_MOST);
    if (b->trust->crypto->sha256(text, len, digest) < 0)
        return build_no_memory(p);
    text_hex(digest, sizeof(digest), hex);
    if (build_add(step, "stdin", json_object_new_string_len(text, (int)len)) < 0 ||
        build_add_text(step, "stdin_sha256", hex) < 0 ||
        build_add(step, "stdin_bytes", json_object_new_int64((int64_t)len)) < 0)
        return build_no_memory(p);
    return 0;
}

int build_executor(struct build *b, struct json_object *raw, struct json_object *earlier,
                   struct json_object *step, struct problem *p)
{
    const char *name = "", *plane = NULL, *schema = NULL;
    int64_t deadline = 0, limit = 0;

    (void)json_get_string(raw, "executor", &name, NULL);
    (void)json_get_int(raw, "deadline_ms", &deadline);
    (void)json_get_int(raw, "output_limit", &limit);
    if (!planes_executor_find(b->trust->planes, name, &plane, &schema))
        return build_plane_fault(b, p, "it plans a step for the executor '%.40s', which is not loaded", name);
    if (!b->tool->plane || !text_equal(plane, b->tool->plane->name))
        return build_plane_fault(b, p, "it plans a step for the executor '%.40s', which is plane %.40s's",
                                 name, plane ? plane : "?");
    if (deadline < 0 || deadline > DEADLINE_MOST || limit < 0 || (uint64_t)limit > RUN_OUTPUT_MOST)
        return build_plane_fault(b, p, "a command ends within a day and keeps at most %zu bytes of a stream",
                                 RUN_OUTPUT_MOST);
    if (build_add_text(step, "executor", name) < 0 || build_add_text(step, "plane", plane) < 0)
        return build_no_memory(p);
    int r = put_target(b, raw, schema, step, p);
    if (r == 0)
        r = put_argv(b, raw, earlier, step, p);
    if (r == 0)
        r = put_stdin(b, raw, step, p);
    if (r < 0)
        return r;
    deadline = deadline ? deadline : EXEC_DEADLINE_DEFAULT_MS;
    limit = limit ? limit : (int64_t)EXEC_OUTPUT_DEFAULT;
    if (build_add(step, "deadline_ms", json_object_new_int64(deadline)) < 0 ||
        build_add(step, "output_limit", json_object_new_int64(limit)) < 0)
        return build_no_memory(p);
    return 0;
}

/* ---- what the core thinks of it */

/* Words of the draft or of the plan: a literal has a value and no flags. */
static size_t words_of(struct json_object *argv, struct command_word words[EXEC_WORDS_MOST])
{
    const size_t count = argv ? json_object_array_length(argv) : 0;
    size_t n = 0;

    for (; n < count && n < EXEC_WORDS_MOST; n++) {
        struct json_object *field = json_object_array_get_idx(argv, n);
        int64_t flags = 0;
        words[n] = (struct command_word){.ptr = ""};
        (void)json_get_int(field, "flags", &flags);
        words[n].known = !flags && json_get_string(field, "value", &words[n].ptr, &words[n].len) == 0;
    }
    return n;
}

static int judge(struct json_object *argv, const char *input, size_t len, bool secret_input,
                 struct command_risk *ret)
{
    struct command_word *words = calloc(EXEC_WORDS_MOST, sizeof(*words));

    if (!words)
        return -ENOMEM;
    const size_t count = words_of(argv, words);
    risk_command(words, count, input, len, ret);
    free(words);
    if (ret->risk != RISK_LOW || count == 0)
        ret->risk = RISK_HIGH; /* there is nothing between a read and what is not known as one */
    if (secret_input && ret->risk == RISK_LOW) {
        ret->risk = RISK_HIGH;
        (void)snprintf(ret->why, sizeof(ret->why), "%s",
                       "reads a secret, so nobody sees what it is told to do");
    }
    return 0;
}

int build_judge_executor(struct build *b, struct json_object *step, struct problem *p)
{
    struct json_object *argv = NULL;
    struct command_risk risk = {0};
    const char *input = NULL, *secret = NULL;
    size_t len = 0;

    (void)json_get(step, "argv", json_type_array, &argv);
    (void)json_get_string(step, "stdin", &input, &len);
    if (judge(argv, input, len, json_get_string(step, "stdin_secret", &secret, NULL) == 0, &risk) < 0)
        return build_no_memory(p);
    b->flags |= RISK_COMMAND | (risk.destroys ? RISK_DESTROYS : 0) | (risk.cuts_off ? RISK_CUTS_OFF : 0);
    if (build_reason(b, "core", risk.risk, risk.why) < 0 ||
        build_add(step, "risk", json_object_new_int((int)risk.risk)) < 0)
        return build_no_memory(p);
    return 0;
}

/* ---- before the steps are there */

bool build_is_command(const struct build *b)
{
    return b->action && strncmp(b->action, "exec.", 5) == 0;
}

/* A command that the guest's agent runs: its words are fields of one name. */
static bool agent_reads(struct json_object *raw)
{
    static const char tail[] = "/agent/exec";
    CLEANUP_JSON struct json_object *argv = json_object_new_array();
    struct json_object *params = NULL;
    struct command_risk risk = {.risk = RISK_HIGH};
    const char *path = "", *input = NULL;
    bool secret = false;
    size_t len = 0;

    (void)json_get_string(raw, "path", &path, NULL);
    (void)json_get(raw, "params", json_type_array, &params);
    if (!argv || strlen(path) < sizeof(tail) || strcmp(path + strlen(path) - sizeof(tail) + 1, tail) != 0)
        return false;
    for (size_t i = 0; params && i < json_object_array_length(params); i++) {
        struct json_object *field = json_object_array_get_idx(params, i);
        const char *name = "";
        (void)json_get_string(field, "name", &name, NULL);
        if (strcmp(name, "command") == 0 && json_object_array_add(argv, json_object_get(field)) < 0)
            return false;
        if (strcmp(name, "input-data") == 0)
            secret = json_get_string(field, "value", &input, &len) < 0;
    }
    return judge(argv, input, len, secret, &risk) == 0 && risk.risk == RISK_LOW;
}

static bool raw_reads(struct json_object *raw)
{
    struct json_object *argv = NULL;
    struct command_risk risk = {.risk = RISK_HIGH};
    const char *input = NULL, *secret = NULL;
    int64_t kind = 0;
    size_t len = 0;

    (void)json_get_int(raw, "kind", &kind);
    if (kind == PROXIMO_STEP_READ || kind == PROXIMO_STEP_WAIT)
        return true;
    if (kind != PROXIMO_STEP_EXECUTOR)
        return agent_reads(raw);
    (void)json_get(raw, "argv", json_type_array, &argv);
    (void)json_get_string(raw, "stdin_text", &input, &len);
    return judge(argv, input, len, json_get_string(raw, "stdin_secret", &secret, NULL) == 0, &risk) == 0 &&
           risk.risk == RISK_LOW;
}

bool build_draft_reads(const struct build *b)
{
    static const char *const lists[] = {"steps", "always"};
    struct json_object *rows = NULL;
    int64_t level = 0;

    if (json_get(b->draft, "risks", json_type_array, &rows) == 0) {
        for (size_t i = 0; i < json_object_array_length(rows); i++) {
            if (json_get_int(json_object_array_get_idx(rows, i), "risk", &level) < 0 || level >= RISK_HIGH)
                return false;
        }
    }
    for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++) {
        if (json_get(b->draft, lists[k], json_type_array, &rows) < 0)
            continue;
        for (size_t i = 0; i < json_object_array_length(rows); i++) {
            if (!raw_reads(json_object_array_get_idx(rows, i)))
                return false;
        }
    }
    return json_object_array_length(b->incomplete) == 0;
}
