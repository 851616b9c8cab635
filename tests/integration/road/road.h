/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole road under test: proximo-sim as the cluster, one or several `proximo serve` on one state folder,
 * a client that fills in forms, and a hand that changes the cluster behind their back.
 */
#ifndef PROXIMO_TESTS_ROAD_H
#define PROXIMO_TESTS_ROAD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <sys/types.h>

#include "tests/integration/reads/simulator.h"

struct road {
    char dir[64]; /* everything of this test */
    char config[96];
    char state[96];
    struct simulator sim;
    const char *token; /* of the simulator: "tokens/root" */
};

/* One `proximo serve`. */
struct server {
    struct road *road;
    pid_t pid;
    int to, from;
    char errors[96]; /* file of its stderr */
    char *buffer;
    size_t len, cap;
    int next_id;
    bool modern;         /* speaks 2026-07-28 */
    bool no_forms;       /* declares no elicitation */
    bool tasks;          /* declares the extension of tasks; modern alone */
    const char *person;  /* what a person types into the next forms; NULL: they dismiss them */
    bool silent;         /* nobody answers forms */
    int forms;           /* how many were shown */
    char message[32768]; /* of the last */
    int progress;        /* notifications heard */
    double progress_at;  /* of the last; each must be more than the one before it for the same call */
    int64_t progress_of;
    char progress_text[300];
    const char *canary; /* bytes that must never be said; NULL: none */
    bool canary_seen;
};

/* sim: further options of the simulator, NULL at the end; yaml: more lines of the configuration (may be "").
 */
void road_start(struct road *road, const char *const *sim, const char *yaml);
void road_stop(struct road *road); /* and removes the folder */
/* Writes the configuration again. mode: "read" or "guarded". */
void road_configure(struct road *road, const char *mode, const char *yaml);
/* The servers' token from now on: "tokens/narrow-guest105". */
void road_token(struct road *road, const char *token);

/* environment: more NAME=VALUE, NULL at the end; or NULL. */
void server_start(struct road *road, struct server *server, const char *const *environment);
/* Starts and says hello as a client of 2026-07-28 does: not at all. */
void server_start_modern(struct road *road, struct server *server);
/* End of input; the exit status (128 + signal). */
int server_stop(struct server *server);
/* Waits for its end after something else ended it. */
int server_ended(struct server *server);

/* The structured content of a tool's answer; *ret_failed (may be NULL) says whether it is an error. NULL: the
 * server is gone. The caller's. */
struct json_object *server_tool(struct server *server, const char *name, const char *arguments,
                                bool *ret_failed);
/* The parts of it: sends and does not wait; waits for the answer of the id that was returned. */
int server_send_tool(struct server *server, const char *name, const char *arguments);
struct json_object *server_answer(struct server *server, int id, bool *ret_failed);
/* The answer that comes next to one of these ids. */
struct json_object *server_any(struct server *server, const int *ids, size_t count, bool *ret_failed);
/* Any other request: its result, or its error with the code in *ret_code (else 0). The caller's. */
struct json_object *server_method(struct server *server, const char *method, const char *params,
                                  int *ret_code);
/* Hears and answers for so long, whatever comes. */
void server_pump(struct server *server, int ms);
void server_say(struct server *server, const char *line);

/* A plan that must be made; and its application. */
struct json_object *plan_make(struct server *server, const char *tool, const char *arguments);
struct json_object *plan_apply(struct server *server, struct json_object *plan, bool *ret_failed);
/* proximo_apply's arguments for this plan; malloc'd. */
char *plan_echo(struct json_object *plan);

/* A value of an answer by JSON pointer; "" when it is not there. Numbers and booleans as text. */
const char *at(struct json_object *answer, const char *pointer);
/* The answer must be an error of this code. Frees it. failed by pointer: the call that sets it may stand
 * beside it. */
void expect_code(struct json_object *answer, const bool *failed, const char *code);
/* The value must be so. */
void expect(struct json_object *answer, const char *pointer, const char *value);

/* One request to the cluster with root's token, past the server: "PUT", "/nodes/...", "a=b&c=d" (may be
 * NULL). Returns the status; *ret_data (may be NULL) is the caller's. */
int road_api(struct road *road, const char *method, const char *path, const char *form,
             struct json_object **ret_data);
/* state of a guest as the cluster says: "running". Static until the next call. */
const char *road_state(struct road *road, const char *kind, const char *node, int vmid);

/* Do these words stand in the answer to GET path? */
bool road_has(struct road *road, const char *path, const char *words);

/* Runs `proximo WORDS...` with this configuration; its exit status, its output in *ret (malloc'd). */
int road_command(struct road *road, char **ret, const char *const *words);
/* Does any file below the folder hold these bytes? Prints which. */
bool folder_has(const char *folder, const char *bytes);

#endif
