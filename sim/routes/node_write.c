/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes: changes of a node's settings, its services and packages; its replication jobs.
 */
#include "routes.h"

/* clang-format off */
#define FLAG(what)      {.name = (what), .type = SIM_BOOLEAN, .optional = true}
#define SERVER(what)    {.name = (what), .optional = true, .format = "ip"}
#define SHORT_DIGEST    {.name = "digest", .optional = true, .max_length = 40}
#define DIGEST          {.name = "digest", .optional = true, .max_length = 64}
#define REPO_DIGEST     {.name = "digest", .optional = true, .max_length = 80}
#define MAY_CHANGE      PERM("/nodes/{node}", "Sys.Modify")
#define SERVICE         {.name = "service", .values = \
    "chrony, corosync, cron, ksmtuned, lxcfs, postfix, proxmox-firewall, pve-cluster, pve-firewall, pve-ha-crm, " \
    "pve-ha-lrm, pve-lxc-syscalld, pvedaemon, pvefw-logger, pveproxy, pvescheduler, pvestatd, qmeventd, " \
    "spiceproxy, sshd, syslog, systemd-journald, systemd-timesyncd"}
#define COMMAND(verb)   {.method = "POST", .path = "/nodes/{node}/services/{service}/" verb, \
    .params = PARAMS(NODE, SERVICE), .rule = MAY_CHANGE, .flags = SIM_NODE, .run = sim_service_command}

#define JOB_ID          {.name = "id", .format = "pve-replication-job-id", .pattern = "[1-9][0-9]{2,8}-[0-9]{1,9}"}
#define FROM(what)      {.name = (what), .type = SIM_INTEGER, .optional = true, .has_min = true}

static const struct sim_param acme[] = {
    {.name = "account", .optional = true, .format = "pve-configid"},
    {.name = "domains", .optional = true, .format = "pve-acme-domain-list"},
    {.name = NULL},
};
static const struct sim_param acmedomain[] = {
    {.name = "alias", .optional = true, .format = "pve-acme-alias"},
    {.name = "domain", .unnamed = true, .format = "pve-acme-domain"},
    {.name = "plugin", .optional = true, .format = "pve-configid"},
    {.name = NULL},
};
static const struct sim_param location[] = {
    {.name = "latitude", .type = SIM_NUMBER, .has_min = true, .min = -90, .has_max = true, .max = 90},
    {.name = "longitude", .type = SIM_NUMBER, .has_min = true, .min = -180, .has_max = true, .max = 180},
    {.name = "name", .optional = true, .max_length = 128},
    {.name = NULL},
};
static const struct sim_param wakeonlan[] = {
    {.name = "bind-interface", .optional = true, .format = "pve-iface"},
    {.name = "broadcast-address", .optional = true, .format = "ipv4"},
    {.name = "mac", .unnamed = true, .format = "mac-addr"},
    {.name = NULL},
};

static const struct sim_route rows[] = {
    {.method = "PUT", .path = "/nodes/{node}/dns",
     .params = PARAMS(NODE, SERVER("dns1"), SERVER("dns2"), SERVER("dns3"), {.name = "search"}),
     .rule = MAY_CHANGE, .flags = SIM_NODE, .run = sim_node_dns_update},
    {.method = "POST", .path = "/nodes/{node}/hosts", .params = PARAMS(NODE, {.name = "data"}, DIGEST),
     .rule = MAY_CHANGE, .flags = SIM_NODE, .run = sim_node_hosts_update},
    {.method = "PUT", .path = "/nodes/{node}/time", .params = PARAMS(NODE, {.name = "timezone"}),
     .rule = MAY_CHANGE, .flags = SIM_NODE, .run = sim_node_time_update},
    {.method = "PUT", .path = "/nodes/{node}/config",
     .params = PARAMS(NODE, {.name = "acme", .optional = true, .sub = acme},
        {.name = "acmedomain[n]", .count = 6, .optional = true, .sub = acmedomain},
        {.name = "ballooning-target", .type = SIM_INTEGER, .optional = true, .has_min = true, .has_max = true,
         .max = 100},
        {.name = "delete", .optional = true, .format = "pve-configid-list"},
        {.name = "description", .optional = true, .max_length = 65536}, SHORT_DIGEST,
        {.name = "location", .optional = true, .sub = location},
        {.name = "startall-onboot-delay", .type = SIM_INTEGER, .optional = true, .has_min = true, .has_max = true,
         .max = 300},
        {.name = "wakeonlan", .optional = true, .sub = wakeonlan}),
     .rule = PERM("/", "Sys.Modify"), .flags = SIM_NODE, .run = sim_node_config_update},
    COMMAND("start"), COMMAND("stop"), COMMAND("restart"), COMMAND("reload"),
    {.method = "POST", .path = "/nodes/{node}/apt/update", .params = PARAMS(NODE, FLAG("notify"), FLAG("quiet")),
     .rule = MAY_CHANGE, .flags = SIM_NODE, .run = sim_apt_refresh},
    {.method = "POST", .path = "/nodes/{node}/apt/repositories",
     .params = PARAMS(NODE, REPO_DIGEST, FLAG("enabled"), {.name = "index", .type = SIM_INTEGER}, {.name = "path"}),
     .rule = MAY_CHANGE, .flags = SIM_NODE, .run = sim_apt_repository_change},
    {.method = "PUT", .path = "/nodes/{node}/apt/repositories",
     .params = PARAMS(NODE, REPO_DIGEST, {.name = "handle"}),
     .rule = MAY_CHANGE, .flags = SIM_NODE, .run = sim_apt_repository_add},
    {.method = "GET", .path = "/nodes/{node}/replication/{id}/status", .params = PARAMS(NODE, JOB_ID), .rule = ALL,
     .flags = SIM_NODE, .run = sim_node_replication_status},
    {.method = "GET", .path = "/nodes/{node}/replication/{id}/log",
     .params = PARAMS(NODE, JOB_ID, FROM("start"), FROM("limit")), .rule = ALL, .flags = SIM_NODE,
     .run = sim_node_replication_log},
    {.method = "POST", .path = "/nodes/{node}/replication/{id}/schedule_now", .params = PARAMS(NODE, JOB_ID), .rule = ALL,
     .flags = SIM_NODE, .run = sim_replication_now},
};
/* clang-format on */
const struct sim_route_table sim_routes_node_write = {rows, sizeof rows / sizeof *rows};
