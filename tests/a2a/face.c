/* SPDX-License-Identifier: Apache-2.0 */
#include "face.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "tests/unit/command/terminal.h"

const char *face_trust = "";

static const char *const quick[] = {"--task-ms", "100", "--stale-ms", "0", NULL};

static void prepare(struct face *f, const char *tokens, mode_t mode)
{
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    const char *const argv[] = {f->program, "keys", "approver", NULL};
    struct terminal t;
    char token[128];

    memset(f, 0, sizeof(*f));
    f->token = FACE_TOKEN;
    road_start(&f->road, quick, "");
    (void)snprintf(f->program, sizeof(f->program), "%s/proximo", build ? build : ".");
    (void)snprintf(f->path, sizeof(f->path), "PATH=%s:/usr/bin:/bin", build ? build : ".");
    (void)snprintf(f->home, sizeof(f->home), "HOME=%s", f->road.dir);
    (void)snprintf(f->config, sizeof(f->config), "PROXIMO_CONFIG=%s", f->road.config);
    (void)snprintf(f->public_key, sizeof(f->public_key), "%s/.config/proximo/approver.key.pub", f->road.dir);
    (void)snprintf(token, sizeof(token), "%s/a2a.token", f->road.dir);
    f->environment[0] = f->home;
    f->environment[1] = f->path;
    assert_int_equal(file_write_atomic(token, tokens, strlen(tokens), mode), 0);
    terminal_start(&t, argv, f->environment);
    terminal_type_secret(&t, "12 characters or more", FACE_PASS);
    terminal_type_secret(&t, "The same again", FACE_PASS);
    assert_int_equal(terminal_end(&t), 0);
    terminal_done(&t);
}

static void spawn(struct face *f)
{
    char program[520], errors[96], asan[] = "ASAN_OPTIONS=abort_on_error=1";
    char *argv[] = {program, (char[]){"--config"}, f->road.config, NULL},
         *environment[] = {f->home, asan, NULL};
    posix_spawn_file_actions_t actions;
    sigset_t none;
    posix_spawnattr_t attr;

    (void)snprintf(program, sizeof(program), "%s-a2a", f->program);
    (void)snprintf(errors, sizeof(errors), "%s/a2a.err", f->road.dir);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)sigemptyset(&none);
    assert_int_equal(posix_spawnattr_init(&attr), 0);
    (void)posix_spawnattr_setsigmask(&attr, &none);
    (void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    (void)posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(posix_spawn(&f->pid, program, &actions, &attr, argv, environment), 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)posix_spawnattr_destroy(&attr);
}

static char *errors_of(const struct face *f)
{
    struct buf text = BUF_INIT(1 << 20);
    char path[96];

    (void)snprintf(path, sizeof(path), "%s/a2a.err", f->road.dir);
    (void)file_read(path, &text);
    buf_str(&text, "");
    char *all = buf_take(&text, NULL);
    return all ? all : strdup("");
}

static void wait_for_port(struct face *f)
{
    const int64_t deadline = clock_ms() + 20000;
    static const char mark[] = "listening on http://";

    while (f->port == 0) {
        char *said = errors_of(f), *at = strstr(said, mark);
        uint64_t port = 0;
        if (at && strchr(at, '\n')) {
            *strchr(at, '\n') = '\0';
            f->ipv6 = at[sizeof(mark) - 1] == '[';
            assert_int_equal(text_to_u64(strrchr(at, ':') + 1, 65535, &port), 0);
            f->port = (int)port;
        } else if (clock_ms() > deadline) {
            fail_msg("%s", said);
        } else {
            usleep(5000);
        }
        free(said);
    }
}

void face_start(struct face *f, const char *mode, const char *more)
{
    face_start_with(f, mode, more, FACE_TOKEN "\n");
}

void face_start_with(struct face *f, const char *mode, const char *more, const char *tokens)
{
    struct buf yaml CLEANUP_BUF = BUF_INIT(8192);

    prepare(f, tokens, 0600);
    buf_printf(&yaml, "trust: {approver_key: %s%s}\na2a:\n  port: 0\n  token_file: %s/a2a.token\n%s",
               f->public_key, face_trust, f->road.dir, more);
    road_configure(&f->road, mode, yaml.data);
    spawn(f);
    wait_for_port(f);
}

static int end_of(struct face *f)
{
    int status = 0;

    assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void face_stop(struct face *f)
{
    assert_int_equal(kill(f->pid, SIGTERM), 0);
    const int status = end_of(f);
    if (status != 0) {
        char *said = errors_of(f);
        print_error("%s", said);
        free(said);
    }
    assert_int_equal(status, 0);
    road_stop(&f->road);
}

int face_refuses(struct face *f, const char *a2a, char **ret)
{
    prepare(f, FACE_TOKEN "\n", 0600);
    road_configure(&f->road, "read", a2a);
    spawn(f);
    const int status = end_of(f);
    *ret = errors_of(f);
    road_stop(&f->road);
    return status;
}

int face_refuses_tokens(struct face *f, const char *tokens, mode_t mode, const char *more, char **ret)
{
    char yaml[256];

    prepare(f, tokens, mode);
    (void)snprintf(yaml, sizeof(yaml), "a2a: {port: 0, token_file: %s/a2a.token%s}\n", f->road.dir, more);
    road_configure(&f->road, "read", yaml);
    spawn(f);
    const int status = end_of(f);
    *ret = errors_of(f);
    road_stop(&f->road);
    return status;
}

static int connect_ipv6(const struct face *f)
{
    struct sockaddr_in6 where = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)f->port)};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

    where.sin6_addr = in6addr_loopback;
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&where, sizeof(where)), 0);
    return fd;
}

int face_connect(const struct face *f)
{
    if (f->ipv6)
        return connect_ipv6(f);
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)f->port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&where, sizeof(where)), 0);
    return fd;
}

char *face_hear(int fd, int ms)
{
    struct buf text = BUF_INIT(16 << 20);
    const int64_t deadline = clock_ms() + ms;
    char bytes[8192];

    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        const int64_t left = deadline - clock_ms();
        if (left <= 0 || poll(&p, 1, (int)left) <= 0)
            break;
        const ssize_t n = read(fd, bytes, sizeof(bytes));
        if (n <= 0)
            break;
        buf_add(&text, bytes, (size_t)n);
    }
    char *all = buf_take(&text, NULL);
    return all ? all : strdup("");
}

char *face_talk(const struct face *f, const char *bytes, int ms)
{
    int fd = face_connect(f);

    (void)fd_write_all(fd, bytes, strlen(bytes));
    char *all = face_hear(fd, ms);
    close(fd);
    return all;
}

int face_status(const char *answer)
{
    uint64_t status = 0;
    char digits[4] = "";

    if (strncmp(answer, "HTTP/1.1 ", 9) == 0)
        (void)snprintf(digits, sizeof(digits), "%.3s", answer + 9);
    return text_to_u64(digits, 999, &status) == 0 ? (int)status : 0;
}

char *face_request(const struct face *f, const char *method, const char *params)
{
    struct buf body CLEANUP_BUF = BUF_INIT(1 << 20), all = BUF_INIT(1 << 20);

    buf_printf(&body, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"%s\",\"params\":%s}", method, params);
    buf_printf(&all,
               "POST /a2a HTTP/1.1\r\nHost: localhost\r\nA2A-Version: 1.0\r\nAuthorization: Bearer %s"
               "\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
               f->token, body.len, body.data);
    return buf_take(&all, NULL);
}

struct json_object *face_call(const struct face *f, const char *method, const char *params)
{
    char *request = face_request(f, method, params), *said = face_talk(f, request, 60000);
    const char *body = strstr(said, "\r\n\r\n");

    if (face_status(said) != 200 || !body)
        fail_msg("%s", said);
    struct json_object *answer = json_tokener_parse(body + 4);
    assert_non_null(answer);
    free(request);
    free(said);
    return answer;
}

struct json_object *face_send(const struct face *f, const char *data, const char *more)
{
    struct buf params CLEANUP_BUF = BUF_INIT(65536);

    buf_printf(&params,
               "{\"message\":{\"messageId\":\"m\",\"role\":\"ROLE_USER\",\"parts\":[{\"data\":%s}]%s}}", data,
               more);
    return face_call(f, "SendMessage", params.data);
}

struct json_object *face_wait(const struct face *f, const char *id, const char *state)
{
    const int64_t deadline = clock_ms() + 30000;
    char params[96];

    (void)snprintf(params, sizeof(params), "{\"id\":\"%s\"}", id);
    for (;;) {
        struct json_object *answer = face_call(f, "GetTask", params);
        if (strcmp(at(answer, "/result/status/state"), state) == 0)
            return answer;
        if (clock_ms() > deadline)
            fail_msg("not %s: %s", state, json_object_to_json_string(answer));
        json_object_put(answer);
        usleep(100000);
    }
}

void face_approve(struct face *f, const char *plan_id, const char *subject)
{
    char via[300];
    const char *const argv[] = {f->program, "approve", "--via", via, plan_id, NULL};
    struct terminal t;

    (void)snprintf(via, sizeof(via), "env %s", f->config);
    terminal_start(&t, argv, f->environment);
    terminal_expect(&t, "type its subject exactly: ");
    terminal_type(&t, subject);
    terminal_type_secret(&t, "Passphrase of your key", FACE_PASS);
    if (terminal_end(&t) != 0)
        fail_msg("%s", t.seen.data);
    terminal_done(&t);
}
