/* SPDX-License-Identifier: Apache-2.0 */
/* Executors: what becomes of a run, and what a plane can do to the core by lying, crashing and hanging. */
#include "exec_stand.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "plane/supervisor.h"

/* What was said and what happened, by the rule: after something was connected or spawned it may have run. */
static void test_ends(void **state)
{
    (void)state;
    expect_end("crash", EXEC_NOT_STARTED, PX_PLANE, "");
    expect_end("crash|connected", EXEC_UNKNOWN, PX_PLANE, "");
    expect_end("silent", EXEC_NOT_STARTED, PX_PLANE, "without saying");
    expect_end("silent|connected", EXEC_UNKNOWN, PX_PLANE, "without saying");
    expect_end("refused|connected", EXEC_NOT_STARTED, PX_PRIVILEGE, "not accepted");
    expect_end("lost", EXEC_NOT_STARTED, PX_REMOTE, "lost");
    expect_end("lost|connected", EXEC_UNKNOWN, PX_REMOTE, "lost");
    expect_end("unknown|connected", EXEC_UNKNOWN, PX_PLANE, "nobody saw it");
    expect_end("signal|connected", EXEC_SIGNALLED, "", "");
}

/* A run that contradicts itself has no outcome. */
static void test_lies(void **state)
{
    (void)state;
    expect_end("twice|connected", EXEC_UNKNOWN, PX_PLANE, "twice");
    expect_end("both|connected", EXEC_UNKNOWN, PX_PLANE, "twice");
    expect_end("after|connected", EXEC_UNKNOWN, PX_PLANE, "after it had said");
    expect_end("negative|connected", EXEC_UNKNOWN, PX_PLANE, "status of 0 or more");
    expect_end("nosignal|connected", EXEC_UNKNOWN, PX_PLANE, "by a signal");
    rig_good(&exec_rig);
}

static size_t open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(dir);
    while (readdir(dir))
        count++;
    (void)closedir(dir);
    return count;
}

/* Messages made by the plane itself, past its host: a length that is a lie ends the host, a descriptor is
 * taken by nobody. */
static void test_forged(void **state)
{
    struct plane_exec_result result;
    char words[64];

    (void)state;
    expect_end("signal", EXEC_SIGNALLED, "", ""); /* the host is up, the counts of descriptors at rest */
    size_t before = open_files();
    for (int with_fd = 0; with_fd < 2; with_fd++) {
        (void)pthread_mutex_lock(&exec_rig.planes->lock);
        unsigned id = (unsigned)exec_rig.planes->next_call;
        (void)pthread_mutex_unlock(&exec_rig.planes->lock);
        (void)snprintf(words, sizeof(words), "forge%s|%u|%u", with_fd ? "-fd" : "", id,
                       (unsigned)MESSAGE_OUTPUT);
        exec_words(words, &result);
        assert_int_equal(result.end, with_fd ? EXEC_EXITED : EXEC_NOT_STARTED);
        if (with_fd)
            assert_memory_equal(out_of(&result.out), "forged!", 8);
        else
            assert_non_null(strstr(result.why.cause, "no sense"));
        plane_exec_result_done(&result);
        assert_int_equal(rig_result(&exec_rig, "execute_trespass", "x"), 0);
    }
    assert_true(open_files() <= before);
    rig_good(&exec_rig);
}

/* It is up again after what the tests before did to it. */
static void wait_for_host(void)
{
    expect_end("signal", EXEC_SIGNALLED, "", "");
}

static void test_deadline(void **state)
{
    const struct plane_exec exec = {.executor = "test-run", .target_json = "{}", .run_ms = 300};
    struct plane_exec_result result;
    struct problem p;
    int64_t begun;

    (void)state;
    wait_for_host();
    begun = clock_ms();
    assert_int_equal(execute_as(&exec, "spawn|sh|sh|-c|sleep 60 & sleep 60", &result, &p), 0);
    assert_int_equal(result.end, EXEC_TIMED_OUT);
    assert_string_equal(result.why.code, PX_TIMEOUT);
    plane_exec_result_done(&result);
    /* One that does not listen to TERM. */
    assert_int_equal(execute_as(&exec, "spawn|sh|sh|-c|trap '' TERM; sleep 60 & wait; wait", &result, &p), 0);
    assert_int_equal(result.end, EXEC_TIMED_OUT);
    assert_string_equal(result.signal, "KILL");
    plane_exec_result_done(&result);
    assert_true(clock_ms() - begun < 5000);
}

/* An executor that hangs is killed with its host, and what it was handed counts. */
static void test_hang(void **state)
{
    const struct plane_exec exec = {.executor = "test-run", .target_json = "{}", .run_ms = 100};
    struct plane_exec_result result;
    struct problem p;

    (void)state;
    wait_for_host();
    assert_int_equal(execute_as(&exec, "hang|connected", &result, &p), 0);
    assert_int_equal(result.end, EXEC_UNKNOWN);
    assert_non_null(strstr(result.why.cause, "hung"));
    plane_exec_result_done(&result);
    rig_good(&exec_rig);
}

struct later {
    struct cancel *cancel;
    long ms;
};

static void *cancel_later(void *arg)
{
    const struct later *later = arg;
    const struct timespec t = {.tv_sec = later->ms / 1000, .tv_nsec = later->ms % 1000 * 1000000};

    (void)nanosleep(&t, NULL);
    cancel_set(later->cancel);
    return NULL;
}

static void test_cancel(void **state)
{
    static const char *const ways[] = {"cancel", "spawn|sh|sh|-c|sleep 60", "spawn|sh|sh|-c|exec sleep 60"};

    (void)state;
    wait_for_host();
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct later later = {cancel_new(), 200};
        const struct plane_exec exec = {.executor = "test-run", .target_json = "{}", .cancel = later.cancel};
        struct plane_exec_result result;
        struct problem p;
        pthread_t thread;
        int64_t begun = clock_ms();
        assert_int_equal(pthread_create(&thread, NULL, cancel_later, &later), 0);
        assert_int_equal(execute_as(&exec, ways[i], &result, &p), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        assert_true(clock_ms() - begun < 3000);
        if (result.end != EXEC_TIMED_OUT || strcmp(result.signal, "TERM") != 0)
            fail_msg("%s: %d %s %s", ways[i], (int)result.end, result.signal, result.why.cause);
        assert_string_equal(result.why.code, PX_CANCELLED);
        if (i == 0)
            assert_string_equal(out_of(&result.out), "woken");
        plane_exec_result_done(&result);
        cancel_unref(later.cancel);
    }
}

/* The host is killed from outside in the middle of a run: not known, not run again, its process ended. */
static void *kill_host(void *unused)
{
    const struct timespec moment = {.tv_nsec = 20000000};
    char path[128];
    struct stat st;

    (void)unused;
    (void)snprintf(path, sizeof(path), "%s/ran", exec_folder);
    for (int i = 0; i < 400 && (stat(path, &st) < 0 || st.st_size == 0); i++)
        (void)nanosleep(&moment, NULL);
    (void)pthread_mutex_lock(&exec_rig.planes->lock);
    for (size_t i = 0; i < exec_rig.planes->slot_count; i++)
        if (strcmp(exec_rig.planes->slots[i].name, "execute") == 0)
            (void)kill(exec_rig.planes->slots[i].host->pid, SIGKILL);
    (void)pthread_mutex_unlock(&exec_rig.planes->lock);
    return NULL;
}

static void test_killed(void **state)
{
    char words[256], path[128];
    struct buf text = BUF_INIT(4096);
    struct plane_exec_result result;
    pthread_t thread;
    int64_t pid;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/ran", exec_folder);
    (void)snprintf(words, sizeof(words), "spawn|sh|sh|-c|echo $$ >> %s; sleep 60", path);
    assert_int_equal(pthread_create(&thread, NULL, kill_host, NULL), 0);
    exec_words(words, &result);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(result.end, EXEC_UNKNOWN);
    plane_exec_result_done(&result);
    assert_int_equal(file_read(path, &text), 0);
    assert_true(text.len > 1 && strchr(text.data, '\n') == text.data + text.len - 1); /* one line: once */
    text.data[text.len - 1] = '\0';
    assert_int_equal(text_to_i64(text.data, 2, INT32_MAX, &pid), 0);
    assert_int_equal(kill((pid_t)pid, 0), -1);
    assert_int_equal(errno, ESRCH);
    buf_done(&text);
    (void)unlink(path);
}

static int tests(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_ends),     cmocka_unit_test(test_lies), cmocka_unit_test(test_forged),
        cmocka_unit_test(test_deadline), cmocka_unit_test(test_hang), cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_killed),
    };
    return cmocka_run_group_tests_name("abi-exec-ends", all, exec_setup, exec_teardown);
}

int main(int argc, char **argv)
{
    return rig_main(argc, argv, tests);
}
