/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a plane has for the client while a call runs: questions, log messages, what is shown, what has new
 * content. Everything that came from the host is checked before the client's functions (planes.h) hear of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_check.h"
#include "base/text.h"
#include "plane/resource_uri.h"
#include "plane/upcall.h"

/* An upcall of a client on its way. */
struct talk {
    const struct plane_client *client;
    const struct plane_info *plane;
    struct body *body;
    struct buf *out;
};

static int no_sense(struct problem *p, const char *what)
{
    return problem_set(p, -EINVAL, PX_PLANE, "%s", what);
}

static int not_offered(struct problem *p, const char *what)
{
    return problem_set(p, -ENOSYS, PX_UNSUPPORTED, "the client has no %s here", what);
}

static int talk_can_ask(const struct talk *talk, struct problem *p)
{
    const struct plane_client *client = talk->client;
    uint32_t kind = body_u32(talk->body);

    if (!body_end(talk->body))
        return no_sense(p, "can_ask: not a question");
    bool known = kind >= PROXIMO_ASK_ELICITATION && kind <= PROXIMO_ASK_ROOTS;
    body_put_u32(talk->out, known && client->can_ask && client->can_ask(client->arg, kind));
    return 0;
}

/* ---- ask */

static bool key_ok(const char *key)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    size_t len = strlen(key);

    return len > 0 && len <= PLANE_ASK_KEY_MOST && strspn(key, allowed) == len;
}

static int ask_read(struct body *body, const struct plane_ask *before, size_t count, struct plane_ask *ret,
                    struct problem *p)
{
    struct json_object *params CLEANUP_JSON = NULL;

    ret->kind = body_u32(body);
    ret->key = body_dup(body, PLANE_ASK_KEY_MOST);
    ret->params_json = body_dup(body, PLANE_ASK_MOST);
    if (body->bad)
        return no_sense(p, "ask: a question's key or params_json is too long or has a NUL in it");
    if (ret->kind < PROXIMO_ASK_ELICITATION || ret->kind > PROXIMO_ASK_ROOTS)
        return no_sense(p, "ask: a question of an unknown kind");
    if (!key_ok(ret->key))
        return no_sense(p, "ask: a key is 1 to 64 of A-Z a-z 0-9 _ . -");
    for (size_t i = 0; i < count; i++)
        if (strcmp(before[i].key, ret->key) == 0)
            return problem_set(p, -EINVAL, PX_PLANE, "ask: two questions have the key \"%s\"", ret->key);
    if (json_parse(ret->params_json, strlen(ret->params_json), &params, NULL) < 0 ||
        !json_object_is_type(params, json_type_object))
        return problem_set(p, -EINVAL, PX_PLANE, "ask: params_json of \"%s\" is no JSON object", ret->key);
    return 0;
}

static int ask_client(const struct talk *talk, const struct plane_ask *asks, size_t count, struct problem *p)
{
    struct buf json CLEANUP_BUF = BUF_INIT(MESSAGE_LIMIT);
    int r = talk->client->ask(talk->client->arg, talk->plane, asks, count, &json, p);

    if (r < 0)
        return r;
    if (!buf_ok(&json))
        return problem_set(p, -EFBIG, PX_TOO_LARGE, "the client's answers are too large");
    body_put_text(talk->out, json.data ? json.data : "", json.len);
    return 0;
}

static int talk_ask(const struct talk *talk, struct problem *p)
{
    struct plane_ask asks[PLANE_ASKS_MOST] = {{0}};
    uint32_t count = body_u32(talk->body);
    int r = count == 0 || count > PLANE_ASKS_MOST ? no_sense(p, "ask: 1 to 16 questions at once") : 0;

    for (uint32_t i = 0; r == 0 && i < count; i++)
        r = ask_read(talk->body, asks, i, &asks[i], p);
    if (r == 0 && !body_end(talk->body))
        r = no_sense(p, "ask: something follows the questions");
    if (r == 0)
        r = talk->client->ask ? ask_client(talk, asks, count, p) : not_offered(p, "ask");
    for (size_t i = 0; i < PLANE_ASKS_MOST; i++) {
        free(asks[i].key);
        free(asks[i].params_json);
    }
    return r;
}

/* ---- the others */

static int talk_log(const struct talk *talk, struct problem *p)
{
    const struct plane_client *client = talk->client;
    struct json_check check = {.max_depth = JSON_CHECK_MAX_DEPTH};
    struct buf clean CLEANUP_BUF = BUF_INIT(4 * PLANE_LOGGER_MOST + 16);
    uint32_t level = body_u32(talk->body);
    char *logger = body_dup(talk->body, PLANE_LOGGER_MOST), *data = body_dup(talk->body, PLANE_LOG_MOST);
    int r = 0;

    if (!body_end(talk->body))
        r = no_sense(p, "client_log: the logger or data_json is too long or has a NUL in it");
    else if (level < PROXIMO_LOG_ERROR || level > PROXIMO_LOG_DEBUG)
        r = no_sense(p, "client_log: an unknown level");
    else if (json_check(&check, data, strlen(data)) < 0)
        r = no_sense(p, "client_log: data_json is no JSON value");
    else
        text_clean(&clean, logger, strlen(logger), false);
    if (r == 0)
        r = client->log ? client->log(client->arg, talk->plane, level, clean.data ? clean.data : "", data, p)
                        : not_offered(p, "client_log");
    free(logger);
    free(data);
    return r;
}

/* Of its own plane's, a tool by name, a resource by URI, a prompt by name. */
static bool is_own(const struct plane_info *plane, uint32_t what, const char *name)
{
    bool own = false;

    for (size_t i = 0; !own && what == PROXIMO_SHOW_TOOL && i < plane->tool_count; i++)
        own = strcmp(plane->tools[i].name, name) == 0;
    for (size_t i = 0; !own && what == PROXIMO_SHOW_RESOURCE && i < plane->resource_count; i++)
        own = strcmp(plane->resources[i].uri, name) == 0;
    for (size_t i = 0; !own && what == PROXIMO_SHOW_PROMPT && i < plane->prompt_count; i++)
        own = strcmp(plane->prompts[i].name, name) == 0;
    return own;
}

static int talk_show(const struct talk *talk, struct problem *p)
{
    const struct plane_client *client = talk->client;
    uint32_t what = body_u32(talk->body), shown = body_u32(talk->body);
    char *name = body_dup(talk->body, RESOURCE_URI_MOST);
    int r;

    if (!body_end(talk->body) || shown > 1)
        r = no_sense(p, "show: not something that can be shown");
    else if (!is_own(talk->plane, what, name))
        r = problem_set(p, -ENOENT, PX_PLANE, "show: \"%.80s\" is no tool, resource or prompt of this plane",
                        name);
    else
        r = client->show ? client->show(client->arg, talk->plane, what, name, shown != 0, p)
                         : not_offered(p, "show");
    free(name);
    return r;
}

static int talk_updated(const struct talk *talk, struct problem *p)
{
    const struct plane_client *client = talk->client;
    char *uri = body_dup(talk->body, RESOURCE_URI_MOST);
    bool valid = body_end(talk->body) && resource_uri_valid(uri), own = false;
    int r;

    for (size_t i = 0; valid && !own && i < talk->plane->resource_count; i++)
        own = resource_uri_matches(talk->plane->resources[i].uri, uri);
    if (!valid)
        r = no_sense(p, "updated: not a URI");
    else if (!own)
        r = problem_set(p, -ENOENT, PX_PLANE, "updated: \"%.80s\" is of no resource of this plane", uri);
    else
        r = client->updated ? client->updated(client->arg, talk->plane, uri, p) : not_offered(p, "updated");
    free(uri);
    return r;
}

/* ---- all of them */

static int32_t code_of(int r, const struct problem *p)
{
    static const struct {
        int error;
        int32_t code;
    } codes[] = {
        {-EINPROGRESS, PROXIMO_EINPUT},   {-EOPNOTSUPP, PROXIMO_ECAPABILITY}, {-ENOSYS, PROXIMO_ENOSYS},
        {-EINVAL, PROXIMO_EINVAL},        {-ENOENT, PROXIMO_ENOTFOUND},       {-ENOMEM, PROXIMO_ENOMEM},
        {-ECANCELED, PROXIMO_ECANCELLED}, {-ETIMEDOUT, PROXIMO_EDEADLINE},    {-EACCES, PROXIMO_EDENIED},
    };

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i].error == r)
            return codes[i].code;
    return upcall_code_of(p);
}

/* Granted by the configuration, and with a client at hand. */
static int check_granted(const struct planes *planes, const struct call *call, struct problem *p)
{
    const struct plane_info *plane = call_plane(call->request);

    if (call_is_draft(call->request))
        return problem_set(p, -ENOSYS, PX_UNSUPPORTED, "a plan says nothing to the client");
    if (call->request->client && planes_may_ask(planes, plane))
        return 0;
    int r = problem_set(p, -EACCES, PX_CONFIG, "the plane \"%s\" may not talk to the client", plane->name);
    problem_next(p, "If it is to, set planes.%s.client_requests: true in the configuration.", plane->name);
    return r;
}

int32_t upcall_client(struct planes *planes, struct call *call, uint32_t type, struct body *body,
                      struct buf *out, struct problem *p)
{
    const struct talk talk = {call->request->client, call_plane(call->request), body, out};
    int r = check_granted(planes, call, p);

    if (r == 0) {
        switch (type) {
        case MESSAGE_CAN_ASK: r = talk_can_ask(&talk, p); break;
        case MESSAGE_ASK: r = talk_ask(&talk, p); break;
        case MESSAGE_CLIENT_LOG: r = talk_log(&talk, p); break;
        case MESSAGE_SHOW: r = talk_show(&talk, p); break;
        default: r = talk_updated(&talk, p); break;
        }
    }
    return r < 0 ? code_of(r, p) : 0;
}
