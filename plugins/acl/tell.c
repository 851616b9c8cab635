/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who gains and loses what, for people: what changes alike for one principal at several paths is one row, the
 * worst come first, and of very much the rest is counted.
 */
#include <stdlib.h>

#include "blast.h"

#define ROWS_MOST    40u /* told one by one */
#define PATHS_SHOWN  6u  /* of a row, in its sentence */
#define PATHS_MOST   50u /* and in its facts */
#define REASONS_MOST 64u /* paths of a row of which the reason is looked for */

/* Rows of one principal that change alike: `count` of them from `first` on, in the sorted list. */
struct alike {
    const struct rights_row **first;
    uint32_t count, weight;
};

static int compare_sets(const struct rights_row *a, const struct rights_row *b)
{
    const int gained = memcmp(&a->gained, &b->gained, sizeof(a->gained));
    const int lost = memcmp(&a->lost, &b->lost, sizeof(a->lost));
    const int wider = memcmp(&a->below_gained, &b->below_gained, sizeof(a->below_gained));
    return gained  ? gained
           : lost  ? lost
           : wider ? wider
                   : memcmp(&a->below_lost, &b->below_lost, sizeof(a->below_lost));
}

static int compare_kind(const struct rights_row *a, const struct rights_row *b)
{
    const int who = strcmp(a->who, b->who);
    const int below = (int)rights_reach_below(a) - (int)rights_reach_below(b);
    return who ? who : below ? below : compare_sets(a, b);
}

static int by_kind(const void *a, const void *b)
{
    const struct rights_row *left = *(const struct rights_row *const *)a;
    const struct rights_row *right = *(const struct rights_row *const *)b;
    const int kind = compare_kind(left, right);
    return kind ? kind : left < right ? -1 : left > right;
}

static int worse(const void *a, const void *b)
{
    const struct alike *left = a, *right = b;
    if (left->weight != right->weight)
        return left->weight > right->weight ? -1 : 1;
    return left->first < right->first ? -1 : left->first > right->first;
}

static bool is_own(const struct blast *b, const struct rights_row *row)
{
    return blast_name(b, row->who) && (!set_empty(&row->lost) || !set_empty(&row->below_lost));
}

/* Someone who is not able to use it. */
static const char *cannot(const struct blast *b, const char *who)
{
    const uint32_t verdict = acl_may_authenticate(b->after, who, b->world.now);
    return verdict == ACL_AUTH_OK || verdict == ACL_AUTH_UNKNOWN || verdict == ACL_AUTH_NO_USER ||
                   verdict == ACL_AUTH_NO_TOKEN
               ? NULL
               : acl_auth_word(verdict);
}

static const char *places(const struct asking *a, const struct alike *alike)
{
    const char *text = "";
    const uint32_t shown = alike->count <= PATHS_SHOWN + 1 ? alike->count : PATHS_SHOWN;
    for (uint32_t i = 0; text && i < shown; i++)
        text = ask_text(a, "%s%s%s", text, i ? ", " : "", alike->first[i]->path);
    return text && alike->count > shown
               ? ask_text(a, "%s and %u more paths", text, (unsigned)(alike->count - shown))
               : text;
}

/* One reason for all of them, or that of the first. */
static const char *reason_of(struct blast *b, const struct alike *alike)
{
    const char *first = blast_reason(b, alike->first[0]);
    for (uint32_t i = 1; first && i < alike->count && i < REASONS_MOST; i++) {
        const char *other = blast_reason(b, alike->first[i]);
        if (!other)
            return NULL;
        if (strcmp(first, other) != 0)
            return ask_text(&b->a, "for several reasons, at %s %s", alike->first[0]->path,
                            *first ? first : "for another one");
    }
    return first;
}

static struct json_object *facts_of(struct blast *b, const struct alike *alike)
{
    const struct rights_row *row = alike->first[0];
    const struct {
        const char *name;
        struct privilege_set set;
    } sets[] = {{"gains", row->gained},
                {"loses", row->lost},
                {"gains_below", set_without(&row->below_gained, &row->gained)},
                {"loses_below", set_without(&row->below_lost, &row->lost)}};
    struct json_object *facts = json_object_new_object(), *paths = json_object_new_array();
    for (uint32_t i = 0; paths && i < alike->count && i < PATHS_MOST; i++)
        json_object_array_add(paths, json_object_new_string(alike->first[i]->path));
    if (facts)
        json_object_object_add(facts, "paths", paths);
    else
        json_object_put(paths);
    if (facts && alike->count > PATHS_MOST)
        json_object_object_add(facts, "path_count", json_object_new_int64(alike->count));
    for (size_t i = 0; facts && i < sizeof(sets) / sizeof(sets[0]); i++) {
        if (!set_empty(&sets[i].set))
            json_object_object_add(facts, sets[i].name, set_names(&b->all, &sets[i].set));
    }
    return facts;
}

static int32_t tell_alike(struct blast *b, const struct alike *alike)
{
    const struct rights_row *row = alike->first[0];
    const char *where = places(&b->a, alike), *reason = reason_of(b, alike), *off = cannot(b, row->who);
    const char *text = where ? rights_text(&b->a, &b->all, row, where) : NULL;
    struct json_object *facts = text && reason ? facts_of(b, alike) : NULL;
    if (!facts)
        return PROXIMO_ENOMEM;
    if (*reason)
        text = ask_text(&b->a, "%s: %s", text, reason);
    if (text && off)
        text = ask_text(&b->a, "%s (cannot authenticate now: %s)", text, off);
    return tell_affected(&b->a, is_own(b, row) ? PROXIMO_RISK_HIGH : rights_risk(&b->all, row),
                         principal_resource(&b->a, row->who), blast_name(b, row->who), text, facts);
}

/* How many the rest is, and the worst of it. */
static int32_t tell_rest(struct blast *b, const struct alike *rest, uint32_t count)
{
    uint32_t risk = PROXIMO_RISK_LOW, gains = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct rights_row *row = rest[i].first[0];
        const uint32_t one = rights_risk(&b->all, row);
        risk = one > risk ? one : risk;
        gains += !set_empty(&row->gained) || !set_empty(&row->below_gained);
    }
    return tell_affected(
        &b->a, risk, "access/others", NULL,
        ask_text(&b->a,
                 "%u more changes of what a user or token may do, none worse than those told; "
                 "in %u of them something is gained",
                 (unsigned)count, (unsigned)gains),
        NULL);
}

static uint32_t gather(const struct blast *b, const struct rights_row **sorted, uint32_t rows,
                       struct alike *ret)
{
    uint32_t count = 0;
    qsort(sorted, rows, sizeof(const struct rights_row *), by_kind);
    for (uint32_t i = 0; i < rows; i++) {
        if (count && compare_kind(ret[count - 1].first[0], sorted[i]) == 0)
            ret[count - 1].count++;
        else
            ret[count++] = (struct alike){
                &sorted[i], 1, rights_weight(&b->all, sorted[i]) + (is_own(b, sorted[i]) ? 100000 : 0)};
    }
    qsort(ret, count, sizeof(*ret), worse);
    return count;
}

int32_t blast_tell_rights(struct blast *b)
{
    const struct rights *rights = &b->rights;
    const struct rights_row **sorted = calloc((size_t)rights->count + 1, sizeof(const struct rights_row *));
    struct alike *list = calloc((size_t)rights->count + 1, sizeof(*list));
    uint32_t rows = 0, count = 0;
    int32_t r = sorted && list ? PROXIMO_OK : PROXIMO_ENOMEM;
    for (uint32_t i = 0; r == PROXIMO_OK && i < rights->count; i++) {
        if (!rights->rows[i].implied)
            sorted[rows++] = &rights->rows[i];
    }
    if (r == PROXIMO_OK)
        count = gather(b, sorted, rows, list);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count && i < ROWS_MOST; i++)
        r = tell_alike(b, &list[i]);
    if (r == PROXIMO_OK && count > ROWS_MOST)
        r = tell_rest(b, list + ROWS_MOST, count - ROWS_MOST);
    free(sorted);
    free(list);
    return r;
}
