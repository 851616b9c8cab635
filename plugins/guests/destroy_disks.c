/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of the volumes of a guest that is destroyed. Proxmox deletes those that its configuration and
 * its snapshots name and that are its own by their names; volumes of its that no entry names stay, because
 * destroy-unreferenced-disks is not sent. Sources: GET .../config, GET
 * /nodes/{node}/storage/{storage}/content.
 */
#include "../common/archives.h"
#include "destroy.h"

#define CLONES_MOST 4000u /* configurations that are read for a template's linked clones */
#define USERS_MOST  1000u /* the same for another guest, whose volumes are hardly anybody's */
#define NAMED_MOST  50u   /* other guests, unread ones: told one by one */

/* ---- the disks of its configuration */

static const char *disk_effect(const struct guest *g, const struct guest_disk *disk, uint32_t *ret_risk)
{
    const int64_t owner = disk->storage ? volume_owner(disk->volid) : 0;
    *ret_risk = PROXIMO_RISK_LOW;
    if (disk->flags & DISK_EMPTY)
        return NULL;
    if (disk->flags & DISK_BIND)
        return "is a directory of the node: it stays as it is";
    if (disk->flags & DISK_DEVICE || !disk->storage)
        return "is a device or file of the node: it stays as it is";
    if (disk->flags & DISK_CDROM && strstr(disk->volid, ":iso/"))
        return "is an image in its CD drive: it stays where it is";
    if (owner && owner != (int64_t)digits_of(g->vmid, 999999999))
        return ask_text(&g->ask, "belongs to guest %lld by its name: it stays", (long long)owner);
    if (disk->flags & DISK_CDROM)
        return "is made for cloud-init: it is deleted";
    *ret_risk = PROXIMO_RISK_HIGH;
    if (!owner)
        return "whose it is cannot be told from its name: if it is the guest's, it is deleted";
    if (disk->flags & DISK_UNUSED)
        return "is kept as unused, and is deleted with its data";
    if (disk->flags & DISK_VMSTATE)
        return "is the memory that it was suspended with, and is deleted";
    if (disk->flags & DISK_LINKED)
        return "is a linked clone: what was written since is deleted, its base stays";
    return disk->flags & DISK_NO_BACKUP ? "is deleted with its data, which the guest's backups do not have"
                                        : "is deleted with its data";
}

static int32_t tell_disk(const struct guest *g, const struct guest_disk *disk)
{
    uint32_t risk = PROXIMO_RISK_HIGH;
    const char *effect = disk_effect(g, disk, &risk);
    struct json_object *facts = effect ? json_object_new_object() : NULL;
    if (!effect)
        return disk->flags & DISK_EMPTY ? PROXIMO_OK : PROXIMO_ENOMEM;
    if (facts) {
        json_object_object_add(facts, "volume", json_object_new_string(disk->volid));
        if (disk->storage)
            json_object_object_add(facts, "storage", json_object_new_string(disk->storage));
        if (disk->size)
            json_object_object_add(facts, "size", json_object_new_string(disk->size));
    }
    return tell_affected(&g->ask, risk, ask_text(&g->ask, "disk/%s/%s", g->vmid, disk->slot), NULL, effect,
                         facts);
}

/* ---- volumes that no entry names */

static bool is_named(const struct guest_disk *disks, uint32_t count, const char *volid)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(disks[i].volid, volid) == 0)
            return true;
    }
    return false;
}

static bool holds_disks(struct json_object *config)
{
    const char *content = member_text(config, "content");
    return !content || strstr(content, "images") || strstr(content, "rootdir");
}

static int32_t tell_left(const struct guest *g, struct json_object *list, const struct guest_disk *disks,
                         uint32_t count)
{
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && list && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *volid = member_text(row, "volid"), *vmid = member_text(row, "vmid");
        const bool disk = member_is(row, "content", "images") || member_is(row, "content", "rootdir");
        if (!volid || !disk || is_named(disks, count, volid) ||
            (vmid ? strcmp(vmid, g->vmid) != 0
                  : volume_owner(volid) != (int64_t)digits_of(g->vmid, 999999999)))
            continue;
        r = tell_affected(&g->ask, PROXIMO_RISK_MEDIUM, ask_text(&g->ask, "volume/%s", volid), NULL,
                          "has the guest's number and is in no entry of its present configuration: it "
                          "stays behind, unless a snapshot names it, and a later guest with this "
                          "number finds it",
                          NULL);
    }
    return r;
}

static int32_t look_at_storage(const struct guest *g, const struct known_storage *storage,
                               const struct guest_disk *disks, uint32_t count)
{
    const struct proximo_field fields[] = {FIELD("node", g->node), FIELD("storage", storage->storage),
                                           FIELD("vmid", g->vmid)};
    struct proximo_need needs[3];
    uint32_t need_count = 0;
    struct json_object *list DROP_JSON = NULL;
    const char *what = ask_text(&g->ask, "volumes of guest %s on storage %s", g->vmid, storage->storage);
    int32_t r = what ? content_needs(&g->ask, storage->storage, "images", g->vmid, needs, &need_count)
                     : PROXIMO_ENOMEM;
    const struct proximo_get get = {ROW(proximo_get), .path = CONTENT_PATH, .fields = fields,
                                    .field_count = 3, .needs = ROWS(needs, need_count)};
    if (r == PROXIMO_OK)
        r = guest_look(g, &get, json_type_array, what, &list);
    return r == PROXIMO_OK ? tell_left(g, list, disks, count) : r;
}

static int32_t tell_unreferenced(const struct guest *g, const struct guest_disk *disks, uint32_t count)
{
    struct known_storages storages;
    int32_t r = storages_read(&g->ask, &storages);
    if (r == PROXIMO_OK && !storages.complete)
        r = g->ask.host->incomplete(g->ask.call, "volumes of the guest on storages",
                                    storages.why ? storages.why : "the storages could not be listed");
    for (uint32_t i = 0; r == PROXIMO_OK && i < storages.count; i++) {
        const struct known_storage *one = &storages.rows[i];
        if (!one->disabled && holds_disks(one->config) && known_storage_on(one, g->node))
            r = look_at_storage(g, one, disks, count);
    }
    storages_done(&storages);
    return r;
}

int32_t destroy_tell_disks(const struct destruction *d)
{
    const struct guest *g = &d->g;
    struct guest_disk *disks = g->ask.host->alloc(g->ask.call, GUEST_DISKS_MOST * sizeof(*disks));
    uint32_t count = 0;
    int32_t r = disks ? guest_disks(&g->ask, g->config, guest_is_lxc(g), disks, GUEST_DISKS_MOST, &count)
                      : PROXIMO_ENOMEM;
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++)
        r = tell_disk(g, &disks[i]);
    return r == PROXIMO_OK ? tell_unreferenced(g, disks, count) : r;
}

/* ---- other guests on its volumes */

struct using
{
    const struct guest *g;
    struct guest_disk *disks;
    int64_t vmid;
    bool tell;
    const char *clones; /* "109, 112" */
    uint32_t clone_count, unread, over;
};

static int32_t tell_user(struct using *u, const struct known_guest *guest, const struct guest_disk *disk,
                         bool clone)
{
    const struct asking *a = &u->g->ask;
    if (clone && u->clone_count++ < 5)
        u->clones = u->clones ? ask_text(a, "%s, %lld", u->clones, (long long)guest->vmid)
                              : ask_text(a, "%lld", (long long)guest->vmid);
    if (!u->tell)
        return PROXIMO_OK;
    struct json_object *facts = json_object_new_object();
    if (facts) {
        json_object_object_add(facts, "slot", json_object_new_string(disk->slot));
        json_object_object_add(facts, "volume", json_object_new_string(disk->volid));
    }
    return tell_affected(
        a, PROXIMO_RISK_HIGH, ask_text(a, "guest/%lld", (long long)guest->vmid), guest->name,
        clone ? "is a linked clone of it: Proxmox refuses to delete the base while the clone is there"
              : "uses a volume that is this guest's by its name: the volume is deleted if this guest has it "
                "too",
        facts);
}

static int32_t visit(void *context, struct known_guest *guest)
{
    struct using *u = context;
    const struct asking *a = &u->g->ask;
    uint32_t count = 0;
    int32_t r = guest->config ? guest_disks(a, guest->config, guest->lxc, u->disks, GUEST_DISKS_MOST, &count)
                              : PROXIMO_EPROTO;
    if (r < 0 && guest->config && ask_ends(r))
        return r;
    if (r < 0 && guest->why &&
        (strcmp(guest->why, GUESTS_OVER_BUDGET) == 0 || strcmp(guest->why, GUESTS_NO_TIME) == 0)) {
        u->over++;
        return PROXIMO_OK;
    }
    if (r < 0)
        return u->unread++ >= NAMED_MOST
                   ? PROXIMO_OK
                   : a->host->incomplete(
                         a->call, ask_text(a, "the configuration of guest %lld", (long long)guest->vmid),
                         guest->why ? guest->why : "it was not read");
    for (uint32_t i = 0; i < count; i++) {
        const struct guest_disk *disk = &u->disks[i];
        const char *base = disk->base ? ask_text(a, "%s:%s", disk->storage, disk->base) : NULL;
        const bool clone = base && volume_owner(base) == u->vmid;
        if (disk->storage && (clone || volume_owner(disk->volid) == u->vmid))
            return tell_user(u, guest, disk, clone);
    }
    return PROXIMO_OK;
}

int32_t destroy_users(const struct destruction *d, bool tell, const char **ret_clones)
{
    const struct asking *a = &d->g.ask;
    struct known_guests guests;
    struct using u = {.g = &d->g, .tell = tell, .vmid = (int64_t)digits_of(d->g.vmid, 999999999)};
    u.disks = a->host->alloc(a->call, GUEST_DISKS_MOST * sizeof(*u.disks));
    int32_t r = u.disks ? guests_list(a, &guests) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    bool *wanted = a->host->alloc(a->call, guests.count + 1u);
    for (uint32_t i = 0; wanted && i < guests.count; i++)
        wanted[i] = guests.rows[i].vmid != u.vmid;
    r = wanted ? guests_visit_configs(a, &guests, wanted, guest_is_template(&d->g) ? CLONES_MOST : USERS_MOST,
                                      "looking for guests on this one's volumes", visit, &u)
               : PROXIMO_ENOMEM;
    guests_done(&guests);
    if (r == PROXIMO_OK && u.unread > NAMED_MOST)
        r = a->host->incomplete(a->call, "the configurations of more guests", "they could not be read");
    if (r == PROXIMO_OK && u.over)
        r = a->host->incomplete(a->call, "the configurations of other guests, which may be on its volumes",
                                "there are more than one plan looks at");
    if (r == PROXIMO_OK && ret_clones)
        *ret_clones = u.clones;
    return r;
}
