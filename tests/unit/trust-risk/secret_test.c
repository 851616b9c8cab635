/* SPDX-License-Identifier: Apache-2.0 */
/* Level names, which parameters are secrets, and how values are shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "trust/risk.h"

static void levels_have_names(void **state)
{
    (void)state;
    assert_string_equal(risk_level_name(RISK_LOW), "low");
    assert_string_equal(risk_level_name(RISK_MEDIUM), "medium");
    assert_string_equal(risk_level_name(RISK_HIGH), "high");
    assert_string_equal(risk_level_name(0), "high");
    assert_string_equal(risk_level_name(77), "high");
}

static void secrets_are_known_by_name(void **state)
{
    static const char *const secret[] = {
        "password",       "cipassword",      "confirmation-password",
        "new-password",   "secret",          "secret-key",
        "token",          "lock-token",      "client-key",
        "certkey",        "eab-hmac-key",    "eab_hmac_key",
        "encryption-key", "keyring",         "otp",
        "ticket",         "PASSWORD",        "bind-password",
        "smtp_password",  "target-endpoint", "client-secret",
        "tfa-challenge",  "header",
    };
    static const char *const open[] = {
        "sshkeys",  "ssh-public-keys", "tokenid",       "token-name", "keyctl",  "key",
        "keyboard", "value",           "tags",          "",           "tokens",  "generate-password",
        "digest",   "username",        "master-pubkey", "public_key", "hotplug", "passthrough",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
        if (!risk_param_is_secret(secret[i]))
            fail_msg("%s is a secret", secret[i]);
    for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
        if (risk_param_is_secret(open[i]))
            fail_msg("%s is no secret", open[i]);
    assert_false(risk_param_is_secret(NULL));
}

static void shows(const char *name, const char *value, const char *expected)
{
    CLEANUP_BUF struct buf out = BUF_INIT(100000);
    risk_put_shown_value(name, value, strlen(value), &out);
    assert_true(buf_ok(&out));
    assert_string_equal(out.data ? out.data : "", expected);
}

static void values_are_shown_without_secrets(void **state)
{
    (void)state;
    shows("tags", "a;b", "a;b");
    shows("password", "x", "(secret)");
    shows("cipassword", "", "(secret)");
    shows("http_proxy", "http://user:pw@proxy:3128", "http://(secret)@proxy:3128");
    shows("http_proxy", "http://user:p@ss@w@proxy:3128/", "http://(secret)@proxy:3128/");
    shows("http_proxy", "http://user:p/w?x#y@proxy:3128/", "http://(secret)@proxy:3128/");
    shows("url", "https://host/path", "https://host/path");
    shows("url", "https://host/a@b", "https://host/a@b");
    shows("url", "https://token@host/a", "https://(secret)@host/a");
    shows("url", "https://[fe80::1]/a@b", "https://[fe80::1]/a@b");
    shows("description", "see http://a:b@c and ftp://d:e@f.", "see http://(secret)@c and ftp://(secret)@f.");
    shows("description", "mail me@example.org", "mail me@example.org");
    shows("map", "host=pbs,password=a b,user=x", "host=pbs,password=(secret),user=x");
    shows("map", "password=a", "password=(secret)");
    shows("map", "x=1, secret=b,y=2", "x=1, secret=(secret),y=2");
    shows("net0", "virtio=BC:24:11:00:00:01,bridge=vmbr0", "virtio=BC:24:11:00:00:01,bridge=vmbr0");
    shows("target-endpoint", "apitoken=PVEAPIToken=a!b=c,host=x", "(secret)");
    shows("url", "http://", "http://");
    shows("url", "://@", "://(secret)@");
}

static void a_cut_is_said(void **state)
{
    char value[3001];
    CLEANUP_BUF struct buf out = BUF_INIT(100000);

    (void)state;
    memset(value, 'a', sizeof(value) - 1);
    value[3000] = '\0';
    risk_put_shown_value("description", value, 3000, &out);
    assert_true(out.len < 460);
    assert_non_null(strstr(out.data, "... (400 of 3000 bytes shown)"));
    /* A cut never falls into a character. */
    for (size_t i = 0; i < 3000; i += 2)
        memcpy(value + i, "\xc3\xa4", 2);
    value[0] = 'a';
    value[1] = 'b';
    memmove(value + 1, value + 2, 2998);
    buf_reset(&out);
    risk_put_shown_value("description", value, 2999, &out);
    assert_non_null(strstr(out.data, "... (399 of 2999 bytes shown)"));
    buf_reset(&out);
    risk_put_shown_value("description", NULL, 0, &out);
    assert_int_equal(out.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_have_names),
        cmocka_unit_test(secrets_are_known_by_name),
        cmocka_unit_test(values_are_shown_without_secrets),
        cmocka_unit_test(a_cut_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
