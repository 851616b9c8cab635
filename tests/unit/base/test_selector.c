/* SPDX-License-Identifier: Apache-2.0 */
/* Selectors against one document, by table. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/selector.h"

static const char document[] =
    "{\"disks\":[{\"id\":\"scsi0\",\"size\":32},{\"id\":\"scsi1\",\"size\":64,\"a\":{\"b\":[true,null]}}],"
    "\"a/"
    "b\":1,\"m~n\":2,\"\":3,\"map\":{\"x\":{\"vmid\":105,\"node\":\"pve1\"},\"y\":{\"vmid\":106,\"on\":true}}"
    ","
    "\"path\":[{\"p\":\"/vms/100\",\"r\":\"ok\"}],\"d\":[{\"v\":1.50}]}";

static const struct {
    const char *selector;
    int r;
    const char *found; /* compact JSON */
} rows[] = {
    {"/disks[id=scsi1]/size", 0, "64"},
    {"/disks/0/size", 0, "32"},
    {"/disks[id=scsi1]/a/b/0", 0, "true"},
    {"/disks/1/a/b/1", 0, "null"},
    {"/disks[size=32]/id", 0, "\"scsi0\""},
    {"/a~1b", 0, "1"},
    {"/m~0n", 0, "2"},
    {"/", 0, "3"},
    {"/map[vmid=105]/node", 0, "\"pve1\""},
    {"/map[on=true]/vmid", 0, "106"},
    {"/path[p=/vms/100]/r", 0, "\"ok\""},
    {"/d[v=1.50]", 0, "{\"v\":1.50}"},
    {"/disks[size>31]/id", 0, "\"scsi0\""},
    {"/disks[size>32]/id", 0, "\"scsi1\""},
    {"/map[vmid>105]/on", 0, "true"},
    {"/disks[id=scsi1][size=64]/a/b/0", 0, "true"},
    {"/disks[size>1][id=scsi1]/size", 0, "64"}, /* not the first that fits the first of them */
    {"/map[on=true][vmid=106]/vmid", 0, "106"},
    {"/disks[id=scsi0][size=64]", -ENOENT, NULL},
    {"/disks[id=scsi0][a=1]/b", -ENOENT, NULL},
    {"/disks[id=scsi0][size]", -EINVAL, NULL},
    {"/disks[size>64]/id", -ENOENT, NULL},
    {"/disks[id>0]", -ENOENT, NULL}, /* a text is no number */
    {"/d[v>1]", -ENOENT, NULL},
    {"/disks[size>]", -EINVAL, NULL},
    {"/disks[size>-1]", -EINVAL, NULL},
    {"/disks[size>9223372036854775808]", -EINVAL, NULL},
    {"/disks[>1]", -EINVAL, NULL},
    {"/disks[id=scsi2]/size", -ENOENT, NULL},
    {"/disks/2", -ENOENT, NULL},
    {"/disks/-", -ENOENT, NULL},
    {"/disks/01", -ENOENT, NULL},
    {"/disks/99999999999999999999", -ENOENT, NULL},
    {"/none/deeper", -ENOENT, NULL},
    {"/a~1b/deeper", -ENOENT, NULL},
    {"/disks/1/a/b/1/deeper", -ENOENT, NULL},
    {"disks", -EINVAL, NULL},
    {"/disks[id", -EINVAL, NULL},
    {"/disks[id=x", -EINVAL, NULL},
    {"/disks[=x]", -EINVAL, NULL},
    {"/disks[id]", -EINVAL, NULL},
    {"/disks]x", -EINVAL, NULL},
    {"/disks[id=scsi0]size", -EINVAL, NULL},
    {"/a~2b", -EINVAL, NULL},
    {"/a~", -EINVAL, NULL},
    {"/none/~", -EINVAL, NULL}, /* malformed behind what is not there */
};

/* design 2: "One selector grammar (JSON pointer plus `[key=value]`) ..." */
static void test_rows(void **state)
{
    CLEANUP_JSON struct json_object *o = NULL;

    (void)state;
    assert_int_equal(json_parse(document, sizeof document - 1, &o, NULL), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CLEANUP_BUF struct buf out = BUF_INIT(1024);
        struct json_object *found = o;
        int r = selector_find(rows[i].selector, o, &found);
        if (r != rows[i].r)
            fail_msg("%s: %d", rows[i].selector, r);
        assert_int_equal(selector_check(rows[i].selector), r == -EINVAL ? -EINVAL : 0);
        if (r < 0) {
            assert_ptr_equal(found, o); /* untouched */
            continue;
        }
        json_put_value(&out, found);
        assert_string_equal(out.data, rows[i].found);
    }
}

static void test_whole_and_limits(void **state)
{
    CLEANUP_JSON struct json_object *o = NULL;
    struct json_object *found = NULL;
    char lengthy[2000];

    (void)state;
    assert_int_equal(json_parse("[{\"vmid\":1}]", 12, &o, NULL), 0);
    assert_int_equal(selector_find("", o, &found), 0);
    assert_ptr_equal(found, o);
    assert_int_equal(selector_find("[vmid=1]/vmid", o, &found), 0);
    assert_int_equal(selector_find("", NULL, &found), 0);
    assert_null(found);
    memset(lengthy, 'a', sizeof lengthy - 1);
    lengthy[0] = '/';
    lengthy[sizeof lengthy - 1] = '\0';
    assert_int_equal(selector_check(lengthy), -EINVAL);
    lengthy[300] = '\0';
    assert_int_equal(selector_check(lengthy), -EINVAL);
    lengthy[200] = '\0';
    assert_int_equal(selector_check(lengthy), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_whole_and_limits)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
