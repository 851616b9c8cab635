/* SPDX-License-Identifier: Apache-2.0 */
/* Guards in the making: found by what they read, and widened. */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "trust/build.h"

static size_t length_of(struct json_object *array)
{
    return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

/* Both are lists of {"name","value"}; anything else in them (a reference) equals nothing. */
static bool same_query(struct json_object *a, struct json_object *b)
{
    if (length_of(a) != length_of(b))
        return false;
    for (size_t i = 0; i < length_of(a); i++) {
        struct json_object *x = json_object_array_get_idx(a, i), *y = json_object_array_get_idx(b, i);
        const char *name_x = NULL, *name_y = NULL, *value_x = NULL, *value_y = NULL;
        if (json_get_string(x, "name", &name_x, NULL) < 0 || json_get_string(y, "name", &name_y, NULL) < 0 ||
            json_get_string(x, "value", &value_x, NULL) < 0 ||
            json_get_string(y, "value", &value_y, NULL) < 0 || strcmp(name_x, name_y) != 0 ||
            strcmp(value_x, value_y) != 0)
            return false;
    }
    return true;
}

int guard_find(struct json_object *guards, const char *path, struct json_object *query)
{
    for (size_t i = 0; i < length_of(guards); i++) {
        struct json_object *guard = json_object_array_get_idx(guards, i), *other = NULL;
        const char *at = NULL;
        (void)json_get(guard, "query", json_type_array, &other);
        if (json_get_string(guard, "path", &at, NULL) == 0 && strcmp(at, path) == 0 &&
            same_query(query, other))
            return (int)i;
    }
    return -1;
}

bool guard_is_copy(struct json_object *guard)
{
    bool copy = false;

    return json_get_bool(guard, "after_undo_point", &copy) == 0 && copy;
}

int guard_add_field(struct json_object *guard, const char *selector)
{
    struct json_object *fields = NULL;

    if (json_get(guard, "fields", json_type_array, &fields) < 0 || json_object_array_length(fields) == 0)
        return 0; /* the whole is guarded */
    for (size_t i = 0; i < json_object_array_length(fields); i++) {
        if (strcmp(json_object_get_string(json_object_array_get_idx(fields, i)), selector) == 0)
            return 0;
    }
    struct json_object *text = json_object_new_string(selector);
    if (!text || json_object_array_add(fields, text) < 0) {
        json_object_put(text);
        return -ENOMEM;
    }
    return 0;
}
