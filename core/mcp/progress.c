/* SPDX-License-Identifier: Apache-2.0 */
/* Progress of a call: when a line is worth sending, and how it looks. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "mcp/calls.h"
#include "mcp/output.h"
#include "mcp/state.h"
#include "mcp/tools.h"

#define PROGRESS_EVERY_MS 20
#define PROGRESS_WORDS_MS 250  /* between other words about the same unit of work */
#define PROGRESS_PARTS    1000 /* of a unit */

/* Is this worth a line now? A unit of work that is new; its end, without waiting, once; or, now and then,
 * other words about the same unit. With the call's mutex. */
static bool progress_due(const struct call *call, int64_t now, uint32_t done, uint32_t total,
                         const char *text)
{
    bool whole = total > 0 && done >= total;
    int64_t since = now - call->progress_ms;

    if (call->silent)
        return false;
    if (!call->progress_told || done > call->progress_done)
        return since >= PROGRESS_EVERY_MS || (whole && !call->progress_whole);
    return done == call->progress_done && !whole && since >= PROGRESS_WORDS_MS &&
           call->progress_part < PROGRESS_PARTS - 1 && text[0] && strcmp(text, call->progress_text) != 0;
}

static void put_progress(struct buf *line, const struct call *call, uint32_t done, uint32_t part,
                         uint32_t total, const char *text)
{
    buf_str(line,
            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":");
    buf_str(line, call->progress_token);
    json_put_key_int(line, "progress", done);
    if (part > 0) /* the value must grow with every line */
        buf_printf(line, ".%03u", part);
    if (total > 0)
        json_put_key_int(line, "total", total);
    if (text[0])
        json_put_key_string(line, "message", text);
    buf_str(line, "}}\n");
}

/* Tells progress for a live token: strictly increasing, none after the answer, dropped while the client is
 * slow. */
void tools_progress(void *arg, uint32_t done, uint32_t total, const char *message)
{
    const struct progress *progress = arg;
    struct call *call = progress->call;
    struct buf line CLEANUP_BUF = BUF_INIT(8192), clean CLEANUP_BUF = BUF_INIT(1024);
    const char *text = "";
    int64_t now = clock_ms();
    uint32_t part;

    if (!call->progress_token)
        return;
    if (message)
        text_clean(&clean, message, text_utf8_cut(message, strnlen(message, CALL_PROGRESS_TEXT)), false);
    if (buf_ok(&clean) && clean.len > 0)
        text = clean.data;
    (void)pthread_mutex_lock(&call->mutex);
    if (progress_due(call, now, done, total, text)) {
        part = call->progress_told && done == call->progress_done ? call->progress_part + 1 : 0;
        put_progress(&line, call, done, part, total, text);
        if (buf_ok(&line) && output_offer(progress->server->output, line.data, line.len) == 0) {
            call->progress_told = true;
            call->progress_whole = call->progress_whole || (total > 0 && done >= total);
            call->progress_done = done;
            call->progress_part = part;
            call->progress_ms = now;
            (void)snprintf(call->progress_text, sizeof(call->progress_text), "%s", text);
        }
    }
    (void)pthread_mutex_unlock(&call->mutex);
}
