/* SPDX-License-Identifier: Apache-2.0 */
/* Users, tokens and who is in which group. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inner.h"

#define ROOT "root@pam"

static bool group_name(const char *name)
{
    return name_plain(name) && strcmp(name, "0") != 0;
}

/* The user of a token's id: what stands before its last !. */
static int user_of(struct acl_model *model, const char *token, const char **ret)
{
    const char *bang = strrchr(token, '!');
    const char *user = bang ? texts_add(&model->texts, token, (size_t)(bang - token)) : NULL;

    if (!user)
        return -ENOMEM;
    *ret = user;
    return 0;
}

/* Everybody who is named anywhere. A token that only an entry names is dropped later, unless not all are
 * known. */
static int list_ids(struct acl_model *model)
{
    const size_t most = (size_t)model->users.count + 2 * (size_t)model->tokens.count + model->members.count +
                        2 * (size_t)model->entries.count + 1;
    const char **list = calloc(most, sizeof(*list));
    uint32_t count = 0;

    if (!list)
        return -ENOMEM;
    list[count++] = ROOT;
    for (uint32_t i = 0; i < model->users.count; i++) {
        const struct read_user *row = table_row(&model->users, i);

        if (acl_id_kind(row->id) == ACL_ID_USER)
            list[count++] = row->id;
    }
    for (uint32_t i = 0; i < model->members.count; i++) {
        const struct read_pair *row = table_row(&model->members, i);

        if (row->what && group_name(row->of) && acl_id_kind(row->what) == ACL_ID_USER)
            list[count++] = row->what;
    }
    for (uint32_t i = 0; i < model->tokens.count; i++) {
        const struct read_token *row = table_row(&model->tokens, i);

        if (acl_id_kind(row->id) == ACL_ID_TOKEN) {
            list[count++] = row->id;
            if (user_of(model, row->id, &list[count++]) != 0)
                goto no_memory;
        }
    }
    for (uint32_t i = 0; i < model->entries.count; i++) {
        const struct read_entry *row = table_row(&model->entries, i);
        const uint32_t kind = row->via == ACL_VIA_GROUP ? ACL_ID_BAD : acl_id_kind(row->who);

        if (kind == ACL_ID_BAD || (kind == ACL_ID_USER) != (row->via == ACL_VIA_USER))
            continue;
        list[count++] = row->who;
        if (kind == ACL_ID_TOKEN && user_of(model, row->who, &list[count++]) != 0)
            goto no_memory;
    }
    return names_build(&model->ids, list, count);
no_memory:
    free(list);
    return -ENOMEM;
}

static int fill(struct acl_model *model)
{
    model->principal = calloc((size_t)model->ids.count + 1, sizeof(*model->principal));
    if (!model->principal)
        return -ENOMEM;
    model->root = names_find(&model->ids, ROOT);
    model->principal[model->root].listed = true;
    model->principal[model->root].enabled = true;
    for (uint32_t i = 0; i < model->users.count; i++) {
        const struct read_user *row = table_row(&model->users, i);
        const uint32_t at = names_find(&model->ids, row->id);

        if (at == NONE)
            continue;
        model->principal[at].listed = true;
        model->principal[at].reached = true;
        model->principal[at].enabled = row->enabled;
        model->principal[at].expire = row->expire;
    }
    for (uint32_t i = 0; i < model->ids.count; i++) {
        struct principal *one = &model->principal[i];
        const char *user;

        one->token = acl_id_kind(model->ids.text[i]) == ACL_ID_TOKEN;
        one->user = NONE;
        if (!one->token)
            continue;
        if (user_of(model, model->ids.text[i], &user) != 0)
            return -ENOMEM;
        one->user = names_find(&model->ids, user);
    }
    for (uint32_t i = 0; i < model->tokens.count; i++) {
        const struct read_token *row = table_row(&model->tokens, i);
        const uint32_t at = names_find(&model->ids, row->id);
        struct principal *token = at == NONE ? NULL : &model->principal[at];

        /* A token without its user is none. */
        if (!token || !token->token || token->user == NONE || !model->principal[token->user].listed)
            continue;
        token->listed = true;
        token->separated = row->separated;
        token->expire = row->expire;
    }
    return 0;
}

static int list_groups(struct acl_model *model)
{
    const char **list = calloc((size_t)model->members.count + model->entries.count + 1, sizeof(*list));
    uint32_t count = 0;

    if (!list)
        return -ENOMEM;
    for (uint32_t i = 0; i < model->members.count; i++) {
        const struct read_pair *row = table_row(&model->members, i);

        if (group_name(row->of))
            list[count++] = row->of;
    }
    for (uint32_t i = 0; i < model->entries.count; i++) {
        const struct read_entry *row = table_row(&model->entries, i);

        if (row->via == ACL_VIA_GROUP && group_name(row->who))
            list[count++] = row->who;
    }
    return names_build(&model->groups, list, count);
}

struct link {
    uint32_t user, group;
};

static int by_user(const void *a, const void *b)
{
    const struct link *x = a, *y = b;

    if (x->user != y->user)
        return x->user < y->user ? -1 : 1;
    return x->group == y->group ? 0 : x->group < y->group ? -1 : 1;
}

static int join_groups(struct acl_model *model)
{
    struct link *links = calloc((size_t)model->members.count + 1, sizeof(*links));
    uint32_t count = 0, kept = 0;

    model->memberships = calloc((size_t)model->members.count + 1, sizeof(*model->memberships));
    if (!links || !model->memberships) {
        free(links);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < model->members.count; i++) {
        const struct read_pair *row = table_row(&model->members, i);
        const uint32_t group = row->what ? names_find(&model->groups, row->of) : NONE;
        const uint32_t user = group == NONE ? NONE : names_find(&model->ids, row->what);

        if (user != NONE && !model->principal[user].token)
            links[count++] = (struct link){user, group};
    }
    qsort(links, count, sizeof(*links), by_user);
    for (uint32_t i = 0; i < count; i++) {
        struct principal *one = &model->principal[links[i].user];

        if (i > 0 && by_user(&links[i - 1], &links[i]) == 0)
            continue;
        if (one->group_count == 0)
            one->first_group = kept;
        one->group_count++;
        model->memberships[kept++] = links[i].group;
    }
    free(links);
    return 0;
}

int principals_build(struct acl_model *model)
{
    int r = list_ids(model);

    if (r == 0)
        r = fill(model);
    if (r == 0)
        r = list_groups(model);
    return r == 0 ? join_groups(model) : r;
}
