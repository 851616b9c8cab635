/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_cluster_diagnose: states and locks of guests, what would start again, backups, snapshots. A guest
 * without `protection` is no finding: it keeps from deletion alone, and most guests do well without. Sources:
 * GET /cluster/resources?type=vm, GET /cluster/tasks, GET .../config, GET .../snapshot, and those of
 * plugins/common/archives.h and backup_jobs.h.
 */
#include "../common/archives.h"
#include "../common/backup_jobs.h"
#include "../common/guest_disks.h"
#include "../common/undo_point.h"
#include "diagnose.h"

#include <math.h>

#define DAY_S         86400.0
#define CONFIGS_MOST  2000u
#define SNAPSHOT_DAYS 30.0 /* the first threshold of SNAPSHOT-OLD and UNDO-POINT-OLD */

/* What is kept while the guests are looked at. */
struct guests_view {
    struct known_guests guests;
    struct json_object *list, *tasks; /* as answered; tasks NULL: not known */
    struct name_list unknown, still, paused, locked, no_boot, no_job, none, old, bad, snapshots, points;
    double oldest_backup, oldest_snapshot, oldest_point; /* days */
    uint32_t unread_configs, unread_snapshots;
    const char *why_config, *why_snapshot;
};

static void names_of(const struct name_list *list, char ret[500])
{
    names_text(list, ret, 500);
}

/* ---- states and locks */

/* Is a task at work that explains the lock? A backup of many guests names none of them. */
static bool has_task(const struct guests_view *v, const char *vmid, const char *node)
{
    for (size_t i = 0; i < json_object_array_length(v->tasks); i++) {
        struct json_object *task = json_object_array_get_idx(v->tasks, i);
        const char *id = member_text(task, "id");
        if (member_of(task, "endtime"))
            continue;
        if (id && strcmp(id, vmid) == 0)
            return true;
        if ((!id || !*id) && member_is(task, "node", node))
            return true;
    }
    return false;
}

static void judge_states(struct diagnosis *d, struct guests_view *v)
{
    char names[500];
    for (size_t i = 0; i < json_object_array_length(v->list); i++) {
        struct json_object *row = json_object_array_get_idx(v->list, i);
        const char *vmid = member_text(row, "vmid"), *status = member_text(row, "status");
        const char *lock = member_text(row, "lock"), *node = member_text(row, "node");
        if (!vmid || !status || !node)
            continue;
        if (strcmp(status, "unknown") == 0)
            names_add(&v->unknown, "%s", vmid);
        else if (strstr(status, "error") || strstr(status, "panicked"))
            names_add(&v->still, "%s (%.20s)", vmid, status);
        else if (strcmp(status, "paused") == 0 || strcmp(status, "prelaunch") == 0)
            names_add(&v->paused, "%s", vmid);
        /* A guest that is suspended to disk keeps its lock until it goes on. */
        if (lock && strncmp(lock, "suspend", 7) != 0 && v->tasks && strcmp(status, "unknown") != 0 &&
            !has_task(v, vmid, node))
            names_add(&v->locked, "%s (%.20s)", vmid, lock);
    }
    names_of(&v->unknown, names);
    if (v->unknown.count) {
        findings_unread(&d->found, FROM_GUESTS, names,
                        "their state is not known: their node does not answer");
        findings_unread(&d->found, FROM_GUEST_CONFIGS, names, "they are not known to run");
    }
    names_of(&v->still, names);
    if (findings_measure(&d->found, GUEST_STATE, "guests", v->still.count, "%s", names))
        findings_argument(&d->found, "vmid", v->still.first);
    names_of(&v->paused, names);
    findings_measure(&d->found, GUEST_PAUSED, "guests", v->paused.count, "%s", names);
    names_of(&v->locked, names);
    if (findings_measure(&d->found, GUEST_LOCKED, "guests", v->locked.count,
                         "%s; the lock keeps changes away", names))
        findings_argument(&d->found, "vmid", v->locked.first);
}

static int32_t look_at_tasks(struct diagnosis *d, struct guests_view *v)
{
    static const struct proximo_need need[] = {NEED("/", "Sys.Audit")};
    static const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/tasks",
                                           .needs = PROXIMO_TABLE(need)};
    struct looked looked;
    int32_t r = ask_look(&d->ask, &get, &looked);
    if (r == PROXIMO_OK && json_object_is_type(looked.data, json_type_array) && looked.complete) {
        v->tasks = json_object_get(looked.data);
        findings_read(&d->found, FROM_RUNNING_TASKS);
    } else if (r == PROXIMO_OK) {
        findings_unread(&d->found, FROM_RUNNING_TASKS, NULL,
                        looked.data ? "tasks of others are not in the list: a lock may be theirs"
                                    : looked.why);
    }
    json_object_put(looked.data);
    return r;
}

static int32_t look_at_list(struct diagnosis *d, struct guests_view *v)
{
    static const struct proximo_need need[] = {NEED("/vms", "VM.Audit")};
    const struct proximo_field type = FIELD("type", "vm");
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/resources", .fields = &type,
                                    .field_count = 1, .needs = PROXIMO_TABLE(need)};
    static const uint32_t of_guests[] = {FROM_GUESTS, FROM_GUEST_CONFIGS, FROM_SNAPSHOTS, FROM_BACKUP_JOBS,
                                         FROM_BACKUPS};
    struct looked looked;
    int32_t r = ask_look(&d->ask, &get, &looked);
    const bool good = json_object_is_type(looked.data, json_type_array);
    for (uint32_t i = 0; r == PROXIMO_OK && i < 5; i++) {
        if (good)
            findings_read(&d->found, of_guests[i]);
        if (!good || !looked.complete)
            findings_unread(&d->found, of_guests[i], "guests that this token does not see (VM.Audit on /vms)",
                            good ? "the list of guests is shorter than it is" : looked.why);
    }
    if (good)
        v->list = json_object_get(looked.data);
    json_object_put(looked.data);
    return r == PROXIMO_OK && good ? guests_list(&d->ask, &v->guests) : r;
}

/* ---- would it start again? */

static struct guests_view *view_of(const struct diagnosis *d)
{
    return ((struct cluster_view *)d->own)->guests;
}

static int32_t take_config(void *context, struct known_guest *guest)
{
    struct guests_view *v = context;
    if (!guest->config) {
        v->unread_configs++;
        v->why_config = v->why_config ? v->why_config : guest->why;
    } else if (!member_true(guest->config, "onboot")) {
        names_add(&v->no_boot, "%lld", (long long)guest->vmid);
    }
    return PROXIMO_OK;
}

static int32_t look_at_configs(struct diagnosis *d, struct guests_view *v)
{
    bool *wanted = d->ask.host->alloc(d->ask.call, v->guests.count + UINT64_C(1));
    char names[500];
    if (!wanted)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < v->guests.count; i++)
        wanted[i] = v->guests.rows[i].running && !v->guests.rows[i].ha;
    int32_t r = guests_visit_configs(&d->ask, &v->guests, wanted, CONFIGS_MOST, "reads configurations",
                                     take_config, v);
    if (v->unread_configs) {
        (void)snprintf(names, sizeof(names), "%u guests", v->unread_configs);
        findings_unread(&d->found, FROM_GUEST_CONFIGS, names, v->why_config);
    }
    names_of(&v->no_boot, names);
    findings_measure(&d->found, GUEST_ONBOOT, "guests", v->no_boot.count, "%s", names);
    return r;
}

/* ---- snapshots */

static void judge_snapshots(struct diagnosis *d, const struct spot *spot, struct json_object *data,
                            const char *why)
{
    struct guests_view *v = view_of(d);
    if (!data) {
        v->unread_snapshots++;
        if (!v->why_snapshot)
            v->why_snapshot = ask_text(&d->ask, "%s: %s", spot->vmid, why);
        return;
    }
    for (size_t i = 0; i < json_object_array_length(data); i++) {
        struct json_object *row = json_object_array_get_idx(data, i);
        const char *name = member_text(row, "name");
        const double taken = number_of(row, "snaptime"), days = whole_below(((double)d->now - taken) / DAY_S);
        if (!name || strcmp(name, "current") == 0 || isnan(taken) || days < SNAPSHOT_DAYS)
            continue;
        const bool ours = undo_point_ours(name, member_text(row, "description"));
        double *oldest = ours ? &v->oldest_point : &v->oldest_snapshot;
        *oldest = days > *oldest ? days : *oldest;
        names_add(ours ? &v->points : &v->snapshots, "%s %.40s (%.0f days)", spot->vmid, name, days);
    }
}

static int32_t look_at_snapshots(struct diagnosis *d, struct guests_view *v)
{
    struct spot *spots = d->ask.host->alloc(d->ask.call, (v->guests.count + UINT64_C(1)) * sizeof(*spots));
    char names[500];
    if (!spots)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < v->guests.count; i++) {
        const struct known_guest *guest = &v->guests.rows[i];
        const char *vmid = ask_text(&d->ask, "%lld", (long long)guest->vmid);
        if (!vmid)
            return PROXIMO_ENOMEM;
        spots[i] = (struct spot){guest->node, guest->lxc ? "lxc" : "qemu", vmid, vmid};
    }
    int32_t r = diagnosis_each(d, "/nodes/{node}/{kind}/{vmid}/snapshot", spots, v->guests.count,
                               json_type_array, judge_snapshots);
    if (v->unread_snapshots) {
        (void)snprintf(names, sizeof(names), "%u guests", v->unread_snapshots);
        findings_unread(&d->found, FROM_SNAPSHOTS, names, v->why_snapshot);
    }
    names_of(&v->snapshots, names);
    if (findings_measure(&d->found, SNAPSHOT_OLD, "snapshots", v->oldest_snapshot, "%s", names))
        findings_argument(&d->found, "vmid", v->snapshots.first);
    names_of(&v->points, names);
    findings_measure(&d->found, UNDO_POINT_OLD, "undo points", v->oldest_point, "%s", names);
    return r;
}

/* ---- backups */

static int32_t look_at_jobs(struct diagnosis *d, struct guests_view *v)
{
    struct backup_jobs jobs;
    struct name_list unknown = {0};
    char names[500];
    int32_t r = backup_jobs_read(&d->ask, &jobs);
    if (r == PROXIMO_OK && jobs.why)
        findings_unread(&d->found, FROM_BACKUP_JOBS, NULL, jobs.why);
    for (uint32_t i = 0; r == PROXIMO_OK && i < v->guests.count; i++) {
        const struct known_guest *guest = &v->guests.rows[i];
        uint32_t best = JOB_NO;
        for (uint32_t k = 0; k < jobs.count && best != JOB_YES; k++) {
            const uint32_t picked = job_picks(&jobs.rows[k].pick, guest->vmid, guest->node);
            best = picked == JOB_NO ? best : picked;
        }
        if (!guest->template && best != JOB_YES)
            names_add(best == JOB_NO && !jobs.why ? &v->no_job : &unknown, "%lld", (long long)guest->vmid);
    }
    names_of(&v->no_job, names);
    findings_measure(&d->found, BACKUP_NO_JOB, "guests", v->no_job.count, "%s (templates are not counted)",
                     names);
    names_of(&unknown, names);
    if (unknown.count && !jobs.why)
        findings_unread(&d->found, FROM_BACKUP_JOBS, names,
                        "the members of a pool that a job names are not seen");
    backup_jobs_done(&jobs);
    return r;
}

static void judge_backups(struct diagnosis *d, struct guests_view *v, const struct archives *all)
{
    const double limit = check_of(BACKUP_OLD)->at[1];
    const char *where = all->unseen_count ? " (where this token could look)" : "";
    char names[500];
    for (uint32_t i = 0; i < v->guests.count; i++) {
        const struct known_guest *guest = &v->guests.rows[i];
        uint32_t count = 0;
        const struct archive *newest = archives_of(all, guest->vmid, &count);
        if (guest->template)
            continue;
        if (!newest && all->looked) {
            names_add(&v->none, "%lld", (long long)guest->vmid);
        }
        if (!newest)
            continue;
        const double days = whole_below((double)(d->now - newest->ctime) / DAY_S);
        if (newest->verified == VERIFIED_FAILED)
            names_add(&v->bad, "%lld", (long long)guest->vmid);
        if (days < limit)
            continue;
        v->oldest_backup = days > v->oldest_backup ? days : v->oldest_backup;
        names_add(&v->old, "%lld (%.0f days)", (long long)guest->vmid, days);
    }
    names_of(&v->none, names);
    findings_measure(&d->found, BACKUP_NONE, "guests", v->none.count, "%s%s", names, where);
    names_of(&v->bad, names);
    findings_measure(&d->found, BACKUP_VERIFY, "guests", v->bad.count, "%s", names);
    names_of(&v->old, names);
    if (v->old.count)
        findings_measure(&d->found, BACKUP_OLD, "guests", v->oldest_backup, "%s%s", names, where);
}

static int32_t look_at_backups(struct diagnosis *d, struct guests_view *v)
{
    struct archives all = {0};
    int32_t r = archives_read(&d->ask, 0, NULL, &all);
    for (uint32_t i = 0; r == PROXIMO_OK && i < all.unseen_count; i++) {
        char what[120];
        (void)snprintf(what, sizeof(what), "storage %.50s%s%.50s", all.unseen[i].storage,
                       all.unseen[i].node ? " of node " : "", all.unseen[i].node ? all.unseen[i].node : "");
        findings_unread(&d->found, FROM_BACKUPS, what, all.unseen[i].why);
    }
    if (r == PROXIMO_OK)
        judge_backups(d, v, &all);
    archives_done(&all);
    return r;
}

int32_t diagnose_guests(struct diagnosis *d)
{
    struct guests_view v = {0};
    ((struct cluster_view *)d->own)->guests = &v;
    int32_t r = look_at_list(d, &v);
    if (r == PROXIMO_OK)
        r = look_at_tasks(d, &v);
    if (r == PROXIMO_OK && !v.list)
        findings_unread(&d->found, FROM_RUNNING_TASKS, NULL, "the list of guests could not be read");
    if (r == PROXIMO_OK && v.list) {
        judge_states(d, &v);
        r = look_at_jobs(d, &v);
        if (r == PROXIMO_OK)
            r = look_at_backups(d, &v);
        if (r == PROXIMO_OK)
            r = look_at_snapshots(d, &v);
        if (r == PROXIMO_OK)
            r = look_at_configs(d, &v);
    }
    guests_done(&v.guests);
    json_object_put(v.list);
    json_object_put(v.tasks);
    return r;
}
