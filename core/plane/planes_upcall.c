/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a plane asks of the core while a call runs: GETs (planes_get.c), the client (planes_client.c), probes,
 * permissions, the version. In the caller's thread, without the lock.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/file.h"
#include "base/json.h"
#include "config/config.h"
#include "http/probe_table.h"
#include "plane/agent_probe.h"
#include "plane/upcall.h"

int32_t upcall_code_of(const struct problem *p)
{
    static const struct {
        const char *px;
        int32_t code;
    } codes[] = {
        {PX_NOT_FOUND, PROXIMO_ENOTFOUND}, {PX_AUTH, PROXIMO_EDENIED},
        {PX_PRIVILEGE, PROXIMO_EDENIED},   {PX_REFUSED_GET, PROXIMO_EDENIED},
        {PX_READ_ONLY, PROXIMO_EDENIED},   {PX_CONNECT, PROXIMO_EUNAVAIL},
        {PX_TLS, PROXIMO_EUNAVAIL},        {PX_BUSY, PROXIMO_EUNAVAIL},
        {PX_SITE, PROXIMO_EUNAVAIL},       {PX_SECRET_FILE, PROXIMO_EUNAVAIL},
        {PX_CONFIG, PROXIMO_EDENIED},      {PX_STATE, PROXIMO_ESTATE},
        {PX_TARGET, PROXIMO_ENOTALLOWED},  {PX_CANCELLED, PROXIMO_ECANCELLED},
        {PX_TIMEOUT, PROXIMO_EDEADLINE},   {PX_BAD_ANSWER, PROXIMO_EPROTO},
        {PX_TOO_LARGE, PROXIMO_ENOMEM},    {PX_UNSUPPORTED, PROXIMO_ENOSYS},
        {PX_ARG, PROXIMO_EINVAL},          {PX_INTERNAL, PROXIMO_EINTERNAL},
    };

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (strcmp(codes[i].px, p->code) == 0)
            return codes[i].code;
    return PROXIMO_EREMOTE;
}

static const struct probe_row *find_probe(const struct call *call, const char *name)
{
    const struct plane_info *info = call->slot->info;

    for (size_t i = 0; i < info->probe_count; i++)
        if (strcmp(info->probes[i].name, name) == 0)
            return &info->probes[i];
    return NULL;
}

/* The fields a plane gives by parameter name become the API's; what the probe does not declare is refused. */
static int probe_fields(struct get *get, const struct probe_row *probe, struct http_field *into,
                        size_t *ret_count, struct problem *p)
{
    size_t count = 0;

    for (size_t i = 0; i < probe->fixed_count && count < FIELDS_MOST; i++)
        into[count++] =
            (struct http_field){probe->fixed[i].name, probe->fixed[i].value, strlen(probe->fixed[i].value)};
    for (size_t i = 0; i < get->field_count; i++) {
        const struct param_row *param = NULL;
        for (size_t k = 0; k < probe->param_count; k++)
            if (strcmp(probe->params[k].name, get->fields[i].name) == 0)
                param = &probe->params[k];
        if (!param || count == FIELDS_MOST)
            return problem_set(p, -EINVAL, PX_ARG, "the probe %s has no parameter \"%.60s\"", probe->name,
                               get->fields[i].name);
        if (get->in_path[i])
            continue;
        into[count++] = (struct http_field){param->api_name ? param->api_name : param->name,
                                            get->fields[i].value, get->fields[i].value_len};
    }
    *ret_count = count;
    return 0;
}

static int32_t upcall_probe(struct planes *planes, struct call *call, struct body *body, struct buf *out,
                            struct problem *p)
{
    struct http_field fields[FIELDS_MOST];
    struct site_answer answer = {0};
    struct cancel *token;
    struct get *get = calloc(1, sizeof(*get));
    char *name = body_dup(body, 64), *path = NULL;
    size_t count = 0;
    int32_t code = 0;
    int r = -EINVAL;
    bool answered = false;

    if (!get || !name || get_read_fields(body, get) < 0 || !body_end(body)) {
        (void)problem_set(p, -EINVAL, PX_PLANE, "the plane asked for a probe that makes no sense");
    } else {
        const struct probe_row *probe = find_probe(call, name);
        if (probe && probe->executor) {
            code = upcall_exec_probe(planes, call, probe, get->fields, get->field_count, out, p);
            get_done(get);
            free(get);
            free(name);
            return code;
        }
        if (!probe)
            (void)problem_set(p, -EINVAL, PX_PLANE, "\"%s\" is no probe that can be sent here", name);
        else if (!call->request->site)
            (void)problem_set(p, -ENOENT, PX_SITE, "no site is configured");
        else
            path = get_fill(get, probe->path, true, p);
        if (path)
            r = probe_fields(get, probe, fields, &count, p);
        if (path && r == 0 && http_probe_runs_command(probe->method, probe->path)) {
            code = upcall_agent_probe(planes, call, path, fields, count, out, p);
            answered = true;
        } else if (path && r == 0) {
            upcall_tokens_new(planes, call, &token, 1);
            r = site_probe(call->request->site, &(struct site_call){call->request->deadline_ms, token},
                           probe->method, path, fields, count, &answer, p);
            upcall_tokens_done(planes, call, &token, 1);
        }
    }
    if (r == 0 && !answered) {
        get_take_answer(get, &answer, false);
        body_put_u32(out, 1);
        get_put_answer(out, get);
    }
    if (get)
        get_done(get);
    free(get);
    free(path);
    free(name);
    return r < 0 ? upcall_code_of(p) : code;
}

static int32_t upcall_permission(struct planes *planes, struct call *call, struct body *body, struct buf *out,
                                 struct problem *p)
{
    char *path = body_dup(body, 512), *privilege = body_dup(body, 256);
    struct cancel *token;
    int held = -EINVAL;

    if (!body_end(body)) {
        (void)problem_set(p, -EINVAL, PX_PLANE, "the plane asked for a permission that makes no sense");
    } else if (!call->request->site) {
        (void)problem_set(p, -ENOENT, PX_SITE, "no site is configured");
    } else {
        upcall_tokens_new(planes, call, &token, 1);
        held = site_permission(call->request->site, &(struct site_call){call->request->deadline_ms, token},
                               path, privilege, p);
        upcall_tokens_done(planes, call, &token, 1);
    }
    body_put_u32(out, held == 1);
    free(path);
    free(privilege);
    return held < 0 ? upcall_code_of(p) : 0;
}

static int32_t upcall_site(struct planes *planes, struct call *call, struct buf *out, struct problem *p)
{
    struct cancel *token;
    char version[32] = "";
    int r = -ENOENT;

    if (call->request->site) {
        upcall_tokens_new(planes, call, &token, 1);
        r = site_version(call->request->site, &(struct site_call){call->request->deadline_ms, token}, version,
                         p);
        upcall_tokens_done(planes, call, &token, 1);
    }
    body_put_cstr(out, version);
    if (call->request->site) {
        struct json_object *reached = site_reached(call->request->site);
        body_put_cstr(out, reached ? json_object_to_json_string_ext(
                                         reached, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
                                   : "");
        json_object_put(reached);
    }
    return r < 0 ? upcall_code_of(p) : 0;
}

static int32_t upcall_sites(const struct planes *planes, struct buf *out)
{
    struct buf text CLEANUP_BUF = BUF_INIT(65536);

    buf_char(&text, '[');
    for (size_t i = 0; planes->sites && i < sites_count(planes->sites); i++) {
        const struct config_site *site = site_config(sites_at(planes->sites, i));
        json_put_comma(&text);
        buf_char(&text, '{');
        json_put_key_string(&text, "name", site->name);
        json_put_key_string(&text, "kind", site->kind == CONFIG_PBS ? "pbs" : "pve");
        buf_char(&text, '}');
    }
    buf_char(&text, ']');
    if (!buf_ok(&text))
        return PROXIMO_ENOMEM;
    body_put_text(out, text.data, text.len);
    return 0;
}

/* The descriptors of an answer, before it. Under the lock; from here on the command may have run. */
static int hand_over(struct call *call, const struct message_head *upcall, int *fds, size_t count)
{
    const struct message_head head = {.type = MESSAGE_FD, .call = upcall->call, .seq = upcall->seq};

    if (upcall->type == MESSAGE_CONNECT && count)
        call->request->exec->handed = true;
    for (size_t i = 0; i < count; i++) {
        int fd = fds[i];
        fds[i] = -1;
        if (host_queue(call->slot->host, &head, NULL, 0, fd) < 0)
            return -ENOBUFS;
    }
    return 0;
}

void upcall_run(struct planes *planes, struct call *call, const struct message_head *upcall,
                const char *bytes, size_t len)
{
    struct body body = {bytes, len, false};
    struct buf out = BUF_INIT(MESSAGE_LIMIT);
    struct problem p = PROBLEM_INIT;
    int fds[EXEC_FDS] = {-1, -1, -1};
    size_t fd_count = 0;
    int32_t code;

    switch (upcall->type) {
    case MESSAGE_GET: code = upcall_get(planes, call, &body, &out, &p); break;
    case MESSAGE_PROBE: code = upcall_probe(planes, call, &body, &out, &p); break;
    case MESSAGE_CAN_ASK:
    case MESSAGE_ASK:
    case MESSAGE_CLIENT_LOG:
    case MESSAGE_SHOW:
    case MESSAGE_UPDATED: code = upcall_client(planes, call, upcall->type, &body, &out, &p); break;
    case MESSAGE_CONNECT:
    case MESSAGE_SPAWN:
    case MESSAGE_MATERIAL:
    case MESSAGE_SECRET:
    case MESSAGE_ENDED: code = upcall_exec(planes, call, upcall, &body, &out, fds, &fd_count, &p); break;
    case MESSAGE_PERMISSION: code = upcall_permission(planes, call, &body, &out, &p); break;
    case MESSAGE_SITES: code = upcall_sites(planes, &out); break;
    default: code = upcall_site(planes, call, &out, &p); break;
    }
    if (!buf_ok(&out)) {
        code = PROXIMO_ENOMEM;
        (void)problem_set(&p, -EFBIG, PX_TOO_LARGE, "the answers together are too large");
        buf_reset(&out);
    }
    struct message_head head = {
        .type = MESSAGE_ANSWER, .call = upcall->call, .seq = upcall->seq, .code = code};
    size_t out_len = out.len;

    (void)pthread_mutex_lock(&planes->lock);
    if (call->state == CALL_RUNNING && call->id == upcall->call) {
        if (code) {
            call->upcall_problem = p;
            call->upcall_code = code;
            call->input_wanted = call->input_wanted || code == PROXIMO_EINPUT;
        }
        if (hand_over(call, upcall, fds, fd_count) == 0) {
            (void)host_queue(call->slot->host, &head, out.data, out_len, -1);
            out.data = NULL;
        }
    }
    (void)pthread_mutex_unlock(&planes->lock);
    for (size_t i = 0; i < EXEC_FDS; i++)
        fd_close(&fds[i]);
    free(out.data);
    supervisor_wake(planes);
}
