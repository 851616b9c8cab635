/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

#define WAIT_MS 10000

static void become(const char *const *argv, const char *const *environment)
{
    (void)execvpe(argv[0], (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)environment);
    _exit(126);
}

static int exit_status(pid_t pid)
{
    int status = 0;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void terminal_start(struct terminal *terminal, const char *const *argv, const char *const *environment)
{
    *terminal = (struct terminal){.seen = BUF_INIT((size_t)4 << 20)};
    terminal->pid = forkpty(&terminal->fd, NULL, NULL, NULL);
    assert_true(terminal->pid >= 0);
    if (terminal->pid == 0)
        become(argv, environment);
}

/* false: the other side is gone, or says nothing for long. */
static bool hear(struct terminal *terminal)
{
    struct pollfd p = {.fd = terminal->fd, .events = POLLIN};
    char piece[4096];

    if (poll(&p, 1, WAIT_MS) <= 0)
        return false;
    ssize_t n = read(terminal->fd, piece, sizeof(piece));
    if (n <= 0)
        return false;
    buf_add(&terminal->seen, piece, (size_t)n);
    return buf_ok(&terminal->seen);
}

void terminal_expect(struct terminal *terminal, const char *mark)
{
    for (;;) {
        const char *from = terminal->seen.len ? terminal->seen.data + terminal->told : "";
        const char *at = strstr(from, mark);
        if (at) {
            terminal->told = (size_t)(at - terminal->seen.data) + strlen(mark);
            return;
        }
        if (!hear(terminal))
            fail_msg("'%s' was not shown: %s", mark, terminal->seen.len ? terminal->seen.data : "(nothing)");
    }
}

void terminal_type(struct terminal *terminal, const char *line)
{
    assert_int_equal(fd_write_all(terminal->fd, line, strlen(line)), 0);
    assert_int_equal(fd_write_all(terminal->fd, "\n", 1), 0);
}

void terminal_type_secret(struct terminal *terminal, const char *mark, const char *line)
{
    struct termios settings;

    terminal_expect(terminal, mark);
    /* what is typed before the program has switched the echo off is dropped */
    for (int i = 0; i < 1000 && tcgetattr(terminal->fd, &settings) == 0 && (settings.c_lflag & ECHO); i++)
        (void)usleep(5000);
    assert_int_equal(settings.c_lflag & ECHO, 0);
    terminal_type(terminal, line);
}

int terminal_end(struct terminal *terminal)
{
    while (hear(terminal)) {
    }
    (void)close(terminal->fd); /* one that still waits for words is hung up */
    const int status = exit_status(terminal->pid);
    assert_int_equal(buf_reserve(&terminal->seen, 0), 0);
    return status;
}

void terminal_done(struct terminal *terminal)
{
    buf_done(&terminal->seen);
}

int run_without_terminal(const char *const *argv, const char *const *environment, const char *input,
                         char **ret)
{
    struct buf text CLEANUP_BUF = BUF_INIT((size_t)4 << 20);
    int in[2], out[2];

    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    /* before the program is there: one that ends without reading it must not end this one */
    assert_int_equal(fd_write_all(in[1], input, strlen(input)), 0);
    (void)close(in[1]);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (setsid() < 0 || dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0 || dup2(out[1], 2) < 0)
            _exit(125);
        become(argv, environment);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    assert_int_equal(fd_read_all(out[0], &text), 0);
    (void)close(out[0]);
    if (ret)
        *ret = text.len ? buf_take(&text, NULL) : strdup("");
    return exit_status(pid);
}
