/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core's own judgement of what a plan sends: every request against the core's table, whatever the plane
 * says of it. Claims of a step that the table does not bear out are corrected or refused.
 */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "config/config.h"
#include "http/path.h"
#include "trust/build.h"

#define FIELDS_MOST 256u
#define CLASS_BITS  (RISK_DESTROYS | RISK_CUTS_OFF | RISK_WIDENS | RISK_COMMAND)

/* References stand for one element that is not known yet: a word that no pattern knows. */
static void plain_path(const char *path, struct buf *out)
{
    while (*path) {
        const size_t len = strcspn(path, "{");
        buf_add(out, path, len);
        path += len;
        if (*path) {
            buf_char(out, 'x');
            path += strcspn(path, "}");
            path += *path == '}';
        }
    }
}

static int fields_of(struct json_object *params, struct http_field *fields, size_t *ret_count)
{
    const size_t count = params ? json_object_array_length(params) : 0;

    if (count > FIELDS_MOST)
        return -E2BIG;
    for (size_t i = 0; i < count; i++) {
        struct json_object *field = json_object_array_get_idx(params, i);
        fields[i] = (struct http_field){0};
        (void)json_get_string(field, "name", &fields[i].name, NULL);
        (void)json_get_string(field, "value", &fields[i].value, &fields[i].value_len);
        if (!fields[i].name)
            return -EINVAL;
    }
    *ret_count = count;
    return 0;
}

static bool sends_digest(const struct http_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, "digest") == 0)
            return true;
    }
    return false;
}

/* What the step claims, against what the table knows of the method. */
static int correct(struct build *b, struct json_object *step, const char *method, const char *path,
                   const struct risk_verdict *verdict, bool digest, struct problem *p)
{
    bool follow = false, atomic = false;
    int r = 0;

    (void)json_get_bool(step, "follow", &follow);
    (void)json_get_bool(step, "atomic", &atomic);
    if (follow && !(verdict->flags & (RISK_TASK | RISK_UNLISTED)))
        return build_plane_fault(b, p, "it follows a task of %s %.200s, which starts none", method, path);
    if (!follow && (verdict->flags & RISK_TASK))
        r |= build_add(step, "follow", json_object_new_boolean(1));
    if (atomic && (!digest || !(verdict->flags & RISK_DIGEST)))
        r |= build_add(step, "atomic", json_object_new_boolean(0));
    return r ? build_no_memory(p) : 0;
}

static int judge_step(struct build *b, struct json_object *step, struct problem *p)
{
    CLEANUP_BUF struct buf plain = BUF_INIT(2 * HTTP_PATH_LIMIT);
    struct http_field fields[FIELDS_MOST];
    struct json_object *params = NULL;
    struct risk_verdict verdict = {0};
    const char *method = "", *path = "";
    size_t count = 0;

    (void)json_get_string(step, "method", &method, NULL);
    (void)json_get_string(step, "path", &path, NULL);
    (void)json_get(step, "params", json_type_array, &params);
    plain_path(path, &plain);
    if (!buf_ok(&plain) || !plain.data || fields_of(params, fields, &count) < 0)
        return build_plane_fault(b, p, "a request has too many or nameless parameters");
    risk_judge((unsigned)site_config(b->request->site)->kind, method, plain.data, fields, count, &verdict);
    if (verdict.level < RISK_LOW || verdict.level > RISK_HIGH || (verdict.flags & RISK_UNLISTED))
        verdict.level = RISK_HIGH;
    if (verdict.flags & RISK_CLEAR)
        return build_plane_fault(
            b, p, "%s %.200s would carry a secret in clear; it must be a secret parameter", method, path);
    int r = preflight_request(b, method, path, &verdict, p);
    if (r == 0)
        r = correct(b, step, method, path, &verdict, sends_digest(fields, count), p);
    if (r < 0)
        return r;
    b->flags |= verdict.flags & CLASS_BITS;
    b->request_destroys |= (verdict.flags & RISK_DESTROYS) && !(verdict.flags & RISK_COMMAND);
    if (verdict.level > b->risk)
        b->risk = verdict.level;
    for (size_t i = 0; i < verdict.reason_count; i++) {
        if (build_reason(b, "core", verdict.reasons[i].level, verdict.reasons[i].text) < 0)
            return build_no_memory(p);
    }
    return build_add(step, "risk", json_object_new_int((int)verdict.level)) < 0 ? build_no_memory(p) : 0;
}

int build_judge(struct build *b, struct problem *p)
{
    int r = 0;
    size_t requests = 0;

    for (size_t i = 0; r == 0 && i < json_object_array_length(b->steps); i++) {
        struct json_object *step = json_object_array_get_idx(b->steps, i);
        const char *kind = "";
        (void)json_get_string(step, "kind", &kind, NULL);
        const bool request = strcmp(kind, "request") == 0;
        if (!request && strcmp(kind, "executor") != 0)
            continue;
        requests++;
        r = request ? judge_step(b, step, p) : build_judge_executor(b, step, p);
    }
    if (r == 0 && requests == 0)
        return build_plane_fault(b, p, "its plan sends nothing at all");
    return r;
}
