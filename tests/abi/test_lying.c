/* SPDX-License-Identifier: Apache-2.0 */
/* What a host says for the client past its own checks, as one would that a plane has taken over: whole
 * messages, and thousands that are damaged. The client's functions see none that breaks a rule. */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "plane/upcall.h"

static bool strict_can_ask(void *arg, uint32_t kind)
{
    (void)arg;
    assert_true(kind >= PROXIMO_ASK_ELICITATION && kind <= PROXIMO_ASK_ROOTS);
    return true;
}

static int strict_ask(void *arg, const struct plane_info *plane, const struct plane_ask *asks, size_t count,
                      struct buf *ret_json, struct problem *p)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

    (void)plane;
    (void)p;
    assert_in_range(count, 1, PLANE_ASKS_MOST);
    for (size_t i = 0; i < count; i++) {
        struct json_object *params CLEANUP_JSON = NULL;
        assert_in_range(asks[i].kind, PROXIMO_ASK_ELICITATION, PROXIMO_ASK_ROOTS);
        assert_in_range(strlen(asks[i].key), 1, PLANE_ASK_KEY_MOST);
        assert_int_equal(strspn(asks[i].key, allowed), strlen(asks[i].key));
        assert_int_equal(json_parse(asks[i].params_json, strlen(asks[i].params_json), &params, NULL), 0);
        assert_true(json_object_is_type(params, json_type_object));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(asks[k].key, asks[i].key);
    }
    ++*(unsigned *)arg;
    buf_str(ret_json, "{}");
    return 0;
}

static int strict_log(void *arg, const struct plane_info *plane, uint32_t level, const char *logger,
                      const char *data_json, struct problem *p)
{
    struct json_object *data CLEANUP_JSON = NULL;

    (void)plane;
    (void)p;
    assert_in_range(level, PROXIMO_LOG_ERROR, PROXIMO_LOG_DEBUG);
    assert_true(text_is_utf8(logger, strlen(logger)) && !strpbrk(logger, "\n\x1b"));
    assert_int_equal(json_parse(data_json, strlen(data_json), &data, NULL), 0);
    ++*(unsigned *)arg;
    return 0;
}

static int strict_show(void *arg, const struct plane_info *plane, uint32_t what, const char *name, bool shown,
                       struct problem *p)
{
    (void)plane;
    (void)shown;
    (void)p;
    assert_int_equal(what, PROXIMO_SHOW_TOOL);
    assert_string_equal(name, "talk_run");
    ++*(unsigned *)arg;
    return 0;
}

static int strict_updated(void *arg, const struct plane_info *plane, const char *uri, struct problem *p)
{
    (void)plane;
    (void)p;
    assert_true(strcmp(uri, "talk:all") == 0 || strncmp(uri, "talk://notes/", 13) == 0);
    assert_true(text_is_utf8(uri, strlen(uri)) && !strpbrk(uri, " {}\n"));
    ++*(unsigned *)arg;
    return 0;
}

static void put_body(struct buf *body, uint32_t type, uint32_t asks)
{
    switch (type) {
    case MESSAGE_CAN_ASK: body_put_u32(body, 1); break;
    case MESSAGE_ASK:
        body_put_u32(body, asks);
        for (uint32_t i = 0; i < asks; i++) {
            char key[12];
            (void)snprintf(key, sizeof(key), "k%u", i);
            body_put_u32(body, 1 + i % 3);
            body_put_cstr(body, key);
            body_put_cstr(body, "{\"a\":1}");
        }
        break;
    case MESSAGE_CLIENT_LOG:
        body_put_u32(body, 1);
        body_put_cstr(body, "x");
        body_put_cstr(body, "[1]");
        break;
    case MESSAGE_SHOW:
        body_put_u32(body, 1);
        body_put_u32(body, 1);
        body_put_cstr(body, "talk_run");
        break;
    default: body_put_cstr(body, "talk://notes/1"); break;
    }
}

static int32_t serve(struct rig *rig, const struct plane_call *request, uint32_t type, const char *bytes,
                     size_t len)
{
    struct call call = {.request = request};
    struct buf out CLEANUP_BUF = BUF_INIT(MESSAGE_LIMIT);
    struct body body = {bytes, len, false};
    struct problem p = PROBLEM_INIT;
    int32_t code = upcall_client(rig->planes, &call, type, &body, &out, &p);

    assert_true(code <= 0 && (code == 0 || (*p.code && *p.cause)));
    return code;
}

static void test_lying_host(void **state)
{
    static const uint32_t types[] = {MESSAGE_CAN_ASK, MESSAGE_ASK, MESSAGE_CLIENT_LOG, MESSAGE_SHOW,
                                     MESSAGE_UPDATED};
    unsigned heard = 0;
    const struct plane_client client = {.arg = &heard,
                                        .can_ask = strict_can_ask,
                                        .ask = strict_ask,
                                        .log = strict_log,
                                        .show = strict_show,
                                        .updated = strict_updated};
    uint64_t chance = 88172645463325252u;
    struct rig rig;
    struct problem p;

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "talk", "client_requests: true");
    assert_int_equal(rig_wait(&rig, &p), 0);
    const struct plane_call read = {.tool = planes_tool_find(rig.planes, "talk_run"), .client = &client};
    const struct plane_call plan = {
        .kind = PLANE_CALL_PLAN, .tool = planes_tool_find(rig.planes, "talk_change"), .client = &client};
    for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
        struct buf body CLEANUP_BUF = BUF_INIT(MESSAGE_LIMIT);
        put_body(&body, types[t], 2);
        assert_int_equal(serve(&rig, &read, types[t], body.data, body.len), 0);
        assert_int_equal(serve(&rig, &plan, types[t], body.data, body.len), PROXIMO_ENOSYS);
        assert_int_equal(serve(&rig, &read, types[t], body.data, body.len - 1), PROXIMO_EINVAL);
        for (int i = 0; i < 4000; i++) {
            char *copy = malloc(body.len); /* exactly as long, so that a sanitizer sees a step too far */
            assert_non_null(copy);
            memcpy(copy, body.data, body.len);
            for (int k = 0; k < 1 + i % 3; k++) {
                chance ^= chance << 13;
                chance ^= chance >> 7;
                chance ^= chance << 17;
                copy[chance % body.len] = (char)(chance >> 32);
            }
            (void)serve(&rig, &read, types[t], copy, body.len);
            free(copy);
        }
    }
    struct buf many CLEANUP_BUF = BUF_INIT(MESSAGE_LIMIT), large CLEANUP_BUF = BUF_INIT(MESSAGE_LIMIT);
    put_body(&many, MESSAGE_ASK, 17);
    assert_int_equal(serve(&rig, &read, MESSAGE_ASK, many.data, many.len), PROXIMO_EINVAL);
    buf_reset(&many);
    put_body(&many, MESSAGE_ASK, 16);
    assert_int_equal(serve(&rig, &read, MESSAGE_ASK, many.data, many.len), 0);
    body_put_u32(&large, 1);
    body_put_u32(&large, 1);
    body_put_cstr(&large, "k");
    body_put_u32(&large, (uint32_t)PLANE_ASK_MOST + 2);
    buf_char(&large, '{');
    for (size_t i = 0; i < PLANE_ASK_MOST; i++)
        buf_char(&large, ' ');
    buf_char(&large, '}');
    assert_int_equal(serve(&rig, &read, MESSAGE_ASK, large.data, large.len), PROXIMO_EINVAL);
    assert_true(heard > 6); /* the whole ones, and what a change of a letter leaves whole */
    rig_done(&rig);
}

static int tests(void)
{
    const struct CMUnitTest all[] = {cmocka_unit_test(test_lying_host)};
    return cmocka_run_group_tests_name("abi-lying", all, NULL, NULL);
}

int main(int argc, char **argv)
{
    return rig_main(argc, argv, tests);
}
