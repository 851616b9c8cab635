/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the server share. The transport thread owns everything but what is marked; a call on
 * another thread gets at the catalogue through server_catalog().
 */
#ifndef PROXIMO_MCP_STATE_H
#define PROXIMO_MCP_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"
#include "mcp/calls.h"
#include "mcp/message.h"

struct json_object;

struct cancel;
struct catalog;
struct config;
struct forms;
struct output;
struct planes;
struct shown;
struct sites;
struct subscriptions;
struct trust;

#define BODY_LIMIT ((size_t)8 << 20) /* of one answer; a read's own limit is far below */

struct server {
    const struct config *config;
    struct sites *sites;
    struct planes *planes; /* NULL only in tests and fuzzing: no plane, every call answered at once */
    struct output *output;
    struct calls *calls; /* NULL with planes NULL */
    struct trust *trust; /* NULL with planes NULL */
    struct forms *forms; /* NULL with planes NULL */
    int stop_write;      /* a byte here ends the server */
    int64_t started_ms;
    bool initialized; /* an `initialize` came */
    bool can_ask;     /* the legacy client takes forms */
    bool form_has_mode;
    unsigned can_ask_for; /* the legacy client: bits 1 << PROXIMO_ASK_... */
    atomic_int log_level; /* the legacy client's, an index of log_levels */
    bool plane_may_ask;   /* the configuration grants client_requests to some plane */
    struct subscriptions *subscriptions;
    struct shown *shown;   /* what planes have taken off the lists */
    unsigned list_version; /* of shown, when list_body was made */
    bool state_key_made;   /* with the mutex */
    unsigned char state_key[32];
    bool answered; /* something has been answered: loading may begin */

    struct buf list_body[2];          /* tools/list, legacy and modern; made once */
    struct buf id;                    /* of the request at hand */
    struct json_object *no_arguments; /* an empty object, never changed */
    struct tool_site *tool_sites;     /* of the configuration, in its order; immutable */

    int (*prepare)(void *arg, struct problem *p); /* see server.h */
    void *prepare_arg;
    pthread_mutex_t prepare_mutex;
    bool prepared;

    pthread_mutex_t first_mutex; /* trust_first_call */
    atomic_bool first_call_done;

    pthread_mutex_t catalog_mutex; /* the catalogue while it is being made */
    pthread_mutex_t mutex;         /* status */
    _Atomic(struct catalog *) catalog;
    struct buf status_body;         /* the last proximo_status, as the inside of a result */
    int64_t status_ms;              /* when it was made; 0: never */
    unsigned long long status_seen; /* calls_seen at that time */
    int64_t memory_ms, memory_bytes;
    atomic_ullong calls_seen; /* started and ended; changes whenever a count below does */
    atomic_ullong calls_done, calls_failed, calls_busy;
    atomic_bool refused; /* the planes refuse the start: the exit status is EXIT_USAGE */
};

/* server_lines.c: one line in, answers appended to out; calls may be started. Transport thread. */
void server_line(struct server *server, const char *line, size_t len, struct buf *out);
void server_line_too_long(struct buf *out);

/* server_calls.c */
/* Hands the request over to a thread: true. False: body has the answer, or message its error. Transport
 * thread. */
bool server_start_call(struct server *server, struct message *message, const char *id, enum call_lane lane,
                       call_work_fn work, struct buf *body);
/* The run function of calls. */
void server_run_call(void *arg, struct call *call);

/* server_state.c */
void server_init(struct server *server);
void server_done(struct server *server);
/* The catalogue; waits for the planes until deadline_ms or until cancel (may be NULL) is set. NULL and p when
 * they refuse or time is over. Any thread. */
const struct catalog *server_catalog(struct server *server, int64_t deadline_ms, struct cancel *cancel,
                                     struct problem *p);
bool server_catalog_ready(struct server *server);
/* The first record of this run, with the first call of any tool; waits for it. Not on the transport thread.
 */
void server_first_call(struct server *server);
bool server_first_call_done(struct server *server);

#endif
