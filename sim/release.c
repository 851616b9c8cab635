/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What 9 brought, as three tables: methods, parameters, choices of parameters.
 */
#include "release.h"
#include "change.h"

#include <errno.h>
#include <string.h>

#define UNKNOWN "property is not defined in schema and the schema does not allow additional properties"

/* Methods: a path ending with '*' stands for everything below. */
static const struct {
    const char *methods, *path;
} new_methods[] = {
    {"POST", "/access/vncticket"},
    {"GET POST", "/cluster/bulk-action*"},
    {"GET POST PUT DELETE", "/cluster/ha/rules*"},
    {"POST", "/cluster/ha/status/arm-ha"},
    {"POST", "/cluster/ha/status/disarm-ha"},
    {"GET POST PUT DELETE", "/cluster/qemu*"},
    {"GET", "/cluster/sdn/dry-run"},
    {"GET POST PUT DELETE", "/cluster/sdn/fabrics*"},
    {"POST DELETE", "/cluster/sdn/lock"},
    {"GET POST PUT DELETE", "/cluster/sdn/prefix-lists*"},
    {"POST", "/cluster/sdn/rollback"},
    {"GET POST PUT DELETE", "/cluster/sdn/route-maps*"},
    {"GET", "/nodes/{node}/capabilities/qemu/cpu-flags"},
    {"GET", "/nodes/{node}/capabilities/qemu/migration"},
    {"DELETE", "/nodes/{node}/ceph/fs/{name}"},
    {"GET", "/nodes/{node}/lxc/{vmid}/migrate"},
    {"POST", "/nodes/{node}/qemu/{vmid}/dbus-vmstate"},
    {"GET", "/nodes/{node}/query-oci-repo-tags"},
    {"GET", "/nodes/{node}/sdn/fabrics*"},
    {"GET", "/nodes/{node}/sdn/vnets/{vnet}*"},
    {"GET", "/nodes/{node}/sdn/zones/{zone}/bridges"},
    {"GET", "/nodes/{node}/sdn/zones/{zone}/ip-vrf"},
    {"GET", "/nodes/{node}/storage/{storage}/identity"},
    {"POST", "/nodes/{node}/storage/{storage}/oci-registry-pull"},
};

/* Parameters: a name ending with '*' stands for all that begin so. */
static const struct {
    const char *methods, *path, *names;
} new_params[] = {
    {"POST PUT", "/access/domains*", "audiences"},
    {"PUT", "/access/users/{userid}/token/{tokenid}", "delete regenerate"},
    {"POST", "/cluster/config", "token-coefficient"},
    {"DELETE", "/cluster/ha/resources/{sid}", "purge"},
    {"POST PUT", "/cluster/ha/resources*", "auto-rebalance failback"},
    {"GET", "/cluster/metrics/export", "node-list"},
    {"POST PUT", "/cluster/metrics/server/{id}", "otel-*"},
    {"PUT", "/cluster/options", "location replication"},
    {"PUT", "/cluster/sdn", "lock-token release-lock"},
    {"POST PUT DELETE", "/cluster/sdn/*", "lock-token"},
    {"POST PUT", "/cluster/sdn/controllers*",
     "bgp-mode fabric nodes peer-group-name route-map-in route-map-out"},
    {"POST PUT", "/cluster/sdn/zones*", "fabric secondary-controllers"},
    {"GET", "/nodes/{node}/capabilities/qemu/*", "arch"},
    {"PUT", "/nodes/{node}/config", "location"},
    {"POST PUT", "/nodes/{node}/lxc*", "entrypoint env ha-managed"},
    {"POST", "/nodes/{node}/migrateall", "max-workers"},
    {"POST", "/nodes/{node}/startall", "max-workers"},
    {"POST", "/nodes/{node}/stopall", "max-workers"},
    {"POST", "/nodes/{node}/suspendall", "max-workers"},
    {"PUT", "/nodes/{node}/network", "regenerate-frr"},
    {"POST", "/nodes/{node}/qemu", "allow-ksm ha-managed intel-tdx"},
    {"GET", "/nodes/{node}/qemu/{vmid}/agent/file-read", "count decode offset"},
    {"POST PUT", "/nodes/{node}/qemu/{vmid}/config", "allow-ksm intel-tdx"},
    {"POST", "/nodes/{node}/qemu/{vmid}/migrate", "with-conntrack-state"},
    {"POST", "/nodes/{node}/qemu/{vmid}/status/start", "nets-host-mtu with-conntrack-state"},
    {"POST PUT", "/storage*", "saferemove-stepsize snapshot-as-volume-chain zfs-base-path"},
};

/* Choices. */
static const struct {
    const char *path, *name, *words;
} new_choices[] = {
    {"/cluster/metrics/server/{id}", "type", "opentelemetry"},
    {"/nodes/{node}/config", "property", "location"},
    {"/nodes/{node}/network*", "type", "fabric include_sdn"},
    {"/nodes/{node}/rrd*", "timeframe", "decade"},
    {"/nodes/{node}/services/{service}*", "service", "lxcfs proxmox-firewall pve-lxc-syscalld qmeventd"},
};

static bool old(const struct sim *sim)
{
    return sim->release && strcmp(sim->release, "8.4") == 0;
}

/* Is the text the pattern, or does it begin with what stands before the pattern's '*'? */
static bool fits(const char *pattern, const char *text)
{
    size_t n = strcspn(pattern, "*");

    return pattern[n] ? strncmp(pattern, text, n) == 0 : strcmp(pattern, text) == 0;
}

static bool is_word(const char *list, const char *word)
{
    return sim_word_in(list, " ", word, strlen(word));
}

/* The same with words that may end with '*'. */
static bool names(const char *list, const char *name)
{
    while (*list) {
        char word[64];

        (void)snprintf(word, sizeof word, "%.*s", (int)strcspn(list, " "), list);
        if (fits(word, name))
            return true;
        list += strlen(word);
        list += *list == ' ';
    }
    return false;
}

int sim_release_set(struct sim *sim, const char *release)
{
    struct json_object *version = sim_get(sim->state, "version");

    if (!is_word("9.2 8.4", release))
        return -EINVAL;
    sim->release = release;
    if (old(sim)) {
        sim_set_str(version, "release", "8.4");
        sim_set_str(version, "version", "8.4.14");
        sim_set_str(version, "repoid", "b502d23c55afcba1");
    }
    return 0;
}

bool sim_release_lacks(const struct sim *sim, const struct sim_route *route)
{
    for (size_t i = 0; old(sim) && i < sizeof new_methods / sizeof *new_methods; i++) {
        if (is_word(new_methods[i].methods, route->method) && fits(new_methods[i].path, route->path))
            return true;
    }
    return false;
}

static bool lacks_param(const struct sim_route *route, const char *name)
{
    for (size_t i = 0; i < sizeof new_params / sizeof *new_params; i++) {
        if (is_word(new_params[i].methods, route->method) && fits(new_params[i].path, route->path) &&
            names(new_params[i].names, name))
            return true;
    }
    return false;
}

static bool lacks_choice(const struct sim_route *route, const char *name, const char *value)
{
    for (size_t i = 0; i < sizeof new_choices / sizeof *new_choices; i++) {
        if (fits(new_choices[i].path, route->path) && strcmp(new_choices[i].name, name) == 0 &&
            is_word(new_choices[i].words, value))
            return true;
    }
    return false;
}

int sim_release_check(const struct sim *sim, const struct sim_route *route, struct json_object *given,
                      struct json_object *errors)
{
    char text[300];
    int r = 0;

    if (!old(sim))
        return 0;
    json_object_object_foreach(given, name, value)
    {
        if (lacks_param(route, name)) {
            sim_set_str(errors, name, UNKNOWN);
            r = -EINVAL;
        } else if (value && lacks_choice(route, name, json_object_get_string(value))) {
            (void)snprintf(text, sizeof text, "value '%s' does not have a value in the enumeration",
                           json_object_get_string(value));
            sim_set_str(errors, name, text);
            r = -EINVAL;
        }
    }
    return r;
}

/* ---- HA: a rule of node affinity is a group with its resources as members ---- */

/* Whether a resource goes back is the group's on 8.4: as said there, else as its members have it. */
static bool no_failback(struct json_object *state, struct json_object *rule)
{
    const char *at = sim_str(rule, "resources", "");
    char sid[80];

    if (sim_get(rule, "nofailback"))
        return sim_int(rule, "nofailback", 0) != 0;
    while (sim_next_word(&at, sid, sizeof sid)) {
        if (!sim_int(sim_get(sim_at(state, "/ha/resources"), sid), "failback", 1))
            return true;
    }
    return false;
}

bool sim_release_failback(const struct sim *sim, const char *sid, struct json_object *entry)
{
    if (!old(sim))
        return sim_int(entry, "failback", 1) != 0;
    json_object_object_foreach(sim_at(sim->state, "/ha/rules"), name, rule)
    {
        (void)name;
        if (strcmp(sim_str(rule, "type", ""), "node-affinity") == 0 &&
            sim_word_in(sim_str(rule, "resources", ""), ", ", sid, strlen(sid)))
            return !no_failback(sim->state, rule);
    }
    return true;
}

static struct json_object *group_of(struct json_object *state, struct json_object *rule, const char *name)
{
    struct json_object *group = json_object_new_object();

    sim_set_str(group, "group", name);
    sim_set_str(group, "type", "group");
    sim_set_str(group, "nodes", sim_str(rule, "nodes", ""));
    sim_set_int(group, "restricted", sim_int(rule, "strict", 0));
    sim_set_int(group, "nofailback", no_failback(state, rule));
    if (sim_str(rule, "comment", NULL))
        sim_set_str(group, "comment", sim_str(rule, "comment", NULL));
    return group;
}

int sim_release_ha_groups(struct sim_call *call)
{
    const char *wanted = sim_arg(call, "group");

    if (!wanted)
        call->data = json_object_new_array();
    json_object_object_foreach(sim_at(call->state, "/ha/rules"), name, rule)
    {
        if (strcmp(sim_str(rule, "type", ""), "node-affinity") != 0 || (wanted && strcmp(wanted, name) != 0))
            continue;
        if (wanted)
            call->data = group_of(call->state, rule, name);
        else
            json_object_array_add(call->data, group_of(call->state, rule, name));
    }
    if (!call->data)
        return sim_fail(call, 500, "no such ha group '%s'\n", wanted);
    return 0;
}

void sim_release_ha_resource(struct sim_call *call, const char *sid, struct json_object *item)
{
    if (!old(call->sim))
        return;
    json_object_object_del(item, "failback");
    json_object_object_del(item, "auto-rebalance");
    json_object_object_foreach(sim_at(call->state, "/ha/rules"), name, rule)
    {
        if (strcmp(sim_str(rule, "type", ""), "node-affinity") == 0 &&
            sim_word_in(sim_str(rule, "resources", ""), ", ", sid, strlen(sid)))
            sim_set_str(item, "group", name);
    }
}
