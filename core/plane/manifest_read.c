/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A manifest into the core's own structs. Like the writer it goes by tables of members; what a value must be
 * is in manifest_check*.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "config/config.h"
#include "plane/manifest_check.h"

enum member_kind { TEXT, U32, U64, I64, ROWS };
struct shape;
struct member {
    const char *key;
    size_t offset;
    enum member_kind kind;
    size_t count_offset; /* of rows: where their number is */
    const struct shape *of;
};
struct shape {
    size_t size;
    const struct member *members;
    size_t count;
};
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SHAPE(type)                                                                                          \
    static const struct shape type##_shape = {sizeof(struct type), type##_members, COUNT(type##_members)}
#define M(type, key, kind)                                                                                   \
    {                                                                                                        \
#key, offsetof(struct type, key), kind, 0, NULL                                                      \
    }
#define R(type, key, n, row)                                                                                 \
    {                                                                                                        \
#key, offsetof(struct type, key), ROWS, offsetof(struct type, n), &row##_shape                       \
    }

static const struct member param_row_members[] = {
    M(param_row, type, U32),      M(param_row, flags, U64),         M(param_row, name, TEXT),
    M(param_row, api_name, TEXT), M(param_row, description, TEXT),  M(param_row, format, TEXT),
    M(param_row, choices, TEXT),  M(param_row, default_json, TEXT), M(param_row, column, TEXT),
    M(param_row, minimum, I64),   M(param_row, maximum, I64),
};
SHAPE(param_row);
static const struct member column_row_members[] = {M(column_row, flags, U64), M(column_row, name, TEXT),
                                                   M(column_row, from, TEXT), M(column_row, unit, TEXT)};
SHAPE(column_row);
static const struct member need_row_members[] = {M(need_row, path, TEXT), M(need_row, privilege, TEXT)};
SHAPE(need_row);
static const struct member field_row_members[] = {M(field_row, name, TEXT), M(field_row, value, TEXT)};
SHAPE(field_row);
static const struct member tool_members[] = {
    M(tool, flags, U64),       M(tool, name, TEXT),
    M(tool, title, TEXT),      M(tool, description, TEXT),
    M(tool, method, TEXT),     R(tool, params, param_count, param_row),
    M(tool, path, TEXT),       R(tool, fixed, fixed_count, field_row),
    M(tool, items, TEXT),      R(tool, columns, column_count, column_row),
    M(tool, count_by, TEXT),   R(tool, needs, need_count, need_row),
    M(tool, sort_by, TEXT),    M(tool, operation_class, TEXT),
    M(tool, undo_kind, U32),   M(tool, subject, TEXT),
    M(tool, undo_class, TEXT),
};
SHAPE(tool);
static const struct member probe_row_members[] = {
    M(probe_row, name, TEXT),
    M(probe_row, description, TEXT),
    M(probe_row, method, TEXT),
    M(probe_row, path, TEXT),
    M(probe_row, executor, TEXT),
    R(probe_row, params, param_count, param_row),
    R(probe_row, fixed, fixed_count, field_row),
    R(probe_row, argv, argv_count, field_row),
};
SHAPE(probe_row);
static const struct member class_row_members[] = {
    M(class_row, name, TEXT),      M(class_row, title, TEXT),    M(class_row, description, TEXT),
    M(class_row, risk_floor, U32), M(class_row, undo_kind, U32), M(class_row, subject_schema, TEXT),
    M(class_row, flags, U64),
};
SHAPE(class_row);
static const struct member executor_row_members[] = {
    M(executor_row, name, TEXT), M(executor_row, description, TEXT), M(executor_row, target_schema, TEXT),
    M(executor_row, flags, U64)};
SHAPE(executor_row);
static const struct member resource_row_members[] = {
    M(resource_row, flags, U64),
    M(resource_row, uri, TEXT),
    M(resource_row, name, TEXT),
    M(resource_row, title, TEXT),
    M(resource_row, description, TEXT),
    M(resource_row, mime, TEXT),
    M(resource_row, tool, TEXT),
    R(resource_row, params, param_count, param_row),
    R(resource_row, fixed, fixed_count, field_row),
};
SHAPE(resource_row);
static const struct member prompt_row_members[] = {
    M(prompt_row, flags, U64),  M(prompt_row, name, TEXT),
    M(prompt_row, title, TEXT), M(prompt_row, description, TEXT),
    M(prompt_row, text, TEXT),  R(prompt_row, params, param_count, param_row),
};
SHAPE(prompt_row);
static const struct member plane_info_members[] = {
    M(plane_info, name, TEXT),
    M(plane_info, version, TEXT),
    M(plane_info, licence, TEXT),
    M(plane_info, summary, TEXT),
    M(plane_info, config_schema, TEXT),
    M(plane_info, abi_major, U32),
    M(plane_info, abi_minor, U32),
    M(plane_info, threading, U32),
    M(plane_info, struct_size, U32),
    M(plane_info, site_kinds, U32),
    {"features_required", offsetof(struct plane_info, features_required), U64, 0, NULL},
    R(plane_info, probes, probe_count, probe_row),
    R(plane_info, classes, class_count, class_row),
    R(plane_info, executors, executor_count, executor_row),
    R(plane_info, resources, resource_count, resource_row),
    R(plane_info, prompts, prompt_count, prompt_row),
};
SHAPE(plane_info);

static void shape_free(const struct shape *shape, void *row)
{
    for (size_t i = 0; i < shape->count; i++) {
        const struct member *m = &shape->members[i];
        char *at = (char *)row + m->offset;
        void *pointer;
        if (m->kind != TEXT && m->kind != ROWS)
            continue;
        memcpy(&pointer, at, sizeof(pointer));
        if (m->kind == ROWS) {
            size_t count;
            memcpy(&count, (char *)row + m->count_offset, sizeof(count));
            for (size_t k = 0; pointer && k < count; k++)
                shape_free(m->of, (char *)pointer + k * m->of->size);
        }
        free(pointer);
    }
}

static int shape_read(const struct shape *shape, struct json_object *o, void *into, struct problem *p);

static int no_memory(struct problem *p)
{
    return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a manifest");
}

static int rows_read(const struct member *m, struct json_object *value, void *into, struct problem *p)
{
    size_t count = json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;

    if (count == 0 || count > MANIFEST_MAX_ROWS)
        return problem_set(p, -EINVAL, PX_PLANE, "its manifest: \"%s\" has %zu rows", m->key, count);
    void *rows = calloc(count, m->of->size);
    if (!rows)
        return no_memory(p);
    /* Set before the rows are read, so that one free undoes whatever was read. */
    memcpy((char *)into + m->offset, &rows, sizeof(rows));
    memcpy((char *)into + m->count_offset, &count, sizeof(count));
    for (size_t i = 0; i < count; i++) {
        int r = shape_read(m->of, json_object_array_get_idx(value, i), (char *)rows + i * m->of->size, p);
        if (r < 0)
            return r;
    }
    return 0;
}

static int member_read(const struct member *m, struct json_object *value, void *into, struct problem *p)
{
    char *at = (char *)into + m->offset;

    if (m->kind == ROWS)
        return rows_read(m, value, into, p);
    if (m->kind == TEXT) {
        const char *text =
            json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
        if (!text || strlen(text) != (size_t)json_object_get_string_len(value))
            return problem_set(p, -EINVAL, PX_PLANE, "its manifest: \"%s\" is not a text", m->key);
        char *copy = strdup(text);
        if (!copy)
            return no_memory(p);
        memcpy(at, &copy, sizeof(copy));
        return 0;
    }
    if (!json_object_is_type(value, json_type_int))
        return problem_set(p, -EINVAL, PX_PLANE, "its manifest: \"%s\" is not a number", m->key);
    int64_t n = json_object_get_int64(value);
    uint32_t small = (uint32_t)n;
    if (m->kind != I64 && (n < 0 || (m->kind == U32 && n > UINT32_MAX)))
        return problem_set(p, -EINVAL, PX_PLANE, "its manifest: \"%s\" is out of range", m->key);
    memcpy(at, m->kind == U32 ? (void *)&small : (void *)&n, m->kind == U32 ? sizeof(small) : sizeof(n));
    return 0;
}

static int shape_read(const struct shape *shape, struct json_object *o, void *into, struct problem *p)
{
    bool has_flags = false;
    int64_t flags = 0;

    if (!json_object_is_type(o, json_type_object))
        return problem_set(p, -EINVAL, PX_PLANE, "its manifest: a row is not an object");
    for (size_t i = 0; i < shape->count; i++) {
        struct json_object *value;
        has_flags = has_flags || strcmp(shape->members[i].key, "flags") == 0;
        if (!json_object_object_get_ex(o, shape->members[i].key, &value))
            continue;
        int r = member_read(&shape->members[i], value, into, p);
        if (r < 0)
            return r;
    }
    /* Structs for which this ABI defines no flag at all. */
    if (!has_flags && json_get_int(o, "flags", &flags) == 0 && flags)
        return problem_set(p, -EINVAL, PX_PLANE, "its manifest: unknown flag bits %#llx",
                           (unsigned long long)flags);
    return 0;
}

static int set_text(char **at, const char *text, struct problem *p)
{
    *at = strdup(text);
    return *at ? 0 : no_memory(p);
}

/* What a change declares beyond a read's members, as it was declared. */
static int keep_rest(struct tool *tool, struct json_object *row, struct problem *p)
{
    static const char *const keys[] = {"guards", "postcondition", "undo"};
    struct buf rest CLEANUP_BUF = BUF_INIT(MANIFEST_LIMIT);

    buf_char(&rest, '{');
    for (size_t i = 0; i < COUNT(keys); i++) {
        struct json_object *value;
        if (!json_object_object_get_ex(row, keys[i], &value))
            continue;
        json_put_key(&rest, keys[i]);
        json_put_value(&rest, value);
    }
    buf_char(&rest, '}');
    tool->rest_json = buf_take(&rest, NULL);
    return tool->rest_json ? 0 : no_memory(p);
}

static int read_tool(struct plane_info *info, struct json_object *row, bool change, uint32_t index,
                     struct problem *p)
{
    struct tool *tool = &info->tools[info->tool_count++];
    bool function = false;

    int r = shape_read(&tool_shape, row, tool, p);
    if (r < 0)
        return r;
    (void)json_get_bool(row, "read", &function);
    tool->plane = info;
    tool->index = index;
    tool->kind = change ? TOOL_CHANGE : function ? TOOL_READ_FUNCTION : TOOL_READ_ROW;
    if (!change && tool->method)
        return problem_set(p, -EINVAL, PX_PLANE, "its manifest: a read has a method");
    if (tool->kind == TOOL_READ_ROW)
        r = set_text(&tool->method, "GET", p);
    if (r == 0)
        r = check_tool(tool, p);
    if (r == 0 && change) {
        (void)json_get_bool(row, "plan", &tool->has_plan);
        (void)json_get_bool(row, "plan_undo", &tool->has_plan_undo);
        r = keep_rest(tool, row, p);
    }
    return r == 0 && change ? check_change(tool, row, p) : r;
}

static int read_tools(struct plane_info *info, struct json_object *manifest, struct problem *p)
{
    struct json_object *lists[2] = {NULL, NULL};
    size_t counts[2];

    (void)json_get(manifest, "reads", json_type_array, &lists[0]);
    (void)json_get(manifest, "changes", json_type_array, &lists[1]);
    for (int i = 0; i < 2; i++) {
        counts[i] = lists[i] ? json_object_array_length(lists[i]) : 0;
        if (counts[i] > MANIFEST_MAX_ROWS)
            return problem_set(p, -EINVAL, PX_PLANE, "it has %zu tools of a kind; at most %d", counts[i],
                               MANIFEST_MAX_ROWS);
    }
    if (counts[0] + counts[1] == 0)
        return 0;
    info->tools = calloc(counts[0] + counts[1], sizeof(*info->tools));
    if (!info->tools)
        return no_memory(p);
    for (int i = 0; i < 2; i++)
        for (size_t k = 0; k < counts[i]; k++) {
            int r = read_tool(info, json_object_array_get_idx(lists[i], k), i == 1, (uint32_t)k, p);
            if (r < 0)
                return r;
        }
    return 0;
}

bool site_kinds_have(uint32_t kinds, uint32_t kind)
{
    return !kinds || (kinds & (kind == CONFIG_PBS ? PROXIMO_FOR_PBS : PROXIMO_FOR_PVE));
}

bool plane_info_for(const struct plane_info *info, uint32_t kind)
{
    return !info || site_kinds_have(info->site_kinds, kind);
}

static bool row_has(struct json_object *manifest, const char *list, size_t index, const char *function)
{
    struct json_object *rows;
    bool has = false;

    if (json_get(manifest, list, json_type_array, &rows) == 0)
        (void)json_get_bool(json_object_array_get_idx(rows, index), function, &has);
    return has;
}

static int check_all(struct plane_info *info, struct json_object *manifest, const char *expected_name,
                     struct problem *p)
{
    int r = check_plane_texts(info, expected_name, p);

    if (r == 0 && info->threading != PROXIMO_SERIAL && info->threading != PROXIMO_PARALLEL)
        r = problem_set(p, -EINVAL, PX_PLANE, "it is neither SERIAL nor PARALLEL");
    if (r == 0 && (info->site_kinds & ~(PROXIMO_FOR_PVE | PROXIMO_FOR_PBS)))
        r = problem_set(p, -EINVAL, PX_PLANE, "its site_kinds has bits that are not known: %#x",
                        (unsigned)info->site_kinds);
    if (info->site_kinds == 0)
        info->site_kinds = PROXIMO_FOR_PVE;
    /* A read waits for its executor's run: both are in progress in one plane. */
    if (r == 0 && info->executor_count && info->threading == PROXIMO_SERIAL)
        r = problem_set(p, -EINVAL, PX_PLANE, "a plane with executors must be PARALLEL");
    for (size_t i = 0; r == 0 && i < info->executor_count; i++)
        r = check_executor(&info->executors[i], row_has(manifest, "executors", i, "run"), p);
    for (size_t i = 0; r == 0 && i < info->class_count; i++) {
        info->classes[i].has_blast = row_has(manifest, "classes", i, "blast");
        r = check_class(&info->classes[i], p);
    }
    for (size_t i = 0; r == 0 && i < info->probe_count; i++)
        r = check_probe(&info->probes[i], info, p);
    if (r == 0)
        r = read_tools(info, manifest, p);
    for (size_t i = 0; r == 0 && i < info->resource_count; i++) {
        struct resource_row *row = &info->resources[i];
        row->plane = info;
        row->index = (uint32_t)i;
        row->has_read = row_has(manifest, "resources", i, "read");
        row->is_template = row->uri && strchr(row->uri, '{');
        r = check_resource(row, p);
    }
    for (size_t i = 0; r == 0 && i < info->prompt_count; i++) {
        struct prompt_row *row = &info->prompts[i];
        row->plane = info;
        row->index = (uint32_t)i;
        row->has_get = row_has(manifest, "prompts", i, "get");
        r = check_prompt(row, p);
    }
    return r == 0 ? check_unique(info, p) : r;
}

int manifest_read(const char *json, size_t len, const char *expected_name, struct plane_info **ret,
                  struct problem *p)
{
    struct json_object *manifest CLEANUP_JSON = NULL;
    struct problem why = PROBLEM_INIT;

    if (len > MANIFEST_LIMIT || json_parse(json, len, &manifest, &why) < 0)
        return problem_set(p, -EINVAL, PX_PLANE, "its manifest is not JSON: %s", why.cause);
    struct plane_info *info = calloc(1, sizeof(*info));
    if (!info)
        return no_memory(p);
    int r = shape_read(&plane_info_shape, manifest, info, p);
    if (r == 0)
        r = check_all(info, manifest, expected_name, p);
    if (r < 0) {
        plane_info_free(info);
        return r;
    }
    *ret = info;
    return 0;
}

void plane_info_free(struct plane_info *info)
{
    if (!info)
        return;
    for (size_t i = 0; i < info->tool_count; i++) {
        free(info->tools[i].rest_json);
        free(info->tools[i].input_schema);
        shape_free(&tool_shape, &info->tools[i]);
    }
    free(info->tools);
    shape_free(&plane_info_shape, info);
    free(info);
}
