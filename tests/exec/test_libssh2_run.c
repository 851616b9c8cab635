/* SPDX-License-Identifier: Apache-2.0 */
/* The libssh2 back end against real OpenSSH servers: what arrives, what comes back, how it is said to end. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/exec/stand.h"

#include <cmocka.h>

#include "base/clock.h"
#include "base/text.h"
#include "plane/sandbox.h"

static void words_arrive(void **state)
{
    static char all[256];
    struct backend_run run;
    struct stand s;
    (void)state;
    stand_up(&s, RIG_PLAIN, "ed25519");
    for (int i = 1; i < 256; i++)
        all[i - 1] = (char)i;
    fake_run_words(&s.fake, &run, "pve1", "printf", "%s|", all, "", "it's; $(id) `x` \\", "-n", "*", "a\nb",
                   NULL);
    assert_int_equal(backend_libssh2.run(s.state, &run), 0);
    assert_int_equal(s.fake.exit_status, 0);
    assert_memory_equal(s.fake.out.kept.data, all, 255);
    assert_string_equal(s.fake.out.kept.data + 255, "||it's; $(id) `x` \\|-n|*|a\nb|");
    /* The command's own environment is as it would be, but for the locale. */
    expect_exit(&s, "echo ${PROXIMO_RUN-none} $LC_ALL", 0, "none C\n");
    stand_down(&s);
}

static void input(void **state)
{
    struct backend_run run;
    struct stand s;
    size_t len = (size_t)3 << 20;
    (void)state;
    stand_up(&s, RIG_PLAIN, "ed25519");
    char *big = malloc(len);
    assert_non_null(big);
    for (size_t i = 0; i < len; i++)
        big[i] = (char)(i * 2654435761u >> 13);
    fake_run_words(&s.fake, &run, "pve1", "cat", NULL);
    run.stdin_text = (struct proximo_text){big, len};
    assert_int_equal(backend_libssh2.run(s.state, &run), 0);
    assert_int_equal(s.fake.exit_status, 0);
    assert_int_equal(s.fake.out.total, len);
    assert_memory_equal(s.fake.out.kept.data, big, len);

    fake_again(&s.fake);
    fake_run_words(&s.fake, &run, "pve1", "cat", NULL);
    run.stdin_fd = fake_pipe(big, len);
    assert_int_equal(backend_libssh2.run(s.state, &run), 0);
    (void)close(run.stdin_fd);
    assert_int_equal(s.fake.out.total, len);
    assert_memory_equal(s.fake.out.kept.data, big, len);

    /* A command that does not read: no failure, and no waiting. */
    fake_again(&s.fake);
    fake_run_words(&s.fake, &run, "pve1", "sh", "-c", "exec <&-; exit 4", NULL);
    run.stdin_text = (struct proximo_text){big, len};
    assert_int_equal(backend_libssh2.run(s.state, &run), 0);
    assert_int_equal(s.fake.exited, 1);
    assert_int_equal(s.fake.exit_status, 4);
    /* Without any input the command sees its end at once. */
    expect_exit(&s, "cat; echo end", 0, "end\n");
    free(big);
    stand_down(&s);
}

/* 50 MB on both streams; without the look at libssh2's window it stalls now and then. */
static void much_output(void **state)
{
    struct stand s;
    const char *text = getenv("PROXIMO_TEST_MUCH"); /* how often */
    uint64_t times = 3;
    (void)state;
    if (text)
        assert_int_equal(text_to_u64(text, 1000, &times), 0);
    stand_up(&s, RIG_PLAIN, "ed25519");
    for (uint64_t i = 0; i < times; i++) {
        int64_t begun = clock_ms();
        expect_exit(&s, "head -c 50000000 /dev/zero >&2 & head -c 50000000 /dev/zero; wait", 0, NULL);
        assert_int_equal(s.fake.out.total, 50000000);
        assert_int_equal(s.fake.err.total, 50000000);
        assert_true(clock_ms() - begun < 15000);
    }
    stand_down(&s);
}

static void signals(void **state)
{
    struct stand s;
    (void)state;
    stand_up(&s, RIG_PLAIN, "ed25519");
    assert_int_equal(shell(&s, "kill -KILL $$"), 0);
    assert_int_equal(s.fake.exited, 1);
    assert_string_equal(s.fake.signal, "KILL");
    assert_int_equal(shell(&s, "kill -SEGV $$"), 0);
    assert_string_equal(s.fake.signal, "SEGV");
    expect_exit(&s, "exit 124", 124, ""); /* its own, not `timeout`'s */
    expect_exit(&s, "no-such-command-here", 127, "");
    stand_down(&s);
}

static int count_of(const char *mark)
{
    char command[160];
    struct stand s;
    stand_up(&s, RIG_PLAIN, "ed25519");
    (void)snprintf(command, sizeof(command),
                   "n=0; for f in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <$f 2>/dev/null | grep -q "
                   "'^sleep %s' && n=$((n+1)); done; echo $n",
                   mark);
    assert_int_equal(shell(&s, command), 0);
    int n = s.fake.out.kept.data[0] - '0';
    stand_down(&s);
    return n;
}

static void deadlines(void **state)
{
    struct backend_run run;
    struct stand s;
    (void)state;
    stand_up(&s, RIG_PLAIN, "ed25519");
    int64_t begun = clock_ms();
    fake_run_words(&s.fake, &run, "pve1", "sh", "-c", "echo begun; sleep 4711.1; echo never", NULL);
    run.deadline_ms = 1500;
    assert_int_equal(backend_libssh2.run(s.state, &run), 0);
    assert_int_equal(s.fake.exited, 1);
    assert_string_equal(s.fake.signal, "TIMEOUT");
    assert_string_equal(s.fake.out.kept.data, "begun\n");
    assert_true(clock_ms() - begun < 4000);
    assert_int_equal(count_of("4711.1"), 0);

    /* TERM does not impress it: KILL does. */
    fake_again(&s.fake);
    fake_run_words(&s.fake, &run, "pve1", "sh", "-c",
                   "trap '' TERM; sleep 4711.2; sleep 4711.2; sleep 4711.2", NULL);
    run.deadline_ms = 1000;
    assert_int_equal(backend_libssh2.run(s.state, &run), 0);
    assert_int_equal(s.fake.exited, 1);
    assert_string_equal(s.fake.signal, "TIMEOUT");
    assert_int_equal(count_of("4711.2"), 0);
    stand_down(&s);
}

static void cancelled(void **state)
{
    struct backend_run run;
    struct stand s;
    (void)state;
    stand_up(&s, RIG_PLAIN, "ed25519");
    int64_t begun = clock_ms();
    fake_run_words(&s.fake, &run, "pve1", "sh", "-c", "sleep 4711.3", NULL);
    s.fake.cancel_at_ms = begun + 700;
    assert_int_equal(backend_libssh2.run(s.state, &run), 0);
    assert_int_equal(s.fake.exited, 1);
    assert_string_equal(s.fake.signal, "TIMEOUT");
    assert_true(clock_ms() - begun < 4000);
    assert_int_equal(count_of("4711.3"), 0);

    /* In the middle of a flood, with input that is not read. */
    fake_again(&s.fake);
    fake_run_words(&s.fake, &run, "pve1", "sh", "-c", "yes & sleep 4711.4", NULL);
    static char input_text[4 << 20];
    run.stdin_text = (struct proximo_text){input_text, sizeof(input_text)};
    s.fake.cancel_after_bytes = 20000000;
    begun = clock_ms();
    assert_int_equal(backend_libssh2.run(s.state, &run), 0);
    if (!s.fake.exited)
        print_message("unknown: %s\n", s.fake.unknown_why);
    assert_int_equal(s.fake.exited, 1);
    assert_string_equal(s.fake.signal, "TIMEOUT");
    assert_true(clock_ms() - begun < 8000);
    assert_int_equal(count_of("4711.4"), 0);

    /* Before anything was sent. */
    fake_again(&s.fake);
    fake_run_words(&s.fake, &run, "pve1", "true", NULL);
    s.fake.cancelled = true;
    assert_int_equal(backend_libssh2.run(s.state, &run), PROXIMO_EUNAVAIL);
    assert_non_null(strstr(s.fake.fail_text, "cancelled"));
    assert_int_equal(s.fake.exited + s.fake.unknown, 0);
    stand_down(&s);
}

/* What a command leaves behind with its output open is not taken for the command. */
static void left_behind(void **state)
{
    struct backend_run run;
    struct stand s;
    (void)state;
    stand_up(&s, RIG_PLAIN, "ed25519");
    fake_run_words(&s.fake, &run, "pve1", "sh", "-c", "setsid sleep 20.5 & echo off", NULL);
    s.fake.cancel_at_ms = clock_ms() + 1500;
    assert_int_equal(backend_libssh2.run(s.state, &run), 0);
    assert_string_equal(s.fake.out.kept.data, "off\n");
    assert_int_equal(s.fake.exited, 0);
    assert_int_equal(s.fake.unknown, 1);
    assert_non_null(strstr(s.fake.unknown_why, "keeps its output open"));
    stand_down(&s);
}

static void connections_cut(void **state)
{
    struct stand s;
    struct backend_run run;
    (void)state;
    stand_up(&s, RIG_PLAIN, "ed25519");
    struct rig_proxy *proxy = rig_proxy_new(rig_server(&rig, RIG_PLAIN));
    fake_endpoint(&s.fake, "pve1", "127.0.0.1", rig_proxy_port(proxy));
    s.settings.idle_ms = 0;
    stand_again(&s);
    expect_exit(&s, "echo through", 0, "through\n");
    uint64_t usual = rig_proxy_bytes(proxy);

    /* At any byte: before the command was sent it is certain that nothing ran; afterwards nothing is claimed.
     */
    unsigned certain = 0, not_known = 0;
    char *made = rig_path(&rig, "ran");
    char script[128];
    (void)snprintf(script, sizeof(script), "touch %s", made);
    for (uint64_t at = 0; at < usual - 200; at += usual / 29) {
        (void)usleep(20000); /* the connection before has ended for the proxy too */
        rig_proxy_end_after(proxy, at, RIG_PROXY_RESET);
        int32_t r = shell(&s, script);
        assert_int_equal(s.fake.exited, 0);
        assert_int_equal(s.fake.unknown, r == 0);
        if (r) {
            assert_int_equal(r, PROXIMO_EUNAVAIL);
            assert_int_not_equal(access(made, F_OK), 0);
        }
        (void)usleep(r ? 0 : 50000); /* the command may run without us */
        (void)unlink(made);
        certain += r != 0;
        not_known += r == 0;
    }
    assert_true(certain >= 15 && not_known >= 1);
    free(made);
    /* After it: not known. */
    rig_proxy_end_after(proxy, usual + 100000, RIG_PROXY_RESET);
    assert_int_equal(shell(&s, "head -c 1000000 /dev/zero"), 0);
    assert_int_equal(s.fake.exited, 0);
    assert_int_equal(s.fake.unknown, 1);
    assert_non_null(strstr(s.fake.unknown_why, "may run still"));

    /* A link that goes dead: the deadline ends the waiting, and nothing is claimed. */
    rig_proxy_end_after(proxy, usual + 100000, RIG_PROXY_STALL);
    fake_again(&s.fake);
    fake_run_words(&s.fake, &run, "pve1", "sh", "-c", "head -c 1000000 /dev/zero; sleep 30", NULL);
    s.fake.cancel_at_ms = clock_ms() + 1000;
    assert_int_equal(backend_libssh2.run(s.state, &run), 0);
    assert_int_equal(s.fake.exited, 0);
    assert_int_equal(s.fake.unknown, 1);
    rig_proxy_free(proxy);
    stand_down(&s);
}

static void idle(void **state)
{
    struct stand s;
    (void)state;
    stand_up(&s, RIG_PLAIN, "ed25519");
    struct rig_proxy *proxy = rig_proxy_new(rig_server(&rig, RIG_PLAIN));
    fake_endpoint(&s.fake, "pve1", "127.0.0.1", rig_proxy_port(proxy));
    for (int i = 0; i < 20; i++)
        expect_exit(&s, "echo $$ >>ran-once", 0, "");
    assert_int_equal(rig_proxy_connections(proxy), 1);
    (void)unlink("ran-once");

    /* A connection that died while idle is seen, and a new one made; the command runs once. */
    rig_proxy_end_now(proxy, RIG_PROXY_RESET);
    (void)usleep(50000);
    char *log = rig_path(&rig, "once");
    char script[128];
    (void)snprintf(script, sizeof(script), "echo x >>%s; cat %s", log, log);
    expect_exit(&s, script, 0, "x\n");
    assert_int_equal(rig_proxy_connections(proxy), 2);

    /* It dies unseen, when the channel is asked for: again a new one, and once. */
    rig_proxy_end_after(proxy, 0, RIG_PROXY_RESET);
    expect_exit(&s, script, 0, "x\nx\n");
    assert_int_equal(rig_proxy_connections(proxy), 3);
    free(log);

    /* Too old. */
    s.settings.idle_ms = 30;
    stand_again(&s);
    expect_exit(&s, "echo a", 0, "a\n");
    (void)usleep(60000);
    expect_exit(&s, "echo b", 0, "b\n");
    assert_int_equal(rig_proxy_connections(proxy), 5);
    rig_proxy_free(proxy);
    stand_down(&s);
}

#define MANY 12

struct worker {
    pthread_t thread;
    void *state; /* of the one back end */
    struct stand own;
    bool good;
};

static void *work(void *argument)
{
    struct worker *w = argument;
    struct backend_run run;
    fake_run_words(&w->own.fake, &run, "pve1", "echo", "hello", NULL);
    w->good =
        backend_libssh2.run(w->state, &run) == 0 && w->own.fake.exited == 1 && w->own.fake.out.total == 6;
    return NULL;
}

/* Many calls at once share one back end, and some connections. */
static void many_at_once(void **state)
{
    static struct worker workers[MANY];
    struct stand s;
    (void)state;
    stand_up(&s, RIG_PLAIN, "ed25519");
    for (int round = 0; round < 2; round++) {
        unsigned connects = 0;
        for (int i = 0; i < MANY; i++) {
            workers[i].state = s.state;
            fake_init(&workers[i].own.fake);
            fake_endpoint(&workers[i].own.fake, "pve1", "127.0.0.1", rig_server(&rig, RIG_PLAIN));
            give_known_hosts(&workers[i].own, RIG_PLAIN, RIG_KNOWN);
            give_identity(&workers[i].own, "ed25519");
        }
        for (int i = 0; i < MANY; i++)
            assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
        for (int i = 0; i < MANY; i++) {
            assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
            assert_true(workers[i].good);
            connects += workers[i].own.fake.connect_count;
            fake_done(&workers[i].own.fake);
        }
        assert_true(connects <= (round ? MANY - 1 : MANY));
    }
    stand_down(&s);
}

/* Connections made before the sandbox closed. */
static int ready_fds[2];
static unsigned ready_used;

static int32_t hand_over(struct proximo_call *call, const char *endpoint, int32_t *ret_fd)
{
    (void)call;
    (void)endpoint;
    if (ready_used == 2)
        return PROXIMO_EUNAVAIL;
    *ret_fd = ready_fds[ready_used++];
    return PROXIMO_OK;
}

/* The whole back end with no more system calls than a plane host has: no sockets, no files. */
static void in_the_sandbox(void **state)
{
    int status = 0;
    struct stand s;
    (void)state;
    stand_up(&s, RIG_PLAIN, "ed25519");
    backend_libssh2.close(s.state);
    fake_endpoint(&s.fake, "agent", rig_agent(&rig, "ecdsa"), 0);
    char *print = rig_fingerprint(&rig, "ecdsa.pub");
    assert_int_equal(s.fake.host.connect(&s.fake.call, "agent", &ready_fds[0]), 0);
    assert_int_equal(s.fake.host.connect(&s.fake.call, "pve1", &ready_fds[1]), 0);
    s.fake.host.connect = hand_over;
    s.settings.identity = print;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct backend_run run;
        fake_run_words(&s.fake, &run, "pve1", "sh", "-c", "echo inside; exit 9", NULL);
        if (sandbox_filter_load(true) != 0)
            _exit(1);
        if (backend_libssh2.open(&s.fake.host, &s.settings, &s.state) != 0)
            _exit(2);
        if (backend_libssh2.run(s.state, &run) != 0)
            _exit(3);
        backend_libssh2.close(s.state);
        _exit(s.fake.exited == 1 && s.fake.out.total == 7 ? s.fake.exit_status : 4);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 9);
    (void)close(ready_fds[0]);
    (void)close(ready_fds[1]);
    free(print);
    fake_done(&s.fake);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_arrive), cmocka_unit_test(input),           cmocka_unit_test(much_output),
        cmocka_unit_test(signals),      cmocka_unit_test(deadlines),       cmocka_unit_test(cancelled),
        cmocka_unit_test(left_behind),  cmocka_unit_test(connections_cut), cmocka_unit_test(idle),
        cmocka_unit_test(many_at_once), cmocka_unit_test(in_the_sandbox),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, stand_set_up, stand_tear_down);
}
