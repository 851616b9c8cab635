/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of a configuration that reach into the host. A value is a property string: items with commas between
 * them, "key=value", or a value alone for the key that it stands for. Sources: PUT
 * /nodes/{node}/{qemu,lxc}/{vmid}/config of Proxmox VE 8.4 and 9.2.
 */
#include <string.h>

#include "options.h"

/* The item of this key, or, with alone, the one without a key; its length. NULL: there is none. */
static const char *item_of(const char *value, const char *key, bool alone, size_t *ret_len)
{
    const size_t want = strlen(key);

    for (const char *at = value; *at;) {
        const size_t len = strcspn(at, ",");
        const char *equals = memchr(at, '=', len);
        if (equals ? (size_t)(equals - at) == want && strncmp(at, key, want) == 0 : alone) {
            const char *text = equals ? equals + 1 : at;
            *ret_len = len - (size_t)(text - at);
            return text;
        }
        at += len + (at[len] == ',');
    }
    return NULL;
}

static bool item_is(const char *value, const char *key, bool alone, const char *word)
{
    size_t len = 0;
    const char *text = item_of(value, key, alone, &len);
    return text && len == strlen(word) && strncmp(text, word, len) == 0;
}

static bool item_is_path(const char *value, const char *key, bool alone)
{
    size_t len = 0;
    const char *text = item_of(value, key, alone, &len);
    return text && len && text[0] == '/';
}

bool net_is_filtered(const char *value)
{
    return item_is(value, "firewall", false, "1");
}

static const char *net_crosses(const char *value, bool privileged)
{
    (void)privileged;
    return net_is_filtered(value)
               ? "attaches the guest to a bridge of the host"
               : "attaches the guest to a bridge of the host, without Proxmox's firewall on it";
}

static const char *features_cross(const char *value, bool privileged)
{
    (void)value;
    return privileged ? "loosens what keeps a privileged container (root there is root here) inside"
                      : "loosens what keeps the container inside";
}

/* A mount point or root of a container: a volume, or a folder or device of the node. */
static const char *mount_crosses(const char *value, bool privileged)
{
    if (!item_is_path(value, "volume", true))
        return NULL;
    return privileged ? "gives a privileged container a folder or device of the host"
                      : "gives the container a folder or device of the host";
}

static const char *disk_crosses(const char *value, bool privileged)
{
    (void)privileged;
    if (item_is(value, "file", true, "cdrom"))
        return "gives the guest the CD drive of the host";
    if (item_is_path(value, "file", true))
        return "gives the guest a file or device of the host";
    return item_is_path(value, "import-from", false) ? "copies a file or device of the host into the guest"
                                                     : NULL;
}

static const char *usb_crosses(const char *value, bool privileged)
{
    size_t len = 0;
    (void)privileged;
    return item_is(value, "host", true, "spice") && !item_of(value, "mapping", false, &len)
               ? NULL
               : "gives the guest a USB device of the host";
}

static const char *serial_crosses(const char *value, bool privileged)
{
    (void)privileged;
    return strcmp(value, "socket") == 0 ? NULL : "gives the guest a serial device of the host";
}

static const struct crossing {
    const char *name;
    const char *why; /* of every value; NULL: by `look` */
    const char *(*look)(const char *value, bool privileged);
} crossings[] = {
    {"net", NULL, net_crosses},
    {"mp", NULL, mount_crosses},
    {"rootfs", NULL, mount_crosses},
    {"scsi", NULL, disk_crosses},
    {"virtio", NULL, disk_crosses},
    {"sata", NULL, disk_crosses},
    {"ide", NULL, disk_crosses},
    {"efidisk0", NULL, disk_crosses},
    {"tpmstate0", NULL, disk_crosses},
    {"cdrom", NULL, disk_crosses},
    {"features", NULL, features_cross},
    {"usb", NULL, usb_crosses},
    {"serial", NULL, serial_crosses},
    {"parallel", "gives the guest a parallel port of the host", NULL},
    {"hostpci", "gives the guest a PCI device of the host", NULL},
    {"dev", "gives the container a device of the host", NULL},
    {"virtiofs", "shares a folder of the host with the guest", NULL},
    {"ivshmem", "shares memory with the host and other guests", NULL},
    {"rng0", "gives the guest a source of randomness of the host", NULL},
    {"args", "passes arguments of its own to QEMU on the host", NULL},
    {"hookscript", "is a program that the host runs as root", NULL},
};

const char *option_crosses(const struct option *option, const char *value, bool privileged)
{
    for (size_t i = 0; i < sizeof(crossings) / sizeof(crossings[0]); i++) {
        if (strcmp(crossings[i].name, option->name) == 0)
            return crossings[i].look ? crossings[i].look(value, privileged) : crossings[i].why;
    }
    return NULL;
}

const char *config_crosses(const char *key, const char *value, bool lxc, bool privileged)
{
    const struct option *option = option_find(key, lxc);

    if (lxc && strcmp(key, "lxc") == 0) /* [["lxc.idmap","u 0 0 65536"]]; an empty list has no quotes */
        return strchr(value, '"')
                   ? "sets raw keys of LXC, which Proxmox does not look at: they can open all of the host"
                   : NULL;
    return option ? option_crosses(option, value, privileged) : NULL;
}
