/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The openssh back end with a shell in the place of ssh: what it is started with, and what is made of
 * whatever it does. $line is the line for the far side; no server is needed.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plane/sandbox.h"
#include "plugins/exec/openssh_far.h"
#include "tests/exec/fake.h"

#include <cmocka.h>

#include "base/clock.h"

#define LAST "for line; do :; done; "

struct stand {
    struct fake fake;
    void *state;
};

static const struct backend_settings as_root = {.user = "root"};

static void stand_up(struct stand *s, const char *script)
{
    char *text = NULL;
    fake_init(&s->fake);
    assert_true(asprintf(&text, LAST "%s", script) > 0);
    const char *const before[] = {"-c", text, "ssh", NULL};
    fake_program(&s->fake, "ssh", "sh", before);
    free(text);
    assert_int_equal(backend_openssh.open(&s->fake.host, &as_root, &s->state), 0);
}

static int32_t go(struct stand *s, const char *node, const char *command, int64_t deadline_ms)
{
    struct backend_run run;
    fake_run_words(&s->fake, &run, node, "sh", "-c", command, NULL);
    run.deadline_ms = deadline_ms;
    int32_t r = backend_openssh.run(s->state, &run);
    fake_ended(&s->fake);
    return r;
}

static void stand_down(struct stand *s)
{
    backend_openssh.close(s->state);
    fake_done(&s->fake);
}

static void expect_text(const struct fake_stream *stream, const char *text)
{
    assert_int_equal(stream->total, strlen(text));
    assert_string_equal(stream->kept.len ? stream->kept.data : "", text);
}

static const struct row {
    const char *name, *ssh, *command;
    int64_t deadline_ms;
    int32_t result;
    const char *words; /* of a failure, or of an unknown outcome */
    int status;        /* of a result 0 without words */
    const char *out, *err;
} rows[] = {
    {"what start files and banners print is not the command's",
     "echo banner; echo warning >&2; exec sh -c \"$line\"", "echo out; echo err >&2; exit 4", 20000, 0, NULL,
     4, "out\n", "err\n"},
    {"ssh's own end says nothing about the command's", "sh -c \"$line\"; exit 255", "exit 3", 20000, 0, NULL,
     3, "", ""},
    {"the connection is lost after the command was sent",
     "exec 3<&0; sh -c \"$line\" <&3 & sleep 1; kill $!; exit 255", "echo begun; sleep 2", 20000, 0,
     "lost after the command was sent", 0, NULL, NULL},
    {"no route", "echo 'ssh: connect to host pve1 port 22: No route to host' >&2; exit 255", "true", 20000,
     PROXIMO_EUNAVAIL, "No route to host\"; is the node up", 0, "", ""},
    {"unknown words", "printf 'kex_exchange_identification: \\033[1m%s' boom >&2; exit 255", "true", 20000,
     PROXIMO_EUNAVAIL, "\"kex_exchange_identification: [1mboom\"; try the same host with ssh -v", 0, "", ""},
    {"no words", "exit 255", "true", 20000, PROXIMO_EUNAVAIL, "it said nothing", 0, "", ""},
    {"words on stdout alone", "echo 'This account is currently not available.'; exit 1", "true", 20000,
     PROXIMO_EUNAVAIL, "\"This account is currently not available.\"", 0, "", ""},
    {"no perl", "echo 'sh: 1: exec: perl: not found' >&2; exit 127", "true", 20000, PROXIMO_ESTATE,
     "needs Perl", 0, "", ""},
    {"a host key that changed",
     "printf '@@@@@\\n@ WARNING @\\n@@@@@\\nHost key verification failed.\\n' >&2; exit 255", "true", 20000,
     PROXIMO_EDENIED, "mend the line in known_hosts", 0, "", ""},
    {"nobody answers", "exec sleep 100", "true", 600, PROXIMO_EUNAVAIL, "the time given was over", 0, "", ""},
    {"the far side goes after it was met", "head -c 32 >&2; printf 'r000\\n' >&2; exit 255", "true", 20000,
     PROXIMO_EUNAVAIL, "nothing was run", 0, "", NULL},
    {"a mark of another token is the command's output", "exec sh -c \"$line\"",
     "echo 00112233445566778899aabbccddeeffe000 >&2; exit 8", 20000, 0, NULL, 8, "",
     "00112233445566778899aabbccddeeffe000\n"},
};

static void whatever_ssh_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        struct stand s;
        stand_up(&s, row->ssh);
        int32_t r = go(&s, "pve1", row->command, row->deadline_ms);
        print_message("%s: %d %s%s\n", row->name, r, s.fake.fail_text, s.fake.unknown_why);
        assert_int_equal(r, row->result);
        assert_int_equal(s.fake.exited, !r && !row->words);
        assert_int_equal(s.fake.unknown, !r && row->words);
        if (row->words)
            assert_non_null(strstr(r ? s.fake.fail_text : s.fake.unknown_why, row->words));
        else
            assert_int_equal(s.fake.exit_status, row->status);
        if (row->out)
            expect_text(&s.fake.out, row->out);
        if (row->err)
            expect_text(&s.fake.err, row->err);
        stand_down(&s);
    }
}

static void options_are_fixed(void **state)
{
    static const char *const parts[] = {
        "|-T|",
        "|-o|BatchMode=yes|",
        "|-o|StrictHostKeyChecking=yes|",
        "|-o|UpdateHostKeys=no|",
        "|-o|ClearAllForwardings=yes|",
        "|-o|ForwardAgent=no|",
        "|-o|PermitLocalCommand=no|",
        "|-o|RequestTTY=no|",
        "|-o|ControlMaster=no|",
        "|-o|ConnectTimeout=15|",
        "|-l|root|--|pve1|exec perl ",
    };
    struct stand s;
    (void)state;
    stand_up(&s, "printf '|%s' \"$@\"; exit 1");
    assert_int_equal(go(&s, "pve1", "true", 60000), PROXIMO_EUNAVAIL);
    stand_down(&s);
    /* What came before a mark is not kept: it is told from a failure's words, so ask in pieces. */
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        char *script = NULL;
        assert_true(
            asprintf(&script,
                     "case \"$(printf '|%%s' \"$@\")\" in *'%s'*) echo there ;; *) echo missing ;; esac",
                     parts[i]) > 0);
        stand_up(&s, script);
        assert_int_equal(go(&s, "pve1", "true", 60000), PROXIMO_EUNAVAIL);
        if (!strstr(s.fake.fail_text, "\"there\""))
            print_message("%s: %s\n", parts[i], s.fake.fail_text);
        assert_non_null(strstr(s.fake.fail_text, "\"there\""));
        stand_down(&s);
        free(script);
    }
}

static void names_are_checked(void **state)
{
    static const char *const bad[] = {"",    "-oProxyCommand=id", "a b",       "a;b", "$(id)",
                                      "a\n", "\xc3\xa9",          "root@pve1", "a/b"};
    static const char *const good[] = {"pve1", "10.0.0.1", "fe80::1", "pve-1.lan", "a_b", "7"};
    static const char *const users[] = {"", "-x", "a b", "a;b", "$x"};
    struct stand s;
    void *other;
    (void)state;
    stand_up(&s, "exit 1");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        fake_again(&s.fake);
        assert_int_equal(go(&s, bad[i], "true", 20000), PROXIMO_EINVAL);
        assert_int_equal(s.fake.spawned_count, 0);
    }
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        fake_again(&s.fake);
        assert_int_equal(go(&s, good[i], "true", 20000), PROXIMO_EUNAVAIL);
        assert_int_equal(s.fake.spawned_count, 1);
    }
    for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++)
        assert_int_equal(
            backend_openssh.open(&s.fake.host, &(const struct backend_settings){.user = users[i]}, &other),
            PROXIMO_EINVAL);
    const struct backend_settings pinned = {.user = "root", .hostkey = "SHA256:x"};
    assert_int_equal(backend_openssh.open(&s.fake.host, &pinned, &other), PROXIMO_EINVAL);
    assert_non_null(strstr(s.fake.log_text, "libssh2"));
    stand_down(&s);
}

static void cancelled_while_connecting(void **state)
{
    struct stand s;
    (void)state;
    stand_up(&s, "exec sleep 100");
    s.fake.cancel_at_ms = clock_ms() + 300;
    const int64_t from = clock_ms();
    assert_int_equal(go(&s, "pve1", "true", 60000), PROXIMO_EUNAVAIL);
    assert_true(clock_ms() - from < 2000);
    assert_non_null(strstr(s.fake.fail_text, "cancelled"));
    assert_int_equal(s.fake.exited + s.fake.unknown, 0);
    stand_down(&s);
}

/* A secret goes in whole; one that is too long is refused before anything is started. */
static void secret_input(void **state)
{
    const size_t most = (size_t)1 << 20;
    char *bytes = malloc(most + 1);
    struct stand s;
    struct backend_run run;
    (void)state;
    assert_non_null(bytes);
    memset(bytes, 'k', most + 1);
    stand_up(&s, "exec sh -c \"$line\"");
    for (size_t more = 0; more < 2; more++) {
        fake_again(&s.fake);
        fake_run_words(&s.fake, &run, "pve1", "wc", "-c", NULL);
        run.stdin_fd = fake_pipe(bytes, most + more);
        assert_int_equal(backend_openssh.run(s.state, &run), more ? PROXIMO_EINVAL : 0);
        (void)close(run.stdin_fd);
        assert_int_equal(s.fake.exited, !more);
        assert_int_equal(s.fake.spawned_count, !more);
        expect_text(&s.fake.out, more ? "" : "1048576\n");
    }
    stand_down(&s);
    free(bytes);
}

/* Pipes of a program that ran before the sandbox closed. */
static int32_t ready[3];

static int32_t hand_over(struct proximo_call *call, const char *program, const struct proximo_text *argv,
                         uint32_t argc, int32_t *ret_stdin, int32_t *ret_stdout, int32_t *ret_stderr)
{
    (void)call;
    (void)program;
    (void)argv;
    (void)argc;
    *ret_stdin = ready[0];
    *ret_stdout = ready[1];
    *ret_stderr = ready[2];
    return 0;
}

static int32_t ended_with_9(struct proximo_call *call, int32_t *ret_exit_status,
                            struct proximo_text *ret_signal)
{
    (void)call;
    *ret_exit_status = 9;
    *ret_signal = (struct proximo_text){"", 0};
    return 0;
}

static int run_closed_in(struct stand *s, const struct backend *backend, const char *input, size_t len)
{
    struct backend_run run;
    fake_run_words(&s->fake, &run, "pve1", "sh", "-c", "exec <&-; echo inside; exit 9", NULL);
    run.stdin_text = (struct proximo_text){input, len};
    (void)signal(SIGPIPE, SIG_DFL); /* as a plane host has it */
    if (sandbox_filter_load(true, true) != 0)
        return 1;
    if (backend->run(s->state, &run) != 0)
        return 2;
    return s->fake.exited == 1 && s->fake.out.total == 7 ? s->fake.exit_status : 3;
}

/* The back ends of programs, with no more system calls than a plane host has; input that breaks its pipe too.
 */
static void in_the_sandbox(void **state)
{
    static const struct backend *const backends[] = {&backend_openssh, &backend_local};
    static char input[200000];
    struct proximo_text words[] = {{"sh", 2}, {"-c", 2}, {"exec <&-; echo inside; exit 9", 29}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const bool local = backends[i] == &backend_local;
        struct stand s;
        int status = 0;
        stand_up(&s, "exec sh -c \"$line\"");
        s.fake.patient = true;
        if (local)
            fake_program(&s.fake, "sh", "sh", NULL);
        struct proximo_text line[] = {{"ssh", 3}, {far_line, strlen(far_line)}};
        assert_int_equal(s.fake.host.spawn(&s.fake.call, local ? "sh" : "ssh", local ? words : line,
                                           local ? 3 : 2, &ready[0], &ready[1], &ready[2]),
                         0);
        s.fake.host.spawn = hand_over;
        s.fake.host.ended = ended_with_9;
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            _exit(run_closed_in(&s, backends[i], input, sizeof(input)));
        for (int k = 0; k < 3; k++)
            (void)close(ready[k]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 9);
        stand_down(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_ssh_does), cmocka_unit_test(options_are_fixed),
        cmocka_unit_test(names_are_checked), cmocka_unit_test(cancelled_while_connecting),
        cmocka_unit_test(secret_input),      cmocka_unit_test(in_the_sandbox),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
