/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a node makes of an SDN configuration: interfaces in their file, neighbours in that of the routing
 * daemon.
 */
#include "change.h"
#include "sdn.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void put_stanza(struct json_object *stanzas, const char *name, const char *format, ...)
    SIM_PRINTF(3, 4);

static void put_stanza(struct json_object *stanzas, const char *name, const char *format, ...)
{
    SIM_FREE_WITH(sim_freep) char *text = NULL;
    va_list ap;

    va_start(ap, format);
    if (vasprintf(&text, format, ap) < 0)
        text = NULL;
    va_end(ap);
    sim_set_str(stanzas, name, text);
}

#define BRIDGE "\tbridge_stp off\n\tbridge_fd 0\n"
#define AWARE  "\tbridge-vlan-aware yes\n\tbridge-vids 2-4094\n"

/* The vnets of a VLAN hang on the zone's bridge: on a tagged port of it, or by a pair of ends. */
static void vlan_stanzas(struct json_object *stanzas, const char *name, struct json_object *vnet,
                         struct json_object *zone, struct json_object *network)
{
    const char *bridge = sim_str(zone, "bridge", ""), *aware = sim_int(vnet, "vlanaware", 0) ? AWARE : "";
    long tag = (long)sim_int(vnet, "tag", 0);
    char left[32], right[32], tagged[64];

    if (sim_int(sim_get(network, bridge), "bridge_vlan_aware", 0)) {
        put_stanza(stanzas, name, "\tbridge_ports %s.%ld\n" BRIDGE "%s", bridge, tag, aware);
        return;
    }
    (void)snprintf(left, sizeof left, "ln_%s", name);
    (void)snprintf(right, sizeof right, "pr_%s", name);
    (void)snprintf(tagged, sizeof tagged, "%sv%ld", bridge, tag);
    put_stanza(stanzas, left, "\tlink-type veth\n\tveth-peer-name %s\n", right);
    put_stanza(stanzas, right, "\tlink-type veth\n\tveth-peer-name %s\n", left);
    put_stanza(stanzas, name, "\tbridge_ports %s\n" BRIDGE "%s", left, aware);
    put_stanza(stanzas, tagged, "\tbridge_ports  %s\n" BRIDGE, right);
}

/* "\taddress 10.20.0.1/24\n" for each gateway of the vnet's subnets (owned). */
static char *addresses(struct json_object *sdn, const char *vnet)
{
    struct json_object *subnets = sim_get(sim_get(sdn, "subnets"), vnet);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    if (subnets) {
        json_object_object_foreach(subnets, id, subnet)
        {
            (void)id;
            if (sim_get(subnet, "gateway"))
                fprintf(out, "\taddress %s/%s\n", sim_str(subnet, "gateway", ""),
                        sim_str(subnet, "mask", ""));
        }
    }
    return fclose(out) == 0 ? text : NULL;
}

static void vnet_stanzas(struct json_object *stanzas, struct json_object *sdn, struct json_object *network,
                         const char *name, struct json_object *vnet)
{
    struct json_object *zone = sim_get(sim_get(sdn, "zones"), sim_str(vnet, "zone", ""));
    const char *type = sim_str(zone, "type", "");
    SIM_FREE_WITH(sim_freep) char *own = addresses(sdn, name);
    char tunnel[64];

    if (strcmp(type, "vlan") == 0) {
        vlan_stanzas(stanzas, name, vnet, zone, network);
    } else if (strcmp(type, "vxlan") == 0 || strcmp(type, "evpn") == 0) {
        (void)snprintf(tunnel, sizeof tunnel, "vxlan_%s", name);
        put_stanza(stanzas, tunnel, "\tvxlan-id %ld\n\tmtu %ld\n", (long)sim_int(vnet, "tag", 0),
                   (long)sim_int(zone, "mtu", 1450));
        put_stanza(stanzas, name, "%s\tbridge_ports %s\n" BRIDGE "\tmtu %ld\n", own ? own : "", tunnel,
                   (long)sim_int(zone, "mtu", 1450));
    } else if (strcmp(type, "qinq") == 0) {
        put_stanza(stanzas, name, "\tbridge_ports %s.%ld.%ld\n" BRIDGE, sim_str(zone, "bridge", ""),
                   (long)sim_int(zone, "tag", 0), (long)sim_int(vnet, "tag", 0));
    } else {
        put_stanza(stanzas, name, "%s\tbridge_ports none\n" BRIDGE, own ? own : "");
    }
}

static int by_name(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;

    return strcmp(*left, *right);
}

static void print_stanzas(FILE *out, struct json_object *stanzas)
{
    size_t count = (size_t)json_object_object_length(stanzas), n = 0;
    const char **names = calloc(count + 1, sizeof *names);

    if (!names)
        return;
    json_object_object_foreach(stanzas, name, unused)
    {
        (void)unused;
        names[n++] = name;
    }
    qsort(names, n, sizeof *names, by_name);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "\nauto %s\niface %s\n%s", names[i], names[i], sim_str(stanzas, names[i], ""));
    free(names);
}

char *sim_sdn_text(struct json_object *sdn, struct json_object *network, const char *node)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *stanzas = json_object_new_object();
    struct json_object *vnets = sim_get(sdn, "vnets");
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    fputs("#version:1\n", out);
    if (vnets) {
        json_object_object_foreach(vnets, name, vnet)
        {
            const char *zone = sim_str(vnet, "zone", "");
            const char *nodes = sim_str(sim_get(sim_get(sdn, "zones"), zone), "nodes", NULL);

            if (!nodes || sim_word_in(nodes, ",; ", node, strlen(node)))
                vnet_stanzas(stanzas, sdn, network, name, vnet);
        }
    }
    print_stanzas(out, stanzas);
    return fclose(out) == 0 ? text : NULL;
}

static void print_router(FILE *out, struct json_object *controller)
{
    const char *at = sim_str(controller, "peers", "");
    char peer[64];

    fprintf(out, "router bgp %s\n no bgp default ipv4-unicast\n", sim_str(controller, "asn", "0"));
    while (sim_next_word(&at, peer, sizeof peer))
        fprintf(out, " neighbor %s remote-as %s\n", peer,
                sim_int(controller, "ebgp", 0) ? "external" : sim_str(controller, "asn", "0"));
    fputs("exit\n!\n", out);
}

char *sim_sdn_frr_text(struct json_object *sdn, const char *node)
{
    struct json_object *controllers = sim_get(sdn, "controllers");
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    if (controllers && json_object_object_length(controllers) > 0) {
        fprintf(out,
                "frr version 10.4.1\nfrr defaults datacenter\nhostname %s\nlog syslog informational\n"
                "service integrated-vtysh-config\n!\n",
                node);
        json_object_object_foreach(controllers, name, controller)
        {
            (void)name;
            if (strcmp(sim_str(controller, "node", node), node) == 0)
                print_router(out, controller);
        }
        fputs("line vty\n!\n", out);
    }
    return fclose(out) == 0 ? text : NULL;
}
