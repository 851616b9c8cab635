/* SPDX-License-Identifier: Apache-2.0 */
/* Words without a shell, and a child with pipes. */
#include "command/via.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/problem.h"

#define MORE_MOST 16u
#define IN_MOST   ((size_t)8 << 10) /* fits into a pipe, so that it is written before anything is read */

/* ---- words */

static int bad(struct problem *p, const char *why)
{
    (void)problem_set(p, -EINVAL, PX_ARG, "--via: %s", why);
    problem_next(
        p, "write it like --via 'sudo -u proximo' or --via 'ssh host sudo -u proximo'; for more, name a "
           "script");
    return -EINVAL;
}

/* Takes the next word out of *at, without its quotes, in place. */
static int take_word(char **at, char **ret, struct problem *p)
{
    char *from = *at, *to = *at;

    *ret = to;
    while (*from && *from != ' ') {
        if (*from != '\'') {
            if (strchr("\"\\$`;|&<>()", *from))
                return bad(
                    p, "no shell reads this: of \" \\ $ ` ; | & < > ( ) none has a meaning outside of '...'");
            *to++ = *from++;
            continue;
        }
        char *end = strchr(from + 1, '\'');
        if (!end)
            return bad(p, "a quote is not closed");
        memmove(to, from + 1, (size_t)(end - from - 1));
        to += end - from - 1;
        from = end + 1;
    }
    *at = *from ? from + 1 : from;
    *to = '\0';
    return 0;
}

int via_parse(const char *text, struct via *ret, struct problem *p)
{
    struct via via = {.room = strdup(text)};
    int r = 0;

    if (!via.room)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    for (const char *c = text; r == 0 && *c; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            r = bad(p, "it has control characters");
    }
    for (char *at = via.room; r == 0;) {
        at += strspn(at, " ");
        if (!*at)
            break;
        r = via.count == VIA_WORDS_MOST ? bad(p, "it has too many words")
                                        : take_word(&at, &via.words[via.count++], p);
    }
    if (r == 0 && (via.count == 0 || !*via.words[0]))
        r = bad(p, "it names no command");
    if (r < 0) {
        via_done(&via);
        return r;
    }
    *ret = via;
    return 0;
}

void via_done(struct via *via)
{
    free(via->room);
    *via = (struct via){0};
}

/* ---- the child */

static int spawn(const struct via *via, const char *const *more, int in, int out, pid_t *ret)
{
    char *argv[VIA_WORDS_MOST + MORE_MOST + 1] = {NULL};
    size_t count = via->count;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;

    memcpy(argv, via->words, via->count * sizeof(argv[0]));
    for (size_t i = 0; more[i] && i < MORE_MOST; i++)
        memcpy(&argv[count++], &more[i], sizeof(argv[0])); /* exec's argv is not const by history alone */
    if (posix_spawn_file_actions_init(&actions) != 0)
        return -ENOMEM;
    if (posix_spawnattr_init(&attributes) != 0) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return -ENOMEM;
    }
    (void)sigemptyset(&defaults);
    (void)sigaddset(&defaults, SIGPIPE);
    int r = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    if (r == 0)
        r = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (r == 0)
        r = posix_spawnattr_setsigdefault(&attributes, &defaults);
    if (r == 0)
        r = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    if (r == 0)
        r = posix_spawnp(ret, argv[0], &actions, &attributes, argv, environ);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return -r;
}

/* Its input: what it is given, or nothing. */
static int input_make(const void *in, size_t in_len, int *ret_fd)
{
    int ends[2];

    if (!in) {
        *ret_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        return *ret_fd < 0 ? -errno : 0;
    }
    if (in_len > IN_MOST)
        return -EFBIG;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    int r = fd_write_all(ends[1], in, in_len); /* nobody reads yet, and nobody needs to */
    (void)close(ends[1]);
    if (r < 0)
        (void)close(ends[0]);
    else
        *ret_fd = ends[0];
    return r;
}

static int wait_for(pid_t pid, int *ret_status)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    *ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return 0;
}

int via_run(const struct via *via, const char *const *more, const void *in, size_t in_len, struct buf *out,
            int *ret_status, struct problem *p)
{
    CLEANUP_FD int input = -1;
    int ends[2] = {-1, -1};
    pid_t pid = 0;

    int r = input_make(in, in_len, &input);
    if (r == 0 && pipe2(ends, O_CLOEXEC) < 0)
        r = -errno;
    CLEANUP_FD int from = ends[0];
    CLEANUP_FD int to = ends[1];
    if (r == 0)
        r = spawn(via, more, input, to, &pid);
    if (r < 0) {
        problem_set(p, r, PX_ARG, "--via: %s cannot be started: %s", via->words[0], strerror(-r));
        problem_next(p, "is the program there and in the PATH?");
        return r;
    }
    fd_close(&to);
    fd_close(&input);
    r = fd_read_all(from, out);
    fd_close(&from); /* one that goes on printing ends of it */
    const int waited = wait_for(pid, ret_status);
    if (r == 0)
        r = waited;
    return r < 0 ? problem_set(p, r, PX_PLAN, "--via: what %s printed cannot be read: %s", via->words[0],
                               strerror(-r))
                 : 0;
}
