/* SPDX-License-Identifier: Apache-2.0 */
/* Each skill once: what a read answers, and what a change plans and waits for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "face.h"

static void test_every_skill(void **state)
{
    static const struct {
        const char *data, *pointer, *value;
    } rows[] = {
        {"{\"skill\":\"node_status\",\"params\":{\"node\":\"pve1\"}}", "/node", "pve1"},
        {"{\"skill\":\"list_guests\",\"params\":{\"name\":\"web-cache\"}}", "/rows/0/vmid", "105"},
        {"{\"skill\":\"guest_status\",\"params\":{\"vmid\":105}}", "/item/name", "web-cache"},
        {"{\"skill\":\"diagnose_node\",\"params\":{\"node\":\"pve1\"}}", "/findings/0/code", "STORAGE-FULL"},
        {"{\"skill\":\"snapshot_list\",\"params\":{\"vmid\":\"105\"}}", "/rows/0/name", "tuned"},
        {"{\"skill\":\"storage_status\",\"params\":{\"storage\":\"local\",\"node\":\"pve1\"}}", "/item/type",
         "dir"},
        {"{\"skill\":\"backup_list\",\"params\":{\"storage\":\"nfs-backup\",\"node\":\"pve1\",\"vmid\":105}}",
         "/rows/0/vmid", "105"},
        {"{\"skill\":\"config_get\",\"params\":{\"vmid\":\"105\"}}", "/guest/vmid", "105"},
        {"{\"skill\":\"audit_verify\"}", "/verdict", "ok"},
    };
    struct face f;

    (void)state;
    face_start(&f, "read", "");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char pointer[128];
        struct json_object *answer = face_send(&f, rows[i].data, "");
        (void)snprintf(pointer, sizeof(pointer), "/result/task/artifacts/0/parts/0/data%s", rows[i].pointer);
        if (strcmp(at(answer, "/result/task/status/state"), "TASK_STATE_COMPLETED") != 0 ||
            strcmp(at(answer, pointer), rows[i].value) != 0)
            fail_msg("%s: %s", rows[i].data, json_object_to_json_string(answer));
        json_object_put(answer);
    }
    face_stop(&f);
}

/* docs/a2a: "A changing skill plans and answers TASK_STATE_INPUT_REQUIRED" */
static void test_every_change(void **state)
{
    static const struct {
        const char *data, *action;
    } rows[] = {
        {"{\"skill\":\"guest_power\",\"params\":{\"vmid\":\"105\",\"action\":\"stop\"}}", "guest.stop"},
        {"{\"skill\":\"snapshot_create\",\"params\":{\"vmid\":\"105\",\"snapname\":\"a1\"}}",
         "snapshot.create"},
        {"{\"skill\":\"snapshot_delete\",\"params\":{\"vmid\":\"105\",\"snapname\":\"tuned\"}}",
         "snapshot.delete"},
        {"{\"skill\":\"config_set\",\"params\":{\"vmid\":\"105\",\"changes\":{\"memory\":1024}}}",
         "guest.config"},
        {"{\"skill\":\"config_revert\",\"params\":{\"vmid\":\"105\",\"prior_config\":{\"description\":\"as "
         "it was\",\"cores\":2}}}",
         "guest.config"},
        {"{\"skill\":\"backup\",\"params\":{\"vmid\":\"100\",\"storage\":\"local\"}}", "backup.create"},
    };
    struct face f;

    (void)state;
    face_start(&f, "guarded", "");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct json_object *answer = face_send(&f, rows[i].data, "");
        if (strcmp(at(answer, "/result/task/status/state"), "TASK_STATE_INPUT_REQUIRED") != 0 ||
            strcmp(at(answer, "/result/task/status/message/parts/1/data/action"), rows[i].action) != 0 ||
            strcmp(at(answer, "/result/task/status/message/parts/1/data/consent"), "approver") != 0)
            fail_msg("%s: %s", rows[i].data, json_object_to_json_string(answer));
        json_object_put(answer);
    }
    face_stop(&f);
}

/* A program that answers as `pct exec` would, and the plane that asks it. */
static void test_exec_skill(void **state)
{
    const char *source = getenv("PROXIMO_TEST_SOURCE_DIR");
    char from[512], pct[64], more[512];
    struct buf bytes CLEANUP_BUF = BUF_INIT(65536);
    struct face f;

    (void)state;
    (void)snprintf(from, sizeof(from), "%s/tests/tools/exec/pct", source ? source : ".");
    (void)snprintf(pct, sizeof(pct), "/tmp/proximo-a2a-pct.%d", (int)getpid());
    assert_int_equal(file_read(from, &bytes), 0);
    assert_int_equal(file_write_atomic(pct, bytes.data, bytes.len, 0755), 0);
    (void)snprintf(more, sizeof(more),
                   "planes: {nodes: {}, guests: {}, exec: {programs: {pct: %s}, config: {backend: local, "
                   "ct: [105]}}}\n",
                   pct);
    face_start(&f, "read", more);
    struct json_object *answer =
        face_send(&f, "{\"skill\":\"diagnose_container\",\"params\":{\"vmid\":105}}", "");
    expect(answer, "/result/task/status/state", "TASK_STATE_COMPLETED");
    assert_non_null(strstr(json_object_to_json_string(answer), "CT-MEM-HIGH"));
    json_object_put(answer);
    face_stop(&f);
    (void)unlink(pct);

    /* without the plane there is no such skill */
    face_start(&f, "read", "planes: {nodes: {}, guests: {}}\n");
    answer = face_send(&f, "{\"skill\":\"diagnose_container\",\"params\":{\"vmid\":105}}", "");
    expect(answer, "/error/code", "-32602");
    json_object_put(answer);
    face_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_skill),
                                       cmocka_unit_test(test_every_change),
                                       cmocka_unit_test(test_exec_skill)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
