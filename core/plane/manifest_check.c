/* SPDX-License-Identifier: Apache-2.0 */
/* The rules a plane's tools must keep: names, texts, parameters, path templates, columns. */
#include "plane/manifest_check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/selector.h"
#include "base/text.h"
#include "config/config.h"
#include "http/get_table.h"
#include "http/path.h"
#include "plane/read.h"

#define PATH_MOST   512u
#define PARAMS_MOST 48u

/* What every tool takes and no plane may mean differently. */
static const char *const reserved_params[] = {"site", "confirm", "snapshot_first", "fields", "offset"};
static const char *const units[] = {"bytes", "seconds", "epoch", "fraction", "percent", "list"};

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
static bool is_letter(char c)
{
    return is_lower(c) || (c >= 'A' && c <= 'Z');
}

int check_name(const char *who, const char *what, const char *name, const char *extra, size_t most,
               struct problem *p)
{
    size_t len = name ? strlen(name) : 0;
    bool fits = len > 0 && len <= most && is_lower(name[0]);

    for (size_t i = 0; fits && i < len; i++)
        fits = is_lower(name[i]) || is_digit(name[i]) || strchr(extra, name[i]);
    if (fits)
        return 0;
    return problem_set(p, -EINVAL, PX_PLANE,
                       "%s: %s \"%.60s\" must be a lower-case letter and up to %zu of a-z 0-9 %s", who, what,
                       name ? name : "", most - 1, extra);
}

int check_text(const char *who, const char *what, const char *text, size_t most, struct problem *p)
{
    size_t len = text ? strlen(text) : 0, characters = 0;

    if (len == 0)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: its %s is missing", who, what);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7f)
            return problem_set(p, -EINVAL, PX_PLANE, "%s: its %s contains control characters", who, what);
        characters += (c & 0xc0) != 0x80;
    }
    if (characters > most)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: its %s has %zu characters; at most %zu fit", who, what,
                           characters, most);
    return 0;
}

int check_object(const char *who, const char *what, const char *json, struct problem *p)
{
    struct json_object *object CLEANUP_JSON = NULL;
    struct problem why = PROBLEM_INIT;

    if (json_parse(json, strlen(json), &object, &why) < 0)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: its %s is not JSON: %s", who, what, why.cause);
    if (!json_object_is_type(object, json_type_object))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: its %s is not a JSON object", who, what);
    return 0;
}

const struct param_row *param_find(struct param_list params, const char *name, size_t len)
{
    for (size_t i = 0; i < params.count; i++)
        if (params.params[i].name && strlen(params.params[i].name) == len &&
            memcmp(params.params[i].name, name, len) == 0)
            return &params.params[i];
    return NULL;
}

static bool has_guest(struct param_list params)
{
    for (size_t i = 0; i < params.count; i++)
        if (text_equal(params.params[i].format, "guest"))
            return true;
    return false;
}

/* Every {x} is a parameter, or one of the names a guest resolves to. */
#define NEED_PATH "a need's path"

int check_template(const char *who, const char *what, const char *text, struct param_list params,
                   struct problem *p)
{
    const bool is_need = strcmp(what, NEED_PATH) == 0;
    static const char *const resolved[] = {"node", "kind", "vmid"};

    for (const char *at = text; *at; at++) {
        if (*at == '}')
            return problem_set(p, -EINVAL, PX_PLANE, "%s: %s \"%.80s\" has a } without its {", who, what,
                               text);
        if (*at != '{')
            continue;
        const char *end = strchr(at, '}');
        size_t len = end ? (size_t)(end - at) - 1 : 0;
        if (is_need && len > 1 && at[len] == '?' && at > text + 1 && at[-1] == '/' && !end[1])
            len--; /* "/{name?}" at the end: left out when it is not given */
        bool known = len && param_find(params, at + 1, len);
        for (size_t i = 0; !known && len && i < 3 && has_guest(params); i++)
            known = strlen(resolved[i]) == len && memcmp(resolved[i], at + 1, len) == 0;
        if (!known)
            return problem_set(p, -EINVAL, PX_PLANE, "%s: %s \"%.80s\" names \"%.*s\", which is no parameter",
                               who, what, text, (int)(len < 40 ? len : 40), at + 1);
        at = end;
    }
    return 0;
}

int check_path(const char *who, const char *path, struct param_list params, struct problem *p)
{
    size_t len = path ? strlen(path) : 0;
    bool fits = len > 1 && len <= PATH_MOST && path[0] == '/' && path[len - 1] != '/';

    for (size_t i = 0; fits && i < len; i++) {
        fits = is_letter(path[i]) || is_digit(path[i]) || strchr("/{}_-.", path[i]);
        if (path[i] == '/')
            fits = fits && path[i + 1] != '/' && path[i + 1] != '.';
    }
    if (!fits)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: its path \"%.80s\" is not of the form /a/{parameter}/b",
                           who, path ? path : "");
    return check_template(who, "its path", path, params, p);
}

static int check_default(const char *who, const struct param_row *param, struct problem *p)
{
    static const json_type types[] = {
        [PROXIMO_TYPE_STRING] = json_type_string,   [PROXIMO_TYPE_INTEGER] = json_type_int,
        [PROXIMO_TYPE_BOOLEAN] = json_type_boolean, [PROXIMO_TYPE_NUMBER] = json_type_double,
        [PROXIMO_TYPE_STRINGS] = json_type_array,   [PROXIMO_TYPE_OBJECT] = json_type_object,
    };
    struct json_object *value CLEANUP_JSON = NULL;

    if (json_parse(param->default_json, strlen(param->default_json), &value, NULL) < 0)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: the default of \"%s\" is not JSON", who, param->name);
    if (!json_object_is_type(value, types[param->type]) &&
        !(param->type == PROXIMO_TYPE_NUMBER && json_object_is_type(value, json_type_int)))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: the default of \"%s\" is not of its type", who,
                           param->name);
    return 0;
}

/* After the first letter: the arguments of a prompt are named by people, and "resourceUri" is one of them. */
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static int check_param(const char *who, const struct param_row *param, struct param_list all,
                       struct problem *p)
{
    const uint64_t flags = PROXIMO_PARAM_REQUIRED | PROXIMO_PARAM_SECRET | PROXIMO_PARAM_NOT_SENT;
    int r = check_name(who, "the parameter", param->name, "_-" CAPITALS, 64, p);

    if (r == 0)
        r = check_text(who, "parameter description", param->description, MANIFEST_DESCRIPTION_LIMIT, p);
    if (r < 0)
        return r;
    for (size_t i = 0; i < sizeof(reserved_params) / sizeof(reserved_params[0]); i++)
        if (strcmp(param->name, reserved_params[i]) == 0)
            return problem_set(p, -EINVAL, PX_PLANE, "%s: the parameter name \"%s\" is taken by the program",
                               who, param->name);
    if (param->type < PROXIMO_TYPE_STRING || param->type > PROXIMO_TYPE_OBJECT)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: \"%s\" has the unknown type %u", who, param->name,
                           param->type);
    if (param->flags & ~flags)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: \"%s\" has unknown flag bits", who, param->name);
    if (param->format && (!argument_format_known(param->format) ||
                          (param->type != PROXIMO_TYPE_STRING && param->type != PROXIMO_TYPE_STRINGS &&
                           param->type != PROXIMO_TYPE_INTEGER)))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: \"%s\" has the unknown or unfitting format \"%.40s\"",
                           who, param->name, param->format);
    if (text_equal(param->format, "kind") && !has_guest(all))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: format \"kind\" of \"%s\" needs a \"guest\" beside it",
                           who, param->name);
    if (param->minimum > param->maximum && param->maximum != 0)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: the minimum of \"%s\" is above its maximum", who,
                           param->name);
    if (param->api_name &&
        (!*param->api_name || strlen(param->api_name) > 64 || strpbrk(param->api_name, "&=?#/ %")))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: \"%s\" has an api_name that no API has", who,
                           param->name);
    if (param->choices)
        r = check_text(who, "list of choices", param->choices, 4096, p);
    return r == 0 && param->default_json ? check_default(who, param, p) : r;
}

int check_params(const char *who, struct param_list params, struct problem *p)
{
    if (params.count > PARAMS_MOST)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: %zu parameters; at most %u", who, params.count,
                           PARAMS_MOST);
    for (size_t i = 0; i < params.count; i++) {
        const struct param_row *param = &params.params[i];
        int r = check_param(who, param, params, p);
        if (r < 0)
            return r;
        if (param_find(params, param->name, strlen(param->name)) != param)
            return problem_set(p, -EINVAL, PX_PLANE, "%s: two parameters are called \"%s\"", who,
                               param->name);
    }
    return 0;
}

int check_fixed(const char *who, const struct field_row *rows, size_t count, struct problem *p)
{
    if (count > FIXED_MOST)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: %zu fixed parameters; at most %u", who, count,
                           FIXED_MOST);
    for (size_t i = 0; i < count; i++)
        if (!rows[i].name || !*rows[i].name || strpbrk(rows[i].name, "&=?#/ %") || !rows[i].value)
            return problem_set(p, -EINVAL, PX_PLANE, "%s: fixed parameter %zu lacks a name or a value", who,
                               i);
    return 0;
}

static int get_check(unsigned kind, const char *path, const struct http_field *fields, size_t count,
                     struct problem *p)
{
    struct problem ignored = PROBLEM_INIT;
    return http_get_check(kind, path, fields, count, p ? p : &ignored);
}

/* Does some choice of some parameter, or its default, make a plain read of it? */
static bool choice_excuses(unsigned kind, const struct tool *tool, struct http_field *fields, size_t count)
{
    for (size_t i = 0; i < tool->param_count; i++) {
        const struct param_row *param = &tool->params[i];
        fields[count].name = param->api_name ? param->api_name : param->name;
        if (param->default_json && param->default_json[0] == '"') { /* a text, checked before */
            fields[count].value = param->default_json + 1;
            fields[count].value_len = strlen(param->default_json) - 2;
            if (get_check(kind, tool->path, fields, count + 1, NULL) == 0)
                return true;
        }
        for (const char *at = param->choices; at && *at; at += *at == ',') {
            fields[count].value = at;
            fields[count].value_len = strcspn(at, ",");
            at += fields[count].value_len;
            if (get_check(kind, tool->path, fields, count + 1, NULL) == 0)
                return true;
        }
    }
    return false;
}

/* A row that core/http would refuse whatever is asked for, on every kind of site, need not be loaded. */
static int check_plain_read(const char *who, const struct tool *tool, struct problem *p)
{
    static const unsigned kinds[] = {CONFIG_PVE, CONFIG_PBS};
    struct http_field fields[FIXED_MOST + 1];
    struct problem why = PROBLEM_INIT;

    if (http_path_check(tool->path, &why) < 0)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: its path \"%.80s\": %s", who, tool->path, why.cause);
    for (size_t i = 0; i < tool->fixed_count; i++)
        fields[i] =
            (struct http_field){tool->fixed[i].name, tool->fixed[i].value, strlen(tool->fixed[i].value)};
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
        if (get_check(kinds[k], tool->path, fields, tool->fixed_count, &why) == 0 ||
            choice_excuses(kinds[k], tool, fields, tool->fixed_count))
            return 0;
    int r = problem_set(p, -EACCES, PX_PLANE, "%s: %s", who, why.cause);
    problem_next(p, "%s", why.next);
    return r;
}

static const struct column_row *column_find(const struct tool *tool, const char *name)
{
    for (size_t i = 0; i < tool->column_count; i++)
        if (text_equal(tool->columns[i].name, name))
            return &tool->columns[i];
    return NULL;
}

static int check_column(const char *who, const struct tool *tool, const struct column_row *column,
                        struct problem *p)
{
    size_t len = column->name ? strlen(column->name) : 0;
    bool unit = !column->unit;

    if (len == 0 || len > 64 ||
        strspn(column->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") != len)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: \"%.64s\" is no name of a column", who,
                           column->name ? column->name : "");
    if (column_find(tool, column->name) != column)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: two columns are called \"%s\"", who, column->name);
    if (column->flags & ~(PROXIMO_COLUMN_UNTRUSTED | PROXIMO_COLUMN_EXTRA))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: column \"%s\" has unknown flag bits", who,
                           column->name);
    if (column->from && selector_check(column->from) < 0)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: column \"%s\": \"%.80s\" is no selector", who,
                           column->name, column->from);
    for (size_t i = 0; !unit && i < sizeof(units) / sizeof(units[0]); i++)
        unit = strcmp(column->unit, units[i]) == 0;
    if (!unit)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: column \"%s\" has the unknown unit \"%.20s\"", who,
                           column->name, column->unit);
    return 0;
}

static int check_columns(const char *who, const struct tool *tool, struct problem *p)
{
    const struct {
        const char *what, *name;
    } uses[] = {{"count_by", tool->count_by}, {"sort_by", tool->sort_by}};

    for (size_t i = 0; i < tool->column_count; i++) {
        int r = check_column(who, tool, &tool->columns[i], p);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < 2; i++)
        if (uses[i].name && !column_find(tool, uses[i].name))
            return problem_set(p, -EINVAL, PX_PLANE, "%s: %s names \"%.64s\", which is no column", who,
                               uses[i].what, uses[i].name);
    for (size_t i = 0; i < tool->param_count; i++)
        if (tool->params[i].column && !column_find(tool, tool->params[i].column))
            return problem_set(p, -EINVAL, PX_PLANE, "%s: \"%s\" filters by \"%.64s\", which is no column",
                               who, tool->params[i].name, tool->params[i].column);
    return 0;
}

static int check_read(const char *who, const struct tool *tool, struct problem *p)
{
    const uint64_t shapes = PROXIMO_READ_SINGLE | PROXIMO_READ_LINES | PROXIMO_READ_AS_IS;

    if (tool->flags & ~shapes)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: unknown flag bits", who);
    if ((tool->flags & PROXIMO_READ_LINES) && (tool->flags & ~PROXIMO_READ_LINES))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: LINES goes with no other shape", who);
    if (tool->items && selector_check(tool->items) < 0)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: items \"%.80s\" is no selector", who, tool->items);
    if (tool->kind == TOOL_READ_ROW && !tool->column_count &&
        !(tool->flags & (PROXIMO_READ_LINES | PROXIMO_READ_AS_IS)))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: it has neither columns nor AS_IS", who);
    return 0;
}

int check_tool(const struct tool *tool, struct problem *p)
{
    char who[64];
    struct param_list params = {tool->params, tool->param_count};

    (void)snprintf(who, sizeof(who), "tool %.48s", tool->name ? tool->name : "");
    int r = check_name("a tool", "its name", tool->name, "_", MANIFEST_NAME_LIMIT, p);
    if (r == 0 && tool->title)
        r = check_text(who, "title", tool->title, TITLE_MOST, p);
    if (r == 0)
        r = check_text(who, "description", tool->description, MANIFEST_DESCRIPTION_LIMIT, p);
    if (r == 0)
        r = check_params(who, params, p);
    if (r == 0 && (tool->path || tool->kind == TOOL_READ_ROW))
        r = check_path(who, tool->path, params, p);
    if (r == 0)
        r = check_fixed(who, tool->fixed, tool->fixed_count, p);
    if (r == 0)
        r = check_columns(who, tool, p);
    if (r == 0 && tool->kind == TOOL_READ_ROW)
        r = check_plain_read(who, tool, p);
    if (r == 0 && tool->kind != TOOL_CHANGE)
        r = check_read(who, tool, p);
    for (size_t i = 0; r == 0 && i < tool->need_count; i++) {
        const struct need_row *need = &tool->needs[i];
        if (!need->path || need->path[0] != '/' || !need->privilege || !*need->privilege)
            r = problem_set(p, -EINVAL, PX_PLANE, "%s: a need has no path or no privilege", who);
        else
            r = check_template(who, NEED_PATH, need->path, params, p);
    }
    return r;
}
