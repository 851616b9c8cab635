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

#define WORDS_MAX 256

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
    char names[SIM_REASONS_MAX];

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

static int judge(struct sim_call *call, const char *name, struct json_object *rule, const char *prefix)
{
    char reasons[SIM_REASONS_MAX];

    if (sim_ha_rule_works(call->state, name, rule, reasons, sizeof reasons))
        return 0;
    return sim_fail(call, 500, "%s400 Rule '%s' is invalid.\nresources: %s\n", prefix, name, reasons);
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
