/* SPDX-License-Identifier: Apache-2.0 */
/* The way back: equal parsed objects, or none and said so beforehand. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "check.h"

/* Removes what a pointer names; "*" stands for every item of a list or object. */
static void forget(struct json_object *o, const char *pointer)
{
    char name[128];
    const char *rest = pointer + (*pointer == '/');
    const size_t len = strcspn(rest, "/");

    (void)snprintf(name, sizeof(name), "%.*s", (int)len, rest);
    rest += len;
    if (json_object_is_type(o, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(o); i++)
            forget(json_object_array_get_idx(o, i), strcmp(name, "*") == 0 ? rest : pointer);
        return;
    }
    if (!json_object_is_type(o, json_type_object))
        return;
    if (strcmp(name, "*") == 0) {
        json_object_object_foreach(o, key, value)
        {
            (void)key;
            forget(value, rest);
        }
    } else if (*rest) {
        forget(json_object_object_get(o, name), rest);
    } else {
        json_object_object_del(o, name);
    }
}

/* Numbers that are measured differ by themselves; nobody puts them back. */
static void forget_measured(struct json_object *o)
{
    static const char *const measured[] = {"uptime", "cpu",    "mem",      "memhost",   "disk",
                                           "netin",  "netout", "diskread", "diskwrite", "pid"};

    for (size_t i = 0; json_object_is_type(o, json_type_array) && i < json_object_array_length(o); i++)
        forget_measured(json_object_array_get_idx(o, i));
    if (!json_object_is_type(o, json_type_object))
        return;
    for (size_t i = 0; i < sizeof(measured) / sizeof(measured[0]); i++) {
        const enum json_type type = json_object_get_type(json_object_object_get(o, measured[i]));
        if (type == json_type_int || type == json_type_double)
            json_object_object_del(o, measured[i]);
    }
    json_object_object_foreach(o, key, value)
    {
        (void)key;
        forget_measured(value);
    }
}

static struct json_object *part(struct stage *stage, const char *name)
{
    struct json_object *undo = row_part(stage->row, "undo", json_type_object), *list = NULL;

    return undo && json_get(undo, name, json_type_array, &list) == 0 ? list : NULL;
}

/* {path: {status, data}} of what must be equal, without what is volatile. */
struct json_object *undo_before(struct stage *stage)
{
    struct json_object *paths = part(stage, "equal"), *volatile_ones = part(stage, "volatile");
    struct json_object *state = json_object_new_object();

    for (size_t i = 0; paths && i < json_object_array_length(paths); i++) {
        const char *path = json_object_get_string(json_object_array_get_idx(paths, i));
        struct json_object *one = json_object_new_object(), *data = NULL;
        json_object_object_add(one, "status", json_object_new_int(stage_get(stage, path, &data)));
        forget_measured(data);
        for (size_t k = 0; volatile_ones && k < json_object_array_length(volatile_ones); k++)
            forget(data, json_object_get_string(json_object_array_get_idx(volatile_ones, k)));
        json_object_object_add(one, "data", data);
        json_object_object_add(state, path, one);
    }
    return state;
}

struct json_object *undo_untouched(struct stage *stage)
{
    struct json_object *undo = row_part(stage->row, "undo", json_type_object);

    return undo && member(undo, "as") ? undo_before(stage) : NULL;
}

static void check_none(struct stage *stage, const char *words, struct json_object *plan,
                       const char *arguments)
{
    bool failed = false;
    struct json_object *answer CLEANUP_JSON = server_tool(&stage->server, "proximo_undo", arguments, &failed);
    const char *text = json_object_to_json_string_ext(plan, PLAIN);

    if (strcmp(at(plan, "/undo/kind"), "none") != 0)
        stage_bad(stage, "undo: the plan does not say that there is none: %s", text);
    if (!strstr(text, words))
        stage_bad(stage, "undo: the plan does not say '%s': %s", words, text);
    if (!failed || strcmp(at(answer, "/error/code"), "PX-UNDO") != 0)
        stage_bad(stage, "undo: wanted PX-UNDO: %s", json_object_to_json_string(answer));
}

/* The plan has no way back of its own; the undo point that was taken before it is one. */
static void check_point(struct stage *stage, struct json_object *wanted, struct json_object *plan,
                        const char *arguments)
{
    bool failed = true;
    struct json_object *back CLEANUP_JSON = server_tool(&stage->server, "proximo_undo", arguments, &failed);

    if (strcmp(at(plan, "/undo/kind"), "none") != 0)
        stage_bad(stage, "undo: the plan has a way back of its own: %s",
                  json_object_to_json_string_ext(plan, PLAIN));
    if (failed || !*at(back, "/plan_id")) {
        stage_bad(stage, "undo: no plan: %s", json_object_to_json_string_ext(back, PLAIN));
        return;
    }
    stage_holds(stage, "undo", wanted, back);
    struct json_object *answer CLEANUP_JSON = apply_as_person(stage, back, &failed);
    if (failed || strcmp(at(answer, "/outcome"), "ok") != 0)
        stage_bad(stage, "undo: wanted ok: %s", json_object_to_json_string_ext(answer, PLAIN));
}

static void check_equal(struct stage *stage, const char *what, struct json_object *before)
{
    struct json_object *after CLEANUP_JSON = undo_before(stage);

    json_object_object_foreach(before, path, was)
    {
        struct json_object *is = json_object_object_get(after, path);
        if (!json_object_equal(was, is))
            stage_bad(stage, "%s: %s was %s\n    and is %s", what, path,
                      json_object_to_json_string_ext(was, PLAIN), json_object_to_json_string_ext(is, PLAIN));
    }
}

/* The way back of an applied plan, applied: all is as in `wanted`. NULL: it failed, and that is said. */
static struct json_object *take_back(struct stage *stage, const char *what, struct json_object *applied,
                                     struct json_object *wanted)
{
    char arguments[120];
    bool failed = true;

    (void)snprintf(arguments, sizeof(arguments), "{\"receipt\":\"%s\"}", at(applied, "/receipt"));
    struct json_object *back CLEANUP_JSON = server_tool(&stage->server, "proximo_undo", arguments, &failed);
    if (failed || !*at(back, "/plan_id")) {
        stage_bad(stage, "%s: no plan: %s", what, json_object_to_json_string(back));
        return NULL;
    }
    struct json_object *answer = apply_as_person(stage, back, &failed);
    if (failed || strcmp(at(answer, "/outcome"), "ok") != 0)
        stage_bad(stage, "%s: wanted ok: %s", what, json_object_to_json_string_ext(answer, PLAIN));
    check_equal(stage, what, wanted);
    return answer;
}

void check_undo(struct stage *stage, struct json_object *plan, struct json_object *applied,
                struct json_object *before)
{
    struct json_object *undo = row_part(stage->row, "undo", json_type_object), *point = NULL;
    char arguments[120];

    if (!undo)
        return;
    (void)snprintf(arguments, sizeof(arguments), "{\"receipt\":\"%s\"}", at(applied, "/receipt"));
    if (member(undo, "none")) {
        check_none(stage, member(undo, "none"), plan, arguments);
        return;
    }
    if (json_get(undo, "point", json_type_object, &point) == 0) {
        check_point(stage, point, plan, arguments);
        return;
    }
    struct json_object *changed CLEANUP_JSON = undo_before(stage);
    if (json_object_object_length(before) == 0 || json_object_equal(before, changed))
        stage_bad(stage, "undo: none of `equal` shows the change");
    struct json_object *undone CLEANUP_JSON = take_back(stage, "undo", applied, before);
    bool redo = false;
    if (undone && json_get_bool(undo, "redo", &redo) == 0 && redo) {
        struct json_object *redone CLEANUP_JSON = take_back(stage, "redo", undone, changed);
        (void)redone;
    }
}
