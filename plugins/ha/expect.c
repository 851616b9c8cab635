/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The moves that certainly follow from a change of rules, groups or failback: waits for the node that each of
 * these resources comes to. Who of several goes when they are to be kept apart or together is the manager's
 * choice: nothing is waited for then. And what rules and groups check alike.
 */
#include "world.h"

#define EXPECTED_MOST 8u /* resources; of more the first ones */

/* ["pve2","pve3"] */
static const char *nodes_json(const struct ha_world *world, uint64_t set)
{
    struct json_object *list DROP_JSON = json_object_new_array();
    for (uint32_t n = 0; list && n < world->place.node_count; n++) {
        if (set & (UINT64_C(1) << n))
            json_object_array_add(list, json_object_new_string(world->place.nodes[n].name));
    }
    return list ? ask_text(&world->ask, "%s", json_text(list).ptr) : NULL;
}

static bool certain(const struct place_choice *choice)
{
    return choice->lack == PLACE_HAS && (choice->cause == PLACE_FORBIDDEN || choice->cause == PLACE_PREFERS);
}

static bool runs_here(const struct ha_world *world, uint32_t who)
{
    const struct place_resource *res = &world->place.resources[who];
    return res->asked == PLACE_STARTED && !res->error && (res->at & place_online(&world->place));
}

int32_t ha_expect_moves(struct config_change *c, const struct ha_world *before, const struct ha_world *after)
{
    const struct asking *a = &c->ask;
    const uint32_t count = before->place.resource_count;
    struct proximo_step *waits =
        a->host->alloc(a->call, (2 * EXPECTED_MOST + c->seen_count) * sizeof(*waits));
    uint32_t used = c->seen_count;
    int32_t r = waits ? PROXIMO_OK : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && used)
        memcpy(waits, c->seen, used * sizeof(*waits));
    for (uint32_t i = 0; r == PROXIMO_OK && after->master && !after->frozen && i < count; i++) {
        if (!runs_here(before, i) || !runs_here(after, i) || used + 2 > 2 * EXPECTED_MOST + c->seen_count)
            continue;
        const struct place_choice was = place_choose(&before->place, i, 0, false);
        const struct place_choice is = place_choose(&after->place, i, 0, false);
        if (!certain(&is) || (was.cause != PLACE_STAYS && was.nodes == is.nodes))
            continue;
        const char *sid = after->place.resources[i].sid;
        r = ha_wait_node(a, sid, nodes_json(after, is.nodes), &waits[used++]);
        if (r == PROXIMO_OK)
            r = ha_wait_state(a, sid, "[\"started\"]", &waits[used++]);
    }
    c->seen = waits;
    c->seen_count = used;
    return r;
}

int32_t ha_check_nodes(const struct config_change *c, const struct ha_world *world)
{
    const struct config_edit *edit = config_edited(c, "nodes");
    for (const char *at = edit && edit->to ? edit->to : ""; *at && world->place.node_count;) {
        const size_t len = strcspn(at, ",; "), name = strcspn(at, ":,; ");
        const char *node = ask_text(&c->ask, "%.*s", (int)name, at);
        if (!node)
            return PROXIMO_ENOMEM;
        if (*node && place_node_find(&world->place, node) < 0)
            return c->ask.host->fail(
                c->ask.call, PROXIMO_EINVAL,
                "nodes: the cluster has no node \"%.64s\"; a priority follows a colon: pve2:2", node);
        if (name < len && (name + 1 == len || strspn(at + name + 1, "0123456789") != len - name - 1))
            return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                     "nodes: the priority of node \"%.64s\" is no number: pve2:2", node);
        at += len;
        at += strspn(at, ",; ");
    }
    return PROXIMO_OK;
}

/* ---- conflicts */

/* Of two rules that are at odds neither is followed: at odds with another one it is another matter. */
static bool is_same_pair(const struct ha_world *before, const struct place_conflict *had,
                         const struct ha_world *after, const struct place_conflict *is)
{
    if ((is->kind != PLACE_TWO_NODE_RULES && is->kind != PLACE_BOTH_WAYS) || had->other < 0 || is->other < 0)
        return true;
    return strcmp(before->place.rules[had->other].name, after->place.rules[is->other].name) == 0;
}

static bool had_conflict(const struct ha_world *before, const struct place_conflict *had, uint32_t count,
                         const struct ha_world *after, const struct place_conflict *is)
{
    for (uint32_t i = 0; i < count && i < HA_CONFLICTS_MOST; i++) {
        if (had[i].kind == is->kind &&
            strcmp(before->place.rules[had[i].rule].name, after->place.rules[is->rule].name) == 0 &&
            is_same_pair(before, &had[i], after, is))
            return true;
    }
    return false;
}

uint32_t ha_new_conflicts(const struct ha_world *before, const struct ha_world *after,
                          struct place_conflict ret[HA_CONFLICTS_MOST])
{
    struct place_conflict had[HA_CONFLICTS_MOST];
    const uint32_t old = place_conflicts(&before->place, had, HA_CONFLICTS_MOST);
    const uint32_t all = place_conflicts(&after->place, ret, HA_CONFLICTS_MOST);
    uint32_t count = 0;
    for (uint32_t i = 0; i < all && i < HA_CONFLICTS_MOST; i++) {
        if (!had_conflict(before, had, old, after, &ret[i]))
            ret[count++] = ret[i];
    }
    return count;
}
