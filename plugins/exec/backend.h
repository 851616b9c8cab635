/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One way to run a command on a node: libssh2 (ssh_*.c), the system's ssh (openssh.c), or here (local.c). A
 * back end gets the words of the command and does the rest: it quotes, connects, runs, passes the output on
 * and says how it ended. All of it within one upcall of the executor; nothing else of the plane knows which
 * one it is.
 */
#ifndef PROXIMO_EXEC_BACKEND_H
#define PROXIMO_EXEC_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include "proximo/plane.h"

/* Of the plane's configuration; text lives as long as the plane. */
struct backend_settings {
    const char *user;     /* "root" */
    const char *hostkey;  /* "SHA256:..." pin; NULL: known_hosts */
    const char *identity; /* fingerprint "SHA256:..." of the one key to ask the agent (endpoint "agent") for;
                             NULL: the private key is the material "identity" */
    int64_t idle_ms;      /* a connection unused for so long is closed (at the next run); 0: never kept */
};

struct backend_run {
    const struct proximo_host *host;
    struct proximo_call *call;
    const char *node;                /* "pve1": names the endpoint or, for openssh, the host argument */
    const struct proximo_text *argv; /* checked: at least one word, none with NUL; the plane refused control
                                        characters before, a back end must pass every byte 1..255 unchanged */
    uint32_t argc;
    struct proximo_text stdin_text; /* with stdin_fd -1: what goes in, then end of file */
    int32_t stdin_fd;               /* a pipe with a secret; the back end reads it to the end; -1: none; the
                                       caller closes it */
    int64_t deadline_ms;            /* from now; the remote command is ended too */
};

/*
 * A back end reports through the host: output() for what came (stream 1 or 2), then exactly one of exited()
 * or outcome_unknown(); before the command was sent a failure is host->fail and its code, and then it is
 * certain that nothing ran (so it is a code by which plane.h says that: EINVAL, ENOTFOUND, EDENIED,
 * EUNAVAIL). A command that was ended, at its deadline or by cancellation, is exited(call, -1,
 * BACKEND_TIMED_OUT); a signal's name has no SIG before it ("KILL").
 */
#define BACKEND_TIMED_OUT "TIMEOUT"
#define BACKEND_STDOUT    1u
#define BACKEND_STDERR    2u

struct backend {
    const char *name;
    int32_t (*open)(const struct proximo_host *host, const struct backend_settings *settings, void **ret);
    int32_t (*run)(void *state, const struct backend_run *run);
    void (*close)(void *state);
};

extern const struct backend backend_libssh2;
extern const struct backend backend_openssh;
extern const struct backend backend_local;

/*
 * The words as one line for a POSIX shell that gives exactly them again, each in single quotes, behind
 * `timeout` (coreutils) that ends the command after run->deadline_ms, TERM first, KILL 5 s later. In the
 * call's arena, NUL-terminated. PROXIMO_EINVAL (words said): no word, or a NUL in one; PROXIMO_ENOMEM.
 */
int32_t backend_command_line(const struct backend_run *run, struct proximo_text *ret);

/*
 * Ending a command early. Without a terminal a remote process does not die with its connection, so the
 * `timeout` around it carries a mark, a variable PROXIMO_RUN of its environment alone: the command's own
 * environment, arguments, output and exit status are untouched. backend_end_line is a second command for the
 * same node that finds the process with this mark, sends it TERM (`timeout` passes it on to its process
 * group), KILL to the group about 2 s later, and waits: 3 s in all, because a host gives a run that was
 * stopped 5. It exits with BACKEND_END_... A process that left the group (a daemon) is not chased, as
 * `timeout` itself would not.
 */
#define BACKEND_MARK_LEN        32u /* hexadecimal digits */
#define BACKEND_END_GONE        0   /* it was there and is gone, with its process group */
#define BACKEND_END_STILL_THERE 1
#define BACKEND_END_NOT_FOUND   3 /* ended already, not yet begun, or out of sight */
int32_t backend_marked_line(const struct backend_run *run, const char mark[BACKEND_MARK_LEN + 1],
                            struct proximo_text *ret);
int32_t backend_end_line(const struct backend_run *run, const char mark[BACKEND_MARK_LEN + 1],
                         struct proximo_text *ret);

#endif
