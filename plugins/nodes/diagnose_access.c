/* SPDX-License-Identifier: Apache-2.0 */
/* pve_cluster_diagnose: who may do everything; replication. */
#include "diagnose.h"

#define HOUR_S 3600.0

/* Of root@pam nothing is said: it may always do everything. */
static void judge_acl(struct diagnosis *d, struct json_object *list)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *who = member_text(row, "ugid"), *type = member_text(row, "type");
        char what[100];
        if (!who || !type || !member_is(row, "path", "/") || !member_is(row, "roleid", "Administrator") ||
            strcmp(who, "root@pam") == 0)
            continue;
        const bool token = strcmp(type, "token") == 0;
        (void)snprintf(what, sizeof(what), "%.10s %.70s", type, who);
        findings_state(&d->found, ACL_ADMIN, what, token ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_LOW,
                       "an entry at /, %s",
                       member_true(row, "propagate") ? "handed down to all below it" : "not handed down");
    }
}

static bool is_over(const struct diagnosis *d, struct json_object *row)
{
    const int64_t expire = integer_of(row, "expire");
    return expire > 0 && expire < d->now;
}

/* Tokens of root@pam without privilege separation may do everything; others as much as their user. */
static void judge_tokens(struct diagnosis *d, struct json_object *list)
{
    struct name_list root = {0}, others = {0};
    char names[500];
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *user = json_object_array_get_idx(list, i), *tokens = member_of(user, "tokens");
        const char *id = member_text(user, "userid");
        const bool off = member_of(user, "enable") && !member_true(user, "enable");
        const size_t count =
            id && json_object_is_type(tokens, json_type_array) ? json_object_array_length(tokens) : 0;
        for (size_t k = 0; k < count && !off && !is_over(d, user); k++) {
            struct json_object *token = json_object_array_get_idx(tokens, k);
            const char *name = member_text(token, "tokenid");
            if (!name || !member_of(token, "privsep") || member_true(token, "privsep") || is_over(d, token))
                continue;
            names_add(strcmp(id, "root@pam") == 0 ? &root : &others, "%.50s!%.50s", id, name);
        }
    }
    names_text(&root, names, sizeof(names));
    if (root.count)
        findings_state(&d->found, TOKEN_FULL, "a token of root@pam", PROXIMO_RISK_MEDIUM, "%s", names);
    names_text(&others, names, sizeof(names));
    if (others.count)
        findings_state(&d->found, TOKEN_FULL, "a token of another user", PROXIMO_RISK_LOW, "%s", names);
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
