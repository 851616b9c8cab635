/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom the move of a disk affects: the guest, the storage that it goes to and who else is there, the one that
 * it leaves, its snapshots and its replication.
 */
#include "disk_move.h"
#include "disk_unlink.h"

static int32_t tell_disk(const struct disk_move *m)
{
    const struct asking *a = &m->look.g.ask;
    struct json_object *facts = json_object_new_object();
    const char *effect =
        ask_text(a, "is copied from storage %s to %s%s%s", m->disk->storage, m->target,
                 guest_running(&m->look.g) ? " while the guest runs, which is slower meanwhile" : "",
                 m->disk->flags & DISK_LINKED ? "; it was a linked clone, and the copy is full" : "");
    if (facts) {
        json_object_object_add(facts, "volume", json_object_new_string(m->disk->volid));
        if (m->disk->size)
            json_object_object_add(facts, "size", json_object_new_string(m->disk->size));
    }
    return tell_affected(a, guest_is_template(&m->look.g) ? PROXIMO_RISK_HIGH : PROXIMO_RISK_LOW,
                         disk_name(&m->look, m->disk->slot), NULL, effect, facts);
}

static int32_t tell_source(const struct disk_move *m)
{
    const struct asking *a = &m->look.g.ask;
    const bool kept = !m->delete_source || m->holders.count;
    return tell_affected(a, kept ? PROXIMO_RISK_LOW : PROXIMO_RISK_MEDIUM,
                         ask_text(a, "volume/%s", m->disk->volid), NULL,
                         m->holders.count ? "stays with the snapshots that hold it, and keeps its room"
                         : kept           ? "stays as an unused disk, and keeps its room"
                                          : "is deleted when the copy is whole",
                         NULL);
}

/* A target that its guest's other node does not have, or that is no longer the same on all nodes. */
static int32_t tell_places(struct disk_move *m, const struct disk_room *room)
{
    const struct asking *a = &m->look.g.ask;
    struct json_object *configs = NULL;
    int32_t r = migrate_list(&m->look.view, MIGRATE_STORAGES, &configs);
    if (r < 0)
        return r;
    struct json_object *from = migrate_row(configs, "storage", m->disk->storage);
    if (!room->config)
        return a->host->incomplete(a->call, ask_text(a, "storage %s", m->target),
                                   migrate_why(&m->look.view, MIGRATE_STORAGES));
    if (storage_is_shared(room->config) || !from || !storage_is_shared(from))
        return PROXIMO_OK;
    const char *what = ask_text(a, "guest/%s", m->look.g.vmid);
    return tell_affected(
        a, guest_managed(&m->look.g) ? PROXIMO_RISK_HIGH : PROXIMO_RISK_MEDIUM, what,
        member_text(m->look.g.status, "name"),
        guest_managed(&m->look.g)
            ? "its disk leaves shared storage: HA can no longer start it on another node"
            : "its disk leaves shared storage: it is on its node alone, and a migration copies it",
        NULL);
}

/* A source that is deleted may be a disk of others as well. */
static int32_t tell_others(struct disk_move *m)
{
    struct disk_unlink u = {.look = m->look, .disks = {m->disk}, .count = 1, .force = true, .destroys = true};
    if (!m->delete_source || m->holders.count)
        return PROXIMO_OK;
    int32_t r = disk_unlink_tell_others(&u);
    m->look = u.look; /* with the lists that were read meanwhile */
    return r;
}

static int32_t blast(struct disk_move *m)
{
    const struct asking *a = &m->look.g.ask;
    struct disk_room room = {0};
    if (!m->disk || !m->disk->storage || !m->target)
        return a->host->incomplete(a->call, "the disk", "the configuration has none in this slot");
    int32_t r = disk_size(&m->look, m->disk, &m->bytes);
    if (r == PROXIMO_OK)
        r = disk_holders(&m->look, m->disk->volid, &m->holders);
    if (r == PROXIMO_OK)
        r = tell_disk(m);
    if (r == PROXIMO_OK)
        r = disk_room(&m->look, m->target, m->bytes, &room);
    if (r == PROXIMO_OK)
        r = disk_room_tell(&m->look, &room);
    if (r == PROXIMO_OK)
        r = tell_source(m);
    if (r == PROXIMO_OK)
        r = tell_others(m);
    if (r == PROXIMO_OK)
        r = tell_places(m, &room);
    disk_room_done(&room);
    if (r == PROXIMO_OK)
        r = disk_holders_tell(&m->look, &m->holders, PROXIMO_RISK_MEDIUM,
                              "holds the disk as it was on the old storage; the moved disk has no snapshot");
    return r == PROXIMO_OK ? disk_replication_tell(
                                 &m->look, PROXIMO_RISK_MEDIUM,
                                 "the disk is copied whole again, if its new storage can be replicated at "
                                 "all; otherwise the job fails")
                           : r;
}

int32_t guests_blast_disk_move(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct json_object *subject DROP_JSON = json_of(subject_json);
    struct disk_move m = {.target = member_text(subject, "target"),
                          .delete_source = member_true(subject, "delete_source")};
    int32_t r = disk_open_subject(instance, call, subject_json, &m.look);
    m.disk = r == PROXIMO_OK ? disk_find(&m.look, member_text(subject, "disk")) : NULL;
    if (r == PROXIMO_OK)
        r = blast(&m);
    disk_done(&m.look);
    return r == PROXIMO_ENOTFOUND ? PROXIMO_OK : r; /* said as incomplete */
}
