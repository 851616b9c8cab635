/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal of a run: one JSON object a line, synced before a request leaves and after it was answered, so
 * that a later process knows what may have happened.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "trust/run_inner.h"

#define LINE_LIMIT (RUN_OUTPUT_RESULT + 8192)

int journal_open(struct journal *journal, const char *path, struct problem *p)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
    int r = fd < 0 ? -errno : file_sync_folder(path);
    if (r == -EEXIST) {
        problem_set(p, r, PX_PLAN, "this plan has a journal: it was run already");
        problem_next(p, "it is never run again; proximo_status says what came of it");
        return r;
    }
    if (r < 0) {
        fd_close(&fd);
        problem_set(p, r, PX_PLAN, "the journal of this plan cannot be written: %s", strerror(-r));
        problem_next(p, "look at the rights and the free space of the state directory; nothing was sent");
        return r;
    }
    journal->fd = fd;
    return 0;
}

void journal_close(struct journal *journal)
{
    fd_close(&journal->fd);
}

int journal_write(struct journal *journal, size_t step, const char *event, const struct journal_more *more)
{
    CLEANUP_BUF struct buf line = BUF_INIT(LINE_LIMIT);
    buf_printf(&line, "{\"step\":%zu", step);
    json_put_key_string(&line, "event", event);
    json_put_key_int(&line, "time", clock_wall_us());
    if (more && more->upid && *more->upid)
        json_put_key_string(&line, "upid", more->upid);
    if (more && more->status)
        json_put_key_int(&line, "status", more->status);
    if (more && more->why && *more->why)
        json_put_key_string(&line, "why", more->why);
    if (more && more->result) {
        json_put_key(&line, "result");
        json_put_value(&line, more->result);
    }
    buf_str(&line, "}\n");
    if (!buf_ok(&line))
        return line.error;
    off_t end = lseek(journal->fd, 0, SEEK_END);
    int r = end < 0 ? -errno : fd_write_all(journal->fd, line.data, line.len);
    if (r == 0 && fdatasync(journal->fd) < 0)
        r = -errno;
    /* Half a line would spoil the next one. */
    if (r < 0 && end >= 0 && ftruncate(journal->fd, end) < 0)
        journal_close(journal);
    return r;
}

static int add_line(struct json_object *list, const char *line, size_t len)
{
    struct json_object *entry = NULL;
    int64_t step = 0;
    const char *event = NULL;
    int r = json_parse(line, len, &entry, NULL);
    if (r == 0 && (!json_object_is_type(entry, json_type_object) || json_get_int(entry, "step", &step) < 0 ||
                   json_get_string(entry, "event", &event, NULL) < 0 || step < 0))
        r = -EBADMSG;
    if (r == 0 && json_object_array_add(list, entry) < 0)
        r = -ENOMEM;
    if (r < 0 && entry)
        json_object_put(entry);
    return r == 0 || r == -ENOMEM ? r : -EBADMSG;
}

int journal_read(const char *path, struct json_object **ret)
{
    CLEANUP_BUF struct buf text = BUF_INIT(JOURNAL_LIMIT);
    struct json_object *list CLEANUP_JSON = json_object_new_array();
    if (!list)
        return -ENOMEM;
    int r = file_read(path, &text);
    if (r < 0)
        return r;
    for (size_t at = 0; at < text.len;) {
        const char *end = memchr(text.data + at, '\n', text.len - at);
        if (!end)
            break; /* torn: the process died in the middle of it */
        size_t len = (size_t)(end - (text.data + at));
        r = add_line(list, text.data + at, len);
        if (r == -EBADMSG && at + len + 1 == text.len)
            break; /* a sector of the last line that never reached the disk */
        if (r < 0)
            return r;
        at += len + 1;
    }
    *ret = list;
    list = NULL;
    return 0;
}
