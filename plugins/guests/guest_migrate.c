/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_guest_migrate: one guest goes to another node, on the conditions that migrate_look() finds. Proxmox
 * answers a move that it will not make with a task that fails later, so it is refused here with the reason.
 * Source: POST /nodes/{node}/{qemu,lxc}/{vmid}/migrate.
 */
#include "migrate.h"

#define LOCAL_DEADLINE_S 120  /* after the task's end only the state is looked at */
#define HA_DEADLINE_S    7200 /* the HA manager moves it when it can, and copies its memory */

/* The list that says where it is may be seconds old: its state is only where it really is. */
static int32_t nothing(struct guest *g)
{
    int32_t r = guest_read_status(g);
    if (r < 0)
        return r;
    const char *text = ask_text(&g->ask, "nothing to do: %s is on %s already", guest_label(g), g->node);
    return text ? g->ask.host->change(g->ask.call, text) : PROXIMO_ENOMEM;
}

static int32_t refuse(const struct migration *m)
{
    const struct guest *g = m->g;
    return g->ask.host->fail(g->ask.call, PROXIMO_ESTATE, "Proxmox would not move %s from %s to %s: %s",
                             guest_label(g), g->node, m->view->target, m->refused);
}

static int32_t tell(const struct migration *m)
{
    const struct guest *g = m->g;
    const bool running = guest_running(g), lxc = guest_is_lxc(g);
    const char *disks = m->copies == 0   ? ""
                        : m->copies == 1 ? "; a disk is copied"
                                         : ask_text(&g->ask, "; %u disks are copied", (unsigned)m->copies);
    const char *text = running && lxc
                           ? ask_text(&g->ask, "%s is shut down, moved from %s to %s and started again%s",
                                      guest_label(g), g->node, m->view->target, disks)
                           : ask_text(&g->ask, "%s moves from %s to %s%s%s", guest_label(g), g->node,
                                      m->view->target, running ? " while it runs" : ", stopped", disks);
    int32_t r = disks && text ? g->ask.host->change(g->ask.call, text) : PROXIMO_ENOMEM;

    if (r == PROXIMO_OK)
        r = guest_tell_facts(g);
    if (r == PROXIMO_OK && running && lxc)
        r = tell_text(&g->ask, "restart", "a container has no live migration: online restarts it");
    if (r == PROXIMO_OK && guest_managed(g))
        r = tell_text(&g->ask, "ha",
                      "the HA manager is asked for the move; the task ends before the guest is there");
    return r == PROXIMO_OK
               ? tell_text(
                     &g->ask, "way_back",
                     "undo moves it back if nothing stands in the way then; local disks are copied again")
               : r;
}

static int32_t lay_out(const struct migration *m)
{
    const struct guest *g = m->g;
    const struct proximo_host *host = g->ask.host;
    const struct proximo_field there[3] = {FIELD("node", m->view->target), g->at[1], g->at[2]};
    struct proximo_field fields[3];
    const uint32_t count = migrate_fields(m, fields);
    const char *details = migrate_details(m);
    const char *subject =
        details ? ask_text(&g->ask, "{\"kind\":\"guest\",\"vmid\":%s%s}", g->vmid, details) : NULL;
    const struct proximo_step seen = {
        ROW(proximo_step), .kind = PROXIMO_STEP_WAIT, .path = GUEST_STATUS, .params = ROWS(there, 3),
        .select = "/status", .wait_test = PROXIMO_WAIT_EQUALS,
        .wait_value = guest_running(g) ? "\"running\"" : "\"stopped\"", .interval_ms = 1000,
        .deadline_ms = (guest_managed(g) ? HA_DEADLINE_S : LOCAL_DEADLINE_S) * UINT64_C(1000),
        /* It may be on its way, or its lock be held. */
        .tolerate = "500,595,596,599"};
    int32_t r = subject ? guest_guard(g, GUEST_STATUS, "/vmid,/status,/lock,/ha/managed") : PROXIMO_ENOMEM;

    if (r < 0)
        return r;
    /* all of it: any option may stand in the way */
    const struct proximo_guard config = {ROW(proximo_guard), .path = GUEST_CONFIG, .params = ROWS(g->at, 3)};
    if ((r = host->guard(g->ask.call, &config)) < 0 ||
        (r = host->subject(g->ask.call, "guest.migrate", text_of(subject))) < 0 ||
        (r = guest_request(g, "POST", GUEST_PATH "/migrate", fields, count, PROXIMO_STEP_FOLLOW)) < 0 ||
        (r = host->postcondition(g->ask.call, &seen)) < 0)
        return r;
    return host->undo(g->ask.call, PROXIMO_UNDO_FUNCTION, NULL, 0);
}

static int32_t plan(struct guest *g, const char *target)
{
    struct migrate_view view;
    int32_t r;

    if (strcmp(g->node, target) == 0)
        return nothing(g);
    if ((r = guest_check_privilege(g, "VM.Migrate", "moving a guest")) < 0 ||
        (r = guest_read_status(g)) < 0 || (r = guest_read_config(g)) < 0)
        return r;
    migrate_open(&g->ask, target, &view);
    struct migration m = {.view = &view,
                          .g = g,
                          .online = ask_flag(&g->ask, "online"),
                          .with_local_disks = ask_flag(&g->ask, "with_local_disks")};
    r = migrate_look(&m);
    if (r == PROXIMO_OK && m.refused)
        r = refuse(&m);
    if (r == PROXIMO_OK)
        r = tell(&m);
    if (r == PROXIMO_OK)
        r = lay_out(&m);
    migrate_close(&view);
    return r;
}

int32_t guests_plan_migrate(void *instance, struct proximo_call *call)
{
    struct guest g;
    int32_t r = guest_open(instance, call, &g);
    const char *target = r == PROXIMO_OK ? ask_argument(&g.ask, "target") : NULL;

    if (r == PROXIMO_OK)
        r = target ? plan(&g, target) : g.ask.host->fail(call, PROXIMO_EINVAL, "target is missing");
    guest_done(&g);
    return r;
}

/* ---- the way back: the guest came from the node of its task */

/* What the request answered, or, where the answer was lost, the task that was found. */
static const char *task_of(struct json_object *record)
{
    const char *task = member_text(member_of(record, "results"), "change");
    struct json_object *steps = member_of(record, "steps");

    for (size_t i = 0;
         !task && json_object_is_type(steps, json_type_array) && i < json_object_array_length(steps); i++) {
        struct json_object *step = json_object_array_get_idx(steps, i);
        if (member_is(step, "name", "change"))
            task = member_text(step, "upid");
    }
    return task && strncmp(task, "UPID:", 5) == 0 ? task : NULL;
}

int32_t guests_undo_migrate(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    struct json_object *record DROP_JSON = json_of(record_json);
    const char *task = task_of(record);
    struct guest g;
    int32_t r = guest_open(instance, call, &g);

    if (r == PROXIMO_OK && !task) {
        (void)g.ask.host->undo(call, PROXIMO_UNDO_NONE, NULL, 0);
        r = g.ask.host->fail(call, PROXIMO_ENOTFOUND, "by the record %s was not moved", guest_label(&g));
    }
    if (r == PROXIMO_OK && task) {
        const char *origin = ask_text(&g.ask, "%.*s", (int)strcspn(task + 5, ":"), task + 5);
        r = origin ? plan(&g, origin) : PROXIMO_ENOMEM;
    }
    guest_done(&g);
    return r;
}
