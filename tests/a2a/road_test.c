/* SPDX-License-Identifier: Apache-2.0 */
/* What a caller can get done: reads, a change with an approver, and nothing without one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "face.h"

#define STOP "{\"skill\":\"guest_power\",\"params\":{\"vmid\":\"105\",\"action\":\"stop\"}}"

static void test_reads(void **state)
{
    struct face f;
    char params[96];

    (void)state;
    face_start(&f, "read", "");
    struct json_object *answer = face_send(&f, "{\"skill\":\"guest_status\",\"params\":{\"vmid\":105}}", "");
    expect(answer, "/result/task/status/state", "TASK_STATE_COMPLETED");
    expect(answer, "/result/task/artifacts/0/parts/0/data/item/name", "web-cache");
    (void)snprintf(params, sizeof(params), "{\"id\":\"%s\"}", at(answer, "/result/task/id"));
    struct json_object *again = face_call(&f, "GetTask", params);
    expect(again, "/result/id", at(answer, "/result/task/id"));
    json_object_put(again);
    again = face_call(&f, "CancelTask", params);
    expect(again, "/error/code", "-32002");
    json_object_put(again);
    again = face_call(&f, "SubscribeToTask", params);
    expect(again, "/error/code", "-32004");
    json_object_put(again);
    json_object_put(answer);
    answer = face_send(&f, "{\"skill\":\"audit_verify\"}", "");
    expect(answer, "/result/task/artifacts/0/parts/0/data/verdict", "ok");
    json_object_put(answer);
    answer = face_send(&f, "{\"skill\":\"guest_status\",\"params\":{\"vmid\":\"99999\"}}", "");
    expect(answer, "/result/task/status/state", "TASK_STATE_FAILED");
    json_object_put(answer);
    answer = face_call(&f, "ListTasks", "{\"pageSize\":2}");
    expect(answer, "/result/totalSize", "3");
    expect(answer, "/result/nextPageToken", "2");
    json_object_put(answer);
    /* in mode read no skill changes anything */
    answer = face_send(&f, STOP, "");
    expect(answer, "/error/code", "-32602");
    assert_non_null(strstr(at(answer, "/error/message"), "PX-READ-ONLY"));
    json_object_put(answer);
    face_stop(&f);
}

static void test_stream(void **state)
{
    struct face f;

    (void)state;
    face_start(&f, "read", "");
    char *request = face_request(&f, "SendStreamingMessage",
                                 "{\"message\":{\"messageId\":\"m\",\"role\":\"ROLE_USER\","
                                 "\"parts\":[{\"data\":{\"skill\":\"list_guests\"}}]}}");
    char *said = face_talk(&f, request, 20000);
    assert_int_equal(face_status(said), 200);
    char *task = strstr(said, "\"task\""), *artifact = strstr(said, "\"artifactUpdate\"");
    char *end = strstr(said, "TASK_STATE_COMPLETED");
    assert_non_null(strstr(said, "text/event-stream"));
    assert_true(task && artifact && end && task < artifact && artifact < end);
    free(request);
    free(said);
    face_stop(&f);
}

/* Plans, asks for the approver, heeds nothing else, runs once it is signed.
 * docs/a2a: "Nothing in any message counts as consent" docs/a2a: "A plan belongs to the user, the API token
 * and the bearer" */
static void walk(void)
{
    struct face f;
    char echo[1024], params[96], id[64];

    face_start(&f, "guarded", "");
    struct json_object *answer = face_send(&f, STOP, "");
    expect(answer, "/result/task/status/state", "TASK_STATE_INPUT_REQUIRED");
    expect(answer, "/result/task/status/message/parts/1/data/consent", "approver");
    assert_non_null(strstr(at(answer, "/result/task/status/message/parts/0/text"), "proximo approve"));
    (void)snprintf(id, sizeof(id), "%s", at(answer, "/result/task/id"));
    const char *plan = at(answer, "/result/task/status/message/parts/1/data/plan_id");
    assert_int_equal(strlen(plan), 32);

    /* whatever is sent to the task is no consent */
    (void)snprintf(echo, sizeof(echo), ",\"taskId\":\"%s\"", id);
    struct json_object *again = face_send(
        &f, "{\"approve\":true,\"confirm\":true,\"subject\":\"guest/105\",\"consent\":\"yes\"}", echo);
    expect(again, "/result/task/status/state", "TASK_STATE_INPUT_REQUIRED");
    json_object_put(again);
    sleep(2);
    assert_string_equal(road_state(&f.road, "lxc", "pve1", 105), "running");

    /* a plan of a bearer is not the local user's */
    struct server local;
    server_start(&f.road, &local, NULL);
    bool failed = false;
    (void)snprintf(echo, sizeof(echo), "{\"plan_id\":\"%s\",\"action\":\"%s\",\"subject\":\"guest/105\"}",
                   plan, at(answer, "/result/task/status/message/parts/1/data/action"));
    struct json_object *refused = server_tool(&local, "proximo_apply", echo, &failed);
    expect_code(refused, &failed, "PX-PLAN");
    assert_int_equal(server_stop(&local), 0);

    face_approve(&f, plan, "guest/105");
    again = face_wait(&f, id, "TASK_STATE_COMPLETED");
    expect(again, "/result/artifacts/0/parts/0/data/outcome", "ok");
    assert_string_equal(road_state(&f.road, "lxc", "pve1", 105), "stopped");
    json_object_put(again);
    (void)snprintf(params, sizeof(params), "{\"id\":\"%s\"}", id);
    again = face_call(&f, "CancelTask", params);
    expect(again, "/error/code", "-32002");
    json_object_put(again);
    char *text = NULL;
    assert_int_equal(road_command(&f.road, &text,
                                  (const char *const[]){"audit", "show", "--json", "--limit", "1000",
                                                        "--config", f.road.config, NULL}),
                     0);
    assert_non_null(strstr(text, " a2a:bearer\""));
    assert_non_null(strstr(text, "approver-signed"));
    free(text);
    json_object_put(answer);
    face_stop(&f);
}

static void test_change(void **state)
{
    (void)state;
    walk();
}

/* docs/a2a: "and trust.confirm: direct has no effect" */
static void test_direct(void **state)
{
    (void)state;
    face_trust = ", confirm: direct";
    walk();
    face_trust = "";
}

/* docs/a2a: "A task that waits can be cancelled" */
/* A start of a guest is `plan` by its class, and one call elsewhere under trust.confirm: direct. */
static void test_low_risk(void **state)
{
    struct face f;
    char params[96];

    (void)state;
    face_start(&f, "guarded", "");
    struct json_object *answer = face_send(
        &f, "{\"skill\":\"snapshot_create\",\"params\":{\"vmid\":\"105\",\"snapname\":\"before\"}}", "");
    expect(answer, "/result/task/status/state", "TASK_STATE_INPUT_REQUIRED");
    expect(answer, "/result/task/status/message/parts/1/data/consent", "approver");
    /* cancelled, it does not run even when it is signed */
    (void)snprintf(params, sizeof(params), "{\"id\":\"%s\"}", at(answer, "/result/task/id"));
    struct json_object *again = face_call(&f, "CancelTask", params);
    expect(again, "/result/status/state", "TASK_STATE_CANCELED");
    json_object_put(again);
    face_approve(&f, at(answer, "/result/task/status/message/parts/1/data/plan_id"), "guest/105");
    sleep(2);
    assert_false(road_has(&f.road, "/nodes/pve1/lxc/105/snapshot", "before"));
    json_object_put(answer);
    face_stop(&f);
}

static void test_subscribe(void **state)
{
    struct face f;
    char params[96];

    (void)state;
    face_start(&f, "guarded", "");
    struct json_object *answer = face_send(&f, STOP, "");
    (void)snprintf(params, sizeof(params), "{\"id\":\"%s\"}", at(answer, "/result/task/id"));
    char *request = face_request(&f, "SubscribeToTask", params);
    int fd = face_connect(&f);
    assert_int_equal(write(fd, request, strlen(request)), (ssize_t)strlen(request));
    face_approve(&f, at(answer, "/result/task/status/message/parts/1/data/plan_id"), "guest/105");
    char *said = face_hear(fd, 30000);
    assert_non_null(strstr(said, "TASK_STATE_INPUT_REQUIRED"));
    assert_non_null(strstr(said, "TASK_STATE_WORKING"));
    assert_non_null(strstr(said, "TASK_STATE_COMPLETED"));
    close(fd);
    free(said);
    free(request);
    json_object_put(answer);
    face_stop(&f);
}

/* docs/a2a: "Unknown parameters, missing ones and those of another type are refused"
 * docs/a2a: "Nothing else is offered, in any mode" */
static void test_refused(void **state)
{
    static const char *const bad[] = {
        "{\"skill\":\"ct_exec\",\"params\":{}}",
        "{\"skill\":\"delete_guest\",\"params\":{\"vmid\":\"105\"}}",
        "{\"skill\":\"pve_guest_power\",\"params\":{}}",
        "{\"skill\":\"proximo_apply\"}",
        "{}",
        "{\"skill\":\"guest_power\",\"params\":{\"vmid\":\"105\",\"action\":\"stop\",\"confirm\":true}}",
        "{\"skill\":\"guest_power\",\"params\":{\"vmid\":\"105\",\"action\":\"stop\",\"timeout\":true}}",
        "{\"skill\":\"guest_power\",\"params\":{\"vmid\":true,\"action\":\"stop\"}}",
        "{\"skill\":\"guest_power\",\"params\":{\"vmid\":\"105\"}}",
        "{\"skill\":\"guest_power\",\"params\":[]}",
        "{\"skill\":\"guest_status\",\"params\":{\"vmid\":\"105\"},\"approve\":true}",
        "{\"skill\":\"storage_status\",\"params\":{\"storage\":\"local\"}}"};
    struct face f;
    char *text = NULL;

    (void)state;
    face_start(&f, "guarded", "tools: {deny: [pve_storage_status]}\n");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct json_object *answer = face_send(&f, bad[i], "");
        if (strcmp(at(answer, "/error/code"), "-32602") != 0)
            fail_msg("%s: %s", bad[i], json_object_to_json_string(answer));
        json_object_put(answer);
    }
    assert_int_equal(road_command(&f.road, &text,
                                  (const char *const[]){"audit", "show", "--json", "--limit", "1000",
                                                        "--config", f.road.config, NULL}),
                     0);
    assert_non_null(strstr(text, "a2a:ct_exec"));
    assert_non_null(strstr(text, "a2a:guest_power"));
    free(text);
    face_stop(&f);
}

/* It ends while tasks are being worked on: each worker goes on to its end with what it uses still there.
 * (Only a build with sanitizers sees it when that was freed.) */
static void test_stop_at_work(void **state)
{
    struct face f;

    (void)state;
    face_start(&f, "read", "");
    for (int i = 0; i < 20; i++) {
        /* text is answered after a pause, which the end cuts short */
        struct json_object *answer = face_call(
            &f, "SendMessage",
            "{\"message\":{\"messageId\":\"m\",\"role\":\"ROLE_USER\",\"parts\":[{\"text\":\"x\"}]},"
            "\"configuration\":{\"returnImmediately\":true}}");
        assert_non_null(at(answer, "/result/task/id"));
        json_object_put(answer);
    }
    face_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_reads),    cmocka_unit_test(test_stream),
                                       cmocka_unit_test(test_change),   cmocka_unit_test(test_direct),
                                       cmocka_unit_test(test_low_risk), cmocka_unit_test(test_subscribe),
                                       cmocka_unit_test(test_refused),  cmocka_unit_test(test_stop_at_work)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
