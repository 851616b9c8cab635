/* SPDX-License-Identifier: Apache-2.0 */
/* What a person wants to know of a rule beside what it says: why it may do nothing. What a packet really
 * meets works the blast function out. */
#include "objects.h"

/* A rule that is there more than once: which one is meant. */
static int32_t tell_equals(const struct rule_change *c)
{
    const struct asking *a = &c->at.ask;
    const char *others = NULL;
    for (uint32_t i = 0; c->op != RULE_INSERT && i < c->now.count; i++) {
        if (i != c->pos && rule_equal(c->now.rows[i], c->now.rows[c->pos]))
            others = others ? ask_text(a, "%s, %u", others, (unsigned)i) : ask_text(a, "%u", (unsigned)i);
    }
    return others ? tell_text(a, "equal_rules",
                              ask_text(a, "the same rule stands at %s as well; the one at %u is meant",
                                       others, (unsigned)c->pos))
                  : PROXIMO_OK;
}

static int32_t tell_errors(const struct rule_change *c)
{
    if (c->op == RULE_INSERT || !c->now.invalid[c->pos])
        return PROXIMO_OK;
    return tell_text(
        &c->at.ask, "invalid",
        c->op == RULE_REMOVE
            ? "Proxmox says that the rule has errors: it matches nothing, and may not be taken again by "
              "the way back"
            : "Proxmox says that the rule has errors: it matches nothing as it is");
}

int32_t rule_change_tell(const struct rule_change *c)
{
    const struct asking *a = &c->at.ask;
    struct json_object *rule = c->value ? c->value : c->now.rows[c->pos];
    const bool forward = member_is(rule, "type", "forward") || strcmp(c->at.scope->name, "vnet") == 0;
    int32_t r = PROXIMO_OK;
    if (member_is(rule, "enable", "0"))
        r = tell_text(a, "disabled",
                      c->op == RULE_REMOVE ? "the rule is disabled: it did nothing"
                                           : "the rule is disabled: it does nothing until it is enabled");
    if (r == PROXIMO_OK)
        r = tell_equals(c);
    if (r == PROXIMO_OK)
        r = tell_errors(c);
    if (r == PROXIMO_OK && forward)
        r = tell_text(
            a, "engine",
            "forwarded traffic is filtered by the nftables firewall alone (option nftables of a node)");
    if (r == PROXIMO_OK)
        r = place_tell_off(&c->at, true);
    if (r == PROXIMO_OK && strcmp(c->at.scope->name, "guest") == 0)
        r = place_tell_devices(&c->at);
    if (r == PROXIMO_OK && strcmp(c->at.scope->name, "group") == 0)
        r = object_tell_callers(&c->at, c->at.id);
    return r;
}
