/* SPDX-License-Identifier: Apache-2.0 */
/* A packet judged by the nodes on its way. */
#include <errno.h>

#include "explain.h"
#include "words.h"

void judged_done(struct judged *judged)
{
    for (uint32_t i = 0; i < 2; i++) {
        fw_model_free(judged->legs[i].model);
        json_object_put(judged->legs[i].input);
    }
    *judged = (struct judged){0};
}

static int32_t judge_leg(struct world *w, struct judged_leg *one)
{
    const struct proximo_host *host = w->ask.host;
    int r = fw_model_build(one->input, &one->model);
    r = r ? r : fw_evaluate(one->model, &one->leg->packet, &one->result);
    if (r == 0)
        return PROXIMO_OK;
    if (r == -ENOMEM)
        return PROXIMO_ENOMEM;
    return host->fail(w->ask.call, PROXIMO_EPROTO, "the firewall of %s cannot be judged: %s",
                      one->leg->node->name,
                      r == -E2BIG ? "there is more of it than this looks at"
                                  : "an answer of Proxmox has another form than it promises");
}

static bool is_one(unsigned possible)
{
    return possible == FW_ACCEPT || possible == FW_DROP || possible == FW_REJECT;
}

int32_t judge_route(struct world *w, const struct route *route, edit_fn *edit, void *context,
                    struct judged *ret)
{
    unsigned stopped = 0, possible = FW_ACCEPT;
    int32_t r = PROXIMO_OK;
    *ret = (struct judged){0};
    for (uint32_t i = 0; r == PROXIMO_OK && i < route->count; i++) {
        struct judged_leg *one = &ret->legs[ret->count++];
        struct json_object *input = NULL;
        one->leg = &route->legs[i];
        if (world_nftables(one->leg->node) != FW_NO)
            r = world_read_vnets(w);
        input = world_input(w, one->leg->node);
        if (r == PROXIMO_OK && input && edit)
            r = edit(context, one->leg, input, &one->input);
        else
            one->input = json_object_get(input);
        json_object_put(input);
        if (r < 0 || !one->input)
            return r < 0 ? r : PROXIMO_ENOMEM;
        r = judge_leg(w, one);
        ret->last = i;
        possible = one->result.possible;
        stopped |= possible & ~(unsigned)FW_ACCEPT;
        if (!(possible & FW_ACCEPT))
            break;
    }
    ret->possible = stopped | (possible & FW_ACCEPT);
    ret->verdict = is_one(ret->possible) ? (enum fw_verdict)ret->possible : FW_UNKNOWN;
    return r;
}

/* ---- in words */

static bool put(struct json_object *object, const char *key, struct json_object *value)
{
    if (value && json_object_object_add(object, key, value) == 0)
        return true;
    json_object_put(value);
    return false;
}

static bool put_text(struct json_object *object, const char *key, const char *text)
{
    return put(object, key, text ? json_object_new_string(text) : NULL);
}

static struct json_object *hop_json(const struct asking *a, const struct judged_leg *one,
                                    const struct fw_hop *hop)
{
    struct json_object *out = json_object_new_object();
    char at[48];
    fw_at_words(hop, at, sizeof(at));
    const bool good = out && put_text(out, "node", one->leg->node->name) && put_text(out, "at", at) &&
                      put_text(out, "verdict", fw_verdict_word(hop->verdict)) &&
                      put_text(out, "by", by_words(a, one->input, &hop->by)) &&
                      put(out, "source", fw_by_json(&hop->by)) &&
                      (hop->verdict != FW_UNKNOWN || put(out, "possible", fw_possible_json(hop->possible)));
    if (good)
        return out;
    json_object_put(out);
    return NULL;
}

static bool put_hops(const struct asking *a, const struct judged *judged, struct json_object *out)
{
    struct json_object *hops = json_object_new_array();
    bool good = hops != NULL;
    for (uint32_t i = 0; good && i < judged->count; i++) {
        for (size_t k = 0; good && k < judged->legs[i].result.hop_count; k++) {
            struct json_object *hop = hop_json(a, &judged->legs[i], &judged->legs[i].result.hops[k]);
            good = hop && json_object_array_add(hops, hop) == 0;
        }
    }
    return put(out, "hops", hops) && good;
}

/* Only where they leave the verdict open. */
static bool put_reasons(const struct judged *judged, struct json_object *out)
{
    struct json_object *reasons = judged->verdict == FW_UNKNOWN ? json_object_new_array() : NULL;
    for (uint32_t i = 0; reasons && i < judged->count; i++) {
        for (size_t k = 0; k < judged->legs[i].result.reason_count; k++)
            (void)json_object_array_add(reasons, json_object_new_string(judged->legs[i].result.reasons[k]));
    }
    return judged->verdict != FW_UNKNOWN || put(out, "reasons", reasons);
}

struct json_object *judged_json(const struct asking *a, const struct judged *judged)
{
    static const char *const engines[] = {
        [FW_NO] = "iptables", [FW_YES] = "nftables", [FW_MAYBE] = "unknown"};
    struct json_object *out = json_object_new_object();
    const struct judged_leg *last = &judged->legs[judged->last];
    const bool unknown = judged->verdict == FW_UNKNOWN;
    const bool good =
        out && put_text(out, "verdict", fw_verdict_word(judged->verdict)) &&
        (!unknown || put(out, "possible", fw_possible_json(judged->possible))) &&
        put_text(out, unknown ? "otherwise_by" : "by", by_words(a, last->input, &last->result.by)) &&
        put_hops(a, judged, out) && put_reasons(judged, out) &&
        put_text(out, "engine", engines[last->result.nftables]);
    if (good)
        return out;
    json_object_put(out);
    return NULL;
}
