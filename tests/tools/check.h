/* SPDX-License-Identifier: Apache-2.0 */
/* What is checked of a row. Each plays on a stage of its own that is up; findings go to stage_bad(). */
#ifndef PROXIMO_TESTS_TOOLS_CHECK_H
#define PROXIMO_TESTS_TOOLS_CHECK_H

#include "stage.h"

/* The answer in both surfaces, invalid arguments, the refusal. */
void check_read(struct stage *stage);
/* The plan in both surfaces, invalid arguments, the refusal, the application, the way back. */
void check_change(struct stage *stage);
/* What a plan was made from is changed behind its back: PX-DRIFT. */
void check_drift(struct stage *stage);
/* The row's `fails`: how the application ends when the cluster does not play along. */
void check_fails(struct stage *stage);

/* ---- parts of these */

/* Calls the tool through the façade: proximo_read or proximo_plan. */
struct json_object *call_facade(struct stage *stage, const char *arguments, bool *ret_failed);
/* The row's `invalid`, and `refused` (with a second server that has another token). */
void check_invalid(struct stage *stage);
void check_refused(struct stage *stage);
/* Before a change: what `undo.equal` names. After it: undone, and as it was. */
struct json_object *undo_before(struct stage *stage);
/* The same before the row's `before`, where `undo.as` says so; NULL: it does not. */
struct json_object *undo_untouched(struct stage *stage);
void check_undo(struct stage *stage, struct json_object *plan, struct json_object *applied,
                struct json_object *before);
/* Applies with a person who types the subject. */
struct json_object *apply_as_person(struct stage *stage, struct json_object *plan, bool *ret_failed);

#endif
