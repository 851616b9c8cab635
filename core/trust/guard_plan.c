/* SPDX-License-Identifier: Apache-2.0 */
/* The guards of a finished plan: read again, and compared field by field. */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "trust/build.h"

#define SHOWN_MOST 2000u /* bytes of one value in a diff */

static struct json_object *guard_at(const struct plan *plan, size_t i)
{
    struct json_object *guards = NULL;

    if (json_get(plan->root, "guards", json_type_array, &guards) < 0 || i >= json_object_array_length(guards))
        return NULL;
    return json_object_array_get_idx(guards, i);
}

int guard_read(const struct plan *plan, size_t i, struct read_cache *cache, const struct site_call *call,
               struct json_object **ret, struct problem *p)
{
    struct json_object *guard = guard_at(plan, i);

    if (!guard)
        return problem_set(p, -EINVAL, PX_INTERNAL, "plan %s has no guard %zu", plan->id, i);
    return guard_take(guard, cache, call, ret, p);
}

/* A value of a diff: whole when it is short, cleaned. */
static void put_shown(struct buf *diff, const char *key, struct json_object *value, bool present)
{
    const struct value_style style = {.string_max = 500, .keep_lines = true};
    CLEANUP_BUF struct buf text = BUF_INIT((size_t)1 << 20);

    json_put_key(diff, key);
    if (!present) {
        buf_str(diff, "{\"absent\":true}");
        return;
    }
    value_put(&text, value, &style);
    if (buf_ok(&text) && text.len <= SHOWN_MOST)
        buf_add(diff, text.data, text.len);
    else
        buf_printf(diff, "{\"cut\":true,\"bytes\":%zu}", text.len);
}

static void put_difference(struct buf *diff, const char *path, const char *field, struct json_object *planned,
                           bool was, struct json_object *now, bool is)
{
    if (diff->len)
        buf_char(diff, ',');
    buf_char(diff, '{');
    json_put_key_string(diff, "guard", path);
    json_put_key_string(diff, "field", field);
    put_shown(diff, "planned", planned, was);
    put_shown(diff, "now", now, is);
    buf_char(diff, '}');
}

static int same(struct json_object *a, struct json_object *b, bool *ret)
{
    CLEANUP_BUF struct buf text_a = BUF_INIT(PLAN_LIMIT);
    CLEANUP_BUF struct buf text_b = BUF_INIT(PLAN_LIMIT);

    json_canonical(a, &text_a);
    json_canonical(b, &text_b);
    if (!buf_ok(&text_a) || !buf_ok(&text_b))
        return -ENOMEM;
    *ret = text_a.len == text_b.len && memcmp(text_a.data, text_b.data, text_a.len) == 0;
    return 0;
}

/* What one side has and the other has otherwise or not at all; `back`: only what the other has not. */
static int compare_members(const char *path, struct json_object *planned, struct json_object *now, bool back,
                           struct buf *diff, bool *ret_same)
{
    struct json_object *walked = back ? now : planned;

    json_object_object_foreach(walked, field, value)
    {
        struct json_object *other = NULL;
        const bool there = json_object_object_get_ex(back ? planned : now, field, &other);
        bool equal = false;
        if (back && there)
            continue;
        if (there && same(value, other, &equal) < 0)
            return -ENOMEM;
        if (equal)
            continue;
        *ret_same = false;
        put_difference(diff, path, field, back ? NULL : value, !back, back ? value : other, back || there);
    }
    return 0;
}

int guard_compare(const struct plan *plan, size_t i, struct json_object *now, struct buf *diff,
                  bool *ret_same, struct problem *p)
{
    struct json_object *guard = guard_at(plan, i), *was = NULL, *is = NULL;
    int64_t status_was = 0, status_is = 0;
    const char *path = NULL;
    bool equal = true;

    if (!guard || json_get_string(guard, "path", &path, NULL) < 0 ||
        json_get_int(guard, "status", &status_was) < 0 || json_get_int(now, "status", &status_is) < 0)
        return problem_set(p, -EINVAL, PX_INTERNAL, "guard %zu of plan %s cannot be compared", i, plan->id);
    (void)json_get(guard, "value", json_type_object, &was);
    (void)json_get(now, "value", json_type_object, &is);
    if (status_was != status_is) {
        /* One of them has no fields then: the status says it all. */
        struct json_object *a = json_object_new_int64(status_was), *b = json_object_new_int64(status_is);
        put_difference(diff, path, "status", a, true, b, true);
        json_object_put(a);
        json_object_put(b);
        *ret_same = false;
        return buf_ok(diff) ? 0 : build_no_memory(p);
    }
    int r = 0;
    if (was && is) {
        r = compare_members(path, was, is, false, diff, &equal);
        if (r == 0)
            r = compare_members(path, was, is, true, diff, &equal);
    } else if (was || is) {
        equal = false;
        put_difference(diff, path, "", was, was != NULL, is, is != NULL);
    }
    if (r < 0 || !buf_ok(diff))
        return build_no_memory(p);
    *ret_same = equal;
    return 0;
}
