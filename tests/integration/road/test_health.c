/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pbs_health over sites that are there: a cluster whose storage trusts the Backup Server's fingerprint, then
 * a second cluster that backs up to the same namespace, then one that does not answer.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "road.h"

#define PRINT                                                                                                \
    "5A:1C:E7:90:5A:1C:E7:90:5A:1C:E7:90:5A:1C:E7:90:5A:1C:E7:90:5A:1C:E7:90:5A:1C:E7:90:5A:1C:E7:90"

struct sites {
    struct road vault, clusters[2];
    size_t count;
    struct buf yaml;
};

/* A cluster beside the Backup Server; with namespace prod as one of its storages. */
static void add_cluster(struct sites *s, const char *name, const char *token)
{
    static const char *const demo[] = {"--seed", "demo", "--stale-ms", "0", NULL};
    struct road *road = &s->clusters[s->count++];

    road_start(road, demo, "");
    assert_int_equal(
        road_api(road, "POST", "/storage",
                 "storage=vault&type=pbs&server=10.10.10.6&datastore=main&namespace=prod&content=backup"
                 "&username=backup@pbs!pve&password=secret&fingerprint=" PRINT,
                 NULL),
        200);
    const char *url = simulator_value(&road->sim, "url");
    buf_printf(&s->yaml, "  %s:\n    kind: pve\n    url: %.*s\n    fingerprint: \"%s\"\n    token_file: %s\n",
               name, (int)(strstr(url, "/api2/") - url), url, simulator_value(&road->sim, "fingerprint"),
               simulator_value(&road->sim, token));
}

static void start(struct sites *s)
{
    static const char *const vault[] = {"--seed", "vault", NULL};

    *s = (struct sites){.yaml = BUF_INIT(65536)};
    road_start(&s->vault, vault, "");
}

static struct json_object *health(struct sites *s, const char *arguments)
{
    struct server server;
    bool failed = true;

    assert_true(buf_ok(&s->yaml));
    road_configure(&s->vault, "read", s->yaml.data);
    server_start(&s->vault, &server, NULL);
    struct json_object *answer = server_tool(&server, "pbs_health", arguments, &failed);
    if (failed)
        fail_msg("%s", json_object_to_json_string(answer));
    assert_int_equal(server_stop(&server), 0);
    return answer;
}

static void stop(struct sites *s)
{
    while (s->count > 0)
        road_stop(&s->clusters[--s->count]);
    road_stop(&s->vault);
    buf_done(&s->yaml);
}

static bool says(struct json_object *answer, const char *words)
{
    return strstr(json_object_to_json_string_ext(answer, JSON_C_TO_STRING_NOSLASHESCAPE), words) != NULL;
}

/* Of the cluster's guests main:prod has 100 and 101; ct/104 is none of them, for 104 is a machine. */
static void a_cluster_and_its_backup_server(void **context)
{
    struct sites s;

    (void)context;
    start(&s);
    add_cluster(&s, "lab1", "tokens/root");
    assert_int_equal(road_api(&s.clusters[0], "DELETE", "/storage/pbs-main", NULL, NULL), 200);
    struct json_object *answer = health(&s, "{\"stale_hours\":72}");
    expect(answer, "/guests/0/site", "lab1");
    expect(answer, "/guests/0/guests", "12");
    expect(answer, "/guests/0/templates", "1");
    expect(answer, "/guests/0/covered", "2");
    expect(answer, "/guests/0/ambiguous", "0");
    expect(answer, "/guests/0/all_seen", "false"); /* a storage of the demo is disabled */
    assert_true(says(answer, "site lab1: storage old-nas"));
    assert_false(says(answer, "site lab1: storage vault"));
    assert_true(says(answer, "GUEST-NO-BACKUP"));
    json_object_put(answer);

    /* Files alone are verified by nobody. */
    assert_int_equal(road_api(&s.clusters[0], "DELETE", "/storage/vault", NULL, NULL), 200);
    answer = health(&s, "{\"stale_hours\":72}");
    expect(answer, "/guests/0/covered", "0");
    assert_true(says(answer, "(a file)"));
    json_object_put(answer);
    stop(&s);
}

static void two_clusters_share_a_namespace(void **context)
{
    struct sites s;

    (void)context;
    start(&s);
    add_cluster(&s, "lab1", "tokens/root");
    add_cluster(&s, "lab2", "tokens/root");
    struct json_object *answer = health(&s, "{\"stale_hours\":72}");
    assert_true(says(answer, "GUEST-AMBIGUOUS"));
    assert_true(says(answer, "100 (lab2"));
    assert_true(says(answer, "100 (lab1"));
    json_object_put(answer);
    stop(&s);
}

/* What a lesser token, and a site that does not answer, leave unseen comes first. */
static void what_is_not_seen_comes_first(void **context)
{
    struct sites s;

    (void)context;
    start(&s);
    add_cluster(&s, "lab1", "tokens/narrow-guest105");
    buf_str(&s.yaml, "  gone:\n    kind: pve\n    url: https://127.0.0.1:1\n    fingerprint: \"" PRINT
                     "\"\n    token_file: ");
    buf_printf(&s.yaml, "%s\n", simulator_value(&s.clusters[0].sim, "tokens/root"));
    struct json_object *answer = health(&s, "{}");
    expect(answer, "/complete", "false");
    assert_true(says(answer, "site lab1: guests that its token does not see"));
    assert_true(says(answer, "site lab1: storages that backups may be on"));
    assert_true(says(answer, "site gone: its guests, and what other clusters share with it"));
    expect(answer, "/guests/0/guests", "1");
    json_object_put(answer);
    answer = health(&s, "{\"guests\":false}");
    assert_false(says(answer, "site gone"));
    json_object_put(answer);
    stop(&s);
}

/* A list of backups is whole for those who may back up every guest; the Backup Server's own list needs no
 * right of the cluster's token. */
static void lists_of_backups_may_be_filtered(void **context)
{
    static const char filtered[] = "this token does not see every guest's backups there";
    struct sites s;

    (void)context;
    start(&s);
    add_cluster(&s, "lab1", "tokens/audit-readonly");
    struct json_object *answer = health(&s, "{}");
    assert_true(says(answer, "site lab1: storage nfs-backup"));
    assert_true(says(answer, filtered));
    assert_false(says(answer, "site lab1: storage vault"));
    expect(answer, "/guests/0/guests", "12");
    json_object_put(answer);
    static const char *const roles[] = {"path=/&roles=PVEDatastoreUser&users=audit@pve",
                                        "path=/vms&roles=PVEVMUser&users=audit@pve"};
    for (size_t i = 0; i < 2; i++) {
        if (i == 1) { /* the storage's space alone is not enough */
            answer = health(&s, "{}");
            assert_true(says(answer, filtered));
            json_object_put(answer);
        }
        assert_int_equal(road_api(&s.clusters[0], "PUT", "/access/acl", roles[i], NULL), 200);
    }
    answer = health(&s, "{}");
    assert_false(says(answer, filtered));
    json_object_put(answer);
    stop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cluster_and_its_backup_server),
        cmocka_unit_test(two_clusters_share_a_namespace),
        cmocka_unit_test(what_is_not_seen_comes_first),
        cmocka_unit_test(lists_of_backups_may_be_filtered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
