/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_backup_job_guests and pve_backup_uncovered. Proxmox counts a guest as backed up as soon as any job
 * names it, a disabled one as well, so that is worked out here. Sources: GET
 * /cluster/backup/{id}/included_volumes, GET /cluster/backup-info/not-backed-up.
 */
#include "jobs.h"

static int32_t reply_rows(const struct asking *a, struct json_object *rows, bool complete, const char *note)
{
    struct proximo_content block = {
        ROW(proximo_content), .type = PROXIMO_CONTENT_ROWS, .data = json_text(rows),
        .flags = complete ? PROXIMO_CONTENT_COMPLETE : PROXIMO_CONTENT_INCOMPLETE};
    if (note)
        block.note = text_of(note);
    return a->host->reply(a->call, &block, 1);
}

static struct json_object *new_row(struct json_object *rows)
{
    struct json_object *row = json_object_new_object();
    if (row && json_object_array_add(rows, row) < 0) {
        json_object_put(row);
        row = NULL;
    }
    return row;
}

static void copy(struct json_object *row, const char *key, struct json_object *from, const char *name)
{
    struct json_object *value = member_of(from, name);
    if (value)
        json_object_object_add(row, key, json_object_get(value));
}

/* ---- a job's guests, a row for each volume */

static int32_t add_volumes(struct json_object *rows, struct json_object *guest)
{
    struct json_object *volumes = member_of(guest, "children");
    const size_t count =
        json_object_is_type(volumes, json_type_array) ? json_object_array_length(volumes) : 0;
    for (size_t i = 0; i < (count ? count : 1); i++) {
        struct json_object *volume = count ? json_object_array_get_idx(volumes, i) : NULL;
        struct json_object *row = new_row(rows);
        const char *id = member_text(volume, "id"), *colon = id ? strchr(id, ':') : NULL;
        if (!row)
            return PROXIMO_ENOMEM;
        copy(row, "vmid", guest, "id");
        copy(row, "name", guest, "name");
        copy(row, "type", guest, "type");
        if (!volume)
            continue; /* a guest without volumes: its configuration alone */
        json_object_object_add(row, "slot", json_object_new_string(colon ? colon + 1 : id ? id : ""));
        copy(row, "volid", volume, "name");
        json_object_object_add(row, "included", json_object_new_boolean(member_true(volume, "included")));
        copy(row, "reason", volume, "reason");
    }
    return PROXIMO_OK;
}

int32_t storage_read_job_guests(void *instance, struct proximo_call *call)
{
    static const struct proximo_need need[] = {NEED("/", "Sys.Audit"), NEED("/vms", "VM.Audit")};
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const char *id = ask_argument(&a, "id");
    struct proximo_answer answer = {ROW(proximo_answer)};
    if (!id)
        return a.host->fail(call, PROXIMO_EINVAL, "id is missing");
    const struct proximo_field field = FIELD("id", id);
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/backup/{id}/included_volumes",
                                    .fields = &field, .field_count = 1, .needs = PROXIMO_TABLE(need)};
    int32_t r = a.host->get(call, &get, &answer);
    if (r < 0)
        return r;
    struct json_object *tree DROP_JSON = json_of(answer.data), *rows DROP_JSON = json_object_new_array();
    struct json_object *guests = member_of(tree, "children");
    if (!rows)
        return PROXIMO_ENOMEM;
    if (!json_object_is_type(guests, json_type_array)) /* no list is not an empty one */
        return reply_rows(&a, rows, false, "Proxmox answered without a list of guests");
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(guests); i++)
        r = add_volumes(rows, json_object_array_get_idx(guests, i));
    return r == PROXIMO_OK ? reply_rows(&a, rows, !(answer.flags & PROXIMO_ANSWER_INCOMPLETE), NULL) : r;
}

/* ---- guests in no enabled job */

struct uncovered {
    struct asking a;
    struct known_guests guests;
    struct backup_jobs jobs;
    struct json_object *rows;
    uint32_t unknown;
};

/* The jobs that name the guest and are disabled, as words; NULL: none. */
static const char *disabled_jobs(const struct uncovered *u, const struct known_guest *guest)
{
    const char *text = NULL;
    for (uint32_t i = 0; i < u->jobs.count; i++) {
        const struct job_pick *pick = &u->jobs.rows[i].pick;
        if (!pick->enabled && job_names(pick, guest->vmid, guest->node) == JOB_YES)
            text = ask_text(&u->a, "%s%s%s", text ? text : "", text ? ", " : "", pick->id);
    }
    return text;
}

static int32_t judge(struct uncovered *u, const struct known_guest *guest)
{
    bool unknown = false;
    for (uint32_t i = 0; i < u->jobs.count; i++) {
        const uint32_t picked = job_picks(&u->jobs.rows[i].pick, guest->vmid, guest->node);
        if (picked == JOB_YES)
            return PROXIMO_OK;
        unknown |= picked == JOB_UNKNOWN;
    }
    struct json_object *row = new_row(u->rows);
    const char *disabled = disabled_jobs(u, guest);
    if (!row)
        return PROXIMO_ENOMEM;
    u->unknown += unknown;
    json_object_object_add(row, "vmid", json_object_new_int64(guest->vmid));
    if (guest->name)
        json_object_object_add(row, "name", json_object_new_string(guest->name));
    json_object_object_add(row, "type", json_object_new_string(guest->lxc ? "lxc" : "qemu"));
    json_object_object_add(row, "node", json_object_new_string(guest->node));
    json_object_object_add(row, "template", json_object_new_boolean(guest->template));
    json_object_object_add(row, "why",
                           json_object_new_string(unknown    ? "not known: a pool could not be read"
                                                  : disabled ? "only in disabled jobs"
                                                             : "in no job"));
    if (disabled)
        json_object_object_add(row, "disabled_jobs", json_object_new_string(disabled));
    return PROXIMO_OK;
}

/* Guests that Proxmox names although they were not in the list of guests. */
static int32_t add_others(struct uncovered *u, struct json_object *list)
{
    const size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *guest = json_object_array_get_idx(list, i);
        const char *vmid = member_text(guest, "vmid");
        if (!vmid || guests_find(&u->guests, (int64_t)digits_of(vmid, 999999999)))
            continue;
        struct json_object *row = new_row(u->rows);
        if (!row)
            return PROXIMO_ENOMEM;
        copy(row, "vmid", guest, "vmid");
        copy(row, "name", guest, "name");
        copy(row, "type", guest, "type");
        json_object_object_add(row, "why", json_object_new_string("in no job"));
    }
    return PROXIMO_OK;
}

static int32_t look(struct uncovered *u)
{
    static const struct proximo_need need[] = {NEED("/", "Sys.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/backup-info/not-backed-up",
                                    .needs = PROXIMO_TABLE(need)};
    const struct asking *a = &u->a;
    struct json_object *list DROP_JSON = NULL;
    int32_t r = ask_get(a, &get, json_type_array, &list);
    if (r == PROXIMO_OK)
        r = guests_list(a, &u->guests);
    if (r == PROXIMO_ENOSYS) /* a read has no list of what is incomplete: it says so in its own words */
        r = PROXIMO_OK;
    if (r == PROXIMO_OK)
        r = backup_jobs_read(a, &u->jobs);
    if (r == PROXIMO_OK && u->jobs.why)
        return a->host->fail(a->call, PROXIMO_EREMOTE, "the backup jobs could not be read: %.300s",
                             u->jobs.why);
    for (uint32_t i = 0; r == PROXIMO_OK && i < u->guests.count; i++)
        r = judge(u, &u->guests.rows[i]);
    if (r == PROXIMO_OK)
        r = add_others(u, list);
    const char *note = !u->guests.complete
                           ? "this token does not see every guest: one that it does not see may be "
                             "in no job"
                       : u->unknown ? "the members of a pool that a job names could not be read"
                                    : NULL;
    return r == PROXIMO_OK ? reply_rows(a, u->rows, !note, note) : r;
}

int32_t storage_read_uncovered(void *instance, struct proximo_call *call)
{
    struct uncovered u = {.a = {((struct plane_instance *)instance)->host, call}};
    u.rows = json_object_new_array();
    int32_t r = u.rows ? look(&u) : PROXIMO_ENOMEM;
    json_object_put(u.rows);
    backup_jobs_done(&u.jobs);
    guests_done(&u.guests);
    return r;
}
