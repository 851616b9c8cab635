/* SPDX-License-Identifier: Apache-2.0 */
/* The approver's own side as a person meets it: making a key in a terminal, and what is refused before a plan
 * is looked at. The road with a server is tests/integration/road/test_approve.c. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "base/file.h"
#include "terminal.h"

#define PASS "correct horse battery"
#define ID   "0123456789abcdef0123456789abcdef"

static char folder[] = "/tmp/proximo-test-XXXXXX";
static char program[PATH_MAX], home[PATH_MAX + 8], key[PATH_MAX], public_key[PATH_MAX + 8];

static int setup(void **state)
{
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");

    (void)state;
    (void)snprintf(program, sizeof program, "%s/proximo", build ? build : ".");
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(home, sizeof home, "HOME=%s", folder);
    (void)snprintf(key, sizeof key, "%s/.config/proximo/approver.key", folder);
    (void)snprintf(public_key, sizeof public_key, "%s.pub", key);
    return access(program, X_OK);
}

static int teardown(void **state)
{
    static const char *const made[] = {".config/proximo/approver.key",
                                       ".config/proximo/approver.key.pub",
                                       ".config/proximo/plain.key",
                                       "open/k",
                                       ".config/proximo",
                                       ".config",
                                       "open"};
    char path[PATH_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, made[i]);
        (void)remove(path);
    }
    return rmdir(folder);
}

static void start(struct terminal *t, const char *const *words)
{
    const char *argv[12] = {program}, *const environment[] = {home, "PATH=/usr/bin:/bin", NULL};

    for (size_t i = 0; words[i] && i < 10; i++)
        argv[i + 1] = words[i];
    terminal_start(t, argv, environment);
}

static int run(const char *const *words, const char *input, char **ret)
{
    const char *argv[12] = {program}, *const environment[] = {home, "PATH=/usr/bin:/bin", NULL};

    for (size_t i = 0; words[i] && i < 10; i++)
        argv[i + 1] = words[i];
    return run_without_terminal(argv, environment, input, ret);
}

static void expect_file(const char *path, unsigned mode)
{
    struct stat st;

    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(st.st_mode & 07777, mode);
}

static void test_key(void **state)
{
    static const char *const words[] = {"keys", "approver", NULL};
    CLEANUP_BUF struct buf pem = BUF_INIT(16384), public_pem = BUF_INIT(16384);
    const struct crypto_module *crypto = crypto_module_get(NULL);
    unsigned char seed[32], public[32], of_seed[32];
    struct terminal t;

    (void)state;
    start(&t, words);
    terminal_type_secret(&t, "12 characters or more", "too short");
    terminal_type_secret(&t, "12 characters or more", PASS);
    terminal_type_secret(&t, "The same again", PASS "x");
    terminal_expect(&t, "They differ");
    terminal_type_secret(&t, "12 characters or more", PASS);
    terminal_type_secret(&t, "The same again", PASS);
    assert_int_equal(terminal_end(&t), 0);
    assert_null(strstr(t.seen.data, "horse")); /* not echoed */
    assert_non_null(strstr(t.seen.data, "-----BEGIN PUBLIC KEY-----"));
    assert_non_null(strstr(t.seen.data, "approver_key: /etc/proximo/approver.pub"));
    assert_non_null(strstr(t.seen.data, "install -o root"));
    terminal_done(&t);
    expect_file(key, 0600);
    expect_file(public_key, 0644);
    struct stat st;
    char above[PATH_MAX];
    (void)snprintf(above, sizeof above, "%s/.config/proximo", folder);
    assert_int_equal(stat(above, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    /* under that passphrase and no other; the public half is its own */
    assert_non_null(crypto);
    assert_int_equal(file_read(key, &pem), 0);
    assert_int_equal(file_read(public_key, &public_pem), 0);
    assert_true(crypto->ed25519_from_pem(pem.data, pem.len, NULL, seed) < 0);
    assert_true(crypto->ed25519_from_pem(pem.data, pem.len, PASS "x", seed) < 0);
    assert_int_equal(crypto->ed25519_from_pem(pem.data, pem.len, PASS, seed), 0);
    assert_int_equal(crypto->ed25519_public(seed, of_seed), 0);
    assert_int_equal(crypto->ed25519_public_from_pem(public_pem.data, public_pem.len, public), 0);
    assert_memory_equal(public, of_seed, 32);
    /* a second key does not take its place */
    char *text = NULL;
    assert_int_equal(run(words, "", &text), 2);
    assert_non_null(strstr(text, "exists already"));
    free(text);
    CLEANUP_BUF struct buf again = BUF_INIT(16384);
    assert_int_equal(file_read(key, &again), 0);
    assert_string_equal(again.data, pem.data);
}

/* No passphrase but from a terminal; no key in a folder that others write in. */
static void test_key_refused(void **state)
{
    char open_folder[PATH_MAX], path[PATH_MAX + 8];
    char *text = NULL;
    struct terminal t;

    (void)state;
    assert_int_equal(run((const char *[]){"keys", "approver", "--force", NULL}, PASS "\n" PASS "\n", &text),
                     2);
    assert_non_null(strstr(text, "no terminal"));
    free(text);
    (void)snprintf(open_folder, sizeof open_folder, "%s/open", folder);
    (void)snprintf(path, sizeof path, "%s/k", open_folder);
    assert_int_equal(mkdir(open_folder, 0700), 0);
    assert_int_equal(chmod(open_folder, 0777), 0);
    start(&t, (const char *[]){"keys", "approver", "--out", path, NULL});
    terminal_type_secret(&t, "12 characters or more", PASS);
    terminal_type_secret(&t, "The same again", PASS);
    assert_int_equal(terminal_end(&t), 1);
    assert_non_null(strstr(t.seen.data, "nobody else can write in"));
    terminal_done(&t);
    assert_int_equal(access(path, F_OK), -1);
    /* who leaves has no key */
    start(&t, (const char *[]){"keys", "approver", "--out", path, NULL});
    terminal_type_secret(&t, "12 characters or more", "\x03");
    assert_int_equal(terminal_end(&t), 2);
    terminal_done(&t);
    assert_int_equal(access(path, F_OK), -1);
}

/* What is wrong before anybody is asked anything. */
static void test_approve_refused(void **state)
{
    static const struct {
        const char *words[8];
        int status;
        const char *code, *cause;
    } rows[] = {
        {{"approve"}, 2, "PX-ARG", ""},
        {{"approve", "nonsense"}, 2, "PX-ARG", "not a plan id"},
        {{"approve", "../../etc/passwd"}, 2, "PX-ARG", "not a plan id"},
        {{"approve", ID, "--via", "a; b"}, 2, "PX-ARG", "no shell reads this"},
        {{"approve", ID, "--via", ""}, 2, "PX-ARG", ""},
        {{"approve", ID, "--via", "ssh host", "--config", "/x;reboot"}, 2, "PX-ARG", "letters, digits"},
        {{"approve", ID}, 1, "PX-CONSENT", "no terminal"},
        {{"approve", ID, "--via", "env"}, 1, "PX-CONSENT", "no terminal"},
        {{"consent", "add", ID}, 1, "PX-", ""},
        {{"consent", "check", "--key", "/does/not/exist"}, 2, "PX-ARG", "not a public Ed25519 key"},
        {{"consent", "check"}, 2, "PX-ARG", "--key is missing"},
        {{"plan", "show", ID, "--raw"}, 1, "PX-PLAN", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *text = NULL;
        const int status = run(rows[i].words, "a line\n", &text);
        if (status != rows[i].status || !strstr(text, rows[i].code) || !strstr(text, rows[i].cause))
            fail_msg("row %zu: %d: %s", i, status, text);
        free(text);
    }
}

/* What the other side gives is no plan, or nothing. */
static void test_far_side(void **state)
{
    static const struct {
        const char *via, *cause;
    } rows[] = {
        {"false", "ended with status 1"},
        {"/does/not/exist", "cannot be started"},
        {"echo", "PX-"},
        {"true", "PX-"},
        {"sh -c yes", "cannot be read"}, /* without an end */
        {"printf '{\"format\":\"proximo-plan-1\"}'", "this plan has no"},
    };
    struct terminal t;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start(&t, (const char *[]){"approve", ID, "--via", rows[i].via, NULL});
        const int status = terminal_end(&t);
        if (status == 0 || !strstr(t.seen.data, rows[i].cause))
            fail_msg("row %zu: %d: %s", i, status, t.seen.data);
        terminal_done(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_key), cmocka_unit_test(test_key_refused),
                                       cmocka_unit_test(test_approve_refused),
                                       cmocka_unit_test(test_far_side)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
