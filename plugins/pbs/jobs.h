/* SPDX-License-Identifier: Apache-2.0 */
/* What changes of prune, verify and sync jobs share. */
#ifndef PROXIMO_PBS_JOBS_H
#define PROXIMO_PBS_JOBS_H

#include "../common/config_object.h"
#include "pbs.h"

/* ---- parameters */

#define JOB_ID_PARAM                                                                                         \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "id", .format = "safeid", .flags = PROXIMO_PARAM_REQUIRED,    \
          .minimum = 3, .maximum = 32, .description = "Id of the job; pbs_jobs_list names them.")
#define NEW_JOB_ID_PARAM                                                                                     \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "id", .format = "safeid", .flags = PROXIMO_PARAM_REQUIRED,    \
          .minimum = 3, .maximum = 32, .description = "Id of the new job: letters, digits, '_', '-', '.'.")
#define JOB_STORE_PARAM(how, words)                                                                          \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "store", .format = "safeid", .flags = (how), .maximum = 32,   \
          .description = (words))
#define JOB_TEXT(json_name, words)                                                                           \
    PARAM(.type = PROXIMO_TYPE_STRING, .name = (json_name), .maximum = 128, .description = (words))
#define JOB_FLAG(json_name, words)                                                                           \
    PARAM(.type = PROXIMO_TYPE_BOOLEAN, .name = (json_name), .description = (words))
#define JOB_NUMBER(json_name, least, most, words)                                                            \
    PARAM(.type = PROXIMO_TYPE_INTEGER, .name = (json_name), .minimum = (least), .maximum = (most),          \
          .description = (words))
#define JOB_DEPTH_PARAM                                                                                      \
    JOB_NUMBER("max_depth", 0, 7, "How many levels of namespaces below; 0: this one alone; absent: all.")
#define JOB_DELETE_PARAM                                                                                     \
    PARAM(.type = PROXIMO_TYPE_STRINGS, .name = "delete",                                                    \
          .description = "Options to unset, by their API names; defaults then hold.")
#define JOB_SUBJECT_SCHEMA                                                                                   \
    "{\"type\":\"object\",\"required\":[\"kind\",\"id\"],\"properties\":{\"kind\":{\"type\":\"string\"},"    \
    "\"id\":{\"type\":\"string\"}}}"

/* ---- places */

#define JOB_DEPTH_ALL 7

/* What a job works on: a namespace and so many levels below it. */
struct job_place {
    const char *store, *ns; /* "": the root namespace */
    int64_t depth;
};
/* From the members of a job (names as the API has them); borrowed. */
struct job_place job_place_of(struct json_object *job);
/* Is the namespace one of the place? */
bool job_place_has(const struct job_place *place, const char *store, const char *ns);
/* "/datastore/main/prod": the path of its privileges. */
const char *job_acl(const struct asking *a, const char *store, const char *ns);
/* "main", "main:prod": what it is called. */
const char *job_where(const struct asking *a, const char *store, const char *ns);

/* Asks for the namespaces of the place, itself and those below it; as ask_look. Source: GET
 * /admin/datastore/{store}/namespace. */
int32_t job_spaces_look(const struct asking *a, const struct job_place *place, struct looked *ret);

/* What a sync asks for at its other end: to read there, or to write there. remote NULL: a datastore of this
 * server. The path is NULL when there is no memory. */
struct proximo_need job_far_need(const struct asking *a, bool push, const char *remote, const char *store,
                                 const char *ns);

/* ---- changes */

/* The privilege must be held at the place that the job has and at the one that it will have. */
int32_t job_may(const struct config_change *c, const char *privilege);
/* A member of the change's subject. text NULL: left out. */
int32_t job_detail(struct config_change *c, const char *name, const char *text);
/* The place as it will be, as details: store, ns, depth. */
int32_t job_place_details(struct config_change *c);

/* ---- blast */

#define PBS_SCAN_PROBE "pbs_remote_groups" /* the groups of a remote's datastore; a row of the sync topic */

/* The configured jobs of a type ("prune"), except the one named; NULL when they could not be read, which is
 * told. The caller's. Negative when the call is over. */
int32_t jobs_look(const struct asking *a, const char *type, const char *except, struct json_object **ret);
/* The present configuration of a job; NULL: there is none, or it could not be read. The caller's. */
int32_t job_look(const struct asking *a, const char *type, const char *id, struct json_object **ret);
/* Tells that a place is no longer pruned or verified, or by which other job it still is. */
int32_t job_tell_left(const struct asking *a, const char *type, const char *id,
                      const struct job_place *place);
/* The same of what the job had and will not have: all of its place when it moves, the lower namespaces when
 * it reaches less deep. Nothing when it has all that it had. */
int32_t job_tell_reach(const struct asking *a, const char *type, const char *id,
                       const struct job_place *before, const struct job_place *after);
/* Tells what a prune with these numbers would remove at the place now. keep: a job or a subject that has
 * keep-... members. */
int32_t job_tell_prune(const struct asking *a, const struct job_place *place, struct json_object *keep);
/* Tells what a sync job does to its target. job: its configuration as it will be. */
int32_t job_tell_sync(const struct asking *a, struct json_object *job);

/* Does the job of this type ("prune", "verify") do its work by itself: scheduled, not switched off, with
 * something to keep? */
bool job_is_on(struct json_object *job, const char *type);
bool job_keeps_any(struct json_object *job); /* without any a prune removes nothing */
/* That text as members of an object; the caller's. */
struct json_object *job_keep_members(const struct asking *a, const char *text);

#endif
