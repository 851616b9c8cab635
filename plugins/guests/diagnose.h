/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of vm_diagnose. */
#ifndef PROXIMO_GUESTS_DIAGNOSE_H
#define PROXIMO_GUESTS_DIAGNOSE_H

#include "../common/diagnosis.h"
#include "../common/undo_point.h"
#include "guests.h"

/* What is known of the machine so far; in d->own. */
struct vm_view {
    bool running, onboot, template, agent;
    uint32_t cpus; /* 0: not known */
    char lock[32]; /* "": none */
};

/* Its file systems, as its guest agent tells them, and what commands say in it. Negative only when the call
 * is over. */
int32_t diagnose_inside(struct diagnosis *d);
int32_t guests_read_diagnose(void *instance, struct proximo_call *call);

#endif
