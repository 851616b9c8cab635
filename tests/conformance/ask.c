/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fixtures that ask the client. Each runs from its beginning until all its answers are there; what was sealed
 * in between is the host's business.
 */
#include "fixtures.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

struct question {
    uint32_t kind;
    const char *key;
    const char *params;
};
enum { MOST_QUESTIONS = 3 };

#define FORM(message, properties, required)                                                                  \
    "{\"mode\":\"form\",\"message\":\"" message                                                              \
    "\",\"requestedSchema\":{\"type\":\"object\",\"properties\":{" properties "},\"required\":[" required    \
    "]}}"
#define SAMPLE(text, most)                                                                                   \
    "{\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":\"" text                      \
    "\"}}],\"maxTokens\":" most "}"
#define STRING(name) "\"" name "\":{\"type\":\"string\"}"

static void put(struct json_object **object)
{
    json_object_put(*object);
}
#define CLEANUP_OBJECT __attribute__((cleanup(put)))

/* Asks all of them. *ret_answers is the caller's. */
static int32_t ask(struct proximo_call *call, const struct question *questions, uint32_t count,
                   struct json_object **ret_answers)
{
    struct proximo_ask asks[MOST_QUESTIONS];
    struct proximo_text json;
    memset(asks, 0, sizeof(asks));
    for (uint32_t i = 0; i < count; i++) {
        asks[i].struct_size = sizeof(asks[i]);
        asks[i].kind = questions[i].kind;
        asks[i].key = (struct proximo_text){questions[i].key, strlen(questions[i].key)};
        asks[i].params_json = (struct proximo_text){questions[i].params, strlen(questions[i].params)};
    }
    int32_t r = fixture_host->ask(call, asks, count, &json);
    if (r)
        return r;
    struct json_tokener *tokener = json_tokener_new();
    if (!tokener)
        return PROXIMO_ENOMEM;
    *ret_answers = json_tokener_parse_ex(tokener, json.ptr, (int)json.len);
    json_tokener_free(tokener);
    return *ret_answers ? 0 : fixture_host->fail(call, PROXIMO_EPROTO, "the answers are no JSON");
}

/* answers.KEY.FIRST.SECOND, NULL when it is not there; FIRST or SECOND NULL: ends before it. */
static struct json_object *at(struct json_object *answers, const char *key, const char *first,
                              const char *second)
{
    const char *const names[] = {key, first, second};
    struct json_object *value = answers;
    for (size_t i = 0; i < 3 && names[i]; i++)
        if (!json_object_is_type(value, json_type_object) ||
            !json_object_object_get_ex(value, names[i], &value))
            return NULL;
    return value;
}

static const char *text_at(struct json_object *answers, const char *key, const char *first,
                           const char *second)
{
    struct json_object *value = at(answers, key, first, second);
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

/* before, a, between, b, after, in one text. */
static int32_t reply_words(struct proximo_call *call, const char *before, const char *a, const char *between,
                           const char *b, const char *after)
{
    size_t size = strlen(before) + strlen(a) + strlen(between) + strlen(b) + strlen(after) + 1;
    char *text = fixture_host->alloc(call, size);
    if (!text)
        return PROXIMO_ENOMEM;
    (void)snprintf(text, size, "%s%s%s%s%s", before, a, between, b, after);
    return fixture_reply_text(call, text);
}

typedef int32_t finish_fn(struct proximo_call *call, struct json_object *answers);
static int32_t ask_and(struct proximo_call *call, const struct question *questions, uint32_t count,
                       finish_fn *finish)
{
    CLEANUP_OBJECT struct json_object *answers = NULL;
    int32_t r = ask(call, questions, count, &answers);
    return r ? r : finish(call, answers);
}

/* A function that asks the questions and finishes with the answers. */
#define ASKS(function, finish, ...)                                                                          \
    int32_t function(void *instance, struct proximo_call *call)                                              \
    {                                                                                                        \
        static const struct question questions[] = {__VA_ARGS__};                                            \
        (void)instance;                                                                                      \
        return ask_and(call, questions, sizeof(questions) / sizeof(questions[0]), finish);                   \
    }

static int32_t greet(struct proximo_call *call, struct json_object *answers)
{
    const char *name = text_at(answers, "user_name", "content", "name");
    return *name ? reply_words(call, "Hello, ", name, "!", "", "")
                 : fixture_reply_text(call, "No name was given.");
}
static int32_t tell_sample(struct proximo_call *call, struct json_object *answers)
{
    return reply_words(call, "LLM response: ", text_at(answers, "sample", "content", "text"), "", "", "");
}
static int32_t tell_form(struct proximo_call *call, struct json_object *answers)
{
    struct json_object *content = at(answers, "form", "content", NULL);
    return reply_words(
        call, "Elicitation completed: action=", text_at(answers, "form", "action", NULL),
        ", content=", content ? json_object_to_json_string_ext(content, JSON_C_TO_STRING_PLAIN) : "{}", "");
}
static int32_t tell_roots(struct proximo_call *call, struct json_object *answers)
{
    struct json_object *roots = at(answers, "client_roots", "roots", NULL);
    return reply_words(
        call, "roots: ", roots ? json_object_to_json_string_ext(roots, JSON_C_TO_STRING_PLAIN) : "none", "",
        "", "");
}
static int32_t tell_context(struct proximo_call *call, struct json_object *answers)
{
    return reply_words(call, "Context: ", text_at(answers, "user_context", "content", "context"), "", "", "");
}
static int32_t tell_state(struct proximo_call *call, struct json_object *answers)
{
    return fixture_reply_text(call, at(answers, "confirm", NULL, NULL) ? "state-ok" : "the answer was lost");
}
static int32_t tell_all(struct proximo_call *call, struct json_object *answers)
{
    int all = at(answers, "user_name", NULL, NULL) && at(answers, "greeting", NULL, NULL) &&
              at(answers, "client_roots", NULL, NULL);
    return fixture_reply_text(call, all ? "all inputs received" : "an answer was lost");
}

#define ASK_NAME                                                                                             \
    {                                                                                                        \
        PROXIMO_ASK_ELICITATION, "user_name", FORM("What is your name?", STRING("name"), "\"name\"")         \
    }
#define ASK_ROOTS                                                                                            \
    {                                                                                                        \
        PROXIMO_ASK_ROOTS, "client_roots", "{}"                                                              \
    }
#define CONFIRM                                                                                              \
    {                                                                                                        \
        PROXIMO_ASK_ELICITATION, "confirm",                                                                  \
            FORM("Please confirm", "\"ok\":{\"type\":\"boolean\"}", "\"ok\"")                                \
    }

ASKS(fixture_ask_name, greet, ASK_NAME)
ASKS(fixture_ask_capital, tell_sample,
     {PROXIMO_ASK_SAMPLING, "sample", SAMPLE("What is the capital of France?", "100")})
ASKS(fixture_ask_roots, tell_roots, ASK_ROOTS)
ASKS(fixture_ask_state, tell_state, CONFIRM)
ASKS(fixture_ask_tampered, tell_state, CONFIRM)
ASKS(fixture_ask_three, tell_all, ASK_NAME,
     {PROXIMO_ASK_SAMPLING, "greeting", SAMPLE("Generate a greeting", "50")}, ASK_ROOTS)
ASKS(fixture_ask_context, tell_context,
     {PROXIMO_ASK_ELICITATION, "user_context",
      FORM("What context should the prompt use?", STRING("context"), "\"context\"")})
ASKS(fixture_streaming, tell_form,
     {PROXIMO_ASK_ELICITATION, "form", FORM("Question", STRING("answer"), "\"answer\"")})
/* Called by a client that does not offer sampling: the host's refusal is what the suite wants to see. */
ASKS(fixture_missing, tell_sample, {PROXIMO_ASK_SAMPLING, "sample", SAMPLE("Say hi", "10")})

ASKS(fixture_defaults, tell_form,
     {PROXIMO_ASK_ELICITATION, "form",
      FORM("Defaults",
           "\"name\":{\"type\":\"string\",\"default\":\"John "
           "Doe\"},\"age\":{\"type\":\"integer\",\"default\":30},"
           "\"score\":{\"type\":\"number\",\"default\":95.5},\"status\":{\"type\":\"string\","
           "\"enum\":[\"active\",\"inactive\",\"pending\"],\"default\":\"active\"},"
           "\"verified\":{\"type\":\"boolean\",\"default\":true}",
           "")})

#define OPTIONS "[\"option1\",\"option2\",\"option3\"]"
#define TITLED                                                                                               \
    "[{\"const\":\"value1\",\"title\":\"First Option\"},{\"const\":\"value2\",\"title\":\"Second Option\"}," \
    "{\"const\":\"value3\",\"title\":\"Third Option\"}]"
ASKS(fixture_enums, tell_form,
     {PROXIMO_ASK_ELICITATION, "form",
      FORM("Enums",
           "\"untitledSingle\":{\"type\":\"string\",\"enum\":" OPTIONS "},"
           "\"titledSingle\":{\"type\":\"string\",\"oneOf\":" TITLED "},"
           "\"legacyEnum\":{\"type\":\"string\",\"enum\":[\"opt1\",\"opt2\",\"opt3\"],"
           "\"enumNames\":[\"Option One\",\"Option Two\",\"Option Three\"]},"
           "\"untitledMulti\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"enum\":" OPTIONS "}},"
           "\"titledMulti\":{\"type\":\"array\",\"items\":{\"anyOf\":" TITLED "}}",
           "")})

int32_t fixture_ask_rounds(void *instance, struct proximo_call *call)
{
    static const struct question first = {PROXIMO_ASK_ELICITATION, "step1",
                                          FORM("Step 1: What is your name?", STRING("name"), "\"name\"")};
    static const struct question second = {
        PROXIMO_ASK_ELICITATION, "step2",
        FORM("Step 2: What is your favorite color?", STRING("color"), "\"color\"")};
    CLEANUP_OBJECT struct json_object *one = NULL;
    CLEANUP_OBJECT struct json_object *two = NULL;
    (void)instance;
    int32_t r = ask(call, &first, 1, &one);
    if (r == 0)
        r = ask(call, &second, 1, &two);
    if (r)
        return r;
    return reply_words(call, text_at(one, "step1", "content", "name"), " likes ",
                       text_at(two, "step2", "content", "color"), "", "");
}

/* Asks for what this client offers, and for nothing else. */
int32_t fixture_ask_offered(void *instance, struct proximo_call *call)
{
    static const struct question all[] = {
        ASK_NAME, {PROXIMO_ASK_SAMPLING, "greeting", SAMPLE("Generate a greeting", "50")}, ASK_ROOTS};
    struct question offered[MOST_QUESTIONS];
    uint32_t count = 0;
    CLEANUP_OBJECT struct json_object *answers = NULL;
    (void)instance;
    for (uint32_t i = 0; i < MOST_QUESTIONS; i++)
        if (fixture_host->can_ask(call, all[i].kind) == 1)
            offered[count++] = all[i];
    if (count == 0)
        return fixture_reply_text(call, "the client offers nothing to ask");
    int32_t r = ask(call, offered, count, &answers);
    return r ? r : fixture_reply_text(call, "asked for what is offered");
}

/* The words of an argument go into the question, so these params are made at run time. */
static int32_t ask_with_words(struct proximo_call *call, uint32_t kind, const char *argument,
                              const char *params, const char *const path[], finish_fn *finish)
{
    CLEANUP_OBJECT struct json_object *object = json_tokener_parse(params);
    struct proximo_text words;
    int32_t r = fixture_host->argument(call, argument, &words);
    if (r)
        return r;
    struct json_object *where = object;
    size_t i = 0;
    for (; path[i + 1]; i++)
        where = json_object_is_type(where, json_type_array) ? json_object_array_get_idx(where, 0)
                                                            : at(where, path[i], NULL, NULL);
    json_object_object_add(where, path[i], json_object_new_string_len(words.ptr, (int)words.len));
    const struct question question = {kind, kind == PROXIMO_ASK_SAMPLING ? "sample" : "form",
                                      json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN)};
    return ask_and(call, &question, 1, finish);
}

int32_t fixture_sampling(void *instance, struct proximo_call *call)
{
    static const char *const path[] = {"messages", "0", "content", "text", NULL};
    (void)instance;
    return ask_with_words(call, PROXIMO_ASK_SAMPLING, "prompt", SAMPLE("", "100"), path, tell_sample);
}

static int32_t tell_user(struct proximo_call *call, struct json_object *answers)
{
    struct json_object *content = at(answers, "form", "content", NULL);
    return reply_words(
        call, "User response: action: ", text_at(answers, "form", "action", NULL),
        ", content: ", content ? json_object_to_json_string_ext(content, JSON_C_TO_STRING_PLAIN) : "{}", "");
}

int32_t fixture_elicitation(void *instance, struct proximo_call *call)
{
    static const char *const path[] = {"message", NULL};
    (void)instance;
    return ask_with_words(call, PROXIMO_ASK_ELICITATION, "message",
                          FORM("",
                               "\"username\":{\"type\":\"string\",\"description\":\"User's response\"},"
                               "\"email\":{\"type\":\"string\",\"description\":\"User's email address\"}",
                               "\"username\",\"email\""),
                          path, tell_user);
}
