/* SPDX-License-Identifier: Apache-2.0 */
/* Rules, policies and built-in checks in words. */
#include "words.h"

#include "rules.h"

static const struct {
    const char *word, *words;
} builtins[] = {
    {"loopback", "the built-in rule for the node's own traffic"},
    {"ndp", "the built-in rule for neighbour discovery"},
    {"igmp", "the built-in rule for IGMP"},
    {"blacklist", "the IP set blacklist"},
    {"smurfs", "the built-in check for forged broadcasts"},
    {"tcpflags", "the built-in check of TCP flags"},
    {"dhcp", "the built-in rule for DHCP"},
    {"macfilter", "the MAC filter"},
    {"radv", "the filter of router advertisements"},
    {"ipfilter", "the IP filter"},
    {"management", "the built-in rule for the IP set management and the local network"},
    {"local_network", "the built-in rule towards the local network"},
    {"corosync", "the built-in rule for the cluster's links"},
    {"stale-mark", "an accept mark that a group line left on the packet"},
    {"no-firewall", "the firewall being off here"},
    {"cluster-disabled", "the datacenter's firewall being off"},
};

const char *file_words(const struct asking *a, const char *file)
{
    if (strcmp(file, "cluster.fw") == 0)
        return "the datacenter's firewall";
    if (strcmp(file, "host.fw") == 0)
        return "the node's firewall";
    const size_t len = strcspn(file, ".");
    return strspn(file, "0123456789") == len ? ask_text(a, "guest %.*s's firewall", (int)len, file)
                                             : ask_text(a, "VNet %.*s's firewall", (int)len, file);
}

struct json_object *rule_at(struct json_object *input, const char *file, const char *group, uint32_t pos)
{
    struct json_object *scope = NULL, *list = NULL;
    char name[64] = "";
    if (group) {
        list = member_of(member_of(member_of(input, "cluster"), "groups"), group);
    } else {
        const size_t len = strcspn(file, ".");
        if (strcmp(file, "cluster.fw") == 0 || strcmp(file, "host.fw") == 0)
            scope = member_of(input, strcmp(file, "host.fw") == 0 ? "host" : "cluster");
        else if (len < sizeof(name)) {
            memcpy(name, file, len);
            scope = member_of(member_of(input, "guests"), name);
            scope = scope ? scope : member_of(member_of(input, "vnets"), name);
        }
        list = member_of(scope, "rules");
    }
    return json_object_is_type(list, json_type_array) && pos < json_object_array_length(list)
               ? json_object_array_get_idx(list, pos)
               : NULL;
}

/* " KEY value" or nothing; never NULL. */
static const char *piece(const struct asking *a, const char *before, const char *value)
{
    const char *text = value && *value ? ask_text(a, "%s%s", before, value) : "";
    return text ? text : "";
}

/* Without what people wrote about it. */
const char *rule_said(const struct asking *a, struct json_object *rule)
{
    struct json_object *copy DROP_JSON = NULL, *anywhere = NULL;
    if (!json_object_is_type(rule, json_type_object) || json_object_deep_copy(rule, &copy, NULL) < 0)
        return NULL;
    json_object_object_del(copy, "comment");
    json_object_object_del(copy, "log");
    if (!member_is(copy, "type", "group") && !member_text(copy, "source")) {
        anywhere = json_object_new_string("anywhere");
        if (!anywhere || json_object_object_add(copy, "source", anywhere) < 0)
            return NULL;
    }
    return rule_words(a, copy);
}

const char *by_words(const struct asking *a, struct json_object *input, const struct fw_by *by)
{
    if (by->kind == FW_BY_POLICY)
        return ask_text(a, "the default policy %s", by->word);
    if (by->kind == FW_BY_BUILTIN) {
        for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
            if (strcmp(builtins[i].word, by->word) == 0)
                return builtins[i].words;
        }
        return by->word;
    }
    const char *rule = rule_said(a, rule_at(input, by->file, by->group, by->pos));
    if (!by->group)
        return ask_text(a, "rule %u of %s%s", by->pos, file_words(a, by->file), piece(a, ": ", rule));
    return ask_text(a, "rule %u of security group %s (called by rule %u of %s)%s", by->pos, by->group,
                    by->via_pos, by->via_file ? file_words(a, by->via_file) : "?", piece(a, ": ", rule));
}
