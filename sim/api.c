/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request, from its bytes to its reply, in Proxmox's order: method, credentials, body, route, permission,
 * node, parameters, handler. What the products do differently is theirs (struct sim_product).
 */
#include "body.h"
#include "release.h"
#include "task_run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static char *SIM_PRINTF(1, 0) vtext(const char *format, va_list ap)
{
    char *text = NULL;

    return vasprintf(&text, format, ap) < 0 ? NULL : text;
}

int sim_fail(struct sim_call *call, int status, const char *format, ...)
{
    va_list ap;

    free(call->message);
    va_start(ap, format);
    call->message = vtext(format, ap);
    va_end(ap);
    call->status = status;
    json_object_put(call->data);
    call->data = NULL;
    return -EINVAL;
}

int sim_fail_param(struct sim_call *call, const char *name, const char *format, ...)
{
    SIM_FREE_WITH(sim_freep) char *text = NULL;
    va_list ap;

    va_start(ap, format);
    text = vtext(format, ap);
    va_end(ap);
    if (!call->errors)
        call->errors = json_object_new_object();
    sim_set_str(call->errors, name, text);
    return sim_fail(call, 400, "Parameter verification failed.\n");
}

int sim_fail_perm(struct sim_call *call, const char *why)
{
    return sim_fail(call, 403, "Permission check failed%s\n", why);
}

void sim_total(struct sim_call *call, int64_t total)
{
    if (!call->extra)
        call->extra = json_object_new_object();
    sim_set_int(call->extra, "total", total);
}

const char *sim_arg(struct sim_call *call, const char *name)
{
    return sim_str(call->params, name, NULL);
}

int64_t sim_arg_int(struct sim_call *call, const char *name, int64_t def)
{
    return sim_int(call->params, name, def);
}

bool sim_can(struct sim_call *call, const char *path, const char *priv)
{
    return call->who && sim_acl_has(call->state, call->who, path, priv);
}

bool sim_can_any(struct sim_call *call, const char *path, const char *privs)
{
    struct sim_rule rule = {.kind = SIM_RULE_ANY, .path = path, .privs = privs};
    char why[512];

    return call->who && sim_rule_check(call->state, &rule, call->who, NULL, why, sizeof why) == 0;
}

void sim_touch(struct sim *sim)
{
    sim->generation++;
}

/* Parameters of the path win; a body or query that says otherwise is an error. */
static int merge_params(struct sim_call *call, struct json_object *path_params, struct json_object *given)
{
    json_object_object_foreach(path_params, name, value)
    {
        struct json_object *other = sim_get(given, name);

        if (other && strcmp(json_object_get_string(other), json_object_get_string(value)) != 0)
            return sim_fail_param(call, name,
                                  "duplicate parameter (already defined in URI) with conflicting values!");
        sim_set(given, name, json_object_get(value));
    }
    return 0;
}

static void call_done(struct sim_call *call)
{
    json_object_put(call->params);
    json_object_put(call->data);
    json_object_put(call->errors);
    json_object_put(call->extra);
    free(call->message);
}

static void dispatch(struct sim *sim, const struct sim_request *request, const char *path,
                     struct json_object *given, const char *who, bool extjs, struct sim_reply *reply)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *in_path = json_object_new_object();
    struct sim_call call = {.sim = sim, .state = sim->state, .request = request, .who = who, .status = 200};
    int r;

    call.params = json_object_get(given);
    call.route = sim_route_find(sim->product, request->method, path, in_path);
    if (!call.route || sim_release_lacks(sim, call.route))
        r = sim->product->no_route(&call, path);
    else
        r = merge_params(&call, in_path, given);
    if (r == 0)
        r = sim->product->check(&call, path, reply);
    if (r == 0)
        r = call.route->run(&call);
    if (r != -EHOSTUNREACH)
        sim->product->reply(&call, extjs, reply);
    call_done(&call);
}

/* Collapses doubled slashes and drops a trailing one. */
static void tidy(char *path)
{
    char *out = path;

    for (const char *at = path; *at; at++) {
        if (*at == '/' && out > path && out[-1] == '/')
            continue;
        *out++ = *at;
    }
    if (out > path + 1 && out[-1] == '/')
        out--;
    *out = 0;
}

/* May this request come without credentials? */
static bool open_to_world(const struct sim *sim, const char *method, const char *path)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *params = json_object_new_object();
    const struct sim_route *route = sim_route_find(sim->product, method, path, params);

    return route && route->rule.kind == SIM_RULE_WORLD;
}

static void answer_path(struct sim *sim, const struct sim_request *request, const char *path, bool extjs,
                        const char *query, struct sim_reply *reply)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *given = json_object_new_object();
    SIM_FREE_WITH(sim_json_freep) struct json_object *in_query = json_object_new_object();
    SIM_FREE_WITH(sim_freep) char *who = NULL;
    enum sim_auth_result auth;
    bool has_body = strcmp(request->method, "POST") == 0 || strcmp(request->method, "PUT") == 0;
    char text[512];
    int status;

    auth = sim_authenticate(sim, request, &who);
    if (auth != SIM_AUTH_OK && !open_to_world(sim, request->method, path)) {
        reply->delay_ms = auth == SIM_AUTH_FAILED ? sim->auth_delay_ms : 0;
        sim->product->unknown_caller(auth, reply);
        return;
    }
    if (request->body_size > 0 && !has_body) {
        (void)snprintf(text, sizeof text, "Unexpected content for method '%s'", request->method);
        sim_reply_plain(reply, 501, text, text);
        return;
    }
    status = sim_parse_body(request, given, text, sizeof text);
    if (status != 0) {
        sim_reply_plain(reply, status, text, status == 400 ? "" : text);
        return;
    }
    if (query) {
        sim_parse_form(query + 1, strlen(query + 1), in_query);
        sim_merge(given, in_query);
    }
    sim_request_log(sim, request->method, request->target, who, given);
    dispatch(sim, request, path, given, who, extjs, reply);
    if (reply->status == 401)
        reply->delay_ms = sim->auth_delay_ms;
}

void sim_answer(struct sim *sim, const struct sim_request *request, struct sim_reply *ret_reply)
{
    static const char json[] = "/api2/json", extjs[] = "/api2/extjs";
    const char *query = strchr(request->target, '?');
    size_t len = query ? (size_t)(query - request->target) : strlen(request->target);
    SIM_FREE_WITH(sim_freep) char *path = sim_decode(request->target, len, false);
    const struct sim_fault *fault;
    const char *below = NULL;
    bool is_extjs = false;
    char text[600];

    *ret_reply = (struct sim_reply){.status = 500};
    if (!path)
        return;
    tidy(path);
    if (!sim_word_in("GET POST PUT DELETE", " ", request->method, strlen(request->method))) {
        (void)snprintf(text, sizeof text, "method '%s' not available", request->method);
        sim_reply_plain(ret_reply, 501, text, "");
        return;
    }
    if (strncmp(path, json, strlen(json)) == 0) {
        below = path + strlen(json);
    } else if (strncmp(path, extjs, strlen(extjs)) == 0) {
        below = path + strlen(extjs);
        is_extjs = true;
    }
    if (!below || (*below && *below != '/')) {
        (void)snprintf(text, sizeof text, "no such file '%.500s'", path);
        sim_reply_plain(ret_reply, 404, text, text);
        return;
    }
    pthread_mutex_lock(&sim->lock);
    sim_tasks_advance(sim);
    fault = sim_fault_find(sim, request->method, below);
    if (!fault || !sim_fault_before(fault))
        answer_path(sim, request, *below ? below : "/", is_extjs, query, ret_reply);
    if (fault)
        sim_fault_apply(fault, ret_reply);
    pthread_mutex_unlock(&sim->lock);
    ret_reply->delay_ms += sim->latency_ms;
}
