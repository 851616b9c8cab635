/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subnets of vnets, and the addresses in them that the built-in IPAM keeps (/sdn/ips, a list).
 */
#include "change.h"
#include "handlers.h"
#include "sdn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NO_SUBNET "can't find any subnet for ip %s at /usr/share/perl5/PVE/Network/SDN/Subnets.pm line 115.\n"

/* Is the address in the network "10.20.0.0/24"? */
static bool inside(const char *address, const char *cidr)
{
    int family = strchr(cidr, ':') ? AF_INET6 : AF_INET;
    unsigned char a[16] = {0}, b[16] = {0};
    uint64_t bits = 0;
    char network[64];

    (void)snprintf(network, sizeof network, "%.*s", (int)strcspn(cidr, "/"), cidr);
    if (inet_pton(family, address, a) != 1 || inet_pton(family, network, b) != 1 || !strchr(cidr, '/') ||
        sim_parse_uint(strchr(cidr, '/') + 1, 10, 128, &bits) < 0)
        return false;
    for (uint64_t i = 0; i < bits; i++) {
        if ((a[i / 8] ^ b[i / 8]) & 0x80U >> i % 8)
            return false;
    }
    return true;
}

/* The subnets of the vnet in the request, made where there are none. Fails the call without a right on it. */
static int subnets_of(struct sim_call *call, struct json_object **ret_vnet, struct json_object **ret_subnets)
{
    const char *name = sim_arg(call, "vnet"), *zone;
    struct json_object *all = sim_sdn_map(call->state, "subnets");
    struct json_object *vnet = sim_get(sim_sdn_map(call->state, "vnets"), name);
    char where[128], why[200];

    if (!vnet)
        return sim_fail(call, 500, "sdn vnet '%s' does not exist\n", name);
    zone = sim_str(vnet, "zone", "");
    (void)snprintf(where, sizeof where, "/sdn/zones/%s/%s", zone, name);
    (void)snprintf(why, sizeof why, " (%s, SDN.Allocate)", where);
    if (!sim_can(call, where, "SDN.Allocate"))
        return sim_fail_perm(call, why);
    if (sim_sdn_check_lock(call, "subnet") < 0)
        return -EINVAL;
    *ret_vnet = vnet;
    *ret_subnets = sim_get(all, name);
    return 0;
}

/* "start-address=A,end-address=B" as an object. */
static struct json_object *range_of(const char *text)
{
    static const char *const names[] = {"start-address", "end-address"};
    struct json_object *range = json_object_new_object();

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *at = strstr(text, names[i]);

        if (at)
            sim_set(range, names[i],
                    json_object_new_string_len(at + strlen(names[i]) + 1,
                                               (int)strcspn(at + strlen(names[i]) + 1, ",")));
    }
    return range;
}

/* Stores what was given; ranges as objects. Everything must lie in the subnet. */
static int put_subnet(struct sim_call *call, struct json_object *entry)
{
    struct json_object *ranges = sim_get(call->params, "dhcp-range"), *list;
    const char *cidr = sim_str(entry, "cidr", ""), *gateway;

    sim_put_given(call, entry, "subnet vnet type lock-token delete digest dhcp-range");
    gateway = sim_str(entry, "gateway", NULL);
    if (gateway && !inside(gateway, cidr))
        return sim_sdn_fail_param(call, "subnet", "gateway: %s is not in subnet %s\n", gateway, cidr);
    if (ranges || !sim_get(entry, "dhcp-range")) {
        list = json_object_new_array();
        for (size_t i = 0; ranges && i < json_object_array_length(ranges); i++)
            json_object_array_add(list,
                                  range_of(json_object_get_string(json_object_array_get_idx(ranges, i))));
        sim_set(entry, "dhcp-range", list);
    }
    list = sim_get(entry, "dhcp-range");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *range = json_object_array_get_idx(list, i);

        json_object_object_foreach(range, name, address)
        {
            if (!inside(json_object_get_string(address), cidr))
                return sim_sdn_fail_param(call, "subnet", "dhcp-range: %s %s is not in subnet %s\n", name,
                                          json_object_get_string(address), cidr);
        }
    }
    return 0;
}

/* "10.40.0.0/24" of zone1 is called "zone1-10.40.0.0-24". */
static void name_subnet(struct json_object *entry, const char *cidr, const char *zone, const char *vnet)
{
    char network[64], id[128];

    (void)snprintf(network, sizeof network, "%.*s", (int)strcspn(cidr, "/"), cidr);
    (void)snprintf(id, sizeof id, "%s-%s-%s", zone, network, strchr(cidr, '/') + 1);
    sim_set_str(entry, "type", "subnet");
    sim_set_str(entry, "vnet", vnet);
    sim_set_str(entry, "zone", zone);
    sim_set_str(entry, "cidr", cidr);
    sim_set_str(entry, "network", network);
    sim_set_str(entry, "mask", strchr(cidr, '/') + 1);
    sim_set_str(entry, "id", id);
    sim_set_str(entry, "subnet", id);
}

int sim_sdn_subnet_create(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *entry = json_object_new_object();
    const char *cidr = sim_arg(call, "subnet"), *vnet_name = sim_arg(call, "vnet"), *id;
    struct json_object *vnet = NULL, *subnets = NULL;

    if (subnets_of(call, &vnet, &subnets) < 0)
        return -EINVAL;
    if (!strchr(cidr, '/'))
        return sim_fail_param(call, "subnet",
                              "invalid format - value does not look like a valid CIDR network\n");
    name_subnet(entry, cidr, sim_str(vnet, "zone", ""), vnet_name);
    id = sim_str(entry, "id", "");
    if (sim_get(subnets, id))
        return sim_sdn_fail(call, "subnet", "sdn subnet object ID '%s' already defined\n", id);
    if (put_subnet(call, entry) < 0)
        return -EINVAL;
    if (sim_int(vnet, "vlanaware", 0))
        return sim_sdn_fail_param(call, "subnet", "vnet: you can't add a subnet on a vlanaware vnet\n");
    sim_sdn_stage(call);
    if (!subnets) {
        subnets = json_object_new_object();
        sim_set(sim_sdn_map(call->state, "subnets"), vnet_name, subnets);
    }
    sim_set(subnets, id, json_object_get(entry));
    sim_touch(call->sim);
    return 0;
}

int sim_sdn_subnet_update(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *entry = NULL;
    static const char options[] = "gateway snat dhcp-range dhcp-dns-server dnszoneprefix";
    const char *id = sim_arg(call, "subnet"), *at = sim_arg(call, "delete");
    struct json_object *vnet = NULL, *subnets = NULL;
    char prefix[80], word[64];

    sim_sdn_prefix(call, "subnet", prefix, sizeof prefix);
    if (subnets_of(call, &vnet, &subnets) < 0 ||
        sim_check_digest(call, sim_sdn_map(call->state, "subnets"), prefix) < 0)
        return -EINVAL;
    entry = sim_copy(sim_get(subnets, id));
    if (!entry)
        return sim_sdn_fail(call, "subnet", "sdn '%s' does not exist\n", id);
    while (at && sim_next_word(&at, word, sizeof word)) {
        if (!sim_word_in(options, " ", word, strlen(word)))
            return sim_sdn_fail(call, "subnet", "no such option '%s'\n", word);
    }
    sim_drop_deleted(call, entry);
    if (put_subnet(call, entry) < 0)
        return -EINVAL;
    sim_sdn_stage(call);
    sim_set(subnets, id, json_object_get(entry));
    sim_touch(call->sim);
    return 0;
}

/* ---- addresses ---- */

static struct json_object *addresses(struct sim_call *call)
{
    struct json_object *sdn = sim_get(call->state, "sdn");

    if (!sim_get(sdn, "ips"))
        sim_set(sdn, "ips", json_object_new_array());
    return sim_get(sdn, "ips");
}

int sim_sdn_subnet_delete(struct sim_call *call)
{
    const char *id = sim_arg(call, "subnet");
    struct json_object *vnet = NULL, *subnets = NULL, *ips = addresses(call);

    if (subnets_of(call, &vnet, &subnets) < 0)
        return -EINVAL;
    if (!sim_get(subnets, id))
        return sim_sdn_fail(call, "subnet", "sdn '%s' does not exist\n", id);
    for (size_t i = 0; i < json_object_array_length(ips); i++) {
        if (strcmp(sim_str(json_object_array_get_idx(ips, i), "subnet", ""), id) == 0)
            return sim_sdn_fail(call, "subnet", "cannot delete subnet '%s', not empty\n",
                                sim_str(sim_get(subnets, id), "cidr", ""));
    }
    sim_sdn_stage(call);
    json_object_object_del(subnets, id);
    if (json_object_object_length(subnets) == 0)
        json_object_object_del(sim_sdn_map(call->state, "subnets"), sim_arg(call, "vnet"));
    sim_touch(call->sim);
    return 0;
}

/* The applied subnet of the vnet that holds the address; NULL: none. */
static const char *subnet_for(struct sim_call *call, const char *address)
{
    struct json_object *subnets =
        sim_get(sim_get(sim_sdn_running(call->state), "subnets"), sim_arg(call, "vnet"));

    if (!subnets)
        return NULL;
    json_object_object_foreach(subnets, id, subnet)
    {
        if (inside(address, sim_str(subnet, "cidr", "")))
            return id;
    }
    return NULL;
}

static int find_address(struct json_object *ips, const char *zone, const char *address)
{
    for (size_t i = 0; i < json_object_array_length(ips); i++) {
        struct json_object *entry = json_object_array_get_idx(ips, i);

        if (strcmp(sim_str(entry, "ip", ""), address) == 0 && strcmp(sim_str(entry, "zone", ""), zone) == 0)
            return (int)i;
    }
    return -1;
}

int sim_sdn_ip_create(struct sim_call *call)
{
    const char *ip = sim_arg(call, "ip"), *subnet = subnet_for(call, ip);
    struct json_object *ips = addresses(call), *entry;

    if (!subnet)
        return sim_fail(call, 500, NO_SUBNET, ip);
    if (find_address(ips, sim_arg(call, "zone"), ip) >= 0)
        return sim_fail(call, 500, "IP '%s' already exist\n", ip);
    entry = json_object_new_object();
    sim_put_given(call, entry, "");
    sim_set_str(entry, "subnet", subnet);
    json_object_array_add(ips, entry);
    sim_touch(call->sim);
    return 0;
}

/* Only the address of a guest's own interface is found again by its MAC. */
int sim_sdn_ip_update(struct sim_call *call)
{
    const char *ip = sim_arg(call, "ip"), *mac = sim_arg(call, "mac"), *subnet;
    struct json_object *ips = addresses(call);

    for (size_t i = 0; mac && i < json_object_array_length(ips); i++) {
        struct json_object *entry = json_object_array_get_idx(ips, i);

        if (strcmp(sim_str(entry, "mac", ""), mac) != 0 || !sim_get(entry, "vmid") ||
            strcmp(sim_str(entry, "vnet", ""), sim_arg(call, "vnet")) != 0)
            continue;
        subnet = subnet_for(call, ip);
        if (!subnet)
            return sim_fail(call, 500, NO_SUBNET, ip);
        if (find_address(ips, sim_arg(call, "zone"), ip) >= 0)
            return sim_fail(call, 500, "IP '%s' already exist\n", ip);
        sim_set_str(entry, "ip", ip);
        sim_set_str(entry, "subnet", subnet);
        sim_touch(call->sim);
        return 0;
    }
    return sim_fail(call, 500, NO_SUBNET, "");
}

int sim_sdn_ip_delete(struct sim_call *call)
{
    const char *ip = sim_arg(call, "ip");
    struct json_object *ips = addresses(call);
    int at = find_address(ips, sim_arg(call, "zone"), ip);

    if (!subnet_for(call, ip))
        return sim_fail(call, 500, NO_SUBNET, ip);
    if (at < 0)
        return sim_fail(call, 500, "IP '%s' does not exist in IPAM DB\n\n", ip);
    (void)json_object_array_del_idx(ips, (size_t)at, 1);
    sim_touch(call->sim);
    return 0;
}

/* The addresses of zones that hand them out. */
int sim_sdn_ipam_status(struct sim_call *call)
{
    struct json_object *ips = addresses(call), *zones = sim_get(sim_sdn_running(call->state), "zones");

    call->data = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(ips); i++) {
        struct json_object *entry = json_object_array_get_idx(ips, i);
        struct json_object *zone = sim_get(zones, sim_str(entry, "zone", ""));
        char where[128];

        (void)snprintf(where, sizeof where, "/sdn/zones/%s/%s", sim_str(entry, "zone", ""),
                       sim_str(entry, "vnet", ""));
        if (strcmp(sim_str(zone, "ipam", ""), sim_arg(call, "ipam")) == 0 && sim_get(zone, "dhcp") &&
            sim_can_any(call, where, "SDN.Audit|SDN.Allocate"))
            json_object_array_add(call->data, sim_copy(entry));
    }
    return 0;
}
