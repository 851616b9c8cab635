/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of a plane as a JSON manifest, made in the plane's host. Each struct of plane.h is a table of
 * its members here; a row is copied by its own size into a zeroed struct first, so that what an older plane
 * lacks reads as absent.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "plane/host.h"
#include "plane/manifest.h"

#define TEXT_MOST ((size_t)64 << 10)

enum member_kind { TEXT, U32, I64, FLAGS, TABLE, FUNCTION };
struct shape;
struct member {
    const char *key;
    size_t offset;
    enum member_kind kind;
    const struct shape *of; /* of a table's rows */
};
struct shape {
    size_t size;
    const struct member *members;
    size_t count;
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SHAPE(name, type)                                                                                    \
    static const struct shape name##_shape = {sizeof(struct type), name##_members, COUNT(name##_members)}
#define M(type, key, kind)                                                                                   \
    {                                                                                                        \
#key, offsetof(struct type, key), kind, NULL                                                         \
    }
#define T(type, key, row)                                                                                    \
    {                                                                                                        \
#key, offsetof(struct type, key), TABLE, &row##_shape                                                \
    }

static const struct member param_members[] = {
    M(proximo_param, name, TEXT),     M(proximo_param, type, U32),    M(proximo_param, flags, FLAGS),
    M(proximo_param, api_name, TEXT), M(proximo_param, format, TEXT), M(proximo_param, description, TEXT),
    M(proximo_param, choices, TEXT),  M(proximo_param, column, TEXT), M(proximo_param, default_json, TEXT),
    M(proximo_param, minimum, I64),   M(proximo_param, maximum, I64),
};
SHAPE(param, proximo_param);
static const struct member column_members[] = {M(proximo_column, name, TEXT), M(proximo_column, from, TEXT),
                                               M(proximo_column, unit, TEXT),
                                               M(proximo_column, flags, FLAGS)};
SHAPE(column, proximo_column);
static const struct member need_members[] = {M(proximo_need, path, TEXT), M(proximo_need, privilege, TEXT)};
SHAPE(need, proximo_need);
static const struct member field_members[] = {M(proximo_field, name, TEXT), M(proximo_field, value, TEXT),
                                              M(proximo_field, flags, FLAGS)};
SHAPE(field, proximo_field);
static const struct member read_members[] = {
    M(proximo_read, name, TEXT),     M(proximo_read, title, TEXT),   M(proximo_read, description, TEXT),
    M(proximo_read, flags, FLAGS),   T(proximo_read, params, param), M(proximo_read, path, TEXT),
    T(proximo_read, fixed, field),   M(proximo_read, items, TEXT),   T(proximo_read, columns, column),
    M(proximo_read, count_by, TEXT), M(proximo_read, sort_by, TEXT), T(proximo_read, needs, need),
    M(proximo_read, read, FUNCTION),
};
SHAPE(read, proximo_read);
static const struct member probe_members[] = {
    M(proximo_probe, name, TEXT),    M(proximo_probe, description, TEXT), M(proximo_probe, flags, FLAGS),
    T(proximo_probe, params, param), M(proximo_probe, method, TEXT),      M(proximo_probe, path, TEXT),
    T(proximo_probe, fixed, field),  M(proximo_probe, executor, TEXT),    T(proximo_probe, argv, field),
};
SHAPE(probe, proximo_probe);
static const struct member step_members[] = {
    M(proximo_step, kind, U32),        M(proximo_step, flags, FLAGS),     M(proximo_step, name, TEXT),
    M(proximo_step, method, TEXT),     M(proximo_step, path, TEXT),       T(proximo_step, params, field),
    M(proximo_step, select, TEXT),     M(proximo_step, wait_test, U32),   M(proximo_step, interval_ms, U32),
    M(proximo_step, deadline_ms, I64), M(proximo_step, wait_value, TEXT), M(proximo_step, fail_if, TEXT),
    M(proximo_step, tolerate, TEXT),   M(proximo_step, keep, TEXT),       M(proximo_step, executor, TEXT),
    T(proximo_step, argv, field),
};
SHAPE(step, proximo_step);
static const struct member guard_members[] = {M(proximo_guard, path, TEXT), M(proximo_guard, fields, TEXT),
                                              M(proximo_guard, flags, FLAGS)};
SHAPE(guard, proximo_guard);
static const struct member change_members[] = {
    M(proximo_change, name, TEXT),
    M(proximo_change, title, TEXT),
    M(proximo_change, description, TEXT),
    M(proximo_change, flags, FLAGS),
    M(proximo_change, undo_kind, U32),
    T(proximo_change, params, param),
    M(proximo_change, operation_class, TEXT),
    M(proximo_change, subject, TEXT),
    M(proximo_change, method, TEXT),
    M(proximo_change, path, TEXT),
    T(proximo_change, fixed, field),
    T(proximo_change, guards, guard),
    T(proximo_change, postcondition, step),
    T(proximo_change, undo, step),
    T(proximo_change, needs, need),
    M(proximo_change, plan, FUNCTION),
    M(proximo_change, plan_undo, FUNCTION),
};
SHAPE(change, proximo_change);
static const struct member class_members[] = {
    M(proximo_class, name, TEXT),        M(proximo_class, title, TEXT),
    M(proximo_class, description, TEXT), M(proximo_class, flags, FLAGS),
    M(proximo_class, risk_floor, U32),   M(proximo_class, undo_kind, U32),
    M(proximo_class, blast, FUNCTION),   M(proximo_class, subject_schema, TEXT),
};
SHAPE(class, proximo_class);
static const struct member executor_members[] = {
    M(proximo_executor, name, TEXT),          M(proximo_executor, description, TEXT),
    M(proximo_executor, target_schema, TEXT), M(proximo_executor, flags, FLAGS),
    M(proximo_executor, run, FUNCTION),       M(proximo_executor, cancel, FUNCTION),
};
SHAPE(executor, proximo_executor);
static const struct member plane_members[] = {
    M(proximo_plane, struct_size, U32),    M(proximo_plane, features_required, FLAGS),
    M(proximo_plane, threading, U32),      M(proximo_plane, name, TEXT),
    M(proximo_plane, version, TEXT),       M(proximo_plane, licence, TEXT),
    M(proximo_plane, summary, TEXT),       M(proximo_plane, config_schema, TEXT),
    M(proximo_plane, open, FUNCTION),      M(proximo_plane, ready, FUNCTION),
    M(proximo_plane, stop, FUNCTION),      M(proximo_plane, close, FUNCTION),
    T(proximo_plane, reads, read),         T(proximo_plane, changes, change),
    T(proximo_plane, probes, probe),       T(proximo_plane, classes, class),
    T(proximo_plane, executors, executor),
};
SHAPE(plane, proximo_plane);

static int write_row(const struct shape *shape, const void *row, const char *where, struct buf *out,
                     struct problem *p);

static int write_table(const struct member *member, const struct proximo_table *table, const char *where,
                       struct buf *out, struct problem *p)
{
    /* Rows of any shape are smaller than the plane's own struct and than this. */
    union {
        struct proximo_change change;
        struct proximo_step step;
        struct proximo_read read;
        unsigned char bytes[512];
    } copy;
    uint32_t stride = 0;

    if (table->count && table->struct_size != sizeof(*table))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: its struct_size is %u, not %zu: use PROXIMO_TABLE()",
                           where, table->struct_size, sizeof(*table));
    if (table->count > MANIFEST_MAX_ROWS || (table->count && !table->rows))
        return problem_set(p, -EINVAL, PX_PLANE,
                           "%s: %u rows; at most %d are accepted, and they must be there", where,
                           table->count, MANIFEST_MAX_ROWS);
    buf_char(out, '[');
    for (uint32_t i = 0; i < table->count; i++) {
        const char *at = (const char *)table->rows + (size_t)stride * i;
        uint32_t size;
        char row_name[160];
        (void)snprintf(row_name, sizeof(row_name), "%.120s[%u]", where, i);
        memcpy(&size, at, sizeof(size));
        if ((i && size != stride) || size % 8 != 0 || struct_copy(&copy, member->of->size, at) < 0)
            return problem_set(
                p, -EINVAL, PX_PLANE,
                "%s: its struct_size is %u; all rows of a table begin with the same, sensible size", row_name,
                size);
        stride = size;
        json_put_comma(out);
        int r = write_row(member->of, &copy, row_name, out, p);
        if (r < 0)
            return r;
    }
    buf_char(out, ']');
    return 0;
}

static int write_text(const char *text, const char *where, const char *key, struct buf *out,
                      struct problem *p)
{
    size_t len = strnlen(text, TEXT_MOST);

    if (len == TEXT_MOST)
        return problem_set(p, -EINVAL, PX_PLANE, "%s.%s: longer than %zu bytes", where, key, TEXT_MOST);
    if (!text_is_utf8(text, len))
        return problem_set(p, -EINVAL, PX_PLANE, "%s.%s: not valid UTF-8", where, key);
    json_put_key(out, key);
    json_put_string(out, text, len);
    return 0;
}

static int write_member(const struct member *member, const char *at, const char *where, struct buf *out,
                        struct problem *p)
{
    char table_name[160];
    struct proximo_table table;
    const char *text;
    void (*function)(void);
    uint32_t u32;
    uint64_t u64;
    int64_t i64;

    switch (member->kind) {
    case TEXT:
        memcpy(&text, at, sizeof(text));
        return text ? write_text(text, where, member->key, out, p) : 0;
    case U32:
        memcpy(&u32, at, sizeof(u32));
        json_put_key_int(out, member->key, u32);
        return 0;
    case I64:
        memcpy(&i64, at, sizeof(i64));
        if (i64)
            json_put_key_int(out, member->key, i64);
        return 0;
    case FLAGS:
        memcpy(&u64, at, sizeof(u64));
        if (u64 > INT64_MAX)
            return problem_set(p, -EINVAL, PX_PLANE, "%s.%s: unknown bits in %#" PRIx64, where, member->key,
                               u64);
        if (u64)
            json_put_key_int(out, member->key, (long long)u64);
        return 0;
    case FUNCTION:
        memcpy(&function, at, sizeof(function));
        json_put_key_bool(out, member->key, function != NULL);
        return 0;
    case TABLE:
        memcpy(&table, at, sizeof(table));
        if (!table.count)
            return 0;
        (void)snprintf(table_name, sizeof(table_name), "%.120s%s%s", where, *where ? "." : "", member->key);
        json_put_key(out, member->key);
        return write_table(member, &table, table_name, out, p);
    }
    return -EINVAL;
}

static int write_row(const struct shape *shape, const void *row, const char *where, struct buf *out,
                     struct problem *p)
{
    buf_char(out, '{');
    for (size_t i = 0; i < shape->count; i++) {
        int r = write_member(&shape->members[i], (const char *)row + shape->members[i].offset, where, out, p);
        if (r < 0)
            return r;
    }
    buf_char(out, '}');
    return 0;
}

int manifest_write(const struct proximo_plane *plane, struct buf *out, struct problem *p)
{
    struct buf body CLEANUP_BUF = BUF_INIT(MANIFEST_LIMIT);

    if (plane->resources.count || plane->prompts.count)
        return problem_set(p, -EINVAL, PX_PLANE,
                           "resources and prompts belong to a later plane ABI than %d.%d", PROXIMO_ABI_MAJOR,
                           PROXIMO_ABI_MINOR);
    int r = write_row(&plane_shape, plane, "", &body, p);
    if (r < 0)
        return r;
    /* The version is said apart: its members are 16 bits wide. */
    buf_char(out, '{');
    json_put_key_int(out, "abi_major", plane->abi_major);
    json_put_key_int(out, "abi_minor", plane->abi_minor);
    if (buf_ok(&body)) {
        buf_char(out, ',');
        buf_add(out, body.data + 1, body.len - 1);
    }
    if (!buf_ok(&body) || !buf_ok(out))
        return problem_set(p, -EFBIG, PX_PLANE, "its tables make a manifest of more than %zu bytes",
                           MANIFEST_LIMIT);
    return 0;
}
