/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the built program, or another one, as a user does. */
#include "run.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

char program[PATH_MAX], home[PATH_MAX + 8];

bool run_setup(const char *home_folder)
{
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");

    (void)snprintf(program, sizeof program, "%s/proximo", build ? build : ".");
    (void)snprintf(home, sizeof home, "HOME=%s", home_folder);
    return access(program, X_OK) == 0;
}

void outcome_done(struct outcome *o)
{
    buf_done(&o->out);
    buf_done(&o->err);
}

static void child(const char *path, char *const *argv, char *const *environment, int in, int out, int err)
{
    if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
        _exit(125);
    (void)execve(path, argv, environment);
    _exit(126);
}

static struct outcome run_any(const char *path, const char *const *words, const char *input,
                              const char *variable)
{
    struct outcome o = {.out = BUF_INIT(1 << 20), .err = BUF_INIT(1 << 20)};
    char *argv[WORDS_MAX + 2] = {NULL}, *environment[] = {home, NULL, NULL};
    int in[2], out, err, status = 0;
    char out_name[] = "/tmp/proximo-test-XXXXXX", err_name[] = "/tmp/proximo-test-XXXXXX";

    assert_non_null(argv[0] = strdup(path));
    for (size_t i = 0; i < WORDS_MAX && words[i]; i++)
        assert_non_null(argv[i + 1] = strdup(words[i]));
    environment[1] = variable ? strdup(variable) : NULL;
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_true((out = mkostemp(out_name, O_CLOEXEC)) >= 0);
    assert_true((err = mkostemp(err_name, O_CLOEXEC)) >= 0);
    assert_int_equal(fd_write_all(in[1], input, strlen(input)), 0);
    (void)close(in[1]);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        child(path, argv, environment, in[0], out, err);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    (void)close(in[0]);
    (void)lseek(out, 0, SEEK_SET);
    (void)lseek(err, 0, SEEK_SET);
    assert_int_equal(fd_read_all(out, &o.out), 0);
    assert_int_equal(fd_read_all(err, &o.err), 0);
    (void)close(out);
    (void)close(err);
    (void)unlink(out_name);
    (void)unlink(err_name);
    for (size_t i = 0; argv[i]; i++)
        free(argv[i]);
    free(environment[1]);
    o.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    assert_int_equal(buf_reserve(&o.out, 0) | buf_reserve(&o.err, 0), 0);
    return o;
}

struct outcome run(const char *const *words, const char *input, const char *variable)
{
    return run_any(program, words, input, variable);
}

struct outcome run_other(const char *path, const char *const *words)
{
    return run_any(path, words, "", "PATH=/usr/bin:/bin");
}
