/* SPDX-License-Identifier: Apache-2.0 */
/* The blast functions: each makes its change in the model, and what is different is told by blast.c. */
#include "blast.h"

#define BIT(i)    (UINT64_C(1) << (i))
#define TOLD_MOST 200u /* rows of one kind */

static const char *text(const struct ha_blast *b, const char *name)
{
    return member_text(b->subject, name);
}

/* ---- resources */

static bool runs(const struct ha_blast *b)
{
    const struct known_guest *guest = b->focus ? ha_world_guest(&b->before, b->focus) : NULL;
    return guest && guest->running;
}

/* What HA makes of the guest itself. */
static void say_state(struct ha_blast *b, const char *state, bool new)
{
    const struct known_guest *guest = b->focus ? ha_world_guest(&b->before, b->focus) : NULL;
    if (strcmp(state, "stopped") == 0 || strcmp(state, "disabled") == 0) {
        const bool off = strcmp(state, "disabled") == 0;
        b->says = runs(b) ? (off ? "is shut down by HA, which then does nothing for it"
                                 : "is shut down by HA, and kept from running")
                          : (off ? "stays off, and HA does nothing for it" : "is kept from running");
        b->risk = runs(b) ? PROXIMO_RISK_HIGH : PROXIMO_RISK_MEDIUM;
    } else if (strcmp(state, "ignored") == 0) {
        b->says = "HA leaves it alone: nobody starts it again when it or its node fails";
        b->risk = PROXIMO_RISK_MEDIUM;
    } else if (guest && guest->template) {
        b->says = "is a template: HA tries to start it, fails, and gives it up";
        b->risk = PROXIMO_RISK_HIGH;
    } else if (!runs(b)) {
        b->says = "is started by HA";
        b->risk = PROXIMO_RISK_MEDIUM;
    } else if (new) {
        b->says = "is started again by HA when it fails; whoever shuts it down has to ask HA from now on";
        b->risk = PROXIMO_RISK_LOW;
    }
}

static bool has_others(const struct place_world *w, uint64_t node, const char *sid)
{
    for (uint32_t i = 0; i < w->resource_count; i++) {
        const struct place_resource *res = &w->resources[i];
        if ((res->at & node) && strcmp(res->sid, sid) != 0 && res->asked != PLACE_IGNORED &&
            res->asked != PLACE_DISABLED)
            return true;
    }
    return false;
}

/* With its first resource a node arms its watchdog. */
static int32_t tell_watchdog(const struct ha_blast *b)
{
    const int64_t who = place_resource_find(&b->after.place, b->focus);
    const struct place_resource *res = who < 0 ? NULL : &b->after.place.resources[who];
    const int64_t before = place_resource_find(&b->before.place, b->focus);
    const enum place_asked was = before < 0 ? PLACE_IGNORED : b->before.place.resources[before].asked;
    if (!res || (was != PLACE_IGNORED && was != PLACE_DISABLED) || place_count(res->at) != 1 ||
        res->asked == PLACE_IGNORED || res->asked == PLACE_DISABLED ||
        has_others(&b->before.place, res->at, b->focus))
        return PROXIMO_OK;
    return tell_affected(
        &b->ask, PROXIMO_RISK_MEDIUM, ask_text(&b->ask, "node/%s", ha_nodes_text(&b->after, res->at)), NULL,
        "gets its first HA resource: from then on it resets itself when it loses the cluster for a "
        "minute, with all guests on it",
        NULL);
}

static int32_t change_resource(void *instance, struct proximo_call *call, struct proximo_text subject_json,
                               bool new)
{
    struct ha_blast b;
    int32_t r = ha_blast_open(instance, call, subject_json, &b);
    const char *group = r == PROXIMO_OK ? text(&b, "group") : NULL,
               *state = r == PROXIMO_OK ? text(&b, "state") : NULL;
    b.focus = r == PROXIMO_OK ? text(&b, "sid") : NULL;
    const struct ha_resource_edit edit = {.sid = b.focus,
                                          .state = state && !*state ? "started" : state,
                                          .failback =
                                              b.focus && text(&b, "failback") && !*text(&b, "failback") ? "1"
                                              : b.focus ? text(&b, "failback")
                                                        : NULL,
                                          .group = group && *group ? group : NULL,
                                          .no_group = group && !*group};
    if (r == PROXIMO_OK && b.focus)
        r = ha_world_put_resource(&b.after, &edit);
    if (r == PROXIMO_OK && b.focus && new)
        r = ha_world_join_rules(&b.after, b.focus, text(&b, "rules"));
    if (r == PROXIMO_OK && b.focus && (new || edit.state))
        say_state(&b, edit.state ? edit.state : "started", new);
    if (r == PROXIMO_OK)
        r = ha_blast_tell(&b);
    if (r == PROXIMO_OK && b.focus && (new || edit.state))
        r = tell_watchdog(&b);
    ha_blast_close(&b);
    return r;
}

int32_t ha_blast_add(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return change_resource(instance, call, subject_json, true);
}

int32_t ha_blast_update(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return change_resource(instance, call, subject_json, false);
}

/* Does it name one resource only? What was removed without its rules is named still. */
static bool is_alone(const struct place_rule *rule)
{
    return rule->member_count == 1 && (!rule->names || !strpbrk(rule->names, ",; "));
}

/* The rules that it leaves. */
static int32_t tell_left_rules(const struct ha_blast *b)
{
    const int64_t who = place_resource_find(&b->before.place, b->focus);
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && who >= 0 && i < b->before.place.rule_count; i++) {
        const struct place_rule *rule = &b->before.place.rules[i];
        if (b->before.groups || !place_rule_has(rule, (uint32_t)who))
            continue;
        r = tell_affected(
            &b->ask, PROXIMO_RISK_LOW, ha_rule_word(&b->before, i), NULL,
            is_alone(rule) ? "is deleted with it: it names no other resource" : "no longer names it", NULL);
    }
    return r;
}

int32_t ha_blast_remove(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct ha_blast b;
    int32_t r = ha_blast_open(instance, call, subject_json, &b);
    b.focus = r == PROXIMO_OK ? text(&b, "sid") : NULL;
    if (r == PROXIMO_OK && b.focus) {
        const bool purge = !member_is(b.subject, "purge", "0");
        if (purge)
            r = tell_left_rules(&b);
        ha_world_drop_resource(&b.after, b.focus, purge);
        b.says = runs(&b) ? "runs on as it is, without HA" : "stays as it is, without HA";
        b.risk = PROXIMO_RISK_MEDIUM;
    }
    if (r == PROXIMO_OK)
        r = ha_blast_tell(&b);
    ha_blast_close(&b);
    return r;
}

/* ---- rules and groups */

int32_t ha_blast_rule(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct ha_blast b;
    int32_t r = ha_blast_open(instance, call, subject_json, &b);
    if (r == PROXIMO_OK && text(&b, "id")) {
        const struct ha_rule_edit edit = {.name = text(&b, "id"),
                                          .type = text(&b, "type"),
                                          .resources = text(&b, "resources"),
                                          .nodes = text(&b, "nodes"),
                                          .affinity = text(&b, "affinity"),
                                          .strict = member_true(b.subject, "strict"),
                                          .off = member_true(b.subject, "disable")};
        r = ha_world_put_rule(&b.after, &edit);
    }
    if (r == PROXIMO_OK)
        r = ha_blast_tell(&b);
    ha_blast_close(&b);
    return r;
}

int32_t ha_blast_rule_delete(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct ha_blast b;
    int32_t r = ha_blast_open(instance, call, subject_json, &b);
    if (r == PROXIMO_OK && text(&b, "id"))
        ha_world_drop_rule(&b.after, text(&b, "id"));
    if (r == PROXIMO_OK)
        r = ha_blast_tell(&b);
    ha_blast_close(&b);
    return r;
}

/* A group that is made or deleted has no members: nothing is different then. */
int32_t ha_blast_group(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct ha_blast b;
    int32_t r = ha_blast_open(instance, call, subject_json, &b);
    if (r == PROXIMO_OK && text(&b, "id"))
        r = ha_world_put_group(&b.after, text(&b, "id"), text(&b, "nodes"),
                               member_true(b.subject, "restricted"), member_true(b.subject, "nofailback"));
    if (r == PROXIMO_OK)
        r = ha_blast_tell(&b);
    ha_blast_close(&b);
    return r;
}

/* ---- moves */

static void say_move(struct ha_blast *b, uint32_t who, uint32_t target, bool relocate)
{
    const struct asking *a = &b->ask;
    const struct place_resource *res = &b->before.place.resources[who];
    const char *name = b->before.place.nodes[target].name;
    const bool restart = relocate || res->lxc;
    b->risk = restart && runs(b) ? PROXIMO_RISK_HIGH : PROXIMO_RISK_MEDIUM;
    b->says = !runs(b)  ? ask_text(a, "moves to %s, off as it is", name)
              : restart ? ask_text(a, "is shut down, moved to %s and started there", name)
                        : ask_text(a, "moves to %s while it runs", name);
    if (!(res->can & BIT(target))) {
        b->risk = PROXIMO_RISK_HIGH;
        b->says = ask_text(a, "%s, if that is possible at all: %s", b->says,
                           res->tie ? res->tie : "it is tied to its node");
    } else if (res->can_unknown) {
        b->risk = PROXIMO_RISK_HIGH;
        b->says = ask_text(a, "%s; whether its disks and devices are there is not known", b->says);
    }
}

static int32_t tell_target_room(const struct ha_blast *b, uint32_t who, uint32_t target)
{
    const struct asking *a = &b->ask;
    const struct place_node *node = &b->before.place.nodes[target];
    const uint64_t needs = b->before.place.resources[who].memory;
    const uint64_t room = node->memory > node->given ? node->memory - node->given : 0;
    if (!runs(b) || !node->memory || needs <= room)
        return PROXIMO_OK;
    return tell_affected(
        a, PROXIMO_RISK_MEDIUM, ask_text(a, "node/%s", node->name), NULL,
        ask_text(a,
                 "the guest may take %s of memory, and %s are left beside what the running guests "
                 "there may take",
                 ha_gib(a, needs), ha_gib(a, room)),
        NULL);
}

/* Those that are kept together with it go along. */
static int32_t tell_company(struct ha_blast *b, uint32_t who, uint32_t target)
{
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < b->after.place.resource_count; i++) {
        struct place_resource *res = &b->after.place.resources[i];
        if (i == who || res->at == BIT(target) || res->asked == PLACE_IGNORED ||
            !place_belongs(&b->before.place, who, i))
            continue;
        res->at = BIT(target);
        r = tell_affected(&b->ask, PROXIMO_RISK_HIGH,
                          ask_text(&b->ask, "guest/%s", strchr(res->sid, ':') + 1), NULL,
                          ask_text(&b->ask, "goes along: a rule keeps it together with %s", b->focus), NULL);
    }
    return r;
}

static int32_t move(struct ha_blast *b)
{
    const char *target = text(b, "target");
    const int64_t who = b->focus ? place_resource_find(&b->before.place, b->focus) : -1;
    const int64_t to = target ? place_node_find(&b->before.place, target) : -1;
    if (who < 0 || to < 0)
        return b->ask.host->incomplete(b->ask.call, "the move",
                                       who < 0 ? "the guest is not seen among HA resources"
                                               : "the target is not seen among the nodes");
    bool *wanted = b->ask.host->alloc(b->ask.call, b->before.place.resource_count + UINT64_C(1));
    if (!wanted)
        return PROXIMO_ENOMEM;
    wanted[who] = true;
    int32_t r = ha_world_ties(&b->before, wanted);
    say_move(b, (uint32_t)who, (uint32_t)to, member_is(b->subject, "how", "relocate"));
    b->after.place.resources[who].at = BIT(to);
    if (r == PROXIMO_OK)
        r = tell_target_room(b, (uint32_t)who, (uint32_t)to);
    if (r == PROXIMO_OK)
        r = tell_company(b, (uint32_t)who, (uint32_t)to);
    return r == PROXIMO_OK ? ha_blast_tell(b) : r;
}

int32_t ha_blast_move(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct ha_blast b;
    int32_t r = ha_blast_open(instance, call, subject_json, &b);
    b.focus = r == PROXIMO_OK ? text(&b, "sid") : NULL;
    if (r == PROXIMO_OK)
        r = move(&b);
    ha_blast_close(&b);
    return r;
}

/* ---- HA as a whole */

static int32_t tell_all(void *instance, struct proximo_call *call, uint32_t risk, const char *effect,
                        const char *summary)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct ha_world world;
    uint32_t told = 0, left = 0;
    int32_t r = ha_world_read(&a, &world);
    for (uint32_t i = 0; r == PROXIMO_OK && i < world.place.resource_count; i++) {
        const struct place_resource *res = &world.place.resources[i];
        const struct known_guest *guest = ha_world_guest(&world, res->sid);
        const char *vmid = strchr(res->sid, ':');
        if (res->asked == PLACE_IGNORED || res->asked == PLACE_DISABLED)
            continue;
        if (told++ < TOLD_MOST)
            r = tell_affected(&a, risk, ask_text(&a, "guest/%s", vmid ? vmid + 1 : res->sid),
                              guest ? guest->name : NULL, effect, NULL);
        else
            left++;
    }
    if (r == PROXIMO_OK)
        r = tell_affected(
            &a, risk, "ha/cluster", NULL,
            left ? ask_text(&a, "%s; %u guests more than are named here", summary, (unsigned)left) : summary,
            NULL);
    ha_world_done(&world);
    return r;
}

int32_t ha_blast_disarm(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const bool freeze = !member_is(subject, "mode", "ignore");
    return tell_all(
        instance, call, PROXIMO_RISK_HIGH,
        freeze ? "is frozen as it is: nobody starts it again when it or its node fails, and to start, stop "
                 "or move it waits until HA is on again"
               : "is left alone: nobody starts it again when it or its node fails",
        "no node is fenced, and no guest recovered, until HA is switched on again");
}

int32_t ha_blast_arm(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    (void)subject_json;
    return tell_all(instance, call, PROXIMO_RISK_MEDIUM,
                    "is looked after again: HA starts, stops and moves it as is asked and as rules say",
                    "watchdogs are armed again: a node that loses the cluster for a minute resets itself");
}
