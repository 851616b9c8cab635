/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firewall files: which one a request is about, changed as a copy, written as a whole.
 */
#include "change.h"
#include "firewall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *sim_fw_env(struct sim_call *call)
{
    const char *path = call->route->path;

    if (sim_arg(call, "group") && strstr(path, "/groups/"))
        return "group";
    if (strncmp(path, "/cluster/firewall", 17) == 0)
        return "cluster";
    if (strncmp(path, "/cluster/sdn", 12) == 0)
        return "vnet";
    if (!strstr(path, "{vmid}"))
        return "host";
    return strstr(path, "/qemu/") ? "vm" : "ct";
}

/* The map of files and the key in it. */
static struct json_object *place_of(struct sim_call *call, const char **ret_key)
{
    const char *env = sim_fw_env(call), *kind = "guest";
    struct json_object *all = sim_get(call->state, "firewall");

    *ret_key = sim_arg(call, "vmid");
    if (strcmp(env, "cluster") == 0 || strcmp(env, "group") == 0) {
        *ret_key = "cluster";
        return all;
    }
    if (strcmp(env, "vnet") == 0) {
        kind = "vnet";
        *ret_key = sim_arg(call, "vnet");
    } else if (strcmp(env, "host") == 0) {
        kind = "node";
        *ret_key = sim_arg(call, "node");
    }
    if (!sim_get(all, kind))
        sim_set(all, kind, json_object_new_object());
    return sim_get(all, kind);
}

static int check_vnet(struct sim_call *call)
{
    const char *vnet = sim_arg(call, "vnet");
    const char *zone = sim_str(sim_get(sim_at(call->state, "/sdn/vnets"), vnet), "zone", NULL);
    const char *privs = strcmp(call->route->method, "GET") == 0 ? "SDN.Audit|SDN.Allocate" : "SDN.Allocate";
    char where[256], why[320];

    if (!zone)
        return sim_fail(call, 500,
                        "invalid vnet specified at /usr/share/perl5/PVE/API2/Firewall/Helpers.pm line 54.\n");
    (void)snprintf(where, sizeof where, "/sdn/zones/%s/%s", zone, vnet);
    if (sim_can_any(call, where, privs))
        return 0;
    (void)snprintf(why, sizeof why, " (%s, %s)", where, privs);
    return sim_fail_perm(call, why);
}

int sim_fw_file(struct sim_call *call, struct json_object **ret_file)
{
    const char *key;
    struct json_object *files = place_of(call, &key);

    if (strcmp(sim_fw_env(call), "vnet") == 0 && check_vnet(call) < 0)
        return -EINVAL;
    *ret_file = sim_get(files, key);
    return 0;
}

void sim_fw_put_digest(struct json_object *file, struct json_object *item)
{
    char digest[41];

    sim_digest(file, digest);
    sim_set_str(item, "digest", digest);
}

int sim_fw_edit(struct sim_call *call, struct json_object **ret_file)
{
    static const char *const maps[] = {"options", "aliases", "ipset", "groups"};
    struct json_object *file = NULL, *copy;

    if (sim_fw_file(call, &file) < 0)
        return -EINVAL;
    /* The one that makes a rule has a digest among its parameters and does not look at it. */
    if (!(strcmp(call->route->method, "POST") == 0 && sim_arg(call, "action")) &&
        sim_check_digest(call, file, "") < 0)
        return -EINVAL;
    copy = file ? sim_copy(file) : json_object_new_object();
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        if (!sim_get(copy, maps[i]))
            sim_set(copy, maps[i], json_object_new_object());
    }
    if (!sim_get(copy, "rules"))
        sim_set(copy, "rules", json_object_new_array());
    *ret_file = copy;
    return 0;
}

static int check_writable(struct sim_call *call, struct json_object *rules)
{
    const char *type = sim_fw_broken(rules);

    if (!type)
        return 0;
    return sim_fail(call, 500, "unknown rule type '%s' at /usr/share/perl5/PVE/Firewall.pm line 3731.\n",
                    type);
}

int sim_fw_save(struct sim_call *call, struct json_object *file)
{
    const char *key;
    struct json_object *files = place_of(call, &key), *groups = sim_get(file, "groups");

    if (check_writable(call, sim_get(file, "rules")) < 0)
        return -EINVAL;
    json_object_object_foreach(groups, name, group)
    {
        (void)name;
        if (check_writable(call, sim_get(group, "rules")) < 0)
            return -EINVAL;
    }
    sim_fw_reread(sim_get(file, "rules"));
    json_object_object_foreach(groups, other, other_group)
    {
        (void)other;
        sim_fw_reread(sim_get(other_group, "rules"));
    }
    sim_set(files, key, json_object_get(file));
    sim_touch(call->sim);
    return 0;
}

int sim_fw_rule_list(struct sim_call *call, struct json_object *file, struct json_object **ret_rules)
{
    const char *group = sim_arg(call, "group");
    struct json_object *found;

    if (!group) {
        *ret_rules = sim_get(file, "rules");
        return 0;
    }
    found = sim_get(sim_get(file, "groups"), group);
    if (!found)
        return sim_fail(call, 500, "no such security group '%s'\n", group);
    *ret_rules = sim_get(found, "rules");
    return 0;
}

const char *sim_fw_name(struct json_object *map, const char *name)
{
    if (!map)
        return NULL;
    json_object_object_foreach(map, key, value)
    {
        (void)value;
        if (strcasecmp(key, name) == 0)
            return key;
    }
    return NULL;
}

static int version_in(struct json_object *file, const char *name)
{
    struct json_object *aliases = sim_get(file, "aliases");
    const char *key = sim_fw_name(aliases, name);

    return key ? (strchr(sim_str(sim_get(aliases, key), "cidr", ""), ':') ? 6 : 4) : 0;
}

int sim_fw_alias_version(struct json_object *state, struct json_object *file, const char *name)
{
    struct json_object *cluster = sim_at(state, "/firewall/cluster");
    int version;

    if (strncmp(name, "dc/", 3) == 0)
        return version_in(cluster, name + 3);
    if (strncmp(name, "guest/", 6) == 0)
        return version_in(file, name + 6);
    version = version_in(file, name);
    return version ? version : version_in(cluster, name);
}
