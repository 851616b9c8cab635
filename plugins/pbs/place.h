/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a change of a Backup Server is aimed at: a datastore, a namespace of it, a group of backups or one
 * backup, as the arguments or the members of a subject name it, and who may change it.
 */
#ifndef PROXIMO_PBS_PLACE_H
#define PROXIMO_PBS_PLACE_H

#include "pbs.h"

#define PBS_STORE_PATH "/admin/datastore/{store}"
#define PBS_DEPTH_MOST 7u /* namespaces within each other */

struct pbs_place {
    struct asking a;
    const char *store;
    const char *ns;        /* "": the root namespace, or none is named */
    const char *type, *id; /* of a group; NULL: none is named */
    const char *time;      /* of a backup, seconds since 1970; NULL: none is named */
};

/* The place that the arguments store, ns, backup_type, backup_id and backup_time name. 0, or negative after
 * host->fail. */
int32_t place_take(const struct asking *a, struct pbs_place *ret);
/* The same of a subject's members store, ns, type, backup and time; borrowed from it. */
int32_t place_of_subject(const struct asking *a, struct json_object *subject, struct pbs_place *ret);
/* Fails in words when an id is named without a type. */
int32_t place_whole(const struct pbs_place *p);

/* Fields for paths and forms: store, then what is named of ns, backup-type, backup-id, backup-time; room for
 * five. Returns their number. */
uint32_t place_fields(const struct pbs_place *p, struct proximo_field *ret);
/* The ACL's path of the namespace: "/datastore/main/prod/web". */
const char *place_acl(const struct pbs_place *p);
/* "main", "main:prod/web", "main:prod/vm/100", "main:vm/100/2026-11-20T02:00:00Z": what is typed as the name
 * of a subject; without a namespace the part behind the colon begins with the type. */
const char *place_label(const struct pbs_place *p);
/* "namespace prod/web of datastore main", "the root namespace of datastore main". */
const char *place_words(const struct pbs_place *p, const char *ns);
/* "2026-11-20T02:00:00Z"; "unknown-time": no time. In the arena. */
const char *pbs_time(const struct asking *a, int64_t epoch);

/* {"kind":KIND, naming member, "store", "ns", "type", "backup", "time"}: what is named; the caller's. */
struct json_object *place_subject(const struct pbs_place *p);
/* The subject with further members (taken over, NULL: none) told as one of this class. */
int32_t place_tell_subject(const struct pbs_place *p, const char *operation_class, const char *name,
                           const char *value);

/*
 * Fails in words unless the token may change the place: with Datastore.Modify on the namespace all of it,
 * with the other privilege (NULL: there is none) only groups that it owns itself. *ret_own: only the
 * latter.
 */
int32_t place_allowed(const struct pbs_place *p, const char *own_privilege, const char *what, bool *ret_own);
/* *ret: do groups of this owner count as this token's own? So it is where the site does not say who it is. */
int32_t place_is_own(const struct asking *a, const char *owner, bool *ret);
/* Fails in words when the group's owner is somebody whose groups this token may not change (see ret_own). */
int32_t place_owned(const struct pbs_place *p, const char *owner);
/* Fails in words when the datastore is known to be under maintenance, and guards that it stays as it is. */
int32_t place_open(const struct pbs_place *p);
/* The same for what only reads there: maintenance that is read-only lets it through. */
int32_t place_readable(const struct pbs_place *p);

#endif
