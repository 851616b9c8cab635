/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way back, as far as it can be known before the change: which kind, its steps as a table, and why there
 * is none. A field that Proxmox masks or leaves out can never be written back; that is said now, not then.
 */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/selector.h"
#include "base/text.h"
#include "trust/build.h"
#include "trust/run_inner.h"

static const char *const undo_kinds[] = {
    [PROXIMO_UNDO_NONE] = "none", [PROXIMO_UNDO_TEMPLATE] = "template", [PROXIMO_UNDO_FUNCTION] = "function"};

static int undo_put(struct build *b, int64_t kind, struct json_object *steps, const char *note,
                    struct problem *p)
{
    struct json_object *undo = json_object_new_object();
    const char *class = b->tool->undo_class;
    /* The way back of a way back is the change itself, under its own class; that one's way back again is not.
     */
    const bool redone = b->request->record && text_equal(b->action, b->tool->operation_class);
    int r = build_add_text(undo, "kind", undo_kinds[kind]);

    if (r == 0 && kind != PROXIMO_UNDO_NONE && class)
        r = build_add_text(undo, "class", b->request->record && !redone ? b->tool->operation_class : class);
    if (r == 0 && kind == PROXIMO_UNDO_TEMPLATE)
        r = build_add(undo, "steps", json_object_get(steps));
    if (r == 0 && note)
        r = build_add_text(undo, "note", note);
    if (r < 0) {
        json_object_put(undo);
        return build_no_memory(p);
    }
    json_object_put(b->undo);
    b->undo = undo;
    return 0;
}

/* "before.2:/name" of a field; -ENOENT: it is none. */
static int before_of(struct json_object *field, size_t *ret_guard, const char **ret_selector)
{
    const char *value = NULL;
    char digits[12];
    uint64_t number = 0;
    int64_t flags = 0;

    (void)json_get_int(field, "flags", &flags);
    if (!(flags & (int64_t)PROXIMO_FIELD_REFERENCE) || json_get_string(field, "value", &value, NULL) < 0 ||
        strncmp(value, "before.", 7) != 0)
        return -ENOENT;
    const size_t len = strcspn(value + 7, ":");
    if (len == 0 || len >= sizeof(digits) || value[7 + len] != ':')
        return -EINVAL;
    memcpy(digits, value + 7, len);
    digits[len] = '\0';
    if (text_to_u64(digits, BUILD_GUARDS_MOST, &number) < 0 || selector_check(value + 8 + len) < 0)
        return -EINVAL;
    *ret_guard = (size_t)number;
    *ret_selector = value + 8 + len;
    return 0;
}

static int each_field(struct build *b, struct json_object *steps,
                      int (*f)(struct build *b, struct json_object *field, struct buf *why,
                               struct problem *p),
                      struct buf *why, struct problem *p)
{
    for (size_t i = 0; steps && i < json_object_array_length(steps); i++) {
        struct json_object *params = NULL;
        if (json_get(json_object_array_get_idx(steps, i), "params", json_type_array, &params) < 0)
            continue;
        for (size_t k = 0; k < json_object_array_length(params); k++) {
            int r = f(b, json_object_array_get_idx(params, k), why, p);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

/* What is to be written back is guarded, so that the record has it. */
static int guard_field(struct build *b, struct json_object *field, struct buf *why, struct problem *p)
{
    const char *selector = NULL, *name = "", *literal = NULL;
    size_t guard = 0;
    int64_t flags = 0;

    (void)why;
    (void)json_get_int(field, "flags", &flags);
    (void)json_get_string(field, "name", &name, NULL);
    if (!flags && json_get_string(field, "value", &literal, NULL) == 0 && risk_param_is_secret(name))
        return build_plane_fault(b, p, "its way back carries %.40s in clear; that is a secret", name);
    const int r = before_of(field, &guard, &selector);
    if (r == -ENOENT)
        return 0;
    if (r < 0 || guard >= b->draft_guards)
        return build_plane_fault(b, p, "its way back refers to a guard that there is not");
    return guard_add_field(json_object_array_get_idx(b->guards, guard), selector) < 0 ? build_no_memory(p)
                                                                                      : 0;
}

int build_undo(struct build *b, struct problem *p)
{
    CLEANUP_JSON struct json_object *rest = NULL;
    struct json_object *told = NULL, *steps = NULL;
    int64_t kind = b->tool->undo_kind;
    const char *text = b->tool->rest_json ? b->tool->rest_json : "{}";

    int r = json_parse(text, strlen(text), &rest, p);
    if (r < 0)
        return r;
    if (json_get(b->draft, "undo", json_type_object, &told) == 0) {
        (void)json_get_int(told, "kind", &kind);
        (void)json_get(told, "steps", json_type_array, &steps);
    } else if (b->request->record) {
        kind = PROXIMO_UNDO_NONE; /* the row's table is of the change, not of its way back */
    } else {
        (void)json_get(rest, "undo", json_type_array, &steps);
    }
    if (kind == PROXIMO_UNDO_FUNCTION && !b->tool->has_plan_undo)
        kind = PROXIMO_UNDO_NONE;
    if (kind != PROXIMO_UNDO_TEMPLATE && kind != PROXIMO_UNDO_FUNCTION)
        return undo_put(b, PROXIMO_UNDO_NONE, NULL, NULL, p);
    if (kind == PROXIMO_UNDO_FUNCTION)
        return undo_put(b, kind, NULL, NULL, p);
    if (!steps || json_object_array_length(steps) == 0)
        return undo_put(b, PROXIMO_UNDO_NONE, NULL, NULL, p);
    r = each_field(b, steps, guard_field, NULL, p);
    return r < 0 ? r : undo_put(b, kind, steps, NULL, p);
}

static bool is_absent(struct json_object *value)
{
    struct json_object *flag = NULL;
    return !value || (json_object_is_type(value, json_type_object) && json_object_object_length(value) == 1 &&
                      json_object_object_get_ex(value, "absent", &flag));
}

/* Appends to why what this field cannot be given back. */
static int settle_field(struct build *b, struct json_object *field, struct buf *why, struct problem *p)
{
    struct json_object *state = NULL, *value = NULL;
    const char *selector = NULL, *name = "";
    size_t guard = 0;
    int64_t flags = 0;

    (void)p;
    (void)json_get_int(field, "flags", &flags);
    (void)json_get_string(field, "name", &name, NULL);
    if (flags & (int64_t)PROXIMO_FIELD_SECRET) {
        buf_printf(why, "%s%.60s is a secret and is not kept", why->len ? "; " : "", name);
        return 0;
    }
    if (before_of(field, &guard, &selector) < 0)
        return 0;
    (void)json_get(json_object_array_get_idx(b->guards, guard), "value", json_type_object, &state);
    if (!state || result_find(state, selector, &value) < 0 || is_absent(value))
        buf_printf(why, "%s%.60s has no value now that could be given back", why->len ? "; " : "", name);
    else if (undo_is_masked(value))
        buf_printf(why, "%sProxmox does not show %.60s, so it cannot be given back", why->len ? "; " : "",
                   name);
    return 0;
}

int build_undo_settle(struct build *b, struct problem *p)
{
    CLEANUP_BUF struct buf why = BUF_INIT(4000);
    struct json_object *steps = NULL;

    if (json_get(b->undo, "steps", json_type_array, &steps) < 0)
        return 0;
    int r = each_field(b, steps, settle_field, &why, p);
    if (r < 0 || why.len == 0)
        return r;
    return undo_put(b, PROXIMO_UNDO_NONE, NULL, why.data, p);
}
