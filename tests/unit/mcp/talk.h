/* SPDX-License-Identifier: Apache-2.0 */
/* A conversation with server_run() on a thread of its own, over pipes; planes and cluster are stand-ins. */
#ifndef PROXIMO_TESTS_TALK_H
#define PROXIMO_TESTS_TALK_H

#include <json-c/json.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "mcp/line.h"

struct talk {
    struct config config; /* may be changed before talk_begin */
    struct config_plane plane;
    int form_ms; /* how long a person has; 0: as in life */
    pthread_t thread;
    int to, from; /* our ends; -1 once closed */
    int in, out;  /* the server's */
    struct line_reader reader;
    int status;
    bool stuck;
};

void talk_open(struct talk *talk);
void talk_begin(struct talk *talk);
void talk_hang_up(struct talk *talk); /* closes the input */
/* Waits until the server ends by itself or by what was done to it, checks the status, closes the rest. */
void talk_join(struct talk *talk, int status);
/* Closes the input, if it is still open, and joins. Returns the milliseconds that took. */
int64_t talk_finish(struct talk *talk, int status);

void say(struct talk *talk, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The next line; NULL at the end of output or when `ms` have passed. */
struct json_object *hear_within(struct talk *talk, int ms);
struct json_object *hear(struct talk *talk);
bool has(struct json_object *message, const char *piece);
int64_t id_of(struct json_object *message); /* -1: none or not an integer */
void expect(struct talk *talk, int64_t id, const char *piece);

void hello(struct talk *talk); /* initialize and initialized */
/* The same in a revision and with capabilities (a JSON object). */
void hello_as(struct talk *talk, const char *version, const char *capabilities);
/* Before talk_begin: mode guarded, for the stand-ins' plane too. */
void talk_guarded(struct talk *talk);
/* talk_open and talk_begin for a plane that may ask the client (grant) or not, at a site "lab"; then
 * hello_as, unless capabilities is NULL. */
void talk_open_with(struct talk *talk, bool grant, const char *capabilities);
/* The _meta of a modern request. */
#define META(capabilities)                                                                                   \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","                                 \
    "\"io.modelcontextprotocol/clientCapabilities\":" capabilities "}"
/* Any method; params is the inside of its object. */
void request(struct talk *talk, int id, const char *method, const char *params);
/* tools/call; both are JSON objects' insides: arguments, and what stands behind them in params. */
void call_tool(struct talk *talk, int id, const char *name, const char *arguments, const char *more);
/* A member below the message, "result/structuredContent/verdict"; NULL: not there. Borrowed. */
struct json_object *at(struct json_object *message, const char *path);
const char *text_at(struct json_object *message, const char *path); /* "" when it is no string */
/* proximo_read of a stand-in that takes so long; meta is put behind the arguments. */
void call_read(struct talk *talk, int id, int sleep_ms, const char *meta);

int talk_setup(void **state); /* of every test: stand-ins that load in 20 ms */

#endif
