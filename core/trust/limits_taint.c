/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taint: text that guests or people wrote has been read by this process, and whoever plans changes may have
 * been told by it what to do. With `trust.taint: consent` every change then needs a person. It lasts as long
 * as the process: a new one has read nothing.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "trust/limits.h"
#include "trust/trust_inner.h"

void trust_taint(struct trust *trust, const char *tool, const char *what)
{
    struct taint_mark mark = {.time_s = clock_wall_us() / 1000000};

    (void)snprintf(mark.tool, sizeof(mark.tool), "%s", tool);
    (void)snprintf(mark.what, sizeof(mark.what), "%s", what);
    (void)pthread_mutex_lock(&trust->applies_mutex);
    if (trust->taint.count++ == 0)
        trust->taint.first = mark;
    trust->taint.newest = mark;
    (void)pthread_mutex_unlock(&trust->applies_mutex);
}

static struct taint taint_now(struct trust *trust)
{
    (void)pthread_mutex_lock(&trust->applies_mutex);
    const struct taint taint = trust->taint;
    (void)pthread_mutex_unlock(&trust->applies_mutex);
    return taint;
}

const char *limits_consent(struct trust *trust, const char *consent)
{
    if (trust->options.bearer)
        return "approver";
    if (!trust->config->trust.taint_consent || strcmp(consent, "plan") != 0)
        return consent;
    return taint_now(trust).count ? "human" : consent;
}

static void put_mark(struct buf *out, const char *key, const struct taint_mark *mark)
{
    json_put_key(out, key);
    buf_char(out, '{');
    json_put_key_string(out, "tool", mark->tool);
    json_put_key_string(out, "what", mark->what);
    json_put_key_int(out, "time", mark->time_s);
    buf_char(out, '}');
}

void limits_taint_put(struct trust *trust, struct buf *out)
{
    const struct taint taint = taint_now(trust);

    if (!trust->config->trust.taint_consent || !taint.count)
        return;
    json_put_key(out, "tainted");
    buf_char(out, '{');
    put_mark(out, "first", &taint.first);
    put_mark(out, "newest", &taint.newest);
    json_put_key_int(out, "count", (long long)taint.count);
    buf_char(out, '}');
}

/* Lines of a task's log are whatever the task and what runs in it wrote, and so is what a command wrote. In
 * JSON, a quote in a text is escaped: the bytes are a member's name or nothing. */
void limits_taint_answer(struct trust *trust, const char *tool, const struct buf *answer)
{
    static const struct {
        const char *bytes, *what;
        char empty; /* what follows where there is none */
    } marks[] = {
        {"\"log\":[", "log", ']'}, {"\"stdout\":\"", "stdout", '"'}, {"\"stderr\":\"", "stderr", '"'}};
    const char *end = answer->data ? answer->data + answer->len : NULL;

    if (!trust->config->trust.taint_consent)
        return;
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        const size_t len = strlen(marks[i].bytes);
        const char *at = answer->data;
        while (at && (at = memmem(at, (size_t)(end - at), marks[i].bytes, len)) != NULL) {
            at += len;
            if (at < end && *at != marks[i].empty) {
                trust_taint(trust, tool, marks[i].what);
                return;
            }
        }
    }
}
