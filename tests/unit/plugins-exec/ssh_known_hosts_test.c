/* SPDX-License-Identifier: Apache-2.0 */
/* known_hosts: every form of a line, what is refused, and that no line hides another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/exec/ssh_known_hosts.h"

#include <cmocka.h>

/* Two keys, and lines for pve1, pve2 and [pve1]:2222 that `ssh-keygen -H` made of them. */
#define ONE "AAAAC3NzaC1lZDI1NTE5AAAAIL2pIhp+6AEOIcwb8GqZ38wGo/IbeyX9q+8bTCeiiQ4F"
#define TWO                                                                                                  \
    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEgU4k0OukPgUIMqs2fJ3W5EYuhdJugwdfeWfB7rQE/"        \
    "MMG6BRJ6bwSQI8qPt3E3yua6OfZFZgP9lvydOIIyPx3I="
#define ONE_PRINT "SHA256:brFhoak6vyYf6bnLZmMlsrPeXjnJ1CK7wIRRVQfIp84"
#define ED        " ssh-ed25519 " ONE "\n"
#define EC        " ecdsa-sha2-nistp256 " TWO "\n"
#define HASHED_1  "|1|hhUDUsOwIQ1CAXCqQiWXQcBU4No=|+gmtNnuE4ZnqATfkY4LgnV8ucnM=" ED
#define HASHED_2  "|1|gNYP7CgkrylG+L2q2d8vNwuFglM=|d+rKCnoKsMpK4F3RHPDOwXFyX3g=" EC
#define HASHED_P  "|1|DE7lJ5eehk3WfUMW14WbcmRTnD8=|eJDdvZoTr9ojek1KC4XknseYX30=" EC
#define DSS       " ssh-dss AAAAB3NzaC1kc3MAAAAE/////w==\n"
#define SK        " sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t\n"

#define MATCH   SSH_KNOWN_MATCH
#define NONE    SSH_KNOWN_NONE
#define CHANGED SSH_KNOWN_CHANGED
#define REVOKED SSH_KNOWN_REVOKED
#define BROKEN  SSH_KNOWN_BROKEN

static const struct row {
    const char *file, *host;
    unsigned port;
    int key; /* which is offered: 1, 2 */
    enum ssh_known_verdict verdict;
    unsigned not_read, line;
} rows[] = {
    {"pve1" ED, "pve1", 22, 1, MATCH, 0, 1},
    {"pve1" ED, "pve1", 22, 2, CHANGED, 0, 0},
    {"pve1" ED "pve1" EC, "pve1", 22, 2, MATCH, 0, 2},
    {"pve1 ssh-ed25519 " ONE, "pve1", 22, 1, MATCH, 0, 1}, /* no newline at the end */
    {"pve1 ssh-ed25519 " ONE " root@pve1 a comment\r\n", "pve1", 22, 1, MATCH, 0, 1},
    {"\t pve1\t\tssh-ed25519   " ONE "\n", "pve1", 22, 1, MATCH, 0, 1},
    {"", "pve1", 22, 1, NONE, 0, 0},
    {"\n\n# pve1" ED "  # x\n", "pve1", 22, 1, NONE, 0, 0},
    {"pve2" ED, "pve1", 22, 1, NONE, 0, 0},
    /* Names: several, short, any case, not a part of one. */
    {"pve0,pve1,10.0.0.1" ED, "pve1", 22, 1, MATCH, 0, 1},
    {"pve0,pve1,10.0.0.1" ED, "10.0.0.1", 22, 1, MATCH, 0, 1},
    {"a" ED, "a", 22, 1, MATCH, 0, 1},
    {"ab" ED, "ab", 22, 1, MATCH, 0, 1},
    {"PVE1" ED, "pve1", 22, 1, MATCH, 0, 1},
    {"pve1" ED, "PvE1", 22, 1, MATCH, 0, 1},
    {"pve11" ED, "pve1", 22, 1, NONE, 0, 0},
    {"pve1" ED, "pve11", 22, 1, NONE, 0, 0},
    {"pve1.example.org" ED, "pve1", 22, 1, NONE, 0, 0},
    /* Patterns. */
    {"pve*" ED, "pve1", 22, 1, MATCH, 0, 1},
    {"*" ED, "pve1", 22, 1, MATCH, 0, 1},
    {"pve?" ED, "pve1", 22, 1, MATCH, 0, 1},
    {"pve?" ED, "pve12", 22, 1, NONE, 0, 0},
    {"p*e*1" ED, "pvexe21", 22, 1, MATCH, 0, 1},
    {"pve*,!pve1" ED, "pve1", 22, 1, NONE, 0, 0},
    {"!pve1,pve*" ED, "pve1", 22, 1, NONE, 0, 0},
    {"pve*,!pve2" ED, "pve1", 22, 1, MATCH, 0, 1},
    {"!pve2" ED, "pve1", 22, 1, NONE, 0, 0}, /* negation alone matches nothing */
    {",,pve1," ED, "pve1", 22, 1, MATCH, 0, 1},
    /* Ports: strictly. */
    {"[pve1]:2222" ED, "pve1", 2222, 1, MATCH, 0, 1},
    {"pve1" ED, "pve1", 2222, 1, NONE, 0, 0},
    {"[pve1]:2222" ED, "pve1", 22, 1, NONE, 0, 0},
    {"[pve1]:222" ED, "pve1", 2222, 1, NONE, 0, 0},
    /* Hashed. */
    {HASHED_1 HASHED_2 HASHED_P, "pve1", 22, 1, MATCH, 0, 1},
    {HASHED_1 HASHED_2 HASHED_P, "PVE1", 22, 1, MATCH, 0, 1},
    {HASHED_1 HASHED_2 HASHED_P, "pve2", 22, 2, MATCH, 0, 2},
    {HASHED_1 HASHED_2 HASHED_P, "pve1", 2222, 2, MATCH, 0, 3},
    {HASHED_1 HASHED_2 HASHED_P, "pve1", 22, 2, CHANGED, 0, 0},
    {HASHED_1, "pve3", 22, 1, NONE, 0, 0},
    {"|1|hhUD|x" ED, "pve1", 22, 1, NONE, 0, 0},
    {"|1" ED "|" ED "|2|hhUDUsOwIQ1CAXCqQiWXQcBU4No=|+gmtNnuE4ZnqATfkY4LgnV8ucnM=" ED, "pve1", 22, 1, NONE, 0,
     0},
    /* Revoked: wherever the line stands, whoever it names. */
    {"pve1" ED "@revoked pve1" ED, "pve1", 22, 1, REVOKED, 0, 2},
    {"@revoked pve1" ED "pve1" ED, "pve1", 22, 1, REVOKED, 0, 1},
    {"@revoked *" ED "pve1" ED, "pve1", 22, 1, REVOKED, 0, 1},
    {"pve1" ED "@revoked pve2" ED, "pve1", 22, 1, REVOKED, 0, 2},
    {"pve1" EC "@revoked pve1" ED, "pve1", 22, 2, MATCH, 0, 1},
    {"pve1" EC "@revoked pve1" ED, "pve1", 22, 1, REVOKED, 0, 2},
    {"garbage\npve1" ED "garbage\n@revoked pve1" ED, "pve1", 22, 1, REVOKED, 2, 4},
    {"pve1" ED "@revoked pve1 ssh-ed25519 AAAA*\n", "pve1", 22, 1, BROKEN, 1, 2},
    {"pve1" ED "@revoked\n", "pve1", 22, 1, BROKEN, 1, 2},
    {"@revoked pve1" SK "pve1" ED, "pve1", 22, 1, MATCH, 0, 2}, /* of a type not known, but it can be read */
    /* Authorities are no keys of hosts. */
    {"@cert-authority pve1" ED, "pve1", 22, 1, NONE, 0, 0},
    {"@cert-authority *" EC "pve1" ED, "pve1", 22, 1, MATCH, 0, 2},
    {"@other pve1" ED, "pve1", 22, 1, NONE, 1, 0},
    /* What is not understood hides nothing. */
    {"garbage\npve1" ED, "pve1", 22, 1, MATCH, 1, 2},
    {"pve1 ssh-ed25519\npve1 ssh-ed25519 !!!!\npve1" ED, "pve1", 22, 1, MATCH, 2, 3},
    {"pve1 ssh-rsa " ONE "\npve1" ED, "pve1", 22, 1, MATCH, 1, 2},    /* its type is not what the key says */
    {"pve1 1024 35 1234567890\npve1" ED, "pve1", 22, 1, MATCH, 1, 2}, /* of SSH 1 */
    {"pve1" DSS "pve1" SK "pve1" ED, "pve1", 22, 1, MATCH, 0, 3},
    {"pve1" DSS "pve1" SK, "pve1", 22, 1, CHANGED, 0, 0},
    {"\x01\xff\x80 \xfe\npve1" ED, "pve1", 22, 1, MATCH, 1, 2},
};

static struct ssh_bytes key(int which, unsigned char *space)
{
    size_t len = 0;
    const char *text = which == 1 ? ONE : TWO;
    assert_true(ssh_base64(text, strlen(text), space, SSH_BLOB_MOST, &len));
    return (struct ssh_bytes){space, len};
}

static void lines(void **state)
{
    static unsigned char space[SSH_BLOB_MOST];
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        struct ssh_bytes blob = key(row->key, space);
        struct ssh_known known;
        enum ssh_known_verdict verdict =
            ssh_known_hosts_look(row->file, strlen(row->file), row->host, row->port, &blob, &known);
        if (verdict != row->verdict || known.not_read != row->not_read || known.line != row->line)
            fail_msg("row %zu (%s): verdict %d, not read %u, line %u", i, row->file, (int)verdict,
                     known.not_read, known.line);
    }
}

static void a_nul_is_garbage(void **state)
{
    static const char file[] = "pv\0e1" ED "pve1" ED;
    static unsigned char space[SSH_BLOB_MOST];
    struct ssh_bytes blob = key(1, space);
    struct ssh_known known;
    (void)state;
    assert_int_equal(ssh_known_hosts_look(file, sizeof(file) - 1, "pve1", 22, &blob, &known),
                     SSH_KNOWN_MATCH);
    assert_int_equal(known.line, 2);
    assert_int_equal(ssh_known_hosts_look(file, sizeof(file) - 1, "pv", 22, &blob, &known), SSH_KNOWN_NONE);
}

static void types_are_told(void **state)
{
    static const char file[] = "pve1" EC "pve1" ED "pve1" DSS "@cert-authority pve*" EC "@revoked x" EC;
    struct ssh_known known;
    (void)state;
    assert_int_equal(ssh_known_hosts_look(file, strlen(file), "pve1", 22, NULL, &known), SSH_KNOWN_CHANGED);
    assert_int_equal(known.types, 1u << SSH_KEY_ED25519 | 1u << SSH_KEY_OTHER); /* the revoked one is none */
    assert_int_equal(known.lines, 2);
    assert_int_equal(known.authorities, 1);
    assert_int_equal(known.shown, 2);
    assert_string_equal(known.fingerprints[0], ONE_PRINT);
    assert_int_equal(known.shown_types[0], SSH_KEY_ED25519);
}

static void long_names(void **state)
{
    static char name[400], file[1200];
    static unsigned char space[SSH_BLOB_MOST];
    struct ssh_bytes blob = key(1, space);
    struct ssh_known known;
    (void)state;
    memset(name, 'x', sizeof(name) - 1);
    (void)snprintf(file, sizeof(file), "%s" ED, name);
    assert_int_equal(ssh_known_hosts_look(file, strlen(file), name, 22, &blob, &known), SSH_KNOWN_NONE);
    name[250] = '\0';
    (void)snprintf(file, sizeof(file), "%s" ED, name);
    assert_int_equal(ssh_known_hosts_look(file, strlen(file), name, 22, &blob, &known), SSH_KNOWN_MATCH);
}

/* Every way to cut the file short: never a match that the whole does not give, nothing read outside. */
static void cut_short(void **state)
{
    static const char file[] = "@revoked pve2" EC HASHED_1 "pve*,!pve3" ED;
    static unsigned char space[SSH_BLOB_MOST];
    (void)state;
    for (size_t len = 0; len <= strlen(file); len++) {
        struct ssh_bytes blob = key(2, space);
        struct ssh_known known;
        char *copy = malloc(len + 1);
        assert_non_null(copy);
        memcpy(copy, file, len);
        assert_int_not_equal(ssh_known_hosts_look(copy, len, "pve1", 22, &blob, &known), SSH_KNOWN_MATCH);
        free(copy);
    }
}

static void base64(void **state)
{
    static const struct {
        const char *text;
        int len; /* -1: refused */
    } texts[] = {{"", 0},      {"QQ==", 1},      {"QQ", 1},    {"QUI=", 2},     {"QUI", 2},
                 {"QUJD", 3},  {"Q", -1},        {"QQ=", -1},  {"QR==", -1},    {"=", -1},
                 {"====", -1}, {"QQ==QQ==", -1}, {"Q Q=", -1}, {"QUJDRA==", 4}, {"QUJDREU=", -1}};
    unsigned char space[4];
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        size_t len = 99;
        bool good = ssh_base64(texts[i].text, strlen(texts[i].text), space, sizeof(space), &len);
        if (good != (texts[i].len >= 0) || (good && len != (size_t)texts[i].len))
            fail_msg("%s", texts[i].text);
    }
    assert_true(ssh_fingerprint_equal("SHA256:abc", "SHA256:abc="));
    assert_false(ssh_fingerprint_equal("SHA256:abc", "SHA256:abC"));
    assert_false(ssh_fingerprint_equal("", "="));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),      cmocka_unit_test(a_nul_is_garbage), cmocka_unit_test(types_are_told),
        cmocka_unit_test(long_names), cmocka_unit_test(cut_short),        cmocka_unit_test(base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
