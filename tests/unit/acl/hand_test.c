/* SPDX-License-Identifier: Apache-2.0 */
/* The evaluator's rules, each several ways: small models, one answer each. */
#include "rig.h"

#include <stdlib.h>
#include <string.h>

struct hand {
    const char *name, *model, *who, *path, *want;
};

#define ALICE "u alice@pve ops,dev;g ops alice@pve;g dev alice@pve;"
#define SEP   ALICE "t alice@pve!sep 1;t alice@pve!full 0;"

static const struct hand walks[] = {
    {"root propagates", ALICE "e / 1 A u alice@pve", "alice@pve", "/vms/100", "a1"},
    {"root does not", ALICE "e / 0 A u alice@pve", "alice@pve", "/vms/100", ""},
    {"root at root, flag 0", ALICE "e / 0 A u alice@pve", "alice@pve", "/", "a0"},
    {"exact level counts without propagation", ALICE "e /vms/100 0 A u alice@pve", "alice@pve", "/vms/100",
     "a0"},
    {"nothing above an entry", ALICE "e /vms/100 1 A u alice@pve", "alice@pve", "/vms", ""},
    {"nothing beside an entry", ALICE "e /vms/100 1 A u alice@pve", "alice@pve", "/vms/101", ""},
    {"whole elements only", ALICE "e /vms/10 1 A u alice@pve", "alice@pve", "/vms/100", ""},
    {"deeper replaces", ALICE "e / 1 A u alice@pve;e /vms 1 B u alice@pve", "alice@pve", "/vms/1", "b1"},
    {"deeper group replaces user", ALICE "e / 1 A u alice@pve;e /vms 1 B g ops", "alice@pve", "/vms", "b1"},
    {"deeper user replaces group", ALICE "e / 1 A g ops;e /vms 1 B u alice@pve", "alice@pve", "/vms", "b1"},
    {"deeper without propagation ends there", ALICE "e / 1 A u alice@pve;e /vms 0 B u alice@pve", "alice@pve",
     "/vms/1", "a1"},
    {"three levels", ALICE "e / 1 A u alice@pve;e /sdn 1 B u alice@pve;e /sdn/zones/z 1 C u alice@pve",
     "alice@pve", "/sdn/zones/z/v/20", "c1"},
    {"middle of three", ALICE "e / 1 A u alice@pve;e /sdn 1 B u alice@pve;e /sdn/zones/z 1 C u alice@pve",
     "alice@pve", "/sdn/zones", "b1"},
    {"another's deeper entry does nothing", ALICE "u bob@pve;e / 1 A u alice@pve;e /vms 1 B u bob@pve",
     "alice@pve", "/vms/1", "a1"},
    {"an empty role replaces", ALICE "e / 1 A u alice@pve;e /vms 1 Empty u alice@pve", "alice@pve", "/vms/1",
     ""},
    {"paths have case", ALICE "e /VMS 1 A u alice@pve", "alice@pve", "/vms", ""},
    /* Within a level. */
    {"user before groups", ALICE "e /vms 1 A u alice@pve;e /vms 1 B g ops", "alice@pve", "/vms", "a1"},
    {"groups unite", ALICE "e /vms 1 A g ops;e /vms 1 B g dev", "alice@pve", "/vms", "a1b1"},
    {"groups unite, one ends here", ALICE "e /vms 1 A g ops;e /vms 0 B g dev", "alice@pve", "/vms", "a1b0"},
    {"groups unite, below only one", ALICE "e /vms 1 A g ops;e /vms 0 B g dev", "alice@pve", "/vms/1", "a1"},
    {"a filtered user entry hides nothing", ALICE "e /vms 0 A u alice@pve;e /vms 1 B g ops", "alice@pve",
     "/vms/1", "b1"},
    {"at the level itself it does", ALICE "e /vms 0 A u alice@pve;e /vms 1 B g ops", "alice@pve", "/vms",
     "a0"},
    {"a group one is not in", ALICE "g other bob@pve;e /vms 1 A g other", "alice@pve", "/vms", ""},
    {"a member that is no user counts", ALICE "g ghosts ghost@pve;e /vms 1 A g ghosts", "ghost@pve", "/vms",
     "a1"},
    {"an entry of one that is no user counts", ALICE "e /vms 1 A u ghost@pve", "ghost@pve", "/vms/1", "a1"},
    {"membership by the user's row alone", "u alice@pve ops;e /vms 1 A g ops", "alice@pve", "/vms", "a1"},
    {"membership by the group's row alone", "u alice@pve;g ops alice@pve;e /vms 1 A g ops", "alice@pve",
     "/vms", "a1"},
    {"same role of two groups, flags differ", ALICE "e /vms 1 A g ops;e /vms 0 A g dev", "alice@pve", "/vms",
     "a?"},
    {"ids have case", ALICE "e /vms 1 A u Alice@pve", "alice@pve", "/vms", ""},
    /* NoAccess. */
    {"NoAccess cuts", ALICE "e / 1 A u alice@pve;e /vms 1 NoAccess u alice@pve", "alice@pve", "/vms/1", ""},
    {"NoAccess beside a role", ALICE "e /vms 1 NoAccess u alice@pve;e /vms 1 A u alice@pve", "alice@pve",
     "/vms", ""},
    {"NoAccess of one group of two", ALICE "e /vms 1 NoAccess g ops;e /vms 1 A g dev", "alice@pve", "/vms",
     ""},
    {"given again deeper", ALICE "e /vms 1 NoAccess u alice@pve;e /vms/1 0 A g ops", "alice@pve", "/vms/1",
     "a0"},
    {"NoAccess that ends here", ALICE "e / 1 A u alice@pve;e /vms 0 NoAccess u alice@pve", "alice@pve",
     "/vms/1", "a1"},
    {"a group's NoAccess under the user's role", ALICE "e /vms 1 A u alice@pve;e /vms 1 NoAccess g ops",
     "alice@pve", "/vms", "a1"},
    /* Roles unite. */
    {"roles unite", ALICE "e /vms 1 A u alice@pve;e /vms 0 B u alice@pve", "alice@pve", "/vms", "a1b0"},
    {"1 of any role", ALICE "e /vms 0 A u alice@pve;e /vms 1 AB u alice@pve", "alice@pve", "/vms", "a1b1"},
    {"0 of the other stays", ALICE "e /vms 1 A u alice@pve;e /vms 0 AB u alice@pve", "alice@pve", "/vms",
     "a1b0"},
};

static const struct hand pools[] = {
    {"guest in a pool", ALICE "p prod 100;e /pool/prod 1 A u alice@pve", "alice@pve", "/vms/100", "a0"},
    {"guest not in it", ALICE "p prod 100;e /pool/prod 1 A u alice@pve", "alice@pve", "/vms/101", ""},
    {"below a guest not", ALICE "p prod 100;e /pool/prod 1 A u alice@pve", "alice@pve", "/vms/100/x", ""},
    {"not by another spelling", ALICE "p prod 100;e /pool/prod 1 A u alice@pve", "alice@pve", "/vms/100/",
     ""},
    {"storage in a pool", ALICE "p prod local;e /pool/prod 0 A u alice@pve", "alice@pve", "/storage/local",
     "a0"},
    {"storage in two", ALICE "p p1 local;p p2 local;e /pool/p1 1 A u alice@pve;e /pool/p2 1 B u alice@pve",
     "alice@pve", "/storage/local", "a0b0"},
    {"guest in two: the first by name",
     ALICE "p z 100;p a 100;e /pool/a 1 A u alice@pve;e /pool/z 1 B u alice@pve", "alice@pve", "/vms/100",
     "a0"},
    {"its own role keeps its flag", ALICE "p prod 100;e /pool/prod 1 AB u alice@pve;e /vms 1 AB u alice@pve",
     "alice@pve", "/vms/100", "a1b1"},
    {"own and pool unite", ALICE "p prod 100;e /pool/prod 1 A u alice@pve;e /vms 1 B u alice@pve",
     "alice@pve", "/vms/100", "a0b1"},
    {"through /pool", ALICE "p prod 100;e /pool 1 A u alice@pve", "alice@pve", "/vms/100", "a0"},
    {"through the root, replaced at /vms", ALICE "p prod 100;e / 1 A u alice@pve;e /vms 1 B u alice@pve",
     "alice@pve", "/vms/100", "a0b1"},
    {"through a group", ALICE "p prod 100;e /pool/prod 1 A g ops", "alice@pve", "/vms/100", "a0"},
    {"own NoAccess wins", ALICE "p prod 100;e /pool/prod 1 A u alice@pve;e /vms/100 1 NoAccess g ops",
     "alice@pve", "/vms/100", ""},
    {"the pool's NoAccess wins",
     ALICE "p prod 100;e /pool/prod 1 NoAccess u alice@pve;e /vms/100 1 A u alice@pve", "alice@pve",
     "/vms/100", ""},
    {"NoAccess from the root through the pool",
     ALICE "p prod 100;e / 1 NoAccess u alice@pve;e /vms 1 A u alice@pve", "alice@pve", "/vms/100", ""},
    {"one NoAccess of two pools",
     ALICE "p p1 local;p p2 local;e /pool/p1 1 A u alice@pve;e /pool/p2 1 NoAccess u alice@pve", "alice@pve",
     "/storage/local", ""},
    {"outer pool reaches inner", ALICE "p prod 100;p prod/sub 101;e /pool/prod 1 A u alice@pve", "alice@pve",
     "/vms/101", "a0"},
    {"without propagation not", ALICE "p prod 100;p prod/sub 101;e /pool/prod 0 A u alice@pve", "alice@pve",
     "/vms/101", ""},
    {"inner does not reach outer", ALICE "p prod 100;p prod/sub 101;e /pool/prod/sub 1 A u alice@pve",
     "alice@pve", "/vms/100", ""},
    {"inner replaces outer",
     ALICE "p prod 100;p prod/sub 101;e /pool/prod 1 A u alice@pve;e /pool/prod/sub 1 B u alice@pve",
     "alice@pve", "/vms/101", "b0"},
    {"outer need not exist", ALICE "p a/b/c 101;e /pool/a 1 A u alice@pve", "alice@pve", "/vms/101", "a0"},
    {"four deep is no pool", ALICE "p a/b/c/d 101;e /pool/a 1 A u alice@pve", "alice@pve", "/vms/101", ""},
    {"a pool called 0", ALICE "p 0 100;e /pool 1 A u alice@pve", "alice@pve", "/vms/100", ""},
    {"a pool with a bad name", ALICE "p b+d 100;e /pool 1 A u alice@pve", "alice@pve", "/vms/100", ""},
};

static const struct hand tokens[] = {
    {"full is its user", SEP "e /vms 1 A u alice@pve", "alice@pve!full", "/vms/1", "a1"},
    {"full through groups", SEP "e /vms 1 A g ops", "alice@pve!full", "/vms/1", "a1"},
    {"full ignores its own", SEP "e /vms 1 A u alice@pve;e /vms 1 B t alice@pve!full", "alice@pve!full",
     "/vms/1", "a1"},
    {"separated has nothing by itself", SEP "e /vms 1 A u alice@pve", "alice@pve!sep", "/vms/1", ""},
    {"what the user lacks", SEP "e /vms 1 A t alice@pve!sep", "alice@pve!sep", "/vms/1", ""},
    {"both", SEP "e /vms 1 A u alice@pve;e /vms 1 AB t alice@pve!sep", "alice@pve!sep", "/vms/1", "a1"},
    {"flags: and", SEP "e /vms 0 A u alice@pve;e /vms 1 A t alice@pve!sep", "alice@pve!sep", "/vms", "a0"},
    {"flags: and, other way", SEP "e /vms 1 A u alice@pve;e /vms 0 A t alice@pve!sep", "alice@pve!sep",
     "/vms", "a0"},
    {"user through a group", SEP "e / 1 A g ops;e /vms 1 A t alice@pve!sep", "alice@pve!sep", "/vms/1", "a1"},
    {"no groups of its own", SEP "e /vms 1 A g ops;e /nodes 1 A t alice@pve!sep", "alice@pve!sep", "/vms/1",
     ""},
    {"token's NoAccess", SEP "e / 1 A u alice@pve;e / 1 A t alice@pve!sep;e /vms 1 NoAccess t alice@pve!sep",
     "alice@pve!sep", "/vms/1", ""},
    {"user's NoAccess", SEP "e /vms 1 NoAccess u alice@pve;e / 1 A t alice@pve!sep", "alice@pve!sep",
     "/vms/1", ""},
    {"token through a pool", SEP "p prod 100;e /vms 1 A u alice@pve;e /pool/prod 1 A t alice@pve!sep",
     "alice@pve!sep", "/vms/100", "a0"},
    {"user through a pool", SEP "p prod 100;e /pool/prod 1 A u alice@pve;e /vms 1 A t alice@pve!sep",
     "alice@pve!sep", "/vms/100", "a0"},
    {"full through a pool", SEP "p prod 100;e /pool/prod 1 A u alice@pve", "alice@pve!full", "/vms/100",
     "a0"},
    {"unknown token", SEP "e / 1 A u alice@pve;e / 1 A t alice@pve!gone", "alice@pve!gone", "/", ""},
    {"name of one letter", SEP "e / 1 A u alice@pve;e / 1 A t alice@pve!x", "alice@pve!x", "/", ""},
    {"either of the user", SEP "e /vms 1 A g ops;e /vms 0 A g dev;e /vms 1 A t alice@pve!sep",
     "alice@pve!sep", "/vms", "a?"},
    {"either and 0", SEP "e /vms 1 A g ops;e /vms 0 A g dev;e /vms 0 A t alice@pve!sep", "alice@pve!sep",
     "/vms", "a0"},
    {"a separated token of root is not cut", "u root@pam;t root@pam!sep 1;e /vms 1 A t root@pam!sep",
     "root@pam!sep", "/vms/1", "a1"},
    {"nor has it anything by itself", "u root@pam;t root@pam!sep 1", "root@pam!sep", "/vms/1", ""},
    {"a full token of root", "u root@pam;t root@pam!full 0", "root@pam!full", "/x", "a1b1c1"},
    {"root", ALICE, "root@pam", "/", "a1b1c1"},
    {"root with NoAccess", ALICE "e / 1 NoAccess u root@pam", "root@pam", "/vms", "a1b1c1"},
    {"root disabled", "u root@pam - 0", "root@pam", "/vms", "a1b1c1"},
    {"root of another realm", "u root@pve", "root@pve", "/", ""},
    {"disabled user", "u bob@pve - 0;e / 1 A u bob@pve", "bob@pve", "/", "a1"},
    {"expired user", "u bob@pve - 1 1000000000;e / 1 A u bob@pve", "bob@pve", "/", "a1"},
    {"expired token", ALICE "t alice@pve!old 0 1000000000;e / 1 A u alice@pve", "alice@pve!old", "/", "a1"},
};

static const struct hand names[] = {
    {"undefined role", ALICE "e / 1 A u alice@pve;e /vms 1 Gone u alice@pve", "alice@pve", "/vms", "a1"},
    {"a role called 0", ALICE "r 0 VM.Audit;e /vms 1 0 u alice@pve", "alice@pve", "/vms", ""},
    {"a role called 00", ALICE "r 00 VM.Audit;e /vms 1 00 u alice@pve", "alice@pve", "/vms", "a1"},
    {"a role with a bad name", ALICE "r R+ VM.Audit;e /vms 1 R+ u alice@pve", "alice@pve", "/vms", ""},
    {"a group called 0", "u alice@pve 0;e /vms 1 A g 0", "alice@pve", "/vms", ""},
    {"a group with a bad name", "u alice@pve a+b;e /vms 1 A g a+b", "alice@pve", "/vms", ""},
    {"a path with a bad character", ALICE "e /vms/a+b 1 A u alice@pve", "alice@pve", "/vms/a+b", ""},
    {"an element 0 is skipped", ALICE "e /vms/0/5 1 A u alice@pve", "alice@pve", "/vms/5", "a1"},
    {"and nothing is found under it", ALICE "e /vms/0/5 1 A u alice@pve", "alice@pve", "/vms/0/5", ""},
    {"/0 is the root", ALICE "e /0 1 A u alice@pve", "alice@pve", "/vms", "a1"},
    {"0 alone is no path", ALICE "e 0 1 A u alice@pve", "alice@pve", "/", ""},
    {"entries are normalised", ALICE "e vms//5/ 1 A u alice@pve", "alice@pve", "/vms/5", "a1"},
    {"questions are not: the root is missed", ALICE "e / 1 A u alice@pve", "alice@pve", "vms/5", ""},
    {"others are found", ALICE "e /vms 1 A u alice@pve", "alice@pve", "vms/5", "a1"},
    {"doubled slashes", ALICE "e /vms 1 A u alice@pve", "alice@pve", "//vms//5", "a1"},
    {"a slash at the end", ALICE "e /vms/5 0 A u alice@pve", "alice@pve", "/vms/5/", "a0"},
    {"slashes alone are no root", ALICE "e / 1 A u alice@pve", "alice@pve", "//", ""},
    {"no path at all", ALICE "e / 1 A u alice@pve", "alice@pve", "", ""},
    {"an id that is none", ALICE "e / 1 A u alice", "alice", "/", ""},
    {"a realm of one letter", ALICE "e / 1 A u alice@p", "alice@p", "/", ""},
    {"of equal entries the last", ALICE "e /vms 1 A u alice@pve;e vms 0 A u alice@pve", "alice@pve", "/vms",
     "a0"},
};

static void check(const struct hand *hands, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct acl_model *model = rig_model(hands[i].model, 0);
        char got[32];

        rig_answer(model, hands[i].who, hands[i].path, got);
        if (strcmp(got, hands[i].want) != 0)
            fail_msg("%s: expected '%s', got '%s'", hands[i].name, hands[i].want, got);
        acl_model_free(model);
    }
}

static void test_walks(void **state)
{
    (void)state;
    check(walks, sizeof(walks) / sizeof(walks[0]));
}

static void test_pools(void **state)
{
    (void)state;
    check(pools, sizeof(pools) / sizeof(pools[0]));
}

static void test_tokens(void **state)
{
    (void)state;
    check(tokens, sizeof(tokens) / sizeof(tokens[0]));
}

static void test_names(void **state)
{
    (void)state;
    check(names, sizeof(names) / sizeof(names[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_walks), cmocka_unit_test(test_pools),
                                       cmocka_unit_test(test_tokens), cmocka_unit_test(test_names)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
