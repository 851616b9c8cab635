/* SPDX-License-Identifier: Apache-2.0 */
/* Where rights come from, who can, dumps, differences, authentication, and what is not known. */
#include "rig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORLD                                                                                                \
    "u root@pam;u alice@pve ops;u bob@pve - 0;u carol@pve - 1 1000000000;t alice@pve!sep 1;t "               \
    "alice@pve!full 0;"                                                                                      \
    "t bob@pve!ci 0;t alice@pve!old 0 1000000000;g ops alice@pve;p prod 100,local;"                          \
    "e /vms 1 A g ops;e /vms 1 AB t alice@pve!sep;e /pool/prod 1 B u alice@pve;e /nodes 0 C u bob@pve"

static struct acl_asker *asker_of(const struct acl_model *model)
{
    struct acl_asker *asker;

    assert_int_equal(acl_asker_new(model, &asker), 0);
    return asker;
}

static void test_sources(void **state)
{
    struct acl_model *model = rig_model(WORLD, 0);
    struct acl_asker *asker = asker_of(model);
    struct acl_answer answer;

    (void)state;
    assert_int_equal(acl_permissions(asker, "alice@pve", "/vms/100", &answer), 0);
    assert_int_equal(answer.source_count, 2);
    assert_string_equal(answer.sources[0].path, "/vms");
    assert_string_equal(answer.sources[0].role, "A");
    assert_string_equal(answer.sources[0].principal, "ops");
    assert_int_equal(answer.sources[0].via, ACL_VIA_GROUP);
    assert_null(answer.sources[0].pool);
    assert_true(answer.sources[0].propagates);
    assert_string_equal(answer.sources[1].path, "/pool/prod");
    assert_string_equal(answer.sources[1].pool, "prod");
    assert_int_equal(answer.sources[1].via, ACL_VIA_USER);
    assert_false(answer.sources[1].propagates);
    assert_int_equal(acl_permissions(asker, "alice@pve!sep", "/vms/7", &answer), 0);
    assert_int_equal(answer.source_count, 2);
    assert_int_equal(answer.sources[0].via, ACL_VIA_TOKEN);
    assert_false(answer.sources[0].of_user);
    assert_string_equal(answer.sources[0].principal, "alice@pve!sep");
    assert_true(answer.sources[1].of_user);
    assert_int_equal(acl_permissions(asker, "root@pam", "/vms/7", &answer), 0);
    assert_int_equal(answer.source_count, 1);
    assert_int_equal(answer.sources[0].via, ACL_VIA_ROOT);
    acl_asker_free(asker);
    acl_model_free(model);
    model = rig_model(WORLD ";e /vms/100 1 NoAccess u alice@pve", 0);
    asker = asker_of(model);
    assert_int_equal(acl_permissions(asker, "alice@pve", "/vms/100", &answer), 0);
    assert_int_equal(answer.source_count, 1);
    assert_true(answer.sources[0].cuts);
    acl_asker_free(asker);
    acl_model_free(model);
}

static void holders(const struct acl_model *model, const char *privilege, const char *path, const char *want,
                    uint32_t want_unknown)
{
    struct acl_asker *asker = asker_of(model);
    struct acl_holder *list;
    uint32_t count, unknown;
    char got[256] = "";

    assert_int_equal(acl_who_can(asker, privilege, path, &list, &count, &unknown), 0);
    for (uint32_t i = 0; i < count; i++) {
        strncat(got, list[i].who, sizeof(got) - strlen(got) - 1);
        strncat(got,
                list[i].holds == ACL_UNKNOWN ? "? "
                : list[i].propagates         ? "1 "
                                             : "0 ",
                sizeof(got) - strlen(got) - 1);
    }
    assert_string_equal(got, want);
    assert_int_equal(unknown, want_unknown);
    free(list);
    acl_asker_free(asker);
}

static void test_who_can(void **state)
{
    struct acl_model *model = rig_model(WORLD, 0);

    (void)state;
    holders(model, "VM.Audit", "/vms/100",
            "alice@pve1 alice@pve!full1 alice@pve!old1 alice@pve!sep1 root@pam1 ", 0);
    holders(model, "VM.Console", "/vms/100",
            "alice@pve0 alice@pve!full0 alice@pve!old0 alice@pve!sep0 root@pam1 ", 0);
    holders(model, "Sys.Audit", "/nodes", "bob@pve0 bob@pve!ci0 root@pam1 ", 0);
    holders(model, "No.Such", "/nodes", "", 0);
    acl_model_free(model);
}

static int count_paths(void *user, const char *path, const struct acl_answer *answer)
{
    (void)path;
    *(uint32_t *)user += answer->held.word[0] != 0;
    return 0;
}

static int stop(void *user, const char *path, const struct acl_answer *answer)
{
    (void)user;
    (void)path;
    (void)answer;
    return -ECANCELED;
}

static void test_dump(void **state)
{
    static const char *const want[] = {"/",          "/access", "/access/groups", "/nodes",         "/pool",
                                       "/pool/prod", "/sdn",    "/storage",       "/storage/local", "/vms",
                                       "/vms/100"};
    struct acl_model *model = rig_model(WORLD, 0);
    struct acl_asker *asker = asker_of(model);
    uint32_t held = 0;

    (void)state;
    assert_int_equal(acl_path_count(model), sizeof(want) / sizeof(want[0]));
    for (uint32_t i = 0; i < acl_path_count(model); i++)
        assert_string_equal(acl_path_text(model, i), want[i]);
    assert_null(acl_path_text(model, acl_path_count(model)));
    assert_int_equal(acl_dump(asker, "alice@pve", count_paths, &held), 0);
    assert_int_equal(held, 4); /* /vms, /vms/100, /pool/prod, /storage/local */
    assert_int_equal(acl_dump(asker, "alice@pve", stop, NULL), -ECANCELED);
    acl_asker_free(asker);
    acl_model_free(model);
}

static void test_diff(void **state)
{
    struct acl_model *before = rig_model("u a1@pve;e /vms 1 A u a1@pve;e /nodes 1 C u a1@pve", 0);
    struct acl_model *after = rig_model("u a1@pve;u b1@pve;e /vms 0 AB u a1@pve;e /sdn 1 C u b1@pve", 0);
    struct acl_diff diff;

    (void)state;
    assert_int_equal(acl_diff(before, after, 100, 1000, &diff), 0);
    assert_int_equal(diff.total, 4);
    assert_int_equal(diff.gained, 2);
    assert_int_equal(diff.lost, 1);
    assert_string_equal(diff.changes[0].path, "/nodes");
    assert_int_equal(diff.changes[0].before, 1);
    assert_int_equal(diff.changes[0].after, ACL_NOT_HELD);
    assert_string_equal(diff.changes[1].path, "/sdn");
    assert_string_equal(diff.changes[1].who, "b1@pve");
    assert_string_equal(diff.changes[1].privilege, "Sys.Audit");
    assert_string_equal(diff.changes[2].path, "/vms");
    assert_string_equal(diff.changes[2].privilege, "VM.Audit");
    assert_int_equal(diff.changes[2].before, 1);
    assert_int_equal(diff.changes[2].after, 0);
    assert_false(diff.cut);
    assert_int_equal(diff.unknown, 0);
    acl_diff_done(&diff);
    assert_int_equal(acl_diff(before, after, 1, 1000, &diff), 0);
    assert_int_equal(diff.count, 1);
    assert_int_equal(diff.total, 4);
    acl_diff_done(&diff);
    assert_int_equal(acl_diff(before, after, 100, 10, &diff), 0);
    assert_true(diff.cut);
    acl_diff_done(&diff);
    acl_model_free(before);
    acl_model_free(after);
}

/* Bits of privileges follow the order in which the API names them: the two sides need not agree. */
static void test_diff_privileges(void **state)
{
    struct acl_model *before = rig_model("r N New.One;u a1@pve;e /vms 1 N u a1@pve;e /vms 1 C u a1@pve", 0);
    struct acl_model *after =
        rig_model("r M Other.One,New.One;u a1@pve;e /vms 1 M u a1@pve;e /vms 1 C u a1@pve", 0);
    struct acl_diff diff;

    (void)state;
    assert_int_equal(acl_diff(before, after, 100, 1000, &diff), 0);
    assert_int_equal(diff.total, 1);
    assert_string_equal(diff.changes[0].privilege, "Other.One");
    acl_diff_done(&diff);
    acl_model_free(before);
    acl_model_free(after);
}

static void test_authenticate(void **state)
{
    static const struct {
        const char *who, *word;
    } want[] = {{"alice@pve", "ok"},
                {"alice@pve!sep", "ok"},
                {"bob@pve", "disabled"},
                {"bob@pve!ci", "disabled"},
                {"bob@pve!gone", "disabled"},
                {"carol@pve", "user-expired"},
                {"carol@pve!x1", "user-expired"},
                {"alice@pve!old", "token-expired"},
                {"alice@pve!gone", "no-token"},
                {"dave@pve", "no-user"},
                {"dave@pve!ci", "no-user"},
                {"alice", "invalid"},
                {"alice@pve!x", "invalid"},
                {"root@pam", "ok"}};
    struct acl_model *model = rig_model(WORLD, 0);

    (void)state;
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
        assert_string_equal(acl_auth_word(acl_may_authenticate(model, want[i].who, 1800000000)),
                            want[i].word);
    assert_int_equal(acl_may_authenticate(model, "carol@pve", 1000000000), ACL_AUTH_OK);
    assert_int_equal(acl_may_authenticate(model, "carol@pve", 1000000001), ACL_AUTH_USER_EXPIRED);
    acl_model_free(model);
    model = rig_model(WORLD, ACL_PART_USERS);
    assert_int_equal(acl_may_authenticate(model, "alice@pve", 0), ACL_AUTH_UNKNOWN);
    assert_int_equal(acl_may_authenticate(model, "root@pam", 0), ACL_AUTH_UNKNOWN);
    assert_int_equal(acl_may_authenticate(model, "alice", 0), ACL_AUTH_INVALID);
    acl_model_free(model);
}

static void expect_unknown(const char *statements, uint32_t without, const char *who, const char *path,
                           uint32_t want)
{
    struct acl_model *model = rig_model(statements, without);
    struct acl_asker *asker = asker_of(model);
    struct acl_answer answer;

    assert_int_equal(acl_unknown(model) & without, without);
    assert_int_equal(acl_permissions(asker, who, path, &answer), 0);
    if (answer.unknown != want)
        fail_msg("%s at %s without %u: %u, not %u", who, path, without, answer.unknown, want);
    assert_int_equal(acl_holds(&answer, ACL_PRIVS_MOST) == ACL_UNKNOWN, want != 0);
    acl_asker_free(asker);
    acl_model_free(model);
}

/* A part that was not read makes exactly those answers unknown that depend on it. */
static void test_unknown(void **state)
{
    (void)state;
    expect_unknown(WORLD, 0, "alice@pve", "/vms/100", 0);
    expect_unknown(WORLD, ACL_PART_ACL, "alice@pve", "/vms/100", ACL_PART_ACL);
    expect_unknown(WORLD, ACL_PART_ACL, "root@pam", "/vms/100", 0);
    expect_unknown(WORLD, ACL_PART_ACL, "new@pve", "/", ACL_PART_ACL);
    expect_unknown(WORLD, ACL_PART_USERS, "alice@pve!full", "/nodes", ACL_PART_USERS);
    expect_unknown(WORLD, ACL_PART_USERS, "alice@pve!sep", "/nodes", ACL_PART_USERS);
    expect_unknown(WORLD, ACL_PART_USERS, "alice@pve", "/vms/7", 0);
    /* Listed with her groups; one who is not may be in any. */
    expect_unknown(WORLD, ACL_PART_GROUPS, "alice@pve", "/vms/7", 0);
    expect_unknown(WORLD, ACL_PART_GROUPS | ACL_PART_USERS, "alice@pve", "/vms/7", ACL_PART_GROUPS);
    expect_unknown(WORLD ";e /vms/7 1 C u alice@pve", ACL_PART_GROUPS | ACL_PART_USERS, "alice@pve", "/vms/7",
                   0);
    expect_unknown(WORLD, ACL_PART_POOLS, "alice@pve", "/vms/7", ACL_PART_POOLS);
    expect_unknown(WORLD, ACL_PART_POOLS, "alice@pve", "/vms", 0);
    expect_unknown(WORLD, ACL_PART_POOLS, "alice@pve", "/storage/local", ACL_PART_POOLS);
    expect_unknown(WORLD ";e /vms/7 1 NoAccess u alice@pve", ACL_PART_POOLS, "alice@pve", "/vms/7", 0);
    expect_unknown(WORLD, ACL_PART_ROLES, "alice@pve", "/vms/7", ACL_PART_ROLES);
    expect_unknown(WORLD, ACL_PART_ROLES, "alice@pve", "/sdn", 0);
    expect_unknown(WORLD, ACL_PART_ROLES, "root@pam", "/sdn", ACL_PART_ROLES);
    expect_unknown(WORLD, 0, "no id", "/", 0);
}

static void test_unknown_who_can(void **state)
{
    struct acl_model *model = rig_model(WORLD, ACL_PART_POOLS);

    (void)state;
    holders(
        model, "VM.Console", "/vms/7",
        "alice@pve? alice@pve!full? alice@pve!old? alice@pve!sep? bob@pve? bob@pve!ci? carol@pve? root@pam1 ",
        ACL_PART_POOLS);
    acl_model_free(model);
    for (uint32_t i = 0; i < ACL_PARTS; i++) {
        assert_int_equal(acl_part(i)->part, 1u << i);
        assert_non_null(acl_part(i)->read);
    }
    assert_null(acl_part(ACL_PARTS));
}

/* A pool of which only the name is known, and lists that the caller knows to be cut short. */
static void test_partly(void **state)
{
    struct json_object *pools = json_tokener_parse("[{\"poolid\":\"prod\"},{\"poolid\":\"dev\"}]");
    struct json_object *members =
        json_tokener_parse("{\"members\":[{\"type\":\"lxc\",\"vmid\":100,\"id\":\"lxc/100\"},"
                           "{\"type\":\"storage\",\"storage\":\"local\",\"id\":\"storage/pve1/local\"}]}");
    struct acl_model *model;
    struct acl_asker *asker;
    struct acl_answer answer;

    (void)state;
    assert_int_equal(acl_model_new(&model), 0);
    assert_int_equal(acl_read_pools(model, pools), 0);
    assert_int_equal(acl_read_pool(model, "prod", members), 0);
    assert_int_equal(acl_seal(model), 0);
    assert_int_equal(acl_unknown(model), (1u << ACL_PARTS) - 1);
    acl_model_free(model);
    assert_int_equal(acl_model_new(&model), 0);
    assert_int_equal(acl_read_case(model, pools), -EINVAL);
    assert_int_equal(acl_read_pools(model, pools), 0);
    assert_int_equal(acl_read_pool(model, "prod", members), 0);
    assert_int_equal(acl_read_pool(model, "dev", members), 0);
    assert_int_equal(acl_read_acl(model, json_object_object_get(members, "members")), -EINVAL);
    assert_int_equal(acl_read_acl(model, json_object_object_get(members, "none")), -EINVAL);
    assert_int_equal(acl_builtin_roles(model), 0);
    acl_incomplete(model, ACL_PART_ROLES);
    assert_int_equal(acl_seal(model), 0);
    assert_int_equal(acl_seal(model), -EINVAL);
    assert_int_equal(acl_unknown(model), ACL_PART_ACL | ACL_PART_USERS | ACL_PART_GROUPS | ACL_PART_ROLES);
    asker = asker_of(model);
    assert_int_equal(acl_permissions(asker, "root@pam", "/vms/100", &answer), 0);
    assert_int_equal(__builtin_popcountll(answer.held.word[0]), 47);
    acl_asker_free(asker);
    acl_model_free(model);
    json_object_put(pools);
    json_object_put(members);
}

static void test_paths(void **state)
{
    static const struct {
        const char *path, *normal;
    } want[] = {{"/", "/"},
                {"//", "/"},
                {"/vms/", "/vms"},
                {"vms", "/vms"},
                {"//vms///5//", "/vms/5"},
                {"", NULL},
                {"0", NULL},
                {"/0", "/0"},
                {"0/", "/"},
                {"/vms/a b", NULL},
                {"/vms/\xc3\xa9", NULL},
                {"/a_b.c-D", "/a_b.c-D"}};
    char got[16];

    (void)state;
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        const int r = acl_path_normal(want[i].path, got, sizeof(got));

        assert_int_equal(r, want[i].normal ? 0 : -EINVAL);
        if (want[i].normal)
            assert_string_equal(got, want[i].normal);
    }
    assert_int_equal(acl_path_normal("/longer/than/this/holds", got, sizeof(got)), -ENOSPC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_who_can),
        cmocka_unit_test(test_dump),
        cmocka_unit_test(test_diff),
        cmocka_unit_test(test_diff_privileges),
        cmocka_unit_test(test_authenticate),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_unknown_who_can),
        cmocka_unit_test(test_partly),
        cmocka_unit_test(test_paths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
