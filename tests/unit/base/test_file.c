/* SPDX-License-Identifier: Apache-2.0 */
/* Files: secrets, atomic writing, reading with a limit. Everything happens in a folder of its own. */
#include <errno.h>
#include <fcntl.h>
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

#include "base/buf.h"
#include "base/file.h"
#include "base/problem.h"

static char folder[] = "/tmp/proximo-test-XXXXXX";
static char path[PATH_MAX], other[PATH_MAX];

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    (void)snprintf(path, sizeof path, "%s/secret", folder);
    (void)snprintf(other, sizeof other, "%s/link", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(path);
    (void)unlink(other);
    return rmdir(folder);
}

static void test_write_and_read(void **state)
{
    CLEANUP_BUF struct buf out = BUF_INIT(16);
    struct stat st;

    (void)state;
    assert_int_equal(file_write_atomic(path, "hello\n", 6, 0600), 0);
    assert_int_equal(file_write_atomic(path, "again\n", 6, 0600), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(file_read(path, &out), 0);
    assert_string_equal(out.data, "again\n");
    buf_reset(&out);
    assert_int_equal(file_write_atomic(path, "seventeen bytes!!", 17, 0600), 0);
    assert_int_equal(file_read(path, &out), -EFBIG);
    buf_reset(&out);
    assert_int_equal(file_read(folder, &out), -EISDIR);
    assert_int_equal(symlink(path, other), 0);
    assert_int_equal(file_read(other, &out), -ELOOP);
    assert_int_equal(unlink(other), 0);
    assert_int_equal(file_read(other, &out), -ENOENT);
    assert_int_equal(file_write_atomic("/proc/none/file", "x", 1, 0600), -ENOENT);
}

static void test_secret(void **state)
{
    struct problem p = PROBLEM_INIT;
    int fd = -1;

    (void)state;
    assert_int_equal(file_write_atomic(path, "s", 1, 0600), 0);
    assert_int_equal(file_open_secret(path, &fd, &p), 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    fd_close(&fd);
    assert_int_equal(fd, -1);
    const mode_t open_modes[] = {0640, 0604, 0620, 0602, 0610, 0601};
    for (size_t i = 0; i < sizeof open_modes / sizeof open_modes[0]; i++) {
        assert_int_equal(chmod(path, open_modes[i]), 0);
        assert_int_equal(file_open_secret(path, &fd, &p), -EACCES);
        assert_string_equal(p.code, PX_SECRET_FILE);
        assert_non_null(strstr(p.next, "chmod 600"));
    }
    assert_int_equal(chmod(path, 0400), 0);
    assert_int_equal(file_open_secret(path, &fd, &p), 0);
    fd_close(&fd);
    assert_int_equal(symlink(path, other), 0);
    assert_int_equal(file_open_secret(other, &fd, &p), -ELOOP);
    assert_int_equal(unlink(other), 0);
    assert_int_equal(file_open_secret(other, &fd, &p), -ENOENT);
    assert_int_equal(mkfifo(other, 0600), 0);
    assert_int_equal(file_open_secret(other, &fd, &p), -EACCES); /* and does not wait for a writer */
    assert_int_equal(unlink(other), 0);
    assert_int_equal(file_open_secret(folder, &fd, &p), -EACCES);
    assert_int_equal(fd, -1);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 12345, 12345), 0);
        assert_int_equal(file_open_secret(path, &fd, &p), -EACCES);
    }
}

static void test_dirs_and_home(void **state)
{
    char deep[PATH_MAX];

    (void)state;
    (void)snprintf(deep, sizeof deep, "%s/a/b//c", folder);
    assert_int_equal(file_make_dirs(deep, 0700), 0);
    assert_int_equal(file_make_dirs(deep, 0700), 0);
    assert_int_equal(file_make_dirs(path, 0700), -ENOTDIR);
    assert_int_equal(file_make_dirs("", 0700), -ENOENT);
    static const char *const made[] = {"a/b/c", "a/b", "a"};
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(deep, sizeof deep, "%s/%s", folder, made[i]);
        assert_int_equal(rmdir(deep), 0);
    }
    assert_int_equal(setenv("HOME", "/home/x", 1), 0);
    static const char *const rows[][2] = {
        {"~/a", "/home/x/a"}, {"~", "/home/x"}, {"/a", "/a"}, {"~a/b", "~a/b"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CLEANUP_FREE char *got = file_expand_home(rows[i][0]);
        assert_string_equal(got, rows[i][1]);
    }
    assert_int_equal(setenv("HOME", "relative", 1), 0);
    CLEANUP_FREE char *from_passwd = file_expand_home("~/a");
    assert_int_equal(from_passwd[0], '/');
}

static void test_program_dir(void **state)
{
    const char *dir = file_program_dir();

    (void)state;
    assert_non_null(dir);
    assert_int_equal(dir[0], '/');
    assert_int_equal(access(dir, X_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_write_and_read),
        cmocka_unit_test(test_secret),
        cmocka_unit_test(test_dirs_and_home),
        cmocka_unit_test(test_program_dir),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
