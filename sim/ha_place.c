/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where HA resources may and should be. Rules of node affinity give nodes a rank; negative affinity takes
 * away nodes that others have, positive affinity leaves only the node where most of those are that belong
 * together.
 */
#include "ha.h"

#include <errno.h>
#include <string.h>

#define NODES_MAX 64
#define ELSEWHERE (-1) /* the rank of nodes that a rule which is not strict does not name */

struct candidates {
    struct {
        const char *name;
        int64_t rank;
    } nodes[NODES_MAX];
    size_t count;
};

bool sim_ha_usable(struct json_object *state, const char *node)
{
    const char *status = sim_str(sim_at(state, "/ha/manager/node_status"), node, "online");

    return sim_node_online(state, node) && strcmp(status, "online") == 0;
}

const char *sim_ha_node_of(struct json_object *state, const char *sid)
{
    struct json_object *entry = sim_get(sim_at(state, "/ha/resources"), sid);
    struct sim_guest guest = {0};

    if (!sim_ha_guest(state, sid, &guest))
        return NULL;
    return sim_str(entry, "crm_goal", guest.node);
}

/* The rule's node priorities; ELSEWHERE for nodes that it does not name. */
static int64_t rank_in(struct json_object *rule, const char *node)
{
    const char *at = sim_str(rule, "nodes", "");
    char word[SIM_NODE_MAX];

    while (sim_next_word(&at, word, sizeof word)) {
        char *colon = strchr(word, ':');
        uint64_t priority = 0;

        if (colon) {
            *colon = 0;
            if (sim_parse_uint(colon + 1, 10, 1000, &priority) < 0)
                priority = 0;
        }
        if (strcmp(word, node) == 0)
            return (int64_t)priority;
    }
    return ELSEWHERE;
}

static struct json_object *affinity_of(struct json_object *state, const char *sid)
{
    json_object_object_foreach(sim_at(state, "/ha/rules"), name, rule)
    {
        (void)name;
        if (strcmp(sim_str(rule, "type", ""), "node-affinity") == 0 && sim_ha_rule_has(rule, sid))
            return rule;
    }
    return NULL;
}

static bool rule_allows(struct json_object *rule, const char *node)
{
    return !rule || !sim_int(rule, "strict", 0) || rank_in(rule, node) != ELSEWHERE;
}

/* ---- those that belong together or apart ---- */

/* The others of the resource's rules of this affinity. Owned; NULL: none. */
static struct json_object *others(struct json_object *state, const char *sid, const char *affinity)
{
    struct json_object *found = NULL;

    json_object_object_foreach(sim_at(state, "/ha/rules"), name, rule)
    {
        const char *at = sim_str(rule, "resources", "");
        char word[SIM_SID_MAX];

        (void)name;
        if (strcmp(sim_str(rule, "affinity", ""), affinity) != 0 || !sim_ha_rule_has(rule, sid))
            continue;
        while (sim_next_word(&at, word, sizeof word)) {
            if (strcmp(word, sid) == 0 || sim_get(found, word))
                continue;
            if (!found)
                found = json_object_new_object();
            sim_set_int(found, word, 1);
        }
    }
    return found;
}

struct json_object *sim_ha_together(struct json_object *state, const char *sid)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *found = others(state, sid, "positive");
    struct json_object *list = NULL;

    if (!found)
        return NULL;
    list = json_object_new_array();
    json_object_object_foreach(found, name, unused)
    {
        (void)unused;
        json_object_array_add(list, json_object_new_string(name));
    }
    return list;
}

/* How many of them are on the node. */
static int64_t count_on(struct json_object *state, struct json_object *sids, const char *node)
{
    int64_t count = 0;

    if (!sids)
        return 0;
    json_object_object_foreach(sids, sid, unused)
    {
        const char *where = sim_ha_node_of(state, sid);

        (void)unused;
        count += where && strcmp(where, node) == 0;
    }
    return count;
}

static void block(struct json_object **list, const char *sid, const char *cause)
{
    struct json_object *item = json_object_new_object();

    if (!*list)
        *list = json_object_new_array();
    sim_set_str(item, "sid", sid);
    sim_set_str(item, "cause", cause);
    json_object_array_add(*list, item);
}

struct json_object *sim_ha_blocking(struct json_object *state, const char *sid, const char *node)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *apart = others(state, sid, "negative");
    struct json_object *list = NULL;

    if (!rule_allows(affinity_of(state, sid), node))
        block(&list, sid, "node-affinity");
    if (!apart)
        return list;
    json_object_object_foreach(apart, other, unused)
    {
        const char *where = sim_ha_node_of(state, other);

        (void)unused;
        if (where && strcmp(where, node) == 0)
            block(&list, other, "resource-affinity");
    }
    return list;
}

/* ---- the choice ---- */

static bool drop_if(struct candidates *set, size_t at, bool gone)
{
    if (gone)
        set->nodes[at] = set->nodes[--set->count];
    return gone;
}

static void collect(struct json_object *state, const char *sid, const char * not, struct candidates *set)
{
    struct json_object *rule = affinity_of(state, sid);

    set->count = 0;
    json_object_object_foreach(sim_get(state, "nodes"), name, node)
    {
        (void)node;
        if (set->count == NODES_MAX || !sim_ha_usable(state, name) || (not &&strcmp(not, name) == 0) ||
            !rule_allows(rule, name))
            continue;
        set->nodes[set->count].name = name;
        set->nodes[set->count++].rank = rule ? rank_in(rule, name) : 0;
    }
}

/* Only those with the most of `sids` stay, the first by name where several have as many. */
static void keep_together(struct json_object *state, const char *sid, struct candidates *set)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *sids = others(state, sid, "positive");
    int64_t most = 0;
    size_t best = 0;

    if (!sids)
        return;
    sim_set_int(sids, sid, 1);
    for (size_t i = 0; i < set->count; i++) {
        int64_t here = count_on(state, sids, set->nodes[i].name);

        if (here > most ||
            (here == most && here > 0 && strcmp(set->nodes[i].name, set->nodes[best].name) < 0)) {
            most = here;
            best = i;
        }
    }
    if (most == 0)
        return;
    set->nodes[0] = set->nodes[best];
    set->count = 1;
}

static void keep_apart(struct json_object *state, const char *sid, struct candidates *set)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *sids = others(state, sid, "negative");

    for (size_t i = 0; sids && i < set->count;)
        i += !drop_if(set, i, count_on(state, sids, set->nodes[i].name) > 0);
}

int sim_ha_choose(struct json_object *state, const char *sid, const char * not, char *ret_node, size_t size)
{
    struct json_object *all = sim_at(state, "/ha/resources");
    const char *where = sim_ha_node_of(state, sid), *best = NULL;
    struct candidates set;
    int64_t top = ELSEWHERE, least = INT64_MAX;

    collect(state, sid, not, &set);
    keep_apart(state, sid, &set);
    keep_together(state, sid, &set);
    for (size_t i = 0; i < set.count; i++)
        top = set.nodes[i].rank > top ? set.nodes[i].rank : top;
    for (size_t i = 0; i < set.count; i++) {
        const char *name = set.nodes[i].name;
        int64_t load = count_on(state, all, name);

        if (set.nodes[i].rank < top)
            continue;
        if (where && strcmp(name, where) == 0)
            load = -1; /* nothing is better than where it is */
        if (load < least || (load == least && strcmp(name, best) < 0)) {
            best = name;
            least = load;
        }
    }
    if (!best)
        return -ENOENT;
    (void)snprintf(ret_node, size, "%s", best);
    return 0;
}
