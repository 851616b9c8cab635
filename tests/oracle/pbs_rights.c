/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an access list of a Backup Server gives to whom: the deepest entry wins, also where it gives less;
 * what does not propagate counts at its own place only; NoAccess beats what stands beside it; a token has no
 * more than its user.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "pbs/pbs.h"

static const char list[] =
    "{\"access\": {\"acl\": ["
    "{\"path\": \"/\", \"ugid\": \"a@pbs\", \"roleid\": \"Audit\", \"propagate\": 1},"
    "{\"path\": \"/datastore/one\", \"ugid\": \"a@pbs\", \"roleid\": \"DatastoreAdmin\", \"propagate\": 1},"
    "{\"path\": \"/datastore/one/x\", \"ugid\": \"a@pbs\", \"roleid\": \"DatastoreBackup\", \"propagate\": "
    "1},"
    "{\"path\": \"/datastore/two\", \"ugid\": \"a@pbs\", \"roleid\": \"DatastoreBackup\", \"propagate\": 0},"
    "{\"path\": \"/datastore/three\", \"ugid\": \"a@pbs\", \"roleid\": \"DatastoreReader\", \"propagate\": "
    "1},"
    "{\"path\": \"/datastore/three\", \"ugid\": \"a@pbs\", \"roleid\": \"DatastorePowerUser\", "
    "\"propagate\": 0},"
    "{\"path\": \"/datastore/four\", \"ugid\": \"a@pbs\", \"roleid\": \"NoAccess\", \"propagate\": 1},"
    "{\"path\": \"/datastore/four\", \"ugid\": \"a@pbs\", \"roleid\": \"DatastoreAdmin\", \"propagate\": 1},"
    "{\"path\": \"/datastore\", \"ugid\": \"a@pbs!t\", \"roleid\": \"DatastoreReader\", \"propagate\": 1},"
    "{\"path\": \"/datastore/four\", \"ugid\": \"a@pbs!t\", \"roleid\": \"DatastoreAdmin\", \"propagate\": "
    "1},"
    "{\"path\": \"/remote/far\", \"ugid\": \"root@pam!t\", \"roleid\": \"RemoteAudit\", \"propagate\": 1}"
    "]}}";

#define ADMIN                                                                                                \
    "Datastore.Audit|Datastore.Backup|Datastore.Modify|Datastore.Prune|Datastore.Read|Datastore.Verify"

static const struct {
    const char *who, *path, *held, *propagated;
} cases[] = {
    {"a@pbs", "/", "Datastore.Audit|Sys.Audit", "Datastore.Audit|Sys.Audit"},
    {"a@pbs", "/system/status", "Datastore.Audit|Sys.Audit", "Datastore.Audit|Sys.Audit"},
    {"a@pbs", "/datastore/other/deep/down", "Datastore.Audit|Sys.Audit", "Datastore.Audit|Sys.Audit"},
    /* deeper entries take the place of those above */
    {"a@pbs", "/datastore/one", ADMIN, ADMIN},
    {"a@pbs", "/datastore/one/y/z", ADMIN, ADMIN},
    {"a@pbs", "/datastore/one/x", "Datastore.Backup", "Datastore.Backup"},
    {"a@pbs", "/datastore/one/x/deep", "Datastore.Backup", "Datastore.Backup"},
    /* a name that only begins alike is another */
    {"a@pbs", "/datastore/one/xx", ADMIN, ADMIN},
    {"a@pbs", "/datastore/onemore", "Datastore.Audit|Sys.Audit", "Datastore.Audit|Sys.Audit"},
    /* one that does not propagate counts there, and below it is as if it were not */
    {"a@pbs", "/datastore/two", "Datastore.Backup", ""},
    {"a@pbs", "/datastore/two/x", "Datastore.Audit|Sys.Audit", "Datastore.Audit|Sys.Audit"},
    /* roles of one place add up */
    {"a@pbs", "/datastore/three", "Datastore.Audit|Datastore.Backup|Datastore.Prune|Datastore.Read",
     "Datastore.Audit|Datastore.Read"},
    {"a@pbs", "/datastore/three/x", "Datastore.Audit|Datastore.Read", "Datastore.Audit|Datastore.Read"},
    {"a@pbs", "/datastore/four", "", ""},
    {"a@pbs", "/datastore/four/x", "", ""},
    /* tokens */
    {"a@pbs!t", "/", "", ""},
    {"a@pbs!t", "/datastore/one", "Datastore.Audit|Datastore.Read", "Datastore.Audit|Datastore.Read"},
    {"a@pbs!t", "/datastore/one/x", "", ""},
    {"a@pbs!t", "/datastore/four", "", ""},
    {"a@pbs!u", "/datastore/one", "", ""},
    {"root@pam!t", "/remote/far/store", "Remote.Audit", "Remote.Audit"},
    {"root@pam!t", "/remote", "", ""},
    {"nobody@pbs", "/datastore/one", "", ""},
};

static void test_cases(void **state)
{
    struct json_object *tree = json_tokener_parse(list);
    struct pbs_rights rights;

    (void)state;
    assert_non_null(tree);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pbs_rights(tree, cases[i].who, cases[i].path, &rights);
        if (rights.held != pbs_privs(cases[i].held) || rights.propagated != pbs_privs(cases[i].propagated))
            print_error("%s at %s\n", cases[i].who, cases[i].path);
        assert_true(rights.held == pbs_privs(cases[i].held));
        assert_true(rights.propagated == pbs_privs(cases[i].propagated));
    }
    pbs_rights(tree, "root@pam", "/anything", &rights);
    for (size_t i = 0; i < pbs_priv_count; i++)
        assert_true((rights.held & rights.propagated) >> i & 1);
    json_object_put(tree);
}

/* Every role of the API has its privileges, and every privilege somebody who holds it. */
static void test_roles(void **state)
{
    uint64_t all = 0;

    (void)state;
    assert_int_equal(pbs_role_count, 18);
    for (size_t i = 0; i < pbs_role_count; i++) {
        assert_true(pbs_privs(pbs_roles[i].privs) != 0 || strcmp(pbs_roles[i].name, "NoAccess") == 0);
        all |= pbs_privs(pbs_roles[i].privs);
    }
    assert_true(all == (UINT64_C(1) << pbs_priv_count) - 1);
}

static void test_owners(void **state)
{
    (void)state;
    assert_true(pbs_owns("a@pbs", "a@pbs"));
    assert_true(pbs_owns("a@pbs", "a@pbs!t"));
    assert_false(pbs_owns("a@pbs!t", "a@pbs"));
    assert_true(pbs_owns("a@pbs!t", "a@pbs!t"));
    assert_false(pbs_owns("a@pbs!t", "a@pbs!u"));
    assert_false(pbs_owns("a@pb", "a@pbs!t"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_roles),
                                              cmocka_unit_test(test_owners)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
