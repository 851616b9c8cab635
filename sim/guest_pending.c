/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes that take effect at once, and those that wait for the guest to stop or start.
 */
#include "cloudinit.h"
#include "guest_change.h"
#include "guest_disks.h"
#include "power.h"
#include "storage.h"

#include <string.h>

/* Options that a running guest follows; stems of numbered ones with "[n]". */
static const char
    qemu_hot[] = "name onboot startup description protection tags hookscript shares balloon cpulimit "
                 "cpuunits vmstatestorage autostart net[n] scsi[n] virtio[n] usb[n] unused[n] lock cicustom "
                 "cipassword citype ciuser ciupgrade nameserver searchdomain sshkeys ipconfig[n]",
    lxc_hot[] = "onboot startup description protection tags hookscript memory swap cores cpulimit cpuunits "
                "hostname nameserver searchdomain net[n] unused[n] lock";

/* The system of a paused VM does not let go of a device. */
bool sim_option_is_stuck(const struct sim_guest *guest, const char *key)
{
    return guest->qemu && sim_get(guest->run, "qmpstatus") &&
           sim_option_listed("net[n] scsi[n] virtio[n] usb[n]", key);
}

bool sim_option_is_hot(const struct sim_guest *guest, const char *key, bool set)
{
    const char *hot = guest->qemu ? qemu_hot : lxc_hot;

    if (!set && sim_option_is_stuck(guest, key))
        return false;

    /* A mount point can be added to a running container, but not taken away. */
    return sim_option_listed(hot, key) || (!guest->qemu && set && sim_option_listed("mp[n]", key));
}

void sim_guest_add_unused(struct json_object *config, const char *volid)
{
    char unused[24];

    for (int i = 0; i < 256; i++) {
        (void)snprintf(unused, sizeof unused, "unused%d", i);
        if (sim_get(config, unused))
            continue;
        sim_set_str(config, unused, volid);
        return;
    }
}

/* A volume of the guest's own that is no longer a disk of it is kept as an unused one, but for the drive of
 * cloud-init, which can be made anew, and where it is to go for good. */
static void drop_option(struct json_object *state, struct json_object *entry, const char *key, bool force)
{
    struct json_object *config = sim_get(entry, "config");
    const char *option = sim_str(config, key, NULL), *own;
    bool qemu = strcmp(sim_str(entry, "type", ""), "qemu") == 0;
    char volid[256], owner[40];

    (void)snprintf(volid, sizeof volid, "%.*s", option ? (int)strcspn(option, ",") : 0, option ? option : "");
    (void)snprintf(owner, sizeof owner, "-%d-", (int)sim_int(entry, "vmid", 0));
    own = strrchr(volid, '/') ? strrchr(volid, '/') : strchr(volid, ':');
    json_object_object_del(config, key);
    if (!sim_disk_key(qemu, key) || !own || !strstr(own, owner))
        return;
    if (force || strncmp(key, "unused", 6) == 0 || strstr(own, "-cloudinit"))
        sim_volume_remove(state, sim_str(entry, "node", ""), volid);
    else
        sim_guest_add_unused(config, volid);
}

/* A volume that is attached is no longer an unused one. */
static void forget_unused(struct json_object *config, const char *option)
{
    const size_t n = strcspn(option, ",");
    char unused[24];

    for (int i = 0; i < 256; i++) {
        (void)snprintf(unused, sizeof unused, "unused%d", i);
        const char *volid = sim_str(config, unused, NULL);
        if (volid && strlen(volid) == n && strncmp(volid, option, n) == 0)
            json_object_object_del(config, unused);
    }
}

/* Another volume in the place of a disk leaves the old one unused. */
static void set_value(struct json_object *state, struct json_object *entry, const char *key,
                      struct json_object *value)
{
    const char *text = json_object_get_string(value), *now = sim_str(sim_get(entry, "config"), key, NULL);

    if (now && (strcspn(now, ",") != strcspn(text, ",") || strncmp(now, text, strcspn(text, ",")) != 0))
        drop_option(state, entry, key, false);
    sim_set(sim_get(entry, "config"), key, sim_copy(value));
    if (text && sim_disk_key(strcmp(sim_str(entry, "type", ""), "qemu") == 0, key) &&
        strncmp(key, "unused", 6) != 0)
        forget_unused(sim_get(entry, "config"), text);
}

void sim_guest_apply_pending(struct json_object *state, struct json_object *entry)
{
    struct json_object *waiting = sim_get(entry, "pending"), *gone = sim_get(entry, "pending_delete");

    if (waiting) {
        json_object_object_foreach(waiting, key, value)
        {
            set_value(state, entry, key, value);
        }
    }
    if (gone) {
        json_object_object_foreach(gone, name, how)
        {
            drop_option(state, entry, name, json_object_get_int(how) == 2);
        }
    }
    json_object_object_del(entry, "pending");
    json_object_object_del(entry, "pending_delete");
}

/* ---- one change ---- */

static struct json_object *part(struct json_object *entry, const char *name)
{
    if (!sim_get(entry, name))
        sim_set(entry, name, json_object_new_object());
    return sim_get(entry, name);
}

static void forget_empty(struct json_object *entry, const char *name)
{
    if (sim_get(entry, name) && json_object_object_length(sim_get(entry, name)) == 0)
        json_object_object_del(entry, name);
}

static void delete_option(struct sim *sim, const struct sim_guest *guest, const char *key, bool force)
{
    json_object_object_del(part(guest->entry, "pending"), key);
    if (strcmp(key, "lock") == 0 && sim_guest_hibernated(guest)) {
        sim_guest_forget_state(sim, guest);
    } else if (strcmp(key, "lock") == 0) {
        json_object_object_del(guest->entry, "lock");
    } else if (guest->running && !sim_option_is_hot(guest, key, false)) {
        if (sim_get(guest->config, key))
            sim_set_int(part(guest->entry, "pending_delete"), key, force ? 2 : 1);
    } else {
        drop_option(sim->state, guest->entry, key, force);
    }
}

static void set_option(struct sim *sim, const struct sim_guest *guest, const char *key,
                       struct json_object *value)
{
    const char *text = json_object_get_string(value), *now = sim_str(guest->config, key, NULL);

    json_object_object_del(part(guest->entry, "pending"), key);
    json_object_object_del(part(guest->entry, "pending_delete"), key);
    if (strcmp(key, "lock") == 0) {
        sim_set_str(guest->entry, "lock", text);
    } else if (now && strcmp(now, text) == 0) {
        return;
    } else if (guest->running && !sim_option_is_hot(guest, key, true)) {
        sim_set(part(guest->entry, "pending"), key, sim_copy(value));
    } else {
        set_value(sim->state, guest->entry, key, value);
    }
}

void sim_guest_change(struct sim *sim, const struct sim_guest *guest, struct json_object *change)
{
    sim_cloudinit_keep(guest->entry);
    json_object_object_foreach(sim_get(change, "revert"), back, yes)
    {
        (void)yes;
        json_object_object_del(part(guest->entry, "pending"), back);
        json_object_object_del(part(guest->entry, "pending_delete"), back);
    }
    json_object_object_foreach(sim_get(change, "delete"), gone, also)
    {
        (void)also;
        delete_option(sim, guest, gone, sim_int(change, "force", 0) != 0);
    }
    json_object_object_foreach(sim_get(change, "set"), key, value)
    {
        set_option(sim, guest, key, value);
    }
    sim_cloudinit_changed(guest->entry);
    forget_empty(guest->entry, "pending");
    forget_empty(guest->entry, "pending_delete");
    sim_touch(sim);
}
