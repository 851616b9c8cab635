/* SPDX-License-Identifier: Apache-2.0 */
/* Quoting, through real shells: what `printf` gets is what was given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/exec/fake.h"

#include <cmocka.h>

static const char mark[] = "0123456789abcdef0123456789abcdef";

/* Runs `shell -c line`; its output, malloc'd. */
static char *output_of(const char *shell, const char *line, size_t *ret_len, int *ret_status)
{
    static char space[1 << 20];
    size_t len = 0;
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (dup2(ends[1], 1) < 0)
            _exit(126);
        (void)close(ends[0]);
        (void)execlp(shell, shell, "-c", line, (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    for (ssize_t n; (n = read(ends[0], space + len, sizeof(space) - len)) > 0;)
        len += (size_t)n;
    (void)close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    *ret_len = len;
    *ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return space;
}

static void check(struct fake *fake, const char *word)
{
    static const char *const shells[] = {"sh", "bash"};
    struct backend_run run;
    fake_run_words(fake, &run, "pve1", "printf", "%s|%s", word, word, NULL);
    for (int i = 0; i < 4; i++) {
        struct proximo_text line;
        size_t len = 0, word_len = strlen(word);
        int status = -1;
        assert_int_equal(i < 2 ? backend_command_line(&run, &line) : backend_marked_line(&run, mark, &line),
                         0);
        assert_int_equal(strlen(line.ptr), line.len);
        char *out = output_of(shells[i % 2], line.ptr, &len, &status);
        if (status == 127 && i % 2)
            continue; /* no bash here */
        assert_int_equal(status, 0);
        assert_int_equal(len, 2 * word_len + 1);
        assert_memory_equal(out, word, word_len);
        assert_memory_equal(out + word_len + 1, word, word_len);
    }
}

static void every_byte(void **state)
{
    static const char *const words[] = {
        "",   " ", "'", "''", "'\\''", "a'b'c",       "$(id)", "`id`",     "$HOME",    "\\", "a\\",
        "!!", "*", "~", "-n", "a=b",   "a;b|c&d>e<f", "\n",    "\xc3\xa4", "\xff\xfe", "%s", "{a,b}"};
    struct fake fake;
    char all[256];
    (void)state;
    fake_init(&fake);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        check(&fake, words[i]);
    for (int i = 1; i < 256; i++)
        all[i - 1] = (char)i;
    all[255] = '\0';
    check(&fake, all);
    /* Each byte alone, in one command. */
    struct proximo_text words_of_one[256], line;
    struct backend_run run;
    fake_run_words(&fake, &run, "pve1", "true", NULL);
    words_of_one[0] = (struct proximo_text){"printf", 6};
    for (int i = 1; i < 256; i++)
        words_of_one[i] = (struct proximo_text){&all[i - 1], 1};
    words_of_one[1] = (struct proximo_text){"%s\x01", 3};
    run.argv = words_of_one;
    run.argc = 256;
    assert_int_equal(backend_command_line(&run, &line), 0);
    size_t len = 0;
    int status = -1;
    char *out = output_of("sh", line.ptr, &len, &status);
    assert_int_equal(status, 0);
    assert_int_equal(len, 2 * 254);
    for (int i = 0; i < 254; i++)
        assert_int_equal((unsigned char)out[2 * i], i + 2);
    fake_done(&fake);
}

static void refused(void **state)
{
    struct proximo_text line, words[] = {{"echo", 4}, {"a\0b", 3}}, dash[] = {{"-rf", 3}},
                              empty[] = {{"", 0}};
    struct backend_run run;
    struct fake fake;
    (void)state;
    fake_init(&fake);
    fake_run_words(&fake, &run, "pve1", "echo", NULL);
    run.argv = words;
    run.argc = 2;
    assert_int_equal(backend_command_line(&run, &line), PROXIMO_EINVAL);
    assert_non_null(strstr(fake.fail_text, "word 2"));
    run.argv = dash;
    run.argc = 1;
    assert_int_equal(backend_command_line(&run, &line), PROXIMO_EINVAL);
    run.argv = empty;
    assert_int_equal(backend_command_line(&run, &line), PROXIMO_EINVAL);
    run.argc = 0;
    assert_int_equal(backend_command_line(&run, &line), PROXIMO_EINVAL);
    fake_done(&fake);
}

static void ends(void **state)
{
    static const struct {
        const char *script;
        int64_t deadline_ms;
        int status;
    } rows[] = {
        {"exit 7", 5000, 7},          {"sleep 5", 300, 124}, {"no-such-command-here 2>/dev/null", 5000, 127},
        {"kill -USR1 $$", 5000, -10}, {"exit 0", 0, 124},    {"test -z \"$PROXIMO_RUN\"", 5000, 0}};
    struct fake fake;
    (void)state;
    fake_init(&fake);
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        struct backend_run run;
        struct proximo_text line;
        size_t len = 0;
        int status = -1;
        fake_run_words(&fake, &run, "pve1", "sh", "-c", i / 2 == 4 ? "sleep 1" : rows[i / 2].script, NULL);
        run.deadline_ms = rows[i / 2].deadline_ms;
        assert_int_equal(i % 2 ? backend_command_line(&run, &line) : backend_marked_line(&run, mark, &line),
                         0);
        (void)output_of("sh", line.ptr, &len, &status);
        if (status != rows[i / 2].status)
            fail_msg("%s: %d", line.ptr, status);
    }
    fake_done(&fake);
}

/* A marked command is found by its mark and ended, stubborn or not; and only that one. */
static void ended_by_mark(void **state)
{
    static const char *const scripts[] = {"sleep 30", "trap '' TERM; sleep 30; sleep 30", "sleep 30 & wait"};
    struct fake fake;
    (void)state;
    fake_init(&fake);
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        struct backend_run run;
        struct proximo_text line, end;
        size_t len = 0;
        int status = -1, ended = 0;
        fake_run_words(&fake, &run, "pve1", "sh", "-c", scripts[i], NULL);
        assert_int_equal(backend_marked_line(&run, mark, &line), 0);
        assert_int_equal(backend_end_line(&run, mark, &end), 0);
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            (void)execlp("sh", "sh", "-c", line.ptr, (char *)NULL);
            _exit(127);
        }
        (void)usleep(200000);
        /* As sshd would, this process takes away the one that ended. */
        pid_t reaper = fork();
        if (reaper == 0) {
            (void)output_of("sh", end.ptr, &len, &status);
            _exit(status);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) >= 124);
        assert_int_equal(waitpid(reaper, &ended, 0), reaper);
        assert_int_equal(WEXITSTATUS(ended), BACKEND_END_GONE);
        (void)output_of("sh", end.ptr, &len, &status);
        assert_int_equal(status, BACKEND_END_NOT_FOUND);
    }
    fake_done(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte),
        cmocka_unit_test(refused),
        cmocka_unit_test(ends),
        cmocka_unit_test(ended_by_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
