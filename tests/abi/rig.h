/* SPDX-License-Identifier: Apache-2.0 */
/* The rig of the plane tests: a configuration that names test planes, the planes of it, and calls to their
 * tools. */
#ifndef PROXIMO_TESTS_ABI_RIG_H
#define PROXIMO_TESTS_ABI_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cancel.h"
#include "base/problem.h"
#include "plane/manifest.h"
#include "plane/planes.h"

struct config;

struct rig {
    struct config *config;
    struct planes *planes;
};

enum rig_kind { RIG_BUILTIN, RIG_FOREIGN };

/* Where the test planes are: <build>/tests/abi/planes. */
const char *rig_folder(void);
/*
 * A rig with these planes (comma separated names), in one host (BUILTIN) or each in its own (FOREIGN). extra:
 * more YAML of every plane but "good", e.g. "required: true"; NULL: none. Not started.
 */
void rig_new(struct rig *rig, enum rig_kind kind, const char *names, const char *extra);
void rig_new_yaml(struct rig *rig, const char *yaml);
int rig_wait(struct rig *rig, struct problem *p);
void rig_done(struct rig *rig);
void rig_state(struct rig *rig, const char *name, struct plane_state *ret);
/* The plane is left out and its cause has `part` in it. */
void rig_refused(struct rig *rig, const char *name, const char *part);
/* Calls a tool; on success the first block's text is copied to ret (of size bytes). */
int rig_call(struct rig *rig, const char *tool, const char *arguments, int64_t wait_ms, char *ret,
             size_t size, struct problem *p);
/* Calls a plan, plan_undo or blast function; name is a tool or a class, input as in struct plane_call. The
 * draft as JSON, malloc'd. */
int rig_draft(struct rig *rig, enum plane_call_kind kind, const char *name, const char *arguments,
              const char *input, int64_t wait_ms, char **ret, struct problem *p);
/* The good plane answers. */
void rig_good(struct rig *rig);
/* {"result":n} of a call. */
int rig_result(struct rig *rig, const char *tool, const char *which);
bool rig_loose(void); /* a sanitizer build */

/* main() of every program of these tests: as `plane-host` it is a plane host, since hosts run the program's
 * own file. */
int rig_main(int argc, char **argv, int (*tests)(void));

#endif
