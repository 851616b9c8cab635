/* SPDX-License-Identifier: Apache-2.0 */
/* Frozen: presence alone counts, and so does every doubt whether it is there. */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "trust/trust.h"

#define NOBODY 65534

static char state[160], system_file[160];

static void touch(const char *path, const char *text)
{
    assert_int_equal(file_write_atomic(path, text, strlen(text), 0600), 0);
}

/* What each row does to the folder before it is looked at. */
static void nothing(const char *path)
{
    (void)path;
}
static void plain(const char *path)
{
    touch(path, "{\"reason\":\"storm \\u001b[31mwarning\"}\n");
}
static void empty(const char *path)
{
    touch(path, "");
}
static void garbage(const char *path)
{
    touch(path, "{{{{");
}
static void folder(const char *path)
{
    assert_int_equal(mkdir(path, 0700), 0);
}
static void dangling(const char *path)
{
    assert_int_equal(symlink("/nonexistent/nowhere", path), 0);
}
static void loop(const char *path)
{
    assert_int_equal(symlink(path, path), 0);
}
static void pipe_file(const char *path)
{
    assert_int_equal(mkfifo(path, 0600), 0);
}
static void no_folder(const char *path)
{
    (void)path;
    assert_int_equal(rmdir(state), 0);
}
static void file_for_folder(const char *path)
{
    (void)path;
    assert_int_equal(rmdir(state), 0);
    touch(state, "");
}
static void loop_for_folder(const char *path)
{
    (void)path;
    assert_int_equal(rmdir(state), 0);
    assert_int_equal(symlink(state, state), 0);
}

static const struct row {
    const char *name;
    void (*make)(const char *path);
    bool system; /* at root's switch instead of the state folder's */
    bool there;
    bool frozen;
} rows[] = {
    {"nothing", nothing, false, true, false},
    {"a file", plain, false, true, true},
    {"an empty file", empty, false, true, true},
    {"a file that is no JSON", garbage, false, true, true},
    {"a folder", folder, false, true, true},
    {"a dangling link", dangling, false, true, true},
    {"a link to itself", loop, false, true, true},
    {"a pipe", pipe_file, false, true, true},
    {"no state folder yet", no_folder, false, false, false},
    {"no state folder any more", no_folder, false, true, true},
    {"a file for a state folder", file_for_folder, false, false, true},
    {"a loop for a state folder", loop_for_folder, false, false, true},
    {"root's switch", empty, true, true, true},
    {"root's switch as a folder", folder, true, true, true},
    {"root's switch as a dangling link", dangling, true, true, true},
};

static void test_doubt(void **context)
{
    (void)context;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char dir[] = "/tmp/proximo-frozen.XXXXXX", path[200];
        struct problem p = PROBLEM_INIT;
        assert_non_null(mkdtemp(dir));
        (void)snprintf(state, sizeof(state), "%s/state", dir);
        (void)snprintf(system_file, sizeof(system_file), "%s/system", dir);
        assert_int_equal(mkdir(state, 0700), 0);
        (void)snprintf(path, sizeof(path), "%s/frozen", state);
        rows[i].make(rows[i].system ? system_file : path);
        const int r = limits_frozen_at(state, rows[i].there, system_file, &p);
        if ((r < 0) != rows[i].frozen)
            print_error("%s: %d %s\n", rows[i].name, r, p.cause);
        assert_int_equal(r, rows[i].frozen ? -EPERM : 0);
        if (rows[i].frozen)
            rig_teaches(&p, "PX-FROZEN");
        if (rows[i].make == plain) { /* the reason is shown, its escapes are not */
            assert_non_null(strstr(p.cause, "storm"));
            assert_null(strchr(p.cause, 0x1b));
        }
        (void)unlink(path), (void)rmdir(path), (void)unlink(system_file), (void)rmdir(system_file);
        (void)unlink(state), (void)rmdir(state), (void)rmdir(dir);
    }
}

/* A switch below a file, and a folder that this user may not look into. */
static void test_unreadable(void **context)
{
    char dir[] = "/tmp/proximo-frozen.XXXXXX", inside[300], below[200];
    struct problem p = PROBLEM_INIT;
    int status = 0;

    (void)context;
    assert_non_null(mkdtemp(dir));
    (void)snprintf(inside, sizeof(inside), "%s/closed", dir);
    assert_int_equal(mkdir(inside, 0700), 0);
    assert_int_equal(chmod(dir, 0711), 0);
    if (geteuid() != 0)
        assert_int_equal(chmod(inside, 0), 0);
    (void)snprintf(below, sizeof(below), "%.100s/closed/frozen", dir);
    const pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && (setgid(NOBODY) < 0 || setuid(NOBODY) < 0))
            _exit(9);
        _exit((limits_frozen_at(inside, true, "/nonexistent", &p) == -EPERM ? 0 : 1) +
              (limits_frozen_at(NULL, true, below, &p) == -EPERM ? 0 : 2));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    touch(below, "");
    (void)snprintf(inside, sizeof(inside), "%s/below", below);
    assert_int_equal(limits_frozen_at(NULL, true, inside, &p), -EPERM); /* ENOTDIR */
    (void)unlink(below);
    *strrchr(below, '/') = '\0';
    (void)chmod(below, 0700), (void)rmdir(below), (void)rmdir(dir);
}

static void test_switch(void **context)
{
    struct problem p = PROBLEM_INIT;
    struct rig rig;
    struct stat st;
    char path[120];
    bool was = true;

    (void)context;
    rig_start(&rig, "");
    (void)snprintf(path, sizeof(path), "%s/frozen", rig.state);
    assert_int_equal(limits_frozen(rig.trust, &p), 0);
    assert_int_equal(trust_thaw(rig.trust, &was, &p), 0);
    assert_false(was);
    assert_int_equal(trust_freeze_file(rig.state, "a\nb", &p), 0); /* makes the folder too */
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(trust_freeze_record(rig.trust, "a\nb", &p), 0);
    assert_int_equal(limits_frozen(rig.trust, &p), -EPERM);
    assert_non_null(strstr(p.cause, "a b"));
    assert_int_equal(trust_freeze_file(rig.state, NULL, &p), 0); /* twice is no fault */
    assert_int_equal(trust_thaw(rig.trust, &was, &p), 0);
    assert_true(was);
    assert_int_equal(limits_frozen(rig.trust, &p), 0);
    assert_int_equal(rig_records(&rig, "freeze", "\"reason\":\"a b\""), 1);
    assert_int_equal(rig_records(&rig, "thaw", NULL), 1);
    /* a folder in its place is nothing that a thaw could remove */
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(trust_freeze_file(rig.state, NULL, &p), 0);
    assert_true(trust_thaw(rig.trust, &was, &p) < 0);
    assert_int_equal(limits_frozen(rig.trust, &p), -EPERM);
    assert_int_equal(rmdir(path), 0);
    /* a link is */
    assert_int_equal(symlink("/nonexistent/nowhere", path), 0);
    assert_int_equal(limits_frozen(rig.trust, &p), -EPERM);
    assert_int_equal(trust_thaw(rig.trust, &was, &p), 0);
    rig_stop(&rig);
}

/* Freezing does not wait for a ledger; thawing does. */
static void test_dead_ledger(void **context)
{
    struct problem p = PROBLEM_INIT;
    struct rig rig;
    char file[120];
    bool was = false;

    (void)context;
    rig_start(&rig, "");
    assert_int_equal(trust_ready(rig.trust, &p), 0);
    (void)snprintf(file, sizeof(file), "%s/audit.log", rig.state);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(mkdir(file, 0700), 0);
    rig_again(&rig, "");
    assert_int_equal(trust_freeze_file(rig.state, "x", &p), 0);
    assert_true(trust_freeze_record(rig.trust, "x", &p) < 0);
    assert_string_equal(p.code, "PX-LEDGER");
    assert_int_equal(limits_frozen(rig.trust, &p), -EPERM);
    assert_true(trust_thaw(rig.trust, &was, &p) < 0);
    assert_string_equal(p.code, "PX-LEDGER");
    assert_int_equal(limits_frozen(rig.trust, &p), -EPERM);
    rig_stop(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_doubt), cmocka_unit_test(test_unreadable),
                                       cmocka_unit_test(test_switch), cmocka_unit_test(test_dead_ledger)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
