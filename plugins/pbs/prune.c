/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pbs_prune and pbs_prune_simulate. The plan is one request a group, each with the very numbers of its dry
 * run; the blast function makes the dry runs again when the plan is applied, so another set of backups is
 * drift. Source: POST /admin/datastore/{store}/prune.
 */
#include "prune.h"

#include "changes.h"
#include "ties.h"

#define NAMED_MOST 24u /* in the answer of a dry run; pbs_prune_simulate has all */

/* `any`: without numbers all stays, and that may be asked as well. */
static int32_t begin(void *instance, struct proximo_call *call, bool any, struct pbs_prune *ret)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct pbs_place at;
    bool own = false;
    *ret = (struct pbs_prune){0};
    int32_t r = place_take(&a, &at);
    if (r < 0)
        return r;
    ret->at = at;
    if ((!any && (r = place_whole(&at)) < 0) || (r = prune_take_arguments(ret, any)) < 0 ||
        (r = place_allowed(&at, "Datastore.Prune", "a prune, also its dry run,", &own)) < 0)
        return r;
    return prune_look(ret);
}

/* ---- the dry run */

int32_t pbs_read_prune(void *instance, struct proximo_call *call)
{
    struct pbs_prune p;
    int32_t r = begin(instance, call, true, &p);
    if (r == PROXIMO_OK) {
        for (size_t i = 0; i < json_object_array_length(p.rows); i++) {
            struct json_object *row = json_object_array_get_idx(p.rows, i);
            json_object_object_add(row, "time",
                                   json_object_new_string(pbs_time(&p.at.a, contents_time(row))));
            json_object_object_add(row, "result",
                                   json_object_new_string(member_true(row, "protected") ? "protected"
                                                          : member_true(row, "keep")    ? "stays"
                                                                                        : "goes"));
        }
        const struct proximo_content block = {ROW(proximo_content), .type = PROXIMO_CONTENT_ROWS,
                                              .flags = p.groups_why ? PROXIMO_CONTENT_INCOMPLETE : 0,
                                              .data = json_text(p.rows),
                                              .note = text_of(p.groups_why ? p.groups_why : "")};
        r = p.at.a.host->reply(call, &block, 1);
    }
    prune_done(&p);
    return r;
}

static int32_t answer_dry(const struct pbs_prune *p)
{
    const struct asking *a = &p->at.a;
    const char *text =
        ask_text(a, "dry run, nothing is changed: with %s %u backups go of %zu%s", prune_keep_text(p),
                 p->contents.going, json_object_array_length(p->rows), p->contents.going ? ": " : "");
    uint32_t named = 0;
    for (size_t i = 0; text && i < json_object_array_length(p->rows); i++) {
        struct json_object *row = json_object_array_get_idx(p->rows, i);
        if (member_true(row, "keep") || named++ >= NAMED_MOST)
            continue;
        text = ask_text(a, "%s%s%s/%s/%s", text, named > 1 ? ", " : "", member_text(row, "backup-type"),
                        member_text(row, "backup-id"), pbs_time(a, contents_time(row)));
    }
    if (text && named > NAMED_MOST)
        text = ask_text(a, "%s and %u more", text, named - NAMED_MOST);
    text = text
               ? ask_text(a,
                          "%s%s. pbs_prune_simulate lists what goes and what stays; dry_run: false plans the "
                          "prune",
                          text, p->groups_why ? " (groups of other owners are left out)" : "")
               : NULL;
    return text ? a->host->change(a->call, text) : PROXIMO_ENOMEM;
}

/* ---- the plan */

static int32_t lay_out_group(const struct pbs_prune *p, struct json_object *row)
{
    const struct asking *a = &p->at.a;
    struct pbs_place group = p->at;
    struct proximo_field fields[5 + PBS_KEEPS];
    group.type = member_text(row, "backup-type");
    group.id = member_text(row, "backup-id");
    if (!json_object_get_int64(member_of(row, "going")))
        return PROXIMO_OK;
    uint32_t count = place_fields(&group, fields);
    count += prune_keep_fields(p, fields + count);
    struct proximo_step step = pbs_request("POST", PBS_STORE_PATH "/prune", fields, count);
    if (json_object_array_length(p->groups) > 1)
        step.flags = PROXIMO_STEP_CONTINUE; /* a group in use does not keep the others */
    int32_t r = pbs_guard_backups(&group);
    return r < 0 ? r : a->host->step(a->call, &step);
}

static int32_t lay_out(const struct pbs_prune *p)
{
    const struct asking *a = &p->at.a;
    const char *summary =
        ask_text(a, "prune %s: %u backups are deleted, %zu stay (%s)",
                 p->at.id ? place_label(&p->at) : place_words(&p->at, p->at.ns), p->contents.going,
                 json_object_array_length(p->rows) - p->contents.going, prune_keep_text(p));
    int32_t r = summary ? a->host->change(a->call, summary) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = tell_fact(a, "groups", json_object_get(p->groups));
    if (r == PROXIMO_OK)
        r = tell_text(a, "space",
                      "what only these backups used is freed by the next garbage collection, not "
                      "before (pbs_gc_start)");
    if (r == PROXIMO_OK)
        r = a->host->risk(a->call, PROXIMO_RISK_HIGH, "backups are deleted");
    if (r == PROXIMO_OK && !p->at.id)
        r = a->host->risk(a->call, PROXIMO_RISK_HIGH,
                          "every group of the namespace is pruned, those of namespaces below are not");
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(p->groups); i++)
        r = lay_out_group(p, json_object_array_get_idx(p->groups, i));
    if (r == PROXIMO_OK)
        r = place_tell_subject(&p->at, "pbs.prune", "keep", prune_keep_text(p));
    if (r == PROXIMO_OK)
        r = pbs_see_gone(&p->contents, NULL);
    return r < 0 ? r : pbs_no_way_back(a, pbs_deleted_for_good);
}

/* With the right of an owner alone the group must be one's own: Proxmox refuses the dry run otherwise, too.
 */
int32_t pbs_plan_prune(void *instance, struct proximo_call *call)
{
    struct pbs_prune p;
    int32_t r = begin(instance, call, false, &p);
    if (r == PROXIMO_OK && ask_flag(&p.at.a, "dry_run"))
        r = answer_dry(&p);
    else if (r == PROXIMO_OK && !p.contents.going)
        r = p.at.a.host->change(
            call, ask_text(&p.at.a, "nothing to do: with %s no backup goes", prune_keep_text(&p)));
    else if (r == PROXIMO_OK && (r = place_open(&p.at)) == PROXIMO_OK)
        r = lay_out(&p);
    prune_done(&p);
    return r;
}

/* ---- whom it hurts */

int32_t pbs_blast_prune(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    struct pbs_prune p = {0};
    int32_t r = place_of_subject(&a, subject, &p.at);
    if (r == PROXIMO_OK)
        r = prune_take_keep_text(&p, member_text(subject, "keep"));
    if (r == PROXIMO_OK)
        r = prune_look(&p);
    if (r == PROXIMO_OK)
        r = contents_tell(&p.contents);
    if (r == PROXIMO_OK && p.groups_why)
        r = a.host->incomplete(call, ask_text(&a, "the groups in %s", place_words(&p.at, p.at.ns)),
                               p.groups_why);
    if (r == PROXIMO_OK)
        r = ties_tell(&p.at, TIES_BUSY | TIES_COPIES);
    prune_done(&p);
    return r;
}
