/* SPDX-License-Identifier: Apache-2.0 */
/* Two models, and what each principal has otherwise: one row for each path, the privileges together. */
#include "blast.h"

#include <stdlib.h>

#define CHANGES_MOST   200000u /* privileges of principals at paths */
#define QUESTIONS_MOST 20000000u

/* Has anything a path below this one? Guests, storages and nodes have not. */
static bool has_below(const char *path)
{
    static const char *const leaves[] = {"/vms/", "/storage/", "/nodes/"};
    for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
        if (strncmp(path, leaves[i], strlen(leaves[i])) == 0)
            return false;
    }
    return true;
}

/* Where nothing is below, what is handed down means nothing. */
static void put_change(struct rights_row *row, uint32_t place, const struct acl_change *change)
{
    const bool below = has_below(row->path);
    if (change->before < 0 && change->after >= 0)
        set_put(&row->gained, place);
    if (change->before >= 0 && change->after < 0)
        set_put(&row->lost, place);
    if (below && change->before != 1 && change->after == 1)
        set_put(&row->below_gained, place);
    if (below && change->before == 1 && change->after != 1)
        set_put(&row->below_lost, place);
}

/* The row of the same principal at the path above. */
static const struct rights_row *row_above(const struct rights *rights, const struct rights_row *row)
{
    const char *slash = strrchr(row->path, '/');
    const size_t len = slash == row->path ? 1 : slash ? (size_t)(slash - row->path) : 0;
    uint32_t low = 0, high = (uint32_t)(row - rights->rows);
    if (!slash || strcmp(row->path, "/") == 0)
        return NULL;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const struct rights_row *at = &rights->rows[middle];
        int order = strncmp(at->path, row->path, len);
        if (order == 0)
            order = at->path[len] ? 1 : strcmp(at->who, row->who);
        if (order == 0)
            return at;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static bool within(const struct privilege_set *inner, const struct privilege_set *outer)
{
    const struct privilege_set more = set_without(inner, outer);
    return set_empty(&more);
}

/* Does the row above say all that this one says, as what happens below it too? */
static bool implies(const struct rights_row *above, const struct rights_row *row)
{
    return within(&row->gained, &above->below_gained) && within(&row->below_gained, &above->below_gained) &&
           within(&row->lost, &above->below_lost) && within(&row->below_lost, &above->below_lost);
}

/* The flag alone changed, where nothing is below. */
static bool is_empty(const struct rights_row *row)
{
    return set_empty(&row->gained) && set_empty(&row->lost) && set_empty(&row->below_gained) &&
           set_empty(&row->below_lost);
}

int32_t rights_compare(const struct acl_model *before, const struct acl_model *after, struct privileges *all,
                       struct rights *ret)
{
    struct acl_diff diff;
    struct rights rights = {0};
    if (acl_diff(before, after, CHANGES_MOST, QUESTIONS_MOST, &diff) != 0)
        return PROXIMO_ENOMEM;
    rights.unknown = diff.unknown;
    rights.cut = diff.cut || diff.total > diff.count;
    rights.rows = calloc((size_t)diff.count + 1, sizeof(*rights.rows));
    for (uint32_t i = 0; rights.rows && i < diff.count; i++) {
        const struct acl_change *change = &diff.changes[i];
        struct rights_row *row = rights.count ? &rights.rows[rights.count - 1] : NULL;
        if (!row || strcmp(row->who, change->who) != 0 || strcmp(row->path, change->path) != 0) {
            row = &rights.rows[rights.count++];
            row->who = change->who;
            row->path = change->path;
        }
        put_change(row, privileges_place(all, change->privilege), change);
    }
    acl_diff_done(&diff);
    for (uint32_t i = 0; rights.rows && i < rights.count; i++) {
        const struct rights_row *above = row_above(&rights, &rights.rows[i]);
        rights.rows[i].implied = (above && implies(above, &rights.rows[i])) || is_empty(&rights.rows[i]);
    }
    *ret = rights;
    return rights.rows ? PROXIMO_OK : PROXIMO_ENOMEM;
}

void rights_done(struct rights *rights)
{
    free(rights->rows);
    *rights = (struct rights){0};
}

/* ---- words */

struct clause {
    const char *verb;
    struct privilege_set set;
    const char *where;
};

bool rights_reach_below(const struct rights_row *row)
{
    return has_below(row->path);
}

const char *rights_text(const struct asking *a, const struct privileges *all, const struct rights_row *row,
                        const char *where)
{
    const struct privilege_set gained_here = set_without(&row->gained, &row->below_gained);
    const struct privilege_set lost_here = set_without(&row->lost, &row->below_lost);
    const bool below = has_below(row->path);
    const struct clause clauses[] = {
        {"gains", set_without(&row->gained, &gained_here), below ? " and below it" : ""},
        {"gains", gained_here, below ? ", not below it" : ""},
        {"holds", set_without(&row->below_gained, &row->gained), " now below it as well"},
        {"loses", set_without(&row->lost, &lost_here), below ? " and below it" : ""},
        {"loses", lost_here, ""},
        {"keeps", set_without(&row->below_lost, &row->lost), ", but no longer below it"},
    };
    const char *text = "";
    for (size_t i = 0; text && i < sizeof(clauses) / sizeof(clauses[0]); i++) {
        const struct clause *c = &clauses[i];
        const char *names = set_text(a, all, &c->set);
        if (!names)
            return NULL;
        if (*names)
            text = ask_text(a, "%s%s%s %s at %s%s", text, *text ? "; " : "", c->verb, names, where, c->where);
    }
    return text;
}

uint32_t rights_risk(const struct privileges *all, const struct rights_row *row)
{
    const uint32_t gain = set_risk(all, &row->gained), wider = set_risk(all, &row->below_gained);
    const uint32_t lost = set_risk(all, &row->lost), narrower = set_risk(all, &row->below_lost);
    const uint32_t more = gain > wider ? gain : wider, less = lost > narrower ? lost : narrower;
    /* What is taken away cannot be misused; it can be missed. */
    return more > PROXIMO_RISK_LOW && more > less                  ? more
           : less > PROXIMO_RISK_LOW && more < PROXIMO_RISK_MEDIUM ? PROXIMO_RISK_MEDIUM
           : more                                                  ? more
                                                                   : PROXIMO_RISK_LOW;
}

uint32_t rights_weight(const struct privileges *all, const struct rights_row *row)
{
    const uint32_t gain = set_weight(all, &row->gained), wider = set_weight(all, &row->below_gained);
    const uint32_t lost = set_weight(all, &row->lost), narrower = set_weight(all, &row->below_lost);
    const uint32_t more = gain > wider ? gain : wider, less = lost > narrower ? lost : narrower;
    return rights_risk(all, row) * 1000 + more * 20 + less;
}
