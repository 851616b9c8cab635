/* SPDX-License-Identifier: Apache-2.0 */
/* Units, journal, sockets, processes and load inside of a guest. */
#include "guest_evidence.h"

#include <math.h>

#define UNITS_MOST 40u
#define HOGS_MOST  5u

static int shown(struct piece piece, size_t most)
{
    return (int)(piece.len < most ? piece.len : most);
}

void evidence_failed_units(struct findings *f, struct evidence_text in)
{
    struct piece left, line, word;
    uint32_t units = 0;
    if (!evidence_open(f, FROM_FAILED_UNITS, in, NULL, &left))
        return;
    findings_read(f, FROM_FAILED_UNITS);
    while (piece_line(&left, &line)) {
        char what[120];
        /* Without --plain a mark stands before the name. */
        if (!piece_word(&line, &word) || (!memchr(word.text, '.', word.len) && !piece_word(&line, &word)))
            continue;
        if (!memchr(word.text, '.', word.len))
            continue;
        if (++units > UNITS_MOST)
            continue;
        (void)snprintf(what, sizeof(what), "unit %.*s", shown(word, 80), word.text);
        findings_state(f, UNIT_FAILED, what, 0, "%.*s", shown(line, 200), line.text);
    }
    if (units > UNITS_MOST)
        findings_unread(f, FROM_FAILED_UNITS, NULL, "more failed units than are told");
}

void evidence_journal(struct findings *f, struct evidence_text in, uint32_t asked)
{
    struct piece left, line, last = {0};
    uint32_t lines = 0, killed = 0;
    if (!evidence_open(f, FROM_JOURNAL, in, NULL, &left))
        return;
    findings_read(f, FROM_JOURNAL);
    while (piece_line(&left, &line)) {
        if (!line.len || piece_begins(line, "-- "))
            continue;
        lines++;
        last = line;
        for (size_t i = 0; i + 13 <= line.len; i++) {
            if (memcmp(line.text + i, "Out of memory", 13) == 0) {
                killed++;
                break;
            }
        }
    }
    findings_measure(f, JOURNAL_ERRORS, "the journal", lines, "%u lines%s%s; the last: %.*s", lines,
                     lines >= asked ? ", as many as were asked for" : "",
                     killed ? ", some tell of processes killed for want of memory" : "", shown(last, 300),
                     last.text ? last.text : "");
}

/* "0.0.0.0:22", "[::]:22", "*:22": on every address. The port; len 0: not there. */
static struct piece open_port(struct piece local)
{
    static const char *const any[] = {"0.0.0.0:", "[::]:", "*:", ":::"};
    for (uint32_t i = 0; i < 4; i++) {
        const size_t len = strlen(any[i]);
        if (piece_begins(local, any[i]))
            return (struct piece){local.text + len, local.len - len};
    }
    return (struct piece){0};
}

/* netid state recv-q send-q local peer users:(("sshd",pid=1,fd=3)) */
void evidence_sockets(struct findings *f, struct evidence_text in)
{
    struct piece left, line, word[6];
    struct name_list open = {0};
    char names[500];
    uint32_t rows = 0, bad = 0;
    if (!evidence_open(f, FROM_SOCKETS, in, NULL, &left))
        return;
    while (piece_line(&left, &line)) {
        uint32_t n = 0;
        while (n < 6 && piece_word(&line, &word[n]))
            n++;
        if (n == 0)
            continue;
        if (n < 6 || isnan(piece_number(word[2])) || isnan(piece_number(word[3]))) {
            bad++;
            continue;
        }
        rows++;
        const struct piece port = open_port(word[4]);
        const char *quote = line.len ? memchr(line.text, '"', line.len) : NULL;
        struct piece user = {quote ? quote + 1 : "", 0};
        if (quote)
            user.len = (size_t)(line.text + line.len - user.text);
        const char *end = user.len ? memchr(user.text, '"', user.len) : NULL;
        user.len = end ? (size_t)(end - user.text) : 0;
        if (port.len)
            names_add(&open, "%.*s/%.*s%s%.*s", shown(word[0], 8), word[0].text, shown(port, 8), port.text,
                      user.len ? " " : "", shown(user, 30), user.text);
    }
    if (bad)
        findings_unread(f, FROM_SOCKETS, NULL, "it has lines that are none of ss");
    if (bad && !rows)
        return;
    findings_read(f, FROM_SOCKETS);
    names_text(&open, names, sizeof(names));
    findings_measure(f, LISTEN_ANY, "sockets of the guest", open.count, "%s", names);
}

/* ---- processes */

struct census {
    uint32_t rows, blocked, zombies, hogs[2];
    struct name_list blocked_names;
};

/* pid ppid stat pcpu pmem rss comm args; args: what is left of the line */
static void count_hog(struct findings *f, uint32_t *count, uint32_t check, const struct piece word[7],
                      struct piece args)
{
    const double part = piece_number(word[check == PROC_CPU ? 3 : 4]);
    char what[100];
    if (!check_severity(check, part) || (*count)++ >= HOGS_MOST)
        return;
    for (; args.len && *args.text == ' '; args.len--)
        args.text++;
    (void)snprintf(what, sizeof(what), "process %.*s (%.*s)", shown(word[0], 10), word[0].text,
                   shown(word[6], 40), word[6].text);
    findings_measure(f, check, what, part, "rss %.*s kB%s: %.*s", shown(word[5], 16), word[5].text,
                     check == PROC_CPU ? "; mean since it began" : "", shown(args, 200), args.text);
}

static void count_process(struct findings *f, struct census *c, struct piece line)
{
    struct piece word[7];
    for (uint32_t i = 0; i < 7; i++) {
        if (!piece_word(&line, &word[i]))
            return;
    }
    const double cpu = piece_number(word[3]);
    if (isnan(piece_number(word[0])) || isnan(cpu))
        return;
    c->rows++;
    c->zombies += word[2].text[0] == 'Z';
    if (word[2].text[0] == 'D') {
        c->blocked++;
        names_add(&c->blocked_names, "%.*s %.*s", shown(word[0], 10), word[0].text, shown(word[6], 30),
                  word[6].text);
    }
    count_hog(f, &c->hogs[0], PROC_CPU, word, line);
    count_hog(f, &c->hogs[1], PROC_MEM, word, line);
}

void evidence_processes(struct findings *f, struct evidence_text in)
{
    struct piece left, line;
    struct census c = {0};
    char names[500];
    if (!evidence_open(f, FROM_PROCESSES, in, NULL, &left))
        return;
    while (piece_line(&left, &line))
        count_process(f, &c, line);
    if (!c.rows) {
        findings_unread(f, FROM_PROCESSES, NULL, "it lists no process: this ps does not know these columns");
        return;
    }
    findings_read(f, FROM_PROCESSES);
    names_text(&c.blocked_names, names, sizeof(names));
    findings_measure(f, PROC_BLOCKED, "processes", c.blocked, "of %u: %s", c.rows, names);
    findings_measure(f, PROC_ZOMBIE, "processes", c.zombies, "of %u", c.rows);
}

bool evidence_process_io(struct evidence_text in, double *ret_read, double *ret_written)
{
    struct piece left = {in.text, in.len < EVIDENCE_TEXT_MOST ? in.len : EVIDENCE_TEXT_MOST}, line, word;
    double read = NAN, written = NAN;
    while (in.text && in.exit_status == 0 && piece_line(&left, &line)) {
        if (!piece_word(&line, &word))
            continue;
        double *into = piece_is(word, "read_bytes:")    ? &read
                       : piece_is(word, "write_bytes:") ? &written
                                                        : NULL;
        if (into && piece_word(&line, &word))
            *into = piece_number(word);
    }
    if (isnan(read) || isnan(written))
        return false;
    *ret_read = read;
    *ret_written = written;
    return true;
}

/* ---- load */

void evidence_load(struct findings *f, struct evidence_text in, uint32_t cpus)
{
    struct piece left, line = {0}, word;
    double load[3] = {NAN, NAN, NAN};
    if (!evidence_open(f, FROM_LOADAVG, in, NULL, &left))
        return;
    (void)piece_line(&left, &line);
    for (size_t i = 0; i + 8 <= line.len; i++) { /* uptime's "load average: 0.10, 0.20, 0.30" */
        if (memcmp(line.text + i, "average:", 8) == 0) {
            line = (struct piece){line.text + i + 8, line.len - i - 8};
            break;
        }
    }
    for (uint32_t i = 0; i < 3 && piece_word(&line, &word); i++) {
        if (word.text[word.len - 1] == ',')
            word.len--;
        load[i] = piece_number(word);
    }
    if (isnan(load[0]) || isnan(load[1]) || isnan(load[2]) || !cpus) {
        findings_unread(f, FROM_LOADAVG, NULL,
                        cpus ? "it does not tell the load" : "how many CPUs the guest has is not known");
        return;
    }
    findings_read(f, FROM_LOADAVG);
    findings_measure(f, IN_LOAD, "the load inside", load[1] / cpus, "%.2f %.2f %.2f for %u CPUs", load[0],
                     load[1], load[2], cpus);
}
