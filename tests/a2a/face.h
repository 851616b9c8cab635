/* SPDX-License-Identifier: Apache-2.0 */
/* A running proximo-a2a on a road, and a caller that writes its requests byte by byte. */
#ifndef PROXIMO_TESTS_A2A_FACE_H
#define PROXIMO_TESTS_A2A_FACE_H

#include "tests/integration/road/road.h"

#define FACE_TOKEN "a-token-of-this-test-0123456789"
#define FACE_PASS  "correct horse battery"

struct face {
    struct road road;
    pid_t pid;
    int port;
    bool ipv6;
    const char *token; /* that its requests show */
    char program[512], home[96], path[560], config[128], public_key[170];
    const char *environment[3];
};

/* Further members of the next ones' trust mapping: ", confirm: direct"; "" at the start. */
extern const char *face_trust;

/* more: further lines of the configuration. A token and an approver's key are there. */
void face_start(struct face *face, const char *mode, const char *more);
/* With these lines in the token file. */
void face_start_with(struct face *face, const char *mode, const char *more, const char *tokens);
void face_stop(struct face *face);
/* Starts it where it must refuse; the exit status, stderr in *ret (malloc'd). */
int face_refuses(struct face *face, const char *a2a, char **ret);
/* The same with a token file of these lines and this mode, named by the configuration. */
int face_refuses_tokens(struct face *face, const char *tokens, mode_t mode, const char *more, char **ret);

/* Sends bytes on a connection of its own and reads to its end; malloc'd. ms: the longest. */
char *face_talk(const struct face *face, const char *bytes, int ms);
int face_connect(const struct face *face);
char *face_hear(int fd, int ms);
int face_status(const char *answer); /* of HTTP; 0: none */

/* One method; the whole JSON-RPC answer, the caller's. */
struct json_object *face_call(const struct face *face, const char *method, const char *params);
/* SendMessage with one data part. */
struct json_object *face_send(const struct face *face, const char *data, const char *more);
/* The bytes of such a request, malloc'd. */
char *face_request(const struct face *face, const char *method, const char *params);
/* Asks until it is in this state; the task, the caller's. */
struct json_object *face_wait(const struct face *face, const char *id, const char *state);

void face_approve(struct face *face, const char *plan_id, const char *subject);

#endif
