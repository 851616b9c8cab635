/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the plane "conformance" share: the functions behind its tables, and small helpers. */
#ifndef PROXIMO_TESTS_CONFORMANCE_FIXTURES_H
#define PROXIMO_TESTS_CONFORMANCE_FIXTURES_H

#include <stdint.h>

#include "proximo/plane.h"

typedef int32_t fixture_fn(void *instance, struct proximo_call *call);

extern const struct proximo_host *fixture_host; /* set by open */

#define FIXTURE_TEXT(string) ((struct proximo_text){(string), sizeof(string) - 1})

/* Text that ends with NUL, as the answer. */
int32_t fixture_reply_text(struct proximo_call *call, const char *text);

/* content.c: tools, resources and prompts with one fixed answer. */
fixture_fn fixture_simple_text, fixture_image, fixture_audio, fixture_embedded, fixture_mixed, fixture_error,
    fixture_logging, fixture_log_twice, fixture_progress, fixture_toggle_tool, fixture_toggle_prompt,
    fixture_nothing, fixture_touch, fixture_static_text, fixture_watched, fixture_template,
    fixture_prompt_embedded, fixture_prompt_image;
#define FIXTURE_HIDDEN_TOOL   "test_sometimes_listed"
#define FIXTURE_HIDDEN_PROMPT "test_sometimes_listed_prompt"
#define FIXTURE_WATCHED       "test://watched-resource"

/* ask.c: tools and a prompt that ask the client. */
fixture_fn fixture_sampling, fixture_elicitation, fixture_defaults, fixture_enums, fixture_missing,
    fixture_streaming, fixture_ask_name, fixture_ask_capital, fixture_ask_roots, fixture_ask_state,
    fixture_ask_three, fixture_ask_rounds, fixture_ask_tampered, fixture_ask_offered, fixture_ask_context;

#endif
