/* SPDX-License-Identifier: Apache-2.0 */
/* A fixed command in a machine: whose list lets it in, what is sent, and what comes of every kind of end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "fake_http.h"
#include "plane/agent_probe.h"

#define EXEC   "/nodes/pve1/qemu/105/agent/exec"
#define STATUS "/nodes/pve1/qemu/105/agent/exec-status"
#define CONFIG "/nodes/pve1/qemu/105/config"

static struct config_site lab = {.name = (char *)"lab", .kind = CONFIG_PVE, .timeout_s = 5};
static struct config config = {.sites = &lab, .site_count = 1};
static struct sites *sites;
static char *named[4];
static struct config_plane plane = {.name = (char *)"mine", .look_inside = {.items = named}};
static char message[600];

static int setup(void **state)
{
    (void)state;
    fake_http_reset();
    plane.look_inside.count = 1;
    named[0] = (char *)"100-200";
    return sites_new(&config, &sites);
}

static int teardown(void **state)
{
    (void)state;
    sites_free(sites);
    return 0;
}

/* The data of the answer, the caller's; NULL: *ret_code. */
static struct json_object *look(const char *path, enum plane_call_kind kind, int64_t ms, int32_t *ret_code)
{
    const struct plane_call request = {
        .kind = kind, .site = sites_at(sites, 0), .deadline_ms = clock_ms() + ms};
    const struct http_field words[] = {{"command", "df", 2}, {"command", "-P", 2}};
    struct planes planes = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct plane_slot slot = {.name = (char *)"mine", .config = &plane};
    struct call call = {.request = &request, .slot = &slot, .state = CALL_RUNNING};
    struct problem p = PROBLEM_INIT;
    struct buf out = BUF_INIT((size_t)8 << 20);
    struct json_object *data = NULL;
    size_t len;

    *ret_code = upcall_agent_probe(&planes, &call, path, words, 2, &out, &p);
    if (*ret_code == 0) {
        struct body body = {out.data, out.len, false};
        assert_int_equal(body_u32(&body), 1);
        assert_int_equal(body_u32(&body), 200);
        assert_int_equal(body_u64(&body), 0);
        const char *text = body_text(&body, &len);
        assert_int_equal(json_parse(text, len, &data, NULL), 0);
        text = body_text(&body, &len);
        (void)snprintf(message, sizeof(message), "%.*s", (int)len, text);
        assert_true(body_end(&body));
    } else {
        assert_true(*p.code && *p.cause);
    }
    buf_done(&out);
    return data;
}

static const char *member(struct json_object *data, const char *key)
{
    struct json_object *value = NULL;
    return json_object_object_get_ex(data, key, &value) && value ? json_object_get_string(value) : "";
}

/* `end` and, in the message or the output, the words. */
static void ends(const char *status, const char *end, const char *key, const char *wanted)
{
    int32_t code;
    fake_http_reset();
    fake_http_answer(EXEC, 200, "{\"data\":{\"pid\":77}}");
    fake_http_answer(STATUS "?pid=77", 200, status);
    struct json_object *data = look(EXEC, PLANE_CALL_READ, 1300, &code);
    assert_int_equal(code, 0);
    assert_string_equal(member(data, "end"), end);
    if (strcmp(key ? member(data, key) : message, wanted) != 0)
        fail_msg("%s: %s", status, key ? member(data, key) : message);
    json_object_put(data);
}

static void every_end(void **state)
{
    (void)state;
    ends("{\"data\":{\"exited\":1,\"exitcode\":0,\"out-data\":\"a\\nb\"}}", "exited", "stdout", "a\nb");
    assert_string_equal(fake_http_last()->target, STATUS "?pid=77"); /* by the id that it was answered */
    assert_string_equal(fake_http_at(0)->method, "POST");
    assert_int_equal(fake_http_count(), 2);
    ends("{\"data\":{\"exited\":true,\"exitcode\":3,\"err-data\":\"no\"}}", "exited", "exit_status", "3");
    ends("{\"data\":{\"exited\":\"1\",\"exitcode\":0,\"out-data\":\"x\\u001b[2J\\u202ey\\u0000z\"}}",
         "exited", "stdout", "x[2Jyz");
    ends("{\"data\":{\"exited\":1,\"signal\":9}}", "signalled", "exit_status", "");
    ends("{\"data\":{\"exited\":1,\"exitcode\":0,\"out-data\":\"x\",\"out-truncated\":1}}", "exited",
         "truncated", "true");
    ends("{\"data\":{\"exited\":0}}", "unknown", NULL, "it had not ended in time, and may still run");
    ends("{\"data\":{\"exited\":\"0\"}}", "unknown", NULL, "it had not ended in time, and may still run");
    ends("{\"data\":null}", "not-started", NULL, "GET agent/exec-status answered no object");
}

/* Ten megabytes from inside: a part is kept, and it is said that it is one. */
static void too_much(void **state)
{
    const size_t len = (size_t)10 << 20;
    char *body = malloc(len + 100);
    int32_t code;

    (void)state;
    assert_non_null(body);
    int n = snprintf(body, 100, "{\"data\":{\"exited\":1,\"exitcode\":0,\"out-data\":\"");
    memset(body + n, 'a', len);
    (void)snprintf(body + n + len, 40, "\"}}");
    fake_http_answer(EXEC, 200, "{\"data\":{\"pid\":77}}");
    fake_http_answer(STATUS "?pid=77", 200, body);
    struct json_object *data = look(EXEC, PLANE_CALL_READ, 5000, &code);
    assert_int_equal(code, 0);
    assert_int_equal(strlen(member(data, "stdout")), 256 << 10);
    assert_string_equal(member(data, "stdout_bytes"), "10485760");
    assert_string_equal(member(data, "truncated"), "true");
    json_object_put(data);
    free(body);
}

/* Nothing is asked of the cluster when nothing may be run. */
static void refused(const char *path, enum plane_call_kind kind, int32_t wanted)
{
    int32_t code;
    struct json_object *data = look(path, kind, 1300, &code);
    assert_int_equal(code, wanted);
    if (data)
        assert_string_equal(member(data, "end"), "not-started");
    json_object_put(data);
    assert_int_equal(fake_http_count_of(EXEC), 0);
}

static void who_may(void **state)
{
    int32_t code;

    (void)state;
    fake_http_answer(EXEC, 200, "{\"data\":{\"pid\":77}}");
    fake_http_answer(STATUS "?pid=77", 200, "{\"data\":{\"exited\":1,\"exitcode\":0}}");
    refused(EXEC, PLANE_CALL_PLAN, PROXIMO_ENOTALLOWED);
    refused(EXEC, PLANE_CALL_BLAST, PROXIMO_ENOTALLOWED);
    refused("/nodes/pve1/qemu/205/agent/exec", PLANE_CALL_READ, 0);
    refused("/nodes/pve1/qemu/0105/agent/exec", PLANE_CALL_READ, 0);
    refused("/nodes/pve1/qemu/105x/agent/exec", PLANE_CALL_READ, 0);
    refused("/nodes/pve1/lxc/105/agent/exec", PLANE_CALL_READ, 0);
    plane.look_inside.count = 0;
    refused(EXEC, PLANE_CALL_READ, 0);
    assert_string_equal(message,
                        "planes.mine.look_inside of the configuration does not name machine 105, so no "
                        "command runs in it");
    assert_int_equal(fake_http_count(), 0);

    /* By a tag: of now, and not known is not named. */
    plane.look_inside.count = 1;
    named[0] = (char *)"tag:web";
    fake_http_answer(CONFIG, 500, "{\"data\":null}");
    refused(EXEC, PLANE_CALL_READ, 0);
    fake_http_answer(CONFIG, 200, "{\"data\":{\"name\":\"tag:web\"}}");
    refused(EXEC, PLANE_CALL_READ, 0);
    fake_http_answer(CONFIG, 200, "{\"data\":{\"tags\":\"db;webber\"}}");
    refused(EXEC, PLANE_CALL_READ, 0);
    fake_http_answer(CONFIG, 200, "{\"data\":{\"tags\":\"db;web\"}}");
    struct json_object *data = look(EXEC, PLANE_CALL_READ, 2000, &code);
    assert_string_equal(member(data, "end"), "exited");
    json_object_put(data);
}

/* What the agent or Proxmox refuses is the reason; no id is no output. */
static void not_started(void **state)
{
    static const char *const odd[] = {"{\"data\":{}}", "{\"data\":{\"pid\":0}}", "{\"data\":{\"pid\":\"x\"}}",
                                      "{\"data\":null}", "{\"data\":{\"pid\":-5}}"};
    int32_t code;

    (void)state;
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        fake_http_reset();
        fake_http_answer(EXEC, 200, odd[i]);
        struct json_object *data = look(EXEC, PLANE_CALL_READ, 2000, &code);
        assert_string_equal(member(data, "end"), "not-started");
        assert_string_equal(message, "POST agent/exec answered without a process id");
        assert_int_equal(fake_http_count(), 1);
        json_object_put(data);
    }
    fake_http_answer(EXEC, 500, "{\"data\":null,\"message\":\"QEMU guest agent is not running\\n\"}");
    json_object_put(look(EXEC, PLANE_CALL_READ, 2000, &code));
    assert_int_equal(code, 0);
    assert_non_null(strstr(message, "agent is not running"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_end, setup, teardown),
        cmocka_unit_test_setup_teardown(too_much, setup, teardown),
        cmocka_unit_test_setup_teardown(who_may, setup, teardown),
        cmocka_unit_test_setup_teardown(not_started, setup, teardown),
    };
    return cmocka_run_group_tests_name("agent-probe", tests, NULL, NULL);
}
