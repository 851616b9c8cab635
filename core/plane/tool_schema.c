/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON Schema (2020-12) of a tool's arguments. Clients are picky, so it stays plain: an object at the
 * root, one type a property, no oneOf, nothing else allowed. The same tool always gives the same bytes.
 */
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "plane/argument_inner.h"
#include "plane/argument_secret.h"
#include "plane/manifest.h"
#include "plane/read.h"

static const char *const type_names[] = {
    [PROXIMO_TYPE_STRING] = "string", [PROXIMO_TYPE_INTEGER] = "integer", [PROXIMO_TYPE_BOOLEAN] = "boolean",
    [PROXIMO_TYPE_NUMBER] = "number", [PROXIMO_TYPE_STRINGS] = "array",   [PROXIMO_TYPE_OBJECT] = "object",
};

static void put_choices(struct buf *out, const char *choices)
{
    json_put_key(out, "enum");
    buf_char(out, '[');
    while (*choices) {
        size_t len = strcspn(choices, ",");
        const char *word = choices;
        size_t n = len;
        for (; n && *word == ' '; n--)
            word++;
        while (n && word[n - 1] == ' ')
            n--;
        json_put_comma(out);
        json_put_string(out, word, n);
        choices += len;
        choices += *choices == ',';
    }
    buf_char(out, ']');
}

/* Columns as the choice of `fields`; a tool without columns takes any name. */
static void put_items(struct buf *out, const struct tool *tool, const char *name, const char *choices)
{
    json_put_key(out, "items");
    buf_char(out, '{');
    json_put_key_string(out, "type", "string");
    if (strcmp(name, "fields") == 0 && !choices && tool->column_count) {
        json_put_key(out, "enum");
        buf_char(out, '[');
        for (size_t i = 0; i < tool->column_count; i++) {
            json_put_comma(out);
            json_put_cstr(out, tool->columns[i].name);
        }
        buf_char(out, ']');
    } else if (choices) {
        put_choices(out, choices);
    }
    buf_char(out, '}');
}

static void put_bounds(struct buf *out, const struct param_row *param)
{
    bool text = param->type == PROXIMO_TYPE_STRING;
    if ((!param->minimum && !param->maximum) ||
        (!text && param->type != PROXIMO_TYPE_INTEGER && param->type != PROXIMO_TYPE_NUMBER))
        return;
    if (text) {
        /* Ours are bytes, JSON Schema counts characters: only the upper bound says the same for both. */
        json_put_key_int(out, "maxLength", (long long)param->maximum);
        return;
    }
    json_put_key_int(out, "minimum", (long long)param->minimum);
    json_put_key_int(out, "maximum", (long long)param->maximum);
}

static void put_property(struct buf *out, const struct tool *tool, const struct param_row *param)
{
    json_put_key(out, param->name);
    buf_char(out, '{');
    json_put_key_string(out, "type", type_names[param->type]);
    if (param->description)
        json_put_key_string(out, "description", param->description);
    if (param->type == PROXIMO_TYPE_STRINGS)
        put_items(out, tool, param->name, param->choices);
    else if (param->choices)
        put_choices(out, param->choices);
    else if (param->format && strcmp(param->format, "kind") == 0)
        put_choices(out, "lxc,qemu");
    put_bounds(out, param);
    if (param->default_json) {
        json_put_key(out, "default");
        buf_str(out, param->default_json);
    }
    buf_char(out, '}');
}

/* The sites that the tool is for. With one there is nothing to choose. */
static size_t sites_for(const struct tool *tool, const struct tool_site *sites, size_t count)
{
    size_t fitting = 0;

    for (size_t i = 0; i < count; i++)
        fitting += plane_info_for(tool->plane, sites[i].kind);
    return fitting;
}

static void put_site(struct buf *out, const struct tool *tool, const struct tool_site *sites, size_t count)
{
    json_put_key(out, "site");
    buf_str(out, "{\"type\":\"string\",\"description\":\"Which configured site is meant.\"");
    json_put_key(out, "enum");
    buf_char(out, '[');
    for (size_t i = 0; i < count; i++) {
        if (!plane_info_for(tool->plane, sites[i].kind))
            continue;
        json_put_comma(out);
        json_put_cstr(out, sites[i].name);
    }
    buf_str(out, "]}");
}

/* A secret that can be given in another way is not; that one of them is needed, the check says. */
static bool is_required(const struct tool *tool, const struct param_row *param)
{
    return (param->flags & PROXIMO_PARAM_REQUIRED) && !secret_way_offered(tool, param, SECRET_FILE) &&
           !secret_way_offered(tool, param, SECRET_GENERATE);
}

static void put_required(struct buf *out, const struct tool *tool, bool site)
{
    bool any = site;
    for (size_t i = 0; i < tool->param_count; i++)
        any = any || is_required(tool, &tool->params[i]);
    if (!any)
        return;
    json_put_key(out, "required");
    buf_char(out, '[');
    for (size_t i = 0; i < tool->param_count; i++) {
        if (is_required(tool, &tool->params[i])) {
            json_put_comma(out);
            json_put_cstr(out, tool->params[i].name);
        }
    }
    if (site) {
        json_put_comma(out);
        json_put_cstr(out, "site");
    }
    buf_char(out, ']');
}

void tool_schema_write(const struct tool *tool, const struct tool_site *sites, size_t site_count,
                       struct buf *out)
{
    const bool site = sites_for(tool, sites, site_count) > 1;
    buf_str(out, "{\"type\":\"object\",\"properties\":{");
    for (size_t i = 0; i < tool->param_count; i++) {
        put_property(out, tool, &tool->params[i]);
        secret_ways_write(tool, &tool->params[i], out);
    }
    for (unsigned i = 0; i < common_param_count; i++) {
        const struct common_param *common = common_param_find(tool, common_params[i].name);
        if (!common)
            continue;
        struct param_row row = {.type = common->type,
                                .name = (char *)(uintptr_t)common->name,
                                .description = (char *)(uintptr_t)common->description,
                                .default_json = (char *)(uintptr_t)common->default_json,
                                .minimum = common->minimum,
                                .maximum = common->maximum};
        put_property(out, tool, &row);
    }
    if (site)
        put_site(out, tool, sites, site_count);
    buf_char(out, '}');
    put_required(out, tool, site);
    buf_str(out, ",\"additionalProperties\":false}");
}
