/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Selectors: a JSON pointer walked step by step, with [key=value] or [key>number] to pick an element. Nothing
 * is allocated.
 */
#include "base/selector.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define WORD_SIZE    256u
#define SELECTOR_MAX 1024u

enum step_kind { STEP_MEMBER, STEP_PICK, STEP_ABOVE };

struct step {
    enum step_kind kind;
    char name[WORD_SIZE];
    char value[WORD_SIZE];
};

/* "/name": up to the next / or [, with RFC 6901's ~0 and ~1. */
static int read_member(const char **at, struct step *step)
{
    size_t len = 0;
    const char *p = *at + 1;

    for (; *p && *p != '/' && *p != '['; p++) {
        char c = *p;
        if (c == ']' || len + 1 >= sizeof step->name)
            return -EINVAL;
        if (c == '~') {
            p++;
            if (*p != '0' && *p != '1')
                return -EINVAL;
            c = *p == '0' ? '~' : '/';
        }
        step->name[len++] = c;
    }
    step->name[len] = '\0';
    step->kind = STEP_MEMBER;
    *at = p;
    return 0;
}

/* "[key=value]", "[key>number]" */
static int read_pick(const char **at, struct step *step)
{
    const char *key = *at + 1;
    size_t key_len = strcspn(key, "=>[]");
    uint64_t number;

    if ((key[key_len] != '=' && key[key_len] != '>') || key_len == 0 || key_len >= sizeof step->name)
        return -EINVAL;
    const char *value = key + key_len + 1;
    size_t value_len = strcspn(value, "]");
    if (value[value_len] != ']' || value_len >= sizeof step->value)
        return -EINVAL;
    memcpy(step->name, key, key_len);
    step->name[key_len] = '\0';
    memcpy(step->value, value, value_len);
    step->value[value_len] = '\0';
    step->kind = key[key_len] == '>' ? STEP_ABOVE : STEP_PICK;
    if (step->kind == STEP_ABOVE && text_to_u64(step->value, INT64_MAX, &number) < 0)
        return -EINVAL;
    *at = value + value_len + 1;
    return 0;
}

/* 1 and a step, 0 at the end, -EINVAL. */
static int read_step(const char **at, struct step *step)
{
    int r = -EINVAL;

    if (!**at)
        return 0;
    if (**at == '/')
        r = read_member(at, step);
    else if (**at == '[')
        r = read_pick(at, step);
    return r < 0 ? r : 1;
}

int selector_check(const char *selector)
{
    struct step step;
    int r;

    if (strnlen(selector, SELECTOR_MAX + 1) > SELECTOR_MAX)
        return -EINVAL;
    while ((r = read_step(&selector, &step)) > 0)
        ;
    return r;
}

static bool value_equals(struct json_object *value, const char *text)
{
    char number[32];

    switch (json_object_get_type(value)) {
    case json_type_string: return strcmp(json_object_get_string(value), text) == 0;
    case json_type_int:
        (void)snprintf(number, sizeof number, "%" PRId64, json_object_get_int64(value));
        return strcmp(number, text) == 0;
    case json_type_boolean: return strcmp(json_object_get_boolean(value) ? "true" : "false", text) == 0;
    case json_type_double: return strcmp(json_object_to_json_string(value), text) == 0;
    default: return false;
    }
}

static bool value_above(struct json_object *value, const char *text)
{
    uint64_t number;

    return json_object_is_type(value, json_type_int) && text_to_u64(text, INT64_MAX, &number) == 0 &&
           json_object_get_int64(value) > (int64_t)number;
}

static bool element_fits(struct json_object *element, const struct step *step)
{
    struct json_object *member;

    return json_object_is_type(element, json_type_object) &&
           json_object_object_get_ex(element, step->name, &member) &&
           (step->kind == STEP_ABOVE ? value_above(member, step->value) : value_equals(member, step->value));
}

/* Brackets that follow each other: all of them. *more is where they begin; *ret_end behind the last. */
static bool element_fits_all(struct json_object *element, const struct step *first, const char *more,
                             const char **ret_end)
{
    bool fits = element_fits(element, first);
    struct step step;

    while (*more == '[' && read_pick(&more, &step) == 0)
        fits = fits && element_fits(element, &step);
    *ret_end = more;
    return fits;
}

static int pick(const struct step *step, const char **at, struct json_object *in, struct json_object **ret)
{
    const char *more = *at;

    if (json_object_is_type(in, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(in); i++) {
            struct json_object *element = json_object_array_get_idx(in, i);
            if (element_fits_all(element, step, more, at)) {
                *ret = element;
                return 0;
            }
        }
    } else if (json_object_is_type(in, json_type_object)) {
        json_object_object_foreach(in, key, element)
        {
            (void)key;
            if (element_fits_all(element, step, more, at)) {
                *ret = element;
                return 0;
            }
        }
    }
    return -ENOENT;
}

static int member(const struct step *step, struct json_object *in, struct json_object **ret)
{
    uint64_t index;

    if (json_object_is_type(in, json_type_object))
        return json_object_object_get_ex(in, step->name, ret) ? 0 : -ENOENT;
    if (!json_object_is_type(in, json_type_array))
        return -ENOENT;
    bool leading_zero = step->name[0] == '0' && step->name[1]; /* RFC 6901, section 4 */
    if (leading_zero || text_to_u64(step->name, SIZE_MAX, &index) < 0 ||
        index >= json_object_array_length(in))
        return -ENOENT;
    *ret = json_object_array_get_idx(in, (size_t)index);
    return 0;
}

int selector_find(const char *selector, struct json_object *in, struct json_object **ret)
{
    struct step step;
    int r = selector_check(selector);

    if (r < 0)
        return r;
    while ((r = read_step(&selector, &step)) > 0) {
        struct json_object *next = NULL;
        r = step.kind == STEP_MEMBER ? member(&step, in, &next) : pick(&step, &selector, in, &next);
        if (r < 0)
            return r;
        in = next;
    }
    *ret = in;
    return 0;
}
