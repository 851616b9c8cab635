/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guests that come into being: what a clone and a new guest have in common. Sources: GET /cluster/nextid,
 * GET /nodes/{node}/storage.
 */
#ifndef PROXIMO_GUESTS_LIFE_H
#define PROXIMO_GUESTS_LIFE_H

#include "guests.h"

#define CLONE_CLASS  "guest.clone"
#define CREATE_CLASS "guest.create"

/* Is the number unused in the whole cluster? Fails with who has it. Cluster-wide, whatever this token sees.
 */
int32_t life_check_unused(const struct asking *a, const char *vmid);
/* Fails unless this token may make the guest: VM.Allocate at its path, or on the pool (may be NULL), which
 * must be there. */
int32_t life_check_allocate(const struct asking *a, const char *vmid, const char *pool);
int32_t life_check_privilege(const struct asking *a, const char *path, const char *privilege,
                             const char *what);
/* The same of "A|B" (either) at the guest's path or on the pool. */
int32_t life_check_either(const struct asking *a, const char *vmid, const char *pool, const char *privileges,
                          const char *what);
/* at: node, kind and vmid of the new guest. The first guard of a plan is its configuration, which the way
 * back compares (LIFE_FIELDS), the second that its number is unused. */
#define LIFE_FIELDS "/digest,/lock,/template"
int32_t life_guards(const struct asking *a, const struct proximo_field at[3]);
/* It is there, whole (not locked), and with running true it runs. */
int32_t life_wait_made(const struct asking *a, const struct proximo_field at[3], bool running);

/* Is there a bridge or vnet of this name on the node, as far as this token sees? What is not known is true.
 */
int32_t life_sees_bridge(const struct asking *a, const char *node, const char *bridge, bool *ret);

/* What is to be made on a storage. */
struct life_space {
    const char *storage;
    uint64_t bytes; /* provisioned, not used */
    bool unknown;   /* of something there the size is not known */
};
#define LIFE_STORAGES_MOST 32u
/* Adds to the row of this storage; false: more storages than there is room for. */
bool life_space_add(struct life_space *rows, uint32_t *count, const char *storage, uint64_t bytes);
/* Whether it fits on the storages of the node, each as affected; no figure that moves by itself. */
int32_t life_tell_space(const struct asking *a, const char *node, const struct life_space *rows,
                        uint32_t count);

/* The way back of a clone or a new guest: a plan that destroys it, if nobody touched it since; else refused.
 */
int32_t life_undo(void *instance, struct proximo_call *call, struct proximo_text record_json,
                  const char *vmid_argument);
struct life_made {
    const char *vmid; /* NULL: the record does not say; refused */
    const char *node; /* NULL: that of the task that made it */
    bool started;     /* the plan itself started it: that it runs is no use of it, and it is stopped first */
};
int32_t life_undo_made(void *instance, struct proximo_call *call, struct proximo_text record_json,
                       const struct life_made *made);

int32_t guests_plan_clone(void *instance, struct proximo_call *call);
int32_t guests_undo_clone(void *instance, struct proximo_call *call, struct proximo_text record_json);
int32_t guests_blast_clone(void *instance, struct proximo_call *call, struct proximo_text subject_json);
int32_t guests_plan_create_container(void *instance, struct proximo_call *call);
int32_t guests_plan_create_vm(void *instance, struct proximo_call *call);
int32_t guests_undo_create(void *instance, struct proximo_call *call, struct proximo_text record_json);
int32_t guests_blast_create(void *instance, struct proximo_call *call, struct proximo_text subject_json);

#endif
