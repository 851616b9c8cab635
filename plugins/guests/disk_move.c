/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_disk_move: the plan, and the way back by its record. What Proxmox would refuse in the task is refused
 * here. Sources: POST /nodes/{node}/qemu/{vmid}/move_disk, POST /nodes/{node}/lxc/{vmid}/move_volume.
 */
#include "disk_move.h"
#include "../common/config_object.h"

static int32_t fail(const struct disk_move *m, int32_t code, const char *why)
{
    return m->look.g.ask.host->fail(m->look.g.ask.call, code, "disk %s of %s: %s", m->disk->slot,
                                    guest_label(&m->look.g), why ? why : "");
}

/* What the disk itself does not allow. */
static int32_t check_disk(const struct disk_move *m)
{
    const struct guest_disk *disk = m->disk;
    if (((disk->flags & DISK_CDROM) && !strstr(disk->volid, "cloudinit")) || (disk->flags & DISK_VMSTATE))
        return fail(m, PROXIMO_EINVAL, "Proxmox moves no CD and no saved memory");
    if (disk->flags & DISK_UNUSED)
        return fail(
            m, PROXIMO_EINVAL,
            "it is not attached; Proxmox moves attached disks only. Attach it with pve_guest_config_set "
            "first");
    if (!disk->storage)
        return fail(m, PROXIMO_EINVAL,
                    "it is a directory or device of the node, which Proxmox does not move");
    if (guest_is_lxc(&m->look.g) && guest_running(&m->look.g))
        return fail(m, PROXIMO_ESTATE,
                    "Proxmox does not move volumes of a running container; shut it down first "
                    "(pve_guest_power)");
    if (guest_running(&m->look.g) && strncmp(disk->slot, "tpmstate", 8) == 0)
        return fail(m, PROXIMO_ESTATE,
                    "Proxmox does not move the TPM state of a running machine; shut it down first");
    return PROXIMO_OK;
}

static const char *format_of(const char *volid)
{
    static const char *const formats[] = {"qcow2", "vmdk", "raw"};
    const char *dot = strrchr(volid, '.');
    for (size_t i = 0; dot && i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (strcmp(dot + 1, formats[i]) == 0)
            return formats[i];
    }
    return "raw";
}

static int32_t check_target(struct disk_move *m)
{
    const struct asking *a = &m->look.g.ask;
    const char *node = m->look.g.node, *kind = guest_is_lxc(&m->look.g) ? "rootdir" : "images";
    struct json_object *configs = NULL;
    if (m->format && guest_is_lxc(&m->look.g))
        return a->host->fail(a->call, PROXIMO_EINVAL,
                             "format is for disks of machines; volumes of containers "
                             "have the format of their storage");
    if (strcmp(m->disk->storage, m->target) == 0 &&
        (!m->format || strcmp(m->format, format_of(m->disk->volid)) == 0))
        return fail(m, PROXIMO_EINVAL,
                    ask_text(a, "it is on storage %s already%s", m->target,
                             guest_is_lxc(&m->look.g) ? "" : "; only another format could change there"));
    int32_t r = migrate_list(&m->look.view, MIGRATE_STORAGES, &configs);
    if (r < 0)
        return r;
    struct json_object *config = migrate_row(configs, "storage", m->target);
    const char *content = member_text(config, "content");
    if (!config && migrate_complete(&m->look.view, MIGRATE_STORAGES))
        return a->host->fail(a->call, PROXIMO_ENOTFOUND,
                             "there is no storage %s; pve_storage_list shows those there are", m->target);
    if (member_true(config, "disable"))
        return a->host->fail(a->call, PROXIMO_ESTATE, "storage %s is disabled", m->target);
    if (config && !storage_on_node(config, node))
        return a->host->fail(a->call, PROXIMO_EINVAL, "storage %s is not available on node %s, where %s is",
                             m->target, node, guest_label(&m->look.g));
    if (content && !config_list_has(content, kind))
        return a->host->fail(a->call, PROXIMO_EINVAL,
                             "storage %s takes %s, but not \"%s\", which disks of a %s are", m->target,
                             content, kind, guest_is_lxc(&m->look.g) ? "container" : "machine");
    return PROXIMO_OK;
}

/* Proxmox copies the current state only: snapshots stay with the source, which it then does not delete. */
static int32_t check_snapshots(struct disk_move *m)
{
    const struct asking *a = &m->look.g.ask;
    int32_t r = disk_holders(&m->look, m->disk->volid, &m->holders);
    if (r < 0 || !m->holders.count || !m->delete_source)
        return r;
    if (m->back) {
        m->delete_source = false; /* snapshots were taken of the copy since: it stays with them */
        return PROXIMO_OK;
    }
    return fail(
        m, PROXIMO_ESTATE,
        ask_text(a,
                 "snapshots hold it (%s), so Proxmox refuses to delete the source; without delete_source "
                 "it is copied as it is now, and the snapshots stay with the source",
                 disk_holders_text(&m->look, &m->holders)));
}

/* The lowest free unusedN: there Proxmox leaves the source. NULL: none, or no memory. */
static const char *unused_slot(const struct disk_move *m)
{
    for (uint32_t i = 0; i < 256; i++) {
        const char *slot = ask_text(&m->look.g.ask, "unused%u", (unsigned)i);
        if (!slot || !disk_find(&m->look, slot))
            return slot;
    }
    return NULL;
}

/* ---- the plan */

static int32_t tell_source(struct disk_move *m)
{
    const struct asking *a = &m->look.g.ask;
    const char *text;
    if (m->holders.count)
        text =
            ask_text(a, "the source %s stays, with the snapshots that hold it (%s); the moved disk has none",
                     m->disk->volid, disk_holders_text(&m->look, &m->holders));
    else if (m->delete_source)
        text = ask_text(a, "the source %s is deleted when the copy is whole", m->disk->volid);
    else
        text = ask_text(a, "the source %s stays as %s and keeps its room on %s; pve_disk_unlink deletes it",
                        m->disk->volid, m->left, m->disk->storage);
    return tell_text(a, "source", text);
}

static int32_t tell(struct disk_move *m, const struct disk_room *room)
{
    const struct asking *a = &m->look.g.ask;
    const char *summary =
        ask_text(a, "disk %s of %s moves from %s to %s%s%s", m->disk->slot, guest_label(&m->look.g),
                 m->disk->storage, m->target, m->format ? " as " : "", m->format ? m->format : "");
    int32_t r = summary ? a->host->change(a->call, summary) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = guest_tell_facts(&m->look.g);
    if (r == PROXIMO_OK)
        r = disk_room_fact(&m->look, room, "storage");
    if (r == PROXIMO_OK)
        r = tell_source(m);
    if (r == PROXIMO_OK && (m->disk->flags & DISK_LINKED))
        r = tell_text(a, "linked_clone",
                      "the disk is a linked clone's: the copy is full and no longer needs its base volume");
    if (r == PROXIMO_OK && guest_is_template(&m->look.g))
        r = a->host->risk(a->call, PROXIMO_RISK_HIGH,
                          "the guest is a template: linked clones need its base volume where it is");
    return r == PROXIMO_OK
               ? tell_text(
                     a, "way_back",
                     ask_text(a,
                              "undo moves the disk back with the data of then, if %s has room for it; the "
                              "volume may get another name%s",
                              m->disk->storage,
                              m->left && !m->holders.count ? ", and the source stays beside it" : ""))
               : r;
}

static int32_t steps(struct disk_move *m, const char *select)
{
    const struct asking *a = &m->look.g.ask;
    const bool lxc = guest_is_lxc(&m->look.g);
    struct proximo_field fields[6] = {FIELD(lxc ? "volume" : "disk", m->disk->slot),
                                      FIELD("storage", m->target)};
    uint32_t count = 2;
    if (m->delete_source)
        fields[count++] = FIELD("delete", "1");
    if (m->format)
        fields[count++] = FIELD("format", m->format);
    if (m->bwlimit)
        fields[count++] = FIELD("bwlimit", m->bwlimit);
    fields[count++] = REFERENCE("digest", "state:/digest");
    const struct proximo_step state = disk_state_step(&m->look, select);
    int32_t r = a->host->step(a->call, &state);
    return r == PROXIMO_OK
               ? guest_request(&m->look.g, "POST", lxc ? GUEST_PATH "/move_volume" : GUEST_PATH "/move_disk",
                               fields, count, PROXIMO_STEP_FOLLOW | PROXIMO_STEP_ATOMIC)
               : r;
}

static int32_t wait_for_option(const struct disk_move *m, const char *slot, const char *value)
{
    const struct asking *a = &m->look.g.ask;
    const struct guest_wait wait = {.path = GUEST_CONFIG,
                                    .select = ask_text(a, "/%s", slot),
                                    .test = value ? PROXIMO_WAIT_EQUALS : PROXIMO_WAIT_EXISTS,
                                    .value = value ? ask_text(a, "\"%s\"", value) : NULL,
                                    .deadline_s = 30};
    return wait.select && (!value || wait.value) ? guest_wait(&m->look.g, &wait) : PROXIMO_ENOMEM;
}

/* The source is gone from its storage; asked only of a token that sees all of it. */
static int32_t wait_for_deletion(const struct disk_move *m)
{
    const struct asking *a = &m->look.g.ask;
    const char *path = ask_text(a, "/storage/%s", m->disk->storage);
    const int32_t held = path ? a->host->permission(a->call, path, "Datastore.Allocate") : PROXIMO_ENOMEM;
    if (ask_ends(held))
        return held;
    if (held != 1 || strpbrk(m->disk->volid, "[],="))
        return PROXIMO_OK;
    const struct proximo_field fields[] = {FIELD("node", m->look.g.node), FIELD("storage", m->disk->storage)};
    const struct proximo_step wait = {ROW(proximo_step),
                                      .kind = PROXIMO_STEP_WAIT,
                                      .path = "/nodes/{node}/storage/{storage}/content",
                                      .params = ROWS(fields, 2),
                                      .select = ask_text(a, "[volid=%s]/volid", m->disk->volid),
                                      .wait_test = PROXIMO_WAIT_COUNT,
                                      .wait_value = "0",
                                      .interval_ms = 1000,
                                      .deadline_ms = 30000,
                                      .tolerate = "500,595,596,599"};
    return wait.select ? a->host->postcondition(a->call, &wait) : PROXIMO_ENOMEM;
}

/* The new volume's name is Proxmox's choice: looked for is what became of the source. */
static int32_t postcondition(const struct disk_move *m)
{
    int32_t r = wait_for_option(m, m->disk->slot, NULL);
    if (r < 0 || m->holders.count)
        return r;
    return m->delete_source ? wait_for_deletion(m) : wait_for_option(m, m->left, m->disk->volid);
}

static int32_t lay_out(struct disk_move *m)
{
    const struct asking *a = &m->look.g.ask;
    const char *select = ask_text(a, "/digest,/lock,/%s", m->disk->slot);
    if (select && m->left)
        select = ask_text(a, "%s,/%s", select, m->left);
    const char *details = ask_text(a, ",\"disk\":\"%s\",\"target\":\"%s\",\"delete_source\":%s",
                                   m->disk->slot, m->target, m->delete_source ? "true" : "false");
    int32_t r = select ? disk_guards(&m->look, select) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = disk_subject(&m->look, "disk.move", details);
    if (r == PROXIMO_OK)
        r = steps(m, select);
    if (r == PROXIMO_OK)
        r = postcondition(m);
    return r == PROXIMO_OK ? a->host->undo(a->call, PROXIMO_UNDO_FUNCTION, NULL, 0) : r;
}

/* look, disk, target and how are there. */
static int32_t move(struct disk_move *m)
{
    const struct asking *a = &m->look.g.ask;
    struct disk_room room = {0};
    int32_t r = PROXIMO_OK;
    m->value = member_text(m->look.g.config, m->disk->slot);
    if ((r = check_disk(m)) < 0 || (r = check_target(m)) < 0 ||
        (r = guest_check_lock(&m->look.g, NULL)) < 0 ||
        (r = guest_check_privilege(&m->look.g, "VM.Config.Disk", "moving a disk")) < 0 ||
        (r = disk_check_storage(&m->look, m->target, "Datastore.AllocateSpace", "moving a disk")) < 0 ||
        (r = check_snapshots(m)) < 0 || (r = disk_size(&m->look, m->disk, &m->bytes)) < 0)
        return r;
    if (!m->delete_source && !(m->left = unused_slot(m)))
        return fail(m, PROXIMO_ESTATE, "all places for unused disks are taken");
    r = disk_room(&m->look, m->target, m->bytes, &room);
    if (r == PROXIMO_OK && m->back && room.verdict == ROOM_NOT) {
        (void)a->host->undo(a->call, PROXIMO_UNDO_NONE, NULL, 0);
        r = fail(m, PROXIMO_ESTATE, ask_text(a, "storage %s has no room for it any more", m->target));
    }
    if (r == PROXIMO_OK)
        r = tell(m, &room);
    disk_room_done(&room);
    return r == PROXIMO_OK ? lay_out(m) : r;
}

int32_t guests_plan_disk_move(void *instance, struct proximo_call *call)
{
    struct disk_move m = {0};
    int32_t r = disk_open(instance, call, &m.look);
    const struct asking *a = &m.look.g.ask;
    if (r == PROXIMO_OK)
        r = disk_wanted(&m.look, ask_argument(a, "disk"), &m.disk);
    if (r == PROXIMO_OK) {
        m.target = ask_argument(a, "target_storage");
        m.format = ask_argument(a, "format");
        m.bwlimit = ask_argument(a, "bwlimit");
        m.delete_source = ask_flag(a, "delete_source");
        r = m.target ? move(&m) : PROXIMO_ENOMEM;
    }
    disk_done(&m.look);
    return r;
}

/* ---- the way back */

/* The disk's option as the record's first guard has it; NULL: it does not say. */
static const char *option_before(const struct asking *a, struct json_object *record, const char *slot)
{
    struct json_object *before = member_of(record, "before");
    struct json_object *first =
        json_object_is_type(before, json_type_array) ? json_object_array_get_idx(before, 0) : NULL;
    const char *selector = ask_text(a, "/%s", slot);
    const char *value = selector ? member_text(first, selector) : NULL;
    return value ? value : member_text(first, slot);
}

int32_t guests_undo_disk_move(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    struct disk_move m = {0};
    struct json_object *record DROP_JSON = json_of(record_json);
    struct json_object *arguments = member_of(record, "arguments");
    const char *slot = member_text(arguments, "disk");
    int32_t r = disk_open(instance, call, &m.look);
    const struct asking *a = &m.look.g.ask;
    const char *was = r == PROXIMO_OK && slot ? option_before(a, record, slot) : NULL;
    const size_t storage = was ? strcspn(was, ":,") : 0;
    if (r == PROXIMO_OK && (!was || was[storage] != ':')) {
        (void)a->host->undo(call, PROXIMO_UNDO_NONE, NULL, 0);
        r = a->host->fail(call, PROXIMO_ENOTFOUND, "the record does not say where the disk of %s was",
                          guest_label(&m.look.g));
    }
    if (r == PROXIMO_OK)
        r = disk_wanted(&m.look, slot, &m.disk);
    if (r == PROXIMO_OK && was) {
        const char *volid = ask_text(a, "%.*s", (int)strcspn(was, ","), was);
        m.target = ask_text(a, "%.*s", (int)storage, was);
        /* on file storage the format was a choice */
        m.format = volid && strchr(volid, '/') && strrchr(volid, '.') && !guest_is_lxc(&m.look.g)
                       ? format_of(volid)
                       : NULL;
        m.back = m.delete_source = true; /* what is deleted is the copy that the move made */
        r = volid && m.target ? move(&m) : PROXIMO_ENOMEM;
    }
    disk_done(&m.look);
    return r;
}
