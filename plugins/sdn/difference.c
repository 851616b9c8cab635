/* SPDX-License-Identifier: Apache-2.0 */
/* What differs between the two sides of an object, as data and in words. */
#include "view.h"

#define SHOWN_MOST 120  /* bytes of one value in a sentence */
#define FACTS_MOST 150u /* objects with a fact of their own */

bool sdn_is_same(const struct sdn_object *object)
{
    struct json_object *before = object->side[SDN_BEFORE], *after = object->side[SDN_AFTER];
    return before == after || (before && after && json_object_equal(before, after));
}

/* "start-address=A,end-address=B" of a range, "a,b" of a list. */
static const char *text_of_value(const struct asking *a, struct json_object *value)
{
    const char *text = NULL;
    if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            const char *one = text_of_value(a, json_object_array_get_idx(value, i));
            text = !one ? text : text ? ask_text(a, "%s; %s", text, one) : one;
        }
        return text;
    }
    if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, name, part)
        {
            const char *one = text_of_value(a, part);
            text = !one   ? text
                   : text ? ask_text(a, "%s,%s=%s", text, name, one)
                          : ask_text(a, "%s=%s", name, one);
        }
        return text;
    }
    if (json_object_is_type(value, json_type_boolean))
        return json_object_get_boolean(value) ? "1" : "0";
    return value ? ask_text(a, "%s", json_object_get_string(value)) : NULL;
}

const char *sdn_value(const struct asking *a, struct json_object *side, const char *name)
{
    const char *text = text_of_value(a, member_of(side, name));
    return text && *text ? text : NULL;
}

/* Names of one side that are not those of the other with the same value. */
static bool next_difference(const struct sdn_object *object, enum sdn_side side, const char *name,
                            struct json_object *value)
{
    struct json_object *other = member_of(object->side[side == SDN_BEFORE ? SDN_AFTER : SDN_BEFORE], name);
    const bool empty = json_object_is_type(value, json_type_array) && !json_object_array_length(value);
    if (side == SDN_AFTER && member_of(object->side[SDN_BEFORE], name))
        return false; /* said already */
    return other ? !json_object_equal(value, other) : !empty;
}

struct json_object *sdn_differences(const struct sdn_object *object)
{
    struct json_object *list = json_object_new_array();
    for (uint32_t side = SDN_BEFORE; list && side <= SDN_AFTER; side++) {
        if (!object->side[side])
            continue;
        json_object_object_foreach(object->side[side], name, value)
        {
            if (!next_difference(object, (enum sdn_side)side, name, value))
                continue;
            struct json_object *row = json_object_new_object();
            json_object_object_add(row, "option", json_object_new_string(name));
            json_object_object_add(row, "from", json_object_get(member_of(object->side[SDN_BEFORE], name)));
            json_object_object_add(row, "to", json_object_get(member_of(object->side[SDN_AFTER], name)));
            json_object_array_add(list, row);
        }
    }
    return list;
}

/* Of an object that comes or goes: what its name says already. */
static bool names_it(const struct sdn_object *object, const char *name)
{
    static const char *const named[] = {"network", "mask", "id", "cidr"};
    const bool subnet = object->sort == SDN_SUBNET;
    if (object->side[SDN_BEFORE] && object->side[SDN_AFTER])
        return false;
    for (size_t i = 0; subnet && i < sizeof(named) / sizeof(named[0]); i++) {
        if (strcmp(named[i], name) == 0)
            return true;
    }
    return strcmp(name, sdn_sorts[object->sort].word) == 0 ||
           (object->sort != SDN_ZONE && object->sort != SDN_CONTROLLER && strcmp(name, "type") == 0);
}

const char *sdn_difference_words(const struct asking *a, const struct sdn_object *object)
{
    struct json_object *list DROP_JSON = sdn_differences(object);
    const char *text = NULL;
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *name = member_text(row, "option");
        if (names_it(object, name))
            continue;
        const char *from = sdn_value(a, row, "from"), *to = sdn_value(a, row, "to");
        const char *one = object->side[SDN_BEFORE] && object->side[SDN_AFTER]
                              ? ask_text(a, "%s %.*s -> %.*s", name, SHOWN_MOST, from ? from : "(none)",
                                         SHOWN_MOST, to ? to : "(none)")
                              : ask_text(a, "%s %.*s", name, SHOWN_MOST,
                                         to     ? to
                                         : from ? from
                                                : "(none)");
        text = text ? ask_text(a, "%s, %s", text, one) : one;
    }
    return text ? text : "nothing";
}

const char *sdn_pending_words(const struct sdn_view *view, uint32_t most, const struct sdn_object *except)
{
    const char *text = NULL;
    uint32_t told = 0;
    for (uint32_t i = 0; i < view->count; i++) {
        const struct sdn_object *object = &view->rows[i];
        if (!object->state || object == except || told++ >= most)
            continue;
        const char *one =
            ask_text(&view->ask, "%s/%s: %s", sdn_sorts[object->sort].word, object->id, object->state);
        text = text ? ask_text(&view->ask, "%s; %s", text, one) : one;
    }
    return text && told > most ? ask_text(&view->ask, "%s; and %u more", text, (unsigned)(told - most))
                               : text;
}

int32_t sdn_tell_objects(const struct asking *a, const char *what, const struct sdn_object *objects,
                         uint32_t count)
{
    uint32_t told = 0;
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++) {
        const struct sdn_object *o = &objects[i];
        if (sdn_is_same(o) || told++ >= FACTS_MOST)
            continue;
        const char *name = ask_text(a, "%s %s/%s", what, sdn_sorts[o->sort].word, o->id);
        r = name ? tell_text(a, name,
                             ask_text(a, "%s: %s",
                                      !o->side[SDN_BEFORE]  ? "new"
                                      : !o->side[SDN_AFTER] ? "deleted"
                                                            : "changed",
                                      sdn_difference_words(a, o)))
                 : PROXIMO_ENOMEM;
    }
    if (r == PROXIMO_OK && told > FACTS_MOST)
        r = tell_text(a, what, ask_text(a, "and %u more objects", (unsigned)(told - FACTS_MOST)));
    return r;
}

struct json_object *sdn_pending_list(const struct sdn_view *view)
{
    struct json_object *list = json_object_new_array();
    for (uint32_t i = 0; list && i < view->count; i++) {
        const struct sdn_object *object = &view->rows[i];
        struct json_object *row = object->state ? json_object_new_object() : NULL;
        if (!row)
            continue;
        json_object_object_add(row, "kind", json_object_new_string(sdn_sorts[object->sort].word));
        json_object_object_add(row, "id", json_object_new_string(object->id));
        if (object->vnet)
            json_object_object_add(row, "vnet", json_object_new_string(object->vnet));
        json_object_object_add(row, "state", json_object_new_string(object->state));
        json_object_object_add(row, "changes", sdn_differences(object));
        json_object_array_add(list, row);
    }
    return list;
}
