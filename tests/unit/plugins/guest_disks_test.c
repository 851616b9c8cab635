/* SPDX-License-Identifier: Apache-2.0 */
/* What the planes share about guests' disks: configurations, the list of guests, who is on a storage. */
#include "proximo/plane_test.h"

#include "plugins/common/guest_disks.h" /* before cmocka.h, whose fail() is a macro */

#include "tests/unit/plugins/plan_rig.h"

static struct guest_disk disks[GUEST_DISKS_MOST];
static uint32_t disk_count;

static void begin(struct plane_test *t)
{
    plane_test_init(t);
    t->kind = PLANE_TEST_BLAST;
}

static int32_t parse(struct plane_test *t, const char *config, bool lxc)
{
    const struct asking a = {plane_test_host(), &t->call};
    struct json_object *o DROP_JSON = json_tokener_parse(config);
    disk_count = 0;
    return guest_disks(&a, o, lxc, disks, GUEST_DISKS_MOST, &disk_count);
}

/* "slot=volid flags" of every disk, in order. */
static void expect_disks(const char *config, bool lxc, const char *wanted)
{
    static const char *const names[] = {"cdrom",  "boot",   "state",    "unused",    "bind",    "device",
                                        "shared", "linked", "nobackup", "noreplica", "vmstate", "empty"};
    struct plane_test t;
    char text[4000] = "";
    size_t len = 0;
    begin(&t);
    assert_int_equal(parse(&t, config, lxc), PROXIMO_OK);
    for (uint32_t i = 0; i < disk_count; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s=%s", i ? "\n" : "", disks[i].slot,
                                disks[i].volid);
        for (uint32_t bit = 0; bit < sizeof(names) / sizeof(names[0]); bit++)
            if (disks[i].flags & (1u << bit))
                len += (size_t)snprintf(text + len, sizeof(text) - len, " %s", names[bit]);
    }
    assert_string_equal(text, wanted);
    plane_test_done(&t);
}

static void test_boot_order_of_a_machine(void **state)
{
    (void)state;
    expect_disks(
        "{\"digest\":\"d\",\"boot\":\"order=scsi1;net0\",\"virtio2\":\"a:vm-1-disk-9,size=1G\","
        "\"scsi0\":\"a:vm-1-disk-0\",\"scsi10\":\"a:vm-1-disk-3\",\"scsi1\":\"a:vm-1-disk-1\","
        "\"scsihw\":\"virtio-scsi-pci\",\"net0\":\"virtio=AA,bridge=vmbr0\"}",
        false, "scsi0=a:vm-1-disk-0\nscsi1=a:vm-1-disk-1 boot\nscsi10=a:vm-1-disk-3\nvirtio2=a:vm-1-disk-9");
    /* the older way */
    expect_disks("{\"digest\":\"d\",\"boot\":\"cdn\",\"bootdisk\":\"sata0\",\"sata0\":\"a:x\",\"ide2\":"
                 "\"iso:iso/a.iso,media=cdrom\",\"ide0\":\"a:y\"}",
                 false, "ide0=a:y\nide2=iso:iso/a.iso cdrom boot\nsata0=a:x boot");
    expect_disks("{\"digest\":\"d\",\"boot\":\"legacy=nc\",\"bootdisk\":\"sata0\",\"sata0\":\"a:x\",\"ide0\":"
                 "\"a:y\"}",
                 false, "ide0=a:y\nsata0=a:x boot");
    /* from the network alone */
    expect_disks("{\"digest\":\"d\",\"boot\":\"order=net0\",\"scsi0\":\"a:x\"}", false, "scsi0=a:x");
    expect_disks("{\"digest\":\"d\",\"boot\":\"n\",\"scsi0\":\"a:x\"}", false, "scsi0=a:x");
}

/* Lesson 8: never "the boot disk is elsewhere" when nobody said where it is. */
static void test_a_boot_disk_that_is_not_known_may_be_any(void **state)
{
    (void)state;
    expect_disks(
        "{\"digest\":\"d\",\"scsi0\":\"a:x\",\"scsi1\":\"b:y\",\"efidisk0\":\"a:e\",\"unused0\":\"a:u\","
        "\"ide2\":\"none,media=cdrom\"}",
        false,
        "ide2=none cdrom boot empty\nscsi0=a:x boot\nscsi1=b:y boot\nefidisk0=a:e state\n"
        "unused0=a:u unused");
    expect_disks("{\"digest\":\"d\",\"boot\":\"order=scsi7\",\"scsi0\":\"a:x\"}", false, "scsi0=a:x boot");
    expect_disks("{\"digest\":\"d\",\"boot\":\"\",\"scsi0\":\"a:x\"}", false, "scsi0=a:x boot");
    expect_disks("{\"digest\":\"d\",\"boot\":\"order=\",\"scsi0\":\"a:x\"}", false, "scsi0=a:x boot");
    expect_disks("{\"digest\":\"d\",\"boot\":\"c\",\"bootdisk\":\"ide0\",\"scsi0\":\"a:x\"}", false,
                 "scsi0=a:x boot");
}

static void test_drives_that_are_no_data(void **state)
{
    (void)state;
    expect_disks(
        "{\"digest\":\"d\",\"boot\":\"order=scsi0\",\"ide0\":\"local:105/vm-105-cloudinit.qcow2\","
        "\"ide1\":\"cdrom,media=cdrom\",\"ide2\":\"local:iso/a.iso,media=cdrom,size=1M\","
        "\"ide3\":\"none,media=cdrom\",\"scsi0\":\"media=disk,file=local:105/vm-105-disk-0.raw\","
        "\"tpmstate0\":\"local-lvm:vm-105-disk-2,size=4M,version=v2.0\",\"unused12\":\"a:vm-105-disk-7\","
        "\"vmstate\":\"local:105/vm-105-state-suspend-2026.raw\"}",
        false,
        "ide0=local:105/vm-105-cloudinit.qcow2 cdrom\nide1=cdrom cdrom device\n"
        "ide2=local:iso/a.iso cdrom\nide3=none cdrom empty\nscsi0=local:105/vm-105-disk-0.raw boot\n"
        "tpmstate0=local-lvm:vm-105-disk-2 state\nunused12=a:vm-105-disk-7 unused\n"
        "vmstate=local:105/vm-105-state-suspend-2026.raw vmstate");
    /* a disk whose name only sounds like it */
    expect_disks("{\"digest\":\"d\",\"boot\":\"n\",\"scsi0\":\"a:vm-1-disk-cloudinit2\"}", false,
                 "scsi0=a:vm-1-disk-cloudinit2");
}

static void test_disks_of_a_container(void **state)
{
    (void)state;
    expect_disks(
        "{\"digest\":\"d\",\"mp0\":\"/srv/share,mp=/share,backup=1,shared=1\",\"rootfs\":"
        "\"local-lvm:vm-106-disk-0,size=4G\",\"mp10\":\"/dev/sdb1,mp=/disk\",\"mp2\":"
        "\"volume=nfs1:106/vm-106-disk-1.raw,mp=/data,size=8G,backup=1,replicate=0\",\"unused0\":"
        "\"local:106/vm-106-disk-2.raw\",\"mp3\":\"nfs1:106/vm-106-disk-3.raw,mp=/x\",\"scsi0\":\"a:b\"}",
        true,
        "rootfs=local-lvm:vm-106-disk-0 boot\nmp0=/srv/share bind shared nobackup\n"
        "mp2=nfs1:106/vm-106-disk-1.raw noreplica\nmp3=nfs1:106/vm-106-disk-3.raw nobackup\n"
        "mp10=/dev/sdb1 device nobackup\nunused0=local:106/vm-106-disk-2.raw unused");
}

static void test_linked_clones_and_options(void **state)
{
    (void)state;
    expect_disks("{\"digest\":\"d\",\"boot\":\"order=scsi0\",\"scsi0\":"
                 "\"local:9000/base-9000-disk-0.qcow2/100/vm-100-disk-0.qcow2,size=8G\",\"scsi1\":"
                 "\"zfs:base-9000-disk-1/vm-100-disk-1,backup=0,shared=1\",\"scsi2\":"
                 "\"local:9000/base-9000-disk-0.qcow2\",\"scsi3\":\"local-lvm:vm-100-disk-3,replicate=no\"}",
                 false,
                 "scsi0=local:9000/base-9000-disk-0.qcow2/100/vm-100-disk-0.qcow2 boot linked\n"
                 "scsi1=zfs:base-9000-disk-1/vm-100-disk-1 shared linked nobackup\n"
                 "scsi2=local:9000/base-9000-disk-0.qcow2\nscsi3=local-lvm:vm-100-disk-3 noreplica");
}

/* Lesson: the volumes of a Backup Server have colons in their times. */
static void test_volids_split_on_the_first_colon(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    assert_int_equal(
        parse(&t,
              "{\"digest\":\"d\",\"boot\":\"n\",\"scsi0\":"
              "\"pbs:backup/vm/105/2026-01-02T03:04:05Z,size=32G\",\"scsi1\":\"/dev/disk/by-id/a:b\","
              "\"scsi2\":\"zfs:base-9000-disk-1/vm-100-disk-1\"}",
              false),
        PROXIMO_OK);
    assert_string_equal(disks[0].storage, "pbs");
    assert_string_equal(disks[0].volid, "pbs:backup/vm/105/2026-01-02T03:04:05Z");
    assert_string_equal(disks[0].size, "32G");
    assert_null(disks[1].storage); /* a path is on no storage */
    assert_true(disks[1].flags & DISK_DEVICE);
    assert_null(disks[1].size);
    assert_string_equal(disks[2].base, "base-9000-disk-1");
    plane_test_done(&t);
}

static void test_an_empty_configuration_is_unread(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    assert_int_equal(parse(&t, "{}", false), PROXIMO_EPROTO);
    assert_int_equal(parse(&t, "null", true), PROXIMO_EPROTO);
    assert_int_equal(parse(&t, "{\"scsi0\":\"a:b\"}", false), PROXIMO_EPROTO);
    assert_int_equal(parse(&t, "{\"digest\":\"d\"}", false), PROXIMO_OK);
    assert_int_equal(disk_count, 0);
    plane_test_done(&t);
}

static void test_sizes(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {
        {"32G", UINT64_C(32) << 30},
        {"4194304K", UINT64_C(4) << 30},
        {"512M", UINT64_C(512) << 20},
        {"2T", UINT64_C(2) << 40},
        {"528384", 528384},
        {"1.5G", UINT64_C(3) << 29},
        {"0", 0},
        {"-5G", 0},
        {"G", 0},
        {"5X", 0},
        {"5GB", 0},
        {"", 0},
        {"99999999999999999T", 0},
        {"1.", 0},
        {"0.5K", 512},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(disk_bytes(cases[i].text), cases[i].bytes);
    assert_int_equal(disk_bytes(NULL), 0);
}

static void test_owner_in_a_volumes_name(void **state)
{
    (void)state;
    assert_int_equal(volume_owner("local:100/vm-100-disk-0.qcow2"), 100);
    assert_int_equal(volume_owner("local:9000/base-9000-disk-0.qcow2/100/vm-100-disk-0.qcow2"), 100);
    assert_int_equal(volume_owner("local-lvm:vm-1005-state-clean"), 1005);
    assert_int_equal(volume_owner("zfs:subvol-7100-disk-1"), 7100);
    assert_int_equal(volume_owner("local:iso/vm.iso"), 0);
    assert_int_equal(volume_owner("lun:0.0.1.scsi-36001"), 0);
    assert_int_equal(volume_owner("vm-100-disk-0"), 0);
}

static void test_files_beside_disks(void **state)
{
    struct plane_test t;
    struct guest_file files[GUEST_FILES_MOST];
    uint32_t count = 0;
    (void)state;
    begin(&t);
    const struct asking a = {plane_test_host(), &t.call};
    struct json_object *config DROP_JSON =
        json_tokener_parse("{\"hookscript\":\"nfs1:snippets/hook.pl\",\"cicustom\":\"user=local:snippets/"
                           "u.yaml,meta=b:snippets/m\"}");
    assert_int_equal(guest_files(&a, config, files, &count), PROXIMO_OK);
    assert_int_equal(count, 3);
    assert_string_equal(files[0].storage, "nfs1");
    assert_string_equal(files[1].slot, "cicustom user");
    assert_string_equal(files[1].volid, "local:snippets/u.yaml");
    assert_string_equal(files[2].storage, "b");
    plane_test_done(&t);
}

/* ---- guests of the cluster */

#define GUESTS "/cluster/resources?type=vm"
static const char guests_json[] =
    "[{\"type\":\"qemu\",\"vmid\":200,\"node\":\"pve2\",\"name\":\"two\",\"status\":\"stopped\"},"
    "{\"type\":\"lxc\",\"vmid\":106,\"node\":\"pve1\",\"name\":\"ct\",\"status\":\"running\",\"hastate\":"
    "\"started\"},"
    "{\"type\":\"qemu\",\"vmid\":100,\"node\":\"pve1\",\"status\":\"running\",\"template\":0},"
    "{\"type\":\"qemu\",\"vmid\":9000,\"node\":\"pve2\",\"name\":\"tpl\",\"status\":\"stopped\",\"template\":"
    "1}]";

static void test_guests_of_the_cluster(void **state)
{
    struct plane_test t;
    struct known_guests guests;
    (void)state;
    begin(&t);
    const struct asking a = {plane_test_host(), &t.call};
    plane_test_answer(&t, GUESTS, 200, guests_json);
    assert_int_equal(guests_list(&a, &guests), PROXIMO_OK);
    assert_int_equal(guests.count, 4);
    assert_true(guests.complete);
    assert_int_equal(guests.rows[0].vmid, 100);
    assert_null(guests.rows[0].name);
    assert_string_equal(guests_find(&guests, 106)->ha, "started");
    assert_true(guests_find(&guests, 106)->lxc && guests_find(&guests, 106)->running);
    assert_true(guests_find(&guests, 9000)->template);
    assert_null(guests_find(&guests, 101));
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    guests_done(&guests);
    plane_test_done(&t);
    begin(&t); /* a list that failed is told */
    plane_test_answer(&t, GUESTS, 500, "");
    assert_int_equal(guests_list(&a, &guests), PROXIMO_OK);
    assert_int_equal(guests.count, 0);
    assert_false(guests.complete);
    expect_words(&t, "incomplete", "the guests of the cluster");
    plane_test_done(&t);
}

static int32_t visit(void *context, struct known_guest *guest)
{
    char *text = context;
    size_t len = strlen(text);
    (void)snprintf(text + len, 400 - len, "%d %s;", (int)guest->vmid,
                   guest->config ? member_text(guest->config, "digest") : guest->why);
    return PROXIMO_OK;
}

static void test_configurations_within_a_budget(void **state)
{
    struct plane_test t;
    struct known_guests guests;
    bool wanted[4] = {true, false, true, true};
    char text[400] = "";
    (void)state;
    begin(&t);
    const struct asking a = {plane_test_host(), &t.call};
    plane_test_answer(&t, GUESTS, 200, guests_json);
    plane_test_answer(&t, "/nodes/pve1/qemu/100/config", 200, "{\"digest\":\"one\"}");
    plane_test_answer(&t, "/nodes/pve2/qemu/200/config", 200, "{}"); /* lesson 11 */
    plane_test_answer(&t, "/nodes/pve2/qemu/9000/config", 200, "{\"digest\":\"never\"}");
    assert_int_equal(guests_list(&a, &guests), PROXIMO_OK);
    assert_int_equal(guests_visit_configs(&a, &guests, wanted, 2, "reading", visit, text), PROXIMO_OK);
    assert_string_equal(text, "100 one;200 its configuration came back empty;9000 " GUESTS_OVER_BUDGET ";");
    assert_null(guests.rows[0].config);
    assert_int_equal(guests_read_configs(&a, &guests, wanted, 10, "reading"), PROXIMO_OK);
    assert_string_equal(member_text(guests_find(&guests, 9000)->config, "digest"), "never");
    assert_non_null(guests_find(&guests, 100)->config);
    assert_null(guests_find(&guests, 106)->config);
    assert_string_equal(guests_find(&guests, 106)->why, "not looked at");
    t.cancelled = 1;
    assert_int_equal(guests_read_configs(&a, &guests, wanted, 10, "reading"), PROXIMO_ECANCELLED);
    guests_done(&guests);
    plane_test_done(&t);
}

static int64_t nearly_over(struct proximo_call *call)
{
    (void)call;
    return 100;
}

static int32_t count_read(void *context, struct known_guest *guest)
{
    uint32_t *counts = context;
    counts[0] += guest->config != NULL;
    counts[1] += !guest->config && strcmp(guest->why, GUESTS_NO_TIME) == 0;
    return PROXIMO_OK;
}

/* What was read before the time is over is told, and the rest is said as unread. */
static void test_configurations_within_the_time(void **state)
{
    struct plane_test t;
    struct proximo_host hurried = *plane_test_host();
    struct known_guest rows[300] = {{0}};
    struct known_guests guests = {rows, 300, true};
    bool wanted[300];
    uint32_t counts[2] = {0, 0};
    (void)state;
    begin(&t);
    hurried.deadline_ms = nearly_over;
    const struct asking a = {&hurried, &t.call};
    for (uint32_t i = 0; i < 300; i++) {
        rows[i] = (struct known_guest){.vmid = 100, .node = "pve1"};
        wanted[i] = true;
    }
    plane_test_answer(&t, "/nodes/pve1/qemu/100/config", 200, "{\"digest\":\"d\"}");
    assert_int_equal(guests_visit_configs(&a, &guests, wanted, 1000, "reading", count_read, counts),
                     PROXIMO_OK);
    assert_in_range(counts[0], 1, 200);
    assert_int_equal(counts[0] + counts[1], 300);
    plane_test_done(&t);
}

/* ---- who is on a storage */

#define NODES                                                                                                \
    "[{\"node\":\"pve1\",\"status\":\"online\"},{\"node\":\"pve2\",\"status\":\"online\"},"                  \
    "{\"node\":\"pve3\",\"status\":\"offline\"}]"

/* The vmids wanted, and how many volumes came. */
static void owners(struct plane_test *t, const char *config, bool tell, const char *wanted_text,
                   size_t volumes)
{
    const struct asking a = {plane_test_host(), &t->call};
    struct known_guests guests;
    struct json_object *o DROP_JSON = json_tokener_parse(config);
    struct json_object *rows DROP_JSON = NULL;
    bool wanted[8] = {0};
    char text[100] = "";
    plane_test_answer(t, GUESTS, 200, guests_json);
    plane_test_answer(t, "/nodes", 200, NODES);
    assert_int_equal(guests_list(&a, &guests), PROXIMO_OK);
    assert_int_equal(storage_owners(&a, "s1", o, &guests, wanted, tell, &rows), PROXIMO_OK);
    for (uint32_t i = 0; i < guests.count; i++) {
        size_t len = strlen(text);
        if (wanted[i])
            (void)snprintf(text + len, sizeof(text) - len, "%d ", (int)guests.rows[i].vmid);
    }
    assert_string_equal(text, wanted_text);
    assert_int_equal(json_object_array_length(rows), volumes);
}

#define CONTENT1                                                                                             \
    "[{\"volid\":\"s1:100/vm-100-disk-0.raw\",\"vmid\":100,\"content\":\"images\"},"                         \
    "{\"volid\":\"s1:backup/vzdump-qemu-106-x.zst\",\"vmid\":106,\"content\":\"backup\"},"                   \
    "{\"volid\":\"s1:iso/a.iso\",\"content\":\"iso\"},{\"volid\":\"s1:vm-777-disk-0\",\"vmid\":777}]"

static void test_owners_on_a_local_storage(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    plane_test_answer(&t, "/nodes/pve1/storage/s1/content", 200, CONTENT1);
    plane_test_answer(&t, "/nodes/pve2/storage/s1/content", 200,
                      "[{\"volid\":\"s1:9000/base-9000-disk-0.raw\",\"content\":\"images\"}]");
    owners(&t, "{\"storage\":\"s1\",\"type\":\"dir\"}", true, "100 9000 ", 5);
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 1);
    expect_words(&t, "incomplete", "on node pve3");
    plane_test_done(&t);
    begin(&t); /* restricted to a node: the others are not asked */
    plane_test_answer(&t, "/nodes/pve1/storage/s1/content", 200, CONTENT1);
    owners(&t, "{\"storage\":\"s1\",\"type\":\"dir\",\"nodes\":\"pve1,pve9\"}", true, "100 ", 4);
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    plane_test_done(&t);
    begin(&t); /* a node whose list fails: all its guests may be on it; told only if wished */
    plane_test_answer(&t, "/nodes/pve1/storage/s1/content", 200, "[]");
    plane_test_answer(&t, "/nodes/pve2/storage/s1/content", 500, "");
    owners(&t, "{\"storage\":\"s1\",\"type\":\"dir\"}", false, "200 9000 ", 0);
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    plane_test_done(&t);
}

static void test_owners_on_a_shared_storage(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    plane_test_answer(&t, "/nodes/pve1/storage/s1/content", 500, "");
    plane_test_answer(&t, "/nodes/pve2/storage/s1/content", 200, CONTENT1);
    owners(&t, "{\"storage\":\"s1\",\"type\":\"nfs\"}", true, "100 ", 4);
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    plane_test_done(&t);
    begin(&t);
    owners(&t, "{\"storage\":\"s1\",\"type\":\"dir\",\"shared\":1}", true, "100 106 200 9000 ", 0);
    expect_words(&t, "incomplete", "what is on storage s1");
    plane_test_done(&t);
    begin(&t); /* nobody may look into what is disabled */
    plane_test_answer(&t, "/nodes/pve1/storage/s1/content", 200, CONTENT1);
    owners(&t, "{\"storage\":\"s1\",\"type\":\"nfs\",\"disable\":1}", true, "100 106 200 9000 ", 0);
    expect_words(&t, "incomplete", "disabled");
    plane_test_done(&t);
}

static void test_entries_of_storage_cfg(void **state)
{
    struct json_object *nfs DROP_JSON = json_tokener_parse("{\"type\":\"nfs\",\"nodes\":\"pve1,pve10\"}");
    struct json_object *dir DROP_JSON = json_tokener_parse("{\"type\":\"dir\",\"nodes\":\"\"}");
    (void)state;
    assert_true(storage_is_shared(nfs));
    assert_false(storage_is_shared(dir));
    assert_true(storage_on_node(nfs, "pve10"));
    assert_false(storage_on_node(nfs, "pve"));
    assert_false(storage_on_node(nfs, "pve100"));
    assert_true(storage_on_node(dir, "pve1")); /* lesson 15: empty is no restriction */
    assert_true(storage_on_node(NULL, "pve1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boot_order_of_a_machine),
        cmocka_unit_test(test_a_boot_disk_that_is_not_known_may_be_any),
        cmocka_unit_test(test_drives_that_are_no_data),
        cmocka_unit_test(test_disks_of_a_container),
        cmocka_unit_test(test_linked_clones_and_options),
        cmocka_unit_test(test_volids_split_on_the_first_colon),
        cmocka_unit_test(test_an_empty_configuration_is_unread),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_owner_in_a_volumes_name),
        cmocka_unit_test(test_files_beside_disks),
        cmocka_unit_test(test_guests_of_the_cluster),
        cmocka_unit_test(test_configurations_within_a_budget),
        cmocka_unit_test(test_configurations_within_the_time),
        cmocka_unit_test(test_owners_on_a_local_storage),
        cmocka_unit_test(test_owners_on_a_shared_storage),
        cmocka_unit_test(test_entries_of_storage_cfg),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
