/* SPDX-License-Identifier: Apache-2.0 */
#include "firewall_case.h"

#include <stdio.h>
#include <string.h>

static struct json_object *get(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(object, key, &value) ? value : NULL;
}

static struct json_object *copy(struct json_object *value)
{
    struct json_object *out = NULL;

    return value && json_object_deep_copy(value, &out, NULL) == 0 ? out : NULL;
}

static void strip_rules(struct json_object *rules)
{
    for (size_t i = 0; json_object_is_type(rules, json_type_array) && i < json_object_array_length(rules);
         i++)
        json_object_object_del(json_object_array_get_idx(rules, i), "errors");
}

/* Of groups and IP sets. */
static void strip_lists(struct json_object *lists)
{
    json_object_object_foreach(lists, name, list)
    {
        (void)name;
        strip_rules(list);
    }
}

/* What was read and holds nothing is there, empty. */
static struct json_object *scope_input(struct json_object *parsed, bool strip)
{
    static const struct {
        const char *key;
        bool list;
    } parts[] = {
        {"options", false}, {"rules", true}, {"aliases", false}, {"ipset", false}, {"groups", false}};
    struct json_object *out = json_object_new_object();

    for (size_t i = 0; out && i < sizeof(parts) / sizeof(parts[0]); i++) {
        struct json_object *part = copy(get(parsed, parts[i].key));

        if (!part)
            part = parts[i].list ? json_object_new_array() : json_object_new_object();
        if (strip && strcmp(parts[i].key, "rules") == 0)
            strip_rules(part);
        if (strip && !parts[i].list)
            strip_lists(part);
        (void)json_object_object_add(out, parts[i].key, part);
    }
    return out;
}

static void add_guests(struct json_object *out, struct json_object *guests, struct json_object *parsed,
                       bool strip)
{
    struct json_object *scopes = json_object_new_object();

    for (size_t i = 0; guests && i < json_object_array_length(guests); i++) {
        const char *vmid = json_object_get_string(get(json_object_array_get_idx(guests, i), "vmid"));
        char file[32];

        (void)snprintf(file, sizeof(file), "%s.fw", vmid ? vmid : "");
        (void)json_object_object_add(scopes, vmid ? vmid : "", scope_input(get(parsed, file), strip));
    }
    (void)json_object_object_add(out, "guests", scopes);
    (void)json_object_object_add(out, "nics", copy(guests));
}

static bool is_vnet_file(const char *name)
{
    size_t len = strlen(name);

    return len > 3 && strcmp(name + len - 3, ".fw") == 0 && !(name[0] >= '0' && name[0] <= '9') &&
           strcmp(name, "cluster.fw") != 0 && strcmp(name, "host.fw") != 0;
}

struct json_object *firewall_case_input(struct json_object *test, bool strip)
{
    static const char *const none[] = {"altnames", "corosync", "sdn_ipsets"};
    struct json_object *network = get(test, "network"), *parsed = get(test, "parsed"),
                       *out = json_object_new_object();
    struct json_object *vnets = json_object_new_object();

    if (!out || !vnets)
        return NULL;
    (void)json_object_object_add(out, "node", copy(get(get(network, "host"), "name")));
    (void)json_object_object_add(out, "local_network", copy(get(network, "local_network")));
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        struct json_object *part = copy(get(network, none[i]));

        (void)json_object_object_add(out, none[i], part ? part : json_object_new_object());
    }
    (void)json_object_object_add(out, "cluster", scope_input(get(parsed, "cluster.fw"), strip));
    (void)json_object_object_add(out, "host", scope_input(get(parsed, "host.fw"), strip));
    add_guests(out, get(network, "guests"), parsed, strip);
    if (parsed) {
        json_object_object_foreach(parsed, name, content)
        {
            char vnet[64];

            if (!is_vnet_file(name) || strlen(name) >= sizeof(vnet))
                continue;
            (void)snprintf(vnet, sizeof(vnet), "%.*s", (int)strlen(name) - 3, name);
            (void)json_object_object_add(vnets, vnet, scope_input(content, strip));
        }
    }
    (void)json_object_object_add(out, "vnets", vnets);
    return out;
}

struct json_object *firewall_case_errors(struct json_object *test, const struct fw_rule_view *rule)
{
    struct json_object *file = get(get(test, "parsed"), rule->file);
    struct json_object *rules = rule->group ? get(get(file, "groups"), rule->group) : get(file, "rules");

    return get(json_object_array_get_idx(rules, rule->pos), "errors");
}

static bool has_name(struct json_object *file, const char *name)
{
    return get(get(file, "aliases"), name) || get(get(file, "ipset"), name);
}

bool firewall_case_is_order(struct json_object *test, const struct fw_rule_view *rule,
                            struct json_object *errors)
{
    struct json_object *parsed = get(test, "parsed");

    json_object_object_foreach(errors, key, value)
    {
        const char *text = json_object_get_string(value), *start = text ? strchr(text, '\'') : NULL;
        const char *end = start ? strchr(start + 1, '\'') : NULL;
        char name[80];

        (void)key;
        if (!end || strncmp(text, "no such ", 8) != 0 || (size_t)(end - start) >= sizeof(name))
            return false;
        (void)snprintf(name, sizeof(name), "%.*s", (int)(end - start - 1), start + 1);
        const char *bare = strchr(name, '/') ? strchr(name, '/') + 1 : name;
        if (!has_name(get(parsed, rule->file), bare) && !has_name(get(parsed, "cluster.fw"), bare))
            return false;
    }
    return true;
}
