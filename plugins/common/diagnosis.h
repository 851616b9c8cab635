/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a diagnosis reads: a table of GETs, all asked at once, each with the function that judges its answer.
 * The privilege of each is its source's (findings.h).
 */
#ifndef PROXIMO_PLUGINS_DIAGNOSIS_H
#define PROXIMO_PLUGINS_DIAGNOSIS_H

#include "findings.h"

struct diagnosis {
    struct asking ask;
    struct findings found;
    const char *node, *kind, *vmid; /* NULL: not about one */
    int64_t now;                    /* epoch seconds, here */
    void *own;                      /* the tool's */
};

#define EVIDENCE_FIELDS 3u

struct evidence {
    uint32_t source;
    json_type type;                              /* of a good answer */
    const char *path;                            /* {node} and {vmid} are the diagnosis' */
    struct proximo_field query[EVIDENCE_FIELDS]; /* name NULL: no more */
    /* The data is borrowed. What is not there in it is said with findings_unread. */
    void (*judge)(struct diagnosis *d, struct json_object *data);
    uint32_t since; /* the major release that has it; 0: all */
};
#define EVIDENCE_MOST        20u
#define DIAGNOSIS_RESERVE_MS 6000 /* of the call's time, for telling what is there */

/* Reads and judges. An answer that is not there or not whole is told as unread; one that is there in part is
 * judged all the same. Negative only when the call is over. count is at most EVIDENCE_MOST. */
int32_t diagnosis_gather(struct diagnosis *d, const struct evidence *evidence, uint32_t count);

/* One GET for each of the spots: a node or a guest. */
struct spot {
    const char *node, *kind, *vmid; /* kind and vmid NULL: a node */
    const char *name;               /* what is told when it cannot be read */
};
/* The same GET for many; judge gets NULL and why when there is no good answer, and says so itself. When the
 * call's time is nearly over the rest is not asked for. */
int32_t diagnosis_each(struct diagnosis *d, const char *path, const struct spot *spots, uint32_t count,
                       json_type type,
                       void (*judge)(struct diagnosis *d, const struct spot *spot, struct json_object *data,
                                     const char *why));

/* A member as a number; NAN: absent, or no number. Proxmox writes numbers as text here and there. */
double number_of(struct json_object *o, const char *key);
int64_t integer_of(struct json_object *o, const char *key); /* 0: absent */
double percent_of(double part, double whole);               /* NAN when whole is not positive */
/* A size for people: "12.5 GiB". ret has at least 32 bytes. */
const char *size_text(double bytes, char ret[32]);
double fresh_mean(struct json_object *series, const char *key, uint32_t last); /* of the newest; NAN: none */

/* Does nobody know how the task ended, or did it fail? Proxmox's rule for the status of a finished task. */
bool task_failed(struct json_object *task);
/* The failed tasks of a list since then, by type: findings of `check`. */
void judge_tasks(struct diagnosis *d, uint32_t check, uint32_t source, struct json_object *list,
                 int64_t since);

#endif
