/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A change of one list of rules as a plan. Proxmox puts a new rule at position 0 whatever it is told and does
 * not look at a digest then, so that one which belongs elsewhere is moved by a second request; `moveto` moves
 * to before the rule that stands there. Sources: GET, POST .../rules, PUT, DELETE .../rules/{pos}.
 */
#include "rules.h"

#define EACH_MOST  200u /* rules that are guarded one by one */
#define SHOWN_MOST 30u  /* of the order afterwards */

void rule_change_done(struct rule_change *c)
{
    rule_list_done(&c->now);
    json_object_put(c->value);
}

static const struct asking *asks(const struct rule_change *c)
{
    return &c->at.ask;
}

static const char *number(const struct rule_change *c, uint32_t n)
{
    return ask_text(asks(c), "%u", (unsigned)n);
}

static const char *one_path(const struct rule_change *c)
{
    return ask_text(asks(c), "%s/{pos}", c->at.scope->rules);
}

/* Proxmox's moveto for a rule that shall stand at `to`. */
static uint32_t moveto(uint32_t pos, uint32_t to)
{
    return to > pos ? to + 1 : to;
}

static struct json_object *subject_rule(const struct rule_change *c)
{
    return c->op == RULE_INSERT ? c->value : c->now.rows[c->pos];
}

/* ---- the list afterwards */

static struct json_object *rule_afterwards(const struct rule_change *c, uint32_t i)
{
    switch (c->op) {
    case RULE_INSERT: return i == c->to ? c->value : c->now.rows[i < c->to ? i : i - 1];
    case RULE_REMOVE: return c->now.rows[i < c->pos ? i : i + 1];
    case RULE_REPLACE: return i == c->pos ? c->value : c->now.rows[i];
    default:
        if (i == c->to)
            return c->now.rows[c->pos];
        if (c->pos < c->to)
            return c->now.rows[i >= c->pos && i < c->to ? i + 1 : i];
        return c->now.rows[i > c->to && i <= c->pos ? i - 1 : i];
    }
}

static int32_t tell_order(const struct rule_change *c)
{
    const uint32_t count = c->now.count + (c->op == RULE_INSERT) - (c->op == RULE_REMOVE);
    const uint32_t middle = c->op == RULE_REMOVE || c->op == RULE_REPLACE ? c->pos : c->to;
    uint32_t first = middle > SHOWN_MOST / 2 ? middle - SHOWN_MOST / 2 : 0;
    struct json_object *order = json_object_new_array();
    for (uint32_t i = first; order && i < count && i < first + SHOWN_MOST; i++) {
        const char *words = rule_words(asks(c), rule_afterwards(c, i));
        const char *line = words ? ask_text(asks(c), "%u: %s", (unsigned)i, words) : NULL;
        if (!line) {
            json_object_put(order);
            return PROXIMO_ENOMEM;
        }
        json_object_array_add(order, json_object_new_string(line));
    }
    if (order && count > first + SHOWN_MOST)
        json_object_array_add(order, json_object_new_string(ask_text(
                                         asks(c), "%u more", (unsigned)(count - first - SHOWN_MOST))));
    return tell_fact(asks(c), "rules_afterwards", order);
}

/* ---- words */

static int32_t tell_summary(const struct rule_change *c)
{
    const struct asking *a = asks(c);
    const char *rule = rule_words(a, subject_rule(c)), *label = c->at.label, *text = NULL;
    const char *after = c->op == RULE_REPLACE ? rule_words(a, c->value) : "";
    if (!rule || !after)
        return PROXIMO_ENOMEM;
    switch (c->op) {
    case RULE_INSERT:
        text = c->undoing ? ask_text(a, "%s: the rule \"%s\" comes back at position %u", label, rule,
                                     (unsigned)c->to)
                          : ask_text(a,
                                     "%s: the rule \"%s\" is added at position 0, before the %u that are "
                                     "there",
                                     label, rule, (unsigned)c->now.count);
        break;
    case RULE_REMOVE:
        text = ask_text(a, "%s: rule %u is removed, \"%s\"", label, (unsigned)c->pos, rule);
        break;
    case RULE_REPLACE:
        text = ask_text(a, "%s: rule %u is \"%s\" instead of \"%s\"", label, (unsigned)c->pos, after, rule);
        break;
    default:
        text = ask_text(a, "%s: rule %u, \"%s\", is moved to position %u", label, (unsigned)c->pos, rule,
                        (unsigned)c->to);
    }
    return text ? a->host->change(a->call, text) : PROXIMO_ENOMEM;
}

static int32_t tell_fields(const struct rule_change *c)
{
    struct json_object *changes = c->op == RULE_REPLACE ? json_object_new_array() : NULL;
    struct json_object *was = subject_rule(c);
    if (c->op != RULE_REPLACE)
        return tell_fact(asks(c), "rule", json_object_get(was));
    for (const char *const *name = rule_fields; changes && *name; name++) {
        const char *from = member_text(was, *name), *to = member_text(c->value, *name);
        if (from && to ? strcmp(from, to) == 0 : !from && !to)
            continue;
        struct json_object *row = json_object_new_object();
        json_object_object_add(row, "field", json_object_new_string(*name));
        json_object_object_add(row, "from", json_object_new_string(from ? from : "absent"));
        json_object_object_add(row, "to", json_object_new_string(to ? to : "absent"));
        json_object_array_add(changes, row);
    }
    return tell_fact(asks(c), "changes", changes);
}

/* ---- guards */

static const char *content_fields(const struct rule_change *c)
{
    const char *text = NULL;
    for (const char *const *name = rule_fields; *name; name++)
        text = text ? ask_text(asks(c), "%s,/%s", text, *name) : ask_text(asks(c), "/%s", *name);
    return text;
}

/*
 * The whole list, by which the record knows what was before. A way back names the rules one by one: it may
 * go on when the list has changed in another place, and the core compares fields of the same names.
 */
static int32_t guard_list(const struct rule_change *c)
{
    const char *each = NULL;
    for (uint32_t i = 0; c->undoing && c->now.count <= EACH_MOST && i <= c->now.count; i++) {
        each = each ? ask_text(asks(c), "%s,/%u", each, (unsigned)i) : "/0";
        if (!each)
            return PROXIMO_ENOMEM;
    }
    return place_guard(&c->at, c->at.scope->rules, NULL, each, 0);
}

static int32_t guard(const struct rule_change *c)
{
    const struct proximo_field pos[] = {FIELD("pos", number(c, c->pos)), {0}};
    const char *fields = content_fields(c);
    int32_t r = guard_list(c);
    if (r < 0 || c->op == RULE_INSERT)
        return r;
    return fields && pos[0].value ? place_guard(&c->at, one_path(c), pos, fields, 0) : PROXIMO_ENOMEM;
}

/* ---- steps */

static uint32_t put_content(struct json_object *rule, struct proximo_field *fields)
{
    uint32_t count = 0;
    for (const char *const *name = rule_fields; *name; name++) {
        const char *value = member_text(rule, *name);
        if (value)
            fields[count++] = FIELD(*name, value);
    }
    return count;
}

static int32_t step_insert(const struct rule_change *c)
{
    struct proximo_field fields[RULE_FIELDS + 1];
    const char *there = number(c, c->now.count + 1), *to = number(c, moveto(0, c->to));
    int32_t r =
        place_request(&c->at, "change", "POST", c->at.scope->rules, fields, put_content(c->value, fields), 0);
    if (r < 0 || c->to == 0)
        return r;
    const struct proximo_field move[] = {FIELD("pos", "0"), FIELD("moveto", to),
                                         REFERENCE("digest", "added:/0/digest")};
    if (!there || !to)
        return PROXIMO_ENOMEM;
    r = place_wait(&c->at, "added", c->at.scope->rules, NULL, "", PROXIMO_WAIT_COUNT, there, "/0/digest");
    return r == PROXIMO_OK ? place_request(&c->at, "move", "PUT", one_path(c), move, 3, PROXIMO_STEP_ATOMIC)
                           : r;
}

/* Fields that PUT sets, and the names of those that it takes away. */
static uint32_t put_differences(const struct rule_change *c, struct proximo_field *fields)
{
    const char *removed = NULL;
    uint32_t count = 0;
    for (const char *const *name = rule_fields; *name; name++) {
        const char *from = member_text(subject_rule(c), *name), *to = member_text(c->value, *name);
        if (to && (!from || strcmp(from, to) != 0))
            fields[count++] = FIELD(*name, to);
        else if (from && !to)
            removed = removed ? ask_text(asks(c), "%s,%s", removed, *name) : *name;
    }
    if (removed)
        fields[count++] = FIELD("delete", removed);
    return count;
}

static int32_t step_at(const struct rule_change *c)
{
    const struct proximo_field pos[] = {FIELD("pos", number(c, c->pos)), {0}};
    struct proximo_field fields[RULE_FIELDS + 4] = {pos[0]};
    uint32_t count = 1;
    if (!pos[0].value)
        return PROXIMO_ENOMEM;
    if (c->op == RULE_REPLACE)
        count += put_differences(c, fields + 1);
    else if (c->op == RULE_MOVE)
        fields[count++] = FIELD("moveto", number(c, moveto(c->pos, c->to)));
    fields[count++] = REFERENCE("digest", "state:/digest");
    int32_t r = place_state(&c->at, "state", one_path(c), pos, content_fields(c), "/digest");
    return r == PROXIMO_OK ? place_request(&c->at, "change", c->op == RULE_REMOVE ? "DELETE" : "PUT",
                                           one_path(c), fields, count, PROXIMO_STEP_ATOMIC)
                           : r;
}

/* ---- what must be seen afterwards */

static int32_t see(const struct rule_change *c)
{
    const char *list = c->at.scope->rules;
    const uint32_t pos = c->op == RULE_REPLACE ? c->pos : c->to;
    struct json_object *rule = c->op == RULE_REPLACE ? c->value : subject_rule(c);
    int32_t r = PROXIMO_OK;
    if (c->op == RULE_REMOVE)
        return place_wait(&c->at, NULL, list, NULL, "", PROXIMO_WAIT_COUNT, number(c, c->now.count - 1),
                          NULL);
    for (const char *const *name = rule_fields; r == PROXIMO_OK && *name; name++) {
        const char *select = ask_text(asks(c), "[pos=%u]/%s", (unsigned)pos, *name);
        const char *value = member_text(rule, *name);
        const char *was = c->op == RULE_REPLACE ? member_text(subject_rule(c), *name) : NULL;
        if (value || was)
            r = select ? place_see(&c->at, list, NULL, select, value) : PROXIMO_ENOMEM;
    }
    return r;
}

/* ---- for the blast function */

static struct json_object *edit(const char *op, const char *pos, int64_t n, struct json_object *value)
{
    struct json_object *edit = json_object_new_object();
    json_object_object_add(edit, "part", json_object_new_string("rules"));
    json_object_object_add(edit, "op", json_object_new_string(op));
    if (pos)
        json_object_object_add(edit, pos, json_object_new_int64(n));
    if (value)
        json_object_object_add(edit, "value", json_object_get(value));
    return edit;
}

static int32_t subject(const struct rule_change *c)
{
    static const char *const words[] = {"insert", "remove", "replace", "move"};
    struct json_object *edits DROP_JSON = json_object_new_array();
    struct json_object *value = c->op == RULE_INSERT || c->op == RULE_REPLACE ? c->value : NULL;
    if (!edits)
        return PROXIMO_ENOMEM;
    struct json_object *first = edit(words[c->op], c->op == RULE_INSERT ? NULL : "pos", c->pos, value);
    if (c->op != RULE_INSERT && member_text(c->now.rows[c->pos], "type"))
        json_object_object_add(first, "type",
                               json_object_new_string(member_text(c->now.rows[c->pos], "type")));
    json_object_array_add(edits, first);
    if (c->op == RULE_INSERT && c->to)
        json_object_array_add(edits, first = edit("move", "pos", 0, NULL));
    if (c->op == RULE_MOVE || (c->op == RULE_INSERT && c->to))
        json_object_object_add(first, "to",
                               json_object_new_int64(moveto(c->op == RULE_MOVE ? c->pos : 0, c->to)));
    return place_subject(&c->at, place_class(&c->at, "firewall.rule", "firewall.guest.rule"), NULL, edits);
}

static const char *way_back(const struct rule_change *c)
{
    switch (c->op) {
    case RULE_INSERT: return "removes the rule again, wherever it then stands";
    case RULE_REMOVE: return "adds the rule again, and moves it to where it stood";
    case RULE_REPLACE: return "sets back each value that stands under from";
    default: return "moves the rule back to between its neighbours";
    }
}

int32_t rule_change_lay_out(struct rule_change *c)
{
    int32_t r = tell_summary(c);
    if (r < 0 || (r = tell_fields(c)) < 0 || (r = tell_order(c)) < 0 || (r = rule_change_tell(c)) < 0 ||
        (r = guard(c)) < 0 || (r = subject(c)) < 0)
        return r;
    r = c->op == RULE_INSERT ? step_insert(c) : step_at(c);
    if (r == PROXIMO_OK)
        r = see(c);
    if (r == PROXIMO_OK)
        r = tell_text(asks(c), "way_back", way_back(c));
    return r == PROXIMO_OK ? asks(c)->host->undo(asks(c)->call, PROXIMO_UNDO_FUNCTION, NULL, 0) : r;
}
