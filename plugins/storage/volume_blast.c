/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is hurt when a volume is deleted: every guest whose configuration names it exactly (what stands before
 * the first comma), in whatever slot; linked clones of a base volume; replication. The owner is looked at
 * first. Sources: GET /cluster/resources, GET .../config, GET .../content, GET /cluster/replication.
 */
#include "../common/guest_disks.h"
#include "content.h"

#define CONFIGS_MOST 4000u /* of one plan; the owner is always among them */
#define UNREAD_NAMED 20u   /* guests named one by one; the others are counted */

struct looking {
    struct asking a;
    const char *volid, *storage, *node, *content;
    int64_t owner;
    bool shared, owner_found;
    const char *elsewhere; /* a local volume: the node where the owner has its own of this name */
    struct known_guests guests;
    struct guest_disk *disks;
    uint32_t told, unread, over;
};

static int32_t tell_guest(struct looking *l, const struct known_guest *guest, uint32_t risk, const char *slot,
                          const char *effect)
{
    struct json_object *facts = json_object_new_object();
    const char *resource = ask_text(&l->a, "guest/%lld", (long long)guest->vmid);
    if (facts) {
        json_object_object_add(facts, "slot", slot ? json_object_new_string(slot) : NULL);
        json_object_object_add(facts, "node", json_object_new_string(guest->node));
    }
    l->told++;
    return tell_affected(&l->a, risk, resource, guest->name, effect, facts);
}

static const char *disk_effect(const struct looking *l, const struct known_guest *guest,
                               const struct guest_disk *disk, uint32_t *ret_risk)
{
    const char *only = disk->flags & DISK_NO_BACKUP ? "; its backups leave this disk out" : "";
    *ret_risk = PROXIMO_RISK_HIGH;
    if (disk->flags & DISK_VMSTATE)
        return "loses the memory that it was suspended with";
    if (disk->flags & DISK_CDROM) {
        *ret_risk = PROXIMO_RISK_LOW;
        return "has it as a CD: until that is taken out, the guest does not start and is not migrated";
    }
    if (disk->flags & DISK_UNUSED) {
        *ret_risk = PROXIMO_RISK_MEDIUM;
        return "has it as an unused disk, not attached: its data is lost";
    }
    if (guest->template)
        return "is a template and loses a disk: nothing can be cloned from it any more";
    if (disk->flags & DISK_STATE)
        return "loses its EFI variables or TPM state: it does not start";
    if (disk->flags & DISK_BOOT)
        return ask_text(&l->a, "boots from it, or may: it does not start any more, and its data is lost%s",
                        only);
    return ask_text(&l->a, "loses a data disk, and does not start before the entry is removed%s", only);
}

/* One configuration, or the reason why there is none. */
static int32_t look_at(void *context, struct known_guest *guest)
{
    struct looking *l = context;
    struct guest_file files[GUEST_FILES_MOST];
    uint32_t count = 0, file_count = 0;
    int32_t r = guest->config
                    ? guest_disks(&l->a, guest->config, guest->lxc, l->disks, GUEST_DISKS_MOST, &count)
                    : PROXIMO_EPROTO;
    if (ask_ends(r) && guest->config)
        return r;
    if (r < 0) {
        const char *what = ask_text(&l->a, "the configuration of guest %lld", (long long)guest->vmid);
        if (guest->why && strcmp(guest->why, GUESTS_OVER_BUDGET) == 0) {
            l->over++;
            return PROXIMO_OK;
        }
        l->unread++;
        if (l->unread > UNREAD_NAMED)
            return PROXIMO_OK;
        return what ? l->a.host->incomplete(l->a.call, what, guest->why ? guest->why : "it was not read")
                    : PROXIMO_ENOMEM;
    }
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++) {
        uint32_t risk = PROXIMO_RISK_HIGH;
        if (strcmp(l->disks[i].volid, l->volid) != 0)
            continue;
        const char *effect = disk_effect(l, guest, &l->disks[i], &risk);
        r = tell_guest(l, guest, risk, l->disks[i].slot, effect);
    }
    if (r == PROXIMO_OK)
        r = guest_files(&l->a, guest->config, files, &file_count);
    for (uint32_t i = 0; r == PROXIMO_OK && i < file_count; i++) {
        if (strcmp(files[i].volid, l->volid) == 0)
            r = tell_guest(l, guest, PROXIMO_RISK_HIGH, files[i].slot,
                           "names this file: it does not start while the file is missing");
    }
    return r;
}

/* Whose configurations can name the volume: the owner first, then whoever can reach the storage. */
static int32_t look_at_guests(struct looking *l)
{
    const bool nobody = strcmp(l->content, "vztmpl") == 0 || strcmp(l->content, "import") == 0;
    const bool machines = strcmp(l->content, "iso") == 0;
    bool *wanted = l->a.host->alloc(l->a.call, l->guests.count + 1u);
    l->disks = l->a.host->alloc(l->a.call, GUEST_DISKS_MOST * sizeof(*l->disks));
    int32_t r = wanted && l->disks ? PROXIMO_OK : PROXIMO_ENOMEM;
    uint32_t most = CONFIGS_MOST;
    struct known_guest *owner = r == PROXIMO_OK ? guests_find(&l->guests, l->owner) : NULL;
    l->owner_found = owner != NULL;
    if (owner && !l->shared && strcmp(owner->node, l->node) != 0)
        l->elsewhere = owner->node;
    if (owner && !l->elsewhere) {
        wanted[owner - l->guests.rows] = true;
        r = guests_visit_configs(&l->a, &l->guests, wanted, 1, "the owner is looked at", look_at, l);
        wanted[owner - l->guests.rows] = false;
        most--;
    }
    for (uint32_t i = 0; r == PROXIMO_OK && !nobody && i < l->guests.count; i++) {
        const struct known_guest *guest = &l->guests.rows[i];
        wanted[i] =
            guest != owner && (l->shared || strcmp(guest->node, l->node) == 0) && !(machines && guest->lxc);
    }
    if (r == PROXIMO_OK && !nobody)
        r = guests_visit_configs(&l->a, &l->guests, wanted, most, "configurations are looked at", look_at, l);
    const uint32_t more = l->unread > UNREAD_NAMED ? l->unread - UNREAD_NAMED : 0;
    if (r == PROXIMO_OK && more + l->over)
        r = l->a.host->incomplete(
            l->a.call,
            ask_text(&l->a, "the configurations of %u%s guests", more + l->over, l->unread ? " more" : ""),
            l->over ? "a plan looks at the owner and 4000 others" : "they could not be read");
    return r;
}

/* ---- what hangs on it in the storage */

/* A linked clone is stored as BASE/VOLUME, and its row names the base as its parent. */
static bool is_clone_of(const struct looking *l, struct json_object *row)
{
    const char *volid = member_text(row, "volid"), *parent = member_text(row, "parent");
    const char *name = strchr(l->volid, ':') + 1;
    const size_t len = strlen(l->volid);
    if (!volid || strcmp(volid, l->volid) == 0)
        return false;
    if (strncmp(volid, l->volid, len) == 0 && volid[len] == '/')
        return true;
    const char *file = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
    if (!parent || strncmp(file, "base-", 5) != 0)
        return false;
    const size_t parent_len = strcspn(parent, "@"); /* the snapshot that clones are made from */
    return (strlen(l->volid) == parent_len && strncmp(parent, l->volid, parent_len) == 0) ||
           (strlen(name) == parent_len && strncmp(parent, name, parent_len) == 0) ||
           (strlen(file) <= parent_len &&
            strncmp(parent + parent_len - strlen(file), file, strlen(file)) == 0);
}

static int32_t tell_clones(struct looking *l, struct json_object *list)
{
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        if (!is_clone_of(l, row))
            continue;
        const char *vmid = member_text(row, "vmid"), *volid = member_text(row, "volid");
        struct json_object *facts = json_object_new_object();
        if (facts)
            json_object_object_add(facts, "volid", json_object_new_string(volid));
        l->told++;
        r = tell_affected(
            &l->a, PROXIMO_RISK_HIGH,
            vmid ? ask_text(&l->a, "guest/%s", vmid) : ask_text(&l->a, "volume/%s", volid), NULL,
            "is a linked clone of this base volume: Proxmox refuses to delete it meanwhile, and "
            "without it the clone is lost",
            facts);
    }
    return r;
}

/* The volume's row and its storage. */
static int32_t look_at_storage(struct looking *l)
{
    const struct proximo_field at[] = {FIELD("node", l->node), FIELD("storage", l->storage)};
    struct proximo_need needs[3];
    uint32_t need_count = 0;
    struct looked looked;
    int32_t r = content_needs(&l->a, l->storage, "images", NULL, needs, &need_count);
    const struct proximo_get list = {ROW(proximo_get), .path = CONTENT_PATH, .fields = at, .field_count = 2,
                                     .needs = ROWS(needs, need_count)};
    const struct proximo_get entry = {ROW(proximo_get), .path = "/storage/{storage}", .fields = &at[1],
                                      .field_count = 1};
    if (r < 0 || (r = ask_look(&l->a, &list, &looked)) < 0)
        return r;
    struct json_object *row = volume_row(looked.data, l->volid);
    const char *content = member_text(row, "content"), *vmid = member_text(row, "vmid");
    l->content = content ? ask_text(&l->a, "%s", content) : "";
    l->owner = vmid ? (int64_t)digits_of(vmid, 999999999) : volume_owner(l->volid);
    if (json_object_is_type(looked.data, json_type_array)) {
        r = tell_clones(l, looked.data);
        if (r == PROXIMO_OK && !looked.complete)
            r = l->a.host->incomplete(l->a.call, "what is based on this volume",
                                      "this token does not see all of the storage's content");
    } else {
        r = l->a.host->incomplete(l->a.call, "the storage's content", looked.why ? looked.why : "no answer");
    }
    json_object_put(looked.data);
    if (r < 0 || (r = ask_look(&l->a, &entry, &looked)) < 0)
        return r;
    l->shared = !looked.data || storage_is_shared(looked.data); /* not known: anybody may use it */
    json_object_put(looked.data);
    return r;
}

/* Local volumes of a guest under replication have copies of the same name on other nodes. */
static int32_t look_at_replication(struct looking *l)
{
    static const struct proximo_need need[] = {NEED("/vms", "VM.Audit")};
    static const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/replication",
                                           .needs = PROXIMO_TABLE(need)};
    const bool disk = strcmp(l->content, "images") == 0 || strcmp(l->content, "rootdir") == 0;
    const struct known_guest *owner = guests_find(&l->guests, l->owner);
    struct looked looked;
    if (!disk || !l->owner || l->shared)
        return PROXIMO_OK;
    int32_t r = ask_look(&l->a, &get, &looked);
    if (r < 0)
        return r;
    const size_t count =
        json_object_is_type(looked.data, json_type_array) ? json_object_array_length(looked.data) : 0;
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
        struct json_object *job = json_object_array_get_idx(looked.data, i);
        const char *guest = member_text(job, "guest"), *target = member_text(job, "target");
        if (!guest || !target || (int64_t)digits_of(guest, 999999999) != l->owner)
            continue;
        const bool copy = strcmp(target, l->node) == 0 && owner && strcmp(owner->node, l->node) != 0;
        l->told++;
        r = tell_affected(
            &l->a, PROXIMO_RISK_MEDIUM, ask_text(&l->a, "guest/%s", guest), owner ? owner->name : NULL,
            copy ? "is replicated, and this is the copy: the next replication sends everything anew"
                 : ask_text(&l->a,
                            "is replicated to %s: the copy there stays, but the next "
                            "replication fails",
                            target),
            NULL);
    }
    if (r == PROXIMO_OK && !looked.data)
        r = l->a.host->incomplete(l->a.call, "whether the volume is replicated",
                                  looked.why ? looked.why : "no answer");
    json_object_put(looked.data);
    return r;
}

/* ---- */

/* Memory of a snapshot or a suspended machine is named in no disk slot. */
static int32_t tell_state(struct looking *l)
{
    const char *state = strstr(l->volid, "-state-");
    const struct known_guest *owner = guests_find(&l->guests, l->owner);
    if (!state || !owner || strcmp(l->content, "images") != 0)
        return PROXIMO_OK;
    return tell_guest(
        l, owner, PROXIMO_RISK_HIGH, "vmstate",
        ask_text(&l->a,
                 "this is its memory of snapshot or suspension \"%.40s\": without it a rollback "
                 "there, or the resumption, fails",
                 state + strlen("-state-")));
}

static int32_t tell_nobody(struct looking *l)
{
    const bool disk = strcmp(l->content, "images") == 0 || strcmp(l->content, "rootdir") == 0;
    if (l->told)
        return PROXIMO_OK;
    const char *resource = ask_text(&l->a, "volume/%s", l->volid);
    const char *effect =
        l->elsewhere
            ? ask_text(&l->a,
                       "is a left-over of guest %lld, which is on %s and has a volume of its own there",
                       (long long)l->owner, l->elsewhere)
        : disk && l->owner && !l->owner_found && l->guests.complete
            ? ask_text(&l->a, "belongs to guest %lld, which does not exist any more", (long long)l->owner)
        : disk ? "is named by no guest's configuration that was read; snapshots may still need it"
        : strcmp(l->content, "vztmpl") == 0
            ? "containers made from it do not need it; new ones cannot be made from it"
            : "is named by no guest's configuration that was read";
    return tell_affected(&l->a, PROXIMO_RISK_LOW, resource, NULL, effect, NULL);
}

int32_t storage_blast_volume(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct looking l = {.a = {((struct plane_instance *)instance)->host, call}};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    l.volid = member_text(subject, "volid");
    l.node = member_text(subject, "node");
    if (!l.volid || !strchr(l.volid, ':'))
        return l.a.host->fail(call, PROXIMO_EINVAL, "the subject has no volid");
    if (!l.node)
        return l.a.host->incomplete(call, "who uses the volume", "the subject does not say on which node");
    l.storage = ask_text(&l.a, "%.*s", (int)(strchr(l.volid, ':') - l.volid), l.volid);
    int32_t r = l.storage ? look_at_storage(&l) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = guests_list(&l.a, &l.guests);
    if (r == PROXIMO_OK)
        r = look_at_guests(&l);
    if (r == PROXIMO_OK)
        r = look_at_replication(&l);
    if (r == PROXIMO_OK)
        r = tell_state(&l);
    if (r == PROXIMO_OK)
        r = tell_nobody(&l);
    guests_done(&l.guests);
    return r;
}
