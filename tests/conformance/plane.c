/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plane "conformance": every tool, resource and prompt that the official conformance suite asks for by
 * name. Only the configuration of the tests loads it. Left out: json_schema_2020_12_tool (pending in the
 * suite, never scored), because planes declare parameters, and the host writes plain schemas from them.
 */
#include "fixtures.h"

#include <stddef.h>

const struct proximo_host *fixture_host;

static int32_t fixture_open(const struct proximo_host *host, void **ret_instance)
{
    fixture_host = host;
    *ret_instance = NULL;
    return 0;
}

#define WORDS(argument, what)                                                                                \
    {                                                                                                        \
        .struct_size = sizeof(struct proximo_param), .type = PROXIMO_TYPE_STRING,                            \
        .flags = PROXIMO_PARAM_REQUIRED, .name = (argument), .description = (what)                           \
    }

static const struct proximo_param prompt_param[] = {WORDS("prompt", "The prompt to send to the LLM.")};
static const struct proximo_param message_param[] = {WORDS("message", "The message to show the user.")};
static const struct proximo_param id_param[] = {WORDS("id", "Any id.")};
static const struct proximo_param two_params[] = {WORDS("arg1", "First test argument."),
                                                  WORDS("arg2", "Second test argument.")};
static const struct proximo_param uri_param[] = {WORDS("resourceUri", "URI of the resource to embed.")};

#define TOOL(tool, function, what, ...)                                                                      \
    {                                                                                                        \
        .struct_size = sizeof(struct proximo_read), .flags = PROXIMO_READ_SINGLE, .name = (tool),            \
        .description = (what), .read = (function), __VA_ARGS__                                               \
    }
static const struct proximo_read reads[] = {
    TOOL("test_simple_text", fixture_simple_text, "Returns simple text.", ),
    TOOL("test_image_content", fixture_image, "Returns an image.", ),
    TOOL("test_audio_content", fixture_audio, "Returns audio.", ),
    TOOL("test_embedded_resource", fixture_embedded, "Returns an embedded resource.", ),
    TOOL("test_multiple_content_types", fixture_mixed, "Returns text, an image and a resource.", ),
    TOOL("test_error_handling", fixture_error, "Always fails.", ),
    TOOL("test_tool_with_logging", fixture_logging, "Sends three log messages.", ),
    TOOL("test_logging_tool", fixture_log_twice, "Sends two log messages.", ),
    TOOL("test_tool_with_progress", fixture_progress, "Reports progress three times.", ),
    TOOL("test_sampling", fixture_sampling, "Asks the client's model.",
         .params = PROXIMO_TABLE(prompt_param)),
    TOOL("test_elicitation", fixture_elicitation, "Asks the user.", .params = PROXIMO_TABLE(message_param)),
    TOOL("test_elicitation_sep1034_defaults", fixture_defaults, "Asks with a form full of defaults.", ),
    TOOL("test_elicitation_sep1330_enums", fixture_enums, "Asks with every kind of choice.", ),
    TOOL("test_missing_capability", fixture_missing, "Needs a client that offers sampling.", ),
    TOOL("test_streaming_elicitation", fixture_streaming, "Asks one question.", ),
    TOOL("test_trigger_tool_change", fixture_toggle_tool, "Lists or hides a tool.", ),
    TOOL("test_trigger_prompt_change", fixture_toggle_prompt, "Lists or hides a prompt.", ),
    TOOL("test_trigger_resource_update", fixture_touch, "Says that the watched resource is new.", ),
    TOOL(FIXTURE_HIDDEN_TOOL, fixture_nothing, "Is listed or not.", ),
    TOOL("test_input_required_result_elicitation", fixture_ask_name, "Asks for a name.", ),
    TOOL("test_input_required_result_sampling", fixture_ask_capital, "Asks the client's model.", ),
    TOOL("test_input_required_result_list_roots", fixture_ask_roots, "Asks for the client's roots.", ),
    TOOL("test_input_required_result_request_state", fixture_ask_state, "Asks, and wants its state back.", ),
    TOOL("test_input_required_result_multiple_inputs", fixture_ask_three, "Asks three things at once.", ),
    TOOL("test_input_required_result_multi_round", fixture_ask_rounds, "Asks two things in turn.", ),
    TOOL("test_input_required_result_tampered_state", fixture_ask_tampered,
         "Asks; its state is tampered with.", ),
    TOOL("test_input_required_result_capabilities", fixture_ask_offered,
         "Asks for what the client offers.", ),
};

#define RESOURCE(address, label, what, function, ...)                                                        \
    {                                                                                                        \
        .struct_size = sizeof(struct proximo_resource), .uri = (address), .name = (label),                   \
        .description = (what), .read = (function), __VA_ARGS__                                               \
    }
static const struct proximo_resource resources[] = {
    RESOURCE("test://static-text", "static_text", "Some text.", fixture_static_text, .mime = "text/plain"),
    RESOURCE("test://static-binary", "static_binary", "One red pixel.", fixture_image, .mime = "image/png"),
    RESOURCE(FIXTURE_WATCHED, "watched_resource", "Text that can be watched.", fixture_watched,
             .mime = "text/plain"),
    RESOURCE("test://template/{id}/data", "template", "Data of an id.", fixture_template,
             .mime = "application/json", .params = PROXIMO_TABLE(id_param)),
};

#define PROMPT(label, what, ...)                                                                             \
    {                                                                                                        \
        .struct_size = sizeof(struct proximo_prompt), .name = (label), .description = (what), __VA_ARGS__    \
    }
static const struct proximo_prompt prompts[] = {
    PROMPT("test_simple_prompt", "Words.", .text = "This is a simple prompt for testing."),
    PROMPT("test_prompt_with_arguments", "Words with arguments.", .params = PROXIMO_TABLE(two_params),
           .text = "Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"),
    PROMPT("test_prompt_with_embedded_resource", "A resource and words.", .params = PROXIMO_TABLE(uri_param),
           .get = fixture_prompt_embedded),
    PROMPT("test_prompt_with_image", "An image and words.", .get = fixture_prompt_image),
    PROMPT("test_input_required_result_prompt", "Asks for its context.", .get = fixture_ask_context),
    PROMPT(FIXTURE_HIDDEN_PROMPT, "Is listed or not.", .text = "Listed or not."),
};

static const struct proximo_plane plane = {
    PROXIMO_PLANE_HEAD,
    .features_required = PROXIMO_FEATURE_READS | PROXIMO_FEATURE_RESOURCES | PROXIMO_FEATURE_CLIENT,
    .threading = PROXIMO_SERIAL,
    .name = "conformance",
    .version = "1",
    .licence = "Apache-2.0",
    .summary = "What the official conformance suite asks for.",
    .open = fixture_open,
    .reads = PROXIMO_TABLE(reads),
    .resources = PROXIMO_TABLE(resources),
    .prompts = PROXIMO_TABLE(prompts),
};
PROXIMO_PLANE(plane)
