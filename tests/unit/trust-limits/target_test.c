/* SPDX-License-Identifier: Apache-2.0 */
/* Targets in the allow and deny lists: the words, what they fit, and that doubt refuses. */
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "config/target.h"

static void test_words(void **context)
{
    static const struct {
        const char *word;
        int kind; /* -1: wrong */
        uint32_t from, to;
    } rows[] = {
        {"site:lab", TARGET_SITE, 0, 0},
        {"site:Lab", -1, 0, 0},
        {"site:", -1, 0, 0},
        {"node:pve1", TARGET_NODE, 0, 0},
        {"node:PVE-2", TARGET_NODE, 0, 0},
        {"node:a.b", -1, 0, 0},
        {"vmid:100", TARGET_VMID, 100, 100},
        {"vmid:100-199", TARGET_VMID, 100, 199},
        {"vmid:100-100", TARGET_VMID, 100, 100},
        {"vmid:99", -1, 0, 0},
        {"vmid:199-100", -1, 0, 0},
        {"vmid:100-", -1, 0, 0},
        {"vmid:-100", -1, 0, 0},
        {"vmid:1e3", -1, 0, 0},
        {"vmid:0100", TARGET_VMID, 100, 100},
        {"vmid:1000000000", -1, 0, 0},
        {"vmid:100-200-300", -1, 0, 0},
        {"vmid: 100", -1, 0, 0},
        {"pool:prod", TARGET_POOL, 0, 0},
        {"pool:a/b", TARGET_POOL, 0, 0},
        {"tag:critical", TARGET_TAG, 0, 0},
        {"tag:a;b", -1, 0, 0},
        {"storage:local-lvm", TARGET_STORAGE, 0, 0},
        {"storage:a:b", -1, 0, 0},
        {"guest/105", TARGET_SUBJECT, 0, 0},
        {"user/a@pve", TARGET_SUBJECT, 0, 0},
        {"nodes:pve1", -1, 0, 0},
        {"/x", -1, 0, 0},
        {"guest/", -1, 0, 0},
        {"guest/1 5", -1, 0, 0},
    };

    (void)context;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct target target = {.kind = TARGET_SUBJECT};
        const char *why = NULL;
        assert_true(target_is(rows[i].word));
        const int r = target_parse(rows[i].word, &target, &why);
        if ((r == 0) != (rows[i].kind >= 0))
            print_error("%s: %d\n", rows[i].word, r);
        assert_int_equal(r, rows[i].kind >= 0 ? 0 : -EINVAL);
        if (r < 0) {
            assert_non_null(why);
            continue;
        }
        assert_int_equal(target.kind, rows[i].kind);
        assert_int_equal(target.from, rows[i].from);
        assert_int_equal(target.to, rows[i].to);
    }
    assert_false(target_is("guest.stop"));
}

/* Words of look_inside, and whom they name. */
static void test_guests(void **context)
{
    static const struct {
        const char *word;
        bool good, by_id, by_tag; /* fits guest 105, fits a guest 300 with the tags below */
    } rows[] = {
        {"105", true, true, false},
        {"200-400", true, false, true},
        {"*", true, true, true},
        {"tag:web", true, false, true},
        {"tag:We", true, false, false},
        {"tag:b", true, false, true},
        {"104", true, false, false},
        {"99", false, false, false},
        {"tag:", false, false, false},
        {"", false, false, false},
        {"all", false, false, false},
        {"vmid:105", false, false, false},
        {"105,106", false, false, false},
        {"105 ", false, false, false},
        {"**", false, false, false},
        {"site:lab", false, false, false},
        {"guest/105", false, false, false},
    };

    (void)context;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct target target;
        const char *why = NULL;
        if ((target_parse_guest(rows[i].word, &target, &why) == 0) != rows[i].good)
            fail_msg("%s", rows[i].word);
        assert_non_null(why);
        if (!rows[i].good)
            continue;
        if (target_is_guest(&target, 105, NULL) != rows[i].by_id ||
            target_is_guest(&target, 300, "a b;web,Web2") != rows[i].by_tag)
            fail_msg("%s", rows[i].word);
    }
}

#define GUEST(id) "'subjects':[{'class':'guest.stop','label':'guest/" id "'}]"
#define WHERE(node, id)                                                                                      \
    "{'path':'/nodes/" node "/lxc/" id "/status/current','status':200,'value':{'/lock':{'absent':true}}}"
#define TAGS(id, tags) "{'path':'/nodes/pve1/lxc/" id "/config','status':200,'value':{'/tags':" tags "}}"
#define POOL(name, id, value)                                                                                \
    "{'path':'/pools','query':[{'name':'poolid','value':'" name "'}],'status':200,"                          \
    "'value':{'/0/members[vmid=" id "]/vmid':" value "}}"
#define ABSENT "{'absent':true}"
#define STEP(path, params)                                                                                   \
    "'steps':[{'name':'go','kind':'request','method':'PUT','path':'" path "','params':[" params "]}]"

static const struct row {
    const char *lists, *plan;
    const char *code; /* NULL: it may be done */
    const char *words;
} rows[] = {
    /* vmid: by subject, by range, by what is affected, by the requests */
    {"deny: [vmid:105]", GUEST("105"), "PX-TARGET", "guest/105 falls under tools.deny: vmid:105"},
    {"deny: [vmid:105]", GUEST("106"), NULL, NULL},
    {"deny: [vmid:100-105]", GUEST("105"), "PX-TARGET", "vmid:100-105"},
    {"deny: [vmid:100-104]", GUEST("105"), NULL, NULL},
    {"deny: [vmid:106]", GUEST("105") ",'affected':[{'resource':'guest/106','effect':'stops'}]", "PX-TARGET",
     "guest/106 would be affected"},
    {"deny: [vmid:106]",
     "'subjects':[{'class':'x','label':'node/pve1'}]," STEP("/nodes/pve1/qemu/106/config", ""), "PX-TARGET",
     "a step of this plan"},
    {"deny: [vmid:10]", GUEST("105"), "PX-CONFIG", ""},
    {"deny: [vmid:110-119]",
     "'subjects':[{'class':'x','label':'pool/p'}]," STEP("/pools", "{'name':'vms','value':'100,111'}"),
     "PX-TARGET", "vmid:110-119"},
    {"deny: [vmid:110-119]",
     "'subjects':[{'class':'x','label':'pool/p'}]," STEP("/pools", "{'name':'comment','value':'111'}"), NULL,
     NULL},
    {"deny: [vmid:105]",
     "'subjects':[{'class':'x','label':'pool/p'}]," STEP("/cluster/ha/resources",
                                                         "{'name':'sid','value':'ct:105'}"),
     "PX-TARGET", "vmid:105"},
    /* node */
    {"deny: [node:pve1]", GUEST("105") ",'guards':[" WHERE("pve1", "105") "]", "PX-TARGET", "node:pve1"},
    {"deny: [node:pve1]", GUEST("105") ",'guards':[" WHERE("pve10", "105") "]", NULL, NULL},
    {"deny: [node:pve1]", GUEST("105") ",'guards':[" WHERE("pve1", "106") "]", NULL, NULL},
    {"deny: [node:pve1]", GUEST("105") "," STEP("/nodes/pve1/lxc/105/status/stop", ""), "PX-TARGET",
     "node:pve1"},
    {"deny: [node:pve]", GUEST("105") "," STEP("/nodes/pve1/lxc/105/status/stop", ""), NULL, NULL},
    {"deny: [node:pve2]",
     GUEST("105") "," STEP("/nodes/pve1/lxc/105/migrate", "{'name':'target','value':'pve2'}"), "PX-TARGET",
     "node:pve2"},
    {"deny: [node:pve1]", "'subjects':[{'class':'x','label':'node/pve1'}]", "PX-TARGET", "node/pve1"},
    /* site, storage, any subject */
    {"deny: [site:lab]", GUEST("105"), "PX-TARGET", "site:lab"},
    {"deny: [site:backup]", GUEST("105"), NULL, NULL},
    {"deny: [storage:local]", "'subjects':[{'class':'x','label':'storage/local'}]", "PX-TARGET",
     "storage:local"},
    {"deny: [storage:local]",
     GUEST("105") "," STEP("/nodes/pve1/lxc/105/config", "{'name':'mp0','value':'local:8,mp=/x'}"),
     "PX-TARGET", "storage:local"},
    {"deny: [storage:local]",
     GUEST("105") "," STEP("/nodes/pve1/lxc/105/config", "{'name':'ide2','value':'file=local:iso/x.iso'}"),
     "PX-TARGET", "storage:local"},
    {"deny: [storage:local]",
     GUEST("105") "," STEP("/nodes/pve1/lxc/105/config", "{'name':'mp0','value':'local-lvm:8'}"), NULL, NULL},
    {"deny: [user/a@pve]", "'subjects':[{'class':'x','label':'user/a@pve'}]", "PX-TARGET", "user/a@pve"},
    {"deny: [user/a@pve]", "'subjects':[{'class':'x','label':'user/a@pve2'}]", NULL, NULL},
    /* tags: as guarded; any case for a deny, the exact one for an allow; a guard that is not there refuses */
    {"deny: [tag:critical]", GUEST("105") ",'guards':[" TAGS("105", "'a;critical;b'") "]", "PX-TARGET",
     "tag:critical"},
    {"deny: [tag:critical]", GUEST("105") ",'guards':[" TAGS("105", "'a;Critical'") "]", "PX-TARGET",
     "tag:critical"},
    {"deny: [tag:critical]", GUEST("105") ",'guards':[" TAGS("105", "'criticals;uncritical'") "]", NULL,
     NULL},
    {"deny: [tag:critical]", GUEST("105") ",'guards':[" TAGS("105", ABSENT) "]", NULL, NULL},
    {"deny: [tag:critical]", GUEST("105"), "PX-TARGET", "could not be read whether it does"},
    {"deny: [tag:critical]", GUEST("105") ",'guards':[" TAGS("106", ABSENT) "]", "PX-TARGET",
     "could not be read"},
    {"deny: [tag:critical]",
     GUEST("105") ",'guards':[{'path':'/nodes/pve1/lxc/105/config','status':500,'value':{}}]", "PX-TARGET",
     "could not be read"},
    {"deny: [tag:critical]",
     GUEST("105") ",'affected':[{'resource':'guest/106'}],'guards':[" TAGS("105", ABSENT) "," TAGS(
         "106", "'critical'") "]",
     "PX-TARGET", "guest/106 would be affected"},
    {"deny: [tag:critical]",
     GUEST("105") ",'guards':[" TAGS("105", ABSENT) "]," STEP("/nodes/pve1/lxc/105/config",
                                                              "{'name':'tags','value':'x;critical'}"),
     "PX-TARGET", "a step of this plan"},
    {"deny: [tag:critical]", "'subjects':[{'class':'x','label':'node/pve1'}]", NULL, NULL},
    /* pools */
    {"deny: [pool:prod]", GUEST("105") ",'guards':[" POOL("prod", "105", "105") "]", "PX-TARGET",
     "pool:prod"},
    {"deny: [pool:prod]", GUEST("105") ",'guards':[" POOL("prod", "105", ABSENT) "]", NULL, NULL},
    {"deny: [pool:prod]", GUEST("105") ",'guards':[" POOL("other", "105", "105") "]", "PX-TARGET",
     "could not be read"},
    {"deny: [pool:prod]", GUEST("105") ",'guards':[" POOL("prod", "106", ABSENT) "]", "PX-TARGET",
     "could not be read"},
    {"deny: [pool:prod]", "'subjects':[{'class':'x','label':'pool/prod'}]", "PX-TARGET", "pool/prod"},
    {"deny: [pool:prod]",
     GUEST("105") ",'guards':[{'path':'/pools','query':[{'name':'poolid','value':'prod'}],'tolerate':true,"
                  "'status':500,'value':{}}]",
     NULL, NULL},
    /* allow: everything that it is aimed at, and only that */
    {"allow: [vmid:100-105]", GUEST("105"), NULL, NULL},
    {"allow: [vmid:100-104]", GUEST("105"), "PX-TARGET", "guest/105 is none of the targets"},
    {"allow: [vmid:105]", "'subjects':[{'class':'x','label':'guest/105'},{'class':'x','label':'guest/106'}]",
     "PX-TARGET", "guest/106"},
    {"allow: [vmid:105]", "'subjects':[{'class':'x','label':'storage/local'}]", "PX-TARGET", "storage/local"},
    {"allow: [vmid:105, storage:local]", "'subjects':[{'class':'x','label':'storage/local'}]", NULL, NULL},
    {"allow: [tag:safe]", GUEST("105") ",'guards':[" TAGS("105", "'safe'") "]", NULL, NULL},
    {"allow: [tag:safe]", GUEST("105") ",'guards':[" TAGS("105", "'Safe'") "]", "PX-TARGET",
     "none of the targets"},
    {"allow: [tag:safe]", GUEST("105"), "PX-TARGET", "as far as could be read"},
    {"allow: [pool:prod]", GUEST("105") ",'guards':[" POOL("prod", "105", "105") "]", NULL, NULL},
    {"allow: [pool:prod]", GUEST("105") ",'guards':[" POOL("prod", "105", ABSENT) "]", "PX-TARGET",
     "none of"},
    {"allow: [node:pve1]", GUEST("105") ",'guards':[" WHERE("pve1", "105") "]", NULL, NULL},
    {"allow: [node:pve2]", GUEST("105") ",'guards':[" WHERE("pve1", "105") "]", "PX-TARGET", "none of"},
    {"allow: [site:lab]", GUEST("105"), NULL, NULL},
    {"allow: [guests, guest.stop]", GUEST("105"), NULL, NULL}, /* names alone limit no target */
    /* deny wins */
    {"allow: [vmid:105], deny: [vmid:105]", GUEST("105"), "PX-TARGET", "tools.deny"},
};

static void test_rows(void **context)
{
    (void)context;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char yaml[200], json[2000];
        struct problem p = PROBLEM_INIT;
        struct config *config = NULL;
        (void)snprintf(yaml, sizeof(yaml), "tools: {%s}\n", rows[i].lists);
        (void)snprintf(json, sizeof(json), "{%s}", rows[i].plan);
        if (rows[i].code && strcmp(rows[i].code, "PX-CONFIG") == 0) {
            assert_true(config_load_text("t", yaml, strlen(yaml), &config, &p) < 0);
            assert_string_equal(p.code, "PX-CONFIG");
            continue;
        }
        assert_int_equal(config_load_text("t", yaml, strlen(yaml), &config, &p), 0);
        struct trust trust = {.config = config};
        struct plan *plan = rig_plan(json);
        const int r = limits_targets_plan(&trust, plan, &p);
        if ((r < 0) != (rows[i].code != NULL))
            print_error("row %zu: %s %s: %d %s\n", i, rows[i].lists, rows[i].plan, r, p.cause);
        assert_int_equal(r, rows[i].code ? -EPERM : 0);
        if (r < 0) {
            rig_teaches(&p, rows[i].code);
            if (!strstr(p.cause, rows[i].words))
                fail_msg("row %zu: '%s' is not in: %s", i, rows[i].words, p.cause);
        }
        rig_plan_done(plan);
        config_free(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words), cmocka_unit_test(test_guests),
                                       cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
