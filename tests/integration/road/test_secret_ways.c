/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets from files and generated ones on the whole road: they survive a restart between plan and apply, a
 * file that is swapped is drift, a generated one is said once, and no byte of either is written anywhere.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "road.h"

#define CANARY   "dateivogel-5b2e77"
#define VM       "/nodes/pve1/qemu/100"
#define GENERATE "{\"vmid\":\"100\",\"cipassword_generate\":true}"

static const char *const quick[] = {"--task-ms", "100", NULL};
static const char *const late[] = {"--task-ms", "100", "--latency-ms", "300", NULL};

struct ways {
    struct road road;
    struct server server;
    char folder[128], file[160];
    char arguments[400];
};

static void put(const char *path, const char *text)
{
    assert_int_equal(file_write_atomic(path, text, strlen(text), 0600), 0);
}

/* The state folder is within road.dir, and so are the secrets: only what is written beside them is searched.
 */
static bool anywhere(struct ways *w, const char *text)
{
    return folder_has(w->road.state, text) || folder_has(w->server.errors, text);
}

static void begin(struct ways *w, const char *const *sim)
{
    char yaml[256];

    memset(w, 0, sizeof(*w));
    road_start(&w->road, sim, "");
    (void)snprintf(w->folder, sizeof(w->folder), "%s/given", w->road.dir);
    (void)snprintf(w->file, sizeof(w->file), "%s/password", w->folder);
    (void)snprintf(yaml, sizeof(yaml), "trust: {secret_dirs: ['%s']}\n", w->folder);
    (void)snprintf(w->arguments, sizeof(w->arguments), "{\"vmid\":\"100\",\"cipassword_file\":\"%s\"}",
                   w->file);
    assert_int_equal(mkdir(w->folder, 0700), 0);
    put(w->file, CANARY "\n");
    road_configure(&w->road, "guarded", yaml);
    server_start(&w->road, &w->server, NULL);
    w->server.person = "guest/100";
    w->server.canary = CANARY;
}

static void again(struct ways *w)
{
    assert_int_equal(server_stop(&w->server), 0);
    assert_false(w->server.canary_seen);
    server_start(&w->road, &w->server, NULL);
    w->server.person = "guest/100";
    w->server.canary = CANARY;
}

static void end(struct ways *w)
{
    assert_int_equal(server_stop(&w->server), 0);
    assert_false(w->server.canary_seen);
    road_stop(&w->road);
}

static struct json_object *applied(struct ways *w, struct json_object *plan)
{
    bool failed = true;
    struct json_object *done = plan_apply(&w->server, plan, &failed);

    if (failed)
        print_error("%s\n", json_object_to_json_string(done));
    assert_false(failed);
    return done;
}

static struct json_object *status_of(struct ways *w, struct json_object *plan)
{
    char arguments[96];
    bool failed = true;

    (void)snprintf(arguments, sizeof(arguments), "{\"plan_id\":\"%s\"}", at(plan, "/plan_id"));
    struct json_object *status = server_tool(&w->server, "proximo_status", arguments, &failed);
    assert_false(failed);
    return status;
}

/* The hash of the password that the machine would get. */
static char *hash_now(struct ways *w)
{
    struct json_object *data = NULL;

    assert_int_equal(road_api(&w->road, "GET", VM "/cloudinit/dump?type=user", NULL, &data), 200);
    const char *hash = strstr(json_object_get_string(data), "password: ");
    assert_non_null(hash);
    char *copy = strndup(hash, strcspn(hash, "\n"));
    json_object_put(data);
    return copy;
}

static void set_by_hand(struct ways *w, const char *password)
{
    char form[128];

    (void)snprintf(form, sizeof(form), "cipassword=%s", password);
    assert_int_equal(road_api(&w->road, "PUT", VM "/config", form, NULL), 200);
}

/* Is it this password that is set? */
static void expect_password(struct ways *w, const char *password)
{
    CLEANUP_FREE char *now = hash_now(w);

    set_by_hand(w, password);
    CLEANUP_FREE char *then = hash_now(w);
    assert_string_equal(now, then);
    set_by_hand(w, "something-else");
    CLEANUP_FREE char *other = hash_now(w);
    assert_string_not_equal(now, other);
}

/* design 2: "Inputs as *_file or generate are preferred" */
static void test_file(void **context)
{
    struct ways w;
    bool failed = true;

    (void)context;
    begin(&w, quick);
    struct json_object *plan = plan_make(&w.server, "pve_guest_config_set", w.arguments);
    assert_false(anywhere(&w, CANARY));
    again(&w); /* nothing of it was in memory alone */
    struct json_object *done = applied(&w, plan);
    expect(done, "/outcome", "ok");
    expect_password(&w, CANARY);
    json_object_put(done);
    expect_code(plan_apply(&w.server, plan, &failed), &failed, "PX-PLAN"); /* once */
    json_object_put(plan);

    /* within an object the same name means the same */
    (void)snprintf(w.arguments, sizeof(w.arguments),
                   "{\"vmid\":\"100\",\"changes\":{\"ciuser\":\"eva\",\"cipassword_file\":\"%s\"}}", w.file);
    plan = plan_make(&w.server, "pve_guest_config_set", w.arguments);
    done = applied(&w, plan);
    expect(done, "/outcome", "ok");
    expect_password(&w, CANARY);
    json_object_put(done);
    json_object_put(plan);
    assert_false(anywhere(&w, CANARY));
    end(&w);
}

/* What lies there at apply must be what lay there when the plan was made, and a file all the same. */
static void test_swap(void **context)
{
    struct ways w;
    bool failed = true;
    char other[200];

    (void)context;
    begin(&w, quick);
    (void)snprintf(other, sizeof(other), "%s/other", w.folder);
    put(other, CANARY "\n");
    set_by_hand(&w, "something-else");
    CLEANUP_FREE char *before = hash_now(&w);
    struct json_object *plan = plan_make(&w.server, "pve_guest_config_set", w.arguments);

    put(w.file, CANARY "-changed\n");
    expect_code(plan_apply(&w.server, plan, &failed), &failed, "PX-DRIFT");
    assert_int_equal(unlink(w.file), 0);
    assert_int_equal(symlink(other, w.file), 0); /* with the very same content */
    expect_code(plan_apply(&w.server, plan, &failed), &failed, "PX-SECRET-FILE");
    assert_int_equal(unlink(w.file), 0);
    assert_int_equal(mkfifo(w.file, 0600), 0);
    expect_code(plan_apply(&w.server, plan, &failed), &failed, "PX-SECRET-FILE");
    assert_int_equal(unlink(w.file), 0);
    expect_code(plan_apply(&w.server, plan, &failed), &failed, "PX-SECRET-FILE");
    put(w.file, CANARY "\n");
    assert_int_equal(truncate(w.file, (off_t)3 << 30), 0);
    expect_code(plan_apply(&w.server, plan, &failed), &failed, "PX-SECRET-FILE");
    CLEANUP_FREE char *after = hash_now(&w);
    assert_string_equal(before, after);

    put(w.file, CANARY "\n"); /* the plan waits still */
    struct json_object *done = applied(&w, plan);
    expect(done, "/outcome", "ok");
    json_object_put(done);
    json_object_put(plan);
    assert_false(anywhere(&w, CANARY));
    end(&w);
}

static void test_refused(void **context)
{
    static const struct {
        const char *arguments, *code;
    } rows[] = {
        {"{\"vmid\":\"100\",\"cipassword\":\"" CANARY "\",\"cipassword_generate\":true}", "PX-ARG"},
        {"{\"vmid\":\"100\",\"cipassword_file\":\"/x\",\"cipassword_generate\":true}", "PX-ARG"},
        {"{\"vmid\":\"100\",\"cipassword_generate\":true,\"changes\":{\"cipassword_generate\":true}}",
         "PX-ARG"},
        {"{\"vmid\":\"100\",\"cipassword_generate\":\"yes\"}", "PX-ARG"},
        {"{\"vmid\":\"100\",\"cipassword_file\":[\"/x\"]}", "PX-ARG"},
        {"{\"vmid\":\"100\",\"changes\":{\"cipassword_file\":7}}", "PX-ARG"},
        {"{\"vmid\":\"100\",\"changes\":{\"cipassword\":\"" CANARY "\"}}", "PX-ARG"},
        {"{\"vmid\":\"100\",\"changes\":{\"keyring_file\":\"/x\"}}", "PX-ARG"},
        {"{\"vmid\":\"100\",\"tags_file\":\"/x\"}", "PX-ARG"},
        {"{\"vmid\":\"100\",\"cipassword_file\":\"/etc/shadow\"}", "PX-SECRET-FILE"},
    };
    struct ways w;
    bool failed = true;

    (void)context;
    begin(&w, quick);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        expect_code(server_tool(&w.server, "pve_guest_config_set", rows[i].arguments, &failed), &failed,
                    rows[i].code);
    /* without folders in the configuration there are none */
    road_configure(&w.road, "guarded", "");
    again(&w);
    struct json_object *answer = server_tool(&w.server, "pve_guest_config_set", w.arguments, &failed);
    assert_non_null(strstr(json_object_to_json_string(answer), "trust.secret_dirs"));
    expect_code(answer, &failed, "PX-SECRET-FILE");
    assert_false(anywhere(&w, CANARY));
    end(&w);
}

/* A value is in the one answer, and after that it is nowhere. */
static void gone(struct ways *w, struct json_object *plan, const char *value)
{
    struct json_object *status = status_of(w, plan);

    assert_null(strstr(json_object_to_json_string(status), value));
    expect(status, "/shown_once/generated/0", "cipassword");
    json_object_put(status);
    assert_false(anywhere(w, value));
    assert_false(folder_has(w->road.dir, value));
}

static void test_generated(void **context)
{
    struct ways w;
    bool failed = true;
    char value[64];

    (void)context;
    begin(&w, quick);
    struct json_object *plan = plan_make(&w.server, "pve_guest_config_set", GENERATE);
    expect(plan, "/secrets/0/generate", "24");
    again(&w);
    struct json_object *done = applied(&w, plan);
    expect(done, "/outcome", "ok");
    (void)snprintf(value, sizeof(value), "%s", at(done, "/generated/cipassword"));
    assert_int_equal(strlen(value), 24);
    json_object_put(done);
    gone(&w, plan, value);
    expect_code(plan_apply(&w.server, plan, &failed), &failed, "PX-PLAN");
    again(&w);
    gone(&w, plan, value);
    expect_password(&w, value);
    json_object_put(plan);

    /* two plans, two values */
    plan = plan_make(&w.server, "pve_guest_config_set", GENERATE);
    done = applied(&w, plan);
    assert_string_not_equal(at(done, "/generated/cipassword"), value);
    json_object_put(done);
    json_object_put(plan);
    end(&w);
}

/* Not waited for: the first status after the end has it, the second has not. */
static void test_generated_later(void **context)
{
    const int64_t deadline = clock_ms() + 30000;
    struct ways w;
    bool failed = true;
    char value[64], echo[400];

    (void)context;
    begin(&w, late);
    struct json_object *plan = plan_make(&w.server, "pve_guest_config_set", GENERATE);
    CLEANUP_FREE char *plain = plan_echo(plan);
    (void)snprintf(echo, sizeof(echo), "%.*s,\"wait\":false}", (int)strlen(plain) - 1, plain);
    struct json_object *answer = server_tool(&w.server, "proximo_apply", echo, &failed);
    assert_false(failed);
    expect(answer, "/outcome", "running");
    expect(answer, "/generated/cipassword", "");
    do {
        json_object_put(answer);
        assert_true(clock_ms() < deadline);
        answer = status_of(&w, plan);
        if (strcmp(at(answer, "/state"), "done") != 0)
            expect(answer, "/generated/cipassword", "");
    } while (strcmp(at(answer, "/state"), "done") != 0);
    (void)snprintf(value, sizeof(value), "%s", at(answer, "/generated/cipassword"));
    assert_int_equal(strlen(value), 24);
    json_object_put(answer);
    gone(&w, plan, value);
    expect_password(&w, value);
    json_object_put(plan);

    /* nobody asked before the end of the server: it is gone, and that is said */
    plan = plan_make(&w.server, "pve_guest_config_set", GENERATE);
    CLEANUP_FREE char *second = plan_echo(plan);
    (void)snprintf(echo, sizeof(echo), "%.*s,\"wait\":false}", (int)strlen(second) - 1, second);
    json_object_put(server_tool(&w.server, "proximo_apply", echo, &failed));
    assert_false(failed);
    again(&w);
    answer = status_of(&w, plan);
    expect(answer, "/generated/cipassword", "");
    expect(answer, "/shown_once/generated/0", "cipassword");
    json_object_put(answer);
    json_object_put(plan);
    end(&w);
}

/* As a task: looking at it in other ways than tasks/get takes nothing away. */
static void test_generated_by_a_task(void **context)
{
    static const char generated[] = "/result/structuredContent/generated/cipassword";
    const int64_t deadline = clock_ms() + 30000;
    struct ways w;
    bool failed = true;
    int code = 0;
    char value[64], echo[400], task[128];

    (void)context;
    begin(&w, late);
    assert_int_equal(server_stop(&w.server), 0);
    server_start_modern(&w.road, &w.server);
    w.server.tasks = true;
    w.server.person = "guest/100";
    struct json_object *plan = plan_make(&w.server, "pve_guest_config_set", GENERATE);
    CLEANUP_FREE char *plain = plan_echo(plan);
    (void)snprintf(echo, sizeof(echo), "%.*s,\"wait\":false}", (int)strlen(plain) - 1, plain);
    (void)snprintf(task, sizeof(task), "\"taskId\":\"%s\",\"inputResponses\":{}", at(plan, "/plan_id"));
    json_object_put(server_tool(&w.server, "proximo_apply", echo, &failed));
    assert_false(failed);
    server_pump(&w.server, 3000);
    json_object_put(server_method(&w.server, "tasks/update", task, &code));
    struct json_object *answer = server_method(&w.server, "tasks/get", task, &code);
    while (strcmp(at(answer, "/status"), "working") == 0 && clock_ms() < deadline) {
        json_object_put(answer);
        server_pump(&w.server, 100);
        answer = server_method(&w.server, "tasks/get", task, &code);
    }
    expect(answer, "/status", "completed");
    (void)snprintf(value, sizeof(value), "%s", at(answer, generated));
    assert_int_equal(strlen(value), 24);
    json_object_put(answer);
    answer = server_method(&w.server, "tasks/get", task, &code);
    expect(answer, generated, "");
    assert_null(strstr(json_object_to_json_string(answer), value));
    json_object_put(answer);
    gone(&w, plan, value);
    expect_password(&w, value);
    json_object_put(plan);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_file),
                                       cmocka_unit_test(test_swap),
                                       cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_generated),
                                       cmocka_unit_test(test_generated_later),
                                       cmocka_unit_test(test_generated_by_a_task)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
