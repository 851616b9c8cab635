/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kinds of configuration sections.
 */
#ifndef PROXIMO_SIM_PBS_CONFIG_H
#define PROXIMO_SIM_PBS_CONFIG_H

#include "pbs.h"

/* Where the privileges on a section are asked for. */
enum pbs_of { PBS_OF_STORE, PBS_OF_JOB, PBS_OF_REMOTE, PBS_OF_ENDPOINT, PBS_OF_NOTHING };

struct pbs_section {
    const char *kind;   /* in the path and in the state */
    const char *type;   /* in "no such TYPE 'ID'" */
    const char *key;    /* the parameter that names it */
    const char *what;   /* in "WHAT 'ID' does not exist." */
    const char *audit;  /* one of these shows it; NULL: its routes decide */
    const char *modify; /* it takes this to change it; NULL: its routes decide */
    enum pbs_of of;
};

/* The kind that the route is about. */
const struct pbs_section *pbs_section_of(struct sim_call *call);
/* Where the privileges on this section are asked for. */
void pbs_section_path(const struct pbs_section *section, const char *id, struct json_object *config,
                      char *path, size_t size);
bool pbs_section_visible(struct sim_call *call, const struct pbs_section *section, const char *id,
                         struct json_object *config);
/* All sections of a kind, by id. Borrowed. */
struct json_object *pbs_sections_of(struct json_object *state, const char *kind);

/* Fails a call that came with another digest than the file's. */
int pbs_check_digest(struct sim_call *call, const char *kind);
/* Stores the given parameters with their types, but not those of `except` (words with spaces between). */
void pbs_put_given(struct sim_call *call, struct json_object *entry, const char *except);
/* Removes what the list "delete" names. */
void pbs_drop_deleted(struct sim_call *call, struct json_object *entry);
/* May the caller have this job copy between servers? */
bool pbs_may_sync(struct sim_call *call, struct json_object *config);

#endif
