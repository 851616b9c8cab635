/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system's ssh as a back end: whatever the operator's own configuration makes of the host (jump hosts,
 * certificates, hardware keys, RSA) holds, but for the options below. The program is named "ssh" in the
 * plane's configuration.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "marks.h"
#include "openssh_fail.h"
#include "openssh_far.h"
#include "pipes.h"

#define CONNECT_MOST_S 15    /* for the connection alone */
#define END_WAIT_MS    7000  /* for a command to end that was told to: TERM, KILL 5 s later, and the way */
#define LEAVE_WAIT_MS  1500  /* the same when the call is over: the host grants 2 s */
#define QUIET_MS       2000  /* after its end, for output that something left behind holds open */
#define OPTIONS_MOST   64u

struct openssh {
    struct backend_settings settings;
};

struct talk {
    const struct backend_run *run;
    struct pipes pipes;
    struct marks out, err;
    int64_t deadline_at; /* of the command */
    int64_t last_at;     /* when something came last */
    int32_t over;        /* the call is: PROXIMO_ECANCELLED or PROXIMO_EDEADLINE */
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

static int32_t openssh_open(const struct proximo_host *host, const struct backend_settings *settings, void **ret)
{
    static struct openssh only; /* the settings live as long as the plane, which opens one back end */
    if (settings->hostkey || settings->identity) {
        host->log(NULL, PROXIMO_LOG_ERROR,
                  "%s is for the libssh2 back end: with openssh the operator's own ssh configuration and "
                  "known_hosts say it",
                  settings->hostkey ? "a pinned host key" : "an agent's identity");
        return PROXIMO_EINVAL;
    }
    if (settings->user && !plain(settings->user, "._-@")) {
        host->log(NULL, PROXIMO_LOG_ERROR, "the user's name is none: letters, digits, and . _ - @ after the first");
        return PROXIMO_EINVAL;
    }
    only.settings = *settings;
    *ret = &only;
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
    if (!talk->over)
        talk->over = talk->run->host->output(talk->run->call, into->stream, (struct proximo_text){bytes, len});
    return 0; /* what comes is read to see the marks in it, kept or not */
}

static int32_t take(void *arg, uint32_t stream, const char *bytes, uint64_t len)
{
    struct into into = {.talk = arg, .stream = stream};
    struct marks *marks = stream == BACKEND_STDOUT ? &into.talk->out : &into.talk->err;
    into.talk->last_at = pipes_now_ms();
    return len ? marks_feed(marks, bytes, len, pass_on, &into) : marks_end(marks, pass_on, &into);
}

/* One turn of the pipes; the call's end is kept in talk->over and is no failure of the turn. */
static int32_t turn(struct talk *talk, int64_t until)
{
    int32_t r = pipes_turn(&talk->pipes, talk->run, until - pipes_now_ms(), take, talk);
    if (r == PROXIMO_ECANCELLED && !talk->over)
        talk->over = r;
    if (r == PROXIMO_ECANCELLED) /* what still comes is looked at all the same */
        r = pipes_pass(&talk->pipes, until - pipes_now_ms(), take, talk);
    return r;
}
