/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guests that have something on a storage. Its content says who owns a volume there; only their
 * configurations are read, and of a small cluster everybody's. Sources: GET /cluster/resources,
 * GET /nodes/{node}/storage/{storage}/content, GET .../config.
 */
#include "storage_blast.h"

#include "storage_types.h"

/* ---- one configuration */

struct looking {
    struct storage_blast *b;
    struct guest_disk *disks;
    uint32_t over, late, failed; /* not read: too many, no time, an error */
    const char *failed_first, *failed_why;
};

static bool is_here(const struct storage_blast *b, const char *storage)
{
    return storage && strcmp(storage, b->storage) == 0;
}

/* What kind of content a disk is there. */
static const char *content_of(const struct guest_disk *disk, bool lxc)
{
    if (disk->flags & DISK_CDROM)
        return strstr(disk->volid, ":iso/") ? "iso" : "images";
    return lxc ? "rootdir" : "images";
}

static void note(struct storage_hit *hit, uint32_t what, const char *slot)
{
    hit->what |= what;
    if (!hit->slots)
        hit->slots = json_object_new_array();
    if (hit->slots && slot)
        json_object_array_add(hit->slots, json_object_new_string(slot));
}

static uint32_t hit_of(const struct guest_disk *disk)
{
    if (disk->flags & DISK_UNUSED)
        return HIT_UNUSED;
    if (disk->flags & DISK_VMSTATE)
        return HIT_VMSTATE;
    if (disk->flags & DISK_CDROM)
        return strstr(disk->volid, ":iso/") ? HIT_CD : HIT_CLOUDINIT;
    return HIT_DATA | ((disk->flags & (DISK_BOOT | DISK_STATE)) ? HIT_BOOT : 0);
}

/* Base volumes on this storage tie the clone to its template. */
static void note_clone(struct storage_blast *b, const struct guest_disk *disk, struct storage_hit *hit)
{
    const char *text = disk->base ? ask_text(&b->ask, "%s:%s", disk->storage, disk->base) : NULL;
    const int64_t template = text ? volume_owner(text) : 0;
    hit->base = disk->base;
    if (template && b->clone_count < b->guests.count)
        b->clones[b->clone_count++] = (struct storage_clone){template, hit->guest->vmid};
}

static void look_at_disk(struct storage_blast *b, const struct guest_disk *disk, const char *path,
                         struct storage_hit *hit, bool *elsewhere)
{
    const bool data = !(disk->flags & DISK_NO_DATA);
    if ((disk->flags & DISK_BIND) && path && path_within(disk->volid, path))
        note(hit, HIT_BIND, disk->slot);
    if (!is_here(b, disk->storage)) {
        *elsewhere |= data;
        return;
    }
    if (!blast_loses(b, content_of(disk, hit->guest->lxc)))
        return;
    note(hit, hit_of(disk), disk->slot);
    hit->replicated_disk |= data && !(disk->flags & DISK_NO_REPLICA);
    if (disk->flags & DISK_LINKED)
        note_clone(b, disk, hit);
}

/* Directories that a container's file mounts past Proxmox: [["lxc.mount.entry", "/srv/x srv/x none bind"],
 * ...] */
static void look_at_raw_mounts(const char *path, struct storage_hit *hit)
{
    struct json_object *list = member_of(hit->guest->config, "lxc");
    const size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    for (size_t i = 0; path && i < count; i++) {
        struct json_object *pair = json_object_array_get_idx(list, i);
        if (!json_object_is_type(pair, json_type_array) || json_object_array_length(pair) != 2)
            continue;
        const char *key = json_object_get_string(json_object_array_get_idx(pair, 0));
        const char *value = json_object_get_string(json_object_array_get_idx(pair, 1));
        if (key && value && strcmp(key, "lxc.mount.entry") == 0 && path_within(value, path))
            note(hit, HIT_BIND, key);
    }
}

static int32_t look_at_files(struct storage_blast *b, struct storage_hit *hit)
{
    struct guest_file files[GUEST_FILES_MOST];
    uint32_t count = 0;
    int32_t r = guest_files(&b->ask, hit->guest->config, files, &count);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++) {
        if (is_here(b, files[i].storage) && blast_loses(b, "snippets"))
            note(hit, HIT_FILE, files[i].slot);
    }
    return r;
}

/* Where more than one disk may be the one to boot from, it is not said. */
static bool boot_is_guess(const struct guest_disk *disks, uint32_t count, struct json_object *config)
{
    const char *boot = member_text(config, "boot");
    uint32_t boots = 0;
    for (uint32_t i = 0; i < count; i++)
        boots += (disks[i].flags & DISK_BOOT) && !(disks[i].flags & DISK_CDROM);
    return boots > 1 && !(boot && strstr(boot, "order="));
}

static int32_t look_at_config(struct looking *looking, struct storage_hit *hit)
{
    struct storage_blast *b = looking->b;
    struct json_object *config = hit->guest->config;
    const char *path = storage_path(&b->ask, b->entry);
    uint32_t count = 0;
    bool elsewhere = false;
    int32_t r = guest_disks(&b->ask, config, hit->guest->lxc, looking->disks, GUEST_DISKS_MOST, &count);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++)
        look_at_disk(b, &looking->disks[i], path, hit, &elsewhere);
    look_at_raw_mounts(path, hit);
    if (r == PROXIMO_OK)
        r = look_at_files(b, hit);
    if (r == PROXIMO_OK && (hit->what & HIT_DATA)) {
        hit->only_copy = !elsewhere;
        hit->what |= elsewhere ? 0 : HIT_ALL;
        hit->what |= hit->guest->template ? HIT_TEMPLATE : 0;
        hit->boot_unknown = !hit->guest->lxc && boot_is_guess(looking->disks, count, config);
    }
    if (r == PROXIMO_OK && is_here(b, member_text(config, "vmstatestorage")) && blast_loses(b, "images"))
        note(hit, HIT_VMSTATE, "vmstatestorage");
    return r;
}

static void note_unread(struct looking *looking, const struct known_guest *guest)
{
    if (strcmp(guest->why, GUESTS_OVER_BUDGET) == 0) {
        looking->over++;
    } else if (strcmp(guest->why, GUESTS_NO_TIME) == 0) {
        looking->late++;
    } else if (!looking->failed++) {
        looking->failed_first = ask_text(&looking->b->ask, "guest/%lld", (long long)guest->vmid);
        looking->failed_why = guest->why;
    }
}

static int32_t visit(void *context, struct known_guest *guest)
{
    struct looking *looking = context;
    struct storage_blast *b = looking->b;
    struct storage_hit *hit = &b->hits[b->hit_count];
    const size_t row = (size_t)(guest - b->guests.rows);
    int32_t r = PROXIMO_OK;
    if (!blast_loses_node(b, guest->node))
        return PROXIMO_OK;
    *hit = (struct storage_hit){.guest = guest};
    if (guest->config) {
        r = look_at_config(looking, hit);
        if (!hit->what && b->owner[row] && (blast_loses(b, "images") || blast_loses(b, "rootdir")))
            hit->what = HIT_LEFT;
    } else {
        hit->what = b->suspect[row] ? HIT_UNREAD : 0;
        note_unread(looking, guest);
    }
    b->hit_count += r < 0 || hit->what != 0;
    return r;
}

/* ---- whom to look at */

static int64_t owner_of(struct json_object *row)
{
    const char *vmid = member_text(row, "vmid"), *volid = member_text(row, "volid");
    return vmid ? (int64_t)digits_of(vmid, 999999999) : volid ? volume_owner(volid) : 0;
}

/* Owners and backups by guest; *ret_foreign: things that guests may refer to without owning them. */
static void sort_volumes(struct storage_blast *b, bool *ret_foreign)
{
    const size_t count = b->volumes ? json_object_array_length(b->volumes) : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(b->volumes, i);
        const char *content = member_text(row, "content");
        const struct known_guest *guest = guests_find(&b->guests, owner_of(row));
        const bool disk = !content || strcmp(content, "images") == 0 || strcmp(content, "rootdir") == 0;
        if (content && strcmp(content, "backup") == 0) {
            if (guest)
                b->backups[guest - b->guests.rows]++;
            else
                b->strange_backups++;
        } else if (disk && guest) {
            b->owner[guest - b->guests.rows] = true;
        } else if (disk || strcmp(content, "iso") == 0 || strcmp(content, "snippets") == 0) {
            *ret_foreign |= blast_loses(b, disk ? "images" : content);
        }
    }
}

/* Two digits of a number: one guest more or less must not make another text, which would be drift. */
static uint32_t at_least(uint32_t number)
{
    uint32_t unit = 1;
    while (number / unit > 99)
        unit *= 10;
    return number - number % unit;
}

static int32_t tell_not_looked_for(const struct storage_blast *b, const bool *wanted)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < b->guests.count; i++)
        left += !wanted[i] && blast_loses_node(b, b->guests.rows[i].node);
    if (!left)
        return PROXIMO_OK;
    const char *what = ask_text(&b->ask, "CD drives, hook scripts and foreign disks of at least %u guests",
                                (unsigned)at_least(left));
    const char *why =
        ask_text(&b->ask,
                 "they own no volume on the storage, and in a cluster of more than %u guests only the "
                 "configurations of owners are read",
                 STORAGE_ALL_GUESTS_MOST);
    return what && why ? b->ask.host->incomplete(b->ask.call, what, why) : PROXIMO_ENOMEM;
}

static int32_t tell_some_unread(const struct asking *a, uint32_t count, const char *first, const char *why)
{
    const char *what =
        !count                ? ""
        : first && count == 1 ? ask_text(a, "the configuration of %s", first)
        : first               ? ask_text(a, "the configurations of at least %u guests, the first %s",
                                         (unsigned)at_least(count), first)
                : ask_text(a, "the configurations of at least %u guests", (unsigned)at_least(count));
    if (!what || !why)
        return PROXIMO_ENOMEM;
    return count ? a->host->incomplete(a->call, what, why) : PROXIMO_OK;
}

static int32_t tell_unread(const struct looking *looking)
{
    const struct asking *a = &looking->b->ask;
    const char *why = ask_text(a, "one plan reads %u of them at most", STORAGE_CONFIGS_MOST);
    int32_t r = tell_some_unread(a, looking->over, NULL, why);
    if (r == PROXIMO_OK)
        r = tell_some_unread(a, looking->late, NULL, GUESTS_NO_TIME);
    return r == PROXIMO_OK && looking->failed
               ? tell_some_unread(a, looking->failed, looking->failed_first, looking->failed_why)
               : r;
}

static int32_t look_at_guests(struct storage_blast *b, bool *wanted)
{
    struct looking looking = {
        .b = b, .disks = b->ask.host->alloc(b->ask.call, GUEST_DISKS_MOST * sizeof(struct guest_disk))};
    bool foreign = false;
    if (!looking.disks)
        return PROXIMO_ENOMEM;
    sort_volumes(b, &foreign);
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; i < b->guests.count; i++) {
        b->suspect[i] = wanted[i];
        wanted[i] = (wanted[i] || b->guests.count <= STORAGE_ALL_GUESTS_MOST) &&
                    blast_loses_node(b, b->guests.rows[i].node);
    }
    if (foreign)
        r = tell_not_looked_for(b, wanted);
    if (r == PROXIMO_OK)
        r = guests_visit_configs(&b->ask, &b->guests, wanted, STORAGE_CONFIGS_MOST,
                                 "reading the guests on the storage", visit, &looking);
    return r == PROXIMO_OK ? tell_unread(&looking) : r;
}

int32_t blast_find_guests(struct storage_blast *b)
{
    int32_t r = guests_list(&b->ask, &b->guests);
    if (r < 0)
        return r;
    const uint64_t rows = b->guests.count + UINT64_C(1);
    bool *wanted = b->ask.host->alloc(b->ask.call, rows * sizeof(*wanted));
    b->owner = b->ask.host->alloc(b->ask.call, rows * sizeof(*b->owner));
    b->suspect = b->ask.host->alloc(b->ask.call, rows * sizeof(*b->suspect));
    b->backups = b->ask.host->alloc(b->ask.call, rows * sizeof(*b->backups));
    b->hits = b->ask.host->alloc(b->ask.call, rows * sizeof(*b->hits));
    b->clones = b->ask.host->alloc(b->ask.call, rows * sizeof(*b->clones));
    if (!wanted || !b->owner || !b->suspect || !b->backups || !b->hits || !b->clones)
        return PROXIMO_ENOMEM;
    r = storage_owners(&b->ask, b->storage, b->entry, &b->guests, wanted, true, &b->volumes);
    return r == PROXIMO_OK ? look_at_guests(b, wanted) : r;
}

/* ---- rows */

#define CLONES_NAMED 50u

static void add_clones(const struct storage_blast *b, const struct storage_hit *hit,
                       struct json_object *facts)
{
    struct json_object *list = json_object_new_array();
    uint32_t count = 0;
    for (uint32_t i = 0; list && i < b->clone_count; i++) {
        if (b->clones[i].template != hit->guest->vmid)
            continue;
        if (i && b->clones[i - 1].clone == b->clones[i].clone &&
            b->clones[i - 1].template == hit->guest->vmid)
            continue; /* another disk of the same clone */
        if (count++ < CLONES_NAMED)
            json_object_array_add(list, json_object_new_int64(b->clones[i].clone));
    }
    json_object_object_add(facts, "linked_clones", list);
    json_object_object_add(facts, "linked_clone_count", json_object_new_int64(count));
}

static struct json_object *hit_facts(const struct storage_blast *b, const struct storage_hit *hit)
{
    struct json_object *facts = json_object_new_object();
    if (!facts)
        return NULL;
    json_object_object_add(facts, "node", json_object_new_string(hit->guest->node));
    json_object_object_add(facts, "kind", json_object_new_string(hit->guest->lxc ? "lxc" : "qemu"));
    json_object_object_add(facts, "running", json_object_new_boolean(hit->guest->running));
    if (hit->guest->ha)
        json_object_object_add(facts, "ha", json_object_new_string(hit->guest->ha));
    if (hit->slots)
        json_object_object_add(facts, "slots", json_object_get(hit->slots));
    if (hit->what & HIT_DATA)
        json_object_object_add(facts, "only_copy", json_object_new_boolean(hit->only_copy));
    if (hit->boot_unknown)
        json_object_object_add(facts, "boot_disk",
                               json_object_new_string("not said in its configuration: taken to be here"));
    if (hit->base)
        json_object_object_add(facts, "base", json_object_new_string(hit->base));
    if (hit->what & HIT_TEMPLATE)
        add_clones(b, hit, facts);
    return facts;
}

static const struct hit_words *words_of(const struct storage_hit *hit)
{
    const struct hit_words *words = hit_words;
    while (!(hit->what & words->what))
        words++;
    return words;
}

uint32_t blast_hit_risk(const struct storage_blast *b, const struct storage_hit *hit)
{
    return words_of(hit)->risk[b->loss];
}

/* Guests on nodes that keep the storage, which HA would have started elsewhere. By who owns a volume: their
 * configurations are not read. */
static int32_t tell_recovery(const struct storage_blast *b)
{
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && b->nodes && i < b->guests.count; i++) {
        const struct known_guest *guest = &b->guests.rows[i];
        if (!guest->ha || !b->owner[i] || blast_loses_node(b, guest->node))
            continue;
        struct json_object *facts = json_object_new_object();
        if (facts) {
            json_object_object_add(facts, "node", json_object_new_string(guest->node));
            json_object_object_add(facts, "ha", json_object_new_string(guest->ha));
        }
        r = tell_affected(
            &b->ask, PROXIMO_RISK_LOW, ask_text(&b->ask, "guest/%lld", (long long)guest->vmid), guest->name,
            "is under HA with volumes on it: HA cannot recover it on the nodes that lose the storage", facts);
    }
    return r;
}

int32_t blast_tell_guests(struct storage_blast *b)
{
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < b->hit_count; i++) {
        const struct storage_hit *hit = &b->hits[i];
        r = tell_affected(&b->ask, blast_hit_risk(b, hit),
                          ask_text(&b->ask, "guest/%lld", (long long)hit->guest->vmid), hit->guest->name,
                          words_of(hit)->effect[b->loss], hit_facts(b, hit));
    }
    return r == PROXIMO_OK && b->loss == LOSS_GONE ? tell_recovery(b) : r;
}
