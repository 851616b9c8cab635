/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of a node's interfaces: kept beside what is in force until PUT on the list applies them by a task
 * or DELETE on it takes them back. A PUT of one interface stores what it is given over what was there; only
 * the way it gets its address is decided anew.
 */
#include "change.h"
#include "handlers.h"
#include "network.h"
#include "sdn.h"
#include "task_run.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct json_object *node_of(struct sim_call *call)
{
    return sim_get(sim_at(call->state, "/nodes"), sim_arg(call, "node"));
}

static struct json_object *network_of(struct sim_call *call)
{
    struct json_object *node = node_of(call);

    if (!sim_get(node, "network"))
        sim_set(node, "network", json_object_new_object());
    return sim_get(node, "network");
}

/* "10.9.9.1/24" is an address and a mask, and the other way round; each asks for the other. */
static int join_address(struct sim_call *call, struct json_object *given, const char *suffix)
{
    char cidr[16], address[16], netmask[16], host[64];
    const char *both, *slash;
    SIM_FREE_WITH(sim_freep) char *text = NULL;

    (void)snprintf(cidr, sizeof cidr, "cidr%s", suffix);
    (void)snprintf(address, sizeof address, "address%s", suffix);
    (void)snprintf(netmask, sizeof netmask, "netmask%s", suffix);
    both = sim_str(given, cidr, NULL);
    if (both) {
        slash = strchr(both, '/');
        (void)snprintf(host, sizeof host, "%.*s", (int)(slash - both), both);
        sim_set_str(given, netmask, slash + 1);
        sim_set_str(given, address, host);
        return 0;
    }
    if (sim_get(given, address) && !sim_get(given, netmask))
        return sim_fail_param(call, netmask, "missing property required by '%s'", address);
    if (sim_get(given, netmask) && !sim_get(given, address))
        return sim_fail_param(call, address, "missing property required by '%s'", netmask);
    if (!sim_get(given, address))
        return 0;
    if (asprintf(&text, "%s/%s", sim_str(given, address, ""), sim_str(given, netmask, "")) < 0)
        return -ENOMEM;
    sim_set_str(given, cidr, text);
    sim_set_str(given, netmask, sim_str(given, netmask, ""));
    return 0;
}

/* A node has one way out; each physical port is part of one bridge or bond. */
static int check_taken(struct sim_call *call, struct json_object *network, const char *name,
                       struct json_object *given)
{
    static const char *const gateways[] = {"gateway", "gateway6"};
    static const char *const ports[] = {"bridge_ports", "slaves", "ovs_ports", "ovs_bonds"};

    json_object_object_foreach(network, other, iface)
    {
        if (strcmp(other, name) == 0)
            continue;
        for (size_t i = 0; i < sizeof gateways / sizeof *gateways; i++) {
            if (sim_get(given, gateways[i]) && sim_get(iface, gateways[i]))
                return sim_fail_param(call, gateways[i], "Default gateway already exists on interface '%s'.",
                                      other);
        }
        for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
            const char *at = sim_str(given, ports[i], NULL);
            char word[32];

            while (at && sim_next_word(&at, word, sizeof word)) {
                for (size_t k = 0; k < sizeof ports / sizeof *ports; k++) {
                    if (sim_word_in(sim_str(iface, ports[k], ""), " ,;", word, strlen(word)))
                        return sim_fail_param(call, ports[i], "%s is already used on interface '%s'.", word,
                                              other);
                }
            }
        }
    }
    return 0;
}

/* The device and the tag of a VLAN: "vmbr0.50" says both, "vlan60" the tag alone. */
static int check_vlan(struct sim_call *call, const char *name, struct json_object *iface)
{
    const char *dot = strchr(name, '.');
    char device[32];

    if (strcmp(sim_str(iface, "type", ""), "vlan") != 0)
        return 0;
    if (dot) {
        (void)snprintf(device, sizeof device, "%.*s", (int)(dot - name), name);
        sim_set_str(iface, "vlan-raw-device", device);
        sim_set_str(iface, "vlan-id", dot + 1);
    } else if (strncmp(name, "vlan", 4) == 0 && isdigit((unsigned char)name[4])) {
        sim_set_str(iface, "vlan-id", name + 4);
    }
    if (!sim_get(iface, "vlan-raw-device"))
        return sim_fail(
            call, 500,
            "missing vlan-raw-device option at /usr/share/perl5/PVE/Network/Interfaces.pm line 954.\n");
    if (!sim_get(iface, "vlan-id"))
        return sim_fail_param(call, "vlan-id", "property is missing and it is not optional");
    return 0;
}

/* Fills what every interface has. */
static void complete(struct json_object *iface, struct json_object *given)
{
    struct json_object *families = json_object_new_array();
    bool bridge = strcmp(sim_str(iface, "type", ""), "bridge") == 0;

    sim_set_str(iface, "method", sim_get(given, "address") ? "static" : "manual");
    sim_set_str(iface, "method6", sim_get(given, "address6") ? "static" : "manual");
    json_object_array_add(families, json_object_new_string("inet"));
    if (sim_get(iface, "address6"))
        json_object_array_add(families, json_object_new_string("inet6"));
    sim_set(iface, "families", families);
    if (bridge && !sim_get(iface, "bridge_ports"))
        sim_set_str(iface, "bridge_ports", "");
    if (bridge) {
        sim_set_str(iface, "bridge_stp", "off");
        sim_set_str(iface, "bridge_fd", "0");
    }
    if (sim_int(iface, "bridge_vlan_aware", 0) && !sim_get(iface, "bridge_vids"))
        sim_set_str(iface, "bridge_vids", "2-4094");
    sim_end_line(iface, "comments");
    sim_end_line(iface, "comments6");
}

/* The file's order is the order of the list. */
static void renumber(struct json_object *network)
{
    int64_t priority = 3;

    json_object_object_foreach(network, name, iface)
    {
        (void)name;
        sim_set_int(iface, "priority", priority++);
    }
}

/* Puts an edited list in the place of the node's. Takes `edited`. */
static int keep(struct sim_call *call, struct json_object *edited)
{
    struct json_object *node = node_of(call);

    renumber(edited);
    if (!sim_get(node, "network-before"))
        sim_set(node, "network-before", json_object_get(network_of(call)));
    sim_set(node, "network", edited);
    sim_touch(call->sim);
    return 0;
}

static void drop_options(struct sim_call *call, struct json_object *iface)
{
    const char *at = sim_arg(call, "delete");
    char word[64], other[64];

    sim_drop_deleted(call, iface);
    while (at && sim_next_word(&at, word, sizeof word)) {
        const char *suffix = word[strlen(word) - 1] == '6' ? "6" : "";

        if (strncmp(word, "cidr", 4) != 0 && strncmp(word, "address", 7) != 0)
            continue;
        for (size_t i = 0; i < 3; i++) {
            (void)snprintf(other, sizeof other, "%s%s", ((const char *[]){"cidr", "address", "netmask"})[i],
                           suffix);
            json_object_object_del(iface, other);
        }
    }
}

/* Stores what was given in `edited`, an interface that is there or a new one. */
static int store(struct sim_call *call, struct json_object *edited, const char *name)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *given = json_object_new_object();
    struct json_object *iface = sim_get(edited, name);

    sim_put_given(call, given, "node iface delete");
    if (join_address(call, given, "") < 0 || join_address(call, given, "6") < 0 ||
        check_taken(call, edited, name, given) < 0)
        return -EINVAL;
    if (!iface) {
        iface = json_object_new_object();
        sim_set(edited, name, iface);
        if (strchr(name, '.'))
            sim_set(iface, "exists", NULL);
    }
    drop_options(call, iface);
    sim_merge(iface, given);
    complete(iface, given);
    return check_vlan(call, name, iface);
}

int sim_network_create(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *edited = sim_copy(network_of(call));
    const char *name = sim_arg(call, "iface");

    if (sim_get(edited, name))
        return sim_fail_param(call, "iface", "interface already exists");
    if (store(call, edited, name) < 0)
        return -EINVAL;
    return keep(call, json_object_get(edited));
}

int sim_network_update(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *edited = sim_copy(network_of(call));
    const char *name = sim_arg(call, "iface");

    if (!sim_get(edited, name))
        return sim_fail_param(call, "iface", "interface does not exist");
    if (store(call, edited, name) < 0)
        return -EINVAL;
    return keep(call, json_object_get(edited));
}

/* A network card is still there when nothing is said about it. */
static struct json_object *bare_card(void)
{
    struct json_object *card = json_object_new_object(), *families = json_object_new_array();

    json_object_array_add(families, json_object_new_string("inet"));
    sim_set_str(card, "type", "eth");
    sim_set_int(card, "exists", 1);
    sim_set_str(card, "method", "manual");
    sim_set_str(card, "method6", "manual");
    sim_set(card, "families", families);
    return card;
}

int sim_network_delete(struct sim_call *call)
{
    struct json_object *edited = sim_copy(network_of(call)), *iface;
    const char *name = sim_arg(call, "iface");

    iface = sim_get(edited, name);
    if (!iface) {
        json_object_put(edited);
        return sim_fail_param(call, "iface", "interface does not exist");
    }
    if (strcmp(sim_str(iface, "type", ""), "eth") == 0)
        sim_set(edited, name, bare_card());
    else
        json_object_object_del(edited, name);
    return keep(call, edited);
}

int sim_network_revert(struct sim_call *call)
{
    struct json_object *node = node_of(call), *before = sim_get(node, "network-before");

    if (!before)
        return 0;
    sim_set(node, "network", json_object_get(before));
    json_object_object_del(node, "network-before");
    sim_touch(call->sim);
    return 0;
}

/* What was edited is in force; what starts with the node is up; vnets are what was applied. */
static int applied(struct sim *sim, struct sim_job *job, char *why)
{
    const char *name = sim_str(job->args, "node", "");
    struct json_object *node = sim_get(sim_get(sim->state, "nodes"), name);

    (void)why;
    sim_sdn_node_reloaded(sim->state, name, true);
    if (!sim_get(node, "network-before"))
        return 0;
    json_object_object_foreach(sim_get(node, "network"), iface_name, iface)
    {
        (void)iface_name;
        if (sim_int(iface, "autostart", 0))
            sim_set_int(iface, "active", 1);
    }
    json_object_object_del(node, "network-before");
    sim_set_int(node, "network-written", 1);
    return 0;
}

static void not_applied(struct sim *sim, struct sim_job *job)
{
    sim_sdn_node_reloaded(sim->state, sim_str(job->args, "node", ""), false);
}

static int begin_reload(struct sim *sim, struct sim_job *job, char *why)
{
    (void)sim;
    (void)why;
    job->undo = not_applied;
    return 0;
}

struct json_object *sim_network_reload(struct sim *sim, const char *who, const char *node)
{
    static const struct sim_work work = {.type = "srvreload", .begin = begin_reload, .end = applied};
    struct json_object *args = json_object_new_object();

    sim_set_str(args, "id", "networking");
    sim_set_str(args, "node", node);
    return sim_task_start(sim, &work, who, node, args);
}

int sim_network_apply(struct sim_call *call)
{
    struct json_object *task = sim_network_reload(call->sim, call->who, sim_arg(call, "node"));

    call->data = sim_copy(sim_get(task, "upid"));
    return 0;
}
