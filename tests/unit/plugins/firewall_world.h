/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of what a change of a firewall does: two nodes, two guests, a caller from elsewhere. Single
 * quotes stand for double. */
#ifndef PROXIMO_TEST_FIREWALL_WORLD_H
#define PROXIMO_TEST_FIREWALL_WORLD_H

#include "plan_rig.h"

static const struct proximo_plane *firewall;

PLANE_TEST_FN void put(struct plane_test *t, const char *path, int32_t status, const char *text)
{
    char *copy = plane_test_copy(t, text, strlen(text));
    for (char *at = copy; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    for (uint32_t i = 0; i < t->answer_count; i++) {
        if (strcmp(t->answers[i].path, path) == 0) {
            answer_instead(t, path, status, copy);
            return;
        }
    }
    plane_test_answer(t, path, status, copy);
}

#define OK(path, text) put(&t, path, 200, text)

PLANE_TEST_FN void put_node(struct plane_test *t, const char *node, const char *cidr)
{
    char path[200], text[300];
    (void)snprintf(path, sizeof(path), "/nodes/%s/firewall/options", node);
    put(t, path, 200, "{}");
    (void)snprintf(path, sizeof(path), "/nodes/%s/firewall/rules", node);
    put(t, path, 200, "[]");
    (void)snprintf(path, sizeof(path), "/nodes/%s/network", node);
    (void)snprintf(text, sizeof(text), "[{'iface':'vmbr0','type':'bridge','cidr':'%s'}]", cidr);
    put(t, path, 200, text);
}

/* Two nodes with the firewall on and nothing but its built-in rules; who calls is an operator from elsewhere.
 */
PLANE_TEST_FN void begin(struct plane_test *t)
{
    plane_test_init(t);
    t->reached = "{\"local\":\"203.0.113.5\",\"endpoints\":[{\"host\":\"pve1\",\"port\":8006,\"address\":"
                 "\"10.0.0.11\"}],\"operator_addresses\":[\"203.0.113.0/28\",\"192.0.2.200\"]}";
    put(t, "/cluster/firewall/options", 200, "{'enable':1}");
    put(t, "/cluster/firewall/rules", 200,
        "[{'type':'in','action':'ACCEPT','proto':'tcp','dport':'22,8006','source':'203.0.113.0/"
        "24','enable':1,"
        "'pos':0},{'type':'in','action':'ACCEPT','proto':'tcp','dport':'22,8006','source':'192.0.2.200',"
        "'enable':1,'pos':1}]");
    put(t, "/cluster/firewall/aliases", 200, "[]");
    put(t, "/cluster/firewall/ipset", 200, "[]");
    put(t, "/cluster/firewall/groups", 200, "[]");
    put(t, "/cluster/status", 200,
        "[{'type':'cluster','name':'lab','quorate':1},{'type':'node','name':'pve1','online':1,'local':1,'ip':"
        "'10.0.0.11'},{'type':'node','name':'pve2','online':1,'local':0,'ip':'10.0.0.12'}]");
    put(t, "/cluster/config/nodes", 200,
        "[{'name':'pve1','ring0_addr':'10.0.0.11'},{'name':'pve2','ring0_addr':'10.0.0.12'}]");
    put(t, "/cluster/config/totem", 200, "{'version':'2'}");
    put(t, "/cluster/firewall/refs?type=ipset", 200, "[]");
    put_node(t, "pve1", "10.0.0.11/24");
    put_node(t, "pve2", "10.0.0.12/24");
    put(t, "/cluster/resources?type=vm", 200,
        "[{'type':'qemu','vmid':100,'name':'web','node':'pve1','status':'running'},{'type':'lxc','vmid':101,"
        "'name':'db','node':'pve1','status':'running'}]");
    put(t, "/nodes/pve1/qemu/100/config", 200,
        "{'digest':'x','net0':'virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1','net1':'e1000=BC:24:11:00:"
        "00:02,"
        "bridge=vmbr1'}");
    put(t, "/nodes/pve1/lxc/101/config", 200,
        "{'digest':'x','net0':'name=eth0,bridge=vmbr0,firewall=1,hwaddr=BC:24:11:00:00:03,ip=10.0.0.101/"
        "24'}");
    static const char *const guests[] = {"qemu/100", "lxc/101"};
    for (size_t i = 0; i < 2; i++) {
        char path[200];
        (void)snprintf(path, sizeof(path), "/nodes/pve1/%s/firewall/options", guests[i]);
        put(t, path, 200, "{'enable':1}");
        (void)snprintf(path, sizeof(path), "/nodes/pve1/%s/firewall/rules", guests[i]);
        put(t, path, 200, "[]");
        (void)snprintf(path, sizeof(path), "/nodes/pve1/%s/firewall/aliases", guests[i]);
        put(t, path, 200, "[]");
        (void)snprintf(path, sizeof(path), "/nodes/pve1/%s/firewall/ipset", guests[i]);
        put(t, path, 200, "[]");
    }
}

PLANE_TEST_FN int32_t blast(struct plane_test *t, const char *where, const char *edits)
{
    char subject[3000];
    size_t len = (size_t)snprintf(subject, sizeof(subject), "{%s,'edit':'", where);
    for (size_t i = 0; i < len; i++)
        subject[i] = subject[i] == '\'' ? '"' : subject[i];
    for (const char *at = edits; *at; at++) {
        if (*at == '\'')
            subject[len++] = '\\';
        subject[len++] = *at == '\'' ? '"' : *at;
    }
    subject[len++] = '"';
    subject[len++] = '}';
    subject[len] = '\0';
    return plane_test_blast(t, firewall, "firewall.rule", subject);
}

#define AT_CLUSTER   "'kind':'firewall','id':'cluster','scope':'cluster'"
#define AT_PVE1      "'kind':'node','node':'pve1','scope':'node'"
#define AT_100       "'kind':'guest','vmid':100,'node':'pve1','scope':'guest'"
#define AT_101       "'kind':'guest','vmid':101,'scope':'guest'"
#define INSERT(rule) "[{'part':'rules','op':'insert','value':{'type':'in','enable':1," rule "}}]"

PLANE_TEST_FN void expect_nothing(const struct plane_test *t, const char *list, const char *words)
{
    if (words_told(t, list, words))
        fail_msg("%s has \"%s\"", list, words);
}

#define RISK(level) "\"risk\":" #level

/* One affected thing has all of these words. */
PLANE_TEST_FN void expect_row(const struct plane_test *t, const char *risk, const char *resource,
                              const char *words)
{
    for (uint32_t i = 0; i < plane_test_told_count(t, "affected"); i++) {
        const char *row = plane_test_told(t, "affected", i);
        if (strstr(row, risk) && strstr(row, resource) && strstr(row, words))
            return;
    }
    for (uint32_t i = 0; i < plane_test_told_count(t, "affected"); i++)
        print_error("%s\n", plane_test_told(t, "affected", i));
    fail_msg("no row with %s %s %s", risk, resource, words);
}

#endif
