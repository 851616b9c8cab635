/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The limits of what may be changed, for policy.c, apply*.c, propose.c, consent.c, build*.c and status.c
 * alone: frozen, allowed and denied targets, changes per hour, leases, taint. Every refusal has a code, a
 * cause and what a person can do. Any thread.
 */
#ifndef PROXIMO_TRUST_LIMITS_H
#define PROXIMO_TRUST_LIMITS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"

#define LEASE_ID_SIZE   17 /* 16 hex digits */
#define LEASE_LONGEST_S INT64_C(604800)
#define LIMITS_SYSTEM   "/etc/proximo/frozen"
#define LIMITS_WORDS    400u /* bytes of a reason that a person gives */

struct build;
struct plan;
struct read_cache;
struct trust;

/* ---- limits_freeze.c */

/* 0, or -EPERM and p (PX-FROZEN). Whatever is not a clean "there is no such file" counts as frozen. */
int limits_frozen(struct trust *trust, struct problem *p);
/* The same for a state folder (NULL: none) and root's own switch. there: the folder was there once, so that
 * its absence is in doubt as well. */
int limits_frozen_at(const char *state_dir, bool there, const char *system_file, struct problem *p);

/* ---- limits_target.c */

/* What of a plan targets are compared with; arrays as in a plan, NULL: none. */
struct limits_view {
    const char *site;
    struct json_object *subjects, *affected, *guards, *steps;
    const char *unread; /* why the membership of some guest could not be read; NULL: it could */
};
/*
 * 0, or -EPERM and p (PX-TARGET). A denied target refuses what is aimed at it or affects it; where targets
 * are allowed, everything that the plan is aimed at must be one. Membership in pools and tags is taken from
 * the view's guards; where a guard is missing, a deny counts as if it fitted, an allow as if not.
 */
int limits_targets(struct trust *trust, const struct limits_view *view, struct problem *p);
int limits_targets_plan(struct trust *trust, const struct plan *plan, struct problem *p);
/* Do the lists name targets that what is affected counts for? Then that is worked out again at every apply.
 */
bool limits_targets_deny(const struct trust *trust);

/* ---- limits_member.c: the station of planning that guards membership and asks limits_targets */

int build_targets(struct build *b, struct problem *p);

/* ---- limits_count.c: what is counted from the ledger */

/*
 * May one more plan be applied now? Reads the ledger's records of the last hour, and up to a lease. 0 and the
 * lease it falls under (ret_lease "" where none is required), or negative and p: PX-RATE, PX-LEASE,
 * PX-LEDGER. Binding only under the ledger's lock; asked before as well, so that no person is asked in vain.
 */
int limits_room(struct trust *trust, const struct plan *plan, char ret_lease[LEASE_ID_SIZE],
                struct problem *p);
/* {"lease":..} members of the newest lease, for people: state "none", "good", "over", "used up", "ended". */
int limits_lease_put(struct trust *trust, struct buf *out, struct problem *p);
/* "guest.stop" or "guest.*" */
bool limits_class_fits(const char *pattern, const char *operation_class);

/* ---- limits_taint.c */

/* "plan" becomes "human" when this process has read untrusted text and trust.taint says so; where a bearer
 * acts, whatever it was becomes "approver". */
const char *limits_consent(struct trust *trust, const char *consent);
/* The member "tainted" {first, newest, count}; nothing while nothing was read. */
void limits_taint_put(struct trust *trust, struct buf *out);
/* An answer of the trust spine that shows the log of a task, or what a command wrote. */
void limits_taint_answer(struct trust *trust, const char *tool, const struct buf *answer);

/* ---- limits_status.c */

/* The member "limits" of proximo_status. */
void limits_put_status(struct trust *trust, struct buf *out);

/* ---- shared: what a person typed, cleaned and cut; "" for NULL */
void limits_words(const char *text, struct buf *out);

#endif
