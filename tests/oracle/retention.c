/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which backups a retention keeps, the names of volumes, and which options a type of storage has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "storage.h"

/* Backups of one guest, newest first. */
static const int64_t times[] = {
    1795773600, /* 2026-11-27 10:00, a Friday */
    1795744800, /* 2026-11-27 02:00 */
    1795658400, /* 2026-11-26 02:00 */
    1795140000, /* 2026-11-20 02:00 */
    1793412000, /* 2026-10-31 02:00 */
    1767146400, /* 2025-12-31 02:00 */
};
#define COUNT (sizeof times / sizeof *times)

/* k keep, r remove, p protected, n renamed. */
static const struct {
    const char *rules, *marks;
    int is_protected; /* index; -1: none */
} cases[] = {
    {"keep-last=1", "krrrrr", -1},
    {"keep-last=2", "kkrrrr", -1},
    /* What one rule keeps covers its period for the next. */
    {"keep-last=1,keep-daily=1", "krkrrr", -1},
    {"keep-daily=2", "krkrrr", -1},
    {"keep-daily=1,keep-weekly=2", "krrkkr", -1},
    {"keep-hourly=2", "kkrrrr", -1},
    {"keep-weekly=2", "krrkrr", -1},
    {"keep-monthly=2", "krrrkr", -1},
    {"keep-yearly=5", "krrrrk", -1},
    {"keep-monthly=1,keep-yearly=1", "krrrrk", -1},
    /* A protected one stays and counts for nothing. */
    {"keep-daily=2", "pkkrrr", 0},
    {"keep-last=1", "kprrrr", 1},
    {"keep-all=1", "kkkkkk", -1},
    {"keep-all=1,keep-last=1", "kkkkkk", -1},
    {NULL, "kkkkkk", -1},
    {"", "kkkkkk", -1},
    {"keep-last=0", "kkkkkk", -1},
};

static struct json_object *state_with(int is_protected)
{
    struct json_object *state = json_tokener_parse(
        "{\"nodes\": {}, \"storage\": {\"nas\": {\"type\": \"nfs\", \"content\": \"backup\"}}, "
        "\"volumes\": {\"nas\": []}}");

    for (size_t i = 0; i < COUNT; i++) {
        struct json_object *volume = json_object_new_object();
        time_t when = (time_t)times[i];
        char name[100], text[40];
        struct tm tm;

        (void)gmtime_r(&when, &tm);
        (void)strftime(text, sizeof text, "%Y_%m_%d-%H_%M_%S", &tm);
        (void)snprintf(name, sizeof name, "nas:backup/vzdump-qemu-100-%s.vma.zst", text);
        sim_set_str(volume, "volid", name);
        sim_set_str(volume, "content", "backup");
        sim_set_str(volume, "subtype", "qemu");
        sim_set_int(volume, "vmid", 100);
        sim_set_int(volume, "ctime", times[i]);
        if ((int)i == is_protected)
            sim_set_int(volume, "protected", 1);
        sim_volume_add(state, "pve1", volume);
    }
    return state;
}

static void test_marks(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct json_object *tree = state_with(cases[c].is_protected);
        struct json_object *list = sim_prune_list(tree, "pve1", "nas", "100", NULL, cases[c].rules);
        char marks[COUNT + 1] = "";

        assert_int_equal(json_object_array_length(list), COUNT);
        for (size_t i = 0; i < COUNT; i++)
            marks[i] = *sim_str(json_object_array_get_idx(list, i), "mark", "?");
        if (strcmp(marks, cases[c].marks) != 0)
            print_error("%s\n", cases[c].rules ? cases[c].rules : "(none)");
        assert_string_equal(marks, cases[c].marks);
        json_object_put(list);
        list = sim_prune_list(tree, "pve1", "nas", "101", NULL, cases[c].rules);
        assert_int_equal(json_object_array_length(list), 0);
        json_object_put(list);
        json_object_put(tree);
    }
}

static const struct {
    const char *volid, *content, *vmid, *path; /* content NULL: refused with `path` as the text */
} names[] = {
    {"nas:backup/vzdump-qemu-100-2026_11_27-10_00_00.vma.zst", "backup", "100",
     "/mnt/nas/dump/vzdump-qemu-100-2026_11_27-10_00_00.vma.zst"},
    {"nas:iso/a.iso", "iso", "", "/mnt/nas/template/iso/a.iso"},
    {"nas:vztmpl/a.tar.zst", "vztmpl", "", "/mnt/nas/template/cache/a.tar.zst"},
    {"nas:100/vm-100-disk-0.raw", "images", "100", "/mnt/nas/images/100/vm-100-disk-0.raw"},
    {"nas:vm-100-disk-0", NULL, NULL, "unable to parse directory volume name 'vm-100-disk-0'\n"},
    {"pbs:backup/ct/108/2026-11-27T10:00:00Z", "backup", "108",
     "pbs://u@pbs@b:main/ct/108/2026-11-27T10:00:00Z"},
    {"pbs:backup/host/x/2026-11-27T10:00:00Z", NULL, NULL,
     "unable to parse pbs volume name 'backup/host/x/2026-11-27T10:00:00Z'\n"},
    {"lvm:vm-100-disk-0", "images", "100", "/dev/vg/vm-100-disk-0"},
    {"lvm:100/vm-100-disk-0.raw", NULL, NULL, "unable to parse lvm volume name '100/vm-100-disk-0.raw'\n"},
    {"rbd:base-9-disk-0/vm-109-disk-1", "images", "109", "rbd:vm/vm-109-disk-1"},
    {"gone:vm-100-disk-0", NULL, NULL, "storage 'gone' does not exist\n"},
    {"nothing", NULL, NULL, "unable to parse volume ID 'nothing'\n"},
};

static void test_names(void **state)
{
    struct json_object *tree = json_tokener_parse(
        "{\"storage\": {\"nas\": {\"type\": \"nfs\", \"path\": \"/mnt/nas\"}, "
        "\"pbs\": {\"type\": \"pbs\", \"server\": \"b\", \"datastore\": \"main\", \"username\": \"u@pbs\"}, "
        "\"lvm\": {\"type\": \"lvmthin\", \"vgname\": \"vg\"}, "
        "\"rbd\": {\"type\": \"rbd\", \"pool\": \"vm\"}}}");

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct sim_volume_name name;
        char why[700] = "", path[700];
        int r = sim_volume_parse(tree, names[i].volid, &name, why, sizeof why);

        if (!names[i].content) {
            assert_true(r < 0);
            assert_string_equal(why, names[i].path);
            continue;
        }
        assert_int_equal(r, 0);
        assert_string_equal(name.content, names[i].content);
        assert_string_equal(name.vmid, names[i].vmid);
        sim_volume_path(tree, &name, path, sizeof path);
        assert_string_equal(path, names[i].path);
    }
    json_object_put(tree);
}

static void test_types(void **state)
{
    static const struct {
        const char *type, *key;
        bool known, fixed;
    } options[] = {
        {"dir", "path", true, true},         {"dir", "shared", true, false},
        {"dir", "server", false, false},     {"nfs", "shared", false, false},
        {"nfs", "export", true, true},       {"nfs", "nodes", true, false},
        {"cifs", "shared", false, false},    {"cifs", "domain", true, false},
        {"pbs", "datastore", true, true},    {"pbs", "namespace", true, true},
        {"pbs", "shared", false, false},     {"pbs", "format", false, false},
        {"lvm", "shared", true, false},      {"lvm", "base", true, true},
        {"lvmthin", "shared", false, false}, {"zfspool", "pool", true, true},
        {"rbd", "pool", true, false},        {"rbd", "shared", false, false},
        {"cephfs", "fs-name", true, false},  {"btrfs", "nocow", true, false},
        {"iscsi", "target", true, true},     {"zfs", "blocksize", true, true},
        {"esxi", "server", true, false},     {"iscsidirect", "portal", true, true},
    };

    (void)state;
    assert_null(sim_storage_type("glusterfs"));
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const struct sim_storage_type *type = sim_storage_type(options[i].type);

        assert_non_null(type);
        assert_int_equal(sim_storage_key_known(type, options[i].key), options[i].known);
        assert_int_equal(sim_storage_key_fixed(type, options[i].key), options[i].fixed);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
