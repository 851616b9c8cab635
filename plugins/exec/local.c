/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On the node itself: the host starts the command, whose first word must be the name of a program of the
 * plane's configuration ("pct"), and ends its process group at the deadline, when the call is cancelled and
 * when it is over.
 */
#include <stdio.h>
#include <string.h>

#include "pipes.h"

#define PROGRAM_MOST 64u  /* bytes of a program's name */
#define END_WAIT_MS  2500 /* for the host's TERM and KILL to show at the pipes */
#define CLOCK_MS     100  /* the host's deadline may be so much before ours */

struct local {
    const struct backend_run *run;
    bool mute;    /* the host takes no more output */
    bool stopped; /* its time was over, or it was cancelled */
};

static int32_t local_open(const struct proximo_host *host, const struct backend_settings *settings,
                          void **ret)
{
    (void)settings;
    if (!PROXIMO_HOST_HAS(host, ended))
        return PROXIMO_ENOSYS;
    *ret = NULL;
    return 0;
}

static int32_t take(void *arg, uint32_t stream, const char *bytes, uint64_t len)
{
    struct local *local = arg;
    const struct proximo_text text = {bytes, len};
    if (len && !local->mute && local->run->host->output(local->run->call, stream, text))
        local->mute = true;
    return 0;
}

/* Until both streams have ended or, once the host ends the process, a little longer. */
static int32_t serve(struct local *local, struct pipes *pipes)
{
    const struct backend_run *run = local->run;
    const int64_t deadline_at = pipes_now_ms() + run->deadline_ms;
    int64_t until = deadline_at;
    int32_t r = 0;
    while (r == 0 && (pipes->out >= 0 || pipes->err >= 0)) {
        const bool cancelled = run->host->cancelled(run->call) > 0;
        const bool late = pipes_now_ms() >= until;
        if (late && local->stopped)
            break;
        if (!local->stopped && (late || cancelled)) {
            local->stopped = true;
            until = pipes_now_ms() + END_WAIT_MS;
            pipes_close_in(pipes);
        }
        r = pipes_turn(pipes, until - pipes_now_ms(), take, local);
    }
    if (run->host->cancelled(run->call) > 0 || pipes_now_ms() >= deadline_at - CLOCK_MS)
        local->stopped = true;
    return r;
}

static int32_t report(const struct local *local)
{
    const struct backend_run *run = local->run;
    struct proximo_text name = {"", 0};
    char signal[16];
    int32_t status = 0;
    int32_t r = run->host->ended(run->call, &status, &name);
    if (r)
        return run->host->outcome_unknown(run->call, "the end of the command did not become known");
    if (!name.len)
        return run->host->exited(run->call, status, NULL);
    (void)snprintf(signal, sizeof(signal), "%.*s", (int)name.len, name.ptr);
    return run->host->exited(run->call, -1, local->stopped ? BACKEND_TIMED_OUT : signal);
}

static int32_t local_run(void *state, const struct backend_run *run)
{
    struct local local = {.run = run};
    struct pipes pipes = {.in = -1, .out = -1, .err = -1};
    struct proximo_text input;
    char program[PROGRAM_MOST + 1];
    (void)state;
    if (run->argc == 0 || run->argv[0].len == 0 || run->argv[0].len > PROGRAM_MOST)
        return run->host->fail(
            run->call, PROXIMO_EINVAL,
            "the command's first word is no name of a program of this plane's configuration");
    (void)snprintf(program, sizeof(program), "%.*s", (int)run->argv[0].len, run->argv[0].ptr);
    int32_t r = pipes_input(run, &input);
    if (r == 0)
        r = pipes_start(&pipes, run, program, run->argv, run->argc);
    if (r)
        return r;
    pipes.input = input.ptr;
    pipes.input_len = input.len;
    r = serve(&local, &pipes);
    if (run->stdin_fd >= 0 && input.len)
        explicit_bzero((char *)(uintptr_t)input.ptr, (size_t)input.len);
    pipes_close(&pipes);
    return r ? run->host->outcome_unknown(run->call, "the pipes of the command could not be read")
             : report(&local);
}

static void local_close(void *state)
{
    (void)state;
}

const struct backend backend_local = {
    .name = "local", .open = local_open, .run = local_run, .close = local_close};
