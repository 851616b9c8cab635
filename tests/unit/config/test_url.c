/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and SHA-256 values, by table. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/url.h"

#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void test_urls(void **state)
{
    static const struct {
        const char *in, *out; /* NULL: refused */
    } rows[] = {
        {"https://pve", "https://pve:8006"},
        {"https://PVE.Example.COM:443/", "https://pve.example.com:443"},
        {"HTTPS://pve/api2/json", "https://pve:8006"},
        {"https://pve:8006/api2/json/", "https://pve:8006"},
        {"https://10.1.2.3", "https://10.1.2.3:8006"},
        {"https://[2001:DB8::1]:1", "https://[2001:db8::1]:1"},
        {"https://under_score.lan", "https://under_score.lan:8006"},
        {"pve:8006", NULL},
        {"http://pve", NULL},
        {"https://", NULL},
        {"https://:8006", NULL},
        {"https://pve:", NULL},
        {"https://pve:0", NULL},
        {"https://pve:65536", NULL},
        {"https://pve:80x", NULL},
        {"https://pve:8006/other", NULL},
        {"https://pve?x", NULL},
        {"https://pve#x", NULL},
        {"https://root@pve", NULL},
        {"https://root:pw@pve:8006", NULL},
        {"https://pve:8006@evil", NULL},
        {"https://pve\\@evil", NULL},
        {"https://a b", NULL},
        {"https://a%41", NULL},
        {"https://-pve", NULL},
        {"https://pve-", NULL},
        {"https://a..b", NULL},
        {"https://a.b.", NULL},
        {"https://10.1", NULL},
        {"https://010.1.1.1", NULL},
        {"https://1.2.3.256", NULL},
        {"https://2130706433", NULL},
        {"https://[::1", NULL},
        {"https://[::g]", NULL},
        {"https://[fe80::1%25eth0]", NULL},
        {"https://p\xc3\xa4", NULL},
        {"https://pve\r\nX: y", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *got = NULL;
        const char *why = NULL;
        int r = url_normalise(rows[i].in, 8006, &got, &why);
        if ((r == 0) != (rows[i].out != NULL))
            fail_msg("%s: %d", rows[i].in, r);
        if (r == 0)
            assert_string_equal(got, rows[i].out);
        else
            assert_non_null(why);
        free(got);
    }
}

static void test_sha256(void **state)
{
    static const struct {
        const char *in;
        int r;
    } rows[] = {
        {HEX, 0},
        {"sha256:" HEX, 0},
        {"SHA256:00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF", 0},
        {"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
         0},
        {"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:",
         -EINVAL},
        {"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:f",
         -EINVAL},
        {"00:1122:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
         -EINVAL},
        {"", -EINVAL},
        {"sha256:", -EINVAL},
        {HEX "0", -EINVAL},
        {"g0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", -EINVAL},
        {" " HEX "\n", 0},
        {HEX " 0", -EINVAL},
        {" \n", -EINVAL},
        {"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff: ",
         -EINVAL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char got[65] = "untouched";
        if (sha256_normalise(rows[i].in, got) != rows[i].r)
            fail_msg("%s", rows[i].in);
        assert_string_equal(got, rows[i].r == 0 ? HEX : "untouched");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_urls), cmocka_unit_test(test_sha256)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
