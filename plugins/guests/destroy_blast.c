/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom the destruction of a guest hurts. Nothing here changes by itself: it is run again before the change,
 * and a difference stops it.
 */
#include "destroy.h"

const char *destroy_refusal(const struct destruction *d)
{
    const struct guest *g = &d->g;
    const char *lock = guest_lock(g);
    /* A machine that was suspended to disk can be destroyed, and its memory goes with it. */
    const bool suspended = lock && !guest_is_lxc(g) && strcmp(lock, "suspended") == 0;
    if (member_true(g->config, "protection"))
        return "it is protected against removal (protection=1), which force does not override: take that "
               "away first with pve_guest_config_set, if it really is to go";
    if (lock && !suspended)
        return ask_text(
            &g->ask,
            "it is locked (%s) until the task that holds the lock has ended; pve_tasks_list shows it", lock);
    if (guest_running(g) && !d->force)
        return "it is running: stop it first, or say force, which stops it as by pulling the plug";
    if (guest_managed(g) && !d->purge)
        return "it is under HA: say purge, which takes it out of HA, or remove its HA resource first";
    return NULL;
}

/* ---- the guest itself */

static int32_t tell_guest(const struct destruction *d)
{
    const struct guest *g = &d->g;
    struct json_object *facts = json_object_new_object();
    const char *refused = g->status && g->config ? destroy_refusal(d) : NULL;
    const char *effect =
        refused ? ask_text(&g->ask, "Proxmox refuses to destroy it: %s", refused)
        : !g->status || !g->config
            ? "is destroyed with its disks and its configuration; what it is now could not be read"
        : guest_running(g)
            ? "is cut off as by pulling the plug, then destroyed with its disks, snapshots and "
              "configuration: everything it serves is gone for good"
        : guest_is_template(g)
            ? "is a template and is destroyed with its disks: nothing can be cloned from it any more"
            : "is destroyed with its disks, snapshots and configuration, for good";
    if (!facts)
        return PROXIMO_ENOMEM;
    if (member_text(g->status, "status"))
        json_object_object_add(facts, "status", json_object_new_string(member_text(g->status, "status")));
    json_object_object_add(facts, "node", json_object_new_string(g->node));
    json_object_object_add(facts, "kind", json_object_new_string(g->kind));
    json_object_object_add(facts, "ha_managed", json_object_new_boolean(guest_managed(g)));
    json_object_object_add(facts, "template", json_object_new_boolean(guest_is_template(g)));
    json_object_object_add(facts, "protection",
                           json_object_new_boolean(member_true(g->config, "protection")));
    json_object_object_add(facts, "purge", json_object_new_boolean(d->purge));
    return tell_affected(&g->ask, PROXIMO_RISK_HIGH, ask_text(&g->ask, "guest/%s", g->vmid),
                         member_text(g->status, "name"), effect, facts);
}

/* All but the entry "current", which is no snapshot. */
static int32_t tell_snapshots(const struct guest *g)
{
    const char *vm = ask_text(&g->ask, "/vms/%s", g->vmid);
    const struct proximo_need need[] = {NEED(vm, "VM.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = GUEST_SNAPS, .fields = g->at, .field_count = 3,
                                    .needs = ROWS(need, 1)};
    struct json_object *list DROP_JSON = NULL;
    int32_t r = vm ? guest_look(g, &get, json_type_array, "the guest's snapshots", &list) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && list && !snapshot_named(list, "current"))
        r = g->ask.host->incomplete(g->ask.call, "the guest's snapshots",
                                    "the list came back without its last entry");
    for (size_t i = 0; r == PROXIMO_OK && list && i < json_object_array_length(list); i++) {
        struct json_object *entry = json_object_array_get_idx(list, i);
        const char *name = member_text(entry, "name");
        if (!name || strcmp(name, "current") == 0)
            continue;
        struct json_object *facts = json_object_new_object();
        if (facts && member_of(entry, "snaptime"))
            json_object_object_add(facts, "snaptime", json_object_get(member_of(entry, "snaptime")));
        r = tell_affected(&g->ask, PROXIMO_RISK_HIGH, ask_text(&g->ask, "snapshot/%s/%s", g->vmid, name),
                          NULL, "goes with the guest", facts);
    }
    return r;
}

int32_t guests_blast_destroy(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct json_object *subject DROP_JSON = json_of(subject_json);
    struct destruction d = {.purge = member_true(subject, "purge"), .force = member_true(subject, "force")};
    int32_t r = guest_open_subject(instance, call, subject_json, &d.g);
    if (r == PROXIMO_ENOTFOUND)
        return PROXIMO_OK; /* said as incomplete */
    if (r == PROXIMO_OK)
        r = guest_look_at(&d.g);
    if (r == PROXIMO_OK)
        r = tell_guest(&d);
    if (r == PROXIMO_OK && d.g.config)
        r = destroy_tell_disks(&d);
    if (r == PROXIMO_OK)
        r = tell_snapshots(&d.g);
    if (r == PROXIMO_OK)
        r = destroy_users(&d, true, NULL);
    if (r == PROXIMO_OK)
        r = destroy_tell_references(&d);
    guest_done(&d.g);
    return r;
}
