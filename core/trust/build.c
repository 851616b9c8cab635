/* SPDX-License-Identifier: Apache-2.0 */
/* The road of planning, station by station. Nothing is changed on it, and until its end nothing is stored. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "plane/site.h"
#include "trust/build.h"
#include "trust/limits.h"

static int nonce_make(struct build *b, struct problem *p)
{
    unsigned char bytes[16];

    if (!b->trust->crypto || b->trust->crypto->random(bytes, sizeof(bytes)) < 0)
        return problem_set(p, -EIO, PX_INTERNAL, "no random bytes for a plan");
    text_hex(bytes, sizeof(bytes), b->nonce);
    return 0;
}

static int build_begin(struct build *b, struct problem *p)
{
    struct json_object **const arrays[] = {&b->guards, &b->steps,      &b->postcondition, &b->subjects,
                                           &b->facts,  &b->incomplete, &b->reasons,       &b->affected};
    const struct plan_request *request = b->request;

    b->read_call = (struct read_call){.tool = request->tool,
                                      .planes = b->trust->planes,
                                      .site = request->site,
                                      .arguments = request->arguments,
                                      .deadline_ms = request->deadline_ms,
                                      .cancel = request->cancel,
                                      .progress = request->progress,
                                      .progress_arg = request->progress_arg};
    b->reading.call = &b->read_call;
    b->reading.site_call = (struct site_call){.deadline_ms = request->deadline_ms, .cancel = request->cancel};
    completeness_init(&b->reading.complete);
    b->subject = BUF_INIT(1024);
    for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) {
        *arrays[i] = json_object_new_array();
        if (!*arrays[i])
            return build_no_memory(p);
    }
    if (read_cache_new(request->site, &b->cache) < 0)
        return build_no_memory(p);
    int r = nonce_make(b, p);
    return r < 0 ? r : trust_principal(b->trust, request->site, b->principal, p);
}

static void build_end(struct build *b)
{
    struct json_object *const objects[] = {b->draft,      b->guards,     b->steps,    b->postcondition,
                                           b->undo,       b->undo_point, b->subjects, b->facts,
                                           b->incomplete, b->reasons,    b->affected, b->reading.arguments};

    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
        json_object_put(objects[i]);
    for (size_t i = 0; i < b->secret_count; i++) {
        if (b->secrets[i].value)
            explicit_bzero(b->secrets[i].value, b->secrets[i].len);
        free(b->secrets[i].value);
        free(b->secrets[i].file);
    }
    read_cache_free(b->cache);
    completeness_done(&b->reading.complete);
    buf_done(&b->subject);
    free(b);
}

typedef int station(struct build *b, struct problem *p);

static int travel(struct build *b, station *const *stations, size_t count, struct problem *p)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < count; i++)
        r = stations[i](b, p);
    return r;
}

int plan_build(struct trust *trust, const struct plan_request *request, struct plan **ret,
               struct buf *ret_nothing, struct problem *p)
{
    static station *const to_draft[] = {build_arguments, preflight_tool, preflight_needs, build_draft};
    static station *const to_end[] = {
        build_subjects,    build_guards,      build_undo_point,  build_steps, build_undo,
        build_undo_guards, build_guards_take, build_undo_settle, build_judge, build_undo_point_settle,
        build_blast,       build_targets,     build_rechecks,    build_risk};
    const char *why = NULL;
    struct build *b = NULL;

    *ret = NULL;
    int r = trust_ready(trust, p);
    if (r < 0)
        return r;
    if (!(b = calloc(1, sizeof(*b))))
        return build_no_memory(p);
    b->trust = trust;
    b->request = request;
    b->tool = request->tool;
    r = build_begin(b, p);
    if (r == 0)
        r = travel(b, to_draft, sizeof(to_draft) / sizeof(to_draft[0]), p);
    if (r == 0 && build_is_nothing(b, &why)) {
        if (ret_nothing)
            buf_str(ret_nothing, why);
    } else if (r == 0) {
        r = travel(b, to_end, sizeof(to_end) / sizeof(to_end[0]), p);
        if (r == 0)
            r = build_freeze(b, ret, p);
    }
    build_end(b);
    return r;
}
