/* SPDX-License-Identifier: Apache-2.0 */
/* Resources, prompts and what a plane says to the client: what reaches the client's functions, and what never
 * does. */
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

#define GRANT "client_requests: true"

/* What the client's functions heard, in words. */
struct heard {
    struct plane_client client;
    char text[512];
    int ask_result;
    unsigned count;
};

static void hear(struct heard *heard, const struct plane_info *plane, const char *text)
{
    size_t len = strlen(heard->text);

    assert_string_equal(plane->name, "talk");
    heard->count++;
    (void)snprintf(heard->text + len, sizeof(heard->text) - len, "%s%s", len ? "; " : "", text);
}

static bool on_can_ask(void *arg, uint32_t kind)
{
    ((struct heard *)arg)->count++;
    return kind == PROXIMO_ASK_ELICITATION;
}

static int on_ask(void *arg, const struct plane_info *plane, const struct plane_ask *asks, size_t count,
                  struct buf *ret_json, struct problem *p)
{
    struct heard *heard = arg;
    char line[256];

    for (size_t i = 0; i < count; i++) {
        (void)snprintf(line, sizeof(line), "ask %u %s %s", asks[i].kind, asks[i].key, asks[i].params_json);
        hear(heard, plane, line);
    }
    if (heard->ask_result == -EOPNOTSUPP)
        return problem_set(p, -EOPNOTSUPP, PX_UNSUPPORTED, "the client has no forms");
    if (heard->ask_result < 0)
        return heard->ask_result;
    buf_str(ret_json, "{\"k0\":{\"action\":\"accept\"}}");
    return 0;
}

static int on_log(void *arg, const struct plane_info *plane, uint32_t level, const char *logger,
                  const char *data_json, struct problem *p)
{
    char line[256];

    (void)p;
    (void)snprintf(line, sizeof(line), "log %u %s %s", level, logger, data_json);
    hear(arg, plane, line);
    return 0;
}

static int on_show(void *arg, const struct plane_info *plane, uint32_t what, const char *name, bool shown,
                   struct problem *p)
{
    char line[256];

    (void)p;
    (void)snprintf(line, sizeof(line), "show %u %s %d", what, name, shown);
    hear(arg, plane, line);
    return 0;
}

static int on_updated(void *arg, const struct plane_info *plane, const char *uri, struct problem *p)
{
    char line[256];

    (void)p;
    (void)snprintf(line, sizeof(line), "updated %s", uri);
    hear(arg, plane, line);
    return 0;
}

static void heard_init(struct heard *heard)
{
    *heard = (struct heard){.client = {.arg = heard,
                                       .can_ask = on_can_ask,
                                       .ask = on_ask,
                                       .log = on_log,
                                       .show = on_show,
                                       .updated = on_updated}};
}

static int run(struct rig *rig, const char *which, const struct plane_client *client, char *ret, size_t size,
               struct problem *p)
{
    struct plane_reply reply = {0};
    char arguments[64];

    (void)snprintf(arguments, sizeof(arguments), "{\"which\":\"%s\"}", which);
    struct plane_call call = {.tool = planes_tool_find(rig->planes, "talk_run"),
                              .client = client,
                              .arguments_json = arguments,
                              .deadline_ms = clock_ms() + 10000};
    *p = PROBLEM_INIT;
    *ret = '\0';
    int r = planes_call(rig->planes, &call, &reply, p);
    if (r == 0)
        (void)snprintf(ret, size, "%s", reply.blocks[0].data);
    else
        assert_true(*p->code && *p->cause);
    plane_reply_done(&reply);
    return r;
}

static const struct resource_row *resource_named(struct rig *rig, const char *name)
{
    for (size_t i = 0; i < planes_resource_count(rig->planes); i++)
        if (strcmp(planes_resource_at(rig->planes, i)->name, name) == 0)
            return planes_resource_at(rig->planes, i);
    fail_msg("no resource %s", name);
    return NULL;
}

static void test_lists(void **state)
{
    struct rig rig;
    struct problem p;

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "good,talk", GRANT);
    assert_int_equal(rig_wait(&rig, &p), 0);
    assert_int_equal(planes_resource_count(rig.planes), 4);
    assert_string_equal(planes_resource_at(rig.planes, 0)->uri, "proximo://site/{site}/talk");
    assert_string_equal(planes_resource_at(rig.planes, 3)->uri, "talk:all");
    assert_string_equal(planes_resource_at(rig.planes, 3)->mime, "text/markdown");
    assert_false(planes_resource_at(rig.planes, 3)->is_template);
    assert_true(planes_resource_at(rig.planes, 2)->is_template);
    assert_null(planes_resource_at(rig.planes, 4));
    assert_int_equal(planes_prompt_count(rig.planes), 2);
    assert_string_equal(planes_prompt_at(rig.planes, 0)->name, "talk_get");
    assert_true(planes_prompt_at(rig.planes, 0)->has_get);
    assert_string_equal(planes_prompt_at(rig.planes, 1)->params[0].name, "which");
    assert_true(planes_may_ask(rig.planes, planes_prompt_at(rig.planes, 0)->plane));
    assert_false(planes_may_ask(rig.planes, planes_tool_find(rig.planes, "good_echo")->plane));
    assert_false(planes_may_ask(rig.planes, NULL));
    rig_done(&rig);
}

static void test_off(void **state)
{
    char yaml[1024];
    struct rig rig;
    struct problem p;

    (void)state;
    (void)snprintf(yaml, sizeof(yaml), "plane_dir: %s\nplanes: {talk: {mode: off}}\n", rig_folder());
    rig_new_yaml(&rig, yaml);
    assert_int_equal(rig_wait(&rig, &p), 0);
    assert_int_equal(planes_resource_count(rig.planes), 0);
    assert_int_equal(planes_prompt_count(rig.planes), 0);
    rig_done(&rig);
}

static void test_refused(void **state)
{
    struct rig rig;
    struct problem p;

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "good,talk,dupuri,template,notool,early,minor2", NULL);
    assert_int_equal(rig_wait(&rig, &p), 0);
    rig_refused(&rig, "dupuri", "its resource URI \"talk:all\" is there already, from the plane \"talk\"");
    rig_refused(&rig, "template", "its URI names \"id\", which is no parameter");
    rig_refused(&rig, "notool", "\"good_echo\" is no read tool of this plane");
    rig_refused(&rig, "early", "it says that it was built for 0.2");
    assert_int_equal(planes_resource_count(rig.planes), 4);
    char text[64];
    assert_int_equal(rig_call(&rig, "minor2_run", "{}", 5000, text, sizeof(text), &p), 0);
    assert_string_equal(text, "{\"result\":2}");
    rig_done(&rig);
}

static void test_replies(void **state)
{
    struct plane_reply reply = {0};
    struct rig rig;
    struct problem p;

    (void)state;
    rig_new(&rig, RIG_FOREIGN, "talk", NULL);
    assert_int_equal(rig_wait(&rig, &p), 0);
    struct plane_call call = {.kind = PLANE_CALL_RESOURCE,
                              .resource = resource_named(&rig, "talk_note"),
                              .arguments_json = "{\"id\":\"seven\"}",
                              .deadline_ms = clock_ms() + 10000};
    assert_int_equal(planes_call(rig.planes, &call, &reply, &p), 0);
    assert_int_equal(reply.count, 1);
    assert_string_equal(reply.blocks[0].data, "seven");
    assert_true(reply.blocks[0].flags & PROXIMO_CONTENT_UNTRUSTED);
    plane_reply_done(&reply);
    call.resource = resource_named(&rig, "talk_all");
    assert_true(planes_call(rig.planes, &call, &reply, &p) < 0);
    assert_string_equal(p.code, PX_PLANE);
    assert_non_null(strstr(p.cause, "talk_all: it ended without an answer"));
    call.resource = resource_named(&rig, "talk_tool"); /* the core reads it by its tool */
    assert_int_equal(planes_call(rig.planes, &call, &reply, &p), -EINVAL);
    call = (struct plane_call){.kind = PLANE_CALL_PROMPT,
                               .prompt = planes_prompt_at(rig.planes, 0),
                               .arguments_json = "{}",
                               .deadline_ms = clock_ms() + 10000};
    assert_int_equal(planes_call(rig.planes, &call, &reply, &p), 0);
    assert_int_equal(reply.count, 2);
    assert_string_equal(reply.blocks[1].data, "Hello.");
    assert_int_equal(reply.blocks[1].flags, PROXIMO_CONTENT_ASSISTANT);
    plane_reply_done(&reply);
    rig_done(&rig);
}

/* Without the grant, or without a client, nothing is asked, and the words say what would grant it. */
static void test_grant(void **state)
{
    static const char *const all[] = {"can", "ask_one", "log", "show", "updated"};
    static const char *const grants[] = {NULL, GRANT};
    struct heard heard;
    struct problem p;
    char text[64];

    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct rig rig;
        rig_new(&rig, RIG_BUILTIN, "talk", grants[k]);
        assert_int_equal(rig_wait(&rig, &p), 0);
        heard_init(&heard);
        for (size_t i = 0; i < 5; i++) {
            assert_true(run(&rig, all[i], grants[k] ? NULL : &heard.client, text, sizeof(text), &p) < 0);
            if (!strstr(p.next, "planes.talk.client_requests"))
                fail_msg("%s: %s %s", all[i], p.cause, p.next);
        }
        assert_int_equal(heard.count, 0);
        rig_done(&rig);
    }
}

static void test_heard(void **state)
{
    static const char *const cases[][2] = {
        {"ask_one", "ask 1 k0 {\"message\":\"Which?\"}"},
        {"ask_two", "ask 1 k0 {\"message\":\"Which?\"}; ask 1 k1 {\"message\":\"Which?\"}"},
        {"log", "log 2 talk[31m {\"a\":1}"},
        {"show", "show 1 talk_run 0"},
        {"show_uri", "show 2 talk://notes/{id} 1"},
        {"show_prompt", "show 3 talk_text 1"},
        {"updated", "updated talk://notes/12%20a"},
    };
    struct heard heard;
    struct rig rig;
    struct problem p;
    char text[64];

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "talk", GRANT);
    assert_int_equal(rig_wait(&rig, &p), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        heard_init(&heard);
        if (run(&rig, cases[i][0], &heard.client, text, sizeof(text), &p) < 0)
            fail_msg("%s: %s", cases[i][0], p.cause);
        assert_string_equal(heard.text, cases[i][1]);
        if (i < 2)
            assert_string_equal(text, "{\"k0\":{\"action\":\"accept\"}}");
    }
    heard_init(&heard);
    assert_int_equal(run(&rig, "can", &heard.client, text, sizeof(text), &p), 0);
    assert_string_equal(text, "{\"result\":10}");
    assert_int_equal(heard.count, 1); /* a kind that nobody knows is not asked about */
    rig_done(&rig);
}

/* What makes no sense reaches no client and does no harm. */
static void test_nonsense(void **state)
{
    static const char *const cases[][2] = {
        {"ask_same", "two questions have the key \"k0\""},
        {"ask_many", "17 questions"},
        {"ask_none", "0 questions"},
        {"ask_array", "is no JSON object"},
        {"ask_text", "is no JSON object"},
        {"ask_huge", "longer than 262144 bytes"},
        {"ask_nothing", "is missing"},
        {"ask_key", "a key is 1 to 64"},
        {"ask_longkey", "key is missing or longer"},
        {"ask_kind", "unknown kind"},
        {"ask_flags", "no flags"},
        {"log_level", "unknown level"},
        {"log_json", "no JSON value"},
        {"show_other", "is no tool, resource or prompt of this plane"},
        {"show_kind", "is no tool, resource or prompt of this plane"},
        {"updated_other", "is of no resource of this plane"},
        {"updated_more", "is of no resource of this plane"},
        {"updated_no_uri", "not a URI"},
        {"input", "asked for nothing"},
        {"twice", "answered once"},
    };
    struct heard heard;
    struct plane_state s;
    struct rig rig;
    struct problem p;
    char text[64];

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "talk", GRANT);
    assert_int_equal(rig_wait(&rig, &p), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        heard_init(&heard);
        if (run(&rig, cases[i][0], &heard.client, text, sizeof(text), &p) == 0)
            fail_msg("%s: accepted", cases[i][0]);
        if (!strstr(p.cause, cases[i][1]))
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i][0], p.cause, cases[i][1]);
        assert_int_equal(heard.count, 0);
    }
    rig_state(&rig, "talk", &s);
    assert_int_equal(s.restarts, 0);
    rig_done(&rig);
}

static void test_rounds(void **state)
{
    struct plane_reply reply = {0};
    struct heard heard;
    struct rig rig;
    struct problem p;
    char text[64];

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "talk", GRANT);
    assert_int_equal(rig_wait(&rig, &p), 0);
    heard_init(&heard);
    heard.ask_result = -EINPROGRESS;
    assert_int_equal(run(&rig, "ask_one", &heard.client, text, sizeof(text), &p), -EINPROGRESS);
    assert_int_equal(heard.count, 1);
    struct plane_call call = {.kind = PLANE_CALL_RESOURCE,
                              .resource = resource_named(&rig, "talk_note"),
                              .client = &heard.client,
                              .arguments_json = "{\"id\":\"ask\"}",
                              .deadline_ms = clock_ms() + 10000};
    assert_int_equal(planes_call(rig.planes, &call, &reply, &p), -EINPROGRESS);
    assert_int_equal(run(&rig, "ask_ignore", &heard.client, text, sizeof(text), &p), 0);
    assert_string_equal(text, "{\"result\":-13}");
    heard.ask_result = 0;
    assert_int_equal(run(&rig, "ask_one", &heard.client, text, sizeof(text), &p), 0);
    assert_string_equal(text, "{\"k0\":{\"action\":\"accept\"}}");
    heard.ask_result = -EOPNOTSUPP;
    assert_int_equal(run(&rig, "ask_one", &heard.client, text, sizeof(text), &p), -EOPNOTSUPP);
    assert_string_equal(p.code, PX_UNSUPPORTED);
    assert_string_equal(p.cause, "the client has no forms");
    assert_int_equal(run(&rig, "ask_words", &heard.client, text, sizeof(text), &p), -EOPNOTSUPP);
    assert_string_equal(p.code, PX_UNSUPPORTED);
    assert_string_equal(p.cause, "talk_run: it cannot be picked here");
    assert_int_equal(run(&rig, "ask_ignore", &heard.client, text, sizeof(text), &p), 0);
    assert_string_equal(text, "{\"result\":-14}");
    const struct plane_client none = {0}; /* a client without these functions */
    assert_true(run(&rig, "ask_one", &none, text, sizeof(text), &p) < 0);
    assert_string_equal(p.code, PX_UNSUPPORTED);
    assert_int_equal(run(&rig, "ask_ignore", &none, text, sizeof(text), &p), 0);
    assert_string_equal(text, "{\"result\":-10}");
    assert_int_equal(run(&rig, "can", &none, text, sizeof(text), &p), 0);
    assert_string_equal(text, "{\"result\":0}");
    rig_done(&rig);
}

static void test_plan(void **state)
{
    struct rig rig;
    struct problem p;
    char *draft;

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "talk", GRANT);
    assert_int_equal(rig_wait(&rig, &p), 0);
    assert_true(rig_draft(&rig, PLANE_CALL_PLAN, "talk_change", "{}", NULL, 5000, &draft, &p) < 0);
    assert_non_null(strstr(p.cause, "-10 -10 -10 -10 -10"));
    rig_done(&rig);
}

static int tests(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_lists),    cmocka_unit_test(test_off),    cmocka_unit_test(test_refused),
        cmocka_unit_test(test_replies),  cmocka_unit_test(test_grant),  cmocka_unit_test(test_heard),
        cmocka_unit_test(test_nonsense), cmocka_unit_test(test_rounds), cmocka_unit_test(test_plan)};
    return cmocka_run_group_tests_name("abi-talk", all, NULL, NULL);
}

int main(int argc, char **argv)
{
    return rig_main(argc, argv, tests);
}
