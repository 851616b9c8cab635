/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a draft: which lists there are, what an entry has, who may tell of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "plane/draft.h"
#include "plane/row_write.h"
#include "plane/step_check.h"

#define ANY          ((json_type)-1)
#define IN_PLAN      ((1u << PLANE_CALL_PLAN) | (1u << PLANE_CALL_PLAN_UNDO))
#define IN_BLAST     (1u << PLANE_CALL_BLAST)
#define IN_READ      (1u << PLANE_CALL_READ)
#define TABLE_MOST   512u /* rows of a table inside an entry */
#define NAME_LIMIT   256u
#define UNDO_MOST    512u
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A member of an entry: at most `most` bytes of text, of JSON, or rows. */
struct part {
    const char *key;
    json_type type;
    size_t most;
    bool needed;
    const struct part *of;
    size_t of_count;
};
#define PART_TABLE(key, rows)                                                                                \
    {                                                                                                        \
        key, json_type_array, TABLE_MOST, false, rows, COUNT(rows)                                           \
    }
static const struct part field_parts[] = {
    {"name", json_type_string, ROW_TEXT_MOST, false, NULL, 0},
    {"value", json_type_string, ROW_TEXT_MOST, false, NULL, 0},
    {"flags", json_type_int, 0, false, NULL, 0},
    {"secret", json_type_string, NAME_LIMIT, false, NULL, 0},
};
static const struct part step_parts[] = {
    {"kind", json_type_int, 0, true, NULL, 0},
    {"flags", json_type_int, 0, false, NULL, 0},
    {"name", json_type_string, NAME_LIMIT, false, NULL, 0},
    {"method", json_type_string, NAME_LIMIT, false, NULL, 0},
    {"path", json_type_string, ROW_TEXT_MOST, false, NULL, 0},
    PART_TABLE("params", field_parts),
    {"select", json_type_string, ROW_TEXT_MOST, false, NULL, 0},
    {"wait_test", json_type_int, 0, false, NULL, 0},
    {"interval_ms", json_type_int, 0, false, NULL, 0},
    {"deadline_ms", json_type_int, 0, false, NULL, 0},
    {"wait_value", json_type_string, ROW_TEXT_MOST, false, NULL, 0},
    {"fail_if", json_type_string, ROW_TEXT_MOST, false, NULL, 0},
    {"tolerate", json_type_string, NAME_LIMIT, false, NULL, 0},
    {"keep", json_type_string, ROW_TEXT_MOST, false, NULL, 0},
    {"executor", json_type_string, NAME_LIMIT, false, NULL, 0},
    PART_TABLE("argv", field_parts),
    {"stdin_text", json_type_string, ROW_TEXT_MOST, false, NULL, 0},
    {"stdin_secret", json_type_string, NAME_LIMIT, false, NULL, 0},
    {"output_limit", json_type_int, 0, false, NULL, 0},
};
static const struct part guard_parts[] = {
    {"path", json_type_string, ROW_TEXT_MOST, true, NULL, 0},
    {"fields", json_type_string, ROW_TEXT_MOST, false, NULL, 0},
    {"flags", json_type_int, 0, false, NULL, 0},
    PART_TABLE("params", field_parts),
};
static const struct part fact_parts[] = {{"name", json_type_string, NAME_LIMIT, true, NULL, 0},
                                         {"value", ANY, DRAFT_VALUE_LIMIT, true, NULL, 0}};
static const struct part risk_parts[] = {{"risk", json_type_int, 0, true, NULL, 0},
                                         {"reason", json_type_string, DRAFT_TEXT_LIMIT, true, NULL, 0}};
static const struct part subject_parts[] = {{"class", json_type_string, NAME_LIMIT, true, NULL, 0},
                                            {"subject", json_type_object, DRAFT_VALUE_LIMIT, true, NULL, 0}};
static const struct part affected_parts[] = {
    {"resource", json_type_string, NAME_LIMIT, true, NULL, 0},
    {"name", json_type_string, DRAFT_TEXT_LIMIT, false, NULL, 0},
    {"effect", json_type_string, DRAFT_TEXT_LIMIT, true, NULL, 0},
    {"risk", json_type_int, 0, false, NULL, 0},
    {"facts", json_type_object, DRAFT_VALUE_LIMIT, false, NULL, 0},
};
static const struct part incomplete_parts[] = {{"what", json_type_string, DRAFT_TEXT_LIMIT, true, NULL, 0},
                                               {"why", json_type_string, DRAFT_TEXT_LIMIT, true, NULL, 0}};
static const struct part finding_parts[] = {
    {"severity", json_type_int, 0, true, NULL, 0},
    {"flags", json_type_int, 0, false, NULL, 0},
    {"code", json_type_string, 65, false, NULL, 0},
    {"title", json_type_string, DRAFT_TEXT_LIMIT, true, NULL, 0},
    {"measured", ANY, DRAFT_TEXT_LIMIT, false, NULL, 0},
    {"threshold", ANY, DRAFT_TEXT_LIMIT, false, NULL, 0},
    {"evidence", json_type_string, DRAFT_VALUE_LIMIT, false, NULL, 0},
    {"source", json_type_string, DRAFT_TEXT_LIMIT, false, NULL, 0},
    {"tool", json_type_string, 65, false, NULL, 0},
    {"arguments", json_type_object, DRAFT_TEXT_LIMIT, false, NULL, 0},
};
static const struct part undo_parts[] = {
    {"kind", json_type_int, 0, true, NULL, 0},
    {"steps", json_type_array, UNDO_MOST, false, step_parts, COUNT(step_parts)},
};

#define LIST(key, parts, most, kinds)                                                                        \
    {                                                                                                        \
        key, "an entry of its " key, parts, COUNT(parts), most, kinds                                        \
    }
static const struct list {
    const char *key, *what;
    const struct part *parts;
    size_t part_count;
    uint32_t most;
    unsigned kinds;
} lists[DRAFT_LISTS] = {
    [DRAFT_FACTS] = LIST("facts", fact_parts, 256, IN_PLAN),
    [DRAFT_RISKS] = LIST("risks", risk_parts, 64, IN_PLAN | IN_BLAST),
    [DRAFT_GUARDS] = LIST("guards", guard_parts, GUARDS_MOST, IN_PLAN),
    [DRAFT_STEPS] = LIST("steps", step_parts, 512, IN_PLAN),
    [DRAFT_ALWAYS] = LIST("always", step_parts, 64, IN_PLAN),
    [DRAFT_POSTCONDITION] = LIST("postcondition", step_parts, 256, IN_PLAN),
    [DRAFT_SUBJECTS] = LIST("subjects", subject_parts, 512, IN_PLAN),
    [DRAFT_AFFECTED] = LIST("affected", affected_parts, 16384, IN_PLAN | IN_BLAST),
    [DRAFT_INCOMPLETE] = LIST("incomplete", incomplete_parts, 1024, IN_PLAN | IN_BLAST | IN_READ),
    [DRAFT_FINDINGS] = LIST("findings", finding_parts, 1024, IN_READ),
};

const char *draft_list_key(enum draft_list list)
{
    return lists[list].key;
}

uint32_t draft_list_most(enum draft_list list)
{
    return lists[list].most;
}

bool draft_list_fits(enum draft_list list, enum plane_call_kind kind)
{
    return (lists[list].kinds & (1u << kind)) != 0;
}

static int parts_check(const char *who, const char *what, const struct part *parts, size_t count,
                       struct json_object *o, struct problem *p);

static size_t json_length(struct json_object *value, size_t most)
{
    struct buf text CLEANUP_BUF = BUF_INIT(most + 16);

    json_put_value(&text, value);
    return buf_ok(&text) ? text.len : SIZE_MAX;
}

static int part_check(const char *who, const char *what, const struct part *part, struct json_object *value,
                      struct problem *p)
{
    if (part->type != ANY && !json_object_is_type(value, part->type))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: \"%s\" of %s is not of its type", who, part->key, what);
    if (part->type == json_type_string) {
        const char *text = json_object_get_string(value);
        size_t len = (size_t)json_object_get_string_len(value);
        if (len >= part->most || memchr(text, '\0', len) || !text_is_utf8(text, len) ||
            (part->needed && !len))
            return problem_set(p, -EINVAL, PX_PLANE,
                               "%s: \"%s\" of %s is UTF-8 text of %s%zu bytes at most, without NUL", who,
                               part->key, what, part->needed ? "1 to " : "", part->most - 1);
    } else if (part->type == json_type_int) {
        if (json_object_get_int64(value) < 0)
            return problem_set(p, -EINVAL, PX_PLANE, "%s: \"%s\" of %s is negative", who, part->key, what);
    } else if (part->of) {
        size_t rows = json_object_array_length(value);
        if (rows > part->most)
            return problem_set(p, -EINVAL, PX_PLANE, "%s: %zu %s; at most %zu", who, rows, part->key,
                               part->most);
        for (size_t i = 0; i < rows; i++) {
            int r =
                parts_check(who, part->key, part->of, part->of_count, json_object_array_get_idx(value, i), p);
            if (r < 0)
                return r;
        }
    } else if (json_length(value, part->most) > part->most) {
        return problem_set(p, -EINVAL, PX_PLANE, "%s: \"%s\" of %s has more than %zu bytes of JSON", who,
                           part->key, what, part->most);
    }
    return 0;
}

/* Every member is known and of its type. */
static int parts_check(const char *who, const char *what, const struct part *parts, size_t count,
                       struct json_object *o, struct problem *p)
{
    if (!json_object_is_type(o, json_type_object))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: %s is not an object", who, what);
    json_object_object_foreach(o, key, value)
    {
        size_t i = 0;
        while (i < count && strcmp(parts[i].key, key) != 0)
            i++;
        if (i == count)
            return problem_set(p, -EINVAL, PX_PLANE, "%s: %s has no member \"%.40s\"", who, what, key);
        int r = part_check(who, what, &parts[i], value, p);
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < count; i++)
        if (parts[i].needed && !json_object_object_get_ex(o, parts[i].key, NULL))
            return problem_set(p, -EINVAL, PX_PLANE, "%s: %s lacks \"%s\"", who, what, parts[i].key);
    return 0;
}

static int check_risk(const struct draft_rules *rules, struct json_object *entry, struct problem *p)
{
    int64_t risk = PROXIMO_RISK_LOW;

    (void)json_get_int(entry, "risk", &risk);
    if (risk >= PROXIMO_RISK_LOW && risk <= PROXIMO_RISK_HIGH)
        return 0;
    return problem_set(p, -EINVAL, PX_PLANE, "%s: the risk %lld is none of 1, 2, 3", rules->who,
                       (long long)risk);
}

/* Letters of a code or of a tool's name: the first of them is a letter. */
static bool word_fits(struct json_object *entry, const char *key, char first, char last, char mark)
{
    const char *word = NULL;

    if (json_get_string(entry, key, &word, NULL) < 0)
        return true;
    if (*word < first || *word > last)
        return false;
    while ((*word >= first && *word <= last) || (*word >= '0' && *word <= '9') || *word == mark)
        word++;
    return *word == '\0';
}

static int check_finding(const struct draft_rules *rules, struct json_object *entry, struct problem *p)
{
    int64_t severity = 0, flags = 0;
    const char *fault = NULL;

    (void)json_get_int(entry, "severity", &severity);
    (void)json_get_int(entry, "flags", &flags);
    if (severity < PROXIMO_RISK_LOW || severity > PROXIMO_RISK_HIGH)
        fault = "its severity is none of 1, 2, 3";
    else if (flags & ~(int64_t)PROXIMO_FINDING_UNTRUSTED)
        fault = "it has unknown flags";
    else if (!word_fits(entry, "code", 'A', 'Z', '-'))
        fault = "its code is no word of capital letters, digits and -";
    else if (!word_fits(entry, "tool", 'a', 'z', '_'))
        fault = "its tool is no name of a tool";
    else if (json_object_object_get_ex(entry, "arguments", NULL) &&
             !json_object_object_get_ex(entry, "tool", NULL))
        fault = "it has arguments of no tool";
    return fault ? problem_set(p, -EINVAL, PX_PLANE, "%s: a finding: %s", rules->who, fault) : 0;
}

static struct step_rules step_rules_of(const struct draft_rules *rules, bool undo)
{
    return (struct step_rules){.who = rules->who,
                               .params = rules->params,
                               .undo = undo,
                               .no_secrets = undo || rules->kind != PLANE_CALL_PLAN,
                               .guard_count = rules->guard_count,
                               .earlier = rules->earlier};
}

int draft_entry_check(const struct draft_rules *rules, enum draft_list list, struct json_object *entry,
                      struct problem *p)
{
    struct step_rules steps = step_rules_of(rules, false);
    const char *class = NULL;
    int r = parts_check(rules->who, lists[list].what, lists[list].parts, lists[list].part_count, entry, p);

    if (r < 0)
        return r;
    switch (list) {
    case DRAFT_GUARDS: return guard_check(&steps, entry, p);
    case DRAFT_POSTCONDITION: steps.wait_only = true; return step_check(&steps, entry, p);
    case DRAFT_STEPS:
    case DRAFT_ALWAYS: return step_check(&steps, entry, p);
    case DRAFT_RISKS:
    case DRAFT_AFFECTED: return check_risk(rules, entry, p);
    case DRAFT_SUBJECTS:
        (void)json_get_string(entry, "class", &class, NULL);
        return check_class_name(rules->who, class, p);
    case DRAFT_FINDINGS: return check_finding(rules, entry, p);
    case DRAFT_FACTS:
    case DRAFT_INCOMPLETE:
    case DRAFT_LISTS: break;
    }
    return 0;
}

int draft_undo_check(const struct draft_rules *rules, struct json_object *undo, struct problem *p)
{
    struct step_rules each = step_rules_of(rules, true);
    struct json_object *steps = NULL, *names CLEANUP_JSON = NULL;
    int64_t kind = 0;
    int r = parts_check(rules->who, "its undo", undo_parts, COUNT(undo_parts), undo, p);

    if (r < 0)
        return r;
    (void)json_get_int(undo, "kind", &kind);
    (void)json_get(undo, "steps", json_type_array, &steps);
    size_t count = steps ? json_object_array_length(steps) : 0;
    if (kind < PROXIMO_UNDO_NONE || kind > PROXIMO_UNDO_FUNCTION)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: the undo kind %lld is none of 1, 2, 3", rules->who,
                           (long long)kind);
    if ((kind == PROXIMO_UNDO_TEMPLATE) != (count > 0))
        return problem_set(p, -EINVAL, PX_PLANE, "%s: an undo has steps if it is a template, and only then",
                           rules->who);
    if (kind == PROXIMO_UNDO_FUNCTION && !rules->has_plan_undo)
        return problem_set(p, -EINVAL, PX_PLANE, "%s: its undo is a function, and it has no plan_undo",
                           rules->who);
    /* What a step of the way back may refer to: what was done, and the way back before it. */
    each.earlier = NULL;
    for (size_t i = 0; i < count; i++) {
        r = step_check(&each, json_object_array_get_idx(steps, i), p);
        if (r < 0)
            return r;
    }
    return 0;
}

int draft_summary_check(const struct draft_rules *rules, const char *text, size_t len, struct problem *p)
{
    if (len && len < DRAFT_TEXT_LIMIT && !memchr(text, '\0', len) && text_is_utf8(text, len))
        return 0;
    return problem_set(p, -EINVAL, PX_PLANE, "%s: a summary is UTF-8 text of 1 to %u bytes", rules->who,
                       DRAFT_TEXT_LIMIT - 1);
}

int draft_name_add(const struct draft_rules *rules, struct json_object *names, struct json_object *step,
                   struct problem *p)
{
    const char *name = NULL;
    char made[32];
    int64_t kind = 0;

    (void)json_get_string(step, "name", &name, NULL);
    if (!name) {
        /* As the planner names it: the first request is the change itself. */
        (void)json_get_int(step, "kind", &kind);
        bool change = kind == PROXIMO_STEP_REQUEST && !json_object_object_get_ex(names, "change", NULL);
        (void)snprintf(made, sizeof(made), "step-%d", json_object_object_length(names) + 1);
        name = change ? "change" : made;
    } else if (json_object_object_get_ex(names, name, NULL)) {
        return problem_set(p, -EEXIST, PX_PLANE, "%s: two steps are called \"%.64s\"", rules->who, name);
    }
    return json_object_object_add(names, name, NULL) < 0
               ? problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a draft")
               : 0;
}
