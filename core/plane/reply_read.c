/* SPDX-License-Identifier: Apache-2.0 */
/* A plane's reply as it came from its host: every block is checked before anybody else sees it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_check.h"
#include "base/text.h"
#include "plane/draft.h"
#include "plane/manifest_check.h"
#include "plane/supervisor.h"

#define BLOCKS_MOST 64u
#define KNOWN_FLAGS                                                                                          \
    (PROXIMO_CONTENT_UNTRUSTED | PROXIMO_CONTENT_INCOMPLETE | PROXIMO_CONTENT_MORE |                         \
     PROXIMO_CONTENT_COMPLETE | PROXIMO_CONTENT_ASSISTANT)

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *json_fault(const struct reply_block *block, char first)
{
    struct json_check check = {.max_depth = JSON_CHECK_MAX_DEPTH};
    size_t at = 0;

    if (json_check(&check, block->data, block->data_len) < 0)
        return json_fault_name(check.fault);
    while (is_space(block->data[at]))
        at++;
    return block->data[at] == first ? NULL : first == '{' ? "not a JSON object" : "not a JSON array";
}

static const char *block_fault(const struct reply_block *block)
{
    bool media = block->type == PROXIMO_CONTENT_IMAGE || block->type == PROXIMO_CONTENT_AUDIO;
    bool linked = block->type == PROXIMO_CONTENT_LINK || block->type == PROXIMO_CONTENT_RESOURCE;

    if (block->type < PROXIMO_CONTENT_TEXT || block->type > PROXIMO_CONTENT_RESOURCE)
        return "of an unknown type";
    if (block->flags & ~KNOWN_FLAGS)
        return "marked with unknown flags";
    if (block->type == PROXIMO_CONTENT_JSON)
        return json_fault(block, '{');
    if (block->type == PROXIMO_CONTENT_ROWS)
        return json_fault(block, '[');
    if (!media && !text_is_utf8(block->data, block->data_len))
        return "not valid UTF-8";
    if (media && !check_mime(block->mime))
        return "without a MIME type";
    if (linked && (!*block->uri || strpbrk(block->uri, " \"<>\\^`{|}\r\n\t")))
        return "without a URI";
    if (linked && *block->mime && !check_mime(block->mime))
        return "marked with something that is no MIME type";
    return NULL;
}

/* Short texts beside the data: cleaned, since they are shown as they are. */
static char *clean_dup(struct body *body, size_t limit)
{
    struct buf clean CLEANUP_BUF = BUF_INIT(4 * limit + 16);
    char *raw = body_dup(body, limit);

    if (!raw)
        return NULL;
    text_clean(&clean, raw, strlen(raw), false);
    free(raw);
    buf_str(&clean, "");
    char *taken = clean.len ? buf_take(&clean, NULL) : strdup("");
    return taken;
}

static int block_read(struct body *body, struct reply_block *block)
{
    size_t len;

    block->type = body_u32(body);
    block->flags = body_u64(body);
    const char *data = body_text(body, &len);
    block->data = malloc(len + 1);
    if (!block->data)
        return -ENOMEM;
    memcpy(block->data, data, len);
    block->data[len] = '\0';
    block->data_len = len;
    block->mime = clean_dup(body, 128);
    block->uri = clean_dup(body, 2048);
    block->name = clean_dup(body, 256);
    block->note = clean_dup(body, 1024);
    return body->bad || !block->mime || !block->uri || !block->name || !block->note ? -EPROTO : 0;
}

/* What a read told beside its blocks; others tell nothing. */
static int told_read(const struct tool *tool, const char *told, size_t len, struct plane_reply *reply,
                     struct problem *p)
{
    if (len == 0)
        return 0;
    if (!tool)
        return problem_set(p, -EPROTO, PX_PLANE, "the plane told of things that only a read tells of");
    return draft_read(PLANE_CALL_READ, tool, NULL, told, len, &reply->told, p);
}

int plane_reply_read(const char *plane, const struct tool *tool, const char *bytes, size_t len,
                     struct plane_reply *ret, struct problem *p)
{
    struct body body = {bytes, len, false};
    struct plane_reply reply = {0};
    const char *fault = NULL, *told;
    size_t told_len;
    uint32_t count = body_u32(&body);

    if (count == 0 || count > BLOCKS_MOST)
        return problem_set(p, -EPROTO, PX_PLANE, "the plane \"%s\" answered with %u content blocks", plane,
                           count);
    reply.blocks = calloc(count, sizeof(*reply.blocks));
    if (!reply.blocks)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    while (!fault && reply.count < count) {
        struct reply_block *block = &reply.blocks[reply.count++];
        fault = block_read(&body, block) < 0 ? "over the limits of its parts" : block_fault(block);
    }
    told = body_text(&body, &told_len);
    if (!fault && !body_end(&body))
        fault = "followed by something else";
    if (fault) {
        plane_reply_done(&reply);
        return problem_set(p, -EPROTO, PX_PLANE, "the plane \"%s\" answered with a content block that is %s",
                           plane, fault);
    }
    int r = told_read(tool, told, told_len, &reply, p);
    if (r < 0) {
        plane_reply_done(&reply);
        return r;
    }
    *ret = reply;
    return 0;
}

void plane_reply_done(struct plane_reply *reply)
{
    for (size_t i = 0; i < reply->count; i++) {
        struct reply_block *block = &reply->blocks[i];
        free(block->data);
        free(block->mime);
        free(block->uri);
        free(block->name);
        free(block->note);
    }
    free(reply->blocks);
    if (reply->told)
        json_object_put(reply->told);
    *reply = (struct plane_reply){0};
}
