/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pbs_snapshot_delete, pbs_group_delete and pbs_namespace_delete. Protected backups are not deleted by any of
 * them: the request says that they stay (error-on-protected), and the plan names what stays with them.
 * Sources: DELETE /admin/datastore/{store}/snapshots, .../groups, .../namespace.
 */
#include "changes.h"
#include "ties.h"

static const char later[] =
    "what only these backups used is freed by the next garbage collection, not before (pbs_gc_start)";

/* ---- one backup, or a group */

static int32_t look(const struct pbs_place *at, struct pbs_contents *ret)
{
    int32_t r = contents_read(at, ret);
    if (r == PROXIMO_OK)
        contents_mark(ret, false);
    return r;
}

static const char *owner_of(const struct pbs_contents *c)
{
    const struct pbs_space *space = contents_space(c, c->at.ns);
    for (size_t i = 0; space && space->list && i < json_object_array_length(space->list); i++) {
        struct json_object *row = json_object_array_get_idx(space->list, i);
        if (contents_of_group(row, c->at.type, c->at.id))
            return member_text(row, "owner");
    }
    return NULL;
}

/* There is something that can go. */
static int32_t check(const struct pbs_contents *c, bool own)
{
    const struct asking *a = &c->at.a;
    const struct pbs_space *space = contents_space(c, c->at.ns);
    int32_t r = own ? place_owned(&c->at, owner_of(c)) : PROXIMO_OK;
    if (r < 0 || c->going)
        return r;
    if (c->staying)
        return a->host->fail(
            a->call, PROXIMO_ESTATE,
            "%s is protected, so the Backup Server does not delete it. If it really is to go, "
            "take the protection away first: pbs_snapshot_protect with protected: false",
            c->at.time ? place_label(&c->at) : ask_text(a, "all of %s", place_label(&c->at)));
    if (!space || !space->list)
        return a->host->fail(a->call, PROXIMO_EREMOTE, "the backups in %s could not be read: %s",
                             place_words(&c->at, c->at.ns), space && space->why ? space->why : "no answer");
    return a->host->fail(a->call, PROXIMO_ENOTFOUND,
                         "there is no %s in %s%s; pbs_snapshots_list lists what there is",
                         c->at.time ? ask_text(a, "backup %s", place_label(&c->at))
                                    : ask_text(a, "group %s/%s", c->at.type, c->at.id),
                         place_words(&c->at, c->at.ns), space->why ? ", as far as this token sees" : "");
}

static int32_t tell_deletion(const struct pbs_contents *c, const char *summary)
{
    const struct asking *a = &c->at.a;
    int32_t r = summary ? a->host->change(a->call, summary) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = tell_fact(a, "backups_that_go", json_object_new_int64(c->going));
    if (r == PROXIMO_OK && c->staying)
        r = tell_fact(a, "protected_backups_that_stay", json_object_new_int64(c->staying));
    return r == PROXIMO_OK ? tell_text(a, "space", later) : r;
}

static int32_t lay_out(const struct pbs_contents *c)
{
    const struct asking *a = &c->at.a;
    struct proximo_field fields[6];
    uint32_t count = place_fields(&c->at, fields);
    if (!c->at.time)
        fields[count++] = FIELD("error-on-protected", "0");
    const struct proximo_step step = pbs_request(
        "DELETE", c->at.time ? PBS_STORE_PATH "/snapshots" : PBS_STORE_PATH "/groups", fields, count);
    int32_t r = pbs_guard_backups(&c->at);
    if (r < 0 || (r = place_open(&c->at)) < 0 || (r = a->host->step(a->call, &step)) < 0 ||
        (r = place_tell_subject(&c->at, c->at.time ? "pbs.snapshot.delete" : "pbs.group.delete", NULL,
                                NULL)) < 0 ||
        (r = pbs_see_gone(c, NULL)) < 0)
        return r;
    return pbs_no_way_back(a, pbs_deleted_for_good);
}

static int32_t plan(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct pbs_place at;
    struct pbs_contents c = {0};
    bool own = false;
    int32_t r = place_take(&a, &at);
    if (r == PROXIMO_OK)
        r = place_allowed(&at, "Datastore.Prune", "to delete backups", &own);
    if (r == PROXIMO_OK)
        r = look(&at, &c);
    if (r == PROXIMO_OK)
        r = check(&c, own);
    if (r == PROXIMO_OK)
        r = tell_deletion(
            &c, at.time ? ask_text(&a, "backup %s is deleted", place_label(&at))
                : c.staying
                    ? ask_text(&a,
                               "%u backups of group %s are deleted; %u are protected and stay, and with them "
                               "the group",
                               c.going, place_label(&at), c.staying)
                    : ask_text(&a, "group %s is deleted with its %u backups", place_label(&at), c.going));
    if (r == PROXIMO_OK)
        r = lay_out(&c);
    contents_done(&c);
    return r;
}

int32_t pbs_plan_snapshot_delete(void *instance, struct proximo_call *call)
{
    return plan(instance, call);
}

int32_t pbs_plan_group_delete(void *instance, struct proximo_call *call)
{
    return plan(instance, call);
}

int32_t pbs_blast_backups_delete(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    struct pbs_place at;
    struct pbs_contents c = {0};
    int32_t r = place_of_subject(&a, subject, &at);
    if (r == PROXIMO_OK && !at.id)
        return a.host->fail(call, PROXIMO_EINVAL, "the subject names no group");
    if (r == PROXIMO_OK)
        r = look(&at, &c);
    if (r == PROXIMO_OK)
        r = contents_tell(&c);
    if (r == PROXIMO_OK && c.staying)
        r = tell_affected(&a, PROXIMO_RISK_MEDIUM, ask_text(&a, "backup-group/%s", place_label(&at)), NULL,
                          ask_text(&a, "%u protected backups stay, and the group with them", c.staying),
                          NULL);
    if (r == PROXIMO_OK)
        r = ties_tell(&at, TIES_BUSY | TIES_COPIES);
    contents_done(&c);
    return r;
}
