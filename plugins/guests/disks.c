/* SPDX-License-Identifier: Apache-2.0 */
/* One guest and its disks, for the changes of disks: see disks.h. */
#include "disks.h"

static int32_t take_disks(struct disk_look *l)
{
    const struct asking *a = &l->g.ask;
    migrate_open(a, l->g.node, &l->view);
    l->disks = a->host->alloc(a->call, GUEST_DISKS_MOST * sizeof(*l->disks));
    return l->disks ? guest_disks(a, l->g.config, guest_is_lxc(&l->g), l->disks, GUEST_DISKS_MOST, &l->count)
                    : PROXIMO_ENOMEM;
}

int32_t disk_open(void *instance, struct proximo_call *call, struct disk_look *ret)
{
    *ret = (struct disk_look){0};
    int32_t r = guest_open(instance, call, &ret->g);
    if (r == PROXIMO_OK)
        r = guest_read_status(&ret->g);
    if (r == PROXIMO_OK)
        r = guest_read_config(&ret->g);
    return r == PROXIMO_OK ? take_disks(ret) : r;
}

static int32_t look(const struct guest *g, const char *path, const char *what, struct json_object **ret)
{
    const char *vm = ask_text(&g->ask, "/vms/%s", g->vmid);
    const struct proximo_need need[] = {NEED(vm, "VM.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = path, .fields = g->at, .field_count = 3,
                                    .needs = ROWS(need, 1)};
    struct looked looked = {0};
    int32_t r = vm ? ask_look(&g->ask, &get, &looked) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    const bool read =
        json_object_is_type(looked.data, json_type_object) && json_object_object_length(looked.data);
    if (!read)
        r = g->ask.host->incomplete(g->ask.call, what, looked.data ? "it came back empty" : looked.why);
    *ret = looked.data;
    return r < 0 ? r : read ? PROXIMO_OK : PROXIMO_ENOTFOUND;
}

int32_t disk_open_subject(void *instance, struct proximo_call *call, struct proximo_text subject_json,
                          struct disk_look *ret)
{
    *ret = (struct disk_look){0};
    int32_t r = guest_open_subject(instance, call, subject_json, &ret->g);
    if (r == PROXIMO_OK)
        r = look(&ret->g, GUEST_STATUS, "the guest's state", &ret->g.status);
    if (r == PROXIMO_OK)
        r = look(&ret->g, GUEST_CONFIG, "the guest's configuration", &ret->g.config);
    if (r == PROXIMO_OK && !member_text(ret->g.config, "digest")) {
        r = ret->g.ask.host->incomplete(call, "the guest's configuration", "it came without a digest");
        r = r < 0 ? r : PROXIMO_ENOTFOUND;
    }
    return r == PROXIMO_OK ? take_disks(ret) : r;
}

void disk_done(struct disk_look *l)
{
    migrate_close(&l->view);
    guest_done(&l->g);
}

const struct guest_disk *disk_find(const struct disk_look *l, const char *slot)
{
    for (uint32_t i = 0; slot && i < l->count; i++) {
        if (strcmp(l->disks[i].slot, slot) == 0)
            return &l->disks[i];
    }
    return NULL;
}

int32_t disk_wanted(const struct disk_look *l, const char *slot, const struct guest_disk **ret)
{
    const struct asking *a = &l->g.ask;
    const char *list = NULL;
    *ret = disk_find(l, slot);
    if (*ret)
        return PROXIMO_OK;
    for (uint32_t i = 0; i < l->count && i < 20; i++)
        list = ask_text(a, "%s%s%s", list ? list : "", list ? ", " : "", l->disks[i].slot);
    return a->host->fail(a->call, PROXIMO_ENOTFOUND, "%s has no disk \"%.40s\"; it has %s",
                         guest_label(&l->g), slot ? slot : "", list ? list : "none");
}

int32_t disk_size(struct disk_look *l, const struct guest_disk *disk, uint64_t *ret_bytes)
{
    const struct proximo_field fields[] = {FIELD("node", l->g.node), FIELD("storage", disk->storage)};
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/storage/{storage}/content",
                                    .fields = fields, .field_count = 2};
    struct looked list = {0};
    *ret_bytes = disk_bytes(disk->size);
    if (*ret_bytes || !disk->storage)
        return PROXIMO_OK;
    int32_t r = ask_look(&l->g.ask, &get, &list);
    if (r < 0)
        return r;
    struct json_object *rows = json_object_is_type(list.data, json_type_array) ? list.data : NULL;
    const char *size = member_text(migrate_row(rows, "volid", disk->volid), "size");
    *ret_bytes = size ? digits_of(size, INT64_MAX / 16) : 0;
    json_object_put(list.data);
    return PROXIMO_OK;
}

const char *disk_size_text(const struct asking *a, uint64_t bytes)
{
    static const char *const units[] = {"", "K", "M", "G", "T"};
    size_t unit = 0;
    while (bytes && bytes % 1024 == 0 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        bytes /= 1024;
        unit++;
    }
    return ask_text(a, "%llu%s", (unsigned long long)bytes, units[unit]);
}

/* ---- parts of plans */

int32_t disk_subject(const struct disk_look *l, const char *operation_class, const char *details)
{
    const struct asking *a = &l->g.ask;
    const char *subject =
        details ? ask_text(a, "{\"kind\":\"guest\",\"vmid\":%s%s}", l->g.vmid, details) : NULL;
    return subject ? a->host->subject(a->call, operation_class, text_of(subject)) : PROXIMO_ENOMEM;
}

int32_t disk_guards(const struct disk_look *l, const char *select)
{
    int32_t r = guest_guard(&l->g, GUEST_CONFIG, select);
    return r == PROXIMO_OK ? guest_guard(&l->g, GUEST_STATUS, "/status,/lock") : r;
}

struct proximo_step disk_state_step(const struct disk_look *l, const char *select)
{
    return (struct proximo_step){ROW(proximo_step),    .kind = PROXIMO_STEP_READ,  .name = "state",
                                 .path = GUEST_CONFIG, .params = ROWS(l->g.at, 3), .select = select,
                                 .keep = "/digest"};
}

int32_t disk_check_storage(const struct disk_look *l, const char *storage, const char *privilege,
                           const char *what)
{
    const struct asking *a = &l->g.ask;
    const char *path = ask_text(a, "/storage/%s", storage);
    return ask_privilege(a, path, privilege, "%s needs %s on %s, which this token does not hold", what,
                         privilege, path);
}

const char *disk_name(const struct disk_look *l, const char *slot)
{
    return ask_text(&l->g.ask, "disk/%s/%s", l->g.vmid, slot);
}
