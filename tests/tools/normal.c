/* SPDX-License-Identifier: Apache-2.0 */
#include "normal.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"

#define YEAR_S     (365 * 86400)
#define TEXT_MOST  160 /* of a text on a page */
#define ROWS_MOST  2
#define WORDS_MOST 6

/* In this order: the longer ones first. */
static const struct {
    const char *pattern, *word;
} rules[] = {
    {"UPID:([A-Za-z0-9.-]+):[0-9A-F]{8}:[0-9A-F]{8,9}:[0-9A-F]{8,16}:[0-9A-F]{8}:",
     "UPID:\\1:0003A5F1:01B2C3D4:00000007:6B08C5E4:"}, /* Backup Server's, with the task's number */
    {"UPID%3A([A-Za-z0-9.-]+)%3A[0-9A-F]{8}%3A[0-9A-F]{8,9}%3A[0-9A-F]{8,16}%3A[0-9A-F]{8}%3A",
     "UPID%3A\\1%3A0003A5F1%3A01B2C3D4%3A00000007%3A6B08C5E4%3A"},
    {"UPID:([A-Za-z0-9.-]+):[0-9A-F]{8}:[0-9A-F]{8,9}:[0-9A-F]{8}:", "UPID:\\1:0003A5F1:01B2C3D4:6B08C5E4:"},
    {"UPID%3A([A-Za-z0-9.-]+)%3A[0-9A-F]{8}%3A[0-9A-F]{8,9}%3A[0-9A-F]{8}%3A",
     "UPID%3A\\1%3A0003A5F1%3A01B2C3D4%3A6B08C5E4%3A"},
    {"proximo-[0-9]{8}T[0-9]{6}-[0-9a-f]{8}", "proximo-<time>-<id>"},
    {"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(\\.[0-9]+)?Z?( UTC)?", "<time>"},
    {"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}%3A[0-9]{2}%3A[0-9]{2}Z", "<time>"},
    {"[0-9]{4}_[0-9]{2}_[0-9]{2}-[0-9]{2}_[0-9]{2}_[0-9]{2}", "<time>"},
    {"127\\.0\\.0\\.1:[0-9]+", "127.0.0.1:<port>"},
    {"/tmp/proximo-road\\.[A-Za-z0-9]+", "<folder>"},
    {"([0-9A-F]{2}:){31}[0-9A-F]{2}", "<fingerprint>"},
    {"([=>: ])1[78][0-9]{8}", "\\1<epoch>"},
    {"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"},
    {"[0-9a-f]{64}", "<hash>"},
    {"[0-9a-f]{40}", "<digest>"},
    {"[0-9a-f]{32}", "<id>"},
};
static regex_t compiled[sizeof(rules) / sizeof(rules[0])];

static void compile_once(void)
{
    static bool done;

    for (size_t i = 0; !done && i < sizeof(rules) / sizeof(rules[0]); i++)
        assert_int_equal(regcomp(&compiled[i], rules[i].pattern, REG_EXTENDED), 0);
    done = true;
}

static void put_word(struct buf *out, const char *word, const char *text, const regmatch_t *part)
{
    const char *mark = strstr(word, "\\1");

    if (!mark) {
        buf_str(out, word);
        return;
    }
    buf_add(out, word, (size_t)(mark - word));
    buf_add(out, text + part->rm_so, (size_t)(part->rm_eo - part->rm_so));
    buf_str(out, mark + 2);
}

static char *replaced(const char *text, size_t rule)
{
    struct buf out CLEANUP_BUF = BUF_INIT((size_t)8 << 20);
    regmatch_t match[3];

    while (*text && regexec(&compiled[rule], text, 3, match, 0) == 0 && match[0].rm_eo > match[0].rm_so) {
        buf_add(&out, text, (size_t)match[0].rm_so);
        put_word(&out, rules[rule].word, text, &match[1]);
        text += match[0].rm_eo;
    }
    buf_str(&out, text);
    return out.len ? buf_take(&out, NULL) : strdup("");
}

static struct json_object *normal_text(const char *text)
{
    char *now = strdup(text);

    compile_once();
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        char *next = replaced(now, i);
        free(now);
        now = next;
    }
    struct json_object *o = json_object_new_string(now);
    free(now);
    return o;
}

/* Seconds since 1970 that are about today's; sizes are seldom so. */
static bool moment(int64_t n)
{
    const int64_t now = time(NULL);

    return n > now - YEAR_S && n < now + 2 * YEAR_S;
}

/* A number that goes on by itself while a slow machine runs the test; NULL: it is none of these. */
static struct json_object *clock_number(const char *key, struct json_object *value)
{
    static const char *const names[] = {"age", "age_s", "age_seconds", "uptime"};

    if (!json_object_is_type(value, json_type_int))
        return NULL;
    if (strcmp(key, "expires_in_s") == 0)
        return json_object_new_int64((json_object_get_int64(value) + 59) / 60 * 60);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(key, names[i]) == 0)
            return json_object_new_string("<seconds>");
    }
    return NULL;
}

struct json_object *normal(struct json_object *answer)
{
    struct json_object *copy = NULL;

    switch (json_object_get_type(answer)) {
    case json_type_string: return normal_text(json_object_get_string(answer));
    case json_type_int:
        return moment(json_object_get_int64(answer)) ? json_object_new_string("<epoch>")
                                                     : json_object_get(answer);
    case json_type_array:
        copy = json_object_new_array();
        for (size_t i = 0; i < json_object_array_length(answer); i++)
            json_object_array_add(copy, normal(json_object_array_get_idx(answer, i)));
        return copy;
    case json_type_object: break;
    default: return json_object_get(answer);
    }
    copy = json_object_new_object();
    json_object_object_foreach(answer, key, value)
    {
        struct json_object *name = normal_text(key), *number = clock_number(key, value);
        if (strcmp(key, "text") != 0 || !json_object_object_get(answer, "plan_id"))
            json_object_object_add(copy, json_object_get_string(name), number ? number : normal(value));
        json_object_put(name);
    }
    return copy;
}

static struct json_object *cut_text(const char *text)
{
    size_t len = strlen(text);
    struct buf out CLEANUP_BUF = BUF_INIT(4 * TEXT_MOST);

    if (len <= TEXT_MOST)
        return json_object_new_string(text);
    for (len = TEXT_MOST; len && ((unsigned char)text[len] & 0xC0) == 0x80;)
        len--;
    buf_add(&out, text, len);
    buf_str(&out, "...");
    return json_object_new_string(out.data);
}

struct json_object *shortened(struct json_object *answer)
{
    struct json_object *copy = NULL;

    if (json_object_is_type(answer, json_type_string))
        return cut_text(json_object_get_string(answer));
    if (json_object_is_type(answer, json_type_array)) {
        const size_t count = json_object_array_length(answer);
        struct json_object *first = count ? json_object_array_get_idx(answer, 0) : NULL;
        const size_t most = json_object_is_type(first, json_type_object) ? ROWS_MOST : WORDS_MOST;
        copy = json_object_new_array();
        for (size_t i = 0; i < count && i < most; i++)
            json_object_array_add(copy, shortened(json_object_array_get_idx(answer, i)));
        if (count > most)
            json_object_array_add(copy, json_object_new_string("..."));
        return copy;
    }
    if (!json_object_is_type(answer, json_type_object))
        return json_object_get(answer);
    copy = json_object_new_object();
    json_object_object_foreach(answer, key, value) json_object_object_add(copy, key, shortened(value));
    return copy;
}

bool alike(struct json_object *a, struct json_object *b)
{
    if (json_object_is_type(a, json_type_array) && json_object_is_type(b, json_type_array))
        return (json_object_array_length(a) == 0) == (json_object_array_length(b) == 0) &&
               (json_object_array_length(a) == 0 ||
                alike(json_object_array_get_idx(a, 0), json_object_array_get_idx(b, 0)));
    if (json_object_is_type(a, json_type_object) != json_object_is_type(b, json_type_object) ||
        json_object_is_type(a, json_type_array) != json_object_is_type(b, json_type_array))
        return false;
    if (!json_object_is_type(a, json_type_object))
        return true;
    if (json_object_object_length(a) != json_object_object_length(b))
        return false;
    json_object_object_foreach(a, key, value)
    {
        struct json_object *other = NULL;
        if (!json_object_object_get_ex(b, key, &other) || !alike(value, other))
            return false;
    }
    return true;
}
