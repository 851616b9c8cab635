/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of ports as sentences: who loses or gains what, and by which rule. */
#include "tally.h"

#define GROUPS_MOST     32u
#define ADDRESSES_SHOWN 3u
#define RUNS_SHOWN      12u
#define WIDE            1000u /* ports: more than a service */

/* The runs that go into one sentence: of one outcome, direction, kind and (at first) address. */
struct group {
    const struct tally_run *first;
    const char *ports, *by;
    const char *addresses, *labels;
    uint32_t address_count, label_count, port_count;
    bool api, ssh, corosync, several, ports_any;
    bool delicate; /* ports that attackers from the internet look for first */
};

static bool covers(const struct tally_run *run, int proto, uint16_t port)
{
    return run->proto == proto && run->first <= port && port <= run->last;
}

/* " (SSH)", " (API and GUI, SSH, ...)" for a run that touches services; "" otherwise. */
static const char *service_words(const struct asking *a, const struct tally_run *run)
{
    const char *words = "";
    uint32_t count = 0;
    for (size_t i = 0; words && i < fw_services_count; i++) {
        const struct fw_service *service = &fw_services[i];
        if (service->proto != run->proto || service->last < run->first || run->last < service->first)
            continue;
        if (++count > 4)
            return ask_text(a, " (%s ...)", words);
        words = ask_text(a, "%s%s%s", words, count > 1 ? ", " : "", service->name);
    }
    return count && words ? ask_text(a, " (%s)", words) : words;
}

/* "tcp 22 (SSH)", "all of udp", "ping"; behind a run of the same protocol without its name. */
static const char *run_words(const struct asking *a, const struct tally_run *run, int proto_before)
{
    const char *proto = run->proto == 6 ? "tcp" : run->proto == 17 ? "udp" : NULL, *services;
    const char *word = run->proto == proto_before ? "" : ask_text(a, "%s ", proto ? proto : "");
    if (!proto)
        return run->first == TALLY_NDP ? "IPv6 neighbour discovery" : "ping";
    if (run->first == 1 && run->last == 65535)
        return ask_text(a, "all of %s", proto);
    services = service_words(a, run);
    if (!services || !word)
        return NULL;
    if (run->first == run->last)
        return ask_text(a, "%s%u%s", word, (unsigned)run->first, services);
    return ask_text(a, "%s%u-%u%s", word, (unsigned)run->first, (unsigned)run->last, services);
}

static bool belongs(const struct tally_run *first, const struct tally_run *run)
{
    return run->outcome == first->outcome && run->out == first->out && run->kind == first->kind &&
           strcmp(run->address, first->address) == 0;
}

/* Everything that belongs to the run at `at`. */
static int32_t gather(const struct tally *t, uint32_t at, struct group *ret)
{
    uint32_t shown = 0;
    int proto = -1;
    *ret = (struct group){.first = &t->runs[at],
                          .ports = "",
                          .addresses = t->runs[at].address,
                          .labels = t->runs[at].label,
                          .address_count = 1,
                          .label_count = 1,
                          .by = t->runs[at].by};
    for (uint32_t i = at; i < t->count; i++) {
        const struct tally_run *run = &t->runs[i];
        if (!belongs(ret->first, run))
            continue;
        ret->port_count += (uint32_t)(run->last - run->first) + 1;
        ret->api |= covers(run, 6, 8006) ||
                    (run->kind == VIEW_CONNECTION && t->api_port && covers(run, 6, t->api_port));
        ret->ssh |= covers(run, 6, 22);
        ret->ports_any |= run->proto == 6 || run->proto == 17;
        ret->corosync |= covers(run, 17, 5404) || covers(run, 17, 5405);
        ret->delicate |= covers(run, 6, 22) || covers(run, 6, 445) || covers(run, 6, 3389);
        ret->several |= strcmp(run->by, ret->by) != 0;
        if (++shown <= RUNS_SHOWN) {
            const char *words = run_words(&t->ask, run, proto);
            ret->ports = words ? ask_text(&t->ask, "%s%s%s", ret->ports, shown > 1 ? ", " : "", words) : NULL;
            proto = run->proto;
        }
        if (!ret->ports)
            return PROXIMO_ENOMEM;
    }
    if (shown > RUNS_SHOWN)
        ret->ports =
            ask_text(&t->ask, "%s and %u more runs of ports", ret->ports, (unsigned)(shown - RUNS_SHOWN));
    return ret->ports ? PROXIMO_OK : PROXIMO_ENOMEM;
}

/* ---- how bad, and in which words */

static bool is_operator(const struct group *g)
{
    return !g->first->out && (g->first->kind == VIEW_CONNECTION || g->first->kind == VIEW_OPERATOR);
}

static uint32_t risk_of(const struct tally *t, const struct group *g)
{
    const struct tally_run *run = g->first;
    const bool open = run->outcome == OUTCOME_OPENED;
    if (!open && !t->guest &&
        ((is_operator(g) && (g->api || g->ssh)) || (run->kind == VIEW_PEER && g->corosync)))
        return PROXIMO_RISK_HIGH;
    if (open && !run->out && run->kind == VIEW_INTERNET && (!t->guest || g->delicate || g->port_count > WIDE))
        return PROXIMO_RISK_HIGH;
    if (run->outcome == OUTCOME_DOUBTFUL && !g->ports_any)
        return PROXIMO_RISK_LOW; /* ping */
    if (open &&
        (run->out || run->kind == VIEW_PEER || run->kind == VIEW_CONNECTION || run->kind == VIEW_OPERATOR))
        return PROXIMO_RISK_LOW;
    return PROXIMO_RISK_MEDIUM;
}

/* What it means for whom, before the ports are named. */
static const char *meaning_of(const struct tally *t, const struct group *g)
{
    const bool maybe = g->first->outcome == OUTCOME_UNKNOWN;
    if (t->guest || g->first->outcome == OUTCOME_OPENED || g->first->outcome == OUTCOME_DOUBTFUL)
        return "";
    if (is_operator(g) && (g->api || g->ssh))
        return maybe ? "may cut off the operator: " : "cuts off the operator: ";
    if (g->first->kind == VIEW_PEER && g->corosync)
        return maybe ? "may break the cluster's links: " : "breaks the cluster's links: ";
    return "";
}

static const char *effect_of(const struct tally *t, const struct group *g)
{
    static const struct {
        const char *before, *between, *end;
    } words[OUTCOMES][2] = {
        [OUTCOME_LOST] = {{"no longer accepts ", " from ", ": by "},
                          {"can no longer send ", " to ", ": by "}},
        [OUTCOME_OPENED] = {{"opens ", " to ", ": by "}, {"may now send ", " to ", ": by "}},
        [OUTCOME_DOUBTFUL] = {{"whether it accepts ", " from ", " cannot be told, before or after: "},
                              {"whether it can send ", " to ", " cannot be told, before or after: "}},
        [OUTCOME_UNKNOWN] = {{"whether it then accepts ", " from ", " cannot be told: "},
                             {"whether it can then send ", " to ", " cannot be told: "}},
    };
    const struct tally_run *run = g->first;
    return ask_text(&t->ask, "%s%s%s%s%s (%s)%s%s%s", meaning_of(t, g), words[run->outcome][run->out].before,
                    g->ports, words[run->outcome][run->out].between, view_word(run->kind), g->labels,
                    words[run->outcome][run->out].end, g->by, g->several ? " (and others)" : "");
}

static bool put(struct json_object *facts, const char *key, const char *text)
{
    struct json_object *value = text ? json_object_new_string(text) : NULL;
    if (value && json_object_object_add(facts, key, value) == 0)
        return true;
    json_object_put(value);
    return false;
}

static int32_t tell(struct tally *t, const struct group *g)
{
    static const char *const outcomes[OUTCOMES] = {"lost", "unknown", "opened", "doubtful"};
    const struct tally_run *run = g->first;
    struct json_object *facts = json_object_new_object();
    if (!facts || !put(facts, "outcome", outcomes[run->outcome]) ||
        !put(facts, "direction", run->out ? "out" : "in") || !put(facts, "seen_from", view_word(run->kind)) ||
        !put(facts, "addresses", g->addresses) || !put(facts, "ports", g->ports) ||
        !put(facts, "by", g->by)) {
        json_object_put(facts);
        return PROXIMO_ENOMEM;
    }
    return tally_say(&t->ask, t->rows, risk_of(t, g), t->resource, t->name, effect_of(t, g), facts);
}

/* ---- all of it */

static void add_word(const struct asking *a, const char **list, uint32_t *count, const char *word)
{
    if (++*count <= ADDRESSES_SHOWN && *list)
        *list = ask_text(a, "%s, %s", *list, word);
}

static void end_words(const struct asking *a, const char **list, uint32_t count)
{
    if (count > ADDRESSES_SHOWN && *list)
        *list = ask_text(a, "%s and %u more", *list, (unsigned)(count - ADDRESSES_SHOWN));
}

/* Into the group of the same outcome, kind and ports that is there already; false: there is none. */
static bool merge(const struct asking *a, struct group *groups, uint32_t count, const struct group *one)
{
    for (uint32_t i = 0; i < count; i++) {
        struct group *g = &groups[i];
        if (g->first->outcome != one->first->outcome || g->first->out != one->first->out ||
            g->first->kind != one->first->kind || strcmp(g->ports, one->ports) != 0)
            continue;
        g->several |= strcmp(g->by, one->by) != 0;
        add_word(a, &g->addresses, &g->address_count, one->addresses);
        if (g->labels && !strstr(g->labels, one->labels))
            add_word(a, &g->labels, &g->label_count, one->labels);
        return true;
    }
    return false;
}

/* A run whose group was gathered with an earlier one. */
static bool is_gathered(const struct tally *t, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++) {
        if (belongs(&t->runs[i], &t->runs[at]))
            return true;
    }
    return false;
}

int32_t tally_tell(struct tally *t)
{
    struct group *groups = t->ask.host->alloc(t->ask.call, GROUPS_MOST * sizeof(*groups));
    uint32_t count = 0;
    int32_t r = groups ? PROXIMO_OK : PROXIMO_ENOMEM;
    for (uint32_t i = 0; r == PROXIMO_OK && i < t->count; i++) {
        struct group one;
        if (is_gathered(t, i))
            continue;
        r = gather(t, i, &one);
        if (r < 0 || merge(&t->ask, groups, count, &one))
            continue;
        t->cut |= count == GROUPS_MOST;
        if (count < GROUPS_MOST)
            groups[count++] = one;
    }
    for (enum outcome outcome = 0; r == PROXIMO_OK && outcome < OUTCOMES; outcome++) {
        for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++) {
            if (groups[i].first->outcome != outcome)
                continue;
            end_words(&t->ask, &groups[i].addresses, groups[i].address_count);
            end_words(&t->ask, &groups[i].labels, groups[i].label_count);
            r = groups[i].addresses && groups[i].labels ? tell(t, &groups[i]) : PROXIMO_ENOMEM;
        }
    }
    return r == PROXIMO_OK && t->cut ? t->ask.host->incomplete(t->ask.call, t->resource,
                                                               "more of its ports change than are told here")
                                     : r;
}
