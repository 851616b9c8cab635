/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps of tests that change things on the simulator: requests as root, tasks followed to their end.
 */
#ifndef PROXIMO_ORACLE_STEPS_H
#define PROXIMO_ORACLE_STEPS_H

#include "replay.h"

struct fixture {
    struct child child;
    struct client *client;
};

/* Starts the simulator with these arguments; for the setup of a test. */
int steps_begin(void **state, const char *const *arguments);
int steps_end(void **state);

/* Sends a request with its parameters as JSON; the answer is the caller's. Returns what client_send() does.
 */
int send_it(struct fixture *fixture, const char *method, const char *path, const char *params,
            struct answer *answer);
/* The answer's place as text (owned); its status must be 200. */
char *value(struct fixture *fixture, const char *method, const char *path, const char *params,
            const char *place);
/* A place of a GET has this text ("(none)": it is not there). */
void is(struct fixture *fixture, const char *path, const char *place, const char *expected);
/* The request fails with 500 and this message. */
void refused(struct fixture *fixture, const char *method, const char *path, const char *params,
             const char *message);
void wait_ms(long ms);
/* Starts a task; its path is in `path`. */
void start(struct fixture *fixture, const char *method, const char *where, const char *params, char *path,
           size_t size);
/* The task ends with this status. */
void ends(struct fixture *fixture, const char *task, const char *expected);
/* The same, with <placeholders> in the status. */
void fails(struct fixture *fixture, const char *task, const char *pattern);
/* The task's log has this text. */
void logged(struct fixture *fixture, const char *task, const char *text);

#endif
