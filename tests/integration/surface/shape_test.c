/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tools/list of the full surface gives of every built plane's tool: plain schemas, names, first
 * sentences; and what proximo teaches before the first call. This program is also the plane host.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "mcp/catalog.h"
#include "mcp/instructions.h"
#include "plane/manifest.h"
#include "plane/read.h"
#include "surface.h"

#define NAME_MOST         40
#define SENTENCE_MOST     200
#define INSTRUCTIONS_MOST 2000

/* Of every schema in it: no combinator, no reference, no list of types, nothing that is not an object. */
static void check_plain(const char *tool, struct json_object *schema)
{
    static const char *const banned[] = {"anyOf", "oneOf", "allOf", "not", "$ref", "if", "patternProperties"};
    struct json_object *member = NULL;

    if (!json_object_is_type(schema, json_type_object))
        fail_msg("%s: a schema is %s", tool, json_object_to_json_string(schema));
    for (size_t i = 0; i < sizeof(banned) / sizeof(banned[0]); i++) {
        if (json_object_object_get_ex(schema, banned[i], NULL))
            fail_msg("%s: %s in its schema", tool, banned[i]);
    }
    if (json_object_object_get_ex(schema, "type", &member) && !json_object_is_type(member, json_type_string))
        fail_msg("%s: a list of types", tool);
    if (json_object_object_get_ex(schema, "items", &member))
        check_plain(tool, member);
    if (!json_object_object_get_ex(schema, "properties", &member))
        return;
    json_object_object_foreach(member, name, property)
    {
        (void)name;
        check_plain(tool, property);
    }
}

/* The schema that `write` gave, checked and owned by the caller. */
static struct json_object *schema_of(const char *tool, const struct buf *text)
{
    struct json_object *schema = NULL;
    const char *type = "";

    assert_int_equal(json_parse(text->data, text->len, &schema, NULL), 0);
    check_plain(tool, schema);
    assert_int_equal(json_get_string(schema, "type", &type, NULL), 0);
    assert_string_equal(type, "object");
    return schema;
}

static void schemas_are_plain(void **state)
{
    static const struct tool_site sites[] = {{"lab", 1}, {"prod", 1}};
    const struct surface *surface = *state;

    for (size_t i = 0; i < catalog_count(surface->catalog); i++) {
        const struct tool *tool = catalog_at(surface->catalog, i);
        CLEANUP_BUF struct buf in = BUF_INIT(65536), again = BUF_INIT(65536), out = BUF_INIT(65536);

        tool_schema_write(tool, sites, 2, &in);
        tool_schema_write(tool, sites, 2, &again);
        tool_output_schema_write(tool, &out);
        assert_string_equal(in.data, again.data);
        CLEANUP_JSON struct json_object *input = schema_of(tool->name, &in);
        CLEANUP_JSON struct json_object *output = schema_of(tool->name, &out);
        /* A refusal is a structured answer too, and clients hold it against this schema. */
        assert_false(json_object_object_get_ex(output, "required", NULL));
        assert_true(json_object_object_get_ex(input, "properties", NULL));
    }
    assert_true(catalog_count(surface->catalog) > 20);
}

/* "Lists all guests ...": a verb, up to the first full stop. */
static void check_sentence(const struct tool *tool)
{
    static const char *const verbs[] = {"Adds",  "Applies", "Changes", "Creates", "Deletes",  "Discards",
                                        "Lists", "Locks",   "Moves",   "Puts",    "Releases", "Removes",
                                        "Runs",  "Says",    "Sets",    "Shuts",   "Shows",    "Starts",
                                        "Stops", "Takes",   "Waits",   "Writes"};
    const char *end = strstr(tool->description, ". ");
    size_t len = end ? (size_t)(end - tool->description) + 1 : strlen(tool->description);
    size_t verb = strcspn(tool->description, " ,");

    if (len > SENTENCE_MOST || tool->description[len - 1] != '.')
        fail_msg("%s: the first sentence is too long or has no end", tool->name);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strlen(verbs[i]) == verb && strncmp(verbs[i], tool->description, verb) == 0)
            return;
    }
    fail_msg("%s: \"%.*s\" is no verb of the table", tool->name, (int)verb, tool->description);
}

static void names_and_sentences(void **state)
{
    const struct surface *surface = *state;

    for (size_t i = 0; i < catalog_count(surface->catalog); i++) {
        const struct tool *tool = catalog_at(surface->catalog, i);

        assert_true(strlen(tool->name) <= NAME_MOST && islower((unsigned char)tool->name[0]));
        assert_int_equal(strspn(tool->name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(tool->name));
        check_sentence(tool);
    }
}

static void instructions_are_short_and_teach(void **state)
{
    static const char *const road[] = {"proximo_find", "proximo_describe", "proximo_plan", "proximo_apply",
                                       "plan_id",      "proximo_undo",     "PX-DRIFT"};

    (void)state;
    assert_true(strlen(MCP_INSTRUCTIONS_READ) < INSTRUCTIONS_MOST);
    assert_true(strlen(MCP_INSTRUCTIONS_GUARDED) < INSTRUCTIONS_MOST);
    assert_non_null(strstr(MCP_INSTRUCTIONS_READ, "it changes nothing"));
    assert_null(strstr(MCP_INSTRUCTIONS_READ, "proximo_apply"));
    for (size_t i = 0; i < sizeof(road) / sizeof(road[0]); i++)
        assert_non_null(strstr(MCP_INSTRUCTIONS_GUARDED, road[i]));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(schemas_are_plain, surface_open, surface_close),
        cmocka_unit_test_setup_teardown(names_and_sentences, surface_open, surface_close),
        cmocka_unit_test(instructions_are_short_and_teach),
    };

    if (argc > 1 && strcmp(argv[1], "plane-host") == 0)
        return surface_host();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
