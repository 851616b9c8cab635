/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo audit verify | head`: works without a site, a plane or a valid configuration of sites. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "command/audit.h"
#include "command/command.h"
#include "ledger/anchor.h"
#include "ledger/ledger.h"

#define OUT_LIMIT    ((size_t)64 << 10)
#define ANCHORS_MOST ((size_t)1 << 20)

static void report_text(struct buf *out, const char *file, const struct ledger_report *report)
{
    static const char *const words[] = {
        [LEDGER_OK] = "good",
        [LEDGER_BROKEN] = "BROKEN",
        [LEDGER_TORN_TAIL] = "torn tail",
        [LEDGER_KEY_MISSING] = "hashes good, seals not checked",
        [LEDGER_BEHIND] = "BEHIND the expected head",
        [LEDGER_MISSING] = "missing",
        [LEDGER_UNREADABLE] = "unreadable",
        [LEDGER_MACS_UNCHECKED] = "ok, MACs of sealed epochs not checked",
        [LEDGER_UNANCHORED] = "good, with a tail that no anchor covers",
    };

    buf_printf(out, "%s: %s", file, words[report->verdict]);
    if (*report->why)
        buf_printf(out, ": %s", report->why);
    buf_printf(out, "\n%llu good record%s, %lld bytes", (unsigned long long)report->records,
               report->records == 1 ? "" : "s", (long long)report->bytes);
    if (report->records) {
        buf_str(out, ", ");
        audit_when(out, report->first_us);
        buf_str(out, " to ");
        audit_when(out, report->last_us);
        buf_printf(out, "\n%llu segment%s, %llu ended epoch%s, %llu checkpoint%s%s",
                   (unsigned long long)report->segments, report->segments == 1 ? "" : "s",
                   (unsigned long long)report->epochs, report->epochs == 1 ? "" : "s",
                   (unsigned long long)report->checkpoints, report->checkpoints == 1 ? "" : "s",
                   report->signed_good ? ", the newest one's signature is good" : "");
        buf_printf(out, "\nroot %s\nhead %s", report->root, report->head);
    }
    if (ledger_verdict_good(report->verdict) && !report->anchored)
        buf_str(out,
                "\nno anchor and no expected head was given: records cut off at the end would not be seen");
    buf_char(out, '\n');
}

/* ---- notes that were kept elsewhere */

struct notes {
    const struct crypto_module *crypto;
    const struct note_key *key;
    struct ledger_anchor_point *points;
    size_t count, room;
    struct problem *p;
};

static int take_note(void *arg, const char *note, size_t len)
{
    struct notes *notes = arg;
    struct checkpoint checkpoint;

    int r = note_verify(notes->crypto, note, len, notes->key, NULL);
    if (r == -ENOENT)
        return 0; /* of another ledger: one file may hold those of several */
    if (r < 0 || checkpoint_parse(notes->crypto, note, len, &checkpoint, notes->p) < 0)
        return problem_set(notes->p, -EBADMSG, PX_ANCHOR, "a note in it has a wrong signature of the key %s",
                           notes->key->name);
    if (notes->count == notes->room) {
        const size_t room = notes->room ? notes->room * 2 : 64;
        struct ledger_anchor_point *more =
            room > ANCHORS_MOST ? NULL : realloc(notes->points, room * sizeof *more);
        if (!more)
            return problem_set(notes->p, -ENOMEM, PX_ANCHOR, "there are too many notes in it");
        notes->points = more;
        notes->room = room;
    }
    notes->points[notes->count].size = checkpoint.size;
    memcpy(notes->points[notes->count++].root, checkpoint.root, 32);
    return 0;
}

static int read_anchors(const char *path, struct notes *notes)
{
    if (!notes->key) {
        (void)problem_set(notes->p, -EINVAL, PX_ARG, "notes can be compared only by the ledger's public key");
        problem_next(notes->p, "give it with --public-key: NAME+ID+BASE64, or a file that holds it");
        return -EINVAL;
    }
    int r = anchor_file_each(path, take_note, notes, notes->p);
    if (r == 0 && notes->count == 0)
        r = problem_set(notes->p, -ENOENT, PX_ANCHOR, "%s holds no note that the key %s signed", path,
                        notes->key->name);
    return r;
}

/* A PEM gets the name of the ledger's newest checkpoint. */
static int name_of(void *arg, char ret[NOTE_NAME_SIZE], struct problem *p)
{
    CLEANUP_BUF struct buf path = BUF_INIT(8192), note = BUF_INIT(NOTE_LIMIT);
    struct checkpoint checkpoint;

    buf_str(&path, arg);
    buf_str(&path, ".checkpoint");
    int r = buf_ok(&path) ? audit_read(path.data, &note, p) : -ENOMEM;
    if (r == 0)
        r = checkpoint_parse(crypto_module_get(p), note.data ? note.data : "", note.len, &checkpoint, p);
    if (r == 0)
        memcpy(ret, checkpoint.origin, NOTE_NAME_SIZE);
    return r;
}

static int verify(const struct command_line *line, struct audit_files *files, struct ledger_report *ret,
                  struct problem *p)
{
    const char *word = command_value(line, "--public-key"), *anchor = command_value(line, "--anchor");
    struct notes notes = {.crypto = crypto_module_get(p), .p = p};
    struct note_key key;

    if (!notes.crypto)
        return -ELIBACC;
    if (!word)
        word = files->public_key;
    int r = word ? audit_key_read(word, name_of, files->file, &key, p) : 0;
    if (r == 0 && word)
        notes.key = &key;
    if (r == 0 && anchor)
        r = read_anchors(anchor, &notes);
    const struct ledger_verify_options options = {.file = files->file,
                                                  .key_file = files->key,
                                                  .expected_head = files->head,
                                                  .signer = notes.key,
                                                  .anchors = notes.points,
                                                  .anchor_count = notes.count};
    if (r == 0)
        r = ledger_verify_with(&options, ret, p);
    free(notes.points);
    return r;
}

int command_audit_verify(const struct command_line *line)
{
    CLEANUP_BUF struct buf out = BUF_INIT(OUT_LIMIT);
    CLEANUP_AUDIT_FILES struct audit_files files = {0};
    struct problem p = PROBLEM_INIT;
    struct ledger_report report = {0};

    if (audit_files_find(line, &files, &p) < 0 || verify(line, &files, &report, &p) < 0)
        return command_fail(&p);
    if (command_value(line, "--json")) {
        ledger_report_json(&report, &out);
        buf_char(&out, '\n');
    } else {
        report_text(&out, files.file, &report);
    }
    return command_print(&out) == 0 ? (int)report.verdict : 1;
}

int command_audit_head(const struct command_line *line)
{
    CLEANUP_BUF struct buf out = BUF_INIT(OUT_LIMIT);
    CLEANUP_AUDIT_FILES struct audit_files files = {0};
    struct problem p = PROBLEM_INIT;
    struct ledger_report report = {0};

    if (audit_files_find(line, &files, &p) < 0 || ledger_verify(files.file, files.key, NULL, &report, &p) < 0)
        return command_fail(&p);
    if (!ledger_verdict_good(report.verdict)) {
        report_text(&out, files.file, &report);
        (void)fprintf(stderr, "proximo: %s", buf_ok(&out) ? out.data : "");
        return (int)report.verdict;
    }
    buf_printf(&out, command_value(line, "--json") ? "{\"head\":\"%s\"}\n" : "%s\n", report.head);
    return command_print(&out) == 0 ? (int)report.verdict : 1;
}
