/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of change tools: loads a plane that ships, gives it a guest, and looks at what it told. */
#ifndef PROXIMO_TEST_PLAN_RIG_H
#define PROXIMO_TEST_PLAN_RIG_H

#include "proximo/plane_test.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

PLANE_TEST_FN const struct proximo_plane *plane_load(const char *name)
{
    char path[1200];
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    (void)snprintf(path, sizeof(path), "%s/planes/%s.so", build ? build : ".", name);
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object)
        fail_msg("%s", dlerror());
    union {
        void *object;
        proximo_plane_entry_fn function;
    } entry = {.object = dlsym(object, PROXIMO_PLANE_ENTRY)};
    assert_non_null(entry.object);
    return entry.function(PROXIMO_ABI_MAJOR, PROXIMO_ABI_MINOR);
}

/* A call about guest 105 on pve1. */
PLANE_TEST_FN void guest_init(struct plane_test *t, const char *kind)
{
    plane_test_init(t);
    plane_test_argument(t, "node", "pve1", 1);
    plane_test_argument(t, "kind", kind, 1);
    plane_test_argument(t, "vmid", "105", 1);
}

/* An answer below /nodes/pve1/KIND/105. */
PLANE_TEST_FN void guest_answer(struct plane_test *t, const char *kind, const char *rest, int32_t status,
                                const char *data)
{
    char path[300];
    (void)snprintf(path, sizeof(path), "/nodes/pve1/%s/105%s", kind, rest);
    plane_test_answer(t, path, status, data);
}

/* Another answer than the one that was given first. */
PLANE_TEST_FN void answer_instead(struct plane_test *t, const char *path, int32_t status, const char *data)
{
    for (uint32_t i = 0; i < t->answer_count; i++) {
        if (strcmp(t->answers[i].path, path) == 0) {
            t->answers[i].status = status;
            t->answers[i].data = plane_test_copy(t, data, strlen(data));
            return;
        }
    }
    fail_msg("there is no answer to %s to replace", path);
}

#define AT(kind)                                                                                             \
    "{\"name\":\"node\",\"value\":\"pve1\"},{\"name\":\"kind\",\"value\":\"" kind                            \
    "\"},{\"name\":\"vmid\",\"value\":\"105\"}"

PLANE_TEST_FN void expect_told(const struct plane_test *t, const char *list, uint32_t index,
                               const char *wanted)
{
    const char *told = plane_test_told(t, list, index);
    if (!told && !wanted)
        return;
    if (!told)
        fail_msg("nothing was told as %s %u", list, (unsigned)index);
    if (!wanted)
        fail_msg("%s %u: %s", list, (unsigned)index, told);
    assert_string_equal(told, wanted);
}

/* Somewhere in the list. */
PLANE_TEST_FN bool words_told(const struct plane_test *t, const char *list, const char *words)
{
    for (uint32_t i = 0; i < plane_test_told_count(t, list); i++) {
        if (strstr(plane_test_told(t, list, i), words))
            return true;
    }
    return false;
}

PLANE_TEST_FN void expect_words(const struct plane_test *t, const char *list, const char *words)
{
    if (words_told(t, list, words))
        return;
    fail_msg("nothing in %s has \"%s\"; first: %s", list, words,
             plane_test_told(t, list, 0) ? plane_test_told(t, list, 0) : "none");
}

PLANE_TEST_FN void expect_failure(const struct plane_test *t, int32_t code, int32_t wanted, const char *words)
{
    if (code != wanted || !strstr(t->fail_text, words))
        fail_msg("%d \"%s\" instead of %d \"%s\"", (int)code, t->fail_text, (int)wanted, words);
    assert_int_equal(plane_test_told_count(t, "steps"), 0);
}

#endif
