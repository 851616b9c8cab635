/* SPDX-License-Identifier: Apache-2.0 */
/* A `proximo serve` under test: started with its own environment, spoken to line by line, waited for. */
#ifndef PROXIMO_TESTS_CHILD_H
#define PROXIMO_TESTS_CHILD_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct child {
    pid_t pid;
    int to, from;
    char *buffer;
    size_t len, cap;
    char home[64];   /* its HOME, TMPDIR and configuration: a folder of its own */
    char errors[96]; /* file of its stderr */
    bool called;     /* a tools/call was sent: the ledger may have its first record */
};

/* argv behind the program's name, NULL at its end. Fails the test when it cannot be started. */
void child_start(struct child *child, const char *const *argv);
/* The same with a configuration file written into its home first. */
void child_start_configured(struct child *child, const char *yaml, const char *const *argv);
void child_say(struct child *child, const char *line); /* adds the newline */
void child_write(struct child *child, const void *bytes, size_t len);
/* The next line as JSON, owned by the caller; NULL at the end of output or after `ms`. A line that is not one
 * JSON-RPC object fails the test. */
struct json_object *child_hear(struct child *child, int ms);
void child_close_input(struct child *child);
/* Waits for the end, at most `ms`, and returns the exit status (128 + signal). Leaves stderr's text in ret
 * (free()). */
int child_end(struct child *child, int ms, char **ret_errors);
/* Files and folders left in its home but for stderr, configuration and, once a tool was called, the state
 * folder; then removes the home. */
int child_remains(struct child *child);

#endif
