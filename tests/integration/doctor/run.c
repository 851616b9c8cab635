/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/integration/doctor/run.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "tests/integration/http/sim.h"

static char folder[64];

int run_open(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/proximo-test-doctor-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    setenv("XDG_STATE_HOME", "/nonexistent", 1);
    return 0;
}

int run_close(void **state)
{
    int status = 0;

    (void)state;
    const pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/rm", "rm", "-rf", folder, (char *)NULL);
        _exit(127);
    }
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

const char *run_folder(void)
{
    return folder;
}

const char *run_file(const char *name, const char *text)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(file_write_atomic(path, text, strlen(text), 0600), 0);
    return path;
}

int run_program(struct buf *out, const char *const *words)
{
    char program[4096];
    char *argv[16] = {NULL};
    int fds[2], status = 0;

    sim_program(program);
    memcpy(strrchr(program, '/') + 1, "proximo", sizeof("proximo"));
    argv[0] = program;
    for (size_t i = 0; words[i]; i++) {
        assert_true(i < 14);
        argv[i + 1] = strdup(words[i]);
    }
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(fds[1], STDOUT_FILENO);
        execv(program, argv);
        _exit(127);
    }
    close(fds[1]);
    buf_reset(out);
    assert_int_equal(fd_read_all(fds[0], out), 0);
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    for (size_t i = 1; argv[i]; i++)
        free(argv[i]);
    return WEXITSTATUS(status);
}

/* The shape that others build on: it may grow, not change. */
static void check_shape(struct json_object *report)
{
    struct json_object *sections = NULL;
    bool ok = false;
    int64_t problems = -1, counted = 0;

    assert_int_equal(json_get_bool(report, "ok", &ok), 0);
    assert_int_equal(json_get_int(report, "problems", &problems), 0);
    assert_int_equal(json_get(report, "sections", json_type_array, &sections), 0);
    for (size_t i = 0; i < json_object_array_length(sections); i++) {
        struct json_object *section = json_object_array_get_idx(sections, i), *checks = NULL;

        assert_true(*check_text(section, "name") != '\0');
        assert_int_equal(json_get(section, "checks", json_type_array, &checks), 0);
        for (size_t k = 0; k < json_object_array_length(checks); k++) {
            struct json_object *check = json_object_array_get_idx(checks, k);
            const char *status = check_text(check, "status");

            assert_true(*check_text(check, "text") != '\0');
            assert_true(strcmp(status, "ok") == 0 || strcmp(status, "note") == 0 ||
                        strcmp(status, "problem") == 0);
            counted += strcmp(status, "problem") == 0;
        }
    }
    assert_int_equal(counted, problems);
    assert_int_equal(ok, problems == 0);
}

struct json_object *run_doctor(const char *config, int *ret_status)
{
    CLEANUP_BUF struct buf out = BUF_INIT((size_t)4 << 20);
    const char *const words[] = {"doctor", "--config", config, "--json", NULL};
    struct json_object *report = NULL;
    bool ok = false;

    *ret_status = run_program(&out, words);
    assert_int_equal(json_parse(out.data, out.len, &report, NULL), 0);
    check_shape(report);
    assert_int_equal(json_get_bool(report, "ok", &ok), 0);
    assert_int_equal(*ret_status, ok ? 0 : 1);
    return report;
}

static struct json_object *find(struct json_object *report, const char *section, const char *piece)
{
    struct json_object *sections = NULL;

    (void)json_get(report, "sections", json_type_array, &sections);
    for (size_t i = 0; i < json_object_array_length(sections); i++) {
        struct json_object *at = json_object_array_get_idx(sections, i), *checks = NULL;

        if (strcmp(check_text(at, "name"), section) != 0)
            continue;
        (void)json_get(at, "checks", json_type_array, &checks);
        for (size_t k = 0; k < json_object_array_length(checks); k++) {
            struct json_object *check = json_object_array_get_idx(checks, k);

            if (strstr(check_text(check, "text"), piece))
                return check;
        }
    }
    return NULL;
}

struct json_object *report_check(struct json_object *report, const char *section, const char *piece)
{
    struct json_object *check = find(report, section, piece);

    if (!check)
        fail_msg("%s: nothing says \"%s\" in %s", section, piece, json_object_to_json_string(report));
    return check;
}

void report_expect(struct json_object *report, const char *section, const char *status, const char *piece)
{
    assert_string_equal(check_text(report_check(report, section, piece), "status"), status);
}

void report_expect_not(struct json_object *report, const char *section, const char *piece)
{
    struct json_object *check = find(report, section, piece);

    if (check)
        fail_msg("%s says %s", section, json_object_to_json_string(check));
}

const char *check_text(struct json_object *check, const char *name)
{
    const char *text = "";

    (void)json_get_string(check, name, &text, NULL);
    return text;
}

const char *check_lines(struct json_object *check)
{
    static char text[8192];
    struct json_object *lines = NULL;
    size_t len = 0;

    assert_int_equal(json_get(check, "lines", json_type_array, &lines), 0);
    text[0] = '\0';
    for (size_t i = 0; i < json_object_array_length(lines) && len < sizeof(text); i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\n",
                                json_object_get_string(json_object_array_get_idx(lines, i)));
    return text;
}
