/* SPDX-License-Identifier: Apache-2.0 */
/* The validator: one loop over the values with a stack of open containers; strings and keys have files of
 * their own. */
#include "base/json_check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_number.h"
#include "base/json_scan.h"

static inline void skip_space(struct json_scan *s)
{
    while (s->at < s->len && (s->text[s->at] == ' ' || s->text[s->at] == '\n' || s->text[s->at] == '\t' ||
                              s->text[s->at] == '\r'))
        s->at++;
}

static bool skip_word(struct json_scan *s, const char *word, size_t len)
{
    if (s->len - s->at < len || memcmp(s->text + s->at, word, len) != 0)
        return json_scan_fail(s, JSON_FAULT_SYNTAX, s->at);
    s->at += len;
    return true;
}

/* A value that is neither object nor array; s->at is on its first byte. */
static bool skip_scalar(struct json_scan *s)
{
    bool escaped = false;
    size_t n = 0;

    switch (s->text[s->at]) {
    case '"': s->at++; return json_scan_string(s, &escaped);
    case 't': return skip_word(s, "true", 4);
    case 'f': return skip_word(s, "false", 5);
    case 'n': return skip_word(s, "null", 4);
    default: {
        enum json_fault fault = json_number_check(s->text + s->at, s->len - s->at, &n);
        if (fault != JSON_FAULT_NONE)
            return json_scan_fail(s, fault, s->at + n);
        s->at += n;
        return true;
    }
    }
}

/* "key": with white space around; s->at is where the quote should be. */
static bool skip_key(struct json_scan *s)
{
    bool escaped = false;

    if (s->at >= s->len || s->text[s->at] != '"')
        return json_scan_fail(s, JSON_FAULT_SYNTAX, s->at);
    size_t offset = ++s->at;
    if (!json_scan_string(s, &escaped) || !json_keys_add(s, offset, s->at - 1, escaped))
        return false;
    skip_space(s);
    if (s->at >= s->len || s->text[s->at] != ':')
        return json_scan_fail(s, JSON_FAULT_SYNTAX, s->at);
    s->at++;
    skip_space(s);
    return true;
}

/* The open containers: is it an object, and its first key. */
struct level {
    bool object;
    size_t first_key;
};

static bool skip_value(struct json_scan *s, unsigned max_depth)
{
    struct level levels[JSON_CHECK_MAX_DEPTH];
    unsigned depth = 0;

    for (;;) {
        /* A value is due. */
        if (s->at >= s->len)
            return json_scan_fail(s, JSON_FAULT_SYNTAX, s->len);
        char c = s->text[s->at];
        if (c == '{' || c == '[') {
            if (depth == max_depth)
                return json_scan_fail(s, JSON_FAULT_DEPTH, s->at);
            levels[depth++] = (struct level){.object = c == '{', .first_key = s->key_count};
            s->at++;
            skip_space(s);
            if (s->at >= s->len || s->text[s->at] != (c == '{' ? '}' : ']')) {
                if (c == '{' && !skip_key(s))
                    return false;
                continue;
            }
        } else if (!skip_scalar(s)) {
            return false;
        }
        /* A value has ended, or an empty container is about to; close what ends here. */
        for (;;) {
            if (depth == 0)
                return true;
            const struct level *level = &levels[depth - 1];
            skip_space(s);
            if (s->at >= s->len)
                return json_scan_fail(s, JSON_FAULT_SYNTAX, s->len);
            c = s->text[s->at];
            if (c == ',') {
                s->at++;
                skip_space(s);
                if (level->object && !skip_key(s))
                    return false;
                break;
            }
            if (c != (level->object ? '}' : ']'))
                return json_scan_fail(s, JSON_FAULT_SYNTAX, s->at);
            if (level->object && !json_keys_distinct(s, level->first_key))
                return false;
            s->at++;
            depth--;
        }
    }
}

int json_check(struct json_check *check, const char *text, size_t len)
{
    struct json_scan s;
    unsigned depth = check->max_depth;

    s.text = text;
    s.len = len;
    s.at = 0;
    s.fault = JSON_FAULT_NONE;
    s.keys = s.inline_keys;
    s.key_count = 0;
    s.key_cap = JSON_KEYS_INLINE;
    if (depth == 0 || depth > JSON_CHECK_MAX_DEPTH)
        depth = JSON_CHECK_MAX_DEPTH;
    if (len > UINT32_MAX) {
        (void)json_scan_fail(&s, JSON_FAULT_MEMORY, 0);
    } else {
        skip_space(&s);
        if (s.at == len)
            (void)json_scan_fail(&s, JSON_FAULT_EMPTY, len);
        else if (skip_value(&s, depth)) {
            skip_space(&s);
            if (s.at < len)
                (void)json_scan_fail(&s, JSON_FAULT_TRAILING, s.at);
        }
    }
    if (s.keys != s.inline_keys)
        free(s.keys);
    check->fault = s.fault;
    check->offset = s.at;
    if (s.fault == JSON_FAULT_NONE)
        return 0;
    return s.fault == JSON_FAULT_MEMORY ? -ENOMEM : -EINVAL;
}

const char *json_fault_name(enum json_fault fault)
{
    static const char *const names[] = {
        [JSON_FAULT_NONE] = "valid JSON",
        [JSON_FAULT_EMPTY] = "no value at all",
        [JSON_FAULT_SYNTAX] = "not JSON",
        [JSON_FAULT_UTF8] = "not valid UTF-8, or a lone surrogate",
        [JSON_FAULT_DEPTH] = "nested too deeply",
        [JSON_FAULT_DUPLICATE] = "the same key twice in one object",
        [JSON_FAULT_NUMBER] = "a number out of range",
        [JSON_FAULT_TRAILING] = "something after the value",
        [JSON_FAULT_MEMORY] = "too large for memory",
        [JSON_FAULT_KEY] = "a key with a NUL character in it",
    };

    return (size_t)fault < sizeof names / sizeof names[0] ? names[fault] : "not JSON";
}
