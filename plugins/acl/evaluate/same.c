/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where two models cannot answer differently. A change is mostly one entry: with the same people and roles on
 * both sides, only what is at and below its path, and the members of pools there, needs questions.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inner.h"

static bool names_same(const struct names *a, const struct names *b)
{
    for (uint32_t i = 0; a->count == b->count && i < a->count; i++) {
        if (strcmp(a->text[i], b->text[i]) != 0)
            return false;
    }
    return a->count == b->count;
}

static bool principals_same(const struct acl_model *a, const struct acl_model *b)
{
    for (uint32_t i = 0; i < a->ids.count; i++) {
        const struct principal *x = &a->principal[i], *y = &b->principal[i];

        if (x->token != y->token || x->listed != y->listed || x->separated != y->separated ||
            x->reached != y->reached || x->user != y->user || x->group_count != y->group_count)
            return false;
        for (uint32_t k = 0; k < x->group_count; k++) {
            if (a->memberships[x->first_group + k] != b->memberships[y->first_group + k])
                return false;
        }
    }
    return true;
}

static bool roles_same(const struct acl_model *a, const struct acl_model *b)
{
    if (a->privilege_count != b->privilege_count)
        return false;
    for (uint32_t i = 0; i < a->privilege_count; i++) {
        if (strcmp(a->privilege[i], b->privilege[i]) != 0)
            return false;
    }
    for (uint32_t i = 0; i < a->role_names.count; i++) {
        if (a->role[i].known != b->role[i].known ||
            memcmp(&a->role[i].privs, &b->role[i].privs, sizeof(a->role[i].privs)) != 0)
            return false;
    }
    return true;
}

static bool entries_same(const struct acl_model *a, uint32_t x, const struct acl_model *b, uint32_t y)
{
    for (uint32_t via = 0; via < 3; via++) {
        const struct span *p = &a->spans[(size_t)x * 3 + via], *q = &b->spans[(size_t)y * 3 + via];

        if (p->count != q->count)
            return false;
        for (uint32_t i = 0; i < p->count; i++) {
            const struct entry *e = &a->entry[p->first + i], *f = &b->entry[q->first + i];

            if (e->who != f->who || e->role != f->role || e->propagates != f->propagates)
                return false;
        }
    }
    return true;
}

int twins_find(const struct acl_model *before, const struct acl_model *after, uint32_t **ret)
{
    uint32_t *twins;

    if (before->unknown != after->unknown || !names_same(&before->ids, &after->ids) ||
        !names_same(&before->groups, &after->groups) ||
        !names_same(&before->role_names, &after->role_names) || !roles_same(before, after) ||
        !principals_same(before, after)) {
        *ret = NULL;
        return 0;
    }
    twins = calloc((size_t)before->nodes.count + 1, sizeof(*twins));
    if (!twins)
        return -ENOMEM;
    for (uint32_t i = 0; i < before->nodes.count; i++) {
        const uint32_t at = names_find(&after->nodes, before->nodes.text[i]);

        twins[i] = at != NONE && entries_same(before, i, after, at) ? at : NONE;
    }
    *ret = twins;
    return 0;
}

static bool way_same(const uint32_t *before, const uint32_t *after, uint32_t count, const uint32_t *twins)
{
    for (uint32_t i = 0; i < count; i++) {
        if (twins[before[i]] != after[i])
            return false;
    }
    return true;
}

static bool route_same(const struct acl_model *a, uint32_t x, const struct acl_model *b, uint32_t y,
                       const uint32_t *twins)
{
    const struct route *p = &a->route[x], *q = &b->route[y];

    return strcmp(a->pool_names.text[x], b->pool_names.text[y]) == 0 && p->count == q->count &&
           p->whole == q->whole && way_same(a->steps + p->first, b->steps + q->first, p->count, twins);
}

static bool member_here(const struct acl_model *model, uint32_t at, const char *path)
{
    return at < model->member_count && strcmp(model->member[at].what, path) == 0;
}

bool path_same(const struct acl_asker *before, const struct acl_asker *after, const uint32_t *twins,
               const char *path)
{
    const struct acl_model *a = before->model, *b = after->model;
    const struct levels *p = &before->levels, *q = &after->levels;
    uint32_t x = member_first(a, path), y = member_first(b, path);

    if (p->count != q->count || p->whole != q->whole || !way_same(p->node, q->node, p->count, twins))
        return false;
    for (; x != NONE && y != NONE && member_here(a, x, path) && member_here(b, y, path); x++, y++) {
        if (!route_same(a, a->member[x].pool, b, b->member[y].pool, twins))
            return false;
    }
    return (x != NONE && member_here(a, x, path)) == (y != NONE && member_here(b, y, path));
}
