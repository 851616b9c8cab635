/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_snapshot_create, pve_snapshot_delete, pve_snapshot_update, pve_rollback. Proxmox answers all but the
 * update with a task even for a snapshot that is missing or taken, so that is looked at here. Sources: POST,
 * DELETE /nodes/{node}/{kind}/{vmid}/snapshot[/{snapname}], POST .../{snapname}/rollback.
 */
#include "guests.h"

#define WAIT_S 60

/* The guest, its state and its snapshots, and the name that was given. */
struct snapping {
    struct guest g;
    const char *name;
    struct json_object *list;
    struct json_object *entry; /* of that name; NULL: there is none */
    struct json_object *then;  /* rollback: the configuration in it */
};

static int32_t begin(void *instance, struct proximo_call *call, struct snapping *ret)
{
    *ret = (struct snapping){0};
    int32_t r = guest_open(instance, call, &ret->g);
    if (r == PROXIMO_OK)
        r = guest_read_status(&ret->g);
    if (r == PROXIMO_OK)
        r = guest_snapshots(&ret->g, &ret->list);
    if (r < 0)
        return r;
    ret->name = ask_argument(&ret->g.ask, "snapname");
    if (!ret->name)
        return ret->g.ask.host->fail(call, PROXIMO_EINVAL, "snapname is missing");
    if (!snapshot_named(ret->list, "current")) /* every list has it */
        return ret->g.ask.host->fail(call, PROXIMO_EPROTO, "the snapshot list of %s was not read completely",
                                     guest_label(&ret->g));
    ret->entry = snapshot_named(ret->list, ret->name);
    return PROXIMO_OK;
}

static void end(struct snapping *s)
{
    json_object_put(s->then);
    json_object_put(s->list);
    guest_done(&s->g);
}

/* Names but "current", as a list; NULL filter: all. Only those whose time is later than `after`. */
static struct json_object *names(struct json_object *list, int64_t after)
{
    struct json_object *found = json_object_new_array();
    for (size_t i = 0; found && i < json_object_array_length(list); i++) {
        struct json_object *entry = json_object_array_get_idx(list, i);
        if (member_text(entry, "name") && !member_is(entry, "name", "current") &&
            json_object_get_int64(member_of(entry, "snaptime")) > after)
            json_object_array_add(found, json_object_new_string(member_text(entry, "name")));
    }
    return found;
}

static int32_t missing(const struct snapping *s)
{
    struct json_object *all DROP_JSON = names(s->list, -1);
    return s->g.ask.host->fail(s->g.ask.call, PROXIMO_ENOTFOUND, "%s has no snapshot \"%s\"; it has: %.300s",
                               guest_label(&s->g), s->name, all ? json_text(all).ptr : "");
}

static int32_t guard_list(const struct snapping *s, const char *more)
{
    return guest_guard(&s->g, GUEST_SNAPS,
                       ask_text(&s->g.ask, "[name=%s]/name,[name=%s]/snaptime,[name=current]/parent%s",
                                s->name, s->name, more));
}

static int32_t wait_list(const struct snapping *s, const char *select, uint32_t test, const char *value)
{
    const struct guest_wait wait = {
        .path = GUEST_SNAPS, .select = select, .test = test, .value = value, .deadline_s = WAIT_S};
    return select ? guest_wait(&s->g, &wait) : PROXIMO_ENOMEM;
}

static int32_t no_way_back(const struct guest *g, const char *why)
{
    int32_t r = tell_text(&g->ask, "no_way_back", why);
    return r == PROXIMO_OK ? g->ask.host->undo(g->ask.call, PROXIMO_UNDO_NONE, NULL, 0) : r;
}

/* ---- create */

static int32_t create_check(const struct snapping *s, bool vmstate)
{
    const struct guest *g = &s->g;
    if (s->entry)
        return g->ask.host->fail(g->ask.call, PROXIMO_EINVAL, "%s has a snapshot \"%s\" already",
                                 guest_label(g), s->name);
    if (vmstate && guest_is_lxc(g))
        return g->ask.host->fail(g->ask.call, PROXIMO_EINVAL,
                                 "vmstate is for machines: the memory of a container cannot be saved");
    int32_t r = guest_check_lock(g, NULL);
    return r == PROXIMO_OK ? guest_check_privilege(g, "VM.Snapshot", "a snapshot") : r;
}

static int32_t create(const struct snapping *s)
{
    const struct guest *g = &s->g;
    const bool vmstate = ask_flag(&g->ask, "vmstate");
    const char *description = ask_argument(&g->ask, "description");
    struct proximo_field fields[3] = {FIELD("snapname", s->name)};
    uint32_t count = 1;
    int32_t r = create_check(s, vmstate);
    if (r < 0)
        return r;
    if (description)
        fields[count++] = FIELD("description", description);
    if (vmstate && guest_running(g))
        fields[count++] = FIELD("vmstate", "1");
    const char *summary = ask_text(&g->ask, "snapshot \"%s\" of %s%s", s->name, guest_label(g),
                                   !guest_running(g) ? ""
                                   : vmstate         ? ", with its memory: it stands still meanwhile"
                                                     : ", of its disks while it runs: as after a power cut");
    if (!summary || (r = g->ask.host->change(g->ask.call, summary)) < 0 || (r = guest_tell_facts(g)) < 0)
        return summary ? r : PROXIMO_ENOMEM;
    if ((r = guard_list(s, "")) < 0 || (r = guest_guard(g, GUEST_STATUS, "/status,/lock")) < 0 ||
        (r = guest_subject(g, "snapshot.create")) < 0 ||
        (r = guest_request(g, "POST", GUEST_SNAPS, fields, count, PROXIMO_STEP_FOLLOW)) < 0)
        return r;
    r = wait_list(s, ask_text(&g->ask, "[name=%s]/name", s->name), PROXIMO_WAIT_EXISTS, NULL);
    return r == PROXIMO_OK ? g->ask.host->undo(g->ask.call, PROXIMO_UNDO_FUNCTION, NULL, 0) : r;
}

int32_t guests_plan_snapshot_create(void *instance, struct proximo_call *call)
{
    struct snapping s;
    int32_t r = begin(instance, call, &s);
    if (r == PROXIMO_OK)
        r = create(&s);
    end(&s);
    return r;
}

/* ---- delete */

static int32_t deletion(const struct snapping *s, bool force, const char *summary)
{
    const struct guest *g = &s->g;
    const char *path = GUEST_SNAPS "/{snapname}";
    struct proximo_field fields[2] = {FIELD("snapname", s->name), FIELD("force", "1")};
    int32_t r = summary ? guest_check_lock(g, NULL) : PROXIMO_ENOMEM;
    if (r < 0 || (r = guest_check_privilege(g, "VM.Snapshot", "deleting a snapshot")) < 0 ||
        (r = g->ask.host->change(g->ask.call, summary)) < 0 || (r = guest_tell_facts(g)) < 0)
        return r;
    if ((r = guard_list(s, "")) < 0 || (r = guest_guard(g, GUEST_STATUS, "/status,/lock")) < 0 ||
        (r = guest_subject(g, "snapshot.delete")) < 0 ||
        (r = guest_request(g, "DELETE", path, fields, force ? 2 : 1, PROXIMO_STEP_FOLLOW)) < 0)
        return r;
    r = wait_list(s, ask_text(&g->ask, "[name=%s]", s->name), PROXIMO_WAIT_COUNT, "0");
    return r == PROXIMO_OK ? no_way_back(g, "a deleted snapshot cannot be brought back") : r;
}

int32_t guests_plan_snapshot_delete(void *instance, struct proximo_call *call)
{
    struct snapping s;
    int32_t r = begin(instance, call, &s);
    if (r == PROXIMO_OK && !s.entry)
        r = missing(&s);
    if (r == PROXIMO_OK) {
        const bool force = ask_flag(&s.g.ask, "force");
        r = deletion(&s, force,
                     ask_text(&s.g.ask, "snapshot \"%s\" of %s is deleted%s", s.name, guest_label(&s.g),
                              force ? "; its entry goes even if a disk's snapshot cannot be removed" : ""));
    }
    end(&s);
    return r;
}

static bool is_parent(const struct snapping *s)
{
    for (size_t i = 0; i < json_object_array_length(s->list); i++) {
        struct json_object *entry = json_object_array_get_idx(s->list, i);
        if (!member_is(entry, "name", "current") && member_is(entry, "parent", s->name))
            return true;
    }
    return false;
}

/* What Proxmox said of it when it was made; 0: the record has none. */
static int64_t recorded_time(struct json_object *record, const char *name)
{
    char key[80];
    struct json_object *after = member_of(record, "after");
    struct json_object *first = json_object_is_type(after, json_type_array) && json_object_array_length(after)
                                    ? json_object_array_get_idx(after, 0)
                                    : NULL;
    (void)snprintf(key, sizeof(key), "[name=%.40s]/snaptime", name);
    return json_object_get_int64(member_of(first, key));
}

/* Why the snapshot is not the unused one that was made; NULL: it is. */
static const char *used(const struct snapping *s, struct json_object *record)
{
    struct json_object *undo_of = member_of(record, "undo_of");
    int64_t made = recorded_time(record, s->name);
    if (undo_of && !json_object_is_type(undo_of, json_type_null))
        return "the snapshot was deleted; a new one would not hold the same state";
    if (!s->entry)
        return "the snapshot is not there any more";
    if (made && made != json_object_get_int64(member_of(s->entry, "snaptime")))
        return "there is another snapshot of this name, made at another time";
    if (!member_is(snapshot_named(s->list, "current"), "parent", s->name))
        return "the guest's state is no longer based on it: other snapshots or a rollback came after it";
    return is_parent(s) ? "another snapshot is based on it" : NULL;
}

int32_t guests_undo_snapshot_create(void *instance, struct proximo_call *call,
                                    struct proximo_text record_json)
{
    struct snapping s;
    struct json_object *record DROP_JSON = json_of(record_json);
    int32_t r = begin(instance, call, &s);
    if (r == PROXIMO_OK) {
        const char *why = used(&s, record);
        if (why) {
            (void)s.g.ask.host->undo(call, PROXIMO_UNDO_NONE, NULL, 0);
            r = s.g.ask.host->fail(call, PROXIMO_ESTATE, "snapshot \"%s\" of %s: %s", s.name,
                                   guest_label(&s.g), why);
        } else {
            r = deletion(&s, false,
                         ask_text(&s.g.ask, "snapshot \"%s\" of %s, unused since it was made, is deleted",
                                  s.name, guest_label(&s.g)));
        }
    }
    end(&s);
    return r;
}

/* ---- update: the note alone */

/* Without newlines at the end, which Proxmox does not keep (a container's note comes back with one). */
static const char *without_end(const struct guest *g, const char *text)
{
    size_t len = text ? strlen(text) : 0;
    while (len && text[len - 1] == '\n')
        len--;
    return ask_text(&g->ask, "%.*s", (int)len, text ? text : "");
}

static int32_t update_undo(const struct snapping *s)
{
    const struct guest *g = &s->g;
    const char *was = member_text(s->entry, "description");
    const struct proximo_field fields[] = {
        FIELD("snapname", s->name),
        was && *was ? REFERENCE("description", ask_text(&g->ask, "before.0:[name=%s]/description", s->name))
                    : FIELD("description", ""),
    };
    const struct proximo_step back = {ROW(proximo_step),
                                      .kind = PROXIMO_STEP_REQUEST,
                                      .name = "change",
                                      .method = "PUT",
                                      .path = GUEST_SNAPS "/{snapname}/config",
                                      .params = ROWS(fields, 2)};
    if (was && *was && !fields[1].value)
        return PROXIMO_ENOMEM;
    return g->ask.host->undo(g->ask.call, PROXIMO_UNDO_TEMPLATE, &back, 1);
}

static int32_t wait_note(const struct snapping *s, const char *select, const char *note)
{
    const char *forms = guest_note_forms(&s->g, note);
    return wait_list(s, select, forms ? PROXIMO_WAIT_IN : PROXIMO_WAIT_EXISTS, forms);
}

/* Its words are one of the two marks by which pve_undo_points_prune knows its own. */
static int32_t tell_undo_point(const struct snapping *s)
{
    return strncmp(s->name, "proximo-", 8) == 0
               ? tell_text(&s->g.ask, "undo_point",
                           "by its name it is one of Proximo's own: with another note pve_undo_points_prune "
                           "leaves it alone")
               : PROXIMO_OK;
}

static int32_t update(const struct snapping *s)
{
    const struct guest *g = &s->g;
    const char *now = without_end(g, member_text(s->entry, "description"));
    const char *note = without_end(g, ask_argument(&g->ask, "description"));
    const char *more = ask_text(&g->ask, ",[name=%s]/description", s->name);
    const struct proximo_field fields[] = {FIELD("snapname", s->name), FIELD("description", note)};
    if (!now || !note || !more)
        return PROXIMO_ENOMEM;
    const bool same = strcmp(now, note) == 0;
    const char *summary =
        ask_text(&g->ask, "%ssnapshot \"%s\" of %s %s", same ? "nothing to do: " : "", s->name,
                 guest_label(g), same ? "has this note already" : "gets another note");
    int32_t r = summary ? g->ask.host->change(g->ask.call, summary) : PROXIMO_ENOMEM;
    if (r < 0 || same)
        return r;
    if ((r = guest_check_lock(g, NULL)) < 0 ||
        (r = guest_check_privilege(g, "VM.Snapshot", "changing a snapshot's note")) < 0 ||
        (r = guest_tell_facts(g)) < 0 || (r = tell_text(&g->ask, "from", now)) < 0 ||
        (r = tell_text(&g->ask, "to", note)) < 0 || (r = tell_undo_point(s)) < 0)
        return r;
    if ((r = guard_list(s, more)) < 0 || (r = guest_guard(g, GUEST_STATUS, "/lock")) < 0 ||
        (r = guest_subject(g, "snapshot.update")) < 0 ||
        (r = guest_request(g, "PUT", GUEST_SNAPS "/{snapname}/config", fields, 2, 0)) < 0)
        return r;
    if (*note)
        r = wait_note(s, more + 1, note);
    return r == PROXIMO_OK ? update_undo(s) : r;
}

int32_t guests_plan_snapshot_update(void *instance, struct proximo_call *call)
{
    struct snapping s;
    int32_t r = begin(instance, call, &s);
    if (r == PROXIMO_OK && !s.entry)
        r = missing(&s);
    if (r == PROXIMO_OK)
        r = update(&s);
    end(&s);
    return r;
}

/* ---- rollback */

static bool is_disk(const char *key)
{
    static const char *const words[] = {"scsi", "virtio", "sata",    "ide",
                                        "mp",   "rootfs", "efidisk", "tpmstate"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t len = strlen(words[i]);
        if (strncmp(key, words[i], len) == 0 && strspn(key + len, "0123456789") == strlen(key + len) &&
            (key[len] || strcmp(key, "rootfs") == 0))
            return true;
    }
    return false;
}

/* The configuration as it is, and as it was; a storage that cannot go back over newer snapshots. */
static int32_t look_back(struct snapping *s)
{
    struct guest *g = &s->g;
    const struct proximo_field fields[] = {g->at[0], g->at[1], g->at[2], FIELD("snapshot", s->name)};
    const struct proximo_get get = {ROW(proximo_get), .path = GUEST_CONFIG, .fields = fields,
                                    .field_count = 4};
    int32_t r = guest_read_config(g);
    if (r == PROXIMO_OK)
        r = ask_get(&g->ask, &get, json_type_object, &s->then);
    return r == PROXIMO_OK ? snapshots_check_newer(g, s->list, s->entry, s->then) : r;
}

/* Disks that the present configuration has and the snapshot's has not, or has otherwise. */
static int32_t tell_disks(const struct snapping *s)
{
    const struct guest *g = &s->g;
    struct json_object *lost = json_object_new_array();
    if (!lost)
        return PROXIMO_ENOMEM;
    json_object_object_foreach(g->config, key, value)
    {
        const char *text = is_disk(key) ? json_object_get_string(value) : NULL;
        const char *old = member_text(s->then, key);
        size_t volume = text ? strcspn(text, ",") : 0;
        if (text && !strstr(text, "media=cdrom") &&
            (!old || strncmp(old, text, volume) != 0 || (old[volume] && old[volume] != ',')))
            json_object_array_add(lost, json_object_new_string(key));
    }
    if (json_object_array_length(lost) == 0) {
        json_object_put(lost);
        return PROXIMO_OK;
    }
    return tell_fact(&g->ask, "disks_not_in_snapshot", lost);
}

/* Newer snapshots, and what becomes of memory and of HA. */
static int32_t tell_rollback(struct snapping *s, bool memory, bool start)
{
    const struct guest *g = &s->g;
    const int64_t time = json_object_get_int64(member_of(s->entry, "snaptime"));
    struct json_object *newer = names(s->list, time);
    size_t count = newer ? json_object_array_length(newer) : 0;
    int32_t r = guest_tell_facts(g);
    if (r == PROXIMO_OK)
        r = tell_fact(&g->ask, "snapshot_time", json_object_new_int64(time));
    if (r == PROXIMO_OK && count)
        r = tell_fact(&g->ask, "newer_snapshots", json_object_get(newer));
    if (r == PROXIMO_OK && count)
        r = g->ask.host->risk(g->ask.call, PROXIMO_RISK_HIGH,
                              "there are newer snapshots: the present state is left beside their line, and a "
                              "storage without branches refuses");
    json_object_put(newer);
    if (r == PROXIMO_OK)
        r = tell_text(&g->ask, "afterwards",
                      memory  ? "it goes on running from the memory that the snapshot holds"
                      : start ? "it is started after the rollback"
                              : "it is stopped");
    if (r == PROXIMO_OK && guest_managed(g))
        r = g->ask.host->risk(
            g->ask.call, PROXIMO_RISK_HIGH,
            "it is under HA: the HA manager starts it again if its requested state says so");
    return r == PROXIMO_OK ? tell_disks(s) : r;
}

static int32_t rollback(struct snapping *s)
{
    const struct guest *g = &s->g;
    const bool start = ask_flag(&g->ask, "start");
    const bool memory = member_true(s->entry, "vmstate");
    const struct proximo_field fields[] = {FIELD("snapname", s->name), FIELD("start", "1")};
    int32_t r = guest_check_lock(g, NULL);
    if (r < 0 || (r = guest_check_privilege(g, "VM.Snapshot|VM.Snapshot.Rollback", "a rollback")) < 0 ||
        (r = look_back(s)) < 0)
        return r;
    const char *summary =
        ask_text(&g->ask, "%s goes back to snapshot \"%s\"; everything since is lost%s", guest_label(g),
                 s->name, guest_running(g) ? ", and what runs is cut off" : "");
    const char *wanted = ask_text(&g->ask, "\"%s\"", s->name);
    if (!summary || !wanted)
        return PROXIMO_ENOMEM;
    if ((r = g->ask.host->change(g->ask.call, summary)) < 0 || (r = tell_rollback(s, memory, start)) < 0)
        return r;
    if ((r = guard_list(s, "")) < 0 || (r = guest_guard(g, GUEST_STATUS, "/status,/lock,/ha/managed")) < 0 ||
        (r = guest_guard(g, GUEST_CONFIG, "/digest,/lock,/parent")) < 0 ||
        (r = guest_subject(g, "guest.rollback")) < 0 ||
        (r = guest_request(g, "POST", GUEST_SNAPS "/{snapname}/rollback", fields, start ? 2 : 1,
                           PROXIMO_STEP_FOLLOW)) < 0)
        return r;
    r = wait_list(s, "[name=current]/parent", PROXIMO_WAIT_EQUALS, wanted);
    return r == PROXIMO_OK ? no_way_back(g, "the state before a rollback is not kept; take a snapshot first")
                           : r;
}

int32_t guests_plan_rollback(void *instance, struct proximo_call *call)
{
    struct snapping s;
    int32_t r = begin(instance, call, &s);
    if (r == PROXIMO_OK && !s.entry)
        r = missing(&s);
    if (r == PROXIMO_OK)
        r = rollback(&s);
    end(&s);
    return r;
}
