/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parameters of storages, backups and volumes, as the API describes them.
 */
#include "routes.h"

static const struct sim_param bwlimit_keys[] = {
    {.name = "clone", .type = SIM_NUMBER, .optional = true, .has_min = true, .min = 0},
    {.name = "default", .type = SIM_NUMBER, .optional = true, .has_min = true, .min = 0},
    {.name = "migration", .type = SIM_NUMBER, .optional = true, .has_min = true, .min = 0},
    {.name = "move", .type = SIM_NUMBER, .optional = true, .has_min = true, .min = 0},
    {.name = "restore", .type = SIM_NUMBER, .optional = true, .has_min = true, .min = 0},
    {.name = NULL},
};

/* What can be given at first and changed later. */
/* clang-format off */
#define STORAGE_OPTIONS \
    {.name = "blocksize", .optional = true, .format = "pve-storage-zfs-blocksize"}, \
    {.name = "bwlimit", .optional = true, .sub = bwlimit_keys}, \
    {.name = "comstar_hg", .optional = true}, \
    {.name = "comstar_tg", .optional = true}, \
    {.name = "content", .optional = true, .format = "pve-storage-content-list"}, \
    {.name = "content-dirs", .optional = true, .format = "pve-dir-override-list"}, \
    {.name = "create-base-path", .type = SIM_BOOLEAN, .optional = true}, \
    {.name = "create-subdirs", .type = SIM_BOOLEAN, .optional = true}, \
    {.name = "data-pool", .optional = true}, \
    {.name = "disable", .type = SIM_BOOLEAN, .optional = true}, \
    {.name = "domain", .optional = true, .max_length = 256}, \
    {.name = "encryption-key", .optional = true}, \
    {.name = "fingerprint", .optional = true, .pattern = "([A-Fa-f0-9]{2}:){31}[A-Fa-f0-9]{2}"}, \
    {.name = "format", .optional = true, .values = "raw, qcow2, subvol, vmdk"}, \
    {.name = "fs-name", .optional = true, .format = "pve-configid"}, \
    {.name = "fuse", .type = SIM_BOOLEAN, .optional = true}, \
    {.name = "is_mountpoint", .optional = true}, \
    {.name = "keyring", .optional = true}, \
    {.name = "krbd", .type = SIM_BOOLEAN, .optional = true}, \
    {.name = "lio_tpg", .optional = true}, \
    {.name = "master-pubkey", .optional = true}, \
    {.name = "max-protected-backups", .type = SIM_INTEGER, .optional = true, .has_min = true, .min = -1}, \
    {.name = "mkdir", .type = SIM_BOOLEAN, .optional = true}, \
    {.name = "monhost", .optional = true, .format = "pve-storage-portal-dns-list"}, \
    {.name = "mountpoint", .optional = true, .format = "pve-storage-path"}, \
    {.name = "namespace", .optional = true}, \
    {.name = "nocow", .type = SIM_BOOLEAN, .optional = true}, \
    {.name = "nodes", .optional = true, .format = "pve-node-list"}, \
    {.name = "nowritecache", .type = SIM_BOOLEAN, .optional = true}, \
    {.name = "options", .optional = true, .format = "pve-storage-options"}, \
    {.name = "password", .optional = true, .max_length = 256}, \
    {.name = "pool", .optional = true}, \
    {.name = "port", .type = SIM_INTEGER, .optional = true, .has_min = true, .min = 1, .has_max = true, .max = 65535}, \
    {.name = "preallocation", .optional = true, .values = "off, metadata, falloc, full"}, \
    {.name = "prune-backups", .optional = true, .format = "prune-backups"}, \
    {.name = "saferemove", .type = SIM_BOOLEAN, .optional = true}, \
    {.name = "saferemove-stepsize", .type = SIM_INTEGER, .optional = true, .values = "1, 2, 4, 8, 16, 32"}, \
    {.name = "saferemove_throughput", .optional = true}, \
    {.name = "server", .optional = true, .format = "pve-storage-server"}, \
    {.name = "shared", .type = SIM_BOOLEAN, .optional = true}, \
    {.name = "skip-cert-verification", .type = SIM_BOOLEAN, .optional = true}, \
    {.name = "smbversion", .optional = true, .values = "default, 2.0, 2.1, 3, 3.0, 3.11"}, \
    {.name = "snapshot-as-volume-chain", .type = SIM_BOOLEAN, .optional = true}, \
    {.name = "sparse", .type = SIM_BOOLEAN, .optional = true}, \
    {.name = "subdir", .optional = true, .format = "pve-storage-path"}, \
    {.name = "tagged_only", .type = SIM_BOOLEAN, .optional = true}, \
    {.name = "username", .optional = true}, \
    {.name = "zfs-base-path", .optional = true, .format = "pve-storage-path"},

const struct sim_param sim_storage_create_params[] = {
    STORAGE_OPTIONS
    {.name = "authsupported", .optional = true},
    {.name = "base", .optional = true, .format = "pve-volume-id"},
    {.name = "datastore", .optional = true},
    {.name = "export", .optional = true, .format = "pve-storage-path"},
    {.name = "iscsiprovider", .optional = true},
    {.name = "path", .optional = true, .format = "pve-storage-path"},
    {.name = "portal", .optional = true, .format = "pve-storage-portal-dns"},
    {.name = "share", .optional = true},
    {.name = "storage", .format = "pve-storage-id"},
    {.name = "target", .optional = true},
    {.name = "thinpool", .optional = true, .format = "pve-storage-vgname"},
    {.name = "type", .values = "btrfs, cephfs, cifs, dir, esxi, fakesnap, iscsi, iscsidirect, lvm, lvmthin, nfs, pbs, rbd, zfs, zfspool"},
    {.name = "vgname", .optional = true, .format = "pve-storage-vgname"},
    {.name = NULL},
};

const struct sim_param sim_storage_update_params[] = {
    STORAGE_OPTIONS
    {.name = "delete", .optional = true, .format = "pve-configid-list", .max_length = 4096},
    {.name = "digest", .optional = true, .max_length = 64},
    {.name = "storage", .format = "pve-storage-id"},
    {.name = NULL},
};

static const struct sim_param fleecing_keys[] = {
    {.name = "enabled", .type = SIM_BOOLEAN, .optional = true, .unnamed = true},
    {.name = "storage", .format = "pve-storage-id", .optional = true},
    {.name = NULL},
};

static const struct sim_param performance_keys[] = {
    {.name = "max-workers", .type = SIM_INTEGER, .optional = true, .has_min = true, .min = 1, .has_max = true, .max = 256},
    {.name = "pbs-entries-max", .type = SIM_INTEGER, .optional = true, .has_min = true, .min = 1},
    {.name = NULL},
};

const struct sim_param sim_vzdump_params[] = {
    {.name = "all", .type = SIM_BOOLEAN, .optional = true},
    {.name = "bwlimit", .type = SIM_INTEGER, .optional = true, .has_min = true, .min = 0},
    {.name = "compress", .optional = true, .values = "0, 1, gzip, lzo, zstd"},
    {.name = "dumpdir", .optional = true},
    {.name = "exclude", .optional = true, .format = "pve-vmid-list"},
    {.name = "exclude-path", .type = SIM_ARRAY, .optional = true},
    {.name = "fleecing", .optional = true, .sub = fleecing_keys},
    {.name = "ionice", .type = SIM_INTEGER, .optional = true, .has_min = true, .min = 0, .has_max = true, .max = 8},
    {.name = "job-id", .optional = true, .pattern = "[^[:space:]]+", .max_length = 50},
    {.name = "lockwait", .type = SIM_INTEGER, .optional = true, .has_min = true, .min = 0},
    {.name = "mailnotification", .optional = true, .values = "always, failure"},
    {.name = "mailto", .optional = true, .format = "email-or-username-list"},
    {.name = "mode", .optional = true, .values = "snapshot, suspend, stop"},
    {.name = "node", .optional = true, .format = "pve-node"},
    {.name = "notes-template", .optional = true, .max_length = 1024, .needs = "storage"},
    {.name = "notification-mode", .optional = true, .values = "auto, legacy-sendmail, notification-system"},
    {.name = "pbs-change-detection-mode", .optional = true, .values = "legacy, data, metadata"},
    {.name = "performance", .optional = true, .sub = performance_keys},
    {.name = "pigz", .type = SIM_INTEGER, .optional = true},
    {.name = "pool", .optional = true},
    {.name = "protected", .type = SIM_BOOLEAN, .optional = true, .needs = "storage"},
    {.name = "prune-backups", .optional = true, .format = "prune-backups"},
    {.name = "quiet", .type = SIM_BOOLEAN, .optional = true},
    {.name = "remove", .type = SIM_BOOLEAN, .optional = true},
    {.name = "script", .optional = true},
    {.name = "stdexcludes", .type = SIM_BOOLEAN, .optional = true},
    {.name = "stdout", .type = SIM_BOOLEAN, .optional = true},
    {.name = "stop", .type = SIM_BOOLEAN, .optional = true},
    {.name = "stopwait", .type = SIM_INTEGER, .optional = true, .has_min = true, .min = 0},
    {.name = "storage", .optional = true, .format = "pve-storage-id"},
    {.name = "tmpdir", .optional = true},
    {.name = "vmid", .optional = true, .format = "pve-vmid-list"},
    {.name = "zstd", .type = SIM_INTEGER, .optional = true},
    {.name = NULL},
};
/* clang-format on */
