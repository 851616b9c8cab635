/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which rules and IP sets name an alias, a set or a group. Of guests those are looked at whose network
 * devices the firewall looks at; of a guest's own things only the guest itself can make use.
 */
#include "objects.h"

#include <strings.h>

#include "world.h"

#define USES_MOST 60u

struct uses {
    const struct asking *ask;
    const struct object_kind *kind;
    const char *name;
    const char *scope;         /* "dc/" or "guest/" */
    struct json_object *found; /* sentences */
    uint32_t count;
    bool own; /* the place that is looked at has one of its own of this name, which a bare name means */
};

static int32_t add(struct uses *uses, const char *text)
{
    if (!text)
        return PROXIMO_ENOMEM;
    if (uses->count++ < USES_MOST)
        json_object_array_add(uses->found, json_object_new_string(text));
    return PROXIMO_OK;
}

/* "lan", "dc/lan", "+dc/lan": aliases are found in any case, sets as they are written. */
static bool names_it(const struct uses *uses, const char *text)
{
    const bool set = uses->kind == &object_ipset;
    const size_t scope = strlen(uses->scope);
    if (!text || set != (*text == '+'))
        return false;
    text += set;
    const bool said = strncmp(text, uses->scope, scope) == 0;
    text += said ? scope : 0;
    return (said || !uses->own) && (set ? strcmp(text, uses->name) : strcasecmp(text, uses->name)) == 0;
}

static bool uses_it(const struct uses *uses, struct json_object *rule)
{
    if (uses->kind == &object_group)
        return member_is(rule, "type", "group") && member_is(rule, "action", uses->name);
    return names_it(uses, member_text(rule, "source")) || names_it(uses, member_text(rule, "dest"));
}

static int32_t look_at_rules(struct uses *uses, struct json_object *rules, const char *whose)
{
    const size_t count = json_object_is_type(rules, json_type_array) ? json_object_array_length(rules) : 0;
    int32_t r = whose ? PROXIMO_OK : PROXIMO_ENOMEM;
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
        struct json_object *rule = json_object_array_get_idx(rules, i);
        const char *words = uses_it(uses, rule) ? rule_words(uses->ask, rule) : NULL;
        if (words)
            r = add(uses, ask_text(uses->ask, "rule %zu of %s: %s", i, whose, words));
    }
    return r;
}

/* {set: entries} */
static int32_t look_at_sets(struct uses *uses, struct json_object *sets, const char *whose)
{
    int32_t r = PROXIMO_OK;
    if (uses->kind != &object_alias || !json_object_is_type(sets, json_type_object))
        return PROXIMO_OK;
    json_object_object_foreach(sets, set, entries)
    {
        const size_t count =
            json_object_is_type(entries, json_type_array) ? json_object_array_length(entries) : 0;
        for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
            if (names_it(uses, member_text(json_object_array_get_idx(entries, i), "cidr")))
                r = add(uses, ask_text(uses->ask, "IP set \"%s\" of %s", set, whose));
        }
    }
    return r;
}

/* ---- those of the datacenter, all over the cluster */

static bool has_own(const struct uses *uses, struct json_object *scope)
{
    struct json_object *aliases = member_of(scope, "aliases"), *set = NULL;
    const size_t count =
        json_object_is_type(aliases, json_type_array) ? json_object_array_length(aliases) : 0;
    if (uses->kind == &object_ipset)
        return json_object_object_get_ex(member_of(scope, "ipset"), uses->name, &set);
    for (size_t i = 0; uses->kind == &object_alias && i < count; i++) {
        const char *name = member_text(json_object_array_get_idx(aliases, i), "name");
        if (name && strcasecmp(name, uses->name) == 0)
            return true;
    }
    return false;
}

/* {name: {rules, ipset, ...}} */
static int32_t look_at_each(struct uses *uses, struct json_object *scopes, const char *what)
{
    int32_t r = PROXIMO_OK;
    if (!json_object_is_type(scopes, json_type_object))
        return PROXIMO_OK;
    json_object_object_foreach(scopes, name, scope)
    {
        const char *whose = ask_text(uses->ask, "%s %s", what, name);
        uses->own = has_own(uses, scope);
        r = r == PROXIMO_OK ? look_at_rules(uses, member_of(scope, "rules"), whose) : r;
        r = r == PROXIMO_OK ? look_at_sets(uses, member_of(scope, "ipset"), whose) : r;
    }
    uses->own = false;
    return r;
}

static int32_t look_at_node(struct uses *uses, struct world *w, struct world_node *node)
{
    int32_t r =
        look_at_rules(uses, member_of(node->host, "rules"), ask_text(uses->ask, "node %s", node->name));
    r = r == PROXIMO_OK ? world_read_guests(w, node, 0, WORLD_ALL) : r;
    return r == PROXIMO_OK ? look_at_each(uses, node->guests, "guest") : r;
}

static int32_t look_everywhere(struct uses *uses)
{
    struct world w = {0};
    int32_t r = world_open(&w, uses->ask);
    struct json_object *groups = member_of(w.cluster, "groups");
    r = r == PROXIMO_OK ? look_at_rules(uses, member_of(w.cluster, "rules"), "the datacenter") : r;
    r = r == PROXIMO_OK ? look_at_sets(uses, member_of(w.cluster, "ipset"), "the datacenter") : r;
    if (r == PROXIMO_OK && groups) {
        json_object_object_foreach(groups, name, rules)
        {
            r = r == PROXIMO_OK
                    ? look_at_rules(uses, rules, ask_text(uses->ask, "security group \"%s\"", name))
                    : r;
        }
    }
    r = r == PROXIMO_OK ? world_read_nodes(&w, NULL) : r;
    for (uint32_t i = 0; r == PROXIMO_OK && i < w.node_count; i++)
        r = look_at_node(uses, &w, &w.nodes[i]);
    r = r == PROXIMO_OK ? world_read_vnets(&w) : r;
    r = r == PROXIMO_OK ? look_at_each(uses, w.vnets, "virtual network") : r;
    world_done(&w);
    return r;
}

/* ---- those of a guest: its own rules and sets */

static int32_t look_at_guest(struct uses *uses, const struct place *place)
{
    struct looked rules, sets;
    const char *path = ask_text(uses->ask, "%s/{name}", place->scope->ipset);
    int32_t r = path ? place_look(place, place->scope->rules, NULL, &rules) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    r = look_at_rules(uses, rules.data, place->label);
    json_object_put(rules.data);
    if (r < 0 || uses->kind != &object_alias || (r = place_look(place, place->scope->ipset, NULL, &sets)) < 0)
        return r;
    const size_t count =
        json_object_is_type(sets.data, json_type_array) ? json_object_array_length(sets.data) : 0;
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
        const char *name = member_text(json_object_array_get_idx(sets.data, i), "name");
        const struct proximo_field more[] = {FIELD("name", name), {0}};
        struct json_object *one = json_object_new_object();
        struct looked entries = {0};
        r = one && name ? place_look(place, path, more, &entries) : PROXIMO_OK;
        if (r == PROXIMO_OK && entries.data) {
            json_object_object_add(one, name, entries.data);
            r = look_at_sets(uses, one, place->label);
        }
        json_object_put(one);
    }
    json_object_put(sets.data);
    return r;
}

/* ---- what a plan says of it */

static int32_t find(struct uses *uses, const struct place *place)
{
    const bool guest = strcmp(place->scope->name, "guest") == 0;
    uses->ask = &place->ask;
    uses->scope = guest ? "guest/" : "dc/";
    uses->found = json_object_new_array();
    if (!uses->found)
        return PROXIMO_ENOMEM;
    int32_t r = guest ? look_at_guest(uses, place) : look_everywhere(uses);
    if (r == PROXIMO_OK && uses->count > USES_MOST)
        json_object_array_add(uses->found, json_object_new_string(ask_text(
                                               uses->ask, "%u more", (unsigned)(uses->count - USES_MOST))));
    return r;
}

int32_t object_tell_callers(const struct place *place, const char *group)
{
    struct uses uses = {.kind = &object_group, .name = group};
    int32_t r = find(&uses, place);
    if (r == PROXIMO_OK && uses.count == 0)
        r = tell_text(&place->ask, "no_effect_now",
                      "no rule that could be read calls this security group: its rules do nothing");
    if (r < 0 || uses.count == 0) {
        json_object_put(uses.found);
        return r;
    }
    return tell_fact(&place->ask, "called_by", uses.found);
}

int32_t object_tell_uses(const struct object_change *c)
{
    struct uses uses = {.kind = c->kind, .name = c->was};
    const bool goes = !c->name || (c->was && strcmp(c->was, c->name) != 0);
    const char *from = object_text(c->before, "cidr"), *to = object_text(c->value, "cidr");
    if (!c->was || (!goes && (!from || !to || strcmp(from, to) == 0)))
        return PROXIMO_OK;
    int32_t r = find(&uses, &c->at);
    if (r < 0 || uses.count == 0) {
        json_object_put(uses.found);
        return r < 0 ? r
                     : tell_text(&c->at.ask, "used_by",
                                 c->kind == &object_group ? "no rule that could be read calls it"
                                                          : "no rule or IP set that could be read names it");
    }
    r = tell_fact(&c->at.ask, "used_by", uses.found);
    if (r == PROXIMO_OK && goes)
        r = tell_text(&c->at.ask, "what_becomes_of_them",
                      c->kind == &object_group
                          ? "they call a group that is not there, and do nothing"
                          : "they name what is not there: such a rule is invalid and matches nothing");
    return r;
}
