/* SPDX-License-Identifier: Apache-2.0 */
/* A program that an executor had started: by the core, with nothing of the core's but three pipes. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "plane/exec_run.h"
#include "plane/supervisor.h"

#define STATUS_FD   3 /* of the child until its program runs */
#define FIRST_FD    10
#define LAST_SIGNAL 64
#define HOME_MOST   1024
#define END_MS      300 /* that a group has from TERM to KILL when its run is over */

/* A pipe whose ends are above those that the child's are moved to. */
static int pipe_high(int ret[2])
{
    int low[2];

    if (pipe2(low, O_CLOEXEC) < 0)
        return -errno;
    for (int i = 0; i < 2; i++) {
        ret[i] = fcntl(low[i], F_DUPFD_CLOEXEC, FIRST_FD);
        (void)close(low[i]);
    }
    return ret[0] < 0 || ret[1] < 0 ? -EMFILE : 0;
}

/* It is what the configuration means: nobody else could have put another program there. */
static int check_program(const char *path, struct problem *p)
{
    struct stat st;
    const char *fault = NULL;

    if (stat(path, &st) < 0)
        fault = strerror(errno);
    else if (!S_ISREG(st.st_mode) || access(path, X_OK) < 0)
        fault = "it is no file that can be run";
    else if ((st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & (S_IWGRP | S_IWOTH)))
        fault = "others than root and the running user can write to it";
    return fault ? problem_set(p, -EACCES, PX_CONFIG, "the program %.400s cannot be started: %s", path, fault)
                 : 0;
}

static const char *home_folder(void)
{
    const char *home = getenv("HOME");

    return home && home[0] == '/' ? home : "/";
}

/* What a child is given before fork(): nothing may be allocated after it. */
struct environment {
    char home[HOME_MOST], agent[PATH_MAX + 16];
    char path[64], language[16], locale[16];
    char *list[6];
};

static void environment_fill(struct environment *e)
{
    const char *agent = getenv("SSH_AUTH_SOCK");
    size_t n = 0;

    (void)snprintf(e->path, sizeof(e->path), "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin");
    (void)snprintf(e->home, sizeof(e->home), "HOME=%s", home_folder());
    (void)snprintf(e->language, sizeof(e->language), "LANG=C.UTF-8");
    (void)snprintf(e->locale, sizeof(e->locale), "LC_ALL=C");
    e->list[n++] = e->path;
    e->list[n++] = e->home;
    e->list[n++] = e->language;
    e->list[n++] = e->locale;
    if (agent && *agent && strlen(agent) < PATH_MAX) {
        (void)snprintf(e->agent, sizeof(e->agent), "SSH_AUTH_SOCK=%s", agent);
        e->list[n++] = e->agent;
    }
    e->list[n] = NULL;
}

/* After fork(): async-signal-safe calls alone. It dies with the thread that waits for it. */
static _Noreturn void child_main(const char *path, char *const *argv, char *const *environment, pid_t parent,
                                 const int fds[4])
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t none;

    for (int number = 1; number <= LAST_SIGNAL; number++)
        (void)sigaction(number, &standard, NULL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)setpgid(0, 0);
    bool ready = prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
    for (int i = 0; ready && i < 3; i++)
        ready = dup2(fds[i], i) == i;
    ready = ready && dup3(fds[3], STATUS_FD, O_CLOEXEC) == STATUS_FD &&
            close_range(STATUS_FD + 1, ~0U, 0) == 0 && chdir("/") == 0;
    if (ready)
        (void)execve(path, argv, environment);
    const int why = errno;
    ssize_t n = write(STATUS_FD, &why, sizeof(why));
    (void)n;
    _exit(127);
}

static void reap(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* pipes: stdin, stdout, stderr, and the one that tells of a program that could not be run. */
static int start(const char *path, char *const *argv, int pipes[4][2], pid_t *ret_pid, struct problem *p)
{
    const int theirs[4] = {pipes[0][0], pipes[1][1], pipes[2][1], pipes[3][1]};
    struct environment environment;
    pid_t parent = getpid();
    int why = 0;
    ssize_t n;

    environment_fill(&environment);
    pid_t pid = fork();
    if (pid < 0)
        return problem_set(p, -errno, PX_PLANE, "no process can be made for %.400s: %s", path,
                           strerror(errno));
    if (pid == 0)
        child_main(path, argv, environment.list, parent, theirs);
    (void)setpgid(pid, pid); /* whoever is first */
    fd_close(&pipes[3][1]);
    do
        n = read(pipes[3][0], &why, sizeof(why));
    while (n < 0 && errno == EINTR);
    if (n != 0) {
        reap(pid);
        return problem_set(p, -EACCES, PX_CONFIG, "the program %.400s cannot be started: %s", path,
                           strerror(n == (ssize_t)sizeof(why) ? why : EIO));
    }
    *ret_pid = pid;
    return 0;
}

int exec_spawn(const char *path, char *const *argv, pid_t *ret_pid, int fds[EXEC_FDS], struct problem *p)
{
    int pipes[4][2] = {{-1, -1}, {-1, -1}, {-1, -1}, {-1, -1}};
    int r = check_program(path, p);

    for (int i = 0; r == 0 && i < 4; i++)
        if (pipe_high(pipes[i]) < 0)
            r = problem_set(p, -EMFILE, PX_PLANE, "no pipes can be made for %.400s", path);
    if (r == 0)
        r = start(path, argv, pipes, ret_pid, p);
    if (r == 0) {
        fds[0] = pipes[0][1];
        fds[1] = pipes[1][0];
        fds[2] = pipes[2][0];
        pipes[0][1] = pipes[1][0] = pipes[2][0] = -1;
    }
    for (int i = 0; i < 4; i++) {
        fd_close(&pipes[i][0]);
        fd_close(&pipes[i][1]);
    }
    return r;
}

int exec_child_wait(pid_t pid, int timeout_ms, int32_t *ret_status, char signal[EXEC_SIGNAL_SIZE])
{
    siginfo_t info = {0};
    CLEANUP_FD int fd = (int)syscall(SYS_pidfd_open, pid, 0);

    if (fd < 0)
        return -errno;
    struct pollfd ready = {fd, POLLIN, 0};
    if (poll(&ready, 1, timeout_ms) <= 0)
        return 0;
    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
        return -errno;
    if (info.si_pid != pid)
        return 0;
    bool exited = info.si_code == CLD_EXITED;
    const char *name = exited ? "" : sigabbrev_np(info.si_status);
    *ret_status = exited ? info.si_status : -1;
    if (name)
        (void)snprintf(signal, EXEC_SIGNAL_SIZE, "%s", name);
    else
        (void)snprintf(signal, EXEC_SIGNAL_SIZE, "%d", info.si_status);
    return 1;
}

/* The leader is not reaped before the run is over, so its number is nobody else's. */
static void group_kill(pid_t pid, int number)
{
    (void)kill(-pid, number);
}

/* Whoever ends ssh first does not hear how the command ended: a stop is the executor's before it is ours. */
static int64_t term_due_ms(const struct exec_run *run)
{
    const int64_t stop_due = run->stop_ms ? run->stop_ms + EXEC_STOP_MS : INT64_MAX;

    return stop_due < run->until_ms ? stop_due : run->until_ms;
}

void exec_child_tend(struct exec_run *run, bool stop, int64_t now)
{
    if (stop && !run->stop_ms)
        run->stop_ms = now;
    if (!run->child)
        return;
    if (!run->term_ms && now >= term_due_ms(run)) {
        run->term_ms = now;
        group_kill(run->child, SIGTERM);
    } else if (run->term_ms && !run->killed && now >= run->term_ms + EXEC_TERM_MS) {
        run->killed = true;
        group_kill(run->child, SIGKILL);
    }
}

int64_t exec_child_next_ms(const struct exec_run *run, bool stop)
{
    if (!run->child || run->killed)
        return INT64_MAX;
    if (stop && !run->stop_ms)
        return clock_ms();
    return run->term_ms ? run->term_ms + EXEC_TERM_MS : term_due_ms(run);
}

void exec_child_end(struct planes *planes, struct exec_run *run)
{
    char signal[EXEC_SIGNAL_SIZE];
    int32_t status;

    (void)pthread_mutex_lock(&planes->lock);
    pid_t pid = run->child;
    run->child = 0; /* the supervisor has no more business with it */
    (void)pthread_mutex_unlock(&planes->lock);
    if (!pid)
        return;
    if (exec_child_wait(pid, 0, &status, signal) == 0) {
        group_kill(pid, SIGTERM);
        (void)exec_child_wait(pid, END_MS, &status, signal);
    }
    group_kill(pid, SIGKILL); /* and what it left behind */
    reap(pid);
}
