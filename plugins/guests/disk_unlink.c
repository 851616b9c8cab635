/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_disk_unlink. An attached disk is detached and stays as unusedN, which the way back attaches again; with
 * force, and of an unused disk, the volume is deleted: then the plan names the backup that could bring it
 * back. Sources: PUT /nodes/{node}/qemu/{vmid}/unlink, PUT /nodes/{node}/lxc/{vmid}/config.
 */
#include "disk_unlink.h"
#include "../common/archives.h"

static int32_t fail(const struct disk_unlink *u, int32_t code, const struct guest_disk *disk, const char *why)
{
    return u->look.g.ask.host->fail(u->look.g.ask.call, code, "disk %s of %s: %s", disk->slot,
                                    guest_label(&u->look.g), why ? why : "");
}

bool disk_unlink_deletes(const struct disk_unlink *u, const struct guest_disk *disk)
{
    const bool own =
        disk->storage && volume_owner(disk->volid) == (int64_t)digits_of(u->look.g.vmid, 999999999);
    return own && (u->force || (disk->flags & DISK_UNUSED));
}

/* What Proxmox refuses. */
static int32_t check_disk(const struct disk_unlink *u, const struct guest_disk *disk)
{
    struct disk_holders h;
    if (strcmp(disk->slot, "rootfs") == 0)
        return fail(u, PROXIMO_EINVAL, disk, "a container cannot be without its root disk");
    if (disk->flags & DISK_VMSTATE)
        return fail(u, PROXIMO_EINVAL, disk, "it is the saved memory of the guest, not a disk");
    if (u->force && guest_is_lxc(&u->look.g) && !(disk->flags & DISK_UNUSED))
        return fail(
            u, PROXIMO_EINVAL, disk,
            "force is for machines; of a container detach it first, then unlink the unusedN that it became");
    if (!disk_unlink_deletes(u, disk))
        return PROXIMO_OK;
    int32_t r = disk_check_storage(&u->look, disk->storage, "Datastore.AllocateSpace", "deleting a disk");
    if (r == PROXIMO_OK)
        r = disk_holders(&u->look, disk->volid, &h);
    if (r == PROXIMO_OK && h.count)
        r = fail(u, PROXIMO_ESTATE, disk,
                 ask_text(&u->look.g.ask,
                          "snapshots hold it (%s): Proxmox refuses to delete it until they are gone",
                          disk_holders_text(&u->look, &h)));
    return r;
}

static int32_t add_disk(struct disk_unlink *u, const char *slot)
{
    const struct asking *a = &u->look.g.ask;
    const struct guest_disk *disk = NULL;
    int32_t r = disk_wanted(&u->look, slot, &disk);
    if (r < 0)
        return r;
    for (uint32_t i = 0; i < u->count; i++) {
        if (u->disks[i] == disk)
            return fail(u, PROXIMO_EINVAL, disk, "it is named twice");
    }
    if (u->count && ((u->disks[0]->flags ^ disk->flags) & DISK_UNUSED) && !u->force)
        return fail(u, PROXIMO_EINVAL, disk,
                    "attached disks are detached and unused ones deleted: that takes two plans");
    u->disks[u->count++] = disk;
    u->list = u->list ? ask_text(a, "%s,%s", u->list, slot) : ask_text(a, "%s", slot);
    return u->list ? PROXIMO_OK : PROXIMO_ENOMEM;
}

static int32_t take_arguments(struct disk_unlink *u)
{
    const struct asking *a = &u->look.g.ask;
    struct json_object *arguments DROP_JSON = ask_arguments(a);
    struct json_object *list = member_of(arguments, "disks");
    const size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    int32_t r = PROXIMO_OK;
    u->force = ask_flag(a, "force");
    if (count == 0 || count > UNLINK_MOST)
        return a->host->fail(a->call, PROXIMO_EINVAL, "disks names 1 to %u slots: [\"scsi1\"]", UNLINK_MOST);
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++)
        r = add_disk(u, json_object_get_string(json_object_array_get_idx(list, i)));
    for (uint32_t i = 0; r == PROXIMO_OK && i < u->count; i++)
        u->destroys |= u->force || (u->disks[i]->flags & DISK_UNUSED);
    return r;
}

static int32_t check(struct disk_unlink *u)
{
    const struct asking *a = &u->look.g.ask;
    int32_t r = guest_check_lock(&u->look.g, NULL);
    if (r == PROXIMO_OK && member_true(u->look.g.config, "protection"))
        r = a->host->fail(
            a->call, PROXIMO_ESTATE,
            "%s is protected, so Proxmox refuses to take disks away from it. If they really are to "
            "go, take the protection away first: pve_guest_config_set with protection: false",
            guest_label(&u->look.g));
    if (r == PROXIMO_OK)
        r = guest_check_privilege(&u->look.g, "VM.Config.Disk", "taking a disk away");
    for (uint32_t i = 0; r == PROXIMO_OK && i < u->count; i++)
        r = check_disk(u, u->disks[i]);
    return r;
}

/* ---- what the plan says */

static int32_t tell_disks(const struct disk_unlink *u)
{
    struct json_object *rows = json_object_new_array();
    for (uint32_t i = 0; rows && i < u->count; i++) {
        const struct guest_disk *disk = u->disks[i];
        struct json_object *row = json_object_new_object();
        json_object_object_add(row, "slot", json_object_new_string(disk->slot));
        json_object_object_add(row, "volume", json_object_new_string(disk->volid));
        if (disk->size)
            json_object_object_add(row, "size", json_object_new_string(disk->size));
        json_object_object_add(row, "deleted", json_object_new_boolean(disk_unlink_deletes(u, disk)));
        json_object_array_add(rows, row);
    }
    return tell_fact(&u->look.g.ask, "disks", rows);
}

static int32_t tell_newest(const struct asking *a, const struct archive *one)
{
    struct json_object *fact = json_object_new_object();
    const char *when = time_text(a, one->ctime), *age = age_text(a, now_epoch() - one->ctime);
    if (fact && when && age) {
        json_object_object_add(fact, "volid", json_object_new_string(one->volid));
        json_object_object_add(fact, "time", json_object_new_string(when));
        json_object_object_add(fact, "age", json_object_new_string(age));
        json_object_object_add(fact, "verified", json_object_new_string(verified_word(one->verified)));
    }
    return tell_fact(a, "newest_backup", fact);
}

/* Are there disks that backups leave out: by option, or because they are not attached? */
static bool not_in_backups(const struct disk_unlink *u)
{
    bool out = false;
    for (uint32_t i = 0; i < u->count; i++)
        out |= (u->disks[i]->flags & (DISK_NO_BACKUP | DISK_UNUSED)) != 0;
    return out;
}

/* What could bring the data of deleted disks back. */
static int32_t tell_backups(const struct disk_unlink *u)
{
    const struct asking *a = &u->look.g.ask;
    const int64_t vmid = (int64_t)digits_of(u->look.g.vmid, 999999999);
    struct archives all = {0};
    uint32_t count = 0;
    int32_t r = archives_read(a, vmid, NULL, &all);
    const struct archive *one = r == PROXIMO_OK ? archives_of(&all, vmid, &count) : NULL;
    if (r == PROXIMO_OK)
        r = archives_tell_unseen(a, &all);
    if (r == PROXIMO_OK && one)
        r = tell_newest(a, one);
    if (r == PROXIMO_OK)
        r = tell_text(
            a, "no_way_back",
            one ? ask_text(
                      a,
                      "a deleted disk cannot be brought back; %s has %u backup%s, the newest of %s, %s ago%s",
                      guest_label(&u->look.g), (unsigned)count, count == 1 ? "" : "s",
                      time_text(a, one->ctime), age_text(a, now_epoch() - one->ctime),
                      not_in_backups(u) ? ", but backups leave out unused disks and those with backup=0" : "")
                : ask_text(a, "a deleted disk cannot be brought back, and no backup of %s was found%s",
                           guest_label(&u->look.g), all.unseen_count ? " where this token could look" : ""));
    archives_done(&all);
    return r;
}

/* A path or device is root's to attach, and a cloud-init drive is deleted with its entry. */
static const struct guest_disk *not_attachable(const struct disk_unlink *u)
{
    for (uint32_t i = 0; i < u->count; i++) {
        const struct guest_disk *disk = u->disks[i];
        if (disk->flags & (DISK_BIND | DISK_DEVICE) || strstr(disk->volid, "cloudinit"))
            return disk;
    }
    return NULL;
}

static int32_t tell(const struct disk_unlink *u)
{
    const struct asking *a = &u->look.g.ask;
    const char *summary =
        ask_text(a, "disk%s %s of %s %s", u->count == 1 ? "" : "s", u->list, guest_label(&u->look.g),
                 u->destroys ? "is deleted, with all data" : "is detached and stays as an unused disk");
    int32_t r = summary ? a->host->change(a->call, summary) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = guest_tell_facts(&u->look.g);
    if (r == PROXIMO_OK)
        r = tell_disks(u);
    if (r == PROXIMO_OK && guest_running(&u->look.g) && !(u->disks[0]->flags & DISK_UNUSED))
        r = tell_text(a, "may_wait_for_restart",
                      "the guest runs: what cannot be taken away meanwhile waits for its next stop");
    return r == PROXIMO_OK && u->destroys ? tell_backups(u) : r;
}

/* ---- steps and the way back */

static const char *selectors(const struct disk_unlink *u)
{
    const char *text = "/digest,/lock";
    for (uint32_t i = 0; text && i < u->count; i++)
        text = ask_text(&u->look.g.ask, "%s,/%s", text, u->disks[i]->slot);
    return text;
}

static int32_t steps(const struct disk_unlink *u, const char *select)
{
    const struct asking *a = &u->look.g.ask;
    const struct proximo_step state = disk_state_step(&u->look, select);
    int32_t r = a->host->step(a->call, &state);
    if (r < 0)
        return r;
    if (guest_is_lxc(&u->look.g)) {
        const struct proximo_field fields[] = {FIELD("delete", u->list),
                                               REFERENCE("digest", "state:/digest")};
        return guest_request(&u->look.g, "PUT", GUEST_CONFIG, fields, 2, PROXIMO_STEP_ATOMIC);
    }
    const struct proximo_field fields[] = {FIELD("idlist", u->list), FIELD("force", "1")};
    return guest_request(&u->look.g, "PUT", GUEST_PATH "/unlink", fields, u->force ? 2 : 1, 0);
}

static int32_t postcondition(const struct disk_unlink *u)
{
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < u->count; i++) {
        const struct guest_wait wait = {.path = GUEST_CONFIG,
                                        .select = ask_text(&u->look.g.ask, "/%s", u->disks[i]->slot),
                                        .test = PROXIMO_WAIT_COUNT,
                                        .value = "0",
                                        .deadline_s = 30};
        r = wait.select ? guest_wait(&u->look.g, &wait) : PROXIMO_ENOMEM;
    }
    return r;
}

/* Attached again with the options it had; Proxmox drops the unusedN of a volume that is attached. */
static int32_t way_back(const struct disk_unlink *u, const char *select)
{
    const struct asking *a = &u->look.g.ask;
    const struct guest_disk *never = u->destroys ? NULL : not_attachable(u);
    struct proximo_field fields[UNLINK_MOST + 1];
    int32_t r = PROXIMO_OK;
    if (never)
        r = tell_text(
            a, "no_way_back",
            ask_text(a,
                     "%s cannot be attached again by a token: paths and devices of the node are root's, "
                     "and a cloud-init drive is made anew",
                     never->slot));
    if (r < 0 || never || u->destroys)
        return r < 0 ? r : a->host->undo(a->call, PROXIMO_UNDO_NONE, NULL, 0);
    for (uint32_t i = 0; i < u->count; i++) {
        const char *before = ask_text(a, "before.0:/%s", u->disks[i]->slot);
        if (!before)
            return PROXIMO_ENOMEM;
        fields[i] = REFERENCE(u->disks[i]->slot, before);
    }
    fields[u->count] = REFERENCE("digest", "state:/digest");
    struct proximo_step back[2] = {disk_state_step(&u->look, select),
                                   {ROW(proximo_step), .kind = PROXIMO_STEP_REQUEST,
                                    .flags = PROXIMO_STEP_ATOMIC, .name = "change", .method = "PUT",
                                    .path = GUEST_CONFIG, .params = ROWS(fields, u->count + 1)}};
    back[0].params = (struct proximo_table){0}; /* the guest is resolved when the way back is planned */
    return a->host->undo(a->call, PROXIMO_UNDO_TEMPLATE, back, 2);
}

static int32_t lay_out(const struct disk_unlink *u)
{
    const char *select = selectors(u);
    const char *details =
        ask_text(&u->look.g.ask, ",\"disks\":\"%s\",\"force\":%s", u->list, u->force ? "true" : "false");
    int32_t r = select ? disk_guards(&u->look, select) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = disk_subject(&u->look, u->destroys ? "disk.destroy" : "disk.unlink", details);
    if (r == PROXIMO_OK)
        r = steps(u, select);
    if (r == PROXIMO_OK)
        r = postcondition(u);
    return r == PROXIMO_OK ? way_back(u, select) : r;
}

int32_t guests_plan_disk_unlink(void *instance, struct proximo_call *call)
{
    struct disk_unlink u = {0};
    int32_t r = disk_open(instance, call, &u.look);
    if (r == PROXIMO_OK)
        r = take_arguments(&u);
    if (r == PROXIMO_OK)
        r = check(&u);
    if (r == PROXIMO_OK)
        r = tell(&u);
    if (r == PROXIMO_OK)
        r = lay_out(&u);
    disk_done(&u.look);
    return r;
}
