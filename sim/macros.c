/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firewall macros: names and what each stands for.
 */
#include "firewall.h"
#include "handlers.h"

#include <string.h>
#include <strings.h>

/* Each entry is PROTOCOL/DPORT/SPORT; spaces between entries. */
/* clang-format off */
static const struct {
    const char *name, *entries;
} macros[] = {
    {"Amanda", "udp/10080 tcp/10080"}, {"Auth", "tcp/113"}, {"BGP", "tcp/179"},
    {"BitTorrent", "tcp/6881:6889 udp/6881"}, {"BitTorrent32", "tcp/6881:6999 udp/6881"},
    {"CVS", "tcp/2401"}, {"Ceph", "tcp/6789 tcp/3300 tcp/6800:7300"},
    {"Citrix", "tcp/1494 udp/1604 tcp/2598"}, {"DAAP", "tcp/3689 udp/3689"}, {"DCC", "tcp/6277"},
    {"DHCPfwd", "udp/67:68/67:68"}, {"DHCPv6", "udp/546:547/546:547"}, {"DNS", "udp/53 tcp/53"},
    {"Distcc", "tcp/3632"}, {"FTP", "tcp/21"}, {"Finger", "tcp/79"},
    {"GNUnet", "tcp/2086 udp/2086 tcp/1080 udp/1080"}, {"GRE", "47"}, {"Git", "tcp/9418"},
    {"HKP", "tcp/11371"}, {"HTTP", "tcp/80"}, {"HTTPS", "tcp/443"}, {"ICPV2", "udp/3130"},
    {"ICQ", "tcp/5190"}, {"IMAP", "tcp/143"}, {"IMAPS", "tcp/993"}, {"IPIP", "94"},
    {"IPsec", "udp/500/500 50"}, {"IPsecah", "udp/500/500 51"}, {"IPsecnat", "udp/500 udp/4500 50"},
    {"IRC", "tcp/6667"}, {"Jetdirect", "tcp/9100"}, {"L2TP", "udp/1701"}, {"LDAP", "tcp/389"},
    {"LDAPS", "tcp/636"}, {"MDNS", "udp/5353"}, {"MSNP", "tcp/1863"}, {"MSSQL", "tcp/1433"},
    {"Mail", "tcp/25 tcp/465 tcp/587"}, {"Munin", "tcp/4949"}, {"MySQL", "tcp/3306"}, {"NNTP", "tcp/119"},
    {"NNTPS", "tcp/563"}, {"NTP", "udp/123"}, {"NeighborDiscovery", "icmpv6 icmpv6 icmpv6 icmpv6"},
    {"OSPF", "89"}, {"OpenVPN", "udp/1194"}, {"PCA", "udp/5632 tcp/5631"}, {"PMG", "tcp/8006"},
    {"POP3", "tcp/110"}, {"POP3S", "tcp/995"}, {"PPtP", "47 tcp/1723"}, {"Ping", "icmp icmpv6"},
    {"PostgreSQL", "tcp/5432"}, {"Printer", "tcp/515"}, {"RDP", "tcp/3389"}, {"RIP", "udp/520"},
    {"RNDC", "tcp/953"}, {"Razor", "tcp/2703"}, {"Rdate", "tcp/37"}, {"Rsync", "tcp/873"},
    {"SANE", "tcp/6566"}, {"SMB", "udp/135,445 udp/137:139 udp/1024:65535/137 tcp/135,139,445"},
    {"SMBswat", "tcp/901"}, {"SMTP", "tcp/25"}, {"SMTPS", "tcp/465"}, {"SNMP", "udp/161:162 tcp/161"},
    {"SPAMD", "tcp/783"}, {"SPICEproxy", "tcp/3128"}, {"SSH", "tcp/22"}, {"SVN", "tcp/3690"},
    {"SixXS", "tcp/3874 udp/3740 41 udp/5072,8374"}, {"Squid", "tcp/3128"}, {"Submission", "tcp/587"},
    {"Syslog", "udp/514 tcp/514"}, {"TFTP", "udp/69"}, {"Telnet", "tcp/23"}, {"Telnets", "tcp/992"},
    {"Time", "tcp/37"}, {"Trcrt", "udp/33434:33524 icmp icmpv6"}, {"VNC", "tcp/5900:5999"},
    {"VNCL", "tcp/5500"}, {"Web", "tcp/80 tcp/443"}, {"Webcache", "tcp/8080"}, {"Webmin", "tcp/10000"},
    {"Whois", "tcp/43"},
};
/* clang-format on */

bool sim_fw_macro(const char *name, char *ret_name, size_t size)
{
    for (size_t i = 0; i < sizeof macros / sizeof *macros; i++) {
        if (strcasecmp(macros[i].name, name) != 0)
            continue;
        (void)snprintf(ret_name, size, "%s", macros[i].name);
        return true;
    }
    return false;
}

/* The field of an entry; false: the entry says nothing about it. */
static bool entry_field(const char *entry, size_t index, char *value, size_t size)
{
    const char *end = entry + strcspn(entry, " ");

    for (; index > 0 && entry < end; index--) {
        entry += strcspn(entry, "/ ");
        entry += *entry == '/';
    }
    if (entry >= end)
        return false;
    (void)snprintf(value, size, "%.*s", (int)strcspn(entry, "/ "), entry);
    return *value != 0;
}

bool sim_fw_macro_contradicts(const char *name, const char *field, const char *own, char *ret_value,
                              size_t size)
{
    const size_t index = strcmp(field, "proto") == 0 ? 0 : strcmp(field, "dport") == 0 ? 1 : 2;
    const char *at = "";

    for (size_t i = 0; i < sizeof macros / sizeof *macros; i++) {
        if (strcmp(macros[i].name, name) == 0)
            at = macros[i].entries;
    }
    for (; *at; at += strcspn(at, " "), at += *at == ' ') {
        if (entry_field(at, index, ret_value, size) && strcmp(ret_value, own) != 0 &&
            !(strncmp(ret_value, "icmp", 4) == 0 && strncmp(own, "icmp", 4) == 0)) /* one for each family */
            return true;
    }
    return false;
}

int sim_fw_macros(struct sim_call *call)
{
    call->data = json_object_new_array();
    for (size_t i = 0; i < sizeof macros / sizeof *macros; i++) {
        struct json_object *item = json_object_new_object();
        char text[96];

        sim_set_str(item, "macro", macros[i].name);
        (void)snprintf(text, sizeof text, "%s traffic", macros[i].name);
        sim_set_str(item, "descr", text);
        json_object_array_add(call->data, item);
    }
    return 0;
}
