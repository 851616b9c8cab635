/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tools about metrics servers: where all nodes send the figures of nodes, guests and storages. A token and
 * the headers of OpenTelemetry are secrets: written, never shown.
 * Sources: GET /cluster/metrics/server, GET, POST, PUT, DELETE /cluster/metrics/server/{id}.
 */
#include "../common/config_object.h"
#include "nodes.h"

static const struct proximo_need root_audit[] = {NEED("/", "Sys.Audit")};
static const struct proximo_need root_modify[] = {NEED("/", "Sys.Modify"), NEED("/", "Sys.Audit")};

/* ---- the object */

static const struct config_key metrics_keys[] = {
    {.name = "type", .flags = CONFIG_CREATE_ONLY},
    {.name = "server", .flags = CONFIG_ALWAYS},
    {.name = "port", .flags = CONFIG_ALWAYS},
    {.name = "disable", .absent = "0"},
    {.name = "mtu"},
    {.name = "timeout"},
    {.name = "proto"},
    {.name = "path"},
    {.name = "influxdbproto"},
    {.name = "organization"},
    {.name = "bucket"},
    {.name = "api-path-prefix"},
    {.name = "max-body-size"},
    {.name = "verify-certificate", .absent = "1"},
    {.name = "token", .flags = CONFIG_WRITE_ONLY},
    {.name = "otel-protocol", .flags = CONFIG_SINCE_9},
    {.name = "otel-path", .flags = CONFIG_SINCE_9},
    {.name = "otel-compression", .flags = CONFIG_SINCE_9},
    {.name = "otel-timeout", .flags = CONFIG_SINCE_9},
    {.name = "otel-max-body-size", .flags = CONFIG_SINCE_9},
    {.name = "otel-verify-ssl", .flags = CONFIG_SINCE_9, .absent = "1"},
    {.name = "otel-resource-attributes", .flags = CONFIG_SINCE_9},
    {.name = "otel-headers", .flags = CONFIG_SINCE_9 | CONFIG_WRITE_ONLY},
};

/* Keys that only one type knows. */
static const struct {
    const char *type, *keys;
} own_keys[] = {
    {"graphite", "path proto"},
    {"influxdb", "influxdbproto organization bucket api-path-prefix max-body-size verify-certificate token"},
    {"opentelemetry", "otel-protocol otel-path otel-compression otel-timeout otel-max-body-size "
                      "otel-verify-ssl otel-resource-attributes otel-headers"},
};

static int32_t check_keys(const struct config_change *c, const char *type)
{
    for (uint32_t i = 0; i < c->count; i++) {
        for (size_t k = 0; k < sizeof(own_keys) / sizeof(own_keys[0]); k++) {
            if (config_list_has(own_keys[k].keys, c->edits[i].key->name) &&
                strcmp(own_keys[k].type, type) != 0)
                return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                         "%s belongs to servers of the type %s, and this is one of the type "
                                         "%.40s",
                                         c->edits[i].key->name, own_keys[k].type, type);
        }
    }
    return PROXIMO_OK;
}

/* A secret that may be stored with it and would not come back with the rest; NULL: none. */
static const char *hidden_secret(const struct config_change *c, const char *type)
{
    const char *protocol = config_before(c, "influxdbproto");
    if (strcmp(type, "influxdb") == 0 && protocol && strcmp(protocol, "udp") != 0)
        return "a token may be stored with it, and Proxmox never shows it: it can be created again with "
               "pve_metrics_create and its token, but not by undo";
    if (strcmp(type, "opentelemetry") == 0 && member_of(c->now, "otel-headers"))
        return "its headers may hold a token, which is not kept: it can be created again with "
               "pve_metrics_create and its headers, but not by undo";
    return NULL;
}

/* For the blast function: where it is and was, and whether anything is sent. */
static int32_t name_subject(struct config_change *c)
{
    static const char *const keys[] = {"server", "port", "disable"};
    const struct config_edit *moved = config_edited(c, "server");
    c->subject_details = json_object_new_object();
    if (!c->subject_details)
        return PROXIMO_ENOMEM;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *value = config_after(c, keys[i]);
        if (value)
            json_object_object_add(c->subject_details, keys[i], json_object_new_string(value));
    }
    if (moved && moved->was)
        json_object_object_add(c->subject_details, "server_before", json_object_new_string(moved->was));
    return PROXIMO_OK;
}

static int32_t check(struct config_change *c)
{
    const char *type = config_after(c, "type");
    if (!type)
        return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                 "type is missing: graphite, influxdb or "
                                 "opentelemetry");
    if (c->release == 8 && strcmp(type, "opentelemetry") == 0)
        return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                 "Proxmox VE 8, which this site runs, knows graphite and influxdb only");
    int32_t r = check_keys(c, type);
    if (r < 0)
        return r;
    if (c->verb == CONFIG_DELETE)
        c->no_way_back = hidden_secret(c, type);
    return name_subject(c);
}

static const struct config_kind metrics_kind = {
    .what = "metrics server",
    .subject = "metrics-server",
    .subject_member = "id",
    .id = "id",
    .list = "/cluster/metrics/server",
    .one = "/cluster/metrics/server/{id}",
    .flags = CONFIG_CREATE_ON_ONE,
    .keys = metrics_keys,
    .key_count = sizeof(metrics_keys) / sizeof(metrics_keys[0]),
    .needs = PROXIMO_TABLE(root_audit),
    .classes = {"metrics.create", "metrics.update", "metrics.delete"},
    .check = check,
};
CONFIG_FUNCTIONS(metrics_create, &metrics_kind, CONFIG_CREATE)
CONFIG_FUNCTIONS(metrics_update, &metrics_kind, CONFIG_UPDATE)
CONFIG_FUNCTIONS(metrics_delete, &metrics_kind, CONFIG_DELETE)

/* ---- whom it concerns: the one who gets the figures, and whoever looks at them there */

static int32_t blast(void *instance, struct proximo_call *call, struct proximo_text subject_json,
                     const char *effect)
{
    static const char *const keys[] = {"server", "server_before", "port"};
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json), *facts = json_object_new_object();
    const char *id = member_text(subject, "id");
    for (size_t i = 0; facts && i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (member_of(subject, keys[i]))
            json_object_object_add(facts, keys[i], json_object_get(member_of(subject, keys[i])));
    }
    return tell_affected(&a, PROXIMO_RISK_MEDIUM, id ? ask_text(&a, "metrics-server/%s", id) : NULL, NULL,
                         effect, facts);
}

static bool is_off(struct proximo_text subject_json)
{
    struct json_object *subject DROP_JSON = json_of(subject_json);
    return member_is(subject, "disable", "1");
}

static int32_t blast_create(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return blast(instance, call, subject_json,
                 is_off(subject_json) ? "is known and switched off: it gets no figures"
                                      : "gets names, load and usage of all nodes, guests and storages from "
                                        "every node from now on");
}

static int32_t blast_update(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return blast(
        instance, call, subject_json,
        is_off(subject_json)
            ? "is switched off: it gets no figures, and graphs and alarms built on them see nothing"
            : "gets the figures of all nodes as this says: a wrong address, port or token sends them "
              "astray or nowhere, and graphs and alarms built on them see nothing");
}

static int32_t blast_delete(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return blast(instance, call, subject_json,
                 is_off(subject_json)
                     ? "is forgotten; it was switched off and got no figures"
                     : "gets no figures any more: graphs and alarms built on them see nothing");
}

/* ---- the tools */

#define ID_PARAM                                                                                             \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "id", .format = "id", .flags = PROXIMO_PARAM_REQUIRED,        \
          .description = "Id of the metrics server's entry.")
#define COMMON_PARAMS                                                                                        \
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "disable", .description = "true: nothing is sent to it."),   \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "token", .flags = PROXIMO_PARAM_SECRET,                   \
              .description = "InfluxDB: its access token. Written, never shown."),                           \
        PARAM(.type = PROXIMO_TYPE_STRING, .name = "otel_headers", .flags = PROXIMO_PARAM_SECRET,            \
              .description = "OpenTelemetry: HTTP headers as base64 of a JSON object. Written, never "       \
                             "shown."),                                                                      \
        PARAM(.type = PROXIMO_TYPE_OBJECT, .name = "options",                                                \
              .description = "Further options as the API names them: mtu, timeout, proto, path, "            \
                             "influxdbproto, organization, bucket, verify-certificate, otel-path and so "    \
                             "on.")

static const struct proximo_param get_params[] = {ID_PARAM};
static const struct proximo_param create_params[] = {
    ID_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "type", .flags = PROXIMO_PARAM_REQUIRED,
          .choices = "graphite,influxdb,opentelemetry",
          .description = "What it speaks; opentelemetry since Proxmox VE 9."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "server", .flags = PROXIMO_PARAM_REQUIRED,
          .description = "Its name or address."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "port", .flags = PROXIMO_PARAM_REQUIRED, .minimum = 1,
          .maximum = 65536, .description = "Its port."),
    COMMON_PARAMS,
};
static const struct proximo_param update_params[] = {
    ID_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "server", .description = "Its name or address."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "port", .minimum = 1, .maximum = 65536,
          .description = "Its port."),
    COMMON_PARAMS,
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "delete",
          .description = "Options to remove, by the API's names."),
};

static const struct proximo_column list_columns[] = {
    COLUMN(.name = "id"),   COLUMN(.name = "type"),    COLUMN(.name = "server"),
    COLUMN(.name = "port"), COLUMN(.name = "disable"),
};
static const struct proximo_column get_columns[] = {
    COLUMN(.name = "type"),
    COLUMN(.name = "server"),
    COLUMN(.name = "port"),
    COLUMN(.name = "disable"),
    COLUMN(.name = "mtu", .unit = "bytes"),
    COLUMN(.name = "timeout", .unit = "seconds"),
    COLUMN(.name = "proto"),
    COLUMN(.name = "path"),
    COLUMN(.name = "influxdbproto"),
    COLUMN(.name = "organization"),
    COLUMN(.name = "bucket"),
    COLUMN(.name = "api-path-prefix"),
    COLUMN(.name = "max-body-size", .unit = "bytes"),
    COLUMN(.name = "verify-certificate"),
    COLUMN(.name = "otel-protocol"),
    COLUMN(.name = "otel-path"),
    COLUMN(.name = "otel-compression"),
    COLUMN(.name = "otel-timeout", .unit = "seconds"),
    COLUMN(.name = "otel-max-body-size", .unit = "bytes"),
    COLUMN(.name = "otel-verify-ssl"),
    COLUMN(.name = "otel-resource-attributes"),
};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_metrics_list", .title = "Metrics servers",
     .description = "Lists the servers that all nodes send their figures to: type, address, port, whether "
                    "each is switched off.",
     .path = "/cluster/metrics/server", .columns = PROXIMO_TABLE(list_columns), .count_by = "type",
     .sort_by = "id", .needs = PROXIMO_TABLE(root_audit)},
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE, .name = "pve_metrics_get", .title = "Metrics server",
     .description = "Shows how one metrics server is configured. Its token and headers are never shown.",
     .params = PROXIMO_TABLE(get_params), .path = "/cluster/metrics/server/{id}",
     .columns = PROXIMO_TABLE(get_columns), .needs = PROXIMO_TABLE(root_audit)},
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pve_metrics_create", .title = "Create a metrics server",
     .description = "Creates the entry of a server that every node sends its figures to: names and usage of "
                    "nodes, guests and storages. The token is a secret. Undo removes it.",
     .params = PROXIMO_TABLE(create_params), .operation_class = "metrics.create",
     .subject = "metrics-server/{id}", .needs = PROXIMO_TABLE(root_modify), .plan = metrics_create_plan,
     .plan_undo = metrics_create_undo, .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "metrics.delete"},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pve_metrics_update",
     .title = "Change a metrics server",
     .description = "Sets where and how figures are sent to a metrics server. Undo writes the values from "
                    "before; where a "
                    "token or headers change there is no way back, because Proxmox never shows them.",
     .params = PROXIMO_TABLE(update_params), .operation_class = "metrics.update",
     .subject = "metrics-server/{id}", .needs = PROXIMO_TABLE(root_modify), .plan = metrics_update_plan,
     .plan_undo = metrics_update_undo, .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .name = "pve_metrics_delete", .title = "Remove a metrics server",
     .description = "Deletes a metrics server's entry: nothing is sent to it any more. Undo adds it again, "
                    "unless a secret may be stored with it; the plan says so.",
     .params = PROXIMO_TABLE(get_params), .operation_class = "metrics.delete",
     .subject = "metrics-server/{id}", .needs = PROXIMO_TABLE(root_modify), .plan = metrics_delete_plan,
     .plan_undo = metrics_delete_undo, .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "metrics.create"},
};

#define METRICS_SCHEMA                                                                                       \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"metrics-server\"},\"id\":{\"type\":"         \
    "\"string\"},\"server\":{\"type\":\"string\"},\"server_before\":{\"type\":\"string\"},\"port\":{"        \
    "\"type\":\"string\"},\"disable\":{\"type\":\"string\"}},\"required\":[\"kind\",\"id\"]}"

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "metrics.create", .title = "create a metrics server",
     .description = "All nodes begin to send figures to it.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = METRICS_SCHEMA, .blast = blast_create},
    {ROW(proximo_class), .name = "metrics.update", .title = "change a metrics server",
     .description = "Figures go elsewhere, or in another way.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = METRICS_SCHEMA, .blast = blast_update},
    {ROW(proximo_class), .name = "metrics.delete", .title = "remove a metrics server",
     .description = "Figures are no longer sent to it.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = METRICS_SCHEMA, .blast = blast_delete},
};

const struct topic nodes_topic_metrics = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
