/* SPDX-License-Identifier: Apache-2.0 */
/* What argument*.c and tool_schema.c share: which parameters every tool of a kind takes beside its own. */
#ifndef PROXIMO_PLANE_ARGUMENT_INNER_H
#define PROXIMO_PLANE_ARGUMENT_INNER_H

#include <stdbool.h>
#include <stdint.h>

struct param_row;
struct tool;

#define READ_LIMIT_DEFAULT 100
#define READ_LIMIT_MAX     10000
#define READ_OFFSET_MAX    10000000

/* A parameter that the core adds. */
struct common_param {
    const char *name;
    uint32_t type; /* PROXIMO_TYPE_... */
    const char *description;
    int64_t minimum, maximum;
    const char *default_json;
    bool (*taken_by)(const struct tool *tool);
};
extern const struct common_param common_params[];
extern const unsigned common_param_count;

/* The common parameter `name` that this tool takes, unless the tool declares one of that name itself; NULL.
 */
const struct common_param *common_param_find(const struct tool *tool, const char *name);
const struct param_row *tool_param_find(const struct tool *tool, const char *name);
/* The first parameter with this format; NULL. */
const struct param_row *tool_param_format(const struct tool *tool, const char *format);
bool tool_is_change(const struct tool *tool);
bool tool_takes_snapshot(const struct tool *tool); /* can have a snapshot taken before it */
bool tool_is_list(const struct tool *tool);        /* answers with a counted envelope of rows */
bool tool_has_fields(const struct tool *tool);

#endif
