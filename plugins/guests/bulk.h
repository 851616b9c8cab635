/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of many guests in one plan: who they are, how they are, and in which order. */
#ifndef PROXIMO_GUESTS_BULK_H
#define PROXIMO_GUESTS_BULK_H

#include "startup.h"

#define BULK_SELECTED_MOST 512u /* guests that one plan looks at */
#define BULK_PLANNED_MOST                                                                                    \
    200u /* guests that one plan changes: one postcondition each, and a plan has 256                         \
          */

struct bulk_guest {
    struct guest g; /* where it is; state and configuration when they were read */
    int64_t id;
    const char *name;   /* as people wrote it; NULL: none */
    const char *target; /* node to move it to */
    uint64_t order;     /* of its startup option; STARTUP_NO_ORDER: none */
    bool delays;        /* its startup option has up= or down= */
    bool out;           /* left alone */
};

struct bulk {
    void *instance;
    struct asking ask;
    struct bulk_guest *rows; /* in the call's arena */
    uint32_t count;
    struct json_object *left; /* [{"why","guests":[id]}] */
    struct guest denied;      /* the first that this token may not change; vmid NULL: none */
    uint32_t refused;         /* left alone though it is not so already */
    bool partial;             /* the list of guests is shorter than it is */
};

/* The guests that the call's arguments select (node, pool, tag, kind, name, vmids, exclude): who and where
 * alone. Negative after host->fail; bulk_done in any case. */
int32_t bulk_select(void *instance, struct proximo_call *call, struct bulk *ret);
/* The same for these ids, wherever they are now; `ids` is an array of numbers. Those that are in no list are
 * left alone. */
int32_t bulk_select_ids(void *instance, struct proximo_call *call, struct json_object *ids, struct bulk *ret);
void bulk_done(struct bulk *b);
struct bulk_guest *bulk_find(struct bulk *b, int64_t id); /* NULL: not selected */

/* Reads the state of all that are not left alone; what cannot be read is left alone and told as incomplete.
 */
int32_t bulk_read_status(struct bulk *b);
/* The same of their configurations, with the startup order. `keep`: a guest whose configuration cannot be
 * read stays (told as incomplete), without order. */
int32_t bulk_read_config(struct bulk *b, bool keep);

/* Leaves one alone. `refused`: although it is not as it is wanted. */
int32_t bulk_leave(struct bulk *b, struct bulk_guest *row, bool refused, const char *why);
/* Leaves it alone unless this token holds the privilege on it. */
int32_t bulk_check_privilege(struct bulk *b, struct bulk_guest *row, const char *privilege);
/* By startup order, those without one last; `down`: the other way round. Pointers to rows are void then. */
void bulk_sort(struct bulk *b, bool down);
/* Leaves one alone because the plan is full. */
int32_t bulk_leave_more(struct bulk *b, struct bulk_guest *row);
/* "nothing to do", with the reasons; an error when nothing is left because the token may not. */
int32_t bulk_nothing(struct bulk *b, const char *privilege, const char *what);
/* Facts: who, in which order, and who is left alone. */
int32_t bulk_tell(struct bulk *b);

/* Subject, step "guest-105" and postcondition of one. */
struct bulk_step {
    const char *path, *operation_class;
    const char *details;                /* more members of the subject: ",\"target\":..."; NULL: none */
    const struct proximo_field *fields; /* beside node, kind and vmid */
    uint32_t field_count;               /* at most 13 */
    const char *wait_node;              /* where it is afterwards; NULL: where it is now */
    const char *wait_value;             /* of /status: "\"running\"" */
    uint32_t deadline_s;
};
int32_t bulk_step(struct bulk *b, const struct bulk_guest *row, const struct bulk_step *step);

int32_t guests_plan_bulk_start(void *instance, struct proximo_call *call);
int32_t guests_plan_bulk_shutdown(void *instance, struct proximo_call *call);
int32_t guests_undo_bulk_power(void *instance, struct proximo_call *call, struct proximo_text record_json);
int32_t guests_plan_bulk_migrate(void *instance, struct proximo_call *call);
int32_t guests_undo_bulk_migrate(void *instance, struct proximo_call *call, struct proximo_text record_json);

#endif
