/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each type of storage can be told and can hold.
 */
#include "storage.h"

#define COMMON    "nodes disable content"
#define BACKUPS   "prune-backups max-protected-backups"
#define FOLDERS   "content-dirs format mkdir create-base-path create-subdirs bwlimit"
#define ALL_FILES "vztmpl iso backup snippets import none"

static const struct sim_storage_type types[] = {
    {.name = "dir",
     .required = "path",
     .fixed = "snapshot-as-volume-chain",
     .optional = "shared is_mountpoint preallocation " BACKUPS " " FOLDERS,
     .contents = "images rootdir | " ALL_FILES,
     .formats = "raw qcow2 vmdk subvol",
     .files = true},
    {.name = "nfs",
     .required = "server export",
     .fixed = "path snapshot-as-volume-chain",
     .optional = "options preallocation " BACKUPS " " FOLDERS,
     .contents = "images | rootdir " ALL_FILES,
     .formats = "raw qcow2 vmdk subvol",
     .files = true,
     .shared = true,
     .mounted = true},
    {.name = "cifs",
     .required = "server share",
     .fixed = "path snapshot-as-volume-chain",
     .optional = "subdir username password domain smbversion options preallocation " BACKUPS " " FOLDERS,
     .contents = "images | rootdir " ALL_FILES,
     .secrets = "password",
     .formats = "raw qcow2 vmdk subvol",
     .files = true,
     .shared = true,
     .mounted = true},
    {.name = "cephfs",
     .fixed = "path",
     .optional = "monhost subdir options username fuse keyring fs-name " BACKUPS " " FOLDERS,
     .contents = "backup | vztmpl iso snippets import none",
     .secrets = "keyring",
     .formats = "raw qcow2 vmdk subvol",
     .files = true,
     .shared = true,
     .mounted = true},
    {.name = "btrfs",
     .required = "path",
     .optional = "shared is_mountpoint nocow preallocation " BACKUPS " " FOLDERS,
     .contents = "images rootdir | " ALL_FILES,
     .formats = "raw qcow2 vmdk subvol",
     .files = true},
    {.name = "pbs",
     .required = "server datastore",
     .fixed = "namespace",
     .optional = "port username password encryption-key master-pubkey fingerprint " BACKUPS,
     .contents = "backup | none",
     .secrets = "password encryption-key master-pubkey",
     .formats = "raw",
     .shared = true},
    {.name = "lvm",
     .required = "vgname",
     .fixed = "base snapshot-as-volume-chain",
     .optional = "shared saferemove saferemove-stepsize saferemove_throughput tagged_only bwlimit",
     .contents = "images | rootdir none",
     .formats = "raw qcow2"},
    {.name = "lvmthin",
     .required = "vgname thinpool",
     .optional = "bwlimit",
     .contents = "images rootdir | none",
     .formats = "raw"},
    {.name = "zfspool",
     .required = "pool",
     .optional = "blocksize sparse mountpoint bwlimit",
     .contents = "images rootdir | none",
     .formats = "raw subvol"},
    {.name = "rbd",
     .optional = "monhost pool data-pool namespace username krbd keyring bwlimit",
     .contents = "images | rootdir none",
     .secrets = "keyring",
     .formats = "raw",
     .shared = true},
    {.name = "iscsi",
     .required = "portal target",
     .optional = "bwlimit",
     .contents = "images | none",
     .formats = "raw",
     .shared = true},
    {.name = "iscsidirect",
     .required = "portal target",
     .optional = "bwlimit",
     .contents = "images | none",
     .formats = "raw",
     .shared = true},
    {.name = "zfs",
     .required = "portal target pool blocksize iscsiprovider",
     .optional = "nowritecache sparse comstar_hg comstar_tg lio_tpg zfs-base-path bwlimit",
     .contents = "images |",
     .formats = "raw",
     .shared = true},
    {.name = "esxi",
     .needed = "server username",
     .optional = "shared password skip-cert-verification port",
     .contents = "import |",
     .secrets = "password",
     .formats = "raw"},
    /* The directory with snapshots that the recordings were made with. */
    {.name = "fakesnap",
     .required = "path",
     .optional = "shared " BACKUPS " " FOLDERS,
     .contents = "images rootdir | " ALL_FILES,
     .formats = "raw qcow2 vmdk subvol",
     .files = true},
};

bool sim_listed(const char *list, const char *word)
{
    return list && *word && sim_word_in(list, " ", word, strlen(word));
}

const struct sim_storage_type *sim_storage_type(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    }
    return NULL;
}

bool sim_storage_key_fixed(const struct sim_storage_type *type, const char *key)
{
    return sim_listed(type->required, key) || sim_listed(type->fixed, key);
}

bool sim_storage_key_known(const struct sim_storage_type *type, const char *key)
{
    return sim_storage_key_fixed(type, key) || sim_listed(type->needed, key) ||
           sim_listed(type->optional, key) || sim_listed(COMMON, key);
}
