/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files inside backups of a backup server: a directory at a time, by a path in base64.
 */
#include "guest.h"
#include "handlers.h"
#include "storage.h"

#include <openssl/evp.h>
#include <stdlib.h>

/* What a backup of a Linux system has in it; a path that ends with a slash is a directory. */
static const struct file {
    const char *path;
    int64_t size;
} linux_files[] =
    {
        {"bin/", 0},
        {"boot/", 0},
        {"boot/grub/", 0},
        {"boot/grub/grub.cfg", 8214},
        {"etc/", 0},
        {"etc/fstab", 664},
        {"etc/hostname", 13},
        {"etc/hosts", 221},
        {"etc/network/", 0},
        {"etc/network/interfaces", 312},
        {"etc/passwd", 1428},
        {"etc/ssh/", 0},
        {"etc/ssh/sshd_config", 3223},
        {"etc/systemd/", 0},
        {"etc/systemd/journald.conf", 1021},
        {"home/", 0},
        {"home/ops/", 0},
        {"home/ops/.bashrc", 3526},
        {"home/ops/notes.txt", 1874},
        {"root/", 0},
        {"root/.bash_history", 5120},
        {"srv/", 0},
        {"usr/", 0},
        {"usr/local/", 0},
        {"usr/local/bin/", 0},
        {"usr/local/bin/backup.sh", 918},
        {"var/", 0},
        {"var/lib/", 0},
        {"var/lib/dpkg/", 0},
        {"var/lib/dpkg/status", 914377},
        {"var/log/", 0},
        {"var/log/dpkg.log", 48211},
        {"var/log/wtmp", 12672},
},
  windows_files[] = {
      {"Program Files/", 0},
      {"Users/", 0},
      {"Users/Administrator/", 0},
      {"Users/Administrator/Documents/", 0},
      {"Users/Administrator/Documents/migration.docx", 48213},
      {"Windows/", 0},
      {"Windows/System32/", 0},
      {"Windows/System32/drivers/", 0},
      {"Windows/System32/drivers/etc/", 0},
      {"Windows/System32/drivers/etc/hosts", 824},
      {"pagefile.sys", 1342177280},
};

struct listing {
    struct sim_call *call;
    struct json_object *volume;
    const char *path; /* without a slash at the end; "" is the root */
    bool windows;
};

/* ---- items ---- */

static void add(struct listing *listing, const char *name, const char *type, int64_t size)
{
    struct json_object *item = json_object_new_object();
    unsigned char encoded[2048];
    char path[1024];
    bool leaf = strcmp(type, "f") == 0;

    (void)snprintf(path, sizeof path, "%s/%s", listing->path, name);
    (void)EVP_EncodeBlock(encoded, (const unsigned char *)path, (int)strlen(path));
    sim_set_str(item, "filepath", (const char *)encoded);
    sim_set_str(item, "type", type);
    sim_set_str(item, "text", name);
    sim_set_int(item, "leaf", leaf);
    if (*type != 'v')
        sim_set_int(item, "mtime", sim_int(listing->volume, "ctime", 0) - 86400);
    if (size > 0)
        sim_set_int(item, "size", size);
    json_object_array_add(listing->call->data, item);
}

/* The archives of a backup: one of a container's files, or an image of each disk of a VM. */
static void add_archives(struct listing *listing)
{
    const char *vmid = sim_str(listing->volume, "vmid", "");
    struct json_object *config = sim_get(sim_get(sim_get(listing->call->state, "guests"), vmid), "config");
    char name[64];
    int found = 0;

    if (strcmp(sim_str(listing->volume, "subtype", ""), "lxc") == 0) {
        add(listing, "root.pxar.didx", "v", sim_int(listing->volume, "size", 0));
        return;
    }
    if (config) {
        json_object_object_foreach(config, key, value)
        {
            const char *option = json_object_get_string(value);

            if (!sim_disk_key(true, key) || strncmp(key, "unused", 6) == 0 || strstr(option, "media=cdrom") ||
                strstr(option, "backup=0"))
                continue;
            (void)snprintf(name, sizeof name, "drive-%.30s.img.fidx", key);
            add(listing, name, "v", sim_disk_size(option));
            found++;
        }
    }
    if (!found)
        add(listing, "drive-scsi0.img.fidx", "v", sim_int(listing->volume, "size", 0));
}

/* What lies directly in the directory: `inside` is its path in the archive's files ("" or "etc/"). */
static bool add_files(struct listing *listing, const char *inside)
{
    const struct file *files = listing->windows ? windows_files : linux_files;
    size_t count = listing->windows ? sizeof windows_files / sizeof *windows_files
                                    : sizeof linux_files / sizeof *linux_files;
    size_t n = strlen(inside);
    bool there = n == 0;
    char name[128];

    for (size_t i = 0; i < count; i++) {
        const char *rest = files[i].path + n;
        size_t step;

        if (strncmp(files[i].path, inside, n) != 0)
            continue;
        there = true;
        step = strcspn(rest, "/");
        if (step == 0 || (rest[step] == '/' && rest[step + 1]))
            continue;
        (void)snprintf(name, sizeof name, "%.*s", (int)step, rest);
        add(listing, name, rest[step] ? "d" : "f", files[i].size);
    }
    return there;
}

/* Below an archive: the files of a container, or the partitions of an image and then their files. */
static bool add_inside(struct listing *listing, const char *archive)
{
    const char *at = strchr(archive, '/');
    char inside[1024] = "";

    at = at ? at + 1 : "";
    if (strncmp(archive, "drive-", 6) == 0) {
        if (!*at) {
            add(listing, "part", "v", 0);
            return true;
        }
        if (strcmp(at, "part") == 0) {
            add(listing, "1", "v", sim_int(listing->volume, "size", 0));
            return true;
        }
        if (strncmp(at, "part/1", 6) != 0 || (at[6] && at[6] != '/'))
            return false;
        at += at[6] ? 7 : 6;
    } else if (strncmp(archive, "root.pxar", 9) != 0) {
        return false;
    }
    if (*at)
        (void)snprintf(inside, sizeof inside, "%s/", at);
    return add_files(listing, inside);
}

/* ---- the request ---- */

/* "/" is meant as it stands; everything else is base64. Slashes at the end go. */
static int decode_path(struct sim_call *call, char *path, size_t size)
{
    const char *given = sim_arg(call, "filepath");
    unsigned char bytes[1024] = {0};
    size_t n = strlen(given);

    if (strcmp(given, "/") == 0) {
        *path = 0;
        return 0;
    }
    if (n == 0 || n % 4 != 0 || n > 1000 || EVP_DecodeBlock(bytes, (const unsigned char *)given, (int)n) < 0)
        return sim_fail(call, 500, "Failed base64-decoding path argument\n");
    (void)snprintf(path, size, "%s%s", bytes[0] == '/' ? "" : "/", (const char *)bytes);
    for (n = strlen(path); n > 0 && path[n - 1] == '/'; n--)
        path[n - 1] = 0;
    return 0;
}

int sim_file_restore_list(struct sim_call *call)
{
    const char *storage = sim_arg(call, "storage");
    struct listing listing = {.call = call};
    char volid[400] = "", path[1024] = "";
    struct sim_volume_name name = {0};
    struct json_object *config;

    if (sim_volume_of_call(call, volid, sizeof volid, &name) < 0 || sim_volume_readable(call, &name) < 0)
        return -1;
    config = sim_storage_config(call->state, storage);
    if (strcmp(sim_str(config, "type", ""), "pbs") != 0)
        return sim_fail_param(call, "storage", "Only PBS storages supported for file-restore.");
    if (sim_storage_usable(call, storage) < 0 || decode_path(call, path, sizeof path) < 0)
        return -1;
    listing.volume = sim_volume_find(call, volid);
    if (!listing.volume)
        return sim_fail(call, 500, "proxmox-file-restore failed: Error: unable to find snapshot '%s'\n",
                        name.name);
    if (sim_str(listing.volume, "encrypted", NULL) && !sim_str(config, "encryption-key", NULL))
        return sim_fail(call, 500,
                        "proxmox-file-restore failed: Error: missing key - manifest is encrypted\n");
    listing.path = path;
    listing.windows = strncmp(sim_str(sim_get(sim_get(sim_get(call->state, "guests"), name.vmid), "config"),
                                      "ostype", "l26"),
                              "w", 1) == 0;
    call->data = json_object_new_array();
    if (!*path)
        add_archives(&listing);
    else if (!add_inside(&listing, path + 1))
        return sim_fail(call, 500, "proxmox-file-restore failed: Error: no such directory '%s'\n", path);
    return 0;
}
