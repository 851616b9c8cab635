/* SPDX-License-Identifier: Apache-2.0 */
/* Fixtures that answer by themselves. Their words are the conformance suite's. */
#include "fixtures.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* One red pixel. */
static const char png[] = {"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde\0\0\0\x0c"
                           "IDATx\xda\x63\xf8\xcf\xc0\0\0\3\1\1\0\xf7\3\x41\x43\0\0\0\0IEND\xae\x42`\x82"};
/* Two samples of silence. */
static const char wav[] = {
    "RIFF(\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0@\x1f\0\0\x80>\0\0\2\0\x10\0data\4\0\0\0\0\0\0\0"};

#define BLOCK(kind, ...)                                                                                     \
    {                                                                                                        \
        .struct_size = sizeof(struct proximo_content), .type = (kind), __VA_ARGS__                           \
    }
#define TEXT_BLOCK(words) BLOCK(PROXIMO_CONTENT_TEXT, .data = {(words), sizeof(words) - 1})
#define IMAGE_BLOCK       BLOCK(PROXIMO_CONTENT_IMAGE, .data = {png, sizeof(png) - 1}, .mime = {"image/png", 9})

/* A function that replies with the blocks given. */
#define REPLIES(function, ...)                                                                               \
    int32_t function(void *instance, struct proximo_call *call)                                              \
    {                                                                                                        \
        static const struct proximo_content blocks[] = {__VA_ARGS__};                                        \
        (void)instance;                                                                                      \
        return fixture_host->reply(call, blocks, sizeof(blocks) / sizeof(blocks[0]));                        \
    }

REPLIES(fixture_simple_text, TEXT_BLOCK("This is a simple text response for testing."))
REPLIES(fixture_image, IMAGE_BLOCK)
REPLIES(fixture_audio, BLOCK(PROXIMO_CONTENT_AUDIO, .data = {wav, sizeof(wav) - 1}, .mime = {"audio/wav", 9}))
REPLIES(fixture_embedded,
        BLOCK(PROXIMO_CONTENT_RESOURCE, .uri = {"test://embedded-resource", 24}, .mime = {"text/plain", 10},
              .data = {"This is an embedded resource content.", 37}))
REPLIES(fixture_mixed, TEXT_BLOCK("Multiple content types test:"), IMAGE_BLOCK,
        BLOCK(PROXIMO_CONTENT_RESOURCE, .uri = {"test://mixed-content-resource", 29},
              .mime = {"application/json", 16}, .data = {"{\"test\":\"data\",\"value\":123}", 27}))
REPLIES(fixture_nothing, TEXT_BLOCK("Listed or not, this is its answer."))
REPLIES(fixture_static_text, TEXT_BLOCK("This is the content of the static text resource."))
REPLIES(fixture_watched, TEXT_BLOCK("This is the content of the watched resource."))
REPLIES(fixture_prompt_image, IMAGE_BLOCK, TEXT_BLOCK("Please analyze the image above."))

int32_t fixture_reply_text(struct proximo_call *call, const char *text)
{
    struct proximo_content block = TEXT_BLOCK("");
    block.data = (struct proximo_text){text, strlen(text)};
    return fixture_host->reply(call, &block, 1);
}

int32_t fixture_error(void *instance, struct proximo_call *call)
{
    (void)instance;
    return fixture_host->fail(call, PROXIMO_EREMOTE, "This tool intentionally returns an error for testing");
}

/* The suite wants to see messages arrive while the tool still works. */
static void moment(void)
{
    const struct timespec time = {.tv_nsec = 50000000};
    (void)nanosleep(&time, NULL);
}

static int32_t log_each(struct proximo_call *call, const char *const *json, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            moment();
        int32_t r = fixture_host->client_log(call, PROXIMO_LOG_INFO, "fixture",
                                             (struct proximo_text){json[i], strlen(json[i])});
        if (r)
            return r;
    }
    return 0;
}

int32_t fixture_logging(void *instance, struct proximo_call *call)
{
    static const char *const lines[] = {"\"Tool execution started\"", "\"Tool processing data\"",
                                        "\"Tool execution completed\""};
    (void)instance;
    int32_t r = log_each(call, lines, 3);
    return r ? r : fixture_reply_text(call, "Tool with logging executed successfully");
}

int32_t fixture_log_twice(void *instance, struct proximo_call *call)
{
    static const char *const lines[] = {"\"one\"", "\"two\""};
    (void)instance;
    int32_t r = log_each(call, lines, 2);
    return r ? r : fixture_reply_text(call, "logged, for those who asked for it");
}

int32_t fixture_progress(void *instance, struct proximo_call *call)
{
    (void)instance;
    for (uint32_t done = 0; done <= 100; done += 50) {
        if (done > 0)
            moment();
        int32_t r = fixture_host->progress(call, done, 100, "working");
        if (r)
            return r;
    }
    return fixture_reply_text(call, "Progress was told");
}

/* The lists must really change each time: what is listed now is not listed afterwards, and the other way
 * round. The plane is SERIAL, so these need no lock. */
static int32_t toggle(struct proximo_call *call, uint32_t what, const char *name, bool *shown)
{
    int32_t r = fixture_host->show(call, what, name, !*shown);
    if (r)
        return r;
    *shown = !*shown;
    return fixture_reply_text(call, *shown ? "now it is listed" : "now it is not listed");
}

int32_t fixture_toggle_tool(void *instance, struct proximo_call *call)
{
    static bool shown = true;
    (void)instance;
    return toggle(call, PROXIMO_SHOW_TOOL, FIXTURE_HIDDEN_TOOL, &shown);
}

int32_t fixture_toggle_prompt(void *instance, struct proximo_call *call)
{
    static bool shown = true;
    (void)instance;
    return toggle(call, PROXIMO_SHOW_PROMPT, FIXTURE_HIDDEN_PROMPT, &shown);
}

int32_t fixture_touch(void *instance, struct proximo_call *call)
{
    (void)instance;
    int32_t r = fixture_host->updated(call, FIXTURE_WATCHED);
    return r ? r : fixture_reply_text(call, "touched");
}

int32_t fixture_template(void *instance, struct proximo_call *call)
{
    struct proximo_text id;
    char *json = fixture_host->alloc(call, 4096);
    (void)instance;
    int32_t r = fixture_host->argument(call, "id", &id);
    if (r)
        return r;
    if (!json || id.len > 1024 || memchr(id.ptr, '"', id.len) || memchr(id.ptr, '\\', id.len))
        return fixture_host->fail(call, PROXIMO_EINVAL, "this id is not for a test");
    int len = snprintf(json, 4096, "{\"id\":\"%.*s\",\"templateTest\":true,\"data\":\"Data for ID: %.*s\"}",
                       (int)id.len, id.ptr, (int)id.len, id.ptr);
    struct proximo_content block = TEXT_BLOCK("");
    block.data = (struct proximo_text){json, (uint64_t)len};
    block.mime = FIXTURE_TEXT("application/json");
    return fixture_host->reply(call, &block, 1);
}

int32_t fixture_prompt_embedded(void *instance, struct proximo_call *call)
{
    struct proximo_content blocks[] = {
        BLOCK(PROXIMO_CONTENT_RESOURCE, .mime = {"text/plain", 10},
              .data = {"Embedded resource content for testing.", 38}),
        TEXT_BLOCK("Please process the embedded resource above."),
    };
    (void)instance;
    int32_t r = fixture_host->argument(call, "resourceUri", &blocks[0].uri);
    return r ? r : fixture_host->reply(call, blocks, 2);
}
