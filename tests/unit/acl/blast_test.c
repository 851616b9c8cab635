/* SPDX-License-Identifier: Apache-2.0 */
/* What acl_blast tells of each kind of edit, of what was not read, and of very much. */
#include "edit.h"

#include <stdlib.h>

#include "../plugins/plan_rig.h"
#include "rig.h"

static const struct proximo_plane *acl;

#define ROLES                                                                                                \
    "[{\"roleid\":\"NoAccess\",\"privs\":\"\"},{\"roleid\":\"Administrator\",\"privs\":\"Permissions."       \
    "Modify,"                                                                                                \
    "Sys.Audit,VM.Audit,VM.PowerMgmt\"},{\"roleid\":\"Power\",\"privs\":\"VM.PowerMgmt\"},{\"roleid\":"      \
    "\"Look\",\"privs\":\"VM.Audit\"}]"
/* ann administers, with a token that is not separated (full) and one that is (ci); bob is in ops; ole is
 * disabled; the server is bob@pve!own. */
#define USERS                                                                                                \
    "[{\"userid\":\"root@pam\",\"enable\":1},{\"userid\":\"ann@pve\",\"enable\":1,\"groups\":\"\","          \
    "\"tokens\":"                                                                                            \
    "[{\"tokenid\":\"full\",\"privsep\":0},{\"tokenid\":\"ci\",\"privsep\":1}]},{\"userid\":\"bob@pve\","    \
    "\"enable\":1,\"groups\":\"ops\",\"tokens\":[{\"tokenid\":\"own\",\"privsep\":1}]},{\"userid\":"         \
    "\"ole@ldap\",\"enable\":0,\"groups\":\"ops\"}]"
#define GROUPS "[{\"groupid\":\"ops\",\"users\":\"bob@pve,ole@ldap\"}]"
#define ENTRY(path, flag, role, type, who)                                                                   \
    "{\"path\":\"" path "\",\"propagate\":" flag ",\"roleid\":\"" role "\",\"type\":\"" type                 \
    "\",\"ugid\":\"" who "\"}"
#define ACL                                                                                                  \
    "[" ENTRY("/", "1", "Administrator", "user", "ann@pve") "," ENTRY(                                       \
        "/vms", "1", "Power", "group",                                                                       \
        "ops") "," ENTRY("/vms", "1", "Look", "group",                                                       \
                         "ops") "," ENTRY("/vms", "1", "Power", "token",                                     \
                                          "ann@pve!ci") "," ENTRY("/vms", "1", "Power", "token",             \
                                                                  "bob@pve!own") "," ENTRY("/vms/105", "0",  \
                                                                                           "Look", "user",   \
                                                                                           "ann@pve") "]"
#define POOL "[{\"poolid\":\"web\",\"members\":[{\"type\":\"lxc\",\"vmid\":110,\"id\":\"lxc/110\"}]}]"

static void world_of(struct plane_test *t, const char *users, const char *entries)
{
    plane_test_init(t);
    t->token = "bob@pve!own";
    plane_test_answer(t, "/access/users?full=1", 200, users);
    plane_test_answer(t, "/access/groups", 200, GROUPS);
    plane_test_answer(t, "/access/roles", 200, ROLES);
    plane_test_answer(t, "/access/acl", 200, entries);
    plane_test_answer(t, "/pools", 200, "[{\"poolid\":\"web\"}]");
    plane_test_answer(t, "/pools?poolid=web", 200, POOL);
}

static void world(struct plane_test *t)
{
    world_of(t, USERS, ACL);
}

/* The edits as the subject has them: a text within JSON. */
static int32_t blast(struct plane_test *t, const char *edits)
{
    struct json_object *subject = json_object_new_object();
    json_object_object_add(subject, "kind", json_object_new_string("acl"));
    json_object_object_add(subject, "id", json_object_new_string("x"));
    json_object_object_add(subject, "edit", json_object_new_string(edits));
    const int32_t r = plane_test_blast(t, acl, "acl.modify", json_object_to_json_string(subject));
    json_object_put(subject);
    return r;
}

static void tells(const char *edits, const char *const *words)
{
    struct plane_test t;
    world(&t);
    assert_int_equal(blast(&t, edits), 0);
    for (; *words; words++) {
        if (words_told(&t, "affected", *words))
            continue;
        for (uint32_t i = 0; i < plane_test_told_count(&t, "affected"); i++)
            print_message("%s\n", plane_test_told(&t, "affected", i));
        fail_msg("of %s nothing says: %s", edits, *words);
    }
    expect_told(&t, "incomplete", 0, NULL);
    plane_test_done(&t);
}

static const struct {
    const char *edits, *words[6];
} rows[] = {
    /* An entry that takes the place of those above it: the own token loses. */
    {"[{\"op\":\"entry\",\"path\":\"/vms/"
     "110\",\"role\":\"Look\",\"type\":\"token\",\"ugid\":\"bob@pve!own\","
     "\"propagate\":1}]",
     {"\"resource\":\"token/bob@pve!own\",\"name\":\"this server's own token\",\"effect\":\"gains "
      "VM.Audit at /vms/110; loses VM.PowerMgmt at /vms/110: an entry at /vms/110 takes the place of "
      "those "
      "at /vms\",\"risk\":3"}},
    {"[{\"op\":\"entry\",\"path\":\"/vms\",\"role\":\"Look\",\"type\":\"user\",\"ugid\":\"bob@pve\","
     "\"propagate\":1}]",
     {"\"name\":\"the user of this server's own token\",\"effect\":\"loses VM.PowerMgmt at /vms and "
      "below "
      "it: at /vms an entry of its own takes the place of those for its groups",
      "token/bob@pve!own", "with its user: at /vms an entry of its own"}},
    {"[{\"op\":\"entry-remove\",\"path\":\"/vms/105\",\"role\":\"Look\",\"type\":\"user\",\"ugid\":"
     "\"ann@pve\"}]",
     {"gains Permissions.Modify, VM.PowerMgmt, Sys.Audit at /vms/105: those at / hold again in place of "
      "an "
      "entry at /vms/105",
      "token/ann@pve!full"}},
    {"[{\"op\":\"entry\",\"path\":\"/pool/"
     "web\",\"role\":\"NoAccess\",\"type\":\"group\",\"ugid\":\"ops\","
     "\"propagate\":1}]",
     {"loses VM.PowerMgmt, VM.Audit at /vms/110: NoAccess at /pool/web (by the pool web) takes all"}},
    {"[{\"op\":\"entry\",\"path\":\"/"
     "vms\",\"role\":\"Power\",\"type\":\"group\",\"ugid\":\"ops\",\"propagate\":0}]",
     {"keeps VM.PowerMgmt at /vms, but no longer below it: the entry at /vms for the group ops is no "
      "longer "
      "handed down"}},
    /* What happens below another change, and is not what that says, is told apart. */
    {"[{\"op\":\"entry\",\"path\":\"/"
     "\",\"role\":\"Administrator\",\"type\":\"user\",\"ugid\":\"bob@pve\","
     "\"propagate\":1},{\"op\":\"entry\",\"path\":\"/"
     "vms\",\"role\":\"NoAccess\",\"type\":\"user\",\"ugid\":"
     "\"bob@pve\",\"propagate\":1}]",
     {"gains Permissions.Modify, VM.PowerMgmt, Sys.Audit, VM.Audit at / and below it: by the entry at /",
      "loses VM.PowerMgmt, VM.Audit at /vms and below it: NoAccess at /vms takes all"}},
    /* The last administrator beside root@pam. */
    {"[{\"op\":\"user-remove\",\"userid\":\"ann@pve\"}]",
     {"user/ann@pve\",\"effect\":\"loses Permissions.Modify", "the user is removed",
      "is gone and can no longer authenticate", "token/ann@pve!ci",
      "who can give rights at / afterwards: root@pam alone\",\"risk\":3"}},
    {"[{\"op\":\"user\",\"userid\":\"ann@pve\",\"value\":{\"enable\":0}}]",
     {"user/ann@pve\",\"effect\":\"can no longer authenticate (disabled)", "root@pam alone",
      "token/ann@pve!full\",\"effect\":\"can no longer authenticate (its user is disabled)"}},
    {"[{\"op\":\"user\",\"userid\":\"ann@pve\",\"value\":{\"expire\":1000000}}]",
     {"user/ann@pve\",\"effect\":\"can no longer authenticate (expired)"}},
    {"[{\"op\":\"user\",\"userid\":\"ole@ldap\",\"value\":{\"enable\":1}}]",
     {"user/ole@ldap\",\"effect\":\"can authenticate from now on, and holds VM.PowerMgmt, VM.Audit, the "
      "worst "
      "of it at /vms"}},
    {"[{\"op\":\"user\",\"userid\":\"new@pve\",\"value\":{\"enable\":1,\"groups\":[\"ops\"]}}]",
     {"user/new@pve\",\"effect\":\"gains VM.PowerMgmt, VM.Audit at /vms and below it: now in the group "
      "ops",
      "user/new@pve\",\"effect\":\"can authenticate from now on"}},
    {"[{\"op\":\"user\",\"userid\":\"bob@pve\",\"value\":{\"groups\":[]}}]",
     {"loses VM.PowerMgmt, VM.Audit at /vms and below it: no longer in the group ops", "token/bob@pve!own"}},
    {"[{\"op\":\"group-remove\",\"groupid\":\"ops\"}]",
     {"user/bob@pve", "it loses the entry at /vms for the group ops", "user/ole@ldap",
      "(cannot authenticate now: disabled)"}},
    {"[{\"op\":\"role\",\"roleid\":\"Power\",\"privs\":\"VM.PowerMgmt,VM.Console\"}]",
     {"user/bob@pve\",\"name\":\"the user of this server's own token\",\"effect\":\"gains VM.Console at "
      "/vms "
      "and below it: the role Power, given at /vms for the group ops, holds something else than before"}},
    {"[{\"op\":\"role-remove\",\"roleid\":\"Power\"}]",
     {"user/bob@pve", "loses VM.PowerMgmt at /vms and below it: it loses the entry at /vms for the group ops",
      "token/ann@pve!ci"}},
    {"[{\"op\":\"token\",\"tokenid\":\"ann@pve!ci\",\"value\":{\"privsep\":0}}]",
     {"token/ann@pve!ci\",\"effect\":\"gains Permissions.Modify", "it is not separated any more"}},
    {"[{\"op\":\"token\",\"tokenid\":\"ann@pve!full\",\"value\":{\"privsep\":1}}]",
     {"token/ann@pve!full\",\"effect\":\"loses Permissions.Modify",
      "it is separated from its user now: its own entries count"}},
    {"[{\"op\":\"token\",\"tokenid\":\"ann@pve!ci\",\"value\":{\"expire\":5}}]",
     {"token/ann@pve!ci\",\"effect\":\"can no longer authenticate (it has expired)"}},
    {"[{\"op\":\"token-remove\",\"tokenid\":\"bob@pve!own\"}]",
     {"\"resource\":\"token/bob@pve!own\",\"name\":\"this server's own token\",\"effect\":\"loses "
      "VM.PowerMgmt "
      "at /vms and below it: the token is removed\",\"risk\":3",
      "the token is removed", "is gone and can no longer authenticate"}},
    {"[{\"op\":\"realm-remove\",\"realm\":\"ldap\"}]",
     {"realm/ldap\",\"effect\":\"1 of its users can no longer log in (ole@ldap); API tokens of theirs "
      "that "
      "are valid go on working"}},
    {"[{\"op\":\"user\",\"userid\":\"root@pam\",\"value\":{\"enable\":0}}]",
     {"on the shell of a node alone: it cannot authenticate"}},
};

static void each_kind_of_edit(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        tells(rows[i].edits, rows[i].words);
}

#define ENTRY_EDIT                                                                                           \
    "{\"op\":\"entry\",\"path\":\"/\",\"role\":\"Administrator\",\"type\":\"user\",\"ugid\":\"bob@pve\","    \
    "\"propagate\":1}"
/* The last administrator is a reason of its own; others remaining are not. */
static void the_last_administrator_is_a_risk(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    assert_int_equal(blast(&t, "[{\"op\":\"user-remove\",\"userid\":\"ann@pve\"}]"), 0);
    expect_words(&t, "risks", "the last user beside root@pam");
    plane_test_done(&t);
    world(&t);
    assert_int_equal(blast(&t, "[{\"op\":\"user-remove\",\"userid\":\"ann@pve\"}," ENTRY_EDIT "]"), 0);
    assert_int_equal(plane_test_told_count(&t, "risks"), 0);
    expect_words(&t, "affected", "who can give rights at / afterwards: root@pam, bob@pve");
    plane_test_done(&t);
}

/* A user of another realm is no root, whatever his name begins with. */
static void a_name_that_begins_like_root_is_an_administrator(void **state)
{
    struct plane_test t;
    (void)state;
    world_of(&t, "[{\"userid\":\"root@pam\",\"enable\":1},{\"userid\":\"root@pam2\",\"enable\":1}]",
             "[" ENTRY("/", "1", "Administrator", "user", "root@pam2") "]");
    assert_int_equal(blast(&t, "[{\"op\":\"user-remove\",\"userid\":\"root@pam2\"}]"), 0);
    expect_words(&t, "risks", "the last user beside root@pam");
    plane_test_done(&t);
}

#define BOTH_ADMIN                                                                                           \
    "[" ENTRY("/", "1", "Administrator", "user", "ann@pve") "," ENTRY("/", "1", "Administrator", "token",    \
                                                                      "ann@pve!ci") "]"

/* The server's own token loses what it needs to take the change back. */
static void a_way_back_without_rights_is_said(void **state)
{
    static const char *const edits[] = {
        "[{\"op\":\"entry-remove\",\"path\":\"/\",\"role\":\"Administrator\",\"type\":\"token\",\"ugid\":"
        "\"ann@pve!ci\"}]",
        "[{\"op\":\"user\",\"userid\":\"ann@pve\",\"value\":{\"enable\":0}}]",
        "[{\"op\":\"token-remove\",\"tokenid\":\"ann@pve!ci\"}]",
    };
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
        world_of(&t, USERS, BOTH_ADMIN);
        t.token = "ann@pve!ci";
        assert_int_equal(blast(&t, edits[i]), 0);
        expect_words(&t, "risks", "the way back as well, may have to be done by somebody else");
        plane_test_done(&t);
    }
    /* what it loses is nothing that such a change needs */
    world(&t);
    assert_int_equal(
        blast(&t,
              "[{\"op\":\"entry-remove\",\"path\":\"/vms\",\"role\":\"Power\",\"type\":\"token\",\"ugid\":"
              "\"bob@pve!own\"}]"),
        0);
    assert_int_equal(plane_test_told_count(&t, "risks"), 0);
    plane_test_done(&t);
}

/* Nothing changes: nothing is told. */
static void no_change_is_nobody(void **state)
{
    struct plane_test t;
    (void)state;
    world(&t);
    assert_int_equal(blast(&t,
                           "[{\"op\":\"group\",\"groupid\":\"empty\"},{\"op\":\"role\",\"roleid\":\"Unused\","
                           "\"privs\":\"Sys.Modify\"}]"),
                     0);
    assert_int_equal(plane_test_told_count(&t, "affected"), 0);
    assert_int_equal(plane_test_told_count(&t, "risks"), 0);
    plane_test_done(&t);
}

/* data: null, an error, nonsense: that part is told as not known, each time. */
static void what_is_not_read_is_told(void **state)
{
    static const struct {
        const char *path, *word;
    } parts[] = {{"/access/users?full=1", "users and tokens"},
                 {"/access/groups", "groups"},
                 {"/access/roles", "roles"},
                 {"/access/acl", "the access list"},
                 {"/pools", "pools and their members"},
                 {"/pools?poolid=web", "pools and their members"}};
    static const char *const bad[] = {"null", "{}", "[1]", "\"x\"", "[{\"a\":[{}]}]", "["};
    (void)state;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        for (size_t k = 0; k <= sizeof(bad) / sizeof(bad[0]); k++) {
            struct plane_test t;
            world(&t);
            answer_instead(&t, parts[i].path, k < 6 ? 200 : 500, k < 6 ? bad[k] : "null");
            assert_int_equal(blast(&t, "[{\"op\":\"user-remove\",\"userid\":\"ann@pve\"}]"), 0);
            expect_words(&t, "incomplete", parts[i].word);
            plane_test_done(&t);
        }
    }
}

static void what_is_no_edit_fails(void **state)
{
    static const char *const wrong[] = {"", "x", "{}", "[{\"op\":\"nothing\"}]"};
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        world(&t);
        assert_int_equal(blast(&t, wrong[i]), PROXIMO_EINVAL);
        assert_int_equal(plane_test_told_count(&t, "affected"), 0);
        plane_test_done(&t);
    }
    world(&t);
    t.cancelled = 1;
    assert_int_equal(blast(&t, "[]"), PROXIMO_ECANCELLED);
    plane_test_done(&t);
}

/* Three thousand users of a group: the worst are told, the others counted. */
static void very_much_is_counted(void **state)
{
    struct json_object *users = json_object_new_array(), *groups = json_tokener_parse(GROUPS);
    char *names = calloc(1, 100000);
    struct plane_test t;
    size_t used = 0;
    (void)state;
    for (int i = 0; i < 3000; i++) {
        struct json_object *user = json_object_new_object();
        char id[40];
        (void)snprintf(id, sizeof(id), "u%04d@pve", i);
        json_object_object_add(user, "userid", json_object_new_string(id));
        json_object_object_add(user, "enable", json_object_new_int(1));
        json_object_array_add(users, user);
        used += (size_t)snprintf(names + used, 100000 - used, "%s%s", i ? "," : "", id);
    }
    json_object_object_add(json_object_array_get_idx(groups, 0), "users", json_object_new_string(names));
    world(&t);
    answer_instead(&t, "/access/users?full=1", 200, json_object_to_json_string(users));
    answer_instead(&t, "/access/groups", 200, json_object_to_json_string(groups));
    assert_int_equal(
        blast(&t, "[{\"op\":\"entry\",\"path\":\"/\",\"role\":\"Administrator\",\"type\":\"group\","
                  "\"ugid\":\"ops\",\"propagate\":1},{\"op\":\"entry-remove\",\"path\":\"/vms\",\"role\":"
                  "\"Look\",\"type\":\"group\",\"ugid\":\"ops\"}]"),
        0);
    assert_in_range(plane_test_told_count(&t, "affected"), 40, 50);
    assert_non_null(strstr(plane_test_told(&t, "affected", 0), "gains Permissions.Modify"));
    expect_words(&t, "affected", "more changes of what a user or token may do");
    expect_words(&t, "affected", "and 2996 more users and tokens");
    plane_test_done(&t);
    free(names);
    json_object_put(users);
    json_object_put(groups);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_edit),
        cmocka_unit_test(the_last_administrator_is_a_risk),
        cmocka_unit_test(a_name_that_begins_like_root_is_an_administrator),
        cmocka_unit_test(a_way_back_without_rights_is_said),
        cmocka_unit_test(no_change_is_nobody),
        cmocka_unit_test(what_is_not_read_is_told),
        cmocka_unit_test(what_is_no_edit_fails),
        cmocka_unit_test(very_much_is_counted),
    };
    acl = plane_load("acl");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
