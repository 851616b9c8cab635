/* SPDX-License-Identifier: Apache-2.0 */
/* The client's side of the road: a server spoken to line by line in either era, and a person who fills in
 * forms. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "road.h"

#define ANSWER_MS 60000
#define END_MS    20000

static void spawn(struct road *road, struct server *server, const char *const *more)
{
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    static int number;
    char program[512], home[96], asan[] = "ASAN_OPTIONS=abort_on_error=1:verify_asan_link_order=0";
    char *environment[8] = {home, asan};
    char *argv[] = {program, (char[]){"serve"}, (char[]){"--config"}, road->config, NULL};
    posix_spawn_file_actions_t actions;
    int to[2], from[2], count = 2;

    for (; more && *more && count < 7; more++)
        environment[count++] = (char *)(uintptr_t)*more;
    memset(server, 0, sizeof(*server));
    server->road = road;
    (void)snprintf(program, sizeof(program), "%s/proximo", build ? build : ".");
    (void)snprintf(home, sizeof(home), "HOME=%s", road->dir);
    (void)snprintf(server->errors, sizeof(server->errors), "%s/stderr.%d", road->dir, ++number);
    assert_int_equal(pipe2(to, O_CLOEXEC), 0);
    assert_int_equal(pipe2(from, O_CLOEXEC), 0);
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    (void)posix_spawn_file_actions_adddup2(&actions, to[0], 0);
    (void)posix_spawn_file_actions_adddup2(&actions, from[1], 1);
    (void)posix_spawn_file_actions_addopen(&actions, 2, server->errors, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(posix_spawn(&server->pid, program, &actions, NULL, argv, environment), 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    close(to[0]);
    close(from[1]);
    server->to = to[1];
    server->from = from[0];
}

void server_say(struct server *server, const char *line)
{
    /* A server that is gone is no fault of the one who speaks. */
    (void)signal(SIGPIPE, SIG_IGN);
    if (fd_write_all(server->to, line, strlen(line)) == 0)
        (void)fd_write_all(server->to, "\n", 1);
}

static struct json_object *take_line(struct server *server)
{
    char *newline = server->len ? memchr(server->buffer, '\n', server->len) : NULL;
    struct json_object *message = NULL;

    if (!newline)
        return NULL;
    const size_t used = (size_t)(newline - server->buffer) + 1;
    if (server->canary && memmem(server->buffer, used, server->canary, strlen(server->canary)))
        server->canary_seen = true;
    if (json_parse(server->buffer, used, &message, NULL) < 0)
        print_error("not JSON: %.*s\n", (int)used, server->buffer);
    assert_non_null(message);
    memmove(server->buffer, newline + 1, server->len - used);
    server->len -= used;
    return message;
}

/* The next message; NULL at the end of output, or when time is over. */
static struct json_object *hear_for(struct server *server, int ms)
{
    const int64_t deadline = clock_ms() + ms;

    for (;;) {
        struct pollfd p = {.fd = server->from, .events = POLLIN};
        struct json_object *message = take_line(server);
        if (message)
            return message;
        const int64_t left = deadline - clock_ms();
        if (left <= 0 || poll(&p, 1, (int)left) <= 0)
            return NULL;
        if (server->cap - server->len < 65536) {
            server->cap = 2 * server->cap + 65536;
            server->buffer = realloc(server->buffer, server->cap);
            assert_non_null(server->buffer);
        }
        ssize_t n = read(server->from, server->buffer + server->len, server->cap - server->len);
        if (n <= 0)
            return NULL;
        server->len += (size_t)n;
    }
}

static struct json_object *hear(struct server *server)
{
    return hear_for(server, ANSWER_MS);
}

/* ---- the person */

static void keep_message(struct server *server, struct json_object *params)
{
    const char *message = "";

    (void)json_get_string(params, "message", &message, NULL);
    (void)snprintf(server->message, sizeof(server->message), "%s", message);
    server->forms++;
}

static void put_reply(struct server *server, struct json_object *params, struct buf *out)
{
    struct json_object *schema = NULL, *properties = NULL;
    const char *field = "subject";

    if (!server->person) {
        buf_str(out, "{\"action\":\"cancel\"}");
        return;
    }
    (void)json_get(params, "requestedSchema", json_type_object, &schema);
    (void)json_get(schema, "properties", json_type_object, &properties);
    if (properties) {
        json_object_object_foreach(properties, key, value)
        {
            (void)value;
            field = key;
        }
    }
    buf_str(out, "{\"action\":\"accept\",\"content\":{");
    json_put_key_string(out, field, server->person);
    buf_str(out, "}}");
}

/* A request of the server's, in the older era. */
static void answer_request(struct server *server, struct json_object *message)
{
    struct buf line CLEANUP_BUF = BUF_INIT(65536);
    struct json_object *params = NULL, *id = NULL;

    (void)json_get(message, "params", json_type_object, &params);
    (void)json_object_object_get_ex(message, "id", &id);
    keep_message(server, params);
    if (server->silent)
        return;
    buf_str(&line, "{\"jsonrpc\":\"2.0\"");
    json_put_key(&line, "id");
    json_put_value(&line, id);
    json_put_key(&line, "result");
    put_reply(server, params, &line);
    buf_char(&line, '}');
    server_say(server, line.data);
}

/* ---- calls */

static void put_meta(const struct server *server, struct buf *line)
{
    if (!server->modern) {
        buf_printf(line, "\"_meta\":{\"progressToken\":%d}", server->next_id);
        return;
    }
    buf_printf(line,
               "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
               "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"t\",\"version\":\"1\"},"
               "\"io.modelcontextprotocol/clientCapabilities\":{%s%s%s},\"progressToken\":%d}",
               server->no_forms ? "" : "\"elicitation\":{}", server->tasks && !server->no_forms ? "," : "",
               server->tasks ? "\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}" : "", server->next_id);
}

static int send_call(struct server *server, const char *name, const char *arguments, const char *more)
{
    struct buf line CLEANUP_BUF = BUF_INIT(1 << 20);

    server->next_id++;
    buf_printf(&line,
               "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/call\",\"params\":{\"name\":\"%s\","
               "\"arguments\":%s,%s",
               server->next_id, name, arguments, more);
    put_meta(server, &line);
    buf_str(&line, "}}");
    assert_true(buf_ok(&line));
    server_say(server, line.data);
    return server->next_id;
}

int server_send_tool(struct server *server, const char *name, const char *arguments)
{
    return send_call(server, name, arguments, "");
}

/* It must grow for as long as it is told of one call, and stay below its total until the end. */
static void keep_progress(struct server *server, struct json_object *message)
{
    struct json_object *of = NULL, *value = NULL, *total = NULL, *text = NULL;

    server->progress++;
    if (json_pointer_get(message, "/params/message", &text) == 0 && text)
        (void)snprintf(server->progress_text, sizeof(server->progress_text), "%s",
                       json_object_get_string(text));
    (void)json_pointer_get(message, "/params/progressToken", &of);
    (void)json_pointer_get(message, "/params/progress", &value);
    (void)json_pointer_get(message, "/params/total", &total);
    const double now = json_object_get_double(value);
    if (json_object_get_int64(of) == server->progress_of)
        assert_true(now > server->progress_at);
    assert_true(!total || now <= json_object_get_double(total));
    server->progress_of = json_object_get_int64(of);
    server->progress_at = now;
}

/* What is no answer: progress is counted, a form is filled in. */
static bool meanwhile(struct server *server, struct json_object *message)
{
    const char *method = NULL;

    if (json_get_string(message, "method", &method, NULL) < 0)
        return false;
    if (strcmp(method, "notifications/progress") == 0)
        keep_progress(server, message);
    if (strcmp(method, "elicitation/create") == 0)
        answer_request(server, message);
    return true;
}

void server_pump(struct server *server, int ms)
{
    const int64_t deadline = clock_ms() + ms;

    while (clock_ms() < deadline) {
        struct json_object *message CLEANUP_JSON = hear_for(server, (int)(deadline - clock_ms()));
        if (message)
            (void)meanwhile(server, message);
    }
}

static bool one_of(int64_t id, const int *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (id == ids[i])
            return true;
    }
    return false;
}

struct json_object *server_any(struct server *server, const int *ids, size_t count, bool *ret_failed)
{
    for (;;) {
        struct json_object *message CLEANUP_JSON = hear(server), *result = NULL, *content = NULL;
        int64_t heard = 0;
        bool failed = false;
        if (!message)
            return NULL;
        if (meanwhile(server, message))
            continue;
        if (json_get_int(message, "id", &heard) < 0 || !one_of(heard, ids, count))
            continue;
        if (json_get(message, "result", json_type_object, &result) < 0) {
            print_error("refused: %s\n", json_object_to_json_string(message));
            return NULL;
        }
        (void)json_get_bool(result, "isError", &failed);
        if (ret_failed)
            *ret_failed = failed;
        if (json_get(result, "structuredContent", json_type_object, &content) < 0)
            return json_object_get(result); /* input_required */
        return json_object_get(content);
    }
}

struct json_object *server_method(struct server *server, const char *method, const char *params,
                                  int *ret_code)
{
    struct buf line CLEANUP_BUF = BUF_INIT(1 << 20);

    server->next_id++;
    buf_printf(&line, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":{%s%s", server->next_id,
               method, params, *params ? "," : "");
    put_meta(server, &line);
    buf_str(&line, "}}");
    server_say(server, line.data);
    for (;;) {
        struct json_object *message CLEANUP_JSON = hear(server), *part = NULL;
        int64_t heard = 0;
        assert_non_null(message);
        if (meanwhile(server, message) || json_get_int(message, "id", &heard) < 0 || heard != server->next_id)
            continue;
        if (json_get(message, "error", json_type_object, &part) == 0)
            *ret_code = json_object_get_int(json_object_object_get(part, "code"));
        else
            *ret_code = 0;
        if (!part)
            (void)json_get(message, "result", json_type_object, &part);
        return json_object_get(part);
    }
}

struct json_object *server_answer(struct server *server, int id, bool *ret_failed)
{
    return server_any(server, &id, 1, ret_failed);
}

/* The newer era: the answer asks, and the call comes again with the person's words. */
static struct json_object *come_again(struct server *server, const char *name, const char *arguments,
                                      struct json_object *asked, bool *ret_failed)
{
    struct buf more CLEANUP_BUF = BUF_INIT(65536);
    struct json_object *requests = NULL;
    const char *state = NULL;

    (void)json_get(asked, "inputRequests", json_type_object, &requests);
    (void)json_get_string(asked, "requestState", &state, NULL);
    assert_non_null(requests);
    buf_str(&more, "\"inputResponses\":{");
    json_object_object_foreach(requests, key, request)
    {
        struct json_object *params = NULL;
        (void)json_get(request, "params", json_type_object, &params);
        keep_message(server, params);
        json_put_key(&more, key);
        put_reply(server, params, &more);
    }
    buf_str(&more, "},");
    if (state) {
        buf_str(&more, "\"requestState\":");
        json_put_cstr(&more, state);
        buf_char(&more, ',');
    }
    assert_true(buf_ok(&more));
    return server_answer(server, send_call(server, name, arguments, more.data), ret_failed);
}

struct json_object *server_tool(struct server *server, const char *name, const char *arguments,
                                bool *ret_failed)
{
    struct json_object *answer = server_answer(server, server_send_tool(server, name, arguments), ret_failed);
    const char *type = NULL;

    if (!answer || json_get_string(answer, "resultType", &type, NULL) < 0 ||
        strcmp(type, "input_required") != 0)
        return answer;
    struct json_object *again = come_again(server, name, arguments, answer, ret_failed);
    json_object_put(answer);
    return again;
}

void server_start(struct road *road, struct server *server, const char *const *environment)
{
    spawn(road, server, environment);
    server_say(server,
               "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
               "\"2025-11-25\",\"capabilities\":{\"elicitation\":{}},\"clientInfo\":{\"name\":\"t\","
               "\"version\":\"1\"}}}");
    json_object_put(hear(server));
    server_say(server, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
}

void server_start_modern(struct road *road, struct server *server)
{
    spawn(road, server, NULL);
    server->modern = true;
}

int server_ended(struct server *server)
{
    const int64_t deadline = clock_ms() + END_MS;
    struct buf errors CLEANUP_BUF = BUF_INIT(1 << 20);
    int status = 0;
    pid_t ended;

    while ((ended = waitpid(server->pid, &status, WNOHANG)) == 0 && clock_ms() < deadline)
        usleep(2000);
    if (ended == 0) {
        (void)kill(server->pid, SIGKILL);
        (void)waitpid(server->pid, &status, 0);
    }
    fd_close(&server->to);
    fd_close(&server->from);
    free(server->buffer);
    server->buffer = NULL;
    if (file_read(server->errors, &errors) == 0 && errors.len)
        print_message("stderr: %s", errors.data);
    assert_int_equal(ended, server->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int server_stop(struct server *server)
{
    fd_close(&server->to);
    return server_ended(server);
}

/* ---- plans */

struct json_object *plan_make(struct server *server, const char *tool, const char *arguments)
{
    struct buf request CLEANUP_BUF = BUF_INIT(65536);
    bool failed = true;

    buf_printf(&request, "{\"tool\":\"%s\",\"arguments\":%s}", tool, arguments);
    struct json_object *plan = server_tool(server, "proximo_plan", request.data, &failed);
    if (!plan || failed || !*at(plan, "/plan_id"))
        print_error("no plan of %s %s: %s\n", tool, arguments, json_object_to_json_string(plan));
    assert_non_null(plan);
    assert_false(failed);
    assert_int_equal(strlen(at(plan, "/plan_id")), 32);
    return plan;
}

char *plan_echo(struct json_object *plan)
{
    struct buf echo CLEANUP_BUF = BUF_INIT(4096);

    buf_char(&echo, '{');
    json_put_key_string(&echo, "plan_id", at(plan, "/plan_id"));
    json_put_key_string(&echo, "action", at(plan, "/action"));
    json_put_key_string(&echo, "subject", at(plan, "/subject"));
    buf_char(&echo, '}');
    return buf_take(&echo, NULL);
}

struct json_object *plan_apply(struct server *server, struct json_object *plan, bool *ret_failed)
{
    CLEANUP_FREE char *echo = plan_echo(plan);

    return server_tool(server, "proximo_apply", echo, ret_failed);
}

const char *at(struct json_object *answer, const char *pointer)
{
    struct json_object *value = NULL;

    if (!answer || json_pointer_get(answer, pointer, &value) < 0 || !value)
        return "";
    return json_object_get_string(value);
}

void expect_code(struct json_object *answer, const bool *failed, const char *code)
{
    if (!*failed || strcmp(at(answer, "/error/code"), code) != 0)
        print_error("wanted %s, got %s\n", code, json_object_to_json_string(answer));
    assert_true(*failed);
    assert_string_equal(at(answer, "/error/code"), code);
    json_object_put(answer);
}

void expect(struct json_object *answer, const char *pointer, const char *value)
{
    if (strcmp(at(answer, pointer), value) != 0)
        print_error("wanted %s at %s in %s\n", value, pointer, json_object_to_json_string(answer));
    assert_string_equal(at(answer, pointer), value);
}
