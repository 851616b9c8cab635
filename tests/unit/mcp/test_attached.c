/* SPDX-License-Identifier: Apache-2.0 */
/* Resources, prompts, completion, logging and subscriptions, one request each, in both eras. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/file.h"
#include "base/json.h"
#include "mcp/server.h"
#include "talk.h"

/* One request and a piece of its answer, one line each; legacy unless the params carry their own _meta. */
static const struct {
    const char *method, *params, *expected;
} asked[] = {
    {"resources/list", "", "\"uri\":\"proximo://policy\""},
    {"resources/list", "", "\"uri\":\"proximo://ledger/head\""},
    {"resources/list", "", "\"uri\":\"fake://site/lab/list\""},
    {"resources/list", "\"cursor\":\"x\"", "-32602"},
    {"resources/list", META("{}"), "\"ttlMs\":300000,\"cacheScope\":\"public\""},
    {"resources/templates/list", "", "\"uriTemplate\":\"proximo://plan/{plan_id}\""},
    {"resources/templates/list", "", "\"uriTemplate\":\"fake://of/{kind}\""},
    {"resources/read", "\"uri\":\"fake://fixed\"",
     "\"contents\":[{\"uri\":\"fake://fixed\",\"mimeType\":\"text/x\",\"text\":\"{}\"}]}"},
    {"resources/read", "\"uri\":\"fake://fixed\"," META("{}"), "\"ttlMs\":0,\"cacheScope\":\"private\""},
    {"resources/read", "\"uri\":\"fake://of/lxc\"", "{\\\"kind\\\":\\\"lxc\\\"}"},
    {"resources/read", "\"uri\":\"fake://of/%6Cxc\"", "{\\\"kind\\\":\\\"lxc\\\"}"},
    {"resources/read", "\"uri\":\"fake://of/vmware\"", "must be one of lxc,qemu"},
    {"resources/read", "\"uri\":\"fake://of/\"", "-32002"},
    {"resources/read", "\"uri\":\"fake://of/lxc/x\"", "-32002"},
    {"resources/read", "\"uri\":\"fake://of/lxc%00\"", "-32002"},
    {"resources/read", "\"uri\":\"fake://of/%ff\"", "-32002"},
    {"resources/read", "\"uri\":\"fake://site/lab/list\"", "\\\"sleep_ms\\\":1"},
    {"resources/read", "\"uri\":\"fake://site/moon/list\"", "there is no site"},
    {"resources/read", "\"uri\":\"fake://nope\"", "\"code\":-32002"},
    {"resources/read", "\"uri\":\"fake://nope\"", "\"data\":{\"uri\":\"fake://nope\"}"},
    {"resources/read", "\"uri\":\"fake://nope\"," META("{}"), "\"code\":-32602"},
    {"resources/read", "\"uri\":7", "-32602"},
    {"resources/read", "", "-32602"},
    {"resources/read", "\"uri\":\"proximo://policy\"", "\\\"settings\\\":{"},
    {"resources/read", "\"uri\":\"proximo://policy\"", "\\\"frozen\\\":false"},
    {"resources/read", "\"uri\":\"proximo://ledger/head\"",
     "{\\\"seq\\\":7,\\\"time\\\":5,\\\"kind\\\":\\\"plan\\\",\\\"hash\\\":\\\"abc\\\","},
    {"resources/read", "\"uri\":\"proximo://plan/p1\"", "\"text\":\"Plan p1\\n\""},
    {"resources/read", "\"uri\":\"proximo://plan/p2\"", "there is no plan p2"},
    {"resources/read", "\"uri\":\"proximo://receipt/7\"", "proximo-receipt-1"},
    {"resources/read", "\"uri\":\"proximo://receipt/8\"", "there is no record 8"},
    {"resources/read", "\"uri\":\"proximo://receipt/0\"", "number of a ledger record"},
    {"resources/read", "\"uri\":\"proximo://receipt/../7\"", "-32002"},
    {"prompts/list", "", "\"name\":\"review_receipts\""},
    {"prompts/list", "", "\"arguments\":[{\"name\":\"kind\",\"required\":true}]"},
    {"prompts/list", META("{}"), "\"ttlMs\":300000"},
    {"prompts/get", "\"name\":\"words\",\"arguments\":{\"kind\":\"lxc\"}",
     "\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":\"Look at lxc{ and .\"}}]"},
    {"prompts/get", "\"name\":\"words\",\"arguments\":{\"kind\":\"lxc\",\"site\":\"lab\"}", "Site: lab"},
    {"prompts/get", "\"name\":\"words\",\"arguments\":{\"kind\":\"lxc\",\"site\":\"moon\"}",
     "there is no site"},
    {"prompts/get", "\"name\":\"words\",\"arguments\":{\"kind\":\"x\"}", "lxc,qemu"},
    {"prompts/get", "\"name\":\"words\",\"arguments\":{\"kind\":7}", "must be a string"},
    {"prompts/get", "\"name\":\"words\"", "kind is missing"},
    {"prompts/get", "\"name\":\"words\",\"arguments\":{\"kind\":\"lxc\",\"x\":\"\"}", "unknown argument"},
    {"prompts/get", "\"name\":\"words\",\"arguments\":[]", "-32602"},
    {"prompts/get", "\"name\":\"nope\"", "-32602"},
    {"prompts/get", "", "-32602"},
    {"completion/complete",
     "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"words\"},\"argument\":{\"name\":\"kind\",\"value\":\"Q\"}",
     "{\"values\":[\"qemu\"],\"total\":1,\"hasMore\":false}"},
    {"completion/complete",
     "\"ref\":{\"type\":\"ref/resource\",\"uri\":\"fake://of/"
     "{kind}\"},\"argument\":{\"name\":\"kind\",\"value\":\"\"}",
     "[\"lxc\",\"qemu\"],\"total\":2"},
    {"completion/complete",
     "\"ref\":{\"type\":\"ref/resource\",\"uri\":\"proximo://plan/"
     "{plan_id}\"},\"argument\":{\"name\":\"plan_id\","
     "\"value\":\"guest/7\"}",
     "[\"q2\"],\"total\":1"},
    {"completion/complete",
     "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"words\"},\"argument\":{\"name\":\"site\",\"value\":\"l\"}",
     "[\"lab\"]"},
    {"completion/complete",
     "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"no\"},\"argument\":{\"name\":\"a\",\"value\":\"\"}",
     "-32602"},
    {"completion/complete",
     "\"ref\":{\"type\":\"ref/x\",\"name\":\"words\"},\"argument\":{\"name\":\"a\",\"value\":\"\"}",
     "-32602"},
    {"completion/complete", "\"ref\":7", "-32602"},
    {"resources/subscribe", "\"uri\":\"fake://log\"", "\"result\":{}"},
    {"resources/subscribe", "", "-32602"},
    {"resources/unsubscribe", "\"uri\":\"fake://log\"", "\"result\":{}"},
    {"resources/subscribe", "\"uri\":\"fake://log\"," META("{}"), "-32601"},
    {"logging/setLevel", "\"level\":\"info\"," META("{}"), "-32601"},
    {"subscriptions/listen", "", "-32601"},
    {"subscriptions/listen", META("{}"), "-32602"},
    {"subscriptions/listen", "\"notifications\":{\"taskIds\":[\"x\"]}," META("{}"), "-32021"},
    {"tools/call", "\"name\":\"pve_list_guests\",\"inputResponses\":7," META("{}"), "-32602"},
};

static void test_one_by_one(void **state)
{
    struct talk talk;

    (void)state;
    talk_open_with(&talk, true, "{}");
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        struct json_object *answer CLEANUP_JSON = NULL;

        request(&talk, 100 + (int)i, asked[i].method, asked[i].params);
        answer = hear(&talk);
        if (id_of(answer) != 100 + (int64_t)i || !has(answer, asked[i].expected))
            fail_msg("%s {%s}: %s", asked[i].method, asked[i].params, json_object_to_json_string(answer));
    }
    talk_finish(&talk, SERVER_ENDED);
}

/* Without a plane that may ask there is no log to set a level of, and lists never change. */
static void test_no_grant(void **state)
{
    struct json_object *first CLEANUP_JSON = NULL;
    struct talk talk;

    (void)state;
    talk_open_with(&talk, false, "{}");
    request(&talk, 101, "logging/setLevel", "\"level\":\"info\"");
    expect(&talk, 101, "-32601");
    request(&talk, 102, "server/discover", META("{}"));
    first = hear(&talk);
    assert_true(has(first, "\"tools\":{}"));
    assert_true(has(first, "\"completions\":{}"));
    assert_false(has(first, "listChanged"));
    assert_false(has(first, "logging"));
    talk_finish(&talk, SERVER_ENDED);
}

/* What the operator's lists leave out is neither listed nor read nor asked. */
static void test_denied(void **state)
{
    static char plane[] = "guests";
    static char *names[] = {plane};
    struct json_object *list CLEANUP_JSON = NULL, *prompts CLEANUP_JSON = NULL;
    struct talk talk;

    (void)state;
    talk_open(&talk);
    talk.plane = (struct config_plane){.name = plane, .client_requests = true};
    talk.config.planes = &talk.plane;
    talk.config.plane_count = 1;
    talk.config.deny.items = names;
    talk.config.deny.count = 1;
    talk_begin(&talk);
    hello(&talk);
    request(&talk, 101, "resources/list", "");
    list = hear(&talk);
    assert_true(has(list, "proximo://policy"));
    assert_false(has(list, "fake://"));
    request(&talk, 102, "prompts/list", "");
    prompts = hear(&talk);
    assert_true(has(prompts, "review_receipts"));
    assert_false(has(prompts, "words"));
    request(&talk, 103, "resources/read", "\"uri\":\"fake://fixed\"");
    expect(&talk, 103, "-32002");
    request(&talk, 104, "prompts/get", "\"name\":\"words\",\"arguments\":{\"kind\":\"lxc\"}");
    expect(&talk, 104, "-32602");
    request(&talk, 105, "resources/read", "\"uri\":\"fake://site/lab/list\"");
    expect(&talk, 105, "-32002");
    talk_finish(&talk, SERVER_ENDED);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_one_by_one, talk_setup),
        cmocka_unit_test_setup(test_no_grant, talk_setup),
        cmocka_unit_test_setup(test_denied, talk_setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
