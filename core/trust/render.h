/* SPDX-License-Identifier: Apache-2.0 */
/* What the ways of showing a plan share, for render*.c alone. */
#ifndef PROXIMO_TRUST_RENDER_H
#define PROXIMO_TRUST_RENDER_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "trust/plan.h"

/* A member as text, "" when it is not there; as an array, NULL when it is not there. Borrowed. */
const char *render_text(struct json_object *object, const char *key);
struct json_object *render_rows(struct json_object *object, const char *key);
/* Cleaned, on one line, at most `most` bytes. */
void render_plain(struct buf *out, const char *text, size_t most);
/* The same in double quotes, with quotes and backslashes escaped: words that are not the core's. */
void render_quoted(struct buf *out, const char *text, size_t most);
/* A field's value as it may be shown, quoted: no secret, no userinfo of URLs. */
void render_field_value(struct buf *out, struct json_object *field, size_t most);
/* "Affects: ...", a line for each thing, the worst first. */
void render_affected(struct json_object *root, struct buf *out);
/* "POST /nodes/pve1/lxc/105/status/stop", "wait until /status equals ... at /path". */
void render_step_line(struct buf *out, struct json_object *step);

/* ---- render_command.c: what an executor step runs, every word of it */

/* "run by exec on {"node":"pve1"}: systemctl restart 'a b'": on one line, for lists. */
void render_command_line(struct buf *out, struct json_object *step);
/* The words alone; at most `most` bytes of it, what was cut is said. */
void render_argv(struct buf *out, struct json_object *step, size_t most);
/* The words quoted as a shell would take them, the whole input, the limits: lines that begin with spaces. */
void render_command(struct buf *out, struct json_object *step);

/* One for the ledger: the program, how many words, how long the input. */
void render_command_record(struct buf *out, struct json_object *step);
/* A field of a request to a guest's agent to run a command, in the same way: all words with the first of
 * them. False: it is an ordinary field. */
bool render_agent_command(struct buf *out, struct json_object *step, struct json_object *field, bool first);

#endif
