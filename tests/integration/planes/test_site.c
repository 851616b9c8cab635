/* SPDX-License-Identifier: Apache-2.0 */
/* Upcalls of a plane against the simulator: what reaches Proxmox, what the core refuses to send, what comes
 * back. */
#include "tests/abi/rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "plane/read.h"
#include "plane/site.h"
#include "tests/integration/reads/simulator.h"

static struct simulator simulator;
static struct rig rig;
static struct sites *sites;

static int start(void **state)
{
    static const char *const arguments[] = {"--seed", "demo", NULL};
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    struct buf yaml = BUF_INIT(65536);
    struct problem p = PROBLEM_INIT;

    (void)state;
    if (simulator_start(&simulator, arguments) < 0)
        return -1;
    buf_printf(&yaml,
               "plane_dir: %s/tests/integration/planes\nplanes: [reader]\nsites:\n  lab:\n    url: %s\n"
               "    fingerprint: \"%s\"\n    token_file: %s\n    timeout: 10\n"
               "    operator_addresses: [192.0.2.0/24, '2001:db8::7']\n"
               "  vault:\n    kind: pbs\n    url: https://127.0.0.1:1\n    token_file: /nowhere\n",
               build ? build : ".", simulator_value(&simulator, "url"),
               simulator_value(&simulator, "fingerprint"),
               simulator_value(&simulator, "tokens/narrow-guest105"));
    if (config_load_text("test", yaml.data, yaml.len, &rig.config, &p) < 0) {
        (void)fprintf(stderr, "%s\n%s\n", p.cause, yaml.data);
        return -1;
    }
    buf_done(&yaml);
    return sites_new(rig.config, &sites) < 0 || planes_new(rig.config, sites, &rig.planes) < 0 ||
           rig_wait(&rig, &p) < 0;
}

static int stop(void **state)
{
    (void)state;
    planes_free(rig.planes);
    sites_free(sites);
    config_free(rig.config);
    simulator_stop(&simulator);
    return 0;
}

static int ask(const char *tool, const char *what, const char *need, char *ret, size_t size,
               struct problem *p)
{
    struct plane_reply reply = {0};
    struct buf arguments = BUF_INIT(16384);

    buf_printf(&arguments, "{\"ask\":\"%s\"%s%s%s}", what, need ? ",\"need\":\"" : "", need ? need : "",
               need ? "\"" : "");
    *p = PROBLEM_INIT;
    struct plane_call call = {.tool = planes_tool_find(rig.planes, tool),
                              .site = sites_at(sites, 0),
                              .arguments_json = arguments.data,
                              .deadline_ms = clock_ms() + 20000};
    assert_non_null(call.tool);
    int r = planes_call(rig.planes, &call, &reply, p);
    if (r == 0)
        (void)snprintf(ret, size, "%s", reply.blocks[0].data);
    plane_reply_done(&reply);
    buf_done(&arguments);
    return r;
}

static void expect(const char *tool, const char *what, const char *need, const char *begins)
{
    char text[16384];
    struct problem p;

    if (ask(tool, what, need, text, sizeof(text), &p) < 0)
        fail_msg("%s: %s: %s", what, p.code, p.cause);
    if (strncmp(text, begins, strlen(begins)) != 0)
        fail_msg("%s: \"%s\" instead of \"%s\"", what, text, begins);
}

static void refuse(const char *tool, const char *what, const char *code)
{
    char text[16384];
    struct problem p;

    if (ask(tool, what, NULL, text, sizeof(text), &p) == 0)
        fail_msg("%s: answered %s", what, text);
    if (strcmp(p.code, code) != 0)
        fail_msg("%s: %s: %s instead of %s", what, p.code, p.cause, code);
}

static void test_get(void **state)
{
    (void)state;
    expect("reader_get", "/version", NULL, "200 0 data");
    expect("reader_get", "/nodes/{node}/lxc/{vmid}/status/current node=pve1 vmid=105", NULL, "200 0 data");
    refuse("reader_get", "/nodes/{node}/lxc/{vmid}/config node=pve1 vmid=99999", PX_PRIVILEGE);
    expect("reader_tolerate", "/nodes/{node}/lxc/{vmid}/config node=pve1 vmid=99999", NULL, "403 0");
    refuse("reader_get", "/no/such/path", PX_UNSUPPORTED);
}

/* What a plane puts into a path stays one segment of it. */
static void test_paths(void **state)
{
    (void)state;
    refuse("reader_get", "/nodes/{node}/status node=..", PX_ARG);
    refuse("reader_get", "/nodes/{node}/status node=.", PX_ARG);
    refuse("reader_get", "/nodes/{node}/status node=", PX_ARG);
    refuse("reader_get", "/nodes/{node}/status", PX_ARG);
    refuse("reader_get", "nodes", PX_ARG);
    refuse("reader_tolerate", "/nodes/{node}/status node=pve1/../../access", PX_ARG);
}

/* GETs that act or disclose are refused however a plane writes them. */
static void test_refused(void **state)
{
    (void)state;
    refuse("reader_get", "/nodes/{node}/qemu/{vmid}/agent/file-read node=pve1 vmid=100 file=/etc/shadow",
           PX_REFUSED_GET);
    refuse("reader_get", "/nodes/pve1/qemu/100/agent/file-read file=/etc/shadow", PX_REFUSED_GET);
    refuse("reader_get", "/nodes/{node}/query-url-metadata node=pve1 url=http://127.0.0.1/", PX_REFUSED_GET);
}

static void test_many(void **state)
{
    struct buf what = BUF_INIT(16384);
    char text[16384];
    struct problem p;
    unsigned lines = 0;

    (void)state;
    for (int i = 0; i < 40; i++)
        buf_printf(&what, "%s/nodes/{node}/lxc/{vmid}/status/current node=pve1 vmid=%d", i ? "|" : "",
                   i == 7 ? 424242 : 105);
    if (ask("reader_many", what.data, NULL, text, sizeof(text), &p) < 0)
        fail_msg("%s: %s", p.code, p.cause);
    buf_done(&what);
    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1, lines++)
        if (strncmp(line, lines == 7 ? "403 0" : "200 0 data", lines == 7 ? 5 : 10) != 0)
            fail_msg("line %u: %.60s", lines, line);
    assert_int_equal(lines, 40);
}

static void test_needs(void **state)
{
    (void)state;
    expect("reader_get", "/cluster/resources type=vm", "VM.Audit /vms/105", "200 0 data");
    expect("reader_get", "/cluster/resources type=vm", "VM.Audit /vms",
           "200 1 data not held: VM.Audit on /vms");
}

static void test_site(void **state)
{
    (void)state;
    expect("reader_site", "/vms/105 privilege=VM.Audit", NULL, "1 lab 9.");
    refuse("reader_get", "/nodes/{node}/qemu/{vmid}/status/stop node=pve1 vmid=105", PX_UNSUPPORTED);
}

/* A row of one object says what of its needs is not held; that all is held goes without saying. */
static void test_single(void **state)
{
    static const char *const tools[] = {"reader_unheld", "reader_held"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        CLEANUP_JSON struct json_object *arguments = json_object_new_object();
        struct read_result answer = {0};
        struct problem p = PROBLEM_INIT;
        const struct read_call call = {.tool = planes_tool_find(rig.planes, tools[i]),
                                       .planes = rig.planes,
                                       .site = sites_at(sites, 0),
                                       .arguments = arguments,
                                       .deadline_ms = clock_ms() + 20000};

        assert_non_null(call.tool);
        if (read_run(&call, &answer, &p) < 0)
            fail_msg("%s: %s: %s", tools[i], p.code, p.cause);
        buf_char(&answer.structured, '\0');
        assert_non_null(strstr(answer.structured.data, "\"version\""));
        assert_int_equal(strstr(answer.structured.data, "\"complete\":false") != NULL, i == 0);
        assert_int_equal(strstr(answer.structured.data, "Sys.Audit") != NULL, i == 0);
        assert_int_equal(strstr(answer.structured.data, "\"complete\"") != NULL, i == 0);
        read_result_done(&answer);
    }
}

/* Both ends of the connection and where operators are, in one answer. */
static void test_reached(void **state)
{
    char text[16384];
    struct problem p;

    (void)state;
    expect("reader_get", "/version", NULL, "200 0 data");
    assert_int_equal(ask("reader_reached", "x", NULL, text, sizeof(text), &p), 0);
    assert_non_null(strstr(text, "\"host\":\"127.0.0.1\""));
    assert_non_null(strstr(text, "\"address\":\"127.0.0.1\""));
    assert_non_null(strstr(text, "\"local\":\"127.0.0.1\""));
    assert_non_null(strstr(text, "\"operator_addresses\":[\"192.0.2.0/24\",\"2001:db8::7\"]"));
    assert_null(strchr(text, '='));
}

/* The call's own site by its name, one that does not answer, one that is not there. */
static void test_other(void **state)
{
    (void)state;
    expect("reader_other", "lab", NULL,
           "200 [{\"name\":\"lab\",\"kind\":\"pve\"},{\"name\":\"vault\",\"kind\":\"pbs\"}]");
    refuse("reader_other", "vault", PX_SECRET_FILE);
    refuse("reader_other", "nowhere", PX_SITE);
}

/* What is for clusters means the only cluster; what is for all does not know which. */
static void test_kinds(void **state)
{
    struct site *site = NULL;
    struct problem p = PROBLEM_INIT;

    (void)state;
    assert_int_equal(sites_find_for(sites, NULL, PROXIMO_FOR_PVE, &site, &p), 0);
    assert_ptr_equal(site, sites_at(sites, 0));
    assert_int_equal(sites_find_for(sites, NULL, PROXIMO_FOR_PBS, &site, &p), 0);
    assert_ptr_equal(site, sites_at(sites, 1));
    assert_int_equal(sites_find_for(sites, NULL, 0, &site, &p), -EINVAL);
    assert_string_equal(p.valid, "lab, vault");
    assert_int_equal(sites_find_for(sites, "vault", PROXIMO_FOR_PVE, &site, &p), -ENOENT);
    assert_string_equal(p.valid, "lab");
    assert_non_null(strstr(p.cause, "of kind pve"));
}

static void test_probe(void **state)
{
    char text[256];
    struct problem p;

    (void)state;
    /* It is sent: the answer is Proxmox's own. */
    assert_true(ask("reader_probe", "agent_ping node=pve1 vmid=101", NULL, text, sizeof(text), &p) < 0);
    assert_true(strcmp(p.code, PX_PRIVILEGE) == 0 || strcmp(p.code, PX_REMOTE) == 0 ||
                strcmp(p.code, PX_UNSUPPORTED) == 0);
    /* It is not: another parameter, another name, another path in disguise. */
    refuse("reader_probe", "agent_ping node=pve1 vmid=101 extra=1", PX_ARG);
    refuse("reader_probe", "agent_pong node=pve1 vmid=101", PX_PLANE);
    assert_true(ask("reader_probe", "agent_ping node=pve1 vmid=101/../../lxc/105/status/stop", NULL, text,
                    sizeof(text), &p) < 0);
}

static int tests(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_get),     cmocka_unit_test(test_reached), cmocka_unit_test(test_paths),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_many),    cmocka_unit_test(test_needs),
        cmocka_unit_test(test_site),    cmocka_unit_test(test_probe),   cmocka_unit_test(test_other),
        cmocka_unit_test(test_kinds),   cmocka_unit_test(test_single),
    };
    return cmocka_run_group_tests_name("planes-site", all, start, stop);
}

int main(int argc, char **argv)
{
    return rig_main(argc, argv, tests);
}
