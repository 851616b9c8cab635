/* SPDX-License-Identifier: Apache-2.0 */
/* The part of vm_diagnose that runs fixed commands inside. */
#ifndef PROXIMO_GUESTS_LOOK_INSIDE_H
#define PROXIMO_GUESTS_LOOK_INSIDE_H

#include "../common/inside.h"
#include "diagnose.h"

/* Runs them and judges what they say. Negative only when the call is over. */
int32_t look_inside(struct diagnosis *d);
/* Nothing inside was looked at: each of its sources is unread, for this reason. */
int32_t look_inside_none(struct diagnosis *d, const char *why);
/* What processes read and wrote within a second, measured twice; list: what ps says of them. */
int32_t look_inside_io(struct diagnosis *d, const char *list);

#endif
