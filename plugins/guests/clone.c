/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_clone. A template is cloned linked unless full is said; any other guest is always copied in full, and
 * `full` is then sent so that the plan says so. Source: POST /nodes/{node}/{qemu,lxc}/{vmid}/clone.
 */
#include "clone.h"
#include "../common/guest_disks.h"

static int32_t refuse(const struct cloning *c, int32_t code, const char *why)
{
    return why ? c->g.ask.host->fail(c->g.ask.call, code, "%s is not cloned: %s", guest_label(&c->g), why)
               : PROXIMO_ENOMEM;
}

static int32_t begin(void *instance, struct proximo_call *call, struct cloning *ret)
{
    *ret = (struct cloning){0};
    struct guest *g = &ret->g;
    int32_t r = guest_open(instance, call, g);
    if (r == PROXIMO_OK)
        r = guest_read_status(g);
    if (r == PROXIMO_OK)
        r = guest_read_config(g);
    if (r < 0)
        return r;
    ret->newid = ask_argument(&g->ask, "newid");
    ret->name = ask_argument(&g->ask, "name");
    ret->pool = ask_argument(&g->ask, "pool");
    ret->storage = ask_argument(&g->ask, "storage");
    ret->target = ask_argument(&g->ask, "target");
    ret->snapname = ask_argument(&g->ask, "snapname");
    ret->description = ask_argument(&g->ask, "description");
    ret->full = ask_flag(&g->ask, "full") || !guest_is_template(g);
    if (!ret->newid)
        return g->ask.host->fail(call, PROXIMO_EINVAL, "newid is missing");
    clone_place(ret);
    return PROXIMO_OK;
}

void clone_place(struct cloning *c)
{
    c->fresh[0] = FIELD("node", c->target ? c->target : c->g.node);
    c->fresh[1] = FIELD("kind", c->g.kind);
    c->fresh[2] = FIELD("vmid", c->newid);
}

/* ---- what Proxmox would refuse */

static int32_t check_snapshot(const struct cloning *c)
{
    struct json_object *list DROP_JSON = NULL;
    int32_t r = c->snapname ? guest_snapshots(&c->g, &list) : PROXIMO_OK;
    if (r < 0 || !c->snapname || snapshot_named(list, c->snapname))
        return r;
    return refuse(
        c, PROXIMO_ENOTFOUND,
        ask_text(&c->g.ask, "it has no snapshot \"%s\"; pve_snapshot_list shows them", c->snapname));
}

/* On another node only what both can reach; and each storage that is written to must be allowed. */
static int32_t check_disk(const struct cloning *c, const struct guest_disk *disk,
                          struct json_object *storages)
{
    const struct asking *a = &c->g.ask;
    const char *storage = c->full && c->storage ? c->storage : disk->storage;
    struct json_object *from = NULL, *to = NULL;
    const bool moves = c->target && strcmp(c->target, c->g.node) != 0;
    if (disk->flags & (DISK_BIND | DISK_DEVICE) && guest_is_lxc(&c->g))
        return refuse(
            c, PROXIMO_ESTATE,
            ask_text(a, "Proxmox does not clone %s, a directory or device of the node", disk->slot));
    if (!disk->storage || disk->flags & DISK_UNUSED || strstr(disk->volid, ":iso/"))
        return PROXIMO_OK;
    if (c->full && guest_running(&c->g) && !c->snapname && strncmp(disk->slot, "tpmstate", 8) == 0)
        return refuse(c, PROXIMO_ESTATE,
                      "it has a TPM, whose state is not copied while it runs: stop it first");
    for (size_t i = 0; storages && i < json_object_array_length(storages); i++) {
        struct json_object *row = json_object_array_get_idx(storages, i);
        from = member_is(row, "storage", disk->storage) ? row : from;
        to = member_is(row, "storage", storage) ? row : to;
    }
    if (moves && ((from && !storage_is_shared(from)) || (to && !storage_is_shared(to))))
        return refuse(
            c, PROXIMO_ESTATE,
            ask_text(a,
                     "%s is on or goes to storage %s of one node alone, and a clone for another node "
                     "needs shared storage for both",
                     disk->slot, from && !storage_is_shared(from) ? disk->storage : storage));
    return life_check_privilege(a, ask_text(a, "/storage/%s", storage), "Datastore.AllocateSpace",
                                "the clone");
}

static int32_t check_disks(const struct cloning *c)
{
    const struct asking *a = &c->g.ask;
    static const struct proximo_get get = {ROW(proximo_get), .path = "/storage"};
    struct guest_disk *disks = a->host->alloc(a->call, GUEST_DISKS_MOST * sizeof(*disks));
    uint32_t count = 0;
    struct looked storages = {0};
    int32_t r = disks ? guest_disks(a, c->g.config, guest_is_lxc(&c->g), disks, GUEST_DISKS_MOST, &count)
                      : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = ask_look(a, &get, &storages);
    struct json_object *list = json_object_is_type(storages.data, json_type_array) ? storages.data : NULL;
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++)
        r = check_disk(c, &disks[i], list);
    json_object_put(storages.data);
    return r;
}

int32_t clone_check(const struct cloning *c)
{
    const struct guest *g = &c->g;
    int32_t r = guest_check_lock(g, NULL);
    if (r < 0)
        return r;
    if (c->storage && !c->full)
        return refuse(
            c, PROXIMO_EINVAL,
            "storage is only for a full copy: a linked clone is on the storage of the template. Say "
            "full: true, or leave storage out");
    if (guest_is_lxc(g) && guest_running(g) && !c->snapname)
        return refuse(c, PROXIMO_ESTATE,
                      "a running container is cloned from a snapshot only: say snapname, or stop it first");
    if ((r = life_check_unused(&g->ask, c->newid)) < 0 || (r = check_snapshot(c)) < 0 ||
        (r = guest_check_privilege(g, "VM.Clone", "cloning")) < 0 ||
        (r = life_check_allocate(&g->ask, c->newid, c->pool)) < 0)
        return r;
    return check_disks(c);
}

/* ---- the plan */

static int32_t tell(const struct cloning *c)
{
    const struct guest *g = &c->g;
    const char *how = c->full                ? "in full"
                      : guest_is_template(g) ? "as a linked clone, which is based on the template's disks"
                                             : "";
    const char *summary =
        ask_text(&g->ask, "%s is cloned to %s%s%s on %s, %s%s%s%s%s", guest_label(g), c->newid,
                 c->name ? ", called " : "", c->name ? c->name : "", c->fresh[0].value, how,
                 c->storage ? ", to storage " : "", c->storage ? c->storage : "",
                 c->snapname ? ", as it was at snapshot " : "", c->snapname ? c->snapname : "");
    int32_t r = summary ? g->ask.host->change(g->ask.call, summary) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = guest_tell_facts(g);
    if (r == PROXIMO_OK)
        r = tell_text(
            &g->ask, "copy",
            !c->full ? "linked: the clone needs the template's disks, and while it is there the template "
                       "cannot be destroyed; full: true makes a copy of its own"
            : guest_is_template(g) ? "full: its own disks, independent of the template"
                                   : "full: a guest that is no template is always copied in full");
    if (r == PROXIMO_OK)
        r = tell_text(&g->ask, "network",
                      "the clone has new MAC addresses; what is set inside the guest (addresses, host name, "
                      "keys) is the same");
    return r == PROXIMO_OK ? tell_text(&g->ask, "way_back",
                                       "undo destroys the clone as long as nobody started or changed it")
                           : r;
}

static int32_t subject(const struct cloning *c)
{
    const struct asking *a = &c->g.ask;
    struct json_object *subject DROP_JSON = json_object_new_object();
    if (!subject)
        return PROXIMO_ENOMEM;
    json_object_object_add(subject, "kind", json_object_new_string("guest"));
    json_object_object_add(subject, "vmid", json_object_new_int64((int64_t)digits_of(c->g.vmid, 999999999)));
    json_object_object_add(subject, "newid", json_object_new_int64((int64_t)digits_of(c->newid, 999999999)));
    json_object_object_add(subject, "full", json_object_new_boolean(c->full));
    json_object_object_add(subject, "target", json_object_new_string(c->fresh[0].value));
    if (c->storage)
        json_object_object_add(subject, "storage", json_object_new_string(c->storage));
    if (c->pool)
        json_object_object_add(subject, "pool", json_object_new_string(c->pool));
    if (c->snapname)
        json_object_object_add(subject, "snapname", json_object_new_string(c->snapname));
    return a->host->subject(a->call, CLONE_CLASS, json_text(subject));
}

int32_t clone_request(const struct cloning *c)
{
    const struct guest *g = &c->g;
    const bool lxc = guest_is_lxc(g);
    const struct proximo_field given[] = {
        FIELD("newid", c->newid),           FIELD(lxc ? "hostname" : "name", c->name),
        FIELD("full", c->full ? "1" : "0"), FIELD("pool", c->pool),
        FIELD("storage", c->storage),       FIELD("target", c->target),
        FIELD("snapname", c->snapname),     FIELD("description", c->description),
    };
    struct proximo_field fields[sizeof(given) / sizeof(given[0])];
    uint32_t count = 0;
    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        if (given[i].value)
            fields[count++] = given[i];
    }
    int32_t r = life_guards(&g->ask, c->fresh);
    if (r == PROXIMO_OK)
        r = guest_guard(g, GUEST_STATUS, "/status,/lock");
    if (r == PROXIMO_OK)
        r = guest_guard(g, GUEST_CONFIG, "/digest,/lock,/template");
    return r == PROXIMO_OK ? guest_request(g, "POST", GUEST_PATH "/clone", fields, count, PROXIMO_STEP_FOLLOW)
                           : r;
}

static int32_t lay_out(const struct cloning *c)
{
    const struct asking *a = &c->g.ask;
    int32_t r = clone_request(c);
    if (r == PROXIMO_OK)
        r = subject(c);
    if (r == PROXIMO_OK)
        r = life_wait_made(a, c->fresh, false);
    return r == PROXIMO_OK ? a->host->undo(a->call, PROXIMO_UNDO_FUNCTION, NULL, 0) : r;
}

int32_t guests_plan_clone(void *instance, struct proximo_call *call)
{
    struct cloning c;
    int32_t r = begin(instance, call, &c);
    if (r == PROXIMO_OK)
        r = clone_check(&c);
    if (r == PROXIMO_OK)
        r = tell(&c);
    if (r == PROXIMO_OK)
        r = lay_out(&c);
    guest_done(&c.g);
    return r;
}

int32_t guests_undo_clone(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    return life_undo(instance, call, record_json, "newid");
}
