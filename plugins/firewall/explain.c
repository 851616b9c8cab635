/* SPDX-License-Identifier: Apache-2.0 */
/* pve_firewall_explain: one packet, and the rules on its way that never take effect. */
#include "explain.h"
#include "firewall.h"
#include "words.h"

#define RULES_TOLD 50u

static bool put_text(struct json_object *object, const char *key, const char *text)
{
    struct json_object *value = text ? json_object_new_string(text) : NULL;
    if (!text || (value && json_object_object_add(object, key, value) == 0))
        return true;
    json_object_put(value);
    return false;
}

/* ---- rules without effect */

static const char *fault_words(const struct asking *a, const struct fw_rule_view *rule)
{
    if (rule->state == FW_RULE_BAD)
        return ask_text(a, "never takes effect: %s%s%s", rule->key ? rule->key : "", rule->key ? ": " : "",
                        rule->words ? rule->words : "it has errors");
    if (rule->skipped)
        return ask_text(a, "is left out of the %s rules: %s",
                        rule->skipped == 1   ? "IPv4"
                        : rule->skipped == 2 ? "IPv6"
                                             : "compiled",
                        rule->skip_words ? rule->skip_words : "it does not compile");
    return rule->state == FW_RULE_UNSURE
               ? ask_text(a, "is not understood here, what it does is unknown: %s%s%s",
                          rule->key ? rule->key : "", rule->key ? ": " : "", rule->words ? rule->words : "")
               : NULL;
}

static int32_t add_rules(const struct asking *a, const struct judged_leg *one, struct json_object *list,
                         uint32_t *total)
{
    struct fw_rule_view rule;
    for (size_t i = 0; fw_model_rule(one->model, i, &rule); i++) {
        const char *fault = rule.enabled ? fault_words(a, &rule) : NULL;
        if (!fault || ++*total > RULES_TOLD)
            continue;
        struct json_object *row = json_object_new_object();
        const char *where =
            rule.group ? ask_text(a, "security group %s", rule.group) : file_words(a, rule.file);
        const bool good =
            row && put_text(row, "node", one->leg->node->name) && put_text(row, "where", where) &&
            json_object_object_add(row, "pos", json_object_new_int64(rule.pos)) == 0 &&
            put_text(row, "rule", rule_said(a, rule_at(one->input, rule.file, rule.group, rule.pos))) &&
            put_text(row, "why", fault);
        if (!good || json_object_array_add(list, row) < 0) {
            json_object_put(row);
            return PROXIMO_ENOMEM;
        }
    }
    return PROXIMO_OK;
}

static int32_t put_rules(const struct asking *a, const struct judged *judged, struct json_object *out)
{
    struct json_object *list = json_object_new_array();
    uint32_t total = 0;
    int32_t r =
        list && json_object_object_add(out, "rules_without_effect", list) == 0 ? PROXIMO_OK : PROXIMO_ENOMEM;
    for (uint32_t i = 0; r == PROXIMO_OK && i < judged->count; i++)
        r = add_rules(a, &judged->legs[i], list, &total);
    if (r == PROXIMO_OK && total > RULES_TOLD)
        json_object_object_add(out, "rules_without_effect_total", json_object_new_int64(total));
    return r;
}

/* ---- the tool */

/* What it is about beside the packet: the guest, or the node. */
static void default_of(const struct asking *a, struct route_default *ret)
{
    const char *vmid = ask_argument(a, "vmid");
    *ret = (struct route_default){.node = ask_argument(a, "node"),
                                  .vmid = vmid ? (int64_t)digits_of(vmid, 999999999) : 0};
}

static const char *note_of(const struct judged *judged)
{
    for (uint32_t i = 0; i < judged->count; i++) {
        if (judged->legs[i].result.nftables == FW_YES)
            return "The node uses the nftables engine. It was judged as the iptables engine would; where the "
                   "two "
                   "are known to differ the verdict is UNKNOWN.";
    }
    return NULL;
}

static int32_t reply(const struct asking *a, const struct route *route, const struct judged *judged)
{
    struct json_object *out DROP_JSON = judged_json(a, judged);
    int32_t r = out && put_text(out, "note", note_of(judged)) &&
                        json_object_object_add(out, "packet", json_object_get(route->said)) == 0
                    ? put_rules(a, judged, out)
                    : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    const struct proximo_content block = {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON,
                                          .data = json_text(out)};
    return a->host->reply(a->call, &block, 1);
}

int32_t firewall_read_explain(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *arguments DROP_JSON = ask_arguments(&a);
    struct route_default otherwise;
    struct world world = {.ask = a};
    struct route route = {.count = 0};
    struct judged judged = {.count = 0};
    default_of(&a, &otherwise);
    int32_t r = arguments ? world_open(&world, &a) : PROXIMO_ENOMEM;
    r = r == PROXIMO_OK ? route_read(&world, arguments, &otherwise, &route) : r;
    r = r == PROXIMO_OK ? judge_route(&world, &route, NULL, NULL, &judged) : r;
    r = r == PROXIMO_OK ? reply(&a, &route, &judged) : r;
    judged_done(&judged);
    route_done(&route);
    world_done(&world);
    return r;
}
