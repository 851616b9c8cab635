/* SPDX-License-Identifier: Apache-2.0 */
/* A draft as it came from a host: nothing of it is believed before it passed here. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "plane/draft.h"

static size_t length_of(struct json_object *o, const char *key)
{
    struct json_object *array;

    return json_get(o, key, json_type_array, &array) == 0 ? json_object_array_length(array) : 0;
}

/* The guards that the row adds to those of the draft. */
static size_t row_guards(const struct tool *tool)
{
    struct json_object *rest CLEANUP_JSON = NULL;

    if (!tool->rest_json || json_parse(tool->rest_json, strlen(tool->rest_json), &rest, NULL) < 0)
        return 0;
    return length_of(rest, "guards");
}

static int check_members(const struct draft_rules *rules, struct json_object *draft, struct problem *p)
{
    json_object_object_foreach(draft, key, value)
    {
        unsigned list = 0;
        bool plan = rules->kind == PLANE_CALL_PLAN || rules->kind == PLANE_CALL_PLAN_UNDO;
        while (list < DRAFT_LISTS && strcmp(draft_list_key(list), key) != 0)
            list++;
        bool fits = list < DRAFT_LISTS
                        ? draft_list_fits(list, rules->kind) && json_object_is_type(value, json_type_array)
                    : strcmp(key, "summary") == 0 ? plan && json_object_is_type(value, json_type_string)
                                                  : plan && strcmp(key, "undo") == 0;
        if (!fits)
            return problem_set(p, -EINVAL, PX_PLANE, "%s: it told of \"%.40s\", which has no place there",
                               rules->who, key);
        if (list < DRAFT_LISTS && json_object_array_length(value) > draft_list_most(list))
            return problem_set(p, -EINVAL, PX_PLANE, "%s: %zu %s; at most %u", rules->who,
                               json_object_array_length(value), key, draft_list_most(list));
    }
    return 0;
}

/* In the order in which steps run: each may refer to those before it. */
static int check_lists(struct draft_rules *rules, struct json_object *draft, struct problem *p)
{
    static const enum draft_list order[] = {
        DRAFT_FACTS,      DRAFT_RISKS, DRAFT_GUARDS, DRAFT_SUBJECTS,      DRAFT_AFFECTED,
        DRAFT_INCOMPLETE, DRAFT_STEPS, DRAFT_ALWAYS, DRAFT_POSTCONDITION, DRAFT_FINDINGS};

    for (size_t k = 0; k < DRAFT_LISTS; k++) {
        enum draft_list list = order[k];
        struct json_object *entries;
        bool named = list == DRAFT_STEPS || list == DRAFT_ALWAYS;
        if (json_get(draft, draft_list_key(list), json_type_array, &entries) < 0)
            continue;
        for (size_t i = 0; i < json_object_array_length(entries); i++) {
            struct json_object *entry = json_object_array_get_idx(entries, i);
            int r = draft_entry_check(rules, list, entry, p);
            if (r == 0 && named)
                r = draft_name_add(rules, rules->earlier, entry, p);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

static int check_draft(struct draft_rules *rules, struct json_object *draft, struct problem *p)
{
    struct json_object *value;

    if (!json_object_is_type(draft, json_type_object))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: what it told is not an object", rules->who);
    int r = check_members(rules, draft, p);
    rules->guard_count += length_of(draft, "guards");
    if (r == 0)
        r = check_lists(rules, draft, p);
    if (r == 0 && json_object_object_get_ex(draft, "undo", &value))
        r = draft_undo_check(rules, value, p);
    if (r == 0 && json_object_object_get_ex(draft, "summary", &value))
        r = draft_summary_check(rules, json_object_get_string(value),
                                (size_t)json_object_get_string_len(value), p);
    return r;
}

int draft_read(enum plane_call_kind kind, const struct tool *tool, const struct class_row *class,
               const char *json, size_t len, struct json_object **ret, struct problem *p)
{
    struct problem why = PROBLEM_INIT;
    struct json_object *draft CLEANUP_JSON = NULL, *names CLEANUP_JSON = json_object_new_object();
    struct draft_rules rules = {.kind = kind, .earlier = names};
    char who[80];
    int r = names ? 0 : -ENOMEM;

    (void)snprintf(who, sizeof(who), "%s %.64s", tool ? "tool" : "class", tool ? tool->name : class->name);
    rules.who = who;
    if (tool) {
        rules.params = (struct param_list){tool->params, tool->param_count};
        rules.guard_count = row_guards(tool);
        rules.has_plan_undo = tool->has_plan_undo;
    }
    if (r == 0 && (len > DRAFT_LIMIT || json_parse(json, len, &draft, &why) < 0))
        r = problem_set(&why, -EINVAL, PX_PLANE, "%s: what it told is not JSON of at most %zu bytes", who,
                        DRAFT_LIMIT);
    if (r == 0)
        r = check_draft(&rules, draft, &why);
    if (r == -ENOMEM)
        return problem_set(p, r, PX_INTERNAL, "no memory for a draft");
    if (r < 0)
        return problem_set(p, -EPROTO, PX_PLANE, "%s", why.cause);
    *ret = draft;
    draft = NULL;
    return 0;
}
