/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of functions that planes are given, and those of them that need no word with the core: memory,
 * arguments, the reply, logging, cache. What asks the core is in host_upcall.c and host_client.c.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "plane/host.h"

#define MAX_BLOCKS 64u
#define MAX_MEMO   ((uint64_t)16 << 20)

struct json_object *host_arguments(struct proximo_call *call)
{
    if (!call->arguments_object)
        (void)json_parse(call->arguments, call->arguments_len, &call->arguments_object, NULL);
    return call->arguments_object;
}

static int32_t table_arguments(struct proximo_call *call, struct proximo_text *ret_json)
{
    if (!call || !ret_json)
        return PROXIMO_EINVAL;
    *ret_json = (struct proximo_text){call->arguments, call->arguments_len};
    return 0;
}

static int32_t table_argument(struct proximo_call *call, const char *name, struct proximo_text *ret_text)
{
    struct json_object *value;

    if (!call || !name || !ret_text)
        return PROXIMO_EINVAL;
    if (!json_object_object_get_ex(host_arguments(call), name, &value) || !value)
        return PROXIMO_ENOTFOUND;
    if (json_object_is_type(value, json_type_string)) {
        *ret_text =
            (struct proximo_text){json_object_get_string(value), (uint64_t)json_object_get_string_len(value)};
        return 0;
    }
    struct buf text CLEANUP_BUF = BUF_INIT(MESSAGE_LIMIT);
    json_put_value(&text, value);
    if (!buf_ok(&text) || host_arena_text(call, text.data, text.len, ret_text) < 0)
        return PROXIMO_ENOMEM;
    return 0;
}

static void put_text(struct buf *b, struct proximo_text text)
{
    body_put_text(b, text.ptr ? text.ptr : "", text.ptr ? (size_t)text.len : 0);
}

bool host_call_replies(const struct proximo_call *call)
{
    return call->kind == PLANE_CALL_READ || call->kind == PLANE_CALL_RESOURCE ||
           call->kind == PLANE_CALL_PROMPT;
}

int32_t host_reply(struct proximo_call *call, const struct proximo_content *blocks, uint32_t count)
{
    uint32_t stride = 0;

    if (!call || !blocks || count == 0)
        return PROXIMO_EINVAL;
    if (!host_call_replies(call))
        return host_not_here(call, "reply");
    if (call->replied)
        return host_fail(call, PROXIMO_EINVAL, "a call is answered once");
    if (count > MAX_BLOCKS)
        return host_fail(call, PROXIMO_EINVAL, "%u content blocks; at most %u fit into an answer", count,
                         MAX_BLOCKS);
    memcpy(&stride, blocks, sizeof(stride));
    body_put_u32(&call->reply, count);
    for (uint32_t i = 0; i < count; i++) {
        const void *at = (const char *)blocks + (size_t)stride * i;
        struct proximo_content block;
        uint32_t size;
        memcpy(&size, at, sizeof(size));
        if (size != stride || struct_copy(&block, sizeof(block), at) < 0)
            return host_fail(call, PROXIMO_EINVAL, "content block %u has no sensible struct_size", i);
        body_put_u32(&call->reply, block.type);
        body_put_u64(&call->reply, block.flags);
        put_text(&call->reply, block.data);
        put_text(&call->reply, block.mime);
        put_text(&call->reply, block.uri);
        put_text(&call->reply, block.name);
        put_text(&call->reply, block.note);
    }
    call->replied = true;
    return buf_ok(&call->reply) ? 0 : PROXIMO_ENOMEM;
}

__attribute__((format(printf, 3, 4))) static void table_log(struct proximo_call *call, uint32_t level,
                                                            const char *format, ...)
{
    struct buf body CLEANUP_BUF = BUF_INIT(4096);
    char text[1024];
    va_list ap;
    const struct host_plane *plane = call ? call->plane : host_current_plane;

    if (!format)
        return;
    va_start(ap, format);
    int n = vsnprintf(text, sizeof(text), format, ap);
    va_end(ap);
    if (n < 0)
        return;
    body_put_cstr(&body, text);
    struct message_head head = {.type = MESSAGE_LOG,
                                .seq = plane ? (uint32_t)(plane - host.planes) : UINT32_MAX,
                                .code = (int32_t)level};
    host_send(&head, body.data, body.len);
}

static int32_t table_config(struct proximo_text *ret_json)
{
    if (!host_current_plane || !host_current_plane->config_json || !ret_json)
        return PROXIMO_EINVAL;
    *ret_json =
        (struct proximo_text){host_current_plane->config_json, strlen(host_current_plane->config_json)};
    return 0;
}

static int32_t table_memo_get(struct proximo_call *call, const char *key, struct proximo_text *ret_data)
{
    if (!call || !key || !ret_data)
        return PROXIMO_EINVAL;
    for (struct memo *m = call->memos; m; m = m->next)
        if (strcmp(m->key, key) == 0) {
            *ret_data = m->data;
            return 0;
        }
    return PROXIMO_ENOTFOUND;
}

static int32_t table_memo_set(struct proximo_call *call, const char *key, struct proximo_text data)
{
    if (!call || !key || data.len > MAX_MEMO)
        return PROXIMO_EINVAL;
    for (struct memo **m = &call->memos; *m; m = &(*m)->next)
        if (strcmp((*m)->key, key) == 0) {
            struct memo *old = *m;
            *m = old->next;
            free(old->key);
            free(old);
            break;
        }
    if (!data.ptr)
        return 0;
    struct memo *memo = malloc(sizeof(*memo) + (size_t)data.len + 1);
    char *name = text_dup(key);
    if (!memo || !name) {
        free(memo);
        free(name);
        return PROXIMO_ENOMEM;
    }
    char *copy = (char *)(memo + 1);
    memcpy(copy, data.ptr, (size_t)data.len);
    copy[data.len] = '\0';
    *memo = (struct memo){call->memos, name, {copy, data.len}};
    call->memos = memo;
    return 0;
}

static int32_t table_cancelled(struct proximo_call *call)
{
    return call && host_stopped(call) ? 1 : 0;
}

static int64_t table_deadline_ms(struct proximo_call *call)
{
    return call ? call->deadline_ms - clock_ms() : 0;
}

static int32_t table_progress(struct proximo_call *call, uint32_t done, uint32_t total, const char *message)
{
    struct buf body CLEANUP_BUF = BUF_INIT(4096);

    if (!call)
        return PROXIMO_EINVAL;
    int32_t code = host_stopped(call);
    if (code)
        return code;
    size_t len = message ? strnlen(message, 1024) : 0;
    body_put_u32(&body, done);
    body_put_u32(&body, total);
    body_put_text(&body, message ? message : "", len);
    host_send(&(struct message_head){.type = MESSAGE_PROGRESS, .call = call->id}, body.data, body.len);
    return 0;
}

static int32_t table_untrusted(struct proximo_call *call, struct proximo_text raw,
                               struct proximo_text *ret_text)
{
    struct buf clean CLEANUP_BUF = BUF_INIT(MESSAGE_LIMIT);
    struct buf quoted CLEANUP_BUF = BUF_INIT(MESSAGE_LIMIT);

    if (!call || !ret_text || (!raw.ptr && raw.len))
        return PROXIMO_EINVAL;
    text_clean(&clean, raw.ptr ? raw.ptr : "", (size_t)raw.len, true);
    json_put_string(&quoted, clean.data ? clean.data : "", clean.len);
    if (!buf_ok(&clean) || !buf_ok(&quoted) || host_arena_text(call, quoted.data, quoted.len, ret_text) < 0)
        return PROXIMO_ENOMEM;
    return 0;
}

static void *table_alloc(struct proximo_call *call, uint64_t size)
{
    return host_arena_alloc(call, size);
}

const struct proximo_host host_table = {
    .struct_size = (uint32_t)sizeof(struct proximo_host),
    .abi_major = PROXIMO_ABI_MAJOR,
    .abi_minor = PROXIMO_ABI_MINOR,
    .features = PROXIMO_FEATURE_READS | PROXIMO_FEATURE_CHANGES | PROXIMO_FEATURE_EXECUTORS |
                PROXIMO_FEATURE_RESOURCES | PROXIMO_FEATURE_CLIENT,
    .alloc = table_alloc,
    .arguments = table_arguments,
    .argument = table_argument,
    .secret = host_secret,
    .reply = host_reply,
    .fail = host_fail,
    .log = table_log,
    .config = table_config,
    .site = host_site,
    .get = host_get,
    .get_many = host_get_many,
    .probe = host_probe,
    .permission = host_permission,
    .memo_get = table_memo_get,
    .memo_set = table_memo_set,
    .cancelled = table_cancelled,
    .deadline_ms = table_deadline_ms,
    .progress = table_progress,
    .untrusted = table_untrusted,
    .change = host_change,
    .fact = host_fact,
    .risk = host_risk,
    .guard = host_guard,
    .step = host_step,
    .always = host_always,
    .postcondition = host_postcondition,
    .undo = host_undo,
    .subject = host_subject,
    .affected = host_affected,
    .incomplete = host_incomplete,
    .finding = host_finding,
    .connect = host_connect,
    .spawn = host_spawn_program,
    .material = host_material,
    .secret_stdin = host_secret_stdin,
    .output = host_output,
    .exited = host_exited,
    .outcome_unknown = host_outcome_unknown,
    .can_ask = host_can_ask,
    .ask = host_ask,
    .client_log = host_client_log,
    .show = host_show,
    .updated = host_updated,
    .ended = host_ended,
    .sites = host_sites,
};
