/* SPDX-License-Identifier: Apache-2.0 */
/* Tools about storage.cfg: which storages the cluster has, and their creation, change and removal. */
#include "../common/config_object.h"
#include "config_check.h"
#include "storage.h"
#include "storage_blast.h"
#include "storage_types.h"

/* ---- pve_storage_config_list: GET /storage. Who may see a storage sees its entry. */

static const struct proximo_column config_columns[] = {
    COLUMN(.name = "storage"),
    COLUMN(.name = "type"),
    COLUMN(.name = "content", .unit = "list"),
    COLUMN(.name = "nodes", .unit = "list"),
    COLUMN(.name = "shared"),
    COLUMN(.name = "disable"),
    COLUMN(.name = "path", EXTRA),
    COLUMN(.name = "server", EXTRA),
    COLUMN(.name = "export", EXTRA),
    COLUMN(.name = "share", EXTRA),
    COLUMN(.name = "subdir", EXTRA),
    COLUMN(.name = "datastore", EXTRA),
    COLUMN(.name = "namespace", EXTRA),
    COLUMN(.name = "username", EXTRA),
    COLUMN(.name = "fingerprint", EXTRA),
    COLUMN(.name = "encryption-key", EXTRA),
    COLUMN(.name = "monhost", EXTRA),
    COLUMN(.name = "fs-name", EXTRA),
    COLUMN(.name = "pool", EXTRA),
    COLUMN(.name = "data-pool", EXTRA),
    COLUMN(.name = "krbd", EXTRA),
    COLUMN(.name = "vgname", EXTRA),
    COLUMN(.name = "thinpool", EXTRA),
    COLUMN(.name = "base", EXTRA),
    COLUMN(.name = "portal", EXTRA),
    COLUMN(.name = "target", EXTRA),
    COLUMN(.name = "mountpoint", EXTRA),
    COLUMN(.name = "blocksize", EXTRA),
    COLUMN(.name = "sparse", EXTRA),
    COLUMN(.name = "options", EXTRA),
    COLUMN(.name = "preallocation", EXTRA),
    COLUMN(.name = "content-dirs", EXTRA),
    COLUMN(.name = "is_mountpoint", EXTRA),
    COLUMN(.name = "snapshot-as-volume-chain", EXTRA),
    COLUMN(.name = "bwlimit", EXTRA),
    COLUMN(.name = "prune-backups", EXTRA),
    COLUMN(.name = "max-protected-backups", EXTRA),
};
static const struct proximo_need storage_audit[] = {
    NEED("/storage", "Datastore.Audit|Datastore.AllocateSpace"),
};
static const struct proximo_param list_params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "type", .description = "Only storages of this type.",
          .column = "type", .flags = PROXIMO_PARAM_NOT_SENT),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "content",
          .choices = "images,rootdir,iso,vztmpl,backup,snippets,import",
          .description = "Only storages that may hold this.", .column = "content",
          .flags = PROXIMO_PARAM_NOT_SENT),
};

/* ---- pve_storage_config_get: GET /storage/{storage} */

static const struct proximo_param get_params[] = {STORAGE_PARAM};
static const struct proximo_need get_needs[] = {
    NEED("/storage/{storage}", "Datastore.Allocate"),
};
static const struct proximo_read reads[] = {
    {
        ROW(proximo_read),
        .name = "pve_storage_config_list",
        .title = "Storage configuration",
        .description =
            "Lists the storages of the cluster as storage.cfg has them: type, content, nodes they are "
            "restricted to, shared, disabled. Free space is in pve_storage_status.",
        .params = PROXIMO_TABLE(list_params),
        .path = "/storage",
        .columns = PROXIMO_TABLE(config_columns),
        .count_by = "type",
        .sort_by = "storage",
        .needs = PROXIMO_TABLE(storage_audit),
    },
    {
        ROW(proximo_read),
        .flags = PROXIMO_READ_SINGLE | PROXIMO_READ_AS_IS,
        .name = "pve_storage_config_get",
        .title = "Entry of one storage",
        .description =
            "Shows the whole entry of one storage in storage.cfg, with its digest. Passwords and keys "
            "are kept elsewhere and never shown.",
        .params = PROXIMO_TABLE(get_params),
        .path = "/storage/{storage}",
        .needs = PROXIMO_TABLE(get_needs),
    },
};

/* ---- changes */

static const struct config_kind kind = {
    .what = "storage",
    .subject = "storage",
    .subject_member = "storage",
    .id = "storage",
    .list = "/storage",
    .one = "/storage/{storage}",
    .flags = CONFIG_DIGEST,
    .keys = storage_keys,
    .key_count = STORAGE_KEYS,
    .classes = {"storage.create", "storage.update", "storage.delete"},
    .check = storage_check,
};
CONFIG_FUNCTIONS(create, &kind, CONFIG_CREATE)
CONFIG_FUNCTIONS(update, &kind, CONFIG_UPDATE)
CONFIG_FUNCTIONS(delete, &kind, CONFIG_DELETE)

#define SECRET_PARAM(param_name, ...)                                                                        \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = (param_name), .flags = PROXIMO_PARAM_SECRET, __VA_ARGS__)
#define SECRET_PARAMS                                                                                        \
    SECRET_PARAM("password", .maximum = 256, .description = "Password of cifs, pbs or esxi."),               \
        SECRET_PARAM("encryption_key", .api_name = "encryption-key", .maximum = 8192, .format = "lines",     \
                     .description = "pbs: the encryption key as JSON text."),                                \
        SECRET_PARAM("master_pubkey", .api_name = "master-pubkey", .maximum = 16384,                         \
                     .description = "pbs: RSA public key in base64, for a copy of the encryption key."),     \
        SECRET_PARAM("keyring", .maximum = 8192, .format = "lines",                                          \
                     .description = "rbd and cephfs of another cluster: the client's keyring.")
#define NODES_PARAM(words)                                                                                   \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "nodes", .maximum = 4096, .description = (words))
#define DISABLE_PARAM                                                                                        \
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "disable", .description = "true: no node uses it.")
#define SHARED_PARAM                                                                                         \
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "shared",                                                    \
          .description = "The same data is on all its nodes; not for types that always are (nfs, cifs, "     \
                         "pbs, rbd, iscsi ...).")
#define CONTENT_PARAM                                                                                        \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "content", .maximum = 200,                                    \
          .description = "What it may hold, with commas: images, rootdir, iso, vztmpl, backup, snippets, "   \
                         "import, none.")

static const struct proximo_param create_params[] = {
    STORAGE_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "storage_type", .flags = PROXIMO_PARAM_REQUIRED,
          .choices =
              "btrfs,cephfs,cifs,dir,esxi,glusterfs,iscsi,iscsidirect,lvm,lvmthin,nfs,pbs,rbd,zfs,zfspool",
          .description = "Its type; fixed afterwards."),
    CONTENT_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "path", .description = "dir, btrfs: the directory."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "server", .description = "nfs, cifs, pbs, esxi: the server."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "export", .description = "nfs: the exported path."),
    NODES_PARAM("Only these nodes use it, with commas; absent: all."),
    DISABLE_PARAM,
    SHARED_PARAM,
    SECRET_PARAMS,
    PARAM(.type = PROXIMO_TYPE_OBJECT, .name = "options",
          .description = "Everything else that the type takes, by the API's names: share, datastore, vgname, "
                         "thinpool, pool, username, prune-backups ..."),
};
static const struct proximo_param update_params[] = {
    STORAGE_PARAM,
    CONTENT_PARAM,
    NODES_PARAM("Only these nodes use it, with commas; \"\" lifts the restriction."),
    DISABLE_PARAM,
    SHARED_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "delete", .minimum = 1, .maximum = 64,
          .description = "Options to remove: Proxmox's default holds again."),
    SECRET_PARAMS,
    PARAM(.type = PROXIMO_TYPE_OBJECT, .name = "options",
          .description = "Other options that the type takes, by the API's names: prune-backups, bwlimit ..."),
};
static const struct proximo_param delete_params[] = {STORAGE_PARAM};

static const struct proximo_need change_needs[] = {
    NEED("/storage", "Datastore.Allocate"),
};

static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        .name = "pve_storage_create",
        .title = "Add a storage",
        .description = "Adds a storage to storage.cfg for the whole cluster: a directory, an NFS or CIFS "
                       "share, a Backup Server, "
                       "LVM, ZFS, Ceph, iSCSI. What the type needs and does not take is checked first; "
                       "Proxmox mounts or activates "
                       "it at once and refuses what it cannot reach. Undo removes the entry again.",
        .params = PROXIMO_TABLE(create_params),
        .subject = "storage/{storage}",
        .operation_class = "storage.create",
        .needs = PROXIMO_TABLE(change_needs),
        .plan = create_plan,
        .plan_undo = create_undo,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .undo_class = "storage.delete",
    },
    {
        ROW(proximo_change),
        .flags = PROXIMO_CHANGE_IDEMPOTENT,
        .name = "pve_storage_update",
        .title = "Change, disable or restrict a storage",
        .description = "Changes a storage: disables or enables it, restricts it to nodes, what it may hold, "
                       "retention and other "
                       "options. The plan names the guests, backup jobs and backups that lose it. No data is "
                       "deleted or moved. Undo "
                       "puts the old values back.",
        .params = PROXIMO_TABLE(update_params),
        .subject = "storage/{storage}",
        .operation_class = "storage.update",
        .needs = PROXIMO_TABLE(change_needs),
        .plan = update_plan,
        .plan_undo = update_undo,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
    },
    {
        ROW(proximo_change),
        .name = "pve_storage_delete",
        .title = "Remove a storage",
        .description =
            "Deletes a storage's entry in storage.cfg. The data on it stays, but no node uses it any more: "
            "the "
            "plan names every guest, backup job and backup that depends on it. Undo creates the entry "
            "again, unless a password or key goes with it.",
        .params = PROXIMO_TABLE(delete_params),
        .subject = "storage/{storage}",
        .operation_class = "storage.delete",
        .needs = PROXIMO_TABLE(change_needs),
        .plan = delete_plan,
        .plan_undo = delete_undo,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .undo_class = "storage.create",
    },
};

/* Beside the storage a subject says what changes: see config_check.c. */
#define SUBJECT_SCHEMA                                                                                       \
    "{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"storage\"},\"storage\":{\"type\":"           \
    "\"string\"},"                                                                                           \
    "\"nodes\":{\"type\":\"string\"},\"content_removed\":{\"type\":\"string\"},\"prune-backups\":{\"type\":" \
    "\"string\"},\"shared\":{\"type\":\"string\"},\"moved\":{\"type\":\"string\"},\"opened\":{\"type\":"     \
    "\"string\"}},\"required\":[\"kind\","                                                                   \
    "\"storage\"]}"
#define CLASS(class_name, class_title, class_risk, class_flags, class_blast, class_text)                     \
    {                                                                                                        \
        ROW(proximo_class), .name = (class_name), .title = (class_title), .description = (class_text),       \
                            .risk_floor = (class_risk), .flags = (class_flags),                              \
                            .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = SUBJECT_SCHEMA,            \
                            .blast = (class_blast)                                                           \
    }
static const struct proximo_class classes[] = {
    CLASS("storage.create", "add a storage", PROXIMO_RISK_LOW, 0, storage_blast_create,
          "A storage more; every node that may use it mounts or activates it."),
    CLASS("storage.update", "change a storage", PROXIMO_RISK_LOW, 0, storage_blast_update,
          "Other options; what it may hold less, and what retention deletes, is named."),
    CLASS("storage.disable", "disable a storage", PROXIMO_RISK_MEDIUM, 0, storage_blast_disable,
          "No node uses the storage until it is enabled; its data stays."),
    CLASS("storage.restrict", "restrict a storage to nodes", PROXIMO_RISK_MEDIUM, 0, storage_blast_restrict,
          "The other nodes do not use the storage any more; its data stays."),
    CLASS("storage.delete", "remove a storage", PROXIMO_RISK_HIGH, PROXIMO_CLASS_DESTROYS,
          storage_blast_delete,
          "The storage is no storage of the cluster any more; its data stays, out of reach."),
};

const struct topic storage_topic_config = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
