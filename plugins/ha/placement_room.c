/* SPDX-License-Identifier: Apache-2.0 */
/* Room on the nodes that are left, and rules that cannot be kept. */
#include "placement.h"

#include <stddef.h>

#define BIT(i) (UINT64_C(1) << (i))

/* ---- room */

static uint64_t room_on(const struct place_node *node)
{
    return node->memory > node->given ? node->memory - node->given : 0;
}

/* The node of the set with most room. */
static int64_t roomiest(const uint64_t *room, uint32_t count, uint64_t set)
{
    int64_t best = -1;
    for (uint32_t n = 0; n < count; n++) {
        if ((set & BIT(n)) && (best < 0 || room[n] > room[best]))
            best = n;
    }
    return best;
}

static bool needs_room(const struct place_outcome *fate)
{
    return fate->fate == PLACE_RESTARTS || fate->fate == PLACE_MOVES;
}

/* Nodes that may get what ran there, and what that needs. */
static uint64_t receivers(const struct place_world *w, const struct place_outcome *fates,
                          struct place_room *ret)
{
    uint64_t set = 0;
    for (uint32_t i = 0; i < w->resource_count; i++) {
        if (!needs_room(&fates[i]))
            continue;
        ret->count++;
        ret->needed += w->resources[i].memory;
        ret->cpus_needed += w->resources[i].cpus;
        ret->unknown |= w->resources[i].memory == 0;
        set |= fates[i].to.nodes;
    }
    return set;
}

/* The next one: the largest that is not larger than the last, in their order where they are equal. */
static int64_t next_largest(const struct place_world *w, const struct place_outcome *fates, int64_t last)
{
    int64_t next = -1;
    for (uint32_t i = 0; i < w->resource_count; i++) {
        const uint64_t size = w->resources[i].memory;
        const bool later =
            last < 0 || size < w->resources[last].memory || (size == w->resources[last].memory && i > last);
        if (needs_room(&fates[i]) && later && (next < 0 || size > w->resources[next].memory))
            next = i;
    }
    return next;
}

void place_room_after(const struct place_world *w, const struct place_outcome *fates, struct place_room *ret)
{
    uint64_t room[PLACE_NODES_MOST] = {0};
    *ret = (struct place_room){0};
    const uint64_t set = receivers(w, fates, ret);
    for (uint32_t n = 0; n < w->node_count; n++) {
        if (!(set & BIT(n)))
            continue;
        room[n] = room_on(&w->nodes[n]);
        ret->room += room[n];
        ret->cpus += w->nodes[n].cpus;
        ret->cpus_given += w->nodes[n].cpus_given;
        ret->unknown |= w->nodes[n].memory == 0;
    }
    /* The largest first, each where there is most room: what then has none needs luck. */
    for (int64_t i = next_largest(w, fates, -1); i >= 0; i = next_largest(w, fates, i)) {
        const int64_t to = roomiest(room, w->node_count, fates[i].to.nodes);
        const uint64_t size = w->resources[i].memory;
        if (to >= 0 && room[to] >= size)
            room[to] -= size;
        else
            ret->left_over += size;
    }
}

/* ---- conflicts */

struct finding {
    const struct place_world *w;
    struct place_conflict *rows;
    uint32_t most, count;
};

static void found(struct finding *f, enum place_conflict_kind kind, uint32_t rule, int64_t other, int64_t who)
{
    if (f->count < f->most)
        f->rows[f->count] = (struct place_conflict){kind, rule, other, who};
    f->count++;
}

static uint32_t in_common(const struct place_rule *a, const struct place_rule *b, int64_t *ret_first)
{
    uint32_t count = 0;
    *ret_first = -1;
    for (uint32_t i = 0; i < a->member_count; i++) {
        if (!place_rule_has(b, a->members[i]))
            continue;
        *ret_first = count == 0 ? a->members[i] : *ret_first;
        count++;
    }
    return count;
}

/* Two rules that both hold, the first of them earlier in the list. */
static void judge_pair(struct finding *f, uint32_t a, uint32_t b)
{
    const struct place_rule *one = &f->w->rules[a], *two = &f->w->rules[b];
    int64_t who = -1;
    const uint32_t common = in_common(one, two, &who);
    if (one->kind == PLACE_NODES && two->kind == PLACE_NODES && common > 0)
        found(f, PLACE_TWO_NODE_RULES, b, a, who);
    if (((one->kind == PLACE_TOGETHER && two->kind == PLACE_APART) ||
         (one->kind == PLACE_APART && two->kind == PLACE_TOGETHER)) &&
        common >= 2)
        found(f, PLACE_BOTH_WAYS, b, a, who);
}

/* The members' strict rules: how many members have one, and the nodes of all of these. */
static void judge_narrow(struct finding *f, uint32_t index)
{
    const struct place_rule *rule = &f->w->rules[index];
    uint64_t left = 0;
    uint32_t bound = 0;
    int64_t by = -1;
    for (uint32_t r = 0; r < f->w->rule_count; r++) {
        const struct place_rule *nodes = &f->w->rules[r];
        int64_t who = -1;
        const uint32_t common =
            nodes->kind == PLACE_NODES && !nodes->off && nodes->strict ? in_common(rule, nodes, &who) : 0;
        bound += common;
        left |= common ? nodes->nodes : 0;
        by = common ? r : by;
    }
    if (bound > place_count(left))
        found(f, PLACE_TOO_NARROW, index, by, -1);
}

/* Those that are kept together may have one node affinity rule among them. */
static void judge_split(struct finding *f, uint32_t index)
{
    int64_t first = -1, who = -1;
    for (uint32_t r = 0; r < f->w->rule_count; r++) {
        const struct place_rule *nodes = &f->w->rules[r];
        if (nodes->kind != PLACE_NODES || nodes->off || !in_common(&f->w->rules[index], nodes, &who))
            continue;
        if (first >= 0)
            found(f, PLACE_SPLIT, index, r, who);
        first = r;
    }
}

uint32_t place_conflicts(const struct place_world *w, struct place_conflict *ret, uint32_t most)
{
    struct finding f = {.w = w, .rows = ret, .most = most};
    for (uint32_t b = 0; b < w->rule_count; b++) {
        const struct place_rule *rule = &w->rules[b];
        if (rule->off)
            continue;
        for (uint32_t a = 0; a < b; a++) {
            if (!w->rules[a].off)
                judge_pair(&f, a, b);
        }
        if (rule->kind != PLACE_NODES && rule->member_count < 2)
            found(&f, PLACE_TOO_FEW, b, -1, -1);
        if (rule->kind == PLACE_APART && rule->member_count > w->node_count)
            found(&f, PLACE_TOO_MANY, b, -1, -1);
        if (rule->kind == PLACE_APART)
            judge_narrow(&f, b);
        if (rule->kind == PLACE_TOGETHER)
            judge_split(&f, b);
    }
    return f.count;
}
