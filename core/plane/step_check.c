/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of steps and guards: kinds, flags, methods, paths, fields, selectors, references, waits. */
#include "plane/step_check.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/selector.h"
#include "base/text.h"
#include "http/path.h"

#define LETTERS  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS   "0123456789"
#define RESOLVED "vmid,kind,node"

static const char *text_of(struct json_object *o, const char *key)
{
    const char *text = NULL;

    return json_get_string(o, key, &text, NULL) == 0 ? text : NULL;
}

static int64_t int_of(struct json_object *o, const char *key)
{
    int64_t n = 0;

    return json_get_int(o, key, &n) == 0 ? n : 0;
}

/* At most `most` bytes, all of `set`. */
static bool is_word(const char *text, size_t len, const char *set, size_t most)
{
    if (len == 0 || len > most)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!strchr(set, text[i]))
            return false;
    return true;
}

static bool is_step_name(const char *text, size_t len)
{
    return is_word(text, len, LETTERS DIGITS "_-", 64) && strchr(LETTERS, text[0]);
}

int check_class_name(const char *who, const char *name, struct problem *p)
{
    const char *at = name ? name : "";
    bool fits = *at >= 'a' && *at <= 'z' && strlen(at) <= 64;

    for (; fits && *at; at++)
        fits = strchr("abcdefghijklmnopqrstuvwxyz" DIGITS "-", *at) || (*at == '.' && at[1] && at[1] != '.');
    if (fits)
        return 0;
    return problem_set(p, -EINVAL, PX_PLANE,
                       "%s: \"%.64s\" is no name of an operation class, such as \"guest.stop\"", who,
                       name ? name : "");
}

/* Comma separated selectors. */
static int check_selectors(const char *who, const char *what, const char *list, struct problem *p)
{
    char one[512];

    for (const char *at = list; at;) {
        const char *comma = strchr(at, ',');
        size_t len = comma ? (size_t)(comma - at) : strlen(at);
        if (len >= sizeof(one))
            return problem_set(p, -EINVAL, PX_PLANE, "%s: %s: a selector is longer than 511 bytes", who,
                               what);
        memcpy(one, at, len);
        one[len] = '\0';
        if (selector_check(one) < 0)
            return problem_set(p, -EINVAL, PX_PLANE, "%s: %s: \"%.80s\" is no selector", who, what, one);
        at = comma ? comma + 1 : NULL;
    }
    return 0;
}

/* "before.N" and "after.N": 1 if it is one and N fits, 0 if it is none, -EINVAL. */
static int is_guard_value(const struct step_rules *rules, const char *name, size_t len)
{
    static const char *const words[] = {"before.", "after."};
    char digits[8];
    uint64_t n;

    for (size_t i = 0; i < 2; i++) {
        size_t word = strlen(words[i]);
        if (len <= word || memcmp(name, words[i], word) != 0)
            continue;
        if (!rules->undo || len - word >= sizeof(digits))
            return -EINVAL;
        memcpy(digits, name + word, len - word);
        digits[len - word] = '\0';
        return text_to_u64(digits, 9999, &n) == 0 && n < rules->guard_count ? 1 : -EINVAL;
    }
    return 0;
}

/* "STEP:SELECTOR"; in undo also "before.N:SELECTOR", "after.N:SELECTOR", "argument:NAME". */
static int check_reference(const struct step_rules *rules, const char *text, struct problem *p)
{
    const char *colon = strchr(text, ':');
    size_t len = colon ? (size_t)(colon - text) : 0;
    char name[65] = "";
    int guard = len ? is_guard_value(rules, text, len) : -EINVAL;

    if (guard < 0)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: \"%.80s\" is no reference that has a value here",
                           rules->who, text);
    if (len == 8 && memcmp(text, "argument", 8) == 0) {
        bool known = rules->undo && param_find(rules->params, colon + 1, strlen(colon + 1));
        known = known || (rules->undo && text_in_list(RESOLVED, colon + 1));
        return known ? 0
                     : problem_set(p, -EINVAL, PX_PLANE,
                                   "%s: \"%.80s\" names no argument that can be had here", rules->who, text);
    }
    if (selector_check(colon + 1) < 0)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: \"%.80s\": what follows the colon is no selector",
                           rules->who, text);
    if (guard == 1)
        return 0;
    if (!is_step_name(text, len))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: \"%.80s\" does not begin with a step's name",
                           rules->who, text);
    memcpy(name, text, len);
    if (rules->earlier && !json_object_object_get_ex(rules->earlier, name, NULL))
        return problem_set(p, -EINVAL, PX_PLANE,
                           "%s: \"%.80s\" refers to \"%s\", which is no step that runs before", rules->who,
                           text, name);
    return 0;
}

static int check_secret(const struct step_rules *rules, const char *name, struct problem *p)
{
    const struct param_row *param = name ? param_find(rules->params, name, strlen(name)) : NULL;

    if (!rules->table && !rules->no_secrets && param && (param->flags & PROXIMO_PARAM_SECRET))
        return 0;
    return problem_set(p, -EINVAL, PX_PLANE, "%s: \"%.64s\" is no secret that can be placed here", rules->who,
                       name ? name : "");
}

/* One field of params or argv. `plain`: a literal and nothing else. */
static int check_field(const struct step_rules *rules, struct json_object *field, bool named, bool plain,
                       struct problem *p)
{
    const uint64_t known = PROXIMO_FIELD_SECRET | PROXIMO_FIELD_REFERENCE;
    const char *name = text_of(field, "name"), *value = text_of(field, "value");
    uint64_t flags = (uint64_t)int_of(field, "flags");
    struct json_object *ignored;
    bool secret = json_object_object_get_ex(field, "secret", &ignored);

    if (named && (!name || !is_word(name, strlen(name), LETTERS DIGITS "_.[]-", 64)))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: \"%.64s\" is no name of a field", rules->who,
                           name ? name : "");
    if ((flags & ~known) || flags == known || (plain && flags))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: the field \"%.64s\" has flags that it cannot have",
                           rules->who, name ? name : "");
    if (((flags & PROXIMO_FIELD_SECRET) != 0) != secret || (secret ? value != NULL : value == NULL))
        return problem_set(p, -EINVAL, PX_PLANE,
                           "%s: the field \"%.64s\" has either a value, or FIELD_SECRET and a secret_id",
                           rules->who, name ? name : "");
    if (secret)
        return check_secret(rules, text_of(field, "secret"), p);
    return flags & PROXIMO_FIELD_REFERENCE ? check_reference(rules, value, p) : 0;
}

static int check_fields(const struct step_rules *rules, struct json_object *o, const char *key, bool plain,
                        struct problem *p)
{
    struct json_object *fields;
    bool named = strcmp(key, "params") == 0;

    if (json_get(o, key, json_type_array, &fields) < 0)
        return 0;
    if (json_object_array_length(fields) > STEP_FIELDS_MOST)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: %zu %s; at most %u", rules->who,
                           json_object_array_length(fields), key, STEP_FIELDS_MOST);
    for (size_t i = 0; i < json_object_array_length(fields); i++) {
        int r = check_field(rules, json_object_array_get_idx(fields, i), named, plain, p);
        if (r < 0)
            return r;
    }
    return 0;
}

static struct json_object *field_find(struct json_object *o, const char *name, size_t len)
{
    struct json_object *fields;

    if (json_get(o, "params", json_type_array, &fields) < 0)
        return NULL;
    for (size_t i = 0; i < json_object_array_length(fields); i++) {
        struct json_object *field = json_object_array_get_idx(fields, i);
        const char *own = text_of(field, "name");
        if (own && strlen(own) == len && memcmp(own, name, len) == 0)
            return field;
    }
    return NULL;
}

/* Can the literal value stand as one element of a path? */
static bool is_segment(const char *value)
{
    for (const char *at = value; at && *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return false;
    return value && *value && strcmp(value, ".") != 0 && strcmp(value, "..") != 0;
}

static bool has_guest(const struct step_rules *rules)
{
    for (size_t i = 0; i < rules->params.count; i++)
        if (text_equal(rules->params.params[i].format, "guest"))
            return true;
    return false;
}

/* What {name} of a path is filled with. */
static int check_placeholder(const struct step_rules *rules, struct json_object *o, const char *path,
                             const char *name, size_t len, struct problem *p)
{
    struct json_object *field = len ? field_find(o, name, len) : NULL;
    bool known = false;
    char word[65] = "";

    if (field && (int_of(field, "flags") & (int64_t)PROXIMO_FIELD_SECRET))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: \"%.100s\": a secret has no place in a path",
                           rules->who, path);
    if (field && int_of(field, "flags") == 0 && !is_segment(text_of(field, "value")))
        return problem_set(p, -EINVAL, PX_PLANE,
                           "%s: \"%.100s\": the value of \"%.*s\" cannot stand in a path", rules->who, path,
                           (int)(len < 40 ? len : 40), name);
    if (field)
        return 0;
    if (len && len < sizeof(word) && (rules->table || rules->undo)) {
        memcpy(word, name, len);
        known = param_find(rules->params, word, len) || (has_guest(rules) && text_in_list(RESOLVED, word));
    }
    if (known)
        return 0;
    return problem_set(p, -EINVAL, PX_PLANE, "%s: \"%.100s\" names \"%.*s\", which has no value", rules->who,
                       path, (int)(len < 40 ? len : 40), name);
}

static int check_target(const struct step_rules *rules, struct json_object *o, struct problem *p)
{
    struct problem why = PROBLEM_INIT;
    const char *path = text_of(o, "path");

    if (!path || http_path_check(path, &why) < 0)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: its path \"%.100s\": %s", rules->who, path ? path : "",
                           path ? why.cause : "it has none");
    for (const char *at = path; *at; at++) {
        if (*at != '{' && *at != '}')
            continue;
        const char *end = *at == '{' ? strpbrk(at + 1, "{}/") : NULL;
        if (!end || *end != '}')
            return problem_set(p, -EINVAL, PX_PLANE, "%s: \"%.100s\": { and } do not fit", rules->who, path);
        int r = check_placeholder(rules, o, path, at + 1, (size_t)(end - at) - 1, p);
        if (r < 0)
            return r;
        at = end;
    }
    return 0;
}

static bool statuses_ok(const char *list)
{
    for (const char *at = list; at;) {
        uint64_t n;
        char one[4] = "";
        size_t len = strcspn(at, ",");
        if (len != 3)
            return false;
        memcpy(one, at, 3);
        if (text_to_u64(one, 599, &n) < 0 || n < 100)
            return false;
        at = at[len] ? at + len + 1 : NULL;
    }
    return true;
}

/* "selector=value": the first = outside of brackets. */
static bool fail_if_ok(const char *text)
{
    char selector[1024];
    size_t len = 0, depth = 0;

    while (text[len] && (depth || text[len] != '=')) {
        depth += text[len] == '[';
        depth -= depth && text[len] == ']';
        len++;
    }
    if (!text[len] || len >= sizeof(selector))
        return false;
    memcpy(selector, text, len);
    selector[len] = '\0';
    return selector_check(selector) == 0;
}

static int check_wait(const struct step_rules *rules, struct json_object *step, struct problem *p)
{
    int64_t test = int_of(step, "wait_test"), interval = int_of(step, "interval_ms");
    const char *value = text_of(step, "wait_value"), *text;
    struct json_object *parsed CLEANUP_JSON = NULL;

    if (test < PROXIMO_WAIT_EXISTS || test > PROXIMO_WAIT_COUNT)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: a wait step has no test", rules->who);
    bool fits = test == PROXIMO_WAIT_EXISTS ? value == NULL
                                            : value && json_parse(value, strlen(value), &parsed, NULL) == 0;
    if (fits && test == PROXIMO_WAIT_IN)
        fits = json_object_is_type(parsed, json_type_array);
    if (fits && test == PROXIMO_WAIT_COUNT)
        fits = json_object_is_type(parsed, json_type_int);
    if (!fits)
        return problem_set(
            p, -EINVAL, PX_PLANE,
            "%s: wait_value of a wait is JSON: none for EXISTS, a list for IN, a number for COUNT",
            rules->who);
    if (interval && interval < STEP_INTERVAL_MS)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: a wait looks at most every %d ms", rules->who,
                           STEP_INTERVAL_MS);
    if ((text = text_of(step, "fail_if")) && !fail_if_ok(text))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: fail_if \"%.80s\" is not of the form selector=value",
                           rules->who, text);
    if ((text = text_of(step, "tolerate")) && !statuses_ok(text))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: tolerate \"%.80s\" is no list of HTTP statuses",
                           rules->who, text);
    if ((text = text_of(step, "select")) && selector_check(text) < 0)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: select: \"%.80s\" is no selector", rules->who, text);
    return 0;
}

static int check_executor_step(const struct step_rules *rules, struct json_object *step, struct problem *p)
{
    const char *name = text_of(step, "executor");
    struct json_object *secret;

    if (!name || !is_word(name, strlen(name), LETTERS DIGITS "_-", MANIFEST_NAME_LIMIT))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: an executor step does not name its executor",
                           rules->who);
    if (json_object_object_get_ex(step, "stdin_secret", &secret)) {
        int r = check_secret(rules, text_of(step, "stdin_secret"), p);
        if (r < 0)
            return r;
    }
    int r = check_fields(rules, step, "params", true, p); /* the target: nothing but literals */
    return r < 0 ? r : check_fields(rules, step, "argv", false, p);
}

static int check_lists(const struct step_rules *rules, struct json_object *step, int64_t kind,
                       struct problem *p)
{
    const char *select = kind == PROXIMO_STEP_READ ? text_of(step, "select") : NULL;
    const char *keep = text_of(step, "keep");
    int r = select ? check_selectors(rules->who, "select", select, p) : 0;

    return r == 0 && keep ? check_selectors(rules->who, "keep", keep, p) : r;
}

int step_check(const struct step_rules *rules, struct json_object *step, struct problem *p)
{
    const int64_t known = (int64_t)(PROXIMO_STEP_FOLLOW | PROXIMO_STEP_CONTINUE | PROXIMO_STEP_ALWAYS |
                                    PROXIMO_STEP_ATOMIC | PROXIMO_STEP_WHOLE);
    int64_t kind = int_of(step, "kind"), flags = int_of(step, "flags");
    int64_t deadline = int_of(step, "deadline_ms");
    const char *name = text_of(step, "name"), *method = text_of(step, "method");

    if (kind < PROXIMO_STEP_REQUEST || kind > PROXIMO_STEP_EXECUTOR ||
        (rules->wait_only && kind != PROXIMO_STEP_WAIT))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: a step of kind %lld has no place here", rules->who,
                           (long long)kind);
    if (flags & ~known)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: a step has unknown flag bits", rules->who);
    if (name && !is_step_name(name, strlen(name)))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: \"%.64s\" is no name of a step", rules->who, name);
    if (name && strcmp(name, "argument") == 0)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: no step is called \"argument\"", rules->who);
    if (deadline < 0 || deadline > STEP_DEADLINE_MS)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: a step ends within %d ms", rules->who,
                           STEP_DEADLINE_MS);
    if (kind == PROXIMO_STEP_EXECUTOR)
        return check_executor_step(rules, step, p);
    if (kind == PROXIMO_STEP_REQUEST && (!method || !text_in_list("POST,PUT,DELETE", method)))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: a request step's method is POST, PUT or DELETE",
                           rules->who);
    if (kind != PROXIMO_STEP_REQUEST && (method || (flags & (int64_t)PROXIMO_STEP_FOLLOW)))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: only a request has a method and FOLLOW", rules->who);
    if (kind != PROXIMO_STEP_WAIT && (flags & (int64_t)PROXIMO_STEP_WHOLE))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: only a wait looks at the whole answer", rules->who);
    int r = check_fields(rules, step, "params", false, p);
    if (r == 0)
        r = check_target(rules, step, p);
    if (r == 0 && kind == PROXIMO_STEP_WAIT)
        r = check_wait(rules, step, p);
    return r == 0 ? check_lists(rules, step, kind, p) : r;
}

int guard_check(const struct step_rules *rules, struct json_object *guard, struct problem *p)
{
    const char *fields = text_of(guard, "fields");

    if (int_of(guard, "flags") & ~(int64_t)PROXIMO_GUARD_TOLERATE)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: a guard has unknown flag bits", rules->who);
    int r = check_fields(rules, guard, "params", true, p);
    if (r == 0)
        r = check_target(rules, guard, p);
    return r == 0 && fields ? check_selectors(rules->who, "a guard's fields", fields, p) : r;
}
