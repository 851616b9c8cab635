/* SPDX-License-Identifier: Apache-2.0 */
/* The built program: exit statuses, what goes to which descriptor, `config` and `init` end to end. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "run.h"

static char folder[] = "/tmp/proximo-test-XXXXXX";

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) && run_setup(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    char command_line[64];

    (void)state;
    static const char *const made[] = {"c.yaml",        "c.yaml.lab.token", "lab.token",
                                       "sub/lab.token", "bad.yaml",         "sub/q.yaml",
                                       "sub/t",         "sub/first.key",    "sub"};
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        (void)snprintf(command_line, sizeof command_line, "%s/%s", folder, made[i]);
        (void)remove(command_line);
    }
    return rmdir(folder);
}

/* Nothing but `serve` starts a server: wrong words end at once, say so on stderr, and leave stdout alone. */
static void test_usage(void **state)
{
    static const struct {
        const char *words[WORDS_MAX];
        int status;
        const char *out, *err; /* NULL: nothing at all */
    } rows[] = {
        {{NULL}, 2, NULL, "usage: proximo COMMAND"},
        {{"srve"}, 2, NULL, "did you mean `proximo serve`?"},
        {{"stdio"}, 2, NULL, "unknown command"},
        {{"-v"}, 2, NULL, "unknown command"},
        {{"serve", "--nope"}, 2, NULL, "usage: proximo serve"},
        {{"serve", "extra"}, 2, NULL, "usage: proximo serve"},
        {{"--help"}, 0, "usage: proximo COMMAND", NULL},
        {{"serve", "--help"}, 0, "usage: proximo serve", NULL},
        {{"config", "--help"}, 0, "sites.*.url", NULL},
        {{"help", "init"}, 0, "usage: proximo init", NULL},
        {{"help", "config"}, 0, "config check FILE", NULL},
        {{"help", "nope"}, 2, NULL, "unknown command"},
        {{"version"}, 0, "plane ABI 0.", NULL},
        {{"--version"}, 0, "proximo ", NULL},
        {{"config", "keys"}, 0, "ledger.redact", NULL},
        {{"config", "check", "/does/not/exist"}, 2, NULL, "no such file"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CLEANUP_OUTCOME struct outcome o = run(rows[i].words, "", NULL);
        const char *name = rows[i].words[0] ? rows[i].words[0] : "(none)";
        if (o.status != rows[i].status)
            fail_msg("%s: %d: %s", name, o.status, o.err.data);
        if (rows[i].out ? !strstr(o.out.data, rows[i].out) : o.out.len != 0)
            fail_msg("%s: stdout: %s", name, o.out.data);
        if (rows[i].err ? !strstr(o.err.data, rows[i].err) : o.err.len != 0)
            fail_msg("%s: stderr: %s", name, o.err.data);
    }
}

static void test_config(void **state)
{
    char file[PATH_MAX], bad[PATH_MAX];
    const char yaml[] = "sites: {lab: {url: 'https://127.0.0.1', token_file: /t}}\n";

    (void)state;
    (void)snprintf(file, sizeof file, "%s/c.yaml", folder);
    (void)snprintf(bad, sizeof bad, "%s/bad.yaml", folder);
    assert_int_equal(file_write_atomic(file, yaml, sizeof yaml - 1, 0600), 0);
    assert_int_equal(file_write_atomic(bad, "\nmod: x\n", 8, 0600), 0);
    {
        CLEANUP_OUTCOME struct outcome o = run((const char *[]){"config", "check", file, NULL}, "", NULL);
        assert_int_equal(o.status, 0);
        assert_non_null(strstr(o.out.data, "good. mode read, 1 site, every built-in plane"));
    }
    {
        CLEANUP_OUTCOME struct outcome o = run((const char *[]){"config", "check", bad, NULL}, "", NULL);
        assert_int_equal(o.status, 2);
        assert_non_null(strstr(o.err.data, "bad.yaml:2:1: unknown key `mod`. Next: did you mean `mode`?"));
    }
    {
        CLEANUP_OUTCOME struct outcome o =
            run((const char *[]){"config", "show", "--config", file, "--json", NULL}, "", "PROXIMO_NODE=n1");
        CLEANUP_JSON struct json_object *json = NULL;
        assert_int_equal(o.status, 0);
        assert_int_equal(json_parse(o.out.data, o.out.len, &json, NULL), 0);
        assert_non_null(strstr(o.out.data, "environment PROXIMO_NODE"));
    }
    {
        CLEANUP_OUTCOME struct outcome o =
            run((const char *[]){"config", "show", NULL}, "", "PROXIMO_NODES=n1");
        assert_int_equal(o.status, 2);
        assert_non_null(strstr(o.err.data, "did you mean PROXIMO_NODE?"));
    }
    /* a plane that is not there stops the start, so the check says so */
    assert_int_equal(file_write_atomic(file, "planes: [nodse]\n", 16, 0600), 0);
    {
        CLEANUP_OUTCOME struct outcome o = run((const char *[]){"config", "check", file, NULL}, "", NULL);
        assert_int_equal(o.status, 2);
        assert_non_null(strstr(o.err.data, "names the plane \"nodse\""));
        assert_non_null(strstr(o.err.data, "nodes"));
    }
    /* nor does a misspelt name in tools.deny go unsaid */
    const char tools[] = "tools: {deny: [pve_list_guest, pve_guest_status, guests, proximo_status]}\n";
    assert_int_equal(file_write_atomic(file, tools, sizeof tools - 1, 0600), 0);
    {
        CLEANUP_OUTCOME struct outcome o = run((const char *[]){"doctor", "--config", file, NULL}, "", NULL);
        assert_int_equal(o.status, 1);
        assert_non_null(strstr(o.out.data, "is called pve_list_guest.\n"));
    }
    assert_int_equal(unlink(file), 0);
}

static void test_init(void **state)
{
    static const char answers[] = "Lab\nlab\n\nhttp://127.0.0.1\nhttps://127.0.0.1:18006/\nfingerprint\n"
                                  "AA:BB:CC:DD:EE:FF:00:11:AA:BB:CC:DD:EE:FF:00:11:"
                                  "AA:BB:CC:DD:EE:FF:00:11:AA:BB:CC:DD:EE:FF:00:11\n"
                                  "\n\nnot-a-token\nme@pve!ro\n s3cret-value \npve1\n\nnodse\nnodes guests\n";
    CLEANUP_BUF struct buf token = BUF_INIT(4096);
    char file[PATH_MAX], token_file[PATH_MAX];
    struct stat st;

    (void)state;
    (void)snprintf(file, sizeof file, "%s/c.yaml", folder);
    (void)snprintf(token_file, sizeof token_file, "%s/lab.token", folder);
    const char *const words[] = {"init", "--config", file, NULL};
    {
        CLEANUP_OUTCOME struct outcome o = run(words, answers, NULL);
        if (o.status != 0)
            fail_msg("%s", o.err.data);
        assert_null(strstr(o.out.data, "s3cret"));
        assert_null(strstr(o.err.data, "s3cret"));
        assert_non_null(strstr(o.out.data, "\"args\":[\"serve\",\"--config\","));
        assert_non_null(strstr(o.err.data, "--roles PVEAuditor"));
        assert_non_null(strstr(o.err.data, "must begin with https://"));
        assert_non_null(strstr(o.err.data, "there is no plane of that name"));
    }
    assert_int_equal(file_read(token_file, &token), 0);
    assert_string_equal(token.data, "me@pve!ro=s3cret-value\n");
    assert_int_equal(stat(token_file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    {
        CLEANUP_OUTCOME struct outcome o =
            run((const char *[]){"config", "show", "--config", file, NULL}, "", NULL);
        assert_int_equal(o.status, 0);
        assert_non_null(strstr(o.out.data, "https://127.0.0.1:18006"));
        assert_non_null(strstr(o.out.data, "planes.guests.mode"));
    }
    {
        CLEANUP_OUTCOME struct outcome o = run(words, answers, NULL);
        assert_int_equal(o.status, 2);
        assert_non_null(strstr(o.err.data, "exists already"));
    }
    /* input that ends early writes nothing */
    (void)snprintf(file, sizeof file, "%s/sub/q.yaml", folder);
    {
        CLEANUP_OUTCOME struct outcome o = run(words, "lab\npve\n", NULL);
        assert_int_equal(o.status, 2);
        assert_non_null(strstr(o.err.data, "nothing was written"));
        assert_int_equal(access(file, F_OK), -1);
    }
    /* an existing token file is named, not copied; a Backup Server's token has a colon */
    {
        static const char pbs[] = "b\npbs\nhttps://127.0.0.1\nsystem\n\n~/sub/t\nme@pbs!ro\nx\nguarded\n\n";
        CLEANUP_OUTCOME struct outcome o = run(words, pbs, NULL);
        if (o.status != 0)
            fail_msg("%s", o.err.data);
        (void)snprintf(token_file, sizeof token_file, "%s/sub/t", folder);
        buf_reset(&token);
        assert_int_equal(file_read(token_file, &token), 0);
        assert_string_equal(token.data, "me@pbs!ro:x\n");
        assert_non_null(strstr(o.err.data, "proxmox-backup-manager"));
    }
}

/* Reads from the terminal until `mark` was seen or the other side is gone. */
static void read_until(int terminal, struct buf *seen, const char *mark)
{
    while (seen->len == 0 || !strstr(seen->data, mark)) {
        char piece[512];
        ssize_t n = read(terminal, piece, sizeof piece);
        if (n <= 0)
            return;
        buf_add(seen, piece, (size_t)n);
    }
}

/* On a terminal the secret is not echoed, and Ctrl-C at it ends the questions with the echo back on. */
/* Of the default state folder. */
static void forget_ledger(void)
{
    static const char *const made[] = {"audit.log", "audit.log.lock",    "audit.log.tree",
                                       "audit.key", "audit.signing.pem", "audit.signing.pem.pub"};
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/.local/state/proximo/%s", folder, made[i]);
        (void)remove(path);
    }
    static const char *const folders[] = {".local/state/proximo", ".local/state", ".local"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, folders[i]);
        (void)rmdir(path);
    }
}

static void test_terminal(void **state)
{
    static const char before[] = "lab\npve\nhttps://127.0.0.1\nsystem\n\n\nme@pve!ro\n";
    static const char *const secrets[] = {"xx\x15s3cret-valuX\x7f"
                                          "e\n\nread\n\n",
                                          "s3cr\x03"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        CLEANUP_BUF struct buf seen = BUF_INIT(1 << 20);
        char file[PATH_MAX + 16];
        struct termios settings;
        int terminal, status = 0;
        (void)snprintf(file, sizeof file, "%s/sub/q.yaml", folder);
        pid_t pid = forkpty(&terminal, NULL, NULL, NULL);
        assert_true(pid >= 0);
        if (pid == 0) {
            char *const environment[] = {home, NULL};
            char init[] = "init", config[] = "--config", force[] = "--force";
            (void)execve(program, (char *const[]){program, init, config, file, force, NULL}, environment);
            _exit(126);
        }
        assert_int_equal(fd_write_all(terminal, before, sizeof before - 1), 0);
        read_until(terminal, &seen, "(not shown)");
        /* the program flushes what was typed before it had switched the echo off */
        for (int wait = 0; wait < 200 && tcgetattr(terminal, &settings) == 0 && (settings.c_lflag & ECHO);
             wait++)
            (void)usleep(5000);
        assert_int_equal(settings.c_lflag & ECHO, 0);
        assert_int_equal(fd_write_all(terminal, secrets[i], strlen(secrets[i])), 0);
        read_until(terminal, &seen, i == 0 ? "proximo doctor --config" : "not all answered");
        if (i == 0) { /* the ledger is made, and its first key is shown to be kept elsewhere */
            read_until(terminal, &seen, "\nkey ");
            assert_non_null(strstr(seen.data, "proximo-ledger-key-1"));
            assert_null(strstr(seen.data, "derive"));
        }
        assert_int_equal(tcgetattr(terminal, &settings), 0);
        assert_true(settings.c_lflag & ECHO);
        assert_null(strstr(seen.data, "s3cr"));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(WEXITSTATUS(status), i == 0 ? 0 : 2);
        CLEANUP_BUF struct buf token = BUF_INIT(4096);
        (void)snprintf(file, sizeof file, "%s/sub/lab.token", folder);
        assert_int_equal(file_read(file, &token), 0);
        assert_string_equal(token.data, "me@pve!ro=s3cret-value\n");
        (void)close(terminal);
    }
    /* a second time to a file; never over one that is there; not into a pipe unasked */
    char file[PATH_MAX + 16], kept[PATH_MAX + 16];
    (void)snprintf(file, sizeof file, "%s/sub/q.yaml", folder);
    (void)snprintf(kept, sizeof kept, "%s/sub/first.key", folder);
    const char *const words[] = {"audit", "escrow", "--config", file, "--out", kept, NULL};
    for (int i = 0; i < 2; i++) {
        CLEANUP_OUTCOME struct outcome o = run(words, "", NULL);
        assert_int_equal(o.status, i == 0 ? 0 : 2);
        assert_int_equal(o.out.len, 0);
        assert_non_null(strstr(o.err.data, i == 0 ? "keep it away" : "File exists"));
    }
    forget_ledger();
}

/* The evidence is read with --file alone, or from the default folder when the configuration is wrong. */
static void test_audit(void **state)
{
    static const struct {
        const char *words[WORDS_MAX];
        int status;
        const char *out;
    } rows[] = {
        {{"audit", "verify", "--file", "LOG", "--key", "KEY"}, 0, ": good\n3 good records"},
        {{"audit", "verify", "--file", "LOG", "--key", "KEY", "--json"}, 0, "\"verdict\":\"ok\""},
        {{"audit", "verify", "--file", "LOG"}, 5, "seals not checked"},
        {{"audit", "verify", "--file", "LOG", "--expected-head", "ZEROS"}, 6, "BEHIND"},
        {{"audit", "verify", "--file", "LOG", "--expected-head", "abc"}, 2, ""},
        {{"audit", "verify", "--file", "/does/not/exist"}, 7, "missing"},
        {{"audit", "verify", "--config", "/does/not/exist"}, 7, "proximo/audit.log: missing"},
        {{"audit", "head", "--file", "LOG", "--key", "KEY"}, 0, "\n"},
        {{"audit", "show", "--file", "LOG"}, 0, "\n       3  "},
        {{"audit", "show", "--file", "LOG", "--limit", "1"}, 0, "       3  "},
        {{"audit", "show", "2", "--file", "LOG"}, 0, "          hash: "},
        {{"audit", "show", "2", "--file", "LOG", "--json"}, 0, "{\"v\":1,\"seq\":2,"},
        {{"audit", "show", "9", "--file", "LOG"}, 1, ""},
        {{"audit", "show", "--file", "LOG", "--limit", "0"}, 2, ""},
        {{"audit", "show", "two", "--file", "LOG"}, 2, ""},
    };
    const char *source = getenv("PROXIMO_TEST_SOURCE_DIR");
    char log[PATH_MAX], key[PATH_MAX], zeros[65];

    (void)state;
    if (!source)
        skip();
    (void)snprintf(log, sizeof log, "%s/tests/unit/ledger/golden/v1.log", source);
    (void)snprintf(key, sizeof key, "%s/t.key", folder);
    memset(zeros, '0', 64);
    zeros[64] = '\0';
    CLEANUP_BUF struct buf bytes = BUF_INIT(1000);
    char golden[PATH_MAX];
    (void)snprintf(golden, sizeof golden, "%s/tests/unit/ledger/golden/v1.key", source);
    assert_int_equal(file_read(golden, &bytes), 0);
    int fd = open(key, O_WRONLY | O_CREAT | O_CLOEXEC, 0600); /* a checkout may leave the mode too open */
    assert_int_equal(fd_write_all(fd, bytes.data, bytes.len), 0);
    (void)close(fd);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *words[WORDS_MAX] = {NULL};
        for (size_t k = 0; k < WORDS_MAX && rows[i].words[k]; k++) {
            const char *word = rows[i].words[k];
            words[k] = strcmp(word, "LOG") == 0     ? log
                       : strcmp(word, "KEY") == 0   ? key
                       : strcmp(word, "ZEROS") == 0 ? zeros
                                                    : word;
        }
        CLEANUP_OUTCOME struct outcome o = run(words, "", NULL);
        if (o.status != rows[i].status || !strstr(o.out.data, rows[i].out))
            fail_msg("row %zu: %d, %s%s", i, o.status, o.out.data, o.err.data);
        if (strcmp(words[2], "--config") == 0)
            assert_non_null(strstr(o.err.data, "note: PX-CONFIG"));
    }
    (void)unlink(key);
}

/* `proximo explain`: every code by any of its spellings, a list, and an unknown one with what is near. */
static void test_explain(void **state)
{
    (void)state;
    {
        CLEANUP_OUTCOME struct outcome o = run((const char *[]){"explain", "PX-PRIVILEGE", NULL}, "", NULL);
        assert_int_equal(o.status, 0);
        assert_non_null(strstr(o.out.data, "intersection"));
        assert_non_null(strstr(o.out.data, "Next: "));
    }
    {
        CLEANUP_OUTCOME struct outcome o = run((const char *[]){"explain", "not_found", NULL}, "", NULL);
        assert_int_equal(o.status, 0);
        assert_non_null(strstr(o.out.data, "PX-NOT-FOUND\n"));
    }
    {
        CLEANUP_OUTCOME struct outcome o = run((const char *[]){"explain", NULL}, "", NULL);
        assert_int_equal(o.status, 0);
        assert_non_null(strstr(o.out.data, "PX-ARG "));
        assert_non_null(strstr(o.out.data, "PX-INTERNAL "));
    }
    {
        CLEANUP_OUTCOME struct outcome o = run((const char *[]){"explain", "PX-PRIVILAGE", NULL}, "", NULL);
        assert_int_equal(o.status, 2);
        assert_non_null(strstr(o.err.data, "PX-PRIVILEGE"));
    }
    {
        CLEANUP_OUTCOME struct outcome o = run((const char *[]){"explain", "--json", NULL}, "", NULL);
        CLEANUP_JSON struct json_object *list = NULL;
        assert_int_equal(json_parse(o.out.data, o.out.len, &list, NULL), 0);
        assert_true(json_object_array_length(list) >= 40);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_usage), cmocka_unit_test(test_config),
                                       cmocka_unit_test(test_init),  cmocka_unit_test(test_terminal),
                                       cmocka_unit_test(test_audit), cmocka_unit_test(test_explain)};

    return cmocka_run_group_tests(tests, setup, teardown);
}
