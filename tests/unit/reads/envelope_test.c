/* SPDX-License-Identifier: Apache-2.0 */
/* read_run from the arguments to the bytes of the answer, with a canned API and canned plane replies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "config/config.h"
#include "fake_http.h"
#include "plane/manifest.h"
#include "plane/planes.h"
#include "plane/read.h"
#include "plane/site.h"

#define S(text) ((char *)(uintptr_t)(text))

/* ---- a plane's reply, canned */

static struct plane_reply next_reply;
static char last_arguments[4096];
static int reply_error;

int __wrap_planes_call(struct planes *planes, const struct plane_call *call, struct plane_reply *ret,
                       struct problem *p);
int __wrap_planes_call(struct planes *planes, const struct plane_call *call, struct plane_reply *ret,
                       struct problem *p)
{
    (void)planes;
    snprintf(last_arguments, sizeof(last_arguments), "%s", call->arguments_json);
    if (reply_error)
        return problem_set(p, reply_error, PX_PLANE, "canned");
    *ret = next_reply;
    memset(&next_reply, 0, sizeof(next_reply));
    return 0;
}

static void reply_add(uint32_t type, uint64_t flags, const char *data, const char *name, const char *note)
{
    next_reply.blocks = realloc(next_reply.blocks, (next_reply.count + 1) * sizeof(*next_reply.blocks));
    next_reply.blocks[next_reply.count++] = (struct reply_block){.type = type,
                                                                 .flags = flags,
                                                                 .data = strdup(data),
                                                                 .data_len = strlen(data),
                                                                 .name = name ? strdup(name) : NULL,
                                                                 .mime = strdup("image/png"),
                                                                 .note = note ? strdup(note) : NULL};
}

/* ---- the site */

static struct config_site site_row = {.name = S("lab"), .kind = CONFIG_PVE, .timeout_s = 5};
static struct config config = {.sites = &site_row, .site_count = 1};
static struct sites *sites;

#define GUESTS                                                                                               \
    "{\"data\":[{\"type\":\"qemu\",\"vmid\":100,\"name\":\"web1\",\"node\":\"pve1\",\"status\":\"running\"}" \
    ","                                                                                                      \
    "{\"type\":\"lxc\",\"vmid\":105,\"name\":\"cache\",\"node\":\"pve2\",\"status\":\"stopped\"}]}"
#define ALLOWED  "{\"data\":{\"/vms\":{\"VM.Audit\":1}}}"
#define NOTHING  "{\"data\":{\"/vms\":{}}}"
#define PERM_VMS "/access/permissions?path=/vms"

static int setup(void **state)
{
    (void)state;
    fake_http_reset();
    fake_http_answer("/cluster/resources?type=vm", 200, GUESTS);
    fake_http_answer("/nodes", 200, "{\"data\":[{\"node\":\"pve1\"},{\"node\":\"pve2\"}]}");
    fake_http_answer(PERM_VMS, 200, ALLOWED);
    reply_error = 0;
    return sites_new(&config, &sites);
}

static int teardown(void **state)
{
    (void)state;
    sites_free(sites);
    return 0;
}

static int run(const struct tool *tool, const char *arguments, struct json_object **ret,
               struct read_result *ret_result, struct problem *p)
{
    CLEANUP_JSON struct json_object *in = NULL;
    assert_int_equal(json_parse(arguments, strlen(arguments), &in, NULL), 0);
    const struct read_call call = {
        .tool = tool, .site = sites_at(sites, 0), .arguments = in, .deadline_ms = clock_ms() + 5000};
    *p = PROBLEM_INIT;
    int r = read_run(&call, ret_result, p);
    if (r == 0 && ret_result->structured.len) {
        assert_true(ret_result->structured.len <= READ_ANSWER_LIMIT);
        struct problem why = PROBLEM_INIT;
        if (json_parse(ret_result->structured.data, ret_result->structured.len, ret, &why) != 0)
            fail_msg("not JSON: %s: %s", why.cause, ret_result->structured.data);
    }
    return r;
}

/* The answer's text, which the test then reads. */
static char *answer(const struct tool *tool, const char *arguments)
{
    CLEANUP_JSON struct json_object *out = NULL;
    struct read_result result = {0};
    struct problem p;
    if (run(tool, arguments, &out, &result, &p) != 0)
        fail_msg("%s: %s", p.code, p.cause);
    char *text = result.structured.data ? strdup(result.structured.data) : strdup("");
    read_result_done(&result);
    return text;
}

static void expect(const struct tool *tool, const char *arguments, const char *wanted)
{
    char *text = answer(tool, arguments);
    assert_string_equal(text, wanted);
    free(text);
}

static void expect_problem(const struct tool *tool, const char *arguments, const char *code,
                           const char *words)
{
    CLEANUP_JSON struct json_object *out = NULL;
    struct read_result result = {0};
    struct problem p;
    assert_true(run(tool, arguments, &out, &result, &p) < 0);
    assert_string_equal(p.code, code);
    if (!strstr(p.cause, words))
        fail_msg("'%s' does not say '%s'", p.cause, words);
}

/* ---- rows */

static struct param_row list_params[] = {
    {.type = PROXIMO_TYPE_STRING,
     .flags = PROXIMO_PARAM_NOT_SENT,
     .name = S("status"),
     .column = S("status")},
    {.type = PROXIMO_TYPE_STRING, .flags = PROXIMO_PARAM_NOT_SENT, .name = S("tag"), .column = S("tags")},
    {.type = PROXIMO_TYPE_BOOLEAN,
     .flags = PROXIMO_PARAM_NOT_SENT,
     .name = S("template"),
     .column = S("template")},
    {.type = PROXIMO_TYPE_BOOLEAN, .name = S("full")},
};
static struct column_row list_columns[] = {
    {.name = S("vmid")},
    {.name = S("name"), .flags = PROXIMO_COLUMN_UNTRUSTED},
    {.name = S("status")},
    {.name = S("size"), .from = S("/disks[id=scsi0]/size")},
    {.name = S("tags"), .flags = PROXIMO_COLUMN_EXTRA | PROXIMO_COLUMN_UNTRUSTED, .unit = S("list")},
    {.name = S("template"), .flags = PROXIMO_COLUMN_EXTRA},
};
static struct field_row list_fixed[] = {{.name = S("type"), .value = S("vm")}};
static struct need_row list_needs[] = {{.path = S("/vms"), .privilege = S("VM.Audit|VM.Other")}};
static const struct tool list_tool = {.kind = TOOL_READ_ROW,
                                      .name = S("t_list"),
                                      .params = list_params,
                                      .param_count = 4,
                                      .method = S("GET"),
                                      .path = S("/list"),
                                      .fixed = list_fixed,
                                      .fixed_count = 1,
                                      .columns = list_columns,
                                      .column_count = 6,
                                      .count_by = S("status"),
                                      .sort_by = S("vmid"),
                                      .needs = list_needs,
                                      .need_count = 1};

#define LIST_BODY                                                                                            \
    "{\"data\":["                                                                                            \
    "{\"vmid\":105,\"name\":\"cache\\u202e\\u0007\",\"status\":\"stopped\",\"tags\":\"a;prod\"},"            \
    "{\"vmid\":100,\"name\":\"web\",\"status\":\"running\",\"tags\":\"prod-x\",\"disks\":[{\"id\":"          \
    "\"scsi0\",\"size\":4}]},"                                                                               \
    "{\"vmid\":9,\"name\":\"t\",\"status\":\"stopped\",\"template\":1}]}"

/* design 2: "The core runs them; no plane code is involved ..." */
static void list_is_counted_sorted_cleaned(void **state)
{
    (void)state;
    fake_http_answer("/list", 200, LIST_BODY);
    expect(&list_tool, "{}",
           "{\"total\":3,\"returned\":3,\"truncated\":false,\"by_status\":{\"stopped\":2,\"running\":1},"
           "\"complete\":true,\"untrusted\":[\"name\"],\"rows\":["
           "{\"vmid\":9,\"name\":\"t\",\"status\":\"stopped\"},"
           "{\"vmid\":100,\"name\":\"web\",\"status\":\"running\",\"size\":4},"
           "{\"vmid\":105,\"name\":\"cache\",\"status\":\"stopped\"}]}");
    assert_string_equal(fake_http_at(0)->target, "/list?type=vm");
}

static void filters_fields_window(void **state)
{
    (void)state;
    fake_http_answer("/list", 200, LIST_BODY);
    expect(&list_tool, "{\"status\":\"stopped\",\"limit\":1,\"fields\":[\"vmid\"]}",
           "{\"total\":2,\"returned\":1,\"truncated\":true,\"next_offset\":1,\"hint\":\"1 more row: call "
           "again with "
           "offset=1, or narrow the list by its filters\",\"by_status\":{\"stopped\":2},\"complete\":true,"
           "\"rows\":[{\"vmid\":9}]}");
    expect(&list_tool, "{\"tag\":\"prod\",\"fields\":[\"vmid\",\"tags\"]}",
           "{\"total\":1,\"returned\":1,\"truncated\":false,\"by_status\":{\"stopped\":1},\"complete\":true,"
           "\"untrusted\":[\"tags\"],\"rows\":[{\"vmid\":105,\"tags\":\"a;prod\"}]}");
    expect(&list_tool, "{\"template\":true,\"fields\":[\"vmid\"]}",
           "{\"total\":1,\"returned\":1,\"truncated\":false,\"by_status\":{\"stopped\":1},\"complete\":true,"
           "\"rows\":[{\"vmid\":9}]}");
    expect(&list_tool, "{\"template\":false,\"fields\":[\"vmid\"],\"offset\":1}",
           "{\"total\":2,\"returned\":1,\"offset\":1,\"truncated\":false,\"by_status\":{\"running\":1,"
           "\"stopped\":1},"
           "\"complete\":true,\"rows\":[{\"vmid\":105}]}");
    expect(&list_tool, "{\"offset\":99,\"fields\":[\"vmid\"],\"full\":true}",
           "{\"total\":3,\"returned\":0,\"offset\":3,\"truncated\":false,\"by_status\":{\"stopped\":2,"
           "\"running\":1},"
           "\"complete\":true,\"rows\":[]}");
    assert_string_equal(fake_http_last()->target, "/list?type=vm&full=1");
}

/* design 2: "**Completeness.** Proxmox filters lists by privilege instead of failing ..." */
static void missing_privilege_is_said(void **state)
{
    (void)state;
    fake_http_answer("/list", 200, "{\"data\":[]}");
    fake_http_answer(PERM_VMS, 200, NOTHING);
    char *text = answer(&list_tool, "{}");
    assert_non_null(strstr(
        text, "\"complete\":false,\"missing\":[{\"path\":\"/vms\",\"privilege\":\"VM.Audit|VM.Other\""));
    assert_non_null(strstr(text, "pveum acl modify /vms"));
    free(text);
}

static void privilege_must_be_handed_down(void **state)
{
    (void)state;
    fake_http_answer("/list", 200, "{\"data\":[]}");
    fake_http_answer(PERM_VMS, 200, "{\"data\":{\"/vms\":{\"VM.Audit\":0}}}");
    char *text = answer(&list_tool, "{}");
    assert_non_null(strstr(text, "\"complete\":false"));
    free(text);
}

static void unknown_permissions_are_said(void **state)
{
    (void)state;
    fake_http_answer("/list", 200, "{\"data\":[]}");
    fake_http_answer(PERM_VMS, 500, "{\"data\":null,\"message\":\"boom\"}");
    char *text = answer(&list_tool, "{}");
    assert_non_null(
        strstr(text, "\"complete\":\"unknown\",\"notes\":[\"this token's permissions could not be read"));
    free(text);
}

/* n rows with names of `name_len` quotes: each grows when escaped. */
static char *many_rows(size_t n, size_t name_len)
{
    struct buf b = BUF_INIT((size_t)64 << 20);
    buf_str(&b, "{\"data\":[");
    for (size_t i = 0; i < n; i++) {
        buf_printf(&b, "%s{\"vmid\":%zu,\"name\":\"", i ? "," : "", i + 100);
        for (size_t k = 0; k < name_len; k++)
            buf_str(&b, "\\\"");
        buf_str(&b, "\",\"status\":\"running\"}");
    }
    buf_str(&b, "]}");
    return buf_take(&b, NULL);
}

static void never_above_the_limit(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 10, 100, 999, 1999, 2001, 9000};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        const int rows = lengths[i] > 500 ? 200 : 3000;
        char total[64];
        char *body = many_rows((size_t)rows, lengths[i]);
        fake_http_answer("/list", 200, body);
        free(body);
        char *text = answer(&list_tool, "{\"limit\":10000}");
        size_t len = strlen(text);
        assert_true(len <= READ_ANSWER_LIMIT);
        assert_true(len > READ_ANSWER_LIMIT * 8 / 10);
        snprintf(total, sizeof(total), "\"total\":%d", rows);
        assert_non_null(strstr(text, total));
        assert_non_null(strstr(text, "\"truncated\":true"));
        assert_non_null(strstr(text, "size limit"));
        snprintf(total, sizeof(total), "\"by_status\":{\"running\":%d}", rows);
        assert_non_null(strstr(text, total));
        free(text);
    }
}

/* Following next_offset reads every row exactly once. */
static void pages_meet(void **state)
{
    (void)state;
    char *body = many_rows(2500, 30);
    fake_http_answer("/list", 200, body);
    free(body);
    int64_t offset = 0;
    int64_t seen = 0;
    for (int page = 0; page < 100; page++) {
        char arguments[64];
        snprintf(arguments, sizeof(arguments), "{\"limit\":10000,\"offset\":%d}", (int)offset);
        CLEANUP_JSON struct json_object *out = NULL;
        struct read_result result = {0};
        struct problem p;
        struct json_object *rows = NULL;
        assert_int_equal(run(&list_tool, arguments, &out, &result, &p), 0);
        assert_int_equal(json_get(out, "rows", json_type_array, &rows), 0);
        for (size_t i = 0; i < json_object_array_length(rows); i++) {
            int64_t vmid = 0;
            json_get_int(json_object_array_get_idx(rows, i), "vmid", &vmid);
            assert_int_equal(vmid, seen + 100);
            seen++;
        }
        read_result_done(&result);
        if (json_get_int(out, "next_offset", &offset) != 0)
            break;
    }
    assert_int_equal(seen, 2500);
}

static void one_huge_row(void **state)
{
    (void)state;
    struct tool as_is = list_tool;
    as_is.columns = NULL;
    as_is.column_count = 0;
    as_is.flags = PROXIMO_READ_AS_IS;
    as_is.count_by = as_is.sort_by = NULL;
    as_is.param_count = 0;
    struct buf b = BUF_INIT(4 << 20);
    buf_str(&b, "{\"data\":[{\"k\":1");
    for (int i = 0; i < 100; i++) {
        buf_printf(&b, ",\"k%d\":\"", i);
        for (int k = 0; k < 1500; k++)
            buf_char(&b, 'x');
        buf_char(&b, '"');
    }
    buf_str(&b, "}]}");
    fake_http_answer("/list", 200, b.data);
    buf_done(&b);
    expect_problem(&as_is, "{}", PX_TOO_LARGE, "row 0 of t_list");
    expect(&as_is, "{\"fields\":[\"k\"]}",
           "{\"total\":1,\"returned\":1,\"truncated\":false,\"complete\":true,\"rows\":[{\"k\":1}]}");
}

static void unread_is_not_empty(void **state)
{
    (void)state;
    fake_http_answer("/list", 200, "{\"data\":null}");
    expect_problem(&list_tool, "{}", PX_BAD_ANSWER, "without a list");
    fake_http_answer("/list", 200, "<html>");
    expect_problem(&list_tool, "{}", PX_BAD_ANSWER, "not a JSON object");
}

/* ---- guests, single objects, logs */

#define GUEST_PARAMS                                                                                         \
    {.type = PROXIMO_TYPE_STRING, .flags = PROXIMO_PARAM_REQUIRED, .name = S("vmid"), .format = S("guest")}, \
        {.type = PROXIMO_TYPE_STRING, .name = S("kind"), .format = S("kind")},                               \
    {                                                                                                        \
        .type = PROXIMO_TYPE_STRING, .name = S("node"), .format = S("node")                                  \
    }
static struct param_row guest_params[] = {GUEST_PARAMS};
static const struct tool config_tool = {.kind = TOOL_READ_ROW,
                                        .flags = PROXIMO_READ_SINGLE | PROXIMO_READ_AS_IS,
                                        .name = S("t_config"),
                                        .params = guest_params,
                                        .param_count = 3,
                                        .path = S("/nodes/{node}/{kind}/{vmid}/config")};

static void guest_is_resolved(void **state)
{
    (void)state;
    fake_http_answer(
        "/nodes/pve2/lxc/105/config", 200,
        "{\"data\":{\"hostname\":\"cache\",\"cipassword\":\"**********\",\"description\":\"a\\nb\\u0000\","
        "\"nested\":{\"password\":\"x\"}}}");
    static const char wanted[] =
        "{\"guest\":{\"vmid\":105,\"kind\":\"lxc\",\"node\":\"pve2\"},\"item\":{\"hostname\":\"cache\","
        "\"cipassword\":\"[hidden]\",\"description\":\"a\\nb\","
        "\"nested\":{\"password\":\"[hidden]\"}},\"untrusted\":[\"hostname\",\"description\"]}";
    expect(&config_tool, "{\"vmid\":105}", wanted);
    expect(&config_tool, "{\"vmid\":\"cache\",\"kind\":\"lxc\",\"node\":\"pve2\"}", wanted);
    expect(&config_tool, "{\"vmid\":\"105\",\"fields\":[\"hostname\"]}",
           "{\"guest\":{\"vmid\":105,\"kind\":\"lxc\",\"node\":\"pve2\"},\"item\":{\"hostname\":\"cache\"},"
           "\"untrusted\":[\"hostname\"]}");
    expect_problem(&config_tool, "{\"vmid\":\"105\",\"kind\":\"qemu\",\"node\":\"pve2\"}", PX_MISMATCH,
                   "guest 105 is an lxc container on pve2, not qemu on pve2");
    expect_problem(&config_tool, "{\"vmid\":\"105\",\"node\":\"pve1\"}", PX_MISMATCH, "not on pve1");
    expect_problem(&config_tool, "{\"vmid\":\"chache\"}", PX_NOT_FOUND, "did you mean 'cache'?");
    fake_http_answer("/nodes/pve2/lxc/105/config", 200, "{\"data\":null}");
    expect_problem(&config_tool, "{\"vmid\":105}", PX_BAD_ANSWER, "nothing was read");
}

static void moved_guest_is_followed(void **state)
{
    (void)state;
    const char *gone =
        "{\"data\":null,\"message\":\"Configuration file 'nodes/pve2/lxc/105.conf' does not exist\\n\"}";
    fake_http_answer("/nodes/pve1/lxc/105/config", 200, "{\"data\":{\"cores\":1}}");
    fake_http_answer("/nodes/pve2/lxc/105/config", 200, "{\"data\":{\"cores\":2}}");
    expect(&config_tool, "{\"vmid\":105}",
           "{\"guest\":{\"vmid\":105,\"kind\":\"lxc\",\"node\":\"pve2\"},\"item\":{\"cores\":2}}");
    /* It migrates; the list still remembered says pve2. */
    fake_http_answer("/nodes/pve2/lxc/105/config", 500, gone);
    fake_http_answer("/cluster/resources?type=vm", 200,
                     "{\"data\":[{\"type\":\"lxc\",\"vmid\":105,\"name\":\"cache\",\"node\":\"pve1\"}]}");
    expect(&config_tool, "{\"vmid\":105}",
           "{\"guest\":{\"vmid\":105,\"kind\":\"lxc\",\"node\":\"pve1\"},\"item\":{\"cores\":1}}");
    assert_int_equal(fake_http_count_of("/cluster/resources?type=vm"), 2);
    /* And when it is nowhere, the answer is "not found", after one more look. */
    fake_http_answer("/nodes/pve1/lxc/105/config", 500, gone);
    expect_problem(&config_tool, "{\"vmid\":105}", PX_NOT_FOUND, "");
    assert_int_equal(fake_http_count_of("/cluster/resources?type=vm"), 3);
}

static struct param_row log_params[] = {
    {.type = PROXIMO_TYPE_STRING, .flags = PROXIMO_PARAM_REQUIRED, .name = S("upid"), .format = S("upid")},
    {.type = PROXIMO_TYPE_STRING, .name = S("node"), .format = S("node")},
    {.type = PROXIMO_TYPE_INTEGER, .name = S("start"), .maximum = 100000, .default_json = S("0")},
};
static const struct tool log_tool = {.kind = TOOL_READ_ROW,
                                     .flags = PROXIMO_READ_LINES,
                                     .name = S("t_log"),
                                     .params = log_params,
                                     .param_count = 3,
                                     .path = S("/nodes/{node}/tasks/{upid}/log")};
#define UPID         "UPID:pve2:00001234:0000ABCD:66000000:vzdump:105:root@pam:"
#define UPID_ENCODED "UPID%3Apve2%3A00001234%3A0000ABCD%3A66000000%3Avzdump%3A105%3Aroot%40pam%3A"

static void log_lines(void **state)
{
    (void)state;
    fake_http_answer("/nodes/pve2/tasks/" UPID_ENCODED "/log", 200,
                     "{\"data\":[{\"n\":1,\"t\":\"INFO: a\\u001b[31m\"},{\"n\":2,\"t\":\"b\"}],\"total\":7}");
    expect(&log_tool, "{\"upid\":\"" UPID "\"}",
           "{\"node\":\"pve2\",\"total\":7,\"returned\":2,\"start\":0,\"truncated\":true,\"next_start\":2,"
           "\"hint\":\"call "
           "again with "
           "start=2 for what follows\",\"untrusted\":[\"lines\"],\"lines\":[\"INFO: a[31m\",\"b\"]}");
    expect_problem(&log_tool, "{\"upid\":\"" UPID "\",\"node\":\"pve1\"}", PX_MISMATCH,
                   "this task ran on node pve2, not on pve1");
    assert_int_equal(fake_http_count_of("/nodes"), 0); /* the task id is enough */
}

static void long_log_is_cut_at_a_line(void **state)
{
    (void)state;
    struct buf b = BUF_INIT(8 << 20);
    buf_str(&b, "{\"data\":[");
    for (int i = 0; i < 400; i++) {
        buf_printf(&b, "%s{\"n\":%d,\"t\":\"", i ? "," : "", i + 1);
        for (int k = 0; k < (i == 0 ? 70000 : 600); k++)
            buf_char(&b, 'y');
        buf_str(&b, "\"}");
    }
    buf_str(&b, "],\"total\":400}");
    fake_http_answer("/nodes/pve2/tasks/" UPID_ENCODED "/log", 200, b.data);
    buf_done(&b);
    char *text = answer(&log_tool, "{\"upid\":\"" UPID "\"}");
    assert_non_null(strstr(text, "[cut: 2000 of 70000 bytes]"));
    assert_non_null(strstr(text, "\"truncated\":true"));
    free(text);
}

static void value_is_named(void **state)
{
    (void)state;
    static struct column_row vmid[] = {{.name = S("vmid")}};
    struct tool tool = {.kind = TOOL_READ_ROW, .flags = PROXIMO_READ_SINGLE, .name = S("t"), .path = S("/n")};
    fake_http_answer("/n", 200, "{\"data\":\"112\"}");
    expect(&tool, "{}", "{\"item\":{\"value\":\"112\"}}");
    tool.columns = vmid;
    tool.column_count = 1;
    expect(&tool, "{}", "{\"item\":{\"vmid\":\"112\"}}");
}

static struct param_row node_params[] = {
    {.type = PROXIMO_TYPE_STRING, .name = S("node"), .format = S("node")}};

static void node_is_resolved(void **state)
{
    (void)state;
    static const struct tool tool = {.kind = TOOL_READ_ROW,
                                     .flags = PROXIMO_READ_SINGLE | PROXIMO_READ_AS_IS,
                                     .name = S("t_node"),
                                     .params = node_params,
                                     .param_count = 1,
                                     .path = S("/nodes/{node}/x")};
    fake_http_answer("/nodes/pve1/x", 200, "{\"data\":{\"a\":1}}");
    expect(&tool, "{\"node\":\"pve1\"}", "{\"node\":\"pve1\",\"item\":{\"a\":1}}");
    expect_problem(&tool, "{\"node\":\"pve3\"}", PX_NOT_FOUND, "no node 'pve3'");
    expect_problem(&tool, "{}", PX_ARG, "has 2 nodes and none was named");
    site_row.node = S("pve1");
    expect(&tool, "{}", "{\"node\":\"pve1\",\"item\":{\"a\":1}}");
    site_row.node = S("gone");
    expect_problem(&tool, "{}", PX_CONFIG, "does not exist");
    site_row.node = NULL;
}

/* ---- functions */

static const struct tool function_tool = {.kind = TOOL_READ_FUNCTION,
                                          .name = S("t_function"),
                                          .params = guest_params,
                                          .param_count = 3,
                                          .columns = list_columns,
                                          .column_count = 3,
                                          .sort_by = S("vmid")};
static const struct tool object_tool = {
    .kind = TOOL_READ_FUNCTION, .flags = PROXIMO_READ_SINGLE, .name = S("t_object")};

/* design 2: "A read that composes several requests has a `read` function ..." */
static void function_rows(void **state)
{
    (void)state;
    reply_add(PROXIMO_CONTENT_ROWS, 0, "[{\"vmid\":2,\"x\":1},{\"vmid\":1}]", NULL, NULL);
    reply_add(PROXIMO_CONTENT_JSON, 0, "{\"parent\":\"base\"}", "current", NULL);
    expect(&function_tool, "{\"vmid\":\"cache\"}",
           "{\"total\":2,\"returned\":2,\"truncated\":false,\"guest\":{\"vmid\":105,\"kind\":\"lxc\","
           "\"node\":\"pve2\"},\"untrusted\":[\"name\"],\"current\":{\"parent\":"
           "\"base\"},"
           "\"rows\":[{\"vmid\":1},{\"vmid\":2}]}");
    assert_string_equal(last_arguments, "{\"vmid\":\"105\",\"kind\":\"lxc\",\"node\":\"pve2\"}");
    reply_add(PROXIMO_CONTENT_ROWS, PROXIMO_CONTENT_INCOMPLETE | PROXIMO_CONTENT_MORE, "[]", NULL,
              "node pve3 is offline");
    expect(&function_tool, "{\"vmid\":105}",
           "{\"total\":0,\"total_is_minimum\":true,\"returned\":0,\"truncated\":false,\"guest\":{\"vmid\":"
           "105,\"kind\":\"lxc\",\"node\":\"pve2\"},\"complete\":false,"
           "\"notes\":[\"node pve3 is offline\"],\"untrusted\":[\"name\"],\"rows\":[]}");
    reply_add(PROXIMO_CONTENT_ROWS, 0, "[]", NULL, NULL);
    reply_add(PROXIMO_CONTENT_JSON, 0, "{}", "total", NULL);
    expect_problem(&function_tool, "{\"vmid\":105}", PX_PLANE, "named 'total': not free");
    reply_add(PROXIMO_CONTENT_ROWS, 0, "{}", NULL, NULL);
    expect_problem(&function_tool, "{\"vmid\":105}", PX_PLANE, "not a JSON array");
}

static void function_objects_and_blocks(void **state)
{
    (void)state;
    reply_add(PROXIMO_CONTENT_JSON, PROXIMO_CONTENT_INCOMPLETE,
              "{\"a\":1,\"complete\":true,\"b\":\"x\\u202ey\"}", NULL, "half");
    reply_add(PROXIMO_CONTENT_TEXT, 0, "hello\a", NULL, NULL);
    reply_add(PROXIMO_CONTENT_IMAGE, 0, "abcd", NULL, NULL);
    CLEANUP_JSON struct json_object *out = NULL;
    struct read_result result = {0};
    struct problem p;
    assert_int_equal(run(&object_tool, "{}", &out, &result, &p), 0);
    assert_string_equal(result.structured.data,
                        "{\"a\":1,\"b\":\"xy\",\"complete\":false,\"notes\":[\"half\"]}");
    assert_string_equal(result.content.data,
                        "[{\"type\":\"text\",\"text\":\"hello\"},{\"type\":\"image\",\"data\":"
                        "\"YWJjZA==\",\"mimeType\":\"image/png\"}]");
    read_result_done(&result);
    reply_add(PROXIMO_CONTENT_JSON, PROXIMO_CONTENT_UNTRUSTED, "{\"a\":1}", NULL, NULL);
    expect(&object_tool, "{}", "{\"a\":1,\"untrusted\":true}");
    struct buf big = BUF_INIT(1 << 20);
    buf_str(&big, "{\"a\":[");
    for (int i = 0; i < 20000; i++)
        buf_printf(&big, "%s%d", i ? "," : "", i);
    buf_str(&big, "]}");
    reply_add(PROXIMO_CONTENT_JSON, 0, big.data, NULL, NULL);
    buf_done(&big);
    expect_problem(&object_tool, "{}", PX_TOO_LARGE, "larger than the 50000 characters");
    reply_error = -5;
    expect_problem(&object_tool, "{}", PX_PLANE, "canned");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(list_is_counted_sorted_cleaned, setup, teardown),
        cmocka_unit_test_setup_teardown(filters_fields_window, setup, teardown),
        cmocka_unit_test_setup_teardown(missing_privilege_is_said, setup, teardown),
        cmocka_unit_test_setup_teardown(privilege_must_be_handed_down, setup, teardown),
        cmocka_unit_test_setup_teardown(unknown_permissions_are_said, setup, teardown),
        cmocka_unit_test_setup_teardown(never_above_the_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(pages_meet, setup, teardown),
        cmocka_unit_test_setup_teardown(one_huge_row, setup, teardown),
        cmocka_unit_test_setup_teardown(unread_is_not_empty, setup, teardown),
        cmocka_unit_test_setup_teardown(guest_is_resolved, setup, teardown),
        cmocka_unit_test_setup_teardown(moved_guest_is_followed, setup, teardown),
        cmocka_unit_test_setup_teardown(log_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(long_log_is_cut_at_a_line, setup, teardown),
        cmocka_unit_test_setup_teardown(value_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(node_is_resolved, setup, teardown),
        cmocka_unit_test_setup_teardown(function_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(function_objects_and_blocks, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
