/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom it affects that a storage goes, changes or comes. Nothing in a resource or an effect may differ from
 * one reading to the next by itself (how many backups there are, what runs): before a high risk this is run
 * again, and a difference stops the change. Numbers and states are facts, running tasks are reasons. What
 * could not be read is said as incomplete, never left out.
 */
#include "storage_blast.h"

#include "../common/config_object.h"
#include "config_ties.h"
#include "storage.h"
#include "storage_types.h"

bool blast_loses(const struct storage_blast *b, const char *content)
{
    return b->loss != LOSS_CONTENT || config_list_has(b->content_removed, content);
}

/* "a,b" has the node? An entry without nodes has all, so the list stands in one of its own. */
static bool keeps(const char *nodes, const char *node)
{
    return config_list_has(nodes, node);
}

bool blast_loses_node(const struct storage_blast *b, const char *node)
{
    return !b->nodes || !keeps(b->nodes, node);
}

int32_t blast_list(const struct storage_blast *b, const struct proximo_get *get, const char *what,
                   struct json_object **ret)
{
    struct looked looked;
    *ret = NULL;
    int32_t r = ask_look(&b->ask, get, &looked);
    if (r < 0)
        return r;
    if (!json_object_is_type(looked.data, json_type_array)) {
        r = b->ask.host->incomplete(b->ask.call, what,
                                    looked.data || !looked.why ? "the list is none" : looked.why);
        json_object_put(looked.data);
        return r;
    }
    *ret = looked.data;
    return looked.complete
               ? PROXIMO_OK
               : b->ask.host->incomplete(
                     b->ask.call, what,
                     "this token does not hold what a full list needs, so it is shorter than it is");
}

/* ---- open and close */

static int32_t find_entry(struct storage_blast *b)
{
    int32_t r = storage_entries(&b->ask, &b->entries, &b->entries_why);
    for (size_t i = 0; r == PROXIMO_OK && b->entries && i < json_object_array_length(b->entries); i++) {
        struct json_object *entry = json_object_array_get_idx(b->entries, i);
        if (member_is(entry, "storage", b->storage))
            b->entry = entry;
    }
    return r;
}

static int32_t open_blast(void *instance, struct proximo_call *call, struct proximo_text subject_json,
                          struct storage_blast *ret)
{
    *ret = (struct storage_blast){.ask = {((struct plane_instance *)instance)->host, call},
                                  .subject = json_of(subject_json)};
    ret->storage = member_text(ret->subject, "storage");
    if (!ret->storage)
        return ret->ask.host->fail(call, PROXIMO_EINVAL, "the subject has no storage");
    return find_entry(ret);
}

static void close_blast(struct storage_blast *b)
{
    for (uint32_t i = 0; i < b->hit_count; i++)
        json_object_put(b->hits[i].slots);
    guests_done(&b->guests);
    json_object_put(b->volumes);
    json_object_put(b->jobs);
    json_object_put(b->entries);
    json_object_put(b->subject);
}

/* ---- the storage itself */

/* What a plan that names thousands is too short to show. */
static void add_numbers(const struct storage_blast *b, struct json_object *facts)
{
    uint32_t running = 0, high = 0;
    for (uint32_t i = 0; i < b->hit_count; i++) {
        running += b->hits[i].guest->running;
        high += blast_hit_risk(b, &b->hits[i]) == PROXIMO_RISK_HIGH;
    }
    json_object_object_add(facts, "guests_on_it", json_object_new_int64(b->hit_count));
    json_object_object_add(facts, "of_them_running", json_object_new_int64(running));
    json_object_object_add(facts, "of_them_high_risk", json_object_new_int64(high));
    json_object_object_add(facts, "backup_jobs", json_object_new_int64(b->job_count));
    json_object_object_add(facts, "guests_with_backups_only_there",
                           json_object_new_int64(b->only_backup_count));
}

static int32_t tell_itself(const struct storage_blast *b, uint32_t risk, const char *effect)
{
    static const char *const keys[] = {"type", "content", "nodes", "shared", "path"};
    struct json_object *facts = json_object_new_object();
    if (facts && b->hits)
        add_numbers(b, facts);
    for (size_t i = 0; facts && i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (member_of(b->entry, keys[i]))
            json_object_object_add(facts, keys[i], json_object_get(member_of(b->entry, keys[i])));
    }
    return tell_affected(&b->ask, risk, ask_text(&b->ask, "storage/%s", b->storage), NULL, effect, facts);
}

/* The risk of the worst that is named: a plan shows the highest first, and the storage with its numbers
 * before the guests. */
static uint32_t worst(const struct storage_blast *b, uint32_t at_least)
{
    uint32_t risk = b->job_count || b->only_backup_count ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_LOW;
    for (uint32_t i = 0; i < b->hit_count; i++)
        risk = blast_hit_risk(b, &b->hits[i]) > risk ? blast_hit_risk(b, &b->hits[i]) : risk;
    return risk > at_least ? risk : at_least;
}

/* The storage and everything that depends on it. */
static int32_t tell_loss(struct storage_blast *b, uint32_t risk, const char *effect)
{
    int32_t r = PROXIMO_OK;
    if (!b->entry)
        r = b->ask.host->incomplete(b->ask.call, "the storage itself",
                                    b->entries ? "it is in no list that this token sees" : b->entries_why);
    if (r < 0 || (r = blast_find_guests(b)) < 0 || (r = blast_find_backups(b)) < 0 ||
        (r = tell_itself(b, worst(b, risk), effect)) < 0 || (r = blast_tell_jobs(b)) < 0)
        return r;
    if (b->loss == LOSS_GONE && !b->nodes && (r = blast_tell_alike(b)) < 0)
        return r;
    if ((r = blast_tell_rest(b)) < 0 || (r = blast_tell_guests(b)) < 0)
        return r;
    return blast_tell_only_backups(b);
}

/* ---- changes of the entry */

/* What the subject says beside its name: see config_check.c. */
static int32_t tell_options(struct storage_blast *b)
{
    const char *shared = member_text(b->subject, "shared");
    int32_t r = PROXIMO_OK;
    if (shared && strcmp(shared, "1") == 0)
        r = tell_itself(
            b, PROXIMO_RISK_MEDIUM,
            "counts as the same on all its nodes: if it is not, a guest that moves does not find its "
            "disks on the other node");
    else if (shared)
        r = tell_itself(
            b, PROXIMO_RISK_MEDIUM,
            "counts as local to each node: guests on it move by copying their disks, and HA does not "
            "recover them elsewhere");
    if (r == PROXIMO_OK && member_text(b->subject, "prune-backups"))
        r = blast_tell_retention(b);
    return r;
}

static int32_t loss(void *instance, struct proximo_call *call, struct proximo_text subject_json,
                    const char *effect)
{
    struct storage_blast b;
    int32_t r = open_blast(instance, call, subject_json, &b);
    if (r == PROXIMO_OK)
        r = tell_options(&b);
    if (r == PROXIMO_OK)
        r = tell_loss(&b, PROXIMO_RISK_LOW, effect);
    close_blast(&b);
    return r;
}

int32_t storage_blast_delete(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const char *storage = member_text(subject, "storage");
    int32_t r =
        loss(instance, call, subject_json,
             "is no storage of the cluster any more: what is on it stays where it is, but no node uses it");
    return r == PROXIMO_OK && storage ? storage_ties_tell(&a, storage) : r;
}

int32_t storage_blast_disable(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return loss(instance, call, subject_json,
                "is used by no node until it is enabled again; what is on it stays");
}

int32_t storage_blast_update(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct storage_blast b;
    int32_t r = open_blast(instance, call, subject_json, &b);
    b.content_removed = member_text(b.subject, "content_removed");
    if (r == PROXIMO_OK)
        r = tell_options(&b);
    if (r == PROXIMO_OK && member_text(b.subject, "moved")) {
        b.loss = LOSS_MOVED;
        r = tell_loss(&b, PROXIMO_RISK_MEDIUM,
                      "looks for its data at another place: what is at the old one stays there");
    } else if (r == PROXIMO_OK && b.content_removed) {
        b.loss = LOSS_CONTENT;
        r = tell_loss(&b, PROXIMO_RISK_LOW,
                      "may not hold some kinds of content any more; what it has of them stays, unused");
    } else if (r == PROXIMO_OK) {
        r = tell_itself(
            &b, PROXIMO_RISK_LOW,
            member_text(b.subject, "opened")
                ? "is used by more nodes: they mount or activate it at once; nothing on it is touched"
                : "goes on with the changed options; nothing on it is touched");
    }
    close_blast(&b);
    return r;
}

int32_t storage_blast_restrict(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct storage_blast b;
    int32_t r = open_blast(instance, call, subject_json, &b);
    b.nodes = member_text(b.subject, "nodes");
    /* no restriction strands nobody */
    const bool lifted = b.nodes && !*b.nodes;
    if (r == PROXIMO_OK && !lifted)
        r = tell_options(&b);
    if (r == PROXIMO_OK && !lifted)
        r = tell_loss(&b, PROXIMO_RISK_LOW,
                      "is used by fewer nodes; what is on it stays, also on the nodes that lose it");
    close_blast(&b);
    return r;
}

int32_t storage_blast_create(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct storage_blast b;
    int32_t r = open_blast(instance, call, subject_json, &b);
    if (r == PROXIMO_OK)
        r = tell_itself(
            &b, PROXIMO_RISK_LOW,
            "becomes a storage of the cluster: every node that may use it mounts or activates it");
    close_blast(&b);
    return r;
}

/* ---- other entries */

int32_t blast_tell_alike(struct storage_blast *b)
{
    static const struct {
        uint32_t risk;
        const char *effect;
    } words[] = {
        [STORAGE_SAME] = {PROXIMO_RISK_LOW,
                          "is the same data under another name: by this name it stays in reach"},
        [STORAGE_INSIDE] = {PROXIMO_RISK_MEDIUM, "lies inside its path: it is gone with the mount"},
        [STORAGE_BASED] = {PROXIMO_RISK_HIGH,
                           "is built on it (its base volume): it cannot be activated any more"},
    };
    int32_t r = PROXIMO_OK;
    if (b->entries_why)
        r = b->ask.host->incomplete(b->ask.call, "the other storages", b->entries_why);
    for (size_t i = 0; r == PROXIMO_OK && b->entry && i < json_object_array_length(b->entries); i++) {
        struct json_object *other = json_object_array_get_idx(b->entries, i);
        const int relation = other == b->entry ? STORAGE_APART : storage_relation(&b->ask, b->entry, other);
        if (relation != STORAGE_APART && member_text(other, "storage"))
            r = tell_affected(&b->ask, words[relation].risk,
                              ask_text(&b->ask, "storage/%s", member_text(other, "storage")), NULL,
                              words[relation].effect, NULL);
    }
    return r;
}
