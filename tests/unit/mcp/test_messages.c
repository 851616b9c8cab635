/* SPDX-License-Identifier: Apache-2.0 */
/* Every kind of line and what is answered to it, by table: codes, ids, eras. A server without planes and
 * threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "config/config.h"
#include "mcp/message.h"
#include "mcp/server.h"
#include "mcp/state.h"

#define MODERN                                                                                               \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","                                 \
    "\"io.modelcontextprotocol/clientCapabilities\":{}}"

enum before { FRESH, LEGACY };

struct exchange { // NOLINT(clang-analyzer-optin.performance.Padding): in the order in which a row is read
    enum before before;
    const char *line;
    const char *id;     /* expected, as JSON; NULL: no answer at all */
    int code;           /* expected error; 0: a result */
    const char *within; /* a piece of the answer, or NULL */
};

static const struct exchange table[] = {
    /* shape */
    {LEGACY, "", NULL, 0, NULL},
    {LEGACY, "   \t ", NULL, 0, NULL},
    {LEGACY, "hello", "null", -32700, "Parse error"},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"", "null", -32700, NULL},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\"}", "null", -32700, "same key"},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"} x", "null", -32700, NULL},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":NaN,\"method\":\"ping\"}", "null", -32700, NULL},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":'1',\"method\":\"ping\"}", "null", -32700, NULL},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"p\xff\"}", "null", -32700, "UTF-8"},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":99999999999999999999,\"method\":\"ping\"}", "null", -32700, NULL},
    {LEGACY, "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]", "null", -32600, "batch"},
    {LEGACY, "[]", "null", -32600, NULL},
    {LEGACY, "null", "null", -32600, NULL},
    {LEGACY, "\"ping\"", "null", -32600, NULL},
    {LEGACY, "17", "null", -32600, NULL},
    {LEGACY, "{}", "null", -32600, NULL},
    {LEGACY, "{\"id\":1,\"method\":\"ping\"}", "1", -32600, "jsonrpc"},
    {LEGACY, "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", "1", -32600, NULL},
    {LEGACY, "{\"jsonrpc\":2.0,\"id\":1,\"method\":\"ping\"}", "1", -32600, NULL},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":1}", "1", -32600, "method"},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", "1", -32600, "method"},
    /* ids */
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"ping\"}", "0", 0, NULL},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":-7,\"method\":\"ping\"}", "-7", 0, NULL},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":9223372036854775807,\"method\":\"ping\"}", "9223372036854775807", 0,
     NULL},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":\"\",\"method\":\"ping\"}", "\"\"", 0, NULL},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":\"a\\\"\\n\\u0000\xc3\xa4\",\"method\":\"ping\"}",
     "\"a\\\"\\n\\u0000\xc3\xa4\"", 0, NULL},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}", "null", -32600, "id"},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":1.0,\"method\":\"ping\"}", "null", -32600, NULL},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}", "null", -32600, NULL},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"ping\"}", "null", -32600, NULL},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}", "null", -32600, NULL},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"ping\"}", "null", -32600, NULL},
    /* notifications and responses are never answered */
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}", NULL, 0, NULL},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"method\":\"no/such/thing\",\"params\":[1]}", NULL, 0, NULL},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"name\":\"proximo_status\"}}", NULL,
     0, NULL},
    {FRESH, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":null}}",
     NULL, 0, NULL},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", NULL, 0, NULL},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":\"proximo-form-1\",\"result\":{\"action\":\"accept\"}}", NULL, 0,
     NULL},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":1,\"message\":\"x\"}}", NULL, 0, NULL},
    /* methods and parameters */
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"roots/list\"}", "1", -32601, "roots/list"},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\"}", "1", -32601, NULL},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":[]}", "1", -32602, NULL},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"cursor\":\"x\"}}", "1",
     -32602, "cursor"},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{}}", "1", 0,
     "proximo_read"},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\"}", "1", -32602, "name"},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":1}}", "1", -32602,
     "name"},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"nope\"}}", "1",
     -32602, "Unknown tool"},
    {LEGACY,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/"
     "call\",\"params\":{\"name\":\"proximo_status\\u0000\"}}",
     "1", -32602, NULL},
    {LEGACY,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/"
     "call\",\"params\":{\"name\":\"proximo_status\",\"arguments\":[]}}",
     "1", -32602, "arguments"},
    {LEGACY,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/"
     "call\",\"params\":{\"name\":\"proximo_status\",\"arguments\":null}}",
     "1", -32602, NULL},
    {LEGACY,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"proximo_status\"}}", "1",
     0, "structuredContent"},
    {LEGACY,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/"
     "call\",\"params\":{\"name\":\"proximo_find\",\"arguments\":{\"x\":1}}}",
     "1", 0, "PX-ARG"},
    {LEGACY,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/"
     "call\",\"params\":{\"name\":\"proximo_describe\",\"arguments\":{\"tool\":\"x\"}}}",
     "1", 0, "\"isError\":true"},
    {LEGACY,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/"
     "call\",\"params\":{\"name\":\"proximo_read\",\"arguments\":{\"tool\":\"x\"}}}",
     "1", 0, "PX-TOOL"},
    {LEGACY,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/"
     "call\",\"params\":{\"name\":\"proximo_read\",\"arguments\":{}}}",
     "1", 0, "tool is missing"},
    /* eras */
    {FRESH, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", "1", 0, NULL},
    {FRESH, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}", "1", -32602, "2026-07-28"},
    {FRESH, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"nope\"}", "1", -32602, "2025-11-25"},
    {FRESH, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\"}", "1", -32602, NULL},
    {FRESH, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\"}", "1", -32602, "protocolVersion"},
    {FRESH, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":7}}",
     "1", -32602, NULL},
    {FRESH,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2024-11-05\"}"
     "}",
     "1", 0, "\"protocolVersion\":\"2024-11-05\""},
    {FRESH,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-03-26\"}"
     "}",
     "1", 0, "\"protocolVersion\":\"2025-03-26\""},
    {FRESH,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-06-18\"}"
     "}",
     "1", 0, "\"protocolVersion\":\"2025-06-18\""},
    {FRESH,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\"}"
     "}",
     "1", 0, "\"protocolVersion\":\"2025-11-25\""},
    {FRESH,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2026-07-28\"}"
     "}",
     "1", 0, "\"protocolVersion\":\"2025-11-25\""},
    {FRESH,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"1999-01-01\"}"
     "}",
     "1", 0, "\"protocolVersion\":\"2025-11-25\""},
    {FRESH, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\",\"params\":{" MODERN "}}", "1", 0,
     "\"supportedVersions\":[\"2026-07-28\"]"},
    {FRESH, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\",\"params\":{" MODERN "}}", "1", 0,
     "\"resultType\":\"complete\""},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":5}}", "1", -32602,
     "\\\"_meta\\\" must be an object"},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"_meta\":null}}", "1", -32602,
     NULL},
    {FRESH, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{" MODERN "}}", "1", 0,
     "\"cacheScope\":\"public\""},
    {FRESH,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"proximo_status\"," MODERN
     "}}",
     "1", 0, "io.modelcontextprotocol/serverInfo"},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{" MODERN "}}", "1", -32601, NULL},
    {LEGACY,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-"
     "25\"," MODERN "}}",
     "1", -32601, NULL},
    {LEGACY, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"logging/setLevel\",\"params\":{" MODERN "}}", "1",
     -32601, NULL},
    {FRESH,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":"
     "{\"io.modelcontextprotocol/protocolVersion\":\"2027-01-01\",\"io.modelcontextprotocol/"
     "clientCapabilities\":{}}}}",
     "1", -32022, "\"data\":{\"supported\":[\"2026-07-28\"],\"requested\":\"2027-01-01\"}"},
    {FRESH,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":"
     "{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}}}",
     "1", -32602, "clientCapabilities"},
    {FRESH,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":"
     "{\"io.modelcontextprotocol/protocolVersion\":20260728,\"io.modelcontextprotocol/"
     "clientCapabilities\":{}}}}",
     "1", -32602, NULL},
    {LEGACY,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":"
     "{\"io.modelcontextprotocol/clientCapabilities\":{}}}}",
     "1", -32602, "protocolVersion"},
    {LEGACY,
     "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":{\"progressToken\":1}}}",
     "1", 0, NULL},
};

static const struct config config = {
    .mode = CONFIG_READ, .surface = CONFIG_FACADE, .max_calls = 4, .call_timeout_s = 5};

static const struct config guarded = {
    .mode = CONFIG_GUARDED, .surface = CONFIG_FACADE, .max_calls = 4, .call_timeout_s = 5};

static void ask_in(const struct config *mode, enum before before, const char *line, size_t len,
                   struct buf *out)
{
    struct server server = {.config = mode, .stop_write = -1, .initialized = before == LEGACY};

    server_init(&server);
    server_line(&server, line, len, out);
    server_done(&server);
}

static void ask(enum before before, const char *line, size_t len, struct buf *out)
{
    ask_in(&config, before, line, len, out);
}

static void check_exchange(const struct exchange *e)
{
    struct buf out CLEANUP_BUF = BUF_INIT(1 << 20), id CLEANUP_BUF = BUF_INIT(4096);
    struct json_object *answer CLEANUP_JSON = NULL, *error = NULL, *value = NULL;
    int64_t code = 0;

    ask(e->before, e->line, strlen(e->line), &out);
    if (!e->id) {
        assert_int_equal(out.len, 0);
        return;
    }
    assert_true(out.len > 1);
    assert_int_equal(out.data[out.len - 1], '\n');
    assert_null(memchr(out.data, '\n', out.len - 1));
    assert_int_equal(json_parse(out.data, out.len, &answer, NULL), 0);
    assert_true(json_object_object_get_ex(answer, "id", &value));
    if (value)
        json_put_value(&id, value);
    assert_string_equal(value ? id.data : "null", e->id);
    if (json_get(answer, "error", json_type_object, &error) == 0)
        assert_int_equal(json_get_int(error, "code", &code), 0);
    assert_int_equal(code, e->code);
    assert_int_equal(json_object_object_get_ex(answer, "result", NULL), e->code == 0);
    if (e->within)
        assert_non_null(strstr(out.data, e->within));
}

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        print_message("%s\n", table[i].line);
        check_exchange(&table[i]);
    }
}

/* Legacy answers carry nothing of the modern ones. */
static void test_legacy_is_plain(void **state)
{
    static const char *const lines[] = {
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"proximo_status\"}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct buf out CLEANUP_BUF = BUF_INIT(1 << 20);

        ask(LEGACY, lines[i], strlen(lines[i]), &out);
        assert_null(strstr(out.data, "resultType"));
        assert_null(strstr(out.data, "ttlMs"));
        assert_null(strstr(out.data, "io.modelcontextprotocol"));
    }
}

/* Clients cut instructions and pay for every byte of the list. */
static void check_sizes(const struct config *mode)
{
    static const char list[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{" MODERN "}}";
    static const char discover[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\",\"params\":{" MODERN "}}";
    struct buf out CLEANUP_BUF = BUF_INIT(1 << 20), found CLEANUP_BUF = BUF_INIT(1 << 20);
    struct json_object *answer CLEANUP_JSON = NULL, *result = NULL;
    const char *instructions = NULL;

    ask_in(mode, FRESH, list, sizeof(list) - 1, &out);
    print_message("tools/list: %zu bytes\n", out.len);
    assert_true(out.len <= 6000);
    ask_in(mode, FRESH, discover, sizeof(discover) - 1, &found);
    assert_int_equal(json_parse(found.data, found.len, &answer, NULL), 0);
    assert_int_equal(json_get(answer, "result", json_type_object, &result), 0);
    assert_int_equal(json_get_string(result, "instructions", &instructions, NULL), 0);
    print_message("instructions: %zu bytes\n", strlen(instructions));
    assert_true(strlen(instructions) <= 2048);
    assert_int_equal(strstr(instructions, "proximo_apply") != NULL, mode->mode == CONFIG_GUARDED);
}

static void test_sizes(void **state)
{
    struct config_site names[3] = {
        {.name = (char[]){"production"}}, {.name = (char[]){"laboratory"}}, {.name = (char[]){"backup"}}};
    struct config sites = guarded;

    (void)state;
    sites.sites = names;
    sites.site_count = 3;
    check_sizes(&config);
    check_sizes(&guarded);
    check_sizes(&sites);
}

/* The structured content and the text hold the same JSON. */
static void test_text_equals_structure(void **state)
{
    static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/"
                               "call\",\"params\":{\"name\":\"proximo_find\",\"arguments\":{}}}";
    struct buf out CLEANUP_BUF = BUF_INIT(1 << 20);
    struct json_object *answer CLEANUP_JSON = NULL, *text CLEANUP_JSON = NULL, *result, *content, *structured;
    const char *words;
    size_t len;

    (void)state;
    ask(LEGACY, line, sizeof(line) - 1, &out);
    assert_int_equal(json_parse(out.data, out.len, &answer, NULL), 0);
    assert_int_equal(json_get(answer, "result", json_type_object, &result), 0);
    assert_int_equal(json_get(result, "structuredContent", json_type_object, &structured), 0);
    assert_int_equal(json_get(result, "content", json_type_array, &content), 0);
    assert_int_equal(json_get_string(json_object_array_get_idx(content, 0), "text", &words, &len), 0);
    assert_int_equal(json_parse(words, len, &text, NULL), 0);
    assert_true(json_object_equal(text, structured));
}

/* A long id is refused, a long unknown method is cut in the message. */
static void test_long(void **state)
{
    struct buf line CLEANUP_BUF = BUF_INIT(1 << 16), out CLEANUP_BUF = BUF_INIT(1 << 16);
    char word[2001];

    (void)state;
    memset(word, 'x', sizeof(word) - 1);
    word[sizeof(word) - 1] = '\0';
    buf_printf(&line, "{\"jsonrpc\":\"2.0\",\"id\":\"%s\",\"method\":\"ping\"}", word);
    ask(LEGACY, line.data, line.len, &out);
    assert_non_null(strstr(out.data, "-32600"));
    assert_true(out.len < 500);
    buf_reset(&line);
    buf_reset(&out);
    buf_printf(&line, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\"}", word);
    ask(LEGACY, line.data, line.len, &out);
    assert_non_null(strstr(out.data, "-32601"));
    assert_true(out.len < 500);
}

static void test_fuzz_entry(void **state)
{
    static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}";

    (void)state;
    assert_int_equal(mcp_line_fuzz((const uint8_t *)line, sizeof(line) - 1), 0);
    assert_int_equal(mcp_line_fuzz((const uint8_t *)"", 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table), cmocka_unit_test(test_legacy_is_plain),
        cmocka_unit_test(test_sizes), cmocka_unit_test(test_text_equals_structure),
        cmocka_unit_test(test_long),  cmocka_unit_test(test_fuzz_entry),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
