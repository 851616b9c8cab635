/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table of commands that all three back ends run alike, against a real server and a real container. Where
 * one cannot, the row says what it does instead and why. PROXIMO_EXEC_BIG=n: the large output is 50 MB, n
 * times.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/exec/place.h"

#include <cmocka.h>

#include "base/clock.h"
#include "base/text.h"

static struct rig rig;
static bool there;

#define TIMEOUT BACKEND_TIMED_OUT
#define UNKNOWN "?"       /* outcome_unknown, in place of a signal's name */
#define REFUSED "refused" /* an error and the certainty that nothing ran */
#define SH(script)                                                                                           \
    {                                                                                                        \
        "sh", "-c", script                                                                                   \
    }

static char unique[16]; /* a word that only processes of this test have */

struct end {
    int status;
    const char *signal; /* NULL: it exited */
};

static const struct row {
    const char *name;
    const char *argv[10];
    const char *input;
    bool secret; /* the input comes from a pipe */
    bool container;
    bool deadline;         /* soon; else it has half a minute */
    uint64_t cancel_after; /* bytes of stdout */
    struct end end;
    const char *out, *err; /* NULL: whatever */
    size_t out_len;        /* 0: of a text */
    bool dead;             /* the first line of out is a process id, and that process is gone soon */
    struct {
        bool there;
        struct end end;
        const char *why;
    } differs[PLACES];
} rows[] = {
    {.name = "exit 0", .argv = SH("echo out; echo err >&2"), .out = "out\n", .err = "err\n"},
    {.name = "exit 1", .argv = SH("exit 1"), .end = {1, NULL}, .out = "", .err = ""},
    {.name = "exit 77", .argv = SH("exit 77"), .end = {77, NULL}},
    {.name = "exit 124", .argv = SH("exit 124"), .end = {124, NULL}},
    {.name = "exit 255", .argv = SH("exit 255"), .end = {255, NULL}, .out = "", .err = ""},
    {.name = "killed", .argv = SH("kill -KILL $$"), .end = {0, "KILL"}, .out = "", .err = ""},
    {.name = "terminated", .argv = SH("kill -TERM $$"), .end = {0, "TERM"}, .out = "", .err = ""},
    {.name = "hung up", .argv = SH("kill -HUP $$"), .end = {0, "HUP"}},
    {.name = "exit 137 is not killed", .argv = SH("exit 137"), .end = {137, NULL}},
    {.name = "no input is an empty one", .argv = SH("wc -c"), .out = "0\n"},
    {.name = "input", .argv = SH("cat"), .input = "a line\nand \xff\n", .out = "a line\nand \xff\n"},
    {.name = "secret input", .argv = SH("cat"), .input = "s3cret", .secret = true, .out = "s3cret"},
    {.name = "input that nobody reads", .argv = SH("exec <&-; exit 3"), .input = "ignored", .end = {3, NULL}},
    {.name = "bytes are bytes",
     .argv = SH("printf 'a\\000b\\377\\376\\300\\200\\r\\n\\033[0m'; printf '\\000' >&2"),
     .out = "a\0b\xff\xfe\xc0\x80\r\n\033[0m",
     .out_len = 13},
    {.name = "streams are apart",
     .argv = SH("echo 1; echo 2 >&2; echo 3; echo 4 >&2"),
     .out = "1\n3\n",
     .err = "2\n4\n"},
    {.name = "no such program in the container",
     .argv = {"pct", "exec", RIG_CONTAINER, "--", "no-such-program"},
     .container = true,
     .end = {127, NULL}},
    {.name = "the container's name and its process 1",
     .argv = {"pct", "exec", RIG_CONTAINER, "--", "sh", "-c",
              "hostname; tr '\\0' ' ' </proc/1/cmdline; exit 9"},
     .container = true,
     .end = {9, NULL},
     .out = RIG_CONTAINER_NAME "\nsleep 100000 "},
    {.name = "a container that is not there",
     .argv = {"pct", "exec", "999", "--", "true"},
     .end = {2, NULL},
     .out = ""},
    {.name = "it leaves something behind that holds its output open",
     .argv = SH("setsid sleep 3 & echo $!; exit 5"),
     .end = {5, NULL}},
    {.name = "ended at its deadline with its children",
     .argv = SH("sleep 1000 & echo $!; wait"),
     .deadline = true,
     .end = {0, TIMEOUT},
     .dead = true},
    {.name = "it takes no notice of TERM",
     .argv = SH("trap '' TERM; echo $$; while :; do sleep 0.1; done"),
     .deadline = true,
     .end = {0, TIMEOUT},
     .dead = true,
     .differs[OPENSSH] = {true,
                          {0, UNKNOWN},
                          "the host ends ssh before the far side's KILL, 5 s after TERM"}},
    {.name = "it writes without end",
     .argv = SH("echo $$; exec cat /dev/zero"),
     .deadline = true,
     .end = {0, TIMEOUT},
     .dead = true},
    {.name = "cancelled",
     .argv = SH("echo $$; exec sleep 1000"),
     .cancel_after = 1,
     .end = {0, TIMEOUT},
     .dead = true},
    {.name = "cancelled, and it takes no notice of TERM",
     .argv = SH("trap '' TERM; echo $$; while :; do sleep 0.1; done"),
     .cancel_after = 1,
     .end = {0, TIMEOUT},
     .dead = true,
     .differs[OPENSSH] = {true,
                          {0, UNKNOWN},
                          "the host ends ssh before the far side's KILL, 5 s after TERM"}},
    {.name = "ended in the container",
     .argv = {"pct", "exec", RIG_CONTAINER, "--", "sh", "-c", "echo started; exec sleep $0", unique},
     .container = true,
     .deadline = true,
     .end = {0, TIMEOUT},
     .out = "started\n"},
};

static void expect_end(const struct fake *fake, int32_t r, const struct end *end)
{
    const bool unknown = end->signal && strcmp(end->signal, UNKNOWN) == 0;
    if (r || fake->exited != !unknown ||
        (!unknown && strcmp(fake->signal, end->signal ? end->signal : "") != 0))
        print_message(
            "returned %d, fail \"%s\", exited %u with %d \"%s\", unknown \"%s\", stderr \"%.200s\"\n", r,
            fake->fail_text, fake->exited, fake->exit_status, fake->signal, fake->unknown_why,
            fake->err.kept.len ? fake->err.kept.data : "");
    assert_int_equal(r, 0);
    assert_int_equal(fake->exited, !unknown);
    assert_int_equal(fake->unknown, unknown);
    if (unknown)
        return;
    assert_string_equal(fake->signal, end->signal ? end->signal : "");
    assert_int_equal(fake->exit_status, end->signal ? -1 : end->status);
}

static void expect_bytes(const struct fake_stream *stream, const char *bytes, size_t len)
{
    if (!bytes)
        return;
    assert_int_equal(stream->total, len);
    if (len)
        assert_memory_equal(stream->kept.data, bytes, len);
}

static void run_row(struct place *place, const struct row *row, int64_t soon_ms)
{
    struct backend_run run;
    const struct end *end = row->differs[place->id].there ? &row->differs[place->id].end : &row->end;
    fake_again(&place->fake);
    fake_run_argv(&place->fake, &run, "pve1", row->argv);
    if (row->deadline)
        run.deadline_ms = soon_ms;
    place->fake.cancel_after_bytes = row->cancel_after;
    if (row->secret)
        run.stdin_fd = fake_pipe(row->input, strlen(row->input));
    else if (row->input)
        run.stdin_text = (struct proximo_text){row->input, strlen(row->input)};
    int32_t r = place_run(place, &run);
    if (run.stdin_fd >= 0)
        (void)close(run.stdin_fd);
    expect_end(&place->fake, r, end);
    expect_bytes(&place->fake.out, row->out, row->out_len || !row->out ? row->out_len : strlen(row->out));
    expect_bytes(&place->fake.err, row->err, row->err ? strlen(row->err) : 0);
    if (row->dead) {
        assert_true(place_pid(place) > 1);
        assert_true(place_gone(place_pid(place), 7000));
    }
    if (row->container)
        assert_false(rig_process(unique));
}

static void table(void **state)
{
    const enum place_id id = *(const enum place_id *)*state;
    struct place place;
    if (!there)
        skip();
    const bool container = rig_container(&rig);
    int64_t soon_ms = 0, first_ms = clock_ms();
    place_open(&place, id, &rig, NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].container && !container)
            continue;
        print_message("%s: %s\n", place_names[id], rows[i].name);
        run_row(&place, &rows[i], soon_ms);
        if (!soon_ms) /* a busy machine takes its time to connect */
            soon_ms = 1000 + 4 * (clock_ms() - first_ms);
    }
    place_close(&place);
}

#define WORDS_HEAD 4
#define BYTES      255
#define LONG_WORD  65536

/* printf of these words, each with a NUL behind it, gives exactly them again. */
static void round_trip(struct place *place, const char *const *words, size_t count)
{
    const char *argv[WORDS_HEAD + 600] = {"sh", "-c", "printf '%s\\0' \"$@\"", "sh"};
    struct backend_run run;
    struct buf expected = BUF_INIT(4 << 20);
    for (size_t i = 0; i < count; i++) {
        argv[WORDS_HEAD + i] = words[i];
        buf_add(&expected, words[i], strlen(words[i]) + 1);
    }
    argv[WORDS_HEAD + count] = NULL;
    fake_again(&place->fake);
    fake_run_argv(&place->fake, &run, "pve1", argv);
    expect_end(&place->fake, place_run(place, &run), &(const struct end){0, NULL});
    expect_bytes(&place->fake.out, expected.data, expected.len);
    expect_bytes(&place->fake.err, "", 0);
    buf_done(&expected);
}

static void words(void **state)
{
    const enum place_id id = *(const enum place_id *)*state;
    static char each[BYTES][2], all[BYTES + 1], big[LONG_WORD + 1];
    const char *list[BYTES + 8];
    size_t n = 0;
    struct place place;
    if (!there)
        skip();
    for (int byte = 1; byte <= BYTES; byte++) {
        each[byte - 1][0] = all[byte - 1] = (char)byte;
        list[n++] = each[byte - 1];
    }
    list[n++] = all;
    list[n++] = "";
    list[n++] = "-n";
    list[n++] = "--";
    list[n++] = "it's; $(id) `x` \"$HOME\" \\ * ~ #!";
    list[n++] = "";
    place_open(&place, id, &rig, NULL);
    round_trip(&place, list, n);
    memset(big, 'a', LONG_WORD);
    list[0] = big;
    list[1] = "-";
    if (id == LIBSSH2) { /* a channel request in one packet: RFC 4253 section 6.1 */
        big[LONG_WORD / 2 - 1000] = '\0';
    }
    round_trip(&place, list, 2);
    place_close(&place);
}

static void large_output(void **state)
{
    const enum place_id id = *(const enum place_id *)*state;
    const char *big = getenv("PROXIMO_EXEC_BIG");
    const uint64_t size = big ? 50000000 : 3000000;
    uint64_t times = 3;
    char script[128];
    struct place place;
    struct backend_run run;
    if (!there)
        skip();
    if (big)
        assert_int_equal(text_to_u64(big, 1000000, &times), 0);
    (void)snprintf(script, sizeof(script),
                   "head -c %llu /dev/zero & head -c %llu /dev/zero >&2; wait; exit 6",
                   (unsigned long long)size, (unsigned long long)size);
    place_open(&place, id, &rig, NULL);
    const int64_t from = clock_ms();
    for (uint64_t i = 0; i < times; i++) {
        fake_again(&place.fake);
        fake_run_words(&place.fake, &run, "pve1", "sh", "-c", script, NULL);
        expect_end(&place.fake, place_run(&place, &run), &(const struct end){6, NULL});
        assert_int_equal(place.fake.out.total, size);
        assert_int_equal(place.fake.err.total, size);
    }
    print_message("%s: %llu times 2 x %llu bytes in %lld ms\n", place_names[id], (unsigned long long)times,
                  (unsigned long long)size, (long long)(clock_ms() - from));
    place_close(&place);
}

/* A connection that is cut: before the command was sent it is certain that nothing ran, and afterwards
 * nothing is claimed; a process that ran is ended all the same. */
static void connection_cut(void **state)
{
    const enum place_id id = *(const enum place_id *)*state;
    struct place place;
    struct backend_run run;
    unsigned certain = 0, unknown = 0;
    char script[128];
    if (!there)
        skip();
    struct rig_proxy *proxy = rig_proxy_new(rig_server(&rig, RIG_PLAIN));
    char *made = rig_path(&rig, "ran");
    (void)snprintf(script, sizeof(script), "touch %s", made);
    place_open(&place, id, &rig, &(const struct place_way){.port = rig_proxy_port(proxy)});
    fake_run_words(&place.fake, &run, "pve1", "sh", "-c", "exit 4", NULL);
    expect_end(&place.fake, place_run(&place, &run), &(const struct end){4, NULL});
    const uint64_t usual = rig_proxy_bytes(proxy);
    for (uint64_t at = 0; at < usual; at += usual / 13) {
        rig_proxy_end_after(proxy, at, RIG_PROXY_RESET);
        fake_again(&place.fake);
        fake_run_words(&place.fake, &run, "pve1", "sh", "-c", script, NULL);
        int32_t r = place_run(&place, &run);
        if (r) {
            if (r != PROXIMO_EUNAVAIL)
                print_message("%s: %d %s\n", place_names[id], r, place.fake.fail_text);
            assert_true(r == PROXIMO_EUNAVAIL || r == PROXIMO_EDENIED);
            assert_int_equal(place.fake.exited + place.fake.unknown, 0);
            (void)usleep(20000);
            assert_int_not_equal(access(made, F_OK), 0);
        }
        certain += r != 0;
        unknown += place.fake.unknown;
        (void)usleep(r ? 0 : 50000);
        (void)unlink(made);
    }
    print_message("%s: cut at %u places before, %u after the command was sent\n", place_names[id], certain,
                  unknown);
    assert_true(certain >= 8);
    rig_proxy_end_after(proxy, usual + 100000, RIG_PROXY_RESET);
    fake_again(&place.fake);
    /* Its id goes by a file: what was on its way when a connection is reset may be lost. */
    (void)snprintf(script, sizeof(script), "echo $$ >%s; head -c 300000 /dev/zero; exec sleep 1000", made);
    fake_run_words(&place.fake, &run, "pve1", "sh", "-c", script, NULL);
    run.deadline_ms = 4000;
    expect_end(&place.fake, place_run(&place, &run), &(const struct end){0, UNKNOWN});
    char *digits = rig_read(&rig, "ran", NULL);
    const pid_t pid = place_pid_of(digits);
    assert_true(pid > 1);
    assert_true(place_gone(pid, 8000));
    free(digits);
    free(made);
    place_close(&place);
    rig_proxy_free(proxy);
}

/* Who is let in, and who is refused with which words. */
static const struct door {
    const char *name;
    struct place_way way;
    const char *refused[PLACES]; /* NULL: let in */
} doors[] = {
    {"an ecdsa key", {.key = "ecdsa"}, {NULL}},
    {"an RSA key", {.key = "rsa"}, {[LIBSSH2] = "RSA"}},
    {"a key with a passphrase",
     {.key = "locked"},
     {[OPENSSH] = "Permission denied", [LIBSSH2] = "passphrase"}},
    {"a key with a passphrase, in the agent", {.key = "ed25519", .agent = true}, {NULL}},
    {"an RSA key in the agent", {.key = "rsa", .agent = true}, {[LIBSSH2] = "RSA"}},
    {"a key that is not authorized",
     {.key = "stranger"},
     {[OPENSSH] = "Permission denied", [LIBSSH2] = "key"}},
    {"no such user", {.user = "nobody-here"}, {[OPENSSH] = "Permission denied", [LIBSSH2] = "nobody-here"}},
    {"another host key",
     {.known = RIG_WRONG},
     {[OPENSSH] = "Host key verification failed", [LIBSSH2] = "key"}},
    {"a revoked host key",
     {.known = RIG_REVOKED},
     {[OPENSSH] = "Host key verification failed", [LIBSSH2] = "key"}},
    {"an unknown host",
     {.known = RIG_UNKNOWN},
     {[OPENSSH] = "Host key verification failed", [LIBSSH2] = "known_hosts"}},
    {"a server with an RSA host key only", {.variant = RIG_RSA_HOST_KEY}, {[LIBSSH2] = "RSA"}},
    {"a server with ETM MACs only", {.variant = RIG_ETM_MACS}, {[LIBSSH2] = "openssh"}},
    {"a server with AEAD ciphers only", {.variant = RIG_AEAD_CIPHERS}, {[LIBSSH2] = "openssh"}},
    {"nobody at the port", {.port = 1}, {[OPENSSH] = "refused", [LIBSSH2] = "efused"}},
};

static void through(enum place_id id, const struct door *door, const char *script, const char *made)
{
    struct place place;
    struct backend_run run;
    place_open(&place, id, &rig, &door->way);
    fake_run_words(&place.fake, &run, "pve1", "sh", "-c", script, NULL);
    int32_t r = place_run(&place, &run);
    print_message("%s: %s: %d %s\n", place_names[id], door->name, r, place.fake.fail_text);
    if (!door->refused[id]) {
        expect_end(&place.fake, r, &(const struct end){3, NULL});
        assert_int_equal(access(made, F_OK), 0);
        assert_int_equal(unlink(made), 0);
    } else {
        assert_true(r == PROXIMO_EDENIED || r == PROXIMO_EUNAVAIL || r == PROXIMO_EINVAL);
        assert_int_equal(place.fake.exited + place.fake.unknown, 0);
        assert_non_null(strstr(place.fake.fail_text, door->refused[id]));
        if (door->way.port == 0) /* else the words are the host's */
            assert_non_null(strstr(place.fake.fail_text, "othing was run"));
        assert_int_not_equal(access(made, F_OK), 0);
    }
    place_close(&place);
}

static void doors_open_and_shut(void **state)
{
    const enum place_id id = *(const enum place_id *)*state;
    char script[128];
    if (!there)
        skip();
    char *made = rig_path(&rig, "ran");
    (void)snprintf(script, sizeof(script), "touch %s; exit 3", made);
    for (size_t i = 0; i < sizeof(doors) / sizeof(doors[0]); i++)
        through(id, &doors[i], script, made);
    free(made);
}

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(unique, sizeof(unique), "1%08d", (int)getpid());
    there = rig_start(&rig) == 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (there)
        rig_stop(&rig);
    return 0;
}

#define TEST(function)                                                                                       \
    {                                                                                                        \
#function, function, NULL, NULL, &id                                                                 \
    }

/* test-exec-backends-local PLACE [TEST] */
int main(int argc, char **argv)
{
    static enum place_id id = LOCAL;
    const struct CMUnitTest tests[] = {TEST(table), TEST(words), TEST(large_output)};
    const struct CMUnitTest remote[] = {TEST(table), TEST(words), TEST(large_output), TEST(connection_cut),
                                        TEST(doors_open_and_shut)};
    while (argc > 1 && id < PLACES && strcmp(argv[1], place_names[id]) != 0)
        id++;
    if (id == PLACES)
        return 2;
    if (argc > 2)
        cmocka_set_test_filter(argv[2]);
    return id == LOCAL ? cmocka_run_group_tests(tests, set_up, tear_down)
                       : cmocka_run_group_tests(remote, set_up, tear_down);
}
