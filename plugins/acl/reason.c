/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why somebody has something else at a path than before. An entry takes the place of those above it, an entry
 * for a user that of those for his groups, NoAccess that of all; and what they had given comes back when it
 * goes.
 */
#include "blast.h"
#include "entries.h"

/* One side of a question: the entries that count on the path's own way and by pools. */
struct side {
    const struct acl_answer *answer;
    bool of_user;
    const struct acl_source *lowest; /* on the own way, of the principal itself; NULL: none */
    const struct acl_source *cut;    /* NoAccess */
    const struct acl_source *pool;   /* by a pool */
    uint32_t count;
};

static struct side side_of(const struct acl_answer *answer, bool of_user)
{
    struct side side = {.answer = answer, .of_user = of_user};
    for (uint32_t i = 0; i < answer->source_count; i++) {
        const struct acl_source *source = &answer->sources[i];
        if (source->of_user != of_user || source->via == ACL_VIA_ROOT)
            continue;
        side.count++;
        if (source->cuts)
            side.cut = source;
        if (source->pool)
            side.pool = source;
        else if (!side.lowest)
            side.lowest = source;
    }
    return side;
}

static bool has_source(const struct side *side, const struct acl_source *wanted)
{
    for (uint32_t i = 0; i < side->answer->source_count; i++) {
        const struct acl_source *source = &side->answer->sources[i];
        if (source->of_user == side->of_user && source->via == wanted->via &&
            source->propagates == wanted->propagates && strcmp(source->path, wanted->path) == 0 &&
            source->role && strcmp(source->role, wanted->role) == 0 &&
            strcmp(source->principal, wanted->principal) == 0)
            return true;
    }
    return false;
}

/* The first entry that counts on one side and not, or not so, on the other; NULL: none. */
static const struct acl_source *only_in(const struct side *side, const struct side *other)
{
    for (uint32_t i = 0; i < side->answer->source_count; i++) {
        const struct acl_source *source = &side->answer->sources[i];
        if (source->of_user == side->of_user && source->role && !has_source(other, source))
            return source;
    }
    return NULL;
}

/* An entry whose role holds something else than before; NULL: none. */
static const struct acl_source *of_changed_role(struct blast *b, const struct side *side)
{
    for (uint32_t i = 0; i < side->answer->source_count; i++) {
        const struct acl_source *source = &side->answer->sources[i];
        if (source->of_user != side->of_user || !source->role)
            continue;
        struct json_object *was = access_row(b->world.access.roles, "roleid", source->role);
        const char *will = member_text(access_row(b->edited.roles, "roleid", source->role), "privs");
        if (!member_is(was, "privs", will ? will : ""))
            return source;
    }
    return NULL;
}

static const char *place(const struct asking *a, const struct acl_source *source)
{
    return source->pool ? ask_text(a, "%s (by the pool %s)", source->path, source->pool) : source->path;
}

/* Its flag in the other list, or NO_ENTRY. */
static int flag_in(struct json_object *acl, const struct acl_source *source)
{
    static const char *const types[] = {"token", "user", "group"};
    return source->via < 3 && source->role
               ? entries_flag(acl, source->path, source->role, types[source->via], source->principal)
               : NO_ENTRY;
}

static const char *whose(const struct asking *a, const struct acl_source *source)
{
    return source->via == ACL_VIA_GROUP ? ask_text(a, " for the group %s", source->principal) : "";
}

/* `first` has what `then` has no more (or, of a gain, the other way round). */
static const char *of_sides(struct blast *b, const struct side *first, const struct side *then, bool loses)
{
    const struct asking *a = &b->a;
    struct json_object *then_acl = loses ? b->edited.acl : b->world.access.acl;
    if (then->cut && !first->cut)
        return ask_text(a, "NoAccess at %s %s", place(a, then->cut), loses ? "takes all" : "took all");
    const struct acl_source *was = first->lowest ? first->lowest : first->pool;
    if (then->lowest && was && !was->pool && strcmp(then->lowest->path, was->path) != 0 &&
        strlen(then->lowest->path) > strlen(was->path))
        return loses ? ask_text(a, "an entry at %s takes the place of those at %s", then->lowest->path,
                                was->path)
                     : ask_text(a, "those at %s hold again in place of an entry at %s", was->path,
                                then->lowest->path);
    if (then->lowest && was && !was->pool && strcmp(then->lowest->path, was->path) == 0 &&
        then->lowest->via != was->via)
        return loses ? ask_text(a, "at %s an entry of its own takes the place of those for its groups",
                                was->path)
                     : ask_text(a, "at %s those for its groups hold again in place of an entry of its own",
                                was->path);
    const struct acl_source *only = only_in(first, then);
    was = only ? only : was;
    if (!was)
        return "";
    const int flag = flag_in(then_acl, was);
    if (flag == NO_ENTRY)
        return ask_text(a, "%s entry at %s%s", loses ? "it loses the" : "by the", place(a, was),
                        whose(a, was));
    if (flag == 0 && was->propagates)
        return ask_text(a, "the entry at %s%s is %s", was->path, whose(a, was),
                        loses ? "no longer handed down" : "handed down now");
    if (was->via == ACL_VIA_GROUP && then->count < first->count)
        return ask_text(a, "%s the group %s", loses ? "no longer in" : "now in", was->principal);
    was = of_changed_role(b, first);
    return was ? ask_text(a, "the role %s, given at %s%s, holds something else than before", was->role,
                          place(a, was), whose(a, was))
               : "";
}

static int32_t ask_both(struct blast *b, const struct rights_row *row, struct acl_answer *before,
                        struct acl_answer *after)
{
    return acl_permissions(b->ask_before, row->who, row->path, before) != 0 ||
                   acl_permissions(b->ask_after, row->who, row->path, after) != 0
               ? PROXIMO_ENOMEM
               : PROXIMO_OK;
}

/* 1: it has its own entries alone, 0: all that its user has, -1: not known. */
static int separated(const struct access *access, const char *who)
{
    struct json_object *row = access_token(access, who);
    return !row ? -1 : !member_of(row, "privsep") || member_true(row, "privsep");
}

const char *blast_reason(struct blast *b, const struct rights_row *row)
{
    struct acl_answer before, after;
    const bool token = acl_id_kind(row->who) == ACL_ID_TOKEN;
    const bool loses = !set_empty(&row->lost) || !set_empty(&row->below_lost);
    const bool gains = !set_empty(&row->gained) || !set_empty(&row->below_gained);
    if (ask_both(b, row, &before, &after) < 0)
        return NULL;
    const uint32_t verdict = acl_may_authenticate(b->after, row->who, b->world.now);
    if (loses && !gains && (verdict == ACL_AUTH_NO_USER || verdict == ACL_AUTH_NO_TOKEN))
        return verdict == ACL_AUTH_NO_USER ? "the user is removed" : "the token is removed";
    if (token && acl_may_authenticate(b->world.model, row->who, b->world.now) == ACL_AUTH_NO_TOKEN)
        return "the token is new";
    const int own_was = token ? separated(&b->world.access, row->who) : 0;
    const int own_will = token ? separated(&b->edited, row->who) : 0;
    if (own_was >= 0 && own_will >= 0 && own_was != own_will)
        return own_will ? "it is separated from its user now: its own entries count"
                        : "it is not separated any more: it has all that its user has";
    const struct side was = side_of(&before, false), will = side_of(&after, false);
    /* The token's own entries say the same as before: it is its user who has more or less. */
    const struct side user_was = side_of(&before, true), user_will = side_of(&after, true);
    if (token && (user_was.count || user_will.count) && was.count == will.count &&
        (!was.lowest || (will.lowest && strcmp(was.lowest->path, will.lowest->path) == 0))) {
        const char *why =
            loses ? of_sides(b, &user_was, &user_will, true) : of_sides(b, &user_will, &user_was, false);
        return why && *why ? ask_text(&b->a, "with its user: %s", why) : why;
    }
    return loses ? of_sides(b, &was, &will, true) : of_sides(b, &will, &was, false);
}
