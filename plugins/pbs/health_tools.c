/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pbs_health: what is wrong with a Backup Server and its backups, and which guests of the clusters are not
 * safe there or anywhere. Everything is read first, because a guest may be backed up to any of the places.
 */
#include "health.h"

static const struct proximo_param params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "store", .format = "safeid", .maximum = 32,
          .description = "Only this datastore; guests of clusters are then not compared."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "stale_hours", .minimum = 1, .maximum = 87600,
          .default_json = "48", .description = "A newest backup that is older is not fresh."),
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = "verified_days", .minimum = 1, .maximum = 3650,
          .default_json = "30", .description = "A newest verified backup that is older is not recent."),
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = "guests", .default_json = "true",
          .description =
              "Also looks which guests of all configured clusters have no recent verified backup."),
};

/* What doctor and proximo_describe are told; the GETs name the rest. */
static const struct proximo_need needs[] = {
    NEED("/datastore/{store?}", "Datastore.Audit"),
    NEED("/remote", "Remote.Audit"),
    NEED("/system/tasks", "Sys.Audit"),
};

static int64_t seconds_of(const struct asking *a, const char *name, uint64_t unit, uint64_t most,
                          uint64_t or_else)
{
    const char *text = ask_argument(a, name);
    const uint64_t number = text ? digits_of(text, most) : 0;
    return (int64_t)((number ? number : or_else) * unit);
}

/* Reading comes before judging: what was not seen is told first. */
static int32_t look(struct health *h)
{
    const char *guests = ask_argument(&h->d.ask, "guests");
    const bool compare = !h->store && !(guests && strcmp(guests, "false") == 0);
    int32_t r = health_read_server(h, NULL);
    if (r == PROXIMO_OK && compare)
        r = health_read_sites(h);
    if (!compare)
        h->note = "guests of clusters were not compared with what is here";
    if (r == PROXIMO_OK)
        r = health_judge_cover(h);
    if (r == PROXIMO_OK)
        r = health_judge_stores(h);
    if (r == PROXIMO_OK)
        r = health_judge_jobs(h);
    if (r == PROXIMO_OK)
        r = health_judge_tasks(h);
    if (r < 0)
        return r;
    health_judge_groups(h);
    return PROXIMO_OK;
}

static int32_t read_health(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct health *h = a.host->alloc(call, sizeof(*h));
    if (!h)
        return PROXIMO_ENOMEM;
    h->d = (struct diagnosis){.ask = a, .now = now_epoch()};
    h->store = ask_argument(&a, "store");
    h->reserve_ms = a.host->deadline_ms(call) / 4;
    if (h->reserve_ms > DIAGNOSIS_RESERVE_MS)
        h->reserve_ms = DIAGNOSIS_RESERVE_MS;
    h->stale_s = seconds_of(&a, "stale_hours", HOUR_S, 87600, 48);
    h->verified_s = seconds_of(&a, "verified_days", DAY_S, 3650, 30);
    int32_t r = look(h);
    if (r == PROXIMO_OK)
        r = findings_reply_with(&a, &h->d.found, h->note ? h->note : "findings are signs, not causes",
                                "guests", h->coverage);
    findings_done(&h->d.found);
    health_sites_done(h);
    health_contents_done(&h->contents);
    json_object_put(h->coverage);
    json_object_put(h->running);
    json_object_put(h->stores);
    return r;
}

static const struct proximo_read reads[] = {
    {
        ROW(proximo_read),
        .name = "pbs_health",
        .title = "Health of a Backup Server and its backups",
        .description = "Shows what is wrong with a Backup Server (diagnosis), ranked, with measured numbers: "
                       "old, unfinished or "
                       "unverified backups, failed verifications, jobs and tasks, garbage collection, space "
                       "and when it runs "
                       "out, what nothing prunes or verifies, maintenance. Over all sites: which guests of "
                       "the clusters have no "
                       "recent verified backup anywhere. What could not be read comes first: it is not known "
                       "to be fine.",
        .params = PROXIMO_TABLE(params),
        .needs = PROXIMO_TABLE(needs),
        .read = read_health,
    },
};

const struct topic pbs_topic_health = {.reads = PROXIMO_TABLE(reads)};
