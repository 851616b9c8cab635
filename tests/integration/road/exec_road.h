/* SPDX-License-Identifier: Apache-2.0 */
/* The road of commands under test: a real OpenSSH server on the loopback, a `pct` that enters real
 * namespaces, the simulated cluster, and a person who consents. One at a time. */
#ifndef PROXIMO_TESTS_EXEC_ROAD_H
#define PROXIMO_TESTS_EXEC_ROAD_H

#include "road.h"
#include "tests/exec/rig.h"

extern struct rig rig;
extern struct road road;
extern struct server server;
extern char exec_yaml[8192]; /* the planes of the configuration, as exec_road_begin wrote them */

/* What a test may want otherwise; all zero: libssh2, container 105, the server's own keys. */
struct exec_way {
    bool openssh;
    bool tasks;           /* a client of 2026-07-28 with the extension of tasks */
    const char *allow;    /* list of containers; NULL: 105 */
    const char *more;     /* further members of the plane's section: ", idle: 0"; NULL: none */
    enum rig_known known; /* what known_hosts says */
    uint16_t port;        /* of a proxy; 0: the server's */
};

/* false: this machine has no OpenSSH server or no namespaces, and the reason was printed. */
bool exec_road_there(void);
/* The same, and if so it is all up. */
bool exec_road_begin(const struct exec_way *way);
void exec_road_end(void);
/* Plans and applies with the right person; the answer, whose outcome must be so. The caller's. */
struct json_object *exec_road_run(const char *tool, const char *arguments, const char *outcome);
/* Until a process that was started with this word is there, or gone; false: not within 20 s. */
bool exec_road_wait(const char *word, bool is_there);

/* Of the group of tests. */
int exec_road_start(void **state);
int exec_road_stop(void **state);

#endif
