/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a tool's arguments: what is accepted has the parameters' names and types, all that is
 * required, and is accepted again as it is; what is refused says why. The first byte chooses the tool.
 */
#include "fuzz.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/json.h"
#include "plane/manifest.h"
#include "plane/read.h"

#define TEXT(s) ((char *)(uintptr_t)(s)) /* rows own theirs; nothing here is freed or written */
#define FORMAT(f)                                                                                            \
    {                                                                                                        \
        .type = PROXIMO_TYPE_STRING, .name = TEXT(f), .format = TEXT(f)                                      \
    }

static struct param_row formats[] = {
    FORMAT("guest"), FORMAT("kind"),   FORMAT("node"),   FORMAT("vmid"),  FORMAT("upid"), FORMAT("storage"),
    FORMAT("volid"), FORMAT("iface"),  FORMAT("poolid"), FORMAT("realm"), FORMAT("id"),   FORMAT("snapname"),
    FORMAT("text"),  FORMAT("userid"), FORMAT("lines"),  FORMAT("epoch"),
};
static struct param_row types[] = {
    {.type = PROXIMO_TYPE_STRING, .name = TEXT("free")},
    {.type = PROXIMO_TYPE_STRING, .name = TEXT("action"), .choices = TEXT("start,stop,reboot")},
    {.type = PROXIMO_TYPE_INTEGER,
     .name = TEXT("count"),
     .minimum = 1,
     .maximum = 500,
     .default_json = TEXT("5")},
    {.type = PROXIMO_TYPE_INTEGER, .name = TEXT("any"), .flags = PROXIMO_PARAM_REQUIRED},
    {.type = PROXIMO_TYPE_BOOLEAN, .name = TEXT("full"), .default_json = TEXT("true")},
    {.type = PROXIMO_TYPE_NUMBER, .name = TEXT("ratio")},
    {.type = PROXIMO_TYPE_STRINGS, .name = TEXT("tags")},
    {.type = PROXIMO_TYPE_OBJECT, .name = TEXT("options")},
    {.type = PROXIMO_TYPE_STRING, .name = TEXT("password"), .flags = PROXIMO_PARAM_SECRET},
};
static struct column_row columns[] = {{.name = TEXT("vmid")}, {.name = TEXT("status")}};

#define ROWS(array) .params = (array), .param_count = sizeof(array) / sizeof((array)[0])
static const struct tool tools[] = {
    {.kind = TOOL_READ_ROW, .name = TEXT("f_formats"), ROWS(formats)},
    {.kind = TOOL_READ_FUNCTION, .name = TEXT("f_types"), ROWS(types), .columns = columns, .column_count = 2},
    {.kind = TOOL_CHANGE, .name = TEXT("f_change"), ROWS(types), .snapshot_first = true},
};

static const struct param_row *find(const struct tool *tool, const char *name)
{
    for (size_t i = 0; i < tool->param_count; i++)
        if (strcmp(tool->params[i].name, name) == 0)
            return &tool->params[i];
    return NULL;
}

static bool is_of_type(const struct param_row *param, struct json_object *value)
{
    enum json_type type = json_object_get_type(value);

    switch (param->type) {
    case PROXIMO_TYPE_STRING: return type == json_type_string;
    case PROXIMO_TYPE_INTEGER: return type == json_type_int;
    case PROXIMO_TYPE_BOOLEAN: return type == json_type_boolean;
    case PROXIMO_TYPE_NUMBER: return type == json_type_int || type == json_type_double;
    case PROXIMO_TYPE_STRINGS: return type == json_type_array;
    default: return type == json_type_object;
    }
}

static bool is_common(const char *name)
{
    static const char *const common[] = {"fields", "limit", "offset", "confirm", "snapshot_first"};

    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
        if (strcmp(common[i], name) == 0)
            return true;
    return false;
}

static void check_accepted(const struct tool *tool, struct json_object *accepted)
{
    CLEANUP_JSON struct json_object *again = NULL;
    CLEANUP_BUF struct buf one = BUF_INIT((size_t)16 << 20);
    CLEANUP_BUF struct buf two = BUF_INIT((size_t)16 << 20);
    struct problem p = PROBLEM_INIT;

    json_object_object_foreach(accepted, name, value)
    {
        const struct param_row *param = find(tool, name);
        PROMISE(param || is_common(name));
        PROMISE(!param || is_of_type(param, value));
        PROMISE(!param || param->type != PROXIMO_TYPE_STRING || !param->format ||
                argument_format_check(param->format, json_object_get_string(value),
                                      (size_t)json_object_get_string_len(value), &(const char *){NULL}) == 0);
    }
    for (size_t i = 0; i < tool->param_count; i++)
        PROMISE(!(tool->params[i].flags & PROXIMO_PARAM_REQUIRED) ||
                json_object_object_get_ex(accepted, tool->params[i].name, NULL));
    PROMISE(arguments_check(tool, accepted, &again, &p) == 0);
    json_put_value(&one, accepted);
    json_put_value(&two, again);
    PROMISE(buf_ok(&one) && buf_ok(&two));
    PROMISE(one.len == two.len && memcmp(one.data, two.data, one.len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_JSON struct json_object *arguments = NULL;
    CLEANUP_JSON struct json_object *accepted = NULL;
    struct problem p = PROBLEM_INIT;

    if (size == 0 || json_parse((const char *)data + 1, size - 1, &arguments, NULL) < 0 ||
        !json_object_is_type(arguments, json_type_object))
        return 0;
    const struct tool *tool = &tools[data[0] % (sizeof(tools) / sizeof(tools[0]))];
    int r = arguments_check(tool, arguments, &accepted, &p);
    PROMISE((r == 0) == (accepted != NULL));
    if (r == 0)
        check_accepted(tool, accepted);
    else
        PROMISE(strcmp(p.code, PX_ARG) == 0 && p.cause[0]);
    return 0;
}
