/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Snapshots of a disk that is copied to another node: they go along only where the storage can send them.
 * Which disks a snapshot holds stands in the configuration that it kept. Sources: GET .../snapshot, GET
 * .../config?snapshot=.
 */
#include "migrate.h"

#define SNAPSHOTS_READ 16u /* so many are looked into; of more, every disk counts as held */

/* 1: this snapshot holds the volume, or it cannot be seen that it does not; 0: it does not. */
static int32_t holds(const struct migration *m, const char *snapshot, const char *volid)
{
    const struct asking *a = &m->view->ask;
    const bool lxc = guest_is_lxc(m->g);
    const struct proximo_field fields[] = {m->g->at[0], m->g->at[1], m->g->at[2],
                                           FIELD("snapshot", snapshot)};
    const struct proximo_get get = {ROW(proximo_get), .path = GUEST_CONFIG, .fields = fields,
                                    .field_count = 4};
    struct guest_disk *disks = a->host->alloc(a->call, GUEST_DISKS_MOST * sizeof(*disks));
    struct looked then = {0};
    uint32_t count = 0;
    int32_t found = 0;

    if (!disks)
        return PROXIMO_ENOMEM;
    int32_t r = ask_look(a, &get, &then);
    if (r < 0)
        return r;
    if (!member_text(then.data, "digest")) {
        json_object_put(then.data);
        return 1;
    }
    r = guest_disks(a, then.data, lxc, disks, GUEST_DISKS_MOST, &count);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++)
        found = found || strcmp(disks[i].volid, volid) == 0;
    json_object_put(then.data);
    return r < 0 ? r : found;
}

/* Of the list, without "current". 1, 0 as above. */
static int32_t any_holds(const struct migration *m, struct json_object *list, const char *volid)
{
    const size_t count = json_object_array_length(list);
    int32_t r = 0;

    if (count > SNAPSHOTS_READ + 1)
        return 1;
    for (size_t i = 0; r == 0 && i < count; i++) {
        const char *name = member_text(json_object_array_get_idx(list, i), "name");
        if (name && strcmp(name, "current") != 0)
            r = holds(m, name, volid);
    }
    return r;
}

/* Can the storage send a volume with its snapshots? */
static bool sends(const struct migration *m, const struct guest_disk *disk, const char *type)
{
    const size_t len = strlen(disk->volid);
    const bool qcow2 = len > 6 && strcmp(disk->volid + len - 6, ".qcow2") == 0;

    return type && (strcmp(type, "zfspool") == 0 || (strcmp(type, "btrfs") == 0 && !qcow2) ||
                    (qcow2 && !guest_is_lxc(m->g)));
}

int32_t migrate_snapshots(struct migration *m, const struct guest_disk *disk, const char *type)
{
    const struct asking *a = &m->view->ask;
    const char *vm = ask_text(a, "/vms/%s", m->g->vmid);
    const struct proximo_need need[] = {NEED(vm, "VM.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = GUEST_SNAPS, .fields = m->g->at,
                                    .field_count = 3, .needs = ROWS(need, 1)};
    struct looked list = {0};
    int32_t r = vm ? ask_look(a, &get, &list) : PROXIMO_ENOMEM;

    if (r < 0)
        return r;
    const bool answered = list.data != NULL, whole = snapshot_named(list.data, "current") != NULL;
    r = whole ? any_holds(m, list.data, disk->volid) : 0;
    json_object_put(list.data);
    if (!whole)
        return migrate_unknown(m, ask_text(a, "the snapshots of guest %s", m->g->vmid),
                               answered ? "the list came back without its last entry" : list.why);
    if (r <= 0)
        return r;
    if (MIGRATE_RUNNING(m) && !guest_is_lxc(m->g))
        return migrate_refuse(
            m, migrate_disk_name(m, disk),
            ask_text(a, "it runs, and disk %s, which is copied, has snapshots", disk->slot));
    if (sends(m, disk, type))
        return PROXIMO_OK;
    return migrate_refuse(m, migrate_disk_name(m, disk),
                          ask_text(a, "disk %s has snapshots, which storage of type %s cannot send",
                                   disk->slot, type ? type : "unknown"));
}
