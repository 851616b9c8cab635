/* SPDX-License-Identifier: Apache-2.0 */
/* What a plane tries in order to get out of its sandbox, and what comes of it. */
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Attempts that fail with this error, and attempts that end the host. */
static const struct {
    const char *which;
    int error;  /* 0: the host is killed */
    bool loose; /* holds in a sanitizer build too */
} attempts[] = {
    {"open", EPERM, false},        {"library", EPERM, false}, {"create", EPERM, false},
    {"connect", EPERM, true},      {"fork", EPERM, false},    {"code", EPERM, false},
    {"fds", EBADF, false},         {"signal", EPERM, false},  {"dumpable", EPERM, false},
    {"environment", ENOENT, true}, {"exec", 0, false},        {"kill", 0, false},
    {"tgkill", 0, false},          {"ptrace", 0, false},      {"peek", 0, false},
};

static void attempt_all(bool landlock, enum rig_kind kind)
{
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
        char arguments[64];
        struct rig rig;
        struct problem p;
        if (rig_loose() && !attempts[i].loose)
            continue;
        rig_new(&rig, kind, "good,escape", kind == RIG_FOREIGN ? "allow_without_landlock: true" : NULL);
        if (!landlock)
            planes_pretend_no_landlock(rig.planes);
        assert_int_equal(rig_wait(&rig, &p), 0);
        if (attempts[i].error) {
            int result = rig_result(&rig, "escape_run", attempts[i].which);
            if (result != attempts[i].error)
                fail_msg("%s: errno %d (%s) instead of %d", attempts[i].which, result, strerror(result),
                         attempts[i].error);
        } else {
            (void)snprintf(arguments, sizeof(arguments), "{\"which\":\"%s\"}", attempts[i].which);
            assert_true(rig_call(&rig, "escape_run", arguments, 10000, NULL, 0, &p) < 0);
            assert_string_equal(p.code, PX_PLANE);
            if (!strstr(p.cause, "may not make"))
                fail_msg("%s: %s", attempts[i].which, p.cause);
        }
        if (landlock || kind == RIG_BUILTIN)
            rig_good(&rig);
        rig_done(&rig);
    }
}

/* design 2: "A plane never changes anything" */
static void test_with_landlock(void **state)
{
    (void)state;
    if (!planes_landlock())
        skip();
    attempt_all(true, RIG_FOREIGN);
    attempt_all(true, RIG_BUILTIN);
}

/* Without Landlock the second filter alone must hold once the planes are loaded. */
static void test_without_landlock(void **state)
{
    (void)state;
    attempt_all(false, RIG_FOREIGN);
    attempt_all(false, RIG_BUILTIN);
}

/* A constructor runs while libraries can be opened: with Landlock those only. */
static void test_constructor(void **state)
{
    struct rig rig;
    struct problem p;

    (void)state;
    if (!planes_landlock())
        skip();
    rig_new(&rig, RIG_FOREIGN, "good,escape", NULL);
    assert_int_equal(rig_wait(&rig, &p), 0);
    assert_int_equal(rig_result(&rig, "escape_run", "constructor"), EACCES);
    rig_good(&rig);
    rig_done(&rig);
}

/* The test's own proof that the file is there to be read, and that the constructor tried: without Landlock it
 * succeeds. */
static void test_constructor_without_landlock(void **state)
{
    struct rig rig;
    struct problem p;

    (void)state;
    rig_new(&rig, RIG_FOREIGN, "escape", "allow_without_landlock: true");
    planes_pretend_no_landlock(rig.planes);
    assert_int_equal(rig_wait(&rig, &p), 0);
    assert_int_equal(rig_result(&rig, "escape_run", "constructor"), 0);
    rig_done(&rig);
}

static int tests(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_with_landlock),
        cmocka_unit_test(test_without_landlock),
        cmocka_unit_test(test_constructor),
        cmocka_unit_test(test_constructor_without_landlock),
    };
    return cmocka_run_group_tests_name("abi-sandbox", all, NULL, NULL);
}

int main(int argc, char **argv)
{
    return rig_main(argc, argv, tests);
}
