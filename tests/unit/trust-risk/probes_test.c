/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fixed commands of the exec plane run without a plan and without a person. Each must be one that the
 * core, which judges commands by its own table, knows as a read.
 */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/probe_table.h"
#include "proximo/plane.h"
#include "trust/risk.h"
#include "trust/risk_command.h"

#define WORDS_MOST 64

/* What a caller may give at the most unlike: a parameter is one whole word. */
static const struct {
    const char *name, *samples[3];
} params[] = {
    {"{vmid}", {"105", "999999999", "100"}},
    {"{lines}", {"1", "5000", "50"}},
    {"{unit}", {"nginx", "postgresql@15-main.service", "dev-disk-by\\x2dpath-a:b.swap"}},
    {"{io", {"/proc/1/io", "/proc/4194304/io", "/proc/77/io"}}, /* io1 ... io8 */
};

static const char *sample_of(const char *word, size_t n)
{
    if (*word != '{')
        return word;
    for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++)
        if (strncmp(word, params[i].name, strlen(params[i].name)) == 0)
            return params[i].samples[n];
    fail_msg("no sample of the parameter %s", word);
    return NULL;
}

static const struct proximo_plane *plane(void)
{
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    char path[1200];

    (void)snprintf(path, sizeof(path), "%s/planes/exec.so", build ? build : ".");
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

static void judge(const struct proximo_probe *probe, size_t n, struct command_risk *ret)
{
    const struct proximo_field *argv = probe->argv.rows;
    struct command_word words[WORDS_MOST];

    assert_true(probe->argv.count > 4 && probe->argv.count <= WORDS_MOST);
    for (uint32_t i = 0; i < probe->argv.count; i++) {
        const char *word = sample_of(argv[i].value, n);
        words[i] = (struct command_word){word, strlen(word), true};
    }
    risk_command(words, probe->argv.count, NULL, 0, ret);
}

static void every_probe_is_a_read(void **state)
{
    const struct proximo_plane *exec = plane();
    const struct proximo_probe *probes = exec->probes.rows;

    (void)state;
    assert_true(exec->probes.count >= 9);
    for (uint32_t i = 0; i < exec->probes.count; i++) {
        for (size_t n = 0; n < 3; n++) {
            struct command_risk risk;
            judge(&probes[i], n, &risk);
            if (risk.risk != RISK_LOW || risk.destroys || risk.cuts_off)
                fail_msg("%s: %s", probes[i].name, risk.why);
        }
    }
}

/* Those in machines, of the core's own table. */
static void every_command_in_a_machine_is_a_read(void **state)
{
    size_t count = 0, commands = 0;
    const struct http_probe_row *rows = http_probe_rows(&count);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        struct command_word words[WORDS_MOST];
        struct command_risk risk;
        size_t n = 0;
        for (const char *at = rows[i].command; at && *at && n < WORDS_MOST; n++) {
            const size_t len = strcspn(at, " ");
            words[n] = (struct command_word){at, len, true};
            at += len + (at[len] == ' ');
        }
        if (n == 0)
            continue;
        commands++;
        risk_command(words, n, NULL, 0, &risk);
        if (risk.risk != RISK_LOW || risk.destroys || risk.cuts_off)
            fail_msg("%s: %s", rows[i].command, risk.why);
    }
    assert_true(commands >= 7);
}

/* `pct exec 105 -- WORDS`, and by the executor that looks at these words again. */
static void every_probe_runs_inside(void **state)
{
    static const char *const before[] = {"pct", "exec", "{vmid}", "--"};
    const struct proximo_plane *exec = plane();
    const struct proximo_probe *probes = exec->probes.rows;

    (void)state;
    for (uint32_t i = 0; i < exec->probes.count; i++) {
        const struct proximo_field *argv = probes[i].argv.rows;
        for (size_t k = 0; k < sizeof(before) / sizeof(before[0]); k++)
            assert_string_equal(argv[k].value, before[k]);
        assert_non_null(probes[i].executor);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_probe_is_a_read),
        cmocka_unit_test(every_probe_runs_inside),
        cmocka_unit_test(every_command_in_a_machine_is_a_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
