/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_disk_resize. "+10G" means something else each time it is sent, so the plan has the size that comes of
 * it: an answer that is lost and sent again grows nothing twice. Source: PUT
 * /nodes/{node}/{qemu,lxc}/{vmid}/resize.
 */
#include "disks.h"

struct resize {
    struct disk_look look;
    const struct guest_disk *disk;
    const char *value; /* the disk's option as it is */
    uint64_t from, to;
    const char *from_text, *to_text;
};

static int32_t fail(const struct resize *z, int32_t code, const char *why)
{
    return z->look.g.ask.host->fail(z->look.g.ask.call, code, "disk %s of %s: %s", z->disk->slot,
                                    guest_label(&z->look.g), why);
}

/* "+10G" or "42G"; sizes are whole KiB. */
static int32_t take_size(struct resize *z)
{
    const struct asking *a = &z->look.g.ask;
    const char *text = ask_argument(a, "size");
    const bool more = text && *text == '+';
    const uint64_t bytes = text ? disk_bytes(text + more) : 0;
    if (!bytes)
        return a->host->fail(
            a->call, PROXIMO_EINVAL,
            "size \"%.40s\" is none: \"+10G\" grows by so much, \"42G\" grows to so much; units "
            "are K, M, G, T",
            text ? text : "");
    if (bytes > INT64_MAX / 32)
        return a->host->fail(a->call, PROXIMO_EINVAL, "size \"%.40s\" is larger than any disk", text);
    z->to = ((more ? z->from : 0) + bytes + 1023) / 1024 * 1024;
    z->from_text = disk_size_text(a, z->from);
    z->to_text = disk_size_text(a, z->to);
    if (!z->from_text || !z->to_text)
        return PROXIMO_ENOMEM;
    return z->to >= z->from
               ? PROXIMO_OK
               : a->host->fail(
                     a->call, PROXIMO_EINVAL,
                     "disk %s of %s has %s: Proxmox cannot make a disk smaller (%s). A smaller disk is "
                     "a new one that the data is copied to in the guest",
                     z->disk->slot, guest_label(&z->look.g), z->from_text, z->to_text);
}

/* What Proxmox refuses whatever the size is. */
static int32_t check_disk(struct resize *z)
{
    const struct guest_disk *disk = z->disk;
    if (disk->flags & DISK_CDROM)
        return fail(z, PROXIMO_EINVAL, "a CD or cloud-init drive has no size to change");
    if (disk->flags & (DISK_UNUSED | DISK_VMSTATE))
        return fail(z, PROXIMO_EINVAL, "it is not attached; only attached disks can be resized");
    if (!disk->storage)
        return fail(z, PROXIMO_EINVAL,
                    "it is a directory or device of the node, which Proxmox does not resize");
    if (!z->from)
        return fail(z, PROXIMO_ESTATE,
                    "neither the configuration nor its storage says how large it is, so what it would become "
                    "cannot be said");
    return PROXIMO_OK;
}

/* qcow2 keeps snapshots inside, and Proxmox does not resize such a disk. */
static int32_t check_snapshots(struct resize *z)
{
    const size_t len = strlen(z->disk->volid);
    struct disk_holders h;
    if (len < 6 || strcmp(z->disk->volid + len - 6, ".qcow2") != 0)
        return PROXIMO_OK;
    int32_t r = disk_holders(&z->look, z->disk->volid, &h);
    if (r < 0 || h.all == 0)
        return r;
    return fail(
        z, PROXIMO_ESTATE,
        "it is qcow2 and the guest has snapshots: Proxmox refuses to resize it until they are deleted");
}

static int32_t tell(struct resize *z, const struct disk_room *room)
{
    const struct asking *a = &z->look.g.ask;
    struct json_object *fact = json_object_new_object();
    const char *summary = ask_text(a, "disk %s of %s grows from %s to %s, for good", z->disk->slot,
                                   guest_label(&z->look.g), z->from_text, z->to_text);
    int32_t r = summary && fact ? a->host->change(a->call, summary) : PROXIMO_ENOMEM;
    if (fact) {
        json_object_object_add(fact, "slot", json_object_new_string(z->disk->slot));
        json_object_object_add(fact, "volume", json_object_new_string(z->disk->volid));
        json_object_object_add(fact, "from", json_object_new_string(z->from_text));
        json_object_object_add(fact, "to", json_object_new_string(z->to_text));
    }
    if (r == PROXIMO_OK)
        r = guest_tell_facts(&z->look.g);
    if (r == PROXIMO_OK)
        r = tell_fact(a, "disk", json_object_get(fact));
    json_object_put(fact);
    if (r == PROXIMO_OK)
        r = disk_room_fact(&z->look, room, "storage");
    if (r == PROXIMO_OK)
        r = tell_text(
            a, "afterwards",
            guest_is_lxc(&z->look.g)
                ? "Proxmox grows the file system in the container with it"
                : "partitions and file systems inside the machine stay as they are: grow them there");
    return r == PROXIMO_OK
               ? tell_text(
                     a, "no_way_back",
                     "Proxmox cannot make a disk smaller; a backup or a snapshot from before brings the "
                     "smaller disk back, with the data of then")
               : r;
}

/* The option as Proxmox writes it afterwards; NULL: it cannot be said (the storage rounds, or it names none).
 */
static const char *value_after(const struct resize *z)
{
    const struct asking *a = &z->look.g.ask;
    const char *at = strstr(z->value, ",size=");
    if (!at || z->to % (4 * 1024 * 1024))
        return NULL;
    const char *rest = at + strlen(",size=");
    return ask_text(a, "\"%.*s,size=%s%s\"", (int)(at - z->value), z->value, z->to_text,
                    rest + strcspn(rest, ","));
}

static int32_t lay_out(struct resize *z)
{
    const struct asking *a = &z->look.g.ask;
    const char *select = ask_text(a, "/digest,/lock,/%s", z->disk->slot);
    const char *details =
        ask_text(a, ",\"disk\":\"%s\",\"size\":%llu", z->disk->slot, (unsigned long long)z->to);
    const struct proximo_field fields[] = {FIELD("disk", z->disk->slot), FIELD("size", z->to_text),
                                           REFERENCE("digest", "state:/digest")};
    const char *after = value_after(z);
    const struct guest_wait wait = {.path = GUEST_CONFIG,
                                    .select = ask_text(a, "/%s", z->disk->slot),
                                    .test = after ? PROXIMO_WAIT_EQUALS : PROXIMO_WAIT_EXISTS,
                                    .value = after,
                                    .deadline_s = 30};
    if (!select || !details || !wait.select)
        return PROXIMO_ENOMEM;
    const struct proximo_step state = disk_state_step(&z->look, select);
    int32_t r = disk_guards(&z->look, select);
    if (r == PROXIMO_OK)
        r = disk_subject(&z->look, "disk.resize", details);
    if (r == PROXIMO_OK)
        r = a->host->step(a->call, &state);
    if (r == PROXIMO_OK)
        r = guest_request(&z->look.g, "PUT", GUEST_PATH "/resize", fields, 3,
                          PROXIMO_STEP_FOLLOW | PROXIMO_STEP_ATOMIC);
    if (r == PROXIMO_OK)
        r = guest_wait(&z->look.g, &wait);
    return r == PROXIMO_OK ? a->host->undo(a->call, PROXIMO_UNDO_NONE, NULL, 0) : r;
}

static int32_t grow(struct resize *z)
{
    struct disk_room room = {0};
    int32_t r = guest_check_lock(&z->look.g, NULL);
    if (r == PROXIMO_OK)
        r = guest_check_privilege(&z->look.g, "VM.Config.Disk", "resizing a disk");
    if (r == PROXIMO_OK)
        r = disk_check_storage(&z->look, z->disk->storage, "Datastore.AllocateSpace", "resizing a disk");
    if (r == PROXIMO_OK)
        r = check_snapshots(z);
    if (r == PROXIMO_OK)
        r = disk_room(&z->look, z->disk->storage, z->to - z->from, &room);
    if (r == PROXIMO_OK)
        r = tell(z, &room);
    disk_room_done(&room);
    return r == PROXIMO_OK ? lay_out(z) : r;
}

static int32_t plan(struct resize *z)
{
    const struct asking *a = &z->look.g.ask;
    int32_t r = disk_wanted(&z->look, ask_argument(a, "disk"), &z->disk);
    if (r < 0)
        return r;
    z->value = member_text(z->look.g.config, z->disk->slot);
    if ((r = disk_size(&z->look, z->disk, &z->from)) < 0 || (r = check_disk(z)) < 0 || (r = take_size(z)) < 0)
        return r;
    if (z->to > z->from)
        return grow(z);
    const char *text = ask_text(a, "nothing to do: disk %s of %s has %s already", z->disk->slot,
                                guest_label(&z->look.g), z->from_text);
    return text ? a->host->change(a->call, text) : PROXIMO_ENOMEM;
}

int32_t guests_plan_disk_resize(void *instance, struct proximo_call *call)
{
    struct resize z = {0};
    int32_t r = disk_open(instance, call, &z.look);
    if (r == PROXIMO_OK)
        r = plan(&z);
    disk_done(&z.look);
    return r;
}

/* ---- whom it affects */

static int32_t tell_disk(struct resize *z)
{
    const struct asking *a = &z->look.g.ask;
    struct json_object *facts = json_object_new_object();
    if (facts) {
        json_object_object_add(facts, "volume", json_object_new_string(z->disk->volid));
        json_object_object_add(facts, "from", json_object_new_string(z->from_text));
        json_object_object_add(facts, "to", json_object_new_string(z->to_text));
    }
    return tell_affected(
        a, PROXIMO_RISK_MEDIUM, disk_name(&z->look, z->disk->slot), NULL,
        guest_is_template(&z->look.g) ? "is a template's base volume: linked clones keep the size they have"
        : guest_running(&z->look.g)   ? "grows while the guest runs, and never gets smaller again"
                                      : "grows, and never gets smaller again",
        facts);
}

static int32_t blast(struct resize *z, struct json_object *subject)
{
    const struct asking *a = &z->look.g.ask;
    struct disk_holders holders;
    struct disk_room room = {0};
    const char *to = member_text(subject, "size");
    int32_t r = PROXIMO_OK;
    z->disk = disk_find(&z->look, member_text(subject, "disk"));
    z->to = to ? digits_of(to, INT64_MAX) : 0;
    if (!z->disk || !z->disk->storage)
        return a->host->incomplete(a->call, "the disk", "the configuration has none in this slot");
    if ((r = disk_size(&z->look, z->disk, &z->from)) < 0)
        return r;
    z->from_text = z->from ? disk_size_text(a, z->from) : "a size that is not known";
    z->to_text = disk_size_text(a, z->to);
    if (!z->from_text || !z->to_text)
        return PROXIMO_ENOMEM;
    r = tell_disk(z);
    if (r == PROXIMO_OK)
        r = disk_room(&z->look, z->disk->storage, z->from && z->to > z->from ? z->to - z->from : 0, &room);
    if (r == PROXIMO_OK)
        r = disk_room_tell(&z->look, &room);
    disk_room_done(&room);
    if (r == PROXIMO_OK)
        r = disk_holders(&z->look, z->disk->volid, &holders);
    if (r == PROXIMO_OK)
        r = disk_holders_tell(&z->look, &holders, PROXIMO_RISK_LOW,
                              "holds the disk at its smaller size: a rollback to it brings that back");
    return r == PROXIMO_OK && !(z->disk->flags & DISK_NO_REPLICA)
               ? disk_replication_tell(
                     &z->look, PROXIMO_RISK_LOW,
                     "its copy grows as well with the next run: the target needs the room too")
               : r;
}

int32_t guests_blast_disk_resize(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct json_object *subject DROP_JSON = json_of(subject_json);
    struct resize z = {0};
    int32_t r = disk_open_subject(instance, call, subject_json, &z.look);
    if (r == PROXIMO_OK)
        r = blast(&z, subject);
    disk_done(&z.look);
    return r == PROXIMO_ENOTFOUND ? PROXIMO_OK : r; /* said as incomplete */
}
