/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a backup of one guest affects: the guest meanwhile, what is not in the archive, the space, and the
 * older archives that the storage's retention removes after it. Of space only is told whether it suffices,
 * because nothing here may differ from one reading to the next by itself. Sources: GET
 * /nodes/{node}/storage/{storage}/prunebackups (Proxmox's own dry run), and those of backup.h.
 */
#include "backup.h"

#define NAMED_MOST 20u /* archives that are named one by one */

struct looking {
    struct guest g;
    struct migrate_view view;
    const char *storage, *mode;
    struct json_object *entry; /* of the storage, borrowed; NULL: not seen */
    uint64_t bytes;            /* of the disks that are backed up; 0: not known */
};

static int32_t incomplete(const struct looking *l, const char *what, const char *why)
{
    return what ? l->g.ask.host->incomplete(l->g.ask.call, what, why ? why : "it could not be read")
                : PROXIMO_ENOMEM;
}

/* ---- the guest */

/* Storage on which a container's volumes can be snapshotted; without, vzdump takes suspend instead. */
static bool can_snapshot(const char *type)
{
    static const char *const types[] = {"zfspool", "lvmthin", "rbd", "btrfs"};
    for (size_t i = 0; type && i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(type, types[i]) == 0)
            return true;
    }
    return false;
}

/* 1: mode snapshot becomes suspend. */
static int32_t falls_back(struct looking *l)
{
    struct guest_disk *disks = l->g.ask.host->alloc(l->g.ask.call, GUEST_DISKS_MOST * sizeof(*disks));
    struct json_object *rows = NULL;
    uint32_t count = 0;
    int32_t r = disks ? migrate_list(&l->view, MIGRATE_STORAGES, &rows) : PROXIMO_ENOMEM;

    if (r < 0 || !guest_is_lxc(&l->g) || strcmp(l->mode, "snapshot") != 0)
        return r < 0 ? r : 0;
    r = guest_disks(&l->g.ask, l->g.config, true, disks, GUEST_DISKS_MOST, &count);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++) {
        struct json_object *row = disks[i].storage ? migrate_row(rows, "storage", disks[i].storage) : NULL;
        if (disks[i].flags & (DISK_NO_BACKUP | DISK_UNUSED | DISK_BIND | DISK_DEVICE | DISK_EMPTY))
            continue;
        if (row && !can_snapshot(member_text(row, "type")))
            return 1;
    }
    return r;
}

/* The agent of a machine freezes its file systems for the snapshot, unless told not to. */
static bool freezes(const struct guest *g)
{
    const char *agent = guest_is_lxc(g) ? NULL : member_text(g->config, "agent");
    const bool enabled = agent && (*agent == '1' || strstr(agent, "enabled=1"));
    return enabled && !strstr(agent, "freeze-fs-on-backup=0") && !strstr(agent, "fsfreeze=0") &&
           !strstr(agent, "freeze-fs=0");
}

static const char *effect_of(const struct looking *l, bool falls)
{
    const struct guest *g = &l->g;
    const bool lxc = guest_is_lxc(g);

    if (!guest_running(g))
        return "is stopped, and its backup interrupts nothing; it is locked meanwhile";
    if (strcmp(l->mode, "stop") == 0)
        return lxc ? "is shut down, and started again when its backup is done: everything it serves is gone "
                     "until then"
                   : "is shut down and started again at once, and backed up while it starts: what it serves "
                     "is gone meanwhile";
    if (falls)
        return "has a disk on storage without snapshots: vzdump then suspends it while it copies the rest, "
               "and "
               "needs space for a copy on its node; it is locked meanwhile";
    if (strcmp(l->mode, "suspend") == 0)
        return "stands still for a part of its backup, and is locked meanwhile";
    return freezes(g)
               ? "is backed up while it runs: its agent freezes the file systems for a moment, its disks "
                 "are slower, and it is locked: no change of its configuration, snapshot or move until it "
                 "is done"
               : "is backed up while it runs: its disks are slower, and it is locked: no change of its "
                 "configuration, snapshot or move until it is done";
}

static int32_t tell_guest(struct looking *l)
{
    struct guest *g = &l->g;
    const int32_t falls = falls_back(l);
    struct json_object *facts = falls < 0 ? NULL : json_object_new_object();

    if (falls < 0)
        return falls;
    if (facts) {
        json_object_object_add(facts, "node", json_object_new_string(g->node));
        json_object_object_add(facts, "kind", json_object_new_string(g->kind));
        json_object_object_add(facts, "running", json_object_new_boolean(guest_running(g)));
        json_object_object_add(facts, "mode", json_object_new_string(falls ? "suspend" : l->mode));
    }
    const bool interrupts = guest_running(g) && (falls || strcmp(l->mode, "snapshot") != 0);
    return tell_affected(&g->ask, interrupts ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_LOW,
                         ask_text(&g->ask, "guest/%s", g->vmid), member_text(g->status, "name"),
                         effect_of(l, falls == 1), facts);
}

/* ---- space */

static int32_t tell_space(struct looking *l, struct json_object *archives)
{
    const struct asking *a = &l->g.ask;
    const char *resource = ask_text(a, "storage/%s", l->storage);
    const int64_t last = json_object_get_int64(member_of(backup_newest(archives), "size"));
    struct json_object *free_json = NULL;
    int32_t r = backup_free(&l->view, l->storage, &free_json);

    if (r < 0)
        return r;
    if (!free_json || !l->bytes)
        return incomplete(l, ask_text(a, "whether the backup fits on %s", l->storage),
                          free_json ? "the size of a disk is not in the configuration"
                                    : migrate_why(&l->view, MIGRATE_TARGET_STORAGE));
    const uint64_t left = (uint64_t)json_object_get_int64(free_json);
    if (left >= l->bytes)
        return tell_affected(a, PROXIMO_RISK_LOW, resource, NULL,
                             "has room for all that the guest's disks can hold", NULL);
    if (last <= 0)
        return tell_affected(
            a, PROXIMO_RISK_MEDIUM, resource, NULL,
            "is tight: less is free than the guest's disks can hold, and there is no earlier "
            "backup to judge by",
            NULL);
    if (left / 5 * 4 >= (uint64_t)last)
        return tell_affected(
            a, PROXIMO_RISK_LOW, resource, NULL,
            "has room for a backup like the last one, but not for all that the guest's disks "
            "can hold",
            NULL);
    return tell_affected(a, PROXIMO_RISK_HIGH, resource, NULL,
                         "is too full: about as much is free as the last backup took, or less; the backup "
                         "fails when the storage is full, and others with it",
                         NULL);
}

/* ---- retention */

static int32_t tell_pruned(struct looking *l, struct json_object *rows)
{
    const struct asking *a = &l->g.ask;
    struct json_object *facts = json_object_new_object(), *names = json_object_new_array();
    unsigned removed = 0;

    for (size_t i = 0; names && i < json_object_array_length(rows); i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        if (!member_is(row, "mark", "remove") || !member_text(row, "volid"))
            continue;
        if (removed++ < NAMED_MOST)
            json_object_array_add(names, json_object_new_string(member_text(row, "volid")));
    }
    const char *keep = member_text(l->entry, "prune-backups");
    if (!facts || !names) {
        json_object_put(facts);
        json_object_put(names);
        return PROXIMO_ENOMEM;
    }
    if (keep)
        json_object_object_add(facts, "prune-backups", json_object_new_string(keep));
    json_object_object_add(facts, "would_go", names);
    return tell_affected(
        a, removed ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_LOW,
        ask_text(a, "backups of guest/%s on %s", l->g.vmid, l->storage), NULL,
        removed
            ? ask_text(a,
                       "%u of them %s by the storage's retention after this backup, which may push out one "
                       "more; protected ones stay, and nothing brings the others back",
                       removed, removed == 1 ? "goes" : "go")
            : "the storage's retention holds after this backup, which may push out one of them; protected "
              "ones stay",
        facts);
}

static int32_t tell_retention(struct looking *l)
{
    const struct asking *a = &l->g.ask;
    const struct proximo_field at[] = {l->g.at[0], FIELD("storage", l->storage), FIELD("vmid", l->g.vmid),
                                       FIELD("type", l->g.kind)};
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/storage/{storage}/prunebackups",
                                    .fields = at, .field_count = 4};
    const char *keep = member_text(l->entry, "prune-backups");
    struct looked looked;

    if (l->entry && (!keep || strstr(keep, "keep-all")))
        return PROXIMO_OK;
    int32_t r = ask_look(a, &get, &looked);
    if (r < 0)
        return r;
    r = json_object_is_type(looked.data, json_type_array)
            ? tell_pruned(l, looked.data)
            : incomplete(l, ask_text(a, "what the retention of %s removes after this backup", l->storage),
                         looked.why);
    json_object_put(looked.data);
    return r;
}

/* ---- */

static int32_t look_at_storage(struct looking *l)
{
    const struct asking *a = &l->g.ask;
    struct json_object *rows = NULL;
    struct looked archives = {0};
    int32_t r = migrate_list(&l->view, MIGRATE_STORAGES, &rows);

    l->entry = r == PROXIMO_OK ? migrate_row(rows, "storage", l->storage) : NULL;
    if (r == PROXIMO_OK && !l->entry)
        r = incomplete(l, ask_text(a, "storage %s", l->storage), migrate_why(&l->view, MIGRATE_STORAGES));
    if (r == PROXIMO_OK)
        r = backup_archives(&l->g, l->storage, &archives);
    if (r == PROXIMO_OK && (!archives.data || !archives.complete))
        r = incomplete(l, ask_text(a, "the backups on %s", l->storage),
                       archives.data ? "this token does not see all of them" : archives.why);
    if (r == PROXIMO_OK)
        r = tell_space(l, archives.data);
    json_object_put(archives.data);
    return r == PROXIMO_OK ? tell_retention(l) : r;
}

int32_t guests_blast_backup(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct json_object *subject DROP_JSON = json_of(subject_json);
    struct looking l = {0};
    int32_t r = guest_open_subject(instance, call, subject_json, &l.g);

    if (r == PROXIMO_ENOTFOUND)
        return PROXIMO_OK; /* said as incomplete */
    l.storage = member_text(subject, "storage");
    l.mode = member_text(subject, "mode") ? member_text(subject, "mode") : "snapshot";
    if (r == PROXIMO_OK && !l.storage)
        r = l.g.ask.host->fail(call, PROXIMO_EINVAL, "the subject has no storage");
    if (r == PROXIMO_OK)
        r = migrate_read_guest(&l.g);
    if (r == PROXIMO_OK) {
        migrate_open(&l.g.ask, l.g.node, &l.view);
        r = tell_guest(&l);
        if (r == PROXIMO_OK)
            r = backup_disks(&l.g, true, &l.bytes);
        if (r == PROXIMO_OK)
            r = look_at_storage(&l);
        migrate_close(&l.view);
    }
    guest_done(&l.g);
    return r == PROXIMO_ENOTFOUND ? PROXIMO_OK : r; /* said as incomplete */
}
