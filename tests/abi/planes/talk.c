/* SPDX-License-Identifier: Apache-2.0 */
/* A plane with resources and prompts that talks to the client: each way, right and wrong, by the argument
 * "which". */
#include "tiny.h"

#define TEXT(literal) ((struct proximo_text){(literal), sizeof(literal) - 1})
#define IS(word)      (which.len == sizeof(word) - 1 && memcmp(which.ptr, word, sizeof(word) - 1) == 0)

static int32_t reply(struct proximo_call *call, uint32_t type, struct proximo_text data, uint64_t flags)
{
    struct proximo_content block = {.struct_size = sizeof(block), .type = type, .flags = flags, .data = data};
    return host->reply(call, &block, 1);
}

static int32_t ask(struct proximo_call *call, struct proximo_text which)
{
    struct proximo_ask asks[17];
    struct proximo_text answers;
    uint32_t count = IS("ask_two") || IS("ask_same") ? 2 : IS("ask_many") ? 17 : IS("ask_none") ? 0 : 1;

    for (int i = 0; i < 17; i++) {
        static char keys[17][4];
        int len = snprintf(keys[i], sizeof(keys[i]), "k%d", IS("ask_same") ? 0 : i);
        asks[i] = (struct proximo_ask){.struct_size = sizeof(asks[i]),
                                       .kind = PROXIMO_ASK_ELICITATION,
                                       .key = {keys[i], (uint64_t)len},
                                       .params_json = TEXT("{\"message\":\"Which?\"}")};
    }
    if (IS("ask_array"))
        asks[0].params_json = TEXT("[1]");
    if (IS("ask_text"))
        asks[0].params_json = TEXT("{\"a\":");
    if (IS("ask_huge"))
        asks[0].params_json.len = (uint64_t)1 << 30; /* nobody reads so far */
    if (IS("ask_nothing"))
        asks[0].params_json = (struct proximo_text){NULL, 5};
    if (IS("ask_key"))
        asks[0].key = TEXT("a key");
    if (IS("ask_longkey"))
        asks[0].key = TEXT("k1234567890123456789012345678901234567890123456789012345678901234");
    if (IS("ask_kind"))
        asks[0].kind = 9;
    if (IS("ask_flags"))
        asks[0].flags = 1;
    int32_t r = host->ask(call, asks, count, &answers);
    if (IS("ask_words") && r == PROXIMO_ECAPABILITY)
        return host->fail(call, r, "it cannot be picked here");
    if (IS("ask_ignore"))
        return tiny_result(call, r);
    return r ? r : reply(call, PROXIMO_CONTENT_JSON, answers, 0);
}

static int32_t tell(struct proximo_call *call, struct proximo_text which)
{
    if (IS("log"))
        return host->client_log(call, PROXIMO_LOG_WARN, "talk\x1b[31m", TEXT("{\"a\":1}"));
    if (IS("log_level"))
        return host->client_log(call, 9, NULL, TEXT("1"));
    if (IS("log_json"))
        return host->client_log(call, PROXIMO_LOG_WARN, NULL, TEXT("1 2"));
    if (IS("show"))
        return host->show(call, PROXIMO_SHOW_TOOL, "talk_run", 0);
    if (IS("show_uri"))
        return host->show(call, PROXIMO_SHOW_RESOURCE, "talk://notes/{id}", 1);
    if (IS("show_prompt"))
        return host->show(call, PROXIMO_SHOW_PROMPT, "talk_text", 1);
    if (IS("show_other"))
        return host->show(call, PROXIMO_SHOW_TOOL, "good_echo", 0);
    if (IS("show_kind"))
        return host->show(call, 7, "talk_run", 0);
    if (IS("updated"))
        return host->updated(call, "talk://notes/12%20a");
    if (IS("updated_other"))
        return host->updated(call, "talk://other/12");
    if (IS("updated_more"))
        return host->updated(call, "talk://notes/12/13");
    if (IS("updated_no_uri"))
        return host->updated(call, "talk://notes/1 2");
    return PROXIMO_EINVAL;
}

static int32_t run(void *instance, struct proximo_call *call)
{
    struct proximo_text which = {0};

    (void)instance;
    if (host->argument(call, "which", &which))
        return PROXIMO_EINVAL;
    if (!PROXIMO_HOST_HAS(host, ask) || !(host->features & PROXIMO_FEATURE_CLIENT))
        return PROXIMO_EINTERNAL;
    if (which.len > 3 && memcmp(which.ptr, "ask_", 4) == 0)
        return ask(call, which);
    if (IS("can")) {
        int32_t form = host->can_ask(call, PROXIMO_ASK_ELICITATION), new = host->can_ask(call, 77);
        return form < 0 ? form : tiny_result(call, 10 * form + new);
    }
    if (IS("input"))
        return PROXIMO_EINPUT; /* nothing was asked */
    if (IS("twice")) {
        (void)tiny_result(call, 1);
        return tiny_result(call, 2);
    }
    int32_t r = tell(call, which);
    return r ? r : tiny_result(call, 0);
}

static int32_t note(void *instance, struct proximo_call *call)
{
    struct proximo_text id = {0};

    (void)instance;
    if (host->argument(call, "id", &id))
        return PROXIMO_EINVAL;
    if (id.len == 3 && memcmp(id.ptr, "ask", 3) == 0)
        return ask(call, TEXT("ask_one"));
    return reply(call, PROXIMO_CONTENT_TEXT, id, PROXIMO_CONTENT_UNTRUSTED);
}

static int32_t silent(void *instance, struct proximo_call *call)
{
    (void)instance;
    (void)call;
    return 0;
}

static int32_t words(void *instance, struct proximo_call *call)
{
    struct proximo_content blocks[2] = {
        {.struct_size = sizeof(blocks[0]), .type = PROXIMO_CONTENT_TEXT, .data = TEXT("Hello?")},
        {.struct_size = sizeof(blocks[0]),
         .type = PROXIMO_CONTENT_TEXT,
         .flags = PROXIMO_CONTENT_ASSISTANT,
         .data = TEXT("Hello.")}};
    (void)instance;
    return host->reply(call, blocks, 2);
}

/* What a plan may not do, and how that is answered: as the plan's summary. */
static int32_t plan(void *instance, struct proximo_call *call)
{
    const struct proximo_ask question = {.struct_size = sizeof(question),
                                         .kind = PROXIMO_ASK_ROOTS,
                                         .key = TEXT("k"),
                                         .params_json = TEXT("{}")};
    struct proximo_text answer;
    char text[128];

    (void)instance;
    (void)snprintf(text, sizeof(text), "%d %d %d %d %d", host->can_ask(call, PROXIMO_ASK_ROOTS),
                   host->ask(call, &question, 1, &answer),
                   host->client_log(call, PROXIMO_LOG_INFO, NULL, TEXT("1")),
                   host->show(call, PROXIMO_SHOW_TOOL, "talk_run", 1), host->updated(call, "talk:all"));
    return host->fail(call, PROXIMO_ESTATE, "%s", text);
}

#define WORD(word, text)                                                                                     \
    {                                                                                                        \
        .struct_size = sizeof(struct proximo_param), .type = PROXIMO_TYPE_STRING,                            \
        .flags = PROXIMO_PARAM_REQUIRED, .name = (word), .description = (text)                               \
    }
static const struct proximo_param which_param[] = {WORD("which", "Which one.")};
static const struct proximo_param id_param[] = {WORD("id", "The note.")};
static const struct proximo_read reads[] = {{.struct_size = sizeof(struct proximo_read),
                                             .name = "talk_run",
                                             .description = "A tool of a test.",
                                             .flags = PROXIMO_READ_SINGLE,
                                             .params = PROXIMO_TABLE(which_param),
                                             .read = run}};
static const struct proximo_field show_field[] = {
    {.struct_size = sizeof(struct proximo_field), .name = "which", .value = "show"}};
static const struct proximo_change changes[] = {{.struct_size = sizeof(struct proximo_change),
                                                 .name = "talk_change",
                                                 .description = "A change of a test.",
                                                 .operation_class = "talk.change",
                                                 .subject = "talk",
                                                 .undo_kind = PROXIMO_UNDO_NONE,
                                                 .plan = plan}};
#define RESOURCE(name_, uri_)                                                                                \
    .struct_size = sizeof(struct proximo_resource), .name = (name_), .uri = (uri_),                          \
    .description = "A resource of a test."
static const struct proximo_resource resources[] = {
    {RESOURCE("talk_note", "talk://notes/{id}"), .params = PROXIMO_TABLE(id_param), .read = note},
    {RESOURCE("talk_all", "talk:all"), .mime = "text/markdown", .read = silent},
    {RESOURCE("talk_tool", "proximo://site/{site}/talk/{which}"), .params = PROXIMO_TABLE(which_param),
     .tool = "talk_run"},
    {RESOURCE("talk_fixed", "proximo://site/{site}/talk"), .fixed = PROXIMO_TABLE(show_field),
     .tool = "talk_run"},
};
static const struct proximo_prompt prompts[] = {
    {.struct_size = sizeof(struct proximo_prompt),
     .name = "talk_text",
     .description = "A prompt of a test.",
     .params = PROXIMO_TABLE(which_param),
     .text = "Look at {which}.\nThen say what you see."},
    {.struct_size = sizeof(struct proximo_prompt),
     .name = "talk_get",
     .description = "A prompt of a test.",
     .get = words},
};
static const struct proximo_plane plane = {
    TINY_HEAD("talk"),
    .features_required = PROXIMO_FEATURE_READS | PROXIMO_FEATURE_RESOURCES | PROXIMO_FEATURE_CLIENT,
    .open = tiny_open,
    .reads = PROXIMO_TABLE(reads),
    .changes = PROXIMO_TABLE(changes),
    .resources = PROXIMO_TABLE(resources),
    .prompts = PROXIMO_TABLE(prompts)};
PROXIMO_PLANE(plane)
