/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pbs_health: which guests of the clusters have no recent verified backup in any place. A backup in a place
 * that another cluster uses too, which has (or may have) a guest of the same type and id, is nobody's: it is
 * told, and counts for none. So does one that no storage of a cluster points at: whose guest it is cannot be
 * known.
 */
#include "health.h"

/* What is there of one guest. */
struct found {
    int64_t newest, verified; /* 0: none */
    uint32_t others;          /* clusters that its ambiguous backups may be of, as bits */
    const char *owner;        /* of an ambiguous group: a hint */
    bool unchecked;           /* its newest is in a place that nobody verifies */
};
enum { COVERED, AMBIGUOUS, NONE_SEEN, OLD, UNVERIFIED, STATES };
static const char *const state_names[STATES] = {"covered", "ambiguous", "none", "old", "not_verified"};

struct tally {
    struct name_list lists[STATES];
    uint32_t templates;
};

/* ---- one guest */

/* Of the clusters that have the place too, those that may have such a guest. */
static uint32_t rivals(const struct health *h, const struct health_target *t, const char *type,
                       const char *id)
{
    uint32_t bits = 0;
    for (uint32_t i = 0; i < h->cluster_count; i++) {
        if ((t->others & (UINT32_C(1) << i)) && health_may_have(&h->clusters[i], type, id))
            bits |= UINT32_C(1) << i;
    }
    return bits;
}

static void add(struct found *f, int64_t when, int64_t verified, bool unchecked)
{
    if (when > f->newest) {
        f->newest = when;
        f->unchecked = unchecked;
    }
    f->verified = verified > f->verified ? verified : f->verified;
}

static void look_at_servers(const struct health *h, uint32_t cluster, const char *type, const char *id,
                            struct found *f)
{
    for (uint32_t i = 0; i < h->target_count; i++) {
        const struct health_target *t = &h->targets[i];
        if (t->cluster != cluster || t->space < 0)
            continue;
        const struct health_group *g = health_group_find(h, (uint32_t)t->space, type, id);
        if (!g || !g->count)
            continue;
        const uint32_t bits = rivals(h, t, type, id);
        if (bits) {
            f->others |= bits;
            f->owner = g->owner;
        } else {
            add(f, g->newest, g->verified, false);
        }
    }
}

static const struct health_target *target_of(const struct health *h, uint32_t cluster, const char *storage)
{
    for (uint32_t i = 0; i < h->target_count; i++) {
        if (h->targets[i].cluster == cluster && strcmp(h->targets[i].storage->storage, storage) == 0)
            return &h->targets[i];
    }
    return NULL;
}

static bool is_container(const struct archive *one)
{
    return strstr(one->volid, "backup/ct/") || strstr(one->volid, "vzdump-lxc-") ||
           strstr(one->volid, "vzdump-openvz-");
}

/* What the cluster lists itself. A backup on a Backup Server that was not finished has a size of 1 there. */
static void look_at_archives(const struct health *h, uint32_t cluster, const struct known_guest *guest,
                             const char *type, const char *id, struct found *f)
{
    uint32_t count = 0;
    const struct archive *first = archives_of(&h->clusters[cluster].archives, guest->vmid, &count);
    for (uint32_t i = 0; i < count; i++) {
        const struct archive *one = &first[i];
        const struct health_target *t = target_of(h, cluster, one->storage);
        const bool pbs = t && strcmp(t->storage->type, "pbs") == 0;
        if (is_container(one) != guest->lxc || one->ctime <= 0 || one->ctime > h->d.now + HOUR_S ||
            (pbs && one->size <= 1))
            continue;
        const uint32_t bits = t ? rivals(h, t, type, id) : 0;
        f->others |= bits;
        if (!bits)
            add(f, one->ctime, one->verified == VERIFIED_OK ? one->ctime : 0, !pbs);
    }
}

static uint32_t state_of(const struct health *h, const struct found *f)
{
    const bool fresh = f->newest && h->d.now - f->newest <= h->stale_s;
    if (fresh && f->verified && h->d.now - f->verified <= h->verified_s)
        return COVERED;
    if (f->others)
        return AMBIGUOUS;
    return !f->newest ? NONE_SEEN : !fresh ? OLD : UNVERIFIED;
}

static const char *rival_names(struct health *h, uint32_t bits)
{
    const char *text = "";
    for (uint32_t i = 0; i < h->cluster_count; i++) {
        if (bits & (UINT32_C(1) << i))
            text = health_text(h, "%s%s%s", text, *text ? ", " : "", h->clusters[i].site);
    }
    return text;
}

static void judge_guest(struct health *h, uint32_t cluster, const struct known_guest *guest,
                        struct tally *tally)
{
    const char *type = guest->lxc ? "ct" : "vm", *id = health_text(h, "%lld", (long long)guest->vmid);
    struct found f = {0};
    look_at_servers(h, cluster, type, id, &f);
    look_at_archives(h, cluster, guest, type, id, &f);
    const uint32_t state = state_of(h, &f);
    struct name_list *list = &tally->lists[state];
    switch (state) {
    case AMBIGUOUS:
        names_add(list, "%s (%s%s%.60s)", id, rival_names(h, f.others), f.owner ? "; owner " : "",
                  f.owner ? f.owner : "");
        return;
    case OLD: names_add(list, "%s (%s)", id, age_text(&h->d.ask, h->d.now - f.newest)); return;
    case UNVERIFIED:
        if (f.verified)
            names_add(list, "%s (verified: %s old)", id, age_text(&h->d.ask, h->d.now - f.verified));
        else
            names_add(list, "%s (%s)", id, f.unchecked ? "a file" : "never verified");
        return;
    default: names_add(list, "%s", id);
    }
}

/* ---- one cluster */

static void tell(struct health *h, const struct health_cluster *c, const struct tally *tally)
{
    static const struct {
        uint32_t state, check;
        const char *words;
    } rows[] = {
        {NONE_SEEN, COVER_NONE, " (templates are not counted)"},
        {OLD, COVER_OLD, ""},
        {UNVERIFIED, COVER_UNVERIFIED, "; files on shares and disks are verified by nobody"},
        {AMBIGUOUS, COVER_AMBIGUOUS, "; counted as not covered, beside each whose guest it may be else"},
    };
    const char *what = health_text(h, "guests of %.60s", c->site);
    char names[500];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct name_list *list = &tally->lists[rows[i].state];
        names_text(list, names, sizeof(names));
        if (findings_measure(&h->d.found, rows[i].check, what, list->count, "%s%s%s", names, rows[i].words,
                             c->unseen ? "; not everything of this site was seen" : ""))
            findings_only_argument(&h->d.found, "site", c->site);
    }
}

static int32_t add_row(struct health *h, const struct health_cluster *c, const struct tally *tally)
{
    struct json_object *row = json_object_new_object();
    int bad = !row || json_object_object_add(row, "site", json_object_new_string(c->site)) < 0 ||
              json_object_object_add(row, "guests",
                                     json_object_new_int64(c->guests.count - tally->templates)) < 0 ||
              json_object_object_add(row, "templates", json_object_new_int64(tally->templates)) < 0 ||
              json_object_object_add(row, "all_seen", json_object_new_boolean(!c->unseen)) < 0;
    for (uint32_t i = 0; !bad && i < STATES; i++)
        bad = json_object_object_add(row, state_names[i], json_object_new_int64(tally->lists[i].count)) < 0;
    if (!bad && json_object_array_add(h->coverage, row) == 0)
        return PROXIMO_OK;
    json_object_put(row);
    return PROXIMO_ENOMEM;
}

int32_t health_judge_cover(struct health *h)
{
    int32_t r = PROXIMO_OK;
    if (!h->cluster_count)
        return PROXIMO_OK;
    h->coverage = json_object_new_array();
    if (!h->coverage)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; r == PROXIMO_OK && i < h->cluster_count; i++) {
        const struct health_cluster *c = &h->clusters[i];
        struct tally tally = {0};
        for (uint32_t k = 0; k < c->guests.count; k++) {
            if (c->guests.rows[k].template)
                tally.templates++;
            else
                judge_guest(h, i, &c->guests.rows[k], &tally);
        }
        tell(h, c, &tally);
        r = add_row(h, c, &tally);
    }
    return r;
}
