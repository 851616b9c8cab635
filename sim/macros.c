/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of the firewall macros.
 */
#include "firewall.h"
#include "handlers.h"

#include <string.h>
#include <strings.h>

static const char macros[] =
    "Amanda Auth BGP BitTorrent BitTorrent32 CVS Ceph Citrix DAAP DCC DHCPfwd DHCPv6 DNS Distcc FTP "
    "Finger GNUnet GRE Git HKP HTTP HTTPS ICPV2 ICQ IMAP IMAPS IPIP IPsec IPsecah IPsecnat IRC "
    "Jetdirect L2TP LDAP LDAPS MDNS MSNP MSSQL Mail Munin MySQL NNTP NNTPS NTP NeighborDiscovery "
    "OSPF OpenVPN PCA PMG POP3 POP3S PPtP Ping PostgreSQL Printer RDP RIP RNDC Razor Rdate Rsync "
    "SANE SMB SMBswat SMTP SMTPS SNMP SPAMD SPICEproxy SSH SVN SixXS Squid Submission Syslog TFTP "
    "Telnet Telnets Time Trcrt VNC VNCL Web Webcache Webmin Whois";

bool sim_fw_macro(const char *name, char *ret_name, size_t size)
{
    for (const char *at = macros; *at; at += *at == ' ') {
        size_t n = strcspn(at, " ");

        if (strlen(name) == n && strncasecmp(at, name, n) == 0) {
            (void)snprintf(ret_name, size, "%.*s", (int)n, at);
            return true;
        }
        at += n;
    }
    return false;
}

int sim_fw_macros(struct sim_call *call)
{
    call->data = json_object_new_array();
    for (const char *at = macros; *at;) {
        size_t n = strcspn(at, " ");
        struct json_object *item = json_object_new_object();
        char text[96];

        (void)snprintf(text, sizeof text, "%.*s", (int)n, at);
        sim_set_str(item, "macro", text);
        (void)snprintf(text, sizeof text, "%.*s traffic", (int)n, at);
        sim_set_str(item, "descr", text);
        json_object_array_add(call->data, item);
        at += n + (at[n] == ' ');
    }
    return 0;
}
