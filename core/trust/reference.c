/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References from a step to an earlier step's result, "STEP:SELECTOR". Such a value comes from outside: in a
 * path it becomes one percent-encoded segment and nothing else.
 */
#include <errno.h>
#include <string.h>

#include "base/selector.h"
#include "base/text.h"
#include "trust/run_inner.h"

int reference_parse(const char *reference, char ret_name[64], const char **ret_selector)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    size_t len = strspn(reference, allowed);
    if (len == 0 || len > 63 || reference[len] != ':' || selector_check(reference + len + 1) < 0)
        return -EINVAL;
    memcpy(ret_name, reference, len);
    ret_name[len] = '\0';
    *ret_selector = reference + len + 1;
    return 0;
}

/* A kept selector that the wanted one continues: "/info" kept, "/info/expire" wanted. */
static int find_below(struct json_object *kept, const char *selector, struct json_object **ret)
{
    json_object_object_foreach(kept, key, value)
    {
        size_t len = strlen(key);
        if ((len && key[0] != '/' && key[0] != '[') || strncmp(selector, key, len) != 0)
            continue;
        const char *rest = selector + len;
        if ((*rest == '/' || *rest == '[') && selector_find(rest, value, ret) == 0)
            return 0;
    }
    return -ENOENT;
}

int result_find(struct json_object *value, const char *selector, struct json_object **ret)
{
    bool object = json_object_is_type(value, json_type_object);
    if (object && json_object_object_get_ex(value, selector, ret))
        return 0;
    if (selector_find(selector, value, ret) == 0)
        return 0;
    return object ? find_below(value, selector, ret) : -ENOENT;
}

int reference_find(struct json_object *results, const char *reference, struct json_object **ret,
                   struct problem *p)
{
    char name[64];
    const char *selector = NULL;
    struct json_object *value = NULL;
    struct json_object *found = NULL;
    if (reference_parse(reference, name, &selector) < 0)
        return problem_set(p, -EINVAL, PX_PLAN, "'%.100s' is not a reference STEP:SELECTOR", reference);
    if (!json_object_object_get_ex(results, name, &value))
        return problem_set(p, -ENOENT, PX_PLAN, "step '%s' has no result for '%.100s'", name, reference);
    if (result_find(value, selector, &found) < 0 || !found)
        return problem_set(p, -ENOENT, PX_PLAN, "the result of step '%s' has nothing at '%.100s'", name,
                           selector);
    *ret = found;
    return 0;
}

int reference_text(struct json_object *value, struct buf *out)
{
    const char *text = NULL;
    size_t len = 0;
    switch (json_object_get_type(value)) {
    case json_type_string:
        text = json_object_get_string(value);
        len = (size_t)json_object_get_string_len(value);
        break;
    case json_type_boolean: text = json_object_get_boolean(value) ? "1" : "0"; break;
    case json_type_int:
    case json_type_double: text = json_object_to_json_string(value); break;
    default: return -EINVAL;
    }
    if (!len)
        len = strlen(text);
    if (len > RUN_VALUE_LIMIT || memchr(text, 0, len) || !text_is_utf8(text, len))
        return -EINVAL;
    buf_add(out, text, len);
    return buf_ok(out) ? 0 : out->error;
}

static bool segment_good(const char *text, size_t len)
{
    if (len == 0 || len > RUN_SEGMENT_LIMIT || (len == 1 && text[0] == '.') ||
        (len == 2 && text[0] == '.' && text[1] == '.'))
        return false;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    }
    return true;
}

static int add_segment(const char *reference, struct json_object *results, struct buf *out, struct problem *p)
{
    CLEANUP_BUF struct buf text = BUF_INIT(RUN_VALUE_LIMIT + 1);
    struct json_object *value = NULL;
    int r = reference_find(results, reference, &value, p);
    if (r < 0)
        return r;
    if (reference_text(value, &text) < 0 || !segment_good(text.data ? text.data : "", text.len))
        return problem_set(p, -EINVAL, PX_PLAN,
                           "the value of '%.100s' cannot be a part of a path: it must be one plain word",
                           reference);
    buf_percent(out, text.data, text.len);
    return 0;
}

int reference_fill_path(const char *path, struct json_object *results, struct buf *out, struct problem *p)
{
    while (*path) {
        size_t plain = strcspn(path, "{");
        buf_add(out, path, plain);
        path += plain;
        if (!*path)
            break;
        size_t len = strcspn(path, "}");
        char reference[1100];
        if (path[len] != '}' || len < 2 || len - 1 >= sizeof(reference))
            return problem_set(p, -EINVAL, PX_PLAN, "a path of the plan has a broken reference");
        memcpy(reference, path + 1, len - 1);
        reference[len - 1] = '\0';
        int r = add_segment(reference, results, out, p);
        if (r < 0)
            return r;
        path += len + 1;
    }
    if (!buf_ok(out) || out->len >= HTTP_PATH_LIMIT)
        return problem_set(p, -EINVAL, PX_PLAN, "a path of the plan is too long");
    return 0;
}
