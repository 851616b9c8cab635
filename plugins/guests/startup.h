/* SPDX-License-Identifier: Apache-2.0 */
/* The startup order of guests: the option startup of their configuration, [order=]N,up=SECONDS,down=SECONDS.
 */
#ifndef PROXIMO_GUESTS_STARTUP_H
#define PROXIMO_GUESTS_STARTUP_H

#include "guests.h"

#define STARTUP_NO_ORDER UINT64_MAX

/* The explicit order, or STARTUP_NO_ORDER; ret_delays (may be NULL): it has up= or down=. */
uint64_t startup_order(struct json_object *config, bool *ret_delays);
/* In a blast function, after guest_look_at: the guests of the same node that start after this one by their
 * explicit orders, as affected: they may depend on it. Without an order of its own nothing is read. What
 * cannot be read is told as incomplete. */
int32_t startup_tell_dependants(const struct guest *g);

#endif
