/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ties a guest to its node. The manager knows nothing of it: it starts the guest on another node all the
 * same, and fails there. Sources: GET .../config, GET /storage, GET /cluster/replication,
 * GET /cluster/mapping/{pci,usb}.
 */
#include "world.h"

#define BIT(i)       (UINT64_C(1) << (i))
#define CONFIGS_MOST 2000u

struct tying {
    struct ha_world *w;
    struct json_object *storages, *jobs, *pci, *usb;
    bool have_pci, have_usb;
    /* of the guest at hand */
    struct place_resource *res;
    uint64_t copies; /* nodes that its disks are replicated to */
};

static int32_t look(const struct tying *t, const char *path, const char *need_path, const char *privilege,
                    const char *what, struct json_object **ret)
{
    const struct proximo_need need[] = {NEED(need_path, privilege)};
    const struct proximo_get get = {ROW(proximo_get), .path = path, .needs = ROWS(need, 1)};
    const struct asking *a = &t->w->ask;
    struct looked looked;
    int32_t r = ask_look(a, &get, &looked);
    *ret = NULL;
    if (r < 0)
        return r;
    if (json_object_is_type(looked.data, json_type_array) && looked.complete) {
        *ret = looked.data;
        return PROXIMO_OK;
    }
    json_object_put(looked.data);
    return a->host->incomplete(a->call, what, looked.data ? "this token does not see all of it" : looked.why);
}

static void tie(struct tying *t, uint64_t nodes, const char *why)
{
    const bool narrower = (t->res->can & nodes) != t->res->can;
    t->res->can &= nodes;
    if (narrower && !t->res->tie)
        t->res->tie = why;
}

static struct json_object *row_named(struct json_object *rows, const char *key, const char *name)
{
    return ha_status_row(rows, key, name);
}

/* ---- disks */

static uint64_t nodes_of_storage(const struct tying *t, struct json_object *storage)
{
    uint64_t set = 0;
    for (uint32_t n = 0; n < t->w->place.node_count; n++)
        set |= storage_on_node(storage, t->w->place.nodes[n].name) ? BIT(n) : 0;
    return set;
}

static void tie_disk(struct tying *t, const struct guest_disk *disk)
{
    const struct asking *a = &t->w->ask;
    struct json_object *storage = disk->storage ? row_named(t->storages, "storage", disk->storage) : NULL;
    if (disk->flags & (DISK_UNUSED | DISK_VMSTATE | DISK_EMPTY | DISK_SHARED))
        return;
    if (!disk->storage) {
        tie(t, t->res->home,
            ask_text(a, "%s is %s of its node", disk->slot,
                     disk->flags & DISK_BIND ? "a directory" : "a device"));
        return;
    }
    if (!storage) {
        t->res->can_unknown = true;
        return;
    }
    const bool shared = storage_is_shared(storage);
    const bool copied = !shared && !(disk->flags & (DISK_NO_REPLICA | DISK_CDROM));
    tie(t, nodes_of_storage(t, storage) & (shared ? UINT64_MAX : t->res->home | (copied ? t->copies : 0)),
        ask_text(a, "%s is on storage %s, which %s", disk->slot, disk->storage,
                 shared ? "not all nodes have" : "is each node's own"));
}

static int32_t tie_disks(struct tying *t, struct json_object *config, bool lxc)
{
    const struct asking *a = &t->w->ask;
    struct guest_disk *disks = a->host->alloc(a->call, GUEST_DISKS_MOST * sizeof(*disks));
    struct guest_file files[GUEST_FILES_MOST];
    uint32_t count = 0, file_count = 0;
    int32_t r = disks ? guest_disks(a, config, lxc, disks, GUEST_DISKS_MOST, &count) : PROXIMO_ENOMEM;
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++)
        tie_disk(t, &disks[i]);
    if (r == PROXIMO_OK)
        r = guest_files(a, config, files, &file_count);
    for (uint32_t i = 0; r == PROXIMO_OK && i < file_count; i++) {
        const struct guest_disk file = {.slot = files[i].slot,
                                        .volid = files[i].volid,
                                        .storage = files[i].storage,
                                        .flags = DISK_NO_REPLICA};
        tie_disk(t, &file);
    }
    return r == PROXIMO_EPROTO ? PROXIMO_OK : r;
}

/* ---- devices */

/* The value of key in "a,key=value,b". */
static const char *part_of(const struct asking *a, const char *text, const char *key)
{
    const size_t len = strlen(key);
    for (const char *at = text; *at; at += strcspn(at, ","), at += *at == ',') {
        if (strncmp(at, key, len) == 0 && at[len] == '=')
            return ask_text(a, "%.*s", (int)strcspn(at + len + 1, ","), at + len + 1);
    }
    return NULL;
}

static uint64_t nodes_of_mapping(const struct tying *t, struct json_object *mapping)
{
    struct json_object *map = member_of(mapping, "map");
    const size_t count = json_object_is_type(map, json_type_array) ? json_object_array_length(map) : 0;
    uint64_t set = 0;
    for (size_t i = 0; i < count; i++) {
        const char *entry = json_object_get_string(json_object_array_get_idx(map, i));
        const char *node = entry ? part_of(&t->w->ask, entry, "node") : NULL;
        const int64_t at = node ? place_node_find(&t->w->place, node) : -1;
        set |= at < 0 ? 0 : BIT(at);
    }
    return set;
}

static int32_t mappings(struct tying *t, bool usb, struct json_object **ret)
{
    bool *have = usb ? &t->have_usb : &t->have_pci;
    struct json_object **list = usb ? &t->usb : &t->pci;
    int32_t r = *have ? PROXIMO_OK
                      : look(t, usb ? "/cluster/mapping/usb" : "/cluster/mapping/pci",
                             usb ? "/mapping/usb" : "/mapping/pci",
                             "Mapping.Audit|Mapping.Use|Mapping.Modify", "resource mappings", list);
    *have = true;
    *ret = *list;
    return r;
}

static int32_t tie_device(struct tying *t, const char *key, const char *value)
{
    const struct asking *a = &t->w->ask;
    const bool pci = strncmp(key, "hostpci", 7) == 0, usb = strncmp(key, "usb", 3) == 0;
    const bool port =
        strncmp(key, "parallel", 8) == 0 || (strncmp(key, "serial", 6) == 0 && strcmp(value, "socket") != 0);
    const char *name = pci || usb ? part_of(a, value, "mapping") : NULL;
    struct json_object *list = NULL;
    int32_t r = PROXIMO_OK;
    if ((!pci && !usb && !port) || (usb && strstr(value, "spice")))
        return PROXIMO_OK;
    if (name)
        r = mappings(t, usb, &list);
    struct json_object *mapping = name && r == PROXIMO_OK ? row_named(list, "id", name) : NULL;
    if (name && !list)
        t->res->can_unknown = true;
    else
        tie(t, name ? nodes_of_mapping(t, mapping) : t->res->home,
            name ? ask_text(a, "%s needs mapping %s, which not all nodes have", key, name)
                 : ask_text(a, "%s is a device of its node", key));
    return r;
}

/* ---- one guest after the other */

static void find_copies(struct tying *t, int64_t vmid)
{
    const size_t count = t->jobs ? json_object_array_length(t->jobs) : 0;
    t->copies = 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *job = json_object_array_get_idx(t->jobs, i);
        const char *guest = member_text(job, "guest"), *target = member_text(job, "target");
        const int64_t at = target ? place_node_find(&t->w->place, target) : -1;
        if (guest && at >= 0 && (int64_t)digits_of(guest, 999999999) == vmid &&
            !member_text(job, "remove_job"))
            t->copies |= BIT(at);
    }
}

static int32_t see_guest(void *context, struct known_guest *guest)
{
    struct tying *t = context;
    const struct asking *a = &t->w->ask;
    const char *sid = ask_text(a, "%s:%lld", guest->lxc ? "ct" : "vm", (long long)guest->vmid);
    const int64_t who = sid ? place_resource_find(&t->w->place, sid) : -1;
    if (who < 0)
        return sid ? PROXIMO_OK : PROXIMO_ENOMEM;
    t->res = &t->w->place.resources[who];
    if (!guest->config || !t->storages || !t->res->home) {
        t->res->can_unknown = true;
        return guest->config
                   ? PROXIMO_OK
                   : a->host->incomplete(
                         a->call, ask_text(a, "what ties guest %lld to its node", (long long)guest->vmid),
                         guest->why ? guest->why : "its configuration was not read");
    }
    find_copies(t, guest->vmid);
    int32_t r = tie_disks(t, guest->config, guest->lxc);
    struct json_object_iterator at = json_object_iter_begin(guest->config);
    const struct json_object_iterator end = json_object_iter_end(guest->config);
    for (; r == PROXIMO_OK && !guest->lxc && !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        const char *value = json_object_get_string(json_object_iter_peek_value(&at));
        if (value)
            r = tie_device(t, json_object_iter_peek_name(&at), value);
    }
    return r;
}

/* The guests of the resources that are wanted. */
static uint32_t choose(const struct ha_world *world, const bool *wanted, bool *ret_guests)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < world->place.resource_count; i++) {
        const struct known_guest *guest =
            wanted[i] ? ha_world_guest(world, world->place.resources[i].sid) : NULL;
        if (!guest)
            continue;
        ret_guests[guest - world->guests.rows] = true;
        count++;
    }
    return count;
}

int32_t ha_world_ties(struct ha_world *world, const bool *wanted)
{
    struct tying t = {.w = world};
    const struct asking *a = &world->ask;
    bool *guests = a->host->alloc(a->call, world->guests.count + UINT64_C(1));
    if (!guests)
        return PROXIMO_ENOMEM;
    if (!choose(world, wanted, guests))
        return PROXIMO_OK;
    int32_t r = look(&t, "/storage", "/storage", "Datastore.Audit|Datastore.AllocateSpace",
                     "which storages the nodes share", &t.storages);
    if (r == PROXIMO_OK)
        r = look(&t, "/cluster/replication", "/vms", "VM.Audit", "replication jobs", &t.jobs);
    if (r == PROXIMO_OK)
        r = guests_visit_configs(a, &world->guests, guests, CONFIGS_MOST, "looking at what ties guests",
                                 see_guest, &t);
    json_object_put(t.storages);
    json_object_put(t.jobs);
    json_object_put(t.pci);
    json_object_put(t.usb);
    return r;
}
