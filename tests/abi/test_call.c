/* SPDX-License-Identifier: Apache-2.0 */
/* Calls: what comes back, and what a plane can do to the server and to the plane beside it by crashing,
 * hanging and lying. */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "plane/supervisor.h"

/* design 2: "A read that composes several requests has a `read` function" */
static void test_answers(void **state)
{
    struct rig rig;
    struct problem p;
    char text[64];

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "good,lifetime", NULL);
    assert_int_equal(rig_wait(&rig, &p), 0);
    rig_good(&rig);
    assert_int_equal(rig_call(&rig, "lifetime_run", "{}", 5000, text, sizeof(text), &p), 0);
    assert_string_equal(text, "{\"alive\":true}");
    assert_true(rig_call(&rig, "good_refuse", "{}", 5000, NULL, 0, &p) < 0);
    assert_string_equal(p.code, PX_NOT_FOUND);
    assert_non_null(strstr(p.cause, "there is no guest 999"));
    /* Without a site a GET fails, and the plane that passes the code on passes the whole problem on. */
    assert_true(rig_call(&rig, "good_get", "{}", 5000, NULL, 0, &p) < 0);
    assert_true(strcmp(p.code, PX_SITE) == 0 || strcmp(p.code, PX_ARG) == 0);
    rig_done(&rig);
}

/* Large bodies: to the host in a memfd, from it in pieces. */
static void test_large(void **state)
{
    struct rig rig;
    struct problem p;
    const size_t size = (size_t)5 << 20;
    char *arguments = malloc(size + 64), *back = malloc(size + 64);

    (void)state;
    assert_non_null(arguments);
    assert_non_null(back);
    memset(arguments, 'x', size);
    (void)snprintf(arguments, 7, "{\"a\":\"");
    arguments[6] = 'x';
    (void)snprintf(arguments + size - 2, 3, "\"}");
    rig_new(&rig, RIG_BUILTIN, "good", NULL);
    assert_int_equal(rig_wait(&rig, &p), 0);
    assert_int_equal(rig_call(&rig, "good_echo", arguments, 20000, back, size + 64, &p), 0);
    assert_int_equal(strcmp(arguments, back), 0);
    assert_int_equal(rig_call(&rig, "good_large", "{}", 20000, back, size + 64, &p), 0);
    assert_int_equal(strlen(back), 3000001);
    rig_done(&rig);
    free(arguments);
    free(back);
}

struct caller {
    struct rig *rig;
    const char *tool, *arguments;
    int64_t wait_ms;
    int result;
    char text[64];
    struct problem problem;
    pthread_t thread;
};

static void *caller_main(void *arg)
{
    struct caller *caller = arg;
    caller->result = rig_call(caller->rig, caller->tool, caller->arguments, caller->wait_ms, caller->text,
                              sizeof(caller->text), &caller->problem);
    return NULL;
}

static void caller_start(struct caller *caller, struct rig *rig, const char *tool, const char *arguments,
                         int64_t wait_ms)
{
    *caller = (struct caller){.rig = rig, .tool = tool, .arguments = arguments, .wait_ms = wait_ms};
    assert_int_equal(pthread_create(&caller->thread, NULL, caller_main, caller), 0);
}

static void test_threads(void **state)
{
    struct caller callers[24];
    struct rig rig;
    struct problem p;

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "good,serial", NULL);
    assert_int_equal(rig_wait(&rig, &p), 0);
    for (size_t i = 0; i < 24; i++)
        caller_start(&callers[i], &rig, i % 2 ? "serial_run" : "good_echo", "{\"x\":1}", 20000);
    for (size_t i = 0; i < 24; i++) {
        assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
        assert_int_equal(callers[i].result, 0);
        assert_string_equal(callers[i].text, i % 2 ? "{\"result\":1}" : "{\"x\":1}");
    }
    rig_done(&rig);
}

static void nap(long ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL);
}

struct cancelled {
    struct cancel *cancel;
    atomic_uint progress;
};

static void on_progress(void *arg, uint32_t done, uint32_t total, const char *message)
{
    struct cancelled *c = arg;
    assert_int_equal(total, 6000);
    assert_string_equal(message, "waiting");
    (void)done;
    if (atomic_fetch_add(&c->progress, 1) == 3)
        cancel_set(c->cancel);
}

/* Cancelled from the progress callback, as a client would on seeing it; and by its deadline. */
static void test_stop(void **state)
{
    struct cancelled c = {.cancel = cancel_new()};
    struct plane_reply reply = {0};
    struct rig rig;
    struct problem p;

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "good", NULL);
    assert_int_equal(rig_wait(&rig, &p), 0);
    int64_t begun = clock_ms();
    struct plane_call call = {.tool = planes_tool_find(rig.planes, "good_patient"),
                              .arguments_json = "{}",
                              .deadline_ms = begun + 20000,
                              .cancel = c.cancel,
                              .progress = on_progress,
                              .progress_arg = &c};
    assert_int_equal(planes_call(rig.planes, &call, &reply, &p), -ECANCELED);
    assert_string_equal(p.code, PX_CANCELLED);
    assert_true(c.progress >= 4);
    assert_true(clock_ms() - begun < 1900);
    assert_int_equal(rig_call(&rig, "good_patient", "{}", 300, NULL, 0, &p), -ETIMEDOUT);
    assert_string_equal(p.code, PX_TIMEOUT);
    assert_true(clock_ms() - begun < 4000);
    rig_good(&rig);
    struct plane_state s;
    rig_state(&rig, "good", &s);
    assert_int_equal(s.restarts, 0);
    rig_done(&rig);
    cancel_unref(c.cancel);
}

/* The good plane's call in the same host is under way when the other dies, and is run once more. */
static void crash_beside(const char *how, const char *says)
{
    struct caller slow;
    struct plane_state s;
    struct rig rig;
    struct problem p;
    char arguments[64];

    rig_new(&rig, RIG_BUILTIN, "good,crash", NULL);
    assert_int_equal(rig_wait(&rig, &p), 0);
    caller_start(&slow, &rig, "good_slow", "{}", 10000);
    nap(200);
    (void)snprintf(arguments, sizeof(arguments), "{\"how\":\"%s\"}", how);
    assert_true(rig_call(&rig, "crash_run", arguments, 5000, NULL, 0, &p) < 0);
    assert_string_equal(p.code, PX_PLANE);
    if (!strstr(p.cause, says) && !rig_loose())
        fail_msg("%s: \"%s\" does not say \"%s\"", how, p.cause, says);
    assert_int_equal(pthread_join(slow.thread, NULL), 0);
    if (slow.result < 0)
        fail_msg("%s: %s", slow.problem.code, slow.problem.cause);
    rig_state(&rig, "good", &s);
    assert_true(s.loaded && s.restarts >= 1);
    rig_good(&rig);
    rig_done(&rig);
}

static void test_crash(void **state)
{
    (void)state;
    crash_beside("segv", "SIGSEGV");
    crash_beside("abort", "SIGABRT");
    crash_beside("fpe", "SIGFPE");
    crash_beside("exit", "status 3");
}

static void test_hang(void **state)
{
    struct caller slow;
    struct rig rig;
    struct problem p;

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "good,hang", NULL);
    assert_int_equal(rig_wait(&rig, &p), 0);
    int64_t begun = clock_ms();
    caller_start(&slow, &rig, "hang_run", "{}", 200);
    nap(1900); /* the good call is inside when the host is killed */
    assert_int_equal(rig_call(&rig, "good_slow", "{}", 10000, NULL, 0, &p), 0);
    assert_int_equal(pthread_join(slow.thread, NULL), 0);
    assert_true(slow.result < 0);
    assert_string_equal(slow.problem.code, PX_PLANE);
    assert_non_null(strstr(slow.problem.cause, "hung"));
    assert_true(clock_ms() - begun < 6000);
    rig_good(&rig);
    rig_done(&rig);
}

/* Given up after so many restarts, and says so; the planes of other hosts do not notice. */
static void test_given_up(void **state)
{
    struct rig rig;
    struct problem p;
    int tries = 0;

    (void)state;
    rig_new(&rig, RIG_FOREIGN, "good,crash", NULL);
    assert_int_equal(rig_wait(&rig, &p), 0);
    do
        assert_true(rig_call(&rig, "crash_run", "{}", 10000, NULL, 0, &p) < 0);
    while (!strstr(p.cause, "out of service") && ++tries < 20);
    assert_true(tries >= 5 && tries < 10);
    assert_non_null(strstr(p.cause, "given up"));
    rig_refused(&rig, "crash", "given up");
    rig_good(&rig);
    rig_done(&rig);
}

/* Killed from outside, as by the kernel when memory runs out: nobody's fault, and the call is run once more.
 */
static void test_killed(void **state)
{
    struct caller slow;
    struct plane_state s;
    struct rig rig;
    struct problem p;

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "good", NULL);
    assert_int_equal(rig_wait(&rig, &p), 0);
    caller_start(&slow, &rig, "good_slow", "{}", 20000);
    nap(200);
    (void)pthread_mutex_lock(&rig.planes->lock);
    pid_t pid = rig.planes->builtin->pid;
    assert_int_equal(rig.planes->builtin->running, 1);
    (void)pthread_mutex_unlock(&rig.planes->lock);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(pthread_join(slow.thread, NULL), 0);
    if (slow.result < 0)
        fail_msg("%s", slow.problem.cause);
    rig_state(&rig, "good", &s);
    assert_int_equal(s.restarts, 1);
    rig_done(&rig);
}

/* Its tools were shown and judged once: a host that declares others when it is started again is not theirs.
 */
static void test_other_tables(void **state)
{
    struct plane_state s;
    struct rig rig;
    struct problem p;

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "good,fickle", NULL);
    assert_int_equal(rig_wait(&rig, &p), 0);
    assert_true(rig_call(&rig, "fickle_run", "{}", 10000, NULL, 0, &p) < 0);
    assert_non_null(strstr(p.cause, "SIGABRT"));
    assert_true(rig_call(&rig, "fickle_run", "{}", 10000, NULL, 0, &p) < 0);
    assert_string_equal(p.code, PX_PLANE);
    assert_non_null(strstr(p.cause, "other tables after its host was restarted"));
    rig_refused(&rig, "fickle", "other tables");
    rig_good(&rig);
    rig_state(&rig, "good", &s);
    assert_int_equal(s.restarts, 1);
    rig_done(&rig);
}

/* A file that is written to while it is loaded is not loaded again: what was checked is not what is there. */
static void test_changed_in_place(void **state)
{
    struct buf bytes = BUF_INIT((size_t)64 << 20);
    char folder[] = "/tmp/proximo-abi-XXXXXX", path[64], yaml[256], source[1200];
    struct rig rig;
    struct problem p;

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/crash.so", folder);
    (void)snprintf(source, sizeof(source), "%s/crash.so", rig_folder());
    assert_int_equal(file_read(source, &bytes), 0);
    assert_int_equal(file_write_atomic(path, bytes.data, bytes.len, 0600), 0);
    buf_done(&bytes);
    (void)snprintf(yaml, sizeof(yaml), "planes:\n  crash:\n    file: %s\n", path);
    rig_new_yaml(&rig, yaml);
    assert_int_equal(rig_wait(&rig, &p), 0);
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_true(fd >= 0 && write(fd, "x", 1) == 1 && close(fd) == 0);
    assert_true(rig_call(&rig, "crash_run", "{}", 10000, NULL, 0, &p) < 0);
    assert_true(rig_call(&rig, "crash_run", "{}", 10000, NULL, 0, &p) < 0);
    assert_non_null(strstr(p.cause, "was changed in place"));
    rig_done(&rig);
    (void)unlink(path);
    (void)rmdir(folder);
}

static void test_memory(void **state)
{
    struct rig rig;
    struct problem p;

    (void)state;
    if (rig_loose())
        skip();
    rig_new(&rig, RIG_BUILTIN, "good,memory", NULL);
    assert_int_equal(rig_wait(&rig, &p), 0);
    assert_true(rig_call(&rig, "memory_run", "{}", 20000, NULL, 0, &p) < 0);
    assert_string_equal(p.code, PX_PLANE);
    assert_non_null(strstr(p.cause, "memory limit of 512 MiB"));
    rig_good(&rig);
    rig_done(&rig);
}

static void test_stdout(void **state)
{
    struct rig rig;
    struct problem p;
    char text[64];

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "good,stdout", NULL);
    assert_int_equal(rig_wait(&rig, &p), 0);
    assert_int_equal(rig_call(&rig, "stdout_run", "{}", 10000, text, sizeof(text), &p), 0);
    assert_string_equal(text, "{\"result\":1}");
    rig_good(&rig);
    rig_done(&rig);
}

static void test_invalid(void **state)
{
    static const struct {
        const char *which, *says;
    } lies[] = {
        {"utf8", "not valid UTF-8"},     {"json", "content block that is"},
        {"array", "not a JSON object"},  {"type", "of an unknown type"},
        {"mime", "without a MIME type"}, {"nothing", "without an answer"},
        {"positive", "returned 12345"},  {"large", "too large"},
    };
    struct rig rig;
    struct problem p;

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "good,invalid", NULL);
    assert_int_equal(rig_wait(&rig, &p), 0);
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        char arguments[64];
        (void)snprintf(arguments, sizeof(arguments), "{\"which\":\"%s\"}", lies[i].which);
        assert_true(rig_call(&rig, "invalid_run", arguments, 20000, NULL, 0, &p) < 0);
        assert_string_equal(p.code, PX_PLANE);
        if (!strstr(p.cause, lies[i].says))
            fail_msg("%s: %s", lies[i].which, p.cause);
        rig_good(&rig);
    }
    rig_done(&rig);
}

static void test_forge(void **state)
{
    static const char *const ways[] = {"zero", "garbage", "reply"};

    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct plane_state s;
        struct rig rig;
        struct problem p;
        char arguments[64];
        rig_new(&rig, RIG_BUILTIN, "good,forge", NULL);
        assert_int_equal(rig_wait(&rig, &p), 0);
        (void)snprintf(arguments, sizeof(arguments), "{\"which\":\"%s\"}", ways[i]);
        (void)rig_call(&rig, "forge_run", arguments, 10000, NULL, 0, &p);
        rig_good(&rig);
        rig_state(&rig, "good", &s);
        assert_true(s.restarts >= 1);
        rig_done(&rig);
    }
}

static int tests(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_answers),      cmocka_unit_test(test_large),
        cmocka_unit_test(test_threads),      cmocka_unit_test(test_stop),
        cmocka_unit_test(test_crash),        cmocka_unit_test(test_hang),
        cmocka_unit_test(test_given_up),     cmocka_unit_test(test_changed_in_place),
        cmocka_unit_test(test_memory),       cmocka_unit_test(test_stdout),
        cmocka_unit_test(test_invalid),      cmocka_unit_test(test_forge),
        cmocka_unit_test(test_other_tables), cmocka_unit_test(test_killed),
    };
    return cmocka_run_group_tests_name("abi-call", all, NULL, NULL);
}

int main(int argc, char **argv)
{
    return rig_main(argc, argv, tests);
}
