/* SPDX-License-Identifier: Apache-2.0 */
/* What the simulator does not say: answers that are cut, odd or missing, for users, groups and realms. */
#include "plan_rig.h"

#define UPID "UPID:pve1:00001234:0000ABCD:66000000:auth-realm-sync-test:corp:root@pam:"
#define LOG                                                                                                  \
    "/nodes/pve1/tasks/UPID%3Apve1%3A00001234%3A0000ABCD%3A66000000%3Aauth-realm-sync-test%3Acorp%3A"        \
    "root%40pam%3A/log?limit="

static const struct proximo_plane *acl;

/* ---- users */

static void user_init(struct plane_test *t)
{
    plane_test_init(t);
    plane_test_argument(t, "userid", "dana@pve", 1);
    plane_test_answer(t, "/access/domains", 200, "[{\"realm\":\"pve\",\"type\":\"pve\"}]");
    plane_test_answer(t, "/access/users?full=1", 200,
                      "[{\"userid\":\"dana@pve\",\"enable\":1,\"groups\":\"ops\"}]");
}

/* data null is not a user without anything. */
static void a_user_that_was_not_read_is_not_changed(void **state)
{
    struct plane_test t;
    (void)state;
    user_init(&t);
    plane_test_argument(&t, "comment", "x", 1);
    plane_test_answer(&t, "/access/users/dana%40pve", 200, "null");
    expect_failure(&t, plane_test_plan(&t, acl, "pve_user_update"), PROXIMO_EUNAVAIL,
                   "could not be looked at");
    plane_test_done(&t);
}

static void what_goes_with_a_user_and_could_not_be_read_is_said(void **state)
{
    struct plane_test t;
    (void)state;
    user_init(&t);
    plane_test_answer(&t, "/access/users/dana%40pve", 200,
                      "{\"enable\":1,\"expire\":0,\"groups\":[\"ops\"],\"keys\":\"x\",\"tokens\":{\"a\":"
                      "{\"expire\":0,\"privsep\":1}}}");
    plane_test_answer(&t, "/access/tfa/dana%40pve", 500, "null");
    plane_test_answer(&t, "/access/acl", 403, "null");
    assert_int_equal(plane_test_plan(&t, acl, "pve_user_delete"), 0);
    expect_words(&t, "incomplete", "second factors");
    expect_words(&t, "incomplete", "the entries of the access list");
    expect_words(&t, "facts", "API tokens and their values: a");
    expect_words(&t, "facts", "his password");
    expect_words(&t, "facts", "last_of_realm");
    assert_false(words_told(&t, "facts", "\"keys\"")); /* an old kind of second factor: a secret */
    assert_false(words_told(&t, "guards", "/keys"));
    plane_test_done(&t);
}

static void second_factors_do_not_come_back(void **state)
{
    struct plane_test t;
    (void)state;
    user_init(&t);
    plane_test_answer(&t, "/access/users/dana%40pve", 200, "{\"enable\":1,\"expire\":0,\"groups\":[]}");
    plane_test_answer(&t, "/access/tfa/dana%40pve", 200, "[{\"id\":\"a\",\"type\":\"totp\"}]");
    plane_test_answer(
        &t, "/access/acl", 200,
        "[{\"path\":\"/vms\",\"type\":\"user\",\"ugid\":\"dana@pve\",\"roleid\":\"PVEVMUser\","
        "\"propagate\":0},{\"path\":\"/\",\"type\":\"user\",\"ugid\":\"dana@pve2\",\"roleid\":"
        "\"PVEAdmin\"},{\"path\":\"/\",\"type\":\"token\",\"ugid\":\"dana@pve!a\",\"roleid\":"
        "\"PVEAdmin\",\"propagate\":1},{\"path\":\"/\",\"type\":\"group\",\"ugid\":\"dana@pve\","
        "\"roleid\":\"PVEAdmin\"}]");
    assert_int_equal(plane_test_plan(&t, acl, "pve_user_delete"), 0);
    expect_words(&t, "facts", "1 second factors");
    expect_words(&t, "undo", "\"propagate\",\"value\":\"0\"");
    assert_false(words_told(&t, "undo", "PVEAdmin")); /* neither another's nor a token's nor a group's */
    expect_words(&t, "guards", "[path=/vms][roleid=PVEVMUser][type=user][ugid=dana@pve]/propagate");
    plane_test_done(&t);
}

/* ---- groups */

static void a_group_without_a_list_of_members_is_not_deleted(void **state)
{
    struct plane_test t;
    (void)state;
    plane_test_init(&t);
    plane_test_argument(&t, "groupid", "ops", 1);
    plane_test_answer(&t, "/access/groups/ops", 200, "{\"comment\":\"x\"}");
    plane_test_answer(&t, "/access/acl", 200, "[]");
    expect_failure(&t, plane_test_plan(&t, acl, "pve_group_delete"), PROXIMO_EPROTO, "members");
    plane_test_done(&t);
}

/* More than one plan puts back: said before, and none of it pretended. */
static void a_large_group_has_no_way_back(void **state)
{
    struct plane_test t;
    char text[16000] = "{\"members\":[";
    size_t len = strlen(text);
    (void)state;
    for (unsigned i = 0; i < 201; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\"u%u@pve\"", i ? "," : "", i);
    (void)snprintf(text + len, sizeof(text) - len, "]}");
    plane_test_init(&t);
    plane_test_argument(&t, "groupid", "ops", 1);
    plane_test_answer(&t, "/access/groups/ops", 200, text);
    plane_test_answer(&t, "/access/acl", 200, "[]");
    plane_test_answer(&t, "/access/users?full=1", 200, "[]");
    assert_int_equal(plane_test_plan(&t, acl, "pve_group_delete"), 0);
    expect_words(&t, "facts", "no_way_back");
    expect_words(&t, "undo", "\"kind\":1");
    plane_test_done(&t);
}

/* ---- the dry run of a sync */

static void sync_init(struct plane_test *t, const char *log)
{
    plane_test_init(t);
    plane_test_argument(t, "realm", "corp", 1);
    plane_test_argument(t, "scope", "both", 1);
    plane_test_answer(t, "/access/domains", 200, "[{\"realm\":\"corp\",\"type\":\"ad\"}]");
    plane_test_answer(t, "/access/domains/corp", 200, "{\"type\":\"ad\"}");
    plane_test_answer(t, "/access/acl", 200,
                      "[{\"path\":\"/vms\",\"type\":\"user\",\"ugid\":\"old@corp\",\"roleid\":\"PVEVMUser\","
                      "\"propagate\":1}]");
    plane_test_answer(t, "probe:realm_sync_dry_run?realm=corp&scope=both", 200, "\"" UPID "\"");
    plane_test_answer(t, LOG "20000", 200,
                      "[{\"n\":1,\"t\":\"(dry test run) starting sync for realm corp\"}]");
    plane_test_answer(t, LOG "20001", 200, log);
}

static int32_t sync_of(struct plane_test *t, const char *log)
{
    sync_init(t, log);
    return plane_test_plan(t, acl, "pve_realm_sync");
}

/* Other words for the same, and words for what nobody knows. */
static const char odd_words[] = "[{\"n\":1,\"t\":\"syncing users (remove-vanished opts: acl)\"},"
                                "{\"n\":2,\"t\":\"remove user 'gone@corp'\"},"
                                "{\"n\":3,\"t\":\"overwriting user 'kept@corp'\"},"
                                "{\"n\":4,\"t\":\"  purge ACL entries for user 'old@corp'\"},"
                                "{\"n\":5,\"t\":\"adding user 'new@corp'\"},"
                                "{\"n\":6,\"t\":\"adding user 'new@corp'\"},"
                                "{\"n\":7,\"t\":\"deleting group 'g-corp'\"},"
                                "{\"n\":8,\"t\":\"banishing user 'x@corp'\"},"
                                "{\"n\":9,\"t\":\"TASK OK\"}]";

static void lines_count_by_what_they_begin_with(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(sync_of(&t, odd_words), 0);
    expect_words(&t, "facts", "\"users_that_go\",\"value\":[\"gone@corp\"]");
    expect_words(&t, "facts", "\"users_that_are_updated\",\"value\":[\"kept@corp\"]");
    expect_words(&t, "facts", "\"users_whose_entries_go\",\"value\":[\"old@corp\"]");
    expect_words(&t, "facts", "\"users_that_come\",\"value\":[\"new@corp\"]");
    expect_words(&t, "facts", "\"groups_that_go\",\"value\":[\"g-corp\"]");
    expect_words(&t, "undo", "\"kind\":1");
    plane_test_done(&t);
    sync_init(&t, odd_words);
    assert_int_equal(
        plane_test_blast(&t, acl, "realm.sync", "{\"kind\":\"realm\",\"realm\":\"corp\",\"scope\":\"both\"}"),
        0);
    expect_words(&t, "incomplete", "banishing user");
    expect_words(&t, "affected", "user/gone@corp");
    expect_words(&t, "affected", "user/old@corp");
    expect_words(&t, "affected", "group/g-corp");
    plane_test_done(&t);
}

/* One row for whoever is removed and whose entries are purged; many are counted. */
static void a_large_directory_is_counted(void **state)
{
    struct plane_test t;
    const size_t size = 200000;
    char *log = malloc(size);
    size_t len = 1;
    (void)state;
    assert_non_null(log);
    log[0] = '[';
    for (unsigned i = 0; i < 700; i++)
        len += (size_t)snprintf(log + len, size - len,
                                "{\"t\":\"removing user 'u%u@corp'\"},{\"t\":\"purged user "
                                "'u%u@corp' and all its ACL entries\"},",
                                i, i);
    (void)snprintf(log + len, size - len, "{\"t\":\"TASK OK\"}]");
    sync_init(&t, log);
    assert_int_equal(
        plane_test_blast(&t, acl, "realm.sync", "{\"kind\":\"realm\",\"realm\":\"corp\",\"scope\":\"both\"}"),
        0);
    expect_words(&t, "affected", "200 more, of each");
    plane_test_done(&t);
    assert_int_equal(sync_of(&t, log), 0);
    expect_words(&t, "facts", "\"count\":700");
    plane_test_done(&t);
    free(log);
}

static void a_dry_run_that_failed_is_no_plan(void **state)
{
    struct plane_test t;
    (void)state;
    expect_failure(&t, sync_of(&t, "[{\"n\":1,\"t\":\"TASK ERROR: unable to connect to LDAP server\"}]"),
                   PROXIMO_EREMOTE, "unable to connect");
    plane_test_done(&t);
}

static void a_dry_run_that_did_not_begin_is_no_plan(void **state)
{
    struct plane_test t;
    (void)state;
    plane_test_init(&t);
    plane_test_argument(&t, "realm", "corp", 1);
    plane_test_answer(&t, "/access/domains", 200, "[{\"realm\":\"corp\",\"type\":\"ad\"}]");
    plane_test_answer(&t, "probe:realm_sync_dry_run?realm=corp", 200, "null");
    expect_failure(&t, plane_test_plan(&t, acl, "pve_realm_sync"), PROXIMO_EREMOTE, "did not begin");
    plane_test_done(&t);
}

/* ---- tokens */

static void release_8_gives_no_new_value(void **state)
{
    struct plane_test t;
    (void)state;
    user_init(&t);
    t.version = "8.4.1";
    plane_test_argument(&t, "tokenid", "own", 1);
    plane_test_answer(&t, "/access/users/dana%40pve", 200, "{\"groups\":[]}");
    plane_test_answer(&t, "/access/users/dana%40pve/token/own", 200, "{\"expire\":0,\"privsep\":1}");
    expect_failure(&t, plane_test_plan(&t, acl, "pve_token_regenerate"), PROXIMO_ENOSYS, "Proxmox VE 8");
    plane_test_done(&t);
}

static int load(void **state)
{
    (void)state;
    acl = plane_load("acl");
    return acl ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_that_was_not_read_is_not_changed),
        cmocka_unit_test(what_goes_with_a_user_and_could_not_be_read_is_said),
        cmocka_unit_test(second_factors_do_not_come_back),
        cmocka_unit_test(a_group_without_a_list_of_members_is_not_deleted),
        cmocka_unit_test(a_large_group_has_no_way_back),
        cmocka_unit_test(lines_count_by_what_they_begin_with),
        cmocka_unit_test(a_large_directory_is_counted),
        cmocka_unit_test(a_dry_run_that_failed_is_no_plan),
        cmocka_unit_test(a_dry_run_that_did_not_begin_is_no_plan),
        cmocka_unit_test(release_8_gives_no_new_value),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
