/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formats of addresses, ports and protocols, as firewall, SDN and node network name them.
 */
#include "format_net.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

static int version(const char *text)
{
    unsigned char bytes[16];

    if (inet_pton(AF_INET, text, bytes) == 1)
        return 4;
    return inet_pton(AF_INET6, text, bytes) == 1 ? 6 : 0;
}

/* The version of an address with a mask; 0: it is none. */
static int cidr_version(const char *text)
{
    const char *slash = strchr(text, '/');
    char host[64];
    uint64_t bits;
    int v;

    if (!slash || (size_t)(slash - text) >= sizeof host)
        return 0;
    (void)snprintf(host, sizeof host, "%.*s", (int)(slash - text), text);
    v = version(host);
    return v && sim_parse_uint(slash + 1, 10, v == 4 ? 32 : 128, &bits) == 0 ? v : 0;
}

static bool is_cidr(const char *text)
{
    return cidr_version(text) != 0;
}

static bool is_cidr4(const char *text)
{
    return cidr_version(text) == 4;
}

static bool is_cidr6(const char *text)
{
    return cidr_version(text) == 6;
}

static bool is_ip_or_cidr(const char *text)
{
    return version(text) || cidr_version(text);
}

static bool is_alias(const char *text)
{
    const char *slash = strchr(text, '/');
    size_t scope = slash ? (size_t)(slash - text) : 0;
    const char *name = slash ? slash + 1 : text;

    if (slash && !sim_word_in("dc guest", " ", text, scope))
        return false;
    return isalpha((unsigned char)*name) && name[1] &&
           !name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")];
}

static bool is_ip_or_alias(const char *text)
{
    return is_ip_or_cidr(text) || is_alias(text);
}

/* "10.0.0.1-10.0.0.9" */
static bool is_range(const char *text)
{
    const char *dash = strchr(text, '-');
    char first[64];

    if (!dash || (size_t)(dash - text) >= sizeof first)
        return false;
    (void)snprintf(first, sizeof first, "%.*s", (int)(dash - text), text);
    return version(first) && version(first) == version(dash + 1);
}

/* A set, an alias, or a list of addresses; a range stands alone. */
static bool is_address_list(const char *text)
{
    if (*text == '+')
        return text[1] && !strpbrk(text, ", ");
    if (is_alias(text) || is_range(text))
        return true;
    for (const char *at = text; *at;) {
        size_t n = strcspn(at, ",");
        char word[64];

        if (n >= sizeof word)
            return false;
        (void)snprintf(word, sizeof word, "%.*s", (int)n, at);
        if (!is_ip_or_cidr(word))
            return false;
        at += n + (at[n] == ',');
    }
    return *text != 0;
}

static bool is_port(const char *text, size_t len)
{
    uint64_t number;
    char word[40];

    if (len == 0 || len >= sizeof word)
        return false;
    (void)snprintf(word, sizeof word, "%.*s", (int)len, text);
    if (isalpha((unsigned char)*word))
        return true; /* the name of a service */
    return sim_parse_uint(word, 10, 65535, &number) == 0;
}

/* "80,443,8000:8010": at most 15, a range counts as two. */
static bool is_ports(const char *text)
{
    int count = 0;

    for (const char *at = text; *at;) {
        size_t n = strcspn(at, ","), colon = strcspn(at, ":");

        count += colon < n ? 2 : 1;
        if (count > 15 ||
            (colon < n ? !is_port(at, colon) || !is_port(at + colon + 1, n - colon - 1) : !is_port(at, n)))
            return false;
        at += n + (at[n] == ',');
    }
    return count > 0;
}

static bool is_protocol(const char *text)
{
    static const char known[] =
        "ip icmp igmp ggp ipencap st tcp egp igp pup udp hmp xns-idp rdp iso-tp4 dccp xtp "
        "ddp idpr-cmtp ipv6 ipv6-route ipv6-frag idrp rsvp gre esp ah skip icmpv6 "
        "ipv6-icmp ipv6-nonxt ipv6-opts vmtp eigrp ospf ax.25 ipip etherip encap pim "
        "ipcomp vrrp l2tp isis sctp fc mobility-header udplite mpls-in-ip hip shim6 "
        "wesp rohc";
    uint64_t number;

    return sim_word_in(known, " ", text, strlen(text)) || sim_parse_uint(text, 10, 255, &number) == 0;
}

static bool fits(const char *pattern, const char *text)
{
    regex_t regex;
    int hit;

    if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    hit = regexec(&regex, text, 0, NULL, 0);
    regfree(&regex);
    return hit == 0;
}

static bool is_icmp_type(const char *text)
{
    return fits("^([0-9]{1,3}(/[0-9]{1,3})?|[a-z-]+|TOS-(network|host)-(unreachable|redirect))$", text);
}

static bool is_helper(const char *text)
{
    return sim_word_in("amanda ftp irc netbios-ns pptp sane sip snmp tftp", " ", text, strlen(text));
}

static bool is_mask4(const char *text)
{
    uint64_t bits;

    return version(text) == 4 || sim_parse_uint(text, 10, 32, &bits) == 0;
}

/* "2-4094" or "7" */
static bool is_vlans(const char *text)
{
    uint64_t first, last;
    const char *dash = strchr(text, '-');
    char word[8];

    if (!dash)
        return sim_parse_uint(text, 10, 4094, &first) == 0 && first >= 1;
    if (dash - text >= (int)sizeof word)
        return false;
    (void)snprintf(word, sizeof word, "%.*s", (int)(dash - text), text);
    return sim_parse_uint(word, 10, 4094, &first) == 0 && sim_parse_uint(dash + 1, 10, 4094, &last) == 0 &&
           first >= 1 && first < last;
}

static bool is_isis_net(const char *text)
{
    return fits("^[a-fA-F0-9]{2}([.][a-fA-F0-9]{4}){3,9}[.][a-fA-F0-9]{2}$", text);
}

static bool is_route_target(const char *text)
{
    return fits("^[0-9]+:[0-9]+$", text);
}

/* "start-address=A,end-address=B", either first */
static bool is_dhcp_range(const char *text)
{
    const char *start = strstr(text, "start-address="), *end = strstr(text, "end-address=");
    const char *const found[] = {start ? start + 14 : "", end ? end + 12 : ""};
    char word[64];

    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(word, sizeof word, "%.*s", (int)strcspn(found[i], ","), found[i]);
        if (!version(word))
            return false;
    }
    return true;
}

static const struct {
    const char *name;
    bool (*check)(const char *text);
    const char *text;
} formats[] = {
    {"IPorCIDR", is_ip_or_cidr, "value does not look like a valid IP address or CIDR network\n"},
    {"IPorCIDRorAlias", is_ip_or_alias, "value does not look like a valid IP address or CIDR network\n"},
    {"FullRangeCIDR", is_cidr, "value does not look like a valid CIDR network\n"},
    {"CIDRv4", is_cidr4, "value does not look like a valid IPv4 CIDR network\n"},
    {"CIDRv6", is_cidr6, "value does not look like a valid IPv6 CIDR network\n"},
    {"ipv4mask", is_mask4, "value does not look like a valid IP netmask\n"},
    {"pve-fw-addr-spec", is_address_list, "invalid address list\n"},
    {"pve-fw-dport-spec", is_ports, "invalid port list\n"},
    {"pve-fw-sport-spec", is_ports, "invalid port list\n"},
    {"pve-fw-protocol-spec", is_protocol, "unknown protocol '%s'\n"},
    {"pve-fw-icmp-type-spec", is_icmp_type, "invalid icmp-type\n"},
    {"pve-fw-conntrack-helper", is_helper, "invalid conntrack helper\n"},
    {"pve-vlan-id-or-range", is_vlans, "invalid VLAN ID or range\n"},
    {"pve-sdn-isis-net", is_isis_net, "value does not look like a valid NET\n"},
    {"pve-sdn-bgp-rt", is_route_target, "value does not look like a valid route target\n"},
    {"pve-sdn-dhcp-range", is_dhcp_range, "value does not look like a valid DHCP range\n"},
};

int sim_format_net(const char *format, const char *value, char *text, size_t size)
{
    const char *hole;

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(formats[i].name, format) != 0)
            continue;
        if (formats[i].check(value))
            return 0;
        hole = strstr(formats[i].text, "%s");
        if (hole)
            (void)snprintf(text, size, "%.*s%s%s", (int)(hole - formats[i].text), formats[i].text, value,
                           hole + 2);
        else
            (void)snprintf(text, size, "%s", formats[i].text);
        return -EINVAL;
    }
    return -ENOENT;
}
