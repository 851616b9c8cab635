/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The actions suspend, hibernate, resume and reset of pve_guest_power. A suspended machine counts as running
 * and is paused by its qmpstatus; a hibernated one is stopped and holds the lock "suspended"; a suspended
 * container is saved by a checkpoint and stopped, and nothing shows that there is one. Sources:
 * POST /nodes/{node}/{qemu,lxc}/{vmid}/status/{suspend,resume}, POST .../qemu/{vmid}/status/reset.
 */
#include "power.h"

#define DEADLINE_S   60 /* after the task's end only the state is looked at */
#define GUARD_FIELDS "/status,/qmpstatus,/lock,/ha/managed"

struct hold {
    const char *action, *path, *class, *says;
    bool lxc;                   /* containers have it too */
    const char *select, *value; /* what a machine's state is afterwards */
    const char *lxc_status;
};
static const struct hold holds[] = {
    {"suspend", GUEST_PATH "/status/suspend", "guest.suspend", "stands still until it is resumed", true,
     "/qmpstatus", "\"paused\"", "\"stopped\""},
    {"hibernate", GUEST_PATH "/status/suspend", "guest.hibernate",
     "has its memory saved to a volume and stops; resume or start lets it go on from there", false, "/lock",
     "\"suspended\"", NULL},
    {"resume", GUEST_PATH "/status/resume", "guest.resume", "goes on from where it was suspended", true,
     "/qmpstatus", "\"running\"", "\"running\""},
    {"reset", GUEST_PATH "/status/reset", "guest.reset", "is reset at once, as by its reset button", false,
     "/status", "\"running\"", NULL},
};

static const struct hold *hold_find(const char *action)
{
    for (size_t i = 0; action && i < sizeof(holds) / sizeof(holds[0]); i++) {
        if (strcmp(holds[i].action, action) == 0)
            return &holds[i];
    }
    return NULL;
}

bool power_holds(const char *action)
{
    return hold_find(action) != NULL;
}

/* What the guest is like, for all four. */
struct still {
    bool running, paused, hibernated;
};
static struct still still_of(const struct guest *g)
{
    const char *lock = guest_lock(g);
    const bool running = guest_running(g);
    return (struct still){
        .running = running,
        .paused = running && (member_is(g->status, "qmpstatus", "paused") ||
                              member_is(g->status, "qmpstatus", "suspended")),
        .hibernated = !running && !guest_is_lxc(g) && lock && strcmp(lock, "suspended") == 0,
    };
}

/* 1: nothing to do, and the summary says so. */
static int32_t already_so(const struct guest *g, const struct hold *hold, struct still is)
{
    const bool resumes = strcmp(hold->action, "resume") == 0;
    const char *what = strcmp(hold->action, "suspend") == 0 && is.paused         ? "is suspended already"
                       : strcmp(hold->action, "hibernate") == 0 && is.hibernated ? "is hibernated already"
                       : resumes && is.running && !is.paused                     ? "is running already"
                                                                                 : NULL;
    const char *text = what ? ask_text(&g->ask, "nothing to do: %s %s", guest_label(g), what) : NULL;
    if (!what)
        return 0;
    int32_t r = text ? g->ask.host->change(g->ask.call, text) : PROXIMO_ENOMEM;
    return r < 0 ? r : 1;
}

/* What Proxmox is known to refuse. */
static int32_t check(const struct guest *g, const struct hold *hold, struct still is)
{
    const struct proximo_host *host = g->ask.host;
    const bool resumes = strcmp(hold->action, "resume") == 0;
    const bool hibernates = strcmp(hold->action, "hibernate") == 0;
    if (guest_is_lxc(g) && !hold->lxc)
        return host->fail(g->ask.call, PROXIMO_EINVAL, "action \"%s\" is for machines; %s is a container",
                          hold->action, g->vmid);
    if (guest_is_template(g))
        return host->fail(g->ask.call, PROXIMO_ESTATE, "%s is a template: it never runs", guest_label(g));
    if (resumes && !guest_is_lxc(g) && !is.running && !is.hibernated)
        return host->fail(g->ask.call, PROXIMO_ESTATE,
                          "%s is stopped and not hibernated: there is nothing to resume; action \"start\" "
                          "starts it",
                          guest_label(g));
    if (!resumes && !is.running)
        return host->fail(g->ask.call, PROXIMO_ESTATE, "%s is not running, so there is nothing to %s",
                          guest_label(g), hold->action);
    if (hibernates && guest_managed(g))
        return host->fail(
            g->ask.call, PROXIMO_ESTATE,
            "%s is under HA, where Proxmox does not suspend to disk; action \"suspend\" keeps its "
            "memory where it is",
            guest_label(g));
    return guest_check_lock(g, resumes ? "suspended" : NULL);
}

static int32_t check_privileges(const struct guest *g, const struct hold *hold, const char *storage)
{
    int32_t r = guest_check_privilege(g, "VM.PowerMgmt", hold->action);
    /* The saved memory is a volume. */
    if (r == PROXIMO_OK && strcmp(hold->action, "hibernate") == 0)
        r = guest_check_privilege(g, "VM.Config.Disk", hold->action);
    const char *path = storage ? ask_text(&g->ask, "/storage/%s", storage) : NULL;
    if (r < 0 || !storage || !path)
        return r < 0 || !storage ? r : PROXIMO_ENOMEM;
    const int32_t held = g->ask.host->permission(g->ask.call, path, "Datastore.AllocateSpace");
    if (ask_ends(held))
        return held;
    return held != 0
               ? PROXIMO_OK
               : g->ask.host->fail(g->ask.call, PROXIMO_EDENIED,
                                   "the memory on %s needs Datastore.AllocateSpace on %s, which this token "
                                   "does not hold",
                                   storage, path);
}

/* Devices whose state is outside of what is saved: Proxmox refuses them, but for mapped ones that can be
 * moved live, which only their mapping tells. */
static int32_t check_devices(struct guest *g)
{
    int32_t r = guest_read_config(g);
    if (r < 0)
        return r;
    json_object_object_foreach(g->config, key, value)
    {
        const bool pci = strncmp(key, "hostpci", 7) == 0;
        const bool mapped = pci && strstr(json_object_get_string(value), "mapping=");
        if (!pci && strncmp(key, "virtiofs", 8) != 0)
            continue;
        if (!mapped)
            return g->ask.host->fail(g->ask.call, PROXIMO_ESTATE,
                                     "%s has %s, whose state cannot be saved: Proxmox does not hibernate it; "
                                     "action \"suspend\" or \"shutdown\" does without",
                                     guest_label(g), key);
        const char *text =
            ask_text(&g->ask, "%s: unless its mapping is one for live migration, Proxmox refuses", key);
        r = text ? g->ask.host->risk(g->ask.call, PROXIMO_RISK_HIGH, text) : PROXIMO_ENOMEM;
        if (r < 0)
            return r;
    }
    return PROXIMO_OK;
}

static int32_t tell(struct guest *g, const struct hold *hold, struct still is)
{
    const bool suspends = strcmp(hold->action, "suspend") == 0;
    const char *text = ask_text(
        &g->ask, "%s %s", guest_label(g),
        suspends && guest_is_lxc(g) ? "has its processes saved by a checkpoint, and stops" : hold->says);
    int32_t r = text ? g->ask.host->change(g->ask.call, text) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = guest_tell_facts(g);
    if (r == PROXIMO_OK && guest_is_lxc(g))
        r = tell_text(&g->ask, "experimental",
                      suspends
                          ? "Proxmox calls suspending a container experimental: the checkpoint often fails, "
                            "and what was saved may not come back"
                          : "Proxmox calls this experimental for containers, and does not show whether "
                            "there is a checkpoint: without one it fails, and the container stays stopped");
    if (r == PROXIMO_OK && suspends && guest_is_lxc(g) && guest_managed(g))
        r = g->ask.host->risk(g->ask.call, PROXIMO_RISK_HIGH,
                              "it is under HA: the HA manager starts it again, without what was saved");
    if (r == PROXIMO_OK && is.hibernated)
        r = tell_text(&g->ask, "suspended",
                      "its memory was saved when it was hibernated: it goes on from there");
    return r;
}

/* Parameters of the call that belong to other actions are a mistake. */
static int32_t hold_fields(const struct guest *g, const struct hold *hold, bool arguments,
                           struct proximo_field *fields, uint32_t *ret_count)
{
    const bool hibernates = strcmp(hold->action, "hibernate") == 0;
    const char *storage = arguments ? ask_argument(&g->ask, "statestorage") : NULL;
    *ret_count = 0;
    if (arguments && (ask_flag(&g->ask, "force_stop") || ask_argument(&g->ask, "timeout")))
        return g->ask.host->fail(g->ask.call, PROXIMO_EINVAL,
                                 "timeout and force_stop do not belong to action \"%s\"", hold->action);
    if (storage && !hibernates)
        return g->ask.host->fail(g->ask.call, PROXIMO_EINVAL,
                                 "statestorage belongs to action \"hibernate\" only");
    if (hibernates)
        fields[(*ret_count)++] = FIELD("todisk", "1");
    if (storage)
        fields[(*ret_count)++] = FIELD("statestorage", storage);
    return PROXIMO_OK;
}

static int32_t wait_for(const struct guest *g, const struct hold *hold)
{
    const struct guest_wait stopped = {.path = GUEST_STATUS,
                                       .select = "/status",
                                       .test = PROXIMO_WAIT_EQUALS,
                                       .value = "\"stopped\"",
                                       .deadline_s = DEADLINE_S};
    const struct guest_wait wait = {.path = GUEST_STATUS,
                                    .select = guest_is_lxc(g) ? "/status" : hold->select,
                                    .test = PROXIMO_WAIT_EQUALS,
                                    .value = guest_is_lxc(g) ? hold->lxc_status : hold->value,
                                    .deadline_s = DEADLINE_S};
    int32_t r = strcmp(hold->action, "hibernate") == 0 ? guest_wait(g, &stopped) : PROXIMO_OK;
    return r == PROXIMO_OK ? guest_wait(g, &wait) : r;
}

static int32_t way_back(const struct guest *g, const struct hold *hold)
{
    if (strcmp(hold->action, "reset") != 0)
        return g->ask.host->undo(g->ask.call, PROXIMO_UNDO_FUNCTION, NULL, 0);
    int32_t r = tell_text(&g->ask, "no_way_back", "a reset has none: what was in the memory is gone");
    return r == PROXIMO_OK ? g->ask.host->undo(g->ask.call, PROXIMO_UNDO_NONE, NULL, 0) : r;
}

int32_t power_plan_hold(struct guest *g, const char *action, bool arguments)
{
    const struct hold *hold = hold_find(action);
    struct proximo_field fields[2];
    uint32_t count = 0;
    int32_t r = hold ? guest_read_status(g) : PROXIMO_EINVAL;
    if (r < 0)
        return r;
    const struct still is = still_of(g);
    if ((r = hold_fields(g, hold, arguments, fields, &count)) < 0 || (r = already_so(g, hold, is)) != 0)
        return r < 0 ? r : PROXIMO_OK;
    if ((r = check(g, hold, is)) < 0 ||
        (r = check_privileges(g, hold, count == 2 ? fields[1].value : NULL)) < 0)
        return r;
    if (strcmp(hold->action, "hibernate") == 0 && (r = check_devices(g)) < 0)
        return r;
    if ((r = tell(g, hold, is)) < 0)
        return r;
    if ((r = guest_guard(g, GUEST_STATUS, GUARD_FIELDS)) < 0 || (r = guest_subject(g, hold->class)) < 0 ||
        (r = guest_request(g, "POST", hold->path, fields, count, PROXIMO_STEP_FOLLOW)) < 0 ||
        (r = wait_for(g, hold)) < 0)
        return r;
    return way_back(g, hold);
}

const char *power_hold_back(const struct guest *g, struct json_object *before)
{
    const bool running = member_is(before, "/status", "running");
    if (guest_is_lxc(g))
        return running ? "resume" : "suspend";
    if (running)
        return member_is(before, "/qmpstatus", "paused") ? "suspend" : "resume";
    return member_is(before, "/lock", "suspended") ? "hibernate" : "stop";
}
