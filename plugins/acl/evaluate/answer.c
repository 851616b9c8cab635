/* SPDX-License-Identifier: Apache-2.0 */
/* From roles to privileges; users, separated tokens, root@pam. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inner.h"

#define WORDS (ACL_PRIVS_MOST / 64)

int acl_asker_new(const struct acl_model *model, struct acl_asker **ret)
{
    struct acl_asker *asker = model->sealed ? calloc(1, sizeof(*asker)) : NULL;

    if (!asker)
        return model->sealed ? -ENOMEM : -EINVAL;
    asker->model = model;
    asker->mark = calloc((size_t)model->role_names.count + 1, 1);
    if (!asker->mark) {
        free(asker);
        return -ENOMEM;
    }
    *ret = asker;
    return 0;
}

void acl_asker_free(struct acl_asker *asker)
{
    if (!asker)
        return;
    free(asker->own.hit);
    free(asker->users.hit);
    free(asker->mark);
    free(asker->sources);
    free(asker);
}

/* Flags of the roles: a pool gives 0, and only where the own walk did not give the role. */
static void mark(struct acl_asker *asker, const struct hits *hits)
{
    for (uint32_t i = 0; i < hits->count; i++) {
        const struct entry *entry = &asker->model->entry[hits->hit[i].entry];
        uint8_t *at = &asker->mark[entry->role];

        if (hits->hit[i].pool == NONE)
            *at |= entry->propagates ? MARK_ONE : MARK_ZERO;
        else if (*at == 0)
            *at = MARK_ZERO;
    }
}

static void unmark(struct acl_asker *asker, const struct hits *hits)
{
    for (uint32_t i = 0; i < hits->count; i++)
        asker->mark[asker->model->entry[hits->hit[i].entry].role] = 0;
}

static void add(struct acl_set *set, const struct acl_set *more)
{
    for (size_t i = 0; i < WORDS; i++)
        set->word[i] |= more->word[i];
}

static int sources_room(struct acl_asker *asker, uint32_t count)
{
    struct acl_source *more;

    if (count <= asker->source_room)
        return 0;
    more = realloc(asker->sources, (size_t)count * 2 * sizeof(*more));
    if (!more)
        return -ENOMEM;
    asker->sources = more;
    asker->source_room = count * 2;
    return 0;
}

static int sources_add(struct acl_asker *asker, const struct hits *hits, bool of_user, struct acl_answer *ret)
{
    const struct acl_model *model = asker->model;
    int r = sources_room(asker, ret->source_count + hits->count);

    for (uint32_t i = 0; r == 0 && i < hits->count; i++) {
        const struct entry *entry = &model->entry[hits->hit[i].entry];
        const uint32_t pool = hits->hit[i].pool;

        asker->sources[ret->source_count++] = (struct acl_source){
            .path = model->nodes.text[entry->node],
            .role = model->role_names.text[entry->role],
            .principal = (entry->via == ACL_VIA_GROUP ? model->groups : model->ids).text[entry->who],
            .pool = pool == NONE ? NULL : model->pool_names.text[pool],
            .via = entry->via,
            .propagates = (asker->mark[entry->role] & MARK_ONE) != 0,
            .cuts = entry->role == model->no_access,
            .of_user = of_user};
    }
    ret->sources = asker->sources;
    return r;
}

/* What the roles of one side hold. */
static int weigh(struct acl_asker *asker, const struct hits *hits, bool of_user, bool sources,
                 struct acl_answer *ret)
{
    struct acl_set sure = {{0}};
    int r = 0;

    mark(asker, hits);
    for (uint32_t i = 0; i < hits->count; i++) {
        const uint32_t role = asker->model->entry[hits->hit[i].entry].role;
        const struct acl_set *privs = &asker->model->role[role].privs;

        add(&ret->held, privs);
        if (asker->mark[role] & MARK_ONE)
            add(&ret->propagates, privs);
        if (asker->mark[role] == MARK_ONE)
            add(&sure, privs);
    }
    for (size_t i = 0; i < WORDS; i++)
        ret->either.word[i] = ret->propagates.word[i] & ~sure.word[i];
    if (sources)
        r = sources_add(asker, hits, of_user, ret);
    unmark(asker, hits);
    return r;
}

/* Everything, with flag 1. */
static int root_answer(struct acl_asker *asker, bool of_user, bool sources, struct acl_answer *ret)
{
    const struct acl_model *model = asker->model;
    int r = sources ? sources_room(asker, ret->source_count + 1) : 0;

    if (r != 0)
        return r;
    if (model->administrator != NONE)
        ret->held = model->role[model->administrator].privs;
    else
        ret->unknown |= ACL_PART_ROLES;
    ret->propagates = ret->held;
    if (sources) {
        asker->sources[ret->source_count++] = (struct acl_source){.path = "/",
                                                                  .principal = model->ids.text[model->root],
                                                                  .via = ACL_VIA_ROOT,
                                                                  .propagates = true,
                                                                  .of_user = of_user};
        ret->sources = asker->sources;
    }
    return 0;
}

static int user_answer(struct acl_asker *asker, uint32_t who, const char *path, bool of_user, bool sources,
                       struct acl_answer *ret)
{
    int r;

    if (who == asker->model->root)
        return root_answer(asker, of_user, sources, ret);
    r = collect(asker->model, &asker->levels, path, who, &asker->users, &ret->unknown);
    return r == 0 ? weigh(asker, &asker->users, of_user, sources, ret) : r;
}

/* Held by both, with flag 1 where both have 1. */
static void narrow(struct acl_answer *token, const struct acl_answer *user)
{
    for (size_t i = 0; i < WORDS; i++) {
        token->held.word[i] &= user->held.word[i];
        token->propagates.word[i] &= user->propagates.word[i];
        token->either.word[i] = token->propagates.word[i] & (token->either.word[i] | user->either.word[i]);
    }
    token->unknown |= user->unknown;
    token->sources = user->sources;
    token->source_count = user->source_count;
}

static int token_answer(struct acl_asker *asker, uint32_t who, const char *path, bool sources,
                        struct acl_answer *ret)
{
    const struct acl_model *model = asker->model;
    const struct principal *token = &model->principal[who];
    struct acl_answer user = {0};
    int r;

    if (!token->listed) {
        ret->unknown |= model->unknown & ACL_PART_USERS;
        return 0;
    }
    if (!token->separated)
        return user_answer(asker, token->user, path, true, sources, ret);
    r = collect(model, &asker->levels, path, who, &asker->own, &ret->unknown);
    if (r == 0)
        r = weigh(asker, &asker->own, false, sources, ret);
    if (r != 0 || token->user == model->root)
        return r;
    user.source_count = ret->source_count;
    user.sources = ret->sources;
    r = user_answer(asker, token->user, path, true, sources, &user);
    if (r == 0)
        narrow(ret, &user);
    return r;
}

int answer_at(struct acl_asker *asker, uint32_t who, const char *path, bool sources, struct acl_answer *ret)
{
    struct acl_answer answer = {0};
    int r;

    if (asker->model->principal[who].token)
        r = token_answer(asker, who, path, sources, &answer);
    else
        r = user_answer(asker, who, path, false, sources, &answer);
    if (r == 0)
        *ret = answer;
    return r;
}

/* Nobody whom anything names: holds nothing, as far as all that could name him was read. */
static uint32_t stranger(const struct acl_model *model, const char *who)
{
    const uint32_t kind = acl_id_kind(who);

    if (kind == ACL_ID_BAD)
        return 0;
    return model->unknown & (kind == ACL_ID_TOKEN ? ACL_PART_USERS : ACL_PART_ACL | ACL_PART_GROUPS);
}

int acl_permissions(struct acl_asker *asker, const char *who, const char *path, struct acl_answer *ret)
{
    const uint32_t at = names_find(&asker->model->ids, who);

    if (at == NONE) {
        *ret = (struct acl_answer){.unknown = stranger(asker->model, who)};
        return 0;
    }
    levels_of(asker->model, path, &asker->levels);
    return answer_at(asker, at, path, true, ret);
}
