/* SPDX-License-Identifier: Apache-2.0 */
/* Rules as the API lists them, and the road that each goes: read, checked, compiled. */
#include <errno.h>
#include <string.h>

#include "internal.h"

static enum fw_type type_of(const char *word)
{
    static const char *const words[] = {"in", "out", "forward", "group"};

    for (size_t i = 0; word && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i]) == 0)
            return (enum fw_type)i;
    }
    return FW_TYPE_OTHER;
}

static enum fw_verdict action_of(const char *word)
{
    static const enum fw_verdict verdicts[] = {FW_ACCEPT, FW_DROP, FW_REJECT};

    for (size_t i = 0; word && i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
        if (strcmp(word, fw_verdict_word(verdicts[i])) == 0)
            return verdicts[i];
    }
    return FW_UNKNOWN;
}

/* A member's text; *odd is set where there is something that is no text of a sane length: never taken for
 * nothing. */
static const char *text_of(struct json_object *input, const char *key, const char **odd)
{
    struct json_object *value = fw_get(input, key);
    const char *text = fw_text(input, key);

    if (value && !text &&
        (!json_object_is_type(value, json_type_string) || json_object_get_string_len(value) > 0))
        *odd = key;
    return text;
}

static void read_rule(struct json_object *input, uint32_t pos, struct fw_rule *ret_rule)
{
    const char *odd = NULL;

    *ret_rule = (struct fw_rule){
        .type = type_of(fw_text(input, "type")),
        .word = fw_text(input, "action"),
        .action = action_of(fw_text(input, "action")),
        .macro = text_of(input, "macro", &odd),
        .iface = text_of(input, "iface", &odd),
        .source = text_of(input, "source", &odd),
        .dest = text_of(input, "dest", &odd),
        .proto = text_of(input, "proto", &odd),
        .dport = text_of(input, "dport", &odd),
        .sport = text_of(input, "sport", &odd),
        .icmp_type = text_of(input, "icmp-type", &odd),
        .enabled = fw_number(input, "enable", 1) != 0,
        .given = fw_get(input, "errors") != NULL,
        .pos = pos,
    };
    if (odd) {
        ret_rule->state = FW_RULE_UNSURE;
        ret_rule->key = odd;
        ret_rule->words = "neither a text of at most 4,096 bytes nor a number";
    }
}

int fw_rules_read(struct fw_model *model, struct json_object *list, struct fw_rules *ret_rules)
{
    if (!json_object_is_type(list, json_type_array))
        return -EINVAL;
    size_t count = json_object_array_length(list);
    if (count > FW_RULES_MOST)
        return -E2BIG;
    struct fw_rule *rules = fw_take(&model->pool, count + 1, sizeof(*rules));
    if (!rules)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        read_rule(json_object_array_get_idx(list, i), (uint32_t)i, &rules[i]);
    *ret_rules = (struct fw_rules){.list = rules, .count = (uint32_t)count, .read = true};
    return 0;
}

int fw_rules_finish(struct fw_model *model, struct fw_scope *scope, enum fw_place place,
                    struct fw_rules *rules)
{
    for (uint32_t i = 0; i < rules->count; i++) {
        struct fw_rule *rule = &rules->list[i];

        fw_rule_check(model, scope, place, rule);
        if (rule->given && rule->state != FW_RULE_BAD) {
            rule->state = FW_RULE_BAD;
            rule->key = "errors";
            rule->words = "Proxmox says that the rule has errors";
        }
        if (rule->state == FW_RULE_BAD)
            continue;
        const char *real = rule->iface && place != FW_GUEST ? fw_text(model->altnames, rule->iface) : NULL;
        rule->iface = real ? real : rule->iface;
        int r = fw_rule_compile(model, scope, place, rule);
        if (r < 0)
            return r;
    }
    return 0;
}
