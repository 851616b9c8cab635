/* SPDX-License-Identifier: Apache-2.0 */
/* pve_cluster_diagnose: who may do everything; replication. */
#include "../common/access_findings.h"
#include "diagnose.h"

#define HOUR_S 3600.0

static void judge_acl(struct diagnosis *d, struct json_object *list)
{
    access_judge_admins(&d->found, list);
}

static void judge_tokens(struct diagnosis *d, struct json_object *list)
{
    access_judge_tokens(&d->found, list, d->now);
}

int32_t diagnose_access(struct diagnosis *d)
{
    static const struct evidence evidence[] = {
        {FROM_ACL, json_type_array, "/access/acl", {{0}}, judge_acl, 0},
        {FROM_TOKENS,
         json_type_array,
         "/access/users",
         {{ROW(proximo_field), .name = "full", .value = "1"}},
         judge_tokens,
         0},
    };
    return diagnosis_gather(d, evidence, 2);
}

/* ---- replication */

static void judge_jobs(struct diagnosis *d, const struct spot *spot, struct json_object *data,
                       const char *why)
{
    if (!data) {
        findings_unread(&d->found, FROM_REPLICATION, spot->name, why);
        return;
    }
    findings_read(&d->found, FROM_REPLICATION);
    for (size_t i = 0; i < json_object_array_length(data); i++) {
        struct json_object *row = json_object_array_get_idx(data, i);
        const char *id = member_text(row, "id"), *target = member_text(row, "target");
        const char *error = member_text(row, "error");
        const double last = number_of(row, "last_sync");
        char what[100];
        if (!id || member_true(row, "disable"))
            continue;
        (void)snprintf(what, sizeof(what), "replication %.40s to %.40s", id, target ? target : "?");
        if (findings_measure(&d->found, REPL_FAILED, what, number_of(row, "fail_count"), "%.300s",
                             error ? error : "no error is told")) {
            findings_argument(&d->found, "id", id);
            findings_argument(&d->found, "node", spot->node);
        }
        if (last > 0) {
            if (findings_measure(&d->found, REPL_LAG, what, ((double)d->now - last) / HOUR_S,
                                 "since its last run that ended well"))
                findings_argument(&d->found, "node", spot->node);
        } else {
            findings_unread(&d->found, FROM_REPLICATION, what, "it has not run yet, or nobody knows");
        }
    }
}

int32_t diagnose_replication(struct diagnosis *d)
{
    const struct cluster_view *view = d->own;
    int32_t r = diagnosis_each(d, "/nodes/{node}/replication", view->nodes, view->node_count, json_type_array,
                               judge_jobs);
    if (!view->node_count)
        findings_unread(&d->found, FROM_REPLICATION, NULL, "no node was seen");
    if (view->offline_count)
        findings_unread(&d->found, FROM_REPLICATION, NULL, "nodes that are offline tell nothing");
    if (r == PROXIMO_OK && d->ask.host->permission(d->ask.call, "/vms", "VM.Audit") != 1)
        findings_unread(&d->found, FROM_REPLICATION, NULL,
                        "jobs of guests that this token does not see are not in the list");
    return r;
}
