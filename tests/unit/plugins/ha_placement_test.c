/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where HA may have its resources: cases worked out by hand from Proxmox's documentation of its rules, in
 * small words. Nodes: "a b- c~" (b is offline, c in maintenance). Resources: "v1@a c2@b/stopped" (v: a
 * virtual machine, c: a container; stopped, disabled, ignored, error, nofb: failback off, @ab: on one of the
 * two). Rules: "N v1: a=2 b" (node affinity), "S v1: a" (strict), "+ v1 v2" (together), "- v1 v2" (apart); #
 * is off.
 */
#include "../../../plugins/ha/placement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MOST 16

struct world {
    struct place_world place;
    struct place_node nodes[MOST];
    struct place_resource resources[MOST];
    struct place_rule rules[MOST];
    uint32_t members[MOST][MOST];
    uint8_t marks[MOST];
    char names[MOST * 4][12];
    uint32_t name_count;
};

static const char *kept(struct world *w, const char *text, size_t len)
{
    char *name = w->names[w->name_count++];
    assert_true(w->name_count < MOST * 4 && len < 12);
    memcpy(name, text, len);
    name[len] = '\0';
    return name;
}

/* The next word up to a blank; 0: none. */
static size_t next(const char **at, const char **word)
{
    *at += strspn(*at, " ");
    const size_t len = strcspn(*at, " ");
    *word = *at;
    *at += len;
    return len;
}

static uint64_t set_of(const struct world *w, const char *letters, size_t len)
{
    uint64_t set = 0;
    for (size_t i = 0; i < len; i++) {
        const char name[2] = {letters[i], '\0'};
        const int64_t node = place_node_find(&w->place, name);
        assert_true(node >= 0);
        set |= UINT64_C(1) << node;
    }
    return set;
}

static void read_nodes(struct world *w, const char *text)
{
    const char *word = NULL;
    for (size_t len = next(&text, &word); len; len = next(&text, &word)) {
        struct place_node *node = &w->nodes[w->place.node_count++];
        const char last = word[len - 1];
        node->state = last == '-' ? PLACE_OFFLINE : last == '~' ? PLACE_MAINTENANCE : PLACE_ONLINE;
        node->name = kept(w, word, 1);
        node->memory = 100;
    }
}

static void read_resource(struct world *w, const char *word, size_t len)
{
    struct place_resource *res = &w->resources[w->place.resource_count++];
    const size_t name = strcspn(word, "@"), on = strcspn(word + name + 1, "/ ");
    char rest[64];
    (void)snprintf(rest, sizeof(rest), "%.*s", (int)len, word);
    *res = (struct place_resource){.sid = kept(w, word, name),
                                   .at = set_of(w, word + name + 1, on),
                                   .failback = !strstr(rest, "/nofb"),
                                   .error = strstr(rest, "/error") != NULL,
                                   .lxc = word[0] == 'c',
                                   .can = UINT64_MAX,
                                   .memory = 10};
    res->asked = strstr(rest, "/stopped")    ? PLACE_STOPPED
                 : strstr(rest, "/disabled") ? PLACE_DISABLED
                 : strstr(rest, "/ignored")  ? PLACE_IGNORED
                                             : PLACE_STARTED;
    if (strstr(rest, "/only"))
        res->can = res->at;
}

static uint32_t who_of(const struct world *w, const char *word, size_t len)
{
    char name[12];
    (void)snprintf(name, sizeof(name), "%.*s", (int)len, word);
    const int64_t who = place_resource_find(&w->place, name);
    assert_true(who >= 0);
    return (uint32_t)who;
}

static void read_node_word(struct world *w, struct place_rule *rule, const char *word, size_t len)
{
    const uint64_t set = set_of(w, word, 1);
    rule->nodes |= set;
    for (uint32_t n = 0; n < w->place.node_count; n++) {
        if (set & (UINT64_C(1) << n))
            rule->priority[n] = len > 2 ? word[2] - '0' : 0;
    }
}

static void read_rule(struct world *w, const char *text, size_t len)
{
    char copy[80];
    const char *at = copy, *word = NULL;
    const uint32_t index = w->place.rule_count++;
    struct place_rule *rule = &w->rules[index];
    bool nodes = false;
    (void)snprintf(copy, sizeof(copy), "%.*s", (int)len, text);
    at += strspn(at, " ");
    *rule = (struct place_rule){.name = kept(w, (char[2]){(char)('p' + index), '\0'}, 1),
                                .members = w->members[index]};
    rule->off = *at == '#';
    at += rule->off;
    rule->kind = *at == '+' ? PLACE_TOGETHER : *at == '-' ? PLACE_APART : PLACE_NODES;
    rule->strict = *at == 'S';
    at++;
    for (size_t n = next(&at, &word); n; n = next(&at, &word)) {
        if (nodes) {
            read_node_word(w, rule, word, n);
            continue;
        }
        nodes = word[n - 1] == ':';
        rule->members[rule->member_count++] = who_of(w, word, n - nodes);
    }
}

static void world_read(struct world *w, const char *nodes, const char *resources, const char *rules)
{
    const char *word = NULL;
    memset(w, 0, sizeof(*w));
    w->place.nodes = w->nodes;
    w->place.resources = w->resources;
    w->place.rules = w->rules;
    w->place.marks = w->marks;
    read_nodes(w, nodes);
    for (size_t len = next(&resources, &word); len; len = next(&resources, &word))
        read_resource(w, word, len);
    while (*rules) {
        const size_t len = strcspn(rules, ";");
        read_rule(w, rules, len);
        rules += len + (rules[len] == ';');
    }
}

/* ---- answers in words */

static void put_set(const struct world *w, uint64_t set, char *out, size_t size)
{
    size_t used = strlen(out);
    for (uint32_t n = 0; n < w->place.node_count && used + 1 < size; n++) {
        if (set & (UINT64_C(1) << n))
            used += (size_t)snprintf(out + used, size - used, "%s", w->nodes[n].name);
    }
}

static void put_choice(const struct world *w, const struct place_choice *c, char *out, size_t size)
{
    static const char *const causes[] = {"stays", "out", "forbidden", "prefers", "apart", "joins"};
    static const char *const lacks[] = {"", "no-node", "rule", "crowded"};
    (void)snprintf(out, size, "%s ", causes[c->cause]);
    put_set(w, c->nodes, out, size);
    if (c->lack != PLACE_HAS)
        (void)snprintf(out + strlen(out), size - strlen(out), "nowhere:%s", lacks[c->lack]);
    if (c->other >= 0)
        (void)snprintf(out + strlen(out), size - strlen(out), " %s", w->resources[c->other].sid);
}

static void put_fate(const struct world *w, const struct place_outcome *o, char *out, size_t size)
{
    static const char *const fates[] = {"elsewhere", "restarts", "moves", "goes-off",
                                        "nowhere",   "not",      "error"};
    static const char *const lacks[] = {"", "no-node", "rule", "crowded"};
    (void)snprintf(out, size, "%s", fates[o->fate]);
    if (o->fate == PLACE_NOWHERE)
        (void)snprintf(out + strlen(out), size - strlen(out), ":%s", lacks[o->to.lack]);
    if (o->fate == PLACE_RESTARTS || o->fate == PLACE_MOVES || o->fate == PLACE_GOES_OFF) {
        (void)snprintf(out + strlen(out), size - strlen(out), " ");
        put_set(w, o->to.nodes, out, size);
        if (o->works != o->to.nodes) {
            (void)snprintf(out + strlen(out), size - strlen(out), "/");
            put_set(w, o->works, out, size);
        }
    }
    if (o->maybe)
        (void)snprintf(out + strlen(out), size - strlen(out), "?");
}

static void put_bar(const struct world *w, uint32_t who, uint32_t node, char *out, size_t size)
{
    static const char *const bars[] = {"free", "node", "rule", "other"};
    int64_t index = -1;
    const enum place_bar bar = place_bars(&w->place, who, node, &index);
    (void)snprintf(out, size, "%s", bars[bar]);
    if (bar == PLACE_BAR_OTHER)
        (void)snprintf(out + strlen(out), size - strlen(out), " %s", w->resources[index].sid);
    if (bar == PLACE_BAR_RULE)
        (void)snprintf(out + strlen(out), size - strlen(out), " %s", w->rules[index].name);
}

/* ask: "v1" (does it stay?), "v1 fails a", "v1 empty a", "v1 to a" */
static void answer(struct world *w, const char *ask, char *out, size_t size)
{
    const char *word = NULL, *verb = NULL, *node = NULL;
    const size_t len = next(&ask, &word);
    const uint32_t who = who_of(w, word, len);
    if (!next(&ask, &verb)) {
        const struct place_choice choice = place_choose(&w->place, who, 0, false);
        put_choice(w, &choice, out, size);
        return;
    }
    assert_int_equal(next(&ask, &node), 1);
    const int64_t at = place_node_find(&w->place, (char[2]){*node, '\0'});
    assert_true(at >= 0);
    if (*verb == 't') {
        put_bar(w, who, (uint32_t)at, out, size);
        return;
    }
    const struct place_outcome outcome =
        place_fate_of(&w->place, who, (uint32_t)at, *verb == 'f' ? PLACE_FAILS : PLACE_IS_EMPTIED);
    put_fate(w, &outcome, out, size);
}

static const struct {
    const char *nodes, *resources, *rules, *ask, *wanted;
} cases[] = {
    /* ---- without rules */
    {"a b c", "v1@a", "", "v1", "stays a"},
    {"a b c", "v1@a", "", "v1 fails a", "restarts bc"},
    {"a b c", "v1@a", "", "v1 fails b", "elsewhere"},
    {"a b c", "v1@a", "", "v1 empty a", "moves bc"},
    {"a b- c", "v1@a", "", "v1 fails a", "restarts c"},
    {"a b~ c", "v1@a", "", "v1 fails a", "restarts c"},
    {"a b- c-", "v1@a", "", "v1 fails a", "nowhere:no-node"},
    {"a", "v1@a", "", "v1 fails a", "nowhere:no-node"},
    {"a~ b c", "v1@a", "", "v1", "out bc"},
    /* ---- what was asked for */
    {"a b c", "v1@a/stopped", "", "v1 fails a", "goes-off bc"},
    {"a b c", "v1@a/stopped", "", "v1 empty a", "not"},
    {"a b c", "v1@a/disabled", "", "v1 fails a", "not"},
    {"a b c", "v1@a/ignored", "", "v1 fails a", "not"},
    {"a b c", "v1@a/error", "", "v1 fails a", "error"},
    {"a b- c-", "v1@a/stopped", "", "v1 fails a", "not"},
    /* ---- node affinity: the highest priority that is there, and no other */
    {"a b c", "v1@a", "N v1: a=2 b=1", "v1", "stays a"},
    {"a b c", "v1@b", "N v1: a=2 b=1", "v1", "prefers a"},
    {"a b c", "v1@b/nofb", "N v1: a=2 b=1", "v1", "stays b"},
    {"a b c", "v1@c/nofb", "N v1: a=2 b=1", "v1", "stays c"},
    {"a b c", "v1@a", "N v1: a=2 b=1", "v1 fails a", "restarts b"},
    {"a b- c", "v1@a", "N v1: a=2 b=1", "v1 fails a", "restarts c"},
    {"a b c d", "v1@a", "N v1: a=2 b c", "v1 fails a", "restarts bc"},
    {"a b c", "v1@c", "N v1: a b", "v1", "prefers ab"},
    {"a b c", "v1@a", "#N v1: b", "v1", "stays a"},
    {"a b c", "v1@c", "N v1: a=1 b=2", "v1", "prefers b"},
    {"a b c", "v1@a v2@a", "N v2: b", "v1", "stays a"},
    {"a- b c", "v1@b", "N v1: a=2 b=1", "v1", "stays b"},
    /* ---- strict */
    {"a b c", "v1@a", "S v1: a", "v1 fails a", "nowhere:rule"},
    {"a b c", "v1@a", "S v1: a b", "v1 fails a", "restarts b"},
    {"a b- c", "v1@a", "S v1: a b", "v1 fails a", "nowhere:rule"},
    {"a b c", "v1@c", "S v1: a b", "v1", "forbidden ab"},
    {"a b c", "v1@c/nofb", "S v1: a b", "v1", "forbidden ab"},
    {"a- b- c", "v1@c", "S v1: a b", "v1", "forbidden nowhere:rule"},
    {"a b c", "v1@a", "S v1: a", "v1 empty a", "nowhere:rule"},
    /* ---- kept apart */
    {"a b c", "v1@a v2@b", "- v1 v2", "v1", "stays a"},
    {"a b c", "v1@a v2@b", "- v1 v2", "v1 fails a", "restarts c"},
    {"a b", "v1@a v2@b", "- v1 v2", "v1 fails a", "nowhere:crowded"},
    {"a b c", "v1@a v2@a", "- v1 v2", "v1", "apart bc v2"},
    {"a b c", "v1@a/nofb v2@a", "- v1 v2", "v1", "apart bc v2"},
    {"a b", "v1@a v2@b/stopped", "- v1 v2", "v1 fails a", "restarts b"},
    {"a b", "v1@a v2@b/ignored", "- v1 v2", "v1 fails a", "restarts b"},
    {"a b", "v1@a v2@b/error", "- v1 v2", "v1 fails a", "nowhere:crowded"},
    {"a b", "v1@a v2@b/stopped/error", "- v1 v2", "v1 fails a", "nowhere:crowded"},
    {"a b c", "v1@a v2@bc", "- v1 v2", "v1 fails a", "restarts bc"},
    /* the preferred nodes are taken: those of lower priority are not tried */
    {"a b c", "v1@a v2@b", "N v1: a=2 b=1; - v1 v2", "v1 fails a", "nowhere:crowded"},
    {"a b c", "v1@a v2@b", "#- v1 v2", "v1 fails a", "restarts bc"},
    {"a b c", "v1@a v2@b v3@c", "- v1 v2 v3", "v1 fails a", "nowhere:crowded"},
    {"a b c d", "v1@a v2@b v3@c", "- v1 v2 v3", "v1 fails a", "restarts d"},
    /* ---- kept together */
    {"a b c", "v1@a v2@b", "+ v1 v2", "v1", "joins b v2"},
    {"a b c", "v1@a/nofb v2@b", "+ v1 v2", "v1", "stays a"},
    {"a b c", "v1@a v2@a", "+ v1 v2", "v1", "stays a"},
    {"a b c", "v1@a v2@a", "+ v1 v2", "v1 fails a", "restarts bc"},
    {"a b c", "v1@a v2@b", "+ v1 v2", "v1 fails a", "restarts b"},
    {"a b c", "v1@a v2@b v3@c v4@c", "+ v1 v2 v3 v4", "v1", "joins c v3"},
    {"a b c", "v1@a v2@b v3@c", "+ v1 v2; + v2 v3", "v1 fails a", "restarts b"},
    {"a b c", "v1@a v2@a v3@c", "+ v2 v3; + v1 v2", "v1 fails a", "restarts c"},
    {"a b c", "v1@a v2@c/stopped", "+ v1 v2", "v1 fails a", "restarts bc"},
    {"a b c", "v1@a v2@b", "#+ v1 v2", "v1", "stays a"},
    /* who belongs together shares node affinity, and who is kept apart */
    {"a b c", "v1@a v2@a", "+ v1 v2; S v2: a b", "v1 fails a", "restarts b"},
    {"a b c", "v1@a v2@a", "+ v1 v2; S v2: a", "v1 fails a", "nowhere:rule"},
    {"a b c", "v1@a v2@a v3@b", "+ v1 v2; - v2 v3", "v1 fails a", "restarts c"},
    {"a b c", "v1@a v2@a v3@b", "+ v1 v2; S v1: c a; N v3: b", "v1 fails a", "restarts c"},
    /* company on a node that is not preferred does not count */
    {"a b c", "v1@a v2@c", "+ v1 v2; N v1: a=2 b=1", "v1 fails a", "restarts b"},
    /* ---- disks and devices of one node */
    {"a b c", "v1@a/only", "", "v1 fails a", "restarts bc/"},
    {"a b c", "v1@a/only", "", "v1 empty a", "moves bc/"},
    /* ---- on one of several nodes */
    {"a b c", "v1@ab", "", "v1 fails a", "restarts bc?"},
    {"a b c", "v1@ab", "", "v1 fails c", "elsewhere?"},
    /* ---- asked to move */
    {"a b c", "v1@a", "", "v1 to b", "free"},
    {"a b- c", "v1@a", "", "v1 to b", "node"},
    {"a b~ c", "v1@a", "", "v1 to b", "node"},
    {"a b c", "v1@a", "S v1: a c", "v1 to b", "rule p"},
    {"a b c", "v1@a", "N v1: a=2", "v1 to b", "free"},
    {"a b c", "v1@a v2@b", "- v1 v2", "v1 to b", "other v2"},
    {"a b c", "v1@a v2@b", "- v1 v2", "v1 to c", "free"},
    {"a b c", "v1@a v2@a v3@b", "+ v1 v2; - v2 v3", "v1 to b", "other v3"},
};

static void cases_hold(void **state)
{
    uint32_t bad = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world w;
        char out[120] = "";
        world_read(&w, cases[i].nodes, cases[i].resources, cases[i].rules);
        answer(&w, cases[i].ask, out, sizeof(out));
        if (strcmp(out, cases[i].wanted) == 0)
            continue;
        bad++;
        print_error("\"%s\" \"%s\" \"%s\": %s is \"%s\" instead of \"%s\"\n", cases[i].nodes,
                    cases[i].resources, cases[i].rules, cases[i].ask, out, cases[i].wanted);
    }
    assert_int_equal(bad, 0);
}

/* ---- room */

static void room_after(const char *nodes, const char *resources, const char *rules, const uint64_t *given,
                       const uint64_t *sizes, struct place_room *ret)
{
    struct place_outcome fates[MOST];
    struct world w;
    world_read(&w, nodes, resources, rules);
    for (uint32_t n = 0; n < w.place.node_count; n++)
        w.nodes[n].given = given[n];
    for (uint32_t i = 0; i < w.place.resource_count; i++)
        w.resources[i].memory = sizes[i];
    place_fates(&w.place, 0, PLACE_FAILS, fates);
    place_room_after(&w.place, fates, ret);
}

static void what_fits_is_counted(void **state)
{
    struct place_room room;
    (void)state;
    /* 30 and 20 for two nodes with 50 and 60 left */
    room_after("a b c", "v1@a v2@a v3@b", "", (uint64_t[MOST]){50, 50, 40}, (uint64_t[MOST]){30, 20, 50},
               &room);
    assert_int_equal(room.count, 2);
    assert_int_equal(room.needed, 50);
    assert_int_equal(room.room, 110);
    assert_int_equal(room.left_over, 0);
    assert_false(room.unknown);
    /* together there is room enough, for the large one on no node */
    room_after("a b c", "v1@a v2@a", "", (uint64_t[MOST]){90, 50, 50}, (uint64_t[MOST]){70, 20}, &room);
    assert_int_equal(room.left_over, 70);
    /* three equal ones, two places */
    room_after("a b c", "v1@a v2@a v3@a", "", (uint64_t[MOST]){90, 70, 70}, (uint64_t[MOST]){30, 30, 30},
               &room);
    assert_int_equal(room.left_over, 30);
    assert_int_equal(room.count, 3);
    /* only b may have them */
    room_after("a b c", "v1@a", "S v1: a b", (uint64_t[MOST]){90, 95, 0}, (uint64_t[MOST]){30}, &room);
    assert_int_equal(room.room, 5);
    assert_int_equal(room.left_over, 30);
    /* more given out than there is: no room, and no large number */
    room_after("a b", "v1@a", "", (uint64_t[MOST]){0, 400}, (uint64_t[MOST]){1}, &room);
    assert_int_equal(room.room, 0);
    assert_int_equal(room.left_over, 1);
    /* a size that is not known is not a small one */
    room_after("a b", "v1@a", "", (uint64_t[MOST]){0, 0}, (uint64_t[MOST]){0}, &room);
    assert_true(room.unknown);
    /* what is not to run needs none */
    room_after("a b", "v1@a/stopped v2@a/ignored", "", (uint64_t[MOST]){0, 0}, (uint64_t[MOST]){30, 30},
               &room);
    assert_int_equal(room.needed, 0);
}

/* ---- conflicts */

static const struct {
    const char *nodes, *resources, *rules, *wanted;
} conflicts[] = {
    {"a b c", "v1@a v2@b", "N v1: a; N v2: b", ""},
    {"a b c", "v1@a v2@b", "N v1: a; N v1 v2: b", "two-node-rules q p v1"},
    {"a b c", "v1@a v2@b", "N v1: a; #N v1: b", ""},
    {"a b c", "v1@a v2@b", "+ v1 v2; - v1 v2", "both-ways q p v1"},
    {"a b c", "v1@a v2@b v3@c", "+ v1 v2; - v2 v3", ""},
    {"a b", "v1@a v2@b v3@a", "- v1 v2 v3", "too-many p"},
    {"a b", "v1@a v2@b", "- v1 v2", ""},
    {"a b c", "v1@a v2@b", "- v1 v2; S v1 v2: a", "too-narrow p q"},
    {"a b c", "v1@a v2@b", "- v1 v2; S v1 v2: a b", ""},
    {"a b c", "v1@a v2@b", "- v1 v2; N v1 v2: a", ""},
    {"a b c", "v1@a", "+ v1", "too-few p"},
    {"a b c", "v1@a v2@b", "+ v1 v2; N v1: a; N v2: b", "split p r v2"},
    {"a b c", "v1@a v2@b", "+ v1 v2; N v1 v2: a", ""},
};

static void conflicts_are_found(void **state)
{
    static const char *const kinds[] = {"two-node-rules", "both-ways", "too-many",
                                        "too-narrow",     "too-few",   "split"};
    (void)state;
    for (size_t i = 0; i < sizeof(conflicts) / sizeof(conflicts[0]); i++) {
        struct place_conflict found[4] = {0};
        struct world w;
        char out[80] = "";
        world_read(&w, conflicts[i].nodes, conflicts[i].resources, conflicts[i].rules);
        const uint32_t count = place_conflicts(&w.place, found, 4);
        if (count > 0)
            (void)snprintf(
                out, sizeof(out), "%s %s%s%s%s%s", kinds[found[0].kind], w.rules[found[0].rule].name,
                found[0].other < 0 ? "" : " ", found[0].other < 0 ? "" : w.rules[found[0].other].name,
                found[0].who < 0 ? "" : " ", found[0].who < 0 ? "" : w.resources[found[0].who].sid);
        if (strcmp(out, conflicts[i].wanted) != 0)
            fail_msg("\"%s\": \"%s\" instead of \"%s\"", conflicts[i].rules, out, conflicts[i].wanted);
    }
}

static void who_belongs_together(void **state)
{
    struct world w;
    (void)state;
    world_read(&w, "a b c", "v1@a v2@a v3@a v4@a", "+ v1 v2; + v2 v3; #+ v3 v4");
    assert_true(place_belongs(&w.place, 0, 2));
    assert_false(place_belongs(&w.place, 0, 3));
    assert_false(place_belongs(&w.place, 0, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases_hold),
        cmocka_unit_test(what_fits_is_counted),
        cmocka_unit_test(conflicts_are_found),
        cmocka_unit_test(who_belongs_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
