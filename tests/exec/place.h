/* SPDX-License-Identifier: Apache-2.0 */
/* The three places where a command can run, each behind the same fake host, for tests that treat them alike.
 */
#ifndef PROXIMO_TESTS_EXEC_PLACE_H
#define PROXIMO_TESTS_EXEC_PLACE_H

#include "tests/exec/fake.h"
#include "tests/exec/rig.h"

enum place_id { LOCAL, OPENSSH, LIBSSH2, PLACES };

/* How a place finds the node "pve1" and is let in. */
struct place_way {
    enum rig_variant variant;
    enum rig_known known;
    uint16_t port;    /* 0: the server's own; a proxy's */
    const char *key;  /* a key file of the rig; NULL: "ed25519" */
    const char *user; /* NULL: the rig's */
    bool agent;       /* the key from the rig's agent, not from the file */
};

struct place {
    enum place_id id;
    const struct backend *backend;
    struct rig *rig;
    struct fake fake;
    struct backend_settings settings;
    char *identity; /* the fingerprint for an agent */
    void *state;
};

extern const char *const place_names[PLACES];

/* Everything set up and the back end open. way NULL: the usual one. */
void place_open(struct place *place, enum place_id id, struct rig *rig, const struct place_way *way);
/* Runs these words; deadline_ms of the command, and of the host for the call. What the call spawned is ended
 * then. */
int32_t place_run(struct place *place, struct backend_run *run);
void place_close(struct place *place);

/* A number on the first line of what came out: the id of a process. */
pid_t place_pid(const struct place *place);
/* The same of any text; 0: it is none. */
pid_t place_pid_of(const char *text);
/* The process is gone, or is within wait_ms. */
bool place_gone(pid_t pid, int64_t wait_ms);

#endif
