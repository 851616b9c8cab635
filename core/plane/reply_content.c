/* SPDX-License-Identifier: Apache-2.0 */
/* The blocks of a plane's reply as MCP has them: content of tools and prompts, contents of resources. */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "plane/planes.h"
#include "plane/read_inner.h"

static const struct value_style text_style = {.string_max = READ_ANSWER_LIMIT, .keep_lines = true};

static void put_base64(struct buf *out, const char *bytes, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *b = (const unsigned char *)bytes;
    for (size_t i = 0; i < len; i += 3) {
        unsigned n = (unsigned)b[i] << 16;
        if (i + 1 < len)
            n |= (unsigned)b[i + 1] << 8;
        if (i + 2 < len)
            n |= b[i + 2];
        char four[4] = {digits[n >> 18], digits[(n >> 12) & 63], i + 1 < len ? digits[(n >> 6) & 63] : '=',
                        i + 2 < len ? digits[n & 63] : '='};
        buf_add(out, four, sizeof(four));
    }
}

static void put_member(struct buf *out, const char *key, const char *text)
{
    const struct value_style style = {.string_max = 2048};
    if (!text || !*text)
        return;
    json_put_key(out, key);
    value_put_text(out, text, strlen(text), &style);
}

static bool is_media(const struct reply_block *block)
{
    return block->type == PROXIMO_CONTENT_IMAGE || block->type == PROXIMO_CONTENT_AUDIO;
}

static bool is_json(const struct reply_block *block)
{
    return block->type == PROXIMO_CONTENT_JSON || block->type == PROXIMO_CONTENT_ROWS;
}

static void put_bytes(struct buf *out, const char *key, const struct reply_block *block)
{
    json_put_key(out, key);
    buf_char(out, '"');
    put_base64(out, block->data ? block->data : "", block->data_len);
    buf_char(out, '"');
}

/* JSON is cleaned value by value, as in answers: what stands for a secret is not shown. */
static void put_text(struct buf *out, const struct reply_block *block)
{
    const char *data = block->data ? block->data : "";

    json_put_key(out, "text");
    if (!is_json(block)) {
        value_put_text(out, data, block->data_len, &text_style);
        return;
    }
    CLEANUP_BUF struct buf text = BUF_INIT((size_t)READ_ANSWER_LIMIT * 8);
    CLEANUP_JSON struct json_object *value = NULL;
    if (json_parse(data, block->data_len, &value, NULL) == 0) /* it was checked when the reply was read */
        value_put(&text, value, &text_style);
    if (text.error)
        out->error = text.error;
    json_put_string(out, text.data ? text.data : "", text.len);
}

static void put_mark(struct buf *out, const struct reply_block *block)
{
    if (block->flags & PROXIMO_CONTENT_UNTRUSTED)
        buf_str(out, ",\"_meta\":{\"proximo/untrusted\":true}");
}

static void put_media(struct buf *out, const char *type, const struct reply_block *block)
{
    json_put_key_string(out, "type", type);
    put_bytes(out, "data", block);
    put_member(out, "mimeType", block->mime && *block->mime ? block->mime : "application/octet-stream");
}

void reply_put_block(struct buf *out, const struct reply_block *block)
{
    json_put_comma(out);
    buf_char(out, '{');
    switch (block->type) {
    case PROXIMO_CONTENT_IMAGE: put_media(out, "image", block); break;
    case PROXIMO_CONTENT_AUDIO: put_media(out, "audio", block); break;
    case PROXIMO_CONTENT_LINK:
        json_put_key_string(out, "type", "resource_link");
        put_member(out, "uri", block->uri);
        put_member(out, "name", block->name && *block->name ? block->name : block->uri);
        put_member(out, "mimeType", block->mime);
        break;
    case PROXIMO_CONTENT_RESOURCE:
        buf_str(out, "\"type\":\"resource\",\"resource\":{");
        put_member(out, "uri", block->uri);
        put_member(out, "mimeType", block->mime);
        put_text(out, block);
        buf_char(out, '}');
        break;
    default:
        json_put_key_string(out, "type", "text");
        put_text(out, block);
        break;
    }
    put_mark(out, block);
    buf_char(out, '}');
}

/* Nothing is cut: what does not fit is an error. */
static int check_size(const struct plane_reply *reply, struct problem *p)
{
    size_t text = 0;

    for (size_t i = 0; i < reply->count; i++)
        text += is_media(&reply->blocks[i]) ? 0 : reply->blocks[i].data_len;
    if (text <= READ_ANSWER_LIMIT)
        return 0;
    int r = problem_set(p, -E2BIG, PX_TOO_LARGE, "it has %zu bytes of text; at most %d fit into an answer",
                        text, READ_ANSWER_LIMIT);
    problem_next(p, "Ask for less: a part of it, or by a tool that filters.");
    return r;
}

static int check_written(const struct buf *out, struct problem *p)
{
    return buf_ok(out) ? 0 : problem_set(p, -E2BIG, PX_TOO_LARGE, "it is too large for an answer");
}

int reply_put_content(const struct plane_reply *reply, bool roles, struct buf *content, struct problem *p)
{
    int r = check_size(reply, p);

    if (r < 0)
        return r;
    buf_char(content, '[');
    for (size_t i = 0; i < reply->count; i++) {
        const struct reply_block *block = &reply->blocks[i];
        if (!roles) {
            reply_put_block(content, block);
            continue;
        }
        json_put_comma(content);
        buf_char(content, '{');
        json_put_key_string(content, "role", block->flags & PROXIMO_CONTENT_ASSISTANT ? "assistant" : "user");
        buf_str(content, ",\"content\":");
        reply_put_block(content, block);
        buf_char(content, '}');
    }
    buf_char(content, ']');
    return check_written(content, p);
}

/* ---- resources */

static const char *first_of(const char *a, const char *b, const char *c)
{
    return a && *a ? a : b && *b ? b : c;
}

int reply_put_contents(const struct plane_reply *reply, const char *uri, const char *mime,
                       struct buf *contents, struct problem *p)
{
    int r = check_size(reply, p);

    for (size_t i = 0; r == 0 && i < reply->count; i++)
        if (reply->blocks[i].type == PROXIMO_CONTENT_LINK)
            r = problem_set(p, -EPROTO, PX_PLANE, "the plane gave a link where a resource's content belongs");
    if (r < 0)
        return r;
    buf_char(contents, '[');
    for (size_t i = 0; i < reply->count; i++) {
        const struct reply_block *block = &reply->blocks[i];
        json_put_comma(contents);
        buf_char(contents, '{');
        put_member(contents, "uri", block->type == PROXIMO_CONTENT_RESOURCE ? block->uri : uri);
        if (is_media(block)) {
            put_member(contents, "mimeType", first_of(block->mime, mime, "application/octet-stream"));
            put_bytes(contents, "blob", block);
        } else {
            put_member(contents, "mimeType",
                       first_of(block->mime, is_json(block) ? "application/json" : mime, "text/plain"));
            put_text(contents, block);
        }
        put_mark(contents, block);
        buf_char(contents, '}');
    }
    buf_char(contents, ']');
    return check_written(contents, p);
}
