/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * plane_test_client.h - part of plane_test.h: the client of the fake host. It keeps what it is asked, told
 * and shown as JSON, and answers with what the test gave it.
 */
#ifndef PROXIMO_PLANE_TEST_CLIENT_H
#define PROXIMO_PLANE_TEST_CLIENT_H

#include "proximo/plane_test_base.h"

/* Is this the place, and may this plane? */
PLANE_TEST_FN int32_t plane_test_client_place(struct proximo_call *call)
{
    if (!plane_test_replies(call->test))
        return PROXIMO_ENOSYS;
    if (call->test->ungranted)
        return PROXIMO_EDENIED;
    return call->test->cancelled ? PROXIMO_ECANCELLED : 0;
}

PLANE_TEST_FN int32_t plane_test_can_ask(struct proximo_call *call, uint32_t kind)
{
    int32_t r = plane_test_client_place(call);
    return r ? r : kind < 4 && call->test->offered[kind];
}

PLANE_TEST_FN const char *plane_test_result(const struct plane_test *t, struct proximo_text key)
{
    for (uint32_t i = 0; i < t->result_count; i++)
        if (strlen(t->results[i].key) == key.len && memcmp(t->results[i].key, key.ptr, (size_t)key.len) == 0)
            return t->results[i].json;
    return NULL;
}

/* One question into the list "asks", and its answer, if there is one, into `answers`. */
PLANE_TEST_FN int32_t plane_test_ask_one(struct plane_test *t, const struct proximo_ask *ask,
                                         struct plane_test_json *answers)
{
    struct plane_test_json j = {t, NULL, 0, 0};
    if (ask->struct_size != sizeof(*ask) || ask->flags || ask->kind < PROXIMO_ASK_ELICITATION ||
        ask->kind > PROXIMO_ASK_ROOTS || !ask->key.len || ask->key.len > 64 || !ask->params_json.len ||
        ask->params_json.ptr[0] != '{')
        return PROXIMO_EINVAL;
    if (!t->offered[ask->kind])
        return PROXIMO_ECAPABILITY;
    plane_test_put(&j, "{", 1);
    plane_test_put_int(&j, "kind", ask->kind);
    plane_test_put_text(&j, "key", ask->key.ptr, ask->key.len);
    plane_test_put_key(&j, "params");
    plane_test_put(&j, ask->params_json.ptr, (size_t)ask->params_json.len);
    plane_test_put(&j, "}", 1);
    int32_t r = plane_test_tell(&j, "asks", 0);
    const char *result = plane_test_result(t, ask->key);
    if (r == 0 && result) {
        const char *key = plane_test_copy(t, ask->key.ptr, ask->key.len);
        plane_test_put_key(answers, key);
        plane_test_put(answers, result, strlen(result));
    }
    return r ? r : result ? 0 : PROXIMO_EINPUT;
}

/* PROXIMO_EINPUT until the test has given the answers of all of them. */
PLANE_TEST_FN int32_t plane_test_ask_client(struct proximo_call *call, const struct proximo_ask *asks,
                                            uint32_t count, struct proximo_text *ret_json)
{
    struct plane_test_json answers = {call->test, NULL, 0, 0};
    int32_t r = plane_test_client_place(call);
    if (r == 0 && (count == 0 || count > 16))
        r = PROXIMO_EINVAL;
    int32_t wait = 0;
    plane_test_put(&answers, "{", 1);
    for (uint32_t i = 0; r == 0 && i < count; i++) {
        for (uint32_t k = 0; k < i; k++)
            if (asks[k].key.len == asks[i].key.len &&
                memcmp(asks[k].key.ptr, asks[i].key.ptr, (size_t)asks[i].key.len) == 0)
                return PROXIMO_EINVAL;
        r = plane_test_ask_one(call->test, &asks[i], &answers);
        if (r == PROXIMO_EINPUT) {
            wait = r;
            r = 0;
        }
    }
    plane_test_put(&answers, "}", 1);
    if (r || wait)
        return r ? r : wait;
    ret_json->ptr = answers.text;
    ret_json->len = answers.len;
    return 0;
}

PLANE_TEST_FN int32_t plane_test_client_log(struct proximo_call *call, uint32_t level, const char *logger,
                                            struct proximo_text data_json)
{
    struct plane_test_json j = {call->test, NULL, 0, 0};
    int32_t r = plane_test_client_place(call);
    int fits = level >= PROXIMO_LOG_ERROR && level <= PROXIMO_LOG_DEBUG && data_json.len;
    plane_test_put(&j, "{", 1);
    plane_test_put_int(&j, "level", level);
    plane_test_put_str(&j, "logger", logger);
    plane_test_put_key(&j, "data");
    plane_test_put(&j, data_json.ptr, (size_t)data_json.len);
    plane_test_put(&j, "}", 1);
    return r ? r : plane_test_tell(&j, "logs", fits ? 0 : PROXIMO_EINVAL);
}

PLANE_TEST_FN int32_t plane_test_show(struct proximo_call *call, uint32_t what, const char *name,
                                      int32_t shown)
{
    struct plane_test_json j = {call->test, NULL, 0, 0};
    int32_t r = plane_test_client_place(call);
    int fits = what >= PROXIMO_SHOW_TOOL && what <= PROXIMO_SHOW_PROMPT && name && *name;
    plane_test_put(&j, "{", 1);
    plane_test_put_int(&j, "what", what);
    plane_test_put_str(&j, "name", name);
    plane_test_put_int(&j, "shown", shown != 0);
    plane_test_put(&j, "}", 1);
    return r ? r : plane_test_tell(&j, "shown", fits ? 0 : PROXIMO_EINVAL);
}

PLANE_TEST_FN int32_t plane_test_updated(struct proximo_call *call, const char *uri)
{
    struct plane_test_json j = {call->test, NULL, 0, 0};
    int32_t r = plane_test_client_place(call);
    plane_test_put_str(&j, NULL, uri);
    return r ? r : plane_test_tell(&j, "updated", uri && strchr(uri, ':') ? 0 : PROXIMO_EINVAL);
}

#endif
