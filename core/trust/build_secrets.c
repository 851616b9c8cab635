/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets of a change taken out of its arguments: given, from a file, or to be generated. From here on a
 * secret argument is {"secret":true} for everybody but the commitment and the store of secrets.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "plane/argument_inner.h"
#include "plane/argument_secret.h"
#include "plane/read.h"
#include "trust/build.h"
#include "trust/secret_source.h"

/* json-c keeps a copy of its own: it is overwritten before it is freed. */
static void wipe_string(struct json_object *value)
{
    if (json_object_is_type(value, json_type_string))
        explicit_bzero((void *)(uintptr_t)json_object_get_string(value),
                       (size_t)json_object_get_string_len(value));
}

/* ---- within objects */

/* "cipassword_file" of a tool that has no parameter cipassword. */
static bool names_secret(const char *key)
{
    static const char *const endings[] = {"_file", "_generate"};
    const size_t len = strlen(key);
    char base[65];

    if (risk_param_is_secret(key))
        return true;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        const size_t ending = strlen(endings[i]);
        if (len <= ending || len - ending >= sizeof(base) || strcmp(key + len - ending, endings[i]) != 0)
            continue;
        memcpy(base, key, len - ending);
        base[len - ending] = '\0';
        if (risk_param_is_secret(base))
            return true;
    }
    return false;
}

/* A secret inside of an object argument would reach the plane, the plan and the ledger. */
static int refuse_inner(const struct build *b, const struct param_row *param, const char *key,
                        struct problem *p)
{
    const struct param_row *own = tool_param_find(b->tool, key);

    problem_set(p, -EINVAL, PX_ARG, "%s: '%.64s' is a secret, and secrets cannot be set through %s",
                param->name, key, param->name);
    if (own && (own->flags & PROXIMO_PARAM_SECRET))
        problem_next(p, "give it as the argument '%.64s', better as '%.64s_file' or '%.64s_generate'", key,
                     key, key);
    else
        problem_next(p, "leave '%.64s' out; set it in Proxmox yourself", key);
    return -EINVAL;
}

/* One member P_file or P_generate becomes an argument of the tool itself. 1: there may be more. */
static int lift_one(struct build *b, const struct param_row *param, struct json_object *object,
                    struct problem *p)
{
    json_object_object_foreach(object, key, member)
    {
        struct json_object *arguments = b->reading.arguments;
        enum secret_way way = SECRET_GIVEN;
        char name[80];
        if (!secret_way_find(b->tool, key, &way)) {
            if (names_secret(key))
                return refuse_inner(b, param, key, p);
            continue;
        }
        const bool fits =
            json_object_is_type(member, way == SECRET_FILE ? json_type_string : json_type_boolean);
        if (!fits || json_object_object_get(arguments, key))
            return problem_set(p, -EINVAL, PX_ARG, "%s: '%.64s' %s", param->name, key,
                               fits                 ? "is given a second time"
                               : way == SECRET_FILE ? "must be the path of a file"
                                                    : "must be true or false");
        (void)snprintf(name, sizeof(name), "%.79s", key);
        if (build_add(arguments, name, json_object_get(member)) < 0)
            return build_no_memory(p);
        json_object_object_del(object, name);
        return 1;
    }
    return 0;
}

static int lift(struct build *b, struct problem *p)
{
    for (size_t i = 0; i < b->tool->param_count; i++) {
        const struct param_row *param = &b->tool->params[i];
        struct json_object *object = NULL;
        int r = 1;
        if ((param->flags & PROXIMO_PARAM_SECRET) ||
            json_get(b->reading.arguments, param->name, json_type_object, &object) < 0)
            continue;
        const int before = json_object_object_length(object);
        while (r == 1)
            r = lift_one(b, param, object, p);
        if (r < 0)
            return r;
        /* It said nothing else. */
        if (before > 0 && json_object_object_length(object) == 0 && !(param->flags & PROXIMO_PARAM_REQUIRED))
            json_object_object_del(b->reading.arguments, param->name);
    }
    return 0;
}

/* ---- one secret */

static int keep_value(struct build_secret *secret, const char *value, size_t len)
{
    secret->value = malloc(len + 1);
    if (!secret->value)
        return -ENOMEM;
    memcpy(secret->value, value, len);
    secret->value[len] = '\0';
    secret->len = len;
    return 0;
}

static int take_given(const struct param_row *param, struct json_object *value, struct build_secret *secret,
                      struct problem *p)
{
    struct buf text = BUF_INIT(BUILD_SECRET_LIMIT);
    int r = 0;

    if (value_text(value, &text) < 0 || !buf_ok(&text))
        r = problem_set(p, -EINVAL, PX_ARG, "%s is too long or of a wrong shape", param->name);
    else if (keep_value(secret, text.data ? text.data : "", text.len) < 0)
        r = build_no_memory(p);
    if (text.data)
        explicit_bzero(text.data, text.cap);
    buf_done(&text);
    wipe_string(value);
    return r;
}

static int take_file(const struct build *b, const struct param_row *param, struct json_object *path,
                     struct build_secret *secret, struct problem *p)
{
    struct buf text = BUF_INIT(SECRET_FILE_LIMIT);

    int r = secret_file_read(b->trust->config, json_object_get_string(path), &text, p);
    if (r == 0)
        r = argument_secret_check(b->tool, param, text.data, text.len, p);
    if (r == 0) {
        secret->file = text_dup(json_object_get_string(path));
        if (!secret->file || keep_value(secret, text.data, text.len) < 0)
            r = build_no_memory(p);
    }
    if (text.data)
        explicit_bzero(text.data, text.cap);
    buf_done(&text);
    return r;
}

/* The one way in which it is given; the others are taken out of the arguments. -EINVAL: several. */
static int way_of(struct build *b, const struct param_row *param, enum secret_way *ret_way,
                  struct json_object **ret_value, struct problem *p)
{
    struct json_object *arguments = b->reading.arguments;
    unsigned given = 0;
    char name[80];

    *ret_value = NULL;
    for (unsigned way = SECRET_GIVEN; way <= SECRET_GENERATE; way++) {
        struct json_object *value = NULL;
        secret_way_name(param, (enum secret_way)way, name);
        if (!secret_way_offered(b->tool, param, (enum secret_way)way) && way != SECRET_GIVEN)
            continue;
        if (!json_object_object_get_ex(arguments, name, &value) || !value)
            continue;
        if (way != SECRET_GENERATE || json_object_get_boolean(value)) {
            json_object_put(*ret_value);
            *ret_value = json_object_get(value);
            *ret_way = (enum secret_way)way;
            given++;
        }
        if (way != SECRET_GIVEN)
            json_object_object_del(arguments, name);
    }
    if (given <= 1)
        return 0;
    problem_set(p, -EINVAL, PX_ARG, "%s is given in several ways", param->name);
    problem_next(p, "give one of %.64s, %.64s_file and %.64s_generate", param->name, param->name,
                 param->name);
    return -EINVAL;
}

static int take(struct build *b, const struct param_row *param, struct problem *p)
{
    CLEANUP_JSON struct json_object *value = NULL;
    enum secret_way way = SECRET_GIVEN;

    int r = way_of(b, param, &way, &value, p);
    if (r < 0 || (!value && !(param->flags & PROXIMO_PARAM_REQUIRED)))
        return r;
    if (!value)
        return problem_set(p, -EINVAL, PX_ARG, "%s: %s is missing", b->tool->name, param->name);
    if (b->secret_count == BUILD_SECRETS_MOST)
        return problem_set(p, -EINVAL, PX_ARG, "there are more than %u secrets", BUILD_SECRETS_MOST);
    struct build_secret *secret = &b->secrets[b->secret_count++];
    secret->name = param->name;
    if (way == SECRET_GIVEN)
        r = take_given(param, value, secret, p);
    else if (way == SECRET_FILE)
        r = take_file(b, param, value, secret, p);
    if (r < 0)
        return r;
    struct json_object *mark = json_object_new_object();
    if (build_add(mark, "secret", json_object_new_boolean(1)) < 0 ||
        build_add(b->reading.arguments, param->name, mark) < 0)
        return build_no_memory(p);
    return 0;
}

int build_secrets(struct build *b, struct problem *p)
{
    int r = lift(b, p);

    for (size_t i = 0; r == 0 && i < b->tool->param_count; i++) {
        if (b->tool->params[i].flags & PROXIMO_PARAM_SECRET)
            r = take(b, &b->tool->params[i], p);
    }
    return r;
}
