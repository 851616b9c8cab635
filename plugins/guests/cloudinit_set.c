/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_cloudinit_set: the options that cloud-init is given, and then its image written anew. Sources: PUT
 * /nodes/{node}/qemu/{vmid}/config, PUT /nodes/{node}/qemu/{vmid}/cloudinit.
 */
#include "../common/guest_disks.h"
#include "config_edit.h"
#include "ssh_keys.h"

#define KEYS_MOST 16384u /* bytes of ssh keys */

static const char *const names[] = {"ciuser",   "citype",     "ciupgrade",
                                    "cicustom", "nameserver", "searchdomain"};

static bool is_cloudinit(const char *key)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(key, names[i]) == 0)
            return true;
    }
    const char *digits = key + strlen("ipconfig");
    return strncmp(key, "ipconfig", strlen("ipconfig")) == 0 && *digits &&
           digits[strspn(digits, "0123456789")] == '\0' && digits_of(digits, 99) < 32;
}

static int32_t check_name(const struct editing *e, const char *key, bool removed)
{
    if (!removed && (strcmp(key, "cipassword") == 0 || strcmp(key, "sshkeys") == 0))
        return edit_fault(e, PROXIMO_EINVAL, key, "it has a parameter of its own");
    if (is_cloudinit(key) || strcmp(key, "cipassword") == 0 || strcmp(key, "sshkeys") == 0)
        return PROXIMO_OK;
    return edit_fault(e, PROXIMO_EINVAL, key,
                      "it is not one of cloud-init's: ciuser, citype, ciupgrade, cicustom, nameserver, "
                      "searchdomain, ipconfig0 to ipconfig31; pve_guest_config_set sets others");
}

static int32_t take_changes(struct editing *e)
{
    struct json_object *changes = member_of(e->arguments, "changes"),
                       *gone = member_of(e->arguments, "delete");
    const size_t count = json_object_is_type(gone, json_type_array) ? json_object_array_length(gone) : 0;
    int32_t r = PROXIMO_OK;
    if (changes) {
        json_object_object_foreach(changes, key, value)
        {
            const char *text = edit_value(e, value);
            if ((r = text ? check_name(e, key, false) : PROXIMO_ENOMEM) < 0 ||
                (r = edit_add(e, key, text)) < 0)
                return r;
        }
    }
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++)
        r = check_name(e, json_object_get_string(json_object_array_get_idx(gone, i)), true);
    return r == PROXIMO_OK ? edit_removals(e, "delete") : r;
}

static int32_t take_keys(struct editing *e)
{
    const char *keys = ask_argument(&e->g.ask, "sshkeys");
    size_t len = keys ? strlen(keys) : 0;
    if (!keys)
        return PROXIMO_OK;
    while (len && (keys[len - 1] == '\n' || keys[len - 1] == '\r' || keys[len - 1] == ' '))
        len--;
    if (!len || len > KEYS_MOST)
        return edit_fault(e, PROXIMO_EINVAL, "sshkeys",
                          len ? "more than 16 KiB of keys"
                              : "there is no key in it; to remove the keys name sshkeys in delete");
    const char *text = ssh_keys_encoded(&e->g.ask, keys, len);
    return text ? edit_add(e, "sshkeys", text) : PROXIMO_ENOMEM;
}

/* The drive that Proxmox puts the image in; NULL: none. */
static int32_t find_drive(const struct editing *e, const char **ret)
{
    struct guest_disk *disks = e->g.ask.host->alloc(e->g.ask.call, GUEST_DISKS_MOST * sizeof(*disks));
    uint32_t count = 0;
    int32_t r =
        disks ? guest_disks(&e->g.ask, e->g.config, false, disks, GUEST_DISKS_MOST, &count) : PROXIMO_ENOMEM;
    for (uint32_t i = 0; r == PROXIMO_OK && i < count && !*ret; i++) {
        if ((disks[i].flags & DISK_CDROM) && disks[i].storage && strstr(disks[i].volid, "cloudinit"))
            *ret = disks[i].slot;
    }
    return r;
}

static int32_t decide_image(struct editing *e)
{
    const char *regenerate = ask_argument(&e->g.ask, "regenerate"), *drive = NULL;
    int32_t r = find_drive(e, &drive);
    if (r < 0 || e->count == 0)
        return r;
    if (!drive)
        return tell_text(
            &e->g.ask, "image",
            "the machine has no cloud-init drive, so it sees none of this; pve_guest_config_set with "
            "ide2: STORAGE:cloudinit adds one");
    e->regenerate = !regenerate || strcmp(regenerate, "false") != 0;
    if (e->regenerate)
        r = guest_check_privilege(&e->g, "VM.Config.Cloudinit", "writing the cloud-init image");
    return r == PROXIMO_OK
               ? tell_text(
                     &e->g.ask, "image",
                     e->regenerate
                         ? "the image is written anew; at its next boot cloud-init in the machine takes "
                           "changed data for a new instance and does its first-boot work again"
                         : "the image stays as it is until the machine is started anew")
               : r;
}

int32_t guests_plan_cloudinit_set(void *instance, struct proximo_call *call)
{
    struct editing e;
    int32_t r = edit_begin(instance, call, &e);
    if (r == PROXIMO_OK && guest_is_lxc(&e.g))
        r = e.g.ask.host->fail(call, PROXIMO_EINVAL, "%s: cloud-init is for machines", guest_label(&e.g));
    if (r == PROXIMO_OK)
        r = take_changes(&e);
    if (r == PROXIMO_OK)
        r = take_keys(&e);
    if (r == PROXIMO_OK)
        r = edit_secret(&e);
    if (r == PROXIMO_OK)
        r = decide_image(&e);
    if (r == PROXIMO_OK)
        r = config_lay_out(&e, "cloud-init");
    edit_end(&e);
    return r;
}
