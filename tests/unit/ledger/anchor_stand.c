/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger and its anchors for one test. */
#include "anchor_stand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/thread.h"
#include "ledger/note.h"

void stand_open(struct stand *s)
{
    s->ledger = place_open(&s->place);
    assert_int_equal(anchors_new(&s->place.config, s->ledger, &s->anchors), 0);
}

void stand_close(struct stand *s)
{
    anchors_free(s->anchors);
    ledger_free(s->ledger);
    assert_true(threads_settle(clock_ms() + 5000));
}

void stand_make(struct stand *s, size_t records)
{
    *s = (struct stand){.folder = "/tmp/proximo-anchor-XXXXXX"};
    assert_non_null(mkdtemp(s->folder));
    (void)snprintf(s->file, sizeof s->file, "%s/notes", s->folder);
    place_make(&s->place);
    s->anchor = &s->place.config.ledger.anchor;
    if (records)
        place_fill(&s->place, records);
}

void stand_with_file(struct stand *s, size_t records)
{
    (void)umask(022);
    stand_make(s, records);
    s->anchor->file = s->file;
    stand_open(s);
}

void stand_add(struct stand *s)
{
    struct problem p = PROBLEM_INIT;

    if (ledger_append(s->ledger, LEDGER_PLANNED, "\"a\":1", 5, NULL, &p) < 0)
        fail_msg("%s: %s", p.code, p.cause);
}

void stand_done(struct stand *s)
{
    stand_close(s);
    place_done(&s->place);
    (void)unlink(s->file);
    assert_int_equal(rmdir(s->folder), 0);
}

bool stand_published(struct stand *s, int within_ms, struct problem *p)
{
    bool all = false;

    *p = PROBLEM_INIT;
    return anchors_publish(s->anchors, clock_ms() + within_ms, NULL, &all, p) == 0 && all;
}

void stand_gate(struct stand *s, const char *code, const char *part)
{
    struct problem p = PROBLEM_INIT;

    const int r = anchors_gate(s->anchors, clock_ms() + 20000, NULL, &p);
    if (strcmp(p.code, code) != 0 || (part && !strstr(p.cause, part)))
        fail_msg("%s: %s", p.code, p.cause);
    assert_int_equal(r < 0, *code != '\0');
    assert_int_equal(*p.next != '\0', *code != '\0');
}

void stand_says(struct stand *s, const char *part)
{
    CLEANUP_BUF struct buf out = BUF_INIT(65536);

    anchors_json(s->anchors, &out);
    if (!buf_ok(&out) || !strstr(out.data, part))
        fail_msg("%s not in %s", part, out.data);
}

struct counted {
    const char *result;
    size_t count;
};

static int count_one(void *arg, const char *line, size_t len)
{
    struct counted *counted = arg;
    char part[64];

    (void)snprintf(part, sizeof part, "\"result\":\"%s\"", counted->result);
    counted->count += memmem(line, len, "\"kind\":\"anchor\"", 15) && memmem(line, len, part, strlen(part));
    return 0;
}

size_t stand_records(struct stand *s, const char *result)
{
    struct counted counted = {.result = result};

    assert_int_equal(ledger_each_back(s->ledger, count_one, &counted, NULL), 0);
    return counted.count;
}

void stand_newest_note(struct stand *s, struct buf *note)
{
    struct ledger_checkpoint checkpoint = {.note = BUF_INIT(NOTE_LIMIT)};

    assert_int_equal(ledger_last_checkpoint(s->ledger, &checkpoint, NULL), 0);
    buf_add(note, checkpoint.note.data, checkpoint.note.len);
    buf_done(&checkpoint.note);
}

static int collect(void *arg, const char *note, size_t len)
{
    struct stand_notes *found = arg;

    assert_true(found->count < STAND_NOTES && len < sizeof found->notes[0]);
    memcpy(found->notes[found->count], note, len);
    found->notes[found->count++][len] = '\0';
    return 0;
}

struct stand_notes stand_notes(const char *path)
{
    struct stand_notes found = {.count = 0};
    struct problem p = PROBLEM_INIT;

    assert_int_equal(anchor_file_each(path, collect, &found, &p), 0);
    return found;
}
