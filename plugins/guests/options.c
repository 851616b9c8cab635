/* SPDX-License-Identifier: Apache-2.0 */
/* Sources: PUT /nodes/{node}/{qemu,lxc}/{vmid}/config of Proxmox VE 8.4 and 9.2, and the refusals it gives.
 */
#include "options.h"

#include <stddef.h>
#include <string.h>

#define L    OPTION_LXC
#define Q    OPTION_QEMU
#define LQ   (OPTION_LXC | OPTION_QEMU)
#define P    OPTION_PLAIN
#define R    OPTION_RESTART
#define N    OPTION_NUMBERED
#define V    (OPTION_VOLUME | OPTION_NUMBERED)
#define CPU  "VM.Config.CPU"
#define MEM  "VM.Config.Memory"
#define NET  "VM.Config.Network"
#define OPT  "VM.Config.Options"
#define HW   "VM.Config.HWType"
#define DISK "VM.Config.Disk"
#define INIT "VM.Config.Cloudinit|VM.Config.Network"

static const struct option options[] = {
    {"cores", L | P, CPU},
    {"cpulimit", L | P, CPU},
    {"cpuunits", L | P, CPU},
    {"memory", L | P, MEM},
    {"swap", L | P, MEM},
    {"hostname", L | P | R, NET},
    {"nameserver", L | R, NET},
    {"searchdomain", L | R, NET},
    {"net", L | N, NET},
    {"rootfs", L | OPTION_VOLUME, DISK},
    {"mp", L | V, DISK},
    {"unused", LQ | V, DISK},
    {"features", L | R, "VM.Allocate"},
    {"dev", L | N | OPTION_ROOT, NULL},
    {"arch", L | P | R, OPT},
    {"cmode", L | P | R, OPT},
    {"console", L | P | R, OPT},
    {"tty", L | P | R, OPT},
    {"debug", L | P | R, OPT},
    {"timezone", L | R, OPT},
    {"entrypoint", L | R, OPT},
    {"env", L | R, OPT},
    {"unprivileged", L | P | OPTION_STATE, NULL},
    {"cores", Q | P | R, CPU},
    {"sockets", Q | P | R, CPU},
    {"vcpus", Q | P | R, CPU},
    {"cpu", Q | R, CPU},
    {"cpulimit", Q | P, CPU},
    {"cpuunits", Q | P, CPU},
    {"numa", Q | N, CPU},
    {"numa", Q | P | R, CPU},
    {"affinity", Q | R, CPU},
    {"memory", Q | P | R, MEM},
    {"balloon", Q | P | R, MEM},
    {"shares", Q | P, MEM},
    {"net", Q | N, NET},
    {"scsi", Q | V, DISK},
    {"virtio", Q | V, DISK},
    {"sata", Q | V, DISK},
    {"ide", Q | V, DISK "|VM.Config.CDROM"},
    {"efidisk0", Q | OPTION_VOLUME | R, DISK},
    {"tpmstate0", Q | OPTION_VOLUME | R, DISK},
    {"boot", Q, DISK},
    {"bootdisk", Q, DISK},
    {"vmstatestorage", Q | P, DISK},
    {"cdrom", Q, "VM.Config.CDROM"},
    {"usb", Q | N, HW},
    {"hostpci", Q | N | R, HW},
    {"serial", Q | N | R, HW},
    {"parallel", Q | N | R | OPTION_ROOT, NULL},
    {"virtiofs", Q | N | R, DISK},
    {"args", Q | R | OPTION_ROOT, NULL},
    {"ivshmem", Q | R, NULL},
    {"acpi", Q | P | R, HW},
    {"audio0", Q | R, HW},
    {"hotplug", Q, HW},
    {"kvm", Q | P | R, HW},
    {"machine", Q | R, HW},
    {"scsihw", Q | P | R, HW},
    {"smbios1", Q | R, HW},
    {"tablet", Q | P | R, HW},
    {"vga", Q | R, HW},
    {"watchdog", Q | R, HW},
    {"rng0", Q | R, HW},
    {"allow-ksm", Q | P | R, MEM}, /* Proxmox VE 9 */
    {"hugepages", Q | R | OPTION_ROOT, NULL},
    {"keephugepages", Q | R | OPTION_ROOT, NULL},
    {"amd-sev", Q | R | OPTION_ROOT, NULL},
    {"intel-tdx", Q | R | OPTION_ROOT, NULL}, /* Proxmox VE 9 */
    {"arch", Q | R | OPTION_ROOT, NULL},
    {"smp", Q | R, CPU},
    {"spice_enhancements", Q | R | OPTION_ROOT, NULL},
    {"startdate", Q | R, OPT},
    {"autostart", Q, OPT},
    {"reboot", Q | R, OPT},
    {"migrate_downtime", Q, OPT},
    {"migrate_speed", Q, OPT},
    {"cicustom", Q, INIT},
    {"cipassword", Q | OPTION_HIDDEN, INIT},
    {"citype", Q | P, INIT},
    {"ciupgrade", Q | P, INIT},
    {"ciuser", Q | P, INIT},
    {"ipconfig", Q | N, INIT},
    {"nameserver", Q, INIT},
    {"searchdomain", Q, INIT},
    {"sshkeys", Q, INIT},
    {"agent", Q | R, OPT},
    {"bios", Q | P | R, OPT},
    {"name", Q | P, OPT},
    {"keyboard", Q | P, OPT},
    {"localtime", Q | P | R, OPT},
    {"freeze", Q | P | R, OPT},
    {"tdf", Q | P | R, OPT},
    {"vmgenid", Q | OPTION_STATE, NULL},
    {"ostype", LQ | P | R, OPT},
    {"onboot", LQ | P, OPT},
    {"protection", LQ | P, OPT},
    {"startup", LQ, OPT},
    {"description", LQ, OPT},
    {"tags", LQ, OPT},
    {"template", LQ | P | OPTION_STATE, NULL},
    {"hookscript", LQ, NULL},
    {"lock", LQ | P | OPTION_ROOT, NULL},
    {"digest", LQ | OPTION_STATE, NULL},
    {"meta", LQ | OPTION_STATE, NULL},
    {"parent", LQ | OPTION_STATE, NULL},
    {"snaptime", LQ | OPTION_STATE, NULL},
    {"vmstate", LQ | OPTION_STATE, NULL},
    {"runningmachine", LQ | OPTION_STATE, NULL},
    {"runningcpu", LQ | OPTION_STATE, NULL},
    {"lxc", LQ | OPTION_STATE, NULL}, /* raw lines: shown, not an option */
    {"node", LQ | OPTION_STATE, NULL},
    {"vmid", LQ | OPTION_STATE, NULL},
};

const struct option *option_find(const char *key, bool lxc)
{
    const uint32_t kind = lxc ? OPTION_LXC : OPTION_QEMU;
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        const struct option *o = &options[i];
        const size_t len = strlen(o->name);
        if (!(o->flags & kind) || strncmp(key, o->name, len) != 0)
            continue;
        const bool digits = key[len] && strspn(key + len, "0123456789") == strlen(key + len);
        if (o->flags & OPTION_NUMBERED ? digits : !key[len])
            return o;
    }
    return NULL;
}

/* Is one of them the other with a letter more, less or otherwise, or two letters changed about? */
static bool one_slip(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return strcmp(*a ? a + 1 : a, *b ? b + 1 : b) == 0 || (*a && strcmp(a + 1, b) == 0) ||
           (*b && strcmp(a, b + 1) == 0) ||
           (*a && *b && a[0] == b[1] && a[1] == b[0] && strcmp(a + 2, b + 2) == 0);
}

/* What the name without its number could have meant. */
static bool is_near(const char *key, size_t len, const char *name)
{
    char stem[64];
    if (len == 0 || len >= sizeof(stem))
        return false;
    memcpy(stem, key, len);
    stem[len] = '\0';
    return one_slip(stem, name) || (len >= 3 && (strncmp(name, stem, len) == 0 || strstr(name, stem))) ||
           (strlen(name) >= 4 && strstr(stem, name));
}

uint32_t options_near(const char *key, bool lxc, const char *ret[OPTIONS_NEAR_MOST])
{
    const uint32_t kind = lxc ? OPTION_LXC : OPTION_QEMU;
    char lower[64];
    size_t len = 0;
    uint32_t count = 0;
    for (; key[len] && len + 1 < sizeof(lower); len++) {
        const char c = key[len];
        lower[len] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    lower[len] = '\0';
    while (len > 0 && lower[len - 1] >= '0' && lower[len - 1] <= '9')
        len--;
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]) && count < OPTIONS_NEAR_MOST; i++) {
        const struct option *o = &options[i];
        if (o->flags & kind && !(o->flags & (OPTION_STATE | OPTION_ROOT)) && is_near(lower, len, o->name) &&
            (count == 0 || strcmp(ret[count - 1], o->name) != 0))
            ret[count++] = o->name;
    }
    return count;
}

bool option_value_is_plain(const char *value)
{
    static const char word[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
    if (!*value || strlen(value) > 60 || strspn(value, word) != strlen(value))
        return false;
    /* 007 and 1.0 come back otherwise. */
    const bool number = strspn(value, "0123456789.") == strlen(value);
    return !number || (!strchr(value, '.') && (value[0] != '0' || !value[1]));
}
