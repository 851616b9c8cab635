/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running a read tool: arguments against the parameters, the guest or node resolved, the request made (row)
 * or the plane called (function), the answer shaped into a counted envelope. Blocks; any thread.
 */
#ifndef PROXIMO_PLANE_READ_H
#define PROXIMO_PLANE_READ_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"

struct cancel;
struct plane_client;
struct planes;
struct site;
struct tool_site;
struct tool;

#define READ_ANSWER_LIMIT 50000 /* characters of one answer, envelope included */

struct read_call {
    const struct tool *tool;
    struct planes *planes;
    struct site *site;
    struct json_object
        *arguments; /* object, borrowed; without "site"; with fields, limit, offset, confirm if given */
    int64_t deadline_ms;
    struct cancel *cancel;
    void (*progress)(void *arg, uint32_t done, uint32_t total, const char *message);
    void *progress_arg;
    const struct plane_client *client; /* see planes.h; NULL: the plane may not ask the client */
};

/* The result of a read, ready for tools/call. */
struct read_result {
    struct buf structured; /* one JSON object: structuredContent; empty if the plane replied without JSON */
    struct buf content; /* JSON array of further MCP content blocks (images, links ...); empty: none. The text
                           block that repeats `structured` is added by the caller */
    bool untrusted;     /* the plane has marked some of it as others' text, wherever that stands */
};
void read_result_done(struct read_result *result);
int read_run(const struct read_call *call, struct read_result *ret, struct problem *p);
/* A plane's reply as MCP content: `content` an array of blocks, TEXT, IMAGE, AUDIO, LINK, RESOURCE and JSON
 * (as text) alike; for prompts, whose messages they become one by one, each has "role" beside its "content"
 * when roles is set. -E2BIG beyond READ_ANSWER_LIMIT of text. */
struct plane_reply;
int reply_put_content(const struct plane_reply *reply, bool roles, struct buf *content, struct problem *p);
/* The same as the "contents" array of resources/read: text, or a blob in base64. */
int reply_put_contents(const struct plane_reply *reply, const char *uri, const char *mime,
                       struct buf *contents, struct problem *p);
/* Is text in it that guests or people wrote (logs, notes, names)? ret (size at least 16): where, "name,
 * tags". */
bool read_untrusted(const struct read_result *result, char *ret, size_t size);

/*
 * Arguments against the parameter rows: unknown, missing, wrong type, format, range, choices. All faults are
 * named in one problem (PX-ARG). Integers are accepted for a guest. *ret is a new object with defaults filled
 * in.
 */
int arguments_check(const struct tool *tool, struct json_object *arguments, struct json_object **ret,
                    struct problem *p);
/* Does text fit one of the formats of plane.h? `why` (static) says what is expected. -ENOENT: no such format.
 */
int argument_format_check(const char *format, const char *text, size_t len, const char **ret_why);
bool argument_format_known(const char *format);

/* The JSON Schema of a tool's arguments, with the common parameters (site when there are several; fields,
 * limit, offset for lists; confirm for changes). Deterministic bytes. */
void tool_schema_write(const struct tool *tool, const struct tool_site *sites, size_t site_count,
                       struct buf *out);
/* The JSON Schema of its structured answer, where its shape is known. Deterministic bytes. */
bool tool_has_output_schema(const struct tool *tool);
void tool_output_schema_write(const struct tool *tool, struct buf *out);

#endif
