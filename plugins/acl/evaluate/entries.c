/* SPDX-License-Identifier: Apache-2.0 */
/* The access list, ordered for questions. Entries that Proxmox drops when it reads them are dropped here. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inner.h"

/* An entry on its way: its path is a text until all are known. */
struct placed {
    const char *path;
    struct entry entry;
};

static int by_place(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;

    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    if (x->via != y->via)
        return x->via < y->via ? -1 : 1;
    if (x->who != y->who)
        return x->who < y->who ? -1 : 1;
    if (x->role != y->role)
        return x->role < y->role ? -1 : 1;
    return x->order == y->order ? 0 : x->order < y->order ? -1 : 1;
}

/* The principal or group that an entry names; NONE: nobody whom it could count for. */
static uint32_t named(const struct acl_model *model, const struct read_entry *row)
{
    uint32_t at;

    if (row->via == ACL_VIA_GROUP)
        return names_find(&model->groups, row->who);
    at = names_find(&model->ids, row->who);
    if (at == NONE || model->principal[at].token != (row->via == ACL_VIA_TOKEN))
        return NONE;
    if (row->via == ACL_VIA_TOKEN && !model->principal[at].listed && !(model->unknown & ACL_PART_USERS))
        return NONE;
    return at;
}

static int place(struct acl_model *model, struct placed *list, uint32_t *ret_count)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < model->entries.count; i++) {
        const struct read_entry *row = table_row(&model->entries, i);
        const uint32_t role = names_find(&model->role_names, row->role), who = named(model, row);
        char path[ACL_PATH_MOST + 2];
        const int r = path_of_entry(row->path, path, sizeof(path));

        if (r == -ENOSPC)
            model->unknown |= ACL_PART_ACL; /* it would count on the server */
        if (r != 0 || role == NONE || who == NONE)
            continue;
        list[count].path = texts_add(&model->texts, path, strlen(path));
        if (!list[count].path)
            return -ENOMEM;
        list[count++].entry = (struct entry){
            .via = row->via, .who = who, .role = role, .order = i, .propagates = row->propagates};
    }
    *ret_count = count;
    return 0;
}

static int order(struct acl_model *model, const struct placed *list, uint32_t count)
{
    const char **nodes = calloc((size_t)count + 1, sizeof(*nodes));
    struct entry *entry = calloc((size_t)count + 1, sizeof(*entry));
    uint32_t kept = 0;

    model->entry = entry;
    if (!nodes || !entry) {
        free(nodes);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < count; i++)
        nodes[i] = list[i].path;
    (void)names_build(&model->nodes, nodes, count);
    for (uint32_t i = 0; i < count; i++) {
        entry[i] = list[i].entry;
        entry[i].node = names_find(&model->nodes, list[i].path);
    }
    qsort(entry, count, sizeof(*entry), by_place);
    model->spans = calloc(((size_t)model->nodes.count + 1) * 3, sizeof(*model->spans));
    if (!model->spans)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        const bool again = kept > 0 && entry[kept - 1].node == entry[i].node &&
                           entry[kept - 1].via == entry[i].via && entry[kept - 1].who == entry[i].who &&
                           entry[kept - 1].role == entry[i].role;
        struct span *span = &model->spans[(size_t)entry[i].node * 3 + entry[i].via];

        if (again) {
            entry[kept - 1] = entry[i];
            continue;
        }
        if (span->count++ == 0)
            span->first = kept;
        entry[kept++] = entry[i];
    }
    return 0;
}

int entries_build(struct acl_model *model)
{
    struct placed *list = calloc((size_t)model->entries.count + 1, sizeof(*list));
    uint32_t count = 0;
    int r = list ? place(model, list, &count) : -ENOMEM;

    if (r == 0)
        r = order(model, list, count);
    free(list);
    return r;
}
