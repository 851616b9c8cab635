/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_template_convert. A container's request answers nothing and its work goes on behind it, so both kinds
 * are looked at until the configuration says template. Sources: POST
 * /nodes/{node}/{qemu,lxc}/{vmid}/template.
 */
#include "template_convert.h"

#define DEADLINE_S 600 /* a container's volumes become bases after the answer */

static int32_t fail(const struct disk_look *l, const char *why)
{
    return l->g.ask.host->fail(l->g.ask.call, PROXIMO_ESTATE, "%s %s", guest_label(&l->g), why ? why : "");
}

/* Without snapshots: Proxmox makes no bases of volumes that have any. */
static int32_t check_snapshots(const struct disk_look *l)
{
    struct json_object *list DROP_JSON = NULL;
    int32_t r = guest_snapshots(&l->g, &list);
    const size_t count = r == PROXIMO_OK ? json_object_array_length(list) : 0;
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
        const char *name = member_text(json_object_array_get_idx(list, i), "name");
        if (name && strcmp(name, "current") != 0)
            r = fail(l, ask_text(&l->g.ask,
                                 "has snapshots (%s): Proxmox makes a template only of a guest without any; "
                                 "pve_snapshot_delete deletes them",
                                 name));
    }
    return r;
}

/* Does it become a base volume? */
static bool template_disk(const struct guest_disk *disk)
{
    return disk->storage && !(disk->flags & DISK_NO_DATA);
}

/* Storages that have no base volumes. What is not known passes: Proxmox checks it before it begins. */
static int32_t check_storages(struct disk_look *l)
{
    struct json_object *configs = NULL;
    int32_t r = migrate_list(&l->view, MIGRATE_STORAGES, &configs);
    for (uint32_t i = 0; r == PROXIMO_OK && i < l->count; i++) {
        const struct guest_disk *disk = &l->disks[i];
        const char *type =
            member_text(migrate_row(configs, "storage", disk->storage ? disk->storage : ""), "type");
        if (template_disk(disk) && type && (strcmp(type, "lvm") == 0 || strncmp(type, "iscsi", 5) == 0))
            r = fail(l, ask_text(&l->g.ask,
                                 "has disk %s on storage %s, whose type %s has no base volumes: move the "
                                 "disk first (pve_disk_move)",
                                 disk->slot, disk->storage, type));
    }
    return r;
}

static int32_t check(struct disk_look *l)
{
    int32_t r = guest_check_lock(&l->g, NULL);
    if (r == PROXIMO_OK && guest_running(&l->g))
        r = fail(l, "is running: shut it down first (pve_guest_power); a template is never started again");
    if (r == PROXIMO_OK && guest_managed(&l->g))
        r = fail(l, "is managed by HA, which could not start it any more: take it out of HA first");
    if (r == PROXIMO_OK)
        r = guest_check_privilege(&l->g, "VM.Allocate", "making a template");
    if (r == PROXIMO_OK)
        r = check_snapshots(l);
    return r == PROXIMO_OK ? check_storages(l) : r;
}

static int32_t tell(struct disk_look *l)
{
    const struct asking *a = &l->g.ask;
    struct json_object *bases = json_object_new_array();
    const char *summary =
        ask_text(a, "%s becomes a template, for good: it never starts again", guest_label(&l->g));
    int32_t r = summary ? a->host->change(a->call, summary) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = guest_tell_facts(&l->g);
    for (uint32_t i = 0; bases && i < l->count; i++) {
        if (template_disk(&l->disks[i]))
            json_object_array_add(bases, json_object_new_string(l->disks[i].slot));
    }
    if (r == PROXIMO_OK)
        r = tell_fact(a, "become_base_volumes", json_object_get(bases));
    json_object_put(bases);
    return r == PROXIMO_OK
               ? tell_text(
                     a, "no_way_back",
                     "Proxmox cannot make a guest of a template again; a full clone of it is a guest with "
                     "the same disks under a new id")
               : r;
}

static int32_t lay_out(struct disk_look *l)
{
    static const char select[] = "/digest,/lock,/template";
    const struct asking *a = &l->g.ask;
    const struct proximo_step state = disk_state_step(l, select);
    const struct guest_wait wait = {.path = GUEST_CONFIG,
                                    .select = "/template",
                                    .test = PROXIMO_WAIT_EQUALS,
                                    .value = "1",
                                    .deadline_s = DEADLINE_S};
    int32_t r = disk_guards(l, select);
    if (r == PROXIMO_OK)
        r = guest_subject(&l->g, "guest.template");
    if (r == PROXIMO_OK)
        r = a->host->step(a->call, &state);
    if (r == PROXIMO_OK)
        r = guest_request(&l->g, "POST", GUEST_PATH "/template", NULL, 0,
                          guest_is_lxc(&l->g) ? 0 : PROXIMO_STEP_FOLLOW);
    if (r == PROXIMO_OK)
        r = guest_wait(&l->g, &wait);
    return r == PROXIMO_OK ? a->host->undo(a->call, PROXIMO_UNDO_NONE, NULL, 0) : r;
}

int32_t guests_plan_template_convert(void *instance, struct proximo_call *call)
{
    struct disk_look l;
    int32_t r = disk_open(instance, call, &l);
    if (r == PROXIMO_OK && guest_is_template(&l.g)) {
        const char *text = ask_text(&l.g.ask, "nothing to do: %s is a template already", guest_label(&l.g));
        r = text ? l.g.ask.host->change(call, text) : PROXIMO_ENOMEM;
    } else if (r == PROXIMO_OK) {
        r = check(&l);
        if (r == PROXIMO_OK)
            r = tell(&l);
        if (r == PROXIMO_OK)
            r = lay_out(&l);
    }
    disk_done(&l);
    return r;
}

/* ---- whom it affects */

static int32_t tell_guest(const struct disk_look *l)
{
    const struct asking *a = &l->g.ask;
    struct json_object *facts = json_object_new_object();
    if (facts) {
        json_object_object_add(facts, "onboot", json_object_new_boolean(member_true(l->g.config, "onboot")));
        json_object_object_add(facts, "node", json_object_new_string(l->g.node));
    }
    return tell_affected(a, PROXIMO_RISK_HIGH, ask_text(a, "guest/%s", l->g.vmid),
                         member_text(l->g.status, "name"),
                         "becomes a template: it never starts again, and only clones of it run", facts);
}

int32_t guests_blast_template(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct disk_look l;
    int32_t r = disk_open_subject(instance, call, subject_json, &l);
    if (r == PROXIMO_OK)
        r = tell_guest(&l);
    for (uint32_t i = 0; r == PROXIMO_OK && i < l.count; i++) {
        const struct guest_disk *disk = &l.disks[i];
        if (template_disk(disk))
            r = tell_affected(
                &l.g.ask, PROXIMO_RISK_MEDIUM, disk_name(&l, disk->slot), NULL,
                disk->flags & DISK_LINKED
                    ? "becomes a base volume that is never written again; it still needs its own base"
                    : "becomes a base volume that is never written again",
                NULL);
    }
    if (r == PROXIMO_OK)
        r = disk_replication_tell(&l, PROXIMO_RISK_LOW,
                                  "its volumes get other names: the next run copies all again");
    disk_done(&l);
    return r == PROXIMO_ENOTFOUND ? PROXIMO_OK : r; /* said as incomplete */
}
