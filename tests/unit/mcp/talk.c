/* SPDX-License-Identifier: Apache-2.0 */
/* A conversation under test. */
#include "talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "fake_planes.h"
#include "mcp/server.h"

#define ANSWER_MS 5000

static void *run_server(void *arg)
{
    struct talk *talk = arg;
    struct server_options options = {
        .config = &talk->config, .planes = (struct planes *)talk, .in_fd = talk->in, .out_fd = talk->out};

    talk->status = server_run(&options, &talk->stuck);
    close(talk->out);
    return NULL;
}

void talk_open(struct talk *talk)
{
    int to[2], from[2];

    assert_int_equal(pipe2(to, O_CLOEXEC), 0);
    assert_int_equal(pipe2(from, O_CLOEXEC), 0);
    *talk = (struct talk){.to = to[1], .from = from[0], .in = to[0], .out = from[1]};
    talk->config =
        (struct config){.mode = CONFIG_READ, .surface = CONFIG_FACADE, .max_calls = 64, .call_timeout_s = 10};
    line_init(&talk->reader, talk->from);
}

void talk_begin(struct talk *talk)
{
    assert_int_equal(pthread_create(&talk->thread, NULL, run_server, talk), 0);
}

void say(struct talk *talk, const char *format, ...)
{
    char line[8192];
    va_list ap;
    int n;

    va_start(ap, format);
    n = vsnprintf(line, sizeof(line) - 1, format, ap);
    va_end(ap);
    line[n++] = '\n';
    assert_int_equal(write(talk->to, line, (size_t)n), n);
}

struct json_object *hear_within(struct talk *talk, int ms)
{
    int64_t deadline = clock_ms() + ms;
    struct json_object *message;
    const char *line;
    size_t len;

    for (;;) {
        struct pollfd p = {.fd = talk->from, .events = POLLIN};

        switch (line_next(&talk->reader, &line, &len)) {
        case LINE_HERE: assert_int_equal(json_parse(line, len, &message, NULL), 0); return message;
        case LINE_END: return NULL;
        case LINE_TOO_LONG: fail(); return NULL;
        case LINE_MORE: break;
        }
        if (poll(&p, 1, (int)(deadline - clock_ms() > 0 ? deadline - clock_ms() : 0)) == 0)
            return NULL;
        assert_int_equal(line_fill(&talk->reader), 0);
    }
}

struct json_object *hear(struct talk *talk)
{
    struct json_object *message = hear_within(talk, ANSWER_MS);

    assert_non_null(message);
    return message;
}

bool has(struct json_object *message, const char *piece)
{
    return strstr(
        json_object_to_json_string_ext(message, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
        piece);
}

int64_t id_of(struct json_object *message)
{
    int64_t id = -1;

    (void)json_get_int(message, "id", &id);
    return id;
}

void expect(struct talk *talk, int64_t id, const char *piece)
{
    struct json_object *message CLEANUP_JSON = hear(talk);

    if (id_of(message) != id || !has(message, piece))
        print_error("%s\n", json_object_to_json_string(message));
    assert_int_equal(id_of(message), id);
    assert_true(has(message, piece));
}

void hello(struct talk *talk)
{
    say(talk, "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
              "\"2025-11-25\","
              "\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}");
    expect(talk, 0, "\"protocolVersion\":\"2025-11-25\"");
    say(talk, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
}

void call_read(struct talk *talk, int id, int sleep_ms, const char *meta)
{
    say(talk,
        "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/"
        "call\",\"params\":{\"name\":\"proximo_read\",\"arguments\":"
        "{\"tool\":\"pve_guest_status\",\"arguments\":{\"vmid\":\"105\",\"sleep_ms\":%d}}%s}}",
        id, sleep_ms, meta);
}

void talk_hang_up(struct talk *talk)
{
    fd_close(&talk->to);
}

void talk_join(struct talk *talk, int status)
{
    assert_int_equal(pthread_join(talk->thread, NULL), 0);
    assert_int_equal(talk->status, status);
    assert_false(talk->stuck);
    line_done(&talk->reader);
    fd_close(&talk->to);
    fd_close(&talk->from);
    fd_close(&talk->in);
}

int64_t talk_finish(struct talk *talk, int status)
{
    int64_t before = clock_ms();

    talk_hang_up(talk);
    talk_join(talk, status);
    return clock_ms() - before;
}

int talk_setup(void **state)
{
    (void)state;
    fake_planes_reset();
    fake_planes.load_ms = 20;
    return 0;
}
