/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm_diagnose: what the API tells of one virtual machine's health, each number held against a threshold. What
 * only a command inside of it can tell is look_inside.c's. Sources: the paths in the table below, and
 * plugins/common/archives.h.
 */
#include "diagnose.h"

#include <math.h>
#include <time.h>

#include "../common/archives.h"
#include "agent.h"

#define DAY_S    86400.0
#define DAY_TEXT "86400"

/* ---- its state */

static void judge_qmp(struct diagnosis *d, struct json_object *data)
{
    const char *qmp = member_text(data, "qmpstatus");
    if (!qmp)
        return;
    if (strstr(qmp, "error") || strstr(qmp, "panicked"))
        findings_state(&d->found, VM_STATE, "the machine", 0, "QEMU says %.30s%s", qmp,
                       strcmp(qmp, "io-error") == 0 ? ": a disk could not be written, mostly a full storage"
                                                    : "");
    else if (strcmp(qmp, "paused") == 0 || strcmp(qmp, "prelaunch") == 0 || strcmp(qmp, "suspended") == 0)
        findings_state(&d->found, VM_PAUSED, "the machine", 0, "QEMU says %.30s", qmp);
}

static void judge_usage(struct diagnosis *d, struct json_object *data)
{
    static const struct {
        uint32_t check;
        const char *key;
    } pressures[] = {{VM_PSI_CPU, "pressurecpusome"},
                     {VM_PSI_IO, "pressureiosome"},
                     {VM_PSI_MEMORY, "pressurememorysome"}};
    const double max = number_of(data, "maxmem"), balloon = number_of(data, "balloon");
    char used[32], total[32];
    findings_measure(&d->found, VM_CPU, "the machine", number_of(data, "cpu") * 100,
                     "of %.0f CPUs, at this moment", number_of(data, "cpus"));
    findings_measure(&d->found, VM_MEM, "the machine", percent_of(number_of(data, "mem"), max),
                     "%s of %s; without a balloon device caches of the guest count as used",
                     size_text(number_of(data, "mem"), used), size_text(max, total));
    findings_measure(&d->found, VM_BALLOON, "the machine", percent_of(balloon, max), "%s of %s",
                     size_text(balloon, used), size_text(max, total));
    uint32_t told = 0;
    for (uint32_t i = 0; i < 3; i++) {
        const double some = number_of(data, pressures[i].key);
        told += isnan(some) ? 0u : 1u;
        findings_measure(&d->found, pressures[i].check, "the machine", some, "%s", pressures[i].key);
    }
    if (told < 3)
        findings_unread(&d->found, FROM_VM_STATUS, "pressure",
                        "it is not told (Proxmox VE tells it from release 9 on)");
}

static void judge_status(struct diagnosis *d, struct json_object *data)
{
    struct vm_view *view = d->own;
    const char *lock = member_text(data, "lock");
    const char *ha = member_text(member_of(data, "ha"), "state");
    view->running = member_is(data, "status", "running");
    view->cpus = number_of(data, "cpus") >= 1 ? (uint32_t)number_of(data, "cpus") : 0;
    judge_qmp(d, data);
    if (lock && strncmp(lock, "suspend", 7) != 0)
        (void)snprintf(view->lock, sizeof(view->lock), "%.30s", lock);
    if (ha && (strcmp(ha, "error") == 0 || strcmp(ha, "fence") == 0 || strcmp(ha, "recovery") == 0))
        findings_state(&d->found, VM_HA, "the machine", 0, "HA state %.30s", ha);
    if (view->running)
        judge_usage(d, data);
}

/* ---- its configuration */

static void judge_boot(struct diagnosis *d, struct json_object *config)
{
    const char *boot = member_text(config, "boot"), *at = boot ? strstr(boot, "order=") : NULL;
    char device[24];
    for (at = at ? at + 6 : NULL; at && *at && *at != ',';) {
        const size_t len = strcspn(at, ";,");
        (void)snprintf(device, sizeof(device), "%.*s", (int)(len < 20 ? len : 20), at);
        if (len && !member_of(config, device))
            findings_state(&d->found, VM_BOOT, "the machine", 0, "%.20s of its boot order", device);
        at += len;
        at += *at == ';';
    }
}

static void judge_config(struct diagnosis *d, struct json_object *config)
{
    struct vm_view *view = d->own;
    struct name_list drives = {0};
    char names[500];
    const char *agent = member_text(config, "agent");
    view->template = member_true(config, "template");
    view->onboot = member_true(config, "onboot");
    view->agent = agent && (strncmp(agent, "1", 1) == 0 || strstr(agent, "enabled=1"));
    judge_boot(d, config);
    json_object_object_foreach(config, key, value)
    {
        const char *text =
            json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
        if (text && strstr(text, "media=cdrom") && strncmp(text, "none", 4) != 0 &&
            !strstr(text, "cloudinit"))
            names_add(&drives, "%.10s: %.90s", key, text);
    }
    names_text(&drives, names, sizeof(names));
    if (drives.count)
        findings_state(&d->found, VM_CD, "the machine", 0, "%s", names);
    if (!view->agent && !view->template)
        findings_state(
            &d->found, VM_AGENT_OFF, "the machine", 0,
            "option agent is %.30s; pve_guest_config_set with agent=1, and its next start, turn it on",
            agent ? agent : "not set");
}

static void judge_pending(struct diagnosis *d, struct json_object *list)
{
    struct name_list waiting = {0};
    char names[500];
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        if (member_text(row, "key") && (member_of(row, "pending") || member_of(row, "delete")))
            names_add(&waiting, "%.40s", member_text(row, "key"));
    }
    names_text(&waiting, names, sizeof(names));
    findings_measure(&d->found, VM_PENDING, "changed options", waiting.count, "%s", names);
}

/* ---- its day */

/* Mean of a part of the series; NAN: no values. */
static double mean_between(struct json_object *series, const char *key, size_t first, size_t end)
{
    double sum = 0;
    uint32_t n = 0;
    for (size_t i = first; i < end; i++) {
        const double value = number_of(json_object_array_get_idx(series, i), key);
        if (!isnan(value)) {
            sum += value;
            n++;
        }
    }
    return n ? sum / n : (double)NAN;
}

/* Memory of the first quarter of the day against that of the last, in percent of what the machine has. */
static void judge_trend(struct diagnosis *d, struct json_object *series)
{
    const size_t n = json_object_array_length(series), quarter = n / 4;
    if (quarter < 4)
        findings_unread(&d->found, FROM_VM_TREND, NULL, "there are too few values of the last day");
    const double first = mean_between(series, "mem", 0, quarter);
    const double last = mean_between(series, "mem", n - quarter, n);
    const double max = fresh_mean(series, "maxmem", 1);
    char before[32], after[32];
    if (!((struct vm_view *)d->own)->running || quarter < 4)
        return;
    findings_measure(&d->found, VM_MEM_GROWTH, "memory of the machine", percent_of(last - first, max),
                     "mean of the first six hours of the day %s, of the last six %s",
                     size_text(first, before), size_text(last, after));
    findings_measure(&d->found, VM_CPU_TREND, "the machine", mean_between(series, "cpu", 0, n) * 100,
                     "mean CPU use of the day");
}

/* ---- snapshots and tasks */

static void judge_snapshots(struct diagnosis *d, struct json_object *list)
{
    uint32_t count = 0;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *name = member_text(row, "name");
        const double days = whole_below(((double)d->now - number_of(row, "snaptime")) / DAY_S);
        char what[80];
        if (!name || strcmp(name, "current") == 0)
            continue;
        count++;
        (void)snprintf(what, sizeof(what), "snapshot %.60s", name);
        findings_measure(&d->found, VM_SNAPSHOT_OLD, what, days, "%s",
                         undo_point_ours(name, member_text(row, "description"))
                             ? "proximo took it before a change (pve_undo_points_prune removes old ones)"
                             : "taken by a person or another program");
    }
    findings_measure(&d->found, VM_SNAPSHOTS, "the machine", count, "%u", count);
}

static void judge_own_tasks(struct diagnosis *d, struct json_object *list)
{
    judge_tasks(d, VM_TASK_FAILED, FROM_VM_TASKS, list, d->now - (int64_t)DAY_S);
}

/* A lock is as it should be while a task is at work; one that was interrupted leaves it. A backup of many
 * guests names none of them: it counts as well. */
static int32_t look_at_lock(struct diagnosis *d)
{
    const struct proximo_need need[] = {NEED("/nodes/{node}", "Sys.Audit")};
    const struct proximo_field at[] = {FIELD("node", d->node), FIELD("source", "active")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/tasks", .fields = at,
                                    .field_count = 2, .needs = PROXIMO_TABLE(need)};
    const char *lock = ((const struct vm_view *)d->own)->lock;
    struct looked looked;
    bool works = false;
    if (!*lock)
        return PROXIMO_OK;
    int32_t r = ask_look(&d->ask, &get, &looked);
    const bool known = json_object_is_type(looked.data, json_type_array) && looked.complete;
    for (size_t i = 0; known && i < json_object_array_length(looked.data); i++) {
        struct json_object *task = json_object_array_get_idx(looked.data, i);
        const char *id = member_text(task, "id");
        works |= !member_of(task, "endtime") && (!id || !*id || strcmp(id, d->vmid) == 0);
    }
    if (!works)
        findings_state(&d->found, VM_LOCKED, "the machine", known ? 0 : PROXIMO_RISK_LOW,
                       "lock %s, and %s; changes are refused until it is gone", lock,
                       known ? "no task is at work on it: one that was interrupted leaves its lock"
                             : "whether a task is at work on it could not be seen");
    json_object_put(looked.data);
    return r;
}

/* ---- its backups */

static int32_t look_at_backups(struct diagnosis *d)
{
    const struct vm_view *view = d->own;
    struct archives all = {0};
    uint32_t count = 0;
    int32_t r = archives_read(&d->ask, (int64_t)digits_of(d->vmid, 999999999), NULL, &all);
    if (r < 0) {
        archives_done(&all);
        return r;
    }
    const struct archive *newest = archives_of(&all, (int64_t)digits_of(d->vmid, 999999999), &count);
    findings_read(&d->found, FROM_VM_BACKUPS);
    for (uint32_t i = 0; i < all.unseen_count; i++) {
        char what[120];
        (void)snprintf(what, sizeof(what), "storage %.50s%s%.50s", all.unseen[i].storage,
                       all.unseen[i].node ? " of node " : "", all.unseen[i].node ? all.unseen[i].node : "");
        findings_unread(&d->found, FROM_VM_BACKUPS, what, all.unseen[i].why);
    }
    if (!newest && !view->template && all.looked)
        findings_state(&d->found, VM_BACKUP_NONE, "the machine", 0, "%u lists of backups read%s", all.looked,
                       all.unseen_count ? ", others could not be" : "");
    if (newest && !view->template) {
        findings_measure(&d->found, VM_BACKUP_OLD, "the machine",
                         whole_below((double)(d->now - newest->ctime) / DAY_S), "the newest is %.120s",
                         newest->volid);
        if (newest->verified == VERIFIED_FAILED)
            findings_state(&d->found, VM_BACKUP_VERIFY, "the machine", 0, "%.120s", newest->volid);
    }
    archives_done(&all);
    return PROXIMO_OK;
}

/* ---- the tool */

static int32_t look(struct diagnosis *d)
{
    const struct vm_view *view = d->own;
    const char *since = ask_text(&d->ask, "%lld", (long long)(d->now - (int64_t)DAY_S));
    const struct evidence evidence[] = {
        {FROM_VM_STATUS,
         json_type_object,
         "/nodes/{node}/qemu/{vmid}/status/current",
         {{0}},
         judge_status,
         0},
        {FROM_VM_CONFIG, json_type_object, "/nodes/{node}/qemu/{vmid}/config", {{0}}, judge_config, 0},
        {FROM_VM_PENDING, json_type_array, "/nodes/{node}/qemu/{vmid}/pending", {{0}}, judge_pending, 0},
        {FROM_VM_TREND,
         json_type_array,
         "/nodes/{node}/qemu/{vmid}/rrddata",
         {FIELD("timeframe", "day"), FIELD("cf", "AVERAGE")},
         judge_trend,
         0},
        {FROM_VM_SNAPSHOTS, json_type_array, "/nodes/{node}/qemu/{vmid}/snapshot", {{0}}, judge_snapshots, 0},
        {FROM_VM_TASKS,
         json_type_array,
         "/nodes/{node}/tasks",
         /* vmid is no part of this path: it goes into the query */
         {FIELD("errors", "1"), FIELD("since", since), FIELD("vmid", d->vmid)},
         judge_own_tasks,
         0},
    };
    int32_t r =
        since ? diagnosis_gather(d, evidence, sizeof(evidence) / sizeof(evidence[0])) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    if (!view->running && view->onboot && !view->template)
        findings_state(&d->found, VM_STOPPED, "the machine", 0, "status stopped, onboot is on");
    r = look_at_lock(d);
    if (r == PROXIMO_OK)
        r = look_at_backups(d);
    return r == PROXIMO_OK ? diagnose_inside(d) : r;
}

int32_t guests_read_diagnose(void *instance, struct proximo_call *call)
{
    struct vm_view view = {0};
    struct guest g;
    struct diagnosis d = {.now = (int64_t)time(NULL), .own = &view};
    int32_t r = guest_open(instance, call, &g);
    d.ask = g.ask;
    d.node = g.node;
    d.vmid = g.vmid;
    if (r == PROXIMO_OK && guest_is_lxc(&g))
        r = g.ask.host->fail(call, PROXIMO_EINVAL,
                             "%s is none of the virtual machines that this looks into. pve_guest_status and "
                             "pve_diagnose of its node show much of the same",
                             guest_label(&g));
    if (r == PROXIMO_OK) {
        d.found.node = g.node;
        d.found.vmid = g.vmid;
        (void)snprintf(d.found.arguments, sizeof(d.found.arguments), "{\"vmid\":\"%.12s\"}", g.vmid);
        r = look(&d);
    }
    if (r == PROXIMO_OK)
        r = findings_reply(&d.ask, &d.found, NULL);
    findings_done(&d.found);
    guest_done(&g);
    return r;
}
