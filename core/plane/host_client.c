/* SPDX-License-Identifier: Apache-2.0 */
/* The upcalls that are for the client: asking it, messages to it, what it is shown. */
#include <stdio.h>
#include <string.h>

#include "plane/host.h"
#include "plane/resource_uri.h"

/* Beyond these the core refuses: here nothing larger is copied. */
#define BODY_LIMIT ((size_t)8 << 20)

/* 0, or why a call cannot be about the client. */
static int32_t enter(struct proximo_call *call, const char *what)
{
    return host_call_replies(call) ? 0 : host_not_here(call, what);
}

static int32_t put_text(struct proximo_call *call, struct buf *body, const char *what,
                        struct proximo_text text, size_t most)
{
    if ((!text.ptr && text.len) || text.len > most)
        return host_fail(call, PROXIMO_EINVAL, "%s is missing or longer than %zu bytes", what, most);
    body_put_text(body, text.ptr ? text.ptr : "", (size_t)text.len);
    return 0;
}

static int32_t put_cstr(struct proximo_call *call, struct buf *body, const char *what, const char *text,
                        size_t most)
{
    return put_text(call, body, what, (struct proximo_text){text, text ? strnlen(text, most + 1) : 0}, most);
}

int32_t host_can_ask(struct proximo_call *call, uint32_t kind)
{
    struct buf body CLEANUP_BUF = BUF_INIT(16);
    struct body answer;

    if (!call)
        return PROXIMO_EINVAL;
    int32_t code = enter(call, "can_ask");
    if (code)
        return code;
    body_put_u32(&body, kind);
    code = host_upcall_answer(call, MESSAGE_CAN_ASK, &body, &answer);
    return code ? code : body_u32(&answer) != 0;
}

static int32_t put_ask(struct proximo_call *call, struct buf *body, const char *at, uint32_t stride,
                       uint32_t index)
{
    struct proximo_ask ask;
    uint32_t size;

    memcpy(&size, at, sizeof(size));
    if (size != stride || struct_copy(&ask, sizeof(ask), at) < 0 || ask.flags)
        return host_fail(call, PROXIMO_EINVAL, "question %u needs a sensible struct_size and no flags",
                         index);
    body_put_u32(body, ask.kind);
    int32_t code = put_text(call, body, "a question's key", ask.key, PLANE_ASK_KEY_MOST);
    return code ? code : put_text(call, body, "a question's params_json", ask.params_json, PLANE_ASK_MOST);
}

int32_t host_ask(struct proximo_call *call, const struct proximo_ask *asks, uint32_t count,
                 struct proximo_text *ret_json)
{
    struct buf body CLEANUP_BUF = BUF_INIT(BODY_LIMIT);
    struct body answer;
    uint32_t stride;
    size_t len;

    if (!call || !asks || !ret_json)
        return PROXIMO_EINVAL;
    int32_t code = enter(call, "ask");
    if (code)
        return code;
    if (count == 0 || count > PLANE_ASKS_MOST)
        return host_fail(call, PROXIMO_EINVAL, "%u questions; 1 to %u can be asked at once", count,
                         PLANE_ASKS_MOST);
    memcpy(&stride, asks, sizeof(stride));
    body_put_u32(&body, count);
    for (uint32_t i = 0; code == 0 && i < count; i++)
        code = put_ask(call, &body, (const char *)asks + (size_t)stride * i, stride, i);
    if (code == 0)
        code = host_upcall_answer(call, MESSAGE_ASK, &body, &answer);
    if (code)
        return code;
    const char *text = body_text(&answer, &len);
    if (!body_end(&answer))
        return PROXIMO_EPROTO;
    *ret_json = (struct proximo_text){text, len};
    return 0;
}

int32_t host_client_log(struct proximo_call *call, uint32_t level, const char *logger,
                        struct proximo_text data_json)
{
    struct buf body CLEANUP_BUF = BUF_INIT(BODY_LIMIT);
    struct body answer;

    if (!call)
        return PROXIMO_EINVAL;
    int32_t code = enter(call, "client_log");
    if (code)
        return code;
    body_put_u32(&body, level);
    code = put_cstr(call, &body, "the logger", logger, PLANE_LOGGER_MOST);
    if (code == 0)
        code = put_text(call, &body, "data_json", data_json, PLANE_LOG_MOST);
    return code ? code : host_upcall_answer(call, MESSAGE_CLIENT_LOG, &body, &answer);
}

int32_t host_show(struct proximo_call *call, uint32_t what, const char *name, int32_t shown)
{
    struct buf body CLEANUP_BUF = BUF_INIT(BODY_LIMIT);
    struct body answer;

    if (!call || !name)
        return PROXIMO_EINVAL;
    int32_t code = enter(call, "show");
    if (code)
        return code;
    body_put_u32(&body, what);
    body_put_u32(&body, shown != 0);
    code = put_cstr(call, &body, "the name", name, RESOURCE_URI_MOST);
    return code ? code : host_upcall_answer(call, MESSAGE_SHOW, &body, &answer);
}

int32_t host_updated(struct proximo_call *call, const char *uri)
{
    struct buf body CLEANUP_BUF = BUF_INIT(BODY_LIMIT);
    struct body answer;

    if (!call || !uri)
        return PROXIMO_EINVAL;
    int32_t code = enter(call, "updated");
    if (code == 0)
        code = put_cstr(call, &body, "the URI", uri, RESOURCE_URI_MOST);
    return code ? code : host_upcall_answer(call, MESSAGE_UPDATED, &body, &answer);
}
