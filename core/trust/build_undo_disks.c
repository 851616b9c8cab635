/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest's disks and the storages they lie on, from its configuration, and which of them cannot be
 * snapshotted, as far as the types of the storages tell. Proxmox itself only says yes or no for all of them.
 */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "trust/build.h"

/* Options that hold a volume: a word and a number, "rootfs" alone. */
static bool is_disk(const char *key, bool lxc)
{
    static const char *const words[] = {"scsi", "virtio", "sata", "ide", "efidisk", "tpmstate"};

    if (lxc)
        return strcmp(key, "rootfs") == 0 ||
               (strncmp(key, "mp", 2) == 0 && key[2] && strspn(key + 2, "0123456789") == strlen(key + 2));
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const size_t len = strlen(words[i]);
        if (strncmp(key, words[i], len) == 0 && key[len] &&
            strspn(key + len, "0123456789") == strlen(key + len))
            return true;
    }
    return false;
}

/* "local:105/a.qcow2,size=4G", "file=local:...", "/srv,mp=/srv". */
static size_t volume_of(const char *value, const char **ret)
{
    static const char *const heads[] = {"file=", "volume="};

    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        if (strncmp(value, heads[i], strlen(heads[i])) == 0)
            value += strlen(heads[i]);
    }
    *ret = value;
    return strcspn(value, ",");
}

static int add_disk(struct json_object *disks, const char *key, const char *value)
{
    struct json_object *row = json_object_new_object();
    const char *volume = "";
    const size_t len = volume_of(value, &volume), storage = strcspn(volume, ":,");
    int r = build_add_text(row, "disk", key);

    if (*volume != '/' && storage < len)
        r |= build_add(row, "storage", json_object_new_string_len(volume, (int)storage));
    r |= build_add(row, "volume", json_object_new_string_len(volume, (int)len));
    if (r || json_object_array_add(disks, row) < 0) {
        json_object_put(row);
        return -ENOMEM;
    }
    return 0;
}

int build_undo_disks(struct json_object *config, const char *kind, struct json_object **ret)
{
    CLEANUP_JSON struct json_object *disks = json_object_new_array();
    const bool lxc = strcmp(kind, "lxc") == 0;

    if (!disks)
        return -ENOMEM;
    json_object_object_foreach(config, key, member)
    {
        const char *value =
            json_object_is_type(member, json_type_string) ? json_object_get_string(member) : NULL;
        if (!value || !is_disk(key, lxc) || strstr(value, "media=cdrom") || strncmp(value, "none", 4) == 0)
            continue;
        if (add_disk(disks, key, value) < 0)
            return -ENOMEM;
    }
    *ret = disks;
    disks = NULL;
    return 0;
}

/* Sources: PVE::Storage's plugins, volume_has_feature: which types keep snapshots by themselves, and which
 * leave it to a qcow2 file (machines only). */
static bool can_snapshot(const char *type, const char *volume, bool lxc)
{
    const size_t len = strlen(volume);

    if (text_in_list("zfspool,zfs,lvmthin,rbd,btrfs", type) || (lxc && strcmp(type, "cephfs") == 0))
        return true;
    return !lxc && len > 6 && strcmp(volume + len - 6, ".qcow2") == 0;
}

static const char *type_of(struct json_object *storages, const char *storage)
{
    const size_t count =
        json_object_is_type(storages, json_type_array) ? json_object_array_length(storages) : 0;

    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(storages, i);
        const char *name = "", *type = NULL;
        (void)json_get_string(row, "storage", &name, NULL);
        if (strcmp(name, storage) == 0 && json_get_string(row, "type", &type, NULL) == 0)
            return type;
    }
    return NULL;
}

/* all: also those of which nothing bad is known. */
static void put_culprits(struct json_object *disks, bool lxc, struct json_object *storages, bool all,
                         struct buf *words)
{
    for (size_t i = 0; i < json_object_array_length(disks); i++) {
        struct json_object *row = json_object_array_get_idx(disks, i);
        const char *disk = "", *storage = NULL, *volume = "", *type = NULL;
        (void)json_get_string(row, "disk", &disk, NULL);
        (void)json_get_string(row, "volume", &volume, NULL);
        if (json_get_string(row, "storage", &storage, NULL) == 0)
            type = type_of(storages, storage);
        if (!all && storage && (!type || can_snapshot(type, volume, lxc)))
            continue;
        if (words->len + 200 > words->limit)
            return;
        buf_printf(words, "%s%.40s", words->len ? ", " : "", disk);
        if (storage)
            buf_printf(words, " on storage \"%.80s\"%s%.40s%s", storage, type ? " (" : "", type ? type : "",
                       type ? ")" : "");
        else
            buf_str(words, " (a folder or device of the node, on no storage)");
    }
}

void build_undo_culprits(struct json_object *disks, const char *kind, struct json_object *storages,
                         struct buf *words)
{
    const bool lxc = strcmp(kind, "lxc") == 0;

    put_culprits(disks, lxc, storages, false, words);
    if (words->len)
        return;
    put_culprits(disks, lxc, storages, true, words);
    if (words->len && json_object_array_length(disks) > 1)
        buf_str(words, " (one or several of them)");
}
