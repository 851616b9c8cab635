/* SPDX-License-Identifier: Apache-2.0 */
/* The plans of pve_acl_modify and pve_acl_prune against configurations by chance: carried out and taken back.
 */
#include "api_form.h"

#include "../plugins/plan_rig.h"
#include "random.h"
#include "rig.h"

#define ROUNDS 120u

static const struct proximo_plane *acl;

static const char *text_of_json(struct json_object *o)
{
    return json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* What Proxmox answers of this configuration. */
static void answers(struct plane_test *t, const struct access *access)
{
    plane_test_init(t);
    t->token = "root@pam!ci";
    plane_test_answer(t, "/access/users?full=1", 200, text_of_json(access->users));
    plane_test_answer(t, "/access/groups", 200, text_of_json(access->groups));
    plane_test_answer(t, "/access/roles", 200, text_of_json(access->roles));
    plane_test_answer(t, "/access/acl", 200, text_of_json(access->acl));
    plane_test_answer(t, "/pools", 200, text_of_json(access->pools));
    for (size_t i = 0; i < json_object_array_length(access->pools); i++) {
        struct json_object *pool = json_object_array_get_idx(access->pools, i),
                           *list = json_object_new_array();
        char path[200] = "/pools?poolid=";
        for (const char *at = member_text(pool, "poolid"); *at; at++)
            (void)snprintf(path + strlen(path), sizeof(path) - strlen(path), *at == '/' ? "%%2F" : "%c", *at);
        json_object_array_add(list, json_object_get(pool));
        plane_test_answer(t, path, 200, text_of_json(list));
        json_object_put(list);
    }
    plane_test_answer(t, "/cluster/resources?type=vm", 200,
                      "[{\"vmid\":100,\"type\":\"qemu\",\"node\":\"pve1\",\"status\":\"running\"},"
                      "{\"vmid\":101,\"type\":\"lxc\",\"node\":\"pve1\",\"status\":\"running\"}]");
    plane_test_answer(t, "/cluster/nextid?vmid=102", 200, "\"102\"");
    plane_test_answer(t, "/storage", 200, "[{\"storage\":\"local\",\"type\":\"dir\"}]");
    plane_test_answer(t, "/nodes", 200, "[{\"node\":\"pve2\",\"status\":\"online\"}]");
    plane_test_answer(t, "/access/domains", 200, "[{\"realm\":\"pam\",\"type\":\"pam\"}]");
}

/* ---- the steps of a plan, carried out on the list as Proxmox does it */

static const char *param(struct json_object *step, const char *name)
{
    struct json_object *params = member_of(step, "params");
    return member_text(access_row(params, "name", name), "value");
}

static void carry_out(struct access *access, const struct plane_test *t)
{
    static const char *const kinds[][2] = {{"users", "user"}, {"groups", "group"}, {"tokens", "token"}};
    for (uint32_t i = 0; i < plane_test_told_count(t, "steps"); i++) {
        struct json_object *step = json_tokener_parse(plane_test_told(t, "steps", i));
        struct json_object *edits = json_object_new_array();
        const char *who = NULL, *type = NULL;
        char why[200] = "";
        for (size_t k = 0; k < 3 && !who; k++) {
            who = param(step, kinds[k][0]);
            type = kinds[k][1];
        }
        assert_true(who && param(step, "path") && param(step, "roles"));
        assert_true(member_is(step, "method", "PUT") && member_is(step, "path", "/access/acl"));
        for (const char *at = param(step, "roles"); *at;) {
            const size_t len = strcspn(at, ",");
            char role[100];
            (void)snprintf(role, sizeof(role), "%.*s", (int)len, at);
            json_object_array_add(
                edits, edit_entry(param(step, "path"), role, type, who,
                                  param(step, "delete") ? -1 : param(step, "propagate")[0] == '1'));
            at += len + (at[len] != '\0');
        }
        assert_int_equal(access_edit(access, edits, why, sizeof(why)), 0);
        json_object_put(edits);
        json_object_put(step);
    }
}

/* ---- the record that the way back is planned from */

/* "[path=/x][ugid=y][roleid=z]" */
static struct json_object *find(const struct access *access, const char *selector)
{
    char part[3][200];
    for (size_t i = 0; i < 3; i++) {
        const char *value = strchr(selector, '=') + 1;
        (void)snprintf(part[i], sizeof(part[i]), "%.*s", (int)strcspn(value, "]"), value);
        selector = strchr(value, ']') + 1;
    }
    const char *type = strchr(part[1], '!') ? "token" : strchr(part[1], '@') ? "user" : "group";
    return access_entry(access->acl, part[0], part[2], type, part[1]);
}

static struct json_object *guarded(const struct access *access, const struct plane_test *t)
{
    struct json_object *list = json_object_new_array();
    for (uint32_t i = 0; i < plane_test_told_count(t, "guards"); i++) {
        struct json_object *guard = json_tokener_parse(plane_test_told(t, "guards", i));
        struct json_object *values = json_object_new_object();
        const char *at = member_is(guard, "path", "/access/acl") ? member_text(guard, "fields") : "";
        while (*at) {
            const size_t len = strcspn(at, ",");
            char selector[600];
            (void)snprintf(selector, sizeof(selector), "%.*s", (int)len, at);
            struct json_object *entry = find(access, selector);
            struct json_object *copy = NULL;
            if (entry)
                assert_int_equal(json_object_deep_copy(entry, &copy, NULL), 0);
            else
                copy = json_tokener_parse("{\"absent\":true}");
            json_object_object_add(values, selector, copy);
            at += len + (at[len] != '\0');
        }
        json_object_array_add(list, values);
        json_object_put(guard);
    }
    return list;
}

/* Both have the same entries, whatever their order. */
static void same_entries(const struct access *a, const struct access *b)
{
    assert_int_equal(json_object_array_length(a->acl), json_object_array_length(b->acl));
    for (size_t i = 0; i < json_object_array_length(a->acl); i++) {
        struct json_object *entry = json_object_array_get_idx(a->acl, i);
        struct json_object *other =
            access_entry(b->acl, member_text(entry, "path"), member_text(entry, "roleid"),
                         member_text(entry, "type"), member_text(entry, "ugid"));
        if (!other || !member_is(other, "propagate", member_text(entry, "propagate")))
            fail_msg("%s is not as before", text_of_json(entry));
    }
}

/* Plans, carries out, plans the way back, carries that out: every entry, and everybody's rights, as before.
 */
static uint32_t there_and_back(struct plane_test *t, const struct access *before, const char *tool)
{
    struct access after, back;
    assert_int_equal(access_copy(before, &after), 0);
    carry_out(&after, t);
    const uint32_t steps = plane_test_told_count(t, "steps");
    if (steps) {
        struct json_object *record = json_object_new_object();
        struct plane_test undo;
        json_object_object_add(record, "before", guarded(before, t));
        json_object_object_add(record, "after", guarded(&after, t));
        answers(&undo, &after);
        if (plane_test_plan_undo(&undo, acl, tool, text_of_json(record)) != 0)
            fail_msg("%s", undo.fail_text);
        assert_int_equal(access_copy(&after, &back), 0);
        carry_out(&back, &undo);
        same_entries(before, &back);
        assert_int_equal(api_differences(before, &back, NULL, NULL, NULL), 0);
        expect_words(&undo, "subjects", "acl.modify");
        plane_test_done(&undo);
        access_done(&back);
        json_object_put(record);
    }
    access_done(&after);
    return steps;
}

static void a_change_and_its_way_back(void **state)
{
    struct chance chance = {0xac1001};
    uint32_t planned = 0;
    (void)state;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct json_object *config = random_config(&chance);
        struct access access = api_form(config);
        struct json_object *entry = random_entry(&chance, access.acl, NULL, NULL);
        const size_t count = json_object_array_length(access.acl);
        const bool removes = count && chance_below(&chance, 2);
        struct json_object *one =
            removes ? json_object_array_get_idx(access.acl, chance_below(&chance, (uint32_t)count)) : entry;
        char roles[200];
        struct plane_test t;
        answers(&t, &access);
        (void)snprintf(roles, sizeof(roles), "[\"%s\",\"PVEVMUser\",\"R1\"]", member_text(one, "roleid"));
        plane_test_argument(&t, "path", member_text(one, "path"), 1);
        plane_test_argument(&t, "target", member_text(one, "ugid"), 1);
        plane_test_argument(&t, "roles", roles, 0);
        plane_test_argument(&t, "propagate", chance_below(&chance, 2) ? "true" : "false", 0);
        plane_test_argument(&t, "delete", removes ? "true" : "false", 0);
        const int32_t r = plane_test_plan(&t, acl, "pve_acl_modify");
        if (r == 0)
            planned += there_and_back(&t, &access, "pve_acl_modify");
        else /* of users and tokens that do not exist, and of a role that does not */
            assert_int_equal(r, PROXIMO_ENOTFOUND);
        plane_test_done(&t);
        json_object_put(entry);
        access_done(&access);
        json_object_put(config);
    }
    assert_true(planned > ROUNDS / 2);
}

/* ---- prune */

/* Of these the test's cluster has nothing. */
static bool is_gone(const char *path)
{
    return strcmp(path, "/vms/102") == 0 || strcmp(path, "/storage/nfs1") == 0 ||
           strcmp(path, "/nodes/pve1") == 0;
}

static bool at_what_is_gone(const struct acl_change *change, void *context)
{
    (void)context;
    return is_gone(change->path);
}

/* Whatever it removes: nobody's rights change but on what is not there, and it finds nothing a second time.
 */
static void pruning_changes_nobodys_rights(void **state)
{
    struct chance chance = {0xac1002};
    uint32_t removed = 0, gone = 0;
    (void)state;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct json_object *config = random_config(&chance);
        struct access access = api_form(config), after;
        struct plane_test t, again;
        answers(&t, &access);
        assert_int_equal(plane_test_plan(&t, acl, "pve_acl_prune"), 0);
        removed += there_and_back(&t, &access, "pve_acl_prune");
        assert_int_equal(access_copy(&access, &after), 0);
        carry_out(&after, &t);
        gone += (uint32_t)api_differences(&access, &after, NULL, at_what_is_gone, NULL);
        answers(&again, &after);
        assert_int_equal(plane_test_plan(&again, acl, "pve_acl_prune"), 0);
        assert_int_equal(plane_test_told_count(&again, "steps"), 0);
        expect_words(&again, "summary", "nothing to do");
        /* Nothing is left at what is gone, but for those whom Proxmox does not know. */
        for (size_t k = 0; k < json_object_array_length(after.acl); k++) {
            struct json_object *entry = json_object_array_get_idx(after.acl, k);
            if (is_gone(member_text(entry, "path")))
                assert_true(member_is(entry, "ugid", "ghost@pve") ||
                            member_is(entry, "ugid", "carol@pam!gone"));
        }
        plane_test_done(&again);
        plane_test_done(&t);
        access_done(&after);
        access_done(&access);
        json_object_put(config);
    }
    assert_true(removed > ROUNDS);
    assert_true(gone > 0);
}

/* What was not read whole proves nothing: no plan. Of lists that are not whole nothing is concluded. */
static void pruning_wants_everything(void **state)
{
    static const char *const parts[] = {"/access/users?full=1", "/access/groups", "/access/acl", "/pools"};
    struct chance chance = {0xac1003};
    struct json_object *config = random_config(&chance);
    struct access access = api_form(config);
    struct plane_test t;
    (void)state;
    while (json_object_array_length(access.acl) < 12)
        json_object_array_add(access.acl, random_entry(&chance, access.acl, NULL, NULL));
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        answers(&t, &access);
        answer_instead(&t, parts[i], 200, "null");
        expect_failure(&t, plane_test_plan(&t, acl, "pve_acl_prune"), PROXIMO_EDENIED,
                       "cannot be read whole");
        plane_test_done(&t);
        answers(&t, &access);
        answer_instead(&t, parts[i], 200, "[{\"nonsense\":1}]");
        expect_failure(&t, plane_test_plan(&t, acl, "pve_acl_prune"), PROXIMO_EDENIED,
                       "cannot be read whole");
        plane_test_done(&t);
    }
    answers(&t, &access);
    answer_instead(&t, "/cluster/resources?type=vm", 200, "[]");
    answer_instead(&t, "/storage", 403, "null");
    answer_instead(&t, "/nodes", 200, "[]");
    assert_int_equal(plane_test_plan(&t, acl, "pve_acl_prune"), 0);
    assert_false(words_told(&t, "facts", "there is no"));
    plane_test_done(&t);
    /* The list is behind: the number is not free. */
    answers(&t, &access);
    answer_instead(&t, "/cluster/nextid?vmid=102", 400, "null");
    assert_int_equal(plane_test_plan(&t, acl, "pve_acl_prune"), 0);
    assert_false(words_told(&t, "facts", "there is no vms/102"));
    plane_test_done(&t);
    access_done(&access);
    json_object_put(config);
}

/* ---- what this token may hand on */

static int32_t modify_with(struct plane_test *t, const struct access *access, const char *held,
                           const char *role, const char *propagate)
{
    char roles[100];
    answers(t, access);
    (void)snprintf(roles, sizeof(roles), "[\"%s\"]", role);
    plane_test_answer(t, "/access/permissions?path=%2Fvms%2F105", 200, held);
    plane_test_argument(t, "path", "vms//105/", 1);
    plane_test_argument(t, "target", "bob@pve", 1);
    plane_test_argument(t, "roles", roles, 0);
    plane_test_argument(t, "propagate", propagate, 0);
    t->denied = 1;
    return plane_test_plan(t, acl, "pve_acl_modify");
}

/* Without Permissions.Modify a role goes on only within what is held, handed down only if that is. */
static void who_allocates_hands_on_what_he_holds(void **state)
{
    static const char can[] = "{\"/vms/105\":{\"Permissions.Modify\":0}}";
    static const char look[] = "{\"/vms/105\":{\"VM.Allocate\":1,\"VM.Audit\":0}}";
    static const struct {
        const char *held, *role, *propagate;
        int32_t code;
        const char *words;
    } rows[] = {
        {can, "Administrator", "true", 0, NULL},
        {can, "NoAccess", "true", 0, NULL},
        {look, "Look", "false", 0, NULL},
        {look, "Look", "true", PROXIMO_EDENIED, "handed down. Of the role Look it lacks VM.Audit"},
        {look, "PVEVMUser", "false", PROXIMO_EDENIED, "only VM.Allocate"},
        {look, "NoAccess", "false", PROXIMO_EDENIED, "the right to give NoAccess at all"},
        {"{\"/vms/105\":{\"VM.Audit\":1}}", "Look", "false", PROXIMO_EDENIED,
         "or to hand on what the token holds"},
        {"{\"/vms/105\":{}}", "Look", "false", PROXIMO_EDENIED, "need Permissions.Modify there"},
        {"null", "Look", "false", 0, NULL}, /* not known: the core says so */
    };
    struct chance chance = {0xac1004};
    struct json_object *config = random_config(&chance);
    struct access access = api_form(config);
    (void)state;
    while (json_object_array_length(access.acl))
        json_object_array_del_idx(access.acl, 0, 1);
    json_object_array_add(access.roles, json_tokener_parse("{\"roleid\":\"Look\",\"privs\":\"VM.Audit\"}"));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct plane_test t;
        const int32_t r = modify_with(&t, &access, rows[i].held, rows[i].role, rows[i].propagate);
        if (rows[i].code) {
            expect_failure(&t, r, rows[i].code, rows[i].words);
        } else {
            assert_int_equal(r, 0);
            expect_words(&t, "steps", "{\"name\":\"path\",\"value\":\"/vms/105\"}");
        }
        plane_test_done(&t);
    }
    access_done(&access);
    json_object_put(config);
}

/* Where the list may hide the entry there is no way back: it may have been there. */
static void what_is_not_seen_cannot_be_put_back(void **state)
{
    struct chance chance = {0xac1005};
    struct json_object *config = random_config(&chance);
    struct access access = api_form(config);
    struct plane_test t;
    (void)state;
    answers(&t, &access);
    answer_instead(&t, "/access/acl", 500, "null");
    plane_test_argument(&t, "path", "/vms/105", 1);
    plane_test_argument(&t, "target", "bob@pve", 1);
    plane_test_argument(&t, "roles", "[\"NoAccess\"]", 0);
    t.denied = 1;
    assert_int_equal(plane_test_plan(&t, acl, "pve_acl_modify"), 0);
    expect_told(&t, "undo", 0, "{\"kind\":1}");
    expect_words(&t, "facts", "does not see the entries at this path");
    plane_test_done(&t);
    access_done(&access);
    json_object_put(config);
}

static void paths_and_names_that_are_none(void **state)
{
    static const struct {
        const char *path, *target, *words;
    } rows[] = {
        {"/vms/99", "bob@pve", "/vms/ID"},          {"/vms/105/x", "bob@pve", "/vms/ID"},
        {"/pool/a/b/c/d", "bob@pve", "/pool/NAME"}, {"/access/users", "bob@pve", "/access/groups/NAME"},
        {"/nodes/a/b", "bob@pve", "/nodes/NODE"},   {"", "bob@pve", "is none"},
        {"/vms/1\xc3\xa4", "bob@pve", "is none"},   {"/vms", "b,ob@pve", "no user"},
        {"/vms", "bob@pve!x", "no token"},          {"/vms", "nobody", "no group"},
    };
    struct chance chance = {0xac1006};
    struct json_object *config = random_config(&chance);
    struct access access = api_form(config);
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct plane_test t;
        answers(&t, &access);
        plane_test_argument(&t, "path", rows[i].path, 1);
        plane_test_argument(&t, "target", rows[i].target, 1);
        plane_test_argument(&t, "roles", "[\"NoAccess\"]", 0);
        assert_int_not_equal(plane_test_plan(&t, acl, "pve_acl_modify"), 0);
        if (!strstr(t.fail_text, rows[i].words))
            fail_msg("%s: %s", rows[i].path, t.fail_text);
        plane_test_done(&t);
    }
    access_done(&access);
    json_object_put(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_allocates_hands_on_what_he_holds),
        cmocka_unit_test(what_is_not_seen_cannot_be_put_back),
        cmocka_unit_test(paths_and_names_that_are_none),
        cmocka_unit_test(a_change_and_its_way_back),
        cmocka_unit_test(pruning_changes_nobodys_rights),
        cmocka_unit_test(pruning_wants_everything),
    };
    acl = plane_load("acl");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
