/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which guests a backup job takes. A job names guests by number (vmid), by pool, or takes all but some (all,
 * exclude), and may be bound to the guests of one node. Proxmox leaves out what is not set, or has 0 or an
 * empty text there. Source: GET /cluster/backup, GET /pools?poolid=X.
 */
#ifndef PROXIMO_PLUGINS_JOB_SELECTION_H
#define PROXIMO_PLUGINS_JOB_SELECTION_H

#include "../rows.h"

#define JOB_TAKES_NOTHING 0u /* it names no guests at all */
#define JOB_TAKES_LIST    1u
#define JOB_TAKES_POOL    2u
#define JOB_TAKES_ALL     3u

/* The guests that are directly in a pool. */
struct job_pool {
    const char *poolid;
    const int64_t *vmids; /* ascending */
    uint32_t count;
    bool read; /* false: its members are not known */
};

/* A job's selection, ready for many questions. */
struct job_pick {
    const char *id;      /* "" when the job has none */
    bool enabled;        /* absent: it is */
    uint32_t takes;      /* JOB_TAKES_... */
    const char *node;    /* only guests there; NULL: wherever they are */
    const char *pool;    /* JOB_TAKES_POOL: its name */
    const int64_t *list; /* ascending: the guests of LIST, the members of POOL, else NULL */
    uint32_t count;
    const int64_t *except; /* ascending: the guests of exclude, of ALL and POOL */
    uint32_t except_count;
    bool known; /* false: the pool's members are not */
};

#define JOB_NO      0u
#define JOB_YES     1u
#define JOB_UNKNOWN 2u

/* A text of numbers with , ; or blanks between them as ascending numbers; words that are none are left out.
 * In the call's arena. PROXIMO_ENOMEM. */
int32_t job_numbers(const struct asking *a, const char *text, const int64_t **ret, uint32_t *ret_count);
/* The selection of a job as GET /cluster/backup shows it. pools: those that jobs name, as far as they were
 * read. Texts and numbers are in the call's arena. PROXIMO_ENOMEM. */
int32_t job_pick(const struct asking *a, struct json_object *job, const struct job_pool *pools,
                 uint32_t pool_count, struct job_pick *ret);
/* Does the job back this guest up: JOB_NO, JOB_YES, JOB_UNKNOWN? A disabled job takes nobody. node: where the
 * guest is; NULL: not known. */
uint32_t job_picks(const struct job_pick *pick, int64_t vmid, const char *node);
/* The same, whether the job is enabled or not. */
uint32_t job_names(const struct job_pick *pick, int64_t vmid, const char *node);
/* "all guests but 105", "guests 100,101", "pool prod, on pve1": for sentences. In the call's arena; NULL: no
 * memory. */
const char *job_words(const struct asking *a, const struct job_pick *pick);

#endif
