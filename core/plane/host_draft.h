/* SPDX-License-Identifier: Apache-2.0 */
/* The draft of a call inside a plane host: kept by host_draft.c, told by the upcalls of host_tell.c. */
#ifndef PROXIMO_PLANE_HOST_DRAFT_H
#define PROXIMO_PLANE_HOST_DRAFT_H

#include "plane/draft.h"
#include "plane/host.h"

struct host_draft {
    struct buf lists[DRAFT_LISTS];
    uint32_t counts[DRAFT_LISTS];
    struct buf summary, undo;
    size_t bytes;
    int32_t fault; /* of the first entry that was refused: a plan without it is not what was meant */
    char fault_text[HOST_FAIL_LIMIT];
    struct draft_rules rules;
    struct param_row *params;
    struct json_object *names;
    char who[80];
};

/* 0: this list may be told of now. PROXIMO_ENOSYS, or the code every upcall returns from now on. */
int32_t host_draft_enter(struct proximo_call *call, enum draft_list list, const char *what);
/* Returns code, its words given; the first of them ends the call, whatever the function returns. */
int32_t host_draft_refuse(struct proximo_call *call, int32_t code, const char *words);
int32_t host_draft_refuse_problem(struct proximo_call *call, int r, const struct problem *p);
/* Room for so many bytes more, or PROXIMO_ENOMEM with words. */
int32_t host_draft_room(struct proximo_call *call, size_t len);
/* Checks and keeps one entry, a JSON object. */
int32_t host_draft_tell(struct proximo_call *call, enum draft_list list, const struct buf *entry);

#endif
