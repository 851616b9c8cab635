/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stand-in for the trust spine and the verifier of the ledger. What trust_apply does is said by the plan's
 * id: ask-...   a person must type the subject; the state is "sealed:" and the id again-... asks whatever the
 * reply was drift-... PX-DRIFT with one differing field slow-...  works until cancelled or stopped, telling
 * progress; a cancelled or no longer awaited one is answered `running`; anything else is applied at once.
 * Tasks: "slow-..." works, "done-..." has ended, "gone-..." was stopped, "busy-..." is another process's,
 * "odd-..." cannot be looked at; anything else is none
 */
#ifndef PROXIMO_TESTS_FAKE_TRUST_H
#define PROXIMO_TESTS_FAKE_TRUST_H

#include <stdatomic.h>
#include <stdbool.h>

struct fake_trust {
    atomic_int made, freed, first_calls, plans, applies, asked, undos, statuses, stops;
    atomic_int refused, tainted;
    atomic_int slow_running, slow_cancelled, slow_stopped;
    atomic_int slow_ms; /* how long a slow one takes to notice that it is to end */
    atomic_int tasks, stopped_plans;
    atomic_llong last_wait_ms;
    atomic_bool last_confirm;
    bool broken; /* the ledger does not verify */
};
extern struct fake_trust fake_trust;

void fake_trust_reset(void);

#endif
