/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an answer shows once: generated secrets, and those that Proxmox returns a single time (the value of a
 * new token). They wait in memory for the first answer after the end; what is recorded holds their names
 * alone.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "trust/apply.h"
#include "trust/build.h"
#include "trust/run_inner.h"
#include "trust/secret_source.h"

#define NAME_MOST 200u

/* ---- what a step returned */

/* Is it used by a later step? Then it is the plan's own (a lock's token), and nobody else needs it. */
static bool is_used(const struct run *run, const struct step_run *s)
{
    const size_t len = strlen(s->name);

    for (size_t i = s->index + 1; i < run->count; i++) {
        struct json_object *params = NULL;
        const char *reference = NULL;
        (void)json_get(run->runs[i].step, "params", json_type_array, &params);
        for (size_t f = 0; params && f < json_object_array_length(params); f++) {
            if (json_get_string(json_object_array_get_idx(params, f), "ref", &reference, NULL) == 0 &&
                strncmp(reference, s->name, len) == 0 && reference[len] == ':')
                return true;
        }
    }
    return false;
}

static void take(struct run *run, const char *name, struct json_object *value)
{
    const char *text = json_object_get_string(value);
    const size_t len = (size_t)json_object_get_string_len(value);

    /* First, so that no text shows it even where it cannot be kept. */
    run_secret_add(run, text, len);
    if (secret_keep_once(run->request->trust, run->request->plan->id, ONCE_RETURNED, name, text, len) < 0)
        log_warn("plan %s: %s was returned once and could not be kept for the answer", run->request->plan->id,
                 name);
}

static void take_all(struct run *run, const char *before, struct json_object *value, const char *path,
                     unsigned depth)
{
    if (!json_object_is_type(value, json_type_object) || depth > 4)
        return;
    json_object_object_foreach(value, key, member)
    {
        char name[NAME_MOST];
        if ((size_t)snprintf(name, sizeof(name), "%s/%s", before, key) >= sizeof(name))
            continue;
        if (json_object_is_type(member, json_type_object))
            take_all(run, name, member, path, depth + 1);
        else if (json_object_is_type(member, json_type_string) && json_object_get_string_len(member) > 0 &&
                 run_member_is_secret(value, key, path))
            take(run, name, member);
    }
}

/* Answers that are a secret as a whole and have no name for it: the token of a lock. */
static const char *secret_answer(const char *path, struct json_object *value)
{
    return path && strcmp(path, "/cluster/sdn/lock") == 0 && json_object_is_type(value, json_type_string)
               ? "lock-token"
               : NULL;
}

void run_once_take(struct run *run, const struct step_run *s, struct json_object *value, const char *path)
{
    const char *whole = secret_answer(path, value);
    char name[NAME_MOST];

    if (strcmp(s->kind, "read") == 0 || strcmp(s->kind, "wait") == 0)
        return;
    if (whole) /* first, so that no text shows it */
        run_secret_add(run, json_object_get_string(value), (size_t)json_object_get_string_len(value));
    if (is_used(run, s))
        return;
    if (whole && (size_t)snprintf(name, sizeof(name), "%s/%s", s->name, whole) < sizeof(name))
        take(run, name, value);
    else
        take_all(run, s->name, value, path, 0);
}

/* The value of an API token: Proxmox shows it in this answer, and nowhere else. */
static bool shows_token(const struct step_run *s)
{
    const char *method = NULL, *path = NULL;
    struct json_object *params = NULL;

    if (json_get_string(s->step, "method", &method, NULL) < 0 ||
        json_get_string(s->step, "path", &path, NULL) < 0 || strncmp(path, "/access/users/", 14) != 0 ||
        !strstr(path, "/token/"))
        return false;
    if (strcmp(method, "PUT") != 0)
        return strcmp(method, "POST") == 0;
    (void)json_get(s->step, "params", json_type_array, &params);
    for (size_t i = 0; params && i < json_object_array_length(params); i++) {
        const char *name = NULL;
        if (json_get_string(json_object_array_get_idx(params, i), "name", &name, NULL) == 0 &&
            strcmp(name, "regenerate") == 0)
            return true;
    }
    return false;
}

void run_once_tell_missed(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        struct step_run *s = &run->runs[i];
        struct json_object *result = NULL;
        const char *value = NULL;
        if (s->outcome != STEP_OK || !shows_token(s) ||
            (json_get(run->results, s->name, json_type_object, &result) == 0 &&
             json_get_string(result, "value", &value, NULL) == 0 && *value))
            continue;
        char before[80];
        (void)snprintf(before, sizeof(before), "%.76s%s", s->message, s->message[0] ? "; " : "");
        step_say(run, s,
                 "%sthe token's value, which Proxmox shows once, was not received: nobody has it. "
                 "pve_token_regenerate gives it another one, or revoke it and create it again",
                 before);
    }
}

/* ---- the answer */

static void put_values(struct trust *trust, const char *plan_id, enum once_kind kind, const char *key,
                       struct buf *out)
{
    struct buf values = BUF_INIT(APPLY_ANSWER);

    if (secret_once_take(trust, plan_id, kind, &values) > 0 && buf_ok(&values)) {
        json_put_key(out, key);
        buf_add(out, values.data, values.len);
    }
    if (values.data)
        explicit_bzero(values.data, values.cap);
    buf_done(&values);
}

void once_show(struct trust *trust, const char *plan_id, struct buf *out)
{
    bool ended = false;

    if ((applies_has(trust, plan_id, &ended) && !ended) || !buf_ok(out) || out->len < 2 ||
        out->data[out->len - 1] != '}')
        return;
    out->data[--out->len] = '\0';
    put_values(trust, plan_id, ONCE_GENERATED, "generated", out);
    put_values(trust, plan_id, ONCE_RETURNED, "returned_once", out);
    buf_char(out, '}');
}

/* ---- what is recorded of it */

static size_t put_generated(const struct plan *plan, struct buf *out)
{
    struct json_object *secrets = NULL;
    size_t count = 0;

    (void)json_get(plan->root, "secrets", json_type_array, &secrets);
    for (size_t i = 0; secrets && i < json_object_array_length(secrets); i++) {
        struct json_object *row = json_object_array_get_idx(secrets, i);
        const char *name = NULL;
        int64_t chars = 0;
        if (json_get_int(row, "generate", &chars) < 0 || json_get_string(row, "name", &name, NULL) < 0)
            continue;
        json_put_comma(out);
        json_put_cstr(out, name);
        count++;
    }
    return count;
}

void once_put_names(struct trust *trust, const struct plan *plan, struct buf *out)
{
    CLEANUP_BUF struct buf generated = BUF_INIT(8192);
    CLEANUP_BUF struct buf returned = BUF_INIT(APPLY_ANSWER);

    const size_t made = put_generated(plan, &generated);
    const size_t given = secret_once_names(trust, plan->id, ONCE_RETURNED, &returned);
    if (!made && !given)
        return;
    json_put_key(out, "shown_once");
    buf_char(out, '{');
    if (made) {
        json_put_key(out, "generated");
        buf_printf(out, "[%s]", generated.data ? generated.data : "");
    }
    if (given) {
        json_put_key(out, "returned_once");
        buf_add(out, returned.data, returned.len);
    }
    json_put_key_string(
        out, "note",
        "The values stand in the first answer after the end, once, and are kept nowhere: they are "
        "gone after that, after an hour, and when the program ends. Then set new ones.");
    buf_char(out, '}');
}
