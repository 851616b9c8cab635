/* SPDX-License-Identifier: Apache-2.0 */
/* The libssh2 back end against real OpenSSH servers: whom it trusts, and how it is let in. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/exec/stand.h"

#include <cmocka.h>

static void keys_that_work(void **state)
{
    static const char *const keys[] = {"ed25519", "ecdsa"};
    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct stand s;
        stand_up(&s, RIG_PLAIN, keys[i]);
        expect_exit(&s, "echo hello; echo oops >&2; exit 7", 7, "hello\n");
        assert_string_equal(s.fake.err.kept.data, "oops\n");
        stand_down(&s);
    }
}

/* The forms in which ssh-keygen writes ecdsa keys beside its own. */
static void keys_in_pem(void **state)
{
    static const char *const forms[] = {"PEM", "PKCS8"};
    static const char *const bits[] = {"256", "384", "521"};
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        struct stand s;
        stand_up(&s, RIG_PLAIN, "ed25519");
        char *path = rig_path(&rig, "pem"), *public = NULL, *known = rig_read(&rig, "authorized_keys", NULL),
             *both = NULL;
        const char *const make[] = {"ssh-keygen", "-q", "-t", "ecdsa", "-b", bits[i / 2], "-m",
                                    forms[i % 2], "-N", "",   "-f",    path, NULL};
        assert_int_equal(rig_run(&rig, make), 0);
        public = rig_read(&rig, "pem.pub", NULL);
        assert_true(asprintf(&both, "%s%s", known, public) > 0);
        rig_write(&rig, "authorized_keys", both, 0600);
        give_identity(&s, "pem");
        expect_exit(&s, "echo pem", 0, "pem\n");
        rig_write(&rig, "authorized_keys", known, 0600);
        (void)unlink(path);
        free(path);
        free(public);
        free(known);
        free(both);
        stand_down(&s);
    }
}

/* ed25519 as OpenSSL writes it. */
static void ed25519_in_pkcs8(void **state)
{
    unsigned char blob[51] = "\0\0\0\x0bssh-ed25519\0\0\0 ", text[80];
    size_t len = 32;
    char *pem = NULL, *both = NULL;
    struct stand s;
    (void)state;
    stand_up(&s, RIG_PLAIN, "ed25519");
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(EVP_PKEY_get_raw_public_key(key, blob + 19, &len), 1);
    (void)EVP_EncodeBlock(text, blob, sizeof(blob));
    char *known = rig_read(&rig, "authorized_keys", NULL);
    assert_true(asprintf(&both, "%sssh-ed25519 %s\n", known, text) > 0);
    rig_write(&rig, "authorized_keys", both, 0600);
    long pem_len = BIO_get_mem_data(bio, &pem);
    fake_material(&s.fake, "identity", pem, (size_t)pem_len);
    expect_exit(&s, "echo pkcs8", 0, "pkcs8\n");
    rig_write(&rig, "authorized_keys", known, 0600);
    BIO_free(bio);
    EVP_PKEY_free(key);
    free(known);
    free(both);
    stand_down(&s);
}

static void keys_that_do_not(void **state)
{
    struct stand s;
    (void)state;
    stand_up(&s, RIG_PLAIN, "rsa");
    expect_refusal(&s, PROXIMO_EINVAL, "RSA key");
    assert_int_equal(s.fake.connect_count, 0); /* said before connecting */
    give_identity(&s, "locked");
    expect_refusal(&s, PROXIMO_EINVAL, "ssh-add");
    give_identity(&s, "ed25519.pub");
    expect_refusal(&s, PROXIMO_EINVAL, "public half");
    assert_int_equal(s.fake.connect_count, 0);
    give_identity(&s, "stranger");
    expect_refusal(&s, PROXIMO_EDENIED, "authorized_keys");
    stand_down(&s);
}

static void agent(void **state)
{
    static const char *const keys[] = {"ed25519.pub", "ecdsa.pub"};
    struct stand s;
    (void)state;
    stand_up(&s, RIG_PLAIN, "stranger"); /* must not be used */
    (void)rig_agent(&rig, "ed25519");
    (void)rig_agent(&rig, "rsa");
    fake_endpoint(&s.fake, "agent", rig_agent(&rig, "ecdsa"), 0);
    for (size_t i = 0; i < 2; i++) {
        char *print = rig_fingerprint(&rig, keys[i]);
        s.settings.identity = print;
        stand_again(&s);
        expect_exit(&s, "echo by agent", 0, "by agent\n");
        free(print);
    }
    char *rsa = rig_fingerprint(&rig, "rsa.pub"), *none = rig_fingerprint(&rig, "stranger.pub");
    s.settings.identity = rsa;
    stand_again(&s);
    expect_refusal(&s, PROXIMO_EINVAL, "RSA key");
    s.settings.identity = none;
    stand_again(&s);
    expect_refusal(&s, PROXIMO_ENOTFOUND, "ssh-add -l");
    stand_down(&s);
    free(rsa);
    free(none);
}

static void host_keys(void **state)
{
    struct stand s;
    (void)state;
    stand_up(&s, RIG_PLAIN, "ed25519");
    give_known_hosts(&s, RIG_PLAIN, RIG_WRONG);
    expect_refusal(&s, PROXIMO_EDENIED, "not the one that is known");
    char *offered = rig_fingerprint(&rig, "host_ed25519.pub");
    assert_non_null(strstr(s.fake.fail_text, offered));
    give_known_hosts(&s, RIG_PLAIN, RIG_REVOKED);
    expect_refusal(&s, PROXIMO_EDENIED, "");
    give_known_hosts(&s, RIG_PLAIN, RIG_UNKNOWN);
    expect_refusal(&s, PROXIMO_EDENIED, "ssh-keyscan");
    assert_int_equal(s.fake.connect_count, 0);

    /* The pin wins, whatever known_hosts has; of either type. */
    s.settings.hostkey = offered;
    stand_again(&s);
    expect_exit(&s, "echo pinned", 0, "pinned\n");
    char *ecdsa = rig_fingerprint(&rig, "host_ecdsa.pub"), *rsa = rig_fingerprint(&rig, "host_rsa.pub");
    s.settings.hostkey = ecdsa;
    stand_again(&s);
    expect_exit(&s, "echo pinned", 0, "pinned\n");
    s.settings.hostkey = rsa; /* no key that libssh2 can ask for */
    stand_again(&s);
    expect_refusal(&s, PROXIMO_EDENIED, offered);
    stand_down(&s);
    free(offered);
    free(ecdsa);
    free(rsa);
}

/* Only the type that known_hosts has is asked for: the server would show its ed25519 key otherwise. */
static void host_key_type_follows_known_hosts(void **state)
{
    struct stand s;
    char line[1024];
    (void)state;
    stand_up(&s, RIG_PLAIN, "ed25519");
    char *public = rig_read(&rig, "host_ecdsa.pub", NULL);
    (void)snprintf(line, sizeof(line), "# garbage follows\nthis is no line\nPVE1,other %s", public);
    fake_material(&s.fake, "known_hosts", line, strlen(line));
    expect_exit(&s, "echo ecdsa", 0, "ecdsa\n");
    free(public);
    public = rig_read(&rig, "host_rsa.pub", NULL);
    (void)snprintf(line, sizeof(line), "pve1 %s", public);
    fake_material(&s.fake, "known_hosts", line, strlen(line));
    backend_libssh2.close(s.state);
    assert_int_equal(backend_libssh2.open(&s.fake.host, &s.settings, &s.state), 0);
    expect_refusal(&s, PROXIMO_EDENIED, "only an RSA key");
    free(public);
    stand_down(&s);
}

/* A key revoked while a connection idles is not used any more. */
static void revoked_while_idle(void **state)
{
    struct stand s;
    (void)state;
    stand_up(&s, RIG_PLAIN, "ed25519");
    expect_exit(&s, "echo one", 0, "one\n");
    expect_exit(&s, "echo two", 0, "two\n");
    assert_int_equal(s.fake.connect_count, 0); /* reused */
    give_known_hosts(&s, RIG_PLAIN, RIG_REVOKED);
    expect_refusal(&s, PROXIMO_EDENIED, "");
    stand_down(&s);
}

static void servers_that_cannot_be_had(void **state)
{
    static const struct {
        enum rig_variant variant;
        const char *words;
    } rows[] = {{RIG_RSA_HOST_KEY, "its host keys are"},
                {RIG_ETM_MACS, "its MACs are"},
                {RIG_AEAD_CIPHERS, "its ciphers are"}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct stand s;
        stand_up(&s, rows[i].variant, "ed25519");
        if (rows[i].variant == RIG_RSA_HOST_KEY)
            give_known_hosts(&s, RIG_PLAIN, RIG_KNOWN);
        expect_refusal(&s, PROXIMO_EUNAVAIL, rows[i].words);
        assert_non_null(strstr(s.fake.fail_text, "openssh back end"));
        stand_down(&s);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_that_work),
        cmocka_unit_test(keys_in_pem),
        cmocka_unit_test(ed25519_in_pkcs8),
        cmocka_unit_test(keys_that_do_not),
        cmocka_unit_test(agent),
        cmocka_unit_test(host_keys),
        cmocka_unit_test(host_key_type_follows_known_hosts),
        cmocka_unit_test(revoked_while_idle),
        cmocka_unit_test(servers_that_cannot_be_had),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, stand_set_up, stand_tear_down);
}
