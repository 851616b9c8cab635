/* SPDX-License-Identifier: Apache-2.0 */
/* The rig itself, with the system's own client: what the tests of the back ends take for granted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/exec/fake.h"
#include "tests/exec/rig.h"

#include <cmocka.h>

#include "base/clock.h"

static struct rig rig;
static bool there;

/* The exit status of `ssh` with this key to a port; what the command printed is in rig's file "out". */
static int ssh(const char *key, uint16_t port, const char *command)
{
    char *line = NULL;
    assert_true(
        asprintf(
            &line,
            "cd %s && SSH_AUTH_SOCK=%s ssh -F none -n -i %s -p %u -o BatchMode=yes -o IdentitiesOnly=%s -o "
            "StrictHostKeyChecking=yes -o UserKnownHostsFile=%s/known -l '%s' 127.0.0.1 '%s' >out",
            rig.folder, rig.agent_socket, key, port, rig.agent ? "no" : "yes", rig.folder, rig.user,
            command) > 0);
    const char *const argv[] = {"sh", "-c", line, NULL};
    int status = rig_run(&rig, argv);
    free(line);
    return status;
}

static void know(enum rig_variant variant, uint16_t port, enum rig_known what)
{
    char *known = rig_known_hosts(&rig, variant, "127.0.0.1", port, what);
    rig_write(&rig, "known", known, 0600);
    free(known);
}

static void expect_out(const char *text)
{
    char *out = rig_read(&rig, "out", NULL);
    assert_string_equal(out, text);
    free(out);
}

static void servers_take_keys(void **state)
{
    (void)state;
    if (!there)
        skip();
    for (int variant = 0; variant < RIG_VARIANTS; variant++) {
        uint16_t port = rig_server(&rig, (enum rig_variant)variant);
        assert_int_not_equal(port, 0);
        know((enum rig_variant)variant, port, RIG_KNOWN);
        assert_int_equal(ssh(variant % 2 ? "rsa" : "ecdsa", port, "echo hello; exit 7"), 7);
        expect_out("hello\n");
    }
}

static void host_keys_count(void **state)
{
    (void)state;
    if (!there)
        skip();
    uint16_t port = rig_server(&rig, RIG_PLAIN);
    static const enum rig_known refused[] = {RIG_WRONG, RIG_REVOKED, RIG_UNKNOWN};
    for (unsigned i = 0; i < 3; i++) {
        know(RIG_PLAIN, port, refused[i]);
        assert_int_equal(ssh("ed25519", port, "echo hello"), 255);
        expect_out("");
    }
    know(RIG_PLAIN, port, RIG_KNOWN);
    assert_int_equal(ssh("stranger", port, "echo hello"), 255);
    assert_int_equal(ssh("locked", port, "echo hello"), 255);
    char *fingerprint = rig_fingerprint(&rig, "host_rsa.pub");
    assert_true(strncmp(fingerprint, "SHA256:", 7) == 0 && strlen(fingerprint) == 50);
    free(fingerprint);
}

static void agent_helps(void **state)
{
    (void)state;
    if (!there)
        skip();
    (void)rig_agent(&rig, "ecdsa");
    know(RIG_PLAIN, rig_server(&rig, RIG_PLAIN), RIG_KNOWN);
    assert_int_equal(ssh("stranger", rig_server(&rig, RIG_PLAIN), "echo hello"), 0);
}

static void container_is_another_place(void **state)
{
    (void)state;
    if (!there || !rig_container(&rig))
        skip();
    uint16_t port = rig_server(&rig, RIG_PLAIN);
    know(RIG_PLAIN, port, RIG_KNOWN);
    assert_int_equal(
        ssh("ed25519", port, "pct exec 105 -- sh -c \"hostname; tr \\\\\\\\0 _ </proc/1/cmdline; exit 5\""),
        5);
    expect_out(RIG_CONTAINER_NAME "\nsleep_100000_");
    assert_int_equal(ssh("ed25519", port, "pct exec 999 -- true"), 2);
}

static void proxy_cuts(void **state)
{
    (void)state;
    if (!there)
        skip();
    struct rig_proxy *proxy = rig_proxy_new(rig_server(&rig, RIG_PLAIN));
    uint16_t port = rig_proxy_port(proxy);
    know(RIG_PLAIN, port, RIG_KNOWN);
    assert_int_equal(ssh("ed25519", port, "echo hello"), 0);
    uint64_t usual = rig_proxy_bytes(proxy);
    assert_true(usual > 1000);
    rig_proxy_end_after(proxy, usual + 100000, RIG_PROXY_RESET);
    assert_int_equal(ssh("ed25519", port, "head -c 1000000 /dev/zero"), 255);
    assert_int_equal(rig_proxy_bytes(proxy), usual + usual + 100000);
    assert_int_equal(ssh("ed25519", port, "echo hello"), 0);
    assert_int_equal(rig_proxy_connections(proxy), 3);
    rig_proxy_free(proxy);
}

static void fake_spawns(void **state)
{
    static const char *const before[] = {"-c", "cat; printf \"%s|\" \"$@\"; echo oops >&2; exit 3", "sh",
                                         NULL};
    struct proximo_text words[] = {{"shell", 5}, {"a b", 3}, {"", 0}};
    struct fake fake;
    int32_t in, out, err;
    char bytes[64];
    (void)state;
    fake_init(&fake);
    fake_program(&fake, "shell", "sh", before);
    assert_int_equal(fake.host.spawn(&fake.call, "other", words, 3, &in, &out, &err), PROXIMO_EDENIED);
    assert_int_equal(fake.host.spawn(&fake.call, "shell", words, 3, &in, &out, &err), 0);
    assert_int_equal(write(in, "in,", 3), 3);
    (void)close(in);
    size_t n = 0;
    for (ssize_t more; (more = read(out, bytes + n, sizeof(bytes) - n)) > 0;)
        n += (size_t)more;
    assert_int_equal(n, 8);
    assert_memory_equal(bytes, "in,a b||", 8);
    assert_int_equal(read(err, bytes, sizeof(bytes)), 5);
    (void)close(out);
    (void)close(err);
    fake.cancelled = true;
    assert_int_equal(fake.host.spawn(&fake.call, "shell", words, 3, &in, &out, &err), PROXIMO_ECANCELLED);
    assert_int_equal(fake.host.output(&fake.call, 1, words[0]), 0);
    fake_done(&fake);
}

static int set_up(void **state)
{
    (void)state;
    there = rig_start(&rig) == 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (there)
        rig_stop(&rig);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_take_keys), cmocka_unit_test(host_keys_count),
        cmocka_unit_test(agent_helps),       cmocka_unit_test(container_is_another_place),
        cmocka_unit_test(proxy_cuts),        cmocka_unit_test(fake_spawns),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
