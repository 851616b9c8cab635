/* SPDX-License-Identifier: Apache-2.0 */
/* Which values of an answer are never shown, by their names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/json.h"
#include "plane/read_inner.h"

static void names_of_secrets_are_hidden(void **state)
{
    static const char *const hidden[] = {
        "token",  "Token",  "smtp-password", "ticket",     "header",      "private-key",         "keyring",
        "bindpw", "secret", "client_secret", "cipassword", "vncpassword", "CSRFPreventionToken", "client-key",
        "totp",   "passwd", "apitoken",      "secret-key", "lock-token",  "target-endpoint",
    };
    /* public keys, names and fingerprints, and what only sounds alike */
    static const char *const shown[] = {"tokenid",        "full-tokenid",      "sshkeys", "ssh-public-keys",
                                        "encryption-key", "generate-password", "keys",    "tokens",
                                        "fingerprint",    "password-policy",   "userid",  "comment"};
    (void)state;
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
        assert_true(value_key_is_secret(hidden[i]));
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
        assert_false(value_key_is_secret(shown[i]));
}

/* Whatever shape the value has, and however deep it is. */
static void the_whole_value_is_hidden(void **state)
{
    static const char text[] = "{\"a\":[{\"token\":{\"x\":\"c1\"}},{\"password\":[\"c2\"]}],\"secret\":7,"
                               "\"header\":true,\"ticket\":null,\"b\":\"ok\"}";
    const struct value_style style = {.string_max = 1000};
    CLEANUP_JSON struct json_object *value = NULL;
    CLEANUP_BUF struct buf out = BUF_INIT(4096);
    (void)state;
    assert_int_equal(json_parse(text, strlen(text), &value, NULL), 0);
    value_put(&out, value, &style);
    assert_string_equal(out.data,
                        "{\"a\":[{\"token\":\"[hidden]\"},{\"password\":\"[hidden]\"}],"
                        "\"secret\":\"[hidden]\",\"header\":\"[hidden]\",\"ticket\":null,\"b\":\"ok\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_of_secrets_are_hidden),
                                       cmocka_unit_test(the_whole_value_is_hidden)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
