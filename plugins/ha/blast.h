/* SPDX-License-Identifier: Apache-2.0 */
/* The difference between the cluster before and after a change, told as affected things (blast.c). */
#ifndef PROXIMO_HA_BLAST_H
#define PROXIMO_HA_BLAST_H

#include "world.h"

struct ha_blast {
    struct asking ask;
    struct ha_world before, after;
    struct json_object *subject;
    const char *focus; /* the resource that the change is about, told in any case; NULL: none */
    const char *says;  /* what the change itself does to it */
    uint32_t risk;     /* of that */
};

/* Reads the cluster into before, and after as a copy; the subject's object. ha_blast_close in any case. */
int32_t ha_blast_open(void *instance, struct proximo_call *call, struct proximo_text subject_json,
                      struct ha_blast *ret);
void ha_blast_close(struct ha_blast *b);
/* Tells resources that move or have another fate when their node fails, nodes whose loss leaves too little
 * room, rules that cannot be kept. */
int32_t ha_blast_tell(struct ha_blast *b);

#endif
