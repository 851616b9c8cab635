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
#include "fake_trust.h"
#include "mcp/server.h"

#define ANSWER_MS 5000

static void *run_server(void *arg)
{
    struct talk *talk = arg;
    struct server_options options = {
        .config = &talk->config,
        .planes = (struct planes *)talk,
        .in_fd = talk->in,
        .out_fd = talk->out,
        .form_ms = talk->form_ms,
    };

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

void hello_as(struct talk *talk, const char *version, const char *capabilities)
{
    say(talk,
        "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"%s\","
        "\"capabilities\":%s,\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}",
        version, capabilities);
    expect(talk, 0, version);
    say(talk, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
}

void hello(struct talk *talk)
{
    hello_as(talk, "2025-11-25", "{}");
}

void talk_guarded(struct talk *talk)
{
    static char name[] = "guests", state_dir[] = "/nonexistent";

    talk->plane = (struct config_plane){.name = name, .mode = CONFIG_GUARDED};
    talk->config.mode = CONFIG_GUARDED;
    talk->config.planes = &talk->plane;
    talk->config.plane_count = 1;
    talk->config.state_dir = state_dir;
}

void talk_open_with(struct talk *talk, bool grant, const char *capabilities)
{
    static char name[] = "lab", plane[] = "guests";
    static struct config_site site = {.name = name};

    talk_open(talk);
    talk->plane = (struct config_plane){.name = plane, .client_requests = grant};
    talk->config.planes = &talk->plane;
    talk->config.plane_count = 1;
    talk->config.sites = &site;
    talk->config.site_count = 1;
    talk_begin(talk);
    if (capabilities)
        hello_as(talk, "2025-11-25", capabilities);
}

void request(struct talk *talk, int id, const char *method, const char *params)
{
    say(talk, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":{%s}}", id, method, params);
}

void call_tool(struct talk *talk, int id, const char *name, const char *arguments, const char *more)
{
    say(talk,
        "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/"
        "call\",\"params\":{\"name\":\"%s\",\"arguments\":{%s}%s%s}}",
        id, name, arguments, more[0] ? "," : "", more);
}

struct json_object *at(struct json_object *message, const char *path)
{
    char step[80];

    while (message && *path) {
        size_t len = strcspn(path, "/");

        assert_true(len < sizeof(step));
        memcpy(step, path, len);
        step[len] = '\0';
        path += len + (path[len] == '/');
        if (json_object_is_type(message, json_type_array))
            message = json_object_array_get_idx(message, (size_t)(step[0] - '0')); /* the first ten will do */
        else if (!json_object_object_get_ex(message, step, &message))
            return NULL;
    }
    return message;
}

const char *text_at(struct json_object *message, const char *path)
{
    struct json_object *value = at(message, path);

    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
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
    fake_trust_reset();
    return 0;
}
