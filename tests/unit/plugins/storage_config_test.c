/* SPDX-License-Identifier: Apache-2.0 */
/* pve_storage_create, _update, _delete: what is sent, what is refused before, and which class it is. */
#include "plan_rig.h"

static const struct proximo_plane *plane;

static int load(void **state)
{
    (void)state;
    plane = plane_load("storage");
    return 0;
}

#define DIGEST "\"digest\":\"0123456789012345678901234567890123456789\""
#define DIR                                                                                                  \
    "{\"storage\":\"s1\",\"type\":\"dir\",\"path\":\"/srv/s1\",\"content\":\"images,iso,backup\"," DIGEST "}"
#define NFS                                                                                                  \
    "{\"storage\":\"s1\",\"type\":\"nfs\",\"server\":\"10.0.0.5\",\"export\":\"/x\",\"path\":\"/mnt/pve/"    \
    "s1\",\"nodes\":\"pve1,pve2\",\"shared\":1,\"content\":\"images\",\"prune-backups\":\"keep-last="        \
    "3\"," DIGEST "}"
#define NODES "[{\"node\":\"pve1\",\"status\":\"online\"},{\"node\":\"pve2\",\"status\":\"online\"}]"

static void begin(struct plane_test *t, const char *entry)
{
    char list[1000];
    plane_test_init(t);
    plane_test_argument(t, "storage", "s1", 1);
    plane_test_answer(t, "/storage/s1", entry ? 200 : 500, entry ? entry : "");
    (void)snprintf(list, sizeof(list),
                   "[%s%s{\"storage\":\"other\",\"type\":\"lvm\",\"vgname\":\"vg\",\"base\":"
                   "\"san:0.0.0.lun\"}]",
                   entry ? entry : "", entry ? "," : "");
    plane_test_answer(t, "/storage", 200, list);
    plane_test_answer(t, "/nodes", 200, NODES);
}

static void expect_plan(struct plane_test *t, const char *tool)
{
    int32_t r = plane_test_plan(t, plane, tool);
    if (r)
        fail_msg("%s: %d %s", tool, (int)r, t->fail_text);
}

static void expect_refusal(struct plane_test *t, const char *tool, int32_t wanted, const char *words)
{
    expect_failure(t, plane_test_plan(t, plane, tool), wanted, words);
    plane_test_done(t);
}

static void create_sends_what_was_given(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, NULL);
    plane_test_argument(&t, "storage_type", "nfs", 1);
    plane_test_argument(&t, "server", "10.0.0.9", 1);
    plane_test_argument(&t, "export", "/vm", 1);
    plane_test_argument(&t, "content", "images,iso", 1);
    plane_test_argument(&t, "options", "{\"prune-backups\":\"keep-last=5\",\"mkdir\":false}", 0);
    expect_plan(&t, "pve_storage_create");
    expect_told(
        &t, "steps", 0,
        "{\"kind\":1,\"name\":\"change\",\"method\":\"POST\",\"path\":\"/storage\",\"params\":[{\"name\":"
        "\"storage\",\"value\":\"s1\"},{\"name\":\"type\",\"value\":\"nfs\"},{\"name\":\"content\","
        "\"value\":\"images,iso\"},{\"name\":\"server\",\"value\":\"10.0.0.9\"},{\"name\":\"export\","
        "\"value\":\"/vm\"},{\"name\":\"prune-backups\",\"value\":\"keep-last=5\"},{\"name\":\"mkdir\","
        "\"value\":\"0\"}]}");
    expect_words(&t, "subjects",
                 "\"class\":\"storage.create\",\"subject\":{\"kind\":\"storage\",\"storage\":\"s1\"}");
    expect_words(&t, "undo", "\"kind\":3");
    plane_test_done(&t);
}

static void create_refuses_what_the_type_does_not_take(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, NULL);
    plane_test_argument(&t, "storage_type", "dir", 1);
    plane_test_argument(&t, "path", "/srv/x", 1);
    plane_test_argument(&t, "server", "1.2.3.4", 1);
    expect_refusal(&t, "pve_storage_create", PROXIMO_EINVAL,
                   "type dir takes no server; it takes: content, path");
    begin(&t, NULL);
    plane_test_argument(&t, "storage_type", "nfs", 1);
    plane_test_argument(&t, "server", "1.2.3.4", 1);
    expect_refusal(&t, "pve_storage_create", PROXIMO_EINVAL, "export is missing");
    begin(&t, NULL);
    plane_test_argument(&t, "storage_type", "lvmthin", 1);
    plane_test_argument(&t, "content", "images,backup", 1);
    plane_test_argument(&t, "options", "{\"vgname\":\"a\",\"thinpool\":\"b\"}", 0);
    expect_refusal(&t, "pve_storage_create", PROXIMO_EINVAL,
                   "cannot hold \"backup\": type lvmthin holds images rootdir");
    begin(&t, NULL);
    plane_test_argument(&t, "storage_type", "glusterfs", 1);
    expect_refusal(&t, "pve_storage_create", PROXIMO_EINVAL, "not known any more to Proxmox VE 9");
    begin(&t, DIR);
    plane_test_argument(&t, "storage_type", "dir", 1);
    expect_refusal(&t, "pve_storage_create", PROXIMO_EINVAL, "there is a storage \"s1\" already");
    begin(&t, NULL);
    plane_test_argument(&t, "storage_type", "dir", 1);
    plane_test_argument(&t, "path", "/srv/x", 1);
    plane_test_argument(&t, "nodes", "pve1,pve7", 1);
    expect_refusal(&t, "pve_storage_create", PROXIMO_EINVAL, "no node pve7; it has: pve1,pve2");
}

/* Lesson of the wire: nfs, cifs and the other network types are shared, and refuse to be told. */
static void shared_is_refused_for_types_that_always_are(void **state)
{
    static const char *const types[] = {"nfs", "cifs", "cephfs", "pbs", "rbd", "iscsi", "iscsidirect", "zfs"};
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        begin(&t, NULL);
        plane_test_argument(&t, "storage_type", types[i], 1);
        plane_test_argument(&t, "shared", "true", 0);
        expect_refusal(&t, "pve_storage_create", PROXIMO_EINVAL, "shared is not taken");
    }
    begin(&t, NFS);
    plane_test_argument(&t, "shared", "true", 0); /* although GET says 1 */
    expect_refusal(&t, "pve_storage_update", PROXIMO_EINVAL, "shared is not taken: type nfs");
    begin(&t, DIR);
    plane_test_argument(&t, "shared", "true", 0);
    expect_plan(&t, "pve_storage_update");
    expect_words(&t, "subjects", "\"shared\":\"1\"");
    plane_test_done(&t);
}

/* Lesson 15: PUT with empty nodes lifts the restriction. */
static void empty_nodes_strand_nobody(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, NFS);
    plane_test_argument(&t, "nodes", "", 1);
    expect_plan(&t, "pve_storage_update");
    expect_words(&t, "steps", "{\"name\":\"delete\",\"value\":\"nodes\"}");
    expect_told(&t, "subjects", 0,
                "{\"class\":\"storage.update\",\"subject\":{\"opened\":\"1\",\"kind\":\"storage\","
                "\"storage\":\"s1\"}}");
    plane_test_done(&t);
    begin(&t, DIR); /* nothing is restricted: nothing to do */
    plane_test_argument(&t, "nodes", "", 1);
    expect_plan(&t, "pve_storage_update");
    assert_int_equal(plane_test_told_count(&t, "steps"), 0);
    expect_words(&t, "summary", "nothing to do");
    plane_test_done(&t);
}

static void the_class_follows_what_changes(void **state)
{
    static const struct {
        const char *entry, *name, *value;
        int quoted;
        const char *wanted;
    } cases[] = {
        {NFS, "nodes", "pve1", 1, "\"class\":\"storage.restrict\",\"subject\":{\"nodes\":\"pve1\""},
        {NFS, "nodes", "pve2,pve1", 1, NULL}, /* the same */
        {DIR, "nodes", "pve1", 1, "\"class\":\"storage.restrict\""},
        {DIR, "disable", "true", 0, "\"class\":\"storage.disable\""},
        {DIR, "disable", "false", 0, NULL},
        {DIR, "content", "images", 1,
         "\"class\":\"storage.update\",\"subject\":{\"content_removed\":\"iso,backup\""},
        {DIR, "content", "backup,iso,images,snippets", 1,
         "\"class\":\"storage.update\",\"subject\":{\"kind\":\"storage\""},
        {NFS, "options", "{\"prune-backups\":\"keep-last=1\"}", 0, "\"prune-backups\":\"keep-last=1\""},
        {NFS, "delete", "[\"prune-backups\"]", 0, "\"prune-backups\":\"\""},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(&t, cases[i].entry);
        plane_test_argument(&t, cases[i].name, cases[i].value, cases[i].quoted);
        expect_plan(&t, "pve_storage_update");
        if (cases[i].wanted)
            expect_words(&t, "subjects", cases[i].wanted);
        else
            assert_int_equal(plane_test_told_count(&t, "steps"), 0);
        plane_test_done(&t);
    }
    begin(&t, NFS); /* disabling says more than restricting, and keeps its words */
    plane_test_argument(&t, "disable", "true", 0);
    plane_test_argument(&t, "nodes", "pve1", 1);
    expect_plan(&t, "pve_storage_update");
    expect_words(&t, "subjects", "\"class\":\"storage.disable\"");
    expect_words(&t, "facts", "neither deleted nor moved");
    plane_test_done(&t);
}

static void what_is_fixed_is_refused(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, NFS);
    plane_test_argument(&t, "options", "{\"server\":\"10.0.0.6\"}", 0);
    expect_refusal(&t, "pve_storage_update", PROXIMO_EINVAL, "server of type nfs is given at creation");
    begin(&t, NFS);
    plane_test_argument(&t, "options", "{\"export\":\"/y\"}", 0);
    expect_refusal(&t, "pve_storage_update", PROXIMO_EINVAL, "given at creation");
    begin(&t, DIR);
    plane_test_argument(&t, "options", "{\"password\":\"x\"}", 0);
    expect_refusal(&t, "pve_storage_update", PROXIMO_EINVAL, "is a secret and has a parameter of its own");
    begin(&t, DIR);
    plane_test_argument(&t, "options", "{\"colour\":\"x\"}", 0);
    expect_refusal(&t, "pve_storage_update", PROXIMO_EINVAL, "has no \"colour\"");
}

static void deletion_says_that_data_stays(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, DIR);
    expect_plan(&t, "pve_storage_delete");
    expect_words(&t, "summary", "what is on it stays where it is");
    expect_words(&t, "steps", "\"method\":\"DELETE\",\"path\":\"/storage/{storage}\"");
    expect_words(&t, "subjects", "\"class\":\"storage.delete\"");
    expect_words(&t, "undo", "\"kind\":3");
    plane_test_done(&t);
    plane_test_init(&t);
    plane_test_argument(&t, "storage", "s1", 1);
    plane_test_answer(&t, "/storage/s1", 200, "{\"storage\":\"s1\",\"type\":\"iscsi\"," DIGEST "}");
    plane_test_answer(
        &t, "/storage", 200,
        "[{\"storage\":\"s1\",\"type\":\"iscsi\"},{\"storage\":\"vm\",\"type\":\"lvm\",\"vgname\":"
        "\"vg\",\"base\":\"s1:0.0.0.lun-1\"}]");
    expect_refusal(&t, "pve_storage_delete", PROXIMO_ESTATE, "is what storage \"vm\" is built on");
}

#define GRANT(kind, who, role, more)                                                                         \
    "{\"path\":\"/storage/s1\",\"type\":\"" kind "\",\"ugid\":\"" who "\",\"roleid\":\"" role "\"" more "}"
#define OTHER_GRANTS                                                                                         \
    "{\"path\":\"/storage/s10\",\"type\":\"user\",\"ugid\":\"x@pve\",\"roleid\":\"R\"},"                     \
    "{\"path\":\"/storage\",\"type\":\"user\",\"ugid\":\"x@pve\",\"roleid\":\"R\"}"
#define STEP(name, method, path, params)                                                                     \
    "{\"kind\":1,\"flags\":2,\"name\":\"" name "\",\"method\":\"" method "\",\"path\":\"" path               \
    "\",\"params\":[" params "]}"
#define WITH(name, value) "{\"name\":\"" name "\",\"value\":\"" value "\"}"

static void begin_tied(struct plane_test *t)
{
    begin(t, DIR);
    plane_test_answer(t, "/access/acl", 200,
                      "[" GRANT("user", "a@pve", "Keeper", ",\"propagate\":0") "," OTHER_GRANTS "," GRANT(
                          "token", "a@pve!t1", "Reader", ",\"propagate\":1") "]");
    plane_test_answer(t, "/pools", 200, "[{\"poolid\":\"empty\"},{\"poolid\":\"web/blue\"}]");
    plane_test_answer(t, "/pools?poolid=empty", 200,
                      "[{\"poolid\":\"empty\",\"members\":[{\"type\":\"storage\",\"storage\":\"s10\"}]}]");
    plane_test_answer(t, "/pools?poolid=web%2Fblue", 200,
                      "[{\"poolid\":\"web/blue\",\"members\":[{\"type\":\"storage\",\"storage\":\"s1\"}]}]");
}

/* First the storage, then what stands on it by its name: each as it was, whatever became of the others. */
static void what_hangs_on_a_removed_storage_comes_back(void **state)
{
    struct plane_test t;
    (void)state;
    begin_tied(&t);
    expect_plan(&t, "pve_storage_delete");
    expect_told(&t, "facts", 0,
                "{\"name\":\"grants_that_go\",\"value\":[" GRANT("user", "a@pve", "Keeper",
                                                                 ",\"propagate\":0") "," //
                GRANT("token", "a@pve!t1", "Reader", ",\"propagate\":1") "]}");
    expect_told(&t, "facts", 1, "{\"name\":\"pools_it_leaves\",\"value\":[\"web/blue\"]}");
    expect_words(&t, "facts", "and then brings back what else goes with it");
    expect_words(&t, "undo",
                 "{\"kind\":2,\"steps\":[{\"kind\":1,\"name\":\"change\",\"method\":\"POST\",\"path\":"
                 "\"/storage\",\"params\":[" WITH("storage", "s1") "," WITH("type", "dir"));
    expect_words(&t, "undo",
                 "]}," STEP("grant0", "PUT", "/access/acl",
                            WITH("path", "/storage/s1") "," WITH("roles", "Keeper") "," //
                            WITH("users", "a@pve") "," WITH("propagate", "0")) ","      //
                 STEP("grant1", "PUT", "/access/acl",
                      WITH("path", "/storage/s1") "," WITH("roles", "Reader") "," //
                      WITH("tokens", "a@pve!t1") "," WITH("propagate", "1")) ","  //
                 STEP("pool0", "PUT", "/pools", WITH("poolid", "web/blue") "," WITH("storage", "s1")) "]}");
    for (uint32_t i = 0; i < plane_test_told_count(&t, "facts"); i++)
        assert_null(strstr(plane_test_told(&t, "facts", i), "way_back_incomplete"));
    plane_test_done(&t);
}

/* Whoever cannot see all of it says so before. */
static void a_way_back_that_may_lack_something_says_so(void **state)
{
    static const struct {
        const char *path, *data;
        int32_t status;
        const char *still; /* what comes back all the same */
    } cases[] = {
        {.path = "/access/acl", .data = "", .status = 403, .still = "\"name\":\"pool0\""},
        {.path = "/access/acl", .data = "{}", .status = 200, .still = "\"name\":\"pool0\""},
        {.path = "/pools", .data = "", .status = 403, .still = "\"name\":\"grant1\""},
        {.path = "/pools?poolid=empty", .data = "", .status = 500, .still = "\"name\":\"pool0\""},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin_tied(&t);
        answer_instead(&t, cases[i].path, cases[i].status, cases[i].data);
        expect_plan(&t, "pve_storage_delete");
        expect_words(&t, "facts", "{\"name\":\"way_back_incomplete\"");
        expect_words(&t, "undo", cases[i].still);
        plane_test_done(&t);
    }
}

/* A password or key that goes with the entry: no way back, said before. */
static void secrets_that_go_leave_no_way_back(void **state)
{
    static const struct {
        const char *entry, *words; /* NULL: there is a way back */
    } cases[] = {
        {"{\"storage\":\"s1\",\"type\":\"pbs\",\"server\":\"p\",\"datastore\":\"d\",\"username\":\"u@"
         "pbs\"," DIGEST "}",
         "password of the Backup Server"},
        {"{\"storage\":\"s1\",\"type\":\"pbs\",\"server\":\"p\",\"datastore\":\"d\",\"encryption-key\":\"aa:"
         "bb\"," DIGEST "}",
         "encryption key of the Backup Server"},
        {"{\"storage\":\"s1\",\"type\":\"cifs\",\"server\":\"p\",\"share\":\"d\",\"username\":\"u\"," DIGEST
         "}",
         "password of the share"},
        {"{\"storage\":\"s1\",\"type\":\"cifs\",\"server\":\"p\",\"share\":\"d\"," DIGEST "}", NULL},
        {"{\"storage\":\"s1\",\"type\":\"rbd\",\"monhost\":\"10.0.0.1\",\"pool\":\"vm\"," DIGEST "}",
         "keyring"},
        {"{\"storage\":\"s1\",\"type\":\"rbd\",\"pool\":\"vm\"," DIGEST "}", NULL},
        {"{\"storage\":\"s1\",\"type\":\"cephfs\",\"monhost\":\"10.0.0.1\"," DIGEST "}", "keyring"},
        {"{\"storage\":\"s1\",\"type\":\"iscsi\",\"portal\":\"a\",\"target\":\"b\"," DIGEST "}", NULL},
        {NFS, NULL},
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(&t, cases[i].entry);
        expect_plan(&t, "pve_storage_delete");
        expect_words(&t, "undo", cases[i].words ? "\"kind\":1" : "\"kind\":3");
        if (cases[i].words)
            expect_words(&t, "facts", cases[i].words);
        plane_test_done(&t);
    }
    begin(&t, cases[2].entry);
    plane_test_secret(&t, "password");
    expect_plan(&t, "pve_storage_update");
    expect_words(&t, "steps", "{\"name\":\"password\",\"flags\":1,\"secret\":\"password\"}");
    expect_words(&t, "undo", "\"kind\":1");
    plane_test_done(&t);
}

/* Proxmox puts the storage "local" back with its defaults, on every node. */
static void local_stays(void **state)
{
    static const char entry[] =
        "{\"storage\":\"local\",\"type\":\"dir\",\"path\":\"/var/lib/vz\"," DIGEST "}";
    struct plane_test t;
    (void)state;
    for (int remove = 0; remove < 2; remove++) {
        plane_test_init(&t);
        plane_test_argument(&t, "storage", "local", 1);
        plane_test_answer(&t, "/storage/local", 200, entry);
        plane_test_answer(&t, "/nodes", 200, NODES);
        if (!remove)
            plane_test_argument(&t, "nodes", "pve1", 1);
        expect_refusal(&t, remove ? "pve_storage_delete" : "pve_storage_update",
                       remove ? PROXIMO_ESTATE : PROXIMO_EINVAL,
                       remove ? "puts it back with its defaults" : "on every node");
    }
}

#define RECORD(before, after) "{\"tool\":\"t\",\"before\":[" before "],\"after\":[" after "],\"results\":{}}"

/* GET shows "shared" of an nfs storage, and POST refuses it: the way back leaves it out. */
static void a_removed_storage_is_created_as_it_was(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, NULL);
    assert_int_equal(
        plane_test_plan_undo(&t, plane, "pve_storage_delete",
                             RECORD("{\"/type\":\"nfs\",\"/server\":\"10.0.0.5\",\"/export\":\"/x\","
                                    "\"/path\":\"/mnt/pve/s1\",\"/nodes\":\"pve1,pve2\",\"/shared\":1,"
                                    "\"/content\":\"images\",\"/disable\":{\"absent\":true}}",
                                    "null")),
        0);
    expect_told(
        &t, "steps", 0,
        "{\"kind\":1,\"name\":\"change\",\"method\":\"POST\",\"path\":\"/storage\",\"params\":[{\"name\":"
        "\"storage\",\"value\":\"s1\"},{\"name\":\"type\",\"value\":\"nfs\"},{\"name\":\"server\",\"value\":"
        "\"10.0.0.5\"},{\"name\":\"export\",\"value\":\"/x\"},{\"name\":\"path\",\"value\":\"/mnt/pve/s1\"},"
        "{\"name\":\"nodes\",\"value\":\"pve1,pve2\"},{\"name\":\"content\",\"value\":\"images\"}]}");
    plane_test_done(&t);
}

static void a_type_of_a_third_party_is_left_to_proxmox(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, "{\"storage\":\"s1\",\"type\":\"linstor\",\"content\":\"images\"," DIGEST "}");
    plane_test_argument(&t, "disable", "true", 0);
    expect_plan(&t, "pve_storage_update");
    expect_words(&t, "subjects", "storage.disable");
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(create_sends_what_was_given),
        cmocka_unit_test(create_refuses_what_the_type_does_not_take),
        cmocka_unit_test(shared_is_refused_for_types_that_always_are),
        cmocka_unit_test(empty_nodes_strand_nobody),
        cmocka_unit_test(the_class_follows_what_changes),
        cmocka_unit_test(what_is_fixed_is_refused),
        cmocka_unit_test(deletion_says_that_data_stays),
        cmocka_unit_test(what_hangs_on_a_removed_storage_comes_back),
        cmocka_unit_test(a_way_back_that_may_lack_something_says_so),
        cmocka_unit_test(local_stays),
        cmocka_unit_test(secrets_that_go_leave_no_way_back),
        cmocka_unit_test(a_removed_storage_is_created_as_it_was),
        cmocka_unit_test(a_type_of_a_third_party_is_left_to_proxmox),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
