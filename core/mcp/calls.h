/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls in progress and the threads that run them. A call that waits for something has a thread of its
 * own; there are as many as calls at once, up to the limit, and idle ones end after a while. Calls that only
 * wait for the planes to be loaded stand in one queue that one thread serves. Calls that wait for tasks and
 * people are counted apart: they take no place that a read needs.
 */
#ifndef PROXIMO_MCP_CALLS_H
#define PROXIMO_MCP_CALLS_H

#include <json-c/json.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "mcp/forms.h"

struct call;
struct calls;
struct cancel;
struct client_requests;
struct message_error;
struct server;

/* What a call does, on a thread of the calls: appends the inside of the result to body. False and error: an
 * error of the protocol. */
typedef bool (*call_work_fn)(struct server *server, struct call *call, struct buf *body,
                             struct message_error *error);

#define CALL_PROGRESS_TEXT 200 /* bytes of a message of progress */

enum call_lane {
    CALL_LOCAL, /* quick once the planes are there: one thread, a bounded queue */
    CALL_WAITS, /* talks to a site: a thread of its own */
    CALL_LONG,  /* waits for a task or a person: a thread of its own, counted apart */
    CALL_LANES,
};

/* One request being worked on. Owned by the calls once started; the function that runs it owns `arguments`
 * and `progress...` and reads the rest. */
struct call {
    struct call *next; /* in its bucket */
    struct call *queued;
    enum call_lane lane;
    char *id; /* its JSON */
    bool modern;
    call_work_fn work;
    char *tool;                     /* of tools/call, otherwise NULL */
    struct json_object *arguments;  /* of tools/call: an object; NULL: none were given */
    struct json_object *params;     /* of other methods: an object; NULL: none were given */
    struct json_object *responses;  /* modern: inputResponses, an object; NULL: none were given */
    struct client_requests *client; /* what the client can be asked for and told; NULL: nothing */
    char *progress_token;           /* its JSON, or NULL */
    struct cancel *cancel;
    int64_t deadline_ms;
    /* What proximo_apply has to know of the request. */
    bool can_ask;            /* the client takes forms */
    bool form_has_mode;      /* of a revision whose forms say their mode */
    struct form_reply given; /* modern: what came in inputResponses */
    char *request_state;     /* modern: as echoed, or NULL */
    bool input_required;     /* modern: the result asks for input; set by the function that runs it */
    bool takes_tasks;        /* modern: the client takes a task for an answer */
    bool task;               /* the result is one; set by the function that runs it */

    pthread_mutex_t mutex; /* the rest */
    bool silent;           /* cancelled by the client or answered: nothing is sent for it any more */
    bool progress_told;
    bool progress_whole; /* the end was told, without waiting for its turn: once */
    uint32_t progress_done;
    uint32_t progress_part; /* thousandths, of what was told since within one unit */
    char progress_text[CALL_PROGRESS_TEXT + 1];
    int64_t progress_ms;
};

/* Copies id. The caller fills in the rest before calls_start; call_free frees it. */
int call_new(const char *id, struct call **ret);
void call_free(struct call *call);
/* Claims the right to answer; false when the client cancelled the call (or it has been claimed). */
bool call_claim_answer(struct call *call);

int calls_new(unsigned most, void (*run)(void *arg, struct call *call), void *arg, struct calls **ret);
/* Takes over call. -EBUSY at the limit and -EAGAIN without a thread: the call stays the caller's. */
int calls_start(struct calls *calls, struct call *call);
bool calls_has(struct calls *calls, const char *id);
/* The client has cancelled: nothing will be answered. False: no such call. */
bool calls_cancel(struct calls *calls, const char *id);
/* The server ends: every call is told to stop and may still be answered. */
void calls_stop(struct calls *calls);
/* Waits until none is in progress; false when time is over or stop_fd (if not -1) becomes readable. */
bool calls_wait_idle(struct calls *calls, int64_t deadline_ms, int stop_fd);
unsigned calls_running(struct calls *calls);
/* Ends the threads and frees; only after calls_wait_idle returned true. */
void calls_free(struct calls *calls);

#endif
