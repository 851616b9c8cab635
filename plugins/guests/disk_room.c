/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Room on a storage. The sizes are those that volumes are given, not what is written in them: a thin pool may
 * promise more than it has, and that is said. Nothing of a blast has the numbers themselves, which change by
 * themselves; a plan has them as facts. Sources: GET /storage, GET /nodes/{node}/storage, GET
 * /nodes/{node}/storage/{storage}/content.
 */
#include "disks.h"

#define GIB          (UINT64_C(1) << 30)
#define TENANTS_MOST 100u /* named one by one */

static bool number(struct json_object *row, const char *key, uint64_t *ret)
{
    const char *text = member_text(row, key);
    if (!text || *text < '0' || *text > '9')
        return false;
    *ret = digits_of(text, INT64_MAX / 16);
    return true;
}

/* On these a volume takes all of its size at once. */
static bool is_thick(struct json_object *config)
{
    const char *type = member_text(config, "type");
    return type && (strcmp(type, "lvm") == 0 || strncmp(type, "iscsi", 5) == 0 ||
                    (strncmp(type, "zfs", 3) == 0 && !member_true(config, "sparse")));
}

static uint32_t judge(struct disk_room *room)
{
    if (!room->more) {
        room->why = "how large the volume is is not known";
        return ROOM_UNKNOWN;
    }
    if (!room->avail_known)
        return ROOM_UNKNOWN;
    if (room->more >= room->avail)
        return ROOM_NOT;
    const uint64_t left = room->avail - room->more;
    return left < 10 * GIB || (room->total_known && left < room->total / 10) ? ROOM_TIGHT : ROOM_FITS;
}

/* Sum of the sizes of all volumes of guests. */
static int32_t read_volumes(struct disk_look *l, struct disk_room *room)
{
    const char *path = ask_text(&l->g.ask, "/storage/%s", room->storage);
    const struct proximo_need need[] = {NEED(path, "Datastore.Allocate")};
    const struct proximo_field fields[] = {FIELD("node", l->g.node), FIELD("storage", room->storage)};
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/storage/{storage}/content",
                                    .fields = fields, .field_count = 2, .needs = ROWS(need, 1)};
    struct looked list = {0};
    int32_t r = path ? ask_look(&l->g.ask, &get, &list) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    if (!json_object_is_type(list.data, json_type_array)) {
        room->volumes_why = list.data ? "the list is none" : list.why;
        json_object_put(list.data);
        return PROXIMO_OK;
    }
    room->volumes = list.data;
    if (!list.complete)
        room->volumes_why = "without Datastore.Allocate on the storage the list is shorter than it is";
    for (size_t i = 0; i < json_object_array_length(list.data); i++) {
        struct json_object *row = json_object_array_get_idx(list.data, i);
        uint64_t size = 0;
        if ((member_is(row, "content", "images") || member_is(row, "content", "rootdir")) &&
            number(row, "size", &size) && room->provisioned < UINT64_MAX / 4)
            room->provisioned += size;
    }
    room->overcommits =
        room->thin && room->total_known && room->more && room->provisioned + room->more > room->total;
    return PROXIMO_OK;
}

int32_t disk_room(struct disk_look *l, const char *storage, uint64_t more, struct disk_room *ret)
{
    struct json_object *configs = NULL, *states = NULL;
    *ret = (struct disk_room){.storage = storage, .more = more};
    int32_t r = migrate_list(&l->view, MIGRATE_STORAGES, &configs);
    if (r == PROXIMO_OK)
        r = migrate_list(&l->view, MIGRATE_TARGET_STORAGE, &states);
    if (r < 0)
        return r;
    ret->config = migrate_row(configs, "storage", storage);
    ret->state = migrate_row(states, "storage", storage);
    ret->thin = !is_thick(ret->config);
    const bool active = !member_is(ret->state, "active", "0") && !member_is(ret->state, "active", "false");
    ret->avail_known = active && number(ret->state, "avail", &ret->avail);
    ret->total_known = active && number(ret->state, "total", &ret->total) && ret->total;
    if (!ret->avail_known)
        ret->why = !ret->state ? migrate_why(&l->view, MIGRATE_TARGET_STORAGE)
                   : !active   ? "the storage is not active on the node"
                               : "the node does not say what is free there";
    ret->verdict = judge(ret);
    return ret->thin || ret->verdict == ROOM_NOT ? read_volumes(l, ret) : PROXIMO_OK;
}

void disk_room_done(struct disk_room *room)
{
    json_object_put(room->volumes);
    room->volumes = NULL;
}

/* ---- what is said */

static const char *const verdicts[] = {"fits", "tight", "does not fit", "unknown"};

static void add_number(struct json_object *fact, const char *name, uint64_t value)
{
    json_object_object_add(fact, name, json_object_new_int64((int64_t)value));
}

int32_t disk_room_fact(const struct disk_look *l, const struct disk_room *room, const char *name)
{
    struct json_object *fact = json_object_new_object();
    const char *type = member_text(room->config, "type");
    if (!fact)
        return PROXIMO_ENOMEM;
    json_object_object_add(fact, "storage", json_object_new_string(room->storage));
    if (type)
        json_object_object_add(fact, "type", json_object_new_string(type));
    json_object_object_add(fact, "verdict", json_object_new_string(verdicts[room->verdict]));
    if (room->verdict == ROOM_UNKNOWN)
        json_object_object_add(fact, "why", json_object_new_string(room->why ? room->why : "not read"));
    if (room->more)
        add_number(fact, "needed_bytes", room->more);
    if (room->avail_known)
        add_number(fact, "free_bytes", room->avail);
    if (room->total_known)
        add_number(fact, "total_bytes", room->total);
    else
        json_object_object_add(fact, "total", json_object_new_string("not known"));
    if (room->volumes && room->thin)
        add_number(fact, "provisioned_bytes", room->provisioned);
    if (room->overcommits)
        json_object_object_add(fact, "overcommitted", json_object_new_boolean(1));
    return tell_fact(&l->g.ask, name, fact);
}

static int32_t tell_tenant(struct disk_look *l, const struct disk_room *room, int64_t vmid, uint32_t others)
{
    const struct asking *a = &l->g.ask;
    struct json_object *guests = NULL;
    const char *id = ask_text(a, "%lld", (long long)vmid);
    int32_t r = id ? migrate_list(&l->view, MIGRATE_GUESTS, &guests) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    const char *name = member_text(migrate_row(guests, "vmid", id), "name");
    return tell_affected(
        a, PROXIMO_RISK_HIGH, ask_text(a, "guest/%s", id), name,
        others
            ? ask_text(a, "has a disk on storage %s as well, and so have %u more guests that are not named",
                       room->storage, (unsigned)others)
            : ask_text(a, "has a disk on storage %s as well: where that runs full, its writes fail",
                       room->storage),
        NULL);
}

/* Guests that share a storage which has not the room. */
static int32_t tell_tenants(struct disk_look *l, const struct disk_room *room)
{
    const struct asking *a = &l->g.ask;
    const size_t count = room->volumes ? json_object_array_length(room->volumes) : 0;
    const int64_t own = (int64_t)digits_of(l->g.vmid, 999999999);
    int64_t *seen = a->host->alloc(a->call, (count + 1) * sizeof(*seen));
    uint32_t found = 0;
    int32_t r = seen ? PROXIMO_OK : PROXIMO_ENOMEM;
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
        struct json_object *row = json_object_array_get_idx(room->volumes, i);
        const char *vmid = member_text(row, "vmid"), *volid = member_text(row, "volid");
        if (!volid || (!member_is(row, "content", "images") && !member_is(row, "content", "rootdir")))
            continue;
        const int64_t owner = vmid ? (int64_t)digits_of(vmid, 999999999) : volume_owner(volid);
        bool again = owner == 0 || owner == own;
        for (uint32_t k = 0; !again && k < found; k++)
            again = seen[k] == owner;
        if (!again)
            seen[found++] = owner;
    }
    for (uint32_t i = 0; r == PROXIMO_OK && i < found && i < TENANTS_MOST; i++)
        r = tell_tenant(l, room, seen[i], i + 1 == TENANTS_MOST ? found - TENANTS_MOST : 0);
    return r;
}

/* What could not be seen of it. */
static int32_t tell_unseen(const struct disk_look *l, const struct disk_room *room)
{
    const struct asking *a = &l->g.ask;
    int32_t r = PROXIMO_OK;
    if (room->verdict == ROOM_UNKNOWN)
        r = a->host->incomplete(a->call, ask_text(a, "the room on storage %s", room->storage),
                                room->why ? room->why : "it could not be read");
    /* what is seen may be enough to know that it is too much */
    if (r == PROXIMO_OK && room->volumes_why && (!room->overcommits || room->verdict == ROOM_NOT))
        r = a->host->incomplete(a->call, ask_text(a, "the volumes on storage %s", room->storage),
                                room->volumes_why);
    return r;
}

int32_t disk_room_tell(struct disk_look *l, const struct disk_room *room)
{
    static const struct {
        uint32_t risk;
        const char *words;
    } says[] = {
        {PROXIMO_RISK_LOW, "has room for it: at least 10 GiB and a tenth of it stay free"},
        {PROXIMO_RISK_MEDIUM, "becomes tight: less than 10 GiB or less than a tenth of it stays free"},
        {PROXIMO_RISK_HIGH, "has no room for it: what is asked for is as much as is free, or more"},
        {PROXIMO_RISK_HIGH, "whether it has room for it is not known"},
    };
    const struct asking *a = &l->g.ask;
    struct json_object *facts = json_object_new_object();
    const char *type = member_text(room->config, "type");
    const char *effect = ask_text(
        a, "%s%s%s", says[room->verdict].words,
        room->total_known || room->verdict == ROOM_UNKNOWN ? "" : " (how large it is is not known)",
        room->overcommits ? "; it is thin, and all its volumes together may then grow beyond what it has"
                          : "");
    uint32_t risk = says[room->verdict].risk;
    if (room->overcommits && risk < PROXIMO_RISK_MEDIUM)
        risk = PROXIMO_RISK_MEDIUM;
    if (facts && type)
        json_object_object_add(facts, "type", json_object_new_string(type));
    if (facts && room->config)
        json_object_object_add(facts, "shared", json_object_new_boolean(storage_is_shared(room->config)));
    int32_t r = tell_affected(a, risk, ask_text(a, "storage/%s", room->storage), NULL, effect, facts);
    if (r == PROXIMO_OK)
        r = tell_unseen(l, room);
    return r == PROXIMO_OK && room->verdict == ROOM_NOT ? tell_tenants(l, room) : r;
}
