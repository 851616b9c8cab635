/* SPDX-License-Identifier: Apache-2.0 */
/* Pools, who is in them, and the paths that an answer without a path covers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inner.h"

#define GUEST   "/vms/"
#define STORAGE "/storage/"

static bool pool_counts(const char *name)
{
    return name_pool(name) && strcmp(name, "0") != 0;
}

static bool member_counts(const char *what)
{
    return strncmp(what, GUEST, strlen(GUEST)) == 0 ? name_number(what + strlen(GUEST))
                                                    : name_storage(what + strlen(STORAGE));
}

static int by_member(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    const int text = strcmp(x->what, y->what);

    return text != 0 ? text : x->pool == y->pool ? 0 : x->pool < y->pool ? -1 : 1;
}

static int list_members(struct acl_model *model)
{
    struct member *member = calloc((size_t)model->pools.count + 1, sizeof(*member));
    uint32_t count = 0, kept = 0;

    model->member = member;
    if (!member)
        return -ENOMEM;
    for (uint32_t i = 0; i < model->pools.count; i++) {
        const struct read_member *row = table_row(&model->pools, i);
        const uint32_t pool = names_find(&model->pool_names, row->pool);

        if (pool != NONE && row->what && member_counts(row->what))
            member[count++] = (struct member){row->what, pool};
    }
    qsort(member, count, sizeof(*member), by_member);
    for (uint32_t i = 0; i < count; i++) {
        const bool same = kept > 0 && strcmp(member[kept - 1].what, member[i].what) == 0;

        /* A guest is in one pool: the first by name. */
        if (same &&
            (member[kept - 1].pool == member[i].pool || strncmp(member[i].what, GUEST, strlen(GUEST)) == 0))
            continue;
        member[kept++] = member[i];
    }
    model->member_count = kept;
    return 0;
}

/* The nodes on the way to each pool's own path, found once. */
static int list_routes(struct acl_model *model)
{
    struct levels levels;
    size_t used = 0, room = 0;

    model->route = calloc((size_t)model->pool_names.count + 1, sizeof(*model->route));
    if (!model->route)
        return -ENOMEM;
    for (uint32_t i = 0; i < model->pool_names.count; i++) {
        const char *name = model->pool_names.text[i];
        const size_t length = strlen(name);
        char path[ACL_PATH_MOST + 2] = "/pool/";

        if (length >= sizeof(path) - 6) {
            /* No entry can stand there; those above reach it all the same. */
            memcpy(path + 6, name, sizeof(path) - 7);
            path[sizeof(path) - 1] = '\0';
        } else {
            memcpy(path + 6, name, length + 1);
        }
        levels_of(model, path, &levels);
        if (used + levels.count > room) {
            const size_t more = 2 * (used + levels.count);
            uint32_t *steps = realloc(model->steps, more * sizeof(*steps));

            if (!steps)
                return -ENOMEM;
            model->steps = steps;
            room = more;
        }
        for (uint32_t k = 0; k < levels.count; k++)
            model->steps[used + k] = levels.node[k];
        model->route[i] = (struct route){(uint32_t)used, levels.count, levels.whole};
        used += levels.count;
    }
    return 0;
}

/* A pool whose members were never read leaves it open who is in it. */
static int look_for_unread(struct acl_model *model)
{
    bool *seen = calloc((size_t)model->pool_names.count + 1, sizeof(*seen));

    if (!seen)
        return -ENOMEM;
    for (uint32_t i = 0; i < model->pools.count; i++) {
        const struct read_member *row = table_row(&model->pools, i);
        const uint32_t at = row->members ? names_find(&model->pool_names, row->pool) : NONE;

        if (at != NONE)
            seen[at] = true;
    }
    for (uint32_t i = 0; i < model->pool_names.count; i++) {
        if (!seen[i])
            model->unknown |= ACL_PART_POOLS;
    }
    free(seen);
    return 0;
}

int pools_build(struct acl_model *model)
{
    const char **list = calloc((size_t)model->pools.count + 1, sizeof(*list));
    uint32_t count = 0;
    int r;

    if (!list)
        return -ENOMEM;
    for (uint32_t i = 0; i < model->pools.count; i++) {
        const struct read_member *row = table_row(&model->pools, i);

        if (pool_counts(row->pool))
            list[count++] = row->pool;
    }
    (void)names_build(&model->pool_names, list, count);
    r = look_for_unread(model);
    if (r == 0)
        r = list_members(model);
    return r == 0 ? list_routes(model) : r;
}

int paths_build(struct acl_model *model)
{
    static const char *const roots[] = {"/",     "/access", "/access/groups", "/nodes",
                                        "/pool", "/sdn",    "/storage",       "/vms"};
    const size_t root_count = sizeof(roots) / sizeof(roots[0]);
    size_t most = root_count + model->member_count;
    const char **list;
    uint32_t count = 0;

    for (uint32_t i = 0; i < model->nodes.count; i++) {
        for (const char *at = model->nodes.text[i]; *at; at++)
            most += *at == '/';
    }
    if (most > ACL_THINGS_MOST)
        return -E2BIG;
    list = calloc(most, sizeof(*list));
    if (!list)
        return -ENOMEM;
    for (size_t i = 0; i < root_count; i++)
        list[count++] = roots[i];
    for (uint32_t i = 0; i < model->member_count; i++)
        list[count++] = model->member[i].what;
    for (uint32_t i = 0; i < model->nodes.count; i++) {
        const char *path = model->nodes.text[i];

        list[count++] = path;
        for (const char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
            /* Paths beside each other in the order share most of what is above them. */
            if (i > 0 && strncmp(path, model->nodes.text[i - 1], (size_t)(at - path) + 1) == 0)
                continue;
            list[count] = texts_add(&model->texts, path, (size_t)(at - path));
            if (!list[count++]) {
                free(list);
                return -ENOMEM;
            }
        }
    }
    return names_build(&model->paths, list, count);
}
