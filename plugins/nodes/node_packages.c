/* SPDX-License-Identifier: Apache-2.0 */
/* Packages of one node: versions, updates that wait, repositories, and the refresh of the lists. */
#include "node.h"

static const struct proximo_param node_only[] = {NODE_PARAM};
static const struct proximo_need node_audit[] = {NEED("/nodes/{node}", "Sys.Audit")};
static const struct proximo_need node_modify[] = {NEED("/nodes/{node}", "Sys.Modify")};

static const struct proximo_need update_needs[] = {NEED("/nodes/{node}", "Sys.Modify"),
                                                   NEED("/nodes/{node}", "Sys.Audit")};

/* ---- pve_node_apt_updates, pve_node_apt_versions: GET /nodes/{node}/apt/update, .../versions. Proxmox
 * begins these names with capitals. */

static const struct proximo_column updates_columns[] = {
    COLUMN(.name = "package", .from = "/Package"),
    COLUMN(.name = "old_version", .from = "/OldVersion"),
    COLUMN(.name = "version", .from = "/Version"),
    COLUMN(.name = "origin", .from = "/Origin"),
    COLUMN(.name = "title", .from = "/Title", UNTRUSTED),
    COLUMN(.name = "section", .from = "/Section", EXTRA),
    COLUMN(.name = "priority", .from = "/Priority", EXTRA),
    COLUMN(.name = "arch", .from = "/Arch", EXTRA),
    COLUMN(.name = "notify_status", .from = "/NotifyStatus", EXTRA),
    COLUMN(.name = "description", .from = "/Description",
           .flags = PROXIMO_COLUMN_UNTRUSTED | PROXIMO_COLUMN_EXTRA),
};
static const struct proximo_column versions_columns[] = {
    COLUMN(.name = "package", .from = "/Package"),
    COLUMN(.name = "installed", .from = "/OldVersion"),
    COLUMN(.name = "available", .from = "/Version"),
    COLUMN(.name = "state", .from = "/CurrentState"),
    COLUMN(.name = "running_kernel", .from = "/RunningKernel"),
    COLUMN(.name = "manager_version", .from = "/ManagerVersion"),
    COLUMN(.name = "origin", .from = "/Origin", EXTRA),
    COLUMN(.name = "title", .from = "/Title", .flags = PROXIMO_COLUMN_UNTRUSTED | PROXIMO_COLUMN_EXTRA),
    COLUMN(.name = "section", .from = "/Section", EXTRA),
    COLUMN(.name = "arch", .from = "/Arch", EXTRA),
};

/* ---- pve_node_apt_repositories: GET /nodes/{node}/apt/repositories, a row for each repository of each file
 */

static const struct proximo_column repositories_columns[] = {
    COLUMN(.name = "path"),       COLUMN(.name = "index"),
    COLUMN(.name = "enabled"),    COLUMN(.name = "types"),
    COLUMN(.name = "uris"),       COLUMN(.name = "suites"),
    COLUMN(.name = "components"), COLUMN(.name = "comment", UNTRUSTED),
};

static int32_t put_repositories(struct json_object *file, struct json_object *rows)
{
    static const struct {
        const char *from, *to;
    } members[] = {{"Enabled", "enabled"}, {"Types", "types"},           {"URIs", "uris"},
                   {"Suites", "suites"},   {"Components", "components"}, {"Comment", "comment"}};
    struct json_object *list = member_of(file, "repositories");
    const size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *repository = json_object_array_get_idx(list, i), *row = json_object_new_object();
        if (!row)
            return PROXIMO_ENOMEM;
        json_object_object_add(row, "path", json_object_get(member_of(file, "path")));
        json_object_object_add(row, "index", json_object_new_int64((int64_t)i));
        for (size_t m = 0; m < sizeof(members) / sizeof(members[0]); m++) {
            struct json_object *value = member_of(repository, members[m].from);
            if (value)
                json_object_object_add(row, members[m].to, json_object_get(value));
        }
        json_object_array_add(rows, row);
    }
    return PROXIMO_OK;
}

/* {"standard": [...], "problems": [...]} beside the rows. */
static struct json_object *beside(struct json_object *data)
{
    static const struct {
        const char *from, *to;
    } lists[] = {{"standard-repos", "standard"}, {"errors", "errors"}, {"infos", "infos"}};
    struct json_object *out = json_object_new_object();
    for (size_t i = 0; out && i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct json_object *list = member_of(data, lists[i].from);
        if (json_object_is_type(list, json_type_array) && json_object_array_length(list))
            json_object_object_add(out, lists[i].to, json_object_get(list));
    }
    return out;
}

static int32_t read_repositories(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const char *node = ask_argument(&a, "node");
    const struct proximo_field at = FIELD("node", node);
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/apt/repositories", .fields = &at,
                                    .field_count = 1, .needs = PROXIMO_TABLE(node_audit)};
    struct json_object *data DROP_JSON = NULL, *rows DROP_JSON = json_object_new_array();
    if (!node)
        return a.host->fail(call, PROXIMO_EINVAL, "the node is not known");
    int32_t r = rows ? ask_get(&a, &get, json_type_object, &data) : PROXIMO_ENOMEM;
    struct json_object *files = member_of(data, "files");
    const size_t count = json_object_is_type(files, json_type_array) ? json_object_array_length(files) : 0;
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++)
        r = put_repositories(json_object_array_get_idx(files, i), rows);
    struct json_object *more DROP_JSON = r == PROXIMO_OK ? beside(data) : NULL;
    if (r < 0 || !more)
        return r < 0 ? r : PROXIMO_ENOMEM;
    const struct proximo_content blocks[] = {
        {ROW(proximo_content), .type = PROXIMO_CONTENT_ROWS, .flags = PROXIMO_CONTENT_COMPLETE,
         .data = json_text(rows)},
        {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON, .name = text_of("known"),
         .data = json_text(more)},
    };
    return a.host->reply(call, blocks, 2);
}

static const struct proximo_read reads[] = {
    {
        ROW(proximo_read),
        .name = "pve_node_apt_updates",
        .title = "Package updates of a node",
        .description =
            "Lists the packages of one node for which a newer version is known. The lists are as old as "
            "their last refresh: pve_node_apt_update renews them. Proxmox wants Sys.Modify for this, "
            "although it only looks.",
        .params = PROXIMO_TABLE(node_only),
        .path = "/nodes/{node}/apt/update",
        .columns = PROXIMO_TABLE(updates_columns),
        .count_by = "origin",
        .sort_by = "package",
        .needs = PROXIMO_TABLE(node_modify),
    },
    {
        ROW(proximo_read),
        .name = "pve_node_apt_versions",
        .title = "Versions of Proxmox packages",
        .description =
            "Lists the versions of the important Proxmox packages on one node, as pveversion -v does. Use "
            "it to compare nodes of a cluster. running_kernel is on the row of the package that brings "
            "it.",
        .params = PROXIMO_TABLE(node_only),
        .path = "/nodes/{node}/apt/versions",
        .columns = PROXIMO_TABLE(versions_columns),
        .count_by = "state",
        .sort_by = "package",
        .needs = PROXIMO_TABLE(node_audit),
    },
    {
        ROW(proximo_read),
        .name = "pve_node_apt_repositories",
        .title = "Package repositories of a node",
        .description =
            "Lists the package repositories of one node, each with its file and whether it is on. Use it "
            "when updates are missing or come from the wrong place. known has Proxmox's standard "
            "repositories with their state (absent: not configured), and what it finds wrong.",
        .params = PROXIMO_TABLE(node_only),
        .path = "/nodes/{node}/apt/repositories",
        .columns = PROXIMO_TABLE(repositories_columns),
        .needs = PROXIMO_TABLE(node_audit),
        .read = read_repositories,
    },
};

/* ---- pve_node_apt_update: POST /nodes/{node}/apt/update */

static const struct proximo_param update_params[] = {
    NODE_PARAM,
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "notify",
          .description = "true: Proxmox sends its notification about new packages."),
};

/* Whom it asks is what was planned. */
static const struct proximo_guard update_guards[] = {
    {ROW(proximo_guard), .path = "/nodes/{node}/apt/repositories", .fields = "/digest"},
};

static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        .flags = PROXIMO_CHANGE_FOLLOW | PROXIMO_CHANGE_IDEMPOTENT,
        .name = "pve_node_apt_update",
        .title = "Refresh the package lists",
        .description =
            "Starts a refresh of one node's package lists, as apt-get update does. Nothing is installed; "
            "pve_node_apt_updates then shows what waits. There is no way back, and none is needed.",
        .params = PROXIMO_TABLE(update_params),
        .subject = "node/{node}",
        .operation_class = "node.apt-update",
        .method = "POST",
        .path = "/nodes/{node}/apt/update",
        .needs = PROXIMO_TABLE(update_needs),
        .guards = PROXIMO_TABLE(update_guards),
        .undo_kind = PROXIMO_UNDO_NONE,
    },
};

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "node.apt-update", .title = "refresh a node's package lists",
     .description = "The node asks its repositories what is new. Nothing is installed.",
     .risk_floor = PROXIMO_RISK_LOW, .undo_kind = PROXIMO_UNDO_NONE, .subject_schema = NODE_SCHEMA},
};

const struct topic nodes_topic_node_packages = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
