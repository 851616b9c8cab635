/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the evaluator share. Numbers of things are places in ordered tables of a sealed model. */
#ifndef PROXIMO_ACL_INNER_H
#define PROXIMO_ACL_INNER_H

#include "evaluate.h"

#define NONE UINT32_MAX

/* Text that lives as long as the model. */
struct chunk;
struct texts {
    struct chunk *last;
};
/* A copy with a zero at its end; NULL: no memory. */
const char *texts_add(struct texts *texts, const char *text, size_t length);
void texts_done(struct texts *texts);

/* A growing table of rows of one size. */
struct table {
    void *rows;
    uint32_t count, room;
    size_t size;
};
/* A new row of zeros in *ret. -ENOMEM, -E2BIG. */
int table_add(struct table *table, void **ret);
static inline void *table_row(const struct table *table, uint32_t i)
{
    return (char *)table->rows + (size_t)i * table->size;
}

/* Names in byte order, each once. */
struct names {
    const char **text;
    uint32_t count;
};
int names_build(struct names *names, const char **list, uint32_t count); /* takes over list */
uint32_t names_find(const struct names *names, const char *text);        /* NONE */

/* ---- As read ---- */
struct read_user {
    const char *id;
    bool enabled;
    int64_t expire;
};
struct read_token {
    const char *id;
    bool separated;
    int64_t expire;
};
struct read_pair { /* a group and a member, a role and a privilege (NULL: the role alone) */
    const char *of, *what;
};
struct read_entry {
    const char *path, *who, *role;
    uint32_t via;
    bool propagates;
};
struct read_member { /* what: "/vms/100", "/storage/local"; NULL: the pool itself */
    const char *pool, *what;
    bool members; /* of the pool itself: its members were read */
};

/* ---- As asked ---- */
struct role {
    struct acl_set privs;
    bool known; /* its privileges are */
};
struct entry { /* ordered by node, via, who, role: one of each */
    uint32_t node, via, who, role;
    uint32_t order; /* place in the list that was read: of equal ones the last counts */
    bool propagates;
};
struct principal { /* a user or a token; index in model.ids */
    bool token, listed, separated, enabled, reached;
    int64_t expire, user_expire;
    uint32_t user;                     /* of a token */
    uint32_t first_group, group_count; /* in model.memberships */
};
struct span {
    uint32_t first, count;
};
/* The nodes on the way to a path, from above. */
struct levels {
    uint32_t node[ACL_LEVELS_MOST + 1];
    uint32_t count;
    bool whole; /* the last one is the path itself */
};
struct member { /* ordered by what, pool */
    const char *what;
    uint32_t pool;
};
struct route { /* levels of a pool's path, in model.steps */
    uint32_t first, count;
    bool whole;
};

struct acl_model {
    struct texts texts;
    struct table users, tokens, members, roles, entries, pools; /* read_... */
    const char *privilege[ACL_PRIVS_MOST];
    uint32_t privilege_count;
    bool any_privilege;        /* names of privileges that are not in the table are taken as they come */
    uint32_t read, incomplete; /* ACL_PART_... */
    uint32_t unknown;
    bool sealed;

    struct names ids, groups, role_names, nodes, pool_names, paths;
    struct principal *principal;
    uint32_t *memberships; /* groups of users, ascending within one */
    struct role *role;
    uint32_t no_access, administrator, root; /* places; NONE */
    struct entry *entry;
    struct span *spans; /* [node * 3 + via]: in entry */
    struct member *member;
    uint32_t member_count;
    struct route *route; /* of each pool */
    uint32_t *steps;
};

/* A role that counts. */
struct hit {
    uint32_t entry, pool; /* pool NONE: own walk */
};
struct hits {
    struct hit *hit;
    uint32_t count, room;
};
/* One walk's roles, and the flags they got. */
#define MARK_ZERO 1u
#define MARK_ONE  2u
struct acl_asker {
    const struct acl_model *model;
    struct hits own, users; /* of the principal; of a separated token's user */
    uint8_t *mark;          /* of each role: MARK_... */
    struct acl_source *sources;
    uint32_t source_room;
    struct levels levels;
};

/* names.c */
bool name_plain(const char *name); /* letters, digits, . - _ */
bool name_pool(const char *name);
bool name_storage(const char *name);
bool name_number(const char *text);
/* The path that an entry stands at: normalised, without elements 0. -EINVAL: none. */
int path_of_entry(const char *path, char *ret, size_t size);

/* roles.c */
extern const char *const builtin_no_access;
int role_add(struct acl_model *model, const char *role, const char *privilege);
int roles_build(struct acl_model *model);

/* seal_*.c */
int principals_build(struct acl_model *model);
int entries_build(struct acl_model *model);
int pools_build(struct acl_model *model);
int paths_build(struct acl_model *model);

/* walk.c */
void levels_of(const struct acl_model *model, const char *path, struct levels *ret);
/* Appends the roles that who (a principal) gets on the way; parts that it depends on and that are unknown
 * are added to *unknown. */
int walk(const struct acl_model *model, const uint32_t *nodes, uint32_t count, bool whole, uint32_t who,
         uint32_t pool, struct hits *hits, uint32_t *unknown);
/* The first place of a path in the members; NONE. */
uint32_t member_first(const struct acl_model *model, const char *path);
/* The own walk and that of the pools: the roles that count for who at path. */
int collect(const struct acl_model *model, const struct levels *levels, const char *path, uint32_t who,
            struct hits *hits, uint32_t *unknown);

/* answer.c: with levels of the path already in the asker; who NONE: nobody that is known. */
int answer_at(struct acl_asker *asker, uint32_t who, const char *path, bool sources, struct acl_answer *ret);

/* same.c: for each node of before, the node of after with the same path and entries, NONE: there is none.
 * *ret NULL: the models differ in more than entries and pools, nothing can be said. To free(). */
int twins_find(const struct acl_model *before, const struct acl_model *after, uint32_t **ret);
/* With the levels of the path in both: nobody's rights there can differ. */
bool path_same(const struct acl_asker *before, const struct acl_asker *after, const uint32_t *twins,
               const char *path);

#endif
