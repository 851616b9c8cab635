/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of a server's KEXINIT, whole, cut and hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/exec/ssh_offer.h"

#include <cmocka.h>

static const char *const wanted[SSH_METHODS] = {"curve25519-sha256,ecdh-sha2-nistp256", "ssh-ed25519",
                                                "aes256-ctr,aes128-ctr", "hmac-sha2-256,hmac-sha2-512"};

struct packet {
    unsigned char at[8192];
    size_t len;
};

static struct packet kexinit(const char *const lists[6])
{
    struct packet p = {.at = {20}, .len = 17};
    for (int i = 0; i < 6; i++) {
        size_t len = strlen(lists[i]);
        p.at[p.len++] = 0;
        p.at[p.len++] = 0;
        p.at[p.len++] = (unsigned char)(len >> 8);
        p.at[p.len++] = (unsigned char)len;
        memcpy(p.at + p.len, lists[i], len);
        p.len += len;
    }
    return p;
}

static void reasons(void **state)
{
    static const struct {
        const char *lists[6];
        const char *says, *says_not;
    } rows[] = {
        {{"curve25519-sha256", "rsa-sha2-512", "aes128-ctr", "aes128-ctr", "hmac-sha2-256", "hmac-sha2-256"},
         "its host keys are rsa-sha2-512",
         "MACs"},
        {{"x,curve25519-sha256", "ssh-ed25519", "aes128-ctr", "aes128-ctr", "hmac-sha2-256-etm@openssh.com",
          "hmac-sha2-256-etm@openssh.com"},
         "its MACs are hmac-sha2-256-etm@openssh.com",
         "host keys"},
        {{"curve25519-sha256", "ssh-ed25519", "aes128-gcm@openssh.com", "aes128-ctr", "hmac-sha2-256",
          "hmac-sha2-256"},
         "its ciphers are aes128-gcm@openssh.com",
         "MACs"},
        {{"sntrup761x25519-sha512", "ssh-ed25519", "aes128-ctr", "aes128-ctr", "hmac-sha2-256",
          "hmac-sha2-256"},
         "its key exchanges are sntrup761x25519-sha512",
         "; "},
        {{"\x1b[31m\nx\xff", "ssh-ed25519", "aes128-ctr", "aes128-ctr", "hmac-sha2-256", "hmac-sha2-256"},
         "its key exchanges are ?[31m?x?",
         "\n"},
        {{"", "", "", "", "", ""}, "its MACs are ", "\n"},
        {{"curve25519-sha256", "ssh-ed25519", "aes128-ctr", "aes256-ctr", "hmac-sha2-512", "hmac-sha2-256"},
         "",
         "its"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct packet p = kexinit(rows[i].lists);
        struct ssh_bytes payload = {p.at, p.len};
        char why[SSH_WHY_MOST];
        ssh_offer_compare(&payload, wanted, why);
        assert_non_null(strstr(why, rows[i].says));
        assert_null(strstr(why, rows[i].says_not));
    }
}

static void cut_or_long(void **state)
{
    static char name[2000];
    const char *const lists[6] = {name, name, name, name, name, name};
    char why[SSH_WHY_MOST];
    (void)state;
    memset(name, 'n', 1200);
    struct packet p = kexinit(lists);
    for (size_t len = 0; len <= p.len; len += len < 64 ? 1 : 97) {
        unsigned char *copy = malloc(len + 1);
        assert_non_null(copy);
        memcpy(copy, p.at, len);
        struct ssh_bytes payload = {copy, len};
        ssh_offer_compare(&payload, wanted, why);
        assert_true(strlen(why) < SSH_WHY_MOST);
        free(copy);
    }
    p.at[0] = 21;
    struct ssh_bytes payload = {p.at, p.len};
    ssh_offer_compare(&payload, wanted, why);
    assert_string_equal(why, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reasons), cmocka_unit_test(cut_or_long)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
