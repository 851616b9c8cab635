/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firewall reads for the datacenter, nodes, guests and vnets. Each has one file (/firewall/cluster,
 * /firewall/node/NAME, /firewall/guest/VMID, /firewall/vnet/NAME) with options, rules, aliases, ipset,
 * groups, and one digest.
 */
#include "firewall.h"
#include "handlers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A rule as it is shown (owned). What it refers to may be gone since it was made: it says what is wrong. */
static struct json_object *show_rule(struct sim_call *call, struct json_object *file,
                                     struct json_object *rule)
{
    struct json_object *item = sim_copy(rule);
    struct json_object *errors = sim_fw_rule_errors(call->state, sim_fw_env(call), file, item);

    sim_fw_put_digest(file, item);
    if (json_object_object_length(errors) > 0)
        sim_set(item, "errors", errors);
    else
        json_object_put(errors);
    return item;
}

int sim_fw_rules(struct sim_call *call)
{
    struct json_object *file = NULL, *rules = NULL;

    if (sim_fw_file(call, &file) < 0 || sim_fw_rule_list(call, file, &rules) < 0)
        return -1;
    call->data = json_object_new_array();
    for (size_t i = 0; rules && i < json_object_array_length(rules); i++) {
        struct json_object *item = show_rule(call, file, json_object_array_get_idx(rules, i));

        sim_set_int(item, "pos", (int64_t)i);
        json_object_array_add(call->data, item);
    }
    return 0;
}

int sim_fw_rule(struct sim_call *call)
{
    struct json_object *file = NULL, *rules = NULL;
    int64_t pos = sim_arg_int(call, "pos", 0);
    char text[32];

    if (sim_fw_file(call, &file) < 0 || sim_fw_rule_list(call, file, &rules) < 0)
        return -1;
    if (!rules || pos < 0 || pos >= (int64_t)json_object_array_length(rules))
        return sim_fail(call, 500, "no rule at position %" PRId64 "\n", pos);
    call->data = show_rule(call, file, json_object_array_get_idx(rules, (size_t)pos));
    (void)snprintf(text, sizeof text, "%" PRId64, pos);
    sim_set_str(call->data, "pos", text);
    return 0;
}

int sim_fw_options(struct sim_call *call)
{
    struct json_object *file = NULL;

    if (sim_fw_file(call, &file) < 0)
        return -1;
    call->data = json_object_new_object();
    sim_merge(call->data, sim_get(file, "options"));
    sim_fw_put_digest(file, call->data);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    struct json_object *left = *(struct json_object *const *)a, *right = *(struct json_object *const *)b;

    return strcmp(sim_str(left, sim_get(left, "group") ? "group" : "name", ""),
                  sim_str(right, sim_get(right, "group") ? "group" : "name", ""));
}

/* A map of the file as a list: `key` holds the name, `hidden` does not show. Written in the order of names.
 */
static int list_map(struct sim_call *call, const char *member, const char *key, const char *hidden)
{
    struct json_object *file = NULL, *map;

    if (sim_fw_file(call, &file) < 0)
        return -1;
    call->data = json_object_new_array();
    map = sim_get(file, member);
    if (!map)
        return 0;
    json_object_object_foreach(map, name, value)
    {
        struct json_object *item = sim_copy(value);

        if (hidden)
            json_object_object_del(item, hidden);
        sim_set_str(item, key, name);
        sim_fw_put_digest(file, item);
        json_object_array_add(call->data, item);
    }
    json_object_array_sort(call->data, by_name);
    return 0;
}

int sim_fw_aliases(struct sim_call *call)
{
    return list_map(call, "aliases", "name", NULL);
}

int sim_fw_ipsets(struct sim_call *call)
{
    return list_map(call, "ipset", "name", "entries");
}

int sim_fw_groups(struct sim_call *call)
{
    return list_map(call, "groups", "group", "rules");
}

int sim_fw_alias(struct sim_call *call)
{
    struct json_object *file = NULL, *aliases;
    const char *name;

    if (sim_fw_file(call, &file) < 0)
        return -1;
    aliases = sim_get(file, "aliases");
    name = sim_fw_name(aliases, sim_arg(call, "name"));
    if (!name)
        return sim_fail_param(call, "name", "no such alias");
    call->data = sim_copy(sim_get(aliases, name));
    sim_set_str(call->data, "name", name);
    sim_fw_put_digest(file, call->data);
    return 0;
}

static int ipset_of(struct sim_call *call, struct json_object **ret_file, struct json_object **ret_entries)
{
    const char *name = sim_arg(call, "name");
    struct json_object *file = NULL, *set;

    if (sim_fw_file(call, &file) < 0)
        return -1;
    set = sim_get(sim_get(file, "ipset"), name);
    if (!set)
        return sim_fail(call, 500, "no such IPSet '%s'\n", name);
    *ret_file = file;
    *ret_entries = sim_get(set, "entries");
    return 0;
}

int sim_fw_ipset(struct sim_call *call)
{
    struct json_object *file = NULL, *entries = NULL;

    if (ipset_of(call, &file, &entries) < 0)
        return -1;
    call->data = json_object_new_array();
    for (size_t i = 0; entries && i < json_object_array_length(entries); i++) {
        struct json_object *item = sim_copy(json_object_array_get_idx(entries, i));

        sim_fw_put_digest(file, item);
        json_object_array_add(call->data, item);
    }
    return 0;
}

int sim_fw_ipset_entry(struct sim_call *call)
{
    struct json_object *file = NULL, *entries = NULL;

    if (ipset_of(call, &file, &entries) < 0)
        return -1;
    for (size_t i = 0; entries && i < json_object_array_length(entries); i++) {
        struct json_object *entry = json_object_array_get_idx(entries, i);

        if (strcmp(sim_str(entry, "cidr", ""), sim_arg(call, "cidr")) != 0)
            continue;
        call->data = sim_copy(entry);
        sim_fw_put_digest(file, call->data);
        return 0;
    }
    return sim_fail_param(call, "cidr", "no such IP/Network");
}

static void add_refs(struct sim_call *call, struct json_object *file, const char *member, const char *type,
                     const char *scope)
{
    const char *wanted = sim_arg(call, "type");
    struct json_object *map = sim_get(file, member);

    if (!map || (wanted && strcmp(wanted, type) != 0))
        return;
    json_object_object_foreach(map, name, value)
    {
        struct json_object *item = json_object_new_object();
        char ref[128];

        (void)snprintf(ref, sizeof ref, "%s%s", strcmp(type, "ipset") == 0 ? "+" : "", name);
        sim_set_str(item, "type", type);
        sim_set_str(item, "name", name);
        sim_set_str(item, "ref", ref);
        sim_set_str(item, "scope", scope);
        if (sim_str(value, "comment", NULL))
            sim_set_str(item, "comment", sim_str(value, "comment", NULL));
        json_object_array_add(call->data, item);
    }
}

/* What rules may refer to: the sets and aliases of the datacenter, for a guest also its own. */
int sim_fw_refs(struct sim_call *call)
{
    struct json_object *file = NULL, *cluster = sim_at(call->state, "/firewall/cluster");

    if (sim_fw_file(call, &file) < 0)
        return -1;
    call->data = json_object_new_array();
    add_refs(call, cluster, "ipset", "ipset", "dc");
    add_refs(call, cluster, "aliases", "alias", "dc");
    if (sim_arg(call, "vmid")) {
        add_refs(call, file, "ipset", "ipset", "guest");
        add_refs(call, file, "aliases", "alias", "guest");
    }
    return 0;
}

int sim_fw_log(struct sim_call *call)
{
    struct json_object *file = NULL;

    if (sim_fw_file(call, &file) < 0)
        return -1;
    return sim_log_lines(call, sim_get(file, "log"), 50);
}
