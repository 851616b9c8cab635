/* SPDX-License-Identifier: Apache-2.0 */
/* What a guest's configuration says of its disks. Source: the values of GET .../config,
 * "VOLUME,key=value,..."
 */
#include <stdlib.h>

#include "guest_disks.h"

/* Where disks stand, in the order in which they are listed. */
static const struct slot_kind {
    const char *prefix;
    uint32_t most; /* highest number; 0: without a number */
    bool qemu, lxc;
    uint32_t flags;
} slot_kinds[] = {
    {"rootfs", 0, false, true, DISK_BOOT},
    {"mp", 255, false, true, 0},
    {"ide", 3, true, false, 0},
    {"sata", 5, true, false, 0},
    {"scsi", 30, true, false, 0},
    {"virtio", 15, true, false, 0},
    {"efidisk", 9, true, false, DISK_STATE},
    {"tpmstate", 9, true, false, DISK_STATE},
    {"unused", 255, true, true, DISK_UNUSED},
    {"vmstate", 0, true, false, DISK_VMSTATE},
};
#define SLOT_KINDS (sizeof(slot_kinds) / sizeof(slot_kinds[0]))

/* The kind of a slot and its number; NULL: no slot of a disk ("scsihw", "net0"). */
static const struct slot_kind *slot_kind(const char *key, bool lxc, uint32_t *ret_number)
{
    for (size_t i = 0; i < SLOT_KINDS; i++) {
        const struct slot_kind *kind = &slot_kinds[i];
        size_t len = strlen(kind->prefix);
        if (!(lxc ? kind->lxc : kind->qemu) || strncmp(key, kind->prefix, len) != 0)
            continue;
        const char *digits = key + len;
        size_t count = strspn(digits, "0123456789");
        if (digits[count] != '\0' || (kind->most == 0) != (count == 0) || (digits[0] == '0' && count > 1))
            continue;
        uint64_t number = digits_of(digits, (uint64_t)kind->most + 1);
        if (number > kind->most)
            continue;
        *ret_number = (uint32_t)number;
        return kind;
    }
    return NULL;
}

static uint32_t slot_order(const char *slot)
{
    uint32_t number = 0;
    const struct slot_kind *kind = slot_kind(slot, false, &number);
    if (!kind)
        kind = slot_kind(slot, true, &number);
    return kind ? (uint32_t)(kind - slot_kinds) * 1000 + number : UINT32_MAX;
}

static int by_slot(const void *left, const void *right)
{
    uint32_t l = slot_order(((const struct guest_disk *)left)->slot);
    uint32_t r = slot_order(((const struct guest_disk *)right)->slot);
    return (l > r) - (l < r);
}

/* ---- a value */

static const char *keep(const struct asking *a, const char *text, size_t len)
{
    return ask_text(a, "%.*s", (int)len, text);
}

/* The value of name= in "x,name=value,y"; *ret_len is its length. NULL: not there. */
static const char *option(const char *text, const char *name, size_t *ret_len)
{
    size_t wanted = strlen(name);
    for (const char *at = text; *at;) {
        size_t len = strcspn(at, ",");
        if (len > wanted && at[wanted] == '=' && strncmp(at, name, wanted) == 0) {
            *ret_len = len - wanted - 1;
            return at + wanted + 1;
        }
        at += at[len] ? len + 1 : len;
    }
    return NULL;
}

static bool option_is(const char *text, const char *name, const char *const *values)
{
    size_t len = 0;
    const char *value = option(text, name, &len);
    for (; value && *values; values++) {
        if (strlen(*values) == len && strncmp(value, *values, len) == 0)
            return true;
    }
    return false;
}
static const char *const yes[] = {"1", "on", "yes", "true", NULL};
static const char *const no[] = {"0", "off", "no", "false", NULL};
static const char *const cdrom[] = {"cdrom", NULL};

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The drive that Proxmox fills with cloud-init's data: "cloudinit" or "vm-100-cloudinit", with a format. */
static bool is_cloudinit(const char *volid)
{
    const char *colon = strchr(volid, ':');
    const char *slash = strrchr(volid, '/');
    const char *name = slash ? slash + 1 : colon ? colon + 1 : volid;
    size_t len = strcspn(name, ".");
    const size_t wanted = strlen("cloudinit");
    if (len < wanted || strncmp(name + len - wanted, "cloudinit", wanted) != 0)
        return false;
    return len == wanted || (has_prefix(name, "vm-") && name[len - wanted - 1] == '-');
}

/* Below a volume's storage: "BASE/VOLUME" or "VMID/BASE/VMID/VOLUME" of a linked clone. */
static int32_t find_base(const struct asking *a, struct guest_disk *disk)
{
    const char *at = strchr(disk->volid, ':') + 1;
    for (const char *slash; (slash = strchr(at, '/')) != NULL; at = slash + 1) {
        if (!has_prefix(at, "base-") && !has_prefix(at, "basevol-"))
            continue;
        disk->flags |= DISK_LINKED;
        disk->base = keep(a, at, (size_t)(slash - at));
        return disk->base ? PROXIMO_OK : PROXIMO_ENOMEM;
    }
    return PROXIMO_OK;
}

/* What kind of thing the volume is. */
static int32_t judge_volume(const struct asking *a, const char *value, bool lxc, struct guest_disk *disk)
{
    const char *colon = strchr(disk->volid, ':');
    if (strcmp(disk->volid, "none") == 0)
        disk->flags |= DISK_EMPTY;
    else if (strcmp(disk->volid, "cdrom") == 0)
        disk->flags |= DISK_DEVICE;
    else if (disk->volid[0] == '/')
        disk->flags |= !lxc || has_prefix(disk->volid, "/dev/") ? DISK_DEVICE : DISK_BIND;
    else if (colon && colon > disk->volid) {
        disk->storage = keep(a, disk->volid, (size_t)(colon - disk->volid));
        if (!disk->storage)
            return PROXIMO_ENOMEM;
        if (!lxc && is_cloudinit(disk->volid))
            disk->flags |= DISK_CDROM;
    }
    if (!lxc &&
        (option_is(value, "media", cdrom) || (disk->flags & DISK_EMPTY) || strcmp(disk->volid, "cdrom") == 0))
        disk->flags |= DISK_CDROM;
    return disk->storage ? find_base(a, disk) : PROXIMO_OK;
}

static void judge_options(const char *value, bool lxc, struct guest_disk *disk)
{
    const bool mount_point = lxc && has_prefix(disk->slot, "mp");
    if (option_is(value, "shared", yes))
        disk->flags |= DISK_SHARED;
    if (option_is(value, "replicate", no))
        disk->flags |= DISK_NO_REPLICA;
    /* directories and devices are never in a container's backup */
    if (mount_point ? !option_is(value, "backup", yes) || (disk->flags & (DISK_BIND | DISK_DEVICE))
                    : option_is(value, "backup", no))
        disk->flags |= DISK_NO_BACKUP;
}

static int32_t read_disk(const struct asking *a, const char *slot, const char *value, bool lxc,
                         uint32_t flags, struct guest_disk *ret)
{
    size_t len = 0;
    /* Proxmox writes the volume first and without its name; a file edited by hand may not. */
    const char *volume = option(value, lxc ? "volume" : "file", &len);
    if (!volume) {
        volume = value;
        len = strcspn(value, ",");
    }
    *ret = (struct guest_disk){
        .slot = keep(a, slot, strlen(slot)), .volid = keep(a, volume, len), .flags = flags};
    if (!ret->slot || !ret->volid)
        return PROXIMO_ENOMEM;
    volume = option(value, "size", &len);
    if (volume && !(ret->size = keep(a, volume, len)))
        return PROXIMO_ENOMEM;
    int32_t r = judge_volume(a, value, lxc, ret);
    judge_options(value, lxc, ret);
    return r;
}

/* ---- what a machine boots from */

static struct guest_disk *in_slot(struct guest_disk *disks, uint32_t count, const char *slot, size_t len)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strlen(disks[i].slot) == len && strncmp(disks[i].slot, slot, len) == 0)
            return &disks[i];
    }
    return NULL;
}

/* "scsi0;net0": every disk of the list. False: nothing of it is there, or it is empty. */
static bool boots_in_order(struct guest_disk *disks, uint32_t count, const char *order)
{
    bool told = false;
    for (const char *at = order; *at && *at != ',';) {
        size_t len = strcspn(at, ";,");
        struct guest_disk *disk = in_slot(disks, count, at, len);
        if (disk)
            disk->flags |= DISK_BOOT;
        told |= disk || (len > 3 && strncmp(at, "net", 3) == 0);
        at += at[len] == ';' ? len + 1 : len;
    }
    return told;
}

/* The older way: letters (c disk, d CD, n network) and the disk's slot apart. */
static bool boots_by_letters(struct guest_disk *disks, uint32_t count, const char *letters, const char *slot)
{
    size_t len = strcspn(letters, ",");
    if (memchr(letters, 'd', len)) {
        for (uint32_t i = 0; i < count; i++)
            disks[i].flags |= (disks[i].flags & DISK_CDROM) ? DISK_BOOT : 0;
    }
    if (!memchr(letters, 'c', len))
        return len > 0;
    struct guest_disk *disk = slot ? in_slot(disks, count, slot, strlen(slot)) : NULL;
    if (disk)
        disk->flags |= DISK_BOOT;
    return disk != NULL;
}

static void find_boot(struct json_object *config, struct guest_disk *disks, uint32_t count)
{
    const char *boot = member_text(config, "boot"), *slot = member_text(config, "bootdisk");
    size_t len = 0;
    const char *order = boot ? option(boot, "order", &len) : NULL;
    const char *letters = boot ? option(boot, "legacy", &len) : NULL;
    bool told = order ? boots_in_order(disks, count, order)
                      : boots_by_letters(disks, count,
                                         letters ? letters
                                         : boot  ? boot
                                                 : "cdn",
                                         slot);
    /* not known: any of them may be the one */
    for (uint32_t i = 0; !told && i < count; i++)
        disks[i].flags |= (disks[i].flags & (DISK_NO_DATA | DISK_STATE)) ? 0 : DISK_BOOT;
}

/* ---- public */

int32_t guest_disks(const struct asking *a, struct json_object *config, bool lxc, struct guest_disk *ret,
                    uint32_t most, uint32_t *ret_count)
{
    uint32_t count = 0, number = 0;
    if (!member_text(config, "digest"))
        return PROXIMO_EPROTO;
    json_object_object_foreach(config, key, value)
    {
        const struct slot_kind *kind =
            json_object_is_type(value, json_type_string) ? slot_kind(key, lxc, &number) : NULL;
        if (!kind)
            continue;
        if (count == most)
            return PROXIMO_ENOMEM;
        int32_t r = read_disk(a, key, json_object_get_string(value), lxc, kind->flags, &ret[count++]);
        if (r < 0)
            return r;
    }
    if (!lxc)
        find_boot(config, ret, count);
    if (count > 1)
        qsort(ret, count, sizeof(*ret), by_slot);
    *ret_count = count;
    return PROXIMO_OK;
}

uint64_t disk_bytes(const char *size)
{
    static const char units[] = "KMGT";
    uint64_t unit = 1, whole, part = 0, scale = 1;
    size_t digits = size ? strspn(size, "0123456789") : 0;
    if (!digits || digits > 19)
        return 0;
    whole = digits_of(size, UINT64_MAX / 16);
    const char *at = size + digits;
    if (*at == '.') {
        size_t more = strspn(++at, "0123456789");
        if (!more)
            return 0;
        for (size_t i = 0; i < more && i < 6; i++, scale *= 10)
            part = part * 10 + (uint64_t)(at[i] - '0');
        at += more;
    }
    const char *letter = *at ? strchr(units, *at) : NULL;
    if (letter) {
        unit <<= 10 * (unsigned)(letter - units + 1);
        at++;
    }
    if (*at || whole > (UINT64_MAX - unit) / unit)
        return 0;
    return whole * unit + unit / scale * part + unit % scale * part / scale;
}

int64_t volume_owner(const char *volid)
{
    static const char *const names[] = {"vm-", "base-", "subvol-", "basevol-"};
    const char *colon = strchr(volid, ':'), *slash = strrchr(volid, '/');
    const char *name = slash ? slash + 1 : colon ? colon + 1 : volid;
    for (size_t i = 0; colon && i < sizeof(names) / sizeof(names[0]); i++) {
        size_t len = strlen(names[i]);
        if (strncmp(name, names[i], len) == 0 && strspn(name + len, "0123456789") > 0 &&
            name[len + strspn(name + len, "0123456789")] == '-')
            return (int64_t)digits_of(name + len, 999999999);
    }
    return 0;
}

static int32_t add_file(const struct asking *a, const char *slot, const char *volid, size_t len,
                        struct guest_file *ret, uint32_t *count)
{
    const char *colon = memchr(volid, ':', len);
    if (!colon || colon == volid || *count == GUEST_FILES_MOST)
        return PROXIMO_OK;
    ret[*count] = (struct guest_file){
        .slot = slot, .volid = keep(a, volid, len), .storage = keep(a, volid, (size_t)(colon - volid))};
    const bool kept = ret[*count].volid && ret[*count].storage;
    (*count)++;
    return kept ? PROXIMO_OK : PROXIMO_ENOMEM;
}

int32_t guest_files(const struct asking *a, struct json_object *config, struct guest_file *ret,
                    uint32_t *ret_count)
{
    static const char *const parts[][2] = {{"user", "cicustom user"},
                                           {"network", "cicustom network"},
                                           {"meta", "cicustom meta"},
                                           {"vendor", "cicustom vendor"}};
    const char *hook = member_text(config, "hookscript"), *custom = member_text(config, "cicustom");
    uint32_t count = 0;
    int32_t r = hook ? add_file(a, "hookscript", hook, strlen(hook), ret, &count) : PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && custom && i < sizeof(parts) / sizeof(parts[0]); i++) {
        size_t len = 0;
        const char *volid = option(custom, parts[i][0], &len);
        if (volid)
            r = add_file(a, parts[i][1], volid, len, ret, &count);
    }
    *ret_count = count;
    return r;
}
