/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of a firewall file's options, aliases, IP sets with their entries, and security groups.
 */
#include "change.h"
#include "firewall.h"
#include "handlers.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- options ---- */

int sim_fw_options_update(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *file = NULL;
    const char *at = sim_arg(call, "delete");
    struct json_object *options;
    char word[128];

    if (sim_fw_edit(call, &file) < 0)
        return -EINVAL;
    while (at && sim_next_word(&at, word, sizeof word)) {
        if (!sim_param_find(call->route->params, word) ||
            sim_word_in("delete digest node vmid vnet", " ", word, strlen(word)))
            return sim_fail_param(call, "delete", "no such option '%s'", word);
    }
    options = sim_get(file, "options");
    sim_drop_deleted(call, options);
    sim_put_given(call, options, "delete digest node vmid vnet");
    /* Of the datacenter, more than 1 stands for "from now on, for a minute". */
    if (sim_arg_int(call, "enable", 0) > 1)
        sim_set_int(options, "enable", (int64_t)time(NULL));
    return sim_fw_save(call, file);
}

/* ---- what has a name: aliases, sets, groups ---- */

/* Aliases keep their case, the names of sets and groups are small letters. */
static const struct kind {
    const char *path, *member, *key, *again, *missing, *taken;
} kinds[] = {
    {"/aliases", "aliases", "name", "alias '%s' already exists", "no such alias",
     "alias '%s' already exists"},
    {"/ipset", "ipset", "name", "IPSet '%s' already exists", "IPSet '%s' does not exist",
     "IPSet '%s' does already exist"},
    {"/groups", "groups", "group", "Security group '%s' already exists", "Security group '%s' does not exist",
     "Security group '%s' does already exist"},
};

static const struct kind *kind_of(struct sim_call *call)
{
    const char *path = strstr(call->route->path, "/firewall/") + strlen("/firewall");

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strncmp(path, kinds[i].path, strlen(kinds[i].path)) == 0)
            return &kinds[i];
    }
    return &kinds[0];
}

/* Fails the call with the text about a name, whose %s is the name. */
static int fail_name(struct sim_call *call, const struct kind *kind, const char *text, const char *name)
{
    const char *hole = strstr(text, "%s");

    if (!hole)
        return sim_fail_param(call, kind->key, "%s", text);
    return sim_fail_param(call, kind->key, "%.*s%s%s", (int)(hole - text), text, name, hole + 2);
}

/* The name that a parameter gives to an object of this kind. */
static void name_for(struct sim_call *call, const struct kind *kind, const char *param, char *name,
                     size_t size)
{
    (void)snprintf(name, size, "%s", sim_arg(call, param));
    for (char *c = name; *c && strcmp(kind->member, "aliases") != 0; c++)
        *c = (char)tolower((unsigned char)*c);
}

/* Gives an object another name. `old` is borrowed from the map. */
static int rename_to(struct sim_call *call, const struct kind *kind, struct json_object *map, const char *old,
                     const char *name)
{
    const char *there = sim_fw_name(map, name);
    struct json_object *object;

    if (there && strcmp(there, old) != 0)
        return fail_name(call, kind, kind->taken, name);
    object = json_object_get(sim_get(map, old));
    json_object_object_del(map, old);
    sim_set(map, name, object);
    return 0;
}

/* A new one, or with `rename` an old one under a new name. */
int sim_fw_named_create(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *file = NULL;
    const struct kind *kind = kind_of(call);
    const char *comment = sim_arg(call, "comment"), *old, *cidr = sim_arg(call, "cidr");
    struct json_object *map, *object;
    char name[80];

    if (sim_fw_edit(call, &file) < 0)
        return -EINVAL;
    map = sim_get(file, kind->member);
    name_for(call, kind, kind->key, name, sizeof name);
    if (sim_arg(call, "rename")) {
        old = sim_fw_name(map, sim_arg(call, "rename"));
        if (!old)
            return fail_name(call, kind, kind->missing, sim_arg(call, "rename"));
        if (rename_to(call, kind, map, old, name) < 0)
            return -EINVAL;
    } else if (sim_fw_name(map, name)) {
        return fail_name(call, kind, kind->again, name);
    } else {
        object = json_object_new_object();
        if (cidr) {
            sim_set_str(object, "cidr", cidr);
            sim_set_int(object, "ipversion", strchr(cidr, ':') ? 6 : 4);
        } else {
            sim_set(object, strcmp(kind->member, "ipset") == 0 ? "entries" : "rules",
                    json_object_new_array());
        }
        sim_set(map, name, object);
    }
    if (comment && *comment)
        sim_set_str(sim_get(map, name), "comment", comment);
    else if (comment)
        json_object_object_del(sim_get(map, name), "comment");
    return sim_fw_save(call, file);
}

/* Everything is said anew: without a comment there is none. */
int sim_fw_alias_update(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *file = NULL;
    const char *cidr = sim_arg(call, "cidr"), *name;
    const struct kind *kind = kind_of(call);
    struct json_object *map, *alias;

    if (sim_fw_edit(call, &file) < 0)
        return -EINVAL;
    map = sim_get(file, kind->member);
    name = sim_fw_name(map, sim_arg(call, "name"));
    if (!name)
        return fail_name(call, kind, kind->missing, sim_arg(call, "name"));
    alias = sim_get(map, name);
    json_object_object_del(alias, "comment");
    sim_put_given(call, alias, "name rename digest node vmid");
    sim_set_int(alias, "ipversion", strchr(cidr, ':') ? 6 : 4);
    if (sim_arg(call, "rename") && rename_to(call, kind, map, name, sim_arg(call, "rename")) < 0)
        return -EINVAL;
    return sim_fw_save(call, file);
}

/* Deleting an alias that is not there is fine. */
int sim_fw_alias_delete(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *file = NULL;
    const char *name;

    if (sim_fw_edit(call, &file) < 0)
        return -EINVAL;
    name = sim_fw_name(sim_get(file, "aliases"), sim_arg(call, "name"));
    if (name)
        json_object_object_del(sim_get(file, "aliases"), name);
    return sim_fw_save(call, file);
}

/* A set or group that has something in it stays; a set goes with `force`. */
int sim_fw_list_delete(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *file = NULL;
    const struct kind *kind = kind_of(call);
    bool set = strcmp(kind->member, "ipset") == 0;
    const char *what = set ? "IPSet" : "Security group", *name = sim_arg(call, kind->key);
    struct json_object *map, *object, *list;

    if (sim_fw_edit(call, &file) < 0)
        return -EINVAL;
    map = sim_get(file, kind->member);
    object = sim_get(map, name);
    if (!object)
        return sim_fail(call, 500, "no such %s '%s'\n", set ? "IPSet" : "security group", name);
    list = sim_get(object, set ? "entries" : "rules");
    if (list && json_object_array_length(list) > 0 && !sim_arg_int(call, "force", 0))
        return sim_fail(call, 500, "%s '%s' is not empty\n", what, name);
    json_object_object_del(map, name);
    return sim_fw_save(call, file);
}

/* ---- entries of a set ---- */

/* "10.1.2.3/16" is "10.1.0.0/16", and a single address has no mask. */
static void mask(const char *cidr, char *text, size_t size)
{
    const char *slash = strchr(cidr, '/');
    int family = strchr(cidr, ':') ? AF_INET6 : AF_INET;
    unsigned char bytes[16] = {0};
    char host[INET6_ADDRSTRLEN];
    uint64_t bits = 0, all = family == AF_INET ? 32 : 128;

    (void)snprintf(text, size, "%s", cidr);
    if (!slash)
        return;
    (void)snprintf(host, sizeof host, "%.*s", (int)(slash - cidr), cidr);
    if (inet_pton(family, host, bytes) != 1 || sim_parse_uint(slash + 1, 10, all, &bits) < 0)
        return;
    for (uint64_t i = bits; i < all; i++)
        bytes[i / 8] &= (unsigned char)~(0x80U >> i % 8);
    (void)inet_ntop(family, bytes, host, sizeof host);
    if (bits == all)
        (void)snprintf(text, size, "%s", host);
    else
        (void)snprintf(text, size, "%s/%d", host, (int)bits);
}

static int edit_set(struct sim_call *call, struct json_object **ret_file, struct json_object **ret_entries)
{
    struct json_object *set;

    if (sim_fw_edit(call, ret_file) < 0)
        return -EINVAL;
    set = sim_get(sim_get(*ret_file, "ipset"), sim_arg(call, "name"));
    if (!set)
        return sim_fail(call, 500, "no such IPSet '%s'\n", sim_arg(call, "name"));
    if (!sim_get(set, "entries"))
        sim_set(set, "entries", json_object_new_array());
    *ret_entries = sim_get(set, "entries");
    return 0;
}

static int find_entry(struct json_object *entries, const char *cidr)
{
    for (size_t i = 0; i < json_object_array_length(entries); i++) {
        if (strcmp(sim_str(json_object_array_get_idx(entries, i), "cidr", ""), cidr) == 0)
            return (int)i;
    }
    return -1;
}

static int by_cidr(const void *a, const void *b)
{
    return strcmp(sim_str(*(struct json_object *const *)a, "cidr", ""),
                  sim_str(*(struct json_object *const *)b, "cidr", ""));
}

int sim_fw_entry_create(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *file = NULL;
    struct json_object *entries = NULL, *entry;
    char cidr[512];

    if (edit_set(call, &file, &entries) < 0)
        return -EINVAL;
    mask(sim_arg(call, "cidr"), cidr, sizeof cidr);
    if (find_entry(entries, cidr) >= 0)
        return sim_fail_param(call, "cidr", "address '%s' already exists", cidr);
    if (strlen(cidr) > 2 && strcmp(cidr + strlen(cidr) - 2, "/0") == 0)
        return sim_fail_param(call, "cidr", "a zero prefix is not allowed in ipset entries");
    if (isalpha((unsigned char)*cidr) && !strchr(cidr, ':') &&
        sim_fw_alias_version(call->state, file, cidr) == 0)
        return sim_fail(call, 500, "no such alias '%s'\n", cidr);
    entry = json_object_new_object();
    sim_set_str(entry, "cidr", cidr);
    if (sim_arg_int(call, "nomatch", 0))
        sim_set_int(entry, "nomatch", 1);
    if (sim_arg(call, "comment"))
        sim_set_str(entry, "comment", sim_arg(call, "comment"));
    /* Written in the order of their texts. */
    json_object_array_add(entries, entry);
    json_object_array_sort(entries, by_cidr);
    return sim_fw_save(call, file);
}

/* As with an alias, what is not sent again is gone. */
int sim_fw_entry_update(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *file = NULL;
    struct json_object *entries = NULL, *entry;
    int at;

    if (edit_set(call, &file, &entries) < 0)
        return -EINVAL;
    at = find_entry(entries, sim_arg(call, "cidr"));
    if (at < 0)
        return sim_fail_param(call, "cidr", "no such IP/Network");
    entry = json_object_array_get_idx(entries, (size_t)at);
    json_object_object_del(entry, "comment");
    json_object_object_del(entry, "nomatch");
    if (sim_arg_int(call, "nomatch", 0))
        sim_set_int(entry, "nomatch", 1);
    if (sim_arg(call, "comment"))
        sim_set_str(entry, "comment", sim_arg(call, "comment"));
    return sim_fw_save(call, file);
}

/* Deleting an entry that is not there is fine. */
int sim_fw_entry_delete(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *file = NULL;
    struct json_object *entries = NULL;
    int at;

    if (edit_set(call, &file, &entries) < 0)
        return -EINVAL;
    at = find_entry(entries, sim_arg(call, "cidr"));
    if (at >= 0)
        (void)json_object_array_del_idx(entries, (size_t)at, 1);
    return sim_fw_save(call, file);
}
