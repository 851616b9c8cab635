/* SPDX-License-Identifier: Apache-2.0 */
/* pve_firewall_rule_add, _remove, _update, _move: from the arguments to the change of a list. */
#include "rules.h"

static int32_t begin(void *instance, struct proximo_call *call, struct rule_change *ret)
{
    *ret = (struct rule_change){0};
    int32_t r = place_open(instance, call, &ret->at);
    if (r == PROXIMO_OK)
        r = place_may_change(&ret->at);
    return r == PROXIMO_OK ? rule_list_read(&ret->at, &ret->now) : r;
}

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

int32_t rules_plan_add(void *instance, struct proximo_call *call)
{
    struct rule_change c;
    int32_t r = begin(instance, call, &c);
    c.op = RULE_INSERT;
    if (r == PROXIMO_OK && c.now.count >= RULES_MOST)
        r = c.at.ask.host->fail(call, PROXIMO_EINVAL, "%s has %u rules, which is enough", c.at.label,
                                (unsigned)c.now.count);
    if (r == PROXIMO_OK)
        r = rule_from_arguments(&c.at, NULL, &c.value);
    if (r == PROXIMO_OK)
        r = rule_change_lay_out(&c);
    rule_change_done(&c);
    return r;
}

int32_t rules_plan_remove(void *instance, struct proximo_call *call)
{
    struct rule_change c;
    int32_t r = begin(instance, call, &c);
    c.op = RULE_REMOVE;
    if (r == PROXIMO_OK)
        r = position(&c, "pos", &c.pos);
    if (r == PROXIMO_OK)
        r = rule_change_lay_out(&c);
    rule_change_done(&c);
    return r;
}

static int32_t nothing(const struct rule_change *c)
{
    const char *text = ask_text(&c->at.ask, "nothing to do: rule %u of %s is so already", (unsigned)c->pos,
                                c->at.label);
    return text ? c->at.ask.host->change(c->at.ask.call, text) : PROXIMO_ENOMEM;
}

int32_t rules_plan_update(void *instance, struct proximo_call *call)
{
    struct rule_change c;
    int32_t r = begin(instance, call, &c);
    c.op = RULE_REPLACE;
    if (r == PROXIMO_OK)
        r = position(&c, "pos", &c.pos);
    if (r == PROXIMO_OK)
        r = rule_from_arguments(&c.at, c.now.rows[c.pos], &c.value);
    if (r == PROXIMO_OK)
        r = rule_equal(c.value, c.now.rows[c.pos]) ? nothing(&c) : rule_change_lay_out(&c);
    rule_change_done(&c);
    return r;
}

int32_t rules_plan_move(void *instance, struct proximo_call *call)
{
    struct rule_change c;
    int32_t r = begin(instance, call, &c);
    c.op = RULE_MOVE;
    if (r == PROXIMO_OK)
        r = position(&c, "pos", &c.pos);
    if (r == PROXIMO_OK)
        r = position(&c, "to", &c.to);
    if (r == PROXIMO_OK)
        r = c.pos == c.to ? nothing(&c) : rule_change_lay_out(&c);
    rule_change_done(&c);
    return r;
}
