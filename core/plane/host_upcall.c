/* SPDX-License-Identifier: Apache-2.0 */
/* The upcalls that the core answers: site, get, get_many, probe, permission. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "plane/host.h"

#define MAX_FIELDS 64u
#define MAX_NEEDS  16u

static int put_fields(struct proximo_call *call, struct buf *b, const struct proximo_field *fields,
                      uint32_t count)
{
    uint32_t stride = 0;

    if (count > MAX_FIELDS || (count && !fields))
        return host_fail(call, PROXIMO_EINVAL, "%u fields; a request has at most %u", count, MAX_FIELDS);
    body_put_u32(b, count);
    if (count)
        memcpy(&stride, fields, sizeof(stride));
    for (uint32_t i = 0; i < count; i++) {
        const void *at = (const char *)fields + (size_t)stride * i;
        struct proximo_field field;
        if (struct_copy(&field, sizeof(field), at) < 0 || field.struct_size != stride || !field.name ||
            !field.value || field.flags)
            return host_fail(call, PROXIMO_EINVAL,
                             "field %u needs a struct_size, a name, a value and no flags", i);
        body_put_cstr(b, field.name);
        body_put_cstr(b, field.value);
    }
    return 0;
}

static int put_needs(struct proximo_call *call, struct buf *b, const struct proximo_table *needs)
{
    uint32_t stride = 0;

    if (needs->count > MAX_NEEDS || (needs->count && !needs->rows))
        return host_fail(call, PROXIMO_EINVAL, "%u needs; a request has at most %u", needs->count, MAX_NEEDS);
    body_put_u32(b, needs->count);
    if (needs->count)
        memcpy(&stride, needs->rows, sizeof(stride));
    for (uint32_t i = 0; i < needs->count; i++) {
        struct proximo_need need;
        if (struct_copy(&need, sizeof(need), (const char *)needs->rows + (size_t)stride * i) < 0 ||
            !need.path || !need.privilege)
            return host_fail(call, PROXIMO_EINVAL, "need %u lacks its path or privilege", i);
        body_put_cstr(b, need.path);
        body_put_cstr(b, need.privilege);
    }
    return 0;
}

static int put_get(struct proximo_call *call, struct buf *b, const void *at)
{
    /* The core reads: u64 flags, text path, fields, needs. */
    struct proximo_get get;

    if (struct_copy(&get, sizeof(get), at) < 0 || !get.path ||
        (get.flags & ~(PROXIMO_GET_TOLERATE | PROXIMO_GET_WHOLE)))
        return host_fail(call, PROXIMO_EINVAL, "a get needs a struct_size, a path and known flags");
    body_put_u64(b, get.flags);
    body_put_cstr(b, get.path);
    body_put_cstr(b, get.site ? get.site : "");
    int r = put_fields(call, b, get.fields, get.field_count);
    return r ? r : put_needs(call, b, &get.needs);
}

/* One answer of the core into the caller's struct, of which only as much is written as it says it has. */
static int take_answer(struct body *body, struct proximo_answer *ret)
{
    struct proximo_answer answer = {.struct_size = (uint32_t)sizeof(answer)};
    uint32_t size;
    size_t len;

    answer.status = (int32_t)body_u32(body);
    answer.flags = body_u64(body);
    answer.data.ptr = body_text(body, &len);
    answer.data.len = len;
    answer.message.ptr = body_text(body, &len);
    answer.message.len = len;
    memcpy(&size, ret, sizeof(size));
    if (size < 8)
        return -EINVAL;
    answer.struct_size = size < sizeof(answer) ? size : (uint32_t)sizeof(answer);
    memcpy(ret, &answer, answer.struct_size);
    memcpy(ret, &size, sizeof(size));
    return body->bad ? -EPROTO : 0;
}

int32_t host_upcall_answer(struct proximo_call *call, uint32_t type, const struct buf *body, struct body *ret)
{
    char *bytes;
    size_t len;
    int32_t code = host_upcall(call, type, body, &bytes, &len);

    if (bytes && host_arena_adopt(call, bytes) < 0)
        return PROXIMO_ENOMEM;
    *ret = (struct body){bytes ? bytes : "", len, false};
    if (code < 0)
        call->fail_code =
            0; /* the core keeps the whole problem and uses it if the plane has no words of its own */
    return code;
}

static int32_t get_answers(struct proximo_call *call, uint32_t type, const struct buf *request,
                           uint32_t count, struct proximo_answer *ret)
{
    struct body body;
    int32_t code = host_upcall_answer(call, type, request, &body);

    if (code)
        return code;
    uint32_t stride;
    memcpy(&stride, ret, sizeof(stride));
    if (body_u32(&body) != count)
        return PROXIMO_EPROTO;
    for (uint32_t i = 0; i < count; i++) {
        struct proximo_answer *at = (void *)((char *)ret + (size_t)stride * i);
        if (take_answer(&body, at) < 0)
            return host_fail(call, PROXIMO_EINVAL, "ret_answer needs its struct_size set");
    }
    return 0;
}

int32_t host_get(struct proximo_call *call, const struct proximo_get *get, struct proximo_answer *ret)
{
    struct buf body CLEANUP_BUF = BUF_INIT((size_t)1 << 20);

    if (!call || !get || !ret)
        return PROXIMO_EINVAL;
    body_put_u32(&body, 0);
    body_put_u32(&body, 1);
    int32_t r = put_get(call, &body, get);
    return r ? r : get_answers(call, MESSAGE_GET, &body, 1, ret);
}

int32_t host_get_many(struct proximo_call *call, const struct proximo_get *gets, uint32_t count,
                      struct proximo_answer *ret)
{
    struct buf body CLEANUP_BUF = BUF_INIT((size_t)4 << 20);
    uint32_t stride;

    if (!call || !gets || !ret)
        return PROXIMO_EINVAL;
    if (count == 0)
        return 0;
    if (count > HOST_GET_MANY)
        return host_fail(call, PROXIMO_EINVAL, "%u gets at once; at most %u", count, HOST_GET_MANY);
    memcpy(&stride, gets, sizeof(stride));
    body_put_u32(&body,
                 1); /* many: each answer is as with TOLERATE, and one that fails does not fail the others */
    body_put_u32(&body, count);
    for (uint32_t i = 0; i < count; i++) {
        const char *at = (const char *)gets + (size_t)stride * i;
        uint32_t size;
        memcpy(&size, at, sizeof(size));
        int32_t r = size == stride ? put_get(call, &body, at) : PROXIMO_EINVAL;
        if (r)
            return r;
    }
    return get_answers(call, MESSAGE_GET, &body, count, ret);
}

int32_t host_probe(struct proximo_call *call, const char *name, const struct proximo_field *params,
                   uint32_t count, struct proximo_answer *ret)
{
    struct buf body CLEANUP_BUF = BUF_INIT((size_t)1 << 20);

    if (!call || !name || !ret)
        return PROXIMO_EINVAL;
    body_put_cstr(&body, name);
    int32_t r = put_fields(call, &body, params, count);
    return r ? r : get_answers(call, MESSAGE_PROBE, &body, 1, ret);
}

int32_t host_permission(struct proximo_call *call, const char *path, const char *privilege)
{
    struct buf body CLEANUP_BUF = BUF_INIT(8192);
    struct body answer;

    if (!call || !path || !privilege)
        return PROXIMO_EINVAL;
    body_put_cstr(&body, path);
    body_put_cstr(&body, privilege);
    int32_t code = host_upcall_answer(call, MESSAGE_PERMISSION, &body, &answer);
    return code ? code : body_u32(&answer) != 0;
}

int32_t host_sites(struct proximo_call *call, struct proximo_text *ret_json)
{
    struct buf none = BUF_INIT(1);
    struct body answer;
    size_t len = 0;

    if (!call || !ret_json)
        return PROXIMO_EINVAL;
    int32_t code = host_upcall_answer(call, MESSAGE_SITES, &none, &answer);
    const char *text = code == 0 ? body_text(&answer, &len) : NULL;
    if (code || !text)
        return code ? code : PROXIMO_EPROTO;
    return host_arena_text(call, text, len, ret_json) < 0 ? PROXIMO_ENOMEM : PROXIMO_OK;
}

/* The next text of an answer, in the arena; NULL: no memory. */
static char *answer_text(struct proximo_call *call, struct body *answer, bool answered)
{
    struct proximo_text copy;
    size_t len = 0;
    const char *text = answered ? body_text(answer, &len) : "";
    return host_arena_text(call, text ? text : "", len, &copy) < 0 ? NULL : (char *)(uintptr_t)copy.ptr;
}

/* Asked once a call: empty where the host does not know. */
static int32_t site_ask(struct proximo_call *call)
{
    struct buf none = BUF_INIT(1);
    struct body answer;
    const bool answered = host_upcall_answer(call, MESSAGE_SITE, &none, &answer) == 0;
    const int32_t stopped = host_stopped(call);

    if (stopped)
        return stopped;
    call->site_version = answer_text(call, &answer, answered);
    call->site_token = answer_text(call, &answer, answered);
    call->site_reached = answer_text(call, &answer, answered);
    return call->site_version && call->site_token && call->site_reached ? PROXIMO_OK : PROXIMO_ENOMEM;
}

int32_t host_site(struct proximo_call *call, struct proximo_site *ret)
{
    uint32_t size;

    if (!call || !ret)
        return PROXIMO_EINVAL;
    if (!call->site_kind)
        return host_fail(call, PROXIMO_EUNAVAIL, "no site is configured");
    const int32_t r = call->site_version ? PROXIMO_OK : site_ask(call);
    if (r)
        return r;
    struct proximo_site site = {.struct_size = (uint32_t)sizeof(site),
                                .kind = call->site_kind,
                                .name = {call->site_name, strlen(call->site_name)},
                                .version = {call->site_version, strlen(call->site_version)},
                                .token = {call->site_token, strlen(call->site_token)},
                                .reached_json = {call->site_reached, strlen(call->site_reached)}};
    memcpy(&size, ret, sizeof(size));
    if (size < 8)
        return host_fail(call, PROXIMO_EINVAL, "ret_site needs its struct_size set");
    site.struct_size = size;
    memcpy(ret, &site, size < sizeof(site) ? size : sizeof(site));
    return 0;
}
