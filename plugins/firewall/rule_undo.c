/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way back of a change of rules: from the list before and after it to the one change that leads back, and
 * where that is to be made in the list as it is now. While the list is the one that the change left, its
 * positions hold; else the rule and its neighbours are looked for by content, and what cannot be told apart
 * is refused.
 */
#include "rules.h"

/* Where two lists begin to differ, from the front and (counted) from the back. */
static void ends_equal(const struct rule_list *a, const struct rule_list *b, uint32_t *ret_front,
                       uint32_t *ret_back)
{
    const uint32_t least = a->count < b->count ? a->count : b->count;
    uint32_t front = 0, back = 0;
    while (front < least && rule_equal(a->rows[front], b->rows[front]))
        front++;
    while (back < least - front && rule_equal(a->rows[a->count - 1 - back], b->rows[b->count - 1 - back]))
        back++;
    *ret_front = front;
    *ret_back = back;
}

/* Are the rows of `a` those of `b` from `first` on, n of them, `b` being read `skip` later? */
static bool shifted(const struct rule_list *a, const struct rule_list *b, uint32_t a_first, uint32_t b_first,
                    uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (!rule_equal(a->rows[a_first + i], b->rows[b_first + i]))
            return false;
    }
    return true;
}

/* The one change that makes `to` of `from`; false: it is more than one. Positions are those of `from`. */
static bool difference(const struct rule_list *from, const struct rule_list *to, struct rule_change *ret)
{
    uint32_t front, back;
    ends_equal(from, to, &front, &back);
    const uint32_t from_middle = from->count - front - back, to_middle = to->count - front - back;
    if (from_middle == 0 && to_middle == 1) {
        ret->op = RULE_INSERT;
        ret->to = front;
        ret->value = json_object_get(to->rows[front]);
        return true;
    }
    ret->pos = front;
    ret->op = to_middle == 0 ? RULE_REMOVE : RULE_REPLACE;
    if (from_middle == 1 && to_middle == 0)
        return true;
    if (from_middle == 1 && to_middle == 1) {
        ret->value = json_object_get(to->rows[front]);
        return true;
    }
    if (from_middle != to_middle || from_middle < 2)
        return false;
    const uint32_t last = front + from_middle - 1;
    ret->op = RULE_MOVE;
    ret->pos = last; /* from the end of the stretch to its front, */
    ret->to = front;
    if (rule_equal(from->rows[last], to->rows[front]) && shifted(from, to, front, front + 1, from_middle - 1))
        return true;
    ret->pos = front; /* or the other way round */
    ret->to = last;
    return rule_equal(from->rows[front], to->rows[last]) &&
           shifted(from, to, front + 1, front, from_middle - 1);
}

static int32_t none(const struct rule_change *c, const char *why)
{
    const struct asking *a = &c->at.ask;
    (void)a->host->undo(a->call, PROXIMO_UNDO_NONE, NULL, 0);
    return a->host->fail(a->call, PROXIMO_ESTATE,
                         "%s; look at the list (pve_firewall_rules_list) and change it with a plan of its "
                         "own",
                         why);
}

/* ---- in a list that is another by now */

/* The one place of a rule. */
static int32_t find_one(struct rule_change *c, struct json_object *rule, uint32_t *ret)
{
    const uint32_t found = rule_list_find(&c->now, rule, ret);
    const char *words = rule_words(&c->at.ask, rule);
    if (found == 1)
        return PROXIMO_OK;
    if (!words)
        return PROXIMO_ENOMEM;
    return none(c, found == 0 ? ask_text(&c->at.ask, "the rule \"%s\" is not in the list of %s any more",
                                         words, c->at.label)
                              : ask_text(&c->at.ask,
                                         "the list of %s has changed, and the rule \"%s\" is in it %u times: "
                                         "which one is meant cannot be told",
                                         c->at.label, words, (unsigned)found));
}

/* Between the rules that stood before and after it; `without`: its own present place, RULES_MOST: none. */
static int32_t find_gap(struct rule_change *c, const struct rule_list *before, uint32_t at, uint32_t without,
                        uint32_t *ret)
{
    const uint32_t nowhere = RULES_MOST + 1, last = c->now.count - (without < RULES_MOST);
    uint32_t previous = 0, next = 0, from = 0, to = last;
    if (at)
        from = rule_list_find(&c->now, before->rows[at - 1], &previous) == 1 ? previous + 1 : nowhere;
    if (at + 1 < before->count)
        to = rule_list_find(&c->now, before->rows[at + 1], &next) == 1 ? next : nowhere;
    /* Positions of a list in which the rule itself does not stand. */
    from -= at && previous > without;
    to -= at + 1 < before->count && next > without;
    if (from >= nowhere - 1 || from != to)
        return none(c,
                    ask_text(&c->at.ask,
                             "the list of %s has changed, and the rules between which it stood do not stand "
                             "beside each other any more, or more than once",
                             c->at.label));
    *ret = from;
    return PROXIMO_OK;
}

/* Positions of the list after the change become those of the list now. */
static int32_t relocate(struct rule_change *c, const struct rule_list *before, const struct rule_list *after)
{
    int32_t r = PROXIMO_OK;
    if (rule_list_equal(&c->now, after))
        return PROXIMO_OK;
    if (c->op == RULE_INSERT)
        return find_gap(c, before, c->to, RULES_MOST, &c->to);
    if (!after->rows)
        return PROXIMO_EINTERNAL;
    struct json_object *rule = after->rows[c->pos];
    const uint32_t was = c->to;
    r = find_one(c, rule, &c->pos);
    return r == PROXIMO_OK && c->op == RULE_MOVE ? find_gap(c, before, was, c->pos, &c->to) : r;
}

/* ---- the record */

/* The first guard is the list. */
static int32_t recorded(const struct rule_change *c, struct json_object *record, const char *when,
                        struct rule_list *ret)
{
    struct json_object *states = member_of(record, when);
    struct json_object *state =
        json_object_is_type(states, json_type_array) && json_object_array_length(states)
            ? json_object_array_get_idx(states, 0)
            : NULL;
    struct json_object *whole = member_of(state, "");
    return rule_list_of(&c->at.ask, whole ? whole : state, ret);
}

static int32_t plan(struct rule_change *c, struct json_object *record)
{
    struct rule_list before = {0}, after = {0};
    int32_t r = recorded(c, record, "before", &before);
    if (r == PROXIMO_OK)
        r = recorded(c, record, "after", &after);
    if (r == PROXIMO_OK && !difference(&after, &before, c))
        r = none(c, rule_list_equal(&after, &before) ? "the change left the list as it was"
                                                     : "more than one rule was changed in the meantime");
    else if (r == PROXIMO_EPROTO)
        r = none(c, "the record does not say what the list was");
    if (r == PROXIMO_OK)
        r = relocate(c, &before, &after);
    if (r == PROXIMO_OK)
        r = rule_change_lay_out(c);
    rule_list_done(&before);
    rule_list_done(&after);
    return r;
}

int32_t rules_plan_undo(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    struct json_object *record DROP_JSON = json_of(record_json);
    struct rule_change c = {.undoing = true};
    int32_t r = place_open(instance, call, &c.at);
    if (r == PROXIMO_OK)
        r = place_may_change(&c.at);
    if (r == PROXIMO_OK)
        r = rule_list_read(&c.at, &c.now);
    if (r == PROXIMO_OK)
        r = plan(&c, record);
    rule_change_done(&c);
    return r;
}
