/* SPDX-License-Identifier: Apache-2.0 */
/* The stand of the executors' tests: the plane "execute", an echo server on the loopback, files of material.
 */
#ifndef PROXIMO_TESTS_ABI_EXEC_STAND_H
#define PROXIMO_TESTS_ABI_EXEC_STAND_H

#include "plane/exec.h"
#include "rig.h"

#define EXEC_KNOWN "host ssh-ed25519 AAAA\n"
#define EXEC_KEY   "# mine\n-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----\n"

extern char exec_folder[]; /* of the files */
extern struct rig exec_rig;

/* Planes good and execute in this mode; lists: more YAML of execute. */
void exec_start(const char *mode, const char *lists);
int exec_setup(void **state); /* exec_start with endpoints, programs and material */
int exec_teardown(void **state);
/* A run of test-run, its words separated by '|'; what is not in `like` is not given. */
int execute_as(const struct plane_exec *like, const char *words, struct plane_exec_result *ret,
               struct problem *p);
/* The same with an empty target and ten seconds. */
void exec_words(const char *words, struct plane_exec_result *ret);
const char *out_of(const struct plane_exec_stream *stream);
void expect_end(const char *words, enum plane_exec_end end, const char *code, const char *says);

#endif
