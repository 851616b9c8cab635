/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the bytes of a request to a set of parameters, and from an answer to the bytes of a reply.
 */
#ifndef PROXIMO_SIM_BODY_H
#define PROXIMO_SIM_BODY_H

#include "sim.h"

/* Percent-decodes `len` bytes ('+' is a space if `plus`) and replaces what is not UTF-8. Owned; NULL: out of
 * memory. */
char *sim_decode(const char *text, size_t len, bool plus);
/* Adds the pairs of a query or form to `params`; a repeated name becomes a list. */
void sim_parse_form(const char *text, size_t len, struct json_object *params);
/* Reads the body into `params`. Returns 0, or an HTTP status with the plain text in `text`. */
int sim_parse_body(const struct sim_request *request, struct json_object *params, char *text, size_t size);
/* Is this the upload of a file, whose body has parts? (multipart.c) */
bool sim_is_upload(const struct sim_request *request);
/* Adds the fields of an upload and the file's name (filename) to `params`. Returns 0 or -EINVAL. */
int sim_parse_upload(const struct sim_request *request, struct json_object *params);
/* The file of an upload, borrowed from the request. Returns 0, or -EINVAL when there is none. */
int sim_upload_file(const struct sim_request *request, const char **ret_bytes, size_t *ret_size);
/* Builds the JSON reply of a call; `extjs` asks for that format of the API. */
void sim_reply_json(struct sim_call *call, bool extjs, struct sim_reply *reply);
/* A reply without JSON: status, reason, body text ("" for an empty one). */
void sim_reply_plain(struct sim_reply *reply, int status, const char *reason, const char *body);

#endif
