/* SPDX-License-Identifier: Apache-2.0 */
/* The log of a task: its last lines are kept and told as progress. They come from outside: cleaned, capped.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "trust/run_inner.h"

#define PAGE 500u /* lines of one request */

void step_log_add(struct run *run, struct step_run *s, const char *line, size_t len)
{
    CLEANUP_BUF struct buf clean = BUF_INIT(4096);
    text_clean(&clean, line, len <= RUN_LOG_LINE ? len : text_utf8_cut(line, RUN_LOG_LINE), false);
    if (!buf_ok(&clean) || !clean.data)
        return;
    if (!s->log)
        s->log = json_object_new_array();
    if (!s->log || clean.len == 0)
        return;
    run_scrub(run, clean.data);
    while (json_object_array_length(s->log) >= RUN_LOG_LINES)
        json_object_array_del_idx(s->log, 0, 1);
    struct json_object *text = json_object_new_string(clean.data);
    if (text && json_object_array_add(s->log, text) < 0)
        json_object_put(text);
}

/* Takes a page; how many lines it had. */
static size_t take_page(struct run *run, struct step_run *s, struct json_object *list, uint64_t next,
                        double *ret_percent)
{
    size_t taken = 0;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *entry = json_object_array_get_idx(list, i);
        const char *line = NULL;
        size_t len = 0;
        int64_t number = 0;
        if (json_get_string(entry, "t", &line, &len) < 0 || json_get_int(entry, "n", &number) < 0)
            continue;
        /* An empty log is one line that says so. */
        if (next == 0 && number == 1 && strcmp(line, "no content") == 0)
            return 0;
        taken++;
        step_log_add(run, s, line, len);
        double percent = follow_percent(line);
        if (percent > *ret_percent)
            *ret_percent = percent;
    }
    return taken;
}

static int log_get(struct run *run, struct step_run *s, const char *path, uint64_t start,
                   struct site_answer *ret)
{
    char from[24];
    char limit[24];
    (void)snprintf(from, sizeof(from), "%llu", (unsigned long long)start);
    (void)snprintf(limit, sizeof(limit), "%u", PAGE);
    struct http_field fields[] = {{"start", from, strlen(from)}, {"limit", limit, strlen(limit)}};
    struct site_call call = run_call(run, s->always, run->times->request);
    return site_get(run->request->site, &call, path, fields, 2, true, ret, NULL);
}

void follow_log(struct run *run, struct step_run *s, uint64_t *next, double *ret_percent)
{
    CLEANUP_BUF struct buf path = BUF_INIT(HTTP_PATH_LIMIT);
    struct upid upid;
    if (upid_parse(s->upid, strlen(s->upid), &upid) < 0)
        return;
    buf_str(&path, "/nodes/");
    buf_percent(&path, upid.node, strlen(upid.node));
    buf_str(&path, "/tasks/");
    buf_percent(&path, s->upid, strlen(s->upid));
    buf_str(&path, "/log");
    /* A page that is full is followed by the next; a log that grows faster than it is read is cut short by
     * going to its end. */
    for (unsigned page = 0; buf_ok(&path) && page < 4; page++) {
        struct site_answer answer = {0};
        struct json_object *list = NULL;
        int64_t total = 0;
        if (log_get(run, s, path.data, *next, &answer) < 0)
            return;
        size_t taken = 0;
        if (answer.status < 300 && answer.body && json_get(answer.body, "data", json_type_array, &list) == 0)
            taken = take_page(run, s, list, *next, ret_percent);
        if (answer.body)
            (void)json_get_int(answer.body, "total", &total);
        site_answer_done(&answer);
        *next += taken;
        if (total > 0 && (uint64_t)total > *next + (uint64_t)2 * PAGE)
            *next = (uint64_t)total - PAGE;
        if (taken < PAGE)
            return;
    }
}
