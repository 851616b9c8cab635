/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GETs that a plane asks for, several beside each other. A path is put together here from the plane's
 * template and fields, every value percent-encoded as one segment; which paths may be asked at all is decided
 * further below, in core/http.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/text.h"
#include "plane/host.h"
#include "plane/need.h"
#include "plane/read_cache.h"
#include "plane/upcall.h"

static bool segment_ok(const struct http_field *field)
{
    if (field->value_len == 0 || strcmp(field->value, ".") == 0 || strcmp(field->value, "..") == 0)
        return false;
    for (size_t i = 0; i < field->value_len; i++)
        if ((unsigned char)field->value[i] < 0x20 || field->value[i] == 0x7f)
            return false;
    return true;
}

/* {x} of a template from the fields. `encode`: as one path segment of a request; otherwise as written in an
 * ACL path. */
char *get_fill(struct get *get, const char *template, bool encode, struct problem *p)
{
    struct buf path CLEANUP_BUF = BUF_INIT(HTTP_PATH_LIMIT);

    for (const char *at = template; *at; at++) {
        if (*at != '{') {
            buf_char(&path, *at);
            continue;
        }
        const char *end = strchr(at, '}');
        size_t len = end ? (size_t)(end - at) - 1 : 0, i = 0;
        const bool may_lack = !encode && len > 1 && at[len] == '?';
        len -= may_lack;
        while (i < get->field_count &&
               (strlen(get->fields[i].name) != len || memcmp(get->fields[i].name, at + 1, len) != 0))
            i++;
        if (may_lack && (i == get->field_count || get->fields[i].value_len == 0)) {
            need_leave_out(&path);
            at = end;
            continue;
        }
        if (!end || i == get->field_count || !segment_ok(&get->fields[i])) {
            (void)problem_set(p, -EINVAL, PX_ARG, "%.200s: \"%.*s\" has no value that can stand in a path",
                              template, (int)(len < 40 ? len : 40), at + 1);
            return NULL;
        }
        get->in_path[i] = get->in_path[i] || encode;
        if (encode)
            buf_percent(&path, get->fields[i].value, get->fields[i].value_len);
        else
            buf_add(&path, get->fields[i].value, get->fields[i].value_len);
        at = end;
    }
    char *taken = template[0] == '/' ? buf_take(&path, NULL) : NULL;
    if (!taken)
        (void)problem_set(p, -EINVAL, PX_ARG, "%.200s: a path begins with a slash and has at most %u bytes",
                          template, HTTP_PATH_LIMIT);
    return taken;
}

/* The fields that are not in the path: query or form. */
static size_t rest(const struct get *get, struct http_field *into)
{
    size_t count = 0;

    for (size_t i = 0; i < get->field_count; i++)
        if (!get->in_path[i])
            into[count++] = get->fields[i];
    return count;
}

/* Why a request failed: the message, or the plain text that is all a Backup Server answers then. */
static void take_words(struct get *get, struct json_span message)
{
    struct buf words CLEANUP_BUF = BUF_INIT(MESSAGE_LIMIT), clean CLEANUP_BUF = BUF_INIT(4096);
    size_t len;

    if (site_answer_is_words(&get->answer))
        buf_add(&words, get->answer.raw, get->answer.raw_len);
    else if (scan_is_string(message))
        scan_text(message, &words);
    text_clean(&clean, words.data ? words.data : "", words.len < 1000 ? words.len : 1000, false);
    len = text_utf8_cut(clean.data ? clean.data : "", clean.len < 600 ? clean.len : 600);
    if (len && clean.data)
        memcpy(get->message, clean.data, len);
    get->message[len] = '\0';
}

void get_take_answer(struct get *get, struct site_answer *answer, bool tolerate)
{
    static const char *const names[] = {"data", "message"};
    struct json_span values[2] = {{0}};

    get->status = answer->status;
    get->answer = *answer;
    *answer = (struct site_answer){0};
    if (!site_answer_is_words(&get->answer))
        scan_find((struct json_span){get->answer.raw, get->answer.raw_len}, names, 2, values);
    get->data = get->flags & PROXIMO_GET_WHOLE && get->status < 400
                    ? (struct json_span){get->answer.raw, get->answer.raw_len}
                    : values[0];
    if (tolerate && get->status >= 400)
        take_words(get, values[1]);
}

/* Says when the answer is filtered: a privilege that a full answer needs is not held. */
static void check_needs(struct site *site, const struct site_call *how, struct get *get)
{
    struct buf missing CLEANUP_BUF = BUF_INIT(sizeof(get->message) - 1);

    for (size_t i = 0; i < get->need_count; i++) {
        const struct need_row *need = &get->needs[i];
        struct problem p = PROBLEM_INIT;
        char *path = get_fill(get, need->path, false, &p);
        int held = path ? site_need(site, how, need->path, path, need->privilege, &p) : -EINVAL;
        if (held == 1) {
            free(path);
            continue;
        }
        buf_printf(&missing, "%s%s %s on %s", missing.len ? "; " : "",
                   held == 0 ? "not held:" : "not known:", need->privilege, path ? path : need->path);
        get->unmet[i] = path ? path : text_dup(need->path);
        get->unmet_known[i] = held == 0;
        get->answer_flags |= PROXIMO_ANSWER_INCOMPLETE;
    }
    if (buf_ok(&missing) && missing.len)
        memcpy(get->message, missing.data, missing.len + 1);
    else if (get->answer_flags & PROXIMO_ANSWER_INCOMPLETE)
        (void)snprintf(get->message, sizeof(get->message), "several privileges are not held");
}

/* The same bytes that everybody of this plan sees: borrowed, the cache outlives the call. */
static int run_cached(struct read_cache *cache, const struct site_call *how, struct get *get,
                      const char *path, const struct http_field *query, size_t count)
{
    struct cached_answer answer = {0};
    int r = read_cache_get(cache, how, path, query, count, &answer, &get->problem);

    if (r < 0)
        return r;
    if (answer.problem && (answer.status == 0 || !(get->flags & PROXIMO_GET_TOLERATE))) {
        get->problem = *answer.problem;
        return -EIO;
    }
    get->status = answer.status;
    get->data = get->flags & PROXIMO_GET_WHOLE ? (struct json_span){answer.whole, answer.whole_len}
                                               : (struct json_span){answer.data, answer.data_len};
    if (answer.problem)
        (void)snprintf(get->message, sizeof(get->message), "%s", answer.problem->cause);
    return 0;
}

static void run_get(struct call *call, struct get *get, struct cancel *cancel)
{
    struct site_call how = {call->request->deadline_ms, cancel};
    struct http_field query[FIELDS_MOST];
    struct site_answer answer = {0};
    bool tolerate = get->flags & PROXIMO_GET_TOLERATE;
    char *path = get_fill(get, get->path, true, &get->problem);
    int r = -EINVAL;

    if (path && !get->site) {
        (void)problem_set(&get->problem, -ENOENT, PX_SITE, "no site is configured");
        problem_next(&get->problem, "Add one: proximo init");
    } else if (path && call->request->cache) {
        r = run_cached(call->request->cache, &how, get, path, query, rest(get, query));
    } else if (path) {
        r = site_get_text(get->site, &how, path, query, rest(get, query), tolerate, &answer, &get->problem);
    }
    if (r == 0 && !call->request->cache)
        get_take_answer(get, &answer, tolerate);
    if (r == 0 && get->status < 400)
        check_needs(get->site, &how, get);
    get->code = r < 0 ? upcall_code_of(&get->problem) : 0;
    free(path);
}

int get_read_fields(struct body *body, struct get *get)
{
    get->field_count = body_u32(body);
    if (body->bad || get->field_count > FIELDS_MOST) {
        get->field_count = 0;
        return -EPROTO;
    }
    for (size_t i = 0; i < get->field_count; i++) {
        get->fields[i].name = body_dup(body, 128);
        char *value = body_dup(body, 65536);
        get->fields[i].value = value;
        get->fields[i].value_len = value ? strlen(value) : 0;
        if (body->bad || !text_is_utf8(value, get->fields[i].value_len))
            return -EPROTO;
    }
    return 0;
}

/* As body_dup, UTF-8 only: paths and privileges are shown to people. */
static char *text_read(struct body *body, size_t limit)
{
    char *text = body_dup(body, limit);
    body->bad = body->bad || !text_is_utf8(text, strlen(text));
    return text;
}

static int read_get(struct body *body, struct get *get)
{
    get->flags = body_u64(body);
    get->path = text_read(body, HTTP_PATH_LIMIT);
    get->site_name = text_read(body, 64);
    if (body->bad || get_read_fields(body, get) < 0)
        return -EPROTO;
    get->need_count = body_u32(body);
    if (body->bad || get->need_count > NEEDS_MOST) {
        get->need_count = 0;
        return -EPROTO;
    }
    for (size_t i = 0; i < get->need_count; i++) {
        get->needs[i].path = text_read(body, 512);
        get->needs[i].privilege = text_read(body, 256);
    }
    return body->bad ? -EPROTO : 0;
}

void get_done(struct get *get)
{
    for (size_t i = 0; i < get->field_count; i++) {
        free((void *)(uintptr_t)get->fields[i].name);
        free((void *)(uintptr_t)get->fields[i].value);
    }
    for (size_t i = 0; i < get->need_count; i++) {
        free(get->needs[i].path);
        free(get->needs[i].privilege);
        free(get->unmet[i]);
    }
    free(get->path);
    free(get->site_name);
    site_answer_done(&get->answer);
}

void get_put_answer(struct buf *out, const struct get *get)
{
    body_put_u32(out, (uint32_t)get->status);
    body_put_u64(out, get->answer_flags);
    body_put_text(out, get->data.ptr ? get->data.ptr : "", get->data.len);
    body_put_cstr(out, get->message);
}

struct many {
    struct call *call;
    struct get *gets;
    size_t count;
    atomic_size_t next;
};
struct worker {
    struct many *many;
    struct cancel *cancel;
    pthread_t thread;
    bool started;
};

static void *work(void *arg)
{
    const struct worker *worker = arg;
    size_t i;

    while ((i = atomic_fetch_add(&worker->many->next, 1)) < worker->many->count)
        run_get(worker->many->call, &worker->many->gets[i], worker->cancel);
    return NULL;
}

/* A token of its own for every request under way: a token has one hook at a time. Set at once if the call was
 * stopped. */
void upcall_tokens_new(struct planes *planes, struct call *call, struct cancel **tokens, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tokens[i] = cancel_new();
    (void)pthread_mutex_lock(&planes->lock);
    for (size_t i = 0; i < count; i++)
        call->inner[i] = tokens[i];
    bool stopped = call->cancelled || call->stop_sent || call->state != CALL_RUNNING;
    (void)pthread_mutex_unlock(&planes->lock);
    for (size_t i = 0; stopped && i < count; i++)
        if (tokens[i])
            cancel_set(tokens[i]);
}

void upcall_tokens_done(struct planes *planes, struct call *call, struct cancel **tokens, size_t count)
{
    (void)pthread_mutex_lock(&planes->lock);
    for (size_t i = 0; i < count; i++)
        call->inner[i] = NULL;
    (void)pthread_mutex_unlock(&planes->lock);
    for (size_t i = 0; i < count; i++)
        cancel_unref(tokens[i]);
}

static void run_gets(struct planes *planes, struct call *call, struct get *gets, size_t count)
{
    struct many many = {call, gets, count, 0};
    struct worker workers[UPCALL_WIDTH] = {{0}};
    struct cancel *tokens[UPCALL_WIDTH];
    size_t width = count < UPCALL_WIDTH ? count : UPCALL_WIDTH;
    sigset_t all, before;

    upcall_tokens_new(planes, call, tokens, width);
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    for (size_t i = 0; i < width; i++) {
        workers[i] = (struct worker){.many = &many, .cancel = tokens[i]};
        if (i > 0)
            workers[i].started = pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)work(&workers[0]);
    for (size_t i = 1; i < width; i++)
        if (workers[i].started)
            (void)pthread_join(workers[i].thread, NULL);
    upcall_tokens_done(planes, call, tokens, width);
}

static void tell_missing(const struct plane_call *request, const struct get *get)
{
    /* What is told is of the call's own site: of another the plane has the answer's flag and message. */
    for (size_t i = 0; request->missing && get->site == request->site && i < get->need_count; i++)
        if (get->unmet[i])
            request->missing(request->missing_arg, get->unmet[i], get->needs[i].privilege,
                             get->unmet_known[i]);
}

/* Another site can be read where nothing is planned: a plan is of one site, and so is what it remembers. */
static int32_t take_site(struct planes *planes, const struct call *call, struct get *get, struct problem *p)
{
    get->site = call->request->site;
    if (!get->site_name[0])
        return 0;
    if (call->request->kind != PLANE_CALL_READ) {
        (void)problem_set(p, -EINVAL, PX_PLANE,
                          "GET %.200s of the site %.64s: another site is for reads alone", get->path,
                          get->site_name);
        return PROXIMO_EINVAL;
    }
    return sites_find(planes->sites, get->site_name, &get->site, p) < 0 ? upcall_code_of(p) : 0;
}

int32_t upcall_get(struct planes *planes, struct call *call, struct body *body, struct buf *out,
                   struct problem *p)
{
    bool many = body_u32(body) != 0;
    uint32_t count = body_u32(body);
    struct get *gets = body->bad || count == 0 || count > HOST_GET_MANY ? NULL : calloc(count, sizeof(*gets));
    int32_t code = gets ? 0 : PROXIMO_EINVAL;

    for (uint32_t i = 0; code == 0 && i < count; i++) {
        if (read_get(body, &gets[i]) < 0)
            code = PROXIMO_EINVAL;
        if (many)
            gets[i].flags |= PROXIMO_GET_TOLERATE;
        if (code == 0)
            code = take_site(planes, call, &gets[i], p);
    }
    if (code == 0 && !body_end(body))
        code = PROXIMO_EINVAL;
    if (code == 0) {
        run_gets(planes, call, gets, count);
        body_put_u32(out, count);
        for (uint32_t i = 0; i < count; i++) {
            if (many && gets[i].code) /* no answer: status 0 and the words of the failure */
                memcpy(gets[i].message, gets[i].problem.cause, sizeof(gets[i].message));
            tell_missing(call->request, &gets[i]);
            get_put_answer(out, &gets[i]);
        }
        if (!many && gets[0].code) {
            code = gets[0].code;
            *p = gets[0].problem;
        }
    } else if (!p->code[0]) {
        (void)problem_set(p, -EINVAL, PX_PLANE, "the plane asked for something that makes no sense");
    }
    for (uint32_t i = 0; gets && i < count; i++)
        get_done(&gets[i]);
    free(gets);
    return code;
}
