/* SPDX-License-Identifier: Apache-2.0 */
/* The plan builder of plane_test.h's fake host: what a plane's author sees of a plan and a blast function. */
#include "proximo/plane_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/socket.h>

static const struct proximo_host *host;

static int32_t opened(const struct proximo_host *h, void **ret_instance)
{
    host = h;
    *ret_instance = NULL;
    return 0;
}

static int32_t plan(void *instance, struct proximo_call *call)
{
    struct proximo_field fields[] = {
        {.struct_size = sizeof(struct proximo_field), .name = "node", .value = "pve1"},
        {.struct_size = sizeof(struct proximo_field), .name = "password", .flags = PROXIMO_FIELD_SECRET},
    };
    struct proximo_step step = {.struct_size = sizeof(step),
                                .kind = PROXIMO_STEP_REQUEST,
                                .flags = PROXIMO_STEP_FOLLOW,
                                .method = "POST",
                                .path = "/nodes/{node}/stop",
                                .params = PROXIMO_TABLE(fields)};
    struct proximo_guard guard = {.struct_size = sizeof(guard),
                                  .path = "/nodes/{node}/status",
                                  .params = {sizeof(guard.params), 1, fields}};
    struct proximo_step back = {.struct_size = sizeof(back),
                                .kind = PROXIMO_STEP_REQUEST,
                                .method = "POST",
                                .path = "/nodes/{node}/start"};
    (void)instance;
    int32_t r = host->secret(call, "password", &fields[1].secret_id);
    if (r == 0)
        r = host->change(call, "Stop \"pve1\"");
    if (r == 0)
        r = host->guard(call, &guard);
    if (r == 0)
        r = host->step(call, &step);
    step.method = "GET";
    if (r == 0 && host->step(call, &step) != PROXIMO_EINVAL)
        r = PROXIMO_EINTERNAL;
    if (r == 0)
        r = host->undo(call, PROXIMO_UNDO_TEMPLATE, &back, 1);
    if (r == 0)
        r = host->subject(call, "node.stop", (struct proximo_text){"{\"kind\":\"node\"}", 15});
    return r;
}

static int32_t blast(void *instance, struct proximo_call *call, struct proximo_text subject)
{
    struct proximo_affected affected = {.struct_size = sizeof(affected),
                                        .risk = PROXIMO_RISK_HIGH,
                                        .resource = {"guest/105", 9},
                                        .effect = {"stops", 5},
                                        .facts_json = subject};
    (void)instance;
    int32_t r = host->affected(call, &affected);
    if (r == 0 && host->step(call, NULL) != PROXIMO_ENOSYS)
        r = PROXIMO_EINTERNAL;
    return r ? r : host->incomplete(call, "guests of pve2", "it is offline");
}

/* Asks which of two, and tells everybody of it. */
static int32_t pick(void *instance, struct proximo_call *call)
{
    const struct proximo_ask ask = {.struct_size = sizeof(ask),
                                    .kind = PROXIMO_ASK_ELICITATION,
                                    .key = {"which", 5},
                                    .params_json = {"{\"message\":\"Which?\"}", 20}};
    struct proximo_content block = {.struct_size = sizeof(block), .type = PROXIMO_CONTENT_JSON};
    (void)instance;
    int32_t r = host->can_ask(call, PROXIMO_ASK_ELICITATION);
    if (r < 0)
        return r;
    r = host->ask(call, &ask, 1, &block.data);
    if (r == 0)
        r = host->client_log(call, PROXIMO_LOG_INFO, "t", (struct proximo_text){"[1]", 3});
    if (r == 0)
        r = host->show(call, PROXIMO_SHOW_TOOL, "t_stop", 0);
    if (r == 0)
        r = host->updated(call, "t:all");
    return r ? r : host->reply(call, &block, 1);
}

static const struct proximo_read reads[] = {
    {.struct_size = sizeof(struct proximo_read), .name = "t_pick", .read = pick}};
static const struct proximo_resource resources[] = {
    {.struct_size = sizeof(struct proximo_resource), .name = "t_all", .uri = "t:all", .read = pick}};
static const struct proximo_prompt prompts[] = {
    {.struct_size = sizeof(struct proximo_prompt), .name = "t_prompt", .get = pick}};
static const struct proximo_change changes[] = {
    {.struct_size = sizeof(struct proximo_change), .name = "t_stop", .plan = plan}};
static const struct proximo_class classes[] = {
    {.struct_size = sizeof(struct proximo_class), .name = "node.stop", .blast = blast}};
static const struct proximo_plane tested = {PROXIMO_PLANE_HEAD,
                                            .name = "t",
                                            .open = opened,
                                            .changes = PROXIMO_TABLE(changes),
                                            .reads = PROXIMO_TABLE(reads),
                                            .classes = PROXIMO_TABLE(classes),
                                            .resources = PROXIMO_TABLE(resources),
                                            .prompts = PROXIMO_TABLE(prompts)};

static void test_plan(void **state)
{
    static struct plane_test t;

    (void)state;
    plane_test_init(&t);
    plane_test_secret(&t, "password");
    assert_int_equal(plane_test_plan(&t, &tested, "t_stop"), 0);
    assert_string_equal(plane_test_told(&t, "summary", 0), "\"Stop \\\"pve1\\\"\"");
    assert_string_equal(plane_test_told(&t, "steps", 0),
                        "{\"kind\":1,\"flags\":1,\"method\":\"POST\",\"path\":\"/nodes/{node}/stop\","
                        "\"params\":[{\"name\":\"node\",\"value\":\"pve1\"},"
                        "{\"name\":\"password\",\"flags\":1,\"secret\":\"password\"}]}");
    assert_int_equal(plane_test_told_count(&t, "steps"), 1);
    assert_string_equal(
        plane_test_told(&t, "guards", 0),
        "{\"path\":\"/nodes/{node}/status\",\"params\":[{\"name\":\"node\",\"value\":\"pve1\"}]}");
    assert_string_equal(
        plane_test_told(&t, "undo", 0),
        "{\"kind\":2,\"steps\":[{\"kind\":1,\"method\":\"POST\",\"path\":\"/nodes/{node}/start\"}]}");
    assert_string_equal(plane_test_told(&t, "subjects", 0),
                        "{\"class\":\"node.stop\",\"subject\":{\"kind\":\"node\"}}");
    assert_int_equal(plane_test_plan_undo(&t, &tested, "t_stop", "{}"), PROXIMO_ENOTFOUND);
    assert_int_equal(plane_test_told_count(&t, "steps"), 0);
    plane_test_done(&t);
}

static void test_blast(void **state)
{
    static struct plane_test t;

    (void)state;
    plane_test_init(&t);
    assert_int_equal(plane_test_blast(&t, &tested, "node.stop", "{\"kind\":\"node\"}"), 0);
    assert_string_equal(
        plane_test_told(&t, "affected", 0),
        "{\"resource\":\"guest/105\",\"effect\":\"stops\",\"risk\":3,\"facts\":{\"kind\":\"node\"}}");
    assert_string_equal(plane_test_told(&t, "incomplete", 0),
                        "{\"what\":\"guests of pve2\",\"why\":\"it is offline\"}");
    plane_test_done(&t);
}

static void test_client(void **state)
{
    static struct plane_test t;

    (void)state;
    plane_test_init(&t);
    assert_int_equal(plane_test_read(&t, &tested, "t_pick"), PROXIMO_ECAPABILITY);
    plane_test_offer(&t, PROXIMO_ASK_ELICITATION);
    assert_int_equal(plane_test_read(&t, &tested, "t_pick"), PROXIMO_EINPUT);
    assert_string_equal(plane_test_told(&t, "asks", 0),
                        "{\"kind\":1,\"key\":\"which\",\"params\":{\"message\":\"Which?\"}}");
    assert_int_equal(plane_test_told_count(&t, "logs"), 0);
    plane_test_client_answer(&t, "which", "{\"action\":\"decline\"}");
    assert_int_equal(plane_test_read(&t, &tested, "t_pick"), 0);
    assert_string_equal(t.reply[0].data, "{\"which\":{\"action\":\"decline\"}}");
    assert_string_equal(plane_test_told(&t, "logs", 0), "{\"level\":3,\"logger\":\"t\",\"data\":[1]}");
    assert_string_equal(plane_test_told(&t, "shown", 0), "{\"what\":1,\"name\":\"t_stop\"}");
    assert_string_equal(plane_test_told(&t, "updated", 0), "\"t:all\"");
    t.ungranted = 1;
    assert_int_equal(plane_test_resource(&t, &tested, "t_all"), PROXIMO_EDENIED);
    assert_int_equal(plane_test_prompt(&t, &tested, "t_prompt"), PROXIMO_EDENIED);
    assert_int_equal(plane_test_prompt(&t, &tested, "t_all"), PROXIMO_ENOTFOUND);
    plane_test_done(&t);
}

/* ---- an executor, and a read that tells */

static int32_t execute(void *instance, struct proximo_call *call, const struct proximo_exec *exec)
{
    char bytes[16];
    int32_t fd, in, out, err, status = 0;
    struct proximo_text key, name;
    int32_t r = host->material(call, "key", &key);
    (void)instance;
    if (r == 0)
        r = host->connect(call, "pve1", &fd);
    if (r == 0) {
        (void)!write(fd, exec->argv[0].ptr, (size_t)exec->argv[0].len);
        ssize_t n = read(fd, bytes, sizeof(bytes));
        r = host->output(call, 1, (struct proximo_text){bytes, n > 0 ? (uint64_t)n : 0});
        (void)close(fd);
    }
    if (r == 0)
        r = host->secret_stdin(call, exec->stdin_secret_id, &fd);
    if (r == 0) {
        ssize_t n = read(fd, bytes, sizeof(bytes));
        r = host->output(call, 2, (struct proximo_text){bytes, n > 0 ? (uint64_t)n : 0});
        (void)close(fd);
    }
    if (r == 0)
        r = host->spawn(call, "true", exec->argv, exec->argc, &in, &out, &err);
    if (r == 0)
        r = host->ended(call, &status, &name);
    if (r == 0)
        r = host->exited(call, status, NULL);
    if (r == 0 && host->output(call, 1, key) != PROXIMO_EINVAL)
        r = PROXIMO_EINTERNAL;
    return r;
}

static int32_t tell(void *instance, struct proximo_call *call)
{
    struct proximo_finding finding = {.struct_size = sizeof(finding),
                                      .severity = PROXIMO_RISK_HIGH,
                                      .title = {"full", 4},
                                      .code = {"DISK-FULL", 9},
                                      .measured_json = {"0.97", 4},
                                      .tool = {"pve_disks", 9},
                                      .arguments_json = {"{}", 2}};
    int32_t fd;
    (void)instance;
    int32_t r = host->finding(call, &finding);
    if (r == 0)
        r = host->incomplete(call, "pve2", "offline");
    finding.severity = 4;
    if (r == 0 && host->finding(call, &finding) != PROXIMO_EINVAL)
        r = PROXIMO_EINTERNAL;
    if (r == 0 && host->connect(call, "pve1", &fd) != PROXIMO_ENOSYS)
        r = PROXIMO_EINTERNAL;
    return r;
}

static const struct proximo_read telling_reads[] = {
    {.struct_size = sizeof(struct proximo_read), .name = "tell", .read = tell}};
static const struct proximo_executor executors[] = {
    {.struct_size = sizeof(struct proximo_executor), .name = "run", .run = execute}};
static const struct proximo_plane executing = {PROXIMO_PLANE_HEAD,
                                               .threading = PROXIMO_PARALLEL,
                                               .name = "executing",
                                               .version = "1",
                                               .licence = "MIT",
                                               .summary = "S.",
                                               .open = opened,
                                               .reads = PROXIMO_TABLE(telling_reads),
                                               .executors = PROXIMO_TABLE(executors)};

static int32_t pair(struct plane_test *t, const char *endpoint, int32_t *ret_fd)
{
    int fds[2];
    (void)t;
    assert_string_equal(endpoint, "pve1");
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(write(fds[1], "hello", 5), 5);
    (void)close(fds[1]);
    *ret_fd = fds[0];
    return 0;
}

static int32_t nothing(struct plane_test *t, const char *program, const struct proximo_text *argv,
                       uint32_t argc, int32_t ret_fds[3])
{
    (void)t;
    (void)argv;
    (void)argc;
    ret_fds[0] = ret_fds[1] = ret_fds[2] = -1;
    return strcmp(program, "true") == 0 ? 0 : PROXIMO_EDENIED;
}

static void test_exec(void **state)
{
    const struct proximo_text argv[] = {{"uptime", 6}};
    struct plane_test t;
    (void)state;
    (void)signal(SIGPIPE, SIG_IGN);
    plane_test_init(&t);
    assert_int_equal(plane_test_exec(&t, &executing, "none", "{}", argv, 1), PROXIMO_ENOTFOUND);
    assert_int_equal(plane_test_exec(&t, &executing, "run", "{}", argv, 1),
                     PROXIMO_EDENIED); /* no material */
    plane_test_material(&t, "key", "k", 1);
    assert_int_equal(plane_test_exec(&t, &executing, "run", "{}", argv, 1), PROXIMO_EDENIED);
    t.connect = pair;
    t.spawn = nothing;
    t.ended_status = 3;
    plane_test_exec_secret(&t, "secret", 6);
    assert_int_equal(plane_test_exec(&t, &executing, "run", "{\"node\":\"pve1\"}", argv, 1), 0);
    assert_int_equal(t.output[1].len, 5);
    assert_memory_equal(t.output[1].ptr, "hello", 5);
    assert_memory_equal(t.output[2].ptr, "secret", 6);
    assert_int_equal(t.said, PLANE_TEST_EXITED);
    assert_int_equal(t.exit_status, 3);
    assert_int_equal(t.contradicted, 1);
    assert_string_equal(plane_test_told(&t, "spawns", 0), "{\"program\":\"true\",\"argv\":[\"uptime\"]}");
    assert_string_equal(plane_test_told(&t, "connects", 0), "\"pve1\"");
    t.cancelled = 1;
    assert_int_equal(plane_test_exec(&t, &executing, "run", "{}", argv, 1), PROXIMO_ECANCELLED);
    plane_test_done(&t);
}

static void test_told(void **state)
{
    struct plane_test t;
    (void)state;
    plane_test_init(&t);
    assert_int_equal(plane_test_read(&t, &executing, "tell"), 0);
    assert_string_equal(plane_test_told(&t, "findings", 0),
                        "{\"severity\":3,\"code\":\"DISK-FULL\",\"title\":\"full\",\"measured\":0.97,"
                        "\"tool\":\"pve_disks\",\"arguments\":{}}");
    assert_string_equal(plane_test_told(&t, "incomplete", 0), "{\"what\":\"pve2\",\"why\":\"offline\"}");
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plan), cmocka_unit_test(test_blast),
                                       cmocka_unit_test(test_client), cmocka_unit_test(test_exec),
                                       cmocka_unit_test(test_told)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
