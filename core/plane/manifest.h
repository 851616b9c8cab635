/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a plane declared, on the core's side: read from the JSON manifest that the plane host sent
 * (manifest_read.c), which the host made from the plane's tables (manifest_write.c). Nothing in it is trusted
 * until manifest_read checked it: names, lengths, formats, schemas, flags, uniqueness. Immutable afterwards.
 */
#ifndef PROXIMO_PLANE_MANIFEST_H
#define PROXIMO_PLANE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/problem.h"
#include "proximo/plane.h"

struct buf;

#define MANIFEST_LIMIT             ((size_t)4 << 20) /* bytes of one plane's manifest */
#define MANIFEST_MAX_ROWS          512               /* of each table of a plane */
#define MANIFEST_NAME_LIMIT        64                /* characters of a tool's name: what clients take */
#define MANIFEST_DESCRIPTION_LIMIT 600               /* characters of a tool's description */

/* Mirrors of plane.h with owned, checked content; NULL strings stay NULL. Flags are plane.h's. */
struct param_row {
    uint32_t type;
    uint64_t flags;
    char *name, *api_name, *description, *format, *choices, *default_json, *column;
    int64_t minimum, maximum;
};
struct column_row {
    uint64_t flags;
    char *name, *from, *unit;
};
struct need_row {
    char *path, *privilege;
};
struct field_row {
    char *name, *value;
};

enum tool_kind {
    TOOL_READ_ROW,
    TOOL_READ_FUNCTION,
    TOOL_CHANGE,
    TOOL_READ_CORE, /* of the server itself, mcp/core_tools.h; never in a manifest */
};

struct plane_info;

/* One tool: a read row, a read function, a change, or a read of the server itself. */
struct tool {
    const struct plane_info *plane;
    enum tool_kind kind;
    uint32_t index; /* in the plane's reads or changes table */
    uint64_t flags; /* PROXIMO_READ_... or PROXIMO_CHANGE_... */
    char *name, *title, *description;
    struct param_row *params;
    size_t param_count;
    char *method; /* "GET" for read rows */
    char *path;
    struct field_row *fixed;
    size_t fixed_count;
    char *items;
    struct column_row *columns;
    size_t column_count;
    char *count_by, *sort_by;
    struct need_row *needs;
    size_t need_count;
    char *operation_class; /* changes */
    char *subject;
    char *undo_class;
    uint32_t undo_kind;
    bool has_plan, has_plan_undo;
    bool
        snapshot_first; /* its class carries PROXIMO_CLASS_SNAPSHOT_FIRST; known when all planes are loaded */
    char *rest_json;    /* changes: guards, postcondition, undo as declared, for the planner */
    char *input_schema; /* JSON Schema text made from params and what every tool takes; built by tool_schema.c
                         */
};

struct probe_row {
    char *name, *description, *method, *path, *executor;
    struct param_row *params;
    size_t param_count;
    struct field_row *fixed;
    size_t fixed_count;
    struct field_row *argv;
    size_t argv_count;
};
struct class_row {
    char *name, *title, *description, *subject_schema;
    uint32_t risk_floor, undo_kind;
    uint64_t flags;
    bool has_blast;
};
struct executor_row {
    char *name, *description, *target_schema;
    uint64_t flags;
};

/* See struct proximo_resource and struct proximo_prompt. A resource with variables is a template. */
struct resource_row {
    const struct plane_info *plane;
    uint32_t index; /* in the plane's table */
    uint64_t flags;
    char *uri, *name, *title, *description, *mime, *tool;
    struct param_row *params;
    size_t param_count;
    struct field_row *fixed;
    size_t fixed_count;
    bool has_read;
    bool is_template;
};
struct prompt_row {
    const struct plane_info *plane;
    uint32_t index;
    uint64_t flags;
    char *name, *title, *description, *text;
    struct param_row *params;
    size_t param_count;
    bool has_get;
};

struct plane_info {
    char *name, *version, *licence, *summary, *config_schema;
    uint32_t abi_major, abi_minor, threading, struct_size;
    uint32_t site_kinds; /* PROXIMO_FOR_...; 0 for the server's own tools: all */
    uint64_t features_required;
    struct tool *tools;
    size_t tool_count;
    struct probe_row *probes;
    size_t probe_count;
    struct class_row *classes;
    size_t class_count;
    struct executor_row *executors;
    size_t executor_count;
    struct resource_row *resources;
    size_t resource_count;
    struct prompt_row *prompts;
    size_t prompt_count;
};

/* A configured site, as far as tools name it; its kind is a config_site_kind. */
struct tool_site {
    const char *name;
    uint32_t kind;
};
/* Is a site of this kind (config_site_kind) among these (PROXIMO_FOR_...; 0: all)? */
bool site_kinds_have(uint32_t kinds, uint32_t kind);
/* Are the tools of this plane (NULL: the server's own) for sites of this kind? */
bool plane_info_for(const struct plane_info *info, uint32_t kind);

/* Host side: the descriptor's tables as a JSON manifest. Checks struct sizes and pointers first. */
int manifest_write(const struct proximo_plane *plane, struct buf *out, struct problem *p);
/* Core side: checks everything. `expected_name` is the name in the configuration. */
int manifest_read(const char *json, size_t len, const char *expected_name, struct plane_info **ret,
                  struct problem *p);
void plane_info_free(struct plane_info *info);

#endif
