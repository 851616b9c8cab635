/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What names a guest elsewhere in the cluster, and what becomes of that when it is destroyed. With purge
 * Proxmox takes it out of HA, replication and backup jobs; grants at its path, pool membership and firewall
 * go always. Sources: GET /cluster/ha/resources, /cluster/ha/rules, /cluster/replication, /cluster/backup,
 * /cluster/resources, /access/acl, .../firewall/rules.
 */
#include "../common/backup_jobs.h"
#include "../common/grants.h"
#include "destroy.h"

/* ---- HA */

static int32_t tell_ha_rules(const struct guest *g, const char *sid, bool purge)
{
    static const struct proximo_need need[] = {NEED("/", "Sys.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/ha/rules",
                                    .needs = PROXIMO_TABLE(need)};
    struct proximo_site site = {ROW(proximo_site)};
    struct json_object *rules DROP_JSON = NULL;
    int32_t r = g->ask.host->site(g->ask.call, &site);
    if (r < 0 || (site.version.len >= 2 && strncmp(site.version.ptr, "8.", 2) == 0))
        return r; /* groups name no guests */
    r = guest_look(g, &get, json_type_array, "HA rules", &rules);
    for (size_t i = 0; r == PROXIMO_OK && rules && i < json_object_array_length(rules); i++) {
        struct json_object *rule = json_object_array_get_idx(rules, i);
        const char *list = member_text(rule, "resources"), *name = member_text(rule, "rule");
        const size_t len = strlen(sid);
        for (const char *at = list ? list : ""; r == PROXIMO_OK && *at && name;) {
            const size_t word = strcspn(at, ", ");
            if (word == len && strncmp(at, sid, len) == 0)
                r = tell_affected(&g->ask, PROXIMO_RISK_LOW, ask_text(&g->ask, "ha-rule/%s", name), NULL,
                                  purge ? "names its HA resource, which goes: look at the rule afterwards"
                                        : "names its HA resource",
                                  NULL);
            at += word;
            at += strspn(at, ", ");
        }
    }
    return r;
}

static int32_t tell_ha(const struct destruction *d)
{
    const struct guest *g = &d->g;
    const char *sid = ask_text(&g->ask, "%s:%s", guest_is_lxc(g) ? "ct" : "vm", g->vmid);
    static const struct proximo_need need[] = {NEED("/", "Sys.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/ha/resources",
                                    .needs = PROXIMO_TABLE(need)};
    struct json_object *list DROP_JSON = NULL;
    bool found = false;
    int32_t r = sid ? guest_look(g, &get, json_type_array, "HA resources", &list) : PROXIMO_ENOMEM;
    for (size_t i = 0; r == PROXIMO_OK && list && i < json_object_array_length(list) && !found; i++)
        found = member_is(json_object_array_get_idx(list, i), "sid", sid);
    if (r < 0 || (!found && !guest_managed(g)))
        return r;
    r = tell_affected(&g->ask, d->purge ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_HIGH,
                      ask_text(&g->ask, "ha/%s", sid), NULL,
                      d->purge ? "is removed from HA (purge)"
                               : "is an HA resource: without purge Proxmox refuses to destroy the guest",
                      NULL);
    return r == PROXIMO_OK ? tell_ha_rules(g, sid, d->purge) : r;
}

/* ---- replication */

int32_t destroy_replication(const struct guest *g, struct json_object **ret)
{
    const char *vm = ask_text(&g->ask, "/vms/%s", g->vmid);
    const struct proximo_need need[] = {NEED(vm, "VM.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/replication", .needs = ROWS(need, 1)};
    struct json_object *jobs DROP_JSON = NULL, *own = NULL;
    *ret = NULL;
    int32_t r = vm ? guest_look(g, &get, json_type_array, "replication jobs", &jobs) : PROXIMO_ENOMEM;
    if (r < 0 || !jobs)
        return r;
    if (!(own = json_object_new_array()))
        return PROXIMO_ENOMEM;
    for (size_t i = 0; i < json_object_array_length(jobs); i++) {
        struct json_object *job = json_object_array_get_idx(jobs, i);
        if (member_is(job, "guest", g->vmid) && member_text(job, "id"))
            json_object_array_add(own, json_object_get(job));
    }
    *ret = own;
    return PROXIMO_OK;
}

static int32_t tell_replication(const struct destruction *d)
{
    const struct guest *g = &d->g;
    struct json_object *jobs DROP_JSON = NULL;
    int32_t r = destroy_replication(g, &jobs);
    for (size_t i = 0; r == PROXIMO_OK && jobs && i < json_object_array_length(jobs); i++) {
        struct json_object *job = json_object_array_get_idx(jobs, i);
        const char *target = member_text(job, "target");
        r = tell_affected(&g->ask, d->purge ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_HIGH,
                          ask_text(&g->ask, "replication/%s", member_text(job, "id")), NULL,
                          d->purge
                              ? ask_text(&g->ask, "is removed (purge); what it copied to %s may stay there",
                                         target ? target : "its target")
                              : "replicates the guest: without purge Proxmox refuses to destroy the guest",
                          NULL);
    }
    return r;
}

/* ---- backup jobs */

static const char *job_effect(const struct destruction *d, const struct backup_job *job, uint32_t *ret_risk)
{
    const struct job_pick *pick = &job->pick;
    const int64_t vmid = (int64_t)digits_of(d->g.vmid, 999999999);
    *ret_risk = PROXIMO_RISK_LOW;
    for (uint32_t i = 0; i < pick->except_count; i++) {
        if (pick->except[i] == vmid)
            return d->purge
                       ? "leaves this guest out by its number: purge takes the number off that list"
                       : "leaves this guest out by its number: the number stays on that list, so a later "
                         "guest that has it is not backed up";
    }
    if (job_names(pick, vmid, d->g.node) != JOB_YES)
        return NULL;
    if (pick->takes == JOB_TAKES_ALL)
        return "takes all guests: it simply no longer has this one";
    if (pick->takes == JOB_TAKES_POOL)
        return "takes the guests of a pool: it no longer has this one";
    if (d->purge && pick->count == 1) {
        *ret_risk = PROXIMO_RISK_MEDIUM;
        return "names this guest alone: purge leaves it without guests, or removes it";
    }
    *ret_risk = d->purge ? PROXIMO_RISK_LOW : PROXIMO_RISK_MEDIUM;
    return d->purge
               ? "names this guest: purge takes the number off its list"
               : "goes on naming this guest: without purge its runs miss it, and a later guest with this "
                 "number is backed up by it";
}

static int32_t tell_jobs(const struct destruction *d)
{
    const struct guest *g = &d->g;
    struct backup_jobs jobs;
    int32_t r = backup_jobs_read(&g->ask, &jobs);
    if (r == PROXIMO_OK && jobs.why)
        r = g->ask.host->incomplete(g->ask.call, "backup jobs", jobs.why);
    for (uint32_t i = 0; r == PROXIMO_OK && i < jobs.count; i++) {
        const struct backup_job *job = &jobs.rows[i];
        uint32_t risk = PROXIMO_RISK_LOW;
        if (job_names(&job->pick, (int64_t)digits_of(g->vmid, 999999999), g->node) == JOB_UNKNOWN) {
            const char *what = ask_text(&g->ask, "whether backup job %s takes the guest", job->pick.id);
            r = what ? g->ask.host->incomplete(g->ask.call, what, "the members of its pool could not be read")
                     : PROXIMO_ENOMEM;
            continue;
        }
        const char *effect = job_effect(d, job, &risk);
        if (effect)
            r = tell_affected(&g->ask, risk, ask_text(&g->ask, "backup-job/%s", job->pick.id), NULL, effect,
                              NULL);
    }
    backup_jobs_done(&jobs);
    return r;
}

/* ---- pool, firewall, grants: they go always */

static int32_t tell_pool(const struct guest *g)
{
    const struct proximo_field type = FIELD("type", "vm");
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/resources", .fields = &type,
                                    .field_count = 1};
    struct json_object *list DROP_JSON = NULL;
    int32_t r = guest_look(g, &get, json_type_array, "the guest's pool", &list);
    for (size_t i = 0; r == PROXIMO_OK && list && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        if (member_is(row, "vmid", g->vmid) && member_text(row, "pool") && *member_text(row, "pool"))
            r = tell_affected(
                &g->ask, PROXIMO_RISK_LOW, ask_text(&g->ask, "pool/%s", member_text(row, "pool")), NULL,
                "loses it as a member, with or without purge: a later guest with this number is not in "
                "it",
                NULL);
    }
    return r;
}

static int32_t tell_firewall(const struct guest *g)
{
    static const struct part {
        const char *path, *what;
    } parts[] = {{GUEST_PATH "/firewall/rules", "rules"},
                 {GUEST_PATH "/firewall/ipset", "sets"},
                 {GUEST_PATH "/firewall/aliases", "aliases"}};
    const char *vm = ask_text(&g->ask, "/vms/%s", g->vmid);
    const struct proximo_need need[] = {NEED(vm, "VM.Audit")};
    struct json_object *facts = vm ? json_object_new_object() : NULL;
    size_t count = 0;
    int32_t r = facts ? PROXIMO_OK : PROXIMO_ENOMEM;
    for (size_t i = 0; r == PROXIMO_OK && i < sizeof(parts) / sizeof(parts[0]); i++) {
        const struct proximo_get get = {ROW(proximo_get), .path = parts[i].path, .fields = g->at,
                                        .field_count = 3, .needs = ROWS(need, 1)};
        struct json_object *list DROP_JSON = NULL;
        r = guest_look(g, &get, json_type_array, ask_text(&g->ask, "firewall %s of the guest", parts[i].what),
                       &list);
        const size_t rows = list ? json_object_array_length(list) : 0;
        json_object_object_add(facts, parts[i].what, json_object_new_int64((int64_t)rows));
        count += rows;
    }
    if (r < 0 || count == 0) {
        json_object_put(facts);
        return r;
    }
    return tell_affected(&g->ask, PROXIMO_RISK_LOW, ask_text(&g->ask, "firewall/%s", g->vmid), NULL,
                         "goes with the guest, with or without purge", facts);
}

static int32_t tell_grants(const struct guest *g)
{
    struct looked acl;
    int32_t r = grants_look(&g->ask, &acl);
    struct json_object *own DROP_JSON =
        r == PROXIMO_OK ? grants_at(acl.data, ask_text(&g->ask, "/vms/%s", g->vmid)) : NULL;
    if (r == PROXIMO_OK && (!acl.data || !acl.complete))
        r = g->ask.host->incomplete(g->ask.call, "grants at the guest's path",
                                    acl.data || !acl.why ? "this token does not see the whole access list"
                                                         : acl.why);
    for (size_t i = 0; r == PROXIMO_OK && own && i < json_object_array_length(own); i++) {
        struct json_object *entry = json_object_array_get_idx(own, i);
        struct json_object *facts = json_object_new_object();
        if (facts)
            json_object_object_add(facts, "role", json_object_get(member_of(entry, "roleid")));
        r = tell_affected(
            &g->ask, PROXIMO_RISK_MEDIUM,
            ask_text(&g->ask, "%s/%s", member_text(entry, "type"), member_text(entry, "ugid")), NULL,
            ask_text(&g->ask,
                     "loses this role at /vms/%s: the entry goes with the guest, with or without purge",
                     g->vmid),
            facts);
    }
    json_object_put(acl.data);
    return r;
}

int32_t destroy_tell_references(const struct destruction *d)
{
    int32_t r = tell_ha(d);
    if (r == PROXIMO_OK)
        r = tell_replication(d);
    if (r == PROXIMO_OK)
        r = tell_jobs(d);
    if (r == PROXIMO_OK)
        r = tell_pool(&d->g);
    if (r == PROXIMO_OK)
        r = tell_firewall(&d->g);
    return r == PROXIMO_OK ? tell_grants(&d->g) : r;
}
