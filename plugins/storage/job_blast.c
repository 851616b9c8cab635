/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which guests lose or gain their coverage when a backup job comes, changes or goes: the job as it is, as the
 * subject says it will be, and every other enabled job, over all guests. Sources: GET /cluster/backup,
 * GET /pools, GET /cluster/resources.
 */
#include "jobs.h"

struct covering {
    struct asking a;
    const char *id;
    struct known_guests guests;
    struct backup_jobs jobs;
    const struct backup_job *before; /* NULL: there is none yet */
    struct backup_job after;
    bool stays; /* there is a job afterwards */
};

/* Another enabled job that takes the guest; JOB_UNKNOWN if one only may. */
static uint32_t others(const struct covering *k, const struct known_guest *guest, const char **ret_id)
{
    uint32_t found = JOB_NO;
    for (uint32_t i = 0; i < k->jobs.count && found != JOB_YES; i++) {
        const struct job_pick *pick = &k->jobs.rows[i].pick;
        const uint32_t picked =
            strcmp(pick->id, k->id) == 0 ? JOB_NO : job_picks(pick, guest->vmid, guest->node);
        if (picked == JOB_NO)
            continue;
        found = picked;
        *ret_id = pick->id;
    }
    return found;
}

static int32_t tell_lost(const struct covering *k, const struct known_guest *guest, bool sure)
{
    const char *other = NULL;
    const uint32_t covered = others(k, guest, &other);
    const char *effect =
        covered == JOB_YES ? ask_text(&k->a, "leaves this job; job %s still backs it up", other)
        : covered == JOB_UNKNOWN
            ? ask_text(&k->a,
                       "leaves this job; whether job %s takes it is not known: its pool could not be read",
                       other)
        : sure ? "is in no other enabled job: it is no longer backed up"
               : "may be in no enabled job any more: a pool could not be read";
    return tell_affected(&k->a, covered == JOB_YES ? PROXIMO_RISK_LOW : PROXIMO_RISK_HIGH,
                         ask_text(&k->a, "guest/%lld", (long long)guest->vmid), guest->name, effect, NULL);
}

static int32_t judge(const struct covering *k, const struct known_guest *guest)
{
    const uint32_t was = k->before ? job_picks(&k->before->pick, guest->vmid, guest->node) : JOB_NO;
    const uint32_t will = k->stays ? job_picks(&k->after.pick, guest->vmid, guest->node) : JOB_NO;
    const bool same_pool = k->before && k->stays && was == JOB_UNKNOWN && will == JOB_UNKNOWN &&
                           strcmp(k->before->pick.pool ? k->before->pick.pool : "",
                                  k->after.pick.pool ? k->after.pick.pool : "") == 0;
    if (was == JOB_NO && will == JOB_YES)
        return tell_affected(&k->a, PROXIMO_RISK_LOW, ask_text(&k->a, "guest/%lld", (long long)guest->vmid),
                             guest->name, "is backed up by this job", NULL);
    if (was != JOB_NO && will != JOB_YES && !same_pool)
        return tell_lost(k, guest, was == JOB_YES && will == JOB_NO);
    return PROXIMO_OK;
}

/* Numbers of a list that no guest has. */
static int32_t tell_strangers(const struct covering *k)
{
    int32_t r = PROXIMO_OK;
    if (!k->stays || k->after.pick.takes != JOB_TAKES_LIST || !k->guests.complete)
        return PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < k->after.pick.count; i++) {
        const int64_t vmid = k->after.pick.list[i];
        if (!guests_find(&k->guests, vmid))
            r = tell_affected(&k->a, PROXIMO_RISK_MEDIUM, ask_text(&k->a, "guest/%lld", (long long)vmid),
                              NULL, "does not exist: every run of the job ends with an error for it", NULL);
    }
    return r;
}

static int32_t tell_job(const struct covering *k)
{
    const char *now = k->before ? job_words(&k->a, &k->before->pick) : "";
    const char *then = k->stays ? job_words(&k->a, &k->after.pick) : "";
    if (!now || !then)
        return PROXIMO_ENOMEM;
    const char *effect = !k->stays    ? ask_text(&k->a, "took %s; it is gone", now)
                         : !k->before ? ask_text(&k->a, "takes %s", then)
                         : !k->after.pick.enabled
                             ? ask_text(&k->a, "is disabled: it runs no more; it names %s", then)
                         : strcmp(now, then) == 0 ? ask_text(&k->a, "takes %s, as before", then)
                                                  : ask_text(&k->a, "took %s, takes %s", now, then);
    return tell_affected(&k->a, PROXIMO_RISK_LOW, ask_text(&k->a, "backup-job/%s", k->id), NULL, effect,
                         NULL);
}

static int32_t look(struct covering *k, struct json_object *subject, bool stays)
{
    int32_t r = backup_jobs_read(&k->a, &k->jobs);
    if (r < 0)
        return r;
    if (k->jobs.why && (r = k->a.host->incomplete(k->a.call, "the backup jobs", k->jobs.why)) < 0)
        return r;
    k->before = backup_jobs_find(&k->jobs, k->id);
    k->stays = stays;
    if (stays)
        r = backup_job_of(&k->a, &k->jobs, subject, &k->after);
    if (r == PROXIMO_OK)
        r = guests_list(&k->a, &k->guests);
    if (r == PROXIMO_OK)
        r = tell_job(k);
    for (uint32_t i = 0; r == PROXIMO_OK && i < k->guests.count; i++)
        r = judge(k, &k->guests.rows[i]);
    if (r == PROXIMO_OK)
        r = tell_strangers(k);
    for (uint32_t i = 0; r == PROXIMO_OK && i < k->jobs.pool_count; i++) {
        if (!k->jobs.pools[i].read)
            r = k->a.host->incomplete(k->a.call,
                                      ask_text(&k->a, "the members of pool %s", k->jobs.pools[i].poolid),
                                      "they could not be read, and a backup job takes them");
    }
    return r;
}

static int32_t blast(void *instance, struct proximo_call *call, struct proximo_text subject_json, bool stays)
{
    struct covering k = {.a = {((struct plane_instance *)instance)->host, call}};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    k.id = member_text(subject, "id");
    if (!k.id)
        return k.a.host->fail(call, PROXIMO_EINVAL, "the subject has no id");
    int32_t r = look(&k, subject, stays);
    backup_jobs_done(&k.jobs);
    guests_done(&k.guests);
    return r;
}

int32_t storage_blast_job(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return blast(instance, call, subject_json, true);
}

int32_t storage_blast_job_gone(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return blast(instance, call, subject_json, false);
}
