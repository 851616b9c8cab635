/* SPDX-License-Identifier: Apache-2.0 */
/* Input of a size and form that no cluster has: an answer or an error, in a time that the test's limit
 * bounds. */
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES 100000u

static void put(struct json_object *of, const char *name, const char *value)
{
    json_object_object_add(of, name, json_object_new_string(value));
}

static void entry(struct json_object *acl, const char *path, const char *role, const char *type,
                  const char *who)
{
    struct json_object *one = json_object_new_object();

    put(one, "path", path);
    put(one, "roleid", role);
    put(one, "type", type);
    put(one, "ugid", who);
    json_object_array_add(acl, one);
}

static struct json_object *config_of(struct json_object *acl)
{
    struct json_object *config = json_object_new_object();

    json_object_object_add(config, "acl", acl);
    return config;
}

static void ask(const struct acl_model *model, const char *who, const char *path, uint32_t *ret_sources)
{
    struct acl_asker *asker;
    struct acl_answer answer;

    assert_int_equal(acl_asker_new(model, &asker), 0);
    assert_int_equal(acl_permissions(asker, who, path, &answer), 0);
    *ret_sources = answer.source_count;
    acl_asker_free(asker);
}

/* Each principal, path and role once, in an order that is the worst for insertion. */
static void test_many(void **state)
{
    struct json_object *acl = json_object_new_array(), *config = config_of(acl);
    struct acl_model *model;
    struct acl_asker *asker;
    struct acl_holder *list;
    uint32_t sources, count, unknown;

    (void)state;
    for (uint32_t i = ENTRIES; i-- > 0;) {
        char path[32], who[32];

        (void)snprintf(path, sizeof(path), "/vms/%u", 100 + i / 2);
        (void)snprintf(who, sizeof(who), "u%u@pve", i % 5000);
        entry(acl, path, i % 3 == 0 ? "PVEVMUser" : "PVEAuditor", "user", who);
    }
    model = rig_case(config);
    ask(model, "u7@pve", "/vms/103", &sources);
    assert_int_equal(sources, 1);
    assert_int_equal(acl_asker_new(model, &asker), 0);
    assert_int_equal(acl_who_can(asker, "VM.Audit", "/vms/103", &list, &count, &unknown), 0);
    assert_int_equal(count, 3); /* u6, u7, root@pam */
    free(list);
    acl_asker_free(asker);
    acl_model_free(model);
    json_object_put(config);
}

/* One user in as many groups as there are entries at one place, each with a role of its own. */
static void test_groups(void **state)
{
    struct json_object *acl = json_object_new_array(), *config = config_of(acl),
                       *groups = json_object_new_object(), *roles = json_object_new_object(),
                       *members = json_object_new_array();
    struct acl_model *model;
    uint32_t sources;

    (void)state;
    json_object_array_add(members, json_object_new_string("alice@pve"));
    for (uint32_t i = 0; i < ENTRIES / 2; i++) {
        char group[32], role[32];

        (void)snprintf(group, sizeof(group), "g%u", i);
        (void)snprintf(role, sizeof(role), "r%u", i);
        json_object_object_add(groups, group, json_object_get(members));
        json_object_object_add(roles, role, json_object_get(members));
        entry(acl, "/vms", role, "group", group);
    }
    json_object_object_add(config, "groups", groups);
    json_object_object_add(config, "roles", roles);
    model = rig_case(config);
    ask(model, "alice@pve", "/vms/1", &sources);
    assert_int_equal(sources, ENTRIES / 2);
    acl_model_free(model);
    json_object_put(members);
    json_object_put(config);
}

/* A path at its limit counts; one beyond is not dropped in silence. */
static void test_paths(void **state)
{
    char path[ACL_PATH_MOST + 64];
    struct acl_model *model;
    char *huge;
    uint32_t sources;

    (void)state;
    for (int beyond = 0; beyond < 2; beyond++) {
        struct json_object *acl = json_object_new_array(), *config = config_of(acl);
        const size_t length = ACL_PATH_MOST + (beyond ? 4 : 0);

        for (size_t i = 0; i < length; i++)
            path[i] = i % 2 ? 'a' : '/';
        path[length] = '\0';
        entry(acl, path, "PVEAuditor", "user", "alice@pve");
        model = rig_case(config);
        assert_int_equal(acl_unknown(model), beyond ? ACL_PART_ACL : 0);
        ask(model, "alice@pve", path, &sources);
        assert_int_equal(sources, !beyond);
        ask(model, "alice@pve", "/a/a", &sources);
        assert_int_equal(sources, 0);
        assert_int_equal(acl_path_count(model), 8 + (beyond ? 0 : ACL_PATH_MOST / 2));
        acl_model_free(model);
        json_object_put(config);
    }
    model = rig_model("u alice@pve;e / 1 A u alice@pve", 0);
    huge = malloc(4u << 20);
    assert_non_null(huge);
    memset(huge, '/', 4u << 20);
    huge[(4u << 20) - 1] = '\0';
    for (size_t i = 1; i + 2 < 4u << 20; i += 2)
        huge[i] = 'x';
    ask(model, "alice@pve", huge, &sources);
    assert_int_equal(sources, 1);
    ask(model, huge, "/", &sources);
    assert_int_equal(sources, 0);
    free(huge);
    acl_model_free(model);
}

static int read_text(int (*read)(struct acl_model *, struct json_object *), const char *text)
{
    struct acl_model *model;
    struct json_object *data = json_tokener_parse(text);
    int r;

    assert_int_equal(acl_model_new(&model), 0);
    r = read(model, data);
    assert_int_equal(acl_seal(model), 0);
    /* What failed half way is not taken for read. */
    assert_int_equal(__builtin_popcount(acl_unknown(model)), ACL_PARTS - (r == 0));
    acl_model_free(model);
    json_object_put(data);
    return r;
}

static void test_shapes(void **state)
{
    static const char *const none[] = {"null", "{}", "1", "\"x\"", "[1]", "[null]", "[[]]"};
    static int (*const readers[])(struct acl_model *, struct json_object *) = {
        acl_read_roles, acl_read_users, acl_read_groups, acl_read_acl, acl_read_pools};

    (void)state;
    for (size_t k = 0; k < sizeof(readers) / sizeof(readers[0]); k++) {
        for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
            assert_int_equal(read_text(readers[k], none[i]), -EINVAL);
        assert_int_equal(read_text(readers[k], "[]"), 0);
        assert_int_equal(read_text(readers[k], "[{}]"), -EINVAL);
    }
    assert_int_equal(read_text(acl_read_users, "[{\"userid\":\"a@pve\\u0000x\"}]"), -EINVAL);
    assert_int_equal(read_text(acl_read_users, "[{\"userid\":\"a@pve\",\"groups\":7}]"), -EINVAL);
    assert_int_equal(read_text(acl_read_users, "[{\"userid\":\"a@pve\",\"tokens\":{}}]"), -EINVAL);
    assert_int_equal(read_text(acl_read_users, "[{\"userid\":\"a@pve\",\"tokens\":null,\"groups\":null}]"),
                     0);
    assert_int_equal(
        read_text(acl_read_acl, "[{\"path\":\"/\",\"roleid\":\"A\",\"ugid\":\"a@pve\",\"type\":\"x\"}]"),
        -EINVAL);
    assert_int_equal(read_text(acl_read_pools, "[{\"poolid\":\"p\",\"members\":[{\"type\":\"qemu\"}]}]"),
                     -EINVAL);
    assert_int_equal(read_text(acl_read_pools, "[{\"poolid\":\"p\",\"members\":[{\"type\":\"new\"}]}]"), 0);
}

/* More names of privileges than there are bits. */
static void test_privileges(void **state)
{
    struct json_object *roles = json_object_new_array(), *role = json_object_new_object(),
                       *privs = json_object_new_array();
    struct acl_model *model;

    (void)state;
    put(role, "roleid", "R");
    json_object_object_add(role, "privs", privs);
    json_object_array_add(roles, role);
    for (uint32_t i = 0; i <= ACL_PRIVS_MOST; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "P%u", i);
        json_object_array_add(privs, json_object_new_string(name));
    }
    assert_int_equal(acl_model_new(&model), 0);
    assert_int_equal(acl_read_roles(model, roles), 0);
    assert_int_equal(acl_seal(model), -E2BIG);
    acl_model_free(model);
    json_object_put(roles);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_many), cmocka_unit_test(test_groups),
                                       cmocka_unit_test(test_paths), cmocka_unit_test(test_shapes),
                                       cmocka_unit_test(test_privileges)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
