/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sink that is a syslog receiver, over TLS (RFC 5425) or TCP with octet counting (RFC 6587
 * section 3.4.1): one RFC 5424 message a checkpoint, the note in it with its newlines as \n.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "http/http.h"
#include "ledger/anchor_inner.h"

/* Facility 13, log audit, and severity 5, notice: RFC 5424 section 6.2.1. */
#define PRIORITY (13 * 8 + 5)

static void put_message(const struct anchor_task *task, struct buf *out)
{
    char when[ANCHOR_TIME_SIZE], host[HOST_NAME_MAX + 1] = "";

    anchor_time(task->time_us, true, when);
    if (gethostname(host, sizeof host - 1) < 0 || !*host || strpbrk(host, " \t\r\n"))
        (void)snprintf(host, sizeof host, "-");
    buf_printf(out, "<%d>1 %s %s proximo %ld checkpoint - ", PRIORITY, when, host, (long)getpid());
    for (size_t i = 0; i < task->len; i++) {
        if (task->note[i] == '\n')
            buf_str(out, "\\n");
        else if (task->note[i] == '\\')
            buf_str(out, "\\\\");
        else
            buf_char(out, task->note[i]);
    }
}

static int publish(const struct anchor_task *task, struct buf *answer, struct problem *p)
{
    CLEANUP_BUF struct buf message = BUF_INIT(3 * NOTE_LIMIT), frame = BUF_INIT(4 * NOTE_LIMIT);
    const struct http_module *http = http_module_get(p);

    (void)answer;
    if (!http)
        return -ELIBACC;
    put_message(task, &message);
    buf_printf(&frame, "%zu ", message.len);
    buf_add(&frame, message.data, message.len);
    if (!buf_ok(&message) || !buf_ok(&frame))
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a message");
    const struct http_push push = {.to = &task->config->ledger.anchor.syslog,
                                   .bytes = frame.data,
                                   .len = frame.len,
                                   .deadline_ms = task->deadline_ms,
                                   .cancel = task->cancel};
    return http->send(&push, p);
}

static bool target(const struct config *config, char ret[ANCHOR_TARGET_SIZE])
{
    const char *url = config->ledger.anchor.syslog.url;

    if (url)
        (void)snprintf(ret, ANCHOR_TARGET_SIZE, "%s", url);
    return url != NULL;
}

const struct anchor_kind anchor_syslog = {
    .name = "syslog",
    .limits =
        "write-only: a ledger that was cut is not noticed here, and that a message arrived does not say "
        "that it was kept",
    .target = target,
    .publish = publish,
};
