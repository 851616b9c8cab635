/* SPDX-License-Identifier: Apache-2.0 */
#include "mcp/completion.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "http/http.h"
#include "mcp/calls.h"
#include "mcp/message.h"
#include "mcp/prompts.h"
#include "mcp/resources.h"
#include "mcp/state.h"
#include "plane/manifest.h"
#include "plane/planes.h"
#include "plane/site.h"
#include "trust/trust.h"

#define VALUES_MOST 100 /* the protocol's own limit */
#define PLANS_LIMIT ((size_t)1 << 20)

/* The values that fit what was typed; more than VALUES_MOST are counted only. */
struct values {
    const char *typed;
    struct buf *out;
    size_t total, put;
    struct json_object *seen; /* a set */
};

static void add_value(struct values *values, const char *value, const char *other)
{
    size_t len = strlen(values->typed);
    bool fits =
        strncasecmp(value, values->typed, len) == 0 || (other && strncasecmp(other, values->typed, len) == 0);

    if (!fits || !*value || json_object_object_get_ex(values->seen, value, NULL) ||
        json_object_object_add(values->seen, value, NULL) < 0)
        return;
    values->total++;
    if (values->put == VALUES_MOST)
        return;
    values->put++;
    json_put_comma(values->out);
    json_put_cstr(values->out, value);
}

/* ---------------------------------------------------------------- where values come from */

/* Formats whose values the site knows: the type of /cluster/resources, its member, and another member by
 * which one may search. */
static const struct {
    const char *format, *type, *member, *other;
} live[] = {
    {"guest", "vm", "vmid", "name"},
    {"vmid", "vm", "vmid", "name"},
    {"node", "node", "node", NULL},
    {"storage", "storage", "storage", NULL},
};

static void add_live(struct server *server, struct call *call, size_t index, const char *site_name,
                     struct values *values)
{
    const struct http_field fields[] = {{"type", live[index].type, strlen(live[index].type)}};
    const struct site_call how = {.deadline_ms = call->deadline_ms, .cancel = call->cancel};
    struct json_object *data = NULL;
    struct site_answer answer = {0};
    struct problem p = PROBLEM_INIT;
    struct site *site = NULL;

    /* A site that does not answer completes nothing: typing goes on without. */
    if (sites_find_for(server->sites, site_name, PROXIMO_FOR_PVE, &site, &p) < 0 ||
        site_get(site, &how, "/cluster/resources", fields, 1, false, &answer, &p) < 0)
        return;
    if (json_get(answer.body, "data", json_type_array, &data) == 0) {
        for (size_t i = 0; i < json_object_array_length(data); i++) {
            struct json_object *row = json_object_array_get_idx(data, i), *value = NULL;
            const char *other = NULL;

            if (live[index].other)
                (void)json_get_string(row, live[index].other, &other, NULL);
            if (json_object_object_get_ex(row, live[index].member, &value) && value)
                add_value(values, json_object_get_string(value), other);
        }
    }
    site_answer_done(&answer);
}

static void add_plans(struct server *server, struct values *values)
{
    CLEANUP_BUF struct buf text = BUF_INIT(PLANS_LIMIT);
    struct json_object *plans CLEANUP_JSON = NULL;
    struct problem p = PROBLEM_INIT;

    if (!server->trust || trust_plans(server->trust, &text, &p) < 0 || !buf_ok(&text) || !text.data ||
        json_parse(text.data, text.len, &plans, NULL) < 0 || !json_object_is_type(plans, json_type_array))
        return;
    for (size_t i = 0; i < json_object_array_length(plans); i++) {
        const char *plan_id = NULL, *subject = NULL;
        struct json_object *plan = json_object_array_get_idx(plans, i);

        (void)json_get_string(plan, "subject", &subject, NULL);
        if (json_get_string(plan, "plan_id", &plan_id, NULL) == 0)
            add_value(values, plan_id, subject);
    }
}

static void add_choices(const char *choices, struct values *values)
{
    while (*choices) {
        size_t len = strcspn(choices, ",");
        char word[128];

        if (len < sizeof(word)) {
            memcpy(word, choices, len);
            word[len] = '\0';
            add_value(values, word, NULL);
        }
        choices += len + (choices[len] == ',');
    }
}

static void add_of_param(struct server *server, struct call *call, const struct param_row *param,
                         const char *site_name, struct values *values)
{
    if (param->choices)
        add_choices(param->choices, values);
    for (size_t i = 0; param->format && i < sizeof(live) / sizeof(live[0]); i++) {
        if (strcmp(live[i].format, param->format) == 0)
            add_live(server, call, i, site_name, values);
    }
}

/* ---------------------------------------------------------------- what is asked for */

struct asked_for {
    const char *type, *target, *argument, *site;
    const struct param_row *params; /* of what is meant */
    size_t param_count;
    const char *own; /* the variable of one of the core's own templates */
};

static bool bad_request(struct message_error *error, const char *words)
{
    *error = (struct message_error){.code = RPC_INVALID_PARAMS};
    (void)snprintf(error->text, sizeof(error->text), "Invalid params: %s", words);
    return false;
}

static bool find_target(const struct server *server, struct asked_for *asked)
{
    if (strcmp(asked->type, "ref/prompt") == 0) {
        const struct prompt_row *row = prompt_find(server, asked->target);

        if (row) {
            asked->params = row->params;
            asked->param_count = row->param_count;
        }
        return row != NULL;
    }
    asked->own = resource_core_variable(asked->target);
    for (size_t i = 0; server->planes && !asked->own && i < planes_resource_count(server->planes); i++) {
        const struct resource_row *row = planes_resource_at(server->planes, i);

        if (strcmp(row->uri, asked->target) == 0) {
            asked->params = row->params;
            asked->param_count = row->param_count;
            return true;
        }
    }
    return asked->own != NULL;
}

/* False and error: this makes no sense. */
static bool read_request(const struct server *server, struct call *call, struct asked_for *asked,
                         const char **ret_typed, struct message_error *error)
{
    struct json_object *ref = NULL, *argument = NULL, *context = NULL, *others = NULL;

    if (json_get(call->params, "ref", json_type_object, &ref) < 0 ||
        json_get_string(ref, "type", &asked->type, NULL) < 0 ||
        json_get(call->params, "argument", json_type_object, &argument) < 0 ||
        json_get_string(argument, "name", &asked->argument, NULL) < 0 ||
        json_get_string(argument, "value", ret_typed, NULL) < 0)
        return bad_request(error, "completion/complete needs ref {type, ...} and argument {name, value}");
    if (strcmp(asked->type, "ref/prompt") != 0 && strcmp(asked->type, "ref/resource") != 0)
        return bad_request(error, "ref.type must be ref/prompt or ref/resource");
    if (json_get_string(ref, strcmp(asked->type, "ref/prompt") == 0 ? "name" : "uri", &asked->target, NULL) <
        0)
        return bad_request(error, "ref lacks the name of the prompt or the uri of the template");
    if (json_get(call->params, "context", json_type_object, &context) == 0 &&
        json_get(context, "arguments", json_type_object, &others) == 0)
        (void)json_get_string(others, "site", &asked->site, NULL);
    if (!find_target(server, asked))
        return bad_request(error, "there is no such prompt or resource template");
    return true;
}

static void collect(struct server *server, struct call *call, const struct asked_for *asked,
                    struct values *values)
{
    if (strcmp(asked->argument, "site") == 0) {
        for (size_t i = 0; i < server->config->site_count; i++)
            add_value(values, server->config->sites[i].name, NULL);
        return;
    }
    if (asked->own && strcmp(asked->own, asked->argument) == 0 && strcmp(asked->own, "plan_id") == 0)
        add_plans(server, values);
    for (size_t i = 0; i < asked->param_count; i++) {
        if (strcmp(asked->params[i].name, asked->argument) == 0)
            add_of_param(server, call, &asked->params[i], asked->site, values);
    }
}

bool work_complete(struct server *server, struct call *call, struct buf *body, struct message_error *error)
{
    struct problem p = PROBLEM_INIT;
    struct json_object *seen CLEANUP_JSON = json_object_new_object();
    struct values values = {.out = body, .seen = seen};
    struct asked_for asked = {0};

    if (!seen || !server_catalog(server, call->deadline_ms, call->cancel, &p)) {
        message_error_problem(error, &p);
        return false;
    }
    if (!read_request(server, call, &asked, &values.typed, error))
        return false;
    buf_str(body, "\"completion\":{\"values\":[");
    collect(server, call, &asked, &values);
    buf_char(body, ']');
    json_put_key_int(body, "total", (long long)values.total);
    json_put_key_bool(body, "hasMore", values.total > values.put);
    buf_char(body, '}');
    return true;
}
