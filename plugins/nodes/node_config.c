/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of one node's configuration, as tables: name servers, hosts file, time zone, options. The engine of
 * plugins/common/config_object.h plans them. Sources: PUT /nodes/{node}/dns, POST /nodes/{node}/hosts,
 * PUT /nodes/{node}/time, PUT /nodes/{node}/config.
 */
#include "../common/config_object.h"
#include "node.h"

static const struct proximo_need node_audit[] = {NEED("/nodes/{node}", "Sys.Audit")};
static const struct proximo_need root_audit[] = {NEED("/", "Sys.Audit")};
static const struct proximo_need node_modify[] = {NEED("/nodes/{node}", "Sys.Modify"),
                                                  NEED("/nodes/{node}", "Sys.Audit")};
static const struct proximo_need hosts_modify[] = {NEED("/nodes/{node}", "Sys.Modify"),
                                                   NEED("/", "Sys.Audit")};
static const struct proximo_need root_modify[] = {NEED("/", "Sys.Modify"), NEED("/", "Sys.Audit")};

/* ---- name servers: PUT writes the file anew, and wants a search domain every time */

static const struct config_key dns_keys[] = {
    {.name = "search", .flags = CONFIG_ALWAYS}, {.name = "dns1"}, {.name = "dns2"}, {.name = "dns3"}};

/* Proxmox takes addresses only; whether each is a whole one, it says itself. */
static bool is_address(const char *text)
{
    return strpbrk(text, ".:") && strspn(text, "0123456789abcdefABCDEF.:") == strlen(text);
}

static int32_t check_dns(struct config_change *c)
{
    for (uint32_t i = 0; i < c->count; i++) {
        const struct config_edit *edit = &c->edits[i];
        if (strcmp(edit->key->name, "search") != 0 && edit->to && !is_address(edit->to))
            return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL, "%s: \"%.64s\" is no IP address",
                                     edit->key->name, edit->to);
    }
    if (!config_after(c, "search"))
        return c->ask.host->fail(
            c->ask.call, PROXIMO_EINVAL,
            "search is missing: node %s has no search domain, and Proxmox wants one with "
            "every change of the name servers",
            c->id);
    if (!config_before(c, "search"))
        c->no_way_back = "Proxmox cannot take the search domain away again";
    if (c->count && !config_after(c, "dns1") && !config_after(c, "dns2") && !config_after(c, "dns3"))
        return c->ask.host->risk(
            c->ask.call, PROXIMO_RISK_HIGH,
            "no name server remains: the node resolves no names but those of its hosts file");
    return PROXIMO_OK;
}

static const struct config_kind dns_kind = {
    .what = "name servers of node",
    .subject = "node",
    .subject_member = "node",
    .id = "node",
    .one = "/nodes/{node}/dns",
    .flags = CONFIG_SINGLE | CONFIG_WHOLE | CONFIG_NO_DELETE,
    .keys = dns_keys,
    .key_count = sizeof(dns_keys) / sizeof(dns_keys[0]),
    .needs = PROXIMO_TABLE(node_audit),
    .classes = {[CONFIG_UPDATE] = "node.dns"},
    .check = check_dns,
};
CONFIG_FUNCTIONS(dns, &dns_kind, CONFIG_UPDATE)

/* ---- hosts file */

static const struct config_key hosts_keys[] = {{.name = "data", .flags = CONFIG_ALWAYS}};

static int32_t check_hosts(struct config_change *c)
{
    const char *digest = ask_argument(&c->ask, "digest"), *now = member_text(c->now, "digest");
    const char *before = config_before(c, "data"), *after = config_after(c, "data");
    if (!c->undoing && digest && (!now || strcmp(digest, now) != 0))
        return c->ask.host->fail(
            c->ask.call, PROXIMO_ESTATE,
            "the hosts file of node %s has changed since it was read: its digest is %s now", c->id,
            now ? now : "not known");
    if (!after)
        return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                 "data is empty: a node needs at least the lines of localhost and of itself");
    if (!c->count)
        return PROXIMO_OK;
    const char *names = hosts_changed(&c->ask, before ? before : "", after);
    if (names && !(c->subject_details = json_object_new_object()))
        return PROXIMO_ENOMEM;
    if (names)
        json_object_object_add(c->subject_details, "names", json_object_new_string(names));
    c->summary = ask_text(&c->ask, "the hosts file of node \"%s\" is replaced%s%s", c->id,
                          names && *names ? "; names that change: " : "", names ? names : "");
    int32_t r = tell_fact(&c->ask, "lines", hosts_lines(before ? before : "", after));
    if (r == PROXIMO_OK && !hosts_knows(after, c->id))
        r = c->ask.host->risk(c->ask.call, PROXIMO_RISK_HIGH,
                              "the new file has no line of the node itself: its cluster file system does "
                              "not start again without");
    return r;
}

static const struct config_kind hosts_kind = {
    .what = "hosts file of node",
    .subject = "node",
    .subject_member = "node",
    .id = "node",
    .one = "/nodes/{node}/hosts",
    .put = "POST",
    .flags = CONFIG_SINGLE | CONFIG_WHOLE | CONFIG_DIGEST | CONFIG_NO_DELETE,
    .keys = hosts_keys,
    .key_count = 1,
    .needs = PROXIMO_TABLE(root_audit),
    .classes = {[CONFIG_UPDATE] = "node.hosts"},
    .check = check_hosts,
};
CONFIG_FUNCTIONS(hosts, &hosts_kind, CONFIG_UPDATE)

/* ---- time zone */

static const struct config_key time_keys[] = {{.name = "timezone", .flags = CONFIG_ALWAYS}};
static const char *const time_shown[] = {"time", "localtime", NULL};

static const struct config_kind time_kind = {
    .what = "time zone of node",
    .subject = "node",
    .subject_member = "node",
    .id = "node",
    .one = "/nodes/{node}/time",
    .flags = CONFIG_SINGLE | CONFIG_WHOLE | CONFIG_NO_DELETE,
    .keys = time_keys,
    .key_count = 1,
    .shown = time_shown,
    .needs = PROXIMO_TABLE(node_audit),
    .classes = {[CONFIG_UPDATE] = "node.time"},
};
CONFIG_FUNCTIONS(time, &time_kind, CONFIG_UPDATE)

/* ---- options. A description comes back with a line break at its end. */

static const struct config_key config_keys[] = {
    {.name = "description", .flags = CONFIG_REWRITTEN},
    {.name = "location", .flags = CONFIG_SINCE_9 | CONFIG_REWRITTEN},
    {.name = "startall-onboot-delay", .absent = "0"},
    {.name = "wakeonlan"},
    {.name = "ballooning-target", .flags = CONFIG_SINCE_9, .absent = "80"},
    {.name = "acme"},
    {.name = "acmedomain0"},
    {.name = "acmedomain1"},
    {.name = "acmedomain2"},
    {.name = "acmedomain3"},
    {.name = "acmedomain4"},
    {.name = "acmedomain5"},
};

static const struct config_kind config_kind = {
    .what = "options of node",
    .subject = "node",
    .subject_member = "node",
    .id = "node",
    .one = "/nodes/{node}/config",
    .flags = CONFIG_SINGLE | CONFIG_DIGEST,
    .keys = config_keys,
    .key_count = sizeof(config_keys) / sizeof(config_keys[0]),
    .needs = PROXIMO_TABLE(root_audit),
    .classes = {[CONFIG_UPDATE] = "node.config"},
};
CONFIG_FUNCTIONS(options, &config_kind, CONFIG_UPDATE)

/* ---- the tools */

#define REMOVE_PARAM(what)                                                                                   \
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "delete", .description = "Names to remove: " what ".")

static const struct proximo_param dns_params[] = {
    NODE_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "search", .maximum = 255,
          .description = "Search domain; absent: as it is."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "dns1", .maximum = 64,
          .description = "Address of the first name server; absent: as it is."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "dns2", .maximum = 64, .description = "Of the second."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "dns3", .maximum = 64, .description = "Of the third."),
    REMOVE_PARAM("dns1, dns2, dns3"),
};
static const struct proximo_param hosts_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "data", .format = "lines", .flags = PROXIMO_PARAM_REQUIRED,
          .maximum = 65536, .description = "The whole new file, lines of an address and names."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "digest", .maximum = 64,
          .description = "Digest of pve_node_hosts: refused if the file has changed since."),
    NODE_PARAM,
};
static const struct proximo_param time_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "timezone", .flags = PROXIMO_PARAM_REQUIRED, .maximum = 64,
          .description = "Zone as the tz database names it: Europe/Vienna"),
    NODE_PARAM,
};
static const struct proximo_param config_params[] = {
    NODE_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "description", .format = "lines", .maximum = 65536,
          .description = "Notes, shown in the web interface."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "location", .maximum = 256,
          .description = "latitude=48.2,longitude=16.4,name=Vienna; Proxmox VE 9."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "startall_onboot_delay", .maximum = 300,
          .description = "Seconds after boot before guests are started."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "wakeonlan", .maximum = 256,
          .description = "MAC address to wake it by, with bind-interface= and broadcast-address= if needed."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "ballooning_target", .maximum = 100,
          .description = "Percent of memory that ballooning aims at; Proxmox VE 9."),
    PARAM(.type = PROXIMO_TYPE_OBJECT, .name = "options",
          .description = "Other options by their API names: acme, acmedomain0 to acmedomain5."),
    REMOVE_PARAM("as the API has them, e.g. startall-onboot-delay"),
};

static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        .flags = PROXIMO_CHANGE_IDEMPOTENT,
        .name = "pve_node_dns_set",
        .title = "Change the name servers of a node",
        .description =
            "Sets the name servers and the search domain of one node; what is not named stays. The plan "
            "names storages, cluster links and metric servers that are configured by name and may resolve "
            "otherwise. Undo writes what was there.",
        .params = PROXIMO_TABLE(dns_params),
        .subject = "node/{node}",
        .operation_class = "node.dns",
        .needs = PROXIMO_TABLE(node_modify),
        .plan = dns_plan,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .plan_undo = dns_undo,
    },
    {
        ROW(proximo_change),
        .flags = PROXIMO_CHANGE_IDEMPOTENT,
        .name = "pve_node_hosts_set",
        .title = "Change the hosts file of a node",
        .description =
            "Writes the hosts file of one node anew, as a whole; read it with pve_node_hosts first. The "
            "plan says which names get other addresses and what of the site is reached by them. Undo "
            "writes the old file.",
        .params = PROXIMO_TABLE(hosts_params),
        .subject = "node/{node}",
        .operation_class = "node.hosts",
        .needs = PROXIMO_TABLE(hosts_modify),
        .plan = hosts_plan,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .plan_undo = hosts_undo,
    },
    {
        ROW(proximo_change),
        .flags = PROXIMO_CHANGE_IDEMPOTENT,
        .name = "pve_node_time_set",
        .title = "Change the time zone of a node",
        .description =
            "Sets the time zone of one node; its clock stays as it is. Jobs that run by local time then "
            "run at another moment. Undo sets the zone that was there.",
        .params = PROXIMO_TABLE(time_params),
        .subject = "node/{node}",
        .operation_class = "node.time",
        .needs = PROXIMO_TABLE(node_modify),
        .plan = time_plan,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .plan_undo = time_undo,
    },
    {
        ROW(proximo_change),
        .flags = PROXIMO_CHANGE_IDEMPOTENT,
        .name = "pve_node_config_set",
        .title = "Set the options of a node",
        .description =
            "Sets or removes options of one node: notes, delay before guests start at boot, wake-on-LAN, "
            "ACME domains; from Proxmox VE 9 on location and ballooning target. Undo brings back exactly "
            "what was there.",
        .params = PROXIMO_TABLE(config_params),
        .subject = "node/{node}",
        .operation_class = "node.config",
        .needs = PROXIMO_TABLE(root_modify),
        .plan = options_plan,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .plan_undo = options_undo,
    },
};

#define HOSTS_SCHEMA                                                                                         \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"node\"},\"node\":{\"type\":\"string\"},"     \
    "\"names\":{\"type\":\"string\"}},\"required\":[\"kind\",\"node\"]}"

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "node.dns", .title = "change a node's name servers",
     .description = "Names resolve otherwise on the node, or not at all.", .risk_floor = PROXIMO_RISK_HIGH,
     .flags = PROXIMO_CLASS_CUTS_OFF, .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = NODE_SCHEMA,
     .blast = nodes_blast_dns},
    {ROW(proximo_class), .name = "node.hosts", .title = "replace a node's hosts file",
     .description = "Names get other addresses on the node, its own among them.",
     .risk_floor = PROXIMO_RISK_HIGH, .flags = PROXIMO_CLASS_CUTS_OFF, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .subject_schema = HOSTS_SCHEMA, .blast = nodes_blast_hosts},
    {ROW(proximo_class), .name = "node.time", .title = "change a node's time zone",
     .description = "Local time is another one on the node; jobs by local time run at other moments.",
     .risk_floor = PROXIMO_RISK_MEDIUM, .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = NODE_SCHEMA,
     .blast = nodes_blast_time},
    {ROW(proximo_class), .name = "node.config", .title = "change a node's options",
     .description = "Notes, the start of guests at boot, wake-on-LAN, names of its certificate.",
     .risk_floor = PROXIMO_RISK_LOW, .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = NODE_SCHEMA},
};

const struct topic nodes_topic_node_config = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
