/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo serve --demo`: the simulator as a child process. */
#include "command/demo.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "command/remove_tree.h"
#include "config/config.h"

#define READY_MS    8000 /* a key is made, a socket opened */
#define READY_BYTES 65536
#define END_MS      300 /* then it is killed */
#define PATH_BYTES  4096

extern char **environ;

struct demo {
    char *folder;
    pid_t pid;             /* 0: none */
    int input, output;     /* the simulator's: it ends when its input does */
    struct config *config; /* the caller's */
    bool ready;
};

/* `proximo-sim` beside this program (build tree) or in the bin folder beside its own (installed). malloc'd.
 */
static char *simulator_path(struct problem *p)
{
    const char *program = file_program_dir();

    for (size_t i = 0; program && i < 2; i++) {
        struct buf path CLEANUP_BUF = BUF_INIT(PATH_BYTES);

        if (i == 0)
            buf_printf(&path, "%s/proximo-sim", program);
        else
            buf_printf(&path, "%s/../bin/proximo-sim", program);
        if (buf_ok(&path) && access(path.data, X_OK) == 0)
            return buf_take(&path, NULL);
    }
    (void)problem_set(p, -ENOENT, PX_CONFIG, "the simulator proximo-sim is not beside this program");
    problem_next(p, "install proximo whole (cmake --install), or run it from its build folder");
    return NULL;
}

static int make_folder(struct demo *demo, struct problem *p)
{
    struct buf path CLEANUP_BUF = BUF_INIT(PATH_BYTES);
    const char *base = getenv("TMPDIR");

    buf_printf(&path, "%s/proximo-demo.XXXXXX", base && base[0] == '/' ? base : "/tmp");
    if (!buf_ok(&path) || !mkdtemp(path.data))
        return problem_set(p, -errno, PX_CONFIG, "no temporary folder can be made in %s: %s",
                           base && base[0] == '/' ? base : "/tmp", strerror(errno));
    demo->folder = buf_take(&path, NULL);
    return 0;
}

/* Spawns it with a pipe each way; stderr is shared. */
static int spawn_simulator(struct demo *demo, struct problem *p)
{
    char *path CLEANUP_FREE = simulator_path(p);
    struct buf state CLEANUP_BUF = BUF_INIT(PATH_BYTES);
    posix_spawn_file_actions_t actions;
    int to[2] = {-1, -1}, from[2] = {-1, -1}, r;

    if (!path)
        return -ENOENT;
    buf_printf(&state, "%s/sim", demo->folder);
    if (!buf_ok(&state) || pipe2(to, O_CLOEXEC) < 0 || pipe2(from, O_CLOEXEC) < 0 ||
        posix_spawn_file_actions_init(&actions) != 0) {
        r = -errno;
        fd_close(&to[0]);
        fd_close(&to[1]);
        fd_close(&from[0]);
        fd_close(&from[1]);
        return problem_set(p, r, PX_INTERNAL, "the simulator cannot be started: %s", strerror(-r));
    }
    char *argv[] = {path,
                    (char[]){"--seed"},
                    (char[]){"demo"},
                    (char[]){"--exit-on-eof"},
                    (char[]){"--state-dir"},
                    state.data,
                    NULL};
    (void)posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
    r = posix_spawn(&demo->pid, path, &actions, NULL, argv, environ);
    (void)posix_spawn_file_actions_destroy(&actions);
    fd_close(&to[0]);
    fd_close(&from[1]);
    demo->input = to[1];
    demo->output = from[0];
    if (r == 0)
        return 0;
    demo->pid = 0;
    return problem_set(p, -r, PX_INTERNAL, "%s cannot be started: %s", path, strerror(r));
}

/* The address and the fingerprint stand in for those that the simulator will tell; nothing uses them before.
 */
static int load_config(struct demo *demo, const char *mode, const char *surface, struct problem *p)
{
    struct buf yaml CLEANUP_BUF = BUF_INIT(4 * PATH_BYTES), folder CLEANUP_BUF = BUF_INIT(2 * PATH_BYTES);

    json_put_cstr(&folder, demo->folder); /* a JSON string is a YAML string */
    if (!buf_ok(&folder))
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    folder.data[folder.len - 1] = '\0'; /* without its closing quote */
    buf_printf(&yaml, "mode: %s\nsurface: %s\nstate_dir: %s/state\"\n", mode ? mode : "guarded",
               surface ? surface : "facade", folder.data);
    buf_printf(&yaml,
               "sites:\n  demo:\n    kind: pve\n    url: https://127.0.0.1:9\n    fingerprint: \"%064d\"\n",
               0);
    buf_printf(&yaml, "    token_file: %s/sim/root.token\"\n", folder.data);
    if (!buf_ok(&yaml))
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    return config_load_text("demo", yaml.data, yaml.len, &demo->config, p);
}

int demo_start(const char *mode, const char *surface, struct demo **ret, struct config **ret_config,
               struct problem *p)
{
    struct demo *demo = calloc(1, sizeof(*demo));
    int r;

    if (!demo)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    demo->input = demo->output = -1;
    r = make_folder(demo, p);
    if (r == 0)
        r = spawn_simulator(demo, p);
    if (r == 0)
        r = load_config(demo, mode, surface, p);
    if (r < 0) {
        demo_end(demo);
        return r;
    }
    *ret = demo;
    *ret_config = demo->config;
    return 0;
}

/* ---------------------------------------------------------------- ready */

/* Its first line of output. */
static int read_line(struct demo *demo, struct buf *line, struct problem *p)
{
    int64_t deadline = clock_ms() + READY_MS;

    while (line->len == 0 || !memchr(line->data, '\n', line->len)) {
        struct pollfd poll_fd = {.fd = demo->output, .events = POLLIN};
        int64_t left = deadline - clock_ms();
        char bytes[2048];
        ssize_t n = 0;

        if (left > 0 && poll(&poll_fd, 1, (int)left) < 0 && errno != EINTR)
            left = 0;
        if (left > 0 && !poll_fd.revents)
            continue;
        if (left > 0)
            n = read(demo->output, bytes, sizeof(bytes));
        if (n <= 0) {
            (void)problem_set(p, -EIO, PX_CONNECT, "the simulator of the demo %s",
                              left > 0 ? "has ended" : "is not ready in time");
            problem_next(p, "See what it said on stderr, then start the demo again.");
            return -EIO;
        }
        buf_add(line, bytes, (size_t)n);
        if (!buf_ok(line))
            return problem_set(p, -EFBIG, PX_INTERNAL, "the simulator says too much");
    }
    return 0;
}

static int replace(char **place, const char *text, size_t len)
{
    char *copy = strndup(text, len);

    if (!copy)
        return -ENOMEM;
    free(*place);
    *place = copy;
    return 0;
}

/* "AA:BB.." to the 64 lower-case digits that the configuration holds. */
static int replace_fingerprint(char **place, const char *text)
{
    char digits[65];
    size_t count = 0;

    for (; *text && count < 64; text++) {
        if (*text != ':')
            digits[count++] = (char)(*text >= 'A' && *text <= 'F' ? *text - 'A' + 'a' : *text);
    }
    digits[count] = '\0';
    return count == 64 && !*text ? replace(place, digits, count) : -EINVAL;
}

int demo_prepare(void *arg, struct problem *p)
{
    struct demo *demo = arg;
    struct config_site *site = &demo->config->sites[0];
    struct buf line CLEANUP_BUF = BUF_INIT(READY_BYTES);
    struct json_object *ready CLEANUP_JSON = NULL, *tokens = NULL;
    const char *url = "", *fingerprint = "", *token = "";
    const char *path;
    int r;

    if (demo->ready)
        return 0;
    r = read_line(demo, &line, p);
    if (r == 0)
        r = json_parse(line.data, line.len, &ready, p);
    if (r < 0)
        return r;
    if (json_get_string(ready, "url", &url, NULL) < 0 ||
        json_get_string(ready, "fingerprint", &fingerprint, NULL) < 0 ||
        json_get(ready, "tokens", json_type_object, &tokens) < 0 ||
        json_get_string(tokens, "root", &token, NULL) < 0)
        return problem_set(p, -EPROTO, PX_INTERNAL, "the simulator is of another version than this program");
    path = strstr(url, "/api2/");
    r = replace(&site->endpoints[0].url, url, path ? (size_t)(path - url) : strlen(url));
    if (r == 0)
        r = replace_fingerprint(&site->endpoints[0].fingerprint, fingerprint);
    if (r == 0)
        r = replace(&site->token_file, token, strlen(token));
    if (r < 0)
        return problem_set(p, r, PX_INTERNAL, "the simulator's address cannot be used");
    demo->ready = true;
    return 0;
}

/* ---------------------------------------------------------------- the end */

static bool reaped_within(pid_t pid, int ms)
{
    int64_t deadline = clock_ms() + ms;

    while (waitpid(pid, NULL, WNOHANG) == 0) {
        const struct timespec nap = {.tv_nsec = 2000000};

        if (clock_ms() >= deadline)
            return false;
        (void)nanosleep(&nap, NULL);
    }
    return true;
}

void demo_end(struct demo *demo)
{
    if (!demo)
        return;
    fd_close(&demo->input);
    if (demo->pid > 0) {
        (void)kill(demo->pid, SIGTERM);
        if (!reaped_within(demo->pid, END_MS)) {
            (void)kill(demo->pid, SIGKILL);
            (void)waitpid(demo->pid, NULL, 0);
        }
    }
    fd_close(&demo->output);
    if (demo->folder && remove_tree(demo->folder) < 0)
        log_warn("%s could not be removed", demo->folder);
    free(demo->folder);
    free(demo);
}
