/* SPDX-License-Identifier: Apache-2.0 */
/* A trust spine on a ledger of its own in a folder of its own, without sites' answers and without planes; the
 * wall clock is the test's. */
#ifndef PROXIMO_TEST_TRUST_LIMITS_RIG_H
#define PROXIMO_TEST_TRUST_LIMITS_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "config/config.h"
#include "ledger/ledger.h"
#include "trust/limits.h"
#include "trust/plan.h"
#include "trust/trust_inner.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

struct rig {
    char dir[64], state[80];
    struct config *config;
    struct trust *trust;
};

extern int64_t rig_wall_us; /* 0: the real one */

/* yaml: more lines of the configuration. */
void rig_start(struct rig *rig, const char *yaml);
/* Ends the spine: before a fork, whose two sides would share one lock. */
void rig_close(struct rig *rig);
/* Another process's view of the same folder: a new spine. */
void rig_again(struct rig *rig, const char *yaml);
void rig_stop(struct rig *rig);
/* A plan of which only what the limits look at is there; JSON with ' for ". Freed by rig_plan_done. */
struct plan *rig_plan(const char *json);
void rig_plan_done(struct plan *plan);
/* What apply does of it: asks for room under the ledger's lock and writes `executing`. */
int rig_execute(struct rig *rig, const struct plan *plan, struct problem *p);
/* How many records of this kind (NULL: any) hold these bytes (NULL: any). */
size_t rig_records(struct rig *rig, const char *kind, const char *bytes);
/* Code, cause and next are there, and next names something that a person can do. */
void rig_teaches(const struct problem *p, const char *code);

#endif
