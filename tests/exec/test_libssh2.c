/* SPDX-License-Identifier: Apache-2.0 */
/* The libssh2 back end against real OpenSSH servers: who is trusted, what runs, and how it is said to end. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/exec/fake.h"
#include "tests/exec/rig.h"

#include <cmocka.h>

#include "base/clock.h"

static struct rig rig;
static bool there;

/* A fake host that knows the server as pve1, and an open back end. */
struct stand {
    struct fake fake;
    struct backend_settings settings;
    void *state;
};

static void give_known_hosts(struct stand *s, enum rig_variant variant, enum rig_known what)
{
    char *known = rig_known_hosts(&rig, variant, "pve1", 22, what);
    fake_material(&s->fake, "known_hosts", known, strlen(known));
    free(known);
}

static void give_identity(struct stand *s, const char *name)
{
    size_t len = 0;
    char *key = rig_read(&rig, name, &len);
    fake_material(&s->fake, "identity", key, len);
    free(key);
}

static void stand_up(struct stand *s, enum rig_variant variant, const char *key)
{
    if (!there)
        skip();
    memset(s, 0, sizeof(*s));
    fake_init(&s->fake);
    fake_endpoint(&s->fake, "pve1", "127.0.0.1", rig_server(&rig, variant));
    give_known_hosts(s, variant, RIG_KNOWN);
    give_identity(s, key);
    s->settings.user = rig.user;
    s->settings.idle_ms = 30000;
    assert_int_equal(backend_libssh2.open(&s->fake.host, &s->settings, &s->state), 0);
}

/* Settings are read at open. */
static void stand_again(struct stand *s)
{
    backend_libssh2.close(s->state);
    assert_int_equal(backend_libssh2.open(&s->fake.host, &s->settings, &s->state), 0);
}

static void stand_down(struct stand *s)
{
    backend_libssh2.close(s->state);
    fake_done(&s->fake);
}

static int32_t shell(struct stand *s, const char *script)
{
    struct backend_run run;
    fake_again(&s->fake);
    fake_run_words(&s->fake, &run, "pve1", "sh", "-c", script, NULL);
    return backend_libssh2.run(s->state, &run);
}

static void expect_exit(struct stand *s, const char *script, int status, const char *out)
{
    assert_int_equal(shell(s, script), 0);
    if (!s->fake.exited)
        print_message("%s: fail %d %s, unknown %s\n", script, s->fake.fail_code, s->fake.fail_text,
                      s->fake.unknown_why);
    assert_int_equal(s->fake.exited, 1);
    assert_int_equal(s->fake.unknown, 0);
    assert_int_equal(s->fake.exit_status, status);
    assert_string_equal(s->fake.signal, "");
    if (out)
        assert_string_equal(s->fake.out.kept.data ? s->fake.out.kept.data : "", out);
}

/* Refused with this code and these words, and nothing ran. */
static void expect_refusal(struct stand *s, int32_t code, const char *words)
{
    char *made = rig_path(&rig, "ran");
    char script[128];
    (void)snprintf(script, sizeof(script), "touch %s", made);
    assert_int_equal(shell(s, script), code);
    if (!strstr(s->fake.fail_text, words))
        print_message("said: %s\n", s->fake.fail_text);
    assert_non_null(strstr(s->fake.fail_text, words));
    assert_non_null(strstr(s->fake.fail_text, "othing was run"));
    assert_int_equal(s->fake.exited + s->fake.unknown, 0);
    assert_int_not_equal(access(made, F_OK), 0);
    free(made);
}

static void keys_that_work(void **state)
{
    static const char *const keys[] = {"ed25519", "ecdsa"};
    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct stand s;
        stand_up(&s, RIG_PLAIN, keys[i]);
        expect_exit(&s, "echo hello; echo oops >&2; exit 7", 7, "hello\n");
        assert_string_equal(s.fake.err.kept.data, "oops\n");
        stand_down(&s);
    }
}

/* The forms in which ssh-keygen writes ecdsa keys beside its own. */
static void keys_in_pem(void **state)
{
    static const char *const forms[] = {"PEM", "PKCS8"};
    static const char *const bits[] = {"256", "384", "521"};
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        struct stand s;
        stand_up(&s, RIG_PLAIN, "ed25519");
        char *path = rig_path(&rig, "pem"), *public = NULL, *known = rig_read(&rig, "authorized_keys", NULL),
             *both = NULL;
        const char *const make[] = {"ssh-keygen", "-q", "-t", "ecdsa", "-b", bits[i / 2], "-m",
                                    forms[i % 2], "-N", "",   "-f",    path, NULL};
        assert_int_equal(rig_run(&rig, make), 0);
        public = rig_read(&rig, "pem.pub", NULL);
        assert_true(asprintf(&both, "%s%s", known, public) > 0);
        rig_write(&rig, "authorized_keys", both, 0600);
        give_identity(&s, "pem");
        expect_exit(&s, "echo pem", 0, "pem\n");
        rig_write(&rig, "authorized_keys", known, 0600);
        (void)unlink(path);
        free(path);
        free(public);
        free(known);
        free(both);
        stand_down(&s);
    }
}

/* ed25519 as OpenSSL writes it. */
static void ed25519_in_pkcs8(void **state)
{
    unsigned char blob[51] = "\0\0\0\x0bssh-ed25519\0\0\0 ", text[80];
    size_t len = 32;
    char *pem = NULL, *both = NULL;
    struct stand s;
    (void)state;
    stand_up(&s, RIG_PLAIN, "ed25519");
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(EVP_PKEY_get_raw_public_key(key, blob + 19, &len), 1);
    (void)EVP_EncodeBlock(text, blob, sizeof(blob));
    char *known = rig_read(&rig, "authorized_keys", NULL);
    assert_true(asprintf(&both, "%sssh-ed25519 %s\n", known, text) > 0);
    rig_write(&rig, "authorized_keys", both, 0600);
    long pem_len = BIO_get_mem_data(bio, &pem);
    fake_material(&s.fake, "identity", pem, (size_t)pem_len);
    expect_exit(&s, "echo pkcs8", 0, "pkcs8\n");
    rig_write(&rig, "authorized_keys", known, 0600);
    BIO_free(bio);
    EVP_PKEY_free(key);
    free(known);
    free(both);
    stand_down(&s);
}

static void keys_that_do_not(void **state)
{
    struct stand s;
    (void)state;
    stand_up(&s, RIG_PLAIN, "rsa");
    expect_refusal(&s, PROXIMO_EINVAL, "RSA key");
    assert_int_equal(s.fake.connect_count, 0); /* said before connecting */
    give_identity(&s, "locked");
    expect_refusal(&s, PROXIMO_EINVAL, "ssh-add");
    give_identity(&s, "ed25519.pub");
    expect_refusal(&s, PROXIMO_EINVAL, "public half");
    assert_int_equal(s.fake.connect_count, 0);
    give_identity(&s, "stranger");
    expect_refusal(&s, PROXIMO_EDENIED, "authorized_keys");
    stand_down(&s);
}

static void agent(void **state)
{
    static const char *const keys[] = {"ed25519.pub", "ecdsa.pub"};
    struct stand s;
    (void)state;
    stand_up(&s, RIG_PLAIN, "stranger"); /* must not be used */
    (void)rig_agent(&rig, "ed25519");
    (void)rig_agent(&rig, "rsa");
    fake_endpoint(&s.fake, "agent", rig_agent(&rig, "ecdsa"), 0);
    for (size_t i = 0; i < 2; i++) {
        char *print = rig_fingerprint(&rig, keys[i]);
        s.settings.identity = print;
        stand_again(&s);
        expect_exit(&s, "echo by agent", 0, "by agent\n");
        free(print);
    }
    char *rsa = rig_fingerprint(&rig, "rsa.pub"), *none = rig_fingerprint(&rig, "stranger.pub");
    s.settings.identity = rsa;
    stand_again(&s);
    expect_refusal(&s, PROXIMO_EINVAL, "RSA key");
    s.settings.identity = none;
    stand_again(&s);
    expect_refusal(&s, PROXIMO_ENOTFOUND, "ssh-add -l");
    stand_down(&s);
    free(rsa);
    free(none);
}

static void host_keys(void **state)
{
    struct stand s;
    (void)state;
    stand_up(&s, RIG_PLAIN, "ed25519");
    give_known_hosts(&s, RIG_PLAIN, RIG_WRONG);
    expect_refusal(&s, PROXIMO_EDENIED, "not the one that is known");
    char *offered = rig_fingerprint(&rig, "host_ed25519.pub");
    assert_non_null(strstr(s.fake.fail_text, offered));
    give_known_hosts(&s, RIG_PLAIN, RIG_REVOKED);
    expect_refusal(&s, PROXIMO_EDENIED, "");
    give_known_hosts(&s, RIG_PLAIN, RIG_UNKNOWN);
    expect_refusal(&s, PROXIMO_EDENIED, "ssh-keyscan");
    assert_int_equal(s.fake.connect_count, 0);

    /* The pin wins, whatever known_hosts has; of either type. */
    s.settings.hostkey = offered;
    stand_again(&s);
    expect_exit(&s, "echo pinned", 0, "pinned\n");
    char *ecdsa = rig_fingerprint(&rig, "host_ecdsa.pub"), *rsa = rig_fingerprint(&rig, "host_rsa.pub");
    s.settings.hostkey = ecdsa;
    stand_again(&s);
    expect_exit(&s, "echo pinned", 0, "pinned\n");
    s.settings.hostkey = rsa; /* no key that libssh2 can ask for */
    stand_again(&s);
    expect_refusal(&s, PROXIMO_EDENIED, offered);
    stand_down(&s);
    free(offered);
    free(ecdsa);
    free(rsa);
}

/* Only the type that known_hosts has is asked for: the server would show its ed25519 key otherwise. */
static void host_key_type_follows_known_hosts(void **state)
{
    struct stand s;
    char line[1024];
    (void)state;
    stand_up(&s, RIG_PLAIN, "ed25519");
    char *public = rig_read(&rig, "host_ecdsa.pub", NULL);
    (void)snprintf(line, sizeof(line), "# garbage follows\nthis is no line\nPVE1,other %s", public);
    fake_material(&s.fake, "known_hosts", line, strlen(line));
    expect_exit(&s, "echo ecdsa", 0, "ecdsa\n");
    free(public);
    public = rig_read(&rig, "host_rsa.pub", NULL);
    (void)snprintf(line, sizeof(line), "pve1 %s", public);
    fake_material(&s.fake, "known_hosts", line, strlen(line));
    backend_libssh2.close(s.state);
    assert_int_equal(backend_libssh2.open(&s.fake.host, &s.settings, &s.state), 0);
    expect_refusal(&s, PROXIMO_EDENIED, "only an RSA key");
    free(public);
    stand_down(&s);
}

/* A key revoked while a connection idles is not used any more. */
static void revoked_while_idle(void **state)
{
    struct stand s;
    (void)state;
    stand_up(&s, RIG_PLAIN, "ed25519");
    expect_exit(&s, "echo one", 0, "one\n");
    expect_exit(&s, "echo two", 0, "two\n");
    assert_int_equal(s.fake.connect_count, 0); /* reused */
    give_known_hosts(&s, RIG_PLAIN, RIG_REVOKED);
    expect_refusal(&s, PROXIMO_EDENIED, "");
    stand_down(&s);
}

static void servers_that_cannot_be_had(void **state)
{
    static const struct {
        enum rig_variant variant;
        const char *words;
    } rows[] = {{RIG_RSA_HOST_KEY, "its host keys are"},
                {RIG_ETM_MACS, "its MACs are"},
                {RIG_AEAD_CIPHERS, "its ciphers are"}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stand s;
        stand_up(&s, rows[i].variant, "ed25519");
        if (rows[i].variant == RIG_RSA_HOST_KEY)
            give_known_hosts(&s, RIG_PLAIN, RIG_KNOWN);
        expect_refusal(&s, PROXIMO_EUNAVAIL, rows[i].words);
        assert_non_null(strstr(s.fake.fail_text, "openssh back end"));
        stand_down(&s);
    }
}

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
    const char *times = getenv("PROXIMO_TEST_MUCH");
    (void)state;
    stand_up(&s, RIG_PLAIN, "ed25519");
    for (int i = 0; i < (times ? (int)strlen(times) : 3); i++) {
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
    assert_int_equal(backend_libssh2.run(s.state, &run), PROXIMO_ECANCELLED);
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

static int set_up(void **state)
{
    (void)state;
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

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_that_work),
        cmocka_unit_test(keys_in_pem),
        cmocka_unit_test(ed25519_in_pkcs8),
        cmocka_unit_test(keys_that_do_not),
        cmocka_unit_test(agent),
        cmocka_unit_test(host_keys),
        cmocka_unit_test(host_key_type_follows_known_hosts),
        cmocka_unit_test(revoked_while_idle),
        cmocka_unit_test(servers_that_cannot_be_had),
        cmocka_unit_test(words_arrive),
        cmocka_unit_test(input),
        cmocka_unit_test(much_output),
        cmocka_unit_test(signals),
        cmocka_unit_test(deadlines),
        cmocka_unit_test(cancelled),
        cmocka_unit_test(left_behind),
        cmocka_unit_test(connections_cut),
        cmocka_unit_test(idle),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
