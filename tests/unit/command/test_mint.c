/* SPDX-License-Identifier: Apache-2.0 */
/* From needs to roles: what a deeper path's entry would put away goes along, nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "command/mint.h"
#include "config/config.h"
#include "doctor/grant.h"

static void mint_open(struct mint *m)
{
    *m =
        (struct mint){.user = "proximo@pve", .token = "proximo", .kind = CONFIG_PVE, .release = GRANT_NEWEST};
    for (int i = 0; i < MINT_KINDS; i++) {
        m->needs[i] = json_object_new_object();
        m->roles[i] = json_object_new_object();
        m->grants[i] = json_object_new_object();
    }
}

static void mint_close(struct mint *m)
{
    for (int i = 0; i < MINT_KINDS; i++) {
        json_object_put(m->needs[i]);
        json_object_put(m->roles[i]);
        json_object_put(m->grants[i]);
    }
}

/* The privileges that the path is given; "" for none. */
static const char *given(const struct mint *m, enum mint_kind kind, const char *path)
{
    const char *role = NULL, *privileges = "";

    if (json_get_string(m->grants[kind], path, &role, NULL) == 0)
        assert_int_equal(json_get_string(m->roles[kind], role, &privileges, NULL), 0);
    return privileges;
}

static void what_is_above_goes_along(void **state)
{
    struct mint m;

    (void)state;
    mint_open(&m);
    grant_add(m.needs[MINT_READ], "/nodes", "Sys.Syslog", "log");
    grant_add(m.needs[MINT_READ], "/", "Sys.Audit", "status");
    grant_add(m.needs[MINT_READ], "/vms", "VM.Audit", "guests");
    grant_add(m.needs[MINT_CHANGE], "/", "Sys.Modify", "options");
    grant_add(m.needs[MINT_CHANGE], "/vms", "VM.PowerMgmt", "power");
    mint_rights(&m);
    assert_string_equal(given(&m, MINT_READ, "/"), "Sys.Audit");
    /* An entry on /nodes would put away what / hands down, to look and to change. */
    assert_string_equal(given(&m, MINT_READ, "/nodes"), "Sys.Audit,Sys.Syslog");
    assert_string_equal(given(&m, MINT_CHANGE, "/nodes"), "Sys.Modify");
    /* Nobody asks for Sys on /vms. */
    assert_string_equal(given(&m, MINT_READ, "/vms"), "VM.Audit");
    assert_string_equal(given(&m, MINT_CHANGE, "/vms"), "VM.PowerMgmt");
    assert_string_equal(given(&m, MINT_WIDE, "/"), "");
    /* Equal roles are one. */
    assert_int_equal(json_object_object_length(m.roles[MINT_CHANGE]), 2);
    mint_close(&m);
}

static void what_is_granted_above_is_not_said_again(void **state)
{
    struct mint m;

    (void)state;
    mint_open(&m);
    grant_add(m.needs[MINT_READ], "/", "Sys.Audit", "status");
    grant_add(m.needs[MINT_READ], "/nodes", "Sys.Audit", "node");
    grant_add(m.needs[MINT_CHANGE], "/nodes", "Sys.Audit", "set"); /* to look is enough for it */
    grant_add(m.needs[MINT_WIDE], "/vms", "VM.Monitor", "agent");
    mint_rights(&m);
    assert_string_equal(given(&m, MINT_READ, "/nodes"), "");
    assert_string_equal(given(&m, MINT_CHANGE, "/nodes"), "");
    assert_string_equal(given(&m, MINT_WIDE, "/vms"), "VM.Monitor");
    assert_string_equal(given(&m, MINT_READ, "/vms"), "");
    mint_close(&m);
}

static const char *builtin(const struct mint *m, enum mint_kind kind, const char *path)
{
    const char *roles = "";

    (void)json_get_string(m->grants[kind], path, &roles, NULL);
    return roles;
}

static void a_backup_server_has_builtin_roles(void **state)
{
    struct mint m;

    (void)state;
    mint_open(&m);
    m.kind = CONFIG_PBS;
    grant_add(m.needs[MINT_READ], "/", "Sys.Audit", "traffic");
    grant_add(m.needs[MINT_READ], "/system/tasks", "Sys.Audit", "tasks");
    grant_add(m.needs[MINT_READ], "/datastore", "Datastore.Audit", "groups");
    grant_add(m.needs[MINT_READ], "/remote", "Remote.Audit", "remotes");
    grant_add(m.needs[MINT_CHANGE], "/datastore", "Datastore.Modify", "delete");
    grant_add(m.needs[MINT_CHANGE], "/datastore", "Datastore.Verify", "verify");
    mint_rights(&m);
    assert_string_equal(builtin(&m, MINT_READ, "/"), "Audit");
    assert_string_equal(builtin(&m, MINT_READ, "/system/tasks"), "");
    assert_string_equal(builtin(&m, MINT_READ, "/datastore"), "DatastoreAudit");
    assert_string_equal(builtin(&m, MINT_READ, "/remote"), "RemoteAudit");
    assert_string_equal(builtin(&m, MINT_CHANGE, "/datastore"), "DatastoreAdmin");
    assert_int_equal(json_object_object_length(m.roles[MINT_READ]), 0);
    mint_close(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_above_goes_along),
                                       cmocka_unit_test(what_is_granted_above_is_not_said_again),
                                       cmocka_unit_test(a_backup_server_has_builtin_roles)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
