/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Query strings, forms and JSON bodies in; JSON and plain replies out.
 */
#include "body.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 32

/* Length of the valid UTF-8 sequence at `s`, 0 if there is none. */
static size_t utf8_length(const unsigned char *s, size_t left)
{
    size_t n = *s < 0x80                 ? 1
               : *s >= 0xc2 && *s < 0xe0 ? 2
               : (*s & 0xf0) == 0xe0     ? 3
               : *s >= 0xf0 && *s < 0xf5 ? 4
                                         : 0;

    if (n == 0 || n > left)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) || (*s == 0xf0 && s[1] < 0x90) ||
        (*s == 0xf4 && s[1] > 0x8f))
        return 0;
    return n;
}

/* Replaces every byte that is not part of UTF-8 by U+FFFD. */
static char *clean(const char *bytes, size_t len)
{
    char *out = malloc(len * 3 + 1);
    size_t n = 0;

    if (!out)
        return NULL;
    for (size_t i = 0; i < len;) {
        size_t k = utf8_length((const unsigned char *)bytes + i, len - i);

        if (k == 0 || bytes[i] == 0) {
            memcpy(out + n, "\xef\xbf\xbd", 3);
            n += 3;
            i++;
            continue;
        }
        memcpy(out + n, bytes + i, k);
        n += k;
        i += k;
    }
    out[n] = 0;
    return out;
}

static int hex(char c)
{
    if (isdigit((unsigned char)c))
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *sim_decode(const char *text, size_t len, bool plus)
{
    char *bytes = malloc(len + 1), *out;
    size_t n = 0;

    if (!bytes)
        return NULL;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '%' && i + 2 < len && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
            bytes[n++] = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));
            i += 2;
        } else {
            bytes[n++] = plus && text[i] == '+' ? ' ' : text[i];
        }
    }
    out = clean(bytes, n);
    free(bytes);
    return out;
}

static void add_pair(struct json_object *params, const char *name, const char *value)
{
    struct json_object *old = sim_get(params, name), *list;

    if (!old) {
        sim_set_str(params, name, value);
        return;
    }
    if (!json_object_is_type(old, json_type_array)) {
        list = json_object_new_array();
        json_object_array_add(list, json_object_get(old));
        sim_set(params, name, list);
        old = list;
    }
    json_object_array_add(old, json_object_new_string(value));
}

/* One name=value, or a bare name. */
static void add_encoded(struct json_object *params, const char *text, size_t len)
{
    const char *equals = memchr(text, '=', len);
    size_t name_len = equals ? (size_t)(equals - text) : len;
    char *name = sim_decode(text, name_len, true);
    char *value = equals ? sim_decode(equals + 1, len - name_len - 1, true) : strdup("");

    if (name && value && *name)
        add_pair(params, name, value);
    free(name);
    free(value);
}

void sim_parse_form(const char *text, size_t len, struct json_object *params)
{
    const char *end = text + len;

    while (text < end) {
        const char *stop = memchr(text, '&', (size_t)(end - text));

        if (!stop)
            stop = end;
        if (stop > text)
            add_encoded(params, text, (size_t)(stop - text));
        text = stop + 1;
    }
}

/* The place in the server's own source, which its errors name. */
#define AT_LINE(line) " at /usr/share/perl5/PVE/APIServer/AnyEvent.pm line " #line ".\n"

/* A text that begins like a word of JSON is taken for one. */
static const char *json_fault(const char *text)
{
    switch (*text) {
    case 'n': return "'null' expected";
    case 't': return "'true' expected";
    case 'f': return "'false' expected";
    default: return "malformed JSON string, neither tag, array, object, number, string or atom";
    }
}

static int parse_json(const struct sim_request *request, struct json_object *params, char *text, size_t size)
{
    struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
    SIM_FREE_WITH(sim_json_freep) struct json_object *root = NULL;
    bool complete;

    if (!tokener)
        return 500;
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    root = json_tokener_parse_ex(tokener, request->body, (int)request->body_size);
    complete = json_tokener_get_error(tokener) == json_tokener_success;
    json_tokener_free(tokener);
    if (!complete) {
        (void)snprintf(text, size, "%s, at character offset 0 (before \"%.20s\")" AT_LINE(934),
                       json_fault(request->body), request->body);
        return 500;
    }
    if (!root || !json_object_is_type(root, json_type_object)) {
        (void)snprintf(text, size, "Not a HASH reference" AT_LINE(978));
        return 500;
    }
    sim_merge(params, root);
    return 0;
}

int sim_parse_body(const struct sim_request *request, struct json_object *params, char *text, size_t size)
{
    const char *type = request->content_type;
    size_t n = type ? strcspn(type, "; ") : 0;

    if (request->body_size == 0)
        return 0;
    if (!type || (n == strlen("application/x-www-form-urlencoded") &&
                  strncasecmp(type, "application/x-www-form-urlencoded", n) == 0)) {
        sim_parse_form(request->body, request->body_size, params);
        return 0;
    }
    if (n == strlen("application/json") && strncasecmp(type, "application/json", n) == 0)
        return parse_json(request, params, text, size);
    if (sim_is_upload(request)) {
        (void)snprintf(text, size, "Bad Request");
        return sim_parse_upload(request, params) < 0 ? 400 : 0;
    }
    (void)snprintf(text, size, "upload 'Content-Type '%s' not implemented", type);
    return 506;
}

void sim_reply_plain(struct sim_reply *reply, int status, const char *reason, const char *body)
{
    reply->status = status;
    reply->reason = strndup(reason, strcspn(reason, "\r\n"));
    reply->content_type = *body ? "text/plain; charset=UTF-8" : NULL;
    reply->body = strdup(body);
    reply->size = strlen(body);
}

/* {"data":...} around an answer that is serialised already. */
static void reply_raw(const char *raw, struct sim_reply *reply)
{
    size_t size = strlen(raw) + 16;

    reply->body = malloc(size);
    if (reply->body)
        reply->size = (size_t)snprintf(reply->body, size, "{\"data\":%s}", raw);
}

void sim_reply_json(struct sim_call *call, bool extjs, struct sim_reply *reply)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *root = json_object_new_object();
    const char *reason = call->message ? call->message : "OK";
    const char *text;

    reply->status = extjs ? 200 : call->status;
    reply->reason = strndup(extjs ? "OK" : reason, strcspn(extjs ? "OK" : reason, "\r\n"));
    reply->content_type = "application/json;charset=UTF-8";
    if (call->raw && !extjs) {
        reply_raw(call->raw, reply);
        return;
    }
    if (extjs) {
        sim_set_int(root, "success", call->status == 200);
        sim_set_int(root, "status", call->status);
    }
    sim_set(root, "data", call->raw ? json_tokener_parse(call->raw) : json_object_get(call->data));
    if (call->message)
        sim_set_str(root, "message", call->message);
    if (call->errors)
        sim_set(root, "errors", json_object_get(call->errors));
    sim_merge(root, call->extra);
    text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    reply->body = text ? strdup(text) : NULL;
    reply->size = reply->body ? strlen(reply->body) : 0;
}

void sim_reply_done(struct sim_reply *reply)
{
    free(reply->reason);
    free(reply->body);
    reply->reason = NULL;
    reply->body = NULL;
}
