/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom it affects when disks are taken away from a guest: what it boots from, and, where volumes are deleted,
 * every guest whose configuration names one of them exactly. Sources: GET /cluster/resources, GET .../config.
 */
#include "disk_unlink.h"

#define CONFIGS_MOST 4000u /* of one plan */
#define UNREAD_NAMED 20u   /* guests named one by one; the others are counted */

static const char *effect_of(const struct disk_unlink *u, const struct guest_disk *disk, uint32_t *ret_risk)
{
    *ret_risk = PROXIMO_RISK_HIGH;
    if (disk_unlink_deletes(u, disk))
        return disk->flags & DISK_UNUSED ? "is deleted with all its data; it was not attached"
               : disk->flags & DISK_BOOT ? "is deleted with all its data, and the guest boots from it, or may"
                                         : "is taken away and deleted with all its data";
    if (disk->flags & DISK_STATE)
        return "is taken away: without its EFI variables or TPM state the guest does not start as before";
    if ((disk->flags & DISK_BOOT) && !(disk->flags & DISK_UNUSED))
        return "is taken away: the guest boots from it, or may, and does not start without it";
    *ret_risk = PROXIMO_RISK_MEDIUM;
    if (u->destroys)
        return "is another guest's volume: the entry goes, the volume stays";
    if ((disk->flags & DISK_CDROM) && strstr(disk->volid, "cloudinit"))
        return "is the cloud-init drive: it is deleted, and the guest starts without its settings";
    if (disk->flags & DISK_CDROM)
        return "is a CD drive: the drive goes, what is in it stays";
    if (!disk->storage)
        return "is a directory or device of the node: the entry goes, the data stays";
    return guest_running(&u->look.g) ? "is taken away while the guest runs: what uses it there fails"
                                     : "is taken away; its data stays as an unused disk";
}

static int32_t tell_disks(const struct disk_unlink *u)
{
    const struct asking *a = &u->look.g.ask;
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < u->count; i++) {
        uint32_t risk = PROXIMO_RISK_HIGH;
        const char *effect = effect_of(u, u->disks[i], &risk);
        struct json_object *facts = json_object_new_object();
        if (facts)
            json_object_object_add(facts, "volume", json_object_new_string(u->disks[i]->volid));
        r = tell_affected(a, risk, disk_name(&u->look, u->disks[i]->slot), NULL, effect, facts);
    }
    return r;
}

/* ---- other guests that name a volume that is deleted */

struct naming {
    struct disk_unlink *u;
    struct guest_disk *disks;
    uint32_t unread, over;
};

static int32_t look_at(void *context, struct known_guest *guest)
{
    struct naming *n = context;
    const struct asking *a = &n->u->look.g.ask;
    uint32_t count = 0;
    int32_t r = guest->config ? guest_disks(a, guest->config, guest->lxc, n->disks, GUEST_DISKS_MOST, &count)
                              : PROXIMO_EPROTO;
    if (r < 0 && guest->config && ask_ends(r))
        return r;
    if (r < 0) {
        const bool over = guest->why && strcmp(guest->why, GUESTS_OVER_BUDGET) == 0;
        n->over += over;
        n->unread += !over;
        return over || n->unread > UNREAD_NAMED
                   ? PROXIMO_OK
                   : a->host->incomplete(
                         a->call, ask_text(a, "the configuration of guest %lld", (long long)guest->vmid),
                         guest->why ? guest->why : "it was not read");
    }
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++) {
        for (uint32_t k = 0; r == PROXIMO_OK && k < n->u->count; k++) {
            if (!disk_unlink_deletes(n->u, n->u->disks[k]) ||
                strcmp(n->disks[i].volid, n->u->disks[k]->volid) != 0)
                continue;
            r = tell_affected(
                a, PROXIMO_RISK_HIGH, ask_text(a, "guest/%lld", (long long)guest->vmid), guest->name,
                ask_text(a, "names the same volume as %s: it loses that disk", n->disks[i].slot), NULL);
        }
    }
    return r;
}

/* Is a volume that is deleted on storage that other nodes see? What is not known counts as seen. */
static int32_t is_shared(struct disk_unlink *u, bool *ret)
{
    struct json_object *configs = NULL;
    int32_t r = migrate_list(&u->look.view, MIGRATE_STORAGES, &configs);
    *ret = false;
    for (uint32_t i = 0; r == PROXIMO_OK && i < u->count; i++) {
        const struct guest_disk *disk = u->disks[i];
        struct json_object *config = disk->storage ? migrate_row(configs, "storage", disk->storage) : NULL;
        *ret |= disk_unlink_deletes(u, disk) && (!config || storage_is_shared(config));
    }
    return r;
}

int32_t disk_unlink_tell_others(struct disk_unlink *u)
{
    const struct asking *a = &u->look.g.ask;
    const int64_t own = (int64_t)digits_of(u->look.g.vmid, 999999999);
    struct naming n = {.u = u};
    struct known_guests all = {0};
    bool shared = true;
    int32_t r = is_shared(u, &shared);
    if (r == PROXIMO_OK)
        r = guests_list(a, &all);
    bool *wanted = r == PROXIMO_OK ? a->host->alloc(a->call, all.count + 1u) : NULL;
    n.disks = r == PROXIMO_OK ? a->host->alloc(a->call, GUEST_DISKS_MOST * sizeof(*n.disks)) : NULL;
    if (r == PROXIMO_OK && (!wanted || !n.disks))
        r = PROXIMO_ENOMEM;
    for (uint32_t i = 0; r == PROXIMO_OK && i < all.count; i++)
        wanted[i] = all.rows[i].vmid != own && (shared || strcmp(all.rows[i].node, u->look.g.node) == 0);
    if (r == PROXIMO_OK)
        r = guests_visit_configs(a, &all, wanted, CONFIGS_MOST, "configurations are looked at", look_at, &n);
    const uint32_t more = n.over + (n.unread > UNREAD_NAMED ? n.unread - UNREAD_NAMED : 0);
    if (r == PROXIMO_OK && more)
        r = a->host->incomplete(a->call, ask_text(a, "the configurations of %u more guests", (unsigned)more),
                                n.over ? "a plan looks at 4000 of them" : "they could not be read");
    guests_done(&all);
    return r;
}

/* ---- the two classes */

static int32_t take_disks(struct disk_unlink *u, const char *list)
{
    const struct asking *a = &u->look.g.ask;
    int32_t r = PROXIMO_OK;
    for (const char *at = list; r == PROXIMO_OK && at && *at && u->count < UNLINK_MOST;) {
        const size_t len = strcspn(at, ",");
        const char *slot = ask_text(a, "%.*s", (int)len, at);
        const struct guest_disk *disk = slot ? disk_find(&u->look, slot) : NULL;
        if (disk)
            u->disks[u->count++] = disk;
        else
            r = a->host->incomplete(a->call, "a disk", "the configuration has none in this slot");
        at += len + (at[len] == ',');
    }
    return r;
}

static int32_t blast(void *instance, struct proximo_call *call, struct proximo_text subject_json,
                     bool destroys)
{
    struct json_object *subject DROP_JSON = json_of(subject_json);
    struct disk_unlink u = {.force = member_true(subject, "force"), .destroys = destroys};
    int32_t r = disk_open_subject(instance, call, subject_json, &u.look);
    if (r == PROXIMO_OK)
        r = take_disks(&u, member_text(subject, "disks"));
    if (r == PROXIMO_OK)
        r = tell_disks(&u);
    if (r == PROXIMO_OK && destroys)
        r = disk_unlink_tell_others(&u);
    disk_done(&u.look);
    return r == PROXIMO_ENOTFOUND ? PROXIMO_OK : r; /* said as incomplete */
}

int32_t guests_blast_disk_unlink(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return blast(instance, call, subject_json, false);
}

int32_t guests_blast_disk_destroy(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return blast(instance, call, subject_json, true);
}
