/* SPDX-License-Identifier: Apache-2.0 */
/* The receipt that apply returns, checked with the public key alone; receipts and exports of what was done.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "road.h"

#define STOP "{\"vmid\":\"105\",\"action\":\"stop\"}"

static const char *const quick[] = {"--task-ms", "100", NULL};

/* The member `proof` of an answer as a file. */
static void keep_proof(struct json_object *answer, const char *path)
{
    CLEANUP_BUF struct buf text = BUF_INIT(1 << 20);
    struct json_object *proof = NULL;

    if (json_get(answer, "proof", json_type_object, &proof) < 0)
        fail_msg("%s", json_object_to_json_string(answer));
    json_put_value(&text, proof);
    assert_int_equal(file_write_atomic(path, text.data, text.len, 0600), 0);
}

static int check(struct road *road, const char *path, const char *key, char **ret)
{
    const char *const words[] = {"audit", "check-receipt", path, "--key", key, NULL};

    return road_command(road, ret, words);
}

static void has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

/* A change, and what others can see of it. */
static void test_apply(void **context)
{
    char file[160], key[160], stored[160], number[32], *text = NULL;
    struct road road;
    struct server server;
    bool failed = true;

    (void)context;
    road_start(&road, quick, "");
    server_start(&road, &server, NULL);
    server.person = "guest/105";
    (void)snprintf(file, sizeof(file), "%s/receipt.json", road.dir);
    (void)snprintf(stored, sizeof(stored), "%s/stored.json", road.dir);
    (void)snprintf(key, sizeof(key), "%s/audit.signing.pem.pub", road.state);
    struct json_object *plan = plan_make(&server, "pve_guest_power", STOP);
    struct json_object *done = plan_apply(&server, plan, &failed);
    expect(done, "/outcome", "ok");
    assert_false(failed);
    keep_proof(done, file);
    assert_int_equal(check(&road, file, key, &text), 0);
    (void)snprintf(number, sizeof(number), "good: record %s of ", at(done, "/seq"));
    has(text, number);
    has(text, "guest.stop guest/105 outcome=ok");
    has(text, at(done, "/head"));
    free(text);

    /* proximo_status says the same later, also another process's */
    assert_int_equal(server_stop(&server), 0);
    server_start(&road, &server, NULL);
    char arguments[128];
    (void)snprintf(arguments, sizeof(arguments), "{\"plan_id\":\"%s\"}", at(plan, "/plan_id"));
    struct json_object *status = server_tool(&server, "proximo_status", arguments, &failed);
    assert_false(failed);
    keep_proof(status, stored);
    CLEANUP_BUF struct buf one = BUF_INIT(1 << 20), two = BUF_INIT(1 << 20);
    assert_int_equal(file_read(file, &one), 0);
    assert_int_equal(file_read(stored, &two), 0);
    assert_string_equal(one.data, two.data);
    /* one byte of the record changed: what was stopped was another guest */
    char *guest = strstr(two.data, "guest/105");
    assert_non_null(guest);
    guest[8] = '6';
    assert_int_equal(file_write_atomic(stored, two.data, two.len, 0600), 0);
    assert_int_equal(check(&road, stored, key, &text), 3);
    has(text, "PX-RECEIPT");
    free(text);
    assert_int_equal(server_stop(&server), 0);
    struct json_object *const all[] = {plan, done, status};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        json_object_put(all[i]);
    road_stop(&road);
}

/* What destroys is signed at once: the newest checkpoint covers its outcome. */
static void test_destroys(void **context)
{
    static const char create[] = "{\"vmid\":\"105\",\"snapname\":\"before\"}";
    char file[160], key[160], *text = NULL;
    struct road road;
    struct server server;
    bool failed = true;

    (void)context;
    road_start(&road, quick, "");
    server_start(&road, &server, NULL);
    server.person = "guest/105";
    struct json_object *plan = plan_make(&server, "pve_snapshot_create", create);
    struct json_object *made = plan_apply(&server, plan, &failed);
    expect(made, "/outcome", "ok");
    struct json_object *removal = plan_make(&server, "pve_snapshot_delete", create);
    struct json_object *removed = plan_apply(&server, removal, &failed);
    expect(removed, "/outcome", "ok");
    (void)snprintf(file, sizeof(file), "%s/receipt.json", road.dir);
    (void)snprintf(key, sizeof(key), "%s/audit.signing.pem.pub", road.state);
    keep_proof(removed, file);
    assert_int_equal(check(&road, file, key, &text), 0);
    free(text);
    CLEANUP_BUF struct buf note = BUF_INIT(1 << 16);
    char path[160];
    (void)snprintf(path, sizeof(path), "%s/audit.log.checkpoint", road.state);
    assert_int_equal(file_read(path, &note), 0);
    const char *size = strchr(note.data, '\n');
    assert_non_null(size);
    assert_int_equal(strncmp(size + 1, at(removed, "/seq"), strlen(at(removed, "/seq"))), 0);
    assert_int_equal(server_stop(&server), 0);
    struct json_object *const all[] = {plan, made, removal, removed};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        json_object_put(all[i]);
    road_stop(&road);
}

/* Proofs and an export while the server runs, by the commands with its configuration. */
static void test_commands(void **context)
{
    char file[160], key[160], bundle[160], *text = NULL;
    struct road road;
    struct server server;
    bool failed = true;

    (void)context;
    road_start(&road, quick, "");
    server_start(&road, &server, NULL);
    server.person = "guest/105";
    (void)snprintf(file, sizeof(file), "%s/receipt.json", road.dir);
    (void)snprintf(key, sizeof(key), "%s/audit.signing.pem.pub", road.state);
    (void)snprintf(bundle, sizeof(bundle), "%s/bundle", road.dir);
    struct json_object *plan = plan_make(&server, "pve_guest_power", STOP);
    struct json_object *done = plan_apply(&server, plan, &failed);
    expect(done, "/outcome", "ok");
    for (unsigned seq = 1; seq <= 5; seq++) {
        char number[16];
        (void)snprintf(number, sizeof(number), "%u", seq);
        const char *const prove[] = {"audit", "prove", number, "--config", road.config, "--out", file, NULL};
        assert_int_equal(road_command(&road, NULL, prove), 0);
        assert_int_equal(check(&road, file, key, NULL), 0);
    }
    const char *const export[] = {"audit", "export", bundle, "--config", road.config, NULL};
    assert_int_equal(road_command(&road, &text, export), 0);
    has(text, "verify.sh checks them");
    free(text);
    /* the server goes on behind the checkpoints of the commands */
    struct json_object *again =
        plan_make(&server, "pve_guest_power", "{\"vmid\":\"105\",\"action\":\"start\"}");
    struct json_object *started = plan_apply(&server, again, &failed);
    expect(started, "/outcome", "ok");
    struct json_object *verified = server_tool(&server, "audit_verify", "{}", &failed);
    expect(verified, "/verdict", "ok");
    assert_int_equal(server_stop(&server), 0);
    struct json_object *const all[] = {plan, done, again, started, verified};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        json_object_put(all[i]);
    road_stop(&road);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_apply),
        cmocka_unit_test(test_destroys),
        cmocka_unit_test(test_commands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
