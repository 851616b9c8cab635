/* SPDX-License-Identifier: Apache-2.0 */
/* `config show`: every key, its origin, no secret; the canonical text; and docs/configuration.md against the
 * table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "config/config.h"
#include "config/schema.h"

static struct config *load(const char *yaml)
{
    struct config *config = NULL;
    struct problem p = PROBLEM_INIT;

    if (config_load_text("f", yaml, strlen(yaml), &config, &p) < 0)
        fail_msg("%s", p.cause);
    return config;
}

static const char full[] = "sites: {lab: {url: 'https://h', token_file: /t}}\n"
                           "planes: {x: {config: {password: hunter2, list: [hunter3]}}}\n";

static void test_show(void **state)
{
    CLEANUP_BUF struct buf text = BUF_INIT(65536);
    CLEANUP_BUF struct buf json = BUF_INIT(65536);
    CLEANUP_JSON struct json_object *o = NULL;
    struct config *c = load(full);
    struct json_object *values;

    (void)state;
    config_show(c, &text);
    config_show_json(c, &json);
    assert_non_null(strstr(text.data, "sites.lab.endpoints[0].url"));
    assert_non_null(strstr(text.data, "https://h:8006"));
    assert_non_null(strstr(text.data, "f:1\n"));
    assert_non_null(strstr(text.data, "keys: password, list"));
    assert_null(strstr(text.data, "hunter"));
    assert_null(strstr(json.data, "hunter"));
    assert_int_equal(json_parse(json.data, json.len, &o, NULL), 0);
    assert_int_equal(json_get(o, "values", json_type_array, &values), 0);
    assert_int_equal(json_object_array_length(values), c->origin_count);
    config_free(c);
}

/* The same values give the same text; any other value gives another. */
static void test_canonical(void **state)
{
    static const char *const others[] = {
        "",
        "mode: guarded\n",
        "surface: full\n",
        "sites: {lab: {url: 'https://h', token_file: /u}}\n",
        "sites: {lab: {url: 'https://h', token_file: /t, timeout: 31}}\n",
        "planes: []\n",
        "planes: {x: {config: {password: hunter2, list: [hunter4]}}}\n",
        "tools: {deny: [x]}\n",
        "trust: {consent: {guest.start: human}}\n",
        "trust: {consent: {guest.stop: human}}\n",
        "sites: {lab: {url: 'https://h', token_file: /t, consent: human}}\n",
        "limits: {class_per_hour: {guest.stop: 1}}\n",
        "ledger: {redact: false}\n",
    };
    struct config *a = load(full);
    struct config *b =
        load("# other lines\n\nplanes:\n  x:\n    config:\n      password: hunter2\n      list: [hunter3]\n"
             "sites:\n  lab:\n    token_file: /t\n    url: https://H:8006/api2/json\n");

    (void)state;
    assert_string_equal(a->hash_text, b->hash_text);
    config_free(b);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        b = load(others[i]);
        assert_string_not_equal(a->hash_text, b->hash_text);
        config_free(a);
        a = b;
    }
    config_free(a);
}

/* Every key of the table stands in the manual with its meaning. */
static void test_manual(void **state)
{
    CLEANUP_BUF struct buf text = BUF_INIT((size_t)1 << 20);
    CLEANUP_BUF struct buf keys = BUF_INIT((size_t)1 << 20);
    const char *source = getenv("PROXIMO_TEST_SOURCE_DIR");
    char path[4096];

    (void)state;
    config_keys(&keys);
    if (!source)
        skip();
    (void)snprintf(path, sizeof path, "%s/docs/configuration.md", source);
    assert_int_equal(file_read(path, &text), 0);
    for (size_t i = 0; i < schema_count; i++) {
        char cell[256];
        (void)snprintf(cell, sizeof cell, "| `%s` |", schema[i].path);
        if (!strstr(text.data, cell))
            fail_msg("docs/configuration.md lacks %s", schema[i].path);
        assert_non_null(strstr(keys.data, schema[i].doc));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_show), cmocka_unit_test(test_canonical),
                                       cmocka_unit_test(test_manual)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
