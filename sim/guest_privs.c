/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which privilege each option of a guest needs.
 */
#include "guest_change.h"
#include "handlers.h"

#include <ctype.h>
#include <string.h>

/* "net[n]" stands for net0, net1, ... An option that is nowhere is root@pam's. */
static const struct {
    const char *privs; /* one of them, '|' between */
    const char *options;
} qemu_privs[] =
    {
        {"VM.Config.CPU", "affinity cores cpu cpulimit cpuunits numa numa[n] smp sockets vcpus"},
        {"VM.Config.Memory", "allow-ksm balloon memory shares"},
        {"VM.Config.Network", "net[n]"},
        {"VM.Config.HWType",
         "acpi audio0 hotplug kvm machine rng0 scsihw smbios1 tablet usb[n] serial[n] vga watchdog "
         "virtiofs[n]"},
        {"VM.Config.Options",
         "agent autostart bios description keyboard localtime migrate_downtime migrate_speed name "
         "onboot ostype protection reboot startdate startup tags tdf template vmgenid"},
        {"VM.Config.Disk", "boot bootdisk vmstatestorage"},
        {"VM.Config.CDROM", "cdrom"},
        {"VM.PowerMgmt", "freeze"},
        {"VM.Config.Cloudinit|VM.Config.Network",
         "cicustom cipassword citype ciuser ciupgrade nameserver searchdomain sshkeys ipconfig[n]"},
},
  lxc_privs[] = {
      {"VM.Config.Disk", "rootfs mp[n] unused[n]"},
      {"VM.Config.CPU", "cores cpulimit cpuunits"},
      {"VM.Config.Memory", "memory swap"},
      {"VM.Config.Network", "net[n] nameserver searchdomain hostname"},
      {"VM.Allocate", "features"},
      {"VM.Config.Options",
       "arch cmode console debug description entrypoint env onboot ostype protection startup tags "
       "template timezone tty unprivileged"},
};

bool sim_option_listed(const char *options, const char *key)
{
    size_t n = strlen(key), stem = n;
    char family[80];

    if (sim_word_in(options, " ", key, n))
        return true;
    while (stem > 0 && isdigit((unsigned char)key[stem - 1]))
        stem--;
    if (stem == n || n >= sizeof family - 4)
        return false;
    (void)snprintf(family, sizeof family, "%.*s[n]", (int)stem, key);
    return sim_word_in(options, " ", family, strlen(family));
}

static const char *privs_of(bool qemu, const char *key)
{
    size_t count = qemu ? sizeof qemu_privs / sizeof *qemu_privs : sizeof lxc_privs / sizeof *lxc_privs;

    for (size_t i = 0; i < count; i++) {
        if (sim_option_listed(qemu ? qemu_privs[i].options : lxc_privs[i].options, key))
            return qemu ? qemu_privs[i].privs : lxc_privs[i].privs;
    }
    return NULL;
}

bool sim_volume_is_new(const char *option)
{
    size_t n = strcspn(option, ":,");
    size_t digits = option[n] == ':' ? strspn(option + n + 1, "0123456789.") : 0;

    return digits > 0 && (!option[n + 1 + digits] || option[n + 1 + digits] == ',');
}

static int need(struct sim_call *call, const char *path, const char *privs)
{
    const char *pool = strncmp(path, "/vms/", 5) == 0 ? sim_arg(call, "pool") : NULL;
    char why[400];

    if (pool) { /* a new guest is judged by its pool too */
        (void)snprintf(why, sizeof why, "/pool/%s", pool);
        if (sim_can_any(call, why, privs))
            return 0;
    }
    if (sim_can_any(call, path, privs))
        return 0;
    (void)snprintf(why, sizeof why, " (%s, %s)", path, privs);
    return sim_fail_perm(call, why);
}

/* A disk of a VM: first the storage, then, once the guest is known, the drive itself. */
static int drive_allowed(struct sim_call *call, const struct sim_guest *guest, const char *key,
                         const char *value)
{
    const char *now = guest ? sim_str(guest->config, key, "") : "";
    bool cdrom = strstr(value ? value : now, "media=cdrom") != NULL;
    char path[160];

    if (!guest) {
        if (!value || (!sim_volume_is_new(value) && !strstr(value, ":cloudinit")))
            return 0;
        (void)snprintf(path, sizeof path, "/storage/%.*s", (int)strcspn(value, ":"), value);
        return need(call, path, "Datastore.AllocateSpace");
    }
    (void)snprintf(path, sizeof path, "/vms/%s", guest->vmid);
    return need(call, path, cdrom ? "VM.Config.CDROM" : "VM.Config.Disk");
}

/* What only root@pam itself may do with a container. */
static int container_allowed(struct sim_call *call, const char *key, const char *value)
{
    static const char flags[] = " (changing feature flags (except nesting) is only allowed for root@pam)";

    if (strcmp(key, "features") == 0 && value && strcmp(value, "nesting=1") != 0 &&
        strcmp(value, "nesting=0") != 0)
        return sim_fail_perm(call, flags);
    if (value && *value == '/' && (strncmp(key, "mp", 2) == 0 || strcmp(key, "rootfs") == 0))
        return sim_fail_perm(call, " (mount point type bind is only allowed for root@pam)");
    return 0;
}

int sim_option_allowed(struct sim_call *call, const struct sim_guest *guest, bool qemu, const char *key,
                       const char *value)
{
    const char *privs = privs_of(qemu, key);
    char path[40];

    if (strcmp(call->who, "root@pam") == 0)
        return 0;
    if (qemu && sim_disk_key(true, key))
        return drive_allowed(call, guest, key, value);
    if (qemu && guest)
        return 0; /* was looked at before */
    if (!privs && !qemu && strcmp(key, "hookscript") == 0)
        return sim_fail_perm(call, " (changing the hookscript is only allowed for root@pam)");
    if (!privs && !qemu && strncmp(key, "dev", 3) == 0)
        return sim_fail_perm(call, " (configuring device passthrough is only allowed for root@pam)");
    if (!privs)
        return sim_fail(call, 500, "only root can set '%s' config\n", key);
    (void)snprintf(path, sizeof path, "/vms/%s", sim_arg(call, "vmid"));
    if (need(call, path, privs) < 0)
        return -1;
    return qemu ? 0 : container_allowed(call, key, value);
}

int sim_bridges_allowed(struct sim_call *call, struct json_object *set)
{
    if (strcmp(call->who, "root@pam") == 0)
        return 0;
    json_object_object_foreach(set, key, value)
    {
        const char *text = json_object_get_string(value), *bridge;
        char path[160];

        if (strncmp(key, "net", 3) != 0 || !text)
            continue;
        bridge = strstr(text, "bridge=");
        if (!bridge)
            continue;
        (void)snprintf(path, sizeof path, "/sdn/zones/localnetwork/%.*s", (int)strcspn(bridge + 7, ","),
                       bridge + 7);
        if (need(call, path, "SDN.Use") < 0)
            return -1;
    }
    return 0;
}
