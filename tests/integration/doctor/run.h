/* SPDX-License-Identifier: Apache-2.0 */
/* The program run with some words, and what its reports hold. */
#ifndef PROXIMO_TESTS_DOCTOR_RUN_H
#define PROXIMO_TESTS_DOCTOR_RUN_H

#include <json-c/json.h>

#include "base/buf.h"

/* Makes a folder for this program's files, and points the state there. Setup and teardown of a group. */
int run_open(void **state);
int run_close(void **state);
const char *run_folder(void);
/* A file of that name in the folder, mode 600; its path is valid until the next call. */
const char *run_file(const char *name, const char *text);
/* proximo WORDS... (NULL at the end): its exit status, and in *out what it printed. */
int run_program(struct buf *out, const char *const *words);
/* `proximo doctor --config FILE --json`, checked to be of the report's shape; the caller's. */
struct json_object *run_doctor(const char *config, int *ret_status);

/* The first check of the section with this piece in its text; fails the test if there is none. */
struct json_object *report_check(struct json_object *report, const char *section, const char *piece);
/* The same, and of this status: "ok", "note", "problem". */
void report_expect(struct json_object *report, const char *section, const char *status, const char *piece);
/* No check of that section has the piece. */
void report_expect_not(struct json_object *report, const char *section, const char *piece);
/* Members of a check. */
const char *check_text(struct json_object *check, const char *name);
/* All lines of a check in one text, a newline after each; valid until the next call. */
const char *check_lines(struct json_object *check);

#endif
