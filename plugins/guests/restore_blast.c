/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a restore affects: the guest that it overwrites with all it has, the guest that the archive is of, and
 * the storage. How large the disks in an archive are only its configuration says, which is not looked at:
 * they are taken to be as large as those of its guest are now, or as what a Backup Server says they are. In
 * the same way what its guest has now tells what probably reaches into the host again.
 */
#include "destroy.h"
#include "options.h"
#include "restore.h"

static int32_t incomplete(const struct restore *s, const char *what, const char *why)
{
    return what ? s->g.ask.host->incomplete(s->g.ask.call, what, why ? why : "it could not be read")
                : PROXIMO_ENOMEM;
}

/* ---- what is overwritten */

static int32_t tell_disks(const struct restore *s)
{
    const struct asking *a = &s->g.ask;
    struct guest_disk *disks = a->host->alloc(a->call, GUEST_DISKS_MOST * sizeof(*disks));
    uint32_t count = 0;
    int32_t r = disks ? guest_disks(a, s->g.config, guest_is_lxc(&s->g), disks, GUEST_DISKS_MOST, &count)
                      : PROXIMO_ENOMEM;

    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++) {
        if (!disks[i].storage || disks[i].flags & (DISK_CDROM | DISK_EMPTY))
            continue;
        struct json_object *facts = json_object_new_object();
        if (facts)
            json_object_object_add(facts, "volume", json_object_new_string(disks[i].volid));
        r = tell_affected(a, PROXIMO_RISK_HIGH, ask_text(a, "disk/%s/%s", s->g.vmid, disks[i].slot), NULL,
                          disks[i].flags & DISK_NO_BACKUP
                              ? "is destroyed, and no backup has it: it is left out of them"
                              : "is destroyed; what was written since the backup is lost",
                          facts);
    }
    return r;
}

static int32_t tell_snapshots(const struct restore *s)
{
    const struct asking *a = &s->g.ask;
    const struct proximo_get get = {ROW(proximo_get), .path = GUEST_SNAPS, .fields = s->g.at,
                                    .field_count = 3};
    struct looked list;
    int32_t r = ask_look(a, &get, &list);

    if (r == PROXIMO_OK && !snapshot_named(list.data, "current"))
        r = incomplete(s, "the guest's snapshots", list.data ? "the list is not whole" : list.why);
    for (size_t i = 0; r == PROXIMO_OK && json_object_is_type(list.data, json_type_array) &&
                       i < json_object_array_length(list.data);
         i++) {
        const char *name = member_text(json_object_array_get_idx(list.data, i), "name");
        if (name && strcmp(name, "current") != 0)
            r = tell_affected(a, PROXIMO_RISK_HIGH, ask_text(a, "snapshot/%s/%s", s->g.vmid, name), NULL,
                              "is destroyed with the disks: no backup holds snapshots", NULL);
    }
    json_object_put(list.data);
    return r;
}

static int32_t tell_ties(const struct restore *s)
{
    const struct asking *a = &s->g.ask;
    struct json_object *jobs DROP_JSON = NULL;
    int32_t r = destroy_replication(&s->g, &jobs);

    for (size_t i = 0; r == PROXIMO_OK && jobs && i < json_object_array_length(jobs); i++) {
        const char *id = member_text(json_object_array_get_idx(jobs, i), "id");
        if (id)
            r = tell_affected(a, PROXIMO_RISK_HIGH, ask_text(a, "replication/%s", id), NULL,
                              "loses what it has in common with the target: its next run fails or copies "
                              "everything",
                              NULL);
    }
    if (r == PROXIMO_OK && guest_managed(&s->g))
        r = tell_affected(
            a, PROXIMO_RISK_HIGH, ask_text(a, "ha/%s:%s", guest_is_lxc(&s->g) ? "ct" : "vm", s->g.vmid), NULL,
            "stays an HA resource: its manager may start the guest in the middle of the restore, "
            "and starts it after it if its requested state is started",
            NULL);
    return r;
}

static int32_t tell_over(struct restore *s)
{
    const struct asking *a = &s->g.ask;
    int32_t r = migrate_read_guest(&s->g);

    if (r < 0)
        return r == PROXIMO_ENOTFOUND ? PROXIMO_OK : r; /* said as incomplete */
    struct json_object *facts = json_object_new_object();
    if (facts) {
        json_object_object_add(facts, "node", json_object_new_string(s->g.node));
        json_object_object_add(facts, "kind", json_object_new_string(s->g.kind));
        json_object_object_add(facts, "status", json_object_new_string(member_text(s->g.status, "status")));
    }
    r = tell_affected(a, PROXIMO_RISK_HIGH, ask_text(a, "guest/%s", s->g.vmid),
                      member_text(s->g.status, "name"),
                      "is overwritten: its disks, configuration and snapshots as they are now are destroyed, "
                      "and everything since the backup is lost",
                      facts);
    if (r == PROXIMO_OK)
        r = tell_disks(s);
    if (r == PROXIMO_OK)
        r = tell_snapshots(s);
    return r == PROXIMO_OK ? tell_ties(s) : r;
}

/* ---- what comes, and beside whom */

static int32_t tell_new(const struct restore *s)
{
    const struct asking *a = &s->g.ask;
    const struct known_guest *own = guests_find(&s->guests, s->own);
    int32_t r = tell_affected(
        a, PROXIMO_RISK_LOW, ask_text(a, "guest/%s", s->g.vmid), NULL,
        guest_is_lxc(&s->g)
            ? ask_text(a, "is created on %s, as the archive has it: also privileged, if it was", s->g.node)
            : ask_text(a, "is created on %s, as the archive has it", s->g.node),
        NULL);

    if (r < 0 || !own)
        return r;
    return tell_affected(
        a, PROXIMO_RISK_MEDIUM, ask_text(a, "guest/%lld", (long long)s->own), own->name,
        "goes on as it is, and the new guest is its twin: the same host name, keys and fixed "
        "addresses inside; both on one network disturb each other",
        NULL);
}

/* ---- the guest of the archive as it is now */

/* Reads its configuration into s->now: NULL where it is not there, of the other kind, or unread. */
static int32_t read_now(struct restore *s)
{
    const struct known_guest *own = guests_find(&s->guests, s->own);
    struct looked config;

    if (!own || own->lxc != guest_is_lxc(&s->g))
        return PROXIMO_OK;
    s->now = (struct guest){.ask = s->g.ask, .node = own->node, .kind = s->g.kind};
    s->now.vmid = ask_text(&s->g.ask, "%lld", (long long)own->vmid);
    if (!s->now.vmid)
        return PROXIMO_ENOMEM;
    guest_place(&s->now);
    const struct proximo_get get = {ROW(proximo_get), .path = GUEST_CONFIG, .fields = s->now.at,
                                    .field_count = 3};
    int32_t r = ask_look(&s->g.ask, &get, &config);
    if (r == PROXIMO_OK && member_text(config.data, "digest"))
        s->now.config = config.data;
    else if (r == PROXIMO_OK)
        json_object_put(config.data); /* an empty answer is not an empty guest */
    return r;
}

#define CROSSINGS_BYTES 1400u /* of one sentence; a reason has 2047 */

/* "net0 (attaches ...); hostpci0 (gives ...)" of what its guest has now. "": nothing. */
static const char *crossings_now(const struct restore *s)
{
    const struct asking *a = &s->g.ask;
    const bool lxc = guest_is_lxc(&s->g), privileged = lxc && !member_true(s->now.config, "unprivileged");
    const char *text = privileged ? "privileged (root in it is root on the host)" : "";

    json_object_object_foreach(s->now.config, key, value)
    {
        const char *plain = json_object_get_string(value);
        const char *why = plain ? config_crosses(key, plain, lxc, privileged) : NULL;
        if (!why || !text)
            continue;
        if (strlen(text) > CROSSINGS_BYTES)
            return ask_text(a, "%s; and more", text);
        text = ask_text(a, "%s%s%.60s (%s)", text, *text ? "; " : "", key, why);
    }
    return text;
}

/* What an archive's configuration opens of the host nobody is shown before: Proxmox prints it with its
 * passwords, so it is not asked for. That is never less than high. */
static int32_t tell_crossings(const struct restore *s)
{
    const struct asking *a = &s->g.ask;
    int32_t r = a->host->risk(
        a->call, PROXIMO_RISK_HIGH,
        guest_is_lxc(&s->g)
            ? "the archive's configuration is not looked at, because Proxmox prints it with its passwords: "
              "its "
              "bridges, folders and devices of the host, features and raw LXC keys come back, and it is "
              "privileged if it was"
            : "the archive's configuration is not looked at, because Proxmox prints it with its passwords: "
              "its "
              "bridges, interfaces without firewall and devices of the host come back");

    if (r < 0 || !s->now.config)
        return r;
    const char *text = crossings_now(s);
    if (!text || !*text)
        return text ? PROXIMO_OK : PROXIMO_ENOMEM;
    return a->host->risk(
        a->call, PROXIMO_RISK_HIGH,
        ask_text(a, "guest %s as it is now reaches into the host, and so probably does its archive: %s",
                 s->now.vmid, text));
}

/* ---- space */

/* Bytes of the disks that the archive's guest has now; 0: not known. */
static int32_t bytes_of_own(const struct restore *s, uint64_t *ret)
{
    *ret = 0;
    return s->now.config ? backup_disks(&s->now, false, ret) : PROXIMO_OK;
}

static int32_t tell_space(struct restore *s)
{
    const struct asking *a = &s->g.ask;
    const char *resource = ask_text(a, "storage/%s", s->storage);
    const int64_t packed = json_object_get_int64(member_of(s->row, "size"));
    const char *format = member_text(s->row, "format");
    struct json_object *free_json = NULL;
    uint64_t bytes = 0;
    int32_t r = bytes_of_own(s, &bytes);

    if (r == PROXIMO_OK)
        r = backup_free(&s->view, s->storage, &free_json);
    if (r < 0)
        return r;
    if (!bytes && packed > 0 && format && strncmp(format, "pbs-", 4) == 0)
        bytes = (uint64_t)packed; /* of the images as they are */
    if (!free_json)
        return incomplete(s, ask_text(a, "whether the disks fit on %s", s->storage),
                          migrate_why(&s->view, MIGRATE_TARGET_STORAGE));
    const uint64_t left = (uint64_t)json_object_get_int64(free_json);
    if (packed > 0 && left < (uint64_t)packed)
        return tell_affected(a, PROXIMO_RISK_HIGH, resource, NULL,
                             "has less free than the archive alone takes: the restore fails, or fills it",
                             NULL);
    if (!bytes)
        return incomplete(
            s, ask_text(a, "whether the disks fit on %s", s->storage),
            "how large they are stands in the archive only, and its guest is not there to compare");
    return left >= bytes
               ? tell_affected(a, PROXIMO_RISK_LOW, resource, NULL,
                               "takes all disks, and has room for them as large as its guest's are", NULL)
               : tell_affected(a, PROXIMO_RISK_HIGH, resource, NULL,
                               "takes all disks, and has less free than they can hold: it can run full, and "
                               "others on it with it",
                               NULL);
}

int32_t guests_blast_restore(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct json_object *subject DROP_JSON = json_of(subject_json);
    struct restore s = {0};
    int32_t r = guest_open_subject(instance, call, subject_json, &s.g);

    if (r == PROXIMO_ENOTFOUND)
        return PROXIMO_OK; /* said as incomplete */
    s.archive = member_text(subject, "archive");
    s.storage = member_text(subject, "storage");
    s.over = member_true(subject, "over");
    if (r == PROXIMO_OK && (!s.archive || !s.storage))
        r = s.g.ask.host->fail(call, PROXIMO_EINVAL, "the subject has no archive or storage");
    if (r == PROXIMO_OK) {
        (void)restore_kind(s.archive, &s.own);
        migrate_open(&s.g.ask, s.g.node, &s.view);
        r = guests_list(&s.g.ask, &s.guests);
    }
    if (r == PROXIMO_OK)
        r = restore_find_archive(&s);
    if (r == PROXIMO_OK && !s.row)
        r = incomplete(&s, "the archive", s.list.data ? "it is not in the list" : s.list.why);
    if (r == PROXIMO_OK)
        r = s.over ? tell_over(&s) : tell_new(&s);
    if (r == PROXIMO_OK)
        r = read_now(&s);
    if (r == PROXIMO_OK)
        r = tell_crossings(&s);
    if (r == PROXIMO_OK)
        r = tell_space(&s);
    restore_done(&s);
    return r;
}
