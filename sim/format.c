/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The named formats of parameters: a table of patterns with the text of a refusal, and functions for the few
 * that a pattern cannot say. A format "x-list" checks each element of a list against x.
 */
#include "format_net.h"
#include "schedule.h"
#include "sim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define ID   "[A-Za-z][A-Za-z0-9_.-]*"
#define NAME "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"

/* `text` may hold one %s for the value. */
static const struct format_row {
    const char *name;
    const char *pattern;
    const char *text;
} rows[] = {
    {"pve-node", NAME, "value does not look like a valid node name\n"},
    {"pve-vmid", "[1-9][0-9]{2,8}", "value does not look like a valid VM ID\n"},
    {"pve-configid", "[A-Za-z][A-Za-z0-9_-]+", "invalid configuration ID '%s'\n"},
    {"pve-userid", "[^[:space:]:/]+@[A-Za-z][A-Za-z0-9._-]+",
     "value '%s' does not look like a valid user name\n"},
    {"pve-tokenid", "[^[:space:]:/!]+@[A-Za-z][A-Za-z0-9._-]+![A-Za-z][A-Za-z0-9._-]+",
     "value '%s' does not look like a valid token ID\n"},
    {"pve-groupid", "[A-Za-z0-9._-]+", "group name '%s' contains invalid characters\n"},
    {"pve-roleid", "[A-Za-z0-9._-]+", "role name '%s' contains invalid characters\n"},
    {"pve-realm", "[A-Za-z][A-Za-z0-9._-]+", "value does not look like a valid realm\n"},
    {"pve-poolid", "[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+){0,2}", "pool name '%s' contains invalid characters\n"},
    {"pve-replication-job-id", "[1-9][0-9]{2,8}-[0-9]{1,9}", "invalid replication job id '%s'\n"},
    {"pve-iface", "[A-Za-z][A-Za-z0-9_]{1,20}([:.][0-9]+)?", "invalid network interface name '%s'\n"},
    {"pve-task-status-type", "ok|error|warning|unknown", "invalid status '%s'\n"},
    {"pve-storage-content", "images|rootdir|vztmpl|iso|backup|snippets|import|none",
     "invalid content type '%s'\n"},
    {"pve-storage-server", "[A-Za-z0-9.:-]+|\\[[0-9A-Fa-f:]+\\]",
     "value does not look like a valid server name or IP address\n"},
    {"pve-storage-portal-dns", "[A-Za-z0-9.:-]+(:[0-9]+)?",
     "value does not look like a valid portal address\n"},
    {"pve-storage-path", "/[^;()]*", "value does not look like a valid absolute path\n"},
    {"pve-storage-options", "[A-Za-z0-9_=.,:/+-]+", "value does not look like valid mount options\n"},
    {"pve-storage-vgname", "[A-Za-z0-9+_.][A-Za-z0-9+_.-]*",
     "lvm volume group name '%s' contains illegal characters\n"},
    {"pve-storage-zfs-blocksize", "[0-9]+[kKmM]?", "value does not look like a valid block size\n"},
    {"pve-dir-override", "(images|rootdir|vztmpl|iso|backup|snippets|import)=/?[^,;]+",
     "invalid override '%s'\n"},
    {"email-or-username", "[^[:space:]@]+(@[^[:space:]@]+)?",
     "value does not look like a valid email address or user name\n"},
    {"pve-ha-resource-id", "(vm|ct):[1-9][0-9]{2,8}", "unable to parse resource id '%s'\n"},
    {"ldap-simple-attr", "[A-Za-z0-9]+", "value '%s' does not look like a simple ldap attribute name\n"},
    {"pve-tfa-config", "type=(oath|yubico)(,[a-z]+=[^,]+)*", "format error\n"},
    {"realm-sync-options",
     "(enable-new|full|purge|remove-vanished|scope)=[^,]+(,(enable-new|full|purge|remove-vanished|scope)=[^,]"
     "+"
     ")*",
     "format error\n"},
    {"pve-ha-resource-or-vm-id", "((vm|ct):)?[0-9]+", "unable to parse resource id '%s'\n"},
    {"pve-sdn-fabric-id", "[A-Za-z0-9]([A-Za-z0-9-]{0,6}[A-Za-z0-9])?",
     "fabric ID '%s' contains illegal characters\n"},
    {"pve-sdn-prefix-list-id", "[A-Za-z0-9_-]+", "value does not look like a valid prefix list ID\n"},
    {"pve-sdn-route-map-id", "[A-Za-z0-9_-]+", "value does not look like a valid route map ID\n"},
    {"pve-priv", "[A-Za-z.]+", "invalid privilege '%s'\n"},
    {"string", "(.|\n)*", ""},
    {"dns-name", NAME "([.]" NAME ")*", "value does not look like a valid DNS name\n"},
    {"pve-tag", "[A-Za-z0-9_][A-Za-z0-9_+.-]*", "invalid characters in tag\n"},
    {"pve-volume-id", "[A-Za-z][A-Za-z0-9_.-]*:[^[:space:]]+|/[^[:space:]]+",
     "unable to parse volume ID '%s'\n"},
    {"pve-volume-id-or-qm-path", "[^[:space:],]+", "unable to parse volume ID '%s'\n"},
    {"pve-volume-id-or-absolute-path", "[^[:space:],]+", "unable to parse volume ID '%s'\n"},
    {"pve-lxc-mp-string", "[^,]+", "unable to parse '%s'\n"},
    {"pve-lxc-dev-string", "/dev/[^,]+", "'%s' is not a path below /dev\n"},
    {"pve-startup-order", "(order=)?[0-9]+(,(up|down)=[0-9]+)*|(up|down)=[0-9]+(,(up|down|order)=[0-9]+)*",
     "unable to parse startup options\n"},
    {"pve-cpuset", "[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*", "value does not look like a valid CPU set\n"},
    {"pve-bridge-id", "[A-Za-z0-9_.-]{1,64}", "invalid bridge ID '%s'\n"},
    {"pve-ct-timezone", "[A-Za-z0-9_/+-]+", "invalid time zone '%s'\n"},
    {"pve-hotplug-features",
     "[01]|(network|disk|cpu|memory|usb|cloudinit)([,;](network|disk|cpu|memory|usb|cloudinit))*",
     "unable to parse hotplug option\n"},
    {"pve-qm-bootdisk", "(ide|sata|scsi|virtio)[0-9]+", "invalid boot disk '%s'\n"},
    {"pve-qm-ipconfig", "(ip|ip6|gw|gw6)=[^,]+(,(ip|ip6|gw|gw6)=[^,]+)*", "format error\n"},
    {"mac-addr",
     "([0-9A-Fa-f][02468ACEace]:[0-9A-Fa-f]{2}|[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2})(:[0-9A-Fa-f]{2}){4}",
     "value does not look like a valid unicast MAC address\n"},
    {"disk-size", "[0-9]+([.][0-9]+)?[KMGT]?", "value does not look like a valid disk size: %s\n"},
    {"urlencoded", "[A-Za-z0-9_.!~*'()%-]*", "invalid urlencoded string: %s\n"},
    {"pve-day-of-week", "mon|tue|wed|thu|fri|sat|sun", "value '%s' does not look like a valid day of week\n"},
    {"email-or-username", "[^[:space:]@]+(@[A-Za-z0-9.-]+)?",
     "value does not look like a valid email address or user name\n"},
    {"email-opt", "([^[:space:]@]+@[A-Za-z0-9.-]+)?", "value does not look like a valid email address\n"},
    {"mac-prefix", "[0-9A-Fa-f][02468ACEace](:[0-9A-Fa-f]{2}){0,2}:?",
     "value is not a valid unicast MAC address prefix\n"},
    {"graphite-path", "[A-Za-z0-9_-]+([.][A-Za-z0-9_-]+)*",
     "value does not look like a valid graphite path\n"},
    {"pve-storage-path-in-property-string", "/[^;,=()]*",
     "Value does not look like a valid absolute path. These symbols are currently not allowed in path: "
     ";,=()\n"},
    {"pve-acme-domain", "([*][.])?" NAME "([.]" NAME ")+", "value does not look like a valid domain name\n"},
    {"pve-acme-alias", "[A-Za-z0-9_.-]+", "value does not look like a valid alias\n"},
    {"storage-pair", "1|" ID "(:" ID ")?", "unable to parse storage pair '%s'\n"},
    {"pve-qm-ide", "(.|\n)+", ""},
    {"pve-qm-rng", "(.|\n)+", ""},
    {"pve-qm-cicustom", "(.|\n)+", ""},
    {"pve-qm-smbios1", "(.|\n)+", ""},
    {"pve-qm-hostpci", "(.|\n)+", ""},
    {"pve-qm-watchdog", "(.|\n)+", ""},
    {"pve-qemu-sev-fmt", "(.|\n)+", ""},
    {"pve-qemu-tdx-fmt", "(.|\n)+", ""},
};

static int refuse(char *text, size_t size, const char *format, const char *value)
{
    const char *hole = strstr(format, "%s");

    if (hole)
        (void)snprintf(text, size, "%.*s%s%s", (int)(hole - format), format, value, hole + 2);
    else
        (void)snprintf(text, size, "%s", format);
    return -EINVAL;
}

static int check_row(const struct format_row *row, const char *value, char *text, size_t size)
{
    char anchored[256];
    regex_t regex;
    int hit;

    (void)snprintf(anchored, sizeof anchored, "^(%s)$", row->pattern);
    if (regcomp(&regex, anchored, REG_EXTENDED | REG_NOSUB) != 0)
        return -ENOENT;
    hit = regexec(&regex, value, 0, NULL, 0);
    regfree(&regex);
    return hit == 0 ? 0 : refuse(text, size, row->text, value);
}

static int storage_id(const char *value, char *text, size_t size)
{
    if (strlen(value) < 2)
        return refuse(text, size, "storage ID '%s' cannot be shorter than 2 characters\n", value);
    if (check_row(&(struct format_row){"", ID, ""}, value, text, size) < 0)
        return refuse(text, size, "storage ID '%s' contains illegal characters\n", value);
    return 0;
}

/* A subnet is named ZONE-NETWORK-MASK; the network must be one. */
static int subnet_id(const char *value, char *text, size_t size)
{
    const char *dash = strchr(value, '-'), *mask = strrchr(value, '-');
    unsigned char address[16];
    char network[64];

    if (!dash) /* a new one has no name yet */
        return sim_format_net("FullRangeCIDR", value, text, size);
    if (mask > dash && (size_t)(mask - dash) < sizeof network) {
        (void)snprintf(network, sizeof network, "%.*s", (int)(mask - dash - 1), dash + 1);
        if (inet_pton(AF_INET, network, address) == 1 || inet_pton(AF_INET6, network, address) == 1)
            return 0;
    }
    return refuse(text, size, "value does not look like a valid CIDR network\n", value);
}

static int calendar_event(const char *value, char *text, size_t size)
{
    int64_t next;

    if (sim_schedule_next(value, 0, &next) == 0)
        return 0;
    (void)snprintf(text, size, "invalid calendar event '%s' - unable to parse calendar event '%s'\n\n", value,
                   value);
    return -EINVAL;
}

/* keep-last=3,keep-daily=7: known keys with counts. */
static int prune_backups(const char *value, char *text, size_t size)
{
    static const char known[] =
        "keep-last keep-hourly keep-daily keep-weekly keep-monthly keep-yearly keep-all";

    for (const char *at = value; *at;) {
        size_t n = strcspn(at, ","), name = strcspn(at, "=");

        if (name < n && !sim_word_in(known, " ", at, name)) {
            (void)snprintf(
                text, size,
                "format error\nprune-backups.%.*s: property is not defined in schema and the schema "
                "does not allow additional properties\n",
                (int)name, at);
            return -EINVAL;
        }
        at += n + (at[n] == ',');
    }
    return 0;
}

static bool is_address(int family, const char *text)
{
    unsigned char address[16];

    return inet_pton(family, text, address) == 1;
}

static int ipv4(const char *value, char *text, size_t size)
{
    return is_address(AF_INET, value)
               ? 0
               : refuse(text, size, "value does not look like a valid IPv4 address\n", value);
}

static int ipv6(const char *value, char *text, size_t size)
{
    return is_address(AF_INET6, value)
               ? 0
               : refuse(text, size, "value does not look like a valid IPv6 address\n", value);
}

static int address(const char *value, char *text, size_t size)
{
    if (is_address(AF_INET, value) || is_address(AF_INET6, value))
        return 0;
    return refuse(text, size, "value does not look like a valid IP address\n", value);
}

/* "10.0.0.5/24" or one of the words. */
static bool network(int family, const char *value, const char *words, uint64_t bits)
{
    const char *slash = strchr(value, '/');
    char host[64];
    uint64_t mask;

    if (sim_word_in(words, " ", value, strlen(value)))
        return true;
    if (!slash || (size_t)(slash - value) >= sizeof host)
        return false;
    (void)snprintf(host, sizeof host, "%.*s", (int)(slash - value), value);
    return is_address(family, host) && sim_parse_uint(slash + 1, 10, bits, &mask) == 0;
}

static int ipv4_config(const char *value, char *text, size_t size)
{
    return network(AF_INET, value, "dhcp manual", 32)
               ? 0
               : refuse(text, size, "value does not look like a valid ipv4 network configuration\n", value);
}

static int ipv6_config(const char *value, char *text, size_t size)
{
    return network(AF_INET6, value, "auto dhcp manual", 128)
               ? 0
               : refuse(text, size, "value does not look like a valid ipv6 network configuration\n", value);
}

static int cidr(const char *value, char *text, size_t size)
{
    return network(AF_INET, value, "", 32) || network(AF_INET6, value, "", 128)
               ? 0
               : refuse(text, size, "value does not look like a valid CIDR network\n", value);
}

/* "order=scsi0;net0", or the letters of former times. */
static int boot_order(const char *value, char *text, size_t size)
{
    static const struct format_row device = {"", "(ide|sata|scsi|virtio|net|usb|hostpci)[0-9]+", ""};
    static const struct format_row letters = {"", "[acdn]{1,4}(,.*)?|legacy=.*", ""};
    char word[64];

    if (strncmp(value, "order=", 6) != 0)
        return check_row(&letters, value, text, size);
    for (const char *at = value + 6; *at;) {
        size_t n = strcspn(at, ";");

        (void)snprintf(word, sizeof word, "%.*s", (int)n, at);
        if (check_row(&device, word, text, size) < 0) {
            (void)snprintf(text, size,
                           "format error\nboot.order: invalid format - invalid boot device '%s'\n\n", word);
            return -EINVAL;
        }
        at += n + (at[n] == ';');
    }
    return 0;
}

static int cpu_type(const char *value, char *text, size_t size)
{
    static const char known[] =
        "host max kvm64 kvm32 qemu64 qemu32 486 pentium pentium2 pentium3 athlon phenom coreduo core2duo "
        "Conroe Penryn Nehalem Nehalem-IBRS Westmere Westmere-IBRS SandyBridge SandyBridge-IBRS IvyBridge "
        "IvyBridge-IBRS Haswell Haswell-noTSX Broadwell Broadwell-noTSX Skylake-Client Skylake-Server "
        "Cascadelake-Server Cooperlake Icelake-Server SapphireRapids GraniteRapids Opteron_G1 Opteron_G2 "
        "Opteron_G3 Opteron_G4 Opteron_G5 EPYC EPYC-IBPB EPYC-Rome EPYC-Milan EPYC-Genoa x86-64-v2 "
        "x86-64-v2-AES x86-64-v3 x86-64-v4";
    size_t skip = strncmp(value, "cputype=", 8) == 0 ? 8 : 0, n = strcspn(value + skip, ",");

    if (strncmp(value + skip, "custom-", 7) == 0 || sim_word_in(known, " ", value + skip, n))
        return 0;
    (void)snprintf(text, size, "Built-in cputype '%.*s' is not defined (missing 'custom-' prefix?)\n", (int)n,
                   value + skip);
    return -EINVAL;
}

static int privilege(const char *value, char *text, size_t size)
{
    return sim_priv_index(value, strlen(value)) >= 0 ? 0
                                                     : refuse(text, size, "invalid privilege '%s'\n", value);
}

/* "pve1:2,pve2": nodes with priorities. */
static int ha_node(const char *value, char *text, size_t size)
{
    static const struct format_row row = {"", NAME "(:[0-9]+)?", "invalid node specification '%s'\n"};

    return check_row(&row, value, text, size);
}

static const struct {
    const char *name;
    int (*check)(const char *value, char *text, size_t size);
} functions[] = {
    {"pve-storage-id", storage_id},
    {"pve-sdn-subnet-id", subnet_id},
    {"pve-calendar-event", calendar_event},
    {"prune-backups", prune_backups},
    {"ipv4", ipv4},
    {"ipv6", ipv6},
    {"address", address},
    {"ip", address},
    {"CIDR", cidr},
    {"lxc-ip-with-ll-iface", address},
    {"pve-ipv4-config", ipv4_config},
    {"pve-ipv6-config", ipv6_config},
    {"pve-priv", privilege},
    {"pve-ha-node", ha_node},
    {"pve-qm-boot", boot_order},
    {"pve-vm-cpu-conf", cpu_type},
};

static int check_one(const char *format, const char *value, char *text, size_t size)
{
    int r = sim_format_net(format, value, text, size);

    if (r != -ENOENT)
        return r;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (strcmp(functions[i].name, format) == 0)
            return functions[i].check(value, text, size);
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, format) == 0)
            return check_row(&rows[i], value, text, size);
    }
    (void)snprintf(text, size, "undefined format '%s'\n", format);
    return -ENOENT;
}

int sim_format_check(const char *format, const char *value, char *text, size_t text_size)
{
    size_t n = strlen(format);
    char element[128];

    if (n < 6 || n - 5 >= sizeof element || strcmp(format + n - 5, "-list") != 0)
        return check_one(format, value, text, text_size);
    (void)snprintf(element, sizeof element, "%.*s", (int)(n - 5), format);
    for (const char *at = value + strspn(value, ",; "); *at; at += strspn(at, ",; ")) {
        size_t len = strcspn(at, ",; ");
        char word[512];

        (void)snprintf(word, sizeof word, "%.*s", (int)len, at);
        if (check_one(element, word, text, text_size) < 0)
            return -EINVAL;
        at += len;
    }
    return 0;
}
