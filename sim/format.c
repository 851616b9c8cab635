/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The named formats of parameters: a table of patterns with the text of a refusal, and functions for the few
 * that a pattern cannot say. A format "x-list" checks each element of a list against x.
 */
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
    {"pve-ha-resource-or-vm-id", "((vm|ct):)?[0-9]+", "unable to parse resource id '%s'\n"},
    {"pve-sdn-fabric-id", "[A-Za-z0-9]([A-Za-z0-9-]{0,6}[A-Za-z0-9])?",
     "fabric ID '%s' contains illegal characters\n"},
    {"pve-sdn-prefix-list-id", "[A-Za-z0-9_-]+", "value does not look like a valid prefix list ID\n"},
    {"pve-sdn-route-map-id", "[A-Za-z0-9_-]+", "value does not look like a valid route map ID\n"},
    {"IPorCIDRorAlias", "[A-Za-z0-9_./:-]+", "value does not look like a valid IP address or CIDR network\n"},
    {"pve-priv", "[A-Za-z.]+", "invalid privilege '%s'\n"},
    {"string", "(.|\n)*", ""},
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

    if (dash && mask > dash && (size_t)(mask - dash) < sizeof network) {
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

static const struct {
    const char *name;
    int (*check)(const char *value, char *text, size_t size);
} functions[] = {
    {"pve-storage-id", storage_id},
    {"pve-sdn-subnet-id", subnet_id},
    {"pve-calendar-event", calendar_event},
    {"prune-backups", prune_backups},
};

static int check_one(const char *format, const char *value, char *text, size_t size)
{
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
