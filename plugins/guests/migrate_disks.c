/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disks of a guest that moves. Only a disk whose storage the target provably has stays out of the way:
 * one that is on its node alone is copied or refused, and of one that nothing is known of the risk is high.
 * Sources: GET /storage (shared, nodes, disable), GET /nodes/{target}/storage.
 */
#include "migrate.h"

struct place {
    struct json_object *storage; /* as configured */
    bool shared;
};

const char *migrate_disk_name(const struct migration *m, const struct guest_disk *disk)
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
            m, migrate_disk_name(m, disk),
            ask_text(a, "its disk %s is on storage %s, which is not defined", disk->slot, disk->storage));
    if (!storage) {
        r = migrate_unknown(
            m,
            ask_text(a, "storage %s, which disk %s of guest %s is on", disk->storage, disk->slot, m->g->vmid),
            migrate_why(m->view, MIGRATE_STORAGES));
        return r < 0 ? r
                     : migrate_say(m, PROXIMO_RISK_HIGH, migrate_disk_name(m, disk),
                                   "whether the target can see it is not known", NULL);
    }
    if (member_true(storage, "disable"))
        return migrate_refuse(
            m, migrate_disk_name(m, disk),
            ask_text(a, "storage %s of its disk %s is disabled", disk->storage, disk->slot));
    if (!storage_on_node(storage, m->view->target))
        return migrate_refuse(m, migrate_disk_name(m, disk),
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
                     m, PROXIMO_RISK_HIGH, migrate_disk_name(m, disk),
                     "is larger than what is free on the target's storage of that name: the copy fails "
                     "if all of it is used",
                     NULL);
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
    r = migrate_say(m, replica ? PROXIMO_RISK_LOW : PROXIMO_RISK_MEDIUM, migrate_disk_name(m, disk),
                    replica
                        ? "is replicated to the target: what changed since the last run is copied"
                        : ask_text(a, "is copied whole to storage %s of %s; the original is deleted after it",
                                   disk->storage, m->view->target),
                    facts);
    if (r == PROXIMO_OK && !replica)
        r = space(m, disk);
    return r == PROXIMO_OK && !replica ? migrate_snapshots(m, disk, type) : r;
}

static int32_t local(struct migration *m, const struct guest_disk *disk, const struct place *place)
{
    const struct asking *a = &m->view->ask;
    const bool cloudinit = strstr(disk->volid, "cloudinit") != NULL;

    if ((disk->flags & DISK_CDROM) && !cloudinit)
        return migrate_refuse(
            m, migrate_disk_name(m, disk),
            ask_text(a, "the CD in %s is on storage %s of its node", disk->slot, disk->storage));
    if (disk->flags & DISK_CDROM)
        return migrate_say(m, PROXIMO_RISK_LOW, migrate_disk_name(m, disk),
                           "is made anew on the target: cloud-init", NULL);
    if ((disk->flags & DISK_LINKED) && guest_is_lxc(m->g))
        return migrate_refuse(
            m, migrate_disk_name(m, disk),
            ask_text(a, "disk %s is a linked clone on storage %s of its node", disk->slot, disk->storage));
    if (!m->with_local_disks)
        return migrate_refuse(m, migrate_disk_name(m, disk),
                              ask_text(a, "disk %s is on storage %s of its node; with_local_disks copies it",
                                       disk->slot, disk->storage));
    int32_t r = PROXIMO_OK;
    if (disk->flags & DISK_LINKED)
        r = migrate_say(m, PROXIMO_RISK_HIGH, migrate_disk_name(m, disk),
                        "is a linked clone on storage of its node: not every storage can send it", NULL);
    else if (guest_is_template(m->g))
        r = migrate_say(
            m, PROXIMO_RISK_HIGH, migrate_disk_name(m, disk),
            "is a template's on storage of its node: Proxmox refuses it where linked clones are based "
            "on it",
            NULL);
    return r == PROXIMO_OK ? copied(m, disk, place) : r;
}

static int32_t outside(struct migration *m, const struct guest_disk *disk)
{
    const struct asking *a = &m->view->ask;

    if (disk->flags & DISK_EMPTY)
        return PROXIMO_OK;
    if (disk->flags & DISK_SHARED)
        return migrate_say(
            m, PROXIMO_RISK_HIGH, migrate_disk_name(m, disk),
            "is a path or device that is declared to be the same on all nodes: nobody checks that", NULL);
    if (disk->flags & DISK_CDROM)
        return migrate_refuse(m, migrate_disk_name(m, disk),
                              ask_text(a, "%s is the CD drive of its node", disk->slot));
    return migrate_refuse(m, migrate_disk_name(m, disk),
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
    return migrate_say(m, PROXIMO_RISK_LOW, migrate_disk_name(m, disk),
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
