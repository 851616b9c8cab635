/* SPDX-License-Identifier: Apache-2.0 */
/* Name servers, hosts file and options of a node: plans, ways back, what is reached by name; its journal and
 * repositories. */
#include "plan_rig.h"

#define DIGEST "\"digest\":\"0123456789012345678901234567890123456789\""
#define HOSTS  "127.0.0.1 localhost\\n10.0.0.1 pve1.lan pve1\\n10.0.0.5 nas.lan # backup\\n"

static const struct proximo_plane *nodes;

static void begin(struct plane_test *t)
{
    plane_test_init(t);
    plane_test_argument(t, "node", "pve1", 1);
    plane_test_answer(t, "/nodes/pve1/dns", 200, "{\"search\":\"lan\",\"dns1\":\"10.0.0.53\"}");
    plane_test_answer(t, "/nodes/pve1/hosts", 200, "{\"data\":\"" HOSTS "\"," DIGEST "}");
    plane_test_answer(t, "/nodes/pve1/config", 200, "{}");
}

static void name_servers_that_are_not_named_stay(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    plane_test_argument(&t, "dns2", "10.0.0.54", 1);
    assert_int_equal(plane_test_plan(&t, nodes, "pve_node_dns_set"), 0);
    expect_told(
        &t, "steps", 0,
        "{\"kind\":1,\"name\":\"change\",\"method\":\"PUT\",\"path\":\"/nodes/{node}/dns\",\"params\":[{"
        "\"name\":\"node\",\"value\":\"pve1\"},{\"name\":\"search\",\"value\":\"lan\"},{\"name\":\"dns1\","
        "\"value\":\"10.0.0.53\"},{\"name\":\"dns2\",\"value\":\"10.0.0.54\"}]}");
    expect_words(&t, "subjects",
                 "{\"class\":\"node.dns\",\"subject\":{\"kind\":\"node\",\"node\":\"pve1\"}}");
    expect_told(&t, "undo", 0, "{\"kind\":3}");
    plane_test_done(&t);

    begin(&t); /* back: what was absent is not sent again */
    answer_instead(&t, "/nodes/pve1/dns", 200,
                   "{\"search\":\"lan\",\"dns1\":\"10.0.0.53\",\"dns2\":\"10.0.0.54\"}");
    assert_int_equal(plane_test_plan_undo(&t, nodes, "pve_node_dns_set",
                                          "{\"before\":[{\"/search\":\"lan\",\"/dns1\":\"10.0.0.53\",\"/"
                                          "dns2\":{\"absent\":true},\"/dns3\":{"
                                          "\"absent\":true}}],\"after\":[{\"/search\":\"lan\",\"/"
                                          "dns1\":\"10.0.0.53\",\"/dns2\":\"10.0.0.54\","
                                          "\"/dns3\":{\"absent\":true}}]}"),
                     0);
    expect_words(
        &t, "steps",
        "\"params\":[{\"name\":\"node\",\"value\":\"pve1\"},{\"name\":\"search\",\"value\":\"lan\"},{"
        "\"name\":\"dns1\",\"value\":\"10.0.0.53\"}]");
    plane_test_done(&t);

    begin(&t);
    plane_test_argument(&t, "dns1", "ns.lan", 1);
    expect_failure(&t, plane_test_plan(&t, nodes, "pve_node_dns_set"), PROXIMO_EINVAL, "no IP address");
    plane_test_done(&t);

    begin(&t);
    plane_test_argument(&t, "delete", "[\"dns1\"]", 0);
    assert_int_equal(plane_test_plan(&t, nodes, "pve_node_dns_set"), 0);
    expect_words(&t, "risks", "no name server remains");
    plane_test_done(&t);

    begin(&t);
    answer_instead(&t, "/nodes/pve1/dns", 200, "{\"dns1\":\"10.0.0.53\"}");
    plane_test_argument(&t, "dns1", "10.0.0.54", 1);
    expect_failure(&t, plane_test_plan(&t, nodes, "pve_node_dns_set"), PROXIMO_EINVAL, "search is missing");
    plane_test_done(&t);
}

static void the_hosts_file_says_which_names_change(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    plane_test_argument(
        &t, "data",
        "# new\\n127.0.0.1 localhost\\n10.0.0.1 pve1.lan\\tpve1\\n10.0.0.6 NAS.lan\\n10.0.0.7 mon", 1);
    assert_int_equal(plane_test_plan(&t, nodes, "pve_node_hosts_set"), 0);
    expect_words(&t, "subjects", "\"names\":\"nas.lan,mon\"");
    expect_words(&t, "facts", "\"removed\":[\"10.0.0.1 pve1.lan pve1\",\"10.0.0.5 nas.lan # backup\"]");
    expect_words(&t, "steps", "\"method\":\"POST\",\"path\":\"/nodes/{node}/hosts\"");
    expect_words(&t, "steps", "{\"name\":\"digest\",\"value\":\"state:/digest\",\"flags\":2}");
    assert_int_equal(plane_test_told_count(&t, "risks"), 0);
    plane_test_done(&t);

    begin(&t);
    plane_test_argument(&t, "data", "127.0.0.1 localhost pve10\\n", 1);
    assert_int_equal(plane_test_plan(&t, nodes, "pve_node_hosts_set"), 0);
    expect_words(&t, "risks", "no line of the node itself");
    plane_test_done(&t);

    begin(&t);
    plane_test_argument(&t, "data", "127.0.0.1 localhost pve1\\n", 1);
    plane_test_argument(&t, "digest", "9999999999999999999999999999999999999999", 1);
    expect_failure(&t, plane_test_plan(&t, nodes, "pve_node_hosts_set"), PROXIMO_ESTATE, "has changed since");
    plane_test_done(&t);

    begin(&t);
    plane_test_argument(&t, "data", HOSTS, 1);
    assert_int_equal(plane_test_plan(&t, nodes, "pve_node_hosts_set"), 0);
    expect_words(&t, "summary", "nothing to do");
    plane_test_done(&t);
}

/* A node without any option has an empty object: the way back to it is a change, no removal of the node's
 * configuration, for which there is no request. */
static void options_go_back_to_none(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    plane_test_argument(&t, "description", "rack 4", 1);
    plane_test_argument(&t, "startall_onboot_delay", "30", 0);
    assert_int_equal(plane_test_plan(&t, nodes, "pve_node_config_set"), 0);
    expect_words(
        &t, "steps",
        "{\"name\":\"description\",\"value\":\"rack 4\"},{\"name\":\"startall-onboot-delay\",\"value\":"
        "\"30\"}]");
    plane_test_done(&t);

    begin(&t);
    answer_instead(&t, "/nodes/pve1/config", 200,
                   "{\"description\":\"rack 4\\n\",\"startall-onboot-delay\":30," DIGEST "}");
    assert_int_equal(
        plane_test_plan_undo(
            &t, nodes, "pve_node_config_set",
            "{\"before\":[{\"/description\":{\"absent\":true},\"/startall-onboot-delay\":{\"absent\":"
            "true}}],\"after\":[{\"/description\":\"rack 4\\n\",\"/startall-onboot-delay\":30}]}"),
        0);
    expect_words(&t, "steps", "\"method\":\"PUT\",\"path\":\"/nodes/{node}/config\"");
    expect_words(&t, "steps", "{\"name\":\"delete\",\"value\":\"description,startall-onboot-delay\"}");
    plane_test_done(&t);
}

/* ---- names */

#define STORAGES                                                                                             \
    "[{\"storage\":\"nas\",\"type\":\"nfs\",\"server\":\"nas.lan\"},{\"storage\":\"ip\",\"type\":\"nfs\","   \
    "\"server\":\"10.0.0.9\"},{\"storage\":\"six\",\"type\":\"pbs\",\"server\":\"fd00::9\"},{\"storage\":"   \
    "\"ceph\",\"type\":\"rbd\",\"monhost\":\"10.0.0.1:6789 mon2.lan;mon3.lan:6789\"},{\"storage\":"          \
    "\"other\",\"server\":\"far.lan\",\"nodes\":\"pve2\"},{\"storage\":\"off\",\"server\":\"off.lan\","      \
    "\"disable\":1},{\"storage\":\"local\",\"path\":\"/x\"}]"

static void places(struct plane_test *t)
{
    plane_test_init(t);
    plane_test_answer(t, "/storage", 200, STORAGES);
    plane_test_answer(t, "/cluster/config/nodes", 200,
                      "[{\"node\":\"pve1\",\"ring0_addr\":\"10.0.0.1\"},{\"node\":\"pve2\",\"ring0_addr\":"
                      "\"10.0.0.2\",\"ring1_addr\":\"pve2-ring\"}]");
    plane_test_answer(t, "/cluster/metrics/server", 200, "[{\"id\":\"influx\",\"server\":\"metrics.lan\"}]");
    plane_test_answer(t, "/nodes/pve1/hosts", 200, "{\"data\":\"10.0.0.2 pve2-ring\\n\"," DIGEST "}");
    plane_test_answer(t, "/cluster/resources?type=vm", 200,
                      "[{\"type\":\"lxc\",\"vmid\":105,\"node\":\"pve1\"},{\"type\":\"lxc\",\"vmid\":106,"
                      "\"node\":\"pve2\"},{\"type\":\"qemu\",\"vmid\":101,\"node\":\"pve1\"}]");
}

static uint32_t named(const struct plane_test *t, const char *words)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < plane_test_told_count(t, "affected"); i++)
        count += strstr(plane_test_told(t, "affected", i), words) != NULL;
    return count;
}

static void what_is_reached_by_name_is_told(void **state)
{
    struct plane_test t;
    (void)state;
    places(&t);
    assert_int_equal(plane_test_blast(&t, nodes, "node.dns", "{\"kind\":\"node\",\"node\":\"pve1\"}"), 0);
    assert_int_equal(named(&t, "\"storage/nas\""), 1);
    assert_int_equal(named(&t, "\"storage/ceph\""), 2); /* two of its three monitors */
    assert_int_equal(named(&t, "\"storage/ip\""), 0);
    assert_int_equal(named(&t, "\"storage/six\""), 0);
    assert_int_equal(named(&t, "\"storage/other\""), 0); /* not on this node */
    assert_int_equal(named(&t, "off.lan"), 1);
    expect_words(&t, "affected",
                 "off.lan, which other name servers may resolve otherwise or not at all\",\"risk\":1");
    assert_int_equal(named(&t, "pve2-ring"), 0); /* the hosts file knows it */
    assert_int_equal(named(&t, "calls it by the name pve2,"), 1);
    assert_int_equal(named(&t, "does not have its name"), 1); /* of itself */
    assert_int_equal(named(&t, "\"metric-server/influx\""), 1);
    assert_int_equal(named(&t, "\"guest/105\""), 1); /* containers take the node's name servers */
    assert_int_equal(named(&t, "\"guest/"), 1);
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    plane_test_done(&t);

    places(&t); /* without the hosts file every name counts; without a list it is said */
    answer_instead(&t, "/nodes/pve1/hosts", 403, "");
    answer_instead(&t, "/storage", 403, "");
    assert_int_equal(plane_test_blast(&t, nodes, "node.dns", "{\"kind\":\"node\",\"node\":\"pve1\"}"), 0);
    assert_int_equal(named(&t, "pve2-ring"), 1);
    expect_words(&t, "incomplete", "storages that are reached by name");
    plane_test_done(&t);
}

static void only_names_that_change_are_told(void **state)
{
    struct plane_test t;
    (void)state;
    places(&t);
    assert_int_equal(
        plane_test_blast(&t, nodes, "node.hosts",
                         "{\"kind\":\"node\",\"node\":\"pve1\",\"names\":\"MON3.lan,pve2-ring\"}"),
        0);
    assert_int_equal(named(&t, "\"storage/"), 1);
    assert_int_equal(named(&t, "mon3.lan"), 1);
    assert_int_equal(named(&t, "corosync finds it by the name pve2-ring"), 1);
    assert_int_equal(named(&t, "finds its own address"), 0);
    plane_test_done(&t);
    places(&t);
    assert_int_equal(
        plane_test_blast(&t, nodes, "node.hosts", "{\"kind\":\"node\",\"node\":\"pve1\",\"names\":\"\"}"), 0);
    assert_int_equal(plane_test_told_count(&t, "affected"), 1);
    expect_words(&t, "affected", "no name gets another address");
    plane_test_done(&t);
    places(&t);
    assert_int_equal(plane_test_blast(&t, nodes, "node.hosts", "{\"kind\":\"node\",\"node\":\"pve1\"}"), 0);
    assert_int_equal(named(&t, "\"storage/"), 4);
    assert_int_equal(named(&t, "finds its own address"), 1);
    plane_test_done(&t);
}

static void jobs_by_local_time_are_told(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    plane_test_answer(&t, "/cluster/backup", 200,
                      "[{\"id\":\"all\"},{\"id\":\"here\",\"node\":\"pve1\"},{\"id\":\"far\",\"node\":"
                      "\"pve2\"},{\"id\":\"off\",\"enabled\":0}]");
    assert_int_equal(plane_test_blast(&t, nodes, "node.time", "{\"kind\":\"node\",\"node\":\"pve1\"}"), 0);
    assert_int_equal(named(&t, "\"backup-job/all\""), 1);
    assert_int_equal(named(&t, "\"backup-job/here\""), 1);
    assert_int_equal(named(&t, "\"backup-job/"), 2);
    plane_test_done(&t);
    begin(&t);
    plane_test_answer(&t, "/cluster/backup", 403, "");
    assert_int_equal(plane_test_blast(&t, nodes, "node.time", "{\"kind\":\"node\",\"node\":\"pve1\"}"), 0);
    expect_words(&t, "incomplete", "backup jobs");
    plane_test_done(&t);
}

/* ---- reads */

static void the_journal_is_its_newest_lines(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    plane_test_argument(&t, "lastentries", "2", 0);
    plane_test_answer(&t, "/nodes/pve1/journal?lastentries=2", 200,
                      "[\"s=abc;i=1;b=def;m=0;t=1;x=2\",\"one\",\"two\",\"s=abc;i=2;b=def;m=0;t=1;x=2\"]");
    assert_int_equal(plane_test_read(&t, nodes, "pve_node_journal"), 0);
    assert_non_null(strstr(t.reply[0].data, "\"returned\":2,\"truncated\":false"));
    assert_non_null(strstr(t.reply[0].data, "\"lines\":[\"one\",\"two\"]"));
    assert_non_null(strstr(t.reply[0].data, "\"untrusted\":[\"lines\"]"));
    plane_test_done(&t);

    begin(&t); /* of a span Proxmox takes no number */
    plane_test_argument(&t, "lastentries", "2", 0);
    plane_test_argument(&t, "since", "1700000000", 0);
    plane_test_answer(&t, "/nodes/pve1/journal?since=1700000000", 200, "[\"one\",\"two\",\"three\"]");
    assert_int_equal(plane_test_read(&t, nodes, "pve_node_journal"), 0);
    assert_non_null(strstr(t.reply[0].data, "\"truncated\":true"));
    assert_non_null(strstr(t.reply[0].data, "\"lines\":[\"two\",\"three\"]"));
    plane_test_done(&t);
}

/* What does not fit into an answer is cut at the old end. */
static void a_long_journal_is_cut(void **state)
{
    enum { LINES = 5000, SIZE = LINES * 64 };
    struct plane_test t;
    char *data = malloc(SIZE);
    size_t len = 0;
    (void)state;
    assert_non_null(data);
    for (int i = 0; i < LINES; i++)
        len += (size_t)snprintf(data + len, SIZE - len, "%s\"%04d aaaaaaaaa \\u0001\\\"bbbbbbbbbbbbb\"",
                                i ? "," : "[", i);
    (void)snprintf(data + len, SIZE - len, "]");
    begin(&t);
    plane_test_argument(&t, "lastentries", "5000", 0);
    plane_test_answer(&t, "/nodes/pve1/journal?lastentries=5000", 200, data);
    assert_int_equal(plane_test_read(&t, nodes, "pve_node_journal"), 0);
    assert_true(t.reply[0].len < 46000 && t.reply[0].len > 40000);
    assert_non_null(strstr(t.reply[0].data, "\"truncated\":true"));
    assert_non_null(strstr(t.reply[0].data, "\"4999 "));
    assert_null(strstr(t.reply[0].data, "\"0000 "));
    plane_test_done(&t);
    free(data);
}

static void repositories_are_rows(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t);
    plane_test_answer(
        &t, "/nodes/pve1/apt/repositories", 200,
        "{\"files\":[{\"path\":\"/etc/a\",\"digest\":[1],\"repositories\":[{\"Enabled\":1,\"URIs\":["
        "\"u\"]},{\"Enabled\":0,\"Comment\":\"c\"}]}],\"standard-repos\":[{\"handle\":\"h\"}],"
        "\"errors\":[],\"digest\":\"x\"}");
    assert_int_equal(plane_test_read(&t, nodes, "pve_node_apt_repositories"), 0);
    assert_string_equal(
        t.reply[0].data,
        "[{\"path\":\"/etc/a\",\"index\":0,\"enabled\":1,\"uris\":[\"u\"]},{\"path\":\"/etc/a\","
        "\"index\":1,\"enabled\":0,\"comment\":\"c\"}]");
    assert_string_equal(t.reply[1].data, "{\"standard\":[{\"handle\":\"h\"}]}");
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_servers_that_are_not_named_stay),
        cmocka_unit_test(the_hosts_file_says_which_names_change),
        cmocka_unit_test(options_go_back_to_none),
        cmocka_unit_test(what_is_reached_by_name_is_told),
        cmocka_unit_test(only_names_that_change_are_told),
        cmocka_unit_test(jobs_by_local_time_are_told),
        cmocka_unit_test(the_journal_is_its_newest_lines),
        cmocka_unit_test(a_long_journal_is_cut),
        cmocka_unit_test(repositories_are_rows),
    };
    nodes = plane_load("nodes");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
