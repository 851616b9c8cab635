/* SPDX-License-Identifier: Apache-2.0 */
/* What planes say of a missing right on a Backup Server: that server's line, with the core's own role. */
#include "../../../plugins/rows.h"

#include "config/config.h"
#include "http/role.h"
#include "plan_rig.h" /* after it: cmocka's fail() hides the host's */

static void roles_are_the_cores(void **state)
{
    static const char *const privileges[] = {"Datastore.Allocate",
                                             "Datastore.Audit",
                                             "Datastore.Backup",
                                             "Datastore.Modify",
                                             "Datastore.Prune",
                                             "Datastore.Read",
                                             "Datastore.Verify",
                                             "Permissions.Modify",
                                             "Realm.Allocate",
                                             "Remote.Audit",
                                             "Remote.DatastoreBackup",
                                             "Remote.DatastoreModify",
                                             "Remote.DatastorePrune",
                                             "Remote.Modify",
                                             "Remote.Read",
                                             "Sys.Audit",
                                             "Sys.Console",
                                             "Sys.Modify",
                                             "Sys.PowerManagement",
                                             "Tape.Audit",
                                             "Tape.Modify",
                                             "Tape.Read",
                                             "Tape.Write"};
    (void)state;
    for (size_t i = 0; i < sizeof(privileges) / sizeof(privileges[0]); i++)
        assert_string_equal(pbs_role_of(privileges[i]), role_for(CONFIG_PBS, privileges[i], NULL));
}

static void the_line_is_the_servers(void **state)
{
    struct plane_test t;
    (void)state;
    plane_test_init(&t);
    t.denied = 1;
    t.site_kind = PROXIMO_SITE_PBS;
    const struct asking a = {plane_test_host(), &t.call};
    assert_int_equal(
        ask_privilege(&a, "/datastore/main/prod", "Datastore.Modify|Datastore.Prune", "no right"),
        PROXIMO_EDENIED);
    assert_non_null(strstr(t.fail_text,
                           "no right. An operator can grant it: proxmox-backup-manager acl update "
                           "/datastore/main/prod DatastorePowerUser --auth-id "
                           "'USER@REALM!TOKENID'"));
    assert_null(strstr(t.fail_text, "pveum"));
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(roles_are_the_cores),
                                       cmocka_unit_test(the_line_is_the_servers)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
