/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disks of a guest that moves. Only a disk whose storage the target provably has stays out of the way:
 * one that is on its node alone is copied or refused, and of one that nothing is known of the risk is high.
 * Sources: GET /storage (shared, nodes, disable), GET /nodes/{target}/storage, GET .../snapshot.
 */
#include "../common/guest_disks.h"
#include "migrate.h"

/* What can send a volume with its snapshots to another node; of "dir" it depends on the format. */
static const char sends_snapshots[] = " zfspool btrfs ";
static const char no_snapshots[] = " lvm lvmthin ";

struct place {
    struct json_object *storage; /* as configured */
    bool shared;
};

static bool is_word(const char *words, const char *word)
{
    const size_t len = word ? strlen(word) : 0;
    for (const char *at = len ? strstr(words, word) : NULL; at; at = strstr(at + 1, word)) {
        if (at[-1] == ' ' && at[len] == ' ')
            return true;
    }
    return false;
}

static const char *named(const struct migration *m, const struct guest_disk *disk)
{
    return ask_text(&m->view->ask, "disk/%s/%s", m->g->vmid, disk->slot);
}

/* 1: it is there, *ret says how. 0: said already. */
static int32_t place_of(struct migration *m, const struct guest_disk *disk, struct place *ret)
{
    const struct asking *a = &m->view->ask;
    struct json_object *storages = NULL;
    int32_t r = migrate_list(m->view, MIGRATE_STORAGES, &storages);

    if (r < 0)
        return r;
    struct json_object *storage = migrate_row(storages, "storage", disk->storage);
    if (!storage && migrate_complete(m->view, MIGRATE_STORAGES))
        return migrate_refuse(
            m, named(m, disk),
            ask_text(a, "its disk %s is on storage %s, which is not defined", disk->slot, disk->storage));
    if (!storage) {
        r = migrate_unknown(
            m,
            ask_text(a, "storage %s, which disk %s of guest %s is on", disk->storage, disk->slot, m->g->vmid),
            migrate_why(m->view, MIGRATE_STORAGES));
        return r < 0 ? r
                     : migrate_say(m, PROXIMO_RISK_HIGH, named(m, disk),
                                   "whether the target can see it is not known", NULL);
    }
    if (member_true(storage, "disable"))
        return migrate_refuse(
            m, named(m, disk),
            ask_text(a, "storage %s of its disk %s is disabled", disk->storage, disk->slot));
    if (!storage_on_node(storage, m->view->target))
        return migrate_refuse(m, named(m, disk),
                              ask_text(a, "storage %s of its disk %s is not available on %s", disk->storage,
                                       disk->slot, m->view->target));
    ret->storage = storage;
    ret->shared = storage_is_shared(storage);
    return 1;
}

/* ---- a disk on the node's own storage */

static int32_t space(struct migration *m, const struct guest_disk *disk)
{
    struct json_object *rows = NULL;
    int32_t r = migrate_list(m->view, MIGRATE_TARGET_STORAGE, &rows);
    if (r < 0)
        return r;
    struct json_object *avail = member_of(migrate_row(rows, "storage", disk->storage), "avail");
    const uint64_t size = disk->size ? disk_bytes(disk->size) : 0;
    if (!avail || !size)
        return migrate_unknown(m,
                               ask_text(&m->view->ask, "whether disk %s of guest %s fits on %s", disk->slot,
                                        m->g->vmid, m->view->target),
                               !size ? "its size is not in the configuration"
                                     : migrate_why(m->view, MIGRATE_TARGET_STORAGE));
    return size <= (uint64_t)json_object_get_int64(avail)
               ? PROXIMO_OK
               : migrate_say(
                     m, PROXIMO_RISK_HIGH, named(m, disk),
                     "is larger than what is free on the target's storage of that name: the copy fails "
                     "if all of it is used",
                     NULL);
}

/* Snapshots go along only where the storage can send them. */
static int32_t snapshots(struct migration *m, const struct guest_disk *disk, const char *type)
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
    const size_t count =
        json_object_is_type(list.data, json_type_array) ? json_object_array_length(list.data) : 0;
    const bool answered = list.data != NULL, whole = snapshot_named(list.data, "current") != NULL;
    json_object_put(list.data);
    if (!whole)
        return migrate_unknown(m, ask_text(a, "the snapshots of guest %s", m->g->vmid),
                               answered ? "the list came back without its last entry" : list.why);
    if (count < 2 || is_word(sends_snapshots, type))
        return count < 2 || guest_is_lxc(m->g) || !MIGRATE_RUNNING(m)
                   ? PROXIMO_OK
                   : migrate_refuse(m, named(m, disk),
                                    "a running machine with snapshots cannot take its local disks along");
    if (MIGRATE_RUNNING(m) && !guest_is_lxc(m->g))
        return migrate_refuse(m, named(m, disk),
                              "a running machine with snapshots cannot take its local disks along");
    if (is_word(no_snapshots, type))
        return migrate_refuse(
            m, named(m, disk),
            ask_text(a, "disk %s has snapshots, which storage of type %s cannot send", disk->slot, type));
    return migrate_say(m, PROXIMO_RISK_HIGH, named(m, disk),
                       "has snapshots: whether its storage can send them depends on the disk's format", NULL);
}

static int32_t copied(struct migration *m, const struct guest_disk *disk, const struct place *place)
{
    const struct asking *a = &m->view->ask;
    struct json_object *facts = json_object_new_object();
    const char *type = member_text(place->storage, "type");
    bool replica = false;
    int32_t r = migrate_is_replica(m, &replica);

    m->copies++;
    if (facts && disk->size)
        json_object_object_add(facts, "size", json_object_new_string(disk->size));
    if (facts)
        json_object_object_add(facts, "volume", json_object_new_string(disk->volid));
    if (r < 0) {
        json_object_put(facts);
        return r;
    }
    replica = replica && !(disk->flags & (DISK_NO_REPLICA | DISK_UNUSED));
    r = migrate_say(m, replica ? PROXIMO_RISK_LOW : PROXIMO_RISK_MEDIUM, named(m, disk),
                    replica
                        ? "is replicated to the target: what changed since the last run is copied"
                        : ask_text(a, "is copied whole to storage %s of %s; the original is deleted after it",
                                   disk->storage, m->view->target),
                    facts);
    if (r == PROXIMO_OK && !replica)
        r = space(m, disk);
    return r == PROXIMO_OK && !replica ? snapshots(m, disk, type) : r;
}

static int32_t local(struct migration *m, const struct guest_disk *disk, const struct place *place)
{
    const struct asking *a = &m->view->ask;
    const bool cloudinit = strstr(disk->volid, "cloudinit") != NULL;

    if ((disk->flags & DISK_CDROM) && !cloudinit)
        return migrate_refuse(
            m, named(m, disk),
            ask_text(a, "the CD in %s is on storage %s of its node", disk->slot, disk->storage));
    if (disk->flags & DISK_CDROM)
        return migrate_say(m, PROXIMO_RISK_LOW, named(m, disk), "is made anew on the target: cloud-init",
                           NULL);
    if (disk->flags & DISK_LINKED)
        return migrate_refuse(
            m, named(m, disk),
            ask_text(a, "disk %s is a linked clone on storage %s of its node", disk->slot, disk->storage));
    if (guest_is_template(m->g))
        return migrate_refuse(m, named(m, disk),
                              ask_text(a, "it is a template whose disk %s is on storage %s of its node",
                                       disk->slot, disk->storage));
    if (!m->with_local_disks)
        return migrate_refuse(m, named(m, disk),
                              ask_text(a, "disk %s is on storage %s of its node; with_local_disks copies it",
                                       disk->slot, disk->storage));
    return copied(m, disk, place);
}

static int32_t outside(struct migration *m, const struct guest_disk *disk)
{
    const struct asking *a = &m->view->ask;

    if (disk->flags & DISK_EMPTY)
        return PROXIMO_OK;
    if (disk->flags & DISK_SHARED)
        return migrate_say(
            m, PROXIMO_RISK_HIGH, named(m, disk),
            "is a path or device that is declared to be the same on all nodes: nobody checks that", NULL);
    if (disk->flags & DISK_CDROM)
        return migrate_refuse(m, named(m, disk), ask_text(a, "%s is the CD drive of its node", disk->slot));
    return migrate_refuse(m, named(m, disk),
                          ask_text(a, "%s is a %s of its node", disk->slot,
                                   disk->flags & DISK_BIND ? "directory" : "device or file"));
}

static int32_t one(struct migration *m, const struct guest_disk *disk)
{
    struct place place = {0};

    if (!disk->storage)
        return outside(m, disk);
    int32_t r = place_of(m, disk, &place);
    if (r != 1)
        return r;
    if (!place.shared)
        return local(m, disk, &place);
    return migrate_say(m, PROXIMO_RISK_LOW, named(m, disk),
                       "stays where it is: the target has its storage, which is shared", NULL);
}

int32_t migrate_disks(struct migration *m)
{
    struct guest_disk *disks = m->view->ask.host->alloc(m->view->ask.call, GUEST_DISKS_MOST * sizeof(*disks));
    uint32_t count = 0;

    if (!disks)
        return PROXIMO_ENOMEM;
    int32_t r = guest_disks(&m->view->ask, m->g->config, guest_is_lxc(m->g), disks, GUEST_DISKS_MOST, &count);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++)
        r = one(m, &disks[i]);
    return r;
}
