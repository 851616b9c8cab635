/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One JSON-RPC message, taken apart and classified by itself (which protocol era it belongs to), and the
 * writing of answers. Source: JSON-RPC 2.0; MCP 2024-11-05 to 2025-11-25 ("legacy"), MCP 2026-07-28
 * ("modern").
 */
#ifndef PROXIMO_MCP_MESSAGE_H
#define PROXIMO_MCP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "mcp/span.h"

struct problem;

/* JSON-RPC's and MCP's error codes. */
#define RPC_PARSE_ERROR         (-32700)
#define RPC_INVALID_REQUEST     (-32600)
#define RPC_METHOD_NOT_FOUND    (-32601)
#define RPC_INVALID_PARAMS      (-32602)
#define RPC_INTERNAL_ERROR      (-32603)
#define RPC_UNSUPPORTED_VERSION (-32022)
#define RPC_MISSING_CAPABILITY  (-32021) /* modern */
#define RPC_RESOURCE_NOT_FOUND  (-32002) /* legacy; RPC_INVALID_PARAMS in the modern era */

#define MCP_MODERN_VERSION "2026-07-28"
#define MCP_LATEST_LEGACY  "2025-11-25"
#define MCP_FIRST_FORMS    "2025-06-18" /* the first revision with elicitation */
#define MCP_VERSIONS_TEXT  "2026-07-28, 2025-11-25, 2025-06-18, 2025-03-26, 2024-11-05"
#define MCP_META           "io.modelcontextprotocol/"
/* Behind the other members of a modern list: the same for everybody, until the program is started again. */
#define MCP_LIST_CACHE ",\"ttlMs\":300000,\"cacheScope\":\"public\""

enum message_kind {
    MESSAGE_REQUEST,
    MESSAGE_NOTIFICATION,
    MESSAGE_RESPONSE, /* to a request of ours, or to none */
    MESSAGE_BAD,      /* error says what to answer */
};

struct message_error {
    int code;
    char text[240];
    bool unsupported_version; /* data: {"supported":[...],"requested":...} */
    char requested[64];
    char data[720]; /* further data, one JSON value; "": none */
};

/* Every span points into the line, which must live as long. */
struct message {
    enum message_kind kind;
    struct span id;     /* at NULL: none that can be echoed */
    struct span method; /* a string */
    struct span params; /* an object, or none */
    struct span result; /* of a response without error; any type, or none */
    /* members of params */
    struct span name, arguments, cursor, protocol_version, request_id, meta;
    struct span capabilities;                                                   /* of initialize */
    struct span input_responses, request_state;                                 /* of the modern era */
    struct span meta_version, meta_capabilities, meta_progress, meta_log_level; /* of params._meta */
    bool modern; /* names a protocol version in _meta */
    struct message_error error;
};

/* Never fails: what is wrong is in kind and error. */
void message_read(struct message *message, const char *line, size_t len);
/* What every request owes its era: modern: a known version, clientCapabilities; legacy: an initialize before.
 * False: error is set. */
bool message_era_ok(struct message *message, bool initialized);
__attribute__((format(printf, 3, 4))) void message_fail(struct message *message, int code, const char *format,
                                                        ...);
/* The error that this problem is where the answer has no place for a model's errors: its code in data. */
void message_error_problem(struct message_error *error, const struct problem *p);
/* The id of a request or of a cancellation in the one form in which ids are compared. Fails in the buf. */
void put_id(struct buf *out, struct span id);

/* Is this supported by `initialize`? *ret: its name, static. */
bool mcp_legacy_version(struct span version, const char **ret);

/*
 * Answers, appended as one line. id is the JSON of the id. Between answer_begin and answer_end the inside of
 * the result object is appended, without its braces; a modern answer gets resultType ("complete",
 * "input_required") and serverInfo behind it.
 */
void answer_begin(struct buf *out, const char *id);
void answer_end(struct buf *out, bool modern, const char *result_type);
/* The same where a subscription ends: its id (JSON) must be named once more. */
void answer_end_listen(struct buf *out, const char *id);
void answer_error(struct buf *out, const char *id, const struct message_error *error);
/* The inside of a tools/call result: `structured` (a JSON object or empty) as text block and
 * structuredContent, `content` (a JSON array or empty) after it. */
void body_tool_result(struct buf *body, const struct buf *structured, const struct buf *content);
/* The inside of a tools/call result that failed. details (may be NULL): further members of the error, comma
 * separated. */
void body_tool_problem(struct buf *body, const struct problem *p, const struct buf *details);
/* Takes back what was appended behind `len`. */
void answer_cut(struct buf *b, size_t len);
/* {"name":"proximo",...} */
void put_server_info(struct buf *out);

#endif
