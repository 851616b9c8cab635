/* SPDX-License-Identifier: Apache-2.0 */
/* Paths, refused GETs and probes; against the API schemas too where they are at hand. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "config/config.h"
#include "http/get_table.h"
#include "http/path.h"
#include "http/probe_table.h"

#define FIELD(name, value)                                                                                   \
    {                                                                                                        \
        (name), (value), sizeof(value) - 1                                                                   \
    }

static void test_path_check(void **state)
{
    (void)state;
    static const char *const good[] = {
        "/version",
        "/nodes/pve1/storage/local/content/local:iso%2Fdebian.iso",
        "/pools/a%20b",
        "/nodes/{node}/qemu",
        "/access/users/root@pam/token/a!b",
        "/x/%C3%A4",
        "/x/...",
        "/x/.hidden",
    };
    static const char *const bad[] = {
        "",       "version", "/",           "//",        "/a//b",       "/a/",       "/a/../b",
        "/a/./b", "/..",     "/a/%2e%2e/b", "/a/%2E./b", "/a%2F..%2Fb", "/a%2f%2fb", "/a?x=1",
        "/a#b",   "/a b",    "/a\\b",       "/a\nb",     "/a%0ab",      "/a%00b",    "/a%7fb",
        "/a%",    "/a%2",    "/a%zz",       "/x/%ff",    "/x/\xff",     "/a%2F",
    };
    struct problem p = PROBLEM_INIT;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_int_equal(http_path_check(good[i], &p), 0);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (http_path_check(bad[i], &p) != -EINVAL)
            fail_msg("accepted: %s", bad[i]);
        assert_string_equal(p.code, PX_ARG);
    }
    assert_int_equal(http_path_check(NULL, &p), -EINVAL);

    char longest[HTTP_PATH_LIMIT + 2];
    memset(longest, 'a', sizeof(longest));
    longest[0] = '/';
    longest[HTTP_PATH_LIMIT] = '\0';
    assert_int_equal(http_path_check(longest, &p), 0);
    longest[HTTP_PATH_LIMIT] = 'a';
    longest[HTTP_PATH_LIMIT + 1] = '\0';
    assert_int_equal(http_path_check(longest, &p), -EINVAL);
    for (size_t i = 0; i < 2 * (HTTP_PATH_PARTS + 1); i++)
        longest[i] = i % 2 == 0 ? '/' : 'a';
    longest[2 * (HTTP_PATH_PARTS + 1)] = '\0';
    assert_int_equal(http_path_check(longest, &p), -EINVAL);
}

static bool matches(const char *pattern, const char *path)
{
    struct http_path parts;
    http_path_split(path, true, &parts);
    return http_path_match(pattern, &parts);
}

static void test_path_match(void **state)
{
    (void)state;
    assert_true(matches("/a/{}/c", "/a/b/c"));
    assert_true(matches("/a/{}/c", "/a/b%2Fc"));
    assert_false(matches("/a/{}/c", "/a/b"));
    assert_false(matches("/a/{}", "/a/b/c"));
    assert_false(matches("/a/bc", "/a/b"));
    assert_false(matches("/a/b", "/a/bc"));
    assert_true(matches("/a/**", "/a/b/c/d"));
    assert_true(matches("/a/**", "/a/b"));
    assert_false(matches("/a/**", "/a"));
    assert_false(matches("/a/**", "/b/c"));
}

static int get(const char *path, const struct http_field *fields, size_t count)
{
    struct problem p = PROBLEM_INIT;
    assert_int_equal(http_path_check(path, &p), 0);
    const int rc = http_get_check(CONFIG_PVE, path, fields, count, &p);
    assert_true(rc == 0 || (rc == -EACCES && strcmp(p.code, PX_REFUSED_GET) == 0 && p.next[0] != '\0'));
    return rc;
}

/* design 2: "Core/http holds a second table: GETs that act, disclose or reach out ..." */
static void test_gets(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "/nodes/a/qemu/100/agent/file-read",
        "/nodes/a/qemu/100/agent/file%2dread",
        "/nodes/a/qemu/100/agent%2Ffile-read",
        "/nodes/a/qemu/100/agent/exec-status",
        "/nodes/{node}/query-url-metadata",
        "/nodes/a/scan/cifs",
        "/nodes/a/vncwebsocket",
        "/nodes/a/lxc/100/vncwebsocket",
        "/nodes/a/storage/s/file-restore/download",
        "/nodes/a/rrd",
        "/config/remote/r/scan/s/groups",
        "/reader",
        "/backup/_upgrade_/previous",
        "/tape/media/destroy",
        "/nodes/a/qemu/100/cloudinit/dump",
        "/tape/media/list",
    };
    static const char *const allowed[] = {
        "/version",
        "/nodes",
        "/nodes/a/qemu/100/config",
        "/nodes/a/qemu/100/agent/get-osinfo",
        "/nodes/a/scan/zfs",
        "/nodes/a/rrddata",
        "/nodes/a/aplinfo",
        "/cluster/backup",
        "/nodes/a/qemu/100/cloudinit",
        "/access/openid",
        "/nodes/a/storage/s/content/s:iso%2Freport",
    };
    const struct http_field user[] = {FIELD("type", "user")}, network[] = {FIELD("type", "network")};
    const struct http_field both[] = {FIELD("type", "network"), FIELD("type", "user")};
    const struct http_field prefix[] = {FIELD("type", "net")}, still[] = {FIELD("update-status", "0")};
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (get(refused[i], NULL, 0) == 0)
            fail_msg("not refused: %s", refused[i]);
    }
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
        if (get(allowed[i], NULL, 0) != 0)
            fail_msg("refused: %s", allowed[i]);
    }
    assert_int_equal(get("/nodes/a/qemu/100/cloudinit/dump", network, 1), 0);
    assert_int_equal(get("/nodes/a/qemu/100/cloudinit/dump", user, 1), -EACCES);
    assert_int_equal(get("/nodes/a/qemu/100/cloudinit/dump", both, 2), -EACCES);
    assert_int_equal(get("/nodes/a/qemu/100/cloudinit/dump", prefix, 1), -EACCES);
    assert_int_equal(get("/tape/media/list", still, 1), 0);
    assert_int_equal(http_get_check(CONFIG_PBS, "/nodes/a/rrd", NULL, 0, NULL), 0);
}

/* The one that the step runner may send: of one command, by its pid, and nothing that looks like it. */
static void test_agent_output(void **state)
{
    const struct http_field pid[] = {{"pid", "42", 2}}, other[] = {{"file", "a", 1}};
    const struct http_field two[] = {{"pid", "42", 2}, {"pid", "43", 2}};
    (void)state;
    assert_true(http_get_is_agent_output("/nodes/a/qemu/100/agent/exec-status", pid, 1));
    assert_false(http_get_is_agent_output("/nodes/a/qemu/100/agent/exec-status", pid, 0));
    assert_false(http_get_is_agent_output("/nodes/a/qemu/100/agent/exec-status", other, 1));
    assert_false(http_get_is_agent_output("/nodes/a/qemu/100/agent/exec-status", two, 2));
    assert_false(http_get_is_agent_output("/nodes/a/qemu/100/agent/file-read", pid, 1));
    assert_false(http_get_is_agent_output("/nodes/a/lxc/100/agent/exec-status", pid, 1));
    assert_int_equal(get("/nodes/a/qemu/100/agent/exec-status", pid, 1), -EACCES);
}

/* Listing what is in a backup is a plain read of archives of files only. */
static void test_files_of_backups(void **state)
{
    static const struct {
        const char *filepath;
        int wanted;
    } cases[] = {
        {"/", 0},
        {"L3Jvb3QucHhhci5kaWR4", 0},                               /* /root.pxar.didx */
        {"L3Jvb3QucHhhci5kaWR4L2V0Yy9ob3N0cw==", 0},               /* /root.pxar.didx/etc/hosts */
        {"cm9vdC5tcHhhci5kaWR4L2V0Yw==", 0},                       /* root.mpxar.didx/etc */
        {"L2RyaXZlLXNjc2kwLmltZy5maWR4", -EACCES},                 /* /drive-scsi0.img.fidx */
        {"L2RyaXZlLXNjc2kwLmltZy5maWR4L2EucHhhci5kaWR4", -EACCES}, /* /drive-scsi0.img.fidx/a.pxar.didx */
        {"L3Jvb3QucHhhci5kaWR4Ly4uL2RyaXZlLmltZy5maWR4", -EACCES}, /* /root.pxar.didx/../drive.img.fidx */
        {"LnB4YXIuZGlkeA==", -EACCES},                             /* .pxar.didx: no name */
        {"L3Jvb3QucHhhci5kaWR4A", -EACCES},                        /* no whole groups */
        {"L3Jvb3QucHhhci5k aWR4", -EACCES},                        /* not one of the digits */
        {"L2EAL3Jvb3QucHhhci5kaWR4", -EACCES},                     /* a NUL in it */
        {"L3Jvb3QucHhhci5kaWR4AC94", -EACCES},
        {"L3Jvb3QucHhhci5kaWR4L2V0Yy-_", -EACCES},
        {"{pxar}", -EACCES},
        {"", -EACCES},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct http_field field[] = {
            {.name = "filepath", .value = cases[i].filepath, .value_len = strlen(cases[i].filepath)}};
        const struct http_field twice[] = {field[0], field[0]};
        if (get("/nodes/a/storage/s/file-restore/list", field, 1) != cases[i].wanted)
            fail_msg("%s", cases[i].filepath);
        assert_int_equal(get("/nodes/a/storage/s/file-restore/list", twice, 2), -EACCES);
    }
    assert_int_equal(get("/nodes/a/storage/s/file-restore/list", NULL, 0), -EACCES);
}

static bool probe(const char *path, const struct http_field *fixed, size_t count)
{
    return http_probe_allowed("POST", path, fixed, count, NULL);
}

/* design 2: "No plane decides what is effect-free ..." */
/* design 2: "- **probes**: static rows for the few effect-free requests ..." */
static void test_probes(void **state)
{
    (void)state;
    struct problem p = PROBLEM_INIT;
    const char *why = NULL;
    const struct http_field dry[] = {FIELD("dry-run", "1")}, wet[] = {FIELD("dry-run", "0")};
    const struct http_field twice[] = {FIELD("dry-run", "1"), FIELD("dry-run", "0")};
    const struct http_field more[] = {FIELD("dry-run", "1"), FIELD("keep-last", "3")};
    const struct http_field odd[] = {FIELD("dry-run", "1"), FIELD("use-task", "1")};
    assert_true(probe("/nodes/{node}/qemu/{vmid}/agent/ping", NULL, 0));
    assert_true(probe("/nodes/pve1/qemu/{vmid}/agent/ping", NULL, 0));
    assert_false(probe("/nodes/{node}/{kind}/{vmid}/agent/ping", NULL, 0));
    assert_false(probe("/nodes/{node}/qemu/{vmid}/agent/{x}", NULL, 0));
    assert_false(probe("/nodes/{node}/qemu/a{vmid}/agent/ping", NULL, 0));
    assert_false(probe("/nodes/{node}/qemu/{vmid}/status/stop", NULL, 0));
    assert_false(http_probe_allowed("PUT", "/nodes/{node}/qemu/{vmid}/agent/ping", NULL, 0, &why));
    assert_non_null(why);
    assert_true(probe("/admin/datastore/{store}/prune", dry, 1));
    assert_true(probe("/admin/datastore/{store}/prune", more, 2));
    assert_false(probe("/admin/datastore/{store}/prune", NULL, 0));
    assert_false(probe("/admin/datastore/{store}/prune", wet, 1));
    assert_false(probe("/admin/datastore/{store}/prune", twice, 2));
    assert_false(probe("/admin/datastore/{store}/prune", odd, 2));
    assert_true(http_probe_parameter_allowed("POST", "/admin/datastore/{s}/prune", "keep-last"));
    assert_false(http_probe_parameter_allowed("POST", "/admin/datastore/{s}/prune", "dry-run"));
    assert_false(http_probe_parameter_allowed("POST", "/admin/datastore/{s}/prune", "use-task"));

    assert_int_equal(http_probe_check("POST", "/admin/datastore/a/prune", more, 2, &p), 0);
    assert_int_equal(http_probe_check("POST", "/admin/datastore/a/prune", twice, 2, &p), -EACCES);
    assert_int_equal(http_probe_check("POST", "/admin/datastore/a/prune", more + 1, 1, &p), -EACCES);
    assert_int_equal(http_probe_check("POST", "/admin%2Fdatastore/a/prune", more, 2, &p), -EACCES);
    assert_int_equal(http_probe_check("DELETE", "/admin/datastore/a/prune", more, 2, &p), -EACCES);
    assert_string_equal(p.code, PX_READ_ONLY);
}

/* A row's command as its fields; how many. */
static size_t command_fields(const char *command, char text[512], struct http_field fields[32])
{
    size_t count = 0;
    (void)snprintf(text, 512, "%s", command);
    for (char *word = text; *word != '\0' && count < 32; count++) {
        const size_t len = strcspn(word, " ");
        fields[count] = (struct http_field){"command", word, len};
        word += len;
        if (*word != '\0')
            *word++ = '\0';
    }
    return count;
}

/* Commands in machines: whole and in order, nothing varied, left out or put in. */
static void test_commands(void **state)
{
    (void)state;
    static const char path[] = "/nodes/{node}/qemu/{vmid}/agent/exec",
                      sent[] = "/nodes/a/qemu/100/agent/exec";
    struct problem p = PROBLEM_INIT;
    size_t count = 0, commands = 0;
    const struct http_probe_row *rows = http_probe_rows(&count);
    for (size_t i = 0; i < count; i++) {
        struct http_field fields[33];
        char text[512];
        if (rows[i].command == NULL)
            continue;
        commands++;
        const size_t n = command_fields(rows[i].command, text, fields);
        assert_true(n > 5 && n < 32);
        assert_int_equal(strncmp(rows[i].command, "timeout -k 2 15 ", 16), 0);
        assert_true(probe(path, fields, n));
        assert_int_equal(http_probe_check("POST", sent, fields, n, &p), 0);
        assert_false(probe(path, fields, n - 1));
        fields[n] = (struct http_field)FIELD("command", "/etc/shadow");
        assert_false(probe(path, fields, n + 1));
        fields[n] = (struct http_field)FIELD("input-data", "x");
        assert_int_equal(http_probe_check("POST", sent, fields, n + 1, &p), -EACCES);
        for (size_t k = 0; k < n; k++) {
            const struct http_field kept = fields[k];
            fields[k] = (struct http_field)FIELD("command", "sh");
            assert_int_equal(http_probe_check("POST", sent, fields, n, &p), -EACCES);
            fields[k] = kept;
            fields[k].value_len--;
            assert_false(probe(path, fields, n));
            fields[k] = kept;
            fields[k].name = "Command";
            assert_false(probe(path, fields, n));
            fields[k] = kept;
        }
        const struct http_field first = fields[4];
        fields[4] = fields[5];
        fields[5] = first;
        assert_false(probe(path, fields, n));
    }
    assert_int_equal(commands, 7);
    assert_false(probe(path, NULL, 0));
    assert_false(http_probe_parameter_allowed("POST", path, "command"));
    assert_false(http_probe_parameter_allowed("POST", path, "pid"));
    assert_true(http_probe_runs_command("POST", path));
    assert_false(http_probe_runs_command("POST", "/nodes/{node}/qemu/{vmid}/agent/ping"));
    assert_false(http_probe_runs_command("GET", path));
    assert_false(http_probe_allowed("GET", "/nodes/{node}/qemu/{vmid}/agent/exec-status", NULL, 0, NULL));
}

/* "/nodes/{node}/x" of the schema against "/nodes/{}/x" of a table, by matching words with words. */
static bool schema_has(struct json_object *endpoints, const char *method, const char *pattern)
{
    struct problem p = PROBLEM_INIT;
    for (size_t i = 0; i < json_object_array_length(endpoints); i++) {
        struct json_object *e = json_object_array_get_idx(endpoints, i);
        const char *m = NULL, *path = NULL;
        if (json_get_string(e, "method", &m, NULL) == 0 && json_get_string(e, "path", &path, NULL) == 0 &&
            strcmp(m, method) == 0 && http_path_check(path, &p) == 0 && matches(pattern, path))
            return true;
    }
    return false;
}

/* Every row of both tables is a method of one of the three API versions: no row is a slip of the pen. */
static void test_rows_exist(void **state)
{
    (void)state;
    static const char *const files[] = {"pve-9.2", "pve-8.4", "pbs-4.2"};
    struct json_object *roots[3] = {NULL};
    struct json_object *endpoints[3] = {NULL};
    const char *shared = getenv("PROXIMO_SHARED");
    const char *source = getenv("PROXIMO_TEST_SOURCE_DIR");
    size_t get_count = 0, probe_count = 0;
    for (size_t i = 0; i < 3; i++) {
        char path[4096];
        struct problem p = PROBLEM_INIT;
        struct buf text = BUF_INIT((size_t)16 << 20);
        snprintf(path, sizeof(path), "%s%s/api/%s.json",
                 shared != NULL   ? shared
                 : source != NULL ? source
                                  : ".",
                 shared != NULL ? "" : "/../shared", files[i]);
        if (file_read(path, &text) != 0) {
            print_message("the API schemas are not at hand (%s): not checked\n", path);
            skip();
        }
        assert_int_equal(json_parse(text.data, text.len, &roots[i], &p), 0);
        assert_int_equal(json_get(roots[i], "endpoints", json_type_array, &endpoints[i]), 0);
        buf_done(&text);
    }
    const struct http_get_row *gets = http_get_rows(&get_count);
    for (size_t i = 0; i < get_count; i++) {
        bool found = false;
        for (size_t k = 0; k < 3; k++)
            found = found || schema_has(endpoints[k], "GET", gets[i].path);
        if (!found)
            fail_msg("no such GET: %s", gets[i].path);
    }
    const struct http_probe_row *probes = http_probe_rows(&probe_count);
    for (size_t i = 0; i < probe_count; i++) {
        bool found = false;
        for (size_t k = 0; k < 3; k++)
            found = found || schema_has(endpoints[k], probes[i].method, probes[i].path);
        if (!found)
            fail_msg("no such probe: %s", probes[i].path);
    }
    for (size_t i = 0; i < 3; i++)
        json_object_put(roots[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_path_check),
        cmocka_unit_test(test_path_match),
        cmocka_unit_test(test_gets),
        cmocka_unit_test(test_agent_output),
        cmocka_unit_test(test_files_of_backups),
        cmocka_unit_test(test_probes),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_rows_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
