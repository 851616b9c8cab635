/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read tools end to end below MCP: arguments, resolution, rows and read functions in real plane hosts, the
 * HTTP module over TLS, the simulator's privileges. This program is also the plane host: planes are hosted by
 * whatever program runs.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/selector.h"
#include "config/config.h"
#include "plane/manifest.h"
#include "plane/planes.h"
#include "plane/read.h"
#include "plane/site.h"
#include "simulator.h"

#define CALL_MS 20000

/* A simulator with planes and one token at work. */
struct world {
    struct simulator sim;
    struct config *config;
    struct sites *sites;
    struct planes *planes;
};

static void world_use_token(struct world *w, const char *token)
{
    char yaml[2048];
    char name[64];
    struct problem p = PROBLEM_INIT;
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    snprintf(name, sizeof(name), "tokens/%s", token);
    const char *url = simulator_value(&w->sim, "url");
    assert_non_null(simulator_value(&w->sim, name));
    snprintf(yaml, sizeof(yaml),
             "plane_dir: %s/planes\nplanes: [guests, nodes]\nsites:\n  lab:\n    url: %s\n    fingerprint: "
             "\"%s\"\n"
             "    token_file: %s\n    timeout: 10\n",
             build ? build : ".", url, simulator_value(&w->sim, "fingerprint"),
             simulator_value(&w->sim, name));
    if (config_load_text("test", yaml, strlen(yaml), &w->config, &p) < 0)
        fail_msg("%s: %s", p.cause, yaml);
    assert_int_equal(sites_new(w->config, &w->sites), 0);
    assert_int_equal(planes_new(w->config, w->sites, &w->planes), 0);
    planes_start(w->planes);
    if (planes_wait(w->planes, clock_ms() + CALL_MS, &p) < 0)
        fail_msg("%s: %s", p.code, p.cause);
}

static void world_leave_token(struct world *w)
{
    planes_free(w->planes);
    sites_free(w->sites);
    config_free(w->config);
}

static struct world world;

static int start(const char *const *arguments, const char *token)
{
    if (simulator_start(&world.sim, arguments) < 0)
        return -1;
    world_use_token(&world, token);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    world_leave_token(&world);
    simulator_stop(&world.sim);
    return 0;
}

static int start_oracle(void **state)
{
    (void)state;
    static const char *const arguments[] = {"--seed", "oracle", NULL};
    return start(arguments, "root");
}

static int start_oracle_separated(void **state)
{
    (void)state;
    static const char *const arguments[] = {"--seed", "oracle", NULL};
    return start(arguments, "alice-sep");
}

static int start_many(void **state)
{
    (void)state;
    static const char *const arguments[] = {"--guests", "3000", "--nodes", "8", NULL};
    return start(arguments, "root");
}

static int start_twenty_eight(void **state)
{
    (void)state;
    static const char *const arguments[] = {"--guests", "28", "--nodes", "3", NULL};
    return start(arguments, "root");
}

static int start_garbage(void **state)
{
    (void)state;
    static const char *const arguments[] = {
        "--seed", "oracle", "--fault", "/cluster/resources:garbage:1", "--fault", "/nodes/pve1/network:500:1",
        NULL};
    return start(arguments, "root");
}

/* ---- calls */

static int call(const char *name, const char *arguments, struct json_object **ret, struct problem *p)
{
    CLEANUP_JSON struct json_object *in = NULL;
    struct read_result result = {0};
    const struct tool *tool = planes_tool_find(world.planes, name);
    if (!tool)
        fail_msg("there is no tool %s", name);
    assert_int_equal(json_parse(arguments, strlen(arguments), &in, NULL), 0);
    const struct read_call read = {.tool = tool,
                                   .planes = world.planes,
                                   .site = sites_at(world.sites, 0),
                                   .arguments = in,
                                   .deadline_ms = clock_ms() + CALL_MS};
    *p = PROBLEM_INIT;
    int r = read_run(&read, &result, p);
    if (r == 0) {
        assert_true(result.structured.len > 0 && result.structured.len <= READ_ANSWER_LIMIT);
        assert_int_equal(json_parse(result.structured.data, result.structured.len, ret, NULL), 0);
        read_result_done(&result);
    }
    return r;
}

static struct json_object *answer(const char *name, const char *arguments)
{
    struct json_object *out = NULL;
    struct problem p;
    if (call(name, arguments, &out, &p) < 0)
        fail_msg("%s %s: %s: %s", name, arguments, p.code, p.cause);
    return out;
}

/* The value at a selector as text. */
static const char *at(struct json_object *o, const char *selector)
{
    struct json_object *value = NULL;
    if (selector_find(selector, o, &value) < 0)
        fail_msg("no %s in %s", selector, json_object_to_json_string(o));
    return value ? json_object_get_string(value) : "null";
}

static void expect_problem(const char *name, const char *arguments, const char *code, const char *words)
{
    struct json_object *out = NULL;
    struct problem p;
    if (call(name, arguments, &out, &p) == 0)
        fail_msg("%s %s answered %s", name, arguments, json_object_to_json_string(out));
    if (strcmp(p.code, code) != 0 || !strstr(p.cause, words))
        fail_msg("%s %s: %s: %s", name, arguments, p.code, p.cause);
    assert_true(p.next[0] != 0);
}

/* ---- the seed state of a single node */

struct expectation {
    const char *tool, *arguments;
    const char *facts[5][2]; /* selector, text */
};

static const struct expectation expectations[] = {
    {"pve_list_guests",
     "{}",
     {{"/total", "4"},
      {"/by_status/stopped", "4"},
      {"/complete", "true"},
      {"/rows/0/vmid", "100"},
      {"/rows/2/kind", "lxc"}}},
    {"pve_list_guests", "{\"kind\":\"lxc\"}", {{"/total", "2"}, {"/rows/0/name", "ct105"}}},
    {"pve_list_guests",
     "{\"tag\":\"web\",\"fields\":[\"vmid\",\"tags\"]}",
     {{"/total", "1"}, {"/rows/0/tags", "prod;web"}}},
    {"pve_list_guests", "{\"pool\":\"prod\"}", {{"/total", "2"}, {"/rows/1/vmid", "105"}}},
    {"pve_list_guests", "{\"status\":\"running\"}", {{"/total", "0"}, {"/truncated", "false"}}},
    {"pve_guest_status",
     "{\"vmid\":100}",
     {{"/item/name", "web1"}, {"/guest/kind", "qemu"}, {"/item/ha/managed", "0"}}},
    {"pve_guest_status",
     "{\"vmid\":\"ct105\"}",
     {{"/item/vmid", "105"}, {"/guest/node", "pve1"}, {"/untrusted/0", "name"}}},
    {"pve_guest_config_get",
     "{\"vmid\":\"web1\"}",
     {{"/item/boot", "order=scsi0"}, {"/item/cores", "2"}, {"/item/description", "web server"}}},
    {"pve_guest_config_get", "{\"vmid\":100,\"snapshot\":\"clean\"}", {{"/item/cores", "2"}}},
    {"pve_snapshot_list",
     "{\"vmid\":100}",
     {{"/total", "1"},
      {"/rows/0/name", "clean"},
      {"/current/parent", "clean"},
      {"/current/running", "false"}}},
    {"pve_snapshot_list", "{\"vmid\":\"106\"}", {{"/total", "0"}, {"/rows", "[ ]"}}},
    {"pve_node_status", "{}", {{"/node", "pve1"}, {"/item/cpus", "2"}}},
    {"pve_cluster_status", "{}", {{"/total", "1"}, {"/rows/0/name", "pve1"}, {"/rows/0/online", "1"}}},
    {"pve_cluster_resources", "{\"resource_type\":\"vm\"}", {{"/total", "4"}, {"/complete", "true"}}},
    {"pve_cluster_resources",
     "{\"resource_type\":\"node\",\"fields\":[\"id\"]}",
     {{"/rows", "[ { \"id\": \"node\\/pve1\" } ]"}}},
    {"pve_network_list",
     "{\"iface_type\":\"bridge\"}",
     {{"/total", "2"}, {"/rows/0/iface", "vmbr0"}, {"/node", "pve1"}}},
    {"pve_network_list", "{\"node\":\"pve1\"}", {{"/total", "3"}, {"/by_status/bridge", "2"}}},
    {"pve_tasks_list", "{}", {{"/by_status/ok", "8"}, {"/complete", "true"}}},
    {"pve_tasks_list",
     "{\"node\":\"pve1\",\"vmid\":105}",
     {{"/total", "2"}, {"/rows/0/id", "105"}, {"/rows/0/outcome", "ok"}}},
    {"pve_tasks_list",
     "{\"vmid\":\"105\",\"typefilter\":\"vzcreate\"}",
     {{"/total", "1"}, {"/rows/0/type", "vzcreate"}}},
    {"pve_tasks_list", "{\"errors\":true}", {{"/total", "0"}}},
    {"pve_tasks_list",
     "{\"node\":\"pve1\",\"limit\":3}",
     {{"/returned", "3"}, {"/truncated", "true"}, {"/total_is_minimum", "true"}}},
};

/* Every member of an answer has the type that the tool's output schema declares. */
static void keeps_its_schema(const char *name, struct json_object *out)
{
    CLEANUP_BUF struct buf text = BUF_INIT(65536);
    CLEANUP_JSON struct json_object *schema = NULL;
    struct json_object *properties = NULL;
    size_t declared = 0;
    tool_output_schema_write(planes_tool_find(world.planes, name), &text);
    assert_int_equal(json_parse(text.data, text.len, &schema, NULL), 0);
    assert_int_equal(json_get(schema, "properties", json_type_object, &properties), 0);
    json_object_object_foreach(out, key, value)
    {
        struct json_object *property = NULL;
        const char *type = "";
        const char *is = json_type_to_name(json_object_get_type(value));
        if (!json_object_object_get_ex(properties, key, &property) ||
            json_get_string(property, "type", &type, NULL) < 0)
            continue;
        declared++;
        if (strcmp(type, strcmp(is, "int") == 0 ? "integer" : is) != 0)
            fail_msg("%s: %s is declared %s and is %s", name, key, type, is);
    }
    if (json_object_object_length(properties) > 0)
        assert_true(declared > 0);
}

static void tools_tell_the_truth(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(expectations) / sizeof(expectations[0]); i++) {
        const struct expectation *e = &expectations[i];
        CLEANUP_JSON struct json_object *out = answer(e->tool, e->arguments);
        keeps_its_schema(e->tool, out);
        for (size_t k = 0; k < 5 && e->facts[k][0]; k++) {
            if (strcmp(at(out, e->facts[k][0]), e->facts[k][1]) != 0)
                fail_msg("%s %s: %s is not %s in %s", e->tool, e->arguments, e->facts[k][0], e->facts[k][1],
                         json_object_to_json_string(out));
        }
    }
}

static void a_task_from_list_to_log(void **state)
{
    (void)state;
    CLEANUP_JSON struct json_object *list =
        answer("pve_tasks_list", "{\"node\":\"pve1\",\"typefilter\":\"qmcreate\"}");
    char arguments[512];
    snprintf(arguments, sizeof(arguments), "{\"upid\":\"%s\"}", at(list, "/rows/0/upid"));
    CLEANUP_JSON struct json_object *status = answer("pve_task_status", arguments);
    assert_string_equal(at(status, "/finished"), "true");
    assert_string_equal(at(status, "/succeeded"), "true");
    assert_string_equal(at(status, "/exitstatus"), "OK");
    CLEANUP_JSON struct json_object *log = answer("pve_task_log", arguments);
    assert_string_equal(at(log, "/untrusted/0"), "lines");
    keeps_its_schema("pve_task_log", log);
    assert_string_not_equal(at(log, "/returned"), "0");
    snprintf(arguments, sizeof(arguments), "{\"upid\":\"%s\",\"node\":\"pve2\"}", at(list, "/rows/0/upid"));
    expect_problem("pve_task_log", arguments, PX_MISMATCH, "pve1");
}

static void mistakes_are_explained(void **state)
{
    (void)state;
    expect_problem("pve_guest_status", "{\"vmid\":105,\"kind\":\"qemu\"}", PX_MISMATCH,
                   "guest 105 is an lxc container on pve1");
    expect_problem("pve_guest_status", "{\"vmid\":\"105\",\"node\":\"pve2\"}", PX_MISMATCH,
                   "on pve1, not on pve2");
    expect_problem("pve_guest_status", "{\"vmid\":999}", PX_NOT_FOUND, "999");
    expect_problem("pve_guest_status", "{}", PX_ARG, "vmid is missing");
    expect_problem("pve_guest_config_get", "{\"vmid\":100,\"snapshot\":\"nosuch\"}", PX_NOT_FOUND, "nosuch");
    expect_problem("pve_node_status", "{\"node\":\"nosuch\"}", PX_NOT_FOUND, "no node 'nosuch'");
    expect_problem("pve_list_guests", "{\"node\":\"nosuch\"}", PX_NOT_FOUND, "no node 'nosuch'");
    expect_problem("pve_task_status",
                   "{\"upid\":\"UPID:pve1:00000001:00000001:60000000:vzstart:105:root@pam:\"}", PX_NOT_FOUND,
                   "no such task");
}

/* A token that sees guest 100 alone. */
static void a_small_token_is_told_what_it_misses(void **state)
{
    (void)state;
    CLEANUP_JSON struct json_object *list = answer("pve_list_guests", "{}");
    assert_string_equal(at(list, "/total"), "1");
    assert_string_equal(at(list, "/complete"), "false");
    assert_string_equal(at(list, "/missing/0/path"), "/vms");
    assert_string_equal(at(list, "/missing/0/privilege"), "VM.Audit");
    assert_non_null(strstr(at(list, "/missing/0/grant"), "pveum acl modify /vms"));
    CLEANUP_JSON struct json_object *all = answer("pve_cluster_resources", "{}");
    assert_string_equal(at(all, "/complete"), "false");
    assert_string_equal(at(all, "/missing/1/path"), "/storage"); /* needs of a plane's own GET */
    assert_non_null(strstr(at(all, "/missing/1/grant"), "pveum acl modify /storage"));
    CLEANUP_JSON struct json_object *tasks = answer("pve_tasks_list", "{\"node\":\"pve1\"}");
    assert_string_equal(at(tasks, "/complete"), "false");
    CLEANUP_JSON struct json_object *own = answer("pve_guest_status", "{\"vmid\":\"web1\"}");
    assert_string_equal(at(own, "/item/vmid"), "100");
    expect_problem("pve_guest_status", "{\"vmid\":105}", PX_NOT_FOUND,
                   "among the 1 guests that this token sees");
    expect_problem("pve_node_status", "{\"node\":\"pve1\"}", PX_PRIVILEGE, "Sys.Audit");
    expect_problem("pve_cluster_status", "{}", PX_PRIVILEGE, "Sys.Audit");
}

/* What a model is given of 28 guests costs it little; what more there is comes for the asking. */
static void twenty_eight_guests_are_cheap(void **state)
{
    (void)state;
    CLEANUP_JSON struct json_object *out = answer("pve_list_guests", "{}");
    const char *text =
        json_object_to_json_string_ext(out, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    assert_string_equal(at(out, "/returned"), "28");
    assert_string_equal(at(out, "/truncated"), "false");
    print_message("28 guests: %zu bytes\n", strlen(text));
    assert_true(strlen(text) <= 2000);
    CLEANUP_JSON struct json_object *more =
        answer("pve_list_guests", "{\"fields\":[\"vmid\",\"node\",\"maxmem\"],\"limit\":2,\"offset\":26}");
    assert_string_equal(at(more, "/returned"), "2");
    assert_string_equal(at(more, "/total"), "28");
    assert_non_null(at(more, "/rows/1/node"));
    assert_non_null(at(more, "/rows/1/maxmem"));
}

/* Every one of many guests is seen exactly once, page by page, and counted the same. */
static void many_guests_page_by_page(void **state)
{
    (void)state;
    static char seen[200000];
    int64_t total = 0;
    int64_t offset = 0;
    int64_t got = 0;
    memset(seen, 0, sizeof(seen));
    for (int page = 0; page < 200; page++) {
        char arguments[80];
        snprintf(arguments, sizeof(arguments), "{\"limit\":10000,\"offset\":%d}", (int)offset);
        CLEANUP_JSON struct json_object *out = answer("pve_list_guests", arguments);
        struct json_object *rows = NULL;
        assert_int_equal(json_get_int(out, "total", &total), 0);
        assert_int_equal(json_get(out, "rows", json_type_array, &rows), 0);
        for (size_t i = 0; i < json_object_array_length(rows); i++, got++) {
            int64_t vmid = 0;
            json_get_int(json_object_array_get_idx(rows, i), "vmid", &vmid);
            assert_true(vmid >= 100 && vmid < (int64_t)sizeof(seen));
            assert_int_equal(seen[vmid]++, 0);
        }
        if (json_get_int(out, "next_offset", &offset) < 0)
            break;
    }
    assert_int_equal(total, 3000);
    assert_int_equal(got, 3000);
}

static int thread_faults;
static void *reads_thread(void *arg)
{
    static const char *const calls[][2] = {{"pve_list_guests", "{\"limit\":5}"},
                                           {"pve_snapshot_list", "{\"vmid\":100}"},
                                           {"pve_guest_status", "{\"vmid\":105}"},
                                           {"pve_tasks_list", "{}"}};
    size_t first = (size_t)(uintptr_t)arg;
    for (size_t i = 0; i < 24; i++) {
        const char *const *c = calls[(first + i) % 4];
        struct json_object *out = NULL;
        struct problem p;
        if (call(c[0], c[1], &out, &p) < 0) {
            fprintf(stderr, "%s: %s: %s\n", c[0], p.code, p.cause);
            __atomic_add_fetch(&thread_faults, 1, __ATOMIC_SEQ_CST);
        }
        if (out)
            json_object_put(out);
    }
    return NULL;
}

static void many_at_once(void **state)
{
    (void)state;
    pthread_t threads[8];
    thread_faults = 0;
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, reads_thread, (void *)(uintptr_t)i), 0);
    for (size_t i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(thread_faults, 0);
}

static void faults_pass(void **state)
{
    (void)state;
    expect_problem("pve_list_guests", "{}", PX_BAD_ANSWER, "not a JSON object");
    CLEANUP_JSON struct json_object *list = answer("pve_list_guests", "{}");
    assert_string_equal(at(list, "/total"), "4");
    expect_problem("pve_network_list", "{}", PX_REMOTE, "500");
    CLEANUP_JSON struct json_object *network = answer("pve_network_list", "{}");
    assert_string_equal(at(network, "/total"), "3");
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "plane-host") == 0)
        return plane_host_main();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tools_tell_the_truth, start_oracle, stop),
        cmocka_unit_test_setup_teardown(a_task_from_list_to_log, start_oracle, stop),
        cmocka_unit_test_setup_teardown(mistakes_are_explained, start_oracle, stop),
        cmocka_unit_test_setup_teardown(a_small_token_is_told_what_it_misses, start_oracle_separated, stop),
        cmocka_unit_test_setup_teardown(twenty_eight_guests_are_cheap, start_twenty_eight, stop),
        cmocka_unit_test_setup_teardown(many_guests_page_by_page, start_many, stop),
        cmocka_unit_test_setup_teardown(many_at_once, start_oracle, stop),
        cmocka_unit_test_setup_teardown(faults_pass, start_garbage, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
