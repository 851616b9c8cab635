/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of HA rules. A rule that would not work, or would not agree with the others, is refused with the
 * reasons; rules that are switched off do not count.
 */
#include "ha.h"
#include "handlers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REASONS_MAX 1024
#define WORDS_MAX   256

static struct json_object *rules(struct json_object *state)
{
    return sim_at(state, "/ha/rules");
}

static bool is_type(struct json_object *rule, const char *type)
{
    return strcmp(sim_str(rule, "type", ""), type) == 0;
}

bool sim_ha_rule_has(struct json_object *rule, const char *sid)
{
    return !sim_int(rule, "disable", 0) &&
           sim_word_in(sim_str(rule, "resources", ""), ",; ", sid, strlen(sid));
}

/* ---- lists as the file has them: sorted, each word once ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* `without` is left out (NULL: none); a node's priority of 0 is not written. Owned. */
static char *tidy_list(const char *list, const char *without)
{
    SIM_FREE_WITH(sim_freep) char *text = strdup(list);
    char *words[WORDS_MAX], *out = NULL, *at = text;
    size_t count = 0, size = 0;
    FILE *to = open_memstream(&out, &size);

    if (!to || !text)
        abort();
    while (count < WORDS_MAX && *(at += strspn(at, ",; "))) {
        size_t n = strcspn(at, ",; ");
        bool last = !at[n];

        at[n] = 0;
        if (n > 2 && strcmp(at + n - 2, ":0") == 0)
            at[n - 2] = 0;
        if (!without || strcmp(at, without) != 0)
            words[count++] = at;
        at += last ? n : n + 1;
    }
    qsort(words, count, sizeof *words, by_text);
    for (size_t i = 0, given = 0; i < count; i++) {
        if (i == 0 || strcmp(words[i], words[i - 1]) != 0)
            fprintf(to, "%s%s", given++ ? "," : "", words[i]);
    }
    (void)fclose(to);
    return out;
}

static void put_list(struct json_object *entry, const char *name, const char *list, const char *without)
{
    SIM_FREE_WITH(sim_freep) char *text = tidy_list(list, without);

    sim_set_str(entry, name, text);
}

void sim_ha_list_word(struct json_object *rule, const char *word, bool in)
{
    SIM_FREE_WITH(sim_freep) char *longer = NULL;
    const char *now = sim_str(rule, "resources", "");

    if (asprintf(&longer, "%s,%s", now, in ? word : "") < 0)
        abort();
    put_list(rule, "resources", longer, in ? NULL : word);
}

/* ---- what does not work ---- */

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

/* Would the rule work beside the others? */
static int judge(struct sim_call *call, const char *name, struct json_object *rule, const char *prefix)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *all = sim_copy(rules(call->state));
    struct check check = {call->state, all, rule, name};
    char reasons[REASONS_MAX] = "";
    size_t used = 0;

    if (sim_int(rule, "disable", 0))
        return 0;
    sim_set(all, name, sim_copy(rule));
    for (size_t i = 0; i < sizeof judges / sizeof *judges; i++) {
        const char *what = "", *hole = strstr(judges[i].text, "%s");
        int n = hole ? (int)(hole - judges[i].text) : (int)strlen(judges[i].text);

        if (is_type(rule, judges[i].type) && judges[i].bad(&check, &what) && used < sizeof reasons)
            used += (size_t)snprintf(reasons + used, sizeof reasons - used, "%s%.*s%s%s", used ? ", " : "", n,
                                     judges[i].text, hole ? what : "", hole ? hole + 2 : "");
    }
    if (!used)
        return 0;
    return sim_fail(call, 500, "%s400 Rule '%s' is invalid.\nresources: %s\n", prefix, name, reasons);
}

/* ---- what the request gives ---- */

/* Collects the words of a list that are not in `known`. */
static void unknown(struct json_object *known, const char *list, char *out, size_t size)
{
    SIM_FREE_WITH(sim_freep) char *sorted = tidy_list(list, NULL);
    const char *at = sorted;
    char word[SIM_SID_MAX];
    size_t used = 0;

    *out = 0;
    while (sim_next_word(&at, word, sizeof word)) {
        char name[SIM_SID_MAX];

        (void)snprintf(name, sizeof name, "%s", word);
        if (strncmp(word, "vm:", 3) != 0 && strncmp(word, "ct:", 3) != 0)
            name[strcspn(name, ":")] = 0;
        if (!sim_get(known, name) && used < size)
            used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", name);
    }
}

static int check_names(struct sim_call *call, const char *prefix)
{
    char names[REASONS_MAX];

    if (sim_arg(call, "nodes")) {
        unknown(sim_get(call->state, "nodes"), sim_arg(call, "nodes"), names, sizeof names);
        if (*names)
            return sim_fail(call, 500, "%scannot use non-existent node(s) %s.\n", prefix, names);
    }
    if (sim_arg(call, "resources")) {
        unknown(sim_at(call->state, "/ha/resources"), sim_arg(call, "resources"), names, sizeof names);
        if (*names)
            return sim_fail(call, 500, "%scannot use unmanaged resource(s) %s.\n", prefix, names);
    }
    return 0;
}

static void put_given(struct sim_call *call, struct json_object *rule)
{
    static const char *const lists[] = {"nodes", "resources"};

    sim_put_given(call, rule, "rule type digest delete nodes resources");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (sim_arg(call, lists[i]))
            put_list(rule, lists[i], sim_arg(call, lists[i]), NULL);
    }
}

static void changed(struct sim_call *call)
{
    sim_touch(call->sim);
    sim_ha_wake(call->sim);
}

int sim_ha_rule_create(struct sim_call *call)
{
    static const char prefix[] = "create ha rule failed: ";
    const char *name = sim_arg(call, "rule");
    SIM_FREE_WITH(sim_json_freep) struct json_object *rule = json_object_new_object();
    int64_t last = 0;

    if (sim_get(rules(call->state), name))
        return sim_fail(call, 500, "%sHA rule '%s' already defined\n", prefix, name);
    if (check_names(call, prefix) < 0)
        return -EINVAL;
    json_object_object_foreach(rules(call->state), other, entry)
    {
        (void)other;
        last = sim_int(entry, "order", 0) > last ? sim_int(entry, "order", 0) : last;
    }
    sim_set_str(rule, "type", sim_arg(call, "type"));
    sim_set_int(rule, "order", last + 1);
    put_given(call, rule);
    if (judge(call, name, rule, prefix) < 0)
        return -EINVAL;
    sim_set(rules(call->state), name, json_object_get(rule));
    changed(call);
    return 0;
}

/* Options that the rule's own type does not have, set or deleted. */
static int check_own(struct sim_call *call, struct json_object *rule, const char *prefix)
{
    static const char nodes[] = "comment disable nodes resources strict",
                      resources[] = "affinity comment disable resources",
                      needed[] = "affinity nodes resources";
    const char *known = is_type(rule, "node-affinity") ? nodes : resources, *at = sim_arg(call, "delete");
    char word[64];

    json_object_object_foreach(call->params, name, value)
    {
        if (value && !sim_word_in("rule type digest delete", " ", name, strlen(name)) &&
            !sim_word_in(known, " ", name, strlen(name)))
            return sim_fail(call, 500, "%sunexpected property '%s'\n", prefix, name);
    }
    while (at && sim_next_word(&at, word, sizeof word)) {
        if (!sim_word_in(known, " ", word, strlen(word)))
            return sim_fail(call, 500, "%sno such option '%s'\n", prefix, word);
        if (sim_word_in(needed, " ", word, strlen(word)))
            return sim_fail(call, 500, "%sunable to delete required option '%s'\n", prefix, word);
    }
    return 0;
}

int sim_ha_rule_update(struct sim_call *call)
{
    static const char prefix[] = "update HA rules failed: ";
    const char *name = sim_arg(call, "rule");
    struct json_object *entry = sim_get(rules(call->state), name);
    SIM_FREE_WITH(sim_json_freep) struct json_object *rule = sim_copy(entry);

    if (sim_check_digest(call, rules(call->state), prefix) < 0)
        return -EINVAL;
    if (!entry)
        return sim_fail(call, 500, "%sHA rule '%s' does not exist\n", prefix, name);
    if (check_own(call, rule, prefix) < 0 || check_names(call, prefix) < 0)
        return -EINVAL;
    put_given(call, rule);
    sim_drop_deleted(call, rule);
    if (judge(call, name, rule, prefix) < 0)
        return -EINVAL;
    sim_set(rules(call->state), name, json_object_get(rule));
    changed(call);
    return 0;
}

/* One that is not there is gone already. */
int sim_ha_rule_delete(struct sim_call *call)
{
    json_object_object_del(rules(call->state), sim_arg(call, "rule"));
    changed(call);
    return 0;
}
