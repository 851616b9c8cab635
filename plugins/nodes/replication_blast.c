/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a guest gains and loses with a replication job: its copy, and the place where HA can start it when its
 * node fails. Sources: GET /cluster/replication, /nodes, /storage, the guest's configuration.
 */
#include "../common/guest_disks.h"
#include "replication.h"

struct view {
    struct asking a;
    const char *id, *target;
    const struct known_guest *guest; /* NULL: not seen */
    struct known_guests guests;
    int64_t vmid;
    bool keep, force, off, on; /* off, on: disable is set to 1, 0 */
    uint32_t others;           /* other jobs of the guest that run */
};

static const char *subject_of(const struct view *v)
{
    return ask_text(&v->a, "guest/%lld", (long long)v->vmid);
}

static int32_t tell(const struct view *v, uint32_t risk, const char *effect, struct json_object *facts)
{
    if (facts && v->guest)
        json_object_object_add(facts, "node", json_object_new_string(v->guest->node));
    if (facts && v->target)
        json_object_object_add(facts, "target", json_object_new_string(v->target));
    return tell_affected(&v->a, risk, subject_of(v), v->guest ? v->guest->name : NULL, effect, facts);
}

/* ---- looking */

/* The job's own entry gives the target; the others count. */
static int32_t look_jobs(struct view *v)
{
    const char *vm = ask_text(&v->a, "/vms/%lld", (long long)v->vmid);
    const struct proximo_need need[] = {NEED(vm, "VM.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/replication", .needs = ROWS(need, 1)};
    const char *guest = ask_text(&v->a, "%lld", (long long)v->vmid);
    struct looked looked;
    int32_t r = vm && guest ? ask_look(&v->a, &get, &looked) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    const size_t count =
        json_object_is_type(looked.data, json_type_array) ? json_object_array_length(looked.data) : 0;
    if (!json_object_is_type(looked.data, json_type_array))
        r = v->a.host->incomplete(v->a.call, "the guest's replication jobs",
                                  looked.why ? looked.why : "no list");
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
        struct json_object *job = json_object_array_get_idx(looked.data, i);
        if (member_is(job, "id", v->id)) {
            const char *target = member_text(job, "target");
            if (!v->target && target)
                v->target = ask_text(&v->a, "%s", target);
        } else if (member_is(job, "guest", guest) && !member_true(job, "disable") &&
                   !member_text(job, "remove_job")) {
            v->others++;
        }
    }
    json_object_put(looked.data);
    return r;
}

static int32_t view_open(void *instance, struct proximo_call *call, struct json_object *subject,
                         struct view *v)
{
    const char *target = member_text(subject, "target");
    *v = (struct view){.a = {((struct plane_instance *)instance)->host, call},
                       .keep = member_true(subject, "keep"),
                       .force = member_true(subject, "force"),
                       .off = member_is(subject, "disable", "1"),
                       .on = member_is(subject, "disable", "0")};
    v->id = member_text(subject, "id");
    v->vmid = replication_guest(v->id);
    if (!v->vmid)
        return v->a.host->fail(call, PROXIMO_EINVAL, "the subject has no id of a replication job");
    v->target = target ? ask_text(&v->a, "%s", target) : NULL;
    int32_t r = guests_list(&v->a, &v->guests);
    v->guest = r == PROXIMO_OK ? guests_find(&v->guests, v->vmid) : NULL;
    if (r == PROXIMO_OK && !v->guest)
        r = v->a.host->incomplete(call, subject_of(v), "this token does not see the guest, or there is none");
    return r == PROXIMO_OK ? look_jobs(v) : r;
}

/* An offline target gets no copy and gives none up. */
static int32_t tell_target(const struct view *v, const char *offline)
{
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes"};
    const char *state = NULL;
    struct looked looked;
    if (!v->target)
        return PROXIMO_OK;
    int32_t r = ask_look(&v->a, &get, &looked);
    if (r < 0)
        return r;
    const size_t count =
        json_object_is_type(looked.data, json_type_array) ? json_object_array_length(looked.data) : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *node = json_object_array_get_idx(looked.data, i);
        if (member_is(node, "node", v->target))
            state = member_text(node, "status");
    }
    if (!state)
        r = v->a.host->incomplete(v->a.call, ask_text(&v->a, "node/%s", v->target),
                                  looked.why ? looked.why : "no such node is listed");
    else if (strcmp(state, "online") != 0)
        r = tell_affected(&v->a, PROXIMO_RISK_HIGH, ask_text(&v->a, "node/%s", v->target), NULL, offline,
                          NULL);
    json_object_put(looked.data);
    return r;
}

/* ---- creation */

/* What the first run copies. */
struct copied {
    uint64_t bytes;
    uint32_t disks, unknown;
};

static int32_t tell_disk(const struct view *v, const struct guest_disk *disk, struct json_object *storages,
                         struct copied *copied)
{
    const size_t count =
        json_object_is_type(storages, json_type_array) ? json_object_array_length(storages) : 0;
    const char *effect = NULL;
    struct json_object *config = NULL;
    if ((disk->flags & (DISK_NO_DATA | DISK_NO_REPLICA | DISK_SHARED)) || !disk->storage)
        return PROXIMO_OK;
    for (size_t i = 0; i < count && !config; i++) {
        if (member_is(json_object_array_get_idx(storages, i), "storage", disk->storage))
            config = json_object_array_get_idx(storages, i);
    }
    if (!config) {
        copied->unknown++;
        return v->a.host->incomplete(
            v->a.call, ask_text(&v->a, "whether %s can be copied", disk->slot),
            ask_text(&v->a, "storage %s is not among those that this token sees", disk->storage));
    }
    if (storage_is_shared(config))
        return PROXIMO_OK; /* it needs no copy */
    if (!member_is(config, "type", "zfspool"))
        effect =
            ask_text(&v->a,
                     "its disk %s is on %s, which is no ZFS: Proxmox refuses the job unless that disk has "
                     "replicate=0, and then it is not copied",
                     disk->slot, disk->storage);
    else if (v->target && !storage_on_node(config, v->target))
        effect = ask_text(&v->a, "its disk %s is on %s, which node %s does not have: no run can be good",
                          disk->slot, disk->storage, v->target);
    if (effect)
        return tell(v, PROXIMO_RISK_HIGH, effect, NULL);
    copied->bytes += disk_bytes(disk->size);
    copied->disks++;
    return PROXIMO_OK;
}

static int32_t tell_disks(const struct view *v, struct json_object *config, struct copied *copied)
{
    static const struct proximo_need need[] = {NEED("/storage", "Datastore.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/storage", .needs = ROWS(need, 1)};
    struct guest_disk *disks = v->a.host->alloc(v->a.call, GUEST_DISKS_MOST * sizeof(*disks));
    struct looked looked = {0};
    uint32_t count = 0;
    int32_t r =
        disks ? guest_disks(&v->a, config, v->guest->lxc, disks, GUEST_DISKS_MOST, &count) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = ask_look(&v->a, &get, &looked);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++)
        r = tell_disk(v, &disks[i], looked.data, copied);
    json_object_put(looked.data);
    return r;
}

static int32_t tell_what_is_copied(struct view *v)
{
    bool *wanted = v->a.host->alloc(v->a.call, v->guests.count + 1);
    struct copied copied = {0};
    if (!wanted)
        return PROXIMO_ENOMEM;
    wanted[v->guest - v->guests.rows] = true;
    int32_t r = guests_read_configs(&v->a, &v->guests, wanted, 1, "reading the guest's disks");
    if (r < 0)
        return r;
    if (!v->guest->config)
        return v->a.host->incomplete(v->a.call, "the guest's disks",
                                     v->guest->why ? v->guest->why : "its configuration was not read");
    r = tell_disks(v, v->guest->config, &copied);
    if (r < 0 || v->off)
        return r < 0 ? r : tell(v, PROXIMO_RISK_LOW, "is not copied as long as the job is disabled", NULL);
    if (!copied.disks)
        return copied.unknown ? PROXIMO_OK
                              : tell(v, PROXIMO_RISK_HIGH,
                                     "has no disk that can be copied to the target: Proxmox refuses the job, "
                                     "or no run of it can be good",
                                     NULL);
    struct json_object *facts = json_object_new_object();
    if (facts)
        json_object_object_add(facts, "first_copy_bytes", json_object_new_int64((int64_t)copied.bytes));
    return tell(v, PROXIMO_RISK_LOW,
                "its disks are copied to the target; the first run copies all of them, the later ones what "
                "changed",
                facts);
}

/* Where rules or groups of HA let the guest go, as far as the target is, or is not, among these nodes. */
static int32_t tell_places(const struct view *v, bool with_target, const char *effect)
{
    if (!v->guest || !v->guest->ha || !v->target)
        return PROXIMO_OK;
    const char *sid = ask_text(&v->a, "%s:%lld", v->guest->lxc ? "ct" : "vm", (long long)v->vmid);
    return sid ? replication_tell_places(&v->a, sid, v->target, with_target, effect) : PROXIMO_ENOMEM;
}

int32_t replication_blast_create(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct json_object *subject DROP_JSON = json_of(subject_json);
    struct view v;
    int32_t r = view_open(instance, call, subject, &v);
    if (r == PROXIMO_OK && v.guest)
        r = tell_what_is_copied(&v);
    if (r == PROXIMO_OK && v.guest && v.guest->ha)
        r = tell(&v, PROXIMO_RISK_LOW,
                 "is under HA: when its node fails it can start on the target, as it was at the last good "
                 "run; what was written since is lost then",
                 NULL);
    if (r == PROXIMO_OK)
        r = tell_places(
            &v, false,
            "keeps the guest on other nodes than the target: HA makes no use of the copy there, or "
            "only as a last resort");
    if (r == PROXIMO_OK)
        r = tell_target(&v, "is offline: every run fails until it is back");
    guests_done(&v.guests);
    return r;
}

/* ---- the copy is given up */

/* HA relies on copies: with the last of them it has nowhere to go. */
static int32_t tell_nowhere(const struct view *v)
{
    int32_t r = PROXIMO_OK;
    if (!v->guest || !v->guest->ha)
        return PROXIMO_OK;
    if (v->others)
        r = tell(
            v, PROXIMO_RISK_MEDIUM,
            "is under HA: when its node fails it can still start where its other replication jobs copy to, "
            "and no longer on this target",
            NULL);
    else
        r = tell(
            v, PROXIMO_RISK_HIGH,
            "is under HA, and this is its only replication job that runs: when its node fails, HA has no "
            "up-to-date copy of its disks to start it from on any other node",
            NULL);
    return r == PROXIMO_OK ? tell_places(v, true,
                                         "lets the guest go to the target, where there will be no up-to-date "
                                         "copy of its disks")
                           : r;
}

int32_t replication_blast_update(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct json_object *subject DROP_JSON = json_of(subject_json);
    struct view v;
    int32_t r = view_open(instance, call, subject, &v);
    if (r == PROXIMO_OK)
        r = tell(&v, v.off ? PROXIMO_RISK_HIGH : PROXIMO_RISK_LOW,
                 v.off
                     ? "is no longer copied: the copy on the target stays as it was at the last good run and "
                       "grows old"
                 : v.on ? "is copied again; the next run copies what changed since the last good one"
                        : "is copied by these values: what was written since the last good run is lost when "
                          "its node fails",
                 json_object_new_object());
    if (r == PROXIMO_OK && v.off)
        r = tell_nowhere(&v);
    if (r == PROXIMO_OK && !v.off)
        r = tell_target(&v, "is offline: every run fails until it is back");
    guests_done(&v.guests);
    return r;
}

int32_t replication_blast_delete(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct json_object *subject DROP_JSON = json_of(subject_json);
    struct view v;
    int32_t r = view_open(instance, call, subject, &v);
    if (r == PROXIMO_OK)
        r = tell(&v, v.keep ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_HIGH,
                 v.keep ? "is no longer copied: the copies on the target stay as they were at the last good "
                          "run, and nothing cares for them"
                 : v.force
                     ? "is no longer copied: the copies and the snapshots of the replication stay where "
                       "they are, and nothing removes them"
                     : "loses its copy on the target: the disks on its own node are what is left, "
                       "besides backups",
                 json_object_new_object());
    if (r == PROXIMO_OK)
        r = tell_nowhere(&v);
    if (r == PROXIMO_OK && !v.keep && !v.force)
        r = tell_target(&v, "is offline: its copies cannot be removed, and the job stays marked until it is "
                            "back");
    guests_done(&v.guests);
    return r;
}

int32_t replication_blast_run(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct json_object *subject DROP_JSON = json_of(subject_json);
    struct view v;
    int32_t r = view_open(instance, call, subject, &v);
    if (r == PROXIMO_OK)
        r = tell(&v, PROXIMO_RISK_LOW,
                 "is copied now; a guest agent that is enabled freezes its file systems for a moment",
                 json_object_new_object());
    if (r == PROXIMO_OK)
        r = tell_target(&v, "is offline: the run fails");
    guests_done(&v.guests);
    return r;
}
