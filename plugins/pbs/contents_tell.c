/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is hurt when backups go: each backup by its name, and each guest or host with what it has left on the
 * datastore, above all whether that was its last backup or its last verified one.
 */
#include "../common/diagnosis.h"
#include "contents.h"

#define SHOWN_MOST 1000u /* backups by name; the others are counted, group by group */

struct tally {
    const char *ns, *type, *id;
    uint32_t going, left, verified_going, verified_left, protected_left;
    int64_t newest_left;
};

/* ---- backups */

static const char *traits_of(const struct asking *a, struct json_object *row)
{
    struct json_object *bytes = member_of(row, "size");
    char size[32];
    return ask_text(a, "%s%s%s%s",
                    contents_verified(row, "ok")       ? "verified"
                    : contents_verified(row, "failed") ? "its last verification failed"
                                                       : "never verified",
                    member_text(row, "fingerprint") ? ", encrypted" : "", bytes ? ", " : "",
                    bytes ? size_text(json_object_get_double(bytes), size) : "");
}

static int32_t tell_row(const struct pbs_contents *c, const char *ns, struct json_object *row)
{
    const struct asking *a = &c->at.a;
    const struct pbs_place one = {.a = *a,
                                  .store = c->at.store,
                                  .ns = ns,
                                  .type = member_text(row, "backup-type"),
                                  .id = member_text(row, "backup-id"),
                                  .time = member_text(row, "backup-time")};
    if (!one.type || !one.id || !one.time)
        return a->host->incomplete(a->call, ask_text(a, "a backup in %s", place_words(&c->at, ns)),
                                   "its row has no type, id or time");
    struct json_object *facts = json_object_new_object();
    const char *owner = member_text(row, "owner"), *comment = member_text(row, "comment");
    if (facts && owner)
        json_object_object_add(facts, "owner", json_object_new_string(owner));
    if (facts && comment)
        json_object_object_add(facts, "notes", json_object_new_string(comment));
    return tell_affected(a, PROXIMO_RISK_HIGH, ask_text(a, "snapshot/%s", place_label(&one)), NULL,
                         ask_text(a, "is deleted (%s)", traits_of(a, row)), facts);
}

/* ---- groups */

static struct tally *tally_of(struct tally *all, uint32_t *count, const char *ns, struct json_object *row)
{
    const char *type = member_text(row, "backup-type"), *id = member_text(row, "backup-id");
    if (!type || !id)
        return NULL;
    for (uint32_t i = *count; i-- > 0;) {
        if (strcmp(all[i].id, id) == 0 && strcmp(all[i].type, type) == 0 && strcmp(all[i].ns, ns) == 0)
            return &all[i];
    }
    all[*count] = (struct tally){.ns = ns, .type = type, .id = id};
    return &all[(*count)++];
}

static void count_row(struct tally *t, struct json_object *row)
{
    const bool goes = contents_goes(row), ok = contents_verified(row, "ok");
    t->going += goes;
    t->left += !goes;
    t->verified_going += goes && ok;
    t->verified_left += !goes && ok;
    t->protected_left += !goes && member_true(row, "protected");
    if (!goes && contents_time(row) > t->newest_left)
        t->newest_left = contents_time(row);
}

/* Under the same type and id in the other namespaces: often the same guest, but another cluster may use the
 * id as well. */
static const char *elsewhere(const struct asking *a, const struct tally *all, uint32_t count,
                             const struct tally *t)
{
    uint32_t left = 0, verified = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (&all[i] == t || strcmp(all[i].id, t->id) != 0 || strcmp(all[i].type, t->type) != 0)
            continue;
        left += all[i].left;
        verified += all[i].verified_left;
    }
    return left ? ask_text(
                      a, "; under the same id in other namespaces of this datastore: %u, %u of them verified",
                      left, verified)
                : "; no other namespace of this datastore that was read has any";
}

static const char *effect_of(const struct pbs_contents *c, const struct tally *t, const char *other,
                             uint32_t *ret_risk)
{
    const struct asking *a = &c->at.a;
    const char *where = place_words(&c->at, t->ns);
    *ret_risk = PROXIMO_RISK_HIGH;
    if (!t->left)
        return ask_text(a, "loses its last backup in %s: %u go%s%s", where, t->going,
                        t->verified_going ? "" : ", none of them verified", other);
    const char *kept =
        ask_text(a, "%u stay%s%s, the newest of %s", t->left, t->protected_left ? ", protected are " : "",
                 t->protected_left ? ask_text(a, "%u", t->protected_left) : "", pbs_time(a, t->newest_left));
    if (t->verified_going && !t->verified_left)
        return ask_text(a, "loses its last verified backup in %s: %u go, %s, none of them verified%s", where,
                        t->going, kept, other);
    *ret_risk = PROXIMO_RISK_MEDIUM;
    return ask_text(a, "loses %u backups in %s; %s; %u of those that stay are verified", t->going, where,
                    kept, t->verified_left);
}

static int32_t tell_group(const struct pbs_contents *c, const struct tally *all, uint32_t count,
                          const struct tally *t)
{
    const struct asking *a = &c->at.a;
    uint32_t risk = PROXIMO_RISK_HIGH;
    const char *effect = effect_of(c, t, elsewhere(a, all, count, t), &risk);
    struct json_object *facts = json_object_new_object();
    if (facts) {
        json_object_object_add(facts, "group", json_object_new_string(ask_text(a, "%s/%s", t->type, t->id)));
        json_object_object_add(facts, "namespace", json_object_new_string(t->ns));
        json_object_object_add(facts, "going", json_object_new_int64(t->going));
        json_object_object_add(facts, "left", json_object_new_int64(t->left));
        json_object_object_add(facts, "verified_left", json_object_new_int64(t->verified_left));
    }
    return tell_affected(a, risk,
                         ask_text(a, "%s/%s", strcmp(t->type, "host") == 0 ? "host" : "guest", t->id), NULL,
                         effect, facts);
}

int32_t contents_tell_unread(const struct pbs_contents *c)
{
    const struct asking *a = &c->at.a;
    int32_t r = PROXIMO_OK;
    if (c->why)
        r = a->host->incomplete(a->call, ask_text(a, "the namespaces of datastore %s", c->at.store), c->why);
    for (uint32_t i = 0; r == PROXIMO_OK && i < c->count; i++) {
        if (c->spaces[i].why)
            r = a->host->incomplete(a->call,
                                    ask_text(a, "the backups in %s", place_words(&c->at, c->spaces[i].ns)),
                                    c->spaces[i].why);
    }
    return r;
}

static void count_space(const struct pbs_space *space, struct tally *all, uint32_t *count)
{
    for (size_t k = 0; space->list && k < json_object_array_length(space->list); k++) {
        struct json_object *row = json_object_array_get_idx(space->list, k);
        struct tally *t = tally_of(all, count, space->ns, row);
        if (t)
            count_row(t, row);
    }
}

static int32_t tell_rows(const struct pbs_contents *c)
{
    const struct asking *a = &c->at.a;
    uint32_t shown = 0;
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < c->count; i++) {
        struct json_object *list = c->spaces[i].list;
        for (size_t k = 0; r == PROXIMO_OK && list && k < json_object_array_length(list); k++) {
            struct json_object *row = json_object_array_get_idx(list, k);
            if (contents_goes(row) && shown++ < SHOWN_MOST)
                r = tell_row(c, c->spaces[i].ns, row);
        }
    }
    if (r == PROXIMO_OK && shown > SHOWN_MOST)
        r = tell_affected(a, PROXIMO_RISK_HIGH, ask_text(a, "datastore/%s", c->at.store), NULL,
                          ask_text(a, "%u further backups are deleted; each group says how many of its own",
                                   shown - SHOWN_MOST),
                          NULL);
    return r;
}

int32_t contents_tell(const struct pbs_contents *c)
{
    const struct asking *a = &c->at.a;
    size_t rows = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < c->count; i++)
        rows += c->spaces[i].list ? json_object_array_length(c->spaces[i].list) : 0;
    struct tally *all = a->host->alloc(a->call, (rows + 1) * sizeof(*all));
    int32_t r = all ? PROXIMO_OK : PROXIMO_ENOMEM;
    for (uint32_t i = 0; r == PROXIMO_OK && i < c->count; i++)
        count_space(&c->spaces[i], all, &count);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++) {
        if (all[i].going)
            r = tell_group(c, all, count, &all[i]);
    }
    if (r == PROXIMO_OK)
        r = tell_rows(c);
    return r == PROXIMO_OK ? contents_tell_unread(c) : r;
}
