/* SPDX-License-Identifier: Apache-2.0 */
/* Spans of JSON text against json-c: known cases, random documents, and text that is no JSON at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/json.h"
#include "plane/scan.h"

static struct json_span span_of(const char *text)
{
    return (struct json_span){text, strlen(text)};
}

static void members_and_items(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "c", "d\"e", "n", "missing"};
    struct json_span v[6];
    struct json_span item;
    struct scan scan;
    int64_t n = 0;
    scan_find(span_of(" { \"x\" : {\"a\":9} , \"a\":-12,\"b\" : \"t\\\"}]\" ,\"c\":[1, [2,{\"a\":3}] "
                      ",\"]\"],\"d\\\"e\":true,\"n\":null } "),
              names, 6, v);
    assert_true(scan_int(v[0], &n) && n == -12);
    assert_true(scan_equals(v[1], "t\"}]"));
    assert_true(scan_equals(v[3], "true"));
    assert_true(scan_number(v[3]) == 1);
    assert_null(v[4].ptr);
    assert_null(v[5].ptr);
    assert_int_equal(scan_array(v[2], &scan), 0);
    assert_true(scan_item(&scan, &item) && scan_equals(item, "1"));
    assert_true(scan_item(&scan, &item) && item.len == strlen("[2,{\"a\":3}]"));
    assert_true(scan_item(&scan, &item) && scan_equals(item, "]"));
    assert_false(scan_item(&scan, &item));
    assert_int_not_equal(scan_array(span_of("{}"), &scan), 0);
    assert_int_not_equal(scan_object(span_of(""), &scan), 0);
    assert_int_not_equal(scan_array((struct json_span){0}, &scan), 0);
    assert_int_equal(scan_array(span_of("[]"), &scan), 0);
    assert_false(scan_item(&scan, &item));
    static const char *const escaped[] = {"vmid"};
    scan_find(span_of("{\"v\\u006did\":7}"), escaped, 1, v);
    assert_true(scan_int(v[0], &n) && n == 7);
    assert_false(scan_int(span_of("1.5"), &n));
    assert_false(scan_int(span_of("\"7\""), &n));
    assert_true(scan_number(span_of("1.5")) > 1.4 && scan_number(span_of("\"7\"")) == 0);
    assert_null(scan_parse(span_of("null")));
}

static uint64_t seed = 88172645463325252u;
static unsigned random_below(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed % n);
}

static void put_random(struct buf *b, unsigned depth)
{
    static const char *const scalars[] = {
        "0",        "-1.5e3",          "true",  "false",        "null",           "\"\"", "\"a\"",
        "\"\\\\\"", "\"q\\\"]}{[,:\"", "12345", "\"\\u00e9x\"", "\"caf\xc3\xa9\""};
    static const char *const spaces[] = {"", "", "", " ", "\n\t"};
    unsigned kind = depth ? random_below(4) : 0;
    buf_str(b, spaces[random_below(5)]);
    if (kind < 2) {
        buf_str(b, scalars[random_below(12)]);
    } else {
        unsigned count = random_below(5);
        buf_char(b, kind == 2 ? '[' : '{');
        for (unsigned i = 0; i < count; i++) {
            buf_str(b, i ? "," : "");
            buf_str(b, spaces[random_below(5)]);
            if (kind == 3)
                buf_printf(b, "\"k%u\"%s:", i, spaces[random_below(5)]);
            put_random(b, depth - 1);
        }
        buf_char(b, kind == 2 ? ']' : '}');
    }
    buf_str(b, spaces[random_below(5)]);
}

/* The same value, seen through spans and through objects. */
static void compare(struct json_span text, struct json_object *o)
{
    struct scan scan;
    struct json_span item;
    struct json_span key;
    if (json_object_is_type(o, json_type_array)) {
        assert_int_equal(scan_array(text, &scan), 0);
        for (size_t i = 0; i < json_object_array_length(o); i++) {
            assert_true(scan_item(&scan, &item));
            compare(item, json_object_array_get_idx(o, i));
        }
        assert_false(scan_item(&scan, &item));
    } else if (json_object_is_type(o, json_type_object)) {
        assert_int_equal(scan_object(text, &scan), 0);
        json_object_object_foreach(o, name, member)
        {
            assert_true(scan_member(&scan, &key, &item));
            assert_true(scan_equals(key, name));
            compare(item, member);
        }
        assert_false(scan_member(&scan, &key, &item));
    } else {
        struct json_object *parsed = scan_parse(text);
        assert_string_equal(json_object_to_json_string(parsed), json_object_to_json_string(o));
        json_object_put(parsed);
    }
}

static void random_documents(void **state)
{
    (void)state;
    for (int i = 0; i < 3000; i++) {
        struct buf b = BUF_INIT(1 << 20);
        CLEANUP_JSON struct json_object *o = NULL;
        put_random(&b, 5);
        assert_int_equal(json_parse(b.data, b.len, &o, NULL), 0);
        struct json_span text = {b.data, b.len};
        while (text.len && strchr(" \n\t", *text.ptr)) {
            text.ptr++;
            text.len--;
        }
        while (text.len && strchr(" \n\t", text.ptr[text.len - 1]))
            text.len--;
        compare(text, o);
        buf_done(&b);
    }
}

/* Whatever the bytes: it ends, and stays inside (the sanitizers watch: the copy has no byte to spare). */
static void any_bytes(void **state)
{
    (void)state;
    static const char alphabet[] = "{}[]\",:\\ \n019.e-truefalsn\x01\xff";
    for (int i = 0; i < 50000; i++) {
        size_t len = random_below(24);
        char *text = malloc(len ? len : 1);
        for (size_t k = 0; k < len; k++)
            text[k] = alphabet[random_below(sizeof(alphabet) - 1)];
        static const char *const names[] = {"a", ""};
        struct json_span v[2];
        struct json_span item;
        struct json_span key;
        struct scan scan;
        unsigned steps = 0;
        scan_find((struct json_span){text, len}, names, 2, v);
        if (scan_array((struct json_span){text, len}, &scan) == 0) {
            while (scan_item(&scan, &item))
                assert_true(++steps < 100);
        }
        if (scan_object((struct json_span){text, len}, &scan) == 0) {
            while (scan_member(&scan, &key, &item))
                assert_true(++steps < 200);
        }
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_and_items),
        cmocka_unit_test(random_documents),
        cmocka_unit_test(any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
