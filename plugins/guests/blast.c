/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a change of one guest affects. Nothing here may differ from one reading to the next by itself (usage,
 * uptime): for high risk this is run again before the change, and a difference stops it. What could not be
 * read is said as incomplete, never left out.
 */
#include "startup.h"

static int32_t incomplete(const struct guest *g, const char *what, const char *why)
{
    return g->ask.host->incomplete(g->ask.call, what, why ? why : "it could not be read");
}

int32_t guest_look(const struct guest *g, const struct proximo_get *get, json_type type, const char *what,
                   struct json_object **ret)
{
    struct looked looked;
    int32_t r = ask_look(&g->ask, get, &looked);
    *ret = NULL;
    if (r < 0)
        return r;
    if (!json_object_is_type(looked.data, type)) {
        json_object_put(looked.data);
        return incomplete(g, what, looked.why);
    }
    *ret = looked.data;
    return looked.complete ? PROXIMO_OK
                           : incomplete(g, what, "this token does not hold what a full answer needs");
}

int32_t guest_look_at(struct guest *g)
{
    const char *vm = ask_text(&g->ask, "/vms/%s", g->vmid);
    const struct proximo_need need[] = {NEED(vm, "VM.Audit")};
    struct proximo_get get = {ROW(proximo_get), .path = GUEST_STATUS, .fields = g->at, .field_count = 3,
                              .needs = ROWS(need, 1)};
    int32_t r = vm ? guest_look(g, &get, json_type_object, "the guest's state", &g->status) : PROXIMO_ENOMEM;
    get.path = GUEST_CONFIG;
    if (r == PROXIMO_OK)
        r = guest_look(g, &get, json_type_object, "the guest's configuration", &g->config);
    if (r == PROXIMO_OK && g->config && !member_text(g->config, "digest")) {
        json_object_put(g->config);
        g->config = NULL;
        r = incomplete(g, "the guest's configuration", "it came back empty");
    }
    return r;
}

static struct json_object *guest_facts(const struct guest *g)
{
    static const char *const keys[] = {"status", "qmpstatus", "lock"};
    struct json_object *facts = json_object_new_object();
    for (size_t i = 0; facts && i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (member_text(g->status, keys[i]))
            json_object_object_add(facts, keys[i], json_object_new_string(member_text(g->status, keys[i])));
    }
    if (!facts)
        return NULL;
    json_object_object_add(facts, "node", json_object_new_string(g->node));
    json_object_object_add(facts, "kind", json_object_new_string(g->kind));
    json_object_object_add(facts, "ha_managed", json_object_new_boolean(guest_managed(g)));
    json_object_object_add(facts, "template", json_object_new_boolean(guest_is_template(g)));
    if (g->config) {
        json_object_object_add(facts, "protection",
                               json_object_new_boolean(member_true(g->config, "protection")));
        json_object_object_add(facts, "onboot", json_object_new_boolean(member_true(g->config, "onboot")));
        if (guest_is_lxc(g))
            json_object_object_add(facts, "privileged",
                                   json_object_new_boolean(!member_true(g->config, "unprivileged")));
    }
    return facts;
}

static int32_t tell_guest(const struct guest *g, uint32_t risk, const char *effect)
{
    const char *resource = ask_text(&g->ask, "guest/%s", g->vmid);
    const char *name = member_text(g->status, "name");
    return tell_affected(&g->ask, risk, resource, name, effect, guest_facts(g));
}

/* What HA wants of it. Only a managed guest needs the look, which takes Sys.Audit on /. */
static int32_t tell_ha(const struct guest *g, const char *effect)
{
    const char *sid = ask_text(&g->ask, "%s:%s", guest_is_lxc(g) ? "ct" : "vm", g->vmid);
    const struct proximo_field field = FIELD("sid", sid);
    static const struct proximo_need need[] = {NEED("/", "Sys.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/ha/resources/{sid}", .fields = &field,
                                    .field_count = 1, .needs = ROWS(need, 1)};
    struct json_object *resource DROP_JSON = NULL;
    if (!guest_managed(g))
        return PROXIMO_OK;
    int32_t r =
        sid ? guest_look(g, &get, json_type_object, "the guest's HA resource", &resource) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    struct json_object *facts = json_object_new_object();
    const char *state = member_text(resource, "state");
    const char *group = member_text(resource, "group");
    if (facts && resource) /* "started" is what an absent state means */
        json_object_object_add(facts, "requested_state", json_object_new_string(state ? state : "started"));
    if (facts && group)
        json_object_object_add(facts, "group", json_object_new_string(group));
    return tell_affected(&g->ask, PROXIMO_RISK_MEDIUM, ask_text(&g->ask, "ha/%s", sid), NULL, effect, facts);
}

static int32_t tell_replication(const struct guest *g, uint32_t risk, const char *effect)
{
    const char *vm = ask_text(&g->ask, "/vms/%s", g->vmid);
    const struct proximo_need need[] = {NEED(vm, "VM.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/replication", .needs = ROWS(need, 1)};
    struct json_object *jobs DROP_JSON = NULL;
    int32_t r = vm ? guest_look(g, &get, json_type_array, "replication jobs", &jobs) : PROXIMO_ENOMEM;
    for (size_t i = 0; r == PROXIMO_OK && jobs && i < json_object_array_length(jobs); i++) {
        struct json_object *job = json_object_array_get_idx(jobs, i);
        if (!member_is(job, "guest", g->vmid) || !member_text(job, "id"))
            continue;
        struct json_object *facts = json_object_new_object();
        if (facts && member_text(job, "target"))
            json_object_object_add(facts, "target", json_object_new_string(member_text(job, "target")));
        r = tell_affected(&g->ask, risk, ask_text(&g->ask, "replication/%s", member_text(job, "id")), NULL,
                          effect, facts);
    }
    return r;
}

/* ---- power */

struct power_blast {
    bool stops; /* what runs is interrupted */
    uint32_t risk;
    const char *running, *stopped, *ha, *replication;
    const char *container; /* a running one, where it fares otherwise than a machine */
};
static const struct power_blast starts = {
    .risk = PROXIMO_RISK_LOW,
    .running = "is running already: nothing happens to it",
    .stopped = "starts; it takes its memory and CPU from its node",
    .ha = "its requested state becomes started; the HA manager chooses the node",
    .replication = "goes on as before",
};
static const struct power_blast stops = {
    .stops = true,
    .risk = PROXIMO_RISK_HIGH,
    .running = "is cut off at once, as by pulling the plug: what it had not written is lost, and everything "
               "it serves is gone until it is started",
    .stopped = "is stopped already",
    .ha = "its requested state becomes stopped: the HA manager stops it and does not start it again",
    .replication = "goes on with the disks as the stop leaves them",
};
static const struct power_blast shuts = {
    .stops = true,
    .risk = PROXIMO_RISK_MEDIUM,
    .running = "shuts down if it listens; everything it serves is gone until it is started",
    .stopped = "is stopped already",
    .ha = "its requested state becomes stopped: the HA manager shuts it down and does not start it again",
    .replication = "goes on with the disks as the shutdown leaves them",
};
static const struct power_blast reboots = {
    .stops = true,
    .risk = PROXIMO_RISK_HIGH,
    .running = "is shut down and started: everything it serves is gone meanwhile, and configuration that "
               "waited for a restart takes effect",
    .stopped = "is stopped: there is nothing to reboot",
    .ha = "the HA manager is not asked; should it see the guest stopped, it starts it by itself",
    .replication = "goes on as before",
};
static const struct power_blast suspends = {
    .stops = true,
    .risk = PROXIMO_RISK_MEDIUM,
    .running = "stands still at once: everything it serves hangs until it is resumed, and its clock and its "
               "connections stay behind",
    .container = "has its processes saved and stops: everything it serves is gone until it is resumed, which "
                 "may fail",
    .stopped = "is stopped: there is nothing to suspend",
    .ha = "the HA manager is not asked: a paused machine counts as running, a container that stops so is "
          "started again",
    .replication = "goes on as before",
};
static const struct power_blast hibernates = {
    .stops = true,
    .risk = PROXIMO_RISK_MEDIUM,
    .running = "has its memory saved to a volume and stops: everything it serves is gone until it is resumed",
    .stopped = "is stopped already",
    .ha = "Proxmox does not suspend to disk under HA",
    .replication = "goes on; the saved memory is not replicated",
};
static const struct power_blast resumes = {
    .risk = PROXIMO_RISK_LOW,
    .running = "goes on from where it was suspended",
    .stopped = "goes on from what was saved; it takes its memory and CPU from its node",
    .ha = "the HA manager is not asked",
    .replication = "goes on as before",
};
static const struct power_blast resets = {
    .stops = true,
    .risk = PROXIMO_RISK_HIGH,
    .running =
        "begins anew at once, as by its reset button: what it had not written is lost, and everything it "
        "serves is gone while it boots",
    .stopped = "is stopped: there is nothing to reset",
    .ha = "the HA manager does not notice: the machine's process goes on",
    .replication = "goes on with the disks as the reset leaves them",
};

static int32_t power_blast(void *instance, struct proximo_call *call, struct proximo_text subject_json,
                           const struct power_blast *of)
{
    struct guest g;
    int32_t r = guest_open_subject(instance, call, subject_json, &g);
    if (r == PROXIMO_ENOTFOUND)
        return PROXIMO_OK; /* said as incomplete */
    if (r == PROXIMO_OK)
        r = guest_look_at(&g);
    if (r == PROXIMO_OK)
        r = tell_guest(&g, guest_running(&g) || !g.status ? of->risk : PROXIMO_RISK_LOW,
                       !g.status                           ? "its state could not be read"
                       : !guest_running(&g)                ? of->stopped
                       : guest_is_lxc(&g) && of->container ? of->container
                                                           : of->running);
    if (r == PROXIMO_OK)
        r = tell_ha(&g, of->ha);
    if (r == PROXIMO_OK && of->stops)
        r = tell_replication(&g, PROXIMO_RISK_LOW, of->replication);
    if (r == PROXIMO_OK && of->stops && guest_running(&g))
        r = startup_tell_dependants(&g);
    guest_done(&g);
    return r;
}

int32_t guests_blast_start(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return power_blast(instance, call, subject_json, &starts);
}
int32_t guests_blast_stop(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return power_blast(instance, call, subject_json, &stops);
}
int32_t guests_blast_shutdown(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return power_blast(instance, call, subject_json, &shuts);
}
int32_t guests_blast_reboot(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return power_blast(instance, call, subject_json, &reboots);
}
int32_t guests_blast_suspend(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return power_blast(instance, call, subject_json, &suspends);
}
int32_t guests_blast_hibernate(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return power_blast(instance, call, subject_json, &hibernates);
}
int32_t guests_blast_resume(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return power_blast(instance, call, subject_json, &resumes);
}
int32_t guests_blast_reset(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return power_blast(instance, call, subject_json, &resets);
}

/* ---- snapshots */

/* All but the synthetic "current", each with its place in the line. `keep`: what happens to it. */
static int32_t tell_snapshots(const struct guest *g, const char *effect)
{
    const char *vm = ask_text(&g->ask, "/vms/%s", g->vmid);
    const struct proximo_need need[] = {NEED(vm, "VM.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = GUEST_SNAPS, .fields = g->at, .field_count = 3,
                                    .needs = ROWS(need, 1)};
    struct json_object *list DROP_JSON = NULL;
    int32_t r = vm ? guest_look(g, &get, json_type_array, "the guest's snapshots", &list) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && list && !snapshot_named(list, "current"))
        r = incomplete(g, "the guest's snapshots", "the list came back without its last entry");
    for (size_t i = 0; r == PROXIMO_OK && list && i < json_object_array_length(list); i++) {
        struct json_object *entry = json_object_array_get_idx(list, i);
        const char *name = member_text(entry, "name");
        if (!name || strcmp(name, "current") == 0)
            continue;
        struct json_object *facts = json_object_new_object();
        if (facts && member_of(entry, "snaptime"))
            json_object_object_add(facts, "snaptime", json_object_get(member_of(entry, "snaptime")));
        if (facts && member_text(entry, "parent"))
            json_object_object_add(facts, "parent", json_object_new_string(member_text(entry, "parent")));
        if (facts)
            json_object_object_add(facts, "with_memory",
                                   json_object_new_boolean(member_true(entry, "vmstate")));
        r = tell_affected(&g->ask, PROXIMO_RISK_LOW, ask_text(&g->ask, "snapshot/%s/%s", g->vmid, name), NULL,
                          effect, facts);
    }
    return r;
}

static int32_t state_blast(void *instance, struct proximo_call *call, struct proximo_text subject_json,
                           uint32_t risk, const char *running, const char *stopped, const char *snapshots)
{
    struct guest g;
    int32_t r = guest_open_subject(instance, call, subject_json, &g);
    if (r == PROXIMO_ENOTFOUND)
        return PROXIMO_OK; /* said as incomplete */
    if (r == PROXIMO_OK)
        r = guest_look_at(&g);
    if (r == PROXIMO_OK)
        r = tell_guest(&g, risk, guest_running(&g) ? running : stopped);
    if (r == PROXIMO_OK && snapshots)
        r = tell_snapshots(&g, snapshots);
    if (r == PROXIMO_OK && risk == PROXIMO_RISK_HIGH) {
        r = tell_ha(&g, "the HA manager starts the guest again after it if its requested state is started");
        if (r == PROXIMO_OK)
            r = tell_replication(
                &g, PROXIMO_RISK_MEDIUM,
                "its common base with the target may be gone: the next run copies all again");
    }
    guest_done(&g);
    return r;
}

int32_t guests_blast_snapshot(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return state_blast(instance, call, subject_json, PROXIMO_RISK_LOW,
                       "goes on running; it may stand still for moments, and its disks are slower meanwhile",
                       "stays as it is", "may become another parent; what it holds stays");
}

int32_t guests_blast_snapshot_note(void *instance, struct proximo_call *call,
                                   struct proximo_text subject_json)
{
    return state_blast(instance, call, subject_json, PROXIMO_RISK_LOW,
                       "goes on running: only the note of one of its snapshots changes",
                       "stays as it is: only the note of one of its snapshots changes", NULL);
}

int32_t guests_blast_rollback(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return state_blast(
        instance, call, subject_json, PROXIMO_RISK_HIGH,
        "is cut off; everything on its disks and in its configuration since the snapshot is lost, and what "
        "is in its memory now",
        "everything on its disks and in its configuration since the snapshot is lost",
        "if it is newer than the target: it is left beside the line, and storage without branches (ZFS) "
        "refuses the rollback while it is there");
}

/* ---- configuration */

int32_t guests_blast_config(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return state_blast(
        instance, call, subject_json, PROXIMO_RISK_LOW,
        "its configuration changes; some options take effect at once, others at its next start",
        "its configuration changes; it takes effect at its next start", NULL);
}
