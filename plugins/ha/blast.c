/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a change of high availability does, and what would be different when a node fails: the model before
 * and after it, compared. A resource's fate is told with the one it has now, where they differ.
 */
#include "blast.h"

#define BIT(i) (UINT64_C(1) << (i))

int32_t ha_blast_open(void *instance, struct proximo_call *call, struct proximo_text subject_json,
                      struct ha_blast *ret)
{
    *ret = (struct ha_blast){.ask = {((struct plane_instance *)instance)->host, call},
                             .subject = json_of(subject_json)};
    int32_t r = ret->subject ? ha_world_read(&ret->ask, &ret->before) : PROXIMO_ENOMEM;
    return r == PROXIMO_OK ? ha_world_copy(&ret->before, &ret->after) : r;
}

void ha_blast_close(struct ha_blast *b)
{
    ha_world_done(&b->before);
    json_object_put(b->subject);
}

/* ---- where it comes to be */

static bool is_same(const struct place_choice *a, const struct place_choice *b)
{
    return a->cause == b->cause && a->nodes == b->nodes && a->lack == b->lack;
}

/* A resource that is to run; one whose node is gone is looked at as well: a change may give it a place. */
static struct place_choice choice_of(const struct ha_world *world, uint32_t who)
{
    const struct place_resource *res = &world->place.resources[who];
    const struct place_choice stays = {.nodes = res->at, .cause = PLACE_STAYS, .other = -1, .rule = -1};
    return res->asked == PLACE_STARTED && !res->error && place_count(res->at) == 1 && !world->frozen
               ? place_choose(&world->place, who, 0, false)
               : stays;
}

/* Moves that are certain are taken as made, of the others both places count. */
static void settle(struct ha_world *world)
{
    const uint32_t count = world->place.resource_count;
    uint64_t *at = world->ask.host->alloc(world->ask.call, (count + UINT64_C(1)) * sizeof(*at));
    for (uint32_t i = 0; at && i < count; i++) {
        const struct place_choice choice = choice_of(world, i);
        const bool sure = choice.cause == PLACE_FORBIDDEN || choice.cause == PLACE_PREFERS;
        at[i] = world->place.resources[i].at;
        if (choice.cause != PLACE_STAYS && choice.lack == PLACE_HAS)
            at[i] = sure ? choice.nodes : at[i] | choice.nodes;
    }
    for (uint32_t i = 0; at && i < count; i++)
        world->place.resources[i].at = at[i];
}

/* ---- its fate when its node fails */

struct fate {
    const char *text; /* NULL: not known */
    uint32_t risk;
};

static uint32_t risk_of(const struct place_outcome *outcome)
{
    if (outcome->fate == PLACE_NOWHERE || outcome->fate == PLACE_GIVEN_UP)
        return PROXIMO_RISK_HIGH;
    if (outcome->fate == PLACE_RESTARTS && outcome->works != outcome->to.nodes)
        return outcome->works ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_HIGH;
    return outcome->fate == PLACE_RESTARTS ? PROXIMO_RISK_LOW : PROXIMO_RISK_MEDIUM;
}

/* "if pve2 fails, it is started again on pve3"; for each node that it may be on. */
static struct fate fate_of(const struct ha_world *world, uint32_t who)
{
    const struct place_resource *res = &world->place.resources[who];
    struct fate fate = {.risk = PROXIMO_RISK_LOW};
    for (uint32_t n = 0; n < world->place.node_count; n++) {
        const struct place_outcome outcome = place_fate_of(&world->place, who, n, PLACE_FAILS);
        if (!(res->at & BIT(n)))
            continue;
        const char *lost = outcome.fate == PLACE_NOT_STARTED ? NULL : ha_idle_text(world, n);
        const char *says = lost ? lost : ha_outcome_text(world, who, &outcome),
                   *name = world->place.nodes[n].name;
        const uint32_t risk = lost ? PROXIMO_RISK_MEDIUM : risk_of(&outcome);
        fate.text = fate.text
                        ? ask_text(&world->ask, lost ? "%s; if %s fails, %s" : "%s; if %s fails, it %s",
                                   fate.text, name, says)
                        : ask_text(&world->ask, lost ? "if %s fails, %s" : "if %s fails, it %s", name, says);
        fate.risk = risk > fate.risk ? risk : fate.risk;
    }
    return fate;
}

/* Without a resource nobody looks after the guest. */
static struct fate fate_before(const struct ha_blast *b, uint32_t who)
{
    return who < b->before.place.resource_count ? fate_of(&b->before, who) : (struct fate){0};
}

static bool differs(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) != 0 : a != b;
}

/* ---- resources */

static struct json_object *facts_of(const struct ha_blast *b, uint32_t who, const struct fate *was,
                                    bool changed)
{
    struct json_object *facts = json_object_new_object();
    const struct place_resource *res = &b->after.place.resources[who];
    json_object_object_add(facts, "ha", json_object_new_string(res->sid));
    if (who < b->before.place.resource_count && b->before.place.resources[who].at)
        json_object_object_add(
            facts, "node",
            json_object_new_string(ha_nodes_text(&b->before, b->before.place.resources[who].at)));
    if (changed && was->text)
        json_object_object_add(facts, "until_now", json_object_new_string(was->text));
    return facts;
}

static const char *joined(const struct asking *a, const char *text, const char *more)
{
    return !more ? text : text ? ask_text(a, "%s; %s", text, more) : more;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static int32_t tell_resource(const struct ha_blast *b, uint32_t who, const struct place_choice *moves)
{
    const struct asking *a = &b->ask;
    const char *sid = b->after.place.resources[who].sid, *vmid = strchr(sid, ':');
    const struct known_guest *guest = ha_world_guest(&b->after, sid);
    const struct fate was = fate_before(b, who), is = fate_of(&b->after, who);
    const bool focus = b->focus && strcmp(b->focus, sid) == 0, changed = differs(was.text, is.text);
    const char *move = moves ? ha_choice_text(&b->after, who, moves) : NULL;
    const char *text = focus ? b->says : NULL;
    uint32_t risk = focus ? b->risk : PROXIMO_RISK_LOW;
    if (!focus && !move && !changed)
        return PROXIMO_OK;
    if (move)
        risk =
            larger(risk, moves->lack != PLACE_HAS || b->after.place.resources[who].lxc ? PROXIMO_RISK_HIGH
                                                                                       : PROXIMO_RISK_MEDIUM);
    if (move && text)
        move = ask_text(a, "then it %s", move);
    text = joined(a, joined(a, text, move), is.text);
    risk = larger(risk, is.risk);
    return tell_affected(a, risk ? risk : PROXIMO_RISK_LOW, ask_text(a, "guest/%s", vmid ? vmid + 1 : sid),
                         guest ? guest->name : NULL, text ? text : "where it is was not read",
                         facts_of(b, who, &was, changed));
}

/* Only what is told is looked at closer: what ties a guest is in its configuration. */
static int32_t look_closer(struct ha_blast *b, const struct place_choice *const *moves)
{
    const uint32_t count = b->after.place.resource_count, old = b->before.place.resource_count;
    bool *told = b->ask.host->alloc(b->ask.call, count + UINT64_C(1));
    for (uint32_t i = 0; told && i < count; i++)
        told[i] = moves[i] || (b->focus && strcmp(b->focus, b->after.place.resources[i].sid) == 0) ||
                  differs(fate_before(b, i).text, fate_of(&b->after, i).text);
    int32_t r = told ? ha_world_ties(&b->after, told) : PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < old && i < count; i++) {
        struct place_resource *was = &b->before.place.resources[i];
        const struct place_resource *is = &b->after.place.resources[i];
        was->can = is->can;
        was->tie = is->tie;
        was->can_unknown = is->can_unknown;
    }
    return r;
}

static int32_t tell_resources(struct ha_blast *b)
{
    const uint32_t count = b->after.place.resource_count, old = b->before.place.resource_count;
    struct place_choice *choices = b->ask.host->alloc(b->ask.call, (count + UINT64_C(1)) * sizeof(*choices));
    const struct place_choice **moves =
        b->ask.host->alloc(b->ask.call, (count + UINT64_C(1)) * sizeof(*moves));
    if (!choices || !moves)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        choices[i] = choice_of(&b->after, i);
        const struct place_choice was = i < old ? choice_of(&b->before, i) : (struct place_choice){0};
        moves[i] = choices[i].cause != PLACE_STAYS && !is_same(&choices[i], &was) ? &choices[i] : NULL;
    }
    settle(&b->before);
    settle(&b->after);
    int32_t r = look_closer(b, moves);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++)
        r = tell_resource(b, i, moves[i]);
    return r;
}

/* ---- nodes: room for what they had */

static int32_t tell_room(const struct ha_blast *b, uint32_t node, const struct place_room *was,
                         const struct place_room *is)
{
    const struct asking *a = &b->ask;
    if (!is->left_over || is->left_over <= was->left_over)
        return PROXIMO_OK;
    return tell_affected(a, PROXIMO_RISK_MEDIUM, ask_text(a, "node/%s", b->after.place.nodes[node].name),
                         NULL,
                         ask_text(a,
                                  "if it fails, HA starts guests with %s of memory elsewhere, and %s of that "
                                  "do not fit beside what the "
                                  "running guests there may take: guests may be killed or not start",
                                  ha_gib(a, is->needed), ha_gib(a, is->left_over)),
                         NULL);
}

static int32_t tell_nodes(const struct ha_blast *b)
{
    const uint32_t count = b->after.place.resource_count;
    struct place_outcome *fates = b->ask.host->alloc(b->ask.call, (count + UINT64_C(1)) * sizeof(*fates));
    bool unknown = false;
    int32_t r = fates ? PROXIMO_OK : PROXIMO_ENOMEM;
    for (uint32_t n = 0; r == PROXIMO_OK && n < b->after.place.node_count; n++) {
        struct place_room was, is;
        place_fates(&b->before.place, n, PLACE_FAILS, fates);
        place_room_after(&b->before.place, fates, &was);
        place_fates(&b->after.place, n, PLACE_FAILS, fates);
        place_room_after(&b->after.place, fates, &is);
        unknown |= is.unknown && !was.unknown;
        r = tell_room(b, n, &was, &is);
    }
    return r == PROXIMO_OK && unknown
               ? b->ask.host->incomplete(b->ask.call, "whether other nodes have the memory when one fails",
                                         "the size of a guest or of a node was not read")
               : r;
}

/* ---- rules that cannot be kept */

static int32_t tell_conflicts(const struct ha_blast *b)
{
    struct place_conflict found[HA_CONFLICTS_MOST];
    const uint32_t count = ha_new_conflicts(&b->before, &b->after, found);
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++)
        r = tell_affected(
            &b->ask, found[i].kind == PLACE_TOO_FEW ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_HIGH,
            ha_rule_word(&b->after, found[i].rule), NULL,
            ask_text(&b->ask, "HA does not follow it any more: %s", ha_conflict_text(&b->after, &found[i])),
            NULL);
    return r;
}

int32_t ha_blast_tell(struct ha_blast *b)
{
    int32_t r = tell_conflicts(b);
    if (r == PROXIMO_OK)
        r = tell_resources(b);
    return r == PROXIMO_OK ? tell_nodes(b) : r;
}
