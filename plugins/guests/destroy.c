/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_delete_guest. A container is stopped by the same request (force); a machine's DELETE has no force and
 * refuses a running one, so that the plan stops it first, waits until it is stopped, and looks again that it
 * may go. An absent guest answers 500 with a text, so that it is gone is seen elsewhere: its node no longer
 * lists it, and its number is free in the whole cluster. Sources: DELETE /nodes/{node}/{qemu,lxc}/{vmid},
 * POST .../status/stop, GET /cluster/nextid.
 */
#include "destroy.h"
#include "../common/archives.h"

#define LOCAL_DEADLINE_S 60
#define HA_DEADLINE_S    600 /* the HA manager works in rounds of ten seconds */
#define SAFE_FIELDS      "/protection,/lock,/template"

static bool stops_first(const struct destruction *d)
{
    return guest_running(&d->g) && d->force && !guest_is_lxc(&d->g);
}

/* ---- what Proxmox would refuse */

static int32_t refuse(const struct guest *g, const char *why)
{
    return why ? g->ask.host->fail(g->ask.call, PROXIMO_ESTATE, "%s is not destroyed: %s", guest_label(g),
                                   why)
               : PROXIMO_ENOMEM;
}

static int32_t check_replication(const struct destruction *d)
{
    const struct guest *g = &d->g;
    struct json_object *jobs DROP_JSON = NULL;
    int32_t r = d->purge ? PROXIMO_OK : destroy_replication(g, &jobs);
    if (r < 0 || !jobs || json_object_array_length(jobs) == 0)
        return r;
    return refuse(g, ask_text(&g->ask,
                              "replication job %s is there: say purge, which removes it, or remove it "
                              "first with pve_replication_delete",
                              member_text(json_object_array_get_idx(jobs, 0), "id")));
}

static int32_t check_clones(const struct destruction *d)
{
    const struct guest *g = &d->g;
    const char *clones = NULL;
    int32_t r = guest_is_template(g) ? destroy_users(d, false, &clones) : PROXIMO_OK;
    if (r < 0 || !clones)
        return r;
    return refuse(g, ask_text(&g->ask,
                              "it is a template, and linked clones are based on its disks (guest %s): "
                              "they must go or be copied in full first; force does not override this",
                              clones));
}

static int32_t check(const struct destruction *d)
{
    const struct guest *g = &d->g;
    const char *why = destroy_refusal(d);
    int32_t r = why ? refuse(g, why) : check_replication(d);
    if (r == PROXIMO_OK)
        r = check_clones(d);
    if (r == PROXIMO_OK)
        r = guest_check_privilege(g, "VM.Allocate", "destroying a guest");
    return r == PROXIMO_OK && stops_first(d) ? guest_check_privilege(g, "VM.PowerMgmt", "stopping it first")
                                             : r;
}

/* ---- what the plan says */

static int32_t tell(const struct destruction *d)
{
    const struct guest *g = &d->g;
    const bool cut = guest_running(g);
    const char *summary =
        ask_text(&g->ask, "%s%s is destroyed for good, with its disks and snapshots; %s", guest_label(g),
                 !cut             ? ""
                 : stops_first(d) ? ", running, is stopped as by pulling the plug, then it"
                                  : ", running, is cut off and",
                 d->purge ? "HA, replication and backup jobs no longer name it (purge)"
                          : "backup jobs that name its number go on naming it (no purge)");
    int32_t r = summary ? g->ask.host->change(g->ask.call, summary) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = guest_tell_facts(g);
    if (r == PROXIMO_OK && stops_first(d))
        r = tell_text(
            &g->ask, "if_the_last_step_fails",
            guest_managed(g)
                ? "the machine remains, stopped and whole, and HA keeps it stopped until it is started"
                : "the machine remains, stopped and whole; pve_guest_power starts it again");
    return r;
}

/* ---- guards, steps, postconditions */

static int32_t stop_first(const struct destruction *d)
{
    const struct guest *g = &d->g;
    const struct proximo_step stop = {
        ROW(proximo_step), .kind = PROXIMO_STEP_REQUEST,      .flags = PROXIMO_STEP_FOLLOW, .name = "stop",
        .method = "POST",  .path = GUEST_PATH "/status/stop", .params = ROWS(g->at, 3)};
    const struct proximo_step stopped = {
        ROW(proximo_step),
        .kind = PROXIMO_STEP_WAIT,
        .name = "stopped",
        .path = GUEST_STATUS,
        .params = ROWS(g->at, 3),
        .select = "/status",
        .wait_test = PROXIMO_WAIT_EQUALS,
        .wait_value = "\"stopped\"",
        .interval_ms = 1000,
        .tolerate = "500,595,596,599",
        .deadline_ms = (guest_managed(g) ? HA_DEADLINE_S : LOCAL_DEADLINE_S) * UINT64_C(1000)};
    const struct proximo_step still = {ROW(proximo_step),        .kind = PROXIMO_STEP_READ,
                                       .name = "still-free",     .path = GUEST_CONFIG,
                                       .params = ROWS(g->at, 3), .select = SAFE_FIELDS};
    int32_t r = g->ask.host->step(g->ask.call, &stop);
    if (r == PROXIMO_OK)
        r = g->ask.host->step(g->ask.call, &stopped);
    return r == PROXIMO_OK ? g->ask.host->step(g->ask.call, &still) : r;
}

static int32_t wait_gone(const struct guest *g)
{
    const char *listed = ask_text(&g->ask, "[vmid=%s]", g->vmid);
    const char *number = ask_text(&g->ask, "\"%s\"", g->vmid);
    const struct proximo_step unlisted = {ROW(proximo_step),
                                          .kind = PROXIMO_STEP_WAIT,
                                          .path = "/nodes/{node}/{kind}",
                                          .params = ROWS(g->at, 2),
                                          .select = listed,
                                          .wait_test = PROXIMO_WAIT_COUNT,
                                          .wait_value = "0",
                                          .interval_ms = 1000,
                                          .deadline_ms = LOCAL_DEADLINE_S * UINT64_C(1000)};
    /* It answers the number itself if no node has a guest of it, else 400; privileges do not matter to it. */
    const struct proximo_step unused = {ROW(proximo_step),
                                        .kind = PROXIMO_STEP_WAIT,
                                        .path = "/cluster/nextid",
                                        .params = ROWS(&g->at[2], 1),
                                        .wait_test = PROXIMO_WAIT_EQUALS,
                                        .wait_value = number,
                                        .interval_ms = 1000,
                                        .tolerate = "400",
                                        .deadline_ms = LOCAL_DEADLINE_S * UINT64_C(1000)};
    int32_t r = listed && number ? g->ask.host->postcondition(g->ask.call, &unlisted) : PROXIMO_ENOMEM;
    return r == PROXIMO_OK ? g->ask.host->postcondition(g->ask.call, &unused) : r;
}

int32_t destroy_lay_out(const struct destruction *d)
{
    const struct guest *g = &d->g;
    const bool forced = guest_running(g) && d->force && guest_is_lxc(g);
    struct proximo_field fields[2];
    uint32_t count = 0;
    if (d->purge)
        fields[count++] = FIELD("purge", "1");
    if (forced)
        fields[count++] = FIELD("force", "1");
    const char *subject = ask_text(
        &g->ask, "{\"kind\":\"guest\",\"vmid\":%s,\"node\":\"%s\",\"type\":\"%s\",\"purge\":%s,\"force\":%s}",
        g->vmid, g->node, g->kind, d->purge ? "true" : "false", d->force ? "true" : "false");
    int32_t r = subject ? guest_guard(g, GUEST_STATUS, "/status,/lock,/ha/managed") : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = guest_guard(g, GUEST_CONFIG, "/digest," SAFE_FIELDS);
    if (r == PROXIMO_OK)
        r = g->ask.host->subject(g->ask.call, DESTROY_CLASS, text_of(subject));
    if (r == PROXIMO_OK && stops_first(d))
        r = stop_first(d);
    if (r == PROXIMO_OK)
        r = guest_request(g, "DELETE", GUEST_PATH, fields, count, PROXIMO_STEP_FOLLOW);
    return r == PROXIMO_OK ? wait_gone(g) : r;
}

int32_t guests_plan_destroy(void *instance, struct proximo_call *call)
{
    struct destruction d = {0};
    int32_t r = guest_open(instance, call, &d.g);
    if (r == PROXIMO_OK)
        r = guest_read_status(&d.g);
    if (r == PROXIMO_OK)
        r = guest_read_config(&d.g);
    if (r == PROXIMO_OK) {
        d.purge = ask_flag(&d.g.ask, "purge");
        d.force = ask_flag(&d.g.ask, "force");
        r = check(&d);
    }
    if (r == PROXIMO_OK)
        r = tell(&d);
    if (r == PROXIMO_OK)
        r = destroy_lay_out(&d);
    if (r == PROXIMO_OK)
        r = archives_tell_way_back(&d.g.ask, (int64_t)digits_of(d.g.vmid, 999999999), "destroyed guest",
                                   NULL);
    if (r == PROXIMO_OK)
        r = d.g.ask.host->undo(call, PROXIMO_UNDO_NONE, NULL, 0);
    guest_done(&d.g);
    return r;
}
