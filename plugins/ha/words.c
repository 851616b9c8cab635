/* SPDX-License-Identifier: Apache-2.0 */
/* What the model says, in words. Where the manager chooses, the words have all nodes that it may choose. */
#include "world.h"

#define BIT(i) (UINT64_C(1) << (i))

const char *ha_nodes_text(const struct ha_world *world, uint64_t set)
{
    const char *text = NULL;
    for (uint32_t n = 0; n < world->place.node_count; n++) {
        if (!(set & BIT(n)))
            continue;
        const char *name = world->place.nodes[n].name;
        text = text ? ask_text(&world->ask, "%s, %s", text, name) : name;
    }
    if (!text)
        return "no node";
    return place_count(set) > 1 ? ask_text(&world->ask, "one of %s", text) : text;
}

const char *ha_scheduler_text(const struct ha_world *world)
{
    static const struct {
        const char *mode, *text;
    } modes[] = {
        {"basic", "among equal nodes the HA manager takes the one with the fewest active resources"},
        {"static",
         "among equal nodes the HA manager takes the one with the least memory and processors given out "
         "to its resources"},
        {"dynamic", "among equal nodes the HA manager takes the one with the least load at that moment"},
    };
    for (size_t i = 0; world->scheduler && i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (strcmp(world->scheduler, modes[i].mode) == 0)
            return modes[i].text;
    }
    return "which of several equal nodes it is, the HA manager chooses; how was not read";
}

const char *ha_rule_word(const struct ha_world *world, int64_t rule)
{
    return rule < 0 ? "its rule"
                    : ask_text(&world->ask, "%s/%s", world->groups ? "ha-group" : "ha-rule",
                               world->place.rules[rule].name);
}

const char *ha_gib(const struct asking *a, uint64_t bytes)
{
    return ask_text(a, "%.1f GiB", (double)bytes / 1073741824.0);
}

const char *ha_idle_text(const struct ha_world *world, uint32_t lost)
{
    const uint32_t all = world->place.node_count;
    uint32_t left = 0;
    if (world->frozen)
        return "nothing is started again: HA is switched off (disarmed)";
    for (uint32_t n = 0; n < all; n++)
        left += n != lost && world->place.nodes[n].state != PLACE_OFFLINE;
    return 2 * left > all || all < 2
               ? NULL
               : ask_text(
                     &world->ask,
                     "%u of %u nodes are left, which is no majority: HA starts nothing, and nodes with HA "
                     "resources reset themselves, unless a quorum device votes (Proxmox does not tell)",
                     (unsigned)left, (unsigned)all);
}

static const char *sid_of(const struct ha_world *world, int64_t who)
{
    return who < 0 ? "another guest" : world->place.resources[who].sid;
}

static const char *lack_text(const struct ha_world *world, const struct place_choice *choice)
{
    switch (choice->lack) {
    case PLACE_NO_NODE: return "no other node is online";
    case PLACE_RULE_NODE:
        return ask_text(&world->ask, "%s is strict, and no other node of it is online",
                        ha_rule_word(world, choice->rule));
    case PLACE_CROWDED:
        return ask_text(&world->ask,
                        "every node that it would go to has a guest that it is kept apart from (%s)",
                        sid_of(world, choice->other));
    default: return "";
    }
}

/* What the manager does not know of. */
static const char *tie_text(const struct ha_world *world, uint32_t who, const struct place_outcome *outcome)
{
    const struct place_resource *res = &world->place.resources[who];
    if (outcome->works == outcome->to.nodes)
        return res->can_unknown ? "; whether its disks and devices are there is not known" : "";
    const char *tie = res->tie ? res->tie : "what it needs is not there";
    return outcome->works ? ask_text(&world->ask, ", but starts only on %s: %s",
                                     ha_nodes_text(world, outcome->works), tie)
                          : ask_text(&world->ask, ", but does not start there: %s", tie);
}

const char *ha_outcome_text(const struct ha_world *world, uint32_t who, const struct place_outcome *outcome)
{
    const struct asking *a = &world->ask;
    const char *to = ha_nodes_text(world, outcome->to.nodes), *tie = tie_text(world, who, outcome);
    const bool lxc = world->place.resources[who].lxc;
    switch (outcome->fate) {
    case PLACE_RESTARTS: return ask_text(a, "is started again on %s%s", to, tie);
    case PLACE_MOVES:
        return ask_text(a, lxc ? "is shut down and started again on %s%s" : "moves to %s while it runs%s", to,
                        tie);
    case PLACE_GOES_OFF: return ask_text(a, "goes to %s, stopped as it is", to);
    case PLACE_NOWHERE: return ask_text(a, "has nowhere to go: %s", lack_text(world, &outcome->to));
    case PLACE_GIVEN_UP:
        return "is not started again: it is in error, and HA does nothing for it until it is set to disabled";
    case PLACE_NOT_STARTED:
        return world->place.resources[who].asked == PLACE_IGNORED
                   ? "is not started again: nobody looks after it"
                   : "is not started: it is not to run";
    default: return "is not on that node";
    }
}

static uint64_t offline_nodes(const struct ha_world *world)
{
    uint64_t set = 0;
    for (uint32_t n = 0; n < world->place.node_count; n++)
        set |= world->place.nodes[n].state == PLACE_OFFLINE ? BIT(n) : 0;
    return set;
}

const char *ha_choice_text(const struct ha_world *world, uint32_t who, const struct place_choice *choice)
{
    const struct asking *a = &world->ask;
    const char *to = ha_nodes_text(world, choice->nodes), *other = sid_of(world, choice->other);
    const bool shared = choice->rule >= 0 && !place_rule_has(&world->place.rules[choice->rule], who);
    const char *rule = ask_text(a, "%s%s", ha_rule_word(world, choice->rule),
                                shared ? ", of those that it is kept together with," : "");
    const char *moves = world->place.resources[who].lxc ? "is shut down and started again on" : "moves to";
    if (choice->cause == PLACE_STAYS)
        return NULL;
    if (choice->lack != PLACE_HAS)
        return ask_text(a, "should leave its node, and has nowhere to go: %s", lack_text(world, choice));
    switch (choice->cause) {
    case PLACE_NODE_OUT:
        return world->place.resources[who].at & offline_nodes(world)
                   ? ask_text(a, "is started again on %s: its node does not answer", to)
                   : ask_text(a, "%s %s: its node takes no resources", moves, to);
    case PLACE_FORBIDDEN: return ask_text(a, "%s %s: %s does not allow the node it is on", moves, to, rule);
    case PLACE_PREFERS: return ask_text(a, "%s %s: %s prefers it", moves, to, rule);
    case PLACE_KEPT_APART:
        return ask_text(a, "%s %s, unless %s goes: both are on one node and are to be kept apart", moves, to,
                        other);
    default:
        return ask_text(a, "%s %s, unless %s comes to it: they are to be kept together", moves, to, other);
    }
}

const char *ha_conflict_text(const struct ha_world *world, const struct place_conflict *conflict)
{
    const struct asking *a = &world->ask;
    const char *other = conflict->other < 0 ? "" : world->place.rules[conflict->other].name;
    const char *who = conflict->who < 0 ? "" : world->place.resources[conflict->who].sid;
    switch (conflict->kind) {
    case PLACE_TWO_NODE_RULES: return ask_text(a, "%s is in node affinity rule \"%s\" already", who, other);
    case PLACE_BOTH_WAYS:
        return ask_text(a, "it and rule \"%s\" want two of the same resources together and apart", other);
    case PLACE_TOO_MANY:
        return ask_text(a, "it keeps more resources apart than there are nodes (%u)",
                        (unsigned)world->place.node_count);
    case PLACE_TOO_NARROW:
        return "it keeps more resources apart than there are nodes that their strict rules allow";
    case PLACE_TOO_FEW: return "with less than two resources it does nothing";
    default: return ask_text(a, "its resources are in different node affinity rules (\"%s\" is one)", other);
    }
}
