/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plane's reply, block by block: rows become the counted envelope, an object becomes the structured answer
 * (or, named and beside rows, a member of the envelope), everything else a content block of MCP.
 */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "plane/planes.h"
#include "plane/read_inner.h"

#define REPLY_STRING_MAX 16000

static int block_object(const struct reading *r, const struct reply_block *block, struct json_object **ret,
                        struct problem *p)
{
    struct json_object *value = NULL;
    struct problem why = PROBLEM_INIT;
    int result = json_parse(block->data ? block->data : "", block->data_len, &value, &why);
    if (result == 0 && json_object_is_type(value, json_type_object)) {
        *ret = value;
        return 0;
    }
    if (value)
        json_object_put(value);
    return problem_set(p, -EPROTO, PX_PLANE, "plane of %s replied with something that is not a JSON object",
                       r->call->tool->name);
}

/* Names that the answer itself uses: a plane's member must not hide them. */
static const char *const reserved[] = {
    "total",     "total_is_minimum", "returned",         "offset",   "truncated",     "hint", "next_offset",
    "by_status", "missing",          "complete",         "notes",    "untrusted",     "rows", "guest",
    "node",      "unread",           "unread_not_shown", "findings", "finding_counts"};

static bool name_is_free(const struct plane_reply *reply, size_t index)
{
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (strcmp(reserved[i], reply->blocks[index].name) == 0)
            return false;
    }
    for (size_t i = 0; i < index; i++) {
        if (reply->blocks[i].type == PROXIMO_CONTENT_JSON && reply->blocks[i].name &&
            strcmp(reply->blocks[i].name, reply->blocks[index].name) == 0)
            return false;
    }
    return true;
}

/* What the plane told through the host stands for itself, once. */
static void told_hide(const struct plane_reply *reply, struct json_object *object)
{
    struct json_object *checks;

    json_object_object_del(object, "unread");
    json_object_object_del(object, "unread_not_shown");
    json_object_object_del(object, "findings");
    json_object_object_del(object, "finding_counts");
    if (json_object_object_get_ex(object, "checks", &checks))
        told_checks(reply, checks);
}

/* The members of an object themselves: its text without the braces. */
static int put_members(struct reading *r, const struct plane_reply *reply, const struct reply_block *block,
                       struct json_object *object, struct buf *out, struct problem *p)
{
    const struct value_style style = {.string_max = REPLY_STRING_MAX, .keep_lines = true};
    CLEANUP_BUF struct buf text = BUF_INIT((size_t)1 << 20);
    if (r->complete.missing_any || r->complete.unknown || r->complete.asked)
        json_object_object_del(object, "complete"); /* said by the core, once */
    if (r->complete.notes.len)
        json_object_object_del(object, "notes");
    if (reply->told)
        told_hide(reply, object);
    if (block->flags & PROXIMO_CONTENT_UNTRUSTED)
        json_object_object_add(object, "untrusted", json_object_new_boolean(true));
    value_put(&text, object, &style);
    if (!buf_ok(&text))
        return problem_set(p, -E2BIG, PX_TOO_LARGE, "the answer of %s is too large", r->call->tool->name);
    if (text.len > 2) {
        json_put_comma(out);
        buf_add(out, text.data + 1, text.len - 2);
    }
    return 0;
}

/* Objects that have a name become members of that name; one without stands for the answer itself. */
static int put_objects(struct reading *r, const struct plane_reply *reply, bool rows, struct buf *out,
                       struct problem *p)
{
    const struct value_style style = {.string_max = REPLY_STRING_MAX, .keep_lines = true};
    const char *tool = r->call->tool->name;
    bool alone = false;
    for (size_t i = 0; i < reply->count; i++) {
        const struct reply_block *block = &reply->blocks[i];
        CLEANUP_JSON struct json_object *object = NULL;
        if (block->type != PROXIMO_CONTENT_JSON)
            continue;
        int result = block_object(r, block, &object, p);
        bool named = block->name && *block->name;
        if (result == 0 && named && !name_is_free(reply, i))
            result =
                problem_set(p, -EPROTO, PX_PLANE, "plane of %s replied with an object named '%s': not free",
                            tool, block->name);
        if (result == 0 && !named && (rows || alone))
            result = problem_set(p, -EPROTO, PX_PLANE,
                                 "plane of %s replied with a second object without a name", tool);
        if (result == 0 && !named)
            result = put_members(r, reply, block, object, out, p);
        if (result < 0)
            return result;
        alone = alone || !named;
        if (named) {
            if (strcmp(block->name, "checks") == 0)
                told_checks(reply, object);
            json_put_key(out, block->name);
            value_put(out, object, &style);
        }
    }
    return 0;
}

static int shape_rows(struct reading *r, const struct plane_reply *reply, const struct reply_block *rows,
                      struct read_result *ret, struct problem *p)
{
    CLEANUP_BUF struct buf extra = BUF_INIT(READ_ANSWER_LIMIT / 2);
    struct json_span list = {.ptr = rows->data,
                             .len = rows->data_len}; /* JSON: checked when the reply was read */
    struct scan scan;
    if (scan_array(list, &scan) < 0)
        return problem_set(p, -EPROTO, PX_PLANE,
                           "plane of %s replied with something that is not a JSON array of rows",
                           r->call->tool->name);
    int result = put_objects(r, reply, true, &extra, p);
    if (result == 0 && extra.error)
        result = problem_set(p, -E2BIG, PX_TOO_LARGE, "the facts beside the rows of %s are too large",
                             r->call->tool->name);
    if (result < 0)
        return result;
    CLEANUP_BUF struct buf told = BUF_INIT(READ_ANSWER_LIMIT);
    told_write(reply, (READ_ANSWER_LIMIT - extra.len) / 2, &told);
    r->told = &told;
    result = envelope_rows(r, list, -1, &extra, &ret->structured, p);
    r->told = NULL;
    return result;
}

static int shape_object(struct reading *r, const struct plane_reply *reply, struct read_result *ret,
                        struct problem *p)
{
    CLEANUP_BUF struct buf members = BUF_INIT((size_t)2 << 20);
    CLEANUP_BUF struct buf body = BUF_INIT((size_t)3 << 20);
    int result = put_objects(r, reply, false, &members, p);
    if (result < 0)
        return result;
    completeness_write(&r->complete, &members);
    buf_char(&body, '{');
    told_write(reply, members.len < READ_ANSWER_LIMIT ? READ_ANSWER_LIMIT - members.len : 0, &body);
    if (members.len) {
        json_put_comma(&body);
        buf_add(&body, members.data, members.len);
    }
    buf_char(&body, '}');
    if (!buf_ok(&members) || !buf_ok(&body) || body.len > READ_ANSWER_LIMIT) {
        problem_set(p, -E2BIG, PX_TOO_LARGE, "the answer of %s is larger than the %d characters allowed",
                    r->call->tool->name, READ_ANSWER_LIMIT);
        problem_next(p, "narrow the question by the tool's arguments");
        return -E2BIG;
    }
    buf_add(&ret->structured, body.data, body.len);
    return 0;
}

int reply_shape(struct reading *r, const struct plane_reply *reply, struct read_result *ret,
                struct problem *p)
{
    const struct reply_block *rows = NULL;
    bool object = false;
    size_t others = 0;
    for (size_t i = 0; i < reply->count; i++) {
        const struct reply_block *block = &reply->blocks[i];
        if (block->type == PROXIMO_CONTENT_ROWS) {
            if (rows)
                return problem_set(p, -EPROTO, PX_PLANE, "plane of %s replied with rows twice",
                                   r->call->tool->name);
            rows = block;
        }
        object = object || block->type == PROXIMO_CONTENT_JSON;
        others += block->type != PROXIMO_CONTENT_ROWS && block->type != PROXIMO_CONTENT_JSON;
        ret->untrusted |= (block->flags & PROXIMO_CONTENT_UNTRUSTED) != 0;
        if (block->flags & PROXIMO_CONTENT_COMPLETE)
            r->complete.asked = true;
        if (block->flags & PROXIMO_CONTENT_MORE)
            r->complete.partial = true;
        if (block->flags & PROXIMO_CONTENT_INCOMPLETE) {
            r->complete.missing_any = true;
            if (block->note && *block->note)
                completeness_note(&r->complete, block->note, strlen(block->note));
        }
    }
    if (told_unread(reply))
        r->complete.missing_any = true;
    if (others) {
        buf_char(&ret->content, '[');
        for (size_t i = 0; i < reply->count; i++) {
            if (reply->blocks[i].type != PROXIMO_CONTENT_ROWS &&
                reply->blocks[i].type != PROXIMO_CONTENT_JSON)
                reply_put_block(&ret->content, &reply->blocks[i]);
        }
        buf_char(&ret->content, ']');
        if (!buf_ok(&ret->content))
            return problem_set(p, -E2BIG, PX_TOO_LARGE, "the answer of %s is too large", r->call->tool->name);
    }
    if (rows)
        return shape_rows(r, reply, rows, ret, p);
    if (object || r->complete.missing_any || reply->told)
        return shape_object(r, reply, ret, p);
    return 0;
}
