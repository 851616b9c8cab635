/* SPDX-License-Identifier: Apache-2.0 */
/* pve_firewall_simulate: what a change of a firewall would do, without planning it. */
#include <errno.h>

#include "blast.h"
#include "explain.h"
#include "place.h"
#include "words.h"

#define PACKETS_MOST 32u

struct simulation {
    struct place place;
    struct blast blast; /* place, scope, node, vmid and edits are for all of it */
    struct json_object *rows;
};

static int32_t open_edits(struct simulation *s)
{
    const struct asking *a = &s->place.ask;
    const char *edits = ask_argument(a, "edits");
    s->blast = (struct blast){.ask = *a, .scope = s->place.scope->name, .node = s->place.node};
    s->blast.place.scope = fw_edit_scope(s->place.scope->name);
    if (s->blast.place.scope == EDIT_NODE)
        s->blast.node = s->place.id;
    else if (s->blast.place.scope != EDIT_CLUSTER)
        s->blast.place.name = s->place.id;
    if (s->blast.place.scope == EDIT_GUEST)
        s->blast.vmid = (int64_t)digits_of(s->place.id, 999999999);
    s->blast.edits = edits ? json_of(text_of(edits)) : NULL;
    s->blast.rows = s->rows = json_object_new_array();
    if (!json_object_is_type(s->blast.edits, json_type_array) ||
        json_object_array_length(s->blast.edits) == 0)
        return a->host->fail(
            a->call, PROXIMO_EINVAL,
            "edits is no JSON array of 1 to 256 edits; one is, for instance, {\"part\":\"rules\",\"op\":"
            "\"insert\",\"value\":{\"type\":\"in\",\"action\":\"DROP\",\"enable\":1}}");
    return s->rows ? PROXIMO_OK : PROXIMO_ENOMEM;
}

/* ---- packets */

/* The edits change this node's model, if they are of it at all. */
static int32_t apply(void *context, const struct leg *leg, struct json_object *input,
                     struct json_object **ret)
{
    struct simulation *s = context;
    const struct asking *a = &s->place.ask;
    const struct fw_edit_place *place = &s->blast.place;
    const char *words = NULL;
    const bool elsewhere =
        (place->scope == EDIT_NODE && strcmp(leg->node->name, s->blast.node) != 0) ||
        (place->scope == EDIT_GUEST && !member_of(member_of(input, "guests"), place->name));
    const int bad = elsewhere ? 0 : fw_edit_apply(input, place, s->blast.edits, ret, &words);
    if (bad == -EINVAL)
        return a->host->fail(a->call, PROXIMO_EINVAL, "the edits do not fit %s's firewall: %s",
                             s->place.label, words ? words : "they are not understood");
    if (bad == -ENOMEM || (bad == 0 && !elsewhere))
        return bad ? PROXIMO_ENOMEM : PROXIMO_OK;
    /* What was not read leaves the verdict open where it matters. */
    *ret = json_object_get(input);
    return elsewhere
               ? PROXIMO_OK
               : a->host->incomplete(a->call, "what the edits do", "the part that they change was not read");
}

static bool put(struct json_object *row, const char *key, struct json_object *value)
{
    if (value && json_object_object_add(row, key, value) == 0)
        return true;
    json_object_put(value);
    return false;
}

static bool put_text(struct json_object *row, const char *key, const char *text)
{
    return put(row, key, text ? json_object_new_string(text) : NULL);
}

static const char *decided(const struct asking *a, const struct judged *judged)
{
    const struct judged_leg *last = &judged->legs[judged->last];
    if (judged->verdict != FW_UNKNOWN)
        return by_words(a, last->input, &last->result.by);
    for (uint32_t i = 0; i < judged->count; i++) {
        if (judged->legs[i].result.reason_count)
            return ask_text(a, "it cannot be told: %s", judged->legs[i].result.reasons[0]);
    }
    return "it cannot be told";
}

static int32_t add_row(struct simulation *s, const struct route *route, const struct judged *before,
                       const struct judged *after)
{
    const struct asking *a = &s->place.ask;
    struct json_object *row = json_object_new_object();
    const bool good = row && put(row, "packet", json_object_get(route->said)) &&
                      put(row, "changed", json_object_new_boolean(before->possible != after->possible)) &&
                      put_text(row, "before", fw_verdict_word(before->verdict)) &&
                      put_text(row, "after", fw_verdict_word(after->verdict)) &&
                      put_text(row, "before_by", decided(a, before)) &&
                      put_text(row, "after_by", decided(a, after));
    if (good && json_object_array_add(s->rows, row) == 0)
        return PROXIMO_OK;
    json_object_put(row);
    return PROXIMO_ENOMEM;
}

/* The host that a packet means: of its own "node", of the place, or the one that answers. */
static const char *host_of(struct simulation *s, struct json_object *packet)
{
    const char *node = member_text(packet, "node");
    node = node ? node : s->blast.node;
    for (uint32_t i = 0; !node && i < s->blast.world.node_count; i++)
        node = s->blast.world.nodes[i].local ? s->blast.world.nodes[i].name : NULL;
    return node;
}

static int32_t judge_packet(struct simulation *s, struct json_object *packet)
{
    struct world *w = &s->blast.world;
    struct route route = {.count = 0};
    struct judged before = {.count = 0}, after = {.count = 0};
    const struct route_default otherwise = {.node = host_of(s, packet), .vmid = s->blast.vmid};
    int32_t r = route_read(w, packet, &otherwise, &route);
    r = r == PROXIMO_OK ? judge_route(w, &route, NULL, NULL, &before) : r;
    r = r == PROXIMO_OK ? judge_route(w, &route, apply, s, &after) : r;
    r = r == PROXIMO_OK ? add_row(s, &route, &before, &after) : r;
    judged_done(&before);
    judged_done(&after);
    route_done(&route);
    return r;
}

static int32_t judge_packets(struct simulation *s, struct json_object *packets)
{
    const struct asking *a = &s->place.ask;
    const size_t count = json_object_array_length(packets);
    int32_t r = count <= PACKETS_MOST
                    ? world_open(&s->blast.world, a)
                    : a->host->fail(a->call, PROXIMO_EINVAL, "more than %u packets", PACKETS_MOST);
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
        const char *text = json_object_get_string(json_object_array_get_idx(packets, i));
        struct json_object *packet = text ? json_of(text_of(text)) : NULL;
        r = json_object_is_type(packet, json_type_object)
                ? judge_packet(s, packet)
                : a->host->fail(a->call, PROXIMO_EINVAL,
                                "packet %u is no JSON object such as {\"source\":\"10.0.0.5\",\"dport\":22}",
                                (unsigned)i);
        json_object_put(packet);
    }
    world_done(&s->blast.world);
    return r;
}

/* ---- the tool */

/* The worst first, else in the order in which they were found. */
static struct json_object *sorted(struct json_object *rows)
{
    static const char *const risks[] = {"high", "medium", "low", NULL};
    struct json_object *out = json_object_new_array();
    for (size_t k = 0; out && k < sizeof(risks) / sizeof(risks[0]); k++) {
        for (size_t i = 0; i < json_object_array_length(rows); i++) {
            struct json_object *row = json_object_array_get_idx(rows, i);
            if (risks[k] ? member_is(row, "risk", risks[k]) : !member_text(row, "risk"))
                (void)json_object_array_add(out, json_object_get(row));
        }
    }
    return out;
}

static int32_t reply(struct simulation *s)
{
    struct json_object *rows DROP_JSON = sorted(s->rows);
    if (!rows)
        return PROXIMO_ENOMEM;
    const struct proximo_content block = {ROW(proximo_content), .type = PROXIMO_CONTENT_ROWS,
                                          .data = json_text(rows)};
    return s->place.ask.host->reply(s->place.ask.call, &block, 1);
}

int32_t firewall_read_simulate(void *instance, struct proximo_call *call)
{
    struct simulation s;
    int32_t r = place_open(instance, call, &s.place);
    if (r < 0)
        return r;
    r = open_edits(&s);
    struct json_object *arguments DROP_JSON = ask_arguments(&s.place.ask);
    struct json_object *packets = member_of(arguments, "packets");
    if (r == PROXIMO_OK && packets)
        r = judge_packets(&s, packets);
    else if (r == PROXIMO_OK)
        r = blast_run(&s.blast);
    r = r == PROXIMO_OK ? reply(&s) : r;
    json_object_put(s.blast.edits);
    json_object_put(s.rows);
    return r;
}
