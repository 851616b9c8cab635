/* SPDX-License-Identifier: Apache-2.0 */
/* A server of core/mcp without a transport: its calls come from tasks. */
#include "engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "mcp/calls.h"
#include "mcp/catalog.h"
#include "mcp/output.h"
#include "mcp/state.h"
#include "mcp/tools.h"
#include "plane/manifest.h"
#include "plane/planes.h"
#include "plane/site.h"
#include "skills.h"
#include "trust/trust.h"

#define LOAD_MS 20000
#define STOP_MS 20000

struct engine {
    struct server server;
    const struct config *config;
    const struct catalog *catalog;
};

/* The allow and deny lists as the trust spine asks for them. */
static bool allowed(void *arg, const struct tool *tool, const char *operation_class)
{
    const struct engine *engine = arg;

    return operation_class ? catalog_allows(engine->config, tool->plane->name, tool->name, operation_class)
                           : catalog_offers(engine->config, tool);
}

int engine_new(const struct config *config, const char *bearer, struct engine **ret, struct problem *p)
{
    struct engine *engine = calloc(1, sizeof(*engine));
    const struct output_options silent = {.fd = -1, .in_fd = -1, .stop_fd = -1, .stop_write = -1};
    struct trust_options options = {
        .config = config, .allowed = allowed, .allowed_arg = engine, .bearer = bearer};
    struct server *server = engine ? &engine->server : NULL;

    if (!engine)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    engine->config = server->config = config;
    server->stop_write = -1;
    int r = sites_new(config, &server->sites);
    if (r == 0)
        r = planes_new(config, server->sites, &server->planes);
    server_init(server);
    options.sites = server->sites;
    options.planes = server->planes;
    if (r == 0)
        r = output_new(&silent, &server->output);
    if (r == 0)
        r = trust_new(&options, &server->trust);
    if (r < 0) {
        (void)problem_set(p, r, PX_INTERNAL, "no memory");
    } else {
        engine->catalog = server_catalog(server, clock_ms() + LOAD_MS, NULL, p);
        r = engine->catalog ? 0 : -EAGAIN;
    }
    if (r < 0) {
        engine_free(engine);
        return r;
    }
    *ret = engine;
    return 0;
}

bool engine_stop(struct engine *engine)
{
    return trust_stop(engine->server.trust, clock_ms() + STOP_MS);
}

void engine_free(struct engine *engine)
{
    struct server *server = &engine->server;

    if (server->trust)
        trust_free(server->trust);
    if (server->output)
        output_free(server->output);
    server_done(server);
    if (server->planes)
        planes_free(server->planes);
    if (server->sites)
        sites_free(server->sites);
    free(engine);
}

/* 0, or why this skill does not exist here. */
static int look(const struct engine *engine, const struct skill *skill, struct problem *p)
{
    const struct tool *tool = NULL;

    if (skill->no_site) { /* of the server itself */
        for (size_t i = 0; i < engine->config->deny.count; i++) {
            if (strcmp(engine->config->deny.items[i], skill->tool) == 0)
                return catalog_problem(engine->catalog, CATALOG_DENIED, skill->tool, p);
        }
        return 0;
    }
    const enum catalog_answer answer = catalog_find(engine->catalog, skill->tool, &tool);
    if (answer != CATALOG_OK)
        return catalog_problem(engine->catalog, answer, skill->tool, p);
    if (!skill->changes || engine->config->trust.approver_key)
        return 0;
    (void)problem_set(
        p, -EPERM, PX_CONSENT,
        "over A2A only an approver's signature lets a change run, and no approver's key is configured");
    problem_next(p,
                 "the operator can make one with `proximo keys approver` and name it in trust.approver_key");
    return -EPERM;
}

bool engine_offers(void *engine, const struct skill *skill)
{
    return look(engine, skill, NULL) == 0;
}

int engine_may(struct engine *engine, const struct skill *skill, struct problem *p)
{
    const int r = look(engine, skill, p);

    if (r < 0)
        engine_refused(engine, skill->id, p);
    return r;
}

void engine_refused(struct engine *engine, const char *skill, const struct problem *p)
{
    char what[64];

    (void)snprintf(what, sizeof(what), "a2a:%.40s", skill);
    server_first_call(&engine->server);
    trust_refused(engine->server.trust, what, p);
}

void engine_answer_done(struct engine_answer *answer)
{
    json_object_put(answer->facts);
    answer->facts = NULL;
}

/* The inside of a result of tools/call. */
static int take_answer(const struct buf *body, struct engine_answer *ret)
{
    CLEANUP_BUF struct buf text = BUF_INIT(BODY_LIMIT + 16);
    CLEANUP_JSON struct json_object *result = NULL;
    struct json_object *facts = NULL;

    buf_char(&text, '{');
    buf_add(&text, body->data ? body->data : "", body->len);
    buf_char(&text, '}');
    if (!buf_ok(&text) || !buf_ok(body) || json_parse(text.data, text.len, &result, NULL) < 0)
        return -ENOMEM;
    (void)json_get_bool(result, "isError", &ret->failed);
    if (json_get(result, "structuredContent", json_type_object, &facts) == 0) {
        ret->facts = json_object_get(facts);
        return 0;
    }
    if (json_get(result, "content", json_type_array, &facts) < 0 || !(ret->facts = json_object_new_object()))
        return -ENOMEM;
    return json_object_object_add(ret->facts, "content", json_object_get(facts));
}

static int run(struct engine *engine, const char *tool, struct call *call, struct engine_answer *ret)
{
    CLEANUP_BUF struct buf body = BUF_INIT(BODY_LIMIT);
    struct message_error error;
    const struct tool_request request = {
        .name = tool, .arguments = call->arguments, .call = call, .deadline_ms = call->deadline_ms};

    memset(&error, 0, sizeof(error));
    if (tools_call_body(&engine->server, &request, &body, &error))
        return take_answer(&body, ret);
    CLEANUP_BUF struct buf text = BUF_INIT(4096);
    struct problem p = PROBLEM_INIT;
    (void)problem_set(&p, -ENOENT, PX_TOOL, "there is no tool %s here", tool);
    problem_json(&p, &text);
    ret->failed = true;
    return buf_ok(&text) && json_parse(text.data, text.len, &ret->facts, NULL) == 0 ? 0 : -ENOMEM;
}

int engine_call(struct engine *engine, const char *tool, struct json_object *arguments, struct cancel *cancel,
                struct engine_answer *ret)
{
    struct call *call = NULL;

    *ret = (struct engine_answer){0};
    if (call_new("0", &call) < 0) {
        json_object_put(arguments);
        return -ENOMEM;
    }
    call->arguments = arguments;
    call->deadline_ms = clock_ms() + (int64_t)engine->config->call_timeout_s * 1000;
    if (cancel) {
        cancel_unref(call->cancel);
        call->cancel = cancel_ref(cancel);
    }
    const int r = run(engine, tool, call, ret);
    call_free(call);
    if (r < 0)
        engine_answer_done(ret);
    return r;
}
