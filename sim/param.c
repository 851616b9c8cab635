/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks the parameters of a request against the table of its route, in Proxmox's order (type, format,
 * pattern, length, range, enumeration) and with its texts. Every bad parameter gets one text; all are
 * reported at once.
 */
#include "sim.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <regex.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const struct sim_param_words sim_pve_words = {
    .missing = "property is missing and it is not optional",
    .unknown = "property is not defined in schema and the schema does not allow additional properties",
    .truths = "1",
    .untruths = "0",
};

/* One check of a set of parameters; `errors` are of the parameter at hand. */
struct check {
    const struct sim_param_words *words;
    struct json_object *errors;
};

static const char *const type_names[] = {"string", "integer", "number", "boolean", "array"};

static int SIM_PRINTF(3, 4) add(struct json_object *errors, const char *name, const char *format, ...)
{
    char text[2048];
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    sim_set_str(errors, name, text);
    return -EINVAL;
}

/* [+-]digits, as Proxmox reads integers: "+5" and "007" are good, "1.0" and " 5" are not. */
static int parse_integer(const char *text, int64_t *ret)
{
    bool negative = *text == '-';
    int64_t value = 0;

    if (*text == '+' || *text == '-')
        text++;
    if (!*text)
        return -EINVAL;
    for (; *text; text++) {
        if (!isdigit((unsigned char)*text) || value > (INT64_MAX - 9) / 10)
            return -EINVAL;
        value = value * 10 + (*text - '0');
    }
    *ret = negative ? -value : value;
    return 0;
}

/* Text of a scalar as Proxmox's own code sees it; JSON booleans count as 1 and 0. */
static const char *scalar_text(struct json_object *value)
{
    if (json_object_is_type(value, json_type_boolean))
        return json_object_get_boolean(value) ? "1" : "0";
    return json_object_get_string(value);
}

static bool is_list(const struct sim_param *param)
{
    size_t n = param->format ? strlen(param->format) : 0;

    return n > 5 && strcmp(param->format + n - 5, "-list") == 0;
}

static struct json_object *join(struct json_object *list)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct json_object *joined;

    if (!out)
        return NULL;
    for (size_t i = 0; i < json_object_array_length(list); i++)
        fprintf(out, "%s%s", i ? "," : "", scalar_text(json_object_array_get_idx(list, i)));
    (void)fclose(out);
    joined = text ? json_object_new_string(text) : NULL;
    free(text);
    return joined;
}

static int check_pattern(const char *pattern, const char *text)
{
    char anchored[1024];
    regex_t regex;
    int hit;

    if (snprintf(anchored, sizeof anchored, "^(%s)$", pattern) >= (int)sizeof anchored)
        return -EINVAL;
    if (regcomp(&regex, anchored, REG_EXTENDED | REG_NOSUB) != 0)
        return -EINVAL;
    hit = regexec(&regex, text, 0, NULL, 0);
    regfree(&regex);
    return hit == 0 ? 0 : -EINVAL;
}

static int check_range(const struct check *check, const struct sim_param *param, double number)
{
    bool above = param->has_max && number > param->max;
    double limit = above ? param->max : param->min;
    char got[40] = "";

    if (!above && !(param->has_min && number < param->min))
        return 0;
    if (check->words->got)
        (void)snprintf(got, sizeof got, " (got %.0f)", number);
    return add(check->errors, param->name, "value must have a %s value of %.0f%s",
               above ? "maximum" : "minimum", limit, got);
}

/* Everything that follows the type check, for one scalar. */
static int check_text(const struct check *check, const struct sim_param *param, const char *text)
{
    struct json_object *errors = check->errors;
    char why[1024];
    size_t length = strlen(text);

    if (param->sub && sim_property_check(param->sub, param->name, text, why, sizeof why) < 0)
        return add(errors, param->name, "invalid format - %s", why);
    if (param->format && sim_format_check(param->format, text, why, sizeof why) < 0)
        return add(errors, param->name, "invalid format - %s", why);
    if (param->pattern && check_pattern(param->pattern, text) < 0)
        return add(errors, param->name, "value does not match the regex pattern");
    if (param->max_length && length > (size_t)param->max_length)
        return add(errors, param->name, "value may only be %d characters long", param->max_length);
    if (param->min_length && length < (size_t)param->min_length)
        return add(errors, param->name, "value must be at least %d characters long", param->min_length);
    if (param->values && !sim_word_in(param->values, ", ", text, length))
        return check->words->got
                   ? add(errors, param->name, "value '%s' is not defined in the enumeration.", text)
                   : add(errors, param->name, "value '%s' does not have a value in the enumeration '%s'",
                         text, param->values);
    return 0;
}

static int bad_type(const struct check *check, const struct sim_param *param, const char *text)
{
    struct json_object *errors = check->errors;

    if (check->words->got)
        return add(errors, param->name, "%s",
                   param->type == SIM_BOOLEAN ? "Unable to parse boolean option."
                                              : "invalid digit found in string");
    return add(errors, param->name, "type check ('%s') failed - got '%s'", type_names[param->type], text);
}

/* Checks one scalar; *ret_value gets the number that replaces a good integer, number or boolean, or NULL. */
static int check_scalar(const struct check *check, const struct sim_param *param, struct json_object *value,
                        struct json_object **ret_value)
{
    const char *text = scalar_text(value);
    int64_t integer = 0;
    double number = 0;
    char *end = NULL;
    bool truth;

    switch (param->type) {
    case SIM_BOOLEAN:
        truth = sim_word_in(check->words->truths, " ", text, strlen(text));
        if (!truth && !sim_word_in(check->words->untruths, " ", text, strlen(text)))
            return bad_type(check, param, text);
        *ret_value = json_object_new_int64(truth);
        return 0;
    case SIM_INTEGER:
        if (parse_integer(text, &integer) < 0)
            return bad_type(check, param, text);
        if (check_text(check, param, text) < 0 || check_range(check, param, (double)integer) < 0)
            return -EINVAL;
        *ret_value = json_object_new_int64(integer);
        return 0;
    case SIM_NUMBER:
        number = strtod(text, &end);
        if (!*text || *end || isspace((unsigned char)*text))
            return bad_type(check, param, text);
        if (check_text(check, param, text) < 0 || check_range(check, param, number) < 0)
            return -EINVAL;
        *ret_value = json_object_new_double_s(number, text); /* keeps "1.5" as it was sent */
        return 0;
    case SIM_STRING:
    case SIM_ARRAY: break;
    }
    if (check_text(check, param, text) < 0)
        return -EINVAL;
    *ret_value = json_object_is_type(value, json_type_string) ? NULL : json_object_new_string(text);
    return 0;
}

/* An array's elements are checked one by one; a single value stands for an array of one. */
static void check_array(const struct check *check, const struct sim_param *param, struct json_object *given,
                        struct json_object *value)
{
    struct json_object *list = json_object_new_array();
    bool many = json_object_is_type(value, json_type_array);
    size_t count = many ? json_object_array_length(value) : 1;

    for (size_t i = 0; i < count; i++) {
        struct json_object *one = many ? json_object_array_get_idx(value, i) : value, *replacement = NULL;
        struct sim_param element = *param;
        char name[96];

        (void)snprintf(name, sizeof name, "%s[%zu]", param->name, i);
        element.name = name;
        element.type = param->item;
        if (json_object_is_type(one, json_type_object) || json_object_is_type(one, json_type_array))
            (void)add(check->errors, name, "type check ('%s') failed - got %s", type_names[param->item],
                      json_object_is_type(one, json_type_object) ? "HASH" : "ARRAY");
        else if (check_scalar(check, &element, one, &replacement) == 0)
            json_object_array_add(list, replacement ? replacement : json_object_get(one));
    }
    sim_set(given, param->name, list);
}

/* Checks one given value; may replace it in `given`. */
static void check_one(const struct check *check, const struct sim_param *param, struct json_object *given,
                      struct json_object *value)
{
    struct json_object *errors = check->errors;
    struct json_object *replacement = NULL;

    if (json_object_is_type(value, json_type_object)) {
        (void)add(errors, param->name, "type check ('%s') failed - got HASH", type_names[param->type]);
        return;
    }
    if (param->type == SIM_ARRAY) {
        check_array(check, param, given, value);
        return;
    }
    if (json_object_is_type(value, json_type_array)) {
        if (param->type != SIM_STRING || !is_list(param)) {
            (void)add(errors, param->name, "type check ('%s') failed - got ARRAY", type_names[param->type]);
            return;
        }
        value = join(value);
        if (!value)
            return;
        sim_set(given, param->name, value);
    }
    if (check_scalar(check, param, value, &replacement) == 0 && replacement)
        sim_set(given, param->name, replacement);
}

const struct sim_param *sim_param_find(const struct sim_param *table, const char *name)
{
    for (const struct sim_param *param = table; param->name; param++) {
        size_t n = param->count ? strlen(param->name) - 3 : 0; /* without "[n]" */
        uint64_t index;

        if (!param->count && strcmp(param->name, name) == 0)
            return param;
        if (param->count && strncmp(param->name, name, n) == 0 &&
            sim_parse_uint(name + n, 10, (uint64_t)param->count - 1, &index) == 0 &&
            (name[n] != '0' || !name[n + 1]))
            return param;
    }
    return NULL;
}

/* ---- parameters that belong to values of "type" ---- */

/* The type that is given, if it is one at all. */
static const char *given_type(const struct sim_param *table, struct json_object *given)
{
    const struct sim_param *type = sim_param_find(table, "type");
    const char *word = sim_str(given, "type", NULL);

    return type && type->values && word && sim_word_in(type->values, ", ", word, strlen(word)) ? word : NULL;
}

static bool belongs(const struct sim_param *param, const char *type)
{
    return !param->of || (type && sim_word_in(param->of, ", ", type, strlen(type)));
}

/* What is wrong with such a parameter is told under a longer name. */
static void add_all(struct json_object *errors, const struct sim_param *param, const char *type,
                    struct json_object *found)
{
    json_object_object_foreach(found, name, text)
    {
        char longer[160];

        (void)snprintf(longer, sizeof longer, "oneOf[%s].%s", type ? type : "", name);
        (void)add(errors, param->of && type ? longer : name, "%s", json_object_get_string(text));
    }
}

static void check_missing(const struct sim_param_words *words, const struct sim_param *table,
                          struct json_object *given, const char *type, struct json_object *errors)
{
    for (const struct sim_param *param = table; param->name; param++) {
        SIM_FREE_WITH(sim_json_freep) struct json_object *found = NULL;

        if (sim_get(given, param->name) || (param->of ? !param->of_needs : param->optional) ||
            !belongs(param, type))
            continue;
        found = json_object_new_object();
        (void)add(found, param->name, "%s", words->missing);
        add_all(errors, param, type, found);
    }
}

int sim_params_check(const struct sim_param_words *words, const struct sim_param *table,
                     struct json_object *given, struct json_object *errors)
{
    struct json_object_iterator at = json_object_iter_begin(given), end = json_object_iter_end(given);
    const char *type = given_type(table, given);

    check_missing(words, table, given, type, errors);
    /* A value may be replaced on the way, a name never comes or goes. */
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        SIM_FREE_WITH(sim_json_freep) struct json_object *found = json_object_new_object();
        const char *name = json_object_iter_peek_name(&at);
        struct json_object *value = json_object_iter_peek_value(&at);
        const struct sim_param *param = sim_param_find(table, name);
        struct sim_param one;

        if (!param) {
            (void)add(errors, name, "%s", words->unknown);
            continue;
        }
        if (!belongs(param, type)) {
            (void)add(found, name, "%s", words->unknown);
        } else if (value) {
            one = *param;
            one.name = name;
            check_one(&(struct check){words, found}, &one, given, value);
            if (param->needs && !sim_get(given, param->needs))
                (void)add(found, param->needs, "missing property - '%s' requires this property", name);
        }
        add_all(errors, param, type, found);
    }
    return json_object_object_length(errors) > 0 ? -EINVAL : 0;
}
