/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets from files and generated ones, as arguments: their names, and what the schema says of them. */
#include "plane/argument_secret.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "plane/argument_inner.h"
#include "plane/manifest.h"

static const struct way {
    const char *ending, *type, *words;
} ways[] = {
    [SECRET_GIVEN] = {"", "string", ""},
    [SECRET_FILE] = {"_file", "string", "Instead: file with it, below a folder of trust.secret_dirs."},
    [SECRET_GENERATE] = {"_generate", "boolean", "Instead: let the core make it; shown once, after apply."},
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

void secret_way_name(const struct param_row *param, enum secret_way way, char ret[80])
{
    (void)snprintf(ret, 80, "%.64s%s", param->name, ways[way].ending);
}

/* Texts alone; and what is made must be as long as the parameter allows. */
bool secret_way_offered(const struct tool *tool, const struct param_row *param, enum secret_way way)
{
    const bool ranged = param->minimum || param->maximum;
    char name[80];

    if (!tool_is_change(tool) || !(param->flags & PROXIMO_PARAM_SECRET) || param->type != PROXIMO_TYPE_STRING)
        return false;
    if (way == SECRET_GENERATE && (param->choices || (ranged && (param->minimum > SECRET_GENERATED_CHARS ||
                                                                 param->maximum < SECRET_GENERATED_CHARS))))
        return false;
    secret_way_name(param, way, name);
    return way == SECRET_GIVEN || !tool_param_find(tool, name);
}

const struct param_row *secret_way_find(const struct tool *tool, const char *name, enum secret_way *ret_way)
{
    char other[80];

    for (size_t i = 0; i < tool->param_count; i++) {
        for (size_t way = SECRET_FILE; way < WAYS; way++) {
            secret_way_name(&tool->params[i], (enum secret_way)way, other);
            if (strcmp(name, other) != 0 || !secret_way_offered(tool, &tool->params[i], (enum secret_way)way))
                continue;
            *ret_way = (enum secret_way)way;
            return &tool->params[i];
        }
    }
    return NULL;
}

void secret_ways_write(const struct tool *tool, const struct param_row *param, struct buf *out)
{
    char name[80];

    for (size_t way = SECRET_FILE; way < WAYS; way++) {
        if (!secret_way_offered(tool, param, (enum secret_way)way))
            continue;
        secret_way_name(param, (enum secret_way)way, name);
        json_put_key(out, name);
        buf_char(out, '{');
        json_put_key_string(out, "type", ways[way].type);
        json_put_key_string(out, "description", ways[way].words);
        buf_char(out, '}');
    }
}

bool secret_way_row(const struct tool *tool, const char *name, struct param_row *ret)
{
    enum secret_way way = SECRET_GIVEN;

    if (!secret_way_find(tool, name, &way))
        return false;
    *ret = (struct param_row){.name = (char *)(uintptr_t)name, .type = PROXIMO_TYPE_BOOLEAN};
    if (way == SECRET_FILE) {
        ret->type = PROXIMO_TYPE_STRING;
        ret->minimum = 1;
        ret->maximum = SECRET_PATH_MAX;
    }
    return true;
}

/* Within an object the same names mean the same. */
static bool is_given(struct json_object *arguments, const char *name)
{
    struct json_object *value = NULL;

    if (json_object_object_get_ex(arguments, name, &value) && value)
        return true;
    json_object_object_foreach(arguments, key, object)
    {
        (void)key;
        if (json_object_is_type(object, json_type_object) &&
            json_object_object_get_ex(object, name, &value) && value)
            return true;
    }
    return false;
}

bool secret_is_given_otherwise(const struct tool *tool, const struct param_row *param,
                               struct json_object *arguments)
{
    char name[80];

    for (size_t way = SECRET_FILE; arguments && way < WAYS; way++) {
        if (!secret_way_offered(tool, param, (enum secret_way)way))
            continue;
        secret_way_name(param, (enum secret_way)way, name);
        if (is_given(arguments, name))
            return true;
    }
    return false;
}
