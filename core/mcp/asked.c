/* SPDX-License-Identifier: Apache-2.0 */
#include "mcp/asked.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "plane/planes.h"
#include "proximo/plane.h"

const char *asked_method(uint32_t kind)
{
    static const char *const methods[] = {[PROXIMO_ASK_ELICITATION] = "elicitation/create",
                                          [PROXIMO_ASK_SAMPLING] = "sampling/createMessage",
                                          [PROXIMO_ASK_ROOTS] = "roots/list"};

    return kind >= PROXIMO_ASK_ELICITATION && kind <= PROXIMO_ASK_ROOTS ? methods[kind] : "";
}

/* A person must see who asks: a form of a plane never looks like one of the core. */
static int label_form(const char *plane, struct json_object *params, bool has_mode, struct problem *p)
{
    CLEANUP_BUF struct buf words = BUF_INIT(ASKED_LIMIT);
    const char *message = NULL, *mode = "form";

    (void)json_get_string(params, "mode", &mode, NULL);
    if (strcmp(mode, "form") != 0)
        return problem_set(p, -EINVAL, PX_PLANE, "a plane may ask by forms only, not by \"%.20s\"", mode);
    if (json_get_string(params, "message", &message, NULL) < 0)
        return problem_set(p, -EINVAL, PX_PLANE, "a form needs a message");
    buf_printf(&words, "[plane %s] %s", plane, message);
    if (!buf_ok(&words) ||
        json_object_object_add(params, "message", json_object_new_string(words.data)) < 0 ||
        (has_mode && json_object_object_add(params, "mode", json_object_new_string("form")) < 0))
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a form");
    if (!has_mode)
        json_object_object_del(params, "mode");
    return 0;
}

/* Whoever reads the request itself finds the plane's name as well. */
static int label_meta(const char *plane, struct json_object *params)
{
    struct json_object *meta = json_object_new_object();

    if (!meta || json_object_object_add(meta, "proximo/plane", json_object_new_string(plane)) < 0 ||
        json_object_object_add(params, "_meta", json_object_get(meta)) < 0) {
        json_object_put(meta);
        return -ENOMEM;
    }
    json_object_put(meta);
    return 0;
}

int asked_params(const char *plane, const struct plane_ask *ask, bool has_mode, struct buf *out,
                 struct problem *p)
{
    struct json_object *params CLEANUP_JSON = NULL;
    int r = json_parse(ask->params_json, strlen(ask->params_json), &params, p);

    if (r == 0 && !json_object_is_type(params, json_type_object))
        r = problem_set(p, -EINVAL, PX_PLANE, "the params of a question are no object");
    if (r == 0 && ask->kind == PROXIMO_ASK_ELICITATION)
        r = label_form(plane, params, has_mode, p);
    if (r == 0 && label_meta(plane, params) < 0)
        r = problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a question");
    if (r < 0)
        return r;
    json_put_value(out, params);
    return buf_ok(out) ? 0 : problem_set(p, -E2BIG, PX_TOO_LARGE, "a question is too long");
}

struct json_object *asked_request(uint32_t kind, const char *params, size_t len)
{
    struct json_object *request = json_object_new_object(), *parsed = NULL;

    if (request && json_parse(params, len, &parsed, NULL) == 0 &&
        json_object_object_add(request, "method", json_object_new_string(asked_method(kind))) == 0 &&
        json_object_object_add(request, "params", json_object_get(parsed)) == 0) {
        json_object_put(parsed);
        return request;
    }
    json_object_put(parsed);
    json_object_put(request);
    return NULL;
}

/* ---------------------------------------------------------------- answers */

static bool type_fits(struct json_object *schema, struct json_object *value)
{
    static const struct {
        const char *name;
        json_type types[2];
    } types[] = {
        {"string", {json_type_string, json_type_string}}, {"integer", {json_type_int, json_type_int}},
        {"number", {json_type_int, json_type_double}},    {"boolean", {json_type_boolean, json_type_boolean}},
        {"array", {json_type_array, json_type_array}},
    };
    const char *type = NULL;

    if (json_get_string(schema, "type", &type, NULL) < 0)
        return true;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i].name, type) == 0)
            return json_object_is_type(value, types[i].types[0]) ||
                   json_object_is_type(value, types[i].types[1]);
    }
    return false;
}

static bool content_fits(struct json_object *schema, struct json_object *content)
{
    struct json_object *required = NULL, *properties = NULL;

    if (json_get(schema, "required", json_type_array, &required) == 0) {
        for (size_t i = 0; i < json_object_array_length(required); i++) {
            if (!json_object_object_get_ex(
                    content, json_object_get_string(json_object_array_get_idx(required, i)), NULL))
                return false;
        }
    }
    if (json_get(schema, "properties", json_type_object, &properties) < 0)
        return true;
    json_object_object_foreach(content, key, value)
    {
        struct json_object *property = NULL;

        /* What was not asked for is the client's own matter: the plane does not look at it. */
        if (json_object_object_get_ex(properties, key, &property) && !type_fits(property, value))
            return false;
    }
    return true;
}

static bool form_fits(const char *params_json, struct json_object *answer)
{
    struct json_object *params CLEANUP_JSON = NULL, *schema = NULL, *content = NULL;
    const char *action = NULL;

    if (json_get_string(answer, "action", &action, NULL) < 0)
        return false;
    if (strcmp(action, "accept") != 0)
        return strcmp(action, "decline") == 0 || strcmp(action, "cancel") == 0;
    if (json_parse(params_json, strlen(params_json), &params, NULL) < 0 ||
        json_get(params, "requestedSchema", json_type_object, &schema) < 0)
        return true;
    return json_get(answer, "content", json_type_object, &content) == 0 && content_fits(schema, content);
}

bool asked_fits(const struct plane_ask *ask, struct json_object *answer)
{
    struct json_object *member = NULL;

    if (!json_object_is_type(answer, json_type_object))
        return false;
    switch (ask->kind) {
    case PROXIMO_ASK_ELICITATION: return form_fits(ask->params_json, answer);
    case PROXIMO_ASK_SAMPLING: return json_object_object_get_ex(answer, "content", &member) && member;
    case PROXIMO_ASK_ROOTS: return json_get(answer, "roots", json_type_array, &member) == 0;
    default: return false;
    }
}
