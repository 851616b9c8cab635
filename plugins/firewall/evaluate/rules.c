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
    for (size_t i = 0; i < count; i++) {
        struct json_object *input = json_object_array_get_idx(list, i);

        rules[i] = (struct fw_rule){
            .type = type_of(fw_text(input, "type")),
            .word = fw_text(input, "action"),
            .action = action_of(fw_text(input, "action")),
            .macro = fw_text(input, "macro"),
            .iface = fw_text(input, "iface"),
            .source = fw_text(input, "source"),
            .dest = fw_text(input, "dest"),
            .proto = fw_text(input, "proto"),
            .dport = fw_text(input, "dport"),
            .sport = fw_text(input, "sport"),
            .icmp_type = fw_text(input, "icmp-type"),
            .enabled = fw_number(input, "enable", 1) != 0,
            .given = fw_get(input, "errors") != NULL,
            .pos = (uint32_t)i,
        };
    }
    *ret_rules = (struct fw_rules){.list = rules, .count = (uint32_t)count, .read = true};
    return 0;
}

int fw_rules_finish(struct fw_model *model, struct fw_scope *scope, enum fw_place place, struct fw_rules *rules)
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
        int r = fw_rule_compile(model, scope, place, rule);
        if (r < 0)
            return r;
    }
    return 0;
}
