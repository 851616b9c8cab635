/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of entries of the access list as a plan, and its way back. Source: GET and PUT /access/acl. */
#ifndef PROXIMO_ACL_ENTRIES_H
#define PROXIMO_ACL_ENTRIES_H

#include "world.h"

#define ENTRIES_MOST 200u /* in one plan */
#define NO_ENTRY     (-1)

struct entry_change {
    const char *path, *role, *type, *ugid;
    int was, will; /* the flag propagate, or NO_ENTRY */
};
struct entries_plan {
    struct asking a;
    struct entry_change *rows; /* those of one principal at one path stand together */
    uint32_t count;
    const char *operation_class, *subject_id, *summary;
    uint64_t step_flags; /* PROXIMO_STEP_CONTINUE */
    const char *no_back; /* a reason: undo is none; NULL: it is exact */
};
/* Guards, steps, what must be seen, the subject with its edits, and the way back. 0, or negative after
 * host->fail. */
int32_t entries_lay_out(const struct entries_plan *plan);
/* The plan_undo of every tool that laid its plan out so: what was at each guarded entry, back again. */
int32_t acl_plan_undo_entries(void *instance, struct proximo_call *call, struct proximo_text record_json);

/* 0, or fails: a name with characters that a plan cannot name an entry by. */
int32_t entries_check_names(const struct asking *a, const char *path, const char *role, const char *ugid);
/* The flag of the entry, or NO_ENTRY. */
int entries_flag(struct json_object *acl, const char *path, const char *role, const char *type,
                 const char *ugid);

#endif
