/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Protocols, service names and ICMP types. The names are those of /etc/protocols in Debian 12 and 13
 * (netbase 6.4, which takes them from IANA's registries), and of the ICMP types that iptables and ip6tables
 * know.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "internal.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct fw_protocol protocols[] = {
    {"ip", 0},        {"hopopt", 0},       {"icmp", 1},        {"igmp", 2},
    {"ggp", 3},       {"ipencap", 4},      {"st", 5},          {"tcp", 6},
    {"egp", 8},       {"igp", 9},          {"pup", 12},        {"udp", 17},
    {"hmp", 20},      {"xns-idp", 22},     {"rdp", 27},        {"iso-tp4", 29},
    {"dccp", 33},     {"xtp", 36},         {"ddp", 37},        {"idpr-cmtp", 38},
    {"ipv6", 41},     {"ipv6-route", 43},  {"ipv6-frag", 44},  {"idrp", 45},
    {"rsvp", 46},     {"gre", 47},         {"esp", 50},        {"ah", 51},
    {"skip", 57},     {"ipv6-icmp", 58},   {"ipv6-nonxt", 59}, {"ipv6-opts", 60},
    {"rspf", 73},     {"vmtp", 81},        {"eigrp", 88},      {"ospf", 89},
    {"ax.25", 93},    {"ipip", 94},        {"etherip", 97},    {"encap", 98},
    {"pim", 103},     {"ipcomp", 108},     {"vrrp", 112},      {"l2tp", 115},
    {"isis", 124},    {"sctp", 132},       {"fc", 133},        {"mobility-header", 135},
    {"udplite", 136}, {"mpls-in-ip", 137}, {"manet", 138},     {"hip", 139},
    {"shim6", 140},   {"wesp", 141},       {"rohc", 142},      {"ethernet", 143},
};

/* Names that stand for no number of /etc/protocols, and the protocols that may have ports, by name and
 * number. */
static const struct fw_protocol with_ports[] = {
    {"tcp", 6}, {"6", 6},      {"udp", 17},  {"17", 17},       {"dccp", 33},
    {"33", 33}, {"sctp", 132}, {"132", 132}, {"udplite", 136}, {"136", 136},
};
static const struct fw_protocol icmp_names[] = {{"icmp", 1}, {"icmpv6", 58}, {"ipv6-icmp", 58}};

int fw_protocol_number(const char *name)
{
    int64_t number = fw_digits(name, strlen(name), 255);

    if (strcmp(name, "icmpv6") == 0)
        return 58;
    for (size_t i = 0; i < COUNT(protocols); i++) {
        if (strcmp(protocols[i].name, name) == 0 ||
            (protocols[i].number == number && (*name != '0' || !name[1])))
            return protocols[i].number;
    }
    return -1;
}

static bool is_in(const struct fw_protocol *table, size_t count, const char *name)
{
    for (size_t i = 0; name && i < count; i++) {
        if (strcmp(table[i].name, name) == 0)
            return true;
    }
    return false;
}

bool fw_protocol_ports(const char *name)
{
    return is_in(with_ports, COUNT(with_ports), name);
}

bool fw_protocol_icmp(const char *name)
{
    return is_in(icmp_names, COUNT(icmp_names), name);
}

const struct fw_service_name *fw_service_find(const char *name, size_t len)
{
    size_t low = 0, high = fw_service_names_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strncmp(fw_service_names[middle].name, name, len);

        if (order == 0 && fw_service_names[middle].name[len] != '\0')
            order = 1;
        if (order == 0)
            return &fw_service_names[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

struct icmp_name {
    const char *name;
    struct fw_icmp type;
};

static const struct icmp_name icmp4[] = {
    {"any", {0, 0, 255, true}},
    {"echo-reply", {0, 0, 255, false}},
    {"destination-unreachable", {3, 0, 255, false}},
    {"network-unreachable", {3, 0, 0, false}},
    {"host-unreachable", {3, 1, 1, false}},
    {"protocol-unreachable", {3, 2, 2, false}},
    {"port-unreachable", {3, 3, 3, false}},
    {"fragmentation-needed", {3, 4, 4, false}},
    {"source-route-failed", {3, 5, 5, false}},
    {"network-unknown", {3, 6, 6, false}},
    {"host-unknown", {3, 7, 7, false}},
    {"network-prohibited", {3, 9, 9, false}},
    {"host-prohibited", {3, 10, 10, false}},
    {"TOS-network-unreachable", {3, 11, 11, false}},
    {"TOS-host-unreachable", {3, 12, 12, false}},
    {"communication-prohibited", {3, 13, 13, false}},
    {"host-precedence-violation", {3, 14, 14, false}},
    {"precedence-cutoff", {3, 15, 15, false}},
    {"source-quench", {4, 0, 255, false}},
    {"redirect", {5, 0, 255, false}},
    {"network-redirect", {5, 0, 0, false}},
    {"host-redirect", {5, 1, 1, false}},
    {"TOS-network-redirect", {5, 2, 2, false}},
    {"TOS-host-redirect", {5, 3, 3, false}},
    {"echo-request", {8, 0, 255, false}},
    {"router-advertisement", {9, 0, 255, false}},
    {"router-solicitation", {10, 0, 255, false}},
    {"time-exceeded", {11, 0, 255, false}},
    {"ttl-zero-during-transit", {11, 0, 0, false}},
    {"ttl-zero-during-reassembly", {11, 1, 1, false}},
    {"parameter-problem", {12, 0, 255, false}},
    {"ip-header-bad", {12, 0, 0, false}},
    {"required-option-missing", {12, 1, 1, false}},
    {"timestamp-request", {13, 0, 255, false}},
    {"timestamp-reply", {14, 0, 255, false}},
    {"address-mask-request", {17, 0, 255, false}},
    {"address-mask-reply", {18, 0, 255, false}},
};
static const struct icmp_name icmp6[] = {
    {"destination-unreachable", {1, 0, 255, false}},
    {"no-route", {1, 0, 0, false}},
    {"communication-prohibited", {1, 1, 1, false}},
    {"beyond-scope", {1, 2, 2, false}},
    {"address-unreachable", {1, 3, 3, false}},
    {"port-unreachable", {1, 4, 4, false}},
    {"failed-policy", {1, 5, 5, false}},
    {"reject-route", {1, 6, 6, false}},
    {"packet-too-big", {2, 0, 255, false}},
    {"time-exceeded", {3, 0, 255, false}},
    {"ttl-zero-during-transit", {3, 0, 0, false}},
    {"ttl-zero-during-reassembly", {3, 1, 1, false}},
    {"parameter-problem", {4, 0, 255, false}},
    {"bad-header", {4, 0, 0, false}},
    {"unknown-header-type", {4, 1, 1, false}},
    {"unknown-option", {4, 2, 2, false}},
    {"echo-request", {128, 0, 255, false}},
    {"echo-reply", {129, 0, 255, false}},
    {"router-solicitation", {133, 0, 255, false}},
    {"router-advertisement", {134, 0, 255, false}},
    {"neighbor-solicitation", {135, 0, 255, false}},
    {"neighbour-solicitation", {135, 0, 255, false}},
    {"neighbor-advertisement", {136, 0, 255, false}},
    {"neighbour-advertisement", {136, 0, 255, false}},
    {"redirect", {137, 0, 255, false}},
};

int fw_icmp_find(const char *name, unsigned family, struct fw_icmp *ret_type)
{
    const struct icmp_name *table = family == 6 ? icmp6 : icmp4;
    size_t count = family == 6 ? COUNT(icmp6) : COUNT(icmp4);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(table[i].name, name) == 0) {
            *ret_type = table[i].type;
            return 0;
        }
    }
    return -ENOENT;
}

size_t fw_macro_find(const char *name, const struct fw_macro_entry **ret_first)
{
    size_t first = 0, last;

    while (first < fw_macro_entries_count && strcasecmp(fw_macro_entries[first].macro, name) != 0)
        first++;
    for (last = first; last < fw_macro_entries_count; last++) {
        if (strcasecmp(fw_macro_entries[last].macro, name) != 0)
            break;
    }
    *ret_first = first < fw_macro_entries_count ? &fw_macro_entries[first] : NULL;
    return last - first;
}

unsigned fw_macro_family(const struct fw_macro_entry *first, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (first[i].family != first[0].family)
            return 0;
    }
    return first[0].family;
}
