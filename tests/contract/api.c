/* SPDX-License-Identifier: Apache-2.0 */
#include "api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#define SEGMENTS_MAX 24

struct api {
    struct json_object *root;
    struct json_object *endpoints;
};

struct segments {
    char text[SEGMENTS_MAX][300];
    size_t count;
};

struct api *api_load(const char *path)
{
    struct buf text = BUF_INIT((size_t)8 << 20);
    struct api *api = calloc(1, sizeof(*api));
    if (!api || file_read(path, &text) < 0) {
        free(api);
        buf_done(&text);
        return NULL;
    }
    if (json_parse(text.data, text.len, &api->root, NULL) < 0 ||
        json_get(api->root, "endpoints", json_type_array, &api->endpoints) < 0) {
        fprintf(stderr, "%s is no API description\n", path);
        exit(1);
    }
    buf_done(&text);
    return api;
}

void api_free(struct api *api)
{
    if (!api)
        return;
    json_object_put(api->root);
    free(api);
}

static int hex_digit(char c)
{
    const char *digits = "0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Splits and percent-decodes. */
static void split(const char *path, struct segments *ret)
{
    memset(ret, 0, sizeof(*ret));
    while (*path && ret->count < SEGMENTS_MAX) {
        path += *path == '/';
        char *to = ret->text[ret->count++];
        size_t room = sizeof(ret->text[0]) - 1;
        for (; *path && *path != '/'; path++) {
            int high = *path == '%' ? hex_digit(path[1]) : -1;
            int low = high >= 0 ? hex_digit(path[2]) : -1;
            if (room-- == 0)
                break;
            *to++ = low >= 0 ? (char)(high * 16 + low) : *path;
            path += low >= 0 ? 2 : 0;
        }
    }
}

/* Literal segments that agree, -1: does not fit. */
static int fit(const struct segments *template, const struct segments *path)
{
    int literal = 0;
    if (template->count != path->count)
        return -1;
    for (size_t i = 0; i < path->count; i++) {
        if (template->text[i][0] == '{')
            continue;
        if (strcmp(template->text[i], path->text[i]) != 0)
            return -1;
        literal++;
    }
    return literal;
}

static struct json_object *endpoint_find(const struct api *api, const char *method,
                                         const struct segments *path)
{
    struct json_object *best = NULL;
    int best_fit = -1;
    for (size_t i = 0; i < json_object_array_length(api->endpoints); i++) {
        struct json_object *endpoint = json_object_array_get_idx(api->endpoints, i);
        const char *text = NULL;
        struct segments template;
        if (json_get_string(endpoint, "method", &text, NULL) < 0 || strcmp(text, method) != 0 ||
            json_get_string(endpoint, "path", &text, NULL) < 0)
            continue;
        split(text, &template);
        int n = fit(&template, path);
        if (n > best_fit) {
            best_fit = n;
            best = endpoint;
        }
    }
    return best;
}

static int in_enum(struct json_object *choices, const char *value)
{
    for (size_t i = 0; i < json_object_array_length(choices); i++) {
        if (strcmp(json_object_get_string(json_object_array_get_idx(choices, i)), value) == 0)
            return 1;
    }
    return 0;
}

static int check_value(struct json_object *row, const char *name, const char *value, char *why, size_t size)
{
    const char *type = "string";
    struct json_object *choices = NULL;
    int64_t n = 0;
    int64_t bound = 0;
    json_get_string(row, "type", &type, NULL);
    if (strcmp(type, "boolean") == 0 && strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
        return snprintf(why, size, "%s=%s is no boolean", name, value), -1;
    if (strcmp(type, "integer") == 0) {
        if (text_to_i64(value, INT64_MIN, INT64_MAX, &n) < 0)
            return snprintf(why, size, "%s=%s is no integer", name, value), -1;
        if ((json_get_int(row, "minimum", &bound) == 0 && n < bound) ||
            (json_get_int(row, "maximum", &bound) == 0 && n > bound))
            return snprintf(why, size, "%s=%s is out of range", name, value), -1;
    }
    if (json_get(row, "enum", json_type_array, &choices) == 0 && !in_enum(choices, value))
        return snprintf(why, size, "%s=%s is none of %s", name, value, json_object_to_json_string(choices)),
               -1;
    if (json_get_int(row, "maxLength", &bound) == 0 && (int64_t)strlen(value) > bound)
        return snprintf(why, size, "%s is longer than %d", name, (int)bound), -1;
    return 0;
}

/* The value that the request gives parameter `name`, from its path or its fields. */
static const char *given(struct json_object *endpoint, const struct segments *path,
                         const struct http_request *request, const char *name)
{
    const char *text = NULL;
    struct segments template;
    json_get_string(endpoint, "path", &text, NULL);
    split(text, &template);
    for (size_t i = 0; i < template.count; i++) {
        size_t len = strlen(template.text[i]);
        if (template.text[i][0] == '{' && len == strlen(name) + 2 &&
            strncmp(template.text[i] + 1, name, len - 2) == 0)
            return path->text[i];
    }
    for (size_t i = 0; i < request->field_count; i++) {
        if (strcmp(request->fields[i].name, name) == 0)
            return request->fields[i].value;
    }
    return NULL;
}

/* The rule of a parameter: by its name, or net1 by "net[n]". */
static int rule_find(struct json_object *params, const char *name, struct json_object **ret)
{
    char numbered[80];
    size_t len = strlen(name), stem = len;
    if (json_get(params, name, json_type_object, ret) == 0)
        return 0;
    while (stem && name[stem - 1] >= '0' && name[stem - 1] <= '9')
        stem--;
    if (stem == len || stem == 0 || stem > 64)
        return -1;
    snprintf(numbered, sizeof(numbered), "%.*s[n]", (int)stem, name);
    return json_get(params, numbered, json_type_object, ret);
}

int api_check(const struct api *api, const struct http_request *request, char *why, size_t size,
              const char **ret_returns)
{
    struct segments path;
    struct json_object *params = NULL;
    struct json_object *row = NULL;
    split(request->path, &path);
    struct json_object *endpoint = endpoint_find(api, request->method, &path);
    if (!endpoint)
        return snprintf(why, size, "there is no %s %s", request->method, request->path), -1;
    json_get(endpoint, "params", json_type_object, &params);
    for (size_t i = 0; i < request->field_count; i++) {
        if (!params || rule_find(params, request->fields[i].name, &row) < 0)
            return snprintf(why, size, "%s takes no parameter %s", request->path, request->fields[i].name),
                   -1;
        const char *type = NULL;
        const bool list = json_get_string(row, "type", &type, NULL) == 0 && strcmp(type, "array") == 0;
        for (size_t k = 0; k < i && !list; k++) {
            if (strcmp(request->fields[i].name, request->fields[k].name) == 0)
                return snprintf(why, size, "%s is sent twice", request->fields[i].name), -1;
        }
    }
    if (params) {
        json_object_object_foreach(params, name, rule)
        {
            const char *value = given(endpoint, &path, request, name);
            bool optional = false;
            json_get_bool(rule, "optional", &optional);
            if (!value && !optional)
                return snprintf(why, size, "%s needs %s", request->path, name), -1;
            if (value && check_value(rule, name, value, why, size) < 0)
                return -1;
        }
    }
    *ret_returns = "null";
    if (json_get(endpoint, "returns", json_type_object, &row) == 0)
        json_get_string(row, "type", ret_returns, NULL);
    return 0;
}
