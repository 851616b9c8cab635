/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pbs_health over sites: which guests of clusters are safe, by the places that each cluster backs up to. What
 * two clusters share is nobody's, what is not seen is told, and nothing else makes a guest safe.
 */
#include "pbs_health_world.h"

#define PRINT "5a:1c:e7:90"
#define OTHER "77:77:77:77"
#define VAULT(ns, more)                                                                                      \
    "{\"storage\":\"vault\",\"type\":\"pbs\",\"content\":\"backup\",\"server\":\"10.0.0.6\",\"datastore\":"  \
    "\"main\",\"namespace\":\"" ns "\"" more "}"
#define TRUSTED ",\"fingerprint\":\"5A:1C:E7:90\""
#define NFS                                                                                                  \
    "{\"storage\":\"nas\",\"type\":\"nfs\",\"content\":\"backup\",\"server\":\"10.0.0.5\",\"export\":\"/"    \
    "b\"}"
#define LOCAL   "{\"storage\":\"local\",\"type\":\"dir\",\"content\":\"backup,iso\",\"path\":\"/var\"}"
#define LIST_AT "/nodes/n1/storage/"
#define VM(id)  "{\"type\":\"qemu\",\"node\":\"n1\",\"vmid\":" id ",\"status\":\"running\"}"
#define CT(id)  "{\"type\":\"lxc\",\"node\":\"n1\",\"vmid\":" id ",\"status\":\"running\"}"
#define FILE_OF(volid, id, age, more)                                                                        \
    "[{\"volid\":\"" volid "\",\"content\":\"backup\",\"vmid\":" id ",\"ctime\":@" age ",\"size\":5000" more \
    "}]"

static void cluster(struct world *w, const char *site, const char *guests, const char *storages)
{
    static const struct {
        const char *path, *data;
    } answers[] = {
        {":/version", "{\"version\":\"9.2.3\"}"},
        {":/nodes", "[{\"node\":\"n1\",\"status\":\"online\"}]"},
        {":" LIST_AT "vault/content?content=backup", "[]"},
        {":" LIST_AT "nas/content?content=backup", "[]"},
        {":" LIST_AT "local/content?content=backup", "[]"},
    };
    char path[200], list[1200];
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s%s", site, answers[i].path);
        world_answer(w, path, answers[i].data);
    }
    (void)snprintf(path, sizeof(path), "%s:/cluster/resources?type=vm", site);
    (void)snprintf(list, sizeof(list), "[%s]", guests);
    world_answer(w, path, list);
    (void)snprintf(path, sizeof(path), "%s:/storage", site);
    (void)snprintf(list, sizeof(list), "[%s]", storages);
    world_answer(w, path, list);
}

static void sites_init(struct world *w, const char *storages)
{
    world_init(w);
    w->t.sites = "[{\"name\":\"test\",\"kind\":\"pbs\"},{\"name\":\"lab\",\"kind\":\"pve\"}]";
    world_answer(w, "/nodes/localhost/status", "{\"info\":{\"fingerprint\":\"" PRINT "\"}}");
    cluster(w, "lab", VM("100"), storages);
}

static void second_cluster(struct world *w, const char *guests, const char *storages)
{
    w->t.sites = "[{\"name\":\"test\",\"kind\":\"pbs\"},{\"name\":\"lab\",\"kind\":\"pve\"},{\"name\":"
                 "\"lab2\",\"kind\":"
                 "\"pve\"}]";
    cluster(w, "lab2", guests, storages);
}

/* One guest of lab (vm 100): how it is counted, and what was told of it. */
static void expect_state(struct world *w, const char *label, const char *state, const char *words)
{
    static const struct {
        const char *state, *code;
    } codes[] = {{"none", "GUEST-NO-BACKUP"},
                 {"old", "GUEST-BACKUP-OLD"},
                 {"not_verified", "GUEST-UNVERIFIED"},
                 {"ambiguous", "GUEST-AMBIGUOUS"}};
    char member[60];
    world_read(w);
    (void)snprintf(member, sizeof(member), "\"%s\":1", state);
    const char *row = strstr(w->t.reply[0].data, "\"site\":\"lab\"");
    const char *end = row ? strchr(row, '}') : NULL, *at = row ? strstr(row, member) : NULL;
    if (!at || at > end)
        fail_msg("%s: not %s: %s", label, state, w->t.reply[0].data);
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (strcmp(codes[i].state, state) == 0)
            expect_finding(&w->t, codes[i].code, words);
    }
}

/* ---- one cluster */

static void a_guest_is_safe_when_it_is_seen_to_be(void **state)
{
    static const struct {
        const char *backups, *state, *words;
    } cases[] = {
        {"vm/100@5:ok", "covered", ""},
        {"vm/100@5:- vm/100@700:ok", "covered", ""},
        {"vm/100@5:- vm/100@721:ok", "not_verified", "100 (verified: 30 days 1 h old)"},
        {"vm/100@5:-", "not_verified", "100 (never verified)"},
        {"vm/100@5:failed", "not_verified", "100 (never verified)"},
        {"vm/100@49:ok", "old", "100 (2 days 1 h)"},
        {"ct/100@5:ok", "none", "100"},   /* another kind of guest */
        {"host/100@5:ok", "none", "100"}, /* no guest at all */
        {"vm/1000@5:ok", "none", "100"},
        {"vm/100@5:open", "none", "100"}, /* not finished */
        {"vm/100@-9:ok", "none", "100"},  /* has not come */
        {"", "none", "100"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world w;
        sites_init(&w, VAULT("prod", TRUSTED));
        world_backups(&w, PROD, cases[i].backups);
        expect_state(&w, cases[i].backups, cases[i].state, cases[i].words);
        plane_test_done(&w.t);
    }
}

/* A copy of the id elsewhere on the server is no cover: nobody knows whose it is. */
static void only_the_place_that_it_backs_up_to_counts(void **state)
{
    static const struct {
        const char *storage, *state;
    } cases[] = {
        {VAULT("prod", TRUSTED), "covered"},
        {VAULT("", TRUSTED), "none"},
        {VAULT("production", TRUSTED), "none"},
        {VAULT("prod", ",\"fingerprint\":\"" OTHER "\""), "none"},
        {VAULT("prod", ""), "none"}, /* its address is not the site's */
        {LOCAL, "none"},
        {"", "none"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world w;
        sites_init(&w, cases[i].storage);
        expect_state(&w, cases[i].storage, cases[i].state, "100");
        plane_test_done(&w.t);
    }
}

static void without_a_fingerprint_the_address_tells(void **state)
{
    static const struct {
        const char *reached, *more, *state;
    } cases[] = {
        {"{\"endpoints\":[{\"host\":\"10.0.0.6\",\"port\":8007}]}", "", "covered"},
        {"{\"endpoints\":[{\"host\":\"vault.lan\",\"port\":8007,\"address\":\"10.0.0.6\"}]}", "", "covered"},
        {"{\"endpoints\":[{\"host\":\"10.0.0.6\",\"port\":8007}]}", ",\"port\":9007", "none"},
        {"{\"endpoints\":[{\"host\":\"10.0.0.6\",\"port\":8007}]}", ",\"fingerprint\":\"" OTHER "\"", "none"},
        {"{\"endpoints\":[{\"host\":\"10.0.0.7\",\"port\":8007}]}", "", "none"},
        {"{\"endpoints\":5}", "", "none"},
        {"[", "", "none"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world w;
        char storage[400];
        (void)snprintf(
            storage, sizeof(storage),
            "{\"storage\":\"vault\",\"type\":\"pbs\",\"server\":\"10.0.0.6\",\"datastore\":\"main\","
            "\"namespace\":\"prod\"%s}",
            cases[i].more);
        sites_init(&w, storage);
        w.t.reached = cases[i].reached;
        expect_state(&w, cases[i].reached, cases[i].state, "100");
        plane_test_done(&w.t);
    }
}

/* A server that does not tell its fingerprint is known by its address. */
static void a_server_without_a_fingerprint_is_known_by_its_address(void **state)
{
    struct world w;
    (void)state;
    sites_init(&w, VAULT("prod", TRUSTED));
    w.t.reached = "{\"endpoints\":[{\"host\":\"10.0.0.6\",\"port\":8007}]}";
    answer_instead(&w.t, "/nodes/localhost/status", 403, "");
    expect_state(&w, "no fingerprint", "covered", "");
    plane_test_done(&w.t);
}

static void what_the_cluster_lists_itself_counts(void **state)
{
    static const struct {
        const char *storage, *path, *list, *state, *words;
    } cases[] = {
        {VAULT("x", ""), "vault",
         FILE_OF("vault:backup/vm/100/t", "100", "5", ",\"verification\":{\"state\":\"ok\"}"), "covered", ""},
        {VAULT("x", ""), "vault", FILE_OF("vault:backup/vm/100/t", "100", "5", ""), "not_verified",
         "never verified"},
        {VAULT("x", ""), "vault", FILE_OF("vault:backup/vm/100/t", "100", "49", ""), "old", "2 days 1 h"},
        {VAULT("x", ""), "vault", FILE_OF("vault:backup/ct/100/t", "100", "5", ""), "none", "100"},
        {VAULT("x", ""), "vault",
         "[{\"volid\":\"vault:backup/vm/100/t\",\"vmid\":100,\"ctime\":@5,\"size\":1}]", "none", "100"},
        {NFS, "nas", FILE_OF("nas:backup/vzdump-qemu-100-t.vma", "100", "5", ""), "not_verified",
         "100 (a file); files on shares"},
        {NFS, "nas", FILE_OF("nas:backup/vzdump-lxc-100-t.tar", "100", "5", ""), "none", "100"},
        {LOCAL, "local", FILE_OF("local:backup/vzdump-qemu-100-t.vma", "100", "50", ""), "old", "2 days 2 h"},
        {LOCAL, "local", FILE_OF("local:backup/vzdump-qemu-100-t.vma", "100", "-9", ""), "none", "100"},
        {LOCAL, "local", FILE_OF("local:backup/vzdump-qemu-101-t.vma", "101", "5", ""), "none", "100"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world w;
        char path[100];
        sites_init(&w, cases[i].storage);
        (void)snprintf(path, sizeof(path), "lab:" LIST_AT "%s/content?content=backup", cases[i].path);
        world_answer(&w, path, cases[i].list);
        expect_state(&w, cases[i].list, cases[i].state, cases[i].words);
        plane_test_done(&w.t);
    }
}

/* ---- two clusters */

static void what_two_clusters_share_is_nobodys(void **state)
{
    static const struct {
        const char *guests, *storage, *state, *words;
    } cases[] = {
        {VM("100"), VAULT("prod", TRUSTED), "ambiguous", "100 (lab2; owner pve@pbs!lab)"},
        {VM("101"), VAULT("prod", TRUSTED), "covered", ""},
        {CT("100"), VAULT("prod", TRUSTED), "covered", ""},
        {VM("100"), VAULT("", TRUSTED), "covered", ""},
        {VM("100"), VAULT("prod", TRUSTED ",\"disable\":1"), "ambiguous", "100 (lab2"},
        {VM("100"), VAULT("prod", ",\"fingerprint\":\"" OTHER "\""), "ambiguous",
         "100 (lab2"}, /* the same address */
        {VM("100"), LOCAL, "covered", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world w;
        sites_init(&w, VAULT("prod", TRUSTED));
        second_cluster(&w, cases[i].guests, cases[i].storage);
        expect_state(&w, cases[i].storage, cases[i].state, cases[i].words);
        plane_test_done(&w.t);
    }
}

/* Guests that are not seen may be the ones. */
static void a_cluster_that_is_seen_in_part_may_have_the_guest(void **state)
{
    struct world w;
    (void)state;
    sites_init(&w, VAULT("prod", TRUSTED));
    second_cluster(&w, VM("555"), VAULT("prod", TRUSTED));
    plane_test_filtered(&w.t, "lab2:/cluster/resources?type=vm");
    expect_state(&w, "filtered", "ambiguous", "100 (lab2");
    expect_words(&w.t, "incomplete", "site lab2: guests that its token does not see");
    plane_test_done(&w.t);
}

static void a_share_of_two_clusters_is_nobodys(void **state)
{
    struct world w;
    (void)state;
    sites_init(&w, NFS);
    second_cluster(&w, VM("100"), NFS);
    world_answer(&w, "lab:" LIST_AT "nas/content?content=backup",
                 FILE_OF("nas:backup/vzdump-qemu-100-t.vma", "100", "5", ""));
    expect_state(&w, "nfs", "ambiguous", "100 (lab2");
    plane_test_done(&w.t);
}

/* The same of what the clusters list of a Backup Server that is no site. */
static void a_backup_server_of_two_clusters_is_nobodys(void **state)
{
    struct world w;
    (void)state;
    sites_init(&w, VAULT("x", ",\"fingerprint\":\"" OTHER "\""));
    second_cluster(&w, VM("100"), VAULT("x", ",\"fingerprint\":\"" OTHER "\""));
    world_answer(&w, "lab:" LIST_AT "vault/content?content=backup",
                 FILE_OF("vault:backup/vm/100/t", "100", "5", ",\"verification\":{\"state\":\"ok\"}"));
    expect_state(&w, "pbs", "ambiguous", "100 (lab2");
    plane_test_done(&w.t);
}

/* A place of its own makes the guest safe, whatever else is shared. */
static void what_is_its_own_counts_beside_what_is_shared(void **state)
{
    struct world w;
    (void)state;
    sites_init(&w, VAULT("prod", TRUSTED) ",{\"storage\":\"own\",\"type\":\"pbs\",\"server\":\"10.0.0.6\","
                                          "\"datastore\":\"main\"" TRUSTED "}");
    second_cluster(&w, VM("100"), VAULT("prod", TRUSTED));
    world_backups(&w, "", "vm/100@5:ok");
    expect_state(&w, "own", "covered", "");
    plane_test_done(&w.t);
}

/* ---- what is not seen */

static void what_is_not_seen_of_a_cluster_is_said(void **state)
{
    static const struct {
        const char *path, *data, *words;
        int32_t status;
        bool filtered;
    } cases[] = {
        {"lab:/version", "", "site lab: its guests, and what other clusters share with it", 596, false},
        {"lab:/cluster/resources?type=vm", "null", "site lab: its guests", 200, false},
        {"lab:/cluster/resources?type=vm", NULL, "site lab: guests that its token does not see", 200, true},
        {"lab:/storage", "null", "site lab: storages that backups may be on", 200, false},
        {"lab:/storage", NULL, "site lab: storages that backups may be on", 200, true},
        {"lab:/nodes", "[]", "site lab: storage all", 200, false},
        {"lab:" LIST_AT "nas/content?content=backup", "", "site lab: storage nas", 500, false},
        {"lab:" LIST_AT "nas/content?content=backup", NULL, "site lab: storage nas", 200, true},
        {"/nodes/localhost/status", "{}", "site test: which Backup Server it is", 200, false},
        {"/nodes/localhost/status", "", "its token needs Sys.Audit on /system/status", 403, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world w;
        sites_init(&w, VAULT("prod", TRUSTED) "," NFS);
        if (cases[i].filtered)
            plane_test_filtered(&w.t, cases[i].path);
        else
            answer_instead(&w.t, cases[i].path, cases[i].status, cases[i].data);
        world_read(&w);
        expect_words(&w.t, "incomplete", cases[i].words);
        if (strncmp(cases[i].path, "lab:", 4) == 0)
            assert_non_null(strstr(w.t.reply[0].data, "\"all_seen\":false"));
        plane_test_done(&w.t);
    }
}

static void a_place_that_the_server_does_not_show_is_asked_of_the_cluster(void **state)
{
    struct world w;
    (void)state;
    sites_init(&w, VAULT("prod", TRUSTED));
    answer_instead(&w.t, SNAPSHOTS PROD, 403, "");
    world_answer(&w, "lab:" LIST_AT "vault/content?content=backup",
                 FILE_OF("vault:backup/vm/100/t", "100", "5", ",\"verification\":{\"state\":\"ok\"}"));
    expect_state(&w, "hidden", "covered", "");
    expect_words(&w.t, "incomplete", "the backups in namespace prod");
    plane_test_done(&w.t);
}

/* Of a namespace that is seen in part the cluster may see more. */
static void a_place_that_is_seen_in_part_is_asked_of_the_cluster_too(void **state)
{
    struct world w;
    (void)state;
    sites_init(&w, VAULT("prod", TRUSTED));
    world_backups(&w, PROD, "vm/7@5:ok");
    plane_test_filtered(&w.t, SNAPSHOTS PROD);
    world_answer(&w, "lab:" LIST_AT "vault/content?content=backup",
                 FILE_OF("vault:backup/vm/100/t", "100", "5", ",\"verification\":{\"state\":\"ok\"}"));
    expect_state(&w, "in part", "covered", "");
    plane_test_done(&w.t);
}

static void a_second_backup_server_is_read_too(void **state)
{
    struct world w;
    (void)state;
    sites_init(&w, VAULT("prod", ",\"fingerprint\":\"" OTHER "\""));
    w.t.sites = "[{\"name\":\"test\",\"kind\":\"pbs\"},{\"name\":\"dc2\",\"kind\":\"pbs\"},{\"name\":\"lab\","
                "\"kind\":"
                "\"pve\"},5,{\"kind\":\"pve\"}]";
    world_answer(&w, "dc2:/admin/datastore", "[{\"store\":\"main\",\"maintenance\":\"offline\"}]");
    world_answer(&w, "dc2:" SPACES, "[{\"ns\":\"\"},{\"ns\":\"prod\"}]");
    world_backups_at(&w, "dc2:" SNAPSHOTS, "");
    world_backups_at(&w, "dc2:" SNAPSHOTS PROD, "vm/100@6:ok vm/7@999:failed");
    world_answer(&w, "dc2:/nodes/localhost/status", "{\"info\":{\"fingerprint\":\"" OTHER "\"}}");
    expect_state(&w, "dc2", "covered", "");
    expect_no_finding(&w.t, "what is wrong with another server is not this one's");
    plane_test_done(&w.t);

    sites_init(&w, VAULT("prod", TRUSTED));
    w.t.sites = "[{\"name\":\"test\",\"kind\":\"pbs\"},{\"name\":\"dc2\",\"kind\":\"pbs\"},{\"name\":\"lab\","
                "\"kind\":"
                "\"pve\"}]";
    expect_state(&w, "dc2 is away", "covered", "");
    expect_words(&w.t, "incomplete", "site dc2: all datastores and what is in them");
    plane_test_done(&w.t);
}

static void two_clusters(struct world *w)
{
    sites_init(w, VAULT("prod", TRUSTED) "," NFS "," LOCAL);
    second_cluster(w, VM("100") "," CT("101"), VAULT("prod", TRUSTED) "," NFS);
    world_answer(w, "lab2:" LIST_AT "nas/content?content=backup",
                 FILE_OF("nas:backup/vzdump-qemu-100-t.vma", "100", "5", ""));
}

/* Each answer in turn is one that makes no sense: the call ends well, and says that it was not read. */
static void no_answer_breaks_it(void **state)
{
    static const struct {
        const char *data;
        bool told; /* for sure */
    } values[] = {
        {"null", true},
        {"5", true},
        {"\"x\"", true},
        {"true", true},
        {"[[[", true},
        {"", true},
        {"[null,5,\"x\",[],{},{\"store\":{}},{\"name\":[]},{\"ns\":5},{\"vmid\":{}},{\"storage\":[]}]",
         false},
        {"[{\"store\":\"main\",\"total\":1e308,\"used\":1e308,\"estimated-full-date\":1e300,\"history\":["
         "1e308],"
         "\"history-start\":-1e308,\"history-delta\":1e308,\"last-run-endtime\":-1e300,\"still-bad\":1e300}]",
         false},
        {"[{\"id\":\"\\u0001\",\"store\":\"main\",\"ns\":\"../"
         "..\",\"max-depth\":-1,\"schedule\":[],\"vmid\":-1,"
         "\"ctime\":1e300,\"volid\":\"\",\"type\":\"qemu\",\"node\":\"n1\",\"storage\":\"\",\"server\":5}]",
         false},
    };
    struct world base;
    (void)state;
    two_clusters(&base);
    world_read(&base);
    assert_true(base.t.asked_count < PLANE_TEST_MOST);
    for (uint32_t i = 0; i < base.t.asked_count; i++) {
        const bool timed =
            strstr(base.t.asked[i], "&since=") != NULL; /* asked otherwise in the next second */
        for (size_t k = 0; !timed && k < sizeof(values) / sizeof(values[0]); k++) {
            struct world w;
            two_clusters(&w);
            answer_instead(&w.t, base.t.asked[i], 200, values[k].data);
            world_read(&w);
            if (values[k].told && !plane_test_told_count(&w.t, "incomplete"))
                fail_msg("%s answered %s, and nothing is said", base.t.asked[i], values[k].data);
            plane_test_done(&w.t);
        }
    }
    plane_test_done(&base.t);
}

static void templates_are_not_judged(void **state)
{
    struct world w;
    (void)state;
    sites_init(&w, VAULT("prod", TRUSTED));
    cluster(&w, "lab", VM("100") ",{\"type\":\"qemu\",\"node\":\"n1\",\"vmid\":900,\"template\":1}",
            VAULT("prod", TRUSTED));
    expect_state(&w, "template", "covered", "");
    assert_non_null(strstr(w.t.reply[0].data, "\"guests\":1,\"templates\":1"));
    expect_no_finding(&w.t, "a template is no guest that runs");
    plane_test_done(&w.t);
}

static void many_guests_are_told_shortly(void **state)
{
    struct world w;
    static char guests[60000];
    size_t len = 0;
    (void)state;
    sites_init(&w, VAULT("prod", TRUSTED));
    for (int i = 0; i < 500; i++)
        len += (size_t)snprintf(guests + len, sizeof(guests) - len, "%s" VM("%d"), i ? "," : "[", 1000 + i);
    (void)snprintf(guests + len, sizeof(guests) - len, "]");
    world_answer(&w, "lab:/cluster/resources?type=vm", guests);
    world_read(&w);
    expect_finding(&w.t, "GUEST-NO-BACKUP", "\"measured\":500");
    expect_finding(&w.t, "GUEST-NO-BACKUP", "1000, 1001, 1002");
    expect_finding(&w.t, "GUEST-NO-BACKUP", " more");
    assert_non_null(strstr(w.t.reply[0].data, "\"none\":500"));
    plane_test_done(&w.t);
}

static void they_are_not_compared_when_nobody_wants_it(void **state)
{
    struct world w;
    (void)state;
    sites_init(&w, VAULT("prod", TRUSTED));
    plane_test_argument(&w.t, "guests", "false", 0);
    world_read(&w);
    assert_null(strstr(w.t.reply[0].data, "\"guests\":["));
    for (uint32_t i = 0; i < w.t.asked_count; i++)
        assert_null(strstr(w.t.asked[i], "lab:"));
    plane_test_done(&w.t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_is_safe_when_it_is_seen_to_be),
        cmocka_unit_test(only_the_place_that_it_backs_up_to_counts),
        cmocka_unit_test(without_a_fingerprint_the_address_tells),
        cmocka_unit_test(a_server_without_a_fingerprint_is_known_by_its_address),
        cmocka_unit_test(what_the_cluster_lists_itself_counts),
        cmocka_unit_test(what_two_clusters_share_is_nobodys),
        cmocka_unit_test(a_cluster_that_is_seen_in_part_may_have_the_guest),
        cmocka_unit_test(a_share_of_two_clusters_is_nobodys),
        cmocka_unit_test(a_backup_server_of_two_clusters_is_nobodys),
        cmocka_unit_test(what_is_its_own_counts_beside_what_is_shared),
        cmocka_unit_test(what_is_not_seen_of_a_cluster_is_said),
        cmocka_unit_test(a_place_that_the_server_does_not_show_is_asked_of_the_cluster),
        cmocka_unit_test(a_place_that_is_seen_in_part_is_asked_of_the_cluster_too),
        cmocka_unit_test(a_second_backup_server_is_read_too),
        cmocka_unit_test(no_answer_breaks_it),
        cmocka_unit_test(templates_are_not_judged),
        cmocka_unit_test(many_guests_are_told_shortly),
        cmocka_unit_test(they_are_not_compared_when_nobody_wants_it),
    };
    return cmocka_run_group_tests(tests, world_load, NULL);
}
