/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pbs_health: the groups of the Backup Server itself, namespace by namespace: fresh, finished, verified. Each
 * finding is of a namespace and names some of its groups, so that the answer stays short however many there
 * are.
 */
#include "health.h"

struct lists {
    struct name_list stale, unfinished, failed, verify_old, verify_none;
    double stale_h, verify_days; /* the worst */
    bool never;                  /* one has had time enough to be verified */
    int64_t newest;              /* of the whole namespace */
};

/* A worker's id: the datastore, the namespace unless it is the root, type and id. */
static bool is_running(const struct health *h, const struct health_space *space, const struct health_group *g)
{
    char end[300];
    (void)snprintf(end, sizeof(end), "%.8s/%.250s", g->type, g->id);
    const size_t store = strlen(space->store), tail = strlen(end);
    for (size_t i = 0; h->running && i < json_object_array_length(h->running); i++) {
        struct json_object *task = json_object_array_get_idx(h->running, i);
        const char *id = member_text(task, "worker_id");
        const size_t len = id ? strlen(id) : 0;
        if (!id || !member_is(task, "worker_type", "backup") || member_text(task, "endtime") ||
            len < store + 1 + tail || strcmp(id + len - tail, end) != 0 ||
            strncmp(id, space->store, store) != 0 || id[store] != ':')
            continue;
        const char *between = id + store + 1;
        if (*space->ns ? strncmp(between + (strncmp(between, "ns/", 3) == 0 ? 3 : 0), space->ns,
                                 strlen(space->ns)) == 0
                       : len == store + 1 + tail)
            return true;
    }
    return false;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static void look_at_group(struct health *h, const struct health_space *space, const struct health_group *g,
                          struct lists *l)
{
    const char *name = health_text(h, "%s/%.60s", g->type, g->id);
    const int64_t age = h->d.now - g->newest;
    l->newest = g->newest > l->newest ? g->newest : l->newest;
    if (g->unfinished && !is_running(h, space, g))
        names_add(&l->unfinished, "%s (begun %s)", name, time_text(&h->d.ask, g->unfinished));
    if (!g->count)
        return;
    if (age > h->stale_s) {
        names_add(&l->stale, "%s (%s)", name, age_text(&h->d.ask, age));
        l->stale_h = larger(l->stale_h, whole_below((double)age / HOUR_S));
    }
    if (g->failed)
        names_add(&l->failed, "%s (%u of %u%s)", name, g->failed, g->count,
                  g->newest_failed ? ", the newest too" : "");
    if (!g->verified) {
        names_add(&l->verify_none, "%s", name);
        l->never = l->never || h->d.now - g->oldest > h->verified_s;
    } else if (h->d.now - g->verified > h->verified_s) {
        names_add(&l->verify_old, "%s (%s)", name, age_text(&h->d.ask, h->d.now - g->verified));
        l->verify_days = larger(l->verify_days, whole_below((double)(h->d.now - g->verified) / DAY_S));
    }
}

/* "pbs-main of lab": the storages of clusters that back up to the namespace. */
static const char *users_of(struct health *h, uint32_t index)
{
    struct name_list users = {0};
    char names[500];
    for (uint32_t i = 0; i < h->target_count; i++) {
        const struct health_target *t = &h->targets[i];
        if (t->space == (int64_t)index)
            names_add(&users, "%.60s of %.60s", t->storage->storage, h->clusters[t->cluster].site);
    }
    names_text(&users, names, sizeof(names));
    return users.count             ? health_text(h, "; storages that point there: %s", names)
           : h->cluster_count == 0 ? ""
                                   : "; no storage of the clusters that were seen points there";
}

static void place_arguments(struct health *h, const struct health_space *space)
{
    findings_only_argument(&h->d.found, "store", space->store);
    if (*space->ns)
        findings_argument(&h->d.found, "ns", space->ns);
}

static bool is_only_space(const struct health *h, const struct health_space *space)
{
    for (uint32_t i = 0; i < h->contents.space_count; i++) {
        const struct health_space *other = &h->contents.spaces[i];
        if (other != space && !other->site && strcmp(other->store, space->store) == 0)
            return false;
    }
    return true;
}

/* A root namespace beside others is meant to be empty. */
static void judge_empty(struct health *h, uint32_t index, const char *what)
{
    const struct health_space *space = &h->contents.spaces[index];
    if (!space->whole || (!*space->ns && !is_only_space(h, space)))
        return;
    findings_state(&h->d.found, PBS_NS_EMPTY, what, 0, "nobody backs up to it%s", users_of(h, index));
    findings_only_argument(&h->d.found, "store", space->store);
}

static void tell(struct health *h, uint32_t index, const char *what, const struct lists *l)
{
    const struct health_space *space = &h->contents.spaces[index];
    const int64_t age = h->d.now - l->newest;
    const bool idle = l->newest && age > h->stale_s;
    char names[500];
    const struct row {
        uint32_t check, severity;
        double measured, threshold;
        const struct name_list *list;
    } rows[] = {
        {PBS_VERIFY_FAILED, PROXIMO_RISK_HIGH, l->failed.count, 1, &l->failed},
        {PBS_UNFINISHED, PROXIMO_RISK_MEDIUM, l->unfinished.count, 1, &l->unfinished},
        {PBS_BACKUP_OLD, idle ? 0 : PROXIMO_RISK_MEDIUM, l->stale_h, (double)h->stale_s / HOUR_S, &l->stale},
        {PBS_VERIFY_OLD, PROXIMO_RISK_MEDIUM, l->verify_days, (double)h->verified_s / DAY_S, &l->verify_old},
        {PBS_VERIFY_NONE, l->never ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_LOW, l->verify_none.count, 1,
         &l->verify_none},
    };
    if (idle) {
        findings_judged(&h->d.found, PBS_NS_IDLE, what, PROXIMO_RISK_MEDIUM,
                        whole_below((double)age / HOUR_S), (double)h->stale_s / HOUR_S,
                        "%u groups, the newest backup is of %s%s", space->count,
                        time_text(&h->d.ask, l->newest), users_of(h, index));
        place_arguments(h, space);
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!rows[i].list->count || !rows[i].severity)
            continue;
        names_text(rows[i].list, names, sizeof(names));
        findings_judged(&h->d.found, rows[i].check, what, rows[i].severity, rows[i].measured,
                        rows[i].threshold, "%u of %u groups: %s", rows[i].list->count, space->count, names);
        place_arguments(h, space);
    }
}

void health_judge_groups(struct health *h)
{
    for (uint32_t i = 0; i < h->contents.space_count; i++) {
        const struct health_space *space = &h->contents.spaces[i];
        struct lists lists = {0};
        if (space->site || !space->read)
            continue;
        const struct pbs_place place = {.a = h->d.ask, .store = space->store, .ns = space->ns};
        const char *what = place_words(&place, space->ns);
        for (uint32_t k = 0; k < space->count; k++)
            look_at_group(h, space, &h->contents.groups[space->at + k], &lists);
        if (!space->count)
            judge_empty(h, i, what ? what : "a namespace");
        else
            tell(h, i, what ? what : "a namespace", &lists);
    }
}
