/* SPDX-License-Identifier: Apache-2.0 */
/* JSON-RPC messages: shape first, then era. The order of checks decides which of several faults is told. */
#include "mcp/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_check.h"
#include "base/problem.h"
#include "base/text.h"

#define ID_LIMIT   1024              /* bytes of a string id that is remembered and echoed */
#define TEXT_LIMIT ((size_t)1 << 20) /* of an error with its details */

static const char *const legacy_versions[] = {MCP_LATEST_LEGACY, "2025-06-18", "2025-03-26", "2024-11-05"};

bool mcp_legacy_version(struct span version, const char **ret)
{
    for (size_t i = 0; i < sizeof(legacy_versions) / sizeof(legacy_versions[0]); i++) {
        if (span_equals(version, legacy_versions[i])) {
            *ret = legacy_versions[i];
            return true;
        }
    }
    return false;
}

void message_fail(struct message *message, int code, const char *format, ...)
{
    char raw[sizeof(message->error.text)];
    struct buf clean CLEANUP_BUF = BUF_INIT(4 * sizeof(raw));
    va_list ap;

    message->kind = MESSAGE_BAD;
    message->error.code = code;
    va_start(ap, format);
    (void)vsnprintf(raw, sizeof(raw), format, ap);
    va_end(ap);
    /* A method or version that came from outside may be quoted in it. */
    text_clean(&clean, raw, text_utf8_cut(raw, strlen(raw)), false);
    (void)snprintf(message->error.text, sizeof(message->error.text), "%s",
                   buf_ok(&clean) && clean.data ? clean.data : "");
}

void message_error_problem(struct message_error *error, const struct problem *p)
{
    struct buf data CLEANUP_BUF = BUF_INIT(sizeof(error->data) - 1);
    struct message message = {.kind = MESSAGE_BAD};

    message_fail(&message, RPC_INTERNAL_ERROR, "%s: %s", p->code, p->cause);
    *error = message.error;
    buf_char(&data, '{');
    json_put_key_string(&data, "code", p->code);
    if (p->next[0])
        json_put_key_string(&data, "next", p->next);
    buf_char(&data, '}');
    if (buf_ok(&data))
        (void)snprintf(error->data, sizeof(error->data), "%s", data.data);
}

/* Where a member of this name belongs, in a table of names and places. */
struct place {
    const char *name;
    size_t offset; /* of a struct span in struct message */
};
#define PLACE(text, member)                                                                                  \
    {                                                                                                        \
        (text), offsetof(struct message, member)                                                             \
    }

/* Notes where the named members of an object are. */
static void note_members(struct message *message, struct span object, const struct place *places,
                         size_t count)
{
    struct span key, value;
    size_t cursor = 0;

    while (span_member(object, &cursor, &key, &value)) {
        for (size_t i = 0; i < count; i++) {
            if (span_equals(key, places[i].name)) {
                memcpy((char *)message + places[i].offset, &value, sizeof(value));
                break;
            }
        }
    }
}

static const struct place params_places[] = {
    PLACE("name", name),
    PLACE("arguments", arguments),
    PLACE("cursor", cursor),
    PLACE("protocolVersion", protocol_version),
    PLACE("requestId", request_id),
    PLACE("_meta", meta),
    PLACE("capabilities", capabilities),
    PLACE("inputResponses", input_responses),
    PLACE("requestState", request_state),
};
static const struct place meta_places[] = {
    PLACE(MCP_META "protocolVersion", meta_version),
    PLACE(MCP_META "clientCapabilities", meta_capabilities),
    PLACE("progressToken", meta_progress),
    PLACE(MCP_META "logLevel", meta_log_level),
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void note_params(struct message *message)
{
    note_members(message, message->params, params_places, COUNT(params_places));
    if (span_type(message->meta) == json_type_object)
        note_members(message, message->meta, meta_places, COUNT(meta_places));
}

static bool id_ok(struct span id)
{
    enum json_type type = span_type(id);

    return type == json_type_int || (type == json_type_string && id.len <= ID_LIMIT + 2);
}

/* The members of the message itself. */
struct envelope {
    struct span jsonrpc, id, method, params, result;
    bool has_error;
};

static void read_envelope(struct span root, struct envelope *ret)
{
    struct span key, value;
    size_t cursor = 0;

    while (span_member(root, &cursor, &key, &value)) {
        if (span_equals(key, "jsonrpc"))
            ret->jsonrpc = value;
        else if (span_equals(key, "id"))
            ret->id = value;
        else if (span_equals(key, "method"))
            ret->method = value;
        else if (span_equals(key, "params"))
            ret->params = value;
        else if (span_equals(key, "result"))
            ret->result = value;
        else if (span_equals(key, "error"))
            ret->has_error = true;
    }
}

/* What every message owes, one check after the other. */
static void message_shape(struct message *message, struct span root)
{
    struct envelope envelope = {0};

    if (span_type(root) != json_type_object) {
        message_fail(message, RPC_INVALID_REQUEST,
                     span_type(root) == json_type_array
                         ? "Invalid request: batches are not part of MCP; send one message a line"
                         : "Invalid request: a message is a JSON object");
        return;
    }
    read_envelope(root, &envelope);
    if (envelope.id.at && id_ok(envelope.id))
        message->id = envelope.id;
    if (span_type(envelope.jsonrpc) != json_type_string || !span_equals(envelope.jsonrpc, "2.0")) {
        message_fail(message, RPC_INVALID_REQUEST, "Invalid request: \"jsonrpc\" must be \"2.0\"");
    } else if (!envelope.method.at && (envelope.result.at || envelope.has_error)) {
        message->kind = MESSAGE_RESPONSE;
        if (!envelope.has_error)
            message->result = envelope.result;
    } else if (!envelope.method.at) {
        message_fail(message, RPC_INVALID_REQUEST, "Invalid request: there is no \"method\"");
    } else if (span_type(envelope.method) != json_type_string) {
        message_fail(message, RPC_INVALID_REQUEST, "Invalid request: \"method\" must be a string");
    } else if (envelope.id.at && !message->id.at) {
        message_fail(message, RPC_INVALID_REQUEST,
                     "Invalid request: \"id\" must be an integer or a string of at most %d bytes", ID_LIMIT);
    } else if (envelope.id.at && envelope.params.at && span_type(envelope.params) != json_type_object) {
        message_fail(message, RPC_INVALID_PARAMS, "Invalid params: \"params\" must be an object");
    } else {
        message->method = envelope.method;
        message->kind = envelope.id.at ? MESSAGE_REQUEST : MESSAGE_NOTIFICATION;
        if (span_type(envelope.params) == json_type_object) {
            message->params = envelope.params;
            note_params(message);
        }
    }
}

void message_read(struct message *message, const char *line, size_t len)
{
    struct json_check check = {.max_depth = JSON_CHECK_MAX_DEPTH};

    *message = (struct message){.kind = MESSAGE_BAD};
    if (json_check(&check, line, len) == 0)
        message_shape(message, span_whole(line, len));
    else if (check.fault == JSON_FAULT_MEMORY)
        message_fail(message, RPC_INTERNAL_ERROR, "Internal error: no memory for this message");
    else
        message_fail(message, RPC_PARSE_ERROR, "Parse error: %s at byte %zu", json_fault_name(check.fault),
                     check.offset);
}

void put_id(struct buf *out, struct span id)
{
    struct json_object *decoded CLEANUP_JSON = NULL;

    if (id.at && !memchr(id.at, '\\', id.len))
        buf_add(out, id.at, id.len);
    else if (id.at && json_parse(id.at, id.len, &decoded, NULL) == 0)
        json_put_value(out, decoded);
    else
        buf_str(out, "null");
}

static void fail_version(struct message *message)
{
    char *name = span_text(message->meta_version);

    message_fail(message, RPC_UNSUPPORTED_VERSION, "Unsupported protocol version");
    message->error.unsupported_version = true;
    if (name)
        (void)snprintf(message->error.requested, sizeof(message->error.requested), "%.*s",
                       (int)text_utf8_cut(name, strnlen(name, sizeof(message->error.requested) - 1)), name);
    free(name);
}

bool message_era_ok(struct message *message, bool initialized)
{
    if (message->meta.at && span_type(message->meta) != json_type_object) {
        message_fail(message, RPC_INVALID_PARAMS, "Invalid params: \"_meta\" must be an object");
    } else if (message->meta_version.at) {
        message->modern = true;
        if (span_type(message->meta_version) != json_type_string)
            message_fail(message, RPC_INVALID_PARAMS,
                         "Invalid params: _meta[\"" MCP_META "protocolVersion\"] must be a string");
        else if (!span_equals(message->meta_version, MCP_MODERN_VERSION))
            fail_version(message);
        else if (span_type(message->meta_capabilities) != json_type_object)
            message_fail(message, RPC_INVALID_PARAMS,
                         "Invalid params: _meta[\"" MCP_META "clientCapabilities\"] must be an object");
    } else if (message->meta_capabilities.at ||
               (!initialized && !span_equals(message->method, "initialize") &&
                !span_equals(message->method, "ping"))) {
        message_fail(message, RPC_INVALID_PARAMS,
                     "Invalid params: _meta lacks \"" MCP_META
                     "protocolVersion\" and no initialize came before "
                     "(this server speaks " MCP_VERSIONS_TEXT ")");
    }
    return message->kind != MESSAGE_BAD;
}

/* ---------------------------------------------------------------- answers */

void answer_cut(struct buf *b, size_t len)
{
    if (!buf_ok(b) || b->len <= len)
        return;
    b->len = len;
    b->data[len] = '\0';
}

void put_server_info(struct buf *out)
{
    buf_str(out, "{\"name\":\"proximo\",\"title\":\"Proximo\",\"version\":\"" PROXIMO_VERSION "\"}");
}

void answer_begin(struct buf *out, const char *id)
{
    buf_str(out, "{\"jsonrpc\":\"2.0\",\"id\":");
    buf_str(out, id);
    buf_str(out, ",\"result\":{");
}

static void put_result_type(struct buf *out, const char *result_type)
{
    json_put_key_string(out, "resultType", result_type);
    buf_str(out, ",\"_meta\":{\"" MCP_META "serverInfo\":");
    put_server_info(out);
}

void answer_end(struct buf *out, bool modern, const char *result_type)
{
    if (modern) {
        put_result_type(out, result_type);
        buf_char(out, '}');
    }
    buf_str(out, "}}\n");
}

void answer_end_listen(struct buf *out, const char *id)
{
    put_result_type(out, "complete");
    buf_str(out, ",\"" MCP_META "subscriptionId\":");
    buf_str(out, id);
    buf_str(out, "}}}\n");
}

void answer_error(struct buf *out, const char *id, const struct message_error *error)
{
    buf_str(out, "{\"jsonrpc\":\"2.0\",\"id\":");
    buf_str(out, id);
    buf_str(out, ",\"error\":{\"code\":");
    buf_i64(out, error->code);
    buf_str(out, ",\"message\":");
    json_put_cstr(out, error->text);
    if (error->unsupported_version) {
        buf_str(out, ",\"data\":{\"supported\":[\"" MCP_MODERN_VERSION "\"],\"requested\":");
        json_put_cstr(out, error->requested);
        buf_char(out, '}');
    } else if (error->data[0]) {
        buf_str(out, ",\"data\":");
        buf_str(out, error->data);
    }
    buf_str(out, "}}\n");
}

void body_tool_result(struct buf *body, const struct buf *structured, const struct buf *content)
{
    bool has_more = content && content->len > 2;

    buf_str(body, "\"content\":[");
    if (structured->len > 0 || !has_more) {
        buf_str(body, "{\"type\":\"text\",\"text\":");
        json_put_string(body, structured->len ? structured->data : "", structured->len);
        buf_char(body, '}');
        if (has_more)
            buf_char(body, ',');
    }
    if (has_more)
        buf_add(body, content->data + 1, content->len - 2); /* without its brackets */
    buf_char(body, ']');
    if (structured->len > 0) {
        buf_str(body, ",\"structuredContent\":");
        buf_add(body, structured->data, structured->len);
    }
}

void body_tool_problem(struct buf *body, const struct problem *p, const struct buf *details)
{
    struct buf text CLEANUP_BUF = BUF_INIT(TEXT_LIMIT), json CLEANUP_BUF = BUF_INIT(TEXT_LIMIT);
    bool more = details && details->len > 0 && buf_ok(details);

    problem_text(p, &text);
    problem_json(p, &json);
    if (more && json.len > 2) {
        buf_str(&text, "\nDetails: {");
        buf_add(&text, details->data, details->len);
        buf_char(&text, '}');
        answer_cut(&json, json.len - 2); /* reopens the error */
        buf_char(&json, ',');
        buf_add(&json, details->data, details->len);
        buf_str(&json, "}}");
    }
    buf_str(body, "\"content\":[{\"type\":\"text\",\"text\":");
    json_put_string(body, text.len ? text.data : "", text.len);
    buf_str(body, "}],\"structuredContent\":");
    buf_add(body, json.data, json.len);
    buf_str(body, ",\"isError\":true");
}
