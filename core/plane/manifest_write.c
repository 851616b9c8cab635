/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of a plane as a JSON manifest, made in the plane's host: which members each struct has. */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "plane/manifest.h"
#include "plane/row_write.h"

#define COUNT(a)        SHAPE_COUNT(a)
#define RESOURCES_SINCE 3 /* of the ABI's minors */
#define SHAPE(name, type)                                                                                    \
    static const struct shape name##_shape = {sizeof(struct type), name##_members, COUNT(name##_members)}

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
    M(proximo_change, undo_class, TEXT),
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
static const struct member resource_members[] = {
    M(proximo_resource, uri, TEXT),     M(proximo_resource, name, TEXT),
    M(proximo_resource, title, TEXT),   M(proximo_resource, description, TEXT),
    M(proximo_resource, flags, FLAGS),  M(proximo_resource, mime, TEXT),
    T(proximo_resource, params, param), M(proximo_resource, tool, TEXT),
    T(proximo_resource, fixed, field),  M(proximo_resource, read, FUNCTION),
};
SHAPE(resource, proximo_resource);
static const struct member prompt_members[] = {
    M(proximo_prompt, name, TEXT),    M(proximo_prompt, title, TEXT),   M(proximo_prompt, description, TEXT),
    M(proximo_prompt, flags, FLAGS),  T(proximo_prompt, params, param), M(proximo_prompt, text, TEXT),
    M(proximo_prompt, get, FUNCTION),
};
SHAPE(prompt, proximo_prompt);
static const struct member plane_members[] = {
    M(proximo_plane, struct_size, U32),    M(proximo_plane, features_required, FLAGS),
    M(proximo_plane, threading, U32),      M(proximo_plane, name, TEXT),
    M(proximo_plane, version, TEXT),       M(proximo_plane, licence, TEXT),
    M(proximo_plane, summary, TEXT),       M(proximo_plane, config_schema, TEXT),
    M(proximo_plane, open, FUNCTION),      M(proximo_plane, ready, FUNCTION),
    M(proximo_plane, stop, FUNCTION),      M(proximo_plane, close, FUNCTION),
    T(proximo_plane, reads, read),         T(proximo_plane, changes, change),
    T(proximo_plane, probes, probe),       T(proximo_plane, classes, class),
    T(proximo_plane, executors, executor), T(proximo_plane, resources, resource),
    T(proximo_plane, prompts, prompt),     M(proximo_plane, site_kinds, U32),
};
SHAPE(plane, proximo_plane);

int manifest_write(const struct proximo_plane *plane, struct buf *out, struct problem *p)
{
    struct buf body CLEANUP_BUF = BUF_INIT(MANIFEST_LIMIT);

    if ((plane->resources.count || plane->prompts.count) && plane->abi_minor < RESOURCES_SINCE)
        return problem_set(
            p, -EINVAL, PX_PLANE,
            "resources and prompts belong to plane ABI 0.%d; it says that it was built for %u.%u",
            RESOURCES_SINCE, plane->abi_major, plane->abi_minor);
    const struct row_writer writer = {.out = &body, .p = p};
    int r = row_write_copy(&writer, &plane_shape, plane, "");
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
