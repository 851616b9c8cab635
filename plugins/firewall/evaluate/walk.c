/* SPDX-License-Identifier: Apache-2.0 */
/* Going along a chain: deciding, remembering what may have been decided, rules and groups, the accept mark.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

void fw_reason(struct fw_walk *walk, const char *format, ...)
{
    struct fw_result *result = walk->result;
    char text[sizeof(result->reasons[0])];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    for (size_t i = 0; i < result->reason_count; i++) {
        if (strcmp(result->reasons[i], text) == 0)
            return;
    }
    if (result->reason_count < FW_REASONS)
        memcpy(result->reasons[result->reason_count++], text, sizeof(text));
}

struct fw_by fw_by_builtin(const char *word)
{
    return (struct fw_by){.kind = FW_BY_BUILTIN, .word = word};
}

bool fw_decide(struct fw_walk *walk, enum fw_tri condition, enum fw_verdict verdict, struct fw_by by,
               const char *doubt)
{
    if (condition == FW_NO)
        return false;
    if (condition == FW_MAYBE) {
        walk->maybe |= (unsigned)verdict;
        fw_reason(walk, "%s", doubt);
        return false;
    }
    walk->verdict = verdict;
    walk->by = by;
    return true;
}

enum fw_verdict fw_rejected(const struct fw_packet *packet)
{
    if (packet->source.family == 6)
        return packet->proto == 58 ? FW_DROP : FW_REJECT;
    bool silent =
        packet->dest_cast == FW_BROADCAST || (packet->source.bytes[0] & 0xf0) == 0xe0 || packet->proto == 1;
    return silent ? FW_DROP : FW_REJECT;
}

static struct fw_by by_rule(const char *file, const struct fw_rule *rule)
{
    return (struct fw_by){.kind = FW_BY_RULE, .file = file, .pos = rule->pos};
}

static void doubt_rule(struct fw_walk *walk, const char *file, const char *group, const struct fw_rule *rule)
{
    fw_reason(walk, "%s%s%s rule %u may match%s%s", file, group ? " group " : "", group ? group : "",
              rule->pos, rule->words ? ": " : "", rule->words ? rule->words : "");
}

static bool is_marking(const struct fw_walk *walk)
{
    return walk->at_guest && walk->direction == FW_OUT;
}

/* The rules of a group; true: one of them decided without the mark. *ret_rule is the one that set the mark.
 */
static bool walk_group(struct fw_walk *walk, const struct fw_group *group, struct fw_by by,
                       const struct fw_rule **ret_rule)
{
    uint32_t most = group->most[walk->direction][walk->family];

    for (uint32_t i = 0; i < group->rules.count && i < most; i++) {
        const struct fw_rule *rule = &group->rules.list[i];

        if ((unsigned)rule->type != (unsigned)walk->direction)
            continue;
        enum fw_tri tri = fw_rule_match(walk, rule);
        enum fw_verdict verdict = rule->action == FW_REJECT ? fw_rejected(walk->packet) : rule->action;
        if (tri == FW_MAYBE) {
            doubt_rule(walk, walk->model->cluster.file, group->name, rule);
            walk->maybe |= (unsigned)verdict;
            continue;
        }
        if (tri == FW_NO)
            continue;
        if (verdict == FW_ACCEPT) {
            *ret_rule = rule;
            return false;
        }
        by.pos = rule->pos;
        walk->verdict = verdict;
        walk->by = by;
        return true;
    }
    return false;
}

/*
 * A line that calls a group: the group clears the mark, its ACCEPT sets it, and the line after the call tests
 * it. A line that is bound to another interface does not go in, but tests what mark there is.
 */
static bool walk_group_line(struct fw_walk *walk, const struct fw_scope *scope, const struct fw_rule *line)
{
    const struct fw_model *model = walk->model;
    const struct fw_group *group = fw_group_find(model, line->word);
    const struct fw_rule *accepting = NULL;
    struct fw_by by = {.kind = FW_BY_RULE,
                       .file = model->cluster.file,
                       .group = group ? group->name : line->word,
                       .via_file = scope->file,
                       .via_pos = line->pos};
    enum fw_tri inside = fw_rule_match(walk, line);

    if (!(line->plugged[walk->direction] & (1U << walk->family)))
        return false;
    if (walk->at_guest && inside == FW_NO)
        return false;
    if (inside == FW_NO) {
        struct fw_by stale = {
            .kind = FW_BY_BUILTIN, .word = "stale-mark", .via_file = scope->file, .via_pos = line->pos};

        return fw_decide(walk, walk->mark, FW_ACCEPT, stale,
                         "whether the packet carries an accept mark is not known");
    }
    if (inside == FW_MAYBE || (group ? !group->rules.read : !model->groups_read)) {
        fw_reason(walk, "%s rule %u: %s", scope->file, line->pos,
                  inside == FW_MAYBE ? "its interface may be this one" : "the security group was not read");
        walk->maybe |= FW_ANY;
        return false;
    }
    walk->mark = FW_NO;
    if (group && walk_group(walk, group, by, &accepting))
        return true;
    if (!accepting)
        return false;
    by.pos = accepting->pos;
    walk->mark = FW_YES;
    return fw_decide(walk, FW_YES, FW_ACCEPT, by, "");
}

bool fw_walk_rules(struct fw_walk *walk, const struct fw_scope *scope, const struct fw_rules *rules)
{
    if (!rules->read) {
        fw_reason(walk, "the rules of %s were not read", scope->file);
        walk->maybe |= FW_ANY;
        return false;
    }
    for (uint32_t i = 0; i < rules->count; i++) {
        const struct fw_rule *rule = &rules->list[i];

        if (!rule->enabled || rule->state == FW_RULE_BAD)
            continue;
        if (rule->type == FW_TYPE_GROUP) {
            if (walk_group_line(walk, scope, rule))
                return true;
            continue;
        }
        if ((unsigned)rule->type != (unsigned)walk->direction)
            continue;
        enum fw_tri tri = fw_rule_match(walk, rule);
        enum fw_verdict verdict = rule->action == FW_REJECT ? fw_rejected(walk->packet) : rule->action;
        if (tri == FW_MAYBE) {
            doubt_rule(walk, scope->file, NULL, rule);
            walk->maybe |= (unsigned)verdict;
        }
        if (tri != FW_YES)
            continue;
        walk->verdict = verdict;
        walk->by = by_rule(scope->file, rule);
        if (verdict == FW_ACCEPT && is_marking(walk))
            walk->mark = FW_YES;
        return true;
    }
    return false;
}
