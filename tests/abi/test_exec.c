/* SPDX-License-Identifier: Apache-2.0 */
/* Executors: what a run is given, what becomes of it, and what a plane can do to the core by lying. */
#include "rig.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "plane/exec.h"
#include "plane/supervisor.h"

static char folder[] = "/tmp/proximo-exec-XXXXXX";
static struct rig rig;
static int listener = -1;
static pthread_t echoer;

/* ---- the stand: an echo server on the loopback, files of material, a plane of executors */

static void *echo_main(void *unused)
{
    char bytes[4096];
    int fd;

    (void)unused;
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        ssize_t n;
        while ((n = read(fd, bytes, sizeof(bytes))) > 0)
            if (write(fd, bytes, (size_t)n) != n)
                break;
        (void)close(fd);
    }
    return NULL;
}

static uint16_t echo_start(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);

    listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(listener >= 0 && bind(listener, (struct sockaddr *)&address, size) == 0 &&
                listen(listener, 8) == 0 && getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    assert_int_equal(pthread_create(&echoer, NULL, echo_main, NULL), 0);
    return ntohs(address.sin_port);
}

static void put_file(const char *name, const char *text, mode_t mode)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(file_write_atomic(path, text, strlen(text), 0600), 0);
    assert_int_equal(chmod(path, mode), 0);
}

#define KEY "# mine\n-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----\n"
static const struct {
    const char *name, *text;
    mode_t mode;
    const char *fault;
} files[] = {
    {"known", "host ssh-ed25519 AAAA\n", 0644, NULL}, {"key", KEY, 0600, NULL},
    {"open-key", KEY, 0640, "others can read it"},    {"loose", "x", 0664, "others can write to it"},
    {"program", "#!/bin/sh\n", 0775, NULL},
};

static void start(const char *mode, const char *lists)
{
    struct problem p;
    char yaml[4096];

    (void)snprintf(yaml, sizeof(yaml),
                   "mode: guarded\nplane_dir: %s\nplanes:\n  good: {}\n  execute:\n    mode: %s\n%s",
                   rig_folder(), mode, lists);
    rig_new_yaml(&rig, yaml);
    if (rig_wait(&rig, &p) < 0)
        fail_msg("%s", p.cause);
}

static int setup(void **state)
{
    char lists[2048];

    (void)state;
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        put_file(files[i].name, files[i].text, files[i].mode);
    (void)snprintf(lists, sizeof(lists),
                   "    endpoints: {echo: 'tcp://127.0.0.1:%u', closed: 'tcp://127.0.0.1:1',"
                   " far: 'tcp://192.0.2.1:9', local: 'unix:%s/none'}\n"
                   "    programs: {sh: /bin/sh, loose: %s/program, none: /nonexistent}\n"
                   "    material: {known: %s/known, key: %s/key, open-key: %s/open-key, loose: %s/loose,"
                   " none: %s/none, folder: %s}\n",
                   (unsigned)echo_start(), folder, folder, folder, folder, folder, folder, folder, folder);
    start("guarded", lists);
    return 0;
}

static int teardown(void **state)
{
    char path[128];

    (void)state;
    rig_done(&rig);
    (void)shutdown(listener, SHUT_RDWR);
    (void)pthread_join(echoer, NULL);
    (void)close(listener);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, files[i].name);
        (void)unlink(path);
    }
    return rmdir(folder);
}

/* ---- a run: words separated by '|' */

static int execute_as(const struct plane_exec *like, const char *words, struct plane_exec_result *ret,
                      struct problem *p)
{
    struct plane_exec exec = *like;
    struct plane_exec_word argv[16];

    exec.argv = argv;
    for (const char *at = words; exec.argc < 16; at++) {
        size_t len = strcspn(at, "|");
        argv[exec.argc++] = (struct plane_exec_word){at, len};
        at += len;
        if (!*at)
            break;
    }
    *p = PROBLEM_INIT;
    return planes_exec(rig.planes, &exec, ret, p);
}

static void run(const char *words, struct plane_exec_result *ret)
{
    const struct plane_exec exec = {.executor = "test-run", .target_json = "{}", .run_ms = 10000, .change = true};
    struct problem p;

    if (execute_as(&exec, words, ret, &p) < 0)
        fail_msg("%s: %s: %s", words, p.code, p.cause);
}

static const char *out_of(const struct plane_exec_stream *stream)
{
    return stream->kept.data ? stream->kept.data : "";
}

static void expect(const char *words, enum plane_exec_end end, const char *code, const char *says)
{
    struct plane_exec_result result;

    run(words, &result);
    if (result.end != end || strcmp(result.why.code, code) != 0 || !strstr(result.why.cause, says))
        fail_msg("%s: ended as %d, status %d, \"%s\", %s: %s", words, (int)result.end, result.exit_status,
                 result.signal, result.why.code, result.why.cause);
    plane_exec_result_done(&result);
}

static void test_find(void **state)
{
    const char *plane = NULL, *schema = NULL;

    (void)state;
    assert_true(planes_executor_find(rig.planes, "test-run", &plane, &schema));
    assert_string_equal(plane, "execute");
    assert_non_null(strstr(schema, "\"node\""));
    assert_false(planes_executor_find(rig.planes, "other", NULL, NULL));
}

/* It is in no process with the other built-in planes. */
static void test_own_host(void **state)
{
    const struct plane_slot *slot[2] = {NULL, NULL};

    (void)state;
    (void)pthread_mutex_lock(&rig.planes->lock);
    for (size_t i = 0; i < rig.planes->slot_count; i++)
        slot[strcmp(rig.planes->slots[i].name, "execute") == 0] = &rig.planes->slots[i];
    assert_non_null(slot[0]);
    assert_non_null(slot[1]);
    assert_ptr_not_equal(slot[0]->host, slot[1]->host);
    assert_true(slot[0]->host->pid && slot[1]->host->pid && slot[0]->host->pid != slot[1]->host->pid);
    (void)pthread_mutex_unlock(&rig.planes->lock);
}

static void test_spawn(void **state)
{
    struct plane_exec_result result;

    (void)state;
    run("spawn|sh|sh|-c|printf '%s,' \"$@\"; echo err >&2; exit 5|zero|$HOME `x`|a\"b'", &result);
    assert_int_equal(result.end, EXEC_EXITED);
    assert_int_equal(result.exit_status, 5);
    assert_string_equal(out_of(&result.out), "$HOME `x`,a\"b',");
    assert_string_equal(out_of(&result.err), "err\n");
    assert_int_equal(result.out.total, result.out.kept.len);
    plane_exec_result_done(&result);
    run("spawn|sh|sh|-c|kill -9 $$", &result);
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
    run("spawn|sh|sh|-c|for i in /proc/$$/fd/*; do echo ${i##*/}; done; pwd; exec /usr/bin/env", &result);
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
    expect("spawn|bash|bash", EXEC_NOT_STARTED, PX_CONFIG, "names no program \"bash\"");
    expect("spawn|/bin/sh|sh", EXEC_NOT_STARTED, PX_CONFIG, "names no program \"/bin/sh\"");
    expect("spawn|loose|x", EXEC_NOT_STARTED, PX_CONFIG, "can write to it");
    expect("spawn|none|x", EXEC_NOT_STARTED, PX_CONFIG, "No such file");
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
    run("options|echo", &result);
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
    run("echo|elsewhere", &result);
    assert_int_equal(result.end, EXEC_NOT_STARTED);
    assert_string_equal(result.why.code, PX_CONFIG);
    assert_non_null(strstr(result.why.next, "planes.execute.endpoints.elsewhere"));
    plane_exec_result_done(&result);
    expect("echo|tcp://127.0.0.1:1", EXEC_NOT_STARTED, PX_CONFIG, "names no endpoint");
    expect("echo|closed", EXEC_NOT_STARTED, PX_CONNECT, "refused");
    expect("echo|local", EXEC_NOT_STARTED, PX_CONNECT, "No such file");
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
    run("material|known", &result);
    assert_string_equal(out_of(&result.out), files[0].text);
    plane_exec_result_done(&result);
    run("material|key", &result);
    assert_string_equal(out_of(&result.out), KEY);
    plane_exec_result_done(&result);
    expect("material|open-key", EXEC_NOT_STARTED, PX_SECRET_FILE, "others can read it");
    expect("material|loose", EXEC_NOT_STARTED, PX_SECRET_FILE, "others can write to it");
    expect("material|none", EXEC_NOT_STARTED, PX_SECRET_FILE, "No such file");
    expect("material|folder", EXEC_NOT_STARTED, PX_SECRET_FILE, "not a regular file");
    expect("material|../key", EXEC_NOT_STARTED, PX_CONFIG, "names no material");
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

/* What was said and what happened, by the rule: after something was connected or spawned it may have run. */
static void test_ends(void **state)
{
    (void)state;
    expect("crash", EXEC_NOT_STARTED, PX_PLANE, "");
    expect("crash|connected", EXEC_UNKNOWN, PX_PLANE, "");
    expect("silent", EXEC_NOT_STARTED, PX_PLANE, "without saying");
    expect("silent|connected", EXEC_UNKNOWN, PX_PLANE, "without saying");
    expect("refused|connected", EXEC_NOT_STARTED, PX_PRIVILEGE, "not accepted");
    expect("lost", EXEC_NOT_STARTED, PX_REMOTE, "lost");
    expect("lost|connected", EXEC_UNKNOWN, PX_REMOTE, "lost");
    expect("unknown|connected", EXEC_UNKNOWN, PX_PLANE, "nobody saw it");
    expect("signal|connected", EXEC_SIGNALLED, "", "");
}

/* A run that contradicts itself has no outcome. */
static void test_lies(void **state)
{
    (void)state;
    expect("twice|connected", EXEC_UNKNOWN, PX_PLANE, "twice");
    expect("both|connected", EXEC_UNKNOWN, PX_PLANE, "twice");
    expect("after|connected", EXEC_UNKNOWN, PX_PLANE, "after it had said");
    expect("negative|connected", EXEC_UNKNOWN, PX_PLANE, "status of 0 or more");
    expect("nosignal|connected", EXEC_UNKNOWN, PX_PLANE, "by a signal");
    rig_good(&rig);
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
    expect("signal", EXEC_SIGNALLED, "", ""); /* the host is up, the counts of descriptors at rest */
    size_t before = open_files();
    for (int with_fd = 0; with_fd < 2; with_fd++) {
        (void)pthread_mutex_lock(&rig.planes->lock);
        unsigned id = (unsigned)rig.planes->next_call;
        (void)pthread_mutex_unlock(&rig.planes->lock);
        (void)snprintf(words, sizeof(words), "forge%s|%u|%u", with_fd ? "-fd" : "", id, (unsigned)MESSAGE_OUTPUT);
        run(words, &result);
        assert_int_equal(result.end, with_fd ? EXEC_EXITED : EXEC_NOT_STARTED);
        if (with_fd)
            assert_memory_equal(out_of(&result.out), "forged!", 8);
        else
            assert_non_null(strstr(result.why.cause, "no sense"));
        plane_exec_result_done(&result);
        assert_int_equal(rig_result(&rig, "execute_trespass", "x"), 0);
    }
    assert_true(open_files() <= before);
    rig_good(&rig);
}

static void test_deadline(void **state)
{
    const struct plane_exec exec = {.executor = "test-run", .target_json = "{}", .run_ms = 300};
    struct plane_exec_result result;
    struct problem p;
    int64_t begun = clock_ms();

    (void)state;
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
    assert_int_equal(execute_as(&exec, "hang|connected", &result, &p), 0);
    assert_int_equal(result.end, EXEC_UNKNOWN);
    assert_non_null(strstr(result.why.cause, "hung"));
    plane_exec_result_done(&result);
    rig_good(&rig);
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
    (void)snprintf(path, sizeof(path), "%s/ran", folder);
    for (int i = 0; i < 400 && (stat(path, &st) < 0 || st.st_size == 0); i++)
        (void)nanosleep(&moment, NULL);
    (void)pthread_mutex_lock(&rig.planes->lock);
    for (size_t i = 0; i < rig.planes->slot_count; i++)
        if (strcmp(rig.planes->slots[i].name, "execute") == 0)
            (void)kill(rig.planes->slots[i].host->pid, SIGKILL);
    (void)pthread_mutex_unlock(&rig.planes->lock);
    return NULL;
}

static void test_killed(void **state)
{
    char words[256], path[128];
    struct buf text = BUF_INIT(4096);
    struct plane_exec_result result;
    pthread_t thread;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/ran", folder);
    (void)snprintf(words, sizeof(words), "spawn|sh|sh|-c|echo $$ >> %s; sleep 60", path);
    assert_int_equal(pthread_create(&thread, NULL, kill_host, NULL), 0);
    run(words, &result);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(result.end, EXEC_UNKNOWN);
    plane_exec_result_done(&result);
    assert_int_equal(file_read(path, &text), 0);
    assert_true(text.len > 1 && strchr(text.data, '\n') == text.data + text.len - 1); /* one line: once */
    assert_int_equal(kill((pid_t)strtol(text.data, NULL, 10), 0), -1);
    assert_int_equal(errno, ESRCH);
    buf_done(&text);
    (void)unlink(path);
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
    assert_true(planes_exec(rig.planes, &exec, &result, &p) < 0);
    exec.argc = 0;
    assert_true(planes_exec(rig.planes, &exec, &result, &p) < 0);
    exec.executor = "none";
    assert_true(planes_exec(rig.planes, &exec, &result, &p) < 0);
    assert_non_null(strstr(p.cause, "no executor"));
}

/* ---- probes, and modes */

static int probe(const char *node, const char *what, char *ret, size_t size, struct problem *p)
{
    char arguments[256];

    (void)snprintf(arguments, sizeof(arguments), "{\"name\":\"%s\",\"what\":\"%s\"}", node, what);
    return rig_call(&rig, "execute_look", arguments, 10000, ret, size, p);
}

static void test_probe(void **state)
{
    char text[1024];
    struct problem p;

    (void)state;
    if (probe("pve1", "a b;$c", text, sizeof(text), &p) < 0)
        fail_msg("%s", p.cause);
    assert_string_equal(text,
                        "{\"exit_status\":7,\"signal\":null,\"end\":\"exited\",\"stdout\":\"{\\\"node\\\":"
                        "\\\"pve1\\\"}\",\"stderr\":\"target|\xef\xbf\xbd\\n-x|\xef\xbf\xbd\\na "
                        "b;$c|\xef\xbf\xbd\\n\",\"stdout_bytes\":15,\"stderr_bytes\":29,\"truncated\":false}");
    assert_true(probe("pve1", "--option", text, sizeof(text), &p) < 0);
    assert_string_equal(p.code, PX_ARG);
    assert_non_null(strstr(p.cause, "option"));
    assert_true(probe("pve1", "", text, sizeof(text), &p) < 0);
    assert_int_equal(rig_result(&rig, "execute_trespass", "x"), 0);
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
    const struct rig outer = rig;
    const struct plane_exec change = {.executor = "test-run", .target_json = "{}", .change = true};
    const struct plane_exec look = {.executor = "test-run", .target_json = "{}"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct plane_exec_result result;
        struct problem p;
        start(modes[i], "");
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
        rig_good(&rig);
        rig_done(&rig);
    }
    rig = outer;
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
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_forged),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_probe),
        cmocka_unit_test(test_no_deadlock),
        cmocka_unit_test(test_lies),
        cmocka_unit_test(test_hang),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_modes),
    };
    return cmocka_run_group_tests_name("abi-exec", all, setup, teardown);
}

int main(int argc, char **argv)
{
    return rig_main(argc, argv, tests);
}
