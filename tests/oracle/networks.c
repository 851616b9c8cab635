/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Software-defined networks and node networks of the simulator: what is edited, what is applied, when each
 * node is done, the lock, and what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "asks.h"

#define ZONES   "/cluster/sdn/zones"
#define VNETS   "/cluster/sdn/vnets"
#define SUBNETS "/cluster/sdn/vnets/staff/subnets"
#define LOCK    "/cluster/sdn/lock"
#define NETWORK "/nodes/pve2/network"

static int demo(void **state)
{
    static const char *const arguments[] = {"--seed", "demo", "--task-ms", "20", NULL};

    return begin(state, arguments);
}

/* The task that tells the nodes is quick, the nodes are not. */
static int slow_nodes(void **state)
{
    static const char *const arguments[] = {"--seed",    "demo",          "--task-ms", "reloadnetworkall:0",
                                            "--task-ms", "srvreload:700", "--offline", "pve3",
                                            NULL};

    return begin(state, arguments);
}

static int failing_node(void **state)
{
    static const char *const arguments[] = {"--seed",           "demo", "--task-ms", "0", "--task",
                                            "srvreload:fail:1", NULL};

    return begin(state, arguments);
}

static int old_release(void **state)
{
    static const char *const arguments[] = {"--seed", "demo", "--release", "8.4", "--task-ms", "0", NULL};

    return begin(state, arguments);
}

/* Applies and waits for the task's own end. */
static void apply(struct fixture *fixture, const char *where, const char *params)
{
    char task[700];

    start(fixture, "PUT", where, params, task, sizeof task);
    ends(fixture, task, "OK");
}

static void add_staff(struct fixture *fixture)
{
    done(fixture, "POST", ZONES, "{\"zone\": \"office\", \"type\": \"vlan\", \"bridge\": \"vmbr0\"}");
    done(fixture, "POST", VNETS, "{\"vnet\": \"staff\", \"zone\": \"office\", \"tag\": \"20\"}");
    done(fixture, "POST", SUBNETS,
         "{\"subnet\": \"10.30.0.0/24\", \"type\": \"subnet\", \"gateway\": \"10.30.0.1\"}");
}

static void test_views(void **state)
{
    struct fixture *fixture = *state;

    is(fixture, ZONES "?pending=1", "data.?zone=lab.state", "(none)");
    add_staff(fixture);
    done(fixture, "PUT", VNETS "/labnet", "{\"delete\": \"alias\", \"isolate-ports\": \"1\"}");
    is(fixture, VNETS "/staff", "data.tag", "20");
    is(fixture, VNETS "?pending=1", "data.?vnet=staff.state", "new");
    is(fixture, VNETS "?pending=1", "data.?vnet=staff.pending.tag", "20");
    is(fixture, VNETS "?pending=1", "data.?vnet=staff.tag", "(none)");
    is(fixture, VNETS "?pending=1", "data.?vnet=labnet.state", "changed");
    is(fixture, VNETS "?pending=1", "data.?vnet=labnet.pending.alias", "deleted");
    is(fixture, VNETS "?pending=1", "data.?vnet=labnet.alias", "lab network");
    is(fixture, VNETS "?running=1", "data.?vnet=staff.vnet", "(none)");
    is(fixture, VNETS "?running=1", "data.?vnet=labnet.alias", "lab network");
    refused(fixture, "GET", VNETS "/staff?running=1", "{}", "sdn vnet 'staff' does not exist\n");
    is(fixture, "/nodes/pve1/network?type=any_bridge", "data.?iface=staff.type", "(none)");
    apply(fixture, "/cluster/sdn", "{}");
    is(fixture, VNETS "?pending=1", "data.?vnet=staff.state", "(none)");
    done(fixture, "DELETE", SUBNETS "/office-10.30.0.0-24", "{}");
    done(fixture, "DELETE", VNETS "/staff", "{}");
    is(fixture, VNETS "?pending=1", "data.?vnet=staff.state", "deleted");
    is(fixture, VNETS, "data.?vnet=staff.vnet", "(none)");
    done(fixture, "POST", "/cluster/sdn/rollback", "{}");
    is(fixture, VNETS, "data.?vnet=staff.vnet", "staff");
    is(fixture, SUBNETS, "data.0.gateway", "10.30.0.1");
}

/* OK means that the nodes were told. Each is done when its own task has ended; one that is off never is. */
static void test_apply(void **state)
{
    struct fixture *fixture = *state;

    add_staff(fixture);
    is(fixture, "/nodes/pve2/sdn/zones", "data.?zone=lab.status", "available");
    apply(fixture, "/cluster/sdn", "{}");
    is(fixture, VNETS "?running=1", "data.?vnet=staff.tag", "20");
    is(fixture, "/nodes/pve2/sdn/zones", "data.?zone=office.status", "pending");
    is(fixture, "/nodes/pve2/sdn/zones/office/content", "data", "[ ]");
    is(fixture, "/nodes/pve2/network?type=any_bridge", "data.?iface=staff.type", "(none)");
    is(fixture, "/nodes/pve2/tasks?source=active", "data.0.type", "srvreload");
    wait_ms(900);
    is(fixture, "/nodes/pve2/sdn/zones", "data.?zone=office.status", "available");
    is(fixture, "/nodes/pve2/sdn/zones/office/content", "data.0.vnet", "staff");
    is(fixture, "/nodes/pve1/network?type=any_bridge", "data.?iface=staff.type", "vnet");
}

static void test_node_fails(void **state)
{
    struct fixture *fixture = *state;

    add_staff(fixture);
    apply(fixture, "/cluster/sdn", "{}");
    is(fixture, "/nodes/pve1/sdn/zones", "data.?zone=office.status", "error");
    is(fixture, "/nodes/pve2/sdn/zones", "data.?zone=office.status", "available");
    /* Reloading the node's network is all that it takes. */
    apply(fixture, "/nodes/pve1/network", "{}");
    is(fixture, "/nodes/pve1/sdn/zones", "data.?zone=office.status", "available");
}

static void test_lock(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *token = value(fixture, "POST", LOCK, "{}", "data");
    char params[200];

    refused(fixture, "POST", ZONES, "{\"zone\": \"z1\", \"type\": \"simple\"}",
            "create sdn zone object failed: invalid lock token provided!\n");
    refused(fixture, "PUT", "/cluster/sdn", "{\"lock-token\": \"x\"}", "invalid lock token provided!\n");
    refused(fixture, "DELETE", LOCK, "{}", "invalid lock token provided!\n");
    (void)snprintf(params, sizeof params, "{\"zone\": \"z1\", \"type\": \"simple\", \"lock-token\": \"%s\"}",
                   token);
    done(fixture, "POST", ZONES, params);
    is(fixture, ZONES "/z1", "data.lock-token", "(none)");
    (void)snprintf(params, sizeof params, "{\"lock-token\": \"%s\", \"release-lock\": \"0\"}", token);
    apply(fixture, "/cluster/sdn", params);
    refused(fixture, "DELETE", ZONES "/z1", "{}",
            "delete sdn zone object failed: invalid lock token provided!\n");
    (void)snprintf(params, sizeof params, "{\"lock-token\": \"%s\"}", token);
    done(fixture, "DELETE", ZONES "/z1", params);
    done(fixture, "POST", "/cluster/sdn/rollback", params);
    is(fixture, ZONES "/z1", "data.zone", "z1");
    /* The lock went with the rollback; a token of yesterday opens nothing. */
    refused(fixture, "DELETE", ZONES "/z1", params,
            "delete sdn zone object failed: invalid lock token provided!\n");
    done(fixture, "DELETE", ZONES "/z1", "{}");
    refused(fixture, "POST", LOCK, "{}", "SDN configuration has pending changes\n");
    done(fixture, "POST", LOCK, "{\"allow-pending\": \"1\"}");
    done(fixture, "DELETE", LOCK, "{\"force\": \"1\"}");
    done(fixture, "DELETE", LOCK, "{}");
}

static void test_sdn_refused(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *digest = value(fixture, "GET", ZONES "/lab", "{}", "data.digest");
    char params[200];

    refused(fixture, "DELETE", VNETS "/labnet", "{}",
            "delete sdn vnet object failed: 400 Parameter verification failed.\nvnet: Can't delete vnet if "
            "subnets exists\n");
    refused(fixture, "PUT", ZONES "/lab", "{\"delete\": \"bridge\"}",
            "update sdn zone object failed: no such option 'bridge'\n");
    refused(fixture, "DELETE", VNETS "/labnet/subnets/lab-10.20.0.0-24", "{}",
            "delete sdn subnet object failed: cannot delete subnet '10.20.0.0/24', not empty\n");
    refused(fixture, "POST", VNETS "/labnet/subnets",
            "{\"subnet\": \"10.21.0.0/24\", \"type\": \"subnet\", \"dhcp-range\": "
            "\"start-address=10.21.0.5,end-address=10.22.0.9\"}",
            "create sdn subnet object failed: 400 Parameter verification failed.\ndhcp-range: end-address "
            "10.22.0.9 is not in subnet 10.21.0.0/24\n");
    done(fixture, "PUT", ZONES "/lab", "{\"mtu\": \"1400\"}");
    (void)snprintf(params, sizeof params, "{\"mtu\": \"1300\", \"digest\": \"%s\"}", digest);
    refused(
        fixture, "PUT", ZONES "/lab", params,
        "update sdn zone object failed: detected modified configuration - file changed by other user? Try "
        "again.\n");
    is(fixture, ZONES "/lab", "data.mtu", "1400");
    is(fixture, "/cluster/sdn/ipams/pve/status", "data.0.vmid", "109");
}

static void test_dry_run(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *diff = NULL;

    is(fixture, "/cluster/sdn/dry-run?node=pve1", "data.interfaces-diff", "");
    add_staff(fixture);
    diff = value(fixture, "GET", "/cluster/sdn/dry-run?node=pve1", "{}", "data.interfaces-diff");
    assert_non_null(strstr(diff, "+iface vmbr0v20\n+\tbridge_ports  pr_staff\n"));
    apply(fixture, "/cluster/sdn", "{}");
    wait_ms(100);
    is(fixture, "/cluster/sdn/dry-run?node=pve1", "data.interfaces-diff", "");
}

/* Lists are shorter, whatever is pending; what changes something names the right that is missing. */
static void test_rights(void **state)
{
    struct fixture *fixture = *state;

    add_staff(fixture);
    tells_narrow(fixture, "GET", VNETS "?pending=1", "{}", 200, "[ ]");
    tells_narrow(fixture, "GET", ZONES, "{}", 200, "[ ]");
    tells_narrow(fixture, "GET", VNETS "/staff?pending=1", "{}", 403,
                 "Permission check failed (/sdn/zones/office/staff, SDN.Audit|SDN.Allocate)\n");
    tells_narrow(fixture, "PUT", VNETS "/staff", "{\"alias\": \"x\"}", 403,
                 "Permission check failed (/sdn/zones/office/staff, SDN.Allocate)\n");
    tells_narrow(fixture, "DELETE", SUBNETS "/office-10.30.0.0-24", "{}", 403,
                 "Permission check failed (/sdn/zones/office/staff, SDN.Allocate)\n");
    tells_narrow(fixture, "POST", LOCK, "{}", 403, "Permission check failed (/sdn, SDN.Allocate)\n");
    tells_narrow(fixture, "PUT", "/cluster/sdn", "{}", 403, "Permission check failed (/sdn, SDN.Allocate)\n");
    tells_narrow(fixture, "PUT", NETWORK, "{}", 403, "Permission check failed (/nodes/pve2, Sys.Modify)\n");
    tells_narrow(fixture, "DELETE", NETWORK "/vmbr0", "{}", 403,
                 "Permission check failed (/nodes/pve2, Sys.Modify)\n");
}

/* 8.4 has no lock, no rollback and no dry run; what is edited is applied as in 9. */
static void test_old_release(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer;

    assert_int_equal(send_it(fixture, "POST", LOCK, "{}", &answer), 0);
    assert_int_equal(answer.status, 501);
    answer_done(&answer);
    bad_param(fixture, "POST", ZONES, "{\"zone\": \"z1\", \"type\": \"simple\", \"lock-token\": \"x\"}",
              "lock-token",
              "property is not defined in schema and the schema does not allow additional properties");
    add_staff(fixture);
    is(fixture, VNETS "?pending=1", "data.?vnet=staff.state", "new");
    apply(fixture, "/cluster/sdn", "{}");
    is(fixture, VNETS "?pending=1", "data.?vnet=staff.state", "(none)");
}

/* ---- a node's own network ---- */

static void test_node_pending(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *changes = NULL;

    is(fixture, NETWORK, "changes", "(none)");
    done(fixture, "POST", NETWORK,
         "{\"iface\": \"vmbr5\", \"type\": \"bridge\", \"cidr\": \"10.5.0.1/24\", \"autostart\": \"1\", "
         "\"bridge_vlan_aware\": \"1\", \"comments\": \"two\\nlines\"}");
    changes = value(fixture, "GET", NETWORK, "{}", "changes");
    assert_non_null(
        strstr(changes, "+iface vmbr5 inet static\n+\taddress 10.5.0.1/24\n+\tbridge-ports none\n"));
    assert_non_null(strstr(changes, "+#two\n+#lines\n"));
    assert_null(strstr(changes, "vmbr0\n+"));
    is(fixture, NETWORK "/vmbr5", "data.active", "(none)");
    is(fixture, NETWORK "/vmbr5", "data.bridge_vids", "2-4094");
    done(fixture, "DELETE", NETWORK, "{}");
    is(fixture, NETWORK, "changes", "(none)");
    bad_param(fixture, "GET", NETWORK "/vmbr5", "{}", "iface", "interface does not exist");
    done(fixture, "POST", NETWORK, "{\"iface\": \"vmbr5\", \"type\": \"bridge\", \"autostart\": \"1\"}");
    apply(fixture, NETWORK, "{}");
    is(fixture, NETWORK "/vmbr5", "data.active", "1");
    is(fixture, NETWORK, "changes", "(none)");
    done(fixture, "DELETE", NETWORK "/vmbr5", "{}");
    free(changes);
    changes = value(fixture, "GET", NETWORK, "{}", "changes");
    assert_non_null(strstr(changes, "-auto vmbr5\n-iface vmbr5 inet manual\n"));
    assert_null(strstr(changes, "autogenerated"));
}

/* What is given lies over what was there; without an address among it the interface has none by itself. */
static void test_node_update(void **state)
{
    struct fixture *fixture = *state;

    bad_param(fixture, "PUT", NETWORK "/vmbr0", "{\"mtu\": \"9000\"}", "type",
              "property is missing and it is not optional");
    done(fixture, "PUT", NETWORK "/vmbr0", "{\"type\": \"bridge\", \"mtu\": \"9000\"}");
    is(fixture, NETWORK "/vmbr0", "data.mtu", "9000");
    is(fixture, NETWORK "/vmbr0", "data.cidr", "10.10.10.12/24");
    is(fixture, NETWORK "/vmbr0", "data.method", "manual");
    done(fixture, "PUT", NETWORK "/vmbr0", "{\"type\": \"bridge\", \"delete\": \"cidr gateway\"}");
    is(fixture, NETWORK "/vmbr0", "data.address", "(none)");
    done(fixture, "PUT", NETWORK "/vmbr0",
         "{\"type\": \"bridge\", \"address\": \"10.10.10.12\", \"netmask\": \"24\"}");
    is(fixture, NETWORK "/vmbr0", "data.cidr", "10.10.10.12/24");
    done(fixture, "DELETE", NETWORK "/eno1", "{}");
    is(fixture, NETWORK "/eno1", "data.exists", "1");
}

static void test_node_refused(void **state)
{
    struct fixture *fixture = *state;

    bad_param(fixture, "POST", NETWORK,
              "{\"iface\": \"vmbr5\", \"type\": \"bridge\", \"bridge_ports\": \"eno2 eno1\"}", "bridge_ports",
              "eno1 is already used on interface 'vmbr0'.");
    bad_param(fixture, "POST", NETWORK,
              "{\"iface\": \"vmbr5\", \"type\": \"bridge\", \"cidr\": \"10.5.0.1/24\", \"gateway\": "
              "\"10.5.0.254\"}",
              "gateway", "Default gateway already exists on interface 'vmbr0'.");
    bad_param(fixture, "PUT", NETWORK "/vmbr1",
              "{\"type\": \"bridge\", \"cidr6\": \"fd00::1/64\", \"bridge_vids\": \"1-9999\"}", "bridge_vids",
              "invalid format - invalid VLAN ID or range\n");
    done(fixture, "POST", NETWORK,
         "{\"iface\": \"vlan60\", \"type\": \"vlan\", \"vlan-raw-device\": \"vmbr1\"}");
    is(fixture, NETWORK "/vlan60", "data.vlan-id", "60");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_views, demo, end),
        cmocka_unit_test_setup_teardown(test_apply, slow_nodes, end),
        cmocka_unit_test_setup_teardown(test_node_fails, failing_node, end),
        cmocka_unit_test_setup_teardown(test_lock, demo, end),
        cmocka_unit_test_setup_teardown(test_sdn_refused, demo, end),
        cmocka_unit_test_setup_teardown(test_dry_run, demo, end),
        cmocka_unit_test_setup_teardown(test_rights, demo, end),
        cmocka_unit_test_setup_teardown(test_old_release, old_release, end),
        cmocka_unit_test_setup_teardown(test_node_pending, demo, end),
        cmocka_unit_test_setup_teardown(test_node_update, demo, end),
        cmocka_unit_test_setup_teardown(test_node_refused, demo, end),
    };
    int r;

    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    r = cmocka_run_group_tests_name("sim-networks", tests, NULL, NULL);
    curl_global_cleanup();
    return r;
}
