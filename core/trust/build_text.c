/* SPDX-License-Identifier: Apache-2.0 */
/* Small things of planning: problems, members, lists of selectors, reasons, the object a path is about. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/json.h"
#include "base/selector.h"
#include "base/text.h"
#include "trust/build.h"

#define SELECTORS_MOST 64u

int build_no_memory(struct problem *p)
{
    return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a plan");
}

int build_plane_fault(const struct build *b, struct problem *p, const char *format, ...)
{
    CLEANUP_BUF struct buf text = BUF_INIT(600);
    va_list ap;

    va_start(ap, format);
    buf_vprintf(&text, format, ap);
    va_end(ap);
    problem_set(p, -EPROTO, PX_PLANE, "plane %s, tool %s: %s", b->tool->plane ? b->tool->plane->name : "?",
                b->tool->name, text.data ? text.data : "its plan was refused");
    problem_next(p, "this is a fault of the plane: tell its author; nothing was changed");
    return -EPROTO;
}

int build_add(struct json_object *object, const char *key, struct json_object *value)
{
    if (!object || !value) {
        json_object_put(value);
        return -ENOMEM;
    }
    if (json_object_object_add(object, key, value) < 0) {
        json_object_put(value);
        return -ENOMEM;
    }
    return 0;
}

int build_add_text(struct json_object *object, const char *key, const char *text)
{
    return build_add(object, key, json_object_new_string(text));
}

static int selector_add(const struct build *b, const char *text, size_t len, struct json_object *into,
                        struct problem *p)
{
    char selector[1100];

    while (len && *text == ' ') {
        text++;
        len--;
    }
    while (len && text[len - 1] == ' ')
        len--;
    if (len >= sizeof(selector))
        return build_plane_fault(b, p, "a selector is too long");
    memcpy(selector, text, len);
    selector[len] = '\0';
    if (selector_check(selector) < 0 || json_object_array_length(into) == SELECTORS_MOST)
        return build_plane_fault(b, p, "'%.100s' is not a selector, or there are too many", selector);
    return json_object_array_add(into, json_object_new_string(selector)) < 0 ? build_no_memory(p) : 0;
}

int build_selectors(const struct build *b, const char *list, struct json_object **ret, struct problem *p)
{
    CLEANUP_JSON struct json_object *selectors = json_object_new_array();
    CLEANUP_BUF struct buf filled = BUF_INIT(8192);

    if (!selectors)
        return build_no_memory(p);
    int r = list && *list ? build_fill_text(b, list, &filled, p) : 0;
    const char *at = filled.data ? filled.data : "";
    while (r == 0 && *at) {
        size_t len = 0;
        for (bool inside = false; at[len] && (inside || at[len] != ','); len++)
            inside = at[len] == '[' || (inside && at[len] != ']');
        r = selector_add(b, at, len, selectors, p);
        at += len + (at[len] == ',');
    }
    if (r < 0)
        return r;
    *ret = selectors;
    selectors = NULL;
    return 0;
}

int build_fill_text(const struct build *b, const char *text, struct buf *out, struct problem *p)
{
    CLEANUP_BUF struct buf value = BUF_INIT(1024);

    while (*text) {
        const char *open = b->literal ? NULL : strchr(text, '{');
        const char *close = open ? strchr(open, '}') : NULL;
        char name[64];
        if (!close || (size_t)(close - open) > sizeof(name) || close == open + 1) {
            buf_str(out, text);
            break;
        }
        buf_add(out, text, (size_t)(open - text));
        memcpy(name, open + 1, (size_t)(close - open - 1));
        name[close - open - 1] = '\0';
        buf_reset(&value);
        if (reading_value(&b->reading, name, &value) < 0)
            return build_plane_fault(b, p, "{%s} of its row has no value", name);
        if (value.data && strpbrk(value.data, "[]=/~,{}"))
            return problem_set(p, -EINVAL, PX_ARG, "the value of %s cannot stand in a selector", name);
        if (value.data)
            buf_add(out, value.data, value.len);
        text = close + 1;
    }
    return buf_ok(out) ? 0 : build_plane_fault(b, p, "a text of its row is too long");
}

int build_incomplete(struct build *b, const char *what, const char *why)
{
    for (size_t i = 0; i < json_object_array_length(b->incomplete); i++) {
        struct json_object *row = json_object_array_get_idx(b->incomplete, i);
        const char *a = NULL, *c = NULL;
        if (json_get_string(row, "what", &a, NULL) == 0 && json_get_string(row, "why", &c, NULL) == 0 &&
            strcmp(a, what) == 0 && strcmp(c, why) == 0)
            return 0;
    }
    struct json_object *row = json_object_new_object();
    if (build_add_text(row, "what", what) < 0 || build_add_text(row, "why", why) < 0 ||
        json_object_array_add(b->incomplete, row) < 0) {
        json_object_put(row);
        return -ENOMEM;
    }
    return 0;
}

int build_reason(struct build *b, const char *from, unsigned level, const char *text)
{
    const unsigned bounded = level < RISK_LOW ? RISK_LOW : (level > RISK_HIGH ? RISK_HIGH : level);

    if (bounded > b->risk)
        b->risk = bounded;
    for (size_t i = 0; i < json_object_array_length(b->reasons); i++) {
        struct json_object *row = json_object_array_get_idx(b->reasons, i);
        const char *a = NULL, *c = NULL;
        int64_t n = 0;
        if (json_get_string(row, "from", &a, NULL) == 0 && json_get_string(row, "text", &c, NULL) == 0 &&
            json_get_int(row, "level", &n) == 0 && n == (int64_t)bounded && strcmp(a, from) == 0 &&
            strcmp(c, text) == 0)
            return 0;
    }
    if (json_object_array_length(b->reasons) >= BUILD_REASONS_MOST)
        return 0; /* the level counts all the same */
    struct json_object *row = json_object_new_object();
    if (build_add_text(row, "from", from) < 0 ||
        build_add(row, "level", json_object_new_int((int)bounded)) < 0 ||
        build_add_text(row, "text", text) < 0 || json_object_array_add(b->reasons, row) < 0) {
        json_object_put(row);
        return -ENOMEM;
    }
    return 0;
}

size_t build_object_prefix(const char *path)
{
    /* /nodes/N/KIND/NAME; elsewhere two elements name an object: /pools/x, /storage/x. */
    const unsigned most = strncmp(path, "/nodes/", 7) == 0 ? 4 : 2;
    size_t len = 0;

    for (unsigned i = 0; i < most && path[len] == '/'; i++)
        len += 1 + strcspn(path + len + 1, "/");
    return len;
}

bool build_path_is_below(const char *path, const char *prefix, size_t prefix_len)
{
    return strncmp(path, prefix, prefix_len) == 0 && (path[prefix_len] == '\0' || path[prefix_len] == '/');
}
