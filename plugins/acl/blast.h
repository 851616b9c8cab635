/* SPDX-License-Identifier: Apache-2.0 */
/* What a change of access control gives and takes: between the parts of acl_blast. */
#ifndef PROXIMO_ACL_BLAST_H
#define PROXIMO_ACL_BLAST_H

#include "privileges.h"
#include "world.h"

/* What one principal has at one path otherwise than before. */
struct rights_row {
    const char *who, *path;
    struct privilege_set gained, lost;             /* held there */
    struct privilege_set below_gained, below_lost; /* handed down from there */
    bool implied;                                  /* the row of the path above says the same */
};
struct rights {
    struct rights_row *rows; /* by path, then principal */
    uint32_t count;
    uint32_t unknown; /* parts missing for a whole answer */
    bool cut;         /* not all was compared */
};
/* Compares two models. Texts belong to them. 0 or PROXIMO_ENOMEM. rights_done frees the rows. */
int32_t rights_compare(const struct acl_model *before, const struct acl_model *after, struct privileges *all,
                       struct rights *ret);
void rights_done(struct rights *rights);
/* "gains VM.Audit at /vms and below it; loses ..." without reasons; where: the path, or several like it. In
 * the call's arena; NULL: no memory. */
const char *rights_text(const struct asking *a, const struct privileges *all, const struct rights_row *row,
                        const char *where);
/* Can anything be below its path? */
bool rights_reach_below(const struct rights_row *row);
/* PROXIMO_RISK_... of it; the weight orders within and over risks, the greater the worse. */
uint32_t rights_risk(const struct privileges *all, const struct rights_row *row);
uint32_t rights_weight(const struct privileges *all, const struct rights_row *row);

struct blast {
    struct asking a;
    struct world world;   /* as it is, */
    struct access edited; /* and as it will be */
    struct acl_model *after;
    struct acl_asker *ask_before, *ask_after;
    struct privileges all;
    struct rights rights;
};

/* Why somebody has something else at a path than before: "an entry at /vms/105 takes the place of ..."; ""
 * when there is nothing to say. In the call's arena; NULL: no memory. */
const char *blast_reason(struct blast *b, const struct rights_row *row);

/* Who gains and loses what; the worst first, bounded. */
int32_t blast_tell_rights(struct blast *b);
/* Who can authenticate no more, or now, with what; whose realm goes; who can still give rights. */
int32_t blast_tell_sign_in(struct blast *b);
int32_t blast_tell_realms(struct blast *b, struct json_object *edits);
int32_t blast_tell_administrators(struct blast *b);
/* That this server's own token loses what changes of access control need: also the way back. */
int32_t blast_tell_own(struct blast *b);

/* "token/u@r!t", "user/u@r". In the call's arena. */
const char *principal_resource(const struct asking *a, const char *who);
/* "this server's own token" of its own, its user; else NULL. */
const char *blast_name(const struct blast *b, const char *who);

#endif
