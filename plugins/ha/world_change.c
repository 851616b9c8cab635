/* SPDX-License-Identifier: Apache-2.0 */
/* The model as a change would leave it. */
#include "world.h"

#define BIT(i)       (UINT64_C(1) << (i))
#define SEPARATORS   ",; "
#define PRIORITY_MAX 1000u

/* ---- copies */

static void *copied(const struct asking *a, const void *from, size_t count, size_t size, size_t more)
{
    char *to = a->host->alloc(a->call, (count + more) * size + 1);
    if (to && count)
        memcpy(to, from, count * size);
    return to;
}

int32_t ha_world_copy(const struct ha_world *from, struct ha_world *ret)
{
    const struct place_world *w = &from->place;
    *ret = *from;
    ret->place.nodes = copied(&from->ask, w->nodes, w->node_count, sizeof(*w->nodes), 0);
    ret->place.resources = copied(&from->ask, w->resources, w->resource_count, sizeof(*w->resources), 1);
    ret->place.rules = copied(&from->ask, w->rules, w->rule_count, sizeof(*w->rules), 1);
    ret->place.marks = from->ask.host->alloc(from->ask.call, w->resource_count + UINT64_C(2));
    if (!ret->place.nodes || !ret->place.resources || !ret->place.rules || !ret->place.marks)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < w->rule_count; i++) {
        struct place_rule *rule = &ret->place.rules[i];
        rule->members = copied(&from->ask, rule->members, rule->member_count, sizeof(*rule->members), 1);
        if (!rule->members)
            return PROXIMO_ENOMEM;
    }
    return PROXIMO_OK;
}

/* ---- rules */

static int64_t rule_find(const struct place_world *w, const char *name)
{
    for (uint32_t i = 0; i < w->rule_count; i++) {
        if (strcmp(w->rules[i].name, name) == 0)
            return i;
    }
    return -1;
}

bool ha_world_has_rule(const struct ha_world *world, const char *name)
{
    return rule_find(&world->place, name) >= 0;
}

/* The next word of a list, copied; NULL: no more, or no memory. */
static const char *next_word(const struct asking *a, const char **rest)
{
    const char *at = *rest ? *rest + strspn(*rest, SEPARATORS) : "";
    const size_t len = strcspn(at, SEPARATORS);
    *rest = at + len;
    return len ? ask_text(a, "%.*s", (int)len, at) : NULL;
}

/* "pve2:2,pve3": nodes that the cluster does not have are no place. */
static int32_t take_nodes(struct ha_world *w, const char *list, struct place_rule *rule)
{
    const char *rest = list, *word = NULL;
    while ((word = next_word(&w->ask, &rest))) {
        const size_t len = strcspn(word, ":");
        const char *name = ask_text(&w->ask, "%.*s", (int)len, word);
        const int64_t at = name ? place_node_find(&w->place, name) : -1;
        if (!name)
            return PROXIMO_ENOMEM;
        if (at < 0)
            continue;
        rule->nodes |= BIT(at);
        rule->priority[at] = word[len] ? (int32_t)digits_of(word + len + 1, PRIORITY_MAX) : 0;
    }
    return PROXIMO_OK;
}

static uint32_t word_count(const char *list)
{
    uint32_t count = 0;
    for (list += strspn(list, SEPARATORS); *list; list += strspn(list, SEPARATORS)) {
        list += strcspn(list, SEPARATORS);
        count++;
    }
    return count;
}

static int32_t take_members(struct ha_world *w, const char *list, struct place_rule *rule)
{
    const char *rest = list, *word = NULL;
    rule->members =
        w->ask.host->alloc(w->ask.call, (word_count(list) + UINT64_C(2)) * sizeof(*rule->members));
    if (!rule->members)
        return PROXIMO_ENOMEM;
    while ((word = next_word(&w->ask, &rest))) {
        const int64_t who = place_resource_find(&w->place, word);
        if (who >= 0 && !place_rule_has(rule, (uint32_t)who))
            rule->members[rule->member_count++] = (uint32_t)who;
    }
    return PROXIMO_OK;
}

static int32_t add_member(struct ha_world *world, struct place_rule *rule, uint32_t who)
{
    uint32_t *members = copied(&world->ask, rule->members, rule->member_count, sizeof(*members), 1);
    if (!members)
        return PROXIMO_ENOMEM;
    rule->members = members;
    if (!place_rule_has(rule, who))
        rule->members[rule->member_count++] = who;
    return PROXIMO_OK;
}

/* Room for one rule more than there are. */
static int32_t grow_rules(struct ha_world *w)
{
    struct place_rule *rules =
        copied(&w->ask, w->place.rules, w->place.rule_count, sizeof(*rules), 16); /* lists come one by one */
    if (!rules)
        return PROXIMO_ENOMEM;
    w->place.rules = rules;
    return PROXIMO_OK;
}

int32_t ha_world_put_rule(struct ha_world *world, const struct ha_rule_edit *edit)
{
    struct place_world *w = &world->place;
    const int64_t at = rule_find(w, edit->name);
    struct place_rule rule = {.name = ask_text(&world->ask, "%s", edit->name),
                              .names = edit->resources ? ask_text(&world->ask, "%s", edit->resources) : NULL,
                              .off = edit->off,
                              .strict = edit->strict,
                              .nofailback = edit->nofailback};
    if (at < 0 && w->rule_count % 16 == 0 && grow_rules(world) < 0)
        return PROXIMO_ENOMEM;
    rule.kind = edit->type && strcmp(edit->type, "resource-affinity") != 0  ? PLACE_NODES
                : edit->affinity && strcmp(edit->affinity, "positive") == 0 ? PLACE_TOGETHER
                                                                            : PLACE_APART;
    int32_t r = rule.name ? take_nodes(world, edit->nodes, &rule) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = take_members(world, edit->resources ? edit->resources : "", &rule);
    if (r == PROXIMO_OK)
        w->rules[at < 0 ? w->rule_count++ : (uint32_t)at] = rule;
    return r;
}

static int32_t join_rule(struct ha_world *world, uint32_t who, const char *text)
{
    const struct asking *a = &world->ask;
    const char *rest = text, *words[5] = {NULL};
    for (size_t i = 0; i < 5; i++) {
        const size_t len = strcspn(rest, " ");
        words[i] = ask_text(a, "%.*s", (int)len, rest);
        rest += len + (rest[len] == ' ');
        if (!words[i])
            return PROXIMO_ENOMEM;
    }
    const int64_t at = rule_find(&world->place, words[0]);
    if (at >= 0)
        return add_member(world, &world->place.rules[at], who);
    const struct ha_rule_edit edit = {.name = words[0],
                                      .type = words[1],
                                      .strict = strcmp(words[2], "1") == 0,
                                      .nodes = words[3],
                                      .affinity = words[4],
                                      .resources = world->place.resources[who].sid};
    return ha_world_put_rule(world, &edit);
}

int32_t ha_world_join_rules(struct ha_world *world, const char *sid, const char *rules)
{
    const int64_t who = place_resource_find(&world->place, sid);
    int32_t r = PROXIMO_OK;
    while (r == PROXIMO_OK && who >= 0 && rules && *rules) {
        const size_t len = strcspn(rules, "|");
        const char *one = ask_text(&world->ask, "%.*s", (int)len, rules);
        rules += len + (rules[len] == '|');
        r = one ? join_rule(world, (uint32_t)who, one) : PROXIMO_ENOMEM;
    }
    return r;
}

void ha_world_drop_rule(struct ha_world *world, const char *name)
{
    struct place_world *w = &world->place;
    const int64_t at = rule_find(w, name);
    for (uint32_t i = (uint32_t)at; at >= 0 && i + 1 < w->rule_count; i++)
        w->rules[i] = w->rules[i + 1];
    w->rule_count -= at >= 0;
}

/* ---- resources */

static void leave_rule(struct place_rule *rule, uint32_t who)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < rule->member_count; i++) {
        if (rule->members[i] != who)
            rule->members[kept++] = rule->members[i];
    }
    rule->member_count = kept;
}

/* A resource is in one group; NULL: in none. */
static int32_t put_group(struct ha_world *world, uint32_t who, const char *group)
{
    struct place_world *w = &world->place;
    for (uint32_t i = 0; i < w->rule_count; i++)
        leave_rule(&w->rules[i], who);
    const int64_t at = group ? rule_find(w, group) : -1;
    w->resources[who].failback = at < 0 || !w->rules[at].nofailback;
    if (at < 0)
        return PROXIMO_OK;
    return add_member(world, &w->rules[at], who);
}

/* A rule may name it already: one that was removed without its rules, and comes back. */
static int32_t join_named(struct ha_world *world, uint32_t who)
{
    struct place_world *w = &world->place;
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < w->rule_count; i++) {
        if (w->rules[i].names && config_list_has(w->rules[i].names, w->resources[who].sid))
            r = add_member(world, &w->rules[i], who);
    }
    return r;
}

static enum place_asked asked_of(const char *state)
{
    return strcmp(state, "stopped") == 0    ? PLACE_STOPPED
           : strcmp(state, "disabled") == 0 ? PLACE_DISABLED
           : strcmp(state, "ignored") == 0  ? PLACE_IGNORED
                                            : PLACE_STARTED;
}

int32_t ha_world_put_resource(struct ha_world *world, const struct ha_resource_edit *edit)
{
    struct place_world *w = &world->place;
    int64_t who = place_resource_find(w, edit->sid);
    if (who < 0) {
        const struct known_guest *guest = ha_world_guest(world, edit->sid);
        const int64_t at = guest ? place_node_find(w, guest->node) : -1;
        who = w->resource_count++;
        w->resources[who] = (struct place_resource){.sid = ask_text(&world->ask, "%s", edit->sid),
                                                    .at = at < 0 ? 0 : BIT(at),
                                                    .home = at < 0 ? 0 : BIT(at),
                                                    .failback = true,
                                                    .lxc = strncmp(edit->sid, "ct:", 3) == 0,
                                                    .can = UINT64_MAX,
                                                    .memory = guest ? guest->maxmem : 0,
                                                    .cpus = guest ? guest->maxcpu : 0};
        if (!w->resources[who].sid || join_named(world, (uint32_t)who) < 0)
            return PROXIMO_ENOMEM;
    }
    struct place_resource *res = &w->resources[who];
    if (edit->state) {
        res->asked = asked_of(edit->state);
        res->error = res->error && res->asked == PLACE_STARTED;
    }
    if (edit->failback)
        res->failback = strcmp(edit->failback, "0") != 0;
    return edit->group || edit->no_group ? put_group(world, (uint32_t)who, edit->group) : PROXIMO_OK;
}

/* It stays in the table, where indexes point to it, but as one that nobody looks after. */
void ha_world_drop_resource(struct ha_world *world, const char *sid, bool purge)
{
    struct place_world *w = &world->place;
    const int64_t who = place_resource_find(w, sid);
    if (who < 0)
        return;
    w->resources[who].asked = PLACE_IGNORED;
    for (uint32_t i = 0; purge && i < w->rule_count; i++)
        leave_rule(&w->rules[i], (uint32_t)who);
}
