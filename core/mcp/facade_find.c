/* SPDX-License-Identifier: Apache-2.0 */
/* proximo_find: the counted list of tools that fit a query. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "mcp/catalog.h"
#include "mcp/not_offered.h"
#include "mcp/state.h"
#include "mcp/tools.h"
#include "plane/manifest.h"
#include "plane/planes.h"

#define LIMIT_DEFAULT 10
#define LIMIT_MOST    200
#define QUERY_MOST    500   /* characters, as the schema says */
#define ROWS_BYTES    40000 /* well below what a client takes as one answer */

/* Up to and with the first full stop that ends a sentence. */
static void put_first_sentence(struct buf *out, const char *text)
{
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i++) {
        if (text[i] == '.' && (text[i + 1] == ' ' || text[i + 1] == '\n')) {
            len = i + 1;
            break;
        }
    }
    json_put_string(out, text, len);
}

static void put_row(struct buf *out, const struct server *server, const struct tool *tool)
{
    const char *risk = tool_risk(server, tool);

    json_put_comma(out);
    buf_char(out, '{');
    json_put_key_string(out, "name", tool->name);
    json_put_key_string(out, "title", tool->title ? tool->title : tool->name);
    json_put_key(out, "summary");
    put_first_sentence(out, tool->description ? tool->description : "");
    json_put_key_string(out, "plane", tool->plane->name);
    json_put_key_string(out, "kind", tool->kind == TOOL_CHANGE ? "change" : "read");
    if (tool->operation_class)
        json_put_key_string(out, "class", tool->operation_class);
    if (risk)
        json_put_key_string(out, "risk", risk);
    buf_char(out, '}');
}

/* What helps when nothing fits: near words and what there is at all. */
static void put_suggestions(struct buf *out, const struct catalog *catalog, struct server *server,
                            const char *query)
{
    char near[256];

    if (catalog_nearest_words(catalog, query, near, sizeof(near)))
        json_put_key_string(out, "did_you_mean", near);
    json_put_key(out, "planes");
    buf_char(out, '[');
    for (size_t i = 0; server->planes && i < planes_count(server->planes); i++) {
        struct plane_state state;

        if (planes_state(server->planes, i, &state) < 0 || !state.loaded || !state.info)
            continue;
        json_put_comma(out);
        buf_char(out, '{');
        json_put_key_string(out, "name", state.name);
        json_put_key_string(out, "summary", state.info->summary ? state.info->summary : "");
        buf_char(out, '}');
    }
    buf_char(out, ']');
    json_put_key_string(
        out, "next",
        "Try other words, or an empty query for all tools. proximo_status says which planes are not loaded.");
}

static size_t characters(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0u) != 0x80u;
    return count;
}

int facade_find(const struct catalog *catalog, struct server *server, struct json_object *arguments,
                struct buf *structured, struct problem *p)
{
    size_t *order;
    size_t total, returned = 0;
    int64_t limit = LIMIT_DEFAULT;
    const char *query = "";

    (void)json_get_string(arguments, "query", &query, NULL);
    (void)json_get_int(arguments, "limit", &limit);
    if (limit < 1 || limit > LIMIT_MOST || characters(query) > QUERY_MOST) {
        (void)problem_set(p, -EINVAL, PX_ARG, "limit must be from 1 to %d, query at most %d characters",
                          LIMIT_MOST, QUERY_MOST);
        problem_next(p, "Search with a few words.");
        return -EINVAL;
    }
    order = calloc(catalog_count(catalog) + 1, sizeof(*order));
    if (!order)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the search");
    total = catalog_search(catalog, query, order);
    buf_char(structured, '{');
    json_put_key_int(structured, "total", (long long)total);
    json_put_key(structured, "rows");
    buf_char(structured, '[');
    while (returned < total && returned < (size_t)limit && structured->len < ROWS_BYTES)
        put_row(structured, server, catalog_at(catalog, order[returned++]));
    buf_char(structured, ']');
    free(order);
    json_put_key_int(structured, "returned", (long long)returned);
    json_put_key_bool(structured, "truncated", returned < total);
    not_offered_put(structured, query);
    if (total == 0)
        put_suggestions(structured, catalog, server, query);
    buf_char(structured, '}');
    return 0;
}
