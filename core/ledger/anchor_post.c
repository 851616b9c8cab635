/* SPDX-License-Identifier: Apache-2.0 */
/* The sink that is an HTTPS receiver: the note is posted, 2xx says that it is kept. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "config/config.h"
#include "http/http.h"
#include "ledger/anchor_inner.h"

#define ANSWER_LIMIT ((size_t)64 << 10)

/* What a status means: c2sp.org/tlog-witness answers 409 with the size it knows. */
static int judge(const struct http_answer *answer, const struct anchor_task *task, struct problem *p)
{
    uint64_t known = 0;

    if (answer->status >= 200 && answer->status < 300)
        return 0;
    if (answer->status == 409 && answer->body) {
        CLEANUP_FREE char *digits = strndup(answer->body, strspn(answer->body, "0123456789"));
        if (digits && *digits && text_to_u64(digits, UINT64_MAX, &known) == 0 && known > task->size) {
            (void)problem_set(
                p, -EBADE, PX_ANCHOR,
                "the ledger is behind the anchor: the receiver knows %llu records, the ledger's "
                "checkpoint has %llu",
                (unsigned long long)known, (unsigned long long)task->size);
            problem_next(p, "find out who cut or replaced the ledger; then run `proximo audit anchor`");
            return -EBADE;
        }
    }
    (void)problem_set(p, -EREMOTEIO, PX_ANCHOR, "the receiver answers %d %s", answer->status, answer->reason);
    problem_next(p, answer->status < 400 ? "redirects are not followed: name the final address"
                                         : "look at the receiver's own log");
    return -EREMOTEIO;
}

static int publish(const struct anchor_task *task, struct buf *answer, struct problem *p)
{
    const struct config_anchor *anchor = &task->config->ledger.anchor;
    const struct http_push push = {.to = &anchor->url,
                                   .bytes = task->note,
                                   .len = task->len,
                                   .deadline_ms = task->deadline_ms,
                                   .cancel = task->cancel,
                                   .content_type = "text/plain",
                                   .token_file = anchor->url_token_file,
                                   .answer_limit = ANSWER_LIMIT};
    const struct http_module *http = http_module_get(p);
    struct http_answer got = {0};

    if (!http)
        return -ELIBACC;
    int r = http->post(&push, &got, NULL, p);
    if (r == 0)
        r = judge(&got, task, p);
    if (r == 0 && got.body)
        buf_add(answer, got.body, got.body_len);
    http_answer_done(&got);
    return r;
}

/* Host and port alone: a path may be something that only the receiver's friends know. */
static bool target(const struct config *config, char ret[ANCHOR_TARGET_SIZE])
{
    const char *url = config->ledger.anchor.url.url;

    if (url)
        (void)snprintf(ret, ANCHOR_TARGET_SIZE, "https://%.*s", (int)strcspn(url + 8, "/"), url + 8);
    return url != NULL;
}

const struct anchor_kind anchor_post = {
    .name = "https",
    .limits = "write-only: a ledger that was cut is not noticed here; compare what the receiver keeps by "
              "`proximo audit verify --anchor FILE`",
    .target = target,
    .publish = publish,
};
