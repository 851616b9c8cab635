/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a datastore holds: namespaces, groups, snapshots. A list is of one namespace; without rights to see
 * all of it, it is of the groups that the token owns. Sources: GET /admin/datastore/{store}/namespace,
 * groups, snapshots.
 */
#include "place.h"

static const struct proximo_need see_groups[] = {NEED("/datastore/{store}/{ns?}", "Datastore.Audit")};

static const struct proximo_param groups_params[] = {
    STORE_PARAM,
    NS_PARAM,
    FILTER("backup_type", .name = "backup_type", .choices = "vm,ct,host",
           .description = "Only groups of this type."),
    FILTER("owner", .name = "owner", .maximum = 128, .description = "Only groups of this user or token."),
};
static const struct proximo_column groups_columns[] = {
    COLUMN(.name = "backup_type", .from = "/backup-type"),
    COLUMN(.name = "backup_id", .from = "/backup-id"),
    COLUMN(.name = "last_backup", .from = "/last-backup", .unit = "epoch"),
    COLUMN(.name = "backup_count", .from = "/backup-count"),
    COLUMN(.name = "owner"),
    COLUMN(.name = "comment", UNTRUSTED),
    COLUMN(.name = "files", EXTRA),
};

static const struct proximo_param snapshots_params[] = {
    STORE_PARAM,
    NS_PARAM,
    BACKUP_TYPE_PARAM(.description = "Only snapshots of this type."),
    BACKUP_ID_PARAM(.description = "Only snapshots of this id: a vmid or a host's name."),
    FILTER("verify_state", .name = "verify_state", .choices = "ok,failed",
           .description = "Only snapshots whose last verification ended so."),
    FILTER("owner", .name = "owner", .maximum = 128, .description = "Only snapshots of this user or token."),
};
static const struct proximo_column snapshots_columns[] = {
    COLUMN(.name = "backup_type", .from = "/backup-type"),
    COLUMN(.name = "backup_id", .from = "/backup-id"),
    COLUMN(.name = "backup_time", .from = "/backup-time", .unit = "epoch"),
    COLUMN(.name = "size", .unit = "bytes"),
    COLUMN(.name = "verify_state", .from = "/verification/state"),
    COLUMN(.name = "protected"),
    COLUMN(.name = "encrypted", .from = "/files[crypt-mode=encrypt]/crypt-mode"),
    COLUMN(.name = "owner"),
    COLUMN(.name = "comment", UNTRUSTED),
    COLUMN(.name = "verify_upid", .from = "/verification/upid", EXTRA),
    COLUMN(.name = "fingerprint", EXTRA),
    COLUMN(.name = "files", EXTRA),
};

static const struct proximo_param namespaces_params[] = {
    STORE_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "parent", .format = "namespace",
          .description = "Where to begin; absent: the root namespace."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "max_depth", .api_name = "max-depth", .minimum = 0,
          .maximum = 7, .description = "Levels below; absent: all. 0: the parent alone."),
};
static const struct proximo_column namespaces_columns[] = {
    COLUMN(.name = "ns"),
    COLUMN(.name = "comment", UNTRUSTED),
};
#define OF_NAMESPACES "Datastore.Audit|Datastore.Modify|Datastore.Read|Datastore.Backup"
static const struct proximo_need see_namespaces[] = {NEED("/datastore/{store}/{parent?}", OF_NAMESPACES)};

/* A right that is not handed down shows none of those below, and nothing says so: the need is spelled out. */
static int32_t read_namespaces(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const char *store = ask_argument(&a, "store"), *parent = ask_argument(&a, "parent"),
               *depth = ask_argument(&a, "max_depth");
    struct proximo_field fields[3] = {FIELD("store", store)};
    uint32_t count = 1;
    struct proximo_answer answer = {ROW(proximo_answer)};
    if (parent && *parent)
        fields[count++] = FIELD("parent", parent);
    if (depth)
        fields[count++] = FIELD("max-depth", depth);
    const char *acl =
        place_acl(&(const struct pbs_place){.a = a, .store = store, .ns = parent ? parent : ""});
    const struct proximo_need need[] = {NEED(acl, OF_NAMESPACES)};
    const struct proximo_get get = {ROW(proximo_get), .path = "/admin/datastore/{store}/namespace",
                                    .fields = fields, .field_count = count, .needs = PROXIMO_TABLE(need)};
    int32_t r = acl ? a.host->get(call, &get, &answer) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    struct json_object *list = json_of(answer.data);
    if (json_object_is_type(list, json_type_array))
        return pbs_reply_rows(&a, list, (answer.flags & PROXIMO_ANSWER_INCOMPLETE) != 0, 0);
    json_object_put(list);
    return a.host->fail(call, PROXIMO_EPROTO, "the list of namespaces is no list");
}

static const struct proximo_read reads[] = {
    {ROW(proximo_read), .name = "pbs_namespaces_list", .title = "Namespaces",
     .description = "Lists the namespaces of a datastore with all below them; the root namespace is the "
                    "empty name.",
     .params = PROXIMO_TABLE(namespaces_params), .columns = PROXIMO_TABLE(namespaces_columns),
     .sort_by = "ns", .needs = PROXIMO_TABLE(see_namespaces), .read = read_namespaces},
    {ROW(proximo_read), .name = "pbs_groups_list", .title = "Backup groups",
     .description = "Lists the groups (guests and hosts that are backed up) of one namespace, with their "
                    "last backup, number of snapshots and owner. Namespaces below are not looked into.",
     .params = PROXIMO_TABLE(groups_params), .path = "/admin/datastore/{store}/groups",
     .columns = PROXIMO_TABLE(groups_columns), .count_by = "backup_type", .needs = PROXIMO_TABLE(see_groups)},
    {ROW(proximo_read), .name = "pbs_snapshots_list", .title = "Snapshots",
     .description = "Lists the backups of one namespace: time, size, owner, verification (absent: never "
                    "verified), protection, encryption (encrypt, or absent), notes. Narrow it with "
                    "backup_type and backup_id. Namespaces below are not looked into.",
     .params = PROXIMO_TABLE(snapshots_params), .path = "/admin/datastore/{store}/snapshots",
     .columns = PROXIMO_TABLE(snapshots_columns), .count_by = "verify_state",
     .needs = PROXIMO_TABLE(see_groups)},
};

const struct topic pbs_topic_snapshots = {
    .reads = PROXIMO_TABLE(reads),
};
