/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Effective rights of Proxmox VE, computed from what its API answers: users, tokens, groups, roles, pools and
 * the access list. The rules stand in README.md beside this file. Pure: no input or output, no clock, no
 * globals that change.
 *
 * A model is filled (acl_read_...), sealed once, and constant from then on: any number of threads may ask a
 * sealed model, each with an asker of its own. Texts in answers belong to the model and live as long as it.
 * Functions return 0 or a negative errno (-ENOMEM, -E2BIG: a limit, -EINVAL: not the shape the API answers
 * with); results are written on success only.
 */
#ifndef PROXIMO_ACL_EVALUATE_H
#define PROXIMO_ACL_EVALUATE_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACL_PRIVS_MOST  128u     /* names of privileges in one model */
#define ACL_PATH_MOST   1024u    /* bytes of an entry's path */
#define ACL_LEVELS_MOST 512u     /* elements of it */
#define ACL_THINGS_MOST 2000000u /* rows of any one kind: entries, users, members ... */

/* What a model is made of. As bits: which of it is not known. */
#define ACL_PART_ACL    1u
#define ACL_PART_USERS  2u /* with their tokens */
#define ACL_PART_GROUPS 4u
#define ACL_PART_ROLES  8u
#define ACL_PART_POOLS  16u
#define ACL_PARTS       5u

/* Where a part is read and what a whole answer needs. */
struct acl_part {
    uint32_t part;
    const char *word;      /* "the access list" */
    const char *read;      /* "GET /access/acl" */
    const char *path;      /* the privilege is needed here; NULL: reading needs no privilege */
    const char *privilege; /* one of these, with | between them */
};
/* Row i of ACL_PARTS, lowest bit first; NULL beyond. */
const struct acl_part *acl_part(uint32_t i);

/* A set of privileges of one model; bit numbers are acl_privilege()'s. */
struct acl_set {
    uint64_t word[ACL_PRIVS_MOST / 64];
};
static inline bool acl_has(const struct acl_set *set, uint32_t privilege)
{
    return privilege < ACL_PRIVS_MOST && (set->word[privilege / 64] >> (privilege % 64) & 1);
}

/* ---- Filling ---- */

struct acl_model;
/* An empty model; every part counts as not read until its acl_read_... was called. */
int acl_model_new(struct acl_model **ret);
void acl_model_free(struct acl_model *model);
/* The builtin roles and privileges of release 9. A stand-in for acl_read_roles() where the roles are known to
 * be those (recorded cases); roles read later add to them. */
int acl_builtin_roles(struct acl_model *model);
/* Each takes the `data` of an answer and keeps nothing of it. May be called several times (pages): adds. */
int acl_read_roles(struct acl_model *model, struct json_object *data);  /* GET /access/roles */
int acl_read_users(struct acl_model *model, struct json_object *data);  /* GET /access/users?full=1 */
int acl_read_groups(struct acl_model *model, struct json_object *data); /* GET /access/groups */
int acl_read_acl(struct acl_model *model, struct json_object *data);    /* GET /access/acl */
/* GET /pools: names. Members stay unknown until acl_read_pool() of each, unless the row has `members`. */
int acl_read_pools(struct acl_model *model, struct json_object *data);
/* GET /pools?poolid=X (a row of it) or GET /pools/{poolid}: what has `members`. */
int acl_read_pool(struct acl_model *model, const char *poolid, struct json_object *data);
/* These parts were read but are cut short (a privilege is missing, a page failed): answers that depend on
 * them are unknown. */
void acl_incomplete(struct acl_model *model, uint32_t parts);
/* A whole configuration of recorded cases: {users, tokens, groups, roles, pools, acl}, with the builtin roles
 * of release 9. What is left out is absent, nothing is unknown. */
int acl_read_case(struct acl_model *model, struct json_object *config);
/* Builds what questions need. Once, after the last read. */
int acl_seal(struct acl_model *model);

/* Parts of a sealed model that are not known whole. */
uint32_t acl_unknown(const struct acl_model *model);
/* The bit of a privilege's name; ACL_PRIVS_MOST when the model knows no such name. */
uint32_t acl_privilege(const struct acl_model *model, const char *name);
/* The name of a bit; NULL beyond the last. */
const char *acl_privilege_name(const struct acl_model *model, uint32_t privilege);

/* ---- Names and paths (no model needed) ---- */

#define ACL_ID_BAD   0u
#define ACL_ID_USER  1u
#define ACL_ID_TOKEN 2u
/* What an id is by its form: name@realm, name@realm!token. */
uint32_t acl_id_kind(const char *id);
/* The normal form that checks of API calls use: one slash at the front, none doubled, none at the end.
 * -EINVAL: no path at all ("" and "0" count as none, and characters outside letters, digits, . - _ /);
 * -ENOSPC: does not fit in size bytes. */
int acl_path_normal(const char *path, char *ret, size_t size);

/* ---- Asking ---- */

/* How a role came to a principal. */
#define ACL_VIA_TOKEN 0u
#define ACL_VIA_USER  1u
#define ACL_VIA_GROUP 2u
#define ACL_VIA_ROOT  3u /* root@pam: no entry needed */

/* One entry that counts for an answer. */
struct acl_source {
    const char *path;      /* the entry's; "/" for root@pam */
    const char *role;      /* NULL: root@pam */
    const char *principal; /* whom the entry names: token, user or group */
    const char *pool;      /* reached through membership in it; NULL: on the object's own walk */
    uint32_t via;          /* ACL_VIA_... */
    bool propagates;       /* the flag that the role has in the answer */
    bool cuts;             /* the role is NoAccess */
    bool of_user;          /* the question is about a token, and this is its user's side */
};

struct acl_answer {
    struct acl_set held;       /* held at the path */
    struct acl_set propagates; /* of these, with flag 1 */
    struct acl_set either;     /* of these, the server may also answer 0: hash order decides there */
    uint32_t unknown;          /* parts that this answer depends on and that are not known: if not 0, neither
                                  held nor not held is certain */
    const struct acl_source *sources; /* belong to the asker, until its next question */
    uint32_t source_count;
};

#define ACL_NO      0u
#define ACL_YES     1u
#define ACL_UNKNOWN 2u
static inline uint32_t acl_holds(const struct acl_answer *answer, uint32_t privilege)
{
    return answer->unknown ? ACL_UNKNOWN : acl_has(&answer->held, privilege) ? ACL_YES : ACL_NO;
}

/* Working memory of one thread for one sealed model. */
struct acl_asker;
int acl_asker_new(const struct acl_model *model, struct acl_asker **ret);
void acl_asker_free(struct acl_asker *asker);

/* What who (a user or token id) holds at path, as Proxmox computes it: the path as it is, not normalised. An
 * id that is none, or a token that does not exist, holds nothing. */
int acl_permissions(struct acl_asker *asker, const char *who, const char *path, struct acl_answer *ret);

/* Calls each for every path of the answer without a path: the standard roots, the paths of entries and above
 * them, the members of pools; also those where nothing is held. In order of the paths. A negative value of
 * each ends it and is returned. */
int acl_dump(struct acl_asker *asker, const char *who,
             int (*each)(void *user, const char *path, const struct acl_answer *answer), void *user);
/* How many paths that are, and the text of one; NULL beyond the last. */
uint32_t acl_path_count(const struct acl_model *model);
const char *acl_path_text(const struct acl_model *model, uint32_t i);

/* Users and tokens that the model knows: listed, members of groups, named by entries, root@pam. Ordered. */
uint32_t acl_principal_count(const struct acl_model *model);
const char *acl_principal(const struct acl_model *model, uint32_t i);

struct acl_holder {
    const char *who;
    uint32_t holds;  /* ACL_YES or ACL_UNKNOWN */
    bool propagates; /* with YES */
    bool listed;     /* exists; a user that only an entry or a group names does not */
};
/* Who of all principals holds the privilege at the path. The list is the caller's, to free(). *ret_unknown:
 * parts that are missing for a whole answer (holders may be absent even when none is unknown). */
int acl_who_can(struct acl_asker *asker, const char *privilege, const char *path, struct acl_holder **ret,
                uint32_t *ret_count, uint32_t *ret_unknown);

#define ACL_AUTH_OK            0u
#define ACL_AUTH_DISABLED      1u
#define ACL_AUTH_USER_EXPIRED  2u
#define ACL_AUTH_TOKEN_EXPIRED 3u
#define ACL_AUTH_NO_USER       4u
#define ACL_AUTH_NO_TOKEN      5u
#define ACL_AUTH_INVALID       6u /* no id */
#define ACL_AUTH_UNKNOWN       7u /* the users are not read whole, and who is not among those read */
/* May who authenticate at `now` (seconds since 1970), as far as user and token go: passwords, second factors
 * and realms are another matter. Separate from rights: those of disabled ones are computed all the same. */
uint32_t acl_may_authenticate(const struct acl_model *model, const char *who, int64_t now);
/* "ok", "disabled", "user-expired", ... */
const char *acl_auth_word(uint32_t verdict);

#define ACL_NOT_HELD (-1)
/* One privilege of one principal at one path that two models see differently. */
struct acl_change {
    const char *who, *path, *privilege; /* belong to one of the models */
    int8_t before, after;               /* ACL_NOT_HELD, or the flag: 0, 1 */
};
struct acl_diff {
    struct acl_change *changes; /* by path, then principal; at most `most` */
    uint32_t count;
    uint64_t total;   /* all that there are, as far as was looked */
    uint64_t gained;  /* of total: not held before */
    uint64_t lost;    /* of total: not held after; the rest changed the flag only */
    uint32_t unknown; /* parts missing for a whole answer */
    bool cut;         /* the limit of questions came first: not all paths were looked at */
};
/* Gains and losses over all principals of both models and all paths of both (acl_path_text()). questions:
 * how many answers may be computed at most; paths where nothing can have changed cost none. */
int acl_diff(const struct acl_model *before, const struct acl_model *after, uint32_t most, uint64_t questions,
             struct acl_diff *ret);
void acl_diff_done(struct acl_diff *diff);

#endif
