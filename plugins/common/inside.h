/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking into a guest with probes that are fixed commands: what one said, and a table of them with the judge
 * of each (guest_evidence.h). A program that is not there, an old kernel, a guest without systemd: unread,
 * and the others go on.
 */
#ifndef PROXIMO_PLUGINS_INSIDE_H
#define PROXIMO_PLUGINS_INSIDE_H

#include "diagnosis.h"
#include "guest_evidence.h"

/* What came of one. Texts are of the call's arena; they were written inside the guest. */
struct probed {
    bool ran; /* it ran to its end: exit_status holds */
    int64_t exit_status;
    const char *out; /* "" at least */
    const char *err;
    bool truncated;
    const char *why; /* when it did not run */
};

/* Runs a probe of this plane whose answer is a command's output. Negative only when the call is over. */
int32_t inside_run(const struct asking *a, const char *probe, const struct proximo_field *fields,
                   uint32_t count, struct probed *ret);
/* Its output; of a command that failed without a word there, its error is what is worth telling. */
struct evidence_text inside_text(const struct probed *probed);
/* The part of `head A B C` that belongs to the file `name`: text NULL when it is not there. */
struct evidence_text inside_part(const char *text, const char *name);
/* The same of what was probed, for evidence: a file that is not there is told as that. */
struct evidence_text inside_file(const struct probed *probed, const char *name);

struct inside_command {
    const char *probe;
    uint32_t source;
    void (*judge)(struct findings *f, struct evidence_text in);
};
/* Runs and judges them, one after another, with progress (the first is number 2 of `steps`). *ret_processes:
 * what ps said, of the row whose source is FROM_PROCESSES; "" at least. When the call's time is nearly over
 * the rest is unread. Negative only when the call is over. */
int32_t inside_gather(struct diagnosis *d, const struct proximo_field *fields, uint32_t field_count,
                      const struct inside_command *commands, uint32_t count, uint32_t steps,
                      const char **ret_processes);
/* Is there time for one more? */
bool inside_in_time(const struct diagnosis *d);
/* None of these was read. */
int32_t inside_unread(struct diagnosis *d, const uint32_t *sources, uint32_t count, const char *why);

#endif
