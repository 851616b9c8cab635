/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is tried against the judge: dangerous options beside harmless ones, values that mean something else
 * than they look like, paths that are written in other ways, and what is not known at all.
 *
 * design 2: "The core judges risk itself."
 * design 2: "It binds every plan, whatever a plane claims"
 */
#include <stdlib.h>

#include "rig.h"

static void what_looks_harmless_is_low(void **state)
{
    (void)state;
    SET(QEMU, "tags", "prod;web", "description", "a server", "name", "web1");
    expect(RISK_LOW, "changes the configuration");
    assert_int_equal(verdict.reason_count, 1);
    SET(LXC, "tags", "a", "digest", "0123");
    expect(RISK_LOW, NULL);
    SET(LXC, "delete", "tags,description");
    expect(RISK_LOW, NULL);
    SET(QEMU, "cores", "4");
    expect(RISK_MEDIUM, "cores");
    judge(CONFIG_PVE, "POST", "/nodes/pve1/qemu/100/snapshot", "snapname", "a", "vmstate", "0", NULL);
    expect(RISK_LOW, NULL);
    judge(CONFIG_PVE, "POST", "/nodes/pve1/qemu/100/snapshot", "snapname", "a", "vmstate", "1", NULL);
    expect(RISK_MEDIUM, "memory");
}

static void what_reaches_the_host_is_high_in_any_company(void **state)
{
    (void)state;
    SET(QEMU, "tags", "web", "hookscript", "local:snippets/x.sh");
    expect(RISK_HIGH, "hookscript: sets a script that runs on the host");
    assert_true(verdict.flags & RISK_ROOT_ONLY);
    assert_string_equal(verdict.reasons[0].text, "hookscript: sets a script that runs on the host");
    SET(QEMU, "args", "-device x");
    expect(RISK_HIGH, "args");
    SET(QEMU, "hostpci0", "0000:01:00");
    expect(RISK_HIGH, "PCI");
    assert_true(verdict.flags & RISK_ROOT_ONLY);
    SET(QEMU, "hostpci0", "mapping=gpu");
    expect(RISK_HIGH, "PCI");
    assert_false(verdict.flags & RISK_ROOT_ONLY);
    SET(QEMU, "usb0", "spice");
    expect(RISK_MEDIUM, NULL);
    SET(QEMU, "usb0", "host=spice,host=1234:5678");
    expect(RISK_HIGH, "USB");
    SET(QEMU, "serial0", "socket");
    expect(RISK_MEDIUM, NULL);
    SET(QEMU, "serial0", "/dev/ttyS0");
    expect(RISK_HIGH, "host");
    SET(QEMU, "virtiofs0", "share");
    expect(RISK_HIGH, NULL);
    SET(QEMU, "parallel2", "/dev/parport0");
    expect(RISK_HIGH, NULL);
    SET(LXC, "dev0", "/dev/kvm");
    expect(RISK_HIGH, NULL);
    SET(LXC, "features", "nesting=1");
    expect(RISK_HIGH, NULL);
    assert_false(verdict.flags & RISK_ROOT_ONLY);
    SET(LXC, "features", "nesting=1,mount=nfs");
    assert_true(verdict.flags & RISK_ROOT_ONLY);
    SET(LXC, "unprivileged", "0");
    expect(RISK_HIGH, "root");
    SET(LXC, "unprivileged", "1");
    expect(RISK_LOW, NULL);
    SET(LXC, "lxc.mount.entry", "/ x none bind 0 0");
    expect(RISK_HIGH, "not in the table");
    SET(QEMU, "description", "x", "skiplock", "1");
    expect(RISK_HIGH, "skiplock");
    SET(QEMU, "description", "x", "skiplock", "0");
    expect(RISK_LOW, NULL);
    SET(QEMU, "protection", "1");
    expect(RISK_LOW, NULL);
    SET(QEMU, "protection", "0");
    expect(RISK_HIGH, "protection");
}

static void what_is_not_known_is_judged_as_its_worst(void **state)
{
    static const char *const names[] = {"protection", "net0",   "scsi0",      "hookscript",
                                        "usb0",       "delete", "cipassword", "skiplock"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        SET(QEMU, "tags", "x", names[i], UNKNOWN);
        expect(RISK_HIGH, names[i]);
    }
    SET(QEMU, "tags", UNKNOWN);
    expect(RISK_LOW, NULL);
    judge(CONFIG_PVE, "POST", "/nodes/pve1/lxc", "vmid", "120", "ostemplate", "local:vztmpl/x", NULL);
    expect(RISK_HIGH, "not given: unprivileged");
    judge(CONFIG_PVE, "POST", "/nodes/pve1/lxc", "vmid", "120", "unprivileged", "1", NULL);
    expect(RISK_MEDIUM, NULL);
    /* A NUL inside: read here and there differently. */
    const struct http_field nul = {"net0", "virtio,firewall=1\0,firewall=0", 29};
    risk_judge(CONFIG_PVE, "PUT", QEMU, &nul, 1, &verdict);
    expect(RISK_HIGH, NULL);
}

static void what_is_not_listed_is_high(void **state)
{
    static const char *const names[] = {"nosuch", "",      "Tags", "TAGS",  "tags ",  "net",     "net-1",
                                        "net01",  "net1x", "scsi", "net0[", "net[n]", "net1000", "vm\nid"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        SET(QEMU, names[i], "x");
        expect(RISK_HIGH, "not in the table");
        assert_true(verdict.flags & RISK_UNLISTED);
    }
    struct http_field none = {NULL, NULL, 0};
    risk_judge(CONFIG_PVE, "PUT", QEMU, &none, 1, &verdict);
    expect(RISK_HIGH, NULL);
    judge(CONFIG_PVE, "POST", "/nodes/pve1/nosuch", NULL);
    expect(RISK_HIGH, "not in the table");
    judge(CONFIG_PVE, "PATCH", QEMU, "tags", "x", NULL);
    expect(RISK_HIGH, "not in the table");
    judge(CONFIG_PVE, NULL, QEMU, NULL);
    expect(RISK_HIGH, NULL);
    judge(CONFIG_PVE, "PUT", NULL, NULL);
    expect(RISK_HIGH, NULL);
    /* A parameter of the path that says something else than the path. */
    SET(QEMU, "vmid", "100");
    expect(RISK_LOW, NULL);
    SET(QEMU, "vmid", "101");
    expect(RISK_HIGH, "contradicts the path");
    SET(QEMU, "node", UNKNOWN);
    expect(RISK_HIGH, "contradicts the path");
}

static void a_path_written_in_another_way_is_not_lower(void **state)
{
    static const char *const paths[] = {
        "",
        "/",
        "nodes/pve1/qemu/100/config",
        "/NODES/pve1/qemu/100/config",
        "/nodes/pve1/Qemu/100/config",
        "/nodes/pve1/qemu/100/config/",
        "//nodes/pve1/qemu/100/config",
        "/nodes/pve1/qemu/100//config",
        "/nodes/pve1/lxc/../qemu/100/config",
        "/nodes/pve1/qemu/./100/config",
        "/nodes/pve1/qemu/%2e%2e/config",
        "/nodes/pve1/qemu/100%2Fconfig",
        "/nodes/pve1%2Fqemu/100/config",
        "/nodes/pve1/qemu/100/config%2F",
        "/nodes/pve1/qemu/100/config%00",
        "/nodes/pve1/qemu/100/config?tags=x",
        "/nodes/pve1/qemu/100/config#x",
        "/nodes/pve1/qemu/100%2Fstatus%2Fstop%2F../config",
        "/nodes/pve1/qemu/100/config%",
        "/api2/json/nodes/pve1/qemu/100/config",
    };
    char *long_path = calloc(1, 70000);

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        SET(paths[i], "tags", "x");
        if (verdict.level != RISK_HIGH || !(verdict.flags & RISK_UNLISTED))
            fail_msg("%s: %u", paths[i], verdict.level);
    }
    assert_non_null(long_path);
    memset(long_path, 'a', 69999);
    long_path[0] = '/';
    SET(long_path, "tags", "x");
    expect(RISK_HIGH, NULL);
    free(long_path);
    /* The same word, encoded: the server decodes it, so does the judge. */
    judge(CONFIG_PVE, "POST", "/nodes/pve1/qemu/100/status/%73top", NULL);
    expect(RISK_HIGH, "cuts the power");
    /* Volumes hold slashes. */
    judge(CONFIG_PVE, "DELETE", "/nodes/pve1/storage/local/content/local%3Aiso%2Fa.iso", NULL);
    expect(RISK_HIGH, "deletes a volume");
    assert_false(verdict.flags & RISK_UNLISTED);
    judge(CONFIG_PVE, "PUT", "/cluster/firewall/ipset/admins/10.0.0.0%2F24", "comment", "x", NULL);
    expect(RISK_HIGH, "IP set");
    assert_false(verdict.flags & RISK_UNLISTED);
    assert_true(verdict.flags & RISK_CUTS_OFF);
}

static void a_site_has_its_own_rows(void **state)
{
    (void)state;
    judge(CONFIG_PBS, "PUT", QEMU, "tags", "x", NULL);
    expect(RISK_HIGH, "not in the table");
    judge(CONFIG_PVE, "POST", "/admin/datastore/store1/verify", NULL);
    expect(RISK_HIGH, "not in the table");
    judge(CONFIG_PBS, "POST", "/admin/datastore/store1/verify", NULL);
    expect(RISK_LOW, NULL);
    judge(CONFIG_PBS, "DELETE", "/config/datastore/store1", "destroy-data", "true", NULL);
    expect(RISK_HIGH, "deletes every backup");
    judge(0, "PUT", QEMU, NULL);
    expect(RISK_HIGH, NULL);
    judge(CONFIG_PBS, "PUT", "/config/datastore/store1", "delete", "comment", "delete", "keep-last", NULL);
    expect(RISK_HIGH, "keep-last");
}

static void many_reasons_keep_the_highest(void **state)
{
    struct http_field fields[40];

    (void)state;
    for (size_t i = 0; i < 39; i++)
        fields[i] = (struct http_field){"cores", "1", 1};
    fields[39] = (struct http_field){"hookscript", "x", 1};
    risk_judge(CONFIG_PVE, "PUT", QEMU, fields, 40, &verdict);
    expect(RISK_HIGH, "hookscript");
    assert_int_equal(verdict.reason_count, 16);
    assert_int_equal(verdict.reasons[15].level, RISK_MEDIUM);
}

static void huge_values_and_strange_names_are_shown_safely(void **state)
{
    const size_t size = (size_t)4 << 20;
    char *huge = malloc(size);

    (void)state;
    assert_non_null(huge);
    memset(huge, ',', size);
    const struct http_field net = {"net0", huge, size};
    risk_judge(CONFIG_PVE, "PUT", QEMU, &net, 1, &verdict);
    expect(RISK_HIGH, NULL);
    const struct http_field list = {"delete", huge, size};
    risk_judge(CONFIG_PVE, "PUT", QEMU, &list, 1, &verdict);
    expect(RISK_LOW, NULL);
    memset(huge, 'a', size);
    risk_judge(CONFIG_PVE, "PUT", QEMU, &list, 1, &verdict);
    expect(RISK_HIGH, "not in the table");
    for (size_t i = 0; i + 5 <= size; i += 5)
        memcpy(huge + i, "tags,", 5);
    risk_judge(CONFIG_PVE, "PUT", QEMU, &list, 1, &verdict);
    expect(RISK_HIGH, "more options than there are");
    free(huge);
    SET(QEMU, "\033[2Jx\n\xff\xe2\x80\xae", "x");
    for (const char *c = verdict.reasons[0].text; *c != '\0'; c++)
        assert_true(*c >= 0x20 && *c < 0x7f);
}

static void a_secret_in_clear_is_told(void **state)
{
    (void)state;
    SET(QEMU, "cipassword", "geheim");
    assert_true(verdict.flags & RISK_CLEAR);
    for (size_t i = 0; i < verdict.reason_count; i++)
        assert_null(strstr(verdict.reasons[i].text, "geheim"));
    SET(QEMU, "cipassword", UNKNOWN);
    assert_false(verdict.flags & RISK_CLEAR);
    /* "key" is a secret here and a name there. */
    judge(CONFIG_PVE, "PUT", "/cluster/sdn/dns/power", "key", "abc", NULL);
    assert_true(verdict.flags & RISK_CLEAR);
    judge(CONFIG_PVE, "PUT", "/nodes/pve1/subscription", "key", "pve2c-123", NULL);
    assert_false(verdict.flags & RISK_CLEAR);
}

/* A small list that needs no description of Proxmox. */
static void some_rows_by_heart(void **state)
{
    static const struct {
        unsigned site_kind;
        const char *method, *path;
        unsigned level, flags;
    } expected[] = {
        {CONFIG_PVE, "POST", "/nodes/pve1/lxc/105/status/stop", RISK_HIGH, RISK_TASK},
        {CONFIG_PVE, "POST", "/nodes/pve1/qemu/100/status/shutdown", RISK_MEDIUM, RISK_TASK},
        {CONFIG_PVE, "POST", "/nodes/pve1/qemu/100/status/start", RISK_LOW, RISK_TASK},
        {CONFIG_PVE, "POST", "/nodes/pve1/qemu/100/status/reset", RISK_HIGH, RISK_TASK},
        {CONFIG_PVE, "DELETE", "/nodes/pve1/qemu/100", RISK_HIGH, RISK_TASK | RISK_DESTROYS},
        {CONFIG_PVE, "POST", "/nodes/pve1/lxc/105/snapshot/base/rollback", RISK_HIGH,
         RISK_TASK | RISK_DESTROYS},
        {CONFIG_PVE, "POST", "/nodes/pve1/lxc/105/snapshot", RISK_LOW, RISK_TASK},
        {CONFIG_PVE, "DELETE", "/nodes/pve1/lxc/105/snapshot/base", RISK_MEDIUM, RISK_TASK | RISK_DESTROYS},
        {CONFIG_PVE, "PUT", "/nodes/pve1/lxc/105/config", RISK_LOW, RISK_DIGEST},
        {CONFIG_PVE, "POST", "/pools", RISK_LOW, 0},
        {CONFIG_PVE, "DELETE", "/pools", RISK_MEDIUM, 0},
        {CONFIG_PVE, "PUT", "/access/acl", RISK_HIGH, RISK_WIDENS},
        {CONFIG_PVE, "PUT", "/access/password", RISK_HIGH, RISK_WIDENS | RISK_CUTS_OFF | RISK_NO_TOKEN},
        {CONFIG_PVE, "PUT", "/nodes/pve1/network", RISK_HIGH, RISK_CUTS_OFF | RISK_TASK},
        {CONFIG_PVE, "PUT", "/nodes/pve1/disks/wipedisk", RISK_HIGH,
         RISK_DESTROYS | RISK_ROOT_ONLY | RISK_TASK},
        {CONFIG_PVE, "PUT", "/cluster/sdn", RISK_HIGH, RISK_CUTS_OFF | RISK_TASK},
        {CONFIG_PVE, "DELETE", "/storage/local", RISK_HIGH, RISK_DESTROYS},
        {CONFIG_PBS, "POST", "/admin/datastore/store1/prune", RISK_HIGH, RISK_DESTROYS},
        {CONFIG_PBS, "POST", "/admin/datastore/store1/gc", RISK_HIGH, RISK_DESTROYS | RISK_TASK},
        {CONFIG_PBS, "DELETE", "/admin/datastore/store1/snapshots", RISK_HIGH, RISK_DESTROYS},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        risk_judge(expected[i].site_kind, expected[i].method, expected[i].path, NULL, 0, &verdict);
        if (verdict.level != expected[i].level || verdict.flags != expected[i].flags)
            fail_msg("%s %s: level %u flags %x (%s)", expected[i].method, expected[i].path, verdict.level,
                     verdict.flags, verdict.reasons[0].text);
        assert_int_equal(verdict.reason_count, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(some_rows_by_heart),
        cmocka_unit_test(what_looks_harmless_is_low),
        cmocka_unit_test(what_reaches_the_host_is_high_in_any_company),
        cmocka_unit_test(what_is_not_known_is_judged_as_its_worst),
        cmocka_unit_test(what_is_not_listed_is_high),
        cmocka_unit_test(a_path_written_in_another_way_is_not_lower),
        cmocka_unit_test(a_site_has_its_own_rows),
        cmocka_unit_test(many_reasons_keep_the_highest),
        cmocka_unit_test(huge_values_and_strange_names_are_shown_safely),
        cmocka_unit_test(a_secret_in_clear_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
