/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX 72
#define READY_MS      20000

extern char **environ;

static int read_line(int fd, char *line, size_t size)
{
    size_t len = 0;
    while (len + 1 < size) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, READY_MS) <= 0 || read(fd, line + len, 1) != 1)
            return -1;
        if (line[len] == '\n')
            break;
        len++;
    }
    line[len] = 0;
    return 0;
}

int simulator_start(struct simulator *sim, const char *const *arguments)
{
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    char program[1024];
    char line[8192];
    char name[] = "proximo-sim";
    char eof[] = "--exit-on-eof";
    char delay[] = "--auth-delay-ms";
    char none[] = "0";
    char *argv[ARGUMENTS_MAX] = {name, eof, delay, none};
    size_t n = 4;
    int to[2];
    int from[2];
    snprintf(program, sizeof(program), "%s/proximo-sim", build ? build : ".");
    for (; *arguments && n + 1 < ARGUMENTS_MAX; arguments++)
        argv[n++] = (char *)(uintptr_t)*arguments;
    if (pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0)
        return -1;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[0], 0);
    posix_spawn_file_actions_adddup2(&actions, from[1], 1);
    int r = posix_spawn(&sim->pid, program, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(to[0]);
    close(from[1]);
    sim->stdin_fd = to[1];
    sim->ready = NULL;
    if (r == 0 && read_line(from[0], line, sizeof(line)) == 0)
        sim->ready = json_tokener_parse(line);
    close(from[0]);
    if (!sim->ready)
        fprintf(stderr, "%s did not start\n", program);
    return sim->ready ? 0 : -1;
}

void simulator_stop(struct simulator *sim)
{
    close(sim->stdin_fd);
    if (sim->pid > 0 && waitpid(sim->pid, NULL, 0) < 0)
        kill(sim->pid, SIGTERM);
    json_object_put(sim->ready);
    memset(sim, 0, sizeof(*sim));
}

const char *simulator_value(const struct simulator *sim, const char *name)
{
    struct json_object *value = NULL;
    char pointer[64];
    snprintf(pointer, sizeof(pointer), "/%s", name);
    if (json_pointer_get(sim->ready, pointer, &value) < 0)
        return NULL;
    return json_object_get_string(value);
}
