/* SPDX-License-Identifier: Apache-2.0 */
/* What the arguments of tools are tried with: by format, by name, and what one tool alone takes. */
#ifndef PROXIMO_TESTS_CONTRACT_SAMPLES_H
#define PROXIMO_TESTS_CONTRACT_SAMPLES_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

struct param_row;
struct tool;

/* Sample `n` of a parameter as a JSON value, the caller's; NULL: there are no more. */
struct json_object *sample(const struct tool *tool, const struct param_row *param, size_t n);
/* Tools of which one of several parameters says whose thing it is about: argument set `n` that says it, an
 * object, the caller's; NULL: there are no more (n = 0: it is no such tool). */
struct json_object *sample_place(const struct tool *tool, size_t n);
/* Is it one of these parameters? */
bool sample_is_place(const struct tool *tool, const struct param_row *param);
/* The one release that has its requests; NULL: both have them. */
const char *sample_release(const struct tool *tool);
/* Only guests of one kind make sense. */
bool sample_for_machines(const struct tool *tool);
bool sample_for_containers(const struct tool *tool);
/* What a request of this path answers, where the emptiest answer would stop the tool; NULL: the emptiest.
 * `returns` as the description says; static until the next call. */
const char *sample_answer(const char *path, const char *returns, bool pbs);
/* Proxmox VE 8 does not have this path; planes ask for it only where 9 runs, as it does in these tests. */
bool sample_is_of_9(const char *path);

#endif
