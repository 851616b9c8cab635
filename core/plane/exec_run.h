/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run of an executor in progress, on the core's side: what it was handed, what it said. The caller's thread
 * does its upcalls (exec_upcall.c); the supervisor thread takes its output and ends its process in time.
 */
#ifndef PROXIMO_PLANE_EXEC_RUN_H
#define PROXIMO_PLANE_EXEC_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include "plane/exec.h"
#include "plane/message.h"

#define EXEC_GRACE_MS     5000 /* after the run's deadline, for the executor to end the command and say so */
#define EXEC_STOP_MS      1000 /* that a cancelled run has to end its command at the far side, before TERM */
#define EXEC_TERM_MS      1000 /* from TERM to KILL of a process */
#define EXEC_NAME_MOST    64u  /* bytes of an endpoint's, program's or file's name */
#define EXEC_MATERIAL_MAX ((size_t)256 << 10)
#define EXEC_PIECE        16384u /* bytes of output in one message */
#define EXEC_FDS          3u
#define EXEC_SIGNAL_SIZE  16u
#define EXEC_SECRET       1u /* the id of its stdin */

enum exec_said { EXEC_SAID_NOTHING, EXEC_SAID_EXITED, EXEC_SAID_UNKNOWN };

/* Letters and digits, as the system and SSH write signals: "KILL", "RTMIN+1". */
static inline bool exec_signal_fits(const char *name, size_t len)
{
    if (len == 0 || len >= EXEC_SIGNAL_SIZE)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!(name[i] >= 'A' && name[i] <= 'Z') && !(name[i] >= '0' && name[i] <= '9') &&
            !strchr("+-@.", name[i]))
            return false;
    return true;
}

struct body;
struct call;
struct config_plane;
struct executor_row;
struct message_head;
struct plane_info;
struct planes;

struct exec_run {
    const struct plane_exec *exec;
    const struct plane_info *plane;
    const struct executor_row *row;
    const struct config_plane *config; /* what it may reach, start and read; NULL: nothing */
    int64_t until_ms;                  /* clock_ms(): then the command's time is over */
    /* Under planes->lock. */
    bool handed;     /* something was connected or spawned: the command may have run */
    pid_t child;     /* of this run, a zombie until the run is over; 0: none */
    int64_t stop_ms; /* when the run was told to stop; 0: not */
    int64_t term_ms; /* when its child was sent TERM; 0: not */
    bool killed;
    size_t limit; /* bytes kept of a stream */
    struct plane_exec_stream out, err;
    /* The caller's thread. */
    bool spawned, secret_given;
    /* When it is over. */
    bool replied; /* the executor itself said or returned something */
    bool stopped; /* cancelled, or over its time */
    int32_t code;
    enum exec_said said;
    int32_t status;
    char signal[EXEC_SIGNAL_SIZE];
    char why[512];
};

/* ---- exec.c */
/* The same as planes_exec, at hard_ms (clock_ms()) at the latest. */
int exec_run(struct planes *planes, const struct plane_exec *exec, int64_t hard_ms,
             struct plane_exec_result *ret, struct problem *p);
/* The request as the host reads it. */
void exec_put_request(const struct exec_run *run, int64_t now, struct buf *out);
/* Takes a reply of the host; -EPROTO and p when it makes no sense. */
int exec_take_reply(struct exec_run *run, const char *bytes, size_t len, struct problem *p);

/* ---- exec_upcall.c: fds (EXEC_FDS of them) go to the host with the answer. In the caller's thread. */
int32_t upcall_exec(struct planes *planes, struct call *call, const struct message_head *upcall,
                    struct body *body, struct buf *out, int *fds, size_t *ret_fd_count, struct problem *p);
/* Output that a host sent, under the lock; -EPROTO when it makes no sense. */
int exec_output(struct exec_run *run, struct body *body);
/* Should what this call waits for be given up? */
bool exec_given_up(struct planes *planes, const struct call *call);

/* ---- exec_connect.c */
/* Connects to an endpoint of the configuration by until_ms. *ret_fd is blocking, the caller's. */
int exec_connect(struct planes *planes, const struct call *call, const char *endpoint, int64_t until_ms,
                 int *ret_fd, struct problem *p);

/* ---- exec_child.c */
/* Starts path; argv ends with NULL. *ret_pid leads a process group; fds: its stdin, stdout and stderr. */
int exec_spawn(const char *path, char *const *argv, pid_t *ret_pid, int fds[EXEC_FDS], struct problem *p);
/* Has it ended? 1 and its status, or -1 and the signal's name; 0: it runs; -errno. It stays a zombie. */
int exec_child_wait(pid_t pid, int timeout_ms, int32_t *ret_status, char signal[EXEC_SIGNAL_SIZE]);
/* Under the lock, from the supervisor: TERM and KILL when it is time. */
void exec_child_tend(struct exec_run *run, bool stop, int64_t now);
int64_t exec_child_next_ms(const struct exec_run *run,
                           bool stop); /* when to tend it next; INT64_MAX: never */
/* Ends the whole group and reaps it. In the caller's thread, when the call is over. */
void exec_child_end(struct planes *planes, struct exec_run *run);

#endif
