/* SPDX-License-Identifier: Apache-2.0 */
/* What a plane host says: its messages, each checked against the host's state, and the lines it writes.
 * Supervisor thread, under the lock. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "config/config.h"
#include "plane/supervisor.h"

#define PACKETS_A_TURN 64

/* At most LOG_LINES_A_SECOND of a host reach the log. */
static bool log_allowed(struct plane_host *host)
{
    int64_t second = clock_ms() / 1000;

    if (second != host->log_second) {
        if (host->log_lines > LOG_LINES_A_SECOND)
            log_warn("plane host %s: %u more lines were dropped", host->label,
                     host->log_lines - LOG_LINES_A_SECOND);
        host->log_second = second;
        host->log_lines = 0;
    }
    return ++host->log_lines <= LOG_LINES_A_SECOND;
}

static void log_text(struct plane_host *host, const char *who, uint32_t level, const char *text, size_t len)
{
    static const enum log_level levels[] = {LOG_LEVEL_INFO, LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO,
                                            LOG_LEVEL_DEBUG};
    struct buf clean CLEANUP_BUF = BUF_INIT(4096);

    if (len == 0 || !log_allowed(host))
        return;
    text_clean(&clean, text, len < 1024 ? len : 1024, false);
    if (buf_ok(&clean) && clean.len)
        log_line(levels[level <= PROXIMO_LOG_DEBUG ? level : 0], "plane %s: %s", who, clean.data);
}

void host_read_output(struct plane_host *host)
{
    for (int turn = 0; turn < PACKETS_A_TURN; turn++) {
        ssize_t n = read(host->output, host->line + host->line_len, sizeof(host->line) - host->line_len);
        if (n <= 0)
            return;
        host->line_len += (size_t)n;
        for (;;) {
            char *end = memchr(host->line, '\n', host->line_len);
            size_t len = end ? (size_t)(end - host->line) : host->line_len;
            if (!end && host->line_len < sizeof(host->line))
                break;
            log_text(host, host->label, PROXIMO_LOG_INFO, host->line, len);
            host->line_len -= end ? len + 1 : len;
            if (host->line_len)
                memmove(host->line, host->line + len + 1, host->line_len);
        }
    }
}

/* A plane with executors shares its process with no other: the host that it was looked at in forgets it. */
static int move_out(struct planes *planes, struct plane_slot *slot)
{
    if (!slot->info->executor_count || slot->host != planes->builtin || planes->inspect)
        return 0;
    struct plane_host *own = plane_host_new(planes, slot->name);
    if (!own)
        return -ENOMEM;
    slot->host = own;
    return 0;
}

static int on_manifest(struct planes *planes, struct plane_slot *slot, const char *json, size_t len)
{
    struct problem p = PROBLEM_INIT;

    if (slot->announced)
        return -EPROTO;
    slot->announced = true;
    if (slot->manifest) { /* a restart */
        if (len == slot->manifest_len && memcmp(json, slot->manifest, len) == 0)
            return 0;
        (void)problem_set(&p, -EPROTO, PX_PLANE, "it declared other tables after its host was restarted");
        slot_refuse(slot, &p);
        return 0;
    }
    int r = manifest_read(json, len, slot->name, &slot->info, &p);
    const char *section = slot->config ? slot->config->section_json : NULL;
    if (r == 0 && !planes->inspect)
        r = section_check(section, slot->info->config_schema, &p);
    if (r == 0) {
        slot->manifest = malloc(len + 1);
        if (!slot->manifest)
            return -ENOMEM;
        memcpy(slot->manifest, json, len);
        slot->manifest[len] = '\0';
        slot->manifest_len = len;
        return move_out(planes, slot);
    }
    slot_refuse(slot, &p);
    return 0;
}

static int on_refused(struct plane_slot *slot, struct body *body)
{
    struct problem p = PROBLEM_INIT;
    char *code = body_dup(body, sizeof(p.code) - 1);
    char *cause = body_dup(body, sizeof(p.cause) - 1);
    char *next = body_dup(body, sizeof(p.next) - 1);
    bool whole = body_end(body);

    if (whole) {
        /* Two codes make sense here, whatever it says. */
        (void)problem_set(&p, -EINVAL, strcmp(code, PX_CONFIG) == 0 ? PX_CONFIG : PX_PLANE, "%s", cause);
        if (*next)
            problem_next(&p, "%s", next);
        slot_refuse(slot, &p);
    }
    free(code);
    free(cause);
    free(next);
    return whole ? 0 : -EPROTO;
}

static int on_sealed(struct planes *planes, struct plane_host *host)
{
    host->stage = NULL;
    host->to_open = 0;
    for (uint32_t i = 0; i < host->run_count; i++) {
        struct plane_slot *slot = host->run[i];
        if (slot->out || planes->inspect || slot->host != host)
            continue;
        if (!slot->announced)
            return -EPROTO;
        struct buf body = BUF_INIT(MESSAGE_LIMIT);
        body_put_cstr(&body, slot->config->section_json ? slot->config->section_json : "{}");
        size_t len = body.len;
        if (!buf_ok(&body) ||
            host_queue(host, &(struct message_head){.type = MESSAGE_OPEN, .seq = i}, body.data, len, -1) < 0)
            return -ENOMEM;
        host->to_open++;
    }
    host->state = host->to_open ? HOST_OPENING : HOST_UP;
    return 0;
}

static int on_start(struct planes *planes, struct plane_host *host, const struct message_head *head,
                    struct body *body)
{
    struct plane_slot *slot = head->seq < host->run_count ? host->run[head->seq] : NULL;
    bool loading = host->state == HOST_LOADING;
    int r = 0;

    if (head->type == MESSAGE_SEALED)
        return loading ? on_sealed(planes, host) : -EPROTO;
    if (!slot)
        return -EPROTO;
    host->stage_deadline_ms = clock_ms() + STAGE_MS;
    if (slot->host != host) /* it has moved out, and has nothing more to say here */
        return -EPROTO;
    switch (head->type) {
    case MESSAGE_LOADING:
    case MESSAGE_OPENING: host->stage = slot; return 0;
    case MESSAGE_MANIFEST:
        r = loading && !slot->out ? on_manifest(planes, slot, body->at, body->left) : -EPROTO;
        break;
    case MESSAGE_REFUSED: r = slot->out ? -EPROTO : on_refused(slot, body); break;
    case MESSAGE_OPENED:
        if (loading || slot->opened)
            return -EPROTO;
        slot->opened = slot->loaded = true;
        break;
    default: return -EPROTO;
    }
    host->stage = NULL;
    if (r == 0 && !loading && (host->to_open == 0 || --host->to_open == 0))
        host->state = HOST_UP;
    return r;
}

static struct call *find_call(struct planes *planes, const struct plane_host *host, uint64_t id)
{
    for (struct call *call = planes->calls; call; call = call->next)
        if (call->id == id && call->state == CALL_RUNNING && call->slot->host == host)
            return call;
    return NULL;
}

/* Takes what is worth keeping of a call's message; the caller's thread does the work. */
static int on_call(struct planes *planes, struct plane_host *host, const struct message_head *head,
                   struct body *body)
{
    struct call *call = find_call(planes, host, head->call);
    size_t len;

    if (!call)
        return -EPROTO;
    if (head->type == MESSAGE_PROGRESS) {
        call->progress_done = body_u32(body);
        call->progress_total = body_u32(body);
        const char *text = body_text(body, &len);
        if (!body_end(body))
            return -EPROTO;
        struct buf clean CLEANUP_BUF = BUF_INIT(4096);
        text_clean(&clean, text, len < 1024 ? len : 1024, false);
        len = text_utf8_cut(clean.data ? clean.data : "", clean.len < sizeof(call->progress_text)
                                                              ? clean.len
                                                              : sizeof(call->progress_text) - 1);
        if (len && clean.data)
            memcpy(call->progress_text, clean.data, len);
        call->progress_text[len] = '\0';
        call->progress_ready = true;
        (void)pthread_cond_signal(&call->wake);
        return 0;
    }
    if (head->type == MESSAGE_OUTPUT)
        return call->request->kind == PLANE_CALL_EXEC ? exec_output(call->request->exec, body) : -EPROTO;
    char *copy = malloc(body->left + 1);
    if (!copy)
        return -ENOMEM;
    memcpy(copy, body->at, body->left);
    copy[body->left] = '\0';
    if (head->type == MESSAGE_REPLY) {
        call->code = head->code;
        call->body = copy;
        call->body_len = body->left;
        call_finish(call, 0, NULL);
        return 0;
    }
    if (call->upcall_ready) { /* a call has one upcall on its way */
        free(copy);
        return -EPROTO;
    }
    call->upcall = *head;
    call->upcall_body = copy;
    call->upcall_len = body->left;
    call->upcall_ready = true;
    (void)pthread_cond_signal(&call->wake);
    return 0;
}

static int on_log(struct plane_host *host, const struct message_head *head, struct body *body)
{
    size_t len;
    const char *text = body_text(body, &len);
    const struct plane_slot *slot = head->seq < host->run_count ? host->run[head->seq] : NULL;

    if (!body_end(body))
        return -EPROTO;
    log_text(host, slot && slot->name ? slot->name : host->label, (uint32_t)head->code, text, len);
    return 0;
}

static int on_message(struct planes *planes, struct plane_host *host, const struct message_head *head,
                      const char *bytes, size_t len)
{
    struct body body = {bytes, len, false};

    switch (head->type) {
    case MESSAGE_LOG: return on_log(host, head, &body);
    case MESSAGE_CRASHED:
        host->crash_call = head->call;
        host->crash_signal = head->code > 0 && head->code < 65 ? head->code : 0;
        return 0;
    case MESSAGE_REPLY:
    case MESSAGE_GET:
    case MESSAGE_PROBE:
    case MESSAGE_PERMISSION:
    case MESSAGE_SITE:
    case MESSAGE_SITES:
    case MESSAGE_CAN_ASK:
    case MESSAGE_ASK:
    case MESSAGE_CLIENT_LOG:
    case MESSAGE_SHOW:
    case MESSAGE_UPDATED:
    case MESSAGE_CONNECT:
    case MESSAGE_SPAWN:
    case MESSAGE_MATERIAL:
    case MESSAGE_SECRET:
    case MESSAGE_ENDED:
    case MESSAGE_OUTPUT:
    case MESSAGE_PROGRESS: return host->state == HOST_UP ? on_call(planes, host, head, &body) : -EPROTO;
    default:
        return host->state == HOST_LOADING || host->state == HOST_OPENING
                   ? on_start(planes, host, head, &body)
                   : -EPROTO;
    }
}

/* Puts the pieces of a long message together. */
static int on_packet(struct planes *planes, struct plane_host *host, const struct message_head *head,
                     const char *packet, size_t len)
{
    if (head->flags & MESSAGE_MEMFD)
        return -EPROTO;
    if (!host->in_more && !(head->flags & MESSAGE_MORE))
        return on_message(planes, host, head, packet, len);
    if (!host->in_more) {
        host->in = BUF_INIT(MESSAGE_LIMIT);
        host->in_head = *head;
    } else if (head->type != host->in_head.type || head->call != host->in_head.call ||
               head->seq != host->in_head.seq) {
        /* The crash report comes from a signal handler, between whatever pieces. */
        return head->type == MESSAGE_CRASHED ? on_message(planes, host, head, packet, len) : -EPROTO;
    }
    buf_add(&host->in, packet, len);
    host->in_more = head->flags & MESSAGE_MORE;
    if (!buf_ok(&host->in))
        return -EFBIG;
    if (host->in_more)
        return 0;
    int r = on_message(planes, host, &host->in_head, host->in.data, host->in.len);
    buf_done(&host->in);
    return r;
}

bool host_read_messages(struct planes *planes, struct plane_host *host)
{
    for (int turn = 0; turn < PACKETS_A_TURN; turn++) {
        struct message_head head;
        size_t len;
        int r = message_recv(host->socket, &head, planes->packet, &len, NULL, MSG_DONTWAIT);
        if (r == -EAGAIN)
            return false;
        /* It ended with messages of ours unread: Linux tells of that once, before what it sent us. */
        if (r == -ECONNRESET)
            continue;
        if (r == 0)
            r = on_packet(planes, host, &head, planes->packet, len);
        if (r == 0)
            continue;
        host_lost(planes, host, NULL,
                  r == -EPIPE   ? NULL
                  : r == -EFBIG ? "sent more than the limit of one message"
                                : "sent a message that makes no sense here");
        return false;
    }
    return true;
}
