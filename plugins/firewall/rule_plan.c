/* SPDX-License-Identifier: Apache-2.0 */
/* pve_firewall_rule_add, _remove, _update, _move: from the arguments to the change of a list. */
#include "rules.h"

/* A position that there is. */
static int32_t position(const struct rule_change *c, const char *argument, uint32_t *ret)
{
    const struct asking *a = &c->at.ask;
    const char *text = ask_argument(a, argument);
    const uint64_t pos = text ? digits_of(text, RULES_MOST) : RULES_MOST;
    if (pos < c->now.count) {
        *ret = (uint32_t)pos;
        return PROXIMO_OK;
    }
    if (c->now.count == 0)
        return a->host->fail(a->call, PROXIMO_ENOTFOUND, "%s has no rules", c->at.label);
    return a->host->fail(a->call, PROXIMO_ENOTFOUND,
                         "there is no rule %s of %s: its rules are 0 to %u; pve_firewall_rules_list shows "
                         "them",
                         text ? text : "", c->at.label, (unsigned)c->now.count - 1);
}

static int32_t nothing(const struct rule_change *c)
{
    const char *text =
        ask_text(&c->at.ask, "nothing to do: rule %u of %s is so already", (unsigned)c->pos, c->at.label);
    return text ? c->at.ask.host->change(c->at.ask.call, text) : PROXIMO_ENOMEM;
}

/* The rule, or its place, as it will be. */
static int32_t take(struct rule_change *c)
{
    int32_t r = c->op == RULE_INSERT ? PROXIMO_OK : position(c, "pos", &c->pos);
    if (r < 0)
        return r;
    switch (c->op) {
    case RULE_INSERT: return rule_from_arguments(&c->at, NULL, &c->value);
    case RULE_REPLACE: return rule_from_arguments(&c->at, c->now.rows[c->pos], &c->value);
    case RULE_MOVE: return position(c, "to", &c->to);
    default: return PROXIMO_OK;
    }
}

/* A rule that is moved among equal ones leaves the list as it is. */
static bool so_already(const struct rule_change *c)
{
    const uint32_t last = c->pos < c->to ? c->to : c->pos;
    bool same = c->op == RULE_MOVE;
    for (uint32_t i = c->pos < c->to ? c->pos : c->to; same && i <= last; i++)
        same = rule_equal(c->now.rows[i], c->now.rows[c->pos]);
    return same || (c->op == RULE_REPLACE && rule_equal(c->value, c->now.rows[c->pos]));
}

static int32_t plan(void *instance, struct proximo_call *call, uint32_t op)
{
    struct rule_change c = {.op = op};
    int32_t r = place_open(instance, call, &c.at);
    if (r == PROXIMO_OK)
        r = place_may_change(&c.at);
    if (r == PROXIMO_OK)
        r = rule_list_read(&c.at, &c.now);
    if (r == PROXIMO_OK && op == RULE_INSERT && c.now.count >= RULES_MOST)
        r = c.at.ask.host->fail(call, PROXIMO_EINVAL, "%s has %u rules, which is enough", c.at.label,
                                (unsigned)c.now.count);
    if (r == PROXIMO_OK)
        r = take(&c);
    if (r == PROXIMO_OK)
        r = so_already(&c) ? nothing(&c) : rule_change_lay_out(&c);
    rule_change_done(&c);
    return r;
}

int32_t rules_plan_add(void *instance, struct proximo_call *call)
{
    return plan(instance, call, RULE_INSERT);
}

int32_t rules_plan_remove(void *instance, struct proximo_call *call)
{
    return plan(instance, call, RULE_REMOVE);
}

int32_t rules_plan_update(void *instance, struct proximo_call *call)
{
    return plan(instance, call, RULE_REPLACE);
}

int32_t rules_plan_move(void *instance, struct proximo_call *call)
{
    return plan(instance, call, RULE_MOVE);
}
