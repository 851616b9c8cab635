/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every request that a plan of a change tool can hold: its steps, guards, waits and its way back, and what
 * planning and the blast functions ask. Plan functions decide by what they find, so they are run over a set
 * of states and arguments; each request must be one that the API descriptions of Proxmox VE take. Without the
 * descriptions the test says so.
 */
#include "proximo/plane_test.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "api.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/selector.h"
#include "base/text.h"
#include "plane/draft.h"
#include "plane/manifest.h"

#define UPID "UPID:pve1:00001234:0000ABCD:66000000:vzdump:105:root@pam!tok:"

static const char *const versions[] = {"pve-9.2.json", "pve-8.4.json"};
static struct api *apis[2];
static size_t requests, plans;
static char at[400]; /* what runs, for messages */

/* ---- what plan functions find */

struct guest_state {
    const char *name, *status;
};
static const struct guest_state states[] = {
    {"running", "{\"vmid\":105,\"name\":\"x\",\"status\":\"running\",\"ha\":{\"managed\":0}}"},
    {"stopped", "{\"vmid\":105,\"name\":\"x\",\"status\":\"stopped\",\"ha\":{\"managed\":0}}"},
    {"managed", "{\"vmid\":105,\"status\":\"running\",\"ha\":{\"managed\":1,\"state\":\"started\"}}"},
    {"managed and stopped", "{\"vmid\":105,\"status\":\"stopped\",\"ha\":{\"managed\":1}}"},
    {"suspended", "{\"vmid\":105,\"status\":\"stopped\",\"lock\":\"suspended\",\"ha\":{\"managed\":0}}"},
    {"locked", "{\"vmid\":105,\"status\":\"running\",\"lock\":\"backup\",\"ha\":{\"managed\":0}}"},
    {"template", "{\"vmid\":105,\"status\":\"stopped\",\"template\":1,\"ha\":{\"managed\":0}}"},
};
static const char snapshots[] =
    "[{\"name\":\"base\",\"snaptime\":100,\"vmstate\":1},{\"name\":\"s1\",\"snaptime\":"
    "200,\"parent\":\"base\"},{\"name\":\"proximo-20260101T000000-01234567\",\"snaptime\":300,"
    "\"description\":\"Proximo undo point of plan 0123456789abcdef0123456789abcdef: "
    "x\\n\",\"parent\":\"base\"},{\"name\":\"current\",\"parent\":\"s1\"}]";
static const char *const configs[] = {
    /* lxc, qemu */
    "{\"digest\":\"0123456789012345678901234567890123456789\",\"cores\":1,\"memory\":512,\"hostname\":\"ct\","
    "\"onboot\":0,\"tags\":\"a\",\"rootfs\":\"local:105/a.raw,size=1G\",\"net0\":\"name=eth0,bridge=vmbr0\"}",
    "{\"digest\":\"0123456789012345678901234567890123456789\",\"cores\":2,\"memory\":\"1024\",\"onboot\":1,"
    "\"tags\":\"a\",\"scsi0\":\"local:105/a.raw,size=4G\",\"name\":\"web\",\"cipassword\":\"**********\"}",
};
static const char *const kinds[] = {"lxc", "qemu"};

/* Arguments, as "name=JSON" one after the other. */
struct run {
    const char *plane, *tool;
    const char *arguments[5];
    const char *kind; /* NULL: both; "": it is not about a guest */
    const char *record;
};
static const struct run runs[] = {
    {"guests", "pve_guest_power", {"action=\"start\""}, NULL, "{\"before\":[{\"/status\":\"stopped\"}]}"},
    {"guests", "pve_guest_power", {"action=\"start\""}, NULL, "{\"before\":[{\"/status\":\"running\"}]}"},
    {"guests", "pve_guest_power", {"action=\"stop\""}, NULL, NULL},
    {"guests", "pve_guest_power", {"action=\"shutdown\""}, NULL, NULL},
    {"guests", "pve_guest_power", {"action=\"shutdown\"", "timeout=90", "force_stop=true"}, NULL, NULL},
    {"guests", "pve_guest_power", {"action=\"reboot\""}, NULL, NULL},
    {"guests", "pve_guest_power", {"action=\"reboot\"", "timeout=90"}, NULL, NULL},
    {"guests", "pve_snapshot_create", {"snapname=\"new1\""}, NULL, NULL},
    {"guests", "pve_snapshot_create", {"snapname=\"new1\"", "description=\"a\\nb\""}, NULL, NULL},
    {"guests", "pve_snapshot_create", {"snapname=\"new1\"", "vmstate=true"}, "qemu", NULL},
    {"guests", "pve_snapshot_create", {"snapname=\"s1\""}, NULL, "{\"undo_of\":null,\"after\":[]}"},
    {"guests", "pve_snapshot_delete", {"snapname=\"s1\""}, NULL, NULL},
    {"guests", "pve_snapshot_delete", {"snapname=\"base\"", "force=true"}, NULL, NULL},
    {"guests", "pve_undo_points_prune", {"older_than_days=1"}, NULL, NULL},
    {"guests", "pve_undo_points_prune", {"names=[\"proximo-20260101T000000-01234567\"]"}, NULL, NULL},
    {"guests", "pve_rollback", {"snapname=\"base\""}, NULL, NULL},
    {"guests", "pve_rollback", {"snapname=\"s1\"", "start=true"}, NULL, NULL},
    {"guests", "pve_guest_config_set", {"changes={\"cores\":4,\"onboot\":true,\"tags\":\"x\"}"}, NULL, NULL},
    {"guests",
     "pve_guest_config_set",
     {"changes={\"memory\":2048}", "delete=[\"tags\",\"onboot\"]"},
     NULL,
     NULL},
    {"guests", "pve_guest_config_set", {"changes={\"description\":\"\",\"protection\":true}"}, NULL, NULL},
    {"guests",
     "pve_guest_config_set",
     {"changes={\"hostname\":\"y\",\"net1\":\"name=eth1,bridge=vmbr0\",\"swap\":0,\"features\":\"nesting="
      "1\"}"},
     "lxc",
     NULL},
    {"guests",
     "pve_guest_config_set",
     {"changes={\"name\":\"y\",\"net1\":\"virtio,bridge=vmbr0\",\"numa\":true,\"scsi1\":\"local:1\","
      "\"cpulimit\":1.5,\"ciuser\":\"u\",\"agent\":\"1\"}",
      "cipassword=SECRET"},
     "qemu",
     NULL},
    {"guests", "pve_guest_config_set", {"delete=[\"cipassword\",\"scsi0\"]"}, "qemu", NULL},
    {"guests", "pve_guest_config_revert", {"prior_config={\"cores\":3}"}, NULL, NULL},
    {"guests",
     "pve_guest_config_revert",
     {"prior_config={\"digest\":\"d\",\"cores\":3,\"lock\":\"x\"}"},
     NULL,
     NULL},
    {"guests", "pve_guest_config_revert", {"pending=[\"cores\",\"tags\"]"}, NULL, NULL},
    {"guests",
     "pve_guest_config_revert",
     {"pending=[\"cores\"]", "prior_config={\"onboot\":1,\"tags\":\"q\"}"},
     NULL,
     NULL},
    {"nodes", "pve_task_stop", {"upid=\"" UPID "\"", "node=\"pve1\""}, "", NULL},
    {"nodes", "pve_pool_create", {"poolid=\"new\""}, "", NULL},
    {"nodes", "pve_pool_create", {"poolid=\"prod/new\"", "comment=\"c\""}, "", NULL},
    {"nodes", "pve_pool_update", {"poolid=\"prod\"", "comment=\"c\""}, "", NULL},
    {"nodes",
     "pve_pool_update",
     {"poolid=\"prod\"", "comment=\"\"", "vms=[\"106\"]", "storage=[\"nfs\"]"},
     "",
     NULL},
    {"nodes", "pve_pool_update", {"poolid=\"prod\"", "vms=[\"100\",\"106\"]", "allow_move=true"}, "", NULL},
    {"nodes",
     "pve_pool_update",
     {"poolid=\"prod\"", "vms=[\"105\"]", "storage=[\"local\"]", "delete=true"},
     "",
     NULL},
    {"nodes", "pve_pool_delete", {"poolid=\"empty\""}, "", NULL},
    {"nodes", "pve_pool_delete", {"poolid=\"prod/sub\""}, "", NULL},
};

static void answers(struct plane_test *t, const char *kind, const char *status)
{
    char path[200];
    const size_t which = strcmp(kind, "qemu") == 0;
    const struct {
        const char *rest, *data;
    } guest[] = {
        {"/status/current", status},
        {"/config", configs[which]},
        {"/config?snapshot=base", "{\"rootfs\":\"local:105/z.raw\"}"},
        {"/config?snapshot=s1", "{\"rootfs\":\"local:105/a.raw\"}"},
        {"/snapshot", snapshots},
        {"/pending",
         "[{\"key\":\"cores\",\"value\":1,\"pending\":2},{\"key\":\"tags\",\"delete\":1,\"value\":\"a\"}]"},
    };
    for (size_t i = 0; i < sizeof(guest) / sizeof(guest[0]); i++) {
        snprintf(path, sizeof(path), "/nodes/pve1/%s/105%s", kind, guest[i].rest);
        plane_test_answer(t, path, 200, guest[i].data);
    }
    snprintf(path, sizeof(path), "/cluster/ha/resources/%s%%3A105", which ? "vm" : "ct");
    plane_test_answer(t, path, 200, "{\"sid\":\"x\",\"state\":\"started\",\"group\":\"g\"}");
    plane_test_answer(t, "/cluster/replication", 200,
                      "[{\"id\":\"105-0\",\"guest\":105,\"target\":\"pve2\"}]");
    snprintf(path, sizeof(path), "[{\"vmid\":105,\"node\":\"pve1\",\"type\":\"%s\"}]", kind);
    plane_test_answer(t, "/cluster/resources?type=vm", 200, path);
    plane_test_answer(t, "/pools", 200,
                      "[{\"poolid\":\"prod\"},{\"poolid\":\"other\"},{\"poolid\":\"empty\"}]");
    plane_test_answer(
        t, "/pools?poolid=prod", 200,
        "[{\"poolid\":\"prod\",\"comment\":\"p\",\"members\":[{\"vmid\":105},{\"storage\":\"local\"}]}]");
    plane_test_answer(t, "/pools?poolid=other", 200, "[{\"poolid\":\"other\",\"members\":[{\"vmid\":100}]}]");
    plane_test_answer(t, "/pools?poolid=empty", 200,
                      "[{\"poolid\":\"empty\",\"comment\":\"e\",\"members\":[]}]");
    plane_test_answer(t, "/pools?poolid=prod%2Fsub", 200, "[{\"poolid\":\"prod/sub\",\"members\":[]}]");
    plane_test_answer(
        t, "/access/acl", 200,
        "[{\"path\":\"/pool/empty\",\"type\":\"user\",\"ugid\":\"b@pve\",\"roleid\":\"PVEAdmin\"},"
        "{\"path\":\"/pool/empty\",\"type\":\"group\",\"ugid\":\"g\",\"roleid\":\"PVEAdmin\","
        "\"propagate\":0},{\"path\":\"/pool/empty\",\"type\":\"token\",\"ugid\":\"b@pve!t\","
        "\"roleid\":\"PVEAuditor\",\"propagate\":1}]");
    plane_test_answer(
        t,
        "/nodes/pve1/tasks/UPID%3Apve1%3A00001234%3A0000ABCD%3A66000000%3Avzdump%3A105%3Aroot%40pam"
        "%21tok%3A/status",
        200, "{\"status\":\"running\"}");
}

/* ---- the check */

static void check(const char *method, const char *path, const struct http_field *fields, size_t count)
{
    const struct http_request request = {
        .method = method, .path = path, .fields = fields, .field_count = count};
    const char *returns = NULL;
    char why[700];
    requests++;
    for (size_t i = 0; i < 2; i++) {
        if (apis[i] && api_check(apis[i], &request, why, sizeof(why), &returns) < 0)
            fail_msg("%s: %s %s: %s: %s", at, method, path, versions[i], why);
    }
}

/* A reference's value: of the digest, or what the configuration at hand has. */
static const char *resolved(const char *reference, struct json_object *config)
{
    const char *selector = strchr(reference, ':');
    struct json_object *value = NULL;
    assert_non_null(selector);
    if (strcmp(reference, "state:/digest") == 0)
        return "0123456789012345678901234567890123456789";
    if (strncmp(reference, "before.0:", 9) == 0 && selector_find(selector + 1, config, &value) == 0)
        return json_object_get_string(value);
    if (strncmp(reference, "before.1:[key=cores]", 20) == 0)
        return "2";
    fail_msg("%s: the reference %s has no value", at, reference);
    return NULL;
}

/* A step or guard of a draft. In the way back, {node}, {kind} and {vmid} are resolved by the core. */
static void check_draft(struct json_object *o, const char *kind)
{
    const char *method = "GET", *path = NULL;
    struct json_object *params = NULL;
    struct json_object *config CLEANUP_JSON = json_tokener_parse(configs[strcmp(kind, "qemu") == 0]);
    struct http_field fields[64];
    size_t count = 0;
    CLEANUP_BUF struct buf filled = BUF_INIT(4096);
    (void)json_get_string(o, "method", &method, NULL);
    assert_int_equal(json_get_string(o, "path", &path, NULL), 0);
    (void)json_get(o, "params", json_type_array, &params);
    bool used[64] = {false};
    struct http_field all[64];
    size_t all_count = params ? json_object_array_length(params) : 0;
    assert_true(all_count <= 64);
    for (size_t i = 0; i < all_count; i++) {
        struct json_object *field = json_object_array_get_idx(params, i);
        int64_t flags = 0;
        assert_int_equal(json_get_string(field, "name", &all[i].name, NULL), 0);
        (void)json_get_int(field, "flags", &flags);
        if (json_get_string(field, "value", &all[i].value, NULL) < 0)
            all[i].value = "secret";
        else if (flags & (int64_t)PROXIMO_FIELD_REFERENCE)
            all[i].value = resolved(all[i].value, config);
        all[i].value_len = strlen(all[i].value);
    }
    for (; *path; path++) {
        const char *end = *path == '{' ? strchr(path, '}') : NULL;
        if (!end) {
            buf_char(&filled, *path);
            continue;
        }
        const size_t len = (size_t)(end - path) - 1;
        const char *value = strncmp(path + 1, "node}", 5) == 0   ? "pve1"
                            : strncmp(path + 1, "kind}", 5) == 0 ? kind
                            : strncmp(path + 1, "vmid}", 5) == 0 ? "105"
                                                                 : NULL;
        for (size_t i = 0; i < all_count; i++) {
            if (strlen(all[i].name) == len && memcmp(all[i].name, path + 1, len) == 0) {
                value = all[i].value;
                used[i] = true;
            }
        }
        assert_non_null(value);
        buf_percent(&filled, value, strlen(value));
        path = end;
    }
    for (size_t i = 0; i < all_count; i++) {
        if (!used[i])
            fields[count++] = all[i];
    }
    check(method, filled.data, fields, count);
}

static void check_told(const struct plane_test *t, const char *kind)
{
    static const char *const lists[] = {"steps", "always", "guards", "postcondition"};
    for (size_t l = 0; l < sizeof(lists) / sizeof(lists[0]); l++) {
        for (uint32_t i = 0; i < plane_test_told_count(t, lists[l]); i++) {
            struct json_object *o CLEANUP_JSON = json_tokener_parse(plane_test_told(t, lists[l], i));
            assert_non_null(o);
            check_draft(o, kind);
        }
    }
    const char *undo = plane_test_told(t, "undo", 0);
    struct json_object *o CLEANUP_JSON = undo ? json_tokener_parse(undo) : NULL;
    struct json_object *steps = NULL;
    if (o && json_get(o, "steps", json_type_array, &steps) == 0) {
        for (size_t i = 0; i < json_object_array_length(steps); i++)
            check_draft(json_object_array_get_idx(steps, i), kind);
    }
    assert_true(plane_test_told_count(t, "steps") == 0 || undo); /* every plan says its way back */
    assert_true(plane_test_told_count(t, "summary") == 1);
    assert_true(plane_test_told_count(t, "steps") == 0 || plane_test_told_count(t, "postcondition") > 0);
}

/* "/a/b?c=d&e=f", percent-encoded, that was asked while planning. */
static void check_asked(const struct plane_test *t)
{
    for (uint32_t i = 0; i < t->asked_count; i++) {
        struct http_field fields[8];
        char text[2048];
        size_t count = 0;
        snprintf(text, sizeof(text), "%s", t->asked[i]);
        char *query = strchr(text, '?');
        if (query)
            *query++ = '\0';
        for (char *one = query; one && count < 8; count++) {
            char *next = strchr(one, '&'), *equals = strchr(one, '=');
            if (next)
                *next++ = '\0';
            assert_non_null(equals);
            *equals = '\0';
            for (char *slash; (slash = strstr(equals + 1, "%2F"));)
                *slash = '/', memmove(slash + 1, slash + 3, strlen(slash + 3) + 1);
            fields[count] = (struct http_field){one, equals + 1, strlen(equals + 1)};
            one = next;
        }
        check("GET", text, fields, count);
    }
}

/* ---- running */

static const struct proximo_plane *load_plane(const char *name)
{
    char path[1200];
    const char *build = getenv("PROXIMO_TEST_BUILD_DIR");
    snprintf(path, sizeof(path), "%s/planes/%s.so", build ? build : ".", name);
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object)
        fail_msg("%s", dlerror());
    union {
        void *object;
        proximo_plane_entry_fn function;
    } entry = {.object = dlsym(object, PROXIMO_PLANE_ENTRY)};
    assert_non_null(entry.object);
    return entry.function(PROXIMO_ABI_MAJOR, PROXIMO_ABI_MINOR);
}

static void arguments(struct plane_test *t, const struct run *run, const char *kind)
{
    if (!run->kind || *run->kind) {
        plane_test_argument(t, "node", "pve1", 1);
        plane_test_argument(t, "kind", kind, 1);
        plane_test_argument(t, "vmid", "105", 1);
    }
    for (size_t i = 0; i < 5 && run->arguments[i]; i++) {
        char name[64];
        const char *value = strchr(run->arguments[i], '=') + 1;
        snprintf(name, sizeof(name), "%.*s", (int)(value - run->arguments[i]) - 1, run->arguments[i]);
        struct json_object *text CLEANUP_JSON = json_tokener_parse(value);
        if (strcmp(value, "SECRET") == 0)
            plane_test_secret(t, name);
        else if (json_object_is_type(text, json_type_string))
            plane_test_argument(t, name, json_object_get_string(text), 1);
        else
            plane_test_argument(t, name, value, 0);
    }
}

static const char *const checked[] = {"guests", "nodes", "exec"};
#define CHECKED (sizeof(checked) / sizeof(checked[0]))

/* What the core makes of the plane's tables, once per plane. */
static struct plane_info *info_of(const char *name)
{
    static struct plane_info *infos[CHECKED];
    size_t which = 0;
    while (strcmp(checked[which], name) != 0)
        which++;
    CLEANUP_BUF struct buf manifest = BUF_INIT(MANIFEST_LIMIT);
    struct problem p = PROBLEM_INIT;
    if (infos[which])
        return infos[which];
    if (manifest_write(load_plane(name), &manifest, &p) < 0 ||
        manifest_read(manifest.data, manifest.len, name, &infos[which], &p) < 0)
        fail_msg("%s: %s", name, p.cause);
    return infos[which];
}

/* The whole of what was told is a draft that the core believes. */
static void check_believed(const struct plane_test *t, enum plane_call_kind kind, const struct tool *tool,
                           const struct class_row *class)
{
    CLEANUP_BUF struct buf text = BUF_INIT(DRAFT_LIMIT);
    struct json_object *draft CLEANUP_JSON = NULL;
    struct problem p = PROBLEM_INIT;
    buf_char(&text, '{');
    if (plane_test_told(t, "summary", 0))
        buf_printf(&text, "\"summary\":%s", plane_test_told(t, "summary", 0));
    for (unsigned l = 0; l < DRAFT_LISTS; l++) {
        const char *key = draft_list_key((enum draft_list)l);
        const uint32_t count = plane_test_told_count(t, key);
        for (uint32_t i = 0; i < count; i++) {
            if (i == 0)
                buf_printf(&text, "%s\"%s\":[", text.len > 1 ? "," : "", key);
            buf_printf(&text, "%s%s%s", i ? "," : "", plane_test_told(t, key, i), i + 1 == count ? "]" : "");
        }
    }
    if (plane_test_told(t, "undo", 0))
        buf_printf(&text, ",\"undo\":%s", plane_test_told(t, "undo", 0));
    buf_char(&text, '}');
    if (draft_read(kind, tool, class, text.data, text.len, &draft, &p) < 0)
        fail_msg("%s: %s: %.2000s", at, p.cause, text.data);
}

static bool run_one(const struct run *run, const char *kind, const struct guest_state *state, bool undo)
{
    const struct proximo_plane *plane = load_plane(run->plane);
    struct plane_test t;
    snprintf(at, sizeof(at), "%s %s %s %s, %s%s", run->tool, run->arguments[0],
             run->arguments[1] ? run->arguments[1] : "", kind, state->name, undo ? ", undo" : "");
    plane_test_init(&t);
    arguments(&t, run, kind);
    answers(&t, kind, state->status);
    int32_t r = undo ? plane_test_plan_undo(&t, plane, run->tool, run->record)
                     : plane_test_plan(&t, plane, run->tool);
    check_asked(&t);
    if (r == 0) {
        const struct plane_info *info = info_of(run->plane);
        size_t i = 0;
        while (i < info->tool_count && strcmp(info->tools[i].name, run->tool) != 0)
            i++;
        assert_true(i < info->tool_count);
        plans++;
        check_told(&t, kind);
        check_believed(&t, undo ? PLANE_CALL_PLAN_UNDO : PLANE_CALL_PLAN, &info->tools[i], NULL);
    } else if (!t.fail_text[0]) {
        fail_msg("%s: %d without words", at, (int)r);
    }
    const bool made = r == 0 && plane_test_told_count(&t, "steps") > 0;
    plane_test_done(&t);
    return made;
}

static void every_request_of_every_plan_is_taken(void **state)
{
    (void)state;
    if (!apis[0] && !apis[1]) {
        printf("no API descriptions (set PROXIMO_SHARED): nothing was checked\n");
        skip();
    }
    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        bool made = false;
        for (size_t k = 0; k < 2; k++) {
            if (runs[i].kind && *runs[i].kind && strcmp(runs[i].kind, kinds[k]) != 0)
                continue;
            for (size_t s = 0; s < sizeof(states) / sizeof(states[0]); s++) {
                made |= run_one(&runs[i], kinds[k], &states[s], false);
                if (runs[i].record)
                    made |= run_one(&runs[i], kinds[k], &states[s], true);
            }
        }
        if (!made)
            fail_msg("%s %s: no state makes a plan of it", runs[i].tool, runs[i].arguments[0]);
    }
    printf("%zu plans, %zu requests\n", plans, requests);
    assert_true(plans > 200);
}

/* A tool with test rows has its requests checked by their runner, as the simulator saw them. */
static bool has_rows(const char *tool)
{
    char path[1200];
    const char *source = getenv("PROXIMO_TEST_SOURCE_DIR");
    (void)snprintf(path, sizeof(path), "%s/tests/tools/plans/%s.json", source ? source : ".", tool);
    return access(path, R_OK) == 0;
}

/* A subject that the states above know; NULL: none. What blast functions of other kinds ask is checked as the
 * simulator saw it, with the rows of the tools. */
static const char *subject_of(const struct proximo_class *class)
{
    static const struct {
        const char *member, *subject;
    } known[] = {
        {"\"vmid\"", "{\"kind\":\"guest\",\"vmid\":105}"},
        {"\"poolid\"", "{\"kind\":\"pool\",\"poolid\":\"prod\"}"},
        {"\"upid\"", "{\"kind\":\"task\",\"upid\":\"" UPID "\"}"},
    };
    struct json_object *schema = json_tokener_parse(class->subject_schema), *properties = NULL;
    (void)json_object_object_get_ex(schema, "properties", &properties);
    const int members = json_object_object_length(properties);
    json_object_put(schema);
    if (members != 2) /* it carries details of a change that the states above know nothing of */
        return NULL;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strstr(class->subject_schema, known[i].member))
            return known[i].subject;
    }
    return NULL;
}

/* No change tool is forgotten above, and what blast functions ask is asked as Proxmox takes it. */
static void every_tool_and_class_is_in_it(void **state)
{
    (void)state;
    for (size_t p = 0; p < CHECKED; p++) {
        const struct proximo_plane *plane = load_plane(checked[p]);
        const struct proximo_change *changes = plane->changes.rows;
        const struct proximo_class *classes = plane->classes.rows;
        for (uint32_t i = 0; i < plane->changes.count; i++) {
            bool found = false;
            for (size_t k = 0; k < sizeof(runs) / sizeof(runs[0]); k++)
                found |= strcmp(runs[k].tool, changes[i].name) == 0;
            if (!found && !has_rows(changes[i].name))
                fail_msg("%s is not checked, neither here nor by rows in tests/tools", changes[i].name);
        }
        for (uint32_t i = 0; i < plane->classes.count; i++) {
            const char *subject = subject_of(&classes[i]);
            for (size_t k = 0; classes[i].blast && subject && k < 2; k++) {
                struct plane_test t;
                plane_test_init(&t);
                snprintf(at, sizeof(at), "blast of %s", classes[i].name);
                answers(&t, kinds[k], states[2].status);
                assert_int_equal(plane_test_blast(&t, plane, classes[i].name, subject), 0);
                assert_true(plane_test_told_count(&t, "affected") > 0);
                assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
                check_asked(&t);
                check_believed(&t, PLANE_CALL_BLAST, NULL, &info_of(checked[p])->classes[i]);
                plane_test_done(&t);
            }
        }
    }
}

static int load(void **state)
{
    const char *shared = getenv("PROXIMO_SHARED");
    const char *source = getenv("PROXIMO_TEST_SOURCE_DIR");
    char path[1100];
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        if (shared)
            snprintf(path, sizeof(path), "%s/api/%s", shared, versions[i]);
        else
            snprintf(path, sizeof(path), "%s/../shared/api/%s", source ? source : ".", versions[i]);
        apis[i] = api_load(path);
        if (!apis[i])
            printf("no API description %s: not checked against it\n", versions[i]);
    }
    return 0;
}

static int unload(void **state)
{
    (void)state;
    for (size_t p = 0; p < CHECKED; p++)
        plane_info_free(info_of(checked[p]));
    api_free(apis[0]);
    api_free(apis[1]);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_of_every_plan_is_taken),
        cmocka_unit_test(every_tool_and_class_is_in_it),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
