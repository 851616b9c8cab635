/* SPDX-License-Identifier: Apache-2.0 */
/* What a person wants to know of a rule beside what it says: why it may do nothing. What a packet really
 * meets works the blast function out. */
#include "objects.h"

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
