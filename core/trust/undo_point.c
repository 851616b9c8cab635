/* SPDX-License-Identifier: Apache-2.0 */
/* What a snapshot changes of its guest: the same table for guards, read steps and the way back. */
#include "trust/undo_point.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/selector.h"
#include "trust/plan.h"

#define MOVED_MOST 2u

/* Below /nodes/N/{qemu,lxc}/V. Sources: GET .../config, .../pending, .../snapshot: the section of a snapshot
 * stands in the file that the digest is made of, and `parent` names the newest. */
static const struct moved {
    const char *below;
    const char *selectors[MOVED_MOST]; /* "{name}" stands for the snapshot's */
} moved[] = {
    {"/config", {"/digest", "/parent"}},
    {"/pending", {"[key=digest]", "[key=parent]"}},
    {"/snapshot", {"[name=current]", "[name={name}]"}},
};

/* What follows the guest's id; NULL: the path is of no guest. */
static const char *below_guest(const char *path)
{
    static const char *const kinds[] = {"/qemu/", "/lxc/"};

    if (strncmp(path, "/nodes/", 7) != 0)
        return NULL;
    const char *at = path + 7 + strcspn(path + 7, "/");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const size_t len = strlen(kinds[i]);
        if (strncmp(at, kinds[i], len) == 0)
            return at + len + strcspn(at + len, "/");
    }
    return NULL;
}

static const struct moved *moved_of(const char *path)
{
    const char *below = below_guest(path);

    for (size_t i = 0; below && i < sizeof(moved) / sizeof(moved[0]); i++) {
        if (strcmp(below, moved[i].below) == 0)
            return &moved[i];
    }
    return NULL;
}

/* The selector with the snapshot's name in it; false: the name is not known, or too long. */
static bool fill(const char *selector, const char *name, char ret[128])
{
    const char *place = strstr(selector, "{name}");
    int n;

    if (place && !name)
        return false;
    if (place)
        n = snprintf(ret, 128, "%.*s%s%s", (int)(place - selector), selector, name, place + 6);
    else
        n = snprintf(ret, 128, "%s", selector);
    return n > 0 && n < 128;
}

bool undo_point_moves(const char *path, const char *selector, const char *name)
{
    const struct moved *row = moved_of(path);
    char one[128];

    for (size_t i = 0; row && i < MOVED_MOST; i++) {
        if (!fill(row->selectors[i], name, one))
            continue;
        const size_t len = strlen(one);
        if (strncmp(selector, one, len) == 0 && (!selector[len] || strchr("/[", selector[len])))
            return true;
    }
    return false;
}

struct json_object *undo_point_moved(const char *path, const char *name, int *ret_error)
{
    const struct moved *row = moved_of(path);
    struct json_object *list = row ? json_object_new_array() : NULL;
    char one[128];

    *ret_error = row && !list ? -ENOMEM : 0;
    for (size_t i = 0; list && i < MOVED_MOST; i++) {
        if (!fill(row->selectors[i], name, one))
            continue;
        struct json_object *text = json_object_new_string(one);
        if (!text || json_object_array_add(list, text) < 0) {
            json_object_put(text);
            json_object_put(list);
            *ret_error = -ENOMEM;
            return NULL;
        }
    }
    return list;
}

/* "[member=value]": the elements that fit go. */
static void drop_elements(struct json_object *list, const char *selector)
{
    for (size_t i = json_object_array_length(list); i > 0; i--) {
        CLEANUP_JSON struct json_object *one = json_object_new_array();
        struct json_object *element = json_object_array_get_idx(list, i - 1), *found = NULL;
        if (one && json_object_array_add(one, json_object_get(element)) == 0 &&
            selector_find(selector, one, &found) == 0)
            (void)json_object_array_del_idx(list, i - 1, 1);
    }
}

void undo_point_drop(struct json_object *value, struct json_object *except)
{
    const size_t count = json_object_is_type(except, json_type_array) ? json_object_array_length(except) : 0;

    for (size_t i = 0; i < count; i++) {
        const char *selector = json_object_get_string(json_object_array_get_idx(except, i));
        if (selector && *selector == '/' && json_object_is_type(value, json_type_object))
            json_object_object_del(value, selector + 1);
        else if (selector && *selector == '[' && json_object_is_type(value, json_type_array))
            drop_elements(value, selector);
    }
}

/* ---- records of runs */

struct json_object *undo_point_of(struct json_object *record, const char **ret_name)
{
    struct json_object *point = NULL;

    if (json_get(record, "undo_point", json_type_object, &point) < 0 ||
        json_get_string(point, "name", ret_name, NULL) < 0)
        return NULL;
    return point;
}

bool undo_point_is_way_back(struct json_object *record)
{
    struct json_object *undo = NULL, *steps = NULL;
    const char *kind = "none", *outcome = "", *name = NULL;

    if (json_get(record, "undo", json_type_object, &undo) == 0)
        (void)json_get_string(undo, "kind", &kind, NULL);
    if (json_get(record, "steps", json_type_array, &steps) == 0)
        (void)json_get_string(json_object_array_get_idx(steps, 0), "outcome", &outcome, NULL);
    return strcmp(kind, "none") == 0 && undo_point_of(record, &name) && strcmp(outcome, "ok") == 0;
}

static bool same(struct json_object *a, struct json_object *b)
{
    CLEANUP_BUF struct buf left = BUF_INIT(PLAN_LIMIT);
    CLEANUP_BUF struct buf right = BUF_INIT(PLAN_LIMIT);

    json_canonical(a, &left);
    json_canonical(b, &right);
    return buf_ok(&left) && buf_ok(&right) && left.data && right.data && strcmp(left.data, right.data) == 0;
}

/* One guard's value before and after, without what the snapshot changed. */
static bool same_but_moved(const char *path, const char *name, struct json_object *before,
                           struct json_object *after)
{
    int error = 0;

    if (!json_object_is_type(before, json_type_object) || !json_object_is_type(after, json_type_object))
        return same(before, after);
    json_object_object_foreach(before, field, was)
    {
        CLEANUP_JSON struct json_object *except = *field ? NULL : undo_point_moved(path, name, &error);
        CLEANUP_JSON struct json_object *a = NULL;
        CLEANUP_JSON struct json_object *b = NULL;
        struct json_object *is = NULL;
        if (undo_point_moves(path, field, name))
            continue;
        if (!json_object_object_get_ex(after, field, &is))
            return false;
        if (!except ? !same(was, is)
                    : json_object_deep_copy(was, &a, NULL) < 0 || json_object_deep_copy(is, &b, NULL) < 0)
            return false;
        undo_point_drop(a, except);
        undo_point_drop(b, except);
        if (except && !same(a, b))
            return false;
    }
    return error == 0;
}

bool undo_point_left_nothing(struct json_object *record)
{
    struct json_object *steps = NULL, *heads = NULL, *before = NULL, *after = NULL;
    const char *name = NULL;

    if (!undo_point_of(record, &name) || json_get(record, "steps", json_type_array, &steps) < 0 ||
        json_get(record, "guards", json_type_array, &heads) < 0 ||
        json_get(record, "before", json_type_array, &before) < 0 ||
        json_get(record, "after", json_type_array, &after) < 0 ||
        json_object_array_length(before) != json_object_array_length(after) ||
        json_object_array_length(before) != json_object_array_length(heads))
        return false;
    for (size_t i = UNDO_POINT_STEPS; i < json_object_array_length(steps); i++) {
        const char *outcome = "";
        (void)json_get_string(json_object_array_get_idx(steps, i), "outcome", &outcome, NULL);
        if (strcmp(outcome, "failed") != 0 && strcmp(outcome, "skipped") != 0)
            return false;
    }
    for (size_t i = 0; i < json_object_array_length(heads); i++) {
        const char *path = "";
        (void)json_get_string(json_object_array_get_idx(heads, i), "path", &path, NULL);
        if (!same_but_moved(path, name, json_object_array_get_idx(before, i),
                            json_object_array_get_idx(after, i)))
            return false;
    }
    return true;
}
