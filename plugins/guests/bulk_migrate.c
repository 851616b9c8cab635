/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_bulk_migrate: a request for each guest, on the conditions that migrate_look() finds. Who would be
 * refused is left alone with the reason, because Proxmox answers such a request with a task that fails later.
 * Sources: POST /nodes/{node}/{qemu,lxc}/{vmid}/migrate.
 */
#include "bulk.h"
#include "migrate.h"

#define LOCAL_DEADLINE_S 120  /* after the task's end only the state is looked at */
#define HA_DEADLINE_S    7200 /* the HA manager moves one after the other, and the memory of each */
#define TARGETS_MOST     32u
#define CONFIG_FIELDS    NULL /* all of it: any option may stand in the way */

struct moves {
    struct bulk b;
    struct migrate_view views[TARGETS_MOST];
    uint32_t view_count;
    bool online, with_local_disks;
    uint32_t count, running, containers;
    uint64_t memory, free; /* of the running ones; of one target */
};

static struct migrate_view *view_of(struct moves *v, const char *target)
{
    for (uint32_t i = 0; i < v->view_count; i++) {
        if (strcmp(v->views[i].target, target) == 0)
            return &v->views[i];
    }
    if (v->view_count == TARGETS_MOST)
        return NULL;
    migrate_open(&v->b.ask, target, &v->views[v->view_count]);
    return &v->views[v->view_count++];
}

/* Guards, subject, step and postcondition of one that can be moved. */
static int32_t plan_one(struct moves *v, struct bulk_guest *row, const struct migration *m)
{
    struct proximo_field fields[3];
    struct bulk_step step = {.path = GUEST_PATH "/migrate",
                             .operation_class = "guest.migrate",
                             .details = migrate_details(m),
                             .fields = fields,
                             .field_count = migrate_fields(m, fields),
                             .wait_node = row->target,
                             .wait_value = guest_running(&row->g) ? "\"running\"" : "\"stopped\"",
                             .deadline_s = guest_managed(&row->g) ? HA_DEADLINE_S : LOCAL_DEADLINE_S};
    const struct proximo_guard config = {ROW(proximo_guard), .path = GUEST_CONFIG, .fields = CONFIG_FIELDS,
                                         .params = ROWS(row->g.at, 3)};

    if (!step.details)
        return PROXIMO_ENOMEM;
    int32_t r = guest_guard(&row->g, GUEST_STATUS, "/vmid,/status,/lock,/ha/managed");
    if (r == PROXIMO_OK)
        r = v->b.ask.host->guard(v->b.ask.call, &config);
    return r == PROXIMO_OK ? bulk_step(&v->b, row, &step) : r;
}

static int32_t try_one(struct moves *v, struct bulk_guest *row)
{
    struct bulk *b = &v->b;
    struct migration m = {.view = view_of(v, row->target),
                          .g = &row->g,
                          .online = v->online,
                          .with_local_disks = v->with_local_disks};

    if (!m.view)
        return bulk_leave(b, row, true, "more different targets than one plan takes");
    int32_t r = bulk_check_privilege(b, row, "VM.Migrate");
    if (r < 0 || row->out)
        return r;
    r = migrate_look(&m);
    if (r < 0)
        return r;
    if (m.refused)
        return bulk_leave(b, row, true, m.refused);
    if (v->count == BULK_PLANNED_MOST)
        return bulk_leave_more(b, row);
    v->count++;
    v->running += guest_running(&row->g);
    v->containers += guest_running(&row->g) && guest_is_lxc(&row->g);
    v->memory += guest_running(&row->g) ? m.memory : 0;
    v->free = m.free;
    return plan_one(v, row, &m);
}

static int32_t tell(struct moves *v)
{
    const struct asking *a = &v->b.ask;
    int32_t r = bulk_tell(&v->b);

    if (r == PROXIMO_OK && v->count > 1)
        r = a->host->risk(a->call, PROXIMO_RISK_HIGH, "several guests move in one plan");
    if (r == PROXIMO_OK && v->containers)
        r = tell_text(
            a, "containers",
            "running containers are shut down, moved and started again: they have no live migration");
    if (r == PROXIMO_OK && v->view_count == 1 && v->free && v->memory > v->free)
        r = a->host->risk(a->call, PROXIMO_RISK_HIGH,
                          "together the running guests are given more memory than is free on the target");
    if (r == PROXIMO_OK)
        r = tell_text(
            a, "way_back",
            "undo moves back those that this plan moved, where nothing stands in the way then; a move "
            "back copies local disks again");
    return r == PROXIMO_OK ? a->host->undo(a->call, PROXIMO_UNDO_FUNCTION, NULL, 0) : r;
}

/* Rows with their targets are there. */
static int32_t plan(struct moves *v)
{
    struct bulk *b = &v->b;
    int32_t r = PROXIMO_OK;

    v->online = ask_flag(&b->ask, "online");
    v->with_local_disks = ask_flag(&b->ask, "with_local_disks");
    for (uint32_t i = 0; r == PROXIMO_OK && i < b->count; i++) {
        struct bulk_guest *row = &b->rows[i];
        if (!row->out && strcmp(row->g.node, row->target) == 0)
            r = bulk_leave(b, row, false, ask_text(&b->ask, "is on %s already", row->target));
    }
    if (r == PROXIMO_OK)
        r = bulk_read_status(b);
    if (r == PROXIMO_OK)
        r = bulk_read_config(b, false);
    bulk_sort(b, false);
    for (uint32_t i = 0; r == PROXIMO_OK && i < b->count; i++) {
        if (!b->rows[i].out)
            r = v->count == BULK_PLANNED_MOST ? bulk_leave_more(b, &b->rows[i]) : try_one(v, &b->rows[i]);
    }
    if (r < 0 || v->count == 0)
        return r < 0 ? r : bulk_nothing(b, "VM.Migrate", "moving guests");
    const char *text = ask_text(&b->ask,
                                "%u guest%s to %s, one after the other; one that fails does not keep "
                                "the others",
                                (unsigned)v->count, v->count == 1 ? " moves" : "s move",
                                v->view_count == 1 ? v->views[0].target : "other nodes");
    r = text ? b->ask.host->change(b->ask.call, text) : PROXIMO_ENOMEM;
    return r == PROXIMO_OK ? tell(v) : r;
}

static void moves_done(struct moves *v)
{
    for (uint32_t i = 0; i < v->view_count; i++)
        migrate_close(&v->views[i]);
    bulk_done(&v->b);
}

int32_t guests_plan_bulk_migrate(void *instance, struct proximo_call *call)
{
    struct moves v = {0};
    int32_t r = bulk_select(instance, call, &v.b);
    const char *target = r == PROXIMO_OK ? ask_argument(&v.b.ask, "target") : NULL;

    if (r == PROXIMO_OK && !target)
        r = v.b.ask.host->fail(call, PROXIMO_EINVAL, "target is missing");
    for (uint32_t i = 0; i < v.b.count; i++)
        v.b.rows[i].target = target;
    if (r == PROXIMO_OK)
        r = plan(&v);
    moves_done(&v);
    return r;
}

/* ---- the way back: where each one came from is the node of its task */

/* "guest-105": 105; 0: another step. */
static int64_t guest_of_step(const char *name)
{
    return strncmp(name, "guest-", 6) == 0 ? (int64_t)digits_of(name + 6, 999999999) : 0;
}

static void take_task(struct json_object *tasks, const char *step, const char *upid)
{
    if (tasks && step && upid && guest_of_step(step) && strncmp(upid, "UPID:", 5) == 0)
        json_object_object_add(tasks, step, json_object_new_string(upid));
}

/* {step: task id}: what a request answered, or, where the answer was lost, the task that was found. New. */
static struct json_object *tasks_of(struct json_object *record)
{
    struct json_object *tasks = json_object_new_object();
    struct json_object *results = member_of(record, "results"), *steps = member_of(record, "steps");

    for (size_t i = 0; json_object_is_type(steps, json_type_array) && i < json_object_array_length(steps);
         i++) {
        struct json_object *step = json_object_array_get_idx(steps, i);
        take_task(tasks, member_text(step, "name"), member_text(step, "upid"));
    }
    if (json_object_is_type(results, json_type_object)) {
        json_object_object_foreach(results, name, result)
            take_task(tasks, name,
                      json_object_is_type(result, json_type_string) ? json_object_get_string(result) : NULL);
    }
    return tasks;
}

static struct json_object *moved_ids(struct json_object *tasks)
{
    struct json_object *ids = json_object_new_array();

    if (ids && tasks) {
        json_object_object_foreach(tasks, name, upid)
        {
            (void)upid;
            json_object_array_add(ids, json_object_new_int64(guest_of_step(name)));
        }
    }
    return ids;
}

/* The node of "UPID:pve1:..." is where the guest was. */
static int32_t set_origins(struct moves *v, struct json_object *tasks)
{
    const struct asking *a = &v->b.ask;

    for (uint32_t i = 0; i < v->b.count; i++) {
        struct bulk_guest *row = &v->b.rows[i];
        const char *step = ask_text(a, "guest-%s", row->g.vmid);
        const char *upid = step ? member_text(tasks, step) : NULL;
        row->target = upid ? ask_text(a, "%.*s", (int)strcspn(upid + 5, ":"), upid + 5) : NULL;
        if (!row->target)
            return PROXIMO_ENOMEM;
    }
    return PROXIMO_OK;
}

int32_t guests_undo_bulk_migrate(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    const struct proximo_host *host = ((struct plane_instance *)instance)->host;
    struct json_object *record DROP_JSON = json_of(record_json);
    struct json_object *tasks DROP_JSON = tasks_of(record);
    struct json_object *ids DROP_JSON = moved_ids(tasks);
    struct moves v = {0};

    if (!tasks || !ids)
        return PROXIMO_ENOMEM;
    if (json_object_array_length(ids) == 0) {
        (void)host->undo(call, PROXIMO_UNDO_NONE, NULL, 0);
        return host->fail(call, PROXIMO_ENOTFOUND, "by the record no guest was moved");
    }
    int32_t r = bulk_select_ids(instance, call, ids, &v.b);
    if (r == PROXIMO_OK)
        r = set_origins(&v, tasks);
    if (r == PROXIMO_OK)
        r = plan(&v);
    moves_done(&v);
    return r;
}
