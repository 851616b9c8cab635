/* SPDX-License-Identifier: Apache-2.0 */
/* The agent protocol against an agent that sends whatever it likes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plugins/exec/ssh_agent.h"
#include "tests/exec/fake.h"

#include <cmocka.h>

#include "base/clock.h"

#define LIST   12
#define SIGNED 14

struct answer {
    unsigned char at[8192];
    size_t len;
};

static void add_u32(struct answer *a, uint32_t n)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        a->at[a->len++] = (unsigned char)(n >> shift);
}

static void add_string(struct answer *a, const void *text, size_t len)
{
    add_u32(a, (uint32_t)len);
    memcpy(a->at + a->len, text, len);
    a->len += len;
}

static struct answer begin(unsigned type)
{
    struct answer a = {.len = 4};
    a.at[a.len++] = (unsigned char)type;
    return a;
}

static struct answer *finish(struct answer *a)
{
    size_t len = a->len;
    a->len = 0;
    add_u32(a, (uint32_t)len - 4);
    a->len = len;
    return a;
}

static struct answer blob_of(const char *type)
{
    struct answer blob = {.len = 0};
    add_string(&blob, type, strlen(type));
    add_string(&blob, "0123456789abcdef0123456789abcdef", 32);
    return blob;
}

/* A fake host, and an agent that takes one request and answers with these bytes. */
struct stand {
    struct fake fake;
    struct backend_run run;
    struct backend_settings settings;
    struct ssh_work work;
    int fd;
    pid_t agent;
};

enum manner { AT_ONCE, IN_DROPS, THEN_SILENT, THEN_CLOSED };

static void stand_up(struct stand *s, const void *bytes, size_t len, enum manner manner)
{
    int ends[2];
    memset(s, 0, sizeof(*s));
    fake_init(&s->fake);
    fake_run_words(&s->fake, &s->run, "pve1", "true", NULL);
    s->run.deadline_ms = manner == THEN_SILENT ? 300 : 5000;
    ssh_work_begin(&s->work, &s->run, &s->settings);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    s->fd = ends[0];
    s->agent = fork();
    assert_true(s->agent >= 0);
    if (s->agent == 0) {
        unsigned char request[70000];
        (void)close(ends[0]);
        if (read(ends[1], request, sizeof(request)) <= 0)
            _exit(1);
        for (size_t at = 0; at < len;) {
            size_t part = manner == IN_DROPS ? 1 : len - at;
            ssize_t n = write(ends[1], (const char *)bytes + at, part);
            if (n <= 0)
                _exit(1);
            at += (size_t)n;
            if (manner == IN_DROPS)
                (void)usleep(500);
        }
        if (manner == THEN_SILENT)
            (void)sleep(30);
        _exit(0);
    }
    (void)close(ends[1]);
}

static void stand_down(struct stand *s)
{
    (void)close(s->fd);
    (void)kill(s->agent, SIGKILL);
    (void)waitpid(s->agent, NULL, 0);
    fake_done(&s->fake);
}

static int32_t find(struct stand *s, const char *type, struct ssh_agent_key *ret)
{
    char print[SSH_FINGERPRINT_SIZE];
    struct answer blob = blob_of(type);
    assert_true(ssh_fingerprint(blob.at, blob.len, print));
    return ssh_agent_find(&s->work, s->fd, print, ret);
}

static struct answer list_of(const char *const *types, uint32_t count, uint32_t claimed)
{
    struct answer a = begin(LIST);
    add_u32(&a, claimed);
    for (uint32_t i = 0; i < count; i++) {
        struct answer blob = blob_of(types[i]);
        add_string(&a, blob.at, blob.len);
        add_string(&a, "a comment", 9);
    }
    return *finish(&a);
}

static void the_one_key(void **state)
{
    static const char *const types[] = {"ssh-rsa", "garbage", "ecdsa-sha2-nistp256", "ssh-ed25519",
                                        "ssh-dss"};
    static const struct {
        const char *type;
        int32_t result;
        const char *words;
    } rows[] = {{"ssh-ed25519", 0, ""},
                {"ecdsa-sha2-nistp256", 0, ""},
                {"ssh-rsa", PROXIMO_EINVAL, "RSA key"},
                {"ssh-dss", PROXIMO_EINVAL, "cannot use"},
                {"ecdsa-sha2-nistp521", PROXIMO_ENOTFOUND, "5 keys"}};
    (void)state;
    struct answer list = list_of(types, 5, 5);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ssh_agent_key key = {0};
        struct stand s;
        stand_up(&s, list.at, list.len, i % 2 ? IN_DROPS : AT_ONCE);
        assert_int_equal(find(&s, rows[i].type, &key), rows[i].result);
        assert_non_null(strstr(s.fake.fail_text, rows[i].words));
        if (rows[i].result == 0)
            assert_string_equal(ssh_key_type_name(key.type), rows[i].type);
        stand_down(&s);
    }
}

static void hostile_lists(void **state)
{
    static const char *const types[] = {"ssh-ed25519", "ssh-ed25519"};
    struct answer good = list_of(types, 2, 2), many = list_of(types, 2, 3),
                  wild = list_of(types, 2, 0xffffffff);
    struct answer inside = list_of(types, 2, 2), other = begin(SIGNED), refused = begin(5);
    static const unsigned char empty[4] = {0}, huge[4] = {0xff, 0xff, 0xff, 0xff}, large[4] = {0, 4, 0, 1};
    (void)state;
    inside.at[9] = 0x7f; /* the first blob reaches beyond the end */
    (void)finish(&other);
    (void)finish(&refused);
    const struct {
        const void *bytes;
        size_t len;
        enum manner manner;
        int32_t result;
    } rows[] = {
        {many.at, many.len, AT_ONCE, PROXIMO_EPROTO},
        {wild.at, wild.len, AT_ONCE, PROXIMO_EPROTO},
        {inside.at, inside.len, AT_ONCE, PROXIMO_EPROTO},
        {other.at, other.len, AT_ONCE, PROXIMO_EPROTO},
        {refused.at, refused.len, AT_ONCE, PROXIMO_EDENIED},
        {empty, 4, AT_ONCE, PROXIMO_EPROTO},
        {huge, 4, THEN_SILENT, PROXIMO_EPROTO},
        {large, 4, THEN_SILENT, PROXIMO_EPROTO},
        {good.at, good.len - 1, THEN_CLOSED, PROXIMO_EUNAVAIL},
        {good.at, 2, THEN_CLOSED, PROXIMO_EUNAVAIL},
        {good.at, 0, THEN_CLOSED, PROXIMO_EUNAVAIL},
        {good.at, good.len - 1, THEN_SILENT, PROXIMO_EDEADLINE},
        {good.at, 0, THEN_SILENT, PROXIMO_EDEADLINE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ssh_agent_key key = {0};
        struct stand s;
        stand_up(&s, rows[i].bytes, rows[i].len, rows[i].manner);
        int64_t begun = clock_ms();
        int32_t r = find(&s, "ecdsa-sha2-nistp256", &key);
        if (r != rows[i].result)
            fail_msg("row %zu: %d %s", i, r, s.fake.fail_text);
        assert_int_equal(s.fake.fail_code, r);
        assert_null(key.blob.ptr);
        assert_true(clock_ms() - begun < 2000);
        stand_down(&s);
    }
}

/* Every length cut off inside, with the length before it right: never a key, never outside. */
static void cut_lists(void **state)
{
    static const char *const types[] = {"ssh-dss", "ssh-ed25519"};
    struct answer good = list_of(types, 2, 2);
    (void)state;
    for (size_t len = 5; len < good.len - 13; len += 3) {
        struct ssh_agent_key key = {0};
        struct answer part = good;
        struct stand s;
        part.len = len;
        (void)finish(&part);
        stand_up(&s, part.at, part.len, AT_ONCE);
        assert_int_equal(find(&s, "ssh-ed25519", &key), PROXIMO_EPROTO);
        stand_down(&s);
    }
}

static struct answer signature(const char *method, size_t len, int32_t lie)
{
    static const unsigned char bytes[4096] = {0x42};
    struct answer a = begin(SIGNED), inside = {.len = 0};
    add_string(&inside, method, strlen(method));
    add_string(&inside, bytes, len);
    add_u32(&a, (uint32_t)((int32_t)inside.len + lie));
    memcpy(a.at + a.len, inside.at, inside.len);
    a.len += inside.len;
    return *finish(&a);
}

static void signatures(void **state)
{
    const struct {
        const char *method;
        size_t len;
        int32_t lie;
        int32_t result;
    } rows[] = {{"ssh-ed25519", 64, 0, 0},
                {"ssh-rsa", 64, 0, PROXIMO_EPROTO},
                {"ssh-ed25519", 0, 0, PROXIMO_EPROTO},
                {"ssh-ed25519", SSH_SIGNATURE_MOST + 1, 0, PROXIMO_EPROTO},
                {"ssh-ed25519", 64, 1, PROXIMO_EPROTO},
                {"ssh-ed25519", 64, -1, PROXIMO_EPROTO},
                {"", 64, 0, PROXIMO_EPROTO}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct answer a = signature(rows[i].method, rows[i].len, rows[i].lie), blob = blob_of("ssh-ed25519");
        struct ssh_agent_key key = {{blob.at, blob.len}, SSH_KEY_ED25519};
        struct ssh_bytes data = {(const unsigned char *)"to be signed", 12}, made = {0};
        struct stand s;
        stand_up(&s, a.at, a.len, AT_ONCE);
        assert_int_equal(ssh_agent_sign(&s.work, s.fd, &key, &data, &made), rows[i].result);
        if (rows[i].result == 0) {
            assert_int_equal(made.len, 64);
            assert_int_equal(made.ptr[0], 0x42);
        }
        free((void *)(uintptr_t)made.ptr);
        stand_down(&s);
    }
}

static void cancelled(void **state)
{
    struct ssh_agent_key key = {0};
    struct stand s;
    (void)state;
    stand_up(&s, "", 0, THEN_SILENT);
    s.work.deadline_at += 10000;
    int64_t begun = clock_ms();
    s.fake.cancel_at_ms = begun + 200;
    assert_int_equal(find(&s, "ssh-ed25519", &key), PROXIMO_ECANCELLED);
    assert_in_range(clock_ms() - begun, 190, 1000);
    stand_down(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_one_key), cmocka_unit_test(hostile_lists), cmocka_unit_test(cut_lists),
        cmocka_unit_test(signatures),  cmocka_unit_test(cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
