/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guards: what planning saw, reduced to the fields that matter, and the comparison with what is there now. A
 * value never holds a secret that Proxmox gave in clear, and never what changes by itself (uptime, load).
 */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/selector.h"
#include "base/text.h"
#include "plane/read_cache.h"
#include "trust/build.h"
#include "trust/undo_point.h"

#define FIELDS_MOST 64u

/* Members that move by themselves: left out where a whole object is guarded. */
static const char *const volatile_names[] = {
    "uptime",
    "cpu",
    "mem",
    "memhost",
    "netin",
    "netout",
    "diskread",
    "diskwrite",
    "pid",
    "swap",
    "disk",
    "freemem",
    "balloon",
    "ballooninfo",
    "blockstat",
    "nics",
    "proxmox-support",
    "running-machine",
    "running-qemu",
    "pressurecpusome",
    "pressurecpufull",
    "pressureiosome",
    "pressureiofull",
    "pressurememorysome",
    "pressurememoryfull",
    "loadavg",
    "avail",
    "used",
    "used_fraction",
    "wait",
    "idle",
    "current-time",
    "localtime",
    "time",
};

static bool is_volatile(const char *name)
{
    for (size_t i = 0; i < sizeof(volatile_names) / sizeof(volatile_names[0]); i++) {
        if (strcmp(volatile_names[i], name) == 0)
            return true;
    }
    return false;
}

static bool is_masked(struct json_object *value)
{
    const char *text = json_object_get_string(value);
    return json_object_is_type(value, json_type_string) && text[strspn(text, "*")] == '\0';
}

/* A copy without secrets in clear; `whole`: without what moves by itself either. NULL without memory; *ret is
 * the copy. */
static int clean_copy(struct json_object *value, bool whole, struct json_object **ret)
{
    CLEANUP_JSON struct json_object *copy = NULL;

    if (json_object_is_type(value, json_type_object)) {
        copy = json_object_new_object();
        json_object_object_foreach(value, name, member)
        {
            struct json_object *inner = NULL;
            if (whole && is_volatile(name))
                continue;
            if (member && risk_param_is_secret(name) && !is_masked(member)) {
                inner = json_object_new_object();
                if (build_add(inner, "secret", json_object_new_boolean(1)) < 0) {
                    json_object_put(inner);
                    return -ENOMEM;
                }
            } else if (clean_copy(member, whole, &inner) < 0) {
                return -ENOMEM;
            }
            if (json_object_object_add(copy, name, inner) < 0)
                return -ENOMEM;
        }
    } else if (json_object_is_type(value, json_type_array)) {
        copy = json_object_new_array();
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            struct json_object *inner = NULL;
            if (clean_copy(json_object_array_get_idx(value, i), whole, &inner) < 0 ||
                json_object_array_add(copy, inner) < 0)
                return -ENOMEM;
        }
    } else if (value) {
        copy = json_object_get(value);
    }
    *ret = copy;
    copy = NULL;
    return 0;
}

/* The name that a selector ends with: "/net0" -> "net0". */
static bool selector_is_secret(const char *selector)
{
    const char *slash = strrchr(selector, '/');
    return slash && risk_param_is_secret(slash + 1);
}

/* Canonical: keys sorted, arrays sorted, no floating point. */
static int canonical_copy(struct json_object *value, struct json_object **ret, struct problem *p)
{
    CLEANUP_BUF struct buf text = BUF_INIT(PLAN_LIMIT);

    json_canonical(value, &text);
    if (text.error == -EFBIG)
        return problem_set(p, -EFBIG, PX_TOO_LARGE, "a guarded answer is too large for a plan");
    if (!buf_ok(&text) || !text.data)
        return build_no_memory(p);
    return json_parse(text.data, text.len, ret, p);
}

static int reduce_one(struct json_object *data, const char *selector, struct json_object *except,
                      struct json_object *into, struct problem *p)
{
    struct json_object *found = NULL, *value = NULL;
    CLEANUP_JSON struct json_object *clean = NULL;
    const int r = data ? selector_find(selector, data, &found) : -ENOENT;

    if (r == -EINVAL)
        return problem_set(p, r, PX_PLANE, "the guarded field '%.100s' is not a selector", selector);
    if (r < 0) {
        value = json_object_new_object();
        if (build_add(value, "absent", json_object_new_boolean(1)) < 0) {
            json_object_put(value);
            return build_no_memory(p);
        }
    } else if (found && selector_is_secret(selector) && !is_masked(found)) {
        value = json_object_new_object();
        if (build_add(value, "secret", json_object_new_boolean(1)) < 0) {
            json_object_put(value);
            return build_no_memory(p);
        }
    } else {
        if (clean_copy(found, *selector == '\0', &clean) < 0)
            return build_no_memory(p);
        /* clean_copy shares nothing that has members. */
        undo_point_drop(clean, except);
        const int made = canonical_copy(clean, &value, p);
        if (made < 0)
            return made;
    }
    return json_object_object_add(into, selector, value) < 0 ? build_no_memory(p) : 0;
}

static int reduce(const struct cached_answer *answer, struct json_object *fields, struct json_object *except,
                  struct json_object **ret, struct problem *p)
{
    CLEANUP_JSON struct json_object *data = NULL;
    CLEANUP_JSON struct json_object *value = json_object_new_object();
    const size_t count = fields ? json_object_array_length(fields) : 0;

    if (!value)
        return build_no_memory(p);
    int r = answer->data ? json_parse(answer->data, answer->data_len, &data, p) : 0;
    if (r < 0)
        return r;
    if (count == 0)
        r = reduce_one(data, "", except, value, p);
    for (size_t i = 0; i < count && r == 0; i++)
        r = reduce_one(data, json_object_get_string(json_object_array_get_idx(fields, i)), NULL, value, p);
    if (r == 0) {
        *ret = value;
        value = NULL;
    }
    return r;
}

static int query_fields(struct json_object *guard, struct http_field *fields, size_t *ret_count)
{
    struct json_object *query = NULL;

    *ret_count = 0;
    if (json_get(guard, "query", json_type_array, &query) < 0)
        return 0;
    if (json_object_array_length(query) > FIELDS_MOST)
        return -EFBIG;
    for (size_t i = 0; i < json_object_array_length(query); i++) {
        struct http_field *field = &fields[i];
        struct json_object *row = json_object_array_get_idx(query, i);
        if (json_get_string(row, "name", &field->name, NULL) < 0 ||
            json_get_string(row, "value", &field->value, &field->value_len) < 0)
            return -EINVAL;
        (*ret_count)++;
    }
    return 0;
}

/* Errors that say something about the thing itself; others (no rights, no connection) are none of its state.
 */
static bool status_is_state(const struct cached_answer *answer)
{
    const char *code = answer->problem ? answer->problem->code : "";
    return strcmp(code, PX_NOT_FOUND) == 0 || (strcmp(code, PX_REMOTE) == 0 && answer->status < 595);
}

int guard_take(struct json_object *guard, struct read_cache *cache, const struct site_call *call,
               struct json_object **ret, struct problem *p)
{
    struct http_field fields[FIELDS_MOST];
    size_t field_count = 0;
    struct cached_answer answer = {0};
    struct json_object *selected = NULL, *except = NULL;
    const char *path = NULL;
    bool tolerate = false;

    (void)json_get(guard, "fields", json_type_array, &selected);
    (void)json_get(guard, "except", json_type_array, &except);
    (void)json_get_bool(guard, "tolerate", &tolerate);
    if (json_get_string(guard, "path", &path, NULL) < 0 || query_fields(guard, fields, &field_count) < 0)
        return problem_set(p, -EINVAL, PX_PLAN, "a guard without a path, or with too many fields");
    int r = read_cache_get(cache, call, path, fields, field_count, &answer, p);
    if (r < 0)
        return r;
    if (answer.status == 0 || (answer.status >= 300 && !tolerate && !status_is_state(&answer))) {
        if (p && answer.problem)
            *p = *answer.problem;
        return answer.problem ? -EIO : problem_set(p, -EIO, PX_CONNECT, "%s could not be read", path);
    }
    CLEANUP_JSON struct json_object *result = json_object_new_object();
    struct json_object *value = NULL;
    if (!result)
        return build_no_memory(p);
    r = answer.status >= 300 ? 0 : reduce(&answer, selected, except, &value, p);
    if (r == 0 && !value && !(value = json_object_new_object()))
        r = build_no_memory(p);
    if (r < 0)
        return r;
    if (build_add(result, "status", json_object_new_int(answer.status)) < 0) {
        json_object_put(value);
        return build_no_memory(p);
    }
    if (build_add(result, "value", value) < 0)
        return build_no_memory(p);
    *ret = result;
    result = NULL;
    return 0;
}
