/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which HA rules do not work, or not beside others: one function for each reason, and a table of their texts.
 */
#include "ha.h"

#include <string.h>

static bool is_type(struct json_object *rule, const char *type)
{
    return strcmp(sim_str(rule, "type", ""), type) == 0;
}

static size_t words(const char *list)
{
    char word[SIM_SID_MAX];
    size_t count = 0;

    while (sim_next_word(&list, word, sizeof word))
        count++;
    return count;
}

/* How many resources of the rule are in the other too. */
static size_t shared(struct json_object *rule, struct json_object *other)
{
    const char *at = sim_str(rule, "resources", "");
    char word[SIM_SID_MAX];
    size_t count = 0;

    while (sim_next_word(&at, word, sizeof word))
        count += sim_ha_rule_has(other, word);
    return count;
}

/* All rules as they would be, and the one that is looked at. */
struct check {
    struct json_object *state, *all, *rule;
    const char *name;
};

typedef bool judge_rule(const struct check *check, const char **ret_what);

static bool few_resources(const struct check *check, const char **ret_what)
{
    (void)ret_what;
    return words(sim_str(check->rule, "resources", "")) < 2;
}

static bool few_nodes(const struct check *check, const char **ret_what)
{
    size_t nodes = (size_t)json_object_object_length(sim_get(check->state, "nodes"));

    (void)ret_what;
    return strcmp(sim_str(check->rule, "affinity", ""), "negative") == 0 &&
           words(sim_str(check->rule, "resources", "")) > nodes;
}

/* Two resources cannot be kept together and apart. */
static bool contradicted(const struct check *check, const char **ret_what)
{
    const char *own = sim_str(check->rule, "affinity", "");

    *ret_what = strcmp(own, "negative") == 0 ? "positive" : "negative";
    json_object_object_foreach(check->all, name, other)
    {
        if (strcmp(name, check->name) != 0 && is_type(other, "resource-affinity") &&
            strcmp(sim_str(other, "affinity", ""), *ret_what) == 0 && shared(check->rule, other) >= 2)
            return true;
    }
    return false;
}

/* The number of node affinity rules that any resource of the rule is in. */
static size_t node_rules(const struct check *check, struct json_object *rule)
{
    size_t count = 0;

    json_object_object_foreach(check->all, name, other)
    {
        (void)name;
        count += is_type(other, "node-affinity") && !sim_int(other, "disable", 0) && shared(rule, other) > 0;
    }
    return count;
}

static bool scattered(const struct check *check, const char **ret_what)
{
    (void)ret_what;
    return strcmp(sim_str(check->rule, "affinity", ""), "positive") == 0 &&
           node_rules(check, check->rule) > 1;
}

/* The nodes that strict rules leave to the resources of a rule. */
static size_t nodes_left(const struct check *check, struct json_object *rule, size_t *ret_restricted)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *left = json_object_new_object();
    char node[SIM_NODE_MAX];

    *ret_restricted = 0;
    json_object_object_foreach(check->all, name, other)
    {
        const char *at = sim_str(other, "nodes", "");

        (void)name;
        if (!is_type(other, "node-affinity") || !sim_int(other, "strict", 0) || shared(rule, other) == 0)
            continue;
        *ret_restricted += shared(rule, other);
        while (sim_next_word(&at, node, sizeof node)) {
            node[strcspn(node, ":")] = 0;
            sim_set_int(left, node, 1);
        }
    }
    return (size_t)json_object_object_length(left);
}

static bool too_narrow(const struct check *check, const char **ret_what)
{
    size_t restricted = 0, left = nodes_left(check, check->rule, &restricted);

    (void)ret_what;
    return strcmp(sim_str(check->rule, "affinity", ""), "negative") == 0 && restricted > left;
}

static bool used_elsewhere(const struct check *check, const char **ret_what)
{
    static _Thread_local char word[SIM_SID_MAX];
    const char *at = sim_str(check->rule, "resources", "");

    while (sim_next_word(&at, word, sizeof word)) {
        json_object_object_foreach(check->all, name, other)
        {
            *ret_what = word;
            if (strcmp(name, check->name) != 0 && is_type(other, "node-affinity") &&
                sim_ha_rule_has(other, word))
                return true;
        }
    }
    return false;
}

/* Is some resource affinity rule that shares a resource with this one bad in the given way? */
static bool spoils(const struct check *check, judge_rule *judge)
{
    json_object_object_foreach(check->all, name, other)
    {
        struct check its = {check->state, check->all, other, name};
        const char *what;

        if (is_type(other, "resource-affinity") && !sim_int(other, "disable", 0) &&
            shared(other, check->rule) > 0 && judge(&its, &what))
            return true;
    }
    return false;
}

static bool spoils_positive(const struct check *check, const char **ret_what)
{
    (void)ret_what;
    return spoils(check, scattered);
}

static bool spoils_negative(const struct check *check, const char **ret_what)
{
    (void)ret_what;
    return spoils(check, too_narrow);
}

/* Why a rule is refused; a text may hold one %s. */
static const struct {
    const char *type, *text;
    judge_rule *bad;
} judges[] = {
    {"node-affinity", "resource '%s' is already used in another node affinity rule", used_elsewhere},
    {"node-affinity",
     "at least one resource is in a positive resource affinity rule and there are other resources in at "
     "least one other node affinity rule already",
     spoils_positive},
    {"node-affinity",
     "at least one resource is in a negative resource affinity rule and this rule would restrict these to "
     "less nodes than available to the resources",
     spoils_negative},
    {"resource-affinity", "rule is ineffective as there are less than two resources", few_resources},
    {"resource-affinity", "rule defines more resources than available nodes", few_nodes},
    {"resource-affinity", "rule shares two or more resources with a %s resource affinity rule", contradicted},
    {"resource-affinity", "resources are in multiple node affinity rules", scattered},
    {"resource-affinity",
     "two or more resources are restricted to less nodes than available to the resources", too_narrow},
};

bool sim_ha_rule_works(struct json_object *state, const char *name, struct json_object *rule, char *reasons,
                       size_t size)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *all = sim_copy(sim_at(state, "/ha/rules"));
    struct check check = {state, all, rule, name};
    size_t used = 0;

    *reasons = 0;
    if (sim_int(rule, "disable", 0))
        return true;
    sim_set(all, name, sim_copy(rule));
    for (size_t i = 0; i < sizeof judges / sizeof *judges; i++) {
        const char *what = "", *hole = strstr(judges[i].text, "%s");
        int n = hole ? (int)(hole - judges[i].text) : (int)strlen(judges[i].text);

        if (is_type(rule, judges[i].type) && judges[i].bad(&check, &what) && used < size)
            used += (size_t)snprintf(reasons + used, size - used, "%s%.*s%s%s", used ? ", " : "", n,
                                     judges[i].text, hole ? what : "", hole ? hole + 2 : "");
    }
    return used == 0;
}
