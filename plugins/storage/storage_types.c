/* SPDX-License-Identifier: Apache-2.0 */
/* Source of the facts: POST and PUT /storage of Proxmox VE 8.4 and 9.2, and what they answer for each type.
 */
#include "storage_types.h"

#include "../common/guest_disks.h"

#define BACKUPS "maxfiles prune-backups max-protected-backups"
#define FOLDERS "content-dirs format mkdir create-base-path create-subdirs bwlimit"
#define FILES   "images rootdir vztmpl iso backup snippets import"

static const struct storage_type types[] = {
    {.name = "dir",
     .required = "path",
     .fixed = "snapshot-as-volume-chain",
     .optional = "shared is_mountpoint preallocation " BACKUPS " " FOLDERS,
     .contents = FILES},
    {.name = "btrfs",
     .required = "path",
     .optional = "shared is_mountpoint nocow preallocation " BACKUPS " " FOLDERS,
     .contents = FILES},
    {.name = "nfs",
     .required = "server export",
     .fixed = "path snapshot-as-volume-chain",
     .optional = "options preallocation " BACKUPS " " FOLDERS,
     .contents = FILES,
     .shared = true},
    {.name = "cifs",
     .required = "server share",
     .fixed = "path snapshot-as-volume-chain",
     .optional = "subdir username password domain smbversion options preallocation " BACKUPS " " FOLDERS,
     .contents = FILES,
     .shared = true},
    {.name = "glusterfs",
     .required = "volume",
     .fixed = "path",
     .optional = "server server2 transport preallocation " BACKUPS " " FOLDERS,
     .contents = FILES,
     .shared = true,
     .until_8 = true},
    {.name = "cephfs",
     .fixed = "path",
     .optional = "monhost subdir options username fuse keyring fs-name " BACKUPS " " FOLDERS,
     .contents = "vztmpl iso backup snippets import",
     .shared = true},
    {.name = "pbs",
     .required = "server datastore",
     .fixed = "namespace",
     .optional = "port username password encryption-key master-pubkey fingerprint " BACKUPS,
     .contents = "backup",
     .shared = true},
    {.name = "lvm",
     .required = "vgname",
     .fixed = "base",
     .optional = "shared saferemove saferemove-stepsize saferemove_throughput tagged_only bwlimit "
                 "snapshot-as-volume-chain",
     .contents = "images rootdir"},
    {.name = "lvmthin", .required = "vgname thinpool", .optional = "bwlimit", .contents = "images rootdir"},
    {.name = "zfspool",
     .required = "pool",
     .fixed = "mountpoint",
     .optional = "blocksize sparse bwlimit",
     .contents = "images rootdir"},
    {.name = "rbd",
     .fixed = "namespace",
     .optional = "monhost pool data-pool username krbd keyring bwlimit",
     .contents = "images rootdir",
     .shared = true},
    {.name = "iscsi",
     .required = "portal target",
     .optional = "bwlimit",
     .contents = "images",
     .shared = true},
    {.name = "iscsidirect",
     .required = "portal target",
     .optional = "bwlimit",
     .contents = "images",
     .shared = true},
    {.name = "zfs",
     .required = "portal target pool blocksize iscsiprovider",
     .optional = "nowritecache sparse comstar_hg comstar_tg lio_tpg zfs-base-path bwlimit",
     .contents = "images",
     .shared = true},
    {.name = "esxi",
     .needed = "server username",
     .optional = "shared password skip-cert-verification port",
     .contents = "import"},
};

/* Only where "absent" is all that Proxmox itself ever writes is it taken for the value: a removed entry comes
 * back with every value that was written down. */
const struct config_key storage_keys[STORAGE_KEYS] = {
    {.name = "type", .argument = "storage_type", .flags = CONFIG_CREATE_ONLY},
    {.name = "content", .flags = CONFIG_LIST | CONFIG_REWRITTEN},
    {.name = "path", .flags = CONFIG_CREATE_ONLY},
    {.name = "server"},
    {.name = "export", .flags = CONFIG_CREATE_ONLY},
    {.name = "nodes", .flags = CONFIG_LIST},
    {.name = "disable", .absent = "0"},
    {.name = "shared", .absent = "0"},
    {.name = "share", .flags = CONFIG_CREATE_ONLY},
    {.name = "datastore", .flags = CONFIG_CREATE_ONLY},
    {.name = "namespace", .flags = CONFIG_CREATE_ONLY},
    {.name = "vgname", .flags = CONFIG_CREATE_ONLY},
    {.name = "thinpool", .flags = CONFIG_CREATE_ONLY},
    {.name = "base", .flags = CONFIG_CREATE_ONLY},
    {.name = "pool"},
    {.name = "portal", .flags = CONFIG_CREATE_ONLY},
    {.name = "target", .flags = CONFIG_CREATE_ONLY},
    {.name = "iscsiprovider", .flags = CONFIG_CREATE_ONLY},
    {.name = "mountpoint", .flags = CONFIG_CREATE_ONLY},
    {.name = "volume", .flags = CONFIG_CREATE_ONLY | CONFIG_UNTIL_8},
    {.name = "server2", .flags = CONFIG_UNTIL_8},
    {.name = "transport", .flags = CONFIG_UNTIL_8},
    {.name = "maxfiles", .flags = CONFIG_UNTIL_8},
    {.name = "prune-backups", .flags = CONFIG_LIST | CONFIG_REWRITTEN},
    {.name = "max-protected-backups"},
    {.name = "blocksize"},
    {.name = "bwlimit", .flags = CONFIG_LIST},
    {.name = "comstar_hg"},
    {.name = "comstar_tg"},
    {.name = "content-dirs", .flags = CONFIG_LIST},
    {.name = "create-base-path"},
    {.name = "create-subdirs"},
    {.name = "data-pool"},
    {.name = "domain"},
    {.name = "fingerprint"},
    {.name = "format"},
    {.name = "fs-name"},
    {.name = "fuse"},
    {.name = "is_mountpoint", .flags = CONFIG_REWRITTEN},
    {.name = "krbd"},
    {.name = "lio_tpg"},
    {.name = "mkdir"},
    {.name = "monhost", .flags = CONFIG_LIST},
    {.name = "nocow"},
    {.name = "nowritecache"},
    {.name = "options", .argument = "mount_options"}, /* "options" is the object with all others */
    {.name = "port"},
    {.name = "preallocation"},
    {.name = "saferemove"},
    {.name = "saferemove-stepsize", .flags = CONFIG_SINCE_9},
    {.name = "saferemove_throughput"},
    {.name = "skip-cert-verification"},
    {.name = "smbversion"},
    {.name = "snapshot-as-volume-chain", .flags = CONFIG_SINCE_9},
    {.name = "sparse"},
    {.name = "subdir"},
    {.name = "tagged_only"},
    {.name = "username"},
    {.name = "zfs-base-path", .flags = CONFIG_SINCE_9},
    {.name = "password", .flags = CONFIG_WRITE_ONLY},
    {.name = "encryption-key", .flags = CONFIG_WRITE_ONLY},
    {.name = "master-pubkey", .flags = CONFIG_WRITE_ONLY},
    {.name = "keyring", .flags = CONFIG_WRITE_ONLY},
};
bool word_among(const char *list, const char *word)
{
    const size_t wanted = strlen(word);
    for (; list && *list; list += strspn(list, " ")) {
        const size_t len = strcspn(list, " ");
        if (len == wanted && len && memcmp(list, word, len) == 0)
            return true;
        list += len;
    }
    return false;
}

const struct storage_type *storage_type(const char *name)
{
    for (size_t i = 0; name && i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    }
    return NULL;
}

bool storage_type_fixes(const struct storage_type *type, const char *key)
{
    return strcmp(key, "type") == 0 || word_among(type->required, key) || word_among(type->fixed, key);
}

bool storage_type_takes(const struct storage_type *type, const char *key)
{
    return storage_type_fixes(type, key) || word_among(type->needed, key) ||
           word_among(type->optional, key) || word_among("content nodes disable", key);
}

const char *storage_type_keys(const struct asking *a, const struct storage_type *type)
{
    const char *text = NULL;
    for (uint32_t i = 0; i < STORAGE_KEYS; i++) {
        const char *key = storage_keys[i].name;
        if (strcmp(key, "type") != 0 && storage_type_takes(type, key))
            text = text ? ask_text(a, "%s, %s", text, key) : key;
    }
    return text;
}

const char *storage_secret_that_goes(struct json_object *config)
{
    const char *type = member_text(config, "type");
    if (!type)
        return NULL;
    if (strcmp(type, "pbs") == 0)
        return member_of(config, "encryption-key")
                   ? "the password and the encryption key of the Backup Server are removed with the entry, "
                     "and "
                     "Proxmox never shows them: keep a copy of the key, or the backups cannot be read again"
                   : "the password of the Backup Server is removed with the entry, and Proxmox never shows "
                     "it";
    if (strcmp(type, "cifs") == 0 && member_text(config, "username"))
        return "the password of the share is removed with the entry, and Proxmox never shows it";
    if (strcmp(type, "esxi") == 0)
        return "the password of the ESXi host is removed with the entry, and Proxmox never shows it";
    /* Without monhost it is the cluster's own Ceph, whose keyring Proxmox puts there again by itself. */
    if ((strcmp(type, "rbd") == 0 || strcmp(type, "cephfs") == 0) && member_text(config, "monhost"))
        return "the keyring of the Ceph cluster is removed with the entry, and Proxmox never shows it";
    return NULL;
}

/* ---- one entry and another */

const char *storage_path(const struct asking *a, struct json_object *config)
{
    const char *path = member_text(config, "path"), *id = member_text(config, "storage");
    const char *type = member_text(config, "type");
    if (path)
        return path;
    return type && id && word_among("nfs cifs cephfs glusterfs", type) ? ask_text(a, "/mnt/pve/%s", id)
                                                                       : NULL;
}

bool path_within(const char *path, const char *above)
{
    size_t len = strlen(above);
    while (len > 1 && above[len - 1] == '/')
        len--;
    return strncmp(path, above, len) == 0 &&
           (path[len] == '\0' || path[len] == '/' || path[len] == ' ' || len == 1);
}

/* What makes two entries of one type the same data. */
static const struct identity {
    const char *type;
    const char *keys[3];
} identities[] = {
    {"nfs", {"server", "export"}},
    {"cifs", {"server", "share", "subdir"}},
    {"glusterfs", {"server", "volume"}},
    {"cephfs", {"monhost", "fs-name", "subdir"}},
    {"pbs", {"server", "datastore", "namespace"}},
    {"lvm", {"vgname"}},
    {"lvmthin", {"vgname", "thinpool"}},
    {"zfspool", {"pool"}},
    {"rbd", {"monhost", "pool", "namespace"}},
    {"iscsi", {"portal", "target"}},
    {"iscsidirect", {"portal", "target"}},
    {"zfs", {"portal", "target", "pool"}},
};

static bool same_text(const char *left, const char *right)
{
    return strcmp(left ? left : "", right ? right : "") == 0;
}

static bool same_source(struct json_object *first, struct json_object *other)
{
    const char *type = member_text(first, "type");
    if (!type || !member_is(other, "type", type))
        return false;
    for (size_t i = 0; i < sizeof(identities) / sizeof(identities[0]); i++) {
        bool same = strcmp(identities[i].type, type) == 0;
        if (!same)
            continue;
        for (size_t k = 0; k < 3 && identities[i].keys[k]; k++)
            same &= same_text(member_text(first, identities[i].keys[k]),
                              member_text(other, identities[i].keys[k]));
        return same;
    }
    return false;
}

/* Local storages of the same name of directory are the same data only where a node has both. */
static bool share_a_node(struct json_object *first, struct json_object *other)
{
    const char *nodes = member_text(first, "nodes");
    if ((storage_is_shared(first) && storage_is_shared(other)) || !nodes || !*nodes)
        return true;
    while (*nodes) {
        char node[256];
        const size_t len = strcspn(nodes, ",; ");
        (void)snprintf(node, sizeof(node), "%.*s", (int)(len < 255 ? len : 255), nodes);
        if (len && storage_on_node(other, node))
            return true;
        nodes += nodes[len] ? len + 1 : len;
    }
    return false;
}

int storage_relation(const struct asking *a, struct json_object *first, struct json_object *other)
{
    const char *id = member_text(first, "storage"), *base = member_text(other, "base");
    const char *above = storage_path(a, first), *path = storage_path(a, other);
    if (id && base && strncmp(base, id, strlen(id)) == 0 && base[strlen(id)] == ':')
        return STORAGE_BASED;
    if (!share_a_node(first, other))
        return STORAGE_APART;
    if (same_source(first, other) || (above && path && strcmp(above, path) == 0))
        return STORAGE_SAME;
    return above && path && strcmp(above, "/") != 0 && path_within(path, above) ? STORAGE_INSIDE
                                                                                : STORAGE_APART;
}

int32_t storage_entries(const struct asking *a, struct json_object **ret, const char **ret_why)
{
    static const struct proximo_need need[] = {NEED("/storage", "Datastore.Audit|Datastore.AllocateSpace")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/storage", .needs = ROWS(need, 1)};
    struct looked list;
    *ret = NULL;
    *ret_why = NULL;
    int32_t r = ask_look(a, &get, &list);
    if (r < 0)
        return r;
    if (json_object_is_type(list.data, json_type_array)) {
        *ret = list.data;
        if (!list.complete)
            *ret_why =
                "this token does not hold Datastore.Audit on all of /storage: storages that it does not "
                "see were not looked at";
        return PROXIMO_OK;
    }
    *ret_why = list.data ? "the list is none" : list.why;
    json_object_put(list.data);
    return PROXIMO_OK;
}
