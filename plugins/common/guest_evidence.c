/* SPDX-License-Identifier: Apache-2.0 */
/* Pressure, memory and file systems inside of a guest. */
#include "guest_evidence.h"

#include <math.h>

#define ROWS_MOST 400u /* of df */

/* ---- pieces of text */

bool piece_line(struct piece *left, struct piece *ret)
{
    if (!left->len)
        return false;
    const char *end = memchr(left->text, '\n', left->len);
    const size_t len = end ? (size_t)(end - left->text) : left->len;
    *ret = (struct piece){left->text, len};
    left->text += len + (end ? 1 : 0);
    left->len -= len + (end ? 1 : 0);
    if (ret->len && ret->text[ret->len - 1] == '\r')
        ret->len--;
    return true;
}

bool piece_word(struct piece *left, struct piece *ret)
{
    size_t i = 0, first;
    while (i < left->len && (left->text[i] == ' ' || left->text[i] == '\t'))
        i++;
    first = i;
    while (i < left->len && left->text[i] != ' ' && left->text[i] != '\t')
        i++;
    *ret = (struct piece){left->text + first, i - first};
    left->text += i;
    left->len -= i;
    return ret->len > 0;
}

bool piece_is(struct piece piece, const char *text)
{
    return piece.len == strlen(text) && memcmp(piece.text, text, piece.len) == 0;
}

bool piece_begins(struct piece piece, const char *text)
{
    const size_t len = strlen(text);
    return piece.len >= len && memcmp(piece.text, text, len) == 0;
}

double piece_number(struct piece piece)
{
    return piece.len && piece.len < 32 ? findings_number(piece.text, piece.len) : (double)NAN;
}

bool evidence_open(struct findings *f, uint32_t source, struct evidence_text in, const char *what,
                   struct piece *ret)
{
    char words[120];
    if (!in.text) {
        findings_unread(f, source, what, "it was not run");
        return false;
    }
    if (in.exit_status == 127 || in.exit_status == 126) {
        findings_unread(f, source, what, "the guest does not have this command");
        return false;
    }
    if (in.exit_status == 124) { /* timeout's own */
        findings_unread(f, source, what, "it did not end in its time and was ended");
        return false;
    }
    if (in.exit_status != 0) {
        const char *quote = in.len ? "\"" : "";
        (void)snprintf(words, sizeof(words), "it ended with status %d%s%s%.*s%s", (int)in.exit_status,
                       in.len ? ": " : "", quote, (int)(in.len < 80 ? in.len : 80), in.text, quote);
        findings_unread(f, source, what, words);
        return false;
    }
    if (in.len > EVIDENCE_TEXT_MOST) {
        findings_unread(f, source, what, "it says more than is read: the rest was left out");
        in.len = EVIDENCE_TEXT_MOST;
    }
    *ret = (struct piece){in.text, in.len};
    return true;
}

/* ---- pressure */

/* The value of "avg60=" in a line; NAN: none. */
static double average(struct piece line, const char *key)
{
    struct piece word;
    while (piece_word(&line, &word)) {
        const size_t len = strlen(key);
        if (piece_begins(word, key))
            return piece_number((struct piece){word.text + len, word.len - len});
    }
    return NAN;
}

void evidence_pressure(struct findings *f, uint32_t check, struct evidence_text in)
{
    const char *what = check == IN_PSI_CPU ? "cpu" : check == IN_PSI_IO ? "io" : "memory";
    struct piece left, line;
    double some[3] = {NAN, NAN, NAN}, full = NAN;
    if (!evidence_open(f, FROM_PSI_FILES, in, what, &left))
        return;
    while (piece_line(&left, &line)) {
        if (piece_begins(line, "some ")) {
            some[0] = average(line, "avg10=");
            some[1] = average(line, "avg60=");
            some[2] = average(line, "avg300=");
        } else if (piece_begins(line, "full ")) {
            full = average(line, "avg60=");
        }
    }
    if (isnan(some[0]) || isnan(some[1]) || isnan(some[2])) {
        findings_unread(f, FROM_PSI_FILES, what, "it is not what the kernel writes there");
        return;
    }
    findings_read(f, FROM_PSI_FILES);
    findings_measure(f, check, "the guest", some[1],
                     "some avg10 %.1f, avg60 %.1f, avg300 %.1f; full avg60 %.1f", some[0], some[1], some[2],
                     isnan(full) ? 0.0 : full);
}

/* ---- cgroup */

static double first_number(struct piece left)
{
    struct piece line = {0}, word = {0};
    return piece_line(&left, &line) && piece_word(&line, &word) ? piece_number(word) : (double)NAN;
}

/* The number behind a name at the beginning of a line: "oom_kill 3", "MemTotal:  2048 kB". */
static double named_number(struct piece left, const char *name)
{
    struct piece line, word;
    while (piece_line(&left, &line)) {
        if (piece_word(&line, &word) && piece_is(word, name) && piece_word(&line, &word))
            return piece_number(word);
    }
    return NAN;
}

static void judge_limit(struct findings *f, struct evidence_text current, struct evidence_text max)
{
    struct piece now, limit, line = {0}, word = {0};
    char used[32];
    if (!evidence_open(f, FROM_CGROUP, current, "memory.current", &now) ||
        !evidence_open(f, FROM_CGROUP, max, "memory.max", &limit))
        return;
    const double bytes = first_number(now), most = first_number(limit);
    const bool unlimited = piece_line(&limit, &line) && piece_word(&line, &word) && piece_is(word, "max");
    if (isnan(bytes) || (isnan(most) && !unlimited)) {
        findings_unread(f, FROM_CGROUP, "memory", "it is not what the kernel writes there");
        return;
    }
    findings_read(f, FROM_CGROUP);
    (void)snprintf(used, sizeof(used), "%.0f", bytes);
    if (!unlimited && most > 0)
        findings_measure(f, CGROUP_MEM, "memory of the guest", bytes / most * 100,
                         "%.20s of %.0f bytes, caches included", used, most);
}

void evidence_cgroup(struct findings *f, struct evidence_text current, struct evidence_text max,
                     struct evidence_text events)
{
    struct piece left;
    judge_limit(f, current, max);
    if (!evidence_open(f, FROM_CGROUP, events, "memory.events", &left))
        return;
    const double killed = named_number(left, "oom_kill"), oom = named_number(left, "oom");
    if (isnan(killed)) {
        findings_unread(f, FROM_CGROUP, "memory.events", "it does not tell of killed processes");
        return;
    }
    findings_read(f, FROM_CGROUP);
    findings_measure(f, CGROUP_OOM, "processes of the guest", killed,
                     "oom_kill %.0f, oom %.0f, since its last start", killed, isnan(oom) ? 0.0 : oom);
}

void evidence_vmstat(struct findings *f, struct evidence_text in)
{
    struct piece left;
    if (!evidence_open(f, FROM_VMSTAT, in, NULL, &left))
        return;
    const double killed = named_number(left, "oom_kill");
    if (isnan(killed)) {
        findings_unread(f, FROM_VMSTAT, NULL, "it does not tell of killed processes");
        return;
    }
    findings_read(f, FROM_VMSTAT);
    findings_measure(f, IN_OOM, "processes inside", killed, "oom_kill %.0f, since its last start", killed);
}

void evidence_meminfo(struct findings *f, struct evidence_text in)
{
    struct piece left;
    if (!evidence_open(f, FROM_MEMINFO, in, NULL, &left))
        return;
    const double total = named_number(left, "MemTotal:"), available = named_number(left, "MemAvailable:");
    const double swap = named_number(left, "SwapTotal:"), free_swap = named_number(left, "SwapFree:");
    if (isnan(total) || isnan(available) || total <= 0) {
        findings_unread(f, FROM_MEMINFO, NULL, "MemTotal or MemAvailable is not in it");
        return;
    }
    findings_read(f, FROM_MEMINFO);
    findings_measure(f, IN_MEM, "memory inside", (total - available) / total * 100,
                     "%.0f of %.0f kB are available", available, total);
    if (swap > 0 && !isnan(free_swap))
        findings_measure(f, IN_SWAP, "swap inside", (swap - free_swap) / swap * 100,
                         "%.0f of %.0f kB are free", free_swap, swap);
}

/* ---- file systems */

struct df_row {
    struct piece device, mount;
    double used, available;
};

/* "DEVICE 100 40 60 40% /mount point": a device's name may have blanks too, so the numbers are looked for. */
static bool df_row(struct piece line, struct df_row *ret)
{
    struct piece rest = line, word[5];
    for (uint32_t i = 0; i < 5; i++) {
        if (!piece_word(&rest, &word[i]))
            return false;
    }
    for (;;) {
        const bool percent = word[4].len > 1 && word[4].text[word[4].len - 1] == '%';
        if (percent && !isnan(piece_number(word[1])) && !isnan(piece_number(word[2])) &&
            !isnan(piece_number(word[3])))
            break;
        for (uint32_t i = 0; i < 4; i++)
            word[i] = word[i + 1];
        if (!piece_word(&rest, &word[4]))
            return false;
    }
    while (rest.len && *rest.text == ' ') {
        rest.text++;
        rest.len--;
    }
    *ret = (struct df_row){
        {line.text, (size_t)(word[1].text - line.text)}, rest, piece_number(word[2]), piece_number(word[3])};
    return rest.len > 0;
}

/* Read-only images are always full, and the kernel's own have no disk behind them. */
static bool is_real(const struct df_row *row)
{
    return !piece_begins(row->device, "/dev/loop") && !piece_begins(row->device, "devtmpfs") &&
           !piece_begins(row->device, "udev") && !piece_begins(row->device, "efivarfs");
}

static void judge_df(struct findings *f, uint32_t source, uint32_t check, const char *unit,
                     struct evidence_text in)
{
    struct piece left, line;
    struct df_row row;
    uint32_t rows = 0;
    if (!evidence_open(f, source, in, NULL, &left))
        return;
    while (piece_line(&left, &line) && rows < ROWS_MOST) {
        char what[120];
        if (!df_row(line, &row))
            continue;
        rows++;
        if (!is_real(&row) || row.used + row.available <= 0)
            continue;
        (void)snprintf(what, sizeof(what), "file system %.*s", (int)(row.mount.len < 80 ? row.mount.len : 80),
                       row.mount.text);
        findings_measure(f, check, what, row.used / (row.used + row.available) * 100,
                         "%.0f used, %.0f free %s, of %.*s", row.used, row.available, unit,
                         (int)(row.device.len < 80 ? row.device.len : 80), row.device.text);
    }
    if (rows == ROWS_MOST)
        findings_unread(f, source, NULL, "more file systems than are looked at");
    if (rows == 0)
        findings_unread(f, source, NULL, "it lists no file system");
    else
        findings_read(f, source);
}

void evidence_df(struct findings *f, struct evidence_text in)
{
    judge_df(f, FROM_DF, FS_FULL, "kB", in);
}

void evidence_df_inodes(struct findings *f, struct evidence_text in)
{
    judge_df(f, FROM_DF_INODES, FS_INODES, "inodes", in);
}
