/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the ledger costs: an append beside a bare write and sync of as many bytes, appends by several
 * processes at once, and verification. bench-ledger FOLDER APPENDS RECORDS REPEAT Prints "name value" lines:
 * bare_us, append_us (medians over REPEAT turns, alternating, of the median of APPENDS), append_1 to append_4
 * (per second, all processes together), verify_per_s (RECORDS, best of REPEAT), verify_mb_per_s,
 * read_mb_per_s (the same bytes only read).
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/text.h"
#include "config/config.h"
#include "ledger/ledger.h"
#include "ledger/ledger_inner.h"

#define BODY_BYTES   200
#define APPENDS_MOST 100000u

static char folder[512];

static double now_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void die(const char *what)
{
    (void)fprintf(stderr, "bench-ledger: %s\n", what);
    exit(1);
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

static struct ledger *ledger_at(const char *name, char file[600])
{
    char key[640], sign[640];
    const struct config config = {
        .ledger = {.file = file, .key_file = key, .signing_key_file = sign, .redact = true}};
    struct ledger *ledger = NULL;

    (void)snprintf(file, 600, "%s/%s.log", folder, name);
    (void)snprintf(key, sizeof key, "%s/%s.key", folder, name);
    (void)snprintf(sign, sizeof sign, "%s/%s.pem", folder, name);
    if (ledger_new(&config, &ledger) < 0)
        die("no ledger");
    return ledger;
}

static char body[BODY_BYTES + 1];

static void append(struct ledger *ledger)
{
    struct problem p = PROBLEM_INIT;

    if (ledger_append(ledger, LEDGER_PLANNED, body, BODY_BYTES, NULL, &p) < 0)
        die(p.cause);
}

/* The same bytes to a file that grows, and nothing else. */
static void write_bare(int fd, size_t len)
{
    static const char bytes[LEDGER_RECORD_LIMIT];

    if (write(fd, bytes, len) != (ssize_t)len || fdatasync(fd) < 0)
        die("the bare file cannot be written");
}

static void append_cost(size_t count)
{
    char file[600], bare_name[600];
    struct ledger *ledger = ledger_at("one", file);
    static double bare[APPENDS_MOST], mine[APPENDS_MOST];
    struct stat st;

    (void)snprintf(bare_name, sizeof bare_name, "%s/bare", folder);
    const int fd = open(bare_name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        die("no bare file");
    append(ledger);
    if (stat(file, &st) < 0)
        die("no ledger file");
    /* one by one in turns: what the disk does meanwhile meets both */
    for (size_t i = 0; i < count; i++) {
        const double start = now_us();
        write_bare(fd, (size_t)st.st_size);
        const double between = now_us();
        append(ledger);
        bare[i] = between - start;
        mine[i] = now_us() - between;
    }
    (void)close(fd);
    ledger_free(ledger);
    printf("bare_us %.2f\nappend_us %.2f\n", median(bare, count), median(mine, count));
}

static void append_rate(unsigned processes, size_t count)
{
    char file[600], name[32];
    pid_t pids[4];

    (void)snprintf(name, sizeof name, "many%u", processes);
    struct ledger *first = ledger_at(name, file);
    append(first);
    ledger_free(first);
    const double start = now_us();
    for (unsigned i = 0; i < processes; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            struct ledger *ledger = ledger_at(name, file);
            for (size_t k = 0; k < count / processes; k++)
                append(ledger);
            _exit(0);
        }
    }
    for (unsigned i = 0; i < processes; i++) {
        int status = 0;
        if (pids[i] < 0 || waitpid(pids[i], &status, 0) != pids[i] || status != 0)
            die("a writer failed");
    }
    const size_t appended = count / processes * processes;
    printf("append_%u %.0f\n", processes, (double)appended / (now_us() - start) * 1e6);
}

/* A ledger of so many records, written without syncs: as appends would have made it, in one segment and
 * epoch. */
static void make_long(const char *file, const struct ledger_key *key, size_t records)
{
    CLEANUP_BUF struct buf line = BUF_INIT(LEDGER_RECORD_LIMIT);
    FILE *out = fopen(file, "w");
    struct head head = {0};
    struct seal seal;

    if (!out || seal_init(&seal, key, NULL) < 0)
        die("no long ledger");
    for (size_t i = 0; i < records; i++) {
        if (record_write(&seal, &head, (int64_t)i + 1, LEDGER_PLANNED, body, BODY_BYTES, &line, &head) < 0 ||
            fwrite(line.data, 1, line.len, out) != line.len)
            die("the long ledger cannot be written");
    }
    seal_done(&seal);
    if (fclose(out) != 0)
        die("the long ledger cannot be written");
}

static double time_read(const char *file)
{
    static char piece[1 << 20];
    const double start = now_us();
    const int fd = open(file, O_RDONLY | O_CLOEXEC);

    while (fd >= 0 && read(fd, piece, sizeof piece) > 0)
        continue;
    (void)close(fd);
    return now_us() - start;
}

static void verify_rate(size_t records, size_t repeat)
{
    char file[600], key_name[600];
    struct ledger_report report = {0};
    struct ledger_key key;
    struct problem p = PROBLEM_INIT;
    double best = 0, read_best = 0;

    (void)snprintf(file, sizeof file, "%s/long.log", folder);
    (void)snprintf(key_name, sizeof key_name, "%s/long.key", folder);
    if (ledger_key_make(crypto_module_get(&p), &key) < 0 || ledger_key_write(key_name, &key, &p) < 0)
        die(p.cause);
    make_long(file, &key, records);
    for (size_t i = 0; i < repeat; i++) {
        const double bytes = time_read(file), start = now_us();
        if (ledger_verify(file, key_name, NULL, &report, &p) < 0 || report.verdict != LEDGER_OK)
            die(report.why);
        const double took = now_us() - start;
        best = best == 0 || took < best ? took : best;
        read_best = read_best == 0 || bytes < read_best ? bytes : read_best;
    }
    printf("verify_per_s %.0f\nverify_mb_per_s %.0f\nread_mb_per_s %.0f\nrecord_bytes %.0f\n",
           (double)records / best * 1e6, (double)report.bytes / best, (double)report.bytes / read_best,
           (double)report.bytes / (double)records);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        die("usage: bench-ledger FOLDER APPENDS RECORDS REPEAT");
    (void)snprintf(folder, sizeof folder, "%s", argv[1]);
    uint64_t appends = 0, records = 0, repeat = 0;
    if (text_to_u64(argv[2], APPENDS_MOST, &appends) < 0 || text_to_u64(argv[3], UINT32_MAX, &records) < 0 ||
        text_to_u64(argv[4], 64, &repeat) < 0 || appends < 4 || records < 1 || repeat < 1)
        die("numbers out of range");
    (void)memcpy(body, "\"text\":\"", 8);
    (void)memset(body + 8, 'x', BODY_BYTES - 9);
    body[BODY_BYTES - 1] = '"';
    append_cost(appends);
    for (unsigned n = 1; n <= 4; n++)
        append_rate(n, appends * 4);
    verify_rate(records, repeat);
    return 0;
}
