/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routes: changes of mappings, metric servers and replication jobs.
 */
#include "routes.h"

/* clang-format off */
#define TEXT(what)   {.name = (what), .optional = true}
#define FLAG(what)   {.name = (what), .type = SIM_BOOLEAN, .optional = true}
#define ID           {.name = "id", .format = "pve-configid"}
#define DIGEST       {.name = "digest", .optional = true, .max_length = 64}
#define DELETE       {.name = "delete", .optional = true, .format = "pve-configid-list", .max_length = 4096}
#define DESCRIPTION  {.name = "description", .optional = true, .max_length = 4096}
#define MAP_NEW(of)  {.name = "map", .type = SIM_ARRAY, .sub = (of)}
#define MAP(of)      {.name = "map", .type = SIM_ARRAY, .optional = true, .sub = (of)}
#define MAPPING(kind, of, map, ...) \
    {.method = "POST", .path = "/cluster/mapping/" kind, .params = PARAMS(ID, MAP_NEW(of), __VA_ARGS__), \
     .rule = PERM("/mapping/" kind, "Mapping.Modify"), .run = sim_mapping_create}, \
    {.method = "PUT", .path = "/cluster/mapping/" kind "/{id}", \
     .params = PARAMS(ID, map, DIGEST, DELETE, __VA_ARGS__), \
     .rule = PERM("/mapping/" kind "/{id}", "Mapping.Modify"), .run = sim_mapping_update}, \
    {.method = "DELETE", .path = "/cluster/mapping/" kind "/{id}", .params = PARAMS(ID), \
     .rule = PERM("/mapping/" kind, "Mapping.Modify"), .run = sim_mapping_delete}
#define DEVICE_ID(what, may_miss) {.name = (what), .optional = (may_miss), .pattern = "[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}"}
#define PCI_PLACE "[a-f0-9]{4,}:[a-f0-9]{2}:[a-f0-9]{2}([.][a-f0-9])?"

static const struct sim_param dir[] = {
    {.name = "node", .format = "pve-node"},
    {.name = "path", .format = "pve-storage-path-in-property-string"},
    {.name = NULL},
};
static const struct sim_param pci[] = {
    DESCRIPTION, DEVICE_ID("id", false), {.name = "iommugroup", .type = SIM_INTEGER, .optional = true},
    {.name = "node", .format = "pve-node"}, {.name = "path", .pattern = "(" PCI_PLACE ";)*" PCI_PLACE},
    DEVICE_ID("subsystem-id", true),
    {.name = NULL},
};
static const struct sim_param usb[] = {
    DESCRIPTION, DEVICE_ID("id", false), {.name = "node", .format = "pve-node"},
    {.name = "path", .optional = true, .pattern = "[0-9]+-[0-9]+([.][0-9]+)*"},
    {.name = NULL},
};

#define SERVER_OPTIONS \
    TEXT("api-path-prefix"), TEXT("bucket"), FLAG("disable"), ID, \
    {.name = "influxdbproto", .optional = true, .values = "udp, http, https"}, \
    {.name = "max-body-size", .type = SIM_INTEGER, .optional = true, .has_min = true, .min = 1}, \
    {.name = "mtu", .type = SIM_INTEGER, .optional = true, .has_min = true, .min = 512, .has_max = true, .max = 65536}, \
    TEXT("organization"), {.name = "otel-compression", .optional = true, .values = "none, gzip"}, \
    {.name = "otel-headers", .optional = true, .max_length = 1024}, \
    {.name = "otel-max-body-size", .type = SIM_INTEGER, .optional = true, .has_min = true, .min = 1024}, \
    TEXT("otel-path"), {.name = "otel-protocol", .optional = true, .values = "http, https"}, \
    {.name = "otel-resource-attributes", .optional = true, .max_length = 1024}, \
    {.name = "otel-timeout", .type = SIM_INTEGER, .optional = true, .has_min = true, .min = 1, .has_max = true, .max = 10}, \
    FLAG("otel-verify-ssl"), {.name = "path", .optional = true, .format = "graphite-path"}, \
    {.name = "port", .type = SIM_INTEGER, .has_min = true, .min = 1, .has_max = true, .max = 65536}, \
    {.name = "proto", .optional = true, .values = "udp, tcp"}, {.name = "server", .format = "address"}, \
    {.name = "timeout", .type = SIM_INTEGER, .optional = true, .has_min = true}, TEXT("token"), \
    FLAG("verify-certificate")
#define SERVER(verb, handler, ...) {.method = (verb), .path = "/cluster/metrics/server/{id}", \
    .params = PARAMS(__VA_ARGS__), .rule = PERM("/", "Sys.Modify"), .run = (handler)}

#define JOB_ID       {.name = "id", .format = "pve-replication-job-id", .pattern = "[1-9][0-9]{2,8}-[0-9]{1,9}"}
#define JOB_OPTIONS \
    {.name = "comment", .optional = true, .max_length = 4096}, FLAG("disable"), \
    {.name = "rate", .type = SIM_NUMBER, .optional = true, .has_min = true, .min = 1}, \
    {.name = "remove_job", .optional = true, .values = "local, full"}, \
    {.name = "schedule", .optional = true, .format = "pve-calendar-event", .max_length = 128}, \
    {.name = "source", .optional = true, .format = "pve-node"}

static const struct sim_route rows[] = {
    MAPPING("dir", dir, MAP(dir), DESCRIPTION), MAPPING("usb", usb, MAP_NEW(usb), DESCRIPTION),
    MAPPING("pci", pci, MAP(pci), DESCRIPTION, FLAG("live-migration-capable"), FLAG("mdev")),
    SERVER("POST", sim_metrics_create, SERVER_OPTIONS,
           {.name = "type", .format = "pve-configid", .values = "graphite, influxdb, opentelemetry"}),
    SERVER("PUT", sim_metrics_update, SERVER_OPTIONS, DELETE, DIGEST),
    SERVER("DELETE", sim_metrics_delete, ID),
    {.method = "POST", .path = "/cluster/replication", .rule = ALL, .run = sim_replication_create,
     .params = PARAMS(JOB_ID, JOB_OPTIONS, {.name = "target", .format = "pve-node"}, {.name = "type", .values = "local"})},
    {.method = "PUT", .path = "/cluster/replication/{id}", .rule = ALL, .run = sim_replication_update,
     .params = PARAMS(JOB_ID, JOB_OPTIONS, DELETE, DIGEST)},
    {.method = "DELETE", .path = "/cluster/replication/{id}", .rule = ALL, .run = sim_replication_delete,
     .params = PARAMS(JOB_ID, FLAG("force"), FLAG("keep"))},
};
/* clang-format on */
const struct sim_route_table sim_routes_cluster_write = {rows, sizeof rows / sizeof *rows};
