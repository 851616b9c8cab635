/* SPDX-License-Identifier: Apache-2.0 */
/* A child under test. */
#include "child.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"

#define WORDS_MOST 16

static void make_home(struct child *child)
{
    *child = (struct child){.to = -1, .from = -1};
    (void)snprintf(child->home, sizeof(child->home), "/tmp/proximo-test.XXXXXX");
    assert_non_null(mkdtemp(child->home));
    (void)snprintf(child->errors, sizeof(child->errors), "%s/stderr", child->home);
}

static void start_in_home(struct child *child, const char *const *argv)
{
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    char program[512], home[96], temporary[96], config[128], state[128],
        asan[] = "ASAN_OPTIONS=abort_on_error=1";
    char *environment[] = {home, temporary, config, state, asan, NULL}, *words[WORDS_MOST];
    posix_spawn_file_actions_t actions;
    int to[2], from[2], count = 0;

    assert_non_null(build);
    (void)snprintf(program, sizeof(program), "%s/proximo", build);
    (void)snprintf(home, sizeof(home), "HOME=%s", child->home);
    (void)snprintf(temporary, sizeof(temporary), "TMPDIR=%s", child->home);
    (void)snprintf(config, sizeof(config), "XDG_CONFIG_HOME=%s", child->home);
    (void)snprintf(state, sizeof(state), "XDG_STATE_HOME=%s/state", child->home);
    words[count++] = program;
    for (; argv[count - 1] && count + 1 < WORDS_MOST; count++)
        words[count] = (char *)(uintptr_t)argv[count - 1];
    words[count] = NULL;
    assert_int_equal(pipe2(to, O_CLOEXEC), 0);
    assert_int_equal(pipe2(from, O_CLOEXEC), 0);
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    (void)posix_spawn_file_actions_adddup2(&actions, to[0], 0);
    (void)posix_spawn_file_actions_adddup2(&actions, from[1], 1);
    (void)posix_spawn_file_actions_addopen(&actions, 2, child->errors, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(posix_spawn(&child->pid, program, &actions, NULL, words, environment), 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    close(to[0]);
    close(from[1]);
    child->to = to[1];
    child->from = from[0];
}

void child_start(struct child *child, const char *const *argv)
{
    make_home(child);
    start_in_home(child, argv);
}

void child_start_configured(struct child *child, const char *yaml, const char *const *argv)
{
    char path[128];

    make_home(child);
    (void)snprintf(path, sizeof(path), "%s/proximo", child->home);
    assert_int_equal(file_make_dirs(path, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/proximo/proximo.yaml", child->home);
    assert_int_equal(file_write_atomic(path, yaml, strlen(yaml), 0600), 0);
    start_in_home(child, argv);
}

void child_write(struct child *child, const void *bytes, size_t len)
{
    child->called = child->called || memmem(bytes, len, "tools/call", 10);
    assert_int_equal(fd_write_all(child->to, bytes, len), 0);
}

void child_say(struct child *child, const char *line)
{
    child_write(child, line, strlen(line));
    child_write(child, "\n", 1);
}

/* Takes the first whole line out of the buffer. */
static struct json_object *take_line(struct child *child)
{
    char *newline = child->len ? memchr(child->buffer, '\n', child->len) : NULL;
    struct json_object *message = NULL;
    const char *version;
    size_t used;

    if (!newline)
        return NULL;
    used = (size_t)(newline - child->buffer) + 1;
    if (json_parse(child->buffer, used, &message, NULL) < 0 ||
        json_get_string(message, "jsonrpc", &version, NULL) < 0)
        print_error("not JSON-RPC: %.*s\n", (int)used, child->buffer);
    assert_int_equal(json_get_string(message, "jsonrpc", &version, NULL), 0);
    memmove(child->buffer, newline + 1, child->len - used);
    child->len -= used;
    return message;
}

struct json_object *child_hear(struct child *child, int ms)
{
    int64_t deadline = clock_ms() + ms;

    for (;;) {
        struct pollfd p = {.fd = child->from, .events = POLLIN};
        struct json_object *message = take_line(child);
        int64_t left = deadline - clock_ms();
        ssize_t n;

        if (message)
            return message;
        if (left <= 0 || poll(&p, 1, (int)left) <= 0)
            return NULL;
        if (child->cap - child->len < 65536) {
            child->cap = 2 * child->cap + 65536;
            child->buffer = realloc(child->buffer, child->cap);
            assert_non_null(child->buffer);
        }
        n = read(child->from, child->buffer + child->len, child->cap - child->len);
        assert_true(n >= 0);
        if (n == 0) {
            assert_int_equal(child->len, 0); /* no half line at the end */
            return NULL;
        }
        child->len += (size_t)n;
    }
}

void child_close_input(struct child *child)
{
    fd_close(&child->to);
}

int child_end(struct child *child, int ms, char **ret_errors)
{
    struct buf errors CLEANUP_BUF = BUF_INIT(1 << 20);
    int64_t deadline = clock_ms() + ms;
    int status = 0;
    pid_t ended;

    while ((ended = waitpid(child->pid, &status, WNOHANG)) == 0 && clock_ms() < deadline)
        usleep(1000);
    if (ended == 0) {
        (void)kill(child->pid, SIGKILL);
        (void)waitpid(child->pid, &status, 0);
    }
    fd_close(&child->to);
    fd_close(&child->from);
    free(child->buffer);
    child->buffer = NULL;
    (void)file_read(child->errors, &errors);
    if (ret_errors)
        *ret_errors = errors.len ? buf_take(&errors, NULL) : strdup("");
    else if (errors.len)
        print_message("stderr: %s\n", errors.data);
    assert_int_equal(ended, child->pid); /* it ended in time */
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st;
    (void)type;
    (void)walk;
    return remove(path);
}

int child_remains(struct child *child)
{
    DIR *dir = opendir(child->home);
    char path[512];
    int count = 0;

    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 && strcmp(e->d_name, "stderr") != 0 &&
            strcmp(e->d_name, "proximo") != 0 && !(child->called && strcmp(e->d_name, "state") == 0)) {
            print_error("left behind: %s/%s\n", child->home, e->d_name);
            count++;
        }
    }
    (void)closedir(dir);
    (void)unlink(child->errors);
    (void)snprintf(path, sizeof(path), "%s/proximo/proximo.yaml", child->home);
    (void)unlink(path);
    (void)snprintf(path, sizeof(path), "%s/proximo", child->home);
    (void)rmdir(path);
    (void)snprintf(path, sizeof(path), "%s/state", child->home);
    (void)nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    (void)rmdir(child->home);
    return count;
}
