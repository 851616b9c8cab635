/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of SDN objects: what each type has, what must hold before one is stored or deleted.
 */
#include "sdn.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#define ZONE "nodes mtu dns dnszone reversedns ipam"

static const struct sim_sdn_type zone_types[] = {
    {"simple", "", ZONE " dhcp"},
    {"vlan", "bridge", ZONE " bridge-disable-mac-learning"},
    {"qinq", "bridge tag", ZONE " vlan-protocol"},
    {"vxlan", "", ZONE " peers fabric vxlan-port"},
    {"evpn", "controller vrf-vxlan",
     ZONE " mac exitnodes exitnodes-local-routing exitnodes-primary advertise-subnets "
          "disable-arp-nd-suppression rt-import secondary-controllers"},
    {"faucet", "bridge controller dp-id", ZONE},
    {NULL, NULL, NULL},
};
static const struct sim_sdn_type vnet_types[] = {
    {"vnet", "zone", "alias tag vlanaware isolate-ports"},
    {NULL, NULL, NULL},
};
static const struct sim_sdn_type controller_types[] = {
    {"evpn", "asn", "peers fabric bgp-mode peer-group-name nodes route-map-in route-map-out"},
    {"bgp", "node",
     "asn peers ebgp ebgp-multihop loopback bgp-multipath-as-path-relax bgp-mode route-map-in route-map-out"},
    {"isis", "isis-domain isis-ifaces isis-net node", "loopback"},
    {"faucet", "", ""},
    {NULL, NULL, NULL},
};
static const struct sim_sdn_type ipam_types[] = {
    {"pve", "", ""},
    {"netbox", "url token", "fingerprint"},
    {"phpipam", "url token section", "fingerprint"},
    {NULL, NULL, NULL},
};
static const struct sim_sdn_type dns_types[] = {
    {"powerdns", "url key", "ttl reversemaskv6 reversev6mask fingerprint"},
    {NULL, NULL, NULL},
};

/* ---- zones ---- */

static void make_mac(char *text, size_t size)
{
    unsigned char b[3] = {0};

    (void)RAND_bytes(b, sizeof b);
    (void)snprintf(text, size, "BC:24:11:%02X:%02X:%02X", b[0], b[1], b[2]);
}

static int check_evpn(struct sim_call *call, const struct sim_sdn_kind *kind, struct json_object *entry)
{
    const char *controller = sim_str(entry, "controller", "");
    char mac[24];

    if (!sim_get(sim_sdn_map(call->state, "controllers"), controller))
        return sim_sdn_fail(call, kind->name,
                            "controller %s don't exist at "
                            "/usr/share/perl5/PVE/Network/SDN/Zones/EvpnPlugin.pm line 354.\n",
                            controller);
    if (sim_get(entry, "mac"))
        return 0;
    make_mac(mac, sizeof mac);
    sim_set_str(entry, "mac", mac);
    return 0;
}

static int check_zone(struct sim_call *call, const struct sim_sdn_kind *kind, const char *id,
                      struct json_object *entry)
{
    static const char *const names[][2] = {{"ipam", "ipams"}, {"dns", "dns"}, {"reversedns", "dns"}};
    static const char one_of[] = "must have exactly one of peers / fabric defined";
    const char *type = sim_str(entry, "type", "");

    (void)id;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *name = sim_str(entry, names[i][0], NULL);

        if (name && strcmp(name, "pve") != 0 && !sim_get(sim_sdn_map(call->state, names[i][1]), name))
            return sim_sdn_fail_param(call, kind->name, "%s: %s not existing\n", names[i][0], name);
    }
    if (strcmp(type, "vxlan") == 0 && (sim_get(entry, "peers") == NULL) == (sim_get(entry, "fabric") == NULL))
        return sim_sdn_fail_param(call, kind->name, "fabric: %s\npeers: %s\n", one_of, one_of);
    return strcmp(type, "evpn") == 0 ? check_evpn(call, kind, entry) : 0;
}

static int zone_unused(struct sim_call *call, const struct sim_sdn_kind *kind, const char *id)
{
    json_object_object_foreach(sim_sdn_map(call->state, "vnets"), name, vnet)
    {
        if (strcmp(sim_str(vnet, "zone", ""), id) == 0)
            return sim_sdn_fail(call, kind->name,
                                "zone %s is used by vnet %s at "
                                "/usr/share/perl5/PVE/Network/SDN/Zones/Plugin.pm line 149.\n",
                                id, name);
    }
    return 0;
}

/* ---- vnets ---- */

/* Which tags a zone's vnets have. */
static const struct {
    const char *zone, *word;
    int64_t max, max_told;
} tags[] = {
    {"vlan", "vlan", 4096, 4096},
    {"qinq", "vlan", 4096, 4096},
    {"vxlan", "vxlan", 16777215, 16777216},
    {"evpn", "vxlan", 16777215, 16777216},
};

static int check_tag(struct sim_call *call, const struct sim_sdn_kind *kind, const char *id,
                     struct json_object *entry, const char *type)
{
    int64_t tag = sim_int(entry, "tag", 0);
    size_t i = 0;

    while (i < sizeof tags / sizeof *tags && strcmp(tags[i].zone, type) != 0)
        i++;
    if (i == sizeof tags / sizeof *tags)
        return tag ? sim_sdn_fail_param(call, kind->name, "tag: vlan tag is not allowed on %s zone\n", type)
                   : 0;
    if (!tag)
        return sim_sdn_fail_param(call, kind->name, "tag: missing %s tag\n", tags[i].word);
    if (tag > tags[i].max)
        return sim_sdn_fail_param(call, kind->name, "tag: %s tag max value is %d\n", tags[i].word,
                                  (int)tags[i].max_told);
    json_object_object_foreach(sim_sdn_map(call->state, "vnets"), name, other)
    {
        if (strcmp(name, id) != 0 && sim_int(other, "tag", 0) == tag &&
            strcmp(sim_str(other, "zone", ""), sim_str(entry, "zone", "")) == 0)
            return sim_sdn_fail_param(call, kind->name, "tag: tag %d already exist in vnet %s\n", (int)tag,
                                      name);
    }
    return 0;
}

static bool has_subnets(struct sim_call *call, const char *vnet)
{
    struct json_object *subnets = sim_get(sim_sdn_map(call->state, "subnets"), vnet);

    return subnets && json_object_object_length(subnets) > 0;
}

static int check_vnet(struct sim_call *call, const struct sim_sdn_kind *kind, const char *id,
                      struct json_object *entry)
{
    struct json_object *zone = sim_get(sim_sdn_map(call->state, "zones"), sim_str(entry, "zone", ""));
    const char *type = sim_str(zone, "type", "");

    if (!zone)
        return sim_sdn_fail(
            call, kind->name,
            "cannot lookup undefined type! at /usr/share/perl5/PVE/API2/Network/SDN/Vnets.pm line 326.\n");
    if (sim_int(entry, "vlanaware", 0) && strcmp(type, "evpn") == 0)
        return sim_sdn_fail_param(call, kind->name,
                                  "vlanaware: vlanaware vnet can't be enabled with evpn plugin\n");
    if (sim_int(entry, "vlanaware", 0) && has_subnets(call, id))
        return sim_sdn_fail_param(call, kind->name,
                                  "vlanaware: vlanaware vnet is not compatible with subnets\n");
    return check_tag(call, kind, id, entry, type);
}

static int vnet_unused(struct sim_call *call, const struct sim_sdn_kind *kind, const char *id)
{
    if (has_subnets(call, id))
        return sim_sdn_fail_param(call, kind->name, "vnet: Can't delete vnet if subnets exists\n");
    return 0;
}

/* ---- controllers ---- */

static int check_controller(struct sim_call *call, const struct sim_sdn_kind *kind, const char *id,
                            struct json_object *entry)
{
    if (strcmp(sim_str(entry, "type", ""), "evpn") != 0)
        return 0;
    json_object_object_foreach(sim_sdn_map(call->state, "controllers"), name, other)
    {
        if (strcmp(name, id) != 0 && strcmp(sim_str(other, "type", ""), "evpn") == 0)
            return sim_sdn_fail(call, kind->name,
                                "only 1 global evpn controller can be defined at "
                                "/usr/share/perl5/PVE/Network/SDN/Controllers/EvpnPlugin.pm line 491.\n");
    }
    return 0;
}

static int controller_unused(struct sim_call *call, const struct sim_sdn_kind *kind, const char *id)
{
    json_object_object_foreach(sim_sdn_map(call->state, "zones"), name, zone)
    {
        if (strcmp(sim_str(zone, "controller", ""), id) == 0)
            return sim_sdn_fail(call, kind->name,
                                "controller %s is used by %s at "
                                "/usr/share/perl5/PVE/Network/SDN/Controllers/EvpnPlugin.pm line 476.\n",
                                id, name);
    }
    return 0;
}

/* ---- servers that manage addresses and names ---- */

/* "127.0.0.1:8080" where the server of the URL is this machine, on which nobody answers; "": another. */
static void refusing(const char *url, char *place, size_t size)
{
    const char *host = strstr(url, "://");
    const bool secure = strncmp(url, "https", 5) == 0;
    size_t n;

    *place = 0;
    host = host ? host + 3 : url;
    n = strcspn(host, "/");
    if (strncmp(host, "127.0.0.1", 9) != 0 && strncmp(host, "localhost", 9) != 0)
        return;
    (void)snprintf(place, size, "%.*s%s", (int)n, host, memchr(host, ':', n) ? "" : secure ? ":443" : ":80");
}

static int check_server(struct sim_call *call, const struct sim_sdn_kind *kind, const char *id,
                        struct json_object *entry)
{
    const char *type = sim_str(entry, "type", "");
    char place[200];

    (void)id;
    refusing(sim_str(entry, "url", ""), place, sizeof place);
    if (!*place)
        return 0;
    if (strcmp(kind->name, "dns") == 0)
        return sim_sdn_fail(
            call, kind->name,
            "dns api error: Invalid response from server: 500 Can't connect to %s (Connection refused)\n",
            place);
    return sim_sdn_fail(call, kind->name,
                        "Can't connect to %s api: Invalid response from server: 500 Can't connect to %s "
                        "(Connection refused)\n",
                        type, place);
}

static int server_unused(struct sim_call *call, const struct sim_sdn_kind *kind, const char *id)
{
    json_object_object_foreach(sim_sdn_map(call->state, "zones"), name, zone)
    {
        /* The built-in one is there again at once. */
        if (strcmp(id, "pve") != 0 && strcmp(sim_str(zone, kind->name, ""), id) == 0)
            return sim_sdn_fail(call, kind->name, "%s %s is used by %s\n", kind->name, id, name);
    }
    return 0;
}

static const struct sim_sdn_kind kinds[] = {
    {"zone", "zones", NULL, zone_types, check_zone, zone_unused},
    {"vnet", "vnets", NULL, vnet_types, check_vnet, vnet_unused},
    {"controller", "controllers", NULL, controller_types, check_controller, controller_unused},
    {"ipam", "ipams", "zone", ipam_types, check_server, server_unused},
    {"dns", "dns", NULL, dns_types, check_server, server_unused},
};

const struct sim_sdn_kind *sim_sdn_kind_of(struct sim_call *call)
{
    const char *place = call->route->path + strlen("/cluster/sdn/");
    size_t n = strcspn(place, "/");

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !strstr(place, "/subnets"); i++) {
        if (strlen(kinds[i].place) == n && strncmp(kinds[i].place, place, n) == 0)
            return &kinds[i];
    }
    return NULL;
}
