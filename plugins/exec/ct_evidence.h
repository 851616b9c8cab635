/* SPDX-License-Identifier: Apache-2.0 */
/* The half of ct_diagnose that looks inside. */
#ifndef PROXIMO_EXEC_CT_EVIDENCE_H
#define PROXIMO_EXEC_CT_EVIDENCE_H

#include "probes.h"

/* What is known of the container so far; in d->own. */
struct ct_view {
    bool running;
    uint32_t cpus;    /* 0: not known */
    const char *tags; /* NULL: none, or not read */
};

/* Nothing inside was looked at: each of its sources is unread, for this reason. */
int32_t ct_evidence_none(struct diagnosis *d, const char *why);
/* Runs the probes and judges what they say. Negative only when the call is over. */
int32_t ct_evidence_gather(struct diagnosis *d, struct guest *g);

/* ---- a part, for tests */

/* Up to `most` ids of processes of a list of ps, as they come. */
uint32_t ct_evidence_pids(const char *text, uint32_t *ret_pids, uint32_t most);

#endif
