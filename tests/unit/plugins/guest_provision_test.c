/* SPDX-License-Identifier: Apache-2.0 */
/* pve_provision: what is an address, a key and a name; what the steps send of a template's own options. */
#include "plan_rig.h"

#define STATUS "{\"vmid\":900,\"name\":\"gold\",\"status\":\"stopped\",\"template\":1,\"ha\":{\"managed\":0}}"
#define CONFIG                                                                                               \
    "{\"digest\":\"d\",\"template\":1,\"agent\":\"1\",\"ostype\":\"win11\",\"boot\":\"order=scsi0\","        \
    "\"scsi0\":\"local-lvm:base-900-disk-0,size=8G\",\"ide2\":\"local-lvm:vm-900-cloudinit,media=cdrom\","   \
    "\"net0\":\"e1000=AA:BB:CC:00:11:22,bridge=vmbr0,firewall=1,mtu=1400,tag=5\"}"
#define LIST                                                                                                 \
    "[{\"type\":\"qemu\",\"vmid\":900,\"node\":\"pve1\",\"name\":\"gold\",\"template\":1},"                  \
    "{\"type\":\"qemu\",\"vmid\":901,\"node\":\"pve1\",\"name\":\"other\",\"status\":\"running\"}]"
#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJZf7e1mVhJ0o2yF0Wk3lQ5m1g3r8V2u4d6s9p0aBcDe joe"

static const struct proximo_plane *guests;

static void given(struct plane_test *t)
{
    plane_test_init(t);
    plane_test_answer(t, "/cluster/resources?type=vm", 200, LIST);
    plane_test_answer(t, "/cluster/nextid", 200, "\"120\"");
    plane_test_answer(t, "/cluster/nextid?vmid=120", 200, "\"120\"");
    plane_test_answer(t, "/nodes/pve1/qemu/900/status/current", 200, STATUS);
    plane_test_answer(t, "/nodes/pve1/qemu/900/config", 200, CONFIG);
    plane_test_answer(t, "/nodes/pve1/qemu/901/config", 200,
                      "{\"digest\":\"e\",\"ipconfig0\":\"ip6=fd00:0:0::50/64,ip=10.0.0.7/24\"}");
    plane_test_answer(t, "/nodes/pve1/qemu/901/status/current", 200,
                      "{\"vmid\":901,\"name\":\"other\",\"status\":\"running\",\"ha\":{\"managed\":0}}");
    plane_test_answer(t, "/storage", 200,
                      "[{\"storage\":\"local-lvm\",\"type\":\"lvmthin\",\"content\":\"images,rootdir\"}]");
    plane_test_answer(t, "/nodes/pve1/network?type=any_bridge", 200,
                      "[{\"iface\":\"vmbr0\",\"type\":\"bridge\",\"address\":\"10.0.0.2\"},"
                      "{\"iface\":\"vmbr1\",\"type\":\"bridge\"}]");
    plane_test_argument(t, "full", "true", 0);
    plane_test_argument(t, "start", "true", 0);
    plane_test_argument(t, "agent", "true", 0);
}

static void named(struct plane_test *t)
{
    given(t);
    plane_test_argument(t, "name", "web1", 1);
    plane_test_argument(t, "template", "gold", 1);
}

static int32_t plan(struct plane_test *t)
{
    return plane_test_plan(t, guests, "pve_provision");
}

/* One call with one or two arguments more; refused with the words, or not (NULL). */
static void judged(const char *words, const char *const *more)
{
    struct plane_test t;
    given(&t);
    for (size_t i = 0; more[i]; i += 2)
        plane_test_argument(&t, more[i], more[i + 1], 1);
    if (strcmp(more[0], "name") != 0)
        plane_test_argument(&t, "name", "web1", 1);
    if (strcmp(more[0], "template") != 0)
        plane_test_argument(&t, "template", "gold", 1);
    const int32_t r = plan(&t);
    if (words ? r == 0 || !strstr(t.fail_text, words) : r != 0)
        fail_msg("%s %s: %d \"%s\" instead of \"%s\"", more[0], more[1], (int)r, t.fail_text,
                 words ? words : "a plan");
    plane_test_done(&t);
}
#define JUDGED(words, ...) judged(words, (const char *const[]){__VA_ARGS__, NULL})

static void addresses(void **state)
{
    (void)state;
    JUDGED(NULL, "ip", "10.0.0.5/24", "gateway", "10.0.0.1");
    JUDGED(NULL, "ip", "10.0.0.0/31", "gateway", "10.0.0.1"); /* RFC 3021: both are hosts */
    JUDGED(NULL, "ip", "10.0.63.255/17", "gateway", "10.0.127.254");
    JUDGED("outside", "ip", "10.0.63.255/17", "gateway", "10.0.128.1");
    JUDGED("network's own", "ip", "10.0.128.0/17");
    JUDGED("is none", "ip", "10.0.0.5/33");
    JUDGED("is none", "ip", "10.0.0.5/");
    JUDGED("is none", "ip", "10.0.0.5/24,gw=10.0.0.1");
    JUDGED("is none", "ip", "fd00::5/64");
    JUDGED("no address", "ip", "10.0.0.5/24", "gateway", "10.0.0.1/24");
    JUDGED("own address", "ip", "10.0.0.5/24", "gateway", "10.0.0.5");
    JUDGED("fixed address", "gateway", "10.0.0.1");
    JUDGED(NULL, "ip6", "auto");
    JUDGED(NULL, "ip6", "fd00::5/64", "gateway6", "fe80::1");
    JUDGED(NULL, "ip6", "fd00::5/64", "gateway6", "fd00::1");
    JUDGED("outside", "ip6", "fd00::5/64", "gateway6", "fd00:0:0:1::1");
    JUDGED("fixed address", "ip6", "dhcp", "gateway6", "fd00::1");
    /* somebody has it, in other words */
    JUDGED("guest 901", "ip6", "fd00::0050/64");
    JUDGED("guest 901", "ip", "10.0.0.7/16");
    JUDGED("node pve1 itself", "ip", "10.0.0.2/24");
    JUDGED("addresses with a space", "nameserver", "10.0.0.1,10.0.0.2");
    JUDGED(NULL, "nameserver", "10.0.0.1 fd00::1");
}

/* Its own word: a reason to look, not to refuse. */
static void a_guest_that_says_it_has_the_address(void **state)
{
    struct plane_test t;
    (void)state;
    named(&t);
    plane_test_argument(&t, "ip", "10.0.0.9/24", 1);
    plane_test_answer(&t, "/nodes/pve1/qemu/901/agent/network-get-interfaces", 200,
                      "{\"result\":[{\"name\":\"eth0\",\"ip-addresses\":[{\"ip-address\":\"10.0.0.9\"}]}]}");
    assert_int_equal(plan(&t), 0);
    expect_words(&t, "risks", "guest 901 on node pve1 says that it has the address now");
    expect_words(&t, "facts", "of 1 that run 1 said");
    plane_test_done(&t);
}

static void keys(void **state)
{
    (void)state;
    JUDGED(NULL, "ssh_public_keys", "# mine\n" KEY "\r\n\n" KEY "\n");
    JUDGED("line 2", "ssh_public_keys", KEY "\nssh-ed25519 AAAA joe");
    /* another type inside than it says */
    JUDGED("line 1", "ssh_public_keys",
           "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIJZf7e1mVhJ0o2yF0Wk3lQ5m1g3r8V2u4d6s9p0aBcDe joe");
    JUDGED("line 1", "ssh_public_keys",
           "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJZf7e1mVhJ0o2yF0Wk3lQ5m1g3r8V2u4d6s9p0aBcD joe");
    JUDGED("line 1", "ssh_public_keys", "command=sh " KEY);
    JUDGED("private key", "ssh_public_keys", "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA");
    JUDGED("no key", "ssh_public_keys", "# nothing");
    /* what Proxmox would write as a key and a value of YAML */
    JUDGED("colon", "ssh_public_keys", KEY ": laptop");
    JUDGED("line 2", "ssh_public_keys", KEY "\n" KEY ":");
    JUDGED(NULL, "ssh_public_keys", KEY "@pc:0");
}

/* What goes into the YAML of cloud-init, and into a list of options, is nothing but what it is called. */
static void no_more_than_a_name(void **state)
{
    (void)state;
    JUDGED(NULL, "ciuser", "ops-2.x");
    JUDGED("ciuser", "ciuser", "{name: root, sudo: ALL}");
    JUDGED("ciuser", "ciuser", "root # x");
    JUDGED("ciuser", "ciuser", "x: y");
    JUDGED("ciuser", "ciuser", "-x");
    JUDGED("ciuser", "ciuser", "0");
    JUDGED(NULL, "searchdomain", "lan example.com");
    JUDGED("searchdomain", "searchdomain", "x', 'y");
    JUDGED("searchdomain", "searchdomain", "lan: x");
    struct plane_test t;
    given(&t);
    plane_test_argument(&t, "name", "web1", 1);
    plane_test_argument(&t, "image", "iso-store:import/a.qcow2,cache=unsafe,serial=a.raw", 1);
    assert_true(plan(&t) < 0);
    assert_non_null(strstr(t.fail_text, "comma"));
    plane_test_done(&t);
}

static void names(void **state)
{
    (void)state;
    JUDGED("DNS name", "name", "-web");
    JUDGED("DNS name", "name", "web-");
    JUDGED("DNS name", "name", "web..lan");
    JUDGED("DNS name", "name", "web/../x");
    JUDGED(NULL, "name", "web-1.lan");
    JUDGED("not a template", "template", "901");
    JUDGED("what this tool itself writes", "description", "x\nproximo-provision: from template 1");
}

/* Firewall, MTU and model are the template's; its MAC is not, and the VLAN is the one asked for. */
static void a_device_set_anew_keeps_the_rest(void **state)
{
    struct plane_test t;
    (void)state;
    named(&t);
    plane_test_argument(&t, "bridge", "vmbr1", 1);
    plane_test_argument(&t, "vlan", "30", 0);
    assert_int_equal(plan(&t), 0);
    expect_words(&t, "steps", "\"value\":\"e1000,firewall=1,mtu=1400,bridge=vmbr1,tag=30\"");
    expect_words(&t, "subjects", "net0=vmbr1/firewall");
    /* Windows lists the loopback last */
    expect_words(&t, "steps", "/result/0/ip-addresses");
    plane_test_done(&t);
}

static void a_digest_goes_with_the_first_change_of_the_clone(void **state)
{
    struct plane_test t;
    (void)state;
    named(&t);
    plane_test_argument(&t, "disk_size", "16G", 1);
    assert_int_equal(plan(&t), 0);
    expect_words(&t, "steps", "\"value\":\"made:/digest\"");
    expect_words(&t, "steps", "\"name\":\"size\",\"value\":\"16G\"");
    expect_words(&t, "subjects", "\"space\":\"local-lvm=17179869184\",\"template\":\"900\"");
    expect_words(&t, "undo", "{\"kind\":3}");
    plane_test_done(&t);
}

/* A guest that is so new that the list has its number alone. */
static void a_new_guest_is_found_by_its_configuration(void **state)
{
    struct plane_test t;
    (void)state;
    named(&t);
    answer_instead(&t, "/cluster/resources?type=vm", 200,
                   "[{\"type\":\"qemu\",\"vmid\":900,\"node\":\"pve1\",\"name\":\"gold\",\"template\":1},"
                   "{\"type\":\"qemu\",\"vmid\":901,\"node\":\"pve1\",\"status\":\"unknown\"}]");
    answer_instead(&t, "/nodes/pve1/qemu/901/config", 200,
                   "{\"digest\":\"e\",\"name\":\"web1\",\"scsi0\":\"local-lvm:vm-901-disk-0,size=8G\","
                   "\"description\":\"proximo-provision: from template 900\"}");
    assert_int_equal(plan(&t), 0);
    assert_null(plane_test_told(&t, "steps", 0));
    expect_words(&t, "summary", "nothing to do");
    plane_test_done(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),
        cmocka_unit_test(a_guest_that_says_it_has_the_address),
        cmocka_unit_test(keys),
        cmocka_unit_test(no_more_than_a_name),
        cmocka_unit_test(names),
        cmocka_unit_test(a_device_set_anew_keeps_the_rest),
        cmocka_unit_test(a_digest_goes_with_the_first_change_of_the_clone),
        cmocka_unit_test(a_new_guest_is_found_by_its_configuration),
    };
    guests = plane_load("guests");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
