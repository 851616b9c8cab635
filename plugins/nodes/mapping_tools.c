/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tools about resource mappings: names for directories, PCI and USB devices of nodes, by which guests use
 * them. Sources: GET, POST /cluster/mapping/{type}, GET, PUT, DELETE /cluster/mapping/{type}/{id}.
 */
#include "mappings.h"

#define ANY_MAPPING "Mapping.Audit|Mapping.Use|Mapping.Modify"
static const struct proximo_need list_needs[] = {NEED("/mapping/{type}", ANY_MAPPING)};
static const struct proximo_need get_needs[] = {NEED("/mapping/{type}/{id}", ANY_MAPPING)};
/* Who makes or removes one needs it for all of the type; who changes one, for that one. */
static const struct proximo_need modify_all[] = {NEED("/mapping/{type}", "Mapping.Modify")};
static const struct proximo_need modify_one[] = {NEED("/mapping/{type}/{id}", "Mapping.Modify")};

/* ---- the object */

static const struct config_key mapping_keys[] = {
    {.name = "map", .flags = CONFIG_REPEAT},
    {.name = "description"},
    {.name = "mdev", .absent = "0"},
    {.name = "live-migration-capable", .absent = "0"},
};
static const char *const computed[] = {"type", "checks", "errors", "error", NULL};

const char *mapping_part(const struct asking *a, const char *text, const char *name)
{
    const size_t len = strlen(name);
    while (text && *text) {
        const size_t part = strcspn(text, ",");
        if (part > len && text[len] == '=' && memcmp(text, name, len) == 0)
            return ask_text(a, "%.*s", (int)(part - len - 1), text + len + 1);
        text += part + (text[part] == ',');
    }
    return NULL;
}

/* What each entry of a type must say. */
static const struct {
    const char *type, *parts[3], *example;
} wanted[] = {
    {"dir", {"node", "path", NULL}, "node=pve1,path=/srv/share"},
    {"pci", {"node", "path", "id"}, "node=pve1,path=0000:01:00.0,id=8086:1521"},
    {"usb", {"node", "id", NULL}, "node=pve1,id=046d:c31c"},
};

static int32_t check_entry(const struct config_change *c, const char *type, const char *entry)
{
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        for (size_t k = 0; strcmp(wanted[i].type, type) == 0 && k < 3 && wanted[i].parts[k]; k++) {
            if (!mapping_part(&c->ask, entry, wanted[i].parts[k]))
                return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                         "map: \"%.120s\" has no \"%s\"; an entry of type %s looks like "
                                         "\"%s\"",
                                         entry, wanted[i].parts[k], type, wanted[i].example);
        }
    }
    const char *path = mapping_part(&c->ask, entry, "path");
    if (strcmp(type, "dir") == 0 && path && *path != '/')
        return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                 "map: \"%.120s\": the path of a directory begins with /", entry);
    return PROXIMO_OK;
}

/* The nodes that have an entry; of an edit, or of the object as it is. */
static const char *entry_nodes(const struct config_change *c, const struct config_edit *edit)
{
    struct json_object *map = member_of(c->now, "map");
    const size_t count = edit                                        ? edit->many_count
                         : json_object_is_type(map, json_type_array) ? json_object_array_length(map)
                                                                     : 0;
    const char *text = "";
    for (size_t i = 0; text && i < count; i++) {
        const char *entry = edit ? edit->many[i] : json_object_get_string(json_object_array_get_idx(map, i));
        const char *node = entry ? mapping_part(&c->ask, entry, "node") : NULL;
        if (node && !config_list_has(text, node))
            text = ask_text(&c->ask, "%s%s%s", text, *text ? "," : "", node);
    }
    return text;
}

static int32_t check(struct config_change *c)
{
    const char *type = ask_argument(&c->ask, "type");
    const struct config_edit *map = config_edited(c, "map");
    int32_t r = PROXIMO_OK;
    if (!type)
        return PROXIMO_ENOMEM;
    if (strcmp(type, "pci") != 0 && (config_edited(c, "mdev") || config_edited(c, "live-migration-capable")))
        return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                 "mdev and live_migration_capable are for mappings of the type pci");
    if (c->verb != CONFIG_DELETE && (c->verb == CONFIG_CREATE || map) && (!map || !map->many_count))
        return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                 "map is missing: at least one entry, such as \"%s\"",
                                 strcmp(type, "dir") == 0   ? wanted[0].example
                                 : strcmp(type, "pci") == 0 ? wanted[1].example
                                                            : wanted[2].example);
    for (uint32_t i = 0; r == PROXIMO_OK && map && i < map->many_count; i++)
        r = check_entry(c, type, map->many[i]);
    if (r < 0 || c->verb == CONFIG_DELETE)
        return r;
    const char *nodes = entry_nodes(c, map);
    c->subject_details = nodes ? json_object_new_object() : NULL;
    if (!c->subject_details)
        return PROXIMO_ENOMEM;
    json_object_object_add(c->subject_details, "nodes", json_object_new_string(nodes));
    return PROXIMO_OK;
}

static const struct config_kind mapping_kind = {
    .what = "resource mapping",
    .subject = "mapping",
    .subject_member = "id",
    .subject_name = "{type}/{id}",
    .id = "id",
    .list = "/cluster/mapping/{type}",
    .one = "/cluster/mapping/{type}/{id}",
    .flags = CONFIG_DIGEST,
    .keys = mapping_keys,
    .key_count = sizeof(mapping_keys) / sizeof(mapping_keys[0]),
    .shown = computed,
    .needs = PROXIMO_TABLE(get_needs),
    .classes = {"mapping.create", "mapping.update", "mapping.delete"},
    .check = check,
};
CONFIG_FUNCTIONS(mapping_create, &mapping_kind, CONFIG_CREATE)
CONFIG_FUNCTIONS(mapping_update, &mapping_kind, CONFIG_UPDATE)
CONFIG_FUNCTIONS(mapping_delete, &mapping_kind, CONFIG_DELETE)

/* ---- the tools */

#define TYPE_PARAM                                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "type",                                                       \
          .flags = PROXIMO_PARAM_REQUIRED | PROXIMO_PARAM_NOT_SENT, .choices = "dir,pci,usb",                \
          .description = "dir: directories for virtiofs; pci, usb: devices passed through.")
#define ID_PARAM                                                                                             \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "id", .format = "id", .flags = PROXIMO_PARAM_REQUIRED,        \
          .description = "Id of the mapping.")
#define DESCRIPTION_PARAM                                                                                    \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "description", .maximum = 4096,                               \
          .description = "A note kept with it.")
#define PCI_PARAMS                                                                                           \
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "mdev",                                                      \
          .description = "pci: mediated devices are made from it."),                                         \
        PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "live_migration_capable",                                \
              .api_name = "live-migration-capable",                                                          \
              .description = "pci: the device survives live "                                                \
                             "migration.")

static const struct proximo_param list_params[] = {
    TYPE_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "check_node", .api_name = "check-node", .format = "node",
          .description = "Compare with what this node really has; checks says what is wrong."),
};
static const struct proximo_param get_params[] = {TYPE_PARAM, ID_PARAM};
static const struct proximo_param create_params[] = {
    TYPE_PARAM, ID_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "map",
          .flags = PROXIMO_PARAM_REQUIRED | PROXIMO_PARAM_NOT_SENT,
          .description = "One entry a node and device: node=pve1,path=/srv (dir), "
                         "node=pve1,path=0000:01:00.0,id=8086:1521 (pci), node=pve1,id=046d:c31c (usb)."),
    DESCRIPTION_PARAM, PCI_PARAMS};
static const struct proximo_param update_params[] = {
    TYPE_PARAM,
    ID_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "map", .flags = PROXIMO_PARAM_NOT_SENT,
          .description = "All entries as they shall be; those not given are removed."),
    DESCRIPTION_PARAM,
    PCI_PARAMS,
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "delete",
          .description = "Values to remove, by the API's names.")};

static const struct proximo_column columns[] = {
    COLUMN(.name = "id"),     COLUMN(.name = "type"),
    COLUMN(.name = "map"),    COLUMN(.name = "description", UNTRUSTED),
    COLUMN(.name = "mdev"),   COLUMN(.name = "live-migration-capable"),
    COLUMN(.name = "checks"), COLUMN(.name = "errors"),
};

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pve_mapping_list", .title = "Resource mappings",
     .description = "Lists the names by which guests use directories, PCI or USB devices of nodes, and what "
                    "each stands for on which node. With check_node also what does not fit that node.",
     .params = PROXIMO_TABLE(list_params), .path = "/cluster/mapping/{type}",
     .columns = PROXIMO_TABLE(columns), .sort_by = "id", .needs = PROXIMO_TABLE(list_needs)},
    {ROW(proximo_read), .flags = PROXIMO_READ_SINGLE, .name = "pve_mapping_get", .title = "Resource mapping",
     .description = "Shows what one resource mapping stands for on which node.",
     .params = PROXIMO_TABLE(get_params), .path = "/cluster/mapping/{type}/{id}",
     .columns = PROXIMO_TABLE(columns), .needs = PROXIMO_TABLE(get_needs)},
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pve_mapping_create", .title = "Create a mapping",
     .description =
         "Creates a name for a directory, PCI or USB device of nodes, by which guests may use it. Whoever "
         "holds Mapping.Use on it can give it to guests. Undo removes it.",
     .params = PROXIMO_TABLE(create_params), .operation_class = "mapping.create",
     .subject = "mapping/{type}/{id}", .needs = PROXIMO_TABLE(modify_all), .plan = mapping_create_plan,
     .plan_undo = mapping_create_undo, .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "mapping.delete"},
    {ROW(proximo_change), .flags = PROXIMO_CHANGE_IDEMPOTENT, .name = "pve_mapping_update",
     .title = "Change a mapping",
     .description = "Sets what a mapping stands for. The plan names the guests that use it and "
                    "those whose node it no longer covers. Undo writes the entries from before.",
     .params = PROXIMO_TABLE(update_params), .operation_class = "mapping.update",
     .subject = "mapping/{type}/{id}", .needs = PROXIMO_TABLE(modify_one), .plan = mapping_update_plan,
     .plan_undo = mapping_update_undo, .undo_kind = PROXIMO_UNDO_FUNCTION},
    {ROW(proximo_change), .name = "pve_mapping_delete", .title = "Delete a mapping",
     .description = "Deletes a mapping. A guest that uses it runs on, but does not start again; the "
                    "plan names them. Undo creates it with the same entries.",
     .params = PROXIMO_TABLE(get_params), .operation_class = "mapping.delete",
     .subject = "mapping/{type}/{id}", .needs = PROXIMO_TABLE(modify_all), .plan = mapping_delete_plan,
     .plan_undo = mapping_delete_undo, .undo_kind = PROXIMO_UNDO_FUNCTION, .undo_class = "mapping.create"},
};

#define MAPPING_SCHEMA                                                                                       \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"mapping\"},\"id\":{\"type\":\"string\"},"    \
    "\"nodes\":{\"type\":\"string\"}},\"required\":[\"kind\",\"id\"]}"

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "mapping.create", .title = "create a mapping",
     .description = "A directory or device of nodes becomes usable by guests.",
     .risk_floor = PROXIMO_RISK_HIGH, .flags = PROXIMO_CLASS_WIDENS, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .subject_schema = MAPPING_SCHEMA, .blast = mapping_blast_create},
    {ROW(proximo_class), .name = "mapping.update", .title = "change a mapping",
     .description = "Guests that use it get something else at their next start, or do not start.",
     .risk_floor = PROXIMO_RISK_HIGH, .flags = PROXIMO_CLASS_WIDENS, .undo_kind = PROXIMO_UNDO_FUNCTION,
     .subject_schema = MAPPING_SCHEMA, .blast = mapping_blast_update},
    {ROW(proximo_class), .name = "mapping.delete", .title = "delete a mapping",
     .description = "Guests that use it do not start any more.", .risk_floor = PROXIMO_RISK_HIGH,
     .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = MAPPING_SCHEMA, .blast = mapping_blast_delete},
};

const struct topic nodes_topic_mappings = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
