/* SPDX-License-Identifier: Apache-2.0 */
/* The back end on libssh2: one command, one channel, one report. */
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "ssh_end.h"
#include "ssh_pool.h"

/* libssh2 1.10 sends no packet of more than 35000 bytes. */
#define LINE_MOST ((uint64_t)32 << 10)
/* After the deadline the node's own `timeout` acts, and the news of it travels; then we end the command
 * ourselves, before the host's patience ends, 5 s after the deadline. */
#define GRACE_MS 800
/* A command that was sent is waited for this long after the deadline or cancellation, to be ended properly.
 */
#define STARTUP_MS 1000
/* The node's clock may run a little faster than ours. */
#define CLOCK_MS 200

struct libssh2_backend {
    const struct proximo_host *host;
    struct backend_settings settings;
    struct ssh_pool *pool;
};

struct command {
    struct libssh2_backend *backend;
    struct ssh_work work;
    struct ssh_flow *flow;
    char mark[BACKEND_MARK_LEN + 1];
    struct proximo_text line;
    int64_t limit_ms; /* what the node's `timeout` was given */
    int64_t sent_at;
    bool asked;  /* the node was asked to run it: from then on it may have run */
    bool ending; /* we sent the order to end it */
    int end_said;
    int32_t why_end; /* PROXIMO_ECANCELLED, PROXIMO_EDEADLINE */
};

static void backend_close(void *state)
{
    struct libssh2_backend *backend = state;

    if (!backend)
        return;
    ssh_pool_free(backend->pool);
    free(backend);
    libssh2_exit();
}

static int32_t backend_open(const struct proximo_host *host, const struct backend_settings *settings,
                            void **ret)
{
    struct libssh2_backend *backend = calloc(1, sizeof(*backend));

    /* No configuration files of OpenSSL: the process that this runs in can open none. */
    if (!backend || OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1 || libssh2_init(0) != 0) {
        free(backend);
        host->log(NULL, PROXIMO_LOG_ERROR, "libssh2 does not start: no memory");
        return PROXIMO_ENOMEM;
    }
    backend->host = host;
    backend->settings = *settings;
    backend->pool = ssh_pool_new(settings->idle_ms);
    if (!backend->pool) {
        backend_close(backend);
        return PROXIMO_ENOMEM;
    }
    *ret = backend;
    return PROXIMO_OK;
}

static bool make_mark(char ret[BACKEND_MARK_LEN + 1])
{
    unsigned char bytes[BACKEND_MARK_LEN / 2];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        return false;
    for (size_t i = 0; i < sizeof(bytes); i++)
        (void)snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

/* ---------------------------------------------------------------- before the command is sent */

/* Opens the command's channel. *ret_dead: the session is of no use any more, and nothing was asked of it. */
static int32_t open_channel(const struct ssh_work *work, struct ssh_session *session, LIBSSH2_CHANNEL **ret,
                            bool *ret_dead)
{
    const struct backend_run *run = work->run;
    LIBSSH2_CHANNEL *channel = NULL;

    *ret_dead = false;
    while ((channel = libssh2_channel_open_session(session->ssh)) == NULL) {
        int error = libssh2_session_last_errno(session->ssh);
        if (error != LIBSSH2_ERROR_EAGAIN) {
            *ret_dead = true;
            return run->host->fail(
                run->call, PROXIMO_EUNAVAIL,
                error == LIBSSH2_ERROR_CHANNEL_FAILURE
                    ? "%s lets us in but opens no channel for a command (%s); nothing was run. The "
                      "number of sessions on a connection may be limited (MaxSessions)"
                    : "the connection to %s ended before the command was sent (%s); nothing was run",
                run->node, ssh_session_error(session));
        }
        int32_t over = ssh_session_wait(work, session);
        if (over)
            return ssh_work_fail(work, over, "opening a channel for the command");
    }
    *ret = channel;
    return PROXIMO_OK;
}

/* A session and a channel on it: an idle one if there is, and a new one when that turns out to be dead. */
static int32_t reach(struct command *command)
{
    struct ssh_pool *pool = command->backend->pool;
    struct ssh_flow *flow = command->flow;
    bool dead = false;

    struct ssh_session *session = ssh_pool_take(pool, &command->work);
    if (session) {
        int32_t r = open_channel(&command->work, session, &flow->channel, &dead);
        if (r == PROXIMO_OK) {
            flow->session = session;
            return r;
        }
        ssh_session_close(session, false);
        if (!dead)
            return r;
    }
    int32_t r = ssh_pool_connect(pool, &command->work, &session);
    if (r)
        return r;
    r = open_channel(&command->work, session, &flow->channel, &dead);
    if (r) {
        ssh_session_close(session, false);
        return r;
    }
    flow->session = session;
    return PROXIMO_OK;
}

static int32_t make_line(struct command *command)
{
    const struct backend_run *run = command->work.run;
    struct backend_run left = *run;

    /* Connecting took of the time that there is. */
    left.deadline_ms = ssh_work_left_ms(&command->work);
    if (left.deadline_ms == 0)
        return ssh_work_fail(&command->work, PROXIMO_EDEADLINE, "connecting to the node");
    command->limit_ms = left.deadline_ms;
    int32_t r = backend_marked_line(&left, command->mark, &command->line);
    if (r == PROXIMO_OK && command->line.len > LINE_MOST)
        return run->host->fail(
            run->call, PROXIMO_EINVAL,
            "the command, quoted, has %" PRIu64 " bytes; libssh2 sends at most %" PRIu64
            " in one piece. Give the data on its standard input, or use the openssh back end",
            command->line.len, LINE_MOST);
    return r;
}

/* ---------------------------------------------------------------- from then on it may have run */

static int32_t say_unknown(const struct command *command, const char *what)
{
    const struct backend_run *run = command->work.run;
    char why[512];

    (void)snprintf(why, sizeof(why),
                   "%s. It may have run, and may run still: `timeout` on %s ends it at most %" PRId64
                   " s after its start",
                   what, run->node, command->limit_ms / 1000 + 6);
    return run->host->outcome_unknown(run->call, why);
}

/*
 * Sends the command. A cancellation or a deadline is not obeyed at once: half a request may be on its way,
 * and a command that has begun is to be ended, which needs the answer first.
 */
static int32_t send_command(struct command *command, bool *ret_sent)
{
    const struct backend_run *run = command->work.run;
    struct ssh_flow *flow = command->flow;
    struct ssh_work patient = command->work;
    int error = 0;

    *ret_sent = false;
    command->asked = true;
    patient.deadline_at += STARTUP_MS;
    command->sent_at = ssh_now_ms();
    int64_t until = 0;
    while ((error = libssh2_channel_process_startup(flow->channel, "exec", 4, command->line.ptr,
                                                    (unsigned)command->line.len)) == LIBSSH2_ERROR_EAGAIN) {
        if (ssh_session_wait(&patient, flow->session) != PROXIMO_OK && until == 0)
            until = ssh_now_ms() + STARTUP_MS;
        if (until && ssh_now_ms() >= until)
            return say_unknown(command,
                               "The node did not say whether it began the command before the time was over");
    }
    if (error == 0) {
        *ret_sent = true;
        return PROXIMO_OK;
    }
    if (error == LIBSSH2_ERROR_CHANNEL_REQUEST_DENIED)
        return run->host->fail(
            run->call, PROXIMO_EDENIED,
            "%s refuses to run commands for %s; nothing was run. See its sshd_config and the options "
            "of the key in authorized_keys",
            run->node, command->work.settings->user);
    return say_unknown(command, "The connection was lost while the command was being sent");
}

/* Is it time to end the command, and why? 0: no. The node's own `timeout` is given its chance first. */
static int32_t time_to_end(const struct command *command)
{
    const struct backend_run *run = command->work.run;

    if (command->flow->refused)
        return command->flow->refused;
    if (run->host->cancelled(run->call) > 0)
        return PROXIMO_ECANCELLED;
    if (run->host->deadline_ms(run->call) <= 0 || ssh_now_ms() >= command->work.deadline_at + GRACE_MS)
        return PROXIMO_EDEADLINE;
    return 0;
}

static void follow(struct command *command)
{
    struct ssh_flow *flow = command->flow;

    while (flow->end == SSH_FLOW_RUNS) {
        command->why_end = time_to_end(command);
        if (command->why_end) {
            command->ending = true;
            command->end_said = ssh_end(flow, command->mark);
            return;
        }
        if (!ssh_flow_step(flow))
            ssh_flow_wait(flow, ssh_flow_may_wait(flow) ? SSH_POLL_MS : 1);
    }
}

static void signal_of(const struct ssh_flow *flow, char *ret, size_t size)
{
    char *name = NULL;
    size_t len = 0;

    ret[0] = '\0';
    if (libssh2_channel_get_exit_signal(flow->channel, &name, &len, NULL, NULL, NULL, NULL) == 0 && name)
        ssh_printable(name, len, ret, size);
    if (name)
        libssh2_free(flow->session->ssh, name);
}

static int32_t report(const struct command *command)
{
    const struct backend_run *run = command->work.run;
    const struct ssh_flow *flow = command->flow;
    char signal[16], words[256];

    bool gone = command->ending && command->end_said == BACKEND_END_GONE;
    if (gone && command->why_end != PROXIMO_ECANCELLED && command->why_end != PROXIMO_EDEADLINE)
        return run->host->outcome_unknown(run->call,
                                          "The command was ended, because its output could not be passed on");
    if (gone)
        return run->host->exited(run->call, -1, BACKEND_TIMED_OUT);
    if (flow->end == SSH_FLOW_LOST) {
        (void)snprintf(words, sizeof(words),
                       "The connection to %.64s was lost after the command was sent (%s)", run->node,
                       flow->lost);
        return say_unknown(command, words);
    }
    if (flow->end == SSH_FLOW_RUNS)
        return command->end_said == BACKEND_END_NOT_FOUND
                   ? run->host->outcome_unknown(
                         run->call, "The command itself is no longer there, but something that it started "
                                    "keeps its output open, so how it ended was not told")
                   : say_unknown(command,
                                 "The command was to be ended, and it could not be confirmed that it did");
    signal_of(flow, signal, sizeof(signal));
    int status = libssh2_channel_get_exit_status(flow->channel);
    bool late = ssh_now_ms() - command->sent_at >= command->limit_ms - CLOCK_MS;
    if (late && (signal[0] ? strcmp(signal, "KILL") == 0 : status == 124 || status == 137))
        return run->host->exited(run->call, -1, BACKEND_TIMED_OUT);
    return signal[0] ? run->host->exited(run->call, -1, signal) : run->host->exited(run->call, status, NULL);
}

/* Nothing is under way any more: may the session serve again? */
static void put_away(struct command *command)
{
    struct ssh_flow *flow = command->flow;
    int64_t until = ssh_now_ms() + SSH_POLL_MS;
    bool good = flow->end == SSH_FLOW_CLOSED && !command->ending;

    if (!flow->session)
        return;
    while (good) {
        int r = libssh2_channel_free(flow->channel);
        if (r == 0)
            break;
        good = r == LIBSSH2_ERROR_EAGAIN && ssh_now_ms() < until;
        if (good)
            ssh_flow_wait(flow, 1);
    }
    if (good)
        ssh_pool_give(command->backend->pool, flow->session);
    else
        ssh_session_close(flow->session, false);
    flow->session = NULL;
}

/* Codes with which the host knows that nothing ran (plane.h, executors): the others become one of them. */
static int32_t certain(int32_t code)
{
    switch (code) {
    case PROXIMO_OK:
    case PROXIMO_EINVAL:
    case PROXIMO_ENOTFOUND:
    case PROXIMO_EDENIED:
    case PROXIMO_ENOSYS:
    case PROXIMO_ESTATE: return code;
    default: return PROXIMO_EUNAVAIL;
    }
}

static int32_t backend_run(void *state, const struct backend_run *run)
{
    struct libssh2_backend *backend = state;
    struct command command = {.backend = backend};
    struct ssh_flow *flow = calloc(1, sizeof(*flow));
    bool sent = false;

    if (!flow || !make_mark(command.mark)) {
        free(flow);
        return run->host->fail(run->call, PROXIMO_ENOMEM, "no memory to run a command; nothing was run");
    }
    ssh_work_begin(&command.work, run, &backend->settings);
    flow->work = &command.work;
    command.flow = flow;
    /* Once for what is wrong with the words, before anything is connected; again for the time that is left.
     */
    int32_t r = make_line(&command);
    if (r == PROXIMO_OK && run->stdin_fd >= 0 && !ssh_nonblocking(run->stdin_fd))
        r = run->host->fail(run->call, PROXIMO_EINTERNAL,
                            "the command's input cannot be read; nothing was run");
    if (r == PROXIMO_OK)
        r = reach(&command);
    if (r == PROXIMO_OK)
        r = make_line(&command);
    if (r == PROXIMO_OK)
        r = send_command(&command, &sent);
    if (r == PROXIMO_OK && sent) {
        follow(&command);
        r = report(&command);
    }
    if (!command.asked)
        r = certain(r);
    put_away(&command);
    explicit_bzero(flow->input, sizeof(flow->input));
    free(flow);
    return r;
}

const struct backend backend_libssh2 = {
    .name = "libssh2", .open = backend_open, .run = backend_run, .close = backend_close};
