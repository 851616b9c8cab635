/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulator as a child: started with a pipe on its standard input, so that it ends with us; its ready
 * line.
 */
#include "replay.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_MAX_BYTES (64 * 1024)

#define ARGUMENTS_MAX 32

static void run(const char *program, const char *const *more, int input, int output)
{
    static const char *const fixed[] = {"--seed", "oracle", "--auth-delay-ms", "0", "--exit-on-eof"};
    char *argv[ARGUMENTS_MAX + 1] = {strdup(program)};
    size_t n = 1;

    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        argv[n++] = strdup(fixed[i]);
    for (; more && *more && n < ARGUMENTS_MAX; more++)
        argv[n++] = strdup(*more);
    if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0)
        _exit(126);
    (void)execv(program, argv);
    _exit(127);
}

/* One line from the child (owned). */
static char *read_line(int fd)
{
    char *line = calloc(1, LINE_MAX_BYTES);
    size_t n = 0;

    while (line && n + 1 < LINE_MAX_BYTES) {
        ssize_t r = read(fd, line + n, 1);

        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0) {
            free(line);
            return NULL;
        }
        if (line[n] == '\n')
            break;
        n++;
    }
    return line;
}

int child_start(const char *program, const char *const *more, struct child *ret_child)
{
    int to[2], from[2];
    FREE_WITH(free_text) char *line = NULL;
    pid_t pid;

    if (pipe2(to, O_CLOEXEC) < 0)
        return -errno;
    if (pipe2(from, O_CLOEXEC) < 0) {
        close(to[0]);
        close(to[1]);
        return -errno;
    }
    pid = fork();
    if (pid == 0)
        run(program, more, to[0], from[1]);
    close(to[0]);
    close(from[1]);
    ret_child->pid = pid;
    ret_child->input = to[1];
    ret_child->ready = NULL;
    if (pid > 0)
        line = read_line(from[0]);
    close(from[0]);
    if (line)
        ret_child->ready = json_tokener_parse(line);
    if (!ret_child->ready) {
        child_stop(ret_child);
        return -ECHILD;
    }
    return 0;
}

void child_stop(struct child *child)
{
    int status;

    close(child->input);
    if (child->pid > 0) {
        (void)kill(child->pid, SIGTERM);
        while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    json_object_put(child->ready);
    child->ready = NULL;
}
