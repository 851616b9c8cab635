/* SPDX-License-Identifier: Apache-2.0 */
#include "pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PIECE 65536

int64_t pipes_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void shut(int32_t *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

void pipes_close_in(struct pipes *pipes)
{
    shut(&pipes->in);
}

void pipes_close(struct pipes *pipes)
{
    shut(&pipes->in);
    shut(&pipes->out);
    shut(&pipes->err);
}

/* A pipe has no MSG_NOSIGNAL, so a reader that is gone would end this process: an error is enough. */
static void ignore_broken_pipes(void)
{
    struct sigaction now, ignore = {.sa_handler = SIG_IGN};
    if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
        (void)sigaction(SIGPIPE, &ignore, NULL);
}

static bool nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

int32_t pipes_start(struct pipes *pipes, const struct backend_run *run, const char *program,
                    const struct proximo_text *argv, uint32_t argc)
{
    int32_t r = run->host->spawn(run->call, program, argv, argc, &pipes->in, &pipes->out, &pipes->err);
    if (r)
        return r;
    ignore_broken_pipes();
    if (nonblocking(pipes->in) && nonblocking(pipes->out) && nonblocking(pipes->err))
        return 0;
    pipes_close(pipes);
    return run->host->fail(run->call, PROXIMO_EINTERNAL, "the pipes of %s cannot be set up: errno %d",
                           program, errno);
}

/* Writes what fits. A program that no longer reads its input is not at fault: `head` does so. */
static void feed(struct pipes *pipes)
{
    if (pipes->input_len) {
        ssize_t n = write(pipes->in, pipes->input, (size_t)pipes->input_len);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            pipes->input_len = 0;
            pipes->cut = true;
            shut(&pipes->in);
            return;
        }
        if (n > 0) {
            pipes->input += n;
            pipes->input_len -= (uint64_t)n;
        }
    }
    if (!pipes->input_len && !pipes->keep_in)
        shut(&pipes->in);
}

static int32_t drain(int32_t *fd, uint32_t stream, pipes_take *take, void *arg)
{
    char bytes[PIECE];
    ssize_t n = read(*fd, bytes, sizeof(bytes));
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0)
        shut(fd);
    return take(arg, stream, bytes, n > 0 ? (uint64_t)n : 0);
}

int32_t pipes_turn(struct pipes *pipes, int64_t wait_ms, pipes_take *take, void *arg)
{
    const bool writing = pipes->in >= 0 && (pipes->input_len || !pipes->keep_in);
    struct pollfd wait[3] = {{.fd = writing ? pipes->in : -1, .events = POLLOUT},
                             {.fd = pipes->out, .events = POLLIN},
                             {.fd = pipes->err, .events = POLLIN}};
    int32_t r = 0;
    if (wait_ms > PIPES_TURN_MS)
        wait_ms = PIPES_TURN_MS;
    if (poll(wait, 3, wait_ms < 0 ? 0 : (int)wait_ms) < 0)
        return errno == EINTR ? 0 : PROXIMO_EINTERNAL;
    if (wait[0].revents)
        feed(pipes);
    if (wait[1].revents)
        r = drain(&pipes->out, BACKEND_STDOUT, take, arg);
    if (r == 0 && wait[2].revents)
        r = drain(&pipes->err, BACKEND_STDERR, take, arg);
    return r;
}

int32_t pipes_input(const struct backend_run *run, struct proximo_text *ret)
{
    uint64_t len = 0;
    if (run->stdin_fd < 0) {
        *ret = run->stdin_text;
        return 0;
    }
    char *bytes = run->host->alloc(run->call, PIPES_INPUT_MOST + 1);
    if (!bytes)
        return PROXIMO_ENOMEM;
    while (len <= PIPES_INPUT_MOST) {
        struct pollfd wait = {.fd = run->stdin_fd, .events = POLLIN};
        if (run->host->cancelled(run->call) > 0)
            return PROXIMO_ECANCELLED;
        if (poll(&wait, 1, PIPES_TURN_MS) <= 0)
            continue;
        ssize_t n = read(run->stdin_fd, bytes + len, (size_t)(PIPES_INPUT_MOST + 1 - len));
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n < 0)
            return run->host->fail(run->call, PROXIMO_EINTERNAL, "the secret input cannot be read: errno %d",
                                   errno);
        if (n == 0) {
            *ret = (struct proximo_text){bytes, len};
            return 0;
        }
        len += (uint64_t)n;
    }
    explicit_bzero(bytes, len);
    return run->host->fail(run->call, PROXIMO_EINVAL, "the secret input is longer than %u bytes",
                           (unsigned)PIPES_INPUT_MOST);
}
