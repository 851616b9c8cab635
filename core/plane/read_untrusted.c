/* SPDX-License-Identifier: Apache-2.0 */
/* Does an answer hold text that guests or people wrote? By the marks that the envelopes and planes put there.
 */
#include <string.h>

#include "base/text.h"
#include "plane/read.h"

/* In JSON a quote within a text is escaped: these bytes are a member's name or nothing. */
static const char mark[] = "\"untrusted\":";
static const char block_mark[] = "\"proximo/untrusted\":true";
static const char no_rows[] = "\"returned\":0,";

static const char *find(const char *from, const char *end, const char *what)
{
    return from && from < end ? memmem(from, (size_t)(end - from), what, strlen(what)) : NULL;
}

/* The names of a list of texts, or "text" for a mark that is none. */
static void names_take(const char *at, const char *end, char *ret, size_t size)
{
    size_t len = 0;

    if (at < end && *at == '[') {
        for (at++; at < end && *at != ']' && len + 4 < size; at++) {
            if (*at == ',')
                ret[len++] = ',';
            if (*at == ',')
                ret[len++] = ' ';
            else if (*at != '"')
                ret[len++] = *at;
        }
        len = text_utf8_cut(ret, len);
    }
    if (len == 0) {
        memcpy(ret, "text", 5);
        return;
    }
    ret[len] = '\0';
}

bool read_untrusted(const struct read_result *result, char *ret, size_t size)
{
    const struct buf *structured = &result->structured, *content = &result->content;
    const char *end = structured->data ? structured->data + structured->len : NULL;
    const char *at = find(structured->data, end, mark);

    /* A list of no rows names its columns all the same, and no text of them was read. */
    if (at && find(structured->data, end, no_rows) && !find(at + 1, end, mark))
        at = NULL;
    if (at) {
        names_take(at + sizeof(mark) - 1, end, ret, size);
        return true;
    }
    if (!result->untrusted &&
        (!content->data || !find(content->data, content->data + content->len, block_mark)))
        return false;
    memcpy(ret, "text", 5);
    return true;
}
