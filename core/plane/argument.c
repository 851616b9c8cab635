/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arguments of a call against the parameters of its tool. Every fault is named in one problem, so that a
 * caller needs one correction and not five. Nothing is coerced, with two exceptions made for language models:
 * an integer where a guest or vmid is declared as text, and null for an argument that may be absent.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "plane/argument_inner.h"
#include "plane/argument_secret.h"
#include "plane/manifest.h"
#include "plane/read.h"

#define STRINGS_MAX 256
#define OBJECT_MAX  128

struct checking {
    const struct tool *tool;
    struct buf faults;
    unsigned count;
};

static void fault(struct checking *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fault(struct checking *c, const char *format, ...)
{
    va_list ap;
    if (c->count++)
        buf_str(&c->faults, "; ");
    va_start(ap, format);
    buf_vprintf(&c->faults, format, ap);
    va_end(ap);
}

/* ---- one value */

static const char *const type_words[] = {
    [PROXIMO_TYPE_STRING] = "a string",
    [PROXIMO_TYPE_INTEGER] = "an integer",
    [PROXIMO_TYPE_BOOLEAN] = "true or false",
    [PROXIMO_TYPE_NUMBER] = "a number",
    [PROXIMO_TYPE_STRINGS] = "an array of strings",
    [PROXIMO_TYPE_OBJECT] = "an object",
};

/* A text against format, length and choices. */
static bool check_text(struct checking *c, const struct param_row *param, const char *text, size_t len)
{
    const char *why = "text";
    const char *format = param->format ? param->format : "text";
    bool ranged = param->minimum || param->maximum;
    int r = argument_format_check(format, text, len, &why);
    /* A row may allow longer free text than the host's own bound, which is only a default. */
    if (r == -EINVAL && ranged && strcmp(format, "text") == 0 && len > 1024 && len <= (size_t)param->maximum)
        r = argument_format_check("lines", text, len, NULL) == 0 && !memchr(text, '\n', len) ? 0 : -EINVAL;
    if (r < 0) {
        fault(c, "%s must be %s", param->name, why);
        return false;
    }
    if (ranged && ((int64_t)len < param->minimum || (int64_t)len > param->maximum)) {
        fault(c, "%s must have %lld to %lld bytes", param->name, (long long)param->minimum,
              (long long)param->maximum);
        return false;
    }
    if (param->choices && (memchr(text, ',', len) || !text_in_list(param->choices, text))) {
        fault(c, "%s must be one of %s", param->name, param->choices);
        return false;
    }
    return true;
}

static bool check_number(struct checking *c, const struct param_row *param, struct json_object *value)
{
    bool ranged = param->minimum || param->maximum;
    double n = json_object_get_double(value);
    if (!isfinite(n) || (ranged && (n < (double)param->minimum || n > (double)param->maximum))) {
        fault(c, "%s must lie between %lld and %lld", param->name, (long long)param->minimum,
              (long long)param->maximum);
        return false;
    }
    return true;
}

static bool check_integer(struct checking *c, const struct param_row *param, struct json_object *value)
{
    int64_t n = json_object_get_int64(value);
    bool ranged = param->minimum || param->maximum;
    int64_t min = param->minimum;
    int64_t max = param->maximum;
    if (!ranged && text_equal(param->format, "vmid")) {
        min = 100;
        max = 999999999;
        ranged = true;
    } else if (!ranged && text_equal(param->format, "epoch")) {
        max = INT64_C(99999999999);
        ranged = true;
    }
    if (ranged && (n < min || n > max)) {
        fault(c, "%s must lie between %lld and %lld", param->name, (long long)min, (long long)max);
        return false;
    }
    return true;
}

static bool check_strings(struct checking *c, const struct param_row *param, struct json_object *value)
{
    size_t n = json_object_array_length(value);
    if (n > STRINGS_MAX) {
        fault(c, "%s may have at most %d items", param->name, STRINGS_MAX);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        struct json_object *item = json_object_array_get_idx(value, i);
        if (!json_object_is_type(item, json_type_string)) {
            fault(c, "%s must be %s", param->name, type_words[PROXIMO_TYPE_STRINGS]);
            return false;
        }
        const char *text = json_object_get_string(item);
        size_t len = (size_t)json_object_get_string_len(item);
        /* One that is never sent as a list may hold property strings. */
        if (len == 0 || (memchr(text, ',', len) && !(param->flags & PROXIMO_PARAM_NOT_SENT))) {
            fault(c, "items of %s must not be empty%s", param->name, len == 0 ? "" : " or hold a comma");
            return false;
        }
        if (!check_text(c, param, text, len))
            return false;
    }
    return true;
}

static bool check_object(struct checking *c, const struct param_row *param, struct json_object *value)
{
    if (json_object_object_length(value) > OBJECT_MAX) {
        fault(c, "%s may have at most %d members", param->name, OBJECT_MAX);
        return false;
    }
    json_object_object_foreach(value, key, member)
    {
        json_type type = json_object_get_type(member);
        bool scalar = type == json_type_string || type == json_type_int || type == json_type_double ||
                      type == json_type_boolean;
        bool good_key =
            *key && strlen(key) <= 64 &&
            strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == strlen(key);
        if (!good_key || !scalar) {
            fault(c, "%s: '%.64s' must be a plain name with a string, number or boolean", param->name, key);
            return false;
        }
        const char *why = NULL;
        if (type == json_type_string &&
            argument_format_check("lines", json_object_get_string(member),
                                  (size_t)json_object_get_string_len(member), &why) < 0) {
            fault(c, "%s: '%.64s' must be %s", param->name, key, why);
            return false;
        }
        if (type == json_type_double && !isfinite(json_object_get_double(member))) {
            fault(c, "%s: '%.64s' must be a finite number", param->name, key);
            return false;
        }
    }
    return true;
}

/* An integer where a guest or vmid is text becomes its digits. */
static struct json_object *accept_integer(const struct param_row *param, struct json_object *value)
{
    bool id = text_equal(param->format, "guest") || text_equal(param->format, "vmid");
    if (param->type != PROXIMO_TYPE_STRING || !id || !json_object_is_type(value, json_type_int))
        return json_object_get(value);
    CLEANUP_BUF struct buf digits = BUF_INIT(32);
    buf_i64(&digits, json_object_get_int64(value));
    return digits.data ? json_object_new_string(digits.data) : NULL;
}

static bool check_value(struct checking *c, const struct param_row *param, struct json_object *value)
{
    static const json_type types[] = {
        [PROXIMO_TYPE_STRING] = json_type_string,   [PROXIMO_TYPE_INTEGER] = json_type_int,
        [PROXIMO_TYPE_BOOLEAN] = json_type_boolean, [PROXIMO_TYPE_NUMBER] = json_type_double,
        [PROXIMO_TYPE_STRINGS] = json_type_array,   [PROXIMO_TYPE_OBJECT] = json_type_object,
    };
    json_type given = json_object_get_type(value);
    bool fits = given == types[param->type] || (param->type == PROXIMO_TYPE_NUMBER && given == json_type_int);
    if (!fits) {
        fault(c, "%s must be %s, not %s", param->name, type_words[param->type], json_type_to_name(given));
        return false;
    }
    switch (param->type) {
    case PROXIMO_TYPE_STRING:
        return check_text(c, param, json_object_get_string(value), (size_t)json_object_get_string_len(value));
    case PROXIMO_TYPE_INTEGER: return check_integer(c, param, value);
    case PROXIMO_TYPE_NUMBER: return check_number(c, param, value);
    case PROXIMO_TYPE_STRINGS: return check_strings(c, param, value);
    case PROXIMO_TYPE_OBJECT: return check_object(c, param, value);
    default: return true;
    }
}

/* ---- all of them */

static void unknown_argument(struct checking *c, const char *name)
{
    unsigned best = 4;
    const char *nearest = NULL;
    for (size_t i = 0; i < c->tool->param_count; i++) {
        unsigned d = text_distance(name, c->tool->params[i].name);
        if (d < best) {
            best = d;
            nearest = c->tool->params[i].name;
        }
    }
    for (unsigned i = 0; i < common_param_count; i++) {
        unsigned d = text_distance(name, common_params[i].name);
        if (d < best && common_param_find(c->tool, common_params[i].name)) {
            best = d;
            nearest = common_params[i].name;
        }
    }
    /* Three changes of a three-letter word are no hint. */
    if (nearest && best * 2 <= strlen(nearest))
        fault(c, "there is no argument '%.64s' (did you mean '%s'?)", name, nearest);
    else
        fault(c, "there is no argument '%.64s'", name);
}

/* "name,vmid" is taken for ["name","vmid"] where columns are named. */
static struct json_object *split_list(const char *text)
{
    struct json_object *list = json_object_new_array();
    while (list && *text) {
        size_t len = strcspn(text, ",");
        size_t skip = strspn(text, " ");
        size_t end = len;
        while (end > skip && text[end - 1] == ' ')
            end--;
        if (end > skip && len < 256) {
            struct json_object *item = json_object_new_string_len(text + skip, (int)(end - skip));
            if (!item || json_object_array_add(list, item) < 0)
                json_object_put(item);
        }
        text += len;
        text += *text == ',';
    }
    return list;
}

static void check_common(struct checking *c, const struct common_param *common, struct json_object *value,
                         struct json_object *out)
{
    struct param_row row = {.type = common->type,
                            .name = (char *)(uintptr_t)common->name,
                            .minimum = common->minimum,
                            .maximum = common->maximum};
    CLEANUP_JSON struct json_object *copy =
        common->type == PROXIMO_TYPE_STRINGS && json_object_is_type(value, json_type_string)
            ? split_list(json_object_get_string(value))
            : json_object_get(value);
    if (check_value(c, &row, copy) && json_object_object_add(out, common->name, json_object_get(copy)) < 0)
        fault(c, "no memory for '%s'", common->name);
}

static void check_given(struct checking *c, struct json_object *arguments, struct json_object *out)
{
    json_object_object_foreach(arguments, name, value)
    {
        struct param_row way;
        const struct param_row *param = tool_param_find(c->tool, name);
        const struct common_param *common = param ? NULL : common_param_find(c->tool, name);
        if (!param && !common && secret_way_row(c->tool, name, &way))
            param = &way;
        if (!param && !common) {
            unknown_argument(c, name);
            continue;
        }
        if (!value)
            continue; /* null: absent */
        if (common) {
            check_common(c, common, value, out);
            continue;
        }
        CLEANUP_JSON struct json_object *copy = accept_integer(param, value);
        if (check_value(c, param, copy) && json_object_object_add(out, name, json_object_get(copy)) < 0)
            fault(c, "no memory for '%s'", name);
    }
}

static void check_absent(struct checking *c, struct json_object *arguments, struct json_object *out)
{
    for (size_t i = 0; i < c->tool->param_count; i++) {
        const struct param_row *param = &c->tool->params[i];
        struct json_object *value = NULL;
        if (arguments && json_object_object_get_ex(arguments, param->name, &value) && value)
            continue;
        if (secret_is_given_otherwise(c->tool, param, arguments))
            continue;
        if (param->flags & PROXIMO_PARAM_REQUIRED) {
            fault(c, "%s is missing", param->name);
        } else if (param->default_json) {
            struct json_object *fallback = NULL;
            if (json_parse(param->default_json, strlen(param->default_json), &fallback, NULL) == 0)
                json_object_object_add(out, param->name, fallback);
        }
    }
}

static void add_valid_names(const struct tool *tool, struct buf *out)
{
    const char *between = "";
    for (size_t i = 0; i < tool->param_count; i++, between = ", ")
        buf_printf(out, "%s%s", between, tool->params[i].name);
    for (unsigned i = 0; i < common_param_count; i++) {
        if (common_param_find(tool, common_params[i].name)) {
            buf_printf(out, "%s%s", between, common_params[i].name);
            between = ", ";
        }
    }
}

/* A column that does not exist is a fault as well; without columns any name may be asked for. */
static void check_fields(struct checking *c, struct json_object *out)
{
    struct json_object *fields = NULL;
    if (c->tool->column_count == 0 || json_get(out, "fields", json_type_array, &fields) < 0)
        return;
    for (size_t i = 0; i < json_object_array_length(fields); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(fields, i));
        size_t k = 0;
        while (k < c->tool->column_count && strcmp(c->tool->columns[k].name, name) != 0)
            k++;
        if (k == c->tool->column_count) {
            fault(c, "fields: there is no column '%.64s', only ", name);
            for (k = 0; k < c->tool->column_count; k++)
                buf_printf(&c->faults, "%s%s", k ? ", " : "", c->tool->columns[k].name);
        }
    }
}

int arguments_check(const struct tool *tool, struct json_object *arguments, struct json_object **ret,
                    struct problem *p)
{
    if (arguments && !json_object_is_type(arguments, json_type_object))
        return problem_set(p, -EINVAL, PX_ARG, "the arguments of %s must be an object", tool->name);
    CLEANUP_JSON struct json_object *out = json_object_new_object();
    struct checking c = {.tool = tool, .faults = BUF_INIT(8192)};
    if (!out)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for arguments");
    if (arguments)
        check_given(&c, arguments, out);
    check_absent(&c, arguments, out);
    check_fields(&c, out);
    int r = 0;
    if (c.count) {
        CLEANUP_BUF struct buf names = BUF_INIT(4096);
        add_valid_names(tool, &names);
        r = problem_set(p, -EINVAL, PX_ARG, "%s: %s", tool->name,
                        c.faults.data ? c.faults.data : "bad arguments");
        problem_next(p, "call %s again with corrected arguments; proximo_describe shows them all",
                     tool->name);
        problem_valid(p, "%s", names.data ? names.data : "");
    } else {
        *ret = out;
        out = NULL;
    }
    buf_done(&c.faults);
    return r;
}

int argument_secret_check(const struct tool *tool, const struct param_row *param, const char *value,
                          size_t len, struct problem *p)
{
    struct checking c = {.tool = tool, .faults = BUF_INIT(1024)};
    int r = 0;
    if (!text_is_utf8(value, len))
        fault(&c, "%s must be UTF-8", param->name);
    else
        (void)check_text(&c, param, value, len);
    if (c.count)
        r = problem_set(p, -EINVAL, PX_ARG, "%s: %s", tool->name,
                        c.faults.data ? c.faults.data : "bad secret");
    buf_done(&c.faults);
    return r;
}
