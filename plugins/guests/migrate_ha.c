/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What HA and replication make of a move: rules that forbid the target or take other guests along, jobs that
 * turn round. Sources: GET /cluster/ha/resources, GET /cluster/ha/rules (Proxmox VE 9), GET
 * /cluster/ha/groups (8), GET /cluster/replication.
 */
#include "migrate.h"

#include "../common/config_object.h"

/* Proxmox VE 8 has groups, 9 has rules. */
static bool has_groups(const struct asking *a)
{
    const uint32_t release = ask_release(a);
    return release && release <= 8;
}

/* Of "pve2:2,pve3", where a node's priority follows it: what the target has, and the node that has the most.
 */
struct preference {
    bool listed;
    int64_t priority, most;
    const char *first; /* with `most`; "%.*s" of first_len */
    int first_len;
};

static struct preference preference_of(const char *nodes, const char *target)
{
    struct preference p = {.most = -1, .first = ""};
    const size_t len = strlen(target);

    for (const char *at = nodes; *at;) {
        const size_t n = strcspn(at, ",; "), name = strcspn(at, ":,; ");
        int64_t priority = 0;
        for (size_t i = name + 1; i < n && at[i] >= '0' && at[i] <= '9' && priority < 1000000; i++)
            priority = priority * 10 + (at[i] - '0');
        if (name == len && memcmp(at, target, len) == 0) {
            p.listed = true;
            p.priority = priority;
        }
        if (name && priority > p.most) {
            p.most = priority;
            p.first = at;
            p.first_len = (int)name;
        }
        at += n + (at[n] != '\0');
    }
    return p;
}

/* The nodes that a rule or group prefers. failback: whether the manager brings a guest back to them, or to
 * the one of highest priority among them; without, it stays wherever it may be. */
static int32_t affinity(struct migration *m, const char *resource, const char *nodes, bool strict,
                        bool failback)
{
    const struct asking *a = &m->view->ask;

    if (!nodes)
        return PROXIMO_OK;
    const struct preference p = preference_of(nodes, m->view->target);
    if (!p.listed && strict)
        return migrate_refuse(m, resource,
                              ask_text(a, "%s keeps it on other nodes than %s", resource, m->view->target));
    if (p.listed && p.priority >= p.most)
        return PROXIMO_OK;
    if (!failback)
        return migrate_say(m, PROXIMO_RISK_LOW, resource,
                           "prefers other nodes, but failback is off: the guest stays where it is moved to, "
                           "until it has to be recovered",
                           NULL);
    return migrate_say(
        m, PROXIMO_RISK_HIGH, resource,
        p.listed ? ask_text(a, "prefers %.*s: the HA manager moves the guest there as soon as it can",
                            p.first_len, p.first)
                 : "prefers other nodes: the HA manager moves the guest back as soon as it can",
        NULL);
}

/* Another guest of a rule that keeps them together or apart. */
static int32_t companion(struct migration *m, const char *rule, const char *sid, bool together)
{
    const struct asking *a = &m->view->ask;
    const char *vmid = strchr(sid, ':') ? strchr(sid, ':') + 1 : sid;
    const char *guest = ask_text(a, "guest/%s", vmid);
    struct json_object *rows = NULL;

    if (together)
        return migrate_say(m, PROXIMO_RISK_HIGH, guest,
                           ask_text(a, "moves along: %s keeps it on the same node as %s", rule, m->g->vmid),
                           NULL);
    int32_t r = migrate_list(m->view, MIGRATE_GUESTS, &rows);
    if (r < 0)
        return r;
    struct json_object *row = migrate_row(rows, "vmid", vmid);
    if (row && member_is(row, "node", m->view->target))
        return migrate_refuse(
            m, rule,
            ask_text(a, "%s keeps it apart from guest %s, which is on %s", rule, vmid, m->view->target));
    if (row || migrate_complete(m->view, MIGRATE_GUESTS))
        return PROXIMO_OK;
    return migrate_unknown(
        m, ask_text(a, "where guest %s is, which %s keeps apart from %s", vmid, rule, m->g->vmid),
        migrate_why(m->view, MIGRATE_GUESTS));
}

static int32_t companions(struct migration *m, const char *rule, const char *resources, const char *own,
                          bool together)
{
    int32_t r = PROXIMO_OK;

    while (r == PROXIMO_OK && *resources) {
        const size_t n = strcspn(resources, ",; ");
        const char *sid = n ? ask_text(&m->view->ask, "%.*s", (int)n, resources) : "";
        if (!sid)
            return PROXIMO_ENOMEM;
        if (*sid && strcmp(sid, own) != 0)
            r = companion(m, rule, sid, together);
        resources += n + (resources[n] != '\0');
    }
    return r;
}

static int32_t rules(struct migration *m, const char *sid, bool failback)
{
    const struct asking *a = &m->view->ask;
    struct json_object *rows = NULL;
    int32_t r = migrate_list(m->view, MIGRATE_HA_RULES, &rows);

    if (r == PROXIMO_OK && !migrate_complete(m->view, MIGRATE_HA_RULES))
        r = migrate_unknown(m, "HA rules", migrate_why(m->view, MIGRATE_HA_RULES));
    for (size_t i = 0; r == PROXIMO_OK && rows && i < json_object_array_length(rows); i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        const char *resources = member_text(row, "resources"), *name = member_text(row, "rule");
        const char *resource = name ? ask_text(a, "ha-rule/%s", name) : NULL;
        if (!resource || !config_list_has(resources, sid) || member_true(row, "disable"))
            continue;
        if (member_is(row, "type", "node-affinity"))
            r = affinity(m, resource, member_text(row, "nodes"), member_true(row, "strict"), failback);
        else if (member_is(row, "type", "resource-affinity"))
            r = companions(m, resource, resources, sid, member_is(row, "affinity", "positive"));
        else
            r = migrate_say(m, PROXIMO_RISK_HIGH, resource, "is a rule of a kind that is not known here",
                            NULL);
    }
    return r;
}

static int32_t group(struct migration *m, const char *name)
{
    const struct asking *a = &m->view->ask;
    struct json_object *rows = NULL;
    int32_t r = name ? migrate_list(m->view, MIGRATE_HA_GROUPS, &rows) : PROXIMO_OK;

    if (r < 0 || !name)
        return r;
    struct json_object *row = migrate_row(rows, "group", name);
    if (!row)
        return migrate_unknown(m, ask_text(a, "HA group %s", name), migrate_why(m->view, MIGRATE_HA_GROUPS));
    const char *resource = ask_text(a, "ha-group/%s", name);
    return resource ? affinity(m, resource, member_text(row, "nodes"), member_true(row, "restricted"),
                               !member_true(row, "nofailback"))
                    : PROXIMO_ENOMEM;
}

static int32_t managed(struct migration *m)
{
    const struct asking *a = &m->view->ask;
    const char *sid = ask_text(a, "%s:%s", guest_is_lxc(m->g) ? "ct" : "vm", m->g->vmid);
    struct json_object *rows = NULL;

    if (!guest_managed(m->g))
        return PROXIMO_OK;
    int32_t r = sid ? migrate_list(m->view, MIGRATE_HA_RESOURCES, &rows) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    struct json_object *row = migrate_row(rows, "sid", sid);
    /* Of the resource since Proxmox VE 9, and on where nothing is said; of the group before. */
    const bool failback = !member_of(row, "failback") || member_true(row, "failback");
    const char *name = row && member_text(row, "group") ? ask_text(a, "%s", member_text(row, "group")) : NULL;
    if (!row)
        r = migrate_unknown(m, ask_text(a, "HA resource %s", sid),
                            migrate_why(m->view, MIGRATE_HA_RESOURCES));
    if (r == PROXIMO_OK)
        r = migrate_say(m, PROXIMO_RISK_MEDIUM, ask_text(a, "ha/%s", sid),
                        "its manager is asked for the move, and makes it when it can", NULL);
    if (r == PROXIMO_OK)
        r = has_groups(a) ? group(m, name) : rules(m, sid, failback);
    return r;
}

/* ---- replication */

static int32_t jobs(struct migration *m, struct json_object **ret)
{
    int32_t r = migrate_list(m->view, MIGRATE_REPLICATION, ret);
    return r == PROXIMO_OK && !*ret
               ? migrate_unknown(m, "replication jobs", migrate_why(m->view, MIGRATE_REPLICATION))
               : r;
}

int32_t migrate_is_replica(struct migration *m, bool *ret)
{
    struct json_object *rows = NULL;
    int32_t r = migrate_list(m->view, MIGRATE_REPLICATION, &rows);

    *ret = false;
    for (size_t i = 0; r == PROXIMO_OK && rows && i < json_object_array_length(rows); i++) {
        struct json_object *job = json_object_array_get_idx(rows, i);
        if (member_is(job, "guest", m->g->vmid) && member_is(job, "target", m->view->target) &&
            !member_true(job, "disable"))
            *ret = true;
    }
    return r;
}

static int32_t replication(struct migration *m)
{
    struct json_object *rows = NULL;
    int32_t r = jobs(m, &rows);

    for (size_t i = 0; r == PROXIMO_OK && rows && i < json_object_array_length(rows); i++) {
        struct json_object *job = json_object_array_get_idx(rows, i);
        const char *id = member_text(job, "id");
        if (!member_is(job, "guest", m->g->vmid) || !id)
            continue;
        const bool to_target = member_is(job, "target", m->view->target);
        r = migrate_say(m, to_target ? PROXIMO_RISK_LOW : PROXIMO_RISK_MEDIUM,
                        ask_text(&m->view->ask, "replication/%s", id),
                        to_target ? "turns round: it replicates back to the node that the guest comes from"
                                  : "goes on from the target; its next run may have to copy everything",
                        NULL);
    }
    return r;
}

int32_t migrate_ha(struct migration *m)
{
    int32_t r = managed(m);
    return r == PROXIMO_OK ? replication(m) : r;
}
