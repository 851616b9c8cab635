/* SPDX-License-Identifier: Apache-2.0 */
/* Who gains and who loses what between two models. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inner.h"

/* The names of both models in order, each once, with their places in either. */
struct pair {
    const char *text;
    uint32_t before, after;
};

static int merge(const struct names *before, const struct names *after, struct pair **ret,
                 uint32_t *ret_count)
{
    struct pair *list = calloc((size_t)before->count + after->count + 1, sizeof(*list));
    uint32_t i = 0, k = 0, count = 0;

    if (!list)
        return -ENOMEM;
    while (i < before->count || k < after->count) {
        const int order = i == before->count  ? 1
                          : k == after->count ? -1
                                              : strcmp(before->text[i], after->text[k]);

        list[count++] = (struct pair){order <= 0 ? before->text[i] : after->text[k], order <= 0 ? i : NONE,
                                      order >= 0 ? k : NONE};
        i += order <= 0;
        k += order >= 0;
    }
    *ret = list;
    *ret_count = count;
    return 0;
}

struct work {
    struct acl_asker *before, *after;
    struct pair *paths, *ids;
    uint32_t path_count, id_count;
    struct pair privs[2 * ACL_PRIVS_MOST];
    uint32_t priv_count;
    bool same_privs; /* bits mean the same in both */
    uint32_t *twins; /* twins_find() */
    uint32_t most, room;
    struct acl_diff diff;
};

static void pair_privileges(struct work *work)
{
    const struct acl_model *before = work->before->model, *after = work->after->model;

    for (uint32_t i = 0; i < before->privilege_count; i++) {
        const uint32_t k = acl_privilege(after, before->privilege[i]);

        work->privs[work->priv_count++] = (struct pair){before->privilege[i], i, k};
    }
    for (uint32_t k = 0; k < after->privilege_count; k++) {
        if (acl_privilege(before, after->privilege[k]) == ACL_PRIVS_MOST)
            work->privs[work->priv_count++] = (struct pair){after->privilege[k], ACL_PRIVS_MOST, k};
    }
    work->same_privs = true;
    for (uint32_t i = 0; i < work->priv_count; i++)
        work->same_privs = work->same_privs && work->privs[i].before == work->privs[i].after;
}

static int8_t state(const struct acl_answer *answer, uint32_t bit)
{
    return acl_has(&answer->held, bit) ? (int8_t)acl_has(&answer->propagates, bit) : ACL_NOT_HELD;
}

static int change_add(struct work *work, const struct acl_change *change)
{
    struct acl_diff *diff = &work->diff;

    diff->total++;
    diff->gained += change->before == ACL_NOT_HELD;
    diff->lost += change->after == ACL_NOT_HELD;
    if (diff->count >= work->most)
        return 0;
    if (diff->count == work->room) {
        const uint32_t room = work->room ? work->room * 2 : 64;
        struct acl_change *more = realloc(diff->changes, room * sizeof(*more));

        if (!more)
            return -ENOMEM;
        diff->changes = more;
        work->room = room;
    }
    diff->changes[diff->count++] = *change;
    return 0;
}

static int answer_of(struct acl_asker *asker, uint32_t at, const struct pair *id, const char *path,
                     struct acl_answer *ret)
{
    *ret = (struct acl_answer){0};
    if (at != NONE)
        return answer_at(asker, at, path, false, ret);
    return acl_permissions(asker, id->text, path, ret);
}

static int compare(struct work *work, const char *path, const struct pair *id)
{
    struct acl_answer before, after;
    int r = answer_of(work->before, id->before, id, path, &before);

    if (r == 0)
        r = answer_of(work->after, id->after, id, path, &after);
    if (r != 0)
        return r;
    work->diff.unknown |= before.unknown | after.unknown;
    if (work->same_privs && memcmp(&before.held, &after.held, sizeof(before.held)) == 0 &&
        memcmp(&before.propagates, &after.propagates, sizeof(before.propagates)) == 0)
        return 0;
    for (uint32_t i = 0; r == 0 && i < work->priv_count; i++) {
        const struct acl_change change = {id->text, path, work->privs[i].text,
                                          state(&before, work->privs[i].before),
                                          state(&after, work->privs[i].after)};

        if (change.before != change.after)
            r = change_add(work, &change);
    }
    return r;
}

static int compare_all(struct work *work, uint64_t questions)
{
    for (uint32_t p = 0; p < work->path_count; p++) {
        const char *path = work->paths[p].text;

        levels_of(work->before->model, path, &work->before->levels);
        levels_of(work->after->model, path, &work->after->levels);
        if (work->twins && path_same(work->before, work->after, work->twins, path))
            continue;
        for (uint32_t i = 0; i < work->id_count; i++) {
            int r;

            if (questions < 2) {
                work->diff.cut = true;
                return 0;
            }
            questions -= 2;
            r = compare(work, path, &work->ids[i]);
            if (r != 0)
                return r;
        }
    }
    return 0;
}

int acl_diff(const struct acl_model *before, const struct acl_model *after, uint32_t most, uint64_t questions,
             struct acl_diff *ret)
{
    struct work work = {.most = most};
    int r = acl_asker_new(before, &work.before);

    if (r == 0)
        r = acl_asker_new(after, &work.after);
    if (r == 0)
        r = merge(&before->paths, &after->paths, &work.paths, &work.path_count);
    if (r == 0)
        r = merge(&before->ids, &after->ids, &work.ids, &work.id_count);
    if (r == 0)
        r = twins_find(before, after, &work.twins);
    if (r == 0) {
        pair_privileges(&work);
        work.diff.unknown = before->unknown | after->unknown;
        r = compare_all(&work, questions);
    }
    acl_asker_free(work.before);
    acl_asker_free(work.after);
    free(work.paths);
    free(work.ids);
    free(work.twins);
    if (r == 0)
        *ret = work.diff;
    else
        free(work.diff.changes);
    return r;
}

void acl_diff_done(struct acl_diff *diff)
{
    free(diff->changes);
    *diff = (struct acl_diff){0};
}
