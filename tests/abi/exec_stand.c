/* SPDX-License-Identifier: Apache-2.0 */
#include "exec_stand.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

char exec_folder[] = "/tmp/proximo-exec-XXXXXX";
struct rig exec_rig;
static int listener = -1;
static pthread_t echoer;

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

    (void)snprintf(path, sizeof(path), "%s/%s", exec_folder, name);
    assert_int_equal(file_write_atomic(path, text, strlen(text), 0600), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static const struct {
    const char *name, *text;
    mode_t mode;
    const char *fault;
} files[] = {
    {"known", EXEC_KNOWN, 0644, NULL},
    {"key", EXEC_KEY, 0600, NULL},
    {"open-key", EXEC_KEY, 0640, "others can read it"},
    {"loose", "x", 0664, "others can write to it"},
    {"program", "#!/bin/sh\n", 0775, NULL},
};

void exec_start(const char *mode, const char *lists)
{
    struct problem p;
    char yaml[4096];

    (void)snprintf(yaml, sizeof(yaml),
                   "mode: guarded\nplane_dir: %s\nplanes:\n  good: {}\n  execute:\n    mode: %s\n%s",
                   rig_folder(), mode, lists);
    rig_new_yaml(&exec_rig, yaml);
    if (rig_wait(&exec_rig, &p) < 0)
        fail_msg("%s", p.cause);
}

int exec_setup(void **state)
{
    char lists[2048];

    (void)state;
    assert_non_null(mkdtemp(exec_folder));
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        put_file(files[i].name, files[i].text, files[i].mode);
    (void)snprintf(lists, sizeof(lists),
                   "    endpoints: {echo: 'tcp://127.0.0.1:%u', closed: 'tcp://127.0.0.1:1',"
                   " far: 'tcp://192.0.2.1:9', local: 'unix:%s/none'}\n"
                   "    programs: {sh: /bin/sh, loose: %s/program, none: /nonexistent}\n"
                   "    material: {known: %s/known, key: %s/key, open-key: %s/open-key, loose: %s/loose,"
                   " none: %s/none, folder: %s}\n",
                   (unsigned)echo_start(), exec_folder, exec_folder, exec_folder, exec_folder, exec_folder,
                   exec_folder, exec_folder, exec_folder);
    exec_start("guarded", lists);
    return 0;
}

int exec_teardown(void **state)
{
    char path[128];

    (void)state;
    rig_done(&exec_rig);
    (void)shutdown(listener, SHUT_RDWR);
    (void)pthread_join(echoer, NULL);
    (void)close(listener);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", exec_folder, files[i].name);
        (void)unlink(path);
    }
    return rmdir(exec_folder);
}

/* ---- a run: words separated by '|' */

int execute_as(const struct plane_exec *like, const char *words, struct plane_exec_result *ret,
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
    return planes_exec(exec_rig.planes, &exec, ret, p);
}

void exec_words(const char *words, struct plane_exec_result *ret)
{
    const struct plane_exec exec = {
        .executor = "test-run", .target_json = "{}", .run_ms = 10000, .change = true};
    struct problem p;

    if (execute_as(&exec, words, ret, &p) < 0)
        fail_msg("%s: %s: %s", words, p.code, p.cause);
}

const char *out_of(const struct plane_exec_stream *stream)
{
    return stream->kept.data ? stream->kept.data : "";
}

void expect_end(const char *words, enum plane_exec_end end, const char *code, const char *says)
{
    struct plane_exec_result result;

    exec_words(words, &result);
    if (result.end != end || strcmp(result.why.code, code) != 0 || !strstr(result.why.cause, says))
        fail_msg("%s: ended as %d, status %d, \"%s\", %s: %s", words, (int)result.end, result.exit_status,
                 result.signal, result.why.code, result.why.cause);
    plane_exec_result_done(&result);
}
