/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shapes: the JSON types of an answer by key, the form in which large recorded answers are kept, and their
 * comparison. A list's items are merged into one shape. Recorded placeholders count as what they stand for.
 */
#include "replay.h"

#include <string.h>

/* Placeholders that stand for a JSON number. */
static bool stands_for_number(const char *text)
{
    return strcmp(text, "<num>") == 0 || strcmp(text, "<epoch>") == 0 || strcmp(text, "<port>") == 0 ||
           strcmp(text, "<size>") == 0;
}

static const char *type_name(struct json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_null: return "null";
    case json_type_boolean: return "boolean";
    case json_type_double:
    case json_type_int: return "number";
    case json_type_object: return "object";
    case json_type_array: return "array";
    case json_type_string: break;
    }
    return stands_for_number(json_object_get_string(value)) ? "number" : "string";
}

/* Merges the shape `add` (taken) into `into` (taken); returns the union. */
static struct json_object *merge(struct json_object *into, struct json_object *add)
{
    struct json_object *keys = member(into, "keys"), *items = member(into, "items");
    struct json_object *more = member(add, "items");

    if (strcmp(text_of(into, "type", ""), text_of(add, "type", "")) != 0) {
        /* A key that is sometimes null keeps its other type. */
        if (strcmp(text_of(into, "type", ""), "null") == 0) {
            json_object_put(into);
            return add;
        }
        json_object_put(add);
        return into;
    }
    if (keys) {
        json_object_object_foreach(member(add, "keys"), name, shape)
        {
            struct json_object *old = member(keys, name);

            json_object_get(shape);
            if (old)
                shape = merge(json_object_get(old), shape);
            json_object_object_add(keys, name, shape);
        }
    }
    if (items && more && json_object_array_length(more) > 0) {
        struct json_object *first = json_object_get(json_object_array_get_idx(more, 0));

        if (json_object_array_length(items) > 0)
            first = merge(json_object_get(json_object_array_get_idx(items, 0)), first);
        json_object_array_put_idx(items, 0, first);
    }
    json_object_put(add);
    return into;
}

struct json_object *shape_of(struct json_object *value)
{
    struct json_object *shape = json_object_new_object(), *inner;

    json_object_object_add(shape, "type", json_object_new_string(type_name(value)));
    if (json_object_is_type(value, json_type_object)) {
        inner = json_object_new_object();
        json_object_object_foreach(value, name, part)
        {
            json_object_object_add(inner, name, shape_of(part));
        }
        json_object_object_add(shape, "keys", inner);
    } else if (json_object_is_type(value, json_type_array)) {
        struct json_object *all = NULL;

        for (size_t i = 0; i < json_object_array_length(value); i++) {
            struct json_object *one = shape_of(json_object_array_get_idx(value, i));

            all = all ? merge(all, one) : one;
        }
        inner = json_object_new_array();
        if (all)
            json_object_array_add(inner, all);
        json_object_object_add(shape, "items", inner);
    }
    return shape;
}

static struct json_object *first_item(struct json_object *shape)
{
    struct json_object *items = member(shape, "items");

    return items && json_object_array_length(items) > 0 ? json_object_array_get_idx(items, 0) : NULL;
}

static int compare_keys(const char *where, struct json_object *recorded, struct json_object *got,
                        bool stand_in, FILE *out)
{
    struct json_object *any = member(recorded, "*");
    int different = 0;

    json_object_object_foreach(got, name, shape)
    {
        struct json_object *expected = member(recorded, name);
        char inner[512];

        (void)snprintf(inner, sizeof inner, "%s.%s", where, name);
        if (!expected && !any) {
            fprintf(out, "%s: not in the recording\n", inner);
            different++;
        } else {
            different += compare_shapes(inner, expected ? expected : any, shape, stand_in, out);
        }
    }
    json_object_object_foreach(recorded, wanted, unused)
    {
        (void)unused;
        if (strcmp(wanted, "*") != 0 && !member(got, wanted)) {
            fprintf(out, "%s.%s: missing\n", where, wanted);
            different++;
        }
    }
    return different;
}

int compare_shapes(const char *where, struct json_object *recorded, struct json_object *got, bool stand_in,
                   FILE *out)
{
    const char *a = text_of(recorded, "type", ""), *b = text_of(got, "type", "");
    struct json_object *x, *y;

    if (strcmp(a, b) != 0) {
        fprintf(out, "%s: %s, recorded %s\n", where, b, a);
        return 1;
    }
    if (strcmp(a, "object") == 0)
        return compare_keys(where, member(recorded, "keys"), member(got, "keys"), stand_in, out);
    x = first_item(recorded);
    y = first_item(got);
    if (x && y) {
        char inner[512];

        (void)snprintf(inner, sizeof inner, "%s[]", where);
        return compare_shapes(inner, x, y, stand_in, out);
    }
    if (!x != !y && !stand_in) {
        fprintf(out, "%s: %s, recorded %s\n", where, y ? "a filled list" : "an empty list",
                x ? "a filled one" : "an empty one");
        return 1;
    }
    return 0;
}
