/* SPDX-License-Identifier: Apache-2.0 */
/* The choice of a node for one resource, and what a lost node means for it. The rules are in placement.h. */
#include "placement.h"

#include <string.h>

#define BIT(i) (UINT64_C(1) << (i))

#define BELONGS 1u /* a mark: of those that are kept together with it, or itself */

uint32_t place_count(uint64_t set)
{
    uint32_t count = 0;
    for (; set; set &= set - 1)
        count++;
    return count;
}

int64_t place_node_find(const struct place_world *w, const char *name)
{
    for (uint32_t i = 0; i < w->node_count; i++) {
        if (strcmp(w->nodes[i].name, name) == 0)
            return i;
    }
    return -1;
}

int64_t place_resource_find(const struct place_world *w, const char *sid)
{
    for (uint32_t i = 0; i < w->resource_count; i++) {
        if (strcmp(w->resources[i].sid, sid) == 0)
            return i;
    }
    return -1;
}

bool place_rule_has(const struct place_rule *rule, uint32_t who)
{
    for (uint32_t i = 0; i < rule->member_count; i++) {
        if (rule->members[i] == who)
            return true;
    }
    return false;
}

uint64_t place_online(const struct place_world *w)
{
    uint64_t set = 0;
    for (uint32_t i = 0; i < w->node_count; i++)
        set |= w->nodes[i].state == PLACE_ONLINE ? BIT(i) : 0;
    return set;
}

/* ---- who belongs together */

/* Marks `who` and all that positive rules tie to it, also one by the other. */
static void mark_together(const struct place_world *w, uint32_t who)
{
    bool more = true;
    memset(w->marks, 0, w->resource_count);
    w->marks[who] = BELONGS;
    while (more) {
        more = false;
        for (uint32_t r = 0; r < w->rule_count; r++) {
            const struct place_rule *rule = &w->rules[r];
            bool touches = false;
            for (uint32_t i = 0; i < rule->member_count && rule->kind == PLACE_TOGETHER && !rule->off; i++)
                touches |= w->marks[rule->members[i]] != 0;
            for (uint32_t i = 0; touches && i < rule->member_count; i++) {
                more |= !w->marks[rule->members[i]];
                w->marks[rule->members[i]] = BELONGS;
            }
        }
    }
}

bool place_belongs(const struct place_world *w, uint32_t who, uint32_t other)
{
    mark_together(w, who);
    return who != other && w->marks[other] == BELONGS;
}

/* The node affinity of the resource: its own rule, else that of one it belongs to. Marks are set. */
static int64_t node_rule(const struct place_world *w, uint32_t who)
{
    int64_t shared = -1;
    for (uint32_t r = 0; r < w->rule_count; r++) {
        const struct place_rule *rule = &w->rules[r];
        if (rule->kind != PLACE_NODES || rule->off)
            continue;
        for (uint32_t i = 0; i < rule->member_count; i++) {
            if (rule->members[i] == who)
                return r;
            if (shared < 0 && w->marks[rule->members[i]])
                shared = r;
        }
    }
    return shared;
}

/* ---- the sets */

static int32_t priority_of(const struct place_rule *rule, uint32_t node)
{
    return rule->nodes & BIT(node) ? rule->priority[node] : -1;
}

/* The usable nodes of the highest priority; *ret_allowed: all that it may be on. */
static uint64_t preferred(const struct place_world *w, int64_t index, uint64_t usable, uint64_t *ret_allowed)
{
    const struct place_rule *rule = index < 0 ? NULL : &w->rules[index];
    const uint64_t allowed = rule && rule->strict ? usable & rule->nodes : usable;
    int32_t top = INT32_MIN;
    uint64_t best = 0;
    *ret_allowed = allowed;
    for (uint32_t n = 0; rule && n < w->node_count; n++) {
        if (!(allowed & BIT(n)))
            continue;
        const int32_t priority = priority_of(rule, n);
        best = priority > top ? BIT(n) : priority == top ? best | BIT(n) : best;
        top = priority > top ? priority : top;
    }
    return rule ? best : allowed;
}

/* The node that a resource takes up for others; one that is not to run takes up none. 0: none, or not known.
 */
static uint64_t takes_up(const struct place_resource *res, uint64_t usable)
{
    const bool holds = res->asked == PLACE_STARTED || (res->error && res->asked != PLACE_IGNORED);
    return holds && place_count(res->at) == 1 ? res->at & usable : 0;
}

/* The nodes with resources that are to be kept apart from those that are marked; one of them on `here`. */
static uint64_t apart_from(const struct place_world *w, uint64_t usable, uint64_t here, int64_t *ret_other)
{
    uint64_t taken = 0;
    for (uint32_t r = 0; r < w->rule_count; r++) {
        const struct place_rule *rule = &w->rules[r];
        bool concerns = false;
        for (uint32_t i = 0; i < rule->member_count && rule->kind == PLACE_APART && !rule->off; i++)
            concerns |= w->marks[rule->members[i]] != 0;
        for (uint32_t i = 0; concerns && i < rule->member_count; i++) {
            const uint32_t other = rule->members[i];
            const uint64_t on = w->marks[other] ? 0 : takes_up(&w->resources[other], usable);
            taken |= on;
            if (on && (*ret_other < 0 || ((on & here) && !(w->resources[*ret_other].at & here))))
                *ret_other = other;
        }
    }
    return taken;
}

static bool has_company(const struct place_world *w, uint32_t who)
{
    for (uint32_t i = 0; i < w->resource_count; i++) {
        if (i != who && w->marks[i])
            return true;
    }
    return false;
}

/* Of `set`, the node with most of those that are marked; 0: none of them is there. */
static uint64_t majority(const struct place_world *w, uint32_t who, uint64_t set, uint64_t usable,
                         int64_t *ret_other)
{
    uint32_t most = 0;
    uint64_t best = 0;
    if (!has_company(w, who))
        return 0;
    for (uint32_t n = 0; n < w->node_count; n++) {
        uint32_t count = 0;
        int64_t first = -1;
        for (uint32_t i = 0; (set & BIT(n)) && i < w->resource_count; i++) {
            if (i == who || !w->marks[i] || takes_up(&w->resources[i], usable) != BIT(n))
                continue;
            count++;
            first = first < 0 ? i : first;
        }
        if (count > most) {
            most = count;
            best = BIT(n);
            *ret_other = first;
        }
    }
    return best;
}

/* Is one of those that it belongs to on this node? */
static bool company_on(const struct place_world *w, uint32_t who, uint64_t here)
{
    for (uint32_t i = 0; i < w->resource_count; i++) {
        if (i != who && w->marks[i] && here && takes_up(&w->resources[i], here) == here)
            return true;
    }
    return false;
}

/* ---- the choice */

static struct place_choice stays(const struct place_world *w, uint32_t who, int64_t rule)
{
    return (struct place_choice){
        .nodes = w->resources[who].at, .cause = PLACE_STAYS, .other = -1, .rule = rule};
}

static enum place_lack lack_of(uint64_t usable, uint64_t allowed, uint64_t free)
{
    return free ? PLACE_HAS : !usable ? PLACE_NO_NODE : !allowed ? PLACE_RULE_NODE : PLACE_CROWDED;
}

struct place_choice place_choose(const struct place_world *w, uint32_t who, uint64_t out, bool recovering)
{
    const struct place_resource *res = &w->resources[who];
    const uint64_t usable = place_online(w) & ~out;
    const uint64_t here = recovering || place_count(res->at) != 1 ? 0 : res->at & usable;
    uint64_t allowed = 0;
    int64_t enemy = -1, friend = -1;

    mark_together(w, who);
    const int64_t rule = node_rule(w, who);
    const uint64_t best = preferred(w, rule, usable, &allowed);
    const uint64_t taken = apart_from(w, usable, here, &enemy);
    if ((here & allowed) && !res->failback && (company_on(w, who, here) || !(here & taken)))
        return stays(w, who, rule);
    const uint64_t free = best & ~taken;
    const uint64_t joined = majority(w, who, free, usable, &friend);
    const uint64_t to = joined ? joined : free;
    if (here & to)
        return stays(w, who, rule);
    struct place_choice choice = {
        .nodes = to, .lack = lack_of(usable, allowed, to), .other = -1, .rule = rule};
    choice.cause = !here               ? PLACE_NODE_OUT
                   : !(here & allowed) ? PLACE_FORBIDDEN
                   : (here & taken)    ? PLACE_KEPT_APART
                   : !(here & best)    ? PLACE_PREFERS
                                       : PLACE_JOINS;
    if (choice.lack == PLACE_CROWDED || choice.cause == PLACE_KEPT_APART)
        choice.other = enemy;
    else if (joined)
        choice.other = friend;
    return choice;
}

enum place_bar place_bars(const struct place_world *w, uint32_t who, uint32_t node, int64_t *ret_index)
{
    uint64_t allowed = 0;
    *ret_index = -1;
    if (w->nodes[node].state != PLACE_ONLINE)
        return PLACE_BAR_NODE;
    mark_together(w, who);
    const int64_t rule = node_rule(w, who);
    (void)preferred(w, rule, BIT(node), &allowed);
    if (!allowed) {
        *ret_index = rule;
        return PLACE_BAR_RULE;
    }
    return apart_from(w, BIT(node), 0, ret_index) ? PLACE_BAR_OTHER : PLACE_FREE;
}

/* ---- a node that goes */

struct place_outcome place_fate_of(const struct place_world *w, uint32_t who, uint32_t node,
                                   enum place_event event)
{
    const struct place_resource *res = &w->resources[who];
    struct place_outcome outcome = {
        .fate = PLACE_ELSEWHERE, .to = {.other = -1, .rule = -1}, .maybe = place_count(res->at) > 1};
    if (!(res->at & BIT(node)))
        return outcome;
    outcome.fate = PLACE_NOT_STARTED;
    if (res->asked == PLACE_IGNORED || res->asked == PLACE_DISABLED)
        return outcome;
    if (res->error) {
        outcome.fate = PLACE_GIVEN_UP;
        return outcome;
    }
    if (res->asked == PLACE_STOPPED && event == PLACE_IS_EMPTIED)
        return outcome;
    outcome.to = place_choose(w, who, BIT(node), true);
    outcome.works = outcome.to.nodes & res->can;
    outcome.fate = outcome.to.lack != PLACE_HAS
                       ? (res->asked == PLACE_STARTED ? PLACE_NOWHERE : PLACE_NOT_STARTED)
                   : res->asked == PLACE_STOPPED ? PLACE_GOES_OFF
                   : event == PLACE_IS_EMPTIED   ? PLACE_MOVES
                                                 : PLACE_RESTARTS;
    return outcome;
}

void place_fates(const struct place_world *w, uint32_t node, enum place_event event,
                 struct place_outcome *ret)
{
    for (uint32_t i = 0; i < w->resource_count; i++)
        ret[i] = place_fate_of(w, i, node, event);
}
