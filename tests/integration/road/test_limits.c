/* SPDX-License-Identifier: Apache-2.0 */
/* The limits on the whole road: frozen while a server runs, changes per hour and leases with two servers on
 * one ledger, targets by number, pool and tag, and what has read untrusted text. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "road.h"

#define CT "/nodes/pve1/lxc/105"
#define COMMENT(id, text)                                                                                    \
    "pve_guest_config_set", "{\"vmid\":\"" id "\",\"changes\":{\"description\":\"" text "\"}}"
#define APPLIES 6

static const char *const quick[] = {"--task-ms", "100", "--stale-ms", "0", NULL};

/* `proximo WORDS... --config ...`; words end with NULL. */
static int command(struct road *road, char **ret, const char *const *words)
{
    const char *all[16];
    size_t count = 0;

    for (; words[count]; count++)
        all[count] = words[count];
    all[count++] = "--config";
    all[count++] = road->config;
    all[count] = NULL;
    return road_command(road, ret, all);
}

static void run(struct road *road, const char *const *words)
{
    CLEANUP_FREE char *text = NULL;
    const int status = command(road, &text, words);

    if (status)
        print_error("%s %s: %d: %s\n", words[0], words[1] ? words[1] : "", status, text);
    assert_int_equal(status, 0);
}

static size_t records(struct road *road, const char *kind, const char *bytes)
{
    const char *const words[] = {"audit", "show", "--json", "--limit", "1000", NULL};
    CLEANUP_FREE char *text = NULL;
    char member[64];
    size_t count = 0;

    (void)snprintf(member, sizeof(member), "\"kind\":\"%s\"", kind);
    assert_int_equal(command(road, &text, words), 0);
    for (char *line = text, *next; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        count += strstr(line, member) && (!bytes || strstr(line, bytes));
    }
    return count;
}

static void tool_fails(struct server *server, const char *tool, const char *arguments, const char *code)
{
    bool failed = false;
    struct json_object *answer = server_tool(server, tool, arguments, &failed);

    assert_true(*at(answer, "/error/next"));
    expect_code(answer, &failed, code);
}

static void applies(struct server *server, struct json_object *plan)
{
    bool failed = true;
    struct json_object *done = plan_apply(server, plan, &failed);

    expect(done, "/outcome", "ok");
    assert_false(failed);
    json_object_put(done);
    json_object_put(plan);
}

static void apply_fails(struct server *server, struct json_object *plan, const char *code, const char *words)
{
    bool failed = false;
    struct json_object *answer = plan_apply(server, plan, &failed);

    if (words && !strstr(at(answer, "/error/cause"), words))
        fail_msg("'%s' is not in: %s", words, at(answer, "/error/cause"));
    assert_true(*at(answer, "/error/next"));
    expect_code(answer, &failed, code);
}

/* ---- frozen */

static void test_freeze(void **context)
{
    const char *const freeze[] = {"freeze", "--reason", "storm", NULL}, *const thaw[] = {"thaw", NULL};
    struct road road;
    struct server server;
    bool failed = true;
    char path[200], undo[100];

    (void)context;
    road_start(&road, quick, "");
    server_start(&road, &server, NULL);
    struct json_object *plan = plan_make(&server, COMMENT("105", "one"));
    struct json_object *done = plan_apply(&server, plan, &failed);
    expect(done, "/outcome", "ok");
    (void)snprintf(undo, sizeof(undo), "{\"receipt\":\"%s\"}", at(done, "/receipt"));
    json_object_put(done), json_object_put(plan);
    plan = plan_make(&server, COMMENT("105", "two"));
    run(&road, freeze);
    /* from the next call on, whatever the call */
    apply_fails(&server, plan, "PX-FROZEN", "storm");
    tool_fails(&server, "pve_guest_power", "{\"vmid\":\"105\",\"action\":\"stop\"}", "PX-FROZEN");
    tool_fails(&server, "proximo_undo", undo, "PX-FROZEN");
    struct json_object *read = server_tool(&server, "pve_guest_status", "{\"vmid\":\"105\"}", &failed);
    assert_false(failed);
    json_object_put(read);
    struct json_object *status = server_tool(&server, "proximo_status", "{}", &failed);
    expect(status, "/limits/frozen", "true");
    assert_non_null(strstr(at(status, "/limits/cause"), "storm"));
    json_object_put(status);
    const char *const doctor[] = {"doctor", NULL};
    CLEANUP_FREE char *examined = NULL;
    assert_int_equal(command(&road, &examined, doctor), 0); /* frozen on purpose is no fault */
    assert_non_null(strstr(examined, "changes are frozen by an operator: storm"));
    run(&road, thaw);
    assert_int_equal(records(&road, "freeze", "\"reason\":\"storm\""), 1);
    assert_int_equal(records(&road, "thaw", NULL), 1);
    assert_int_equal(records(&road, "refused", "PX-FROZEN"), 3);
    /* doubt means frozen */
    (void)snprintf(path, sizeof(path), "%s/frozen", road.state);
    assert_int_equal(symlink("/nonexistent/nowhere", path), 0);
    apply_fails(&server, plan, "PX-FROZEN", NULL);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    apply_fails(&server, plan, "PX-FROZEN", NULL);
    assert_int_equal(rmdir(path), 0);
    applies(&server, plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* Frozen while an apply that has passed the gates reads its guards: the look under the ledger's lock is the
 * one that counts. Frozen while a task runs: it is followed to its end. */
static void test_freeze_between(void **context)
{
    static const char *const slow[] = {"--task-ms", "900", "--fault", "/nodes/pve1/lxc/105/config:slow:700",
                                       NULL};
    const char *const freeze[] = {"freeze", NULL}, *const thaw[] = {"thaw", NULL};
    struct road road;
    struct server server;
    bool failed = false;

    (void)context;
    road_start(&road, slow, "");
    server_start(&road, &server, NULL);
    struct json_object *plan = plan_make(&server, COMMENT("105", "late"));
    CLEANUP_FREE char *echo = plan_echo(plan);
    int call = server_send_tool(&server, "proximo_apply", echo);
    server_pump(&server, 250);
    run(&road, freeze);
    struct json_object *answer = server_answer(&server, call, &failed);
    expect_code(answer, &failed, "PX-FROZEN");
    json_object_put(plan);
    run(&road, thaw);
    assert_int_equal(records(&road, "consent", NULL), 1); /* it had come so far */
    assert_int_equal(records(&road, "executing", NULL), 0);

    plan = plan_make(&server, "pve_guest_power", "{\"vmid\":\"106\",\"action\":\"shutdown\"}");
    CLEANUP_FREE char *other = plan_echo(plan);
    call = server_send_tool(&server, "proximo_apply", other);
    server_pump(&server, 500);
    run(&road, freeze);
    answer = server_answer(&server, call, &failed);
    expect(answer, "/outcome", "ok");
    json_object_put(answer), json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* A ledger that is broken keeps nobody from freezing. */
static void test_freeze_broken(void **context)
{
    const char *const freeze[] = {"freeze", NULL}, *const thaw[] = {"thaw", NULL};
    CLEANUP_FREE char *said = NULL, *more = NULL;
    struct road road;
    struct stat st;
    char path[200];

    (void)context;
    road_start(&road, quick, "");
    run(&road, thaw); /* makes nothing of what was not frozen */
    run(&road, freeze);
    run(&road, thaw);
    (void)snprintf(path, sizeof(path), "%s/audit.log", road.state);
    assert_int_equal(file_write_atomic(path, "rubbish\n", 8, 0600), 0);
    assert_int_equal(command(&road, &said, freeze), 1);
    assert_non_null(strstr(said, "frozen, but that could not be recorded"));
    (void)snprintf(path, sizeof(path), "%s/frozen", road.state);
    assert_int_equal(lstat(path, &st), 0);
    assert_int_equal(command(&road, &more, thaw), 1);
    assert_int_equal(lstat(path, &st), 0);
    road_stop(&road);
}

/* ---- two servers on one ledger */

/* Six plans, three each, sent all at once: how many were applied. */
static int at_once(struct road *road, const char *code)
{
    static const char *const guests[APPLIES] = {"105", "106", "100", "101", "102", "103"};
    struct server servers[2];
    struct json_object *plans[APPLIES];
    int calls[APPLIES], done = 0;

    server_start(road, &servers[0], NULL);
    server_start(road, &servers[1], NULL);
    for (int i = 0; i < APPLIES; i++) {
        char arguments[160];
        (void)snprintf(arguments, sizeof(arguments),
                       "{\"vmid\":\"%s\",\"changes\":{\"description\":\"at once\"}}", guests[i]);
        plans[i] = plan_make(&servers[i % 2], "pve_guest_config_set", arguments);
    }
    for (int i = 0; i < APPLIES; i++) {
        CLEANUP_FREE char *echo = plan_echo(plans[i]);
        calls[i] = server_send_tool(&servers[i % 2], "proximo_apply", echo);
    }
    for (int s = 0; s < 2; s++) {
        for (int heard = 0; heard < APPLIES / 2; heard++) {
            bool failed = false;
            struct json_object *answer = server_any(&servers[s], calls, APPLIES, &failed);
            assert_non_null(answer);
            if (failed)
                assert_string_equal(at(answer, "/error/code"), code);
            else
                expect(answer, "/outcome", "ok");
            done += !failed;
            json_object_put(answer);
        }
    }
    for (int i = 0; i < APPLIES; i++)
        json_object_put(plans[i]);
    assert_int_equal(server_stop(&servers[0]), 0);
    assert_int_equal(server_stop(&servers[1]), 0);
    return done;
}

/* The N+1st is refused, whoever asks. */
static void test_rate(void **context)
{
    struct road road;

    (void)context;
    road_start(&road, quick, "limits: {changes_per_hour: 4}\n");
    assert_int_equal(at_once(&road, "PX-RATE"), 4);
    assert_int_equal(records(&road, "executing", NULL), 4);
    assert_int_equal(records(&road, "refused", "PX-RATE"), 2);
    road_stop(&road);
}

static void test_lease(void **context)
{
    const char *const grant[] = {"lease", "grant",   "--for",   "1h", "--changes",
                                 "3",     "--class", "guest.*", NULL};
    const char *const show[] = {"lease", "show", NULL}, *const end[] = {"lease", "end", NULL};
    const char *const bad[] = {"lease", "grant", "--for", "8d", NULL};
    CLEANUP_FREE char *said = NULL, *more = NULL;
    struct road road;
    struct server server;

    (void)context;
    road_start(&road, quick, "trust: {lease: required}\n");
    server_start(&road, &server, NULL);
    struct json_object *plan = plan_make(&server, COMMENT("109", "leased"));
    apply_fails(&server, plan, "PX-LEASE", "there is none");
    assert_int_equal(command(&road, &more, bad), 2);
    run(&road, grant);
    assert_int_equal(at_once(&road, "PX-LEASE"), 3);
    apply_fails(&server, plan, "PX-LEASE", "used up");
    assert_int_equal(command(&road, &said, show), 0);
    assert_non_null(strstr(said, "3 of 3 used"));
    run(&road, grant);
    applies(&server, plan);
    plan = plan_make(&server, COMMENT("109", "again"));
    run(&road, end);
    apply_fails(&server, plan, "PX-LEASE", "is ended");
    json_object_put(plan);
    assert_int_equal(records(&road, "executing", "\"lease\":\""), 4);
    assert_int_equal(records(&road, "lease", NULL), 3);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* ---- targets */

static const struct target {
    const char *lists, *tool, *arguments;
    const char *words; /* of the refusal; NULL: it may be planned */
} targets[] = {
    {"deny: [vmid:105]", COMMENT("105", "x"), "vmid:105"},
    {"deny: [vmid:104]", COMMENT("105", "x"), NULL},
    {"deny: [vmid:100-199]", COMMENT("105", "x"), "vmid:100-199"},
    {"deny: [node:pve1]", COMMENT("105", "x"), "node:pve1"},
    {"deny: [node:pve2]", COMMENT("105", "x"), NULL},
    {"deny: [tag:web]", COMMENT("105", "x"), "tag:web"},
    {"deny: [tag:infra]", COMMENT("105", "x"), NULL},
    {"deny: [pool:web]", COMMENT("105", "x"), "pool:web"},
    {"deny: [pool:infra]", COMMENT("105", "x"), NULL},
    {"deny: [pool:nowhere]", COMMENT("105", "x"), NULL},
    {"deny: [vmid:105]", "pve_pool_update", "{\"poolid\":\"web\",\"comment\":\"x\"}",
     "guest/105 would be affected"},
    {"deny: [tag:prod]", "pve_pool_update", "{\"poolid\":\"web\",\"comment\":\"x\"}",
     "would be affected, and falls under tools.deny: tag:prod"},
    {"deny: [tag:nobody]", "pve_pool_update", "{\"poolid\":\"web\",\"comment\":\"x\"}", NULL},
    {"deny: [pool:infra]", "pve_pool_update", "{\"poolid\":\"web\",\"comment\":\"x\"}", NULL},
    {"deny: [pool:web]", "pve_pool_update", "{\"poolid\":\"web\",\"comment\":\"x\"}", "pool/web"},
    {"deny: [vmid:109]", "pve_pool_update", "{\"poolid\":\"infra\",\"vms\":[\"109\"]}", "vmid:109"},
    {"allow: [tag:web]", COMMENT("105", "x"), NULL},
    {"allow: [tag:web]", COMMENT("106", "x"), "none of the targets"},
    {"allow: [pool:infra]", COMMENT("106", "x"), NULL},
    {"allow: [pool:infra]", COMMENT("105", "x"), "none of the targets"},
    {"allow: [guests, vmid:105]", COMMENT("105", "x"), NULL},
    {"allow: [vmid:100-110], deny: [vmid:105]", COMMENT("105", "x"), "tools.deny"},
};

static void test_targets(void **context)
{
    struct road road;

    (void)context;
    road_start(&road, quick, "");
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        struct server server;
        bool failed = false;
        char yaml[200];
        (void)snprintf(yaml, sizeof(yaml), "tools: {%s}\n", targets[i].lists);
        road_configure(&road, "guarded", yaml);
        server_start(&road, &server, NULL);
        struct json_object *plan = server_tool(&server, targets[i].tool, targets[i].arguments, &failed);
        if (failed != (targets[i].words != NULL))
            print_error("%s, %s: %s\n", targets[i].lists, targets[i].arguments,
                        json_object_to_json_string(plan));
        assert_int_equal(failed, targets[i].words != NULL);
        if (failed && !strstr(at(plan, "/error/cause"), targets[i].words))
            fail_msg("'%s' is not in: %s", targets[i].words, at(plan, "/error/cause"));
        if (failed) {
            expect_code(plan, &failed, "PX-TARGET");
        } else {
            json_object_put(plan);
        }
        /* reading is not limited by targets */
        struct json_object *read = server_tool(&server, "pve_guest_status", "{\"vmid\":\"105\"}", &failed);
        if (strncmp(targets[i].lists, "allow: [guests", 14) != 0 || !failed)
            assert_false(failed);
        json_object_put(read);
        assert_int_equal(server_stop(&server), 0);
    }
    road_stop(&road);
}

/* Between plan and apply: what a decision rested on is looked at again. */
static const struct moved {
    const char *lists, *method, *path, *form;
    const char *field;
} moved[] = {
    {"allow: [tag:web]", "PUT", CT "/config", "tags=prod", "tags"},
    {"deny: [tag:critical]", "PUT", CT "/config", "tags=prod;critical", "tags"},
    {"deny: [pool:infra]", "PUT", "/pools/infra", "vms=105&allow-move=1", "members"},
    {"allow: [pool:web]", "PUT", "/pools/web", "vms=105&delete=1", "members"},
};

static void test_moved(void **context)
{
    (void)context;
    for (size_t i = 0; i < sizeof(moved) / sizeof(moved[0]); i++) {
        struct road road;
        struct server server;
        bool failed = false;
        char yaml[200];
        road_start(&road, quick, "");
        (void)snprintf(yaml, sizeof(yaml), "tools: {%s}\n", moved[i].lists);
        road_configure(&road, "guarded", yaml);
        server_start(&road, &server, NULL);
        struct json_object *plan =
            plan_make(&server, "pve_guest_power", "{\"vmid\":\"105\",\"action\":\"reboot\"}");
        server.person = "guest/105";
        assert_int_equal(road_api(&road, moved[i].method, moved[i].path, moved[i].form, NULL), 200);
        struct json_object *answer = plan_apply(&server, plan, &failed);
        if (!strstr(json_object_to_json_string(answer), moved[i].field))
            fail_msg("%s: %s", moved[i].lists, json_object_to_json_string(answer));
        expect_code(answer, &failed, "PX-DRIFT");
        json_object_put(plan);
        assert_int_equal(server_stop(&server), 0);
        road_stop(&road);
    }
}

/* What a token may not see counts against it. */
static void test_unread(void **context)
{
    struct road road;
    struct server server;
    bool failed = false;

    (void)context;
    road_start(&road, quick, "");
    road.token = "tokens/narrow-guest105";
    road_configure(&road, "guarded", "tools: {deny: [pool:web]}\n");
    server_start(&road, &server, NULL);
    struct json_object *refused =
        server_tool(&server, "pve_guest_power", "{\"vmid\":\"105\",\"action\":\"shutdown\"}", &failed);
    if (!failed || !strstr(at(refused, "/error/cause"), "could not be read whether it does"))
        fail_msg("%s", json_object_to_json_string(refused));
    expect_code(refused, &failed, "PX-TARGET");
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* ---- taint */

static void test_taint(void **context)
{
    struct road road;
    struct server server;
    bool failed = false;

    (void)context;
    road_start(&road, quick, "");
    road_configure(&road, "guarded", "trust: {taint: consent}\n");
    server_start_modern(&road, &server);
    struct json_object *plan = plan_make(&server, COMMENT("105", "one"));
    struct json_object *other = plan_make(&server, COMMENT("106", "two"));
    expect(plan, "/consent", "plan");
    applies(&server, plan); /* nothing was read yet */
    struct json_object *read = server_tool(&server, "pve_guest_config_get", "{\"vmid\":\"105\"}", &failed);
    assert_false(failed);
    json_object_put(read);
    server.no_forms = true;
    apply_fails(&server, other, "PX-CONSENT", "needs a person");
    server.no_forms = false;
    server.person = "guest/106";
    server.forms = 0;
    applies(&server, other);
    assert_int_equal(server.forms, 1);
    /* and what is planned from now on says so from the beginning */
    plan = plan_make(&server, COMMENT("105", "three"));
    expect(plan, "/consent", "human");
    expect(plan, "/tainted/first/tool", "pve_guest_config_get");
    json_object_put(plan);
    struct json_object *status = server_tool(&server, "proximo_status", "{}", &failed);
    expect(status, "/limits/taint", "consent");
    expect(status, "/limits/tainted/first/tool", "pve_guest_config_get");
    json_object_put(status);
    assert_int_equal(server_stop(&server), 0);
    assert_int_equal(records(&road, "executing", NULL), 2);
    assert_int_equal(records(&road, "executing", "\"tainted\":{\"first\":{\"tool\":\"pve_guest_config_get\""),
                     1);
    assert_int_equal(records(&road, "consent", "\"tainted\":"), 1);
    /* a new server has read nothing */
    server_start(&road, &server, NULL);
    applies(&server, plan_make(&server, COMMENT("105", "four")));
    assert_int_equal(server.forms, 0);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* ---- refusals before the trust spine, in doubt */

static void test_left_out(void **context)
{
    struct road road;
    struct server server;

    (void)context;
    road_start(&road, quick, "");
    road_configure(&road, "guarded", "tools: {deny: [pve_rollback]}\n");
    server_start(&road, &server, NULL);
    tool_fails(&server, "pve_rollback", "{\"vmid\":\"105\",\"snapname\":\"tuned\"}", "PX-TOOL");
    tool_fails(&server, "proximo_plan", "{\"tool\":\"pve_rollback\",\"arguments\":{}}", "PX-TOOL");
    assert_int_equal(server_stop(&server), 0);
    assert_int_equal(records(&road, "refused", "\"what\":\"pve_rollback\",\"code\":\"PX-TOOL\""), 2);
    road_configure(&road, "read", "");
    server_start(&road, &server, NULL);
    tool_fails(&server, "pve_rollback", "{\"vmid\":\"105\",\"snapname\":\"tuned\"}", "PX-READ-ONLY");
    tool_fails(&server, "proximo_apply", "{}", "PX-READ-ONLY");
    assert_int_equal(server_stop(&server), 0);
    assert_int_equal(records(&road, "refused", "PX-READ-ONLY"), 2);
    road_stop(&road);
}

static void test_doubt(void **context)
{
    static const char *const slow[] = {"--task-ms", "20000", NULL};
    const char *const list[] = {"doubt", "list", NULL};
    struct road road;
    struct server server;
    bool failed = true;
    char arguments[100];

    (void)context;
    road_start(&road, slow, "");
    server_start(&road, &server, NULL);
    server.person = "guest/105";
    struct json_object *plan =
        plan_make(&server, "pve_guest_power", "{\"vmid\":\"105\",\"action\":\"stop\"}");
    const char *id = at(plan, "/plan_id");
    const char *const close_it[] = {"doubt",   "close",    id,           "--verdict",
                                    "applied", "--reason", "it is down", NULL};
    CLEANUP_FREE char *echo = plan_echo(plan);
    (void)server_send_tool(&server, "proximo_apply", echo);
    server_pump(&server, 800);
    CLEANUP_FREE char *running = NULL, *before = NULL, *listed = NULL, *after = NULL;
    assert_int_equal(command(&road, &running, close_it), 1);
    assert_non_null(strstr(running, "is being applied by another process"));
    assert_int_equal(command(&road, &before, list), 0);
    assert_non_null(strstr(before, "running: guest.stop of guest/105"));
    assert_int_equal(kill(server.pid, SIGKILL), 0);
    (void)server_ended(&server);
    assert_int_equal(command(&road, &listed, list), 0);
    assert_non_null(strstr(listed, "in doubt: guest.stop of guest/105 on lab"));
    assert_non_null(strstr(listed, "UPID:pve1:"));
    run(&road, close_it);
    assert_int_equal(command(&road, &after, list), 0);
    assert_non_null(strstr(after, "Nothing is in doubt"));
    server_start(&road, &server, NULL);
    (void)snprintf(arguments, sizeof(arguments), "{\"plan_id\":\"%s\"}", id);
    struct json_object *status = server_tool(&server, "proximo_status", arguments, &failed);
    expect(status, "/state", "done");
    expect(status, "/verdict", "applied");
    expect(status, "/reason", "it is down");
    json_object_put(status);
    tool_fails(&server, "proximo_undo", arguments, "PX-UNDO");
    struct json_object *verified = server_tool(&server, "audit_verify", "{}", NULL);
    expect(verified, "/verdict", "ok");
    json_object_put(verified);
    assert_int_equal(server_stop(&server), 0);
    assert_int_equal(records(&road, "verdict", "\"verdict\":\"applied\""), 1);
    assert_int_equal(records(&road, "outcome", NULL), 0);
    json_object_put(plan);
    road_stop(&road);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_freeze),        cmocka_unit_test(test_freeze_between),
        cmocka_unit_test(test_freeze_broken), cmocka_unit_test(test_rate),
        cmocka_unit_test(test_lease),         cmocka_unit_test(test_targets),
        cmocka_unit_test(test_moved),         cmocka_unit_test(test_unread),
        cmocka_unit_test(test_taint),         cmocka_unit_test(test_left_out),
        cmocka_unit_test(test_doubt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
