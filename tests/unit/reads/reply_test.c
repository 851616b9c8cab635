/* SPDX-License-Identifier: Apache-2.0 */
/* A plane's reply as content of prompts and contents of resources; URIs and their templates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "plane/planes.h"
#include "plane/read.h"
#include "plane/resource_uri.h"
#include "proximo/plane.h"

#define DATA(text) .data = (char *)(uintptr_t)(text), .data_len = sizeof(text) - 1
#define LIMIT      ((size_t)1 << 20)

static struct reply_block blocks[] = {
    {.type = PROXIMO_CONTENT_TEXT, DATA("a\x1b[31m\nb")},
    {.type = PROXIMO_CONTENT_TEXT,
     .flags = PROXIMO_CONTENT_UNTRUSTED | PROXIMO_CONTENT_ASSISTANT,
     DATA("\"quoted\"")},
    {.type = PROXIMO_CONTENT_JSON, DATA("{ \"a\": \"x\\ty\", \"password\":\"pw\"}")},
    {.type = PROXIMO_CONTENT_IMAGE, .mime = (char *)"image/png", DATA("\x89PNG\0")},
    {.type = PROXIMO_CONTENT_RESOURCE, .uri = (char *)"x:other", DATA("inner")},
    {.type = PROXIMO_CONTENT_LINK, .uri = (char *)"x:link", DATA("")},
};

static void check(int r, const struct buf *made, const char *wanted, const struct problem *p)
{
    struct json_object *whole CLEANUP_JSON = NULL;

    if (r < 0)
        fail_msg("%s", p->cause);
    assert_string_equal(made->data, wanted);
    assert_int_equal(json_parse(made->data, made->len, &whole, NULL), 0);
}

static void test_content(void **state)
{
    const struct plane_reply reply = {.blocks = blocks, .count = 6};
    struct buf made CLEANUP_BUF = BUF_INIT(LIMIT);
    struct problem p = PROBLEM_INIT;

    (void)state;
    int r = reply_put_content(&reply, false, &made, &p);
    check(r, &made,
          "[{\"type\":\"text\",\"text\":\"a[31m\\nb\"},"
          "{\"type\":\"text\",\"text\":\"\\\"quoted\\\"\",\"_meta\":{\"proximo/untrusted\":true}},"
          "{\"type\":\"text\",\"text\":\"{\\\"a\\\":\\\"x\\\\ty\\\",\\\"password\\\":\\\"[hidden]\\\"}\"},"
          "{\"type\":\"image\",\"data\":\"iVBORwA=\",\"mimeType\":\"image/png\"},"
          "{\"type\":\"resource\",\"resource\":{\"uri\":\"x:other\",\"text\":\"inner\"}},"
          "{\"type\":\"resource_link\",\"uri\":\"x:link\",\"name\":\"x:link\"}]",
          &p);
}

static void test_roles(void **state)
{
    const struct plane_reply reply = {.blocks = blocks, .count = 2};
    struct buf made CLEANUP_BUF = BUF_INIT(LIMIT);
    struct problem p = PROBLEM_INIT;

    (void)state;
    int r = reply_put_content(&reply, true, &made, &p);
    check(r, &made,
          "[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":\"a[31m\\nb\"}},"
          "{\"role\":\"assistant\",\"content\":{\"type\":\"text\",\"text\":\"\\\"quoted\\\"\","
          "\"_meta\":{\"proximo/untrusted\":true}}}]",
          &p);
}

static void test_contents(void **state)
{
    struct plane_reply reply = {.blocks = blocks, .count = 5};
    struct buf made CLEANUP_BUF = BUF_INIT(LIMIT);
    struct problem p = PROBLEM_INIT;

    (void)state;
    int r = reply_put_contents(&reply, "x:own", "text/markdown", &made, &p);
    check(r, &made,
          "[{\"uri\":\"x:own\",\"mimeType\":\"text/markdown\",\"text\":\"a[31m\\nb\"},"
          "{\"uri\":\"x:own\",\"mimeType\":\"text/markdown\",\"text\":\"\\\"quoted\\\"\","
          "\"_meta\":{\"proximo/untrusted\":true}},"
          "{\"uri\":\"x:own\",\"mimeType\":\"application/json\","
          "\"text\":\"{\\\"a\\\":\\\"x\\\\ty\\\",\\\"password\\\":\\\"[hidden]\\\"}\"},"
          "{\"uri\":\"x:own\",\"mimeType\":\"image/png\",\"blob\":\"iVBORwA=\"},"
          "{\"uri\":\"x:other\",\"mimeType\":\"text/markdown\",\"text\":\"inner\"}]",
          &p);
    buf_reset(&made);
    reply.count = 1;
    r = reply_put_contents(&reply, "x:own", NULL, &made, &p);
    check(r, &made, "[{\"uri\":\"x:own\",\"mimeType\":\"text/plain\",\"text\":\"a[31m\\nb\"}]", &p);
    reply = (struct plane_reply){.blocks = &blocks[5], .count = 1};
    assert_int_equal(reply_put_contents(&reply, "x:own", NULL, &made, &p), -EPROTO);
}

/* Nothing is cut: what is too long is an error, in one block or in several. */
static void test_limit(void **state)
{
    char *text = calloc(1, READ_ANSWER_LIMIT + 2);
    struct buf made CLEANUP_BUF = BUF_INIT(LIMIT);
    struct buf small CLEANUP_BUF = BUF_INIT(64);
    struct problem p = PROBLEM_INIT;

    (void)state;
    assert_non_null(text);
    memset(text, 'x', READ_ANSWER_LIMIT + 1);
    struct reply_block two[2] = {{.type = PROXIMO_CONTENT_TEXT, .data = text, .data_len = READ_ANSWER_LIMIT},
                                 {.type = PROXIMO_CONTENT_TEXT, DATA("y")}};
    struct plane_reply reply = {.blocks = two, .count = 1};
    assert_int_equal(reply_put_content(&reply, false, &made, &p), 0);
    assert_true(made.len > READ_ANSWER_LIMIT && !strstr(made.data, "cut"));
    assert_int_equal(reply_put_content(&reply, false, &small, &p), -E2BIG);
    reply.count = 2;
    assert_int_equal(reply_put_content(&reply, true, &made, &p), -E2BIG);
    assert_int_equal(reply_put_contents(&reply, "x:a", NULL, &made, &p), -E2BIG);
    assert_string_equal(p.code, PX_TOO_LARGE);
    free(text);
}

static void test_uris(void **state)
{
    static const char *const templates[][2] = {
        {"proximo://site/{site}/guest/{vmid}", NULL},
        {"x:{a}/{b}?c={c}", NULL},
        {"x:a%20b", NULL},
        {"", "missing"},
        {"guest/{vmid}", "scheme"},
        {"x:", "scheme"},
        {"{a}:b", "scheme"},
        {"1x:b", "scheme"},
        {"x:a b", "character"},
        {"x:a%2", "character"},
        {"x:a}", "character"},
        {"x:\xc3\xa4", "character"},
        {"x:{a", "begins no {name}"},
        {"x:{}", "begins no {name}"},
        {"x:{+a}", "begins no {name}"},
        {"x:{a,b}", "begins no {name}"},
        {"x:{a*}", "begins no {name}"},
        {"x:{a}{b}", "followed by neither"},
        {"x:{a}b", "followed by neither"},
        {"x:{a}%20", "followed by neither"},
        {"x:{a},{b}", "followed by neither"},
        {"x:{someThing}", NULL},
        {"proximo://plan/{id}", "program's own"},
        {"proximo://receipt/1", "program's own"},
        {"PROXIMO://ledger/1", "program's own"},
        {"proximo://policy", "program's own"},
        {"proximo://{a}/b", "program's own"},
        {"proximo:plan/1", "program's own"},
    };
    static const struct {
        const char *template, *uri;
        bool matches;
    } pairs[] = {
        {"x:all", "x:all", true},
        {"x:all", "x:al", false},
        {"x:all", "x:alll", false},
        {"x:{a}", "x:1", true},
        {"x:{a}", "x:", false},
        {"x:{a}", "x:1/2", false},
        {"x:{a}", "x:1%2F2", true},
        {"x:{a}/b/{c}", "x:1/b/2-~.", true},
        {"x:{a}/log", "x:UPID:pve1:0001:user@pam:/log", true},
        {"x:{a}", "x:1?c", false},
        {"x:{a}/b/{c}", "x:1/b/", false},
        {"x:{a}/b", "x:1/b/2", false},
        {"x:{a}?b={c}", "x:1?b=2", true},
        {"x:{a}?b={c}", "x:1?c=2", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++) {
        const char *fault = resource_template_fault(templates[i][0]);
        if ((fault == NULL) != (templates[i][1] == NULL) || (fault && !strstr(fault, templates[i][1])))
            fail_msg("%s: %s", templates[i][0], fault ? fault : "accepted");
    }
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        if (resource_uri_matches(pairs[i].template, pairs[i].uri) != pairs[i].matches)
            fail_msg("%s and %s", pairs[i].template, pairs[i].uri);
    assert_true(resource_uri_valid("proximo://site/a/guest/105"));
    assert_false(resource_uri_valid("proximo://site/{site}"));
    assert_false(resource_uri_valid("x:a\nb"));
    assert_false(resource_uri_valid("nothing"));
    const char *at = "x:{one}/{two}";
    size_t len;
    const char *name = resource_variable_next(&at, &len);
    assert_true(len == 3 && memcmp(name, "one", len) == 0);
    name = resource_variable_next(&at, &len);
    assert_true(len == 3 && memcmp(name, "two", len) == 0);
    assert_null(resource_variable_next(&at, &len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_content), cmocka_unit_test(test_roles),
                                       cmocka_unit_test(test_contents), cmocka_unit_test(test_limit),
                                       cmocka_unit_test(test_uris)};

    return cmocka_run_group_tests_name("reads-reply", tests, NULL, NULL);
}
