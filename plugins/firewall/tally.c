/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting what is judged otherwise after a change. */
#include <errno.h>

#include "tally.h"
#include "words.h"

#define ICMP     1
#define TCP      6
#define UDP      17
#define ICMP_SIX 58

int32_t tally_open(struct tally *t, const struct asking *a, const char *resource, const char *name,
                   bool guest)
{
    *t = (struct tally){.ask = *a, .resource = resource, .name = name, .guest = guest};
    t->runs = a->host->alloc(a->call, TALLY_MOST * sizeof(*t->runs));
    return t->runs && resource ? PROXIMO_OK : PROXIMO_ENOMEM;
}

static bool put(struct json_object *row, const char *key, const char *text)
{
    struct json_object *value = text ? json_object_new_string(text) : NULL;
    if (!text || (value && json_object_object_add(row, key, value) == 0))
        return true;
    json_object_put(value);
    return false;
}

int32_t tally_say(const struct asking *a, struct json_object *rows, uint32_t risk, const char *resource,
                  const char *name, const char *effect, struct json_object *facts)
{
    static const char *const risks[] = {"", "low", "medium", "high"};
    if (!rows)
        return tell_affected(a, risk, resource, name, effect, facts);
    struct json_object *row = json_object_new_object();
    const bool good = resource && effect && row && put(row, "resource", resource) && put(row, "name", name) &&
                      put(row, "risk", risks[risk & 3]) && put(row, "effect", effect) &&
                      put(row, "outcome", member_text(facts, "outcome")) &&
                      put(row, "direction", member_text(facts, "direction")) &&
                      put(row, "seen_from", member_text(facts, "seen_from")) &&
                      put(row, "ports", member_text(facts, "ports"));
    json_object_put(facts);
    if (good && json_object_array_add(rows, row) == 0)
        return PROXIMO_OK;
    json_object_put(row);
    return PROXIMO_ENOMEM;
}

struct comparing {
    struct tally *tally;
    const struct tally_look *look;
    const struct fw_packet *packet;
    bool ports;
};

/* Dropped or rejected is the same to who asks. False: nothing that matters. */
static bool outcome_of(const struct fw_change *change, enum outcome *ret)
{
    const bool before = change->before == FW_ACCEPT, after = change->after == FW_ACCEPT;
    if (change->after == FW_UNKNOWN)
        *ret = change->before == FW_UNKNOWN ? OUTCOME_DOUBTFUL : OUTCOME_UNKNOWN;
    else if (before && !after)
        *ret = OUTCOME_LOST;
    else if (after && !before)
        *ret = OUTCOME_OPENED;
    else if (change->before == FW_UNKNOWN)
        *ret = after ? OUTCOME_OPENED : OUTCOME_LOST; /* it may have been otherwise */
    else
        return false;
    return true;
}

/* Why it cannot be told: the evaluator's first reason. */
static const char *doubt_words(const struct comparing *c, uint16_t port)
{
    struct fw_packet packet = *c->packet;
    struct fw_result result;
    if (c->ports)
        packet.dport = port;
    if (fw_evaluate(c->look->after, &packet, &result) < 0 || result.reason_count == 0)
        return "it cannot be told";
    return ask_text(&c->tally->ask, "%s", result.reasons[0]);
}

static int each(const struct fw_change *change, void *data)
{
    struct comparing *c = data;
    struct tally *t = c->tally;
    enum outcome outcome;
    if (!outcome_of(change, &outcome))
        return 0;
    struct tally_run *last = t->count ? &t->runs[t->count - 1] : NULL;
    if (last && c->ports && last->outcome == outcome && last->address == c->look->view->text &&
        last->out == c->look->out && last->proto == c->packet->proto && last->last + 1 == change->first) {
        last->last = change->last;
        return 0;
    }
    t->cut |= t->count == TALLY_MOST;
    if (!t->runs || t->count == TALLY_MOST)
        return 0;
    const uint16_t icmp = (uint16_t)c->packet->icmp_type;
    const char *by = change->after == FW_UNKNOWN ? doubt_words(c, change->first)
                                                 : by_words(&t->ask, c->look->input, &change->by);
    t->runs[t->count++] = (struct tally_run){.outcome = outcome,
                                             .kind = c->look->view->kind,
                                             .out = c->look->out,
                                             .address = c->look->view->text,
                                             .label = c->look->view->label,
                                             .by = by,
                                             .proto = c->packet->proto,
                                             .first = c->ports ? change->first : icmp,
                                             .last = c->ports ? change->last : icmp};
    return by ? 0 : -ENOMEM;
}

static int32_t compare(struct tally *t, const struct tally_look *look, const struct fw_packet *packet,
                       uint16_t first, uint16_t last)
{
    struct comparing comparing = {t, look, packet, first <= last};
    if (!t->runs)
        return PROXIMO_ENOMEM;
    const int r = fw_compare(look->before, look->after, packet, 1, first, last, each, &comparing);
    if (r == -ENOMEM)
        return PROXIMO_ENOMEM;
    return r < 0 ? t->ask.host->incomplete(t->ask.call, t->resource, "a packet that the model does not know")
                 : PROXIMO_OK;
}

int32_t tally_compare(struct tally *t, const struct tally_look *look, const struct fw_packet *packet)
{
    static const int protos[] = {TCP, UDP};
    struct fw_packet one = *packet;
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < 2; i++) {
        one.proto = protos[i];
        r = compare(t, look, &one, 1, 65535);
    }
    one.proto = packet->source.family == 4 ? ICMP : ICMP_SIX;
    one.icmp_type = packet->source.family == 4 ? 8 : 128;
    one.icmp_code = 0;
    one.sport = one.dport = -1;
    r = r == PROXIMO_OK ? compare(t, look, &one, 1, 0) : r;
    if (r < 0 || packet->source.family == 4)
        return r;
    one.icmp_type = TALLY_NDP; /* without it nothing else of IPv6 arrives */
    return compare(t, look, &one, 1, 0);
}

int32_t tally_compare_port(struct tally *t, const struct tally_look *look, const struct fw_packet *packet,
                           uint16_t first, uint16_t last)
{
    return compare(t, look, packet, first, last);
}
