/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Four writers on one ledger, killed at any moment, again and again: none of what they had acknowledged is
 * lost, and the ledger verifies. PROXIMO_KILL_ROUNDS says how often.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "place.h"

#define WRITERS 4
#define SHORT   12

/* Tells each acknowledged record's head over the pipe: a write of 65 bytes is whole or not at all. */
static void write_for_ever(struct place *place, int out)
{
    struct ledger *ledger = place_open(place);
    struct ledger_receipt receipt;
    struct problem p = PROBLEM_INIT;

    while (ledger_append(ledger, LEDGER_PLANNED, "\"a\":\"some text\"", 15, &receipt, &p) == 0) {
        if (write(out, receipt.hash, sizeof receipt.hash) != sizeof receipt.hash)
            _exit(2);
    }
    (void)fprintf(stderr, "a writer gave up: %s: %s\n", p.code, p.cause);
    _exit(1);
}

struct acknowledged {
    char (*hashes)[65];
    size_t count, room;
};

static void take(struct acknowledged *all, int in)
{
    char hash[65];

    while (read(in, hash, sizeof hash) == (ssize_t)sizeof hash) {
        if (all->count == all->room) {
            all->room = all->room ? all->room * 2 : 1024;
            all->hashes = realloc(all->hashes, all->room * sizeof *all->hashes);
            assert_non_null(all->hashes);
        }
        memcpy(all->hashes[all->count++], hash, sizeof hash);
    }
}

static void round_of_kills(struct place *place, unsigned pause_us, struct acknowledged *all)
{
    pid_t writers[WRITERS];
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    for (size_t i = 0; i < WRITERS; i++) {
        writers[i] = fork();
        assert_true(writers[i] >= 0);
        if (writers[i] == 0) {
            (void)close(ends[0]);
            write_for_ever(place, ends[1]);
        }
    }
    (void)close(ends[1]);
    (void)usleep(pause_us);
    for (size_t i = 0; i < WRITERS; i++) {
        int status = 0;
        assert_int_equal(kill(writers[i], SIGKILL), 0);
        assert_int_equal(waitpid(writers[i], &status, 0), writers[i]);
        assert_true(WIFSIGNALED(status)); /* none had given up */
    }
    take(all, ends[0]);
    (void)close(ends[0]);
}

static int by_text(const void *a, const void *b)
{
    return memcmp(a, b, 64);
}

struct matching {
    struct acknowledged *all;
    size_t found;
};

static int match(void *arg, const char *line, size_t len)
{
    struct matching *matching = arg;

    if (bsearch(line + len - 222 + 83, matching->all->hashes, matching->all->count, 65, by_text))
        matching->found++;
    return 0;
}

/* Everything that was acknowledged, over all segments. */
static void check(struct place *place, struct acknowledged *all)
{
    struct matching matching = {all, 0};
    struct ledger_report report;
    struct problem p = PROBLEM_INIT;

    place_fill(place, 1);
    if (!ledger_verdict_good(place_verify(place, &report)))
        fail_msg("verdict %d: %s", report.verdict, report.why);
    qsort(all->hashes, all->count, sizeof *all->hashes, by_text);
    struct ledger *ledger = place_open(place);
    assert_int_equal(ledger_each_back(ledger, match, &matching, &p), 0);
    ledger_free(ledger);
    assert_int_equal(matching.found, all->count);
}

static void test_kill(void **state)
{
    const char *text = getenv("PROXIMO_KILL_ROUNDS");
    uint64_t rounds = SHORT;
    struct acknowledged all = {0};
    struct place place;

    (void)state;
    assert_true(!text || text_to_u64(text, 1000000, &rounds) == 0);
    place_make_small(&place);
    place.config.ledger.segment_kib = 32;
    for (uint64_t i = 0; i < rounds; i++) {
        round_of_kills(&place, 20000u + (unsigned)(i * 7919 % 60000), &all);
        if (i % 10 == 9 || i + 1 == rounds)
            check(&place, &all);
        if (i % 100 == 99) { /* a long run begins anew: reading all of it back is what takes time */
            print_message("%llu rounds, %zu records acknowledged\n", (unsigned long long)i + 1, all.count);
            place_done(&place);
            place_make_small(&place);
            place.config.ledger.segment_kib = 32;
            all.count = 0;
        }
    }
    assert_true(rounds % 100 == 0 || all.count > rounds % 100);
    free(all.hashes);
    place_done(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kill)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
