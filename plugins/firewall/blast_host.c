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

/* Addresses of one kind for which a port is judged alike. */
struct kept {
    enum view_kind kind;
    enum fw_verdict verdict;
    const char *port, *by, *addresses;
    uint32_t count;
};
#define KEPT_MOST       24u
#define ADDRESSES_SHOWN 3u

static int32_t tell_kept(const struct host_look *h, const struct kept *kept)
{
    static const struct {
        const char *before, *after;
    } words[] = {
        [FW_ACCEPT] = {"still accepts ", ": by "},
        [FW_DROP] = {"did not accept ", " and will not: by "},
    };
    const struct asking *a = &h->b->ask;
    const enum fw_verdict verdict = kept->verdict == FW_REJECT ? FW_DROP : kept->verdict;
    const char *more = kept->count > ADDRESSES_SHOWN
                           ? ask_text(a, " and %u more", (unsigned)(kept->count - ADDRESSES_SHOWN))
                           : "";
    if (!more || !kept->addresses || !kept->by)
        return PROXIMO_ENOMEM;
    return tally_say(a, h->tally.rows, PROXIMO_RISK_LOW, h->tally.resource, NULL,
                     ask_text(a, "%s%s from %s (%s%s)%s%s", words[verdict].before, kept->port,
                              view_word(kept->kind), kept->addresses, more, words[verdict].after, kept->by),
                     NULL);
}

/* What is judged as before: into the row of the same port and reason. */
static void keep(struct host_look *h, const struct view *view, const char *port, int dport, struct kept *list,
                 uint32_t *count)
{
    const struct asking *a = &h->b->ask;
    struct fw_packet packet = packet_of(view, false);
    struct fw_result before, after;
    packet.dport = dport;
    if (fw_evaluate(h->looked->before, &packet, &before) < 0 ||
        fw_evaluate(h->looked->after, &packet, &after) < 0 || before.possible != after.possible ||
        after.verdict == FW_UNKNOWN)
        return; /* told by the tally */
    const char *by = by_words(a, h->looked->after_input, &after.by);
    for (uint32_t i = 0; by && i < *count; i++) {
        struct kept *kept = &list[i];
        if (kept->kind != view->kind || kept->verdict != after.verdict || kept->port != port || !kept->by ||
            strcmp(kept->by, by) != 0)
            continue;
        if (++kept->count <= ADDRESSES_SHOWN)
            kept->addresses = ask_text(a, "%s, %s", kept->addresses, view->text);
        return;
    }
    if (*count < KEPT_MOST)
        list[(*count)++] = (struct kept){view->kind, after.verdict, port, by, view->text, 1};
}

static int32_t tell_operator(struct host_look *h, const struct views *views)
{
    static const char *const ports[] = {"tcp 8006 (API and GUI)", "tcp 22 (SSH)"};
    struct kept list[KEPT_MOST];
    uint32_t count = 0;
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; i < views->count; i++) {
        if (views->list[i].kind > VIEW_OPERATOR)
            continue;
        keep(h, &views->list[i], ports[0], 8006, list, &count);
        keep(h, &views->list[i], ports[1], 22, list, &count);
    }
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++)
        r = tell_kept(h, &list[i]);
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
    h.tally.api_port = (uint16_t)b->reached.port;
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
