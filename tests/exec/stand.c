/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/exec/stand.h"

#include <cmocka.h>

struct rig rig;
static bool there;

#if defined(__SANITIZE_ADDRESS__)
/* libssh2 1.10 forgets the numbers of an ecdsa key each time it reads one in OpenSSH's format from memory. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libssh2_userauth_publickey_frommemory\n";
}
const char *__asan_default_options(void)
{
    return "fast_unwind_on_malloc=0"; /* libssh2 keeps no frame pointers */
}
#endif

void give_known_hosts(struct stand *s, enum rig_variant variant, enum rig_known what)
{
    char *known = rig_known_hosts(&rig, variant, "pve1", 22, what);
    fake_material(&s->fake, "known_hosts", known, strlen(known));
    free(known);
}

void give_identity(struct stand *s, const char *name)
{
    size_t len = 0;
    char *key = rig_read(&rig, name, &len);
    fake_material(&s->fake, "identity", key, len);
    free(key);
}

void stand_up(struct stand *s, enum rig_variant variant, const char *key)
{
    if (!there)
        skip();
    memset(s, 0, sizeof(*s));
    fake_init(&s->fake);
    fake_endpoint(&s->fake, "pve1", "127.0.0.1", rig_server(&rig, variant));
    give_known_hosts(s, variant, RIG_KNOWN);
    give_identity(s, key);
    s->settings.user = rig.user;
    s->settings.idle_ms = 30000;
    assert_int_equal(backend_libssh2.open(&s->fake.host, &s->settings, &s->state), 0);
}

/* Settings are read at open. */
void stand_again(struct stand *s)
{
    backend_libssh2.close(s->state);
    assert_int_equal(backend_libssh2.open(&s->fake.host, &s->settings, &s->state), 0);
}

void stand_down(struct stand *s)
{
    backend_libssh2.close(s->state);
    fake_done(&s->fake);
}

int32_t shell(struct stand *s, const char *script)
{
    struct backend_run run;
    fake_again(&s->fake);
    fake_run_words(&s->fake, &run, "pve1", "sh", "-c", script, NULL);
    return backend_libssh2.run(s->state, &run);
}

void expect_exit(struct stand *s, const char *script, int status, const char *out)
{
    assert_int_equal(shell(s, script), 0);
    if (!s->fake.exited)
        print_message("%s: fail %d %s, unknown %s\n", script, s->fake.fail_code, s->fake.fail_text,
                      s->fake.unknown_why);
    assert_int_equal(s->fake.exited, 1);
    assert_int_equal(s->fake.unknown, 0);
    assert_int_equal(s->fake.exit_status, status);
    assert_string_equal(s->fake.signal, "");
    if (out)
        assert_string_equal(s->fake.out.kept.data ? s->fake.out.kept.data : "", out);
}

/* Refused with this code and these words, and nothing ran. */
void expect_refusal(struct stand *s, int32_t code, const char *words)
{
    char *made = rig_path(&rig, "ran");
    char script[128];
    (void)snprintf(script, sizeof(script), "touch %s", made);
    assert_int_equal(shell(s, script), code);
    if (!strstr(s->fake.fail_text, words))
        print_message("said: %s\n", s->fake.fail_text);
    assert_non_null(strstr(s->fake.fail_text, words));
    assert_non_null(strstr(s->fake.fail_text, "othing was run"));
    assert_int_equal(s->fake.exited + s->fake.unknown, 0);
    assert_int_not_equal(access(made, F_OK), 0);
    free(made);
}

int stand_set_up(void **state)
{
    (void)state;
    there = rig_start(&rig) == 0;
    return 0;
}

int stand_tear_down(void **state)
{
    (void)state;
    if (there)
        rig_stop(&rig);
    return 0;
}
