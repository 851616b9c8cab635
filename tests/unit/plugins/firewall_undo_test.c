/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way back of changes of firewall rules, also in lists that others have changed since. A list is a word,
 * a rule a letter of it; the steps that are planned are played on the list as it is.
 */
#include "plan_rig.h"

#include <json-c/json.h>

#define RULES "/cluster/firewall/rules"
#define ROOM  32

static struct json_object *rule_of(char letter, size_t pos)
{
    char text[200];
    (void)snprintf(text, sizeof(text),
                   "{\"type\":\"in\",\"action\":\"ACCEPT\",\"enable\":1,\"comment\":\"%c\",\"digest\":\"d\","
                   "\"pos\":%zu,\"ipversion\":4}",
                   letter, pos);
    return json_tokener_parse(text);
}

/* As GET shows it; `backwards` as a guard may hold it. */
static struct json_object *list_of(const char *word, bool backwards)
{
    struct json_object *list = json_object_new_array();
    const size_t count = strlen(word);
    for (size_t i = 0; i < count; i++) {
        const size_t at = backwards ? count - 1 - i : i;
        json_object_array_add(list, rule_of(word[at], at));
    }
    return list;
}

/* A guard's value: of all of it, or rule by rule with the end. */
static struct json_object *state_of(const char *word, bool each)
{
    struct json_object *state = json_object_new_object(), *absent = json_object_new_object();
    char name[32];
    if (!each) {
        json_object_put(absent);
        json_object_object_add(state, "", list_of(word, true));
        return state;
    }
    for (size_t i = 0; i < strlen(word); i++) {
        (void)snprintf(name, sizeof(name), "/%zu", i);
        json_object_object_add(state, name, rule_of(word[i], i));
    }
    (void)snprintf(name, sizeof(name), "/%zu", strlen(word));
    json_object_object_add(absent, "absent", json_object_new_boolean(1));
    json_object_object_add(state, name, absent);
    return state;
}

static char *record_of(const char *before, const char *after, bool each)
{
    struct json_object *record = json_object_new_object();
    struct json_object *first = json_object_new_array(), *second = json_object_new_array();
    json_object_array_add(first, state_of(before, each));
    json_object_array_add(second, state_of(after, each));
    json_object_object_add(record, "before", first);
    json_object_object_add(record, "after", second);
    char *text = strdup(json_object_to_json_string_ext(record, JSON_C_TO_STRING_PLAIN));
    json_object_put(record);
    return text;
}

/* ---- the steps, played */

static const char *param(struct json_object *step, const char *name)
{
    struct json_object *params = json_object_object_get(step, "params");
    for (size_t i = 0; params && i < json_object_array_length(params); i++) {
        struct json_object *field = json_object_array_get_idx(params, i);
        if (strcmp(json_object_get_string(json_object_object_get(field, "name")), name) == 0)
            return json_object_get_string(json_object_object_get(field, "value"));
    }
    return NULL;
}

static void insert(char *word, size_t at, char letter)
{
    memmove(word + at + 1, word + at, strlen(word + at) + 1);
    word[at] = letter;
}

static char take(char *word, size_t at)
{
    const char letter = word[at];
    assert_true(at < strlen(word));
    memmove(word + at, word + at + 1, strlen(word + at));
    return letter;
}

static size_t number(const char *text)
{
    assert_non_null(text);
    size_t n = 0;
    for (; *text; text++)
        n = n * 10 + (size_t)(*text - '0');
    return n;
}

static void play(struct json_object *step, char *word)
{
    struct json_object *method = json_object_object_get(step, "method");
    const char *verb = method ? json_object_get_string(method) : "";
    const char *comment = param(step, "comment"), *to = param(step, "moveto");
    if (strcmp(verb, "POST") == 0) {
        insert(word, 0, *comment);
    } else if (strcmp(verb, "DELETE") == 0) {
        (void)take(word, number(param(step, "pos")));
    } else if (strcmp(verb, "PUT") == 0 && to) {
        const size_t from = number(param(step, "pos")), there = number(to);
        const char letter = take(word, from);
        insert(word, there > from ? there - 1 : there, letter);
    } else if (strcmp(verb, "PUT") == 0) {
        word[number(param(step, "pos"))] = *comment;
    }
}

/* The list after the way back, or NULL when it was refused: the words are in t. */
static const char *back(struct plane_test *t, const char *before, const char *after, const char *now,
                        bool each, char word[ROOM])
{
    struct json_object *list = list_of(now, false);
    char *record = record_of(before, after, each);
    plane_test_init(t);
    plane_test_argument(t, "scope", "cluster", 1);
    plane_test_answer(t, RULES, 200, json_object_to_json_string(list));
    plane_test_answer(t, "/cluster/firewall/options", 200, "{\"enable\":1}");
    const int32_t r = plane_test_plan_undo(t, plane_load("firewall"), "pve_firewall_rule_add", record);
    (void)snprintf(word, ROOM, "%s", now);
    for (uint32_t i = 0; r == PROXIMO_OK && i < plane_test_told_count(t, "steps"); i++) {
        struct json_object *step = json_tokener_parse(plane_test_told(t, "steps", i));
        play(step, word);
        json_object_put(step);
    }
    json_object_put(list);
    free(record);
    return r == PROXIMO_OK ? word : NULL;
}

static const struct {
    const char *before, *after, *now;
    const char *then, *refused; /* one of them */
} rows[] = {
    /* added */
    {"abc", "xabc", "xabc", "abc", NULL},
    {"abc", "xabc", "yxabc", "yabc", NULL},
    {"abc", "xabc", "axbc", "abc", NULL},
    {"abc", "xabc", "xabxc", NULL, "2 times"},
    {"abc", "xabc", "abc", NULL, "not in the list"},
    {"", "x", "x", "", NULL},
    {"aab", "aaab", "aaab", "aab", NULL},
    /* removed */
    {"abc", "ac", "ac", "abc", NULL},
    {"abc", "ac", "yac", "yabc", NULL},
    {"abc", "ac", "acy", "abcy", NULL},
    {"abc", "ac", "ayc", NULL, "do not stand beside"},
    {"abc", "ac", "aca", NULL, "more than once"},
    {"abc", "ab", "ab", "abc", NULL},
    {"abc", "ab", "yab", "yabc", NULL},
    {"abc", "ab", "aby", NULL, "do not stand beside"},
    {"abc", "bc", "bc", "abc", NULL},
    {"abc", "bc", "bcy", "abcy", NULL},
    {"abc", "bc", "ybc", NULL, "do not stand beside"},
    {"a", "", "", "a", NULL},
    {"a", "", "y", NULL, "do not stand beside"},
    {"aa", "a", "a", "aa", NULL},
    /* changed */
    {"abc", "axc", "axc", "abc", NULL},
    {"abc", "axc", "yaxc", "yabc", NULL},
    {"abc", "axc", "axcx", NULL, "2 times"},
    {"abc", "axc", "ac", NULL, "not in the list"},
    /* moved */
    {"abcd", "acdb", "acdb", "abcd", NULL},
    {"abcd", "dabc", "dabc", "abcd", NULL},
    {"abcd", "bacd", "bacd", "abcd", NULL},
    {"abcd", "acdb", "yacdb", "yabcd", NULL},
    {"abcd", "acdb", "acdyb", "abcdy", NULL},
    {"abcd", "acdb", "aycdb", NULL, "do not stand beside"},
    {"abcd", "acdb", "acd", NULL, "not in the list"},
    {"abcd", "bcda", "bcda", "abcd", NULL},
    /* nothing that one request could lead back */
    {"abc", "abc", "abc", NULL, "left the list as it was"},
    {"abc", "xyz", "xyz", NULL, "more than one rule"},
    {"abc", "xabcy", "xabcy", NULL, "more than one rule"},
    {"abcd", "dcba", "dcba", NULL, "more than one rule"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        struct plane_test t;
        char word[ROOM];
        const size_t n = i / 2;
        const char *then = back(&t, rows[n].before, rows[n].after, rows[n].now, i % 2, word);
        if (then ? !rows[n].then || strcmp(then, rows[n].then) != 0
                 : !rows[n].refused || !strstr(t.fail_text, rows[n].refused))
            fail_msg("%s -> %s, now %s: %s, wanted %s", rows[n].before, rows[n].after, rows[n].now,
                     then ? then : t.fail_text, rows[n].then ? rows[n].then : rows[n].refused);
        if (!then) {
            assert_int_equal(t.fail_code, PROXIMO_ESTATE);
            assert_int_equal(plane_test_told_count(&t, "steps"), 0);
        }
        plane_test_done(&t);
    }
}

/* Every single change of every list of few letters, equal ones among them, leads back exactly. */
static void check_all(const char *before, const char *after)
{
    struct plane_test t;
    char word[ROOM];
    if (strcmp(before, after) == 0)
        return;
    const char *then = back(&t, before, after, after, strlen(before) % 2, word);
    if (!then || strcmp(then, before) != 0)
        fail_msg("%s -> %s: back to %s", before, after, then ? then : t.fail_text);
    plane_test_done(&t);
}

static void changes_of(const char *before)
{
    const size_t count = strlen(before);
    char after[ROOM];
    for (const char *letter = "ax"; *letter; letter++) {
        (void)snprintf(after, sizeof(after), "%s", before);
        insert(after, 0, *letter);
        check_all(before, after);
        for (size_t i = 0; i < count; i++) {
            (void)snprintf(after, sizeof(after), "%s", before);
            after[i] = *letter;
            check_all(before, after);
        }
    }
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(after, sizeof(after), "%s", before);
        (void)take(after, i);
        check_all(before, after);
        for (size_t k = 0; k < count; k++) {
            (void)snprintf(after, sizeof(after), "%s", before);
            insert(after, k, take(after, i));
            check_all(before, after);
        }
    }
}

static void test_every_change(void **state)
{
    char word[8];
    (void)state;
    for (unsigned length = 0; length <= 4; length++) {
        unsigned lists = 1;
        for (unsigned i = 0; i < length; i++)
            lists *= 3;
        for (unsigned n = 0; n < lists; n++) {
            unsigned rest = n;
            for (unsigned i = 0; i < length; i++, rest /= 3)
                word[i] = (char)('a' + rest % 3);
            word[length] = '\0';
            changes_of(word);
        }
    }
}

/* What a record may hold that makes no sense. */
static void test_records(void **state)
{
    static const char *const bad[] = {
        "{}",
        "{\"before\":[],\"after\":[]}",
        "{\"before\":[null],\"after\":[{\"\":[]}]}",
        "{\"before\":[{\"\":[{\"type\":\"in\",\"pos\":1}]}],\"after\":[{\"\":[]}]}",
        "{\"before\":[{\"\":[{\"type\":\"in\",\"pos\":\"x\"}]}],\"after\":[{\"\":[]}]}",
        "{\"before\":[{\"\":[3]}],\"after\":[{\"\":[]}]}",
        "[]",
        "x",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct plane_test t;
        plane_test_init(&t);
        plane_test_argument(&t, "scope", "cluster", 1);
        plane_test_answer(&t, RULES, 200, "[]");
        expect_failure(&t, plane_test_plan_undo(&t, plane_load("firewall"), "pve_firewall_rule_add", bad[i]),
                       PROXIMO_ESTATE, "the record does not say");
        plane_test_done(&t);
    }
}

/* Answers that are no list of rules are no empty list. */
static void test_answers(void **state)
{
    static const char *const bad[] = {"null", "{}", "[{\"type\":\"in\",\"action\":\"DROP\",\"pos\":1}]",
                                      "[{\"type\":\"in\",\"action\":\"DROP\"}]", "[[]]"};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct plane_test t;
        plane_test_init(&t);
        plane_test_argument(&t, "scope", "cluster", 1);
        plane_test_argument(&t, "action", "ACCEPT", 1);
        plane_test_argument(&t, "direction", "in", 1);
        plane_test_argument(&t, "enable", "true", 0);
        plane_test_answer(&t, RULES, 200, bad[i]);
        expect_failure(&t, plane_test_plan(&t, plane_load("firewall"), "pve_firewall_rule_add"),
                       PROXIMO_EPROTO, "");
        plane_test_done(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_every_change),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
