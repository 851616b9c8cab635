/* SPDX-License-Identifier: Apache-2.0 */
#include "plane/agent_probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "config/target.h"
#include "http/path.h"

#define WIND_UP_MS 1000  /* of the reader's time, for the answer */
#define COMMAND_MS 20000 /* a command of the table has ended itself by then */
#define PAUSE_MS   100   /* between two looks at it, at first */
#define PAUSE_MOST 1000
#define KEPT_MOST  ((size_t)256 << 10) /* of each stream */
#define VMID_LEAST 100u
#define VMID_MOST  999999999u

/* ---- whether it may be run there */

uint32_t look_inside_vmid(const char *path)
{
    struct http_path parts;
    uint64_t vmid = 0;

    http_path_split(path, true, &parts);
    if (!http_path_match("/nodes/{}/qemu/{}/agent/exec", &parts) || parts.parts[3][0] == '0' ||
        text_to_u64(parts.parts[3], VMID_MOST, &vmid) < 0 || vmid < VMID_LEAST)
        return 0;
    return (uint32_t)vmid;
}

bool look_inside_names(const struct config_strings *list, uint32_t vmid, const char *tags, bool *ret_tags)
{
    *ret_tags = false;
    for (size_t i = 0; vmid && i < list->count; i++) {
        struct target target;
        const char *why;
        if (target_parse_guest(list->items[i], &target, &why) < 0)
            continue;
        if (target_is_guest(&target, vmid, tags))
            return true;
        *ret_tags |= target.kind == TARGET_TAG && !tags;
    }
    return false;
}

/* By a tag, which is read now: who may set tags may let it in. */
static int has_tag(struct site *site, const struct site_call *how, const struct config_strings *list,
                   const char *path, uint32_t vmid, bool *ret, struct problem *p)
{
    CLEANUP_BUF struct buf config = BUF_INIT(HTTP_PATH_LIMIT);
    struct site_answer answer = {0};
    struct json_object *data = NULL;
    const char *tags = NULL;
    bool more;

    buf_add(&config, path, strlen(path) - strlen("agent/exec"));
    buf_str(&config, "config");
    int r = buf_ok(&config) ? site_get(site, how, config.data, NULL, 0, false, &answer, p) : -ENOMEM;
    if (r == 0 && json_get(answer.body, "data", json_type_object, &data) == 0 &&
        json_get_string(data, "tags", &tags, NULL) == 0)
        *ret = look_inside_names(list, vmid, tags, &more);
    site_answer_done(&answer);
    return r;
}

static int check_named(struct call *call, const struct site_call *how, const char *path, struct problem *p)
{
    static const struct config_strings none = {0};
    const struct config_plane *plane = call->slot->config;
    const struct config_strings *list = plane ? &plane->look_inside : &none;
    const uint32_t vmid = look_inside_vmid(path);
    bool by_tag = false;
    bool named = look_inside_names(list, vmid, NULL, &by_tag);

    if (!named && by_tag) {
        int r = has_tag(call->request->site, how, list, path, vmid, &named, p);
        if (r < 0)
            return r;
    }
    if (named)
        return 0;
    problem_set(p, -EPERM, PX_TARGET,
                "planes.%.32s.look_inside of the configuration does not name machine %u, so no command runs "
                "in it",
                call->slot->name, vmid);
    problem_next(p, "An operator can add it to that list: its number, a range, tag:NAME or *.");
    return -EPERM;
}

/* ---- the command and its output */

/* The process id that agent/exec was answered. */
static int read_pid(const struct site_answer *answer, char ret[24], struct problem *p)
{
    struct json_object *body CLEANUP_JSON = NULL;
    struct json_object *data = NULL;
    int64_t pid = 0;

    if (!answer->raw || json_parse(answer->raw, answer->raw_len, &body, NULL) < 0 ||
        json_get(body, "data", json_type_object, &data) < 0 || json_get_int(data, "pid", &pid) < 0 ||
        pid <= 0)
        return problem_set(p, -EBADMSG, PX_BAD_ANSWER, "POST agent/exec answered without a process id");
    (void)snprintf(ret, 24, "%lld", (long long)pid);
    return 0;
}

/* Proxmox writes truth values as 1, true and "1". */
static bool is_true(struct json_object *data, const char *key)
{
    struct json_object *value = NULL;

    if (!json_object_object_get_ex(data, key, &value) || !value)
        return false;
    return json_object_get_boolean(value) && strcmp(json_object_get_string(value), "0") != 0;
}

static void pause_for(int64_t ms, const struct site_call *how)
{
    for (const int64_t until = clock_ms() + ms; clock_ms() < until && !cancel_is_set(how->cancel);)
        (void)nanosleep(&(struct timespec){0, 20000000L}, NULL);
}

/* Until it has ended, *ret_data inside *ret its result; or its time is over: NULL. */
static int wait_for_end(struct site *site, const struct site_call *how, const char *path, const char *pid,
                        struct site_answer *ret, struct json_object **ret_data, struct problem *p)
{
    CLEANUP_BUF struct buf status = BUF_INIT(HTTP_PATH_LIMIT);
    const struct http_field field = {"pid", pid, strlen(pid)};
    const int64_t latest = how->deadline_ms - WIND_UP_MS, usual = clock_ms() + COMMAND_MS;
    const int64_t until = latest < usual ? latest : usual;

    buf_printf(&status, "%s-status", path);
    if (!buf_ok(&status))
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a probe");
    for (int64_t pause = PAUSE_MS;; pause = pause < PAUSE_MOST ? pause * 2 : PAUSE_MOST) {
        int r = site_get_agent_output(site, how, status.data, &field, 1, ret, p);
        if (r == 0 && ret->status >= 300) {
            const struct http_answer http = {
                .status = ret->status, .body = ret->raw, .body_len = ret->raw_len};
            r = http_answer_problem(&http, "GET", status.data, p);
            r = r < 0 ? r : -EIO;
        }
        if (r == 0 && json_get(ret->body, "data", json_type_object, ret_data) < 0)
            r = problem_set(p, -EBADMSG, PX_BAD_ANSWER, "GET agent/exec-status answered no object");
        if (r < 0 || is_true(*ret_data, "exited"))
            return r;
        *ret_data = NULL;
        site_answer_done(ret);
        *ret = (struct site_answer){0};
        if (clock_ms() + pause >= until)
            return 0;
        pause_for(pause, how);
        if (cancel_is_set(how->cancel))
            return problem_set(p, -ECANCELED, PX_CANCELLED, "the call was cancelled");
    }
}

/* How it ended. What it wrote was written inside the machine: cleaned, and cut. */
static void put_end(struct buf *out, struct json_object *data)
{
    static const struct {
        const char *from, *cut, *to, *bytes;
    } streams[] = {{"out-data", "out-truncated", "stdout", "stdout_bytes"},
                   {"err-data", "err-truncated", "stderr", "stderr_bytes"}};
    int64_t number = 0;
    bool truncated = false;

    buf_char(out, '{');
    json_put_key(out, "exit_status");
    if (json_get_int(data, "exitcode", &number) == 0)
        buf_i64(out, number);
    else
        buf_str(out, "null");
    const bool killed = json_get_int(data, "signal", &number) == 0;
    char signal[24] = "";
    if (killed)
        (void)snprintf(signal, sizeof(signal), "%lld", (long long)number);
    json_put_key(out, "signal");
    if (killed)
        json_put_cstr(out, signal);
    else
        buf_str(out, "null");
    json_put_key_string(out, "end", killed ? "signalled" : "exited");
    for (size_t i = 0; i < 2; i++) {
        CLEANUP_BUF struct buf clean = BUF_INIT(4 * KEPT_MOST);
        const char *text = "";
        size_t len = 0;
        (void)json_get_string(data, streams[i].from, &text, &len);
        truncated = truncated || len > KEPT_MOST || is_true(data, streams[i].cut);
        text_clean(&clean, text, text_utf8_cut(text, len < KEPT_MOST ? len : KEPT_MOST), true);
        json_put_key(out, streams[i].to);
        json_put_string(out, clean.data ? clean.data : "", clean.len);
        json_put_key_int(out, streams[i].bytes, (long long)len);
        if (!buf_ok(&clean))
            out->error = clean.error;
    }
    json_put_key_bool(out, "truncated", truncated);
    buf_char(out, '}');
}

static int run(struct call *call, const struct site_call *how, const char *path,
               const struct http_field *words, size_t count, struct buf *ret_data, struct problem *p)
{
    struct site *site = call->request->site;
    struct site_answer answer = {0};
    struct json_object *data = NULL;
    char pid[24] = "";

    int r = check_named(call, how, path, p);
    if (r == 0)
        r = site_probe(site, how, "POST", path, words, count, &answer, p);
    if (r == 0)
        r = read_pid(&answer, pid, p);
    site_answer_done(&answer);
    answer = (struct site_answer){0};
    if (r == 0)
        r = wait_for_end(site, how, path, pid, &answer, &data, p);
    if (r == 0 && data)
        put_end(ret_data, data);
    else if (r == 0)
        (void)problem_set(p, -ETIMEDOUT, PX_STATE, "it had not ended in time, and may still run");
    site_answer_done(&answer);
    return r;
}

/* Does it end the whole call, rather than this one look? */
static bool ends_call(int r, const struct problem *p)
{
    return r == -ECANCELED || r == -ENOMEM || (r < 0 && text_equal(p->code, PX_READ_ONLY));
}

int32_t upcall_agent_probe(struct planes *planes, struct call *call, const char *path,
                           const struct http_field *words, size_t count, struct buf *out, struct problem *p)
{
    CLEANUP_BUF struct buf data = BUF_INIT(12 * KEPT_MOST);
    struct cancel *token;

    if (call->request->kind != PLANE_CALL_READ) {
        (void)problem_set(p, -EPERM, PX_READ_ONLY, "only a read looks into a machine");
        return PROXIMO_ENOTALLOWED;
    }
    upcall_tokens_new(planes, call, &token, 1);
    const int r =
        run(call, &(struct site_call){call->request->deadline_ms, token}, path, words, count, &data, p);
    upcall_tokens_done(planes, call, &token, 1);
    if (ends_call(r, p))
        return upcall_code_of(p);
    body_put_u32(out, 1);
    body_put_u32(out, 200);
    body_put_u64(out, 0);
    if (data.len)
        body_put_text(out, data.data, data.len);
    else
        body_put_cstr(out, r < 0 ? "{\"end\":\"not-started\"}" : "{\"end\":\"unknown\"}");
    body_put_cstr(out, data.len ? "" : p->cause);
    if (!buf_ok(&data)) {
        (void)problem_set(p, data.error, PX_TOO_LARGE, "the output is too large");
        return upcall_code_of(p);
    }
    return 0;
}
