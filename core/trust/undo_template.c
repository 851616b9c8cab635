/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an undo table and the record of what was done to the draft of the way back: references to before,
 * after, arguments and results become literal values. A value that Proxmox never shows cannot be written
 * back.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "proximo/plane.h"
#include "trust/run_inner.h"

bool undo_is_masked(struct json_object *value)
{
    struct json_object *flag = NULL;
    if (json_object_is_type(value, json_type_object))
        return json_object_object_length(value) == 1 && json_object_object_get_ex(value, "secret", &flag);
    if (!json_object_is_type(value, json_type_string))
        return false;
    const char *text = json_object_get_string(value);
    size_t stars = strspn(text, "*");
    return stars >= 4 && text[stars] == '\0';
}

static bool is_absent(struct json_object *value)
{
    struct json_object *flag = NULL;
    return !value || (json_object_is_type(value, json_type_object) && json_object_object_length(value) == 1 &&
                      json_object_object_get_ex(value, "absent", &flag));
}

static int no_value(struct problem *p, const char *reference, const char *why)
{
    problem_set(p, -ENOENT, PX_UNDO, "no way back: the value of '%.100s' %s", reference, why);
    problem_next(p, "set it by hand with the tool itself");
    return -ENOENT;
}

/* "before.2:/name": the number between head and colon. */
static int state_find(struct json_object *record, const char *name, const char *selector,
                      struct json_object **ret)
{
    bool before = strncmp(name, "before.", 7) == 0;
    struct json_object *list = NULL;
    uint64_t index = 0;
    if (text_to_u64(name + (before ? 7 : 6), 10000, &index) < 0 ||
        json_get(record, before ? "before" : "after", json_type_array, &list) < 0 ||
        index >= json_object_array_length(list))
        return -ENOENT;
    struct json_object *guard = json_object_array_get_idx(list, (size_t)index);
    return guard ? result_find(guard, selector, ret) : -ENOENT;
}

static int value_find(struct json_object *record, const char *reference, struct json_object **ret)
{
    char name[64];
    const char *selector = NULL;
    struct json_object *from = NULL;
    static const char argument[] = "argument:";
    if (strncmp(reference, argument, sizeof(argument) - 1) == 0)
        return json_get(record, "arguments", json_type_object, &from) == 0 &&
                       json_object_object_get_ex(from, reference + sizeof(argument) - 1, ret)
                   ? 0
                   : -ENOENT;
    if (reference_parse(reference, name, &selector) < 0)
        return -EINVAL;
    if (strncmp(name, "before.", 7) == 0 || strncmp(name, "after.", 6) == 0)
        return state_find(record, name, selector, ret);
    if (json_get(record, "results", json_type_object, &from) < 0)
        return -ENOENT;
    return reference_find(from, reference, ret, NULL);
}

/* Is it the name of a step of this very table? Then the reference stays one. */
static bool own_step(struct json_object *steps, size_t before, const char *reference)
{
    for (size_t i = 0; i < before; i++) {
        const char *name = NULL;
        size_t len = 0;
        if (json_get_string(json_object_array_get_idx(steps, i), "name", &name, &len) == 0 && len &&
            strncmp(reference, name, len) == 0 && reference[len] == ':')
            return true;
    }
    return false;
}

static struct json_object *literal(const char *name, const char *value)
{
    struct json_object *field = json_object_new_object();
    (void)json_object_object_add(field, "name", json_object_new_string(name));
    (void)json_object_object_add(field, "value", json_object_new_string(value));
    return field;
}

/* One field of params or argv; *ret is new. */
static int resolve_field(struct json_object *record, struct json_object *steps, size_t at,
                         struct json_object *field, struct json_object **ret, struct problem *p)
{
    CLEANUP_BUF struct buf text = BUF_INIT(RUN_VALUE_LIMIT + 1);
    struct json_object *value = NULL;
    const char *name = "";
    const char *reference = NULL;
    int64_t flags = 0;
    (void)json_get_int(field, "flags", &flags);
    (void)json_get_string(field, "name", &name, NULL);
    if ((uint64_t)flags & PROXIMO_FIELD_SECRET)
        return no_value(p, name, "is write-only: it was a secret and was not kept");
    if (!((uint64_t)flags & PROXIMO_FIELD_REFERENCE) ||
        json_get_string(field, "value", &reference, NULL) < 0 || own_step(steps, at, reference)) {
        *ret = json_object_get(field);
        return 0;
    }
    int r = value_find(record, reference, &value);
    if (r == -EINVAL)
        return no_value(p, reference, "cannot be found: it is no reference");
    if (r < 0 || is_absent(value))
        return no_value(p, reference, "is not in the record");
    if (undo_is_masked(value))
        return no_value(p, reference, "is write-only: Proxmox never shows it");
    if (reference_text(value, &text) < 0)
        return no_value(p, reference, "is not a plain text or number");
    *ret = literal(name, text.data ? text.data : "");
    return 0;
}

static int resolve_fields(struct json_object *record, struct json_object *steps, size_t at,
                          const char *member, struct json_object *step, struct problem *p)
{
    struct json_object *fields = NULL;
    struct json_object *made CLEANUP_JSON = NULL;
    if (json_get(step, member, json_type_array, &fields) < 0)
        return 0;
    made = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(fields); i++) {
        struct json_object *field = NULL;
        int r = resolve_field(record, steps, at, json_object_array_get_idx(fields, i), &field, p);
        if (r < 0)
            return r;
        (void)json_object_array_add(made, field);
    }
    (void)json_object_object_add(step, member, json_object_get(made));
    return 0;
}

static bool has_field(struct json_object *fields, const char *name)
{
    for (size_t i = 0; fields && i < json_object_array_length(fields); i++) {
        const char *other = NULL;
        if (json_get_string(json_object_array_get_idx(fields, i), "name", &other, NULL) == 0 &&
            strcmp(other, name) == 0)
            return true;
    }
    return false;
}

/* {x} that is an argument becomes a field of that name; guest names are resolved afresh by the planner. */
static void add_arguments(struct json_object *record, struct json_object *step)
{
    struct json_object *arguments = NULL;
    struct json_object *fields = NULL;
    const char *path = NULL;
    if (json_get_string(step, "path", &path, NULL) < 0 ||
        json_get(record, "arguments", json_type_object, &arguments) < 0)
        return;
    (void)json_get(step, "params", json_type_array, &fields);
    for (path = strchr(path, '{'); path; path = strchr(path + 1, '{')) {
        CLEANUP_BUF struct buf text = BUF_INIT(RUN_VALUE_LIMIT + 1);
        struct json_object *value = NULL;
        char name[64];
        size_t len = strcspn(path, "}") - 1;
        if (path[len + 1] != '}' || len == 0 || len >= sizeof(name))
            continue;
        memcpy(name, path + 1, len);
        name[len] = '\0';
        if (text_in_list("vmid,kind,node", name) || has_field(fields, name) ||
            !json_object_object_get_ex(arguments, name, &value) || reference_text(value, &text) < 0)
            continue;
        if (!fields) {
            fields = json_object_new_array();
            (void)json_object_object_add(step, "params", fields);
        }
        (void)json_object_array_add(fields, literal(name, text.data ? text.data : ""));
    }
}

/* ---- the other members of the draft */

static struct json_object *joined(struct json_object *list)
{
    CLEANUP_BUF struct buf text = BUF_INIT(65536);
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        if (i)
            buf_char(&text, ',');
        buf_str(&text, json_object_get_string(json_object_array_get_idx(list, i)));
    }
    return text.len && buf_ok(&text) ? json_object_new_string(text.data) : NULL;
}

static void put(struct json_object *o, const char *name, struct json_object *value)
{
    if (value)
        (void)json_object_object_add(o, name, value);
}

static struct json_object *draft_guards(struct json_object *record)
{
    struct json_object *heads = NULL;
    struct json_object *guards = json_object_new_array();
    (void)json_get(record, "guards", json_type_array, &heads);
    for (size_t i = 0; heads && i < json_object_array_length(heads); i++) {
        struct json_object *head = json_object_array_get_idx(heads, i);
        struct json_object *guard = json_object_new_object();
        struct json_object *value = NULL;
        bool tolerate = false;
        if (json_object_object_get_ex(head, "path", &value))
            put(guard, "path", json_object_get(value));
        if (json_get(head, "fields", json_type_array, &value) == 0)
            put(guard, "fields", joined(value));
        if (json_get(head, "query", json_type_array, &value) == 0)
            put(guard, "params", json_object_get(value));
        if (json_get_bool(head, "tolerate", &tolerate) == 0 && tolerate)
            put(guard, "flags", json_object_new_int64((int64_t)PROXIMO_GUARD_TOLERATE));
        (void)json_object_array_add(guards, guard);
    }
    return guards;
}

/* The same subjects, each under the class of the way back. */
static struct json_object *draft_subjects(struct json_object *record, struct json_object *undo)
{
    struct json_object *subjects = NULL;
    struct json_object *made = json_object_new_array();
    const char *class = NULL;
    (void)json_get_string(undo, "class", &class, NULL);
    (void)json_get(record, "subjects", json_type_array, &subjects);
    for (size_t i = 0; subjects && i < json_object_array_length(subjects); i++) {
        struct json_object *from = json_object_array_get_idx(subjects, i);
        struct json_object *to = json_object_new_object();
        struct json_object *value = NULL;
        if (class)
            put(to, "class", json_object_new_string(class));
        else if (json_object_object_get_ex(from, "class", &value))
            put(to, "class", json_object_get(value));
        if (json_object_object_get_ex(from, "subject", &value))
            put(to, "subject", json_object_get(value));
        (void)json_object_array_add(made, to);
    }
    return made;
}

static struct json_object *draft_undo(struct json_object *record)
{
    struct json_object *undo = json_object_new_object();
    struct json_object *redo = NULL;
    bool again = json_get(record, "redo", json_type_array, &redo) == 0;
    put(undo, "kind", json_object_new_int64(again ? PROXIMO_UNDO_TEMPLATE : PROXIMO_UNDO_NONE));
    if (again)
        put(undo, "steps", json_object_get(redo));
    return undo;
}

/* PX-UNDO for a record that has no way back. */
static int check(struct json_object *record, struct json_object **ret_undo, struct json_object **ret_steps,
                 struct problem *p)
{
    const char *kind = "none";
    const char *note = "";
    if (undo_left_nothing(record))
        return problem_set(p, -ENOENT, PX_UNDO,
                           "there is nothing to undo: it failed, and all is as it was before");
    if (json_get(record, "undo", json_type_object, ret_undo) == 0) {
        (void)json_get_string(*ret_undo, "kind", &kind, NULL);
        (void)json_get_string(*ret_undo, "note", &note, NULL);
    }
    if (strcmp(kind, "template") != 0 || json_get(*ret_undo, "steps", json_type_array, ret_steps) < 0 ||
        json_object_array_length(*ret_steps) == 0)
        return problem_set(p, -ENOENT, PX_UNDO, "there is no way back%s%.400s", *note ? ": " : "", note);
    return 0;
}

int undo_from_template(struct json_object *record, struct json_object **ret_draft, struct problem *p)
{
    struct json_object *undo = NULL;
    struct json_object *steps = NULL;
    struct json_object *made CLEANUP_JSON = NULL;
    int r = check(record, &undo, &steps, p);
    if (r < 0)
        return r;
    if (json_object_deep_copy(steps, &made, NULL) < 0)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the steps of an undo");
    for (size_t i = 0; r == 0 && i < json_object_array_length(made); i++) {
        struct json_object *step = json_object_array_get_idx(made, i);
        add_arguments(record, step);
        r = resolve_fields(record, made, i, "params", step, p);
        if (r == 0)
            r = resolve_fields(record, made, i, "argv", step, p);
    }
    if (r < 0)
        return r;
    struct json_object *draft = json_object_new_object();
    if (!draft)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the draft of an undo");
    put(draft, "guards", draft_guards(record));
    put(draft, "steps", json_object_get(made));
    put(draft, "undo", draft_undo(record));
    put(draft, "subjects", draft_subjects(record, undo));
    *ret_draft = draft;
    return 0;
}
