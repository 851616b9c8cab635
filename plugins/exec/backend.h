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
    const char *user;    /* "root" */
    const char *hostkey; /* "SHA256:..." pin; NULL: known_hosts */
    const char
        *key_type;   /* of the identity to ask an agent for: its "SHA256:..." fingerprint; NULL: a file */
    int64_t idle_ms; /* a connection unused for so long is closed; 0: never kept */
};

struct backend_run {
    const struct proximo_host *host;
    struct proximo_call *call;
    const char *node;                /* "pve1": names the endpoint or, for openssh, the host argument */
    const struct proximo_text *argv; /* checked: at least one word, none with NUL; the plane refused control
                                        characters before, a back end must pass every byte 1..255 unchanged */
    uint32_t argc;
    struct proximo_text stdin_text; /* with stdin_fd -1: what goes in, then end of file */
    int32_t stdin_fd;               /* a pipe with a secret; the back end reads it to the end; -1: none */
    int64_t deadline_ms;            /* from now; the remote command is ended too */
};

/*
 * A back end reports through the host: output() for what came, then exactly one of exited() or
 * outcome_unknown(); before the command was sent a failure is host->fail and its code, and then it is
 * certain that nothing ran.
 */
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
 * `timeout` (coreutils) that ends the command after seconds, TERM first, KILL 5 s later. In the call's arena.
 */
int32_t backend_command_line(const struct backend_run *run, struct proximo_text *ret);

#endif
