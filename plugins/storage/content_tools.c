/* SPDX-License-Identifier: Apache-2.0 */
/* Tools about what is on a storage: lists, state, downloads, deletion. */
#include "content.h"

#define CONTENT_KINDS "iso,vztmpl,backup,images,rootdir,snippets,import"

/* ---- pve_storage_content */

static const struct proximo_param content_params[] = {
    STORAGE_PARAM,
    NODE_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "content", .choices = CONTENT_KINDS,
          .description = "Only this kind; images and rootdir are disks of machines and containers."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "vmid", .format = "vmid",
          .description = "Only of this guest."),
};
static const struct proximo_column content_columns[] = {
    COLUMN(.name = "volid"),
    COLUMN(.name = "content"),
    COLUMN(.name = "format"),
    COLUMN(.name = "size", .unit = "bytes"),
    COLUMN(.name = "vmid"),
    COLUMN(.name = "ctime", .unit = "epoch"),
    COLUMN(.name = "protected"),
    COLUMN(.name = "notes", UNTRUSTED),
    COLUMN(.name = "used", .unit = "bytes", EXTRA),
    COLUMN(.name = "parent", EXTRA),
    COLUMN(.name = "subtype", EXTRA),
    COLUMN(.name = "verification", .from = "/verification/state", EXTRA),
};

/* ---- pve_storage_status, pve_storage_list */

static const struct proximo_param status_params[] = {STORAGE_PARAM, NODE_PARAM};
static const struct proximo_param list_params[] = {
    NODE_PARAM,
    FILTER("content", .name = "content", .choices = CONTENT_KINDS,
           .description = "Only storages for this kind."),
};
static const struct proximo_column list_columns[] = {
    COLUMN(.name = "storage"),
    COLUMN(.name = "type"),
    COLUMN(.name = "content", .unit = "list"),
    COLUMN(.name = "enabled"),
    COLUMN(.name = "active"),
    COLUMN(.name = "shared"),
    COLUMN(.name = "total", .unit = "bytes"),
    COLUMN(.name = "used", .unit = "bytes"),
    COLUMN(.name = "avail", .unit = "bytes"),
    COLUMN(.name = "used_fraction", .unit = "fraction"),
};
static const struct proximo_need status_needs[] = {
    NEED("/storage/{storage}", "Datastore.Audit|Datastore.AllocateSpace"),
};
static const struct proximo_need list_needs[] = {
    NEED("/storage", "Datastore.Audit|Datastore.AllocateSpace"),
};

static const struct proximo_read reads[] = {
    {
        ROW(proximo_read),
        .name = "pve_storage_content",
        .title = "Volumes on a storage",
        .description =
            "Lists what is on a storage as one node sees it: ISO images, container templates, backups, disks "
            "of "
            "guests, with size, owner and age. Volumes of guests that this token may not handle are left out "
            "by Proxmox; complete says so.",
        .params = PROXIMO_TABLE(content_params),
        .path = CONTENT_PATH,
        .columns = PROXIMO_TABLE(content_columns),
        .count_by = "content",
        .sort_by = "volid",
        .read = storage_read_content,
    },
    {
        ROW(proximo_read),
        .flags = PROXIMO_READ_SINGLE | PROXIMO_READ_AS_IS,
        .name = "pve_storage_status",
        .title = "Storage status",
        .description =
            "Says whether a storage is active on a node and how full it is (bytes): total, used, avail.",
        .params = PROXIMO_TABLE(status_params),
        .path = "/nodes/{node}/storage/{storage}/status",
        .needs = PROXIMO_TABLE(status_needs),
    },
    {
        ROW(proximo_read),
        .name = "pve_storage_list",
        .title = "Storages of a node, free space",
        .description = "Lists all storages of one node with their free space (bytes) and state: which are "
                       "full, inactive or "
                       "disabled. What storage.cfg says of them is in pve_storage_config_list.",
        .params = PROXIMO_TABLE(list_params),
        .path = "/nodes/{node}/storage",
        .columns = PROXIMO_TABLE(list_columns),
        .count_by = "type",
        .sort_by = "storage",
        .needs = PROXIMO_TABLE(list_needs),
    },
};

/* ---- pve_storage_download */

static const struct proximo_param download_params[] = {
    STORAGE_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "content", .flags = PROXIMO_PARAM_REQUIRED,
          .choices = "iso,vztmpl,import", .description = "What the file is."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "url", .flags = PROXIMO_PARAM_REQUIRED, .maximum = 1024,
          .description =
              "http:// or https:// address that the node fetches; no user name or password in it."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "filename", .flags = PROXIMO_PARAM_REQUIRED, .maximum = 200,
          .description = "Name to keep it under, with its ending: debian-13.iso."),
    NODE_PARAM,
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "checksum", .maximum = 128,
          .description = "What the file's checksum must be, hexadecimal; with checksum_algorithm."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "checksum_algorithm", .api_name = "checksum-algorithm",
          .choices = "md5,sha1,sha224,sha256,sha384,sha512", .description = "Algorithm of checksum."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "verify_certificates", .api_name = "verify-certificates",
          .description = "false: take the file from whoever answers; high risk. Absent: true."),
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "compression", .choices = "gz,lzo,zst,bz2",
          .description = "The file comes packed so and is unpacked on the node."),
};
static const struct proximo_param delete_params[] = {STORAGE_PARAM, VOLID_PARAM, NODE_PARAM};
static const struct proximo_need download_needs[] = {
    NEED("/storage/{storage}", "Datastore.AllocateTemplate"),
};
static const struct proximo_need delete_needs[] = {
    NEED("/storage/{storage}", "Datastore.Allocate|Datastore.AllocateSpace"),
};

static const struct proximo_change changes[] = {
    {
        ROW(proximo_change),
        .name = "pve_storage_download",
        .title = "Download to a storage",
        .description =
            "Puts an ISO image, container template or disk image from a URL on a storage; the node "
            "fetches it. A name that is taken is refused. Give a checksum: without one, what the "
            "server sends is taken as it is. Undo deletes the file if it is still the one that came.",
        .params = PROXIMO_TABLE(download_params),
        .subject = "volume/{filename}",
        .operation_class = "storage.download",
        .needs = PROXIMO_TABLE(download_needs),
        .method = "POST",
        .path = "/nodes/{node}/storage/{storage}/download-url",
        .plan = storage_plan_download,
        .undo_kind = PROXIMO_UNDO_FUNCTION,
        .plan_undo = storage_undo_download,
        .undo_class = "volume.delete",
    },
    {
        ROW(proximo_change),
        .name = "pve_storage_content_delete",
        .title = "Delete a volume",
        .description =
            "Deletes a volume of a storage: an ISO image, a template, a disk, a backup. The plan names every "
            "guest "
            "that uses it, and the backup that could bring it back; there is no undo. A protected backup is "
            "refused.",
        .params = PROXIMO_TABLE(delete_params),
        .subject = "volume/{volid}",
        .operation_class = "volume.delete",
        .needs = PROXIMO_TABLE(delete_needs),
        .method = "DELETE",
        .path = CONTENT_PATH "/{volid}",
        .plan = storage_plan_content_delete,
        .undo_kind = PROXIMO_UNDO_NONE,
    },
};

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "storage.download", .title = "download a file to a storage",
     .description = "A file from outside comes onto the storage; it takes space.",
     .risk_floor = PROXIMO_RISK_MEDIUM, .undo_kind = PROXIMO_UNDO_FUNCTION, .subject_schema = VOLUME_SCHEMA},
    {ROW(proximo_class), .name = "volume.delete", .title = "delete a volume",
     .description = "The volume's data is gone; guests that use it lose it.", .risk_floor = PROXIMO_RISK_HIGH,
     .flags = PROXIMO_CLASS_DESTROYS, .undo_kind = PROXIMO_UNDO_NONE, .subject_schema = VOLUME_SCHEMA,
     .blast = storage_blast_volume},
};

const struct topic storage_topic_content = {
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
