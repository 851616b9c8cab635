/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forms: a person at the client is asked to type something. In the legacy era they are requests of ours to
 * the client (elicitation/create), answered by a response that the transport thread hands over; in the modern
 * era they are part of a result. Source: MCP 2025-06-18, 2025-11-25 and 2026-07-28, "Elicitation", form mode.
 */
#ifndef PROXIMO_MCP_FORMS_H
#define PROXIMO_MCP_FORMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"
#include "mcp/span.h"
#include "trust/trust.h"

struct cancel;
struct forms;
struct json_object;
struct output;

#define FORM_CONSENT_KEY "consent" /* of inputRequests and inputResponses */

/* What came back of a form. */
struct form_reply {
    enum trust_reply reply;
    char *typed; /* of TRUST_ACCEPTED, malloc'd */
};
void form_reply_done(struct form_reply *reply);
/* From an ElicitResult; what does not look like one was dismissed. */
void form_reply_read(struct span result, struct form_reply *ret);
/* The consent among inputResponses; TRUST_NOT_ASKED when there is none. */
void forms_given(struct span input_responses, struct form_reply *ret);
/* Does a client with these capabilities (an object) take forms? {"elicitation":{}} and {"form":{}} do,
 * {"url":{}} alone does not. */
bool forms_taken(struct span capabilities);
/* The params of elicitation/create. has_mode: of a revision that knows `mode`. */
void form_put_params(struct buf *out, bool has_mode, const struct trust_ask *ask);

/* output: where the requests go, borrowed; wait_ms: how long a person has. */
int forms_new(struct output *output, int64_t wait_ms, struct forms **ret);
void forms_free(struct forms *forms); /* none may be waiting any more */
/*
 * Asks and waits; on a thread that may wait. 0 and *ret; -ETIMEDOUT and PX-CONSENT-PENDING when nobody
 * answered (the client is told that the form is void); -ECANCELED and PX-CANCELLED when `cancel` is set or
 * the conversation ends.
 */
int forms_ask(struct forms *forms, bool has_mode, const struct trust_ask *ask, struct cancel *cancel,
              struct form_reply *ret, struct problem *p);
/*
 * Legacy: a request of a plane to the client, for as long as cancel and deadline_ms allow. params: the JSON
 * of an object. 0 and *ret (any JSON value), -EIO: the client answered with an error; -ETIMEDOUT; -ECANCELED.
 */
int forms_request(struct forms *forms, const char *method, const char *params, struct cancel *cancel,
                  int64_t deadline_ms, struct json_object **ret, struct problem *p);
/* A response with this id came; result at NULL: it was an error. Ids that nobody waits for are ignored. Any
 * thread. */
void forms_answer(struct forms *forms, struct span id, struct span result);
/* No answer can come any more: ends all waits, now and later. */
void forms_end(struct forms *forms);

#endif
