/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hangs on a datastore or namespace: who reads or writes there just now, and the jobs that prune, verify
 * or copy it. Sources: GET /admin/datastore/{store}/active-operations, GET /nodes/{node}/tasks, GET
 * /config/prune, /config/verify, /config/sync, /config/tape-backup-job.
 */
#ifndef PROXIMO_PBS_TIES_H
#define PROXIMO_PBS_TIES_H

#include "place.h"

#define TIES_BUSY   (1u << 0) /* readers, writers, running tasks */
#define TIES_PRUNES (1u << 1) /* prune jobs that reach the place */
#define TIES_COPIES (1u << 2) /* jobs that take away in the copy what is gone here */
#define TIES_ALL    (1u << 3) /* every job of the place: its namespace goes, or its datastore */
#define TIES_KEPT   (1u << 4) /* beside ALL: the jobs stay configured */

/* For blast functions. Negative only when the call is over. */
int32_t ties_tell(const struct pbs_place *at, uint32_t what);

#endif
