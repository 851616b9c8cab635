/* SPDX-License-Identifier: Apache-2.0 */
/* The edits that changes make to what Proxmox answers, and what goes along with removals. */
#include "edit.h" /* before cmocka, which has a macro "fail" */

#include "rig.h"

static const char users[] =
    "[{\"userid\":\"a@pve\",\"enable\":1,\"expire\":0,\"groups\":\"g,h\",\"tokens\":[{"
    "\"tokenid\":\"t\",\"privsep\":1,\"expire\":0}]},{\"userid\":\"b@pve\",\"groups\":"
    "\"\",\"tokens\":null}]";
static const char groups[] = "[{\"groupid\":\"g\",\"users\":\"a@pve\"},{\"groupid\":\"h\",\"users\":"
                             "\"a@pve,c@pve\"}]";
static const char roles[] = "[{\"roleid\":\"R\",\"privs\":\"VM.Audit\"},{\"roleid\":\"Q\",\"privs\":\"\"}]";
static const char acl[] =
    "[{\"path\":\"/\",\"roleid\":\"R\",\"type\":\"user\",\"ugid\":\"a@pve\",\"propagate\":1},"
    "{\"path\":\"/vms\",\"roleid\":\"Q\",\"type\":\"group\",\"ugid\":\"g\",\"propagate\":0},"
    "{\"path\":\"/vms\",\"roleid\":\"R\",\"type\":\"token\",\"ugid\":\"a@pve!t\","
    "\"propagate\":1}]";

static struct access access_make(void)
{
    return (struct access){.users = json_tokener_parse(users),
                           .groups = json_tokener_parse(groups),
                           .roles = json_tokener_parse(roles),
                           .acl = json_tokener_parse(acl)};
}

static int32_t apply(struct access *access, const char *edits)
{
    struct json_object *list = json_tokener_parse(edits);
    char why[200] = "";
    const int32_t r = access_edit(access, list, why, sizeof(why));
    json_object_put(list);
    assert_true((r == PROXIMO_EINVAL) == (why[0] != '\0'));
    return r;
}

static void same(struct json_object *is, const char *wanted)
{
    struct json_object *other = json_tokener_parse(wanted);
    assert_non_null(other);
    assert_string_equal(json_object_to_json_string_ext(is, JSON_C_TO_STRING_PLAIN),
                        json_object_to_json_string_ext(other, JSON_C_TO_STRING_PLAIN));
    json_object_put(other);
}

/* Each edit, and the one part that it changes; the others stay. */
static void each_edit_changes_its_parts(void **state)
{
    static const struct {
        const char *edits, *users, *groups, *roles, *acl; /* NULL: as before */
    } rows[] = {
        {"[{\"op\":\"entry\",\"path\":\"/"
         "vms\",\"role\":\"Q\",\"type\":\"group\",\"ugid\":\"g\",\"propagate\":1},"
         "{\"op\":\"entry\",\"path\":\"/"
         "x\",\"role\":\"R\",\"type\":\"user\",\"ugid\":\"b@pve\",\"propagate\":0},"
         "{\"op\":\"entry-remove\",\"path\":\"/\",\"role\":\"R\",\"type\":\"user\",\"ugid\":\"a@pve\"},"
         "{\"op\":\"entry-remove\",\"path\":\"/\",\"role\":\"R\",\"type\":\"user\",\"ugid\":\"nobody@pve\"}]",
         NULL, NULL, NULL,
         "[{\"path\":\"/vms\",\"roleid\":\"Q\",\"type\":\"group\",\"ugid\":\"g\",\"propagate\":1},"
         "{\"path\":\"/vms\",\"roleid\":\"R\",\"type\":\"token\",\"ugid\":\"a@pve!t\",\"propagate\":1},"
         "{\"path\":\"/x\",\"propagate\":0,\"roleid\":\"R\",\"type\":\"user\",\"ugid\":\"b@pve\"}]"},
        {"[{\"op\":\"user\",\"userid\":\"a@pve\",\"value\":{\"enable\":0,\"groups\":[\"h\",\"new\"]}}]",
         "[{\"userid\":\"a@pve\",\"enable\":0,\"expire\":0,\"groups\":\"h,new\",\"tokens\":[{\"tokenid\":"
         "\"t\","
         "\"privsep\":1,\"expire\":0}]},{\"userid\":\"b@pve\",\"groups\":\"\",\"tokens\":null}]",
         "[{\"groupid\":\"g\",\"users\":\"\"},{\"groupid\":\"h\",\"users\":\"c@pve,a@pve\"}]", NULL, NULL},
        {"[{\"op\":\"user\",\"userid\":\"b@pve\",\"value\":{\"expire\":5}},"
         "{\"op\":\"user\",\"userid\":\"n@pve\",\"value\":{\"groups\":[\"g\"]}}]",
         "[{\"userid\":\"a@pve\",\"enable\":1,\"expire\":0,\"groups\":\"g,h\",\"tokens\":[{\"tokenid\":\"t\","
         "\"privsep\":1,\"expire\":0}]},{\"userid\":\"b@pve\",\"groups\":\"\",\"tokens\":null,\"expire\":5},"
         "{\"userid\":\"n@pve\",\"groups\":\"g\"}]",
         "[{\"groupid\":\"g\",\"users\":\"a@pve,n@pve\"},{\"groupid\":\"h\",\"users\":\"a@pve,c@pve\"}]",
         NULL, NULL},
        {"[{\"op\":\"user-remove\",\"userid\":\"a@pve\"}]",
         "[{\"userid\":\"b@pve\",\"groups\":\"\",\"tokens\":null}]",
         "[{\"groupid\":\"g\",\"users\":\"\"},{\"groupid\":\"h\",\"users\":\"c@pve\"}]", NULL,
         "[{\"path\":\"/vms\",\"roleid\":\"Q\",\"type\":\"group\",\"ugid\":\"g\",\"propagate\":0}]"},
        {"[{\"op\":\"group\",\"groupid\":\"g\"},{\"op\":\"group\",\"groupid\":\"k\"}]", NULL,
         "[{\"groupid\":\"g\",\"users\":\"a@pve\"},{\"groupid\":\"h\",\"users\":\"a@pve,c@pve\"},{"
         "\"groupid\":"
         "\"k\"}]",
         NULL, NULL},
        {"[{\"op\":\"group-remove\",\"groupid\":\"g\"}]",
         "[{\"userid\":\"a@pve\",\"enable\":1,\"expire\":0,\"groups\":\"h\",\"tokens\":[{\"tokenid\":\"t\","
         "\"privsep\":1,\"expire\":0}]},{\"userid\":\"b@pve\",\"groups\":\"\",\"tokens\":null}]",
         "[{\"groupid\":\"h\",\"users\":\"a@pve,c@pve\"}]", NULL,
         "[{\"path\":\"/\",\"roleid\":\"R\",\"type\":\"user\",\"ugid\":\"a@pve\",\"propagate\":1},"
         "{\"path\":\"/vms\",\"roleid\":\"R\",\"type\":\"token\",\"ugid\":\"a@pve!t\",\"propagate\":1}]"},
        {"[{\"op\":\"role\",\"roleid\":\"R\",\"privs\":\"\"},{\"op\":\"role\",\"roleid\":\"N\",\"privs\":\"A,"
         "B\"}]",
         NULL, NULL,
         "[{\"roleid\":\"R\",\"privs\":\"\"},{\"roleid\":\"Q\",\"privs\":\"\"},{\"roleid\":\"N\",\"privs\":"
         "\"A,B\"}]",
         NULL},
        {"[{\"op\":\"role-remove\",\"roleid\":\"R\"}]", NULL, NULL, "[{\"roleid\":\"Q\",\"privs\":\"\"}]",
         "[{\"path\":\"/vms\",\"roleid\":\"Q\",\"type\":\"group\",\"ugid\":\"g\",\"propagate\":0}]"},
        {"[{\"op\":\"token\",\"tokenid\":\"a@pve!t\",\"value\":{\"privsep\":0}},"
         "{\"op\":\"token\",\"tokenid\":\"b@pve!n\",\"value\":{\"privsep\":1,\"expire\":9}}]",
         "[{\"userid\":\"a@pve\",\"enable\":1,\"expire\":0,\"groups\":\"g,h\",\"tokens\":[{\"tokenid\":\"t\","
         "\"privsep\":0,\"expire\":0}]},{\"userid\":\"b@pve\",\"groups\":\"\",\"tokens\":[{\"tokenid\":\"n\","
         "\"privsep\":1,\"expire\":9}]}]",
         NULL, NULL, NULL},
        {"[{\"op\":\"token-remove\",\"tokenid\":\"a@pve!t\"}]",
         "[{\"userid\":\"a@pve\",\"enable\":1,\"expire\":0,\"groups\":\"g,h\",\"tokens\":[]},{\"userid\":"
         "\"b@pve\",\"groups\":\"\",\"tokens\":null}]",
         NULL, NULL,
         "[{\"path\":\"/\",\"roleid\":\"R\",\"type\":\"user\",\"ugid\":\"a@pve\",\"propagate\":1},"
         "{\"path\":\"/vms\",\"roleid\":\"Q\",\"type\":\"group\",\"ugid\":\"g\",\"propagate\":0}]"},
        {"[{\"op\":\"realm-remove\",\"realm\":\"pve\"}]", NULL, NULL, NULL, NULL},
        {"[]", NULL, NULL, NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct access access = access_make(), before;
        assert_int_equal(access_copy(&access, &before), 0);
        assert_int_equal(apply(&access, rows[i].edits), 0);
        same(access.users, rows[i].users ? rows[i].users : users);
        same(access.groups, rows[i].groups ? rows[i].groups : groups);
        same(access.roles, rows[i].roles ? rows[i].roles : roles);
        same(access.acl, rows[i].acl ? rows[i].acl : acl);
        same(before.users, users); /* the copy shares nothing with it */
        same(before.acl, acl);
        access_done(&access);
        access_done(&before);
    }
}

/* A list of groups or members may be a list as well. */
static void names_may_be_a_list(void **state)
{
    struct access access = {.users = json_tokener_parse("[{\"userid\":\"a@pve\",\"groups\":[\"g\",\"h\"]}]"),
                            .groups =
                                json_tokener_parse("[{\"groupid\":\"g\",\"users\":[\"a@pve\",\"b@pve\"]}]")};
    (void)state;
    assert_int_equal(apply(&access, "[{\"op\":\"group-remove\",\"groupid\":\"h\"},"
                                    "{\"op\":\"user-remove\",\"userid\":\"b@pve\"}]"),
                     0);
    same(access.users, "[{\"userid\":\"a@pve\",\"groups\":\"g\"}]");
    same(access.groups, "[{\"groupid\":\"g\",\"users\":\"a@pve\"}]");
    access_done(&access);
}

static void what_is_no_edit_is_refused(void **state)
{
    static const char *const wrong[] = {
        "{}",
        "[1]",
        "[{}]",
        "[{\"op\":\"pool\",\"poolid\":\"x\"}]",
        "[{\"op\":\"entry\",\"path\":\"/\",\"role\":\"R\",\"type\":\"user\",\"ugid\":\"a@pve\"}]",
        "[{\"op\":\"entry-remove\",\"path\":\"/\",\"role\":\"R\",\"type\":\"user\"}]",
        "[{\"op\":\"user\",\"userid\":\"a@pve\"}]",
        "[{\"op\":\"role\",\"roleid\":\"R\"}]",
        "[{\"op\":\"token\",\"tokenid\":\"nobody@pve!t\",\"value\":{}}]",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct access access = access_make();
        if (apply(&access, wrong[i]) != PROXIMO_EINVAL)
            fail_msg("%s is taken", wrong[i]);
        access_done(&access);
    }
}

/* What was not read stays not read, whatever is edited. */
static void what_is_not_known_stays_so(void **state)
{
    struct access access = {0};
    struct acl_model *model = NULL;
    (void)state;
    assert_int_equal(
        apply(&access,
              "[{\"op\":\"entry\",\"path\":\"/"
              "\",\"role\":\"R\",\"type\":\"user\",\"ugid\":\"a@pve\",\"propagate\":1},"
              "{\"op\":\"entry-remove\",\"path\":\"/\",\"role\":\"R\",\"type\":\"user\",\"ugid\":\"a@pve\"},"
              "{\"op\":\"user\",\"userid\":\"a@pve\",\"value\":{\"enable\":1,\"groups\":[\"g\"]}},"
              "{\"op\":\"user-remove\",\"userid\":\"a@pve\"},{\"op\":\"group\",\"groupid\":\"g\"},"
              "{\"op\":\"group-remove\",\"groupid\":\"g\"},{\"op\":\"role\",\"roleid\":\"r\",\"privs\":\"\"},"
              "{\"op\":\"role-remove\",\"roleid\":\"r\"},"
              "{\"op\":\"token\",\"tokenid\":\"a@pve!t\",\"value\":{\"privsep\":1}},"
              "{\"op\":\"token-remove\",\"tokenid\":\"a@pve!t\"}]"),
        0);
    assert_null(access.users);
    assert_null(access.acl);
    assert_int_equal(access_model(&access, &model), 0);
    assert_int_equal(acl_unknown(model), (1u << ACL_PARTS) - 1);
    acl_model_free(model);
    /* A token of a user that an incomplete list does not have may be there. */
    access.users = json_tokener_parse("[]");
    access.incomplete = ACL_PART_USERS;
    assert_int_equal(apply(&access, "[{\"op\":\"token\",\"tokenid\":\"a@pve!t\",\"value\":{}}]"), 0);
    access_done(&access);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_edit_changes_its_parts),
        cmocka_unit_test(names_may_be_a_list),
        cmocka_unit_test(what_is_no_edit_is_refused),
        cmocka_unit_test(what_is_not_known_stays_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
