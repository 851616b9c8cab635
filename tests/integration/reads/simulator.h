/* SPDX-License-Identifier: Apache-2.0 */
/* proximo-sim as a child process of a test. */
#ifndef PROXIMO_TEST_SIMULATOR_H
#define PROXIMO_TEST_SIMULATOR_H

#include <json-c/json.h>
#include <sys/types.h>

struct simulator {
    pid_t pid;
    int stdin_fd;              /* closing it ends the simulator */
    struct json_object *ready; /* its first line: url, fingerprint, tokens */
};

/* Starts it with these further arguments (NULL at the end) and waits for its first line. 0, or -1 after a
 * message. */
int simulator_start(struct simulator *sim, const char *const *arguments);
void simulator_stop(struct simulator *sim);
/* "url", "fingerprint", or the file of a token ("tokens/root"). */
const char *simulator_value(const struct simulator *sim, const char *name);

#endif
