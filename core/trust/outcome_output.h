/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROXIMO_TRUST_OUTCOME_OUTPUT_H
#define PROXIMO_TRUST_OUTCOME_OUTPUT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct ledger;

#define OUTPUT_ROOM ((size_t)10000) /* bytes of JSON for what all commands of an answer wrote */

/*
 * The member "output" of a step of an undo file's record, where it ran a command: end, exit_status or signal,
 * bytes, hashes. For a record of `ledger` that is all; for an answer (ledger NULL) also "stdout" and "stderr"
 * from the record's results as far as *room goes, which shrinks, what was left out in bytes
 * ("stdout_left_out"), and "untrusted". Nothing for other steps.
 */
void outcome_put_output(struct buf *out, struct json_object *record, struct json_object *step,
                        struct ledger *ledger, size_t *room);

#endif
