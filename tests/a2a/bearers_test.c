/* SPDX-License-Identifier: Apache-2.0 */
/* Several callers with names of their own: what is one's is nobody else's. And an address of IPv6. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "face.h"

#define ANNA "anna-token-0123456789abcdef"
#define BERT "bert-token-0123456789abcdef"
#define BOTH "# who calls\nanna " ANNA "\n\nbert\t" BERT "\r\n"
#define STOP "{\"skill\":\"guest_power\",\"params\":{\"vmid\":\"105\",\"action\":\"stop\"}}"
#define LONG "0123456789abcdef"

static void code_is(const struct face *f, const char *method, const char *params, const char *code)
{
    struct json_object *answer = face_call(f, method, params);

    expect(answer, "/error/code", code);
    json_object_put(answer);
}

static void count_is(const struct face *f, const char *count)
{
    struct json_object *answer = face_call(f, "ListTasks", "{}");

    expect(answer, "/result/totalSize", count);
    json_object_put(answer);
}

/* docs/a2a: "Every caller has tasks of its own" */
static void test_apart(void **state)
{
    struct face f;
    char params[96], more[128], id[64], *text = NULL;

    (void)state;
    face_start_with(&f, "guarded", "", BOTH);
    f.token = "nobody-token-0123456789abcdef";
    char *request = face_request(&f, "ListTasks", "{}"), *said = face_talk(&f, request, 10000);
    assert_int_equal(face_status(said), 401);
    free(request);
    free(said);
    f.token = ANNA;
    struct json_object *answer = face_send(&f, STOP, "");
    expect(answer, "/result/task/status/state", "TASK_STATE_INPUT_REQUIRED");
    (void)snprintf(id, sizeof(id), "%s", at(answer, "/result/task/id"));
    (void)snprintf(params, sizeof(params), "{\"id\":\"%s\"}", id);
    count_is(&f, "1");

    /* for another bearer it is not there: not seen, not followed, not cancelled, not written to */
    f.token = BERT;
    count_is(&f, "0");
    code_is(&f, "GetTask", params, "-32001");
    code_is(&f, "SubscribeToTask", params, "-32001");
    code_is(&f, "CancelTask", params, "-32001");
    (void)snprintf(more, sizeof(more), ",\"taskId\":\"%s\"", id);
    struct json_object *other = face_send(&f, STOP, more);
    expect(other, "/error/code", "-32001");
    json_object_put(other);

    /* both plan the same; what is signed for one runs for that one alone */
    other = face_send(&f, STOP, "");
    expect(other, "/result/task/status/state", "TASK_STATE_INPUT_REQUIRED");
    assert_string_not_equal(at(other, "/result/task/status/message/parts/1/data/plan_id"),
                            at(answer, "/result/task/status/message/parts/1/data/plan_id"));
    f.token = ANNA;
    face_approve(&f, at(answer, "/result/task/status/message/parts/1/data/plan_id"), "guest/105");
    json_object_put(face_wait(&f, id, "TASK_STATE_COMPLETED"));
    assert_string_equal(road_state(&f.road, "lxc", "pve1", 105), "stopped");
    f.token = BERT;
    (void)snprintf(params, sizeof(params), "{\"id\":\"%s\"}", at(other, "/result/task/id"));
    struct json_object *waits = face_call(&f, "GetTask", params);
    expect(waits, "/result/status/state", "TASK_STATE_INPUT_REQUIRED");
    json_object_put(waits);
    assert_int_equal(road_command(&f.road, &text,
                                  (const char *const[]){"audit", "show", "--json", "--limit", "1000",
                                                        "--config", f.road.config, NULL}),
                     0);
    assert_non_null(strstr(text, " a2a:anna\""));
    assert_non_null(strstr(text, " a2a:bert\""));
    assert_null(strstr(text, ANNA));
    free(text);
    json_object_put(answer);
    json_object_put(other);
    face_stop(&f);
}

/* docs/a2a: "A line that is neither, a name or a token that stands twice" */
static void test_bad_files(void **state)
{
    static const struct {
        const char *tokens;
        mode_t mode;
        const char *more, *words;
    } rows[] = {
        {BOTH, 0640, "", "PX-SECRET-FILE"},
        {"", 0600, "", "there was no token"},
        {"# nobody\n", 0600, "", "there was no token"},
        {"short\n", 0600, "", "line 1 of"},
        {"anna short\n", 0600, "", "16 characters"},
        {"anna " ANNA "\nbert " BERT " x\n", 0600, "", "line 2 of"},
        {"anna " ANNA "\n" BERT "\n", 0600, "", "no name"},
        {ANNA "\nbert " BERT "\n", 0600, "", "no name"},
        {ANNA "\n" BERT "\n", 0600, "", "no name"},
        {"anna " ANNA "\nanna " BERT "\n", 0600, "", "a name that stands"},
        {"anna " ANNA "\nbert " ANNA "\n", 0600, "", "the token of an earlier one"},
        {"a/b " ANNA "\n", 0600, "", "has no name of"},
        {BOTH, 0600, ", bearer: carla", "a2a.bearer"},
        {"a 1" LONG "\nb 2" LONG "\nc 3" LONG "\nd 4" LONG "\ne 5" LONG "\nf 6" LONG "\ng 7" LONG "\nh 8" LONG
         "\ni 9" LONG "\n",
         0600, "", "line 9 of"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct face f;
        char *said = NULL;
        const int status = face_refuses_tokens(&f, rows[i].tokens, rows[i].mode, rows[i].more, &said);
        if (status != 2 || !strstr(said, rows[i].words) || strstr(said, ANNA) || strstr(said, BERT))
            fail_msg("%s: %d: %s", rows[i].tokens, status, said);
        free(said);
    }
}

static void host_is(const struct face *f, const char *host, int status)
{
    char bytes[256];

    (void)snprintf(bytes, sizeof(bytes), "GET /.well-known/agent-card.json HTTP/1.1\r\nHost: %s\r\n\r\n",
                   host);
    char *said = face_talk(f, bytes, 10000);
    if (face_status(said) != status)
        fail_msg("%s: wanted %d: %s", host, status, said);
    free(said);
}

/* docs/a2a: "The Host header must be a loopback name, the address itself" */
static void test_ipv6(void **state)
{
    struct face f;

    (void)state;
    face_start(&f, "read", "  host: \"::1\"\n  allowed_hosts: \"agents.example,[fd00::7]\"\n");
    assert_true(f.ipv6);
    struct json_object *answer = face_send(&f, "{\"skill\":\"guest_status\",\"params\":{\"vmid\":105}}", "");
    expect(answer, "/result/task/status/state", "TASK_STATE_COMPLETED");
    json_object_put(answer);
    host_is(&f, "[::1]", 200);
    host_is(&f, "[::1]:41241", 200);
    host_is(&f, "agents.example", 200);
    host_is(&f, "[FD00::7]:80", 200);
    host_is(&f, "[::2]", 421);
    host_is(&f, "[::1", 421);
    host_is(&f, "[::1].evil.example", 421);
    host_is(&f, "::1", 421);
    host_is(&f, "evil.example", 421);
    face_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_apart), cmocka_unit_test(test_bad_files),
                                       cmocka_unit_test(test_ipv6)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
