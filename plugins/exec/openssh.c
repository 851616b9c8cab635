/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system's ssh as a back end: whatever the operator's own configuration makes of the host (jump hosts,
 * certificates, hardware keys, RSA) holds, but for the options below. The program is named "ssh" in the
 * plane's configuration.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "marks.h"
#include "openssh_fail.h"
#include "openssh_far.h"
#include "pipes.h"

#define CONNECT_MOST_S 15   /* for the connection alone */
#define END_WAIT_MS    7000 /* for a command to end that was told to: TERM, KILL 5 s later, and the way */
#define LEAVE_WAIT_MS  1500 /* the same when the call is over: the host grants 2 s */
#define EARLY_MOST_MS                                                                                        \
    1000 /* at the deadline the host ends ssh: the command is ended before, to see that it does */
#define SAY_MS       500  /* of the call, to say how it ended */
#define QUIET_MS     2000 /* after its end, for output that something left behind holds open */
#define OPTIONS_MOST 64u

struct openssh {
    struct backend_settings settings;
};

struct talk {
    const struct backend_run *run;
    struct pipes pipes;
    struct marks out, err;
    int64_t deadline_at; /* of the command at the far side */
    int64_t early_ms;    /* so long before that of the run */
    int64_t last_at;     /* when something came last */
    bool mute;           /* the host takes no more output */
    bool over;           /* the call was cancelled, or is otherwise over */
};

/* First value obtained wins in ssh, so these hold against the operator's configuration. */
static const char *const fixed_options[] = {
    "BatchMode=yes", /* asks nobody anything */
    "StrictHostKeyChecking=yes",
    "UpdateHostKeys=no",
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    "Tunnel=no",
    "PermitLocalCommand=no",
    "RequestTTY=no",
    "ControlMaster=no", /* a connection that the operator keeps open may be used; none is left behind */
    "RemoteCommand=none",
    "SessionType=default",
    "StdinNull=no",
    "ForkAfterAuthentication=no",
    "ConnectionAttempts=1",
    "ServerAliveInterval=10", /* a connection that is dead is known to be after half a minute */
    "ServerAliveCountMax=3",
    "LogLevel=ERROR",
};

/* A name that ssh cannot take for an option and no shell of a ProxyCommand for anything but a word. */
static bool plain(const char *word, const char *more)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    const size_t len = strlen(word);
    if (len == 0 || len > 255 || !memchr(letters, word[0], sizeof(letters) - 1))
        return false;
    for (size_t i = 1; i < len; i++)
        if (!memchr(letters, word[i], sizeof(letters) - 1) && !strchr(more, word[i]))
            return false;
    return true;
}

static int32_t openssh_open(const struct proximo_host *host, const struct backend_settings *settings,
                            void **ret)
{
    if (settings->hostkey || settings->identity) {
        host->log(NULL, PROXIMO_LOG_ERROR,
                  "%s is for the libssh2 back end: with openssh the operator's own ssh configuration and "
                  "known_hosts say it",
                  settings->hostkey ? "a pinned host key" : "an agent's identity");
        return PROXIMO_EINVAL;
    }
    if (settings->user && !plain(settings->user, "._-@")) {
        host->log(NULL, PROXIMO_LOG_ERROR,
                  "the user's name is none: letters, digits, and . _ - @ after the first");
        return PROXIMO_EINVAL;
    }
    struct openssh *state = malloc(sizeof(*state));
    if (!state)
        return PROXIMO_ENOMEM;
    state->settings = *settings;
    *ret = state;
    return 0;
}

static struct proximo_text word(const char *text)
{
    return (struct proximo_text){text, strlen(text)};
}

static int32_t start(struct talk *talk, const struct openssh *state)
{
    struct proximo_text argv[OPTIONS_MOST];
    char timeout[32];
    uint32_t argc = 0;
    int64_t seconds = (talk->run->deadline_ms + 999) / 1000;
    (void)snprintf(timeout, sizeof(timeout), "ConnectTimeout=%" PRId64,
                   seconds < 1                ? 1
                   : seconds > CONNECT_MOST_S ? CONNECT_MOST_S
                                              : seconds);
    argv[argc++] = word("ssh");
    argv[argc++] = word("-T");
    for (uint32_t i = 0; i < sizeof(fixed_options) / sizeof(fixed_options[0]); i++) {
        argv[argc++] = word("-o");
        argv[argc++] = word(fixed_options[i]);
    }
    argv[argc++] = word("-o");
    argv[argc++] = word(timeout);
    if (state->settings.user) {
        argv[argc++] = word("-l");
        argv[argc++] = word(state->settings.user);
    }
    argv[argc++] = word("--");
    argv[argc++] = word(talk->run->node);
    argv[argc++] = word(far_line);
    return pipes_start(&talk->pipes, talk->run, "ssh", argv, argc);
}

struct into {
    struct talk *talk;
    uint32_t stream;
};

static int32_t pass_on(void *arg, const char *bytes, uint64_t len)
{
    const struct into *into = arg;
    struct talk *talk = into->talk;
    const struct proximo_text text = {bytes, len};
    if (!talk->mute && talk->run->host->output(talk->run->call, into->stream, text))
        talk->mute = talk->over = true;
    return 0; /* what comes is read to see the marks in it, kept or not */
}

static int32_t take(void *arg, uint32_t stream, const char *bytes, uint64_t len)
{
    struct into into = {.talk = arg, .stream = stream};
    struct marks *marks = stream == BACKEND_STDOUT ? &into.talk->out : &into.talk->err;
    into.talk->last_at = pipes_now_ms();
    return len ? marks_feed(marks, bytes, len, pass_on, &into) : marks_end(marks, pass_on, &into);
}

/* One turn of the pipes. The end of the call is kept, and what still comes is looked at all the same. */
static int32_t turn(struct talk *talk, int64_t until)
{
    if (!talk->over && talk->run->host->cancelled(talk->run->call) > 0)
        talk->over = true;
    return pipes_turn(&talk->pipes, until - pipes_now_ms(), take, talk);
}

static bool silent(const struct talk *talk)
{
    return talk->pipes.out < 0 && talk->pipes.err < 0;
}

/* Until the far side waits for its work, on both streams. Whatever happens here, nothing has run. */
static int32_t meet(struct talk *talk)
{
    int32_t r = 0;
    while (!talk->out.begun || !talk->err.begun) {
        if (silent(talk))
            return openssh_fail(talk->run, &talk->err, &talk->out);
        if (pipes_now_ms() >= talk->deadline_at)
            r = PROXIMO_EDEADLINE;
        if (r == 0)
            r = turn(talk, talk->deadline_at);
        if (r || talk->over)
            return openssh_fail_over(talk->run, r ? r : PROXIMO_ECANCELLED);
    }
    return 0;
}

/* Head, words and input in one piece of the call's arena. */
static int32_t request(const struct talk *talk, struct proximo_text input, struct proximo_text *ret)
{
    const struct backend_run *run = talk->run;
    const int64_t left = talk->deadline_at - pipes_now_ms();
    char head[FAR_HEAD_LEN + 1];
    uint64_t words = 0, at = FAR_HEAD_LEN;
    for (uint32_t i = 0; i < run->argc; i++)
        words += run->argv[i].len + 1;
    char *bytes = run->host->alloc(run->call, FAR_HEAD_LEN + words + input.len + 1);
    if (!bytes)
        return run->host->fail(run->call, PROXIMO_EUNAVAIL, "no memory for a command of %" PRIu64 " bytes",
                               words);
    far_head(head, words, input.len, left > 1000 ? (uint64_t)(left + 999) / 1000 : 1);
    memcpy(bytes, head, FAR_HEAD_LEN);
    for (uint32_t i = 0; i < run->argc; i++) {
        if (run->argv[i].len)
            memcpy(bytes + at, run->argv[i].ptr, (size_t)run->argv[i].len);
        at += run->argv[i].len;
        bytes[at++] = '\0';
    }
    if (input.len)
        memcpy(bytes + at, input.ptr, (size_t)input.len);
    *ret = (struct proximo_text){bytes, at + input.len};
    return 0;
}

/* The request. A failure is certain: without its last byte nothing runs. */
static int32_t hand_over(struct talk *talk, struct proximo_text bytes)
{
    int32_t r = 0;
    talk->pipes.input = bytes.ptr;
    talk->pipes.input_len = bytes.len;
    while (talk->pipes.input_len) {
        if (pipes_now_ms() >= talk->deadline_at)
            r = PROXIMO_EDEADLINE;
        if (r == 0)
            r = turn(talk, talk->deadline_at);
        if (r || talk->over)
            return openssh_fail_over(talk->run, r ? r : PROXIMO_ECANCELLED);
        if (talk->pipes.cut || silent(talk))
            return openssh_fail(talk->run, &talk->err, NULL);
    }
    return talk->pipes.cut ? openssh_fail(talk->run, &talk->err, NULL) : 0;
}

static bool told(const struct talk *talk)
{
    return talk->err.kind && talk->err.kind != MARK_READY;
}

/* Until the far side says how the command ended, or for at most wait_ms. */
static int32_t listen_for(struct talk *talk, int64_t until, bool even_when_over)
{
    int32_t r = 0;
    while (r == 0 && !told(talk) && !silent(talk) && (even_when_over || !talk->over) &&
           pipes_now_ms() < until)
        r = turn(talk, until);
    return r;
}

/* What is still under way of the output, once the command has ended. */
static int32_t rest(struct talk *talk)
{
    const int64_t quiet_ms = talk->over ? LEAVE_WAIT_MS / 3 : QUIET_MS;
    const int64_t until = talk->over ? pipes_now_ms() + quiet_ms : talk->deadline_at + quiet_ms;
    int32_t r = 0;
    talk->last_at = pipes_now_ms();
    while (r == 0 && !silent(talk) && pipes_now_ms() < talk->last_at + quiet_ms && pipes_now_ms() < until)
        r = turn(talk, talk->last_at + quiet_ms);
    if (!silent(talk) && !talk->over)
        talk->run->host->log(talk->run->call, PROXIMO_LOG_INFO,
                             "something that the command left behind on %s holds its output open",
                             talk->run->node);
    return r;
}

/* Before its deadline the host takes an end for the command's own. */
static void wait_for_deadline(const struct talk *talk)
{
    const int64_t left_ms = talk->deadline_at + talk->early_ms - pipes_now_ms();
    if (!talk->over && left_ms > 0)
        (void)nanosleep(&(struct timespec){left_ms / 1000, (left_ms % 1000) * 1000000}, NULL);
}

static int32_t report(const struct talk *talk)
{
    const struct proximo_host *host = talk->run->host;
    struct proximo_call *call = talk->run->call;
    char why[256];
    switch (talk->err.kind) {
    case MARK_EXIT: return host->exited(call, (int32_t)talk->err.number, NULL);
    case MARK_DIED: {
        const char *name = sigabbrev_np((int)talk->err.number);
        return host->exited(call, -1, name ? name : "UNKNOWN");
    }
    case MARK_ENDED: wait_for_deadline(talk); return host->exited(call, -1, BACKEND_TIMED_OUT);
    default: break;
    }
    if (silent(talk) && !talk->over && pipes_now_ms() < talk->deadline_at)
        (void)snprintf(why, sizeof(why), "The connection to %.64s was lost after the command was sent",
                       talk->run->node);
    else
        (void)snprintf(why, sizeof(why),
                       "The command on %.64s was to be ended, and it could not be confirmed that it did",
                       talk->run->node);
    return host->outcome_unknown(call, why);
}

/* The command is under way. */
static int32_t follow(struct talk *talk)
{
    int32_t r = listen_for(talk, talk->deadline_at, false);
    if (r == 0 && !told(talk) && !silent(talk)) {
        /* The far side ends the command when its input closes. */
        pipes_close_in(&talk->pipes);
        int64_t wait_ms = talk->over ? LEAVE_WAIT_MS : END_WAIT_MS;
        const int64_t left_ms = talk->run->host->deadline_ms(talk->run->call) - SAY_MS;
        if (!talk->over && left_ms < wait_ms)
            wait_ms = left_ms > 0 ? left_ms : 0;
        r = listen_for(talk, pipes_now_ms() + wait_ms, true);
    }
    if (r == 0 && told(talk))
        r = rest(talk);
    if (r)
        return talk->run->host->outcome_unknown(talk->run->call, "the pipes of ssh could not be read");
    return report(talk);
}

static int32_t check(const struct backend_run *run)
{
    if (!plain(run->node, "._:-"))
        return run->host->fail(
            run->call, PROXIMO_EINVAL,
            "the node's name is none: a letter or digit, then letters, digits, and . _ : -");
    if (run->argc == 0)
        return run->host->fail(run->call, PROXIMO_EINVAL, "there is no command");
    for (uint32_t i = 0; i < run->argc; i++)
        if (run->argv[i].len && memchr(run->argv[i].ptr, '\0', (size_t)run->argv[i].len))
            return run->host->fail(run->call, PROXIMO_EINVAL,
                                   "word %" PRIu32 " of the command has a NUL byte in it", i + 1);
    return 0;
}

static int32_t make_token(const struct backend_run *run, char ret[MARK_TOKEN + 1])
{
    unsigned char random[MARK_TOKEN / 2];
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return run->host->fail(run->call, PROXIMO_EINTERNAL, "no random numbers");
    for (uint32_t i = 0; i < sizeof(random); i++)
        (void)snprintf(ret + 2 * (size_t)i, 3, "%02x", random[i]);
    return 0;
}

static int32_t openssh_run(void *state, const struct backend_run *run)
{
    const int64_t early_ms = run->deadline_ms / 10 < EARLY_MOST_MS ? run->deadline_ms / 10 : EARLY_MOST_MS;
    struct talk talk = {.run = run,
                        .pipes = {.in = -1, .out = -1, .err = -1, .keep_in = true},
                        .deadline_at = pipes_now_ms() + run->deadline_ms - early_ms,
                        .early_ms = early_ms};
    struct proximo_text input, bytes = {NULL, 0};
    char token[MARK_TOKEN + 1];
    int32_t r = check(run);
    if (r == 0)
        r = make_token(run, token);
    if (r == 0)
        r = pipes_input(run, &input);
    if (r == 0)
        r = start(&talk, state);
    if (r)
        return r;
    marks_init(&talk.out, token);
    marks_init(&talk.err, token);
    talk.pipes.input = token;
    talk.pipes.input_len = MARK_TOKEN;
    r = meet(&talk);
    if (r == 0)
        r = request(&talk, input, &bytes);
    if (r == 0)
        r = hand_over(&talk, bytes);
    if (run->stdin_fd >= 0 && input.len) { /* a secret: both copies */
        explicit_bzero((char *)(uintptr_t)input.ptr, (size_t)input.len);
        if (bytes.len)
            explicit_bzero((char *)(uintptr_t)bytes.ptr, (size_t)bytes.len);
    }
    if (r == 0)
        r = follow(&talk);
    pipes_close(&talk.pipes);
    return r;
}

static void openssh_close(void *state)
{
    free(state);
}

const struct backend backend_openssh = {
    .name = "openssh", .open = openssh_open, .run = openssh_run, .close = openssh_close};
