/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fake host for back ends of executors: it really connects, really starts programs, and keeps what comes
 * out. One call at a time. It ends what the call spawned a second after the call was cancelled, at its
 * deadline and when it ends, as the host does: TERM to the process group, KILL a second later. For want of a
 * thread of its own it does so in the next upcall.
 *
 *     struct fake fake;
 *     fake_init(&fake);
 *     fake_endpoint(&fake, "pve1", "127.0.0.1", port);
 *     fake_material(&fake, "known_hosts", text, strlen(text));
 *     struct backend_run run;
 *     fake_run_words(&fake, &run, "pve1", "sh", "-c", "exit 3", NULL);
 *     int32_t r = backend.run(state, &run);
 *     fake_ended(&fake);
 *     ... fake.exited, fake.exit_status, fake.signal, fake.unknown, fake.fail_code, fake.out.total ...
 *     fake_done(&fake);
 */
#ifndef PROXIMO_TESTS_EXEC_FAKE_H
#define PROXIMO_TESTS_EXEC_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "plugins/exec/backend.h"
#include "proximo/plane.h"

#define FAKE_MOST 16

struct fake;
struct proximo_call { /* what the plane sees as opaque */
    struct fake *fake;
};

struct fake_stream {
    struct buf kept; /* the first bytes, up to its limit (4 MiB) */
    uint64_t total;
};

struct fake {
    struct proximo_host host;
    struct proximo_call call;
    struct {
        char *name, *address; /* an IPv4 address, or the path of a socket with port 0 */
        uint16_t port;
    } endpoints[FAKE_MOST];
    struct {
        char *name, *file;
        char **before; /* words that come behind argv[0], NULL at the end; may be NULL */
    } programs[FAKE_MOST];
    struct {
        char *name, *bytes;
        size_t len;
    } materials[FAKE_MOST];
    unsigned endpoint_count, program_count, material_count;
    /* Set by the test. The call is cancelled as soon as one of them holds. */
    bool cancelled;
    uint64_t cancel_after_bytes; /* of stdout; 0: never */
    int64_t cancel_at_ms;        /* on clock_ms(); 0: never */
    int64_t deadline_at_ms;      /* of the run; fake_init: a minute from now */
    bool patient;                /* the host's own hand stays off what it spawned until the call has ended */
    /* What the plane did. */
    struct fake_stream out, err;
    unsigned exited, unknown; /* how often it said so */
    int32_t exit_status;
    char signal[16]; /* "" without */
    char unknown_why[512];
    int32_t fail_code;
    char fail_text[1024];
    char log_text[4096];
    pid_t spawned[FAKE_MOST]; /* process groups */
    unsigned spawned_count, connect_count;
    bool reaped[FAKE_MOST];
    int wait_status[FAKE_MOST];
    int64_t over_at_ms; /* when its end was first seen; 0: not yet */
    int64_t term_at_ms; /* when the TERM was sent; 0: not yet */
    void **memory;
    size_t memory_count;
};

void fake_init(struct fake *fake);
void fake_endpoint(struct fake *fake, const char *name, const char *address, uint16_t port);
/* file: a path or a name of PATH; before: words up to NULL that are put
 * between argv[0] and the rest, or NULL. */
void fake_program(struct fake *fake, const char *name, const char *file, const char *const *before);
void fake_material(struct fake *fake, const char *name, const char *bytes, size_t len);

/* A run of these words (up to NULL) with no input and a deadline of 30 s, for fake's host and call. The words
 * are copied. */
void fake_run_words(struct fake *fake, struct backend_run *ret, const char *node, ...);
void fake_run_argv(struct fake *fake, struct backend_run *ret, const char *node, const char *const *argv);
/* A pipe with these bytes, as host->secret_stdin gives it. */
int fake_pipe(const char *bytes, size_t len);

/* The call has ended: what it spawned is ended and waited for. */
void fake_ended(struct fake *fake);
/* Forgets what the plane did, for the next call; what the test set up stays, but for the cancellation. */
void fake_again(struct fake *fake);
void fake_done(struct fake *fake);

#endif
