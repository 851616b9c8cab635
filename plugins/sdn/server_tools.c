/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Address managers (IPAM) and DNS servers of zones. They are not staged: what is written holds at once. Their
 * token and key are written and never shown by this plane. Sources: GET, POST /cluster/sdn/ipams, GET, PUT,
 * DELETE /cluster/sdn/ipams/{ipam}, GET /cluster/sdn/ipams/{ipam}/status; the same of /cluster/sdn/dns.
 */
#include "sdn.h"

/* ---- the objects */

static const struct config_key ipam_keys[] = {
    {.name = "type", .argument = "ipam_type", .flags = CONFIG_CREATE_ONLY},
    {.name = "url"},
    {.name = "section"},
    {.name = "fingerprint"},
    {.name = "token", .flags = CONFIG_WRITE_ONLY},
};
static const struct config_key dns_keys[] = {
    {.name = "type", .argument = "dns_type", .flags = CONFIG_CREATE_ONLY},
    {.name = "url"},
    {.name = "ttl"},
    {.name = "reversemaskv6"},
    {.name = "reversev6mask", .flags = CONFIG_CREATE_ONLY},
    {.name = "fingerprint"},
    {.name = "key", .flags = CONFIG_WRITE_ONLY},
};
static const char *const ipam_computed[] = {"ipam", "token", NULL};
static const char *const dns_computed[] = {"dns", "key", NULL};

static const struct sdn_type_keys ipam_types[] = {
    {"pve", "", ""},
    {"netbox", "url token", "fingerprint"},
    {"phpipam", "url token section", "fingerprint"},
};
static const struct sdn_type_keys dns_types[] = {
    {"powerdns", "url key", "ttl reversemaskv6 reversev6mask fingerprint"},
};

/* Proxmox deletes none that a zone names in one of these members. */
static int32_t check_unused(const struct config_change *c, const char *const *members)
{
    struct sdn_view view;
    int32_t r = sdn_view_read_list(&c->ask, SDN_ZONE, NULL, &view);
    for (uint32_t i = 0; r == PROXIMO_OK && i < view.count; i++) {
        for (const char *const *member = members; r == PROXIMO_OK && *member; member++) {
            if (member_is(view.rows[i].side[SDN_AFTER], *member, c->id))
                r = c->ask.host->fail(
                    c->ask.call, PROXIMO_ESTATE,
                    "%s \"%s\" is used by zone \"%s\": Proxmox deletes it only when no zone "
                    "uses it; take it out there first (pve_sdn_zone_update with delete)",
                    c->kind->what, c->id, view.rows[i].id);
        }
    }
    sdn_view_done(&view);
    return r;
}

static int32_t check_ipam(struct config_change *c)
{
    static const char *const members[] = {"ipam", NULL};
    const char *type = config_after(c, "type");
    int32_t r = PROXIMO_OK;
    if (c->verb == CONFIG_DELETE && strcmp(c->id, "pve") == 0)
        return c->ask.host->fail(c->ask.call, PROXIMO_ESTATE,
                                 "the IPAM \"pve\" is part of Proxmox VE: deleted, it is there again");
    if (c->verb == CONFIG_DELETE)
        r = check_unused(c, members);
    else
        r = sdn_check_type(c, type, ipam_types, sizeof(ipam_types) / sizeof(ipam_types[0]), "");
    if (c->verb == CONFIG_DELETE && type && strcmp(type, "pve") != 0)
        c->no_way_back =
            "its token is not kept: it can be created again with pve_sdn_ipam_create and its token, "
            "but not by undo";
    return r == PROXIMO_OK ? sdn_check_edit(c, SDN_SORTS, "/sdn/ipams", SDN_EDIT_LIVE) : r;
}

static int32_t check_dns(struct config_change *c)
{
    static const char *const members[] = {"dns", "reversedns", NULL};
    int32_t r = c->verb == CONFIG_DELETE ? check_unused(c, members)
                                         : sdn_check_type(c, config_after(c, "type"), dns_types,
                                                          sizeof(dns_types) / sizeof(dns_types[0]), "");
    if (c->verb == CONFIG_DELETE)
        c->no_way_back =
            "its key is not kept: it can be created again with pve_sdn_dns_create and its key, but "
            "not by undo";
    return r == PROXIMO_OK ? sdn_check_edit(c, SDN_SORTS, "/sdn/dns", SDN_EDIT_LIVE) : r;
}

static const struct proximo_need ipam_needs[] = {NEED("/sdn/ipams/{ipam}", "SDN.Allocate")};
static const struct proximo_need dns_needs[] = {NEED("/sdn/dns/{dns}", "SDN.Allocate")};

static const struct config_kind ipam_kind = {
    .what = "IPAM entry",
    .subject = "ipam",
    .subject_member = "ipam",
    .id = "ipam",
    .list = "/cluster/sdn/ipams",
    .one = "/cluster/sdn/ipams/{ipam}",
    .flags = CONFIG_DIGEST,
    .keys = ipam_keys,
    .key_count = sizeof(ipam_keys) / sizeof(ipam_keys[0]),
    .shown = ipam_computed,
    .needs = PROXIMO_TABLE(ipam_needs),
    .classes = {"ipam.create", "ipam.update", "ipam.delete"},
    .check = check_ipam,
};
static const struct config_kind dns_kind = {
    .what = "DNS server",
    .subject = "dns",
    .subject_member = "dns",
    .id = "dns",
    .list = "/cluster/sdn/dns",
    .one = "/cluster/sdn/dns/{dns}",
    .flags = CONFIG_DIGEST,
    .keys = dns_keys,
    .key_count = sizeof(dns_keys) / sizeof(dns_keys[0]),
    .shown = dns_computed,
    .needs = PROXIMO_TABLE(dns_needs),
    .classes = {"dns.create", "dns.update", "dns.delete"},
    .check = check_dns,
};
CONFIG_FUNCTIONS(ipam_create, &ipam_kind, CONFIG_CREATE)
CONFIG_FUNCTIONS(ipam_update, &ipam_kind, CONFIG_UPDATE)
CONFIG_FUNCTIONS(ipam_delete, &ipam_kind, CONFIG_DELETE)
CONFIG_FUNCTIONS(dns_create, &dns_kind, CONFIG_CREATE)
CONFIG_FUNCTIONS(dns_update, &dns_kind, CONFIG_UPDATE)
CONFIG_FUNCTIONS(dns_delete, &dns_kind, CONFIG_DELETE)

/* ---- the tools */

#define IPAM_PARAM                                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "ipam", .format = "id", .flags = PROXIMO_PARAM_REQUIRED,      \
          .description = "Name of the IPAM entry.")
#define DNS_PARAM                                                                                            \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "dns", .format = "id", .flags = PROXIMO_PARAM_REQUIRED,       \
          .description = "Name of the DNS server's entry.")
#define IPAM_VALUES                                                                                          \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "url", .description = "Where its API is."),                   \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "token", .flags = PROXIMO_PARAM_SECRET,                   \
              .description = "Of its API. Written, never shown."),                                           \
        PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "section",                                               \
              .description = "phpipam: number of the section."),                                             \
        FINGERPRINT_PARAM
#define DNS_VALUES                                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "url", .description = "Where its API is."),                   \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "key", .flags = PROXIMO_PARAM_SECRET,                     \
              .description = "Of its API. Written, never shown."),                                           \
        PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "ttl",                                                   \
              .description = "Time to live of entries, in seconds."),                                        \
        PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "reversemaskv6",                                         \
              .description = "IPv6: bits of the network in names of reverse zones."),                        \
        FINGERPRINT_PARAM
#define FINGERPRINT_PARAM                                                                                    \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "fingerprint",                                                \
          .description = "SHA-256 fingerprint of its certificate.")

static const struct proximo_param status_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "ipam", .format = "id", .flags = PROXIMO_PARAM_NOT_SENT,
          .default_json = "\"pve\"", .description = "Name of the IPAM entry."),
    FILTER("vnet", .name = "vnet", .format = "id", .description = "Only of this VNet."),
};
static const struct proximo_param ipam_create_params[] = {
    IPAM_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "ipam_type", .api_name = "type",
          .flags = PROXIMO_PARAM_REQUIRED, .choices = "netbox,phpipam,pve", .description = "What it is."),
    IPAM_VALUES,
    SDN_LOCK_TOKEN,
};
static const struct proximo_param ipam_update_params[] = {IPAM_PARAM, IPAM_VALUES, SDN_DELETE, SDN_DIGEST,
                                                          SDN_LOCK_TOKEN};
static const struct proximo_param ipam_delete_params[] = {IPAM_PARAM, SDN_DIGEST, SDN_LOCK_TOKEN};
static const struct proximo_param dns_create_params[] = {
    DNS_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "dns_type", .api_name = "type", .choices = "powerdns",
          .default_json = "\"powerdns\"", .description = "What it is."),
    DNS_VALUES,
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "reversev6mask",
          .description = "As reversemaskv6, by its former name."),
    SDN_LOCK_TOKEN,
};
static const struct proximo_param dns_update_params[] = {DNS_PARAM, DNS_VALUES, SDN_DELETE, SDN_DIGEST,
                                                         SDN_LOCK_TOKEN};
static const struct proximo_param dns_delete_params[] = {DNS_PARAM, SDN_DIGEST, SDN_LOCK_TOKEN};

static const struct proximo_column ipam_columns[] = {
    COLUMN(.name = "ipam"),
    COLUMN(.name = "type"),
    COLUMN(.name = "url"),
    COLUMN(.name = "section"),
    COLUMN(.name = "fingerprint", EXTRA),
};
static const struct proximo_column dns_columns[] = {
    COLUMN(.name = "dns"),           COLUMN(.name = "type"),
    COLUMN(.name = "url"),           COLUMN(.name = "ttl", .unit = "seconds"),
    COLUMN(.name = "reversemaskv6"), COLUMN(.name = "fingerprint", EXTRA),
};
static const struct proximo_column status_columns[] = {
    COLUMN(.name = "ip"),   COLUMN(.name = "vmid"),    COLUMN(.name = "hostname", UNTRUSTED),
    COLUMN(.name = "mac"),  COLUMN(.name = "vnet"),    COLUMN(.name = "subnet"),
    COLUMN(.name = "zone"), COLUMN(.name = "gateway"),
};
static const struct proximo_need ipams_audit[] = {NEED("/sdn/ipams", SDN_AUDIT)};
static const struct proximo_need dns_audit[] = {NEED("/sdn/dns", SDN_AUDIT)};
static const struct proximo_need zones_audit[] = {NEED("/sdn/zones", SDN_AUDIT)};
static const struct proximo_need ipams_allocate[] = {NEED("/sdn/ipams", "SDN.Allocate")};
static const struct proximo_need dns_allocate[] = {NEED("/sdn/dns", "SDN.Allocate")};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_sdn_ipams_list", .title = "SDN IPAMs",
     .description =
         "Lists the IPAM entries that zones can use (Proxmox VE's own, NetBox, phpIPAM). They are not "
         "staged: what is listed holds. Tokens are never shown.",
     .path = "/cluster/sdn/ipams", .columns = PROXIMO_TABLE(ipam_columns), .sort_by = "ipam",
     .needs = PROXIMO_TABLE(ipams_audit)},
    {ROW(proximo_read), .name = "pve_sdn_ipam_status", .title = "SDN addresses",
     .description = "Lists the addresses that an IPAM has given to guests in VNets: address, "
                    "guest, MAC, subnet.",
     .params = PROXIMO_TABLE(status_params), .path = "/cluster/sdn/ipams/{ipam}/status",
     .columns = PROXIMO_TABLE(status_columns), .sort_by = "ip", .needs = PROXIMO_TABLE(zones_audit)},
    {ROW(proximo_read), .name = "pve_sdn_dns_list", .title = "SDN DNS servers",
     .description =
         "Lists the DNS servers (PowerDNS) in which zones register their guests. They are not staged: "
         "what is listed holds. Keys are never shown.",
     .path = "/cluster/sdn/dns", .columns = PROXIMO_TABLE(dns_columns), .sort_by = "dns",
     .needs = PROXIMO_TABLE(dns_audit)},
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pve_sdn_ipam_create", .title = "Create an IPAM entry",
     .description = "Creates the entry of an IPAM (NetBox, phpIPAM) for zones; Proxmox asks it "
                    "at once whether the token is good. The token is a secret. Undo removes it.",
     .params = PROXIMO_TABLE(ipam_create_params), .operation_class = "ipam.create", .subject = "ipam/{ipam}",
     .needs = PROXIMO_TABLE(ipams_allocate), .plan = ipam_create_plan, .plan_undo = ipam_create_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "ipam.delete"},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pve_sdn_ipam_update",
     .title = "Change an IPAM entry",
     .description = "Changes where and how an IPAM is asked; it holds at once. Undo writes the "
                    "values from before; where the token changes there is no way back.",
     .params = PROXIMO_TABLE(ipam_update_params), .operation_class = "ipam.update", .subject = "ipam/{ipam}",
     .needs = PROXIMO_TABLE(ipams_allocate), .plan = ipam_update_plan, .plan_undo = ipam_update_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .name = "pve_sdn_ipam_delete", .title = "Delete an IPAM entry",
     .description = "Deletes the entry of an IPAM that no zone uses, at once. There is no way "
                    "back for one with a token, which is not kept.",
     .params = PROXIMO_TABLE(ipam_delete_params), .operation_class = "ipam.delete", .subject = "ipam/{ipam}",
     .needs = PROXIMO_TABLE(ipams_allocate), .plan = ipam_delete_plan, .plan_undo = ipam_delete_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "ipam.create"},
    {ROW(proximo_change), .name = "pve_sdn_dns_create", .title = "Create an SDN DNS server",
     .description =
         "Creates the entry of a DNS server (PowerDNS) in which zones register their guests; Proxmox "
         "asks it at once whether the key is good. The key is a secret. Undo removes it.",
     .params = PROXIMO_TABLE(dns_create_params), .operation_class = "dns.create", .subject = "dns/{dns}",
     .needs = PROXIMO_TABLE(dns_allocate), .plan = dns_create_plan, .plan_undo = dns_create_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "dns.delete"},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pve_sdn_dns_update",
     .title = "Change an SDN DNS server",
     .description = "Changes where and how a DNS server of zones is asked; it holds at once. Undo writes the "
                    "values from before; where the key changes there is no way back.",
     .params = PROXIMO_TABLE(dns_update_params), .operation_class = "dns.update", .subject = "dns/{dns}",
     .needs = PROXIMO_TABLE(dns_allocate), .plan = dns_update_plan, .plan_undo = dns_update_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .name = "pve_sdn_dns_delete", .title = "Delete an SDN DNS server",
     .description =
         "Deletes the entry of a DNS server that no zone uses, at once. There is no way back: its key "
         "is not kept.",
     .params = PROXIMO_TABLE(dns_delete_params), .operation_class = "dns.delete", .subject = "dns/{dns}",
     .needs = PROXIMO_TABLE(dns_allocate), .plan = dns_delete_plan, .plan_undo = dns_delete_undo,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "dns.create"},
};

static const struct proximo_class classes[] = {SDN_LIVE_CLASSES("ipam", "ipam", "an IPAM entry"),
                                               SDN_LIVE_CLASSES("dns", "dns", "an SDN DNS server")};

const struct topic sdn_topic_servers = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
