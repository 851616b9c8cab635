/* SPDX-License-Identifier: Apache-2.0 */
/* What the read functions of the built-in planes make of Proxmox's answers. */
#include "proximo/plane_test.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#include <cmocka.h>

#define UPID(n, type, id) "UPID:pve1:0000000" #n ":00000001:6000000" #n ":" type ":" id ":root@pam:"
#define TASK(n, type, id, rest)                                                                              \
    "{\"upid\":\"" UPID(n, type, id) "\",\"node\":\"pve1\",\"type\":\"" type "\",\"id\":\"" id               \
                                     "\",\"starttime\":" #n rest "}"

static const struct proximo_plane *plane_load(const char *name)
{
    char path[1200];
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    (void)snprintf(path, sizeof(path), "%s/planes/%s.so", build ? build : ".", name);
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object)
        fail_msg("%s", dlerror());
    union {
        void *object;
        proximo_plane_entry_fn function;
    } entry = {.object = dlsym(object, PROXIMO_PLANE_ENTRY)};
    assert_non_null(entry.object);
    return entry.function(PROXIMO_ABI_MAJOR, PROXIMO_ABI_MINOR);
}

static void expect_reply(struct plane_test *t, uint32_t index, uint32_t type, uint64_t flags,
                         const char *data)
{
    assert_true(index < t->reply_count);
    assert_int_equal(t->reply[index].type, type);
    assert_int_equal(t->reply[index].flags, flags);
    assert_string_equal(t->reply[index].data, data);
}

/* The outcomes of the rows, in order: "ok error ..." */
static void expect_outcomes(struct plane_test *t, const char *wanted)
{
    char got[512] = "";
    struct json_object *rows = json_tokener_parse(t->reply[0].data);
    assert_non_null(rows);
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        struct json_object *outcome = NULL;
        struct json_object *start = NULL;
        json_object_object_get_ex(json_object_array_get_idx(rows, i), "outcome", &outcome);
        json_object_object_get_ex(json_object_array_get_idx(rows, i), "starttime", &start);
        size_t len = strlen(got);
        (void)snprintf(got + len, sizeof(got) - len, "%s%s:%s", i ? " " : "", json_object_get_string(start),
                       json_object_get_string(outcome));
    }
    json_object_put(rows);
    assert_string_equal(got, wanted);
}

#define CLUSTER_TASKS                                                                                           \
    "[" TASK(1, "vzdump", "105", ",\"endtime\":2,\"status\":\"OK\"") "," TASK(4, "vzdump", "105", "") "," TASK( \
        3, "qmstart", "100",                                                                                    \
        ",\"endtime\":4,\"status\":\"WARNINGS: 2\"") "," TASK(2, "vzdump", "106",                               \
                                                              ",\"endtime\":4,\"status\":\"job "                \
                                                              "errors\"") "," TASK(5, "vzdump", "1060",         \
                                                                                   ",\"endtime\":6,"            \
                                                                                   "\"status\":"                \
                                                                                   "\"unexpected "              \
                                                                                   "status\"") ",nul"           \
                                                                                               "l]"

struct task_case {
    const char *name, *value;
    int quoted;
    const char *outcomes;
};

static void cluster_tasks_are_filtered_here(void **state)
{
    (void)state;
    static const struct task_case cases[] = {
        {"limit", "50", 0, "5:unknown 4:running 3:warning 2:error 1:ok"}, /* newest first */
        {"errors", "true", 0, "2:error"},
        {"errors", "false", 0, "5:unknown 4:running 3:warning 2:error 1:ok"},
        {"vmid", "106", 1, "2:error"},
        {"typefilter", "qmstart", 1, "3:warning"},
        {"statusfilter", "ok", 1, "1:ok"},
        {"statusfilter", "warning", 1, "3:warning"},
        {"statusfilter", "unknown", 1, "5:unknown"},
        {"since", "4", 0, "5:unknown 4:running"},
    };
    const struct proximo_plane *nodes = plane_load("nodes");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        plane_test_init(&t);
        plane_test_argument(&t, cases[i].name, cases[i].value, cases[i].quoted);
        plane_test_answer(&t, "/cluster/tasks", 200, CLUSTER_TASKS);
        assert_int_equal(plane_test_read(&t, nodes, "pve_tasks_list"), PROXIMO_OK);
        expect_outcomes(&t, cases[i].outcomes);
        assert_int_equal(t.reply[0].flags, PROXIMO_CONTENT_COMPLETE);
        plane_test_done(&t);
    }
}

static void node_tasks_are_filtered_by_proxmox(void **state)
{
    (void)state;
    static const char request[] = "/nodes/pve1/tasks?limit=4&source=all&errors=1&vmid=105&typefilter=vzdump"
                                  "&statusfilter=error&since=7";
    struct plane_test t;
    plane_test_init(&t);
    plane_test_argument(&t, "node", "pve1", 1);
    plane_test_argument(&t, "limit", "2", 0);
    plane_test_argument(&t, "offset", "1", 0);
    plane_test_argument(&t, "errors", "true", 0);
    plane_test_argument(&t, "vmid", "105", 1);
    plane_test_argument(&t, "typefilter", "vzdump", 1);
    plane_test_argument(&t, "statusfilter", "error", 1);
    plane_test_argument(&t, "since", "7", 0);
    plane_test_answer(
        &t, request, 200,
        "[" TASK(4, "vzdump", "105", ",\"status\":\"RUNNING\"") "," TASK(
            3, "vzdump", "105",
            ",\"status\":\"x\"") "," TASK(2, "vzdump", "105",
                                          ",\"status\":\"OK\"") "," TASK(1, "vzdump", "105",
                                                                         ",\"status\":\"OK\"") "]");
    assert_int_equal(plane_test_read(&t, plane_load("nodes"), "pve_tasks_list"), PROXIMO_OK);
    assert_string_equal(t.asked[0], request);
    /* One more than asked for came: there are more. */
    assert_int_equal(t.reply[0].flags, PROXIMO_CONTENT_COMPLETE | PROXIMO_CONTENT_MORE);
    expect_outcomes(&t, "4:running 3:error 2:ok 1:ok");
    plane_test_done(&t);
}

static void task_status_is_honest(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{\"status\":\"running\"}",
         "{\"status\":\"running\",\"finished\":false,\"succeeded\":false,\"outcome\":\"running\"}"},
        {"{\"status\":\"stopped\",\"exitstatus\":\"OK\"}",
         "{\"status\":\"stopped\",\"exitstatus\":\"OK\",\"finished\":true,\"succeeded\":true,\"outcome\":"
         "\"ok\",\"untrusted\":[\"exitstatus\"]}"},
        {"{\"status\":\"stopped\",\"exitstatus\":\"WARNINGS: 1\"}",
         "{\"status\":\"stopped\",\"exitstatus\":\"WARNINGS: "
         "1\",\"finished\":true,\"succeeded\":false,\"outcome\":\"warning\","
         "\"untrusted\":[\"exitstatus\"]}"},
        {"{\"status\":\"stopped\",\"exitstatus\":\"OKAY\"}",
         "{\"status\":\"stopped\",\"exitstatus\":\"OKAY\",\"finished\":true,\"succeeded\":false,\"outcome\":"
         "\"error\","
         "\"untrusted\":[\"exitstatus\"]}"},
        /* Stopped, but how is not known: no success. */
        {"{\"status\":\"stopped\"}",
         "{\"status\":\"stopped\",\"finished\":true,\"succeeded\":false,\"outcome\":\"unknown\"}"},
    };
    const struct proximo_plane *nodes = plane_load("nodes");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        plane_test_init(&t);
        plane_test_argument(&t, "upid", "U", 1);
        plane_test_argument(&t, "node", "pve1", 1);
        plane_test_answer(&t, "/nodes/pve1/tasks/U/status", 200, cases[i][0]);
        assert_int_equal(plane_test_read(&t, nodes, "pve_task_status"), PROXIMO_OK);
        expect_reply(&t, 0, PROXIMO_CONTENT_JSON, 0, cases[i][1]);
        plane_test_done(&t);
    }
}

static void resources_pass_through(void **state)
{
    (void)state;
    struct plane_test t;
    plane_test_init(&t);
    plane_test_argument(&t, "resource_type", "vm", 1);
    plane_test_answer(&t, "/cluster/resources?type=vm", 200, "[{\"id\":\"qemu/100\"}]");
    assert_int_equal(plane_test_read(&t, plane_load("nodes"), "pve_cluster_resources"), PROXIMO_OK);
    expect_reply(&t, 0, PROXIMO_CONTENT_ROWS, PROXIMO_CONTENT_COMPLETE, "[{\"id\":\"qemu/100\"}]");
    plane_test_done(&t);
}

static void snapshots_without_the_synthetic_one(void **state)
{
    (void)state;
    const struct proximo_plane *guests = plane_load("guests");
    struct plane_test t;
    plane_test_init(&t);
    plane_test_argument(&t, "node", "pve1", 1);
    plane_test_argument(&t, "kind", "lxc", 1);
    plane_test_argument(&t, "vmid", "105", 1);
    plane_test_answer(&t, "/nodes/pve1/lxc/105/snapshot", 200,
                      "[{\"name\":\"base\",\"snaptime\":1},{\"name\":\"current\",\"description\":\"You are "
                      "here!\",\"parent\":\"base\","
                      "\"running\":1,\"digest\":\"d\"}]");
    assert_int_equal(plane_test_read(&t, guests, "pve_snapshot_list"), PROXIMO_OK);
    expect_reply(&t, 0, PROXIMO_CONTENT_ROWS, 0, "[{\"name\":\"base\",\"snaptime\":1}]");
    expect_reply(&t, 1, PROXIMO_CONTENT_JSON, 0, "{\"parent\":\"base\",\"running\":true,\"digest\":\"d\"}");
    plane_test_done(&t);
}

/* Answers that are not what the API promises end in a clear failure, never in an empty list. */
static void odd_answers_fail(void **state)
{
    (void)state;
    static const char *const answers[] = {"null", "{}", "\"x\"", "5"};
    static const char *const tools[][3] = {{"nodes", "pve_tasks_list", "/cluster/tasks"},
                                           {"guests", "pve_snapshot_list", "/nodes/pve1/lxc/105/snapshot"}};
    for (size_t k = 0; k < 2; k++) {
        const struct proximo_plane *plane = plane_load(tools[k][0]);
        for (size_t i = 0; i < 4; i++) {
            struct plane_test t;
            plane_test_init(&t);
            if (k == 1) {
                plane_test_argument(&t, "node", "pve1", 1);
                plane_test_argument(&t, "kind", "lxc", 1);
                plane_test_argument(&t, "vmid", "105", 1);
            }
            plane_test_answer(&t, tools[k][2], 200, answers[i]);
            assert_int_equal(plane_test_read(&t, plane, tools[k][1]), PROXIMO_EPROTO);
            assert_true(t.fail_text[0] != 0);
            assert_int_equal(t.replies, 0);
            plane_test_done(&t);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cluster_tasks_are_filtered_here),
        cmocka_unit_test(node_tasks_are_filtered_by_proxmox),
        cmocka_unit_test(task_status_is_honest),
        cmocka_unit_test(resources_pass_through),
        cmocka_unit_test(snapshots_without_the_synthetic_one),
        cmocka_unit_test(odd_answers_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
