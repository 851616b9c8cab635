/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The risk table is complete and true to Proxmox's own API descriptions: every changing method has a row,
 * every documented parameter is listed, no row names what exists nowhere, and what it says of tasks, digests
 * and root@pam is what they say.
 *
 * design 2: "The core judges risk itself."
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "trust/risk_rows.h"

#define FILES 3

struct api {
    const char *name;
    unsigned site_kind;
    struct json_object *root;
    struct json_object *endpoints;
};

static struct api apis[FILES] = {
    {.name = "pve-9.2", .site_kind = CONFIG_PVE},
    {.name = "pve-8.4", .site_kind = CONFIG_PVE},
    {.name = "pbs-4.2", .site_kind = CONFIG_PBS},
};
static bool have_apis;
static unsigned faults;

#define FAULT(...) (faults++, print_error(__VA_ARGS__), print_error("\n"))

static int load(void **state)
{
    const char *shared = getenv("PROXIMO_SHARED");
    const char *source = getenv("PROXIMO_TEST_SOURCE_DIR");

    (void)state;
    have_apis = true;
    for (size_t i = 0; i < FILES; i++) {
        CLEANUP_BUF struct buf text = BUF_INIT((size_t)8 << 20);
        char path[600];
        if (shared)
            (void)snprintf(path, sizeof(path), "%s/api/%s.json", shared, apis[i].name);
        else
            (void)snprintf(path, sizeof(path), "%s/../shared/api/%s.json", source ? source : ".",
                           apis[i].name);
        if (file_read(path, &text) < 0) {
            have_apis = false;
            continue;
        }
        assert_int_equal(json_parse(text.data, text.len, &apis[i].root, NULL), 0);
        assert_int_equal(json_get(apis[i].root, "endpoints", json_type_array, &apis[i].endpoints), 0);
    }
    if (!have_apis)
        print_message("no API descriptions (set PROXIMO_SHARED): only the small list of this test is used\n");
    return 0;
}

static int unload(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILES; i++)
        json_object_put(apis[i].root);
    return 0;
}

static const char *text_of(struct json_object *object, const char *key)
{
    const char *text = NULL;
    return json_get_string(object, key, &text, NULL) == 0 ? text : "";
}

static const struct risk_row *row_by_template(unsigned site_kind, const char *method, const char *path)
{
    size_t count = 0;
    const struct risk_row *rows = risk_rows(&count);
    for (size_t i = 0; i < count; i++)
        if (rows[i].site_kind == site_kind && strcmp(rows[i].method, method) == 0 &&
            strcmp(rows[i].path, path) == 0)
            return &rows[i];
    return NULL;
}

/* The template with an ordinary word for each parameter. */
static void concrete(const char *path, char *ret, size_t size)
{
    size_t len = 0;
    for (const char *at = path; *at != '\0' && len + 8 < size;) {
        if (*at == '{') {
            memcpy(ret + len, "elem", 4);
            len += 4;
            at += strcspn(at, "}") + 1;
        } else {
            ret[len++] = *at++;
        }
    }
    ret[len] = '\0';
}

/* "net[n]" -> "net0" */
static void numbered(const char *name, char *ret, size_t size)
{
    const char *family = strstr(name, "[n]");
    if (family)
        (void)snprintf(ret, size, "%.*s0%s", (int)(family - name), name, family + 3);
    else
        (void)snprintf(ret, size, "%s", name);
}

/* ---- what the descriptions say */

static bool mentions_upid(struct json_object *returns)
{
    return returns && strstr(json_object_to_json_string(returns), "UPID") != NULL;
}

/* Methods of Backup Server that answer a UPID, although their description returns nothing: its web interface
 * shows the task. */
static bool is_undescribed_task(const char *method, const char *path)
{
    static const char *const rows[][2] = {
        {"POST", "/admin/prune/{id}/run"},
        {"POST", "/admin/sync/{id}/run"},
        {"POST", "/admin/verify/{id}/run"},
        {"POST", "/config/datastore"},
        {"POST", "/pull"},
        {"POST", "/push"},
        {"POST", "/tape/backup/{id}"},
        {"PUT", "/nodes/{node}/network"},
        {"POST", "/nodes/{node}/services/{service}/start"},
        {"POST", "/nodes/{node}/services/{service}/stop"},
        {"POST", "/nodes/{node}/services/{service}/restart"},
        {"POST", "/nodes/{node}/services/{service}/reload"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i][0], method) == 0 && strcmp(rows[i][1], path) == 0)
            return true;
    return false;
}

/* Strings of Proxmox VE that are no UPIDs, and a null that is one (the oracle's fact 40 is about it). */
static bool is_task(unsigned site_kind, const char *method, const char *path, struct json_object *endpoint)
{
    static const char *const no_task[] = {
        "/access/openid/auth-url",
        "/cluster/sdn/lock",
        "/nodes/{node}/storage/{storage}/content",
        "/nodes/{node}/wakeonlan",
        "/nodes/{node}/qemu/{vmid}/monitor",
    };
    struct json_object *returns = NULL;
    struct json_object *properties = NULL;

    if (site_kind == CONFIG_PVE && strcmp(method, "POST") == 0) {
        if (strcmp(path, "/nodes/{node}/lxc/{vmid}/template") == 0)
            return true;
        for (size_t i = 0; i < sizeof(no_task) / sizeof(no_task[0]); i++)
            if (strcmp(path, no_task[i]) == 0)
                return false;
    }
    if (site_kind == CONFIG_PBS && is_undescribed_task(method, path))
        return true;
    if (!json_object_object_get_ex(endpoint, "returns", &returns) || !returns)
        return false;
    if (json_object_object_get_ex(returns, "properties", &properties) &&
        json_object_object_get_ex(properties, "upid", NULL))
        return true;
    return site_kind == CONFIG_PBS ? mentions_upid(returns) : strcmp(text_of(returns, "type"), "string") == 0;
}

/* Where `digest` is taken but is no guard: a new firewall rule ignores it, a backup session has sums of its
 * own. */
static bool digest_is_none(const char *method, const char *path)
{
    const size_t len = strlen(path);
    const bool rule = len > 6 && (strcmp(path + len - 6, "/rules") == 0 || strstr(path, "/groups/{group}"));
    return strncmp(path, "/backup/_upgrade_/", 18) == 0 ||
           (rule && strcmp(method, "POST") == 0 && strstr(path, "/firewall/"));
}

static void check_parameters(const struct api *api, const char *method, const char *template,
                             const char *path, struct json_object *params)
{
    json_object_object_foreach(params, name, description)
    {
        char placeholder[100];
        char plain[100];
        struct risk_verdict verdict;
        (void)description;
        (void)snprintf(placeholder, sizeof(placeholder), "{%s}", name);
        if (strstr(template, placeholder))
            continue;
        numbered(name, plain, sizeof(plain));
        const struct http_field field = {plain, "1", 1};
        risk_judge(api->site_kind, method, path, &field, 1, &verdict);
        /* A list of options holds names; "1" is none and is to be refused. */
        if ((verdict.flags & RISK_UNLISTED) && strcmp(name, "delete") != 0 && strcmp(name, "revert") != 0)
            FAULT("%s %s %s: parameter %s is not in the table", api->name, method, template, name);
    }
}

static void every_changing_method_has_a_row_and_all_its_parameters(void **state)
{
    (void)state;
    if (!have_apis)
        skip();
    faults = 0;
    for (size_t f = 0; f < FILES; f++) {
        size_t changing = 0;
        for (size_t i = 0; i < json_object_array_length(apis[f].endpoints); i++) {
            struct json_object *endpoint = json_object_array_get_idx(apis[f].endpoints, i);
            const char *method = text_of(endpoint, "method");
            const char *template = text_of(endpoint, "path");
            struct json_object *params = NULL;
            char path[400];
            if (strcmp(method, "GET") == 0)
                continue;
            changing++;
            const struct risk_row *row = row_by_template(apis[f].site_kind, method, template);
            concrete(template, path, sizeof(path));
            if (!row)
                FAULT("%s %s %s: no row", apis[f].name, method, template);
            else if (risk_row_find(apis[f].site_kind, method, path) != row)
                FAULT("%s %s %s: another row is found for %s", apis[f].name, method, template, path);
            else if (json_object_object_get_ex(endpoint, "params", &params))
                check_parameters(&apis[f], method, template, path, params);
        }
        print_message("%s: %zu changing methods\n", apis[f].name, changing);
        assert_true(changing > 150);
    }
    assert_int_equal(faults, 0);
}

/* What all descriptions of a row's site say of it together. */
struct facts {
    bool exists, task, digest, root_only, no_token;
};

static struct facts facts_of(const struct risk_row *row)
{
    struct facts facts = {.root_only = true, .no_token = true};

    for (size_t f = 0; f < FILES; f++) {
        if (apis[f].site_kind != row->site_kind)
            continue;
        for (size_t i = 0; i < json_object_array_length(apis[f].endpoints); i++) {
            struct json_object *endpoint = json_object_array_get_idx(apis[f].endpoints, i);
            struct json_object *found = NULL;
            if (strcmp(text_of(endpoint, "method"), row->method) != 0 ||
                strcmp(text_of(endpoint, "path"), row->path) != 0)
                continue;
            facts.exists = true;
            facts.root_only = facts.root_only && strcmp(text_of(endpoint, "perm"), "root-only") == 0;
            facts.no_token = facts.no_token && json_object_object_get_ex(endpoint, "allowtoken", &found) &&
                             !json_object_get_boolean(found);
            facts.task = facts.task || is_task(row->site_kind, row->method, row->path, endpoint);
            if (json_object_object_get_ex(endpoint, "params", &found) &&
                json_object_object_get_ex(found, "digest", NULL))
                facts.digest = !digest_is_none(row->method, row->path);
        }
    }
    return facts;
}

static void rows_say_what_the_descriptions_say(void **state)
{
    size_t count = 0;
    const struct risk_row *rows = risk_rows(&count);

    (void)state;
    if (!have_apis)
        skip();
    faults = 0;
    for (size_t i = 0; i < count; i++) {
        const struct facts facts = facts_of(&rows[i]);
        const struct {
            const char *name;
            bool says, is;
        } checks[] = {
            {"TASK", rows[i].flags & RISK_TASK, facts.task},
            {"DIGEST", rows[i].flags & RISK_DIGEST, facts.digest},
            {"ROOT_ONLY", rows[i].flags & RISK_ROOT_ONLY, facts.root_only},
            {"NO_TOKEN", rows[i].flags & RISK_NO_TOKEN, facts.no_token},
        };
        if (!facts.exists) {
            FAULT("%s %s: exists in no description", rows[i].method, rows[i].path);
            continue;
        }
        for (size_t k = 0; k < sizeof(checks) / sizeof(checks[0]); k++)
            if (checks[k].says != checks[k].is)
                FAULT("%s %s: %s in the table %d, in the description %d", rows[i].method, rows[i].path,
                      checks[k].name, checks[k].says, checks[k].is);
    }
    assert_int_equal(faults, 0);
}

/* Is the parameter documented for a method that this text of words belongs to? `group`: NULL for a row's own
 * words. */
static bool word_exists(const struct risk_row *row, const char *group, const char *name, size_t len)
{
    size_t count = 0;
    const struct risk_row *rows = risk_rows(&count);
    for (size_t r = 0; r < count; r++) {
        char mark[64];
        (void)snprintf(mark, sizeof(mark), "@%s", group ? group : "");
        if (group ? strstr(rows[r].params, mark) == NULL : &rows[r] != row)
            continue;
        for (size_t f = 0; f < FILES; f++) {
            if (apis[f].site_kind != rows[r].site_kind)
                continue;
            for (size_t i = 0; i < json_object_array_length(apis[f].endpoints); i++) {
                struct json_object *endpoint = json_object_array_get_idx(apis[f].endpoints, i);
                struct json_object *params = NULL;
                char key[100];
                (void)snprintf(key, sizeof(key), "%.*s", (int)len, name);
                if (strcmp(text_of(endpoint, "method"), rows[r].method) == 0 &&
                    strcmp(text_of(endpoint, "path"), rows[r].path) == 0 &&
                    json_object_object_get_ex(endpoint, "params", &params) &&
                    json_object_object_get_ex(params, key, NULL))
                    return true;
            }
        }
    }
    return false;
}

static void check_words(const struct risk_row *row, const char *group, const char *words)
{
    const char *owner = group ? group : row->path;
    for (const char *at = words; *at != '\0';) {
        at += strspn(at, " ");
        const size_t len = strcspn(at, " ");
        const char *equals = len ? memchr(at, '=', len) : NULL;
        const char *name = at + (*at == '!');
        const size_t name_len = (equals ? (size_t)(equals - at) : len) - (size_t)(*at == '!');
        if (len == 0)
            break;
        if (equals && !risk_rule_find(equals + 1, len - (size_t)(equals + 1 - at)))
            FAULT("%s: no rule for %.*s", owner, (int)len, at);
        if (*at == '@') {
            if (group || !risk_group_words(at + 1, len - 1))
                FAULT("%s: no group %.*s", owner, (int)len, at);
        } else if (!(len == 2 && at[1] == ':') && have_apis && !word_exists(row, group, name, name_len)) {
            FAULT("%s: parameter %.*s exists in no description", owner, (int)name_len, name);
        }
        at += len;
    }
}

static void every_word_means_something(void **state)
{
    size_t count = 0;
    const struct risk_row *rows = risk_rows(&count);

    (void)state;
    faults = 0;
    for (size_t i = 0; i < count; i++)
        check_words(&rows[i], NULL, rows[i].params);
    const struct risk_group *groups = risk_groups(&count);
    for (size_t i = 0; i < count; i++)
        check_words(NULL, groups[i].name, groups[i].words);
    assert_int_equal(faults, 0);
}

static void rows_are_sound(void **state)
{
    static const char *const methods[] = {"POST", "PUT", "DELETE"};
    size_t count = 0;
    const struct risk_row *rows = risk_rows(&count);

    (void)state;
    assert_true(count > 500 && count < 640);
    for (size_t i = 0; i < count; i++) {
        const struct risk_row *row = &rows[i];
        bool known = false;
        for (size_t k = 0; k < 3; k++)
            known = known || strcmp(row->method, methods[k]) == 0;
        assert_true(known);
        assert_true(row->path[0] == '/' && strlen(row->what) > 6 && row->params);
        assert_true(row->level >= RISK_LOW && row->level <= RISK_HIGH);
        assert_ptr_equal(row_by_template(row->site_kind, row->method, row->path), row); /* no doubles */
    }
}

/* The page for operators counts the rows; it has to be looked at when there are others. */
static void the_page_knows_how_many_rows_there_are(void **state)
{
    const char *source = getenv("PROXIMO_TEST_SOURCE_DIR");
    CLEANUP_BUF struct buf text = BUF_INIT((size_t)1 << 20);
    char path[600];
    char count_text[40];
    size_t count = 0;

    (void)state;
    (void)risk_rows(&count);
    (void)snprintf(path, sizeof(path), "%s/docs/risk.md", source ? source : ".");
    if (file_read(path, &text) < 0)
        skip();
    (void)snprintf(count_text, sizeof(count_text), "(%zu rows)", count);
    assert_non_null(strstr(text.data, count_text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_sound),
        cmocka_unit_test(every_changing_method_has_a_row_and_all_its_parameters),
        cmocka_unit_test(rows_say_what_the_descriptions_say),
        cmocka_unit_test(every_word_means_something),
        cmocka_unit_test(the_page_knows_how_many_rows_there_are),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
