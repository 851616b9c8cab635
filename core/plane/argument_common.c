/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters that the core adds to every tool of a kind, and looking parameters up. */
#include <string.h>

#include "base/text.h"
#include "plane/argument_inner.h"
#include "plane/manifest.h"

bool tool_is_change(const struct tool *tool)
{
    return tool->kind == TOOL_CHANGE;
}

bool tool_takes_snapshot(const struct tool *tool)
{
    return tool_is_change(tool) && tool->snapshot_first;
}

bool tool_is_list(const struct tool *tool)
{
    if (tool_is_change(tool) || (tool->flags & (PROXIMO_READ_SINGLE | PROXIMO_READ_LINES)))
        return false;
    return tool->kind == TOOL_READ_ROW || tool->column_count > 0 || (tool->flags & PROXIMO_READ_AS_IS);
}

bool tool_has_fields(const struct tool *tool)
{
    if (tool_is_change(tool) || (tool->flags & PROXIMO_READ_LINES))
        return false;
    return tool->column_count > 0 || (tool->kind == TOOL_READ_ROW && (tool->flags & PROXIMO_READ_AS_IS));
}

const struct common_param common_params[] = {
    {"fields", PROXIMO_TYPE_STRINGS, "Columns to return instead of the usual ones.", 0, 0, NULL,
     tool_has_fields},
    {"limit", PROXIMO_TYPE_INTEGER, "Most rows to return.", 1, READ_LIMIT_MAX, "100", tool_is_list},
    {"offset", PROXIMO_TYPE_INTEGER, "Rows to skip.", 0, READ_OFFSET_MAX, NULL, tool_is_list},
    {"confirm", PROXIMO_TYPE_BOOLEAN,
     "Ignored unless the operator allows one-call changes: a change is planned first.", 0, 0, NULL,
     tool_is_change},
    {"snapshot_first", PROXIMO_TYPE_BOOLEAN,
     "Take a snapshot of the guest before it, as an undo point; refused where a disk cannot.", 0, 0, NULL,
     tool_takes_snapshot},
};
const unsigned common_param_count = sizeof(common_params) / sizeof(common_params[0]);

const struct param_row *tool_param_find(const struct tool *tool, const char *name)
{
    for (size_t i = 0; i < tool->param_count; i++) {
        if (strcmp(tool->params[i].name, name) == 0)
            return &tool->params[i];
    }
    return NULL;
}

const struct param_row *tool_param_format(const struct tool *tool, const char *format)
{
    for (size_t i = 0; i < tool->param_count; i++) {
        if (text_equal(tool->params[i].format, format))
            return &tool->params[i];
    }
    return NULL;
}

const struct common_param *common_param_find(const struct tool *tool, const char *name)
{
    if (tool_param_find(tool, name))
        return NULL;
    for (unsigned i = 0; i < common_param_count; i++) {
        if (strcmp(common_params[i].name, name) == 0 && common_params[i].taken_by(tool))
            return &common_params[i];
    }
    return NULL;
}
