/* SPDX-License-Identifier: Apache-2.0 */
#include "mcp/prompts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "mcp/calls.h"
#include "mcp/catalog.h"
#include "mcp/client_requests.h"
#include "mcp/message.h"
#include "mcp/shown.h"
#include "mcp/state.h"
#include "mcp/tools.h"
#include "plane/manifest.h"
#include "plane/planes.h"
#include "plane/read.h"
#include "plane/site.h"

#define ARGUMENT_MOST 4000 /* bytes */
#define TEXT_LIMIT    ((size_t)64 << 10)
#define OWN(text)     ((char *)(uintptr_t)(text)) /* a constant: never changed nor freed */

/* The core's own: what belongs to no plane. */
static struct param_row review_params[] = {
    {.name = OWN("since"), .description = OWN("From when on, e.g. \"yesterday\".")},
};
static const struct prompt_row own_prompts[] = {
    {
        .name = OWN("review_receipts"),
        .title = OWN("Review receipts"),
        .description = OWN("Go through what was changed, and check the ledger it stands in."),
        .text =
            OWN("Review what has been changed through this server. Period: {since} (if nothing stands here: "
                "everything "
                "that is shown).\n"
                "1. Call audit_verify and say whether the ledger is good; if not, stop and tell me first.\n"
                "2. Call proximo_status: plans waiting, running or in doubt. For each plan id that I or it "
                "names, call "
                "proximo_status {\"plan_id\": ...}.\n"
                "3. Make a table: when, what, on which subject, risk, who consented and how, outcome, "
                "receipt, and "
                "whether it can be undone.\n"
                "4. Name what is in doubt, failed, partial or unconfirmed, and the next step for each. "
                "Change nothing."),
        .params = review_params,
        .param_count = 1,
    },
};

static bool offered(const struct server *server, const struct prompt_row *row)
{
    return catalog_allows(server->config, row->plane->name, row->name, NULL);
}

/* ---------------------------------------------------------------- prompts/list */

static void put_argument(struct buf *out, const char *name, const char *description, bool required)
{
    json_put_comma(out);
    buf_char(out, '{');
    json_put_key_string(out, "name", name);
    if (description)
        json_put_key_string(out, "description", description);
    json_put_key_bool(out, "required", required);
    buf_char(out, '}');
}

static void put_prompt(struct buf *out, const struct prompt_row *row, bool several_sites)
{
    json_put_comma(out);
    buf_char(out, '{');
    json_put_key_string(out, "name", row->name);
    if (row->title)
        json_put_key_string(out, "title", row->title);
    if (row->description)
        json_put_key_string(out, "description", row->description);
    json_put_key(out, "arguments");
    buf_char(out, '[');
    for (size_t i = 0; i < row->param_count; i++)
        put_argument(out, row->params[i].name, row->params[i].description,
                     (row->params[i].flags & PROXIMO_PARAM_REQUIRED) != 0);
    if (several_sites)
        put_argument(out, "site", "Which configured site.", false);
    buf_str(out, "]}");
}

bool work_list_prompts(struct server *server, struct call *call, struct buf *body,
                       struct message_error *error)
{
    struct problem p = PROBLEM_INIT;
    const struct catalog *catalog = server_catalog(server, call->deadline_ms, call->cancel, &p);
    bool several = server->config->site_count > 1;

    if (!catalog) {
        message_error_problem(error, &p);
        return false;
    }
    buf_str(body, "\"prompts\":[");
    for (size_t i = 0; i < sizeof(own_prompts) / sizeof(own_prompts[0]); i++)
        put_prompt(body, &own_prompts[i], several);
    for (size_t i = 0; server->planes && i < planes_prompt_count(server->planes); i++) {
        const struct prompt_row *row = planes_prompt_at(server->planes, i);

        if (offered(server, row) && shown_is(server->shown, LIST_PROMPTS, row->name))
            put_prompt(body, row, several);
    }
    buf_char(body, ']');
    if (call->modern)
        buf_str(body, MCP_LIST_CACHE);
    return true;
}

/* ---------------------------------------------------------------- prompts/get */

const struct prompt_row *prompt_find(const struct server *server, const char *name)
{
    for (size_t i = 0; i < sizeof(own_prompts) / sizeof(own_prompts[0]); i++) {
        if (strcmp(own_prompts[i].name, name) == 0)
            return &own_prompts[i];
    }
    for (size_t i = 0; server->planes && i < planes_prompt_count(server->planes); i++) {
        const struct prompt_row *row = planes_prompt_at(server->planes, i);

        if (strcmp(row->name, name) == 0 && offered(server, row))
            return row;
    }
    return NULL;
}

static const struct param_row *param_of(const struct prompt_row *row, const char *name)
{
    for (size_t i = 0; i < row->param_count; i++) {
        if (strcmp(row->params[i].name, name) == 0)
            return &row->params[i];
    }
    return NULL;
}

static const char *value_fault(const struct param_row *param, const char *text, size_t len)
{
    const char *why = NULL;

    if (len > ARGUMENT_MOST || strlen(text) != len)
        return "is too long or holds NUL";
    if (param && param->choices && !text_in_list(param->choices, text))
        return param->choices;
    if (param && param->format && argument_format_check(param->format, text, len, &why) < 0)
        return why ? why : "does not fit";
    return NULL;
}

/* All faults in one message. */
static int check_arguments(const struct prompt_row *row, struct json_object *arguments, struct problem *p)
{
    CLEANUP_BUF struct buf faults = BUF_INIT(2048);

    json_object_object_foreach(arguments, key, value)
    {
        const struct param_row *param = param_of(row, key);
        const char *why;

        if (!param && strcmp(key, "site") != 0) {
            buf_printf(&faults, "%sunknown argument \"%.40s\"", faults.len ? "; " : "", key);
        } else if (!json_object_is_type(value, json_type_string)) {
            buf_printf(&faults, "%s%s must be a string", faults.len ? "; " : "", key);
        } else {
            why =
                value_fault(param, json_object_get_string(value), (size_t)json_object_get_string_len(value));
            if (why)
                buf_printf(&faults, "%s%s: %s", faults.len ? "; " : "", key, why);
        }
    }
    for (size_t i = 0; i < row->param_count; i++) {
        if ((row->params[i].flags & PROXIMO_PARAM_REQUIRED) &&
            !json_object_object_get_ex(arguments, row->params[i].name, NULL))
            buf_printf(&faults, "%s%s is missing", faults.len ? "; " : "", row->params[i].name);
    }
    if (faults.len == 0)
        return 0;
    return problem_set(p, -EINVAL, PX_ARG, "%s: %s", row->name,
                       faults.data ? faults.data : "wrong arguments");
}

/* {name} becomes the argument, as one line of text without control characters. */
static void fill_text(const char *text, struct json_object *arguments, struct buf *out)
{
    while (*text) {
        size_t plain = strcspn(text, "{"), len;
        const char *end;
        char name[64];

        buf_add(out, text, plain);
        text += plain;
        end = strchr(text, '}');
        len = end ? (size_t)(end - text) - 1 : 0;
        if (*text && (len == 0 || len >= sizeof(name) ||
                      strspn(text + 1, "abcdefghijklmnopqrstuvwxyz0123456789_") < len)) {
            buf_char(out, *text++);
        } else if (*text) {
            struct json_object *value = NULL;

            memcpy(name, text + 1, len);
            name[len] = '\0';
            if (json_object_object_get_ex(arguments, name, &value))
                text_clean(out, json_object_get_string(value), (size_t)json_object_get_string_len(value),
                           true);
            text = end + 1;
        }
    }
}

static int put_text(const struct server *server, const struct prompt_row *row, struct json_object *arguments,
                    struct buf *messages, struct problem *p)
{
    CLEANUP_BUF struct buf text = BUF_INIT(TEXT_LIMIT);
    const char *site = NULL;

    fill_text(row->text, arguments, &text);
    if (json_get_string(arguments, "site", &site, NULL) == 0) {
        if (!config_site_find(server->config, site))
            return problem_set(p, -EINVAL, PX_SITE, "there is no site \"%.60s\"", site);
        buf_printf(&text, "\n\nSite: %s; pass it as \"site\" with every call.", site);
    }
    if (!buf_ok(&text))
        return problem_set(p, -E2BIG, PX_TOO_LARGE, "the prompt is too long with these arguments");
    buf_str(messages, "[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":");
    json_put_string(messages, text.data ? text.data : "", text.len);
    buf_str(messages, "}}]");
    return 0;
}

static int put_function(struct server *server, struct call *call, const struct prompt_row *row,
                        struct json_object *arguments, struct buf *messages, struct problem *p)
{
    struct progress progress = {server, call};
    struct plane_reply reply = {0};
    struct plane_call plane_call = {
        .kind = PLANE_CALL_PROMPT,
        .prompt = row,
        .deadline_ms = call->deadline_ms,
        .cancel = call->cancel,
        .progress = tools_progress,
        .progress_arg = &progress,
    };
    const char *site = NULL;
    int r = 0;

    if (json_get_string(arguments, "site", &site, NULL) == 0 || server->config->site_count == 1)
        r = sites_find(server->sites, site, &plane_call.site, p);
    if (r == 0)
        r = client_requests_for(server, call, row->plane, &plane_call.client, p);
    if (r < 0)
        return r;
    json_object_object_del(arguments, "site");
    plane_call.arguments_json = json_object_to_json_string_ext(arguments, JSON_C_TO_STRING_PLAIN);
    r = planes_call(server->planes, &plane_call, &reply, p);
    if (r == 0)
        r = reply_put_content(&reply, true, messages, p);
    plane_reply_done(&reply);
    return r;
}

static bool unknown_prompt(const char *name, struct message_error *error)
{
    *error = (struct message_error){.code = RPC_INVALID_PARAMS};
    (void)snprintf(error->text, sizeof(error->text), "Unknown prompt: %.*s. prompts/list shows them.",
                   (int)text_utf8_cut(name, strnlen(name, 80)), name);
    return false;
}

bool work_get_prompt(struct server *server, struct call *call, struct buf *body, struct message_error *error)
{
    struct problem p = PROBLEM_INIT;
    const struct catalog *catalog = server_catalog(server, call->deadline_ms, call->cancel, &p);
    CLEANUP_BUF struct buf messages = BUF_INIT(BODY_LIMIT);
    struct json_object *arguments CLEANUP_JSON = NULL, *given = NULL;
    const struct prompt_row *row;
    const char *name = "";
    int r;

    if (!catalog) {
        message_error_problem(error, &p);
        return false;
    }
    (void)json_get_string(call->params, "name", &name, NULL);
    row = prompt_find(server, name);
    if (!row)
        return unknown_prompt(name, error);
    arguments = json_get(call->params, "arguments", json_type_object, &given) == 0 ? json_object_get(given)
                                                                                   : json_object_new_object();
    r = arguments ? check_arguments(row, arguments, &p) : problem_set(&p, -ENOMEM, PX_INTERNAL, "no memory");
    if (r == 0)
        r = row->text ? put_text(server, row, arguments, &messages, &p)
                      : put_function(server, call, row, arguments, &messages, &p);
    if (r == -EINPROGRESS && client_requests_put(call, body, &p) == 0)
        return true;
    if (r < 0) {
        client_requests_error(call, r, &p, error);
        return false;
    }
    if (row->description)
        json_put_key_string(body, "description", row->description);
    json_put_key(body, "messages");
    buf_add(body, messages.data, messages.len);
    return true;
}
