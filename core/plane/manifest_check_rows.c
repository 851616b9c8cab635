/* SPDX-License-Identifier: Apache-2.0 */
/* The rules for what is not a read: probes, changes, operation classes, executors, and the plane as a whole.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "http/probe_table.h"
#include "plane/draft.h"
#include "plane/step_check.h"

static int check_http_probe(const char *who, const struct probe_row *probe, struct problem *p)
{
    struct http_field fixed[FIXED_MOST];
    const char *why = NULL;

    if (!probe->method || !probe->path)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: an HTTP probe needs a method and a path", who);
    for (size_t i = 0; i < probe->fixed_count; i++)
        fixed[i] =
            (struct http_field){probe->fixed[i].name, probe->fixed[i].value, strlen(probe->fixed[i].value)};
    if (!http_probe_allowed(probe->method, probe->path, fixed, probe->fixed_count, &why)) {
        int r =
            problem_set(p, -EACCES, PX_PLANE, "%s: %.10s %.120s is not a probe of this program's table: %s",
                        who, probe->method, probe->path, why ? why : "it is not in the table");
        problem_next(p, "What changes something is a change tool, never a probe.");
        return r;
    }
    for (size_t i = 0; i < probe->param_count; i++) {
        const struct param_row *param = &probe->params[i];
        const char *name = param->api_name ? param->api_name : param->name;
        char in_path[72];
        (void)snprintf(in_path, sizeof(in_path), "{%s}", param->name);
        if (!strstr(probe->path, in_path) && !http_probe_parameter_allowed(probe->method, probe->path, name))
            return problem_set(p, -EACCES, PX_PLANE,
                               "%s: the parameter \"%s\" is not one this probe may have", who, name);
    }
    return 0;
}

/* Is it a member of the executor's target? */
static bool is_of_target(const struct executor_row *executor, const char *name)
{
    struct json_object *schema CLEANUP_JSON = NULL;
    struct json_object *properties;

    return executor->target_schema &&
           json_parse(executor->target_schema, strlen(executor->target_schema), &schema, NULL) == 0 &&
           json_get(schema, "properties", json_type_object, &properties) == 0 &&
           json_object_object_get_ex(properties, name, NULL);
}

static bool is_word(const struct probe_row *probe, const char *name)
{
    char word[MANIFEST_NAME_LIMIT + 8];

    (void)snprintf(word, sizeof(word), "{%s}", name);
    for (size_t i = 0; i < probe->argv_count; i++)
        if (strcmp(probe->argv[i].value, word) == 0)
            return true;
    return false;
}

static int check_executor_probe(const char *who, const struct probe_row *probe, const struct plane_info *info,
                                struct problem *p)
{
    struct param_list params = {probe->params, probe->param_count};
    const struct executor_row *own = NULL;

    for (size_t i = 0; i < info->executor_count; i++)
        if (text_equal(info->executors[i].name, probe->executor))
            own = &info->executors[i];
    if (!own)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: \"%.40s\" is no executor of this plane", who,
                           probe->executor);
    if (probe->argv_count == 0)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: it has no argv", who);
    for (size_t i = 0; i < probe->argv_count; i++) {
        const char *word = probe->argv[i].value;
        if (!word)
            return problem_set(p, -EINVAL, PX_PLANE, "%s: word %zu of its argv is missing", who, i);
        size_t len = strlen(word);
        if (!strpbrk(word, "{}"))
            continue;
        if (i == 0 || word[0] != '{' || word[len - 1] != '}' || !param_find(params, word + 1, len - 2))
            return problem_set(p, -EINVAL, PX_PLANE,
                               "%s: \"%.60s\" must be one parameter and nothing else, and not the first word",
                               who, word);
    }
    for (size_t i = 0; i < probe->param_count; i++) {
        const char *name = probe->params[i].name;
        if (!is_word(probe, name) && !is_of_target(own, name))
            return problem_set(p, -EINVAL, PX_PLANE,
                               "%s: its parameter \"%s\" is no word of argv and no member of the target", who,
                               name);
    }
    return 0;
}

int check_probe(const struct probe_row *probe, const struct plane_info *info, struct problem *p)
{
    char who[64];
    struct param_list params = {probe->params, probe->param_count};

    (void)snprintf(who, sizeof(who), "probe %.48s", probe->name ? probe->name : "");
    int r = check_name("a probe", "its name", probe->name, "_", MANIFEST_NAME_LIMIT, p);
    if (r == 0)
        r = check_params(who, params, p);
    if (r == 0)
        r = check_fixed(who, probe->fixed, probe->fixed_count, p);
    if (r < 0)
        return r;
    if (probe->executor)
        return check_executor_probe(who, probe, info, p);
    r = check_http_probe(who, probe, p);
    return r < 0 ? r : check_path(who, probe->path, params, p);
}

/* Is one of the words between the dots of a class's name among these? */
static bool class_name_has(const char *name, const char *words)
{
    char word[MANIFEST_NAME_LIMIT * 2];

    while (*name) {
        const size_t len = strcspn(name, ".");
        (void)snprintf(word, sizeof(word), "%.*s", (int)(len < sizeof(word) ? len : 0), name);
        if (text_in_list(words, word))
            return true;
        name += len + (name[len] == '.');
    }
    return false;
}

/* A snapshot taken before it must be able to bring back what the class takes away: it cannot bring back a
 * guest, and none is wanted before a snapshot is made, removed or returned to. */
static int check_snapshot_first(const char *who, const struct class_row *row, struct problem *p)
{
    struct json_object *schema CLEANUP_JSON = NULL;
    struct json_object *at = NULL;
    const char *kind = NULL;

    if (row->flags & PROXIMO_CLASS_DESTROYS)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: SNAPSHOT_FIRST and DESTROYS exclude each other", who);
    if (class_name_has(row->name, "snapshot,rollback,destroy,delete,remove,purge"))
        return problem_set(p, -EINVAL, PX_PLANE,
                           "%s: SNAPSHOT_FIRST is not for a class of snapshots, rollbacks or removals", who);
    int r = json_parse(row->subject_schema, strlen(row->subject_schema), &schema, p);
    if (r < 0)
        return r;
    if (json_get(schema, "properties", json_type_object, &at) < 0 ||
        json_get(at, "kind", json_type_object, &at) < 0 || json_get_string(at, "const", &kind, NULL) < 0 ||
        strcmp(kind, "guest") != 0)
        return problem_set(p, -EINVAL, PX_PLANE,
                           "%s: SNAPSHOT_FIRST is for subjects of kind guest, which its schema does not say",
                           who);
    return 0;
}

int check_class(const struct class_row *row, struct problem *p)
{
    char who[64];

    (void)snprintf(who, sizeof(who), "class %.48s", row->name ? row->name : "");
    int r = check_class_name("a class", row->name, p);
    if (r == 0)
        r = check_text(who, "title", row->title, 80, p);
    if (r == 0 && row->description)
        r = check_text(who, "description", row->description, MANIFEST_DESCRIPTION_LIMIT, p);
    if (r < 0)
        return r;
    if (row->risk_floor < PROXIMO_RISK_LOW || row->risk_floor > PROXIMO_RISK_HIGH)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: its risk floor %u is none of 1, 2, 3", who,
                           row->risk_floor);
    if (row->undo_kind < PROXIMO_UNDO_NONE || row->undo_kind > PROXIMO_UNDO_FUNCTION)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: its undo kind %u is none of 1, 2, 3", who,
                           row->undo_kind);
    if (row->flags & ~(PROXIMO_CLASS_DESTROYS | PROXIMO_CLASS_CUTS_OFF | PROXIMO_CLASS_WIDENS |
                       PROXIMO_CLASS_SNAPSHOT_FIRST))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: unknown flag bits", who);
    if (!row->subject_schema)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: its subject_schema is missing", who);
    r = check_object(who, "subject_schema", row->subject_schema, p);
    return r == 0 && (row->flags & PROXIMO_CLASS_SNAPSHOT_FIRST) ? check_snapshot_first(who, row, p) : r;
}

int check_executor(const struct executor_row *row, bool has_run, struct problem *p)
{
    char who[64];

    (void)snprintf(who, sizeof(who), "executor %.48s", row->name ? row->name : "");
    int r = check_name("an executor", "its name", row->name, "_-", MANIFEST_NAME_LIMIT, p);
    if (r == 0 && !has_run)
        r = problem_set(p, -EINVAL, PX_PLANE, "%s: it has no run function", who);
    if (r == 0 && row->flags)
        r = problem_set(p, -EINVAL, PX_PLANE, "%s: unknown flag bits", who);
    if (r == 0 && row->target_schema)
        r = check_object(who, "target_schema", row->target_schema, p);
    return r;
}

/* The steps of a row's table, or none. */
static int check_steps(struct step_rules *rules, struct json_object *row, const char *key, size_t *ret_count,
                       struct problem *p)
{
    struct json_object *steps;

    *ret_count = 0;
    if (json_get(row, key, json_type_array, &steps) < 0)
        return 0;
    *ret_count = json_object_array_length(steps);
    for (size_t i = 0; i < *ret_count; i++) {
        int r = step_check(rules, json_object_array_get_idx(steps, i), p);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Guards, postcondition and undo of a change. A row without a plan function is one step, called "change". */
static int check_tables(const struct tool *tool, const char *who, struct json_object *row, size_t *ret_guards,
                        size_t *ret_undo, struct problem *p)
{
    struct step_rules rules = {.who = who, .params = {tool->params, tool->param_count}, .table = true};
    struct json_object *guards = NULL, *names CLEANUP_JSON = NULL;
    size_t waits;

    (void)json_get(row, "guards", json_type_array, &guards);
    *ret_guards = guards ? json_object_array_length(guards) : 0;
    for (size_t i = 0; i < *ret_guards; i++) {
        int r = guard_check(&rules, json_object_array_get_idx(guards, i), p);
        if (r < 0)
            return r;
    }
    if (!tool->has_plan) {
        names = json_object_new_object();
        if (!names || json_object_object_add(names, "change", NULL) < 0 ||
            json_object_object_add(names, "state", NULL) < 0)
            return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a manifest");
    }
    rules.earlier = names;
    rules.wait_only = true;
    int r = check_steps(&rules, row, "postcondition", &waits, p);
    rules.wait_only = false;
    rules.undo = true;
    rules.guard_count = tool->has_plan ? GUARDS_MOST : *ret_guards;
    return r == 0 ? check_steps(&rules, row, "undo", ret_undo, p) : r;
}

static int check_undo_kind(const struct tool *tool, const char *who, size_t undo, struct problem *p)
{
    const char *fault = NULL;

    if (tool->undo_kind < PROXIMO_UNDO_NONE || tool->undo_kind > PROXIMO_UNDO_FUNCTION)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: its undo kind %u is none of 1, 2, 3", who,
                           tool->undo_kind);
    if (tool->undo_kind == PROXIMO_UNDO_TEMPLATE && !undo && !tool->has_plan)
        fault = "a template has undo steps";
    else if (tool->undo_kind == PROXIMO_UNDO_FUNCTION && !tool->has_plan_undo)
        fault = "a function has plan_undo";
    else if ((tool->undo_kind != PROXIMO_UNDO_TEMPLATE && undo) ||
             (tool->undo_kind != PROXIMO_UNDO_FUNCTION && tool->has_plan_undo && !tool->has_plan))
        fault = "none has neither undo steps nor plan_undo";
    if (fault)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: its undo kind does not fit: %s", who, fault);
    return tool->undo_class ? check_class_name(who, tool->undo_class, p) : 0;
}

int check_change(const struct tool *tool, struct json_object *row, struct problem *p)
{
    const uint64_t known = PROXIMO_CHANGE_ROOT_ONLY | PROXIMO_CHANGE_NO_TOKEN | PROXIMO_CHANGE_FOLLOW |
                           PROXIMO_CHANGE_IDEMPOTENT | PROXIMO_CHANGE_DIGEST;
    struct param_list params = {tool->params, tool->param_count};
    char who[64];
    size_t undo = 0, guards = 0;

    (void)snprintf(who, sizeof(who), "tool %.48s", tool->name);
    int r = check_class_name(who, tool->operation_class, p);
    if (r == 0)
        r = check_tables(tool, who, row, &guards, &undo, p);
    if (r < 0)
        return r;
    if (tool->flags & ~known)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: unknown flag bits", who);
    if (!tool->subject || !*tool->subject)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: a change without a subject", who);
    r = check_template(who, "its subject", tool->subject, params, p);
    if (r < 0)
        return r;
    if (!tool->has_plan && (!tool->path || !tool->method || !text_in_list("POST,PUT,DELETE", tool->method)))
        return problem_set(
            p, -EINVAL, PX_PLANE,
            "%s: a change without a plan function needs a method (POST, PUT, DELETE) and a path", who);
    if ((tool->flags & PROXIMO_CHANGE_DIGEST) && !guards && !tool->has_plan)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: DIGEST needs a guard whose answer has the digest", who);
    return check_undo_kind(tool, who, undo, p);
}

int check_plane_texts(const struct plane_info *info, const char *expected_name, struct problem *p)
{
    int r = check_name("the plane", "its name", info->name, "-", 32, p);

    if (r == 0 && expected_name && strcmp(info->name, expected_name) != 0)
        r = problem_set(p, -EINVAL, PX_CONFIG, "it calls itself \"%s\", the configuration calls it \"%s\"",
                        info->name, expected_name);
    if (r == 0)
        r = check_text("the plane", "version", info->version, 64, p);
    if (r == 0)
        r = check_text("the plane", "licence", info->licence, 128, p);
    if (r == 0)
        r = check_text("the plane", "summary", info->summary, 300, p);
    if (r == 0 && info->config_schema)
        r = check_object("the plane", "config_schema", info->config_schema, p);
    return r;
}

const struct info_word info_words[INFO_NAMES] = {
    [INFO_TOOL] = {"tool", "tools"},
    [INFO_CLASS] = {"class", "classes"},
    [INFO_RESOURCE] = {"resource", "resources"},
    [INFO_URI] = {"resource URI", "resource URIs"},
    [INFO_PROMPT] = {"prompt", "prompts"},
    [INFO_EXECUTOR] = {"executor", "executors"},
    [INFO_PROBE] = {"probe", "probes"},
};

const char *info_name(const struct plane_info *info, enum info_names kind, size_t index)
{
    switch (kind) {
    case INFO_TOOL: return index < info->tool_count ? info->tools[index].name : NULL;
    case INFO_CLASS: return index < info->class_count ? info->classes[index].name : NULL;
    case INFO_RESOURCE: return index < info->resource_count ? info->resources[index].name : NULL;
    case INFO_URI: return index < info->resource_count ? info->resources[index].uri : NULL;
    case INFO_PROMPT: return index < info->prompt_count ? info->prompts[index].name : NULL;
    case INFO_EXECUTOR: return index < info->executor_count ? info->executors[index].name : NULL;
    case INFO_PROBE: return index < info->probe_count ? info->probes[index].name : NULL;
    case INFO_NAMES: break;
    }
    return NULL;
}

int check_unique(const struct plane_info *info, struct problem *p)
{
    for (int kind = 0; kind < INFO_NAMES; kind++) {
        const char *name, *other;
        for (size_t i = 0; (name = info_name(info, (enum info_names)kind, i)) != NULL; i++)
            for (size_t j = 0; j < i && (other = info_name(info, (enum info_names)kind, j)) != NULL; j++)
                if (strcmp(name, other) == 0)
                    return problem_set(p, -EEXIST, PX_PLANE, "it has two %s called \"%s\"",
                                       info_words[kind].many, name);
    }
    return 0;
}
