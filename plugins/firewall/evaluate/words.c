/* SPDX-License-Identifier: Apache-2.0 */
/* Answers in words and JSON. */
#include <stdio.h>

#include "internal.h"

const char *fw_verdict_word(enum fw_verdict verdict)
{
    switch (verdict) {
    case FW_ACCEPT: return "ACCEPT";
    case FW_DROP: return "DROP";
    case FW_REJECT: return "REJECT";
    case FW_UNKNOWN:
    case FW_ANY: break;
    }
    return "UNKNOWN";
}

void fw_at_words(const struct fw_hop *hop, char *out, size_t size)
{
    static const char *const places[] = {"guest-out", "host-out", "guest-in", "host-in"};

    if (hop->at == FW_AT_GUEST_OUT || hop->at == FW_AT_GUEST_IN)
        (void)snprintf(out, size, "%s %u net%u", places[hop->at], hop->vmid, hop->net);
    else
        (void)snprintf(out, size, "%s", places[hop->at]);
}

/* False and the value is gone when there is no memory. */
static bool add(struct json_object *object, const char *key, struct json_object *value)
{
    if (value && json_object_object_add(object, key, value) == 0)
        return true;
    json_object_put(value);
    return false;
}

static struct json_object *give(struct json_object *object, bool good)
{
    if (good)
        return object;
    json_object_put(object);
    return NULL;
}

static struct json_object *line_json(const char *file, uint32_t pos)
{
    struct json_object *out = json_object_new_object();

    return out ? give(out, add(out, "file", json_object_new_string(file)) &&
                               add(out, "pos", json_object_new_int64(pos)))
               : NULL;
}

struct json_object *fw_by_json(const struct fw_by *by)
{
    struct json_object *out =
        by->kind == FW_BY_RULE ? line_json(by->file, by->pos) : json_object_new_object();
    bool good = out != NULL;

    if (by->kind != FW_BY_RULE)
        good = good &&
               add(out, by->kind == FW_BY_POLICY ? "policy" : "builtin", json_object_new_string(by->word));
    if (by->group)
        good = good && add(out, "group", json_object_new_string(by->group));
    if (by->via_file)
        good = good && add(out, "via", line_json(by->via_file, by->via_pos));
    return give(out, good);
}

struct json_object *fw_possible_json(unsigned possible)
{
    static const enum fw_verdict verdicts[] = {FW_ACCEPT, FW_DROP, FW_REJECT};
    struct json_object *out = json_object_new_array();

    for (size_t i = 0; out && i < 3; i++) {
        if (possible & (unsigned)verdicts[i])
            (void)json_object_array_add(out, json_object_new_string(fw_verdict_word(verdicts[i])));
    }
    return out;
}

static struct json_object *hop_json(const struct fw_hop *hop)
{
    struct json_object *out = json_object_new_object();
    char at[48];

    fw_at_words(hop, at, sizeof(at));
    bool good = out && add(out, "at", json_object_new_string(at)) &&
                add(out, "verdict", json_object_new_string(fw_verdict_word(hop->verdict))) &&
                add(out, "by", fw_by_json(&hop->by));
    if (hop->verdict == FW_UNKNOWN)
        good = good && add(out, "possible", fw_possible_json(hop->possible));
    return give(out, good);
}

struct json_object *fw_result_json(const struct fw_result *result)
{
    static const char *const engines[] = {
        [FW_NO] = "iptables", [FW_YES] = "nftables", [FW_MAYBE] = "unknown"};
    struct json_object *out = json_object_new_object(), *hops = json_object_new_array(), *reasons;
    bool good = out && hops;

    for (size_t i = 0; good && i < result->hop_count; i++) {
        struct json_object *hop = hop_json(&result->hops[i]);

        good = hop && json_object_array_add(hops, hop) == 0;
    }
    good = good && add(out, "verdict", json_object_new_string(fw_verdict_word(result->verdict))) &&
           add(out, "by", fw_by_json(&result->by)) &&
           add(out, "engine", json_object_new_string(engines[result->nftables]));
    if (!good) {
        json_object_put(hops);
        return give(out, false);
    }
    good = add(out, "hops", hops);
    if (result->verdict == FW_UNKNOWN)
        good = good && add(out, "possible", fw_possible_json(result->possible));
    reasons = result->reason_count ? json_object_new_array() : NULL;
    for (size_t i = 0; reasons && i < result->reason_count; i++)
        (void)json_object_array_add(reasons, json_object_new_string(result->reasons[i]));
    if (reasons)
        good = good && add(out, "reasons", reasons);
    return give(out, good);
}
