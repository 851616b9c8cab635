/* SPDX-License-Identifier: Apache-2.0 */
/* Structs of plane.h as JSON, by tables of their members; the shapes of steps, guards and fields. */
#include "plane/row_write.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "plane/host.h"
#include "plane/manifest.h"

static const struct member field_members[] = {
    M(proximo_field, name, TEXT),
    M(proximo_field, value, TEXT),
    M(proximo_field, flags, FLAGS),
    {"secret", offsetof(struct proximo_field, secret_id), SECRET, NULL},
};
const struct shape field_shape = {sizeof(struct proximo_field), field_members, SHAPE_COUNT(field_members)};
static const struct member step_members[] = {
    M(proximo_step, kind, U32),
    M(proximo_step, flags, FLAGS),
    M(proximo_step, name, TEXT),
    M(proximo_step, method, TEXT),
    M(proximo_step, path, TEXT),
    T(proximo_step, params, field),
    M(proximo_step, select, TEXT),
    M(proximo_step, wait_test, U32),
    M(proximo_step, interval_ms, U32),
    M(proximo_step, deadline_ms, I64),
    M(proximo_step, wait_value, TEXT),
    M(proximo_step, fail_if, TEXT),
    M(proximo_step, tolerate, TEXT),
    M(proximo_step, keep, TEXT),
    M(proximo_step, executor, TEXT),
    T(proximo_step, argv, field),
    M(proximo_step, stdin_text, BYTES),
    {"stdin_secret", offsetof(struct proximo_step, stdin_secret_id), SECRET, NULL},
    M(proximo_step, output_limit, I64),
};
const struct shape step_shape = {sizeof(struct proximo_step), step_members, SHAPE_COUNT(step_members)};
static const struct member guard_members[] = {M(proximo_guard, path, TEXT), M(proximo_guard, fields, TEXT),
                                              M(proximo_guard, flags, FLAGS),
                                              T(proximo_guard, params, field)};
const struct shape guard_shape = {sizeof(struct proximo_guard), guard_members, SHAPE_COUNT(guard_members)};

/* Rows of any shape fit into this; the largest is a change. */
union any_row {
    struct proximo_change change;
    struct proximo_step step;
    struct proximo_read read;
    unsigned char bytes[512];
};

int row_write_table(const struct row_writer *w, const struct shape *shape, const struct proximo_table *table,
                    uint32_t most, const char *where)
{
    union any_row copy;
    uint32_t stride = 0;

    if (table->count && table->struct_size != sizeof(*table))
        return problem_set(w->p, -EINVAL, PX_PLANE, "%s: its struct_size is %u, not %zu: use PROXIMO_TABLE()",
                           where, table->struct_size, sizeof(*table));
    if (table->count > most || (table->count && !table->rows))
        return problem_set(w->p, -EINVAL, PX_PLANE,
                           "%s: %u rows; at most %u are accepted, and they must be there", where,
                           table->count, most);
    buf_char(w->out, '[');
    for (uint32_t i = 0; i < table->count; i++) {
        const char *at = (const char *)table->rows + (size_t)stride * i;
        uint32_t size;
        char row_name[160];
        (void)snprintf(row_name, sizeof(row_name), "%.120s[%u]", where, i);
        memcpy(&size, at, sizeof(size));
        if ((i && size != stride) || size % 8 != 0 || shape->size > sizeof(copy) ||
            struct_copy(&copy, shape->size, at) < 0)
            return problem_set(
                w->p, -EINVAL, PX_PLANE,
                "%s: its struct_size is %u; all rows of a table begin with the same, sensible size", row_name,
                size);
        stride = size;
        json_put_comma(w->out);
        int r = row_write_copy(w, shape, &copy, row_name);
        if (r < 0)
            return r;
    }
    buf_char(w->out, ']');
    return 0;
}

static int write_text(const struct row_writer *w, const char *text, size_t len, const char *where,
                      const char *key)
{
    if (len >= ROW_TEXT_MOST)
        return problem_set(w->p, -EINVAL, PX_PLANE, "%s.%s: longer than %zu bytes", where, key,
                           ROW_TEXT_MOST);
    if (!text_is_utf8(text, len))
        return problem_set(w->p, -EINVAL, PX_PLANE, "%s.%s: not valid UTF-8", where, key);
    json_put_key(w->out, key);
    json_put_string(w->out, text, len);
    return 0;
}

static int write_secret(const struct row_writer *w, uint64_t id, const char *where, const char *key)
{
    if (id == 0)
        return 0;
    const char *name = w->secret ? w->secret(w->arg, id) : NULL;
    if (!name)
        return problem_set(w->p, -EINVAL, PX_PLANE, "%s: %" PRIu64 " is no handle of a secret of this call",
                           where, id);
    json_put_key_string(w->out, key, name);
    return 0;
}

/* Numbers and flags: absent when 0. */
static int write_number(const struct row_writer *w, const struct member *member, const char *at,
                        const char *where)
{
    uint32_t u32 = 0;
    uint64_t u64 = 0;

    if (member->kind == U32)
        memcpy(&u32, at, sizeof(u32));
    else
        memcpy(&u64, at, sizeof(u64));
    if (member->kind == FLAGS && u64 > INT64_MAX)
        return problem_set(w->p, -EINVAL, PX_PLANE, "%s.%s: unknown bits in %#" PRIx64, where, member->key,
                           u64);
    long long n = member->kind == U32 ? (long long)u32 : (long long)u64;
    if (n)
        json_put_key_int(w->out, member->key, n);
    return 0;
}

static int write_member(const struct row_writer *w, const struct member *member, const char *at,
                        const char *where)
{
    char table_name[160];
    struct proximo_table table;
    struct proximo_text bytes;
    const char *text;
    void (*function)(void);
    uint64_t id;

    switch (member->kind) {
    case TEXT:
        memcpy(&text, at, sizeof(text));
        return text ? write_text(w, text, strnlen(text, ROW_TEXT_MOST), where, member->key) : 0;
    case BYTES:
        memcpy(&bytes, at, sizeof(bytes));
        return bytes.ptr && bytes.len ? write_text(w, bytes.ptr, (size_t)bytes.len, where, member->key) : 0;
    case U32:
    case I64:
    case FLAGS: return write_number(w, member, at, where);
    case SECRET: memcpy(&id, at, sizeof(id)); return write_secret(w, id, where, member->key);
    case FUNCTION:
        memcpy(&function, at, sizeof(function));
        json_put_key_bool(w->out, member->key, function != NULL);
        return 0;
    case TABLE:
        memcpy(&table, at, sizeof(table));
        if (!table.count)
            return 0;
        (void)snprintf(table_name, sizeof(table_name), "%.120s%s%s", where, *where ? "." : "", member->key);
        json_put_key(w->out, member->key);
        return row_write_table(w, member->of, &table, MANIFEST_MAX_ROWS, table_name);
    }
    return -EINVAL;
}

int row_write_copy(const struct row_writer *w, const struct shape *shape, const void *row, const char *where)
{
    buf_char(w->out, '{');
    for (size_t i = 0; i < shape->count; i++) {
        int r = write_member(w, &shape->members[i], (const char *)row + shape->members[i].offset, where);
        if (r < 0)
            return r;
    }
    buf_char(w->out, '}');
    return 0;
}

int row_write(const struct row_writer *w, const struct shape *shape, const void *at, const char *where)
{
    union any_row copy;
    uint32_t size;

    memcpy(&size, at, sizeof(size));
    if (size % 8 != 0 || shape->size > sizeof(copy) || struct_copy(&copy, shape->size, at) < 0)
        return problem_set(w->p, -EINVAL, PX_PLANE,
                           "%s: its struct_size is %u, not sizeof what it is: every struct begins with it",
                           where, size);
    return row_write_copy(w, shape, &copy, where);
}
