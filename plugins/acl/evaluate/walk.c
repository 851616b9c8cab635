/* SPDX-License-Identifier: Apache-2.0 */
/* From a path to the roles that count there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inner.h"

static void level_add(const struct acl_model *model, const char *path, bool last, struct levels *levels)
{
    const uint32_t node = names_find(&model->nodes, path);

    if (node == NONE || levels->count > ACL_LEVELS_MOST)
        return;
    levels->node[levels->count++] = node;
    levels->whole = last;
}

/*
 * The path as it is: a leading slash is what puts the root on the way, doubled and trailing ones change
 * nothing, and one of slashes alone has no levels, unless it is "/".
 */
void levels_of(const struct acl_model *model, const char *path, struct levels *ret)
{
    char key[ACL_PATH_MOST + 2];
    size_t used = 0, length = strlen(path);

    ret->count = 0;
    ret->whole = false;
    if (strcmp(path, "/") == 0) {
        level_add(model, "/", true, ret);
        return;
    }
    while (length > 0 && path[length - 1] == '/')
        length--;
    if (length > 0 && path[0] == '/')
        level_add(model, "/", false, ret);
    for (size_t at = 0; at < length;) {
        size_t end = at;

        if (path[at] == '/') {
            at++;
            continue;
        }
        while (end < length && path[end] != '/')
            end++;
        if (used + (end - at) + 2 > sizeof(key))
            return; /* no entry has a path of this length */
        key[used++] = '/';
        memcpy(key + used, path + at, end - at);
        used += end - at;
        key[used] = '\0';
        level_add(model, key, end == length, ret);
        at = end;
    }
}

static int hit_add(struct hits *hits, uint32_t entry, uint32_t pool)
{
    if (hits->count == hits->room) {
        const uint32_t room = hits->room ? hits->room * 2 : 32;
        struct hit *more = room > ACL_THINGS_MOST * 2 ? NULL : realloc(hits->hit, room * sizeof(*more));

        if (!more)
            return -ENOMEM;
        hits->hit = more;
        hits->room = room;
    }
    hits->hit[hits->count++] = (struct hit){entry, pool};
    return 0;
}

/* Entries of one kind at one level that name who. */
static int take(const struct acl_model *model, const struct span *span, uint32_t who, bool last,
                uint32_t pool, struct hits *hits)
{
    uint32_t low = span->first, high = span->first + span->count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (model->entry[middle].who < who)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < span->first + span->count && model->entry[low].who == who; low++) {
        int r = 0;

        if (last || model->entry[low].propagates)
            r = hit_add(hits, low, pool);
        if (r != 0)
            return r;
    }
    return 0;
}

static int take_groups(const struct acl_model *model, const struct span *span, const struct principal *one,
                       bool last, uint32_t pool, struct hits *hits)
{
    for (uint32_t i = 0; span->count > 0 && i < one->group_count; i++) {
        int r = take(model, span, model->memberships[one->first_group + i], last, pool, hits);

        if (r != 0)
            return r;
    }
    return 0;
}

/* The lowest level that yields a role replaces all above it, so the way goes up and ends there. */
int walk(const struct acl_model *model, const uint32_t *nodes, uint32_t count, bool whole, uint32_t who,
         uint32_t pool, struct hits *hits, uint32_t *unknown)
{
    const struct principal *one = &model->principal[who];
    const uint32_t before = hits->count;
    int r = 0;

    *unknown |= model->unknown & ACL_PART_ACL;
    for (uint32_t i = count; r == 0 && hits->count == before && i-- > 0;) {
        const struct span *span = &model->spans[(size_t)nodes[i] * 3];
        const bool last = whole && i == count - 1;

        if (one->token) {
            r = take(model, &span[ACL_VIA_TOKEN], who, last, pool, hits);
            continue;
        }
        r = take(model, &span[ACL_VIA_USER], who, last, pool, hits);
        if (r != 0 || hits->count > before || span[ACL_VIA_GROUP].count == 0)
            continue;
        if (!one->reached)
            *unknown |= model->unknown & ACL_PART_GROUPS;
        r = take_groups(model, &span[ACL_VIA_GROUP], one, last, pool, hits);
    }
    return r;
}

/* When NoAccess is among the roles, nothing else counts. */
static bool cut(const struct acl_model *model, struct hits *hits)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < hits->count; i++) {
        if (model->entry[hits->hit[i].entry].role == model->no_access)
            hits->hit[kept++] = hits->hit[i];
    }
    if (kept == 0)
        return false;
    hits->count = kept;
    return true;
}

uint32_t member_first(const struct acl_model *model, const char *path)
{
    uint32_t low = 0, high = model->member_count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (strcmp(model->member[middle].what, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < model->member_count && strcmp(model->member[low].what, path) == 0 ? low : NONE;
}

static bool pool_object(const char *path, bool *ret_guest)
{
    *ret_guest = strncmp(path, "/vms/", 5) == 0;
    return *ret_guest ? name_number(path + 5) : strncmp(path, "/storage/", 9) == 0 && name_storage(path + 9);
}

int collect(const struct acl_model *model, const struct levels *levels, const char *path, uint32_t who,
            struct hits *hits, uint32_t *unknown)
{
    uint32_t at = member_first(model, path);
    bool guest;
    int r;

    hits->count = 0;
    r = walk(model, levels->node, levels->count, levels->whole, who, NONE, hits, unknown);
    if (r == 0 && model->no_access != NONE && cut(model, hits))
        return 0;
    if (pool_object(path, &guest) && !(guest && at != NONE))
        *unknown |= model->unknown & ACL_PART_POOLS;
    for (; r == 0 && at != NONE && at < model->member_count && strcmp(model->member[at].what, path) == 0;
         at++) {
        const struct route *route = &model->route[model->member[at].pool];

        r = walk(model, model->steps + route->first, route->count, route->whole, who, model->member[at].pool,
                 hits, unknown);
    }
    if (r == 0 && model->no_access != NONE)
        (void)cut(model, hits);
    for (uint32_t i = 0; r == 0 && i < hits->count; i++) {
        if (!model->role[model->entry[hits->hit[i].entry].role].known)
            *unknown |= ACL_PART_ROLES;
    }
    return r;
}
