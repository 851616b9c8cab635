/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of the simulator's own rules: a simulator of its own for each test, and short ways to ask it.
 */
#ifndef PROXIMO_ORACLE_ASKS_H
#define PROXIMO_ORACLE_ASKS_H

#include "replay.h"

struct fixture {
    struct child child;
    struct client *client;
};

/* Starts a simulator with these arguments (NULL-terminated) and makes the test's fixture. */
int begin(void **state, const char *const *arguments);
int end(void **state);
/* Sends a request; the answer is the caller's. Returns what client_send() does. */
int send_it(struct fixture *fixture, const char *method, const char *path, const char *params,
            struct answer *answer);
/* The same with another token of the seed, by its name in the ready line. */
int send_as(struct fixture *fixture, const char *who, const char *method, const char *path,
            const char *params, struct answer *answer);
/* Asserts what the token of one container (of the demo) gets for a request: the data as text, or the message.
 */
void tells_narrow(struct fixture *fixture, const char *method, const char *path, const char *params,
                  int status, const char *message);
/* The answer's place as text (owned), "(none)" where there is nothing; its status must be 200. */
char *value(struct fixture *fixture, const char *method, const char *path, const char *params,
            const char *place);
/* Asserts the text at a place of a GET's answer. */
void is(struct fixture *fixture, const char *path, const char *place, const char *expected);
/* Asserts a 500 with this message. */
void refused(struct fixture *fixture, const char *method, const char *path, const char *params,
             const char *message);
/* Asserts that the request is done. */
void done(struct fixture *fixture, const char *method, const char *path, const char *params);
/* Asserts a 400 with this text for the parameter. */
void bad_param(struct fixture *fixture, const char *method, const char *path, const char *params,
               const char *name, const char *text);
void wait_ms(long ms);
/* Starts a task; its status path is in `path`. */
void start(struct fixture *fixture, const char *method, const char *where, const char *params, char *path,
           size_t size);
/* Waits for the task's end and asserts how it ended. */
void ends(struct fixture *fixture, const char *task, const char *expected);
/* The same, with <placeholders> in the status. */
void fails(struct fixture *fixture, const char *task, const char *pattern);
/* The task's log has this text. */
void logged(struct fixture *fixture, const char *task, const char *text);

#endif
