/* SPDX-License-Identifier: Apache-2.0 */
/* A node's own traffic before and after a change: who can still reach it, and whom it can reach. */
#include "blast.h"
#include "words.h"

#define SOURCE_PORT 50123 /* that of an ordinary client */

struct host_look {
    struct blast *b;
    const struct looked_node *looked;
    struct tally tally;
};

static void set_iface(struct fw_end *end, const char *iface)
{
    end->kind = FW_END_OUTSIDE;
    if (iface && strlen(iface) < sizeof(end->bridge))
        memcpy(end->bridge, iface, strlen(iface) + 1);
}

static struct fw_packet packet_of(const struct view *view, bool out)
{
    struct fw_packet packet = {.source = out ? view->dest : view->address,
                               .dest = out ? view->address : view->dest,
                               .proto = 6,
                               .sport = SOURCE_PORT,
                               .dport = -1,
                               .icmp_type = -1,
                               .icmp_code = -1};
    packet.from.kind = packet.to.kind = FW_END_HOST;
    set_iface(out ? &packet.to : &packet.from, view->iface);
    return packet;
}

static int32_t compare(struct host_look *h, const struct view *view, bool out)
{
    const struct fw_packet packet = packet_of(view, out);
    const struct tally_look look = {.before = h->looked->before,
                                    .after = h->looked->after,
                                    .input = h->looked->after_input,
                                    .view = view,
                                    .out = out};
    return tally_compare(&h->tally, &look, &packet);
}

/* ---- what the operator keeps */

struct kept {
    const char *port;
    int dport;
};

static int32_t tell_kept(struct host_look *h, const struct view *view, const struct kept *kept)
{
    struct fw_packet packet = packet_of(view, false);
    struct fw_result before, after;
    const struct asking *a = &h->b->ask;
    packet.dport = kept->dport;
    if (fw_evaluate(h->looked->before, &packet, &before) < 0 ||
        fw_evaluate(h->looked->after, &packet, &after) < 0 || before.possible != after.possible)
        return PROXIMO_OK; /* told as a change */
    const char *who = ask_text(a, "%s (%s)", view_word(view->kind), view->text);
    if (after.verdict == FW_UNKNOWN)
        return tally_say(a, h->tally.rows, PROXIMO_RISK_HIGH, h->tally.resource, NULL,
                         ask_text(a, "whether it accepts %s from %s cannot be told, before or after: %s",
                                  kept->port, who, after.reason_count ? after.reasons[0] : "unknown"),
                         NULL);
    return tally_say(a, h->tally.rows, PROXIMO_RISK_LOW, h->tally.resource, NULL,
                     ask_text(a,
                              after.verdict == FW_ACCEPT ? "still accepts %s from %s: by %s"
                                                         : "did not accept %s from %s and will not: by %s",
                              kept->port, who, by_words(a, h->looked->after_input, &after.by)),
                     NULL);
}

static int32_t tell_operator(struct host_look *h, const struct views *views)
{
    static const struct kept kept[] = {{"tcp 8006 (API and GUI)", 8006}, {"tcp 22 (SSH)", 22}};
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < views->count; i++) {
        const struct view *view = &views->list[i];
        for (size_t k = 0; r == PROXIMO_OK && k < 2 && view->kind <= VIEW_OPERATOR; k++)
            r = tell_kept(h, view, &kept[k]);
    }
    return r;
}

/* ---- all of it */

int32_t blast_host(struct blast *b, const struct looked_node *looked)
{
    struct host_look h = {.b = b, .looked = looked};
    struct named named = {.count = 0};
    struct views views;
    named_read(&b->ask, looked->before_input, b->edits, b->scope, b->place.name, &named);
    int32_t r = tally_open(&h.tally, &b->ask, ask_text(&b->ask, "node/%s", looked->node->name), NULL, false);
    h.tally.rows = b->rows;
    r = r == PROXIMO_OK ? views_of_node(&b->world, looked->node, &b->reached, &named, &views) : r;
    if (r < 0)
        return r;
    for (uint32_t i = 0; r == PROXIMO_OK && i < views.count; i++) {
        r = compare(&h, &views.list[i], false);
        if (r == PROXIMO_OK && views.list[i].kind > VIEW_OPERATOR)
            r = compare(&h, &views.list[i], true);
    }
    if (r == PROXIMO_OK && views.cut)
        r = b->ask.host->incomplete(b->ask.call, ask_text(&b->ask, "who reaches %s", looked->node->name),
                                    "more addresses than this looks at");
    r = r == PROXIMO_OK ? tally_tell(&h.tally) : r;
    r = r == PROXIMO_OK ? tell_operator(&h, &views) : r;
    if (r == PROXIMO_OK && h.tally.count == 0) {
        b->same = ask_text(&b->ask, "%s%s%s", b->same_count ? b->same : "", b->same_count ? ", " : "",
                           looked->node->name);
        b->same_count++;
        r = b->same ? PROXIMO_OK : PROXIMO_ENOMEM;
    }
    return r;
}
