/* SPDX-License-Identifier: Apache-2.0 */
/* Executors: what a run is given and what it is refused; probes that run one. */
#include "exec_stand.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "plane/supervisor.h"

static void test_find(void **state)
{
    const char *plane = NULL, *schema = NULL;

    (void)state;
    assert_true(planes_executor_find(exec_rig.planes, "test-run", &plane, &schema));
    assert_string_equal(plane, "execute");
    assert_non_null(strstr(schema, "\"node\""));
    assert_false(planes_executor_find(exec_rig.planes, "other", NULL, NULL));
}

/* It is in no process with the other built-in planes. */
static void test_own_host(void **state)
{
    const struct plane_slot *slot[2] = {NULL, NULL};

    (void)state;
    (void)pthread_mutex_lock(&exec_rig.planes->lock);
    for (size_t i = 0; i < exec_rig.planes->slot_count; i++)
        slot[strcmp(exec_rig.planes->slots[i].name, "execute") == 0] = &exec_rig.planes->slots[i];
    assert_non_null(slot[0]);
    assert_non_null(slot[1]);
    assert_ptr_not_equal(slot[0]->host, slot[1]->host);
    assert_true(slot[0]->host->pid && slot[1]->host->pid && slot[0]->host->pid != slot[1]->host->pid);
    (void)pthread_mutex_unlock(&exec_rig.planes->lock);
}

static void test_spawn(void **state)
{
    struct plane_exec_result result;

    (void)state;
    exec_words("spawn|sh|sh|-c|printf '%s,' \"$@\"; echo err >&2; exit 5|zero|$HOME `x`|a\"b'", &result);
    assert_int_equal(result.end, EXEC_EXITED);
    assert_int_equal(result.exit_status, 5);
    assert_string_equal(out_of(&result.out), "$HOME `x`,a\"b',");
    assert_string_equal(out_of(&result.err), "err\n");
    assert_int_equal(result.out.total, result.out.kept.len);
    plane_exec_result_done(&result);
    exec_words("spawn|sh|sh|-c|kill -9 $$", &result);
    assert_int_equal(result.end, EXEC_SIGNALLED);
    assert_string_equal(result.signal, "KILL");
    plane_exec_result_done(&result);
}

/* Nothing of the core's: no descriptor, no variable, its own group, and folder /. */
static void test_spawn_clean(void **state)
{
    struct plane_exec_result result;

    (void)state;
    assert_int_equal(setenv("SSH_AUTH_SOCK", "/run/agent", 1), 0);
    exec_words("spawn|sh|sh|-c|for i in /proc/$$/fd/*; do echo ${i##*/}; done; pwd; exec /usr/bin/env",
               &result);
    const char *text = out_of(&result.out);
    assert_true(strncmp(text, "0\n1\n2\n", 6) == 0);
    assert_null(strstr(text, "PROXIMO_TEST_SECRET"));
    assert_non_null(strstr(text, "SSH_AUTH_SOCK=/run/agent\n"));
    assert_non_null(strstr(text, "LC_ALL=C\n"));
    assert_non_null(strstr(text, "PATH=/usr/local/bin:"));
    text += 6; /* the shell's own look at the folder is the first free one */
    assert_true(strncmp(text, "/\n", 2) == 0 || strncmp(text, "3\n/\n", 4) == 0);
    plane_exec_result_done(&result);
    assert_int_equal(unsetenv("SSH_AUTH_SOCK"), 0);
}

static void test_spawn_refused(void **state)
{
    (void)state;
    expect_end("spawn|bash|bash", EXEC_NOT_STARTED, PX_CONFIG, "names no program \"bash\"");
    expect_end("spawn|/bin/sh|sh", EXEC_NOT_STARTED, PX_CONFIG, "names no program \"/bin/sh\"");
    expect_end("spawn|loose|x", EXEC_NOT_STARTED, PX_CONFIG, "can write to it");
    expect_end("spawn|none|x", EXEC_NOT_STARTED, PX_CONFIG, "No such file");
}

static void test_connect(void **state)
{
    struct plane_exec_result result;
    struct plane_exec exec = {.executor = "test-run",
                              .target_json = "{\"node\":\"pve1\"}",
                              .stdin_bytes = "a\0secret",
                              .stdin_len = 8};
    struct problem p;
    char *large = calloc(1, 300001);

    (void)state;
    assert_int_equal(execute_as(&exec, "echo|echo", &result, &p), 0);
    assert_int_equal(result.end, EXEC_EXITED);
    assert_int_equal(result.out.kept.len, 8);
    assert_memory_equal(result.out.kept.data, "a\0secret", 8);
    plane_exec_result_done(&result);
    /* More than a pipe holds. */
    assert_non_null(large);
    memset(large, 'l', 300000);
    exec.stdin_bytes = large;
    exec.stdin_len = 300000;
    exec.output_limit = 1000;
    assert_int_equal(execute_as(&exec, "spawn|sh|sh|-c|/usr/bin/wc -c", &result, &p), 0);
    assert_string_equal(out_of(&result.out), "300000\n");
    plane_exec_result_done(&result);
    free(large);
    exec_words("options|echo", &result);
    assert_int_equal(result.end, EXEC_EXITED);
    if (!rig_loose())
        assert_int_equal(result.exit_status, 8 | 16 | 32); /* these are nobody's need */
    plane_exec_result_done(&result);
}

static void test_connect_refused(void **state)
{
    const struct plane_exec exec = {.executor = "test-run", .target_json = "{}", .run_ms = 300};
    struct plane_exec_result result;
    struct problem p;

    (void)state;
    exec_words("echo|elsewhere", &result);
    assert_int_equal(result.end, EXEC_NOT_STARTED);
    assert_string_equal(result.why.code, PX_CONFIG);
    assert_non_null(strstr(result.why.next, "planes.execute.endpoints.elsewhere"));
    plane_exec_result_done(&result);
    expect_end("echo|tcp://127.0.0.1:1", EXEC_NOT_STARTED, PX_CONFIG, "names no endpoint");
    expect_end("echo|closed", EXEC_NOT_STARTED, PX_CONNECT, "refused");
    expect_end("echo|local", EXEC_NOT_STARTED, PX_CONNECT, "No such file");
    int64_t begun = clock_ms();
    assert_int_equal(execute_as(&exec, "echo|far", &result, &p), 0);
    assert_int_equal(result.end, EXEC_NOT_STARTED);
    assert_true(clock_ms() - begun < 3000);
    plane_exec_result_done(&result);
}

static void test_material(void **state)
{
    struct plane_exec_result result;

    (void)state;
    exec_words("material|known", &result);
    assert_string_equal(out_of(&result.out), EXEC_KNOWN);
    plane_exec_result_done(&result);
    exec_words("material|key", &result);
    assert_string_equal(out_of(&result.out), EXEC_KEY);
    plane_exec_result_done(&result);
    expect_end("material|open-key", EXEC_NOT_STARTED, PX_SECRET_FILE, "others can read it");
    expect_end("material|loose", EXEC_NOT_STARTED, PX_SECRET_FILE, "others can write to it");
    expect_end("material|none", EXEC_NOT_STARTED, PX_SECRET_FILE, "No such file");
    expect_end("material|folder", EXEC_NOT_STARTED, PX_SECRET_FILE, "not a regular file");
    expect_end("material|../key", EXEC_NOT_STARTED, PX_CONFIG, "names no material");
}

static void test_flood(void **state)
{
    const struct plane_exec exec = {.executor = "test-run", .target_json = "{}", .output_limit = 70000};
    struct plane_exec_result result;
    struct problem p;

    (void)state;
    assert_int_equal(execute_as(&exec, "flood", &result, &p), 0);
    assert_int_equal(result.end, EXEC_EXITED);
    assert_int_equal(result.exit_status, 3);
    assert_int_equal(result.out.kept.len, 70000);
    assert_int_equal(result.err.kept.len, 70000);
    assert_int_equal(result.out.total, 5000000);
    assert_int_equal(result.err.total, 5000000);
    plane_exec_result_done(&result);
}

static void test_requests(void **state)
{
    struct plane_exec_word nul = {"a\0b", 3};
    struct plane_exec exec = {.executor = "test-run", .target_json = "{\"vmid\":5}"};
    struct plane_exec_result result;
    struct problem p = PROBLEM_INIT;

    (void)state;
    assert_true(execute_as(&exec, "signal", &result, &p) < 0);
    assert_string_equal(p.code, PX_ARG);
    assert_non_null(strstr(p.cause, "target.vmid"));
    plane_exec_result_done(&result);
    exec.target_json = "[]";
    assert_true(execute_as(&exec, "signal", &result, &p) < 0);
    exec.target_json = "{\"node\":5}";
    assert_true(execute_as(&exec, "signal", &result, &p) < 0);
    exec.target_json = "{}";
    exec.output_limit = EXEC_OUTPUT_MOST + 1;
    assert_true(execute_as(&exec, "signal", &result, &p) < 0);
    exec.output_limit = 0;
    assert_true(execute_as(&exec, "", &result, &p) < 0);
    exec.argv = &nul;
    exec.argc = 1;
    assert_true(planes_exec(exec_rig.planes, &exec, &result, &p) < 0);
    exec.argc = 0;
    assert_true(planes_exec(exec_rig.planes, &exec, &result, &p) < 0);
    exec.executor = "none";
    assert_true(planes_exec(exec_rig.planes, &exec, &result, &p) < 0);
    assert_non_null(strstr(p.cause, "no executor"));
}

/* ---- probes, and modes */

static int probe(const char *node, const char *what, char *ret, size_t size, struct problem *p)
{
    char arguments[256];

    (void)snprintf(arguments, sizeof(arguments), "{\"name\":\"%s\",\"what\":\"%s\"}", node, what);
    return rig_call(&exec_rig, "execute_look", arguments, 10000, ret, size, p);
}

static void test_probe(void **state)
{
    char text[1024];
    struct problem p;

    (void)state;
    if (probe("pve1", "a b;$c", text, sizeof(text), &p) < 0)
        fail_msg("%s", p.cause);
    assert_string_equal(
        text, "{\"exit_status\":7,\"signal\":null,\"end\":\"exited\",\"stdout\":\"{\\\"node\\\":"
              "\\\"pve1\\\"}\",\"stderr\":\"target|\xef\xbf\xbd\\n-x|\xef\xbf\xbd\\na "
              "b;$c|\xef\xbf\xbd\\n\",\"stdout_bytes\":15,\"stderr_bytes\":29,\"truncated\":false}");
    assert_true(probe("pve1", "--option", text, sizeof(text), &p) < 0);
    assert_string_equal(p.code, PX_ARG);
    assert_non_null(strstr(p.cause, "option"));
    assert_true(probe("pve1", "", text, sizeof(text), &p) < 0);
    assert_int_equal(rig_result(&exec_rig, "execute_trespass", "x"), 0);
}

struct prober {
    pthread_t thread;
    int result;
};

static void *prober_main(void *arg)
{
    struct prober *prober = arg;
    char text[1024];
    struct problem p;

    prober->result = probe("pve1", "x", text, sizeof(text), &p);
    return NULL;
}

/* More readers than a host has turns, each waiting for a run in the same host. */
static void test_no_deadlock(void **state)
{
    struct prober probers[40];
    int64_t begun = clock_ms();

    (void)state;
    for (size_t i = 0; i < 40; i++)
        assert_int_equal(pthread_create(&probers[i].thread, NULL, prober_main, &probers[i]), 0);
    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(pthread_join(probers[i].thread, NULL), 0);
        assert_int_equal(probers[i].result, 0);
    }
    assert_true(clock_ms() - begun < 8000);
}

/* Without a word of the configuration it has its own process all the same, and reaches nothing. */
static void test_modes(void **state)
{
    static const char *const modes[] = {"read", "off"};
    const struct rig outer = exec_rig;
    const struct plane_exec change = {.executor = "test-run", .target_json = "{}", .change = true};
    const struct plane_exec look = {.executor = "test-run", .target_json = "{}"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct plane_exec_result result;
        struct problem p;
        exec_start(modes[i], "");
        test_own_host(state);
        assert_int_equal(execute_as(&change, "signal", &result, &p), 0);
        assert_int_equal(result.end, EXEC_NOT_STARTED);
        assert_string_equal(result.why.code, PX_READ_ONLY);
        plane_exec_result_done(&result);
        assert_int_equal(execute_as(&look, "signal", &result, &p), 0);
        assert_int_equal(result.end, EXEC_SIGNALLED);
        plane_exec_result_done(&result);
        assert_int_equal(execute_as(&look, "echo|echo", &result, &p), 0);
        assert_int_equal(result.end, EXEC_NOT_STARTED);
        plane_exec_result_done(&result);
        rig_good(&exec_rig);
        rig_done(&exec_rig);
    }
    exec_rig = outer;
}

static int tests(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_own_host),
        cmocka_unit_test(test_spawn),
        cmocka_unit_test(test_spawn_clean),
        cmocka_unit_test(test_spawn_refused),
        cmocka_unit_test(test_connect),
        cmocka_unit_test(test_connect_refused),
        cmocka_unit_test(test_material),
        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_probe),
        cmocka_unit_test(test_no_deadlock),
        cmocka_unit_test(test_modes),
    };
    return cmocka_run_group_tests_name("abi-exec", all, exec_setup, exec_teardown);
}

int main(int argc, char **argv)
{
    return rig_main(argc, argv, tests);
}
