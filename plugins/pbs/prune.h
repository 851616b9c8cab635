/* SPDX-License-Identifier: Apache-2.0 */
/* What a prune would take away, by the Backup Server's own dry run. Source: POST
 * /admin/datastore/{store}/prune with dry-run=1. */
#ifndef PROXIMO_PBS_PRUNE_H
#define PROXIMO_PBS_PRUNE_H

#include "contents.h"

#define PBS_KEEPS       6u
#define PBS_PRUNE_PROBE "pbs_prune_dry_run"
#define PRUNES_MOST     200u /* groups of one plan */

extern const char *const pbs_keep_names[PBS_KEEPS]; /* "keep-last", ... */

struct pbs_prune {
    struct pbs_place at; /* a group, or all groups (of a type) of one namespace */
    const char *keep[PBS_KEEPS];
    struct pbs_contents contents; /* what goes is marked */
    struct json_object *groups;   /* [{"backup-type", "backup-id", "going", "staying"}], the caller's */
    struct json_object *rows;     /* what the dry runs answered, one after the other */
    struct json_object *index;    /* the namespace's backups by "TYPE/ID/TIME" */
    uint32_t others;              /* groups that this token may not prune, which are left out */
    const char *groups_why;       /* why the list of groups is not all of it */
};

/* The numbers (NULL: not given) as one text, "keep-last=3,keep-daily=7"; "": none; NULL: no memory. */
const char *prune_keep_words(const struct asking *a, const char *const keep[PBS_KEEPS]);
/* Those of the prune, NULL: none; and back. */
const char *prune_keep_text(const struct pbs_prune *p);
int32_t prune_take_keep_text(struct pbs_prune *p, const char *text);
/* The arguments keep_last ... keep_yearly; unless `any`, there must be one. */
int32_t prune_take_arguments(struct pbs_prune *p, bool any);
/* Fields of these numbers; room for PBS_KEEPS. */
uint32_t prune_keep_fields(const struct pbs_prune *p, struct proximo_field *ret);

/* One dry run. *ret is its list, the caller's; NULL: it was not answered with one, and *answer says what
 * came. Negative: as the probe. */
int32_t prune_probe(const struct asking *a, const struct proximo_field *fields, uint32_t count,
                    struct proximo_answer *answer, struct json_object **ret);
/* Makes the dry runs and marks what goes. 0, or negative after host->fail. prune_done drops what was read. */
int32_t prune_look(struct pbs_prune *p);
void prune_done(struct pbs_prune *p);

#endif
