/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, ports, sets, names and macros by themselves. */
#include "rig.h"

static void test_networks(void **state)
{
    static const char *const bad[] = {"",
                                      "/",
                                      "10.0.0.1/",
                                      "10.0.0.1/33",
                                      "10.0.0.256",
                                      "10.0.0",
                                      "::1/129",
                                      "1::2::3",
                                      "10.0.0.1/-1",
                                      "10.0.0.1/1x",
                                      "10.0.0.1/ 8",
                                      " 10.0.0.1",
                                      "0x0a.0.0.1",
                                      "fe80::1%eth0",
                                      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                      "10.0.0.9-10.0.0.1",
                                      "10.0.0.1-",
                                      "-10.0.0.1",
                                      "10.0.0.1-::1",
                                      "10.0.0.0/24-10.0.1.0"};
    struct fw_net net;
    struct fw_address address;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(fw_range_parse(bad[i], strlen(bad[i]), &net), -EINVAL);
    assert_int_equal(fw_net_parse("10.1.2.3/9", 10, &net), 0);
    assert_int_equal(fw_address_parse("10.127.255.255", &address), 0);
    assert_true(fw_net_has(&net, &address));
    assert_int_equal(fw_address_parse("10.128.0.0", &address), 0);
    assert_false(fw_net_has(&net, &address));
    assert_int_equal(fw_range_parse("2001:db8::5-2001:db8::9", 23, &net), 0);
    assert_int_equal(fw_address_parse("2001:db8::9", &address), 0);
    assert_true(fw_net_has(&net, &address));
    assert_int_equal(fw_address_parse("2001:db8::a", &address), 0);
    assert_false(fw_net_has(&net, &address));
    assert_int_equal(fw_net_parse("0.0.0.0/0", 9, &net), 0);
    assert_int_equal(fw_address_parse("::", &address), 0);
    assert_false(fw_net_has(&net, &address));
    assert_int_equal(fw_net_parse("::/0", 4, &net), 0);
    assert_true(fw_net_has(&net, &address));
}

static void test_link_local(void **state)
{
    uint8_t mac[6];
    struct fw_net net;
    struct fw_address address;

    (void)state;
    assert_int_equal(fw_mac_parse("BC:24:11:0a:01:ff", mac), 0);
    fw_link_local(mac, &net);
    assert_int_equal(fw_address_parse("fe80::be24:11ff:fe0a:1ff", &address), 0);
    assert_true(fw_net_has(&net, &address));
    assert_int_equal(fw_mac_parse("BC-24-11-0a-01-ff", mac), -EINVAL);
    assert_int_equal(fw_mac_parse("BC:24:11:0a:01:f", mac), -EINVAL);
    assert_int_equal(fw_mac_parse(NULL, mac), -EINVAL);
}

static enum fw_ports_state check(const char *text, bool icmp)
{
    const char *words = NULL;

    return fw_ports_check(text, icmp, &words);
}

static void test_ports(void **state)
{
    (void)state;
    assert_int_equal(check("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15", false), FW_PORTS_GOOD);
    assert_int_equal(check("1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", false), FW_PORTS_BAD);
    assert_int_equal(check("1:2,3:4,5:6,7:8,9:10,11:12,13:14,15", false), FW_PORTS_GOOD);
    assert_int_equal(check("1:2,3:4,5:6,7:8,9:10,11:12,13:14,15:16", false), FW_PORTS_BAD);
    assert_int_equal(check("http,https,smtp", false), FW_PORTS_GOOD);
    assert_int_equal(check("0:65535", false), FW_PORTS_GOOD);
    assert_int_equal(check("65536", false), FW_PORTS_BAD);
    assert_int_equal(check("99999999999999999999", false), FW_PORTS_BAD);
    assert_int_equal(check("9:8", false), FW_PORTS_BAD);
    assert_int_equal(check("80,", false), FW_PORTS_BAD);
    assert_int_equal(check(",80", false), FW_PORTS_BAD);
    assert_int_equal(check("80:", false), FW_PORTS_BAD);
    assert_int_equal(check(":", false), FW_PORTS_BAD);
    assert_int_equal(check("", false), FW_PORTS_BAD);
    assert_int_equal(check("some-service", false), FW_PORTS_UNSURE);
    assert_int_equal(check("http;80", false), FW_PORTS_BAD);
    assert_int_equal(check("echo-request", false), FW_PORTS_UNSURE);
    assert_int_equal(check("echo-request", true), FW_PORTS_GOOD);
    assert_int_equal(check("no-route", true), FW_PORTS_GOOD);
    assert_int_equal(check("echo-request,8", true), FW_PORTS_BAD);
}

static void test_ports_made(void **state)
{
    struct fw_pool pool = {0};
    struct fw_ports ports;
    enum fw_ports_state found;

    (void)state;
    assert_int_equal(fw_ports_make(&pool, "25,domain,8000:8010", 6, &ports, &found), 0);
    assert_int_equal(found, FW_PORTS_GOOD);
    assert_int_equal(fw_ports_match(&ports, 53), FW_YES);
    assert_int_equal(fw_ports_match(&ports, 8010), FW_YES);
    assert_int_equal(fw_ports_match(&ports, 8011), FW_NO);
    assert_int_equal(fw_ports_match(&ports, -1), FW_MAYBE);
    assert_int_equal(fw_ports_make(&pool, "tftp", 6, &ports, &found), 0);
    assert_int_equal(found, FW_PORTS_REFUSED); /* UDP only */
    assert_int_equal(fw_ports_make(&pool, "tftp", 17, &ports, &found), 0);
    assert_int_equal(found, FW_PORTS_GOOD);
    fw_pool_done(&pool);
}

/* The tables are searched by halves, or hold what belongs together side by side. */
static void test_tables(void **state)
{
    const struct fw_macro_entry *first;
    struct fw_icmp type;

    (void)state;
    for (size_t i = 1; i < fw_service_names_count; i++)
        assert_true(strcmp(fw_service_names[i - 1].name, fw_service_names[i].name) < 0);
    for (size_t i = 0; i < fw_service_names_count; i++)
        assert_ptr_equal(fw_service_find(fw_service_names[i].name, strlen(fw_service_names[i].name)),
                         &fw_service_names[i]);
    assert_null(fw_service_find("htt", 3));
    assert_null(fw_service_find("httpx", 5));
    for (size_t i = 0; i < fw_macro_entries_count; i++) {
        size_t count = fw_macro_find(fw_macro_entries[i].macro, &first);

        assert_true(first <= &fw_macro_entries[i] && &fw_macro_entries[i] < first + count);
        assert_true(fw_protocol_number(fw_macro_entries[i].proto) >= 0);
    }
    assert_int_equal(fw_macro_find("sSh", &first), 1);
    assert_int_equal(fw_macro_find("NoSuchMacro", &first), 0);
    assert_int_equal(fw_macro_find("DHCPv6", &first), 1);
    assert_int_equal(fw_macro_family(first, 1), 6);
    assert_int_equal(fw_macro_family(first, fw_macro_find("Ping", &first)), 0);
    assert_int_equal(fw_protocol_number("tcp"), 6);
    assert_int_equal(fw_protocol_number("6"), 6);
    assert_int_equal(fw_protocol_number("TCP"), -1);
    assert_int_equal(fw_protocol_number("06"), -1);
    assert_int_equal(fw_protocol_number("250"), -1);
    assert_int_equal(fw_protocol_number(""), -1);
    assert_int_equal(fw_icmp_find("any", 6, &type), -ENOENT);
    assert_int_equal(fw_icmp_find("packet-too-big", 4, &type), -ENOENT);
}

static void add(struct fw_pool *pool, struct fw_set *set, const char *cidr, bool except)
{
    struct fw_net net;

    assert_int_equal(fw_net_parse(cidr, strlen(cidr), &net), 0);
    assert_int_equal(fw_set_add(pool, set, &net, except), 0);
}

static enum fw_tri has(const struct fw_set *set, const char *text)
{
    struct fw_address address;

    assert_int_equal(fw_address_parse(text, &address), 0);
    return fw_set_has(set, &address);
}

static void test_sets(void **state)
{
    struct fw_pool pool = {0};
    struct fw_set set = {.name = "s"};

    (void)state;
    assert_int_equal(has(&set, "10.0.0.1"), FW_NO);
    add(&pool, &set, "10.0.0.0/8", false);
    add(&pool, &set, "10.1.0.0/16", true);
    add(&pool, &set, "10.1.1.0/24", false);
    add(&pool, &set, "10.1.1.1", true);
    assert_int_equal(has(&set, "10.2.0.1"), FW_YES);
    assert_int_equal(has(&set, "10.1.2.1"), FW_NO);
    assert_int_equal(has(&set, "10.1.1.2"), FW_YES);
    assert_int_equal(has(&set, "10.1.1.1"), FW_NO);
    assert_int_equal(has(&set, "11.0.0.1"), FW_NO);
    assert_int_equal(has(&set, "::1"), FW_NO);
    add(&pool, &set, "10.1.1.1/32", false);
    assert_int_equal(has(&set, "10.1.1.1"), FW_YES);
    assert_int_equal(set.count, 4);
    set.unsure = true;
    assert_int_equal(has(&set, "11.0.0.1"), FW_MAYBE);
    fw_pool_done(&pool);
}

static void test_names(void **state)
{
    const char *prefix, *name;

    (void)state;
    assert_true(fw_name_split("dc/web-1_x", false, &prefix, &name));
    assert_string_equal(prefix, "dc/");
    assert_string_equal(name, "web-1_x");
    assert_false(fw_name_split("sdn/web", false, &prefix, &name));
    assert_true(fw_name_split("sdn/web", true, &prefix, &name));
    assert_false(fw_name_split("w", false, &prefix, &name));
    assert_false(fw_name_split("1web", false, &prefix, &name));
    assert_false(fw_name_split("dc/", false, &prefix, &name));
    assert_false(fw_name_split("web.x", false, &prefix, &name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks),   cmocka_unit_test(test_link_local), cmocka_unit_test(test_ports),
        cmocka_unit_test(test_ports_made), cmocka_unit_test(test_tables),     cmocka_unit_test(test_sets),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
