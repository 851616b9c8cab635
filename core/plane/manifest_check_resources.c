/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for resources and prompts: URIs and their variables, what gives the content, the words of
 * prompts.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "plane/manifest_check.h"
#include "plane/resource_uri.h"

#define PROMPT_TEXT_MOST 16000u /* bytes */

bool check_mime(const char *mime)
{
    const char *allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&-^_.+";
    size_t type = strspn(mime, allowed);

    if (type == 0 || mime[type] != '/')
        return false;
    size_t subtype = strspn(mime + type + 1, allowed);
    return subtype > 0 && mime[type + 1 + subtype] == '\0';
}

static int check_head(const char *who, const char *what, const char *name, const char *title,
                      const char *description, uint64_t flags, struct problem *p)
{
    int r = check_name(what, "its name", name, "_", MANIFEST_NAME_LIMIT, p);

    if (r == 0 && title)
        r = check_text(who, "title", title, TITLE_MOST, p);
    if (r == 0)
        r = check_text(who, "description", description, MANIFEST_DESCRIPTION_LIMIT, p);
    if (r == 0 && flags)
        r = problem_set(p, -EINVAL, PX_PLANE, "%s: unknown flag bits", who);
    return r;
}

/* What comes from a URI or a person's menu is text, and no secret. */
static int check_strings(const char *who, struct param_list params, struct problem *p)
{
    int r = check_params(who, params, p);

    for (size_t i = 0; r == 0 && i < params.count; i++) {
        const struct param_row *param = &params.params[i];
        if (param->type != PROXIMO_TYPE_STRING)
            r = problem_set(p, -EINVAL, PX_PLANE, "%s: \"%s\" is no string", who, param->name);
        else if (param->flags & ~PROXIMO_PARAM_REQUIRED)
            r = problem_set(p, -EINVAL, PX_PLANE, "%s: \"%s\" can be neither secret nor kept back", who,
                            param->name);
        else if (param->column)
            r = problem_set(p, -EINVAL, PX_PLANE, "%s: \"%s\" has no column to filter by", who, param->name);
    }
    return r;
}

/* ---- resources */

static bool is_site(const char *name, size_t len)
{
    return len == 4 && memcmp(name, "site", 4) == 0;
}

/* Every variable is a parameter once, every parameter a variable. */
static int check_variables(const char *who, const struct resource_row *row, struct problem *p)
{
    const struct param_list params = {row->params, row->param_count};
    const char *at = row->uri, *name;
    size_t len, found = 0, sites = 0;
    bool seen[64] = {false}; /* check_params allows fewer */

    while ((name = resource_variable_next(&at, &len)) != NULL) {
        const struct param_row *param = param_find(params, name, len);
        if (is_site(name, len) && sites++ == 0)
            continue;
        if (!is_site(name, len) && !param)
            return problem_set(p, -EINVAL, PX_PLANE, "%s: its URI names \"%.*s\", which is no parameter", who,
                               (int)len, name);
        if (!param || seen[param - row->params])
            return problem_set(p, -EINVAL, PX_PLANE, "%s: its URI names \"%.*s\" twice", who, (int)len, name);
        if (!(param->flags & PROXIMO_PARAM_REQUIRED))
            return problem_set(p, -EINVAL, PX_PLANE, "%s: \"%s\" is a variable of its URI and not required",
                               who, param->name);
        seen[param - row->params] = true;
        found++;
    }
    if (found != row->param_count)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: a parameter is no variable of its URI", who);
    return 0;
}

static const struct tool *find_tool(const struct plane_info *info, const char *name)
{
    for (size_t i = 0; i < info->tool_count; i++)
        if (strcmp(info->tools[i].name, name) == 0)
            return &info->tools[i];
    return NULL;
}

/* A fixed argument is text; does it say a value of this type? */
static bool value_fits(const struct param_row *param, const char *text)
{
    int64_t n;
    bool b;

    switch (param->type) {
    case PROXIMO_TYPE_STRING:
    case PROXIMO_TYPE_STRINGS: return true;
    case PROXIMO_TYPE_INTEGER: return text_to_i64(text, INT64_MIN, INT64_MAX, &n) == 0;
    case PROXIMO_TYPE_BOOLEAN: return text_to_bool(text, &b) == 0;
    default: return false;
    }
}

static bool is_given(const struct resource_row *row, const char *name)
{
    const struct param_list params = {row->params, row->param_count};
    bool given = param_find(params, name, strlen(name)) != NULL;

    for (size_t i = 0; !given && i < row->fixed_count; i++)
        given = strcmp(row->fixed[i].name, name) == 0;
    return given;
}

static int check_fixed_arguments(const char *who, const struct resource_row *row, const struct tool *tool,
                                 struct problem *p)
{
    const struct param_list variables = {row->params, row->param_count};
    const struct param_list params = {tool->params, tool->param_count};
    int r = check_fixed(who, row->fixed, row->fixed_count, p);

    for (size_t i = 0; r == 0 && i < row->fixed_count; i++) {
        const struct field_row *field = &row->fixed[i];
        const struct param_row *param = param_find(params, field->name, strlen(field->name));
        bool again = param_find(variables, field->name, strlen(field->name)) != NULL;
        for (size_t k = 0; !again && k < i; k++)
            again = strcmp(row->fixed[k].name, field->name) == 0;
        if (!param)
            r = problem_set(p, -EINVAL, PX_PLANE, "%s: %s has no parameter \"%.60s\"", who, tool->name,
                            field->name);
        else if (again)
            r = problem_set(p, -EINVAL, PX_PLANE, "%s: \"%s\" is given twice", who, field->name);
        else if (!value_fits(param, field->value))
            r = problem_set(p, -EINVAL, PX_PLANE, "%s: \"%.60s\" is no value of \"%s\"", who, field->value,
                            field->name);
    }
    return r;
}

static int check_resource_tool(const char *who, const struct resource_row *row, struct problem *p)
{
    const struct tool *tool = find_tool(row->plane, row->tool);

    if (!tool || tool->kind == TOOL_CHANGE)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: \"%.40s\" is no read tool of this plane", who,
                           row->tool);
    const struct param_list params = {tool->params, tool->param_count};
    for (size_t i = 0; i < row->param_count; i++) {
        const char *name = row->params[i].name;
        const struct param_row *param = param_find(params, name, strlen(name));
        if (!param || param->type == PROXIMO_TYPE_OBJECT || (param->flags & PROXIMO_PARAM_SECRET))
            return problem_set(p, -EINVAL, PX_PLANE, "%s: %s has no parameter \"%s\" that a URI could give",
                               who, tool->name, name);
    }
    for (size_t i = 0; i < tool->param_count; i++)
        if ((tool->params[i].flags & PROXIMO_PARAM_REQUIRED) && !is_given(row, tool->params[i].name))
            return problem_set(p, -EINVAL, PX_PLANE, "%s: %s needs \"%s\", which nothing gives", who,
                               tool->name, tool->params[i].name);
    return check_fixed_arguments(who, row, tool, p);
}

int check_resource(const struct resource_row *row, struct problem *p)
{
    char who[64];

    (void)snprintf(who, sizeof(who), "resource %.48s", row->name ? row->name : "");
    const char *fault = resource_template_fault(row->uri);
    int r = check_head(who, "a resource", row->name, row->title, row->description, row->flags, p);
    if (r == 0 && fault)
        r = problem_set(p, -EINVAL, PX_PLANE, "%s: its URI \"%.80s\" %s", who, row->uri ? row->uri : "",
                        fault);
    if (r == 0)
        r = check_strings(who, (struct param_list){row->params, row->param_count}, p);
    if (r == 0)
        r = check_variables(who, row, p);
    if (r == 0 && row->mime && !check_mime(row->mime))
        r = problem_set(p, -EINVAL, PX_PLANE, "%s: \"%.60s\" is no MIME type", who, row->mime);
    if (r == 0 && (row->tool != NULL) == row->has_read)
        r = problem_set(p, -EINVAL, PX_PLANE, "%s: it needs one of `tool` and `read`", who);
    if (r == 0 && !row->tool && row->fixed_count)
        r = problem_set(p, -EINVAL, PX_PLANE, "%s: `fixed` goes with `tool`", who);
    return r == 0 && row->tool ? check_resource_tool(who, row, p) : r;
}

/* ---- prompts */

static int check_prompt_text(const char *who, const char *text, struct param_list params, struct problem *p)
{
    size_t len = strlen(text);

    if (len == 0 || len > PROMPT_TEXT_MOST)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: its text has %zu bytes; 1 to %u fit", who, len,
                           PROMPT_TEXT_MOST);
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
            return problem_set(p, -EINVAL, PX_PLANE, "%s: its text contains control characters", who);
        if (c == '}')
            return problem_set(p, -EINVAL, PX_PLANE, "%s: its text has a } without its {", who);
        if (c != '{')
            continue;
        size_t name = strcspn(at + 1, "{}");
        if (at[1 + name] != '}' || !param_find(params, at + 1, name))
            return problem_set(p, -EINVAL, PX_PLANE, "%s: its text names \"%.*s\", which is no parameter",
                               who, (int)(name < 40 ? name : 40), at + 1);
        at += name + 1;
    }
    return 0;
}

int check_prompt(const struct prompt_row *row, struct problem *p)
{
    const struct param_list params = {row->params, row->param_count};
    char who[64];

    (void)snprintf(who, sizeof(who), "prompt %.48s", row->name ? row->name : "");
    int r = check_head(who, "a prompt", row->name, row->title, row->description, row->flags, p);
    if (r == 0)
        r = check_strings(who, params, p);
    if (r == 0 && (row->text != NULL) == row->has_get)
        r = problem_set(p, -EINVAL, PX_PLANE, "%s: it needs one of `text` and `get`", who);
    return r == 0 && row->text ? check_prompt_text(who, row->text, params, p) : r;
}
