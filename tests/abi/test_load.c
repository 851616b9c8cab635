/* SPDX-License-Identifier: Apache-2.0 */
/* Loading: what is refused, with which words, and that everything else goes on. */
#include "rig.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"

static const struct {
    const char *name, *part;
} refused[] = {
    {"magic", "not a plane"},
    {"major", "built for plane ABI 1.0; this program has 0.5"},
    {"minor", "needs features 0x10000000000"},
    {"noentry", "does not export proximo_plane_0"},
    {"decline", "declines"},
    {"mixed", "reads[1]"},
    {"duptool", "\"good_echo\" is there already, from the plane \"good\""},
    {"dupclass", "\"guest.stop\" is there already, from the plane \"class\""},
    {"schema", "subject_schema is not JSON"},
    {"openfail", "open() failed with code -4"},
    {"probe", "POST /nodes/{node}/qemu/{vmid}/status/stop is not a probe"},
    {"crashload", "while it was loaded"},
    {"crashopen", "while it was opened"},
};

#define ALL                                                                                                  \
    "good,class,magic,major,minor,noentry,decline,mixed,duptool,dupclass,schema,openfail,probe,crashload,"   \
    "crashopen,"                                                                                             \
    "older,newer"

static void test_refused(enum rig_kind kind)
{
    struct rig rig;
    struct problem p;
    struct plane_state state;
    char text[64];

    rig_new(&rig, kind, ALL, NULL);
    if (rig_wait(&rig, &p) < 0)
        fail_msg("%s: %s", p.code, p.cause);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        rig_refused(&rig, refused[i].name, refused[i].part);
    /* Everything a refused plane registered is gone. */
    assert_null(planes_tool_find(rig.planes, "openfail_run"));
    assert_null(planes_tool_find(rig.planes, "duptool_own"));
    /* Sizes that are not ours are fine. */
    rig_state(&rig, "older", &state);
    assert_true(state.loaded);
    assert_int_equal(state.info->tools[0].param_count, 2);
    assert_string_equal(state.info->tools[0].params[1].name, "two");
    assert_int_equal(rig_call(&rig, "older_run", "{}", 5000, text, sizeof(text), &p), 0);
    assert_string_equal(text, "{\"result\":7}");
    assert_int_equal(rig_call(&rig, "newer_too", "{}", 5000, text, sizeof(text), &p), 0);
    assert_string_equal(text, "{\"result\":8}");
    rig_good(&rig);
    rig_done(&rig);
}

static void test_refused_builtin(void **state)
{
    (void)state;
    test_refused(RIG_BUILTIN);
}

static void test_refused_foreign(void **state)
{
    (void)state;
    test_refused(RIG_FOREIGN);
}

static void test_state(void **state)
{
    struct rig rig;
    struct problem p;
    struct plane_state s;

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "good,serial", NULL);
    assert_false(planes_ready(rig.planes));
    assert_int_equal(rig_wait(&rig, &p), 0);
    assert_true(planes_ready(rig.planes));
    rig_state(&rig, "good", &s);
    assert_true(s.loaded);
    assert_false(s.foreign);
    assert_string_equal(s.mode, "read");
    assert_int_equal(strlen(s.sha256), 64);
    assert_int_equal(s.restarts, 0);
    if (geteuid() == 0)
        assert_true(s.memory_bytes > 0);
    /* Sorted, each with a schema. */
    for (size_t i = 0; i < planes_tool_count(rig.planes); i++) {
        const struct tool *tool = planes_tool_at(rig.planes, i);
        assert_non_null(tool->input_schema);
        if (i)
            assert_true(strcmp(planes_tool_at(rig.planes, i - 1)->name, tool->name) < 0);
    }
    assert_null(planes_tool_at(rig.planes, planes_tool_count(rig.planes)));
    rig_done(&rig);
}

static void expect_stop(const char *names, const char *extra, const char *part)
{
    struct rig rig;
    struct problem p;

    rig_new(&rig, RIG_BUILTIN, names, extra);
    assert_int_equal(rig_wait(&rig, &p), -22);
    assert_string_equal(p.code, PX_CONFIG);
    if (!strstr(p.cause, part))
        fail_msg("%s", p.cause);
    assert_int_equal(planes_tool_count(rig.planes), 0);
    rig_done(&rig);
}

static void test_stops_the_start(void **state)
{
    (void)state;
    expect_stop("good,nosuch", NULL, "\"nosuch\"");
    expect_stop("good,magic", "required: true", "\"magic\" is required");
    expect_stop(
        "good,serial",
        "sha256: 00000000000000000000000000000000000000000000000000000000000000ff\n    required: true",
        "the configuration pins");
}

static void test_pin(void **state)
{
    struct rig rig;
    struct problem p;

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "good,serial",
            "sha256: 00000000000000000000000000000000000000000000000000000000000000ff");
    assert_int_equal(rig_wait(&rig, &p), 0);
    rig_refused(&rig, "serial", "the configuration pins");
    rig_good(&rig);
    rig_done(&rig);
}

static void test_settings(void **state)
{
    struct rig rig;
    struct problem p;
    char text[64];

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "good,settings", "config: {depth: 3}");
    assert_int_equal(rig_wait(&rig, &p), 0);
    assert_int_equal(rig_call(&rig, "settings_run", "{}", 5000, text, sizeof(text), &p), 0);
    assert_non_null(strstr(text, "\"depth\":3"));
    rig_done(&rig);
    expect_stop("good,settings", "config: {depth: 10}", "above its maximum of 9");
    expect_stop("good,settings", "config: {width: 1}", "config.width is not a setting");
    expect_stop("good,serial", "config: {depth: 1}", "takes no settings");
}

/* Files that others can write, links and things that are no files. */
static void test_files(void **state)
{
    struct buf bytes = BUF_INIT((size_t)64 << 20);
    char folder[] = "/tmp/proximo-abi-XXXXXX", path[128], link[128], source[1200];
    struct problem p = PROBLEM_INIT;
    struct buf json = BUF_INIT((size_t)8 << 20);

    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(source, sizeof(source), "%s/good.so", rig_folder());
    (void)snprintf(path, sizeof(path), "%s/good.so", folder);
    (void)snprintf(link, sizeof(link), "%s/link.so", folder);
    assert_int_equal(file_read(source, &bytes), 0);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(fd_write_all(fd, bytes.data, bytes.len), 0);
    assert_int_equal(close(fd), 0);
    buf_done(&bytes);

    assert_int_equal(planes_inspect(path, &json, &p), 0);
    struct json_object *manifest = NULL;
    const char *name = NULL;
    assert_int_equal(json_parse(json.data, json.len, &manifest, &p), 0);
    assert_int_equal(json_get_string(manifest, "name", &name, NULL), 0);
    assert_string_equal(name, "good");
    (void)json_object_put(manifest);
    buf_reset(&json);

    assert_int_equal(chmod(path, 0620), 0);
    assert_true(planes_inspect(path, &json, &p) < 0);
    assert_non_null(strstr(p.cause, "can be written by others"));
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(chmod(folder, 0777), 0);
    assert_true(planes_inspect(path, &json, &p) < 0);
    assert_non_null(strstr(p.cause, "the folder"));
    assert_int_equal(chmod(folder, 0700), 0);
    assert_int_equal(symlink(path, link), 0);
    assert_true(planes_inspect(link, &json, &p) < 0);
    assert_non_null(strstr(p.cause, "symbolic link"));
    assert_true(planes_inspect(folder, &json, &p) < 0);
    assert_non_null(strstr(p.cause, "not a regular file"));
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 65534, 65534), 0);
        assert_true(planes_inspect(path, &json, &p) < 0);
        assert_non_null(strstr(p.cause, "belongs to user 65534"));
    }
    /* Bytes that are no object. */
    fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0 && fchown(fd, geteuid(), getegid()) == 0 && write(fd, "not an object", 13) == 13 &&
                close(fd) == 0);
    assert_true(planes_inspect(path, &json, &p) < 0);
    assert_non_null(strstr(p.cause, "cannot be loaded"));
    buf_done(&json);
    (void)unlink(link);
    (void)unlink(path);
    (void)rmdir(folder);
}

/* A kernel without Landlock: foreign planes only where the operator says so. */
static void test_without_landlock(void **state)
{
    struct rig rig;
    struct problem p;

    (void)state;
    rig_new(&rig, RIG_FOREIGN, "good,serial", "allow_without_landlock: true");
    planes_pretend_no_landlock(rig.planes);
    assert_int_equal(rig_wait(&rig, &p), 0);
    rig_refused(&rig, "good", "no Landlock");
    assert_non_null(planes_tool_find(rig.planes, "serial_run"));
    rig_done(&rig);
}

static int tests(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_refused_builtin),
        cmocka_unit_test(test_refused_foreign),
        cmocka_unit_test(test_state),
        cmocka_unit_test(test_stops_the_start),
        cmocka_unit_test(test_pin),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_without_landlock),
    };
    return cmocka_run_group_tests_name("abi-load", all, NULL, NULL);
}

int main(int argc, char **argv)
{
    return rig_main(argc, argv, tests);
}
