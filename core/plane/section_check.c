/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plane's section of the configuration against its config_schema: type, properties, required,
 * additionalProperties, items, enum, minimum and maximum of JSON Schema, which is what settings need. Other
 * keywords are the plane's own to check.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "plane/supervisor.h"

#define DEPTH_MOST 8

static bool type_fits(const char *type, struct json_object *value)
{
    static const struct {
        const char *name;
        json_type type;
    } types[] = {{"object", json_type_object},   {"array", json_type_array}, {"string", json_type_string},
                 {"boolean", json_type_boolean}, {"integer", json_type_int}, {"number", json_type_double}};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(types[i].name, type) == 0)
            return json_object_is_type(value, types[i].type) ||
                   (types[i].type == json_type_double && json_object_is_type(value, json_type_int));
    return true;
}

static int check_value(const char *where, struct json_object *value, struct json_object *schema, int depth,
                       struct problem *p);

static int check_members(const char *where, struct json_object *value, struct json_object *schema, int depth,
                         struct problem *p)
{
    struct json_object *properties = NULL, *required;
    bool others = true;

    (void)json_get(schema, "properties", json_type_object, &properties);
    (void)json_get_bool(schema, "additionalProperties", &others);
    json_object_object_foreach(value, key, member)
    {
        struct json_object *rule = NULL;
        char path[160];
        (void)snprintf(path, sizeof(path), "%s.%s", where, key);
        if (properties && json_object_object_get_ex(properties, key, &rule)) {
            int r = check_value(path, member, rule, depth + 1, p);
            if (r < 0)
                return r;
        } else if (!others) {
            struct buf valid CLEANUP_BUF = BUF_INIT(1024);
            int r = problem_set(p, -EINVAL, PX_CONFIG, "%s is not a setting of this plane", path);
            if (properties) {
                json_object_object_foreach(properties, name, unused)
                {
                    (void)unused;
                    buf_printf(&valid, "%s%s", valid.len ? ", " : "", name);
                }
            }
            if (buf_ok(&valid) && valid.len)
                problem_valid(p, "%s", valid.data);
            return r;
        }
    }
    if (json_get(schema, "required", json_type_array, &required) < 0)
        return 0;
    for (size_t i = 0; i < json_object_array_length(required); i++) {
        struct json_object *name = json_object_array_get_idx(required, i);
        if (json_object_is_type(name, json_type_string) &&
            !json_object_object_get_ex(value, json_object_get_string(name), NULL))
            return problem_set(p, -EINVAL, PX_CONFIG, "%s.%s is missing", where,
                               json_object_get_string(name));
    }
    return 0;
}

static int check_range(const char *where, struct json_object *value, struct json_object *schema,
                       struct problem *p)
{
    int64_t limit, n = json_object_get_int64(value);

    if (json_get_int(schema, "minimum", &limit) == 0 && n < limit)
        return problem_set(p, -EINVAL, PX_CONFIG, "%s is below its minimum of %lld", where, (long long)limit);
    if (json_get_int(schema, "maximum", &limit) == 0 && n > limit)
        return problem_set(p, -EINVAL, PX_CONFIG, "%s is above its maximum of %lld", where, (long long)limit);
    return 0;
}

static int check_value(const char *where, struct json_object *value, struct json_object *schema, int depth,
                       struct problem *p)
{
    struct json_object *list;
    const char *type;

    if (depth > DEPTH_MOST || !json_object_is_type(schema, json_type_object))
        return 0;
    if (json_get_string(schema, "type", &type, NULL) == 0 && !type_fits(type, value))
        return problem_set(p, -EINVAL, PX_CONFIG, "%s must be of type %s", where, type);
    if (json_get(schema, "enum", json_type_array, &list) == 0) {
        bool found = false;
        for (size_t i = 0; !found && i < json_object_array_length(list); i++)
            found = json_object_equal(json_object_array_get_idx(list, i), value);
        if (!found) {
            int r = problem_set(p, -EINVAL, PX_CONFIG, "%s has a value that is not allowed", where);
            problem_valid(p, "%s", json_object_to_json_string_ext(list, JSON_C_TO_STRING_PLAIN));
            return r;
        }
    }
    if (json_object_is_type(value, json_type_int))
        return check_range(where, value, schema, p);
    if (json_object_is_type(value, json_type_object))
        return check_members(where, value, schema, depth, p);
    if (json_object_is_type(value, json_type_array) && json_object_object_get_ex(schema, "items", &list))
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            int r = check_value(where, json_object_array_get_idx(value, i), list, depth + 1, p);
            if (r < 0)
                return r;
        }
    return 0;
}

int section_check(const char *section_json, const char *schema_json, struct problem *p)
{
    struct json_object *section CLEANUP_JSON = NULL;
    struct json_object *schema CLEANUP_JSON = NULL;

    if (section_json && json_parse(section_json, strlen(section_json), &section, p) < 0)
        return -EINVAL;
    if (!schema_json) {
        if (!section ||
            (json_object_is_type(section, json_type_object) && json_object_object_length(section) == 0))
            return 0;
        return problem_set(p, -EINVAL, PX_CONFIG, "config: this plane takes no settings");
    }
    if (json_parse(schema_json, strlen(schema_json), &schema, p) < 0)
        return -EINVAL;
    if (!section)
        section = json_object_new_object();
    return section ? check_value("config", section, schema, 0, p) : -ENOMEM;
}

int target_check(const char *target_json, const char *schema_json, struct problem *p)
{
    static const char empty[] = "{\"type\":\"object\",\"additionalProperties\":false}";
    struct json_object *target CLEANUP_JSON = NULL;
    struct json_object *schema CLEANUP_JSON = NULL;
    struct problem why = PROBLEM_INIT;

    if (!schema_json)
        schema_json = empty;
    int r = json_parse(schema_json, strlen(schema_json), &schema, &why);
    if (r == 0 && target_json)
        r = json_parse(target_json, strlen(target_json), &target, &why);
    if (r == 0 && !json_object_is_type(target, json_type_object))
        r = problem_set(&why, -EINVAL, PX_ARG, "target is not an object");
    if (r == 0)
        r = check_value("target", target, schema, 0, &why);
    if (r < 0) {
        (void)problem_set(p, r, PX_ARG, "%s", why.cause);
        if (*why.valid)
            problem_valid(p, "%s", why.valid);
    }
    return r;
}
