/* SPDX-License-Identifier: Apache-2.0 */
/* One run of a command as the parts of the libssh2 back end see it: whom to ask, and how long there is. */
#ifndef PROXIMO_EXEC_SSH_WORK_H
#define PROXIMO_EXEC_SSH_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include "backend.h"

#define SSH_POLL_MS 100 /* cancellation is looked for at least so often */

struct ssh_work {
    const struct backend_run *run;
    const struct backend_settings *settings;
    int64_t deadline_at; /* on the clock of ssh_now_ms */
};

int64_t ssh_now_ms(void); /* CLOCK_MONOTONIC */
void ssh_work_begin(struct ssh_work *work, const struct backend_run *run,
                    const struct backend_settings *settings);
int64_t ssh_work_left_ms(const struct ssh_work *work); /* never negative */
/* 0, or PROXIMO_ECANCELLED or PROXIMO_EDEADLINE. */
int32_t ssh_work_over(const struct ssh_work *work);
/* Waits for events (POLLIN, POLLOUT) on fd for at most SSH_POLL_MS and what is left. As ssh_work_over. */
int32_t ssh_work_wait(const struct ssh_work *work, int fd, short events);
/* The words for `code` of ssh_work_over while `doing` ("connecting to pve1"), nothing having run; returns
 * code. */
int32_t ssh_work_fail(const struct ssh_work *work, int32_t code, const char *doing);

/* host->material, but a call that is over is said to be that: a code other than PROXIMO_OK and
 * PROXIMO_ENOTFOUND has its words. */
int32_t ssh_work_material(const struct ssh_work *work, const char *name, struct proximo_text *ret);

/* Writes at most len bytes of text from outside into ret (size bytes) as printable ASCII, '?' for the rest.
 */
void ssh_printable(const void *text, uint64_t len, char *ret, uint64_t size);
bool ssh_nonblocking(int fd);

#endif
